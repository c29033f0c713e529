/*
 * type_registry.c - a hash table of recursion groups; see type_registry.h.
 *
 * Every group that has been seen is kept once, its types with consecutive ids.  A group is looked
 * up by a key per type in it that does not depend on where the group stands: references within are
 * relative to its first type.
 */
#include "wasm/type_registry.h"

#include <stdlib.h>

/* Types with indices as they stand in an array, and what tells ids from them. */
struct group {
    const struct wasm_function_type *const *types;
    uint32_t first, size; /* what an index into the group looks like */
    const uint32_t *ids;  /* of indices below `first`; NULL: they are ids */
};

#define KEY_WITHIN (UINT64_C(1) << 40)
#define KEY_UNKNOWN (UINT64_C(1) << 41)

static uint64_t key_of(const struct group *group, enum wasm_type type) {
    if (!wasm_type_is_indexed(type)) return (uint64_t)type;
    uint32_t index = wasm_type_index(type), flags = (uint32_t)type & WASM_NON_NULL;
    uint64_t key = index;
    if (index >= group->first && index - group->first < group->size)
        key = (index - group->first) | KEY_WITHIN;
    else if (group->ids != NULL && index < group->first)
        key = group->ids[index];
    else if (group->ids != NULL)
        key = index | KEY_UNKNOWN;
    return key << WASM_INDEX_SHIFT | flags | WASM_INDEXED;
}

static uint32_t hash_types(const struct group *group, const enum wasm_type *types, uint32_t count,
                           uint32_t hash) {
    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = key_of(group, types[i]);
        hash = (hash ^ (uint32_t)(key ^ key >> 32)) * 16777619u;
    }
    return (hash ^ 1u) * 16777619u;
}

static uint32_t group_hash(const struct group *group) {
    uint32_t hash = 2166136261u ^ group->size;
    for (uint32_t i = 0; i < group->size; i++) {
        const struct wasm_function_type *type = group->types[i];
        hash = hash_types(group, type->parameters, type->parameter_count, hash);
        hash = hash_types(group, type->results, type->result_count, hash);
    }
    return hash ^ hash >> 15;
}

static bool keys_equal(const struct group *a, const enum wasm_type *of_a, const struct group *b,
                       const enum wasm_type *of_b, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (key_of(a, of_a[i]) != key_of(b, of_b[i])) return false;
    return true;
}

static bool groups_equal(const struct group *a, const struct group *b) {
    if (a->size != b->size) return false;
    for (uint32_t i = 0; i < a->size; i++) {
        const struct wasm_function_type *x = a->types[i], *y = b->types[i];
        if (x->parameter_count != y->parameter_count || x->result_count != y->result_count ||
            !keys_equal(a, x->parameters, b, y->parameters, x->parameter_count) ||
            !keys_equal(a, x->results, b, y->results, x->result_count))
            return false;
    }
    return true;
}

/* The group that the registry keeps from id `first` on. */
static struct group group_kept(const struct wasm_type_registry *registry, uint32_t first) {
    return (struct group){&registry->types[first], first, registry->types[first]->group_size, NULL};
}

static uint32_t bucket_of(const struct wasm_type_registry *registry, const struct group *group) {
    uint32_t at = group_hash(group) & (registry->bucket_count - 1);
    while (registry->buckets[at] != 0) {
        struct group kept = group_kept(registry, registry->buckets[at] - 1);
        if (groups_equal(&kept, group)) break;
        at = (at + 1) & (registry->bucket_count - 1);
    }
    return at;
}

static void reserve(struct wasm_type_registry *registry, uint32_t more) {
    if (more <= registry->capacity - registry->count) return;
    uint64_t capacity = registry->capacity == 0 ? 64 : (uint64_t)registry->capacity * 2;
    while (capacity - registry->count < more)
        capacity *= 2;
    /* Ids are indices of references, and must fit there. */
    if (registry->count + (uint64_t)more > WASM_INDEX_UNKNOWN) abort();
    registry->capacity = (uint32_t)capacity;
    registry->types = realloc(registry->types, registry->capacity * sizeof *registry->types);
    free(registry->buckets);
    registry->bucket_count = registry->capacity * 2;
    registry->buckets = calloc(registry->bucket_count, sizeof *registry->buckets);
    if (registry->types == NULL || registry->buckets == NULL) abort();
    for (uint32_t id = 0; id < registry->count; id += registry->types[id]->group_size) {
        struct group kept = group_kept(registry, id);
        registry->buckets[bucket_of(registry, &kept)] = id + 1;
    }
}

static const enum wasm_type *keep_types(struct wasm_type_registry *registry,
                                        const struct group *group, const enum wasm_type *types,
                                        uint32_t count) {
    enum wasm_type *copy = arena_array(&registry->arena, count, sizeof *copy);
    for (uint32_t i = 0; i < count; i++) {
        copy[i] = types[i];
        if (!wasm_type_is_indexed(types[i])) continue;
        uint32_t index = wasm_type_index(types[i]), id = WASM_INDEX_UNKNOWN;
        if (index >= group->first && index - group->first < group->size)
            id = registry->count + index - group->first;
        else if (index < group->first)
            id = group->ids[index];
        copy[i] = wasm_type_indexed(id);
        if (!wasm_type_is_nullable(types[i])) copy[i] = wasm_type_non_null(copy[i]);
    }
    return copy;
}

static void keep_group(struct wasm_type_registry *registry, const struct group *group) {
    for (uint32_t i = 0; i < group->size; i++) {
        const struct wasm_function_type *type = group->types[i];
        struct wasm_function_type *copy = arena_allocate(&registry->arena, sizeof *copy);
        *copy = *type;
        copy->parameters = keep_types(registry, group, type->parameters, type->parameter_count);
        copy->results = keep_types(registry, group, type->results, type->result_count);
        copy->group_first = registry->count;
        copy->group_size = group->size;
        copy->canonical = registry->count + i;
        registry->types[registry->count + i] = copy;
    }
    registry->count += group->size;
}

void wasm_type_registry_add(struct wasm_type_registry *registry,
                            const struct wasm_function_type *types, uint32_t count, uint32_t *ids) {
    const struct wasm_function_type **pointers = malloc((count + (size_t)1) * sizeof *pointers);
    if (pointers == NULL) abort();
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = &types[i];
    uint32_t size;
    for (uint32_t first = 0; first < count; first += size) {
        size = types[first].group_size > 1 ? types[first].group_size : 1;
        if (size > count - first) size = count - first;
        struct group group = {&pointers[first], first, size, ids};
        reserve(registry, size);
        uint32_t at = bucket_of(registry, &group);
        if (registry->buckets[at] == 0) {
            registry->buckets[at] = registry->count + 1;
            keep_group(registry, &group);
        }
        for (uint32_t i = 0; i < size; i++)
            ids[first + i] = registry->buckets[at] - 1 + i;
    }
    free(pointers);
}

void wasm_type_registry_free(struct wasm_type_registry *registry) {
    free(registry->types);
    free(registry->buckets);
    arena_free(&registry->arena);
    *registry = (struct wasm_type_registry){.types = NULL};
}
