/*
 * mpi_memory.h - is the memory that count elements of a datatype cover inside linear memory?
 */
#ifndef MPIWASM_MPI_MEMORY_H
#define MPIWASM_MPI_MEMORY_H

#include "mpi/mpi_datatype.h"

/* Bytes from a buffer's address: count elements of a datatype lie in [low, high). */
struct mpilayer_span {
    __int128 low, high;
};

/* count > 0 and the datatype has data, else the span is empty. */
struct mpilayer_span mpilayer_span_of(const struct mpilayer_datatype *type, int64_t count);

/* The host's address for a buffer of which all bytes of the span must lie in linear memory;
 * `absolute`: the address may be MPI_BOTTOM. */
bool mpilayer_buffer_span(struct mpilayer_call *call, const char *argument, uint32_t address,
                          struct mpilayer_span span, bool absolute, void **out);

/* The general case: not contiguous, MPI_BOTTOM, null, or out of bounds. */
bool mpilayer_buffer_get_slow(struct mpilayer_call *call, const char *argument, uint32_t address,
                              int64_t count, struct mpilayer_datatype **type, void **out);

/*
 * The host's address of `count` (>= 0, checked) elements of *type at the guest's address.
 * MPI_ERR_BUFFER if any byte of them lies outside linear memory, for a null pointer with data and
 * for MPI_IN_PLACE (where that is allowed the caller looks for it first).
 *
 * MPI_BOTTOM (0) is the base of linear memory for datatypes with absolute displacements, that is,
 * whose data does not start at 0. A guest's addresses of 2 GiB and more are negative displacements:
 * if all are, *out is 4 GiB above the base; if only some are, *type becomes a datatype with
 * zero-extended displacements. Without data it becomes one whose data would begin at *out. So pass
 * (*type)->host to MPI after this call.
 */
static inline bool mpilayer_buffer_get(struct mpilayer_call *call, const char *argument,
                                       uint32_t address, int64_t count,
                                       struct mpilayer_datatype **type, void **out) {
    uint64_t bytes;
    if (__builtin_expect(
            (*type)->contiguous && address > GUEST_MPI_IN_PLACE &&
                !__builtin_mul_overflow((uint64_t)count, (uint64_t)(*type)->size, &bytes) &&
                guest_range_ok(call->layer->guest, address, bytes),
            1)) {
        *out = call->layer->guest->memory + address;
        return true;
    }
    return mpilayer_buffer_get_slow(call, argument, address, count, type, out);
}

/* Memory from the guest's allocator; 0: it has none left. Where it cannot align so strictly,
 * aligned to 8 bytes. */
uint64_t mpilayer_guest_allocate(struct mpilayer *layer, uint64_t size, uint64_t alignment);
/* Give it back. */
void mpilayer_guest_release(struct mpilayer *layer, uint32_t address);

#endif
