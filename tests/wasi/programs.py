#!/usr/bin/env python3
"""programs.py BUILD SOURCE [WRAPPER...]

Run a program of tests/wasi/programs through mpiwasm and compare what it prints and returns.

The program says in comments how it is run; without any `//! run:` line it runs once, plainly:
    //! run: ARGS...        once more, with these arguments
    //! options: OPTIONS    of mpiwasm, for all runs
    //! stdin: TEXT         standard input for all runs (\\n is a line's end)
    //! native: no          natively it would behave otherwise: expect what the `//> ` lines hold,
                            and the exit codes of `//! exit:`, one for each run (default 0)
Otherwise the same program compiled for the host, run in a directory alike, is the oracle.
What follows BUILD and SOURCE on the command line is put in front of mpiwasm.
A trap counts as death by SIGABRT: 134 on both sides.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile


def directives(source):
    keys = {"run": [], "options": [], "stdin": [], "native": [], "exit": []}
    with open(source) as lines:
        text = lines.read()
    for key, value in re.findall(r"^//! (\w+):(.*)$", text, re.M):
        keys[key].append(value.strip())
    expected = "".join(line + "\n" for line in re.findall(r"^//> ?(.*)$", text, re.M))
    return keys, expected


def run(command, directory, stdin, environment):
    done = subprocess.run(command, cwd=directory, input=stdin.encode(), env=environment,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=100)
    code = 128 - done.returncode if done.returncode < 0 else done.returncode
    return done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), code


def prepare(parent, name):
    directory = os.path.join(parent, name, "work")
    os.makedirs(os.path.join(directory, "data"))
    with open(os.path.join(directory, "data", "input"), "w") as file:
        file.write("one\ntwo\n")
    with open(os.path.join(parent, name, "secret"), "w") as file:
        file.write("secret\n")
    return directory


def main():
    build, source = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    keys, expected = directives(source)
    native = "no" not in keys["native"]
    runs = keys["run"] or [""]
    stdin = "".join(keys["stdin"]).replace("\\n", "\n")
    options = shlex.split(" ".join(keys["options"]))
    with tempfile.TemporaryDirectory(prefix="mpiwasm-wasi-") as temporary:
        module = os.path.join(temporary, "program.wasm")
        subprocess.run([f"{build}/bin/mpiwasmcc", "-O1", source, "-o", module], check=True)
        environment = {"PATH": os.environ["PATH"], "HOME": temporary, "LANG": "C",
                       "MPIWASM_CACHE_DIR": os.path.join(temporary, "cache"),
                       "WASI_TEST_SECRET": "not for the guest"}
        if native:
            subprocess.run(["cc", "-D_GNU_SOURCE", "-w", "-O1", source, "-o",
                            f"{temporary}/program", "-lm"], check=True)
        failures, text, codes = [], "", []
        for number, line in enumerate(runs):
            arguments = shlex.split(line)
            guest = run([*sys.argv[3:], f"{build}/bin/mpiwasm", *options, module, *arguments],
                        prepare(temporary, f"guest{number}"), stdin, environment)
            if guest[2] == 77 and sys.argv[3:]:
                sys.exit(77)
            text += guest[0]
            codes.append(guest[2])
            if native:
                host = run([f"{temporary}/program", *arguments],
                           prepare(temporary, f"host{number}"), stdin, environment)
                if (host[0], host[2]) != (guest[0], guest[2]):
                    lines = difflib.unified_diff(host[0].splitlines(), guest[0].splitlines(),
                                                 "native", "guest", "", "", 5, lineterm="")
                    failures.append(f"run '{line}': native gave {host[2]}, the guest {guest[2]}:\n"
                                    + "\n".join(lines) + f"\n{guest[1]}")
            elif guest[1] and guest[2] == 0:
                failures.append(f"run '{line}' complained:\n{guest[1]}")
        if not native:
            wanted = [int(code) for code in keys["exit"]] or [0] * len(runs)
            if text != expected or codes != wanted:
                failures.append(f"expected {wanted}:\n{expected}got {codes}:\n{text}{guest[1]}")
        elif not text:
            failures.append("nothing was printed, so nothing was compared")
        if failures:
            sys.exit("\n".join(failures))


main()
