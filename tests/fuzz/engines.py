"""One plan for several engines, what they make of it, and whether that is the same.

A plan is what differential_runner.c describes. The transcripts of two engines are compared line by
line, up to the first difference in an instance.
"""

import os
import random
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

STEPS = ["fold-offsets", "widen-inductions", "alias-roots", "cluster-loads", "split-vectors",
         "vectorise", "unroll"]
MODES = {
    "fast": ["-O3"],
    "fast-2": ["-O2"],
    "fast-1": ["-O1"],
    "plain": ["-O0"],
    "baseline": ["-O3", "--cpu=baseline"],
    "strict": ["-O3", "--strict-traps"],
    "bounds": ["-O2", "--bounds=explicit"],
    "strict-bounds": ["-O3", "--strict-traps", "--bounds=explicit"],
    "strict-baseline": ["-O1", "--cpu=baseline", "--strict-traps"],
    **{f"no-{step}": ["-O3", f"--disable={step}"] for step in STEPS},
}
LETTER = {"strict", "bounds", "strict-bounds", "strict-baseline"}  # modes that trap by the letter
OBSERVER = "observe vector "  # begins the names of functions that show what is not exported
# Traps, by whatever an engine calls them.
TRAPS = [
    ("memory", r"MEMORY_OUT|memory access|out of bounds memory|data segment|memory index"),
    ("table", r"TABLE_OUT|table access|table index|undefined element|element segment"),
    ("null", r"NULL|uninitialized element|\bnull\b"),
    ("type", r"SIGNATURE|type mismatch|signature"),
    ("divide", r"DIVISION|divide by zero|remainder by zero"),
    ("conversion", r"CONVERSION|invalid conversion|float unrepresentable"),
    ("overflow", r"INTEGER_OVERFLOW|integer overflow|divide result unrepresentable"),
    ("unreachable", r"UNREACHABLE|unreachable"),
    ("stack", r"STACK|stack"),
    ("exception", r"exception|EXCEPTION"),
    ("alignment", r"MISALIGNED|unaligned|misaligned"),
]
# V8 does not tell these from the others.
COARSE = {"trap overflow": "trap conversion", "trap type": "trap null",
          "trap alignment": "trap memory"}
NUMBERS = {"i32": [0, 1, 2, 7, -1, 255, 65536, 2**31 - 1, -(2**31)],
           "i64": [0, 1, -1, 3, 2**32, 2**63 - 1, -(2**63), 255],
           "f32": [0, 0x80000000, 0x3F800000, 0xBFC00000, 0x7F800000, 0x4F000000, 1],
           "f64": [0, 1 << 63, 0x3FF0000000000000, 0xC0080000CCCCCCCD, 0x7FF0000000000000,
                   0x41DFFFFFFFC00000, 1]}


def call(command, text="", timeout=120):
    try:
        return subprocess.run(command, input=text, capture_output=True, text=True,
                              timeout=timeout, check=False, errors="replace").stdout
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode(errors="replace")


# Plans.


def argument(choose, kind):
    if kind not in NUMBERS:
        return f"{kind}:null"
    bits = int(kind[1:])
    number = choose.choice(NUMBERS[kind])
    if choose.random() < 0.3:
        number = choose.randrange(0, 4096) if kind[0] == "i" else number ^ 1
    return f"{kind}:{number % 2**bits:x}"


def callable_from_outside(types):
    return all(kind in NUMBERS or kind in ("funcref", "externref", ">") for kind in types)


def plan_module(number, path, exports):
    """The lines that are the same for every engine; calls begin with new instances."""
    choose = random.Random(os.path.getsize(path))
    lines, functions, observers = [f"module {number} {path}"], [], []
    for kind, name, *types in exports:
        if kind == "func":
            if name.startswith("x" + OBSERVER.encode().hex()):
                observers.append(" ".join(["call", name, *types]))
            elif callable_from_outside(types):
                functions.append((name, types))
        elif kind != "global" or types[0] in NUMBERS or types[0] == "v128":
            lines.append(" ".join([kind, name, *types]))
    for name, types in functions[:14]:
        lines.append("instance")
        arrow = types.index(">")
        for _ in range(2 if arrow == 0 else 3):
            arguments = [argument(choose, kind) for kind in types[:arrow]]
            lines.append(" ".join(["call", name, *arguments, *types[arrow:]]))
        lines += observers
    return lines if functions else [*lines, "instance"]


def plan(runner, paths):
    """Returns (plan, [(path, message)] that our decoder or validator refused)."""
    lines, refused, number, exports = [], [], 0, {}
    for line in call([runner, "--exports"], "".join(f"{path}\n" for path in paths)).splitlines():
        words = line.split()
        if words[0] == "module":
            path = words[1]
            exports[path] = []
        elif words[0] == "refused":
            del exports[path]
            refused.append((path, line.partition(" ")[2]))
        else:
            exports[path].append(words)
    for number, path in enumerate(paths):
        if str(path) in exports:
            lines += plan_module(number, path, exports[str(path)])
    if call([runner, "--exports"]) != "" or len(exports) + len(refused) != len(paths):
        refused.append((paths[-1], "differential-runner did not get to the end"))
    return lines, refused


# Running.


def normalise(line, coarse):
    head, _, state = line.partition(" |")
    match = re.match(r"((?:module|instance|call)\b[^|]*?) (trap|refused)\b ?(.*)", head)
    if match is None:
        return head, state
    kind = match.group(2)
    if kind == "trap":
        found = [name for name, pattern in TRAPS if re.search(pattern, match.group(3))]
        kind = f"trap {found[0]}" if found else f"trap {match.group(3)}"
        if coarse:
            kind = COARSE.get(kind, kind)
    return f"{match.group(1)} {kind}", state


def run_ours(options, mode, lines, folder):
    folder.mkdir(exist_ok=True)
    jobs = [line.split() for line in lines if line.startswith("module ")]
    remaining, messages = list(jobs), {}
    while remaining:
        listing = "".join(f"{path} {folder}/{number}.so\n" for _, number, path in remaining)
        answers = call([options.compiler, "--batch", "-", "--jobs=1", *MODES[mode]],
                       listing).splitlines()
        for (_, number, _), answer in zip(remaining, answers):
            if answer != "ok":
                messages[number] = answer
        remaining = remaining[len(answers):]
        if remaining:
            messages[remaining[0][1]] = "the compiler died or ran out of time"
            remaining = remaining[1:]
    transcript = call([options.runner, str(folder)], "\n".join(lines) + "\n").splitlines()
    shutil.rmtree(folder)
    return transcript, messages


# Comparing.


def allowed(mode, name, expected, actual):
    """May a mode end a call so, where the specification says `expected`? See docs/compiler.md."""
    if mode in LETTER:
        return False
    if expected[0].endswith("trap memory"):
        return True  # a load without use was left out, and whatever came of it
    if " trap " in expected[0]:  # ... memory was left, before the first iteration of a loop
        return expected[0] == actual[0] or actual[0].endswith("trap memory")
    return re.match(r"(wrap|miss)\d", name) is not None and actual[0].endswith("trap memory")


def compare(mode, lines, expected, actual, coarse):
    """Returns {number of module: description of the first difference}."""
    commands = [line for line in lines if line.split()[0] in ("module", "instance", "call")]
    differences, number, name, skip = {}, None, "", None
    if len(expected) < len(commands):
        commands = commands[: len(expected)]
    for index, command in enumerate(commands):
        words = command.split()
        if words[0] == "module":
            number, skip = words[1], None
        elif words[0] == "instance" and skip != "module":
            skip = None
        if skip is not None or number in differences:
            continue
        wanted = normalise(expected[index], coarse)
        got = normalise(actual[index], coarse) if index < len(actual) else ("died or ran out of time", "")
        if words[0] == "module" and (wanted[0].endswith("refused") or got[0].endswith("refused")):
            skip = "module"
            if mode in MODES and got[0].endswith("refused"):
                differences[number] = f"{command}: {actual[index]}"
            continue
        if "trap stack" in (wanted[0] + got[0]):  # how much there is is nobody's business
            skip = "instance"
            continue
        name = bytes.fromhex(words[1][1:]).decode(errors="replace") if words[0] == "call" else ""
        if wanted != got:
            skip = "instance"
            if not allowed(mode, name, wanted, got):
                differences[number] = (f"{command} ({name})\n  expected {' |'.join(wanted)}\n"
                                       f"  {mode:8} {' |'.join(got)}")
        elif mode not in LETTER and " trap " in wanted[0]:
            skip = "instance"  # what was stored before a trap is open
    return differences


def run_batch(options, paths, folder):
    """Returns {path: [differences]} and how many modules the engines ran."""
    lines, refused = plan(options.runner, paths)
    found = {}
    for path, message in refused:
        if not message.startswith("unsupported"):
            found.setdefault(str(path), []).append(f"refused: {message}")
    if not lines:
        return found, 0
    text = "\n".join(lines) + "\n"
    with ThreadPoolExecutor(max_workers=2) as pool:
        engines = {name: pool.submit(call, command, text) for name, command in
                   options.engines.items()}
        ours = {mode: pool.submit(run_ours, options, mode, lines, folder / mode)
                for mode in options.modes}
    transcripts = {name: future.result().splitlines() for name, future in engines.items()}
    paths_by_number = {line.split()[1]: line.split()[2] for line in lines
                       if line.startswith("module ")}
    names = list(transcripts)
    for name in names[1:]:
        for number, text in compare(name, lines, transcripts[names[0]],
                                    transcripts[name], True).items():
            found.setdefault(paths_by_number[number], []).append(f"{names[0]} / {name}: {text}")
    for mode, future in ours.items():
        transcript, messages = future.result()
        for number, message in messages.items():
            found.setdefault(paths_by_number[number], []).append(f"{mode}: not compiled: {message}")
        for name in names:
            for number, text in compare(mode, lines, transcripts[name], transcript,
                                        name == "v8").items():
                if number not in messages:
                    found.setdefault(paths_by_number[number], []).append(f"{name} / {text}")
    return found, len(paths_by_number)
