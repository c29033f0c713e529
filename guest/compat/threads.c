/*
 * threads.c - POSIX threads for a program of one thread: see pthread.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static struct thread {
    int unused;
} the_thread;

int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attributes,
                   void *(*start)(void *), void *restrict argument) {
    (void)thread;
    (void)attributes;
    (void)start;
    (void)argument;
    return EAGAIN;
}
int pthread_join(pthread_t thread, void **result) {
    (void)result;
    return pthread_equal(thread, pthread_self()) ? EDEADLK : ESRCH;
}
int pthread_detach(pthread_t thread) {
    return pthread_equal(thread, pthread_self()) ? 0 : ESRCH;
}
_Noreturn void pthread_exit(void *result) {
    (void)result;
    exit(0);
}
pthread_t pthread_self(void) {
    return (pthread_t)&the_thread;
}
#undef pthread_equal
int pthread_equal(pthread_t a, pthread_t b) {
    return a == b;
}
int pthread_cancel(pthread_t thread) {
    (void)thread;
    return ENOSYS;
}
int pthread_setcancelstate(int state, int *old) {
    (void)state;
    if (old) *old = PTHREAD_CANCEL_ENABLE;
    return 0;
}
int pthread_once(pthread_once_t *once, void (*function)(void)) {
    if (!*once) {
        *once = 1;
        function();
    }
    return 0;
}

int pthread_attr_init(pthread_attr_t *attributes) {
    *attributes = (pthread_attr_t){0};
    return 0;
}
int pthread_attr_destroy(pthread_attr_t *attributes) {
    (void)attributes;
    return 0;
}
int pthread_attr_setdetachstate(pthread_attr_t *attributes, int state) {
    (void)attributes;
    (void)state;
    return 0;
}
int pthread_attr_setscope(pthread_attr_t *attributes, int scope) {
    (void)attributes;
    (void)scope;
    return 0;
}
int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size) {
    (void)attributes;
    (void)size;
    return 0;
}
int pthread_attr_getstacksize(const pthread_attr_t *restrict attributes, size_t *restrict size) {
    (void)attributes;
    *size = 8u << 20;
    return 0;
}

/* A mutex: its first word is the type, its second the number of locks held. */
enum { TYPE, HELD };

int pthread_mutexattr_init(pthread_mutexattr_t *attributes) {
    *attributes = (pthread_mutexattr_t){PTHREAD_MUTEX_DEFAULT};
    return 0;
}
int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes) {
    (void)attributes;
    return 0;
}
int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type) {
    attributes->__attr = (unsigned)type;
    return 0;
}
int pthread_mutexattr_setpshared(pthread_mutexattr_t *attributes, int shared) {
    (void)attributes;
    (void)shared;
    return 0;
}
int pthread_mutex_init(pthread_mutex_t *restrict mutex,
                       const pthread_mutexattr_t *restrict attributes) {
    *mutex = (pthread_mutex_t){0};
    if (attributes) mutex->__u.__i[TYPE] = (int)attributes->__attr;
    return 0;
}
int pthread_mutex_destroy(pthread_mutex_t *mutex) {
    return mutex->__u.__i[HELD] ? EBUSY : 0;
}
int pthread_mutex_trylock(pthread_mutex_t *mutex) {
    if (mutex->__u.__i[HELD] && mutex->__u.__i[TYPE] != PTHREAD_MUTEX_RECURSIVE) return EBUSY;
    mutex->__u.__i[HELD]++;
    return 0;
}
int pthread_mutex_lock(pthread_mutex_t *mutex) {
    return pthread_mutex_trylock(mutex) == 0 ? 0 : EDEADLK; /* waiting would never end */
}
int pthread_mutex_unlock(pthread_mutex_t *mutex) {
    if (!mutex->__u.__i[HELD]) return EPERM;
    mutex->__u.__i[HELD]--;
    return 0;
}

int pthread_condattr_init(pthread_condattr_t *attributes) {
    *attributes = (pthread_condattr_t){0};
    return 0;
}
int pthread_condattr_destroy(pthread_condattr_t *attributes) {
    (void)attributes;
    return 0;
}
int pthread_cond_init(pthread_cond_t *restrict condition,
                      const pthread_condattr_t *restrict attributes) {
    (void)attributes;
    *condition = (pthread_cond_t){0};
    return 0;
}
int pthread_cond_destroy(pthread_cond_t *condition) {
    (void)condition;
    return 0;
}
int pthread_cond_signal(pthread_cond_t *condition) {
    (void)condition;
    return 0;
}
int pthread_cond_broadcast(pthread_cond_t *condition) {
    (void)condition;
    return 0;
}
/* Nobody can signal. A return without a signal is allowed ("spurious"), so that the caller's loop
 * over its predicate goes on; a deadline is waited for. */
int pthread_cond_wait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex) {
    (void)condition;
    (void)mutex;
    return EDEADLK;
}
int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until) {
    (void)condition;
    (void)mutex;
    clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, until, NULL);
    return ETIMEDOUT;
}

int pthread_rwlock_init(pthread_rwlock_t *restrict lock,
                        const pthread_rwlockattr_t *restrict attributes) {
    (void)attributes;
    *lock = (pthread_rwlock_t){0};
    return 0;
}
int pthread_rwlock_destroy(pthread_rwlock_t *lock) {
    (void)lock;
    return 0;
}
int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    (void)lock;
    return 0;
}
int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    (void)lock;
    return 0;
}
int pthread_rwlock_unlock(pthread_rwlock_t *lock) {
    (void)lock;
    return 0;
}

int pthread_spin_init(pthread_spinlock_t *lock, int shared) {
    (void)shared;
    *lock = 0;
    return 0;
}
int pthread_spin_destroy(pthread_spinlock_t *lock) {
    (void)lock;
    return 0;
}
int pthread_spin_trylock(pthread_spinlock_t *lock) {
    if (*lock) return EBUSY;
    *lock = 1;
    return 0;
}
int pthread_spin_lock(pthread_spinlock_t *lock) {
    return pthread_spin_trylock(lock) == 0 ? 0 : EDEADLK;
}
int pthread_spin_unlock(pthread_spinlock_t *lock) {
    *lock = 0;
    return 0;
}

/* A barrier for more than one thread would never open. */
int pthread_barrier_init(pthread_barrier_t *restrict barrier,
                         const pthread_barrierattr_t *restrict attributes, unsigned count) {
    (void)attributes;
    *barrier = (pthread_barrier_t){0};
    return count == 1 ? 0 : count == 0 ? EINVAL : EAGAIN;
}
int pthread_barrier_destroy(pthread_barrier_t *barrier) {
    (void)barrier;
    return 0;
}
int pthread_barrier_wait(pthread_barrier_t *barrier) {
    (void)barrier;
    return PTHREAD_BARRIER_SERIAL_THREAD;
}

enum { KEYS = 128 };
static struct {
    const void *value;
    char in_use;
} keys[KEYS];

int pthread_key_create(pthread_key_t *key, void (*destroy)(void *)) {
    (void)destroy; /* runs when a thread ends; the only one ends with the program */
    for (unsigned i = 0; i < KEYS; i++) {
        if (keys[i].in_use) continue;
        keys[i].in_use = 1;
        keys[i].value = NULL;
        *key = i;
        return 0;
    }
    return EAGAIN;
}
int pthread_key_delete(pthread_key_t key) {
    if (key >= KEYS || !keys[key].in_use) return EINVAL;
    keys[key].in_use = 0;
    return 0;
}
void *pthread_getspecific(pthread_key_t key) {
    return key < KEYS ? (void *)keys[key].value : NULL;
}
int pthread_setspecific(pthread_key_t key, const void *value) {
    if (key >= KEYS || !keys[key].in_use) return EINVAL;
    keys[key].value = value;
    return 0;
}
