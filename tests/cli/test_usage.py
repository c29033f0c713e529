#!/usr/bin/env python3
"""The command line itself: wrong options, suggestions, help, what belongs to whom."""
import harness
from harness import CliTest


class Usage(CliTest):
    def check_usage(self, words, *fragments):
        self.check_error(self.mpiwasm(*words), 2, *fragments)

    def test_no_module(self):
        self.check_usage([], "a MODULE is missing")
        self.check_usage(["--quiet"], "a MODULE is missing")
        self.check_usage(["compile"], "compile: a MODULE is missing")

    def test_unknown_option(self):
        self.check_usage(["--cahce-dir=x", "a.wasm"], "'--cahce-dir'", "'--cache-dir'")
        self.check_usage(["--strict", "a.wasm"], "did you mean '--strict-traps'?")
        self.check_usage(["--frobnicate", "a.wasm"], "no option '--frobnicate'", "--help")
        self.check_usage(["-x", "a.wasm"], "no option '-x'")
        self.check_usage(["inspect", "--emit=so", "a.wasm"], "'--emit' does not belong")

    def test_values(self):
        self.check_usage(["--dir"], "'--dir' needs its HOST[::GUEST][:ro]")
        self.check_usage(["--dir=", "a.wasm"], "HOST[::GUEST][:ro]")
        self.check_usage(["--dir=x::", "a.wasm"], "HOST[::GUEST][:ro]")
        self.check_usage(["--env==x", "a.wasm"], "NAME or NAME=VALUE")
        self.check_usage(["--strict-traps=yes", "a.wasm"], "takes no value")
        self.check_usage(["-O7", "a.wasm"], "0, 1, 2 or 3, not '7'")
        self.check_usage(["-O", "3", "a.wasm"], "'-O' needs its LEVEL")
        self.check_usage(["--max-memory=much", "a.wasm"], "512M")
        self.check_usage(["--bounds=none", "a.wasm"], "guard or explicit")
        self.check_usage(["compile", "--emit=exe", "a.wasm"], "so, obj, asm or llvm")
        self.check_usage(["compile", "-j0", "a.wasm"], "1 to 1024")

    def test_subcommands(self):
        self.check_usage(["compile", "a", "b"], "'b' is one word too many")
        self.check_usage(["cache", "lsit"], "did you mean 'list'?")
        self.check_usage(["help", "complie"], "did you mean 'compile'?")
        self.check_error(self.mpiwasm("complie"), 1, "no file 'complie'", "no subcommand")

    def test_help(self):
        for words in ([], ["run"], ["compile"], ["inspect"], ["cache"], ["doctor"]):
            for option in ("--help", "-h"):
                result = self.mpiwasm(*words, option)
                self.assertEqual((result.code, result.err), (0, ""), result)
                self.assertIn("Usage: mpiwasm", result.out)
                for line in result.out.splitlines():
                    self.assertLessEqual(len(line), 80, line)
        self.assertEqual(self.mpiwasm("help", "run").out, self.mpiwasm("run", "--help").out)

    def test_version(self):
        result = self.mpiwasm("--version")
        self.assertEqual(result.code, 0, result)
        self.assertRegex(result.out, r"^mpiwasm \d+\.\d+\.\d+\n")
        self.assertRegex(result.out, r"(?m)^compiler: .*LLVM \d+")
        for launcher, _ in harness.launchers():
            self.assertRegex(result.out, f"(?m)^MPI: {launcher}: ")

    def test_closed_output(self):
        with open("/dev/full", "w") as full:
            import subprocess
            code = subprocess.run([harness.BUILD / "bin/mpiwasm", "--help"], stdout=full,
                                  timeout=harness.TIMEOUT).returncode
        self.assertEqual(code, 1)


if __name__ == "__main__":
    harness.main()
