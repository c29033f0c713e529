/*
 * mpi_status.h - MPI_Status of the guest (32 bytes: source, tag, error, five ints that carry the
 * host's own payload) from and to the host's.
 */
#ifndef MPIWASM_MPI_STATUS_H
#define MPIWASM_MPI_STATUS_H

#include "mpi/mpi_layer.h"

enum { MPILAYER_STATUS_SIZE = 32 };

/* The guest's status pointer: 0 (MPI_STATUS_IGNORE) or 32 bytes that may be written. */
static inline bool mpilayer_status_check(struct mpilayer_call *call, const char *argument,
                                         uint32_t address) {
    return address == 0 || mpilayer_memory_check(call, argument, address, MPILAYER_STATUS_SIZE);
}

/* What to pass to MPI: the host status, or MPI_STATUS_IGNORE. */
static inline MPI_Status *mpilayer_status_host(uint32_t address, MPI_Status *status) {
    return address == 0 ? MPI_STATUS_IGNORE : status;
}

/* Write it to the guest; MPI_ERROR stays as it is unless with_error. Address 0: nothing. */
void mpilayer_status_store(const struct mpilayer *layer, uint32_t address, const MPI_Status *status,
                           bool with_error);
/* Read one back. */
void mpilayer_status_load(const struct mpilayer *layer, uint32_t address, MPI_Status *status);

#endif
