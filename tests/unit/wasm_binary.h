/*
 * wasm_binary.h - putting small binaries together by hand, for tests.
 *
 *     struct binary b = binary_start();
 *     SECTION(&b, 1, 1, 0x60, 0, 0);   (section id, then the content; the size is put in)
 */
#ifndef MPIWASM_TESTS_WASM_BINARY_H
#define MPIWASM_TESTS_WASM_BINARY_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct binary {
    uint8_t bytes[4096];
    size_t size;
};

static inline void binary_put(struct binary *b, const uint8_t *bytes, size_t size) {
    if (size > sizeof b->bytes - b->size) abort();
    if (size > 0) memcpy(b->bytes + b->size, bytes, size);
    b->size += size;
}

static inline void binary_put_leb(struct binary *b, uint32_t value) {
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        binary_put(b, &byte, 1);
        value >>= 7;
    } while (value != 0);
}

static inline struct binary binary_start(void) {
    struct binary b = {.size = 0};
    binary_put(&b, (const uint8_t *)"\0asm\1\0\0\0", 8);
    return b;
}

static inline void binary_section(struct binary *b, uint8_t id, const uint8_t *bytes, size_t size) {
    binary_put(b, &id, 1);
    binary_put_leb(b, (uint32_t)size);
    binary_put(b, bytes, size);
}

#define BYTES(...) ((const uint8_t[]){__VA_ARGS__}), sizeof((const uint8_t[]){__VA_ARGS__})
#define SECTION(b, id, ...) binary_section((b), (id), BYTES(__VA_ARGS__))

/* A code section with one function: its locals and instructions, the final `end` included. */
static inline void binary_code(struct binary *b, const uint8_t *body, size_t size) {
    struct binary content = {.size = 0};
    binary_put_leb(&content, 1);
    binary_put_leb(&content, (uint32_t)size);
    binary_put(&content, body, size);
    binary_section(b, 10, content.bytes, content.size);
}

#endif
