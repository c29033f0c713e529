/* Communication with counts of 64 bits: the same data, results and errors as with ints.
 *
 * run.py: openmpi cannot run 1 rank
 */
#include "large.h"

enum { MOST = 16, ROOM = 4 * MOST };
static int sent[ROOM], got[ROOM];
static MPI_Comm world;

static void fill(int seed) {
    for (int i = 0; i < ROOM; i++) {
        sent[i] = 1000 * rank + 100 * seed + i;
        got[i] = -1;
    }
}

static void add_twice(void *in, void *inout, MPI_User_function_c_length *length,
                      MPI_Datatype *type) {
    for (MPI_User_function_c_length i = 0; i < *length; i++)
        ((int *)inout)[i] += 2 * ((int *)in)[i];
}

static void point_to_point(void) {
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks;
    MPI_Status status;
    MPI_Count count;
    MPI_Request requests[2];
    fill(1);
    MPI_Irecv_c(got, 5, MPI_INT, before, 7, world, &requests[0]);
    MPI_Send_c(sent, 5, MPI_INT, next, 7, world);
    MPI_Wait(&requests[0], &status);
    MPI_Get_count_c(&status, MPI_INT, &count);
    report("received %d from %d with tag %d", (int)count, status.MPI_SOURCE, status.MPI_TAG);
    report_ints("send", got, 6);

    fill(2);
    MPI_Sendrecv_c(sent, 3, MPI_INT, next, 8, got, 9, MPI_INT, before, 8, world, &status);
    MPI_Get_count_c(&status, MPI_INT, &count);
    report("sendrecv of %d", (int)count);
    report_ints("sendrecv", got, 4);
    MPI_Sendrecv_replace_c(sent, 4, MPI_INT, next, 9, before, 9, world, &status);
    report_ints("sendrecv_replace", sent, 5);

    fill(3);
    MPI_Send_init_c(sent, 2, MPI_INT, next, 10, world, &requests[0]);
    MPI_Recv_init_c(got, 2, MPI_INT, before, 10, world, &requests[1]);
    for (int i = 0; i < 2; i++) {
        sent[0] = 50 + i + rank;
        MPI_Startall(2, requests);
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
        report_ints("persistent", got, 3);
    }
    MPI_Request_free(&requests[0]);
    MPI_Request_free(&requests[1]);

    fill(4);
    MPI_Message message;
    MPI_Isend_c(sent, 6, MPI_INT, next, 11, world, &requests[0]);
    MPI_Mprobe(before, 11, world, &message, &status);
    MPI_Mrecv_c(got, 6, MPI_INT, &message, &status);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    report_ints("mrecv", got, 7);
    MPI_Isend_c(sent + 1, 6, MPI_INT, next, 12, world, &requests[0]);
    MPI_Mprobe(before, 12, world, &message, &status);
    MPI_Imrecv_c(got, 6, MPI_INT, &message, &requests[1]);
    MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
    report_ints("imrecv", got, 7);
}

static void collectives(void) {
    MPI_Count counts[MOST], others[MOST];
    MPI_Aint displacements[MOST], bytes[MOST];
    MPI_Datatype types[MOST];
    int total = ranks * (ranks + 1) / 2;
    for (int i = 0; i < ranks; i++) {
        counts[i] = i + 1;
        displacements[i] = i * (i + 1) / 2;
        others[i] = rank + 1;
        bytes[i] = 4 * i * (rank + 1);
        types[i] = MPI_INT;
    }
    fill(1);
    MPI_Bcast_c(rank == 0 ? sent : got, 3, MPI_INT, 0, world);
    report_ints("bcast", rank == 0 ? sent : got, 4);
    MPI_Gather_c(sent, 2, MPI_INT, got, 2, MPI_INT, ranks - 1, world);
    report_ints("gather", got, 2 * ranks);
    fill(2);
    MPI_Gatherv_c(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, 0, world);
    report_ints("gatherv", got, total);
    MPI_Scatterv_c(sent, counts, displacements, MPI_INT, got, rank + 1, MPI_INT, 0, world);
    report_ints("scatterv", got, rank + 1);
    fill(3);
    MPI_Allgatherv_c(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, world);
    report_ints("allgatherv", got, total);
    fill(4);
    MPI_Request request;
    MPI_Iallgatherv_c(sent, rank + 1, MPI_INT, got, counts, displacements, MPI_INT, world,
                      &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("iallgatherv", got, total);
    MPI_Alltoall_c(sent, 2, MPI_INT, got, 2, MPI_INT, world);
    report_ints("alltoall", got, 2 * ranks);
    fill(5);
    /* Rank r sends s + 1 items to s. */
    MPI_Aint in[MOST];
    for (int i = 0; i < ranks; i++)
        in[i] = i * (rank + 1);
    MPI_Alltoallv_c(sent, counts, displacements, MPI_INT, got, others, in, MPI_INT, world);
    report_ints("alltoallv", got, ranks * (rank + 1));
    fill(6);
    MPI_Aint out[MOST];
    for (int i = 0; i < ranks; i++)
        out[i] = 4 * displacements[i];
    MPI_Alltoallw_c(sent, counts, out, types, got, others, bytes, types, world);
    report_ints("alltoallw", got, ranks * (rank + 1));

    fill(7);
    MPI_Op op;
    MPI_Op_create_c(add_twice, 0, &op);
    MPI_Allreduce_c(sent, got, 3, MPI_INT, MPI_SUM, world);
    report_ints("allreduce", got, 4);
    MPI_Reduce_c(sent, got, 3, MPI_INT, op, 0, world);
    report_ints("reduce, own operator", got, rank == 0 ? 4 : 0);
    MPI_Iallreduce_c(sent, got, 2, MPI_INT, op, world, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("iallreduce, own operator", got, 2);
    MPI_Reduce_scatter_c(sent, got, counts, MPI_INT, MPI_SUM, world);
    report_ints("reduce_scatter", got, rank + 1);
    MPI_Reduce_scatter_block_c(sent, got, 2, MPI_INT, MPI_MAX, world);
    report_ints("reduce_scatter_block", got, 2);
    MPI_Scan_c(MPI_IN_PLACE, sent, 3, MPI_INT, MPI_SUM, world);
    report_ints("scan in place", sent, 4);
    fill(8);
    got[0] = got[1] = 3;
    MPI_Reduce_local_c(sent, got, 2, MPI_INT, op);
    report_ints("reduce_local", got, 3);
    MPI_Op_free(&op);
    MPI_Allreduce_init_c(sent, got, 3, MPI_INT, MPI_SUM, world, MPI_INFO_NULL, &request);
    for (int i = 0; i < 2; i++) {
        sent[0] = 10 * i + rank;
        MPI_Start(&request);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        report_ints("allreduce_init", got, 3);
    }
    MPI_Request_free(&request);

    if (ranks == 1) return; /* whether a process is its own left or right neighbour differs */
    MPI_Comm ring;
    int periodic = 1;
    MPI_Cart_create(world, 1, &ranks, &periodic, 0, &ring);
    MPI_Count pair[] = {2, 2};
    MPI_Aint from[] = {0, 16}, into[] = {0, 20};
    MPI_Datatype two[] = {MPI_INT, MPI_INT};
    fill(9);
    MPI_Neighbor_alltoallw_c(sent, pair, from, two, got, pair, into, two, ring);
    report_ints("neighbor_alltoallw", got, 8);
    MPI_Comm_free(&ring);
}

static void one_sided(void) {
    static int memory[ROOM];
    MPI_Win win;
    int next = (rank + 1) % ranks;
    for (int i = 0; i < ROOM; i++)
        memory[i] = 7 * rank + i;
    fill(1);
    MPI_Win_create_c(memory, sizeof memory, 4, MPI_INFO_NULL, world, &win);
    MPI_Win_fence(0, win);
    MPI_Put_c(sent, 4, MPI_INT, next, 2, 4, MPI_INT, win);
    MPI_Win_fence(0, win);
    report_ints("put", memory, 8);
    MPI_Get_c(got, 3, MPI_INT, next, 3, 3, MPI_INT, win);
    MPI_Accumulate_c(sent, 2, MPI_INT, next, 10, 2, MPI_INT, MPI_SUM, win);
    MPI_Win_fence(0, win);
    report_ints("get", got, 4);
    report_ints("accumulate", memory + 9, 4);
    MPI_Get_accumulate_c(sent, 2, MPI_INT, got, 2, MPI_INT, next, 20, 2, MPI_INT, MPI_SUM, win);
    MPI_Win_fence(0, win);
    report_ints("get_accumulate", got, 3);
    report_ints("get_accumulate at the target", memory + 19, 4);
    MPI_Win_free(&win);
}

static void packing(void) {
    char packed[64];
    MPI_Count position = 0, size;
    fill(1);
    MPI_Pack_size_c(3, MPI_INT, world, &size);
    MPI_Pack_c(sent, 3, MPI_INT, packed, sizeof packed, &position, world);
    report("packed %d of %d", (int)position, (int)size);
    MPI_Pack_c(sent + 5, 1, MPI_INT, packed, sizeof packed, &position, world);
    size = position;
    position = 0;
    MPI_Unpack_c(packed, size, &position, got, 4, MPI_INT, world);
    report("unpacked %d", (int)position);
    report_ints("unpack", got, 5);
    MPI_Status status;
    int elements;
    memset(&status, 0, sizeof status);
    MPI_Status_set_elements_c(&status, MPI_INT, 12);
    MPI_Get_elements(&status, MPI_INT, &elements);
    report("elements set: %d", elements);
}

static void errors(void) {
    MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
    report("negative count: %s", class_name(MPI_Send_c(sent, -1, MPI_INT, 0, 1, world)));
    report("rank out of range: %s", class_name(MPI_Send_c(sent, 1, MPI_INT, ranks, 1, world)));
    report("to nobody: %s", class_name(MPI_Send_c(sent, 3, MPI_INT, MPI_PROC_NULL, 1, world)));
    MPI_Comm_set_errhandler(world, MPI_ERRORS_ARE_FATAL);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    world = MPI_COMM_WORLD;
    point_to_point();
    collectives();
    one_sided();
    packing();
    errors();
    finish();
    return 0;
}
