/*
 * mpi_error.h - what the files of the layer share about errors and error handlers.
 */
#ifndef MPIWASM_MPI_ERROR_H
#define MPIWASM_MPI_ERROR_H

#include "mpi/mpi_layer.h"

enum { MPILAYER_ABORT_SECONDS = 10 };

/* Begin a call that may come before MPI_Init and after MPI_Finalize. Always true. */
static inline bool mpilayer_call_begin_anytime(struct mpilayer_call *call, struct mpilayer *layer,
                                               const char *name) {
    *call = (struct mpilayer_call){.layer = layer, .name = name};
    return true;
}

int mpilayer_error_class_to_host(int guest_class);
int mpilayer_error_code_to_host(int guest_code); /* of the guest's codes' class */
int mpilayer_error_last_used(void);              /* the value of the attribute MPI_LASTUSEDCODE */

/* Give comm the handler: one reference more for it, one less for the one before (may be NULL). */
void mpilayer_errhandler_assign(struct mpilayer *layer, struct mpilayer_comm *comm,
                                struct mpilayer_errhandler *errhandler);
void mpilayer_errhandler_release(struct mpilayer *layer, struct mpilayer_errhandler *errhandler);

/* MPI_Abort with a watchdog, or _exit where MPI does not run. */
_Noreturn void mpilayer_abort_job(struct mpilayer *layer, struct mpilayer_comm *comm, int code);

#endif
