/*
 * mpi_library.h - which MPI library a plugin wants, and whether one is at hand: in LD_LIBRARY_PATH,
 * where environment modules put it, or in the installation that the launcher comes from.
 */
#ifndef MPIWASM_MPI_LIBRARY_H
#define MPIWASM_MPI_LIBRARY_H

#include "base/arena.h"

#include <stdbool.h>

/* The MPI library that the plugin at the path is linked to, "libmpi.so.40"; NULL: it cannot be
 * told. In the arena, as the other results. */
const char *mpi_library_wanted(struct arena *arena, const char *plugin_path);

/* Does a directory of LD_LIBRARY_PATH have the file? Then the dynamic loader takes that. */
bool mpi_library_in_path(struct arena *arena, const char *file);

/* Where the MPI that this process was launched by is installed, "/opt/mpich"; NULL: no process
 * above this one is known as a launcher of MPI, or it may not be looked at. */
const char *mpi_library_launcher_prefix(struct arena *arena);

/* The library of that name in that installation; NULL: it has none. */
const char *mpi_library_of_launcher(struct arena *arena, const char *file);

#endif
