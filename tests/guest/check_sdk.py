#!/usr/bin/env python3
"""Check the wrappers with WASI_SDK_PATH: the libraries of a wasi-sdk instead of ours.

  check_sdk.py BUILD [NAME...]    all checks, or those named

The libraries are those of a wasi-sdk of today, as @yowasp/clang carries them (from npm): a newer C
library than the stock and the full level have, with stubs for threads, and a C++ library without
exceptions. The compiler is the one that the wrappers use otherwise. Without npm the checks are
skipped with the reason (exit code 77); MPIWASM_SDK_SOURCE names the package, if it is here already.
"""
import glob
import os
import shutil
import subprocess
import sys
import tarfile

from wrappers import BUILD, cc, cxx, mpiwasm, program, run_checks, write

SDK = os.path.join(BUILD, "tests", "guest", "sdk")
PACKAGE = "@yowasp/clang@22.0.0-git20542-10"


def fetch():
    """The package's file; npm fetches it where it was not fetched before."""
    given = os.environ.get("MPIWASM_SDK_SOURCE")
    if given:
        return given
    if not shutil.which("npm"):
        print("npm is missing, which fetches the libraries of a wasi-sdk")
        sys.exit(77)
    subprocess.run(["npm", "pack", "--silent", PACKAGE], check=True, cwd=SDK, timeout=300,
                   stdout=subprocess.DEVNULL)
    return glob.glob(os.path.join(SDK, "*.tgz"))[0]


def prepare():
    """Lays the files out as a wasi-sdk has them."""
    sysroot = os.path.join(SDK, "share", "wasi-sysroot")
    clang = cc("--showme:command")[0].strip()
    if not os.path.isdir(os.path.join(sysroot, "lib")):
        shutil.rmtree(SDK, ignore_errors=True)
        os.makedirs(os.path.join(SDK, "bin"))
        os.symlink(clang, os.path.join(SDK, "bin", "clang"))
        os.symlink(clang, os.path.join(SDK, "bin", "clang++"))
        with tarfile.open(fetch()) as package:
            with tarfile.open(fileobj=package.extractfile("package/gen/llvm-resources.tar")) as files:
                members = [m for m in files if m.name.split("/")[0] in ("include", "lib", "share")]
                files.extractall(sysroot, members)
    os.environ["WASI_SDK_PATH"] = SDK


def check_level():
    assert "level: wasi-sdk" in cc("-v", "-c", program("hello.c"))[1]


def check_c():
    """The compatibility layer beside a C library that has some of it already."""
    cc(program("compat.c"), "-D_GNU_SOURCE", "-o", "compat.wasm")
    assert mpiwasm("compat.wasm")[0] == "ok\n"
    cc(program("jumps.c"), "-O1", "-o", "jumps.wasm")
    assert mpiwasm("jumps.wasm")[0].startswith("1304\n102\n")


def check_mpi():
    cc(program("hello.c"), "-o", "hello.wasm")
    assert mpiwasm("hello.wasm")[0] == "rank 0 of 1\n"


def check_cxx():
    """Streams, containers, filesystem and long double; a mutex, and no exceptions."""
    write("cxx.cpp", """#include <filesystem>
#include <iostream>
#include <mutex>
#include <set>
int main() {
    std::mutex mutex;
    std::lock_guard<std::mutex> held(mutex);
    for (int i : std::set<int>{3, 1, 2}) std::cout << i << ' ';
    std::cout.precision(25);
    std::cout << 1.0L / 3 << ' ' << std::filesystem::exists("/none") << std::endl;
    throw 4;
}
""")
    cxx("-std=c++20", "cxx.cpp", "-o", "cxx.wasm")
    out, err = mpiwasm("cxx.wasm", status=134)
    assert out == "1 2 3 0.3333333333333333333333333 0\n", out
    assert "compiled without exceptions" in err, err


if __name__ == "__main__":
    prepare()
    sys.exit(run_checks(dict(globals())))
