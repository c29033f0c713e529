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
/* The object that the thread's call makes is found by its handle when the call has ended. False: no
 * memory. */
bool mpilayer_thread_show_later(struct mpilayer_object *object);
/* Calls of other threads use the object. */
bool mpilayer_thread_shares(const struct mpilayer_object *object);
/*
 * The call alone may have the host look at the request, or complete, start or free it, until it
 * ends. It waits for calls that end soon by themselves; others are TAKEN: a call that waits for the
 * request, any that completes it if this one does, too, and one that this call is inside of.
 */
enum mpilayer_claim { MPILAYER_CLAIMED, MPILAYER_CLAIM_TAKEN, MPILAYER_CLAIM_NO_MEMORY };
enum mpilayer_purpose { MPILAYER_LOOKS, MPILAYER_TESTS, MPILAYER_WAITS };
struct mpilayer_request;
enum mpilayer_claim mpilayer_thread_claim(struct mpilayer_request *request,
                                          enum mpilayer_purpose purpose);
/* Other threads are in calls of MPI. */
bool mpilayer_thread_has_company(void);

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
