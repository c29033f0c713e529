#!/usr/bin/env python3
"""Standard streams of every kind: a terminal, a pipe, a file, a device, closed, full, broken."""
import os
import pty
import subprocess
import sys
import tempfile

SOURCE = r"""
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "flood") == 0) {
        while (puts("line") >= 0) continue;
        return 9;
    }
    if (argc > 1 && strcmp(argv[1], "put") == 0) {
        errno = 0;
        ssize_t put = write(1, "text\n", 5);
        fprintf(stderr, "%s", put == 5 ? "put" : errno == ENOSPC ? "full" : errno == EBADF ? "closed"
                                                                                  : "other");
        return 0;
    }
    fprintf(stderr, "%d%d%d", isatty(0), isatty(1), isatty(2));
    return 0;
}
"""

failures = []


def check(what, actual, expected):
    if actual != expected:
        failures.append(f"{what}: got {actual!r}, expected {expected!r}")


def main():
    mpiwasm, compiler = (os.path.join(os.path.abspath(sys.argv[1]), "bin", name)
                         for name in ("mpiwasm", "mpiwasmcc"))
    with tempfile.TemporaryDirectory(prefix="mpiwasm-wasi-") as directory:
        source, module = os.path.join(directory, "s.c"), os.path.join(directory, "s.wasm")
        with open(source, "w") as file:
            file.write(SOURCE)
        subprocess.run([compiler, "-O1", source, "-o", module], check=True)
        environment = {"PATH": os.environ["PATH"],
                       "MPIWASM_CACHE_DIR": os.path.join(directory, "cache")}

        def run(*arguments, **streams):
            streams.setdefault("stdin", subprocess.DEVNULL)
            streams.setdefault("stderr", subprocess.PIPE)
            return subprocess.run([mpiwasm, "--quiet", module, *arguments], env=environment,
                                  timeout=60, cwd=directory, **streams)

        done = run(stdout=subprocess.PIPE)
        check("pipes and a null device", (done.stderr, done.returncode), (b"000", 0))
        with open(os.path.join(directory, "out"), "w+b") as file:
            check("a file", run("put", stdout=file).stderr, b"put")
            file.seek(0)
            check("what is in the file", file.read(), b"text\n")
        with open("/dev/full", "wb") as full:
            check("a full device", run("put", stdout=full).stderr, b"full")
        done = run("put", preexec_fn=lambda: os.close(1))
        check("closed", (done.stderr, done.returncode), (b"closed", 0))

        controller, terminal = pty.openpty()
        done = run(stdin=terminal, stdout=terminal, stderr=subprocess.PIPE)
        check("a terminal", done.stderr, b"110")
        os.close(terminal)
        os.close(controller)

        with subprocess.Popen([mpiwasm, "--quiet", module, "flood"], env=environment, cwd=directory,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as flood:
            check("the first line", flood.stdout.readline(), b"line\n")
            flood.stdout.close()
            # As natively: death by SIGPIPE, and no word of ours.
            check("a broken pipe", (flood.wait(timeout=60), flood.stderr.read()), (-13, b""))
    if failures:
        sys.exit("\n".join(failures))


main()
