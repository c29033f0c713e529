/*
 * omp.h - OpenMP's run-time functions for programs compiled without OpenMP: one thread.
 *
 * Programs include this header and call its functions without asking whether OpenMP is on; here it
 * is off (_OPENMP is not defined), so every answer is that of a team of one (OpenMP 5.2, ch. 18).
 */
#ifndef MPIWASM_OMP_H
#define MPIWASM_OMP_H

#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int omp_lock_t;
typedef int omp_nest_lock_t;
typedef enum {
    omp_sched_static = 1,
    omp_sched_dynamic = 2,
    omp_sched_guided = 3,
    omp_sched_auto = 4
} omp_sched_t;
typedef enum {
    omp_proc_bind_false = 0,
    omp_proc_bind_true = 1,
    omp_proc_bind_master = 2,
    omp_proc_bind_close = 3,
    omp_proc_bind_spread = 4
} omp_proc_bind_t;

#define OMP_SERIAL static inline __attribute__((unused))

OMP_SERIAL int omp_get_num_threads(void) {
    return 1;
}
OMP_SERIAL int omp_get_max_threads(void) {
    return 1;
}
OMP_SERIAL int omp_get_thread_num(void) {
    return 0;
}
OMP_SERIAL int omp_get_num_procs(void) {
    return 1;
}
OMP_SERIAL int omp_in_parallel(void) {
    return 0;
}
OMP_SERIAL int omp_get_dynamic(void) {
    return 0;
}
OMP_SERIAL int omp_get_nested(void) {
    return 0;
}
OMP_SERIAL int omp_get_level(void) {
    return 0;
}
OMP_SERIAL int omp_get_active_level(void) {
    return 0;
}
OMP_SERIAL int omp_get_team_size(int level) {
    return level == 0 ? 1 : -1;
}
OMP_SERIAL int omp_get_ancestor_thread_num(int level) {
    return level == 0 ? 0 : -1;
}
OMP_SERIAL int omp_get_thread_limit(void) {
    return 1;
}
OMP_SERIAL int omp_get_max_active_levels(void) {
    return 0;
}
OMP_SERIAL int omp_get_num_devices(void) {
    return 0;
}
OMP_SERIAL int omp_is_initial_device(void) {
    return 1;
}
OMP_SERIAL int omp_get_num_teams(void) {
    return 1;
}
OMP_SERIAL int omp_get_team_num(void) {
    return 0;
}
OMP_SERIAL int omp_in_final(void) {
    return 1;
}
OMP_SERIAL omp_proc_bind_t omp_get_proc_bind(void) {
    return omp_proc_bind_false;
}
OMP_SERIAL void omp_set_num_threads(int count) {
    (void)count;
}
OMP_SERIAL void omp_set_dynamic(int dynamic) {
    (void)dynamic;
}
OMP_SERIAL void omp_set_nested(int nested) {
    (void)nested;
}
OMP_SERIAL void omp_set_max_active_levels(int levels) {
    (void)levels;
}
OMP_SERIAL void omp_set_schedule(omp_sched_t kind, int chunk) {
    (void)kind;
    (void)chunk;
}
OMP_SERIAL void omp_get_schedule(omp_sched_t *kind, int *chunk) {
    *kind = omp_sched_static;
    *chunk = 0;
}

OMP_SERIAL void omp_init_lock(omp_lock_t *lock) {
    *lock = 0;
}
OMP_SERIAL void omp_destroy_lock(omp_lock_t *lock) {
    (void)lock;
}
OMP_SERIAL void omp_set_lock(omp_lock_t *lock) {
    *lock = 1;
}
OMP_SERIAL void omp_unset_lock(omp_lock_t *lock) {
    *lock = 0;
}
OMP_SERIAL int omp_test_lock(omp_lock_t *lock) {
    return *lock ? 0 : (*lock = 1);
}
OMP_SERIAL void omp_init_nest_lock(omp_nest_lock_t *lock) {
    *lock = 0;
}
OMP_SERIAL void omp_destroy_nest_lock(omp_nest_lock_t *lock) {
    (void)lock;
}
OMP_SERIAL void omp_set_nest_lock(omp_nest_lock_t *lock) {
    ++*lock;
}
OMP_SERIAL void omp_unset_nest_lock(omp_nest_lock_t *lock) {
    --*lock;
}
OMP_SERIAL int omp_test_nest_lock(omp_nest_lock_t *lock) {
    return ++*lock;
}

OMP_SERIAL double omp_get_wtime(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
OMP_SERIAL double omp_get_wtick(void) {
    struct timespec tick;
    clock_getres(CLOCK_MONOTONIC, &tick);
    return (double)tick.tv_sec + 1e-9 * (double)tick.tv_nsec;
}

#undef OMP_SERIAL

#ifdef __cplusplus
}
#endif

#endif
