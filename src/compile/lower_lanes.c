/*
 * lower_lanes.c - vectors of 128 bits: moving lanes, and loading and storing them (Core
 * specification, 4.4.3 and 4.4.7); see lower.h and lower_vector.c.
 */
#include "compile/lower.h"

/* An i32 as a lane of 8 or 16 bits; all other lanes have the operand's own type. */
static LLVMValueRef pop_lane(struct lowering *l, LLVMTypeRef vector) {
    LLVMValueRef value = lower_pop(l);
    LLVMTypeRef lane = LLVMGetElementType(vector);
    return LLVMTypeOf(value) == lane ? value : LLVMBuildTrunc(l->builder, value, lane, "");
}

void lower_vector_splat(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMTypeRef type = lower_lanes_type(l, instr);
    lower_push_lanes(l, lower_make_splat(l, pop_lane(l, type), LLVMGetVectorSize(type)));
}

void lower_vector_extract_lane(struct lowering *l, const struct wasm_instr *instr, int op) {
    LLVMValueRef value = lower_pop_lanes(l, instr);
    value = LLVMBuildExtractElement(l->builder, value, lower_i32(l->m, instr->lane), "");
    if (op != 0) value = LLVMBuildCast(l->builder, (LLVMOpcode)op, value, l->m->i32, "");
    lower_push(l, value);
}

void lower_vector_replace_lane(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef lane = pop_lane(l, lower_lanes_type(l, instr));
    LLVMValueRef value = lower_pop_lanes(l, instr);
    lower_push_lanes(
        l, LLVMBuildInsertElement(l->builder, value, lane, lower_i32(l->m, instr->lane), ""));
}

/* Do the indices move whole lanes of `size` bytes? */
static bool moves_lanes(const uint8_t *indices, unsigned size) {
    for (unsigned i = 0; i < 16; i++)
        if (indices[i] % size != i % size || indices[i] / size != indices[i - i % size] / size)
            return false;
    return true;
}

/* As lanes as wide as can be: what LLVM sees is then what was meant. */
void lower_vector_shuffle(struct lowering *l, const struct wasm_instr *instr, int argument) {
    unsigned size = 8;
    while (!moves_lanes(instr->value.v128, size))
        size /= 2;
    LLVMTypeRef lane = LLVMIntTypeInContext(l->m->context, 8 * size);
    LLVMTypeRef type = LLVMVectorType(lane, 16 / size);
    LLVMValueRef right = lower_view(l, lower_pop(l), type);
    LLVMValueRef left = lower_view(l, lower_pop(l), type);
    LLVMValueRef lanes[16];
    for (unsigned i = 0; i < 16 / size; i++)
        lanes[i] = lower_i32(l->m, instr->value.v128[i * size] / size);
    lower_push_lanes(
        l, LLVMBuildShuffleVector(l->builder, left, right, LLVMConstVector(lanes, 16 / size), ""));
}

/*
 * Lanes chosen at run time; an index of 16 or more gives 0. LLVM has no instruction for it, but
 * makes a pshufb of 16 extractions by the lanes of one vector. That one would take an index modulo
 * 16, or 0 for a negative one, so the indices are bounded first and the zeros put in last.
 */
void lower_vector_swizzle(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef indices = lower_pop_lanes(l, instr), value = lower_pop_lanes(l, instr);
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef last = lower_make_splat(l, LLVMConstInt(l->m->i8, 15, false), 16);
    LLVMValueRef bounded = LLVMBuildAnd(l->builder, indices, last, "");
    LLVMValueRef result = LLVMGetPoison(type);
    for (unsigned i = 0; i < 16; i++) {
        LLVMValueRef at = lower_i32(l->m, i);
        LLVMValueRef index = LLVMBuildExtractElement(l->builder, bounded, at, "");
        LLVMValueRef lane = LLVMBuildExtractElement(l->builder, value, index, "");
        result = LLVMBuildInsertElement(l->builder, result, lane, at, "");
    }
    LLVMValueRef inside = LLVMBuildICmp(l->builder, LLVMIntULE, indices, last, "");
    lower_push_lanes(l, LLVMBuildSelect(l->builder, inside, result, LLVMConstNull(type), ""));
}

/* Memory: `bits` is the width of a lane in memory. */

static LLVMTypeRef lane_of(struct lowering *l, int bits) {
    return LLVMIntTypeInContext(l->m->context, (unsigned)bits);
}

static LLVMTypeRef lanes_of(struct lowering *l, int bits) {
    return LLVMVectorType(lane_of(l, bits), 128 / (unsigned)bits);
}

/* 64 bits, which become lanes twice as wide. */
static void load_lanes(struct lowering *l, const struct wasm_instr *instr, int bits,
                       LLVMOpcode op) {
    LLVMTypeRef narrow = LLVMVectorType(lane_of(l, bits), 64 / (unsigned)bits);
    LLVMValueRef value = lower_load_as(l, instr, narrow, 64);
    lower_push_lanes(l, LLVMBuildCast(l->builder, op, value, lanes_of(l, 2 * bits), ""));
}

void lower_load_lanes_signed(struct lowering *l, const struct wasm_instr *instr, int bits) {
    load_lanes(l, instr, bits, LLVMSExt);
}

void lower_load_lanes_unsigned(struct lowering *l, const struct wasm_instr *instr, int bits) {
    load_lanes(l, instr, bits, LLVMZExt);
}

void lower_load_splat(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMValueRef lane = lower_load_as(l, instr, lane_of(l, bits), (unsigned)bits);
    lower_push_lanes(l, lower_make_splat(l, lane, 128 / (unsigned)bits));
}

static void load_into(struct lowering *l, const struct wasm_instr *instr, int bits,
                      LLVMValueRef value, unsigned at) {
    LLVMValueRef lane = lower_load_as(l, instr, lane_of(l, bits), (unsigned)bits);
    lower_push_lanes(l, LLVMBuildInsertElement(l->builder, value, lane, lower_i32(l->m, at), ""));
}

void lower_load_zero(struct lowering *l, const struct wasm_instr *instr, int bits) {
    load_into(l, instr, bits, LLVMConstNull(lanes_of(l, bits)), 0);
}

void lower_load_lane(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMValueRef value = lower_view(l, lower_pop(l), lanes_of(l, bits));
    load_into(l, instr, bits, value, instr->memory.lane);
}

void lower_store_lane(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMValueRef value = lower_view(l, lower_pop(l), lanes_of(l, bits));
    LLVMValueRef at = lower_i32(l->m, instr->memory.lane);
    lower_store_as(l, instr, LLVMBuildExtractElement(l->builder, value, at, ""), (unsigned)bits);
}
