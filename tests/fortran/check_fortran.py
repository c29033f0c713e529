#!/usr/bin/env python3
"""Compile Fortran programs with mpiwasmfort and compare what they print with gfortran's natives.

  check_fortran.py BUILD NAME...

Exit code 77, with the reason: mpiwasmfort cannot compile yet, since flang or its runtime library
(mpiwasm sysroot build --fortran) is not there, or there is nothing to compare with.
"""
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
SUITES = {
    "common": ["common.f", "common_large.f"],
    "external": ["external.f", "external_picks.f"],
    "language": ["language.f90"],
    "files": ["files.f90"],
    "lengths": ["lengths.f90", "lengths_c.c"],
    "nested": ["nested.f90"],
    "omp_serial": ["omp_serial.f90"],
    "interop": ["by_value.f90", "by_value_c.c", "interop.f90", "interop_c.c"],
    "full_cxx": ["full_cxx.f90", "full_cxx.cpp"],
    "mpi_hello": ["mpi_hello.f"],
    "mpi_calls": ["mpi_calls.f90"],
    "mpi_modern": ["mpi_modern.f90"],
    "mpi_callbacks": ["mpi_callbacks.f90"],
    "mpi_large": ["mpi_large.f90"],
    "mpi_spawn": ["mpi_spawn.f90"],
}
# Natively not every MPI has these, or what no native compiler links without OpenMP.
EXPECTED = {
    "omp_serial": "   1   1   0   1\n   F   T   F\n   1  -1   0\n   T   T\n   T   F   T\n   2\n"
                  "   T   T\n",
    "mpi_large": "   1   4   6   1   2   3   3\n24000000000\n  1.  1.  2.  2.  2.\n",
}
# What is refused, and what the message must say.
REFUSED = {
    "alike": ("subroutine s(f, g, t)\ninterface\nsubroutine f(a, i)\ncharacter(*) :: a\n"
              "integer(8), value :: i\nend subroutine\nsubroutine g(n, i, j)\ninteger :: n\n"
              "integer(8), value :: i, j\nend subroutine\nend interface\ncharacter(*) :: t\n"
              "call f(t, 1_8)\ncall g(1, 2_8, 3_8)\nend subroutine\n",
              "procedure s_ calls procedures"),
    "absent": ("program p\nexternal mpi_register_datarep\ncall mpi_register_datarep()\n"
               "end program\n", "absent.f90.o uses: MPI has no such procedure"),
    "syntax": ("program p\ninteger :: i = \nend program\n", "error:"),
}


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def run(command, cwd, status=0):
    environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                       OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_mpi_yield_when_idle="1")
    result = subprocess.run(command, cwd=cwd, text=True, capture_output=True, check=False,
                            timeout=280, env=environment)
    if status is None:
        return result.stdout if result.returncode == 0 else None
    if (result.returncode == 0) != (status == 0):
        sys.exit(f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}{result.stderr}")
    return result.stdout if status == 0 else result.stderr


def compare(name, native, module):
    if native != module:
        sys.exit(f"{name}: natively:\n{native}\nas a module:\n{module}")
    if not native.strip():
        sys.exit(f"{name} prints nothing")


def check_without_openmp(tools, work):
    """Without its libraries -fopenmp is dropped, and that is said; directives are comments."""
    path = os.path.join(work, "team.f90")
    with open(path, "w", encoding="utf-8") as file:
        file.write("integer :: n = 0\n!$ n = 10\n!$omp parallel num_threads(3)\n!$omp critical\n"
                   "n = n + 1\n!$omp end critical\n!$omp end parallel\nprint *, n\nend\n")
    result = subprocess.run([tools + "mpiwasmfort", "-fopenmp", path, "-o", "team.wasm"], cwd=work,
                            text=True, capture_output=True, check=False,
                            env=dict(os.environ, MPIWASM_SYSROOT="stock"))
    if result.returncode != 0 or "without OpenMP" not in result.stderr:
        sys.exit(f"-fopenmp: {result.stderr}")
    compare("-fopenmp", " 1\n", run([tools + "mpiwasm", "team.wasm"], work))


def write_file(work, name, text):
    with open(os.path.join(work, name), "w", encoding="utf-8") as file:
        file.write(text)


def check_too_deep(tools, work):
    """An internal procedure has 64 environments at a time: the next one is no silent mistake."""
    write_file(work, "deep.f90", "recursive subroutine deep(n, f)\ninteger :: n\nexternal :: f\n"
               "if (n > 0) call deep(n - 1, inner)\nif (n == 0) call f\ncontains\n"
               "subroutine inner\nif (n >= 1) n = -n\ncall f\nend subroutine\nend subroutine\n")
    write_file(work, "top.c", "#include <stdio.h>\n#include <stdlib.h>\n"
               "void deep_(int *n, void (*f)(void));\nstatic void none(void) { puts(\"all\"); }\n"
               "int main(int argc, char **argv) {\nint n = atoi(argv[argc - 1]);\n"
               "deep_(&n, none);\nprintf(\"%d\\n\", n);\n}\n")
    run([tools + "mpiwasmfort", "deep.f90", "top.c", "-o", "deep.wasm"], work)
    compare("64 calls", "all\n-64\n", run([tools + "mpiwasm", "deep.wasm", "64"], work))
    said = run([tools + "mpiwasm", "deep.wasm", "65"], work, status=1)
    if "procedure inner is passed as an argument by more than 64 calls" not in said:
        sys.exit(f"65 calls: {said}")


def check_serial(name, sources, tools, work):
    if name == "full_cxx":
        full = os.path.join(os.path.dirname(tools), "..", "tests", "guest", "full")
        full = os.environ.setdefault("MPIWASM_SYSROOT", os.path.realpath(full))
        if not os.path.exists(os.path.join(full, "level")):
            skip("the full sysroot is not there")
        sources.append("-lstdc++")
    if name == "nested":
        check_too_deep(tools, work)
    if name == "omp_serial":
        check_without_openmp(tools, work)
    run([tools + "mpiwasmfort", "-O1", "--strict-signatures", *sources, "-o", "a.wasm"], work)
    said = run([tools + "mpiwasm", "a.wasm"], work)
    if name in EXPECTED:
        compare(name, EXPECTED[name], said)
        return
    if not shutil.which("gfortran"):
        skip("no gfortran to compare with")
    run(["gfortran", "-std=legacy", "-w", *sources, "-o", "native"], work)
    compare(name, run(["./native"], work), said)


def check_mpi(name, sources, tools, work):
    run([tools + "mpiwasmfort", "-O1", "--strict-signatures", *sources, "-o", "a.wasm"], work)
    compared = 0
    for mpi in ("mpich", "openmpi"):
        compiler, launcher = shutil.which(f"mpif90.{mpi}"), shutil.which(f"mpiexec.{mpi}")
        if not compiler or not launcher:
            continue
        module = ["a.wasm"] if name != "mpi_spawn" else [
            "--allow-spawn", "--dir", ".", "a.wasm", "a.wasm"]
        if name in EXPECTED:
            out = run([launcher, "-n", "2", tools + "mpiwasm", *module], work)
            compare(f"{name} ({mpi})", *("".join(sorted(text.splitlines(True)))
                                         for text in (EXPECTED[name], out)))
            compared += 1
            continue
        # Neither module knows all calls with choice buffers by their types.
        run([compiler, "-w", "-fallow-argument-mismatch", *sources, "-o", "native"], work)
        native = [launcher, "-n", "2", "./native", os.path.join(work, "native")]
        if name == "mpi_spawn" and run(native, work, status=None) is None:
            print(f"{mpi} cannot start processes here, natively either")
            continue
        compare(f"{name} ({mpi})", run(native, work),
                run([launcher, "-n", "2", tools + "mpiwasm", *module], work))
        compared += 1
    if not compared:
        skip("no MPI with Fortran to compare with")


def check_refused(tools, work):
    for name, (text, message) in REFUSED.items():
        path = os.path.join(work, f"{name}.f90")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        made = os.path.join(work, f"{name}.o")
        words = ["-o", made] + ["-c"] * (name != "absent")
        said = run([tools + "mpiwasmfort", *words, path], work, status=1)
        if message not in said:
            sys.exit(f"{name}: no '{message}' in: {said}")
        if name == "absent" and said.count("\n") > 2:
            sys.exit(f"{name}: more than the error and its count: {said}")
        if os.path.exists(made):
            sys.exit(f"{name}: an object was made")


def check_lines(tools, work):
    """-g: where in the source it was."""
    write_file(work, "fail.f90", "subroutine fail(n)\ninteger :: n\ninteger, allocatable :: a(:)\n"
               "allocate(a(4))\na = n\nn = a(2) / (a(3) - n)\nend subroutine\n")
    write_file(work, "fail.c", "void fail_(int *);\nint main(void) {\nint n = 1;\nfail_(&n);\n"
               "return n;\n}\n")
    run([tools + "mpiwasmfort", "-g", "-O0", "fail.f90", "fail.c", "-o", "fail.wasm"], work)
    said = run([tools + "mpiwasm", "fail.wasm"], work, status=1)
    if "divide by zero" not in said or "at fail.f90:6\n" not in said:
        sys.exit(f"-g: {said}")


def check_options(tools, work):
    """What flang has is passed on; what it lacks is dropped, and said if that may be noticed."""
    def said(*words):
        result = subprocess.run([tools + "mpiwasmfort", *words, "-c", "count.f"], cwd=work, text=True,
                                capture_output=True, check=True)
        return result.stdout + result.stderr

    write_file(work, "count.f", "      SUBROUTINE S(F, N)\n      INTEGER F, N, K(100)\n"
               "      IF (F .EQ. 1) K(7) = 42\n      N = K(7)\n      END\n"
               "      SUBROUTINE T(N)\n      INTEGER N, I, M(200)\n      DO I = 1, 200\n"
               "        M(I) = N\n      END DO\n      N = M(9)\n      END\n")
    write_file(work, "counts.c", "#include <stdio.h>\nvoid s_(int *, int *), t_(int *);\n"
               "int main(void) {\nint f = 1, n = 5;\ns_(&f, &n);\nf = 0;\nt_(&f);\ns_(&f, &n);\n"
               "printf(\"%d\\n\", n);\n}\n")
    run([tools + "mpiwasmfort", "-O0", "-fno-automatic", "count.f", "counts.c", "-o", "count.wasm"],
        work)
    compare("-fno-automatic", "42\n", run([tools + "mpiwasm", "count.wasm"], work))
    missed = ["-finit-integer=7", "-fcheck=all", "-ffpe-trap=zero,invalid", "-fno-underscoring",
              "-fsecond-underscore", "-fdec-math", "-frecord-marker=8"]
    lines = said(*missed).splitlines()
    if len(lines) != len(missed) or not all(f"warning: {option} is dropped: " in line
                                            for option, line in zip(missed, lines)):
        sys.exit("\n".join(["missed options:", *lines]))
    quiet = said("-w", *missed) + said("-frecord-marker=4", "-fbacktrace", "-std=legacy")
    if quiet:
        sys.exit(f"what is harmless: {quiet}")


def check_old_runtime(tools, work):
    """Calls of what another version has built have other types."""
    write_file(work, "level", "19.1.7 2\n")
    result = subprocess.run([tools + "mpiwasmfort", "-c", "a.f90"], cwd=work, text=True, check=False,
                            capture_output=True, env=dict(os.environ, MPIWASM_FORTRAN=work))
    if result.returncode == 0 or "run mpiwasm sysroot build --fortran again" not in result.stderr:
        sys.exit(f"an old runtime: {result.stderr}")


def main():
    build = os.path.abspath(sys.argv[1])
    tools = os.path.join(build, "bin", "")
    if not os.environ.get("MPIWASM_FORTRAN"):
        os.environ["MPIWASM_FORTRAN"] = os.path.join(build, "tests", "fortran", "runtime")
    with tempfile.TemporaryDirectory(prefix="mpiwasm-fortran-") as work:
        probe = subprocess.run([tools + "mpiwasmfort", "--showme:command"], text=True,
                               capture_output=True, check=False)
        if probe.returncode != 0:
            skip(probe.stderr.strip())
        for name in sys.argv[2:]:
            sources = [os.path.join(PROGRAMS, source) for source in SUITES.get(name, [])]
            if name == "refused":
                check_refused(tools, work)
                check_old_runtime(tools, work)
            elif name == "options":
                check_options(tools, work)
                check_lines(tools, work)
            elif name.startswith("mpi_"):
                check_mpi(name, sources, tools, work)
            else:
                check_serial(name, sources, tools, work)
            print(f"{name}: as expected")


if __name__ == "__main__":
    main()
