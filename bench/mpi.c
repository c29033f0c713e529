/*
 * mpi.c - what an MPI program pays for its messages: the same source natively and in wasm.
 *
 * Prints lines "NAME BYTES seconds-per-operation" on rank 0:
 *   rank_call     MPI_Comm_rank, the cheapest call there is: what the layer adds
 *   self_message  an 8-byte MPI_Sendrecv of a rank with itself: no transport, so mostly the library
 *   pingpong      half a round trip between ranks 0 and 1, 1 B to 4 MiB
 *   allreduce     MPI_Allreduce of doubles on all ranks, 8 B to 4 MiB
 * Each figure is the least of ROUNDS averages; the driver takes medians over whole runs.
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 5, LARGEST = 4 << 20 };

static int rank, size;
static char *outgoing, *incoming;

static int repetitions_for(int bytes) {
    return bytes <= 1024 ? 2000 : bytes <= 65536 ? 400 : 20;
}

static void report(const char *name, int bytes, double time) {
    if (rank == 0) printf("%s %d %.9g\n", name, bytes, time), fflush(stdout);
}

static void measure_calls(void) {
    enum { CALLS = 1000000 };
    double least = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        int result, total = 0;
        double start = MPI_Wtime();
        for (int i = 0; i < CALLS; i++) {
            MPI_Comm_rank(MPI_COMM_WORLD, &result);
            total += result;
        }
        double time = (MPI_Wtime() - start) / CALLS;
        if (time < least && total == rank * CALLS) least = time;
    }
    report("rank_call", 0, least);

    enum { MESSAGES = 50000 };
    least = 1e9;
    for (int round = 0; round < ROUNDS; round++) {
        double start = MPI_Wtime();
        for (int i = 0; i < MESSAGES; i++)
            MPI_Sendrecv(outgoing, 1, MPI_DOUBLE, 0, 0, incoming, 1, MPI_DOUBLE, 0, 0,
                         MPI_COMM_SELF, MPI_STATUS_IGNORE);
        double time = (MPI_Wtime() - start) / MESSAGES;
        if (time < least) least = time;
    }
    report("self_message", 8, least);
}

static void measure_pingpong(int bytes) {
    double least = 1e9;
    int repetitions = repetitions_for(bytes);
    for (int round = 0; round < ROUNDS; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        for (int i = 0; i < repetitions; i++) {
            if (rank == 0) {
                MPI_Send(outgoing, bytes, MPI_BYTE, 1, 1, MPI_COMM_WORLD);
                MPI_Recv(incoming, bytes, MPI_BYTE, 1, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            } else if (rank == 1) {
                MPI_Recv(incoming, bytes, MPI_BYTE, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
                MPI_Send(outgoing, bytes, MPI_BYTE, 0, 2, MPI_COMM_WORLD);
            }
        }
        double time = (MPI_Wtime() - start) / repetitions / 2;
        if (time < least) least = time;
    }
    report("pingpong", bytes, least);
}

static void measure_allreduce(int bytes) {
    double least = 1e9;
    int repetitions = repetitions_for(bytes), count = bytes / 8;
    for (int round = 0; round < ROUNDS; round++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        for (int i = 0; i < repetitions; i++)
            MPI_Allreduce(outgoing, incoming, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        double time = (MPI_Wtime() - start) / repetitions;
        if (time < least) least = time;
    }
    report("allreduce", bytes, least);
}

int main(int argument_count, char **arguments) {
    MPI_Init(&argument_count, &arguments);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    outgoing = malloc(LARGEST);
    incoming = malloc(LARGEST);
    if (outgoing == NULL || incoming == NULL) MPI_Abort(MPI_COMM_WORLD, 1);
    memset(outgoing, 0, LARGEST);
    memset(incoming, 0, LARGEST);
    measure_calls();
    if (size > 1)
        for (int bytes = 1; bytes <= LARGEST; bytes *= 4)
            measure_pingpong(bytes);
    for (int bytes = 8; bytes <= LARGEST; bytes *= 8)
        measure_allreduce(bytes);
    MPI_Finalize();
    return 0;
}
