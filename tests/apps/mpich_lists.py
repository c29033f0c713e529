"""What MPICH's suite consists of: its lists of tests, and which of them a run wants."""
import collections
import os
import re

DIRS = ["attr", "group", "info", "init", "topo", "errhan", "errors", "comm", "pt2pt", "datatype",
        "coll", "rma", "io", "mpi_t", "part", "threads", "spawn"]
# Other languages; and tests that kill ranks, of what MPICH alone offers then.
LEFT_OUT = re.compile(r"/(cxx|f77|f90|f08|faults)(/|$)")

Test = collections.namedtuple("Test", "dir program ranks arguments env limit result xfail")


def read_list(path, directory):
    """The tests of one testlist."""
    tests = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            words = line.split("#")[0].split()
            if not words:
                continue
            options = collections.defaultdict(list)
            for word in words[2:]:
                key, _, value = word.partition("=")
                options[key].append(value)
            tests.append(Test(directory, words[0], int(words[1]) if len(words) > 1 else 2,
                              tuple(options["arg"]), tuple(options["env"]),
                              int((options["timeLimit"] or ["0"])[0]),
                              (options["resultTest"] or [""])[0], bool(options["xfail"])))
    return list(dict.fromkeys(tests))


def with_subdirs(config, source, dirs):
    """The directories of `dirs` and those below with tests in them."""
    found = []
    for directory in dirs:
        for root in (config, source):
            for path, _, files in sorted(os.walk(os.path.join(root, directory))):
                name = os.path.relpath(path, root)
                if "testlist" in files and not LEFT_OUT.search(name) and name not in found:
                    found.append(name)
    return found


def with_types(test, most):
    """A generated test with fewer of its random datatypes; 0 leaves them all."""
    arguments = []
    for argument in test.arguments:
        key, _, value = argument.partition("=")
        if key == "-testsize" and most:
            argument = f"{key}={min(int(value), most)}"
        arguments.append(argument)
    return test._replace(arguments=tuple(arguments))


def collect(config, source, dirs, quick, only, sample=1, generated=1, types=0):
    """The tests of the directories, and of those that the suite generates for various datatypes
    (testlist.dtp) every Nth, with at most so many types; 0 is none and all."""
    tests, of_types = [], []
    for directory in with_subdirs(config, source, dirs):
        for name, goal in (("testlist", tests), ("testlist.dtp", of_types)):
            for root in (config, source):
                path = os.path.join(root, directory, name)
                if os.path.exists(path):
                    goal += read_list(path, directory)
                    break
    tests = [test for test in dict.fromkeys(tests)  # some lists name directories
             if not os.path.isdir(os.path.join(source, test.dir, test.program))]
    of_types = [with_types(test, types) for test in of_types if test not in tests]
    if quick:  # at most 4 ranks, each program once, nothing that MPICH itself expects to fail
        chosen = {}
        for test in sorted(tests, key=lambda test: -test.ranks):
            if test.ranks <= 4 and test.limit <= 60 and not test.xfail and not tunes_mpich(test):
                chosen.setdefault((test.dir, test.program), test)
        tests = [test for test in tests if test in chosen.values()]
        if sample > 1:
            sizes = collections.Counter(test.dir for test in tests)
            places = collections.Counter()
            for test in tests[:]:
                places[test.dir] += 1
                if sizes[test.dir] > 20 and places[test.dir] % sample != 0:
                    tests.remove(test)
        of_types = [test for test in of_types if test.ranks <= 4 and test.limit <= 60]
    tests = [test for test in tests if re.search(only, label(test))]
    of_types = [test for test in of_types if re.search(only, label(test))]
    return tests + (of_types[generated - 1::generated] if generated else [])


def tunes_mpich(test):
    return any(value.startswith("MPIR_CVAR") for value in test.env)


def starts_threads(test):
    return test.dir.split("/")[0] == "threads"


def label(test):
    return " ".join([f"{test.dir}/{test.program}", str(test.ranks), *test.arguments,
                     *(f"env={value}" for value in test.env)])
