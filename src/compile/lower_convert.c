/*
 * lower_convert.c - conversions (Core specification, 4.3.4); see lower.h.
 */
#include "compile/lower.h"

static LLVMTypeRef pushed_type(struct lowering *l, const struct wasm_instr *instr) {
    switch (wasm_op_infos[instr->op].pushes[0]) {
    case 'i': return l->m->i32;
    case 'I': return l->m->i64;
    case 'f': return l->m->f32;
    default: return l->m->f64;
    }
}

void lower_cast(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_pop(l);
    /* LLVM would take demote(promote(x)) for x, but a signaling NaN must come out quiet. */
    if (op == LLVMFPTrunc && LLVMIsAFPExtInst(value)) value = lower_quiet(l, value);
    lower_push(l, LLVMBuildCast(l->builder, (LLVMOpcode)op, value, pushed_type(l, instr), ""));
}

void lower_sign_extend(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMValueRef value = lower_pop(l);
    LLVMTypeRef narrow = LLVMIntTypeInContext(l->m->context, (unsigned)bits);
    LLVMValueRef low = LLVMBuildTrunc(l->builder, value, narrow, "");
    lower_push(l, LLVMBuildSExt(l->builder, low, LLVMTypeOf(value), ""));
}

/*
 * Which numbers truncate to one that fits: those strictly between two bounds, or, where the lower
 * one less 1 has no representation in the type, those from it on.
 */
struct bounds {
    double low, high;
    bool low_included;
};

static struct bounds find_bounds(bool is_signed, unsigned to_bits, bool from_f32) {
    if (!is_signed) return (struct bounds){-1, to_bits == 32 ? 0x1p32 : 0x1p64, false};
    if (to_bits == 64) return (struct bounds){-0x1p63, 0x1p63, true};
    if (from_f32) return (struct bounds){-0x1p31, 0x1p31, true};
    return (struct bounds){-0x1p31 - 1, 0x1p31, false};
}

void lower_float_to_int(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_pop(l);
    LLVMTypeRef from = LLVMTypeOf(value), to = pushed_type(l, instr);
    struct bounds bounds =
        find_bounds(op == LLVMFPToSI, LLVMGetIntTypeWidth(to), from == l->m->f32);
    LLVMValueRef above = LLVMBuildFCmp(l->builder, bounds.low_included ? LLVMRealOGE : LLVMRealOGT,
                                       value, LLVMConstReal(from, bounds.low), "");
    LLVMValueRef below =
        LLVMBuildFCmp(l->builder, LLVMRealOLT, value, LLVMConstReal(from, bounds.high), "");
    LLVMValueRef fits = LLVMBuildAnd(l->builder, above, below, "");
    LLVMBasicBlockRef fails = lower_block_make(l, ""), go_on = lower_block_make(l, "");
    lower_branch_unlikely(l, LLVMBuildNot(l->builder, fits, ""), fails, go_on);
    LLVMPositionBuilderAtEnd(l->builder, fails);
    LLVMBuildCondBr(l->builder, LLVMBuildFCmp(l->builder, LLVMRealUNO, value, value, ""),
                    lower_trap_block(l, TRAP_INVALID_CONVERSION),
                    lower_trap_block(l, TRAP_INTEGER_OVERFLOW));
    LLVMPositionBuilderAtEnd(l->builder, go_on);
    lower_push(l, LLVMBuildCast(l->builder, (LLVMOpcode)op, value, to, ""));
}

void lower_float_to_int_saturating(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_pop(l);
    LLVMTypeRef types[] = {pushed_type(l, instr), LLVMTypeOf(value)};
    const char *name = op == LLVMFPToSI ? "llvm.fptosi.sat" : "llvm.fptoui.sat";
    lower_push(l, lower_intrinsic(l->m, l->builder, name, types, 2, &value, 1));
}
