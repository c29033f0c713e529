#!/usr/bin/env python3
"""Measure wasm against native, in one run, interleaved; write JSON and a Markdown table.

Reads kernels.c, mpi.c and startup.c beside it and the tools of a build directory; writes
BUILD/bench/results.json and BUILD/bench/results.md. Never passes or fails anything: it tells.
Every figure is a median over rounds; in each round all builds of a thing run one after the other,
so that a slow phase of the machine hits all of them; ratios are of medians.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NATIVE_FLAGS = ["-O3", "-march=native", "-ffp-contract=off"]
LAUNCHERS = {"openmpi": ["mpicc.openmpi", "mpiexec.openmpi"], "mpich": ["mpicc.mpich", "mpiexec.mpich"]}
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_btl_base_warn_component_unused="0")


def run(command, **options):
    """The standard output of a command; its failure ends the program with the command's words."""
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT,
                            timeout=600, **options)
    if result.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


def find_clang():
    for name in ["clang-22", "clang-21", "clang-20", "clang-19", "clang"]:
        if shutil.which(name):
            return name
    sys.exit("bench: no clang found")


def build_kernels(out, wasmcc, clang):
    source = os.path.join(HERE, "kernels.c")
    builds = {"native": [clang, *NATIVE_FLAGS], "baseline": [clang, "-O3", "-ffp-contract=off"],
              "gcc": ["gcc", *NATIVE_FLAGS], "wasm": [wasmcc, "-O3", "-ffp-contract=off"]}
    commands = {}
    for name, compiler in builds.items():
        program = os.path.join(out, f"kernels-{name}")
        run([*compiler, source, "-o", program, "-lm"])
        commands[name] = [program]
    return commands


def kernel_figures(commands, mpiwasm, rounds, only):
    """{kernel/size: {build: seconds per repetition}, "same": do the checksums agree}."""
    commands = dict(commands, wasm=[mpiwasm, *commands["wasm"]])
    figures = {}
    for line in run(commands["native"]).splitlines():
        name, *sizes = line.split()
        for size, where in zip(sizes, ["in cache", "beyond cache"]):
            if size == "0" or (only and not re.search(only, name)):
                continue
            repetitions = 1
            while True:  # at least 0.1 s natively, so that clocks and first touches do not matter
                seconds = float(run([*commands["native"], name, size, str(repetitions)]).split()[3])
                if seconds > 0.1 or repetitions >= 1 << 24:
                    break
                repetitions = max(2 * repetitions, int(repetitions * 0.12 / max(seconds, 1e-6)))
            times, sums = {build: [] for build in commands}, {}
            for _ in range(rounds):
                for build, command in commands.items():
                    words = run([*command, name, size, str(repetitions)]).split()
                    times[build].append(float(words[3]) / repetitions)
                    sums[build] = words[4]
            row = {build: statistics.median(values) for build, values in times.items()}
            row["same"] = sums["wasm"] == sums["native"]
            figures[f"{name}, {where}"] = row
            print(f"  {name} {size}: wasm/native {row['wasm'] / row['native']:.2f}"
                  f"{'' if row['same'] else ' CHECKSUMS DIFFER'}", file=sys.stderr)
    return figures


def mpi_figures(out, wasmcc, mpiwasm, rounds):
    source, module = os.path.join(HERE, "mpi.c"), os.path.join(out, "mpi.wasm")
    run([wasmcc, "-O3", source, "-o", module])
    figures = {}
    for name, (compiler, launcher) in LAUNCHERS.items():
        if not shutil.which(compiler) or not shutil.which(launcher):
            continue
        program = os.path.join(out, f"mpi-{name}")
        run([compiler, "-O3", source, "-o", program])
        times = {}
        for _ in range(rounds):
            for build, command in {"native": [program], "wasm": [mpiwasm, module]}.items():
                for line in run([launcher, "-n", "2", *command]).splitlines():
                    what, size, seconds = line.split()
                    key = f"{what} {size}"
                    times.setdefault(key, {}).setdefault(build, []).append(float(seconds))
        figures[name] = {key: {build: statistics.median(values) for build, values in row.items()}
                         for key, row in times.items()}
        print(f"  {name}: done", file=sys.stderr)
    return figures


def startup_figures(out, wasmcc, mpiwasm, rounds):
    """Whole-process seconds of a program that prints a line, and sizes in bytes."""
    source = os.path.join(HERE, "startup.c")
    module, dynamic, static = (os.path.join(out, name)
                               for name in ["startup.wasm", "startup-dynamic", "startup-static"])
    run([wasmcc, "-O3", source, "-o", module])
    times = {"native": [], "wasm, compiled before": [], "wasm, first run": []}
    sizes = {"wasm": os.path.getsize(module)}
    compiler = next((pair[0] for pair in LAUNCHERS.values() if shutil.which(pair[0])), None)
    if compiler:
        run([compiler, "-O3", "-s", source, "-o", dynamic])
        sizes["native, dynamic"] = os.path.getsize(dynamic)
    if shutil.which("mpicc.mpich"):
        # Debian has no static udev, so a program that is static as a whole cannot be had.
        linked = subprocess.run(["mpicc.mpich", "-O3", "-s", source, "-o", static, "-l:libmpich.a",
                                 "-lhwloc", "-lucp", "-lucs", "-luct", "-lm"], capture_output=True)
        if linked.returncode == 0:
            sizes["native, MPICH and no more static"] = os.path.getsize(static)
    clang_program = os.path.join(out, "hello-native")
    hello, hello_wasm = os.path.join(out, "hello.c"), os.path.join(out, "hello.wasm")
    with open(hello, "w") as file:
        file.write('#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n')
    run(["cc", "-O3", hello, "-o", clang_program])
    run([wasmcc, "-O3", hello, "-o", hello_wasm])
    with tempfile.TemporaryDirectory() as cache:
        for _ in range(rounds):
            for build, command in {"native": [clang_program],
                                   "wasm, first run": [mpiwasm, hello_wasm],
                                   "wasm, compiled before": [mpiwasm, hello_wasm]}.items():
                if build == "wasm, first run":
                    shutil.rmtree(cache)
                    os.mkdir(cache, 0o700)
                    ENVIRONMENT["MPIWASM_CACHE_DIR"] = cache
                start = time.monotonic()
                run(command)
                times[build].append(time.monotonic() - start)
    ENVIRONMENT.pop("MPIWASM_CACHE_DIR", None)
    return {"seconds": {name: statistics.median(values) for name, values in times.items()},
            "bytes": sizes}


def geometric_mean(values):
    values = list(values)
    return statistics.geometric_mean(values) if values else float("nan")


def table(results):
    lines = [f"Measured on {results['cpu']}, {results['date']}; medians of {results['rounds']} "
             "interleaved rounds; time divided by native clang's (-O3 -march=native "
             "-ffp-contract=off).", ""]
    if results.get("kernels"):
        lines += ["| kernel | native, s | gcc | x86-64 baseline | wasm | same result |",
                  "| --- | ---: | ---: | ---: | ---: | --- |"]
        for name, row in results["kernels"].items():
            ratio = {build: row[build] / row["native"] for build in ["gcc", "baseline", "wasm"]}
            lines.append(f"| {name} | {row['native']:.3g} | {ratio['gcc']:.2f} | "
                         f"{ratio['baseline']:.2f} | **{ratio['wasm']:.2f}** | "
                         f"{'yes' if row['same'] else 'no'} |")
        means = [geometric_mean(row[build] / row["native"] for row in results["kernels"].values())
                 for build in ["gcc", "baseline", "wasm"]]
        lines += [f"| geometric mean | | {means[0]:.2f} | {means[1]:.2f} | **{means[2]:.2f}** | |",
                  ""]
    for name, rows in results.get("mpi", {}).items():
        lines += [f"| {name}, 2 ranks | native, µs | wasm, µs | ratio | difference, ns |",
                  "| --- | ---: | ---: | ---: | ---: |"]
        for what, row in rows.items():
            native, wasm = row["native"], row["wasm"]
            lines.append(f"| {what} | {native * 1e6:.3f} | {wasm * 1e6:.3f} | "
                         f"{wasm / native:.2f} | {(wasm - native) * 1e9:.0f} |")
        lines.append("")
    if results.get("startup"):
        lines += ["| start of a program that prints a line | ms |", "| --- | ---: |"]
        lines += [f"| {name} | {seconds * 1e3:.1f} |"
                  for name, seconds in results["startup"]["seconds"].items()]
        lines += ["", "| size of a small MPI program | bytes |", "| --- | ---: |"]
        lines += [f"| {name} | {size} |" for name, size in results["startup"]["bytes"].items()]
    return "\n".join(lines) + "\n"


def cpu_name():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "..", "build"), help="build directory")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default 5)")
    parser.add_argument("--kernels", default="", metavar="REGEX", help="only kernels that match")
    parser.add_argument("--only", choices=["kernels", "mpi", "startup"], help="one part")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    wasmcc, mpiwasm = (os.path.join(build, "bin", name) for name in ["mpiwasmcc", "mpiwasm"])
    out = os.path.join(build, "bench")
    os.makedirs(out, exist_ok=True)
    results = {"cpu": cpu_name(), "date": time.strftime("%Y-%m-%d"), "rounds": options.rounds}
    if options.only in (None, "kernels"):
        commands = build_kernels(out, wasmcc, find_clang())
        results["kernels"] = kernel_figures(commands, mpiwasm, options.rounds, options.kernels)
    if options.only in (None, "mpi"):
        results["mpi"] = mpi_figures(out, wasmcc, mpiwasm, options.rounds)
    if options.only in (None, "startup"):
        results["startup"] = startup_figures(out, wasmcc, mpiwasm, options.rounds)
    with open(os.path.join(out, "results.json"), "w") as file:
        json.dump(results, file, indent=1)
    with open(os.path.join(out, "results.md"), "w") as file:
        file.write(table(results))
    print(table(results), end="")


if __name__ == "__main__":
    main()
