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

/* The same reference with a type index that is equal for equal types. */
static enum wasm_type canonical(const struct wasm_module *module, enum wasm_type type) {
    if (!wasm_type_is_indexed(type)) return type;
    enum wasm_type same = wasm_type_indexed(module->types[wasm_type_index(type)].canonical);
    return wasm_type_is_nullable(type) ? same : wasm_type_non_null(same);
}

bool wasm_module_type_matches(const struct wasm_module *module, enum wasm_type actual,
                              enum wasm_type expected) {
    return actual == expected ||
           wasm_type_matches(canonical(module, actual), canonical(module, expected));
}
