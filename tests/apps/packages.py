#!/usr/bin/env python3
"""Build real packages, unmodified, natively and as modules; run their own checks both ways; compare.

  packages.py BUILD NAME... [--mpi openmpi|mpich|all] [--ranks 1,2,4] [--quick] [--repeat N]
              [--only REGEX] [--times] [--limit SECONDS] [--rebuild] [--build-only]
              [--results FILE]

NAME is a file of packages/ without .py (of one that has variants it is the first, NAME_VARIANT
another), or "all". Sources come from Debian's source packages. Each check runs natively and under
mpiwasm with each MPI and number of ranks: what passes natively has to pass as a module, with the same
figures. A check that measures is repeated N times, native and module in turn, and the medians are
compared. --results adds what was found to a file, from which packages_table.py makes the table of
docs/applications.md. --times runs only the checks that measure and leaves all but the times in that
file as it is; --repeat 0 leaves the times.
"""
import argparse
import glob
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

from harness import Tools, Verdict, chosen_mpis, must
from package import Flavour, differs, judge, load, package_names, run_check
from sources import fetch


def build(package, flavour):
    """{program: path}, and the seconds of CPU that building took."""
    record = flavour.work + ".json"
    if os.path.exists(record):
        with open(record, encoding="utf-8") as file:
            known = json.load(file)
        if all(os.path.exists(path) for path in known["programs"].values()):
            return known
    shutil.rmtree(flavour.work, ignore_errors=True)
    os.makedirs(flavour.work)
    before = os.times()
    programs = package.build(flavour)
    after = os.times()
    known = {"programs": programs,
             "seconds": round(sum(after[2:4]) - sum(before[2:4]), 1)}
    with open(record, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1)
    print(f"{package.NAME}: {flavour.name} built, {known['seconds']} s of CPU", flush=True)
    return known


def stripped_size(path):
    """Bytes of an executable without its symbols."""
    copy = path + ".stripped"
    subprocess.run(["strip", "-o", copy, path], check=True)
    size = os.path.getsize(copy)
    os.unlink(copy)
    return size


def measure_sizes(package, builds):
    """{program: {"wasm": bytes, "dynamic": bytes, "static": bytes}}, without symbols and names."""
    sizes = {}
    for program, module in builds["wasm"]["programs"].items():
        if program not in getattr(package, "PROGRAMS", [program]):
            continue
        size = sizes[program] = {"wasm": os.path.getsize(module)}
        native = next(build["programs"][program] for name, build in builds.items()
                      if name != "wasm")
        size["dynamic"] = stripped_size(native)
        static = builds.get("mpich", {"programs": {}})["programs"].get(program, "") + ".static"
        if os.path.exists(static):
            size["static"] = os.path.getsize(static)
    return sizes


class Runner:
    """Runs checks of one package with one MPI and number of ranks, both ways."""

    def __init__(self, tools, package, builds, verdict, repeat):
        self.tools, self.package, self.builds = tools, package, builds
        self.verdict, self.repeat = verdict, repeat
        self.compiled = set()

    def compile(self, program, check):
        """To native code, so that no check's time contains it."""
        level = [option for option in check.options if option.startswith("-O")]
        if (program, *level) not in self.compiled:
            start = time.monotonic()
            must([self.tools.mpiwasm, "compile", "--cache", *level,
                  self.builds["wasm"]["programs"][program]])
            self.compiled.add((program, *level))
            print(f"{self.package.NAME}: {program} compiled in {time.monotonic() - start:.1f} s",
                  flush=True)

    def command(self, check, program, arguments, mpi, ranks, is_wasm):
        programs = self.builds["wasm" if is_wasm else mpi.name]["programs"]
        command = [programs[program], *map(str, arguments)]
        if is_wasm:
            command = [self.tools.mpiwasm, "-q", *check.options,
                       *[f"--env={name}" for name in check.env], *command]
        return mpi.launch(ranks, command)

    def once(self, check, mpi, ranks, is_wasm):
        """The outcome, and why the check failed."""
        directory = os.path.join(self.tools.work, self.package.NAME,
                                 "run-wasm" if is_wasm else "run-native")
        runs = [*((program, ()) for program in check.before), (check.program, check.arguments)]
        outcome = run_check(check, [self.command(check, *run, mpi, ranks, is_wasm) for run in runs],
                            directory)
        return outcome, judge(check, outcome)

    def check(self, check, mpi, ranks):
        """{"native": ..., "wasm": ..., "times": {...}}; what differs is in the verdict."""
        what = f"{self.package.NAME} {check.name}, {ranks} ranks of {mpi.name}"
        for program in (*check.before, check.program):
            self.compile(program, check)
        native, native_fault = self.once(check, mpi, ranks, False)
        wasm, wasm_fault = self.once(check, mpi, ranks, True)
        entry = {"native": native_fault, "wasm": wasm_fault}
        if native_fault:
            print(f"{what}: fails natively ({native_fault}); as a module: {wasm_fault or 'passes'}")
            if wasm_fault:
                return entry
            self.verdict.check(True, what)
            return entry
        if not self.verdict.check(not wasm_fault, f"{what}: {wasm_fault}\n{wasm.out[-2000:]}"):
            return entry
        one, other = check.figures(native.out), check.figures(wasm.out)
        difference = differs(one, other, check.tolerance)
        entry["figures"] = len(one)
        if difference:
            entry["wasm"] = f"differs from native: {difference}"
        if self.verdict.check(not difference, f"{what}: differs from native: {difference}") and \
                check.seconds and self.repeat:
            entry["times"] = self.measure(check, mpi, ranks, what)
        return entry

    def measure(self, check, mpi, ranks, what):
        times = {"native": [], "wasm": []}
        for _ in range(self.repeat):
            for name, values in times.items():
                outcome, fault = self.once(check, mpi, ranks, name == "wasm")
                if self.verdict.check(not fault, f"{what}, {name} again: {fault}"):
                    values.append(check.seconds(outcome))
        if not all(times.values()):
            return None
        medians = {name: statistics.median(values) for name, values in times.items()}
        print(f"{what}: {medians['native']:.4g} s natively, {medians['wasm']:.4g} s as a module, "
              f"{medians['wasm'] / medians['native']:.2f}", flush=True)
        return medians


def summarise(entries):
    """What the table needs of all checks with one MPI and number of ranks."""
    ratios = [entry["times"]["wasm"] / entry["times"]["native"] for entry in entries.values()
              if entry.get("times")]
    result = {"checks": len(entries),
              "native": sum(not entry["native"] for entry in entries.values()),
              "wasm": sum(not entry["wasm"] for entry in entries.values()),
              "failed": {name: [entry["native"], entry["wasm"]] for name, entry in entries.items()
                         if entry["native"] or entry["wasm"]}}
    if ratios:
        result["ratio"] = round(math.exp(statistics.fmean(map(math.log, ratios))), 3)
        result["timed"] = len(ratios)
    return result


def selection(options):
    """Which checks were chosen, for the table."""
    return ", ".join((["of `--quick`"] if options.quick else []) +
                     ([f"`{options.only}`"] if options.only else []))


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} processors"


def add_times(known, found):
    """Replace the times of those runs that are known; of others nothing is said without all checks."""
    for mpi, by_ranks in found.items():
        for ranks, summary in by_ranks.items():
            if "ratio" in summary and ranks in known.get(mpi, {}):
                known[mpi][ranks].update(ratio=summary["ratio"], timed=summary["timed"])


def add_results(path, name, result, only_times):
    """Put one package's result into the file, beside what is there for other MPIs and ranks."""
    if not path:
        return
    known = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            known = json.load(file)
    runs = known.get(name, {}).get("runs", {})
    if only_times:
        add_times(runs, result["runs"])
    else:
        for program, sizes in known.get(name, {}).get("sizes", {}).items():
            result["sizes"][program] = {**sizes, **result["sizes"].get(program, {})}
        for mpi, by_ranks in result["runs"].items():
            old = runs.setdefault(mpi, {})
            for ranks, summary in by_ranks.items():  # whose times stay if none were taken
                times = {key: old[ranks][key] for key in ("ratio", "timed")
                         if key in old.get(ranks, {})}
                old[ranks] = {**times, **summary}
        known[name] = {**result, "runs": runs}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(known, file, indent=1, sort_keys=True)
        file.write("\n")


def test(tools, package, mpis, options, verdict):
    sources = {name: fetch(tools.sources, name) for name in package.SOURCES}
    flavours = [Flavour(tools, package, sources), *(Flavour(tools, package, sources, mpi)
                                                    for mpi in mpis)]
    if options.rebuild: # also the records of other MPIs, since a build may start from theirs
        for record in glob.glob(os.path.join(tools.work, package.NAME, "*.json")):
            os.unlink(record)
    builds = {flavour.name: build(package, flavour) for flavour in flavours}
    result = {"title": package.TITLE, "language": package.LANGUAGE, "built": package.BUILT_WITH,
              "machine": machine(),
              "sizes": measure_sizes(package, builds), "runs": {}}
    runner = Runner(tools, package, builds, verdict, options.repeat)
    for mpi in [] if options.build_only else mpis:
        for ranks in map(int, options.ranks.split(",")):
            entries = {}
            for check in package.checks(sources, ranks, options.quick):
                if re.search(options.only, check.name) and (check.seconds or not options.times):
                    check.limit = max(check.limit, options.limit)
                    entries[check.name] = runner.check(check, mpi, ranks)
            summary = summarise(entries)
            summary["selection"] = selection(options)
            result["runs"].setdefault(mpi.name, {})[str(ranks)] = summary
            print(f"{package.NAME}, {ranks} ranks of {mpi.name}: {summary['wasm']} of "
                  f"{summary['checks']} pass as modules, {summary['native']} natively" +
                  (f"; time {summary['ratio']}" if "ratio" in summary else ""), flush=True)
            add_results(options.results, package.NAME, result, options.times)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("names", nargs="+", metavar="NAME")
    parser.add_argument("--mpi", default="all")
    parser.add_argument("--ranks", default="1,2,4")
    parser.add_argument("--quick", action="store_true", help="the part for CI")
    parser.add_argument("--repeat", type=int, default=3, help="of checks that measure (0: none)")
    parser.add_argument("--only", default="", help="checks whose names match")
    parser.add_argument("--times", action="store_true", help="only checks that measure")
    parser.add_argument("--limit", type=int, default=0, help="seconds that a check may take, if "
                        "that is more than its own limit")
    parser.add_argument("--rebuild", action="store_true")
    parser.add_argument("--build-only", action="store_true")
    parser.add_argument("--results", help="add what was found to this file")
    parser.add_argument("--prefix", help="test this installation instead of BUILD's programs")
    options = parser.parse_args()
    tools, verdict = Tools(options.build, options.prefix), Verdict()
    for name in package_names() if options.names == ["all"] else options.names:
        test(tools, load(name), chosen_mpis(options.mpi), options, verdict)
    if options.build_only:
        sys.exit(0)
    verdict.end()


if __name__ == "__main__":
    main()
