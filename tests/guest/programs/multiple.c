/*
 * multiple.c - MPI_THREAD_MULTIPLE with OpenMP: every thread of a team communicates, at the same
 * time, with the threads of its number in other ranks; tasks receive from whoever is next.
 *
 * Prints "ok" on rank 0; whoever sees something wrong says so.
 */
#include <mpi.h>
#include <omp.h>
#include <stdio.h>

enum { THREADS = 3, ROUNDS = 40, COUNT = 500, TASKS = 12 };

static int failures, rank, size;

static void check(int ok, const char *what) {
    if (ok) return;
    printf("rank %d, thread %d: %s\n", rank, omp_get_thread_num(), what);
#pragma omp atomic
    failures++;
}

static void exchange(MPI_Comm comm, int thread) {
    int right = (rank + 1) % size, left = (rank + size - 1) % size, sum;
    for (int round = 0; round < ROUNDS; round++) {
        int out[COUNT], in[COUNT], is_right = 1;
        MPI_Request requests[2];
        for (int i = 0; i < COUNT; i++)
            out[i] = rank * 1000000 + thread * 100000 + round + i;
        MPI_Irecv(in, COUNT, MPI_INT, left, thread, MPI_COMM_WORLD, &requests[0]);
        MPI_Isend(out, COUNT, MPI_INT, right, thread, MPI_COMM_WORLD, &requests[1]);
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
        for (int i = 0; i < COUNT; i++)
            is_right &= in[i] == left * 1000000 + thread * 100000 + round + i;
        check(is_right, "what came from the left");
        MPI_Allreduce(&out[0], &sum, 1, MPI_INT, MPI_SUM, comm);
        check(sum == size * (size - 1) / 2 * 1000000 + size * (thread * 100000 + round), "the sum");
    }
}

/* Each task receives one message, all of which are on their way. */
static void in_tasks(void) {
    int seen = 0, out[TASKS], right = (rank + 1) % size, left = (rank + size - 1) % size;
    MPI_Request requests[TASKS];
    for (int i = 0; i < TASKS; i++) {
        out[i] = rank * 100 + i;
        MPI_Isend(&out[i], 1, MPI_INT, right, 1000 + i, MPI_COMM_WORLD, &requests[i]);
    }
#pragma omp parallel num_threads(THREADS) shared(seen)
#pragma omp single
    for (int i = 0; i < TASKS; i++)
#pragma omp task firstprivate(i)
    {
        int in = -1;
        MPI_Recv(&in, 1, MPI_INT, left, 1000 + i, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        check(in == left * 100 + i, "what a task got");
#pragma omp atomic
        seen++;
    }
    check(seen == TASKS, "all tasks");
    MPI_Waitall(TASKS, requests, MPI_STATUSES_IGNORE);
}

int main(int argc, char **argv) {
    int given, all;
    MPI_Comm comms[THREADS];
    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &given);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    check(given == MPI_THREAD_MULTIPLE, "the level");
    for (int i = 0; i < THREADS; i++)
        MPI_Comm_dup(MPI_COMM_WORLD, &comms[i]);
#pragma omp parallel num_threads(THREADS)
    {
        check(omp_get_num_threads() == THREADS, "the team");
        exchange(comms[omp_get_thread_num()], omp_get_thread_num());
    }
    for (int i = 0; i < THREADS; i++)
        MPI_Comm_free(&comms[i]);
    MPI_Barrier(MPI_COMM_WORLD);
    in_tasks();
    MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && all == 0) puts("ok");
    MPI_Finalize();
    return all != 0;
}
