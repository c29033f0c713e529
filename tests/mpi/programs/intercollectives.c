/* Collectives on an intercommunicator: MPI_ROOT, MPI_PROC_NULL, remote sizes. Two ranks or more. */
#include "report.h"

enum { ROOM = 64 };
static int sent[ROOM], got[ROOM], counts[16], displacements[16];

static void tell(const char *name) {
    report_ints(name, got, 12);
    for (int i = 0; i < ROOM; i++)
        got[i] = -1;
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    if (ranks < 2) {
        report("needs two groups");
        finish();
        return 0;
    }
    /* Groups of different sizes: rank 0, and the others. */
    int left = rank == 0, group_size, remote_size, group_rank;
    MPI_Comm group, inter;
    MPI_Comm_split(MPI_COMM_WORLD, left, rank, &group);
    MPI_Intercomm_create(group, 0, MPI_COMM_WORLD, left ? 1 : 0, 7, &inter);
    MPI_Comm_rank(group, &group_rank);
    MPI_Comm_size(group, &group_size);
    MPI_Comm_remote_size(inter, &remote_size);
    report("group of %d, remote %d", group_size, remote_size);
    for (int i = 0; i < ROOM; i++) {
        sent[i] = 100 * rank + i;
        got[i] = -1;
    }
    for (int i = 0; i < 16; i++) {
        counts[i] = 2;
        displacements[i] = 3 * i;
    }
    /* Rank 0 of the left group is the root. */
    int root = left ? (group_rank == 0 ? MPI_ROOT : MPI_PROC_NULL) : 0;
    MPI_Bcast(left ? sent : got, 4, MPI_INT, root, inter);
    tell("bcast");
    MPI_Gather(sent, 2, MPI_INT, got, 2, MPI_INT, root, inter);
    tell("gather");
    MPI_Gatherv(sent, 2, MPI_INT, got, counts, displacements, MPI_INT, root, inter);
    tell("gatherv");
    MPI_Scatter(sent, 3, MPI_INT, got, 3, MPI_INT, root, inter);
    tell("scatter");
    MPI_Scatterv(sent, counts, displacements, MPI_INT, got, 2, MPI_INT, root, inter);
    tell("scatterv");
    MPI_Reduce(sent, got, 3, MPI_INT, MPI_SUM, root, inter);
    tell("reduce");
    MPI_Allgather(sent, 2, MPI_INT, got, 2, MPI_INT, inter);
    tell("allgather");
    MPI_Alltoall(sent, 2, MPI_INT, got, 2, MPI_INT, inter);
    tell("alltoall");
    MPI_Alltoallv(sent, counts, displacements, MPI_INT, got, counts, displacements, MPI_INT, inter);
    tell("alltoallv");
    MPI_Allreduce(sent, got, 3, MPI_INT, MPI_SUM, inter);
    tell("allreduce");
    MPI_Barrier(inter);
    MPI_Request request;
    MPI_Ibcast(left ? sent : got, 4, MPI_INT, root, inter, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    tell("ibcast");
    MPI_Comm_free(&inter);
    MPI_Comm_free(&group);
    finish();
    return 0;
}
