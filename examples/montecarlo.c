/*
 * montecarlo.c - an integral by random points, reduced with operators of the program's own.
 *
 *     montecarlo [SAMPLES]
 *
 * Integrates exp(-|x|^2) over the unit cube in 4 dimensions.  One user operator merges the count,
 * mean and squared deviations of two sets of samples (Chan's formula, stable where sums are not),
 * the other keeps the larger of two samples with its coordinates.  Checked: the mean against the
 * exact value, within five standard errors, and the largest sample against its coordinates.
 */
#include <math.h>
#include <mpi.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIMENSIONS = 4 };

struct moments {
    double count, mean, deviations; /* deviations: the sum of (x - mean)^2 */
};

struct peak {
    double value;
    float at[DIMENSIONS];
    int64_t sample; /* breaks ties, so that the answer does not depend on the ranks */
};

static void merge_moments(void *in, void *inout, int *length, MPI_Datatype *type) {
    (void)type;
    struct moments *a = in, *b = inout;
    for (int i = 0; i < *length; i++) {
        double count = a[i].count + b[i].count;
        if (count == 0) continue;
        double delta = b[i].mean - a[i].mean;
        b[i].deviations += a[i].deviations + delta * delta * a[i].count * b[i].count / count;
        b[i].mean = a[i].mean + delta * b[i].count / count;
        b[i].count = count;
    }
}

static void keep_peak(void *in, void *inout, int *length, MPI_Datatype *type) {
    (void)type;
    struct peak *a = in, *b = inout;
    for (int i = 0; i < *length; i++)
        if (a[i].value > b[i].value || (a[i].value == b[i].value && a[i].sample < b[i].sample))
            b[i] = a[i];
}

/* A number in [0, 1) that depends on `index` alone, so that any number of ranks draws alike. */
static float random_number(uint64_t index) {
    uint64_t z = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (float)((z ^ (z >> 31)) >> 40) * 0x1p-24f;
}

static double sample(int64_t index, float at[DIMENSIONS]) {
    double square = 0;
    for (int d = 0; d < DIMENSIONS; d++) {
        at[d] = random_number((uint64_t)index * DIMENSIONS + (uint64_t)d);
        square += (double)at[d] * at[d];
    }
    return exp(-square);
}

static MPI_Datatype make_peak_type(void) {
    int lengths[3] = {1, DIMENSIONS, 1};
    MPI_Aint offsets[3] = {offsetof(struct peak, value), offsetof(struct peak, at),
                           offsetof(struct peak, sample)};
    MPI_Datatype members[3] = {MPI_DOUBLE, MPI_FLOAT, MPI_INT64_T}, plain, type;
    MPI_Type_create_struct(3, lengths, offsets, members, &plain);
    MPI_Type_create_resized(plain, 0, sizeof(struct peak), &type);
    MPI_Type_commit(&type);
    MPI_Type_free(&plain);
    return type;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int total = argc > 1 ? atoi(argv[1]) : 2000000, rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (total < 2) {
        if (rank == 0) fprintf(stderr, "montecarlo: need at least two samples\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }

    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    struct moments mine = {0, 0, 0}, all;
    struct peak highest = {-1, {0}, 0}, summit;
    for (int64_t i = rank; i < total; i += size) {
        struct peak point = {.sample = i};
        point.value = sample(i, point.at);
        mine.count++;
        double delta = point.value - mine.mean;
        mine.mean += delta / mine.count;
        mine.deviations += delta * (point.value - mine.mean);
        if (point.value > highest.value) highest = point;
    }

    MPI_Datatype moments_type, peak_type = make_peak_type();
    MPI_Type_contiguous(3, MPI_DOUBLE, &moments_type);
    MPI_Type_commit(&moments_type);
    MPI_Op merge, keep;
    MPI_Op_create(merge_moments, 1, &merge);
    MPI_Op_create(keep_peak, 1, &keep);
    MPI_Allreduce(&mine, &all, 1, moments_type, merge, MPI_COMM_WORLD);
    MPI_Allreduce(&highest, &summit, 1, peak_type, keep, MPI_COMM_WORLD);
    double elapsed = MPI_Wtime() - start, slowest;
    MPI_Reduce(&elapsed, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);

    double exact = pow(0.5 * sqrt(acos(-1)) * erf(1), DIMENSIONS);
    double error = sqrt(all.deviations / (all.count - 1) / all.count);
    float at[DIMENSIONS];
    int is_true_peak = fabs(sample(summit.sample, at) - summit.value) < 1e-15;
    for (int d = 0; d < DIMENSIONS; d++)
        is_true_peak = is_true_peak && at[d] == summit.at[d];
    int passed = all.count == total && fabs(all.mean - exact) < 5 * error && is_true_peak;
    if (rank == 0) {
        printf("montecarlo: %d samples, %d ranks\n", total, size);
        printf("integral: %.6f, exact %.6f, standard error %.6f\n", all.mean, exact, error);
        printf("largest value: %.6f at sample %lld\n", summit.value, (long long)summit.sample);
        printf("time: %.3f s, %.1f million samples a second\n", slowest, 1e-6 * total / slowest);
        printf("%s\n", passed ? "PASS" : "FAIL: wrong integral or wrong largest value");
    }

    MPI_Op_free(&merge);
    MPI_Op_free(&keep);
    MPI_Type_free(&moments_type);
    MPI_Type_free(&peak_type);
    MPI_Finalize();
    return passed ? 0 : 1;
}
