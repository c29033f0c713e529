"""MUMPS, a parallel direct solver for sparse systems: Fortran with derived types, pointers and much
of MPI without waiting, and C between. Its own examples, whose answers are known, through the
interfaces of both languages and with factors that go to files; and mumps_grid.F, systems large
enough for its parallel parts.

Comes from Debian 13. Built without ScaLAPACK, as its INSTALL describes, with the ordering it brings
along and with the reference BLAS and LAPACK."""
import glob
import os
import re
import shutil

from blas_make import PRECISIONS, write_settings
from harness import TESTS
from package import Check, found, says

TITLE, LANGUAGE, BUILT_WITH = "MUMPS 5.7.3, double", "Fortran and C", "make"
SOURCES = ["mumps/trixie", "lapack"]
LEVEL = "stock"
PROGRAMS = ["dsimpletest", "dsimpletest_save_restore", "c_example", "c_example_save_restore"]
GRID = "mumps_grid"
# A whole Makefile.inc, as its Make.inc/Makefile.inc.generic describes it.
SETTINGS = """\
LPORDDIR = $(topdir)/PORD/lib/
IPORD = -I$(topdir)/PORD/include/
LPORD = -L$(LPORDDIR) -lpord
ORDERINGSF = -Dpord
ORDERINGSC = $(ORDERINGSF)
LORDERINGS = $(LPORD)
IORDERINGSC = $(IPORD)
LIBEXT = .a
LIBEXT_SHARED = .so
OUTC = -o $(empty)
OUTF = -o $(empty)
RM = rm -f
CC = {cc}
FC = {fc}
FL = {fc}
AR = {ar} cr $(empty)
RANLIB = {ranlib}
LIBBLAS = {libraries}
CDEFS = -DAdd_
OPTF = -O2 -DNOSCALAPACK -fallow-argument-mismatch
OPTC = -O2 -I. -DWITHOUT_PTHREAD
OPTL = -O2
"""


def libraries(flavour):
    """The reference LAPACK and BLAS: natively Debian's, if liblapack-dev is there; else those of
    the package lapack, if that was built before."""
    if not flavour.is_wasm:
        found_here = [path for name in ("lapack", "blas")
                      for path in glob.glob(f"/usr/lib/*/{name}/lib{name}.a")]
        if len(found_here) == 2:
            return found_here
    source = os.path.join(flavour.tools.work, "lapack", flavour.name, "source")
    if not os.path.exists(os.path.join(source, "liblapack.a")):
        source = flavour.copy_source("lapack")
        write_settings(flavour, source)
        for folder in ("BLAS/SRC", "SRC"):
            flavour.make("-s", "-C", folder, PRECISIONS["d"], cwd=source)
    return [os.path.join(source, name) for name in ("liblapack.a", "librefblas.a")]


def build(flavour):
    others = libraries(flavour)
    source = os.path.join(flavour.work, "mumps")
    shutil.copytree(flavour.source, source)
    with open(os.path.join(source, "Makefile.inc"), "w", encoding="utf-8") as file:
        file.write(SETTINGS.format(cc=flavour.cc, fc=flavour.fc, ar=flavour.ar,
                                   ranlib=flavour.ranlib, libraries=" ".join(others)))
    examples = os.path.join(source, "examples")
    flavour.make("-s", "prerequisites", cwd=source)
    flavour.make("-s", "-C", "src", "d", cwd=source)
    flavour.make("-s", "-C", "examples", *PROGRAMS, cwd=source)
    flavour.must([flavour.fc, "-O2", "-fallow-argument-mismatch", f"-I{source}/include",
                  os.path.join(TESTS, "packages", GRID + ".F"), f"-L{source}/lib", "-ldmumps",
                  "-lmumps_common", "-lpord", *others, "-o", GRID], examples)
    return {name: os.path.join(examples, name) for name in [*PROGRAMS, GRID]}


def solution(text):
    match = re.search(r"Solution is" + 5 * r"\s+([0-9.E+-]+)", text)
    return list(match.groups()) if match else []


def solved(outcome):
    """The examples' README: the solution should be (1,2,3,4,5)."""
    numbers = list(map(float, solution(outcome.out)))
    if outcome.code or not numbers:
        return f"exit {outcome.code}, solution {numbers}"
    return "" if max(abs(x - i) for i, x in enumerate(numbers, 1)) < 1e-12 else f"{numbers}"


def seconds(outcome):
    return float(found(r"^seconds +([0-9.]+)")(outcome.out)[0])


def checks(sources, ranks, quick):
    data = os.path.join(sources["mumps/trixie"], "examples", "input_simpletest_real")
    in_c = says(r"Solution is : \( +1\.00 +2\.00\)")
    # Factors and what is saved go to /tmp: of a module, its own directory.
    saves = {"options": ("--dir=.::/tmp",)}
    result = [Check("dsimpletest", "dsimpletest", input=data, verify=solved),
              Check("c_example", "c_example", verify=in_c),
              Check("dsimpletest_save_restore", "dsimpletest_save_restore", input=data,
                    verify=solved, **saves),
              Check("c_example_save_restore", "c_example_save_restore", verify=in_c, **saves)]
    # Asynchronous: pivots, and so errors, differ from run to run.
    for name, symmetric in (("unsymmetric", 0), ("positive definite", 1), ("indefinite", 2)):
        result.append(Check(f"grid, {name}", GRID, (12 if quick else 20, symmetric),
                            verify=says(r"(?m)^ *solved$"),
                            figures=found(r"^order +\d+|^negative.*"),
                            seconds=None if quick else seconds))
    return result
