/*
 * vector_width.h - how wide the vectors are that LLVM's vectoriser makes for a CPU.
 */
#ifndef MPIWASM_COMPILE_VECTOR_WIDTH_H
#define MPIWASM_COMPILE_VECTOR_WIDTH_H

#include "compile/llvm_compat.h"

/* In bits: 128, 256, 512 ...; 0 if it makes none. Of vectors without a fixed width twice the
 * least. */
unsigned vector_width_find(LLVMTargetMachineRef machine);

#endif
