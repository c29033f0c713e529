#!/usr/bin/env python3
"""Compare the guest's mpi.h with what the host knows: constants and signatures.

  check_mpi_header.py CLANG INCLUDE_DIRECTORY MPI_CONSTANTS_DEF SIGNATURES_OF_GUEST SIGNATURES_OF_HOST

The last two are files of lines such as "MPI_Send i:iiiiii".
"""
import re
import subprocess
import sys

NOT_CONSTANTS = {"MPI_H", "MPI_DECLARE", "MPI_IMPORT"}


def read_constants(path):
    """{name: C expression of its value} from mpi_constants.def."""
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"/\*.*?\*/|^#[^\n]*$", "", file.read(), flags=re.S | re.M)
    constants = {}
    for kind, arguments in re.findall(r"^(MPI_\w+)\(([^)]*)\)", text, flags=re.M):
        words = [word.strip() for word in arguments.split(",")]
        name, value = words[-2], words[-1]
        constants[name] = constants[value] if kind == "MPI_ALIAS" else value
    return constants


def read_header_names(path):
    with open(path, encoding="utf-8") as file:
        names = re.findall(r"^#define (MPI_\w+) ", file.read(), flags=re.M)
    return set(names) - NOT_CONSTANTS


def read_signatures(path):
    with open(path, encoding="utf-8") as file:
        return dict(line.split() for line in file if line.strip())


def main():
    clang, include, constants_path, guest_path, host_path = sys.argv[1:]
    problems = []
    constants = read_constants(constants_path)
    header = read_header_names(include + "/mpi.h")

    enumerators = subprocess.run(
        [clang, "--target=wasm32", "-ffreestanding", "-I", include, "-xc", "-fsyntax-only",
         "-Wno-gnu-folding-constant", "-Wno-pointer-to-int-cast", "-ferror-limit=0", "-"],
        input="#include <mpi.h>\n" + "".join(
            f'_Static_assert((long long)(intptr_t)({name}) == (long long)({value}), "{name}");\n'
            if name != "MPI_DISPLACEMENT_CURRENT" else
            f'_Static_assert({name} == {value}, "{name}");\n'
            for name, value in constants.items()),
        text=True, capture_output=True, check=False)
    if enumerators.returncode != 0:
        problems += re.findall(r"error: (.*)", enumerators.stderr) or [enumerators.stderr]
    problems += [f"{name}: in mpi.h, not in mpi_constants.def"
                 for name in sorted(header - set(constants))]

    guest, host = read_signatures(guest_path), read_signatures(host_path)
    for name, signature in sorted(host.items()):
        signature = signature.replace("u", "i")
        if name not in guest:
            problems.append(f"{name}: the host has it, mpi_prototypes.h has not")
        elif guest[name] != signature:
            problems.append(f"{name}: {guest[name]} in mpi_prototypes.h, {signature} in the host")

    for problem in problems:
        print(problem)
    print(f"{len(constants)} constants, {len(host)} of {len(guest)} functions compared, "
          f"{len(problems)} problems")
    return 1 if problems or len(constants) < 300 or not host else 0


if __name__ == "__main__":
    sys.exit(main())
