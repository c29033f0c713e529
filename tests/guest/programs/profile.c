/* A profiling library in the manner of PMPI: counts calls of MPI_Comm_rank. */
#include <mpi.h>
#include <stdio.h>

static int calls;

int MPI_Comm_rank(MPI_Comm comm, int *rank) {
    calls++;
    return PMPI_Comm_rank(comm, rank);
}

int MPI_Finalize(void) {
    printf("MPI_Comm_rank was called %d times\n", calls);
    return PMPI_Finalize();
}
