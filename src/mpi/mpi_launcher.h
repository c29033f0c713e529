/*
 * mpi_launcher.h - who started this process as a rank, told from the environment.
 */
#ifndef MPIWASM_MPI_LAUNCHER_H
#define MPIWASM_MPI_LAUNCHER_H

#include <stdbool.h>

struct mpi_launcher {
    const char *name; /* "Open MPI's mpirun" */
    const char
        *family; /* of the plugin that fits best: "openmpi", "mpich"; NULL: it serves any MPI */
    const char *const *families; /* all that fit, the best one first, NULL-terminated; or NULL */
    int rank, size;              /* as the launcher says; size 0: it does not say */
};

/* False: no launcher is known to have started this process. */
bool mpi_launcher_detect(struct mpi_launcher *launcher);

#endif
