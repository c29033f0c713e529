/*
 * cg.c - conjugate gradients on a sparse matrix, its rows spread over the ranks.
 *
 *     cg [N] [ITERATIONS]
 *
 * The matrix couples each point of an N x N x N grid with its up to 26 neighbours (diagonal 26,
 * others -1), stored as compressed rows.  Each rank owns a slab of planes and exchanges one plane
 * with either neighbour, without blocking; dot products are allreduced.  The right-hand side
 * belongs to the solution 1, so the error is known.
 */
#include <math.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

struct matrix {
    int n, planes; /* points along an edge; planes of this rank */
    int rows;      /* planes * n * n */
    int *starts;   /* rows + 1 */
    int *columns;  /* into a vector with a halo plane in front and one behind */
    double *values;
    int below, above; /* neighbouring ranks or MPI_PROC_NULL */
    MPI_Comm comm;
};

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "cg: out of memory\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    return memory;
}

static struct matrix make_matrix(int n, int first_plane, int planes, MPI_Comm comm) {
    struct matrix m = {.n = n, .planes = planes, .rows = planes * n * n, .comm = comm};
    int rank, size, used = 0;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    m.below = rank > 0 ? rank - 1 : MPI_PROC_NULL;
    m.above = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
    m.starts = allocate((size_t)m.rows + 1, sizeof *m.starts);
    m.columns = allocate((size_t)m.rows * 27, sizeof *m.columns);
    m.values = allocate((size_t)m.rows * 27, sizeof *m.values);
    for (int row = 0; row < m.rows; row++) {
        int x = row % n, y = row / n % n, z = row / (n * n);
        for (int dz = -1; dz <= 1; dz++)
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) {
                    int global_z = first_plane + z + dz;
                    if (x + dx < 0 || x + dx >= n || y + dy < 0 || y + dy >= n || global_z < 0 ||
                        global_z >= n)
                        continue;
                    m.columns[used] = ((z + dz + 1) * n + y + dy) * n + x + dx;
                    m.values[used++] = dx == 0 && dy == 0 && dz == 0 ? 26 : -1;
                }
        m.starts[row + 1] = used;
    }
    return m;
}

/* out = matrix * x; x has room for a plane in front and one behind, which is filled here. */
static void multiply(const struct matrix *m, double *x, double *out) {
    int plane = m->n * m->n;
    MPI_Request requests[4];
    MPI_Irecv(x, plane, MPI_DOUBLE, m->below, 0, m->comm, &requests[0]);
    MPI_Irecv(x + plane + m->rows, plane, MPI_DOUBLE, m->above, 1, m->comm, &requests[1]);
    MPI_Isend(x + m->rows, plane, MPI_DOUBLE, m->above, 0, m->comm, &requests[2]);
    MPI_Isend(x + plane, plane, MPI_DOUBLE, m->below, 1, m->comm, &requests[3]);
    MPI_Waitall(4, requests, MPI_STATUSES_IGNORE);
    for (int row = 0; row < m->rows; row++) {
        double sum = 0;
        for (int k = m->starts[row]; k < m->starts[row + 1]; k++)
            sum += m->values[k] * x[m->columns[k]];
        out[row] = sum;
    }
}

static double dot(const struct matrix *m, const double *a, const double *b) {
    double local = 0, global;
    for (int i = 0; i < m->rows; i++)
        local += a[i] * b[i];
    MPI_Allreduce(&local, &global, 1, MPI_DOUBLE, MPI_SUM, m->comm);
    return global;
}

/* Solve matrix * x = b from x = 0; returns the number of iterations taken. */
static int solve(const struct matrix *m, const double *b, double *x, int limit, double *residual) {
    int plane = m->n * m->n, k = 0;
    double *r = allocate((size_t)m->rows, sizeof *r);
    double *q = allocate((size_t)m->rows, sizeof *q);
    double *halo = allocate((size_t)m->rows + 2 * (size_t)plane, sizeof *halo);
    double *p = halo + plane; /* the part of this rank */
    for (int i = 0; i < m->rows; i++) {
        x[i] = 0;
        r[i] = p[i] = b[i];
    }
    double rho = dot(m, r, r), goal = 1e-20 * rho;
    while (k < limit && rho > goal) {
        multiply(m, halo, q);
        double alpha = rho / dot(m, p, q);
        for (int i = 0; i < m->rows; i++) {
            x[i] += alpha * p[i];
            r[i] -= alpha * q[i];
        }
        double old = rho;
        rho = dot(m, r, r);
        for (int i = 0; i < m->rows; i++)
            p[i] = r[i] + rho / old * p[i];
        k++;
    }
    *residual = sqrt(rho / (goal * 1e20));
    free(r);
    free(q);
    free(halo);
    return k;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int n = argc > 1 ? atoi(argv[1]) : 64, limit = argc > 2 ? atoi(argv[2]) : 200;
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (n < size || n > 400) {
        if (rank == 0) fprintf(stderr, "cg: N must lie between the number of ranks and 400\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    int first = (int)((long long)n * rank / size), next = (int)((long long)n * (rank + 1) / size);
    struct matrix m = make_matrix(n, first, next - first, MPI_COMM_WORLD);

    size_t rows = (size_t)m.rows, plane = (size_t)n * (size_t)n;
    double *ones = allocate(rows + 2 * plane, sizeof *ones);
    double *b = allocate(rows, sizeof *b), *x = allocate(rows, sizeof *x);
    for (size_t i = 0; i < rows; i++)
        ones[plane + i] = 1;
    multiply(&m, ones, b);

    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime(), residual;
    int iterations = solve(&m, b, x, limit, &residual);
    double elapsed = MPI_Wtime() - start, slowest;

    double local = 0, error;
    for (size_t i = 0; i < rows; i++)
        local = fmax(local, fabs(x[i] - 1));
    MPI_Allreduce(&local, &error, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    MPI_Reduce(&elapsed, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    int passed = residual < 1e-9 && error < 1e-7;
    if (rank == 0) {
        printf("cg: %d x %d x %d points, %d iterations, %d ranks\n", n, n, n, iterations, size);
        printf("relative residual below 1e-9: %s, error below 1e-7: %s\n",
               residual < 1e-9 ? "yes" : "no", error < 1e-7 ? "yes" : "no");
        printf("time: %.3f s\n", slowest);
        printf("%s\n", passed ? "PASS" : "FAIL: not solved");
    }

    free(m.starts);
    free(m.columns);
    free(m.values);
    free(ones);
    free(b);
    free(x);
    MPI_Finalize();
    return passed ? 0 : 1;
}
