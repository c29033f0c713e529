"""How LAPACK is built, single or double precision, and checked by its own test programs: xlintst for
linear equations, xeigtst for eigenvalues, singular values and least squares. Those of INSTALL, for
what LAPACK takes from the compiler, need none of its libraries: no precision stands for them."""
import concurrent.futures
import os
import re

from blas_make import PRECISIONS, write_settings
from package import Check, says

# Inputs of xeigtst: one for all precisions, one of each.
COMMON = ["nep", "sep", "se2", "svd", "glm", "gqr", "gsv", "csd", "lse"]
OWN = ["ec", "ed", "gg", "gd", "sb", "sg", "bb", "bal", "bak", "gbal", "gbak"]
TIMED = ["sep", "svd", "lin"]
INSTALL = ["testlsame", "testdlamch", "testslamch", "testdsecnd", "testsecond", "testieee",
           "test_zcomplexabs", "test_zcomplexdiv", "test_zcomplexmult", "test_zminMax"]
FAILS = re.compile(r"^.*(?:\*\*\*|out of|[Ff]ail|^ *Error in|[Ii]llegal).*$", re.M)
# Of xeigtst's tests of balancing: they have no threshold.
COUNTS = re.compile(r"^ *(?:number of examples|total number of|example number|value of).*$", re.M)


def programs_of(precisions):
    """{name: folder}"""
    if not precisions:
        return {name: "INSTALL" for name in INSTALL}
    return {program + precision: folder for precision in precisions
            for program, folder in (("xlintst", "TESTING/LIN"), ("xlintstrf", "TESTING/LIN"),
                                    ("xeigtst", "TESTING/EIG"))}


def build_lapack(flavour, precisions):
    """The libraries and test programs of some precisions, or the programs of INSTALL. What is complex
    needs what is real of the same size."""
    before = flavour.built_before()
    source = os.path.join(before, "source") if before else flavour.copy_source()
    programs = programs_of(precisions)
    if not before:
        write_settings(flavour, source)
        for folder in ("BLAS/SRC", "SRC", "TESTING/MATGEN"):
            # One after the other, since all add to one library. Each make ends by deleting what
            # compiling this file left for others; the next one does so only if told that it is new.
            for precision in precisions:
                flavour.make("-s", "-C", folder, "-W", "la_xisnan.F90", PRECISIONS[precision],
                             cwd=source)
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


def lapack_checks(sources, ranks, precisions, quick):
    """They are serial: one rank is all they need."""
    if ranks != 1:
        return []
    if not precisions: # what they print is the same everywhere, but for times and the last digits
        return [Check(name, name, figures=(lambda text: []) if "sec" in name else str.split,
                      verify=says("", never="differs? from"), tolerance=1e-6) for name in INSTALL]
    testing = os.path.join(sources["lapack"], "TESTING")
    result = []
    for kind in precisions:
        inputs = [(name, name, "xeigtst") for name in COMMON]
        inputs += [(name, kind + name, "xeigtst") for name in OWN]
        inputs += [("lin", f"{kind}test", "xlintst"), ("rfp", f"{kind}test_rfp", "xlintstrf")]
        result += [Check(f"{name} ({kind})", program + kind, verify=verify, figures=figures,
                         input=os.path.join(testing, file + ".in"), tolerance=1e-2,
                         seconds=seconds if name in TIMED and not quick else None)
                   for name, file, program in inputs]
    return result
