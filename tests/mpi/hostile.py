#!/usr/bin/env python3
"""Hostile arguments at random for a time, in one job after the other: see hostile_fuzz.c.

  hostile.py BUILD MPI [--ranks N] [--seconds N | --calls N] [--seed N] [--skip PART_OF_NAME]

A job of hostile_fuzz may also be ended by the MPI library itself, which says so, for instance where
sizes do not match; then the next job goes on behind that call. All else (a signal, a hang, a finding of a sanitizer, a bad
argument that was accepted) fails and is told with seed and number of the call; --seed goes on from there.
No failures, but counted like the above: buffers that overlap in a copy of the MPI library (the program's own
fault and bytes), and, on MPICH, calls in which it waits without end, natively too: in a collective whose sizes do
not match, and in one of MPI_COMM_SELF while a message to oneself there has been sent and not received. To other
ranks that is a deadlock, to the host a loop like any of the program's. There may be few of them.
"""
import argparse
import os
import re
import shutil
import sys
import tempfile
import time

import run

JOBS = 12  # at most, if the number of calls is given

# How an MPI, or the layer by means of it, says that it ends the job.
ENDED = re.compile(r"memcpy-param-overlap|Abort\(\d+\) on node|MPI_ABORT was invoked|MPI_Abort\(|mpiwasm: rank \d+: ")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("mpi")
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--calls", type=int, help="of one job, in place of a time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--skip")
    options = parser.parse_args()
    program = os.path.join(options.build, "bin", "mpi_hostile_fuzz")
    plugin = os.path.join(options.build, "lib", "mpiwasm", f"mpiwasm-mpi-{options.mpi}.so")
    end, seed, ended, failed, waits = time.time() + options.seconds, options.seed, {}, 0, 0
    calls = start = jobs = 0
    while not failed and (calls < options.calls and jobs < JOBS if options.calls else time.time() < end):
        jobs += 1
        # In memory, if that can be had: synchronising files must not wait for a busy disk.
        directory = tempfile.mkdtemp(prefix="mpiwasm-hostile-",
                                     dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        left = max(1, int(end - time.time()))
        run.LIMIT = left + 150
        code, out, err = run.launch(options.mpi, options.ranks, [
            program, plugin, f"--seed={seed}", f"--from={start}",
            f"--calls={options.calls}" if options.calls else f"--seconds={left}", f"--dir={directory}",
            *([f"--skip={options.skip}"] if options.skip else [])])
        shutil.rmtree(directory)
        waiting = options.mpi == "mpich" and f"seed {seed}: hangs in call" in err
        waits += waiting
        told = ("hostile_fuzz: " in err or "hostile_fuzz: " in out) and not waiting and \
            "AddressSanitizer: memcpy-param-overlap" not in err
        done = len(re.findall(" 0 accepted or failed", out)) == options.ranks and not told
        # Launchers may drop the last words of MPICH, and a crash or hang of ours tells.
        if not done and (told or code != 1 and not waiting and not ENDED.search(err + out)):
            failed += 1
            print(f"seed {seed}: exit {code}\n{out[-3000:]}{err[-9000:]}")
        elif not done:
            lines = [line for line in err.splitlines() if line.strip()]
            reason = next((line for line in lines if re.search("ssert|rror|mpiwasm: ", line)), "")
            reason = re.sub(r"0x[0-9a-f]+|\d+", "N", reason)[:150]
            ended[reason] = ended.get(reason, 0) + 1
        calls += sum(int(n) for n in re.findall(r": (\d+) calls", out))
        stopped = [int(n) for n in re.findall(r": (?:ended|hangs|a sanitizer's finding) in call (\d+)", err)]
        if not done and stopped:
            calls += max(stopped) - start
            start = max(stopped) + 1
        else:
            seed, start = seed + 1, 0
    print(f"{options.mpi}, {options.ranks} ranks: seeds {options.seed} to {seed - 1}, {calls} calls; "
          f"{sum(ended.values())} jobs ended by the MPI library, {waits} of them waiting; "
          f"{failed} failed")
    for reason, count in sorted(ended.items(), key=lambda item: -item[1]):
        print(f"  {count} x {reason}")
    sys.exit(1 if failed or calls == 0 or waits > 2 + calls // 5000 else 0)


if __name__ == "__main__":
    main()
