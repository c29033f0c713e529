/*
 * mpi_window.h - windows of one-sided communication. MPI 3.1, chapter 11.
 *
 * A window remembers what every rank of it offers, gathered when it was made, so that each target
 * range is checked at the origin: hosts differ in what they check, some write beyond the window,
 * some end the target. The host's windows all count in bytes; a guest's displacements are
 * translated.
 *
 * One rank alone: Open MPI 4.1 cannot make windows of one rank. The layer then keeps the window
 * itself (`alone`): operations copy at once, synchronisation is nothing (mpi_rma_alone.c).
 */
#ifndef MPIWASM_MPI_WINDOW_H
#define MPIWASM_MPI_WINDOW_H

#include "mpi/mpi_datatype.h"

/* What a rank of the window offers. */
struct mpilayer_target {
    /* Added to a displacement in bytes for the host: 0, or where a dynamic window's addresses
     * start (its linear memory), or the padding before a shared segment. */
    int64_t start;
    int64_t size; /* bytes; of a dynamic window: of the rank's linear memory, as last heard */
    int64_t unit; /* bytes a displacement counts in */
};

struct mpilayer_win {
    struct mpilayer_object object;
    MPI_Win host; /* MPI_WIN_NULL if alone */
    /* Stands for the window in calls: a hidden communicator with size, rank and error handler. */
    struct mpilayer_comm *comm;
    struct mpilayer_target *targets; /* of each rank; owned */
    bool alone;
    uint8_t *alone_base;  /* host address of displacement 0 */
    MPI_Datatype element; /* what the accumulate that is being issued consists of */
    int flavor;           /* GUEST_MPI_WIN_FLAVOR_* */
    uint32_t base;        /* the guest's address; 0: none */
    uint32_t allocated;   /* guest memory to release at the end; 0: the guest's own */
    uint32_t cells;       /* guest memory that predefined attributes point to; 0: not there yet */

    /* Dynamic: every rank's size of memory, read when an address above the last known comes. */
    MPI_Win sizes;
    uint64_t *own_size; /* what `sizes` shows of this rank; owned */

    /* Shared: where each rank's segment begins in this guest's memory; owned. */
    uint32_t *segments;
    uint64_t mapped_address, mapped_size; /* pages that lie over the guest's own */

    struct mpilayer_attributes attributes;
    struct mpilayer_info *info; /* the hints of a window that is alone; referenced; NULL: none */
    char name[GUEST_MPI_MAX_OBJECT_NAME];
};

/* Also makes it the one whose error handler gets what fails. MPI_WIN_NULL fails: MPI_ERR_WIN. */
static inline bool mpilayer_win_get(struct mpilayer_call *call, const char *argument,
                                    uint32_t handle, struct mpilayer_win **out) {
    *out = mpilayer_table_find(&call->layer->tables[MPILAYER_WIN], handle);
    if (__builtin_expect(*out == NULL, 0)) {
        return mpilayer_handle_fail(call, argument, handle, MPILAYER_WIN);
    }
    call->comm = (*out)->comm;
    return true;
}

/* GUEST_MPI_WIN_UNIFIED or _SEPARATE. */
int mpilayer_win_model(const struct mpilayer_win *win);

/* ---- arguments of one-sided operations (mpi_rma.c) ---- */

/* Assertions and types of locks, as the host has them. */
bool mpilayer_assert_get(struct mpilayer_call *call, const char *argument, int32_t assertion,
                         int *out);
bool mpilayer_lock_type_get(struct mpilayer_call *call, const char *argument, int32_t type,
                            int *out);
/* A group whose members all belong to the window. */
bool mpilayer_win_group_get(struct mpilayer_call *call, const char *argument, uint32_t handle,
                            const struct mpilayer_win *win, struct mpilayer_group **out);

/*
 * `count` elements of `type` at the guest's displacement must lie in what rank `target` (checked)
 * offers; *out is the host's displacement. MPI_ERR_DISP, MPI_ERR_RMA_RANGE.
 */
bool mpilayer_target_get(struct mpilayer_call *call, const char *argument, int32_t displacement,
                         struct mpilayer_win *win, int32_t target, int64_t count,
                         const struct mpilayer_datatype *type, MPI_Aint *out);

/*
 * Data flow from one description to another that has to have room for it (MPI_ERR_TRUNCATE). What
 * MPI gets is of the same size on both sides, as hosts trust in that: a longer `to` is shortened.
 */
bool mpilayer_transfer_check(struct mpilayer_call *call, int32_t from_count,
                             const struct mpilayer_datatype *from, int32_t *to_count,
                             const struct mpilayer_datatype *to);
bool mpilayer_transfer_check_large(struct mpilayer_call *call, int64_t from_count,
                                   const struct mpilayer_datatype *from, int64_t *to_count,
                                   const struct mpilayer_datatype *to);

/*
 * The host's operator for accumulating `from` on `to`; if there is anything to accumulate, both of
 * which have to consist of the same predefined datatype (MPI_ERR_TYPE). MPI_ERR_OP: a user's
 * operator, one that the datatype does not have, or one that the host cannot compute (long double,
 * 128-bit integers).
 */
bool mpilayer_accumulate_get(struct mpilayer_call *call, const char *argument, uint32_t op,
                             struct mpilayer_win *win, int64_t from_count,
                             struct mpilayer_datatype *from, struct mpilayer_datatype *to,
                             MPI_Op *out);
/* A datatype that MPI_Compare_and_swap takes. */
bool mpilayer_swap_type_get(struct mpilayer_call *call, const char *argument, uint32_t handle,
                            struct mpilayer_datatype **out);

/* ---- a window of one rank that the layer keeps (mpi_rma_alone.c) ---- */

/* As the host's functions, the target being this rank or MPI_PROC_NULL. */
int mpilayer_alone_Put(struct mpilayer_win *win, const void *origin, int origin_count,
                       MPI_Datatype origin_type, int target, MPI_Aint displacement,
                       int target_count, MPI_Datatype target_type);
int mpilayer_alone_Get(struct mpilayer_win *win, void *origin, int origin_count,
                       MPI_Datatype origin_type, int target, MPI_Aint displacement,
                       int target_count, MPI_Datatype target_type);
int mpilayer_alone_Accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                              MPI_Datatype origin_type, int target, MPI_Aint displacement,
                              int target_count, MPI_Datatype target_type, MPI_Op op);
int mpilayer_alone_Get_accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                                  MPI_Datatype origin_type, void *result, int result_count,
                                  MPI_Datatype result_type, int target, MPI_Aint displacement,
                                  int target_count, MPI_Datatype target_type, MPI_Op op);
int mpilayer_alone_Fetch_and_op(struct mpilayer_win *win, const void *origin, void *result,
                                MPI_Datatype type, int target, MPI_Aint displacement, MPI_Op op);
int mpilayer_alone_Compare_and_swap(const struct mpilayer_win *win, const void *origin,
                                    const void *compare, void *result, MPI_Datatype type,
                                    int target, MPI_Aint displacement);
int mpilayer_alone_Rput(struct mpilayer_win *win, const void *origin, int origin_count,
                        MPI_Datatype origin_type, int target, MPI_Aint displacement,
                        int target_count, MPI_Datatype target_type, MPI_Request *request);
int mpilayer_alone_Rget(struct mpilayer_win *win, void *origin, int origin_count,
                        MPI_Datatype origin_type, int target, MPI_Aint displacement,
                        int target_count, MPI_Datatype target_type, MPI_Request *request);
int mpilayer_alone_Raccumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                               MPI_Datatype origin_type, int target, MPI_Aint displacement,
                               int target_count, MPI_Datatype target_type, MPI_Op op,
                               MPI_Request *request);
int mpilayer_alone_Rget_accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                                   MPI_Datatype origin_type, void *result, int result_count,
                                   MPI_Datatype result_type, int target, MPI_Aint displacement,
                                   int target_count, MPI_Datatype target_type, MPI_Op op,
                                   MPI_Request *request);
int mpilayer_alone_Win_get_group(struct mpilayer_win *win, MPI_Group *group);
int mpilayer_alone_Win_test(struct mpilayer_win *win, int *flag);

/* ---- shared memory (mpi_window_shared.c) ---- */

/*
 * Make win->host a window of the host's shared memory and map that over guest memory of its own:
 * sets base, allocated, segments, mapped_*, and start of each target, whose size and unit are set
 * before. `comm` has more than one rank; `apart`: segments may lie apart. Collective; all ranks get
 * the same kind of result: MPI_SUCCESS, the host's code, or, with *failed a guest class, any.
 */
int mpilayer_win_share(struct mpilayer *layer, struct mpilayer_win *win,
                       const struct mpilayer_comm *comm, MPI_Info info, bool apart, int *failed);
/* Give the guest private pages again in place of the shared ones. After the host's window is gone.
 */
void mpilayer_win_unshare(struct mpilayer *layer, struct mpilayer_win *win);

#endif
