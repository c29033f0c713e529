/*
 * lower_vector.c - vectors of 128 bits: arithmetic and conversions (Core specification, 4.3.2 and
 * 4.4.3); see lower.h.
 *
 * A v128 is an LLVM vector of the type lower_module.v128 wherever it is kept or passed; an
 * instruction looks at it as the lanes that its name begins with ("i16x8.add") and puts its result
 * back as a v128. The bit casts between are free. What has the same form for a number and for a
 * vector (sums, comparisons, rounding) is in lower_numeric.c; loads and stores, and what only moves
 * lanes about, are in lower_lanes.c.
 *
 * Everything is LLVM's portable form, chosen such that LLVM finds the one instruction of the CPU
 * in it (pmaddwd, pavgb, packsswb).
 */
#include "compile/lower.h"

#include <stdlib.h>
#include <string.h>

static LLVMTypeRef lane_type(struct lower_module *m, const char *text) {
    if (text[0] == 'f') return text[1] == '3' ? m->f32 : m->f64;
    return LLVMIntTypeInContext(m->context, (unsigned)strtoul(text + 1, NULL, 10));
}

LLVMTypeRef lower_lanes_type(struct lowering *l, const struct wasm_instr *instr) {
    const char *text = wasm_op_infos[instr->op].text;
    if (text[0] == 'v') return l->m->v128;
    unsigned count = (unsigned)strtoul(strchr(text, 'x') + 1, NULL, 10);
    return LLVMVectorType(lane_type(l->m, text), count);
}

static bool is_vector(LLVMValueRef value) {
    return LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind;
}

/*
 * A constant with the same bits. LLVM would make an expression of it, in which lower_arithmetic
 * does not see the numbers. NULL: a lane is unknown.
 */
static LLVMValueRef cast_constant(struct lowering *l, LLVMValueRef value, LLVMTypeRef type) {
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(value)), to_count = LLVMGetVectorSize(type);
    unsigned size = 16 / count, to_size = 16 / to_count;
    LLVMTypeRef from_bits = LLVMIntTypeInContext(l->m->context, 8 * size);
    LLVMTypeRef to_bits = LLVMIntTypeInContext(l->m->context, 8 * to_size);
    uint8_t bytes[16];
    LLVMValueRef lanes[16];
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef lane = LLVMGetAggregateElement(value, i);
        if (lane != NULL) lane = LLVMConstBitCast(lane, from_bits);
        if (lane == NULL || !LLVMIsAConstantInt(lane)) return NULL;
        uint64_t bits = LLVMConstIntGetZExtValue(lane);
        memcpy(bytes + size * i, &bits, size);
    }
    for (unsigned i = 0; i < to_count; i++) {
        uint64_t bits = 0;
        memcpy(&bits, bytes + to_size * i, to_size);
        lanes[i] = LLVMConstBitCast(LLVMConstInt(to_bits, bits, false), LLVMGetElementType(type));
    }
    return LLVMConstVector(lanes, to_count);
}

/* The casts of a result and of the operand it becomes cancel out. */
LLVMValueRef lower_view(struct lowering *l, LLVMValueRef value, LLVMTypeRef type) {
    if (LLVMTypeOf(value) == type) return value;
    if (LLVMIsABitCastInst(value) && LLVMTypeOf(LLVMGetOperand(value, 0)) == type)
        return LLVMGetOperand(value, 0);
    LLVMValueRef constant = LLVMIsConstant(value) ? cast_constant(l, value, type) : NULL;
    return constant != NULL ? constant : LLVMBuildBitCast(l->builder, value, type, "");
}

LLVMValueRef lower_pop_lanes(struct lowering *l, const struct wasm_instr *instr) {
    LLVMValueRef value = lower_pop(l);
    return is_vector(value) ? lower_view(l, value, lower_lanes_type(l, instr)) : value;
}

void lower_push_lanes(struct lowering *l, LLVMValueRef value) {
    lower_push(l, is_vector(value) ? lower_view(l, value, l->m->v128) : value);
}

LLVMValueRef lower_make_splat(struct lowering *l, LLVMValueRef lane, unsigned count) {
    LLVMTypeRef type = LLVMVectorType(LLVMTypeOf(lane), count);
    LLVMValueRef one =
        LLVMBuildInsertElement(l->builder, LLVMGetPoison(type), lane, lower_i32(l->m, 0), "");
    LLVMValueRef mask = LLVMConstNull(LLVMVectorType(l->m->i32, count));
    return LLVMBuildShuffleVector(l->builder, one, LLVMGetPoison(type), mask, "");
}

/* The same number in all lanes of the type. */
static LLVMValueRef make_constant(struct lowering *l, LLVMTypeRef type, uint64_t number) {
    return lower_make_splat(l, LLVMConstInt(LLVMGetElementType(type), number, true),
                            LLVMGetVectorSize(type));
}

/* Lanes first, first + step ... of the two together. */
static LLVMValueRef pick(struct lowering *l, LLVMValueRef a, LLVMValueRef b, unsigned first,
                         unsigned step, unsigned count) {
    LLVMValueRef lanes[32];
    for (unsigned i = 0; i < count; i++)
        lanes[i] = lower_i32(l->m, first + i * step);
    return LLVMBuildShuffleVector(l->builder, a, b, LLVMConstVector(lanes, count), "");
}

static LLVMValueRef pick_one(struct lowering *l, LLVMValueRef a, unsigned first, unsigned step,
                             unsigned count) {
    return pick(l, a, LLVMGetPoison(LLVMTypeOf(a)), first, step, count);
}

static LLVMValueRef join(struct lowering *l, LLVMValueRef a, LLVMValueRef b) {
    return pick(l, a, b, 0, 1, 2 * LLVMGetVectorSize(LLVMTypeOf(a)));
}

/* As many lanes of other integers. */
static LLVMTypeRef integers_like(struct lowering *l, LLVMTypeRef type, unsigned bits) {
    return LLVMVectorType(LLVMIntTypeInContext(l->m->context, bits), LLVMGetVectorSize(type));
}

static unsigned lane_bits(LLVMTypeRef type) {
    return LLVMGetIntTypeWidth(LLVMGetElementType(type));
}

static LLVMValueRef call_binary(struct lowering *l, const char *intrinsic, LLVMValueRef left,
                                LLVMValueRef right) {
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef arguments[] = {left, right};
    return lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, arguments, 2);
}

/* Integers, lane by lane. */

static void binary(struct lowering *l, const struct wasm_instr *instr, const char *intrinsic) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    lower_push_lanes(l, call_binary(l, intrinsic, left, right));
}

void lower_vector_min_s(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.smin");
}

void lower_vector_min_u(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.umin");
}

void lower_vector_max_s(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.smax");
}

void lower_vector_max_u(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.umax");
}

void lower_vector_add_sat_s(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.sadd.sat");
}

void lower_vector_add_sat_u(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.uadd.sat");
}

void lower_vector_sub_sat_s(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.ssub.sat");
}

void lower_vector_sub_sat_u(struct lowering *l, const struct wasm_instr *instr, int argument) {
    binary(l, instr, "llvm.usub.sat");
}

void lower_vector_neg(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push_lanes(l, LLVMBuildNeg(l->builder, lower_pop_lanes(l, instr), ""));
}

/* The lowest number has no counterpart and stays as it is: "is poison" is false. */
void lower_vector_abs(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef arguments[] = {value, LLVMConstNull(l->m->i1)};
    lower_push_lanes(l, lower_intrinsic(l->m, l->builder, "llvm.abs", &type, 1, arguments, 2));
}

/* The count, one number for all lanes, is taken modulo their width. */
void lower_vector_shift(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef count = lower_pop(l), value = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(value);
    count = LLVMBuildAnd(l->builder, count, lower_i32(l->m, lane_bits(type) - 1), "");
    count = LLVMBuildIntCast2(l->builder, count, LLVMGetElementType(type), false, "");
    LLVMValueRef counts = lower_make_splat(l, count, LLVMGetVectorSize(type));
    lower_push_lanes(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)op, value, counts, ""));
}

/* (a + b + 1) / 2 */
void lower_vector_avgr_u(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(left), wide = integers_like(l, type, 2 * lane_bits(type));
    LLVMValueRef one = make_constant(l, wide, 1);
    LLVMValueRef sum = LLVMBuildAdd(l->builder, LLVMBuildZExt(l->builder, left, wide, ""),
                                    LLVMBuildZExt(l->builder, right, wide, ""), "");
    LLVMValueRef half = LLVMBuildLShr(l->builder, LLVMBuildAdd(l->builder, sum, one, ""), one, "");
    lower_push_lanes(l, LLVMBuildTrunc(l->builder, half, type, ""));
}

/*
 * (a * b + 0x4000) >> 15. Of -1 * -1 alone, the lowest numbers, this is 0x8000, which fits a lane
 * only as a negative number, and the specification wants 0x7fff: all bits flipped.
 */
void lower_vector_q15mulr(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(left), wide = integers_like(l, type, 32);
    LLVMValueRef one = make_constant(l, wide, 1);
    LLVMValueRef product = LLVMBuildMul(l->builder, LLVMBuildSExt(l->builder, left, wide, ""),
                                        LLVMBuildSExt(l->builder, right, wide, ""), "");
    LLVMValueRef doubled = LLVMBuildLShr(l->builder, product, make_constant(l, wide, 14), "");
    LLVMValueRef rounded =
        LLVMBuildLShr(l->builder, LLVMBuildAdd(l->builder, doubled, one, ""), one, "");
    LLVMValueRef result = LLVMBuildTrunc(l->builder, rounded, type, "");
    LLVMValueRef overflows = LLVMBuildICmp(l->builder, LLVMIntEQ, result,
                                           make_constant(l, type, (uint64_t)INT16_MIN), "");
    LLVMValueRef flip = LLVMBuildSExt(l->builder, overflows, type, "");
    lower_push_lanes(l, LLVMBuildXor(l->builder, result, flip, ""));
}

/* Bits. */

void lower_vector_not(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push_lanes(l, LLVMBuildNot(l->builder, lower_pop(l), ""));
}

void lower_vector_andnot(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef right = LLVMBuildNot(l->builder, lower_pop(l), "");
    lower_push(l, LLVMBuildAnd(l->builder, lower_pop(l), right, ""));
}

void lower_vector_bitselect(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef mask = lower_pop(l), otherwise = lower_pop(l), then = lower_pop(l);
    then = LLVMBuildAnd(l->builder, then, mask, "");
    otherwise = LLVMBuildAnd(l->builder, otherwise, LLVMBuildNot(l->builder, mask, ""), "");
    lower_push(l, LLVMBuildOr(l->builder, then, otherwise, ""));
}

/* A condition per lane as the bits of an integer, lane 0 lowest. */
static LLVMValueRef pack(struct lowering *l, LLVMValueRef conditions) {
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(conditions));
    return LLVMBuildBitCast(l->builder, conditions, LLVMIntTypeInContext(l->m->context, count), "");
}

void lower_vector_any_true(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMTypeRef whole = LLVMIntTypeInContext(l->m->context, 128);
    LLVMValueRef bits = LLVMBuildBitCast(l->builder, lower_pop(l), whole, "");
    lower_push_condition(l, LLVMBuildICmp(l->builder, LLVMIntNE, bits, LLVMConstNull(whole), ""));
}

void lower_vector_all_true(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    LLVMValueRef zeros =
        pack(l, LLVMBuildICmp(l->builder, LLVMIntEQ, value, LLVMConstNull(LLVMTypeOf(value)), ""));
    lower_push_condition(
        l, LLVMBuildICmp(l->builder, LLVMIntEQ, zeros, LLVMConstNull(LLVMTypeOf(zeros)), ""));
}

void lower_vector_bitmask(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    LLVMValueRef signs =
        LLVMBuildICmp(l->builder, LLVMIntSLT, value, LLVMConstNull(LLVMTypeOf(value)), "");
    lower_push(l, LLVMBuildZExt(l->builder, pack(l, signs), l->m->i32, ""));
}

/* Wider and narrower lanes. */

/* An operand of lanes half as wide as the result's. */
static LLVMValueRef pop_narrow(struct lowering *l, LLVMTypeRef type) {
    LLVMTypeRef lane = LLVMIntTypeInContext(l->m->context, lane_bits(type) / 2);
    return lower_view(l, lower_pop(l), LLVMVectorType(lane, 2 * LLVMGetVectorSize(type)));
}

/* Its lower or upper half as lanes of the type; `op` extends. */
static LLVMValueRef pop_extended(struct lowering *l, LLVMTypeRef type, int op, bool high) {
    unsigned count = LLVMGetVectorSize(type);
    LLVMValueRef half = pick_one(l, pop_narrow(l, type), high ? count : 0, 1, count);
    return LLVMBuildCast(l->builder, (LLVMOpcode)op, half, type, "");
}

void lower_vector_extend_low(struct lowering *l, const struct wasm_instr *instr, int op) {
    lower_push_lanes(l, pop_extended(l, lower_lanes_type(l, instr), op, false));
}

void lower_vector_extend_high(struct lowering *l, const struct wasm_instr *instr, int op) {
    lower_push_lanes(l, pop_extended(l, lower_lanes_type(l, instr), op, true));
}

static void extend_and_multiply(struct lowering *l, const struct wasm_instr *instr, int op,
                                bool high) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    LLVMValueRef right = pop_extended(l, type, op, high), left = pop_extended(l, type, op, high);
    lower_push_lanes(l, LLVMBuildMul(l->builder, left, right, ""));
}

void lower_vector_extmul_low(struct lowering *l, const struct wasm_instr *instr, int op) {
    extend_and_multiply(l, instr, op, false);
}

void lower_vector_extmul_high(struct lowering *l, const struct wasm_instr *instr, int op) {
    extend_and_multiply(l, instr, op, true);
}

/* The two narrow lanes are the halves of the wide one; `op` shifts right. */
void lower_vector_extadd_pairwise(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    LLVMValueRef value = lower_view(l, lower_pop(l), type);
    LLVMValueRef half = make_constant(l, type, lane_bits(type) / 2);
    LLVMValueRef even = LLVMBuildBinOp(l->builder, (LLVMOpcode)op,
                                       LLVMBuildShl(l->builder, value, half, ""), half, "");
    LLVMValueRef odd = LLVMBuildBinOp(l->builder, (LLVMOpcode)op, value, half, "");
    lower_push_lanes(l, LLVMBuildAdd(l->builder, even, odd, ""));
}

/* Products of neighbours, added; only of the four lowest numbers the sum wraps. */
void lower_vector_dot(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    unsigned count = LLVMGetVectorSize(type);
    LLVMTypeRef wide = LLVMVectorType(LLVMGetElementType(type), 2 * count);
    LLVMValueRef right = LLVMBuildSExt(l->builder, pop_narrow(l, type), wide, "");
    LLVMValueRef left = LLVMBuildSExt(l->builder, pop_narrow(l, type), wide, "");
    LLVMValueRef products = LLVMBuildMul(l->builder, left, right, "");
    lower_push_lanes(l, LLVMBuildAdd(l->builder, pick_one(l, products, 0, 2, count),
                                     pick_one(l, products, 1, 2, count), ""));
}

/* Signed numbers, clamped to what the narrow lanes hold. */
static void narrow(struct lowering *l, const struct wasm_instr *instr, bool is_signed) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    unsigned bits = lane_bits(type), count = LLVMGetVectorSize(type);
    LLVMTypeRef from = LLVMVectorType(LLVMIntTypeInContext(l->m->context, 2 * bits), count / 2);
    LLVMTypeRef wide = integers_like(l, type, 2 * bits);
    LLVMValueRef right = lower_view(l, lower_pop(l), from);
    LLVMValueRef left = lower_view(l, lower_pop(l), from);
    int64_t lowest = is_signed ? -(INT64_C(1) << (bits - 1)) : 0;
    int64_t highest = lowest + (INT64_C(1) << bits) - 1;
    LLVMValueRef value = join(l, left, right);
    value = call_binary(l, "llvm.smax", value, make_constant(l, wide, (uint64_t)lowest));
    value = call_binary(l, "llvm.smin", value, make_constant(l, wide, (uint64_t)highest));
    lower_push_lanes(l, LLVMBuildTrunc(l->builder, value, type, ""));
}

void lower_vector_narrow_signed(struct lowering *l, const struct wasm_instr *instr, int argument) {
    narrow(l, instr, true);
}

void lower_vector_narrow_unsigned(struct lowering *l, const struct wasm_instr *instr,
                                  int argument) {
    narrow(l, instr, false);
}

/* Floating point. */

/* What C programmers write: b < a ? b : a. NaNs and zeros are no special case. */
void lower_vector_pmin(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMValueRef less = LLVMBuildFCmp(l->builder, LLVMRealOLT, right, left, "");
    lower_push_lanes(l, LLVMBuildSelect(l->builder, less, right, left, ""));
}

void lower_vector_pmax(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMValueRef less = LLVMBuildFCmp(l->builder, LLVMRealOLT, left, right, "");
    lower_push_lanes(l, LLVMBuildSelect(l->builder, less, right, left, ""));
}

void lower_vector_convert(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->i32, 4));
    lower_push_lanes(l, LLVMBuildCast(l->builder, (LLVMOpcode)op, value, type, ""));
}

void lower_vector_convert_low(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->i32, 4));
    value = pick_one(l, value, 0, 1, 2);
    lower_push_lanes(l, LLVMBuildCast(l->builder, (LLVMOpcode)op, value, type, ""));
}

void lower_vector_promote_low(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->f32, 4));
    value = pick_one(l, value, 0, 1, 2);
    lower_push_lanes(l, LLVMBuildFPExt(l->builder, value, type, ""));
}

/* Two lanes, and two lanes of zero bits. */
static void push_with_zeros(struct lowering *l, LLVMValueRef value) {
    lower_push_lanes(l, join(l, value, LLVMConstNull(LLVMTypeOf(value))));
}

void lower_vector_demote_zero(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->f64, 2));
    /* As lower_cast: a signaling NaN that was promoted must come out quiet. */
    if (LLVMIsAFPExtInst(value)) value = lower_quiet(l, value);
    push_with_zeros(l, LLVMBuildFPTrunc(l->builder, value, LLVMVectorType(l->m->f32, 2), ""));
}

static LLVMValueRef truncate_saturating(struct lowering *l, int op, LLVMValueRef value) {
    LLVMTypeRef types[] = {integers_like(l, LLVMTypeOf(value), 32), LLVMTypeOf(value)};
    const char *name = op == LLVMFPToSI ? "llvm.fptosi.sat" : "llvm.fptoui.sat";
    return lower_intrinsic(l->m, l->builder, name, types, 2, &value, 1);
}

void lower_vector_trunc_sat(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->f32, 4));
    lower_push_lanes(l, truncate_saturating(l, op, value));
}

void lower_vector_trunc_sat_zero(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_view(l, lower_pop(l), LLVMVectorType(l->m->f64, 2));
    push_with_zeros(l, truncate_saturating(l, op, value));
}
