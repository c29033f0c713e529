/*
 * cluster_loads.h - loads of neighbouring addresses side by side, before LLVM's optimiser runs.
 */
#ifndef MPIWASM_COMPILE_CLUSTER_LOADS_H
#define MPIWASM_COMPILE_CLUSTER_LOADS_H

#include "compile/llvm_compat.h"

void cluster_loads(LLVMModuleRef module);

#endif
