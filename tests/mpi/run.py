#!/usr/bin/env python3
"""Build a program of this folder natively and as a module, run both, compare what they print.

  run.py BUILD PROGRAM.c MPI [--ranks 1,2,4] [--any-order] [--without REGEX]

BUILD is the build tree, MPI is openmpi or mpich, or a name that starts so and has no mpiexec.NAME: then
mpiexec and mpicc in PATH are taken. The native build under the same MPI is the oracle:
its lines and exit code have to be the same. Prints the first differences; exit code 1 if any.

A program may say "run.py: ranks 1,2,3" and "run.py: openmpi cannot run 1 rank" in a comment; then
the other MPI's native build is the oracle of those runs. "run.py: options --dir={work}" are mpiwasm's; {work}
is the directory of the module and of the native program.
"""
import argparse
import difflib
import os
import re
import shutil
import signal
import subprocess
import sys

LIMIT = 60  # seconds a run


def execute(command, limit):
    """-> exit code, stdout, stderr; the whole process group ends after `limit` seconds."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            return "timeout", out, err
    return process.returncode, out, err


def build(command, source, output):
    """Compile unless the output is newer than every source of the folder, mpi.h and the compiler."""
    folder = os.path.dirname(source)
    header = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../guest/include/mpi.h")
    inputs = [os.path.join(folder, name) for name in os.listdir(folder)]
    inputs += [header, shutil.which(command[0])]
    if os.path.exists(output) and all(os.path.getmtime(output) > os.path.getmtime(i)
                                      for i in inputs):
        return
    code, out, err = execute(command + ["-O1", "-w", source, "-o", output + ".new", "-lm"], 300)
    if code != 0:
        sys.exit(f"{' '.join(command)} {source} failed:\n{out}{err}")
    os.replace(output + ".new", output)


def launch(mpi, ranks, command):
    options = []
    if mpi.startswith("openmpi"):
        options = ["--oversubscribe"] + (["--allow-run-as-root"] if os.getuid() == 0 else [])
        os.environ["OMPI_MCA_mpi_yield_when_idle"] = "1"
    return execute([f"mpiexec.{mpi}" if shutil.which(f"mpiexec.{mpi}") else "mpiexec", *options,
                    "-n", str(ranks), *command], LIMIT)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("program")
    parser.add_argument("mpi")
    parser.add_argument("--ranks")
    parser.add_argument("--oracle", help="the MPI of the native build [MPI]")
    parser.add_argument("--without", metavar="REGEX", help="lines that are not compared")
    parser.add_argument("--any-order", action="store_true", help="of the lines, as ranks print them")
    options = parser.parse_args()

    name = os.path.splitext(os.path.basename(options.program))[0]
    source = os.path.abspath(options.program)
    work = os.path.join(os.path.abspath(options.build), "tests", "mpi", "programs", options.mpi)
    os.makedirs(work, exist_ok=True)
    binaries = os.path.join(os.path.abspath(options.build), "bin")
    module = os.path.join(work, name + ".wasm")
    with open(source, encoding="utf-8") as file:
        text = file.read()
    said = re.search(r"run\.py: ranks ([\d,]+)", text)
    ranks_to_run = options.ranks or (said.group(1) if said else "1,2,4")
    words = re.search(r"run\.py: options (.*)", text)
    words = words.group(1).format(work=work).split() if words else []
    unable = re.findall(rf"run\.py: {options.mpi} cannot run (\d+) rank", text)
    natives, native_mpi = {}, options.oracle or options.mpi
    for mpi in [native_mpi] + (["mpich"] if unable else []):
        mpicc = f"mpicc.{mpi}"
        if shutil.which(mpicc) or mpi == native_mpi:
            natives[mpi] = os.path.join(work, name + "." + mpi)
            build([mpicc if shutil.which(mpicc) else "mpicc"], source, natives[mpi])
    build([os.path.join(binaries, "mpiwasmcc")], source, module)

    os.chdir(work)  # files that programs write: other runs have their own
    failed = False
    for ranks in ranks_to_run.split(","):
        oracle = "mpich" if ranks in unable else native_mpi
        if oracle not in natives:
            continue
        expected = launch(oracle, ranks, [natives[oracle]])
        actual = launch(options.mpi, ranks, [os.path.join(binaries, "mpiwasm"), *words, module])
        lines = [result[1].splitlines() for result in (expected, actual)]
        if options.without:
            lines = [[line for line in side if not re.search(options.without, line)]
                     for side in lines]
        if options.any_order:
            lines = [sorted(side) for side in lines]
        if expected[0] == actual[0] and lines[0] == lines[1] and lines[0]:
            print(f"{name}, {options.mpi}, {ranks} ranks: {len(lines[0])} lines agree")
            continue
        failed = True
        print(f"{name}, {options.mpi}, {ranks} ranks: native exit {expected[0]}, "
              f"module exit {actual[0]}, {len(lines[0])} and {len(lines[1])} lines")
        difference = difflib.unified_diff(lines[0], lines[1], "native", "module", n=0, lineterm="")
        print("\n".join(list(difference)[:40]))
        print("native:", expected[2][-2000:], "\nmodule:", actual[2][-2000:])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
