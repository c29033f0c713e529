/*
 * threads_test.c - instances of one artifact in several threads that share a memory (guests/
 * threads.c): atomics, message passing, wait and notify, growing, and traps that stay in their
 * thread.
 */
#include "runtime/instance.h"

#include "base/file.h"
#include "cache/cache.h"
#include "check.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS = 4, STACK_SIZE = 8192, PAGES_MAX = 1024 };

static struct artifact *artifact;
static struct linear_memory *memory; /* of a store that is gone by then; every world keeps it */

/* What a thread has. */
struct world {
    pthread_t thread;
    uint32_t index;
    struct store *store;
    struct linker *linker;
    struct instance *instance;
    uint64_t result;
    bool failed;
};

/* CHECK counts without a lock, so threads note failures and the main thread reports them. */
static void expect(struct world *world, bool condition, const char *what) {
    if (condition) return;
    printf("thread %u: %s\n", world->index, what);
    world->failed = true;
}

static void world_make(struct world *world, uint32_t index) {
    struct external external = {.kind = WASM_EXTERNAL_MEMORY, .memory = memory}, stack;
    struct outcome outcome;
    struct error err = {0};
    world->index = index;
    world->store = store_create();
    world->linker = linker_create();
    store_memory_share(world->store, memory);
    linker_add_external(world->linker, "env", "memory", &external);
    bool ok = instance_create(world->store, artifact, world->linker, NULL, &world->instance, &err);
    expect(world, ok, err.message);
    if (!ok) exit(1);
    expect(world, instance_initialize(world->instance, &outcome), "the start function");
    expect(world, instance_export(world->instance, "__stack_pointer", 15, &stack), "no stack");
    stack.global.cell->u32 -= index * STACK_SIZE;
}

static void world_free(struct world *world) {
    linker_free(world->linker);
    store_free(world->store);
}

static struct outcome call(struct world *world, const char *name, union wasm_value *slots) {
    struct external external;
    struct outcome outcome = {.kind = OUTCOME_TRAPPED};
    bool found = instance_export(world->instance, name, strlen(name), &external);
    expect(world, found, name);
    if (found) instance_call(world->instance, external.function, slots, &outcome);
    return outcome;
}

static uint64_t run(struct world *world, const char *name, uint64_t a, uint64_t b) {
    union wasm_value slots[2] = {{.u64 = a}, {.u64 = b}};
    struct outcome outcome = call(world, name, slots);
    expect(world, outcome.kind == OUTCOME_RETURNED, name);
    return slots[0].u64;
}

static uint32_t run32(struct world *world, const char *name, uint64_t a, uint64_t b) {
    return (uint32_t)run(world, name, a, b);
}

/* Run body in `count` threads, each with a struct world of its own, its index set. */
static void in_threads(struct world *worlds, uint32_t count, void *(*body)(void *)) {
    for (uint32_t i = 0; i < count; i++) {
        worlds[i] = (struct world){.index = i};
        CHECK(pthread_create(&worlds[i].thread, NULL, body, &worlds[i]) == 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        CHECK(pthread_join(worlds[i].thread, NULL) == 0);
        CHECK(!worlds[i].failed);
    }
}

/* --- counting ------------------------------------------------------------------------------- */

enum { TIMES = 20000 };

static void *count_body(void *argument) {
    struct world *world = argument;
    world_make(world, world->index);
    run(world, "count", TIMES, world->index);
    run(world, "with_lock", TIMES / 10, 0);
    world_free(world);
    return NULL;
}

static void test_counting(struct world *first) {
    struct world worlds[THREADS];
    check_context = "counting";
    in_threads(worlds, THREADS, count_body);
    CHECK(run(first, "counter", 0, 0) == THREADS * TIMES);
    CHECK(run(first, "guarded", 0, 0) == THREADS * TIMES / 10);
    for (uint32_t i = 0; i < 8; i++)
        CHECK(run32(first, "narrow", i, 0) == (i < THREADS ? TIMES % 256 : 0));
    /* The module's data were put there once, before all this, and not again. */
    CHECK(run32(first, "initial", 7, 0) == 42);
    in_threads(worlds, 1, count_body);
    CHECK(run32(first, "initial", 8, 0) == 7);
}

/* --- order ---------------------------------------------------------------------------------- */

enum { ROUNDS = 500 };
static pthread_barrier_t barrier;
static _Atomic uint64_t seen[2];

static void *message_body(void *argument) {
    struct world *world = argument;
    world_make(world, world->index);
    uint32_t wrong = run32(world, world->index == 0 ? "send" : "receive", ROUNDS, 0);
    expect(world, wrong == 0, "a message was not whole");
    world_free(world);
    return NULL;
}

static void *store_body(void *argument) {
    struct world *world = argument;
    world_make(world, world->index);
    for (int i = 0; i < ROUNDS; i++) {
        if (world->index == 0) run(world, "reset", 0, 0);
        pthread_barrier_wait(&barrier);
        seen[world->index] = run32(world, world->index == 0 ? "store_x" : "store_y", 0, 0);
        pthread_barrier_wait(&barrier);
        expect(world, seen[0] + seen[1] > 0, "both threads read what was before both stores");
        pthread_barrier_wait(&barrier);
    }
    world_free(world);
    return NULL;
}

static void test_order(void) {
    struct world worlds[2];
    check_context = "order";
    in_threads(worlds, 2, message_body);
    pthread_barrier_init(&barrier, NULL, 2);
    in_threads(worlds, 2, store_body);
    pthread_barrier_destroy(&barrier);
}

/* --- wait and notify ------------------------------------------------------------------------ */

enum { WAIT_OK = 0, WAIT_NOT_EQUAL = 1, WAIT_TIMED_OUT = 2 };

static void *wait_body(void *argument) {
    struct world *world = argument;
    world_make(world, world->index);
    uint64_t value = run(world, "counter", 0, 0);
    /* For ever, or long enough to show if it is never woken. */
    int64_t timeout = world->index % 2 == 0 ? -1 : INT64_MAX;
    expect(world, run32(world, "wait64", value, (uint64_t)timeout) == WAIT_OK, "not woken");
    world_free(world);
    return NULL;
}

static void *notify_body(void *argument) {
    struct world *world = argument;
    if (world->index < THREADS - 1) return wait_body(argument);
    world_make(world, world->index);
    expect(world, run32(world, "notify", 0, 0) == 0, "woke nobody");
    for (uint32_t woken = 0; woken < THREADS - 1; sched_yield()) {
        uint32_t now = run32(world, "notify", 1, 0);
        expect(world, now <= 1, "woke more than it should");
        woken += now;
    }
    expect(world, run32(world, "notify", UINT32_MAX, 0) == 0, "nobody is left");
    world_free(world);
    return NULL;
}

static void test_wait(struct world *first) {
    struct world worlds[THREADS];
    check_context = "wait";
    uint64_t value = run(first, "counter", 0, 0);
    CHECK(run32(first, "wait64", value + 1, UINT64_MAX) == WAIT_NOT_EQUAL);
    CHECK(run32(first, "wait64", value + ((uint64_t)1 << 32), UINT64_MAX) == WAIT_NOT_EQUAL);
    CHECK(run32(first, "wait64", value, 0) == WAIT_TIMED_OUT);
    CHECK(run32(first, "wait64", value, 1000000) == WAIT_TIMED_OUT);
    CHECK(run32(first, "notify", 1, 0) == 0); /* who has timed out is gone */
    in_threads(worlds, THREADS, notify_body);
}

/* --- growing -------------------------------------------------------------------------------- */

enum { GROWTHS = 20 };
static atomic_uint grown[PAGES_MAX];

static void *grow_body(void *argument) {
    struct world *world = argument;
    world_make(world, world->index);
    for (int i = 0; i < GROWTHS; i++) {
        uint32_t before = run32(world, "grow", 1, 0);
        expect(world, before < PAGES_MAX, "memory.grow");
        grown[before % PAGES_MAX]++;
        expect(world, run32(world, "size", 0, 0) > before, "memory.size");
        expect(world, run32(world, "load", before * 65536 + 65532, 0) == 0, "the page is there");
    }
    world_free(world);
    return NULL;
}

static void test_growing(struct world *first) {
    struct world worlds[THREADS];
    check_context = "growing";
    uint32_t before = run32(first, "size", 0, 0);
    in_threads(worlds, THREADS, grow_body);
    CHECK(run32(first, "size", 0, 0) == before + THREADS * GROWTHS);
    for (uint32_t i = 0; i < PAGES_MAX; i++)
        CHECK(grown[i] == (i >= before && i < before + THREADS * GROWTHS));
    CHECK(run32(first, "grow", PAGES_MAX, 0) == UINT32_MAX);
}

/* --- traps ---------------------------------------------------------------------------------- */

static void *trap_body(void *argument) {
    static const char *const names[] = {"load", "recurse"};
    static const enum trap_kind kinds[] = {TRAP_MEMORY_OUT_OF_BOUNDS, TRAP_STACK_OVERFLOW};
    struct world *world = argument;
    struct backtrace_entry entries[8];
    world_make(world, world->index);
    for (uint32_t i = 0; i < 20; i++) {
        uint32_t which = (i + world->index) % 2;
        union wasm_value slots[1] = {{.u64 = UINT32_MAX - 3}};
        struct outcome outcome = call(world, names[which], slots);
        expect(world, outcome.kind == OUTCOME_TRAPPED && outcome.trap == kinds[which], "a trap");
        expect(world, outcome_backtrace(&outcome, entries, 8) > 0, "a backtrace");
        expect(world, strcmp(entries[0].name, names[which]) == 0, entries[0].name);
        expect(world, run32(world, "size", 0, 0) > 0, "goes on after a trap");
    }
    world_free(world);
    return NULL;
}

static void test_traps(void) {
    struct world worlds[THREADS];
    check_context = "traps";
    in_threads(worlds, THREADS, trap_body);
}

/* --- all ------------------------------------------------------------------------------------ */

/* The memory, of a store that goes at once: `first` keeps it. */
static void make_first(struct world *first) {
    struct wasm_memory_type type = {{.minimum = 2, .maximum = PAGES_MAX, .has_maximum = true},
                                    true};
    struct external external;
    struct error err = {0};
    struct store *store = store_create();
    CHECK(store_memory_create(store, &type, false, &external, &err));
    memory = external.memory;
    world_make(first, 5);
    store_free(store);
    CHECK(!first->failed);
}

int main(void) {
    struct file_contents module;
    struct cache_artifact file;
    struct error err = {0};
    struct world first = {0};
    char directory[] = "/tmp/mpiwasm-threads-cache.XXXXXX", command[PATH_MAX];
    if (mkdtemp(directory) == NULL) return 1;
    setenv("MPIWASM_CACHE_DIR", directory, 1);
    bool ok = file_read(GUEST_FILE, &module, &err);
    if (ok) {
        struct cache_request request = {.module = module.bytes, .module_size = module.size};
        ok = cache_artifact_get(&request, &file, &err) &&
             artifact_open(file.path, file.fd, &artifact, &err);
    }
    if (!ok) {
        printf("%s\n", err.message);
        return 1;
    }
    file_release(&module);
    make_first(&first);
    test_counting(&first);
    test_order();
    test_wait(&first);
    test_growing(&first);
    test_traps();
    CHECK(!first.failed);
    world_free(&first);
    artifact_close(artifact);
    cache_artifact_release(&file);
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    CHECK(system(command) == 0);
    return check_report();
}
