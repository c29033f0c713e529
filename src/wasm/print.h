/*
 * print.h - types, imports and exports as text, for `mpiwasm inspect` and for messages.
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

/* "function (i32) -> ()", "table 3..10 funcref", "memory 2..16 pages", "global mutable i32" */
const char *wasm_print_external(const struct wasm_module *module, enum wasm_external kind,
                                uint32_t index, char *buffer, size_t size);

/* "env.memory: memory 1.. pages" */
const char *wasm_print_import(const struct wasm_module *module, uint32_t import, char *buffer,
                              size_t size);

/* "_start: function () -> ()" */
const char *wasm_print_export(const struct wasm_module *module, uint32_t export, char *buffer,
                              size_t size);

#endif
