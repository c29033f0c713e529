#!/usr/bin/env python3
"""Fetch the upstream source of a Debian source package (or of one of the Python package index) and
unpack it into a cache directory.

  sources.py CACHE PACKAGE    prints the unpacked source's path

Debian's own patches are left out: what is tested is what upstream released.
Nothing of the system's package configuration is changed: a sources list of our own is derived from
the machine's (where it takes binaries from, there are the sources too), and apt keeps its state in
the cache; apt checks the archive's signature and sums. Needs apt-get alone.
"""
import fcntl
import os
import shutil
import subprocess
import sys
import tarfile

# Versions and sums of what comes from the Python package index.
FROM_INDEX = {"globalarrays": ("5.7.1b0",
                               "eab9de32a71c8e9a681764d5dcc3faded0683947880928abc1536c7b0b14cfc9")}


def run(arguments, **options):
    result = subprocess.run(arguments, text=True, capture_output=True, check=False, **options)
    if result.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: exit {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def source_list():
    """deb-src lines for every repository of the machine's that is Debian's own."""
    targets = run(["apt-get", "indextargets", "--format",
                   "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)",
                   "Identifier: Packages"])
    lines = set()
    for target in targets.splitlines():
        uri, release, component, origin = target.split("|")
        # What is in a security update too would be taken from there, and upstream's source is the
        # same: not every mirror has it twice.
        if origin == "Debian" and not release.endswith("-security"):
            lines.add(f"deb-src {uri} {release} {component}")
    if not lines:
        sys.exit("no Debian repository among the machine's package sources (run apt-get update)")
    return "\n".join(sorted(lines)) + "\n"


def apt_options(cache):
    state = os.path.join(cache, "apt")
    os.makedirs(os.path.join(state, "lists", "partial"), exist_ok=True)
    os.makedirs(os.path.join(state, "archives", "partial"), exist_ok=True)
    listing = os.path.join(state, "sources.list")
    with open(listing, "w", encoding="utf-8") as file:
        file.write(source_list())
    settings = {"Dir::Etc::sourcelist": listing, "Dir::Etc::sourceparts": "-",
                "Dir::State::lists": os.path.join(state, "lists"),
                "Dir::Cache": state, "Dir::Cache::archives": os.path.join(state, "archives"),
                "APT::Sandbox::User": "root" if os.getuid() == 0 else ""}
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def download_from_debian(cache, package, work):
    options = apt_options(cache)
    if not os.path.exists(os.path.join(cache, "apt", "updated")):
        run(["apt-get", "-q", *options, "update"])
        open(os.path.join(cache, "apt", "updated"), "w", encoding="utf-8").close()
    run(["apt-get", "-q", *options, "source", "--only-source", "--tar-only", package], cwd=work)


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
    goal = os.path.join(cache, package)
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
