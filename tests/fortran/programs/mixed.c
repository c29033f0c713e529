/* C as most of it calls BLAS and LAPACK: no lengths, and the results of f2c. */
#include <stdio.h>
#include <string.h>

int dgemm_(char *, char *, int *, int *, int *, double *, double *, int *, double *, int *,
           double *, double *, int *);
int dpotrf_(const char *, const int *, double *, const int *, int *);
double dlange_(const char *norm, const int *, const int *, const double *, const int *, double *);
void length_(const char *, int *);
void calls_of_c_(void);
void calls_back_(int (*)(int *), int *);
int from_cxx(void);
int in_archive(void);

typedef int gemm(char *, char *, int *, int *, int *, double *, double *, int *, double *, int *,
                 double *, double *, int *);
static gemm *const volatile pointer = dgemm_;

/* These Fortran calls, with lengths that only the last one takes. */
void count_letters_(const char *text, int *count, const char *letter) {
    *count = 0;
    for (; *text != '?'; text++)
        *count += *text == *letter;
}

int next_number_(int *n) {
    return ++*n;
}

int xerror_(const char *name, const int *argument) {
    printf("%.6s: argument %d\n", name, *argument);
    return 0;
}

void report_(const char *text, const int *n, int length) {
    printf("%.*s: %d\n", length, text, *n);
}

static int twice(int *n) {
    return 2 * *n;
}

int main(void) {
    double a[9] = {4, 2, 0, 2, 5, 3, 0, 3, 6}, c[9] = {0}, one = 1, zero = 0, work[3];
    int n = 3, info = -7;
    dgemm_("N", "T", &n, &n, &n, &one, a, &n, a, &n, &zero, c, &n);
    printf("%g %g %g\n", c[0], c[4], c[8]);
    pointer("N", "N", &n, &n, &n, &one, a, &n, a, &n, &one, c, &n);
    printf("%g %g %g\n", c[0], c[4], dlange_("M", &n, &n, c, &n, work));
    dpotrf_("L", &n, a, &n, &info);
    printf("%d %g %g %g\n", info, a[0], a[4], a[8]);
    dpotrf_("?", &n, a, &n, &info);
    length_("x", &n);
    printf("%d %d %d %d\n", info, n, from_cxx(), in_archive());
    calls_of_c_();
    calls_back_(twice, &n);
    printf("%d\n", n);
    return 0;
}
