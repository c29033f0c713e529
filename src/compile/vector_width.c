/*
 * vector_width.c - see vector_width.h.
 *
 * The C API does not tell what LLVM knows of a CPU's vectors, and the names of CPUs and features
 * differ by architecture. So the vectoriser is given a loop it can always take, and its result is
 * looked at.
 */
#include "compile/vector_width.h"

#include <llvm-c/IRReader.h>
#include <string.h>

static const char loop[] = "define void @f(ptr noalias %a, ptr noalias %b) {\n"
                           "entry:\n"
                           "  br label %loop\n"
                           "loop:\n"
                           "  %i = phi i64 [ 0, %entry ], [ %j, %loop ]\n"
                           "  %p = getelementptr double, ptr %a, i64 %i\n"
                           "  %q = getelementptr double, ptr %b, i64 %i\n"
                           "  %x = load double, ptr %p\n"
                           "  %y = fmul double %x, 3.0\n"
                           "  store double %y, ptr %q\n"
                           "  %j = add nuw nsw i64 %i, 1\n"
                           "  %e = icmp eq i64 %j, 4096\n"
                           "  br i1 %e, label %exit, label %loop\n"
                           "exit:\n"
                           "  ret void\n"
                           "}\n";

static unsigned width_of(LLVMTypeRef type) {
    switch (LLVMGetTypeKind(type)) {
    case LLVMVectorTypeKind: return 64 * LLVMGetVectorSize(type);
    case LLVMScalableVectorTypeKind: return 2 * 64 * LLVMGetVectorSize(type);
    default: return 0;
    }
}

static unsigned widest_product(LLVMValueRef function) {
    unsigned widest = 0;
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at))
            if (LLVMGetInstructionOpcode(at) == LLVMFMul && width_of(LLVMTypeOf(at)) > widest)
                widest = width_of(LLVMTypeOf(at));
    return widest;
}

unsigned vector_width_find(LLVMTargetMachineRef machine) {
    unsigned width = 0;
    LLVMContextRef context = LLVMContextCreate();
    LLVMMemoryBufferRef text =
        LLVMCreateMemoryBufferWithMemoryRange(loop, strlen(loop), "loop", true);
    LLVMModuleRef module = NULL;
    char *message = NULL;
    if (!LLVMParseIRInContext(context, text, &module, &message)) { /* takes the buffer */
        LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
        char *triple = LLVMGetTargetMachineTriple(machine);
        LLVMSetModuleDataLayout(module, layout);
        LLVMSetTarget(module, triple);
        LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
        LLVMErrorRef failure = LLVMRunPasses(module, "function(loop-vectorize)", machine, options);
        LLVMConsumeError(failure);
        width = widest_product(LLVMGetNamedFunction(module, "f"));
        LLVMDisposePassBuilderOptions(options);
        LLVMDisposeMessage(triple);
        LLVMDisposeTargetData(layout);
        LLVMDisposeModule(module);
    }
    LLVMDisposeMessage(message);
    LLVMContextDispose(context);
    return width;
}
