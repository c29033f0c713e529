"""The reference BLAS and its own testers: levels 1 to 3 of one precision, real and complex."""
from blas_make import blas_checks, build_blas

TITLE = "BLAS (LAPACK 3.11's)"
LANGUAGE = "Fortran"
BUILT_WITH = "make"
SOURCES = ["lapack"]
LEVEL = "stock"
PROGRAMS = []  # nothing of MPI is in them
VARIANTS = {"double": "dz", "single": "sc"}
VARIANT = "double"


def build(flavour):
    return build_blas(flavour, VARIANTS[VARIANT])


def checks(sources, ranks, quick):
    return blas_checks(sources, ranks, VARIANTS[VARIANT])
