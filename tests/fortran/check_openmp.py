#!/usr/bin/env python3
"""Compile Fortran programs with OpenMP and compare what they print with gfortran's natives.

  check_openmp.py BUILD openmp|mpi_openmp

Exit code 77, with the reason: the libraries that OpenMP needs in Fortran are not there, or there is
nothing to compare with.
"""
import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from check_fortran import PROGRAMS, compare, run, skip

# What is refused, and what the message must say.
REFUSED = {
    "syntax": ("program p\n!$omp parallel do\nprint *, 1\nend program\n", "error:"),
    "reduction": ("program p\ninteger :: i, n(0:4)\nn = 0\n!$omp parallel do reduction(+:n)\n"
                  "do i = 1, 100\nn(mod(i, 5)) = i\nend do\nprint *, n\nend program\n",
                  "whose lower bound is not 1"),
}


def compile_module(tools, work, *words):
    run([tools + "mpiwasmfort", "-O1", "-fopenmp", "--strict-signatures", *words], work)


def check_openmp(tools, work, sources):
    """Directives, in two files that share locks and COMMON blocks, with various teams."""
    if not shutil.which("gfortran"):
        skip("no gfortran to compare with")
    compile_module(tools, work, *sources, "-o", "a.wasm")
    run(["gfortran", "-fopenmp", "-w", *sources, "-o", "native"], work)
    for threads in ("1", "4"):
        os.environ["OMP_NUM_THREADS"] = threads
        compare(f"openmp, {threads} threads", run(["./native"], work),
                run([tools + "mpiwasm", "--dir", ".", "a.wasm"], work))


def check_refused(tools, work):
    for name, (text, message) in REFUSED.items():
        path = os.path.join(work, f"{name}.f90")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        said = run([tools + "mpiwasmfort", "-fopenmp", "-c", path, "-o", "refused.o"], work,
                   status=1)
        if message not in said or "function signature" in said:
            sys.exit(f"{name}: no '{message}' in: {said}")
        if os.path.exists(os.path.join(work, "refused.o")):
            sys.exit(f"{name}: an object was made")


def check_mpi(tools, work, sources):
    """Two ranks of two threads, with both MPIs."""
    compile_module(tools, work, *sources, "-o", "a.wasm")
    compared = 0
    for mpi in ("mpich", "openmpi"):
        compiler, launcher = shutil.which(f"mpif90.{mpi}"), shutil.which(f"mpiexec.{mpi}")
        if not compiler or not launcher:
            continue
        run([compiler, "-fopenmp", "-w", "-fallow-argument-mismatch", *sources, "-o", "native"],
            work)
        said = [run([launcher, "-n", "2", *program], work)
                for program in (["./native"], [tools + "mpiwasm", "a.wasm"])]
        compare(f"mpi_openmp ({mpi})", *("".join(sorted(text.splitlines(True))) for text in said))
        compared += 1
    if not compared:
        skip("no MPI with Fortran to compare with")


def main():
    build, name = os.path.abspath(sys.argv[1]), sys.argv[2]
    tools = os.path.join(build, "bin", "")
    for variable, *place in (("MPIWASM_FORTRAN", "fortran", "runtime"),
                             ("MPIWASM_SYSROOT", "guest", "full")):
        os.environ[variable] = os.environ.get(variable) or os.path.join(build, "tests", *place)
    for path in (os.path.join(os.environ["MPIWASM_FORTRAN"], "threads"),
                 os.path.join(os.environ["MPIWASM_SYSROOT"], "openmp")):
        if not os.path.exists(path):
            skip(f"{path} is not there")
    with tempfile.TemporaryDirectory(prefix="mpiwasm-fortran-") as work:
        if name == "mpi_openmp":
            check_mpi(tools, work, [os.path.join(PROGRAMS, "mpi_openmp.f90")])
        else:
            check_refused(tools, work)
            check_openmp(tools, work, [os.path.join(PROGRAMS, source)
                                       for source in ("openmp.f90", "openmp_more.f90")])
    print(f"{name}: same output")


if __name__ == "__main__":
    main()
