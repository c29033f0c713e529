"""What the scripts share that build libraries from LLVM's own source, of the one version that fits
flang: the source package, checked by SHA-256, and commands and files."""
import glob
import os
import re
import shutil
import subprocess
import tarfile

from sysroot_common import SourceError, check_sum, fail, fetch_source, say

VERSION = "19.1.7"
PACKAGE = "llvm-toolchain-19"
SHA256 = "ae498f3bc58ae2d9f64ef5f0c035c4240152bf015a5b7738b15c22e93bdc97ce"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(arguments, **options):
    result = subprocess.run(arguments, check=False, text=True, capture_output=True, **options)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: exit {result.returncode}\n"
                           f"{result.stderr.strip()[-3000:]}")
    return result.stdout


def fetch(directory):
    say(f"fetching the source package {PACKAGE}, about 165 MB")
    try:
        fetch_source(directory, PACKAGE, directory)
    except SourceError as error:
        fail(f"{error}\nor fetch {PACKAGE}_{VERSION}.orig.tar.xz elsewhere and give --source FILE")
    found = glob.glob(os.path.join(directory, "*.orig.tar.xz"))
    if len(found) != 1:
        fail(f"{PACKAGE}: {len(found)} archives instead of one")
    return found[0]


def unpack(archive, folder, names, directory):
    """What the archive has below those `names` (a pattern) of its `folder`, into `directory`."""
    check_sum(archive, SHA256, f"{PACKAGE} {VERSION}")
    wanted = re.compile(rf"[^/]+/{folder}/((?:{names})/.*)")
    seen = False
    with tarfile.open(archive, "r|xz") as tar:
        for member in tar:
            match = wanted.fullmatch(member.name)
            if match and member.isfile():
                goal = os.path.join(directory, match.group(1))
                os.makedirs(os.path.dirname(goal), exist_ok=True)
                with open(goal, "wb") as file:
                    shutil.copyfileobj(tar.extractfile(member), file)
                seen = True
            elif seen and f"/{folder}/" not in member.name and "/" in member.name:
                break  # the archive is sorted: nothing more of the folder comes


def edit_source(directory, edits):
    """Edit the source: file, pattern, replacement."""
    for name, pattern, replacement in edits:
        path = os.path.join(directory, name)
        text, count = re.subn(pattern, replacement, read(path))
        if count == 0:
            fail(f"{name} has no {pattern}: not the source this is made for")
        write(path, text)
