/*
 * layers.c - which host layers a module gets; see layers.h.
 */
#include "cli/layers.h"

#include "wasi/wasi.h"

#include <string.h>

void layers_add_fixed(struct linker *linker) {
    linker_add_host(linker, &wasi_host_module);
}

static bool imports_mpi(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->import_count; i++)
        if (strncmp(module->imports[i].module.bytes, "mpi_abi_", 8) == 0) return true;
    return false;
}

bool layers_add(struct linker *linker, const struct wasm_module *module,
                const struct options *options, struct error *err) {
    layers_add_fixed(linker);
    if (!imports_mpi(module)) return true;
    return error_set(err, ERROR_MPI, "there is no MPI plugin");
}

bool layers_find_plugins(const char *only, struct arena *arena, struct layers_plugin **plugins,
                         size_t *count, struct error *err) {
    *plugins = NULL;
    *count = 0;
    return true;
}
