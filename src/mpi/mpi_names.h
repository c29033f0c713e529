/*
 * mpi_names.h - the MPI functions that guests know, for whoever has no mpi.h: the tests.
 */
#ifndef MPIWASM_MPI_NAMES_H
#define MPIWASM_MPI_NAMES_H

#include <stddef.h>

struct mpi_known_function {
    const char *name;      /* "MPI_Send" */
    const char *signature; /* as in host_function: "i:iiiiii" */
    const char *kinds;     /* of the arguments, space-separated: mpi_functions.def */
    const char *section;   /* "Point-to-point" */
};

extern const struct mpi_known_function mpi_known_functions[];
extern const size_t mpi_known_function_count;

/* The row of the function ("MPI_Send" or "PMPI_Send"); NULL: no MPI function has that name. */
const struct mpi_known_function *mpi_known_function_find(const char *name);

#endif
