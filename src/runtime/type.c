/*
 * type.c - canonical function types of the process.
 *
 * Reads function types, produces ids that are equal exactly if the types are (Core specification,
 * section 4.5.2: types are compared by structure).  Ids and copies live as long as the process:
 * there are as many as different types were ever seen, a few hundred.
 */
#include "runtime/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    pthread_mutex_t lock;
    struct arena arena;
    const struct wasm_function_type **types; /* per id */
    uint32_t count, capacity;
    uint32_t *buckets; /* id + 1, 0 is empty; linear probing */
    uint32_t bucket_count;
} registry = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint32_t type_hash(const struct wasm_function_type *type) {
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        hash = (hash ^ (uint32_t)type->parameters[i]) * 16777619u;
    hash = (hash ^ 1u) * 16777619u;
    for (uint32_t i = 0; i < type->result_count; i++)
        hash = (hash ^ (uint32_t)type->results[i]) * 16777619u;
    return hash ^ hash >> 15;
}

static const enum wasm_type *copy_types(const enum wasm_type *types, uint32_t count) {
    enum wasm_type *copy = arena_array(&registry.arena, count, sizeof *copy);
    if (count > 0) memcpy(copy, types, count * sizeof *copy);
    return copy;
}

static uint32_t bucket_of(const struct wasm_function_type *type) {
    uint32_t at = type_hash(type) & (registry.bucket_count - 1);
    while (registry.buckets[at] != 0 &&
           !wasm_function_type_equal(registry.types[registry.buckets[at] - 1], type))
        at = (at + 1) & (registry.bucket_count - 1);
    return at;
}

static void registry_grow(void) {
    registry.capacity = registry.capacity == 0 ? 64 : registry.capacity * 2;
    registry.types = realloc(registry.types, registry.capacity * sizeof *registry.types);
    free(registry.buckets);
    registry.bucket_count = registry.capacity * 2;
    registry.buckets = calloc(registry.bucket_count, sizeof *registry.buckets);
    if (registry.types == NULL || registry.buckets == NULL) abort();
    for (uint32_t id = 0; id < registry.count; id++)
        registry.buckets[bucket_of(registry.types[id])] = id + 1;
}

uint32_t type_id_of(const struct wasm_function_type *type) {
    pthread_mutex_lock(&registry.lock);
    if (registry.count == registry.capacity) registry_grow();
    uint32_t at = bucket_of(type);
    if (registry.buckets[at] == 0) {
        struct wasm_function_type *copy = arena_allocate(&registry.arena, sizeof *copy);
        *copy = (struct wasm_function_type){
            .parameters = copy_types(type->parameters, type->parameter_count),
            .results = copy_types(type->results, type->result_count),
            .parameter_count = type->parameter_count,
            .result_count = type->result_count};
        registry.types[registry.count] = copy;
        registry.buckets[at] = ++registry.count;
    }
    uint32_t id = registry.buckets[at] - 1;
    pthread_mutex_unlock(&registry.lock);
    return id;
}

const struct wasm_function_type *type_from_id(uint32_t id) {
    pthread_mutex_lock(&registry.lock);
    const struct wasm_function_type *type = id < registry.count ? registry.types[id] : NULL;
    pthread_mutex_unlock(&registry.lock);
    return type;
}
