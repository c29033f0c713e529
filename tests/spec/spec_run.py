#!/usr/bin/env python3
"""Run the specification's test suite in one mode and compare the outcome with expected.txt.

    spec_run.py --mode validate|fast|strict|bounds --suite FOLDER --work FOLDER --runner PROGRAM
                --expected FILE [--compiler PROGRAM] [--target MACHINE --emulator COMMAND]
                [FILE.wast ...]

Takes the scripts that spec_convert.py put in WORK/suite, compiles their modules to
WORK/MODE/ (unless this compiler and this script have done so before) and runs them with
spec-runner.  With --target the modules are compiled for another machine, and the runner is one of
that machine, which COMMAND runs.

A line of expected.txt is one of

    FILE.wast              refused FEATURE     the file has modules with this feature, which is not
                                               there yet; what depends on them is not run
    FILE.wast:LINE,LINE... fails   REASON      these commands fail, in every mode that runs code
    FILE.wast:LINE,LINE... fails-MODE REASON   ... in this mode only
    FILE.wast:LINE,LINE... fails-all  REASON   ... in every mode, validation among them
    FILE.wast:LINE,LINE... may-MACHINE REASON    these commands may fail or not on this machine

Whatever is not listed must pass, and whatever is listed must not.  Exit code 77: no wasm-tools.
"""

import argparse
import os
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import spec_convert

COMPILED = ("module", "module_definition", "assert_unlinkable", "assert_uninstantiable")
# What users get, traps by the letter, and code that needs no guard regions.
COMPILER_OPTIONS = {
    "fast": ["-O3"],
    "strict": ["-O1", "--strict-traps"],
    "bounds": ["-O1", "--bounds=explicit"],
}
MACHINES = ("aarch64", "ppc64le", "riscv64")
VERDICTS = ("fails", "fails-all", *(f"fails-{name}" for name in COMPILER_OPTIONS),
            *(f"may-{name}" for name in MACHINES))
CHUNK = 40  # modules per compiler process
WORKERS = len(os.sched_getaffinity(0))


class Expected:
    """What expected.txt says about the files that are run."""

    def __init__(self, path, mode, target, files):
        self.refused, self.fails, self.may_fail = set(), {}, set()
        for number, text in enumerate(path.read_text().splitlines(), 1):
            text = text.split("#")[0].strip()
            if not text:
                continue
            match = re.fullmatch(r"(\S+\.wast)(?::([\d,]+))?\s+(\S+)\s+(.+)", text)
            if not match:
                sys.exit(f"{path}:{number}: not understood: {text}")
            file, lines, verdict, reason = match.groups()
            if file not in files:
                continue
            if verdict == "refused" and lines is None:
                self.refused.add((file, reason))
            elif lines and verdict in VERDICTS:
                where = ("fails-all", "fails" if mode != "validate" else None, f"fails-{mode}")
                if verdict == f"may-{target}":
                    self.may_fail.update((file, line) for line in lines.split(","))
                elif verdict in where:
                    self.fails.update({(file, line): reason for line in lines.split(",")})
            else:
                sys.exit(f"{path}:{number}: not understood: {text}")


def compile_chunk(options, jobs):
    """Compile [(input, output)]; returns {input: message} of those that failed."""
    messages = {}
    while jobs:
        listing = "".join(f"{source} {target}\n" for source, target in jobs)
        process = subprocess.run(
            [options.compiler, "--batch", "-", "--jobs=1", *COMPILER_OPTIONS[options.mode],
             *([f"--target={options.target}"] if options.target else [])],
            input=listing,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        answers = process.stdout.splitlines()
        for (source, _), answer in zip(jobs, answers):
            if answer != "ok":
                messages[source] = answer
        jobs = jobs[len(answers) :]
        if jobs:  # it died in the middle of the next one
            messages[jobs[0][0]] = f"the compiler died, code {process.returncode}"
            jobs = jobs[1:]
    return messages


def compile_all(options, scripts):
    """Compile what has no artifact of this compiler; returns {input: message} of failures."""
    newest = max(os.stat(options.compiler).st_mtime, os.stat(__file__).st_mtime)
    jobs = []
    for script in scripts:
        folder = options.artifacts / script.stem
        folder.mkdir(parents=True, exist_ok=True)
        for line in script.read_text().splitlines():
            _, command, _, _, file, *_ = line.split("\t")
            source, target = script.parent / file, folder / f"{file}.so"
            if command not in COMPILED:
                continue
            if target.exists() and target.stat().st_mtime > max(newest, source.stat().st_mtime):
                continue
            target.unlink(missing_ok=True)
            jobs.append((source, target))
    chunks = [jobs[at : at + CHUNK] for at in range(0, len(jobs), CHUNK)]
    messages = {}
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        for result in pool.map(lambda chunk: compile_chunk(options, chunk), chunks):
            messages.update(result)
    print(f"{len(jobs) - len(messages)} modules compiled, {len(messages)} not")
    return {
        source: text for source, text in messages.items() if not text.startswith("unsupported: ")
    }


def run_script(options, script):
    """Run one script; returns (failures {line: reason}, refusals Counter, totals) or raises."""
    command = [*options.emulator.split(), options.runner, "--validate"]
    if options.mode != "validate":
        command[-1:] = ["--run", str(options.artifacts / script.stem)]
    seconds = 600 if options.emulator else 120  # an emulator takes ten times as long
    try:
        process = subprocess.run(
            [*command, str(script)], capture_output=True, text=True, timeout=seconds, check=False
        )
        output, trouble = process.stdout, f"code {process.returncode} {process.stderr.strip()}"
    except subprocess.TimeoutExpired as error:
        output, trouble = (error.stdout or b"").decode(), "ran out of time"
    failures, refusals, totals = {}, Counter(), None
    for line in output.splitlines():
        verdict, where, *rest = line.split(" ", 2)
        if verdict == "fail":
            failures[where] = rest[0]
        elif verdict == "refused":
            refusals[rest[0]] += 1
        elif verdict == "total":
            totals = [int(word) for word in line.split()[1:]]
    commands = script.read_text().count("\n")
    if totals is None:
        failures["0"] = f"the runner ended early: {trouble}"
        totals = [0, len(failures), sum(refusals.values()), 0]
    elif sum(totals) != commands or "code 0" not in trouble:
        failures["0"] = f"{sum(totals)} verdicts on {commands} commands, {trouble}"
    return failures, refusals, totals


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", required=True, choices=["validate", *COMPILER_OPTIONS])
    parser.add_argument("--suite", required=True, type=Path)
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--compiler")
    parser.add_argument("--expected", required=True, type=Path)
    parser.add_argument("--target", choices=MACHINES)
    parser.add_argument("--emulator", default="")
    parser.add_argument("--skip", help="files whose names match this", default="$.")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args()
    options.artifacts = options.work / "-".join(filter(None, (options.mode, options.target)))
    options.suite = Path(os.environ.get("WASM_TESTSUITE_DIR") or options.suite)
    if spec_convert.find_wasm_tools(None) is None:
        print("SKIPPED: wasm-tools is missing, see the test spec-convert")
        return spec_convert.SKIPPED
    if not spec_convert.is_there(options.suite):
        print("no test suite, see the test spec-convert: what follows is of our own scripts")
    scripts = sorted((options.work / "suite").glob("*/*.script"))
    if options.files:
        wanted = {Path(file).stem for file in options.files}
        scripts = [script for script in scripts if script.stem in wanted]
    scripts = [script for script in scripts if not re.search(options.skip, script.stem)]
    files = {f"{script.stem}.wast" for script in scripts}
    if not files:
        print("no scripts: has spec-convert run?")
        return 1
    expected = Expected(options.expected, options.mode, options.target, files)
    messages = {} if options.mode == "validate" else compile_all(options, scripts)
    for source, text in messages.items():
        print(f"not compiled: {source}: {text}")
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        results = list(pool.map(lambda script: run_script(options, script), scripts))

    wrong, known, features, totals = [], 0, Counter(), [0, 0, 0, 0]
    for script, (failures, refusals, counts) in zip(scripts, results):
        file = f"{script.stem}.wast"
        features += refusals
        totals = [a + b for a, b in zip(totals, counts)]
        for line, reason in failures.items():
            if (file, line) in expected.fails or (file, line) in expected.may_fail:
                known += 1
            else:
                wrong.append(f"{file}:{line}: {reason}")
        for feature in refusals:
            if (file, feature) not in expected.refused:
                wrong.append(f"{file} refused {feature}: not in {options.expected.name}")
        for other, feature in expected.refused:
            if other == file and feature not in refusals:
                wrong.append(f"{file} refused {feature}: listed, but nothing was refused")
        for other, line in expected.fails:
            if other == file and line not in failures and (file, line) not in expected.may_fail:
                wrong.append(f"{file}:{line}: listed as failing, but passes")
    print("\n".join(wrong))
    print(f"{options.mode}: {len(scripts)} files; {totals[0]} commands passed, {totals[1]} failed "
          f"({known} of them known), {totals[2]} refused, {totals[3]} not run (text format"
          f"{', code' if options.mode == 'validate' else ''})")
    for feature, count in features.most_common():
        print(f"  refused for {feature}: {count}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
