/*
 * partition.h - what is known of a module before any of it is lowered, and which functions are
 * compiled together.
 *
 * A partition is a run of functions that become one LLVM module and one object. How a module is cut
 * depends on the module alone, never on the number of threads, so that the result does not either.
 */
#ifndef MPIWASM_COMPILE_PARTITION_H
#define MPIWASM_COMPILE_PARTITION_H

#include "base/machine.h"
#include "runtime/runtime_abi.h"
#include "wasm/module.h"

struct partition {
    uint32_t first, end; /* function indices; imports are not in any */
};

struct plan {
    const struct wasm_module *module;
    enum machine machine;
    const struct line_table *lines; /* of the module's DWARF, empty without; set by the caller */
    struct context_layout layout;
    /* Per function, imports included: its address may be taken, so it has the C convention. */
    bool *escapes;
    /* Per function: it makes or gets tail calls, so it has the C convention with the prototype of
     * lower_tail.c. */
    bool *in_tail_calls;
    /* Per type: some function of the type, imports included, can be called from outside. */
    bool *entered;
    /* Per table: its size cannot change and is limits.minimum. */
    bool *table_is_fixed;
    /* Exceptions may pass through calls: the module has tags or catches them. */
    bool may_throw;
    struct partition *partitions;
    uint32_t partition_count; /* at least 1 */
};

/* `module` is validated; one partition only if `whole`. All memory comes from the arena. */
void plan_make(struct plan *plan, const struct wasm_module *module, enum machine machine,
               bool whole, struct arena *arena);

/* lower_tail.c: set in_tail_calls[]. */
void tail_calls_find(const struct wasm_module *wasm, enum machine machine, bool *in_tail_calls);

#endif
