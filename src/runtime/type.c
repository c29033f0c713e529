/*
 * type.c - canonical function types of the process.
 *
 * Reads function types, produces ids that are equal exactly if the types are (Core specification,
 * section 3.2.11), see wasm/type_registry.h.  Ids and copies live as long as the process: there are
 * as many as different types were ever seen, a few hundred.
 */
#include "runtime/internal.h"
#include "wasm/type_registry.h"

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct wasm_type_registry registry;

uint32_t type_id_of(const struct wasm_function_type *type) {
    uint32_t id;
    pthread_mutex_lock(&lock);
    wasm_type_registry_add(&registry, type, 1, &id);
    pthread_mutex_unlock(&lock);
    return id;
}

void type_ids_of_module(const struct wasm_module *module, uint32_t *ids) {
    pthread_mutex_lock(&lock);
    wasm_type_registry_add(&registry, module->types, module->type_count, ids);
    pthread_mutex_unlock(&lock);
}

enum wasm_type type_canonical(enum wasm_type type, const uint32_t *ids) {
    if (!wasm_type_is_indexed(type)) return type;
    enum wasm_type same = wasm_type_indexed(ids[wasm_type_index(type)]);
    return wasm_type_is_nullable(type) ? same : wasm_type_non_null(same);
}

const struct wasm_function_type *type_from_id(uint32_t id) {
    pthread_mutex_lock(&lock);
    const struct wasm_function_type *type = id < registry.count ? registry.types[id] : NULL;
    pthread_mutex_unlock(&lock);
    return type;
}
