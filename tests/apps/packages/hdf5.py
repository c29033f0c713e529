"""Parallel HDF5, with the programs of its testpar/: MPI-IO through its library, metadata caches of all
ranks, collective and chunked reads and writes, filters. Its configure script runs programs, too.

From a newer release of Debian: 1.10.8 calls a function through a pointer of another type (to free
chunks that it fills), which WebAssembly refuses; 1.14 does not. Left out are t_bigio and t_2Gio,
which write files of many GiB, pflush, which kills itself, and three that count on 64 bits:
t_filters_parallel takes a long's size for a double's, t_select_io_dset for larger than an int's, and
t_vfd a pointer's for a file offset's."""
import os
import re

from package import Check, says, wall

TITLE, LANGUAGE, BUILT_WITH = "HDF5 1.14.5, parallel", "C", "configure, make"
SOURCES = ["hdf5/trixie"]
LEVEL = "stock"
TESTS = ["t_mpi", "testphdf5", "t_cache", "t_cache_image", "t_pread", "t_pshutdown", "t_prestart",
         "t_init_term", "t_shapesame", "t_pmulti_dset"]
PROGRAMS = ["testphdf5"]
NO_ERRORS = "finished with no (?:errors|failures)|tests passed|Need at least"
GOOD = {name: NO_ERRORS for name in TESTS}
GOOD.update({name: "PASSED" for name in ("t_prestart", "t_pshutdown", "t_init_term")})
QUICK = ["t_mpi", "t_pshutdown", "t_prestart", "t_init_term", "testphdf5", "t_shapesame"]


def build(flavour):
    flavour.must([os.path.join(flavour.source, "configure"), "--enable-parallel",
                  "--disable-shared", "--disable-hl", "--disable-fortran", "--disable-tools",
                  "--without-zlib", "--enable-build-mode=production",
                  # It clears a flag that WebAssembly's arithmetic does not have.
                  f"CFLAGS=-O2 -w{' -DFE_INVALID=0' if flavour.is_wasm else ''}",
                  *flavour.configure])
    flavour.make("-s", "-C", "src")
    flavour.make("-s", "-C", "test", "libh5test.la")
    flavour.make("-s", "-C", "testpar", *TESTS)
    return {name: os.path.join(flavour.work, "testpar", name) for name in TESTS}


def figures(text):
    """Which parts ran, and how many are said to have passed: ranks write their lines in any order."""
    return sorted(set(re.findall(r"-- .*? \(\w+\)", text))) + [len(re.findall("PASSED", text))]


def checks(sources, ranks, quick):
    # Each program has all of the library in it, so only what is timed is optimised.
    timed = ["testphdf5", "t_shapesame"]
    # Built with Open MPI, which does them only now and then, HDF5 leaves out atomic updates. A module
    # knows no MPI by name and would do them.
    left_out = {"testphdf5": ("-x", "atomicity")}
    return [Check(name, name, left_out.get(name, ()),
                  verify=says(GOOD[name], never=r"\*FAILED\*|\d ERRORS? "),
                  figures=figures, limit=900,
                  before=["t_pshutdown"] if name == "t_prestart" else (),
                  seconds=wall if name in timed and not quick else None,
                  options=() if name in timed and not quick else ("-O0",),
                  # 3: the least of each test that HDF5 knows, of which some take an hour.
                  env={"HDF5TestExpress": "3"})
            for name in (QUICK if quick else TESTS)]
