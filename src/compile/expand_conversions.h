/*
 * expand_conversions.h - saturating conversions of floating point to integers, for x86.
 */
#ifndef MPIWASM_COMPILE_EXPAND_CONVERSIONS_H
#define MPIWASM_COMPILE_EXPAND_CONVERSIONS_H

#include "compile/llvm_compat.h"

/* Before vectorising; loops must be in LLVM's simplified form. */
void expand_conversions_in_loops(LLVMModuleRef module);

/* The last step: passes that turn branches into selections would undo it. Elsewhere than on x86-64,
 * nothing. */
void expand_conversions(LLVMModuleRef module);

#endif
