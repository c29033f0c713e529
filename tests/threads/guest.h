/*
 * guest.h - a guest with threads and without a C library: what thread-spawn needs, and no more.
 */
#include <stddef.h>
#include <stdint.h>

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define WASI(name) IMPORT("wasi_snapshot_preview1", #name)

IMPORT("wasi", "thread-spawn") int32_t thread_spawn(void *argument);
_Noreturn WASI(proc_exit) void proc_exit(int code);
struct buffer {
    const void *at;
    size_t size;
};
WASI(fd_write) int fd_write(int fd, const struct buffer *buffers, size_t count, size_t *written);
WASI(fd_read) int fd_read(int fd, const struct buffer *buffers, size_t count, size_t *read);
WASI(fd_close) int fd_close(int fd);
WASI(path_open)
int path_open(int directory, int lookup, const char *path, size_t length, int oflags,
              uint64_t rights, uint64_t inheriting, int fdflags, int *fd);

/* What wasi_thread_start gets; it loads the first two. */
struct thread {
    void *stack, *tls;
    void (*function)(struct thread *thread);
    int index;       /* the caller's */
    int32_t id;      /* as the thread was told */
    uint32_t done;   /* set and notified at the end */
    uint64_t result; /* the caller's */
};

__asm__(".globaltype __stack_pointer, i32\n"
        ".globaltype __tls_base, i32\n"
        ".functype thread_begin (i32, i32) -> ()\n"
        ".globl wasi_thread_start\n"
        ".export_name wasi_thread_start, wasi_thread_start\n"
        ".type wasi_thread_start,@function\n"
        "wasi_thread_start:\n"
        "    .functype wasi_thread_start (i32, i32) -> ()\n"
        "    local.get 1\n"
        "    i32.load 0\n"
        "    global.set __stack_pointer\n"
        "    local.get 1\n"
        "    i32.load 4\n"
        "    global.set __tls_base\n"
        "    local.get 0\n"
        "    local.get 1\n"
        "    call thread_begin\n"
        "    end_function\n");

static inline void wait_for(uint32_t *word, uint32_t value) {
    while (__atomic_load_n(word, __ATOMIC_SEQ_CST) != value) {
        uint32_t now = __atomic_load_n(word, __ATOMIC_SEQ_CST);
        if (now != value) __builtin_wasm_memory_atomic_wait32((int *)word, (int)now, -1);
    }
}

static inline void set(uint32_t *word, uint32_t value) {
    __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
    __builtin_wasm_memory_atomic_notify((int *)word, UINT32_MAX);
}

__attribute__((used)) void thread_begin(int32_t id, struct thread *thread) {
    thread->id = id;
    thread->function(thread);
    set(&thread->done, 1);
}

void __wasm_init_tls(void *memory);

enum { THREADS = 8, STACK = 16384, TLS = 256 };
static struct thread threads[THREADS];
static _Alignas(16) char stacks[THREADS][STACK], tls[THREADS][TLS];

/* Its thread-local variables are zero: there is no image to copy in a module that has none else. */
static inline int32_t start(int index, void (*function)(struct thread *)) {
    struct thread *thread = &threads[index];
    for (size_t i = 0; i < TLS; i++)
        tls[index][i] = 0;
    *thread = (struct thread){stacks[index] + STACK, tls[index], function, index, 0, 0, 0};
    return thread_spawn(thread);
}

static inline void join(int index) {
    wait_for(&threads[index].done, 1);
}

static inline void print(const char *text) {
    size_t size = 0, written;
    while (text[size] != '\0')
        size++;
    struct buffer buffer = {text, size};
    fd_write(1, &buffer, 1, &written);
}

static inline void check(int ok, const char *what) {
    if (ok) return;
    print("wrong: ");
    print(what);
    print("\n");
    proc_exit(1);
}
