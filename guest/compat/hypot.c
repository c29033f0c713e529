/*
 * hypot.c - hypotf, for C and, as the absolute value of complex numbers, for Fortran.
 *
 * The C library's orders and scales its arguments, by branches that no processor foresees: it took
 * a quarter of the time of LAPACK's tests. Of float numbers, as double ones, squares are exact and
 * neither overflow nor underflow. C17 7.12.7.3, F.10.4.3. Not here: hypot.
 */
#include <math.h>

float hypotf(float x, float y) {
    double a = x, b = y;
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)sqrt(a * a + b * b);
}
