#!/usr/bin/env python3
"""Does mpiwasm accept exactly the modules that wasm-tools validate accepts?

    acceptance.py --runner DIFFERENTIAL-RUNNER [--suite FOLDER] [--modules N] [--seed S]
                  [--minutes M] [--keep FOLDER] [FILE...]

Modules are those of the specification's suite (as spec_convert.py leaves them in FOLDER) and those
of wasm-tools smith, with a few bytes changed, mostly in function bodies, where whole instructions
are replaced by others. Both judge by the features that features.def has; what uses another must be
refused as such. A refusal must say "malformed" or "invalid" and where. Exit code 77: no wasm-tools.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from differential import SKIPPED, find_tool, smith, supported_features

BATCH = 100
NAMES = {  # of features.def: of wasm-tools
    "MUTABLE_GLOBALS": "mutable-global", "SIGN_EXTENSION": "sign-extension",
    "SATURATING_CONVERSION": "saturating-float-to-int", "BULK_MEMORY": "bulk-memory",
    "REFERENCE_TYPES": "reference-types", "MULTI_VALUE": "multi-value", "SIMD": "simd",
    "RELAXED_SIMD": "relaxed-simd", "TAIL_CALL": "tail-call", "EXTENDED_CONST": "extended-const",
    "MULTI_MEMORY": "multi-memory", "MEMORY64": "memory64", "EXCEPTION_HANDLING": "exceptions",
    "LEGACY_EXCEPTIONS": "legacy-exceptions", "FUNCTION_REFERENCES": "function-references",
    "THREADS": "threads",
}
# What only one of the two limits or knows, by the message of wasm-tools.
NOT_COMPARED = re.compile(
    r"limit|too large|size is out of range|out-of-bounds: .* exceeds|exceeds|count of|nested too|"
    r"string size out of bounds|unknown binary version|gc proposal|component|custom page|"
    r"shared-everything|stack switching|descriptor|rec group|sub type|subtype|"
    r"heap types not supported without the gc")  # nofunc and its like, which came with it
BYTES = [0x00, 0x01, 0x0B, 0x40, 0x60, 0x6F, 0x70, 0x7B, 0x7C, 0x7D, 0x7E, 0x7F, 0x80, 0xFC, 0xFD,
         0xFE, 0xFF]


def read_leb(data, at):
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
    return value, at


def code_section(data):
    """(begin, end) of the code section's content, or of everything."""
    at = 8
    while at < len(data):
        kind = data[at]
        size, begin = read_leb(data, at + 1)
        if kind == 10:
            return begin, min(begin + size, len(data))
        at = begin + size
    return 8, len(data)


def mutate(choose, original):
    data = bytearray(original)
    if len(data) < 10:
        return bytes(data)
    begin, end = code_section(data) if choose.random() < 0.7 else (0, len(data))
    for _ in range(choose.choice([1, 1, 1, 2, 3])):
        if end - begin < 2:
            begin, end = 8, len(data)
        at = choose.randrange(begin, max(min(end, len(data)), begin + 1))
        if at >= len(data):
            break
        what = choose.randrange(8)
        if what < 3:  # keeps the sizes of sections right
            data[at] = choose.choice(BYTES) if what else choose.randrange(256)
        elif what < 5:
            data[at] ^= 1 << choose.randrange(8)
        elif what == 5:
            data[at] = (data[at] + choose.choice([1, -1])) % 256
        elif what == 6:  # two bytes change places
            other = choose.randrange(begin, min(end, len(data)))
            data[at], data[other] = data[other], data[at]
        elif choose.random() < 0.5:
            del data[at : at + choose.randrange(1, 4)]
        else:
            data[at:at] = bytes([choose.choice(BYTES)])
    return bytes(data)


def judge_theirs(tools, features, path):
    process = subprocess.run([tools, "validate", f"--features={features}", str(path)],
                             capture_output=True, text=True, timeout=60, check=False,
                             errors="replace")
    return "" if process.returncode == 0 else process.stderr.replace("\n", " ") or "crashed"


def judge_ours(runner, paths):
    process = subprocess.run([runner, "--exports"], input="".join(f"{path}\n" for path in paths),
                             capture_output=True, text=True, timeout=120, check=False,
                             errors="replace")
    verdicts = {}
    for line in process.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "module":
            path = rest
            verdicts[path] = ""
        elif word == "refused":
            verdicts[path] = rest
    if process.returncode != 0:
        verdicts[path] = f"crashed, code {process.returncode}"
    return verdicts


def compare(theirs, ours):
    """What is wrong, or None."""
    if ours == "crashed":
        return "crashed"
    if ours and not re.match(r"(malformed|invalid) at 0x[0-9a-f]+: .|unsupported", ours):
        return "refused without a class or a place"
    if NOT_COMPARED.search(theirs) or "limit" in ours:
        return None
    if theirs and not ours:
        return "accepted"
    if ours and not theirs:
        return "refused"
    return None


def run(options, tools, features, paths):
    ours = judge_ours(options.runner, paths)
    with ThreadPoolExecutor(max_workers=2) as pool:
        theirs = list(pool.map(lambda path: judge_theirs(tools, features, path), paths))
    wrong = 0
    for path, verdict in zip(paths, theirs):
        mine = ours.get(str(path), "not judged")
        problem = compare(verdict, mine)
        if problem:
            wrong += 1
            options.keep.mkdir(exist_ok=True)
            shutil.copy(path, options.keep)
            print(f"{problem}: {options.keep / path.name}\n  wasm-tools: {verdict or 'valid'}\n"
                  f"  mpiwasm: {mine or 'valid'}")
    return wrong, sum(1 for verdict in theirs if verdict == "")


def sources(options, tools, folder):
    files = sorted(options.suite.glob("*/*.wasm")) if options.suite else []
    originals = [path.read_bytes() for path in files if path.stat().st_size < 20000]
    for seed in range(40):
        path = folder / "smith.wasm"
        if smith(tools, seed, supported_features(), path):
            originals.append(path.read_bytes())
    return originals


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runner", required=True)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--modules", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--keep", type=Path, default=Path("differences"))
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    tools = find_tool("wasm-tools")
    if tools is None:
        print("SKIPPED: wasm-tools is missing")
        return SKIPPED
    features = ",".join(["-all", "floats", "gc-types"] + sorted(
        NAMES[feature] for feature in supported_features() if feature in NAMES))
    wrong = valid = count = 0
    deadline = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.files:
            wrong, valid = run(options, tools, features, options.files)
            count = len(options.files)
        originals = [] if options.files else sources(options, tools, folder)
        choose = random.Random(options.seed)
        while originals and (count < options.modules or time.monotonic() < deadline):
            paths = []
            for _ in range(BATCH):
                count += 1
                path = folder / f"mutant-{options.seed}-{count}.wasm"
                path.write_bytes(mutate(choose, choose.choice(originals)))
                paths.append(path)
            more, accepted = run(options, tools, features, paths)
            wrong, valid = wrong + more, valid + accepted
            for path in paths:
                path.unlink()
    print(f"{count} modules, {valid} of them valid: {wrong} judged otherwise")
    return 1 if wrong or not valid else 0


if __name__ == "__main__":
    sys.exit(main())
