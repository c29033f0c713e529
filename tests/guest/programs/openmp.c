/*
 * openmp.c - what an OpenMP program does, each answer checked: run with OMP_NUM_THREADS=4.
 *
 * Prints one line "ok", or what is wrong; check_threads.py runs it natively too.
 */
#include <omp.h>
#include <stdio.h>
#include <string.h>

enum { THREADS = 4, COUNT = 10000 };

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            __atomic_fetch_add(&failures, 1, __ATOMIC_SEQ_CST);                                    \
        }                                                                                          \
    } while (0)

static int private_value = 7;
#pragma omp threadprivate(private_value)

static void teams(void) {
    int seen[THREADS] = {0}, inner = 0, serial = 0;
    CHECK(!omp_in_parallel() && omp_get_num_threads() == 1 && omp_get_max_threads() == THREADS);
#pragma omp parallel
    {
        CHECK(omp_in_parallel() && omp_get_num_threads() == THREADS);
        seen[omp_get_thread_num()]++;
        /* Not nested: the inner team is of one. */
#pragma omp parallel
#pragma omp atomic
        inner += omp_get_num_threads();
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(seen[i] == 1);
    CHECK(inner == THREADS);
#pragma omp parallel num_threads(2)
    CHECK(omp_get_num_threads() == 2);
#pragma omp parallel if (0)
    serial += omp_get_num_threads();
    CHECK(serial == 1);
}

static void loops(void) {
    static int touched[COUNT];
    static double halves[COUNT];
    long long sum = 0;
    double product = 1, largest = -1;
    unsigned bits = 0;
    memset(touched, 0, sizeof touched);
    int last = 0, owner[THREADS] = {0};
#pragma omp parallel for reduction(+ : sum) lastprivate(last)
    for (int i = 0; i < COUNT; i++) {
        touched[i]++;
        sum += (long long)i * i;
        last = i;
    }
    CHECK(sum == 333283335000LL && last == COUNT - 1);
#pragma omp parallel for schedule(dynamic, 7)
    for (int i = 0; i < COUNT; i++)
        touched[i]++;
#pragma omp parallel for schedule(guided)
    for (long long i = COUNT - 1; i >= 0; i--)
        touched[i]++;
#pragma omp parallel for schedule(runtime) collapse(2)
    for (int i = 0; i < COUNT / 100; i++)
        for (int j = 0; j < 100; j++)
            touched[100 * i + j]++;
    int wrong = 0;
    for (int i = 0; i < COUNT; i++)
        wrong += touched[i] != 4;
    CHECK(wrong == 0);
#pragma omp parallel for reduction(* : product) reduction(max : largest) reduction(| : bits)
    for (int i = 0; i < 20; i++) {
        product *= 2;
        if (i * 0.5 > largest) largest = i * 0.5;
        bits |= 1u << i;
    }
    CHECK(product == 1048576 && largest == 9.5 && bits == 0xfffff);
#pragma omp parallel for simd schedule(static)
    for (int i = 0; i < COUNT; i++)
        halves[i] = i * 0.5;
    CHECK(halves[COUNT - 1] == (COUNT - 1) * 0.5);
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < THREADS; i++)
        owner[i] = omp_get_thread_num();
    for (int i = 0; i < THREADS; i++)
        CHECK(owner[i] == i);
    char order[27] = {0};
    int at = 0;
#pragma omp parallel for ordered schedule(dynamic)
    for (int i = 0; i < 26; i++) {
#pragma omp ordered
        order[at++] = (char)('a' + i);
    }
    for (int i = 0; i < 26; i++)
        CHECK(order[i] == 'a' + i);
}

static void exclusion(void) {
    int critical = 0, named = 0, updated = 0, locked = 0, nested = 0, captured = 0, singles = 0;
    int masters = 0, copied = 0;
    double floating = 0;
    omp_lock_t lock;
    omp_nest_lock_t nest;
    omp_init_lock(&lock);
    omp_init_nest_lock(&nest);
#pragma omp parallel
    {
        int mine = 0;
        for (int i = 0; i < 1000; i++) {
#pragma omp critical
            critical++;
#pragma omp critical(other)
            named++;
#pragma omp atomic
            updated++;
#pragma omp atomic
            floating += 0.5;
            omp_set_lock(&lock);
            locked++;
            omp_unset_lock(&lock);
            omp_set_nest_lock(&nest);
            omp_set_nest_lock(&nest);
            nested++;
            omp_unset_nest_lock(&nest);
            omp_unset_nest_lock(&nest);
        }
        int before;
#pragma omp atomic capture
        before = captured++;
        CHECK(before >= 0 && before < THREADS);
#pragma omp single
        singles++;
#pragma omp master
        masters += omp_get_thread_num() + 1;
#pragma omp single copyprivate(mine)
        mine = 42;
#pragma omp atomic
        copied += mine;
#pragma omp barrier
        CHECK(critical == 1000 * THREADS && captured == THREADS);
    }
    CHECK(omp_test_lock(&lock));
    omp_unset_lock(&lock);
    omp_destroy_lock(&lock);
    omp_destroy_nest_lock(&nest);
    CHECK(named == 1000 * THREADS && updated == named && locked == named && nested == named);
    CHECK(floating == 500 * THREADS && singles == 1 && masters == 1 && copied == 42 * THREADS);
}

static void variables(void) {
    int first = 5, sections = 0;
    private_value = 9;
#pragma omp parallel firstprivate(first) copyin(private_value)
    {
        CHECK(first == 5 && private_value == 9);
        first += omp_get_thread_num();
        private_value = omp_get_thread_num();
        CHECK(first == 5 + omp_get_thread_num());
    }
#pragma omp parallel
    CHECK(private_value == omp_get_thread_num());
    CHECK(first == 5);
#pragma omp parallel sections reduction(+ : sections)
    {
#pragma omp section
        sections += 1;
#pragma omp section
        sections += 10;
#pragma omp section
        sections += 100;
    }
    CHECK(sections == 111);
}

static int fibonacci(int n) {
    if (n < 2) return n;
    int a, b;
#pragma omp task shared(a)
    a = fibonacci(n - 1);
#pragma omp task shared(b)
    b = fibonacci(n - 2);
#pragma omp taskwait
    return a + b;
}

static void tasks(void) {
    int result = 0, chain = 0, grouped = 0, looped = 0, values[50];
#pragma omp parallel
#pragma omp single
    {
        result = fibonacci(16);
        for (int i = 0; i < 10; i++) {
#pragma omp task depend(inout : chain)
            chain = chain * 2 + 1;
        }
#pragma omp taskwait
#pragma omp taskgroup
        for (int i = 0; i < 50; i++) {
#pragma omp task firstprivate(i) shared(values)
            {
                values[i] = i;
#pragma omp atomic
                grouped++;
            }
        }
        CHECK(grouped == 50);
#pragma omp taskloop grainsize(10) shared(looped)
        for (int i = 0; i < 100; i++)
#pragma omp atomic
            looped += i;
    }
    CHECK(result == 987 && chain == 1023 && looped == 4950);
    for (int i = 0; i < 50; i++)
        CHECK(values[i] == i);
}

/* More captured variables than most programs have: each is an argument of the outlined function. */
static void many(void) {
    int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12;
    int m = 13, n = 14;
    double x = 0.5;
    int sum = 0;
#pragma omp parallel reduction(+ : sum)
    {
        sum += a + b + c + d + e + f + g + h + i + j + k + l + m + n + (x == 0.5);
#pragma omp barrier
#pragma omp single
        a = b = c = d = e = f = g = h = i = j = k = l = m = n = 0;
    }
    CHECK(sum == 106 * THREADS && a + n == 0);
}

int main(void) {
    double begun = omp_get_wtime();
    for (int round = 0; round < 3; round++) {
        teams();
        loops();
        exclusion();
        variables();
        tasks();
        many();
    }
    CHECK(omp_get_wtime() >= begun && omp_get_wtick() > 0 && _OPENMP >= 201511);
    omp_set_num_threads(3);
    int count = 0;
#pragma omp parallel
#pragma omp atomic
    count++;
    CHECK(count == 3);
    omp_set_max_active_levels(2);
    count = 0;
#pragma omp parallel num_threads(2)
#pragma omp parallel num_threads(2)
#pragma omp atomic
    count++;
    CHECK(count == 4);
    if (failures == 0) puts("ok");
    return failures != 0;
}
