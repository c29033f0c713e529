/*
 * mpi_datatype_array.c - subarrays and distributed arrays, brought down to vectors.
 *
 * Reads the recipe of MPI_Type_create_subarray or MPI_Type_create_darray (MPI 4.1, sections 5.1.3
 * and 5.1.4), checks every number in it and composes the type map out of our own datatypes, so
 * that bounds, element counts and packing know only a few shapes, on every host the same.
 */
#include "mpi/mpi_datatype.h"

/* Put *type `displacement` bytes into an item of bounds 0 and `extent`. */
static int wrap_place(struct mpilayer_datatype **type, int64_t displacement, int64_t extent,
                      const char **reason) {
    if (displacement) {
        const int32_t integers[] = {1, 1};
        const struct mpilayer_recipe recipe = {
            GUEST_MPI_COMBINER_HINDEXED, 2, 1, 1, integers, &displacement, type, NULL, 0, false};
        int result = mpilayer_datatype_wrap(type, &recipe, reason);
        if (result != GUEST_MPI_SUCCESS) return result;
    }
    const int64_t bounds[] = {0, extent};
    const struct mpilayer_recipe recipe = {
        GUEST_MPI_COMBINER_RESIZED, 0, 2, 1, NULL, bounds, type, NULL, 0, false};
    return mpilayer_datatype_wrap(type, &recipe, reason);
}

/* Sizes are the recipe's large counts, or follow `fixed` integers at its start. */
static int64_t size_at(const struct mpilayer_recipe *recipe, int32_t fixed, int32_t at) {
    return recipe->large ? recipe->counts[at] : recipe->integers[fixed + at];
}

static int too_large(const char **reason) {
    *reason = "array too large";
    return GUEST_MPI_ERR_ARG;
}

static int lower_subarray(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                          const char **reason) {
    int32_t dimensions = recipe->integers[0];
    int32_t order = recipe->integers[recipe->integer_count - 1];
    int64_t extent = (*type)->extent;
    int64_t stride = extent, offset = 0;
    int result = GUEST_MPI_SUCCESS;

    if (order != GUEST_MPI_ORDER_C && order != GUEST_MPI_ORDER_FORTRAN) {
        *reason = "invalid order";
        return GUEST_MPI_ERR_ARG;
    }
    for (int32_t i = 0; i < dimensions && result == GUEST_MPI_SUCCESS; i++) {
        int32_t d = order == GUEST_MPI_ORDER_FORTRAN ? i : dimensions - 1 - i;
        int64_t size = size_at(recipe, 1, d), subsize = size_at(recipe, 1, dimensions + d),
                start = size_at(recipe, 1, 2 * dimensions + d), skipped;
        if (size < 1 || subsize < 1 || subsize > size || start < 0 || start > size - subsize) {
            *reason = "subarray does not lie in the array";
            return GUEST_MPI_ERR_ARG;
        }
        /* A whole row that the next dimension repeats is one run of it. */
        if (i == 0)
            result = mpilayer_datatype_wrap_contiguous(type, subsize, reason);
        else
            result = mpilayer_datatype_wrap_repeat(type, subsize, stride, reason);
        if (__builtin_mul_overflow(stride, start, &skipped) ||
            __builtin_add_overflow(offset, skipped, &offset) ||
            __builtin_mul_overflow(stride, size, &stride))
            return too_large(reason);
    }
    return result == GUEST_MPI_SUCCESS ? wrap_place(type, offset, stride, reason) : result;
}

/* The blocks of `size` items, `block` long, that process `rank` of `ranks` owns in one dimension;
 * items lie `stride` bytes apart. */
static int lower_cyclic(struct mpilayer_datatype **type, int64_t size, int64_t block, int32_t rank,
                        int32_t ranks, int64_t stride, int64_t extent, const char **reason) {
    int64_t first, period;
    if (__builtin_mul_overflow((int64_t)rank, block, &first) ||
        __builtin_mul_overflow((int64_t)ranks, block, &period))
        return too_large(reason);
    int64_t left = first < size ? size - first : 0;
    int64_t whole = left / period;
    int64_t tail = left % period; /* items of a last block that is cut short */
    if (tail >= block) {
        whole++;
        tail = 0;
    }
    /* Where no block is owned, or only one, distances do not matter and might overflow. */
    int64_t start = whole + tail > 0 ? first * stride : 0;
    int64_t apart = whole > 1 || (whole && tail) ? period * stride : 0;

    struct mpilayer_datatype *last = *type;
    mpilayer_datatype_reference(last);
    int result = mpilayer_datatype_wrap_contiguous(type, whole ? block : tail, reason);
    if (result == GUEST_MPI_SUCCESS && whole > 1)
        result = mpilayer_datatype_wrap_repeat(type, whole, apart, reason);
    if (result == GUEST_MPI_SUCCESS && whole && tail) {
        result = mpilayer_datatype_wrap_contiguous(&last, tail, reason);
        if (result == GUEST_MPI_SUCCESS) {
            const int32_t integers[] = {2, 1, 1};
            const int64_t addresses[] = {0, whole * apart};
            struct mpilayer_datatype *const types[] = {*type, last};
            struct mpilayer_recipe recipe = {
                GUEST_MPI_COMBINER_STRUCT, 3, 2, 2, integers, addresses, types, NULL, 0, false};
            result = mpilayer_datatype_wrap(type, &recipe, reason);
        }
    }
    mpilayer_datatype_release(last);
    return result == GUEST_MPI_SUCCESS ? wrap_place(type, start, extent, reason) : result;
}

static int lower_darray(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                        const char **reason) {
    int32_t processes = recipe->integers[0], rank = recipe->integers[1],
            dimensions = recipe->integers[2];
    const int32_t *distributions = recipe->integers + 3 + (recipe->large ? 0 : dimensions),
                  *arguments = distributions + dimensions, *grid = arguments + dimensions;
    int32_t order = grid[dimensions];
    int64_t stride = (*type)->extent, total = 1;

    *reason = "inconsistent process grid";
    if (processes < 1 || rank < 0 || rank >= processes) return GUEST_MPI_ERR_ARG;
    for (int32_t d = 0; d < dimensions; d++) {
        if (grid[d] < 1 || __builtin_mul_overflow(total, (int64_t)grid[d], &total) ||
            total > processes)
            return GUEST_MPI_ERR_ARG;
    }
    if (total != processes) return GUEST_MPI_ERR_ARG;
    if (order != GUEST_MPI_ORDER_C && order != GUEST_MPI_ORDER_FORTRAN) {
        *reason = "invalid order";
        return GUEST_MPI_ERR_ARG;
    }
    for (int32_t i = 0; i < dimensions; i++) {
        int32_t d = order == GUEST_MPI_ORDER_FORTRAN ? i : dimensions - 1 - i;
        /* Ranks are always in row-major order: the last dimension varies fastest. */
        int64_t after = 1;
        for (int32_t k = d + 1; k < dimensions; k++)
            after *= grid[k];
        int32_t coordinate = (int32_t)(rank / after % grid[d]);
        int32_t argument = arguments[d];
        int64_t size = size_at(recipe, 3, d), block, extent;

        *reason = "invalid distribution";
        if (size < 1 || (argument < 1 && argument != GUEST_MPI_DISTRIBUTE_DFLT_DARG))
            return GUEST_MPI_ERR_ARG;
        /* The constant is a number like others: as an argument it always means the default. */
        bool by_default = argument == GUEST_MPI_DISTRIBUTE_DFLT_DARG;
        switch (distributions[d]) {
        case GUEST_MPI_DISTRIBUTE_NONE:
            if (grid[d] != 1) return GUEST_MPI_ERR_ARG;
            block = size;
            break;
        case GUEST_MPI_DISTRIBUTE_BLOCK:
            block = by_default ? size / grid[d] + (size % grid[d] != 0) : argument;
            if ((__int128)block * grid[d] < size) return GUEST_MPI_ERR_ARG;
            break;
        case GUEST_MPI_DISTRIBUTE_CYCLIC: block = by_default ? 1 : argument; break;
        default: return GUEST_MPI_ERR_ARG;
        }
        if (__builtin_mul_overflow(stride, size, &extent) || extent > INT64_C(1) << 60 ||
            extent < -(INT64_C(1) << 60))
            return too_large(reason);
        int result = lower_cyclic(type, size, block, coordinate, grid[d], stride, extent, reason);
        if (result != GUEST_MPI_SUCCESS) return result;
        stride = extent;
    }
    return GUEST_MPI_SUCCESS;
}

int mpilayer_datatype_lower(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **body,
                            const char **reason) {
    bool subarray = recipe->combiner == GUEST_MPI_COMBINER_SUBARRAY;
    uint32_t at = subarray ? 0 : 2;
    int64_t dimensions = at < recipe->integer_count ? recipe->integers[at] : 0;
    if (dimensions < 1) {
        *reason = "invalid number of dimensions";
        return GUEST_MPI_ERR_ARG;
    }
    int64_t sizes = (subarray ? 3 : 1) * dimensions, others = (subarray ? 0 : 3) * dimensions;
    if (recipe->integer_count != at + 2 + others + (recipe->large ? 0 : sizes) ||
        recipe->count_count != (recipe->large ? sizes : 0) || recipe->type_count != 1) {
        *reason = "arrays of the wrong length";
        return GUEST_MPI_ERR_INTERN;
    }
    struct mpilayer_datatype *type = recipe->types[0];
    mpilayer_datatype_reference(type);
    int result =
        subarray ? lower_subarray(recipe, &type, reason) : lower_darray(recipe, &type, reason);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_datatype_release(type);
        return result;
    }
    *body = type;
    return GUEST_MPI_SUCCESS;
}
