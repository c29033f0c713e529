/*
 * lower_variable.c - locals, globals, constants and what only moves operands; see lower.h.
 *
 * A global of the instance lives in its context, an imported one behind a pointer there. Both are
 * plain loads and stores, which the optimiser keeps in registers between calls. A constant that
 * the module gives an immutable global is folded.
 */
#include "compile/lower.h"

void lower_local_get(struct lowering *l, const struct wasm_instr *instr, int argument) {
    uint32_t index = instr->index;
    lower_push(l, LLVMBuildLoad2(l->builder, l->local_types[index], l->locals[index], ""));
}

void lower_local_set(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildStore(l->builder, lower_pop(l), l->locals[instr->index]);
}

void lower_local_tee(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildStore(l->builder, lower_top(l), l->locals[instr->index]);
}

static LLVMValueRef make_vector(struct lower_module *m, const uint8_t *bytes) {
    LLVMValueRef lanes[16];
    for (int i = 0; i < 16; i++)
        lanes[i] = LLVMConstInt(m->i8, bytes[i], false);
    return LLVMConstVector(lanes, 16);
}

/* From bits, so that a NaN's payload survives. */
static LLVMValueRef make_constant(struct lower_module *m, const struct wasm_instr *instr) {
    switch (instr->op) {
    case WASM_OP_I32_CONST: return lower_i32(m, instr->value.u32);
    case WASM_OP_I64_CONST: return lower_i64(m, instr->value.u64);
    case WASM_OP_F32_CONST: return LLVMConstBitCast(lower_i32(m, instr->value.u32), m->f32);
    case WASM_OP_F64_CONST: return LLVMConstBitCast(lower_i64(m, instr->value.u64), m->f64);
    case WASM_OP_V128_CONST: return make_vector(m, instr->value.v128);
    default: return NULL;
    }
}

void lower_const(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push(l, make_constant(l->m, instr));
}

/* The constant an immutable global of this module has, NULL if only the runtime knows. */
static LLVMValueRef known_global(struct lowering *l, const struct wasm_global *global) {
    if (global->type.is_mutable || global->initial.bytes == NULL) return NULL;
    struct reader reader =
        reader_make(global->initial.bytes, global->initial.size, global->initial.offset);
    struct wasm_instr first, second;
    if (!wasm_instr_read(&reader, &first, NULL) || !wasm_instr_read(&reader, &second, NULL))
        return NULL;
    return second.op == WASM_OP_END ? make_constant(l->m, &first) : NULL;
}

static LLVMValueRef global_address(struct lowering *l, uint32_t index) {
    const struct context_layout *layout = &l->m->plan->layout;
    uint32_t imported = l->m->wasm->imported_global_count;
    if (index < imported)
        return lower_load_constant_pointer(
            l->m, l->builder, l->context, layout->imported_globals + 8 * (uint64_t)index, "global");
    return lower_offset(l->m, l->builder, l->context,
                        layout->defined_globals +
                            sizeof(union wasm_value) * (uint64_t)(index - imported),
                        "global");
}

void lower_global_get(struct lowering *l, const struct wasm_instr *instr, int argument) {
    const struct wasm_global *global = &l->m->wasm->globals[instr->index];
    LLVMValueRef value = known_global(l, global);
    if (value == NULL) {
        value = LLVMBuildLoad2(l->builder, lower_value_type(l->m, global->type.type),
                               global_address(l, instr->index), "");
        if (global->type.is_mutable)
            lower_tag_region(l->m, value, REGION_GLOBAL);
        else
            lower_tag_invariant(l->m, value);
    }
    lower_push(l, value);
}

void lower_global_set(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop(l);
    LLVMValueRef store = LLVMBuildStore(l->builder, value, global_address(l, instr->index));
    lower_tag_region(l->m, store, REGION_GLOBAL);
    /* An access to memory after it may trap, and then somebody may look. */
    if (l->m->options->strict_traps) LLVMSetVolatile(store, true);
}

void lower_drop(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_pop(l);
}

void lower_select(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef condition = lower_condition(l, lower_pop(l));
    LLVMValueRef otherwise = lower_pop(l);
    LLVMValueRef then = lower_pop(l);
    lower_push(l, LLVMBuildSelect(l->builder, condition, then, otherwise, ""));
}
