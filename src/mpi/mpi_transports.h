/*
 * mpi_transports.h - what carries the messages of the MPI library in this process, as far as it can
 * be told from outside.
 */
#ifndef MPIWASM_MPI_TRANSPORTS_H
#define MPIWASM_MPI_TRANSPORTS_H

#include "base/arena.h"

/*
 * "shared memory (vader), TCP": the transports whose code the process has mapped now, in the arena;
 * "" if none is known. An MPI library loads what it may use in MPI_Init, and drops what it does not
 * use; some have all of it built in, and then nothing shows.
 */
const char *mpi_transports_loaded(struct arena *arena);

/* "mlx5_0 (InfiniBand), cxi0 (Slingshot)": adapters of this host that MPI libraries have transports
 * for; "" if there is none. */
const char *mpi_transports_hardware(struct arena *arena);

#endif
