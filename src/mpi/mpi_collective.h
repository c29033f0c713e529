/*
 * mpi_collective.h - the arguments of collective functions, checked and translated.
 *
 * Blocking, nonblocking and neighbourhood forms of a collective share one function that prepares
 * its arguments; the row of the table names it ("prepared by gather"), and the generated host
 * function passes on what it left in struct mpilayer_collective.
 */
#ifndef MPIWASM_MPI_COLLECTIVE_H
#define MPIWASM_MPI_COLLECTIVE_H

#include "mpi/mpi_large.h"
#include "mpi/mpi_op.h"

/* The host's persistent collectives, of MPI 4 or of Open MPI's extension; not defined: it has none.
 */
#if MPI_VERSION >= 4 || (defined(OPEN_MPI) && OMPI_MAJOR_VERSION >= 5)
#define MPILAYER_PERSISTENT(name) MPI_##name
#elif defined(OPEN_MPI)
#include <mpi-ext.h>
#if defined(OMPI_HAVE_MPI_EXT_PCOLLREQ)
/* Open MPI 5 serves what was compiled for 4.1, but has these under the names of the standard alone:
 * which of the two is there shows when the plugin is loaded. */
#define MPILAYER_EITHER(name)                                                                      \
    extern __typeof__(MPIX_##name) MPIX_##name __attribute__((weak));                              \
    extern __typeof__(MPIX_##name) MPI_##name __attribute__((weak));
MPILAYER_EITHER(Barrier_init)
MPILAYER_EITHER(Bcast_init)
MPILAYER_EITHER(Gather_init)
MPILAYER_EITHER(Gatherv_init)
MPILAYER_EITHER(Scatter_init)
MPILAYER_EITHER(Scatterv_init)
MPILAYER_EITHER(Allgather_init)
MPILAYER_EITHER(Allgatherv_init)
MPILAYER_EITHER(Alltoall_init)
MPILAYER_EITHER(Alltoallv_init)
MPILAYER_EITHER(Alltoallw_init)
MPILAYER_EITHER(Reduce_init)
MPILAYER_EITHER(Allreduce_init)
MPILAYER_EITHER(Reduce_scatter_init)
MPILAYER_EITHER(Reduce_scatter_block_init)
MPILAYER_EITHER(Scan_init)
MPILAYER_EITHER(Exscan_init)
MPILAYER_EITHER(Neighbor_allgather_init)
MPILAYER_EITHER(Neighbor_allgatherv_init)
MPILAYER_EITHER(Neighbor_alltoall_init)
MPILAYER_EITHER(Neighbor_alltoallv_init)
MPILAYER_EITHER(Neighbor_alltoallw_init)
#undef MPILAYER_EITHER
#define MPILAYER_PERSISTENT(name) (MPI_##name != NULL ? MPI_##name : MPIX_##name)
#endif
#endif

/* What MPI gets for the send or the receive side; which fields depends on the function. Arrays
 * live until the call ends or the request completes. A side that is not significant at this rank
 * is empty: no buffer, count 0, a valid datatype. */
struct mpilayer_side {
    void *buffer; /* may be the host's MPI_IN_PLACE */
    int count;
    mpilayer_large_count large_count; /* the same, for the host's functions of large counts */
    MPI_Datatype type;
    int *counts, *displacements;
    MPI_Aint *addresses; /* displacements of MPI_Neighbor_alltoallw and of large counts */
    MPI_Count *large_counts;
    MPI_Datatype *types;
    bool large; /* set before: the guest's counts have 64 bits */
};

struct mpilayer_collective {
    bool pending; /* set before: the call only starts the operation */
    struct mpilayer_side send, recv;
    int root; /* the host's: MPI_ROOT, MPI_PROC_NULL or a rank */
    MPI_Op op;
    int unit; /* of MPI_Reduce_scatter_c: so many of the guest's items are one of MPI's; 0: one */
};

/* The communicator is call->comm. Guest arguments as in the functions' C bindings. */
#define PREPARE(name, ...)                                                                         \
    bool mpilayer_prepare_##name(struct mpilayer_call *call, struct mpilayer_collective *c,        \
                                 __VA_ARGS__)
PREPARE(bcast, uint32_t buffer, int64_t count, uint32_t datatype, int32_t root);
PREPARE(gather, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        int64_t recvcount, uint32_t recvtype, int32_t root);
PREPARE(gatherv, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        uint32_t recvcounts, uint32_t displs, uint32_t recvtype, int32_t root);
PREPARE(scatter, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        int64_t recvcount, uint32_t recvtype, int32_t root);
PREPARE(scatterv, uint32_t sendbuf, uint32_t sendcounts, uint32_t displs, uint32_t sendtype,
        uint32_t recvbuf, int64_t recvcount, uint32_t recvtype, int32_t root);
PREPARE(allgather, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        int64_t recvcount, uint32_t recvtype);
PREPARE(allgatherv, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        uint32_t recvcounts, uint32_t displs, uint32_t recvtype);
PREPARE(alltoall, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        int64_t recvcount, uint32_t recvtype);
PREPARE(alltoallv, uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls, uint32_t sendtype,
        uint32_t recvbuf, uint32_t recvcounts, uint32_t rdispls, uint32_t recvtype);
PREPARE(alltoallw, uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls, uint32_t sendtypes,
        uint32_t recvbuf, uint32_t recvcounts, uint32_t rdispls, uint32_t recvtypes);
PREPARE(reduce, uint32_t sendbuf, uint32_t recvbuf, int64_t count, uint32_t datatype, uint32_t op,
        int32_t root);
PREPARE(allreduce, uint32_t sendbuf, uint32_t recvbuf, int64_t count, uint32_t datatype,
        uint32_t op);
PREPARE(reduce_scatter, uint32_t sendbuf, uint32_t recvbuf, uint32_t recvcounts, uint32_t datatype,
        uint32_t op);
PREPARE(reduce_scatter_block, uint32_t sendbuf, uint32_t recvbuf, int64_t recvcount,
        uint32_t datatype, uint32_t op);
PREPARE(neighbor_allgather, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
        uint32_t recvbuf, int64_t recvcount, uint32_t recvtype);
PREPARE(neighbor_allgatherv, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
        uint32_t recvbuf, uint32_t recvcounts, uint32_t displs, uint32_t recvtype);
PREPARE(neighbor_alltoall, uint32_t sendbuf, int64_t sendcount, uint32_t sendtype, uint32_t recvbuf,
        int64_t recvcount, uint32_t recvtype);
PREPARE(neighbor_alltoallv, uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
        uint32_t sendtype, uint32_t recvbuf, uint32_t recvcounts, uint32_t rdispls,
        uint32_t recvtype);
PREPARE(neighbor_alltoallw, uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
        uint32_t sendtypes, uint32_t recvbuf, uint32_t recvcounts, uint32_t rdispls,
        uint32_t recvtypes);
#undef PREPARE

#endif
