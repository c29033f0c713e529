/*
 * thread.c - starts and ends the threads of a guest; see thread.h.
 *
 * thread-spawn makes an instance (instance_create_thread) in a store of its own and a native
 * thread, which initialises it (the module's start function sees by a flag in memory that the data
 * are there) and calls wasi_thread_start.  All is freed when that returns.
 *
 * Deliberate: active data segments do not write to a shared memory again for a thread.  The
 * proposal leaves open how a failure is reported: here as the negated WASI errno EAGAIN.
 */
#include "runtime/thread.h"

#include "runtime/internal.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    THREAD_STACK = 16 << 20, /* bytes of address space; taken up as it is used */
    THREAD_GUARD = 1 << 20,  /* below it: host code may step over a single page */
    THREAD_ID_MAX = 0x1fffffff,
    THREADS_AT_MOST = 4096, /* at once: each takes a stack and an instance of the process */
    ERRNO_AGAIN = 6,        /* WASI's */
};

struct thread {
    struct instance *instance; /* its own */
    struct thread_group *group;
    struct outcome outcome;
    uint32_t id, argument;
};

/* What lies below a stack in linear memory, whole pages of the host; size 0: nothing. */
struct guard {
    uint8_t *low;
    size_t size;
};

static _Thread_local struct instance *own_instance;
static _Thread_local uint32_t own_number;
static _Thread_local struct guard own_guard; /* while it is inaccessible */

static bool is_spawn(const struct wasm_import *import) {
    return import->kind == WASM_EXTERNAL_FUNCTION && strcmp(import->module.bytes, "wasi") == 0 &&
           strcmp(import->name.bytes, "thread-spawn") == 0;
}

bool thread_is_imported(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->import_count; i++)
        if (is_spawn(&module->imports[i])) return true;
    return false;
}

bool thread_memory_is_imported(const struct wasm_module *module, const struct wasm_import *import) {
    return import->kind == WASM_EXTERNAL_MEMORY && module->memories[import->index].type.is_shared;
}

bool thread_memories_offer(struct store *store, struct linker *linker,
                           const struct wasm_module *module, bool explicit_bounds,
                           struct error *err) {
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        struct external external;
        if (!thread_memory_is_imported(module, import)) continue;
        if (!store_memory_create(store, &module->memories[import->index].type, explicit_bounds,
                                 &external, err))
            return false;
        linker_add_external(linker, import->module.bytes, import->name.bytes, &external);
    }
    return true;
}

struct instance *thread_instance(struct instance *instance) {
    return own_instance != NULL && own_instance->threads == instance->threads ? own_instance
                                                                              : instance;
}

uint32_t thread_number(void) {
    return own_number;
}

/* The exported function of that type (link_signature), or NULL. */
static struct func_ref *find_function(const struct instance *instance, const char *name,
                                      const char *wanted) {
    struct external external;
    char signature[8];
    if (!instance_export(instance, name, strlen(name), &external) ||
        external.kind != WASM_EXTERNAL_FUNCTION ||
        !link_signature(type_from_id(external.function->type_id), signature, sizeof signature) ||
        strcmp(signature, wanted) != 0)
        return NULL;
    return external.function;
}

static struct func_ref *start_function(const struct instance *instance) {
    return find_function(instance, "wasi_thread_start", ":ii");
}

static bool has_shared_memory(const struct wasm_module *module) {
    for (uint32_t i = 0; i < module->memory_count; i++)
        if (module->memories[i].type.is_shared) return true;
    return false;
}

static bool threads_instantiate(const struct host_config *config, struct guest *guest, void **state,
                                struct error *err) {
    struct instance *instance = guest->runtime;
    const char *lacks = NULL;
    if (start_function(instance) == NULL)
        lacks = "exports no function wasi_thread_start of type (i32, i32) -> ()";
    else if (!has_shared_memory(instance->module))
        lacks = "has no shared memory";
    if (lacks != NULL)
        return error_set(err, ERROR_UNLINKABLE,
                         "the module starts threads (it imports wasi.thread-spawn) but %s", lacks);
    struct thread_group *group = calloc(1, sizeof *group);
    if (group == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    pthread_mutex_init(&group->lock, NULL);
    group->first = instance;
    instance->threads = group;
    *state = group;
    return true;
}

static void threads_destroy(void *state) {
    struct thread_group *group = state;
    group->first->threads = NULL;
    pthread_mutex_destroy(&group->lock);
    free(group);
}

/* A new thread's number; 0: there cannot be another. */
static uint32_t thread_enter(struct thread_group *group) {
    uint32_t id = 0;
    pthread_mutex_lock(&group->lock);
    if (!group->is_ending && group->last_id < THREAD_ID_MAX && group->running < THREADS_AT_MOST) {
        id = ++group->last_id;
        group->running++;
    }
    pthread_mutex_unlock(&group->lock);
    return id;
}

static void thread_leave(struct thread_group *group) {
    pthread_mutex_lock(&group->lock);
    group->running--;
    pthread_mutex_unlock(&group->lock);
}

static void thread_free(struct thread *thread) {
    if (thread == NULL) return;
    if (thread->instance != NULL) store_free(thread->instance->store);
    free(thread);
}

/* The guard that the argument of mpiwasm_thread_run names, as far as it lies in the memory. */
static struct guard guard_find(const struct instance *instance, uint32_t argument) {
    const struct linear_memory *memory = instance->guest_memory;
    uint32_t words[5];
    if (memory == NULL || argument + (uint64_t)sizeof words > memory_size(memory))
        return (struct guard){0};
    memcpy(words, memory->base + argument, sizeof words);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t low = (words[3] + page - 1) & -page, high = ((uint64_t)words[3] + words[4]) & -page;
    if (high <= low || high > memory_size(memory)) return (struct guard){0};
    return (struct guard){memory->base + low, (size_t)(high - low)};
}

/* Without address space for one more mapping there is no guard. */
static void guard_close(struct guard guard) {
    if (guard.size > 0 && mprotect(guard.low, guard.size, PROT_NONE) == 0) own_guard = guard;
}

static void guard_open(void) {
    if (own_guard.size > 0) (void)mprotect(own_guard.low, own_guard.size, PROT_READ | PROT_WRITE);
    own_guard.size = 0;
}

bool thread_stack_overran(const void *address, char *message, size_t size) {
    const uint8_t *at = address;
    if (own_guard.size == 0 || at < own_guard.low || at >= own_guard.low + own_guard.size)
        return false;
    snprintf(message, size,
             "the stack of thread %u is too small: pthread_attr_setstacksize or OMP_STACKSIZE give "
             "threads larger ones",
             own_number);
    return true;
}

static bool thread_call(struct thread *thread) {
    struct instance *instance = thread->instance;
    struct func_ref *run = find_function(instance, "mpiwasm_thread_run", ":ii");
    struct func_ref *gone = find_function(instance, "mpiwasm_thread_gone", ":i");
    union wasm_value slots[2] = {{.u64 = thread->id}, {.u64 = thread->argument}};
    if (run == NULL || gone == NULL)
        return instance_call(instance, start_function(instance), slots, &thread->outcome);
    guard_close(guard_find(instance, thread->argument));
    bool ok = instance_call(instance, run, slots, &thread->outcome);
    guard_open();
    /* Somebody may free the stack from here on. */
    slots[0].u64 = thread->argument;
    return ok && instance_call(instance, gone, slots, &thread->outcome);
}

static void *thread_body(void *data) {
    struct thread *thread = data;
    struct thread_group *group = thread->group;
    own_instance = thread->instance;
    own_number = thread->id;
    if (!instance_initialize(thread->instance, &thread->outcome) || !thread_call(thread)) {
        group->first->options.ended(group->first->options.user, &thread->outcome);
        abort(); /* `ended` does not return */
    }
    own_instance = NULL;
    thread_free(thread);
    thread_leave(group);
    return NULL;
}

static struct thread *thread_make(struct thread_group *group, uint32_t argument) {
    struct thread *thread = calloc(1, sizeof *thread);
    struct store *store;
    struct error err;
    if (thread == NULL) return NULL;
    thread->group = group;
    thread->argument = argument;
    store = store_create();
    if (!instance_create_thread(group->first, store, &thread->instance, &err)) {
        store_free(store);
        thread->instance = NULL;
        thread_free(thread);
        return NULL;
    }
    return thread;
}

static bool thread_run(struct thread *thread) {
    pthread_t native;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, THREAD_STACK + THREAD_GUARD);
    pthread_attr_setguardsize(&attributes, THREAD_GUARD);
    bool ok = pthread_create(&native, &attributes, thread_body, thread) == 0;
    pthread_attr_destroy(&attributes);
    return ok;
}

static int32_t thread_spawn(void *state, uint32_t argument) {
    struct thread_group *group = state;
    uint32_t id = group->first->options.ended != NULL ? thread_enter(group) : 0;
    if (id == 0) return -ERRNO_AGAIN;
    struct thread *thread = thread_make(group, argument);
    if (thread != NULL) thread->id = id;
    if (thread == NULL || !thread_run(thread)) {
        thread_free(thread);
        thread_leave(group);
        return -ERRNO_AGAIN;
    }
    return (int32_t)id;
}

bool thread_end(struct instance *instance) {
    struct thread_group *group = instance->threads;
    if (group == NULL) return false;
    pthread_mutex_lock(&group->lock);
    bool is_first = !group->is_ending;
    group->is_ending = true;
    /* A thread other than the first counts itself, and the first one is not counted. */
    group->others_run = group->running > 0;
    bool others_run = group->others_run;
    pthread_mutex_unlock(&group->lock);
    while (!is_first)
        pause();
    return others_run;
}

static const struct host_function functions[] = {
    {"wasi", "thread-spawn", "i:i", HOST_CODE(thread_spawn)},
};

const struct host_module thread_host_module = {
    .abi_version = HOST_MODULE_ABI_VERSION,
    .name = "threads",
    .description = "wasi-threads",
    .functions = functions,
    .function_count = sizeof functions / sizeof functions[0],
    .instantiate = threads_instantiate,
    .destroy = threads_destroy,
};
