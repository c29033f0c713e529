/*
 * host_module.h - how a host layer (WASI, MPI, a test double) offers functions to guests.
 *
 * A layer exports one struct host_module.  The runtime matches a module's function imports against
 * its functions (by import module, name and type), instantiates the layers that the module uses,
 * and passes the layer's own state as the first argument of every host function:
 *
 *     static int32_t fd_close(void *state, int32_t fd);
 *     {"wasi_snapshot_preview1", "fd_close", "i:i", HOST_CODE(fd_close)}
 *
 * A guest may have threads (thread.h): then a layer's functions are called in several at once, with
 * one state, and guest_operations act on the calling thread.
 *
 * A layer sees the guest only through struct guest, never the runtime's internals; layers do not
 * see each other.  Layers may live in plugins (the MPI layer does), so nothing here needs a symbol
 * of the executable.
 */
#ifndef MPIWASM_RUNTIME_HOST_MODULE_H
#define MPIWASM_RUNTIME_HOST_MODULE_H

#include "base/error.h"
#include "runtime/runtime_abi.h"
#include "wasm/types.h"

#include <stdarg.h>

enum { HOST_MODULE_ABI_VERSION = 4 };

struct guest;

/* What a layer may ask of the runtime. Guest addresses are uint64_t, so that a 64-bit memory fits.
 */
struct guest_operations {
    /*
     * The type of the function in entry `index` of the guest's exported function table
     * (`__indirect_function_table`, else table 0), in the notation of host_function.signature,
     * into buffer. False: no such entry, null, or the buffer is too small.
     */
    bool (*function_signature)(struct guest *guest, uint64_t index, char *buffer, size_t size);

    /*
     * Call that function. slots[] holds the arguments and gets the results. May be called
     * from inside a host function that the guest called, to any depth up to a limit.
     * A trap or exit inside the callee does NOT unwind through the caller: false is returned and
     * the outcome stays pending in the guest; the layer must stop calling the guest and, once it is
     * out of foreign frames, call resume_unwind, or end the job (MPI_Abort).
     */
    bool (*call_function)(struct guest *guest, uint64_t index, union wasm_value *slots);

    /* Go on unwinding after call_function returned false. Does not return. */
    void (*resume_unwind)(struct guest *guest);

    /* Print the report of the pending trap (as the command line would). After call_function
     * returned false; returns the exit code the process should have (134 for a trap). */
    int (*report_pending)(struct guest *guest);

    /* size bytes at the alignment (a power of two) from the guest's own allocator (its exports
     * aligned_alloc or malloc); 0 if it has none or is out of memory, or its call trapped. */
    uint64_t (*allocate)(struct guest *guest, uint64_t size, uint64_t alignment);
    void (*release)(struct guest *guest, uint64_t address);

    /* End the guest: with a trap of kind TRAP_HOST and a message, or as proc_exit does. These
     * unwind to the runtime's entry, so no foreign (MPI, libc callback) frame may lie between. */
    void (*trap)(struct guest *guest, const char *format, va_list arguments);
    void (*exit)(struct guest *guest, int code);

    /* Install the runtime's trap handlers again: after a library may have replaced them. */
    void (*claim_signals)(struct guest *guest);

    /* Is the calling thread one of the guest's, below a call into it? Others, such as a library's
     * own, must not call it. */
    bool (*is_running)(struct guest *guest);
};

/* The running guest as a layer sees it. Owned by the runtime. */
struct guest {
    uint8_t *memory; /* base of the exported memory (else memory 0); NULL if none; never moves */
    const uint64_t *memory_size; /* bytes now; grows while host functions are not running, or in
                                    call_function, allocate; with threads at any time */
    const struct guest_operations *operations;
    bool has_threads; /* host functions may be called in several threads at once */
    void *runtime;    /* the runtime's own */
};

/* [address, address + size) lies inside linear memory. size 0 at the very end is inside. */
static inline bool guest_range_ok(const struct guest *guest, uint64_t address, uint64_t size) {
    uint64_t limit = __atomic_load_n(guest->memory_size, __ATOMIC_RELAXED);
    return size <= limit && address <= limit - size;
}

struct host_function {
    const char *module; /* import module, "wasi_snapshot_preview1" */
    const char *name;
    /* Results, ':', parameters; one letter each: i = i32, I = i64, f = f32, F = f64. Void: ":i" */
    const char *signature;
    void (*code)(void); /* C function with the state as its first argument */
};

#define HOST_CODE(function) ((void (*)(void))(function))

/* What the command line grants and passes to a guest; owned by the caller, outlives the guest. */
struct host_directory {
    const char *host_path;
    const char *guest_path; /* as the guest sees it: ".", "/data" */
    bool read_only;
};

struct host_config {
    const char *program;     /* mpiwasm's own path, as argv[0] would have it */
    const char *module_path; /* as given */
    int argument_count;      /* guest's argv, with argv[0] */
    const char *const *arguments;
    const char *const *environment; /* NULL-terminated "K=V" for the guest */
    const struct host_directory *directories;
    size_t directory_count;
    bool profile_mpi; /* reserved for the MPI profile */
    bool allow_spawn; /* the guest may start processes of `program`, with the words of `policy` */
    bool allow_ports; /* the guest may meet processes of other jobs */
    /* Prevent also what ranks can only do together, by a disagreement on lengths that the layer
     * does not see, whatever it costs: the guest is not trusted, or has no guard region. */
    bool untrusted;
    uint64_t max_memory; /* bytes that the guest's memory may have; 0: no limit of the user's */
    /* The options that give another process what this guest has, whatever its working directory;
     * NULL-terminated. NULL: they cannot be put into words. */
    const char *const *policy;
};

/* What a layer that binds processes together found out by starting its library without a guest. */
struct host_self_test {
    int rank, size; /* of this process, of the job */
    int hosts;      /* on which the job's processes run */
    double seconds; /* the library took to start */
};

struct host_module {
    uint32_t abi_version;    /* HOST_MODULE_ABI_VERSION */
    const char *name;        /* "wasi", "mpi" */
    const char *description; /* "Open MPI 4.1.4": what --version and inspect show */
    const struct host_function *functions;
    size_t function_count;

    /* Make the layer's state for one guest. Called once per guest before any host function. */
    bool (*instantiate)(const struct host_config *config, struct guest *guest, void **state,
                        struct error *err);
    /*
     * The guest has ended with exit code `code` (trapped: after a trap or a failed start, code is
     * then 134). Called once, before destroy, in reverse order of instantiation. A layer that binds
     * processes together (MPI) must not leave peers hanging: it aborts the job where that is due
     * and may then not return. Returns the exit code to use.
     */
    int (*finish)(void *state, int code, bool trapped);
    void (*destroy)(void *state);

    /* What a guest with threads gets in its place; NULL: the same. */
    const struct host_module *threaded;

    /* For `mpiwasm doctor`; NULL where there is nothing to tell or to try. */
    const char *details; /* of the library, one line: what the description leaves out */
    /*
     * Start the library, send messages between all processes and check them, call running(user)
     * while it is up, end it. Collective over the job; at most once in a process, and then without
     * a guest. The library itself may end the process.
     */
    bool (*self_test)(void (*running)(void *user), void *user, struct host_self_test *result,
                      struct error *err);
};

/* A plugin exports a function of this type under HOST_MODULE_SYMBOL. */
#define HOST_MODULE_SYMBOL "mpiwasm_host_module"
typedef const struct host_module *host_module_get(void);

#endif
