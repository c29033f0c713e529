"""ARMCI-MPI: ARMCI's remote memory access (as Global Arrays and NWChem use it) on MPI's one-sided
communication. The checks are the programs of its `make check`, which ends them with an error where
remote memory is not what it must be; its benchmarks are timed. Needs autoconf, automake, libtool."""
import os

from package import Check, found, says, wall

TITLE, LANGUAGE, BUILT_WITH = "ARMCI-MPI 0.4", "C", "configure (autotools), make"
SOURCES = ["armci-mpi/trixie"]
LEVEL = "stock"
# Those that it expects to fail are left out, and what only reports what the host's MPI can do.
TESTS = """tests/test_onesided tests/test_onesided_shared tests/test_onesided_shared_dla
    tests/test_mutex tests/test_mutex_rmw tests/test_mutex_trylock tests/test_malloc_irreg
    tests/test_groups tests/test_group_split tests/test_malloc_group tests/test_accs
    tests/test_accs_dla tests/test_puts tests/test_puts_gets tests/test_puts_gets_dla
    tests/test_putv tests/test_igop tests/test_rmw_fadd tests/test_parmci tests/mpi/test_mpi_accs
    tests/mpi/test_mpi_dim tests/mpi/test_mpi_indexed_accs tests/mpi/test_mpi_indexed_gets
    tests/mpi/test_mpi_indexed_puts_gets tests/mpi/test_mpi_subarray_accs tests/mpi/test_win_create
    tests/ctree/ctree_test tests/ctree/ctree_test_rand tests/ctree/ctree_test_rand_interval
    tests/contrib/armci-test tests/contrib/lu/lu-block tests/contrib/lu/lu-b-bc
    tests/contrib/transp1D/transp1D-c tests/contrib/non-blocking/simple""".split()
TIMED = ["benchmarks/ring-flood", "benchmarks/contiguous-bench", "benchmarks/strided-bench",
         "tests/ARMCI_PutS_latency", "tests/ARMCI_AccS_latency", "benchmarks/rmw_perf"]
NOT_ALONE = ["tests/contrib/non-blocking/simple"]
QUICK = ["tests/test_onesided", "tests/test_mutex_rmw", "tests/test_puts_gets", "tests/test_accs"]
PROGRAMS = ["armci-test"]
SAID = found(r"(?i)\bpass(?:ed)?\b|\bsuccess\b|^starting .*|^-+array.*-+$|\bOK\b")


def build(flavour):
    source = flavour.copy_source("armci-mpi/trixie")
    # As in its repository: without the files that autotools make.
    flavour.must(["autoreconf", "-if"], source)
    flavour.must([os.path.join(source, "configure"), "--disable-shared", "--without-progress",
                  "CFLAGS=-O2", f"MPICC={flavour.cc}", *flavour.configure])
    flavour.make("-s", *TESTS, *TIMED)
    return {os.path.basename(name): os.path.join(flavour.work, name) for name in TESTS + TIMED}


def checks(sources, ranks, quick):
    result = [Check(os.path.basename(name), os.path.basename(name),
                    verify=says("", never=r"(?i)\bfail|(?<!no )error|expected .* actual"),
                    figures=SAID)
              for name in (QUICK if quick else TESTS) if ranks > 1 or name not in NOT_ALONE]
    if ranks == 2 and not quick:
        result += [Check(os.path.basename(name), os.path.basename(name), seconds=wall)
                   for name in TIMED]
    return result
