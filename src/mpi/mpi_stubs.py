#!/usr/bin/env python3
"""Turn mpi_functions.def into C.

    mpi_stubs.py header TABLE    prototypes of all host functions
    mpi_stubs.py stubs TABLE     the generated host functions and the table of all exports
    mpi_stubs.py threads TABLE   the same for guests with threads: see mpi_threads.h
    mpi_stubs.py calls TABLE     how the layer calls the host's functions: see mpi_lock.h
    mpi_stubs.py names TABLE     names, signatures and kinds without mpi.h: for the loader and tests
    mpi_stubs.py list TABLE      "MPI_Send i:iiiiii" lines: what the guest's mpi.h is checked against

The C goes to standard output. Every generated function has the shape that mpi_layer.h shows:
check and translate every argument, call MPI, write results back.
"""
import re
import sys

from mpi_kinds import C_TYPES, FILE_COUNT, KINDS, LARGE_KINDS, LARGE_NAMES

ROW = re.compile(r"(\w+)\((.*)\)(?: -> (\w+))?(?: (by hand|unchanged|prepared by \w+))?"
                 r"( also nonblocking and persistent)?( also large)?(?: since ([\d.]+))?"
                 r"(?: alone (\w+))?(?: (buffered|bounded))?$")
RESULTS = {None: ("int32_t", "i"), "double": ("double", "F"), "int32": ("int32_t", "i"),
           "void": ("void", "")}


class Argument:
    def __init__(self, text, where, large=False):
        words = text.split()
        if len(words) < 2 or words[0] not in KINDS:
            sys.exit("%s: no such kind: %s" % (where, text))
        self.kind_name, self.name, self.words = words[0], words[1], words[2:]
        self.kind = KINDS[words[0]]
        if large:
            self.kind = LARGE_KINDS.get(words[0], self.kind)
            self.kind_name = LARGE_NAMES.get(words[0], words[0])

    def fill(self, text):
        return text.format(*self.words, x=self.name)


class Function:
    def __init__(self, match, where, form="blocking", large=False):
        (self.name, arguments, result, how, _, _, self.since, self.alone,
         self.instead) = match.groups()
        self.large = large
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
        self.arguments = [Argument(a, where, large) for a in arguments.split(",") if a.strip()]
        if self.name.startswith("File_") and not large: # datatypes go through the same check
            for a in self.arguments:
                a.kind = FILE_COUNT if a.kind_name == "COUNT" else a.kind
        self.host_name = self.name  # without the suffix, which the host's macro adds
        self.name += "_c" if large else ""

    def signature(self):
        return self.result_letter + ":" + "".join(
            a.kind.letter.replace("u", "i") for a in self.arguments)

    def counts(self):
        """Of a large form: datatype -> its count, where both become what the host takes."""
        if self.prepared_by or not (self.large or self.name.startswith("File_")):
            return {}
        pairs = {a.words[1]: a.words[0] for a in self.arguments
                 if a.kind_name == "BUFFER" and a.words[0] != "1"}
        pairs.update({a.name.replace("count", "datatype"): a.name for a in self.arguments
                      if a.kind_name == "FITS"})
        pairs.update({a.words[2]: a.words[1] for a in self.arguments
                      if a.kind_name == "HERE_BUFFER"})
        return pairs

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
        checks = [(a.kind.order, a.fill(a.kind.check)) for a in arguments if a.kind.check]
        counted = {a.words[1]: a.words[0] for a in arguments
                   if a.kind_name == "BUFFER" and a.words[0] != "1"}
        checks = [(order, re.sub(r'^mpilayer_datatype_get\((.*"(\w+)", \w+), (.*)$', lambda m: (
            "mpilayer_datatype_get_for(%s, %s, %s" % (m[1], counted[m[2]], m[3])
            if m[2] in counted else m[0]), check)) for order, check in checks]
        counts = self.counts()
        # MPICH's functions of files end the job where a count is beyond int, the large ones too.
        of_file = bool(arguments) and arguments[0].name == "fh"
        checks += [(4.5, 'mpilayer_%s_get(&call, "%s", %s, %s_object%s, &%s_large)' % (
            *(("items", count, count, datatype, "") if of_file else
              ("large", count, count, datatype, "->host")), count))
                   for datatype, count in counts.items()]
        if self.name.startswith("File_") and "count" in [a.name for a in arguments]:
            # Open MPI divides by the size of the datatype.
            checks.append((2.5, "(datatype_object->size > 0 || (count = 0) == 0)"))
        checks = [check for _, check in sorted(checks, key=lambda pair: pair[0])]
        if self.name in ("Barrier", "Ibarrier"):
            checks.insert(1, "mpilayer_collective_begin(&call)")
        lines = ["%s {" % self.prototype(), "    struct mpilayer_call call;"]
        if self.prepared_by:
            pending = any(a.kind_name in ("NEW_REQUEST", "PERSISTENT") for a in arguments)
            lines += ["    struct mpilayer_collective c = {.pending = %s%s};" % (
                "true" if pending else "false",
                ", .send.large = true, .recv.large = true" if self.large else "")]
            checks.insert(1, "mpilayer_collective_begin(&call)")
            checks.insert(2, "mpilayer_prepare_%s(&call, &c, %s)" % (self.prepared_by, ", ".join(
                a.name for a in arguments if "c." in a.kind.pass_)))
        lines += ["    " + a.fill(a.kind.declare) for a in arguments if a.kind.declare]
        lines += ["    if (!mpilayer_call_begin(&call, layer, \"MPI_%s\")" % self.name]
        lines += ["        || !(%s)" % check for check in checks]
        lines[-1] += ") {"
        lines += ["        return mpilayer_call_raise(&call);", "    }"]
        host_name = {(False, False): "MPI_%s", (False, True): "MPILAYER_LARGE(%s)",
                     (True, False): "MPILAYER_PERSISTENT(%s)",
                     (True, True): "MPILAYER_LARGE_PERSISTENT(%s)"}[
                         self.persistent, self.large and not of_file]
        passed = [(a, counts[a.name] + "_large.type" if a.name in counts else
                   a.fill(a.kind.pass_)) for a in arguments]
        host_call = "%s(%s)" % (host_name % self.host_name, ", ".join(text for _, text in passed))
        if self.alone == "nothing":
            # Open MPI looks up the process of MPI_PROC_NULL.
            nobody = ["%s_host == MPI_PROC_NULL" % a.name for a in arguments if a.kind_name == "TARGET"]
            host_call = "%s ? MPI_SUCCESS : %s" % (" || ".join(["win_object->alone"] + nobody), host_call)
        elif self.alone:
            host_call = "win_object->alone ? mpilayer_alone_%s(%s) : %s" % (self.host_name, ", ".join(
                ["win_object"] + [text for a, text in passed if a.kind_name != "WIN"]), host_call)
        elif self.instead == "bounded":
            host_call = "layer->reads_spin ? mpilayer_bounded_%s(%s) : %s" % (
                self.host_name, ", ".join("fh_object" if a.name == "fh" else text
                                          for a, text in passed), host_call)
        elif self.instead:
            host_call = "mpilayer_buffered_%s(%s)" % (self.host_name, ", ".join(
                "comm_object" if a.kind_name == "COMM" else text for a, text in passed))
        if self.persistent:
            host_call = "MPILAYER_HOST_CALL(%s)" % host_call
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
    """-> list of (section, Function)"""
    functions, section = [], ""
    with open(path) as table:
        for number, line in enumerate(table, 1):
            line = line.split("#")[0].strip()
            where = "%s:%d" % (path, number)
            match = ROW.match(line)
            if not line:
                continue
            if line.startswith("section "):
                section = line[8:]
            elif line.startswith(("legacy ", "coverage ")):
                pass  # mpi_legacy.py and mpi_coverage.py read those
            elif match:
                forms = ["blocking"] + (["nonblocking", "persistent"] if match.group(5) else [])
                functions += [(section, Function(match, where, form, large)) for form in forms
                              for large in ([False, True] if match.group(6) else [False])]
            else:
                sys.exit("%s: cannot read: %s" % (where, line))
    names = [f.name for _, f in functions]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        sys.exit("%s: listed twice: %s" % (path, " ".join(twice)))
    return functions


NOTICE = "/* Made from mpi_functions.def by mpi_stubs.py: change those. */"


def header(functions):
    out = [NOTICE, '#include "mpi/mpi_layer.h"']
    out += [f.prototype() + ";" for _, f in functions]
    return out


def stubs(functions):
    out = [NOTICE, '#include "mpi_functions.h"', '#include "mpi/mpi_memory.h"',
           '#include "mpi/mpi_collective.h"', '#include "mpi/mpi_status.h"',
           '#include "mpi/mpi_plugin.h"', '#include "mpi/mpi_window.h"',
           '#include "mpi/mpi_buffer.h"', '#include "mpi/mpi_file.h"']
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


# Any thread may call these at any time (MPI 4.1, section 11.6.2); the first change nothing of the
# layer and do not call the host or cannot come back.
ALONE = {"Abort", "Wtime", "Wtick"}
ANYTIME = set("Initialized Finalized Query_thread Is_thread_main Get_version "
              "Get_library_version".split())


def threads(functions):
    out = [NOTICE, '#include "mpi_functions.h"', '#include "mpi/mpi_threads.h"']
    rows = []
    for _, f in functions:
        code = "mpilayer_%s" % f.name
        if not f.unchanged and f.name not in ALONE:
            passed = ", ".join(["layer"] + [a.name for a in f.arguments])
            call = ["    %s threaded_result = %s(%s);" % (f.result, code, passed)]
            ends = ["    return threaded_result;"]
            if f.result == "void":
                call, ends = ["    %s(%s);" % (code, passed)], []
            begin, end = 'enter(layer, "MPI_%s")' % f.name, "leave(layer)"
            if f.name in ANYTIME:
                begin, end = "enter_anytime(layer)", "leave_anytime(layer)"
            out += [""] + f.guarded(
                ["static " + f.prototype().replace("mpilayer_", "threaded_", 1).replace(
                    "struct threaded_", "struct mpilayer_") + " {",
                 "    mpilayer_thread_%s;" % begin] + call +
                ["    mpilayer_thread_%s;" % end] + ends + ["}"])
            code = "threaded_%s" % f.name
        rows += f.guarded(['    {"mpi_abi_1", "%sMPI_%s", "%s", HOST_CODE(%s)},' % (
            p, f.name, f.signature(), code) for p in ("", "P")])
    out += ["", "const struct host_function mpilayer_threaded_exports[] = {"] + rows + ["};"]
    out += ["const size_t mpilayer_threaded_export_count =",
            "    sizeof mpilayer_threaded_exports / sizeof mpilayer_threaded_exports[0];"]
    return out


def host_calls(functions):
    """Macros: each function of the host that returns a code is called without the layer's lock."""
    out = [NOTICE, '#include "mpi/mpi_lock.h"']
    for _, f in functions:
        # Some mpi.h have conversions as macros. Persistent ones are called by a pointer, see body.
        if f.result != "int32_t" or f.persistent or f.name.startswith("Aint_") or (
                re.search("_(c2f|f2c|f2f08|f082f|c2f08|f082c|toint|fromint)$", f.name)):
            continue
        out += ["#ifndef MPI_%s" % f.name,
                "#define MPI_%s(...) MPILAYER_HOST_CALL(MPI_%s(__VA_ARGS__))" % (f.name, f.name),
                "#endif"]
    return out


def names(functions):
    out = [NOTICE, '#include "mpi/mpi_names.h"', "",
           "const struct mpi_known_function mpi_known_functions[] = {"]
    for section, f in functions:
        out += ['    {"MPI_%s", "%s", "%s", "%s"},' % (
            f.name, f.signature(), " ".join(a.kind_name for a in f.arguments), section)]
    out += ["};", "const size_t mpi_known_function_count =",
            "    sizeof mpi_known_functions / sizeof mpi_known_functions[0];"]
    return out


def listing(functions):
    return ["MPI_%s %s" % (f.name, f.signature()) for _, f in functions]


def main():
    modes = {"header": header, "stubs": stubs, "threads": threads, "calls": host_calls,
             "names": names, "list": listing}
    if len(sys.argv) != 3 or sys.argv[1] not in modes:
        sys.exit(__doc__)
    print("\n".join(modes[sys.argv[1]](read_table(sys.argv[2]))))


if __name__ == "__main__":
    main()
