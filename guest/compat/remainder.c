/*
 * remainder.c - fmod, fmodf and fmaf, which the full level's C library lacks.
 *
 * Its sources leave them to a compiler's own library. All three are exact or rounded once.
 * C17 7.12.10.1, 7.12.13.1. Not here: fmal.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

static uint64_t to_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* `value` > 0 is the result times 2 to the power of *exponent; below 2 to the power of 53. */
static uint64_t split(double value, int *exponent) {
    uint64_t bits = to_bits(value), fraction = bits & ((1ull << 52) - 1);
    int biased = (int)(bits >> 52);
    *exponent = (biased ? biased : 1) - 1075;
    return biased ? fraction | 1ull << 52 : fraction;
}

double fmod(double x, double y) {
    double a = fabs(x), b = fabs(y);
    if (!(a < INFINITY) || !(b > 0)) return (x * y) / (x * y);
    if (a < b) return x;
    int above, below;
    uint64_t rest = split(a, &above), divisor = split(b, &below);
    rest %= divisor;
    while (above > below && rest) {
        int bits = above - below < 11 ? above - below : 11; /* what a remainder leaves of 64 */
        rest = (rest << bits) % divisor;
        above -= bits;
    }
    return copysign(scalbn((double)rest, below), x);
}

/* The remainder of two floats is a float. */
float fmodf(float x, float y) {
    return (float)fmod(x, y);
}

/* The product is exact as a double. The sum is rounded to an odd last bit where it is not exact, so
 * that rounding it again gives what rounding once does. */
float fmaf(float x, float y, float z) {
    double product = (double)x * y, sum = product + z;
    if (!isfinite(sum)) return (float)sum;
    double part = sum - product;
    double lost = (product - (sum - part)) + (z - part);
    uint64_t bits = to_bits(sum);
    if (lost != 0 && !(bits & 1)) {
        bits += (lost > 0) == (sum > 0) ? 1 : -1ull;
        memcpy(&sum, &bits, sizeof sum);
    }
    return (float)sum;
}
