/*
 * optimize.h - LLVM's optimiser over one module.
 */
#ifndef MPIWASM_COMPILE_OPTIMIZE_H
#define MPIWASM_COMPILE_OPTIMIZE_H

#include "base/error.h"
#include "compile/compile.h"
#include "compile/llvm_compat.h"

/* Optimise `module` in place for the machine, as the options say. ERROR_COMPILE. */
bool optimize_module(LLVMModuleRef module, LLVMTargetMachineRef machine,
                     const struct compile_options *options, struct error *err);

/* Check LLVM's rules for well-formed IR: a failure is a bug of ours. ERROR_COMPILE. */
bool optimize_verify(LLVMModuleRef module, struct error *err);

#endif
