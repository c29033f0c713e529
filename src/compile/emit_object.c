/*
 * emit_object.c - LLVM's code generator over one module; see emit_object.h.
 */
#include "compile/emit_object.h"

#include <string.h>

bool emit_object(LLVMModuleRef module, LLVMTargetMachineRef machine, enum compile_output what,
                 LLVMMemoryBufferRef *out, struct error *err) {
    if (what == COMPILE_IR || what == COMPILE_RAW_IR) {
        char *text = LLVMPrintModuleToString(module);
        *out = LLVMCreateMemoryBufferWithMemoryRangeCopy(text, strlen(text), "ir");
        LLVMDisposeMessage(text);
        return true;
    }
    char *message = NULL;
    LLVMCodeGenFileType type = what == COMPILE_ASSEMBLY ? LLVMAssemblyFile : LLVMObjectFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, module, type, &message, out)) {
        error_set(err, ERROR_COMPILE, "LLVM's code generator failed: %s", message);
        LLVMDisposeMessage(message);
        return false;
    }
    return true;
}
