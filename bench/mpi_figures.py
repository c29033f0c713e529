"""Messages, start-up and sizes: medians over rounds."""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

from common import ENVIRONMENT, HERE, LAUNCHERS, run, say


def mpi_figures(out, wasmcc, mpiwasm, rounds):
    source, module = os.path.join(HERE, "mpi.c"), os.path.join(out, "mpi.wasm")
    run([wasmcc, "-O3", source, "-o", module])
    figures = {}  # MPI -> group -> operation -> bytes -> build -> seconds
    for name, (compiler, launcher) in LAUNCHERS.items():
        if not shutil.which(compiler) or not shutil.which(launcher):
            continue
        program = os.path.join(out, f"mpi-{name}")
        run([compiler, "-O3", source, "-o", program])
        times = {}
        for _ in range(rounds):
            for build, command in {"native": [program], "wasm": [mpiwasm, module]}.items():
                for line in run([launcher, "-n", "2", *command]).splitlines():
                    group, what, size, seconds = line.split()
                    times.setdefault((group, what.replace("_", " "), int(size)), {}) \
                        .setdefault(build, []).append(float(seconds))
        figures[name] = {}
        for (group, what, size), row in times.items():
            figures[name].setdefault(group, {}).setdefault(what, {})[size] = {
                build: statistics.median(values) for build, values in row.items()}
        say(f"{name}: done")
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
