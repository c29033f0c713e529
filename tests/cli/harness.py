"""What the command line tests share: running mpiwasm, small modules, launchers.

Each test file is a program: `test_X.py BUILD_DIRECTORY`. Everything runs in a fresh directory with
a cache of its own; every process has a time limit, and running into it is a failure.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
SOURCE = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 60

LAUNCHERS = {
    "openmpi": ["mpiexec.openmpi", "mpirun.openmpi"],
    "mpich": ["mpiexec.mpich", "mpiexec.hydra"],
}
LAUNCHER_ENVIRONMENT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "OMPI_MCA_mpi_yield_when_idle": "1",
}


def launchers():
    """The MPIs that can be tested here: a plugin is built and its launcher is there."""
    for name, commands in LAUNCHERS.items():
        found = [command for command in commands if shutil.which(command)]
        if found and (BUILD / f"lib/mpiwasm/mpiwasm-mpi-{name}.so").exists():
            yield name, found[0]


class Result:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def __str__(self):
        return f"exit code {self.code}\nstdout: {self.out}\nstderr: {self.err}"

    def own_lines(self):
        """What mpiwasm said, as opposed to the launcher."""
        return [line for line in self.err.splitlines() if line.startswith("mpiwasm:")]


class CliTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mpiwasm-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        (self.directory / "run").mkdir(mode=0o700)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "XDG_RUNTIME_DIR": str(self.directory / "run"),
            "MPIWASM_CACHE_DIR": str(BUILD / "tests/cli/cache"),
            **LAUNCHER_ENVIRONMENT,
            **{key: os.environ[key] for key in ("ASAN_OPTIONS",) if key in os.environ},
        }

    def execute(self, command, env=None, timeout=TIMEOUT, stdin="", preexec=None):
        environment = {**self.environment, **(env or {})}
        environment = {key: value for key, value in environment.items() if value is not None}
        process = subprocess.Popen(
            [str(word) for word in command], cwd=self.directory, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            errors="replace", start_new_session=True, preexec_fn=preexec)
        try:
            out, err = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            self.fail(f"{command} hangs\nstdout: {out}\nstderr: {err}")
        return Result(process.returncode, out, err)

    def mpiwasm(self, *words, **keywords):
        return self.execute([BUILD / "bin/mpiwasm", *words], **keywords)

    def ranks(self, launcher, count, *words, **keywords):
        return self.execute([launcher, "-n", count, BUILD / "bin/mpiwasm", *words], **keywords)

    def compile(self, name, source, *options):
        """Compile C into NAME.wasm in the test's directory."""
        (self.directory / f"{name}.c").write_text(source)
        result = self.execute([BUILD / "bin/mpiwasmcc", "-O2", *options, f"{name}.c", "-o",
                               f"{name}.wasm"])
        self.assertEqual(result.code, 0, result)
        return f"{name}.wasm"

    def write(self, name, content):
        (self.directory / name).write_bytes(content)
        return name

    def check_error(self, result, code, *fragments):
        """One line of mpiwasm's own on standard error, with the fragments, and the exit code."""
        self.assertEqual(result.code, code, result)
        self.assertEqual(len(result.own_lines()), 1, result)
        for fragment in fragments:
            self.assertIn(fragment, result.own_lines()[0])


def leb(value):
    out = bytearray()
    while True:
        byte = value & 0x7F
        value >>= 7
        out.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(out)


def vector(items):
    return leb(len(items)) + b"".join(items)


def name(text):
    return leb(len(text.encode())) + text.encode()


def section(number, content):
    return bytes([number]) + leb(len(content)) + content


TYPES = {"i": 0x7F, "I": 0x7E, "f": 0x7D, "F": 0x7C}


def module(imports=(), start=b"", memory=1, export="_start", signature=":", memories=1, limits=0):
    """A binary with function imports (module, name, "results:parameters"), memories (limits: their
    flags), of which the last is exported, and one exported function of the given type and
    instructions."""
    signatures = [signature]
    for _, _, imported in imports:
        if imported not in signatures:
            signatures.append(imported)

    def function_type(text):
        results, parameters = text.split(":")
        return (b"\x60" + vector([bytes([TYPES[letter]]) for letter in parameters]) +
                vector([bytes([TYPES[letter]]) for letter in results]))

    code = b"\0" + start + b"\x0b"
    return (b"\0asm\1\0\0\0" +
            section(1, vector([function_type(text) for text in signatures])) +
            section(2, vector([name(a) + name(b) + b"\0" + leb(signatures.index(imported))
                               for a, b, imported in imports])) +
            section(3, vector([leb(0)])) +
            section(5, vector([bytes([limits]) + leb(memory)] * memories)) +
            section(7, vector([name(export) + b"\0" + leb(len(imports)),
                               name("memory") + b"\2" + leb(memories - 1)])) +
            section(10, vector([leb(len(code)) + code])))


def i32(value):
    """i32.const of a value from 0 to 63."""
    return b"\x41" + bytes([value])


def call(index):
    return b"\x10" + leb(index)


def exit_with(code):
    return module([("wasi_snapshot_preview1", "proc_exit", ":i")], i32(code) + call(0))


def main():
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
