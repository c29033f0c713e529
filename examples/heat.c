/*
 * heat.c - Jacobi's method on a square grid, split over a two-dimensional process grid.
 *
 *     heat [CELLS] [SWEEPS]
 *
 * A Cartesian communicator finds the neighbours, derived datatypes describe the rows and columns of
 * the halo.  The start, sin(pi x) sin(pi y) with zero around it, is an eigenvector of the sweep:
 * each sweep multiplies it by cos(pi h), so the right answer is known for any number of sweeps.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

struct block {
    int rows, columns;           /* of this rank, without the halo */
    int first_row, first_column; /* in the whole grid, from 1: 0 is the boundary */
    int stride;                  /* doubles from one row to the next */
};

/* The share of `index` when `total` is cut into `parts` as evenly as can be. */
static void split(int total, int parts, int index, int *first, int *count) {
    int base = total / parts, rest = total % parts;
    *count = base + (index < rest);
    *first = index * base + (index < rest ? index : rest);
}

static void sweep(const struct block *block, const double *restrict from, double *restrict to) {
    int stride = block->stride;
    for (int i = 1; i <= block->rows; i++) {
        const double *row = from + i * stride;
        double *out = to + i * stride;
        for (int j = 1; j <= block->columns; j++)
            out[j] = 0.25 * (row[j - stride] + row[j + stride] + row[j - 1] + row[j + 1]);
    }
}

static void exchange_halo(double *grid, const struct block *block, MPI_Comm comm, MPI_Datatype row,
                          MPI_Datatype column) {
    int up, down, left, right, stride = block->stride;
    MPI_Cart_shift(comm, 0, 1, &up, &down);
    MPI_Cart_shift(comm, 1, 1, &left, &right);
    double *first = grid + stride + 1;
    double *last_row = first + (block->rows - 1) * stride;
    double *last_column = first + block->columns - 1;
    MPI_Request requests[8];
    MPI_Irecv(first - stride, 1, row, up, 0, comm, &requests[0]);
    MPI_Irecv(last_row + stride, 1, row, down, 1, comm, &requests[1]);
    MPI_Irecv(first - 1, 1, column, left, 2, comm, &requests[2]);
    MPI_Irecv(last_column + 1, 1, column, right, 3, comm, &requests[3]);
    MPI_Isend(last_row, 1, row, down, 0, comm, &requests[4]);
    MPI_Isend(first, 1, row, up, 1, comm, &requests[5]);
    MPI_Isend(last_column, 1, column, right, 2, comm, &requests[6]);
    MPI_Isend(first, 1, column, left, 3, comm, &requests[7]);
    MPI_Waitall(8, requests, MPI_STATUSES_IGNORE);
}

static double initial(const struct block *block, int cells, int i, int j) {
    double h = 1.0 / (cells + 1);
    return sin(pi * h * (block->first_row + i)) * sin(pi * h * (block->first_column + j));
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int cells = argc > 1 ? atoi(argv[1]) : 1024;
    int sweeps = argc > 2 ? atoi(argv[2]) : 300;

    int size, rank, dims[2] = {0, 0}, periods[2] = {0, 0}, coords[2];
    MPI_Comm comm;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Dims_create(size, 2, dims);
    if (cells < dims[0] || sweeps < 1) {
        fprintf(stderr, "heat: need at least %d cells and one sweep\n", dims[0]);
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 1, &comm);
    MPI_Comm_rank(comm, &rank);
    MPI_Cart_coords(comm, rank, 2, coords);

    struct block block;
    split(cells, dims[0], coords[0], &block.first_row, &block.rows);
    split(cells, dims[1], coords[1], &block.first_column, &block.columns);
    block.stride = block.columns + 2;
    size_t total = (size_t)(block.rows + 2) * (size_t)block.stride;
    double *now = calloc(total, sizeof *now), *next = calloc(total, sizeof *next);
    if (!now || !next) MPI_Abort(MPI_COMM_WORLD, 2);
    for (int i = 1; i <= block.rows; i++)
        for (int j = 1; j <= block.columns; j++)
            now[i * block.stride + j] = initial(&block, cells, i, j);

    MPI_Datatype row, column;
    MPI_Type_contiguous(block.columns, MPI_DOUBLE, &row);
    MPI_Type_vector(block.rows, 1, block.stride, MPI_DOUBLE, &column);
    MPI_Type_commit(&row);
    MPI_Type_commit(&column);

    MPI_Barrier(comm);
    double start = MPI_Wtime();
    for (int k = 0; k < sweeps; k++) {
        exchange_halo(now, &block, comm, row, column);
        sweep(&block, now, next);
        double *old = now;
        now = next;
        next = old;
    }
    double elapsed = MPI_Wtime() - start;

    double factor = pow(cos(pi / (cells + 1)), sweeps);
    double local[2] = {0, 0}, global[2]; /* error, largest value */
    for (int i = 1; i <= block.rows; i++) {
        for (int j = 1; j <= block.columns; j++) {
            double value = now[i * block.stride + j];
            local[0] = fmax(local[0], fabs(value - factor * initial(&block, cells, i, j)));
            local[1] = fmax(local[1], fabs(value));
        }
    }
    double slowest;
    MPI_Allreduce(local, global, 2, MPI_DOUBLE, MPI_MAX, comm);
    MPI_Reduce(&elapsed, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, comm);
    int passed = global[0] < 1e-11;
    if (rank == 0) {
        printf("heat: %d x %d cells, %d sweeps, %d x %d ranks\n", cells, cells, sweeps, dims[0],
               dims[1]);
        printf("hottest cell: %.6f\n", global[1]);
        printf("time: %.3f s, %.1f million cells a second\n", slowest,
               1e-6 * cells * cells * sweeps / slowest);
        printf("%s\n", passed ? "PASS" : "FAIL: error too large");
    }

    MPI_Type_free(&row);
    MPI_Type_free(&column);
    MPI_Comm_free(&comm);
    free(now);
    free(next);
    MPI_Finalize();
    return passed ? 0 : 1;
}
