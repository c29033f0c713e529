"""What the parts of run.py share: running commands, finding compilers."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHERS = {"openmpi": ["mpicc.openmpi", "mpiexec.openmpi"], "mpich": ["mpicc.mpich", "mpiexec.mpich"]}
ENVIRONMENT = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                   OMPI_MCA_rmaps_base_oversubscribe="1", OMPI_MCA_btl_base_warn_component_unused="0")


def attempt(command, **options):
    """The finished process of a command, whatever its exit code."""
    return subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT, timeout=600,
                          **options)


def run(command, **options):
    """The standard output of a command; its failure ends the program with the command's words."""
    result = attempt(command, **options)
    if result.returncode != 0:
        sys.exit(f"bench: {' '.join(command)}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


def say(text):
    print(f"  {text}", file=sys.stderr)


def find_clang():
    for name in ["clang-22", "clang-21", "clang-20", "clang-19", "clang"]:
        if shutil.which(name):
            return name
    sys.exit("bench: no clang found")
