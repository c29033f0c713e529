/*
 * widen_inductions.h - addresses that advance in a loop, counted in 64 bits.
 */
#ifndef MPIWASM_COMPILE_WIDEN_INDUCTIONS_H
#define MPIWASM_COMPILE_WIDEN_INDUCTIONS_H

#include "compile/llvm_compat.h"

/* Loops must be rotated and in LLVM's simplified form (the pass loop-rotate sees to both). */
void widen_inductions(LLVMModuleRef module);

#endif
