/*
 * mpi_threads.h - calls of MPI functions by a guest that has threads.
 *
 * Such a guest gets another table of host functions: each keeps the rules of the thread level that
 * MPI_Init_thread gave (MPI 4.1, section 11.6.2), then calls the one of mpi_functions.h. A guest
 * that breaks the rules traps: a library that relies on them would be left in no known state.
 *
 * With MPI_THREAD_MULTIPLE one lock keeps what the layer has (handles, requests, buffers). The
 * layer's code runs with it, and nothing else does: neither the host's MPI, which may block and has
 * locks of its own, nor the guest's callbacks. So whatever the layer has may change wherever one of
 * these is called: mpi_host_calls.h makes the host's functions drop the lock. A guest without
 * threads, or with a lower level, pays a test of mpilayer_is_multiple there.
 */
#ifndef MPIWASM_MPI_THREADS_H
#define MPIWASM_MPI_THREADS_H

#include "mpi/mpi_layer.h"

extern const struct host_function mpilayer_threaded_exports[];
extern const size_t mpilayer_threaded_export_count;

/* Around a call; not of functions that any thread may call at any time, as MPI_Query_thread. */
void mpilayer_thread_enter(struct mpilayer *layer, const char *name);
void mpilayer_thread_leave(struct mpilayer *layer);
/* Around those: they keep no rules, but take the lock. */
void mpilayer_thread_enter_anytime(struct mpilayer *layer);
void mpilayer_thread_leave_anytime(struct mpilayer *layer);

/* The level that comes closest to `level` among those that the layer serves for this guest:
 * GUEST_MPI_THREAD_*. */
int mpilayer_thread_level_fit(const struct mpilayer *layer, int level);
/* MPI has started with this level, GUEST_MPI_THREAD_*, in the calling thread: the one that
 * MPI_THREAD_FUNNELED speaks of. */
void mpilayer_thread_started(const struct mpilayer *layer, int level);

#endif
