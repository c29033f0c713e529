/* Prints the bits of what floating-point arithmetic makes, NaNs among it. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t hash = 1469598103934665603u;

static void add(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211u;
}

static void add_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211u;
}

static void show(const char *what) {
    printf("%s %016llx\n", what, (unsigned long long)hash);
}

static double values[1000], results[1000];
static float floats[1000];

int main(int argc, char **argv) {
    for (int i = 0; i < 1000; i++) {
        values[i] = (i - 300) * 0.37 + 1e-3 / (i + 1);
        floats[i] = (float)values[i];
    }
    for (int i = 0; i < 1000; i++) {
        add(sin(values[i]) * exp(values[i] / 100) + cos(values[i]));
        add(pow(fabs(values[i]), 0.7));
        add_float(sinf(floats[i]) / floats[i]);
    }
    show("functions");
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
        sum += values[i] * values[999 - i];
        results[i] = values[i] * 1.1 - values[999 - i] / 3.0;
    }
    for (int i = 0; i < 1000; i++)
        add(results[i]);
    add(sum);
    show("sums");
    for (int i = 0; i < 1000; i++) {
        add_float((float)(int)values[i] + (float)(unsigned)(values[i] * 1e9));
        add((double)(int64_t)(values[i] * 1e17) + floor(values[i]) + rint(values[i]));
    }
    show("conversions");
    if (argc < 2) return 0;
    /* Negative on x86-64, positive elsewhere, or whichever operand's. */
    volatile double zero = 0, infinity = INFINITY, negative = -2;
    volatile float zero_float = 0;
    add(zero / zero);
    add(infinity - infinity);
    add(infinity * zero);
    add(sqrt(negative));
    add_float(zero_float / zero_float);
    add((double)(zero_float / zero_float));
    for (int i = 0; i < 1000; i++) /* vectors of them */
        results[i] = sqrt(values[i]) + values[i] * (i % 3 == 0 ? NAN : -NAN);
    for (int i = 0; i < 1000; i++)
        add(results[i]);
    for (int i = 0; i < 1000; i++)
        add_float(sqrtf(floats[i]));
    show("NaNs");
    return 0;
}
