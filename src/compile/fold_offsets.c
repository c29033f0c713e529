/*
 * fold_offsets.c - memory[x + c] read as memory[zext(x)][c]; see fold_offsets.h.
 *
 * Expects accesses as lower_memory.c makes them, base + zext(address) + offset, with the base
 * loaded from the context; changes those whose 32-bit address is a sum with a small constant c in
 * it: the constant moves into the 64-bit offset, where LLVM sees that a[i] and a[i + 1] are
 * neighbours.  It could not see that in 32 bits, where i + 1 may wrap around.
 *
 * What if x + c does wrap?  c < 0: the address is just below 4 GiB, which no memory reaches, so the
 * access traps; ours lies just below the base, in the guard, and traps too.  That holds only if
 * nothing is added behind it, so it is done for offset 0 alone.  c > 0: the address is below c;
 * ours lies just beyond 4 GiB, in the guard, and traps.  A program that means this address wants
 * something in the first KiB of memory through a pointer from the last; no compiler makes any. With
 * an offset behind, it could be an array's start with a negative index in front, so offset and c
 * together must stay below 1 KiB.  Large constants stay where they are for the same reason.
 */
#include "compile/fold_offsets.h"

#include "compile/inductions.h"
#include "runtime/runtime_abi.h"

#include <stdlib.h>

enum {
    LIMIT = 1024, /* exclusive, bytes */
    DEPTH = 6,    /* of the expressions looked into */
};

/* Guards must cover what is let through. */
_Static_assert(MEMORY_GUARD_BELOW >= LIMIT, "guard below");
_Static_assert(MEMORY_GUARD_ABOVE >= (UINT64_C(1) << 32) + LIMIT + 16, "guard above");

struct folding {
    LLVMBuilderRef builder;
    LLVMTypeRef i8, i32, i64;
    bool exactly;
};

static bool is_op(LLVMValueRef value, LLVMOpcode op) {
    return LLVMIsAInstruction(value) && LLVMGetInstructionOpcode(value) == op;
}

static bool is_disjoint_or(LLVMValueRef value) {
    return is_op(value, LLVMOr) && LLVMGetIsDisjoint(value);
}

/* The constant in a sum, modulo 2^32; 0 if there is none. */
static uint32_t find_constant(LLVMValueRef value, int depth) {
    if (LLVMIsAConstantInt(value)) return (uint32_t)LLVMConstIntGetZExtValue(value);
    if (depth == 0 || !LLVMIsAInstruction(value)) return 0;
    if (is_op(value, LLVMAdd) || is_disjoint_or(value))
        return find_constant(LLVMGetOperand(value, 0), depth - 1) +
               find_constant(LLVMGetOperand(value, 1), depth - 1);
    if (is_op(value, LLVMSub))
        return find_constant(LLVMGetOperand(value, 0), depth - 1) -
               find_constant(LLVMGetOperand(value, 1), depth - 1);
    bool shifts = is_op(value, LLVMShl);
    if (!shifts && !is_op(value, LLVMMul)) return 0;
    LLVMValueRef right = LLVMGetOperand(value, 1);
    if (!LLVMIsAConstantInt(right)) return 0;
    uint32_t factor = (uint32_t)LLVMConstIntGetZExtValue(right);
    if (shifts) {
        if (factor > 31) return 0;
        factor = UINT32_C(1) << factor;
    }
    return factor * find_constant(LLVMGetOperand(value, 0), depth - 1);
}

/* The same sum without the constant that find_constant saw; NULL stands for 0. */
static LLVMValueRef rebuild(struct folding *f, LLVMValueRef value, int depth) {
    if (LLVMIsAConstantInt(value)) return NULL;
    if (find_constant(value, depth) == 0 && depth != DEPTH) return value;
    LLVMOpcode op = LLVMGetInstructionOpcode(value);
    LLVMValueRef left = rebuild(f, LLVMGetOperand(value, 0), depth - 1);
    if (op == LLVMShl || op == LLVMMul)
        return left == NULL ? NULL
                            : LLVMBuildBinOp(f->builder, op, left, LLVMGetOperand(value, 1), "");
    LLVMValueRef right = rebuild(f, LLVMGetOperand(value, 1), depth - 1);
    if (right == NULL) return left;
    if (op == LLVMSub)
        return LLVMBuildSub(f->builder, left != NULL ? left : LLVMConstNull(f->i32), right, "");
    return left == NULL ? right : LLVMBuildAdd(f->builder, left, right, "");
}

static bool may_fold(const struct folding *f, int32_t constant, uint64_t offset) {
    if (constant < 0) return offset == 0 && constant > -LIMIT;
    return !f->exactly && constant < LIMIT && (uint64_t)constant + offset < LIMIT;
}

/* The access's address: `at` plus offset, if `user` accesses memory there or adds a constant. */
static bool is_access(LLVMValueRef user, LLVMValueRef at) {
    return LLVMIsALoadInst(user) || (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == at &&
                                     LLVMGetOperand(user, 0) != at);
}

static bool is_constant_offset(LLVMValueRef user) {
    return LLVMIsAGetElementPtrInst(user) && LLVMGetNumOperands(user) == 2 &&
           LLVMIsAConstantInt(LLVMGetOperand(user, 1));
}

/* Replace the address `old` (an instruction) by new + offset where it accesses memory. */
static void redirect(struct folding *f, LLVMValueRef old, LLVMValueRef new, uint64_t offset) {
    LLVMUseRef next;
    LLVMValueRef address = NULL;
    for (LLVMUseRef use = LLVMGetFirstUse(old); use != NULL; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef user = LLVMGetUser(use);
        if (!is_access(user, old)) continue;
        if (address == NULL) {
            LLVMValueRef index = LLVMConstInt(f->i64, offset, true);
            LLVMPositionBuilderBefore(f->builder, old);
            address = LLVMBuildGEP2(f->builder, f->i8, new, &index, 1, "");
        }
        LLVMSetOperand(user, LLVMIsALoadInst(user) ? 0 : 1, address);
    }
}

/* gep i8, base, zext(sum) */
static void fold_address(struct folding *f, LLVMValueRef at) {
    LLVMValueRef index = LLVMGetOperand(at, 1), sum = LLVMGetOperand(index, 0);
    int32_t constant = (int32_t)find_constant(sum, DEPTH);
    if (constant == 0 || LLVMIsAConstantInt(sum)) return;
    bool fits_any = false;
    for (LLVMUseRef use = LLVMGetFirstUse(at); use != NULL; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (is_constant_offset(user)) {
            uint64_t offset = LLVMConstIntGetZExtValue(LLVMGetOperand(user, 1));
            fits_any |= may_fold(f, constant, offset);
        } else if (is_access(user, at)) {
            fits_any |= may_fold(f, constant, 0);
        }
    }
    if (!fits_any) return;
    /* Where the address was computed its parts are available. */
    LLVMPositionBuilderBefore(f->builder, at);
    LLVMValueRef rest = rebuild(f, sum, DEPTH);
    if (rest == NULL) return;
    LLVMValueRef wide = LLVMBuildZExt(f->builder, rest, f->i64, "");
    LLVMValueRef base = LLVMBuildGEP2(f->builder, f->i8, LLVMGetOperand(at, 0), &wide, 1, "");
    LLVMUseRef next;
    for (LLVMUseRef use = LLVMGetFirstUse(at); use != NULL; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef user = LLVMGetUser(use);
        if (!is_constant_offset(user)) continue;
        uint64_t offset = LLVMConstIntGetZExtValue(LLVMGetOperand(user, 1));
        if (may_fold(f, constant, offset))
            redirect(f, user, base, offset + (uint64_t)(int64_t)constant);
    }
    if (may_fold(f, constant, 0)) redirect(f, at, base, (uint64_t)(int64_t)constant);
}

static void fold_function(struct folding *f, LLVMValueRef function) {
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block)) {
        LLVMValueRef next;
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = next) {
            next = LLVMGetNextInstruction(at);
            if (!LLVMIsAGetElementPtrInst(at) || LLVMGetNumOperands(at) != 2) continue;
            LLVMValueRef index = LLVMGetOperand(at, 1);
            if (LLVMIsAZExtInst(index) && LLVMTypeOf(LLVMGetOperand(index, 0)) == f->i32 &&
                induction_is_memory_base(function, LLVMGetOperand(at, 0)))
                fold_address(f, at);
        }
    }
}

void fold_offsets(LLVMModuleRef module, bool exactly) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    struct folding f = {.builder = LLVMCreateBuilderInContext(context),
                        .i8 = LLVMInt8TypeInContext(context),
                        .i32 = LLVMInt32TypeInContext(context),
                        .i64 = LLVMInt64TypeInContext(context),
                        .exactly = exactly};
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        fold_function(&f, function);
    LLVMDisposeBuilder(f.builder);
}
