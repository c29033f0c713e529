/*
 * canonical_nans.h - one bit pattern for all NaNs that arithmetic makes (--deterministic).
 */
#ifndef MPIWASM_COMPILE_CANONICAL_NANS_H
#define MPIWASM_COMPILE_CANONICAL_NANS_H

#include "compile/llvm_compat.h"

/* Before any optimisation. */
void canonical_nans(LLVMModuleRef module);

#endif
