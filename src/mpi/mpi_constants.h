/*
 * mpi_constants.h - the guest's MPI constants, as GUEST_MPI_SUCCESS, GUEST_MPI_INT, ...
 */
#ifndef MPIWASM_MPI_CONSTANTS_H
#define MPIWASM_MPI_CONSTANTS_H

enum mpilayer_guest_constant {
#define MPI_CONSTANT(name, value) GUEST_##name = value,
#define MPI_ERROR_CLASS(name, value) GUEST_##name = value,
#define MPI_KEYVAL(name, value) GUEST_##name = value,
#define MPI_HANDLE(type, name, value) GUEST_##name = value,
#define MPI_DATATYPE(name, value) GUEST_##name = value,
#define MPI_ALIAS(name, other) GUEST_##name = GUEST_##other,
#define MPI_ADDRESS(type, name, value) GUEST_##name = value,
#include "mpi/mpi_constants.def"
};

#endif
