/*
 * mpi_host.h - what has to be known of the host's MPI before it is used.
 */
#ifndef MPIWASM_MPI_HOST_H
#define MPIWASM_MPI_HOST_H

#include <stdbool.h>

/* Call it after the host's MPI_Init_thread, before anything else of it. Asks nothing of other
 * ranks. */
void mpilayer_host_start(void);

/* Is it MPICH or one of its kin, whose habits beyond the standard they share? Known after the
 * above. */
bool mpilayer_host_is_mpich(void);

#endif
