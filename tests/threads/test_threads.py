#!/usr/bin/env python3
"""Threads of a guest: wasi.thread-spawn, over one memory, how they end, descriptors among them."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
import harness  # pylint: disable=wrong-import-position
from harness import CliTest  # pylint: disable=wrong-import-position

HERE = pathlib.Path(__file__).resolve().parent
ENTRY = '(func (export "wasi_thread_start") (param i32 i32))'
SPAWN = '(import "wasi" "thread-spawn" (func (param i32) (result i32)))'


class Threads(CliTest):
    def guest(self, case, *options, memory="--import-memory", source="guest.c"):
        """Without a C library: clang alone, for a memory of 2 to 1000 pages."""
        clang = self.execute([harness.BUILD / "bin/mpiwasmcc", "--showme:command"]).out.strip()
        path = self.directory / f"{case}.wasm"
        linker = ["--shared-memory", "--max-memory=65536000", memory, "--export-memory",
                  "-z,stack-size=65536"]
        if not memory:
            linker = [word for word in linker if word not in ("", "--export-memory")]
        result = self.execute([
            clang, "--target=wasm32", "-O1", "-g", "-matomics", "-mbulk-memory", "-nostdlib",
            "-fno-builtin", "--no-wasm-opt", f"-DCASE_{case}", *options,
            *[f"-Wl,{word}" for word in linker], HERE / source, "-o", path])
        self.assertEqual(result.code, 0, result)
        return path

    def text_module(self, name, text):
        (self.directory / f"{name}.wat").write_text(text)
        result = self.execute(["wat2wasm", "--enable-threads", f"{name}.wat", "-o",
                               f"{name}.wasm"])
        self.assertEqual(result.code, 0, result)
        return f"{name}.wasm"

    def test_counting(self):
        for memory in "--import-memory", "":
            with self.subTest(memory=memory):
                result = self.mpiwasm(self.guest("counting", memory=memory))
                self.assertEqual((result.code, result.out), (0, "counted\n"), result)

    def test_explicit_bounds(self):
        result = self.mpiwasm("--bounds=explicit", self.guest("counting"))
        self.assertEqual((result.code, result.out), (0, "counted\n"), result)

    def test_growing(self):
        module = self.guest("growing")
        for words in [], ["--bounds=explicit"]:
            result = self.mpiwasm(*words, module)
            self.assertEqual((result.code, result.out), (0, "grown\n"), result)

    def ending(self, how):
        """With standard input open, which a thread reads."""
        module = self.guest("ending", f"-DHOW={how}")
        read, write = os.pipe()
        try:
            process = subprocess.run([harness.BUILD / "bin/mpiwasm", module], stdin=read,
                                     capture_output=True, text=True, check=False,
                                     env=self.environment, timeout=harness.TIMEOUT)
        finally:
            os.close(read)
            os.close(write)
        return harness.Result(process.returncode, process.stdout, process.stderr)

    def test_trap_in_a_thread(self):
        for how, words, function in ((1, "out of bounds memory access: address 0x7fffff00", "wild"),
                                     (2, "call stack exhausted", "deep"),
                                     (3, "unreachable", "culprit")):
            with self.subTest(how=how):
                result = self.ending(how)
                self.assertEqual(result.code, 134, result)
                self.assertEqual(result.err.count("trap: "), 1, result)
                self.assertIn(words, result.err)
                self.assertIn("in thread 4\n", result.err)
                self.assertRegex(result.err, rf"in {function} \(function \d+\) at .*guest.c:\d+")
                if how != 2: # cut, as it is so deep
                    self.assertIn("in thread_begin ", result.err)

    def test_exit_in_a_thread(self):
        result = self.ending(4)
        self.assertEqual((result.code, result.out, result.err), (42, "", ""), result)

    def test_end_of_the_first(self):
        for how, code, out in (0, 0, "the end\n"), (5, 17, ""):
            result = self.ending(how)
            self.assertEqual((result.code, result.out, result.err), (code, out, ""), result)
        result = self.ending(6)
        self.assertEqual(result.code, 134, result)
        self.assertIn("trap: out of bounds memory access", result.err)
        self.assertNotIn("in thread", result.err)

    def test_files(self):
        result = self.mpiwasm("--dir", ".", self.guest("files"))
        self.assertEqual((result.code, result.out), (0, "read\n"), result)

    def mpi(self, launcher, ranks, how, options=(), **keywords):
        share = harness.BUILD / "share/mpiwasm"
        module = self.guest("mpi", f"-DHOW={how}", "-DSEED=1", "-w", *options, f"-I{share}/include", "-Wl,--export-table",
                            f"-Wl,--allow-undefined-file={share}/lib/mpi.symbols", **keywords)
        return self.ranks(launcher, ranks, module)

    def test_mpi_multiple(self):
        """Several threads in MPI at once: as natively, with the level that the MPI gives."""
        for name, launcher in harness.launchers():
            with self.subTest(mpi=name):
                result = self.mpi(launcher, 2, 0, source="mpi_guest.c")
                self.assertEqual(result.code, 0, result)
                self.assertIn(result.out, ("done\n" * 2, "less\n" * 2), result)
                mpicc = shutil.which(f"mpicc.{name}")
                if not mpicc:
                    continue
                native = self.execute([mpicc, "-pthread", HERE / "mpi_guest.c", "-o", "native"])
                self.assertEqual(native.code, 0, native)
                native = self.execute([launcher, "-n", 2, "./native"])
                self.assertEqual(result.out, native.out, native)

    def test_mpi_hostile(self):
        """Threads that use, change and free each other's objects: nothing crashes, nothing hangs."""
        for name, launcher in harness.launchers():
            for ranks, how, words in ((1, 0, "done\n"), (2, 0, "done\n"), (2, 1, ""), (2, 2, "")):
                with self.subTest(mpi=name, ranks=ranks, how=how):
                    result = self.mpi(launcher, ranks, how, source="hostile_guest.c",
                                      options=["-DFREES"] if name == "openmpi" else [])
                    if "less" in result.out:
                        continue
                    self.assertNotIn("fatal:", result.err)
                    self.assertNotIn("Sanitizer", result.err)
                    self.assertEqual(result.out, words * ranks, result)
                    if how == 1:
                        self.assertIn("trap: unreachable", result.err)

    def test_mpi_by_turns(self):
        for name, launcher in harness.launchers():
            with self.subTest(mpi=name):
                result = self.mpi(launcher, 2, 1)
                self.assertEqual((result.code, result.out), (0, "done\n" * 2), result)

    def test_mpi_against_the_rules(self):
        for name, launcher in harness.launchers():
            for how, words in ((2, "MPI_Comm_rank is called by another thread than the one that "
                                   "started MPI, with MPI_THREAD_FUNNELED"),
                               (3, "is called while another thread of the program is in a call")):
                with self.subTest(mpi=name, how=how):
                    result = self.mpi(launcher, 1, how)
                    self.assertNotEqual(result.code, 0, result)
                    self.assertIn("trap: host function failed: MPI_", result.err)
                    self.assertIn(words, result.err)

    def test_modules_that_cannot(self):
        for name, text, words in (
                ("start", f'(module {SPAWN} (memory 1 1 shared) (func (export "_start")))',
                 "exports no function wasi_thread_start of type (i32, i32) -> ()"),
                ("type", f'(module {SPAWN} (memory 1 1 shared) (func (export "_start"))'
                         '(func (export "wasi_thread_start") (param i32)))',
                 "exports no function wasi_thread_start of type (i32, i32) -> ()"),
                ("memory", f'(module {SPAWN} (memory 1) {ENTRY} (func (export "_start")))',
                 "has no shared memory")):
            result = self.mpiwasm(self.text_module(name, text))
            self.check_error(result, 1, "wasi.thread-spawn", words)

    def test_threads_without_end(self):
        """At some number no more are started, and the program goes on."""
        result = self.mpiwasm(self.text_module("many", f"""(module {SPAWN}
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory 1 1 shared)
            (func (export "wasi_thread_start") (param i32 i32)
              (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
            (func (export "_start") (local $count i32) (local $result i32)
              (loop $more
                (local.set $count (i32.add (local.get $count) (i32.const 1)))
                (local.set $result (call 0 (i32.const 0)))
                (br_if $more (i32.and (i32.gt_s (local.get $result) (i32.const 0))
                                      (i32.lt_s (local.get $count) (i32.const 5000)))))
              (call $exit (i32.and (i32.eq (local.get $result) (i32.const -6))
                                   (i32.gt_s (local.get $count) (i32.const 100))))))"""))
        self.assertEqual(result.code, 1, result)

    def test_guards_below_stacks(self):
        """Wherever a module says that its guards lie."""
        def module(name, low, size, at=64, run=""):
            return self.text_module(name, f"""(module {SPAWN} (memory (export "memory") 2 2 shared)
                (func (export "_start")
                  (if (i32.lt_u (i32.const {at}) (i32.const 131000)) (then
                    (i32.store offset=12 (i32.const {at}) (i32.const {low}))
                    (i32.store offset=16 (i32.const {at}) (i32.const {size}))))
                  (drop (call 0 (i32.const {at})))
                  (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
                (func (export "mpiwasm_thread_run") (param i32 i32) {run})
                (func (export "mpiwasm_thread_gone") (param i32)
                  (i32.atomic.store (i32.const 0) (i32.const 1))
                  (drop (memory.atomic.notify (i32.const 0) (i32.const 1))))
                (func (export "wasi_thread_start") (param i32 i32) unreachable))""")
        write = "(i32.store (i32.const {}) (i32.const 1))"
        for name, arguments in (("none", (0, 0)), ("beyond", (65536, 65537)),
                                ("wrapping", (0xffff0000, 0xffffffff)), ("argument", (0, 0, -4)),
                                ("around", (65536, 65536, 64, write.format(65532))),
                                ("small", (65540, 4000, 64, write.format(65544)))):
            for options in [], ["--bounds=explicit"]:
                result = self.mpiwasm(*options, module(name, *arguments))
                self.assertEqual((result.code, result.err), (0, ""), (name, result))
        for options in [], ["--bounds=explicit"]:
            result = self.mpiwasm(*options, module("own", 65536, 65536, 64,
                                                   write.format(70000)))
            self.assertEqual(result.code, 134, result)
            self.assertIn("call stack exhausted: the stack of thread 1 is too small", result.err)

    def test_inspect(self):
        result = self.mpiwasm("inspect", self.guest("counting"))
        self.assertEqual(result.code, 0, result)
        self.assertTrue(re.search(r"wasi\.thread-spawn  .*  here\n", result.out), result)
        self.assertTrue(re.search(r"env\.memory  .*  here\n", result.out), result)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=1)
