/*
 * relax_arithmetic.c - the fast-math flags of --fp; see relax_arithmetic.h.
 *
 * One walk over what the lowering has made, so that no instruction's lowering need think of it.
 * Only the four operations get flags: a comparison, copysign, a minimum keep their meaning to the
 * bit in every mode. NaN and infinity are never assumed away ("nnan", "ninf"): programs test for
 * them, and an optimiser that knows they cannot be removes the test.
 */
#include "compile/relax_arithmetic.h"

#include <stddef.h>

static bool is_arithmetic(LLVMValueRef instruction) {
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv: return true;
    default: return false;
    }
}

void relax_arithmetic(LLVMModuleRef module, enum compile_fp mode) {
    if (mode == COMPILE_FP_STRICT) return;
    LLVMFastMathFlags flags = LLVMFastMathAllowContract;
    if (mode == COMPILE_FP_FAST)
        flags |= LLVMFastMathAllowReassoc | LLVMFastMathNoSignedZeros | LLVMFastMathAllowReciprocal;
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
             block = LLVMGetNextBasicBlock(block))
            for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
                 at = LLVMGetNextInstruction(at))
                if (is_arithmetic(at)) LLVMSetFastMathFlags(at, LLVMGetFastMathFlags(at) | flags);
}
