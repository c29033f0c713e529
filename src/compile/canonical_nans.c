/*
 * canonical_nans.c - results that are NaN become the canonical one; see canonical_nans.h.
 *
 * Core specification, 4.3.3 ("NaN propagation") leaves sign and payload of such a result open, and
 * processors differ: x86-64 makes negative NaNs, others positive ones, and which operand's payload
 * goes on is not the same either. In the specification's deterministic profile a NaN that an
 * operation makes is positive with the payload's highest bit alone.
 *
 * One walk over what the lowering has made, as relax_arithmetic.c does. Negation, absolute value,
 * copysign and selections only move bits and stay as they are.
 */
#include "compile/canonical_nans.h"

#include <string.h>

static bool makes_nans(LLVMValueRef instruction) {
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv:
    case LLVMFPExt:
    case LLVMFPTrunc: return true;
    case LLVMCall: {
        static const char *const names[] = {"llvm.sqrt.", "llvm.ceil.", "llvm.floor.",
                                            "llvm.trunc.", "llvm.roundeven."};
        LLVMValueRef callee = LLVMGetCalledValue(instruction);
        if (!LLVMIsAFunction(callee) || LLVMGetIntrinsicID(callee) == 0) return false;
        size_t length;
        const char *name = LLVMGetValueName2(callee, &length);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncmp(name, names[i], strlen(names[i])) == 0) return true;
        return false;
    }
    default: return false;
    }
}

/* The canonical NaN, in all lanes of a vector. */
static LLVMValueRef make_nan(LLVMContextRef context, LLVMTypeRef type) {
    enum { LANES_MAX = 4 };
    LLVMValueRef lanes[LANES_MAX];
    bool is_vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
    LLVMTypeRef element = is_vector ? LLVMGetElementType(type) : type;
    bool is_double = LLVMGetTypeKind(element) == LLVMDoubleTypeKind;
    LLVMTypeRef bits =
        is_double ? LLVMInt64TypeInContext(context) : LLVMInt32TypeInContext(context);
    uint64_t pattern = is_double ? UINT64_C(0x7ff8) << 48 : UINT64_C(0x7fc0) << 16;
    LLVMValueRef nan = LLVMConstBitCast(LLVMConstInt(bits, pattern, false), element);
    if (!is_vector) return nan;
    unsigned count = LLVMGetVectorSize(type);
    for (unsigned i = 0; i < count && i < LANES_MAX; i++)
        lanes[i] = nan;
    return LLVMConstVector(lanes, count);
}

/*
 * The same, as a value that LLVM cannot know: its code generator takes sqrt(x) for what is meant by
 * "NaN if x < 0, else sqrt(x)".
 */
static LLVMValueRef load_nan(LLVMModuleRef module, LLVMBuilderRef builder, LLVMTypeRef type) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMValueRef variable = LLVMAddGlobal(module, type, "canonical.nan");
    LLVMSetInitializer(variable, make_nan(context, type));
    LLVMSetLinkage(variable, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(variable, true);
    LLVMSetExternallyInitialized(variable, true);
    LLVMValueRef load = LLVMBuildLoad2(builder, type, variable, "");
    unsigned kind = LLVMGetMDKindIDInContext(context, "invariant.load", strlen("invariant.load"));
    LLVMSetMetadata(load, kind,
                    LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, NULL, 0)));
    return load;
}

static bool is_square_root(LLVMValueRef instruction) {
    size_t length;
    return LLVMIsACallInst(instruction) &&
           strncmp(LLVMGetValueName2(LLVMGetCalledValue(instruction), &length), "llvm.sqrt.", 10) ==
               0;
}

static void canonicalize(LLVMModuleRef module, LLVMBuilderRef builder, LLVMValueRef value,
                         LLVMValueRef next) {
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMPositionBuilderBefore(builder, next);
    LLVMValueRef nan = is_square_root(value) ? load_nan(module, builder, type)
                                             : make_nan(LLVMGetModuleContext(module), type);
    LLVMValueRef is_nan = LLVMBuildFCmp(builder, LLVMRealUNO, value, value, "is.nan");
    LLVMValueRef chosen = LLVMBuildSelect(builder, is_nan, nan, value, "");
    LLVMReplaceAllUsesWith(value, chosen); /* those of the two, too */
    LLVMSetOperand(is_nan, 0, value);
    LLVMSetOperand(is_nan, 1, value);
    LLVMSetOperand(chosen, 2, value);
}

void canonical_nans(LLVMModuleRef module) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
             block = LLVMGetNextBasicBlock(block)) {
            LLVMValueRef next;
            for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = next) {
                next = LLVMGetNextInstruction(at);
                if (makes_nans(at)) canonicalize(module, builder, at, next);
            }
        }
    LLVMDisposeBuilder(builder);
}
