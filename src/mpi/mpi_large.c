/*
 * mpi_large.c - counts beyond int on hosts whose functions take ints only: datatypes of many items,
 * and operators that reduce such items piece by piece. MPI 4.1, sections 2.5.8 and 19.2.
 *
 * Reads a checked count and a datatype of the host. What it makes is freed with the call's memory.
 *
 * Deliberate limit: several blocks of one datatype of which one has more than INT_MAX items need a
 * common divisor of all their counts and displacements.
 */
#include "mpi/mpi_large.h"

#include "mpi/mpi_datatype.h"

enum { PIECE = 1 << 30 }; /* items of a part of a large datatype */

/* What one call has made. */
struct made {
    MPI_Datatype type;
    MPI_Op op;
    /* Of a reduction: what the operator does to an item. */
    MPI_Op inner_op;
    MPI_Datatype inner_type;
    int64_t count;
    MPI_Aint extent;
};

static int keyval = MPI_KEYVAL_INVALID; /* from a datatype to its struct made */

static void made_finish(struct mpilayer_block *block) {
    struct made *made = (struct made *)(void *)block->data;
    if (made->type != MPI_DATATYPE_NULL) {
        MPI_Type_free(&made->type);
    }
    if (made->op != MPI_OP_NULL) {
        MPI_Op_free(&made->op);
    }
}

static struct made *made_allocate(struct mpilayer_call *call) {
    struct made *made = mpilayer_call_allocate_with(call, sizeof *made, made_finish);
    if (made != NULL) {
        made->type = MPI_DATATYPE_NULL;
        made->op = MPI_OP_NULL;
    }
    return made;
}

static int build(int64_t count, MPI_Datatype type, MPI_Datatype *out) {
    MPI_Aint lb, extent;
    MPI_Datatype piece;
    int code = MPI_Type_get_extent(type, &lb, &extent);
    if (code != MPI_SUCCESS || (code = MPI_Type_contiguous(PIECE, type, &piece)) != MPI_SUCCESS) {
        return code;
    }
    int lengths[] = {(int)(count / PIECE), (int)(count % PIECE)};
    MPI_Aint displacements[] = {0, (MPI_Aint)(count / PIECE) * PIECE * extent};
    MPI_Datatype types[] = {piece, type}, packed;
    code = MPI_Type_create_struct(2, lengths, displacements, types, &packed);
    MPI_Type_free(&piece);
    if (code != MPI_SUCCESS) {
        return code;
    }
    /* A struct may be padded, which would keep several of them apart. */
    code = MPI_Type_create_resized(packed, lb, (MPI_Aint)count * extent, out);
    MPI_Type_free(&packed);
    return code == MPI_SUCCESS ? MPI_Type_commit(out) : code;
}

/* A datatype of `count` items, committed. */
static bool make(struct mpilayer_call *call, const char *argument, int64_t count, MPI_Datatype type,
                 struct made *made) {
    MPI_Count size = 0;
    MPI_Aint lb = 0, extent = 0;
    int code = MPI_Type_size_x(type, &size);
    if (code == MPI_SUCCESS) {
        code = MPI_Type_get_extent(type, &lb, &extent);
    }
    __int128 bytes = (__int128)count * size, span = (__int128)count * extent;
    if (code == MPI_SUCCESS && (bytes > INT64_MAX / 2 || span > INT64_MAX / 2 ||
                                span < -(INT64_MAX / 2) || count / PIECE > INT_MAX)) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, argument, "%lld is too large",
                                  (long long)count);
    }
    if (code == MPI_SUCCESS) {
        code = build(count, type, &made->type);
    }
    return code == MPI_SUCCESS ||
           mpilayer_call_fail(call, mpilayer_error_code_to_guest(code), argument,
                              "no datatype of %lld items can be made", (long long)count);
}

bool mpilayer_large_split(struct mpilayer_call *call, const char *argument, int64_t count,
                          MPI_Datatype type, struct mpilayer_large *out) {
    MPI_Count size = 0;
    out->count = 0;
    out->type = type;
    if (MPI_Type_size_x(type, &size) == MPI_SUCCESS && size == 0) {
        return true;
    }
    struct made *made = made_allocate(call);
    if (made == NULL || !make(call, argument, count, type, made)) {
        return false;
    }
    out->count = 1;
    out->type = made->type;
    return true;
}

int mpilayer_large_lowered(MPI_Datatype host, const struct mpilayer_datatype *type,
                           MPI_Datatype *out) {
    int code = MPI_Type_create_resized(host, (MPI_Aint)type->true_lb, (MPI_Aint)type->extent, out);
    return code == MPI_SUCCESS ? MPI_Type_commit(out) : code;
}

/* A datatype of the same data and extent, without bounds that leave data out; committed. */
static bool make_near(struct mpilayer_call *call, const struct mpilayer_datatype *type,
                      struct made *made) {
    const struct mpilayer_datatype *inner = type;
    while (inner->has_far_bound &&
           (inner->body != NULL || inner->recipe.combiner == GUEST_MPI_COMBINER_RESIZED)) {
        inner = inner->body != NULL ? inner->body : inner->recipe.types[0];
    }
    if (inner->has_far_bound) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, "datatype",
                                  "has a datatype inside whose data lie outside of its bounds, "
                                  "which files do not take");
    }
    int code = mpilayer_large_lowered(inner->host, type, &made->type);
    return code == MPI_SUCCESS || mpilayer_call_fail(call, mpilayer_error_code_to_guest(code),
                                                     "datatype", "cannot be made for a file");
}

bool mpilayer_items_get(struct mpilayer_call *call, const char *argument, int64_t count,
                        const struct mpilayer_datatype *type, struct mpilayer_large *out) {
    MPI_Datatype host = type->host;
    if (type->has_far_bound || (type->lb > type->true_lb && type->size > 0)) {
        struct made *made = made_allocate(call);
        if (made == NULL || !make_near(call, type, made)) {
            return false;
        }
        host = made->type;
    }
    if (count > INT_MAX) {
        return mpilayer_large_split(call, argument, count, host, out);
    }
    out->count = (int)count;
    out->type = host;
    return true;
}

/* ---- several blocks ---- */

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

bool mpilayer_large_blocks(struct mpilayer_call *call, const char *argument,
                           const MPI_Count *counts, int *displacements, int blocks,
                           MPI_Datatype *type, int **out, int *divisor) {
    int64_t most = 0, common = 0;
    *divisor = 1;
    for (int i = 0; i < blocks; i++) {
        most = counts[i] > most ? counts[i] : most;
        common = common_divisor(common, counts[i]);
        if (displacements != NULL && counts[i] > 0) {
            common = common_divisor(common, displacements[i]);
        }
    }
    *out = mpilayer_call_allocate(call, (size_t)blocks * sizeof **out);
    if (*out == NULL) {
        return false;
    }
    if (most > INT_MAX) {
        struct made *made = made_allocate(call);
        /* The least multiple that fits, as the divisor itself may be beyond int. */
        for (int64_t d = 2; d <= common && d <= 1 << 20 && *divisor == 1; d++) {
            if (common % d == 0 && most / d <= INT_MAX) {
                *divisor = (int)d;
            }
        }
        if (*divisor == 1) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, argument,
                                      "this MPI takes at most %d items in one of several blocks",
                                      INT_MAX);
        }
        if (made == NULL || MPI_Type_contiguous(*divisor, *type, &made->type) != MPI_SUCCESS ||
            MPI_Type_commit(&made->type) != MPI_SUCCESS) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, argument, "too large");
        }
        *type = made->type;
    }
    for (int i = 0; i < blocks; i++) {
        (*out)[i] = (int)(counts[i] / *divisor);
        if (displacements != NULL) {
            displacements[i] /= *divisor;
        }
    }
    return true;
}

/* ---- reductions ---- */

static void reduce(void *in, void *inout, int *length, MPI_Datatype *type) {
    struct made *made = NULL;
    int found = 0;
    if (MPI_Type_get_attr(*type, keyval, &made, &found) != MPI_SUCCESS || !found) {
        mpilayer_abort(mpilayer_current, NULL, 1, "MPI reduces items of a datatype nobody made");
    }
    int64_t total = made->count * *length;
    for (int64_t at = 0; at < total; at += PIECE) {
        int count = (int)(total - at < PIECE ? total - at : PIECE);
        MPI_Aint offset = (MPI_Aint)at * made->extent;
        if (MPI_Reduce_local((char *)in + offset, (char *)inout + offset, count, made->inner_type,
                             made->inner_op) != MPI_SUCCESS) {
            mpilayer_abort(mpilayer_current, NULL, 1, "a part of a large reduction failed");
        }
    }
}

bool mpilayer_large_reduction(struct mpilayer_call *call, const char *argument, int64_t count,
                              bool commutative, MPI_Datatype *type, MPI_Op *op) {
    MPI_Aint lb;
    struct made *made = made_allocate(call);
    if (made == NULL || !make(call, argument, count, *type, made)) {
        return false;
    }
    made->inner_type = *type;
    made->inner_op = *op;
    made->count = count;
    mpilayer_thread_alone_begin();
    if (keyval == MPI_KEYVAL_INVALID)
        MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &keyval, NULL);
    mpilayer_thread_alone_end();
    if (keyval == MPI_KEYVAL_INVALID ||
        MPI_Type_get_extent(*type, &lb, &made->extent) != MPI_SUCCESS ||
        MPI_Type_set_attr(made->type, keyval, made) != MPI_SUCCESS ||
        MPI_Op_create(reduce, commutative, &made->op) != MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, argument, "too large");
    }
    *type = made->type;
    *op = made->op;
    return true;
}
