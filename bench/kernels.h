/*
 * kernels.h - what the kernels share; see kernels.c.
 *
 * Every kernel's repetitions depend on each other, or on memory that `touch` makes the compiler
 * believe changed. `touch` is nothing in wasm, so a kernel must not rely on it alone where a
 * compiler could hoist the whole repetition.
 */
#ifndef KERNELS_H
#define KERNELS_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double now(void); /* CPU seconds of this process */

/* `count` zeros of `size` bytes each, at a multiple of 64 bytes. */
void *array(size_t count, size_t size);
/* As many different numbers between 1 and 2. */
double *doubles(size_t count);
double sum(const double *values, size_t count);

/* What the compiler must assume may have been read and written here. */
static inline void touch(void *pointer) {
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

static inline uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

extern double seconds; /* set by each kernel around its repetitions */

#define TIMED(repetitions, data)                                                                   \
    for (double start = now(), once = 1; once != 0; seconds = now() - start, once = 0)             \
        for (int repetition = 0; repetition < (repetitions); repetition++, touch(data))

/* Each takes a size and a number of repetitions, and returns a checksum. Name, size in cache, size
 * beyond; 0: no such run. */
#define KERNELS(KERNEL)                                                                            \
    KERNEL(copy, 1000, 4000000)                                                                    \
    KERNEL(scale, 1000, 4000000)                                                                   \
    KERNEL(add, 1000, 4000000)                                                                     \
    KERNEL(triad, 1000, 4000000)                                                                   \
    KERNEL(triad_static, 1000, 0)                                                                  \
    KERNEL(saxpy, 2000, 0)                                                                         \
    KERNEL(dot, 2000, 4000000)                                                                     \
    KERNEL(maximum, 2000, 0)                                                                       \
    KERNEL(integer_sum, 4000, 0)                                                                   \
    KERNEL(dgemm, 64, 512)                                                                         \
    KERNEL(dgemm_dot, 64, 0)                                                                       \
    KERNEL(dgemm_blocked, 64, 512)                                                                 \
    KERNEL(dgemm_tiled, 64, 512)                                                                   \
    KERNEL(spmv, 10, 64)                                                                           \
    KERNEL(symgs, 10, 64)                                                                          \
    KERNEL(stencil, 14, 200)                                                                       \
    KERNEL(jacobi, 48, 2400)                                                                       \
    KERNEL(jacobi_rows, 48, 2400)                                                                  \
    KERNEL(fft, 1024, 1 << 20)                                                                     \
    KERNEL(integer_sort, 20000, 4000000)                                                           \
    KERNEL(nbody, 300, 0)                                                                          \
    KERNEL(nbody_arrays, 500, 0)                                                                   \
    KERNEL(move_bodies, 500, 0)                                                                    \
    KERNEL(random_pairs, 4000, 0)                                                                  \
    KERNEL(monte_carlo, 4000, 0)                                                                   \
    KERNEL(hash, 2000, 0)                                                                          \
    KERNEL(pointer_chase, 4000, 12000000)                                                          \
    KERNEL(recursion, 22, 0)                                                                       \
    KERNEL(indirect_calls, 4000, 0)                                                                \
    KERNEL(complex_scale, 1000, 0)                                                                 \
    KERNEL(complex_add, 1000, 0)                                                                   \
    KERNEL(complex_multiply, 1000, 0)                                                              \
    KERNEL(gather, 2000, 4000000)                                                                  \
    KERNEL(conditional, 2000, 0)                                                                   \
    KERNEL(reversed, 2000, 0)                                                                      \
    KERNEL(strided, 4000, 0)                                                                       \
    KERNEL(mixed_sizes, 2000, 0)                                                                   \
    KERNEL(conversions, 2000, 0)                                                                   \
    KERNEL(bytes, 8000, 0)                                                                         \
    KERNEL(triangular, 64, 0)                                                                      \
    KERNEL(short_loops, 40, 0)                                                                     \
    KERNEL(recurrence, 2000, 0)

#define DECLARE(name, in_cache, beyond_cache) double name(int n, int repetitions);
KERNELS(DECLARE)
#undef DECLARE

#endif
