/*
 * fold_offsets.h - small constants out of 32-bit addresses, before LLVM's optimiser runs.
 */
#ifndef MPIWASM_COMPILE_FOLD_OFFSETS_H
#define MPIWASM_COMPILE_FOLD_OFFSETS_H

#include "compile/llvm_compat.h"

#include <stdbool.h>

/* `exactly`: only where not even a program that goes wrong can tell. */
void fold_offsets(LLVMModuleRef module, bool exactly);

#endif
