"""How a package is built (as modules, and natively with each MPI) and what one of its checks is.

A package is a file packages/NAME.py with

  TITLE, LANGUAGE     for the table: "FFTW 3.3.10", "C"
  BUILT_WITH          how its own build works: "configure, make", "CMake", ...
  SOURCES             names of Debian source packages (NAME/SUITE: of another release)
  PROGRAMS            those whose sizes are compared; default: all that `build` returns
  LEVEL               of the guest's libraries: "stock" or "full"
  VARIANTS, VARIANT   if there are several: all of them, and the one that is meant, set from outside;
                      each is a package of its own, the first under the file's name alone
  build(flavour)      builds what the checks need in flavour.work, with the package's own build files,
                      unmodified; returns {program's name: path}. Called once: what it returned is
                      kept as long as the wrappers' inputs are not newer (packages.py --rebuild).
  checks(sources, ranks, quick)
                      a list of Check for that number of ranks; `quick` asks for the part for CI
"""
import dataclasses
import glob
import importlib.util
import math
import os
import re
import shutil
import sys
import time
import typing

from harness import TESTS, must, run


def load_file(stem):
    path = os.path.join(TESTS, "packages", stem + ".py")
    spec = importlib.util.spec_from_file_location("packages_" + stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package_names():
    """{package's name: (its file, its variant or None)}"""
    names = {}
    for path in sorted(glob.glob(os.path.join(TESTS, "packages", "*.py"))):
        stem = os.path.basename(path)[:-3]
        first, *others = getattr(load_file(stem), "VARIANTS", [None])
        names[stem] = stem, first
        names.update((f"{stem}_{variant}", (stem, variant)) for variant in others)
    return names


def load(name):
    names = package_names()
    if name not in names:
        sys.exit(f"no package {name}: there are {', '.join(names)}")
    stem, variant = names[name]
    module = load_file(stem)
    module.NAME = name
    if variant:
        module.VARIANT = variant
        module.TITLE = f"{module.TITLE}, {variant.replace('_', ' ')}"
    return module


# Links a second time, with MPICH's own library inside. The rest of what MPICH needs stays dynamic:
# Debian has no static library of some of it.
STATIC_CC = """\
#!/bin/sh
# Compiles and links like {compiler}; what is linked as a program named in $STATIC_PROGRAMS is linked
# a second time with MPICH's own library inside, as PROGRAM.static.
{compiler} "$@" || exit
[ -n "$STATIC_PROGRAMS" ] || exit 0
out= last=
for word; do
    case $word in -c | -E | -S | -M | -MM) exit 0 ;; esac
    [ "$last" = -o ] && out=$word
    last=$word
done
case " $STATIC_PROGRAMS " in *" ${{out##*/}} "*) ;; *) exit 0 ;; esac
{compiler} "$@" -Wl,--as-needed -l:libmpich.a -lhwloc -lucp -lucs -luct -lm -s -o "$out.static" ||
    echo "no static $out" >&2
exit 0
"""


class Flavour:
    """One way to build a package: "wasm", or natively with the MPI `mpi`."""

    def __init__(self, tools, package, sources, mpi=None):
        self.tools, self.mpi, self.sources = tools, mpi, sources
        self.name = mpi.name if mpi else "wasm"
        self.is_wasm = mpi is None
        self.source = sources[package.SOURCES[0]]
        self.work = os.path.join(tools.work, package.NAME, self.name)
        self.env = {}
        if self.is_wasm:
            if package.LEVEL == "stock":
                self.env["MPIWASM_SYSROOT"] = "stock"
            bin_directory = os.path.dirname(tools.mpiwasm)
            self.cc, self.cxx, self.fc = (os.path.join(bin_directory, name) for name in
                                          ("mpiwasmcc", "mpiwasmcxx", "mpiwasmfort"))
            self.env["MPIWASM_FORTRAN"] = os.environ.get("MPIWASM_FORTRAN") or os.path.join(
                os.path.dirname(tools.sources), "tests", "fortran", "runtime")
            self.ar, self.ranlib = "ar", "ranlib"
            share = os.path.join(os.path.dirname(bin_directory), "share", "mpiwasm")
            # Options of a configure script made by autoconf, and of cmake.
            self.configure = ["--host=wasm32-unknown-none", f"CC={self.cc}", f"CXX={self.cxx}"]
            self.cmake = ["-DCMAKE_TOOLCHAIN_FILE=" +
                          os.path.join(share, "cmake", "mpiwasm.cmake")]
        else:
            self.cc, self.cxx, self.fc = mpi.mpicc, mpi.mpicxx, mpi.mpicc.replace("cc.", "fort.")
            self.ar, self.ranlib = "ar", "ranlib"
            if mpi.name == "mpich":
                self.cc, self.cxx = self.also_static(self.cc), self.also_static(self.cxx)
                self.env["STATIC_PROGRAMS"] = " ".join(getattr(package, "PROGRAMS", []))
            self.configure = [f"CC={self.cc}", f"CXX={self.cxx}"]
            self.cmake = [f"-DCMAKE_C_COMPILER={self.cc}", f"-DCMAKE_CXX_COMPILER={self.cxx}"]

    def also_static(self, compiler):
        path = os.path.join(self.tools.work, os.path.basename(compiler) + "-static")
        with open(path, "w", encoding="utf-8") as file:
            file.write(STATIC_CC.format(compiler=compiler))
        os.chmod(path, 0o755)
        return path

    def must(self, command, cwd=None, timeout=2400):
        """Run a command of the build in flavour.work; if it fails, the test ends."""
        return must(command, cwd or self.work, timeout, env=self.env)

    def built_before(self):
        """Where this package was built natively with another MPI, or None."""
        done = [path[:-len(".json")] for path in glob.glob(os.path.dirname(self.work) + "/*.json")]
        found = [path for path in done if os.path.basename(path) not in ("wasm", self.name)]
        return None if self.is_wasm or not found else found[0]

    def make(self, *arguments, cwd=None):
        return self.must(["make", "-j2", *arguments], cwd)

    def copy_source(self, name=None, folder="source"):
        """A copy of the source to build in, for packages that build in place."""
        target = os.path.join(self.work, folder)
        shutil.copytree(self.sources[name] if name else self.source, target, symlinks=True)
        return target

    def cmake_build(self, source, options=(), targets=()):
        """Configure with CMake into flavour.work and build the targets."""
        self.must(["cmake", "-S", source, "-B", self.work, "-DCMAKE_BUILD_TYPE=Release",
                   "-DCMAKE_C_COMPILER_LAUNCHER=", "-DCMAKE_CXX_COMPILER_LAUNCHER=",
                   "-DCMAKE_POLICY_VERSION_MINIMUM=3.5", "-DBUILD_SHARED_LIBS=OFF",
                   *self.cmake, *options])
        self.must(["cmake", "--build", self.work, "-j2",
                   *(["--target", *targets] if targets else [])])


def exit_code_is_0(outcome):
    return "" if outcome.code == 0 else f"exit {outcome.code}"


@dataclasses.dataclass
class Check:
    """One run of a program of the package, natively and as a module, in an empty directory."""
    name: str
    program: str
    arguments: typing.Sequence = ()
    verify: typing.Callable = exit_code_is_0  # (outcome): "" if the package's own check passed
    figures: typing.Callable = lambda text: []  # (output): words and numbers that must be as native
    tolerance: float = 0.0  # of the numbers in figures, relative
    prepare: typing.Callable = lambda directory: None  # puts input files there
    seconds: typing.Callable = None  # (outcome): what it measured; the check is timed then
    limit: int = 300
    env: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()  # of mpiwasm
    input: str = None  # a file's path: what the program reads from standard input
    outputs: typing.Sequence = ()  # files whose texts are appended to the output
    before: typing.Sequence = ()  # programs run there first, for the files that they write


def wall(outcome):
    """For Check.seconds: the time of the whole command, launcher included."""
    return outcome.seconds


def found(pattern):
    """For Check.figures: all that a regular expression finds, its groups as separate figures."""
    def figures(text):
        result = []
        for match in re.finditer(pattern, text, re.MULTILINE):
            result.extend(match.groups() or [match.group()])
        return result
    return figures


def says(pattern, times=1, never=None):
    """For Check.verify: exit code 0, the pattern found that often at least, the other not at all."""
    def verify(outcome):
        if outcome.code != 0:
            return f"exit {outcome.code}"
        if never and re.search(never, outcome.out):
            return f"says {re.search(never, outcome.out).group()!r}"
        count = len(re.findall(pattern, outcome.out))
        return "" if count >= times else f"{pattern!r} {count} times instead of {times}"
    return verify


def differs(native, wasm, tolerance):
    """The first difference of two lists of figures, or "". An empty list counts as equal."""
    if len(native) != len(wasm):
        return f"{len(native)} figures and {len(wasm)}"
    for one, other in zip(native, wasm):
        if one == other:
            continue
        try:
            a, b = float(one), float(other)
        except ValueError:
            return f"{one} and {other}"
        if not math.isclose(a, b, rel_tol=tolerance):
            return f"{one} and {other}"
    return ""


def run_check(check, commands, directory):
    """Run it in `directory`, emptied before. The outcome, of the last command, has its seconds."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    check.prepare(directory)
    *before, command = commands
    for other in before:
        run(other, directory, check.limit, check.env)
    start = time.monotonic()
    outcome = run(command, directory, check.limit, check.env, check.input)
    outcome.seconds = time.monotonic() - start
    for name in check.outputs:
        path = os.path.join(directory, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                outcome.out += file.read()
    return outcome


def judge(check, outcome):
    """Why the package's own check failed, or ""."""
    if outcome.timed_out:
        return f"not ended after {check.limit} s"
    return check.verify(outcome)


def only(pattern):
    """The one file that a pattern matches: what a build made."""
    paths = glob.glob(pattern)
    if len(paths) != 1:
        sys.exit(f"{pattern}: {len(paths)} files instead of one")
    return paths[0]
