#!/usr/bin/env python3
"""Everything that is broken: one line of reason, the right exit code, no crash and no hang.

Each case runs alone and, where a plugin and a launcher are there, on 1 and 2 ranks of each MPI.
"""
import os
import pathlib
import random
import re
import resource

import harness
from harness import CliTest

WASI = "wasi_snapshot_preview1"


class BadInput(CliTest):
    def check_everywhere(self, words, code, *fragments, **keywords):
        with self.subTest(words=words, ranks=0):
            self.check_error(self.mpiwasm(*words, **keywords), code, *fragments)
        for name, launcher in harness.launchers():
            for size in (1, 2):
                with self.subTest(words=words, mpi=name, ranks=size):
                    env = {**keywords.pop("env", {}), "MPIWASM_GATHER_MS": "5000"}
                    result = self.ranks(launcher, size, *words, env=env, **keywords)
                    ranks = "rank 0: " if size == 1 else "ranks 0-1: "
                    self.check_error(result, code, ranks, *fragments)

    def test_files(self):
        self.write("empty.wasm", b"")
        self.write("text.wasm", b"Dear module,\nrun.\n")
        self.write("wat.wasm", b"(module (memory 1))\n")
        self.write("archive.wasm", b"!<arch>\n")
        self.write("script.wasm", b"#!/bin/sh\necho\n")
        self.write("noise.wasm", b"\x01\x02\x03\x04" * 100)
        (self.directory / "folder").mkdir()
        for name, reason in (
            ("missing.wasm", "cannot open 'missing.wasm': No such file"),
            ("empty.wasm", "'empty.wasm' is not a WebAssembly module: it is empty"),
            ("text.wasm", "it is a text file"),
            ("wat.wasm", "text format; wat2wasm"),
            ("archive.wasm", "library archive"),
            ("script.wasm", "it is a script"),
            ("noise.wasm", "not a WebAssembly module"),
            ("folder", "it is a directory"),
        ):
            if name in ("missing.wasm", "text.wasm"):
                self.check_everywhere([name], 1, reason)
            self.check_error(self.mpiwasm(name), 1, reason)
            self.check_error(self.mpiwasm("compile", name), 1, reason)
            self.check_error(self.mpiwasm("inspect", name), 1, reason)

    def test_wide_memory(self):
        """What the layers offer is for 32-bit memories: a reason, whether or not types match."""
        for function, signature in (("proc_exit", ":i"), ("fd_write", "i:iIII")):
            self.write("wide.wasm", harness.module([(WASI, function, signature)], limits=4))
            self.check_error(self.mpiwasm("wide.wasm"), 1, "64-bit", "memory64", "wasi")
        self.write("wide.wasm", harness.module(limits=4))
        self.assertEqual(self.mpiwasm("wide.wasm").code, 0)

    def test_truncated(self):
        whole = harness.exit_with(0)
        for size in range(4, len(whole)):
            self.write("cut.wasm", whole[:size])
            result = self.mpiwasm("cut.wasm")
            self.check_error(result, 1, "'cut.wasm'")  # also where it is cut between two sections
        self.write("cut.wasm", whole[:-3])
        self.check_everywhere(["cut.wasm"], 1, "'cut.wasm': ", "at offset")
        self.check_error(self.mpiwasm("inspect", "cut.wasm"), 1, "at offset")
        self.check_error(self.mpiwasm("compile", "cut.wasm"), 1, "at offset")
        self.assertFalse((self.directory / "cut.so").exists())

    def test_random(self):
        """Noise behind a good header, and single broken bytes in a good module."""
        source = random.Random(2)
        whole = harness.exit_with(0)
        for i in range(24):
            if i % 2:
                content = b"\0asm\1\0\0\0" + source.randbytes(200)
            else:
                broken = bytearray(whole)
                broken[source.randrange(8, len(whole))] = source.randrange(256)
                content = bytes(broken)
            self.write("noise.wasm", content)
            result = self.mpiwasm("--max-memory=64M", "noise.wasm")
            # A broken byte may leave a module that runs, traps or exits with a code of its own.
            self.assertTrue(0 <= result.code < 128 or result.code == 134, result)
            if result.code == 1:
                self.assertEqual(len(result.own_lines()), 1, result)

    def test_imports(self):
        for imported, fragments in (
            (("env", "mystery", "i:iI"), ["env", "mystery"]),
            ((WASI, "fd_fly", ":"), ["fd_fly"]),
            ((WASI, "proc_exit", ":I"), ["proc_exit", "(i64) -> ()", "(i32) -> ()"]),
            ((WASI, "fd_close", ":i"), ["fd_close"]),
        ):
            self.write("import.wasm", harness.module([imported]))
            self.check_everywhere(["import.wasm"], 1, "'import.wasm'", *fragments)
        self.write("import.wasm", harness.module([("env", "a", ":"), ("env", "b", ":")]))
        self.check_error(self.mpiwasm("import.wasm"), 1, "env.a, b")

    def test_imports_of_mpi(self):
        for name, launcher in harness.launchers():
            for imported, fragment in ((("mpi_abi_1", "MPI_Teleport", "i:i"), "MPI_Teleport"),
                                       (("mpi_abi_1", "MPI_Barrier", "I:i"), "MPI_Barrier")):
                self.write("import.wasm", harness.module([imported]))
                for size in (1, 2):
                    with self.subTest(mpi=name, name=imported[1], ranks=size):
                        result = self.ranks(launcher, size, "import.wasm",
                                            env={"MPIWASM_GATHER_MS": "5000"})
                        self.check_error(result, 1, fragment)

    def test_directories(self):
        module = self.write("exit.wasm", harness.exit_with(0))
        self.check_everywhere(["--dir=missing", module], 1, "--dir", "'missing'", "No such file")
        self.check_everywhere([f"--dir={module}", module], 1, "--dir", "not a directory")
        self.check_everywhere(["--dir=.:ro", "--dir=gone::/x:ro", module], 1, "'gone'")

    def test_no_entry(self):
        self.write("library.wasm", harness.module(export="f"))
        self.check_everywhere(["library.wasm"], 1, "'library.wasm'", "_start", "--invoke")

    def test_entry_of_another_type(self):
        self.write("entry.wasm", harness.module(signature=":iF"))
        self.check_everywhere(["entry.wasm"], 1, "'_start' is (i32, f64) -> ()")

    def test_artifacts(self):
        module = self.write("exit.wasm", harness.exit_with(0))
        self.assertEqual(self.mpiwasm("compile", module, "-o", "good.so").code, 0)
        good = (self.directory / "good.so").read_bytes()
        for size in (4, 64, 1000, len(good) // 2, len(good) - 100):
            self.write("cut.so", good[:size])
            result = self.mpiwasm("cut.so")
            self.check_error(result, 1, "'cut.so'")
        self.check_everywhere(["cut.so"], 1, "'cut.so'")
        foreign = pathlib.Path("/bin/true").read_bytes()
        self.write("foreign.so", foreign)
        self.check_everywhere(["foreign.so"], 1, "'foreign.so'")
        # A shared object, but none of ours.
        (self.directory / "other.c").write_text("int answer(void) { return 42; }\n")
        self.assertEqual(self.execute(["cc", "-shared", "-o", "other.so", "other.c"]).code, 0)
        self.check_everywhere(["other.so"], 1, "'other.so'")

    def test_memory_beyond_all(self):
        self.write("big.wasm", harness.module(memory=65536))
        result = self.mpiwasm("big.wasm")
        self.assertIn(result.code, (0, 1), result)
        self.write("bigger.wasm", harness.module(memory=65537))
        self.check_error(self.mpiwasm("bigger.wasm"), 1, "'bigger.wasm'", "memory")

        def limit():
            resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

        self.write("large.wasm", harness.module(memory=32768))
        self.check_error(self.mpiwasm("large.wasm", preexec=limit), 1, "'large.wasm'")

    def test_caches(self):
        """No cache stops a job: unwritable, of others, full of rubbish."""
        module = self.write("exit.wasm", harness.exit_with(5))
        self.write("file", b"")
        shared = self.directory / "shared"
        shared.mkdir()
        shared.chmod(0o777)
        for name, env in (
            ("read-only home", {"HOME": "/proc/1", "MPIWASM_CACHE_DIR": None}),
            ("no home", {"HOME": None, "MPIWASM_CACHE_DIR": None}),
            ("below a file", {"MPIWASM_CACHE_DIR": str(self.directory / "file/cache")}),
            ("shared", {"MPIWASM_CACHE_DIR": str(shared)}),
            ("nothing writable", {"MPIWASM_CACHE_DIR": "/proc/1/cache", "TMPDIR": "/proc/1"}),
        ):
            with self.subTest(cache=name):
                self.assertEqual(self.mpiwasm(module, env=env).code, 5)
            for mpi, launcher in harness.launchers():
                with self.subTest(cache=name, mpi=mpi):
                    env.pop("TMPDIR", None)  # Open MPI itself needs it
                    result = self.ranks(launcher, 2, module, env=env)
                    self.assertEqual(result.code, 5, result)

    def test_corrupt_cache(self):
        module = self.write("exit.wasm", harness.exit_with(5))
        env = {"MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        self.assertEqual(self.mpiwasm(module, env=env).code, 5)
        entries = [path for path in (self.directory / "cache").rglob("*.so")]
        self.assertEqual(len(entries), 1)
        whole = entries[0].read_bytes()
        for damage in (b"", whole[:len(whole) // 2], b"\0" * len(whole),
                       whole[:5000] + b"\xff" * 100 + whole[5100:]):
            entries[0].chmod(0o600)
            entries[0].write_bytes(damage)
            result = self.mpiwasm(module, env=env)
            self.assertEqual(result.code, 5, result)

    def test_no_compiler(self):
        module = self.write("exit.wasm", harness.exit_with(0))
        env = {"MPIWASM_COMPILE": "/nonexistent/mpiwasm-compile",
               "MPIWASM_CACHE_DIR": str(self.directory / "cache")}
        self.check_error(self.mpiwasm(module, env=env), 1, "mpiwasm-compile")
        self.check_error(self.mpiwasm("compile", module, env=env), 1, "mpiwasm-compile")
        crashing = self.write("crash", b"#!/bin/sh\nkill -SEGV $$\n")
        (self.directory / crashing).chmod(0o755)
        env["MPIWASM_COMPILE"] = str(self.directory / crashing)
        self.check_error(self.mpiwasm(module, env=env), 1)

    def test_compile_output(self):
        module = self.write("exit.wasm", harness.exit_with(0))
        self.check_error(self.mpiwasm("compile", module, "-o", "no/such/place.so"), 1, "no/such")
        self.check_error(self.mpiwasm("compile", "--cpu=z80", module), 2, "no CPU 'z80'")
        self.check_everywhere(["--cpu=z80", module], 2, "no CPU 'z80'")

    def test_plugins(self):
        """The wrong MPI plugin, or none of that name."""
        module = self.write("mpi.wasm", harness.module(
            [("mpi_abi_1", "MPI_Init", "i:ii")],
            harness.i32(0) + harness.i32(0) + harness.call(0) + b"\x1a"))
        found = dict(harness.launchers())
        if not found:
            self.skipTest("no MPI plugin")
        self.check_everywhere(["--mpi=lam", module], 1, "lam")
        for name, launcher in found.items():
            for other in found:
                if other != name:
                    with self.subTest(launcher=name, plugin=other):
                        result = self.ranks(launcher, 2, f"--mpi={other}", module)
                        self.assertNotEqual(result.code, 0, result)
                        self.assertTrue(result.own_lines(), result)
                        self.assertRegex(result.err, re.compile("plugin|MPI", re.I))
        env = {key: None for key in os.environ if key.startswith(("OMPI_", "PMI"))}
        self.assertTrue(self.mpiwasm(module, env=env).code in (0, 1))


if __name__ == "__main__":
    harness.main()
