/*
 * mpi_op.c - operators: MPI_Op_create and its like, and what MPI gets for an operator.
 *
 * MPI calls a user operator with pointers of which some lie in linear memory and some in buffers of
 * its own. The former become offsets; the latter are copied to scratch memory of the guest, piece
 * by piece, and the result back. Each guest function has a host function of its own (a thunk), as
 * MPI passes nothing else that would tell which operator it calls. MPI 4.1, section 6.9.5.
 *
 * What goes wrong in a callback ends the job: no unwinding through MPI's frames.
 */
#include "mpi/mpi_op.h"

#include "mpi/mpi_legacy.h"
#include "mpi/mpi_memory.h"
#include "mpi_functions.h"

#include <stdlib.h>

enum {
    THUNK_COUNT = 256,
    SCRATCH_PIECE = 1 << 20, /* bytes of a piece, at least one element */
    SCRATCH_ALIGNMENT = 16,
};

/* A guest function that operators use; index and use count. */
static struct thunk {
    uint32_t function;
    uint32_t uses; /* 0: free */
    const char *signature;
} thunks[THUNK_COUNT];

/* The guest's scratch memory; kept from call to call. */
static struct scratch {
    uint32_t address; /* 0: none */
    uint64_t size;
} spare_scratch;

/* ---- calling the guest ---- */

struct reduction_call {
    struct mpilayer *layer;
    struct thunk *thunk;
    uint32_t cell; /* length and datatype handle */
};

/* in and inout are guest addresses of the first element (which data may precede). */
static void call_guest(const struct reduction_call *reduction, uint32_t in, uint32_t inout,
                       int32_t length, uint32_t type_handle) {
    struct mpilayer *layer = reduction->layer;
    union wasm_value slots[4];
    uint32_t type_cell = reduction->cell + 8;
    mpilayer_store_i64(layer, reduction->cell, length); /* an int, too: little-endian */
    mpilayer_store_i32(
        layer, type_cell,
        (int32_t)(layer->legacy ? mpilayer_legacy_datatype_back(type_handle) : type_handle));
    slots[0].i32 = in;
    slots[1].i32 = inout;
    slots[2].i32 = reduction->cell;
    slots[3].i32 = type_cell;
    mpilayer_callback_call(layer, "reduction operator", reduction->thunk->function,
                           reduction->thunk->signature, slots, true);
}

static bool inside(const struct mpilayer *layer, const uint8_t *pointer,
                   const struct mpilayer_span *span) {
    __int128 offset = (__int128)(uintptr_t)pointer - (uintptr_t)layer->guest->memory;
    return offset + span->low >= 0 && offset + span->high <= *layer->guest->memory_size;
}

static uint32_t offset_of(const struct mpilayer *layer, const uint8_t *pointer) {
    return (uint32_t)((uintptr_t)pointer - (uintptr_t)layer->guest->memory);
}

/* The one that is kept, or, while another thread has it, a new one. */
static struct scratch scratch_take(struct mpilayer *layer, uint64_t size) {
    struct scratch scratch = spare_scratch;
    spare_scratch = (struct scratch){0, 0};
    if (scratch.size < size) {
        if (scratch.address) mpilayer_guest_release(layer, scratch.address);
        uint64_t address = mpilayer_guest_allocate(layer, size, SCRATCH_ALIGNMENT);
        if (address == 0)
            mpilayer_abort(layer, NULL, 1,
                           "a reduction operator needs %llu bytes of scratch memory, which the "
                           "program's allocator does not have",
                           (unsigned long long)size);
        spare_scratch = (struct scratch){0, 0};
    }
    return scratch;
}

static void scratch_give(struct mpilayer *layer, struct scratch scratch) {
    struct scratch other = spare_scratch;
    spare_scratch = scratch;
    if (other.address) mpilayer_guest_release(layer, other.address);
}

/* Some pointer lies outside of linear memory: go through scratch, a piece at a time. */
static void reduce_pieces(const struct reduction_call *reduction, uint8_t *in, bool in_inside,
                          uint8_t *inout, bool inout_inside, int32_t length,
                          const struct mpilayer_datatype *type) {
    struct mpilayer *layer = reduction->layer;
    int64_t extent = type->extent > 0 ? type->extent : -type->extent;
    int64_t most = extent > 0 ? SCRATCH_PIECE / extent : length;
    if (most < 1) most = 1;
    for (int64_t done = 0; done < length; done += most) {
        int32_t count = (int32_t)(length - done < most ? length - done : most);
        struct mpilayer_span span = mpilayer_span_of(type, count);
        uint64_t bytes = (uint64_t)(span.high - span.low);
        uint64_t area = (bytes + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
        struct scratch scratch = scratch_take(layer, 2 * area);
        uint32_t space = scratch.address;
        uint8_t *from = in + done * type->extent, *to = inout + done * type->extent;
        int64_t low = (int64_t)span.low;
        uint32_t from_address = in_inside ? offset_of(layer, from) : space - (uint32_t)low;
        uint32_t to_address =
            inout_inside ? offset_of(layer, to) : space + (uint32_t)area - (uint32_t)low;
        if (!in_inside) memcpy(layer->guest->memory + space, from + low, bytes);
        if (!inout_inside) memcpy(layer->guest->memory + space + area, to + low, bytes);
        call_guest(reduction, from_address, to_address, count, type->first_handle);
        if (!inout_inside) memcpy(to + low, layer->guest->memory + space + area, bytes);
        scratch_give(layer, scratch);
    }
}

static void thunk_run(int index, void *in, void *inout, int *length, MPI_Datatype *host_type) {
    struct mpilayer *layer = mpilayer_current;
    struct reduction_call reduction = {layer, &thunks[index], 0};
    if (!layer->guest->operations->is_running(layer->guest))
        mpilayer_abort(layer, NULL, 1,
                       "MPI runs a reduction operator on a thread of its own (asynchronous "
                       "progress), where the program cannot run");
    bool taken = mpilayer_inside_begin();
    struct mpilayer_datatype *type = mpilayer_datatype_of_host(*host_type);
    if (!type)
        mpilayer_abort(layer, NULL, 1, "MPI calls a reduction operator with an unknown datatype");
    reduction.cell = mpilayer_cell_take(layer, &layer->cells_taken);

    /* A datatype freed since the reduction began has its handle again for the callback. The
     * callback may free it, and make another in its place: what counts here is how it was. */
    const struct mpilayer_datatype layout = *type;
    if (layout.object.handle == 0) {
        mpilayer_datatype_reference(type); /* the handle's, as the callback may free it */
        mpilayer_object_show(&type->object, layout.first_handle);
    }
    struct mpilayer_span span = mpilayer_span_of(&layout, *length);
    bool in_inside = inside(layer, in, &span), inout_inside = inside(layer, inout, &span);
    if (in_inside && inout_inside)
        call_guest(&reduction, offset_of(layer, in), offset_of(layer, inout), *length,
                   layout.first_handle);
    else
        reduce_pieces(&reduction, in, in_inside, inout, inout_inside, *length, &layout);
    if (layout.object.handle == 0 && type->object.handle == layout.first_handle) {
        mpilayer_object_hide(&type->object);
        mpilayer_datatype_release(type);
    }
    mpilayer_cell_give(layer, &layer->cells_taken, reduction.cell);
    mpilayer_inside_end(taken);
}

/* thunk_0 .. thunk_255 */
#define THUNK(n)                                                                                   \
    static void thunk_##n(void *in, void *inout, int *length, MPI_Datatype *type) {                \
        thunk_run(0x##n, in, inout, length, type);                                                 \
    }
/* clang-format off */
#define THUNKS_16(h, X)                                                                           \
    X(h##0) X(h##1) X(h##2) X(h##3)                                                               \
    X(h##4) X(h##5) X(h##6) X(h##7)                                                               \
    X(h##8) X(h##9) X(h##a) X(h##b)                                                               \
    X(h##c) X(h##d) X(h##e) X(h##f)
#define THUNKS(X)                                                                                 \
    THUNKS_16(0, X) THUNKS_16(1, X) THUNKS_16(2, X) THUNKS_16(3, X)                               \
    THUNKS_16(4, X) THUNKS_16(5, X) THUNKS_16(6, X) THUNKS_16(7, X)                               \
    THUNKS_16(8, X) THUNKS_16(9, X) THUNKS_16(a, X) THUNKS_16(b, X)                               \
    THUNKS_16(c, X) THUNKS_16(d, X) THUNKS_16(e, X) THUNKS_16(f, X)
/* clang-format on */
THUNKS(THUNK)

static MPI_User_function *const thunk_functions[THUNK_COUNT] = {
#define THUNK_NAME(n) thunk_##n,
    THUNKS(THUNK_NAME)};

/* ---- objects ---- */

/* Operators on the same function share a thunk. -1: all are in use. */
static int thunk_take(uint32_t function, const char *signature) {
    int free_one = -1;
    for (int i = 0; i < THUNK_COUNT; i++) {
        if (thunks[i].uses > 0 && thunks[i].function == function) {
            thunks[i].uses++;
            return i;
        }
        if (thunks[i].uses == 0 && free_one < 0) free_one = i;
    }
    if (free_one >= 0) thunks[free_one] = (struct thunk){function, 1, signature};
    return free_one;
}

void mpilayer_op_release(struct mpilayer_op *op) {
    struct mpilayer_table *table = &mpilayer_current->tables[MPILAYER_OP];
    if (op->predefined || !mpilayer_object_release(table, &op->object)) return;
    thunks[op->thunk].uses--;
    MPI_Op_free(&op->host);
}

bool mpilayer_ops_start(struct mpilayer *layer) {
    static const struct {
        uint32_t handle;
        MPI_Op host;
    } *row, rows[] = {
                {GUEST_MPI_SUM, MPI_SUM},         {GUEST_MPI_MIN, MPI_MIN},
                {GUEST_MPI_MAX, MPI_MAX},         {GUEST_MPI_PROD, MPI_PROD},
                {GUEST_MPI_BAND, MPI_BAND},       {GUEST_MPI_BOR, MPI_BOR},
                {GUEST_MPI_BXOR, MPI_BXOR},       {GUEST_MPI_LAND, MPI_LAND},
                {GUEST_MPI_LOR, MPI_LOR},         {GUEST_MPI_LXOR, MPI_LXOR},
                {GUEST_MPI_MINLOC, MPI_MINLOC},   {GUEST_MPI_MAXLOC, MPI_MAXLOC},
                {GUEST_MPI_REPLACE, MPI_REPLACE}, {GUEST_MPI_NO_OP, MPI_NO_OP},
            };
    for (row = rows; row < rows + sizeof rows / sizeof rows[0]; row++) {
        struct mpilayer_op *op = mpilayer_table_predefine(&layer->tables[MPILAYER_OP], row->handle);
        op->host = row->host;
        op->predefined = true;
        op->commutative = row->handle != GUEST_MPI_REPLACE && row->handle != GUEST_MPI_NO_OP;
    }
    return true;
}

void mpilayer_ops_stop(struct mpilayer *layer) {
    mpilayer_op_carriers_stop();
    memset(thunks, 0, sizeof thunks);
    spare_scratch = (struct scratch){0, 0};
}

static int32_t op_create(struct mpilayer *layer, const char *name, uint32_t user_fn,
                         int32_t commute, uint32_t op) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) || !mpilayer_memory_check(&call, "op", op, 4) ||
        !mpilayer_cells(&call))
        return mpilayer_call_raise(&call);
    /* Some programs register functions that return an int. */
    const char *signature = mpilayer_callback_matches(layer, user_fn, ":iiii")    ? ":iiii"
                            : mpilayer_callback_matches(layer, user_fn, "i:iiii") ? "i:iiii"
                                                                                  : NULL;
    if (!signature) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "user_fn", "not a function of four pointers");
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_op *object = mpilayer_table_allocate(&layer->tables[MPILAYER_OP]);
    int thunk = object ? thunk_take(user_fn, signature) : -1;
    if (thunk < 0) {
        if (object) mpilayer_object_release(&layer->tables[MPILAYER_OP], &object->object);
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL,
                           "too many operators (of %d functions)", THUNK_COUNT);
        return mpilayer_call_raise(&call);
    }
    object->function = user_fn;
    object->commutative = commute != 0;
    object->thunk = thunk;
    int code = MPI_Op_create(thunk_functions[thunk], commute != 0, &object->host);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, op, (int32_t)object->object.handle);
    } else {
        thunks[thunk].uses--;
        mpilayer_object_release(&layer->tables[MPILAYER_OP], &object->object);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Op_create(struct mpilayer *layer, uint32_t user_fn, int32_t commute, uint32_t op) {
    return op_create(layer, "MPI_Op_create", user_fn, commute, op);
}
/* The length is where the function looks for it, as an int and as an MPI_Count. */
int32_t mpilayer_Op_create_c(struct mpilayer *layer, uint32_t user_fn, int32_t commute,
                             uint32_t op) {
    return op_create(layer, "MPI_Op_create_c", user_fn, commute, op);
}

int32_t mpilayer_Op_free(struct mpilayer *layer, uint32_t op) {
    struct mpilayer_call call;
    struct mpilayer_op *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Op_free") ||
        !mpilayer_memory_check(&call, "op", op, 4) ||
        !mpilayer_op_get(&call, "op", (uint32_t)mpilayer_load_i32(layer, op), &object) ||
        (object->predefined && !mpilayer_call_fail(&call, GUEST_MPI_ERR_OP, "op",
                                                   "a predefined operator cannot be freed")))
        return mpilayer_call_raise(&call);
    mpilayer_object_hide(&object->object);
    mpilayer_op_release(object);
    mpilayer_store_i32(layer, op, GUEST_MPI_OP_NULL);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Op_commutative(struct mpilayer *layer, uint32_t op, uint32_t commute) {
    struct mpilayer_call call;
    struct mpilayer_op *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Op_commutative") ||
        !mpilayer_op_get(&call, "op", op, &object) ||
        !mpilayer_memory_check(&call, "commute", commute, 4))
        return mpilayer_call_raise(&call);
    mpilayer_store_i32(layer, commute, object->commutative);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* ---- operators in reductions ---- */

/* Carriers mean less than what they carry: a Fortran LOGICAL travels as an int, but has no sum.
 * What is not refused here the host may still refuse. */
bool mpilayer_op_takes(uint32_t op_handle, enum mpilayer_meaning meaning) {
    switch (op_handle) {
    case GUEST_MPI_MAX:
    case GUEST_MPI_MIN: return meaning <= MPILAYER_FLOAT || meaning == MPILAYER_CHARACTER;
    case GUEST_MPI_SUM:
    case GUEST_MPI_PROD: return meaning <= MPILAYER_COMPLEX || meaning == MPILAYER_CHARACTER;
    case GUEST_MPI_BAND:
    case GUEST_MPI_BOR:
    case GUEST_MPI_BXOR:
        return meaning <= MPILAYER_ADDRESS || meaning == MPILAYER_BYTES ||
               meaning == MPILAYER_CHARACTER;
    case GUEST_MPI_LAND:
    case GUEST_MPI_LOR:
    case GUEST_MPI_LXOR: return meaning <= MPILAYER_CHARACTER;
    case GUEST_MPI_MINLOC:
    case GUEST_MPI_MAXLOC: return meaning == MPILAYER_PAIR;
    default: return true;
    }
}

/* What a pending reduction keeps. */
struct kept {
    struct mpilayer_op *op;
    struct mpilayer_datatype *type;
};

static void kept_finish(struct mpilayer_block *block) {
    struct kept *kept = (struct kept *)(void *)block->data;
    mpilayer_op_release(kept->op);
    mpilayer_datatype_release(kept->type);
}

bool mpilayer_op_resolve(struct mpilayer_call *call, const char *argument, uint32_t handle,
                         struct mpilayer_datatype *type, bool pending,
                         struct mpilayer_reduction *out) {
    struct mpilayer_op *op;
    if (!mpilayer_op_get(call, argument, handle, &op)) return false;
    out->op = op->host;
    out->type = type->host;
    out->predefined = op->predefined;
    out->commutative = op->commutative;
    if (op->predefined) {
        MPI_Op own;
        if (!type->basic)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument,
                                      "a predefined operator does not take derived datatypes");
        if (!mpilayer_op_takes(handle, type->basic->meaning) ||
            !mpilayer_op_of_carrier(handle, type->basic, &own))
            return mpilayer_call_fail(call, GUEST_MPI_ERR_OP, argument,
                                      "the operator does not take %s", type->basic->name);
        if (own != MPI_OP_NULL) {
            out->op = own;
            out->predefined = false;
        }
        return true;
    }
    int result = mpilayer_datatype_own_host(type, &out->type);
    if (result != GUEST_MPI_SUCCESS) return mpilayer_call_fail(call, result, NULL, "out of memory");
    if (pending) {
        struct kept *kept = mpilayer_call_allocate_with(call, sizeof *kept, kept_finish);
        if (!kept) return false;
        kept->op = op;
        kept->type = type;
        mpilayer_object_reference(&op->object);
        mpilayer_datatype_reference(type);
    }
    return true;
}

static int32_t reduce_local(struct mpilayer *layer, const char *name, uint32_t inbuf,
                            uint32_t inoutbuf, int64_t count, uint32_t datatype, uint32_t op) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    struct mpilayer_reduction reduction;
    void *in, *inout;
    if (!mpilayer_call_begin(&call, layer, name) || !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "inbuf", inbuf, count, &type, &in) ||
        !mpilayer_buffer_get(&call, "inoutbuf", inoutbuf, count, &type, &inout) ||
        !mpilayer_op_resolve(&call, "op", op, type, false, &reduction))
        return mpilayer_call_raise(&call);
    enum { PIECE = 1 << 30 }; /* items at a time */
    int code = MPI_SUCCESS;
    for (int64_t at = 0; at == 0 || (at < count && code == MPI_SUCCESS && type->size > 0);
         at += PIECE) {
        int64_t offset = at * type->extent;
        code = MPI_Reduce_local((uint8_t *)in + offset, (uint8_t *)inout + offset,
                                (int)(count - at < PIECE ? count - at : PIECE), reduction.type,
                                reduction.op);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Reduce_local(struct mpilayer *layer, uint32_t inbuf, uint32_t inoutbuf,
                              int32_t count, uint32_t datatype, uint32_t op) {
    return reduce_local(layer, "MPI_Reduce_local", inbuf, inoutbuf, count, datatype, op);
}
int32_t mpilayer_Reduce_local_c(struct mpilayer *layer, uint32_t inbuf, uint32_t inoutbuf,
                                int64_t count, uint32_t datatype, uint32_t op) {
    return reduce_local(layer, "MPI_Reduce_local_c", inbuf, inoutbuf, count, datatype, op);
}
