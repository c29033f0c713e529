/*
 * hostile_fuzz.c - calls the functions of an MPI plugin at random with hostile arguments, on any
 * number of processes: nothing may crash, touch anything outside the guest's memory, or hang.
 *
 *   [mpiexec -n 2] hostile_fuzz PLUGIN [--seed=N] [--seconds=N | --calls=N] [--from=N]
 *                [--dir=PATH] [--skip=PART_OF_NAME] [--trace]
 *
 * Each call belongs to one of these kinds:
 *   refused   any function with one or more arguments that have to be refused, others good: it is
 *             refused on this rank whatever the others do, so nobody waits for it
 *   alone     any function on objects of MPI_COMM_SELF, with arguments of every sort, among them
 * all handles that earlier calls gave, freed ones too, and callbacks that call MPI again. Those
 * that may wait for ever get an argument that has to be refused remote    one-sided and file
 * operations between the ranks with arguments of every sort together  a collective function, with
 * the same arguments (some bad) on all ranks What a call does depends on the seed, its number and
 * the rank, and on the handles that earlier ones gave. A crash or a call that takes too long is
 * reported with them. Errors of MPI are no failures; accepting what has to be refused is.
 */
#include "../unit/check.h"
#include "hostile_values.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    CALL_SECONDS = 60,
    CLASSES = 16,
    POOL = 16,
    NEST = 3,
    CELLS = 1024,
    ALLOCATE_AT_MOST = 1 << 21
};

static struct {
    uint64_t seed, from, calls;
    int seconds;
    bool trace;
    const char *directory, *skip;
} options = {.seed = 1, .calls = 20000};

/* ---- random numbers: those all ranks have in common, and this rank's own ---- */

struct stream {
    uint64_t state;
};
static struct stream shared, own;

static uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

static uint32_t draw(struct stream *stream, uint32_t below) {
    stream->state = mix(stream->state);
    return (uint32_t)(stream->state >> 32) % below;
}

/* ---- what is being called, for whoever wants to know why it crashed or hangs ---- */

static char doing[1024];
static volatile uint64_t number; /* of the call */
static volatile time_t since;

static void tell(const char *what) {
    char text[1400];
    int length = snprintf(
        text, sizeof text, "hostile_fuzz: rank %d, seed %llu: %s in call %llu: %s\n", hostile.rank,
        (unsigned long long)options.seed, what, (unsigned long long)number, doing);
    if (write(STDERR_FILENO, text, (size_t)length) < 0) {
        _exit(3);
    }
}

/* The MPI library may end the process, by its own rules; hostile.py goes on behind that call. */
static void ended(void) {
    if (since != 0) {
        fprintf(stderr, "rank %d, seed %llu: ended in call %llu: %s\n", hostile.rank,
                (unsigned long long)options.seed, (unsigned long long)number, doing);
    }
}

static struct sigaction actions_before[64];

static void crashed(int signal) {
    tell(signal == SIGABRT ? "aborted" : "crashed");
    sigaction(signal, &actions_before[signal], NULL); /* a sanitizer's tells more */
    if (signal == SIGABRT) {
        raise(signal);
    }
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void died(void) {
    tell("a sanitizer's finding");
}

static void handle_crashes(void) {
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction action = {.sa_handler = crashed};
        sigaction(signals[i], &action, &actions_before[signals[i]]);
    }
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(died);
    }
}

static void *watch(void *unused) {
    for (;;) {
        sleep(1);
        if (since != 0 && time(NULL) - since > CALL_SECONDS) {
            tell("hangs");
            _exit(3);
        }
    }
}

/* ---- handles that calls gave ---- */

static uint32_t pool[CLASSES][POOL];
static uint32_t cells; /* CELLS bytes, filled with handles before each call */

static uint32_t class_of(uint32_t handle) {
    return handle >> 27;
}

static void keep(uint32_t handle) {
    uint32_t class = class_of(handle);
    if (handle < 0x1000 || class == 0 || class >= 14) {
        return;
    }
    pool[class][draw(&own, POOL)] = handle;
    /* Errors must not end the job. */
    static const char *const set_errhandler[CLASSES] = {
        [1] = "MPI_Comm_set_errhandler",
        [10] = "MPI_Win_set_errhandler",
        [11] = "MPI_Session_set_errhandler",
        [12] = "MPI_File_set_errhandler",
    };
    if (set_errhandler[class] != NULL) {
        FAKE_CALL(&hostile.fake, set_errhandler[class], handle, GUEST_MPI_ERRORS_RETURN);
    }
}

static int class_of_kind(const char *kind) {
    static const struct {
        const char *kind;
        int class;
    } classes[] = {{"COMM", 1},       {"INTERCOMM", 1}, {"GROUP", 2},         {"WIN_GROUP", 2},
                   {"DATATYPE", 3},   {"ANYTYPE", 3},   {"S_TYPE", 3},        {"R_TYPE", 3},
                   {"SWAP_TYPE", 3},  {"REQUEST", 4},   {"INFO", 6},          {"ERRHANDLER", 7},
                   {"OP", 8},         {"C_OP", 8},      {"ACCUMULATE_OP", 8}, {"KEYVAL", 9},
                   {"WIN", 10},       {"SESSION", 11},  {"FILE", 12},         {"RANDOM_FILE", 12},
                   {"ANY_FILE", 12},  {"T_ENUM", 13},   {"T_CVAR", 13},       {"T_PVAR", 13},
                   {"T_SESSION", 13}, {"T_EVENT", 13}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(kind, classes[i].kind) == 0) {
            return classes[i].class;
        }
    }
    return 0;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

static bool is_result(const char *kind) {
    return starts_with(kind, "NEW") || strcmp(kind, "OUT") == 0 ||
           strcmp(kind, "PERSISTENT") == 0 || strcmp(kind, "FILE_REQUEST") == 0;
}

/* ---- what functions are like ---- */

static bool is_one_of(const char *name, const char *const *names) {
    for (; *names != NULL; names++) {
        size_t length = strlen(*names);
        if ((*names)[length - 1] == '*' ? strncmp(name, *names, length - 1) == 0
                                        : strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

/* These may wait for what never comes, change error handlers (so that the next error ends the
 * job), or fill the disk. */
static bool needs_care(const char *name) {
    static const char *const names[] = {"MPI_Send",
                                        "MPI_Send_c",
                                        "MPI_Ssend*",
                                        "MPI_Rsend",
                                        "MPI_Rsend_c",
                                        "MPI_Recv",
                                        "MPI_Recv_c",
                                        "MPI_Sendrecv*",
                                        "MPI_Probe",
                                        "MPI_Mprobe",
                                        "MPI_Mrecv*",
                                        "MPI_Wait*",
                                        "MPI_Win_wait",
                                        "MPI_Win_start",
                                        "MPI_Win_lock*",
                                        "MPI_Win_complete",
                                        "MPI_Comm_disconnect",
                                        "MPI_File_close",
                                        "MPI_Buffer_detach*",
                                        "MPI_Buffer_flush",
                                        "MPI_Comm_detach_buffer*",
                                        "MPI_Comm_flush_buffer",
                                        "MPI_Session_detach_buffer*",
                                        "MPI_Session_flush_buffer",
                                        "MPI_Comm_set_errhandler",
                                        "MPI_Errhandler_set",
                                        "MPI_Win_set_errhandler",
                                        "MPI_Session_set_errhandler",
                                        "MPI_File_set_errhandler",
                                        "MPI_File_preallocate",
                                        "MPI_Comm_accept",
                                        "MPI_Comm_connect",
                                        "MPI_Comm_join",
                                        "MPI_Intercomm_create*",
                                        "MPI_Neighbor_*",
                                        NULL};
    return is_one_of(name, names);
}

/* Not significant on this rank, where the root or leader is rank 0. */
static bool is_insignificant(const char *name, const char *kind) {
    static const char *const to_root[] = {
        "MPI_Gather*",      "MPI_Igather*", "MPI_Reduce",    "MPI_Reduce_c",
        "MPI_Reduce_init*", "MPI_Ireduce",  "MPI_Ireduce_c", NULL};
    static const char *const from_root[] = {"MPI_Scatter*", "MPI_Iscatter*", NULL};
    return hostile.rank > 0 && (starts_with(name, "MPI_Intercomm_create") ||
                                (is_one_of(name, to_root) && starts_with(kind, "R_")) ||
                                (is_one_of(name, from_root) && starts_with(kind, "S_")));
}

static const char *const together[] = {"MPI_Comm_dup",
                                       "MPI_Comm_dup_with_info",
                                       "MPI_Comm_idup",
                                       "MPI_Comm_idup_with_info",
                                       "MPI_Comm_create",
                                       "MPI_Comm_split",
                                       "MPI_Comm_split_type",
                                       "MPI_Cart_create",
                                       "MPI_Cart_sub",
                                       "MPI_Graph_create",
                                       "MPI_Dist_graph_create*",
                                       "MPI_Win_create*",
                                       "MPI_Win_allocate*",
                                       "MPI_File_open",
                                       "MPI_File_set_size",
                                       "MPI_File_set_view",
                                       "MPI_File_sync",
                                       "MPI_File_set_atomicity",
                                       "MPI_File_set_info",
                                       "MPI_File_*_all",
                                       "MPI_File_*_ordered",
                                       "MPI_Comm_create_from_group",
                                       NULL};

/* Collective functions whose failures the layer makes known to all ranks: they wait for each other
 * also if an argument is bad on one of them. */
static bool is_agreed(const char *name) {
    static const char *const names[] = {"MPI_Win_create*", "MPI_Win_allocate*", "MPI_File_*", NULL};
    static const char *const others[] = {"MPI_Win_create_errhandler",
                                         "MPI_Win_create_keyval",
                                         "MPI_File_create_errhandler",
                                         "MPI_File_call_errhandler",
                                         "MPI_File_get_errhandler",
                                         "MPI_File_set_errhandler",
                                         NULL};
    return is_one_of(name, names) && !is_one_of(name, others);
}

/* ---- arguments ---- */

struct plan {
    const struct mpi_known_function *function;
    char kinds[16][32];
    int n;
    int64_t arguments[16];
};

static void plan_begin(struct plan *plan, const struct mpi_known_function *function) {
    plan->function = function;
    plan->n = hostile_split_kinds(function->kinds, plan->kinds);
    memset(plan->arguments, 0, sizeof plan->arguments);
}

/* Results go to different places. */
static int64_t good_value(const struct plan *plan, int i) {
    const char *kind = plan->kinds[i];
    int64_t value = hostile_good_value(plan->function->name, kind);
    if (strstr(plan->function->name, "_replace") != NULL && strcmp(kind, "BUFFER") == 0) {
        return value + HOSTILE_BUFFER_SIZE / 4;
    }
    if (strcmp(kind, "BUFFER") == 0 && strstr(plan->function->name, "ecv") != NULL &&
        (strstr(plan->function->name, "endrecv") == NULL || i > 0)) {
        return value +
               HOSTILE_BUFFER_SIZE / 2; /* buffers that overlap make some MPIs end the job */
    }
    return value == hostile.scratch ? value + 512 * i : value;
}

/* A value that has to be refused; false: there is none for this argument here. */
static bool bad_value(const struct plan *plan, int i, struct stream *stream, int64_t *value) {
    struct bad bad[HOSTILE_BAD_AT_MOST];
    int n = hostile_bad_values(plan->kinds[i], bad);
    if (n == 0 || is_insignificant(plan->function->name, plan->kinds[i])) {
        return false;
    }
    *value = bad[draw(stream, (uint32_t)n)].value;
    return !hostile_is_allowed(plan->function->name, plan->kinds[i], *value);
}

static int64_t edge_value(struct stream *stream) {
    static const int64_t edges[] = {0,
                                    1,
                                    2,
                                    3,
                                    7,
                                    8,
                                    63,
                                    64,
                                    255,
                                    256,
                                    4095,
                                    4096,
                                    65535,
                                    65536,
                                    -1,
                                    -2,
                                    -3,
                                    -8,
                                    -32766,
                                    INT32_MAX,
                                    INT32_MIN,
                                    INT32_MAX - 1,
                                    INT32_MIN + 1,
                                    1 << 30,
                                    -(1 << 30),
                                    0x15555556,
                                    UINT32_MAX,
                                    INT64_MAX,
                                    INT64_MIN,
                                    INT64_MAX - 1,
                                    INT64_MIN + 1,
                                    (int64_t)1 << 32,
                                    ((int64_t)1 << 32) + 1,
                                    (int64_t)1 << 61,
                                    -((int64_t)1 << 61),
                                    (int64_t)1 << 62,
                                    FAKE_MEMORY_SIZE - 4,
                                    FAKE_MEMORY_SIZE - 1,
                                    FAKE_MEMORY_SIZE,
                                    FAKE_MEMORY_SIZE + 1};
    return edges[draw(stream, sizeof edges / sizeof edges[0])];
}

/* What the name says that the handles are of which it frees, waits for or takes by address. */
static uint32_t class_of_name(const char *name) {
    static const struct {
        const char *part;
        uint32_t class;
    } classes[] = {{"keyval", 9},    {"Keyval", 9},   {"rrhandler", 7}, {"MPI_Comm", 1},
                   {"MPI_Group", 2}, {"MPI_Type", 3}, {"mrecv", 5},     {"Mrecv", 5},
                   {"MPI_Info", 6},  {"MPI_Op", 8},   {"MPI_Win", 10},  {"MPI_Session", 11},
                   {"MPI_File", 12}, {"MPI_T_", 13}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strstr(name, classes[i].part) != NULL) {
            return classes[i].class;
        }
    }
    return 4;
}

/* A callback of the type that the function wants, if it is one of define_callbacks. */
static int64_t callback_for(const char *name, int i) {
    return strstr(name, "rrhandler") != NULL  ? 4 + (int64_t)draw(&own, 2)
           : strstr(name, "eyval") != NULL    ? 2 + i
           : strstr(name, "Grequest") != NULL ? 6 + i % 2
           : strstr(name, "datarep") != NULL  ? 8
                                              : 1;
}

/* One that may well be accepted: of handles, those that earlier calls gave. */
static int64_t likely_value(const struct plan *plan, int i) {
    const char *kind = plan->kinds[i], *name = plan->function->name;
    int class = class_of_kind(kind);
    if (starts_with(name, "MPI_Cart") && class == 1 && draw(&own, 2) == 0) {
        return hostile.use->ring;
    }
    if (class == 3 && draw(&own, 4) == 0) {
        return 0x200 + draw(&own, 0xec); /* predefined ones */
    }
    if (class == 8 && draw(&own, 3) == 0) {
        return 0x20 + draw(&own, 0x20);
    }
    if (class != 0 && draw(&own, 2) == 0) {
        uint32_t handle = pool[class][draw(&own, POOL)];
        return handle != 0 ? handle : good_value(plan, i);
    }
    if (starts_with(kind, "INOUT") || strcmp(kind, "REQUESTS") == 0 ||
        (strcmp(kind, "INTS") == 0 && draw(&own, 2) == 0)) {
        return cells + 4 * draw(&own, CELLS / 8);
    }
    if (strcmp(kind, "FUNCTION") == 0) {
        return callback_for(name, i);
    }
    if (strcmp(kind, "COUNT") == 0 || strcmp(kind, "COUNT64") == 0) {
        return draw(&own, 20);
    }
    if (strcmp(kind, "INT") == 0 || strcmp(kind, "AINT") == 0 || strcmp(kind, "INT64") == 0) {
        return draw(&own, 4) == 0 ? edge_value(&own) : draw(&own, 100);
    }
    if (strcmp(kind, "FITS") == 0 || strcmp(kind, "OFFSET") == 0 || strcmp(kind, "SEEK") == 0) {
        return draw(&own, 16);
    }
    return good_value(plan, i);
}

static int64_t any_value(const struct plan *plan, int i) {
    int64_t value;
    switch (draw(&own, 7)) {
    case 0: return bad_value(plan, i, &own, &value) ? value : edge_value(&own);
    case 1: return edge_value(&own);
    case 2: return (int64_t)draw(&own, 2 * FAKE_MEMORY_SIZE);
    case 3: return pool[draw(&own, CLASSES)][draw(&own, POOL)];
    case 4: return FAKE_MEMORY_SIZE - (int64_t)draw(&own, 256);
    case 5: return draw(&own, 12);
    default: return draw(&own, 32); /* functions, too */
    }
}

/* Most are likely ones; none, one, two or all of any sort. */
static void fill_arguments(struct plan *plan) {
    for (int i = 0; i < plan->n; i++) {
        plan->arguments[i] = likely_value(plan, i);
    }
    uint32_t how = draw(&own, 8);
    for (int i = 0; i < plan->n && how == 7; i++) {
        if (draw(&own, 2) == 0) {
            plan->arguments[i] = any_value(plan, i);
        }
    }
    for (uint32_t k = 3; k <= how && how < 7 && plan->n > 0; k += 2) {
        int i = (int)draw(&own, (uint32_t)plan->n);
        plan->arguments[i] = any_value(plan, i);
    }
}

/* Handles in memory, the kind of array that requests, datatypes and what is freed come in. */
static void fill_cells(const char *name) {
    uint32_t class = class_of_name(name);
    for (uint32_t i = 0; i < CELLS / 4; i++) {
        uint32_t value = draw(&own, 16) == 0   ? (uint32_t)edge_value(&own)
                         : draw(&own, 16) == 0 ? pool[draw(&own, CLASSES)][draw(&own, POOL)]
                                               : pool[class][draw(&own, POOL)];
        if (value == 0 && class == 4) {
            value = GUEST_MPI_REQUEST_NULL;
        }
        fake_guest_store(&hostile.fake, cells + 4 * i, (int32_t)value);
    }
}

/* ---- calls ---- */

static int32_t run(const struct plan *plan, const char *how) {
    char before[sizeof doing];
    strcpy(before, doing);
    int at = snprintf(doing, sizeof doing, "%s %s(", how, plan->function->name);
    for (int k = 0; k < plan->n; k++) {
        at += snprintf(doing + at, sizeof doing - (size_t)at, "%s%s 0x%llx", k > 0 ? ", " : "",
                       plan->kinds[k], (unsigned long long)plan->arguments[k]);
    }
    snprintf(doing + at, sizeof doing - (size_t)at, ")");
    if (options.trace) {
        fprintf(stderr, "[%d] %llu %s\n", hostile.rank, (unsigned long long)number, doing);
    }
    since = time(NULL);
    int32_t code = fake_guest_call(&hostile.fake, plan->function->name, plan->arguments);
    since = 0;
    if (options.trace) {
        fprintf(stderr, "[%d] %llu = %d\n", hostile.rank, (unsigned long long)number, code);
    }
    strcpy(doing, before);
    return code;
}

static const struct mpi_known_function *any_function(struct stream *stream) {
    for (;;) {
        const struct mpi_known_function *function =
            &mpi_known_functions[draw(stream, (uint32_t)mpi_known_function_count)];
        if (function->signature != NULL && function->kinds != NULL &&
            !hostile_is_exempt(function->name) &&
            fake_guest_find(&hostile.fake, function->name) != NULL &&
            (options.skip == NULL || strstr(function->name, options.skip) == NULL)) {
            return function;
        }
    }
}

/* Make at least one argument bad; false: the function has none that can be. */
static bool spoil(struct plan *plan, struct stream *stream, bool but_communicator) {
    int spoiled = 0;
    for (int tries = 0; tries < 8 && spoiled < 1 + (int)draw(stream, 2) && plan->n > 0; tries++) {
        int i = (int)draw(stream, (uint32_t)plan->n);
        int64_t value;
        bool leave = but_communicator &&
                     (strcmp(plan->kinds[i], "COMM") == 0 || strcmp(plan->kinds[i], "FILE") == 0 ||
                      strcmp(plan->kinds[i], "RANDOM_FILE") == 0);
        if (!leave && bad_value(plan, i, stream, &value)) {
            plan->arguments[i] = value;
            spoiled++;
        }
    }
    return spoiled > 0;
}

static void call_refused(void) {
    struct plan plan;
    hostile.use = &hostile.all;
    plan_begin(&plan, any_function(&own));
    for (int i = 0; i < plan.n; i++) {
        plan.arguments[i] = good_value(&plan, i);
    }
    if ((is_agreed(plan.function->name) && hostile.all.ranks > 1) || !spoil(&plan, &own, false)) {
        return;
    }
    hostile_reset(1, GUEST_MPI_INT);
    int32_t code = run(&plan, "refused");
    if (code == GUEST_MPI_SUCCESS) {
        run(&plan, "again"); /* so that doing tells */
        tell("accepted");
        check_failed(__FILE__, __LINE__, plan.function->name, "accepted");
    }
}

static int nested;

/* Make what is sent to oneself fit what is received in a collective: where it does not, MPIs end
 * the job or wait for ever. `count`: what hostile_reset has for each rank. */
static void match(struct plan *plan, int32_t count) {
    int64_t *same[3] = {NULL}; /* count, array of counts, datatype or array of datatypes */
    bool both = false;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < plan->n; i++) {
            const char *kind = plan->kinds[i];
            if (kind[1] != '_' || (kind[0] != 'S' && kind[0] != 'R')) {
                continue;
            }
            int which = strcmp(kind + 2, "COUNT") == 0    ? 0
                        : starts_with(kind + 2, "COUNTS") ? 1
                        : starts_with(kind + 2, "TYPE")   ? 2
                                                          : -1;
            if (which < 0) {
                continue;
            }
            both |= same[0] != NULL && same[1] != NULL;
            if (same[which] == NULL) {
                same[which] = &plan->arguments[i];
            }
            plan->arguments[i] = !both || which == 2 ? *same[which]
                                 : which == 0        ? count
                                                     : good_value(plan, i);
        }
    }
}

static void call_alone(void) {
    struct plan plan;
    const struct hostile_objects *before = hostile.use;
    hostile.use = &hostile.alone;
    plan_begin(&plan, any_function(&own));
    bool care = needs_care(plan.function->name);
    for (int i = 0; i < plan.n; i++) {
        plan.arguments[i] = good_value(&plan, i);
    }
    if (!care) {
        fill_arguments(&plan);
    }
    int32_t count = (int32_t)draw(&own, 5);
    match(&plan, count);
    if (!care || spoil(&plan, &own, false)) {
        if (nested == 0) {
            hostile_reset(count, draw(&own, 2) ? GUEST_MPI_INT : GUEST_MPI_DOUBLE);
        }
        fill_cells(plan.function->name);
        int32_t code = run(&plan, "alone");
        for (int i = 0; i < plan.n && code == GUEST_MPI_SUCCESS; i++) {
            uint64_t address = (uint32_t)plan.arguments[i];
            if (is_result(plan.kinds[i]) && address != 0 && address <= FAKE_MEMORY_SIZE - 4) {
                keep((uint32_t)fake_guest_load(&hostile.fake, (uint32_t)address));
            }
        }
    }
    hostile.use = before;
}

/* What windows and files of all ranks offer without a rank waiting for another. A file with
 * accesses that have not ended would be refused on this rank alone by what is collective. */
static void call_remote(void) {
    static const char *const names[] = {"MPI_Put*",
                                        "MPI_Get",
                                        "MPI_Get_c",
                                        "MPI_Accumulate*",
                                        "MPI_Get_accumulate*",
                                        "MPI_Fetch_and_op",
                                        "MPI_Compare_and_swap",
                                        "MPI_Rput*",
                                        "MPI_Rget*",
                                        "MPI_Raccumulate*",
                                        "MPI_Win_flush*",
                                        "MPI_Win_sync",
                                        "MPI_File_read",
                                        "MPI_File_write",
                                        "MPI_File_read_at",
                                        "MPI_File_write_at",
                                        "MPI_File_seek",
                                        "MPI_File_get_*",
                                        NULL};
    struct plan plan;
    const struct mpi_known_function *function;
    do {
        function = any_function(&own);
    } while (!is_one_of(function->name, names));
    hostile.use = &hostile.all;
    plan_begin(&plan, function);
    fill_arguments(&plan);
    for (int i = 0; i < plan.n; i++) {
        const char *kind = plan.kinds[i];
        if (strcmp(kind, "WIN") == 0 || strcmp(kind, "FILE") == 0 ||
            strcmp(kind, "RANDOM_FILE") == 0) {
            plan.arguments[i] = good_value(&plan, i);
        } else if (strcmp(kind, "TARGET") == 0 && draw(&own, 4) > 0) {
            plan.arguments[i] = draw(&own, (uint32_t)hostile.all.ranks);
        } else if (strcmp(kind, "TARGET_DISP") == 0 && draw(&own, 4) > 0) {
            plan.arguments[i] = draw(&own, 18);
        } else if ((strcmp(kind, "OFFSET") == 0 || strcmp(kind, "SEEK") == 0) &&
                   draw(&own, 4) > 0) {
            plan.arguments[i] = draw(&own, 1 << 16);
        }
    }
    hostile_reset(1, GUEST_MPI_INT);
    fill_cells(plan.function->name);
    int32_t code = run(&plan, "remote");
    if (code == GUEST_MPI_SUCCESS && strcmp(plan.kinds[plan.n - 1], "NEW_REQUEST") == 0) {
        keep((uint32_t)fake_guest_load(&hostile.fake, (uint32_t)plan.arguments[plan.n - 1]));
    }
}

/* Undo what a collective call has made, on all ranks alike. */
static void finish(struct plan *plan) {
    struct fake_guest *fake = &hostile.fake;
    uint32_t request = 0, made = 0;
    for (int i = 0; i < plan->n; i++) {
        const char *kind = plan->kinds[i];
        uint32_t at = (uint32_t)plan->arguments[i];
        if (!is_result(kind)) {
            continue;
        }
        uint32_t handle = (uint32_t)fake_guest_load(fake, at);
        if (handle >= 0x1000 && class_of(handle) == 4) {
            request = at;
        } else if (handle >= 0x1000) {
            made = at;
        }
    }
    if (request != 0) {
        struct plan wait = {
            .n = 2, .kinds = {"INOUT_REQUEST", "OUT_STATUS"}, .arguments = {request, 0}};
        if (strstr(plan->function->name, "_init") != NULL) {
            wait.function = mpi_known_function_find("MPI_Start");
            run(&wait, "starting");
        }
        wait.function = mpi_known_function_find("MPI_Wait");
        run(&wait, "waiting");
        if (strstr(plan->function->name, "_init") != NULL) {
            FAKE_CALL(fake, "MPI_Request_free", request);
        }
    }
    if (made != 0) {
        uint32_t class = class_of((uint32_t)fake_guest_load(fake, made));
        struct plan end = {.n = 1, .kinds = {"INOUT"}, .arguments = {made}};
        const char *name = class == 1    ? "MPI_Comm_free"
                           : class == 10 ? "MPI_Win_free"
                           : class == 12 ? "MPI_File_close"
                                         : NULL;
        if (name != NULL) {
            end.function = mpi_known_function_find(name);
            run(&end, "undoing");
        }
    }
}

static bool is_together(const struct mpi_known_function *function) {
    const char *name = function->name, *file = starts_with(name, "MPI_File_") ? name : "";
    return strcmp(function->section, "Collectives") == 0 ||
           (is_one_of(name, together) && strstr(name, "keyval") == NULL &&
            strstr(name, "errhandler") == NULL) ||
           (strstr(file, "_all") != NULL && strstr(file, "_begin") == NULL &&
            strstr(file, "_end") == NULL && strstr(file, "prealloc") == NULL);
}

static void call_together(void) {
    static const uint32_t types[] = {GUEST_MPI_INT, GUEST_MPI_DOUBLE, GUEST_MPI_INT16_T,
                                     GUEST_MPI_UINT8_T};
    struct plan plan;
    const struct mpi_known_function *function;
    do {
        function = any_function(&shared);
    } while (!is_together(function));
    hostile.use = &hostile.all;
    int32_t count = (int32_t)draw(&shared, 8);
    uint32_t type = types[draw(&shared, 4)];
    plan_begin(&plan, function);
    for (int i = 0; i < plan.n; i++) {
        const char *kind = plan.kinds[i];
        bool is_type = strcmp(kind, "S_TYPE") == 0 || strcmp(kind, "R_TYPE") == 0;
        bool is_count = strcmp(kind, "S_COUNT") == 0 || strcmp(kind, "R_COUNT") == 0;
        plan.arguments[i] = is_type ? type : is_count ? count : good_value(&plan, i);
    }
    if (draw(&shared, 3) == 0) {
        /* The same on all ranks: what only the root looks at stays good. */
        struct plan copy = plan;
        int rank = hostile.rank;
        hostile.rank = 1;
        bool is_rooted = false;
        for (int i = 0; i < plan.n; i++) {
            is_rooted |= is_insignificant(plan.function->name, plan.kinds[i]);
        }
        if (!is_rooted) {
            spoil(&plan, &shared, false);
        } else {
            plan = copy;
        }
        hostile.rank = rank;
    } else if (is_agreed(function->name) && draw(&shared, 2) == 0) {
        spoil(&plan, &own, true);
    }
    hostile_reset(count, type);
    if (run(&plan, "together") == GUEST_MPI_SUCCESS) {
        finish(&plan);
    }
}

/* ---- callbacks ---- */

static void call_back(struct fake_guest *fake, union wasm_value *slots) {
    if (nested < NEST && draw(&own, 4) == 0) {
        nested++;
        call_alone();
        nested--;
    }
    slots[0].i64 = 0;
    if (draw(&own, 8) == 0) {
        slots[0].i32 = (int32_t)edge_value(&own);
    }
}

static uint64_t allocate(struct fake_guest *fake, uint64_t size, uint64_t alignment) {
    /* Like a broken or hostile malloc: areas overlap, or are none. */
    if (size > ALLOCATE_AT_MOST || alignment > ALLOCATE_AT_MOST) {
        return 0;
    }
    uint64_t address = draw(&own, (uint32_t)(FAKE_MEMORY_SIZE - size));
    return draw(&own, 16) == 0   ? FAKE_MEMORY_SIZE - size / 2
           : draw(&own, 16) == 0 ? address
                                 : address & ~(alignment - 1);
}

static void define_callbacks(void) {
    static const char *const signatures[] = {":iiii", "i:iiiiii", "i:iiii", ":ii",     ":iii",
                                             "i:ii",  "i:i",      "i:iii",  "i:iiiiIi"};
    for (uint32_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
        fake_guest_define(i + 1, signatures[i], call_back);
    }
}

/* ---- the run ---- */

static bool parse(int argc, char **argv) {
    for (int i = 2; i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        uint64_t value = equals != NULL ? strtoull(equals + 1, NULL, 0) : 0;
        if (starts_with(argv[i], "--seed=")) {
            options.seed = value;
        } else if (starts_with(argv[i], "--seconds=")) {
            options.seconds = (int)value;
        } else if (starts_with(argv[i], "--calls=")) {
            options.calls = value;
        } else if (starts_with(argv[i], "--from=")) {
            options.from = value;
        } else if (starts_with(argv[i], "--dir=")) {
            options.directory = equals + 1;
        } else if (starts_with(argv[i], "--skip=")) {
            options.skip = equals + 1;
        } else if (strcmp(argv[i], "--trace") == 0) {
            options.trace = true;
        } else {
            return false;
        }
    }
    return argc >= 2;
}

/* All ranks go on, or none. */
static bool go_on(time_t end) {
    struct fake_guest *fake = &hostile.fake;
    strcpy(doing, "agreeing on whether to go on");
    hostile_reset(1, GUEST_MPI_INT);
    fake_guest_store(fake, hostile.buffer,
                     options.seconds > 0 ? time(NULL) < end : number < options.calls);
    since = time(NULL);
    bool ok = FAKE_CALL(fake, "MPI_Bcast", hostile.buffer, 1, GUEST_MPI_INT, 0,
                        GUEST_MPI_COMM_WORLD) == GUEST_MPI_SUCCESS;
    since = 0;
    CHECK(ok);
    return ok && fake_guest_load(fake, hostile.buffer) != 0;
}

int main(int argc, char **argv) {
    if (!parse(argc, argv)) {
        fprintf(stderr, "hostile_fuzz PLUGIN [OPTIONS...]\n");
        return 2;
    }
    hostile_open(argv[1], options.directory);
    if (check_failures > 0) {
        return check_report();
    }
    struct fake_guest *fake = &hostile.fake;
    /* A communicator of its own: MPI_COMM_WORLD is for agreeing. */
    CHECK(FAKE_CALL(fake, "MPI_Comm_dup", GUEST_MPI_COMM_WORLD, hostile.scratch) ==
          GUEST_MPI_SUCCESS);
    hostile.all.comm = (uint32_t)fake_guest_load(fake, hostile.scratch);
    cells = fake_guest_allocate(fake, CELLS);
    define_callbacks();
    fake->allocator = allocate;
    CHECK(FAKE_CALL(fake, "MPI_Win_lock_all", 0, hostile.all.win) == GUEST_MPI_SUCCESS);
    handle_crashes();
    atexit(ended);
    pthread_t watcher;
    CHECK(pthread_create(&watcher, NULL, watch, NULL) == 0);
    time_t end = time(NULL) + options.seconds;
    for (number = options.from; number % 256 != 0 || go_on(end); number++) {
        shared.state = mix(options.seed ^ mix(number));
        own.state = mix(shared.state + 1 + (uint64_t)hostile.rank);
        switch (draw(&shared, 16)) {
        case 0:
        case 1: call_together(); break;
        case 2:
        case 3: call_remote(); break;
        case 4:
        case 5:
        case 6:
        case 7: call_refused(); break;
        default: call_alone(); break;
        }
    }
    strcpy(doing, "ending");
    since = time(NULL);
    FAKE_CALL(fake, "MPI_Win_unlock_all", hostile.all.win);
    FAKE_CALL(fake, "MPI_Barrier", GUEST_MPI_COMM_WORLD);
    since = time(NULL);
    hostile_close();
    printf("rank %d, seed %llu: %llu calls, %d accepted or failed\n", hostile.rank,
           (unsigned long long)options.seed, (unsigned long long)(number - options.from),
           check_failures);
    fflush(stdout);
    FAKE_CALL(fake, "MPI_Barrier", GUEST_MPI_COMM_WORLD);
    _exit(check_failures > 0); /* MPI is not finalized while there are sessions, as there may be */
}
