#!/usr/bin/env python3
"""Check the compiler wrappers mpiwasmcc and mpiwasmcxx: what they accept, drop, refuse and make.

  check_mpiwasmcc.py BUILD [NAME...]    all checks, or those named
"""
import os
import shutil
import sys

from wrappers import BIN, SHARE, cc, mpiwasm, program, run, run_checks, starts_with, write


def check_show():
    out, _ = cc("-show", "-O3", "a.c", "-o", "a.wasm")
    assert "--target=wasm32" in out and "-fno-vectorize" in out and " a.c " in out, out
    assert "-fno-vectorize" not in cc("-show", "-O0", "a.c")[0]
    assert "-stack-first" not in cc("-show", "-c", "a.c")[0]
    for option in ("--showme:compile", "-showme:compile", "-compile-info"):
        assert SHARE + "/include" in cc(option)[0], option
    for option in ("--showme:link", "-link-info"):
        assert "--export-table" in cc(option)[0], option
    assert cc("--showme:incdirs")[0].strip() == SHARE + "/include"
    assert "mpiwasm" in cc("--showme:version")[0]
    assert "usage" in cc("--help")[0] and "mpiwasm" in cc("--version")[0]


def check_native_flags():
    flags = ["-march=native", "-mavx2", "-fPIC", "-pthread", "-rdynamic", "-Wl,-rpath,/x",
             "-Wl,--enable-new-dtags", "-Wl,-z,relro", "-lmpi", "-lpthread", "-ldl", "-lrt",
             "-L/usr/lib/x86_64-linux-gnu", "-I/usr/include", "-m64"]
    _, quiet = cc(program("hello.c"), "-o", "hello.wasm", *flags)
    assert quiet == "", quiet
    _, loud = cc("-v", program("hello.c"), "-o", "hello.wasm", *flags)
    assert loud.count("note:") == len(flags), loud
    assert "rank 0 of 1" in mpiwasm("hello.wasm")[0]


def check_refusals():
    for flag in ("-shared", "-pg", "-fsanitize=address"):
        _, err = cc(flag, program("hello.c"), status=1)
        assert err.count("\n") == 1 and flag in err, err
    write("epoll.c", "#include <sys/epoll.h>\nint main(void) { return 0; }\n")
    _, err = cc("epoll.c", "-I/usr/include", "-I/usr/include/x86_64-linux-gnu", status=1)
    assert "file not found" in err, err


def check_shebang():
    cc(program("hello.c"), "-o", "hello")
    assert starts_with("hello", b"#!" + BIN.encode() + b"/mpiwasm\n")
    assert "rank 0 of 1" in run("./hello")[0]
    cc(program("hello.c"), "-o", "hello.wasm")
    assert starts_with("hello.wasm", b"\0asm")
    cc(program("hello.c"), "--no-shebang", "-o", "plain")
    assert starts_with("plain", b"\0asm")
    cc(program("hello.c"))
    assert "rank 0 of 1" in run("./a.out")[0]
    write("empty.c", "int main(void) { return 3; }\n")
    cc("empty.c", "-o", "conftest")
    run("./conftest", status=3)


def check_steps():
    cc("-c", program("hello.c"), "-o", "hello.o", "-MD", "-MF", "hello.d")
    with open("hello.d", encoding="utf-8") as file:
        assert "mpi.h" in file.read()
    run("ar", "rc", "libmain.a", "hello.o")  # a native ar, which leaves out the index
    cc("-L.", "-lmain", "-o", "archive.wasm")
    assert "rank 0 of 1" in mpiwasm("archive.wasm")[0]
    assert "MPI_Init" in cc("-E", program("hello.c"))[0]
    assert "MPI_Init" in cc("-S", "-o", "-", program("hello.c"))[0]
    cc("-x", "c", "-", "-o", "stdin.wasm", text="int main(void) { return 7; }\n")
    mpiwasm("stdin.wasm", status=7)


def check_clang_versions():
    """Every supported clang here compiles and links, and heeds no wasm-opt in PATH."""
    os.mkdir("bin")
    os.chmod(write("bin/wasm-opt", "#!/bin/sh\nexit 1\n"), 0o755)
    path, found = os.environ["PATH"], 0
    for clang in ("clang-19", "clang-20", "clang-21", "clang-22"):
        if shutil.which(clang):
            os.environ.update(MPIWASM_CLANG=clang, PATH=os.path.abspath("bin") + ":" + path)
            found += 1
            cc("-O2", program("hello.c"), "-o", clang + ".wasm")
            del os.environ["MPIWASM_CLANG"]
            os.environ["PATH"] = path
            assert "rank 0 of 1" in mpiwasm(clang + ".wasm")[0]
    assert found, "no clang-19 to clang-22 in PATH"


def check_signatures():
    """The function and both places are named."""
    write("a.c", "int f(int);\nint main(int n, char **v) { return n > 9 ? f(1) : 0; }\n")
    write("b.c", "int f(double x) { return (int)x; }\n")
    _, err = cc("a.c", "b.c", "-o", "ab.wasm")
    assert "f: two types: (i32) -> i32 in a.c, but (f64) -> i32 in b.c" in err, err
    assert "WARNING" in err and "TRAPS" in err and err.count("\n") == 2, err
    cc("-c", "b.c")
    assert "i32 in a.c, but (f64) -> i32 in b.o" in cc("a.c", "b.o", "-o", "ab.wasm")[1]
    assert os.path.exists("ab.wasm")
    os.remove("ab.wasm")
    cc("--strict-signatures", "a.c", "b.c", "-o", "ab.wasm", status=1)
    assert not os.path.exists("ab.wasm")


def check_old_c():
    write("old.c", "#include <stdio.h>\nmain() { undeclared(); return 0; }\n"
                   "int undeclared() { return 1; }\n")
    _, err = cc("-c", "old.c", status=1)
    assert err.count("the option --old-c (in CFLAGS) accepts it") == 1, err
    write("new.c", "int main(void) { return nowhere; }\n")
    assert "--old-c" not in cc("-c", "new.c", status=1)[1]
    _, err = cc("--old-c", "-w", "-c", "old.c")
    assert "warning: --old-c" in err, err


def check_pointer_casts():
    """What a trap's hint tells to do names the line that is at fault, and no harmless one."""
    write("cast.c", "typedef void action(void *);\n"
                    "static int good(const char *p) { return *p; }\n"
                    "static void fine(const char *p) { (void)p; }\n"
                    "action *volatile wrong, *volatile right;\n"
                    "int main(void) {\n"
                    "    right = (action *)fine;\n"
                    "    right(\"\");\n"
                    "    wrong = (action *)good;\n"
                    "    wrong(\"\");\n"
                    "    return 0;\n}\n")
    cc("cast.c", "-o", "cast.wasm")
    _, err = mpiwasm("cast.wasm", status=134)
    assert "indirect call type mismatch" in err and "-Wcast-function-type-mismatch" in err, err
    _, err = cc("-Wcast-function-type-mismatch", "-c", "cast.c")
    assert "cast.c:8:" in err and "cast.c:6:" not in err, err


def check_profiling():
    cc("-c", program("profile.c"), program("hello.c"))
    run("ar", "rc", "libprofile.a", "profile.o")
    cc("hello.o", "-L.", "-lprofile", "-o", "profiled.wasm")
    assert "MPI_Comm_rank was called 1 times" in mpiwasm("profiled.wasm")[0]


def check_link_tests():
    """A configure script's test for a function: declared without its parameters."""
    for name, status in (("MPI_Init", 0), ("PMPI_Send", 0), ("sqrt", 0), ("no_such_function", 1)):
        write("conftest.c", f"char {name}();\nint main(void) {{ return {name}(); }}\n")
        cc("-w", "-fno-builtin", "conftest.c", "-o", "conftest", status=status)


def check_all_functions():
    """Every function of mpi.h links, also by its PMPI_ name, and the host has them all."""
    with open(os.path.join(SHARE, "lib", "mpi.symbols"), encoding="utf-8") as file:
        names = file.read().split()
    assert len(names) == 2 * 702 and "PMPI_Win_create" in names, len(names)
    write("all.c", "#include <mpi.h>\n#include <stdio.h>\ntypedef void f(void);\n"
                   f"f *const all[] = {{{', '.join('(f *)' + name for name in names)}}};\n"
                   "int main(int n, char **v) { puts(\"ran\"); return all[n] == 0; }\n")
    cc("-O1", "all.c", "-o", "all.wasm")
    out, err = mpiwasm("all.wasm")
    assert out == "ran\n" and err == "", out + err


def check_configure():
    """An old config.sub knows the host name that the manual tells."""
    script = shutil.which("config.sub", path="/usr/share/misc:/usr/share/libtool/build-aux")
    if script:
        assert run("sh", script, "wasm32-unknown-none")[0].startswith("wasm32-unknown")


def check_cmake():
    toolchain = os.path.join(SHARE, "cmake", "mpiwasm.cmake")
    run("cmake", "-S", program("project"), "-B", "project", "-DCMAKE_BUILD_TYPE=Release",
        f"-DCMAKE_TOOLCHAIN_FILE={toolchain}")
    run("cmake", "--build", "project")
    out, _ = run("ctest", "--test-dir", "project")
    assert "100% tests passed" in out, out


if __name__ == "__main__":
    os.environ["MPIWASM_SYSROOT"] = "stock"
    sys.exit(run_checks(dict(globals())))
