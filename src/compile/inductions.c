/*
 * inductions.c - affine expressions of loops; see inductions.h.
 *
 * Sums, differences and products with constants over phis that advance by a constant. Overflow is
 * not looked at: a step is what it is modulo 2^width.
 */
#include "compile/inductions.h"

void induction_scope_enter(struct induction_scope *scope, const struct loop *loop) {
    scope->loop = loop;
    scope->preheader = scope->loops.blocks[loop->preheader].block;
    scope->header = scope->loops.blocks[loop->header].block;
    scope->latch = scope->loops.blocks[loop->latch].block;
}

bool induction_is_inside(const struct induction_scope *scope, LLVMValueRef value) {
    if (!LLVMIsAInstruction(value)) return false;
    return loops_contains(scope->loop,
                          loops_number(&scope->loops, LLVMGetInstructionParent(value)));
}

bool induction_is_op(LLVMValueRef value, LLVMOpcode op) {
    return LLVMIsAInstruction(value) && LLVMGetInstructionOpcode(value) == op;
}

bool induction_is_sum(LLVMValueRef value) {
    return induction_is_op(value, LLVMAdd) ||
           (induction_is_op(value, LLVMOr) && LLVMGetIsDisjoint(value));
}

LLVMValueRef induction_incoming(LLVMValueRef phi, LLVMBasicBlockRef from) {
    for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
        if (LLVMGetIncomingBlock(phi, i) == from) return LLVMGetIncomingValue(phi, i);
    return NULL;
}

/* A phi of the header that advances by a constant. */
static bool find_phi_step(const struct induction_scope *scope, LLVMValueRef phi, uint64_t *step) {
    if (!LLVMIsAPHINode(phi) || LLVMGetInstructionParent(phi) != scope->header) return false;
    LLVMValueRef value = induction_incoming(phi, scope->latch);
    *step = 0;
    for (int i = 0; i < INDUCTION_DEPTH && value != phi; i++) {
        if (!induction_is_op(value, LLVMAdd) || !LLVMIsAConstantInt(LLVMGetOperand(value, 1)))
            return false;
        *step += LLVMConstIntGetZExtValue(LLVMGetOperand(value, 1));
        value = LLVMGetOperand(value, 0);
    }
    return value == phi;
}

static bool find_step(const struct induction_scope *scope, LLVMValueRef value, int depth,
                      uint64_t *step) {
    uint64_t left, right;
    *step = 0;
    if (!induction_is_inside(scope, value)) return true;
    if (depth == 0) return false;
    if (find_phi_step(scope, value, step)) return true;
    bool is_difference = induction_is_op(value, LLVMSub);
    if (induction_is_sum(value) || is_difference) {
        if (!find_step(scope, LLVMGetOperand(value, 0), depth - 1, &left) ||
            !find_step(scope, LLVMGetOperand(value, 1), depth - 1, &right))
            return false;
        *step = is_difference ? left - right : left + right;
        return true;
    }
    bool shifts = induction_is_op(value, LLVMShl);
    if (!shifts && !induction_is_op(value, LLVMMul)) return false;
    if (!LLVMIsAConstantInt(LLVMGetOperand(value, 1))) return false;
    uint64_t factor = LLVMConstIntGetZExtValue(LLVMGetOperand(value, 1));
    if (shifts && factor >= LLVMGetIntTypeWidth(LLVMTypeOf(value))) return false;
    if (!find_step(scope, LLVMGetOperand(value, 0), depth - 1, &left)) return false;
    *step = shifts ? left << factor : left * factor;
    return true;
}

bool induction_find_step(const struct induction_scope *scope, LLVMValueRef value, uint64_t *step) {
    return find_step(scope, value, INDUCTION_DEPTH, step);
}

int64_t induction_sign_extend(uint64_t value, unsigned width) {
    return (int64_t)(value << (64 - width)) >> (64 - width);
}

bool induction_is_memory_base(LLVMValueRef function, LLVMValueRef value) {
    if (!LLVMIsALoadInst(value) || LLVMCountParams(function) == 0) return false;
    if (LLVMGetOperand(value, 0) == LLVMGetParam(function, 0)) return true;
    /* Those of other memories are behind a pointer. No other load tells an alignment. */
    LLVMContextRef context = LLVMGetModuleContext(LLVMGetGlobalParent(function));
    return LLVMGetMetadata(value, LLVMGetMDKindIDInContext(context, "align", 5)) != NULL;
}
