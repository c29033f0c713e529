/*
 * hex_name.h - names as the scripts of the test runners write them: "x" and the bytes in
 * hexadecimal, so that any byte may occur in a name.
 */
#ifndef MPIWASM_TESTS_SPEC_HEX_NAME_H
#define MPIWASM_TESTS_SPEC_HEX_NAME_H

#include "base/arena.h"
#include "wasm/module.h"

#include <stdio.h>
#include <string.h>

/* The name, NUL-terminated, in the arena. */
static inline struct wasm_name hex_name_decode(struct arena *arena, const char *text) {
    size_t length = (strlen(text) - 1) / 2; /* behind the "x" */
    char *bytes = arena_allocate(arena, length + 1);
    for (size_t i = 0; i < length; i++) {
        unsigned byte = 0;
        sscanf(text + 1 + 2 * i, "%2x", &byte);
        bytes[i] = (char)byte;
    }
    return (struct wasm_name){bytes, (uint32_t)length};
}

#endif
