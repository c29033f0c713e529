/*
 * windows.c - one-sided communication on windows of the program's own memory and of
 * MPI_Win_allocate: all operations, every synchronisation, derived datatypes, attributes, names,
 * hints, error handlers, freed handles.
 *
 * run.py: ranks 1,2,3,4
 * run.py: openmpi cannot run 1 rank
 */
#include "report.h"

enum { N = 8 };

static int next(void) {
    return (rank + 1) % ranks;
}

/* A fence, and after the report another: nobody changes what is looked at. */
static void fence_and_report(MPI_Win win, const char *name, const int *values, int count) {
    MPI_Win_fence(0, win);
    report_ints(name, values, count);
    MPI_Win_fence(0, win);
}

static void fences(void) {
    int memory[N], values[N], fetched[N];
    MPI_Win win;
    for (int i = 0; i < N; i++) {
        memory[i] = 100 * rank + i;
        values[i] = -(10 * rank + i);
        fetched[i] = 0;
    }
    MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_fence(MPI_MODE_NOPRECEDE, win);
    MPI_Put(values, 3, MPI_INT, next(), 2, 3, MPI_INT, win);
    fence_and_report(win, "put", memory, N);
    MPI_Get(fetched, N, MPI_INT, next(), 0, N, MPI_INT, win);
    fence_and_report(win, "get", fetched, N);
    for (int r = 0; r < ranks; r++) {
        MPI_Accumulate(values, N, MPI_INT, r, 0, N, MPI_INT, MPI_SUM, win);
    }
    fence_and_report(win, "sum", memory, N);
    MPI_Accumulate(values, 2, MPI_INT, next(), 4, 2, MPI_INT, MPI_REPLACE, win);
    fence_and_report(win, "replace", memory, N);
    MPI_Accumulate(values, 2, MPI_INT, next(), 4, 2, MPI_INT, MPI_MAX, win);
    MPI_Put(values, 4, MPI_INT, MPI_PROC_NULL, 1 << 20, 4, MPI_INT, win);
    MPI_Win_fence(MPI_MODE_NOSUCCEED, win);
    report_ints("max", memory, N);
    MPI_Win_free(&win);
    report("null: %d", win == MPI_WIN_NULL);
}

static void derived(void) {
    double matrix[4][4], column[4] = {rank + 0.5, rank + 1.5, rank + 2.5, rank + 3.5};
    double flat[16] = {0};
    MPI_Datatype columns, swapped;
    MPI_Win win;
    for (int i = 0; i < 16; i++) {
        matrix[i / 4][i % 4] = 100 * rank + i;
    }
    MPI_Type_vector(4, 1, 4, MPI_DOUBLE, &columns);
    MPI_Type_commit(&columns);
    MPI_Type_create_hvector(4, 1, -(MPI_Aint)sizeof(double), MPI_DOUBLE, &swapped);
    MPI_Type_commit(&swapped);
    /* The unit is another one on every rank. */
    MPI_Win_create(matrix, sizeof matrix, rank % 2 ? 8 : 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    int unit = next() % 2 ? 8 : 1;
    MPI_Win_fence(0, win);
    MPI_Put(column, 4, MPI_DOUBLE, next(), 2 * 8 / unit, 1, columns, win);
    MPI_Win_fence(0, win);
    report_doubles("column", &matrix[0][0], 16);
    MPI_Win_fence(0, win);
    MPI_Accumulate(column, 4, MPI_DOUBLE, next(), 1 * 8 / unit, 1, columns, MPI_PROD, win);
    MPI_Win_fence(0, win);
    report_doubles("product", &matrix[0][0], 16);
    MPI_Win_fence(0, win);
    MPI_Get(flat + 3, 1, swapped, next(), 3 * 8 / unit, 1, columns, win);
    MPI_Win_fence(0, win);
    report_doubles("backwards", flat, 4);
    MPI_Win_fence(0, win);
    MPI_Type_free(&columns);
    MPI_Type_free(&swapped);
    MPI_Win_free(&win);
}

static void types(void) {
    struct {
        long long l;
        float f;
        unsigned char c;
        short s;
    } memory = {1000 + rank, 1.5f * rank, 3, 7};
    struct {
        double value;
        int index;
    } pair, other;
    MPI_Win win, pairs;
    MPI_Win_create(&memory, sizeof memory, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_fence(0, win);
    long long l = 5;
    float f = 2;
    unsigned char c = 0xf0;
    short s = -9;
    if (rank == 0) {
        MPI_Accumulate(&l, 1, MPI_LONG_LONG, next(), 0, 1, MPI_LONG_LONG, MPI_PROD, win);
        MPI_Accumulate(&f, 1, MPI_FLOAT, next(), 8, 1, MPI_FLOAT, MPI_SUM, win);
        MPI_Accumulate(&c, 1, MPI_UNSIGNED_CHAR, next(), 12, 1, MPI_UNSIGNED_CHAR, MPI_BOR, win);
        MPI_Accumulate(&s, 1, MPI_SHORT, next(), 14, 1, MPI_SHORT, MPI_MIN, win);
    }
    MPI_Win_fence(0, win);
    report("types: %lld %g %d %d", memory.l, memory.f, memory.c, memory.s);
    MPI_Win_free(&win);
    memset(&pair, 0, sizeof pair);
    memset(&other, 0, sizeof other);
    pair.value = 5 - rank;
    pair.index = rank;
    other = pair;
    MPI_Win_create(&pair, sizeof pair, sizeof pair, MPI_INFO_NULL, MPI_COMM_WORLD, &pairs);
    MPI_Win_fence(0, pairs);
    MPI_Accumulate(&other, 1, MPI_DOUBLE_INT, 0, 0, 1, MPI_DOUBLE_INT, MPI_MINLOC, pairs);
    MPI_Win_fence(0, pairs);
    report("minloc: %g %d", pair.value, pair.index);
    MPI_Win_free(&pairs);
}

static void locks(void) {
    int *memory, one = 1, result = -1, compare, swapped, got[4] = {0}, add[4] = {1, 2, 3, 4};
    MPI_Win win;
    MPI_Win_allocate(N * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &win);
    MPI_Win_lock(MPI_LOCK_EXCLUSIVE, rank, 0, win);
    for (int i = 0; i < N; i++) {
        memory[i] = i;
    }
    MPI_Win_unlock(rank, win);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, win);
    MPI_Fetch_and_op(&one, &result, MPI_INT, 0, 0, MPI_SUM, win);
    MPI_Win_flush(0, win);
    report("below the ranks: %d", result >= 0 && result < ranks);
    MPI_Win_unlock(0, win);
    MPI_Barrier(MPI_COMM_WORLD);

    MPI_Win_lock_all(0, win);
    MPI_Fetch_and_op(NULL, &result, MPI_INT, 0, 0, MPI_NO_OP, win);
    MPI_Win_flush_local(0, win);
    report("all counted: %d", result);
    compare = 1;
    swapped = 1000 + rank;
    MPI_Compare_and_swap(&swapped, &compare, &result, MPI_INT, next(), 1, win);
    MPI_Win_flush(next(), win);
    report("swapped: %d", result);
    compare = 77;
    MPI_Compare_and_swap(&swapped, &compare, &result, MPI_INT, next(), 1, win);
    MPI_Win_flush_all(win);
    report("not swapped: %d", result);
    MPI_Get_accumulate(add, 4, MPI_INT, got, 4, MPI_INT, next(), 4, 4, MPI_INT, MPI_SUM, win);
    MPI_Win_flush_local_all(win);
    report_ints("got", got, 4);
    MPI_Get_accumulate(NULL, 0, MPI_INT, got, 4, MPI_INT, next(), 4, 4, MPI_INT, MPI_NO_OP, win);
    MPI_Win_flush(next(), win);
    report_ints("got again", got, 4);
    MPI_Win_sync(win);
    MPI_Win_unlock_all(win);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Win_lock(MPI_LOCK_SHARED, rank, MPI_MODE_NOCHECK, win);
    report_ints("memory", memory + 1, N - 1);
    MPI_Win_unlock(rank, win);
    MPI_Win_free(&win);
}

static void requests(void) {
    int memory[N] = {0}, values[4] = {rank, rank + 1, rank + 2, rank + 3}, got[4], old[4];
    MPI_Request list[2];
    MPI_Status status;
    MPI_Win win;
    MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_lock_all(0, win);
    MPI_Rput(values, 4, MPI_INT, next(), 0, 4, MPI_INT, win, &list[0]);
    MPI_Wait(&list[0], &status);
    report("gone: %d", list[0] == MPI_REQUEST_NULL);
    MPI_Win_flush(next(), win);
    MPI_Rget(got, 4, MPI_INT, next(), 0, 4, MPI_INT, win, &list[0]);
    MPI_Raccumulate(values, 2, MPI_INT, next(), 6, 2, MPI_INT, MPI_SUM, win, &list[1]);
    MPI_Waitall(2, list, MPI_STATUSES_IGNORE);
    report_ints("rget", got, 4);
    MPI_Win_flush_all(win);
    MPI_Rget_accumulate(values, 2, MPI_INT, old, 2, MPI_INT, next(), 6, 2, MPI_INT, MPI_REPLACE,
                        win, &list[0]);
    int flag = 0;
    while (!flag) {
        MPI_Test(&list[0], &flag, MPI_STATUS_IGNORE);
    }
    report_ints("old", old, 2);
    MPI_Rput(values, 1, MPI_INT, MPI_PROC_NULL, 0, 1, MPI_INT, win, &list[0]);
    MPI_Wait(&list[0], MPI_STATUS_IGNORE);
    MPI_Win_unlock_all(win);
    MPI_Win_free(&win);
    report_ints("memory", memory, N);
}

static void post_start(void) {
    int memory[2] = {rank, rank}, value = 50 + rank, flag = 0;
    int before = (rank + ranks - 1) % ranks, after = next();
    MPI_Group world, origins, targets, of_window;
    MPI_Win win;
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_incl(world, 1, &before, &origins);
    MPI_Group_incl(world, 1, &after, &targets);
    MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_get_group(win, &of_window);
    int result;
    MPI_Group_compare(world, of_window, &result);
    report("group: %d", result == MPI_IDENT);
    for (int round = 0; round < 2 && ranks > 1; round++) {
        MPI_Win_post(origins, 0, win);
        MPI_Win_start(targets, 0, win);
        MPI_Put(&value, 1, MPI_INT, after, round, 1, MPI_INT, win);
        MPI_Win_complete(win);
        if (round == 0) {
            MPI_Win_wait(win);
        } else {
            for (flag = 0; !flag;) {
                MPI_Win_test(win, &flag);
            }
        }
        report_ints("exposed", memory, 2);
    }
    MPI_Win_free(&win);
    MPI_Group_free(&of_window);
    MPI_Group_free(&origins);
    MPI_Group_free(&targets);
    MPI_Group_free(&world);
}

static int deleted;

static int delete_callback(MPI_Win win, int key, void *value, void *state) {
    deleted += *(int *)value;
    return MPI_SUCCESS;
}

static void questions(void) {
    char name[MPI_MAX_OBJECT_NAME];
    int key, length, flag, *number, number_set = 41;
    double memory[4];
    void *base;
    MPI_Aint *size;
    MPI_Info info;
    MPI_Win win, allocated;
    MPI_Info_create(&info);
    MPI_Info_set(info, "no_locks", "true");
    MPI_Win_create(memory, sizeof memory, sizeof(double), info, MPI_COMM_WORLD, &win);
    MPI_Info_free(&info);
    MPI_Win_get_attr(win, MPI_WIN_BASE, &base, &flag);
    report("base: %d %d", flag, base == memory);
    MPI_Win_get_attr(win, MPI_WIN_SIZE, &size, &flag);
    report("size: %d %d", flag, (int)*size);
    MPI_Win_get_attr(win, MPI_WIN_DISP_UNIT, &number, &flag);
    report("unit: %d %d", flag, *number);
    MPI_Win_get_attr(win, MPI_WIN_CREATE_FLAVOR, &number, &flag);
    report("flavour: %d %d", flag, *number == MPI_WIN_FLAVOR_CREATE);
    MPI_Win_get_attr(win, MPI_WIN_MODEL, &number, &flag);
    report("model: %d %d", flag, *number == MPI_WIN_UNIFIED);
    MPI_Win_allocate(16, 4, MPI_INFO_NULL, MPI_COMM_WORLD, &base, &allocated);
    void *again;
    MPI_Win_get_attr(allocated, MPI_WIN_BASE, &again, &flag);
    report("base: %d", base == again);
    MPI_Win_get_attr(allocated, MPI_WIN_CREATE_FLAVOR, &number, &flag);
    report("flavour: %d %d", flag, *number == MPI_WIN_FLAVOR_ALLOCATE);
    MPI_Win_get_attr(allocated, MPI_WIN_SIZE, &size, &flag);
    report("size: %d %d", flag, (int)*size);
    MPI_Win_free(&allocated);

    MPI_Win_set_name(win, "a window");
    MPI_Win_get_name(win, name, &length);
    report("%s %d", name, length);
    MPI_Win_create_keyval(MPI_WIN_NULL_COPY_FN, delete_callback, &key, NULL);
    MPI_Win_set_attr(win, key, &number_set);
    MPI_Win_get_attr(win, key, &number, &flag);
    report("attribute: %d %d", flag, *number);
    MPI_Win_delete_attr(win, key);
    MPI_Win_get_attr(win, key, &number, &flag);
    report("deleted: %d %d", flag, deleted);
    MPI_Win_set_attr(win, key, &number_set);
    MPI_Win_get_info(win, &info);
    MPI_Win_set_info(win, info);
    MPI_Info_free(&info);
    MPI_Win_free(&win);
    report("deleted: %d", deleted);
    MPI_Win_free_keyval(&key);
}

static int handled;

static void handler(MPI_Win *win, int *code, ...) {
    char name[MPI_MAX_OBJECT_NAME];
    int length;
    MPI_Win_get_name(*win, name, &length);
    handled += strcmp(name, "handled") == 0 ? 1 : 1000;
}

static void errors(void) {
    int memory[4] = {0}, value = 3;
    MPI_Errhandler mine, found;
    MPI_Win win, copy;
    MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    MPI_Win_get_errhandler(win, &found);
    report("default: %d", found == MPI_ERRORS_ARE_FATAL);
    MPI_Win_set_errhandler(win, MPI_ERRORS_RETURN);
    MPI_Win_fence(0, win);
#define TRY(call) report("%s: %s", #call, class_name(call))
    TRY(MPI_Put(&value, 1, MPI_INT, ranks, 0, 1, MPI_INT, win));
    TRY(MPI_Put(&value, -1, MPI_INT, 0, 0, 1, MPI_INT, win));
    TRY(MPI_Put(&value, 1, MPI_INT, 0, 0, -1, MPI_INT, win));
    TRY(MPI_Put(&value, 1, MPI_DATATYPE_NULL, 0, 0, 1, MPI_INT, win));
    TRY(MPI_Accumulate(&value, 1, MPI_INT, 0, 0, 1, MPI_INT, MPI_OP_NULL, win));
    MPI_Win_fence(0, win);
    MPI_Win_set_name(win, "handled");
    MPI_Win_create_errhandler(handler, &mine);
    MPI_Win_set_errhandler(win, mine);
    MPI_Errhandler_free(&mine);
    MPI_Win_call_errhandler(win, MPI_ERR_OTHER);
    MPI_Put(&value, 1, MPI_INT, ranks, 0, 1, MPI_INT, win);
    report("handled: %d", handled);
    copy = win;
    MPI_Win_free(&win);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    TRY(MPI_Win_fence(0, MPI_WIN_NULL));
    report("size: %d",
           MPI_Win_create(memory, -1, 1, MPI_INFO_NULL, MPI_COMM_WORLD, &copy) != MPI_SUCCESS);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
}

/* Not aligned: MPICH 4.0 itself fails then, the module must not. */
static void bases(void) {
    int memory[6] __attribute__((aligned(64))), got = -1;
#ifdef __wasm__
    enum { AT = 1 };
#else
    enum { AT = 0 };
#endif
    MPI_Win win;
    for (int i = 0; i < 6; i++) {
        memory[i] = 10 * rank + i - AT;
    }
    MPI_Win_create(memory + AT, 4 * sizeof(int), sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    for (int target = 0; target < ranks; target++) {
        MPI_Win_lock(MPI_LOCK_SHARED, target, 0, win);
        MPI_Get(&got, 1, MPI_INT, target, 2, 1, MPI_INT, win);
        MPI_Win_unlock(target, win);
        report("third of %d: %d", target, got);
    }
    MPI_Win_free(&win);
}

/* MPICH's kin gives what fails on a window without an error handler to that of MPI_COMM_WORLD. */
static void initial_handler(void) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, keyval, memory[4];
    MPI_Win win;
    MPI_Get_library_version(version, &length);
    if (ranks == 1 || (strstr(version, "MPICH") == NULL && strstr(version, "Intel(R) MPI") == NULL))
        return; /* one rank: not under any launcher */
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, MPI_COMM_NULL_DELETE_FN, &keyval, NULL);
    MPI_Win_create(memory, sizeof memory, sizeof(int), MPI_INFO_NULL, MPI_COMM_WORLD, &win);
    report("initial: %d", MPI_Win_set_attr(win, keyval, NULL) != MPI_SUCCESS);
    MPI_Win_free(&win);
    MPI_Comm_free_keyval(&keyval);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    fences();
    derived();
    types();
    locks();
    requests();
    post_start();
    questions();
    errors();
    bases();
    initial_handler();
    finish();
    return 0;
}
