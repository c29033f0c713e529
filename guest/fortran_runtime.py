#!/usr/bin/env python3
"""Build what Fortran programs need beside the compiler, once: flang's runtime library for
WebAssembly and the intrinsic modules for its types. Usually called as `mpiwasm sysroot build
--fortran`.

Reads the runtime's source from Debian's source package of the same LLVM version as flang (checked
by SHA-256; no other version's runtime fits), compiles it with mpiwasmcxx and the modules with
flang. Writes DIR/lib/libmpiwasm-flang.a, DIR/flang with the modules and a copy of flang, which finds
them by its own place. With a full sysroot that has threads also DIR/lib/libmpiwasm-flang-threads.a:
those objects that differ for programs with threads, to be linked before the others.

  fortran_runtime.py build [--dir DIR] [--source ARCHIVE] [--jobs N] [--force] [--quick]
  fortran_runtime.py dir      print where it is or would be
  fortran_runtime.py remove   remove it
"""
import argparse
import concurrent.futures
import glob
import hashlib
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

FLANG_BINARY = "/usr/lib/llvm-19/bin/flang-new"
MLIR_TRANSLATE = "/usr/lib/llvm-19/bin/mlir-translate"
PARTS = "runtime|module|lib/Decimal|include/flang"  # of the source, below flang/
RECIPE = 4  # to be raised when what is built changes; mpiwasmfort takes no other
# As far as types go, this target of flang's is WebAssembly: 32-bit pointers, 8-byte alignment.
TRIPLE = "x86_64-unknown-linux-gnux32"
# What makes a source of the runtime differ for threads: locks, in it or in a header, and errno.
LOCKS, ERRNO = re.compile(r"\b(?:Lock|CriticalSection)\b"), re.compile(r"\berrno\b")
MODULES = """__fortran_builtins __fortran_ieee_exceptions __fortran_type_info iso_fortran_env_impl
 iso_c_binding ieee_features ieee_exceptions ieee_arithmetic iso_fortran_env""".split()
OBJECT_MODULES = ["iso_fortran_env_impl", "ieee_exceptions", "ieee_arithmetic"]  # with code
# Edits of the source: file, pattern, replacement. flang always counts in 64 bits, also where the
# runtime, compiled for 32-bit pointers, would have size_t or ptrdiff_t.
EDITS = [
    ("include/flang/ISO_Fortran_binding.h", r"typedef ptrdiff_t CFI_index_t",
     "typedef long long CFI_index_t"),
    ("include/flang/ISO_Fortran_binding.h", r"size_t elem_len; /\*",
     "unsigned long long elem_len; /*"),
    ("runtime/namelist.h", r"std::size_t items\{0\}", "std::uint64_t items{0}"),
    ("runtime/non-tbp-dio.h", r"std::size_t items\{0\}", "std::uint64_t items{0}"),
    # type(c_ptr) and type(c_funptr) have the size of an address
    ("module/__fortran_builtins.f90", r"integer\(kind=int64\), private :: __address",
     "integer(4), private :: __address"),
    ("module/__fortran_type_info.f90",
     r"integer\(1\) :: __padding0\(4\)(\s+type\(__builtin_c_funptr\))", r"\1"),
    # libc++ declares it with noexcept or without
    ("runtime/io-api-minimal.cpp", r"void std::__libcpp_verbose_abort\((.*?)\) \{",
     r"#define TEXT_(x) #x\n#define TEXT(x) TEXT_(x)\n"
     r'extern "C" void fortran_abort(\1) __asm__("_ZNSt3" TEXT(_LIBCPP_ABI_NAMESPACE)'
     r' "22__libcpp_verbose_abortEPKcz");'
     r"\nvoid fortran_abort(\1) {"),
    # procedures that Fortran calls by their names: lengths of CHARACTERs have 32 bits
    ("runtime/extensions.cpp", r"char \*(\w+), std::int64_t length", r"char *\1, std::size_t length"),
    ("include/flang/Runtime/extensions.h", r"char \*(\w+), std::int64_t length",
     r"char *\1, std::size_t length"),
    ("module/iso_c_binding.f90", r"c_long = c_int64_t", "c_long = c_int32_t"),
    ("module/iso_c_binding.f90", r"c_size_t = kind\(c_sizeof\(1\)\)", "c_size_t = c_int32_t"),
    ("module/iso_c_binding.f90", r"c_long_double = 10", "c_long_double = 16"),
]
ENTRY = re.compile(r"\b(?:RT|IO)(?:NAME|DECL|DEF)\(\w+\)\s*\(")
DEFINES = ["-DRT_USE_PSEUDO_LOCK=1", "-DFLANG_LITTLE_ENDIAN=1", "-DHAS_LIBM=1", "-DNDEBUG",
           # WebAssembly has no flags of exceptions; raising one does nothing.
           "-DFE_INVALID=1", "-DFE_DIVBYZERO=4", "-DFE_OVERFLOW=8", "-DFE_UNDERFLOW=16",
           "-DFE_INEXACT=32"]
# Instances for every pair of types: two thirds of the whole time. --quick leaves them unoptimised.
HEAVY = ["findloc", "matmul", "matmul-transpose", "extrema", "dot-product"]
NO_BESSEL = re.compile(r"Float128Math/[jy][01n]\.cpp$")  # the C library has none for 128 bits
FLAGS = ["-fno-exceptions", "-fno-rtti", "-fno-strict-aliasing", "-w",
         "-Wno-c++11-narrowing", "-fno-asynchronous-unwind-tables"]


def level(quick):
    return f"{VERSION} {RECIPE}{' quick' if quick else ''}\n"


def is_built(directory, quick):
    path = os.path.join(directory, "level")
    return os.path.exists(path) and read(path) in [level(False)] + [level(True)] * quick


def widen_entries(text):
    """size_t becomes 64 bits in the declarations of what compiled Fortran calls."""
    out, position = [], 0
    for match in ENTRY.finditer(text):
        end, depth = match.end(), 1
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if match.start() < position:
            continue
        head = text[position:match.start()]
        head = re.sub(r"\b(?:std::)?size_t\s+(RT_API_ATTRS\s+)?$", r"unsigned long long \1", head)
        out.append(head)
        out.append(re.sub(r"\b(?:std::)?size_t\b(?!\s*\*)", "unsigned long long",
                          text[match.start():end]))
        position = end
    return "".join(out) + text[position:]


def edit(source):
    edit_source(source, EDITS)
    for folder in ("runtime", "include/flang/Runtime"):
        for path in glob.glob(os.path.join(source, folder, "*.[hc]*")):
            write(path, widen_entries(read(path)))
    write(os.path.join(source, "runtime", "config.h"),
          "#define HAVE_STRERROR_R 1\n#define HAVE_DECL_STRERROR_S 0\n")


def find_sources(source):
    return [path for folder in ("runtime", "runtime/Float128Math", "lib/Decimal")
            for path in sorted(glob.glob(os.path.join(source, folder, "*.c*")))
            if path.endswith((".c", ".cpp")) and not NO_BESSEL.search(path)]


def find_locking_sources(source):
    """Those that use locks, or headers that do."""
    headers = {os.path.basename(path): read(path)
               for path in glob.glob(os.path.join(source, "runtime", "*.h"))}
    locking, count = {name for name, text in headers.items() if LOCKS.search(text)}, 0
    while count != len(locking):
        count = len(locking)
        include = re.compile(r'#include ".*?(?:%s)"' % "|".join(map(re.escape, sorted(locking))))
        locking |= {name for name, text in headers.items() if include.search(text)}
    return [path for path in find_sources(source) if include.search(read(path))
            or LOCKS.search(read(path)) or ERRNO.search(read(path))]


def compile_runtime(sources, source, name, goal, options, wrappers):
    """lib/libmpiwasm-NAME.a of the sources."""
    is_heavy = {path: os.path.basename(path)[:-4] in HEAVY for path in sources}
    sources.sort(key=is_heavy.get, reverse=True)  # the longest first, so that no core waits
    objects = os.path.join(source, name)
    os.makedirs(objects)
    defines = ["-pthread", *DEFINES[1:]] if name.endswith("threads") else DEFINES

    def one(path):
        name = os.path.relpath(path, source).replace("/", "_") + ".o"
        is_c = path.endswith(".c")
        command = [wrappers + ("mpiwasmcc" if is_c else "mpiwasmcxx"),
                   "-std=gnu17" if is_c else "-std=gnu++17", *defines,
                   *(f for f in FLAGS if not is_c or "rtti" not in f),
                   "-O0" if options.quick and is_heavy[path] else "-O2",
                   f"-I{source}/include", f"-I{source}/runtime", "-c", path, "-o",
                   os.path.join(objects, name)]
        run(command)
        return os.path.join(objects, name)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        made = list(pool.map(one, sources))
    os.makedirs(os.path.join(goal, "lib"), exist_ok=True)
    archive(wrappers, goal, name, made)


def compile_modules(source, goal):
    """The modules, and a flang that finds them."""
    modules = os.path.join(goal, "flang", "include", "flang")
    flang = os.path.join(goal, "flang", "bin", "flang-new")
    os.makedirs(modules)
    os.makedirs(os.path.dirname(flang))
    shutil.copy(FLANG_BINARY, flang)
    os.symlink("/usr/lib/llvm-19/lib", os.path.join(goal, "flang", "lib"))
    for name in MODULES:
        run([flang, "-fc1", "-cpp", "-triple", TRIPLE, "-fsyntax-only", "-J", modules,
             f"{source}/module/{name}.f90"], cwd=modules)


def compile_module_objects(goal, name, paths, modules, wrappers):
    """lib/libmpiwasm-NAME.a of modules with procedures or data, by the wrapper itself."""
    with tempfile.TemporaryDirectory() as work:
        objects = [os.path.join(work, os.path.basename(path) + ".o") for path in paths]
        for path, made in zip(paths, objects):
            run([wrappers + "mpiwasmfort", "-cpp", "-O2", "-J", modules or work, "-c", path, "-o",
                 made], env=dict(os.environ, MPIWASM_FORTRAN=goal))
        archive(wrappers, goal, name, objects)


def compile_mpi_modules(goal, wrappers):
    """MPI's modules and those of programs without OpenMP and with it, again if they have changed."""
    paths = [os.path.join(SHARE, "modules", f"{name}.f90")
             for name in ("omp_lib", "mpi", "mpi_f08")]
    openmp = os.path.join(SHARE, "modules", "openmp", "omp_lib.f90")  # interfaces alone
    texts = [read(path) for path in paths + [openmp, os.path.join(SHARE, "include", "mpif.h")]]
    now = hashlib.sha256("".join(texts).encode()).hexdigest()
    modules = os.path.join(goal, "modules")
    made_of = os.path.join(modules, "made-of")
    if os.path.exists(made_of) and read(made_of) == now:
        return
    os.makedirs(modules, exist_ok=True)
    say("compiling MPI's modules")
    compile_module_objects(goal, "mpi-modules", paths, modules, wrappers)
    os.makedirs(os.path.join(modules, "openmp"), exist_ok=True)
    run([os.path.join(goal, "flang", "bin", "flang-new"), "-fc1", "-triple", TRIPLE,
         "-fsyntax-only", "-J", os.path.join(modules, "openmp"), openmp])
    write(made_of, now)


def archive(wrappers, goal, name, objects):
    clang = run([wrappers + "mpiwasmcc", "--showme:command"]).strip()
    archiver = run([clang, "-print-prog-name=llvm-ar"]).strip()
    run([archiver, "rcs", os.path.join(goal, "lib", f"libmpiwasm-{name}.a"), *objects])


def build_runtime(goal, options, wrappers):
    parent = os.path.dirname(goal)
    os.makedirs(parent, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent, prefix=".fortran-") as work:
        source, made = os.path.join(work, "source"), os.path.join(work, "made")
        os.makedirs(source)
        os.makedirs(made)
        unpack(options.source or fetch(work), "flang", PARTS, source)
        edit(source)
        say("compiling flang's runtime")
        compile_modules(source, made)
        compile_runtime(find_sources(source), source, "flang", made, options, wrappers)
        write(os.path.join(made, "level"), level(options.quick))
        compile_module_objects(made, "flang-modules", [f"{source}/module/{name}.f90"
                                                       for name in OBJECT_MODULES], None, wrappers)
        shutil.rmtree(goal, ignore_errors=True)
        os.rename(made, goal)


def find_threads():
    """The full sysroot, if it has libraries for threads."""
    wanted = os.environ.get("MPIWASM_SYSROOT")
    full = default_dir("full", None if wanted == "stock" else wanted)
    has_threads = wanted != "stock" and not os.environ.get("WASI_SDK_PATH") and os.path.exists(
        os.path.join(full, "lib", "wasm32-wasip1", "threads", "libpthread.a"))
    return full if has_threads else None


def build_threads(goal, options, wrappers, full):
    """What differs with threads, into what is there already."""
    with tempfile.TemporaryDirectory(dir=goal, prefix=".threads-") as source:
        unpack(options.source or fetch(source), "flang", PARTS, source)
        edit(source)
        say("compiling what differs of flang's runtime with threads")
        os.environ["MPIWASM_SYSROOT"] = full
        compile_runtime(find_locking_sources(source), source, "flang-threads", goal, options,
                        wrappers)
        write(os.path.join(goal, "threads"), level(False))


def build(options):
    goal = os.path.abspath(options.dir)
    for needed, package in ((FLANG_BINARY, "flang-19"), (MLIR_TRANSLATE, "mlir-19-tools")):
        if not os.path.exists(needed):
            fail(f"no {needed} (Debian: apt install {package})")
    begun = time.monotonic()
    wrappers = os.path.join(SHARE, "..", "..", "bin", "")
    is_there = is_built(goal, options.quick) and not options.force
    try:
        if not is_there:
            build_runtime(goal, options, wrappers)
        full, threads = find_threads(), os.path.join(goal, "threads")
        if full and (not os.path.exists(threads) or read(threads) != level(False)):
            build_threads(goal, options, wrappers, full)
        compile_mpi_modules(goal, wrappers)
    except (OSError, RuntimeError, tarfile.TarError) as error:
        fail(f"Fortran's runtime could not be built: {error}")
    say(f"Fortran's runtime is {'there' if is_there else 'in'}: {goal} "
        f"({time.monotonic() - begun:.0f} s)")


def main():
    place = default_dir("fortran", os.environ.get("MPIWASM_FORTRAN"))
    parser = argparse.ArgumentParser(prog="mpiwasm sysroot --fortran",
                                     description="Build flang's runtime library for mpiwasmfort.")
    parser.add_argument("command", choices=("build", "dir", "remove"))
    parser.add_argument("--dir", default=place, help="where it is (default: %(default)s)")
    parser.add_argument("--source", help=f"the archive {PACKAGE}_{VERSION}.orig.tar.xz")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)),
                        help="processes at once")
    parser.add_argument("--force", action="store_true", help="build it again")
    parser.add_argument("--quick", action="store_true",
                        help="MATMUL, FINDLOC and their like unoptimised: half the time, for tests")
    options = parser.parse_args()
    if options.command == "build":
        build(options)
    elif options.command == "dir":
        print(options.dir)
    elif os.path.exists(os.path.join(options.dir, "level")):
        shutil.rmtree(options.dir)
    else:
        fail(f"there is nothing at {options.dir}")


if __name__ == "__main__":
    main()
