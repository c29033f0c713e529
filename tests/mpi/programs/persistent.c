/* Persistent collectives: prepared once, run several times with new data. */
#include "report.h"

#if defined(OPEN_MPI) && MPI_VERSION < 4 && OMPI_MAJOR_VERSION < 5
#include <mpi-ext.h>
#define INIT(name) MPIX_##name
#else
#define INIT(name) MPI_##name
#endif

enum { MOST = 16, ROOM = 4 * MOST };
static int sent[ROOM], got[ROOM];

static void add(void *in, void *inout, int *length, MPI_Datatype *type) {
    for (int i = 0; i < *length; i++)
        ((int *)inout)[i] += ((int *)in)[i];
}

static void run(const char *name, MPI_Request *request, int count) {
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < ROOM; i++) {
            sent[i] = 1000 * rank + 100 * round + i;
            got[i] = -1;
        }
        MPI_Start(request);
        MPI_Wait(request, MPI_STATUS_IGNORE);
        report_ints(name, got, count);
    }
    report("%s: still there: %d", name, *request != MPI_REQUEST_NULL);
    MPI_Request_free(request);
    report("%s: gone: %d", name, *request == MPI_REQUEST_NULL);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    MPI_Comm world = MPI_COMM_WORLD;
    MPI_Request request;
    int *counts = malloc((size_t)ranks * sizeof(int)),
        *displacements = malloc((size_t)ranks * sizeof(int));
    for (int i = 0; i < ranks; i++) {
        counts[i] = i + 1;
        displacements[i] = i * (i + 1) / 2;
    }
    INIT(Barrier_init)(world, MPI_INFO_NULL, &request);
    run("barrier", &request, 0);
    INIT(Bcast_init)(rank == 0 ? sent : got, 3, MPI_INT, 0, world, MPI_INFO_NULL, &request);
    run("bcast", &request, 3);
    INIT(Allreduce_init)(sent, got, 3, MPI_INT, MPI_SUM, world, MPI_INFO_NULL, &request);
    run("allreduce", &request, 3);
    INIT(Allgatherv_init)(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, world,
                          MPI_INFO_NULL, &request);
    run("allgatherv", &request, ranks * (ranks + 1) / 2);
    INIT(Alltoall_init)(sent, 2, MPI_INT, got, 2, MPI_INT, world, MPI_INFO_NULL, &request);
    run("alltoall", &request, 2 * ranks);
    INIT(Gather_init)(sent, 2, MPI_INT, got, 2, MPI_INT, ranks - 1, world, MPI_INFO_NULL, &request);
    run("gather", &request, rank == ranks - 1 ? 2 * ranks : 0);
    MPI_Op op;
    MPI_Op_create(add, 1, &op);
    INIT(Reduce_init)(sent, got, 4, MPI_INT, op, 0, world, MPI_INFO_NULL, &request);
    run("reduce", &request, rank == 0 ? 4 : 0);
    MPI_Op_free(&op);
    free(counts);
    free(displacements);
    finish();
    return 0;
}
