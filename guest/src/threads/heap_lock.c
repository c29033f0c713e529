/*
 * heap_lock.c - see heap_lock.h. 0: free; 1: taken; 2: taken, and others may sleep.
 */
static int lock;

static int exchange(int value) {
    return __atomic_exchange_n(&lock, value, __ATOMIC_ACQUIRE);
}

int __mpiwasm_heap_lock(void) {
    int expected = 0;
    if (__atomic_compare_exchange_n(&lock, &expected, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 0;
    for (int i = 0; i < 100; i++) {
        expected = 0;
        if (__atomic_load_n(&lock, __ATOMIC_RELAXED) == 0 &&
            __atomic_compare_exchange_n(&lock, &expected, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return 0;
    }
    while (exchange(2) != 0)
        __builtin_wasm_memory_atomic_wait32(&lock, 2, -1);
    return 0;
}

void __mpiwasm_heap_unlock(void) {
    if (__atomic_exchange_n(&lock, 0, __ATOMIC_RELEASE) == 2)
        __builtin_wasm_memory_atomic_notify(&lock, 1);
}
