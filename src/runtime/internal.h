/*
 * internal.h - what the files of src/runtime share among themselves; no one else includes it.
 */
#ifndef MPIWASM_RUNTIME_INTERNAL_H
#define MPIWASM_RUNTIME_INTERNAL_H

#include "runtime/instance.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <ucontext.h>

/* Memories and tables as the runtime keeps them; compiled code sees the first member alone. */
struct memory_object {
    struct linear_memory memory;
    struct wasm_limits declared; /* of the memory type; `minimum` is not kept up to date */
    bool is_shared;              /* of the memory type */
    bool is_guarded;             /* reserved with the guard regions of runtime_abi.h */
    uint8_t *reservation;        /* what is mapped, guards included */
    size_t reservation_size;
    pthread_mutex_t lock;       /* for growing */
    atomic_uint owners;         /* stores that keep it */
    struct memory_object *next; /* in the process-wide list */
    struct memory_object *next_unused;
};

struct table_object {
    struct table table;
    struct wasm_limits declared;
    void *reservation;
    size_t reservation_size;
    struct table_object *next_in_store;
};

bool memory_object_create(const struct wasm_memory_type *type, bool explicit_bounds,
                          struct memory_object **out, struct error *err);
/* One owner fewer; the last one frees it. */
void memory_object_release(struct memory_object *object);
/* The memory in whose reservation `address` lies, or NULL. Safe in a signal handler. */
const struct linear_memory *memory_find(const void *address);
/* As memory.grow: pages before, or -1. Thread-safe. */
int64_t memory_grow(struct linear_memory *memory, uint64_t delta_pages);
static inline uint64_t memory_size(const struct linear_memory *memory) {
    return __atomic_load_n(&memory->size, __ATOMIC_ACQUIRE);
}

/* wait.c: memory.atomic.wait for 4 or 8 bytes and memory.atomic.notify, of checked addresses. */
int32_t memory_wait(const uint8_t *address, uint32_t bytes, uint64_t expected, int64_t timeout);
uint32_t memory_notify(const uint8_t *address, uint32_t count);

bool table_object_create(const struct wasm_table_type *type, void *initial,
                         struct table_object **out, struct error *err);
void table_object_free(struct table_object *object);
/* To be called after entries [at, at + count) of the table were written: brings calls up to date.
 */
void table_written(struct table *table, uint64_t at, uint64_t count);

/* The exceptions of a store (exception.c). */
struct exception_heap {
    pthread_mutex_t lock;
    struct exception_object **objects;
    size_t count, capacity;
    size_t bytes, limit; /* allocated; how many lead to a collection */
    pthread_t thread;    /* the one that has made all so far; only if count > 0 */
    bool is_shared;      /* others have, too: nothing is collected any more */
};

/* A memory that a store keeps. */
struct memory_owned {
    struct memory_object *object;
    struct memory_owned *next;
};

struct store {
    struct exception_heap exceptions;
    struct arena arena; /* globals and the other small things that live as long as the store */
    struct memory_owned *memories;
    struct table_object *tables;
    struct instance *instances;
    artifact_enter **enters; /* per canonical type id; how the host enters functions of the type */
    uint32_t enter_count;
};

/* From an artifact whose code stays as long as the store. */
void store_enter_set(struct store *store, uint32_t type_id, artifact_enter *enter);
artifact_enter *store_enter_get(const struct store *store, uint32_t type_id);

/* An element segment as table.init reads it. */
struct element_instance {
    void **entries; /* of passive ones alone */
    uint32_t count; /* 0 after elem.drop */
};

struct layer {
    const struct host_module *host;
    void *state;
};

/* The threads of a guest, see thread.h. */
struct thread_group {
    pthread_mutex_t lock;
    struct instance *first; /* of the thread that called the guest to begin with */
    uint32_t last_id;
    uint32_t running; /* threads besides the first */
    bool is_ending, others_run;
};
/* The instance that the guest's code has in the calling thread: the one given, or a thread's. */
struct instance *thread_instance(struct instance *instance);
/* Of the calling thread, as outcome.thread. */
uint32_t thread_number(void);
/* Does the address lie in the guard below the calling thread's stack in linear memory? Then the
 * message says what to do. Safe in a signal handler. */
bool thread_stack_overran(const void *address, char *message, size_t size);

struct instance {
    struct context *context;
    struct store *store;
    struct artifact *artifact;
    const struct wasm_module *module;
    struct instance *next_in_store;
    uint32_t *type_ids;          /* per type index */
    struct func_ref *own;        /* per defined function; code NULL where it does not escape */
    struct func_ref *host;       /* per imported function that a host layer provides */
    struct func_ref **functions; /* per function index */
    struct tag **tags;           /* per tag index, in the context */
    union wasm_value **globals;  /* per global index */
    struct wasm_global_type *global_types; /* per global index, canonical; of an import its own */
    bool *data_dropped;
    struct element_instance *elements;
    struct layer *layers; /* in the order of instantiation */
    uint32_t layer_count;
    struct guest guest;                 /* guest.runtime is the instance */
    struct linear_memory *guest_memory; /* what the guest has as its memory; NULL */
    struct table *guest_table;
    struct func_ref *guest_malloc, *guest_aligned_alloc, *guest_free; /* NULL: not exported */
    struct instance_options options;
    const struct linker *linker;  /* for the instances of threads */
    struct thread_group *threads; /* NULL: the module does not start threads */
    struct instance *first;       /* of a thread's: the guest's first instance; else NULL */
    struct outcome *pending; /* of a call_function that returned false; made when first needed */
};

/* An instance for another thread of the guest: its shared memories and layers are those of `first`.
 * The store gets to own it. */
bool instance_create_thread(struct instance *first, struct store *store, struct instance **out,
                            struct error *err);
/* Destroy the layers, as instance_finish does at its end; they have finished, or never began. */
void instance_layers_destroy(struct instance *instance);
/* Where the arrays of a module's context are, and two of them. */
struct context_layout module_context_layout(const struct wasm_module *module);
struct linear_memory *context_memory(const struct context *context, uint32_t index);
struct table *context_table(const struct context *context, uint32_t index);

extern const struct runtime_libcalls libcalls;
extern const struct guest_operations guest_operations;

/* What table.init and memory.init do, for instantiation too; they trap. */
void instance_table_init(struct instance *instance, uint32_t index, uint32_t segment, uint64_t to,
                         uint64_t from, uint64_t count);
void instance_memory_init(struct instance *instance, uint32_t memory, uint32_t segment, uint64_t to,
                          uint64_t from, uint64_t size);

/* The value of a constant expression; it has been validated. */
bool constant_evaluate(const struct instance *instance, const struct wasm_constant *constant,
                       union wasm_value *out, struct error *err);

/* A resolved import: an external, or a function of a host layer. */
struct link_target {
    struct external external; /* not set for a host function */
    const struct host_module *host;
    const struct host_function *function; /* only if host != NULL */
};
/* Targets for all imports, in order, into targets[]. ERROR_UNLINKABLE as linker_check. */
bool linker_resolve(const struct linker *linker, const struct wasm_module *module,
                    struct link_target *targets, struct error *err);
/* The host function whose code begins at `code`, of any linker of the process. */
const struct host_function *linker_function_at(const void *code);
/* Write a function type in the notation of host_function.signature. False: it has none, or the
 * buffer is too small. */
bool link_signature(const struct wasm_function_type *type, char *buffer, size_t size);

/* An exception without values yet, of the instance's tag `index`. Traps if the stack is about to
 * end. */
struct exception *exception_new(struct instance *instance, uint32_t index);
/* Unwind to the landing pad that is next, or end the innermost trap_guard as uncaught. */
_Noreturn void exception_throw(struct exception *exception);
/* What compiled code calls as its personality, through descriptor->personality. */
extern const void *const exception_personality;
void exception_heap_free(struct exception_heap *heap);

/* A call into the guest that traps and exits come back to; one per nesting, per thread. */
struct trap_entry {
    sigjmp_buf jump;
    struct trap_entry *outer;
    struct outcome *outcome;
    const void *frame; /* of trap_guard: where the guest's part of the stack ends */
    unsigned depth;    /* 1 for the outermost */
};
enum { TRAP_DEPTH_MAX = 200 };

/* Run body(argument) so that traps and exits in it end up in *outcome. True if it returned. */
bool trap_guard(void (*body)(void *argument), void *argument, struct outcome *outcome);
/* End the innermost trap_guard with this outcome (copied). */
_Noreturn void trap_resume(const struct outcome *outcome);

/* As trap_raise, with a stack that has been recorded before. */
_Noreturn void trap_raise_recorded(enum trap_kind kind, const struct trap_frame *frames,
                                   uint32_t frame_count, bool frames_cut, const char *message);
/* Is there a call into the guest on this thread? */
bool trap_is_guarded(void);
/* The frame of the innermost trap_guard. */
const void *trap_border(void);
/* This thread's stack, [*low, *high). False if that is not known. */
bool trap_stack_bounds(uintptr_t *low, uintptr_t *high);
/* Trap as TRAP_STACK_OVERFLOW if host code that holds locks might meet the end of the stack. */
void trap_stack_check(void);

/* Record the stack of the caller or, if `fault_pc` is not NULL, of the code that a signal has
 * interrupted there; `context` is then the signal's. */
void backtrace_capture(struct outcome *outcome, const void *fault_pc, const ucontext_t *context);
void artifact_symbols_free(struct artifact_symbols *symbols);

#endif
