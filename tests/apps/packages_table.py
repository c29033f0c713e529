#!/usr/bin/env python3
"""The table of docs/applications.md, from what packages.py --results found.

  packages_table.py RESULTS PAGE [--check]    write the table into the page, or only check it
"""
import argparse
import json
import sys

BEGIN, END = "<!-- made by tests/apps/packages_table.py -->\n", "<!-- end -->\n"


def size(number):
    return f"{number / 1000:,.0f}" if number else "-"


def times(by_ranks, numbers):
    found = {ranks: f"{run['ratio']:.2f}" for ranks, run in by_ranks.items() if "ratio" in run}
    return " / ".join(found.get(ranks, "-") for ranks in numbers)


def checks(by_ranks, numbers):
    return " / ".join(f"{by_ranks[ranks]['wasm']} of {by_ranks[ranks]['checks']}"
                      if ranks in by_ranks else "-" for ranks in numbers)


def places(runs):
    """[(mpi, ranks)] in words."""
    numbers = {mpi: ", ".join(ranks for name, ranks in runs if name == mpi) for mpi in dict(runs)}
    return " and ".join(f"{ranks} rank{'s' if ranks != '1' else ''} of {mpi}"
                        for mpi, ranks in numbers.items())


def failures(results):
    """What was left out, and what fails, by name: natively too, or as a module alone."""
    lines = []
    for package in results.values():
        found, chosen = {}, {}
        for mpi, by_ranks in sorted(package["runs"].items()):
            for ranks, run in sorted(by_ranks.items(), key=lambda item: int(item[0])):
                if run.get("selection"):
                    chosen.setdefault(run["selection"], []).append((mpi, ranks))
                for name, (native, wasm) in run["failed"].items():
                    how = "natively too" if native and wasm else \
                        "natively alone" if native else "as a module alone: " + wasm
                    found.setdefault((name, how), []).append((mpi, ranks))
        lines += [f"- {package['title']}, on {places(where)}: only the checks {which}."
                  for which, where in sorted(chosen.items())]
        alike = {}
        for (name, how), where in sorted(found.items()):
            alike.setdefault((how, places(where)), []).append(name)
        lines += [f"- {package['title']}, {', '.join(names)}, on {where}: "
                  f"{'fails' if len(names) == 1 else 'fail'} {how}."
                  for (how, where), names in alike.items()]
    return lines


def table(results):
    lines = ["| package | language, built with | MPI | checks passed on "
             "{ranks} ranks | time, wasm / native |",
             "| --- | --- | --- | --- | --- |"]
    ranks = sorted({number for package in results.values()
                    for by_ranks in package["runs"].values() for number in by_ranks}, key=int)
    lines[0] = lines[0].format(ranks=" / ".join(ranks))
    for _, package in sorted(results.items()):
        for mpi, by_ranks in sorted(package["runs"].items()):
            lines.append(f"| {package['title']} | {package['language']}, {package['built']} | {mpi} "
                         f"| {checks(by_ranks, ranks)} | {times(by_ranks, ranks)} |")
    lines += ["", "| program | module, kB | native, dynamic, kB | native, MPICH static, kB |",
              "| --- | ---: | ---: | ---: |"]
    for _, package in sorted(results.items()):
        for program, sizes in sorted(package["sizes"].items()):
            lines.append(f"| {package['title']}: {program} | {size(sizes['wasm'])} "
                         f"| {size(sizes.get('dynamic'))} | {size(sizes.get('static'))} |")
    machines = sorted({package["machine"] for package in results.values()})
    lines += ["", f"Taken on: {'; '.join(machines)}.", *([""] if failures(results) else []),
              *failures(results)]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("page")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    with open(options.results, encoding="utf-8") as file:
        results = json.load(file)
    with open(options.page, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{options.page}: no place for the table")
    wanted = before + BEGIN + "\n" + table(results) + "\n" + END + after
    if options.check and wanted != text:
        sys.exit(f"{options.page} is not what {options.results} says: run "
                 "tests/apps/packages_table.py RESULTS PAGE")
    if not options.check:
        with open(options.page, "w", encoding="utf-8") as file:
            file.write(wanted)


if __name__ == "__main__":
    main()
