/*
 * arena.c - a bump allocator over a list of chunks; see arena.h.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_SIZE = 64 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size; /* bytes of data[] */
    alignas(ALIGNMENT) uint8_t data[];
};

static _Noreturn void out_of_memory(size_t size) {
    fprintf(stderr, "mpiwasm: out of memory (%zu bytes)\n", size);
    abort();
}

void *arena_allocate(struct arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) out_of_memory(size);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size == 0) size = ALIGNMENT;
    struct arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - chunk->used < size) {
        size_t data_size = size > CHUNK_SIZE / 4 ? size : CHUNK_SIZE;
        struct arena_chunk *fresh = calloc(1, sizeof *fresh + data_size);
        if (fresh == NULL) out_of_memory(size);
        fresh->size = data_size;
        if (chunk != NULL && data_size == size) {
            /* A large piece gets a chunk of its own behind the current one, which goes on. */
            fresh->next = chunk->next;
            chunk->next = fresh;
        } else {
            fresh->next = chunk;
            arena->chunks = fresh;
        }
        chunk = fresh;
    }
    void *result = chunk->data + chunk->used;
    chunk->used += size;
    return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) out_of_memory(SIZE_MAX);
    return arena_allocate(arena, bytes);
}

char *arena_bytes_to_string(struct arena *arena, const uint8_t *bytes, size_t length) {
    char *copy = arena_allocate(arena, length + 1);
    if (length > 0) memcpy(copy, bytes, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text) {
    return arena_bytes_to_string(arena, (const uint8_t *)text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_allocate(arena, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

void arena_free(struct arena *arena) {
    for (struct arena_chunk *chunk = arena->chunks; chunk != NULL;) {
        struct arena_chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    arena->chunks = NULL;
}
