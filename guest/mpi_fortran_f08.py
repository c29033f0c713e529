#!/usr/bin/env python3
"""Make the module mpi_f08 of what mpi_fortran.py reads.

  mpi_fortran_f08.py ROOT      the module, to the standard output

ROOT is the repository. All procedures are external ones with the names that mpif.h's have; those
with large counts (MPI_Send_c) are chosen by the kinds of the arguments, too, under the name without
_c, and so are those that give an address as type(c_ptr).
"""
import sys

from mpi_fortran import (CALLBACKS, FIXED, HANDLES, KINDS, LOGICALS, SENTINELS, read_by_hand,
                         read_constants, read_functions)

# What no prototype of C's tells.
BY_HAND = """\
subroutine MPI_Init(ierror)
integer, optional, intent(out) :: ierror
end subroutine
subroutine MPI_Init_thread(required, provided, ierror)
integer, intent(in) :: required
integer, intent(out) :: provided
integer, optional, intent(out) :: ierror
end subroutine
subroutine MPI_Comm_spawn(command, argv, maxprocs, info, root, comm, intercomm, &
array_of_errcodes, ierror)
import
character(len=*), intent(in) :: command, argv(*)
integer, intent(in) :: maxprocs, root
type(MPI_Info), intent(in) :: info
type(MPI_Comm), intent(in) :: comm
type(MPI_Comm), intent(out) :: intercomm
integer :: array_of_errcodes(*)
integer, optional, intent(out) :: ierror
end subroutine
subroutine MPI_Comm_spawn_multiple(count, array_of_commands, array_of_argv, array_of_maxprocs, &
array_of_info, root, comm, intercomm, array_of_errcodes, ierror)
import
integer, intent(in) :: count, array_of_maxprocs(*), root
character(len=*), intent(in) :: array_of_commands(*), array_of_argv(count, *)
type(MPI_Info), intent(in) :: array_of_info(*)
type(MPI_Comm), intent(in) :: comm
type(MPI_Comm), intent(out) :: intercomm
integer :: array_of_errcodes(*)
integer, optional, intent(out) :: ierror
end subroutine""".splitlines()


# Types of the program's functions: {name: [lines of declarations, first the arguments]}.
FUNCTIONS = {
    "MPI_User_function": ["invec, inoutvec, len, datatype", "type(c_ptr), value :: invec, inoutvec",
                          "integer :: len", "type(MPI_Datatype) :: datatype"],
    "MPI_Grequest_query_function": ["extra_state, status, ierror", "type(MPI_Status) :: status"],
    "MPI_Grequest_free_function": ["extra_state, ierror"],
    "MPI_Grequest_cancel_function": ["extra_state, complete, ierror", "logical :: complete"],
}
for kind in ("Comm", "Type", "Win"):
    handle = f"type(MPI_{'Datatype' if kind == 'Type' else kind}) :: handle"
    FUNCTIONS[f"MPI_{kind}_copy_attr_function"] = [
        "handle, keyval, extra_state, attribute_val_in, attribute_val_out, flag, ierror", handle,
        "integer :: keyval", "integer(MPI_ADDRESS_KIND) :: attribute_val_in, attribute_val_out",
        "logical :: flag"]
    FUNCTIONS[f"MPI_{kind}_delete_attr_function"] = [
        "handle, keyval, attribute_val, extra_state, ierror", handle, "integer :: keyval",
        "integer(MPI_ADDRESS_KIND) :: attribute_val"]
for kind in ("Comm", "File", "Session", "Win"):
    FUNCTIONS[f"MPI_{kind}_errhandler_function"] = [
        "handle, error_code", f"type(MPI_{kind}) :: handle", "integer :: error_code"]


def function_types():
    lines = ["abstract interface"]
    for name, (arguments, *declarations) in FUNCTIONS.items():
        lines += [f"subroutine {name}({arguments})", "import", *declarations]
        if "extra_state" in arguments:
            lines += ["integer(MPI_ADDRESS_KIND) :: extra_state"]
        if "ierror" in arguments:
            lines += ["integer :: ierror"]
        lines += ["end subroutine"]
    return lines + ["end interface"]


def wrap(names):
    """A list of arguments in lines of three."""
    groups = [", ".join(names[i:i + 3]) for i in range(0, len(names), 3)]
    return [g + ", &" for g in groups[:-1]] + [groups[-1] + " &"]


def declaration(a, address):
    if a.is_function:
        return [f"external :: {a.name}"]
    if a.name == "baseptr":
        return [f"{address}, intent(out) :: {a.name}"]
    if a.name in ("extra_state", "attribute_val"):
        return [f"integer(MPI_ADDRESS_KIND) :: {a.name}"]
    if a.is_choice:
        return [f"type(*), dimension(*) :: {a.name}", f"!dir$ ignore_tkr(tkrc) {a.name}"]
    if a.is_text:
        return [f"character(len=*), intent({'in' if a.is_const else 'inout'}) :: {a.name}"]
    if a.type == "MPI_Status" or a.type[4:] in HANDLES:
        kind = f"type({a.type})"
    elif a.name in LOGICALS:
        kind = "logical"
    else:
        kind = f"integer({KINDS[a.type]})" if a.type in KINDS else "integer"
    intent = ", intent(in)" if a.depth == 0 or (a.is_const and a.type != "MPI_Status") else ""
    return [f"{kind}{intent} :: {a.name}{'(*)' if a.is_array else ''}"]


def interface(f, address="type(c_ptr)", name=None):
    """The interface of one function; `address` is the type of what memory's address is given in."""
    name = name or f.name
    names = [a.name for a in f.arguments]
    if f.returns_value():
        kind = ("double precision" if f.result == "double"
                else f"integer({KINDS[f.result]})")
        lines = [f"function {name}({', '.join(names)}) result(value)"]
        last = f"{kind} :: value"
    else:
        lines = [f"subroutine {name}(&", *wrap(names + ["ierror"]), ")"]
        last = "integer, optional, intent(out) :: ierror"
    lines += ["import"]
    lines += [line for a in f.arguments for line in declaration(a, address)] + [last]
    return lines + ["end " + lines[0].split()[0]]


def with_interface(root):
    by_hand = read_by_hand(root)
    return [f for f in read_functions(root)
            if (f.is_regular and f.entry not in by_hand) or
            by_hand.get(f.entry) == (len(f.arguments) + 1, len(f.texts))
            and all(a.depth < 2 for a in f.arguments)]


def differs(f, other):
    """Whether the kinds of arguments tell the two apart: addresses are default INTEGERs."""
    return any("MPI_Count" in (a.type, b.type) and a.type != b.type
               for a, b in zip(f.arguments, other.arguments))


def f08(root):
    out = ["! mpi_f08.f90 - MPI's module of Fortran 2008.  Generated by mpi_fortran.py.",
           "module mpi_f08", "use, intrinsic :: iso_c_binding, only: c_ptr", "implicit none",
           "private :: c_ptr"]
    for name in HANDLES:
        out += [f"type, bind(c) :: MPI_{name}", "integer :: MPI_VAL", f"end type MPI_{name}"]
    out += ["type, bind(c) :: MPI_Status", "integer :: MPI_SOURCE, MPI_TAG, MPI_ERROR",
            "integer :: MPI_internal(5)", "end type MPI_Status"]
    for name, value in FIXED:
        if name not in ("MPI_SOURCE", "MPI_TAG", "MPI_ERROR"):
            out += [f"integer, parameter :: {name} = {value}"]
    for kind, name, value in read_constants(root):
        out += [f"integer, parameter :: {name} = {value}" if kind == "int" else
                f"type(MPI_{kind}), parameter :: {name} = MPI_{kind}({value})"]
    out += ["logical, parameter :: MPI_SUBARRAYS_SUPPORTED = .false.",
            "logical, parameter :: MPI_ASYNC_PROTECTS_NONBLOCKING = .false."]
    out += [f"integer :: {name}" for name in SENTINELS]
    out += ["type(MPI_Status) :: MPI_STATUS_IGNORE, MPI_STATUSES_IGNORE(1)"]
    out += [f"common /mpiwasm_sentinels/ {name}" for name in
            SENTINELS + ["MPI_STATUS_IGNORE", "MPI_STATUSES_IGNORE"]]
    out += [f"external :: {name}" for name in CALLBACKS]
    for operator, name in (("==", "eq"), ("/=", "ne")):
        out += [f"interface operator({operator})"]
        out += [f"module procedure {name}_{h}" for h in HANDLES] + ["end interface"]
    out += function_types()
    out += ["interface", *BY_HAND]
    functions = {f.name: f for f in with_interface(root)}
    for f in functions.values():
        if not f.gives_address:
            out += interface(f)
        else:
            address = "integer(MPI_ADDRESS_KIND)"
            out += interface(f, name=f.name + "_cptr") + interface(f, address)
    out += ["end interface"]
    for f in functions.values():
        names = [f.name + "_cptr"] * f.gives_address
        if f.name + "_c" in functions and differs(f, functions[f.name + "_c"]):
            names += [f.name + "_c"] + [f.name + "_c_cptr"] * f.gives_address
        if names:
            out += [f"interface {f.name}", *(f"procedure {name}" for name in [f.name] + names),
                    "end interface"]
    out += ["contains"]
    for h in HANDLES:
        for operator, name in (("==", "eq"), ("/=", "ne")):
            out += [f"elemental logical function {name}_{h}(a, b) result(is)",
                    f"type(MPI_{h}), intent(in) :: a, b", f"is = a%MPI_VAL {operator} b%MPI_VAL",
                    "end function"]
    return out + ["end module mpi_f08"]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print("\n".join(f08(sys.argv[1])))
