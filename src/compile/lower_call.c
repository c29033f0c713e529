/*
 * lower_call.c - calls: direct, to imports, through tables, to the runtime; see lower.h.
 *
 * A function of this module is called by its symbol, an import through its slot in the context
 * (runtime_abi.h), an element of a table after one comparison of canonical type numbers.
 */
#include "compile/lower.h"

enum { CALL_PLAIN, CALL_TAIL }; /* the `argument` of what is emitted */

struct callee {
    uint32_t type_index;
    LLVMValueRef code, context;
    unsigned convention;
    bool in_tail_calls; /* made with the prototype of lower_tail.c */
};

bool lower_extends_arguments(const struct lower_module *m) {
    return m->target->machine == MACHINE_RISCV64 || m->target->machine == MACHINE_PPC64LE;
}

/* What C code that is called may rely on. */
static void extend_arguments(struct lower_module *m, LLVMValueRef call, LLVMTypeRef type,
                             LLVMAttributeRef attribute) {
    LLVMTypeRef types[8], *all = types;
    unsigned count = LLVMCountParamTypes(type);
    if (!lower_extends_arguments(m)) return;
    if (count > sizeof types / sizeof *types) all = arena_array(&m->arena, count, sizeof *all);
    LLVMGetParamTypes(type, all);
    for (unsigned i = 0; i < count; i++)
        if (all[i] == m->i32) LLVMAddCallSiteAttribute(call, 1 + i, attribute);
}

LLVMValueRef lower_call_build(struct lowering *l, LLVMTypeRef type, LLVMValueRef code,
                              LLVMValueRef *arguments, unsigned convention, bool is_caught) {
    unsigned count = LLVMCountParamTypes(type);
    LLVMBasicBlockRef landing = is_caught ? lower_landing(l) : NULL;
    LLVMValueRef call;
    if (landing == NULL) {
        call = LLVMBuildCall2(l->builder, type, code, arguments, count, "");
    } else {
        LLVMBasicBlockRef go_on = lower_block_make(l, "");
        call = LLVMBuildInvoke2(l->builder, type, code, arguments, count, go_on, landing, "");
        lower_enter_block(l, go_on);
    }
    LLVMSetInstructionCallConv(call, convention);
    if (convention == LLVMCCallConv) extend_arguments(l->m, call, type, l->m->attribute_signext);
    if (!l->m->plan->may_throw)
        LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                 l->m->attribute_nounwind);
    return call;
}

static LLVMValueRef build_plain(struct lowering *l, const struct callee *callee,
                                LLVMValueRef *values, bool is_caught) {
    const struct wasm_function_type *type = &l->m->wasm->types[callee->type_index];
    LLVMValueRef *arguments =
        arena_array(&l->arena, (size_t)type->parameter_count + 1, sizeof *arguments);
    arguments[0] = callee->context;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        arguments[1 + i] = values[i];
    return lower_call_build(l, lower_function_type(l->m, callee->type_index), callee->code,
                            arguments, callee->convention, is_caught);
}

/* Call code(context, the operands of the type) and push the results, or return them. */
static void build_call(struct lowering *l, const struct callee *callee, int how) {
    const struct wasm_function_type *type = &l->m->wasm->types[callee->type_index];
    bool is_caught = how != CALL_TAIL; /* a tail call has left all blocks */
    l->stack_size -= type->parameter_count;
    LLVMValueRef *values = &l->stack[l->stack_size];
    if (how == CALL_TAIL && lower_tail_can_jump(l, callee->type_index)) {
        lower_tail_jump(l, callee->type_index, callee->code, callee->context, values);
        return;
    }
    LLVMValueRef call =
        callee->in_tail_calls
            ? lower_tail_call(l, lower_tail_type(l->m, callee->type_index), callee->type_index,
                              callee->code, callee->context, values, is_caught)
            : build_plain(l, callee, values, is_caught);
    if (type->result_count == 1) lower_push(l, call);
    for (uint32_t i = 0; type->result_count > 1 && i < type->result_count; i++)
        lower_push(l, LLVMBuildExtractValue(l->builder, call, i, ""));
    if (how == CALL_TAIL) lower_return(l, NULL, 0);
}

void lower_call(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_module *m = l->m;
    const struct wasm_function *function = &m->wasm->functions[instr->index];
    if (argument == CALL_TAIL && instr->index == l->index) {
        l->stack_size -= l->type->parameter_count;
        lower_tail_loop(l, &l->stack[l->stack_size]);
        return;
    }
    if (!function->is_imported) {
        LLVMValueRef code = lower_function_declare(m, instr->index);
        build_call(l,
                   &(struct callee){function->type_index, code, l->context,
                                    LLVMGetFunctionCallConv(code),
                                    m->plan->in_tail_calls[instr->index]},
                   argument);
        return;
    }
    uint64_t slot =
        m->plan->layout.import_slots + sizeof(struct import_slot) * (uint64_t)instr->index;
    LLVMValueRef code = lower_load_constant_pointer(
        m, l->builder, l->context, slot + offsetof(struct import_slot, code), "import");
    /* A host layer's state may be NULL. */
    LLVMValueRef at =
        lower_offset(m, l->builder, l->context, slot + offsetof(struct import_slot, context), "");
    LLVMValueRef context = LLVMBuildLoad2(l->builder, m->pointer, at, "import.context");
    lower_tag_invariant(m, context);
    build_call(l, &(struct callee){function->type_index, code, context, LLVMCCallConv, false},
               argument);
}

static LLVMValueRef load_invariant(struct lowering *l, LLVMTypeRef type, LLVMValueRef base,
                                   uint64_t offset, const char *name) {
    LLVMValueRef at = lower_offset(l->m, l->builder, base, offset, "");
    LLVMValueRef load = LLVMBuildLoad2(l->builder, type, at, name);
    lower_tag_invariant(l->m, load);
    return load;
}

/* A field of a struct table_call. */
static LLVMValueRef load_of_table(struct lowering *l, LLVMTypeRef type, LLVMValueRef call,
                                  uint64_t offset, const char *name) {
    LLVMValueRef at = lower_offset(l->m, l->builder, call, offset, "");
    LLVMValueRef load = LLVMBuildLoad2(l->builder, type, at, name);
    lower_tag_region(l->m, load, REGION_TABLE);
    return load;
}

/* Trap unless the element of a table is a function of the type. */
static void check_type(struct lowering *l, uint32_t type_index, LLVMValueRef call,
                       bool is_nullable) {
    struct lower_module *m = l->m;
    LLVMValueRef actual =
        load_of_table(l, m->i32, call, offsetof(struct table_call, type_mark), "type");
    LLVMValueRef expected = load_invariant(
        l, m->i32, l->context, m->plan->layout.type_marks + sizeof(uint32_t) * (uint64_t)type_index,
        "expected");
    LLVMValueRef differs = LLVMBuildICmp(l->builder, LLVMIntNE, actual, expected, "");
    if (!is_nullable) {
        lower_trap_if(l, differs, TRAP_INDIRECT_CALL_TYPE);
        return;
    }
    /* Null has no function's mark, so one comparison finds both; which it was matters afterwards.
     */
    LLVMBasicBlockRef fails = lower_block_make(l, ""), go_on = lower_block_make(l, "");
    lower_branch_unlikely(l, differs, fails, go_on);
    LLVMPositionBuilderAtEnd(l->builder, fails);
    LLVMValueRef is_null = LLVMBuildICmp(l->builder, LLVMIntEQ, actual, lower_i32(m, 0), "is.null");
    LLVMBuildCondBr(l->builder, is_null, lower_trap_block(l, TRAP_UNINITIALIZED_ELEMENT),
                    lower_trap_block(l, TRAP_INDIRECT_CALL_TYPE));
    LLVMPositionBuilderAtEnd(l->builder, go_on);
}

void lower_call_indirect(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_module *m = l->m;
    LLVMTypeRef pointer = m->pointer;
    LLVMValueRef call = lower_table_call(l, instr->second, lower_pop(l));
    /* What the table's type already says need not be checked. */
    enum wasm_type element = m->wasm->tables[instr->second].type.element;
    bool is_nullable = wasm_type_is_nullable(element);
    bool has_type = wasm_module_type_matches(m->wasm, element, wasm_type_indexed(instr->index));
    if (!has_type) check_type(l, instr->index, call, is_nullable);
    LLVMValueRef code = load_of_table(l, pointer, call, offsetof(struct table_call, code), "code");
    if (has_type && is_nullable)
        lower_trap_if(l, LLVMBuildIsNull(l->builder, code, ""), TRAP_UNINITIALIZED_ELEMENT);
    LLVMValueRef context =
        load_of_table(l, pointer, call, offsetof(struct table_call, context), "callee.context");
    build_call(l, &(struct callee){instr->index, code, context, LLVMCCallConv, false}, argument);
}

void lower_call_ref(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMTypeRef pointer = l->m->pointer;
    LLVMValueRef reference = lower_pop(l);
    lower_trap_if(l, LLVMBuildIsNull(l->builder, reference, ""), TRAP_NULL_FUNCTION);
    LLVMValueRef code =
        load_invariant(l, pointer, reference, offsetof(struct func_ref, code), "code");
    LLVMValueRef context =
        load_invariant(l, pointer, reference, offsetof(struct func_ref, context), "callee.context");
    build_call(l, &(struct callee){instr->index, code, context, LLVMCCallConv, false}, argument);
}

LLVMValueRef lower_libcall(struct lowering *l, size_t offset, LLVMTypeRef result,
                           LLVMValueRef *arguments, unsigned count) {
    struct lower_module *m = l->m;
    LLVMValueRef values[8];
    LLVMTypeRef types[8];
    values[0] = l->context;
    types[0] = m->pointer;
    for (unsigned i = 0; i < count; i++) {
        values[1 + i] = arguments[i];
        types[1 + i] = LLVMTypeOf(arguments[i]);
    }
    LLVMValueRef table = lower_load_constant_pointer(
        m, l->builder, l->context, offsetof(struct context, libcalls), "libcalls");
    LLVMValueRef code = lower_load_constant_pointer(m, l->builder, table, offset, "libcall");
    LLVMTypeRef type = LLVMFunctionType(result, types, count + 1, false);
    LLVMValueRef call = LLVMBuildCall2(l->builder, type, code, values, count + 1, "");
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             m->attribute_nounwind);
    /* All of theirs are unsigned; RISC-V extends those, too, by the sign. */
    extend_arguments(m, call, type,
                     m->target->machine == MACHINE_RISCV64 ? m->attribute_signext
                                                           : m->attribute_zeroext);
    return call;
}
