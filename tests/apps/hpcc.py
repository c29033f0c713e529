#!/usr/bin/env python3
"""Build and run HPCC (HPL, PTRANS, RandomAccess, STREAM, FFT, DGEMM, b_eff) natively and as a module.

  hpcc.py BUILD [--mpi openmpi|mpich|all] [--ranks 1,2,4] [--order N] [--json FILE]

Source and BLAS come from Debian's source packages hpcc and gsl (gslcblas, by its own configure), both
unmodified; only HPL's file of Makefile settings is ours.  Every run must pass HPCC's own
verification, and the two summaries must agree in all that is not a measurement.
"""
import argparse
import json
import math
import os
import re
import shutil
import sys

from harness import Tools, Verdict, chosen_mpis, must, native_compiler, run
from sources import fetch

SETTINGS = """\
SHELL = /bin/sh
CD = cd
CP = cp
LN_S = ln -s
MKDIR = mkdir
RM = /bin/rm -f
TOUCH = touch
ARCH = $(arch)
TOPdir = ../../..
INCdir = $(TOPdir)/include
BINdir = $(TOPdir)/bin/$(ARCH)
LIBdir = $(TOPdir)/lib/$(ARCH)
HPLlib = $(LIBdir)/libhpl.a
HPL_INCLUDES = -I$(INCdir) -I$(INCdir)/$(ARCH)
HPL_LIBS = $(HPLlib) {blas} -lm
HPL_OPTS = -DHPL_CALL_CBLAS{defines}
HPL_DEFS = $(HPL_OPTS) $(HPL_INCLUDES)
CC = {compiler}
CCNOOPT = $(HPL_DEFS) -w
CCFLAGS = $(HPL_DEFS) -O3 -w
LINKER = $(CC)
LINKFLAGS = $(CCFLAGS)
ARCHIVER = ar
ARFLAGS = r
RANLIB = echo
"""

# What the summary holds besides measurements and rounding: it must be the same on both sides.
SAME = re.compile(r"(Success|CommWorldProcs|Version\w+|M_\w+|CPS_\w+|[ds]weps|\w+_N|\w*_Errors|"
                  r"\w+_ErrorsFraction|\w+_ExeUpdates|\w+_Algorithm|MPIFFT_Procs|FFTE\w+|"
                  r"HPL_(eps|Anorm\w|NB|nprow|npcol|depth|nbdiv|nbmin|cpfact|crfact|ctop|order|"
                  r"[ds]MACH_\w+)|PTRANS_(residual|n|nb|nprow|npcol)|STREAM_(VectorSize|Threads)|"
                  r"sizeof_(char|short|int|float|double|s64Int|u64Int|struct_double_double))")
RATES = re.compile(r"(Gflops|Tflops|GBs|GUPs|GBytes|STREAM_(Copy|Scale|Add|Triad))$")


def build_blas(tools, flavour, arguments):
    """gslcblas, configured and built by its own scripts."""
    source = fetch(tools.sources, "gsl")
    work = os.path.join(tools.work, "gsl-" + flavour)
    library = os.path.join(work, "cblas", ".libs", "libgslcblas.a")
    if not os.path.exists(library):
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        must([os.path.join(source, "configure"), "--disable-shared", "CFLAGS=-O3", *arguments], work)
        must(["make", "-s", "-C", "gsl"], work)
        must(["make", "-s", "-j2", "-C", "cblas", "libgslcblas.la"], work)
    return library


def build(tools, flavour, compiler, blas, defines=""):
    work = os.path.join(tools.work, "hpcc-" + flavour)
    program = os.path.join(work, "hpcc")
    if not os.path.exists(program):
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(fetch(tools.sources, "hpcc"), work)
        with open(os.path.join(work, "hpl", "Make.test"), "w", encoding="utf-8") as file:
            file.write(SETTINGS.format(compiler=compiler, blas=blas, defines=defines))
        must(["make", "-s", "-j2", "arch=test"], work)
    return program


def prepare(source, directory, ranks, order):
    """HPCC's own sample input with our order and process grid."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    rows = max(p for p in range(1, int(math.sqrt(ranks)) + 1) if ranks % p == 0)
    with open(os.path.join(source, "_hpccinf.txt"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    for number, value in ((5, order), (10, rows), (11, ranks // rows)):
        lines[number] = f"{value}  " + lines[number].split(None, 1)[1]
    with open(os.path.join(directory, "hpccinf.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def read_summary(text):
    part = text.partition("Begin of Summary section.")[2].partition("End of Summary section.")[0]
    return dict(line.split("=", 1) for line in part.splitlines() if "=" in line)


def verify(verdict, text, what):
    """HPCC's own checks, test by test."""
    for name, begin in (("HPL", "Begin of HPL"), ("PTRANS", "Begin of PTRANS")):
        section = text.partition(begin)[2]
        verdict.check(re.search(r"[1-9]\d* tests completed and passed residual checks", section) and
                      re.search(r" 0 tests completed and failed residual checks", section),
                      f"{what}: {name} did not pass its residual checks")
    verdict.check("Solution Validates" in text, f"{what}: STREAM does not validate")
    errors = re.findall(r"Found (\d+) errors in \d+ locations", text)
    verdict.check(len(errors) >= 4 and not any(map(int, errors)), f"{what}: RandomAccess {errors}")
    verdict.check("FAILED" not in text, f"{what}: FAILED in the output")


def run_one(verdict, command, source, directory, ranks, order, what):
    prepare(source, directory, ranks, order)
    outcome = run(command, directory, 900)
    path = os.path.join(directory, "hpccoutf.txt")
    text = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    if not verdict.check(outcome.code == 0 and not outcome.timed_out,
                         f"{what}: exit {outcome.code}\n{outcome.out[-3000:]}{text[-500:]}"):
        return {}
    verify(verdict, text, what)
    summary = read_summary(text)
    verdict.check(summary.get("Success") == "1", f"{what}: Success={summary.get('Success')}")
    error = float(summary.get("MPIFFT_maxErr", "nan"))
    verdict.check(error < 1e-13, f"{what}: the FFT's error is {error}")
    return summary


def compare(verdict, native, wasm, what):
    if not native or not wasm:
        return {}
    verdict.check(set(native) == set(wasm), f"{what}: the summaries have other keys: "
                                            f"{sorted(set(native) ^ set(wasm))}")
    different = [f"{key}: {native[key]} and {wasm.get(key)}" for key in native
                 if SAME.fullmatch(key) and native[key] != wasm.get(key)]
    verdict.check(not different, f"{what}: {different}")
    return {key: float(wasm[key]) / float(native[key]) for key in native
            if RATES.search(key) and float(native[key]) > 0 and float(wasm.get(key, 0)) > 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--mpi", default="all")
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--order", type=int, default=600, help="of HPL's matrix")
    parser.add_argument("--json", help="write both summaries of every run there")
    parser.add_argument("--prefix", help="test this installation instead of BUILD's programs")
    options = parser.parse_args()
    tools, verdict, record = Tools(options.build, options.prefix), Verdict(), []
    source = fetch(tools.sources, "hpcc")
    wasm_blas = build_blas(tools, "wasm", [f"CC={tools.mpiwasmcc}", "--host=wasm32-unknown-none"])
    module = build(tools, "wasm", tools.mpiwasmcc, wasm_blas)
    native_blas = build_blas(tools, "native", [])
    for mpi in chosen_mpis(options.mpi):
        program = build(tools, mpi.name, native_compiler(tools, mpi), native_blas,
                        " -DLONG_IS_64BITS")
        for ranks in map(int, options.ranks.split(",")):
            what = f"HPCC on {ranks} ranks of {mpi.name}"
            directory = os.path.join(tools.work, "hpcc-run")
            native = run_one(verdict, mpi.launch(ranks, [program]), source, directory + "-native",
                             ranks, options.order, what + ", native")
            wasm = run_one(verdict, mpi.launch(ranks, [tools.mpiwasm, module]), source,
                           directory + "-wasm", ranks, options.order, what + ", wasm")
            ratios = compare(verdict, native, wasm, what)
            record.append({"mpi": mpi.name, "ranks": ranks, "native": native, "wasm": wasm})
            print(f"{what}: rates, wasm / native")
            for key, ratio in ratios.items():
                print(f"    {key:<40}{float(native[key]):>12.5g}{float(wasm[key]):>12.5g}"
                      f"{ratio:>8.2f}")
            sys.stdout.flush()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
    verdict.end()


if __name__ == "__main__":
    main()
