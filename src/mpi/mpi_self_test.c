/*
 * mpi_self_test.c - does the MPI library work by itself? For `mpiwasm doctor`, which has no guest.
 *
 * Starts it, passes a message around all ranks and sums over them, both checked, and ends it.
 * Measures nothing but the start.
 */
#include "mpi/mpi_host.h"
#include "mpi/mpi_plugin.h"

#include <mpi.h>
#include <stdlib.h>
#include <time.h>

/* Longer than what MPIs send in one piece, so that the larger protocol is tried as well. */
enum { MESSAGE_SIZE = 1 << 20 };

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static uint8_t expected(int rank, size_t at) {
    return (uint8_t)((size_t)rank * 31 + at * 7 + (at >> 8));
}

/* Each rank's bytes to the next one. */
static bool pass_around(int rank, int size, struct error *err) {
    uint8_t *bytes = malloc(2 * MESSAGE_SIZE);
    int before = (rank + size - 1) % size, code;
    if (bytes == NULL) {
        return error_set(err, ERROR_NO_MEMORY, "no memory for a message");
    }
    for (size_t i = 0; i < MESSAGE_SIZE; i++) {
        bytes[i] = expected(rank, i);
    }
    code = MPI_Sendrecv(bytes, MESSAGE_SIZE, MPI_BYTE, (rank + 1) % size, 1, bytes + MESSAGE_SIZE,
                        MESSAGE_SIZE, MPI_BYTE, before, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    bool ok = code == MPI_SUCCESS ||
              error_set(err, ERROR_MPI, "MPI_Sendrecv failed with code %d on rank %d", code, rank);
    for (size_t i = 0; ok && i < MESSAGE_SIZE; i++) {
        if (bytes[MESSAGE_SIZE + i] != expected(before, i)) {
            ok = error_set(err, ERROR_MPI,
                           "byte %zu of a message from rank %d to rank %d arrived changed", i,
                           before, rank);
        }
    }
    free(bytes);
    return ok;
}

static bool ranks_sum(int rank, int size, struct error *err) {
    int64_t own = rank + 1, sum = 0, right = (int64_t)size * (size + 1) / 2;
    int code = MPI_Allreduce(&own, &sum, 1, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD);
    if (code != MPI_SUCCESS) {
        return error_set(err, ERROR_MPI, "MPI_Allreduce failed with code %d", code);
    }
    return sum == right || error_set(err, ERROR_MPI, "MPI_Allreduce gives %lld instead of %lld",
                                     (long long)sum, (long long)right);
}

static int count_hosts(void) {
    MPI_Comm node;
    int node_rank = 0, first, hosts = 1;
    if (MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node) !=
        MPI_SUCCESS) {
        return 1;
    }
    MPI_Comm_rank(node, &node_rank);
    MPI_Comm_free(&node);
    first = node_rank == 0;
    MPI_Allreduce(&first, &hosts, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    return hosts;
}

bool mpilayer_self_test(void (*running)(void *user), void *user, struct host_self_test *result,
                        struct error *err) {
    int given, good, all = 0;
    double start = seconds();
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SINGLE, &given);
    if (code != MPI_SUCCESS) {
        return error_set(err, ERROR_MPI, "MPI_Init failed with code %d", code);
    }
    mpilayer_host_start();
    *result = (struct host_self_test){.seconds = seconds() - start};
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &result->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &result->size);
    bool ok =
        pass_around(result->rank, result->size, err) && ranks_sum(result->rank, result->size, err);
    good = ok;
    code = MPI_Allreduce(&good, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (ok && (code != MPI_SUCCESS || !all)) {
        ok = error_set(err, ERROR_MPI, "messages between other ranks did not arrive as sent");
    }
    result->hosts = count_hosts();
    running(user);
    MPI_Finalize();
    return ok;
}
