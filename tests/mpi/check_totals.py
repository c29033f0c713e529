#!/usr/bin/env python3
"""Count the functions of src/mpi/mpi_functions.def against those that MPI 5.0 has.

    check_totals.py FOLDER_OF_MPI_SOURCES FOLDER_OF_THE_GUEST'S_HEADERS

A function that was forgotten, in the table and in mpi.h alike, shows in no other test. Each number
below is that of the functions with a C binding, as the standard's index has them.
"""
import os
import re
import sys

# MPI 3.0 removed them (section 17.2 of MPI 5.0 tells what takes their place), old programs call them.
REMOVED = {"Address", "Errhandler_create", "Errhandler_get", "Errhandler_set", "Type_extent",
           "Type_hindexed", "Type_hvector", "Type_lb", "Type_struct", "Type_ub"}
TOTALS = {
    "functions of the standard": 430,  # those deprecated included, without what follows
    "with large counts": 161,          # names in _c
    "of the tools interface": 51,      # MPI_T_
    "from and to integers": 22,        # 11 kinds of handles, _toint and _fromint each
    "from and to Fortran": 28,         # the same 11 kinds, _c2f and _f2c each; 6 of statuses
    "removed": 10,
}


def group_of(name):
    if name in REMOVED:
        return "removed"
    if name.startswith("T_"):
        return "of the tools interface"
    if name.endswith(("_toint", "_fromint")):
        return "from and to integers"
    if re.search(r"_(c2f|f2c|c2f08|f082c|f2f08|f082f)$", name):
        return "from and to Fortran"
    return "with large counts" if name.endswith("_c") else "functions of the standard"


def main():
    sources, headers = sys.argv[1:]
    sys.path.insert(0, sources)
    from mpi_stubs import read_table
    names = [f.name for _, f in read_table(os.path.join(sources, "mpi_functions.def"))]
    problems = []
    for group, total in TOTALS.items():
        found = sum(group_of(name) == group for name in names)
        print(f"{group}: {found}")
        if found != total:
            problems.append(f"{group}: {found} in the table, {total} in MPI 5.0")
    with open(os.path.join(headers, "mpi_prototypes.h"), encoding="utf-8") as file:
        declared = re.findall(r"\bMPI_(\w+)\(", file.read())
    problems += [f"MPI_{name}: in the table, not in mpi_prototypes.h"
                 for name in sorted(set(names) - set(declared))]
    problems += [f"MPI_{name}: in mpi_prototypes.h, not in the table"
                 for name in sorted(set(declared) - set(names))]
    # Every large form has its small one, but those that only exist as such.
    problems += [f"MPI_{name}: the function without _c is missing" for name in names
                 if group_of(name) == "with large counts" and name[:-2] not in names]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
