#!/usr/bin/env python3
"""Checks that every C file is as clang-format leaves it, and shell scripts parse.

usage: check_format.py SOURCE_ROOT CLANG_FORMAT
"""
import pathlib
import re
import subprocess
import sys


def tracked(root, *patterns):
    """Files that git tracks; without git (an archive), all that match."""
    try:
        listed = subprocess.run(["git", "-C", root, "ls-files", "-z", *patterns], text=True,
                                capture_output=True, check=True)
        return [root / name for name in listed.stdout.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = [path for pattern in patterns for path in root.rglob(pattern.split("/")[-1])
                 if "/" not in pattern or path.parent.name == pattern.split("/")[0]]
        made = re.compile(r"^(build.*|\.venv|\.git)$")
        return [path for path in found if not made.match(path.relative_to(root).parts[0])]


def main(root, clang_format):
    sources = tracked(root, "*.c", "*.h")
    if not sources:
        sys.exit("no C files found")
    good = True
    for start in range(0, len(sources), 50):
        good &= subprocess.run([clang_format, "--dry-run", "-Werror", *sources[start:start + 50]],
                               check=False).returncode == 0
    scripts = [path for path in tracked(root, "tools/*", ".ci/*", "packaging/*", "*.sh", "*.bash")
               if path.is_file()]
    for path in scripts:
        first = path.read_bytes().split(b"\n")[0]
        shell = "bash" if b"bash" in first or path.suffix == ".bash" else "sh"
        if first.startswith(b"#!") and b"sh" not in first.split(b"/")[-1]:
            continue
        if path.suffix in (".sh", ".bash") or first.startswith(b"#!"):
            good &= subprocess.run([shell, "-n", path], check=False).returncode == 0
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
