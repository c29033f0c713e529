/* MPI_BOTTOM with absolute addresses, scattered over stack, data and heap. */
#include "report.h"

static double in_data[4];

int main(int argc, char **argv) {
    int on_stack[3] = {0}, *on_heap = malloc(5 * sizeof *on_heap);
    start(&argc, &argv);
    int lengths[3] = {3, 5, 4};
    MPI_Aint addresses[3];
    MPI_Datatype types[3] = {MPI_INT, MPI_INT, MPI_DOUBLE}, type, again;
    MPI_Get_address(on_stack, &addresses[0]);
    MPI_Get_address(on_heap, &addresses[1]);
    MPI_Get_address(in_data, &addresses[2]);
    MPI_Type_create_struct(3, lengths, addresses, types, &type);
    MPI_Type_commit(&type);
    MPI_Type_dup(type, &again);
    for (int i = 0; i < 5; i++)
        on_heap[i] = rank == 0 ? 10 + i : 0;
    for (int i = 0; i < 3; i++)
        on_stack[i] = rank == 0 ? 100 + i : 0;
    for (int i = 0; i < 4; i++)
        in_data[i] = rank == 0 ? 0.5 + i : 0;
    MPI_Bcast(MPI_BOTTOM, 1, type, 0, MPI_COMM_WORLD);
    report_ints("stack", on_stack, 3);
    report_ints("heap", on_heap, 5);
    report_doubles("data", in_data, 4);

    /* Around a ring, between absolute and relative descriptions. */
    int right = (rank + 1) % ranks, left = (rank + ranks - 1) % ranks;
    on_heap[0] = rank;
    in_data[3] = -rank;
    struct {
        int first[3], second[5];
        double third[4];
    } relative = {{0}, {rank, 1}, {0, 0, 0, -rank}};
    MPI_Datatype described;
    MPI_Aint offsets[3] = {0, 12, 32};
    MPI_Type_create_struct(3, lengths, offsets, types, &described);
    MPI_Type_commit(&described);
    MPI_Request request;
    MPI_Irecv(MPI_BOTTOM, 1, again, left, 3, MPI_COMM_WORLD, &request);
    MPI_Type_free(&again); /* the pending receive keeps it */
    MPI_Send(&relative, 1, described, right, 3, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Type_free(&described);
    report("from the left: %d %g", on_heap[0], in_data[3]);

    MPI_Aint difference = MPI_Aint_diff(addresses[1] + 8, addresses[1]);
    report("difference %d, sum right: %d", (int)difference,
           MPI_Aint_add(addresses[1], 4) == addresses[1] + 4);
    /* Every block of an all-to-all at an address of its own. */
    int *counts = calloc((size_t)ranks, sizeof(int)), *zeros = calloc((size_t)ranks, sizeof(int));
    int *from = calloc((size_t)ranks, sizeof(int)), *to = calloc((size_t)ranks, sizeof(int));
    MPI_Datatype *from_types = malloc((size_t)ranks * sizeof(MPI_Datatype)),
                 *to_types = malloc((size_t)ranks * sizeof(MPI_Datatype));
    for (int i = 0; i < ranks; i++) {
        int one = 1;
        MPI_Aint address;
        counts[i] = 1;
        from[i] = 100 * rank + i;
        MPI_Get_address(&from[i], &address);
        MPI_Type_create_hindexed(1, &one, &address, MPI_INT, &from_types[i]);
        MPI_Type_commit(&from_types[i]);
        MPI_Get_address(&to[i], &address);
        MPI_Type_create_hindexed(1, &one, &address, MPI_INT, &to_types[i]);
        MPI_Type_commit(&to_types[i]);
    }
    MPI_Alltoallw(MPI_BOTTOM, counts, zeros, from_types, MPI_BOTTOM, counts, zeros, to_types,
                  MPI_COMM_WORLD);
    report_ints("all to all", to, ranks);
    for (int i = 0; i < ranks; i++) {
        MPI_Type_free(&from_types[i]);
        MPI_Type_free(&to_types[i]);
    }
    MPI_Type_free(&type);
    finish();
    return 0;
}
