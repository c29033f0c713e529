/*
 * memory.c - memcpy and memmove, which the pinned sources of the C library do not have: bytes while
 * there are few, else the instruction memory.copy, which may overlap.
 */
#include <stddef.h>

enum { FEW = 16 };

void *memmove(void *to, const void *from, size_t size) {
    char *target = to;
    const char *source = from;
    if (size > FEW)
        __builtin_memmove(target, source, size);
    else if ((size_t)(target - source) >= size)
        for (size_t i = 0; i < size; i++)
            target[i] = source[i];
    else
        for (size_t i = size; i-- > 0;)
            target[i] = source[i];
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
    char *restrict target = to;
    const char *restrict source = from;
    if (size > FEW) return __builtin_memcpy(to, from, size);
    for (size_t i = 0; i < size; i++)
        target[i] = source[i];
    return to;
}
