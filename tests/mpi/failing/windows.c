/* What one-sided communication may not be given, on two ranks: every call has to fail with the
 * class of its error, and nothing outside the windows may change. Exit code: the number of
 * failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

static int ranks;

static void user_operator(void *in, void *inout, int *length, MPI_Datatype *type) {
}

static int canaries[3][1024]; /* the window is the one in the middle */

static void ranges(void) {
    int values[64] = {0}, *wild = (int *)0x7ffffff0, other = 1 - rank;
    const int units = 1 << 20;
    double number = 1;
    MPI_Datatype backwards;
    MPI_Op op;
    MPI_Win win, wide, freed;
    MPI_Request request;
    MPI_Op_create(user_operator, 1, &op);
    MPI_Type_create_hvector(4, 1, -(MPI_Aint)sizeof(int), MPI_INT, &backwards);
    MPI_Type_commit(&backwards);
    memset(canaries, 0x55, sizeof canaries);
    MPI_Win_create(canaries[1], sizeof canaries[1], 4, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_create(canaries[1], sizeof canaries[1], units, MPI_INFO_NULL, MPI_COMM_WORLD, &wide);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_set_errhandler(wide, MPI_ERRORS_RETURN);
    MPI_Win_fence(0, win);
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 1024, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 2, MPI_INT, other, 1023, 2, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Get(values, 1, MPI_INT, other, 0x7fffffff, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Get(values, 1, MPI_INT, other, 0, 0x7fffffff, MPI_INT, win));
    FAILS(MPI_ERR_DISP, MPI_Put(values, 1, MPI_INT, other, -1, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 4, MPI_INT, other, 2, 1, backwards, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 0x7fffffff, 1, MPI_INT, wide));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 4096, 1, MPI_INT, wide));
    FAILS(MPI_ERR_BUFFER, MPI_Put(wild, 1, MPI_INT, other, 0, 1, MPI_INT, win));
    FAILS(MPI_ERR_BUFFER, MPI_Get(wild, 1, MPI_INT, other, 0, 1, MPI_INT, win));
    FAILS(MPI_ERR_TRUNCATE, MPI_Put(values, 4, MPI_INT, other, 0, 2, MPI_INT, win));
    FAILS(MPI_ERR_TRUNCATE, MPI_Get(values, 2, MPI_INT, other, 0, 4, MPI_INT, win));
    FAILS(MPI_ERR_TYPE, MPI_Accumulate(values, 2, MPI_INT, other, 0, 1, MPI_DOUBLE, MPI_SUM, win));
    FAILS(MPI_ERR_OP, MPI_Accumulate(values, 1, MPI_INT, other, 0, 1, MPI_INT, op, win));
    FAILS(MPI_ERR_OP, MPI_Fetch_and_op(values, values + 1, MPI_INT, other, 0, MPI_OP_NULL, win));
    FAILS(MPI_ERR_RMA_RANGE,
          MPI_Fetch_and_op(values, values + 1, MPI_INT, other, 1024, MPI_SUM, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Get_accumulate(values, 8, MPI_INT, values + 8, 8, MPI_INT, other,
                                                1020, 8, MPI_INT, MPI_SUM, win));
    FAILS(MPI_ERR_TYPE, MPI_Compare_and_swap(&number, &number, values, MPI_DOUBLE, other, 0, win));
    FAILS(MPI_ERR_RMA_RANGE,
          MPI_Compare_and_swap(values, values + 1, values + 2, MPI_INT, other, 1024, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Rput(values, 1, MPI_INT, other, 1024, 1, MPI_INT, win, &request));
    FAILS(MPI_ERR_RANK, MPI_Win_lock(MPI_LOCK_SHARED, 2, 0, win));
    FAILS(MPI_ERR_LOCKTYPE, MPI_Win_lock(7, 0, 0, win));
    FAILS(MPI_ERR_ASSERT, MPI_Win_fence(3, win));
    FAILS(MPI_ERR_RMA_FLAVOR, MPI_Win_attach(win, values, 4));
    void *base;
    MPI_Aint size;
    int unit;
    FAILS(MPI_ERR_RMA_FLAVOR, MPI_Win_shared_query(win, 0, &size, &unit, &base));
    MPI_Win_fence(0, win);
    freed = win;
    MPI_Win_free(&wide);
    MPI_Win_free(&win);
    FAILS(MPI_ERR_WIN, MPI_Put(values, 1, MPI_INT, other, 0, 1, MPI_INT, freed));
    FAILS(MPI_ERR_WIN, MPI_Win_free(&freed));
    FAILS(MPI_ERR_WIN, MPI_Win_fence(0, (MPI_Win)0x12345678));
    for (int i = 0; i < 3 * 1024; i++) {
        failures += canaries[i / 1024][i % 1024] != 0x55555555;
    }
    MPI_Type_free(&backwards);
    MPI_Op_free(&op);
}

/* Numbers that the host's MPI does not have can be moved and replaced, not computed with: the
 * computing would have to be done by the target's MPI library. */
static void wide_numbers(void) {
    struct {
        long double value;
        int index;
    } own = {rank + 0.5L, rank}, got = {0, -1}, sent = {rank + 10.25L, rank + 7};
    int other = 1 - rank;
    MPI_Win win;
    MPI_Win_create(&own, sizeof own, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_fence(0, win);
#define REFUSED(type, op)                                                                          \
    SAYS(MPI_ERR_OP, #type, MPI_Accumulate(&sent, 1, type, other, 0, 1, type, op, win));           \
    SAYS(MPI_ERR_OP, #type,                                                                        \
         MPI_Get_accumulate(&sent, 1, type, &got, 1, type, other, 0, 1, type, op, win))
    REFUSED(MPI_LONG_DOUBLE, MPI_SUM);
    REFUSED(MPI_LONG_DOUBLE, MPI_MAX);
    REFUSED(MPI_C_LONG_DOUBLE_COMPLEX, MPI_PROD);
    REFUSED(MPI_REAL16, MPI_MIN);
    REFUSED(MPI_INTEGER16, MPI_SUM);
    REFUSED(MPI_INTEGER16, MPI_BXOR);
    REFUSED(MPI_LONG_DOUBLE_INT, MPI_MAXLOC);
    SAYS(MPI_ERR_OP, "MPI_LONG_DOUBLE",
         MPI_Fetch_and_op(&sent, &got, MPI_LONG_DOUBLE, other, 0, MPI_SUM, win));
    MPI_Win_fence(0, win);
    if (own.value != rank + 0.5L || own.index != rank || got.index != -1) failures++;
    WORKS(MPI_Get(&got, 1, MPI_LONG_DOUBLE_INT, other, 0, 1, MPI_LONG_DOUBLE_INT, win));
    MPI_Win_fence(0, win);
    if (got.value != other + 0.5L || got.index != other) failures++;
    WORKS(
        MPI_Accumulate(&sent, 1, MPI_LONG_DOUBLE, other, 0, 1, MPI_LONG_DOUBLE, MPI_REPLACE, win));
    MPI_Win_fence(0, win);
    if (own.value != other + 10.25L || own.index != rank) failures++;
    WORKS(MPI_Fetch_and_op(NULL, &got, MPI_LONG_DOUBLE, other, 0, MPI_NO_OP, win));
    MPI_Win_fence(0, win);
    if (got.value != rank + 10.25L) failures++;
    MPI_Win_free(&win);
}

static void dynamic(void) {
    int values[4] = {0}, other = 1 - rank;
    MPI_Win win;
    MPI_Win_create_dynamic(MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_lock_all(0, win);
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 0x7ffffff0, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, -4, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Get(values, 4, MPI_INT, rank, 0x7ffffff0, 4, MPI_INT, win));
    /* Nobody's operations are complete; some MPIs look the process up. */
    FAILS(MPI_SUCCESS, MPI_Put(values, 1, MPI_INT, MPI_PROC_NULL, 0, 1, MPI_INT, win));
    FAILS(MPI_SUCCESS, MPI_Win_flush(MPI_PROC_NULL, win));
    FAILS(MPI_SUCCESS, MPI_Win_flush_local(MPI_PROC_NULL, win));
    MPI_Win_unlock_all(win);
    FAILS(MPI_SUCCESS, MPI_Win_lock(MPI_LOCK_SHARED, MPI_PROC_NULL, 0, win));
    FAILS(MPI_SUCCESS, MPI_Win_unlock(MPI_PROC_NULL, win));
    FAILS(MPI_ERR_ARG, MPI_Win_attach(win, (void *)0x7ffffff0, 64));
    FAILS(MPI_ERR_SIZE, MPI_Win_attach(win, values, -1));
    MPI_Win_free(&win);
}

/* Numbers of 8 bytes, one's own ones too, where an MPI may ask a transport that does not lead
 * there; with an address that no processor swaps at. */
static void swaps(void) {
    long long numbers[4], compare, value, result;
    char *middle = (char *)numbers + 4;
    MPI_Win win;
    MPI_Win_create(numbers, sizeof numbers, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    for (int target = 0; target < 2; target++) {
        for (int i = 0; i < 4; i++) {
            numbers[i] = i;
        }
        MPI_Barrier(MPI_COMM_WORLD);
        compare = 2, value = 20, result = -1;
        if (rank == 0) {
            FAILS(MPI_ERR_RMA_SYNC,
                  MPI_Compare_and_swap(&value, &compare, &result, MPI_LONG_LONG, target, 16, win));
        }
        MPI_Win_lock_all(0, win);
        if (rank == 0) {
            WORKS(MPI_Compare_and_swap(&value, &compare, &result, MPI_LONG_LONG, target, 16, win));
            MPI_Win_flush(target, win);
            failures += result != 2;
            WORKS(MPI_Compare_and_swap(&value, &compare, &result, MPI_LONG_LONG, target, 16, win));
            MPI_Win_flush(target, win);
            failures += result != 20;
            FAILS(MPI_ERR_RMA_RANGE,
                  MPI_Compare_and_swap(&value, &compare, &result, MPI_LONG_LONG, target, 32, win));
        }
        MPI_Win_unlock_all(win);
        MPI_Barrier(MPI_COMM_WORLD);
        failures += numbers[0] != 0 || numbers[1] != 1 || numbers[3] != 3 ||
                    numbers[2] != (rank == target ? 20 : 2);
    }
    memset(numbers, 0, sizeof numbers);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock_all(0, win);
    compare = 0, value = -1;
    WORKS(MPI_Compare_and_swap(&value, &compare, &result, MPI_LONG_LONG, rank, 4, win));
    MPI_Win_unlock_all(win);
    failures += result != 0 || memcmp(middle, &value, 8) != 0 || (int)numbers[0] != 0 ||
                (int)(numbers[1] >> 32) != 0;
    MPI_Barrier(MPI_COMM_WORLD);
    double number = 1, got;
    MPI_Win_lock_all(0, win);
    FAILS(MPI_ERR_OP, MPI_Fetch_and_op(&number, &got, MPI_DOUBLE, rank, 0, MPI_LAND, win));
    FAILS(MPI_ERR_OP, MPI_Fetch_and_op(&number, &got, MPI_DOUBLE, 1 - rank, 0, MPI_LXOR, win));
    FAILS(MPI_ERR_OP, MPI_Accumulate(&number, 1, MPI_DOUBLE, rank, 0, 1, MPI_DOUBLE, MPI_LOR, win));
    MPI_Win_unlock_all(win);
    MPI_Win_free(&win);
}

/* Beyond the last segment lies what fills a page, and then what is another's. */
static void shared(void) {
    int *own, values[4] = {0}, other = 1 - rank;
    MPI_Win win;
    MPI_Win_allocate_shared(100, 4, MPI_INFO_NULL, MPI_COMM_WORLD, &own, &win);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_fence(0, win);
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 25, 1, MPI_INT, win));
    FAILS(MPI_ERR_RMA_RANGE, MPI_Put(values, 1, MPI_INT, other, 1024, 1, MPI_INT, win));
    MPI_Win_fence(0, win);
    MPI_Win_free(&win);
}

int main(int argc, char **argv) {
    int value, unit = 0;
    MPI_Win win;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    ranges();
    wide_numbers();
    dynamic();
    swaps();
    shared();
    FAILS(MPI_ERR_ARG,
          MPI_Win_create((void *)0x7ffffff0, 64, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win));
    FAILS(MPI_ERR_SIZE, MPI_Win_create(&value, -1, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win));
    FAILS(MPI_ERR_ARG, MPI_Win_create(&value, 4, unit, MPI_INFO_NULL, MPI_COMM_WORLD, &win));
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && failures == 0) printf("all refused\n");
    MPI_Finalize();
    return failures != 0;
}
