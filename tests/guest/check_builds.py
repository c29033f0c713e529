#!/usr/bin/env python3
"""Build small projects with make, autoconf and CMake, as users would, and run what comes out.

  check_builds.py BUILD [NAME...]    all checks, or those named
"""
import os
import shutil
import subprocess
import sys

from wrappers import BIN, SHARE, mpiwasm, run, run_checks

PROJECTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "projects")


def check_make():
    """A Makefile that knows nothing of us, in which a generator runs."""
    shutil.copytree(os.path.join(PROJECTS, "make"), "make")
    run("make", "-C", "make", "app", f"CC={BIN}/mpiwasmcc")
    assert run("make/app") == ("1.000000 4\n", "")
    run("make", "-C", "make", "clean")


def configured(directory, *command, site=None):
    """What a configure script found and what the program built then prints."""
    os.mkdir(directory)
    environment = dict(os.environ, **({"CONFIG_SITE": site} if site else {}))
    result = subprocess.run([os.path.abspath("autoconf/configure"), *command], cwd=directory,
                            env=environment, text=True, capture_output=True, check=False,
                            timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "cross compiling... no" in result.stdout, result.stdout
    run("make", "-s", "-C", directory)
    assert run(f"{directory}/app") == ("1.000000 4 16\n", "")
    with open(f"{directory}/config.h", encoding="utf-8") as file:
        return file.read().splitlines(), result.stdout


def check_autoconf():
    """configure's tests that run programs give their answers, by options or by the site file."""
    shutil.copytree(os.path.join(PROJECTS, "autoconf"), "autoconf")
    run("sh", "-c", "cd autoconf && autoheader && autoconf")
    found, _ = configured("options", f"CC={BIN}/mpiwasmcc -DHERE", "--host=wasm32-unknown-none")
    for line in ("#define ANSWER 16", "#define SIZEOF_LONG 4", "#define HAVE_MPI_INIT 1",
                 "#define HAVE_GETRUSAGE 1", "/* #undef HAVE_NO_SUCH_FUNCTION */",
                 "#define HAVE_MPI_H 1", "/* #undef HAVE_SYS_EPOLL_H */"):
        assert line in found, line
    same, out = configured("site", site=os.path.join(SHARE, "config.site"))
    assert same == found
    assert "host: wasm32-unknown-none, shared: no" in out, out


def check_cmake():
    """The toolchain file: FindMPI, try_run, generators, ctest with and without a launcher."""
    source = os.path.join(PROJECTS, "cmake")
    out, _ = run("cmake", "-S", source, "-B", "cmake", "-DCMAKE_BUILD_TYPE=Release",
                 f"-DCMAKE_TOOLCHAIN_FILE={SHARE}/cmake/mpiwasm.cmake")
    assert "found: runs 1 , 3 16, pointer 4, functions 1 , header , host_library-NOTFOUND, " \
           "MPI 5.0" in out, out
    run("cmake", "--build", "cmake")
    assert mpiwasm("cmake/app.wasm") == ("1.000000 4\n", "")
    for name in ("alone", "launched"):
        out, _ = run("ctest", "--test-dir", "cmake", "--output-on-failure", "-R", name)
        assert "100% tests passed, 0 tests failed out of 1" in out, out
    run("cmake", "--install", "cmake", "--prefix", os.path.abspath("installed"))
    assert os.path.exists("installed/bin/app.wasm") and os.path.exists("installed/lib/libpart.a")


if __name__ == "__main__":
    os.environ["MPIWASM_SYSROOT"] = "stock"
    if os.getuid() == 0: # for Open MPI's launcher
        os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    os.environ["OMPI_MCA_rmaps_base_oversubscribe"] = "1"
    sys.exit(run_checks(dict(globals())))
