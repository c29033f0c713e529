/*
 * mpi_rma_alone.c - one-sided operations on a window of one rank that the layer keeps itself, as
 * Open MPI 4.1 cannot make one: they copy at once, by the datatypes of both sides, which makes
 * every synchronisation complete. MPI 3.1, section 11.3.
 *
 * Reads and writes memory that was checked before. The target is this rank or MPI_PROC_NULL.
 */
#include "mpi/mpi_window.h"

#include <stdlib.h>

/* Data on their way between two descriptions. */
struct packed {
    char *bytes;
    int size;
};

static int pack(const void *from, int count, MPI_Datatype type, struct packed *packed) {
    int code = MPI_Pack_size(count, type, MPI_COMM_SELF, &packed->size), at = 0;
    packed->bytes = malloc(packed->size > 0 ? (size_t)packed->size : 1);
    if (packed->bytes == NULL) {
        return MPI_ERR_NO_MEM;
    }
    return code == MPI_SUCCESS
               ? MPI_Pack(from, count, type, packed->bytes, packed->size, &at, MPI_COMM_SELF)
               : code;
}

static int unpack(const struct packed *packed, void *to, int count, MPI_Datatype type) {
    int at = 0;
    return MPI_Unpack(packed->bytes, packed->size, &at, to, count, type, MPI_COMM_SELF);
}

static int copy(const void *from, int from_count, MPI_Datatype from_type, void *to, int to_count,
                MPI_Datatype to_type) {
    struct packed packed = {0};
    int code = pack(from, from_count, from_type, &packed);
    if (code == MPI_SUCCESS) {
        code = unpack(&packed, to, to_count, to_type);
    }
    free(packed.bytes);
    return code;
}

/* `count` elements of `type` at `from` as an array of `element`; NULL: none, or no memory. */
static void *elements(const void *from, int count, MPI_Datatype type, MPI_Datatype element,
                      int *element_count) {
    MPI_Count size, element_size;
    MPI_Aint lb, extent;
    MPI_Type_size_x(type, &size);
    MPI_Type_size_x(element, &element_size);
    MPI_Type_get_extent(element, &lb, &extent);
    *element_count = (int)(size * count / element_size);
    void *array = *element_count > 0 ? calloc((size_t)*element_count, (size_t)extent) : NULL;
    if (array != NULL && copy(from, count, type, array, *element_count, element) != MPI_SUCCESS) {
        free(array);
        return NULL;
    }
    return array;
}

int mpilayer_alone_Put(struct mpilayer_win *win, const void *origin, int origin_count,
                       MPI_Datatype origin_type, int target, MPI_Aint displacement,
                       int target_count, MPI_Datatype target_type) {
    return target < 0 ? MPI_SUCCESS
                      : copy(origin, origin_count, origin_type, win->alone_base + displacement,
                             target_count, target_type);
}

int mpilayer_alone_Get(struct mpilayer_win *win, void *origin, int origin_count,
                       MPI_Datatype origin_type, int target, MPI_Aint displacement,
                       int target_count, MPI_Datatype target_type) {
    return target < 0 ? MPI_SUCCESS
                      : copy(win->alone_base + displacement, target_count, target_type, origin,
                             origin_count, origin_type);
}

int mpilayer_alone_Accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                              MPI_Datatype origin_type, int target, MPI_Aint displacement,
                              int target_count, MPI_Datatype target_type, MPI_Op op) {
    if (target < 0 || op == MPI_NO_OP) {
        return MPI_SUCCESS;
    }
    void *at = win->alone_base + displacement;
    if (op == MPI_REPLACE) {
        return copy(origin, origin_count, origin_type, at, target_count, target_type);
    }
    int count, same_count, code = MPI_SUCCESS;
    void *values = elements(origin, origin_count, origin_type, win->element, &count);
    void *sums = elements(at, target_count, target_type, win->element, &same_count);
    if (values != NULL && sums != NULL && count == same_count) {
        code = MPI_Reduce_local(values, sums, count, win->element, op);
        if (code == MPI_SUCCESS) {
            code = copy(sums, count, win->element, at, target_count, target_type);
        }
    } else if (count > 0) {
        code = MPI_ERR_NO_MEM;
    }
    free(values);
    free(sums);
    return code;
}

int mpilayer_alone_Get_accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                                  MPI_Datatype origin_type, void *result, int result_count,
                                  MPI_Datatype result_type, int target, MPI_Aint displacement,
                                  int target_count, MPI_Datatype target_type, MPI_Op op) {
    int code = mpilayer_alone_Get(win, result, result_count, result_type, target, displacement,
                                  target_count, target_type);
    return code != MPI_SUCCESS
               ? code
               : mpilayer_alone_Accumulate(win, origin, origin_count, origin_type, target,
                                           displacement, target_count, target_type, op);
}

int mpilayer_alone_Fetch_and_op(struct mpilayer_win *win, const void *origin, void *result,
                                MPI_Datatype type, int target, MPI_Aint displacement, MPI_Op op) {
    return mpilayer_alone_Get_accumulate(win, origin, 1, type, result, 1, type, target,
                                         displacement, 1, type, op);
}

int mpilayer_alone_Compare_and_swap(const struct mpilayer_win *win, const void *origin,
                                    const void *compare, void *result, MPI_Datatype type,
                                    int target, MPI_Aint displacement) {
    int size = 0;
    if (target < 0) {
        return MPI_SUCCESS;
    }
    MPI_Type_size(type, &size); /* a number without gaps */
    uint8_t *at = win->alone_base + displacement;
    bool equal = memcmp(at, compare, (size_t)size) == 0;
    memmove(result, at, (size_t)size);
    if (equal) {
        memmove(at, origin, (size_t)size);
    }
    return MPI_SUCCESS;
}

/* A request that is complete. */
static int done(int code, MPI_Request *request) {
    return code != MPI_SUCCESS
               ? code
               : MPI_Irecv(NULL, 0, MPI_BYTE, MPI_PROC_NULL, 0, MPI_COMM_SELF, request);
}

int mpilayer_alone_Rput(struct mpilayer_win *win, const void *origin, int origin_count,
                        MPI_Datatype origin_type, int target, MPI_Aint displacement,
                        int target_count, MPI_Datatype target_type, MPI_Request *request) {
    return done(mpilayer_alone_Put(win, origin, origin_count, origin_type, target, displacement,
                                   target_count, target_type),
                request);
}

int mpilayer_alone_Rget(struct mpilayer_win *win, void *origin, int origin_count,
                        MPI_Datatype origin_type, int target, MPI_Aint displacement,
                        int target_count, MPI_Datatype target_type, MPI_Request *request) {
    return done(mpilayer_alone_Get(win, origin, origin_count, origin_type, target, displacement,
                                   target_count, target_type),
                request);
}

int mpilayer_alone_Raccumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                               MPI_Datatype origin_type, int target, MPI_Aint displacement,
                               int target_count, MPI_Datatype target_type, MPI_Op op,
                               MPI_Request *request) {
    return done(mpilayer_alone_Accumulate(win, origin, origin_count, origin_type, target,
                                          displacement, target_count, target_type, op),
                request);
}

int mpilayer_alone_Rget_accumulate(struct mpilayer_win *win, const void *origin, int origin_count,
                                   MPI_Datatype origin_type, void *result, int result_count,
                                   MPI_Datatype result_type, int target, MPI_Aint displacement,
                                   int target_count, MPI_Datatype target_type, MPI_Op op,
                                   MPI_Request *request) {
    return done(mpilayer_alone_Get_accumulate(win, origin, origin_count, origin_type, result,
                                              result_count, result_type, target, displacement,
                                              target_count, target_type, op),
                request);
}

int mpilayer_alone_Win_get_group(struct mpilayer_win *win, MPI_Group *group) {
    return MPI_Comm_group(MPI_COMM_SELF, group); /* of one rank: this one */
}

int mpilayer_alone_Win_test(struct mpilayer_win *win, int *flag) {
    *flag = 1;
    return MPI_SUCCESS;
}
