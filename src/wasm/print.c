/*
 * print.c - names and types as text; see print.h.
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

static void add_limits(struct line *line, const struct wasm_limits *limits) {
    add(line, "%" PRIu64, limits->minimum);
    if (limits->has_maximum)
        add(line, " to %" PRIu64, limits->maximum);
    else
        add(line, " or more");
}

const char *wasm_print_name(const struct wasm_name *name, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add_name(&line, name);
    return buffer;
}

const char *wasm_print_function_type(const struct wasm_function_type *type, char *buffer,
                                     size_t size) {
    struct line line = {buffer, size, 0};
    add_types(&line, type->parameters, type->parameter_count);
    add(&line, " -> ");
    add_types(&line, type->results, type->result_count);
    return buffer;
}

const char *wasm_print_table_type(const struct wasm_table_type *type, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add(&line, "%stable of ", type->limits.is_64 ? "64-bit " : "");
    add_limits(&line, &type->limits);
    add(&line, " %s", wasm_type_name(type->element));
    return buffer;
}

const char *wasm_print_memory_type(const struct wasm_memory_type *type, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add(&line, "%s%smemory of ", type->is_shared ? "shared " : "",
        type->limits.is_64 ? "64-bit " : "");
    add_limits(&line, &type->limits);
    add(&line, " pages");
    return buffer;
}

const char *wasm_print_global_type(const struct wasm_global_type *type, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add(&line, "%s global %s", type->is_mutable ? "mutable" : "immutable",
        wasm_type_name(type->type));
    return buffer;
}

const char *wasm_print_tag_type(const struct wasm_function_type *type, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    add(&line, "tag ");
    add_types(&line, type->parameters, type->parameter_count);
    return buffer;
}

const char *wasm_print_external(const struct wasm_module *m, enum wasm_external kind,
                                uint32_t index, char *buffer, size_t size) {
    struct line line = {buffer, size, 0};
    char type[WASM_PRINT_SIZE];
    if (kind == WASM_EXTERNAL_TABLE && index < m->table_count)
        return wasm_print_table_type(&m->tables[index].type, buffer, size);
    if (kind == WASM_EXTERNAL_MEMORY && index < m->memory_count)
        return wasm_print_memory_type(&m->memories[index].type, buffer, size);
    if (kind == WASM_EXTERNAL_GLOBAL && index < m->global_count)
        return wasm_print_global_type(&m->globals[index].type, buffer, size);
    if (kind == WASM_EXTERNAL_TAG && index < m->tag_count &&
        m->tags[index].type_index < m->type_count)
        return wasm_print_tag_type(&m->types[m->tags[index].type_index], buffer, size);
    if (kind == WASM_EXTERNAL_FUNCTION && index < m->function_count &&
        m->functions[index].type_index < m->type_count)
        add(&line, "function %s",
            wasm_print_function_type(&m->types[m->functions[index].type_index], type, sizeof type));
    else
        add(&line, "something that does not exist"); /* a module that has not been validated */
    return buffer;
}
