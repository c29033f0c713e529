/*
 * wait.c - sleeping on a word until it changes or a time comes: what the C library's locks use.
 */
#include "pthread_impl.h"

#include <time.h>

enum { SPINS = 100 };

void __wait(volatile int *word, volatile int *waiters, int value, int priv) {
    (void)priv;
    for (int i = 0; i < SPINS && (waiters == NULL || *waiters == 0); i++)
        if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value) return;
    if (waiters != NULL) a_inc(waiters);
    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value)
        __builtin_wasm_memory_atomic_wait32((int *)word, value, -1);
    if (waiters != NULL) a_dec(waiters);
}

/* A condition variable keeps its clock as a number: see pthread_condattr_setclock. */
static clockid_t clock_of(clockid_t clock) {
    return (uintptr_t)clock == 0 ? CLOCK_REALTIME : (uintptr_t)clock == 1 ? CLOCK_MONOTONIC : clock;
}

int __timedwait(volatile int *word, int value, clockid_t clock, const struct timespec *until,
                int priv) {
    enum { SECOND = 1000000000, TIMED_OUT = 2 };
    int64_t left = -1;
    (void)priv;
    if (until != NULL) {
        struct timespec now;
        if (until->tv_nsec < 0 || until->tv_nsec >= SECOND) return EINVAL;
        if (clock_gettime(clock_of(clock), &now) != 0) return EINVAL;
        int64_t seconds = until->tv_sec - now.tv_sec;
        if (seconds > INT64_MAX / SECOND / 2) seconds = INT64_MAX / SECOND / 2;
        left = seconds < -1 ? -1 : seconds * SECOND + until->tv_nsec - now.tv_nsec;
        if (left < 0) return ETIMEDOUT;
    }
    int result = __builtin_wasm_memory_atomic_wait32((int *)word, value, left);
    return result == TIMED_OUT ? ETIMEDOUT : 0;
}

int __timedwait_cp(volatile int *word, int value, clockid_t clock, const struct timespec *until,
                   int priv) {
    return __timedwait(word, value, clock, until, priv);
}

int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock) {
    if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return EINVAL;
    attributes->__attr = (attributes->__attr & 0x80000000u) | (clock == CLOCK_MONOTONIC);
    return 0;
}
