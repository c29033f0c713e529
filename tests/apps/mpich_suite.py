#!/usr/bin/env python3
"""Run MPICH's test suite natively and as modules, under each MPI, and compare.

  mpich_suite.py BUILD [--mpi openmpi|mpich|all] [--dirs attr,coll,...] [--quick] [--only REGEX]
                 [--results FILE [--retry]]

The suite comes from Debian's source package mpich.  Its own configure and makefiles build each test
with the MPI's compiler and with mpiwasmcc.  The bar: whatever passes natively passes as a module.
What is known to differ, and why, stands in mpich_known.txt; an entry there that passes fails too,
unless it is one of chance, which --quick leaves out. What fails as a module is run once more, alone
and for longer: other load than its own does not count.
A directory stands for those below it too (errors, threads). Programs of threads need the full
level with libraries for -pthread: where mpiwasmcc finds it, or where the tests of the full level
build it. All of the suite takes hours with few processors; --results keeps what is known, so that
it can be run in pieces. Not run are tests of more ranks than --ranks, and as modules those that do
not end natively within --limit.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import shutil
import sys
import time

from harness import TESTS, Tools, chosen_mpis, must, native_compiler, run
from mpich_compare import Known, compare
from mpich_lists import DIRS, collect, label, starts_threads, tunes_mpich
from sources import fetch

MAKE = ["make", "-s", "-k", "-j2", "LIBTOOLFLAGS=--tag=CC", "CFLAGS=-O0 -w"]

Result = collections.namedtuple("Result", "state detail seconds")


def configure(tools, source, mpi):
    config = os.path.join(tools.work, "mpich", "config")
    if not os.path.exists(os.path.join(config, "done")):
        shutil.rmtree(config, ignore_errors=True)
        os.makedirs(config)
        must([os.path.join(source, "configure"), f"CC={mpi.mpicc}", "--disable-fortran",
              "--disable-cxx", "--disable-romio", "--disable-shared"], config)
        open(os.path.join(config, "done"), "w", encoding="utf-8").close()
    return config


def threaded_sysroot(tools):
    """The setting of mpiwasmcc's environment with which it has libraries for -pthread, or None:
    what is installed or the user says, or else what the tests of the full level have built."""
    for env in ([], [("MPIWASM_SYSROOT", os.path.join(tools.build, "tests", "guest", "full"))]):
        outcome = run([tools.mpiwasmcc, "-v", "-pthread", "-E", "-x", "c", os.devnull], env=env)
        if outcome.code == 0 and "-pthread dropped" not in outcome.out:
            return env
    return None


def build(tools, config, flavour, compiler, tests, env=()):
    """A copy of the configured tree with the tests' programs; which are there, the runs will see."""
    tree = os.path.join(tools.work, "mpich", flavour)
    if not os.path.exists(tree):
        shutil.copytree(config, tree + ".new", symlinks=True)
        os.rename(tree + ".new", tree)
    programs = collections.defaultdict(list)
    for test in tests:
        if test.program not in programs[test.dir]:
            programs[test.dir].append(test.program)
    log = ""
    for directory in ("util", "dtpools"):
        log += run([*MAKE, "-C", os.path.join(tree, directory), f"CC={compiler}"],
                   env=env).out
    for directory, names in programs.items():
        log += run([*MAKE, "-C", os.path.join(tree, directory), f"CC={compiler}", *names],
                   timeout=1800, env=env).out
    with open(tree + ".log", "w", encoding="utf-8") as file:
        file.write(log)
    return tree


def build_modules(tools, config, tests):
    """The tests that modules can be built for, and a function from a test to its tree: programs
    that start threads, and the suite's library, need other options and libraries."""
    compiler = tools.mpiwasmcc + " --old-c"
    threaded = [test for test in tests if starts_threads(test)]
    single = [test for test in tests if not starts_threads(test)]
    trees = {}
    if single:
        trees[False] = build(tools, config, "wasm", compiler, single)
    if threaded:
        env = threaded_sysroot(tools)
        if env is None:
            for test in threaded:
                print(f"SKIPPED: {label(test)}: needs the full level with threads, which `mpiwasm "
                      "sysroot build` makes (MPIWASM_SYSROOT says where it is)")
            if not single:
                sys.exit(77)
            tests = single
        else:
            compiler += " -pthread"
            trees[True] = build(tools, config, "wasm-threads", compiler, threaded, env)
    return tests, lambda test: trees[starts_threads(test)]


def judge(test, outcome):
    """The rules of the suite's own runtests."""
    if outcome.timed_out:
        return "timeout"
    if test.result == "TestStatus":
        return "pass" if outcome.code != 0 else "fail"
    if test.result == "TestErrFatal":
        return "pass" if outcome.code != 0 and "No Errors" not in outcome.out else "fail"
    clean = re.search(r"^\s*(No [Ee]rrors|Test [Pp]assed)\s*$", outcome.out, re.M)
    return "pass" if clean and outcome.code == 0 else "fail"


def run_test(mpi, tree, test, runner, limit):
    path = os.path.join(tree, test.dir, test.program)
    if not os.path.exists(path):
        return Result("no build", "", 0.0)
    start = time.monotonic()
    folder = os.path.join(tree, test.dir)
    if test.dir == "io":  # many write files of the same names
        folder = os.path.join(folder, "run", f"{test.program}.{test.ranks}")
        os.makedirs(folder, exist_ok=True)
        copy = os.path.join(folder, test.program)  # one of them reads itself
        if os.path.exists(copy):
            os.remove(copy)
        os.link(path, copy)
        path = copy
    program = os.path.join(".", os.path.relpath(path, folder))
    command = [*runner, program, *test.arguments]
    env = [("MPIEXEC_TIMEOUT", str(test.limit))] if test.limit and test.result else []
    # The list means machines with a processor for each rank, and some hours.
    outcome = run(mpi.launch(test.ranks, command), folder, max(limit, min(test.limit, 2 * limit)),
                  [*env, *(entry.split("=", 1) for entry in test.env)])
    seconds = time.monotonic() - start
    state = judge(test, outcome)
    return Result(state, "" if state == "pass" else outcome.out[-4000:], seconds)


class Results:
    """What is known from earlier runs, in a file of one JSON value a line, the last one wins."""

    def __init__(self, path):
        self.path, self.results = path, {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    key, *result = json.loads(line)
                    self.results[key] = Result(*result)

    def add(self, key, result):
        self.results[key] = result
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps([key, *result]) + "\n")


def run_all(mpi, tree_of, tests, runner, options, earlier, known=None):
    """{label: result} of the tests."""
    fresh = set()

    def attempt(test, limit):
        allowed = []
        if "spawn" in test.dir:
            allowed = ["--allow-spawn", "--allow-ports"]
        elif test.dir == "errors/io":  # makes a file there
            allowed = ["--dir=.", "--dir=/tmp"]
        tree = tree_of(test)
        result = run_test(mpi, tree, test, runner and [*runner, *allowed], limit)
        earlier.add(f"{mpi.name} {'wasm' if runner else 'native'} {label(test)}", result)
        if options.verbose:
            print(f"{os.path.basename(tree)}: {label(test)}: {result.state}, {result.seconds:.1f} s",
                  file=sys.stderr, flush=True)
        return result

    def one(test):
        result = earlier.results.get(f"{mpi.name} {'wasm' if runner else 'native'} {label(test)}")
        if test.ranks > options.ranks:
            result = Result("too big", f"more than {options.ranks} ranks", 0.0)
        elif not result or (options.retry and runner and result.state != "pass"):
            result = attempt(test, options.limit)
            fresh.add(test)
        return label(test), result

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        results = dict(pool.map(one, tests))
    for test in [test for test in tests if runner and test in fresh]:  # alone: two that load the machine may both be late
        result = results[label(test)]
        if result.state in ("fail", "timeout") and not known.reason(label(test)):
            second = attempt(test, 2 * options.limit)
            if second.state == "pass":
                print(f"{mpi.name}: {label(test)}: {result.state}, then passed alone")
            results[label(test)] = second
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--mpi", default="all")
    parser.add_argument("--dirs", default=",".join(DIRS))
    parser.add_argument("--only", default="", help="a regular expression, for example 'coll/red'")
    parser.add_argument("--quick", action="store_true", help="at most 4 ranks, each program once")
    parser.add_argument("--sample", type=int, default=1, metavar="N",
                        help="with --quick, of a directory of many programs every Nth")
    parser.add_argument("--generated", type=int, metavar="N",
                        help="of the tests generated for various datatypes every Nth, 0 for none "
                             "[1; with --quick 0]")
    parser.add_argument("--types", type=int, default=0, metavar="N",
                        help="generated tests with at most N datatypes each [all: up to 1024]")
    parser.add_argument("--all", action="store_true",
                        help="run modules' tests also where native ones do not pass")
    parser.add_argument("--limit", type=int, default=60, help="seconds a test")
    parser.add_argument("--ranks", type=int, default=4 * len(os.sched_getaffinity(0)), metavar="N",
                        help="run no tests of more [4 a processor]")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--prefix", help="test this installation instead of BUILD's programs")
    parser.add_argument("--results", help="a file of results: what is in it is not run again")
    parser.add_argument("--retry", action="store_true",
                        help="run modules' tests again that did not pass")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--verbose", action="store_true", help="print each result at once")
    options = parser.parse_args()
    if options.generated is None:
        options.generated = 0 if options.quick else 1

    tools = Tools(options.build, options.prefix)
    source = os.path.join(fetch(tools.sources, "mpich"), "test", "mpi")
    mpis = chosen_mpis(options.mpi)
    config = configure(tools, source, mpis[0])
    all_tests = collect(config, source, options.dirs.split(","), options.quick, options.only,
                        options.sample, options.generated, options.types)
    all_tests, wasm_tree_of = build_modules(tools, config, all_tests)
    earlier = Results(options.results)
    failures = 0
    for mpi in mpis:
        known = Known(os.path.join(TESTS, "mpich_known.txt"), mpi)
        tests = [test for test in all_tests if (mpi.name == "mpich" or not tunes_mpich(test))
                 and not (options.quick and known.by_chance(label(test)))]
        native_tree = build(tools, config, mpi.name, native_compiler(tools, mpi), tests)
        if options.build_only:
            for test in tests:
                for tree in (native_tree, wasm_tree_of(test)):
                    if not os.path.exists(os.path.join(tree, test.dir, test.program)):
                        print(f"{os.path.basename(tree)}: {label(test)}: not built")
            continue
        native = run_all(mpi, lambda _, tree=native_tree: tree, tests, [], options, earlier)
        runner = [tools.mpiwasm, "-O0"]  # the MPI layer is tested, not the optimiser
        # What does not pass natively need not pass; much of it takes long.
        wanted = [test for test in tests if native[label(test)].state == "pass" or
                  (options.all and native[label(test)].state != "too big")]
        wasm = run_all(mpi, wasm_tree_of, wanted, runner, options, earlier, known)
        failures += compare(mpi, {label(test): test for test in tests}, native, wasm, known)
    sys.exit(1 if failures or not all_tests else 0)


if __name__ == "__main__":
    main()
