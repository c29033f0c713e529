#!/usr/bin/env python3
"""Checks the #includes of src/ against the layers that ARCHITECTURE.md describes.

usage: check_boundaries.py SOURCE_ROOT
"""
import pathlib
import re
import sys
import tempfile

# What the files of a folder may include, besides their own folder's headers and the system's.
ALLOWED = {
    "base": set(),
    "wasm": {"base"},
    "compile": {"base", "wasm"},  # and one header of runtime
    "runtime": {"base", "wasm"},
    "cache": {"base"},  # and one header of runtime
    "wasi": {"base", "runtime", "wasm"},
    "mpi": {"base", "runtime", "wasm"},
    "cli": {"base", "wasm", "cache", "runtime", "wasi", "mpi"},
}
ALLOWED_HEADERS = {
    "compile": {"runtime/runtime_abi.h"},
    "cache": {"runtime/runtime_abi.h"},
    "wasi": {"runtime/host_module.h"},
    "mpi": {"runtime/host_module.h"},
}
# Folders whose files see another layer through ALLOWED_HEADERS alone.
NARROW = {("wasi", "runtime"), ("mpi", "runtime"), ("wasi", "wasm"), ("mpi", "wasm")}
ONLY_IN = {"llvm-c/": "compile", "llvm/": "compile", "mpi.h": "mpi"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def problems(root):
    folders = {path.name for path in (root / "src").iterdir() if path.is_dir()}
    for unknown in sorted(folders - ALLOWED.keys()):
        yield f"src/{unknown}: not in the list of layers"
    for path in sorted((root / "src").rglob("*")):
        if path.suffix not in (".c", ".h", ".def"):
            continue
        folder = path.relative_to(root / "src").parts[0]
        for form, name in INCLUDE.findall(path.read_text()):
            where = f"{path.relative_to(root)}: #include {name}"
            for prefix, owner in ONLY_IN.items():
                if form == "<" and name.startswith(prefix) and folder != owner:
                    yield f"{where}: only src/{owner} may"
            layer = name.split("/")[0]
            if form == "<" or layer not in ALLOWED or layer == folder or "/" not in name:
                continue
            if name in ALLOWED_HEADERS.get(folder, ()):
                continue
            if layer not in ALLOWED.get(folder, ()) or (folder, layer) in NARROW:
                yield f"{where}: src/{folder} may not"


def self_test():
    """A tree with one violation of each kind; all must be found."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        for path, text in {
            "src/base/a.c": '#include "wasm/types.h"',
            "src/wasi/a.c": '#include "mpi/x.h"',
            "src/mpi/a.c": '#include "runtime/instance.h"',
            "src/cli/a.c": "#include <llvm-c/Core.h>",
            "src/runtime/a.c": "#include <mpi.h>",
            "src/compile/a.c": '#include "runtime/runtime_abi.h"',  # is allowed
        }.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text + "\n")
        return len(list(problems(root))) == 5


if __name__ == "__main__":
    if not self_test():
        sys.exit("the check itself is broken: it misses violations")
    found = list(problems(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)
