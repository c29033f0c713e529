/*
 * mpi_op.h - reduction operators: the predefined ones, and those of the guest's own functions.
 */
#ifndef MPIWASM_MPI_OP_H
#define MPIWASM_MPI_OP_H

#include "mpi/mpi_datatype.h"

/* References: the guest's handle, pending requests. */
struct mpilayer_op {
    struct mpilayer_object object;
    MPI_Op host;
    bool predefined;
    bool commutative;
    uint32_t function; /* index of the guest's function */
    int thunk;         /* which of the host functions stands for it; only user operators */
};

MPILAYER_DEFINE_GET(mpilayer_op_get, mpilayer_op, MPILAYER_OP)

void mpilayer_op_release(struct mpilayer_op *op);
bool mpilayer_ops_start(struct mpilayer *layer);
void mpilayer_ops_stop(struct mpilayer *layer);

/* What MPI gets for an operator on items of a datatype. */
struct mpilayer_reduction {
    MPI_Op op;
    MPI_Datatype type;
    bool predefined, commutative; /* predefined: the host's own operator */
};

/*
 * Resolve the operator of a reduction on `type`, which must be final (after mpilayer_buffer_get).
 * MPI_ERR_OP: the operator does not take the datatype. With a user operator the host's datatype is
 * one that the datatype shares with no other, so that the callback gets the guest's own handle.
 * `pending`: the call only starts the reduction; operator and datatype are kept until it completes.
 */
bool mpilayer_op_resolve(struct mpilayer_call *call, const char *argument, uint32_t handle,
                         struct mpilayer_datatype *type, bool pending,
                         struct mpilayer_reduction *out);

/* Whether a predefined operator makes sense on what a predefined datatype means. */
bool mpilayer_op_takes(uint32_t op_handle, enum mpilayer_meaning meaning);

/* Operators on carriers (mpi_op_carrier.c): numbers that the host's MPI cannot compute with.
 * MPI_OP_NULL: the host's own operator does it. False: the datatype has no such operator. */
bool mpilayer_op_of_carrier(uint32_t op_handle, const struct mpilayer_basic *basic, MPI_Op *out);
void mpilayer_op_carriers_stop(void);

#endif
