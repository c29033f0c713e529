#!/usr/bin/env python3
"""Check what the compiler makes of .wat files, against expectations in comments of the same file.

    lower.py BUILD_DIR FILE.wat...          check
    lower.py BUILD_DIR --bless FILE.wat...  rewrite the ;;| blocks with what comes out now

Expectations, in order; NAME is a function's name in the file:
    ;; RUN --emit=llvm ...   compile with these options; what follows looks at the result
    ;; TEXT NAME             the function's text is exactly the ;;| lines that follow (LLVM IR only)
    ;; HAS NAME REGEX        a line of the function matches (of its machine code with --emit=asm)
    ;; LACKS NAME REGEX      no line of it does
    ;; RUN-FAILS MESSAGE     as RUN of the default options, but it fails, and with this message
Exit code 77: there is no tool that turns .wat into .wasm.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def find_converter():
    """A command that takes IN.wat and OUT.wasm."""
    path = os.path.join(ROOT, ".venv", "bin") + ":" + os.environ["PATH"]
    found = shutil.which("wasm-tools", path=path)
    return [found, "parse"] if found else None


def run_tools():
    """The compiler, mpiwasm and the converter of the build tree that the first argument names, for
    tests that run what they compile; None, said on standard output, if one is missing."""
    build = os.path.abspath(sys.argv[1])
    mpiwasm, converter = os.path.join(build, "bin", "mpiwasm"), find_converter()
    if converter is None or not os.path.exists(mpiwasm):
        print("skipped: wasm-tools or mpiwasm are missing")
        return None
    return os.path.join(build, "libexec", "mpiwasm", "mpiwasm-compile"), mpiwasm, converter


class Output:
    """What one RUN gave: the text of each function by its name."""

    def __init__(self, compiler, wasm, options):
        self.is_assembly = "--emit=asm" in options
        result = subprocess.run([compiler, wasm, "-o", "/dev/stdout", *options],
                                capture_output=True, text=True, timeout=120)
        self.error = result.stderr.strip()
        self.failed = result.returncode != 0
        self.functions = self.split_assembly(result.stdout) if self.is_assembly \
            else self.split_ir(result.stdout)

    @staticmethod
    def split_ir(text):
        functions = {}
        for found in re.finditer(r'^define [^\n]*@"?([^\n"(]*)\.w\d+"?\([^\n]*\n(.*?)^}', text,
                                 re.M | re.S):
            body = re.sub(r"(![a-z.]+) !\d+", r"\1", found[2])  # metadata, without numbers
            body = re.sub(r"[ \t]*;.*$", "", body, flags=re.M)   # predecessors
            body = re.sub(r" #\d+", "", body)
            body = body.replace("inbounds nuw", "inbounds")      # LLVM 19 cannot tell
            functions[found[1]] = [line for line in body.splitlines() if line.strip()]
        return functions

    @staticmethod
    def split_assembly(text):
        functions = {}
        for found in re.finditer(r'^"?([^\s"]*)\.w\d+"?:\s[^\n]*\n(.*?)^\.Lfunc_end', text,
                                 re.M | re.S):
            functions[found[1]] = found[2].splitlines()
        return functions


class Checker:
    def __init__(self, path, wasm, compiler, bless):
        self.path, self.wasm, self.compiler, self.bless = path, wasm, compiler, bless
        self.output, self.problems, self.kept = None, [], []

    def complain(self, number, message):
        self.problems.append(f"{self.path}:{number}: {message}")

    def run(self, number, options):
        self.output = Output(self.compiler, self.wasm, options)
        if self.output.failed:
            self.complain(number, f"the compiler failed: {self.output.error}")

    def run_failing(self, number, message):
        self.output = Output(self.compiler, self.wasm, [])
        if not self.output.failed:
            self.complain(number, "the compiler did not fail")
        elif message not in self.output.error:
            self.complain(number, f"wanted the error {message!r}, got {self.output.error!r}")

    def function(self, number, name):
        if name not in self.output.functions:
            self.complain(number, f"the output has no function {name}")
        return self.output.functions.get(name, [])

    def check_text(self, number, name, expected):
        actual = self.function(number, name)
        if self.bless:
            self.kept += [";;| " + line if line else ";;|" for line in actual]
        elif actual != expected:
            self.complain(number, f"{name} differs (--bless takes the new text):")
            self.problems += list(difflib.unified_diff(expected, actual, "expected", "actual",
                                                       lineterm="", n=2))

    def check_pattern(self, number, words, wanted):
        name, pattern = words.split(None, 1)
        lines = [line for line in self.function(number, name) if re.search(pattern, line)]
        if wanted and not lines:
            self.complain(number, f"{name} has no line that matches {pattern}")
        if not wanted and lines:
            self.complain(number, f"{name} has: {lines[0].strip()}")

    def check(self):
        with open(self.path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if line.startswith(";;|"):
                continue  # blessed anew
            self.kept.append(line)
            found = re.match(r";; (RUN-FAILS|RUN|TEXT|HAS|LACKS) (.*)$", line)
            if not found:
                continue
            what, rest = found[1], found[2].strip()
            if what == "RUN":
                self.run(at, rest.split())
            elif what == "RUN-FAILS":
                self.run_failing(at, rest)
            elif what == "TEXT":
                end = at
                while end < len(lines) and lines[end].startswith(";;|"):
                    end += 1
                self.check_text(at, rest, [text[4:] for text in lines[at:end]])
            else:
                self.check_pattern(at, rest, what == "HAS")
        if self.bless:
            with open(self.path, "w", encoding="utf-8") as file:
                file.write("\n".join(self.kept) + "\n")
        return self.problems


def main():
    arguments = sys.argv[1:]
    bless = "--bless" in arguments
    build, *paths = [argument for argument in arguments if argument != "--bless"]
    compiler = os.path.join(build, "libexec", "mpiwasm", "mpiwasm-compile")
    converter = find_converter()
    if converter is None:
        print("skipped: wasm-tools not found (tools/setup --tests installs it)")
        return 77
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            wasm = os.path.join(folder, os.path.basename(path) + ".wasm")
            subprocess.run([*converter, path, "-o", wasm], check=True, timeout=60)
            for problem in Checker(path, wasm, compiler, bless).check():
                failed = True
                print(problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
