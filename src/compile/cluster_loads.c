/*
 * cluster_loads.c - reordering loads within basic blocks; see cluster_loads.h.
 *
 * Expects addresses as lower_memory.c makes them: a base, then a constant added. Of the loads
 * between two instructions that write memory, it moves those of one base behind the first of them.
 *
 * Why: the guest's compiler emits loads where their values are used first, in stack order. LLVM
 * sorts the operands of a product by where they were loaded, so of the products a * b[0] ...
 * a * b[7] in a register tile, one comes out as b * a, and the tile vectorises into shuffles
 * (3 times slower). In native code the loads stand in the order of the source.
 */
#include "compile/cluster_loads.h"

#include <stddef.h>

enum { GROUP_MAX = 32 };

struct group {
    LLVMValueRef base;
    LLVMValueRef last; /* load */
};

static bool is_constant_offset(LLVMValueRef address) {
    return LLVMIsAGetElementPtrInst(address) && LLVMGetNumOperands(address) == 2 &&
           LLVMIsAConstantInt(LLVMGetOperand(address, 1));
}

static bool may_write(LLVMValueRef instruction) {
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMStore:
    case LLVMFence:
    case LLVMAtomicCmpXchg:
    case LLVMAtomicRMW: return true;
    case LLVMLoad:
        return LLVMGetVolatile(instruction) ||
               LLVMGetOrdering(instruction) != LLVMAtomicOrderingNotAtomic;
    case LLVMCall:
        if (LLVMGetIntrinsicID(LLVMGetCalledValue(instruction)) == 0) return true;
        /* Arithmetic has no pointers; whatever else an intrinsic does, it goes through one. */
        if (LLVMGetNumArgOperands(instruction) == 0) return true;
        for (unsigned i = 0; i < LLVMGetNumArgOperands(instruction); i++)
            if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(instruction, i))) == LLVMPointerTypeKind)
                return true;
        return false;
    default: return false;
    }
}

static struct group *find_group(struct group *groups, unsigned count, LLVMValueRef base) {
    for (unsigned i = 0; i < count; i++)
        if (groups[i].base == base) return &groups[i];
    return NULL;
}

/* The base is available at `last`, so the address can be computed there anew. */
static void move_behind(LLVMBuilderRef builder, LLVMBasicBlockRef block, LLVMValueRef load,
                        LLVMValueRef last) {
    LLVMInstructionRemoveFromParent(load);
    LLVMPositionBuilder(builder, block, LLVMGetNextInstruction(last));
    LLVMValueRef address = LLVMGetOperand(load, 0);
    if (is_constant_offset(address)) {
        LLVMValueRef index = LLVMGetOperand(address, 1);
        address = LLVMBuildGEP2(builder, LLVMGetGEPSourceElementType(address),
                                LLVMGetOperand(address, 0), &index, 1, "");
        LLVMSetOperand(load, 0, address);
    }
    LLVMInsertIntoBuilder(builder, load);
}

static void cluster_block(LLVMBuilderRef builder, LLVMBasicBlockRef block) {
    struct group groups[GROUP_MAX];
    unsigned count = 0;
    LLVMValueRef next;
    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL; at = next) {
        next = LLVMGetNextInstruction(at);
        if (may_write(at)) {
            count = 0;
            continue;
        }
        if (!LLVMIsALoadInst(at)) continue;
        LLVMValueRef base = LLVMGetOperand(at, 0);
        if (is_constant_offset(base)) base = LLVMGetOperand(base, 0);
        struct group *group = find_group(groups, count, base);
        if (group != NULL) {
            if (LLVMGetNextInstruction(group->last) != at)
                move_behind(builder, block, at, group->last);
            group->last = at;
        } else if (count < GROUP_MAX) {
            groups[count++] = (struct group){base, at};
        }
    }
}

void cluster_loads(LLVMModuleRef module) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
             block = LLVMGetNextBasicBlock(block))
            cluster_block(builder, block);
    LLVMDisposeBuilder(builder);
}
