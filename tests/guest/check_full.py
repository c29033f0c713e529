#!/usr/bin/env python3
"""Check the full level of the guest's libraries: C++ with exceptions, filesystem, streams, locks.

  check_full.py BUILD [NAME...]    all checks, or those named

The sysroot is that of prepare.py; without one the checks are skipped (exit code 77).
"""
import os
import shutil
import subprocess
import sys

from prepare import FULL, SKIPPED, WHOLE
from wrappers import cc, cxx, mpiwasm, program, run, run_checks, write


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


def check_fused():
    """Multiplying and adding at once rounds once, in every precision."""
    write("fused.c", """
#include <math.h>
volatile float f = 0x1p-23f, one = 1;
volatile double d = 0x1p-52;
volatile long double l = 0x1p-112L;
int main(void) {
    return (fmaf(one + f, one - f, -one) != -0x1p-46f) + 2 * (fma(1 + d, 1 - d, -1) != -0x1p-104) +
           4 * (fmal(1 + l, 1 - l, -1) != -0x1p-224L);
}
""")
    cc("-O1", "fused.c", "-o", "fused.wasm")
    mpiwasm("fused.wasm")


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
    if not os.path.exists(os.path.join(FULL, "level")):
        sys.exit(SKIPPED)
    os.environ["MPIWASM_SYSROOT"] = FULL
    sys.exit(run_checks(dict(globals())))
