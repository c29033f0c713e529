/*
 * mpi_request.h - what calls with one request (mpi_request.c) and calls with arrays of them
 * (mpi_request_array.c) share. How requests begin and end is declared in mpi_layer.h.
 */
#ifndef MPIWASM_MPI_REQUEST_H
#define MPIWASM_MPI_REQUEST_H

#include "mpi/mpi_layer.h"

/* The call alone looks at the request (NULL: MPI_REQUEST_NULL), or completes, starts or frees it;
 * false: another call does, or there is no memory, and the call has failed. */
bool mpilayer_request_claim(struct mpilayer_call *call, const char *argument,
                            struct mpilayer_request *request, enum mpilayer_purpose purpose);

/* Before the host may let the request go: until other threads have left it. */
void mpilayer_request_settle(struct mpilayer_request *request);

/* Whether it (NULL: MPI_REQUEST_NULL) is complete, without completing it; MPI's code. */
int mpilayer_request_look_at(struct mpilayer_request *object, int *done, MPI_Status *status);

/* Whether it may be started, and MPI's code of starting it. */
bool mpilayer_request_check_startable(struct mpilayer_call *call, const char *argument,
                                      const struct mpilayer_request *request);
int mpilayer_request_start(struct mpilayer_request *request);

/* Until the host can be asked for what hooks wait for; false: that would take for ever, and the
 * call has failed. *code is MPI's code of asking. */
bool mpilayer_request_wait_ready(struct mpilayer_call *call, const char *argument,
                                 struct mpilayer_request *request, int *code);
/* That failure; gives false. */
bool mpilayer_request_fail_never(struct mpilayer_call *call, const char *argument);

/* A failure goes to the error handler of the request's communicator, which may go with the request:
 * hold it meanwhile. What it gives is for mpilayer_request_end_call. */
static inline struct mpilayer_comm *mpilayer_request_hold_if_failed(struct mpilayer_call *call,
                                                                    int code) {
    if (code == MPI_SUCCESS || call->comm == NULL) {
        return NULL;
    }
    mpilayer_object_reference(&call->comm->object);
    return call->comm;
}

static inline int32_t mpilayer_request_end_call(struct mpilayer_call *call, int code,
                                                struct mpilayer_comm *held) {
    int32_t result = mpilayer_call_return(call, code);
    if (held != NULL) {
        mpilayer_comm_release(call->layer, held);
    }
    return result;
}

/* The request's host handle after MPI has completed it; true: the guest's handle is gone. */
static inline bool mpilayer_request_done(struct mpilayer *layer, struct mpilayer_request *request) {
    request->active = false;
    if (request->host != MPI_REQUEST_NULL) {
        return false;
    }
    mpilayer_request_completed(layer, request);
    return true;
}

static inline enum mpilayer_ready mpilayer_request_ready(struct mpilayer_request *request,
                                                         int *code) {
    *code = MPI_SUCCESS;
    /* What was not started, or has completed, waits for nothing. */
    return request->hooks == NULL || request->hooks->ready == NULL ||
                   (request->persistent && !request->active)
               ? MPILAYER_READY
               : request->hooks->ready(request, code);
}

static inline void mpilayer_request_mend(const struct mpilayer_request *request,
                                         MPI_Status *status) {
    if (request != NULL && request->hooks != NULL && request->hooks->mend != NULL) {
        request->hooks->mend(request, status);
    }
}

/* The same for requests that other calls may help to complete, which need no claim for that. */
static inline void mpilayer_request_settle_generalized(struct mpilayer_request *request) {
    if (mpilayer_is_multiple && request != NULL && request->hooks != NULL) {
        mpilayer_request_settle(request);
    }
}

#endif
