/*
 * jacobi.c - MPI between the rows of ranks, OpenMP within a rank: Jacobi's method for a Poisson
 * problem.
 *
 *     OMP_NUM_THREADS=2 mpirun -n 2 jacobi [POINTS [STEPS]]
 *
 * Solves -(u_xx + u_yy) = f on the unit square, u = 0 at its border, on POINTS x POINTS inner
 * points.  f is chosen so that the first step starts from the slowest mode of the method, whose
 * error each step multiplies by cos(pi h): what is left after STEPS is known exactly.  A block of
 * rows belongs to each rank; threads share its loops, and the first one of a rank communicates
 * (MPI_THREAD_FUNNELED).  Compiled without OpenMP it has one thread and the same result.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#ifdef _OPENMP
#include <omp.h>
#endif

static const double pi = 3.14159265358979323846;

struct grid {
    int points, first, rows, up, down; /* first: the number of my first row, from 1 */
    double *now, *next;                /* rows + 2 lines of points + 2 */
};

static double *line(const struct grid *grid, double *values, int row) {
    return values + (size_t)row * (size_t)(grid->points + 2);
}

static double *make_values(const struct grid *grid) {
    double *values = calloc((size_t)(grid->rows + 2) * (size_t)(grid->points + 2), sizeof *values);
    if (values == NULL) {
        fprintf(stderr, "jacobi: out of memory\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    return values;
}

static void exchange(struct grid *grid) {
    MPI_Sendrecv(line(grid, grid->now, 1), grid->points + 2, MPI_DOUBLE, grid->up, 0,
                 line(grid, grid->now, grid->rows + 1), grid->points + 2, MPI_DOUBLE, grid->down, 0,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Sendrecv(line(grid, grid->now, grid->rows), grid->points + 2, MPI_DOUBLE, grid->down, 1,
                 line(grid, grid->now, 0), grid->points + 2, MPI_DOUBLE, grid->up, 1,
                 MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

/* The solution is sin(pi x) sin(pi y) at the grid's points; the start is 0. Returns the largest
 * error after `steps`. */
static double solve(struct grid *grid, int steps) {
    double h = 1.0 / (grid->points + 1), largest = 0;
    /* The eigenvalue of the discrete operator, so that the discrete solution is exact. */
    double factor = 4 * (1 - cos(pi * h)), error = 0;
#pragma omp parallel
    for (int step = 0; step < steps; step++) {
#pragma omp master
        exchange(grid);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int row = 1; row <= grid->rows; row++) {
            const double *above = line(grid, grid->now, row - 1);
            const double *here = line(grid, grid->now, row);
            const double *below = line(grid, grid->now, row + 1);
            double *out = line(grid, grid->next, row), y = sin(pi * h * (grid->first + row - 1));
            for (int i = 1; i <= grid->points; i++) {
                double source = factor * sin(pi * h * i) * y;
                out[i] = 0.25 * (above[i] + below[i] + here[i - 1] + here[i + 1] + source);
            }
        }
#pragma omp single
        {
            double *old = grid->now;
            grid->now = grid->next;
            grid->next = old;
        }
    }
#pragma omp parallel for reduction(max : largest)
    for (int row = 1; row <= grid->rows; row++)
        for (int i = 1; i <= grid->points; i++) {
            double exact = sin(pi * h * i) * sin(pi * h * (grid->first + row - 1));
            double difference = fabs(line(grid, grid->now, row)[i] - exact);
            if (difference > largest) largest = difference;
        }
    MPI_Allreduce(&largest, &error, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return error;
}

int main(int argc, char **argv) {
    int provided, rank, size, threads = 1;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    struct grid grid = {.points = argc > 1 ? atoi(argv[1]) : 400};
    int steps = argc > 2 ? atoi(argv[2]) : 500;
    if (provided < MPI_THREAD_FUNNELED || grid.points < size || steps < 1) {
        if (rank == 0)
            fprintf(stderr, "jacobi: need threads in MPI, a row for each rank, a step\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    grid.first = (int)((long long)grid.points * rank / size) + 1;
    grid.rows = (int)((long long)grid.points * (rank + 1) / size) + 1 - grid.first;
    grid.up = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    grid.down = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
    grid.now = make_values(&grid);
    grid.next = make_values(&grid);
#ifdef _OPENMP
    threads = omp_get_max_threads();
#endif

    MPI_Barrier(MPI_COMM_WORLD);
    double begun = MPI_Wtime(), error = solve(&grid, steps), time = MPI_Wtime() - begun;
    double h = 1.0 / (grid.points + 1), centre = (grid.points + 1) / 2 * h;
    double expected = pow(cos(pi * h), steps) * sin(pi * centre) * sin(pi * centre);
    int is_right = fabs(error - expected) < 1e-10;
    if (rank == 0) {
        printf("%d x %d points, %d steps, %d threads in a rank\n", grid.points, grid.points, steps,
               threads);
        printf("error %.10f, as the theory has it: %.10f\n", error, expected);
        printf("%s\n", is_right ? "PASS" : "FAIL");
        printf("time: %.3f s\n", time);
    }
    free(grid.now);
    free(grid.next);
    MPI_Finalize();
    return is_right ? 0 : 1;
}
