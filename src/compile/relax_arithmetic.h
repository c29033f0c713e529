/*
 * relax_arithmetic.h - what --fp allows, put on the instructions.
 */
#ifndef MPIWASM_COMPILE_RELAX_ARITHMETIC_H
#define MPIWASM_COMPILE_RELAX_ARITHMETIC_H

#include "compile/compile.h"
#include "compile/llvm_compat.h"

/* Give sums, differences, products and quotients in all of the module the flags of the mode. */
void relax_arithmetic(LLVMModuleRef module, enum compile_fp mode);

#endif
