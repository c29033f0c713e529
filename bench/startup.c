/* startup.c - a small MPI program, for the size of what is shipped. */
#include <mpi.h>
#include <stdio.h>

int main(int argument_count, char **arguments) {
    int rank, size;
    MPI_Init(&argument_count, &arguments);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    printf("rank %d of %d\n", rank, size);
    MPI_Finalize();
    return 0;
}
