/*
 * widen_inductions.c - memory[zext(a)], a = s, s + c, s + 2 c ..., read as memory[zext(s) + k c];
 * see widen_inductions.h.
 *
 * Expects accesses as lower_memory.c and fold_offsets.c leave them, in counted loops without calls.
 * An address that is computed in 32 bits may wrap around at 4 GiB, so LLVM either checks for that
 * before every vectorised loop, which short loops do not repay, or gives the loop up.  We know
 * more: the last 64 KiB below 4 GiB are never accessible (MEMORY_MAX_PAGES_32).  An access that
 * happens in every iteration, with a step of at most STEP_MAX, cannot get past them: before it
 * would wrap, it traps.
 *
 * That alone would not do: LLVM may move the access into a branch, and a loop that counts in 64
 * bits would then step over the guard region.  So the way into the loop computes where the last
 * iteration will be, from the number of iterations, and traps at once if that is outside of the 4
 * GiB.  Beyond this check no address of the loop can leave them, whatever LLVM does.
 *
 * Addresses of 64 bits are cut to the memory's limit, memory[min(a, limit)], which LLVM cannot
 * vectorise either.  With the same check, against the limit, the loop does without the minimum.
 *
 * What may differ from the letter: the trap comes before the iterations that would have preceded
 * it (so not with --strict-traps), and a loop whose end a counter can miss, by stepping over it or
 * by overflowing first, is taken for one that traps; such a loop runs until the address has gone
 * through all of memory.
 */
#include "compile/widen_inductions.h"

#include "compile/inductions.h"
#include "runtime/runtime_abi.h"

#include <stddef.h>
#include <string.h>

enum {
    /* Half of what is inaccessible, so that an offset of up to 1 KiB (fold_offsets.c) in front of
     * the address does not reach out of it. */
    STEP_MAX = 32 << 10,
    ACCESS_MAX = 64,      /* per loop */
    WIDE_COUNT_BITS = 47, /* more iterations than any memory has bytes */
    COUNT_MIN = 16,       /* a loop with fewer iterations is unrolled whole and needs no help */
};

/* gep i8, base, zext(address) or gep i8, base, umin(address, limit) */
struct access {
    LLVMValueRef gep, address;
    LLVMValueRef limit; /* NULL if the address has 32 bits */
    int64_t step;
};

struct widening {
    LLVMContextRef context;
    LLVMBuilderRef builder;
    LLVMTypeRef i1, i8, i32, i64, pointer, void_type;
    struct induction_scope scope;
    unsigned umin;          /* the intrinsic's id */
    LLVMBasicBlockRef trap; /* NULL until asked for */
};

/* The value it has in the first iteration, computed where the builder is: before the loop. */
static LLVMValueRef build_start(const struct widening *w, LLVMValueRef value) {
    if (!induction_is_inside(&w->scope, value)) return value;
    if (LLVMIsAPHINode(value)) return induction_incoming(value, w->scope.preheader);
    LLVMValueRef left = build_start(w, LLVMGetOperand(value, 0));
    LLVMValueRef right = build_start(w, LLVMGetOperand(value, 1));
    LLVMOpcode op = induction_is_sum(value) ? LLVMAdd : LLVMGetInstructionOpcode(value);
    return LLVMBuildBinOp(w->builder, op, left, right, "");
}

/* Of our code, all that can end with an exception lacks "nounwind"; traps have it. */
static bool may_throw(LLVMBasicBlockRef block) {
    unsigned nounwind = LLVMGetEnumAttributeKindForName("nounwind", 8);
    LLVMValueRef at = LLVMGetFirstInstruction(block);
    for (; at != NULL; at = LLVMGetNextInstruction(at))
        if (LLVMIsAInvokeInst(at) ||
            (LLVMIsACallInst(at) && LLVMGetIntrinsicID(LLVMGetCalledValue(at)) == 0 &&
             LLVMGetCallSiteEnumAttribute(at, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                          nounwind) == NULL))
            return true;
    return false;
}

/* Does a block lead to nothing but a trap? */
static bool ends_in_trap(LLVMBasicBlockRef block) {
    for (int i = 0; i < 4; i++) {
        LLVMValueRef terminator = LLVMGetBasicBlockTerminator(block);
        if (may_throw(block)) return false;
        if (LLVMGetInstructionOpcode(terminator) == LLVMUnreachable) return true;
        if (LLVMGetInstructionOpcode(terminator) != LLVMBr || LLVMIsConditional(terminator))
            return false;
        block = LLVMGetSuccessor(terminator, 0);
    }
    return false;
}

/* All iterations run to the end, unless one traps: no other way out, and no call that could end the
 * program. (A loop inside that never ends would hang; it traps instead.) */
static bool is_plain(const struct widening *w) {
    for (uint32_t i = 0; i < w->scope.loop->block_count; i++) {
        LLVMBasicBlockRef block = w->scope.loops.blocks[w->scope.loop->blocks[i]].block;
        LLVMValueRef at = LLVMGetFirstInstruction(block);
        for (; at != NULL; at = LLVMGetNextInstruction(at))
            if (LLVMIsACallInst(at) && LLVMGetIntrinsicID(LLVMGetCalledValue(at)) == 0)
                return false;
        LLVMValueRef terminator = LLVMGetBasicBlockTerminator(block);
        if (LLVMIsAInvokeInst(terminator)) return false;
        for (unsigned j = 0; block != w->scope.latch && j < LLVMGetNumSuccessors(terminator); j++) {
            LLVMBasicBlockRef to = LLVMGetSuccessor(terminator, j);
            if (!loops_contains(w->scope.loop, loops_number(&w->scope.loops, to)) &&
                !ends_in_trap(to))
                return false;
        }
    }
    return true;
}

/* The loop goes on while `moving` predicate `bound`, compared at the end of an iteration. */
struct condition {
    LLVMIntPredicate predicate;
    LLVMValueRef moving, bound;
    int64_t step;
    unsigned width;
};

static LLVMIntPredicate invert(LLVMIntPredicate predicate) {
    switch (predicate) {
    case LLVMIntEQ: return LLVMIntNE;
    case LLVMIntNE: return LLVMIntEQ;
    case LLVMIntUGT: return LLVMIntULE;
    case LLVMIntUGE: return LLVMIntULT;
    case LLVMIntULT: return LLVMIntUGE;
    case LLVMIntULE: return LLVMIntUGT;
    case LLVMIntSGT: return LLVMIntSLE;
    case LLVMIntSGE: return LLVMIntSLT;
    case LLVMIntSLT: return LLVMIntSGE;
    default: return LLVMIntSGT;
    }
}

static LLVMIntPredicate swap_sides(LLVMIntPredicate predicate) {
    switch (predicate) {
    case LLVMIntUGT: return LLVMIntULT;
    case LLVMIntUGE: return LLVMIntULE;
    case LLVMIntULT: return LLVMIntUGT;
    case LLVMIntULE: return LLVMIntUGE;
    case LLVMIntSGT: return LLVMIntSLT;
    case LLVMIntSGE: return LLVMIntSLE;
    case LLVMIntSLT: return LLVMIntSGT;
    case LLVMIntSLE: return LLVMIntSGE;
    default: return predicate;
    }
}

static bool is_upward(LLVMIntPredicate predicate) {
    return predicate == LLVMIntULT || predicate == LLVMIntULE || predicate == LLVMIntSLT ||
           predicate == LLVMIntSLE;
}

static bool find_condition(const struct widening *w, struct condition *out) {
    LLVMValueRef branch = LLVMGetBasicBlockTerminator(w->scope.latch);
    if (LLVMGetInstructionOpcode(branch) != LLVMBr || !LLVMIsConditional(branch)) return false;
    LLVMValueRef compare = LLVMGetCondition(branch);
    if (!LLVMIsAICmpInst(compare)) return false;
    struct condition c = {.predicate = LLVMGetICmpPredicate(compare),
                          .moving = LLVMGetOperand(compare, 0),
                          .bound = LLVMGetOperand(compare, 1)};
    LLVMTypeRef type = LLVMTypeOf(c.moving);
    if (type != w->i32 && type != w->i64) return false;
    if (LLVMGetSuccessor(branch, 0) != w->scope.header) c.predicate = invert(c.predicate);
    if (induction_is_inside(&w->scope, c.bound)) {
        LLVMValueRef bound = c.moving;
        c.moving = c.bound;
        c.bound = bound;
        c.predicate = swap_sides(c.predicate);
    }
    uint64_t step;
    if (induction_is_inside(&w->scope, c.bound) || !induction_is_inside(&w->scope, c.moving) ||
        !induction_find_step(&w->scope, c.moving, &step))
        return false;
    c.width = LLVMGetIntTypeWidth(type);
    c.step = induction_sign_extend(step, c.width);
    int64_t size = c.step < 0 ? -c.step : c.step;
    if (size == 0 || size > STEP_MAX || c.predicate == LLVMIntEQ) return false;
    if (c.predicate == LLVMIntNE) {
        if ((size & (size - 1)) != 0) return false;
    } else if (is_upward(c.predicate) != (c.step > 0)) {
        return false;
    }
    *out = c;
    return true;
}

static LLVMValueRef either(const struct widening *w, LLVMValueRef a, LLVMValueRef b) {
    return a == NULL ? b : LLVMBuildOr(w->builder, a, b, "");
}

/* How far a counter can go from `start` before it overflows, as i64. */
static LLVMValueRef build_room(const struct widening *w, LLVMValueRef start, bool is_signed,
                               bool up) {
    LLVMTypeRef type = LLVMTypeOf(start);
    uint64_t ones = ~UINT64_C(0) >> (64 - LLVMGetIntTypeWidth(type));
    uint64_t largest = is_signed ? ones >> 1 : ones;
    LLVMValueRef end = LLVMConstInt(type, up ? largest : ones - largest, false);
    LLVMValueRef room =
        up ? LLVMBuildSub(w->builder, end, start, "") : LLVMBuildSub(w->builder, start, end, "");
    return LLVMBuildZExt(w->builder, room, w->i64, "room");
}

/*
 * How many iterations follow the first, as i64, and when that number is not to be trusted
 * (*misses, i1, NULL for never): the counter steps over its bound, or overflows before it.
 */
static LLVMValueRef build_count(const struct widening *w, const struct condition *c,
                                LLVMValueRef *misses) {
    LLVMBuilderRef builder = w->builder;
    LLVMValueRef start = build_start(w, c->moving);
    bool up = c->step > 0;
    uint64_t size = (uint64_t)(up ? c->step : -c->step);
    LLVMValueRef distance = up ? LLVMBuildSub(builder, c->bound, start, "")
                               : LLVMBuildSub(builder, start, c->bound, "");
    LLVMValueRef wide = LLVMBuildZExt(builder, distance, w->i64, "distance");
    *misses = NULL;
    if (c->predicate == LLVMIntNE) {
        LLVMValueRef rest = LLVMBuildAnd(builder, wide, LLVMConstInt(w->i64, size - 1, false), "");
        if (size > 1)
            *misses = LLVMBuildICmp(builder, LLVMIntNE, rest, LLVMConstNull(w->i64), "misses");
        return LLVMBuildUDiv(builder, wide, LLVMConstInt(w->i64, size, false), "count");
    }
    bool is_signed = c->predicate == LLVMIntSLT || c->predicate == LLVMIntSLE ||
                     c->predicate == LLVMIntSGT || c->predicate == LLVMIntSGE;
    bool with_bound = c->predicate == LLVMIntSLE || c->predicate == LLVMIntULE ||
                      c->predicate == LLVMIntSGE || c->predicate == LLVMIntUGE;
    /* Iterations beside the first: for each value from the start on that is before the bound. */
    LLVMValueRef step = LLVMConstInt(w->i64, size, false);
    LLVMValueRef round = LLVMConstInt(w->i64, with_bound ? size : size - 1, false);
    LLVMValueRef count = LLVMBuildUDiv(builder, LLVMBuildAdd(builder, wide, round, ""), step, "");
    LLVMValueRef any = LLVMBuildICmp(builder, c->predicate, start, c->bound, "");
    if (with_bound || size > 1)
        *misses = LLVMBuildICmp(builder, LLVMIntUGT, LLVMBuildMul(builder, count, step, ""),
                                build_room(w, start, is_signed, up), "misses");
    if (c->width == 64) /* the sum and the product above may have overflowed */
        *misses = either(w, *misses,
                         LLVMBuildICmp(builder, LLVMIntUGT, wide,
                                       LLVMConstInt(w->i64, UINT64_C(1) << 62, false), ""));
    if (*misses != NULL) *misses = LLVMBuildAnd(builder, any, *misses, "");
    return LLVMBuildSelect(builder, any, count, LLVMConstNull(w->i64), "count");
}

/* Is some access by this address part of every iteration? */
static bool is_always_accessed(const struct widening *w, LLVMValueRef address, int depth) {
    for (LLVMUseRef use = LLVMGetFirstUse(address); use != NULL; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        bool is_store = LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == address;
        if (LLVMIsALoadInst(user) || is_store) {
            uint32_t block = loops_number(&w->scope.loops, LLVMGetInstructionParent(user));
            if (loops_contains(w->scope.loop, block) &&
                loops_dominates(&w->scope.loops, block, w->scope.loop->latch))
                return true;
        } else if (depth > 0 && LLVMIsAGetElementPtrInst(user) &&
                   LLVMIsAConstantInt(LLVMGetOperand(user, 1)) &&
                   is_always_accessed(w, user, depth - 1)) {
            return true;
        }
    }
    return false;
}

/* A load from a constant offset, which is found, behind what is returned; or NULL. */
static LLVMValueRef loaded_from(LLVMValueRef value, uint64_t *offset) {
    if (!LLVMIsALoadInst(value)) return NULL;
    LLVMValueRef at = LLVMGetOperand(value, 0);
    *offset = 0;
    if (!LLVMIsAGetElementPtrInst(at)) return at;
    if (LLVMGetNumOperands(at) != 2 || !LLVMIsAConstantInt(LLVMGetOperand(at, 1))) return NULL;
    *offset = LLVMConstIntGetZExtValue(LLVMGetOperand(at, 1));
    return LLVMGetOperand(at, 0);
}

/* context->memories[...]->limit */
static bool is_limit(const struct widening *w, LLVMValueRef value) {
    uint64_t offset, place;
    LLVMValueRef memory = loaded_from(value, &offset);
    return memory != NULL && offset == offsetof(struct linear_memory, limit) &&
           loaded_from(memory, &place) == LLVMGetParam(w->scope.function, 0) &&
           !induction_is_inside(&w->scope, value);
}

/* zext(address), umin(address, limit) */
static bool find_address(const struct widening *w, LLVMValueRef index, struct access *out) {
    if (LLVMIsAZExtInst(index)) {
        out->address = LLVMGetOperand(index, 0);
        return LLVMTypeOf(out->address) == w->i32;
    }
    if (!LLVMIsACallInst(index) || LLVMGetIntrinsicID(LLVMGetCalledValue(index)) != w->umin)
        return false;
    bool swapped = is_limit(w, LLVMGetOperand(index, 0));
    out->address = LLVMGetOperand(index, swapped ? 1 : 0);
    out->limit = LLVMGetOperand(index, swapped ? 0 : 1);
    return is_limit(w, out->limit);
}

static bool find_access(const struct widening *w, LLVMValueRef at, struct access *out) {
    if (!LLVMIsAGetElementPtrInst(at) || LLVMGetNumOperands(at) != 2 ||
        !induction_is_memory_base(w->scope.function, LLVMGetOperand(at, 0)))
        return false;
    uint64_t step;
    *out = (struct access){.gep = at};
    if (!find_address(w, LLVMGetOperand(at, 1), out) ||
        !induction_find_step(&w->scope, out->address, &step))
        return false;
    out->step = induction_sign_extend(step, out->limit != NULL ? 64 : 32);
    return out->step != 0 && out->step <= STEP_MAX && out->step >= -STEP_MAX &&
           is_always_accessed(w, at, 1);
}

static unsigned find_accesses(const struct widening *w, struct access *accesses) {
    unsigned count = 0;
    for (uint32_t i = 0; i < w->scope.loop->block_count; i++) {
        LLVMBasicBlockRef block = w->scope.loops.blocks[w->scope.loop->blocks[i]].block;
        LLVMValueRef at = LLVMGetFirstInstruction(block);
        for (; at != NULL && count < ACCESS_MAX; at = LLVMGetNextInstruction(at))
            if (find_access(w, at, &accesses[count])) count++;
    }
    return count;
}

/* context->libcalls->trap(context, TRAP_MEMORY_OUT_OF_BOUNDS), as lower_function.c has it. */
static LLVMBasicBlockRef trap_block(struct widening *w) {
    if (w->trap != NULL) return w->trap;
    w->trap = LLVMAppendBasicBlockInContext(w->context, w->scope.function, "trap.range");
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(w->context);
    LLVMPositionBuilderAtEnd(builder, w->trap);
    LLVMValueRef context = LLVMGetParam(w->scope.function, 0);
    LLVMValueRef offset = LLVMConstInt(w->i64, offsetof(struct context, libcalls), false);
    LLVMValueRef at = LLVMBuildInBoundsGEP2(builder, w->i8, context, &offset, 1, "");
    LLVMValueRef libcalls = LLVMBuildLoad2(builder, w->pointer, at, "libcalls");
    offset = LLVMConstInt(w->i64, offsetof(struct runtime_libcalls, trap), false);
    at = LLVMBuildInBoundsGEP2(builder, w->i8, libcalls, &offset, 1, "");
    LLVMValueRef code = LLVMBuildLoad2(builder, w->pointer, at, "libcall");
    LLVMTypeRef parameters[] = {w->pointer, w->i32};
    LLVMTypeRef type = LLVMFunctionType(w->void_type, parameters, 2, false);
    LLVMValueRef arguments[] = {context, LLVMConstInt(w->i32, TRAP_MEMORY_OUT_OF_BOUNDS, false)};
    LLVMValueRef call = LLVMBuildCall2(builder, type, code, arguments, 2, "");
    static const char *const attributes[] = {"cold", "nounwind"};
    for (int i = 0; i < 2; i++) {
        unsigned kind = LLVMGetEnumAttributeKindForName(attributes[i], strlen(attributes[i]));
        LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                 LLVMCreateEnumAttribute(w->context, kind, 0));
    }
    unsigned id = LLVMLookupIntrinsicID("llvm.trap", 9);
    LLVMBuildCall2(builder, LLVMIntrinsicGetType(w->context, id, NULL, 0),
                   LLVMGetIntrinsicDeclaration(LLVMGetGlobalParent(w->scope.function), id, NULL, 0),
                   NULL, 0, "");
    LLVMBuildUnreachable(builder);
    LLVMDisposeBuilder(builder);
    return w->trap;
}

/* A phi that counts iterations from 0. */
static LLVMValueRef build_counter(const struct widening *w, LLVMValueRef *next) {
    LLVMPositionBuilderBefore(w->builder, LLVMGetFirstInstruction(w->scope.header));
    LLVMValueRef phi = LLVMBuildPhi(w->builder, w->i64, "iteration");
    LLVMPositionBuilderBefore(w->builder, LLVMGetBasicBlockTerminator(w->scope.latch));
    *next = LLVMBuildNSWAdd(w->builder, phi, LLVMConstInt(w->i64, 1, false), "");
    LLVMSetNUW(*next, true);
    LLVMValueRef values[] = {LLVMConstNull(w->i64), *next};
    LLVMBasicBlockRef blocks[] = {w->scope.preheader, w->scope.latch};
    LLVMAddIncoming(phi, values, blocks, 2);
    return phi;
}

/*
 * An address is where the loop starts, which is computed before it, and the counter times the step,
 * as in native code: one variable for all accesses. (LLVM judges by the number of variables how
 * often it may interleave a loop.)  With the check, it never leaves the memory's reservation.
 */
static void replace_address(const struct widening *w, const struct access *access,
                            LLVMValueRef start, LLVMValueRef counter) {
    LLVMPositionBuilderBefore(w->builder, LLVMGetBasicBlockTerminator(w->scope.preheader));
    LLVMValueRef base = LLVMGetOperand(access->gep, 0);
    LLVMValueRef first = LLVMBuildInBoundsGEP2(w->builder, w->i8, base, &start, 1, "first");
    LLVMPositionBuilderBefore(w->builder, access->gep);
    LLVMTypeRef element = w->i8;
    if (access->step > 0) {
        element = LLVMArrayType2(w->i8, (uint64_t)access->step);
    } else {
        LLVMValueRef step = LLVMConstInt(w->i64, (uint64_t)access->step, true);
        counter = LLVMBuildNSWMul(w->builder, counter, step, "");
    }
    LLVMValueRef at = LLVMBuildInBoundsGEP2(w->builder, element, first, &counter, 1, "address");
    LLVMReplaceAllUsesWith(access->gep, at);
    LLVMInstructionEraseFromParent(access->gep);
}

/* The last address of an access is outside of 0 .. 2^32 - 1, or the first or last one of 0 ..
 * limit. */
static LLVMValueRef build_check(const struct widening *w, const struct access *access,
                                LLVMValueRef start, LLVMValueRef count) {
    int64_t step = access->step;
    LLVMValueRef size = LLVMConstInt(w->i64, (uint64_t)(step > 0 ? step : -step), false);
    LLVMValueRef way = LLVMBuildMul(w->builder, count, size, "way");
    if (access->limit != NULL) {
        LLVMValueRef room =
            step < 0 ? start : LLVMBuildSub(w->builder, access->limit, start, "room");
        LLVMValueRef last = LLVMBuildICmp(w->builder, LLVMIntUGT, way, room, "");
        LLVMValueRef first = LLVMBuildICmp(w->builder, LLVMIntUGT, start, access->limit, "");
        return LLVMBuildOr(w->builder, first, last, "");
    }
    if (step < 0) return LLVMBuildICmp(w->builder, LLVMIntULT, start, way, "");
    LLVMValueRef last = LLVMConstInt(w->i64, UINT32_MAX, false);
    return LLVMBuildICmp(w->builder, LLVMIntUGT, LLVMBuildAdd(w->builder, start, way, ""), last,
                         "");
}

static void rewrite_loop(struct widening *w, const struct condition *condition,
                         struct access *accesses, unsigned access_count) {
    LLVMValueRef starts[ACCESS_MAX], failed;
    LLVMValueRef way_in = LLVMGetBasicBlockTerminator(w->scope.preheader);
    LLVMPositionBuilderBefore(w->builder, way_in);
    LLVMValueRef count = build_count(w, condition, &failed);
    if (LLVMIsAConstantInt(count) && LLVMConstIntGetZExtValue(count) + 1 < COUNT_MIN) return;
    bool is_wide = true;
    for (unsigned i = 0; i < access_count; i++)
        is_wide &= accesses[i].limit != NULL;
    uint64_t most = is_wide ? UINT64_C(1) << WIDE_COUNT_BITS : UINT32_MAX;
    if (condition->width == 64) /* else it is small enough for build_check's product */
        failed = either(
            w, failed,
            LLVMBuildICmp(w->builder, LLVMIntUGT, count, LLVMConstInt(w->i64, most, false), ""));
    for (unsigned i = 0; i < access_count; i++) {
        starts[i] = LLVMBuildZExt(w->builder, build_start(w, accesses[i].address), w->i64, "start");
        failed = either(w, failed, build_check(w, &accesses[i], starts[i], count));
    }
    LLVMValueRef limit =
        LLVMBuildAdd(w->builder, count, LLVMConstInt(w->i64, 1, false), "iterations");

    LLVMValueRef next, branch = LLVMGetBasicBlockTerminator(w->scope.latch);
    LLVMValueRef counter = build_counter(w, &next);
    for (unsigned i = 0; i < access_count; i++)
        replace_address(w, &accesses[i], starts[i], counter);
    /* With the number of iterations at hand the loop may as well end by it. */
    LLVMPositionBuilderBefore(w->builder, branch);
    bool continues_if = LLVMGetSuccessor(branch, 0) == w->scope.header;
    LLVMSetCondition(branch, LLVMBuildICmp(w->builder, continues_if ? LLVMIntNE : LLVMIntEQ, next,
                                           limit, "goes.on"));

    LLVMPositionBuilderAtEnd(w->builder, w->scope.preheader);
    LLVMInstructionEraseFromParent(way_in);
    LLVMBuildCondBr(w->builder, failed, trap_block(w), w->scope.header);
}

static void widen_loop(struct widening *w, const struct loop *loop) {
    struct access accesses[ACCESS_MAX];
    struct condition condition;
    induction_scope_enter(&w->scope, loop);
    if (!find_condition(w, &condition) || !is_plain(w)) return;
    unsigned count = find_accesses(w, accesses);
    if (count > 0) rewrite_loop(w, &condition, accesses, count);
}

static void widen_function(struct widening *w, LLVMValueRef function) {
    struct arena arena = {0};
    w->scope.function = function;
    w->trap = NULL;
    loops_find(&w->scope.loops, function, &arena);
    for (uint32_t i = w->scope.loops.loop_count; i > 0; i--) /* inner ones first */
        widen_loop(w, &w->scope.loops.loops[i - 1]);
    arena_free(&arena);
}

void widen_inductions(LLVMModuleRef module) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    struct widening w = {.context = context,
                         .builder = LLVMCreateBuilderInContext(context),
                         .i1 = LLVMInt1TypeInContext(context),
                         .i8 = LLVMInt8TypeInContext(context),
                         .i32 = LLVMInt32TypeInContext(context),
                         .i64 = LLVMInt64TypeInContext(context),
                         .pointer = LLVMPointerTypeInContext(context, 0),
                         .void_type = LLVMVoidTypeInContext(context),
                         .umin = LLVMLookupIntrinsicID("llvm.umin", 9)};
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        if (!LLVMIsDeclaration(function) && LLVMCountParams(function) > 0)
            widen_function(&w, function);
    LLVMDisposeBuilder(w.builder);
}
