/*
 * kernels_loops.c - the kernels that are one loop: STREAM's, and those that are hard to vectorise.
 * See kernels.h.
 */
#include "kernels.h"

double copy(int n, int repetitions) {
    double *restrict a = doubles(n), *restrict c = doubles(n);
    TIMED(repetitions, c) {
        a[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            c[i] = a[i];
    }
    return sum(c, n);
}

double scale(int n, int repetitions) {
    double *restrict b = doubles(n), *restrict c = doubles(n);
    TIMED(repetitions, b) {
        c[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            b[i] = 3.0 * c[i];
    }
    return sum(b, n);
}

double add(int n, int repetitions) {
    double *restrict a = doubles(n), *restrict b = doubles(n), *restrict c = doubles(n);
    TIMED(repetitions, c) {
        a[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            c[i] = a[i] + b[i];
    }
    return sum(c, n);
}

double triad(int n, int repetitions) {
    double *restrict a = doubles(n), *restrict b = doubles(n), *restrict c = doubles(n);
    TIMED(repetitions, a) {
        b[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            a[i] = b[i] + 3.0 * c[i];
    }
    return sum(a, n);
}

/* The triad on arrays that are global variables, as STREAM has them. */
enum { STATIC_MAX = 1024 };
static _Alignas(64) double static_a[STATIC_MAX], static_b[STATIC_MAX], static_c[STATIC_MAX];

double triad_static(int n, int repetitions) {
    memcpy(static_b, doubles(n), (size_t)n * sizeof *static_b);
    memcpy(static_c, doubles(n), (size_t)n * sizeof *static_c);
    TIMED(repetitions, static_a) {
        static_b[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            static_a[i] = static_b[i] + 3.0 * static_c[i];
    }
    return sum(static_a, n);
}

double saxpy(int n, int repetitions) {
    float *x = array(n, sizeof *x), *y = array(n, sizeof *y);
    for (int i = 0; i < n; i++)
        x[i] = (float)(i % 64) / 64;
    TIMED(repetitions, y) {
        for (int i = 0; i < n; i++)
            y[i] += 0.001f * x[i];
    }
    double total = 0;
    for (int i = 0; i < n; i++)
        total += y[i];
    return total;
}

/* A reduction that strict floating point keeps in order. */
double dot(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n), total = 0;
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++)
            total += a[i] * b[i];
    }
    return total;
}

double maximum(int n, int repetitions) {
    double *a = doubles(n), total = 0;
    TIMED(repetitions, a) {
        double most = total < 0 ? total : 0;
        a[repetition % n] += 1;
        for (int i = 0; i < n; i++)
            most = a[i] > most ? a[i] : most;
        total += most;
    }
    return total;
}

double integer_sum(int n, int repetitions) {
    int32_t *a = array(n, sizeof *a);
    for (int i = 0; i < n; i++)
        a[i] = i * 7 % 1000;
    uint32_t total = 0;
    TIMED(repetitions, a) {
        a[repetition % n] += (int32_t)(total & 1);
        for (int i = 0; i < n; i++)
            total += (uint32_t)a[i];
    }
    return total;
}

struct complex {
    double re, im;
};

double complex_scale(int n, int repetitions) {
    struct complex *z = (struct complex *)doubles(2 * (size_t)n);
    double re = 0.6, im = 0.8;
    TIMED(repetitions, z) {
        for (int i = 0; i < n; i++) {
            struct complex old = z[i];
            z[i].re = old.re * re - old.im * im;
            z[i].im = old.re * im + old.im * re;
        }
    }
    return sum(&z[0].re, 2 * (size_t)n);
}

double complex_add(int n, int repetitions) {
    struct complex *a = (struct complex *)doubles(2 * (size_t)n);
    struct complex *b = (struct complex *)doubles(2 * (size_t)n);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++) {
            a[i].re += 0.5 * b[i].re;
            a[i].im -= 0.5 * b[i].im;
        }
    }
    return sum(&a[0].re, 2 * (size_t)n);
}

double complex_multiply(int n, int repetitions) {
    struct complex *a = (struct complex *)doubles(2 * (size_t)n);
    struct complex *b = (struct complex *)doubles(2 * (size_t)n);
    struct complex *c = (struct complex *)doubles(2 * (size_t)n);
    TIMED(repetitions, c) {
        a[repetition % n].re += 1;
        for (int i = 0; i < n; i++) {
            c[i].re = a[i].re * b[i].re - a[i].im * b[i].im;
            c[i].im = a[i].re * b[i].im + a[i].im * b[i].re;
        }
    }
    return sum(&c[0].re, 2 * (size_t)n);
}

double gather(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n);
    int *at = array(n, sizeof *at);
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < n; i++)
        at[i] = (int)(random_next(&state) % (uint64_t)n);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++)
            a[i] += 0.5 * b[at[i]];
    }
    return sum(a, n);
}

double conditional(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n);
    uint64_t state = 88172645463325252u;
    for (int i = 0; i < n; i++)
        b[i] = (double)(random_next(&state) % 1000);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++)
            if (b[i] > 500) a[i] = a[i] * 0.5 + b[i];
    }
    return sum(a, n);
}

double reversed(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++)
            a[i] += 0.5 * b[n - 1 - i];
    }
    return sum(a, n);
}

double strided(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i += 4)
            a[i] += 0.5 * b[i];
    }
    return sum(a, n);
}

double mixed_sizes(int n, int repetitions) {
    double *a = doubles(n);
    float *b = array(n, sizeof *b);
    int16_t *c = array(n, sizeof *c);
    for (int i = 0; i < n; i++)
        b[i] = (float)(i % 16) / 16, c[i] = (int16_t)(i % 5 - 2);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++)
            a[i] += b[i] * (float)c[i];
    }
    return sum(a, n);
}

double conversions(int n, int repetitions) {
    double *a = doubles(n);
    int32_t *b = array(n, sizeof *b);
    float *c = array(n, sizeof *c);
    TIMED(repetitions, a) {
        for (int i = 0; i < n; i++) {
            b[i] = (int32_t)(a[i] * 100);
            c[i] = (float)a[i];
            a[i] = (double)b[i] * 0.005 + (double)c[i] * 0.5;
        }
    }
    return sum(a, n);
}

/* Blending two pictures. */
double bytes(int n, int repetitions) {
    uint8_t *a = array(n, 1), *b = array(n, 1);
    for (int i = 0; i < n; i++)
        a[i] = (uint8_t)(i * 7), b[i] = (uint8_t)(i * 13);
    TIMED(repetitions, a) {
        a[repetition % n] ^= 0x55;
        for (int i = 0; i < n; i++)
            a[i] = (uint8_t)((a[i] * 160 + b[i] * 96 + 128) >> 8);
    }
    double total = 0;
    for (int i = 0; i < n; i++)
        total += a[i];
    return total;
}

/* An update of the lower triangle of a matrix, as in a Cholesky factorisation. */
static void update_triangle(int n, const double *column, double *matrix) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            matrix[i * n + j] -= column[i] * column[j];
}

double triangular(int n, int repetitions) {
    double *matrix = doubles((size_t)n * n), *column = doubles(n);
    TIMED(repetitions, matrix) {
        update_triangle(n, column, matrix);
    }
    return sum(matrix, (size_t)n * n);
}

/* Many vectors of n elements, as element-wise codes of small order have them. */
double short_loops(int n, int repetitions) {
    enum { VECTORS = 32 };
    double *a[VECTORS], *b[VECTORS];
    for (int v = 0; v < VECTORS; v++)
        a[v] = doubles(n), b[v] = doubles(n);
    TIMED(repetitions, a) {
        for (int v = 0; v < VECTORS; v++)
            for (int i = 0; i < n; i++)
                a[v][i] = 0.5 * a[v][i] + b[v][i];
    }
    double total = 0;
    for (int v = 0; v < VECTORS; v++)
        total += sum(a[v], n);
    return total;
}

/* Each element needs the one before. */
double recurrence(int n, int repetitions) {
    double *a = doubles(n), *b = doubles(n);
    TIMED(repetitions, a) {
        for (int i = 1; i < n; i++)
            a[i] = 0.5 * a[i - 1] + b[i];
    }
    return sum(a, n);
}
