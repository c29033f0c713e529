#!/usr/bin/env python3
"""Build what tests of the full level need, as a user does; what is there already is kept.

  prepare.py BUILD llvm      fetch LLVM's source archive, of which two libraries are built
  prepare.py BUILD full      `mpiwasm sysroot build` in BUILD/tests/guest/full
  prepare.py BUILD openmp    `mpiwasm sysroot build --openmp` there

The libraries are those of C with and without threads and of C++ with exceptions, or all with
MPIWASM_TEST_SYSROOT=all. Exit code 77, with the reason, where a source cannot be had;
MPIWASM_SYSROOT_SOURCE and MPIWASM_LLVM_SOURCE name the two files if they are here already.
"""
import glob
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
from wrappers import BIN, BUILD, SHARE  # pylint: disable=wrong-import-position

FULL = os.path.join(BUILD, "tests", "guest", "full")
WHOLE = os.environ.get("MPIWASM_TEST_SYSROOT") == "all"
PARTS = [] if WHOLE else ["--only", "eh", "--threads", "c"]
LLVM = os.path.join(BUILD, "tests", "guest", "llvm")
SKIPPED = 77


def llvm_source():
    """The options that name LLVM's archive, if it is here."""
    found = os.environ.get("MPIWASM_LLVM_SOURCE") or "".join(
        glob.glob(os.path.join(LLVM, "*.orig.tar.xz"))[:1])
    return ["--source", found] if found else []


def run(command):
    result = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    print(result.stdout, end="")
    if result.returncode != 0:
        sys.exit(SKIPPED if "elsewhere and give" in result.stdout else 1)
    return result.stdout


def build(*options, source):
    command = [os.path.join(BIN, "mpiwasm"), "sysroot", "build", *options, "--dir", FULL]
    run(command + source)
    again = run(command)
    assert again.count("\n") == 1 and " already" in again, again


def main():
    what = sys.argv[2]
    if what == "llvm" and not llvm_source():
        coming = LLVM + ".part"
        shutil.rmtree(coming, ignore_errors=True)
        shutil.rmtree(LLVM, ignore_errors=True)
        os.makedirs(coming)
        script = "import sys; sys.path.insert(0, sys.argv[1]); import sysroot_llvm as s; " \
                 "s.fetch(sys.argv[2])"
        run([sys.executable, "-B", "-c", script, SHARE, coming])
        os.rename(coming, LLVM)
    elif what == "full":
        path = os.environ.get("MPIWASM_SYSROOT_SOURCE")
        build(*PARTS, source=["--source", path] if path else [])
    elif what == "openmp":
        if not os.path.exists(os.path.join(FULL, "level")):
            sys.exit(SKIPPED)
        build("--openmp", source=llvm_source())


if __name__ == "__main__":
    main()
