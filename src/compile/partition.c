/*
 * partition.c - the plan of a compilation; see partition.h.
 */
#include "compile/partition.h"

#include "wasm/features.h"

enum {
    /* Bytes of bodies that make a partition: about half a second of optimising and generating. */
    PARTITION_SIZE = 128 << 10,
    PARTITION_MAX = 256,
};

static void find_escapes(struct plan *plan) {
    const struct wasm_module *module = plan->module;
    for (uint32_t i = 0; i < module->function_count; i++)
        plan->escapes[i] = module->functions[i].is_imported || module->functions[i].is_declared;
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].kind == WASM_EXTERNAL_FUNCTION)
            plan->escapes[module->exports[i].index] = true;
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct wasm_element_segment *segment = &module->elements[i];
        for (uint32_t j = 0; segment->functions != NULL && j < segment->count; j++)
            plan->escapes[segment->functions[j]] = true;
    }
    if (module->has_start) plan->escapes[module->start] = true;
    for (uint32_t i = 0; i < module->function_count; i++)
        if (plan->escapes[i]) plan->entered[module->functions[i].type_index] = true;
}

static void find_features(struct plan *plan) {
    struct wasm_feature_uses uses;
    wasm_module_features(plan->module, &uses);
    /* Without a tag of its own a module can still catch what others throw. */
    plan->may_throw = plan->module->tag_count > 0 || uses.used[WASM_FEATURE_EXCEPTION_HANDLING] ||
                      uses.used[WASM_FEATURE_LEGACY_EXCEPTIONS];
    if (uses.used[WASM_FEATURE_TAIL_CALL])
        tail_calls_find(plan->module, plan->machine, plan->in_tail_calls);
}

static void find_fixed_tables(struct plan *plan) {
    const struct wasm_module *module = plan->module;
    for (uint32_t i = 0; i < module->table_count; i++) {
        const struct wasm_limits *limits = &module->tables[i].type.limits;
        plan->table_is_fixed[i] = limits->has_maximum && limits->maximum == limits->minimum;
    }
}

static void cut(struct plan *plan, bool whole, struct arena *arena) {
    const struct wasm_module *module = plan->module;
    uint32_t first = module->imported_function_count;
    uint64_t total = 0;
    for (uint32_t i = first; i < module->function_count; i++)
        total += module->functions[i].body_size;
    uint64_t size = PARTITION_SIZE;
    if (total / size >= PARTITION_MAX) size = total / PARTITION_MAX + 1;
    if (whole) size = total + 1;
    plan->partitions = arena_array(arena, total / size + 1, sizeof *plan->partitions);
    uint64_t filled = 0;
    struct partition current = {first, first};
    while (current.end < module->function_count) {
        filled += module->functions[current.end++].body_size;
        if (filled >= size) {
            plan->partitions[plan->partition_count++] = current;
            current.first = current.end;
            filled = 0;
        }
    }
    if (current.end > current.first || plan->partition_count == 0)
        plan->partitions[plan->partition_count++] = current;
}

void plan_make(struct plan *plan, const struct wasm_module *module, enum machine machine,
               bool whole, struct arena *arena) {
    *plan = (struct plan){.module = module, .machine = machine};
    struct context_counts counts = {
        .imported_functions = module->imported_function_count,
        .memories = module->memory_count,
        .tables = module->table_count,
        .imported_globals = module->imported_global_count,
        .defined_globals = module->global_count - module->imported_global_count,
        .tags = module->tag_count,
        .types = module->type_count,
    };
    plan->layout = context_layout(&counts);
    plan->escapes = arena_array(arena, module->function_count, sizeof *plan->escapes);
    plan->entered = arena_array(arena, module->type_count, sizeof *plan->entered);
    plan->table_is_fixed = arena_array(arena, module->table_count, sizeof *plan->table_is_fixed);
    plan->in_tail_calls = arena_array(arena, module->function_count, sizeof(bool));
    find_features(plan);
    find_escapes(plan);
    find_fixed_tables(plan);
    cut(plan, whole, arena);
}
