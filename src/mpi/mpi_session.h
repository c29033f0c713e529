/*
 * mpi_session.h - sessions: the layer's own objects over one initialisation of the host's MPI.
 */
#ifndef MPIWASM_MPI_SESSION_H
#define MPIWASM_MPI_SESSION_H

#include "mpi/mpi_buffer.h"

struct mpilayer_session {
    struct mpilayer_object object;
    struct mpilayer_comm *comm; /* hidden: carries the error handler, as a window's does */
    struct mpilayer_info *info; /* the hints it was made with; NULL: none */
    struct mpilayer_buffer *buffer;
};

/* Also makes its error handler the call's. */
static inline bool mpilayer_session_get(struct mpilayer_call *call, const char *argument,
                                        uint32_t handle, struct mpilayer_session **out) {
    *out = mpilayer_table_find(&call->layer->tables[MPILAYER_SESSION], handle);
    if (*out == NULL) {
        return mpilayer_handle_fail(call, argument, handle, MPILAYER_SESSION);
    }
    call->comm = (*out)->comm;
    return true;
}

/* Start the host's MPI, if it does not run yet (mpi_environment.c): what MPI_Init and
 * MPI_Session_init have in common. False: MPI has ended for good. */
bool mpilayer_start(struct mpilayer_call *call, int32_t required, int32_t *provided);
/* End it; the host's code. */
int mpilayer_stop(struct mpilayer *layer);

#endif
