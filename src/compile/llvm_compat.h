/*
 * llvm_compat.h - LLVM's C API as this folder uses it, and everything that differs between the
 * supported versions, 19 to 22. No other file asks for LLVM's version.
 */
#ifndef MPIWASM_COMPILE_LLVM_COMPAT_H
#define MPIWASM_COMPILE_LLVM_COMPAT_H

#include "base/error.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/Error.h>
#include <llvm-c/ErrorHandling.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

/* "22.1.8" */
const char *llvm_compat_version(void);

/* A string as metadata, and an attribute that says that a pointer is not kept by the callee. */
LLVMAttributeRef llvm_compat_no_capture(LLVMContextRef context);

struct remarks;

/* What LLVM has to say, while it works on one LLVM context. */
struct diagnostics {
    struct error err;        /* errors that LLVM would print, and then end the process */
    struct remarks *remarks; /* gets remarks, if not NULL */
};

/* As long as the context lives. */
void llvm_compat_catch_diagnostics(LLVMContextRef context, struct diagnostics *diagnostics);

#endif
