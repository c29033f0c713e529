#!/usr/bin/env python3
"""Turn mpi_functions.def into C.

    mpi_stubs.py header TABLE    prototypes of all host functions
    mpi_stubs.py stubs TABLE     the generated host functions and the table of all exports
    mpi_stubs.py names TABLE     names, signatures and kinds without mpi.h: for the loader and tests
    mpi_stubs.py list TABLE      "MPI_Send i:iiiiii" lines: what the guest's mpi.h is checked against

The C goes to standard output. Every generated function has the shape that mpi_layer.h shows:
check and translate every argument, call MPI, write results back.
"""
import re
import sys

# Letter of the wasm type -> C type of the host function's parameter.
C_TYPES = {"i": "int32_t", "u": "uint32_t", "I": "int64_t", "F": "double"}


class Kind:
    """How an argument is handled. In the texts, {x} is the argument's name and {0}, {1} the words
    behind it. `order` sorts the checks: the communicator comes first, so that what fails later goes
    to its error handler, buffers come last, as they need their count and datatype."""

    def __init__(self, letter, order=0, declare="", check="", pass_="{x}", after="", own_end=""):
        self.letter = letter
        self.order = order
        self.declare = declare
        self.check = check
        self.pass_ = pass_
        self.after = after      # a statement after a successful call
        self.own_end = own_end  # replaces mpilayer_call_return


def looked_up(struct, function, order=1):
    return Kind("u", order, "struct %s *{x}_object;" % struct,
                '%s(&call, "{x}", {x}, &{x}_object)' % function, "{x}_object->host")


def number(check, order=2):
    return Kind("i", order, "int {x}_host;", '%s' % check, "{x}_host")


KINDS = {
    "COMM": looked_up("mpilayer_comm", "mpilayer_comm_get", 0),
    "GROUP": looked_up("mpilayer_group", "mpilayer_group_get"),
    "DATATYPE": looked_up("mpilayer_datatype", "mpilayer_datatype_get"),
    "ANYTYPE": looked_up("mpilayer_datatype", "mpilayer_datatype_get_any"),
    "OP": looked_up("mpilayer_op", "mpilayer_op_get"),
    "COUNT": Kind("i", 2, check='mpilayer_count_check(&call, "{x}", {x})'),
    "INT": Kind("i"),
    "DEST": number('mpilayer_dest_get(&call, "{x}", {x}, {0}_object, &{x}_host)'),
    "SOURCE": number('mpilayer_source_get(&call, "{x}", {x}, {0}_object, &{x}_host)'),
    "SENDTAG": number('mpilayer_sendtag_get(&call, "{x}", {x}, &{x}_host)'),
    "RECVTAG": number('mpilayer_recvtag_get(&call, "{x}", {x}, &{x}_host)'),
    # words: the count and the datatype
    "BUFFER": Kind("u", 3, "void *{x}_host;",
                   'mpilayer_buffer_get(&call, "{x}", {x}, {0}, &{1}_object, &{x}_host)',
                   "{x}_host"),
    "STATUS": Kind("u", 4, "MPI_Status {x}_host;", 'mpilayer_status_check(&call, "{x}", {x})',
                   "mpilayer_status_host({x}, &{x}_host)",
                   "mpilayer_status_store(layer, {x}, &{x}_host, false);"),
    # word: the flag that tells whether there is a status
    "STATUS_IF": Kind("u", 4, "MPI_Status {x}_host;", 'mpilayer_status_check(&call, "{x}", {x})',
                      "mpilayer_status_host({x}, &{x}_host)",
                      "if ({0}_host) {{\n            "
                      "mpilayer_status_store(layer, {x}, &{x}_host, false);\n        }}"),
    "OUT_INT": Kind("u", 4, "int {x}_host = 0;", 'mpilayer_memory_check(&call, "{x}", {x}, 4)',
                    "&{x}_host", "mpilayer_store_i32(layer, {x}, {x}_host);"),
    # ranks and positions that may be MPI_UNDEFINED
    "OUT_RANK": Kind("u", 4, "int {x}_host = 0;", 'mpilayer_memory_check(&call, "{x}", {x}, 4)',
                     "&{x}_host",
                     "mpilayer_store_i32(layer, {x}, mpilayer_undefined_to_guest({x}_host));"),
    "OUT_COMPARISON": Kind("u", 4, "int {x}_host = 0;",
                           'mpilayer_memory_check(&call, "{x}", {x}, 4)', "&{x}_host",
                           "mpilayer_store_i32(layer, {x}, mpilayer_comparison_to_guest({x}_host));"),
    "NEW_REQUEST": Kind("u", 5, "struct mpilayer_request *{x}_object;",
                        'mpilayer_request_reserve(&call, "{x}", {x}, &{x}_object)',
                        "&{x}_object->host",
                        own_end="mpilayer_request_started(&call, code, {x}_object, {x})"),
    "PERSISTENT": Kind("u", 5, "struct mpilayer_request *{x}_object;",
                       'mpilayer_request_reserve(&call, "{x}", {x}, &{x}_object)',
                       "&{x}_object->host",
                       own_end="mpilayer_request_made(&call, code, {x}_object, {x})"),
    # word: the parent
    "NEW_COMM": Kind("u", 5, "struct mpilayer_comm *{x}_object;",
                     'mpilayer_comm_reserve(&call, "{x}", {x}, &{x}_object)',
                     "&{x}_object->host",
                     own_end="mpilayer_comm_publish(&call, code, {x}_object, {0}_object, {x})"),
    "NEW_GROUP": Kind("u", 5, "struct mpilayer_group *{x}_object;",
                      'mpilayer_group_reserve(&call, "{x}", {x}, &{x}_object)',
                      "&{x}_object->host",
                      own_end="mpilayer_group_publish(&call, code, {x}_object, {x})"),
    # One-sided communication. The window comes first, as communicators do.
    "WIN": looked_up("mpilayer_win", "mpilayer_win_get", 0),
    "WIN_GROUP": Kind("u", 2, "struct mpilayer_group *{x}_object;",
                      'mpilayer_win_group_get(&call, "{x}", {x}, win_object, &{x}_object)',
                      "{x}_object->host"),
    "ASSERT": number('mpilayer_assert_get(&call, "{x}", {x}, &{x}_host)'),
    "LOCK_TYPE": number('mpilayer_lock_type_get(&call, "{x}", {x}, &{x}_host)'),
    "TARGET": number('mpilayer_dest_get(&call, "{x}", {x}, call.comm, &{x}_host)'),
    # words: rank, count and datatype at the target
    "TARGET_DISP": Kind("i", 3, "MPI_Aint {x}_host;",
                        'mpilayer_target_get(&call, "{x}", {x}, win_object, {0}, {1}, {2}_object, '
                        '&{x}_host)', "{x}_host"),
    # The count at the target; words: count and datatype of where data come from and go to.
    "FITS": Kind("i", 4, check='mpilayer_count_check(&call, "{x}", {x}) && '
                 'mpilayer_transfer_check(&call, {0}, {1}_object, &{2}, {3}_object)'),
    # words: the count and datatype of the origin, the datatype of the target
    "ACCUMULATE_OP": Kind("u", 4, "MPI_Op {x}_host;",
                          'mpilayer_accumulate_get(&call, "{x}", {x}, win_object, {0}, {1}_object, '
                          '{2}_object, &{x}_host)', "{x}_host"),
    "SWAP_TYPE": Kind("u", 1, "struct mpilayer_datatype *{x}_object;",
                      'mpilayer_swap_type_get(&call, "{x}", {x}, &{x}_object)', "{x}_object->host"),
    # Arguments of collectives, in rows "prepared by": mpilayer_prepare_<name> checks all of them
    # and leaves them in a struct mpilayer_collective. S: the send side, R: the receive side.
    **{side[0].upper() + "_" + kind: Kind(letter, pass_="c.%s.%s" % (side, field))
       for side in ("send", "recv")
       for kind, letter, field in (("BUFFER", "u", "buffer"), ("COUNT", "i", "count"),
                                   ("TYPE", "u", "type"), ("COUNTS", "u", "counts"),
                                   ("DISPLS", "u", "displacements"), ("TYPES", "u", "types"),
                                   ("AINTS", "u", "addresses"))},
    "C_ROOT": Kind("i", pass_="c.root"), "C_OP": Kind("u", pass_="c.op"),
    # an info object that is checked, but not passed on
    "INFO": Kind("u", 1, "struct mpilayer_info *{x}_object;",
                 'mpilayer_info_get_optional(&call, "{x}", {x}, &{x}_object)', "MPI_INFO_NULL"),
    # For functions written by hand: only the type matters here. ANY is a pointer nobody follows.
    "ANY": Kind("u"), "OUT": Kind("u"), "IN": Kind("u"), "INTS": Kind("u"), "STRING": Kind("u"),
    "OUT_STRING": Kind("u"), "FUNCTION": Kind("u"), "VALUE": Kind("u"), "ADDRESS": Kind("u"),
    "ERRHANDLER": Kind("u"), "KEYVAL": Kind("i"), "REQUEST": Kind("u"),
    "INOUT_REQUEST": Kind("u"), "REQUESTS": Kind("u"), "STATUSES": Kind("u"),
    "INOUT_MESSAGE": Kind("u"), "MESSAGE": Kind("u"), "INOUT": Kind("u"), "NEW": Kind("u"), "RANK": Kind("i"),
    "AINT": Kind("i"), "COUNT64": Kind("I"), "ROOT": Kind("i"), "DATATYPES": Kind("u"),
    "AINTS": Kind("u"), "IN_STATUS": Kind("u"), "OUT_STATUS": Kind("u"), "BUFFER_IN_PLACE": Kind("u"),
}

ROW = re.compile(r"(\w+)\((.*)\)(?: -> (\w+))?(?: (by hand|unchanged|prepared by \w+))?"
                 r"( also nonblocking and persistent)?(?: since ([\d.]+))?(?: alone (\w+))?$")
RESULTS = {None: ("int32_t", "i"), "double": ("double", "F"), "int32": ("int32_t", "i"),
           "void": ("void", "")}


class Argument:
    def __init__(self, text, where):
        words = text.split()
        if len(words) < 2 or words[0] not in KINDS:
            sys.exit("%s: no such kind: %s" % (where, text))
        self.kind_name, self.name, self.words = words[0], words[1], words[2:]
        self.kind = KINDS[words[0]]

    def fill(self, text):
        return text.format(*self.words, x=self.name)


class Function:
    def __init__(self, match, where, form="blocking"):
        self.name, arguments, result, how, _, self.since, self.alone = match.groups()
        self.persistent = form == "persistent"
        if form == "nonblocking":
            self.name = "I" + self.name[0].lower() + self.name[1:]
            arguments += ", NEW_REQUEST request"
        elif self.persistent:
            self.name += "_init"
            arguments += ", INFO info, PERSISTENT request"
        self.by_hand = how == "by hand"
        self.unchanged = how == "unchanged"
        self.prepared_by = how.split()[-1] if how and how.startswith("prepared") else None
        self.result, self.result_letter = RESULTS[result]
        self.arguments = [Argument(a, where) for a in arguments.split(",") if a.strip()]

    def signature(self):
        return self.result_letter + ":" + "".join(
            a.kind.letter.replace("u", "i") for a in self.arguments)

    def prototype(self):
        parameters = ["struct mpilayer *layer"] + [
            "%s %s" % (C_TYPES[a.kind.letter], a.name) for a in self.arguments]
        return "%s mpilayer_%s(%s)" % (self.result, self.name, ", ".join(parameters))

    def guarded(self, lines):
        if self.persistent:
            return ["#ifdef MPILAYER_PERSISTENT"] + lines + ["#endif"]
        if self.since is None:
            return lines
        major, minor = self.since.split(".")
        return ["#if MPI_VERSION > %s || (MPI_VERSION == %s && MPI_SUBVERSION >= %s)" % (
            major, major, minor)] + lines + ["#endif"]

    def body(self):
        """The C of the generated function."""
        arguments = self.arguments
        if self.unchanged:
            return ["%s {" % self.prototype(), "    return (int32_t)%s;" % arguments[0].name,
                    "}"]
        checks = [a.fill(a.kind.check) for a in sorted(arguments, key=lambda a: a.kind.order)
                  if a.kind.check]
        lines = ["%s {" % self.prototype(), "    struct mpilayer_call call;"]
        if self.prepared_by:
            pending = any(a.kind_name in ("NEW_REQUEST", "PERSISTENT") for a in arguments)
            lines += ["    struct mpilayer_collective c = {.pending = %s};" % (
                "true" if pending else "false")]
            checks.insert(1, "mpilayer_prepare_%s(&call, &c, %s)" % (self.prepared_by, ", ".join(
                a.name for a in arguments if a.kind.pass_.startswith("c."))))
        lines += ["    " + a.fill(a.kind.declare) for a in arguments if a.kind.declare]
        lines += ["    if (!mpilayer_call_begin(&call, layer, \"MPI_%s\")" % self.name]
        lines += ["        || !(%s)" % check for check in checks]
        lines[-1] += ") {"
        lines += ["        return mpilayer_call_raise(&call);", "    }"]
        host_name = "MPILAYER_PERSISTENT(%s)" if self.persistent else "MPI_%s"
        passed = [(a, a.fill(a.kind.pass_)) for a in arguments]
        host_call = "%s(%s)" % (host_name % self.name, ", ".join(text for _, text in passed))
        if self.alone == "nothing":
            host_call = "win_object->alone ? MPI_SUCCESS : " + host_call
        elif self.alone:
            host_call = "win_object->alone ? mpilayer_alone_%s(%s) : %s" % (self.name, ", ".join(
                ["win_object"] + [text for a, text in passed if a.kind_name != "WIN"]), host_call)
        lines += ["    int code = %s;" % host_call]
        after = [a for a in arguments if a.kind.after]
        if after:
            lines += ["    if (code == MPI_SUCCESS) {"]
            lines += ["        " + a.fill(a.kind.after) for a in after]
            lines += ["    }"]
        ends = [a.fill(a.kind.own_end) for a in arguments if a.kind.own_end]
        lines += ["    return %s;" % (ends[0] if ends else "mpilayer_call_return(&call, code)"), "}"]
        return lines


def read_table(path):
    """-> list of (section, Function), list of names that come later"""
    functions, later, section = [], [], ""
    with open(path) as table:
        for number, line in enumerate(table, 1):
            line = line.split("#")[0].strip()
            where = "%s:%d" % (path, number)
            match = ROW.match(line)
            if not line:
                continue
            if line.startswith("section "):
                section = line[8:]
            elif line.startswith("later "):
                later += line.split()[1:]
            elif line.startswith("legacy "):
                pass  # mpi_legacy.py reads those
            elif match:
                functions.append((section, Function(match, where)))
                if match.group(5):
                    functions += [(section, Function(match, where, form))
                                  for form in ("nonblocking", "persistent")]
            else:
                sys.exit("%s: cannot read: %s" % (where, line))
    names = [f.name for _, f in functions] + later
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        sys.exit("%s: listed twice: %s" % (path, " ".join(twice)))
    return functions, later


NOTICE = "/* Made from mpi_functions.def by mpi_stubs.py: change those. */"


def header(functions, later):
    out = [NOTICE, '#include "mpi/mpi_layer.h"']
    out += [f.prototype() + ";" for _, f in functions]
    return out


def stubs(functions, later):
    out = [NOTICE, '#include "mpi_functions.h"', '#include "mpi/mpi_memory.h"',
           '#include "mpi/mpi_collective.h"', '#include "mpi/mpi_status.h"',
           '#include "mpi/mpi_plugin.h"', '#include "mpi/mpi_window.h"']
    last = None
    for section, f in functions:
        if not f.by_hand:
            if section != last:
                out += ["", "/* ---- %s ---- */" % section]
                last = section
            out += [""] + f.guarded(f.body())
    # Both names: the guest's library may take MPI_X or PMPI_X as its import.
    out += ["", "const struct host_function mpilayer_exports[] = {"]
    for _, f in functions:
        rows = ['    {"mpi_abi_1", "%sMPI_%s", "%s", HOST_CODE(mpilayer_%s)},' % (
            p, f.name, f.signature(), f.name) for p in ("", "P")]
        out += f.guarded(rows)
    out += ["};", "const size_t mpilayer_export_count =",
            "    sizeof mpilayer_exports / sizeof mpilayer_exports[0];"]
    return out


def names(functions, later):
    out = [NOTICE, '#include "mpi/mpi_names.h"', "",
           "const struct mpi_known_function mpi_known_functions[] = {"]
    for section, f in functions:
        out += ['    {"MPI_%s", "%s", "%s", "%s"},' % (
            f.name, f.signature(), " ".join(a.kind_name for a in f.arguments), section)]
    out += ['    {"MPI_%s", NULL, NULL, NULL},' % name for name in later]
    out += ["};", "const size_t mpi_known_function_count =",
            "    sizeof mpi_known_functions / sizeof mpi_known_functions[0];"]
    return out


def listing(functions, later):
    return ["MPI_%s %s" % (f.name, f.signature()) for _, f in functions]


def main():
    modes = {"header": header, "stubs": stubs, "names": names, "list": listing}
    if len(sys.argv) != 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    print("\n".join(modes[sys.argv[1]](*read_table(sys.argv[2]))))


if __name__ == "__main__":
    main()
