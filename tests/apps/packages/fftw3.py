"""FFTW with its MPI transforms. The checks are those of its `make check` in mpi/: a script of FFTW makes
up problems, mpi-bench verifies each by the mathematical properties of Fourier transforms."""
import os
import shutil
import subprocess

from package import Check, found

TITLE, LANGUAGE, BUILT_WITH = "FFTW 3.3.10", "C", "configure, make"
SOURCES = ["fftw3"]
LEVEL = "stock"
PROGRAMS = ["mpi-bench"]
VERIFIED = found(r"^(\S+) \S+e\S+ \S+ \S+$")


def build(flavour):
    program = os.path.join(flavour.work, "mpi", "mpi-bench")
    other = flavour.built_before()
    if other: # only what is in mpi/ knows of MPI
        shutil.copytree(other, flavour.work, symlinks=True, dirs_exist_ok=True)
        flavour.make("-s", "-C", "mpi", "clean")
        flavour.make("-s", "-C", "mpi", f"CC={flavour.cc}")
        return {"mpi-bench": program}
    flavour.must([os.path.join(flavour.source, "configure"), "--enable-mpi", "--disable-fortran",
                  "--disable-shared", "--disable-doc", "CFLAGS=-O2",
                  f"MPICC={flavour.cc}", *flavour.configure])
    flavour.make("-s")
    return {"mpi-bench": program}


def problems(source, count, size):
    """The arguments of each run of mpi-bench that check.pl would do, the same ones every time."""
    script = os.path.join(source, "tests", "check.pl")
    lines = subprocess.run(
        ["perl", "-e", "srand 1; do shift", script, "--mpi", "-r", f"-c={count}",
         f"--maxsize={size}", "--verify-rounds=1", "--estimate", "echo"],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return [["--verbose=1", *line.split()] for line in lines]


def verifies(arguments):
    """mpi-bench ends in 1 at the first wrong transform; each right one is a line with its errors."""
    def verify(outcome):
        if outcome.code:
            return f"exit {outcome.code}"
        wanted = [word for last, word in zip(arguments, arguments[1:]) if last == "--verify"]
        done = VERIFIED(outcome.out)
        return "" if wanted and done == wanted else f"verified {len(done)} of {len(wanted)}"
    return verify


def speed(outcome):
    """mpi-bench's own time of one transform, in whatever unit it chose."""
    number, unit = found(r"time: ([0-9.e+-]+) (ns|us|ms|s)")(outcome.out)
    return float(number) * {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def checks(sources, ranks, quick):
    result = [Check(f"random problems {number}", "mpi-bench", arguments, verifies(arguments),
                    VERIFIED)
              for number, arguments in enumerate(problems(sources["fftw3"], 4 if quick else 8,
                                                          4000 if quick else 20000))]
    if not quick:
        result += [Check(f"speed of {problem}", "mpi-bench",
                         ["-o", "estimate", "--speed", problem], seconds=speed)
                   for problem in ("icf512x512", "ocf64x64x64", "irf96x96x96")]
    return result
