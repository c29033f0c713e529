#include <complex.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct one {
    double x;
};
struct wrapped {
    struct one inner[1];
};
struct two {
    int k;
    double x;
};
struct small {
    int k;
    float x;
};
struct shorts {
    int16_t k[5];
};
struct big {
    double x[3];
};
struct holder {
    int *p;
};

struct one twice_one(struct one);
struct two swap(struct two, double complex);
float complex half(struct big, float complex);
double complex times_i(double complex);

double add_all(struct one a, struct wrapped w, struct two b, int n, struct small c, struct shorts d,
               struct big e, struct holder h) {
    double sum = a.x + w.inner[0].x + b.k + b.x + n + c.k + c.x + *h.p;
    for (int i = 0; i < 5; i++)
        sum += d.k[i] * 1000;
    for (int i = 0; i < 3; i++)
        sum += e.x[i] * 100000;
    e.x[0] = -1;
    return sum;
}

double complex add_complex(double complex a, float complex b, const char *text) {
    return a + b + strlen(text);
}

float complex conjugate(float complex a) {
    return conjf(a);
}

struct one make_one(int k) {
    return (struct one){k};
}

struct two make_two(int k) {
    return (struct two){k, k + 0.5};
}

struct small make_small(int k) {
    return (struct small){k, (float)k + 0.25f};
}

struct big make_big(struct big e) {
    e.x[1] = 7;
    return e;
}

void call_values(void) {
    struct big e = {{1, 2, 3}};
    struct two s = swap((struct two){5, 6.0}, 1 + 7 * I);
    float complex h = half(e, 2 + 4 * I);
    double complex z = times_i(1 + 2 * I);
    printf("%g %d %g %g %g %g %g %g\n", twice_one((struct one){4.5}).x, s.k, s.x, crealf(h),
           cimagf(h), creal(z), cimag(z), e.x[2]);
    fflush(stdout);
}
