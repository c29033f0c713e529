/*
 * wait.c - memory.atomic.wait and memory.atomic.notify (the threads proposal).
 *
 * Threads wait in queues by the host address of the byte they wait for, so that instances which
 * share a memory meet.  Comparing the value and entering the queue happen under the queue's lock,
 * as leaving it does: a notify after the comparison finds the waiter, in the order of arrival.
 * Each waiter sleeps on a word of its own (a futex), whatever the width of what it waits for.
 */
#include "runtime/internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_OK = 0, WAIT_NOT_EQUAL = 1, WAIT_TIMED_OUT = 2 };
enum { QUEUE_COUNT = 256, NANOSECONDS = 1000000000 };

struct waiter {
    const uint8_t *address;
    atomic_uint is_woken; /* the futex */
    struct waiter *next;
};

static struct queue {
    pthread_mutex_t lock;
    struct waiter *first;
} queues[QUEUE_COUNT] = {[0 ... QUEUE_COUNT - 1] = {.lock = PTHREAD_MUTEX_INITIALIZER}};

static struct queue *queue_of(const uint8_t *address) {
    uint64_t hash = (uint64_t)(uintptr_t)address / 4 * UINT64_C(0x9e3779b97f4a7c15);
    return &queues[hash >> 56];
}

static void queue_append(struct queue *queue, struct waiter *waiter) {
    struct waiter **at = &queue->first;
    while (*at != NULL)
        at = &(*at)->next;
    *at = waiter;
}

/* False if it is not in there any more. */
static bool queue_remove(struct queue *queue, const struct waiter *waiter) {
    for (struct waiter **at = &queue->first; *at != NULL; at = &(*at)->next)
        if (*at == waiter) {
            *at = waiter->next;
            return true;
        }
    return false;
}

/* By the monotonic clock, as FUTEX_WAIT_BITSET wants it. */
static struct timespec deadline_after(int64_t nanoseconds) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += nanoseconds / NANOSECONDS;
    at.tv_nsec += nanoseconds % NANOSECONDS;
    if (at.tv_nsec >= NANOSECONDS) {
        at.tv_nsec -= NANOSECONDS;
        at.tv_sec++;
    }
    return at;
}

/* Until woken (true) or the deadline, if there is one. */
static bool sleep_until(struct waiter *waiter, const struct timespec *deadline) {
    while (atomic_load(&waiter->is_woken) == 0)
        if (syscall(SYS_futex, &waiter->is_woken, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0,
                    deadline, NULL, FUTEX_BITSET_MATCH_ANY) != 0 &&
            errno == ETIMEDOUT)
            return false;
    return true;
}

static bool value_is(const uint8_t *address, uint32_t bytes, uint64_t expected) {
    return bytes == 4 ? __atomic_load_n((const uint32_t *)address, __ATOMIC_SEQ_CST) == expected
                      : __atomic_load_n((const uint64_t *)address, __ATOMIC_SEQ_CST) == expected;
}

int32_t memory_wait(const uint8_t *address, uint32_t bytes, uint64_t expected, int64_t timeout) {
    struct waiter waiter = {.address = address};
    struct queue *queue = queue_of(address);
    struct timespec deadline;
    if (timeout >= 0) deadline = deadline_after(timeout);

    pthread_mutex_lock(&queue->lock);
    bool is_equal = value_is(address, bytes, expected);
    if (is_equal) queue_append(queue, &waiter);
    pthread_mutex_unlock(&queue->lock);
    if (!is_equal) return WAIT_NOT_EQUAL;

    if (sleep_until(&waiter, timeout >= 0 ? &deadline : NULL)) return WAIT_OK;
    pthread_mutex_lock(&queue->lock);
    bool is_waiting = queue_remove(queue, &waiter);
    pthread_mutex_unlock(&queue->lock);
    return is_waiting ? WAIT_TIMED_OUT : WAIT_OK; /* a notify may have come just in time */
}

uint32_t memory_notify(const uint8_t *address, uint32_t count) {
    struct queue *queue = queue_of(address);
    uint32_t woken = 0;
    pthread_mutex_lock(&queue->lock);
    for (struct waiter **at = &queue->first; *at != NULL && woken < count;) {
        struct waiter *waiter = *at;
        if (waiter->address != address) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        woken++;
        /* The waiter may return, and its word be gone, as soon as it is set; to wake an address
         * where nobody sleeps does no harm. */
        atomic_store(&waiter->is_woken, 1);
        syscall(SYS_futex, &waiter->is_woken, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0);
    }
    pthread_mutex_unlock(&queue->lock);
    return woken;
}
