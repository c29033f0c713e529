/* Sends to itself: 3 + 2 messages that the tool beside is to count, and 4 between that it is not.
 */
#include <mpi.h>

static void send(int messages, int count) {
    int values[64] = {0}, got[64], rank;
    MPI_Request request;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int i = 0; i < messages; i++) {
        MPI_Irecv(got, count, MPI_INT, rank, 1, MPI_COMM_WORLD, &request);
        MPI_Send(values, count, MPI_INT, rank, 1, MPI_COMM_WORLD);
        MPI_Wait(&request, MPI_STATUS_IGNORE);
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    send(3, 10);
    MPI_Pcontrol(0);
    send(4, 64);
    MPI_Pcontrol(2, "with", 1.5, "more");
    send(2, 1);
    MPI_Finalize();
    return 0;
}
