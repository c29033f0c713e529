/*
 * lower_control.c - blocks and branches (Core specification, 4.4.8); see lower.h.
 *
 * A block's end is a basic block with one phi per result, a loop's head one with a phi per
 * parameter; a branch adds its operands to the phis of where it goes. An end that nothing branches
 * to is removed again, and what follows it is dead.
 */
#include "compile/lower.h"

struct lower_frame *lower_frame_top(struct lowering *l) {
    return &l->frames[l->frame_count - 1];
}

static struct lower_frame *frame_push(struct lowering *l, enum lower_frame_kind kind) {
    if (l->frame_count == l->frame_capacity) {
        uint32_t capacity = l->frame_capacity == 0 ? 16 : 2 * l->frame_capacity;
        struct lower_frame *frames = arena_array(&l->arena, capacity, sizeof *frames);
        for (uint32_t i = 0; i < l->frame_count; i++)
            frames[i] = l->frames[i];
        l->frames = frames;
        l->frame_capacity = capacity;
    }
    struct lower_frame *frame = &l->frames[l->frame_count++];
    *frame = (struct lower_frame){.kind = kind, .is_dead = !l->reachable};
    return frame;
}

static LLVMValueRef *make_phis(struct lowering *l, LLVMBasicBlockRef block,
                               const enum wasm_type *types, uint32_t count) {
    LLVMValueRef *phis = arena_array(&l->arena, count, sizeof *phis);
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMPositionBuilderAtEnd(l->builder, block);
    for (uint32_t i = 0; i < count; i++)
        phis[i] = LLVMBuildPhi(l->builder, lower_value_type(l->m, types[i]), "");
    LLVMPositionBuilderAtEnd(l->builder, before);
    return phis;
}

/* The topmost `count` operands reach the phis from where the builder is. */
static void feed(struct lowering *l, LLVMValueRef *phis, uint32_t count) {
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    for (uint32_t i = 0; i < count; i++)
        LLVMAddIncoming(phis[i], &l->stack[l->stack_size - count + i], &from, 1);
}

LLVMBasicBlockRef lower_branch_target(struct lowering *l, uint32_t label) {
    struct lower_frame *frame = &l->frames[l->frame_count - 1 - label];
    if (frame->kind == FRAME_LOOP) {
        feed(l, frame->loop_phis, frame->parameter_count);
        return frame->loop;
    }
    feed(l, frame->end_phis, frame->result_count);
    return frame->end;
}

static void make_end(struct lowering *l, struct lower_frame *frame, const char *name) {
    frame->end = lower_block_make(l, name);
    frame->end_phis = make_phis(l, frame->end, frame->results, frame->result_count);
}

/* Blocks come out in the order of the code, not in that of their making. */
void lower_enter_block(struct lowering *l, LLVMBasicBlockRef block) {
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    if (before != NULL) LLVMMoveBasicBlockAfter(block, before);
    LLVMPositionBuilderAtEnd(l->builder, block);
    l->reachable = true;
}

static void set_block_type(struct lowering *l, struct lower_frame *frame,
                           const struct wasm_block_type *block) {
    if (block->kind == WASM_BLOCK_VALUE) {
        enum wasm_type *result = arena_allocate(&l->arena, sizeof *result);
        *result = block->result;
        frame->results = result;
        frame->result_count = 1;
    } else if (block->kind == WASM_BLOCK_TYPE) {
        const struct wasm_function_type *type = &l->m->wasm->types[block->type_index];
        frame->parameters = type->parameters;
        frame->parameter_count = type->parameter_count;
        frame->results = type->results;
        frame->result_count = type->result_count;
    }
    frame->height = l->stack_size - frame->parameter_count;
}

void lower_frame_push_function(struct lowering *l) {
    struct lower_frame *frame = frame_push(l, FRAME_FUNCTION);
    frame->results = l->type->results;
    frame->result_count = l->type->result_count;
    make_end(l, frame, "return");
}

struct lower_frame *lower_frame_open(struct lowering *l, enum lower_frame_kind kind,
                                     const struct wasm_block_type *block) {
    struct lower_frame *frame = frame_push(l, kind);
    if (frame->is_dead) return frame;
    set_block_type(l, frame, block);
    make_end(l, frame, "block.end");
    return frame;
}

void lower_block(struct lowering *l, const struct wasm_instr *instr, int argument) {
    lower_frame_open(l, FRAME_BLOCK, &instr->block);
}

void lower_loop(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = frame_push(l, FRAME_LOOP);
    if (frame->is_dead) return;
    set_block_type(l, frame, &instr->block);
    make_end(l, frame, "loop.end");
    frame->loop = lower_block_make(l, "loop");
    frame->loop_phis = make_phis(l, frame->loop, frame->parameters, frame->parameter_count);
    feed(l, frame->loop_phis, frame->parameter_count);
    LLVMBuildBr(l->builder, frame->loop);
    lower_enter_block(l, frame->loop);
    for (uint32_t i = 0; i < frame->parameter_count; i++)
        l->stack[frame->height + i] = frame->loop_phis[i];
}

void lower_if(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = frame_push(l, FRAME_IF);
    if (frame->is_dead) return;
    LLVMValueRef condition = lower_condition(l, lower_pop(l));
    set_block_type(l, frame, &instr->block);
    make_end(l, frame, "if.end");
    frame->else_block = lower_block_make(l, "else");
    frame->else_values = arena_array(&l->arena, frame->parameter_count, sizeof(LLVMValueRef));
    for (uint32_t i = 0; i < frame->parameter_count; i++)
        frame->else_values[i] = l->stack[frame->height + i];
    LLVMBasicBlockRef then = lower_block_make(l, "then");
    LLVMBuildCondBr(l->builder, condition, then, frame->else_block);
    lower_enter_block(l, then);
}

void lower_fall_through(struct lowering *l, struct lower_frame *frame) {
    if (!l->reachable) return;
    feed(l, frame->end_phis, frame->result_count);
    LLVMBuildBr(l->builder, frame->end);
}

static void start_else(struct lowering *l, struct lower_frame *frame) {
    lower_fall_through(l, frame);
    lower_enter_block(l, frame->else_block);
    l->stack_size = frame->height;
    for (uint32_t i = 0; i < frame->parameter_count; i++)
        lower_push(l, frame->else_values[i]);
    frame->has_else = true;
}

void lower_else(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = lower_frame_top(l);
    if (!frame->is_dead) start_else(l, frame);
}

static void build_return(struct lowering *l, const struct lower_frame *frame) {
    if (frame->result_count == 0) {
        LLVMBuildRetVoid(l->builder);
    } else if (frame->result_count == 1) {
        LLVMBuildRet(l->builder, frame->end_phis[0]);
    } else {
        LLVMBuildAggregateRet(l->builder, frame->end_phis, frame->result_count);
    }
    l->reachable = false;
}

void lower_end(struct lowering *l, const struct wasm_instr *instr, int argument) {
    struct lower_frame *frame = lower_frame_top(l);
    if (frame->is_dead) {
        l->frame_count--;
        return;
    }
    if (frame->kind == FRAME_IF && !frame->has_else) start_else(l, frame);
    lower_fall_through(l, frame);
    l->frame_count--;
    if (frame->kind == FRAME_TRY || frame->kind == FRAME_TRY_TABLE) lower_try_end(l, frame);
    if (LLVMGetFirstUse(LLVMBasicBlockAsValue(frame->end)) == NULL) {
        LLVMDeleteBasicBlock(frame->end);
        l->reachable = false;
        return;
    }
    lower_enter_block(l, frame->end);
    l->stack_size = frame->height;
    for (uint32_t i = 0; i < frame->result_count; i++)
        lower_push(l, frame->end_phis[i]);
    if (frame->kind == FRAME_FUNCTION) build_return(l, frame);
}

void lower_br(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildBr(l->builder, lower_branch_target(l, instr->index));
    l->reachable = false;
}

void lower_return(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildBr(l->builder, lower_branch_target(l, l->frame_count - 1));
    l->reachable = false;
}

void lower_br_if(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef condition = lower_condition(l, lower_pop(l));
    LLVMBasicBlockRef target = lower_branch_target(l, instr->index);
    LLVMBasicBlockRef go_on = lower_block_make(l, "");
    LLVMBuildCondBr(l->builder, condition, target, go_on);
    lower_enter_block(l, go_on);
}

/* What falls through has the reference on the stack, what branches does not. */
void lower_br_on_null(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef reference = lower_pop(l);
    LLVMValueRef is_null = LLVMBuildIsNull(l->builder, reference, "");
    LLVMBasicBlockRef target = lower_branch_target(l, instr->index);
    LLVMBasicBlockRef go_on = lower_block_make(l, "");
    LLVMBuildCondBr(l->builder, is_null, target, go_on);
    lower_enter_block(l, go_on);
    lower_push(l, reference);
}

/* The other way round. */
void lower_br_on_non_null(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef is_null = LLVMBuildIsNull(l->builder, lower_top(l), "");
    LLVMBasicBlockRef target = lower_branch_target(l, instr->index);
    LLVMBasicBlockRef go_on = lower_block_make(l, "");
    LLVMBuildCondBr(l->builder, is_null, go_on, target);
    lower_enter_block(l, go_on);
    lower_pop(l);
}

void lower_br_table(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef selector = lower_pop(l);
    struct wasm_instr labels = *instr;
    uint32_t count = instr->labels.count, fallback = 0;
    for (uint32_t i = 0; i <= count; i++)
        fallback = wasm_instr_label_next(&labels);
    LLVMValueRef table =
        LLVMBuildSwitch(l->builder, selector, lower_branch_target(l, fallback), count);
    labels = *instr;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t label = wasm_instr_label_next(&labels);
        if (label != fallback)
            LLVMAddCase(table, lower_i32(l->m, i), lower_branch_target(l, label));
    }
    l->reachable = false;
}

void lower_unreachable(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildBr(l->builder, lower_trap_block(l, TRAP_UNREACHABLE));
    l->reachable = false;
}
