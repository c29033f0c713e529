/*
 * mpi_large.h - counts of 64 bits: the host's functions for them, or what takes their place.
 *
 * A guest's memory has 4 GiB, so nearly every large count fits an int once its buffer is checked.
 * Hosts of MPI 4 have functions of their own (MPI_Send_c) and get the count as it is. On others an
 * int is passed where it fits, and else one item of a datatype that has all of them.
 */
#ifndef MPIWASM_MPI_LARGE_H
#define MPIWASM_MPI_LARGE_H

#include "mpi/mpi_layer.h"

#include <limits.h>

#if MPI_VERSION >= 4
#define MPILAYER_LARGE(name) MPI_##name##_c
#define MPILAYER_LARGE_PERSISTENT(name) MPI_##name##_c
#define MPILAYER_LARGE_COUNTS(side) (side).large_counts
#define MPILAYER_LARGE_DISPLACEMENTS(side) (side).addresses
typedef MPI_Count mpilayer_large_count;
enum { MPILAYER_HAS_LARGE = 1 };
#else
#define MPILAYER_LARGE(name) MPI_##name
#define MPILAYER_LARGE_PERSISTENT(name) MPILAYER_PERSISTENT(name)
#define MPILAYER_LARGE_COUNTS(side) (side).counts
#define MPILAYER_LARGE_DISPLACEMENTS(side) (side).displacements
typedef int mpilayer_large_count;
enum { MPILAYER_HAS_LARGE = 0 };
#endif

/* What a function of MPILAYER_LARGE gets for a count and its datatype. */
struct mpilayer_large {
    mpilayer_large_count count;
    MPI_Datatype type;
};

/* One item of *out stands for `count` of `type`; it lives as long as the call, or until the request
 * completes. MPI_ERR_COUNT: too large for any datatype. A count of no data becomes 0. */
bool mpilayer_large_split(struct mpilayer_call *call, const char *argument, int64_t count,
                          MPI_Datatype type, struct mpilayer_large *out);

/* `count` is checked: not negative. */
static inline bool mpilayer_large_get(struct mpilayer_call *call, const char *argument,
                                      int64_t count, MPI_Datatype type,
                                      struct mpilayer_large *out) {
    if (__builtin_expect(!MPILAYER_HAS_LARGE && count > INT_MAX, 0)) {
        return mpilayer_large_split(call, argument, count, type, out);
    }
    out->count = (mpilayer_large_count)count;
    out->type = type;
    return true;
}

/*
 * The same for functions of files, which get an int on every host: MPICH's large ones end the job
 * where the count is beyond that. ROMIO takes bounds that leave the data out for their place, and
 * leaves the memory that was checked: the host gets the datatype without such bounds.
 * MPI_ERR_TYPE: it has them deeper inside.
 */
struct mpilayer_datatype;
bool mpilayer_items_get(struct mpilayer_call *call, const char *argument, int64_t count,
                        const struct mpilayer_datatype *type, struct mpilayer_large *out);
/* The host's datatype, whose data are those of `type`, with the lower bound at its first byte and
 * the extent of `type`; committed, to be freed. An MPI code. */
int mpilayer_large_lowered(MPI_Datatype host, const struct mpilayer_datatype *type,
                           MPI_Datatype *out);

/*
 * Counts (and, if there are any, displacements in items) of several blocks of one datatype, for a
 * host without large counts: ints, in items of *type, which becomes larger if they do not fit.
 * MPI_ERR_COUNT: they have no common divisor that makes them fit.
 */
bool mpilayer_large_blocks(struct mpilayer_call *call, const char *argument,
                           const MPI_Count *counts, int *displacements, int blocks,
                           MPI_Datatype *type, int **out, int *divisor);

/* A reduction of `count` items of *type becomes one of one item, whose operator does them all. */
bool mpilayer_large_reduction(struct mpilayer_call *call, const char *argument, int64_t count,
                              bool commutative, MPI_Datatype *type, MPI_Op *op);

#endif
