"""The kinds of arguments that mpi_functions.def names, and what mpi_stubs.py makes of each."""

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


def host_value(type_name, size, store):
    return Kind("u", 4, type_name + " {x}_host = 0;",
                'mpilayer_memory_check(&call, "{x}", {x}, %d)' % size, "&{x}_host",
                "mpilayer_store_%s(layer, {x}, {x}_host);" % store)


KINDS = {
    "COMM": looked_up("mpilayer_comm", "mpilayer_comm_get", 0),
    "INTERCOMM": looked_up("mpilayer_comm", "mpilayer_intercomm_get", 0),
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
    # Files. The file comes first, as communicators do. RANDOM_FILE: not a sequential one.
    "FILE": looked_up("mpilayer_file", "mpilayer_file_get", 0),
    "RANDOM_FILE": looked_up("mpilayer_file", "mpilayer_file_get_random", 0),
    # words: the file, count and datatype of what is read or written there
    "OFFSET": Kind("I", 3, check='mpilayer_file_access_check(&call, "{x}", {x}, {0}_object, {1}, '
                   '{2}_object)'),
    # A buffer for what is at the individual file pointer; words: file, count, datatype.
    "HERE_BUFFER": Kind("u", 3, "void *{x}_host;",
                        'mpilayer_file_here_check(&call, "{0}", {0}_object, {1}, {2}_object) '
                        '&& mpilayer_buffer_get(&call, "{x}", {x}, {1}, &{2}_object, '
                        '&{x}_host)', "{x}_host"),
    # word: the file
    "POSITION": Kind("I", 3, check='mpilayer_file_position_check(&call, "{x}", {x}, '
                     '{0}_object)'),
    "FILE_SIZE": Kind("I", 3, check='mpilayer_file_size_check(&call, "{x}", {x})'),
    "OUT_OFFSET": host_value("MPI_Offset", 8, "i64"),
    "FLAG": Kind("i", pass_="{x} != 0"),
    # Hosts leave some fields alone: nothing of ours may show there.
    "FILE_STATUS": Kind("u", 4, "MPI_Status {x}_host = {{0}};",
                        'mpilayer_status_check(&call, "{x}", {x})',
                        "mpilayer_status_host({x}, &{x}_host)",
                        "mpilayer_status_store(layer, {x}, &{x}_host, false);"),
    # word: the file
    "FILE_REQUEST": Kind("u", 5, "struct mpilayer_request *{x}_object;",
                         'mpilayer_file_request_reserve(&call, "{x}", {x}, {0}_object, '
                         '&{x}_object)', "&{x}_object->host",
                         own_end="mpilayer_request_started(&call, code, {x}_object, {x})"),
    # For functions written by hand: a file or MPI_FILE_NULL; displacements and whences.
    "ANY_FILE": Kind("u"), "DISPLACEMENT": Kind("I"), "SEEK": Kind("I"), "WHENCE": Kind("i"),
    "CONVERSION": Kind("u"), "FILE_NAME": Kind("u"), "AMODE": Kind("i"),
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
    "SESSION": Kind("u"), "PSET": Kind("u"), "PARTITIONS": Kind("i"), "INTS64": Kind("u"),
    "INT64": Kind("I"), "AINT": Kind("i"), "COUNT64": Kind("I"), "ROOT": Kind("i"), "DATATYPES": Kind("u"),
    "AINTS": Kind("u"), "IN_STATUS": Kind("u"), "OUT_STATUS": Kind("u"), "BUFFER_IN_PLACE": Kind("u"),
    # MPI_T's: handles, an output that may be null, a text and its length
    "T_INDEX": Kind("i"), "T_ENUM": Kind("u"), "T_CVAR": Kind("u"), "T_SESSION": Kind("u"), "T_PVAR": Kind("u"),
    "T_EVENT": Kind("u"), "T_OUT": Kind("u"), "T_TEXT": Kind("u"), "T_LENGTH": Kind("u"),
}

# What becomes of a kind in the large-count form of a function ("also large"): counts have 64 bits.
LARGE_KINDS = {
    "COUNT": Kind("I", 2, "struct mpilayer_large {x}_large;",
                  'mpilayer_count_check(&call, "{x}", {x})', "{x}_large.count"),
    "FITS": Kind("I", 4, "struct mpilayer_large {x}_large;",
                 'mpilayer_count_check(&call, "{x}", {x}) && '
                 'mpilayer_transfer_check_large(&call, {0}, {1}_object, &{2}, {3}_object)',
                 "{x}_large.count"),
    **{side[0].upper() + "_" + kind: Kind(letter, pass_=text % side)
       for side in ("send", "recv")
       for kind, letter, text in (("COUNT", "I", "c.%s.large_count"),
                                  ("COUNTS", "u", "MPILAYER_LARGE_COUNTS(c.%s)"),
                                  ("DISPLS", "u", "MPILAYER_LARGE_DISPLACEMENTS(c.%s)"))},
}
# The names that the test of hostile arguments knows them by, where they differ.
LARGE_NAMES = {"COUNT": "COUNT64", "S_COUNTS": "S_COUNTS64", "R_COUNTS": "R_COUNTS64"}

# The count of a function of files that is not large.
FILE_COUNT = Kind("i", 2, *(getattr(LARGE_KINDS["COUNT"], part)
                            for part in ("declare", "check", "pass_")))
