/* Every collective on an intracommunicator: blocking and nonblocking, with MPI_IN_PLACE, derived
 * datatypes, counts that differ between the ranks, and every root. */
#include "report.h"

enum { MOST = 16, ROOM = 4 * MOST * MOST };

static int sent[ROOM], got[ROOM], counts[MOST], displacements[MOST], bytes[MOST], other[MOST],
    other_displacements[MOST], other_bytes[MOST];
static MPI_Datatype int_types[MOST], pair;
static MPI_Comm world = MPI_COMM_WORLD;
static MPI_Request request;

static void fill(void) {
    for (int i = 0; i < ROOM; i++) {
        sent[i] = 1000 * rank + i;
        got[i] = -1;
    }
}

/* What arrived, as a number that depends on every place. */
static void tell(const char *name, int nonblocking, int root) {
    long long sum = 0;
    if (nonblocking) MPI_Wait(&request, MPI_STATUS_IGNORE);
    for (int i = 0; i < ROOM; i++)
        sum = (sum * 31 + got[i] + 7) % 1000003;
    report("%s%s, root %d: %lld, first %d %d", nonblocking ? "I" : "", name, root, sum, got[0],
           got[1]);
    fill();
}

static void rooted(int i, int root) {
    int mine = rank == root;
    if (mine) memcpy(got, sent, sizeof got);
    i ? MPI_Ibcast(got, 5, MPI_INT, root, world, &request)
      : MPI_Bcast(got, 5, MPI_INT, root, world);
    tell("bcast", i, root);
    i ? MPI_Ibcast(rank == root ? sent : got, 2, pair, root, world, &request)
      : MPI_Bcast(rank == root ? sent : got, 2, pair, root, world);
    tell("bcast derived", i, root);
    /* Only the root's receive arguments count: elsewhere they are nonsense. */
    i ? MPI_Igather(sent, 3, MPI_INT, mine ? got : NULL, mine ? 3 : -1,
                    mine ? MPI_INT : MPI_DATATYPE_NULL, root, world, &request)
      : MPI_Gather(sent, 3, MPI_INT, mine ? got : NULL, mine ? 3 : -1,
                   mine ? MPI_INT : MPI_DATATYPE_NULL, root, world);
    tell("gather", i, root);
    if (mine) memcpy(got + 3 * rank, sent, 3 * sizeof(int));
    i ? MPI_Igather(mine ? MPI_IN_PLACE : sent, 3, MPI_INT, got, 3, MPI_INT, root, world, &request)
      : MPI_Gather(mine ? MPI_IN_PLACE : sent, 3, MPI_INT, got, 3, MPI_INT, root, world);
    tell("gather in place", i, root);
    i ? MPI_Igather(sent, 1, pair, got, 2, MPI_INT, root, world, &request)
      : MPI_Gather(sent, 1, pair, got, 2, MPI_INT, root, world);
    tell("gather derived", i, root);
    i ? MPI_Igatherv(sent, rank + 1, MPI_INT, got, mine ? counts : NULL,
                     mine ? displacements : NULL, MPI_INT, root, world, &request)
      : MPI_Gatherv(sent, rank + 1, MPI_INT, got, mine ? counts : NULL, mine ? displacements : NULL,
                    MPI_INT, root, world);
    tell("gatherv", i, root);
    i ? MPI_Iscatter(mine ? sent : NULL, 4, MPI_INT, got, 4, MPI_INT, root, world, &request)
      : MPI_Scatter(mine ? sent : NULL, 4, MPI_INT, got, 4, MPI_INT, root, world);
    tell("scatter", i, root);
    i ? MPI_Iscatter(sent, 4, MPI_INT, mine ? MPI_IN_PLACE : got, 4, MPI_INT, root, world, &request)
      : MPI_Scatter(sent, 4, MPI_INT, mine ? MPI_IN_PLACE : got, 4, MPI_INT, root, world);
    tell("scatter in place", i, root);
    i ? MPI_Iscatterv(sent, mine ? counts : NULL, mine ? displacements : NULL, MPI_INT, got,
                      rank + 1, MPI_INT, root, world, &request)
      : MPI_Scatterv(sent, mine ? counts : NULL, mine ? displacements : NULL, MPI_INT, got,
                     rank + 1, MPI_INT, root, world);
    tell("scatterv", i, root);
    i ? MPI_Ireduce(sent, mine ? got : NULL, 6, MPI_INT, MPI_SUM, root, world, &request)
      : MPI_Reduce(sent, mine ? got : NULL, 6, MPI_INT, MPI_SUM, root, world);
    tell("reduce", i, root);
    if (mine) memcpy(got, sent, sizeof got);
    i ? MPI_Ireduce(mine ? MPI_IN_PLACE : sent, got, 6, MPI_INT, MPI_MAX, root, world, &request)
      : MPI_Reduce(mine ? MPI_IN_PLACE : sent, got, 6, MPI_INT, MPI_MAX, root, world);
    tell("reduce in place", i, root);
}

static void among_all(int i) {
    i ? MPI_Ibarrier(world, &request) : MPI_Barrier(world);
    tell("barrier", i, 0);
    i ? MPI_Iallgather(sent, 3, MPI_INT, got, 3, MPI_INT, world, &request)
      : MPI_Allgather(sent, 3, MPI_INT, got, 3, MPI_INT, world);
    tell("allgather", i, 0);
    memcpy(got + 3 * rank, sent, 3 * sizeof(int));
    i ? MPI_Iallgather(MPI_IN_PLACE, -1, MPI_DATATYPE_NULL, got, 3, MPI_INT, world, &request)
      : MPI_Allgather(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, got, 3, MPI_INT, world);
    tell("allgather in place", i, 0);
    i ? MPI_Iallgather(sent, 2, MPI_INT, got, 1, pair, world, &request)
      : MPI_Allgather(sent, 2, MPI_INT, got, 1, pair, world);
    tell("allgather derived", i, 0);
    i ? MPI_Iallgatherv(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, world,
                        &request)
      : MPI_Allgatherv(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, world);
    tell("allgatherv", i, 0);
    i ? MPI_Ialltoall(sent, 2, MPI_INT, got, 2, MPI_INT, world, &request)
      : MPI_Alltoall(sent, 2, MPI_INT, got, 2, MPI_INT, world);
    tell("alltoall", i, 0);
    memcpy(got, sent, sizeof got);
    if (!i) { /* Open MPI 4.1 has no nonblocking one in place */
        MPI_Alltoall(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, got, 2, MPI_INT, world);
        tell("alltoall in place", i, 0);
    } else {
        fill();
    }
    /* Rank r sends r + d + 1 to rank d. */
    i ? MPI_Ialltoallv(sent, other, other_displacements, MPI_INT, got, other, other_displacements,
                       MPI_INT, world, &request)
      : MPI_Alltoallv(sent, other, other_displacements, MPI_INT, got, other, other_displacements,
                      MPI_INT, world);
    tell("alltoallv", i, 0);
    i ? MPI_Ialltoallw(sent, other, other_bytes, int_types, got, other, other_bytes, int_types,
                       world, &request)
      : MPI_Alltoallw(sent, other, other_bytes, int_types, got, other, other_bytes, int_types,
                      world);
    tell("alltoallw", i, 0);
    i ? MPI_Iallreduce(sent, got, 7, MPI_INT, MPI_BXOR, world, &request)
      : MPI_Allreduce(sent, got, 7, MPI_INT, MPI_BXOR, world);
    tell("allreduce", i, 0);
    memcpy(got, sent, sizeof got);
    i ? MPI_Iallreduce(MPI_IN_PLACE, got, 7, MPI_INT, MPI_MIN, world, &request)
      : MPI_Allreduce(MPI_IN_PLACE, got, 7, MPI_INT, MPI_MIN, world);
    tell("allreduce in place", i, 0);
    i ? MPI_Ireduce_scatter(sent, got, counts, MPI_INT, MPI_SUM, world, &request)
      : MPI_Reduce_scatter(sent, got, counts, MPI_INT, MPI_SUM, world);
    tell("reduce_scatter", i, 0);
    memcpy(got, sent, sizeof got);
    i ? MPI_Ireduce_scatter(MPI_IN_PLACE, got, counts, MPI_INT, MPI_SUM, world, &request)
      : MPI_Reduce_scatter(MPI_IN_PLACE, got, counts, MPI_INT, MPI_SUM, world);
    if (i) MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("reduce_scatter in place", got, counts[rank]); /* what follows is undefined */
    fill();
    i ? MPI_Ireduce_scatter_block(sent, got, 3, MPI_INT, MPI_SUM, world, &request)
      : MPI_Reduce_scatter_block(sent, got, 3, MPI_INT, MPI_SUM, world);
    tell("reduce_scatter_block", i, 0);
    i ? MPI_Iscan(sent, got, 4, MPI_INT, MPI_SUM, world, &request)
      : MPI_Scan(sent, got, 4, MPI_INT, MPI_SUM, world);
    tell("scan", i, 0);
    memcpy(got, sent, sizeof got);
    i ? MPI_Iscan(MPI_IN_PLACE, got, 4, MPI_INT, MPI_SUM, world, &request)
      : MPI_Scan(MPI_IN_PLACE, got, 4, MPI_INT, MPI_SUM, world);
    tell("scan in place", i, 0);
    i ? MPI_Iexscan(sent, got, 4, MPI_INT, MPI_SUM, world, &request)
      : MPI_Exscan(sent, got, 4, MPI_INT, MPI_SUM, world);
    if (rank == 0) { /* rank 0's result is undefined */
        if (i) MPI_Wait(&request, MPI_STATUS_IGNORE);
        fill();
        i = 0;
    }
    tell("exscan", i, 0);
}

/* Several at a time, completed in another order than started. */
static void many_at_once(void) {
    MPI_Request requests[3];
    int total = 0, root = ranks - 1, broadcast = rank == ranks - 1 ? 42 : 0;
    int *send_counts = malloc((size_t)ranks * sizeof(int));
    for (int i = 0; i < ranks; i++)
        send_counts[i] = counts[i];
    MPI_Iallreduce(&rank, &total, 1, MPI_INT, MPI_SUM, world, &requests[0]);
    MPI_Ibcast(&broadcast, 1, MPI_INT, root, world, &requests[1]);
    MPI_Iallgatherv(sent, rank + 1, MPI_INT, got, send_counts, displacements, MPI_INT, world,
                    &requests[2]);
    for (int i = 2; i >= 0; i--)
        MPI_Wait(&requests[i], MPI_STATUS_IGNORE);
    free(send_counts);
    report("at once: %d %d", total, broadcast);
    tell("at once", 0, 0);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_commit(&pair);
    for (int i = 0, at = 0, other_at = 0; i < ranks; i++) {
        counts[i] = i + 1;
        displacements[i] = at;
        bytes[i] = at * (int)sizeof(int);
        other[i] = rank + i + 1;
        other_displacements[i] = other_at;
        other_bytes[i] = other_at * (int)sizeof(int);
        int_types[i] = MPI_INT;
        at += i + 3; /* with gaps */
        other_at += rank + i + 2;
    }
    fill();
    for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
        for (int root = 0; root < ranks; root++)
            rooted(nonblocking, root);
        among_all(nonblocking);
    }
    many_at_once();
    MPI_Type_free(&pair);
    finish();
    return 0;
}
