/*
 * wasi_args.c - the guest's arguments and environment, exactly as configured.
 *
 * Both are a list of strings: a call for the sizes, then one that stores the strings one after
 * the other in a buffer and their addresses in an array.
 */
#include "wasi/wasi_internal.h"

struct string_list {
    const char *const *strings;
    uint64_t count;
    uint64_t bytes; /* with the NULs */
};

static struct string_list list_measure(const char *const *strings, uint64_t count) {
    struct string_list list = {strings, count, 0};
    for (uint64_t i = 0; i < count; i++) {
        list.bytes += strlen(strings[i]) + 1;
    }
    return list;
}

static struct string_list list_arguments(struct wasi *wasi) {
    int count = wasi->config->argument_count;
    return list_measure(wasi->config->arguments, count > 0 ? (uint64_t)count : 0);
}

static struct string_list list_environment(struct wasi *wasi) {
    const char *const *strings = wasi->config->environment;
    uint64_t count = 0;
    while (strings && strings[count]) {
        count++;
    }
    return list_measure(strings, count);
}

static uint32_t list_sizes(struct wasi *wasi, struct string_list list, uint32_t count_address,
                           uint32_t bytes_address) {
    if (!wasi_range_ok(wasi, count_address, 4) || !wasi_range_ok(wasi, bytes_address, 4)) {
        return WASI_EFAULT;
    }
    if (list.count > UINT32_MAX || list.bytes > UINT32_MAX) return WASI_EOVERFLOW;
    wasi_put_u32(wasi_at(wasi, count_address), (uint32_t)list.count);
    wasi_put_u32(wasi_at(wasi, bytes_address), (uint32_t)list.bytes);
    return WASI_ESUCCESS;
}

static uint32_t list_store(struct wasi *wasi, struct string_list list, uint32_t array,
                           uint32_t buffer) {
    if (!wasi_range_ok(wasi, array, list.count * 4) || !wasi_range_ok(wasi, buffer, list.bytes)) {
        return WASI_EFAULT;
    }
    for (uint64_t i = 0; i < list.count; i++) {
        size_t size = strlen(list.strings[i]) + 1;
        wasi_put_u32(wasi_at(wasi, (uint64_t)array + i * 4), buffer);
        memcpy(wasi_at(wasi, buffer), list.strings[i], size);
        buffer += (uint32_t)size;
    }
    return WASI_ESUCCESS;
}

uint32_t wasi_args_get(struct wasi *wasi, uint32_t array, uint32_t buffer) {
    return list_store(wasi, list_arguments(wasi), array, buffer);
}

uint32_t wasi_args_sizes_get(struct wasi *wasi, uint32_t count, uint32_t bytes) {
    return list_sizes(wasi, list_arguments(wasi), count, bytes);
}

uint32_t wasi_environ_get(struct wasi *wasi, uint32_t array, uint32_t buffer) {
    return list_store(wasi, list_environment(wasi), array, buffer);
}

uint32_t wasi_environ_sizes_get(struct wasi *wasi, uint32_t count, uint32_t bytes) {
    return list_sizes(wasi, list_environment(wasi), count, bytes);
}
