#!/usr/bin/env python3
"""Build the examples natively and as modules, run both, compare what they print.

  examples.py BUILD [--mpi openmpi|mpich|all] [--ranks 1,2,4]

Every run must end with PASS and exit code 0; all lines but the times must agree with native.
"""
import argparse
import os
import re

from harness import ROOT, Tools, Verdict, chosen_mpis, must, run

PROGRAMS = {"heat": ["400", "100"], "cg": ["40", "200"], "nbody": ["1000", "5"],
            "psort": ["300000"], "montecarlo": ["500000"], "jacobi": ["60", "100"]}


def build(out, settings):
    os.makedirs(out, exist_ok=True)
    must(["make", "-s", "-B", "-C", os.path.join(ROOT, "examples"), f"OUT={out}", *settings])


def lines_without_times(text):
    return [line for line in text.splitlines() if not line.startswith("time: ")]


def seconds(text):
    match = re.search(r"^time: ([0-9.]+) s", text, re.M)
    return float(match.group(1)) if match else float("nan")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build")
    parser.add_argument("--mpi", default="all")
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--prefix", help="test this installation instead of BUILD's programs")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # jacobi prints it; without OpenMP there is one
    tools, verdict = Tools(options.build, options.prefix), Verdict()
    work = os.path.join(tools.work, "examples")
    build(os.path.join(work, "wasm"), [f"CC={tools.mpiwasmcc}", "EXE=.wasm"])
    print(f"{'example':<12}{'MPI':<9}{'ranks':>5}{'native s':>10}{'wasm s':>9}")
    for mpi in chosen_mpis(options.mpi):
        native_work = os.path.join(work, mpi.name)
        build(native_work, [f"CC={mpi.mpicc}"])
        for name, arguments in PROGRAMS.items():
            for ranks in map(int, options.ranks.split(",")):
                native = run(mpi.launch(ranks, [os.path.join(native_work, name), *arguments]),
                             work, 120)
                module = os.path.join(work, "wasm", name + ".wasm")
                wasm = run(mpi.launch(ranks, [tools.mpiwasm, module, *arguments]), work, 120)
                what = f"{name} on {ranks} ranks of {mpi.name}"
                verdict.check(native.code == 0 and "\nPASS\n" in native.out,
                              f"{what}, native:\n{native.out}")
                good = verdict.check(wasm.code == 0 and "\nPASS\n" in wasm.out,
                                     f"{what}, wasm (exit {wasm.code}):\n{wasm.out}")
                if good:
                    verdict.check(lines_without_times(native.out) == lines_without_times(wasm.out),
                                  f"{what}: native and wasm differ\n{native.out}{wasm.out}")
                print(f"{name:<12}{mpi.name:<9}{ranks:>5}{seconds(native.out):>10.3f}"
                      f"{seconds(wasm.out):>9.3f}")
    verdict.end()


if __name__ == "__main__":
    main()
