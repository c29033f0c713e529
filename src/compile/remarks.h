/*
 * remarks.h - what LLVM's vectoriser says of each loop, in terms of the guest.
 */
#ifndef MPIWASM_COMPILE_REMARKS_H
#define MPIWASM_COMPILE_REMARKS_H

#include "base/line_table.h"
#include "wasm/module.h"

/* LLVM says nothing unless its command line asks for it; for LLVMParseCommandLineOptions. */
#define REMARKS_LLVM_OPTIONS                                                                       \
    "-pass-remarks=loop-vectorize", "-pass-remarks-missed=loop-vectorize",                         \
        "-pass-remarks-analysis=loop-vectorize"

/* What was said of one partition, in LLVM's order; zeroed is empty. */
struct remarks {
    struct remark *items;
    size_t count, capacity;
    struct arena arena;
};

/* `text` as LLVM prints it: "w12:345:0: vectorized loop (...)", by a location that
 * debug_lines_create has made `as_offsets`. What is not of that form, or not about a loop, is
 * dropped. */
void remarks_add(struct remarks *remarks, const char *text);

/* One line a loop, function by function; malloc'ed. NULL if memory is short. */
char *remarks_format(struct remarks *partitions, size_t count, const struct wasm_module *module,
                     const struct line_table *lines);

void remarks_free(struct remarks *remarks);

#endif
