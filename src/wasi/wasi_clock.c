/*
 * wasi_clock.c - the four clocks of preview 1, in nanoseconds.
 */
#include "wasi/wasi_internal.h"

#include <time.h>

static bool clock_of(uint32_t id, clockid_t *clock) {
    switch (id) {
    case WASI_CLOCK_REALTIME: *clock = CLOCK_REALTIME; return true;
    case WASI_CLOCK_MONOTONIC: *clock = CLOCK_MONOTONIC; return true;
    case WASI_CLOCK_PROCESS_CPUTIME: *clock = CLOCK_PROCESS_CPUTIME_ID; return true;
    case WASI_CLOCK_THREAD_CPUTIME: *clock = CLOCK_THREAD_CPUTIME_ID; return true;
    default: return false;
    }
}

uint32_t wasi_clock_res_get(struct wasi *wasi, uint32_t id, uint32_t result) {
    clockid_t clock;
    struct timespec time;
    if (!wasi_range_ok(wasi, result, 8)) return WASI_EFAULT;
    if (!clock_of(id, &clock)) return WASI_EINVAL;
    if (clock_getres(clock, &time) != 0) return wasi_last_error();
    wasi_put_u64(wasi_at(wasi, result), wasi_timestamp(time));
    return WASI_ESUCCESS;
}

uint32_t wasi_clock_time_get(struct wasi *wasi, uint32_t id, uint64_t precision, uint32_t result) {
    clockid_t clock;
    struct timespec time;
    if (!wasi_range_ok(wasi, result, 8)) return WASI_EFAULT;
    if (!clock_of(id, &clock)) return WASI_EINVAL;
    if (clock_gettime(clock, &time) != 0) return wasi_last_error();
    wasi_put_u64(wasi_at(wasi, result), wasi_timestamp(time));
    return WASI_ESUCCESS;
}
