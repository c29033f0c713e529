"""ComEx, the communication layer of Global Arrays that has ARMCI's interface: remote memory through
MPI's one-sided communication, with its own test (strided, vector and accumulating operations,
read-modify-write, locks) and its own measurement of contiguous transfers.

Comes from the Python package index. Needs autoconf, automake and libtool. Natively its test fails on
one rank of Open MPI 4.1 (MPI_ERR_WIN) and on two of MPICH 4.0 (strided data are wrong there)."""
import os
import shutil

from package import Check, found, says

TITLE, LANGUAGE = "ComEx of Global Arrays 5.7.1 (one-sided)", "C"
BUILT_WITH = "configure (autotools), make"
SOURCES = ["globalarrays"]
LEVEL = "stock"
PROGRAMS = ["test"]


def build(flavour):
    source = os.path.join(flavour.work, "source")
    shutil.copytree(os.path.join(flavour.source, "ga-master", "comex"), source)
    # As in its repository: without the files that autotools make.
    flavour.must(["autoreconf", "-if"], source)
    flavour.must([os.path.join(source, "configure"), "--with-mpi3", "--without-blas",
                  "--disable-shared", "CFLAGS=-O2", f"MPICC={flavour.cc}", *flavour.configure])
    flavour.make("-s", "testing/test", "testing/perf_contig")
    return {name: os.path.join(flavour.work, "testing", name) for name in ("test", "perf_contig")}


def put_time(outcome):
    """Seconds in which all its blocks from 16 bytes to 1 MiB are put and got once."""
    return sum(map(float, found(r"^ *\d+\t\t *([0-9.]+)\t")(outcome.out))) * 1e-6


def checks(sources, ranks, quick):
    # How often each process got at the counter first differs from run to run.
    result = [Check("test", "test", verify=says("All tests passed", never="(?i)error|failed"),
                    figures=found(r"-+array.*-+|The final value is .*|OK"))]
    if ranks == 2 and not quick:
        result.append(Check("contiguous transfers", "perf_contig",
                            verify=says(r"1048576", 2), seconds=put_time))
    return result
