"""How the reference BLAS is built from LAPACK's source and checked by its own testers."""
import os
import re
import subprocess
import sys

from package import Check, says

SETTINGS = """\
SHELL = /bin/sh
CC = {cc}
CFLAGS = -O3
FC = {fc}
FFLAGS = -O2 -frecursive
FFLAGS_DRV = $(FFLAGS)
FFLAGS_NOOPT = -O0 -frecursive
LDFLAGS =
AR = {ar}
ARFLAGS = cr
RANLIB = {ranlib}
TIMER = INT_ETIME
BLASLIB = $(TOPSRCDIR)/librefblas.a
LAPACKLIB = $(TOPSRCDIR)/liblapack.a
TMGLIB = $(TOPSRCDIR)/libtmglib.a
"""
PRECISIONS = {"s": "single", "d": "double", "c": "complex", "z": "complex16"}
TESTER_FAILS = r"FAIL|SUSPECT|ABANDONED"


def write_settings(flavour, source):
    """The package's file of settings for its Makefiles, with the names of its example."""
    if flavour.is_wasm:
        probe = subprocess.run([flavour.fc, "--showme:command"], text=True, capture_output=True,
                               check=False, env=dict(os.environ, **flavour.env))
        if probe.returncode != 0:
            print(f"skipped: {probe.stderr.strip()}")
            sys.exit(77)
    with open(os.path.join(source, "make.inc"), "w", encoding="utf-8") as file:
        file.write(SETTINGS.format(cc=flavour.cc, fc=flavour.fc, ar=flavour.ar,
                                   ranlib=flavour.ranlib))


def numbers(text):
    """For Check.figures: all words of the lines that tell how many tests there were."""
    return [word for line in re.findall(r"^.*(?:PASS|passed|failed|TESTS|tests).*$", text, re.M)
            for word in line.split()]


def build_blas(flavour, precisions):
    """The library and its testers, for some of the four precisions."""
    source = flavour.copy_source()
    write_settings(flavour, source)
    for folder in ("BLAS/SRC", "BLAS/TESTING"):
        for precision in precisions:  # one after the other: all add to one library
            flavour.make("-C", folder, PRECISIONS[precision], cwd=source)
    return {f"xblat{level}{precision}": os.path.join(source, "BLAS", "TESTING",
                                                     f"xblat{level}{precision}")
            for level in (1, 2, 3) for precision in precisions}


def blas_checks(sources, ranks, precisions):
    """The testers are serial: one rank is all they need. Their inputs come from the package; what
    levels 2 and 3 find goes to a file."""
    result = []
    for level in (1, 2, 3) if ranks == 1 else ():
        for precision in precisions:
            name = f"{precision}blat{level}"
            if level == 1:
                count = 10 if precision in "cz" else 13
                result.append(Check(name, f"xblat1{precision}", figures=numbers,
                                    verify=says("----- PASS -----", count, TESTER_FAILS)))
                continue
            routines = {(2, True): 16, (2, False): 17, (3, True): 6, (3, False): 9}
            result.append(Check(
                name, f"xblat{level}{precision}",
                input=os.path.join(sources["lapack"], "BLAS", "TESTING", f"{name}.in"),
                outputs=[f"{name}.out"], figures=numbers,
                verify=says("PASSED THE COMPUTATIONAL TESTS",
                            routines[level, precision in "sd"], TESTER_FAILS)))
    return result
