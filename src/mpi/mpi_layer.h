/*
 * mpi_layer.h - the state of the MPI layer, a call in progress, and how a call fails.
 *
 * Every host function (written by hand, or made from mpi_functions.def by mpi_stubs.py) has the
 * same shape:
 *
 *     int32_t mpilayer_Barrier(struct mpilayer *layer, uint32_t comm) {
 *         struct mpilayer_call call;
 *         struct mpilayer_comm *comm_object;
 *         if (!mpilayer_call_begin(&call, layer, "MPI_Barrier") ||
 *             !mpilayer_comm_get(&call, "comm", comm, &comm_object)) {
 *             return mpilayer_call_raise(&call);
 *         }
 *         return mpilayer_call_return(&call, MPI_Barrier(comm_object->host));
 *     }
 *
 * Checks are functions that return false after mpilayer_call_fail; the communicator is looked up
 * first, so that later failures go to its error handler. Every way out of a host function passes
 * mpilayer_call_return or mpilayer_call_raise. Nothing of the guest's reaches MPI unchecked:
 * arrays are copied before they are checked (mpilayer_array_get).
 *
 * One layer per process, as MPI_Init is; its code runs in one thread at a time, see mpi_threads.h.
 */
#ifndef MPIWASM_MPI_LAYER_H
#define MPIWASM_MPI_LAYER_H

#include "mpi/mpi_constants.h"
#include "mpi/mpi_handles.h"
#include "mpi/mpi_lock.h"
#include "mpi_host_calls.h"
#include "runtime/host_module.h"

#include <string.h>

enum mpilayer_phase { MPILAYER_BEFORE_INIT, MPILAYER_RUNNING, MPILAYER_FINALIZED };

struct mpilayer {
    struct guest *guest;
    enum mpilayer_phase phase;
    struct mpilayer_table tables[MPILAYER_CLASS_COUNT];
    struct mpilayer_comm *world, *self;
    struct mpilayer_comm *no_file; /* stands for MPI_FILE_NULL: has its error handler */
    /* The host never ends reads without blocking that reach behind the end of a file. */
    bool reads_spin;
    struct mpilayer_names *names; /* what file names may lead to: mpi_file_name.h */
    bool self_errhandler_set; /* then errors without a communicator go to MPI_COMM_SELF's handler */
    int tag_ub;               /* of the host */
    int thread_level;         /* GUEST_MPI_THREAD_* that MPI_Init_thread gave */
    int tools;                /* calls of MPI_T_init_thread without one of MPI_T_finalize */
    int tools_level;          /* GUEST_MPI_THREAD_* that the host gave its only one */
    bool tools_started;       /* by that */
    bool legacy;              /* the guest has the first MPIWasm's handles: mpi_legacy.h */
    uint32_t parent;          /* MPI_Comm_get_parent's handle; 0: not asked for yet */
    const struct host_config *config;
    uint32_t cells;            /* guest memory, see mpilayer_cells; 0: not yet there */
    uint32_t callback_depth;   /* callbacks of the guest that run now */
    uint32_t errhandler_depth; /* error handlers among them */
    uint64_t cells_taken;      /* of MPILAYER_CELL_CALLBACK, a bit for each */
    uint64_t errhandler_cells_taken;
    struct mpilayer_buffer *buffer; /* that MPI_Buffer_attach attached; NULL: none */
    /* MPI runs for MPI_Init, for sessions, or for both. */
    bool world_begun, world_ended;
    uint64_t kept, kept_at_most; /* bytes, see mpilayer_kept_check */
    bool sessions_used;
    uint32_t sessions_open;
    int last_error; /* guest code of the last failure, and its text */
    char last_message[GUEST_MPI_MAX_ERROR_STRING];
};

/* The layer of this process: for callbacks that MPI calls without any state. */
extern struct mpilayer *mpilayer_current;

struct mpilayer_call {
    struct mpilayer *layer;
    const char *name;              /* "MPI_Send" */
    struct mpilayer_comm *comm;    /* whose error handler gets a failure; NULL: none known yet */
    struct mpilayer_block *blocks; /* mpilayer_call_allocate; freed when the call ends */
    int error;                     /* guest error class, after mpilayer_call_fail */
};

/* Report a failed check: guest error class, name of the argument ("comm"; NULL: none) and what is
 * wrong with it. Always false. */
bool mpilayer_call_fail(struct mpilayer_call *call, int error_class, const char *argument,
                        const char *format, ...) __attribute__((format(printf, 4, 5), cold));

/* Out-of-phase calls fail fatally, as MPI's do. */
bool mpilayer_call_out_of_phase(struct mpilayer_call *call) __attribute__((cold));

static inline bool mpilayer_call_begin(struct mpilayer_call *call, struct mpilayer *layer,
                                       const char *name) {
    call->layer = layer;
    call->name = name;
    call->comm = NULL;
    call->blocks = NULL;
    call->error = 0;
    return layer->phase == MPILAYER_RUNNING || mpilayer_call_out_of_phase(call);
}

/* End a call that failed in a check: through the error handler; the guest's result. */
int32_t mpilayer_call_raise(struct mpilayer_call *call) __attribute__((cold));
/* The guest's code of a failure goes to the error handler of comm (NULL: the default one), as
 * MPI_Comm_call_errhandler does. Returns it. */
int32_t mpilayer_error_dispatch(struct mpilayer *layer, struct mpilayer_comm *comm, int code);
/* End a call that the host's MPI failed with `code`. */
int32_t mpilayer_call_raise_host(struct mpilayer_call *call, int code) __attribute__((cold));
void mpilayer_blocks_free(struct mpilayer_block *blocks);

/* End a call with the host's return code: the guest's result. */
static inline int32_t mpilayer_call_return(struct mpilayer_call *call, int code) {
    if (__builtin_expect(code != MPI_SUCCESS, 0)) {
        return mpilayer_call_raise_host(call, code);
    }
    if (call->blocks != NULL) {
        mpilayer_blocks_free(call->blocks);
    }
    return GUEST_MPI_SUCCESS;
}

/* size bytes, zeroed, that live until the call ends, or, after mpilayer_request_started, until the
 * request completes. Fails with MPI_ERR_NO_MEM. */
void *mpilayer_call_allocate(struct mpilayer_call *call, size_t size);
/* The same, and finish(block) runs before the memory is freed. */
void *mpilayer_call_allocate_with(struct mpilayer_call *call, size_t size,
                                  void (*finish)(struct mpilayer_block *block));

/*
 * What a program makes the layer, or the host's MPI for what the layer gives it, keep beyond a call
 * lies outside of linear memory, whose size is no limit to it: the recipes of datatypes, arguments
 * and temporary results of what is pending, attributes, members of groups, edges of graphs. It is
 * counted, roughly, and where `bytes` more would be too much the call fails with MPI_ERR_NO_MEM.
 * As much is allowed as linear memory may have, but at least MPILAYER_KEPT_LEAST.
 */
#define MPILAYER_KEPT_LEAST ((uint64_t)1 << 26)
#define MPILAYER_KEPT_MOST ((uint64_t)1 << 32)
static inline bool mpilayer_kept_fits(const struct mpilayer *layer, uint64_t bytes) {
    return bytes <= layer->kept_at_most && layer->kept + bytes <= layer->kept_at_most;
}
bool mpilayer_kept_check(struct mpilayer_call *call, uint64_t bytes);
/* Bytes of the call's blocks. */
uint64_t mpilayer_call_bytes(const struct mpilayer_call *call);
/* Let the request that the call makes count for `bytes` more: what the host's MPI will allocate. */
bool mpilayer_call_charge(struct mpilayer_call *call, uint64_t bytes);

/* Guest <-> host error classes. An unknown one becomes MPI_ERR_OTHER. */
int mpilayer_error_class_to_guest(int host_class);
int mpilayer_error_code_to_guest(int host_code);
const char *mpilayer_error_name(int guest_class); /* "MPI_ERR_RANK"; NULL if unknown */

/* ---- guest memory ---- */

/* [address, address + size) may be read and written: MPI_ERR_ARG if not, or if address is 0 while
 * size is not. */
static inline bool mpilayer_memory_check(struct mpilayer_call *call, const char *argument,
                                         uint32_t address, uint64_t size) {
    if (__builtin_expect(
            (address == 0 && size > 0) || !guest_range_ok(call->layer->guest, address, size), 0)) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument,
                                  address == 0 ? "null pointer" : "outside the program's memory");
    }
    return true;
}

/* Unaligned is allowed. Only after a check. */
static inline void *mpilayer_pointer(const struct mpilayer *layer, uint32_t address) {
    return layer->guest->memory + address;
}
static inline int32_t mpilayer_load_i32(const struct mpilayer *layer, uint32_t address) {
    int32_t value;
    memcpy(&value, layer->guest->memory + address, sizeof value);
    return value;
}
static inline void mpilayer_store_i32(const struct mpilayer *layer, uint32_t address,
                                      int32_t value) {
    memcpy(layer->guest->memory + address, &value, sizeof value);
}
static inline void mpilayer_store_i64(const struct mpilayer *layer, uint32_t address,
                                      int64_t value) {
    memcpy(layer->guest->memory + address, &value, sizeof value);
}

/* A copy of count elements of `size` bytes at the guest's address, allocated with the call (never
 * NULL, also for count 0, when the address is not looked at). */
bool mpilayer_array_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                        int64_t count, size_t size, void *out);

/* A NUL-terminated string of less than `limit` bytes, copied into buffer[limit]. */
bool mpilayer_string_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                         char *buffer, size_t limit, int error_class);

/* A name as MPI_*_set_name takes it, cut at 127 characters; and as MPI_*_get_name gives it. */
bool mpilayer_name_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                       char name[GUEST_MPI_MAX_OBJECT_NAME]);
bool mpilayer_name_put(struct mpilayer_call *call, uint32_t address, uint32_t resultlen,
                       const char *name);

/* ---- what arguments become ---- */

static inline struct mpilayer_table *mpilayer_table_of(struct mpilayer_call *call,
                                                       enum mpilayer_class class) {
    return &call->layer->tables[class];
}

/* The failures of the lookups below, out of line. */
bool mpilayer_handle_fail(struct mpilayer_call *call, const char *argument, uint32_t handle,
                          enum mpilayer_class class) __attribute__((cold));

#define MPILAYER_DEFINE_GET(function, type, class)                                                 \
    static inline bool function(struct mpilayer_call *call, const char *argument, uint32_t handle, \
                                struct type **out) {                                               \
        *out = mpilayer_table_find(&call->layer->tables[class], handle);                           \
        return __builtin_expect(*out != NULL, 1) ||                                                \
               mpilayer_handle_fail(call, argument, handle, class);                                \
    }

MPILAYER_DEFINE_GET(mpilayer_group_get, mpilayer_group, MPILAYER_GROUP)
MPILAYER_DEFINE_GET(mpilayer_request_get, mpilayer_request, MPILAYER_REQUEST)
MPILAYER_DEFINE_GET(mpilayer_message_get, mpilayer_message, MPILAYER_MESSAGE)
MPILAYER_DEFINE_GET(mpilayer_info_get, mpilayer_info, MPILAYER_INFO)
MPILAYER_DEFINE_GET(mpilayer_errhandler_get, mpilayer_errhandler, MPILAYER_ERRHANDLER)
MPILAYER_DEFINE_GET(mpilayer_keyval_get, mpilayer_keyval, MPILAYER_KEYVAL)

/* Also makes it the call's communicator. MPI_COMM_NULL fails: MPI_ERR_COMM. */
static inline bool mpilayer_comm_get(struct mpilayer_call *call, const char *argument,
                                     uint32_t handle, struct mpilayer_comm **out) {
    *out = mpilayer_table_find(&call->layer->tables[MPILAYER_COMM], handle);
    if (__builtin_expect(*out == NULL, 0)) {
        return mpilayer_handle_fail(call, argument, handle, MPILAYER_COMM);
    }
    call->comm = *out;
    return true;
}

/* The same, for an intercommunicator: not every MPI checks that. */
static inline bool mpilayer_intercomm_get(struct mpilayer_call *call, const char *argument,
                                          uint32_t handle, struct mpilayer_comm **out) {
    return mpilayer_comm_get(call, argument, handle, out) &&
           ((*out)->inter ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_COMM, argument, "is not an intercommunicator"));
}

static inline bool mpilayer_count_check(struct mpilayer_call *call, const char *argument,
                                        int64_t count) {
    return count >= 0 || mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, argument, "negative (%lld)",
                                            (long long)count);
}

/* A rank to send to: of the communicator (the remote group if inter), or MPI_PROC_NULL. */
bool mpilayer_rank_special(struct mpilayer_call *call, const char *argument, int32_t rank,
                           bool any_source, int *out);
static inline bool mpilayer_dest_get(struct mpilayer_call *call, const char *argument, int32_t rank,
                                     const struct mpilayer_comm *comm, int *out) {
    *out = rank;
    return (uint32_t)rank < (uint32_t)comm->remote_size ||
           mpilayer_rank_special(call, argument, rank, false, out);
}
/* A rank to receive from: as above, or MPI_ANY_SOURCE. */
static inline bool mpilayer_source_get(struct mpilayer_call *call, const char *argument,
                                       int32_t rank, const struct mpilayer_comm *comm, int *out) {
    *out = rank;
    return (uint32_t)rank < (uint32_t)comm->remote_size ||
           mpilayer_rank_special(call, argument, rank, true, out);
}
/* A rank of the local group, without specials: MPI_ERR_RANK or the class given. */
static inline bool mpilayer_rank_check(struct mpilayer_call *call, const char *argument,
                                       int32_t rank, int size, int error_class) {
    return (uint32_t)rank < (uint32_t)size ||
           mpilayer_call_fail(call, error_class, argument, "%d is not in [0, %d)", rank, size);
}

bool mpilayer_tag_special(struct mpilayer_call *call, const char *argument, int32_t tag,
                          bool any_tag, int *out);
static inline bool mpilayer_sendtag_get(struct mpilayer_call *call, const char *argument,
                                        int32_t tag, int *out) {
    *out = tag;
    return (uint32_t)tag <= (uint32_t)call->layer->tag_ub ||
           mpilayer_tag_special(call, argument, tag, false, out);
}
static inline bool mpilayer_recvtag_get(struct mpilayer_call *call, const char *argument,
                                        int32_t tag, int *out) {
    *out = tag;
    return (uint32_t)tag <= (uint32_t)call->layer->tag_ub ||
           mpilayer_tag_special(call, argument, tag, true, out);
}

/* Host -> guest: ranks and tags as MPI reports them (MPI_PROC_NULL, MPI_ANY_*, MPI_UNDEFINED). */
int32_t mpilayer_rank_to_guest(int rank);
int32_t mpilayer_comparison_to_guest(int result);
int32_t mpilayer_undefined_to_guest(int value); /* MPI_UNDEFINED, else unchanged */

/* Levels of thread support; of an unknown one -1. */
int mpilayer_thread_level_to_host(int32_t level);
int32_t mpilayer_thread_level_to_guest(int level);

/* The call is a collective one on its communicator, of which a process may have one at a time (MPI
 * 4.1, section 6.1): hosts do not survive two. */
bool mpilayer_thread_collective(struct mpilayer_call *call);
static inline bool mpilayer_collective_begin(struct mpilayer_call *call) {
    return !__builtin_expect(mpilayer_is_multiple, 0) || call->comm == NULL ||
           mpilayer_thread_collective(call);
}

/* ---- new communicators and requests ---- */

/*
 * A communicator made by the host: reserve a slot and check the address of the result, let MPI
 * write to (*out)->host, then publish with the host's return code: the call's result. Publishing
 * fills in size, rank, topology, error handler (inherited from `parent`), and writes the guest's
 * handle, MPI_COMM_NULL where the host gave that; it ends the call.
 */
bool mpilayer_comm_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                           struct mpilayer_comm **out);
int32_t mpilayer_comm_publish(struct mpilayer_call *call, int code, struct mpilayer_comm *comm,
                              const struct mpilayer_comm *parent, uint32_t address);
/* As publish does, but without attributes, address and end of call: fill in from comm->host. */
void mpilayer_comm_fill(struct mpilayer *layer, struct mpilayer_comm *comm,
                        const struct mpilayer_comm *parent);

/*
 * The same for requests. mpilayer_request_started writes the guest's handle, moves the call's
 * blocks to the request (they live until it completes) and ends the call; if the host failed it
 * gives the slot back.
 */
bool mpilayer_request_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                              struct mpilayer_request **out);
int32_t mpilayer_request_started(struct mpilayer_call *call, int code,
                                 struct mpilayer_request *request, uint32_t address);
/* As started, for a persistent request, which is not active yet. */
int32_t mpilayer_request_made(struct mpilayer_call *call, int code,
                              struct mpilayer_request *request, uint32_t address);
/* The host has set request->host to MPI_REQUEST_NULL: release everything and the handle. */
void mpilayer_request_completed(struct mpilayer *layer, struct mpilayer_request *request);

/* The same for groups. */
bool mpilayer_group_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                            struct mpilayer_group **out);
int32_t mpilayer_group_publish(struct mpilayer_call *call, int code, struct mpilayer_group *group,
                               uint32_t address);

/* Drop a reference; with the last one go error handler, info and slot. */
void mpilayer_comm_release(struct mpilayer *layer, struct mpilayer_comm *comm);

/* MPI_INFO_NULL gives NULL. The host's MPI gets no info from guests. */
bool mpilayer_info_get_optional(struct mpilayer_call *call, const char *argument, uint32_t handle,
                                struct mpilayer_info **out);

/* ---- the guest's callbacks ---- */

/*
 * Guest memory of the layer's own, allocated at its first use: false if the guest has none left
 * (MPI_ERR_NO_MEM). MPILAYER_CELL_ATTRIBUTES: an int per predefined attribute;
 * MPILAYER_CELL_ERRHANDLER: a handle and a code per level of error handlers;
 * MPILAYER_CELL_CALLBACK: what other callbacks' arguments point to, 32 bytes a level;
 * MPILAYER_CELL_LEGACY: a status and its size in bytes (mpi_legacy.c).
 */
enum {
    MPILAYER_CALLBACK_DEPTH = 16,
    MPILAYER_CELL_COUNT = 64, /* threads may be in several callbacks at once */
    MPILAYER_CELL_ATTRIBUTES = 0,
    MPILAYER_CELL_ERRHANDLER = 64,
    MPILAYER_CELL_CALLBACK = MPILAYER_CELL_ERRHANDLER + 8 * MPILAYER_CELL_COUNT,
    MPILAYER_CELL_LEGACY = MPILAYER_CELL_CALLBACK + 32 * MPILAYER_CELL_COUNT,
    MPILAYER_CELL_SIZE = MPILAYER_CELL_LEGACY + 40,
};
bool mpilayer_cells(struct mpilayer_call *call);
/* A cell for a callback that begins, to be given back when it has ended, however it did; `taken` is
 * layer->cells_taken or errhandler_cells_taken. With all in use the job ends. */
uint32_t mpilayer_cell_take(struct mpilayer *layer, uint64_t *taken);
void mpilayer_cell_give(struct mpilayer *layer, uint64_t *taken, uint32_t cell);

/*
 * Call the guest's function `index` with the arguments in slots. `signature` is what it must have
 * ("i:iiii"); false: it has another type, does not exist, or trapped or exited.
 * `inside_mpi`: an MPI frame lies between (user operators): what went wrong is reported and the
 * job aborted. Else a trap or exit goes on unwinding from here and does not return.
 */
bool mpilayer_callback_call(struct mpilayer *layer, const char *what, uint32_t index,
                            const char *signature, union wasm_value *slots, bool inside_mpi);
/* The same without an end to anything: what the caller holds is given back first, then
 * mpilayer_callback_unwind goes on, and does not return. */
enum mpilayer_callback_end {
    MPILAYER_CALLBACK_RETURNED,
    MPILAYER_CALLBACK_IS_NONE, /* not of this signature: nothing was called */
    MPILAYER_CALLBACK_UNWINDS
};
enum mpilayer_callback_end mpilayer_callback_try(struct mpilayer *layer, const char *what,
                                                 uint32_t index, const char *signature,
                                                 union wasm_value *slots);
void mpilayer_callback_unwind(struct mpilayer *layer);
/* The guest's function exists and has this signature. */
bool mpilayer_callback_matches(struct mpilayer *layer, uint32_t index, const char *signature);

/* One line on stderr (with the rank), then MPI_Abort. Does not return. */
_Noreturn void mpilayer_abort(struct mpilayer *layer, struct mpilayer_comm *comm, int code,
                              const char *format, ...) __attribute__((format(printf, 4, 5), cold));

#endif
