/*
 * mpi_rma.c - one-sided operations: what their arguments become, and those that the table's
 * generated functions do not cover. MPI 3.1, sections 11.3 and 11.5.
 *
 * Reads a displacement, a count and a datatype at the target; proves that no byte of them lies
 * outside what that rank offers, and gives the host's displacement. What hosts trust in is checked
 * here: both sides of a transfer have the same number of bytes, both sides of an accumulate the
 * same predefined datatype.
 */
#include "mpi/mpi_large.h"
#include "mpi/mpi_memory.h"
#include "mpi/mpi_op.h"
#include "mpi/mpi_window.h"
#include "mpi_functions.h"

#include <link.h>
#include <string.h>

#define ADDRESS_SPACE ((int64_t)1 << 32)

/* ---- assertions, locks, groups ---- */

bool mpilayer_assert_get(struct mpilayer_call *call, const char *argument, int32_t assertion,
                         int *out) {
    static const struct {
        int guest, host;
    } modes[] = {
        {GUEST_MPI_MODE_NOCHECK, MPI_MODE_NOCHECK},
        {GUEST_MPI_MODE_NOSTORE, MPI_MODE_NOSTORE},
        {GUEST_MPI_MODE_NOPUT, MPI_MODE_NOPUT},
        {GUEST_MPI_MODE_NOPRECEDE, MPI_MODE_NOPRECEDE},
        {GUEST_MPI_MODE_NOSUCCEED, MPI_MODE_NOSUCCEED},
    };
    int known = 0;
    *out = 0;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        known |= modes[i].guest;
        *out |= assertion & modes[i].guest ? modes[i].host : 0;
    }
    return (assertion & ~known) == 0 ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_ASSERT, argument, "0x%x is not an assertion",
                              (unsigned)assertion);
}

bool mpilayer_lock_type_get(struct mpilayer_call *call, const char *argument, int32_t type,
                            int *out) {
    *out = type == GUEST_MPI_LOCK_EXCLUSIVE ? MPI_LOCK_EXCLUSIVE : MPI_LOCK_SHARED;
    return type == GUEST_MPI_LOCK_EXCLUSIVE || type == GUEST_MPI_LOCK_SHARED ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_LOCKTYPE, argument, "%d is not a type of lock",
                              type);
}

bool mpilayer_win_group_get(struct mpilayer_call *call, const char *argument, uint32_t handle,
                            const struct mpilayer_win *win, struct mpilayer_group **out) {
    if (!mpilayer_group_get(call, argument, handle, out)) {
        return false;
    }
    int n = (*out)->size;
    if (win->alone || n == 0) {
        return true;
    }
    int *ranks = mpilayer_call_allocate(call, 2 * (size_t)n * sizeof *ranks);
    MPI_Group group;
    if (ranks == NULL) {
        return false;
    }
    if (MPI_Win_get_group(win->host, &group) != MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_WIN, NULL, "the window has no group");
    }
    for (int i = 0; i < n; i++) {
        ranks[i] = i;
    }
    int code = MPI_Group_translate_ranks((*out)->host, n, ranks, group, ranks + n);
    MPI_Group_free(&group);
    for (int i = n; i < 2 * n; i++) {
        if (code != MPI_SUCCESS || ranks[i] == MPI_UNDEFINED) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_GROUP, argument,
                                      "not all members belong to the window");
        }
    }
    return true;
}

/* ---- target ranges ---- */

/* How much linear memory the rank has now; it never gets less. */
static bool hear_size(struct mpilayer_win *win, int32_t target) {
    uint64_t size = 0;
    if (win->sizes == MPI_WIN_NULL ||
        MPI_Get(&size, 1, MPI_UINT64_T, target, 0, 1, MPI_UINT64_T, win->sizes) != MPI_SUCCESS ||
        MPI_Win_flush(target, win->sizes) != MPI_SUCCESS) {
        return false;
    }
    win->targets[target].size = (int64_t)size;
    return true;
}

bool mpilayer_target_get(struct mpilayer_call *call, const char *argument, int32_t displacement,
                         struct mpilayer_win *win, int32_t target, int64_t count,
                         const struct mpilayer_datatype *type, MPI_Aint *out) {
    *out = 0;
    if (target < 0) { /* MPI_PROC_NULL */
        return true;
    }
    struct mpilayer_target *rank = &win->targets[target];
    struct mpilayer_span span = mpilayer_span_of(type, count);
    bool dynamic = win->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC;
    int64_t at = displacement * rank->unit;
    if (dynamic) {
        /* An address. MPI_BOTTOM with addresses of 2 GiB and more in the datatype, all of them
         * negative there: see mpi_memory.h. */
        at = (uint32_t)displacement;
        if (at == 0 && span.low < 0 && span.high <= 0) {
            at = ADDRESS_SPACE;
        }
    } else if (displacement < 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_DISP, argument, "negative (%d)",
                                  displacement);
    }
    if (span.low != span.high) {
        __int128 low = span.low + at, high = span.high + at;
        if (dynamic && target == win->comm->rank) {
            rank->size = (int64_t)*call->layer->guest->memory_size;
        } else if (dynamic && high > rank->size && high <= ADDRESS_SPACE &&
                   !hear_size(win, target)) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_OTHER, argument,
                                      "rank %d does not tell the size of its memory", target);
        }
        if (low < 0 || high > rank->size) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_RMA_RANGE, argument,
                                      "bytes %lld to %lld are not in the %lld that rank %d offers",
                                      (long long)low, (long long)high, (long long)rank->size,
                                      target);
        }
    }
    *out = (MPI_Aint)(rank->start + at);
    return true;
}

bool mpilayer_transfer_check_large(struct mpilayer_call *call, int64_t from_count,
                                   const struct mpilayer_datatype *from, int64_t *to_count,
                                   const struct mpilayer_datatype *to) {
    __int128 from_bytes = (__int128)from_count * from->size;
    __int128 to_bytes = (__int128)*to_count * to->size;
    if (from_bytes == to_bytes) {
        return true;
    }
    if (from_bytes > to_bytes) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TRUNCATE, NULL,
                                  "%lld bytes are to go where there is room for %lld",
                                  (long long)from_bytes, (long long)to_bytes);
    }
    if (from_bytes % to->size != 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, NULL,
                                  "%lld bytes are no whole number of elements of %lld",
                                  (long long)from_bytes, (long long)to->size);
    }
    *to_count = (int64_t)(from_bytes / to->size);
    return true;
}

bool mpilayer_transfer_check(struct mpilayer_call *call, int32_t from_count,
                             const struct mpilayer_datatype *from, int32_t *to_count,
                             const struct mpilayer_datatype *to) {
    int64_t count = *to_count;
    if (!mpilayer_transfer_check_large(call, from_count, from, &count, to)) {
        return false;
    }
    *to_count = (int32_t)count; /* not more than it was */
    return true;
}

/* ---- accumulates ---- */

/* The one predefined datatype that it consists of; NULL: several, or none. */
static const struct mpilayer_basic *sole_of(struct mpilayer_datatype *type) {
    if (type->basic != NULL || type->sole_known) {
        return type->basic != NULL ? type->basic : type->sole;
    }
    const struct mpilayer_basic *sole = NULL;
    int64_t count = mpilayer_datatype_run_count(type);
    for (int64_t i = 0; i < count; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        if (run.length == 0 || run.child->size == 0) {
            continue;
        }
        const struct mpilayer_basic *child = sole_of(run.child);
        if (child == NULL || (sole != NULL && sole != child)) {
            sole = NULL;
            break;
        }
        sole = child;
    }
    type->sole = sole;
    type->sole_known = true;
    return sole;
}

bool mpilayer_accumulate_get(struct mpilayer_call *call, const char *argument, uint32_t op,
                             struct mpilayer_win *win, int64_t from_count,
                             struct mpilayer_datatype *from, struct mpilayer_datatype *to,
                             MPI_Op *out) {
    struct mpilayer_op *object;
    if (!mpilayer_op_get(call, argument, op, &object)) {
        return false;
    }
    if (!object->predefined) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument,
                                  "only predefined operators are allowed here");
    }
    *out = object->host;
    const struct mpilayer_basic *basic = sole_of(to);
    if (from_count == 0 || from->size == 0) {
        win->element = MPI_BYTE; /* nothing to compute */
        return true;
    }
    if (basic == NULL || sole_of(from) == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, NULL,
                                  "a datatype of several predefined datatypes");
    }
    win->element = mpilayer_datatype_predefined(basic->handle)->host;
    if (win->element != mpilayer_datatype_predefined(sole_of(from)->handle)->host) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, NULL, "%s does not go on %s",
                                  sole_of(from)->name, basic->name);
    }
    if (op == GUEST_MPI_REPLACE || op == GUEST_MPI_NO_OP) {
        return true;
    }
    MPI_Op own;
    bool logical = op == GUEST_MPI_LAND || op == GUEST_MPI_LOR || op == GUEST_MPI_LXOR;
    if (logical && (basic->meaning == MPILAYER_FLOAT || basic->meaning == MPILAYER_COMPLEX)) {
        /* Some hosts reduce these, but have the target compute what it cannot. */
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument,
                                  "the operator does not take %s in a window", basic->name);
    }
    if (!mpilayer_op_takes(op, basic->meaning) || !mpilayer_op_of_carrier(op, basic, &own)) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument, "the operator does not take %s",
                                  basic->name);
    }
    if (own != MPI_OP_NULL) {
        /* The host has no such number, and would take an operator of ours for a user's. */
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument,
                                  "%s can be replaced and fetched, not computed, in a window",
                                  basic->name);
    }
    return true;
}

bool mpilayer_swap_type_get(struct mpilayer_call *call, const char *argument, uint32_t handle,
                            struct mpilayer_datatype **out) {
    if (!mpilayer_datatype_get(call, argument, handle, out)) {
        return false;
    }
    const struct mpilayer_basic *basic = (*out)->basic;
    bool suits = basic != NULL && basic->repeat == 1 && basic->first != MPILAYER_I128;
    switch (suits ? basic->meaning : MPILAYER_MARKER) {
    case MPILAYER_INTEGER:
    case MPILAYER_ADDRESS:
    case MPILAYER_LOGICAL:
    case MPILAYER_CHARACTER:
    case MPILAYER_BYTES: return true;
    default:
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, argument,
                                  "integers, logicals and bytes can be compared and swapped");
    }
}

/* ---- fetching operations ---- */

struct fetching {
    struct mpilayer_win *win;
    struct mpilayer_datatype *origin_type, *result_type, *target_type;
    void *origin, *result;
    int target;
    MPI_Aint displacement;
    MPI_Op op;
    struct mpilayer_large from, into, at; /* origin, result, target, as the host takes them */
};

/* Check and translate; MPI_NO_OP does not look at the origin's arguments. */
static bool fetching_get(struct mpilayer_call *call, struct fetching *f, uint32_t origin_addr,
                         int64_t origin_count, uint32_t origin_datatype, uint32_t result_addr,
                         int64_t result_count, uint32_t result_datatype, int32_t target_rank,
                         int32_t target_disp, int64_t target_count, uint32_t target_datatype,
                         uint32_t op, uint32_t win) {
    bool reads = op != GUEST_MPI_NO_OP;
    if (!mpilayer_win_get(call, "win", win, &f->win) ||
        !mpilayer_datatype_get(call, "target_datatype", target_datatype, &f->target_type) ||
        !mpilayer_datatype_get(call, "result_datatype", result_datatype, &f->result_type) ||
        !mpilayer_count_check(call, "target_count", target_count) ||
        !mpilayer_count_check(call, "result_count", result_count) ||
        !mpilayer_dest_get(call, "target_rank", target_rank, call->comm, &f->target)) {
        return false;
    }
    f->origin = call->layer->guest->memory;
    f->origin_type = f->target_type;
    if (!reads) {
        origin_count = 0;
    } else if (!mpilayer_datatype_get(call, "origin_datatype", origin_datatype, &f->origin_type) ||
               !mpilayer_count_check(call, "origin_count", origin_count) ||
               !mpilayer_buffer_get(call, "origin_addr", origin_addr, origin_count, &f->origin_type,
                                    &f->origin)) {
        return false;
    }
    int64_t exactly = target_count;
    if (!mpilayer_buffer_get(call, "result_addr", result_addr, result_count, &f->result_type,
                             &f->result) ||
        !mpilayer_target_get(call, "target_disp", target_disp, f->win, target_rank, target_count,
                             f->target_type, &f->displacement) ||
        (reads && !mpilayer_transfer_check_large(call, origin_count, f->origin_type, &exactly,
                                                 f->target_type)) ||
        !mpilayer_transfer_check_large(call, target_count, f->target_type, &result_count,
                                       f->result_type)) {
        return false;
    }
    if (exactly != target_count) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, "origin_count",
                                  "fewer elements than at the target");
    }
    return mpilayer_accumulate_get(call, "op", op, f->win, reads ? origin_count : target_count,
                                   f->origin_type, f->target_type, &f->op) &&
           mpilayer_large_get(call, "origin_count", origin_count, f->origin_type->host, &f->from) &&
           mpilayer_large_get(call, "result_count", result_count, f->result_type->host, &f->into) &&
           mpilayer_large_get(call, "target_count", target_count, f->target_type->host, &f->at);
}

static int32_t get_accumulate(struct mpilayer *layer, const char *name, uint32_t origin_addr,
                              int64_t origin_count, uint32_t origin_datatype, uint32_t result_addr,
                              int64_t result_count, uint32_t result_datatype, int32_t target_rank,
                              int32_t target_disp, int64_t target_count, uint32_t target_datatype,
                              uint32_t op, uint32_t win) {
    struct mpilayer_call call;
    struct fetching f;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !fetching_get(&call, &f, origin_addr, origin_count, origin_datatype, result_addr,
                      result_count, result_datatype, target_rank, target_disp, target_count,
                      target_datatype, op, win)) {
        return mpilayer_call_raise(&call);
    }
    int code =
        f.win->alone
            ? mpilayer_alone_Get_accumulate(f.win, f.origin, (int)f.from.count, f.from.type,
                                            f.result, (int)f.into.count, f.into.type, f.target,
                                            f.displacement, (int)f.at.count, f.at.type, f.op)
            : MPILAYER_LARGE(Get_accumulate)(f.origin, f.from.count, f.from.type, f.result,
                                             f.into.count, f.into.type, f.target, f.displacement,
                                             f.at.count, f.at.type, f.op, f.win->host);
    return mpilayer_call_return(&call, code);
}

static int32_t rget_accumulate(struct mpilayer *layer, const char *name, uint32_t origin_addr,
                               int64_t origin_count, uint32_t origin_datatype, uint32_t result_addr,
                               int64_t result_count, uint32_t result_datatype, int32_t target_rank,
                               int32_t target_disp, int64_t target_count, uint32_t target_datatype,
                               uint32_t op, uint32_t win, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    struct fetching f;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !fetching_get(&call, &f, origin_addr, origin_count, origin_datatype, result_addr,
                      result_count, result_datatype, target_rank, target_disp, target_count,
                      target_datatype, op, win) ||
        !mpilayer_request_reserve(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    int code = f.win->alone
                   ? mpilayer_alone_Rget_accumulate(f.win, f.origin, (int)f.from.count, f.from.type,
                                                    f.result, (int)f.into.count, f.into.type,
                                                    f.target, f.displacement, (int)f.at.count,
                                                    f.at.type, f.op, &object->host)
                   : MPILAYER_LARGE(Rget_accumulate)(f.origin, f.from.count, f.from.type, f.result,
                                                     f.into.count, f.into.type, f.target,
                                                     f.displacement, f.at.count, f.at.type, f.op,
                                                     f.win->host, &object->host);
    return mpilayer_request_started(&call, code, object, request);
}

int32_t mpilayer_Get_accumulate(struct mpilayer *layer, uint32_t origin_addr, int32_t origin_count,
                                uint32_t origin_datatype, uint32_t result_addr,
                                int32_t result_count, uint32_t result_datatype, int32_t target_rank,
                                int32_t target_disp, int32_t target_count, uint32_t target_datatype,
                                uint32_t op, uint32_t win) {
    return get_accumulate(layer, "MPI_Get_accumulate", origin_addr, origin_count, origin_datatype,
                          result_addr, result_count, result_datatype, target_rank, target_disp,
                          target_count, target_datatype, op, win);
}

int32_t mpilayer_Get_accumulate_c(struct mpilayer *layer, uint32_t origin_addr,
                                  int64_t origin_count, uint32_t origin_datatype,
                                  uint32_t result_addr, int64_t result_count,
                                  uint32_t result_datatype, int32_t target_rank,
                                  int32_t target_disp, int64_t target_count,
                                  uint32_t target_datatype, uint32_t op, uint32_t win) {
    return get_accumulate(layer, "MPI_Get_accumulate_c", origin_addr, origin_count, origin_datatype,
                          result_addr, result_count, result_datatype, target_rank, target_disp,
                          target_count, target_datatype, op, win);
}

int32_t mpilayer_Rget_accumulate(struct mpilayer *layer, uint32_t origin_addr, int32_t origin_count,
                                 uint32_t origin_datatype, uint32_t result_addr,
                                 int32_t result_count, uint32_t result_datatype,
                                 int32_t target_rank, int32_t target_disp, int32_t target_count,
                                 uint32_t target_datatype, uint32_t op, uint32_t win,
                                 uint32_t request) {
    return rget_accumulate(layer, "MPI_Rget_accumulate", origin_addr, origin_count, origin_datatype,
                           result_addr, result_count, result_datatype, target_rank, target_disp,
                           target_count, target_datatype, op, win, request);
}

int32_t mpilayer_Rget_accumulate_c(struct mpilayer *layer, uint32_t origin_addr,
                                   int64_t origin_count, uint32_t origin_datatype,
                                   uint32_t result_addr, int64_t result_count,
                                   uint32_t result_datatype, int32_t target_rank,
                                   int32_t target_disp, int64_t target_count,
                                   uint32_t target_datatype, uint32_t op, uint32_t win,
                                   uint32_t request) {
    return rget_accumulate(layer, "MPI_Rget_accumulate_c", origin_addr, origin_count,
                           origin_datatype, result_addr, result_count, result_datatype, target_rank,
                           target_disp, target_count, target_datatype, op, win, request);
}

/* Whether the host has the operator for the datatype: Open MPI does not look there, as it does in
 * its other accumulates, and calls the function that it has not got. */
static bool can_fetch(struct mpilayer_call *call, const struct fetching *f) {
#ifdef OPEN_MPI
    char from[64] = {0}, to[64] = {0};
    return f->op == MPI_REPLACE || f->op == MPI_NO_OP ||
           MPI_Reduce_local(from, to, 0, f->target_type->host, f->op) == MPI_SUCCESS ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_OP, "op", "not an operator of the datatype");
#else
    return true;
#endif
}

int32_t mpilayer_Fetch_and_op(struct mpilayer *layer, uint32_t origin_addr, uint32_t result_addr,
                              uint32_t datatype, int32_t target_rank, int32_t target_disp,
                              uint32_t op, uint32_t win) {
    struct mpilayer_call call;
    struct fetching f;
    if (!mpilayer_call_begin(&call, layer, "MPI_Fetch_and_op") ||
        !fetching_get(&call, &f, origin_addr, 1, datatype, result_addr, 1, datatype, target_rank,
                      target_disp, 1, datatype, op, win)) {
        return mpilayer_call_raise(&call);
    }
    if (f.target_type->basic == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_TYPE, "datatype", "not a predefined datatype");
        return mpilayer_call_raise(&call);
    }
    if (!f.win->alone && !can_fetch(&call, &f)) {
        return mpilayer_call_raise(&call);
    }
    int code = f.win->alone
                   ? mpilayer_alone_Fetch_and_op(f.win, f.origin, f.result, f.target_type->host,
                                                 f.target, f.displacement, f.op)
                   : MPI_Fetch_and_op(f.origin, f.result, f.target_type->host, f.target,
                                      f.displacement, f.op, f.win->host);
    return mpilayer_call_return(&call, code);
}

/* ---- compare and swap ---- */

#ifdef OPEN_MPI
static int note_component(struct dl_phdr_info *object, size_t size, void *user) {
    static const char *const names[] = {"/mca_btl_vader.", "/mca_osc_rdma.", "/mca_osc_ucx.",
                                        "/mca_btl_openib", "/mca_btl_ugni.", "/mca_btl_uct."};
    const char *file = strrchr(object->dlpi_name, '/');
    for (size_t i = 0; file != NULL && i < sizeof names / sizeof names[0]; i++) {
        *(int *)user |= strncmp(file, names[i], strlen(names[i])) == 0 ? 1 << i : 0;
    }
    return 0;
}

/*
 * Open MPI 4.1 crashes where a rank compares and swaps 8 bytes of its own: its osc/rdma asks a
 * transport for that which does not reach the rank itself, vader, if none is there for networks.
 */
static bool cannot_swap_own(const struct mpilayer_win *win, int target, int size) {
    static int components = -1; /* as they are once there is a window */
    if (target != win->comm->rank || size != 8 || win->flavor == GUEST_MPI_WIN_FLAVOR_SHARED) {
        return false;
    }
    if (components < 0) {
        components = 0;
        dl_iterate_phdr(note_component, &components);
    }
    return components == 3;
}

/*
 * With an instruction of the processor, which the other ranks of the node are served with as well.
 * The host reads the number first, which tells whether there is an epoch and waits for whoever
 * changes it in more steps than one.
 */
static int swap_own(const struct mpilayer_win *win, const void *origin, const void *compare,
                    void *result, MPI_Datatype type, int target, MPI_Aint displacement) {
    int64_t old, new;
    void *base = NULL;
    int flag = 0;
    int code = MPI_Fetch_and_op(NULL, &old, type, target, displacement, MPI_NO_OP, win->host);
    if (code == MPI_SUCCESS && win->flavor != GUEST_MPI_WIN_FLAVOR_DYNAMIC) {
        code = MPI_Win_get_attr(win->host, MPI_WIN_BASE, &base, &flag);
    }
    if (code != MPI_SUCCESS) {
        return code;
    }
    uint8_t *at = (uint8_t *)base + displacement;
    memcpy(&old, compare, sizeof old);
    memcpy(&new, origin, sizeof new);
    if ((uintptr_t)at % sizeof old == 0) {
        __atomic_compare_exchange_n((int64_t *)(void *)at, &old, new, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST);
    } else { /* nobody could do it at once */
        bool equal = memcmp(at, &old, sizeof old) == 0;
        memcpy(&old, at, sizeof old);
        if (equal) {
            memcpy(at, &new, sizeof new);
        }
    }
    memcpy(result, &old, sizeof old);
    return MPI_SUCCESS;
}
#endif

static int swap(const struct mpilayer_win *win, const void *origin, const void *compare,
                void *result, const struct mpilayer_datatype *type, int target,
                MPI_Aint displacement) {
    if (win->alone) {
        return mpilayer_alone_Compare_and_swap(win, origin, compare, result, type->host, target,
                                               displacement);
    }
#ifdef OPEN_MPI
    if (cannot_swap_own(win, target, (int)type->size)) {
        return swap_own(win, origin, compare, result, type->host, target, displacement);
    }
#endif
    return MPI_Compare_and_swap(origin, compare, result, type->host, target, displacement,
                                win->host);
}

int32_t mpilayer_Compare_and_swap(struct mpilayer *layer, uint32_t origin_addr,
                                  uint32_t compare_addr, uint32_t result_addr, uint32_t datatype,
                                  int32_t target_rank, int32_t target_disp, uint32_t win) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    struct mpilayer_datatype *type;
    void *origin, *compare, *result;
    MPI_Aint displacement;
    int target;
    if (!mpilayer_call_begin(&call, layer, "MPI_Compare_and_swap") ||
        !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_swap_type_get(&call, "datatype", datatype, &type) ||
        !mpilayer_dest_get(&call, "target_rank", target_rank, call.comm, &target) ||
        !mpilayer_buffer_get(&call, "origin_addr", origin_addr, 1, &type, &origin) ||
        !mpilayer_buffer_get(&call, "compare_addr", compare_addr, 1, &type, &compare) ||
        !mpilayer_buffer_get(&call, "result_addr", result_addr, 1, &type, &result) ||
        !mpilayer_target_get(&call, "target_disp", target_disp, object, target_rank, 1, type,
                             &displacement)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call,
                                swap(object, origin, compare, result, type, target, displacement));
}
