/*
 * threads.c - POSIX and C threads as a program with -pthread has them; runs natively as well.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 8 };

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s\n", __LINE__, #condition);                                         \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static sem_t semaphore;
static long counter, written, onces, destroyed;
static _Atomic long atomic_counter;
static _Thread_local long own = 5;
static _Alignas(64) _Thread_local char aligned[64];

static void init_once(void) {
    onces++;
}

static void destroy(void *value) {
    pthread_mutex_lock(&mutex);
    destroyed += (long)(intptr_t)value;
    pthread_mutex_unlock(&mutex);
}

static void *count(void *argument) {
    long index = (long)(intptr_t)argument;
    CHECK(own == 5 && (uintptr_t)aligned % 64 == 0);
    own = index;
    pthread_once(&once, init_once);
    CHECK(pthread_setspecific(key, (void *)(intptr_t)(index + 1)) == 0);
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        atomic_counter++;
        if (i % 100 == 0) {
            pthread_rwlock_wrlock(&rwlock);
            written++;
            pthread_rwlock_unlock(&rwlock);
        } else {
            pthread_rwlock_rdlock(&rwlock);
            CHECK(written >= 0);
            pthread_rwlock_unlock(&rwlock);
        }
        char *block = malloc((size_t)(i % 97 + 1) * 8);
        CHECK(block != NULL);
        memset(block, (int)index, (size_t)(i % 97 + 1) * 8);
        CHECK(block[i % 97] == (char)index);
        free(block);
    }
    errno = (int)index;
    for (int i = 0; i < 10; i++) {
        int serial = pthread_barrier_wait(&barrier);
        CHECK(serial == 0 || serial == PTHREAD_BARRIER_SERIAL_THREAD);
    }
    CHECK(errno == (int)index && own == index);
    sem_post(&semaphore);
    return (void *)(intptr_t)(index * index);
}

static void count_together(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    CHECK(pthread_key_create(&key, destroy) == 0 && sem_init(&semaphore, 0, 0) == 0);
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, count, (void *)(intptr_t)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(sem_wait(&semaphore) == 0);
    for (long i = 0; i < THREADS; i++) {
        void *result;
        CHECK(pthread_join(threads[i], &result) == 0 && (long)(intptr_t)result == i * i);
    }
    CHECK(counter == 2000 * THREADS && atomic_counter == 2000 * THREADS);
    CHECK(written == 20 * THREADS && onces == 1 && own == 5);
    CHECK(destroyed == THREADS * (THREADS + 1) / 2);
}

/* A queue of one place: every number arrives once, in order of each producer. */
static int place = -1, finished;

static void *produce(void *argument) {
    for (int i = 0; i < 1000; i++) {
        pthread_mutex_lock(&mutex);
        while (place >= 0)
            pthread_cond_wait(&condition, &mutex);
        place = i;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    pthread_mutex_lock(&mutex);
    finished++;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void queue(void) {
    pthread_t producers[3];
    long sum = 0, taken = 0;
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&producers[i], NULL, produce, NULL) == 0);
    pthread_mutex_lock(&mutex);
    while (finished < 3 || place >= 0) {
        if (place < 0) {
            pthread_cond_wait(&condition, &mutex);
            continue;
        }
        sum += place;
        taken++;
        place = -1;
        pthread_cond_broadcast(&condition);
    }
    pthread_mutex_unlock(&mutex);
    for (int i = 0; i < 3; i++)
        pthread_join(producers[i], NULL);
    CHECK(taken == 3000 && sum == 3 * 499500);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 20000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&mutex);
    CHECK(pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static void *deep(void *argument) {
    volatile char block[300000];
    for (size_t i = 0; i < sizeof block; i += 1000)
        block[i] = 1;
    atomic_counter += block[0];
    return argument;
}

static void *leave(void *argument) {
    pthread_exit(argument);
}

/* Many threads one after the other, detached ones too, with a stack of the program's size. */
static void many(void) {
    pthread_attr_t attributes;
    pthread_t thread;
    void *result;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, 400000) == 0);
    atomic_counter = 0;
    for (int i = 0; i < 300; i++) {
        CHECK(pthread_create(&thread, &attributes, deep, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
    }
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (int i = 0; i < 100; i++) {
        CHECK(pthread_create(&thread, &attributes, deep, NULL) == 0);
        while (atomic_counter < 301 + i)
            nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    CHECK(pthread_create(&thread, NULL, leave, &thread) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result == &thread);
    pthread_mutexattr_t kind;
    pthread_mutex_t recursive;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&recursive, &kind);
    CHECK(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    CHECK(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0);
    CHECK(pthread_mutex_unlock(&recursive) == EPERM);
}

static void *print(void *argument) {
    for (int i = 0; i < 100; i++)
        printf("a line of thread %ld that is whole\n", (long)(intptr_t)argument);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    count_together();
    queue();
    many();
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, print, (void *)(intptr_t)i) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    printf("ok\n");
    return 0;
}
