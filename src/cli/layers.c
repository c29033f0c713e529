/*
 * layers.c - which host layers a module gets; see layers.h.
 */
#include "cli/layers.h"

#include "cli/message.h"
#include "cli/paths.h"
#include "runtime/thread.h"
#include "wasi/wasi.h"

void layers_add_fixed(struct linker *linker) {
    linker_add_host(linker, &wasi_host_module);
    linker_add_host(linker, &thread_host_module);
}

static bool imports_mpi(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->import_count; i++)
        if (mpi_loader_serves(module->imports[i].module.bytes, module->imports[i].name.bytes))
            return true;
    return false;
}

bool layers_add(struct linker *linker, const struct wasm_module *module,
                const struct options *options, struct arena *arena, struct error *err) {
    struct mpi_plugin plugin;
    layers_add_fixed(linker);
    if (!imports_mpi(module)) return true;
    if (!mpi_loader_choose(paths_installed(arena, "lib/mpiwasm"), options->mpi, arena, &plugin,
                           err))
        return false;
    if (options->verbose) message_note("MPI: %s (%s)", plugin.host->description, plugin.path);
    bool threaded = plugin.host->threaded != NULL && thread_is_imported(module);
    linker_add_host(linker, threaded ? plugin.host->threaded : plugin.host);
    return true;
}

bool layers_find_plugins(const char *only, struct arena *arena, struct mpi_plugin **plugins,
                         size_t *count, struct error *err) {
    return mpi_loader_list(paths_installed(arena, "lib/mpiwasm"), only, arena, plugins, count, err);
}
