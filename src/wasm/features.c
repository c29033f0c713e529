/*
 * features.c - which proposals a module uses; see features.h.
 *
 * An instruction's row in wasm_ops.def says which proposal it belongs to; here is what shows only
 * in types, immediates and sections.
 */
#include "wasm/features.h"
#include "wasm/instr.h"

static void use(struct wasm_feature_uses *uses, enum wasm_feature feature, uint64_t offset) {
    if (uses->used[feature]) return;
    uses->used[feature] = true;
    uses->offset[feature] = offset;
}

static void use_type(struct wasm_feature_uses *uses, enum wasm_type type, uint64_t offset) {
    if (type == WASM_V128) use(uses, WASM_FEATURE_SIMD, offset);
    if (!wasm_type_is_reference(type)) return;
    use(uses, WASM_FEATURE_REFERENCE_TYPES, offset);
    if (type == WASM_FUNCREF || type == WASM_EXTERNREF) return;
    enum wasm_type nullable = wasm_type_nullable(type);
    bool is_exception = nullable == WASM_EXNREF || nullable == WASM_NULLEXNREF;
    use(uses, is_exception ? WASM_FEATURE_EXCEPTION_HANDLING : WASM_FEATURE_FUNCTION_REFERENCES,
        offset);
}

static void use_limits(struct wasm_feature_uses *uses, const struct wasm_limits *limits) {
    if (limits->is_64) use(uses, WASM_FEATURE_MEMORY64, 0);
}

static void use_memory(struct wasm_feature_uses *uses, uint32_t index, uint64_t offset) {
    if (index != 0) use(uses, WASM_FEATURE_MULTI_MEMORY, offset);
}

static void use_instr(struct wasm_feature_uses *uses, const struct wasm_instr *instr) {
    const struct wasm_op_info *info = &wasm_op_infos[instr->op];
    use(uses, info->feature, instr->offset);
    switch (info->immediate) {
    case WASM_IMMEDIATE_BLOCK:
    case WASM_IMMEDIATE_TRY_TABLE:
        if (instr->block.kind == WASM_BLOCK_TYPE)
            use(uses, WASM_FEATURE_MULTI_VALUE, instr->offset);
        if (instr->block.kind == WASM_BLOCK_VALUE)
            use_type(uses, instr->block.result, instr->offset);
        break;
    case WASM_IMMEDIATE_CALL_INDIRECT:
        if (instr->second != 0) use(uses, WASM_FEATURE_REFERENCE_TYPES, instr->offset);
        break;
    case WASM_IMMEDIATE_HEAP_TYPE: use_type(uses, instr->type, instr->offset); break;
    case WASM_IMMEDIATE_SELECT_TYPES: use_type(uses, instr->select.type, instr->offset); break;
    case WASM_IMMEDIATE_MEMORY: use_memory(uses, instr->index, instr->offset); break;
    case WASM_IMMEDIATE_MEMORY_COPY:
        use_memory(uses, instr->index | instr->second, instr->offset);
        break;
    case WASM_IMMEDIATE_MEMORY_INIT: use_memory(uses, instr->second, instr->offset); break;
    default:
        if (info->access_size > 0) use_memory(uses, instr->memory.index, instr->offset);
        break;
    }
}

static void use_constant(struct wasm_feature_uses *uses, const struct wasm_module *m,
                         const struct wasm_constant *constant) {
    if (constant->bytes == NULL) return;
    struct reader reader = reader_make(constant->bytes, constant->size, constant->offset);
    struct wasm_instr instr;
    for (int count = 0; wasm_instr_read(&reader, &instr, NULL) && instr.op != WASM_OP_END;
         count++) {
        use_instr(uses, &instr);
        if (count > 0 ||
            (instr.op == WASM_OP_GLOBAL_GET && instr.index >= m->imported_global_count))
            use(uses, WASM_FEATURE_EXTENDED_CONST, instr.offset);
    }
}

static void use_function(struct wasm_feature_uses *uses, const struct wasm_function *function) {
    for (uint32_t i = 0; i < function->local_run_count; i++)
        use_type(uses, function->local_runs[i].type, function->body_offset);
    if (function->body == NULL) return;
    struct reader reader = reader_make(function->body, function->body_size, function->body_offset);
    struct wasm_instr instr;
    while (reader.at != reader.end && wasm_instr_read(&reader, &instr, NULL))
        use_instr(uses, &instr);
}

static void use_types(struct wasm_feature_uses *uses, const struct wasm_module *m) {
    for (uint32_t i = 0; i < m->type_count; i++) {
        const struct wasm_function_type *type = &m->types[i];
        for (uint32_t j = 0; j < type->parameter_count; j++)
            use_type(uses, type->parameters[j], 0);
        for (uint32_t j = 0; j < type->result_count; j++)
            use_type(uses, type->results[j], 0);
        if (type->result_count > 1) use(uses, WASM_FEATURE_MULTI_VALUE, 0);
        if (type->group_size > 1) use(uses, WASM_FEATURE_FUNCTION_REFERENCES, 0);
    }
    for (uint32_t i = 0; i < m->table_count; i++) {
        use_limits(uses, &m->tables[i].type.limits);
        if (i > 0 || m->tables[i].type.element != WASM_FUNCREF)
            use(uses, WASM_FEATURE_REFERENCE_TYPES, 0);
        if (m->tables[i].type.element != WASM_FUNCREF) use_type(uses, m->tables[i].type.element, 0);
        if (m->tables[i].initial.bytes != NULL) use(uses, WASM_FEATURE_FUNCTION_REFERENCES, 0);
        use_constant(uses, m, &m->tables[i].initial);
    }
    if (m->tag_count > 0) use(uses, WASM_FEATURE_EXCEPTION_HANDLING, 0);
    for (uint32_t i = 0; i < m->memory_count; i++) {
        use_limits(uses, &m->memories[i].type.limits);
        if (m->memories[i].type.is_shared) use(uses, WASM_FEATURE_THREADS, 0);
        use_memory(uses, i, 0);
    }
}

static void use_globals(struct wasm_feature_uses *uses, const struct wasm_module *m) {
    for (uint32_t i = 0; i < m->global_count; i++) {
        use_type(uses, m->globals[i].type.type, m->globals[i].initial.offset);
        if (m->globals[i].is_imported && m->globals[i].type.is_mutable)
            use(uses, WASM_FEATURE_MUTABLE_GLOBALS, 0);
        use_constant(uses, m, &m->globals[i].initial);
    }
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].kind == WASM_EXTERNAL_GLOBAL && m->exports[i].index < m->global_count &&
            m->globals[m->exports[i].index].type.is_mutable)
            use(uses, WASM_FEATURE_MUTABLE_GLOBALS, 0);
}

static void use_segments(struct wasm_feature_uses *uses, const struct wasm_module *m) {
    for (uint32_t i = 0; i < m->element_count; i++) {
        const struct wasm_element_segment *segment = &m->elements[i];
        if (segment->mode == WASM_SEGMENT_PASSIVE) use(uses, WASM_FEATURE_BULK_MEMORY, 0);
        if (segment->expressions != NULL && segment->type != WASM_FUNCREF)
            use_type(uses, segment->type, segment->offset.offset);
        if (segment->mode == WASM_SEGMENT_DECLARATIVE) use(uses, WASM_FEATURE_REFERENCE_TYPES, 0);
        use_constant(uses, m, &segment->offset);
        for (uint32_t j = 0; segment->expressions != NULL && j < segment->count; j++)
            use_constant(uses, m, &segment->expressions[j]);
    }
    if (m->has_data_count) use(uses, WASM_FEATURE_BULK_MEMORY, 0);
    for (uint32_t i = 0; i < m->data_count; i++) {
        if (m->datas[i].mode == WASM_SEGMENT_PASSIVE) use(uses, WASM_FEATURE_BULK_MEMORY, 0);
        use_constant(uses, m, &m->datas[i].offset);
    }
}

void wasm_module_features(const struct wasm_module *module, struct wasm_feature_uses *out) {
    *out = (struct wasm_feature_uses){0};
    use(out, WASM_FEATURE_MVP, 0);
    use_types(out, module);
    use_globals(out, module);
    use_segments(out, module);
    for (uint32_t i = 0; i < module->function_count; i++)
        use_function(out, &module->functions[i]);
}
