/*
 * expand_conversions.c - llvm.fptosi.sat and llvm.fptoui.sat in code that suits x86; see
 * expand_conversions.h.
 *
 * C's (int)x is a saturating conversion in a module. Natively it is one instruction, which gives
 * some value for what does not fit; LLVM puts a maximum, a minimum and a selection for NaN around
 * it, one after the other, and takes vectors apart. Here
 *  - a scalar is converted to 64 bits and tested afterwards, off the critical path: x86 gives
 *    0x8000000000000000 for what does not fit, which no test lets through. Then, behind a branch
 *    that is hardly ever taken, comes what LLVM makes;
 *  - vectors are clamped as vectors, and so are scalars in loops that may become vectors: LLVM's
 *    estimate of the intrinsic is so high that it keeps such loops short, or scalar.
 */
#include "compile/expand_conversions.h"

#include "compile/loops.h"

#include <string.h>

enum { VECTOR_MAX = 64 }; /* elements */

struct expansion {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder, mover; /* the latter has no debug location to give away */
    LLVMTypeRef i32, i64;
    LLVMValueRef unlikely; /* weights: the second way is hardly ever taken */
    unsigned prof_kind;
};

/* One call of the intrinsic. */
struct conversion {
    LLVMValueRef call, value;
    LLVMTypeRef to, element, from_element;
    bool is_signed, is_vector, is_double;
    unsigned width; /* of the integer: 32 or 64 */
};

static bool is_named(LLVMValueRef function, const char *prefix) {
    size_t length;
    return strncmp(LLVMGetValueName2(function, &length), prefix, strlen(prefix)) == 0;
}

static LLVMTypeRef element_of(LLVMTypeRef type) {
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

static bool find_conversion(LLVMValueRef call, struct conversion *out) {
    if (!LLVMIsACallInst(call)) return false;
    LLVMValueRef callee = LLVMGetCalledValue(call);
    if (!LLVMIsAFunction(callee) || LLVMGetIntrinsicID(callee) == 0) return false;
    struct conversion c = {.call = call, .is_signed = is_named(callee, "llvm.fptosi.sat.")};
    if (!c.is_signed && !is_named(callee, "llvm.fptoui.sat.")) return false;
    c.value = LLVMGetOperand(call, 0);
    c.to = LLVMTypeOf(call);
    c.element = element_of(c.to);
    c.from_element = element_of(LLVMTypeOf(c.value));
    c.is_vector = c.element != c.to;
    c.is_double = LLVMGetTypeKind(c.from_element) == LLVMDoubleTypeKind;
    c.width = LLVMGetIntTypeWidth(c.element);
    if (!c.is_double && LLVMGetTypeKind(c.from_element) != LLVMFloatTypeKind) return false;
    *out = c;
    return (c.width == 32 || c.width == 64) &&
           (!c.is_vector || LLVMGetVectorSize(c.to) <= VECTOR_MAX);
}

static LLVMValueRef splat(const struct conversion *c, LLVMValueRef element) {
    if (!c->is_vector) return element;
    LLVMValueRef elements[VECTOR_MAX];
    unsigned count = LLVMGetVectorSize(c->to);
    for (unsigned i = 0; i < count; i++)
        elements[i] = element;
    return LLVMConstVector(elements, count);
}

static LLVMValueRef real(const struct conversion *c, double value) {
    return splat(c, LLVMConstReal(c->from_element, value));
}

/*
 * Clamp, convert, and put right what clamping could not say: the largest integer may lie between
 * two floating-point numbers, and NaN becomes the lower limit, since it is not greater.
 */
static void expand_by_clamping(const struct expansion *e, const struct conversion *c) {
    LLVMBuilderRef builder = e->builder;
    int bits = (int)c->width - c->is_signed, precision = c->is_double ? 53 : 24;
    double beyond = 2.0 * (double)(UINT64_C(1) << (bits - 1)); /* the first that is too large */
    double low = c->is_signed ? -beyond : 0;
    bool is_exact = bits <= precision;
    double high = is_exact ? beyond - 1 : beyond - (double)(UINT64_C(1) << (bits - precision));
    LLVMValueRef x = c->value;
    LLVMValueRef above = LLVMBuildFCmp(builder, LLVMRealOGT, x, real(c, low), "");
    LLVMValueRef clamped = LLVMBuildSelect(builder, above, x, real(c, low), "");
    LLVMValueRef below = LLVMBuildFCmp(builder, LLVMRealOLT, clamped, real(c, high), "");
    clamped = LLVMBuildSelect(builder, below, clamped, real(c, high), "");
    LLVMValueRef result = c->is_signed ? LLVMBuildFPToSI(builder, clamped, c->to, "")
                                       : LLVMBuildFPToUI(builder, clamped, c->to, "");
    if (!is_exact) {
        uint64_t most = ~UINT64_C(0) >> (64 - bits);
        LLVMValueRef all = splat(c, LLVMConstInt(c->element, most, false));
        LLVMValueRef over = LLVMBuildFCmp(builder, LLVMRealOGE, x, real(c, beyond), "");
        result = LLVMBuildSelect(builder, over, all, result, "");
    }
    if (c->is_signed) {
        LLVMValueRef ordered = LLVMBuildFCmp(builder, LLVMRealORD, x, real(c, 0), "");
        result = LLVMBuildSelect(builder, ordered, result, LLVMConstNull(c->to), "");
    }
    LLVMReplaceAllUsesWith(c->call, result);
    LLVMInstructionEraseFromParent(c->call);
}

/* An instruction of x86 on the value in the lowest element of a vector. */
static LLVMValueRef build_instruction(const struct expansion *e, const struct conversion *c,
                                      const char *name) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef type = LLVMVectorType(c->from_element, c->is_double ? 2 : 4);
    LLVMValueRef vector = LLVMBuildInsertElement(e->builder, LLVMGetPoison(type), c->value,
                                                 LLVMConstNull(e->i32), "");
    return LLVMBuildCall2(e->builder, LLVMIntrinsicGetType(e->context, id, NULL, 0),
                          LLVMGetIntrinsicDeclaration(e->module, id, NULL, 0), &vector, 1, "");
}

/* The integer, and whether it is right; to wider integers than 32 bits, or without sign. */
static LLVMValueRef build_wide(const struct expansion *e, const struct conversion *c,
                               LLVMValueRef *fits) {
    LLVMValueRef wide = build_instruction(
        e, c, c->is_double ? "llvm.x86.sse2.cvttsd2si64" : "llvm.x86.sse.cvttss2si64");
    LLVMValueRef most = LLVMConstInt(e->i64, UINT32_MAX, false), zero = LLVMConstNull(e->i64);
    LLVMValueRef least = LLVMConstInt(e->i64, UINT64_C(1) << 63, false);
    if (c->width == 32) {
        *fits = LLVMBuildICmp(e->builder, LLVMIntULE, wide, most, "fits");
        return LLVMBuildTrunc(e->builder, wide, c->to, "");
    }
    *fits = c->is_signed ? LLVMBuildICmp(e->builder, LLVMIntNE, wide, least, "fits")
                         : LLVMBuildICmp(e->builder, LLVMIntSGE, wide, zero, "fits");
    return wide;
}

static bool is_back_conversion(LLVMValueRef user, LLVMTypeRef type) {
    return LLVMIsASIToFPInst(user) && LLVMTypeOf(user) == type;
}

static bool has_back_conversion(LLVMValueRef integer, LLVMTypeRef type) {
    for (LLVMUseRef use = LLVMGetFirstUse(integer); use != NULL; use = LLVMGetNextUse(use))
        if (is_back_conversion(LLVMGetUser(use), type)) return true;
    return false;
}

/*
 * Move all that is in front of an instruction into a new block, to which all branches to the old
 * one go from now on. The old block keeps its end, so that phis behind it stay right: they are
 * changed with the branches unless it has no end meanwhile.
 */
static LLVMBasicBlockRef split_before(const struct expansion *e, LLVMValueRef instruction) {
    LLVMBasicBlockRef block = LLVMGetInstructionParent(instruction);
    LLVMBasicBlockRef head = LLVMInsertBasicBlockInContext(e->context, block, "convert");
    LLVMPositionBuilderAtEnd(e->mover, head);
    LLVMSetCurrentDebugLocation2(e->mover, NULL); /* what moves keeps its own */
    LLVMValueRef at;
    while ((at = LLVMGetFirstInstruction(block)) != instruction) {
        LLVMInstructionRemoveFromParent(at);
        LLVMInsertIntoBuilder(e->mover, at);
    }
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    LLVMInstructionRemoveFromParent(end);
    LLVMReplaceAllUsesWith(LLVMBasicBlockAsValue(block), LLVMBasicBlockAsValue(head));
    LLVMPositionBuilderAtEnd(e->mover, block);
    LLVMInsertIntoBuilder(e->mover, end);
    return head;
}

/* `fast` if control comes from `head`, `slow` if from `rare`; in front of all else. */
static void fill_phi(LLVMValueRef phi, LLVMValueRef fast, LLVMBasicBlockRef head, LLVMValueRef slow,
                     LLVMBasicBlockRef rare) {
    LLVMValueRef values[] = {fast, slow};
    LLVMBasicBlockRef from[] = {head, rare};
    LLVMAddIncoming(phi, values, from, 2);
}

static LLVMValueRef build_phi(const struct expansion *e, LLVMBasicBlockRef block,
                              LLVMTypeRef type) {
    LLVMPositionBuilderBefore(e->mover, LLVMGetFirstInstruction(block));
    return LLVMBuildPhi(e->mover, type, "");
}

/*
 * (double)(int)x: both conversions in vector registers, as LLVM does it without saturation; on the
 * way through an integer register the latency is twice as long.  `vector` has the integer as its
 * first element; the conversion back, of which there may be several, is done in `head`.
 */
static void convert_back(const struct expansion *e, const struct conversion *c, LLVMTypeRef type,
                         LLVMValueRef vector, LLVMValueRef integer, LLVMBasicBlockRef head,
                         LLVMBasicBlockRef rare) {
    if (vector == NULL || !has_back_conversion(integer, type)) return;
    bool is_double = LLVMGetTypeKind(type) == LLVMDoubleTypeKind;
    LLVMValueRef zero = LLVMConstNull(e->i32), one = LLVMConstInt(e->i32, 1, false);
    LLVMValueRef lowest[] = {zero, one};
    LLVMPositionBuilderBefore(e->mover, LLVMGetBasicBlockTerminator(head));
    if (is_double)
        vector = LLVMBuildShuffleVector(e->mover, vector, LLVMGetPoison(LLVMTypeOf(vector)),
                                        LLVMConstVector(lowest, 2), "");
    LLVMValueRef all =
        LLVMBuildSIToFP(e->mover, vector, LLVMVectorType(type, is_double ? 2 : 4), "");
    LLVMValueRef fast = LLVMBuildExtractElement(e->mover, all, zero, "");
    LLVMPositionBuilderBefore(e->mover, LLVMGetBasicBlockTerminator(rare));
    LLVMValueRef slow = LLVMBuildSIToFP(e->mover, c->call, type, "");
    LLVMValueRef phi = build_phi(e, LLVMGetInstructionParent(integer), type);
    fill_phi(phi, fast, head, slow, rare);
    LLVMUseRef next;
    for (LLVMUseRef use = LLVMGetFirstUse(integer); use != NULL; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef user = LLVMGetUser(use);
        if (!is_back_conversion(user, type)) continue;
        LLVMReplaceAllUsesWith(user, phi);
        LLVMInstructionEraseFromParent(user);
    }
}

static void expand_scalar(const struct expansion *e, const struct conversion *c) {
    LLVMBasicBlockRef block = LLVMGetInstructionParent(c->call);
    LLVMBasicBlockRef head = split_before(e, c->call);
    LLVMBasicBlockRef rare =
        LLVMAppendBasicBlockInContext(e->context, LLVMGetBasicBlockParent(block), "saturate");
    LLVMTypeRef f32 = LLVMFloatTypeInContext(e->context);
    LLVMTypeRef f64 = LLVMDoubleTypeInContext(e->context);

    LLVMPositionBuilderBefore(e->builder, c->call); /* takes its source line */
    LLVMPositionBuilderAtEnd(e->builder, head);
    LLVMValueRef fits, result, vector = NULL;
    if (c->width == 32 && c->is_signed) {
        if (has_back_conversion(c->call, f32) || has_back_conversion(c->call, f64)) {
            vector = build_instruction(
                e, c, c->is_double ? "llvm.x86.sse2.cvttpd2dq" : "llvm.x86.sse2.cvttps2dq");
            result = LLVMBuildExtractElement(e->builder, vector, LLVMConstNull(e->i32), "");
        } else {
            result = build_instruction(
                e, c, c->is_double ? "llvm.x86.sse2.cvttsd2si" : "llvm.x86.sse.cvttss2si");
        }
        LLVMValueRef least = LLVMConstInt(e->i32, UINT32_C(1) << 31, false);
        fits = LLVMBuildICmp(e->builder, LLVMIntNE, result, least, "fits");
    } else {
        result = build_wide(e, c, &fits);
    }
    LLVMValueRef branch = LLVMBuildCondBr(e->builder, fits, block, rare);
    LLVMSetMetadata(branch, e->prof_kind, e->unlikely);
    LLVMPositionBuilderAtEnd(e->builder, rare);
    LLVMBuildBr(e->builder, block);

    LLVMInstructionRemoveFromParent(c->call);
    LLVMPositionBuilderBefore(e->mover, LLVMGetBasicBlockTerminator(rare));
    LLVMSetCurrentDebugLocation2(e->mover, NULL);
    LLVMInsertIntoBuilder(e->mover, c->call);
    LLVMValueRef phi = build_phi(e, block, c->to);
    LLVMReplaceAllUsesWith(c->call, phi);
    fill_phi(phi, result, head, c->call, rare);
    convert_back(e, c, f64, vector, phi, head, rare);
    convert_back(e, c, f32, vector, phi, head, rare);
}

static void expand_function(const struct expansion *e, LLVMValueRef function) {
    LLVMBasicBlockRef next_block;
    LLVMBasicBlockRef last = LLVMGetLastBasicBlock(function);
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = next_block) {
        LLVMValueRef next;
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = next) {
            next = LLVMGetNextInstruction(at);
            struct conversion c;
            if (!find_conversion(at, &c)) continue;
            if (c.is_vector) {
                LLVMPositionBuilderBefore(e->builder, at);
                expand_by_clamping(e, &c);
            } else {
                expand_scalar(e, &c);
                next = LLVMGetFirstInstruction(block); /* the block is the rest now */
            }
        }
        next_block =
            block == last ? NULL : LLVMGetNextBasicBlock(block); /* not into the rare ones */
    }
}

/* Strict floating point keeps the order of reductions, and with it the loop scalar. */
static bool may_become_vectors(const struct loops *loops, const struct loop *loop) {
    for (uint32_t i = 0; i < loops->loop_count; i++)
        if (&loops->loops[i] != loop && loops_contains(loop, loops->loops[i].header)) return false;
    LLVMValueRef at = LLVMGetFirstInstruction(loops->blocks[loop->header].block);
    for (; LLVMIsAPHINode(at); at = LLVMGetNextInstruction(at))
        if (LLVMGetTypeKind(LLVMTypeOf(at)) != LLVMIntegerTypeKind) return false;
    return true;
}

static void expand_in_loop(const struct expansion *e, const struct loops *loops,
                           const struct loop *loop) {
    for (uint32_t i = 0; i < loop->block_count; i++) {
        LLVMBasicBlockRef block = loops->blocks[loop->blocks[i]].block;
        LLVMValueRef next;
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = next) {
            next = LLVMGetNextInstruction(at);
            struct conversion c;
            if (!find_conversion(at, &c)) continue;
            LLVMPositionBuilderBefore(e->builder, at);
            expand_by_clamping(e, &c);
        }
    }
}

static void expand_in_loops(const struct expansion *e, LLVMValueRef function) {
    struct arena arena = {0};
    struct loops loops;
    loops_find(&loops, function, &arena);
    for (uint32_t i = 0; i < loops.loop_count; i++)
        if (may_become_vectors(&loops, &loops.loops[i])) expand_in_loop(e, &loops, &loops.loops[i]);
    arena_free(&arena);
}

static struct expansion begin(LLVMModuleRef module) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    LLVMTypeRef i32 = LLVMInt32TypeInContext(context);
    LLVMMetadataRef weights[] = {
        LLVMMDStringInContext2(context, "branch_weights", strlen("branch_weights")),
        LLVMValueAsMetadata(LLVMConstInt(i32, (1 << 20) - 1, false)),
        LLVMValueAsMetadata(LLVMConstInt(i32, 1, false))};
    return (struct expansion){
        .context = context,
        .module = module,
        .builder = LLVMCreateBuilderInContext(context),
        .mover = LLVMCreateBuilderInContext(context),
        .i32 = i32,
        .i64 = LLVMInt64TypeInContext(context),
        .unlikely = LLVMMetadataAsValue(context, LLVMMDNodeInContext2(context, weights, 3)),
        .prof_kind = LLVMGetMDKindIDInContext(context, "prof", strlen("prof"))};
}

static void expand_module(LLVMModuleRef module,
                          void (*expand)(const struct expansion *e, LLVMValueRef function)) {
    if (strncmp(LLVMGetTarget(module), "x86_64", 6) != 0) return;
    struct expansion e = begin(module);
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        if (!LLVMIsDeclaration(function)) expand(&e, function);
    LLVMDisposeBuilder(e.mover);
    LLVMDisposeBuilder(e.builder);
}

void expand_conversions_in_loops(LLVMModuleRef module) {
    expand_module(module, expand_in_loops);
}

void expand_conversions(LLVMModuleRef module) {
    expand_module(module, expand_function);
}
