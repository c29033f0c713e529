/*
 * mpi.c - what an MPI program pays for its messages: the same source natively and in wasm.
 *
 * Reads nothing; its argument is how often each figure is taken (ROUNDS by default), of which the
 * least counts; the driver takes medians over whole runs. Prints lines "GROUP NAME BYTES
 * seconds-per-operation" on rank 0. Groups:
 *   call        what has no or little transport in it, so that the layer's part shows: of one rank
 *               with itself
 *   latency     half a round trip between ranks 0 and 1
 *   bandwidth   one of 16 messages on their way at once from rank 0 to rank 1
 *   collective  of all ranks; bytes are those that each rank gives to each other one
 * Checks no results: the tests do.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, LARGEST = 64 << 20, MANY = 64, WINDOW = 16, COLLECTIVE_LARGEST = 1 << 20 };

static int rank, size, rounds = ROUNDS;
static char *outgoing, *incoming;

static int repetitions_for(int bytes) {
    return bytes <= 1024 ? 2000 : bytes <= 65536 ? 400 : bytes <= (1 << 20) ? 40 : 4;
}

#define MEASURE(group, name, bytes, repetitions, parts, statement)                                 \
    do {                                                                                           \
        double least = 1e9;                                                                        \
        const int times = (repetitions);                                                           \
        for (int round = 0; round < rounds; round++) {                                             \
            MPI_Barrier(MPI_COMM_WORLD);                                                           \
            double start = MPI_Wtime();                                                            \
            for (int i = 0; i < times; i++) {                                                      \
                statement;                                                                         \
            }                                                                                      \
            double time = (MPI_Wtime() - start) / times / (parts);                                 \
            if (time < least) least = time;                                                        \
        }                                                                                          \
        if (rank == 0) printf("%s %s %d %.9g\n", group, name, bytes, least), fflush(stdout);       \
    } while (0)

/* A collective in its blocking form. */
#define COLLECTIVE(name, bytes, ...)                                                               \
    MEASURE("collective", #name, bytes, repetitions_for(bytes), 1, MPI_##name(__VA_ARGS__))

static void measure_calls(void) {
    int value = 0, flag;
    volatile int sink;
    MPI_Comm self = MPI_COMM_SELF;
    MPI_Request request, requests[2 * MANY];

    MEASURE("call", "Comm_rank", 0, 200000, 1, (MPI_Comm_rank(self, &value), sink = value));
    MEASURE("call", "Type_size", 0, 200000, 1, (MPI_Type_size(MPI_DOUBLE, &value), sink = value));
    MPI_Irecv(incoming, 1, MPI_DOUBLE, 0, 1, self, &request);
    MEASURE("call", "Test,_not_done", 0, 20000, 1, MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
    MPI_Send(outgoing, 1, MPI_DOUBLE, 0, 1, self);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MEASURE("call", "Iprobe,_nothing", 0, 20000, 1,
            MPI_Iprobe(0, 1, self, &flag, MPI_STATUS_IGNORE));
    MEASURE("call", "Send+Recv", 8, 20000, 1, {
        MPI_Irecv(incoming, 1, MPI_DOUBLE, 0, 1, self, &request);
        MPI_Send(outgoing, 1, MPI_DOUBLE, 0, 1, self);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    });
    MEASURE("call", "Sendrecv", 8, 20000, 1,
            MPI_Sendrecv(outgoing, 1, MPI_DOUBLE, 0, 0, incoming, 1, MPI_DOUBLE, 0, 0, self,
                         MPI_STATUS_IGNORE));
    MEASURE("call", "Isend+Irecv_of_64,_Waitall", 8, 1000, 1, {
        for (int m = 0; m < MANY; m++) {
            MPI_Irecv(incoming + 8 * m, 1, MPI_DOUBLE, 0, m, self, &requests[m]);
        }
        for (int m = 0; m < MANY; m++) {
            MPI_Isend(outgoing + 8 * m, 1, MPI_DOUBLE, 0, m, self, &requests[MANY + m]);
        }
        MPI_Waitall(2 * MANY, requests, MPI_STATUSES_IGNORE);
    });
    (void)sink;

    /* 64 neighbours, all of them this rank, each with a type of its own. */
    MPI_Comm ring;
    MPI_Datatype types[MANY];
    MPI_Aint displacements[MANY];
    int counts[MANY], neighbours[MANY];
    for (int m = 0; m < MANY; m++) {
        MPI_Type_vector(2, 1, m + 1, MPI_DOUBLE, &types[m]);
        MPI_Type_commit(&types[m]);
        counts[m] = 1;
        displacements[m] = m * 1024;
        neighbours[m] = 0;
    }
    MPI_Dist_graph_create_adjacent(self, MANY, neighbours, MPI_UNWEIGHTED, MANY, neighbours,
                                   MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &ring);
    MEASURE("call", "Neighbor_alltoallw_of_64_types", 16, 200, 1,
            MPI_Neighbor_alltoallw(outgoing, counts, displacements, types, incoming, counts,
                                   displacements, types, ring));
    MPI_Comm_free(&ring);
    for (int m = 0; m < MANY; m++) {
        MPI_Type_free(&types[m]);
    }
}

static void measure_messages(int bytes) {
    MPI_Comm world = MPI_COMM_WORLD;
    MPI_Request requests[WINDOW];
    MEASURE("latency", "half_round_trip", bytes, repetitions_for(bytes), 2, {
        if (rank == 0) {
            MPI_Send(outgoing, bytes, MPI_BYTE, 1, 1, world);
            MPI_Recv(incoming, bytes, MPI_BYTE, 1, 2, world, MPI_STATUS_IGNORE);
        } else if (rank == 1) {
            MPI_Recv(incoming, bytes, MPI_BYTE, 0, 1, world, MPI_STATUS_IGNORE);
            MPI_Send(outgoing, bytes, MPI_BYTE, 0, 2, world);
        }
    });
    MEASURE("bandwidth", "message_of_16", bytes, (repetitions_for(bytes) + 3) / 4, WINDOW, {
        if (rank == 0) {
            for (int m = 0; m < WINDOW; m++) {
                MPI_Isend(outgoing, bytes, MPI_BYTE, 1, 1, world, &requests[m]);
            }
            MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
            MPI_Recv(incoming, 1, MPI_BYTE, 1, 2, world, MPI_STATUS_IGNORE);
        } else if (rank == 1) {
            for (int m = 0; m < WINDOW; m++) {
                MPI_Irecv(incoming, bytes, MPI_BYTE, 0, 1, world, &requests[m]);
            }
            MPI_Waitall(WINDOW, requests, MPI_STATUSES_IGNORE);
            MPI_Send(outgoing, 1, MPI_BYTE, 0, 2, world);
        }
    });
}

static void measure_collectives(int bytes) {
    MPI_Comm world = MPI_COMM_WORLD, ring;
    MPI_Datatype type = MPI_DOUBLE, types[MANY];
    const int n = bytes / 8, periodic = 1;
    int counts[MANY], places[MANY], offsets[MANY]; /* places in elements, offsets in bytes */
    MPI_Aint addresses[MANY];
    if (size > MANY) MPI_Abort(world, 2);
    for (int i = 0; i < MANY; i++) {
        counts[i] = n;
        places[i] = i * n;
        addresses[i] = offsets[i] = i * bytes;
        types[i] = type;
    }
    MPI_Cart_create(world, 1, &size, &periodic, 0, &ring);
    COLLECTIVE(Bcast, bytes, outgoing, n, type, 0, world);
    COLLECTIVE(Gather, bytes, outgoing, n, type, incoming, n, type, 0, world);
    COLLECTIVE(Gatherv, bytes, outgoing, n, type, incoming, counts, places, type, 0, world);
    COLLECTIVE(Scatter, bytes, outgoing, n, type, incoming, n, type, 0, world);
    COLLECTIVE(Scatterv, bytes, outgoing, counts, places, type, incoming, n, type, 0, world);
    COLLECTIVE(Allgather, bytes, outgoing, n, type, incoming, n, type, world);
    COLLECTIVE(Allgatherv, bytes, outgoing, n, type, incoming, counts, places, type, world);
    COLLECTIVE(Alltoall, bytes, outgoing, n, type, incoming, n, type, world);
    COLLECTIVE(Alltoallv, bytes, outgoing, counts, places, type, incoming, counts, places, type,
               world);
    COLLECTIVE(Alltoallw, bytes, outgoing, counts, offsets, types, incoming, counts, offsets, types,
               world);
    COLLECTIVE(Reduce, bytes, outgoing, incoming, n, type, MPI_SUM, 0, world);
    COLLECTIVE(Allreduce, bytes, outgoing, incoming, n, type, MPI_SUM, world);
    COLLECTIVE(Reduce_scatter, bytes, outgoing, incoming, counts, type, MPI_SUM, world);
    COLLECTIVE(Reduce_scatter_block, bytes, outgoing, incoming, n, type, MPI_SUM, world);
    COLLECTIVE(Scan, bytes, outgoing, incoming, n, type, MPI_SUM, world);
    COLLECTIVE(Exscan, bytes, outgoing, incoming, n, type, MPI_SUM, world);
    COLLECTIVE(Neighbor_allgather, bytes, outgoing, n, type, incoming, n, type, ring);
    COLLECTIVE(Neighbor_allgatherv, bytes, outgoing, n, type, incoming, counts, places, type, ring);
    COLLECTIVE(Neighbor_alltoall, bytes, outgoing, n, type, incoming, n, type, ring);
    COLLECTIVE(Neighbor_alltoallv, bytes, outgoing, counts, places, type, incoming, counts, places,
               type, ring);
    COLLECTIVE(Neighbor_alltoallw, bytes, outgoing, counts, addresses, types, incoming, counts,
               addresses, types, ring);
    MPI_Request request;
    MEASURE("collective", "Iallreduce+Wait", bytes, repetitions_for(bytes), 1, {
        MPI_Iallreduce(outgoing, incoming, n, type, MPI_SUM, world, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    });
    MEASURE("collective", "Ialltoall+Wait", bytes, repetitions_for(bytes), 1, {
        MPI_Ialltoall(outgoing, n, type, incoming, n, type, world, &request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    });
    MPI_Comm_free(&ring);
}

int main(int argument_count, char **arguments) {
    MPI_Init(&argument_count, &arguments);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argument_count > 1) rounds = atoi(arguments[1]);
    /* Where malloc() puts them is the C library's affair, and costs 5 % where the kernel copies
     * between two that do not lie alike in their cache lines. */
    outgoing = aligned_alloc(4096, LARGEST);
    incoming = aligned_alloc(4096, LARGEST);
    if (outgoing == NULL || incoming == NULL) MPI_Abort(MPI_COMM_WORLD, 1);
    memset(outgoing, 0, LARGEST);
    memset(incoming, 0, LARGEST);
    measure_calls();
    if (size > 1) {
        for (int bytes = 1; bytes <= LARGEST; bytes *= 4) {
            measure_messages(bytes);
        }
    }
    MEASURE("collective", "Barrier", 0, 2000, 1, MPI_Barrier(MPI_COMM_WORLD));
    for (int bytes = 8; bytes <= COLLECTIVE_LARGEST; bytes *= bytes == 8 ? 128 : 32) {
        measure_collectives(bytes);
    }
    MPI_Finalize();
    return 0;
}
