/*
 * module.c - the life and the names of a module; see module.h.
 */
#include "wasm/module.h"

#include <stdio.h>

void wasm_module_free(struct wasm_module *module) {
    arena_free(&module->arena);
    *module = (struct wasm_module){0};
}

const char *wasm_module_function_name(const struct wasm_module *module, uint32_t index,
                                      char *buffer, size_t buffer_size) {
    if (index < module->function_count && module->functions[index].name != NULL)
        return module->functions[index].name;
    snprintf(buffer, buffer_size, "func[%u]", index);
    return buffer;
}
