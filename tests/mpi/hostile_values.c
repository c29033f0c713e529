/*
 * hostile_values.c - see hostile_values.h.
 */
#include "hostile_values.h"

#include "../unit/check.h"

#include <stdlib.h>

struct hostile_values hostile;

int hostile_bad_values(const char *kind, struct bad *bad) {
    int n = 0;
#define BAD(value, error_class) bad[n++] = (struct bad){(int64_t)(value), error_class}
#define BAD_HANDLES(error_class)                                                                   \
    BAD(0, error_class), BAD(0xffffffff, error_class), BAD(HOSTILE_FORGED, error_class),           \
        BAD(0x17000005, error_class), BAD(0xfff, error_class)
#define BAD_POINTERS(error_class)                                                                  \
    BAD(0, error_class), BAD(HOSTILE_WILD, error_class), BAD(0xffffffff, error_class),             \
        BAD(FAKE_MEMORY_SIZE - 1, error_class), BAD(FAKE_MEMORY_SIZE, error_class)
#define IS(name) (strcmp(kind, #name) == 0)
    if (IS(COMM) || IS(INTERCOMM)) {
        BAD_HANDLES(GUEST_MPI_ERR_COMM);
        BAD(GUEST_MPI_COMM_NULL, GUEST_MPI_ERR_COMM);
        BAD(GUEST_MPI_INT, GUEST_MPI_ERR_COMM);
        BAD(hostile.freed_comm, GUEST_MPI_ERR_COMM);
    } else if (IS(WIN)) {
        BAD_HANDLES(GUEST_MPI_ERR_WIN);
        BAD(GUEST_MPI_WIN_NULL, GUEST_MPI_ERR_WIN);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_WIN);
        BAD(hostile.freed_win, GUEST_MPI_ERR_WIN);
    } else if (IS(SESSION)) {
        BAD_HANDLES(GUEST_MPI_ERR_SESSION);
        BAD(GUEST_MPI_SESSION_NULL, GUEST_MPI_ERR_SESSION);
        BAD(GUEST_MPI_COMM_WORLD, GUEST_MPI_ERR_SESSION);
    } else if (IS(PSET)) {
        BAD_POINTERS(0);
        BAD(hostile.endless_text, 0);
        BAD(hostile.text, 0);
    } else if (IS(PARTITIONS)) {
        BAD(-1, GUEST_MPI_ERR_ARG);
        BAD(INT32_MIN, GUEST_MPI_ERR_ARG);
    } else if (IS(TARGET)) {
        BAD(-1, GUEST_MPI_ERR_RANK);
        BAD(-77, GUEST_MPI_ERR_RANK);
        BAD(hostile.use->ranks, GUEST_MPI_ERR_RANK);
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
        BAD(hostile.freed_file, GUEST_MPI_ERR_FILE);
    } else if (IS(ANY_FILE)) {
        BAD_HANDLES(GUEST_MPI_ERR_FILE);
        BAD(hostile.freed_file, GUEST_MPI_ERR_FILE);
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
        BAD(hostile.endless_text, GUEST_MPI_ERR_BAD_FILE);
        for (int i = 0; i < 8; i++) {
            BAD(hostile.bad_names[i], 0);
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
        BAD(HOSTILE_FORGED, GUEST_MPI_ERR_KEYVAL);
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
        BAD(hostile.use->ranks, GUEST_MPI_ERR_RANK);
        BAD(INT32_MAX, GUEST_MPI_ERR_RANK);
    } else if (IS(SOURCE)) {
        BAD(-2, GUEST_MPI_ERR_RANK);
        BAD(-77, GUEST_MPI_ERR_RANK);
        BAD(hostile.use->ranks, GUEST_MPI_ERR_RANK);
    } else if (IS(C_ROOT)) {
        BAD(-2, GUEST_MPI_ERR_ROOT);
        BAD(hostile.use->ranks, GUEST_MPI_ERR_ROOT);
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
        BAD(HOSTILE_WILD, GUEST_MPI_ERR_BUFFER);
        BAD(0xffffffff, GUEST_MPI_ERR_BUFFER);
        BAD(FAKE_MEMORY_SIZE - 1, GUEST_MPI_ERR_BUFFER);
    } else if (IS(S_COUNTS) || IS(R_COUNTS) || IS(S_COUNTS64) || IS(R_COUNTS64)) {
        BAD_POINTERS(0);
        BAD(hostile.negative_numbers, 0);
        BAD(hostile.huge_numbers, 0);
    } else if (IS(S_DISPLS) || IS(R_DISPLS) || IS(S_AINTS) || IS(R_AINTS)) {
        BAD_POINTERS(0);
        BAD(hostile.huge_numbers, 0);
    } else if (IS(S_TYPES) || IS(R_TYPES) || IS(DATATYPES)) {
        BAD_POINTERS(0);
        BAD(hostile.forged_cell, 0);
    } else if (IS(OUT) || IS(NEW) || IS(OUT_INT) || IS(OUT_RANK) || IS(OUT_COMPARISON) ||
               IS(NEW_REQUEST) || IS(PERSISTENT) || IS(NEW_COMM) || IS(NEW_GROUP) ||
               IS(OUT_STRING) || IS(OUT_OFFSET) || IS(FILE_REQUEST)) {
        BAD_POINTERS(0);
    } else if (IS(STATUS) || IS(OUT_STATUS) || IS(STATUS_IF) || IS(FILE_STATUS)) {
        BAD(HOSTILE_WILD, GUEST_MPI_ERR_ARG);
        BAD(FAKE_MEMORY_SIZE - 31, GUEST_MPI_ERR_ARG);
    } else if (IS(T_INDEX)) {
        BAD(-1, 0);
        BAD(INT32_MIN, 0);
        BAD(INT32_MAX, 0);
        BAD(1 << 20, 0);
    } else if (IS(T_ENUM) || IS(T_CVAR) || IS(T_SESSION) || IS(T_PVAR) || IS(T_EVENT)) {
        BAD_HANDLES(IS(T_SESSION) ? GUEST_MPI_T_ERR_INVALID_SESSION
                                  : GUEST_MPI_T_ERR_INVALID_HANDLE);
        BAD(hostile.freed_tool, 0);
        BAD(IS(T_CVAR) ? hostile.tool_session : hostile.tool_cvar, 0);
    } else if (IS(T_OUT)) {
        BAD(HOSTILE_WILD, 0);
        BAD(0xffffffff, 0);
        BAD(FAKE_MEMORY_SIZE - 3, 0);
    } else if (IS(T_TEXT)) {
        BAD(HOSTILE_WILD, 0);
        BAD(0xffffffff, 0);
        BAD(FAKE_MEMORY_SIZE, 0);
    } else if (IS(T_LENGTH)) {
        BAD(HOSTILE_WILD, 0);
        BAD(FAKE_MEMORY_SIZE - 3, 0);
        BAD(hostile.negative_numbers, 0);
        BAD(hostile.huge_numbers, 0);
    } else if (IS(IN_STATUS)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
    } else if (IS(STATUSES)) {
        BAD(HOSTILE_WILD, GUEST_MPI_ERR_ARG);
    } else if (IS(REQUESTS) || IS(INOUT_REQUEST)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
        BAD(hostile.forged_cell, GUEST_MPI_ERR_REQUEST);
    } else if (IS(INOUT_MESSAGE)) {
        BAD_POINTERS(GUEST_MPI_ERR_ARG);
        BAD(hostile.forged_cell, GUEST_MPI_ERR_REQUEST);
    } else if (IS(INOUT)) {
        BAD_POINTERS(0);
        BAD(hostile.forged_cell, 0);
        BAD(hostile.freed_cell, 0);
    } else if (IS(INTS) || IS(AINTS) || IS(INTS64)) {
        BAD_POINTERS(0);
    } else if (IS(STRING)) {
        BAD_POINTERS(0);
        BAD(hostile.endless_text, 0);
    } else if (IS(FUNCTION)) {
        BAD(31, 0);
        BAD(0xffffffff, 0);
    } else if (IS(ADDRESS)) {
        BAD(HOSTILE_WILD, 0);
    }
    return n;
}

int64_t hostile_good_value(const char *name, const char *kind) {
    if (strcmp(name, "MPI_File_set_view") == 0 && IS(STRING)) {
        return hostile.native;
    }
    if (IS(COMM) && hostile.use->ring != 0 && strstr(name, "eighbor") != NULL) {
        return hostile.use->ring;
    }

    return IS(COMM) || IS(INTERCOMM)                     ? hostile.use->comm
           : IS(WIN)                                     ? hostile.use->win
           : IS(FILE) || IS(RANDOM_FILE) || IS(ANY_FILE) ? hostile.use->file
           : IS(FILE_NAME)                               ? hostile.file_name
           : IS(AMODE)                                   ? GUEST_MPI_MODE_RDWR
           : IS(WHENCE)                                  ? GUEST_MPI_SEEK_SET
           : IS(SESSION)                                 ? hostile.session
           : IS(PSET)                                    ? hostile.pset
           : IS(PARTITIONS)                              ? 1
           : IS(GROUP) || IS(WIN_GROUP)                  ? GUEST_MPI_GROUP_EMPTY
           : IS(DATATYPE) || IS(ANYTYPE) || IS(S_TYPE) || IS(R_TYPE) || IS(SWAP_TYPE)
               ? GUEST_MPI_INT
           : IS(OP) || IS(C_OP) || IS(ACCUMULATE_OP)                ? GUEST_MPI_SUM
           : IS(FITS)                                               ? 1
           : IS(T_ENUM)                                             ? hostile.tool_enum
           : IS(T_CVAR)                                             ? hostile.tool_cvar
           : IS(T_SESSION)                                          ? hostile.tool_session
           : IS(T_PVAR)                                             ? hostile.tool_pvar
           : IS(T_OUT) || IS(T_TEXT)                                ? hostile.scratch
           : IS(T_LENGTH)                                           ? hostile.ones
           : IS(LOCK_TYPE)                                          ? GUEST_MPI_LOCK_SHARED
           : IS(INFO)                                               ? GUEST_MPI_INFO_NULL
           : IS(ERRHANDLER)                                         ? GUEST_MPI_ERRORS_RETURN
           : IS(REQUEST)                                            ? GUEST_MPI_REQUEST_NULL
           : IS(COUNT) || IS(COUNT64) || IS(S_COUNT) || IS(R_COUNT) ? 1
           : IS(SENDTAG) || IS(RECVTAG)                             ? 3
           : IS(BUFFER) || IS(S_BUFFER) || IS(HERE_BUFFER)          ? hostile.buffer
           : IS(R_BUFFER) ? hostile.buffer + HOSTILE_BUFFER_SIZE / 2
           : IS(STATUS) || IS(OUT_STATUS) || IS(STATUS_IF) || IS(IN_STATUS) || IS(STATUSES) ||
                   IS(FILE_STATUS)
               ? hostile.statuses
           : IS(REQUESTS) || IS(INOUT_REQUEST)                          ? hostile.null_request
           : IS(INOUT_MESSAGE)                                          ? hostile.no_message
           : IS(S_DISPLS) || IS(R_DISPLS) || IS(S_AINTS) || IS(R_AINTS) ? hostile.displacements
           : IS(INTS) || IS(AINTS) || IS(IN) || IS(INTS64)              ? hostile.zeros
           : IS(S_COUNTS64) || IS(R_COUNTS64)                           ? hostile.wide_ones
           : IS(S_COUNTS) || IS(R_COUNTS)                               ? hostile.ones
           : IS(S_TYPES) || IS(R_TYPES) || IS(DATATYPES)                ? hostile.types
           : IS(STRING)                                                 ? hostile.text
           : IS(FUNCTION) || IS(VALUE) || IS(INT) || IS(AINT) || IS(INT64) || IS(RANK) ||
                   IS(DEST) || IS(SOURCE) || IS(C_ROOT) || IS(KEYVAL) || IS(TARGET) ||
                   IS(TARGET_DISP) || IS(ASSERT) || IS(OFFSET) || IS(POSITION) || IS(FILE_SIZE) ||
                   IS(DISPLACEMENT) || IS(SEEK) || IS(FLAG) || IS(CONVERSION)
               ? 0
               : hostile.scratch;
}

bool hostile_is_exempt(const char *name) {
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

int hostile_split_kinds(const char *text_of_kinds, char kinds[16][32]) {
    int n = 0, used;
    while (n < 16 && sscanf(text_of_kinds, "%31s%n", kinds[n], &used) == 1) {
        text_of_kinds += used;
        n++;
    }
    return n;
}

static void put_text(uint32_t address, const char *text) {
    memcpy(hostile.fake.guest.memory + address, text, strlen(text) + 1);
}

static void write_constants(void) {
    static const char *const names[8] = {"../data",     "/etc/passwd", "a/../../data",
                                         "ftp:data",    "ufs:a:b",     "",
                                         "ufs:../data", "missing/data"};
    for (int i = 0; i < 8; i++) {
        put_text(hostile.bad_names[i], names[i]);
    }
    put_text(hostile.pset, "mpi://SELF");
    put_text(hostile.text, "key");
    put_text(hostile.native, "native");
    put_text(hostile.file_name, "data");
    for (uint32_t i = 0; i < 16; i++) {
        fake_guest_store(&hostile.fake, hostile.huge_numbers + 4 * i, 0x7fffffff);
        fake_guest_store(&hostile.fake, hostile.negative_numbers + 4 * i, -1);
    }
    memset(hostile.fake.guest.memory + hostile.endless_text, 'x',
           FAKE_MEMORY_SIZE - hostile.endless_text);
}

void hostile_reset(int32_t count, uint32_t type) {
    memset(hostile.fake.guest.memory + hostile.scratch, 0, 16384);
    memset(hostile.fake.guest.memory + hostile.zeros, 0, 4096);
    memset(hostile.fake.guest.memory + hostile.statuses, 0, 4096);
    fake_guest_store(&hostile.fake, hostile.null_request, GUEST_MPI_REQUEST_NULL);
    fake_guest_store(&hostile.fake, hostile.no_message, GUEST_MPI_MESSAGE_NO_PROC);
    fake_guest_store(&hostile.fake, hostile.forged_cell, HOSTILE_FORGED);
    for (uint32_t i = 0; i < 16; i++) {
        fake_guest_store(&hostile.fake, hostile.ones + 4 * i, count);
        fake_guest_store(&hostile.fake, hostile.displacements + 4 * i, (int32_t)(8 * i) * count);
        fake_guest_store(&hostile.fake, hostile.wide_ones + 4 * i, i % 2 == 0 ? count : 0);
        fake_guest_store(&hostile.fake, hostile.types + 4 * i, (int32_t)type);
    }
    fake_guest_store(&hostile.fake, hostile.freed_cell, (int32_t)hostile.freed_comm);
    write_constants();
}

/* What looks bad here but is not: a null datatype has a name, and names are cut, not refused. */
bool hostile_is_allowed(const char *name, const char *kind, int64_t value) {
    return (strcmp(name, "MPI_Type_get_name") == 0 && value == GUEST_MPI_DATATYPE_NULL) ||
           (strstr(name, "_set_name") != NULL && IS(STRING) &&
            (value == hostile.endless_text || value == FAKE_MEMORY_SIZE - 1));
}

/* Handles of MPI_T: of a control variable that is a number, of an enumeration, of a session, and of
 * a performance variable that is bound to nothing. */
static void start_tools(void) {
    int32_t count;
    CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_get_num", hostile.scratch) ==
          GUEST_MPI_T_ERR_NOT_INITIALIZED);
    CHECK(FAKE_CALL(&hostile.fake, "MPI_T_init_thread", GUEST_MPI_THREAD_SINGLE, hostile.scratch) ==
          GUEST_MPI_SUCCESS);
    CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_get_num", hostile.scratch) == GUEST_MPI_SUCCESS);
    count = fake_guest_load(&hostile.fake, hostile.scratch);
    for (int32_t i = 0; i < count && (hostile.tool_cvar == 0 || hostile.tool_enum == 0); i++) {
        fake_guest_store(&hostile.fake, hostile.scratch + 4, 0); /* not written if there is none */
        CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_get_info", i, 0, 0, 0, hostile.scratch,
                        hostile.scratch + 4, 0, 0, 0, 0) == GUEST_MPI_SUCCESS);
        bool number = fake_guest_load(&hostile.fake, hostile.scratch) == GUEST_MPI_INT;
        if (hostile.tool_enum == 0) {
            hostile.tool_enum = (uint32_t)fake_guest_load(&hostile.fake, hostile.scratch + 4);
        }
        if (number && hostile.tool_cvar == 0) {
            CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_handle_alloc", i, 0, hostile.scratch,
                            hostile.scratch + 4) == GUEST_MPI_SUCCESS);
            hostile.freed_tool = (uint32_t)fake_guest_load(&hostile.fake, hostile.scratch);
            CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_handle_free", hostile.scratch) ==
                  GUEST_MPI_SUCCESS);
            CHECK(FAKE_CALL(&hostile.fake, "MPI_T_cvar_handle_alloc", i, 0, hostile.scratch,
                            hostile.scratch + 4) == GUEST_MPI_SUCCESS);
            hostile.tool_cvar = (uint32_t)fake_guest_load(&hostile.fake, hostile.scratch);
        }
    }
    CHECK(hostile.tool_cvar != 0 && hostile.tool_cvar != hostile.freed_tool);
    CHECK(FAKE_CALL(&hostile.fake, "MPI_T_pvar_session_create", hostile.scratch) ==
          GUEST_MPI_SUCCESS);
    hostile.tool_session = (uint32_t)fake_guest_load(&hostile.fake, hostile.scratch);
    CHECK(FAKE_CALL(&hostile.fake, "MPI_T_pvar_get_num", hostile.scratch) == GUEST_MPI_SUCCESS);
    count = fake_guest_load(&hostile.fake, hostile.scratch);
    for (int32_t i = 0; i < count && hostile.tool_pvar == 0; i++) {
        CHECK(FAKE_CALL(&hostile.fake, "MPI_T_pvar_get_info", i, 0, 0, 0, 0, 0, 0, 0, 0,
                        hostile.scratch, 0, 0, 0) == GUEST_MPI_SUCCESS);
        if (fake_guest_load(&hostile.fake, hostile.scratch) == GUEST_MPI_T_BIND_NO_OBJECT) {
            CHECK(FAKE_CALL(&hostile.fake, "MPI_T_pvar_handle_alloc", hostile.tool_session, i, 0,
                            hostile.scratch, hostile.scratch + 4) == GUEST_MPI_SUCCESS);
            hostile.tool_pvar = (uint32_t)fake_guest_load(&hostile.fake, hostile.scratch);
        }
    }
}

/* ---- objects ---- */

static uint32_t handle_at(uint32_t address) {
    return (uint32_t)fake_guest_load(&hostile.fake, address);
}

/* The window and the file are made twice, and the first one is kept as one that was freed. */
static void make_objects(struct hostile_objects *objects, uint32_t comm, const char *name) {
    struct fake_guest *fake = &hostile.fake;
    uint32_t scratch = hostile.scratch, base = fake_guest_allocate(fake, 64);
    int64_t mode = GUEST_MPI_MODE_RDWR | GUEST_MPI_MODE_CREATE;
    objects->comm = comm;
    CHECK(FAKE_CALL(fake, "MPI_Comm_size", comm, scratch) == GUEST_MPI_SUCCESS);
    objects->ranks = fake_guest_load(fake, scratch);
    for (int i = 0; i < 2; i++) {
        CHECK(FAKE_CALL(fake, "MPI_Win_create", base, 64, 4, GUEST_MPI_INFO_NULL, comm, scratch) ==
              GUEST_MPI_SUCCESS);
        objects->win = handle_at(scratch);
        CHECK(FAKE_CALL(fake, "MPI_Win_set_errhandler", objects->win, GUEST_MPI_ERRORS_RETURN) ==
              GUEST_MPI_SUCCESS);
        if (i == 0) {
            hostile.freed_win = objects->win;
            CHECK(FAKE_CALL(fake, "MPI_Win_free", scratch) == GUEST_MPI_SUCCESS);
        }
    }
    CHECK(objects->win != hostile.freed_win);
    put_text(hostile.file_name, name);
    for (int i = 0; i < 2; i++) {
        CHECK(FAKE_CALL(fake, "MPI_File_open", comm, hostile.file_name, mode, GUEST_MPI_INFO_NULL,
                        scratch) == GUEST_MPI_SUCCESS);
        objects->file = handle_at(scratch);
        if (i == 0) {
            hostile.freed_file = objects->file;
            CHECK(FAKE_CALL(fake, "MPI_File_close", scratch) == GUEST_MPI_SUCCESS);
        }
    }
    CHECK(objects->file != hostile.freed_file);
    fake_guest_store(fake, scratch, objects->ranks); /* one periodic dimension */
    fake_guest_store(fake, scratch + 4, 1);
    CHECK(FAKE_CALL(fake, "MPI_Cart_create", comm, 1, scratch, scratch + 4, 0, scratch + 16) ==
          GUEST_MPI_SUCCESS);
    objects->ring = handle_at(scratch + 16);
}

void hostile_open(const char *plugin, const char *directory) {
    struct fake_guest *fake = &hostile.fake;
    if (directory == NULL) {
        strcpy(hostile.directory, "/tmp/mpiwasm-hostile-XXXXXX");
        directory = mkdtemp(hostile.directory);
    }
    CHECK(directory != NULL);
    fake_guest_directory = directory;
    fake_guest_open(fake, plugin);
    CHECK(FAKE_CALL(fake, "MPI_Init", 0, 0) == GUEST_MPI_SUCCESS);
    CHECK(fake->signal_claims == 1);
    const struct {
        uint32_t *address;
        uint32_t size;
    } areas[] = {
        {&hostile.buffer, HOSTILE_BUFFER_SIZE},
        {&hostile.scratch, 16384},
        {&hostile.zeros, 4096},
        {&hostile.statuses, 4096},
        {&hostile.null_request, 16},
        {&hostile.no_message, 16},
        {&hostile.ones, 64},
        {&hostile.wide_ones, 64},
        {&hostile.displacements, 64},
        {&hostile.types, 64},
        {&hostile.pset, 16},
        {&hostile.forged_cell, 16},
        {&hostile.freed_cell, 16},
        {&hostile.huge_numbers, 64},
        {&hostile.negative_numbers, 64},
        {&hostile.text, 16},
        {&hostile.file_name, 16},
        {&hostile.native, 16},
    };
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        *areas[i].address = fake_guest_allocate(fake, areas[i].size);
    }
    for (int i = 0; i < 8; i++) {
        hostile.bad_names[i] = fake_guest_allocate(fake, 16);
    }
    hostile.endless_text = FAKE_MEMORY_SIZE - 2048;
    write_constants();

    uint32_t scratch = hostile.scratch;
    FAKE_CALL(fake, "MPI_Comm_set_errhandler", GUEST_MPI_COMM_WORLD, GUEST_MPI_ERRORS_RETURN);
    FAKE_CALL(fake, "MPI_Comm_set_errhandler", GUEST_MPI_COMM_SELF, GUEST_MPI_ERRORS_RETURN);
    FAKE_CALL(fake, "MPI_Comm_rank", GUEST_MPI_COMM_WORLD, scratch);
    hostile.rank = fake_guest_load(fake, scratch);
    CHECK(FAKE_CALL(fake, "MPI_Comm_dup", GUEST_MPI_COMM_WORLD, scratch) == GUEST_MPI_SUCCESS);
    hostile.freed_comm = handle_at(scratch);
    CHECK(hostile.freed_comm >= 0x1000);
    CHECK(FAKE_CALL(fake, "MPI_Comm_free", scratch) == GUEST_MPI_SUCCESS);
    CHECK(FAKE_CALL(fake, "MPI_Session_init", GUEST_MPI_INFO_NULL, GUEST_MPI_ERRORS_RETURN,
                    scratch) == GUEST_MPI_SUCCESS);
    hostile.session = handle_at(scratch);
    make_objects(&hostile.all, GUEST_MPI_COMM_WORLD, "all");
    make_objects(&hostile.alone, GUEST_MPI_COMM_SELF, "alone");
    write_constants();
    hostile.use = &hostile.all;
    start_tools();
}

void hostile_close(void) {
    if (hostile.directory[0] != '\0') {
        char command[128];
        snprintf(command, sizeof command, "rm -rf %s", hostile.directory);
        CHECK(system(command) == 0);
    }
}
