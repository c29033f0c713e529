/*
 * split_vectors.h - turn loops over v128 back into loops over numbers, for LLVM to vectorise.
 */
#ifndef MPIWASM_COMPILE_SPLIT_VECTORS_H
#define MPIWASM_COMPILE_SPLIT_VECTORS_H

#include "compile/llvm_compat.h"

#include <stdbool.h>

/*
 * Split the vectors of those innermost loops that gain by it on the machine's CPU. Loops must be in
 * LLVM's simplified and closed form (as after any of its loop passes). True if there were any.
 */
bool split_vectors(LLVMModuleRef module, LLVMTargetMachineRef machine);

#endif
