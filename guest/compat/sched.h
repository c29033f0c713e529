/*
 * sched.h - beside the sysroot's: processors that can be counted and not chosen; one without
 * threads.
 */
#ifndef MPIWASM_COMPAT_SCHED_H
#define MPIWASM_COMPAT_SCHED_H

/* Some wasi-libc have a sched_param, others none: theirs gets another name, ours has its size. */
#define sched_param mpiwasm_sysroot_sched_param
#include_next <sched.h>
#undef sched_param
#include <stddef.h>
#include <sys/types.h>

#define SCHED_OTHER 0
#define SCHED_FIFO 1
#define SCHED_RR 2

#ifdef __cplusplus
extern "C" {
#endif

struct sched_param {
    int sched_priority;
    int reserved[11];
};

typedef struct cpu_set_t {
    unsigned long bits[32];
} cpu_set_t;
#define CPU_SETSIZE 1024
#define CPU_ZERO(set) ((void)(*(set) = (cpu_set_t){{0}}))
#define CPU_SET(cpu, set) ((void)((set)->bits[(cpu) / 32] |= 1ul << (cpu) % 32))
#define CPU_CLR(cpu, set) ((void)((set)->bits[(cpu) / 32] &= ~(1ul << (cpu) % 32)))
#define CPU_ISSET(cpu, set) ((int)((set)->bits[(cpu) / 32] >> (cpu) % 32 & 1))

static __inline__ int __mpiwasm_cpu_count(const cpu_set_t *set) {
    int count = 0;
    for (int i = 0; i < 32; i++)
        count += __builtin_popcountl(set->bits[i]);
    return count;
}
#define CPU_COUNT(set) __mpiwasm_cpu_count(set)

int sched_getcpu(void);
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set);
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set);
int sched_get_priority_max(int policy);
int sched_get_priority_min(int policy);

#ifdef __cplusplus
}
#endif

#endif
