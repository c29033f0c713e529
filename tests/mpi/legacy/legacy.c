/*
 * legacy.c - every function that modules of the first MPIWasm import, with the numbers of their
 * header; prints what the native build prints.
 */
#include "legacy_mpi.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, size;

static void sizes(void) {
    static const struct {
        const char *name;
        MPI_Datatype type;
        int native; /* where the module's C differs from the host's: not compared */
    } rows[] = {
        {"INT8_T", MPI_INT8_T, 1},         {"INT16_T", MPI_INT16_T, 1},
        {"INT32_T", MPI_INT32_T, 1},       {"INT", MPI_INT, 1},
        {"INT64_T", MPI_INT64_T, 1},       {"UINT8_T", MPI_UINT8_T, 1},
        {"UINT16_T", MPI_UINT16_T, 1},     {"UINT32_T", MPI_UINT32_T, 1},
        {"UINT_T", MPI_UINT_T, 1},         {"UINT64_T", MPI_UINT64_T, 1},
        {"LONG_LONG", MPI_LONG_LONG, 1},   {"LONG_LONG_INT", MPI_LONG_LONG_INT, 1},
        {"FLOAT", MPI_FLOAT, 1},           {"DOUBLE", MPI_DOUBLE, 1},
        {"DOUBLE_INT", MPI_DOUBLE_INT, 1}, {"CHAR", MPI_CHAR, 1},
        {"C_BOOL", MPI_C_BOOL, 1},         {"BYTE", MPI_BYTE, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int bytes = -1;
        MPI_Type_size(rows[i].type, &bytes);
        if (rank == 0) printf("%s %d\n", rows[i].name, bytes);
    }
    int bytes = -1;
    MPI_Type_size(MPI_LONG, &bytes);
    if (rank == 0) printf("LONG is long: %d\n", bytes == (int)sizeof(long));
}

static void reductions(void) {
    static const struct {
        const char *name;
        MPI_Op op;
    } rows[] = {{"MAX", MPI_MAX},   {"MIN", MPI_MIN}, {"SUM", MPI_SUM},   {"PROD", MPI_PROD},
                {"LAND", MPI_LAND}, {"LOR", MPI_LOR}, {"BAND", MPI_BAND}, {"BOR", MPI_BOR}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int in = rank + 2, out = -1;
        MPI_Allreduce(&in, &out, 1, MPI_INT, rows[i].op, MPI_COMM_WORLD);
        if (rank == 0) printf("%s %d\n", rows[i].name, out);
        out = in;
        MPI_Reduce(rank == 0 ? MPI_IN_PLACE : &in, &out, 1, MPI_INT, rows[i].op, 0, MPI_COMM_WORLD);
        if (rank == 0) printf("%s in place %d\n", rows[i].name, out);
    }
    struct {
        double value;
        int at;
    } in = {(rank * 7) % 3, rank}, out;
    MPI_Allreduce(&in, &out, 1, MPI_DOUBLE_INT, MPI_MAXLOC, MPI_COMM_WORLD);
    if (rank == 0) printf("MAXLOC %g %d\n", out.value, out.at);
    MPI_Allreduce(&in, &out, 1, MPI_DOUBLE_INT, MPI_MINLOC, MPI_COMM_WORLD);
    if (rank == 0) printf("MINLOC %g %d\n", out.value, out.at);
    long wide = rank + 1, sum = 0;
    MPI_Allreduce(&wide, &sum, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0) printf("sum of longs %ld\n", sum);
}

static int wrong_type;

static void add_cubes(void *in, void *inout, int *count, MPI_Datatype *type) {
    if (*type != MPI_DOUBLE) wrong_type = 1;
    for (int i = 0; i < *count; i++)
        ((double *)inout)[i] += ((double *)in)[i] * 3;
}

static void own_operator(void) {
    double in[3] = {rank, 1, rank * rank}, out[3] = {0};
    MPI_Op op = MPI_OP_NULL;
    MPI_Op_create(add_cubes, 1, &op);
    MPI_Reduce(in, out, 3, MPI_DOUBLE, op, 0, MPI_COMM_WORLD);
    int wrong = 0;
    MPI_Allreduce(&wrong_type, &wrong, 1, MPI_INT, MPI_LOR, MPI_COMM_WORLD);
    if (rank == 0) printf("operator saw its datatype: %d\n", !wrong);
}

static void messages(void) {
    int right = (rank + 1) % size, left = (rank + size - 1) % size;
    int64_t out[5] = {rank, 1, 2, 3, 4}, in[8] = {0};
    MPI_Status status, statuses[2];
    MPI_Request requests[2];
    int count = -1, other = -1;

    MPI_Sendrecv(out, 5, MPI_INT64_T, right, 17, in, 8, MPI_INT64_T, left, MPI_ANY_TAG,
                 MPI_COMM_WORLD, &status);
    MPI_Get_count(&status, MPI_INT64_T, &count);
    MPI_Get_count(&status, MPI_DOUBLE_INT, &other);
    printf("%d: from %d tag %d count %d, %d; %d\n", rank, status.MPI_SOURCE, status.MPI_TAG, count,
           other == MPI_UNDEFINED, (int)in[0]);
    fflush(stdout);

    MPI_Irecv(in, 8, MPI_INT64_T, MPI_ANY_SOURCE, 3, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out, 2, MPI_INT64_T, right, 3, MPI_COMM_WORLD, &requests[1]);
    MPI_Waitall(2, requests, statuses);
    MPI_Get_count(&statuses[0], MPI_BYTE, &count);
    printf("%d: waitall from %d bytes %d\n", rank, statuses[0].MPI_SOURCE, count);
    fflush(stdout);

    MPI_Irecv(in, 1, MPI_INT64_T, left, 4, MPI_COMM_WORLD, &requests[0]);
    MPI_Isend(out, 1, MPI_INT64_T, right, 4, MPI_COMM_WORLD, &requests[1]);
    MPI_Wait(&requests[0], &status);
    MPI_Wait(&requests[1], MPI_STATUS_IGNORE);
    printf("%d: wait from %d tag %d\n", rank, status.MPI_SOURCE, status.MPI_TAG);
    fflush(stdout);

    if (size > 1 && rank == 0) MPI_Send(out, 3, MPI_INT64_T, 1, 5, MPI_COMM_WORLD);
    if (rank == 1) {
        MPI_Recv(in, 8, MPI_INT64_T, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
        MPI_Get_count(&status, MPI_INT64_T, &count);
        printf("1: received %d with tag %d\n", count, status.MPI_TAG);
        fflush(stdout);
    }
}

static void collectives(void) {
    int *all = calloc((size_t)size, sizeof *all), *back = calloc((size_t)size, sizeof *back);
    int *ones = calloc((size_t)size, sizeof *ones), *places = calloc((size_t)size, sizeof *places);
    int mine = rank * rank + 1, sum = 0, one = rank;
    for (int i = 0; i < size; i++) {
        ones[i] = 1;
        places[i] = i;
    }
    MPI_Allgather(&mine, 1, MPI_INT, all, 1, MPI_INT, MPI_COMM_WORLD);
    for (int i = 0; i < size; i++)
        sum += all[i];
    MPI_Alltoall(all, 1, MPI_INT, back, 1, MPI_INT, MPI_COMM_WORLD);
    sum += back[size - 1];
    MPI_Alltoallv(back, ones, places, MPI_INT, all, ones, places, MPI_INT, MPI_COMM_WORLD);
    sum += all[0];
    MPI_Gather(&sum, 1, MPI_INT, all, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Scatter(all, 1, MPI_INT, &one, 1, MPI_INT, 0, MPI_COMM_WORLD);
    MPI_Bcast(&mine, 1, MPI_INT, size - 1, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    printf("%d: %d %d %d\n", rank, sum, one, mine);
    fflush(stdout);
    free(all), free(back), free(ones), free(places);
}

static void communicators(void) {
    MPI_Comm half = MPI_COMM_NULL, none = MPI_COMM_WORLD, first = MPI_COMM_NULL;
    MPI_Group world, low;
    int within = -1, relation = -1, same = -1, ranges[1][3] = {{0, (size - 1) / 2, 1}};
    MPI_Comm_split(MPI_COMM_WORLD, rank % 2, -rank, &half);
    MPI_Comm_rank(half, &within);
    MPI_Comm_compare(MPI_COMM_WORLD, half, &relation);
    MPI_Comm_compare(MPI_COMM_SELF, MPI_COMM_SELF, &same);
    MPI_Comm_split(MPI_COMM_WORLD, MPI_UNDEFINED, 0, &none);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_range_incl(world, 1, ranges, &low);
    MPI_Comm_create(MPI_COMM_WORLD, low, &first);
    int last = size - 1, in_low = 0;
    MPI_Group_translate_ranks(world, 1, &last, low, &in_low);
    printf("%d: %d, none %d, first %d, ident %d, similar or unequal %d, outside %d\n", rank, within,
           none == MPI_COMM_NULL, first != MPI_COMM_NULL, same == MPI_IDENT,
           relation == MPI_SIMILAR || relation == MPI_UNEQUAL || relation == MPI_CONGRUENT,
           in_low == MPI_UNDEFINED);
    fflush(stdout);
    if (first != MPI_COMM_NULL) MPI_Comm_free(&first);
    MPI_Comm_free(&half);
    MPI_Group_free(&low);
    MPI_Group_free(&world);
    printf("%d: freed %d %d\n", rank, half == MPI_COMM_NULL, first == MPI_COMM_NULL);
    fflush(stdout);
}

int main(int argc, char **argv) {
    int before = -1, after = -1;
    MPI_Initialized(&before);
    MPI_Init(&argc, &argv);
    MPI_Initialized(&after);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    double start = MPI_Wtime();
    sizes();
    reductions();
    own_operator();
    messages();
    collectives();
    communicators();
    char *memory = NULL;
    MPI_Alloc_mem(1000, MPI_INFO_NULL, &memory);
    memset(memory, 1, 1000);
    MPI_Free_mem(memory);
    if (rank == 0) printf("%d %d, time passes: %d\n", before, after, MPI_Wtime() >= start);
    MPI_Finalize();
    return 0;
}
