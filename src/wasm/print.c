/*
 * print.c - types, imports and exports as text; see print.h.
 */
#include "wasm/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct line {
    char *buffer;
    size_t size, used; /* used < size */
};

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line->buffer + line->used, line->size - line->used, format, arguments);
    va_end(arguments);
    if ((size_t)length < line->size - line->used) {
        line->used += (size_t)length;
    } else {
        line->used = line->size - 1;
        if (line->size > 4) memcpy(line->buffer + line->size - 4, "...", 4);
    }
}

static void add_name(struct line *line, const struct wasm_name *name) {
    add(line, "%s", "");
    for (uint32_t i = 0; i < name->length; i++) {
        uint8_t byte = (uint8_t)name->bytes[i];
        /* U+0080 to U+009f, c2 80 to c2 9f in UTF-8, are control characters too. */
        bool is_c1 = byte == 0xc2 && i + 1 < name->length && (uint8_t)name->bytes[i + 1] < 0xa0;
        if (is_c1) {
            add(line, "\\c2\\%02x", (uint8_t)name->bytes[++i]);
        } else if (byte < 0x20 || byte == 0x7f || byte == '\\') {
            add(line, "\\%02x", byte);
        } else {
            add(line, "%c", byte);
        }
    }
}

static void add_types(struct line *line, const enum wasm_type *types, uint32_t count) {
    add(line, "(");
    for (uint32_t i = 0; i < count; i++)
        add(line, "%s%s", i > 0 ? ", " : "", wasm_type_name(types[i]));
    add(line, ")");
}

static void add_function_type(struct line *line, const struct wasm_function_type *type) {
    add_types(line, type->parameters, type->parameter_count);
    add(line, " -> ");
    add_types(line, type->results, type->result_count);
}

static void add_limits(struct line *line, const struct wasm_limits *limits) {
    add(line, "%" PRIu64 "..", limits->minimum);
    if (limits->has_maximum) add(line, "%" PRIu64, limits->maximum);
}

static void add_external(struct line *line, const struct wasm_module *m, enum wasm_external kind,
                         uint32_t index) {
    static const char *const words[] = {"function", "table", "memory", "global"};
    add(line, "%s ", words[kind]);
    if (kind == WASM_EXTERNAL_FUNCTION && index < m->function_count &&
        m->functions[index].type_index < m->type_count) {
        add_function_type(line, &m->types[m->functions[index].type_index]);
    } else if (kind == WASM_EXTERNAL_TABLE && index < m->table_count) {
        const struct wasm_table_type *type = &m->tables[index].type;
        if (type->limits.is_64) add(line, "i64 ");
        add_limits(line, &type->limits);
        add(line, " %s", wasm_type_name(type->element));
    } else if (kind == WASM_EXTERNAL_MEMORY && index < m->memory_count) {
        const struct wasm_limits *limits = &m->memories[index].type.limits;
        if (limits->is_64) add(line, "i64 ");
        add_limits(line, limits);
        add(line, " pages");
    } else if (kind == WASM_EXTERNAL_GLOBAL && index < m->global_count) {
        const struct wasm_global_type *type = &m->globals[index].type;
        add(line, "%s%s", type->is_mutable ? "mutable " : "", wasm_type_name(type->type));
    } else {
        add(line, "%u, which does not exist", index);
    }
}

const char *wasm_print_name(const struct wasm_name *name, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add_name(&line, name);
    return buffer;
}

const char *wasm_print_function_type(const struct wasm_function_type *type, char *buffer,
                                     size_t size) {
    struct line line = {buffer, size, 0};
    add_function_type(&line, type);
    return buffer;
}

const char *wasm_print_external(const struct wasm_module *module, enum wasm_external kind,
                                uint32_t index, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add_external(&line, module, kind, index);
    return buffer;
}

const char *wasm_print_import(const struct wasm_module *module, uint32_t import, char *buffer,
                              size_t size) {
    struct line line = {buffer, size, 0};
    const struct wasm_import *item = &module->imports[import];
    add_name(&line, &item->module);
    add(&line, ".");
    add_name(&line, &item->name);
    add(&line, ": ");
    add_external(&line, module, item->kind, item->index);
    return buffer;
}

const char *wasm_print_export(const struct wasm_module *module, uint32_t export, char *buffer,
                              size_t size) {
    struct line line = {buffer, size, 0};
    const struct wasm_export *item = &module->exports[export];
    add_name(&line, &item->name);
    add(&line, ": ");
    add_external(&line, module, item->kind, item->index);
    return buffer;
}
