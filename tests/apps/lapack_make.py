"""How LAPACK is built, one precision at a time, and checked by its own test programs: xlintst for
linear equations, xeigtst for eigenvalues, singular values and least squares, those of INSTALL for
what they take from the compiler."""
import concurrent.futures
import os
import re

from blas_make import PRECISIONS, write_settings
from package import Check

# What the single precisions and the complex ones need of the others' libraries.
BLAS_TOO = {"d": "d", "s": "s", "z": "dz", "c": "sc"}
# Inputs of xeigtst: one for all precisions, one of each.
COMMON = ["nep", "sep", "se2", "svd", "glm", "gqr", "gsv", "csd", "lse"]
OWN = ["ec", "ed", "gg", "gd", "sb", "sg", "bb", "bal", "bak", "gbal", "gbak"]
TIMED = ["sep", "svd", "lin"]
INSTALL = {"d": ["testlsame", "testdlamch", "testdsecnd", "testieee"],
           "s": ["testslamch", "testsecond"],
           "z": ["test_zcomplexabs", "test_zcomplexdiv", "test_zcomplexmult", "test_zminMax"],
           "c": []}
FAILS = re.compile(r"^.*(?:\*\*\*|out of|[Ff]ail|^ *Error in|[Ii]llegal).*$", re.M)
# Of xeigtst's tests of balancing: they have no threshold.
COUNTS = re.compile(r"^ *(?:number of examples|total number of|example number|value of).*$", re.M)


def programs_of(precision):
    """{name: folder}"""
    result = {f"xlintst{precision}": "TESTING/LIN", f"xlintstrf{precision}": "TESTING/LIN",
              f"xeigtst{precision}": "TESTING/EIG"}
    result.update({name: "INSTALL" for name in INSTALL[precision]})
    return result


def build_lapack(flavour, precision):
    """The libraries and test programs of one precision; nothing of MPI is in them."""
    before = flavour.built_before()
    source = os.path.join(before, "source") if before else flavour.copy_source()
    programs = programs_of(precision)
    if not before:
        write_settings(flavour, source)
        for blas in BLAS_TOO[precision]:
            flavour.make("-s", "-C", "BLAS/SRC", PRECISIONS[blas], cwd=source)
        for folder in ("SRC", "TESTING/MATGEN"):
            flavour.make("-s", "-C", folder, PRECISIONS[precision], cwd=source)
        # Makefiles that allow one process at a time, side by side.
        folders = sorted(set(programs.values()))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            made = [pool.submit(flavour.must, ["make", "-s", "-C", folder, "-j1", *[
                name for name, where in programs.items() if where == folder]], source)
                    for folder in reversed(folders)]
            for one in made:
                one.result()
    return {name: os.path.join(source, folder, name) for name, folder in programs.items()}


def verify(outcome):
    """Test programs say what failed, and end in exit code 0 all the same."""
    if outcome.code:
        return f"exit {outcome.code}"
    return "; ".join(line.strip() for line in FAILS.findall(outcome.out)[:4])


def figures(text):
    """How many tests there were, and what has no threshold."""
    lines = re.findall(r"^.*(?:passed|tests run|tests done).*$", text, re.M) + COUNTS.findall(text)
    return [word for line in lines for word in line.split()]


def seconds(outcome):
    return float(re.search(r"Total time used = *([0-9.]+)", outcome.out)[1])


def lapack_checks(sources, ranks, precision, quick):
    """They are serial: one rank is all they need."""
    if ranks != 1:
        return []
    testing = os.path.join(sources["lapack"], "TESTING")
    inputs = [(name, name, "xeigtst") for name in COMMON]
    inputs += [(name, precision + name, "xeigtst") for name in OWN]
    inputs += [("lin", f"{precision}test", "xlintst"), ("rfp", f"{precision}test_rfp", "xlintstrf")]
    result = [Check(name, program + precision, input=os.path.join(testing, file + ".in"),
                    verify=verify, figures=figures, tolerance=1e-2,
                    seconds=seconds if name in TIMED and not quick else None)
              for name, file, program in inputs]
    # What they print is the same everywhere, but for times.
    result += [Check(name, name, figures=(lambda text: []) if "sec" in name else str.split,
                     tolerance=1e-12) for name in INSTALL[precision]]
    return result
