#!/usr/bin/env python3
"""Turn the specification's test scripts (.wast) into what spec_runner.c reads.

    spec_convert.py --suite FOLDER --out FOLDER [--wasm-tools PROGRAM]

For X.wast, OUT/X/ gets the binaries that `wasm-tools json-from-wast` makes and `X.script`, a line
per command with eight columns separated by tabs, "-" where there is nothing.  X stands for
legacy_X of legacy/X.wast, P_X of proposals/P/X.wast, and own_X of our own own/X.wast.

    line  command  text  name  file-or-kind  field  arguments  expected

`text` is the message a failing command expects; names and fields are in hexadecimal, as they may
hold any bytes; arguments and expected values are "type:value", separated by spaces; an
expected value may be several, any of which will do, separated by "|".  Files that have not
changed are left alone.  Exit code 77: wasm-tools is missing (a skip).
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SKIPPED = 77
# Increased when this script writes something else from the same suite.
FORMAT = 3


def find_program(name, *named):
    """The program named by hand, in PATH, or in the folder of tools/setup."""
    local = Path(__file__).resolve().parents[2] / ".venv/bin" / name
    for candidate in (*named, shutil.which(name), local):
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    return None


def find_wasm_tools(named):
    """wasm-tools, which the variable WASM_TOOLS may name."""
    return find_program("wasm-tools", named, os.environ.get("WASM_TOOLS"))


def command_of(tools, wast, folder):
    """What turns a script into JSON: wasm-tools does not know the text of legacy exceptions."""
    if wast.parent.name != "legacy":
        out = ["--wasm-dir", str(folder), "-o", str(folder / "json")]
        return [tools, "json-from-wast", str(wast), *out]
    return [find_program("wast2json"), "--enable-all", str(wast), "-o", str(folder / "json")]


def hexed(text):
    """Bytes in hexadecimal with an x in front, so that an empty name is not "-"."""
    return "-" if text is None else "x" + text.encode().hex()


def value(item):
    """One argument or expected value."""
    kind, content = item["type"], item.get("value")
    if kind == "v128":
        if not isinstance(content, list):
            return "v128:?"
        return f"v128:{item['lane_type']}:{','.join(content)}"
    if kind == "either":
        return "|".join(value(choice) for choice in item["values"])
    if kind == "refnull":
        return "ref:null"
    return f"{kind}:{'any' if content is None else content}"


def values(items):
    return " ".join(value(item) for item in items) or "-"


def columns(command):
    """The eight columns of one JSON command."""
    action = command.get("action", {})
    name = command.get("name", action.get("module"))
    where = command.get("binary_filename", command.get("filename"))
    field = action.get("field", command.get("as"))
    if command["type"] == "module_instance":
        name, field = command.get("instance"), command.get("module")
    if action:
        where = action["type"]
    return [
        str(command["line"]),
        command["type"],
        command.get("text") or "-",
        hexed(name),
        where or "-",
        hexed(field),
        values(action.get("args", [])),
        values(command.get("expected", [])),
    ]


def is_text_only(command):
    """A test of the text format, of which no binary exists."""
    return command.get("module_type") == "text" and "binary_filename" not in command


def is_there(suite):
    return any(suite.glob("*.wast"))


def find_scripts(suite):
    """{name: .wast}; nothing but our own if the suite is missing."""
    found = {wast.stem: wast for wast in sorted(suite.glob("*.wast"))}
    folders = [Path(__file__).resolve().parent / "own", *sorted(suite.glob("proposals/*"))]
    if find_program("wast2json"):
        folders.append(suite / "legacy")
    else:
        print("no wast2json (of WABT): exception handling in its legacy form is left out")
    for folder in folders:
        found.update({f"{folder.name}_{wast.stem}": wast for wast in sorted(folder.glob("*.wast"))})
    return found


def convert(tools, name, wast, out):
    """One file; returns an error message or None."""
    folder = out / name
    script = folder / f"{name}.script"
    stamp = folder / "stamp"
    status = wast.stat()
    mark = f"{FORMAT} {status.st_size} {status.st_mtime_ns} {tools}"
    if script.exists() and stamp.exists() and stamp.read_text() == mark:
        return None
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    result = subprocess.run(
        command_of(tools, wast, folder),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if result.returncode != 0:
        return f"{wast.name}: not converted: {result.stderr.strip()}"
    lines = []
    for command in json.loads((folder / "json").read_text())["commands"]:
        if is_text_only(command):
            command = {"type": "text_format", "line": command["line"]}
        row = columns(command)
        if any("\t" in cell or "\n" in cell for cell in row):
            return f"{wast.name}:{row[0]}: a tab or a newline in a column"
        lines.append("\t".join(row))
    for leftover in list(folder.glob("*.wat")) + [folder / "json"]:
        leftover.unlink()
    script.write_text("\n".join(lines) + "\n")
    stamp.write_text(mark)
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--suite", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--wasm-tools")
    options = parser.parse_args()
    options.suite = Path(os.environ.get("WASM_TESTSUITE_DIR") or options.suite)
    scripts = find_scripts(options.suite)
    tools = find_wasm_tools(options.wasm_tools)
    if tools is None:
        print("SKIPPED: no wasm-tools (tools/setup --tests installs it; WASM_TOOLS names it)")
        return SKIPPED
    options.out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        jobs = pool.map(lambda item: convert(tools, *item, options.out), scripts.items())
        errors = list(filter(None, jobs))
    # What the suite no longer has must not be run.
    for folder in options.out.iterdir():
        if folder.is_dir() and folder.name not in scripts:
            shutil.rmtree(folder)
    print("\n".join(errors + [f"{len(scripts) - len(errors)} of {len(scripts)} files converted"]))
    if not is_there(options.suite):
        print(f"no test suite in {options.suite} (WASM_TESTSUITE_DIR names another): what is here "
              "is our own alone")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
