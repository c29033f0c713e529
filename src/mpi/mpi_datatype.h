/*
 * mpi_datatype.h - the layer's own datatype object.
 *
 * Needed because several guest types map to one host type (long is 32 bits wide in the guest) and
 * because every buffer is checked against its datatype's bounds before MPI sees it.
 */
#ifndef MPIWASM_MPI_DATATYPE_H
#define MPIWASM_MPI_DATATYPE_H

#include "mpi/mpi_layer.h"

struct mpilayer_datatype {
    struct mpilayer_object object;
    MPI_Datatype host;
    int64_t size;             /* bytes of data in one element */
    int64_t lb, extent;       /* bytes */
    int64_t true_lb, true_ub; /* bytes; equal if the type has no data */
    bool predefined;
    bool committed;
    bool contiguous; /* count elements are size * count bytes from the buffer's start */
    struct mpilayer_attributes attributes;
};

MPILAYER_DEFINE_GET(mpilayer_datatype_get_any, mpilayer_datatype, MPILAYER_DATATYPE)

bool mpilayer_datatype_fail_uncommitted(struct mpilayer_call *call, const char *argument)
    __attribute__((cold));

/* A committed datatype, as communication needs it. Else MPI_ERR_TYPE. */
static inline bool mpilayer_datatype_get(struct mpilayer_call *call, const char *argument,
                                         uint32_t handle, struct mpilayer_datatype **out) {
    return mpilayer_datatype_get_any(call, argument, handle, out) &&
           ((*out)->committed || mpilayer_datatype_fail_uncommitted(call, argument));
}

/* Make the predefined datatypes; after MPI_Init, as host types may have to be built. */
bool mpilayer_datatypes_start(struct mpilayer *layer);
/* Before MPI_Finalize. */
void mpilayer_datatypes_stop(struct mpilayer *layer);

#endif
