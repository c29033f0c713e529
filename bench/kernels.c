/*
 * kernels.c - the inner loops of HPC codes, one per run, for the comparison wasm / native.
 *
 * Usage: kernels NAME SIZE REPETITIONS
 * Prints one line: "NAME SIZE REPETITIONS seconds checksum".  Time is taken around the repetitions
 * only, and it is the CPU's where the system tells; the checksum is printed with all digits, so
 * that the driver sees whether two builds computed the same (all are built with
 * -ffp-contract=off).  `kernels` alone lists the kernels.
 */
#include "kernels.h"

#ifdef __wasm__
#include <wasi/api.h>

double now(void) {
    __wasi_timestamp_t time = 0;
    if (__wasi_clock_time_get(__WASI_CLOCKID_PROCESS_CPUTIME_ID, 0, &time) != 0)
        (void)__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 0, &time);
    return 1e-9 * (double)time;
}
#else
#include <time.h>

double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}
#endif

double seconds;

void *array(size_t count, size_t size) {
    size_t bytes = (count * size + 63) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (memory == NULL) {
        fprintf(stderr, "kernels: out of memory (%zu bytes)\n", bytes);
        exit(1);
    }
    memset(memory, 0, bytes);
    return memory;
}

double *doubles(size_t count) {
    double *values = array(count, sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = 1.0 + (double)(i * 2654435761u % 1024) / 1024.0;
    return values;
}

double sum(const double *values, size_t count) {
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += values[i];
    return total;
}

static const struct {
    const char *name;
    double (*run)(int n, int repetitions);
    int in_cache, beyond_cache;
} kernels[] = {
#define KERNEL(name, in_cache, beyond_cache) {#name, name, in_cache, beyond_cache},
    KERNELS(KERNEL)
#undef KERNEL
};
enum { KERNEL_COUNT = sizeof kernels / sizeof kernels[0] };

int main(int argument_count, char **arguments) {
    if (argument_count != 4) {
        for (int i = 0; i < KERNEL_COUNT; i++)
            printf("%s %d %d\n", kernels[i].name, kernels[i].in_cache, kernels[i].beyond_cache);
        return argument_count == 1 ? 0 : 2;
    }
    int size = atoi(arguments[2]), repetitions = atoi(arguments[3]);
    for (int i = 0; i < KERNEL_COUNT; i++) {
        if (strcmp(kernels[i].name, arguments[1]) != 0) continue;
        double checksum = kernels[i].run(size, repetitions);
        printf("%s %d %d %.9f %.17g\n", arguments[1], size, repetitions, seconds, checksum);
        return 0;
    }
    fprintf(stderr, "kernels: no kernel named '%s'\n", arguments[1]);
    return 2;
}
