/*
 * store.h - the owner of everything that instances share: memories, tables, globals, instances.
 *
 * Core specification, section 4.2.3.  Instances refer to each other's functions, tables, memories
 * and globals (also after an instantiation that trapped half-way), so nothing of a store is freed
 * before the whole store is.  A run of the command line has one store with one instance; the
 * specification's test suite has many instances in one.
 *
 * A store and all in it belong to one thread.  Threads that share a memory have a store each: the
 * same artifact is instantiated in every one, with the memory offered by linker_add_external and
 * kept by store_memory_share.  Artifacts may be used by several threads.
 */
#ifndef MPIWASM_RUNTIME_STORE_H
#define MPIWASM_RUNTIME_STORE_H

#include "base/error.h"
#include "runtime/runtime_abi.h"
#include "wasm/module.h"

struct store;

struct store *store_create(void); /* never NULL */
void store_free(struct store *store);

/* What an import is satisfied with and what an export is (section 4.2.7, external values). Types
 * of tables and globals have ids (type_id_of) as type indices. */
struct external {
    enum wasm_external kind;
    union {
        struct func_ref *function; /* its type: type_from_id(function->type_id) */
        struct table *table;
        struct linear_memory *memory;
        struct tag *tag; /* its type: type_from_id(tag->type_id) */
        struct {
            union wasm_value *cell;
            struct wasm_global_type type;
        } global;
    };
};

/*
 * Memories, tables and globals that no module defines (such as those of the test suite's
 * `spectest`).  `external` is filled in; the objects belong to the store.
 *
 * A memory is reserved as runtime_abi.h says; `explicit_bounds` asks for the mode that needs no
 * guard regions: as much address space as its maximum, or as fits.  ERROR_NO_MEMORY names the limit
 * that made the reservation fail.
 */
bool store_memory_create(struct store *store, const struct wasm_memory_type *type,
                         bool explicit_bounds, struct external *external, struct error *err);
/* Keep a memory of another store, shared or not, for as long as this one lives. Thread-safe. */
void store_memory_share(struct store *store, struct linear_memory *memory);
bool store_table_create(struct store *store, const struct wasm_table_type *type, void *initial,
                        struct external *external, struct error *err);
void store_global_create(struct store *store, const struct wasm_global_type *type,
                         union wasm_value initial, struct external *external);

/*
 * Can this process reserve a guarded memory? If not, the reason in err (ERROR_NO_MEMORY), and the
 * module has to be compiled with --bounds=explicit.  Two system calls.
 */
bool memory_reservation_possible(struct error *err);

/*
 * Canonical types: equal function types have equal ids in the whole process, so that a check of
 * call_indirect is one comparison.  The type behind an id lives as long as the process.
 * Thread-safe.
 */
uint32_t type_id_of(const struct wasm_function_type *type); /* refers to no other type */
/* The id of every type of the module, which has been validated; ids[] has room for them. */
void type_ids_of_module(const struct wasm_module *module, uint32_t *ids);
/* The type with ids in place of a module's type indices. */
enum wasm_type type_canonical(enum wasm_type type, const uint32_t *ids);
/* Its references have ids as indices. */
const struct wasm_function_type *type_from_id(uint32_t id);

#endif
