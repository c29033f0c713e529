/*
 * native.h - what guest.h has, for the same program as a native one.
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct thread {
    void (*function)(struct thread *thread);
    int index;
    uint64_t result;
    pthread_t native;
};

enum { THREADS = 8 };
static struct thread threads[THREADS];

static inline void wait_for(uint32_t *word, uint32_t value) {
    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value)
        sched_yield();
}

static inline void set(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

static void *thread_begin(void *thread) {
    ((struct thread *)thread)->function(thread);
    return NULL;
}

static inline int32_t start(int index, void (*function)(struct thread *)) {
    threads[index] = (struct thread){.function = function, .index = index};
    return pthread_create(&threads[index].native, NULL, thread_begin, &threads[index]) == 0;
}

static inline void join(int index) {
    pthread_join(threads[index].native, NULL);
}

static inline void print(const char *text) {
    fputs(text, stdout);
    fflush(stdout);
}

static inline void check(int ok, const char *what) {
    if (ok) return;
    printf("wrong: %s\n", what);
    exit(1);
}
