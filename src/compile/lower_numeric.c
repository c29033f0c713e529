/*
 * lower_numeric.c - arithmetic and comparisons (Core specification, 4.3); see lower.h.
 *
 * Numbers, and vectors where the same LLVM instruction does it lane by lane.
 *
 * Floating point is LLVM's plain kind, in the default environment and without fast-math flags:
 * IEEE 754 to the bit, but that LLVM ignores whether a NaN signals. Where it would for that reason
 * return an operand as it is (x * 1, x - 0), the constant is hidden from it.
 */
#include "compile/lower.h"

/*
 * +-1.0 or +-0.0 as a value that LLVM cannot know: constants of a variable that might be written
 * from elsewhere, for all it can see. Loaded at entry, so loops still vectorise.
 */
static LLVMValueRef hide_constant(struct lowering *l, LLVMValueRef constant) {
    struct lower_module *m = l->m;
    LLVMTypeRef type = LLVMTypeOf(constant);
    LLVMValueRef variable = LLVMAddGlobal(m->llvm, type, "hidden.constant");
    LLVMSetInitializer(variable, constant);
    LLVMSetLinkage(variable, LLVMPrivateLinkage);
    LLVMSetExternallyInitialized(variable, true);
    return LLVMBuildLoad2(l->entry_builder, type, variable, "hidden");
}

LLVMValueRef lower_quiet(struct lowering *l, LLVMValueRef value) {
    LLVMValueRef one = hide_constant(l, LLVMConstReal(LLVMTypeOf(value), 1));
    return LLVMBuildFMul(l->builder, value, one, "");
}

/* Is it, or is a lane of it, one of the two? */
static bool is_constant(LLVMValueRef value, double a, double b) {
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind && LLVMIsConstant(value)) {
        for (unsigned i = 0; i < LLVMGetVectorSize(LLVMTypeOf(value)); i++) {
            LLVMValueRef lane = LLVMGetAggregateElement(value, i);
            if (lane != NULL && is_constant(lane, a, b)) return true;
        }
        return false;
    }
    if (!LLVMIsAConstantFP(value)) return false;
    LLVMBool loses;
    double number = LLVMConstRealGetDouble(value, &loses);
    return number == a || number == b;
}

static void hide_identities(struct lowering *l, LLVMOpcode op, LLVMValueRef *left,
                            LLVMValueRef *right) {
    bool additive = op == LLVMFAdd || op == LLVMFSub;
    bool multiplicative = op == LLVMFMul || op == LLVMFDiv;
    if (!additive && !multiplicative) return;
    double identity = additive ? 0 : 1;
    if (is_constant(*left, identity, -identity)) *left = hide_constant(l, *left);
    if (is_constant(*right, identity, -identity)) *right = hide_constant(l, *right);
}

LLVMValueRef lower_arithmetic(struct lowering *l, LLVMOpcode op, LLVMValueRef left,
                              LLVMValueRef right) {
    hide_identities(l, op, &left, &right);
    return LLVMBuildBinOp(l->builder, op, left, right, "");
}

void lower_binary(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    lower_push_lanes(l, lower_arithmetic(l, (LLVMOpcode)op, left, right));
}

/* The count is taken modulo the width. */
void lower_shift(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef count = lower_pop(l), value = lower_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef mask = LLVMConstInt(type, LLVMGetIntTypeWidth(type) - 1, false);
    count = LLVMBuildAnd(l->builder, count, mask, "");
    lower_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)op, value, count, ""));
}

static void rotate(struct lowering *l, const char *intrinsic) {
    LLVMValueRef count = lower_pop(l), value = lower_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef arguments[] = {value, value, count};
    lower_push(l, lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, arguments, 3));
}

void lower_rotate_left(struct lowering *l, const struct wasm_instr *instr, int argument) {
    rotate(l, "llvm.fshl");
}

void lower_rotate_right(struct lowering *l, const struct wasm_instr *instr, int argument) {
    rotate(l, "llvm.fshr");
}

/*
 * Division by zero traps, and so does the one quotient that does not fit. The remainder of that
 * is 0 by the specification, but undefined in LLVM: divide by 1 instead.
 */
void lower_divide(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef right = lower_pop(l), left = lower_pop(l);
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef is_zero = LLVMBuildICmp(l->builder, LLVMIntEQ, right, LLVMConstNull(type), "");
    lower_trap_if(l, is_zero, TRAP_INTEGER_DIVIDE_BY_ZERO);
    LLVMValueRef minus_one = LLVMConstAllOnes(type);
    if (op == LLVMSDiv) {
        LLVMValueRef lowest =
            LLVMConstInt(type, UINT64_C(1) << (LLVMGetIntTypeWidth(type) - 1), false);
        LLVMValueRef overflows =
            LLVMBuildAnd(l->builder, LLVMBuildICmp(l->builder, LLVMIntEQ, left, lowest, ""),
                         LLVMBuildICmp(l->builder, LLVMIntEQ, right, minus_one, ""), "");
        lower_trap_if(l, overflows, TRAP_INTEGER_OVERFLOW);
    } else if (op == LLVMSRem) {
        LLVMValueRef is_minus_one = LLVMBuildICmp(l->builder, LLVMIntEQ, right, minus_one, "");
        right = LLVMBuildSelect(l->builder, is_minus_one, LLVMConstInt(type, 1, false), right, "");
    }
    lower_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)op, left, right, ""));
}

void lower_eqz(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop(l);
    if (LLVMIsAZExtInst(value) && LLVMTypeOf(LLVMGetOperand(value, 0)) == l->m->i1)
        lower_push_condition(l, LLVMBuildNot(l->builder, LLVMGetOperand(value, 0), ""));
    else
        lower_push_condition(
            l, LLVMBuildICmp(l->builder, LLVMIntEQ, value, LLVMConstNull(LLVMTypeOf(value)), ""));
}

/* 1 or 0; of vectors all ones or zeros in each lane. */
static void push_comparison(struct lowering *l, LLVMValueRef condition, LLVMTypeRef operand) {
    if (LLVMGetTypeKind(operand) != LLVMVectorTypeKind) {
        lower_push_condition(l, condition);
        return;
    }
    unsigned count = LLVMGetVectorSize(operand);
    LLVMTypeRef lane = LLVMIntTypeInContext(l->m->context, 128 / count);
    lower_push_lanes(l, LLVMBuildSExt(l->builder, condition, LLVMVectorType(lane, count), ""));
}

void lower_compare_int(struct lowering *l, const struct wasm_instr *instr, int predicate) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    push_comparison(l, LLVMBuildICmp(l->builder, (LLVMIntPredicate)predicate, left, right, ""),
                    LLVMTypeOf(left));
}

void lower_compare_float(struct lowering *l, const struct wasm_instr *instr, int predicate) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    push_comparison(l, LLVMBuildFCmp(l->builder, (LLVMRealPredicate)predicate, left, right, ""),
                    LLVMTypeOf(left));
}

/* `extra`: the flag "zero is poison" of ctlz and cttz, false. */
static void count_bits(struct lowering *l, const struct wasm_instr *instr, const char *intrinsic,
                       bool extra) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef arguments[] = {value, LLVMConstNull(l->m->i1)};
    lower_push_lanes(
        l, lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, arguments, extra ? 2 : 1));
}

void lower_clz(struct lowering *l, const struct wasm_instr *instr, int argument) {
    count_bits(l, instr, "llvm.ctlz", true);
}

void lower_ctz(struct lowering *l, const struct wasm_instr *instr, int argument) {
    count_bits(l, instr, "llvm.cttz", true);
}

void lower_popcnt(struct lowering *l, const struct wasm_instr *instr, int argument) {
    count_bits(l, instr, "llvm.ctpop", false);
}

static void float_unary(struct lowering *l, const struct wasm_instr *instr, const char *intrinsic) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(value);
    lower_push_lanes(l, lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, &value, 1));
}

static void float_binary(struct lowering *l, const struct wasm_instr *instr,
                         const char *intrinsic) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef arguments[] = {left, right};
    lower_push_lanes(l, lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, arguments, 2));
}

void lower_float_abs(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.fabs");
}

void lower_float_neg(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push_lanes(l, LLVMBuildFNeg(l->builder, lower_pop_lanes(l, instr), ""));
}

void lower_float_ceil(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.ceil");
}

void lower_float_floor(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.floor");
}

void lower_float_trunc(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.trunc");
}

void lower_float_nearest(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.roundeven");
}

void lower_float_sqrt(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_unary(l, instr, "llvm.sqrt");
}

/*
 * A NaN wins over any number, -0 is less than +0: not what C's fmin does.  The intrinsics may hand
 * on a signalling NaN as it is, where the specification wants a quiet one, so NaNs take the way of
 * an addition; the intrinsic then needs no code for them.
 */
static void float_extremum(struct lowering *l, const struct wasm_instr *instr,
                           const char *intrinsic) {
    LLVMValueRef right = lower_pop_lanes(l, instr), left = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef arguments[] = {left, right};
    LLVMValueRef number = lower_intrinsic(l->m, l->builder, intrinsic, &type, 1, arguments, 2);
    LLVMSetFastMathFlags(number, LLVMFastMathNoNaNs);
    LLVMValueRef unordered = LLVMBuildFCmp(l->builder, LLVMRealUNO, left, right, "");
    LLVMValueRef nan = LLVMBuildFAdd(l->builder, left, right, "");
    lower_push_lanes(l, LLVMBuildSelect(l->builder, unordered, nan, number, ""));
}

void lower_float_min(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_extremum(l, instr, "llvm.minimum");
}

void lower_float_max(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_extremum(l, instr, "llvm.maximum");
}

void lower_float_copysign(struct lowering *l, const struct wasm_instr *instr, int argument) {
    float_binary(l, instr, "llvm.copysign");
}
