/*
 * layers.c - which host layers a module gets; see layers.h.
 */
#include "cli/layers.h"

#include "cli/paths.h"
#include "mpi/mpi_loader.h"
#include "wasi/wasi.h"

#include <string.h>

#define PLUGIN_FOLDER "lib/mpiwasm"

void layers_add_fixed(struct linker *linker) {
    linker_add_host(linker, &wasi_host_module);
}

static bool imports_mpi(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->import_count; i++)
        if (strcmp(module->imports[i].module.bytes, MPI_LOADER_IMPORT_MODULE) == 0) return true;
    return false;
}

bool layers_add(struct linker *linker, const struct wasm_module *module,
                const struct options *options, struct error *err) {
    layers_add_fixed(linker);
    if (!imports_mpi(module)) return true;
    struct arena arena = {0};
    struct mpi_plugin plugin;
    bool ok = mpi_loader_choose(paths_installed(&arena, PLUGIN_FOLDER), options->mpi, &arena,
                                &plugin, err);
    if (ok) linker_add_host(linker, plugin.host);
    arena_free(&arena);
    return ok;
}

bool layers_find_plugins(const char *only, struct arena *arena, struct layers_plugin **plugins,
                         size_t *count, struct error *err) {
    struct mpi_plugin *found;
    if (!mpi_loader_list(paths_installed(arena, PLUGIN_FOLDER), only, arena, &found, count, err))
        return false;
    *plugins = arena_array(arena, *count, sizeof **plugins);
    for (size_t i = 0; i < *count; i++)
        (*plugins)[i] = (struct layers_plugin){
            found[i].name, found[i].path, found[i].host, found[i].problem};
    return true;
}
