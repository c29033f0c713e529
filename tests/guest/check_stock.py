#!/usr/bin/env python3
"""Check what the compiler wrappers make of the stock level of the guest's libraries, and what they say
about a code that needs more.

  check_stock.py BUILD [NAME...]    all checks, or those named
"""
import os
import re
import sys

from wrappers import cc, cxx, mpiwasm, program, run, run_checks, write


def check_missing():
    """What is missing in a link is one line each, with the place and what to do."""
    write("a.c", "int nowhere(void), dladdr(void), MPI_Nonsense(void);\n"
                 "int main(int n, char **v) { return nowhere() + nowhere() + dladdr() +"
                 " MPI_Nonsense(); }\n")
    _, err = cc("a.c", status=1)
    lines = err.splitlines()
    assert lines[0] == "mpiwasmcc: error: nowhere is missing, which a.c uses", err
    assert len(lines) == 3 and "link static" in lines[1] and "MPI 5.0" in lines[2], err
    write("empty.c", "int unused;\n")
    _, err = cc("empty.c", status=1)
    assert err.count("\n") == 1 and "no main function" in err, err
    names = [f"missing_{number}" for number in range(25)]
    write("many.c", "".join(f"int {name}(void);\n" for name in names) +
          f"int main(void) {{ return {'() + '.join(names)}(); }}\n")
    _, err = cc("many.c", status=1)
    assert err.count(" is missing") == 10 and "25 names are missing" in err, err
    # With -v the linker's own lines are there too.
    assert "undefined symbol: nowhere" in cc("-v", "a.c", status=1)[1]


def check_level():
    """Which level is used is told; what needs the other one is told in one line."""
    assert "level: stock" in cc("-v", "-c", program("hello.c"))[1]
    need = "this needs the full level of the guest's libraries: run `mpiwasm sysroot build`, once"
    _, err = cc("-fopenmp", "-c", program("hello.c"))
    assert "compiled without OpenMP" in err and "sysroot build --openmp" in err, err
    write("throw.cpp", "int main(int n, char **) { try { if (n) throw 1; } catch (int) {} }\n")
    _, err = cxx("-fwasm-exceptions", "throw.cpp", status=1)
    assert err == f"mpiwasmcxx: error: C++ exceptions in throw.cpp: {need}\n", err
    write("files.cpp", "#include <filesystem>\n#include <mutex>\nstd::mutex lock;\n"
                       "bool f() { return std::filesystem::exists(\"x\"); }\n")
    _, err = cxx("-c", "files.cpp", status=1)
    assert err.splitlines()[-1].startswith("mpiwasmcxx: error: std::"), err
    assert err.endswith(need + "\n"), err
    os.environ["MPIWASM_SYSROOT"] = "/nowhere"
    _, err = cc("-c", program("hello.c"), status=1)
    os.environ["MPIWASM_SYSROOT"] = "stock"
    assert err.count("\n") == 1 and "mpiwasm sysroot build" in err, err
    # A package that is not the pinned one is refused before anything is built.
    write("other.whl", "something else")
    _, err = mpiwasm("sysroot", "build", "--dir", "new", "--source", "other.whl", status=1)
    assert err.count("\n") == 1 and "SHA-256" in err, err
    assert not os.path.exists("new")
    os.mkdir("other")
    _, err = mpiwasm("sysroot", "build", "--dir", "other", "--source", "other.whl", status=1)
    assert "no sysroot of mine" in err and os.path.exists("other"), err


def check_jumps():
    """setjmp works without further options, and does as a native build."""
    run("cc", "-D_GNU_SOURCE", program("jumps.c"), "-o", "native")
    native, _ = run("./native")
    for options in (["-O0"], ["-O2"], ["-O2", "-mllvm", "-wasm-enable-sjlj", "-lsetjmp"]):
        cc(program("jumps.c"), *options, "-o", "jumps.wasm")
        out, _ = mpiwasm("jumps.wasm")
        assert out == native, out


def check_layout():
    """8 MiB of stack, guarded; a table that the host can call through."""
    write("stack.c", "#include <stdlib.h>\n#include <string.h>\n"
                     "static int fill(int n) { volatile char big[1 << 20]; big[n] = 1;\n"
                     "  return n == 0 ? big[n] : fill(n - 1) + big[n]; }\n"
                     "int main(int n, char **v) { return fill(n > 1 ? atoi(v[1]) : 6) & 1; }\n")
    cc("-O1", "stack.c", "-o", "stack.wasm")
    mpiwasm("stack.wasm", status=1)
    mpiwasm("stack.wasm", "9", status=134)
    out, _ = mpiwasm("inspect", "stack.wasm")
    assert re.search("table", out), out


def check_features():
    """A module with what the engine lacks is refused by the feature's name."""
    write("wide.c", "int main(int n, char **v) { unsigned __int128 x = (unsigned __int128)(long "
                    "long)n * 77777777777777ull;\n  return x >> 64; }\n")
    cc("-O2", "-mwide-arithmetic", "wide.c", "-o", "wide.wasm")
    _, err = mpiwasm("wide.wasm", status=1)
    assert err.count("\n") == 1 and "module uses wide arithmetic" in err, err


def check_cxx():
    cxx("-std=c++17", "-O2", program("cxx.cpp"), "-lstdc++", "-o", "cxx.wasm")
    out, _ = mpiwasm("cxx.wasm")
    assert out == "constructed\neven 2\nodd 1\ndestroyed\n", out
    _, err = mpiwasm("cxx.wasm", "throw", status=134)
    assert "compiled without exceptions" in err, err


def check_compatibility():
    cc("-O2", "-D_GNU_SOURCE", program("compat.c"), "-o", "compat.wasm", "-lpthread", "-lm")
    out, _ = mpiwasm("compat.wasm")
    assert out == "ok\n", out


def check_openmp():
    """-fopenmp says in one line that there is none here; omp.h has the functions of one thread."""
    write("team.c", "#include <omp.h>\n#include <stdio.h>\nint main(void) {\n#pragma omp parallel\n"
                    "    printf(\"%d\", omp_get_num_threads());\n    return 0;\n}\n")
    for option in ("-fopenmp", "-fopenmp=libomp"):
        _, err = cc(option, "team.c", "-o", "team.wasm")
        assert err.count("\n") == 1 and "sysroot build --openmp" in err, err
        assert mpiwasm("team.wasm")[0] == "1"
    assert cc("-fopenmp", "-fno-openmp", "-fopenmp-simd", "team.c")[1] == ""


if __name__ == "__main__":
    os.environ["MPIWASM_SYSROOT"] = "stock"
    sys.exit(run_checks(dict(globals())))
