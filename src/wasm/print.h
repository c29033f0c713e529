/*
 * print.h - names and types as text, for `mpiwasm inspect` and for messages.
 *
 * Each function writes one NUL-terminated line without newline into buffer (size > 0), cut short
 * with "..." where it does not fit, and returns buffer.  Names come from untrusted modules: control
 * characters are written as \xx escapes, so that a terminal can show the line.
 */
#ifndef MPIWASM_WASM_PRINT_H
#define MPIWASM_WASM_PRINT_H

#include "wasm/module.h"

/* Enough for every line with names and types of ordinary length. */
enum { WASM_PRINT_SIZE = 512 };

/* The bytes of a name, escaped. */
const char *wasm_print_name(const struct wasm_name *name, char *buffer, size_t size);

/* "(i32, i64) -> (f64)" */
const char *wasm_print_function_type(const struct wasm_function_type *type, char *buffer,
                                     size_t size);

/* "table of 3 to 10 funcref", "memory of 2 or more pages", "mutable global i32",
 * "tag (i32)" */
const char *wasm_print_table_type(const struct wasm_table_type *type, char *buffer, size_t size);
const char *wasm_print_memory_type(const struct wasm_memory_type *type, char *buffer, size_t size);
const char *wasm_print_global_type(const struct wasm_global_type *type, char *buffer, size_t size);
const char *wasm_print_tag_type(const struct wasm_function_type *type, char *buffer, size_t size);

/* What an import or export is: one of these, or "function (i32) -> ()". */
const char *wasm_print_external(const struct wasm_module *module, enum wasm_external kind,
                                uint32_t index, char *buffer, size_t size);

#endif
