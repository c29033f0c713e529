"""Code for another CPU or machine: refused with a reason, replaced where the module is there."""
import platform
import shutil
import unittest

import harness

# Its xop, fma4 and tbm no later CPU has, so this is another CPU everywhere.
OTHER = "bdver4"
LACKS = f"compiled for the CPU '{OTHER}', and this one lacks"


@unittest.skipUnless(platform.machine() == "x86_64", "the CPUs are x86-64's")
class Machines(harness.CliTest):
    def setUp(self):
        super().setUp()
        self.features = harness.pathlib.Path("/proc/cpuinfo").read_text().split()
        if "xop" in self.features:
            self.skipTest(f"this is a {OTHER}")
        self.environment["MPIWASM_CACHE_DIR"] = str(self.directory / "cache")
        self.write("exit.wasm", harness.exit_with(7))

    def make(self, *options):
        result = self.mpiwasm("compile", *options)
        self.assertEqual((result.code, result.err), (0, ""), result)

    def entries(self):
        return len(list((self.directory / "cache").glob("*.so")))

    def check_noted(self, result, *fragments):
        """It ran, and one line says for what it was compiled instead."""
        self.check_error(result, 7, *fragments)

    def test_artifact_alone(self):
        self.make("--cpu", OTHER, "exit.wasm", "-o", "other.so")
        self.check_error(self.mpiwasm("other.so"), 1, f"'other.so' was {LACKS} features of it: ",
                         "xop, fma4, tbm", "make one for this machine")

    def test_module_beside(self):
        self.make("--cpu", OTHER, "exit.wasm")
        for _ in range(2):
            self.check_noted(self.mpiwasm("exit.so"), LACKS, "compiling 'exit.wasm' instead")

    def test_other_machine(self):
        for machine in ("aarch64", "ppc64le", "riscv64"):
            self.make("--target", machine, "exit.wasm", "-o", "other.so")
            self.check_error(self.mpiwasm("other.so"), 1, f"is for {machine}, this is x86-64",
                             "make one for this machine")
        self.make("--target", "aarch64", "exit.wasm")
        self.check_noted(self.mpiwasm("exit.so"), "is for aarch64", "'exit.wasm' instead")

    def test_option(self):
        """--cpu may stand in the command of a job that runs on several kinds of nodes."""
        for expected in (2, 2):
            result = self.mpiwasm("--cpu", OTHER, "exit.wasm")
            self.check_noted(result, LACKS, "compiling for this one instead")
            self.assertEqual(self.entries(), expected)
        self.check_noted(self.mpiwasm("--cpu", OTHER, "--no-cache", "exit.wasm"), LACKS)
        for name in ("x86-64", "baseline", "native"):
            result = self.mpiwasm("--cpu", name, "exit.wasm")
            self.assertEqual((result.code, result.err), (7, ""), name)

    def test_cache_without_compiler(self):
        self.make("--cache", "--cpu", OTHER, "exit.wasm")
        (self.directory / "bin").mkdir()
        alone = shutil.copy(harness.BUILD / "bin/mpiwasm", self.directory / "bin")
        result = self.execute([alone, "--cpu", OTHER, "exit.wasm"])
        self.assertEqual(result.code, 1, result)
        self.assertIn(LACKS, result.own_lines()[0])
        self.assertIn("compile --cache", result.own_lines()[1])
        self.make("--cache", "--cpu", "baseline", "exit.wasm")
        self.check_noted(self.execute([alone, "--cpu", OTHER, "exit.wasm"]), LACKS)

    def test_shared_cache(self):
        """One cache for two CPUs, the lesser one under an emulator. The compiler that it starts
        runs natively, so what that takes for its own CPU is refused, and the baseline runs."""
        if (shutil.which("qemu-x86_64") is None or "ASAN_OPTIONS" in self.environment or
                "avx" not in self.features):
            self.skipTest("needs qemu-x86_64, a CPU with AVX, and no sanitizer")
        lesser = ["qemu-x86_64", "-cpu", "Nehalem", harness.BUILD / "bin/mpiwasm"]
        self.assertEqual(self.mpiwasm("exit.wasm").code, 7)
        for _ in range(2):
            result = self.execute([*lesser, "exit.wasm"])
            self.assertEqual((result.code, result.err), (7, ""), result)
            self.assertEqual(self.entries(), 3)
        result = self.mpiwasm("--verbose", "exit.wasm")
        self.assertIn("found compiled", result.err)
        self.make("--cpu", "x86-64-v3", "exit.wasm", "-o", "avx.so")
        self.check_error(self.execute([*lesser, "avx.so"]), 1, "'x86-64-v3'", "avx")


if __name__ == "__main__":
    harness.main()
