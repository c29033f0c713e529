#!/usr/bin/env python3
"""Calls between C, C++ and Fortran that differ in CHARACTER lengths or results go through adapters;
other calls that do not fit are told and trap, as in C alone.

  check_mixed.py BUILD

Exit code 77, with the reason: mpiwasmfort cannot compile yet (see check_fortran.py).
"""
import os
import subprocess
import sys
import tempfile

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "guest"))
# pylint: disable=wrong-import-position
import wrappers
from wrappers import BIN, BUILD, write

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
# As natively, where a length that C does not tell is whatever the register holds.
EXPECTED = """\
20 38 45
40 76 90
0 2 2 1.93649
DPOTRF: argument 1
-1 1 24 3
count_letters: 2
next_number: 3
3
"""


def run(tool, *arguments, status=0):
    return wrappers.run(os.path.join(BIN, tool), *arguments, status=status)


def expect(condition, *what):
    if not condition:
        sys.exit(" ".join(map(str, what)))


def source(name):
    return os.path.join(PROGRAMS, name)


def archive(name, *members, options="qcS"):
    subprocess.run(["ar", options, name, *members], check=True)


def check_sources():
    """All in one command, without a word; -v tells of the adapters."""
    run("mpiwasmcxx", "-O1", "-c", source("mixed_cxx.cpp"))
    run("mpiwasmcc", "-O1", "-c", source("mixed_archive.c"), "-o", "member.o")
    sources = [source("mixed.c"), "mixed_cxx.o", "member.o", source("mixed_linear.f"),
               source("mixed_calls.f90")]
    _, err = run("mpiwasmfort", "-O1", "--strict-signatures", "-Wl,--fatal-warnings", *sources,
                 "-o", "sources.wasm")
    expect(err == "", "sources:", err)
    out, _ = run("mpiwasm", "sources.wasm")
    expect(out == EXPECTED, "sources:", out)
    _, err = run("mpiwasmfort", "-v", *sources[1:3], source("mixed.c"), *sources[3:], "-o", "v.wasm")
    expect("note: dgemm_ has 15 arguments and is called with 13 and a result" in err, err)


def check_archives():
    """Callers and procedures in archives, with two members of one name; and whole ones."""
    for name in "mixed_linear.f", "mixed_calls.f90":
        run("mpiwasmfort", "-O1", "-g", "-c", source(name))
    run("mpiwasmcc", "-O1", "-c", source("mixed.c"))
    archive("libfortran.a", "mixed_linear.o", "mixed_calls.o")
    os.mkdir("other")
    run("mpiwasmcc", "-O1", "-DUNUSED", "-c", source("mixed_archive.c"), "-o", "other/member.o")
    archive("libuser.a", "other/member.o", "member.o", "mixed_cxx.o")
    with open("libuser.a", "rb") as file:
        before = file.read()
    for options in ["-luser"], ["-luser", "-luser"], [os.path.abspath("libuser.a")]:
        _, err = run("mpiwasmfort", "mixed.o", "-L.", *options, "-lfortran", "-o", "archive.wasm")
        expect(err == "", options, err)
        expect(run("mpiwasm", "archive.wasm")[0] == EXPECTED, options)
    with open("libuser.a", "rb") as file:
        expect(before == file.read(), "libuser.a was changed")
    os.mkdir("thin")
    os.rename("mixed_cxx.o", "other/mixed_cxx_with_a_long_name.o")
    archive("thin/libuser.a", "other/mixed_cxx_with_a_long_name.o", "member.o", options="qcST")
    _, err = run("mpiwasmfort", "mixed.o", "-Lthin", "-luser", "-L.", "-lfortran", "-o", "thin.wasm")
    expect(err == "" and run("mpiwasm", "thin.wasm")[0] == EXPECTED, "thin", err)
    # All members: now the wrong call is linked, too, and told; the right ones go on working.
    _, err = run("mpiwasmfort", "mixed.o", "-L.", "-Wl,--whole-archive", "-luser",
                 "-Wl,--no-whole-archive", "-lfortran", "-o", "whole.wasm")
    expect("dgemm_: two types: (i32, f64) -> void in libuser.a(member.o)" in err.replace("./", ""),
           err)
    expect("1 function is (above) called" in err, err)
    expect(run("mpiwasm", "whole.wasm")[0] == EXPECTED, "whole")


def check_wrong():
    """What differs in more than lengths is told, and traps."""
    for name, call, declared in (
            ("few", "dpotrf_(\"L\", n, a, n)", "int dpotrf_(char *, int *, double *, int *)"),
            ("many", "length_(\"L\", n, 1, 1)", "void length_(char *, int *, int, int)"),
            ("type", "length_(\"L\", 1.0)", "void length_(char *, double)"),
            ("result", "dlange_(\"M\", n, n, a, n, a)",
             "float dlange_(char *, int *, int *, double *, int *, double *)")):
        write("wrong.c", f"{declared};\nint main(void) {{\n    int n[1] = {{1}};\n"
                         f"    double a[1] = {{1}};\n    {call};\n    return a[0] + n[0] > 9;\n}}\n")
        _, err = run("mpiwasmfort", "wrong.c", "mixed_linear.o", "xerror.o", "-o", "wrong.wasm")
        expect("two types: " in err and "TRAPS" in err and err.count("\n") == 2, name, err)
        run("mpiwasm", "wrong.wasm", status=134)
        run("mpiwasmfort", "--strict-signatures", "wrong.c", "mixed_linear.o", "xerror.o", "-o",
            "wrong.wasm", status=1)
    # Between two files of C it is no adapter's matter, whatever Fortran there is beside.
    write("first.c", "int helper_(char *, int *);\nvoid length_(char *, int *);\n"
                     "int main(void) { int n; length_(\"\", &n); return helper_(\"L\", &n); }\n")
    write("second.c", "int helper_(char *c, int *n, int length) { return *n + length + *c; }\n")
    _, err = run("mpiwasmfort", "first.c", "second.c", "mixed_linear.o", "xerror.o", "-o", "c.wasm")
    expect("helper_: two types: (i32, i32) -> i32 in first.c, but (i32, i32, i32) -> i32 in "
           "second.c" in err and err.count("\n") == 2, err)
    run("mpiwasm", "c.wasm", status=134)


def check_broken():
    """A file that ends too early is an error that names it."""
    with open("mixed_linear.o", "rb") as file:
        whole = file.read()
    for size in 9, 40, len(whole) // 3, len(whole) - 5:
        with open("cut.o", "wb") as file:
            file.write(whole[:size])
        result = subprocess.run([os.path.join(BIN, "mpiwasmfort"), "mixed.o", "cut.o",
                                 "-o", "cut.wasm"], text=True, capture_output=True, check=False)
        expect(result.returncode in (1, 134), size, result)
        expect("error" in result.stderr and "AddressSanitizer" not in result.stderr, result.stderr)


def main():
    if not os.environ.get("MPIWASM_FORTRAN"):
        os.environ["MPIWASM_FORTRAN"] = os.path.join(BUILD, "tests", "fortran", "runtime")
    with tempfile.TemporaryDirectory(prefix="mpiwasm-mixed-") as work:
        os.chdir(work)
        os.mkdir("temporary")
        os.environ["TMPDIR"] = os.path.abspath("temporary")
        probe = subprocess.run([os.path.join(BIN, "mpiwasmfort"), "--showme:command"],
                               text=True, capture_output=True, check=False)
        if probe.returncode != 0:
            print(f"skipped: {probe.stderr.strip()}")
            sys.exit(77)
        check_sources()
        check_archives()
        write("xerror.c", "void xerror_(const char *name, int *n, int length) {}\n")
        run("mpiwasmcc", "-c", "xerror.c")
        check_wrong()
        check_broken()
        expect(not os.listdir("temporary"), "left behind:", os.listdir("temporary"))
        os.chdir("/")


if __name__ == "__main__":
    main()
