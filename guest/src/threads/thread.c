/*
 * thread.c - POSIX threads by the import wasi.thread-spawn: beginning, end, waiting for the end.
 *
 * A thread's stack, thread-local variables and struct start are one block of the heap.  Nobody can
 * free it while the thread runs, so its last instructions, which use no stack, set `gone`: then the
 * joiner frees it, or, if it is detached, whoever creates the next thread.
 *
 * Below a stack there is a guard, which the host makes inaccessible and accessible again (mpiwasm's
 * runtime/thread.h): it calls mpiwasm_thread_run and then mpiwasm_thread_gone instead of
 * wasi_thread_start, which does both.
 *
 * Deviations: a thread cannot be cancelled.  pthread_exit in a thread that does not return from
 * its function leaves it asleep for ever, with its stack.
 */
#include "libc.h"
#include "lock.h"
#include "pthread_impl.h"
#include "stdio_impl.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum {
    STACK_DEFAULT = 1 << 20,
    STACK_LEAST = 16 << 10,
    GUARD = 128 << 10,     /* at least one page of the host lies in it, wherever it begins */
    FIRST_ID = 0x20000000, /* above all that thread-spawn returns */
    ALIGNMENT = 16,
};

struct start { /* the code below knows the first three, the host the guard */
    void *stack, *tls;
    volatile int gone;
    void *guard; /* below the stack */
    size_t guard_size;
    bool is_parked; /* it will never be gone */
    bool is_c11;
    pthread_t thread;
    void *(*function)(void *);
    void *argument;
    struct start *next; /* of those detached and at their end */
};

__attribute__((import_module("wasi"), import_name("thread-spawn"))) int
__mpiwasm_thread_spawn(struct start *start);
void __mpiwasm_tls_make(void *at);

__asm__(".globaltype __stack_pointer, i32\n"
        ".globaltype __tls_base, i32\n"
        ".functype __wasm_init_tls (i32) -> ()\n"
        ".functype __mpiwasm_thread_run (i32, i32) -> ()\n"
        ".globl mpiwasm_thread_run\n"
        ".export_name mpiwasm_thread_run, mpiwasm_thread_run\n"
        ".type mpiwasm_thread_run,@function\n"
        "mpiwasm_thread_run:\n"
        "    .functype mpiwasm_thread_run (i32, i32) -> ()\n"
        "    local.get 1\n"
        "    i32.load 0\n"
        "    global.set __stack_pointer\n"
        "    local.get 1\n"
        "    i32.load 4\n"
        "    global.set __tls_base\n"
        "    local.get 0\n"
        "    local.get 1\n"
        "    call __mpiwasm_thread_run\n"
        "    end_function\n"
        ".globl mpiwasm_thread_gone\n"
        ".export_name mpiwasm_thread_gone, mpiwasm_thread_gone\n"
        ".type mpiwasm_thread_gone,@function\n"
        "mpiwasm_thread_gone:\n"
        "    .functype mpiwasm_thread_gone (i32) -> ()\n"
        "    local.get 0\n"
        "    i32.const 1\n"
        "    i32.atomic.store 8\n"
        "    local.get 0\n"
        "    i32.const -1\n"
        "    memory.atomic.notify 8\n"
        "    drop\n"
        "    end_function\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".type wasi_thread_start,@function\n"
        "wasi_thread_start:\n"
        "    .functype wasi_thread_start (i32, i32) -> ()\n"
        "    local.get 0\n"
        "    local.get 1\n"
        "    call mpiwasm_thread_run\n"
        "    local.get 1\n"
        "    call mpiwasm_thread_gone\n"
        "    end_function\n"
        /* Initialise a block of thread-local variables that is not the caller's own. */
        ".globl __mpiwasm_tls_make\n"
        ".hidden __mpiwasm_tls_make\n"
        ".type __mpiwasm_tls_make,@function\n"
        "__mpiwasm_tls_make:\n"
        "    .functype __mpiwasm_tls_make (i32) -> ()\n"
        "    global.get __tls_base\n"
        "    local.get 0\n"
        "    call __wasm_init_tls\n"
        "    global.set __tls_base\n"
        "    end_function\n");

void __do_orphaned_stdio_locks(void);
void __block_app_sigs(void *set);
void __restore_sigs(void *set);

_Thread_local struct __pthread __wasilibc_pthread_self;
unsigned __default_stacksize = STACK_DEFAULT;
unsigned __default_guardsize = GUARD;

static volatile int list_lock[1], detached_lock[1];
static struct start *detached;

static FILE *volatile no_file;
weak_alias(no_file, __stdin_used);
weak_alias(no_file, __stdout_used);
weak_alias(no_file, __stderr_used);

void __tl_lock(void) {
    __lock(list_lock);
}
void __tl_unlock(void) {
    __unlock(list_lock);
}
void __block_app_sigs(void *set) {
    (void)set;
}
void __restore_sigs(void *set) {
    (void)set;
}

static void thread_init(pthread_t thread, void **keys) {
    thread->self = thread->next = thread->prev = thread;
    thread->locale = &libc.global_locale;
    thread->robust_list.head = &thread->robust_list.head;
    thread->tsd = keys;
    thread->detach_state = DT_JOINABLE;
}

__attribute__((constructor(50))) static void first_thread(void) {
    pthread_t self = __pthread_self();
    thread_init(self, __pthread_tsd_main);
    self->tid = FIRST_ID;
}

static bool is_first(pthread_t thread) {
    return thread->map_base == NULL;
}

static void file_lock(FILE *file) {
    if (file != NULL && file->lock < 0) file->lock = 0;
}

/* From now on the C library locks. */
static void become_threaded(void) {
    for (FILE *file = *__ofl_lock(); file != NULL; file = file->next)
        file_lock(file);
    __ofl_unlock();
    file_lock(__stdin_used);
    file_lock(__stdout_used);
    file_lock(__stderr_used);
    libc.threaded = 1;
    libc.need_locks = 1;
}

static void free_detached(void) {
    __lock(detached_lock);
    for (struct start **at = &detached; *at != NULL;) {
        struct start *start = *at;
        if (!__atomic_load_n(&start->gone, __ATOMIC_SEQ_CST)) {
            at = &start->next;
            continue;
        }
        *at = start->next;
        free(start);
    }
    __unlock(detached_lock);
}

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) & ~(alignment - 1);
}

/* The block: struct start, keys, guard, stack, thread-local variables. NULL: no memory. */
static struct start *start_make(const pthread_attr_t *attributes) {
    size_t alignment = __builtin_wasm_tls_align(), stack_size = __default_stacksize;
    if (alignment < ALIGNMENT) alignment = ALIGNMENT;
    bool has_stack = attributes != NULL && attributes->_a_stackaddr != 0;
    if (attributes != NULL && attributes->_a_stacksize != 0) stack_size = attributes->_a_stacksize;
    if (stack_size < STACK_LEAST) stack_size = STACK_LEAST;
    size_t guard_size = attributes != NULL ? attributes->_a_guardsize : GUARD;
    if (has_stack || guard_size == 0)
        guard_size = 0;
    else if (guard_size < GUARD)
        guard_size = GUARD;
    size_t keys = round_up(sizeof(struct start), ALIGNMENT);
    size_t guard = round_up(keys + __pthread_tsd_size, ALIGNMENT);
    size_t low = guard + round_up(guard_size, ALIGNMENT);
    size_t high = low + (has_stack ? 0 : round_up(stack_size, ALIGNMENT));
    size_t tls = round_up(high, alignment);
    size_t size = tls + round_up(__builtin_wasm_tls_size(), alignment);
    if (low < guard || high < low || size < high || size > INT32_MAX) return NULL;
    char *block = aligned_alloc(alignment, size);
    if (block == NULL) return NULL;
    memset(block, 0, guard);
    __mpiwasm_tls_make(block + tls);
    ptrdiff_t offset = (char *)__pthread_self() - (char *)__builtin_wasm_tls_base();
    pthread_t thread = (pthread_t)(block + tls + offset);
    thread_init(thread, (void **)(block + keys));
    thread->map_base = (unsigned char *)block;
    thread->stack = has_stack ? (void *)(attributes->_a_stackaddr & -ALIGNMENT) : block + high;
    thread->stack_size = has_stack ? stack_size : high - low;
    if (attributes != NULL && attributes->_a_detach) thread->detach_state = DT_DETACHED;
    struct start *start = (struct start *)block;
    start->stack = thread->stack;
    start->tls = block + tls;
    start->guard = block + guard;
    start->guard_size = low - guard;
    start->thread = thread;
    return start;
}

static void list_add(pthread_t thread) {
    pthread_t self = __pthread_self();
    __tl_lock();
    libc.threads_minus_1++;
    thread->next = self->next;
    thread->prev = self;
    thread->next->prev = thread->prev->next = thread;
    __tl_unlock();
}

static void list_remove(pthread_t thread) {
    __tl_lock();
    thread->next->prev = thread->prev;
    thread->prev->next = thread->next;
    thread->next = thread->prev = thread;
    a_store(&libc.threads_minus_1, libc.threads_minus_1 - 1);
    __tl_unlock();
    __wake(&libc.threads_minus_1, -1, 1);
}

int __pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attributes,
                     void *(*function)(void *), void *restrict argument) {
    bool is_c11 = attributes == __ATTRP_C11_THREAD;
    if (!libc.threaded) become_threaded();
    free_detached();
    struct start *start = start_make(is_c11 ? NULL : attributes);
    if (start == NULL) return EAGAIN;
    pthread_t thread = start->thread;
    start->function = function;
    start->argument = argument;
    start->is_c11 = is_c11;
    list_add(thread);
    *out = thread;
    if (__mpiwasm_thread_spawn(start) < 0) {
        list_remove(thread);
        free(start);
        return EAGAIN;
    }
    return 0;
}

/* The end of the calling thread, but for its last instructions. */
static void finish(pthread_t self, void *result) {
    self->canceldisable = 1;
    while (self->cancelbuf != NULL) {
        struct __ptcb *handler = self->cancelbuf;
        self->cancelbuf = handler->__next;
        handler->__f(handler->__x);
    }
    __pthread_tsd_run_dtors();
    __do_orphaned_stdio_locks();
    self->result = result;
    list_remove(self);
    if (a_cas(&self->detach_state, DT_JOINABLE, DT_EXITING) == DT_DETACHED) {
        struct start *start = (struct start *)self->map_base;
        if (is_first(self)) return;
        __lock(detached_lock);
        start->next = detached;
        detached = start;
        __unlock(detached_lock);
        return;
    }
    a_store(&self->detach_state, DT_EXITED);
    __wake(&self->detach_state, -1, 1);
}

void __mpiwasm_thread_run(int id, struct start *start) {
    pthread_t self = __pthread_self();
    void *result;
    self->tid = id;
    if (start->is_c11)
        result = (void *)(intptr_t)((int (*)(void *))(void *)start->function)(start->argument);
    else
        result = start->function(start->argument);
    finish(self, result);
}

_Noreturn void __pthread_exit(void *result) {
    pthread_t self = __pthread_self();
    static int never;
    if (!is_first(self)) ((struct start *)self->map_base)->is_parked = true;
    __tl_lock();
    if (is_first(self)) libc.threads_minus_1++; /* finish counts it as one of the others */
    __tl_unlock();
    finish(self, result);
    for (int others; is_first(self); __wait(&libc.threads_minus_1, NULL, others, 1))
        if ((others = libc.threads_minus_1) == 0) exit(0);
    for (;;)
        __builtin_wasm_memory_atomic_wait32(&never, 0, -1);
}

int __pthread_join(pthread_t thread, void **result) {
    int state;
    if (thread == __pthread_self()) return EDEADLK;
    while ((state = thread->detach_state) != DT_EXITED) {
        if (state == DT_DETACHED) return EINVAL;
        __wait(&thread->detach_state, NULL, state, 1);
    }
    if (result != NULL) *result = thread->result;
    struct start *start = (struct start *)thread->map_base;
    if (start == NULL || start->is_parked) return 0;
    __wait(&start->gone, NULL, 0, 1);
    free(start);
    return 0;
}

int __pthread_detach(pthread_t thread) {
    int state = a_cas(&thread->detach_state, DT_JOINABLE, DT_DETACHED);
    if (state == DT_DETACHED) return EINVAL;
    return state == DT_JOINABLE ? 0 : __pthread_join(thread, NULL);
}

int pthread_cancel(pthread_t thread) {
    (void)thread;
    return ENOSYS;
}

void __do_cleanup_push(struct __ptcb *handler) {
    pthread_t self = __pthread_self();
    handler->__next = self->cancelbuf;
    self->cancelbuf = handler;
}
void __do_cleanup_pop(struct __ptcb *handler) {
    __pthread_self()->cancelbuf = handler->__next;
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
    extern char __stack_low, __stack_high; /* the linker's: the first thread's */
    *attributes = (pthread_attr_t){0};
    attributes->_a_detach = thread->detach_state == DT_DETACHED;
    attributes->_a_stackaddr = (uintptr_t)(is_first(thread) ? &__stack_high : thread->stack);
    attributes->_a_stacksize =
        is_first(thread) ? (size_t)(&__stack_high - &__stack_low) : thread->stack_size;
    return 0;
}

weak_alias(__pthread_create, pthread_create);
weak_alias(__pthread_exit, pthread_exit);
weak_alias(__pthread_join, pthread_join);
weak_alias(__pthread_detach, pthread_detach);
weak_alias(__pthread_detach, thrd_detach);
