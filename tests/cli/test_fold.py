#!/usr/bin/env python3
"""Equal messages of many ranks become one, and none gets lost.

The ranks are processes with the variables that a launcher would set, so that the test decides who
says what, and when.
"""
import os
import subprocess
import time

import harness
from harness import CliTest


class Fold(CliTest):
    def start(self, rank, size, *words, job="job", **variables):
        environment = {**self.environment, "PMI_RANK": str(rank), "PMI_SIZE": str(size),
                       "MPI_LOCALNRANKS": str(size), "PMI_JOBID": job, "MPIWASM_GATHER_MS": "2000", **variables}
        return subprocess.Popen([harness.BUILD / "bin/mpiwasm", *words], cwd=self.directory,
                                env=environment, text=True, stderr=subprocess.PIPE)

    def finish(self, processes):
        """All lines on standard error, sorted."""
        lines = []
        for process in processes:
            lines += process.communicate(timeout=harness.TIMEOUT)[1].splitlines()
        return sorted(lines)

    def left_over(self):
        directory = self.directory / "run/mpiwasm"
        return sorted(os.listdir(directory)) if directory.exists() else []

    def test_equal(self):
        for size in (2, 4, 9):
            lines = self.finish([self.start(rank, size, "no.wasm") for rank in range(size)])
            self.assertEqual(lines, [f"mpiwasm: ranks 0-{size - 1}: cannot open 'no.wasm': "
                                     "No such file or directory"])
            self.assertEqual(self.left_over(), [])

    def test_one_rank(self):
        self.assertEqual(self.finish([self.start(0, 1, "no.wasm")]),
                         ["mpiwasm: rank 0: cannot open 'no.wasm': No such file or directory"])

    def test_different(self):
        lines = self.finish([self.start(rank, 4, f"no{rank % 2}.wasm") for rank in range(4)])
        self.assertEqual(lines, [
            "mpiwasm: ranks 0, 2: cannot open 'no0.wasm': No such file or directory",
            "mpiwasm: ranks 1, 3: cannot open 'no1.wasm': No such file or directory"])

    def test_jobs_do_not_mix(self):
        processes = [self.start(rank, 2, "no.wasm", job=job)
                     for rank in range(2) for job in ("a", "b")]
        self.assertEqual(len(self.finish(processes)), 2)

    def test_some_ranks_only(self):
        """The others do not fail; whoever fails is named, once, and again when it fails again."""
        expected = ["mpiwasm: ranks 1-2: cannot open 'no.wasm': No such file or directory"]
        for _ in range(2):
            lines = self.finish([self.start(rank, 4, "no.wasm") for rank in (1, 2)])
            self.assertEqual(lines, expected)

    def test_late_rank_is_not_lost(self):
        """It comes when the message is out: it may be silent, but then it belongs to the job."""
        first = self.finish([self.start(0, 2, "no.wasm")])
        late = self.finish([self.start(1, 2, "no.wasm")])
        self.assertEqual(len(first), 1)
        self.assertEqual(late, [])
        self.assertEqual(self.left_over(), [])

    def test_killed_leader(self):
        """The first rank is killed while it waits for the others: another one speaks."""
        leader = self.start(0, 3, "no.wasm")
        deadline = time.monotonic() + harness.TIMEOUT
        while not self.left_over() and leader.poll() is None and time.monotonic() < deadline:
            pass
        leader.kill()
        lines = self.finish([leader] + [self.start(rank, 3, "no.wasm") for rank in (1, 2)])
        self.assertTrue(lines)
        for line in lines:
            self.assertIn("cannot open 'no.wasm'", line)

    def test_shared_directory_is_refused(self):
        """Others could write to it: it is not used, and the message comes all the same."""
        (self.directory / "run/mpiwasm").mkdir()
        (self.directory / "run/mpiwasm").chmod(0o777)
        lines = self.finish([self.start(rank, 2, "no.wasm", job=str(os.getpid()))
                             for rank in range(2)])
        self.assertTrue(lines)
        self.assertEqual(self.left_over(), [])

    def test_launchers(self):
        for name, launcher in harness.launchers():
            for size in (1, 2):
                with self.subTest(mpi=name, ranks=size):
                    result = self.ranks(launcher, size, "no.wasm")
                    ranks = "rank 0" if size == 1 else "ranks 0-1"
                    self.check_error(result, 1, f"mpiwasm: {ranks}: cannot open 'no.wasm'")


if __name__ == "__main__":
    harness.main()
