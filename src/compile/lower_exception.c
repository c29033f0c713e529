/*
 * lower_exception.c - throwing and catching, in both forms (Core specification, 4.4.8 and 4.4.9;
 * the legacy form is the proposal's first version, which many compilers still make); see lower.h.
 *
 * A call inside a try is an invoke.  All of a try's share one landing pad, which leads to the try's
 * dispatch: a chain of comparisons with the tags of its clauses, with a phi for the exception in
 * front.  What no clause wants goes on to the dispatch of the next try around it, or is thrown
 * again where there is none in the function.  A throw inside a try goes to the dispatch directly.
 *
 * The dispatch is made when something first needs it and filled in when the clauses are known: at
 * the end of a try_table, clause by clause in the legacy form.  A try in which nothing throws has
 * none, and its handlers are dead.
 */
#include "compile/lower.h"

/* The innermost try whose exceptions those of code inside the first `depth` frames are, or NULL. */
static struct lower_frame *find_try(struct lowering *l, uint32_t depth) {
    for (uint32_t i = depth; i > 0; i--)
        if (l->frames[i - 1].catches) return &l->frames[i - 1];
    return NULL;
}

static LLVMBasicBlockRef dispatch_of(struct lowering *l, struct lower_frame *frame) {
    if (frame->dispatch != NULL) return frame->dispatch;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    frame->dispatch = frame->undecided = lower_block_make(l, "dispatch");
    LLVMPositionBuilderAtEnd(l->builder, frame->dispatch);
    frame->exception = LLVMBuildPhi(l->builder, l->m->pointer, "exception");
    LLVMPositionBuilderAtEnd(l->builder, before);
    return frame->dispatch;
}

LLVMBasicBlockRef lower_landing(struct lowering *l) {
    struct lower_module *m = l->m;
    struct lower_frame *frame = find_try(l, l->frame_count);
    if (frame == NULL || frame->landing != NULL) return frame == NULL ? NULL : frame->landing;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    frame->landing = lower_block_make(l, "landing");
    LLVMPositionBuilderAtEnd(l->builder, frame->landing);
    LLVMTypeRef fields[] = {m->pointer, m->i32};
    LLVMTypeRef type = LLVMStructTypeInContext(m->context, fields, 2, false);
    LLVMValueRef pad = LLVMBuildLandingPad(l->builder, type, lower_personality(m), 1, "");
    LLVMAddClause(pad, LLVMConstNull(m->pointer)); /* catches everything */
    LLVMValueRef exception = LLVMBuildExtractValue(l->builder, pad, 0, "");
    LLVMBasicBlockRef dispatch = dispatch_of(l, frame);
    LLVMAddIncoming(frame->exception, &exception, &frame->landing, 1);
    LLVMBuildBr(l->builder, dispatch);
    LLVMPositionBuilderAtEnd(l->builder, before);
    return frame->landing;
}

/* The exception leaves the first `depth` frames from where the builder is. */
static void build_raise(struct lowering *l, LLVMValueRef exception, uint32_t depth) {
    struct lower_module *m = l->m;
    struct lower_frame *frame = find_try(l, depth);
    if (frame != NULL) {
        LLVMBasicBlockRef dispatch = dispatch_of(l, frame), from = LLVMGetInsertBlock(l->builder);
        LLVMAddIncoming(frame->exception, &exception, &from, 1);
        LLVMBuildBr(l->builder, dispatch);
        return;
    }
    LLVMValueRef call = lower_libcall(l, LIBCALL(throw), m->void_type, &exception, 1);
    LLVMRemoveCallSiteEnumAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                    LLVMGetEnumAttributeKind(m->attribute_nounwind));
    LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                             m->attribute_cold);
    lower_intrinsic(m, l->builder, "llvm.trap", NULL, 0, NULL, 0);
    LLVMBuildUnreachable(l->builder);
}

static LLVMValueRef tag_pointer(struct lowering *l, uint32_t tag) {
    return lower_load_constant_pointer(l->m, l->builder, l->context,
                                       l->m->plan->layout.tags + 8 * (uint64_t)tag, "tag");
}

static const struct wasm_function_type *tag_type(const struct lowering *l, uint32_t tag) {
    return &l->m->wasm->types[l->m->wasm->tags[tag].type_index];
}

static LLVMValueRef value_address(struct lowering *l, LLVMValueRef exception, uint32_t index) {
    return lower_offset(
        l->m, l->builder, exception,
        offsetof(struct exception, values) + sizeof(union wasm_value) * (uint64_t)index, "");
}

static void push_values(struct lowering *l, LLVMValueRef exception, uint32_t tag) {
    const struct wasm_function_type *type = tag_type(l, tag);
    for (uint32_t i = 0; i < type->parameter_count; i++)
        lower_push(l, LLVMBuildLoad2(l->builder, lower_value_type(l->m, type->parameters[i]),
                                     value_address(l, exception, i), ""));
}

/* Is the exception of the tag? If not, the builder goes on in the block returned. */
static LLVMBasicBlockRef branch_on_tag(struct lowering *l, LLVMValueRef exception, uint32_t tag,
                                       LLVMBasicBlockRef handler) {
    LLVMValueRef at =
        lower_offset(l->m, l->builder, exception, offsetof(struct exception, tag), "");
    LLVMValueRef actual = LLVMBuildLoad2(l->builder, l->m->pointer, at, "");
    LLVMValueRef same = LLVMBuildICmp(l->builder, LLVMIntEQ, actual, tag_pointer(l, tag), "is.tag");
    LLVMBasicBlockRef other = lower_block_make(l, "dispatch");
    LLVMBuildCondBr(l->builder, same, handler, other);
    return other;
}

void lower_throw(struct lowering *l, const struct wasm_instr *instr, int argument) {
    const struct wasm_function_type *type = tag_type(l, instr->index);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index)};
    LLVMValueRef exception = lower_libcall(l, LIBCALL(exception_new), l->m->pointer, arguments, 1);
    l->stack_size -= type->parameter_count;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        LLVMBuildStore(l->builder, l->stack[l->stack_size + i], value_address(l, exception, i));
    build_raise(l, exception, l->frame_count);
    l->reachable = false;
}

void lower_throw_ref(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef exception = lower_pop(l);
    lower_trap_if(l, LLVMBuildIsNull(l->builder, exception, ""), TRAP_NULL_EXCEPTION);
    build_raise(l, exception, l->frame_count);
    l->reachable = false;
}

void lower_try_table(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = lower_frame_open(l, FRAME_TRY_TABLE, &instr->try_table.block);
    if (frame->is_dead) return;
    frame->catches = true;
    frame->clauses = *instr;
}

/* The labels of the clauses count from outside of the try_table. */
static void end_try_table(struct lowering *l, struct lower_frame *frame) {
    bool caught_all = false;
    for (uint32_t i = 0; i < frame->clauses.try_table.count && !caught_all; i++) {
        struct wasm_catch clause = wasm_instr_catch_next(&frame->clauses);
        bool has_tag = clause.kind == WASM_CATCH || clause.kind == WASM_CATCH_REF;
        LLVMBasicBlockRef other = NULL;
        if (has_tag) {
            LLVMBasicBlockRef handler = lower_block_make(l, "catch");
            other = branch_on_tag(l, frame->exception, clause.tag, handler);
            LLVMPositionBuilderAtEnd(l->builder, handler);
        }
        l->stack_size = frame->height;
        if (has_tag) push_values(l, frame->exception, clause.tag);
        if (clause.kind == WASM_CATCH_REF || clause.kind == WASM_CATCH_ALL_REF)
            lower_push(l, frame->exception);
        LLVMBuildBr(l->builder, lower_branch_target(l, clause.label));
        if (has_tag)
            LLVMPositionBuilderAtEnd(l->builder, other);
        else
            caught_all = true;
    }
    if (!caught_all) build_raise(l, frame->exception, l->frame_count);
}

void lower_try_end(struct lowering *l, struct lower_frame *frame) {
    frame->catches = false;
    if (frame->undecided == NULL) return;
    LLVMPositionBuilderAtEnd(l->builder, frame->undecided);
    if (frame->kind == FRAME_TRY_TABLE)
        end_try_table(l, frame);
    else
        build_raise(l, frame->exception, l->frame_count);
}

/* The legacy form. */

void lower_try(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = lower_frame_open(l, FRAME_TRY, &instr->block);
    if (!frame->is_dead) frame->catches = true;
}

/* The part before ends; what is thrown in a handler is not this try's any more. */
static struct lower_frame *start_handler(struct lowering *l) {
    struct lower_frame *frame = lower_frame_top(l);
    if (frame->is_dead) return NULL;
    lower_fall_through(l, frame);
    frame->catches = false;
    l->reachable = false;
    l->stack_size = frame->height;
    return frame->undecided == NULL ? NULL : frame;
}

void lower_catch(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = start_handler(l);
    if (frame == NULL) return;
    LLVMBasicBlockRef handler = lower_block_make(l, "catch");
    LLVMPositionBuilderAtEnd(l->builder, frame->undecided);
    frame->undecided = branch_on_tag(l, frame->exception, instr->index, handler);
    lower_enter_block(l, handler);
    push_values(l, frame->exception, instr->index);
}

void lower_catch_all(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = start_handler(l);
    if (frame == NULL) return;
    LLVMPositionBuilderAtEnd(l->builder, frame->undecided);
    frame->undecided = NULL;
    l->reachable = true;
}

void lower_rethrow(struct lowering *l, const struct wasm_instr *instr, int argument) {
    const struct lower_frame *frame = &l->frames[l->frame_count - 1 - instr->index];
    build_raise(l, frame->exception, l->frame_count);
    l->reachable = false;
}

/* The end of a try without handlers: what it throws is thrown where the label is. */
void lower_delegate(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = lower_frame_top(l);
    if (!frame->is_dead) {
        frame->catches = false;
        if (frame->undecided != NULL) {
            LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
            LLVMPositionBuilderAtEnd(l->builder, frame->undecided);
            build_raise(l, frame->exception, l->frame_count - 1 - instr->index);
            LLVMPositionBuilderAtEnd(l->builder, before);
            frame->undecided = NULL;
        }
    }
    lower_end(l, instr, argument);
}

/* The personality. */

LLVMValueRef lower_personality(struct lower_module *m) {
    if (m->personality != NULL) return m->personality;
    LLVMTypeRef parameters[] = {m->i32, m->i32, m->i64, m->pointer, m->pointer};
    LLVMTypeRef type = LLVMFunctionType(m->i32, parameters, 5, false);
    m->personality = LLVMAddFunction(m->llvm, "mpiwasm_personality", type);
    LLVMSetVisibility(m->personality, LLVMHiddenVisibility);
    return m->personality;
}

/* The runtime's is called through a variable, so that loading an artifact needs no symbol of it. */
LLVMValueRef lower_personality_define(struct lower_module *m) {
    LLVMValueRef variable = LLVMAddGlobal(m->llvm, m->pointer, "artifact.personality");
    LLVMSetInitializer(variable, LLVMConstNull(m->pointer));
    LLVMSetLinkage(variable, LLVMInternalLinkage);
    LLVMSetExternallyInitialized(variable, true);
    LLVMValueRef function = lower_personality(m), arguments[5];
    for (unsigned i = 0; i < m->function_attribute_count; i++)
        LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, m->function_attributes[i]);
    LLVMPositionBuilderAtEnd(m->builder, LLVMAppendBasicBlockInContext(m->context, function, ""));
    LLVMValueRef code = LLVMBuildLoad2(m->builder, m->pointer, variable, "");
    LLVMGetParams(function, arguments);
    LLVMBuildRet(m->builder, LLVMBuildCall2(m->builder, LLVMGlobalGetValueType(function), code,
                                            arguments, 5, ""));
    return variable;
}
