/*
 * mpi_datatype.c - datatype objects: made from recipes, their bounds, their host datatypes, their
 * lives.
 *
 * Reads the recipe of a constructor (arrays in the order of MPI_Type_get_contents, MPI 4.1, section
 * 5.1.13), checks it, computes sizes and bounds in checked 64-bit arithmetic (section 5.1.6 and
 * 5.1.7) and builds the host's datatype.  The guest's functions are in mpi_datatype_calls.c.
 *
 * Deliberate deviation: only structs are padded to their alignment, as implementations do it.
 */
#include "mpi/mpi_datatype.h"

#include <stdlib.h>
#include <string.h>

#define BOUND_LIMIT ((__int128)1 << 62) /* bytes: no size or bound reaches it */

struct bounds {
    __int128 lb, ub, true_lb, true_ub, size, elements, external;
    bool has_bounds, has_sticky_lb, has_sticky_ub, has_data;
    __int128 sticky_lb, sticky_ub;
    uint32_t alignment;
};

static __int128 min_of(__int128 a, __int128 b) {
    return a < b ? a : b;
}

static __int128 max_of(__int128 a, __int128 b) {
    return a > b ? a : b;
}

/* `runs` runs of `length` items of child; the first items of two runs lie `stride` bytes apart. */
static void bounds_add(struct bounds *bounds, __int128 displacement, int64_t length, int64_t runs,
                       int64_t stride, const struct mpilayer_datatype *child) {
    if (length <= 0 || runs <= 0) return;
    __int128 within = (__int128)(length - 1) * child->extent;
    __int128 across = (__int128)(runs - 1) * stride;
    __int128 low = displacement + min_of(0, within) + min_of(0, across);
    __int128 high = displacement + max_of(0, within) + max_of(0, across);
    __int128 lb = low + child->lb, ub = high + child->lb + child->extent;

    if (child->sticky_lb) {
        bounds->sticky_lb = bounds->has_sticky_lb ? min_of(bounds->sticky_lb, lb) : lb;
        bounds->has_sticky_lb = true;
    }
    if (child->sticky_ub) {
        bounds->sticky_ub = bounds->has_sticky_ub ? max_of(bounds->sticky_ub, ub) : ub;
        bounds->has_sticky_ub = true;
    }
    /* A marker is no entry of its own: only the bound that it sets counts. */
    if (!child->basic || child->basic->meaning != MPILAYER_MARKER) {
        bounds->lb = bounds->has_bounds ? min_of(bounds->lb, lb) : lb;
        bounds->ub = bounds->has_bounds ? max_of(bounds->ub, ub) : ub;
        bounds->has_bounds = true;
    }
    if (child->size > 0) {
        __int128 first = low + child->true_lb, last = high + child->true_ub;
        bounds->true_lb = bounds->has_data ? min_of(bounds->true_lb, first) : first;
        bounds->true_ub = bounds->has_data ? max_of(bounds->true_ub, last) : last;
        bounds->has_data = true;
    }
    bounds->size += (__int128)length * runs * child->size;
    bounds->elements += (__int128)length * runs * child->elements;
    bounds->external += (__int128)length * runs * child->external;
    if (child->alignment > bounds->alignment) bounds->alignment = child->alignment;
}

static bool beyond_limit(__int128 value) {
    return value > BOUND_LIMIT || value < -BOUND_LIMIT;
}

static bool bounds_store(const struct bounds *bounds, bool pad, struct mpilayer_datatype *type) {
    __int128 lb = bounds->has_sticky_lb ? bounds->sticky_lb : bounds->lb;
    __int128 ub = bounds->has_sticky_ub ? bounds->sticky_ub : bounds->ub;
    if (pad && !bounds->has_sticky_ub && bounds->alignment > 1) {
        __int128 excess = (ub - lb) % bounds->alignment;
        if (excess < 0) excess += bounds->alignment;
        if (excess) ub += bounds->alignment - excess;
    }
    if (beyond_limit(lb) || beyond_limit(ub) || beyond_limit(bounds->true_lb) ||
        beyond_limit(bounds->true_ub) || beyond_limit(bounds->size) ||
        beyond_limit(bounds->elements) || beyond_limit(bounds->external))
        return false;
    type->lb = (int64_t)lb;
    type->extent = (int64_t)(ub - lb);
    type->true_lb = (int64_t)bounds->true_lb;
    type->true_ub = (int64_t)bounds->true_ub;
    type->size = (int64_t)bounds->size;
    type->elements = (int64_t)bounds->elements;
    type->external = (int64_t)bounds->external;
    type->sticky_lb = bounds->has_sticky_lb;
    type->sticky_ub = bounds->has_sticky_ub;
    type->alignment = bounds->alignment ? bounds->alignment : 1;
    return true;
}

int64_t mpilayer_datatype_run_count(const struct mpilayer_datatype *type) {
    if (type->basic) return 0;
    if (type->body) return 1;
    switch (type->recipe.combiner) {
    case GUEST_MPI_COMBINER_VECTOR:
    case GUEST_MPI_COMBINER_HVECTOR:
    case GUEST_MPI_COMBINER_INDEXED:
    case GUEST_MPI_COMBINER_HINDEXED:
    case GUEST_MPI_COMBINER_INDEXED_BLOCK:
    case GUEST_MPI_COMBINER_HINDEXED_BLOCK:
    case GUEST_MPI_COMBINER_STRUCT: return type->recipe.integers[0];
    default: return 1;
    }
}

/* Items apart times their distance; may only overflow for runs of length 0, where nobody cares. */
static int64_t distance(int64_t items, int64_t stride) {
    return (int64_t)((uint64_t)items * (uint64_t)stride);
}

struct mpilayer_run mpilayer_datatype_run(const struct mpilayer_datatype *type, int64_t index) {
    const struct mpilayer_recipe *recipe = &type->recipe;
    const int32_t *integers = recipe->integers;
    struct mpilayer_run run = {0, 1, recipe->type_count ? recipe->types[0] : NULL};
    if (type->body) {
        run.child = type->body;
        return run;
    }
    switch (recipe->combiner) {
    case GUEST_MPI_COMBINER_CONTIGUOUS: run.length = integers[0]; break;
    case GUEST_MPI_COMBINER_VECTOR:
        run.length = integers[1];
        run.displacement = distance(index * integers[2], run.child->extent);
        break;
    case GUEST_MPI_COMBINER_HVECTOR:
        run.length = integers[1];
        run.displacement = distance(index, recipe->addresses[0]);
        break;
    case GUEST_MPI_COMBINER_INDEXED:
        run.length = integers[1 + index];
        run.displacement = distance(integers[1 + integers[0] + index], run.child->extent);
        break;
    case GUEST_MPI_COMBINER_HINDEXED:
        run.length = integers[1 + index];
        run.displacement = recipe->addresses[index];
        break;
    case GUEST_MPI_COMBINER_INDEXED_BLOCK:
        run.length = integers[1];
        run.displacement = distance(integers[2 + index], run.child->extent);
        break;
    case GUEST_MPI_COMBINER_HINDEXED_BLOCK:
        run.length = integers[1];
        run.displacement = recipe->addresses[index];
        break;
    case GUEST_MPI_COMBINER_STRUCT:
        run.length = integers[1 + index];
        run.displacement = recipe->addresses[index];
        run.child = recipe->types[index];
        break;
    default: break; /* dup, resized */
    }
    return run;
}

/* The arrays have the lengths that the combiner wants, and no count or block length is negative. */
static int recipe_check(const struct mpilayer_recipe *recipe, const char **reason) {
    uint32_t count = recipe->integer_count ? (uint32_t)recipe->integers[0] : 0;
    uint64_t integers = 0, addresses = 0, types = 1;
    if (!recipe->large && recipe->integer_count && recipe->integers[0] < 0) {
        *reason = "negative count";
        return GUEST_MPI_ERR_COUNT;
    }
    uint32_t length_count = 0; /* block lengths, which follow the count */
    switch (recipe->large ? GUEST_MPI_COMBINER_DARRAY : recipe->combiner) {
    case GUEST_MPI_COMBINER_DUP: break;
    case GUEST_MPI_COMBINER_CONTIGUOUS: integers = 1; break;
    case GUEST_MPI_COMBINER_VECTOR:
        integers = 3;
        length_count = 1;
        break;
    case GUEST_MPI_COMBINER_HVECTOR:
        integers = 2;
        addresses = 1;
        length_count = 1;
        break;
    case GUEST_MPI_COMBINER_INDEXED:
        integers = 1 + 2 * (uint64_t)count;
        length_count = count;
        break;
    case GUEST_MPI_COMBINER_HINDEXED:
        integers = 1 + (uint64_t)count;
        addresses = count;
        length_count = count;
        break;
    case GUEST_MPI_COMBINER_INDEXED_BLOCK:
        integers = 2 + (uint64_t)count;
        length_count = 1;
        break;
    case GUEST_MPI_COMBINER_HINDEXED_BLOCK:
        integers = 2;
        addresses = count;
        length_count = 1;
        break;
    case GUEST_MPI_COMBINER_STRUCT:
        integers = 1 + (uint64_t)count;
        addresses = count;
        types = count;
        length_count = count;
        break;
    case GUEST_MPI_COMBINER_RESIZED: addresses = 2; break;
    case GUEST_MPI_COMBINER_SUBARRAY:
    case GUEST_MPI_COMBINER_DARRAY: /* what lowers them looks at them */
        integers = recipe->integer_count;
        types = recipe->type_count;
        break;
    default: *reason = "unknown combiner"; return GUEST_MPI_ERR_INTERN;
    }
    if (integers != recipe->integer_count || addresses != recipe->address_count ||
        types != recipe->type_count) {
        *reason = "arrays of the wrong length";
        return GUEST_MPI_ERR_INTERN;
    }
    for (uint32_t i = 0; i < length_count; i++) {
        if (recipe->integers[1 + i] < 0) {
            *reason = "negative block length";
            return GUEST_MPI_ERR_ARG;
        }
    }
    for (uint32_t i = 0; i < recipe->type_count; i++) {
        const struct mpilayer_datatype *type = recipe->types[i];
        if (!type ||
            (type->host == MPI_DATATYPE_NULL && recipe->combiner != GUEST_MPI_COMBINER_STRUCT)) {
            *reason = "invalid datatype";
            return GUEST_MPI_ERR_TYPE;
        }
        if (type->depth >= MPILAYER_DATATYPE_MAX_DEPTH) {
            *reason = "datatypes nested too deeply";
            return GUEST_MPI_ERR_TYPE;
        }
    }
    return GUEST_MPI_SUCCESS;
}

static int compute_bounds(struct mpilayer_datatype *type, const char **reason) {
    const struct mpilayer_recipe *recipe = &type->recipe;
    const struct mpilayer_datatype *child = recipe->type_count ? recipe->types[0] : NULL;
    struct bounds bounds = {0};
    int64_t count = mpilayer_datatype_run_count(type);
    bool ok = true;

    switch (type->body ? GUEST_MPI_COMBINER_DUP : recipe->combiner) {
    case GUEST_MPI_COMBINER_VECTOR:
    case GUEST_MPI_COMBINER_HVECTOR: {
        __int128 stride = recipe->combiner == GUEST_MPI_COMBINER_HVECTOR
                              ? (__int128)recipe->addresses[0]
                              : (__int128)recipe->integers[2] * child->extent;
        ok = !beyond_limit(stride);
        if (ok) bounds_add(&bounds, 0, recipe->integers[1], count, (int64_t)stride, child);
        break;
    }
    case GUEST_MPI_COMBINER_INDEXED:
    case GUEST_MPI_COMBINER_INDEXED_BLOCK: {
        bool fixed = recipe->combiner == GUEST_MPI_COMBINER_INDEXED_BLOCK;
        const int32_t *at = recipe->integers + (fixed ? 2 : 1 + count);
        for (int64_t i = 0; i < count; i++)
            bounds_add(&bounds, (__int128)at[i] * child->extent,
                       recipe->integers[1 + (fixed ? 0 : i)], 1, 0, child);
        break;
    }
    case GUEST_MPI_COMBINER_RESIZED:
        bounds_add(&bounds, 0, 1, 1, 0, child);
        bounds.sticky_lb = recipe->addresses[0];
        bounds.sticky_ub = bounds.sticky_lb + recipe->addresses[1];
        bounds.has_sticky_lb = bounds.has_sticky_ub = true;
        break;
    default:
        for (int64_t i = 0; i < count; i++) {
            struct mpilayer_run run = mpilayer_datatype_run(type, i);
            bounds_add(&bounds, run.displacement, run.length, 1, 0, run.child);
        }
        break;
    }
    bool pad = recipe->combiner == GUEST_MPI_COMBINER_STRUCT && !type->body;
    if (!ok || !bounds_store(&bounds, pad, type)) {
        *reason = "size or bounds too large";
        return GUEST_MPI_ERR_ARG;
    }
    type->has_far_bound =
        type->body ? type->body->has_far_bound
                   : recipe->combiner == GUEST_MPI_COMBINER_RESIZED && type->lb != type->true_lb &&
                         (type->lb > type->true_lb || type->lb + type->extent < type->true_ub);
    for (uint32_t i = 0; i < recipe->type_count; i++)
        type->has_far_bound |= recipe->types[i]->has_far_bound && !type->body;
    type->depth = 1;
    for (uint32_t i = 0; i < recipe->type_count; i++)
        if (recipe->types[i]->depth >= type->depth) type->depth = recipe->types[i]->depth + 1;

    /* Dense: each block starts where the one before ended. Long lists are not worth the look. */
    type->contiguous = type->size > 0 && type->lb == 0 && type->true_lb == 0 &&
                       type->size == type->extent && type->size == type->true_ub;
    if (type->contiguous) {
        int64_t at = 0;
        for (int64_t i = 0; i < count && type->contiguous; i++) {
            struct mpilayer_run run = mpilayer_datatype_run(type, i);
            if (run.length == 0 || run.child->size == 0) continue;
            type->contiguous = i < 64 && run.child->contiguous && run.displacement == at;
            at += run.length * run.child->extent;
        }
    }
    return GUEST_MPI_SUCCESS;
}

/* ---- how much of the stack Open MPI takes for it ---- */

#ifdef OPEN_MPI
/* Loops: 24 bytes each in less than 1 MiB, so that a stack without room ends in the gap below it.
 * Entries: more take gigabytes, and Open MPI does not look whether it got them. */
static const int64_t loops_at_most = 40000, entries_at_most = INT64_C(1) << 26;
#else
static const int64_t loops_at_most = INT64_MAX, entries_at_most = INT64_MAX;
#endif

/* `length` items of child; `joined`: they may become one block with those in front of them. */
static void description_add(struct mpilayer_description *to, int64_t length, bool joined,
                            const struct mpilayer_datatype *child) {
    enum { ENOUGH = INT32_MAX };
    struct mpilayer_description from = child->description;
    if (length == 0 || child->size == 0) return;
    if (child->basic && child->basic->meaning != MPILAYER_PAIR &&
        mpilayer_datatype_predefined(child->basic->handle)->host_is_shared) {
        to->entries++;
        to->step = child->size != child->extent ? child->extent
                   : length > 1 && (child->basic->meaning == MPILAYER_COMPLEX ||
                                    mpilayer_kind_size(child->basic->first) > 8)
                       ? 0 /* perhaps two numbers to Open MPI */
                       : length * child->extent;
    } else {
        if (child->basic) from = (struct mpilayer_description){.entries = 2};
        to->loops += from.loops;
        to->entries += from.entries;
        to->step = from.step;
        if ((length > 1 || joined) && !(from.entries == 1 && from.step == child->extent)) {
            to->loops += 2;
            to->entries += 2;
        }
    }
    to->loops = to->loops < ENOUGH ? to->loops : ENOUGH;
    to->entries = to->entries < ENOUGH ? to->entries : ENOUGH;
}

/* Set type->description; false: it is too long for the host. */
static bool describe(struct mpilayer_datatype *type) {
    const struct mpilayer_recipe *recipe = &type->recipe;
    struct mpilayer_description *description = &type->description;
    int64_t count = mpilayer_datatype_run_count(type);
    bool vector = !type->body && (recipe->combiner == GUEST_MPI_COMBINER_VECTOR ||
                                  recipe->combiner == GUEST_MPI_COMBINER_HVECTOR);
    __int128 end = -1;
    if (loops_at_most == INT64_MAX) return true; /* nobody asks */
    if (vector && count > 0) {                   /* a loop of one of its blocks */
        description_add(description, recipe->integers[1], false, recipe->types[0]);
        if (count > 1 && description->entries > 0) {
            description->loops += 2;
            description->entries += 2;
        }
    }
    for (int64_t i = 0; !vector && i < count; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        if (run.length == 0) continue;
        bool joined = run.displacement == end;
        description_add(description, run.length, joined, run.child);
        end = run.displacement + (__int128)run.length * run.child->extent;
    }
    return description->loops <= loops_at_most && description->entries <= entries_at_most;
}

static int host_struct(const struct mpilayer_recipe *recipe, MPI_Datatype *host) {
    uint32_t count = recipe->type_count, used = 0;
    int *lengths = malloc((count ? count : 1) * sizeof *lengths);
    MPI_Aint *displacements = malloc((count ? count : 1) * sizeof *displacements);
    MPI_Datatype *types = malloc((count ? count : 1) * sizeof *types);
    int result = MPI_ERR_NO_MEM;
    if (lengths && displacements && types) {
        for (uint32_t i = 0; i < count; i++) {
            if (recipe->types[i]->host == MPI_DATATYPE_NULL)
                continue; /* markers live on in the bounds alone */
            lengths[used] = recipe->integers[1 + i];
            displacements[used] = (MPI_Aint)recipe->addresses[i];
            types[used++] = recipe->types[i]->host;
        }
        result = MPI_Type_create_struct((int)used, lengths, displacements, types, host);
    }
    free(lengths);
    free(displacements);
    free(types);
    return result;
}

static int host_build(struct mpilayer_datatype *type) {
    const struct mpilayer_recipe *recipe = &type->recipe;
    const int32_t *integers = recipe->integers;
    const MPI_Aint *addresses = (const MPI_Aint *)recipe->addresses;
    _Static_assert(sizeof(MPI_Aint) == 8 && sizeof(int) == 4, "recipes are passed as they are");
    MPI_Datatype child = recipe->type_count ? recipe->types[0]->host : MPI_DATATYPE_NULL;
    MPI_Datatype *host = &type->host;

    if (type->body) {
        *host = type->body->host;
        type->host_is_shared = true;
        return MPI_SUCCESS;
    }
    switch (recipe->combiner) {
    case GUEST_MPI_COMBINER_DUP: return MPI_Type_dup(child, host);
    case GUEST_MPI_COMBINER_CONTIGUOUS: return MPI_Type_contiguous(integers[0], child, host);
    case GUEST_MPI_COMBINER_VECTOR:
        return MPI_Type_vector(integers[0], integers[1], integers[2], child, host);
    case GUEST_MPI_COMBINER_HVECTOR:
        return MPI_Type_create_hvector(integers[0], integers[1], addresses[0], child, host);
    case GUEST_MPI_COMBINER_INDEXED:
        return MPI_Type_indexed(integers[0], integers + 1, integers + 1 + integers[0], child, host);
    case GUEST_MPI_COMBINER_HINDEXED:
        return MPI_Type_create_hindexed(integers[0], integers + 1, addresses, child, host);
    case GUEST_MPI_COMBINER_INDEXED_BLOCK:
        return MPI_Type_create_indexed_block(integers[0], integers[1], integers + 2, child, host);
    case GUEST_MPI_COMBINER_HINDEXED_BLOCK:
        return MPI_Type_create_hindexed_block(integers[0], integers[1], addresses, child, host);
    case GUEST_MPI_COMBINER_STRUCT: return host_struct(recipe, host);
    case GUEST_MPI_COMBINER_RESIZED:
        return MPI_Type_create_resized(child, addresses[0], addresses[1], host);
    default: return MPI_ERR_INTERN;
    }
}

/* Where the host computed other bounds, set ours on top. */
static int host_adjust(struct mpilayer_datatype *type) {
    MPI_Aint lb, extent;
    int result = MPI_Type_get_extent(type->host, &lb, &extent);
    if (result != MPI_SUCCESS || (lb == type->lb && extent == type->extent)) return result;
    MPI_Datatype resized;
    result =
        MPI_Type_create_resized(type->host, (MPI_Aint)type->lb, (MPI_Aint)type->extent, &resized);
    if (result != MPI_SUCCESS) return result;
    if (!type->host_is_shared) MPI_Type_free(&type->host);
    type->host = resized;
    type->host_is_shared = false;
    return MPI_SUCCESS;
}

/* What a datatype takes up, roughly: its recipe here and twice in the host's MPI, and there what
 * Open MPI makes of it, before and after it is committed. */
static uint64_t bytes_of_recipe(const struct mpilayer_recipe *recipe) {
    return 3 * ((uint64_t)recipe->type_count * sizeof *recipe->types +
                (uint64_t)recipe->address_count * sizeof *recipe->addresses +
                (uint64_t)recipe->count_count * sizeof *recipe->counts +
                (uint64_t)recipe->integer_count * sizeof *recipe->integers);
}

static bool keep(struct mpilayer_datatype *type, uint64_t bytes) {
    if (!mpilayer_kept_fits(mpilayer_current, bytes)) return false;
    mpilayer_current->kept += bytes;
    type->kept += bytes;
    return true;
}

static bool keep_described(struct mpilayer_datatype *type) {
    enum { BYTES_OF_ENTRY = 64 };
    return type->body || keep(type, BYTES_OF_ENTRY * (uint64_t)type->description.entries);
}

/* Copy a recipe into one allocation (types first: they are the most aligned), retaining its types.
 */
static bool recipe_copy(const struct mpilayer_recipe *from, struct mpilayer_recipe *to) {
    size_t types = (size_t)from->type_count * sizeof *from->types;
    size_t addresses = (size_t)from->address_count * sizeof *from->addresses;
    size_t counts = (size_t)from->count_count * sizeof *from->counts;
    size_t integers = (size_t)from->integer_count * sizeof *from->integers;
    char *memory = malloc(types + addresses + counts + integers + 1);
    if (!memory) return false;
    *to = *from;
    to->types = (struct mpilayer_datatype *const *)(void *)memory;
    to->addresses = (const int64_t *)(void *)(memory + types);
    to->counts = (const int64_t *)(void *)(memory + types + addresses);
    to->integers = (const int32_t *)(void *)(memory + types + addresses + counts);
    if (types) memcpy(memory, from->types, types);
    if (addresses) memcpy(memory + types, from->addresses, addresses);
    if (counts) memcpy(memory + types + addresses, from->counts, counts);
    if (integers) memcpy(memory + types + addresses + counts, from->integers, integers);
    for (uint32_t i = 0; i < to->type_count; i++)
        mpilayer_datatype_reference(to->types[i]);
    return true;
}

static struct mpilayer_table *table(void) {
    return &mpilayer_current->tables[MPILAYER_DATATYPE];
}

int mpilayer_datatype_make(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **out,
                           const char **reason) {
    int result = recipe_check(recipe, reason);
    if (result != GUEST_MPI_SUCCESS) return result;
    struct mpilayer_datatype *type = mpilayer_table_allocate(table());
    if (!type) {
        *reason = "too many datatypes";
        return GUEST_MPI_ERR_NO_MEM;
    }
    type->first_handle = type->object.handle;
    type->host = type->host_own = MPI_DATATYPE_NULL;
    if (!keep(type, bytes_of_recipe(recipe)) || !recipe_copy(recipe, &type->recipe)) {
        *reason = "datatypes take up too much memory outside the program's";
        result = GUEST_MPI_ERR_NO_MEM;
        goto fail;
    }
    if (recipe->combiner == GUEST_MPI_COMBINER_SUBARRAY ||
        recipe->combiner == GUEST_MPI_COMBINER_DARRAY) {
        result = mpilayer_datatype_lower(&type->recipe, &type->body, reason);
        if (result != GUEST_MPI_SUCCESS) goto fail;
    } else if (recipe->large) {
        result = mpilayer_datatype_lower_large(&type->recipe, &type->body, reason);
        if (result != GUEST_MPI_SUCCESS) goto fail;
    }
    result = compute_bounds(type, reason);
    if (result != GUEST_MPI_SUCCESS) goto fail;
    if (!describe(type)) {
        *reason = "too many blocks of several items for Open MPI";
        result = GUEST_MPI_ERR_NO_MEM;
        goto fail;
    }
    if (!keep_described(type)) {
        *reason = "datatypes take up too much memory outside the program's";
        result = GUEST_MPI_ERR_NO_MEM;
        goto fail;
    }
    if (host_build(type) != MPI_SUCCESS || host_adjust(type) != MPI_SUCCESS) {
        *reason = "refused by the host's MPI";
        result = GUEST_MPI_ERR_TYPE;
        goto fail;
    }
    if (recipe->combiner == GUEST_MPI_COMBINER_DUP) type->committed = recipe->types[0]->committed;
    *out = type;
    return GUEST_MPI_SUCCESS;
fail:
    mpilayer_datatype_release(type);
    return result;
}

int mpilayer_datatype_copy(const struct mpilayer_datatype *from, struct mpilayer_datatype **out) {
    struct mpilayer_datatype *copy = mpilayer_table_allocate(table());
    if (!copy) return GUEST_MPI_ERR_NO_MEM;
    struct mpilayer_object object = copy->object;
    *copy = *from;
    copy->object = object;
    copy->first_handle = object.handle;
    copy->host = copy->host_own = MPI_DATATYPE_NULL;
    copy->host_is_shared = false;
    copy->recipe = (struct mpilayer_recipe){0};
    copy->body = copy->wide = NULL;
    copy->attributes = (struct mpilayer_attributes){0};
    copy->name = NULL;
    copy->kept = 0;
    if (!keep(copy, from->kept) || !recipe_copy(&from->recipe, &copy->recipe) ||
        MPI_Type_dup(from->host, &copy->host) != MPI_SUCCESS) {
        mpilayer_datatype_release(copy);
        return GUEST_MPI_ERR_NO_MEM;
    }
    copy->body = from->body;
    if (copy->body) mpilayer_datatype_reference(copy->body);
    *out = copy;
    return GUEST_MPI_SUCCESS;
}

void mpilayer_datatype_reference(struct mpilayer_datatype *type) {
    mpilayer_object_reference(&type->object);
}

int mpilayer_datatype_commit(struct mpilayer_datatype *type) {
    if (type->committed) return GUEST_MPI_SUCCESS;
    if (type->host == MPI_DATATYPE_NULL || MPI_Type_commit(&type->host) != MPI_SUCCESS)
        return GUEST_MPI_ERR_TYPE;
    type->committed = true;
    return GUEST_MPI_SUCCESS;
}

/*
 * Private hosts are found again by a hash table of their handles (open addressing, linear probing):
 * a host calls a user operator with its own handle, and the guest's must be found for it.
 */
static struct {
    struct mpilayer_datatype **slots;
    size_t capacity, used; /* capacity: 0 or a power of two, at most half full */
} own_hosts;

static size_t own_slot(MPI_Datatype host) {
    uint64_t key = (uint64_t)(uintptr_t)host * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(key >> 20) & (own_hosts.capacity - 1);
    while (own_hosts.slots[at] && own_hosts.slots[at]->host_own != host)
        at = (at + 1) & (own_hosts.capacity - 1);
    return at;
}

static bool own_insert(struct mpilayer_datatype *type) {
    if (own_hosts.used * 2 >= own_hosts.capacity) {
        size_t capacity = own_hosts.capacity ? own_hosts.capacity * 2 : 64;
        struct mpilayer_datatype **old = own_hosts.slots;
        size_t old_capacity = own_hosts.capacity;
        struct mpilayer_datatype **slots = calloc(capacity, sizeof(struct mpilayer_datatype *));
        if (!slots) return false;
        own_hosts.slots = slots;
        own_hosts.capacity = capacity;
        for (size_t i = 0; i < old_capacity; i++)
            if (old[i]) slots[own_slot(old[i]->host_own)] = old[i];
        free(old);
    }
    own_hosts.slots[own_slot(type->host_own)] = type;
    own_hosts.used++;
    return true;
}

static void own_remove(struct mpilayer_datatype *type) {
    size_t mask = own_hosts.capacity - 1, at = own_slot(type->host_own);
    own_hosts.slots[at] = NULL;
    own_hosts.used--;
    /* What follows may have been pushed past the gap: put it in again. */
    for (at = (at + 1) & mask; own_hosts.slots[at]; at = (at + 1) & mask) {
        struct mpilayer_datatype *moved = own_hosts.slots[at];
        own_hosts.slots[at] = NULL;
        own_hosts.slots[own_slot(moved->host_own)] = moved;
    }
}

static int own_make(struct mpilayer_datatype *type) {
    MPI_Datatype own;
    if (MPI_Type_dup(type->host, &own) != MPI_SUCCESS) return GUEST_MPI_ERR_NO_MEM;
    type->host_own = own;
    if ((type->committed && MPI_Type_commit(&own) != MPI_SUCCESS) || !own_insert(type)) {
        MPI_Type_free(&type->host_own);
        type->host_own = MPI_DATATYPE_NULL;
        return GUEST_MPI_ERR_NO_MEM;
    }
    return GUEST_MPI_SUCCESS;
}

int mpilayer_datatype_own_host(struct mpilayer_datatype *type, MPI_Datatype *host) {
    mpilayer_thread_alone_begin();
    int result = type->host_own == MPI_DATATYPE_NULL ? own_make(type) : GUEST_MPI_SUCCESS;
    mpilayer_thread_alone_end();
    *host = type->host_own;
    return result;
}

struct mpilayer_datatype *mpilayer_datatype_of_host(MPI_Datatype host) {
    return own_hosts.capacity ? own_hosts.slots[own_slot(host)] : NULL;
}

void mpilayer_datatype_drop_hosts(struct mpilayer_datatype *type) {
    if (type->host_own != MPI_DATATYPE_NULL) {
        own_remove(type);
        MPI_Type_free(&type->host_own);
        type->host_own = MPI_DATATYPE_NULL;
    }
    if (type->host != MPI_DATATYPE_NULL && !type->host_is_shared) MPI_Type_free(&type->host);
    type->host = MPI_DATATYPE_NULL;
}

void mpilayer_datatype_release(struct mpilayer_datatype *type) {
    if (!type || type->predefined || !mpilayer_object_release(table(), &type->object)) return;
    mpilayer_datatype_drop_hosts(type);
    for (uint32_t i = 0; i < type->recipe.type_count; i++)
        mpilayer_datatype_release(type->recipe.types[i]);
    mpilayer_datatype_release(type->body);
    mpilayer_datatype_release(type->wide);
    free((void *)type->recipe.types);
    free(type->name);
    mpilayer_current->kept -= type->kept;
}

bool mpilayer_datatype_elements(const struct mpilayer_datatype *type, int64_t bytes,
                                int64_t *elements) {
    int64_t whole = type->size ? bytes / type->size : 0;
    int64_t rest = bytes - whole * type->size;
    *elements = whole * type->elements;
    if (rest == 0) return true;
    if (type->basic || type->size == 0) return false;
    int64_t count = mpilayer_datatype_run_count(type);
    for (int64_t i = 0; i < count && rest > 0; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        int64_t size = run.length * run.child->size;
        if (size == 0) continue;
        if (rest >= size) {
            *elements += run.length * run.child->elements;
            rest -= size;
            continue;
        }
        int64_t part;
        bool exact = mpilayer_datatype_elements(run.child, rest, &part);
        *elements += part;
        return exact;
    }
    return true;
}

bool mpilayer_datatype_bytes(const struct mpilayer_datatype *type, int64_t elements,
                             int64_t *bytes) {
    int64_t whole = type->elements ? elements / type->elements : 0;
    int64_t rest = elements - whole * type->elements;
    if (__builtin_mul_overflow(whole, type->size, bytes)) return false;
    if (type->basic && rest > 0) /* the first of a pair */
        *bytes += mpilayer_kind_size(type->basic->first);
    int64_t count = type->elements ? mpilayer_datatype_run_count(type) : 0;
    for (int64_t i = 0; i < count && rest > 0; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        int64_t part = run.length * run.child->elements, size;
        if (part > rest) part = rest;
        if (!mpilayer_datatype_bytes(run.child, part, &size) ||
            __builtin_add_overflow(*bytes, size, bytes))
            return false;
        rest -= part;
    }
    return true;
}
