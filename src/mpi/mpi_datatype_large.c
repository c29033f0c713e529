/*
 * mpi_datatype_large.c - the constructors with large counts (MPI_Type_vector_c and its like), and
 * what their datatypes come down to: those of int counts. MPI 4.1, sections 5.1.2 to 5.1.5.
 *
 * Reads the guest's counts (64 bits) into a recipe that keeps them for MPI_Type_get_contents_c.
 * What fits int is the ordinary datatype; else blocks are cut into pieces, and repetitions nested.
 */
#include "mpi/mpi_datatype.h"
#include "mpi_functions.h"

#include <stdlib.h>

#define PIECE (INT64_C(1) << 30) /* items of a part of a block that is too long */
enum { PIECES_AT_MOST = 1 << 20, ELEMENTS_AT_MOST = 1 << 28 };

static bool fits(int64_t value) {
    return value >= INT32_MIN && value <= INT32_MAX;
}

/* ---- what they come down to ---- */

int mpilayer_datatype_wrap(struct mpilayer_datatype **type, const struct mpilayer_recipe *recipe,
                           const char **reason) {
    struct mpilayer_datatype *made;
    int result = mpilayer_datatype_make(recipe, &made, reason);
    if (result != GUEST_MPI_SUCCESS) return result;
    mpilayer_object_hide(&made->object);
    mpilayer_datatype_release(*type);
    *type = made;
    return GUEST_MPI_SUCCESS;
}

/* Blocks of items at displacements in bytes, cut into pieces. `types`: one a block, or `child`. */
struct blocks {
    int32_t *integers; /* count, then lengths */
    int64_t *addresses;
    struct mpilayer_datatype **types;
    uint32_t count, capacity;
};

static int blocks_add(struct blocks *blocks, int64_t displacement, int64_t length,
                      struct mpilayer_datatype *child, const char **reason) {
    for (int64_t done = 0; done == 0 || done < length; done += PIECE) {
        __int128 at = displacement + (__int128)done * child->extent;
        if (blocks->count == PIECES_AT_MOST || at > INT64_MAX || at < INT64_MIN) {
            *reason = "size or bounds too large";
            return GUEST_MPI_ERR_COUNT;
        }
        if (blocks->count == blocks->capacity) {
            uint32_t capacity = blocks->capacity ? blocks->capacity * 2 : 16;
            int32_t *integers =
                realloc(blocks->integers, (capacity + (size_t)1) * sizeof *integers);
            if (integers) blocks->integers = integers;
            int64_t *addresses = realloc(blocks->addresses, capacity * sizeof *addresses);
            if (addresses) blocks->addresses = addresses;
            struct mpilayer_datatype **types = realloc(blocks->types, capacity * sizeof *types);
            if (types) blocks->types = types;
            if (!integers || !addresses || !types) {
                *reason = "out of memory";
                return GUEST_MPI_ERR_NO_MEM;
            }
            blocks->capacity = capacity;
        }
        blocks->addresses[blocks->count] = (int64_t)at;
        blocks->types[blocks->count] = child;
        blocks->integers[++blocks->count] =
            (int32_t)(length - done < PIECE ? length - done : PIECE);
    }
    return GUEST_MPI_SUCCESS;
}

/* The datatype of all blocks in place of *type. */
static int blocks_wrap(struct blocks *blocks, bool as_struct, struct mpilayer_datatype **type,
                       const char **reason) {
    const int32_t none = 0;
    if (blocks->count) blocks->integers[0] = (int32_t)blocks->count;
    struct mpilayer_recipe recipe = {as_struct ? GUEST_MPI_COMBINER_STRUCT
                                               : GUEST_MPI_COMBINER_HINDEXED,
                                     blocks->count + 1,
                                     blocks->count,
                                     as_struct ? blocks->count : 1,
                                     blocks->count ? blocks->integers : &none,
                                     blocks->addresses,
                                     as_struct ? blocks->types : type,
                                     NULL,
                                     0,
                                     false};
    return mpilayer_datatype_wrap(type, &recipe, reason);
}

static void blocks_free(struct blocks *blocks) {
    free(blocks->integers);
    free(blocks->addresses);
    free(blocks->types);
}

int mpilayer_datatype_wrap_contiguous(struct mpilayer_datatype **type, int64_t count,
                                      const char **reason) {
    if (fits(count)) {
        int32_t integer = (int32_t)count;
        const struct mpilayer_recipe recipe = {
            GUEST_MPI_COMBINER_CONTIGUOUS, 1, 0, 1, &integer, NULL, type, NULL, 0, false};
        return mpilayer_datatype_wrap(type, &recipe, reason);
    }
    struct blocks blocks = {0};
    int result = blocks_add(&blocks, 0, count, *type, reason);
    if (result == GUEST_MPI_SUCCESS) result = blocks_wrap(&blocks, false, type, reason);
    blocks_free(&blocks);
    return result;
}

static int wrap_hvector(struct mpilayer_datatype **type, int64_t count, int64_t stride,
                        const char **reason) {
    const int32_t integers[] = {(int32_t)count, 1};
    const struct mpilayer_recipe recipe = {
        GUEST_MPI_COMBINER_HVECTOR, 2, 1, 1, integers, &stride, type, NULL, 0, false};
    return mpilayer_datatype_wrap(type, &recipe, reason);
}

/* More repetitions than an int holds: so many that each has PIECE of them, and the rest. */
static int wrap_nested(struct mpilayer_datatype **type, int64_t count, int64_t stride,
                       const char **reason) {
    int64_t across = 0, far = 0;
    struct mpilayer_datatype *child = *type, *most = child, *rest = child;
    if (!fits(count / PIECE) || __builtin_mul_overflow(count, stride, &across)) {
        *reason = "size or bounds too large";
        return GUEST_MPI_ERR_COUNT;
    }
    far = PIECE * stride;
    mpilayer_datatype_reference(most);
    mpilayer_datatype_reference(rest);
    int result = wrap_hvector(&most, PIECE, stride, reason);
    if (result == GUEST_MPI_SUCCESS) result = wrap_hvector(&most, count / PIECE, far, reason);
    if (result == GUEST_MPI_SUCCESS) result = wrap_hvector(&rest, count % PIECE, stride, reason);
    if (result == GUEST_MPI_SUCCESS) {
        const int32_t integers[] = {2, 1, 1};
        const int64_t addresses[] = {0, count / PIECE * far};
        struct mpilayer_datatype *const types[] = {most, rest};
        const struct mpilayer_recipe both = {
            GUEST_MPI_COMBINER_STRUCT, 3, 2, 2, integers, addresses, types, NULL, 0, false};
        int64_t last = across - stride;
        /* The struct's own bounds may be padded. */
        const int64_t bounds[] = {child->lb + (last < 0 ? last : 0),
                                  child->extent + (last < 0 ? -last : last)};
        result = mpilayer_datatype_wrap(type, &both, reason);
        if (result == GUEST_MPI_SUCCESS) {
            const struct mpilayer_recipe resized = {
                GUEST_MPI_COMBINER_RESIZED, 0, 2, 1, NULL, bounds, type, NULL, 0, false};
            result = mpilayer_datatype_wrap(type, &resized, reason);
        }
    }
    mpilayer_datatype_release(most);
    mpilayer_datatype_release(rest);
    return result;
}

int mpilayer_datatype_wrap_repeat(struct mpilayer_datatype **type, int64_t count, int64_t stride,
                                  const char **reason) {
    return fits(count) ? wrap_hvector(type, count, stride, reason)
                       : wrap_nested(type, count, stride, reason);
}

/* Items apart -> bytes apart. */
static bool bytes_of(int64_t items, const struct mpilayer_datatype *type, int64_t *bytes) {
    return !__builtin_mul_overflow(items, type->extent, bytes);
}

static int lower_vector(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                        const char **reason) {
    int64_t count = recipe->counts[0], length = recipe->counts[1], stride = recipe->counts[2];
    if (recipe->combiner == GUEST_MPI_COMBINER_VECTOR && !bytes_of(stride, *type, &stride)) {
        *reason = "size or bounds too large";
        return GUEST_MPI_ERR_ARG;
    }
    if (fits(count) && fits(length)) {
        const int32_t integers[] = {(int32_t)count, (int32_t)length};
        const struct mpilayer_recipe hvector = {
            GUEST_MPI_COMBINER_HVECTOR, 2, 1, 1, integers, &stride, type, NULL, 0, false};
        return mpilayer_datatype_wrap(type, &hvector, reason);
    }
    int result = mpilayer_datatype_wrap_contiguous(type, length, reason);
    return result == GUEST_MPI_SUCCESS ? mpilayer_datatype_wrap_repeat(type, count, stride, reason)
                                       : result;
}

/* indexed, hindexed, indexed_block, hindexed_block, struct */
static int lower_blocks(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                        const char **reason) {
    int64_t count = recipe->counts[0];
    bool block = recipe->combiner == GUEST_MPI_COMBINER_INDEXED_BLOCK ||
                 recipe->combiner == GUEST_MPI_COMBINER_HINDEXED_BLOCK;
    bool items = recipe->combiner == GUEST_MPI_COMBINER_INDEXED ||
                 recipe->combiner == GUEST_MPI_COMBINER_INDEXED_BLOCK;
    bool is_struct = recipe->combiner == GUEST_MPI_COMBINER_STRUCT;
    const int64_t *lengths = recipe->counts + 1, *displacements = lengths + (block ? 1 : count);
    struct blocks blocks = {0};
    int result = GUEST_MPI_SUCCESS;
    for (int64_t i = 0; i < count && result == GUEST_MPI_SUCCESS; i++) {
        struct mpilayer_datatype *child = is_struct ? recipe->types[i] : *type;
        int64_t at = displacements[i], length = lengths[block ? 0 : i];
        if (items && !bytes_of(at, child, &at)) {
            if (length > 0) {
                *reason = "size or bounds too large";
                result = GUEST_MPI_ERR_ARG;
                break;
            }
            at = 0;
        }
        result = blocks_add(&blocks, at, length, child, reason);
    }
    if (result == GUEST_MPI_SUCCESS) result = blocks_wrap(&blocks, is_struct, type, reason);
    blocks_free(&blocks);
    return result;
}

/* The arrays have the lengths that the combiner wants; no count or block length is negative. */
static int check_counts(const struct mpilayer_recipe *recipe, const char **reason) {
    const int64_t *counts = recipe->counts;
    bool block = false;
    int64_t wanted = 0, lengths = 0, types = 1;
    *reason = "negative count";
    switch (recipe->combiner) {
    case GUEST_MPI_COMBINER_CONTIGUOUS: wanted = 1; break;
    case GUEST_MPI_COMBINER_VECTOR:
    case GUEST_MPI_COMBINER_HVECTOR:
        wanted = 3;
        lengths = 1;
        break;
    case GUEST_MPI_COMBINER_RESIZED:
        return recipe->count_count == 2 ? GUEST_MPI_SUCCESS : GUEST_MPI_ERR_INTERN;
    case GUEST_MPI_COMBINER_INDEXED_BLOCK:
    case GUEST_MPI_COMBINER_HINDEXED_BLOCK: block = true; /* fallthrough */
    default:
        if (counts[0] < 0) return GUEST_MPI_ERR_COUNT;
        wanted = block ? 2 + counts[0] : 1 + 2 * counts[0];
        lengths = block ? 1 : counts[0];
        if (recipe->combiner == GUEST_MPI_COMBINER_STRUCT) types = counts[0];
    }
    if (counts[0] < 0) return GUEST_MPI_ERR_COUNT;
    if (wanted != recipe->count_count || types != recipe->type_count) {
        *reason = "arrays of the wrong length";
        return GUEST_MPI_ERR_INTERN;
    }
    *reason = "negative block length";
    for (int64_t i = 0; i < lengths; i++)
        if (counts[1 + i] < 0) return GUEST_MPI_ERR_ARG;
    return GUEST_MPI_SUCCESS;
}

int mpilayer_datatype_lower_large(const struct mpilayer_recipe *recipe,
                                  struct mpilayer_datatype **body, const char **reason) {
    int result = check_counts(recipe, reason);
    if (result != GUEST_MPI_SUCCESS) return result;
    /* A struct of nothing has no datatype to start from. */
    struct mpilayer_datatype *type =
        recipe->type_count ? recipe->types[0] : mpilayer_datatype_predefined(GUEST_MPI_BYTE);
    mpilayer_datatype_reference(type);
    switch (recipe->combiner) {
    case GUEST_MPI_COMBINER_CONTIGUOUS:
        result = mpilayer_datatype_wrap_contiguous(&type, recipe->counts[0], reason);
        break;
    case GUEST_MPI_COMBINER_VECTOR:
    case GUEST_MPI_COMBINER_HVECTOR: result = lower_vector(recipe, &type, reason); break;
    case GUEST_MPI_COMBINER_RESIZED: {
        const struct mpilayer_recipe resized = {
            GUEST_MPI_COMBINER_RESIZED, 0, 2, 1, NULL, recipe->counts, &type, NULL, 0, false};
        result = mpilayer_datatype_wrap(&type, &resized, reason);
        break;
    }
    default: result = lower_blocks(recipe, &type, reason);
    }
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_datatype_release(type);
        return result;
    }
    *body = type;
    return GUEST_MPI_SUCCESS;
}

/* ---- the guest's functions ---- */

/* A recipe in the making; its arrays live as long as the call. */
struct making {
    struct mpilayer_call call;
    struct mpilayer_recipe recipe;
    int64_t *counts;
    int32_t *integers;
    struct mpilayer_datatype **types;
    struct mpilayer_datatype *type;
};

/* Room for so many counts and integers. */
static bool begin(struct making *m, struct mpilayer *layer, const char *name, int combiner,
                  int64_t counts, int64_t integers) {
    m->recipe = (struct mpilayer_recipe){.combiner = combiner, .large = true};
    m->types = &m->type;
    if (!mpilayer_call_begin(&m->call, layer, name)) return false;
    /* No array of more elements lies in the guest's memory. */
    if (counts < 0 || counts > 2 * (int64_t)ELEMENTS_AT_MOST + 2 || integers < 0)
        return mpilayer_call_fail(
            &m->call, counts < 0 || integers < 0 ? GUEST_MPI_ERR_COUNT : GUEST_MPI_ERR_ARG, NULL,
            "a negative count, or arrays that no memory holds");
    m->counts = mpilayer_call_allocate(&m->call, (size_t)counts * sizeof *m->counts);
    m->integers = m->counts == NULL
                      ? NULL
                      : mpilayer_call_allocate(&m->call, (size_t)integers * sizeof *m->integers);
    return m->integers != NULL;
}

/* Room for a count, one more, and `arrays` arrays of `count`, which lie at the addresses: they are
 * looked for before room is made for them. */
static bool begin_arrays(struct making *m, struct mpilayer *layer, const char *name, int combiner,
                         int64_t count, int arrays, const uint32_t addresses[]) {
    if (count < 0 || count > ELEMENTS_AT_MOST)
        return begin(m, layer, name, combiner, count < 0 ? -1 : INT64_MAX, 0);
    struct mpilayer_call *call = &m->call;
    if (!mpilayer_call_begin(call, layer, name)) return false;
    for (int i = 0; i < arrays; i++)
        if (!mpilayer_memory_check(
                call, i == 0 && arrays == 2 ? "array_of_blocklengths" : "array_of_displacements",
                addresses[i], (uint64_t)count * 8))
            return false;
    return begin(m, layer, name, combiner, 2 + 2 * count, 0);
}

static void add_count(struct making *m, int64_t value) {
    m->counts[m->recipe.count_count++] = value;
}
static void add_integer(struct making *m, int32_t value) {
    m->integers[m->recipe.integer_count++] = value;
}

/* The addresses are checked where that many counts might not have been allocated. */
static bool add_counts(struct making *m, const char *argument, uint32_t address, int64_t count) {
    uint64_t bytes = (uint64_t)count * 8;
    if (!bytes) return true;
    if (!mpilayer_memory_check(&m->call, argument, address, bytes)) return false;
    memcpy(m->counts + m->recipe.count_count, mpilayer_pointer(m->call.layer, address), bytes);
    m->recipe.count_count += (uint32_t)count;
    return true;
}
static bool add_integers(struct making *m, const char *argument, uint32_t address, int32_t count) {
    uint64_t bytes = (uint64_t)count * 4;
    if (!bytes) return true;
    if (!mpilayer_memory_check(&m->call, argument, address, bytes)) return false;
    memcpy(m->integers + m->recipe.integer_count, mpilayer_pointer(m->call.layer, address), bytes);
    m->recipe.integer_count += (uint32_t)count;
    return true;
}
static bool add_type(struct making *m, uint32_t handle) {
    return mpilayer_datatype_get_any(&m->call, "oldtype", handle,
                                     &m->types[m->recipe.type_count]) &&
           ++m->recipe.type_count;
}

static int32_t finish(struct making *m, bool ok, uint32_t address) {
    struct mpilayer_call *call = &m->call;
    struct mpilayer_datatype *made;
    const char *reason = "";
    if (!ok || !mpilayer_memory_check(call, "newtype", address, 4))
        return mpilayer_call_raise(call);
    m->recipe.counts = m->counts;
    m->recipe.integers = m->integers;
    m->recipe.types = m->types;
    int result = mpilayer_datatype_make(&m->recipe, &made, &reason);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(call, result, NULL, "%s", reason);
        return mpilayer_call_raise(call);
    }
    mpilayer_store_i32(call->layer, address, (int32_t)made->object.handle);
    return mpilayer_call_return(call, MPI_SUCCESS);
}

/* Constructors of a few counts and one datatype. */
static int32_t make_simple(struct mpilayer *layer, const char *name, int combiner, int count,
                           const int64_t counts[], uint32_t oldtype, uint32_t newtype) {
    struct making m;
    bool ok = begin(&m, layer, name, combiner, count, 0);
    for (int i = 0; ok && i < count; i++)
        add_count(&m, counts[i]);
    return finish(&m, ok && add_type(&m, oldtype), newtype);
}

int32_t mpilayer_Type_contiguous_c(struct mpilayer *layer, int64_t count, uint32_t oldtype,
                                   uint32_t newtype) {
    return make_simple(layer, "MPI_Type_contiguous_c", GUEST_MPI_COMBINER_CONTIGUOUS, 1, &count,
                       oldtype, newtype);
}
int32_t mpilayer_Type_vector_c(struct mpilayer *layer, int64_t count, int64_t blocklength,
                               int64_t stride, uint32_t oldtype, uint32_t newtype) {
    return make_simple(layer, "MPI_Type_vector_c", GUEST_MPI_COMBINER_VECTOR, 3,
                       (const int64_t[]){count, blocklength, stride}, oldtype, newtype);
}
int32_t mpilayer_Type_create_hvector_c(struct mpilayer *layer, int64_t count, int64_t blocklength,
                                       int64_t stride, uint32_t oldtype, uint32_t newtype) {
    return make_simple(layer, "MPI_Type_create_hvector_c", GUEST_MPI_COMBINER_HVECTOR, 3,
                       (const int64_t[]){count, blocklength, stride}, oldtype, newtype);
}
int32_t mpilayer_Type_create_resized_c(struct mpilayer *layer, uint32_t oldtype, int64_t lb,
                                       int64_t extent, uint32_t newtype) {
    return make_simple(layer, "MPI_Type_create_resized_c", GUEST_MPI_COMBINER_RESIZED, 2,
                       (const int64_t[]){lb, extent}, oldtype, newtype);
}

static int32_t make_indexed(struct mpilayer *layer, const char *name, int combiner, int64_t count,
                            uint32_t lengths, uint32_t displacements, uint32_t oldtype,
                            uint32_t newtype) {
    struct making m;
    bool ok = begin_arrays(&m, layer, name, combiner, count, 2,
                           (const uint32_t[]){lengths, displacements});
    if (ok) add_count(&m, count);
    ok = ok && add_counts(&m, "array_of_blocklengths", lengths, count) &&
         add_counts(&m, "array_of_displacements", displacements, count) && add_type(&m, oldtype);
    return finish(&m, ok, newtype);
}

int32_t mpilayer_Type_indexed_c(struct mpilayer *layer, int64_t count,
                                uint32_t array_of_blocklengths, uint32_t array_of_displacements,
                                uint32_t oldtype, uint32_t newtype) {
    return make_indexed(layer, "MPI_Type_indexed_c", GUEST_MPI_COMBINER_INDEXED, count,
                        array_of_blocklengths, array_of_displacements, oldtype, newtype);
}
int32_t mpilayer_Type_create_hindexed_c(struct mpilayer *layer, int64_t count,
                                        uint32_t array_of_blocklengths,
                                        uint32_t array_of_displacements, uint32_t oldtype,
                                        uint32_t newtype) {
    return make_indexed(layer, "MPI_Type_create_hindexed_c", GUEST_MPI_COMBINER_HINDEXED, count,
                        array_of_blocklengths, array_of_displacements, oldtype, newtype);
}

static int32_t make_indexed_block(struct mpilayer *layer, const char *name, int combiner,
                                  int64_t count, int64_t length, uint32_t displacements,
                                  uint32_t oldtype, uint32_t newtype) {
    struct making m;
    bool ok = begin_arrays(&m, layer, name, combiner, count, 1, &displacements);
    if (ok) {
        add_count(&m, count);
        add_count(&m, length);
    }
    ok = ok && add_counts(&m, "array_of_displacements", displacements, count) &&
         add_type(&m, oldtype);
    return finish(&m, ok, newtype);
}

int32_t mpilayer_Type_create_indexed_block_c(struct mpilayer *layer, int64_t count,
                                             int64_t blocklength, uint32_t array_of_displacements,
                                             uint32_t oldtype, uint32_t newtype) {
    return make_indexed_block(layer, "MPI_Type_create_indexed_block_c",
                              GUEST_MPI_COMBINER_INDEXED_BLOCK, count, blocklength,
                              array_of_displacements, oldtype, newtype);
}
int32_t mpilayer_Type_create_hindexed_block_c(struct mpilayer *layer, int64_t count,
                                              int64_t blocklength, uint32_t array_of_displacements,
                                              uint32_t oldtype, uint32_t newtype) {
    return make_indexed_block(layer, "MPI_Type_create_hindexed_block_c",
                              GUEST_MPI_COMBINER_HINDEXED_BLOCK, count, blocklength,
                              array_of_displacements, oldtype, newtype);
}

int32_t mpilayer_Type_create_struct_c(struct mpilayer *layer, int64_t count,
                                      uint32_t array_of_blocklengths,
                                      uint32_t array_of_displacements, uint32_t array_of_types,
                                      uint32_t newtype) {
    struct making m;
    bool ok = begin_arrays(&m, layer, "MPI_Type_create_struct_c", GUEST_MPI_COMBINER_STRUCT, count,
                           2, (const uint32_t[]){array_of_blocklengths, array_of_displacements}) &&
              (count == 0 || mpilayer_memory_check(&m.call, "array_of_types", array_of_types,
                                                   (uint64_t)count * 4));
    if (ok) {
        add_count(&m, count);
        m.types = mpilayer_call_allocate(&m.call, (size_t)count * sizeof(void *));
        ok = m.types != NULL;
    }
    ok = ok && add_counts(&m, "array_of_blocklengths", array_of_blocklengths, count) &&
         add_counts(&m, "array_of_displacements", array_of_displacements, count);
    for (int64_t i = 0; ok && i < count; i++)
        ok = add_type(&m, (uint32_t)mpilayer_load_i32(layer, array_of_types + 4 * (uint32_t)i));
    return finish(&m, ok, newtype);
}

/* Arrays of so many dimensions cannot lie in memory. */
static int64_t dimensions_checked(int32_t ndims) {
    return ndims < 0 || ndims > 1 << 24 ? -1 : ndims;
}

int32_t mpilayer_Type_create_subarray_c(struct mpilayer *layer, int32_t ndims,
                                        uint32_t array_of_sizes, uint32_t array_of_subsizes,
                                        uint32_t array_of_starts, int32_t order, uint32_t oldtype,
                                        uint32_t newtype) {
    struct making m;
    int64_t n = dimensions_checked(ndims);
    bool ok = begin(&m, layer, "MPI_Type_create_subarray_c", GUEST_MPI_COMBINER_SUBARRAY, 3 * n, 2);
    if (ok) {
        add_integer(&m, ndims);
        add_integer(&m, order);
    }
    ok = ok && add_counts(&m, "array_of_sizes", array_of_sizes, n) &&
         add_counts(&m, "array_of_subsizes", array_of_subsizes, n) &&
         add_counts(&m, "array_of_starts", array_of_starts, n) && add_type(&m, oldtype);
    return finish(&m, ok, newtype);
}

int32_t mpilayer_Type_create_darray_c(struct mpilayer *layer, int32_t size, int32_t rank,
                                      int32_t ndims, uint32_t array_of_gsizes,
                                      uint32_t array_of_distribs, uint32_t array_of_dargs,
                                      uint32_t array_of_psizes, int32_t order, uint32_t oldtype,
                                      uint32_t newtype) {
    struct making m;
    int64_t n = dimensions_checked(ndims);
    bool ok = begin(&m, layer, "MPI_Type_create_darray_c", GUEST_MPI_COMBINER_DARRAY, n, 4 + 3 * n);
    if (ok) {
        add_integer(&m, size);
        add_integer(&m, rank);
        add_integer(&m, ndims);
    }
    ok = ok && add_counts(&m, "array_of_gsizes", array_of_gsizes, n) &&
         add_integers(&m, "array_of_distribs", array_of_distribs, ndims) &&
         add_integers(&m, "array_of_dargs", array_of_dargs, ndims) &&
         add_integers(&m, "array_of_psizes", array_of_psizes, ndims);
    if (ok) add_integer(&m, order);
    return finish(&m, ok && add_type(&m, oldtype), newtype);
}
