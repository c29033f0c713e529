#!/usr/bin/env python3
"""Under launchers: exit codes and traps of ranks, and that nobody waits for the dead."""
import re

import harness
from harness import CliTest

PROGRAM = r"""
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
__attribute__((noinline)) int wild(volatile int *pointer) { return pointer[1]; }
/* ranks HOW WHO: rank WHO (or "all") ends in the way HOW, the others wait in a barrier. */
int main(int argc, char **argv) {
    int rank;
    if (!strcmp(argv[1], "early")) return 7;
    if (!strcmp(argv[1], "trap-early")) return wild((int *)0x7fffff00);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    int me = !strcmp(argv[2], "all") || atoi(argv[2]) == rank;
    if (me && !strcmp(argv[1], "trap")) return wild((int *)0x7fffff00);
    if (me && !strcmp(argv[1], "exit")) exit(9);
    if (me && !strcmp(argv[1], "abort")) MPI_Abort(MPI_COMM_WORLD, 11);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    return !strcmp(argv[1], "code") ? 5 : 0;
}
"""


# A layer that never comes to an end, as an MPI library whose lock a trap has left locked.
HANGING = r"""
#include "runtime/host_module.h"
#include <unistd.h>
static int32_t init(void *state, int32_t a, int32_t b) { return 0; }
static const struct host_function functions[] = {
    {"mpi_abi_1", "MPI_Init", "i:ii", HOST_CODE(init)}};
static bool instantiate(const struct host_config *config, struct guest *guest, void **state,
                        struct error *err) { *state = guest; return true; }
static int finish(void *state, int code, bool trapped) { for (;;) pause(); }
static void destroy(void *state) {}
static const struct host_module host = {HOST_MODULE_ABI_VERSION, "mpi", "never ends", functions, 1,
                                        instantiate, finish, destroy};
const struct host_module *mpiwasm_host_module(void) { return &host; }
"""


class Watchdog(CliTest):
    def test_job_that_does_not_end(self):
        (self.directory / "hanging.c").write_text(HANGING)
        result = self.execute(["cc", "-shared", "-fPIC", f"-I{harness.SOURCE}/src", "hanging.c",
                               "-o", "hanging.so"])
        self.assertEqual(result.code, 0, result)
        self.write("trap.wasm", harness.module([("mpi_abi_1", "MPI_Init", "i:ii")],
                                               b"\x00"))  # unreachable
        result = self.mpiwasm("--mpi=./hanging.so", "trap.wasm")
        self.assertEqual(result.code, 134, result)
        self.assertIn("trap: unreachable", result.err)
        self.assertIn("this rank ends by itself", result.err)


class Ranks(CliTest):
    def each(self, *words, sizes=(1, 2)):
        for name, launcher in harness.launchers():
            for size in sizes:
                with self.subTest(mpi=name, ranks=size, words=words):
                    yield size, self.ranks(launcher, size, "ranks.wasm", *words,
                                           env={"MPIWASM_GATHER_MS": "5000"})

    def setUp(self):
        super().setUp()
        if not list(harness.launchers()):
            self.skipTest("no MPI plugin with a launcher")
        self.compile("ranks", PROGRAM, "-g")

    def test_success(self):
        for _, result in self.each("run", "all"):
            self.assertEqual((result.code, result.err), (0, ""), result)

    def test_code_is_passed_on(self):
        for _, result in self.each("code", "all"):
            self.assertEqual(result.code, 5, result)
        for _, result in self.each("early", "all"):
            self.assertEqual(result.code, 7, result)

    def test_all_trap(self):
        for how in ("trap", "trap-early"):
            for size, result in self.each(how, "all"):
                self.assertEqual(result.code, 134, result)
                ranks = "rank 0" if size == 1 else "ranks 0-1"
                reports = [line for line in result.own_lines() if ": trap: " in line]
                self.assertEqual(len(reports), 1, result)
                self.assertRegex(reports[0], f"^mpiwasm: {ranks} on .+: trap: "
                                             "out of bounds memory access")
                self.assertIn("    in wild", result.err)

    def test_one_traps(self):
        """The others wait in a barrier: the job ends all the same, and says why."""
        for _, result in self.each("trap", "1", sizes=(2,)):
            self.assertNotEqual(result.code, 0, result)
            self.assertRegex(result.err, r"mpiwasm: rank 1 on .+: trap: out of bounds memory")
            self.assertIn("in wild", result.err)

    def test_one_exits(self):
        for _, result in self.each("exit", "1", sizes=(2,)):
            self.assertNotEqual(result.code, 0, result)

    def test_abort(self):
        for _, result in self.each("abort", "0"):
            self.assertEqual(result.code, 11, result)

    def test_alone(self):
        """Without a launcher: one rank."""
        result = self.mpiwasm("ranks.wasm", "code", "0")
        self.assertEqual(result.code, 5, result)
        result = self.mpiwasm("ranks.wasm", "trap", "0")
        self.assertEqual(result.code, 134, result)
        self.assertIn("trap: out of bounds", result.err)

    def test_verbose_names_the_plugin(self):
        for name, launcher in harness.launchers():
            result = self.ranks(launcher, 2, "--verbose", "ranks.wasm", "run", "all")
            self.assertEqual(len(re.findall(f"(?m)^mpiwasm: MPI: .*{name}", result.err)), 1, result)


if __name__ == "__main__":
    harness.main()
