/*
 * windows_shared.c - memory that the ranks of a node share: neighbours read and write each other's
 * segments with ordinary loads and stores; operations on the same window; segments of several
 * sizes, empty and apart; memory that goes back to the program's allocator.
 *
 * run.py: ranks 1,2,3,4
 */
#include "report.h"

#include <stdint.h>

/* Contiguous segments of the sizes given; all ranks see what each wrote. */
static void segments(MPI_Comm comm, const char *name, MPI_Aint size, int unit, MPI_Info info,
                     int contiguous) {
    unsigned char *own, *first = NULL;
    MPI_Aint length;
    MPI_Win win;
    int of_unit, *number, flag;
    MPI_Win_allocate_shared(size, unit, info, comm, &own, &win);
    MPI_Win_get_attr(win, MPI_WIN_CREATE_FLAVOR, &number, &flag);
    report("%s: flavour %d, unit %d", name, *number == MPI_WIN_FLAVOR_SHARED, unit);
    MPI_Win_lock_all(MPI_MODE_NOCHECK, win);
    for (int i = 0; i < size; i++) {
        own[i] = (unsigned char)(17 * rank + i);
    }
    MPI_Win_sync(win);
    MPI_Barrier(comm);
    MPI_Win_sync(win);
    for (int r = 0; r < ranks; r++) {
        unsigned char *base = NULL;
        int sum = 0;
        MPI_Win_shared_query(win, r, &length, &of_unit, &base);
        for (int i = 0; i < length; i++) {
            sum += base[i];
        }
        if (first == NULL && length > 0) {
            first = base;
        } else if (contiguous && length > 0) {
            report("%s, %d: at %d", name, r, (int)(base - first));
        }
        report("%s, %d: size %d unit %d sum %d own %d", name, r, (int)length, of_unit, sum,
               r == rank && length > 0 ? base == own : -1);
    }
    unsigned char *lowest = NULL;
    MPI_Win_shared_query(win, MPI_PROC_NULL, &length, &of_unit, &lowest);
    report("%s, lowest: %d, size %d", name, lowest == first, (int)length);
    MPI_Win_sync(win);
    MPI_Barrier(comm);
    MPI_Win_unlock_all(win);
    MPI_Win_free(&win);
}

static void operations(MPI_Comm comm) {
    int *own, value = 7 + rank, got = 0, one = 1, after = (rank + 1) % ranks;
    MPI_Win win;
    MPI_Win_allocate_shared((4 + rank) * sizeof(int), sizeof(int), MPI_INFO_NULL, comm, &own, &win);
    for (int i = 0; i < 4 + rank; i++) {
        own[i] = 0;
    }
    MPI_Win_fence(0, win);
    MPI_Put(&value, 1, MPI_INT, after, after + 3, 1, MPI_INT, win);
    for (int r = 0; r < ranks; r++) {
        MPI_Accumulate(&one, 1, MPI_INT, r, 0, 1, MPI_INT, MPI_SUM, win);
    }
    MPI_Win_fence(0, win);
    report("stored: %d %d", own[rank + 3], own[0]);
    MPI_Get(&got, 1, MPI_INT, after, after + 3, 1, MPI_INT, win);
    MPI_Win_fence(0, win);
    report("loaded: %d", got);
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, win);
    MPI_Fetch_and_op(&one, &got, MPI_INT, 0, 1, MPI_SUM, win);
    MPI_Win_unlock(0, win);
    MPI_Barrier(comm);
    /* Read what the others counted, without a call. */
    int *base, unit;
    MPI_Aint size;
    MPI_Win_shared_query(win, 0, &size, &unit, &base);
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, win);
    report("counted: %d", base[1]);
    MPI_Win_unlock(0, win);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_free(&win);
}

/* A flag passed from rank to rank by stores alone. */
static void stores(MPI_Comm comm) {
    int *own, *of_rank[64], unit;
    MPI_Aint size;
    MPI_Win win;
    MPI_Win_allocate_shared(sizeof(int), sizeof(int), MPI_INFO_NULL, comm, &own, &win);
    for (int r = 0; r < ranks; r++) {
        MPI_Win_shared_query(win, r, &size, &unit, &of_rank[r]);
    }
    *own = 0;
    MPI_Win_lock_all(0, win);
    MPI_Barrier(comm);
    if (rank == 0) {
        for (int r = 1; r < ranks; r++) {
            __atomic_store_n(of_rank[r], 100 + r, __ATOMIC_RELEASE);
        }
        for (int r = 1; r < ranks; r++) {
            while (__atomic_load_n(of_rank[r], __ATOMIC_ACQUIRE) != 200 + r) {
                MPI_Win_sync(win);
            }
        }
    } else {
        while (__atomic_load_n(own, __ATOMIC_ACQUIRE) != 100 + rank) {
            MPI_Win_sync(win);
        }
        __atomic_store_n(own, 200 + rank, __ATOMIC_RELEASE);
    }
    MPI_Win_unlock_all(win);
    report("passed: %d", *own);
    MPI_Win_free(&win);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    MPI_Comm node;
    MPI_Info apart;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    MPI_Info_create(&apart);
    MPI_Info_set(apart, "alloc_shared_noncontig", "true");
    segments(node, "pages", 4096, 1, MPI_INFO_NULL, 1);
    segments(node, "odd", 1000 * (rank + 1) + 1, rank + 1, MPI_INFO_NULL, 1);
    segments(node, "large", 300000, 4, MPI_INFO_NULL, 1);
    segments(node, "apart", 8192, 8, apart, 0);
    segments(node, "some empty", rank % 2 ? 24 : 0, 8, MPI_INFO_NULL, 1);
    segments(node, "first alone", rank == 0 ? 10000 : 0, 1, MPI_INFO_NULL, 1);
    operations(node);
    stores(node);
    /* Memory that was shared is the allocator's again: nobody else writes to it. */
    for (int round = 0; round < 2; round++) {
        segments(node, "again", 70000, 1, MPI_INFO_NULL, 1);
        unsigned char *block = malloc(400000);
        memset(block, rank, 400000);
        MPI_Barrier(node);
        int same = 1;
        for (int i = 0; i < 400000; i++) {
            same &= block[i] == rank;
        }
        free(block);
        report("own again: %d", same);
    }
    MPI_Info_free(&apart);
    MPI_Comm_free(&node);
    finish();
    return 0;
}
