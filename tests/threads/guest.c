/*
 * guest.c - what the tests of threads run: one case a build (-DCASE_x).
 */
#include "guest.h"

static _Thread_local volatile int own = 0;
static uint64_t counter;
static uint32_t started, gate;
static volatile int never;

#if defined(CASE_counting)
/* Threads over one memory, with stacks and thread-local variables of their own; more than once. */
static void work(struct thread *thread) {
    volatile int local[64];
    for (int i = 0; i < 64; i++)
        local[i] = thread->index;
    own = thread->index + 100;
    for (int i = 0; i < 100000; i++)
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
    uint64_t sum = own;
    for (int i = 0; i < 64; i++)
        sum += (uint64_t)local[i];
    thread->result = sum;
}

void _start(void) {
    int32_t last = 0;
    own = 7;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < THREADS; i++) {
            int32_t id = start(i, work);
            check(id > last && id < 1 << 29, "the number of a thread");
            last = id;
        }
        for (int i = 0; i < THREADS; i++) {
            join(i);
            check(threads[i].result == (uint64_t)(i + 100 + 64 * i),
                  "what a thread had of its own");
        }
        check(threads[THREADS - 1].id == last, "a thread knows its number");
    }
    check(counter == 20ull * THREADS * 100000, "the counter");
    check(own == 7, "the first thread's own");
    print("counted\n");
}

#elif defined(CASE_growing)
/* Each thread grows the memory and writes to what it got; everybody sees all of it. */
static uint32_t pages[THREADS];
static void work(struct thread *thread) {
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    wait_for(&gate, 1);
    uint32_t sum = 0;
    for (int i = 0; i < 8; i++) {
        uint32_t at = (uint32_t)__builtin_wasm_memory_grow(0, 1);
        check(at != (uint32_t)-1, "memory.grow");
        *(uint32_t *)(uintptr_t)(at * 65536) = (uint32_t)thread->index + 1;
        *(uint32_t *)(uintptr_t)(at * 65536 + 65532) = at;
        sum += at;
    }
    pages[thread->index] = sum;
}

void _start(void) {
    uint32_t before = (uint32_t)__builtin_wasm_memory_size(0), total = 0, owners[THREADS] = {0};
    for (int i = 0; i < THREADS; i++)
        check(start(i, work) > 0, "thread-spawn");
    set(&gate, 1);
    for (int i = 0; i < THREADS; i++) {
        join(i);
        total += pages[i];
    }
    uint32_t after = (uint32_t)__builtin_wasm_memory_size(0), sum = 0;
    check(after == before + 8 * THREADS, "the size after all");
    for (uint32_t at = before; at < after; at++) {
        uint32_t owner = *(uint32_t *)(uintptr_t)(at * 65536);
        check(owner >= 1 && owner <= THREADS, "the owner of a page");
        owners[owner - 1]++;
        check(*(uint32_t *)(uintptr_t)(at * 65536 + 65532) == at, "the end of a page");
        sum += at;
    }
    for (int i = 0; i < THREADS; i++)
        check(owners[i] == 8, "each its pages");
    check(sum == total, "no page twice");
    print("grown\n");
}

#elif defined(CASE_ending)
/* How the guest ends while threads run, wait, or are the ones that end it. */
#ifndef HOW
#define HOW 0
#endif
__attribute__((noinline)) static void wild(volatile int *at) {
    *at = 1;
}
__attribute__((noinline)) static int deep(int n) {
    never = n;
    return n == -1 ? 0 : deep(n + 1) + never;
}
static void endless(struct thread *thread) {
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    while (!never)
        __atomic_fetch_add(&counter, 1, __ATOMIC_SEQ_CST);
}
static void waiting(struct thread *thread) {
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    wait_for(&gate, 12345);
}
static void reading(struct thread *thread) {
    char byte;
    size_t got;
    struct buffer buffer = {&byte, 1};
    __atomic_fetch_add(&started, 1, __ATOMIC_SEQ_CST);
    fd_read(0, &buffer, 1, &got);
    wait_for(&gate, 12345);
}
__attribute__((noinline)) static void culprit(struct thread *thread) {
    while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < 3)
        ;
    switch (HOW) {
    case 1: wild((volatile int *)0x7fffff00); break;
    case 2: deep(0); break;
    case 3: __builtin_trap();
    case 4: proc_exit(42);
    }
}

void _start(void) {
    check(start(0, endless) > 0 && start(1, waiting) > 0 && start(2, reading) > 0, "thread-spawn");
    if (HOW >= 1 && HOW <= 4) {
        check(start(3, culprit) > 0, "thread-spawn");
        wait_for(&gate, 12345);
    }
    while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < 3)
        ;
    if (HOW == 5) proc_exit(17);
    if (HOW == 6) wild((volatile int *)0x7fffff00);
    print("the end\n");
}

#elif defined(CASE_files)
/* Descriptors that threads open, write, read and close at the same time. */
static void work(struct thread *thread) {
    char name[] = "file.x", text[] = "xxxxxxxx", back[8];
    name[5] = (char)('a' + thread->index);
    for (int i = 0; i < 8; i++)
        text[i] = name[5];
    for (int i = 0; i < 300; i++) {
        int fd;
        size_t count;
        struct buffer out = {text, 8}, in = {back, 8};
        check(path_open(3, 0, name, 6, 1 | 8, 0x42, 0, 0, &fd) == 0, "path_open");
        check(fd_write(fd, &out, 1, &count) == 0 && count == 8, "fd_write");
        check(fd_close(fd) == 0, "fd_close");
        check(path_open(3, 0, name, 6, 0, 0x2, 0, 0, &fd) == 0, "path_open to read");
        check(fd_read(fd, &in, 1, &count) == 0 && count == 8, "fd_read");
        check(fd_close(fd) == 0, "fd_close after reading");
        for (int j = 0; j < 8; j++)
            check(back[j] == name[5], "what another thread wrote");
    }
    thread->result = 1;
}

void _start(void) {
    for (int i = 0; i < THREADS; i++)
        check(start(i, work) > 0, "thread-spawn");
    for (int i = 0; i < THREADS; i++)
        join(i);
    print("read\n");
}

#elif defined(CASE_mpi)
/* MPI by turns, and against the rules of the level that was asked for. */
#include <mpi.h>
static uint32_t turn;
static void in_turn(struct thread *thread) {
    int ones = 1, sum = 0, size = 0, given = 0, main_thread = 1;
    wait_for(&turn, (uint32_t)thread->index);
    check(MPI_Query_thread(&given) == MPI_SUCCESS && given == MPI_THREAD_SERIALIZED, "the level");
    check(MPI_Is_thread_main(&main_thread) == MPI_SUCCESS && !main_thread, "not the main thread");
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    check(MPI_Allreduce(&ones, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD) == MPI_SUCCESS, "sum");
    check(sum == size, "the sum");
    set(&turn, (uint32_t)thread->index + 1);
}
static void against(struct thread *thread) {
    int rank;
    wait_for(&gate, 1);
    for (;;)
        MPI_Comm_rank(MPI_COMM_WORLD, &rank);
}

void _start(void) {
    int given = -1, byte;
    MPI_Init_thread(0, 0, HOW == 2 ? MPI_THREAD_FUNNELED : MPI_THREAD_SERIALIZED, &given);
    check(given == (HOW == 2 ? MPI_THREAD_FUNNELED : MPI_THREAD_SERIALIZED), "what was given");
    if (HOW == 1) {
        for (int i = 0; i < THREADS; i++)
            check(start(i, in_turn) > 0, "thread-spawn");
        for (int i = 0; i < THREADS; i++)
            join(i);
        MPI_Finalize();
        print("done\n");
        return;
    }
    check(start(0, against) > 0, "thread-spawn");
    set(&gate, 1);
    if (HOW == 3) MPI_Recv(&byte, 1, MPI_INT, 0, 99, MPI_COMM_SELF, MPI_STATUS_IGNORE);
    wait_for(&gate, 12345);
}

#endif
