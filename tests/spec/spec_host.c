/*
 * spec_host.c - the module `spectest`: functions that print (here: nothing), globals, a table and a
 * memory, as the suite's own interpreter has them.
 */
#include "spec_host.h"

static void print(void *state) {
}

static void print_i32(void *state, int32_t a) {
}

static void print_i64(void *state, int64_t a) {
}

static void print_f32(void *state, float a) {
}

static void print_f64(void *state, double a) {
}

static void print_i32_f32(void *state, int32_t a, float b) {
}

static void print_f64_f64(void *state, double a, double b) {
}

static const struct host_function functions[] = {
    {"spectest", "print", ":", HOST_CODE(print)},
    {"spectest", "print_i32", ":i", HOST_CODE(print_i32)},
    {"spectest", "print_i64", ":I", HOST_CODE(print_i64)},
    {"spectest", "print_f32", ":f", HOST_CODE(print_f32)},
    {"spectest", "print_f64", ":F", HOST_CODE(print_f64)},
    {"spectest", "print_i32_f32", ":if", HOST_CODE(print_i32_f32)},
    {"spectest", "print_f64_f64", ":FF", HOST_CODE(print_f64_f64)},
};

static const struct host_module host = {
    .abi_version = HOST_MODULE_ABI_VERSION,
    .name = "spectest",
    .description = "the specification's test suite",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
};

static void add_global(struct store *store, struct linker *linker, const char *name,
                       enum wasm_type type, union wasm_value value) {
    struct external external;
    store_global_create(store, &(struct wasm_global_type){.type = type}, value, &external);
    linker_add_external(linker, "spectest", name, &external);
}

bool spec_host_add(struct store *store, struct linker *linker, struct error *err) {
    struct external external;
    linker_add_host(linker, &host);
    add_global(store, linker, "global_i32", WASM_I32, (union wasm_value){.i32 = 666});
    add_global(store, linker, "global_i64", WASM_I64, (union wasm_value){.i64 = 666});
    add_global(store, linker, "global_f32", WASM_F32, (union wasm_value){.f32 = 666.6f});
    add_global(store, linker, "global_f64", WASM_F64, (union wasm_value){.f64 = 666.6});

    struct wasm_table_type table = {WASM_FUNCREF, {.minimum = 10, .maximum = 20}};
    table.limits.has_maximum = true;
    if (!store_table_create(store, &table, NULL, &external, err)) return false;
    linker_add_external(linker, "spectest", "table", &external);
    table.limits.is_64 = true;
    if (!store_table_create(store, &table, NULL, &external, err)) return false;
    linker_add_external(linker, "spectest", "table64", &external);

    struct wasm_memory_type memory = {.limits = {.minimum = 1, .maximum = 2, .has_maximum = true}};
    if (!store_memory_create(store, &memory, false, &external, err)) return false;
    linker_add_external(linker, "spectest", "memory", &external);
    memory.is_shared = true;
    if (!store_memory_create(store, &memory, false, &external, err)) return false;
    linker_add_external(linker, "spectest", "shared_memory", &external);
    return true;
}
