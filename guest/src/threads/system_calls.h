/*
 * system_calls.h - included before the C library's sources of mutexes, conditions and the like:
 * what these ask of a kernel, done with the instructions wait and notify.
 */
#ifndef MPIWASM_THREADS_SYSTEM_CALLS_H
#define MPIWASM_THREADS_SYSTEM_CALLS_H

#include <stdarg.h>

/* There are no signals to hold back. */
void __block_app_sigs(void *set);
void __restore_sigs(void *set);

void __vm_lock(void);
void __vm_unlock(void);
void __vm_wait(void);

/* The headers keep it from WASI's programs. */
struct sched_param {
    int sched_priority;
};

enum { SYS_futex = 1, SYS_set_robust_list };

/* Of a futex to wait, to wake, or to wake one and move others to a second word: these all wake. */
static inline long __syscall(int number, ...) {
    enum { WAIT = 0, WAKE = 1, REQUEUE = 3, PRIVATE = 128, ENOSYS_ = 52 };
    va_list list;
    if (number != SYS_futex) return -ENOSYS_;
    va_start(list, number);
    int *word = va_arg(list, int *);
    int operation = va_arg(list, int) & ~PRIVATE;
    int value = va_arg(list, int);
    va_end(list);
    if (operation == WAIT)
        __builtin_wasm_memory_atomic_wait32(word, value, -1);
    else if (operation == WAKE)
        __builtin_wasm_memory_atomic_notify(word, (unsigned)value);
    else if (operation == REQUEUE)
        __builtin_wasm_memory_atomic_notify(word, (unsigned)-1);
    else
        return -ENOSYS_;
    return 0;
}

#endif
