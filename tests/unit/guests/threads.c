/*
 * threads.c - the guest of threads_test.c: what several threads do with one shared memory. Each
 * instance has a stack of its own, which the test sets.
 */
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name), noinline))

/* Apart from each other, so that no two share a cache line by accident of layout. */
static struct {
    _Alignas(64) _Atomic uint32_t turn;
    _Alignas(64) _Atomic uint64_t counter;
    _Alignas(64) _Atomic uint8_t narrow[8];
    _Alignas(64) uint32_t message[16];
    _Alignas(64) _Atomic uint32_t flag;
    _Alignas(64) _Atomic uint32_t x;
    _Alignas(64) _Atomic uint32_t y;
    _Alignas(64) _Atomic uint32_t lock;
    _Alignas(64) uint64_t guarded;
} shared;

/* Data of the module: the first instance puts it there, and all others leave it alone. */
static uint32_t initialised = 42;

EXPORT(initial) uint32_t initial(uint32_t next) {
    uint32_t old = initialised;
    initialised = next;
    return old;
}

/* No increment is lost, whatever the width; the bytes beside a byte stay as they are. */
EXPORT(count) void count(uint32_t times, uint32_t index) {
    for (uint32_t i = 0; i < times; i++) {
        shared.counter++;
        shared.narrow[index]++;
    }
}

EXPORT(counter) uint64_t counter(void) {
    return shared.counter;
}

EXPORT(narrow) uint32_t narrow(uint32_t index) {
    return shared.narrow[index];
}

/* Message passing: whoever sees the flag sees what was written before it, with plain stores. */
EXPORT(send) uint32_t send(uint32_t rounds) {
    for (uint32_t round = 1; round <= rounds; round++) {
        for (int i = 0; i < 16; i++)
            shared.message[i] = round * 16 + (uint32_t)i;
        shared.flag = round;
        __builtin_wasm_memory_atomic_notify((int *)&shared.flag, 1);
        for (uint32_t seen; (seen = shared.turn) != round;)
            __builtin_wasm_memory_atomic_wait32((int *)&shared.turn, (int)seen, -1);
    }
    return 0;
}

EXPORT(receive) uint32_t receive(uint32_t rounds) {
    uint32_t wrong = 0;
    for (uint32_t round = 1; round <= rounds; round++) {
        for (uint32_t seen; (seen = shared.flag) != round;)
            __builtin_wasm_memory_atomic_wait32((int *)&shared.flag, (int)seen, -1);
        for (int i = 0; i < 16; i++)
            wrong += shared.message[i] != round * 16 + (uint32_t)i;
        shared.turn = round;
        __builtin_wasm_memory_atomic_notify((int *)&shared.turn, 1);
    }
    return wrong;
}

/* Store buffering: with sequential consistency not both may read 0. */
EXPORT(store_x) uint32_t store_x(void) {
    shared.x = 1;
    return shared.y;
}

EXPORT(store_y) uint32_t store_y(void) {
    shared.y = 1;
    return shared.x;
}

EXPORT(reset) void reset(void) {
    shared.x = 0;
    shared.y = 0;
}

/* A lock around plain accesses. */
EXPORT(with_lock) void with_lock(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        uint32_t expected = 0;
        while (!__c11_atomic_compare_exchange_strong(&shared.lock, &expected, 1, __ATOMIC_ACQUIRE,
                                                     __ATOMIC_RELAXED)) {
            __builtin_wasm_memory_atomic_wait32((int *)&shared.lock, 1, -1);
            expected = 0;
        }
        shared.guarded++;
        __c11_atomic_store(&shared.lock, 0, __ATOMIC_RELEASE);
        __builtin_wasm_memory_atomic_notify((int *)&shared.lock, 1);
    }
}

EXPORT(guarded) uint64_t guarded(void) {
    return shared.guarded;
}

EXPORT(wait64) int32_t wait64(uint64_t expected, int64_t timeout) {
    return __builtin_wasm_memory_atomic_wait64((long long *)&shared.counter, (long long)expected,
                                               timeout);
}

EXPORT(notify) uint32_t notify(uint32_t count) {
    return (uint32_t)__builtin_wasm_memory_atomic_notify((int *)&shared.counter, count);
}

EXPORT(grow) uint32_t grow(uint32_t pages) {
    return (uint32_t)__builtin_wasm_memory_grow(0, pages);
}

EXPORT(size) uint32_t size(void) {
    return (uint32_t)__builtin_wasm_memory_size(0);
}

EXPORT(load) uint32_t load(uint32_t address) {
    return *(volatile uint32_t *)address;
}

EXPORT(recurse) uint32_t recurse(uint32_t depth) {
    return depth == 0 ? 0 : recurse(depth - 1) * 3 + depth;
}
