/*
 * mpi_names.c - looks up MPI functions by name in the generated list.
 */
#include "mpi/mpi_names.h"

#include <string.h>

const struct mpi_known_function *mpi_known_function_find(const char *name) {
    if (strncmp(name, "PMPI_", 5) == 0) {
        name++;
    }
    for (size_t i = 0; i < mpi_known_function_count; i++) {
        if (strcmp(mpi_known_functions[i].name, name) == 0) {
            return &mpi_known_functions[i];
        }
    }
    return NULL;
}
