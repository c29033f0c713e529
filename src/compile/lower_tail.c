/*
 * lower_tail.c - tail calls (Core specification, 4.4.8: return_call and its kin); see lower.h.
 *
 * A tail call is a jump: LLVM's musttail, which wants the caller's prototype at the call.  So all
 * functions that take part, those with a tail call and those that are the target of one by name,
 * are made with one prototype, which has a parameter for every argument register of the C
 * convention and then one for every stack slot that the function's own type needs:
 *     R code(ptr context, i64 x integer registers, 4 x i32 x vector registers, i64 x slots)
 * (double for 4 x i32 on RISC-V, where a float is a double whose upper bits are ones).
 * Parameters lie where the C convention of runtime_abi.h puts them, so whoever calls by pointer
 * need not know: the machine code is that of R code(ptr context, t1, ...) with registers left
 * over, which are poison and cost nothing.  A jump through a table, a reference or an import goes
 * to any function of the C convention in the same way.
 *
 * Deliberate deviation: a call in place of a jump, so that the stack grows, where the callee needs
 * more stack slots for its parameters than the caller has, which the caller's caller owns; where a
 * vector is among those; and where the results do not fit into registers.  C compilers make tail
 * calls only between functions of equal types, and results beyond one hardly ever.  On RISC-V also
 * where any parameter is on the stack or is a vector.  On POWER all but loops are calls: LLVM
 * makes no jump there to a function whose table of contents may be another.
 *
 * A function that tail-calls itself is a loop.
 */
#include "compile/lower.h"

enum { VECTOR_REGISTERS = 8 };

/* Argument registers besides the context's, and registers for results, as LLVM has them. */
struct registers {
    uint32_t integers, result_integers, result_vectors;
    bool has_vectors; /* they hold v128, and parameters may lie on the stack */
};

static const struct registers machines[MACHINE_COUNT] = {
    [MACHINE_X86_64] = {5, 3, 4, true},
    [MACHINE_AARCH64] = {7, 8, 8, true},
    [MACHINE_RISCV64] = {7, 2, 2, false},
    [MACHINE_PPC64LE] = {0}, /* no jumps */
};

static bool is_vector(enum wasm_type type) {
    return type == WASM_F32 || type == WASM_F64 || type == WASM_V128;
}

/* The stack slots that parameters of the type need. False: no tail call to or from it. */
static bool count_slots(const struct registers *registers, const struct wasm_function_type *type,
                        uint32_t *out) {
    uint32_t integers = 0, vectors = 0, slots = 0;
    if (registers->integers == 0) return false;
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        bool vector = is_vector(type->parameters[i]);
        bool in_register = vector ? vectors++ < VECTOR_REGISTERS : integers++ < registers->integers;
        bool is_v128 = type->parameters[i] == WASM_V128;
        if ((!in_register || is_v128) && !registers->has_vectors) return false;
        if (in_register) continue;
        if (is_v128) return false;
        slots++;
    }
    integers = vectors = 0;
    for (uint32_t i = 0; i < type->result_count; i++) {
        if (type->results[i] == WASM_V128 && !registers->has_vectors) return false;
        is_vector(type->results[i]) ? vectors++ : integers++;
    }
    *out = slots;
    return integers <= registers->result_integers && vectors <= registers->result_vectors;
}

static const struct registers *registers_of(const struct lower_module *m) {
    return &machines[m->target->machine];
}

LLVMTypeRef lower_tail_type(struct lower_module *m, uint32_t type_index) {
    const struct wasm_function_type *type = &m->wasm->types[type_index];
    const struct registers *registers = registers_of(m);
    uint32_t slots = 0, count = 0;
    count_slots(registers, type, &slots);
    LLVMTypeRef *parameters = arena_array(
        &m->arena, 1 + (size_t)registers->integers + VECTOR_REGISTERS + slots, sizeof *parameters);
    parameters[count++] = m->pointer;
    for (uint32_t i = 0; i < registers->integers; i++)
        parameters[count++] = m->i64;
    for (uint32_t i = 0; i < VECTOR_REGISTERS; i++)
        parameters[count++] = registers->has_vectors ? LLVMVectorType(m->i32, 4) : m->f64;
    for (uint32_t i = 0; i < slots; i++)
        parameters[count++] = m->i64;
    return LLVMFunctionType(lower_result_type(m, type), parameters, count, false);
}

/* Which parameter of the common prototype holds each of the type, in order. */
static uint32_t *place_parameters(struct lowering *l, const struct wasm_function_type *type) {
    uint32_t *places = arena_array(&l->arena, type->parameter_count, sizeof *places);
    uint32_t available = registers_of(l->m)->integers;
    uint32_t integers = 0, vectors = 0, slots = 0;
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (is_vector(type->parameters[i]) && vectors < VECTOR_REGISTERS)
            places[i] = 1 + available + vectors++;
        else if (!is_vector(type->parameters[i]) && integers < available)
            places[i] = 1 + integers++;
        else
            places[i] = 1 + available + VECTOR_REGISTERS + slots++;
    }
    return places;
}

/* `value` in the low bits of the wider type that a place has. */
static LLVMValueRef widen(struct lowering *l, LLVMValueRef value, LLVMTypeRef place) {
    struct lower_module *m = l->m;
    LLVMTypeRef type = LLVMTypeOf(value);
    if (type == place) return value;
    if (place == m->f64) { /* an f32 */
        value = LLVMBuildBitCast(l->builder, value, m->i32, "");
        value = LLVMBuildZExt(l->builder, value, m->i64, "");
        value = LLVMBuildOr(l->builder, value, lower_i64(m, UINT64_C(0xffffffff) << 32), "");
        return LLVMBuildBitCast(l->builder, value, place, "");
    }
    if (place != m->i64) {
        if (type != m->f32 && type != m->f64) return LLVMBuildBitCast(l->builder, value, place, "");
        LLVMValueRef vector = LLVMGetPoison(LLVMVectorType(type, type == m->f32 ? 4 : 2));
        vector = LLVMBuildInsertElement(l->builder, vector, value, lower_i64(m, 0), "");
        return LLVMBuildBitCast(l->builder, vector, place, "");
    }
    if (type == m->pointer) return LLVMBuildPtrToInt(l->builder, value, m->i64, "");
    if (type == m->f64) return LLVMBuildBitCast(l->builder, value, m->i64, "");
    if (type == m->f32) value = LLVMBuildBitCast(l->builder, value, m->i32, "");
    return lower_extends_arguments(m) ? LLVMBuildSExt(l->builder, value, m->i64, "")
                                      : LLVMBuildZExt(l->builder, value, m->i64, "");
}

static LLVMValueRef narrow(struct lowering *l, LLVMValueRef value, LLVMTypeRef type) {
    struct lower_module *m = l->m;
    LLVMBuilderRef builder = l->entry_builder;
    if (type == LLVMTypeOf(value)) return value;
    if (LLVMTypeOf(value) == m->f64) { /* an f32 */
        value = LLVMBuildBitCast(builder, value, m->i64, "");
        value = LLVMBuildTrunc(builder, value, m->i32, "");
        return LLVMBuildBitCast(builder, value, type, "");
    }
    if (LLVMTypeOf(value) != m->i64) {
        if (type != m->f32 && type != m->f64) return LLVMBuildBitCast(builder, value, type, "");
        LLVMTypeRef vector = LLVMVectorType(type, type == m->f32 ? 4 : 2);
        value = LLVMBuildBitCast(builder, value, vector, "");
        return LLVMBuildExtractElement(builder, value, lower_i64(m, 0), "");
    }
    if (type == m->pointer) return LLVMBuildIntToPtr(builder, value, type, "");
    if (type == m->f64) return LLVMBuildBitCast(builder, value, type, "");
    value = LLVMBuildTrunc(builder, value, m->i32, "");
    return type == m->f32 ? LLVMBuildBitCast(builder, value, type, "") : value;
}

void lower_tail_parameters(struct lowering *l, LLVMValueRef *out) {
    const uint32_t *places = place_parameters(l, l->type);
    for (uint32_t i = 0; i < l->type->parameter_count; i++) {
        LLVMTypeRef type = lower_value_type(l->m, l->type->parameters[i]);
        out[i] = narrow(l, LLVMGetParam(l->function, places[i]), type);
    }
}

LLVMValueRef lower_tail_call(struct lowering *l, LLVMTypeRef prototype, uint32_t type_index,
                             LLVMValueRef code, LLVMValueRef context, LLVMValueRef *values,
                             bool is_caught) {
    const struct wasm_function_type *type = &l->m->wasm->types[type_index];
    const uint32_t *places = place_parameters(l, type);
    unsigned count = LLVMCountParamTypes(prototype);
    LLVMTypeRef *types = arena_array(&l->arena, count, sizeof *types);
    LLVMValueRef *arguments = arena_array(&l->arena, count, sizeof *arguments);
    LLVMGetParamTypes(prototype, types);
    for (unsigned i = 0; i < count; i++)
        arguments[i] = LLVMGetPoison(types[i]);
    arguments[0] = context;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        arguments[places[i]] = widen(l, values[i], types[places[i]]);
    return lower_call_build(l, prototype, code, arguments, LLVMCCallConv, is_caught);
}

bool lower_tail_can_jump(const struct lowering *l, uint32_t type_index) {
    uint32_t own, others;
    const struct registers *registers = registers_of(l->m);
    return count_slots(registers, l->type, &own) &&
           count_slots(registers, &l->m->wasm->types[type_index], &others) && others <= own;
}

void lower_tail_jump(struct lowering *l, uint32_t type_index, LLVMValueRef code,
                     LLVMValueRef context, LLVMValueRef *values) {
    LLVMTypeRef prototype = LLVMGlobalGetValueType(l->function);
    LLVMValueRef call = lower_tail_call(l, prototype, type_index, code, context, values, false);
    LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    if (l->type->result_count == 0)
        LLVMBuildRetVoid(l->builder);
    else
        LLVMBuildRet(l->builder, call);
    l->reachable = false;
}

void lower_tail_loop(struct lowering *l, LLVMValueRef *values) {
    const struct wasm_function *function = &l->m->wasm->functions[l->index];
    uint32_t at = 0;
    for (; at < l->type->parameter_count; at++)
        LLVMBuildStore(l->builder, values[at], l->locals[at]);
    for (uint32_t end = at + function->local_count; at < end; at++)
        LLVMBuildStore(l->builder, LLVMConstNull(l->local_types[at]), l->locals[at]);
    LLVMBuildBr(l->builder, l->body);
    l->reachable = false;
}

/* The function that a tail call by name goes to, or UINT32_MAX if by pointer; false: no such. */
static bool is_tail_call(const struct wasm_instr *instr, uint32_t *callee) {
    *callee = instr->op == WASM_OP_RETURN_CALL ? instr->index : UINT32_MAX;
    return instr->op == WASM_OP_RETURN_CALL || instr->op == WASM_OP_RETURN_CALL_INDIRECT ||
           instr->op == WASM_OP_RETURN_CALL_REF;
}

void tail_calls_find(const struct wasm_module *wasm, enum machine machine, bool *in_tail_calls) {
    const struct registers *registers = &machines[machine];
    uint32_t slots;
    for (uint32_t i = wasm->imported_function_count; i < wasm->function_count; i++) {
        const struct wasm_function *function = &wasm->functions[i];
        bool has_tail_call = false;
        struct wasm_instr instr;
        uint32_t callee;
        struct reader reader =
            reader_make(function->body, function->body_size, function->body_offset);
        while (reader.at != reader.end && wasm_instr_read(&reader, &instr, NULL)) {
            if (!is_tail_call(&instr, &callee) || callee == i) continue;
            has_tail_call = true;
            if (callee >= wasm->imported_function_count && callee < wasm->function_count)
                in_tail_calls[callee] = count_slots(
                    registers, &wasm->types[wasm->functions[callee].type_index], &slots);
        }
        if (has_tail_call)
            in_tail_calls[i] = count_slots(registers, &wasm->types[function->type_index], &slots);
    }
}
