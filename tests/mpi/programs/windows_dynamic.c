/*
 * windows_dynamic.c - dynamic windows: memory that is attached after the window was made, of the
 * stack, of the heap, and where the heap has to grow for it; absolute addresses in datatypes.
 *
 * run.py: ranks 1,2,3,4
 * run.py: openmpi cannot run 1 rank
 */
#include "report.h"

enum { N = 6, LARGE = 8 << 20 };

int main(int argc, char **argv) {
    start(&argc, &argv);
    int after = (rank + 1) % ranks, near[N], *number, flag, values[N], got[N], *large;
    MPI_Aint address, addresses[64], target;
    MPI_Win win;
    for (int i = 0; i < N; i++) {
        near[i] = -1;
        values[i] = 10 * rank + i;
    }
    MPI_Win_create_dynamic(MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    void *base = win;
    MPI_Win_get_attr(win, MPI_WIN_BASE, &base, &flag);
    report("base: %d %d", flag, base == MPI_BOTTOM);
    MPI_Win_get_attr(win, MPI_WIN_CREATE_FLAVOR, &number, &flag);
    report("flavour: %d %d", flag, *number == MPI_WIN_FLAVOR_DYNAMIC);
    MPI_Win_get_attr(win, MPI_WIN_DISP_UNIT, &number, &flag);
    report("unit: %d %d", flag, *number);

    MPI_Win_attach(win, near, sizeof near);
    MPI_Get_address(near, &address);
    MPI_Allgather(&address, 1, MPI_AINT, addresses, 1, MPI_AINT, MPI_COMM_WORLD);
    MPI_Win_fence(0, win);
    MPI_Put(values, N, MPI_INT, after, addresses[after], N, MPI_INT, win);
    MPI_Win_fence(0, win);
    report_ints("put", near, N);
    MPI_Win_fence(0, win);
    target = MPI_Aint_add(addresses[after], 2 * sizeof(int));
    MPI_Accumulate(values, 3, MPI_INT, after, target, 3, MPI_INT, MPI_SUM, win);
    MPI_Win_fence(0, win);
    report_ints("sum", near, N);
    MPI_Barrier(MPI_COMM_WORLD);

    /* More memory than there was when the window was made. */
    large = malloc(LARGE);
    memset(large, rank + 1, LARGE);
    MPI_Win_attach(win, large, LARGE);
    MPI_Get_address(large, &address);
    MPI_Allgather(&address, 1, MPI_AINT, addresses, 1, MPI_AINT, MPI_COMM_WORLD);
    MPI_Win_lock(MPI_LOCK_SHARED, after, 0, win);
    target = MPI_Aint_add(addresses[after], LARGE - sizeof got);
    MPI_Get(got, N, MPI_INT, after, target, N, MPI_INT, win);
    MPI_Win_unlock(after, win);
    report_ints("large", got, N);
    MPI_Win_lock_all(0, win);
    MPI_Fetch_and_op(values + 1, got, MPI_INT, after, target, MPI_SUM, win);
    MPI_Win_unlock_all(win);
    report_ints("fetched", got, 1);

    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_detach(win, near);
    MPI_Win_detach(win, large);
    MPI_Win_free(&win);
    free(large);
    finish();
    return 0;
}
