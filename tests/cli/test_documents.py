#!/usr/bin/env python3
"""`--help`, the manual page and the bash completion name the same options."""
import re

import harness
from harness import SOURCE, CliTest

SUBCOMMANDS = ("run", "compile", "inspect", "cache", "doctor")


def normal(option):
    return option.split("=")[0]


class Documents(CliTest):
    def helped(self, subcommand):
        """Options in --help: {"--dir", "-O", ...}."""
        text = self.mpiwasm(subcommand, "--help").out.split("\nOptions:\n")[1]
        found = set()
        for line in text.splitlines():
            match = re.match(r"  (-\w)?(?:, |    )?(--[a-z0-9-]+)?", line)
            found.update(option for option in match.groups() if option)
        return found

    def test_manual_page(self):
        text = (SOURCE / "man/mpiwasm.1").read_text()
        text = text[text.index(".SH OPTIONS"):text.index(".SH MODULES")].replace("\\-", "-")
        documented = {subcommand: set() for subcommand in SUBCOMMANDS}
        for entry in text.split(".TP\n")[1:]:
            lines = entry.splitlines()
            options = set(re.findall(r"--[a-z0-9-]+|(?<![\w-])-\w\b|-O", lines[0]))
            if lines[1].startswith("["):
                where = lines[1].strip("[]").split(", ")
            else:
                where = SUBCOMMANDS
            for subcommand in where:
                documented[subcommand] |= options
        for subcommand in SUBCOMMANDS:
            self.assertEqual(documented[subcommand], self.helped(subcommand), subcommand)

    def test_completion(self):
        for subcommand in SUBCOMMANDS:
            offered = set()
            for start in ("-", "--"):
                offered |= {normal(word) for word in self.complete(f"mpiwasm {subcommand} {start}")}
            self.assertEqual(offered, self.helped(subcommand), subcommand)
        words = self.complete("mpiwasm ")
        for subcommand in SUBCOMMANDS:
            self.assertIn(subcommand, words)

    def test_completed_values(self):
        self.write("a.wasm", b"")
        self.write("b.txt", b"")
        self.assertIn("a.wasm", self.complete("mpiwasm "))
        self.assertNotIn("b.txt", self.complete("mpiwasm "))
        self.assertEqual(self.complete("mpiwasm compile --emit=l"), ["llvm"])
        self.assertEqual(self.complete("mpiwasm --mpi mp"), ["mpich"])

    def complete(self, line):
        script = (f"source '{SOURCE}/src/cli/completion.bash'; compopt() {{ :; }}; "
                  f"COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; _mpiwasm; "
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        return self.execute(["bash", "-c", script]).out.split()

    def test_manual_pages_are_sound(self):
        for page in sorted((SOURCE / "man").glob("*.1")):
            text = page.read_text()
            for heading in ("NAME", "SYNOPSIS", "DESCRIPTION"):
                self.assertIn(f".SH {heading}", text, page)
            self.assertNotRegex(text, r"(?m)[ \t]$", page)

    def test_compiler_wrappers(self):
        """The wrappers' own options, as their --help lists them, are those of their pages."""
        option = re.compile(r"(?<![\w-])--?[a-zA-Z][a-z0-9-]*(?::[a-z]+)?")
        for name, first in (("mpiwasmcc", "  -show"), ("mpiwasmfort", "  -cpp")):
            text = self.execute([harness.BUILD / "bin" / name, "--help"]).out
            text = text[text.index(first):].partition("It needs")[0]
            page = (SOURCE / f"man/{name}.1").read_text().replace("\\-", "-")
            page = page[page.index(".SH OPTIONS"):page.index(".SH ENVIRONMENT")]
            page = re.sub(r"(?m)^\.[A-Z]+|\\f[A-Z]", "", page)
            self.assertEqual(set(option.findall(text)), set(option.findall(page)), name)
            self.assertGreater(len(option.findall(text)), 10, name)

    def test_environment_list(self):
        """The variables that the manual page promises are those of the code."""
        source = (SOURCE / "src/cli/grants.c").read_text()
        listed = re.search(r"grants_default_environment\[\] = \{(.*?)NULL", source, re.S).group(1)
        page = (SOURCE / "man/mpiwasm.1").read_text()
        page = page[page.index(".SH ENVIRONMENT"):page.index("mpiwasm itself looks at")]
        promised = set(re.findall(r"^\.BR ([A-Z_*]+)", page, re.M))
        self.assertEqual(promised, set(re.findall(r'"([^"]+)"', listed)))


if __name__ == "__main__":
    harness.main()
