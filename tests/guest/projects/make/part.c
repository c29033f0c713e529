#include <math.h>
#include <mpi.h>

double sum_of_roots(MPI_Comm comm) {
    int rank;
    double root, sum;
    MPI_Comm_rank(comm, &rank);
    root = sqrt(rank + 1.0);
    MPI_Allreduce(&root, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
    return sum;
}
