/*
 * mpi_loader.h - the MPI plugins of an installation, and which of them this process needs.
 *
 * Part of mpiwasm itself, which links no MPI: a plugin is loaded for modules that import MPI.
 */
#ifndef MPIWASM_MPI_LOADER_H
#define MPIWASM_MPI_LOADER_H

#include "base/arena.h"
#include "base/error.h"
#include "runtime/host_module.h"

/* Import module of the guests' MPI functions. */
#define MPI_LOADER_IMPORT_MODULE "mpi_abi_1"

/* Does a plugin serve this import: a function of MPI, under its own module's name or, as modules of
 * the first MPIWasm have it, under "env"? */
bool mpi_loader_serves(const char *module, const char *name);

struct mpi_plugin {
    const char *name;               /* "openmpi", "mpich", ...; in the arena, as the others */
    const char *path;               /* of the shared object */
    const struct host_module *host; /* NULL: it could not be loaded */
    const char *problem;            /* then: why */
    const char *library;            /* the file of its MPI library; NULL: not loaded, or unknown */
};

/* The plugins in the directory, sorted by name, not loaded (neither host nor problem is set). A
 * directory that is not there is an empty one. */
bool mpi_loader_find(const char *directory, struct arena *arena, struct mpi_plugin **plugins,
                     size_t *count, struct error *err);

/*
 * All plugins in the directory, or the one named `only` (NULL: all), loaded, sorted by name. None
 * is no error, but ERROR_MPI if `only` is not there.
 */
bool mpi_loader_list(const char *directory, const char *only, struct arena *arena,
                     struct mpi_plugin **plugins, size_t *count, struct error *err);

/*
 * The plugin for this process, loaded for the rest of its life: the one `wanted` names (or, if it
 * contains a '/', the file at that path); if NULL, the one the variable MPIWASM_MPI names; else the
 * one that fits the launcher; else, without launcher, the one whose processes start best alone.
 * Among those that fit, one whose MPI library LD_LIBRARY_PATH or the launcher's installation has
 * goes first.
 * ERROR_MPI: there is none that fits; the message says what to do.
 */
bool mpi_loader_choose(const char *directory, const char *wanted, struct arena *arena,
                       struct mpi_plugin *plugin, struct error *err);

#endif
