#!/usr/bin/env python3
"""Fetch the upstream source of a Debian source package (or of one of the Python package index) and
unpack it into a cache directory.

  sources.py CACHE PACKAGE    prints the unpacked source's path

PACKAGE/SUITE is what another release of Debian has, where the machine's own has it no longer.
Debian's own patches are left out: what is tested is what upstream released.
"""
import fcntl
import os
import shutil
import subprocess
import sys
import tarfile

sys.dont_write_bytecode = True
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "guest"))
from sysroot_common import SourceError, fetch_source  # pylint: disable=wrong-import-position

# Versions and sums of what comes from the Python package index.
FROM_INDEX = {"globalarrays": ("5.7.1b0",
                               "eab9de32a71c8e9a681764d5dcc3faded0683947880928abc1536c7b0b14cfc9")}


def run(arguments, **options):
    result = subprocess.run(arguments, text=True, capture_output=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: exit {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def download_from_debian(cache, package, work):
    try:
        fetch_source(cache, package, work)
    except SourceError as error:
        sys.exit(str(error))


def download_from_index(cache, package, work):
    """With pip, of the Python here or of an environment beside it."""
    version, digest = FROM_INDEX[package]
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run(pip + ["--version"], check=False, capture_output=True).returncode != 0:
        environment = os.path.join(cache, "venv")
        run([sys.executable, "-m", "venv", environment])
        pip = [os.path.join(environment, "bin", "pip")]
    wanted = os.path.join(cache, package + ".txt")
    with open(wanted, "w", encoding="utf-8") as file:
        file.write(f"{package}=={version} --hash=sha256:{digest}\n")
    run([*pip, "download", "--quiet", "--no-deps", "--no-binary", package, "--dest", work,
         "--requirement", wanted])


def fetch(cache, package):
    """The directory of the unpacked source package, fetched on the first call."""
    cache = os.path.abspath(cache)
    os.makedirs(cache, exist_ok=True)
    goal = os.path.join(cache, package.replace("/", "-"))
    with open(os.path.join(cache, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(goal):
            return goal
        work = os.path.join(cache, "unpacking")
        shutil.rmtree(work, ignore_errors=True)
        os.makedirs(work)
        download = download_from_index if package in FROM_INDEX else download_from_debian
        download(cache, package, work)
        for archive in os.listdir(work):
            with tarfile.open(os.path.join(work, archive)) as file:
                file.extractall(work)
        unpacked = [entry.path for entry in os.scandir(work) if entry.is_dir()]
        if len(unpacked) != 1:
            sys.exit(f"{package}: unpacked {len(unpacked)} directories instead of one")
        os.rename(unpacked[0], goal)
        shutil.rmtree(work)
    return goal


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(fetch(sys.argv[1], sys.argv[2]))
