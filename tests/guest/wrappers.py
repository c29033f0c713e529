"""What the checks of the compiler wrappers share: running them, and running all checks of a file."""
import os
import subprocess
import sys
import tempfile

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")
BUILD = os.path.abspath(sys.argv[1])
BIN = os.path.join(BUILD, "bin")
SHARE = os.path.join(BUILD, "share", "mpiwasm")


def run(*command, status=0, text=None):
    """Run a command: its standard output and standard error; its exit code must be `status`."""
    result = subprocess.run(command, input=text, text=True, capture_output=True, check=False,
                            timeout=300)
    assert result.returncode == status, \
        f"{' '.join(command)}: exit {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout, result.stderr


def cc(*arguments, status=0, text=None):
    return run(os.path.join(BIN, "mpiwasmcc"), *arguments, status=status, text=text)


def cxx(*arguments, status=0):
    return run(os.path.join(BIN, "mpiwasmcxx"), *arguments, status=status)


def mpiwasm(*arguments, status=0):
    return run(os.path.join(BIN, "mpiwasm"), *arguments, status=status)


def program(name):
    return os.path.join(PROGRAMS, name)


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)
    return name


def starts_with(path, start):
    with open(path, "rb") as file:
        return file.read(len(start)) == start


def run_checks(checks):
    """Run the functions check_NAME of a dictionary, or those that the command line names."""
    checks = {name[6:]: check for name, check in checks.items() if name.startswith("check_")}
    for name in ("CMAKE_C_COMPILER_LAUNCHER", "CMAKE_CXX_COMPILER_LAUNCHER"):
        os.environ.pop(name, None)  # they know nothing of levels
    names, failures = sys.argv[2:] or list(checks), 0
    for name in names:
        with tempfile.TemporaryDirectory() as directory:
            os.chdir(directory)
            try:
                checks[name]()
            except (AssertionError, subprocess.TimeoutExpired) as failure:
                failures += 1
                print(f"FAILED: {name}: {failure}")
            os.chdir("/")
    print(f"{len(names)} checks, {failures} failed")
    return 1 if failures else 0
