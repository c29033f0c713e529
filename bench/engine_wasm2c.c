/*
 * engine_wasm2c.c - runs the kernels as wasm2c translates them; the few WASI functions they import.
 *
 * Compiled together with the translation (kernels.wasm2c.h is its header, for the module
 * name "kernels"). Trusts the module: it is our own. Arguments are those of kernels.c.
 */
#include "kernels.wasm2c.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct w2c_wasi__snapshot__preview1 {
    w2c_kernels *instance;
    int argument_count;
    char **arguments;
};

static void *at(struct w2c_wasi__snapshot__preview1 *wasi, u32 address) {
    return w2c_kernels_memory(wasi->instance)->data + address;
}

static void put(struct w2c_wasi__snapshot__preview1 *wasi, u32 address, u32 value) {
    memcpy(at(wasi, address), &value, sizeof value);
}

u32 w2c_wasi__snapshot__preview1_args_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 pointers,
                                          u32 text) {
    for (int i = 0; i < wasi->argument_count; i++) {
        size_t size = strlen(wasi->arguments[i]) + 1;
        put(wasi, pointers + 4 * (u32)i, text);
        memcpy(at(wasi, text), wasi->arguments[i], size);
        text += (u32)size;
    }
    return 0;
}

u32 w2c_wasi__snapshot__preview1_args_sizes_get(struct w2c_wasi__snapshot__preview1 *wasi,
                                                u32 count, u32 size) {
    u32 total = 0;
    for (int i = 0; i < wasi->argument_count; i++)
        total += (u32)strlen(wasi->arguments[i]) + 1;
    put(wasi, count, (u32)wasi->argument_count);
    put(wasi, size, total);
    return 0;
}

u32 w2c_wasi__snapshot__preview1_clock_time_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 id,
                                                u64 precision, u32 result) {
    (void)precision;
    struct timespec time;
    clock_gettime(id == 2 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &time);
    u64 value = (u64)time.tv_sec * 1000000000 + (u64)time.tv_nsec;
    memcpy(at(wasi, result), &value, sizeof value);
    return 0;
}

u32 w2c_wasi__snapshot__preview1_fd_close(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd) {
    (void)wasi, (void)fd;
    return 0;
}

/* A character device, so that the C library does not seek. */
u32 w2c_wasi__snapshot__preview1_fd_fdstat_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd,
                                               u32 result) {
    (void)fd;
    memset(at(wasi, result), 0, 24);
    put(wasi, result, 2);
    return 0;
}

u32 w2c_wasi__snapshot__preview1_fd_seek(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd,
                                         u64 offset, u32 whence, u32 result) {
    (void)wasi, (void)fd, (void)offset, (void)whence, (void)result;
    return 70; /* ESPIPE */
}

u32 w2c_wasi__snapshot__preview1_fd_write(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd,
                                          u32 pieces, u32 count, u32 result) {
    u32 total = 0;
    for (u32 i = 0; i < count; i++) {
        u32 piece[2];
        memcpy(piece, at(wasi, pieces + 8 * i), sizeof piece);
        if (write((int)fd, at(wasi, piece[0]), piece[1]) < 0) return 29; /* EIO */
        total += piece[1];
    }
    put(wasi, result, total);
    return 0;
}

void w2c_wasi__snapshot__preview1_proc_exit(struct w2c_wasi__snapshot__preview1 *wasi, u32 code) {
    (void)wasi;
    exit((int)code);
}

int main(int argument_count, char **arguments) {
    static w2c_kernels instance;
    struct w2c_wasi__snapshot__preview1 wasi = {&instance, argument_count, arguments};
    wasm_rt_init();
    wasm2c_kernels_instantiate(&instance, &wasi);
    w2c_kernels_0x5Fstart(&instance);
    return 0;
}
