"""LAPACK and its own test programs, of one precision, real and complex; "install" stands for those
that try out what LAPACK needs of the compiler. Nothing of MPI is in them."""
from lapack_make import build_lapack, lapack_checks

TITLE = "LAPACK 3.11"
LANGUAGE = "Fortran"
BUILT_WITH = "make"
SOURCES = ["lapack"]
LEVEL = "stock"
PROGRAMS = []
VARIANTS = {"double": "dz", "single": "sc", "install": ""}
VARIANT = "double"


def build(flavour):
    return build_lapack(flavour, VARIANTS[VARIANT])


def checks(sources, ranks, quick):
    return lapack_checks(sources, ranks, VARIANTS[VARIANT], quick)
