/*
 * hostile_test.c - calls every function of an MPI plugin with arguments that a malicious or broken
 * guest could pass, and expects an error of the right class, never a crash or a hang.
 *
 *   hostile_test PLUGIN        one process, without a launcher
 *
 * The arguments come from the kinds in mpi_functions.def: all good but one, which takes every bad
 * value of its kind in turn.  Then many calls with arguments drawn from all values at random
 * (always the same ones), whose results do not matter.
 */
#include "../unit/check.h"
#include "fake_guest.h"
#include "mpi/mpi_constants.h"
#include "mpi/mpi_names.h"

#include <stdlib.h>

static struct fake_guest fake;

/* Good values: addresses in the guest's memory. */
static uint32_t buffer, scratch, zeros, ones, types, statuses, text, null_request, no_message;
static uint32_t ring; /* a communicator with a topology, for neighbourhood collectives */
static uint32_t freed_comm, freed_cell;
static uint32_t session, pset, wide_ones;
static uint32_t win, freed_win; /* of 64 bytes at `buffer`, in units of 4 */
static uint32_t file, freed_file;
static uint32_t file_name, native; /* good ones */
static uint32_t bad_names[8];      /* bad ones: every way out of the directory, and others */
static uint32_t tool_enum, tool_cvar, tool_session, tool_pvar, freed_tool; /* MPI_T's; 0: none */
/* Addresses whose contents are bad. */
static uint32_t forged_cell, huge_numbers, negative_numbers, endless_text;

enum { WILD = 0x7ffffff0, FORGED = 0x08000777, BUFFER_SIZE = 4096 };

struct bad {
    int64_t value;
    int error_class; /* 0: any */
};

/* The bad values of a kind; returns how many. */
static int bad_values(const char *kind, struct bad *bad) {
    int n = 0;
#define BAD(value, error_class) bad[n++] = (struct bad){(int64_t)(value), error_class}
#define BAD_HANDLES(error_class)                                                                   \
    BAD(0, error_class), BAD(0xffffffff, error_class), BAD(FORGED, error_class),                   \
        BAD(0x17000005, error_class), BAD(0xfff, error_class)
#define BAD_POINTERS(error_class)                                                                  \
    BAD(0, error_class), BAD(WILD, error_class), BAD(0xffffffff, error_class),                     \
        BAD(FAKE_MEMORY_SIZE - 1, error_class), BAD(FAKE_MEMORY_SIZE, error_class)
#define IS(name) (strcmp(kind, #name) == 0)
    if (IS(COMM) || IS(INTERCOMM)) {
        BAD_HANDLES(GUEST_MPI_ERR_COMM);
        BAD(GUEST_MPI_COMM_NULL, GUEST_MPI_ERR_COMM);
        BAD(GUEST_MPI_INT, GUEST_MPI_ERR_COMM);
        BAD(freed_comm, GUEST_MPI_ERR_COMM);
    } else if (IS(WIN)) {
        BAD_HANDLES(GUEST_MPI_ERR_WIN);
        BAD(GUEST_MPI_WIN_NULL, GUEST_MPI_ERR_WIN);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_WIN);
        BAD(freed_win, GUEST_MPI_ERR_WIN);
    } else if (IS(SESSION)) {
        BAD_HANDLES(GUEST_MPI_ERR_SESSION);
        BAD(GUEST_MPI_SESSION_NULL, GUEST_MPI_ERR_SESSION);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_SESSION);
    } else if (IS(PSET)) {
        BAD_POINTERS(0);
        BAD(endless_text, 0);
        BAD(text, 0);
    } else if (IS(PARTITIONS)) {
        BAD(0, GUEST_MPI_ERR_ARG);
        BAD(-1, GUEST_MPI_ERR_ARG);
        BAD(INT32_MIN, GUEST_MPI_ERR_ARG);
    } else if (IS(TARGET)) {
        BAD(-1, GUEST_MPI_ERR_RANK);
        BAD(-77, GUEST_MPI_ERR_RANK);
        BAD(1, GUEST_MPI_ERR_RANK);
        BAD(INT32_MAX, GUEST_MPI_ERR_RANK);
    } else if (IS(TARGET_DISP)) {
        BAD(-1, GUEST_MPI_ERR_DISP);
        BAD(INT32_MIN, GUEST_MPI_ERR_DISP);
        BAD(16, GUEST_MPI_ERR_RMA_RANGE);
        BAD(INT32_MAX, GUEST_MPI_ERR_RMA_RANGE);
        BAD(0x40000000, GUEST_MPI_ERR_RMA_RANGE);
    } else if (IS(FITS)) {
        BAD(-1, 0);
        BAD(INT32_MIN, 0);
        BAD(17, GUEST_MPI_ERR_RMA_RANGE);
        BAD(INT32_MAX, GUEST_MPI_ERR_RMA_RANGE);
    } else if (IS(ASSERT)) {
        BAD(1, GUEST_MPI_ERR_ASSERT);
        BAD(-1, GUEST_MPI_ERR_ASSERT);
    } else if (IS(LOCK_TYPE)) {
        BAD(0, GUEST_MPI_ERR_LOCKTYPE);
        BAD(-1, GUEST_MPI_ERR_LOCKTYPE);
    } else if (IS(FILE) || IS(RANDOM_FILE)) {
        BAD_HANDLES(GUEST_MPI_ERR_FILE);
        BAD(GUEST_MPI_FILE_NULL, GUEST_MPI_ERR_FILE);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_FILE);
        BAD(freed_file, GUEST_MPI_ERR_FILE);
    } else if (IS(ANY_FILE)) {
        BAD_HANDLES(GUEST_MPI_ERR_FILE);
        BAD(freed_file, GUEST_MPI_ERR_FILE);
    } else if (IS(OFFSET) || IS(POSITION)) {
        BAD(-1, GUEST_MPI_ERR_ARG);
        BAD(INT64_MIN, GUEST_MPI_ERR_ARG);
        BAD(INT64_MAX, GUEST_MPI_ERR_ARG);
        BAD((int64_t)1 << 61, GUEST_MPI_ERR_ARG);
    } else if (IS(FILE_SIZE)) {
        BAD(-1, GUEST_MPI_ERR_ARG);
        BAD(INT64_MIN, GUEST_MPI_ERR_ARG);
        BAD(INT64_MAX, GUEST_MPI_ERR_ARG);
    } else if (IS(DISPLACEMENT)) {
        BAD(-1, GUEST_MPI_ERR_ARG); /* MPI_DISPLACEMENT_CURRENT, of files not sequential */
        BAD(INT64_MIN, GUEST_MPI_ERR_ARG);
        BAD(INT64_MAX, GUEST_MPI_ERR_ARG);
    } else if (IS(SEEK)) {
        BAD(-1, GUEST_MPI_ERR_ARG);
        BAD(INT64_MIN, GUEST_MPI_ERR_ARG);
        BAD(INT64_MAX, GUEST_MPI_ERR_ARG);
    } else if (IS(WHENCE)) {
        BAD(0, GUEST_MPI_ERR_ARG);
        BAD(-1, GUEST_MPI_ERR_ARG);
    } else if (IS(AMODE)) {
        BAD(0, GUEST_MPI_ERR_AMODE);
        BAD(-1, GUEST_MPI_ERR_AMODE);
        BAD(GUEST_MPI_MODE_RDWR | GUEST_MPI_MODE_RDONLY, GUEST_MPI_ERR_AMODE);
        BAD(GUEST_MPI_MODE_RDONLY | GUEST_MPI_MODE_CREATE, GUEST_MPI_ERR_AMODE);
        BAD(GUEST_MPI_MODE_RDWR | GUEST_MPI_MODE_SEQUENTIAL, GUEST_MPI_ERR_AMODE);
        BAD(GUEST_MPI_MODE_RDWR | 1 << 20, GUEST_MPI_ERR_AMODE);
    } else if (IS(FILE_NAME)) {
        BAD_POINTERS(GUEST_MPI_ERR_BAD_FILE);
        BAD(endless_text, GUEST_MPI_ERR_BAD_FILE);
        for (int i = 0; i < 8; i++) {
            BAD(bad_names[i], 0);
        }
    } else if (IS(CONVERSION)) {
        BAD(31, GUEST_MPI_ERR_ARG);
        BAD(0xffffffff, GUEST_MPI_ERR_ARG);
    } else if (IS(GROUP) || IS(WIN_GROUP)) {
        BAD_HANDLES(GUEST_MPI_ERR_GROUP);
        BAD(GUEST_MPI_GROUP_NULL, GUEST_MPI_ERR_GROUP);
    } else if (IS(DATATYPE) || IS(ANYTYPE) || IS(S_TYPE) || IS(R_TYPE) || IS(SWAP_TYPE)) {
        BAD_HANDLES(GUEST_MPI_ERR_TYPE);
        BAD(GUEST_MPI_DATATYPE_NULL, GUEST_MPI_ERR_TYPE);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_TYPE);
    } else if (IS(OP) || IS(C_OP) || IS(ACCUMULATE_OP)) {
        BAD_HANDLES(GUEST_MPI_ERR_OP);
        BAD(GUEST_MPI_OP_NULL, GUEST_MPI_ERR_OP);
    } else if (IS(INFO)) {
        BAD_HANDLES(GUEST_MPI_ERR_INFO);
    } else if (IS(ERRHANDLER)) {
        BAD_HANDLES(0);
    } else if (IS(KEYVAL)) {
        BAD(0, GUEST_MPI_ERR_KEYVAL);
        BAD(FORGED, GUEST_MPI_ERR_KEYVAL);
        BAD(-1, GUEST_MPI_ERR_KEYVAL);
    } else if (IS(REQUEST)) {
        BAD_HANDLES(GUEST_MPI_ERR_REQUEST);
    } else if (IS(COUNT) || IS(COUNT64) || IS(S_COUNT) || IS(R_COUNT)) {
        BAD(-1, 0);
        BAD(INT32_MIN, 0);
        if (IS(COUNT64)) {
            BAD(INT64_MIN, 0);
        }
    } else if (IS(DEST)) {
        BAD(-1, GUEST_MPI_ERR_RANK);
        BAD(-2, GUEST_MPI_ERR_RANK);
        BAD(-77, GUEST_MPI_ERR_RANK);
        BAD(1, GUEST_MPI_ERR_RANK);
        BAD(INT32_MAX, GUEST_MPI_ERR_RANK);
    } else if (IS(SOURCE)) {
        BAD(-2, GUEST_MPI_ERR_RANK);
        BAD(-77, GUEST_MPI_ERR_RANK);
        BAD(1, GUEST_MPI_ERR_RANK);
    } else if (IS(C_ROOT)) {
        BAD(-2, GUEST_MPI_ERR_ROOT);
        BAD(1, GUEST_MPI_ERR_ROOT);
        BAD(INT32_MIN, GUEST_MPI_ERR_ROOT);
    } else if (IS(SENDTAG)) {
        BAD(-1, GUEST_MPI_ERR_TAG);
        BAD(-2, GUEST_MPI_ERR_TAG);
        BAD(INT32_MIN, GUEST_MPI_ERR_TAG);
    } else if (IS(RECVTAG)) {
        BAD(-1, GUEST_MPI_ERR_TAG);
        BAD(-77, GUEST_MPI_ERR_TAG);
    } else if (IS(BUFFER) || IS(HERE_BUFFER)) {
        BAD_POINTERS(GUEST_MPI_ERR_BUFFER);
        BAD(GUEST_MPI_IN_PLACE, GUEST_MPI_ERR_BUFFER);
    } else if (IS(S_BUFFER) || IS(R_BUFFER)) {
        BAD(WILD, GUEST_MPI_ERR_BUFFER);
        BAD(0xffffffff, GUEST_MPI_ERR_BUFFER);
        BAD(FAKE_MEMORY_SIZE - 1, GUEST_MPI_ERR_BUFFER);
    } else if (IS(S_COUNTS) || IS(R_COUNTS) || IS(S_COUNTS64) || IS(R_COUNTS64)) {
        BAD_POINTERS(0);
        BAD(negative_numbers, 0);
        BAD(huge_numbers, 0);
    } else if (IS(S_DISPLS) || IS(R_DISPLS) || IS(S_AINTS) || IS(R_AINTS)) {
        BAD_POINTERS(0);
        BAD(huge_numbers, 0);
    } else if (IS(S_TYPES) || IS(R_TYPES) || IS(DATATYPES)) {
        BAD_POINTERS(0);
        BAD(forged_cell, 0);
    } else if (IS(OUT) || IS(NEW) || IS(OUT_INT) || IS(OUT_RANK) || IS(OUT_COMPARISON) ||
               IS(NEW_REQUEST) || IS(PERSISTENT) || IS(NEW_COMM) || IS(NEW_GROUP) ||
               IS(OUT_STRING) || IS(OUT_OFFSET) || IS(FILE_REQUEST)) {
        BAD_POINTERS(0);
    } else if (IS(STATUS) || IS(OUT_STATUS) || IS(STATUS_IF) || IS(FILE_STATUS)) {
        BAD(WILD, GUEST_MPI_ERR_ARG);
        BAD(FAKE_MEMORY_SIZE - 31, GUEST_MPI_ERR_ARG);
    } else if (IS(T_INDEX)) {
        BAD(-1, 0);
        BAD(INT32_MIN, 0);
        BAD(INT32_MAX, 0);
        BAD(1 << 20, 0);
    } else if (IS(T_ENUM) || IS(T_CVAR) || IS(T_SESSION) || IS(T_PVAR) || IS(T_EVENT)) {
        BAD_HANDLES(IS(T_SESSION) ? GUEST_MPI_T_ERR_INVALID_SESSION
                                  : GUEST_MPI_T_ERR_INVALID_HANDLE);
        BAD(freed_tool, 0);
        BAD(IS(T_CVAR) ? tool_session : tool_cvar, 0);
    } else if (IS(T_OUT)) {
        BAD(WILD, 0);
        BAD(0xffffffff, 0);
        BAD(FAKE_MEMORY_SIZE - 3, 0);
    } else if (IS(T_TEXT)) {
        BAD(WILD, 0);
        BAD(0xffffffff, 0);
        BAD(FAKE_MEMORY_SIZE, 0);
    } else if (IS(T_LENGTH)) {
        BAD(WILD, 0);
        BAD(FAKE_MEMORY_SIZE - 3, 0);
        BAD(negative_numbers, 0);
        BAD(huge_numbers, 0);
    } else if (IS(IN_STATUS)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
    } else if (IS(STATUSES)) {
        BAD(WILD, GUEST_MPI_ERR_ARG);
    } else if (IS(REQUESTS) || IS(INOUT_REQUEST)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
        BAD(forged_cell, GUEST_MPI_ERR_REQUEST);
    } else if (IS(INOUT_MESSAGE)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
        BAD(forged_cell, GUEST_MPI_ERR_REQUEST);
    } else if (IS(INOUT)) {
        BAD_POINTERS(0);
        BAD(forged_cell, 0);
        BAD(freed_cell, 0);
    } else if (IS(INTS) || IS(AINTS) || IS(INTS64)) {
        BAD_POINTERS(0);
    } else if (IS(STRING)) {
        BAD_POINTERS(0);
        BAD(endless_text, 0);
    } else if (IS(FUNCTION)) {
        BAD(31, 0);
        BAD(0xffffffff, 0);
    } else if (IS(ADDRESS)) {
        BAD(WILD, 0);
    }
    return n;
}

static int64_t good_value(const char *kind) {
    return IS(COMM) || IS(INTERCOMM)                     ? GUEST_MPI_COMM_WORLD
           : IS(WIN)                                     ? win
           : IS(FILE) || IS(RANDOM_FILE) || IS(ANY_FILE) ? file
           : IS(FILE_NAME)                               ? file_name
           : IS(AMODE)                                   ? GUEST_MPI_MODE_RDWR
           : IS(WHENCE)                                  ? GUEST_MPI_SEEK_SET
           : IS(SESSION)                                 ? session
           : IS(PSET)                                    ? pset
           : IS(PARTITIONS)                              ? 1
           : IS(GROUP) || IS(WIN_GROUP)                  ? GUEST_MPI_GROUP_EMPTY
           : IS(DATATYPE) || IS(ANYTYPE) || IS(S_TYPE) || IS(R_TYPE) || IS(SWAP_TYPE)
               ? GUEST_MPI_INT
           : IS(OP) || IS(C_OP) || IS(ACCUMULATE_OP)                ? GUEST_MPI_SUM
           : IS(FITS)                                               ? 1
           : IS(T_ENUM)                                             ? tool_enum
           : IS(T_CVAR)                                             ? tool_cvar
           : IS(T_SESSION)                                          ? tool_session
           : IS(T_PVAR)                                             ? tool_pvar
           : IS(T_OUT) || IS(T_TEXT)                                ? scratch
           : IS(T_LENGTH)                                           ? ones
           : IS(LOCK_TYPE)                                          ? GUEST_MPI_LOCK_SHARED
           : IS(INFO)                                               ? GUEST_MPI_INFO_NULL
           : IS(ERRHANDLER)                                         ? GUEST_MPI_ERRORS_RETURN
           : IS(REQUEST)                                            ? GUEST_MPI_REQUEST_NULL
           : IS(COUNT) || IS(COUNT64) || IS(S_COUNT) || IS(R_COUNT) ? 1
           : IS(SENDTAG) || IS(RECVTAG)                             ? 3
           : IS(BUFFER) || IS(S_BUFFER) || IS(HERE_BUFFER)          ? buffer
           : IS(R_BUFFER)                                           ? buffer + BUFFER_SIZE / 2
           : IS(STATUS) || IS(OUT_STATUS) || IS(STATUS_IF) || IS(IN_STATUS) || IS(STATUSES) ||
                   IS(FILE_STATUS)
               ? statuses
           : IS(REQUESTS) || IS(INOUT_REQUEST) ? null_request
           : IS(INOUT_MESSAGE)                 ? no_message
           : IS(INTS) || IS(AINTS) || IS(S_DISPLS) || IS(R_DISPLS) || IS(S_AINTS) || IS(R_AINTS) ||
                   IS(IN) || IS(INTS64)
               ? zeros
           : IS(S_COUNTS64) || IS(R_COUNTS64)            ? wide_ones
           : IS(S_COUNTS) || IS(R_COUNTS)                ? ones
           : IS(S_TYPES) || IS(R_TYPES) || IS(DATATYPES) ? types
           : IS(STRING)                                  ? text
           : IS(FUNCTION) || IS(VALUE) || IS(INT) || IS(AINT) || IS(INT64) || IS(RANK) ||
                   IS(DEST) || IS(SOURCE) || IS(C_ROOT) || IS(KEYVAL) || IS(TARGET) ||
                   IS(TARGET_DISP) || IS(ASSERT) || IS(OFFSET) || IS(POSITION) || IS(FILE_SIZE) ||
                   IS(DISPLACEMENT) || IS(SEEK) || IS(FLAG) || IS(CONVERSION)
               ? 0
               : scratch;
}

/* Not tried: what ends MPI or cannot fail by its arguments. */
static bool is_exempt(const char *name) {
    static const char *const names[] = {"MPI_Init",  "MPI_Init_thread", "MPI_Finalize",
                                        "MPI_Abort", "MPI_Pcontrol",    "MPI_Wtime",
                                        "MPI_Wtick", "MPI_T_finalize"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int split_kinds(const char *text_of_kinds, char kinds[16][32]) {
    int n = 0, used;
    while (n < 16 && sscanf(text_of_kinds, "%31s%n", kinds[n], &used) == 1) {
        text_of_kinds += used;
        n++;
    }
    return n;
}

/* What calls may have written to. */
static void reset_cells(void) {
    memset(fake.guest.memory + scratch, 0, 16384);
    memset(fake.guest.memory + zeros, 0, 4096);
    fake_guest_store(&fake, null_request, GUEST_MPI_REQUEST_NULL);
    fake_guest_store(&fake, no_message, GUEST_MPI_MESSAGE_NO_PROC);
    fake_guest_store(&fake, forged_cell, FORGED);
    for (uint32_t i = 0; i < 16; i++) {
        fake_guest_store(&fake, ones + 4 * i, 1);
        fake_guest_store(&fake, wide_ones + 4 * i, i % 2 == 0);
        fake_guest_store(&fake, types + 4 * i, GUEST_MPI_INT);
    }
    fake_guest_store(&fake, freed_cell, (int32_t)freed_comm);
}

/* What looks bad here but is not: a null datatype has a name, and names are cut, not refused. */
static bool is_allowed(const char *name, const char *kind, int64_t value) {
    return (strcmp(name, "MPI_Type_get_name") == 0 && value == GUEST_MPI_DATATYPE_NULL) ||
           (strstr(name, "_set_name") != NULL && IS(STRING) &&
            (value == endless_text || value == FAKE_MEMORY_SIZE - 1));
}

static void one_bad_argument(const struct mpi_known_function *function) {
    char kinds[16][32], context[640];
    int n = split_kinds(function->kinds, kinds);
    for (int at = 0; at < n; at++) {
        struct bad bad[24];
        int bad_count = bad_values(kinds[at], bad);
        for (int b = 0; b < bad_count; b++) {
            int64_t arguments[16] = {0};
            for (int i = 0; i < n; i++) {
                arguments[i] = i == at ? bad[b].value : good_value(kinds[i]);
                if (strcmp(function->name, "MPI_File_set_view") == 0 &&
                    strcmp(kinds[i], "STRING") == 0 && i != at) {
                    arguments[i] = native;
                }
                if (i != at && strcmp(kinds[i], "COMM") == 0 && ring != 0 &&
                    strstr(function->name, "eighbor") != NULL) {
                    arguments[i] = ring;
                }
            }
            if (is_allowed(function->name, kinds[at], bad[b].value)) {
                continue;
            }
            reset_cells();
            snprintf(context, sizeof context, "%s, argument %d (%s) = 0x%llx", function->name, at,
                     kinds[at], (unsigned long long)bad[b].value);
            check_context = context;
            int32_t code = fake_guest_call(&fake, function->name, arguments);
            CHECK(code != GUEST_MPI_SUCCESS);
            if (bad[b].error_class != 0 && code != bad[b].error_class) {
                char found[32];
                snprintf(found, sizeof found, "class %d", code);
                check_failed(__FILE__, __LINE__, "the error class", found);
            }
        }
    }
    check_context = NULL;
}

/* ---- random calls ---- */

static uint32_t random_state = 12345;

static uint32_t draw(uint32_t below) {
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % below;
}

/* A good value, a bad one, or one of another kind. */
static int64_t random_value(const char *kind) {
    struct bad bad[24];
    int n = bad_values(kind, bad);
    static const char *const kinds[] = {"COMM",   "DATATYPE", "COUNT", "BUFFER",  "FILE", "STATUS",
                                        "STRING", "REQUESTS", "GROUP", "INOUT",   "OP",   "INTS",
                                        "OUT",    "KEYVAL",   "INFO",  "S_COUNTS"};
    switch (draw(8)) {
    case 0: return n > 0 ? bad[draw((uint32_t)n)].value : (int64_t)draw(1 << 20);
    case 1: return good_value(kinds[draw(sizeof kinds / sizeof kinds[0])]);
    case 2: return fake_guest_load(&fake, scratch + 4 * draw(8)); /* a handle of an earlier call */
    case 3: return (int64_t)draw(1 << 23);
    default: return good_value(kind);
    }
}

/* Calls that wait for others, or where an MPI ends the job when sizes do not match, as it may. */
static bool communicates(const struct mpi_known_function *function) {
    static const char *const sections[] = {"Point-to-point", "Collectives", "Requests"};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (strcmp(function->section, sections[i]) == 0) {
            return true;
        }
    }
    return strncmp(function->name, "MPI_Intercomm", 13) == 0;
}

static void random_calls(int count) {
    char kinds[16][32];
    for (int i = 0; i < count; i++) {
        const struct mpi_known_function *function =
            &mpi_known_functions[draw((uint32_t)mpi_known_function_count)];
        if (function->signature == NULL || is_exempt(function->name) || communicates(function) ||
            fake_guest_find(&fake, function->name) == NULL ||
            strcmp(function->name, "MPI_Comm_set_errhandler") == 0 ||
            strcmp(function->name, "MPI_Errhandler_set") == 0 ||
            strcmp(function->name, "MPI_Win_set_errhandler") == 0 ||
            strcmp(function->name, "MPI_Session_set_errhandler") == 0 ||
            strcmp(function->name, "MPI_File_set_errhandler") == 0 ||
            strcmp(function->name, "MPI_File_preallocate") == 0 || /* fills disks */
            strcmp(function->name, "MPI_Comm_disconnect") == 0) {
            continue; /* the error handler stays, or the first error ends the test */
        }
        int n = split_kinds(function->kinds, kinds);
        int64_t arguments[16] = {0};
        for (int k = 0; k < n; k++) {
            arguments[k] = random_value(kinds[k]);
        }
        if (getenv("HOSTILE_TRACE") != NULL) {
            fprintf(stderr, "%d %s", i, function->name);
            for (int k = 0; k < n; k++) {
                fprintf(stderr, " %llx", (unsigned long long)arguments[k]);
            }
            fputc('\n', stderr);
        }
        fake_guest_call(&fake, function->name, arguments);
    }
    CHECK(true);
}

/* Handles of MPI_T: of a control variable that is a number, of an enumeration, of a session, and of
 * a performance variable that is bound to nothing. */
static void start_tools(void) {
    int32_t count;
    CHECK(FAKE_CALL(&fake, "MPI_T_cvar_get_num", scratch) == GUEST_MPI_T_ERR_NOT_INITIALIZED);
    CHECK(FAKE_CALL(&fake, "MPI_T_init_thread", GUEST_MPI_THREAD_SINGLE, scratch) ==
          GUEST_MPI_SUCCESS);
    CHECK(FAKE_CALL(&fake, "MPI_T_cvar_get_num", scratch) == GUEST_MPI_SUCCESS);
    count = fake_guest_load(&fake, scratch);
    for (int32_t i = 0; i < count && (tool_cvar == 0 || tool_enum == 0); i++) {
        CHECK(FAKE_CALL(&fake, "MPI_T_cvar_get_info", i, 0, 0, 0, scratch, scratch + 4, 0, 0, 0,
                        0) == GUEST_MPI_SUCCESS);
        bool number = fake_guest_load(&fake, scratch) == GUEST_MPI_INT;
        if (tool_enum == 0) {
            tool_enum = (uint32_t)fake_guest_load(&fake, scratch + 4);
        }
        if (number && tool_cvar == 0) {
            CHECK(FAKE_CALL(&fake, "MPI_T_cvar_handle_alloc", i, 0, scratch, scratch + 4) ==
                  GUEST_MPI_SUCCESS);
            freed_tool = (uint32_t)fake_guest_load(&fake, scratch);
            CHECK(FAKE_CALL(&fake, "MPI_T_cvar_handle_free", scratch) == GUEST_MPI_SUCCESS);
            CHECK(FAKE_CALL(&fake, "MPI_T_cvar_handle_alloc", i, 0, scratch, scratch + 4) ==
                  GUEST_MPI_SUCCESS);
            tool_cvar = (uint32_t)fake_guest_load(&fake, scratch);
        }
    }
    CHECK(tool_cvar != 0 && tool_cvar != freed_tool);
    CHECK(FAKE_CALL(&fake, "MPI_T_pvar_session_create", scratch) == GUEST_MPI_SUCCESS);
    tool_session = (uint32_t)fake_guest_load(&fake, scratch);
    CHECK(FAKE_CALL(&fake, "MPI_T_pvar_get_num", scratch) == GUEST_MPI_SUCCESS);
    count = fake_guest_load(&fake, scratch);
    for (int32_t i = 0; i < count && tool_pvar == 0; i++) {
        CHECK(FAKE_CALL(&fake, "MPI_T_pvar_get_info", i, 0, 0, 0, 0, 0, 0, 0, 0, scratch, 0, 0,
                        0) == GUEST_MPI_SUCCESS);
        if (fake_guest_load(&fake, scratch) == GUEST_MPI_T_BIND_NO_OBJECT) {
            CHECK(FAKE_CALL(&fake, "MPI_T_pvar_handle_alloc", tool_session, i, 0, scratch,
                            scratch + 4) == GUEST_MPI_SUCCESS);
            tool_pvar = (uint32_t)fake_guest_load(&fake, scratch);
        }
    }
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "hostile_test PLUGIN [RANDOM_CALLS]\n");
        return 2;
    }
    char directory[] = "/tmp/mpiwasm-hostile-XXXXXX";
    fake_guest_directory = mkdtemp(directory);
    CHECK(fake_guest_directory != NULL);
    fake_guest_open(&fake, argv[1]);
    CHECK(FAKE_CALL(&fake, "MPI_Init", 0, 0) == GUEST_MPI_SUCCESS);
    CHECK(fake.signal_claims == 1);
    buffer = fake_guest_allocate(&fake, BUFFER_SIZE);
    scratch = fake_guest_allocate(&fake, 16384);
    zeros = fake_guest_allocate(&fake, 4096);
    statuses = fake_guest_allocate(&fake, 4096);
    null_request = fake_guest_allocate(&fake, 16);
    no_message = fake_guest_allocate(&fake, 16);
    ones = fake_guest_allocate(&fake, 64);
    wide_ones = fake_guest_allocate(&fake, 64);
    pset = fake_guest_allocate(&fake, 16);
    memcpy(fake.guest.memory + pset, "mpi://SELF", 11);
    types = fake_guest_allocate(&fake, 64);
    forged_cell = fake_guest_allocate(&fake, 16);
    freed_cell = fake_guest_allocate(&fake, 16);
    huge_numbers = fake_guest_allocate(&fake, 64);
    negative_numbers = fake_guest_allocate(&fake, 64);
    text = fake_guest_allocate(&fake, 16);
    memcpy(fake.guest.memory + text, "key", 4);
    for (uint32_t i = 0; i < 16; i++) {
        fake_guest_store(&fake, huge_numbers + 4 * i, 0x7fffffff);
        fake_guest_store(&fake, negative_numbers + 4 * i, -1);
    }
    endless_text = FAKE_MEMORY_SIZE - 2048;
    memset(fake.guest.memory + endless_text, 'x', 2048);

    FAKE_CALL(&fake, "MPI_Comm_set_errhandler", GUEST_MPI_COMM_WORLD, GUEST_MPI_ERRORS_RETURN);
    FAKE_CALL(&fake, "MPI_Comm_set_errhandler", GUEST_MPI_COMM_SELF, GUEST_MPI_ERRORS_RETURN);
    CHECK(FAKE_CALL(&fake, "MPI_Comm_dup", GUEST_MPI_COMM_WORLD, scratch) == GUEST_MPI_SUCCESS);
    freed_comm = (uint32_t)fake_guest_load(&fake, scratch);
    CHECK(freed_comm >= 0x1000);
    CHECK(FAKE_CALL(&fake, "MPI_Comm_free", scratch) == GUEST_MPI_SUCCESS);

    for (int i = 0; i < 2; i++) {
        CHECK(FAKE_CALL(&fake, "MPI_Win_create", buffer, 64, 4, GUEST_MPI_INFO_NULL,
                        GUEST_MPI_COMM_WORLD, scratch) == GUEST_MPI_SUCCESS);
        win = (uint32_t)fake_guest_load(&fake, scratch);
        CHECK(FAKE_CALL(&fake, "MPI_Win_set_errhandler", win, GUEST_MPI_ERRORS_RETURN) ==
              GUEST_MPI_SUCCESS);
        if (i == 0) {
            freed_win = win;
            CHECK(FAKE_CALL(&fake, "MPI_Win_free", scratch) == GUEST_MPI_SUCCESS);
        }
    }
    CHECK(win != freed_win);

    CHECK(FAKE_CALL(&fake, "MPI_Session_init", GUEST_MPI_INFO_NULL, GUEST_MPI_ERRORS_RETURN,
                    scratch) == GUEST_MPI_SUCCESS);
    session = (uint32_t)fake_guest_load(&fake, scratch);
    file_name = fake_guest_allocate(&fake, 16);
    memcpy(fake.guest.memory + file_name, "data", 5);
    native = fake_guest_allocate(&fake, 16);
    memcpy(fake.guest.memory + native, "native", 7);
    static const char *const names[8] = {"../data",     "/etc/passwd", "a/../../data",
                                         "ftp:data",    "ufs:a:b",     "",
                                         "ufs:../data", "missing/data"};
    for (int i = 0; i < 8; i++) {
        bad_names[i] = fake_guest_allocate(&fake, 16);
        strcpy((char *)fake.guest.memory + bad_names[i], names[i]);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(FAKE_CALL(&fake, "MPI_File_open", GUEST_MPI_COMM_WORLD, file_name,
                        GUEST_MPI_MODE_RDWR | GUEST_MPI_MODE_CREATE, GUEST_MPI_INFO_NULL,
                        scratch) == GUEST_MPI_SUCCESS);
        file = (uint32_t)fake_guest_load(&fake, scratch);
        if (i == 0) {
            freed_file = file;
            CHECK(FAKE_CALL(&fake, "MPI_File_close", scratch) == GUEST_MPI_SUCCESS);
        }
    }
    CHECK(file != freed_file);

    start_tools();
    if (fake_guest_find(&fake, "MPI_Cart_create") != NULL) {
        fake_guest_store(&fake, scratch, 1); /* one dimension of one periodic process */
        CHECK(FAKE_CALL(&fake, "MPI_Cart_create", GUEST_MPI_COMM_WORLD, 1, scratch, scratch, 0,
                        scratch + 16) == GUEST_MPI_SUCCESS);
        ring = (uint32_t)fake_guest_load(&fake, scratch + 16);
    }

    for (size_t i = 0; i < mpi_known_function_count; i++) {
        const struct mpi_known_function *function = &mpi_known_functions[i];
        if (ring == 0 && strstr(function->name, "eighbor") != NULL) {
            continue;
        }
        if (function->signature != NULL && !is_exempt(function->name) &&
            fake_guest_find(&fake, function->name) != NULL) {
            one_bad_argument(function);
        }
    }
    random_calls(argc > 2 ? atoi(argv[2]) : 20000);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", directory);
    CHECK(system(command) == 0);
    return check_report();
}
