/*
 * mpi_threads.c - the rules of thread levels and the layer's lock; see mpi_threads.h.
 *
 * Below MPI_THREAD_MULTIPLE the calling thread owns the layer from the beginning of a call to its
 * end, callbacks included, in which it may call further functions. Another thread that calls
 * meanwhile breaks the rules of MPI_THREAD_SERIALIZED.
 */
#include "mpi/mpi_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

bool mpilayer_is_multiple;

static struct {
    pthread_mutex_t lock;
    _Atomic(pthread_t) owner; /* compared with the caller alone; 0: nobody */
    unsigned depth;           /* of calls by the owner inside each other */
    pthread_t main;
    bool has_main;
    pthread_t maker;    /* the thread that is between mpilayer_thread_alone_begin and _end */
    unsigned exclusion; /* how often it has begun; under the lock */
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_owner(void) {
    return atomic_load_explicit(&threads.owner, memory_order_relaxed) == pthread_self();
}

static void take(void) {
    pthread_mutex_lock(&threads.lock);
    atomic_store_explicit(&threads.owner, pthread_self(), memory_order_relaxed);
    threads.depth = 1;
}

static void give(void) {
    atomic_store_explicit(&threads.owner, (pthread_t)0, memory_order_relaxed);
    pthread_mutex_unlock(&threads.lock);
}

int mpilayer_thread_level_fit(const struct mpilayer *layer, int level) {
    /* The host has to know that there are other threads, even if none of them calls it. */
    return layer->guest->has_threads && level < GUEST_MPI_THREAD_FUNNELED
               ? GUEST_MPI_THREAD_FUNNELED
               : level;
}

void mpilayer_thread_started(const struct mpilayer *layer, int level) {
    threads.main = pthread_self();
    threads.has_main = true;
    mpilayer_is_multiple = layer->guest->has_threads && level == GUEST_MPI_THREAD_MULTIPLE;
}

__attribute__((cold, format(printf, 2, 3))) static void fail(struct mpilayer *layer,
                                                             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    layer->guest->operations->trap(layer->guest, format, arguments);
    va_end(arguments);
}

static const char *level_name(int level) {
    return level == GUEST_MPI_THREAD_SINGLE ? "MPI_THREAD_SINGLE" : "MPI_THREAD_FUNNELED";
}

static void enter_in_turn(struct mpilayer *layer, const char *name) {
    pthread_t self = pthread_self();
    if (is_owner()) {
        threads.depth++;
        return;
    }
    if (pthread_mutex_trylock(&threads.lock) != 0) {
        if (mpilayer_is_multiple) { /* since this call began */
            take();
            return;
        }
        fail(layer,
             "%s is called while another thread of the program is in a call of MPI, which "
             "MPI_THREAD_MULTIPLE alone allows",
             name);
        return;
    }
    atomic_store_explicit(&threads.owner, self, memory_order_relaxed);
    threads.depth = 1;
    if (threads.has_main && layer->phase == MPILAYER_RUNNING &&
        layer->thread_level < GUEST_MPI_THREAD_SERIALIZED && !pthread_equal(self, threads.main)) {
        give();
        fail(layer, "%s is called by another thread than the one that started MPI, with %s", name,
             level_name(layer->thread_level));
    }
}

/* What the thread's call has released. */
static _Thread_local struct kept {
    struct kept *next;
    struct mpilayer_table *table;
    struct mpilayer_object *object;
} *kept;
static _Thread_local unsigned nesting; /* calls in callbacks of calls */

bool mpilayer_thread_keep(struct mpilayer_table *table, struct mpilayer_object *object) {
    struct kept *made = malloc(sizeof *made);
    if (made == NULL) return false;
    *made = (struct kept){kept, table, object};
    kept = made;
    return true;
}

static void free_kept(void) {
    while (kept != NULL) {
        struct kept *next = kept->next;
        mpilayer_object_reuse(kept->table, kept->object);
        free(kept);
        kept = next;
    }
}

void mpilayer_thread_enter(struct mpilayer *layer, const char *name) {
    nesting++;
    if (mpilayer_is_multiple)
        take();
    else
        enter_in_turn(layer, name);
}

void mpilayer_thread_leave(struct mpilayer *layer) {
    if (--nesting == 0) free_kept();
    if (--threads.depth == 0) give();
}

void mpilayer_thread_enter_anytime(struct mpilayer *layer) {
    if (!mpilayer_is_multiple) return;
    take();
    nesting++;
}

void mpilayer_thread_leave_anytime(struct mpilayer *layer) {
    if (is_owner()) mpilayer_thread_leave(layer);
}

/* Who does not have it, as at the end of the guest, calls without. */
bool mpilayer_thread_drop(void) {
    if (!is_owner()) return false;
    give();
    return true;
}

bool mpilayer_thread_regain(void) {
    if (is_owner()) return false;
    take();
    return true;
}

void mpilayer_thread_unwind(struct mpilayer *layer) {
    if (layer->guest->has_threads && is_owner()) mpilayer_thread_leave(layer);
}

void mpilayer_thread_yield(void) {
    if (!mpilayer_is_multiple || !mpilayer_thread_drop()) return;
    sched_yield();
    take();
}

void mpilayer_thread_alone_begin(void) {
    if (!mpilayer_is_multiple) return;
    while (threads.exclusion > 0 && !pthread_equal(threads.maker, pthread_self()))
        mpilayer_thread_yield();
    threads.maker = pthread_self();
    threads.exclusion++;
}

void mpilayer_thread_alone_end(void) {
    if (mpilayer_is_multiple) threads.exclusion--;
}
