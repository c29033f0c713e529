/*
 * arena.h - memory that is allocated piece by piece and freed all at once.
 *
 * A module, a function's lowering or a job's configuration owns one arena; what lives in it needs
 * no free of its own.  Allocation failure ends the process with a message: at the sizes an arena
 * serves there is nothing sensible to unwind to.  Sizes that come from untrusted input must be
 * bounded by the input's length before they reach an arena.
 */
#ifndef MPIWASM_BASE_ARENA_H
#define MPIWASM_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first; owned */
};

/* A zeroed struct arena is an empty arena. */

/* `size` bytes, zeroed, 16-byte aligned; never NULL (size 0 gives a valid pointer). */
void *arena_allocate(struct arena *arena, size_t size);

/* An array of `count` elements of `size` bytes each; the product is checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* NUL-terminated copies. */
char *arena_string(struct arena *arena, const char *text);
char *arena_bytes_to_string(struct arena *arena, const uint8_t *bytes, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and usable afterwards. */
void arena_free(struct arena *arena);

#endif
