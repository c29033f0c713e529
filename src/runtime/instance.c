/*
 * instance.c - making instances of artifacts, initialising and calling them; see instance.h.
 *
 * Reads an artifact and the targets of its imports, produces a context as runtime_abi.h lays it
 * out.  Core specification, section 4.5.4 (instantiation): imports are matched, then tables,
 * memories and globals allocated, then element segments, data segments and the start function run
 * in that order; a trap among these leaves what was written before.
 */
#include "runtime/instance.h"

#include "runtime/internal.h"
#include "runtime/thread.h"
#include "wasm/instr.h"
#include "wasm/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct wasm_module *instance_module(const struct instance *instance) {
    return instance->module;
}

struct guest *instance_guest(struct instance *instance) {
    return &instance->guest;
}

/* Section 3.4.10 in its extended form: arithmetic too, on a small stack. */
bool constant_evaluate(const struct instance *instance, const struct wasm_constant *constant,
                       union wasm_value *out, struct error *err) {
    union wasm_value stack[32] = {0};
    unsigned height = 0;
    struct reader reader = reader_make(constant->bytes, constant->size, constant->offset);
    while (reader.at != reader.end) {
        struct wasm_instr instr;
        if (!wasm_instr_read(&reader, &instr, err)) return false;
        union wasm_value *top = &stack[height > 0 ? height - 1 : 0];
        union wasm_value *below = &stack[height > 1 ? height - 2 : 0];
        if (height == sizeof stack / sizeof stack[0] && instr.op != WASM_OP_END) goto too_deep;
        switch (instr.op) {
        case WASM_OP_I32_CONST:
        case WASM_OP_I64_CONST:
        case WASM_OP_F32_CONST:
        case WASM_OP_F64_CONST:
        case WASM_OP_V128_CONST: stack[height++] = instr.value; break;
        case WASM_OP_REF_NULL: stack[height++] = (union wasm_value){.ref = NULL}; break;
        case WASM_OP_REF_FUNC:
            stack[height++] = (union wasm_value){.ref = instance->functions[instr.index]};
            break;
        case WASM_OP_GLOBAL_GET: stack[height++] = *instance->globals[instr.index]; break;
        case WASM_OP_I32_ADD: below->u32 += top->u32, height--; break;
        case WASM_OP_I32_SUB: below->u32 -= top->u32, height--; break;
        case WASM_OP_I32_MUL: below->u32 *= top->u32, height--; break;
        case WASM_OP_I64_ADD: below->u64 += top->u64, height--; break;
        case WASM_OP_I64_SUB: below->u64 -= top->u64, height--; break;
        case WASM_OP_I64_MUL: below->u64 *= top->u64, height--; break;
        case WASM_OP_END: *out = stack[0]; return true;
        default:
            return error_set_at(err, ERROR_UNSUPPORTED, instr.offset, "%s in a constant expression",
                                wasm_op_infos[instr.op].text);
        }
    }
    *out = stack[0];
    return true;
too_deep:
    return error_set_at(err, ERROR_UNSUPPORTED, constant->offset,
                        "a constant expression is too complex");
}

/* Tags have no names of their own: what the module calls it, or others by its export. */
static const char *tag_name(const struct wasm_module *module, uint32_t index, struct arena *arena) {
    char text[WASM_PRINT_SIZE];
    if (module->tags[index].name != NULL) return arena_string(arena, module->tags[index].name);
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].kind == WASM_EXTERNAL_TAG && module->exports[i].index == index)
            return arena_string(arena,
                                wasm_print_name(&module->exports[i].name, text, sizeof text));
    return arena_printf(arena, "%u", index);
}

static struct tag *tag_make(struct instance *instance, uint32_t index) {
    struct arena *arena = &instance->store->arena;
    struct tag *tag = arena_allocate(arena, sizeof *tag);
    tag->type_id = instance->type_ids[instance->module->tags[index].type_index];
    tag->name = tag_name(instance->module, index, arena);
    return tag;
}

static void context_fill(struct instance *instance, const struct context_layout *layout) {
    struct context *context = instance->context;
    context->libcalls = &libcalls;
    context->instance = instance;
    uint32_t *type_marks = (void *)((uint8_t *)context + layout->type_marks);
    for (uint32_t i = 0; i < instance->module->type_count; i++)
        type_marks[i] = 1 + instance->type_ids[i];
    struct table **tables = (void *)((uint8_t *)context + layout->tables);
    struct table_call **calls = (void *)((uint8_t *)context + layout->table_calls);
    for (uint32_t i = 0; i < instance->module->table_count; i++)
        calls[i] = tables[i]->calls;
    for (uint32_t i = instance->module->imported_tag_count; i < instance->module->tag_count; i++)
        instance->tags[i] = tag_make(instance, i);
    struct linear_memory **memories = (void *)((uint8_t *)context + layout->memories);
    context->memory_base = instance->module->memory_count > 0 ? memories[0]->base : NULL;
}

/* The arrays of an instance, which live in the store's arena. */
static struct instance *instance_allocate(struct store *store, struct artifact *artifact,
                                          const struct context_layout *layout) {
    const struct wasm_module *module = &artifact->module;
    uint32_t defined = module->function_count - module->imported_function_count;
    struct arena *arena = &store->arena;
    struct instance *instance = arena_allocate(arena, sizeof *instance);
    instance->store = store;
    instance->artifact = artifact;
    instance->module = module;
    instance->type_ids = arena_array(arena, module->type_count, sizeof *instance->type_ids);
    instance->own = arena_array(arena, defined, sizeof *instance->own);
    instance->host = arena_array(arena, module->imported_function_count, sizeof *instance->host);
    instance->functions = arena_array(arena, module->function_count, sizeof *instance->functions);
    instance->globals = arena_array(arena, module->global_count, sizeof *instance->globals);
    instance->global_types =
        arena_array(arena, module->global_count, sizeof *instance->global_types);
    instance->data_dropped = arena_array(arena, module->data_count, sizeof *instance->data_dropped);
    instance->elements = arena_array(arena, module->element_count, sizeof *instance->elements);
    instance->context = aligned_alloc(64, (size_t)(layout->size + 63) & ~(size_t)63);
    if (instance->context == NULL) return NULL;
    memset(instance->context, 0, (size_t)layout->size);
    instance->tags = (void *)((uint8_t *)instance->context + layout->tags);
    type_ids_of_module(module, instance->type_ids);
    for (uint32_t i = 0; i < module->type_count; i++)
        if (artifact->descriptor->enter[i] != NULL)
            store_enter_set(store, instance->type_ids[i], artifact->descriptor->enter[i]);
    for (uint32_t i = 0; i < defined; i++) {
        uint32_t index = module->imported_function_count + i;
        instance->own[i] =
            (struct func_ref){.code = artifact->descriptor->functions[i],
                              .context = instance->context,
                              .type_id = instance->type_ids[module->functions[index].type_index]};
        instance->functions[index] = &instance->own[i];
    }
    instance->next_in_store = store->instances;
    store->instances = instance;
    return instance;
}

/* Fill import slots and the imported parts of the index spaces. Host functions get their state
 * (the slot's context) in layers_instantiate. */
static bool imports_fill(struct instance *instance, const struct context_layout *layout,
                         const struct link_target *targets, struct error *err) {
    const struct wasm_module *module = instance->module;
    uint8_t *context = (uint8_t *)instance->context;
    struct linear_memory **memories = (void *)(context + layout->memories);
    struct table **tables = (void *)(context + layout->tables);
    union wasm_value **globals = (void *)(context + layout->imported_globals);
    struct import_slot *slots = (void *)(context + layout->import_slots);
    bool explicit_bounds = (instance->artifact->descriptor->flags & ARTIFACT_EXPLICIT_BOUNDS) != 0;
    for (uint32_t i = 0; i < module->import_count; i++) {
        uint32_t index = module->imports[i].index;
        const struct external *external = &targets[i].external;
        switch (module->imports[i].kind) {
        case WASM_EXTERNAL_FUNCTION:
            if (targets[i].host != NULL) {
                instance->host[index] = (struct func_ref){
                    .code = (const void *)targets[i].function->code,
                    .type_id = instance->type_ids[module->functions[index].type_index]};
                instance->functions[index] = &instance->host[index];
            } else {
                instance->functions[index] = external->function;
            }
            slots[index] = (struct import_slot){instance->functions[index]->code,
                                                instance->functions[index]->context};
            break;
        case WASM_EXTERNAL_TABLE: tables[index] = external->table; break;
        case WASM_EXTERNAL_MEMORY:
            if (!explicit_bounds && !((struct memory_object *)external->memory)->is_guarded)
                return error_set(err, ERROR_UNLINKABLE,
                                 "the imported memory has no guard regions: compile the module "
                                 "with --bounds=explicit");
            memories[index] = external->memory;
            break;
        case WASM_EXTERNAL_GLOBAL:
            globals[index] = external->global.cell;
            instance->globals[index] = external->global.cell;
            instance->global_types[index] = external->global.type;
            break;
        case WASM_EXTERNAL_TAG: instance->tags[index] = external->tag; break;
        }
    }
    return true;
}

/* Section 4.5.3: tables, memories, globals of its own, and the values of element segments. */
static bool definitions_allocate(struct instance *instance, const struct context_layout *layout,
                                 struct error *err) {
    const struct wasm_module *module = instance->module;
    struct store *store = instance->store;
    uint8_t *context = (uint8_t *)instance->context;
    struct linear_memory **memories = (void *)(context + layout->memories);
    struct table **tables = (void *)(context + layout->tables);
    union wasm_value *globals = (void *)(context + layout->defined_globals);
    bool explicit_bounds = (instance->artifact->descriptor->flags & ARTIFACT_EXPLICIT_BOUNDS) != 0;
    struct external external;
    for (uint32_t i = module->imported_global_count; i < module->global_count; i++) {
        union wasm_value *cell = &globals[i - module->imported_global_count];
        instance->globals[i] = cell;
        instance->global_types[i] = module->globals[i].type;
        instance->global_types[i].type =
            type_canonical(module->globals[i].type.type, instance->type_ids);
        if (!constant_evaluate(instance, &module->globals[i].initial, cell, err)) return false;
    }
    for (uint32_t i = module->imported_table_count; i < module->table_count; i++) {
        union wasm_value initial = {.ref = NULL};
        if (module->tables[i].initial.bytes != NULL &&
            !constant_evaluate(instance, &module->tables[i].initial, &initial, err))
            return false;
        struct wasm_table_type type = module->tables[i].type;
        type.element = type_canonical(type.element, instance->type_ids);
        if (!store_table_create(store, &type, initial.ref, &external, err)) return false;
        tables[i] = external.table;
    }
    for (uint32_t i = module->imported_memory_count; i < module->memory_count; i++) {
        const struct wasm_memory_type *type = &module->memories[i].type;
        if (instance->first != NULL && type->is_shared)
            external.memory = context_memory(instance->first->context, i);
        else if (!store_memory_create(store, type, explicit_bounds, &external, err))
            return false;
        memories[i] = external.memory;
    }
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct wasm_element_segment *segment = &module->elements[i];
        struct element_instance *element = &instance->elements[i];
        element->count = segment->mode == WASM_SEGMENT_DECLARATIVE ? 0 : segment->count;
        element->entries = arena_array(&store->arena, element->count, sizeof *element->entries);
        for (uint32_t j = 0; j < element->count; j++) {
            union wasm_value value = {.ref = NULL};
            if (segment->functions != NULL)
                value.ref = instance->functions[segment->functions[j]];
            else if (!constant_evaluate(instance, &segment->expressions[j], &value, err))
                return false;
            element->entries[j] = value.ref;
        }
    }
    return true;
}

static struct func_ref *export_of_type(const struct instance *instance, const char *name,
                                       const char *signature) {
    struct external external;
    char text[64];
    if (!instance_export(instance, name, strlen(name), &external) ||
        external.kind != WASM_EXTERNAL_FUNCTION ||
        !link_signature(type_from_id(external.function->type_id), text, sizeof text) ||
        strcmp(text, signature) != 0)
        return NULL;
    return external.function;
}

/* What host layers see of the instance. */
static void guest_fill(struct instance *instance) {
    static const uint64_t no_memory = 0;
    struct guest *guest = &instance->guest;
    struct external external;
    guest->operations = &guest_operations;
    guest->runtime = instance;
    guest->has_threads = thread_is_imported(instance->module);
    guest->memory_size = &no_memory;
    struct linear_memory *memory = NULL;
    if (instance_export(instance, "memory", 6, &external) && external.kind == WASM_EXTERNAL_MEMORY)
        memory = external.memory;
    else if (instance->module->memory_count > 0)
        memory = context_memory(instance->context, 0);
    instance->guest_memory = memory;
    if (memory != NULL) {
        guest->memory = memory->base;
        guest->memory_size = &memory->size;
    }
    static const char table_name[] = "__indirect_function_table";
    if (instance_export(instance, table_name, sizeof table_name - 1, &external) &&
        external.kind == WASM_EXTERNAL_TABLE && external.table->element == WASM_FUNCREF)
        instance->guest_table = external.table;
    else if (instance->module->table_count > 0 &&
             context_table(instance->context, 0)->element == WASM_FUNCREF)
        instance->guest_table = context_table(instance->context, 0);
    instance->guest_malloc = export_of_type(instance, "malloc", "i:i");
    instance->guest_aligned_alloc = export_of_type(instance, "aligned_alloc", "i:ii");
    instance->guest_free = export_of_type(instance, "free", ":i");
}

/* A layer that has a state reads and writes the guest's memory, with addresses of 32 bits. */
static bool guest_check(const struct instance *instance, const struct host_module *host,
                        struct error *err) {
    const struct memory_object *memory = (const struct memory_object *)instance->guest_memory;
    if (memory == NULL || !memory->declared.is_64) return true;
    return error_set(err, ERROR_UNLINKABLE,
                     "the module's memory is a 64-bit one (memory64), but the functions of '%s' "
                     "that it imports take 32-bit addresses",
                     host->name);
}

/* One state per layer that has at least one imported function; the layer's functions get it. */
static bool layers_instantiate(struct instance *instance, const struct context_layout *layout,
                               const struct link_target *targets, struct error *err) {
    const struct wasm_module *module = instance->module;
    struct import_slot *slots = (void *)((uint8_t *)instance->context + layout->import_slots);
    instance->layers = arena_array(&instance->store->arena, module->imported_function_count,
                                   sizeof *instance->layers);
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct host_module *host = targets[i].host;
        if (module->imports[i].kind != WASM_EXTERNAL_FUNCTION || host == NULL) continue;
        struct layer *layer = instance->layers;
        while (layer < instance->layers + instance->layer_count && layer->host != host)
            layer++;
        if (layer == instance->layers + instance->layer_count) {
            void *state = NULL;
            if (host->instantiate != NULL && !guest_check(instance, host, err)) return false;
            if (host->instantiate != NULL &&
                !host->instantiate(instance->options.host, &instance->guest, &state, err))
                return false;
            *layer = (struct layer){host, state};
            instance->layer_count++;
        }
        uint32_t index = module->imports[i].index;
        instance->host[index].context = layer->state;
        slots[index].context = layer->state;
    }
    return true;
}

/* A thread's instance has the layers of the first. */
static void layers_share(struct instance *instance, const struct context_layout *layout) {
    struct import_slot *slots = (void *)((uint8_t *)instance->context + layout->import_slots);
    for (uint32_t i = 0; i < instance->module->imported_function_count; i++) {
        if (instance->functions[i] != &instance->host[i]) continue;
        instance->host[i].context = instance->first->host[i].context;
        slots[i].context = instance->host[i].context;
    }
    instance->threads = instance->first->threads;
}

/* Tables whose initial value is a host function were made before the function got its state. */
static void tables_refresh(struct instance *instance) {
    const struct wasm_module *module = instance->module;
    for (uint32_t i = module->imported_table_count; i < module->table_count; i++) {
        struct table *table = context_table(instance->context, i);
        if (module->tables[i].initial.bytes != NULL) table_written(table, 0, table->size);
    }
}

/* `first` is NULL, or has started the thread that the instance is for. */
static bool create(struct store *store, struct artifact *artifact, const struct linker *linker,
                   const struct instance_options *options, struct instance *first,
                   struct instance **out, struct error *err) {
    const struct wasm_module *module = &artifact->module;
    struct context_layout layout = module_context_layout(module);
    struct link_target *targets = calloc((size_t)module->import_count + 1, sizeof *targets);
    bool ok = false;
    if (targets == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto done;
    }
    if (!linker_resolve(linker, module, targets, err)) goto done;
    struct instance *instance = instance_allocate(store, artifact, &layout);
    if (instance == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto done;
    }
    if (options != NULL) instance->options = *options;
    instance->linker = linker;
    instance->first = first;
    if (!imports_fill(instance, &layout, targets, err)) goto done;
    if (!definitions_allocate(instance, &layout, err)) goto done;
    context_fill(instance, &layout);
    guest_fill(instance);
    if (first != NULL)
        layers_share(instance, &layout);
    else if (!layers_instantiate(instance, &layout, targets, err))
        goto done;
    tables_refresh(instance);
    *out = instance;
    ok = true;
done:
    free(targets);
    return ok;
}

bool instance_create(struct store *store, struct artifact *artifact, const struct linker *linker,
                     const struct instance_options *options, struct instance **out,
                     struct error *err) {
    return create(store, artifact, linker, options, NULL, out, err);
}

bool instance_create_thread(struct instance *first, struct store *store, struct instance **out,
                            struct error *err) {
    const struct wasm_module *module = first->module;
    for (uint32_t i = 0; i < module->memory_count; i++)
        if (module->memories[i].type.is_shared)
            store_memory_share(store, context_memory(first->context, i));
    return create(store, first->artifact, first->linker, &first->options, first, out, err);
}

struct call {
    struct instance *instance;
    struct func_ref *function;
    union wasm_value *slots;
    artifact_enter *enter;
};

static void call_body(void *argument) {
    const struct call *call = argument;
    call->enter(call->function->context, call->function->code, call->slots);
}

/* Where an active segment begins, in a memory or table with these limits. */
static bool segment_offset(const struct instance *instance, const struct wasm_constant *offset,
                           const struct wasm_limits *limits, uint64_t *out, struct error *err) {
    union wasm_value value = {0};
    if (!constant_evaluate(instance, offset, &value, err)) return false;
    *out = limits->is_64 ? value.u64 : value.u32;
    return true;
}

static void initialize_body(void *argument) {
    struct instance *instance = argument;
    const struct wasm_module *module = instance->module;
    uint64_t offset;
    struct error err;
    for (uint32_t i = 0; i < module->element_count; i++) {
        const struct wasm_element_segment *segment = &module->elements[i];
        if (segment->mode != WASM_SEGMENT_ACTIVE) continue;
        const struct wasm_limits *limits = &module->tables[segment->table].type.limits;
        if (!segment_offset(instance, &segment->offset, limits, &offset, &err))
            trap_raise(TRAP_HOST, "%s", err.message);
        instance_table_init(instance, segment->table, i, offset, 0, segment->count);
        instance->elements[i].count = 0;
    }
    for (uint32_t i = 0; i < module->data_count; i++) {
        const struct wasm_data_segment *segment = &module->datas[i];
        if (segment->mode != WASM_SEGMENT_ACTIVE) continue;
        const struct wasm_memory_type *type = &module->memories[segment->memory].type;
        const struct wasm_limits *limits = &type->limits;
        if (type->is_shared && instance->first != NULL) { /* the first instance has done it */
            instance->data_dropped[i] = true;
            continue;
        }
        if (!segment_offset(instance, &segment->offset, limits, &offset, &err))
            trap_raise(TRAP_HOST, "%s", err.message);
        instance_memory_init(instance, segment->memory, i, offset, 0, segment->size);
        instance->data_dropped[i] = true;
    }
    if (!module->has_start) return;
    struct func_ref *start = instance->functions[module->start];
    union wasm_value none;
    if (start->code == NULL) trap_raise(TRAP_HOST, "the artifact lacks the start function");
    artifact_enter *enter = store_enter_get(instance->store, start->type_id);
    if (enter == NULL) trap_raise(TRAP_HOST, "the artifact cannot enter the start function");
    enter(start->context, start->code, &none);
}

bool instance_initialize(struct instance *instance, struct outcome *outcome) {
    return trap_guard(initialize_body, instance, outcome);
}

bool instance_export(const struct instance *instance, const char *name, size_t name_length,
                     struct external *out) {
    const struct wasm_module *module = instance->module;
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        if (export->name.length != name_length ||
            memcmp(export->name.bytes, name, name_length) != 0)
            continue;
        *out = (struct external){.kind = export->kind};
        switch (export->kind) {
        case WASM_EXTERNAL_FUNCTION: out->function = instance->functions[export->index]; break;
        case WASM_EXTERNAL_TABLE:
            out->table = context_table(instance->context, export->index);
            break;
        case WASM_EXTERNAL_MEMORY:
            out->memory = context_memory(instance->context, export->index);
            break;
        case WASM_EXTERNAL_GLOBAL:
            out->global.cell = instance->globals[export->index];
            out->global.type = instance->global_types[export->index];
            break;
        case WASM_EXTERNAL_TAG: out->tag = instance->tags[export->index]; break;
        }
        return true;
    }
    return false;
}

static void cannot_enter_body(void *argument) {
    char text[256];
    const struct call *call = argument;
    trap_raise(TRAP_HOST, "no artifact can enter a function of type %s",
               wasm_print_function_type(type_from_id(call->function->type_id), text, sizeof text));
}

bool instance_call(struct instance *instance, struct func_ref *function, union wasm_value *slots,
                   struct outcome *outcome) {
    struct call call = {instance, function, slots,
                        store_enter_get(instance->store, function->type_id)};
    bool can_enter = call.enter != NULL && function->code != NULL;
    return trap_guard(can_enter ? call_body : cannot_enter_body, &call, outcome);
}

void instance_layers_destroy(struct instance *instance) {
    while (instance->layer_count > 0) {
        struct layer *layer = &instance->layers[--instance->layer_count];
        if (layer->host->destroy != NULL) layer->host->destroy(layer->state);
    }
}

int instance_finish(struct instance *instance, int code, bool trapped) {
    for (uint32_t i = instance->layer_count; i > 0; i--) {
        struct layer *layer = &instance->layers[i - 1];
        if (layer->host->finish != NULL) code = layer->host->finish(layer->state, code, trapped);
    }
    if (instance->threads == NULL || !instance->threads->others_run)
        instance_layers_destroy(instance);
    return code;
}
