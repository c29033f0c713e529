/*
 * decode.c - a binary to a struct wasm_module; see module.h.  Core specification, section 5.
 *
 * Reads the sections once, front to back, each through a reader that ends where the section does.
 * Produces the module as the binary has it; function bodies stay bytes.  It does not check indices
 * or types, which is the validator's work; it refuses what it cannot represent
 * (garbage-collected types) by the proposal's name.  Every count is compared with the bytes that
 * are left before anything is allocated, so memory is linear in the input.
 *
 * Deliberate deviations: limits of locals, parameters and results (module.h); the contents of
 * custom sections are never an error (section 5.5.3 allows it), of a broken "name" section the
 * names before the fault are kept.
 *
 * A stripped binary (strip.c) has the custom section WASM_STRIPPED_SECTION in place of the code.
 */
#include "wasm/decode.h"
#include "wasm/instr.h"
#include "wasm/type_registry.h"

#include <string.h>

struct decoder {
    struct wasm_module *module;
    struct reader reader; /* of the current section */
    struct error *err;
    bool has_code;
    uint64_t stripped_offset;
    uint32_t custom_capacity;
};

static bool fail_at(struct decoder *d, uint64_t offset, const char *message) {
    error_set_at(d->err, ERROR_MALFORMED, offset, "%s", message);
    return false;
}

static bool fail(struct decoder *d, const char *message) {
    return fail_at(d, reader_offset(&d->reader), message);
}

static uint64_t position(const struct decoder *d) {
    return reader_offset(&d->reader);
}

static bool read_u8(struct decoder *d, uint8_t *out) {
    return reader_u8(&d->reader, out, d->err);
}

static bool read_u32(struct decoder *d, uint32_t *out) {
    return reader_u32(&d->reader, out, d->err);
}

/* A count of items that take at least `least` bytes each. */
static bool read_count(struct decoder *d, size_t least, uint32_t *out) {
    uint64_t offset = reader_offset(&d->reader);
    uint32_t count;
    if (!read_u32(d, &count)) return false;
    if (count > reader_remaining(&d->reader) / least)
        return fail_at(d, offset, "length out of bounds");
    *out = count;
    return true;
}

static void *allocate(struct decoder *d, size_t count, size_t size) {
    return count == 0 ? NULL : arena_array(&d->module->arena, count, size);
}

/* Copy of an array of `count` elements with room for `more` behind. */
static void *extend(struct decoder *d, const void *array, size_t count, size_t more, size_t size) {
    void *copy = allocate(d, count + more, size);
    if (count > 0) memcpy(copy, array, count * size);
    return copy;
}

static bool read_name(struct decoder *d, struct wasm_name *out) {
    uint32_t length;
    const uint8_t *bytes;
    if (!read_count(d, 1, &length)) return false;
    uint64_t offset = reader_offset(&d->reader);
    if (!reader_bytes(&d->reader, length, &bytes, d->err)) return false;
    if (!reader_utf8_valid(bytes, length)) return fail_at(d, offset, "malformed UTF-8 encoding");
    out->bytes = arena_bytes_to_string(&d->module->arena, bytes, length);
    out->length = length;
    return true;
}

static bool read_value_types(struct decoder *d, uint32_t limit, const char *what,
                             const enum wasm_type **out, uint32_t *out_count) {
    uint64_t offset = reader_offset(&d->reader);
    uint32_t count;
    if (!read_count(d, 1, &count)) return false;
    if (count > limit) {
        error_set_at(d->err, ERROR_UNSUPPORTED, offset, "a function type with more than %u %s",
                     limit, what);
        return false;
    }
    enum wasm_type *types = allocate(d, count, sizeof *types);
    for (uint32_t i = 0; i < count; i++)
        if (!wasm_type_read(&d->reader, &types[i], "value type", d->err)) return false;
    *out = types;
    *out_count = count;
    return true;
}

/* is_shared is NULL where there is no such thing. */
static bool read_limits(struct decoder *d, struct wasm_limits *out, bool *is_shared) {
    uint64_t offset = reader_offset(&d->reader);
    uint8_t flags;
    if (!read_u8(d, &flags)) return false;
    if (flags > 0x07 || ((flags & 0x02) != 0 && is_shared == NULL))
        return fail_at(d, offset, "malformed limits flags");
    if (is_shared != NULL) *is_shared = (flags & 0x02) != 0;
    *out = (struct wasm_limits){.has_maximum = flags & 0x01, .is_64 = (flags & 0x04) != 0};
    return reader_u64(&d->reader, &out->minimum, d->err) &&
           (!out->has_maximum || reader_u64(&d->reader, &out->maximum, d->err));
}

static bool read_table_type(struct decoder *d, struct wasm_table_type *out) {
    return wasm_reference_type_read(&d->reader, &out->element, d->err) &&
           read_limits(d, &out->limits, NULL);
}

static bool read_memory_type(struct decoder *d, struct wasm_memory_type *out) {
    return read_limits(d, &out->limits, &out->is_shared);
}

static bool read_global_type(struct decoder *d, struct wasm_global_type *out) {
    if (!wasm_type_read(&d->reader, &out->type, "value type", d->err)) return false;
    uint64_t offset = reader_offset(&d->reader);
    uint8_t mutability;
    if (!read_u8(d, &mutability)) return false;
    if (mutability > 1) return fail_at(d, offset, "malformed mutability");
    out->is_mutable = mutability == 1;
    return true;
}

static bool read_tag_type(struct decoder *d, uint32_t *type_index) {
    uint64_t offset = reader_offset(&d->reader);
    uint8_t attribute;
    if (!read_u8(d, &attribute)) return false;
    if (attribute != 0) return fail_at(d, offset, "malformed tag attribute");
    return read_u32(d, type_index);
}

static void declare_function(struct decoder *d, uint32_t index) {
    if (index < d->module->function_count) d->module->functions[index].is_declared = true;
}

/* A constant expression; functions that it names become declared. */
static bool read_constant(struct decoder *d, struct wasm_constant *out) {
    out->bytes = d->reader.at;
    out->offset = reader_offset(&d->reader);
    struct wasm_instr instr;
    for (uint64_t depth = 1; depth > 0;) {
        if (!wasm_instr_read(&d->reader, &instr, d->err)) return false;
        /* A block is invalid here, but its `end` is not the expression's. */
        if (wasm_op_infos[instr.op].immediate == WASM_IMMEDIATE_BLOCK ||
            instr.op == WASM_OP_TRY_TABLE)
            depth++;
        if (instr.op == WASM_OP_END || instr.op == WASM_OP_DELEGATE) depth--;
        if (instr.op == WASM_OP_REF_FUNC) declare_function(d, instr.index);
    }
    out->size = (uint32_t)(d->reader.at - out->bytes);
    return true;
}

/* A function type behind its form, of which there may be a prefix that says it has no subtypes. */
static bool read_type(struct decoder *d, struct wasm_function_type *out) {
    enum { FORM_ARRAY = 0x5e, FORM_STRUCT = 0x5f, FORM_SUB = 0x50, FORM_SUB_FINAL = 0x4f };
    uint64_t offset = reader_offset(&d->reader);
    uint8_t form;
    if (!read_u8(d, &form)) return false;
    if (form == FORM_SUB_FINAL) {
        uint32_t supertypes;
        if (!read_u32(d, &supertypes)) return false;
        if (supertypes > 0) return wasm_feature_refuse(WASM_FEATURE_GC, offset, d->err);
        offset = reader_offset(&d->reader);
        if (!read_u8(d, &form)) return false;
    }
    if (form == FORM_SUB || form == FORM_ARRAY || form == FORM_STRUCT)
        return wasm_feature_refuse(WASM_FEATURE_GC, offset, d->err);
    if (form != 0x60) {
        /* As a number it may have been written too long, which is the more precise reason. */
        uint64_t number;
        d->reader.at--;
        if (!reader_leb(&d->reader, 7, true, &number, d->err)) return false;
        return fail_at(d, offset, "malformed definition type");
    }
    return read_value_types(d, WASM_MAX_PARAMETERS, "parameters", &out->parameters,
                            &out->parameter_count) &&
           read_value_types(d, WASM_MAX_RESULTS, "results", &out->results, &out->result_count);
}

/* A type, or a recursion group of any number. */
static bool read_type_group(struct decoder *d, uint32_t *capacity) {
    enum { FORM_GROUP = 0x4e };
    struct wasm_module *m = d->module;
    uint64_t offset = reader_offset(&d->reader);
    uint32_t size = 1, first = m->type_count;
    if (reader_remaining(&d->reader) > 0 && *d->reader.at == FORM_GROUP) {
        d->reader.at++;
        if (!read_count(d, 2, &size)) return false;
    }
    if (size > WASM_MAX_TYPES - first) {
        error_set_at(d->err, ERROR_UNSUPPORTED, offset, "more than %d types", WASM_MAX_TYPES);
        return false;
    }
    if (size > *capacity - first) {
        uint32_t more = size > first ? size : first;
        m->types = extend(d, m->types, first, more, sizeof *m->types);
        *capacity = first + more;
    }
    for (uint32_t i = 0; i < size; i++) {
        struct wasm_function_type *type = &m->types[first + i];
        type->position = position(d);
        if (!read_type(d, type)) return false;
        type->group_first = first;
        type->group_size = size;
    }
    m->type_count += size;
    return true;
}

static bool decode_types(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count, capacity;
    if (!read_count(d, 2, &count)) return false;
    capacity = count < WASM_MAX_TYPES ? count : WASM_MAX_TYPES;
    m->types = allocate(d, capacity, sizeof *m->types);
    for (uint32_t i = 0; i < count; i++)
        if (!read_type_group(d, &capacity)) return false;
    struct wasm_type_registry registry = {.types = NULL};
    uint32_t *ids = allocate(d, m->type_count, sizeof *ids);
    wasm_type_registry_add(&registry, m->types, m->type_count, ids);
    for (uint32_t i = 0; i < m->type_count; i++)
        m->types[i].canonical = ids[i];
    wasm_type_registry_free(&registry);
    return true;
}

/* Arrays as long as all imports together, cut to what is used afterwards. */
static bool decode_imports(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 4, &count)) return false;
    m->imports = allocate(d, count, sizeof *m->imports);
    m->functions = allocate(d, count, sizeof *m->functions);
    m->tables = allocate(d, count, sizeof *m->tables);
    m->memories = allocate(d, count, sizeof *m->memories);
    m->globals = allocate(d, count, sizeof *m->globals);
    m->tags = allocate(d, count, sizeof *m->tags);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_import *import = &m->imports[i];
        if (!read_name(d, &import->module) || !read_name(d, &import->name)) return false;
        uint64_t offset = reader_offset(&d->reader);
        uint8_t kind;
        if (!read_u8(d, &kind)) return false;
        switch (kind) {
        case WASM_EXTERNAL_FUNCTION: {
            struct wasm_function *function = &m->functions[m->function_count];
            function->is_imported = true;
            function->import = i;
            function->position = position(d);
            if (!read_u32(d, &function->type_index)) return false;
            import->index = m->function_count++;
            break;
        }
        case WASM_EXTERNAL_TABLE:
            m->tables[m->table_count].is_imported = true;
            m->tables[m->table_count].position = position(d);
            if (!read_table_type(d, &m->tables[m->table_count].type)) return false;
            import->index = m->table_count++;
            break;
        case WASM_EXTERNAL_MEMORY:
            m->memories[m->memory_count].is_imported = true;
            m->memories[m->memory_count].position = position(d);
            if (!read_memory_type(d, &m->memories[m->memory_count].type)) return false;
            import->index = m->memory_count++;
            break;
        case WASM_EXTERNAL_GLOBAL:
            m->globals[m->global_count].is_imported = true;
            m->globals[m->global_count].position = position(d);
            if (!read_global_type(d, &m->globals[m->global_count].type)) return false;
            import->index = m->global_count++;
            break;
        case WASM_EXTERNAL_TAG:
            m->tags[m->tag_count].is_imported = true;
            m->tags[m->tag_count].position = position(d);
            if (!read_tag_type(d, &m->tags[m->tag_count].type_index)) return false;
            import->index = m->tag_count++;
            break;
        default: return fail_at(d, offset, "malformed import kind");
        }
        import->kind = (enum wasm_external)kind;
    }
    m->import_count = count;
    m->imported_function_count = m->function_count;
    m->imported_table_count = m->table_count;
    m->imported_memory_count = m->memory_count;
    m->imported_global_count = m->global_count;
    m->imported_tag_count = m->tag_count;
    return true;
}

static bool decode_functions(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 1, &count)) return false;
    m->functions = extend(d, m->functions, m->function_count, count, sizeof *m->functions);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_function *function = &m->functions[m->function_count + i];
        function->position = position(d);
        if (!read_u32(d, &function->type_index)) return false;
    }
    m->function_count += count;
    return true;
}

static bool decode_tables(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 3, &count)) return false;
    m->tables = extend(d, m->tables, m->table_count, count, sizeof *m->tables);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_table *table = &m->tables[m->table_count + i];
        table->position = position(d);
        bool has_initial = reader_remaining(&d->reader) > 0 && *d->reader.at == 0x40;
        if (has_initial) {
            uint8_t zero;
            d->reader.at++;
            if (!read_u8(d, &zero)) return false;
            if (zero != 0) return fail(d, "malformed table");
        }
        if (!read_table_type(d, &table->type)) return false;
        if (has_initial && !read_constant(d, &table->initial)) return false;
    }
    m->table_count += count;
    return true;
}

static bool decode_memories(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 2, &count)) return false;
    m->memories = extend(d, m->memories, m->memory_count, count, sizeof *m->memories);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_memory *memory = &m->memories[m->memory_count + i];
        memory->position = position(d);
        if (!read_memory_type(d, &memory->type)) return false;
    }
    m->memory_count += count;
    return true;
}

static bool decode_globals(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 3, &count)) return false;
    m->globals = extend(d, m->globals, m->global_count, count, sizeof *m->globals);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_global *global = &m->globals[m->global_count + i];
        global->position = position(d);
        if (!read_global_type(d, &global->type) || !read_constant(d, &global->initial))
            return false;
    }
    m->global_count += count;
    return true;
}

static bool decode_tags(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 2, &count)) return false;
    m->tags = extend(d, m->tags, m->tag_count, count, sizeof *m->tags);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_tag *tag = &m->tags[m->tag_count + i];
        tag->position = position(d);
        if (!read_tag_type(d, &tag->type_index)) return false;
    }
    m->tag_count += count;
    return true;
}

static bool decode_exports(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 3, &count)) return false;
    m->exports = allocate(d, count, sizeof *m->exports);
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_export *export = &m->exports[i];
        export->position = position(d);
        if (!read_name(d, &export->name)) return false;
        uint64_t offset = reader_offset(&d->reader);
        uint8_t kind;
        if (!read_u8(d, &kind)) return false;
        if (kind > WASM_EXTERNAL_TAG) return fail_at(d, offset, "malformed export kind");
        if (!read_u32(d, &export->index)) return false;
        export->kind = (enum wasm_external)kind;
        if (export->kind == WASM_EXTERNAL_FUNCTION) declare_function(d, export->index);
    }
    m->export_count = count;
    return true;
}

static bool decode_start(struct decoder *d) {
    d->module->has_start = true;
    d->module->start_position = position(d);
    return read_u32(d, &d->module->start);
}

static bool read_element_functions(struct decoder *d, struct wasm_element_segment *segment) {
    if (!read_count(d, 1, &segment->count)) return false;
    uint32_t *functions = allocate(d, segment->count, sizeof *functions);
    for (uint32_t i = 0; i < segment->count; i++) {
        if (!read_u32(d, &functions[i])) return false;
        declare_function(d, functions[i]);
    }
    segment->functions = functions;
    return true;
}

static bool read_element_expressions(struct decoder *d, struct wasm_element_segment *segment) {
    if (!read_count(d, 1, &segment->count)) return false;
    struct wasm_constant *expressions = allocate(d, segment->count, sizeof *expressions);
    for (uint32_t i = 0; i < segment->count; i++)
        if (!read_constant(d, &expressions[i])) return false;
    segment->expressions = expressions;
    return true;
}

static bool read_element_segment(struct decoder *d, struct wasm_element_segment *segment) {
    enum { IS_NOT_ACTIVE = 1, HAS_INDEX_OR_DECLARES = 2, HAS_EXPRESSIONS = 4 };
    uint64_t offset = position(d);
    segment->position = offset;
    uint32_t flags;
    if (!read_u32(d, &flags)) return false;
    if (flags > 7) return fail_at(d, offset, "malformed elements segment kind");
    segment->mode = !(flags & IS_NOT_ACTIVE)          ? WASM_SEGMENT_ACTIVE
                    : (flags & HAS_INDEX_OR_DECLARES) ? WASM_SEGMENT_DECLARATIVE
                                                      : WASM_SEGMENT_PASSIVE;
    /* Functions are never null, the expressions of flags 4 may be (section 5.5.12). */
    segment->type = flags & HAS_EXPRESSIONS ? WASM_FUNCREF : wasm_type_non_null(WASM_FUNCREF);
    if (segment->mode == WASM_SEGMENT_ACTIVE) {
        if ((flags & HAS_INDEX_OR_DECLARES) && !read_u32(d, &segment->table)) return false;
        if (!read_constant(d, &segment->offset)) return false;
    }
    if (flags & (IS_NOT_ACTIVE | HAS_INDEX_OR_DECLARES)) {
        if (flags & HAS_EXPRESSIONS) {
            if (!wasm_reference_type_read(&d->reader, &segment->type, d->err)) return false;
        } else {
            uint8_t kind;
            offset = reader_offset(&d->reader);
            if (!read_u8(d, &kind)) return false;
            if (kind != 0) return fail_at(d, offset, "malformed element kind");
        }
    }
    return flags & HAS_EXPRESSIONS ? read_element_expressions(d, segment)
                                   : read_element_functions(d, segment);
}

static bool decode_elements(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 3, &count)) return false;
    m->elements = allocate(d, count, sizeof *m->elements);
    for (uint32_t i = 0; i < count; i++)
        if (!read_element_segment(d, &m->elements[i])) return false;
    m->element_count = count;
    return true;
}

static bool decode_data_count(struct decoder *d) {
    d->module->has_data_count = true;
    return read_u32(d, &d->module->declared_data_count);
}

static bool read_locals(struct decoder *d, struct reader *body, struct wasm_function *function) {
    uint64_t offset = reader_offset(body);
    uint32_t run_count;
    if (!reader_u32(body, &run_count, d->err)) return false;
    if (run_count > reader_remaining(body) / 2) return fail_at(d, offset, "length out of bounds");
    struct wasm_local_run *runs = allocate(d, run_count, sizeof *runs);
    uint64_t total = 0;
    for (uint32_t i = 0; i < run_count; i++) {
        offset = reader_offset(body);
        if (!reader_u32(body, &runs[i].count, d->err) ||
            !wasm_type_read(body, &runs[i].type, "value type", d->err))
            return false;
        total += runs[i].count;
        if (total > UINT32_MAX) return fail_at(d, offset, "too many locals");
    }
    if (total > WASM_MAX_LOCALS) {
        error_set_at(d->err, ERROR_UNSUPPORTED, offset, "a function with more than %d locals",
                     WASM_MAX_LOCALS);
        return false;
    }
    function->local_runs = runs;
    function->local_run_count = run_count;
    function->local_count = (uint32_t)total;
    return true;
}

static bool decode_code(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    d->has_code = true;
    m->code_offset = reader_offset(&d->reader);
    if (!read_count(d, 1, &count)) return false;
    if (count != m->function_count - m->imported_function_count)
        return fail(d, "function and code section have inconsistent lengths");
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_function *function = &m->functions[m->imported_function_count + i];
        uint32_t size;
        if (!read_count(d, 1, &size)) return false;
        struct reader body = reader_make(d->reader.at, size, reader_offset(&d->reader));
        d->reader.at += size;
        if (!read_locals(d, &body, function)) return false;
        function->body = body.at;
        function->body_size = (uint32_t)reader_remaining(&body);
        function->body_offset = reader_offset(&body);
    }
    return true;
}

static bool read_data_segment(struct decoder *d, struct wasm_data_segment *segment) {
    uint64_t offset = position(d);
    segment->position = offset;
    uint32_t flags;
    if (!read_u32(d, &flags)) return false;
    if (flags > 2) return fail_at(d, offset, "malformed data segment kind");
    segment->mode = flags == 1 ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
    if (flags == 2 && !read_u32(d, &segment->memory)) return false;
    if (segment->mode == WASM_SEGMENT_ACTIVE && !read_constant(d, &segment->offset)) return false;
    return read_count(d, 1, &segment->size) &&
           reader_bytes(&d->reader, segment->size, &segment->bytes, d->err);
}

static bool decode_datas(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count;
    if (!read_count(d, 2, &count)) return false;
    m->datas = allocate(d, count, sizeof *m->datas);
    for (uint32_t i = 0; i < count; i++)
        if (!read_data_segment(d, &m->datas[i])) return false;
    m->data_count = count;
    return true;
}

static bool name_is(const struct wasm_name *name, const char *text) {
    return name->length == strlen(text) && memcmp(name->bytes, text, name->length) == 0;
}

static bool decode_custom(struct decoder *d) {
    struct wasm_module *m = d->module;
    if (m->custom_count == d->custom_capacity) {
        uint32_t more = m->custom_count + 8;
        m->customs = extend(d, m->customs, m->custom_count, more, sizeof *m->customs);
        d->custom_capacity = m->custom_count + more;
    }
    struct wasm_custom_section *custom = &m->customs[m->custom_count];
    if (!read_name(d, &custom->name)) return false;
    custom->bytes = d->reader.at;
    custom->size = (uint32_t)reader_remaining(&d->reader);
    if (name_is(&custom->name, WASM_STRIPPED_SECTION))
        d->stripped_offset = reader_offset(&d->reader);
    d->reader.at = d->reader.end;
    m->custom_count++;
    return true;
}

/* Debugging names end up in messages on terminals: no control characters. */
static const char *printable(struct wasm_name *name) {
    char *bytes = (char *)name->bytes; /* our own copy, see read_name */
    for (uint32_t i = 0; i < name->length; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        /* U+0080 to U+009f are c2 80 to c2 9f. */
        if (byte < 0x20 || byte == 0x7f || (byte == 0xc2 && (uint8_t)bytes[i + 1] < 0xa0))
            bytes[i] = '?';
        if (byte == 0xc2 && bytes[i] == '?') bytes[++i] = '?';
    }
    return name->bytes;
}

/* Faults end it quietly. */
static void decode_function_names(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count, index;
    struct wasm_name name;
    if (!read_count(d, 2, &count)) return;
    for (uint32_t i = 0; i < count; i++) {
        if (!read_u32(d, &index) || !read_name(d, &name)) return;
        if (index < m->function_count && name.length > 0)
            m->functions[index].name = printable(&name);
    }
}

/* Faults end it quietly. */
static void decode_tag_names(struct decoder *d) {
    struct wasm_module *m = d->module;
    uint32_t count, index;
    struct wasm_name name;
    if (!read_count(d, 2, &count)) return;
    for (uint32_t i = 0; i < count; i++) {
        if (!read_u32(d, &index) || !read_name(d, &name)) return;
        if (index < m->tag_count && name.length > 0) m->tags[index].name = printable(&name);
    }
}

static void decode_names(struct decoder *d, const struct wasm_custom_section *section) {
    enum { SUBSECTION_MODULE = 0, SUBSECTION_FUNCTIONS = 1, SUBSECTION_TAGS = 11 };
    struct error *err = d->err;
    d->err = NULL;
    struct reader all = reader_make(section->bytes, section->size, 0);
    uint8_t id;
    uint32_t size;
    while (reader_u8(&all, &id, NULL) && reader_u32(&all, &size, NULL) &&
           size <= reader_remaining(&all)) {
        d->reader = reader_make(all.at, size, 0);
        all.at += size;
        struct wasm_name name;
        if (id == SUBSECTION_MODULE && read_name(d, &name)) d->module->name = printable(&name);
        if (id == SUBSECTION_FUNCTIONS) decode_function_names(d);
        if (id == SUBSECTION_TAGS) decode_tag_names(d);
    }
    d->err = err;
}

/* The section that strip.c wrote: per function the size and the offset that its body had. */
static bool decode_stripped(struct decoder *d, const struct wasm_custom_section *section) {
    struct wasm_module *m = d->module;
    uint32_t count;
    d->reader = reader_make(section->bytes, section->size, d->stripped_offset);
    if (!read_count(d, 2, &count)) return false;
    if (count != m->function_count - m->imported_function_count)
        return fail(d, "function and code section have inconsistent lengths");
    for (uint32_t i = 0; i < count; i++) {
        struct wasm_function *function = &m->functions[m->imported_function_count + i];
        if (!read_u32(d, &function->body_size) ||
            !reader_u64(&d->reader, &function->body_offset, d->err))
            return false;
    }
    m->is_stripped = true;
    return true;
}

/* By section id: the order that section 5.5.2 wants, and how to decode it. */
static const struct {
    uint8_t order;
    bool (*decode)(struct decoder *);
} sections[] = {
    [0] = {0, decode_custom},       [1] = {1, decode_types},   [2] = {2, decode_imports},
    [3] = {3, decode_functions},    [4] = {4, decode_tables},  [5] = {5, decode_memories},
    [6] = {7, decode_globals},      [7] = {8, decode_exports}, [8] = {9, decode_start},
    [9] = {10, decode_elements},    [10] = {12, decode_code},  [11] = {13, decode_datas},
    [12] = {11, decode_data_count}, [13] = {6, decode_tags},
};
enum { SECTION_COUNT = sizeof sections / sizeof sections[0] };

static bool decode_header(struct reader *all, struct error *err) {
    static const uint8_t magic[4] = {0, 'a', 's', 'm'};
    static const uint8_t version[4] = {1, 0, 0, 0}, component[4] = {0x0d, 0, 1, 0};
    const uint8_t *bytes;
    size_t size = reader_remaining(all);
    if (size == 0) return reader_fail_end(all, err);
    if (memcmp(all->at, magic, size < 4 ? size : 4) != 0) {
        error_set_at(err, ERROR_MALFORMED, 0, "magic header not detected");
        return false;
    }
    if (!reader_bytes(all, 4, &bytes, err)) return false;
    uint64_t offset = reader_offset(all);
    if (!reader_bytes(all, 4, &bytes, err)) return false;
    if (memcmp(bytes, component, 4) == 0)
        return wasm_feature_refuse(WASM_FEATURE_COMPONENT_MODEL, offset, err);
    if (memcmp(bytes, version, 4) != 0) {
        error_set_at(err, ERROR_MALFORMED, offset, "unknown binary version");
        return false;
    }
    return true;
}

static bool decode_section(struct decoder *d, struct reader *all, uint8_t *last_order) {
    uint64_t offset = reader_offset(all);
    uint8_t id;
    uint32_t size;
    if (!reader_u8(all, &id, d->err)) return false;
    if (id >= SECTION_COUNT) return fail_at(d, offset, "malformed section id");
    if (id != 0) {
        if (sections[id].order <= *last_order)
            return fail_at(d, offset, "unexpected content after last section");
        *last_order = sections[id].order;
    }
    offset = reader_offset(all);
    if (!reader_u32(all, &size, d->err)) return false;
    if (size > reader_remaining(all)) return fail_at(d, offset, "length out of bounds");
    d->reader = reader_make(all->at, size, reader_offset(all));
    all->at += size;
    if (!sections[id].decode(d)) return false;
    if (d->reader.at != d->reader.end) return fail(d, "section size mismatch");
    return true;
}

/* What can be told only after the last section. */
static bool decode_rest(struct decoder *d, uint64_t offset) {
    struct wasm_module *m = d->module;
    const struct wasm_custom_section *names = NULL, *stripped = NULL;
    for (uint32_t i = 0; i < m->custom_count; i++) {
        if (name_is(&m->customs[i].name, "name")) names = &m->customs[i];
        if (name_is(&m->customs[i].name, WASM_STRIPPED_SECTION)) stripped = &m->customs[i];
    }
    if (stripped != NULL && !d->has_code) {
        if (!decode_stripped(d, stripped)) return false;
    } else if (!d->has_code && m->function_count > m->imported_function_count) {
        return fail_at(d, offset, "function and code section have inconsistent lengths");
    }
    if (m->has_data_count && m->declared_data_count != m->data_count)
        return fail_at(d, offset, "data count and data section have inconsistent lengths");
    if (names != NULL) decode_names(d, names);
    return true;
}

bool wasm_module_decode(const uint8_t *bytes, size_t size, struct wasm_module *module,
                        struct error *err) {
    struct decoder d = {.module = module, .err = err};
    struct reader all = reader_make(bytes, size, 0);
    uint8_t last_order = 0;
    module->bytes = bytes;
    module->size = size;
    if (!decode_header(&all, err)) goto fail;
    while (all.at != all.end)
        if (!decode_section(&d, &all, &last_order)) goto fail;
    if (!decode_rest(&d, size)) goto fail;
    return true;
fail:
    arena_free(&module->arena);
    *module = (struct wasm_module){0};
    return false;
}
