/*
 * mpi_datatype_array.c - subarrays and distributed arrays, brought down to vectors.
 *
 * Reads the recipe of MPI_Type_create_subarray or MPI_Type_create_darray (MPI 4.1, sections 5.1.3
 * and 5.1.4), checks every number in it and composes the type map out of our own datatypes, so
 * that bounds, element counts and packing know only a few shapes, on every host the same.
 */
#include "mpi/mpi_datatype.h"

/* Replace *type by a datatype of the recipe made from it; *type is released either way on success.
 * On failure *type stays as it was. */
static int wrap(struct mpilayer_datatype **type, int combiner, uint32_t integer_count,
                const int32_t *integers, uint32_t address_count, const int64_t *addresses,
                const char **reason) {
    struct mpilayer_recipe recipe = {combiner, integer_count, address_count, 1,
                                     integers, addresses,     type};
    struct mpilayer_datatype *made;
    int result = mpilayer_datatype_make(&recipe, &made, reason);
    if (result != GUEST_MPI_SUCCESS) return result;
    mpilayer_object_hide(&made->object);
    mpilayer_datatype_release(*type);
    *type = made;
    return GUEST_MPI_SUCCESS;
}

static int wrap_hvector(struct mpilayer_datatype **type, int32_t count, int32_t length,
                        int64_t stride, const char **reason) {
    const int32_t integers[] = {count, length};
    return wrap(type, GUEST_MPI_COMBINER_HVECTOR, 2, integers, 1, &stride, reason);
}

/* Put *type `displacement` bytes into an item of bounds 0 and `extent`. */
static int wrap_place(struct mpilayer_datatype **type, int64_t displacement, int64_t extent,
                      const char **reason) {
    if (displacement) {
        const int32_t integers[] = {1, 1};
        int result = wrap(type, GUEST_MPI_COMBINER_HINDEXED, 2, integers, 1, &displacement, reason);
        if (result != GUEST_MPI_SUCCESS) return result;
    }
    const int64_t bounds[] = {0, extent};
    return wrap(type, GUEST_MPI_COMBINER_RESIZED, 0, NULL, 2, bounds, reason);
}

static int too_large(const char **reason) {
    *reason = "array too large";
    return GUEST_MPI_ERR_ARG;
}

static int lower_subarray(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                          const char **reason) {
    int32_t dimensions = recipe->integers[0];
    const int32_t *sizes = recipe->integers + 1, *subsizes = sizes + dimensions,
                  *starts = subsizes + dimensions;
    int32_t order = starts[dimensions];
    int64_t extent = (*type)->extent;
    int64_t stride = extent, offset = 0;
    int result = GUEST_MPI_SUCCESS;

    if (order != GUEST_MPI_ORDER_C && order != GUEST_MPI_ORDER_FORTRAN) {
        *reason = "invalid order";
        return GUEST_MPI_ERR_ARG;
    }
    for (int32_t i = 0; i < dimensions && result == GUEST_MPI_SUCCESS; i++) {
        int32_t d = order == GUEST_MPI_ORDER_FORTRAN ? i : dimensions - 1 - i;
        int64_t skipped;
        if (sizes[d] < 1 || subsizes[d] < 1 || subsizes[d] > sizes[d] || starts[d] < 0 ||
            starts[d] > sizes[d] - subsizes[d]) {
            *reason = "subarray does not lie in the array";
            return GUEST_MPI_ERR_ARG;
        }
        /* A whole row that the next dimension repeats is one run of it. */
        if (i == 0)
            result = wrap(type, GUEST_MPI_COMBINER_CONTIGUOUS, 1, &subsizes[d], 0, NULL, reason);
        else
            result = wrap_hvector(type, subsizes[d], 1, stride, reason);
        if (__builtin_mul_overflow(stride, (int64_t)starts[d], &skipped) ||
            __builtin_add_overflow(offset, skipped, &offset) ||
            __builtin_mul_overflow(stride, (int64_t)sizes[d], &stride))
            return too_large(reason);
    }
    return result == GUEST_MPI_SUCCESS ? wrap_place(type, offset, stride, reason) : result;
}

/* The blocks of `size` items, `block` long, that process `rank` of `ranks` owns in one dimension;
 * items lie `stride` bytes apart. */
static int lower_cyclic(struct mpilayer_datatype **type, int32_t size, int32_t block, int32_t rank,
                        int32_t ranks, int64_t stride, int64_t extent, const char **reason) {
    int64_t first = (int64_t)rank * block, period = (int64_t)ranks * block;
    int64_t left = first < size ? size - first : 0;
    int32_t whole = (int32_t)(left / period);
    int32_t tail = (int32_t)(left % period); /* items of a last block that is cut short */
    if (tail >= block) {
        whole++;
        tail = 0;
    }
    /* Where no block is owned, or only one, distances do not matter and might overflow. */
    int64_t start = whole + tail > 0 ? first * stride : 0;
    int64_t apart = whole > 1 || (whole && tail) ? period * stride : 0;

    struct mpilayer_datatype *last = *type;
    mpilayer_datatype_reference(last);
    int32_t length = whole ? block : tail;
    int result = wrap(type, GUEST_MPI_COMBINER_CONTIGUOUS, 1, &length, 0, NULL, reason);
    if (result == GUEST_MPI_SUCCESS && whole > 1)
        result = wrap_hvector(type, whole, 1, apart, reason);
    if (result == GUEST_MPI_SUCCESS && whole && tail) {
        result = wrap(&last, GUEST_MPI_COMBINER_CONTIGUOUS, 1, &tail, 0, NULL, reason);
        if (result == GUEST_MPI_SUCCESS) {
            const int32_t integers[] = {2, 1, 1};
            const int64_t addresses[] = {0, whole * apart};
            struct mpilayer_datatype *const types[] = {*type, last};
            struct mpilayer_recipe recipe = {
                GUEST_MPI_COMBINER_STRUCT, 3, 2, 2, integers, addresses, types};
            struct mpilayer_datatype *made;
            result = mpilayer_datatype_make(&recipe, &made, reason);
            if (result == GUEST_MPI_SUCCESS) {
                mpilayer_object_hide(&made->object);
                mpilayer_datatype_release(*type);
                *type = made;
            }
        }
    }
    mpilayer_datatype_release(last);
    return result == GUEST_MPI_SUCCESS ? wrap_place(type, start, extent, reason) : result;
}

static int lower_darray(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **type,
                        const char **reason) {
    int32_t processes = recipe->integers[0], rank = recipe->integers[1],
            dimensions = recipe->integers[2];
    const int32_t *sizes = recipe->integers + 3, *distributions = sizes + dimensions,
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
        int32_t size = sizes[d], argument = arguments[d], block;
        int64_t extent;

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
            if ((int64_t)block * grid[d] < size) return GUEST_MPI_ERR_ARG;
            break;
        case GUEST_MPI_DISTRIBUTE_CYCLIC: block = by_default ? 1 : argument; break;
        default: return GUEST_MPI_ERR_ARG;
        }
        if (__builtin_mul_overflow(stride, (int64_t)size, &extent) || extent > INT64_C(1) << 60 ||
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
    if (recipe->integer_count != at + 2 + (subarray ? 3 : 4) * dimensions) {
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
