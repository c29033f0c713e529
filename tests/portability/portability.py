#!/usr/bin/env python3
"""Check that mpiwasm of another architecture, under qemu-user, does what this machine's does.

    portability.py BUILD MACHINE CROSS SYSROOT TEST...

CROSS is a build tree for MACHINE (tools/cross.cmake), SYSROOT what qemu takes its libraries from.
Programs run here and there with the same arguments; output, messages and exit codes must be equal.
The tests: installed, refusal, lesser (CPUs), cache, faults, bits, ranks (2 of MACHINE), mixed (2 of
this machine and 2 of MACHINE in one mpirun), kinds (2 of this machine and 2 of a lesser CPU of the
same architecture).  Exit code 77: something is missing, it is said what.
"""
import os
import re
import shutil
import subprocess
import sys

SOURCE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(SOURCE))
EXAMPLES = {"heat": ["100", "20"], "cg": ["12", "50"], "nbody": ["200", "3"],
            "psort": ["20000"], "montecarlo": ["40000"]}
SETJMP = ["-mllvm", "-wasm-enable-sjlj", "-fwasm-exceptions"]
FAULTS = {"": 0, "exit": 7, "beyond": 134, "stack": 134, "divide": 134, "call": 134, "null": 134,
          "abort": 134}
# A CPU by LLVM's name, whose vectors are not the baseline's; a lesser and an equal one by the
# emulator's; and a feature that tells them apart. Debian 12's emulator has no RISC-V with all that
# a CPU of LLVM's has.
CPUS = {"aarch64": ("a64fx", "cortex-a53", "a64fx", "sve"),
        "ppc64le": ("pwr9", "power8", "power9", "power9-vector"),
        "riscv64": ("spacemit-x60", "rv64", None, "v")}


class Tester:
    def __init__(self, build, machine, cross, sysroot):
        self.build, self.machine = os.path.abspath(build), machine
        self.here = [os.path.join(self.build, "bin", "mpiwasm")]
        self.there = [f"qemu-{machine}", "-L", os.path.abspath(sysroot),
                      os.path.join(os.path.abspath(cross), "bin", "mpiwasm")]
        self.work = os.path.join(os.path.abspath(cross), "portability")
        os.makedirs(self.work, exist_ok=True)
        self.cache = os.path.join(self.work, "cache")
        self.environment = dict(os.environ, MPIWASM_CACHE_DIR=self.cache, LC_ALL="C",
                                OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                                OMPI_MCA_rmaps_base_oversubscribe="1",
                                OMPI_MCA_mpi_yield_when_idle="1")
        self.environment.pop("MPIWASM_COMPILE", None)
        self.failures = 0

    def run(self, command, **more):
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False,
                                cwd=self.work, env=dict(self.environment, **more))
        return result.returncode, result.stdout, result.stderr

    def check(self, good, what):
        print(f"{'ok    ' if good else 'FAILED'} {what}")
        self.failures += not good

    def same(self, what, mine, theirs):
        self.check(mine == theirs, what if mine == theirs else
                   f"{what}\n--- here:\n{mine}\n--- {self.machine}:\n{theirs}")

    def module(self, source, *options):
        """Compile a guest, unless it is there already and younger than the files it is made of."""
        made_of = [source, *filter(os.path.isfile, options)]
        output = os.path.splitext(os.path.basename(source))[0] + ".wasm"
        path = os.path.join(self.work, output)
        if not os.path.exists(path) or \
                os.path.getmtime(path) < max(map(os.path.getmtime, made_of)):
            code, _, err = self.run([os.path.join(self.build, "bin", "mpiwasmcc"), "-O2", source,
                                     "-o", path, *options])
            if code != 0:
                sys.exit(f"{source} does not compile:\n{err}")
        return output

    def guest(self, name, *options):
        return self.module(os.path.join(SOURCE, "guests", name), *options)

    def prepare(self, module, *options):
        """Fill the cache for the other machine, where there is no compiler."""
        code, _, err = self.run([*self.here, "compile", "--cache", "--target", self.machine,
                                 *options, module])
        self.check(code == 0, f"compile --cache {module} {err}".strip())

    def compare(self, module, *arguments, expected, options=()):
        mine = self.run([*self.here, *options, module, *arguments])
        theirs = self.run([*self.there, *options, module, *arguments])
        self.same(f"{module} {' '.join(arguments)}", mine, theirs)
        if mine[0] != expected:
            self.check(False, f"exit code {mine[0]}, not {expected}\n{mine[2]}")

    # The tests.

    def installed(self):
        """What `cmake --install` makes of the build may be moved, and finds its parts there."""
        first, place = (os.path.join(self.work, name) for name in ("installed", "moved"))
        for folder in (first, place):
            shutil.rmtree(folder, ignore_errors=True)
        code, _, err = self.run(["cmake", "--install", os.path.dirname(self.work),
                                 "--prefix", first])
        self.check(code == 0, f"it is installed {err}".strip())
        os.rename(first, place)
        moved = [*self.there[:-1], os.path.join(place, "bin", "mpiwasm")]
        _, out, err = self.run([*moved, "--version"])
        self.check("compiler: none" in out and ("MPI: openmpi: Open MPI" in out) ==
                   os.path.exists(os.path.join(place, "lib/mpiwasm/mpiwasm-mpi-openmpi.so")),
                   f"it names what it has {out if err else ''}{err}".strip())
        module = self.guest("bits.c")
        self.prepare(module)
        self.same("and runs what was compiled elsewhere", self.run([*self.here, module]),
                  self.run([*moved, module]))

    def refusal(self):
        module = self.guest("faults.c", *SETJMP)
        for name in ("other.so", "other.wasm"):
            if os.path.exists(os.path.join(self.work, name)):
                os.remove(os.path.join(self.work, name))
        self.run([*self.here, "compile", "--target", self.machine, module, "-o", "other.so"])
        code, out, err = self.run([*self.there, "other.so", "exit"])
        self.check(code == 7, f"an artifact made here runs there: {code} {out}{err}")
        code, _, err = self.run([*self.here, "other.so", "exit"])
        self.check(code == 1 and f"is for {self.machine}, this is x86-64" in err and
                   err.count("other.so") == 1, f"here it is refused: {err.strip()}")
        shutil.copy(os.path.join(self.work, module), os.path.join(self.work, "other.wasm"))
        code, _, err = self.run([*self.here, "other.so", "exit"])
        self.check(code == 7 and "compiling 'other.wasm' instead" in err,
                   f"and with its module beside compiled anew: {err.strip()}")
        code, _, err = self.run([*self.here, "compile", "--target", self.machine,
                                 "--cpu", "native", module])
        self.check(code == 2 and "'native'" in err, f"native is not there: {err.strip()}")
        code, _, err = self.run([*self.here, "compile", "--target", self.machine,
                                 "--cpu", "znver4", module])
        self.check(code == 2 and f"no CPU 'znver4' of {self.machine}" in err,
                   f"another one's CPU: {err.strip()}")

    def lesser(self):
        """What was compiled for a CPU by name, on one of the same architecture that has less."""
        cpu, less, equal, feature = CPUS[self.machine]
        module = self.guest("bits.c")
        lesser, equal = ([self.there[0], "-cpu", name, *self.there[1:]] for name in (less, equal))
        shutil.rmtree(self.cache, ignore_errors=True)
        if os.path.exists(os.path.join(self.work, "named.wasm")):
            os.remove(os.path.join(self.work, "named.wasm"))
        self.run([*self.here, "compile", "--target", self.machine, "--cpu", cpu, module, "-o",
                  "named.so"])
        _, expected, _ = self.run([*self.here, module])
        if CPUS[self.machine][2] is not None:
            code, out, err = self.run([*equal, "named.so"])
            self.check((code, out, err) == (0, expected, ""), f"for {cpu}, on one {err.strip()}")
        code, _, err = self.run([*lesser, "named.so"])
        names = re.search(r"this one lacks [\w ]+ of it: ([^;]*)", err)
        self.check(code == 1 and f"for the CPU '{cpu}'" in err and names is not None and
                   feature in names[1].split(", "), f"on {less} it is refused: {err.strip()}")
        shutil.copy(os.path.join(self.work, module), os.path.join(self.work, "named.wasm"))
        self.prepare(module)
        code, out, err = self.run([*lesser, "named.so"])
        self.check((code, out) == (0, expected) and "compiling 'named.wasm' instead" in err,
                   f"and with its module beside not used: {err.strip()}")
        self.prepare(module, "--cpu", cpu)
        code, out, err = self.run([*lesser, "--cpu", cpu, module])
        self.check((code, out) == (0, expected) and f"for the CPU '{cpu}'" in err,
                   f"nor that from the cache: {err.strip()}")

    def in_cache(self):
        module = self.guest("bits.c")
        shutil.rmtree(self.cache, ignore_errors=True)
        code, _, err = self.run([*self.there, module])
        self.check(code == 1 and f"compile --cache --target {self.machine}" in err,
                   f"no compiler, nothing in the cache: {err.strip()}")
        self.prepare(module)
        self.compare(module, expected=0)
        code, _, err = self.run([*self.there, module], MPIWASM_CACHE_DIR=self.cache + "2",
                                MPIWASM_COMPILE=os.path.join(self.build, "libexec", "mpiwasm",
                                                             "mpiwasm-compile"))
        self.check(code == 0, f"a compiler of this machine serves the other one, too {err}")

    def faults(self):
        module = self.guest("faults.c", *SETJMP)
        self.prepare(module)
        for how, code in FAULTS.items():
            self.compare(module, how, expected=code)

    def bits(self):
        module = self.guest("bits.c")
        for options in ((), ("--deterministic",), ("--deterministic", "-O0")):
            self.prepare(module, *options)
            arguments = ["NaNs"] if options else []
            self.compare(module, *arguments, expected=0, options=options)
        plain, canonical = (self.run([*self.here, *options, module, "NaNs"])[1]
                            for options in ((), ("--deterministic",)))
        self.check(plain.splitlines()[:3] == canonical.splitlines()[:3] and plain != canonical,
                   "--deterministic changes NaNs and nothing else")

    def examples(self, *jobs, names=tuple(EXAMPLES)):
        """Each job is a list of (ranks, program); the last one says what is right."""
        for name in names:
            arguments = EXAMPLES[name]
            module = self.module(os.path.join(ROOT, "examples", name + ".c"), "-lm", "-include",
                                 os.path.join(SOURCE, "guests", "exact.h"))
            self.prepare(module)
            printed = []
            for job in jobs:
                command = ["mpiexec.openmpi", "--mca", "pml", "ob1", "--mca", "btl", "tcp,self"]
                for ranks, program in job:
                    command += [":"] * (command[-1] != "tcp,self")
                    command += ["-np", str(ranks), *program, module, *arguments]
                code, out, err = self.run(command)
                self.check(code == 0 and "\nPASS\n" in out and "\nbits: " in out,
                           f"{name}, {sum(ranks for ranks, _ in job)} ranks" +
                           ("" if code == 0 else f": {code}\n{out}{err}"))
                printed.append(re.sub(r"^time: .*$", "", out, flags=re.M))
            for other in printed[:-1]:
                self.same(f"{name}: the same to the bit", printed[-1], other)

    def ranks(self):
        self.examples([(2, self.there)], [(2, self.here)])

    def mixed(self):
        self.examples([(2, self.here), (2, self.there)], [(4, self.here)])

    def kinds(self):
        """Two kinds of nodes with x86-64, and one cache for both."""
        lesser = ["qemu-x86_64", "-cpu", "Nehalem", *self.here]
        if os.uname().machine != "x86_64":
            return
        shutil.rmtree(self.cache, ignore_errors=True)
        self.examples([(2, self.here), (2, lesser)], [(4, self.here)], names=("heat", "nbody"))


def main():
    build, machine, cross, sysroot, *tests = sys.argv[1:]
    needed = [f"qemu-{machine}"] + ["mpiexec.openmpi"] * ("ranks" in tests or "mixed" in tests)
    for program in needed:
        if shutil.which(program) is None:
            print(f"SKIPPED: {program} is missing")
            return 77
    tester = Tester(build, machine, cross, sysroot)
    for test in tests:
        getattr(tester, {"cache": "in_cache"}.get(test, test))()
    return 1 if tester.failures else 0


if __name__ == "__main__":
    sys.exit(main())
