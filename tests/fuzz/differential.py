#!/usr/bin/env python3
"""Compare what modules do in mpiwasm, in wasmtime and in V8: results, traps, memory and globals.

    differential.py --build BUILD [--smith N] [--loops N] [--seed S] [--corpus FOLDER]
                    [--minutes M] [--modes MODE,MODE...] [--keep FOLDER]
    differential.py --build BUILD --check FILE [--modes ...]    exit code 1 if it differs
    differential.py --build BUILD --shrink FILE                 make FILE smaller while it differs

Modules come from wasm-tools smith, from loop_shapes.py and from a folder of text modules. The same
seeds give the same modules. Every mode of the compiler must do what the specification says; what
docs/compiler.md allows the default is what `allowed` says and nothing more. With --minutes, seeds are
tried until the time is over. What differs is kept in --keep (differences/).
Exit code 77: wasm-tools or both other engines are missing; with MPIWASM_ALL_ENGINES in the
environment, a missing one is a failure.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import loop_shapes
from engines import MODES, OBSERVER, call, run_batch

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77
BATCH = 24  # modules
# What smith calls the features of src/wasm/features.def.
FEATURES = {
    "BULK_MEMORY": "bulk-memory", "REFERENCE_TYPES": "reference-types",
    "MULTI_VALUE": "multi-value", "SIMD": "simd", "TAIL_CALL": "tail-call",
    "EXTENDED_CONST": "extended-const", "MEMORY64": "memory64", "EXCEPTION_HANDLING": "exceptions",
    "THREADS": "threads", "SIGN_EXTENSION": "sign-extension-ops",
    "SATURATING_CONVERSION": "saturating-float-to-int",
}
NEVER = ["relaxed-simd", "gc", "compact-imports", "custom-descriptors", "custom-page-sizes",
         "shared-everything-threads", "wide-arithmetic"]
RECENT = {"EXCEPTION_HANDLING", "MULTI_MEMORY", "MEMORY64", "RELAXED_SIMD"}
V8_FLAGS = ["--experimental-wasm-memory64", "--experimental-wasm-extended-const",
            "--experimental-wasm-return-call", "--experimental-wasm-multi-memory",
            "--experimental-wasm-exnref", "--experimental-wasm-typed-funcref",
            "--experimental-wasm-gc"]


def find_tool(name):
    path = ROOT / ".venv" / "bin" / name
    return str(path) if path.exists() else shutil.which(name)


# Modules.


def smith(tools, seed, features, output):
    choose = random.Random(seed)
    traps = choose.random() < 0.5
    if choose.random() < 0.5:  # something that older versions of V8 know as well
        features = features - RECENT
    options = {
        "fuel": 300, "max-imports": 0, "min-funcs": 3, "max-funcs": choose.choice([3, 8]),
        "min-types": 4, "max-types": 12, "min-globals": 1, "max-type-size": 30, "max-globals": 8, "max-memories": 1,
        "min-memories": choose.choice([0, 1, 1, 1]), "max-tables": 3, "max-data-segments": 4,
        "max-element-segments": 4, "max-elements": 10, "max-tags": 3,
        "max-instructions": choose.choice([30, 100, 400, 1500]), "max-memory32-bytes": 3 * 65536,
        "max-memory64-bytes": 3 * 65536, "max-table-elements": 40,
        "memory-max-size-required": "true", "table-max-size-required": "true",
        "export-everything": "true", "canonicalize-nans": "true",
        "disallow-traps": "false" if traps else "true",
        "allow-start-export": "true" if choose.random() < 0.2 else "false",
    }
    if "MULTI_MEMORY" in features and choose.random() < 0.5:
        options["max-memories"] = 3
    for name in NEVER:
        options[f"{name}-enabled"] = "false"
    for feature, name in FEATURES.items():
        on = feature in features and choose.random() < 0.8
        options[f"{name}-enabled"] = "true" if on else "false"
    command = [tools, "smith", "--ensure-termination", "-o", str(output)]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    for _ in range(10):  # not every seed can be made into a module
        data = choose.randbytes(choose.choice([2000, 8000, 20000, 60000]))
        process = subprocess.run(command, input=data, capture_output=True, timeout=60, check=False)
        if process.returncode == 0:
            rework(tools, output)
            return True
    return False


def rework(tools, path):
    """What other engines do not show to the outside gets functions that do; nothing waits long."""
    text = subprocess.run([tools, "print", str(path)], capture_output=True, text=True, timeout=60,
                          check=True).stdout
    vectors = re.findall(r"^  \(global \(;(\d+);\) \(mut v128\)", text, re.MULTILINE)
    functions = [f'(func (export "{OBSERVER}{index}.{lane}") (result i64)'
                 f" (i64x2.extract_lane {lane} (global.get {index})))"
                 for index in vectors for lane in (0, 1)]
    waits = "memory.atomic.wait" in text
    if waits:
        text = text.replace("memory.atomic.wait", "drop i64.const 1000 memory.atomic.wait")
    if functions or waits:
        assemble(tools, text.rstrip()[:-1] + "\n".join(functions) + ")", path)


def assemble(tools, text, output):
    subprocess.run([tools, "parse", "-", "-o", str(output)], input=text, text=True, timeout=60,
                   check=True)


def supported_features():
    text = (ROOT / "src" / "wasm" / "features.def").read_text()
    return set(re.findall(r"^FEATURE\((\w+),.*\b1\)$", text, re.MULTILINE))


def find_engines(runner):
    engines = {}
    python, node = find_tool("python3") or sys.executable, shutil.which("node")
    if subprocess.run([python, "-c", "import wasmtime"], capture_output=True).returncode == 0:
        engines["wasmtime"] = [python, str(HERE / "engine_wasmtime.py")]
    if node is not None:
        engines["v8"] = [node, "--expose-gc"]
        flags = call([node, "--v8-options"])
        for flag in V8_FLAGS:
            if f"{flag} " in flags:
                engines["v8"].append(flag)
        engines["v8"].append(str(HERE / "engine_v8.js"))
    for name, tool in (("wasmtime", "the Python package wasmtime"), ("v8", "node")):
        if name not in engines:
            print(f"not compared with {name}: {tool} is missing")
    return engines


def keep(options, found):
    """Report what differs, and put it aside."""
    for path, texts in found.items():
        options.keep.mkdir(exist_ok=True)
        kept = options.keep / Path(path).name
        shutil.copy(path, kept)
        print(f"DIFFERS: {kept}")
        for text in texts:
            print(f"  {text}")
    sys.stdout.flush()
    return len(found)


def make(tools, kind, seed, features, path):
    if kind == "smith":
        return smith(tools, seed, features, path)
    assemble(tools, loop_shapes.make_module(seed), path)
    return True


def run_seeds(options, tools, folder, kind, seeds, deadline=None):
    """Returns how many differ, and how many were run."""
    features = options.features or supported_features()
    wrong = count = 0
    for at in range(0, len(seeds), BATCH):
        if deadline is not None and time.monotonic() > deadline:
            break
        paths = []
        for seed in seeds[at : at + BATCH]:
            path = folder / f"{kind}-{seed}.wasm"
            if make(tools, kind, seed, features, path):
                paths.append(path)
        found, ran = run_batch(options, paths, folder)
        wrong += keep(options, found)
        count += ran
        for path in paths:
            path.unlink()
    return wrong, count


def run_corpus(options, tools, folder):
    paths = []
    for text in sorted(options.corpus.glob("*.wat")):
        path = folder / f"{text.stem}.wasm"
        assemble(tools, text.read_text(), path)
        paths.append(path)
    found, count = run_batch(options, paths, folder)
    return keep(options, found), count


def check(options, file, folder):
    """One module; wasm-tools shrink asks this way."""
    path = folder / "module.wasm"
    if file.suffix == ".wat":
        assemble(find_tool("wasm-tools"), file.read_text(), path)
    else:
        shutil.copy(file, path)
    found, _ = run_batch(options, [path], folder)
    for texts in found.values():
        print("\n".join(texts))
    return 1 if found else 0


def shrink(options):
    """wasm-tools shrink wants a program that ends with 0 for what is of interest."""
    with tempfile.TemporaryDirectory() as folder:
        predicate = Path(folder) / "differs"
        predicate.write_text(f"""#!/bin/sh
{sys.executable} {Path(__file__).resolve()} --build {options.build} --check "$1" \\
    --modes {",".join(options.modes)} >/dev/null
[ $? = 1 ]
""")
        predicate.chmod(0o755)
        smaller = options.shrink.with_suffix(".small.wasm")
        return subprocess.run([find_tool("wasm-tools"), "shrink", str(predicate),
                               str(options.shrink), "-o", str(smaller)], check=False).returncode


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=Path)
    parser.add_argument("--smith", type=int, default=0, metavar="MODULES")
    parser.add_argument("--loops", type=int, default=0, metavar="MODULES")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--modes", default="all")
    parser.add_argument("--features", help="of src/wasm/features.def, instead of all supported")
    parser.add_argument("--keep", type=Path, default=Path("differences"))
    parser.add_argument("--check", type=Path)
    parser.add_argument("--shrink", type=Path)
    options = parser.parse_args()
    options.modes = list(MODES) if options.modes == "all" else options.modes.split(",")
    options.features = set(options.features.split(",")) if options.features else None
    options.build = options.build.resolve()
    options.compiler = str(options.build / "libexec" / "mpiwasm" / "mpiwasm-compile")
    options.runner = str(options.build / "tests" / "fuzz" / "differential-runner")
    return options


def main():
    options = parse()
    tools = find_tool("wasm-tools")
    options.engines = find_engines(options.runner)
    if os.environ.get("MPIWASM_ALL_ENGINES") and len(options.engines) < 2:
        return 1
    if tools is None or not options.engines:
        print("SKIPPED: wasm-tools or both other engines are missing")
        return SKIPPED
    if options.shrink:
        return shrink(options)
    wrong, counts = 0, {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.check:
            return check(options, options.check, folder)
        if options.corpus:
            wrong, counts["corpus"] = run_corpus(options, tools, folder)
        for kind, number in (("smith", options.smith), ("loops", options.loops)):
            seeds = range(options.seed, options.seed + number)
            more, counts[kind] = run_seeds(options, tools, folder, kind, seeds)
            wrong += more
        deadline = time.monotonic() + 60 * (options.minutes or 0)
        seed = options.seed + max(options.smith, options.loops)
        while time.monotonic() < deadline:
            for kind in ("smith", "loops"):
                more, ran = run_seeds(options, tools, folder, kind, range(seed, seed + BATCH),
                                      deadline)
                wrong, counts[kind] = wrong + more, counts[kind] + ran
            seed += BATCH
    print(", ".join(f"{count} modules of {kind}" for kind, count in counts.items()) +
          f" in {len(options.modes)} modes against {' and '.join(options.engines)}: "
          f"{wrong} differ")
    return 1 if wrong or not sum(counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
