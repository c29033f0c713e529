/*
 * What a broken or hostile program does with large counts, partitions, buffers and sessions, on two
 * ranks: each call has to be refused with an error of the right class, and what follows works.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, ranks, failures;
static MPI_Comm world;

static void refuse(const char *what, int code, int expected) {
    int error_class = MPI_SUCCESS;
    if (code != MPI_SUCCESS) MPI_Error_class(code, &error_class);
    if (error_class != expected) {
        printf("[%d] %s: class %d, not %d\n", rank, what, error_class, expected);
        failures++;
    }
}

static int data[64];
static void *const wild = (void *)0xfffffff0;
static const MPI_Count huge = INT64_C(1) << 61;

static void large_counts(void) {
    MPI_Count counts[2] = {huge, huge}, most[2] = {INT64_MAX, INT64_MAX}, one[2] = {1, 1},
              none[2] = {0, 0}, position = -1;
    MPI_Aint displacements[2] = {0, 0}, far[2] = {0, 0x7fffffff};
    MPI_Datatype types[2] = {MPI_INT, MPI_INT}, type;
    MPI_Request request;
    MPI_Status status;
    refuse("Send_c", MPI_Send_c(data, huge, MPI_INT, 0, 1, world), MPI_ERR_BUFFER);
    refuse("Send_c, largest", MPI_Send_c(data, INT64_MAX, MPI_INT, 0, 1, world), MPI_ERR_BUFFER);
    refuse("Send_c, negative", MPI_Send_c(data, INT64_MIN, MPI_INT, 0, 1, world), MPI_ERR_COUNT);
    refuse("Irecv_c", MPI_Irecv_c(data, INT64_C(1) << 32, MPI_CHAR, 0, 1, world, &request),
           MPI_ERR_BUFFER);
    refuse("Isendrecv_c",
           MPI_Isendrecv_c(data, 1, MPI_INT, 0, 1, data, huge, MPI_INT, 0, 1, world, &request),
           MPI_ERR_BUFFER);
    refuse("Bcast_c", MPI_Bcast_c(data, huge, MPI_INT, 0, world), MPI_ERR_BUFFER);
    refuse("Allgather_c", MPI_Allgather_c(data, 1, MPI_INT, data, INT64_MAX, MPI_INT, world),
           MPI_ERR_COUNT);
    refuse("Allgatherv_c",
           MPI_Allgatherv_c(data, 1, MPI_INT, data, counts, displacements, MPI_INT, world),
           MPI_ERR_BUFFER);
    refuse("Alltoallv_c, displacement",
           MPI_Alltoallv_c(data, one, far, MPI_INT, data, one, displacements, MPI_INT, world),
           MPI_ERR_BUFFER);
    refuse(
        "Alltoallw_c",
        MPI_Alltoallw_c(data, one, displacements, types, data, counts, displacements, types, world),
        MPI_ERR_BUFFER);
    refuse("Alltoallw_c, counts",
           MPI_Alltoallw_c(data, wild, displacements, types, data, counts, displacements, types,
                           world),
           MPI_ERR_ARG);
    refuse("Allreduce_c", MPI_Allreduce_c(data, data + 32, huge, MPI_INT, MPI_SUM, world),
           MPI_ERR_BUFFER);
    refuse("Reduce_scatter_c", MPI_Reduce_scatter_c(data, data, most, MPI_INT, MPI_SUM, world),
           MPI_ERR_COUNT);
    refuse("Reduce_scatter_block_c",
           MPI_Reduce_scatter_block_c(data, data, INT64_MAX, MPI_INT, MPI_SUM, world),
           MPI_ERR_COUNT);
    refuse("Reduce_local_c", MPI_Reduce_local_c(data, data, huge, MPI_INT, MPI_SUM),
           MPI_ERR_BUFFER);
    refuse("Pack_c, size", MPI_Pack_c(data, 1, MPI_INT, data, huge, &(MPI_Count){0}, world),
           MPI_ERR_BUFFER);
    refuse("Pack_c, position", MPI_Pack_c(data, 1, MPI_INT, data, 64, &position, world),
           MPI_ERR_ARG);
    refuse("Unpack_c", MPI_Unpack_c(data, 4, &(MPI_Count){0}, data, 2, MPI_INT, world),
           MPI_ERR_TRUNCATE);
    refuse("Status_set_elements_c", MPI_Status_set_elements_c(&status, MPI_INT, INT64_MAX),
           MPI_ERR_COUNT);

    refuse("contiguous", MPI_Type_contiguous_c(INT64_MAX, MPI_DOUBLE, &type), MPI_ERR_COUNT);
    refuse("contiguous, negative", MPI_Type_contiguous_c(-1, MPI_INT, &type), MPI_ERR_COUNT);
    refuse("vector", MPI_Type_vector_c(2, 1, INT64_MAX, MPI_INT, &type), MPI_ERR_ARG);
    refuse("hvector", MPI_Type_create_hvector_c(INT64_MAX, 1, 8, MPI_INT, &type), MPI_ERR_COUNT);
    refuse("indexed", MPI_Type_indexed_c(huge, counts, counts, MPI_INT, &type), MPI_ERR_ARG);
    refuse("indexed, lengths", MPI_Type_indexed_c(2, counts, none, MPI_INT, &type), MPI_ERR_COUNT);
    refuse("hindexed, wild", MPI_Type_create_hindexed_c(2, wild, counts, MPI_INT, &type),
           MPI_ERR_ARG);
    refuse("struct", MPI_Type_create_struct_c(2, one, most, types, &type), MPI_ERR_ARG);
    refuse("subarray", MPI_Type_create_subarray_c(2, most, one, one, MPI_ORDER_C, MPI_INT, &type),
           MPI_ERR_ARG);
}

static void partitions(void) {
    MPI_Request request, other;
    MPI_Info none = MPI_INFO_NULL;
    int flag, index, list[] = {0, 7}, peer = 1 - rank;
    refuse("-1 partitions", MPI_Psend_init(data, -1, 1, MPI_INT, peer, 1, world, none, &request),
           MPI_ERR_ARG);
    refuse("beyond memory",
           MPI_Psend_init(data, 0x7fffffff, 0x7fffffff, MPI_INT, peer, 1, world, none, &request),
           MPI_ERR_BUFFER);
    refuse("overflow", MPI_Psend_init_c(data, 16, huge, MPI_INT, peer, 1, world, none, &request),
           MPI_ERR_COUNT);
    refuse("any source",
           MPI_Precv_init(data, 1, 1, MPI_INT, MPI_ANY_SOURCE, 1, world, none, &request),
           MPI_ERR_RANK);
    MPI_Psend_init(data, 4, 4, MPI_INT, peer, 1, world, none, &request);
    MPI_Precv_init(data + 16, 4, 4, MPI_INT, peer, 1, world, none, &other);
    refuse("not active", MPI_Pready(0, request), MPI_ERR_REQUEST);
    MPI_Start(&request);
    MPI_Start(&other);
    refuse("started twice", MPI_Start(&request), MPI_ERR_REQUEST);
    refuse("ready on a receive", MPI_Pready(0, other), MPI_ERR_REQUEST);
    refuse("partition 4", MPI_Pready(4, request), MPI_ERR_ARG);
    refuse("partition -1", MPI_Pready(-1, request), MPI_ERR_ARG);
    refuse("range", MPI_Pready_range(2, 1, request), MPI_ERR_ARG);
    refuse("long range", MPI_Pready_range(0, 0x7fffffff, request), MPI_ERR_ARG);
    refuse("list", MPI_Pready_list(2, list, request), MPI_ERR_ARG); /* its first one is ready */
    refuse("wild list", MPI_Pready_list(2, wild, request), MPI_ERR_ARG);
    refuse("ready twice", MPI_Pready(0, request), MPI_ERR_ARG);
    refuse("arrived on a send", MPI_Parrived(request, 0, &flag), MPI_ERR_REQUEST);
    refuse("arrived, partition 4", MPI_Parrived(other, 4, &flag), MPI_ERR_ARG);
    refuse("waiting in vain", MPI_Wait(&request, MPI_STATUS_IGNORE), MPI_ERR_REQUEST);
    refuse("waiting for all in vain", MPI_Waitall(1, &request, MPI_STATUSES_IGNORE),
           MPI_ERR_REQUEST);
    refuse("waiting for any in vain", MPI_Waitany(1, &request, &index, MPI_STATUS_IGNORE),
           MPI_ERR_REQUEST);
    refuse("cancelled", MPI_Cancel(&request), MPI_ERR_REQUEST);
    MPI_Testany(1, &request, &index, &flag, MPI_STATUS_IGNORE);
    refuse("any is not complete", flag ? MPI_ERR_OTHER : MPI_SUCCESS, MPI_SUCCESS);
    MPI_Pready_range(1, 3, request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Wait(&other, MPI_STATUS_IGNORE);
    MPI_Request_free(&request);
    MPI_Request_free(&other);
    refuse("freed", MPI_Pready(0, request), MPI_ERR_REQUEST);
}

/* Requests that are none of a send or receive; some MPIs wait for a lock of their own then. */
static void cancelling(void) {
    MPI_Comm comm;
    MPI_Request request;
    MPI_Comm_idup(world, &comm, &request);
    refuse("cancelled duplication", MPI_Cancel(&request), MPI_ERR_REQUEST);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Comm_free(&comm);
    MPI_Ibarrier(world, &request);
    refuse("cancelled barrier", MPI_Cancel(&request), MPI_ERR_REQUEST);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Irecv(data, 1, MPI_INT, rank, 77, world, &request);
    refuse("cancelled receive", MPI_Cancel(&request), MPI_SUCCESS);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

/* More neighbours than processes: some MPIs take their number for that of the datatypes. */
static void many_neighbours(void) {
    int dims[3] = {2, 1, 1}, periods[3] = {1, 1, 1}, counts[2] = {1, 1}, displacements[2] = {0, 8};
    MPI_Comm cart;
    MPI_Datatype pair, types[2];
    MPI_Request request;
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_commit(&pair);
    types[0] = types[1] = pair;
    MPI_Cart_create(world, 3, dims, periods, 0, &cart);
    for (int i = 0; i < 100; i++) {
        refuse("Ialltoallw",
               MPI_Ialltoallw(data, counts, displacements, types, data + 32, counts, displacements,
                              types, cart, &request),
               MPI_SUCCESS);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    }
    MPI_Type_free(&pair);
    MPI_Comm_free(&cart);
}

static void buffers(void) {
    void *back;
    int size;
    refuse("attached beyond memory", MPI_Buffer_attach(wild, 64), MPI_ERR_ARG);
    refuse("negative size", MPI_Buffer_attach(data, -1), MPI_ERR_ARG);
    refuse("huge size", MPI_Comm_attach_buffer_c(world, data, huge), MPI_ERR_ARG);
    MPI_Buffer_attach(data, sizeof data);
    refuse("too large", MPI_Bsend(data, 60, MPI_INT, rank, 1, world), MPI_ERR_BUFFER);
    refuse("wild address of the result", MPI_Buffer_detach(wild, &size), MPI_ERR_ARG);
    MPI_Buffer_detach(&back, &size);
    refuse("detached", MPI_Buffer_detach(&back, &size), MPI_ERR_BUFFER);
}

static void sessions(void) {
    MPI_Session session, old, forged = (MPI_Session)0x5a000001;
    MPI_Group group;
    MPI_Comm comm;
    MPI_Info info;
    int length = 0x7fffffff, n;
    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
    refuse("forged", MPI_Session_get_num_psets(forged, MPI_INFO_NULL, &n), MPI_ERR_SESSION);
    refuse("set -1", MPI_Session_get_nth_pset(session, MPI_INFO_NULL, -1, &length, (char *)data),
           MPI_ERR_ARG);
    refuse("wild name", MPI_Session_get_nth_pset(session, MPI_INFO_NULL, 0, &length, wild),
           MPI_ERR_ARG);
    refuse("wild set", MPI_Group_from_session_pset(session, wild, &group), MPI_ERR_ARG);
    refuse("unknown set", MPI_Session_get_pset_info(session, "mpi://MARS", &info), MPI_ERR_ARG);
    MPI_Group_from_session_pset(session, "mpi://WORLD", &group);
    refuse("wild tag",
           MPI_Comm_create_from_group(group, wild, MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm),
           MPI_ERR_ARG);
    refuse("leader 2",
           MPI_Intercomm_create_from_groups(group, 2, group, 0, "tag", MPI_INFO_NULL,
                                            MPI_ERRORS_RETURN, &comm),
           MPI_ERR_ARG);
    MPI_Group_free(&group);
    old = session;
    MPI_Session_finalize(&session);
    refuse("finalized", MPI_Session_finalize(&old), MPI_ERR_SESSION);
    refuse("null", MPI_Session_finalize(&session), MPI_ERR_SESSION);
}

/* Weights that are not there. */
static void graphs(void) {
    int one[1] = {0}, degree[1] = {1};
    MPI_Comm graph;
    int dims[3] = {0, 1, 0}; /* of a prime, near to where an int ends */
    if (MPI_Dims_create(2147483647, 3, dims) != MPI_SUCCESS || dims[0] != 2147483647 ||
        dims[1] != 1 || dims[2] != 1) {
        printf("[%d] MPI_Dims_create: %d x %d x %d\n", rank, dims[0], dims[1], dims[2]);
        failures++;
    }
    refuse("weights of nothing, in",
           MPI_Dist_graph_create_adjacent(world, 1, one, MPI_WEIGHTS_EMPTY, 1, one, one,
                                          MPI_INFO_NULL, 0, &graph),
           MPI_ERR_ARG);
    refuse("weights of nothing, out",
           MPI_Dist_graph_create_adjacent(world, 1, one, one, 1, one, MPI_WEIGHTS_EMPTY,
                                          MPI_INFO_NULL, 0, &graph),
           MPI_ERR_ARG);
    refuse("half of the weights",
           MPI_Dist_graph_create_adjacent(world, 1, one, MPI_UNWEIGHTED, 1, one, one, MPI_INFO_NULL,
                                          0, &graph),
           MPI_ERR_ARG);
    refuse("weights of nothing",
           MPI_Dist_graph_create(world, 1, one, degree, one, MPI_WEIGHTS_EMPTY, MPI_INFO_NULL, 0,
                                 &graph),
           MPI_ERR_ARG);
    if (MPI_Dist_graph_create_adjacent(world, 0, one, MPI_WEIGHTS_EMPTY, 0, one, MPI_WEIGHTS_EMPTY,
                                       MPI_INFO_NULL, 0, &graph) == MPI_SUCCESS) {
        MPI_Comm_free(&graph);
    } else {
        failures++;
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    world = MPI_COMM_WORLD;
    MPI_Comm_rank(world, &rank);
    MPI_Comm_size(world, &ranks);
    MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
    large_counts();
    partitions();
    cancelling();
    many_neighbours();
    buffers();
    sessions();
    graphs();
    int all;
    MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, world);
    if (rank == 0 && all == 0) puts("all refused");
    MPI_Finalize();
    return all != 0;
}
