"""What the tests of real applications share: the MPIs, bounded commands, a verdict at the end."""
import os
import shutil
import signal
import subprocess
import sys

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(TESTS))


class Mpi:
    """One MPI of this machine: its compilers and its launcher."""

    def __init__(self, name, suffix):
        self.name = name
        self.mpicc = shutil.which("mpicc." + suffix)
        self.mpicxx = shutil.which("mpicxx." + suffix)
        self.mpiexec = shutil.which("mpiexec." + suffix)

    def is_there(self):
        return bool(self.mpicc and self.mpiexec)

    def launch(self, ranks, command):
        options = []
        if self.name == "openmpi":
            options = ["--oversubscribe"]
            if os.getuid() == 0:
                options.append("--allow-run-as-root")
        return [self.mpiexec, *options, "-n", str(ranks), *command]


MPIS = {"openmpi": Mpi("openmpi", "openmpi"), "mpich": Mpi("mpich", "mpich")}


def chosen_mpis(name):
    """The MPIs to test with: the named one, or all that are installed for "all"."""
    found = [mpi for mpi in MPIS.values() if name in ("all", mpi.name) and mpi.is_there()]
    if not found:
        sys.exit(f"no MPI here ({name}): install openmpi-bin libopenmpi-dev or mpich libmpich-dev")
    return found


class Tools:
    """The programs of a build tree, or of an installation, and the places to work in."""

    def __init__(self, build, prefix=None):
        build = os.path.abspath(build)
        programs = os.path.join(os.path.abspath(prefix or build), "bin")
        self.mpiwasm = os.path.join(programs, "mpiwasm")
        self.mpiwasmcc = os.path.join(programs, "mpiwasmcc")
        self.build = build
        self.sources = os.path.join(build, "sources")
        self.work = os.path.join(build, "apps")
        os.makedirs(self.work, exist_ok=True)


# Open MPI hides what MPI-3.0 removed, unless told otherwise; its library has it.
REMOVED = """\
#define OMPI_OMIT_MPI1_COMPAT_DECLS 0
#define OMPI_REMOVED_USE_STATIC_ASSERT 0
#define __mpi_interface_removed__(function, other)
"""


def native_compiler(tools, mpi):
    """The MPI's compiler wrapper as a Makefile's CC, for codes that call what MPI-3.0 removed."""
    header = os.path.join(tools.work, "removed.h")
    with open(header, "w", encoding="utf-8") as file:
        file.write(REMOVED)
    return f"{mpi.mpicc} -include {header}"


def environment():
    """The environment of the jobs: more ranks than processors, so waiting must yield."""
    env = dict(os.environ, OMPI_MCA_mpi_yield_when_idle="1")
    env.setdefault("LC_ALL", "C")
    return env


class Outcome:
    def __init__(self, code, out, timed_out):
        self.code, self.out, self.timed_out = code, out, timed_out


def run(command, cwd=None, timeout=600, env=(), stdin=None):
    """Run a command in a process group of its own, which reads the file `stdin`; after `timeout`
    seconds the group is ended, at first gently, so that a launcher ends the ranks, which may be in
    other groups."""
    with open(stdin or os.devnull, "rb") as source, \
            subprocess.Popen(command, cwd=cwd, env=dict(environment(), **dict(env)), stdin=source,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             start_new_session=True) as process:
        try:
            out, _ = process.communicate(timeout=timeout)
            timed_out = False
        except subprocess.TimeoutExpired:
            timed_out = True
            os.killpg(process.pid, signal.SIGTERM)
            try:
                out, _ = process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                out, _ = process.communicate()
    return Outcome(process.returncode, out.decode("utf-8", "replace"), timed_out)


def must(command, cwd=None, timeout=1200, env=()):
    """Run a command that has to succeed; its output otherwise ends the test."""
    outcome = run(command, cwd, timeout, env)
    if outcome.code != 0 or outcome.timed_out:
        print(outcome.out[-4000:])
        sys.exit(f"failed ({'timeout' if outcome.timed_out else outcome.code}): {' '.join(command)}")
    return outcome.out


class Verdict:
    """Counts checks and prints those that fail."""

    def __init__(self):
        self.checks = self.failures = 0

    def check(self, good, what):
        self.checks += 1
        if not good:
            self.failures += 1
            print(f"FAILED: {what}")
        return good

    def end(self):
        print(f"{self.checks} checks, {self.failures} failed")
        sys.exit(1 if self.failures or not self.checks else 0)
