/*
 * layers.h - the host layers of this installation: WASI, linked in, and MPI, a plugin.
 */
#ifndef MPIWASM_CLI_LAYERS_H
#define MPIWASM_CLI_LAYERS_H

#include "base/arena.h"
#include "cli/options.h"
#include "mpi/mpi_loader.h"
#include "runtime/link.h"

/* What every module may import. */
void layers_add_fixed(struct linker *linker);

/* The same, and the MPI plugin that --mpi names or that matches the launcher, if the module
 * imports MPI. */
bool layers_add(struct linker *linker, const struct wasm_module *module,
                const struct options *options, struct arena *arena, struct error *err);

/* All MPI plugins of this installation, or the one named `only` (may be NULL), loaded. Empty if
 * there are none. ERROR_MPI if `only` is not there. */
bool layers_find_plugins(const char *only, struct arena *arena, struct mpi_plugin **plugins,
                         size_t *count, struct error *err);

#endif
