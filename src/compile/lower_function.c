/*
 * lower_function.c - the walk over one body; see lower.h.
 *
 * Reads the instructions one by one and produces the LLVM function. Locals are allocas, which the
 * optimiser turns into values; operands are LLVM values on a stack of our own. Code that cannot be
 * reached is read for its nesting alone.
 *
 * The entry block holds what is computed once: allocas, and loads of what never changes. It is
 * closed last, with a branch to the body.
 */
#include "compile/lower.h"

#include <stdlib.h>

/* No row may need it. */
__attribute__((unused)) static void lower_missing(struct lowering *l,
                                                  const struct wasm_instr *instr, int argument) {
    wasm_feature_refuse(wasm_op_infos[instr->op].feature, instr->offset, l->err);
    l->failed = true;
}

#define EMIT(how, argument) {lower_##how, argument}
#define EMIT_REFUSED {lower_missing, 0}
#define OP(code, id, text, immediate, pops, pushes, feature, lowering) [WASM_OP_##id] = lowering,
static const struct {
    lower_emit *emit;
    int argument;
} lowerings[WASM_OP_COUNT] = {
#include "wasm/wasm_ops.def"
};
#undef OP
#undef EMIT
#undef EMIT_REFUSED

void lower_push(struct lowering *l, LLVMValueRef value) {
    if (l->stack_size == l->stack_capacity) {
        uint32_t capacity = l->stack_capacity == 0 ? 64 : 2 * l->stack_capacity;
        LLVMValueRef *stack = arena_array(&l->arena, capacity, sizeof *stack);
        for (uint32_t i = 0; i < l->stack_size; i++)
            stack[i] = l->stack[i];
        l->stack = stack;
        l->stack_capacity = capacity;
    }
    l->stack[l->stack_size++] = value;
}

LLVMValueRef lower_pop(struct lowering *l) {
    return l->stack[--l->stack_size];
}

LLVMValueRef lower_top(const struct lowering *l) {
    return l->stack[l->stack_size - 1];
}

LLVMValueRef lower_condition(struct lowering *l, LLVMValueRef value) {
    if (LLVMIsAZExtInst(value)) {
        LLVMValueRef source = LLVMGetOperand(value, 0);
        if (LLVMTypeOf(source) == l->m->i1) return source;
    }
    return LLVMBuildICmp(l->builder, LLVMIntNE, value, LLVMConstNull(LLVMTypeOf(value)), "");
}

void lower_push_condition(struct lowering *l, LLVMValueRef condition) {
    lower_push(l, LLVMBuildZExt(l->builder, condition, l->m->i32, ""));
}

LLVMBasicBlockRef lower_block_make(struct lowering *l, const char *name) {
    return LLVMAppendBasicBlockInContext(l->m->context, l->function, name);
}

void lower_branch_unlikely(struct lowering *l, LLVMValueRef condition, LLVMBasicBlockRef unlikely,
                           LLVMBasicBlockRef likely) {
    LLVMValueRef branch = LLVMBuildCondBr(l->builder, condition, unlikely, likely);
    LLVMSetMetadata(branch, l->m->kind_prof, l->m->unlikely_node);
}

static bool is_same_line(LLVMMetadataRef a, LLVMMetadataRef b) {
    return a == b ||
           (a != NULL && b != NULL && LLVMDILocationGetLine(a) == LLVMDILocationGetLine(b) &&
            LLVMDILocationGetScope(a) == LLVMDILocationGetScope(b));
}

LLVMBasicBlockRef lower_trap_block(struct lowering *l, enum trap_kind kind) {
    LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(l->builder);
    if (l->trap_blocks[kind] == NULL) {
        l->trap_blocks[kind] = lower_block_make(l, "trap");
        l->trap_places[kind] = place;
    } else if (!is_same_line(l->trap_places[kind], place)) {
        l->trap_places[kind] = NULL;
    }
    return l->trap_blocks[kind];
}

void lower_trap_if(struct lowering *l, LLVMValueRef failed, enum trap_kind kind) {
    LLVMBasicBlockRef go_on = lower_block_make(l, "");
    lower_branch_unlikely(l, failed, lower_trap_block(l, kind), go_on);
    LLVMPositionBuilderAtEnd(l->builder, go_on);
}

static void fill_trap_blocks(struct lowering *l) {
    for (int kind = 0; kind < TRAP_KIND_COUNT; kind++) {
        if (l->trap_blocks[kind] == NULL) continue;
        LLVMPositionBuilderAtEnd(l->builder, l->trap_blocks[kind]);
        if (l->trap_places[kind] != NULL)
            LLVMSetCurrentDebugLocation2(l->builder, l->trap_places[kind]);
        else
            debug_lines_set_none(l->m->lines, l->builder);
        LLVMValueRef arguments[] = {lower_i32(l->m, (uint32_t)kind)};
        LLVMValueRef call = lower_libcall(l, LIBCALL(trap), l->m->void_type, arguments, 1);
        LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                 l->m->attribute_cold);
        /* Not "noreturn": should the runtime break its word, the guest must stop nevertheless. */
        lower_intrinsic(l->m, l->builder, "llvm.trap", NULL, 0, NULL, 0);
        LLVMBuildUnreachable(l->builder);
    }
}

static void make_local(struct lowering *l, uint32_t at, enum wasm_type type, LLVMValueRef value) {
    l->local_types[at] = lower_value_type(l->m, type);
    l->locals[at] = LLVMBuildAlloca(l->entry_builder, l->local_types[at], "local");
    if (value == NULL) value = LLVMConstNull(l->local_types[at]);
    LLVMBuildStore(l->entry_builder, value, l->locals[at]);
}

static void make_locals(struct lowering *l, const struct wasm_function *function) {
    size_t count = (size_t)l->type->parameter_count + function->local_count;
    l->locals = arena_array(&l->arena, count, sizeof *l->locals);
    l->local_types = arena_array(&l->arena, count, sizeof *l->local_types);
    uint32_t at = 0, parameter_count = l->type->parameter_count;
    LLVMValueRef *parameters = arena_array(&l->arena, parameter_count, sizeof *parameters);
    if (l->m->plan->in_tail_calls[l->index])
        lower_tail_parameters(l, parameters);
    else
        for (uint32_t i = 0; i < parameter_count; i++)
            parameters[i] = LLVMGetParam(l->function, i + 1);
    for (; at < parameter_count; at++)
        make_local(l, at, l->type->parameters[at], parameters[at]);
    for (uint32_t i = 0; i < function->local_run_count; i++)
        for (uint32_t j = 0; j < function->local_runs[i].count; j++)
            make_local(l, at++, function->local_runs[i].type, NULL);
}

/* In dead code nothing is lowered; these alone tell where it ends. */
static bool is_structure(enum wasm_op op) {
    switch (op) {
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_IF:
    case WASM_OP_ELSE:
    case WASM_OP_TRY:
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL:
    case WASM_OP_DELEGATE:
    case WASM_OP_TRY_TABLE:
    case WASM_OP_END: return true;
    default: return false;
    }
}

static bool lower_body(struct lowering *l, const struct wasm_function *function) {
    struct reader reader = reader_make(function->body, function->body_size, function->body_offset);
    while (reader.at != reader.end && !l->failed) {
        struct wasm_instr instr;
        if (!wasm_instr_read(&reader, &instr, l->err)) return false;
        debug_lines_set(l->m->lines, l->builder, instr.offset);
        if (l->reachable || is_structure(instr.op))
            lowerings[instr.op].emit(l, &instr, lowerings[instr.op].argument);
    }
    return !l->failed;
}

bool lower_function(struct lower_module *m, uint32_t index, struct error *err) {
    const struct wasm_function *function = &m->wasm->functions[index];
    struct lowering l = {
        .m = m,
        .builder = m->builder,
        .index = index,
        .type = &m->wasm->types[function->type_index],
        .function = lower_function_declare(m, index),
        .reachable = true,
        .err = err,
    };
    l.context = LLVMGetParam(l.function, 0);
    LLVMSetValueName2(l.context, "context", 7);
    l.entry = lower_block_make(&l, "entry");
    l.body = lower_block_make(&l, "body");
    l.entry_builder = LLVMCreateBuilderInContext(m->context);
    LLVMPositionBuilderAtEnd(l.entry_builder, l.entry);
    LLVMPositionBuilderAtEnd(l.builder, l.body);
    l.memories = arena_array(&l.arena, m->wasm->memory_count, sizeof *l.memories);
    debug_lines_begin(m->lines, l.function, index);
    debug_lines_set_none(m->lines, l.entry_builder);
    debug_lines_set_none(m->lines, l.builder);
    make_locals(&l, function);
    lower_frame_push_function(&l);
    bool ok = lower_body(&l, function);
    if (ok) {
        fill_trap_blocks(&l);
        LLVMBuildBr(l.entry_builder, l.body);
    }
    debug_lines_end(m->lines, l.builder);
    LLVMDisposeBuilder(l.entry_builder);
    arena_free(&l.arena);
    return ok;
}

/* Nothing to make: what wasm_ops.def wants for instructions without effect. */
void lower_nop(struct lowering *l, const struct wasm_instr *instr, int argument) {
}
