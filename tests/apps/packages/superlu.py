"""SuperLU, a direct solver for sparse systems: C that calls BLAS without the lengths of CHARACTER
arguments, in double precision with the reference BLAS. Its own test driver, and two examples.

Comes from Debian 13, whose source lacks colamd (superlu_colamd.c stands in for it, in both)."""
import glob
import os

from blas_make import PRECISIONS, write_settings
from harness import TESTS
from package import Check, found, says

TITLE, LANGUAGE, BUILT_WITH = "SuperLU 7.0, double", "C and Fortran", "the compiler alone"
SOURCES = ["superlu/trixie", "lapack"]
LEVEL = "stock"
PROGRAMS = ["ddrive", "dlinsol", "dlinsolx"]
COMMON = ["superlu_timer", "util", "memory", "get_perm_c", "mmd", "sp_coletree", "sp_preorder",
          "sp_ienv", "relax_snode", "heap_relax_snode", "ilu_relax_snode", "ilu_heap_relax_snode",
          "mark_relax", "mc64ad", "qselect", "input_error"]
TESTING = ["ddrive", "sp_dconvert", "dgst01", "dgst02", "dgst04", "dgst07", "MATGEN/powi"]


def build(flavour):
    source = flavour.copy_source()
    blas = flavour.copy_source("lapack", "lapack")
    write_settings(flavour, blas)
    flavour.make("-s", "-C", "BLAS/SRC", PRECISIONS["d"], cwd=blas)
    # What CMake makes of superlu_config.h.in.
    with open(os.path.join(source, "SRC", "superlu_config.h"), "w", encoding="utf-8") as file:
        file.write("typedef int int_t;\n")
    folder = os.path.join(source, "SRC")
    mine = glob.glob(os.path.join(folder, "d*.c")) + [
        path for name in COMMON for path in glob.glob(os.path.join(folder, name + ".c"))]
    mine = [path for path in mine if not path.endswith("GetDiagU.c")]
    testing = os.path.join(source, "TESTING")
    matrices = [path for path in glob.glob(os.path.join(testing, "MATGEN", "d*.c"))]
    options = ["-O2", "-w", "-DUSE_VENDOR_BLAS", "-DAdd_", f"-I{folder}", "-c"]
    result = {}
    for where, sources in (
            ("library", [*mine, os.path.join(TESTS, "packages", "superlu_colamd.c")]),
            ("ddrive", matrices + [os.path.join(testing, name + ".c") for name in TESTING]),
            ("dlinsol", [os.path.join(source, "EXAMPLE", "dlinsol.c")]),
            ("dlinsolx", [os.path.join(source, "EXAMPLE", "dlinsolx.c")])):
        objects = os.path.join(flavour.work, where)
        os.mkdir(objects)
        flavour.must([flavour.cc, *options, *sources], objects)
        made = sorted(glob.glob(os.path.join(objects, "*.o")))
        if where == "library":
            library = os.path.join(flavour.work, "libsuperlu.a")
            flavour.must([flavour.ar, "cr", library, *made])
            continue
        result[where] = os.path.join(objects, where)
        flavour.must([flavour.fc, *made, library, os.path.join(blas, "librefblas.a"), "-lm", "-o",
                      result[where]])
    return result


def checks(sources, ranks, quick):
    matrix = os.path.join(sources["superlu/trixie"], "EXAMPLE", "g20.rua")
    drive = {"verify": says(r"All tests for DGE driver passed"), "figures": found(r"\d+ tests run")}
    result = [Check(f"ddrive, order {order}", "ddrive", ("-t", "LA", "-n", order, "-s", 2), **drive)
              for order in ((9, 19) if quick else (1, 9, 19, 50))]
    size = found(r"nonzeros.*|FILL ratio.*")
    return result + [Check(name, name, input=matrix, verify=says("FILL ratio"), figures=size)
                     for name in ("dlinsol", "dlinsolx")]
