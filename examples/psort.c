/*
 * psort.c - sort random keys that are spread over the ranks (sample sort).
 *
 *     psort [KEYS]
 *
 * Each rank sorts its keys; splitters chosen from samples of all ranks cut every rank's keys into
 * one part per rank, MPI_Alltoallv brings the parts together, and a merge finishes.  Checked: order
 * within and between ranks, and that the keys are still the same.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_key(uint64_t index) {
    uint64_t z = (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "psort: out of memory\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    return memory;
}

/* size - 1 keys that cut all keys into parts of about equal size; the same on all ranks. */
static uint64_t *choose_splitters(const uint64_t *keys, int count, int size, MPI_Comm comm) {
    enum { SAMPLES = 64 };
    uint64_t mine[SAMPLES];
    for (int i = 0; i < SAMPLES; i++)
        mine[i] = count ? keys[(long long)count * i / SAMPLES] : UINT64_MAX;
    uint64_t *all = allocate((size_t)size * SAMPLES, sizeof *all);
    MPI_Allgather(mine, SAMPLES, MPI_UINT64_T, all, SAMPLES, MPI_UINT64_T, comm);
    qsort(all, (size_t)size * SAMPLES, sizeof *all, compare);
    for (int i = 1; i < size; i++)
        all[i - 1] = all[i * SAMPLES];
    return all;
}

/* Merge `parts` sorted runs that lie one behind the other in keys; starts has parts + 1 entries. */
static void merge_runs(uint64_t *keys, int *starts, int parts) {
    uint64_t *other = allocate((size_t)starts[parts], sizeof *other);
    for (; parts > 1; parts = (parts + 1) / 2) {
        for (int p = 0; p < parts; p += 2) {
            int a = starts[p], middle = starts[p + 1];
            int b = middle, end = p + 2 <= parts ? starts[p + 2] : middle;
            for (int out = a; out < end; out++)
                other[out] = a < middle && (b == end || keys[a] <= keys[b]) ? keys[a++] : keys[b++];
            starts[p / 2] = starts[p];
        }
        starts[(parts + 1) / 2] = starts[parts];
        memcpy(keys, other, (size_t)starts[(parts + 1) / 2] * sizeof *keys);
    }
    free(other);
}

/* Sort *keys over all ranks; *keys is replaced, *count changes. */
static void sort(uint64_t **keys, int *count, MPI_Comm comm) {
    int size;
    MPI_Comm_size(comm, &size);
    qsort(*keys, (size_t)*count, sizeof **keys, compare);
    uint64_t *splitters = choose_splitters(*keys, *count, size, comm);

    int *numbers = allocate((size_t)size * 4 + 1, sizeof *numbers);
    int *send_counts = numbers, *send_starts = numbers + size;
    int *receive_counts = numbers + 2 * size, *receive_starts = numbers + 3 * size;
    for (int i = 0, part = 0; i < *count; i++) {
        while (part < size - 1 && (*keys)[i] >= splitters[part])
            part++;
        send_counts[part]++;
    }
    MPI_Alltoall(send_counts, 1, MPI_INT, receive_counts, 1, MPI_INT, comm);
    for (int part = 1; part < size; part++)
        send_starts[part] = send_starts[part - 1] + send_counts[part - 1];
    for (int part = 0; part < size; part++)
        receive_starts[part + 1] = receive_starts[part] + receive_counts[part];

    int received = receive_starts[size];
    uint64_t *result = allocate((size_t)received, sizeof *result);
    MPI_Alltoallv(*keys, send_counts, send_starts, MPI_UINT64_T, result, receive_counts,
                  receive_starts, MPI_UINT64_T, comm);
    merge_runs(result, receive_starts, size);
    free(*keys);
    free(splitters);
    free(numbers);
    *keys = result;
    *count = received;
}

static void checksum(const uint64_t *keys, int count, uint64_t sums[3], MPI_Comm comm) {
    uint64_t local[3] = {(uint64_t)count, 0, 0};
    for (int i = 0; i < count; i++) {
        local[1] += keys[i];
        local[2] += keys[i] * keys[i];
    }
    MPI_Allreduce(local, sums, 3, MPI_UINT64_T, MPI_SUM, comm);
}

static int is_sorted(const uint64_t *keys, int count, MPI_Comm comm) {
    int rank, size, sorted = 1, all;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    for (int i = 1; i < count; i++)
        sorted &= keys[i - 1] <= keys[i];
    /* The largest key of all lower ranks must not exceed the first one here. */
    uint64_t largest = count ? keys[count - 1] : 0, lower = 0;
    MPI_Exscan(&largest, &lower, 1, MPI_UINT64_T, MPI_MAX, comm);
    if (rank > 0 && count > 0) sorted &= lower <= keys[0];
    MPI_Allreduce(&sorted, &all, 1, MPI_INT, MPI_LAND, comm);
    return all;
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    int total = argc > 1 ? atoi(argv[1]) : 1000000, rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (total < 1 || total > 200000000) {
        if (rank == 0) fprintf(stderr, "psort: between 1 and 200 million keys\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    int first = (int)((long long)total * rank / size);
    int count = (int)((long long)total * (rank + 1) / size) - first;
    uint64_t *keys = allocate((size_t)count, sizeof *keys);
    for (int i = 0; i < count; i++)
        keys[i] = random_key((uint64_t)(first + i));

    uint64_t before[3], after[3];
    checksum(keys, count, before, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    sort(&keys, &count, MPI_COMM_WORLD);
    double elapsed = MPI_Wtime() - start, slowest;
    checksum(keys, count, after, MPI_COMM_WORLD);

    int passed = is_sorted(keys, count, MPI_COMM_WORLD) && memcmp(before, after, sizeof after) == 0;
    MPI_Reduce(&elapsed, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
    if (rank == 0) {
        printf("psort: %d keys, %d ranks\n", total, size);
        printf("checksum: %016llx\n", (unsigned long long)after[2]);
        printf("time: %.3f s, %.1f million keys a second\n", slowest, 1e-6 * total / slowest);
        printf("%s\n", passed ? "PASS" : "FAIL: not sorted, or keys lost");
    }
    free(keys);
    MPI_Finalize();
    return passed ? 0 : 1;
}
