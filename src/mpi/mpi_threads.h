/*
 * mpi_threads.h - calls of MPI functions by a guest that has threads.
 *
 * Such a guest gets another table of host functions: each keeps the rules of the thread level that
 * MPI_Init_thread gave (MPI 4.1, section 11.6.2), then calls the one of mpi_functions.h.  So the
 * layer itself needs no locks, and a guest without threads pays nothing.  A guest that breaks the
 * rules traps: a library that relies on them would be left in no known state.
 */
#ifndef MPIWASM_MPI_THREADS_H
#define MPIWASM_MPI_THREADS_H

#include "mpi/mpi_layer.h"

extern const struct host_function mpilayer_threaded_exports[];
extern const size_t mpilayer_threaded_export_count;

/* Around a call; not of functions that any thread may call at any time, as MPI_Query_thread. */
void mpilayer_thread_enter(struct mpilayer *layer, const char *name);
void mpilayer_thread_leave(struct mpilayer *layer);

/* The level that comes closest to `level` among those that the layer serves for this guest:
 * GUEST_MPI_THREAD_*. */
int mpilayer_thread_level_fit(const struct mpilayer *layer, int level);
/* What the guest has of a level that the host gave, MPI_THREAD_*: hosts may give more than asked.
 */
int mpilayer_thread_level_given(const struct mpilayer *layer, int host_level);

/* The calling thread is the one that MPI_THREAD_FUNNELED speaks of: of mpilayer_start. */
void mpilayer_thread_is_main(struct mpilayer *layer);

#endif
