/*
 * mpi_op.h - reduction operators: the predefined ones, those of the guest's own functions.
 */
#ifndef MPIWASM_MPI_OP_H
#define MPIWASM_MPI_OP_H

#include "mpi/mpi_datatype.h"

struct mpilayer_op {
    struct mpilayer_object object;
    MPI_Op host;
    bool predefined;
    bool commutative;
    uint32_t function; /* index of the guest's function */
};

MPILAYER_DEFINE_GET(mpilayer_op_get, mpilayer_op, MPILAYER_OP)

bool mpilayer_ops_start(struct mpilayer *layer);
void mpilayer_ops_stop(struct mpilayer *layer);

#endif
