#!/usr/bin/env python3
"""`mpiwasm doctor`: what it tells of this machine, and of what is wrong."""
import os
import re

import harness
from harness import CliTest

# A plugin whose MPI reports that messages arrive changed.
BROKEN = r"""
#include "runtime/host_module.h"
static bool instantiate(const struct host_config *config, struct guest *guest, void **state,
                        struct error *err) { return false; }
static bool self_test(void (*running)(void *user), void *user, struct host_self_test *result,
                      struct error *err) {
    err->code = ERROR_MPI;
    __builtin_strcpy(err->message, "a byte arrived changed");
    running(user);
    return false;
}
static const struct host_module host = {
    .abi_version = HOST_MODULE_ABI_VERSION, .name = "mpi", .description = "Broken MPI 1",
    .instantiate = instantiate, .self_test = self_test};
const struct host_module *mpiwasm_host_module(void) { return &host; }
"""
# One that never comes back.
HANGING = BROKEN.replace("running(user);", "for (;;) pause();").replace(
    "static bool inst", "#include <unistd.h>\nstatic bool inst", 1)


class Doctor(CliTest):
    def entries(self, result):
        """{"cache": "/... (0 compiled modules ...)", ...}; what is wrapped is joined."""
        found, key = {}, None
        for line in result.out.split("\n\n")[0].splitlines():
            match = re.match(r"([a-zA-Z]+): +(.*)", line)
            if match:
                key = match.group(1)
                found[key] = match.group(2)
            elif key:
                found[key] += " " + line.strip()
        return found

    def plugin(self, name, source):
        (self.directory / f"{name}.c").write_text(source)
        result = self.execute(["cc", "-shared", "-fPIC", f"-I{harness.SOURCE}/src", f"{name}.c",
                               "-o", f"{name}.so"])
        self.assertEqual(result.code, 0, result)
        return f"--mpi=./{name}.so"

    def test_alone(self):
        result = self.mpiwasm("doctor")
        entries = self.entries(result)
        self.assertEqual(entries["launcher"], "none: this process is alone", result)
        self.assertRegex(entries["mpiwasm"], r"^\d+\.\d+\.\d+ \(/.*/mpiwasm\)$")
        self.assertRegex(entries["compiler"], r"/mpiwasm-compile$")
        self.assertRegex(entries["directories"], rf'^"\." is .*{self.directory.name}$')
        self.assertIn("online", entries["processor"])
        self.assertIn("guard pages", entries["memory"])
        for line in result.out.splitlines():
            if "/" not in line:
                self.assertLessEqual(len(line), 80, line)
        if list(harness.launchers()):
            self.assertEqual((result.code, result.err), (0, ""), result)
            self.assertIn("1 rank on 1 host; messages arrive", entries["test"])
            self.assertRegex(entries["MPI"], r"\(MPI \d\.\d")
            self.assertNotIn("What would go wrong", result.out)
        else:
            self.assertEqual(result.code, 1, result)

    def test_each_plugin(self):
        for name, _ in harness.launchers():
            result = self.mpiwasm("doctor", f"--mpi={name}")
            self.assertEqual(result.code, 0, result)
            self.assertTrue(self.entries(result)["plugin"].startswith(f"{name} ("), result)

    def test_job(self):
        """One rank speaks for all."""
        for name, launcher in harness.launchers():
            with self.subTest(mpi=name):
                result = self.ranks(launcher, 2, "doctor")
                self.assertEqual(result.code, 0, result)
                entries = self.entries(result)
                self.assertIn("2 ranks", entries["launcher"])
                self.assertTrue(entries["plugin"].startswith(f"{name} ("), result)
                self.assertIn("2 ranks on 1 host; messages arrive", entries["test"])
                self.assertEqual(result.out.count("launcher:"), 1, result)

    def test_wrong_plugin(self):
        found = dict(harness.launchers())
        if len(found) < 2:
            self.skipTest("two MPIs are needed")
        for name, other in (("openmpi", "mpich"), ("mpich", "openmpi")):
            with self.subTest(launcher=name):
                result = self.ranks(found[name], 2, "doctor", f"--mpi={other}")
                self.assertNotEqual(result.code, 0, result)
                self.assertRegex(" ".join((result.out + result.err).split()),
                                 "each is alone in its world")

    def test_no_such_plugin(self):
        result = self.mpiwasm("doctor", "--mpi=nonsense")
        self.assertEqual(result.code, 1, result)
        self.assertTrue(self.entries(result)["MPI"].startswith("none"), result)
        self.assertIn('there is no MPI plugin "nonsense"', " ".join(result.out.split()))

    def test_broken_mpi(self):
        result = self.mpiwasm("doctor", self.plugin("broken", BROKEN))
        self.assertEqual(result.code, 1, result)
        self.assertIn("MPI does not work: a byte arrived changed.", result.out)
        self.assertEqual(self.entries(result)["MPI"], "Broken MPI 1")

    def test_mpi_that_hangs(self):
        result = self.mpiwasm("doctor", self.plugin("hanging", HANGING),
                              env={"MPIWASM_DOCTOR_SECONDS": "2"})
        self.assertEqual(result.code, 1, result)
        self.assertIn("does not come to an end of its start", result.err)
        self.assertIn("directories:", result.out)

    def test_directories(self):
        (self.directory / "input").mkdir()
        result = self.mpiwasm("doctor", "--dir=input::/data:ro", "--dir=.")
        entries = self.entries(result)
        self.assertRegex(entries["directories"], r'"/data" is .*/input, read-only')
        result = self.mpiwasm("doctor", "--dir=missing")
        self.assertEqual(result.code, 1, result)
        self.assertIn("missing", result.out)
        self.assertIn("What would go wrong", result.out)

    def test_cache(self):
        result = self.mpiwasm("doctor", f"--cache-dir={self.directory}/new")
        self.assertIn("/new (0 compiled modules", self.entries(result)["cache"])
        self.assertFalse((self.directory / "new").exists())
        (self.directory / "open").mkdir()
        os.chmod(self.directory / "open", 0o777)
        result = self.mpiwasm("doctor", f"--cache-dir={self.directory}/open")
        self.assertEqual(self.entries(result)["cache"], "cannot be used")
        self.assertIn("The cache is not used", result.out)

    def test_reach(self):
        """A cache that the program may write to."""
        result = self.mpiwasm("doctor", f"--cache-dir={self.directory}/run")
        self.assertIn("could replace compiled modules there", " ".join(result.out.split()))
        result = self.mpiwasm("doctor", f"--cache-dir={self.directory}/run", "--dir=.:ro")
        self.assertNotIn("could replace", " ".join(result.out.split()))

    def test_no_compiler(self):
        result = self.mpiwasm("doctor", env={"MPIWASM_COMPILE": "/nowhere/compile"})
        self.assertEqual(result.code, 1, result)
        self.assertEqual(self.entries(result)["compiler"], "none")
        self.assertIn("only artifacts", " ".join(result.out.split()))

    def test_resource_manager(self):
        """Slurm starts any MPI: which one is not known."""
        result = self.mpiwasm("doctor", env={"SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"})
        self.assertIn("Slurm's srun, 1 rank", self.entries(result)["launcher"])
        self.assertIn("srun --mpi=list", result.out)

    def test_usage(self):
        self.check_error(self.mpiwasm("doctor", "word"), 2, "doctor: 'word' is one word too many")
        self.check_error(self.mpiwasm("doctor", "--emit=so"), 2, "does not belong")
        self.check_error(self.mpiwasm("help", "docter"), 2, "'doctor'")


if __name__ == "__main__":
    harness.main()
