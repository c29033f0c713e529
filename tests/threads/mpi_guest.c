/*
 * mpi_guest.c - MPI_THREAD_MULTIPLE on two ranks: threads that each have a communicator and do
 * everything at once on it, and then something together. Prints the level and "done"; where the MPI
 * gives less, the level alone.
 */
#ifdef __wasm__
#include "guest.h"
#else
#include "native.h"
#endif

#include <mpi.h>

enum { WORKERS = 4, ROUNDS = 10, MANY = 8, LENGTH = 500, PARTITION = 300 };

#define OK(call) check((call) == MPI_SUCCESS, #call)

#ifdef __wasm__
/* The MPI layer asks for memory, in any thread. */
static _Alignas(16) char heap[1 << 20];
static uint32_t heap_used;
__attribute__((export_name("malloc"))) void *malloc(size_t size) {
    size = (size + 15) / 16 * 16;
    uint32_t at = __atomic_fetch_add(&heap_used, (uint32_t)size, __ATOMIC_SEQ_CST);
    return at + size <= sizeof heap ? heap + at : NULL;
}
__attribute__((export_name("free"))) void free(void *block) {
    (void)block;
}
__attribute__((export_name("aligned_alloc"))) void *aligned_alloc(size_t alignment, size_t size) {
    uintptr_t at = (uintptr_t)malloc(size + alignment);
    return (void *)((at + alignment - 1) / alignment * alignment);
}
#endif

static MPI_Comm comms[WORKERS];
static MPI_Win windows[WORKERS];
static int *window_memory[WORKERS];
static MPI_Errhandler handler;
static MPI_Request parts;
static int keyval, rank, other, failures[WORKERS];
static int parts_data[WORKERS * PARTITION];
static int out[WORKERS][MANY][LENGTH], in[WORKERS][MANY][LENGTH];
static uint32_t arrived[4];
static _Alignas(16) char bsend_buffer[WORKERS * (LENGTH * 4 + MPI_BSEND_OVERHEAD + 64)];

#if MPI_VERSION >= 4
static void meet(int which) {
    if (__atomic_add_fetch(&arrived[which], 1, __ATOMIC_SEQ_CST) == WORKERS)
        set(&arrived[which], WORKERS + 1);
    else
        wait_for(&arrived[which], WORKERS + 1);
}
#endif

static int number_of(MPI_Comm comm) {
    for (int i = 0; i < WORKERS; i++)
        if (comms[i] == comm) return i;
    return -1;
}

/* Whatever the order, with two ranks. */
static void combine(void *from, void *to, int *length, MPI_Datatype *type) {
    int size = 0, *a = from, *b = to;
    OK(MPI_Type_size(*type, &size));
    check(size == 4, "the datatype that the operator gets");
    for (int i = 0; i < *length; i++)
        b[i] = 3 * a[i] + 3 * b[i];
}

static void on_error(MPI_Comm *comm, int *code, ...) {
    int class = 0, number = number_of(*comm);
    OK(MPI_Error_class(*code, &class));
    check(class == MPI_ERR_RANK && number >= 0, "what the error handler gets");
    failures[number]++;
}

static int copy(MPI_Comm comm, int key, void *extra, void *value, void *result, int *flag) {
    check(key == keyval && (intptr_t)value == number_of(comm), "what the copy callback gets");
    *(void **)result = (void *)((intptr_t)value + (intptr_t)extra);
    *flag = 1;
    return MPI_SUCCESS;
}

static int query(void *extra, MPI_Status *status) {
    OK(MPI_Status_set_elements(status, MPI_INT, *(int *)extra));
    status->MPI_SOURCE = *(int *)extra;
    status->MPI_TAG = 7;
    return MPI_Status_set_cancelled(status, 0);
}
static int release(void *extra) {
    *(int *)extra = -1;
    return MPI_SUCCESS;
}
static int cancel(void *extra, int complete) {
    (void)extra;
    (void)complete;
    return MPI_SUCCESS;
}

static void messages(int own, int round, MPI_Comm comm) {
    MPI_Request requests[2 * MANY];
    MPI_Status statuses[2 * MANY], status;
    MPI_Message message;
    int count = 0, flag = 0;
    for (int i = 0; i < MANY; i++) {
        for (int k = 0; k < LENGTH; k++)
            out[own][i][k] = rank * 1000000 + own * 100000 + round * 1000 + i * 100 + k;
        OK(MPI_Irecv(in[own][i], LENGTH, MPI_INT, other, i, comm, &requests[i]));
    }
    for (int i = 0; i < MANY; i++)
        OK(MPI_Isend(out[own][i], LENGTH, MPI_INT, other, i, comm, &requests[MANY + i]));
    OK(MPI_Waitall(2 * MANY, requests, statuses));
    for (int i = 0; i < MANY; i++) {
        check(statuses[i].MPI_TAG == i && requests[i] == MPI_REQUEST_NULL, "a status");
        check(in[own][i][9] == other * 1000000 + own * 100000 + round * 1000 + i * 100 + 9,
              "a message");
    }
    if (rank == 0) {
        OK(MPI_Ssend(out[own][1], 10 + own, MPI_INT, 1, 50, comm));
        OK(MPI_Bsend(out[own][2], LENGTH, MPI_INT, 1, 51, comm));
        OK(MPI_Recv(in[own][0], 0, MPI_INT, 1, 52, comm, MPI_STATUS_IGNORE));
    } else {
        OK(MPI_Mprobe(MPI_ANY_SOURCE, 50, comm, &message, &status));
        OK(MPI_Get_count(&status, MPI_INT, &count));
        check(count == 10 + own, "what MPI_Mprobe has found");
        OK(MPI_Mrecv(in[own][0], count, MPI_INT, &message, &status));
        check(in[own][0][9] == own * 100000 + round * 1000 + 109, "MPI_Mrecv");
        while (!flag)
            OK(MPI_Iprobe(0, MPI_ANY_TAG, comm, &flag, &status));
        check(status.MPI_TAG == 51, "MPI_Iprobe");
        OK(MPI_Recv(in[own][0], LENGTH, MPI_INT, 0, 51, comm, MPI_STATUS_IGNORE));
        check(in[own][0][9] == own * 100000 + round * 1000 + 209, "MPI_Bsend");
        OK(MPI_Send(NULL, 0, MPI_INT, 0, 52, comm));
    }
}

static void collectives(int own, int round, MPI_Comm comm) {
    MPI_Op op;
    MPI_Request request;
    MPI_Datatype type;
    int sums[2], values[2] = {rank + own, round}, flag = 0, all[2] = {0, 0};
    OK(MPI_Op_create(combine, 1, &op));
    OK(MPI_Allreduce(values, sums, 2, MPI_INT, op, comm));
    check(sums[0] == 3 * (2 * own + 1) && sums[1] == 6 * round, "MPI_Allreduce");
    OK(MPI_Iallreduce(values, sums, 2, MPI_INT, op, comm, &request));
    OK(MPI_Op_free(&op));
    while (!flag)
        OK(MPI_Test(&request, &flag, MPI_STATUS_IGNORE));
    check(sums[0] == 3 * (2 * own + 1), "MPI_Iallreduce");
    OK(MPI_Type_vector(2, 1, 3, MPI_INT, &type));
    OK(MPI_Type_commit(&type));
    in[own][0][0] = out[own][0][0] = rank;
    OK(MPI_Bcast(rank == 0 ? out[own][3] : in[own][3], 1, type, 0, comm));
    OK(MPI_Type_free(&type));
    check(rank == 0 || in[own][3][3] == own * 100000 + round * 1000 + 303, "MPI_Bcast");
    OK(MPI_Allgather(&values[0], 1, MPI_INT, all, 1, MPI_INT, comm));
    check(all[0] == own && all[1] == own + 1, "MPI_Allgather");
    OK(MPI_Barrier(comm));
}

static void callbacks(int own, int round, MPI_Comm comm) {
    MPI_Comm duplicate;
    MPI_Request request;
    MPI_Status status;
    void *value;
    int flag = 0, count = 0, number = own + 20, before = failures[own];
    OK(MPI_Comm_dup(comm, &duplicate));
    OK(MPI_Comm_get_attr(duplicate, keyval, &value, &flag));
    check(flag && (intptr_t)value == own + 1000, "the copied attribute");
    OK(MPI_Comm_free(&duplicate));
    check(MPI_Send(&number, 1, MPI_INT, 77, 0, comm) != MPI_SUCCESS, "a rank too high");
    check(failures[own] == before + 1, "the error handler");
    OK(MPI_Grequest_start(query, release, cancel, &number, &request));
    OK(MPI_Grequest_complete(request));
    OK(MPI_Wait(&request, &status));
    OK(MPI_Get_count(&status, MPI_INT, &count));
    check(count == own + 20 && status.MPI_SOURCE == own + 20 && number == -1,
          "the generalized request");
}

static void window(int own, int round) {
    int values[2] = {own * 100 + round, rank};
    if (windows[own] == MPI_WIN_NULL) return;
    OK(MPI_Win_fence(0, windows[own]));
    OK(MPI_Put(values, 2, MPI_INT, other, 0, 2, MPI_INT, windows[own]));
    OK(MPI_Win_fence(0, windows[own]));
    check(window_memory[own][0] == own * 100 + round && window_memory[own][1] == other, "MPI_Put");
    OK(MPI_Win_lock(MPI_LOCK_SHARED, other, 0, windows[own]));
    OK(MPI_Put(values, 1, MPI_INT, other, 2, 1, MPI_INT, windows[own]));
    OK(MPI_Win_unlock(other, windows[own]));
    OK(MPI_Barrier(comms[own]));
}

#if MPI_VERSION >= 4
/* Every thread marks a part; the first waits, maybe before the others have. */
static void together(int own) {
    if (own == 0) OK(MPI_Start(&parts));
    meet(0);
    if (rank == 0) {
        for (int i = 0; i < PARTITION; i++)
            parts_data[own * PARTITION + i] = own * 1000 + i;
        OK(MPI_Pready(own, parts));
    }
    if (own == 0) OK(MPI_Wait(&parts, MPI_STATUS_IGNORE));
    meet(1);
    if (rank == 1)
        for (int i = 0; i < PARTITION; i++)
            check(parts_data[own * PARTITION + i] == own * 1000 + i, "a partition");
}
#endif

static void work(struct thread *thread) {
    int own = thread->index, level = -1, is_main = 1;
    OK(MPI_Query_thread(&level));
    OK(MPI_Is_thread_main(&is_main));
    check(level == MPI_THREAD_MULTIPLE && !is_main, "the thread and its level");
    for (int round = 0; round < ROUNDS; round++) {
        messages(own, round, comms[own]);
        collectives(own, round, comms[own]);
        callbacks(own, round, comms[own]);
        window(own, round);
    }
#if MPI_VERSION >= 4
    together(own);
#endif
}

static void run(void) {
    int level = -1, size = 0;
    OK(MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level));
    OK(MPI_Comm_rank(MPI_COMM_WORLD, &rank));
    OK(MPI_Comm_size(MPI_COMM_WORLD, &size));
    other = 1 - rank;
    if (level != MPI_THREAD_MULTIPLE) {
        print("less\n");
        MPI_Finalize();
        return;
    }
    check(size == 2, "two ranks");
    OK(MPI_Buffer_attach(bsend_buffer, sizeof bsend_buffer));
    OK(MPI_Comm_create_errhandler(on_error, &handler));
    OK(MPI_Comm_create_keyval(copy, MPI_COMM_NULL_DELETE_FN, &keyval, (void *)1000));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    for (int i = 0; i < WORKERS; i++) {
        OK(MPI_Comm_dup(MPI_COMM_WORLD, &comms[i]));
        windows[i] = MPI_WIN_NULL;
#ifndef NO_WINDOWS
        OK(MPI_Win_allocate(64, 4, MPI_INFO_NULL, comms[i], &window_memory[i], &windows[i]));
#endif
        OK(MPI_Comm_set_attr(comms[i], keyval, (void *)(intptr_t)i));
        OK(MPI_Comm_set_errhandler(comms[i], handler));
    }
#if MPI_VERSION >= 4
    if (rank == 0)
        OK(MPI_Psend_init(parts_data, WORKERS, PARTITION, MPI_INT, 1, 5, MPI_COMM_WORLD,
                          MPI_INFO_NULL, &parts));
    else
        OK(MPI_Precv_init(parts_data, WORKERS, PARTITION, MPI_INT, 0, 5, MPI_COMM_WORLD,
                          MPI_INFO_NULL, &parts));
#endif
    for (int i = 0; i < WORKERS; i++)
        check(start(i, work) > 0, "a thread");
    for (int i = 0; i < WORKERS; i++)
        join(i);
#if MPI_VERSION >= 4
    OK(MPI_Request_free(&parts));
#endif
    for (int i = 0; i < WORKERS; i++) {
        if (windows[i] != MPI_WIN_NULL) OK(MPI_Win_free(&windows[i]));
        OK(MPI_Comm_free(&comms[i]));
    }
    MPI_Finalize();
    print("done\n");
}

#ifdef __wasm__
void _start(void) {
    run();
}
#else
int main(void) {
    run();
    return 0;
}
#endif
