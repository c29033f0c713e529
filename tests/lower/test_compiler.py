#!/usr/bin/env python3
"""mpiwasm-compile as a program: what it writes, how it fails, that its work can be repeated.

    test_compiler.py BUILD_DIR
"""
import os
import re
import stat
import subprocess
import sys
import tempfile
import unittest

COMPILER = os.path.join(os.path.abspath(sys.argv.pop(1)), "libexec", "mpiwasm", "mpiwasm-compile")


def leb(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


def vector(items):
    return leb(len(items)) + b"".join(items)


def module(bodies, type_=b"\x60\x01\x7f\x01\x7f", memory=True):
    """Functions of one type (i32) -> i32, the first exported as "f", from the bytes of bodies."""
    code = [leb(len(body)) + body for body in bodies]
    return (b"\0asm\1\0\0\0" + section(1, vector([type_])) +
            section(3, vector([b"\0"] * len(bodies))) +
            (section(5, vector([b"\0\1"])) if memory else b"") +
            section(7, vector([b"\1f\0\0"])) + section(10, vector(code)))


IDENTITY = b"\0\x20\0\x0b"  # no locals; local.get 0; end


class Compiler(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run_compiler(self, *arguments, environment=None, **options):
        return subprocess.run([COMPILER, *arguments], capture_output=True, text=True, timeout=200,
                              env=dict(os.environ, **(environment or {})), **options)

    def compile(self, data, *options, output="out.so"):
        wasm = self.write("in.wasm", data)
        return self.run_compiler(wasm, "-o", self.path(output), *options)

    def compile_ok(self, data, *options, output="out.so"):
        result = self.compile(data, *options, output=output)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return self.read(output)

    def assert_fails(self, result, kind):
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertTrue(result.stderr.startswith(kind + ": "), result.stderr)
        self.assertNotIn("out.so", os.listdir(self.folder))
        self.assertFalse([name for name in os.listdir(self.folder) if ".tmp" in name])

    def test_artifact_is_a_shared_object(self):
        data = self.compile_ok(module([IDENTITY]))
        self.assertEqual(data[:4], b"\x7fELF")
        self.assertEqual(data[16], 3)  # ET_DYN
        self.assertIn(b"mpiwasm_artifact\0", data)

    def test_shebang_is_skipped(self):
        self.compile_ok(b"#!/usr/bin/env mpiwasm\n" + module([IDENTITY]))

    def test_bad_input(self):
        good = module([IDENTITY])
        for data, kind in (
                (b"", "malformed"), (b"hello, world\n", "malformed"), (good[:-3], "malformed"),
                (b"#!/bin/sh", "malformed"), (b"\x7fELF" + bytes(100), "malformed"),
                (module([b"\0\x42\0\x0b"]), "invalid"),          # an i64 where an i32 is due
                # i31.get_s of what local.get left, of garbage collection
                (module([b"\0\x20\0\xfb\x1d\x0b"]), "unsupported")):
            with self.subTest(data=data[:40]):
                self.assert_fails(self.compile(data), kind)

    def test_missing_input(self):
        self.assert_fails(self.run_compiler(self.path("no"), "-o", self.path("out.so")), "system")

    def test_unwritable_output(self):
        for output in ("no/such/folder/out.so", "."):
            result = self.compile(module([IDENTITY]), output=output)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_unknown_cpu(self):
        self.assert_fails(self.compile(module([IDENTITY]), "--cpu=abacus"), "usage")

    # Machine in ELF's header, its flags, a CPU and features of it that the baseline has not.
    TARGETS = {"x86-64": (62, 0, "x86-64-v3", {"avx2", "fma", "bmi2"}),
               "aarch64": (183, 0, "neoverse-v2", {"sve2", "lse", "bf16"}),
               "ppc64le": (21, 2, "pwr10", {"power9-vector", "mma"}),  # the second ABI
               "riscv64": (243, 5, "spacemit-x60", {"v", "zba"})}  # compressed, double-float ABI

    def descriptor_texts(self, data):
        """What may be used stands in the artifact, for a CPU that has less to refuse it."""
        return {text.decode() for text in data.split(b"\0")
                if re.fullmatch(rb"\+[a-z][\w.-]*(,\+[\w.-]+)+", text)}

    def test_targets(self):
        for target, (machine, flags, cpu, features) in self.TARGETS.items():
            with self.subTest(target=target):
                for kind in ("so", "obj"):
                    data = self.compile_ok(module([IDENTITY]), f"--target={target}",
                                           "--cpu=baseline", f"--emit={kind}", output="out")
                    self.assertEqual(data[4:6], b"\2\1")  # 64 bits, little-endian
                    self.assertEqual(int.from_bytes(data[18:20], "little"), machine)
                    self.assertEqual(int.from_bytes(data[48:52], "little"), flags)
                self.assertEqual(self.descriptor_texts(data), set())
                data = self.compile_ok(module([IDENTITY]), f"--target={target}", f"--cpu={cpu}")
                (found,) = self.descriptor_texts(data)
                self.assertLessEqual({"+" + name for name in features}, set(found.split(",")))
                printed = self.run_compiler("--print-target", f"--target={target}", f"--cpu={cpu}")
                self.assertEqual(printed.stdout.split(), [cpu, found])

    def test_target_is_used(self):
        """(x * x) + x as floating point: each CPU has its own instructions for it."""
        body = b"\0\x20\0\x20\0\x94\x20\0\x92\x0b"  # f32.mul, f32.add
        for target, cpu, there, not_there in (
                ("x86-64", "baseline", "mulss", "vmulss"),
                ("x86-64", "haswell", "vmulss", "\tmulss"),
                ("aarch64", "baseline", "fmul\ts", "xmm"),
                ("ppc64le", "pwr9", "xsmulsp", "fmul\ts"),
                ("riscv64", "baseline", "fmul.s", "xsmulsp")):
            text = self.compile_ok(module([body], type_=b"\x60\1\x7d\1\x7d"),
                                   f"--target={target}", f"--cpu={cpu}", "--emit=asm",
                                   output="out.s").decode()
            self.assertIn(there, text, target)
            self.assertNotIn(not_there, text, target)

    def test_wrong_command_line(self):
        for words in ([], ["a", "b"], ["--no-such"], ["a.wasm"], ["-O7", "a", "-o", "b"],
                      ["--bounds=none", "a", "-o", "b"], ["--emit=c", "a", "-o", "b"]):
            result = self.run_compiler(*words)
            self.assertEqual(result.returncode, 2, words)
            self.assertEqual(result.stderr.count("\n"), 1)

    def test_old_output_survives_a_failure(self):
        self.write("out.so", b"old")
        self.assertEqual(self.compile(b"broken").returncode, 1)
        self.assertEqual(self.read("out.so"), b"old")
        self.compile_ok(module([IDENTITY]))
        self.assertNotEqual(self.read("out.so"), b"old")

    def test_linker_is_missing(self):
        wasm = self.write("in.wasm", module([IDENTITY]))
        result = self.run_compiler(wasm, "-o", self.path("out.so"),
                                   environment={"MPIWASM_LD": self.path("no-linker")})
        self.assertEqual(result.returncode, 1)
        self.assertIn("no-linker", result.stderr)

    def test_linker_fails(self):
        linker = self.write("linker", b"#!/bin/sh\necho I am not well >&2\nexit 3\n")
        os.chmod(linker, stat.S_IRWXU)
        wasm = self.write("in.wasm", module([IDENTITY]))
        result = self.run_compiler(wasm, "-o", self.path("out.so"),
                                   environment={"MPIWASM_LD": linker})
        self.assert_fails(result, "compile")
        self.assertIn("I am not well", result.stderr)

    def test_other_linkers(self):
        """Whatever linker this machine has makes an artifact."""
        wasm = self.write("in.wasm", module([IDENTITY]))
        for linker in ("ld.bfd", "ld.gold", "ld.lld-22", "ld.lld", "ld.mold"):
            if any(os.access(os.path.join(folder, linker), os.X_OK)
                   for folder in os.environ["PATH"].split(":")):
                result = self.run_compiler(wasm, "-o", self.path("out.so"),
                                           environment={"MPIWASM_LD": linker})
                self.assertEqual((result.returncode, result.stderr), (0, ""), linker)

    def test_same_result_with_any_number_of_jobs(self):
        block = b"\x20\0\x41\3\x6c\x41\1\x6a\x21\0"  # x = x * 3 + 1
        body = b"\0" + block * 300 + b"\x20\0\x0b"
        big = module([body] * 120)  # more than one partition
        first = self.compile_ok(big, "--jobs=1", "-O1")
        self.assertEqual(first, self.compile_ok(big, "--jobs=3", "-O1"))
        self.assertEqual(first, self.compile_ok(big, "--jobs=3", "-O1"))

    def test_level_by_size(self):
        """Much code is optimised by -O2 if nothing else is asked for, little by -O3."""
        bodies = {"-O3": b"\0\x20\0\x0b", "-O2": b"\0\x20\0\x0f" + b"\1" * (9 << 17) + b"\x0b"}
        for level, body in bodies.items():
            self.assertIn(f", {level}, ".encode(), self.compile_ok(module([body])))
            self.assertIn(b", -O1, ", self.compile_ok(module([body]), "-O1"))

    def test_memory_is_bounded(self):
        """It grows with the number of threads and a little with the module, not with its code
        times what LLVM makes of it."""
        block = (b"\x20\0\x41\3\x74\x28\2\x10\x41\3\x6c\x21\0"   # x = load(x << 3) * 3
                 b"\x20\0\x41\7\x71\x04\x40\x20\0\x20\0\x36\2\x20\x0b")  # if (x & 7) store
        body = b"\0" + block * 40 + b"\x20\0\x0b"
        usage = []
        for count in 200, 1600:  # 0.2 and 1.6 MB
            wasm = self.write("in.wasm", module([body] * count))
            process = subprocess.Popen([COMPILER, "-O0", "--jobs=1", wasm, "-o",
                                        self.path("out.so")])
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = status
            self.assertEqual(status, 0)
            usage.append(used.ru_maxrss)
        if "ASAN_OPTIONS" in os.environ:
            self.skipTest("a sanitizer keeps freed memory")
        self.assertLess(usage[1], usage[0] + (64 << 10), "KiB")

    def test_progress(self):
        body = b"\0" + b"\x20\0\x41\3\x6c\x21\0" * 2000 + b"\x20\0\x0b"
        wasm = self.write("in.wasm", module([body] * 20))
        result = self.run_compiler(wasm, "-o", self.path("out.so"), "-O1", "--progress-fd=1")
        lines = result.stdout.split("\n")
        total = int(lines[0].split()[2])
        self.assertGreater(total, 1)
        self.assertEqual(lines[0], f"progress 0 {total}")
        self.assertEqual(lines[-2], f"progress {total} {total}")
        # Nobody reads: no reason to stop.
        reader, writer = os.pipe()
        os.close(reader)
        closed = self.run_compiler(wasm, "-o", self.path("out.so"), "-O1",
                                   f"--progress-fd={writer}", pass_fds=[writer])
        os.close(writer)
        self.assertEqual(closed.returncode, 0)

    def test_batch(self):
        good, bad = self.write("good.wasm", module([IDENTITY])), self.write("bad.wasm", b"bad")
        lines = f"{good} {self.path('1.so')}\n{bad} {self.path('2.so')}\n{good} {self.path('3.so')}\n"
        result = self.run_compiler("-O1", "--batch", self.write("list", lines.encode()))
        said = result.stdout.splitlines()
        self.assertEqual((len(said), said[0], said[2]), (3, "ok", "ok"))
        self.assertTrue(said[1].startswith("malformed: "))
        self.assertEqual(result.returncode, 1)
        self.assertTrue({"1.so", "3.so"} <= set(os.listdir(self.folder)))
        self.assertNotIn("2.so", os.listdir(self.folder))

    def test_extremes(self):
        """What the format allows in size."""
        i32 = b"\x7f"
        many_locals = b"\1" + leb(50000) + i32 + b"\x20" + leb(49999) + b"\x0b"
        depth = 5000
        nested = b"\0" + b"\2\x7f" * depth + b"\x20\0" + b"\x0b" * depth + b"\x0b"
        count = 20000
        table = b"\0\2\x40\x20\0\x0e" + leb(count) + b"\0" * count + b"\0\x0b\x41\1\x0b"
        for body in (many_locals, nested, table):
            self.compile_ok(module([body]), "-O1")
        results = b"\x60\x01\x7f" + leb(1000) + i32 * 1000
        self.compile_ok(module([b"\0" + b"\x41\1" * 1000 + b"\x0b"], type_=results), "-O1")
        parameters = b"\x60" + leb(1000) + i32 * 1000 + b"\x01\x7f"
        self.compile_ok(module([IDENTITY], type_=parameters), "-O1")

    def test_modes(self):
        load = module([b"\0\x20\0\x28\2\0\x0b"])
        for options in (["-O0"], ["-O1"], ["-O2"], ["-O3"], ["--strict-traps"],
                        ["--bounds=explicit"], ["--cpu=baseline"]):
            self.compile_ok(load, *options)
        self.assertIn(b"ret", self.compile_ok(load, "--emit=asm", output="out.s"))
        self.assertIn(b"define", self.compile_ok(load, "--emit=llvm", output="out.ll"))
        self.assertEqual(self.compile_ok(load, "--emit=obj", output="out.o")[16], 1)  # ET_REL

    def test_disable(self):
        """A step that is left out is: memory[x - 8] stays a sum of 32 bits."""
        load = module([b"\0\x20\0\x41\x78\x6a\x28\2\0\x0b"])
        for options, folds in ((["--disable=unroll,fold-offsets"], False), (["--disable="], True)):
            text = self.compile_ok(load, "--emit=llvm", *options, output="out.ll")
            self.assertEqual(b"i64 -8" in text, folds, options)
        self.assertEqual(self.run_compiler("--disable=fold", self.path("x")).returncode, 2)

    def test_version(self):
        self.assertRegex(self.run_compiler("--version").stdout, r"^mpiwasm [\d.]+, LLVM [\d.]+\n$")
        self.assertEqual(len(self.run_compiler("--print-target").stdout.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
