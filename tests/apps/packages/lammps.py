"""LAMMPS, molecular dynamics in C++, with its own benchmarks (bench/): a Lennard-Jones liquid,
bead-spring polymer chains, and copper by the embedded atom method; some of its examples/; and what
a user does around them: write and read a restart file, an input with a mistake, which ends in a
C++ exception.

LAMMPS's own make builds it, with a file of settings as its manual asks for one. It takes what
styles lie in src/: here only those that the inputs need, and what these include."""
import glob
import os
import re
import shutil

from package import Check, differs, found, says

TITLE, LANGUAGE, BUILT_WITH = "LAMMPS, 29 September 2021", "C++", "make"
SOURCES = ["lammps"]
LEVEL = "full"
PROGRAMS = ["lmp_test"]

# Of the styles, which are a class each.
STYLES = re.compile(
    r"atom_vec_(atomic|hybrid)|run|minimize|verlet|min_cg|create_(box|atoms)|read_(data|restart)|"
    r"write_restart|velocity|region_block|pair_(lj_cut|soft)|dump_atom|"
    r"fix_(nve|langevin|adapt|temp_rescale|enforce2d)|compute_(temp|pressure|pe)|nbin_standard|"
    r"nstencil_half_bin_.*|npair_half_bin_.*|npair_copy|ntopo_.*")
FROM_PACKAGES = ["MANYBODY/pair_eam", "MOLECULE/atom_vec_bond", "MOLECULE/bond_fene",
                 "MOLECULE/bond_harmonic"]

# A whole Makefile of LAMMPS's (as src/MAKE/Makefile.mpi) with the compiler of this build.
SETTINGS = {"CC": "{cxx}", "CCFLAGS": "-O2 -std=c++11 -w", "LINK": "{cxx}", "LINKFLAGS": "-O2",
            "SIZE": "echo", "LMP_INC": "-DLAMMPS_MEMALIGN=64 -DLAMMPS_EXCEPTIONS"}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def needed(source):
    """The files of src/ that are no style, or a wanted one, and all that these include."""
    names = {name for name in os.listdir(source) if name.endswith((".h", ".cpp"))}
    is_style = {name[:-2] for name in names if name.endswith(".h") and
                re.search(r"^ *[A-Za-z]+Style\(", read(os.path.join(source, name)), re.MULTILINE)}
    left = [name for name in names
            if name.rsplit(".", 1)[0] not in is_style or STYLES.fullmatch(name.rsplit(".", 1)[0])]
    chosen = set()
    while left:
        name = left.pop()
        if name in names and name not in chosen:
            chosen.add(name)
            for stem in re.findall(r'#include "(\w+)\.h"', read(os.path.join(source, name))):
                left += [stem + ".h", stem + ".cpp"]
    return chosen


def build(flavour):
    source, work = os.path.join(flavour.source, "src"), os.path.join(flavour.work, "src")
    chosen = needed(source)
    shutil.copytree(source, work, ignore=lambda directory, names: [
        name for name in names if directory == source and name.endswith((".h", ".cpp")) and
        name not in chosen])
    for stem in FROM_PACKAGES:
        for end in (".h", ".cpp"):
            shutil.copy(os.path.join(work, stem + end), work)
    settings = read(os.path.join(work, "MAKE", "Makefile.mpi"))
    for name, value in SETTINGS.items():
        settings = re.sub(rf"^{name} *=.*$", f"{name} = {value.format(cxx=flavour.cxx)}", settings,
                          flags=re.MULTILINE)
    os.makedirs(os.path.join(work, "MAKE", "MINE"), exist_ok=True)
    with open(os.path.join(work, "MAKE", "MINE", "Makefile.test"), "w", encoding="utf-8") as file:
        file.write(settings)
    flavour.make("-s", "test", cwd=work)
    return {"lmp_test": os.path.join(work, "lmp_test")}


# The table of thermodynamic output between its heading and the time that the loop took.
NUMBERS = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"


def thermodynamics(text):
    result = []
    for table in re.findall(r"^ *Step .*\n((?: +.*\n)+)Loop time", text, re.MULTILINE):
        result += re.findall(NUMBERS, table)
    return result


def loop_time(outcome):
    """LAMMPS's own time of the steps."""
    return float(found(r"^Loop time of (\S+)")(outcome.out)[-1])


ENDS = says(r"Total wall time", never="ERROR")


RESTART = """\
include in.eam
write_restart half
run 20
clear
read_restart half
pair_style eam
pair_coeff 1 1 Cu_u3.eam
fix 1 all nve
thermo 10
run 20
dump 1 all atom 10 atoms
run 10
"""
MISTAKE = """\
include in.lj
pair_style lj/cut 2.5 and more
"""


def goes_on(outcome):
    """Check.verify: what comes after a restart is what came without one."""
    tables = re.findall(r"^ *Step .*\n((?: +.*\n)+)Loop time", outcome.out, re.MULTILINE)
    if ENDS(outcome) or len(tables) != 4:
        return ENDS(outcome) or f"{len(tables)} tables"
    last = [re.findall(NUMBERS, table.splitlines()[-1]) for table in tables[1:3]]
    return differs(last[0], last[1], 1e-9)


def refuses(outcome):
    if outcome.code == 0 or "ERROR: Illegal pair_style command" not in outcome.out:
        return f"exit {outcome.code}, not the error expected"
    return ""


def checks(sources, ranks, quick):
    source = sources["lammps"]
    inputs = {"in.lj": [], "in.chain": ["data.chain"], "in.eam": ["Cu_u3.eam"]}

    def prepare(name, steps, last=""):
        """LAMMPS's input with another number of steps, and a last input that includes it."""
        def write(directory):
            for other in inputs[name]:
                shutil.copy(os.path.join(source, "bench", other), directory)
            text = re.sub(r"run\t\t100", f"run {steps}", read(os.path.join(source, "bench", name)))
            for path, content in ((name, text), ("in.last", last)):
                with open(os.path.join(directory, path), "w", encoding="utf-8") as file:
                    file.write(content)
        return write

    def example(name):
        files = glob.glob(os.path.join(source, "examples", name, "*." + name))
        return Check(f"example {name}", "lmp_test", ["-in", "in." + name], ENDS, thermodynamics,
                     1e-5, lambda directory: [shutil.copy(file, directory) for file in files])

    small = [word for axis in "xyz" for word in ("-var", axis, "0.5")]
    result = [Check("liquid", "lmp_test", ["-in", "in.lj", *small], ENDS, thermodynamics, 1e-6,
                    prepare("in.lj", 50)),
              Check("copper, restarted", "lmp_test", ["-in", "in.last", *small], goes_on,
                    thermodynamics, 1e-6, prepare("in.eam", 20, RESTART)),
              Check("mistake", "lmp_test", ["-in", "in.last", *small], refuses,
                    prepare=prepare("in.lj", 2, MISTAKE)),
              Check("chains", "lmp_test", ["-in", "in.chain"], ENDS, thermodynamics, 1e-6,
                    prepare("in.chain", 10 if quick else 100),
                    None if quick else loop_time)]
    if not quick:
        result += [Check("large liquid", "lmp_test", ["-in", "in.lj"], ENDS, thermodynamics, 1e-6,
                         prepare("in.lj", 100), loop_time),
                   Check("large copper", "lmp_test", ["-in", "in.eam"], ENDS, thermodynamics, 1e-6,
                         prepare("in.eam", 50), loop_time),
                   example("melt"), example("min"), example("micelle")]
    return result
