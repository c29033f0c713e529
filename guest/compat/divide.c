/*
 * divide.c - division of complex numbers, for C and Fortran, in place of the compiler library's.
 *
 * That one scales the divisor alone, so that a quotient of numbers near the largest is infinite:
 * (x + 0i) / (x + 0i) for x = DBL_MAX. Here both are scaled, by powers of two. Infinities and zeros
 * as in C17 G.5.1. Not here: long double.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

double _Complex __divdc3(double a, double b, double c, double d);
float _Complex __divsc3(float a, float b, float c, float d);

static double larger(double x, double y) {
    return x > y ? x : y;
}

/* 1 / 2^n for a normal number of 2^n <= value < 2^(n + 1), n < 1023. */
static double inverse_power(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (2046 - (bits >> 52)) << 52;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* An infinite number's part as a direction: 1 or 0, with its sign. */
static double direction(double part) {
    return copysign(isinf(part) ? 1 : 0, part);
}

static double _Complex divide_special(double a, double b, double c, double d) {
    if (c == 0 && d == 0)
        return __builtin_complex(copysign(INFINITY, c) * a, copysign(INFINITY, c) * b);
    double scale = NAN;
    if ((isinf(a) || isinf(b)) && isfinite(c) && isfinite(d)) {
        a = direction(a), b = direction(b);
        scale = INFINITY;
    } else if ((isinf(c) || isinf(d)) && isfinite(a) && isfinite(b)) {
        c = direction(c), d = direction(d);
        scale = 0;
    }
    return __builtin_complex(scale * (a * c + b * d), scale * (b * c - a * d));
}

double _Complex __divdc3(double a, double b, double c, double d) {
    const double given_a = a, given_b = b, given_c = c, given_d = d;
    double above = larger(fabs(a), fabs(b)), below = larger(fabs(c), fabs(d)), back = 1;
    if (above > 0x1p1020) { /* the sum of two products with 2 at most has to be finite */
        a *= 0x1p-4, b *= 0x1p-4, back = 0x1p4;
    } else if (above < 0x1p-960) { /* products with the smaller part keep their digits */
        a *= 0x1p100, b *= 0x1p100, back = 0x1p-100;
    }
    if (below > 0x1p1000) {
        c *= 0x1p-100, d *= 0x1p-100, below *= 0x1p-100, back *= 0x1p-100;
    } else if (below < 0x1p-960) {
        c *= 0x1p100, d *= 0x1p100, below *= 0x1p100, back *= 0x1p100;
    }
    double factor = below > 0 && below < INFINITY ? inverse_power(below) : 1;
    c *= factor, d *= factor;
    double norm = c * c + d * d;
    double re = (a * c + b * d) / norm * factor * back, im = (b * c - a * d) / norm * factor * back;
    if (isnan(re) && isnan(im)) return divide_special(given_a, given_b, given_c, given_d);
    return __builtin_complex(re, im);
}

/* Of float numbers, as double ones, no product overflows or underflows. */
float _Complex __divsc3(float a, float b, float c, float d) {
    double x = a, y = b, u = c, v = d, norm = u * u + v * v;
    double re = (x * u + y * v) / norm, im = (y * u - x * v) / norm;
    if (isnan(re) && isnan(im)) return (float _Complex)divide_special(x, y, u, v);
    return __builtin_complex((float)re, (float)im);
}
