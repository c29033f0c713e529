#!/usr/bin/env python3
"""Measure wasm against native, in one run, interleaved; write JSON and a Markdown table.

Reads the sources beside it and the tools of a build directory; writes BUILD/bench/results.json and
BUILD/bench/results.md. Never passes or fails anything: it tells. kernel_figures.py and
mpi_figures.py say how they measure.
"""
import argparse
import json
import os
import statistics
import time

import kernel_figures
import mpi_figures
from common import HERE

TITLES = {"baseline": "x86-64 baseline", "wasm": "mpiwasm"}


def geometric_mean(values):
    values = list(values)
    return statistics.geometric_mean(values) if values else float("nan")


def kernel_lines(rows):
    builds = list(dict.fromkeys(b for row in rows.values() for b in row
                                if b not in ("native", "different")))
    lines = ["| kernel | native, s | " + " | ".join(TITLES.get(b, b) for b in builds) + " |",
             "| --- | ---: |" + " ---: |" * len(builds)]
    ratios = {name: {b: row[b] / row["native"] for b in builds if b in row}
              for name, row in rows.items()}

    def cell(build, ratio, row):
        text = f"**{ratio:.2f}**" if build == "wasm" else f"{ratio:.2f}"
        return text + (" (!)" if build in row["different"] else "")

    for name, row in rows.items():
        cells = [cell(b, ratios[name][b], row) if b in row else "crashed" for b in builds]
        lines.append(f"| {name} | {row['native']:.3g} | " + " | ".join(cells) + " |")
    means = [cell(b, geometric_mean(r[b] for r in ratios.values() if b in r),
                  {"different": []})
             for b in builds]
    lines += ["| geometric mean | | " + " | ".join(means) + " |", ""]
    if any(row["different"] for row in rows.values()):
        lines += ["(!): the checksum differs from native's.", ""]
    own = geometric_mean(row["wasm"] / row["baseline"] for row in rows.values())
    lines += [f"mpiwasm takes {own:.2f} of the time of native code for the x86-64 baseline.", ""]
    return lines


def mpi_lines(name, groups):
    """Calls and messages: a line each; collectives: a line for all sizes."""
    lines = [f"| {name}, 2 ranks | bytes | native, µs | wasm, µs | ratio | difference, ns |",
             "| --- | ---: | ---: | ---: | ---: | ---: |"]
    for group in ("call", "latency", "bandwidth"):
        for what, sizes in groups.get(group, {}).items():
            for size, row in sizes.items():
                native, wasm = row["native"], row["wasm"]
                lines.append(f"| {what} | {size} | {native * 1e6:.3f} | {wasm * 1e6:.3f} | "
                             f"{wasm / native:.2f} | {(wasm - native) * 1e9:.0f} |")
    collectives = groups.get("collective", {})
    barrier = collectives.get("Barrier", {}).get(0)
    sizes = sorted({size for row in collectives.values() for size in row if size > 0})
    lines += ["", f"| {name}, 2 ranks: wasm / native (native, µs) | "
              + " | ".join(f"{size} bytes" for size in sizes) + " |",
              "| --- |" + " ---: |" * len(sizes)]
    cell = "{:.2f} ({:.3g})".format
    for what, row in collectives.items():
        if what != "Barrier":
            lines.append(f"| {what} | " + " | ".join(
                cell(row[size]["wasm"] / row[size]["native"], row[size]["native"] * 1e6)
                for size in sizes) + " |")
    ratios = {size: [row[size]["wasm"] / row[size]["native"] for row in collectives.values()
                     if size in row] for size in sizes}
    lines += ["| geometric mean | " + " | ".join(
        f"{geometric_mean(ratios[size]):.2f}" for size in sizes) + " |", ""]
    if barrier:
        lines += [f"MPI_Barrier: {cell(barrier['wasm'] / barrier['native'], barrier['native'] * 1e6)}.",
                  ""]
    return lines


def table(results):
    lines = [f"Measured on {results['cpu']}, {results['date']}; {results['rounds']} interleaved "
             "rounds. Kernels: least CPU time, divided by native clang's (-O3 -march=native "
             "-ffp-contract=off). Others: medians.", ""]
    if results.get("kernels"):
        lines += kernel_lines(results["kernels"])
    for name, groups in results.get("mpi", {}).items():
        lines += mpi_lines(name, groups)
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
    parser.add_argument("--kernels", default="", metavar="REGEX",
                        help="only the rows of the table that match, as 'triad, in cache'")
    parser.add_argument("--engines", choices=["all", "own"], default="all",
                        help="own: leave out wasmtime, V8, wasm2c and modules with SIMD")
    parser.add_argument("--only", choices=["kernels", "mpi", "startup"], help="one part")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    wasmcc, mpiwasm = (os.path.join(build, "bin", name) for name in ["mpiwasmcc", "mpiwasm"])
    out = os.path.join(build, "bench")
    os.makedirs(out, exist_ok=True)
    results = {"cpu": cpu_name(), "date": time.strftime("%Y-%m-%d"), "rounds": options.rounds}
    if options.only in (None, "kernels"):
        commands = kernel_figures.build(out, wasmcc, mpiwasm, options.engines == "all")
        results["kernels"] = kernel_figures.figures(commands, options.rounds, options.kernels)
    if options.only in (None, "mpi"):
        results["mpi"] = mpi_figures.mpi_figures(out, wasmcc, mpiwasm, options.rounds)
    if options.only in (None, "startup"):
        results["startup"] = mpi_figures.startup_figures(out, wasmcc, mpiwasm, options.rounds)
    with open(os.path.join(out, "results.json"), "w") as file:
        json.dump(results, file, indent=1)
    with open(os.path.join(out, "results.md"), "w") as file:
        file.write(table(results))
    print(table(results), end="")


if __name__ == "__main__":
    main()
