#!/usr/bin/env python3
"""Derive MPI's Fortran bindings from mpi_functions.def, the C prototypes and mpi_constants.def.

  mpi_fortran.py c ROOT        C functions pmpi_send_ and mpi_send_, which compiled Fortran calls
  mpi_fortran.py entries ROOT  "{"mpi_send_", 7, 0}," lines: arguments and CHARACTER lengths
  mpi_fortran.py mpif ROOT     mpif.h, valid in fixed and free form

ROOT is the repository. A Fortran handle is the guest's handle as an INTEGER, a status the guest's
status as eight of them, an address has as many bytes as the guest's; so all that is left is to
fetch what C passes by value, to translate MPI_IN_PLACE and its like, and to convert CHARACTERs.
What is not as regular stands in guest/fortran/mpi_by_hand.c. The table says which functions there
are; MPI_T_ has no Fortran binding. mpi_fortran_f08.py makes the module mpi_f08.
"""
import os
import re
import sys

HANDLES = ["Comm", "Group", "Win", "File", "Session", "Message", "Info", "Errhandler", "Request",
           "Op", "Datatype"]
LOGICALS = {"flag", "periods", "reorder", "commute", "remain_dims", "high", "atomicity", "weighted",
            "complete"}
KINDS = {"MPI_Aint": "MPI_ADDRESS_KIND", "MPI_Offset": "MPI_OFFSET_KIND",
         "MPI_Count": "MPI_COUNT_KIND"}


class Argument:
    """One parameter of a C prototype."""

    def __init__(self, text):
        self.is_function = "_function" in text
        self.is_array = "[" in text
        self.has_rows = "][" in text
        match = re.fullmatch(r"(const )?(\w+) ?(\**)(\w+)(\[.*\])?", text)
        if not match:
            sys.exit(f"not a parameter: {text}")
        self.is_const, self.type, stars, self.name, _ = match.groups()
        self.depth = len(stars) + self.is_array
        self.is_choice = self.type == "void"
        self.is_text = self.type == "char" and self.depth == 1
        self.is_input_text = self.is_text and self.is_const

    def parameter(self):
        if self.is_text:
            return f"char *{self.name}"
        if self.is_choice or self.is_function:
            return f"void *{self.name}"
        return f"{self.type} *{self.name}"

    def passed(self):
        """The expression that the C function gets."""
        if self.is_text:
            return f"{self.name}_text"
        if self.is_function:
            return f"({self.type} *){self.name}"
        if self.is_choice:
            return f"fortran_buffer({self.name})"
        if self.depth == 0:
            return f"*{self.name}"
        if self.has_rows:
            return f"(void *){self.name}"
        if self.type == "MPI_Status":
            return f"fortran_status({self.name})"
        if self.name.endswith("weights"):
            return f"fortran_weights({self.name})"
        return self.name


class Function:
    def __init__(self, name, result, parameters):
        self.name, self.result = name, result
        self.entry = name.lower() + "_"
        self.arguments = [Argument(p) for p in parameters if p != "..."]
        self.texts = [a for a in self.arguments if a.is_text]
        # C calls these functions of the program as Fortran's are called.
        takes_function = re.match(r"MPI_(Op_create|\w+_create_errhandler|Errhandler_create)", name)
        self.is_regular = all(a.depth < 2 for a in self.arguments) and "..." not in parameters and (
            takes_function or not any(a.is_function for a in self.arguments))
        self.gives_address = any(a.name == "baseptr" for a in self.arguments)

    def returns_value(self):
        return self.result != "int"

    def entry_rows(self):
        count = len(self.arguments) + (not self.returns_value())
        return [f'{{"{entry}", {count}, {len(self.texts)}}},'
                for entry in [self.entry] + [self.entry + "cptr_"] * self.gives_address]

    def c(self):
        parameters = [a.parameter() for a in self.arguments]
        passed = ", ".join(a.passed() for a in self.arguments)
        if self.returns_value():
            lines = [f"{self.result} p{self.entry}({', '.join(parameters) or 'void'}) {{",
                     f"    return {self.name}({passed});", "}"]
        else:
            parameters += ["int *ierror"] + [f"fortran_length {a.name}_length" for a in self.texts]
            lines = [f"void p{self.entry}({', '.join(parameters)}) {{"]
            for a in self.texts:
                size = f"{a.name}_length + 1" if a.is_input_text else "FORTRAN_TEXT_SIZE"
                lines += [f"    char {a.name}_text[{size}];"]
                if a.is_input_text:
                    lines += [f"    fortran_text_in({a.name}_text, {a.name}, {a.name}_length);"]
            lines += [f"    int code = {self.name}({passed});"]
            lines += [f"    if (code == MPI_SUCCESS) fortran_text_out({a.name}, {a.name}_length, "
                      f"{a.name}_text);" for a in self.texts if not a.is_input_text]
            lines += ["    if (ierror) *ierror = code;", "}"]
        return lines + [f"FORTRAN_NAMES({self.entry})"] + self.c_pointer() * self.gives_address

    def c_pointer(self):
        """The same by the name that mpi_f08 has for it with a type(c_ptr)."""
        return [f"FORTRAN_SAME({self.entry}cptr_, {self.entry})"]


def read_functions(root):
    sys.path[:0] = [os.path.join(root, "src", "mpi"), os.path.join(root, "guest")]
    from mpi_imports import parse
    from mpi_stubs import read_table
    table = read_table(os.path.join(root, "src", "mpi", "mpi_functions.def"))
    known = {f"MPI_{function.name}" for _, function in table}
    parsed = parse(os.path.join(root, "guest", "include", "mpi_prototypes.h"))
    return [Function(*prototype) for prototype in parsed if prototype[0] in known
            and not re.search(r"_f2c|_c2f|^MPI_T_|_f08|fromint|toint|^MPI_Abi", prototype[0])]


def read_by_hand(root):
    """entry name -> (number of arguments, of CHARACTER lengths), from the C definitions."""
    with open(os.path.join(root, "guest", "fortran", "mpi_by_hand.c"), encoding="utf-8") as file:
        text = file.read()
    found = {}
    for name, parameters in re.findall(r"^void p(mpi_\w+_)\(([^)]*)\)", text, flags=re.M):
        lengths = parameters.count("fortran_length")
        found[name] = (len(parameters.split(",")) - lengths, lengths)
    for name in re.findall(r"^CREATE_KEYVAL\((mpi_\w+_),", text, flags=re.M):
        found[name] = (5, 0)
    return found


def read_constants(root):
    """[(kind, name, value)] with kind "int" or a type of handles."""
    with open(os.path.join(root, "src", "mpi", "mpi_constants.def"), encoding="utf-8") as file:
        rows = re.findall(r"^MPI_(CONSTANT|ERROR_CLASS|KEYVAL|HANDLE|DATATYPE|ALIAS)\(([^)]*)\)",
                          file.read(), flags=re.M)
    constants, kinds, values = [], {}, {}
    for row, text in rows:
        words = [word.strip() for word in text.split(",")]
        if words[0].startswith("MPI_T_") or words[0].startswith("MPI_F_"):
            continue
        if row == "HANDLE":
            kind, name, value = words[0][4:], words[1], int(words[2], 0)
        elif row == "ALIAS":
            name, kind, value = words[0], kinds[words[1]], values[words[1]]
        else:
            kind = "Datatype" if row == "DATATYPE" else "int"
            name, value = words[0], int(words[1], 0)
            if name.startswith("MPI_MAX_"):
                value -= 1  # without C's final NUL
        kinds[name], values[name] = kind, value
        constants.append((kind, name, value))
    return constants


SENTINELS = ["MPI_BOTTOM", "MPI_IN_PLACE", "MPI_BUFFER_AUTOMATIC", "MPI_UNWEIGHTED",
             "MPI_WEIGHTS_EMPTY", "MPI_ERRCODES_IGNORE"]
FIXED = [("MPI_STATUS_SIZE", 8), ("MPI_SOURCE", 1), ("MPI_TAG", 2), ("MPI_ERROR", 3),
         ("MPI_ADDRESS_KIND", 4), ("MPI_OFFSET_KIND", 8), ("MPI_COUNT_KIND", 8),
         ("MPI_INTEGER_KIND", 4)]
CALLBACKS = [f"MPI_{kind}{name}" for kind in ("", "COMM_", "TYPE_", "WIN_")
             for name in ("NULL_COPY_FN", "NULL_DELETE_FN", "DUP_FN")]


def mpif(root):
    out = ["! mpif.h - MPI's constants for Fortran, in fixed and in free form.",
           "! Generated by mpi_fortran.py from mpi_constants.def."]
    for name, value in FIXED + [(n, v) for _, n, v in read_constants(root)]:
        out += [f"      INTEGER {name}", f"      PARAMETER ({name}={value})"]
    for name in ("MPI_SUBARRAYS_SUPPORTED", "MPI_ASYNC_PROTECTS_NONBLOCKING"):
        out += [f"      LOGICAL {name}", f"      PARAMETER ({name}=.FALSE.)"]
    out += [f"      INTEGER {name}" for name in SENTINELS]
    out += ["      INTEGER MPI_STATUS_IGNORE(8)", "      INTEGER MPI_STATUSES_IGNORE(8,1)",
            "      CHARACTER*1 MPI_ARGV_NULL(1)", "      CHARACTER*1 MPI_ARGVS_NULL(1,1)"]
    out += [f"      COMMON /MPIWASM_SENTINELS/ {name}" for name in
            SENTINELS + ["MPI_STATUS_IGNORE", "MPI_STATUSES_IGNORE"]]
    out += ["      COMMON /MPIWASM_ARGVS/ MPI_ARGV_NULL",
            "      COMMON /MPIWASM_ARGVS/ MPI_ARGVS_NULL"]
    out += [f"      EXTERNAL {name}" for name in CALLBACKS]
    for name, kind in (("WTIME", "DOUBLE PRECISION"), ("WTICK", "DOUBLE PRECISION"),
                       ("AINT_ADD", "INTEGER(KIND=4)"), ("AINT_DIFF", "INTEGER(KIND=4)")):
        for prefix in ("MPI_", "PMPI_"):
            out += [f"      EXTERNAL {prefix}{name}", f"      {kind} {prefix}{name}"]
    return out


def c(root):
    by_hand = read_by_hand(root)
    out = ["/* mpi_fortran.c - generated by mpi_fortran.py */", '#include "mpi_fortran.h"']
    for f in read_functions(root):
        if f.entry not in by_hand and f.is_regular:
            out += [""] + f.c()
    return out


def entries(root):
    by_hand = read_by_hand(root)
    rows = [f'{{"{name}", {count}, {lengths}}},' for name, (count, lengths) in by_hand.items()]
    for f in read_functions(root):
        if f.entry not in by_hand and f.is_regular:
            rows += f.entry_rows()
    return rows


def main():
    modes = {"c": c, "entries": entries, "mpif": mpif}
    if len(sys.argv) != 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    print("\n".join(modes[sys.argv[1]](sys.argv[2])))


if __name__ == "__main__":
    main()
