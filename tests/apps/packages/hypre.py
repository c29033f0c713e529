"""hypre, an algebraic multigrid library. The checks are the runs of its drivers ij and struct in the job
files of its own test suite, each on the number of processes it has there. What they print of
iterations, norms and eigenvalues must be as in the native run."""
import glob
import os
import re
import shutil

from package import Check, found

TITLE, LANGUAGE, BUILT_WITH = "hypre 2.26.0", "C", "CMake"
SOURCES = ["hypre"]
LEVEL = "stock"
PROGRAMS = ["ij", "struct"]
QUICK = re.compile(r"(ij (default|solvers|interp)|struct (solvers|periodic))\.")
# Builds and machines of other kinds; runs that print nothing (vector).
LEFT_OUT = re.compile(r"gpu|versioncheck|migrate|bench|timing|longdouble|single|vector")
NUMBER = r"([-+]?[0-9]+(?:\.[0-9]*)?(?:e[-+]?[0-9]+)?)"
FIGURES = found(r"(?:(?:Iterations|Norm|Complexity|Convergence Factor|operator|grid)\s*[=:]|"
                r"Eigenvalue lambda)\s*" + NUMBER)
# Larger problems than those of the suite, timed by the driver itself.
TIMED = [("BoomerAMG-PCG", "ij", "-n 40 40 40 -solver 1"),
         ("BoomerAMG, 27 points", "ij", "-n 30 30 30 -27pt -solver 0"),
         ("PFMG", "struct", "-n 48 48 48 -solver 1")]


def build(flavour):
    flavour.cmake_build(os.path.join(flavour.source, "src"), ["-DHYPRE_BUILD_TESTS=ON"], PROGRAMS)
    suffix = ".wasm" if flavour.is_wasm else ""
    return {name: os.path.join(flavour.work, "test", name + suffix) for name in PROGRAMS}


def jobs(source, ranks):
    """(name, program, arguments, directory) of the suite's runs on so many processes."""
    for path in sorted(glob.glob(os.path.join(source, "src", "test", "TEST_*", "*.jobs"))):
        directory = os.path.dirname(path)
        with open(path, encoding="utf-8") as file:
            for line in file:
                match = re.match(r"mpirun\s+-np\s+(\d+)\s+\./(\w+)\s+(.*?)\s*>\s*(\S+)", line)
                if match and int(match[1]) == ranks and match[2] in PROGRAMS:
                    yield (f"{os.path.basename(directory)[5:]} {match[4].replace('.out', '')}",
                           match[2], match[3].split(), directory)


def solved(outcome):
    """The drivers print what they reached, and end in exit code 0 only if nothing went wrong."""
    if outcome.code:
        return f"exit {outcome.code}"
    return "" if FIGURES(outcome.out) else "prints no iterations, norms or eigenvalues"


def seconds(outcome):
    """The largest of the driver's own times: for setup and solve."""
    return sum(map(float, found(r"wall clock time = ([0-9.]+) seconds")(outcome.out)[-2:]))


def inputs(source):
    def prepare(directory):
        shutil.copytree(source, directory, dirs_exist_ok=True)
    return prepare


def checks(sources, ranks, quick):
    result = [Check(name, program, arguments, solved, FIGURES, 1e-5, inputs(directory))
              for name, program, arguments, directory in jobs(sources["hypre"], ranks)
              if not LEFT_OUT.search(name) and (not quick or QUICK.match(name))]
    if not quick:
        result += [Check(f"time of {name}", program, arguments.split() + ["-P", 1, 1, ranks],
                         solved, FIGURES, 1e-5, seconds=seconds)
                   for name, program, arguments in TIMED]
    return result
