/*
 * heap_lock.h - included before the C library's allocator: its lock sleeps instead of spinning,
 * since there may be more threads than cores.
 */
int __mpiwasm_heap_lock(void); /* takes it; 0 */
void __mpiwasm_heap_unlock(void);
#define __EMSCRIPTEN_PTHREADS__ 1
#define __sync_lock_test_and_set(at, value) __mpiwasm_heap_lock()
#define __sync_lock_release(at) __mpiwasm_heap_unlock()
