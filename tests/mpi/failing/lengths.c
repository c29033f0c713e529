/* Messages that are longer than the receive, on two ranks, as ranks that disagree send them: with
 * --untrusted no byte goes beyond what a receive has room for, neither in the program's memory nor
 * in what the MPI library makes for its collectives. Argument: the value that Open MPI's
 * setting has to have; -1 for other MPIs. Exit code: the number of failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

enum { LONG = 1 << 20, SHORT = 10, BEHIND = LONG + (1 << 16) };

static char *room, *message;

/* Bytes beyond the first `length` that are no longer as they were. */
static void unharmed(const char *what, int length) {
    int changed = 0;
    for (int i = length; i < BEHIND; i++) {
        changed += room[i] != 0x55;
    }
    if (changed > 0) {
        failures++;
        fprintf(stderr, "rank %d: %s: %d bytes behind the buffer changed\n", rank, what, changed);
    }
    memset(room, 0x55, BEHIND);
}

static void messages(void) {
    MPI_Request request;
    if (rank == 0) {
        FAILS(MPI_ERR_TRUNCATE,
              MPI_Recv(room, SHORT, MPI_BYTE, 1, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
        unharmed("MPI_Recv", SHORT);
        MPI_Irecv(room, SHORT, MPI_BYTE, 1, 2, MPI_COMM_WORLD, &request);
        FAILS(MPI_ERR_TRUNCATE, MPI_Wait(&request, MPI_STATUS_IGNORE));
        unharmed("MPI_Irecv", SHORT);
    } else {
        MPI_Send(message, LONG, MPI_BYTE, 0, 1, MPI_COMM_WORLD);
        MPI_Ssend(message, LONG, MPI_BYTE, 0, 2, MPI_COMM_WORLD);
    }
    /* To oneself, by another transport. */
    MPI_Irecv(room, SHORT, MPI_BYTE, 0, 3, MPI_COMM_SELF, &request);
    MPI_Send(message, LONG, MPI_BYTE, 0, 3, MPI_COMM_SELF);
    FAILS(MPI_ERR_TRUNCATE, MPI_Wait(&request, MPI_STATUS_IGNORE));
    unharmed("a message to oneself", SHORT);
}

/* Rank 0 asks for less than rank 1 sends: into the program's buffer, and into one of the MPI
 * library's own. Whether that is an error is its decision. */
static void collectives(void) {
    for (int i = 0; i < 8; i++) {
        MPI_Bcast(rank == 0 ? room : message, rank == 0 ? SHORT : LONG, MPI_BYTE, 1,
                  MPI_COMM_WORLD);
        unharmed("MPI_Bcast", rank == 0 ? SHORT : 0);
        MPI_Reduce(message, room, rank == 0 ? SHORT : LONG, MPI_BYTE, MPI_BOR, 0, MPI_COMM_WORLD);
        unharmed("MPI_Reduce", rank == 0 ? SHORT : 0);
        /* What lay behind the library's buffer would be found damaged about now. */
        for (int size = 1; size < 1 << 16; size *= 2) {
            free(malloc((size_t)size));
        }
        MPI_Barrier(MPI_COMM_WORLD);
    }
}

/* The setting's value; -1: there is none of this name. */
static int setting(void) {
    int provided, index, count, value = -1;
    MPI_T_cvar_handle handle;
    if (MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) != MPI_SUCCESS) return -2;
    if (MPI_T_cvar_get_index("pml_ob1_max_rdma_per_request", &index) == MPI_SUCCESS &&
        MPI_T_cvar_handle_alloc(index, NULL, &handle, &count) == MPI_SUCCESS) {
        MPI_T_cvar_read(handle, &value);
        MPI_T_cvar_handle_free(&handle);
    }
    MPI_T_finalize();
    return value;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    int value = setting(), wanted = argc > 1 ? atoi(argv[1]) : -1;
    if (value != wanted) {
        failures++;
        fprintf(stderr, "rank %d: pml_ob1_max_rdma_per_request is %d, not %d\n", rank, value,
                wanted);
    }
    room = malloc(BEHIND);
    message = malloc(LONG);
    memset(room, 0x55, BEHIND);
    memset(message, rank + 1, LONG);
    if (value <= 0) messages();
    if (value == 0) collectives(); /* others may wait for each other, as they may in any MPI */
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && failures == 0) printf("all refused\n");
    MPI_Finalize();
    return failures != 0;
}
