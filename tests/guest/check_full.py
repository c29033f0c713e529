#!/usr/bin/env python3
"""Check the full level of the guest's libraries: C++ with exceptions, filesystem, streams, locks.

  check_full.py BUILD [NAME...]    all checks, or those named

The sysroot is BUILD/tests/guest/full, which `mpiwasm sysroot build` makes first; where its sources
cannot be had the checks are skipped with the reason (exit code 77). With
MPIWASM_TEST_SYSROOT=all the C++ library without exceptions, those for threads and OpenMP's are,
too; MPIWASM_SYSROOT_SOURCE names the package of the sources, if it is here already, and
MPIWASM_OPENMP_SOURCE that of OpenMP's.
"""
import os
import shutil
import subprocess
import sys

from wrappers import BIN, BUILD, PROGRAMS, cc, cxx, mpiwasm, program, run, run_checks, write

FULL = os.path.join(BUILD, "tests", "guest", "full")
WHOLE = os.environ.get("MPIWASM_TEST_SYSROOT") == "all"
PARTS = [] if WHOLE else ["--only", "eh", "--threads", "none"]


def build(*options, source):
    """Build a part of the sysroot; what was built before is kept."""
    command = [os.path.join(BIN, "mpiwasm"), "sysroot", "build", *options, "--dir", FULL]
    if os.environ.get(source):
        command += ["--source", os.environ[source]]
    result = subprocess.run(command, check=False, text=True, capture_output=True)
    print(result.stdout, end="")
    if result.returncode == 0:
        return
    print(result.stderr)
    sys.exit(77 if "elsewhere and give" in result.stderr else 1)


def prepare():
    build(*PARTS, source="MPIWASM_SYSROOT_SOURCE")
    if WHOLE:
        build("--openmp", source="MPIWASM_OPENMP_SOURCE")


def check_again():
    """What is there is not built again."""
    out, _ = mpiwasm("sysroot", "build", "--dir", FULL, *PARTS)
    assert out.count("\n") == 1 and "is there already" in out, out


def check_level():
    assert f"level: full (C, C++), in {FULL}" in cc("-v", "-c", program("hello.c"))[1]


def check_cxx():
    """Exceptions, filesystem, streams, long double and locks do as in a native build."""
    run("c++", "-std=c++17", program("full.cpp"), "-o", "native")
    native = subprocess.run(["./native"], check=False, text=True, capture_output=True).stdout
    assert native.endswith("last\n"), native
    clang, _ = cc("--showme:command")
    forms = [["-std=c++17"]]
    if "19" not in clang:
        forms.append(["-std=c++20", "-O2", "-mllvm", "-wasm-use-legacy-eh=false"])
    for options in forms:
        cxx(program("full.cpp"), *options, "-o", "full.wasm")
        out, err = mpiwasm("full.wasm", status=134)
        assert out == native, out
        assert "uncaught exception" in err and "in __cxa_throw" in err, err


def check_clang_versions():
    """The libraries fit every supported clang."""
    write("throw.cpp", "#include <iostream>\n#include <stdexcept>\nint main() { try { throw std::"
                       "range_error(\"x\"); } catch (std::exception &e) { std::cout << e.what(); } "
                       "}\n")
    used = os.path.basename(cc("--showme:command")[0].strip())
    for clang in ("clang-19", "clang-20", "clang-21", "clang-22"):
        if clang != used and shutil.which(clang):
            os.environ["MPIWASM_CLANG"] = clang
            cxx("-O2", "throw.cpp", "-o", "throw.wasm")
            del os.environ["MPIWASM_CLANG"]
            assert mpiwasm("throw.wasm")[0] == "x"


def check_pthread():
    """-pthread: locks, conditions, barriers, keys, streams and C++ threads do as natively."""
    if not WHOLE:
        return
    run("cc", "-pthread", program("threads.c"), "-o", "native")
    cc("-O2", "-pthread", program("threads.c"), "-o", "threads.wasm")
    for out in run("./native")[0], mpiwasm("threads.wasm")[0]:
        lines = out.splitlines()
        assert lines.pop() == "ok", out
        assert len(lines) == 800 and len(set(lines)) == 8, out
    write("future.cpp", """
#include <future>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>
int main() {
    std::vector<std::thread> threads;
    std::vector<int> seen(6);
    for (int i = 0; i < 6; i++) threads.emplace_back([&, i] { seen[i] = i * i; });
    for (auto &thread : threads) thread.join();
    auto failing = std::async(std::launch::async, [] () -> int { throw std::range_error("far"); });
    try { failing.get(); } catch (const std::exception &e) { std::cout << e.what(); }
    for (int value : seen) std::cout << ' ' << value;
}
""")
    cxx("-O2", "-pthread", "future.cpp", "-o", "future.wasm")
    assert mpiwasm("future.wasm")[0] == "far 0 1 4 9 16 25"


def check_openmp():
    """-fopenmp: teams, loops, locks, tasks and the like, as often as OMP_NUM_THREADS says."""
    if not WHOLE:
        _, err = cc("-fopenmp", "-c", program("hello.c"))
        assert "compiled without OpenMP" in err and "sysroot build --openmp" in err, err
        return
    write("team.cpp", """
#include <cstdio>
#include <omp.h>
#include <stdexcept>
#include <vector>
int main() {
    std::vector<int> seen(omp_get_max_threads());
    int caught = 0;
#pragma omp parallel reduction(+ : caught)
    try {
        seen.at(omp_get_thread_num()) = omp_get_num_threads();
        seen.at(1000);
    } catch (const std::out_of_range &) { caught++; }
    std::printf("%zu %d %d %d\\n", seen.size(), seen.back(), caught, omp_get_num_procs());
}
""")
    # A critical section excludes those of other files: nobody gets into the second one meanwhile.
    write("first.c", """
#include <omp.h>
#include <stdio.h>
void second(volatile int *is_in);
int main(void) {
    volatile int is_held = 0, is_in = 0, is_wrong = 0;
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 0) {
#pragma omp critical
        {
            is_held = 1;
            for (double until = omp_get_wtime() + 0.2; omp_get_wtime() < until;)
                is_wrong |= is_in;
        }
    } else {
        while (!is_held) {}
        second(&is_in);
    }
    printf("%d %d\\n", is_wrong, is_in);
}
""")
    write("second.c",
          "void second(volatile int *is_in) {\n#pragma omp critical\n    *is_in = 1;\n}\n")
    clangs = ["", *filter(shutil.which, ("clang-19", "clang-20", "clang-21", "clang-22"))]
    for clang in clangs:
        os.environ["MPIWASM_CLANG"] = clang
        cc("-O2", "-Wall", "-Werror", "-fopenmp", program("openmp.c"), "-o", "openmp.wasm")
        assert mpiwasm("--env=OMP_NUM_THREADS=4", "openmp.wasm")[0] == "ok\n"
        cc("-O1", "-fopenmp", "first.c", "second.c", "-o", "critical.wasm")
        assert mpiwasm("critical.wasm")[0] == "0 1\n"
    del os.environ["MPIWASM_CLANG"]
    cc("-fopenmp", "-c", program("openmp.c"), "-o", "openmp.o")
    cxx("-O1", "-fopenmp", "team.cpp", "-o", "team.wasm")
    for threads in "1", "3":
        out, _ = mpiwasm(f"--env=OMP_NUM_THREADS={threads}", "team.wasm")
        assert out == f"{threads} {threads} {threads} {threads}\n", out
    assert mpiwasm("--env=OMP_NUM_THREADS=", "team.wasm")[0] == "1 1 1 1\n"
    cc("-O2", "-fopenmp", os.path.join(PROGRAMS, "../../../examples/jacobi.c"), "-o", "jacobi.wasm")
    out, _ = mpiwasm("--env=OMP_NUM_THREADS=2", "jacobi.wasm", "50", "100")
    assert "2 threads in a rank" in out and "\nPASS\n" in out, out
    cc("openmp.o", "-fopenmp", "-o", "apart.wasm")
    assert mpiwasm("--env=OMP_NUM_THREADS=4", "apart.wasm")[0] == "ok\n"


def check_threads():
    """Without -pthread there is one thread; std::thread says so by its exception."""
    write("thread.cpp", "#include <iostream>\n#include <thread>\nint main() { try { std::thread t([]"
                        "{}); t.join(); } catch (std::system_error &e) { std::cout << (e.code() =="
                        " std::errc::resource_unavailable_try_again); } }\n")
    cxx("thread.cpp", "-o", "thread.wasm")
    assert mpiwasm("thread.wasm")[0] == "1"


def check_sdk():
    """A wasi-sdk that the user names is used, with its clang and its two C++ libraries."""
    clang = cc("--showme:command")[0].strip()
    os.makedirs("sdk/bin")
    os.makedirs("sdk/share")
    os.symlink(clang, "sdk/bin/clang")
    os.symlink(clang, "sdk/bin/clang++")
    os.symlink(FULL, "sdk/share/wasi-sysroot")
    os.environ["WASI_SDK_PATH"] = os.path.abspath("sdk")
    try:
        assert "level: wasi-sdk" in cc("-v", "-c", program("hello.c"))[1]
        cc(program("compat.c"), "-D_GNU_SOURCE", "-o", "compat.wasm")
        write("throw.cpp", "int main() { try { throw 4; } catch (int x) { return x; } }\n")
        cxx("throw.cpp", "-o", "throw.wasm")
    finally:
        del os.environ["WASI_SDK_PATH"]
    assert mpiwasm("compat.wasm")[0] == "ok\n"
    mpiwasm("throw.wasm", status=4)


def check_c():
    """The C library: the compatibility layer fits it, jumps, long double, main in an archive."""
    cc("-O2", "-D_GNU_SOURCE", program("compat.c"), "-o", "compat.wasm")
    assert mpiwasm("compat.wasm")[0] == "ok\n"
    run("cc", "-D_GNU_SOURCE", program("jumps.c"), "-o", "native")
    cc("-O2", program("jumps.c"), "-o", "jumps.wasm")
    assert mpiwasm("jumps.wasm")[0] == run("./native")[0]
    cc("-c", program("hello.c"), "-o", "hello.o")
    run("ar", "rc", "libmain.a", "hello.o")
    cc("-L.", "-lmain", "-o", "archive.wasm")
    assert "rank 0 of 1" in mpiwasm("archive.wasm")[0]


def check_memory():
    """memcpy and memmove as functions: every length and overlap around the limit to bulk copies."""
    write("copy.c", """
#include <stdio.h>
#include <string.h>
void *(*volatile move)(void *, const void *, size_t) = memmove;
void *(*volatile copy)(void *, const void *, size_t) = memcpy;
int main(void) {
    for (int size = 0; size < 70; size++)
        for (int from = 0; from < 80; from++) {
            unsigned char a[160], b[160];
            for (int i = 0; i < 160; i++) a[i] = b[i] = (unsigned char)i;
            if (move(a + 40, a + from, size) != a + 40) return 1;
            for (int i = 0; i < size; i++) b[40 + i] = (unsigned char)(from + i);
            if (memcmp(a, b, 160)) return printf("move %d %d\\n", size, from);
            if (copy(b, a + 80, size) != b || memcmp(b, a + 80, size)) return 3;
        }
    return 0;
}
""")
    cc("-O1", "copy.c", "-o", "copy.wasm")
    mpiwasm("copy.wasm")


def check_without_exceptions():
    """-fno-exceptions takes the smaller C++ library, if it was built."""
    write("plain.cpp", "#include <iostream>\nint main() { std::cout << 1.5L; }\n")
    cxx("-O2", "plain.cpp", "-o", "with.wasm")
    cxx("-O2", "-fno-exceptions", "plain.cpp", "-o", "without.wasm")
    assert mpiwasm("with.wasm")[0] == mpiwasm("without.wasm")[0] == "1.5"
    if WHOLE:
        assert "__cpp_exception" not in mpiwasm("inspect", "without.wasm")[0]
        assert os.path.getsize("without.wasm") < os.path.getsize("with.wasm")
        write("throw.cpp", "int main(int n, char **) { try { if (n) throw 1; } catch (int) {} }\n")
        cxx("-c", "throw.cpp")
        _, err = cxx("-fno-exceptions", "throw.o", status=1)
        assert "link without -fno-exceptions" in err, err


if __name__ == "__main__":
    prepare()
    os.environ["MPIWASM_SYSROOT"] = FULL
    sys.exit(run_checks(dict(globals())))
