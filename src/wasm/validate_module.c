/*
 * validate_module.c - the module around the bodies: indices, limits, constants, exports, segments.
 *
 * Core specification, sections 3.2 (types) and 3.5 (modules).  Bodies and constant expressions are
 * checked by validate.c.  Last, what is valid but needs a feature that features.def lacks is
 * refused by the feature's name.
 */
#include "wasm/features.h"
#include "wasm/instr.h"
#include "wasm/print.h"
#include "wasm/validate.h"

#include <stdlib.h>

static bool fail(struct error *err, uint64_t position, const char *what, uint32_t index,
                 const char *where) {
    return error_set_at(err, ERROR_INVALID, position, "%s %u in %s", what, index, where);
}

static bool check_limits(const struct wasm_limits *limits, uint64_t position, uint64_t range,
                         const char *message, struct error *err) {
    if (limits->minimum > range || (limits->has_maximum && limits->maximum > range))
        return error_set_at(err, ERROR_INVALID, position, "%s", message);
    if (limits->has_maximum && limits->minimum > limits->maximum)
        return error_set_at(err, ERROR_INVALID, position,
                            "size minimum must not be greater than maximum");
    return true;
}

static bool check_tags(const struct wasm_module *m, struct error *err) {
    for (uint32_t i = 0; i < m->tag_count; i++) {
        if (m->tags[i].type_index >= m->type_count)
            return fail(err, m->tags[i].position, "unknown type", m->tags[i].type_index, "a tag");
        if (m->types[m->tags[i].type_index].result_count != 0)
            return fail(err, m->tags[i].position, "non-empty tag result type: type",
                        m->tags[i].type_index, "a tag");
    }
    return true;
}

/* Section 3.2: a type refers only to those before it and those of its group. */
static bool check_references(const enum wasm_type *types, uint32_t count, uint32_t end,
                             uint64_t position, struct error *err) {
    for (uint32_t i = 0; i < count; i++)
        if (wasm_type_is_indexed(types[i]) && wasm_type_index(types[i]) >= end)
            return fail(err, position, "unknown type", wasm_type_index(types[i]), "a type");
    return true;
}

static bool check_types(const struct wasm_module *m, struct error *err) {
    for (uint32_t i = 0; i < m->type_count; i++) {
        const struct wasm_function_type *type = &m->types[i];
        uint32_t end = type->group_first + type->group_size;
        if (!check_references(type->parameters, type->parameter_count, end, type->position, err) ||
            !check_references(type->results, type->result_count, end, type->position, err))
            return false;
    }
    for (uint32_t i = 0; i < m->table_count; i++)
        if (!check_references(&m->tables[i].type.element, 1, m->type_count, m->tables[i].position,
                              err))
            return false;
    for (uint32_t i = 0; i < m->global_count; i++)
        if (!check_references(&m->globals[i].type.type, 1, m->type_count, m->globals[i].position,
                              err))
            return false;
    for (uint32_t i = 0; i < m->element_count; i++)
        if (!check_references(&m->elements[i].type, 1, m->type_count, m->elements[i].position, err))
            return false;
    for (uint32_t i = 0; i < m->function_count; i++)
        if (m->functions[i].type_index >= m->type_count)
            return fail(err, m->functions[i].position, "unknown type", m->functions[i].type_index,
                        "a function");
    for (uint32_t i = 0; i < m->table_count; i++) {
        const struct wasm_limits *limits = &m->tables[i].type.limits;
        if (!check_limits(limits, m->tables[i].position, limits->is_64 ? UINT64_MAX : UINT32_MAX,
                          "table size must be below 2^32", err))
            return false;
    }
    for (uint32_t i = 0; i < m->memory_count; i++) {
        const struct wasm_limits *limits = &m->memories[i].type.limits;
        const char *message = limits->is_64 ? "memory size must be at most 2^48 pages"
                                            : "memory size must be at most 65536 pages (4GiB)";
        if (!check_limits(limits, m->memories[i].position, UINT64_C(1) << (limits->is_64 ? 48 : 16),
                          message, err))
            return false;
        if (m->memories[i].type.is_shared && !limits->has_maximum)
            return error_set_at(err, ERROR_INVALID, m->memories[i].position,
                                "shared memory must have maximum");
    }
    return true;
}

static int compare_exports(const void *a, const void *b) {
    const struct wasm_name *x = &(*(const struct wasm_export *const *)a)->name;
    const struct wasm_name *y = &(*(const struct wasm_export *const *)b)->name;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return memcmp(x->bytes, y->bytes, x->length);
}

static bool check_export_names(const struct wasm_module *m, struct error *err) {
    if (m->export_count < 2) return true;
    const struct wasm_export **sorted = malloc(m->export_count * sizeof *sorted);
    if (sorted == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory while validating");
        return false;
    }
    for (uint32_t i = 0; i < m->export_count; i++)
        sorted[i] = &m->exports[i];
    qsort(sorted, m->export_count, sizeof *sorted, compare_exports);
    bool ok = true;
    for (uint32_t i = 1; ok && i < m->export_count; i++)
        if (compare_exports(&sorted[i - 1], &sorted[i]) == 0) {
            char name[128];
            error_set_at(err, ERROR_INVALID, sorted[i]->position, "duplicate export name \"%s\"",
                         wasm_print_name(&sorted[i]->name, name, sizeof name));
            ok = false;
        }
    free(sorted);
    return ok;
}

static bool check_exports(const struct wasm_module *m, struct error *err) {
    const struct {
        const char *unknown;
        uint32_t count;
    } spaces[] = {
        [WASM_EXTERNAL_FUNCTION] = {"unknown function", m->function_count},
        [WASM_EXTERNAL_TABLE] = {"unknown table", m->table_count},
        [WASM_EXTERNAL_MEMORY] = {"unknown memory", m->memory_count},
        [WASM_EXTERNAL_GLOBAL] = {"unknown global", m->global_count},
        [WASM_EXTERNAL_TAG] = {"unknown tag", m->tag_count},
    };
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].index >= spaces[m->exports[i].kind].count)
            return fail(err, m->exports[i].position, spaces[m->exports[i].kind].unknown,
                        m->exports[i].index, "an export");
    return check_export_names(m, err);
}

static bool check_start(const struct wasm_module *m, struct error *err) {
    if (!m->has_start) return true;
    if (m->start >= m->function_count)
        return fail(err, m->start_position, "unknown function", m->start, "the start section");
    const struct wasm_function_type *type = &m->types[m->functions[m->start].type_index];
    if (type->parameter_count != 0 || type->result_count != 0)
        return error_set_at(err, ERROR_INVALID, m->start_position,
                            "start function must have no parameters and no results");
    return true;
}

static enum wasm_type address_type(const struct wasm_limits *limits) {
    return limits->is_64 ? WASM_I64 : WASM_I32;
}

static bool check_initials(const struct wasm_module *m, struct validator *v, struct error *err) {
    for (uint32_t i = m->imported_global_count; i < m->global_count; i++)
        if (!validator_check_constant(v, &m->globals[i].initial, m->globals[i].type.type, i))
            return false;
    for (uint32_t i = m->imported_table_count; i < m->table_count; i++)
        if (m->tables[i].initial.bytes != NULL) {
            if (!validator_check_constant(v, &m->tables[i].initial, m->tables[i].type.element,
                                          m->imported_global_count))
                return false;
        } else if (!wasm_type_is_defaultable(m->tables[i].type.element)) {
            error_set_at(
                err, ERROR_INVALID, m->tables[i].position,
                "type mismatch: table %u of %s, which have no null, needs an initial value", i,
                wasm_type_name(m->tables[i].type.element));
            return false;
        }
    return true;
}

static bool check_element(const struct wasm_module *m, const struct wasm_element_segment *segment,
                          struct validator *v, struct error *err) {
    if (segment->mode == WASM_SEGMENT_ACTIVE) {
        if (segment->table >= m->table_count)
            return fail(err, segment->position, "unknown table", segment->table,
                        "an element segment");
        const struct wasm_table_type *table = &m->tables[segment->table].type;
        if (!wasm_module_type_matches(m, segment->type, table->element)) {
            error_set_at(err, ERROR_INVALID, segment->position,
                         "type mismatch: an element segment of %s for a table of %s",
                         wasm_type_name(segment->type), wasm_type_name(table->element));
            return false;
        }
        if (!validator_check_constant(v, &segment->offset, address_type(&table->limits),
                                      m->global_count))
            return false;
    }
    for (uint32_t i = 0; i < segment->count; i++) {
        if (segment->functions != NULL) {
            if (segment->functions[i] >= m->function_count)
                return fail(err, segment->position, "unknown function", segment->functions[i],
                            "an element segment");
        } else if (!validator_check_constant(v, &segment->expressions[i], segment->type,
                                             m->global_count)) {
            return false;
        }
    }
    return true;
}

static bool check_data(const struct wasm_module *m, const struct wasm_data_segment *segment,
                       struct validator *v, struct error *err) {
    if (segment->mode != WASM_SEGMENT_ACTIVE) return true;
    if (segment->memory >= m->memory_count)
        return fail(err, segment->position, "unknown memory", segment->memory, "a data segment");
    return validator_check_constant(v, &segment->offset,
                                    address_type(&m->memories[segment->memory].type.limits),
                                    m->global_count);
}

static bool check_all(const struct wasm_module *m, struct validator *v, struct error *err) {
    if (!check_types(m, err) || !check_tags(m, err) || !check_initials(m, v, err) ||
        !check_exports(m, err) || !check_start(m, err))
        return false;
    for (uint32_t i = 0; i < m->element_count; i++)
        if (!check_element(m, &m->elements[i], v, err)) return false;
    for (uint32_t i = 0; i < m->data_count; i++)
        if (!check_data(m, &m->datas[i], v, err)) return false;
    for (uint32_t i = m->imported_function_count; i < m->function_count; i++)
        if (!validator_check_body(v, i)) return false;
    return true;
}

static bool refuse_unsupported(const struct wasm_module *m, struct error *err) {
    struct wasm_feature_uses uses;
    wasm_module_features(m, &uses);
    for (int feature = 0; feature < WASM_FEATURE_COUNT; feature++)
        if (uses.used[feature] && !wasm_feature_is_supported((enum wasm_feature)feature))
            return wasm_feature_refuse((enum wasm_feature)feature, uses.offset[feature], err);
    return true;
}

bool wasm_module_validate(const struct wasm_module *module, struct error *err) {
    if (module->is_stripped)
        return error_set_at(err, ERROR_INVALID, 0, "a stripped module has no code to validate");
    struct validator *v = validator_new(module, err);
    bool ok = v != NULL && check_all(module, v, err) && refuse_unsupported(module, err);
    validator_free(v);
    return ok;
}
