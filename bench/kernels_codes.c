/*
 * kernels_codes.c - the kernels that are small codes: products, sparse matrices, grids, transforms,
 * sorting, bodies, random numbers, tables, calls. See kernels.h.
 */
#include "kernels.h"

/* n x n matrix product, loops in i-k-j order as a textbook has them. */
static void multiply(int n, const double *a, const double *b, double *c) {
    for (int i = 0; i < n; i++)
        for (int k = 0; k < n; k++) {
            double factor = a[i * n + k];
            for (int j = 0; j < n; j++)
                c[i * n + j] += factor * b[k * n + j];
        }
}

double dgemm(int n, int repetitions) {
    double *a = doubles((size_t)n * n), *b = doubles((size_t)n * n), *c = doubles((size_t)n * n);
    TIMED(repetitions, c) {
        multiply(n, a, b, c);
    }
    return sum(c, (size_t)n * n);
}

/* Loops in i-j-k order: the inner one is a dot product with a column. */
double dgemm_dot(int n, int repetitions) {
    double *a = doubles((size_t)n * n), *b = doubles((size_t)n * n), *c = doubles((size_t)n * n);
    TIMED(repetitions, c) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                double total = 0;
                for (int k = 0; k < n; k++)
                    total += a[i * n + k] * b[k * n + j];
                c[i * n + j] += total;
            }
    }
    return sum(c, (size_t)n * n);
}

/* In blocks that fit the cache; n a multiple of 32. */
double dgemm_blocked(int n, int repetitions) {
    enum { BLOCK = 32 };
    double *a = doubles((size_t)n * n), *b = doubles((size_t)n * n), *c = doubles((size_t)n * n);
    TIMED(repetitions, c) {
        for (int kk = 0; kk < n; kk += BLOCK)
            for (int jj = 0; jj < n; jj += BLOCK)
                for (int i = 0; i < n; i++)
                    for (int k = kk; k < kk + BLOCK; k++)
                        for (int j = jj; j < jj + BLOCK; j++)
                            c[i * n + j] += a[i * n + k] * b[k * n + j];
    }
    return sum(c, (size_t)n * n);
}

/* The same product in 4 x 8 register tiles, as a small BLAS has it; n a multiple of 8. */
static void multiply_tiled(int n, const double *a, const double *b, double *c) {
    for (int i = 0; i < n; i += 4)
        for (int j = 0; j < n; j += 8) {
            double tile[4][8] = {{0}};
            for (int k = 0; k < n; k++)
                for (int y = 0; y < 4; y++)
                    for (int x = 0; x < 8; x++)
                        tile[y][x] += a[(i + y) * n + k] * b[k * n + j + x];
            for (int y = 0; y < 4; y++)
                for (int x = 0; x < 8; x++)
                    c[(i + y) * n + j + x] += tile[y][x];
        }
}

double dgemm_tiled(int n, int repetitions) {
    n = n / 8 * 8;
    double *a = doubles((size_t)n * n), *b = doubles((size_t)n * n), *c = doubles((size_t)n * n);
    TIMED(repetitions, c) {
        multiply_tiled(n, a, b, c);
    }
    return sum(c, (size_t)n * n);
}

/* The 27-point matrix of an n x n x n grid in compressed rows. */
struct matrix {
    int rows, *row_start, *column;
    double *value;
};

static struct matrix grid_matrix(int n) {
    struct matrix m = {.rows = n * n * n};
    m.row_start = array(m.rows + 1, sizeof(int));
    m.column = array((size_t)m.rows * 27, sizeof(int));
    m.value = array((size_t)m.rows * 27, sizeof(double));
    int entries = 0;
    for (int z = 0; z < n; z++)
        for (int y = 0; y < n; y++)
            for (int x = 0; x < n; x++) {
                for (int dz = -1; dz <= 1; dz++)
                    for (int dy = -1; dy <= 1; dy++)
                        for (int dx = -1; dx <= 1; dx++) {
                            if (x + dx < 0 || x + dx >= n || y + dy < 0 || y + dy >= n ||
                                z + dz < 0 || z + dz >= n)
                                continue;
                            m.column[entries] = ((z + dz) * n + y + dy) * n + x + dx;
                            m.value[entries++] = dx == 0 && dy == 0 && dz == 0 ? 27.0 : -1.0;
                        }
                m.row_start[(z * n + y) * n + x + 1] = entries;
            }
    return m;
}

static void multiply_vector(const struct matrix *m, const double *x, double *y) {
    for (int row = 0; row < m->rows; row++) {
        double total = 0;
        for (int i = m->row_start[row]; i < m->row_start[row + 1]; i++)
            total += m->value[i] * x[m->column[i]];
        y[row] = total;
    }
}

double spmv(int n, int repetitions) {
    struct matrix m = grid_matrix(n);
    double *x = doubles(m.rows), *y = doubles(m.rows);
    TIMED(repetitions, y) {
        multiply_vector(&m, x, y);
    }
    return sum(y, m.rows);
}

static void relax_row(const struct matrix *m, const double *b, double *x, int row) {
    double total = b[row], diagonal = 1;
    for (int i = m->row_start[row]; i < m->row_start[row + 1]; i++) {
        if (m->column[i] == row) diagonal = m->value[i];
        total -= m->value[i] * x[m->column[i]];
    }
    x[row] = (total + diagonal * x[row]) / diagonal;
}

/* One forward and one backward sweep of Gauss-Seidel. */
double symgs(int n, int repetitions) {
    struct matrix m = grid_matrix(n);
    double *b = doubles(m.rows), *x = array(m.rows, sizeof *x);
    TIMED(repetitions, x) {
        for (int row = 0; row < m.rows; row++)
            relax_row(&m, b, x, row);
        for (int row = m.rows - 1; row >= 0; row--)
            relax_row(&m, b, x, row);
    }
    return sum(x, m.rows);
}

/* 7-point stencil on an n x n x n grid, flat arrays. */
static void stencil_step(int n, const double *in, double *out) {
    for (int z = 1; z < n - 1; z++)
        for (int y = 1; y < n - 1; y++)
            for (int x = 1; x < n - 1; x++) {
                int at = (z * n + y) * n + x;
                out[at] = 0.4 * in[at] + 0.1 * (in[at - 1] + in[at + 1] + in[at - n] + in[at + n] +
                                                in[at - n * n] + in[at + n * n]);
            }
}

double stencil(int n, int repetitions) {
    double *a = doubles((size_t)n * n * n), *b = doubles((size_t)n * n * n);
    TIMED(repetitions, a) {
        stencil_step(n, a, b);
        double *swap = a;
        a = b;
        b = swap;
    }
    return sum(a, (size_t)n * n * n);
}

/* 2-D Jacobi, flat arrays. */
double jacobi(int n, int repetitions) {
    double *a = doubles((size_t)n * n), *b = doubles((size_t)n * n);
    TIMED(repetitions, a) {
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                b[i * n + j] = 0.25 * (a[(i - 1) * n + j] + a[(i + 1) * n + j] + a[i * n + j - 1] +
                                       a[i * n + j + 1]);
        double *swap = a;
        a = b;
        b = swap;
    }
    return sum(a, (size_t)n * n);
}

/* 2-D Jacobi on an array of rows, as many C codes keep their grids. */
double jacobi_rows(int n, int repetitions) {
    double **a = array(n, sizeof *a), **b = array(n, sizeof *b);
    for (int i = 0; i < n; i++)
        a[i] = doubles(n), b[i] = doubles(n);
    TIMED(repetitions, a) {
        for (int i = 1; i < n - 1; i++)
            for (int j = 1; j < n - 1; j++)
                b[i][j] = 0.25 * (a[i - 1][j] + a[i + 1][j] + a[i][j - 1] + a[i][j + 1]);
        double **swap = a;
        a = b;
        b = swap;
    }
    double total = 0;
    for (int i = 0; i < n; i++)
        total += sum(a[i], n);
    return total;
}

/* Complex FFT of 2^k <= n points, radix 2, in place. */
static void fft_transform(int n, const double *twiddle, double *data) {
    for (int i = 1, j = 0; i < n; i++) {
        int bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double re = data[2 * i], im = data[2 * i + 1];
            data[2 * i] = data[2 * j], data[2 * i + 1] = data[2 * j + 1];
            data[2 * j] = re, data[2 * j + 1] = im;
        }
    }
    for (int half = 1; half < n; half *= 2) {
        int step = n / (2 * half);
        for (int base = 0; base < n; base += 2 * half)
            for (int k = 0; k < half; k++) {
                double wr = twiddle[2 * k * step], wi = twiddle[2 * k * step + 1];
                double *u = data + 2 * (base + k), *v = u + 2 * half;
                double re = v[0] * wr - v[1] * wi, im = v[0] * wi + v[1] * wr;
                v[0] = u[0] - re, v[1] = u[1] - im;
                u[0] += re, u[1] += im;
            }
    }
}

/* Cosine (first = 1, order = 0) or sine (first = x, order = 1), |x| <= pi: the C libraries' own
 * differ in the last bit, and the checksums with them. */
static double series(double x, double first, int order) {
    double total = 0, term = first;
    for (int i = order; i < 40; i += 2) {
        total += term;
        term *= -x * x / ((i + 1) * (i + 2));
    }
    return total;
}

double fft(int n, int repetitions) {
    int points = 1;
    while (points * 2 <= n)
        points *= 2;
    double *data = doubles(2 * (size_t)points), *twiddle = array(points, sizeof *twiddle);
    for (int k = 0; k < points / 2; k++) {
        double angle = -2 * 3.14159265358979323846 * k / points;
        twiddle[2 * k] = series(angle, 1, 0), twiddle[2 * k + 1] = series(angle, angle, 1);
    }
    double scale = 1 / sqrt(points);
    TIMED(repetitions, data) {
        fft_transform(points, twiddle, data);
        for (int i = 0; i < 2 * points; i++)
            data[i] *= scale;
    }
    return sum(data, 2 * (size_t)points);
}

/* Counting sort of n keys below 2^16, as in NAS IS. */
double integer_sort(int n, int repetitions) {
    enum { RANGE = 1 << 16 };
    int *keys = array(n, sizeof *keys), *sorted = array(n, sizeof *sorted);
    int *counts = array(RANGE, sizeof *counts);
    uint32_t state = 12345;
    for (int i = 0; i < n; i++)
        keys[i] = (int)((state = state * 1664525u + 1013904223u) >> 16);
    TIMED(repetitions, sorted) {
        keys[repetition % n] = repetition & (RANGE - 1);
        for (int i = 0; i < RANGE; i++)
            counts[i] = 0;
        for (int i = 0; i < n; i++)
            counts[keys[i]]++;
        for (int i = 1; i < RANGE; i++)
            counts[i] += counts[i - 1];
        for (int i = n - 1; i >= 0; i--)
            sorted[--counts[keys[i]]] = keys[i];
    }
    double total = 0;
    for (int i = 0; i < n; i += 97)
        total += (double)sorted[i] * (i % 7 + 1);
    return total;
}

struct body {
    double x, y, z, vx, vy, vz, mass;
};

/* All pairs of n bodies, an array of structs. */
double nbody(int n, int repetitions) {
    struct body *bodies = array(n, sizeof *bodies);
    double *seed = doubles((size_t)n * 4);
    for (int i = 0; i < n; i++)
        bodies[i] = (struct body){.x = seed[4 * i],
                                  .y = seed[4 * i + 1] * 2,
                                  .z = seed[4 * i + 2] * 3,
                                  .mass = seed[4 * i + 3]};
    TIMED(repetitions, bodies) {
        for (int i = 0; i < n; i++) {
            double ax = 0, ay = 0, az = 0;
            for (int j = 0; j < n; j++) {
                double dx = bodies[j].x - bodies[i].x, dy = bodies[j].y - bodies[i].y,
                       dz = bodies[j].z - bodies[i].z;
                double square = dx * dx + dy * dy + dz * dz + 0.01;
                double pull = bodies[j].mass / (square * sqrt(square));
                ax += pull * dx, ay += pull * dy, az += pull * dz;
            }
            bodies[i].vx += 1e-6 * ax, bodies[i].vy += 1e-6 * ay, bodies[i].vz += 1e-6 * az;
        }
        for (int i = 0; i < n; i++) {
            bodies[i].x += bodies[i].vx;
            bodies[i].y += bodies[i].vy;
            bodies[i].z += bodies[i].vz;
        }
    }
    double total = 0;
    for (int i = 0; i < n; i++)
        total += bodies[i].x + bodies[i].y + bodies[i].z;
    return total;
}

/* The same as a struct of arrays, forces only: vectorises across j. */
double nbody_arrays(int n, int repetitions) {
    double *restrict x = doubles(n), *restrict y = doubles(n + 1) + 1, *restrict fx = doubles(n),
                     *restrict mass = doubles(n + 2);
    TIMED(repetitions, fx) {
        for (int i = 0; i < n; i++) {
            double xi = x[i], yi = y[i], scale = mass[i] * 1e-9;
            for (int j = 0; j < n; j++) {
                double dx = xi - x[j], dy = yi - y[j], square = dx * dx + dy * dy + 0.01;
                fx[j] += scale * dx / (square * sqrt(square));
            }
        }
    }
    return sum(fx, n);
}

/* Bodies that only fly: a loop over structs without reduction. */
double move_bodies(int n, int repetitions) {
    struct body *bodies = array(n, sizeof *bodies);
    double *velocity = doubles(n);
    for (int i = 0; i < n; i++)
        bodies[i].vx = velocity[i], bodies[i].vy = -velocity[i], bodies[i].vz = 1;
    TIMED(repetitions, bodies) {
        for (int i = 0; i < n; i++) {
            bodies[i].x += 1e-3 * bodies[i].vx;
            bodies[i].y += 1e-3 * bodies[i].vy;
            bodies[i].z += 1e-3 * bodies[i].vz;
        }
    }
    double total = 0;
    for (int i = 0; i < n; i++)
        total += bodies[i].x + 2 * bodies[i].y + bodies[i].z;
    return total;
}

/* The natural logarithm of 0 < x <= 1, without the C library's, which differ in the last bit. */
static double logarithm(double x) {
    int exponent = 0;
    while (x < 0.5)
        x *= 2, exponent--;
    double y = (x - 1) / (x + 1), square = y * y, total = 0;
    for (int i = 13; i > 0; i -= 2)
        total = total * square + 1.0 / i;
    return 2 * y * total + exponent * 0.69314718055994530942;
}

/* Pairs of Gaussian random numbers, as in NAS EP, from its linear congruential generator. */
static double random_nas(double *x) {
    const double r23 = 0x1p-23, t23 = 0x1p23, r46 = 0x1p-46, t46 = 0x1p46, a = 1220703125.0;
    double a1 = (int)(r23 * a), a2 = a - t23 * a1;
    double x1 = (int)(r23 * *x), x2 = *x - t23 * x1;
    double t1 = a1 * x2 + a2 * x1, z = t1 - t23 * (int)(r23 * t1);
    double t3 = t23 * z + a2 * x2;
    *x = t3 - t46 * (int)(r46 * t3);
    return r46 * *x;
}

double random_pairs(int n, int repetitions) {
    double seed = 271828183.0, sum_x = 0, sum_y = 0, counts[10] = {0};
    TIMED(repetitions, &seed) {
        for (int i = 0; i < n; i++) {
            double x = 2 * random_nas(&seed) - 1, y = 2 * random_nas(&seed) - 1;
            double t = x * x + y * y;
            if (t > 1) continue;
            double factor = sqrt(-2 * logarithm(t) / t), gx = x * factor, gy = y * factor;
            int ring = (int)fmax(fabs(gx), fabs(gy));
            counts[ring > 9 ? 9 : ring]++;
            sum_x += gx, sum_y += gy;
        }
    }
    return sum_x + sum_y + counts[0] + 2 * counts[1] + 3 * counts[2];
}

/* The area of a circle by throwing darts. */
double monte_carlo(int n, int repetitions) {
    uint64_t state = 88172645463325252u, hits = 0;
    TIMED(repetitions, &state) {
        for (int i = 0; i < n; i++) {
            double x = (double)(random_next(&state) >> 11) * 0x1p-53;
            double y = (double)(random_next(&state) >> 11) * 0x1p-53;
            hits += x * x + y * y < 1;
        }
    }
    return (double)hits;
}

/* Counting words in a table with open addressing: insertions, then look-ups. */
double hash(int n, int repetitions) {
    enum { SLOTS = 8192 };
    struct slot {
        uint64_t key, count;
    } *slots = array(SLOTS, sizeof *slots);
    uint64_t total = 0;
    TIMED(repetitions, slots) {
        uint64_t state = 88172645463325252u + (uint64_t)(repetition & 3);
        for (int i = 0; i < n; i++) {
            uint64_t key = random_next(&state) % 5000 + 1;
            uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 40) % SLOTS;
            while (slots[at].key != 0 && slots[at].key != key)
                at = (at + 1) % SLOTS;
            slots[at].key = key;
            total += ++slots[at].count;
        }
    }
    return (double)total;
}

/* Along a permutation cycle of n entries: latency alone. */
double pointer_chase(int n, int repetitions) {
    int *next = array(n, sizeof *next);
    for (int i = 0; i < n; i++)
        next[i] = i;
    uint64_t state = 88172645463325252u;
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(random_next(&state) % (uint64_t)i), swap = next[i];
        next[i] = next[j], next[j] = swap;
    }
    int at = 0;
    double total = 0;
    TIMED(repetitions, next) {
        for (int i = 0; i < n / 16; i++)
            at = next[at];
        total += at;
    }
    return total;
}

static int __attribute__((noinline)) fibonacci(int n) {
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

double recursion(int n, int repetitions) {
    double total = 0;
    TIMED(repetitions, &total) {
        /* fibonacci has no side effects: without a dependence it would be called only once */
        total += fibonacci(n + (total < 0));
    }
    return total;
}

static double increment(double a) {
    return a + 1;
}
static double halve(double a) {
    return a * 0.5;
}
static double negate(double a) {
    return -a;
}
static double square_root(double a) {
    return sqrt(a < 0 ? -a : a);
}

double indirect_calls(int n, int repetitions) {
    double (*const operations[4])(double) = {increment, halve, negate, square_root};
    uint8_t *program = array(n, 1);
    for (int i = 0; i < n; i++)
        program[i] = (uint8_t)((unsigned)i * 2654435761u >> 30);
    double value = 1;
    TIMED(repetitions, program) {
        for (int i = 0; i < n; i++)
            value = operations[program[i]](value);
    }
    return value;
}
