/*
 * alias_roots.h - tell LLVM's vectoriser the arrays of a loop apart.
 */
#ifndef MPIWASM_COMPILE_ALIAS_ROOTS_H
#define MPIWASM_COMPILE_ALIAS_ROOTS_H

#include "compile/llvm_compat.h"

#include <stdbool.h>

/*
 * Give the accesses of those innermost loops that need it one base per array. Loops must be in
 * LLVM's simplified form. True if there were any; then alias_roots_remove must follow.
 */
bool alias_roots_add(LLVMModuleRef module);

/* Back to one base. */
void alias_roots_remove(LLVMModuleRef module);

#endif
