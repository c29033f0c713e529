/*
 * mpi_memory.c - ranges of datatypes in linear memory, and MPI_BOTTOM.
 *
 * Reads a guest's address, a count and a datatype; produces the pointer that MPI gets, after the
 * proof that no byte of the type map lies outside linear memory (MPI 4.1, section 5.1.6: bounds of
 * count elements, which lie one extent apart, forwards or backwards).
 */
#include "mpi/mpi_memory.h"

#include <stdlib.h>

#define ADDRESS_SPACE ((int64_t)1 << 32)

struct mpilayer_span mpilayer_span_of(const struct mpilayer_datatype *type, int64_t count) {
    struct mpilayer_span span = {0, 0};
    if (count > 0 && type->size > 0) {
        __int128 across = (__int128)(count - 1) * type->extent;
        span.low = type->true_lb + (across < 0 ? across : 0);
        span.high = type->true_ub + (across > 0 ? across : 0);
    }
    return span;
}

/* The runs of a datatype, those with negative addresses moved up by the address space. */
struct wide_runs {
    int32_t *integers; /* count, then lengths, as in the recipe of a struct */
    int64_t *addresses;
    struct mpilayer_datatype **types;
    uint32_t count, capacity;
};

enum { WIDE_RUNS_MAX = 1 << 20 };

static bool wide_add(struct wide_runs *runs, int64_t address, int64_t length,
                     struct mpilayer_datatype *type) {
    if (runs->count == runs->capacity) {
        uint32_t capacity = runs->capacity ? runs->capacity * 2 : 16;
        int32_t *integers = realloc(runs->integers, (capacity + (size_t)1) * sizeof *integers);
        if (integers) runs->integers = integers;
        int64_t *addresses = realloc(runs->addresses, capacity * sizeof *addresses);
        if (addresses) runs->addresses = addresses;
        struct mpilayer_datatype **types = realloc(runs->types, capacity * sizeof(void *));
        if (types) runs->types = types;
        if (!integers || !addresses || !types || capacity > WIDE_RUNS_MAX) return false;
        runs->capacity = capacity;
    }
    runs->addresses[runs->count] = address;
    runs->types[runs->count] = type;
    runs->integers[++runs->count] = (int32_t)length;
    return true;
}

/* `length` items of `type` at `address`; false: one straddles 0, or there are too many. */
static bool wide_collect(struct wide_runs *runs, int64_t address, int64_t length,
                         struct mpilayer_datatype *type) {
    struct mpilayer_span span = mpilayer_span_of(type, length);
    if (span.low == span.high) return true;
    if (address + span.low >= 0) return wide_add(runs, address, length, type);
    if (address + span.high <= 0) return wide_add(runs, address + ADDRESS_SPACE, length, type);
    if (length > 1) {
        for (int64_t i = 0; i < length; i++)
            if (!wide_collect(runs, address + i * type->extent, 1, type)) return false;
        return true;
    }
    int64_t count = mpilayer_datatype_run_count(type);
    for (int64_t i = 0; i < count; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        if (!wide_collect(runs, address + run.displacement, run.length, run.child)) return false;
    }
    return count > 0;
}

static struct mpilayer_datatype *wide_make(struct mpilayer_datatype *type) {
    struct wide_runs runs = {0};
    struct mpilayer_datatype *inner = NULL, *wide = NULL;
    const char *reason;
    if (wide_collect(&runs, 0, 1, type)) {
        runs.integers[0] = (int32_t)runs.count;
        struct mpilayer_recipe recipe = {GUEST_MPI_COMBINER_STRUCT,
                                         runs.count + 1,
                                         runs.count,
                                         runs.count,
                                         runs.integers,
                                         runs.addresses,
                                         runs.types,
                                         NULL,
                                         0,
                                         false};
        const int64_t bounds[] = {type->lb, type->extent};
        if (mpilayer_datatype_make(&recipe, &inner, &reason) == GUEST_MPI_SUCCESS) {
            struct mpilayer_recipe resized = {
                GUEST_MPI_COMBINER_RESIZED, 0, 2, 1, NULL, bounds, &inner, NULL, 0, false};
            if (mpilayer_datatype_make(&resized, &wide, &reason) == GUEST_MPI_SUCCESS) {
                mpilayer_object_hide(&wide->object);
                if (mpilayer_datatype_commit(wide) != GUEST_MPI_SUCCESS) {
                    mpilayer_datatype_release(wide);
                    wide = NULL;
                }
            }
            mpilayer_datatype_release(inner);
        }
    }
    free(runs.integers);
    free(runs.addresses);
    free(runs.types);
    return wide;
}

bool mpilayer_buffer_span(struct mpilayer_call *call, const char *argument, uint32_t address,
                          struct mpilayer_span span, bool absolute, void **out) {
    const struct guest *guest = call->layer->guest;
    uint64_t limit = *guest->memory_size;
    uint8_t *base = guest->memory;

    if (span.low == span.high) { /* no data: any address will do, and none must be misread */
        *out = base + (address <= limit ? address : 0);
        return true;
    }
    if (address == GUEST_MPI_IN_PLACE)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, argument,
                                  "MPI_IN_PLACE is not allowed here");
    if (address == GUEST_MPI_BOTTOM && !absolute)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, argument, "null pointer");
    if (address == GUEST_MPI_BOTTOM && span.high <= 0) {
        span.low += ADDRESS_SPACE;
        span.high += ADDRESS_SPACE;
        base += ADDRESS_SPACE;
    }
    span.low += address;
    span.high += address;
    if (span.low < INT64_MIN || span.high > INT64_MAX)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, argument,
                                  "far outside the program's memory");
    if (span.low < 0 || span.high > limit)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, argument,
                                  "bytes %lld to %lld do not lie in the program's memory of %llu",
                                  (long long)span.low, (long long)span.high,
                                  (unsigned long long)limit);
    *out = base + address;
    return true;
}

bool mpilayer_buffer_get_slow(struct mpilayer_call *call, const char *argument, uint32_t address,
                              int64_t count, struct mpilayer_datatype **type, void **out) {
    struct mpilayer_span span = mpilayer_span_of(*type, count);
    bool absolute = (*type)->true_lb != 0;
    if (span.low == span.high) *type = mpilayer_datatype_without_data(*type, count);
    if (address == GUEST_MPI_BOTTOM && span.low < 0 && span.high > 0) {
        if (!(*type)->wide) (*type)->wide = wide_make(*type);
        if ((*type)->wide) {
            *type = (*type)->wide;
            span = mpilayer_span_of(*type, count);
        }
    }
    return mpilayer_buffer_span(call, argument, address, span, absolute, out);
}
