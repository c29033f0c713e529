/*
 * mpi_lock.h - the layer's lock, where its code calls what must not run with it; mpi_threads.h has
 * the rules. Nothing of this does anything below MPI_THREAD_MULTIPLE.
 */
#ifndef MPIWASM_MPI_LOCK_H
#define MPIWASM_MPI_LOCK_H

#include <stdbool.h>

struct mpilayer;
struct mpilayer_object;
struct mpilayer_table;

extern bool mpilayer_is_multiple; /* set when MPI starts */

/* True: the calling thread had the lock, and has not any more. */
bool mpilayer_thread_drop(void);
/* True: it had not, and has now. */
bool mpilayer_thread_regain(void);
/* Let others do what this thread waits for. */
void mpilayer_thread_yield(void);
/* What the guest threw or how it ended goes on unwinding from a callback, across the call. */
void mpilayer_thread_unwind(struct mpilayer *layer);

/* Around what the layer makes once, or in order, with calls of the host, where others must not come
 * in between. May be nested; not around what waits for other processes. */
void mpilayer_thread_alone_begin(void);
void mpilayer_thread_alone_end(void);

/* The calling thread uses the released object still: its slot becomes free when the call ends.
 * False: no memory. */
bool mpilayer_thread_keep(struct mpilayer_table *table, struct mpilayer_object *object);

/* Around a call of the host's MPI or of the guest. */
static inline bool mpilayer_outside_begin(void) {
    return __builtin_expect(mpilayer_is_multiple, 0) && mpilayer_thread_drop();
}
static inline void mpilayer_outside_end(bool dropped) {
    if (__builtin_expect(dropped, 0)) mpilayer_thread_regain();
}

/* Around what the host's MPI calls. */
static inline bool mpilayer_inside_begin(void) {
    return __builtin_expect(mpilayer_is_multiple, 0) && mpilayer_thread_regain();
}
static inline void mpilayer_inside_end(bool taken) {
    if (__builtin_expect(taken, 0)) mpilayer_thread_drop();
}

#define MPILAYER_HOST_CALL(call)                                                                   \
    __extension__({                                                                                \
        bool mpilayer_dropped = mpilayer_outside_begin();                                          \
        int mpilayer_code = call;                                                                  \
        mpilayer_outside_end(mpilayer_dropped);                                                    \
        mpilayer_code;                                                                             \
    })

#endif
