#!/usr/bin/env python3
"""Running: arguments, exit codes, environment, directories, traps, artifacts, the cache."""
import os
import pathlib
import platform
import pty
import re
import resource
import stat
import struct
import subprocess

import harness
from harness import CliTest

SHOW = r"""
#include <stdio.h>
#include <stdlib.h>
extern char **environ;
int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) printf("argument %s\n", argv[i]);
    for (char **variable = environ; *variable; variable++) printf("variable %s\n", *variable);
    return argc > 1 ? atoi(argv[1]) : 0;
}
"""

FILES = r"""
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) { /* "r:path" or "w:path" */
        FILE *file = fopen(argv[i] + 2, argv[i][0] == 'r' ? "r" : "w");
        char line[64] = "";
        if (file && argv[i][0] == 'r' && fgets(line, sizeof line, file)) strtok(line, "\n");
        if (file && argv[i][0] == 'w') fputs("written\n", file);
        printf("%s %s %s\n", argv[i], file ? "ok" : "refused", line);
        if (file) fclose(file);
    }
    return 0;
}
"""

TRAPS = r"""
#include <stdlib.h>
__attribute__((noinline)) int wild(volatile int *pointer) { return pointer[1]; }
__attribute__((noinline)) int divide(volatile int a, volatile int b) { return a / b; }
volatile int depth;
__attribute__((noinline)) int deep(int n) { depth++; return n == 0 ? 0 : deep(n + 1) + depth; }
int main(int argc, char **argv) {
    switch (argc > 1 ? argv[1][0] : 0) {
    case 'w': return wild((int *)0x7fffff00);
    case 'd': return divide(argc, 0);
    case 'a': abort();
    case 's': return deep(1);
    case 'n': {
        int (*volatile null)(int) = 0;
        return null(argc);
    }
    }
    return 0;
}
"""

# Rounding is a call into the C library's libm where the CPU has no instruction for it.
TAIL = r"""
#include <stdlib.h>
static int odd(long n, double *sum);
__attribute__((noinline)) static int even(long n, double *sum) {
    *sum += n;
    __attribute__((musttail)) return odd(n - 1, sum);
}
__attribute__((noinline)) static int odd(long n, double *sum) {
    if (n == 0) __builtin_trap();
    *sum -= 1;
    if (n & 1) { __attribute__((musttail)) return odd(n - 1, sum); }
    __attribute__((musttail)) return even(n, sum);
}
static int start_here(long n, double *sum) {
    return odd(n, sum) + (int)*sum;
}
int main(void) {
    double sum = 0;
    return start_here(10000001, &sum);
}
"""

ROUNDING = r"""
#include <math.h>
#include <stdio.h>
int main(int argc, char **argv) {
    volatile double x = argc + 1.5;
    volatile float y = argc + 1.5f;
    printf("%g %g %g %g\n", floor(x), ceil(x), trunc(x), rint(x));
    printf("%g %g %g %g\n", floorf(y), ceilf(y), truncf(y), rintf(y));
    return 0;
}
"""


class Run(CliTest):
    def check(self, result, code, *lines):
        self.assertEqual(result.code, code, result)
        self.assertEqual(result.out.splitlines(), list(lines), result)
        self.assertEqual(result.err, "", result)

    def test_arguments_and_exit_code(self):
        module = self.compile("show", SHOW)
        self.check(self.mpiwasm(module, env={"LANG": None}), 0)
        self.check(self.mpiwasm(module, "3", "--dir=x", "", env={"LANG": None}), 3,
                   "argument 3", "argument --dir=x", "argument ")
        self.check(self.mpiwasm("run", "--", module, "0"), 0, "argument 0")
        self.check(self.mpiwasm(module, "run"), 0, "argument run")

    def test_own_name(self):
        module = self.compile("name", '#include <stdio.h>\n'
                              'int main(int c, char **v) { puts(v[0]); puts(c > 1 ? v[1] : "-"); }')
        self.check(self.mpiwasm("--argv0=./other name", module, "x"), 0, "./other name", "x")
        self.check(self.mpiwasm("--argv0=", module), 0, "", "-")
        self.check(self.mpiwasm(module), 0, "name.wasm", "-")

    def test_no_artifacts(self):
        module = self.compile("show", SHOW)
        self.check(self.mpiwasm("compile", module), 0)
        self.check(self.mpiwasm("--no-artifacts", module, "0"), 0, "argument 0")
        self.check_error(self.mpiwasm("--no-artifacts", "show.so", "0"), 1, "native code")
        self.check(self.mpiwasm("--untrusted", module, "0"), 0, "argument 0")
        self.check_error(self.mpiwasm("--untrusted", "show.so", "0"), 1, "native code")

    def test_spawn_needs_safe_names(self):
        """With --allow-spawn nothing that others read by name may be the program's to replace."""
        module = self.write("exit.wasm", harness.exit_with(0))
        (self.directory / "data/sub").mkdir(parents=True)
        (self.directory / "cache").mkdir(mode=0o700)
        cache = f"--cache-dir={self.directory}/cache"
        allow = ["--allow-spawn", cache]
        self.check(self.mpiwasm(*allow, "--dir=data", module), 0)
        self.check(self.mpiwasm(*allow, "--dir=data:ro", "--dir=data/sub", module), 0)
        self.check_error(self.mpiwasm(*allow, "--dir=data", "--dir=data/sub", module), 2,
                         "'data/sub' lies in 'data'")
        self.check_error(self.mpiwasm(*allow, module), 2, "cache of compiled modules lies in '.'")
        self.check_error(self.mpiwasm("--allow-spawn", f"--cache-dir={self.directory}/new/deep",
                                      module), 2, "cache of compiled modules lies in '.'")
        self.check_error(self.mpiwasm(*allow, "--dir=/", module), 2, "--allow-spawn")
        self.check(self.mpiwasm(cache, module), 0)

    def test_exit_codes(self):
        for code in (0, 1, 42):
            self.check(self.mpiwasm(self.write("exit.wasm", harness.exit_with(code))), code)

    def test_environment(self):
        module = self.compile("show", SHOW)
        env = {"SECRET": "1", "OMP_NUM_THREADS": "4", "LC_ALL": "C", "TZ": "UTC", "A1": "x",
               "A2": "y"}
        common = {"variable OMP_NUM_THREADS=4", "variable LC_ALL=C", "variable TZ=UTC"}
        for options, more in (
            ([], []),
            (["--env=SECRET"], ["SECRET=1"]),
            (["--env", "SECRET=2"], ["SECRET=2"]),
            (["--env=A?"], ["A1=x", "A2=y"]),
            (["--env=A?", "--env=A1=z"], ["A1=z", "A2=y"]),
            (["--env=EMPTY="], ["EMPTY="]),
            (["--env=NOT_THERE"], []),
        ):
            with self.subTest(options=options):
                result = self.mpiwasm(*options, module, env=env)
                self.assertEqual(set(result.out.splitlines()),
                                 common | {f"variable {item}" for item in more}, result)

    def test_directories(self):
        module = self.compile("files", FILES)
        (self.directory / "data").mkdir()
        self.write("data/in.txt", b"inside\n")
        self.write("top.txt", b"top\n")
        self.check(self.mpiwasm(module, "r:top.txt", "r:./data/in.txt", "w:new.txt"), 0,
                   "r:top.txt ok top", "r:./data/in.txt ok inside", "w:new.txt ok ")
        self.assertEqual((self.directory / "new.txt").read_text(), "written\n")
        self.check(self.mpiwasm("--dir", "data", module, "r:data/in.txt", "r:top.txt",
                                "r:data/../top.txt"), 0,
                   "r:data/in.txt ok inside", "r:top.txt refused ", "r:data/../top.txt refused ")
        self.check(self.mpiwasm("--dir=data::/input:ro", "--dir=.", module, "r:/input/in.txt",
                                "w:/input/x", "w:data/x"), 0,
                   "r:/input/in.txt ok inside", "w:/input/x refused ", "w:data/x ok ")
        self.check(self.mpiwasm(module, "r:/etc/passwd", "r:../../etc/passwd"), 0,
                   "r:/etc/passwd refused ", "r:../../etc/passwd refused ")

    def test_traps(self):
        module = self.compile("traps", TRAPS, "-g", "-fno-optimize-sibling-calls", "-O1")
        for argument, kind, function in (
            ("w", "out of bounds memory access", "in wild"),
            ("d", "integer divide by zero", "in divide"),
            ("a", "unreachable", "in abort"),
            ("s", "call stack exhausted", "in deep"),
            ("n", "uninitialized element", "in main"),
        ):
            with self.subTest(trap=argument):
                result = self.mpiwasm(module, argument)
                self.check_error(result, 134, "mpiwasm: trap: " + kind)
                self.assertIn(function, result.err)
                if argument != "s":  # the outer frames of a deep stack are left out
                    self.assertIn("in _start", result.err)
                self.assertIn("hint: ", result.err)

    def test_script_line(self):
        """A module that begins with a #! line runs by its own name."""
        module = self.write("tool", f"#!{harness.BUILD}/bin/mpiwasm\n".encode() +
                            harness.exit_with(7))
        (self.directory / module).chmod(0o755)
        self.check(self.mpiwasm(module), 7)
        self.check(self.execute(["./tool"]), 7)

    def test_invoke(self):
        body = b"\x41\x05\x1a"  # i32.const 5, drop
        module = self.write("lib.wasm", harness.module(start=body, export="f"))
        self.check(self.mpiwasm("--invoke=f", module), 0)
        self.check_error(self.mpiwasm("--invoke=f", module, "1"), 2, "takes 0 arguments, not 1")
        module = self.write("add.wasm", harness.module(start=b"\x20\0\x20\1\x6a", export="f",
                                                       signature="i:ii"))
        self.check(self.mpiwasm("--invoke=f", module, "-40", "0x10"), 0, "-24")
        self.check_error(self.mpiwasm("--invoke=f", module, "1", "x"), 2, "no i32: 'x'")
        self.check_error(self.mpiwasm("--invoke=f", module, "1", "4294967296"), 2, "no i32")
        self.check_error(self.mpiwasm("--invoke=g", module), 1, "exports no function 'g'")
        self.check_error(self.mpiwasm(module), 1, "no function '_start'")
        module = self.compile("reactor", """
            static int value;
            void _initialize(void) { value = 42; }
            int get(void) { return value; }""", "-nostartfiles", "-Wl,--no-entry",
            "-Wl,--export=_initialize,--export=get")
        self.check(self.mpiwasm("--invoke=get", module), 0, "42")

    def test_artifact(self):
        module = self.compile("show", SHOW)
        self.check(self.mpiwasm("compile", module), 0)
        self.check(self.mpiwasm("show.so", "4", env={"MPIWASM_COMPILE": "/nonexistent"}), 4,
                   "argument 4")
        self.check(self.mpiwasm("compile", "--cpu=baseline", "-O1", module, "-o", "b.so"), 0)
        self.check(self.mpiwasm("compile", "--", module), 0)
        self.check(self.mpiwasm("b.so", "5"), 5, "argument 5")
        self.check(self.mpiwasm("compile", "--emit=llvm", module), 0)
        self.assertIn("define", (self.directory / "show.ll").read_text())
        result = self.mpiwasm("inspect", "show.so")
        self.assertEqual(result.code, 0, result)
        self.assertIn("compiled: ", result.out)
        self.assertIn("LLVM", result.out)
        self.check_error(self.mpiwasm("compile", "show.so"), 1, "native code already")

    def test_options_of_code(self):
        module = self.compile("traps", TRAPS)
        for options in (["--strict-traps"], ["--bounds=explicit"], ["-O0"], ["--cpu=baseline"],
                        ["--no-cache"]):
            with self.subTest(options=options):
                self.check(self.mpiwasm(*options, module), 0)
                self.check_error(self.mpiwasm(*options, module, "w"), 134, "out of bounds memory")

    def test_little_address_space(self):
        """Where 8 GiB cannot be reserved, accesses are checked in the code."""
        if "ASAN_OPTIONS" in self.environment:
            self.skipTest("the address sanitizer itself reserves more")
        module = self.compile("traps", TRAPS)

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        result = self.mpiwasm("--verbose", module, preexec=limit)
        self.assertEqual(result.code, 0, result)
        self.assertIn("checked in the code", result.err)
        self.check_error(self.mpiwasm(module, "w", preexec=limit), 134, "out of bounds memory")

    def test_max_memory(self):
        module = self.compile("grow", r"""
            #include <stdio.h>
            #include <stdlib.h>
            int main(void) {
                void *volatile block = malloc(64 << 20);
                puts(block ? "enough" : "too little");
                return 0;
            }""")
        self.check(self.mpiwasm(module), 0, "enough")
        self.check(self.mpiwasm("--max-memory=32M", module), 0, "too little")
        self.check_error(self.mpiwasm("--max-memory=1M", module), 1, "more than --max-memory")

    def test_floating_point(self):
        """--fp changes the bits where it may, and each mode has its own artifact."""
        def double(value):
            return b"\x44" + struct.pack("<d", value)
        # (1 + e) * (1 - e) - 1 is -e * e exactly, and 0 when the product is rounded
        self.write("muladd.wasm", harness.module(
            export="muladd", signature="F:FFF",
            start=b"\x20\0\x20\1\xa2\x20\2\xa0"))
        self.write("cancel.wasm", harness.module(
            export="cancel", signature="F:F",
            start=b"\x20\0" + double(1e16) + b"\xa0" + double(1e16) + b"\xa1"))
        cache = {"MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        e = 2.0 ** -30

        def both(*options):
            muladd = self.mpiwasm("--invoke=muladd", *options, "muladd.wasm", repr(1 + e),
                                  repr(1 - e), "-1", env=cache)
            cancel = self.mpiwasm("--invoke=cancel", *options, "cancel.wasm", "0.25", env=cache)
            return float(muladd.out), float(cancel.out)
        has_fma = platform.machine() != "x86_64" or \
            " fma " in pathlib.Path("/proc/cpuinfo").read_text()
        fused = -e * e if has_fma else 0.0
        expected = {"strict": (0.0, 0.0), "contract": (fused, 0.0), "fast": (fused, 0.25)}
        for mode, values in expected.items():
            self.assertEqual(both(f"--fp={mode}"), values, mode)
        self.assertEqual(both("--fp=contract"), (fused, 0.0))
        self.assertEqual(both(), (0.0, 0.0))  # strict: the same entry
        listed = self.mpiwasm("cache", "list", env=cache).out.splitlines()[1:]
        self.assertEqual(len(listed), 6, listed)
        for mode in ("contract", "fast"):
            self.assertEqual(sum(f"--fp={mode}" in line for line in listed), 2)
        self.assertEqual(self.mpiwasm("compile", "--fp=fast", "cancel.wasm").code, 0)
        self.assertIn("fp fast", self.mpiwasm("inspect", "cancel.so").out)
        self.check_error(self.mpiwasm("--fp=loose", "cancel.wasm"), 2, "strict, contract or fast")

    def test_cache(self):
        module = self.write("exit.wasm", harness.exit_with(3))
        env = {"MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        first = self.mpiwasm("--verbose", module, env=env)
        second = self.mpiwasm("--verbose", module, env=env)
        self.assertEqual((first.code, second.code), (3, 3))
        self.assertIn("compiled in", first.err)
        self.assertIn("found compiled", second.err)
        mode = stat.S_IMODE((self.directory / "cache").stat().st_mode)
        self.assertEqual(mode, 0o700)
        self.check(self.mpiwasm("cache", "dir", env=env), 0, str(self.directory / "cache"))
        self.assertIn("exit.wasm", self.mpiwasm("cache", "list", env=env).out)
        option = f"--cache-dir={self.directory}/cache"
        self.assertIn("exit.wasm", self.mpiwasm("cache", option, "list").out)
        self.assertRegex(self.mpiwasm("cache", "list", env=env).out,
                         r"[0-9]+ s .* [0-9.]+ KiB .* strict +exit.wasm")
        for kept in (["--older-than=0.5"], ["--keep=1G"], ["--older-than=1", "--keep=1M"]):
            self.assertIn("removed 0 entries", self.mpiwasm("cache", "clean", *kept, env=env).out)
        self.assertIn("removed 1 entry", self.mpiwasm("cache", "clean", "--keep=1K", env=env).out)
        self.assertEqual(self.mpiwasm(module, env=env).code, 3)
        self.assertIn("removed 1 entry",
                      self.mpiwasm("cache", "clean", "--older-than=0", env=env).out)
        self.check_error(self.mpiwasm("cache", "clean", "--older-than=x"), 2, "number of days")
        self.assertEqual(self.mpiwasm(module, env=env).code, 3)
        self.assertIn("removed 1 entry", self.mpiwasm("cache", "clean", env=env).out)
        self.check(self.mpiwasm("cache", "list", env=env), 0)
        self.assertIn("compiled in", self.mpiwasm("--verbose", option, module).err)

    def test_another_llvm(self):
        """A libLLVM that was updated under its old name makes artifacts of its own."""
        compiler = harness.BUILD / "libexec/mpiwasm/mpiwasm-compile"
        needed = re.findall(r"libLLVM[^ ]*", self.execute(["ldd", compiler]).out)
        if not needed:
            self.skipTest("the compiler is linked statically")
        module = self.write("exit.wasm", harness.exit_with(3))
        env = {"MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        (self.directory / "other").mkdir()
        self.assertEqual(self.mpiwasm(module, env=env).code, 3)
        other = {**env, "LD_LIBRARY_PATH": str(self.directory / "other")}
        self.assertEqual(self.mpiwasm(module, env=other).code, 3)
        self.write(f"other/{needed[0]}", b"no library at all")
        self.check_error(self.mpiwasm(module, env=other), 1, needed[0])
        self.assertIn("found compiled", self.mpiwasm("--verbose", module, env=env).err)

    def test_rounding_on_every_cpu(self):
        module = self.compile("rounding", ROUNDING)
        for cpu in "baseline", "native":
            self.check(self.mpiwasm(f"--cpu={cpu}", module), 0, "2 3 2 2", "2 3 2 2")

    def test_terminal(self):
        """On a terminal: progress while a compilation takes long, and colours unless unwanted."""
        real = harness.BUILD / "libexec/mpiwasm/mpiwasm-compile"
        slow = self.directory / self.write(
            "slow", f'#!/bin/sh\nsleep 1\n"{real}" "$@"\nsleep 0.3\n'.encode())
        slow.chmod(0o755)
        module = self.write("exit.wasm", harness.exit_with(0))
        cache = {"MPIWASM_CACHE_DIR": str(self.directory / "cache"), "TERM": "xterm"}
        code, text = self.on_terminal([module], {**cache, "MPIWASM_COMPILE": str(slow)})
        self.assertEqual(code, 0, text)
        self.assertIn("compiling exit.wasm", text)
        self.assertIn(" 100 %, ", text)
        self.assertTrue(text.endswith("\r\x1b[K"), text)  # and the line is gone at the end
        self.assertEqual(self.on_terminal([module], cache), (0, ""))
        self.assertEqual(self.on_terminal(["--quiet", "--no-cache", module],
                                          {**cache, "MPIWASM_COMPILE": str(slow)}), (0, ""))
        self.assertIn("\x1b[1;31m", self.on_terminal(["no.wasm"], cache)[1])
        self.assertNotIn("\x1b[", self.on_terminal(["no.wasm"], {**cache, "NO_COLOR": "1"})[1])
        self.assertNotIn("\x1b[", self.on_terminal(["no.wasm"], {**cache, "TERM": "dumb"})[1])
        self.assertNotIn("\x1b[", self.mpiwasm("no.wasm", env=cache).err)

    def on_terminal(self, words, env):
        """The exit code, and what a terminal as standard error gets."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([harness.BUILD / "bin/mpiwasm", *words], cwd=self.directory,
                                   env={**self.environment, **env}, stdout=subprocess.DEVNULL,
                                   stderr=theirs)
        os.close(theirs)
        text = b""
        try:
            while chunk := os.read(ours, 4096):
                text += chunk
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        return process.wait(harness.TIMEOUT), text.decode()

    def test_inspect(self):
        module = self.write("x.wasm", harness.module(
            [("wasi_snapshot_preview1", "proc_exit", ":i"), ("env", "mystery", "i:I")]))
        result = self.mpiwasm("inspect", module)
        self.assertEqual(result.code, 1, result)
        self.assertIn("wasi_snapshot_preview1.proc_exit  (i32) -> ()  here", result.out)
        self.assertIn("env.mystery  (i64) -> (i32)  MISSING", result.out)
        self.assertIn("memory: 1 or more pages", result.out)
        self.assertIn("_start  () -> ()", result.out)
        self.assertEqual(self.mpiwasm("inspect", self.compile("show", SHOW)).code, 0)

    def test_typed_references(self):
        """(type (func (param i32))); a global and a table of references to it are imported."""
        module = self.write("typed.wasm", bytes.fromhex(
            "0061736d01000000 01050160017f00 021202 0161016203640000 016301640163000001"))
        result = self.mpiwasm("inspect", module)
        self.assertIn("a.b  immutable global (ref 0)", result.out)
        self.assertIn("c.d  table of 1 or more (ref null 0)", result.out)

    def test_tail_call(self):
        """Ten million jumps, whose backtrace shows where they ended and who began."""
        module = self.compile("tail", TAIL, "-mtail-call")
        result = self.mpiwasm(module)
        self.assertEqual(result.code, 134, result)
        self.assertRegex(result.err, r"in odd \(.*\n +in (start_here|__original_main) \(")
        self.assertIn("tail calls", self.mpiwasm("inspect", module).out)

    def test_tail_calls_between_partitions(self):
        """A jump from one part of a big module to another: bodies of 128 KiB are a part each."""
        down = b"\x20\0\x41\1\x6b\x12\1"  # local.get 0; i32.const 1; i32.sub; return_call 1
        done = b"\x20\0\x45\x04\x40\x41\7\x0f\x0b"  # local.get 0; if i32.eqz: return 7
        back = b"\x20\0\x12\0"  # local.get 0; return_call 0
        bodies = [b"\0" + b"\1" * 140000 + code + b"\x0b" for code in (done + down, back)]
        module = self.write("parts.wasm", b"\0asm\1\0\0\0" +
                            harness.section(1, b"\1\x60\1\x7f\1\x7f") +
                            harness.section(3, b"\2\0\0") + harness.section(7, b"\1\1f\0\0") +
                            harness.section(10, harness.vector(
                                [harness.leb(len(body)) + body for body in bodies])))
        self.check(self.mpiwasm("--invoke=f", module, "10000000"), 0, "7")

    def test_several_memories(self):
        """WASI uses the exported memory, here the second: 3 bytes at 8, which hold "hi\\n"."""
        store = b"\x36\x42\1\0"  # i32.store of memory 1
        text = b"\x41\xe8\xd2\x29"
        module = self.write("two.wasm", harness.module(
            [("wasi_snapshot_preview1", "fd_write", "i:iiii")],
            harness.i32(0) + harness.i32(8) + store + harness.i32(4) + harness.i32(3) + store +
            harness.i32(8) + text + store + harness.i32(1) + harness.i32(0) + harness.i32(1) +
            harness.i32(16) + harness.call(0) + b"\x1a", memories=2))
        self.check(self.mpiwasm(module), 0, "hi")
        result = self.mpiwasm("inspect", module)
        self.assertIn("memory 1: 1 or more pages", result.out)

    def test_verbose_and_quiet(self):
        module = self.write("exit.wasm", harness.exit_with(0))
        self.check(self.mpiwasm("--quiet", module), 0)


if __name__ == "__main__":
    harness.main()
