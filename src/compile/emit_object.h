/*
 * emit_object.h - machine code, assembly or IR text of an LLVM module, as bytes in memory.
 */
#ifndef MPIWASM_COMPILE_EMIT_OBJECT_H
#define MPIWASM_COMPILE_EMIT_OBJECT_H

#include "compile/compile.h"
#include "compile/llvm_compat.h"

/* `what` COMPILE_SHARED_OBJECT and COMPILE_OBJECT both give an object. Dispose of the buffer with
 * LLVMDisposeMemoryBuffer. ERROR_COMPILE. */
bool emit_object(LLVMModuleRef module, LLVMTargetMachineRef machine, enum compile_output what,
                 LLVMMemoryBufferRef *out, struct error *err);

#endif
