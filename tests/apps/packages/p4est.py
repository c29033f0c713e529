"""p4est, forests of octrees for adaptive meshes, with some programs of its `make check`: refinement,
balance, partition, ghost layers, numbering of nodes, searches, checkpoints. They abort where a
result is wrong; what they say of meshes and checksums must be as natively. zlib comes with it,
built first. Needs autoconf, automake and libtool.

Its p6est is left out: it exchanges columns as the bytes of a pointer and takes these for 8."""
import os
import re
import shutil

from package import Check

TITLE, LANGUAGE, BUILT_WITH = "p4est 2.2 and zlib 1.2.13", "C", "configure (autotools), make"
SOURCES = ["p4est", "zlib"]
LEVEL = "stock"
TESTS = ["p4est_test_balance", "p4est_test_loadsave", "p8est_test_lnodes", "p4est_test_partition",
         "p8est_test_search"]
QUICK = 2
PROGRAMS = ["p4est_test_balance"]


def build(flavour):
    zlib = os.path.join(flavour.work, "zlib")
    shutil.copytree(flavour.sources["zlib"], zlib)
    flavour.must(["env", f"CC={flavour.cc}", "CFLAGS=-O2", "./configure", "--static"], zlib)
    flavour.make("-s", "libz.a", cwd=zlib)
    # As in Debian's repository of sources: without a configure script, which its bootstrap makes.
    source = flavour.copy_source()
    flavour.must(["./bootstrap"], source)
    work = os.path.join(flavour.work, "build")
    os.makedirs(work)
    # It looks for a Fortran compiler for BLAS, which is left out, even so: the machine's own, so zlib
    # must not be in LDFLAGS.
    flavour.must([os.path.join(source, "configure"), "--enable-mpi", "--disable-shared",
                  "--without-blas", "CFLAGS=-O2", "LIBS=-lz -lm", "FLIBS=-lm", "FCLIBS=-lm",
                  *flavour.configure, f"CC={flavour.cc} -I{zlib} -L{zlib}",
                  f"CXX={flavour.cxx} -L{zlib}"], work)
    flavour.make("-s", "-C", "sc", "src/libsc.la", cwd=work)
    flavour.make("-s", *(f"test/{name}" for name in TESTS), cwd=work)
    return {name: os.path.join(work, "test", name) for name in TESTS}


def lines(text):
    """What rank 0 says of meshes. Lines of all ranks come in any order, settings and times differ."""
    return [line for line in text.splitlines()
            if re.match(r"\[(p4est|p8est|p6est|libsc)\] ", line) and
            not re.match(r"\[\w+\] +(CPP|CPPFLAGS|CC|CFLAGS|LDFLAGS|LIBS) |"
                         r".*([Tt]ime|This is| for |(Summary|Maximum|Minimum) = )", line)]


def checks(sources, ranks, quick):
    return [Check(name, name, figures=lines) for name in (TESTS[:QUICK] if quick else TESTS)]
