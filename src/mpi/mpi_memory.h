/*
 * mpi_memory.h - is the memory that count elements of a datatype cover inside linear memory?
 */
#ifndef MPIWASM_MPI_MEMORY_H
#define MPIWASM_MPI_MEMORY_H

#include "mpi/mpi_datatype.h"

/* The general case: not contiguous, MPI_BOTTOM, null, or out of bounds. */
bool mpilayer_buffer_get_slow(struct mpilayer_call *call, const char *argument, uint32_t address,
                              int64_t count, const struct mpilayer_datatype *type, void **out);

/*
 * The host's address of `count` (>= 0, checked) elements of `type` at the guest's address.
 * MPI_ERR_BUFFER if any byte of them lies outside linear memory, or for a null pointer with data.
 * MPI_BOTTOM (0) is the base of linear memory for types with absolute displacements.
 */
static inline bool mpilayer_buffer_get(struct mpilayer_call *call, const char *argument,
                                       uint32_t address, int64_t count,
                                       const struct mpilayer_datatype *type, void **out) {
    uint64_t bytes;
    if (__builtin_expect(
            type->contiguous && address != 0 &&
                !__builtin_mul_overflow((uint64_t)count, (uint64_t)type->size, &bytes) &&
                guest_range_ok(call->layer->guest, address, bytes),
            1)) {
        *out = call->layer->guest->memory + address;
        return true;
    }
    return mpilayer_buffer_get_slow(call, argument, address, count, type, out);
}

#endif
