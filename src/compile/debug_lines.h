/*
 * debug_lines.h - the module's source lines, carried over to the machine code.
 *
 * Where the module has DWARF (clang -g), every instruction gets LLVM's debug location, so that
 * LLVM writes .debug_line for the artifact: what perf, gdb and our own backtraces read. Names of
 * variables and inlined calls are left behind.
 */
#ifndef MPIWASM_COMPILE_DEBUG_LINES_H
#define MPIWASM_COMPILE_DEBUG_LINES_H

#include "base/line_table.h"
#include "compile/llvm_compat.h"
#include "wasm/module.h"

/* The lines of the module; no rows if it has no DWARF. Free with line_table_free. */
void debug_lines_read(const struct wasm_module *module, struct line_table *out);

/* For one LLVM module. */
struct debug_lines;

/*
 * NULL if the table has no rows, and with everything else NULL means "do nothing".
 * `as_offsets`: instead of source lines, every instruction's offset in the code section is its
 * line, and its file is named after the function ("w12"): how remarks find their loop.
 */
struct debug_lines *debug_lines_create(LLVMModuleRef llvm, const struct wasm_module *module,
                                       const struct line_table *table, bool as_offsets);
/* To be called when all functions are lowered. */
void debug_lines_finish(struct debug_lines *lines);

/* What is lowered next belongs to function `index`. */
void debug_lines_begin(struct debug_lines *lines, LLVMValueRef function, uint32_t index);
/* ... and comes from the instruction at `offset` in the binary. For `builder`. */
void debug_lines_set(struct debug_lines *lines, LLVMBuilderRef builder, uint64_t offset);
/* ... and from no particular one. */
void debug_lines_set_none(struct debug_lines *lines, LLVMBuilderRef builder);
/* What is lowered next belongs to no function of the module. */
void debug_lines_end(struct debug_lines *lines, LLVMBuilderRef builder);

#endif
