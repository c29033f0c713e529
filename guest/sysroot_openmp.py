#!/usr/bin/env python3
"""Build LLVM's OpenMP runtime into the full sysroot, for -fopenmp. Usually called as `mpiwasm
sysroot build --openmp`.

Reads the runtime's source from the same source package as fortran_runtime.py and compiles it with
mpiwasmcxx for the threads of the full sysroot, which must be there. Writes
DIR/lib/wasm32-wasip1/threads/libomp.a, DIR/include/openmp/omp.h and DIR/openmp, the level.

  sysroot_openmp.py build [--dir DIR] [--source ARCHIVE] [--clang CLANG] [--jobs N] [--force]
  sysroot_openmp.py dir      print where the sysroot is
  sysroot_openmp.py remove   remove the OpenMP runtime from it
"""
import argparse
import concurrent.futures
import os
import re
import shutil
import sys
import tarfile
import tempfile
import time

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from sysroot_common import SHARE, default_dir, fail, say
from sysroot_llvm import PACKAGE, VERSION, edit_source, fetch, read, run, unpack, write

RECIPE = 2  # to be raised when what is built changes
LEVEL = f"{VERSION} {RECIPE}\n"
LIB = os.path.join("lib", "wasm32-wasip1", "threads")
SOURCES = """kmp_affinity kmp_alloc kmp_atomic kmp_barrier kmp_cancel kmp_collapse kmp_csupport
 kmp_debug kmp_dispatch kmp_environment kmp_error kmp_ftn_cdecl kmp_ftn_extra kmp_global
 kmp_gsupport kmp_i18n kmp_io kmp_itt kmp_lock kmp_runtime kmp_sched kmp_settings kmp_str
 kmp_taskdeps kmp_tasking kmp_threadprivate kmp_utility kmp_version kmp_wait_release
 z_Linux_util""".split()
# Edits of the source: file, pattern, replacement.
EDITS = [
    # Its own, for WebAssembly, takes 15 arguments at most; see write_invoke.
    ("z_Linux_util.cpp", r"KMP_ARCH_AARCH64_32\)(\s+// Because WebAssembly)",
     r"KMP_ARCH_AARCH64_32 || KMP_ARCH_WASM)\1"),
    # As on machines of 64 bits.
    ("kmp.h", r"(#define KMP_DEFAULT_STKSIZE \(\(size_t\))\(1024 \* 1024\)",
     r"\1(4 * 1024 * 1024)"),
]
MOST_ARGUMENTS = 128  # variables that a parallel region shares with what is around it
# What a configuration would find out; all else is off.
FEATURES = """LIBOMP_HAVE_WEAK_ATTRIBUTE LIBOMP_HAVE_ALIGNED_ALLOC
 LIBOMP_HAVE_POSIX_MEMALIGN""".split()
VALUES = {"LIBOMP_LEGAL_ARCH": "wasm32", "LIBOMP_LIB_FILE": "libomp.a", "LIBOMP_VERSION_MAJOR": "5",
          "LIBOMP_VERSION_MINOR": "0", "LIBOMP_VERSION_BUILD": "20140926",
          "LIBOMP_BUILD_DATE": "No_Timestamp"}
C_FLAGS = ["-pthread", "-O2", "-w"]
CXX_FLAGS = [*C_FLAGS, "-DNDEBUG", "-std=gnu++17", "-fno-exceptions", "-fno-rtti",
             "-fno-strict-aliasing", "-D_GNU_SOURCE", "-D_REENTRANT"]


def configure(text):
    """A template with its @VALUES@ and features put in."""
    text = re.sub(r"@(\w+)@", lambda match: VALUES[match.group(1)], text)
    return re.sub(r"#cmakedefine01 (\w+)",
                  lambda match: f"#define {match.group(1)} {int(match.group(1) in FEATURES)}", text)


def write_invoke(path):
    """The call of a parallel region's function with pointers to what it shares. A call through a
    pointer needs the exact type, so there is one call for every number of arguments."""
    lines = ["#include <stdio.h>", "#include <stdlib.h>",
             "int __kmp_invoke_microtask(void *f, int gtid, int tid, int count, void **a) {",
             "    switch (count) {"]
    for count in range(MOST_ARGUMENTS + 1):
        types, values = ", void *" * count, "".join(f", a[{i}]" for i in range(count))
        lines.append(f"    case {count}: ((void (*)(int *, int *{types}))f)(&gtid, &tid{values});"
                     " return 1;")
    lines += ["    }", '    fprintf(stderr, "OpenMP: a parallel region shares %d variables; '
              f'{MOST_ARGUMENTS} are the most\\n", count);', "    abort();", "}", ""]
    write(path, "\n".join(lines))


def generate(source):
    """The headers that the runtime's own build system would make."""
    folder = os.path.join(source, "src")
    edit_source(folder, EDITS)
    write_invoke(os.path.join(folder, "invoke.c"))
    write(os.path.join(folder, "kmp_config.h"),
          configure(read(os.path.join(folder, "kmp_config.h.cmake"))))
    write(os.path.join(folder, "omp.h"),
          configure(read(os.path.join(folder, "include", "omp.h.var"))))
    converter = os.path.join(source, "tools", "message-converter.py")
    for kind, name in (("enum", "kmp_i18n_id.inc"), ("default", "kmp_i18n_default.inc")):
        run([sys.executable, converter, f"--{kind}={name}", "i18n/en_US.txt"], cwd=folder)


def compile_runtime(source, directory, options):
    folder, wrappers = os.path.join(source, "src"), os.path.join(SHARE, "..", "..", "bin", "")
    environment = dict(os.environ, MPIWASM_SYSROOT=directory)
    environment.pop("WASI_SDK_PATH", None)
    if options.clang:
        environment["MPIWASM_CLANG"] = options.clang

    def one(path):
        name, suffix = os.path.splitext(os.path.basename(path))
        command, flags = ("mpiwasmcc", C_FLAGS) if suffix == ".c" else ("mpiwasmcxx", CXX_FLAGS)
        made = os.path.join(source, name + ".o")
        run([wrappers + command, *flags, "-I" + folder, "-I" + os.path.join(folder, "i18n"),
             "-c", path, "-o", made], env=environment)
        return made

    sources = [os.path.join(folder, name + ".cpp") for name in SOURCES]
    sources += [os.path.join(folder, "invoke.c"),
                os.path.join(SHARE, "src", "openmp", "support.c")]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        objects = list(pool.map(one, sources))
    clang = run([wrappers + "mpiwasmcc", "--showme:command"], env=environment).strip()
    archiver = run([clang, "-print-prog-name=llvm-ar"]).strip()
    library = os.path.join(source, "libomp.a")
    run([archiver, "rcs", library, *objects])
    shutil.copy(library, os.path.join(directory, LIB, "libomp.a"))
    os.makedirs(os.path.join(directory, "include", "openmp"), exist_ok=True)
    shutil.copy(os.path.join(folder, "omp.h"), os.path.join(directory, "include", "openmp"))


def build(options):
    directory = os.path.abspath(options.dir)
    level = os.path.join(directory, "openmp")
    if not os.path.exists(os.path.join(directory, LIB, "libpthread.a")):
        fail(f"no full sysroot with threads in {directory}; `mpiwasm sysroot build` makes one")
    if os.path.exists(level) and read(level) == LEVEL and not options.force:
        say(f"OpenMP's runtime is in {directory} already")
        return
    begun = time.monotonic()
    remove(directory)
    with tempfile.TemporaryDirectory(prefix="openmp-", dir=directory) as work:
        try:
            unpack(options.source or fetch(work), "openmp/runtime", "src|tools", work)
            generate(work)
            compile_runtime(work, directory, options)
        except (OSError, RuntimeError, tarfile.TarError) as error:
            fail(f"OpenMP's runtime could not be built: {error}")
    write(level, LEVEL)
    say(f"OpenMP's runtime is in {directory} ({time.monotonic() - begun:.0f} s)")


def remove(directory):
    for name in ("openmp", os.path.join(LIB, "libomp.a"), os.path.join("include", "openmp")):
        path = os.path.join(directory, name)
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.exists(path):
            os.remove(path)


def main():
    wanted = os.environ.get("MPIWASM_SYSROOT", "stock")
    place = default_dir("full", None if wanted == "stock" else wanted)
    parser = argparse.ArgumentParser(prog="mpiwasm sysroot --openmp", description="Build LLVM's "
                                     "OpenMP runtime into the full sysroot, for -fopenmp.")
    parser.add_argument("command", choices=("build", "dir", "remove"))
    parser.add_argument("--dir", default=place, help="the full sysroot (default: %(default)s)")
    parser.add_argument("--source", help=f"the archive {PACKAGE}_{VERSION}.orig.tar.xz")
    parser.add_argument("--clang", help="the compiler (default: mpiwasmcc's)")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)),
                        help="processes at once")
    parser.add_argument("--force", action="store_true", help="build it again")
    options = parser.parse_args()
    if options.command == "build":
        build(options)
    elif options.command == "dir":
        print(options.dir)
    elif os.path.exists(os.path.join(options.dir, "openmp")):
        remove(options.dir)
    else:
        fail(f"there is no OpenMP runtime in {options.dir}")


if __name__ == "__main__":
    main()
