/*
 * mpi_threads.c - the rules of thread levels; see mpi_threads.h.
 *
 * The calling thread owns the layer from the beginning of a call to its end, callbacks included, in
 * which it may call further functions.  Another thread that calls meanwhile breaks the rules of
 * MPI_THREAD_SERIALIZED.
 *
 * Deviation: MPI_THREAD_MULTIPLE is not given, whatever the host can do.
 */
#include "mpi/mpi_threads.h"

#include <pthread.h>
#include <stdatomic.h>

static struct {
    pthread_mutex_t lock;
    _Atomic(pthread_t) owner; /* compared with the caller alone; 0: nobody */
    unsigned depth;           /* of calls by the owner inside each other */
    pthread_t main;
    bool has_main;
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

int mpilayer_thread_level_fit(const struct mpilayer *layer, int level) {
    if (!layer->guest->has_threads) return level;
    /* The host has to know that there are other threads, even if none of them calls it. */
    return level < GUEST_MPI_THREAD_FUNNELED     ? GUEST_MPI_THREAD_FUNNELED
           : level > GUEST_MPI_THREAD_SERIALIZED ? GUEST_MPI_THREAD_SERIALIZED
                                                 : level;
}

int mpilayer_thread_level_given(const struct mpilayer *layer, int host_level) {
    int level = mpilayer_thread_level_to_guest(host_level), most = GUEST_MPI_THREAD_SERIALIZED;
    return layer->guest->has_threads && level > most ? most : level;
}

void mpilayer_thread_is_main(struct mpilayer *layer) {
    threads.main = pthread_self();
    threads.has_main = true;
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

void mpilayer_thread_enter(struct mpilayer *layer, const char *name) {
    pthread_t self = pthread_self();
    if (atomic_load_explicit(&threads.owner, memory_order_relaxed) == self) {
        threads.depth++;
        return;
    }
    if (pthread_mutex_trylock(&threads.lock) != 0) {
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
        fail(layer, "%s is called by another thread than the one that started MPI, with %s", name,
             level_name(layer->thread_level));
    }
}

void mpilayer_thread_leave(struct mpilayer *layer) {
    if (--threads.depth > 0) return;
    atomic_store_explicit(&threads.owner, (pthread_t)0, memory_order_relaxed);
    pthread_mutex_unlock(&threads.lock);
}
