/*
 * lower_relaxed.c - relaxed SIMD (Core specification, 4.3, "relaxed operations"); see lower.h.
 *
 * Where the specification leaves a choice, this compiler makes the same one for every CPU, so that
 * a program's results do not depend on where it runs:
 *
 *     swizzle, trunc, laneselect, q15mulr   as i8x16.swizzle, trunc_sat, v128.bitselect,
 *                                           q15mulr_sat_s (the rows of wasm_ops.def name those)
 *     madd, nmadd                           rounded twice; --fp=contract and fast put the flag on
 * the product and the sum that lets LLVM fuse them min, max                              a < b ? a
 * : b, a > b ? a : b: one instruction of x86-64, two elsewhere, where min and max need several dot
 * both operands signed, sums of 16 bits wrap
 */
#include "compile/lower.h"

void lower_relaxed_madd(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef sum = lower_pop_lanes(l, instr);
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMValueRef product = lower_arithmetic(l, LLVMFMul, left, right);
    lower_push_lanes(l, lower_arithmetic(l, (LLVMOpcode)op, sum, product));
}

void lower_relaxed_extremum(struct lowering *l, const struct wasm_instr *instr, int predicate) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMValueRef is_left = LLVMBuildFCmp(l->builder, (LLVMRealPredicate)predicate, left, right, "");
    lower_push_lanes(l, LLVMBuildSelect(l->builder, is_left, left, right, ""));
}

/* Lanes `first`, first + 2 ... of bytes, or of 16 bits, as lanes twice as wide. */
static LLVMValueRef widen_half(struct lowering *l, LLVMValueRef value, unsigned first) {
    LLVMTypeRef type = LLVMTypeOf(value);
    unsigned count = LLVMGetVectorSize(type) / 2;
    unsigned bits = 2 * LLVMGetIntTypeWidth(LLVMGetElementType(type));
    LLVMTypeRef wide = LLVMVectorType(LLVMIntTypeInContext(l->m->context, bits), count);
    LLVMValueRef lanes[8];
    for (unsigned i = 0; i < count; i++)
        lanes[i] = lower_i32(l->m, first + 2 * i);
    LLVMValueRef half = LLVMBuildShuffleVector(l->builder, value, LLVMGetPoison(type),
                                               LLVMConstVector(lanes, count), "");
    return LLVMBuildSExt(l->builder, half, wide, "");
}

/* Products of bytes, neighbours added, in lanes of 16 bits. */
static LLVMValueRef pop_dot(struct lowering *l) {
    LLVMTypeRef bytes = LLVMVectorType(l->m->i8, 16);
    LLVMValueRef right = lower_view(l, lower_pop(l), bytes);
    LLVMValueRef left = lower_view(l, lower_pop(l), bytes), product[2];
    for (unsigned i = 0; i < 2; i++)
        product[i] = LLVMBuildMul(l->builder, widen_half(l, left, i), widen_half(l, right, i), "");
    return LLVMBuildAdd(l->builder, product[0], product[1], "");
}

void lower_relaxed_dot(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push_lanes(l, pop_dot(l));
}

void lower_relaxed_dot_add(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef sum = lower_pop_lanes(l, instr), pairs = pop_dot(l);
    for (unsigned i = 0; i < 2; i++)
        sum = LLVMBuildAdd(l->builder, sum, widen_half(l, pairs, i), "");
    lower_push_lanes(l, sum);
}
