"""LAPACK and its own test programs, in double precision."""
from lapack_make import build_lapack, lapack_checks

TITLE = "LAPACK 3.11, double"
LANGUAGE = "Fortran"
BUILT_WITH = "make"
SOURCES = ["lapack"]
LEVEL = "stock"
PROGRAMS = []  # nothing of MPI is in them


def build(flavour):
    return build_lapack(flavour, "d")


def checks(sources, ranks, quick):
    return lapack_checks(sources, ranks, "d", quick)
