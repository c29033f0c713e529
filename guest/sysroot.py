#!/usr/bin/env python3
"""Build the full guest sysroot, once: a C library, and C++ libraries with exceptions, filesystem,
mutexes and streams, for mpiwasmcc and mpiwasmcxx. Usually called as `mpiwasm sysroot build`.

Reads the sources of wasi-libc, libc++, libc++abi and libunwind, which one pinned package of the
Python package index carries (checked by SHA-256), and compiles them with mpiwasmcc's clang. Writes
DIR/{include,lib}/wasm32-wasip1 and DIR/level, which mpiwasmcc looks for. The compatibility library
and compiler-rt stay those of the stock level.

  sysroot.py build [--dir DIR] [--source WHEEL] [--clang CLANG] [--only eh|noeh]
                   [--threads all|c|none] [--jobs N] [--force]
  sysroot.py build --fortran [...]   flang's runtime library instead; so with the other words
  sysroot.py build --openmp [...]    LLVM's OpenMP runtime, into the full sysroot; likewise
  sysroot.py dir      print where the full sysroot is or would be
  sysroot.py remove   remove it
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
import sysroot_parts as parts
from sysroot_common import SHARE, check_sum, default_dir, fail, say
from sysroot_parts import PACKAGE, PLATFORM, SHA256, VERSION


def find_clang():
    command = [os.path.join(SHARE, "..", "..", "bin", "mpiwasmcc"), "--showme:command"]
    try:
        return subprocess.run(command, check=True, text=True, capture_output=True,
                              env={**os.environ, "MPIWASM_SYSROOT": "stock"}).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        fail("no clang found (22, 21, 20 or 19); name one with --clang")


def fetch(directory):
    """The pinned package, by the package index's own client."""
    arguments = ["download", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--only-binary", ":all:", "--platform", PLATFORM, "--dest", directory,
                 f"{PACKAGE}=={VERSION}"]
    say(f"fetching the sources: {PACKAGE} {VERSION}, about 80 MB")
    environment = dict(os.environ)
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        environment.setdefault("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run(pip + ["--version"], check=False, capture_output=True).returncode != 0:
        venv = os.path.join(directory, "venv")
        if subprocess.run([sys.executable, "-m", "venv", venv], check=False,
                          capture_output=True).returncode != 0:
            fail("no pip here (Debian: apt install python3-venv); or fetch "
                 f"{PACKAGE}=={VERSION} for {PLATFORM} elsewhere and give --source FILE")
        pip = [os.path.join(venv, "bin", "pip")]
    result = subprocess.run(pip + arguments, check=False, text=True, capture_output=True,
                            env=environment)
    wheels = [name for name in os.listdir(directory) if name.endswith(".whl")]
    if result.returncode != 0 or len(wheels) != 1:
        reason = (result.stderr.strip().splitlines() or ["nothing came"])[-1]
        fail(f"pip cannot fetch {PACKAGE}=={VERSION} ({reason}); fetch it elsewhere and give "
             "--source FILE")
    return os.path.join(directory, wheels[0])


def unpack(wheel, directory):
    check_sum(wheel, SHA256, f"{PACKAGE} {VERSION}")
    wanted = tuple("ziglang/lib/" + name for name in (
        "libc/wasi/", "libc/musl/src/", "libc/musl/arch/generic/", "libc/musl/include/",
        "libc/include/generic-musl/", "libc/include/wasm-wasi-musl/", "libcxx/", "libcxxabi/",
        "libunwind/"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory, [name for name in archive.namelist()
                                       if name.startswith(wanted)])
    return os.path.join(directory, "ziglang", "lib")


def build(options):
    began = time.monotonic()
    clang = options.clang or find_clang()
    version = subprocess.run([clang, "--version"], check=True, text=True,
                             capture_output=True).stdout.splitlines()[0]
    variants = [options.only] if options.only else ["eh", "noeh"]
    threads = "" if options.threads == "all" else f", threads {options.threads}"
    level = (f"full: {PACKAGE} {VERSION}, recipe {parts.RECIPE}, {' '.join(variants)}{threads}, "
             f"{version}\n")
    target = os.path.abspath(options.dir)
    try:
        with open(os.path.join(target, "level"), encoding="utf-8") as file:
            if file.read() == level and not options.force:
                say(f"{target} is there already")
                return
    except OSError:
        pass
    if os.path.exists(target) and not os.path.exists(os.path.join(target, "level")):
        fail(f"{target} exists and is no sysroot of mine")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sysroot-", dir=os.path.dirname(target)) as work:
        sources = unpack(options.source or fetch(work), work)
        builder = parts.Builder(clang, work, os.path.join(work, "out"), options.jobs)
        try:
            parts.build_c(builder, sources, options.threads != "none")
            parts.build_cxx(builder, sources, variants, options.threads == "all")
        except parts.BuildError as error:
            fail(error)
        with open(os.path.join(builder.out, "level"), "w", encoding="utf-8") as file:
            file.write(level)
        if os.path.exists(target):
            os.rename(target, os.path.join(work, "old"))
        os.rename(builder.out, target)
    say(f"{target}: ready after {time.monotonic() - began:.0f} s")


def main():
    for option, script in (("--fortran", "fortran_runtime.py"), ("--openmp", "sysroot_openmp.py")):
        if option in sys.argv:
            words = [word for word in sys.argv[1:] if word != option]
            os.execv(sys.executable, [sys.executable, os.path.join(SHARE, script), *words])
    wanted = os.environ.get("MPIWASM_SYSROOT", "stock")
    place = default_dir("full", None if wanted == "stock" else wanted)
    parser = argparse.ArgumentParser(prog="mpiwasm sysroot",
                                     description="Build the full guest sysroot for mpiwasmcc; "
                                     "with --fortran, flang's runtime for mpiwasmfort; with "
                                     "--openmp, the runtime of OpenMP, after that.")
    parser.add_argument("action", choices=["build", "dir", "remove"])
    parser.add_argument("--dir", default=place, help="where it is (default: %(default)s)")
    parser.add_argument("--source", help=f"the wheel of {PACKAGE} {VERSION} for {PLATFORM}, if it "
                                         "cannot be fetched from here")
    parser.add_argument("--clang", help="the compiler (default: mpiwasmcc's)")
    parser.add_argument("--only", choices=["eh", "noeh"], help="the C++ library with exceptions, "
                                                               "or without, alone")
    parser.add_argument("--threads", choices=["all", "c", "none"], default="all",
                        help="libraries for -pthread: all, of C alone, or none (default: all)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--fortran", action="store_true",
                        help="flang's runtime for mpiwasmfort instead; it has a --help of its own")
    parser.add_argument("--openmp", action="store_true",
                        help="OpenMP's runtime for -fopenmp, into what is there; likewise")
    parser.add_argument("--force", action="store_true", help="build even if it is there")
    options = parser.parse_args()
    if options.action == "build":
        build(options)
    elif options.action == "dir":
        print(options.dir)
    elif os.path.exists(os.path.join(options.dir, "level")):
        shutil.rmtree(options.dir)
    else:
        fail(f"there is no sysroot at {options.dir}")


if __name__ == "__main__":
    main()
