"""LAPACK and its own test programs, one precision at a time."""
from lapack_make import build_lapack, lapack_checks

TITLE = "LAPACK 3.11"
LANGUAGE = "Fortran"
BUILT_WITH = "make"
SOURCES = ["lapack"]
LEVEL = "stock"
PROGRAMS = []  # nothing of MPI is in them
VARIANTS = {"double": "d", "single": "s", "complex": "c", "double_complex": "z"}
VARIANT = "double"


def build(flavour):
    return build_lapack(flavour, VARIANTS[VARIANT])


def checks(sources, ranks, quick):
    return lapack_checks(sources, ranks, VARIANTS[VARIANT], quick)
