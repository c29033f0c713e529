/*
 * libcalls.c - what compiled code calls for tables, bulk memory and traps (runtime_abi.h).
 *
 * Core specification, sections 4.4.6 (tables) and 4.4.7 (memories).  All of these check bounds
 * before they write anything, and trap by themselves.
 */
#include "runtime/internal.h"

#include <string.h>

struct context_layout module_context_layout(const struct wasm_module *module) {
    struct context_counts counts = {.imported_functions = module->imported_function_count,
                                    .memories = module->memory_count,
                                    .tables = module->table_count,
                                    .imported_globals = module->imported_global_count,
                                    .defined_globals =
                                        module->global_count - module->imported_global_count,
                                    .tags = module->tag_count,
                                    .types = module->type_count};
    return context_layout(&counts);
}

struct linear_memory *context_memory(const struct context *context, uint32_t index) {
    struct context_layout layout = module_context_layout(context->instance->module);
    struct linear_memory *const *memories = (void *)((const uint8_t *)context + layout.memories);
    return memories[index];
}

struct table *context_table(const struct context *context, uint32_t index) {
    struct context_layout layout = module_context_layout(context->instance->module);
    struct table *const *tables = (void *)((const uint8_t *)context + layout.tables);
    return tables[index];
}

static bool in_range(uint64_t at, uint64_t count, uint64_t size) {
    return count <= size && at <= size - count;
}

static void libcall_trap(struct context *context, uint32_t kind) {
    trap_raise((enum trap_kind)kind, NULL);
}

static int64_t libcall_memory_grow(struct context *context, uint32_t memory, uint64_t delta_pages) {
    return memory_grow(context_memory(context, memory), delta_pages);
}

void instance_memory_init(struct instance *instance, uint32_t memory, uint32_t segment, uint64_t to,
                          uint64_t from, uint64_t size) {
    struct linear_memory *target = context_memory(instance->context, memory);
    const struct wasm_data_segment *data = &instance->module->datas[segment];
    uint64_t available = instance->data_dropped[segment] ? 0 : data->size;
    if (!in_range(from, size, available))
        trap_raise(TRAP_MEMORY_OUT_OF_BOUNDS, "data segment %u has %llu bytes, 0x%llx are read",
                   segment, (unsigned long long)available, (unsigned long long)(from + size));
    if (!in_range(to, size, memory_size(target)))
        trap_raise(TRAP_MEMORY_OUT_OF_BOUNDS,
                   "data segment %u: address 0x%llx, the memory has "
                   "0x%llx bytes",
                   segment, (unsigned long long)(to + size), (unsigned long long)target->size);
    if (size > 0) memcpy(target->base + to, data->bytes + from, (size_t)size);
}

static void libcall_memory_init(struct context *context, uint32_t memory, uint32_t segment,
                                uint64_t to, uint64_t from, uint64_t size) {
    instance_memory_init(context->instance, memory, segment, to, from, size);
}

/* The address on the host of `bytes` bytes that an atomic access can touch. */
static uint8_t *atomic_address(const struct linear_memory *memory, uint64_t address,
                               uint32_t bytes) {
    if (!in_range(address, bytes, memory_size(memory)))
        trap_raise(TRAP_MEMORY_OUT_OF_BOUNDS, "address 0x%llx, the memory has 0x%llx bytes",
                   (unsigned long long)address, (unsigned long long)memory_size(memory));
    if (address % bytes != 0)
        trap_raise(TRAP_UNALIGNED_ATOMIC, "address 0x%llx", (unsigned long long)address);
    return memory->base + address;
}

static int32_t libcall_memory_wait(struct context *context, uint32_t index, uint64_t address,
                                   uint32_t bytes, uint64_t expected, int64_t timeout) {
    const struct linear_memory *memory = context_memory(context, index);
    const uint8_t *at = atomic_address(memory, address, bytes);
    if (!((const struct memory_object *)memory)->is_shared) trap_raise(TRAP_EXPECTED_SHARED, NULL);
    return memory_wait(at, bytes, expected, timeout);
}

static uint32_t libcall_memory_notify(struct context *context, uint32_t index, uint64_t address,
                                      uint32_t count) {
    const struct linear_memory *memory = context_memory(context, index);
    const uint8_t *at = atomic_address(memory, address, 4);
    return ((const struct memory_object *)memory)->is_shared ? memory_notify(at, count) : 0;
}

static void libcall_data_drop(struct context *context, uint32_t segment) {
    context->instance->data_dropped[segment] = true;
}

static int64_t libcall_table_grow(struct context *context, uint32_t index, void *value,
                                  uint64_t delta) {
    struct table *table = context_table(context, index);
    uint64_t size = table->size;
    if (delta > table->maximum || size > table->maximum - delta) return -1;
    if (value != NULL)
        for (uint64_t i = 0; i < delta; i++)
            table->entries[size + i] = value;
    table->size = size + delta;
    if (value != NULL) table_written(table, size, delta);
    return (int64_t)size;
}

static void table_check(const struct table *table, uint64_t at, uint64_t count) {
    if (!in_range(at, count, table->size))
        trap_raise(TRAP_TABLE_OUT_OF_BOUNDS, "element %llu, the table has %llu",
                   (unsigned long long)(at + count), (unsigned long long)table->size);
}

static void libcall_table_fill(struct context *context, uint32_t index, uint64_t at, void *value,
                               uint64_t count) {
    struct table *table = context_table(context, index);
    table_check(table, at, count);
    for (uint64_t i = 0; i < count; i++)
        table->entries[at + i] = value;
    table_written(table, at, count);
}

static void libcall_table_copy(struct context *context, uint32_t to_table, uint32_t from_table,
                               uint64_t to, uint64_t from, uint64_t count) {
    struct table *target = context_table(context, to_table);
    const struct table *source = context_table(context, from_table);
    table_check(source, from, count);
    table_check(target, to, count);
    memmove(target->entries + to, source->entries + from, (size_t)count * sizeof(void *));
    table_written(target, to, count);
}

void instance_table_init(struct instance *instance, uint32_t index, uint32_t segment, uint64_t to,
                         uint64_t from, uint64_t count) {
    struct table *table = context_table(instance->context, index);
    const struct element_instance *elements = &instance->elements[segment];
    if (!in_range(from, count, elements->count))
        trap_raise(TRAP_TABLE_OUT_OF_BOUNDS, "element segment %u has %u elements, %llu are read",
                   segment, elements->count, (unsigned long long)(from + count));
    table_check(table, to, count);
    if (count > 0)
        memcpy(table->entries + to, elements->entries + from, (size_t)count * sizeof(void *));
    table_written(table, to, count);
}

static void libcall_table_init(struct context *context, uint32_t table, uint32_t segment,
                               uint64_t to, uint64_t from, uint64_t count) {
    instance_table_init(context->instance, table, segment, to, from, count);
}

static void libcall_elem_drop(struct context *context, uint32_t segment) {
    context->instance->elements[segment].count = 0;
}

static void *libcall_ref_func(struct context *context, uint32_t function) {
    return context->instance->functions[function];
}

static void *libcall_exception_new(struct context *context, uint32_t tag) {
    return exception_new(context->instance, tag);
}

static void libcall_throw(struct context *context, void *exception) {
    exception_throw(exception);
}

const struct runtime_libcalls libcalls = {
#define LIBCALL_ROW(name, result, parameters) .name = libcall_##name,
    RUNTIME_LIBCALLS(LIBCALL_ROW)
#undef LIBCALL_ROW
};
