/*
 * lower_table.c - tables and references (Core specification, 4.4.2, 4.4.6); see lower.h.
 *
 * References are pointers, null is a null pointer. Reads and writes of one element are done in
 * place, everything bigger by the runtime.
 */
#include "compile/lower.h"

static LLVMValueRef table_pointer(struct lowering *l, uint32_t table) {
    return lower_load_constant_pointer(l->m, l->builder, l->context,
                                       l->m->plan->layout.tables + 8 * (uint64_t)table, "table");
}

static LLVMValueRef table_size(struct lowering *l, uint32_t table) {
    if (l->m->plan->table_is_fixed[table])
        return lower_i64(l->m, l->m->wasm->tables[table].type.limits.minimum);
    LLVMValueRef at =
        lower_offset(l->m, l->builder, table_pointer(l, table), offsetof(struct table, size), "");
    LLVMValueRef size = LLVMBuildLoad2(l->builder, l->m->i64, at, "table.size");
    lower_tag_region(l->m, size, REGION_TABLE_SIZE);
    return size;
}

/* An index (i32, or i64 with memory64) as i64; traps as `kind` if there is no such element. */
static LLVMValueRef checked_index(struct lowering *l, uint32_t table, LLVMValueRef index,
                                  enum trap_kind kind) {
    index = LLVMBuildZExt(l->builder, index, l->m->i64, "");
    LLVMValueRef outside =
        LLVMBuildICmp(l->builder, LLVMIntUGE, index, table_size(l, table), "outside");
    lower_trap_if(l, outside, kind);
    return index;
}

static LLVMValueRef element_address(struct lowering *l, uint32_t table, LLVMValueRef index,
                                    enum trap_kind kind) {
    index = checked_index(l, table, index, kind);
    LLVMValueRef at = lower_offset(l->m, l->builder, table_pointer(l, table),
                                   offsetof(struct table, entries), "");
    LLVMValueRef entries = LLVMBuildLoad2(l->builder, l->m->pointer, at, "entries");
    lower_tag_invariant(l->m, entries);
    return LLVMBuildInBoundsGEP2(l->builder, l->m->pointer, entries, &index, 1, "");
}

LLVMValueRef lower_table_call(struct lowering *l, uint32_t table, LLVMValueRef index) {
    index = checked_index(l, table, index, TRAP_UNDEFINED_ELEMENT);
    LLVMValueRef calls =
        lower_load_constant_pointer(l->m, l->builder, l->context,
                                    l->m->plan->layout.table_calls + 8 * (uint64_t)table, "calls");
    LLVMTypeRef element = LLVMArrayType2(l->m->i8, sizeof(struct table_call));
    return LLVMBuildInBoundsGEP2(l->builder, element, calls, &index, 1, "");
}

LLVMValueRef lower_table_entry(struct lowering *l, uint32_t table, LLVMValueRef index,
                               enum trap_kind kind) {
    LLVMValueRef at = element_address(l, table, index, kind);
    LLVMValueRef entry = LLVMBuildLoad2(l->builder, l->m->pointer, at, "");
    lower_tag_region(l->m, entry, REGION_TABLE);
    return entry;
}

void lower_table_get(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef index = lower_pop(l);
    lower_push(l, lower_table_entry(l, instr->index, index, TRAP_TABLE_OUT_OF_BOUNDS));
}

/* Functions are kept twice (struct table_call), so the runtime writes them. */
void lower_table_set(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = lower_pop(l), index = lower_pop(l);
    if (wasm_type_is_function(l->m->wasm->tables[instr->index].type.element)) {
        LLVMValueRef arguments[] = {lower_i32(l->m, instr->index),
                                    LLVMBuildZExt(l->builder, index, l->m->i64, ""), value,
                                    lower_i64(l->m, 1)};
        lower_libcall(l, LIBCALL(table_fill), l->m->void_type, arguments, 4);
        return;
    }
    LLVMValueRef at = element_address(l, instr->index, index, TRAP_TABLE_OUT_OF_BOUNDS);
    LLVMValueRef store = LLVMBuildStore(l->builder, value, at);
    lower_tag_region(l->m, store, REGION_TABLE);
    if (l->m->options->strict_traps) LLVMSetVolatile(store, true); /* as of a global */
}

static void push_size(struct lowering *l, uint32_t table, LLVMValueRef size) {
    LLVMTypeRef type = lower_address_type(l->m, &l->m->wasm->tables[table].type.limits);
    lower_push(l, LLVMBuildTrunc(l->builder, size, type, ""));
}

void lower_table_size(struct lowering *l, const struct wasm_instr *instr, int argument) {
    push_size(l, instr->index, table_size(l, instr->index));
}

static LLVMValueRef pop_wide(struct lowering *l) {
    return LLVMBuildZExt(l->builder, lower_pop(l), l->m->i64, "");
}

void lower_table_grow(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef delta = pop_wide(l), value = lower_pop(l);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index), value, delta};
    LLVMValueRef size = lower_libcall(l, LIBCALL(table_grow), l->m->i64, arguments, 3);
    push_size(l, instr->index, size);
}

void lower_table_fill(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef count = pop_wide(l), value = lower_pop(l), at = pop_wide(l);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index), at, value, count};
    lower_libcall(l, LIBCALL(table_fill), l->m->void_type, arguments, 4);
}

void lower_table_copy(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef count = pop_wide(l), from = pop_wide(l), to = pop_wide(l);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index), lower_i32(l->m, instr->second), to,
                                from, count};
    lower_libcall(l, LIBCALL(table_copy), l->m->void_type, arguments, 5);
}

void lower_table_init(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef count = pop_wide(l), from = pop_wide(l), to = pop_wide(l);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->second), lower_i32(l->m, instr->index), to,
                                from, count};
    lower_libcall(l, LIBCALL(table_init), l->m->void_type, arguments, 5);
}

void lower_elem_drop(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index)};
    lower_libcall(l, LIBCALL(elem_drop), l->m->void_type, arguments, 1);
}

void lower_ref_null(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push(l, LLVMConstNull(l->m->pointer));
}

void lower_ref_is_null(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_push_condition(l, LLVMBuildIsNull(l->builder, lower_pop(l), ""));
}

void lower_ref_as_non_null(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef is_null = LLVMBuildIsNull(l->builder, lower_top(l), "");
    lower_trap_if(l, is_null, TRAP_NULL_REFERENCE);
}

void lower_ref_func(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index)};
    LLVMValueRef reference = lower_libcall(l, LIBCALL(ref_func), l->m->pointer, arguments, 1);
    LLVMAddCallSiteAttribute(reference, LLVMAttributeReturnIndex, l->m->attribute_nonnull);
    lower_push(l, reference);
}
