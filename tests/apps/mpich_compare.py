"""The verdict on MPICH's suite: both columns, what is known to differ, and the difference."""
import collections
import fnmatch


class Known:
    """The lines "MPI LABEL: REASON" of mpich_known.txt; MPI is a name or "all".

    A LABEL with * stands for all the tests it matches; one without names a test, which must fail,
    unless the REASON begins with "by chance".
    """

    def __init__(self, path, mpi):
        self.reasons, self.used = {}, set()
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.strip()
                if line and not line.startswith("#"):
                    which, rest = line.split(None, 1)
                    name, reason = rest.split(": ", 1)
                    if which in ("all", mpi.name):
                        self.reasons[name.strip()] = reason.strip()

    def _pattern(self, name):
        return next((pattern for pattern in self.reasons if name == pattern or
                     ("*" in pattern and fnmatch.fnmatchcase(name, pattern))), None)

    def reason(self, name):
        """Why the test may fail, or None."""
        pattern = self._pattern(name)
        self.used.add(pattern)
        return self.reasons.get(pattern)

    def by_chance(self, name):
        """Does the test fail at times only?"""
        return self.reasons.get(self._pattern(name), "").startswith("by chance")

    def passes_unexpectedly(self, name):
        return name in self.reasons and "*" not in name and not self.by_chance(name)

    def useless(self, names):
        """The patterns of which there are tests in `names`, none of which needed them."""
        return [pattern for pattern in self.reasons
                if "*" in pattern and pattern not in self.used and not self.by_chance(pattern)
                and fnmatch.filter(names, pattern)]


def compare(mpi, tests, native, wasm, known):
    """Print the table of differences.  `tests` is {label: test}, the others {label: result}.
    Returns the number of failures."""
    directories = collections.defaultdict(collections.Counter)
    failures = 0
    print(f"\n{mpi.name}: {'test':<50}{'native':>10}{'wasm':>10}")
    for name, test in tests.items():
        count = directories[test.dir]
        count["lines"] += 1
        if name not in wasm:
            print(f"{mpi.name}: {name:<50}{native[name].state:>10}   not run"
                  + {"timeout": ": no end natively in the time allowed",
                     "too big": ": " + native[name].detail}.get(native[name].state, ""))
            continue
        n, w = native[name], wasm[name]
        count["native"] += n.state == "pass"
        count["wasm"] += w.state == "pass"
        count["both"] += n.state == "pass" and w.state == "pass"
        verdict = ""
        if n.state == "pass" and w.state != "pass":
            reason = known.reason(name)
            verdict = f"known: {reason}" if reason else "FAILED"
            failures += not reason
            count["known"] += bool(reason)
        elif w.state == "pass" and known.passes_unexpectedly(name):
            verdict, failures = "FAILED: passes, yet mpich_known.txt lists it", failures + 1
        elif n.state != w.state:
            verdict = "better than native" if w.state == "pass" else "fails natively too"
        if verdict:
            print(f"{mpi.name}: {name:<50}{n.state:>10}{w.state:>10}  {verdict}")
        if verdict.startswith("FAILED") and w.state != "pass":
            print("    " + "\n    ".join(w.detail.strip().splitlines()[-12:]))
    for pattern in known.useless([name for name in tests if name in wasm]):
        print(f"{mpi.name}: FAILED: nothing that {pattern} matches needs its line in "
              "mpich_known.txt")
        failures += 1
    columns = ("lines", "native", "wasm", "both", "known")
    print(f"{mpi.name}: {'directory':<20}" + "".join(f"{column:>8}" for column in columns))
    total = sum(directories.values(), collections.Counter())
    for directory, count in [*directories.items(), ("all", total)]:
        print(f"{mpi.name}: {directory:<20}"
              + "".join(f"{count[column]:>8}" for column in columns))
    print(f"{mpi.name}: seconds, native {sum(r.seconds for r in native.values()):.0f}, "
          f"wasm {sum(r.seconds for r in wasm.values()):.0f}; {failures} failures")
    return failures
