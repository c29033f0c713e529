#!/usr/bin/env python3
"""Sums up results of ctest: one line `N passed, N failed, N skipped`.

usage: summary.py RESULTS.xml...

The exit code is 1 if a test failed, a file is missing, or nothing passed. Names of failed tests
go to standard error.
"""
import sys
import xml.etree.ElementTree as xml


def main(paths):
    passed = failed = skipped = 0
    for path in paths:
        try:
            cases = xml.parse(path).getroot().iter("testcase")
        except (OSError, xml.ParseError) as problem:
            print(f"no results: {problem}", file=sys.stderr)
            failed += 1
            continue
        for case in cases:
            status = case.get("status")
            if status == "run":
                passed += 1
            elif status in ("notrun", "disabled"):
                skipped += 1
            else:
                failed += 1
                print(f"failed: {case.get('name')} ({path})", file=sys.stderr)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
