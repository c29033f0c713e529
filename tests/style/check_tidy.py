#!/usr/bin/env python3
"""Runs clang-tidy (checks: .clang-tidy) on the sources of the given folders, two at a time.

usage: check_tidy.py SOURCE_ROOT BUILD_DIRECTORY CLANG_TIDY FOLDER...
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys


def main(root, build, tidy, folders):
    commands = json.loads((build / "compile_commands.json").read_text())
    wanted = [root / folder for folder in folders]
    files = sorted({command["file"] for command in commands
                    if any(path in pathlib.Path(command["file"]).parents for path in wanted)})
    if not files:
        sys.exit("nothing to check")

    def check(file):
        return subprocess.run([tidy, "--quiet", "-p", build, file], text=True, capture_output=True,
                              check=False)

    good = True
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for result in pool.map(check, files):
            if result.returncode != 0:
                good = False
                print(result.stdout)
    print(f"{len(files)} files")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
