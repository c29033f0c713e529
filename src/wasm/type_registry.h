/*
 * type_registry.h - numbers for function types that are equal exactly if the types are.
 *
 * Core specification, section 3.2.11: recursion groups are compared as wholes, references inside
 * of a group by their place in it, references out of it by what they refer to.  One registry
 * serves the types of a module, another one those of the process.
 */
#ifndef MPIWASM_WASM_TYPE_REGISTRY_H
#define MPIWASM_WASM_TYPE_REGISTRY_H

#include "base/arena.h"
#include "wasm/types.h"

/* Zeroed: empty. */
struct wasm_type_registry {
    struct arena arena;
    const struct wasm_function_type **types; /* per id; references have ids as indices */
    uint32_t count, capacity;
    uint32_t *buckets; /* 1 + the first id of a group, 0 is empty; linear probing */
    uint32_t bucket_count;
};

/*
 * The ids of types[0..count), whose references have places in this array as indices, whole groups.
 * A reference to a type that comes later and is not of the group counts as different from all
 * others; it is invalid.
 */
void wasm_type_registry_add(struct wasm_type_registry *registry,
                            const struct wasm_function_type *types, uint32_t count, uint32_t *ids);
void wasm_type_registry_free(struct wasm_type_registry *registry);

#endif
