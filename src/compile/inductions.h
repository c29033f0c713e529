/*
 * inductions.h - how values of an LLVM function change from one iteration of a loop to the next.
 */
#ifndef MPIWASM_COMPILE_INDUCTIONS_H
#define MPIWASM_COMPILE_INDUCTIONS_H

#include "compile/loops.h"

enum { INDUCTION_DEPTH = 10 }; /* of expressions looked into */

/* A function's loops, and the one at hand. */
struct induction_scope {
    LLVMValueRef function;
    struct loops loops;
    const struct loop *loop;
    LLVMBasicBlockRef preheader, header, latch;
};

void induction_scope_enter(struct induction_scope *scope, const struct loop *loop);

bool induction_is_inside(const struct induction_scope *scope, LLVMValueRef value);
bool induction_is_op(LLVMValueRef value, LLVMOpcode op);
/* An add, or an `or` that is one. */
bool induction_is_sum(LLVMValueRef value);
/* What a phi has when control comes from that block, NULL if it does not. */
LLVMValueRef induction_incoming(LLVMValueRef phi, LLVMBasicBlockRef from);

/*
 * By how much an integer grows per iteration, modulo 2^width, in the lowest bits of *step; 0 for
 * what does not change. False if that is not known.
 */
bool induction_find_step(const struct induction_scope *scope, LLVMValueRef value, uint64_t *step);
int64_t induction_sign_extend(uint64_t value, unsigned width);

/* Loaded from the start of the context, the function's first argument: context->memory_base; or as
 * lower_memory.c loads the base of another memory. */
bool induction_is_memory_base(LLVMValueRef function, LLVMValueRef value);

#endif
