#!/usr/bin/env python3
"""Exceptions as compilers make them, and what becomes of those that nobody catches.

    test_exceptions.py BUILD_DIR

Programs in C++ and C (exceptions/) in both forms of WebAssembly's exceptions and in every mode of our
compiler, and modules in text form, run through mpiwasm. What exceptions mean, instruction by
instruction, is tested by the scripts of tests/spec. Exit code 77: there is no wasm-tools or mpiwasmcc.
"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import lower  # noqa: E402

BUILD = os.path.abspath(sys.argv.pop(1))
MPIWASM = os.path.join(BUILD, "bin", "mpiwasm")
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "exceptions")
MODES = [[], ["-O0"], ["--strict-traps"], ["--bounds=explicit"]]
FORMS = {"legacy": "true", "new": "false"}

CLASSES = """fail ends
nothing happened
pass_on ends
fail ends
pass_on ends
int 42
fail ends
pass_on ends
failure 7
fail ends
inside 42
failure 7 ends
fail ends
a double 2.5, again
pass_on ends
double 2.5
fail ends
pass_on ends
something
from the deep: 5
sum 3.33328e+09
"""
JUMPS = """outer: 0
inner: 1005
outer: 100
outer: 200
outer: 300
50000 jumps
"""

THROWS = """(module
  (tag $failure (param i32 f64))
  (func $give_up (param i32) (throw $failure (local.get 0) (f64.const 2.5)))
  (func $clean (param i32)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $give_up (local.get 0)))
      (return))
    (throw_ref))
  (func $outer (call $clean (i32.const -7)))
  (func (export "plain") (call $give_up (i32.const 7)))
  (func (export "cleaned") (call $outer))
  ;; $n exceptions, none of which is kept.
  (func $deep (param i32)
    (if (i32.eqz (local.get 0)) (then (call $clean (local.get 0))))
    (call $deep (i32.sub (local.get 0) (i32.const 1))))
  (func (export "many") (param $n i32) (param $depth i32) (result i32)
    (local $caught i32)
    (loop $again
      (block $h (result i32 f64 exnref)
        (try_table (catch_ref $failure $h) (call $deep (local.get $depth)))
        (unreachable))
      (drop) (drop) (drop)
      (local.set $caught (i32.add (local.get $caught) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $caught)))
"""


def without_hint(text):
    return "".join(line for line in text.splitlines(True) if not line.startswith("    hint: "))


class Exceptions(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.environment = dict(os.environ, MPIWASM_CACHE_DIR=os.path.join(self.folder, "cache"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_module(self, module, options=(), arguments=()):
        return subprocess.run([MPIWASM, "-q", *options, module, *arguments], capture_output=True,
                              text=True, timeout=100, env=self.environment, check=False)

    def assemble(self, text, name="module"):
        with open(self.path(f"{name}.wat"), "w") as file:
            file.write(text)
        command = [*lower.find_converter(), self.path(f"{name}.wat"), "-o", self.path(f"{name}.wasm")]
        subprocess.run(command, check=True, timeout=60)
        return self.path(f"{name}.wasm")

    def compile(self, compiler, source, *options):
        for form, legacy in FORMS.items():
            module = self.path(f"{form}.wasm")
            subprocess.run([os.path.join(BUILD, "bin", compiler), "-O2", *options, "-mllvm",
                            f"-wasm-use-legacy-eh={legacy}", os.path.join(PROGRAMS, source), "-o",
                            module], check=True, timeout=100)
            yield form, module

    def compare(self, compiler, source, expected, *options):
        for form, module in self.compile(compiler, source, *options):
            for mode in MODES:
                with self.subTest(form=form, mode=mode):
                    result = self.run_module(module, mode)
                    self.assertEqual((result.stdout, result.stderr, result.returncode),
                                     (expected, "", 0))

    def test_classes(self):
        self.compare("mpiwasmcxx", "classes.cc", CLASSES, "-fwasm-exceptions")

    def test_jumps(self):
        self.compare("mpiwasmcc", "jumps.c", JUMPS, "-mllvm", "-wasm-enable-sjlj")

    def test_uncaught_from_cxx(self):
        for form, module in self.compile("mpiwasmcxx", "classes.cc", "-fwasm-exceptions"):
            with self.subTest(form=form):
                result = self.run_module(module, arguments=["uncaught"])
                self.assertEqual(result.returncode, 134)
                # From the throw on, past cleanups that caught it and threw it again.
                self.assertRegex(result.stderr, r"uncaught exception: tag 0 \(i32 \d+\)\n"
                                                r"    in (__cxa_throw|fail).*\n(.*\n)*"
                                                r"    in pass_on\(int\) .*\n    in main ")

    def test_uncaught(self):
        module = self.assemble(THROWS)
        for mode in MODES:
            with self.subTest(mode=mode):
                result = self.run_module(module, [*mode, "--invoke=plain"])
                self.assertEqual(result.returncode, 134)
                self.assertEqual(without_hint(result.stderr),
                                 "mpiwasm: trap: uncaught exception: tag failure (i32 7, f64 2.5)\n"
                                 "    in give_up (function 0)\n    in func[3] (function 3)\n")
                result = self.run_module(module, [*mode, "--invoke=cleaned"])
                self.assertEqual(result.returncode, 134)
                self.assertEqual(without_hint(result.stderr),
                                 "mpiwasm: trap: uncaught exception: tag failure (i32 -7, f64 2.5)\n"
                                 "    in give_up (function 0)\n    in clean (function 1)\n"
                                 "    in outer (function 2)\n    in func[4] (function 4)\n")

    def test_memory(self):
        """Exceptions that nobody refers to any more are freed."""
        module = self.assemble(THROWS)
        for count, depth in ((1000, 3), (200, 20000), (1000000, 3)):
            result = self.run_module(module, ["--invoke=many"], [str(count), str(depth)])
            self.assertEqual((result.stdout.strip(), result.returncode), (str(count), 0))
        pid = os.fork()
        if pid == 0:
            os.execve(MPIWASM, [MPIWASM, "-q", "--invoke=many", module, "1000000", "3"],
                      self.environment)
        _, status, usage = os.wait4(pid, 0)
        self.assertEqual(status, 0)
        self.assertLess(usage.ru_maxrss, 40 * 1024)  # KiB; kept, they would take 400 MiB

    def test_partitions(self):
        """Throwing and catching between the parts that the compiler cuts a big module into."""
        count = 60
        filler = "(local.set 1 (i32.mul (i32.add (local.get 1) (i32.const 12345)) (local.get 0)))\n"
        functions = []
        for i in range(count):
            functions.append(f"""
  (func $f{i} (param i32) (result i32) (local i32)
    {filler * 300}
    (block $h (result i32)
      (try_table (catch $t{i % 3} $h)
        (if (i32.eq (local.get 0) (i32.const {i})) (then (throw $t{i % 2} (i32.const {i}))))
        (return (i32.add (call $f{(i + 1) % count} (local.get 0)) (i32.const 1))))
      (unreachable))
    (i32.mul (i32.const 1000)))""")
        module = self.assemble("(module (tag $t0 (param i32)) (tag $t1 (param i32)) (tag $t2)" +
                               "".join(functions).replace("(catch $t2 $h)", "") +
                               '(export "run" (func $f0)))')
        self.assertGreater(os.path.getsize(module), 3 * 128 * 1024 // 2)
        # Who throws tag t: the innermost of those before with that tag, itself included.
        for thrower in (0, 1, 2, 3, 29, 58, 59):
            catcher = max(i for i in range(thrower + 1) if i % 3 == thrower % 2)
            result = self.run_module(module, ["--invoke=run"], [str(thrower)])
            self.assertEqual((result.stdout.strip(), result.returncode),
                             (str(1000 * thrower + catcher), 0))


if __name__ == "__main__":
    if lower.find_converter() is None or not os.path.exists(os.path.join(BUILD, "bin/mpiwasmcc")):
        print("SKIPPED: wasm-tools or mpiwasmcc are missing")
        sys.exit(77)
    unittest.main()
