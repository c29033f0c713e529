#!/usr/bin/env python3
"""Make the tables of docs/mpi.md: what mpiwasm does with every function of MPI, on every host.

    mpi_coverage.py PAGE            write them anew, below the page's marker; the text above stays
    mpi_coverage.py PAGE --check    fail, with the difference, if they are not what they would be

Everything comes from mpi_functions.def beside this script. Of a function written by hand the C
sources tell whether the host's function of that name is called; "coverage" rows of the table say
what neither shows:

    coverage own: NAMES                             the host's function is not what answers
    coverage direct: NAMES                          it is, though the sources do not show it
    coverage emulated before 4.0 (HOW): NAMES       on hosts with an older MPI than that
    coverage emulated on Open MPI 4.1 (HOW): NAMES
    coverage unsupported (WHY): NAMES               nowhere; or "on HOST", "before 4.0"
    coverage note (WHAT): NAMES

A name may be a pattern: File_*. Of several rows that match a function, the last counts.
"""
import difflib
import fnmatch
import glob
import os
import re
import sys

sys.dont_write_bytecode = True
from mpi_stubs import read_table  # noqa: E402

FOLDER = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(FOLDER, "mpi_functions.def")
MARKER = "<!-- From here on made by src/mpi/mpi_coverage.py: change that, or mpi_functions.def. -->"
# The hosts that are tested, with the version of MPI that their mpi.h states.
HOSTS = (("Open MPI 4.1", (3, 1)), ("MPICH 4.0", (4, 0)))
LARGE = "ints, or one item of a larger datatype"
ROW = re.compile(r"coverage (own|direct|emulated|unsupported|note)"
                 r"(?: before ([\d.]+)| on ([^(:]+?))?(?: \((.*)\))?: (.*)$")


class Rule:
    def __init__(self, match):
        self.verdict, before, self.host, self.text, names = match.groups()
        self.before = tuple(int(n) for n in before.split(".")) if before else None
        self.names = names.split()

    def matches(self, name, host, version):
        return (self.host in (None, host) and (self.before is None or version < self.before) and
                any(fnmatch.fnmatchcase(name, pattern) for pattern in self.names))


def read_rules(known):
    rules = []
    with open(TABLE, encoding="utf-8") as table:
        for number, line in enumerate(table, 1):
            if not line.startswith("coverage "):
                continue
            match = ROW.match(line.split("#")[0].strip())
            if not match:
                sys.exit(f"{TABLE}:{number}: cannot read: {line}")
            rules.append(Rule(match))
            for pattern in rules[-1].names:
                if not fnmatch.filter(known, pattern):
                    sys.exit(f"{TABLE}:{number}: no such function: {pattern}")
            if rules[-1].host and rules[-1].host not in dict(HOSTS):
                sys.exit(f"{TABLE}:{number}: no such host: {rules[-1].host}")
    return rules


def called_functions():
    """Names X of which the layer calls the host's MPI_X or MPIX_X by hand."""
    names = set()
    for path in glob.glob(os.path.join(FOLDER, "mpi_*.c")):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/|\"(\\.|[^\"\\])*\"", "", file.read(), flags=re.S)
        names.update(re.findall(r"\bMPIX?_(\w+)(?=\()", text))
        names.update(re.findall(r"[,(]\s*MPIX?_(\w+)(?=[,)])", text))  # passed as a function
        for name in re.findall(r"\bMPILAYER_LARGE\((\w+)\)", text):
            names.update((name, name + "_c"))
    return names


class Coverage:
    def __init__(self):
        functions = read_table(TABLE)
        self.rules = read_rules([f.name for _, f in functions])
        self.called = called_functions()
        self.sections = {}
        for section, function in functions:
            self.add(section, function.name, function)

    def add(self, section, name, function):
        self.sections.setdefault(section, []).append((name, self.verdicts(name, function)))

    def verdicts(self, name, function):
        """[(verdict, note)] for each host"""
        out = []
        for host, version in HOSTS:
            note = None
            if function.since and version < tuple(int(n) for n in function.since.split(".")):
                verdict, note = "unsupported", f"the host has it since MPI {function.since}"
            elif function.unchanged or (function.by_hand and name not in self.called):
                verdict = "own"
            else:
                verdict = "direct"
                if function.persistent and version < (4, 0):
                    note = "the host's MPIX_ function"
                if function.large and version < (4, 0):
                    verdict, note = "emulated", LARGE
            for rule in self.rules:
                if rule.matches(name, host, version):
                    verdict = verdict if rule.verdict == "note" else rule.verdict
                    note = rule.text
            out.append((verdict, note))
        return out

    def page(self):
        rows = [row for section in self.sections.values() for row in section]
        lines = ["", "## The functions", "",
                 f"The table knows {len(rows)} functions.", "",
                 "| | " + " | ".join(host for host, _ in HOSTS) + " |",
                 "| --- | " + " | ".join("---:" for _ in HOSTS) + " |"]
        for verdict, meaning in (("direct", "direct"), ("own", "own"), ("emulated", "emulated"),
                                 ("unsupported", "no")):
            counts = [sum(v[host][0] == verdict for _, v in rows) for host in range(len(HOSTS))]
            lines.append(f"| {meaning} | " + " | ".join(map(str, counts)) + " |")
        for section, functions in self.sections.items():
            lines += ["", f"### {section}", "",
                      "| function | " + " | ".join(host for host, _ in HOSTS) + " | |",
                      "| --- |" + " --- |" * len(HOSTS) + " --- |"]
            for name, verdicts in functions:
                notes = []
                for (host, _), (_, note) in zip(HOSTS, verdicts):
                    if note and all(n == note for _, n in verdicts):
                        notes = [note]
                    elif note:
                        notes.append(f"{host}: {note}")
                cells = [v.replace("unsupported", "no") for v, _ in verdicts]
                lines.append(f"| MPI_{name} | " + " | ".join(cells) + f" | {'; '.join(notes)} |")
        return lines + ["", "### From `env`, for modules of the first MPIWasm", "",
                        " ".join(f"MPI_{name}" for name in legacy_names()) + ", gethostname"]


def legacy_names():
    with open(TABLE, encoding="utf-8") as table:
        words = [w for line in table if line.startswith("legacy ")
                 for w in line.split("#")[0].split()[1:]]
    return sorted(w for w in words if w not in ("by", "hand"))


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        old = file.read()
    if MARKER not in old:
        sys.exit(f"{sys.argv[1]}: the marker is missing: {MARKER}")
    new = old[:old.index(MARKER)] + MARKER + "\n" + "\n".join(Coverage().page()) + "\n"
    if len(sys.argv) == 2:
        with open(sys.argv[1], "w", encoding="utf-8") as file:
            file.write(new)
    elif new != old:
        print("\n".join(difflib.unified_diff(old.splitlines(), new.splitlines(), "as it is",
                                             "as it should be", n=0, lineterm="")))
        sys.exit(f"{sys.argv[1]} is not what src/mpi/mpi_functions.def says: "
                 "run src/mpi/mpi_coverage.py docs/mpi.md")


if __name__ == "__main__":
    main()
