/*
 * runtime_abi.h - the contract between compiled code and the runtime.
 *
 * Read by src/compile, which makes code that relies on it, and by src/runtime, which fulfils it.
 * It describes three things: the context that every compiled function gets as its first argument,
 * the functions compiled code calls (libcalls), and the descriptor that an artifact exports.
 * Any change here, of layout or of meaning, increments RUNTIME_ABI_VERSION, which is part of every
 * cache key.
 *
 * Calling conventions.  A guest function of type [t1..tn] -> [r1..rm] is
 *     R code(struct context *context, t1, ..., tn)
 * with i32, i64 as integers, f32, f64 as floating point, references as pointers; R is void, the
 * one result, or the LLVM struct of all results.  Functions whose address escapes (exported, in an
 * element segment, declared for ref.func) use the C convention, so that code behind a func_ref is
 * always called the same way, be it a guest function of this or of another instance or a host
 * function; functions called only directly use fastcc.  Tail calls between functions of the C
 * convention are jumps with the callee's arguments in place, see lower_tail.c.  A host function has
 * at most one result and gets as its first argument the `context` of its import slot, which is then
 * the host layer's own state.
 *
 * Linear memory.  Each memory of 32-bit addresses is reserved whole: MEMORY_GUARD_BELOW bytes of
 * guard, 4 GiB, and MEMORY_GUARD_ABOVE bytes of guard. Its base never moves.  Compiled code
 * computes base + zext(i32 address) + constant offset without any check: what is out of bounds
 * faults in a guard and becomes a trap.
 *
 * A memory of 64-bit addresses is reserved for as much as it can grow to, `limit` bytes between the
 * same guards.  Compiled code computes base + min(i64 address, limit) + constant offset, without a
 * branch: what is beyond faults in the guard above.  Constants over MEMORY_OFFSET_MAX are added to
 * the address before, without wrapping.
 *
 * A shared memory is a 32- or 64-bit one like any other, in which several threads run, each in
 * instances of its own: growing is atomic and never moves it.
 */
#ifndef MPIWASM_RUNTIME_RUNTIME_ABI_H
#define MPIWASM_RUNTIME_RUNTIME_ABI_H

#include "wasm/types.h"

#include <stddef.h>
#include <stdint.h>

enum { RUNTIME_ABI_VERSION = 5 };

/* Bytes. The guard below lets the compiler read address x+c, |c| < 1024, as zext(x)+c. */
#define MEMORY_GUARD_BELOW ((uint64_t)2 << 20)
#define MEMORY_ADDRESS_SPACE ((uint64_t)4 << 30)
#define MEMORY_GUARD_ABOVE (((uint64_t)4 << 30) + ((uint64_t)2 << 20))
/* A wasm32 memory has at most this many pages, so that an access that would have wrapped around at
 * 4 GiB traps first. memory.grow beyond it fails with -1, as the specification allows. */
enum { MEMORY_MAX_PAGES_32 = 65535 };
/* What a 64-bit memory without a smaller maximum gets, if address space allows; else half of it and
 * so on. memory.grow beyond it fails with -1. */
#define MEMORY_ADDRESS_SPACE_64 ((uint64_t)1 << 40)
#define MEMORY_OFFSET_MAX ((uint64_t)4 << 30)

struct context;

/* A memory, table or function may belong to another instance: instances hold pointers to these. */
struct linear_memory {
    uint8_t *base; /* constant for the life of the memory; 2 MiB aligned */
    uint64_t size; /* bytes now; only grows; written atomically */
    uint64_t maximum_pages;
    uint64_t limit; /* constant: where the guard above begins, for 64-bit addresses */
};

struct func_ref {
    const void *code;        /* C convention, see above */
    struct context *context; /* first argument of `code`; a host function's state */
    uint32_t type_id;        /* canonical: equal iff the function types are equal, process-wide */
    uint32_t reserved;
};

/* The identity of a tag (4.2.9): two tags are the same exactly if they are at the same address. */
struct tag {
    uint32_t type_id; /* canonical, as in func_ref */
    uint32_t reserved;
    const char *name; /* for messages; never NULL */
};

/*
 * An exception: what an exnref and, in a landing pad, the exception register point to.  Made by
 * exception_new; compiled code fills in the values of the tag's parameters before it throws it, and
 * reads them where it is caught.  It is there for as long as a reference to it is: on the stack or
 * in a register, in a global or a table, or among the values of another one that is.
 */
struct exception {
    const struct tag *tag;
    uint64_t reserved;
    union wasm_value values[]; /* per parameter of the tag; 16-byte aligned */
};

/*
 * What call_indirect needs of an element: a copy of its func_ref, beside it, so that a call reads
 * one cache line of the table and not another one behind a pointer. Zero for null.
 */
struct table_call {
    const void *code;
    struct context *context;
    uint32_t type_mark; /* 1 + type_id; 0 for null, which is no function's */
    uint32_t reserved[3];
};

struct table {
    void **entries; /* struct func_ref *, exception * or externref; NULL is null. Never moves. */
    uint64_t size;  /* elements now; only grows */
    uint64_t maximum;
    enum wasm_type element;   /* type indices in it are canonical, as type_id */
    struct table_call *calls; /* per element of a table of functions, else NULL. Never moves. */
};

/* A called import: 16 bytes, so that compiled code finds slot i at a constant offset. */
struct import_slot {
    const void *code;
    struct context *context;
};

enum trap_kind {
    TRAP_NONE = 0,
    TRAP_UNREACHABLE,            /* "unreachable" */
    TRAP_MEMORY_OUT_OF_BOUNDS,   /* "out of bounds memory access" */
    TRAP_TABLE_OUT_OF_BOUNDS,    /* "out of bounds table access" */
    TRAP_UNDEFINED_ELEMENT,      /* call_indirect beyond the table: "undefined element" */
    TRAP_UNINITIALIZED_ELEMENT,  /* call_indirect on null: "uninitialized element" */
    TRAP_INDIRECT_CALL_TYPE,     /* "indirect call type mismatch" */
    TRAP_INTEGER_OVERFLOW,       /* "integer overflow" */
    TRAP_INTEGER_DIVIDE_BY_ZERO, /* "integer divide by zero" */
    TRAP_INVALID_CONVERSION,     /* "invalid conversion to integer" */
    TRAP_UNALIGNED_ATOMIC,       /* "unaligned atomic" */
    TRAP_EXPECTED_SHARED,        /* wait on a memory that is not: "expected shared memory" */
    TRAP_STACK_OVERFLOW,         /* "call stack exhausted" */
    TRAP_NULL_REFERENCE,         /* "null reference" */
    TRAP_NULL_FUNCTION,          /* call_ref on null: "null function reference" */
    TRAP_NULL_EXCEPTION,         /* throw_ref of null: "null exception reference" */
    TRAP_UNCAUGHT_EXCEPTION,     /* not a trap by the letter: "uncaught exception" */
    TRAP_HOST,                   /* a host function gave up; the message says why */
    TRAP_EXIT,                   /* not an error: the guest ended itself (proc_exit) */
    TRAP_KIND_COUNT
};

/*
 * Called by compiled code through context->libcalls. X(name, result, parameters in parentheses);
 * every one gets the context first. Those of tables and bulk memory trap by themselves.
 * Sizes and indices of wasm32 are zero-extended by the caller.
 */
#define RUNTIME_LIBCALLS(X)                                                                        \
    X(trap, void, (struct context *, uint32_t kind)) /* does not return */                         \
    X(memory_grow, int64_t, (struct context *, uint32_t memory, uint64_t delta_pages))             \
    X(memory_init, void,                                                                           \
      (struct context *, uint32_t memory, uint32_t segment, uint64_t to, uint64_t from,            \
       uint64_t size))                                                                             \
    X(memory_wait, int32_t,                                                                        \
      (struct context *, uint32_t memory, uint64_t address, uint32_t bytes, uint64_t expected,     \
       int64_t timeout)) /* 4 or 8 bytes; nanoseconds, negative: no timeout */                     \
    X(memory_notify, uint32_t,                                                                     \
      (struct context *, uint32_t memory, uint64_t address, uint32_t count))                       \
    X(data_drop, void, (struct context *, uint32_t segment))                                       \
    X(table_grow, int64_t, (struct context *, uint32_t table, void *value, uint64_t delta))        \
    X(table_fill, void,                                                                            \
      (struct context *, uint32_t table, uint64_t at, void *value, uint64_t count))                \
    X(table_copy, void,                                                                            \
      (struct context *, uint32_t to_table, uint32_t from_table, uint64_t to, uint64_t from,       \
       uint64_t count))                                                                            \
    X(table_init, void,                                                                            \
      (struct context *, uint32_t table, uint32_t segment, uint64_t to, uint64_t from,             \
       uint64_t count))                                                                            \
    X(elem_drop, void, (struct context *, uint32_t segment))                                       \
    X(ref_func, void *, (struct context *, uint32_t function))                                     \
    X(exception_new, void *, (struct context *, uint32_t tag))                                     \
    X(throw, void,                                                                                 \
      (struct context *, void *exception)) /* does not return; the only one to unwind */

struct runtime_libcalls {
#define RUNTIME_LIBCALL_FIELD(name, result, parameters) result(*name) parameters;
    RUNTIME_LIBCALLS(RUNTIME_LIBCALL_FIELD)
#undef RUNTIME_LIBCALL_FIELD
};

/*
 * The context of an instance: this head, then the arrays whose offsets context_layout computes.
 * Fields marked "constant" do not change while the instance lives, so compiled code may load them
 * once (invariant).
 */
struct context {
    uint8_t *memory_base;                    /* constant: memories[0]->base, NULL without memory */
    const struct runtime_libcalls *libcalls; /* constant */
    struct instance *instance;               /* constant; the runtime's */
    uint64_t reserved[5];
};

struct context_counts {
    uint32_t imported_functions, memories, tables, imported_globals, defined_globals, tags, types;
};

/* Byte offsets from the start of the context. */
struct context_layout {
    uint64_t import_slots;     /* struct import_slot [imported_functions], constant */
    uint64_t memories;         /* struct linear_memory *[memories], constant pointers */
    uint64_t tables;           /* struct table *[tables], constant pointers */
    uint64_t table_calls;      /* struct table_call *[tables]: tables[]->calls, constant pointers */
    uint64_t imported_globals; /* union wasm_value *[imported_globals], constant pointers */
    uint64_t defined_globals;  /* union wasm_value [defined_globals], 16-byte aligned */
    uint64_t tags;             /* const struct tag *[tags], constant */
    uint64_t type_marks;       /* uint32_t [types], constant: 1 + the canonical id per type index */
    uint64_t size;             /* of all of it */
};

static inline struct context_layout context_layout(const struct context_counts *counts) {
    struct context_layout layout;
    uint64_t at = sizeof(struct context);
    layout.defined_globals = at; /* first: small offsets for __stack_pointer and its like */
    at += (uint64_t)counts->defined_globals * sizeof(union wasm_value);
    layout.memories = at;
    at += (uint64_t)counts->memories * sizeof(void *);
    layout.tables = at;
    at += (uint64_t)counts->tables * sizeof(void *);
    layout.table_calls = at;
    at += (uint64_t)counts->tables * sizeof(void *);
    layout.imported_globals = at;
    at += (uint64_t)counts->imported_globals * sizeof(void *);
    layout.import_slots = at;
    at += (uint64_t)counts->imported_functions * sizeof(struct import_slot);
    layout.tags = at;
    at += (uint64_t)counts->tags * sizeof(void *);
    layout.type_marks = at;
    at += (uint64_t)counts->types * sizeof(uint32_t);
    layout.size = (at + 15) & ~(uint64_t)15;
    return layout;
}

/*
 * What an artifact, an ELF shared object, exports under ARTIFACT_SYMBOL: everything the runtime
 * needs besides the module's own sections, which it carries stripped of the bodies.
 */
#define ARTIFACT_SYMBOL "mpiwasm_artifact"
#define ARTIFACT_MAGIC UINT64_C(0x314d534157495053) /* "SPIWASM1", little-endian */

/* Calls `code` with `context` and the arguments in slots[], and puts the results there. One per
 * function type; slots[] has room for the larger of the two. */
typedef void artifact_enter(struct context *context, const void *code, union wasm_value *slots);

struct artifact_descriptor {
    uint64_t magic;
    uint32_t abi_version; /* RUNTIME_ABI_VERSION of the compiler */
    uint32_t descriptor_size;
    const uint8_t *module; /* the stripped binary, wasm_module_strip */
    uint64_t module_size;
    /* Per defined function (imports not counted): its code, or NULL if its address does not escape.
     */
    const void *const *functions;
    uint64_t function_count;
    /* Per type index: how the host enters a function of the type; NULL where no function whose
     * address escapes, imported ones included, has it. */
    artifact_enter *const *enter;
    uint64_t type_count;
    /* Compiler version, CPU and options in words, for `mpiwasm inspect` and messages. */
    const char *description;
    /* The CPU that the code was generated for, and the features it may use beyond those of every
     * CPU of the architecture ("+avx,+fma", see base/cpu.h), LLVM's names. */
    const char *cpu, *features;
    uint64_t flags; /* ARTIFACT_* */
    /* Gets the runtime's personality function, see below; NULL if no code of the module throws. */
    const void **personality;
};

enum {
    ARTIFACT_EXPLICIT_BOUNDS = 1, /* memory accesses are checked in code; needs no guard region */
    ARTIFACT_STRICT_TRAPS = 2,    /* loads and stores are volatile: traps by the letter */
};

/*
 * Exceptions.  Code that may catch has calls with landing pads, all of which catch everything: the
 * landing pad gets a struct exception *, compares its tag and, if no clause wants it, goes on to an
 * outer landing pad of the function or throws it again.  A function with landing pads names as its
 * personality a symbol of the artifact's own, which jumps to where descriptor->personality points.
 * The runtime unwinds no further than to the call into the guest (trap.h); functions of a module
 * without tags are "nounwind" for LLVM, but have unwind tables all the same and may be passed.
 *
 * Stack.  Compiled functions carry unwind tables (asynchronous: valid at every instruction), from
 * which backtraces are made through host frames as well, and frames larger than a page touch every
 * page of theirs in order (stack probes), so that running out of stack meets the guard page.
 *
 * Symbols.  Function i named N in the module is the ELF symbol "N.w<i>" ("func.w<i>" without a
 * name), in .symtab, so that perf, gdb and our own backtrace name it and no guest name can collide
 * with a symbol of the C library.
 */

#endif
