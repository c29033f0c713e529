"""What the scripts that build guest libraries share: messages, places, and checked sources."""
import hashlib
import os
import subprocess
import sys

SHARE = os.path.dirname(os.path.abspath(__file__))


def say(message):
    print(f"mpiwasm sysroot: {message}", flush=True)


def fail(message):
    sys.exit(f"mpiwasm sysroot: {message}")


def default_dir(name, wanted):
    """`wanted`, if it is given; else beside the installation if that may be written, else among
    the user's own data."""
    if wanted:
        return wanted
    beside = os.path.join(SHARE, name)
    if os.path.exists(os.path.join(beside, "level")) or os.access(SHARE, os.W_OK):
        return beside
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return os.path.join(data, "mpiwasm", name)


def check_sum(path, wanted, what):
    """The file must have the SHA-256 that is wanted."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    if digest.hexdigest() != wanted:
        fail(f"{path} is not that of {what}: its SHA-256 is {digest.hexdigest()}")


class SourceError(Exception):
    """A source package cannot be had; the text says why."""


def run_apt(arguments, **options):
    try:
        result = subprocess.run(arguments, text=True, capture_output=True, check=False, **options)
    except FileNotFoundError as error:
        raise SourceError(f"no {arguments[0]} here") from error
    if result.returncode != 0:
        raise SourceError(f"{' '.join(arguments)}: exit {result.returncode}\n"
                          f"{result.stderr.strip()}")
    return result.stdout


def fetch_source(cache, package, directory):
    """Download the upstream archives of a Debian source package into `directory`. NAME/SUITE takes
    it from another release of Debian, at the same place.

    Nothing of the system's package configuration is changed: a sources list of our own is derived
    from the machine's (where it takes binaries from, there are the sources too), and apt keeps its
    state in `cache`; apt checks the archives' signature and sums. Needs apt-get alone.
    """
    suite = package.partition("/")[2]
    state = os.path.join(cache, "apt" + ("-" + suite if suite else ""))
    os.makedirs(os.path.join(state, "lists", "partial"), exist_ok=True)
    os.makedirs(os.path.join(state, "archives", "partial"), exist_ok=True)
    listing, updated = os.path.join(state, "sources.list"), os.path.join(state, "updated")
    settings = {"Dir::Etc::sourcelist": listing, "Dir::Etc::sourceparts": "-",
                "Dir::State::lists": os.path.join(state, "lists"),
                "Dir::Cache": state, "Dir::Cache::archives": os.path.join(state, "archives"),
                "APT::Sandbox::User": "root" if os.getuid() == 0 else ""}
    apt = ["apt-get", "-q"] + [word for key, value in settings.items()
                               for word in ("-o", f"{key}={value}")]
    if not os.path.exists(updated):
        targets = run_apt(["apt-get", "indextargets", "--format",
                           "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)",
                           "Identifier: Packages"])
        fields = [target.split("|") for target in targets.splitlines()]
        # What is in a security update too would be taken from there, and upstream's source is the
        # same: not every mirror has it twice.
        lines = {f"deb-src {f[0]} {suite or f[1]} {f[2]}\n" for f in fields
                 if f[3] == "Debian" and not f[1].endswith("-security")}
        if not lines:
            raise SourceError("no Debian repository among the machine's package sources "
                              "(run apt-get update)")
        with open(listing, "w", encoding="utf-8") as file:
            file.writelines(sorted(lines))
        run_apt([*apt, "update"])
        open(updated, "w", encoding="utf-8").close()
    run_apt([*apt, "source", "--only-source", "--tar-only", "--download-only", package],
            cwd=directory)
