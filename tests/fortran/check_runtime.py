#!/usr/bin/env python3
"""Build what the tests of Fortran need, as a user does: `mpiwasm sysroot build --fortran`.

  check_runtime.py BUILD [threads]

It goes to BUILD/tests/fortran/runtime, or where MPIWASM_FORTRAN says, and is built once; its part
that takes longest is left unoptimised. With `threads`, what differs for OpenMP is added, for which
the full sysroot of tests/guest must be there. Exit code 77, with the reason, where flang or its
runtime's source cannot be had; MPIWASM_LLVM_SOURCE names the source's archive, if it is here already.
"""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guest"))
from prepare import llvm_source  # pylint: disable=wrong-import-position

SKIP = ("apt install", "fetch it elsewhere", "elsewhere and give --source")


def mpiwasm(build, *words):
    return subprocess.run([os.path.join(build, "bin", "mpiwasm"), "sysroot", *words, "--fortran"],
                          check=False, text=True, capture_output=True)


def main():
    build = os.path.abspath(sys.argv[1])
    place = os.environ.get("MPIWASM_FORTRAN") or os.path.join(build, "tests", "fortran", "runtime")
    if sys.argv[2:] == ["threads"]:
        full = os.environ.setdefault("MPIWASM_SYSROOT", os.path.join(build, "tests/guest/full"))
        if not os.path.exists(os.path.join(full, "openmp")):
            print(f"{full}/openmp is not there")
            sys.exit(77)
    words = ["--dir", place, "--quick", *llvm_source()]
    result = mpiwasm(build, "build", *words)
    print(result.stdout + result.stderr)
    if result.returncode != 0:
        sys.exit(77 if any(word in result.stderr for word in SKIP) else 1)
    again = mpiwasm(build, "build", *words).stdout
    assert again.count("\n") == 1 and "is there" in again, again
    assert mpiwasm(build, "dir", "--dir", place).stdout == place + "\n"


if __name__ == "__main__":
    main()
