/* Programs that fail: argv[1] says how. The job has to end, with a message, on every rank. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank;

static void trapping(void *in, void *inout, int *length, MPI_Datatype *type) {
    volatile int *nowhere = (int *)0x7ffffff0;
    *(int *)inout = *nowhere;
}

static void exiting(void *in, void *inout, int *length, MPI_Datatype *type) {
    exit(3);
}

static void too_few(void *in, void *inout, int *length) {
}

__asm__(".tagtype __cpp_exception i32\n"
        ".globl __cpp_exception\n"
        "__cpp_exception:\n");

__attribute__((target("exception-handling"))) static void
throwing(void *in, void *inout, int *length, MPI_Datatype *type) {
    __builtin_wasm_throw(0, in);
}

__attribute__((target("exception-handling"))) static void throwing_handler(MPI_Comm *comm,
                                                                           int *code, ...) {
    __builtin_wasm_throw(0, comm);
}

static void reduce_with(MPI_User_function *function) {
    MPI_Op op;
    int value = rank, result;
    MPI_Op_create(function, 1, &op);
    MPI_Allreduce(&value, &result, 1, MPI_INT, op, MPI_COMM_WORLD);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const char *how = argv[1];
    int values[4] = {0}, ranks;
    double results[2];
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    int *counts = calloc((size_t)ranks, sizeof(int)), *displacements = calloc((size_t)ranks, 4);
    MPI_Comm inter;
    MPI_Datatype type, forged = (MPI_Datatype)0x12345678;
#define IS(name) (strcmp(how, name) == 0)
    if (IS("operator_trap"))
        reduce_with(trapping);
    else if (IS("operator_exit"))
        reduce_with(exiting);
    else if (IS("operator_throw"))
        reduce_with(throwing);
    else if (IS("handler_throw")) {
        MPI_Errhandler handler;
        MPI_Comm_create_errhandler(throwing_handler, &handler);
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, handler);
        MPI_Send(values, 1, MPI_INT, ranks, 0, MPI_COMM_WORLD);
    } else if (IS("operator_type"))
        reduce_with((MPI_User_function *)too_few);
    else if (IS("null_buffer"))
        MPI_Bcast(rank == ranks - 1 ? NULL : values, 4, MPI_INT, 0, MPI_COMM_WORLD);
    else if (IS("wild_buffer"))
        MPI_Allreduce(values, rank == 0 ? (void *)0xfffffff0 : results, 2, MPI_DOUBLE, MPI_SUM,
                      MPI_COMM_WORLD);
    else if (IS("long_buffer"))
        MPI_Gather(values, 4, MPI_INT, values, 1 << 29, MPI_INT, 0, MPI_COMM_WORLD);
    else if (IS("negative_count")) {
        counts[ranks - 1] = -1;
        MPI_Allgatherv(values, 0, MPI_INT, values, counts, displacements, MPI_INT, MPI_COMM_WORLD);
    } else if (IS("wild_displacement")) {
        counts[ranks - 1] = 1;
        displacements[ranks - 1] = 0x7fffffff;
        MPI_Alltoallv(values, counts, displacements, MPI_INT, values, counts, displacements,
                      MPI_INT, MPI_COMM_WORLD);
    } else if (IS("forged_type")) {
        MPI_Bcast(values, 1, forged, 0, MPI_COMM_WORLD);
    } else if (IS("freed_type")) {
        MPI_Type_contiguous(2, MPI_INT, &type);
        MPI_Type_commit(&type);
        forged = type;
        MPI_Type_free(&type);
        MPI_Bcast(values, 1, forged, 0, MPI_COMM_WORLD);
    } else if (IS("uncommitted_type")) {
        MPI_Type_contiguous(2, MPI_INT, &type);
        MPI_Bcast(values, 1, type, 0, MPI_COMM_WORLD);
    } else if (IS("spawn_denied")) {
        MPI_Comm_spawn("failing.wasm", MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &inter,
                       MPI_ERRCODES_IGNORE);
    } else if (IS("port_denied")) {
        char port[MPI_MAX_PORT_NAME];
        MPI_Open_port(MPI_INFO_NULL, port);
    } else if (IS("wrong_root")) {
        MPI_Bcast(values, 1, MPI_INT, ranks, MPI_COMM_WORLD);
    }
    /* Ranks that did not fail wait for those that did. */
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Finalize();
    puts("not reached");
    return 0;
}
