#!/usr/bin/env python3
"""Make the host functions of the import module "env" from the "legacy" rows of mpi_functions.def.

    mpi_legacy.py TABLE

What the first MPIWasm's header calls MPI_Send has handles of another shape (mpi_legacy.h): each
function translates its arguments by their kinds and calls the one of the standard ABI.
"""
import sys

from mpi_stubs import C_TYPES, NOTICE, read_table

# Kind -> how the value of the argument becomes one of the standard ABI.
VALUES = {
    "COMM": "mpilayer_legacy_comm({x})", "DATATYPE": "mpilayer_legacy_datatype({x})",
    "ANYTYPE": "mpilayer_legacy_datatype({x})", "S_TYPE": "mpilayer_legacy_datatype({x})",
    "R_TYPE": "mpilayer_legacy_datatype({x})", "C_OP": "mpilayer_legacy_op({x})",
    "INFO": "mpilayer_legacy_info({x})", "RECVTAG": "mpilayer_legacy_tag({x})",
}
# (kind, argument) -> how what it points to is translated before and after the call.
BEFORE = {("INOUT", "comm"): "mpilayer_legacy_comm", ("INOUT", "datatype"): "mpilayer_legacy_datatype"}
AFTER = {("INOUT", "comm"): "mpilayer_legacy_comm_back", ("NEW", "newcomm"): "mpilayer_legacy_comm_back",
         ("NEW_COMM", "newcomm"): "mpilayer_legacy_comm_back",
         ("INOUT", "datatype"): "mpilayer_legacy_datatype_back",
         ("OUT_COMPARISON", "result"): "mpilayer_legacy_comparison_back"}
# Kinds that mean the same in both.
SAME = set("INT S_BUFFER S_COUNT S_COUNTS S_DISPLS R_BUFFER R_COUNT R_COUNTS R_DISPLS C_ROOT BUFFER "
           "COUNT DEST SOURCE SENDTAG NEW_REQUEST NEW_GROUP GROUP OUT AINT VALUE INTS FUNCTION".split())


def read_names(path):
    """-> names of generated functions, names of those written by hand"""
    generated, by_hand = [], []
    with open(path, encoding="utf-8") as table:
        for line in table:
            words = line.split()
            if words[:3] == ["legacy", "by", "hand"]:
                by_hand += words[3:]
            elif words[:1] == ["legacy"]:
                generated += words[1:]
    return generated, by_hand


def body(function):
    passed, before, after = [], [], []
    for argument in function.arguments:
        kind, name = argument.kind_name, argument.name
        if kind not in VALUES and kind not in SAME and (kind, name) not in {**BEFORE, **AFTER} and \
                name not in ("group", "newgroup"):
            sys.exit("MPI_%s: no legacy form of %s %s" % (function.name, kind, name))
        passed.append(VALUES.get(kind, "{x}").format(x=name))
        for table, statements in ((BEFORE, before), (AFTER, after)):
            if (kind, name) in table:
                statements.append("    mpilayer_legacy_translate(layer, %s, %s);" % (
                    name, table[kind, name]))
    call = "mpilayer_%s(%s)" % (function.name, ", ".join(["layer"] + passed))
    lines = ["", "static %s legacy_%s(%s) {" % (function.result, function.name, ", ".join(
        ["struct mpilayer *layer"] + ["%s %s" % (C_TYPES[a.kind.letter], a.name)
                                      for a in function.arguments]))] + before
    if after:
        lines += ["    %s code = %s;" % (function.result, call),
                  "    if (code != GUEST_MPI_SUCCESS) return code;"] + after + [
                  "    return code;"]
    else:
        lines += ["    return %s;" % call]
    return lines + ["}"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    functions = {f.name: f for _, f in read_table(sys.argv[1])}
    generated, by_hand = read_names(sys.argv[1])
    out = [NOTICE, '#include "mpi/mpi_legacy.h"', '#include "mpi_functions.h"']
    for name in generated:
        out += body(functions[name])
    out += ["", "const struct host_function mpilayer_legacy_exports[] = {"]
    for prefix, names in (("legacy_", generated), ("mpilayer_legacy_", by_hand)):
        out += ['    {"env", "MPI_%s", "%s", HOST_CODE(%s%s)},' % (
            name, functions[name].signature(), prefix, name) for name in names]
    out += ['    {"env", "gethostname", "i:ii", HOST_CODE(mpilayer_legacy_gethostname)},',
            '    {"env", "__cxa_allocate_exception", "i:i", '
            'HOST_CODE(mpilayer_legacy_allocate_exception)},',
            '    {"env", "__cxa_throw", ":iii", HOST_CODE(mpilayer_legacy_throw)},',
            "};", "const size_t mpilayer_legacy_export_count =",
            "    sizeof mpilayer_legacy_exports / sizeof mpilayer_legacy_exports[0];"]
    print("\n".join(out))


if __name__ == "__main__":
    main()
