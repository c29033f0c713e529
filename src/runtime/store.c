/*
 * store.c - the owner of memories, tables, globals and instances; see store.h.
 */
#include "runtime/internal.h"

#include <stdlib.h>
#include <string.h>

struct store *store_create(void) {
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL) abort();
    pthread_mutex_init(&store->exceptions.lock, NULL);
    return store;
}

static void instance_free(struct instance *instance) {
    instance_layers_destroy(instance);
    free(instance->pending);
    free(instance->context);
}

void store_free(struct store *store) {
    if (store == NULL) return;
    for (struct instance *instance = store->instances; instance != NULL;
         instance = instance->next_in_store)
        instance_free(instance);
    for (struct memory_owned *memory = store->memories; memory != NULL; memory = memory->next)
        memory_object_release(memory->object);
    for (struct table_object *table = store->tables; table != NULL;) {
        struct table_object *next = table->next_in_store;
        table_object_free(table);
        table = next;
    }
    free(store->enters);
    exception_heap_free(&store->exceptions);
    arena_free(&store->arena);
    free(store);
}

static void own(struct store *store, struct memory_object *object) {
    struct memory_owned *owned = arena_allocate(&store->arena, sizeof *owned);
    *owned = (struct memory_owned){object, store->memories};
    store->memories = owned;
}

void store_memory_share(struct store *store, struct linear_memory *memory) {
    struct memory_object *object = (struct memory_object *)memory;
    atomic_fetch_add(&object->owners, 1);
    own(store, object);
}

bool store_memory_create(struct store *store, const struct wasm_memory_type *type,
                         bool explicit_bounds, struct external *external, struct error *err) {
    struct memory_object *object;
    if (!memory_object_create(type, explicit_bounds, &object, err)) return false;
    own(store, object);
    *external = (struct external){.kind = WASM_EXTERNAL_MEMORY, .memory = &object->memory};
    return true;
}

bool store_table_create(struct store *store, const struct wasm_table_type *type, void *initial,
                        struct external *external, struct error *err) {
    struct table_object *object;
    if (!table_object_create(type, initial, &object, err)) return false;
    object->next_in_store = store->tables;
    store->tables = object;
    *external = (struct external){.kind = WASM_EXTERNAL_TABLE, .table = &object->table};
    return true;
}

void store_global_create(struct store *store, const struct wasm_global_type *type,
                         union wasm_value initial, struct external *external) {
    union wasm_value *cell = arena_allocate(&store->arena, sizeof *cell);
    *cell = initial;
    *external = (struct external){.kind = WASM_EXTERNAL_GLOBAL};
    external->global.cell = cell;
    external->global.type = *type;
}

void store_enter_set(struct store *store, uint32_t type_id, artifact_enter *enter) {
    if (type_id >= store->enter_count) {
        uint32_t count = type_id + 64;
        store->enters = realloc(store->enters, count * sizeof *store->enters);
        if (store->enters == NULL) abort();
        memset(store->enters + store->enter_count, 0,
               (count - store->enter_count) * sizeof *store->enters);
        store->enter_count = count;
    }
    if (store->enters[type_id] == NULL) store->enters[type_id] = enter;
}

artifact_enter *store_enter_get(const struct store *store, uint32_t type_id) {
    return type_id < store->enter_count ? store->enters[type_id] : NULL;
}
