/*
 * alias_roots.c - one opaque copy of the memory's base per array of a loop; see alias_roots.h.
 *
 * Expects accesses as lower_memory.c, fold_offsets.c and widen_inductions.c leave them: base +
 * index
 * (+ constant). To LLVM all of them go into one object, and it can vectorise such a loop only if
 * it knows the distances between them, or their steps are all the same, so that comparing starts
 * tells whether they overlap. With pointers into different objects it compares whole ranges before
 * the loop, and any affine access will do. So the *root* of each address, what an index is added
 * to (an argument, a loaded pointer), gets a base of its own: the result of a call to a function
 * that LLVM knows nothing about but that it can be left out or moved.
 *
 * That is sound, since nothing says that roots are different arrays: they may be equal, as any two
 * unknown pointers may, and LLVM's checks decide at run time. Roots are therefore chosen by
 * appearance, and a wrong choice costs speed alone. After the vectoriser alias_roots_remove puts
 * the base back, and the code is as if it had been compiled with it.
 *
 * Only where it helps: comparing starts is cheaper than comparing ranges, so loops in which all
 * accesses have one step keep the one base, unless two stores are interleaved (the fields of
 * structs). Accesses to constant addresses, which are global arrays, share the plain base there.
 * Where they have one step, and a store is ahead of a load, it is the other way round: LLVM knows
 * that the load will meet what was stored, and how far that is, but interleaves no such loop; the
 * comparisons between roots, however, are constant once the base is back.
 */
#include "compile/alias_roots.h"

#include "compile/inductions.h"

#include <string.h>

enum {
    ACCESS_MAX = 64, /* per loop; LLVM gives up on long lists of checks much earlier */
    ROOT_MAX = 64,   /* per function */
    NEARBY = 2048,   /* constants less than that apart, in bytes, may belong to one array */
    DEPTH = 16,      /* of expressions looked into */
};

static const char function_name[] = "mpiwasm.alias.root";

/* A load or store at base + index, or at base + start + index, or at that and a constant. */
struct access {
    LLVMValueRef instruction;
    LLVMValueRef start_gep, gep, constant_gep; /* the first and the last NULL if there are none */
    LLVMValueRef root; /* NULL: none but constants, whose sum is `constant` */
    uint64_t constant;
    int64_t step;
    uint64_t size; /* bytes; of stores */
};

struct rooting {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTypeRef i32, pointer;
    LLVMTypeRef type; /* of the opaque function */
    LLVMValueRef opaque;
    struct induction_scope scope;
    struct root {
        LLVMValueRef value, base, copy;
        uint64_t constant;
    } roots[ROOT_MAX];
    unsigned root_count;
    bool any;
};

static bool is_constant_gep(LLVMValueRef value) {
    return LLVMIsAGetElementPtrInst(value) && LLVMGetNumOperands(value) == 2 &&
           LLVMIsAConstantInt(LLVMGetOperand(value, 1));
}

static bool is_simple_gep(LLVMValueRef value) {
    return LLVMIsAGetElementPtrInst(value) && LLVMGetNumOperands(value) == 2;
}

/* Of the elements that its index counts: bytes, or arrays of bytes (widen_inductions.c). */
static uint64_t element_size(LLVMValueRef gep) {
    LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
    return LLVMGetTypeKind(type) == LLVMArrayTypeKind ? LLVMGetArrayLength2(type) : 1;
}

static bool is_cast(LLVMValueRef value) {
    return LLVMIsAZExtInst(value) || LLVMIsASExtInst(value) || LLVMIsATruncInst(value);
}

/* Does a value come from the phi by additions? */
static bool is_advanced(LLVMValueRef phi, LLVMValueRef value, int depth) {
    if (value == phi) return true;
    if (depth == 0 || !(induction_is_sum(value) || induction_is_op(value, LLVMSub))) return false;
    return is_advanced(phi, LLVMGetOperand(value, 0), depth - 1) ||
           is_advanced(phi, LLVMGetOperand(value, 1), depth - 1);
}

/* Where a phi that advances in a loop starts; NULL if it is another phi. */
static LLVMValueRef start_of(LLVMValueRef phi) {
    if (LLVMCountIncoming(phi) != 2) return NULL;
    for (unsigned i = 0; i < 2; i++)
        if (is_advanced(phi, LLVMGetIncomingValue(phi, i), 4))
            return LLVMGetIncomingValue(phi, 1 - i);
    return NULL;
}

/* Of two summands, the one that looks more like a pointer. */
static int likeness(LLVMValueRef root) {
    if (root == NULL) return 0;
    return LLVMIsAArgument(root) || LLVMIsALoadInst(root) || LLVMIsACallInst(root) ? 2 : 1;
}

/* What an index is added to; NULL if there is nothing but constants and scaled values. */
static LLVMValueRef find_root(LLVMValueRef value, int depth) {
    if (LLVMIsAConstant(value)) return NULL;
    if (depth == 0) return value;
    if (is_cast(value)) return find_root(LLVMGetOperand(value, 0), depth - 1);
    if (induction_is_op(value, LLVMShl) || induction_is_op(value, LLVMMul)) return NULL;
    if (LLVMIsAPHINode(value)) {
        LLVMValueRef start = start_of(value);
        return start != NULL ? find_root(start, depth - 1) : value;
    }
    if (induction_is_op(value, LLVMSub)) return find_root(LLVMGetOperand(value, 0), depth - 1);
    if (!induction_is_sum(value)) return value;
    LLVMValueRef left = find_root(LLVMGetOperand(value, 0), depth - 1);
    LLVMValueRef right = find_root(LLVMGetOperand(value, 1), depth - 1);
    return likeness(right) > likeness(left) ? right : left;
}

/* The constants in a sum. */
static uint64_t find_constant(LLVMValueRef value, int depth) {
    if (LLVMIsAConstantInt(value)) return LLVMConstIntGetZExtValue(value);
    if (depth == 0) return 0;
    if (is_cast(value)) return find_constant(LLVMGetOperand(value, 0), depth - 1);
    if (!induction_is_sum(value)) return 0;
    return find_constant(LLVMGetOperand(value, 0), depth - 1) +
           find_constant(LLVMGetOperand(value, 1), depth - 1);
}

static bool is_nearby(uint64_t a, uint64_t b) {
    return (a > b ? a - b : b - a) < NEARBY;
}

static bool has_same_root(const struct access *a, const struct access *b) {
    return a->root == b->root && (a->root != NULL || is_nearby(a->constant, b->constant));
}

static uint64_t size_of(LLVMValueRef store) {
    LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(store, 0));
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind: return LLVMGetIntTypeWidth(type) / 8;
    case LLVMFloatTypeKind: return 4;
    case LLVMDoubleTypeKind: return 8;
    default: return 16;
    }
}

/* False if it is an access that no vectoriser can handle. *is_ours: it is to linear memory. */
static bool find_access(const struct rooting *r, LLVMValueRef instruction, struct access *out,
                        bool *is_ours) {
    bool is_store = LLVMIsAStoreInst(instruction);
    LLVMValueRef at = LLVMGetOperand(instruction, is_store ? 1 : 0);
    *out = (struct access){.instruction = instruction};
    *is_ours = false;
    if (is_constant_gep(at) &&
        !induction_is_memory_base(r->scope.function, LLVMGetOperand(at, 0))) {
        out->constant_gep = at;
        at = LLVMGetOperand(at, 0);
    }
    if (!is_simple_gep(at)) return true;
    LLVMValueRef first = LLVMGetOperand(at, 0), index = LLVMGetOperand(at, 1), start = NULL;
    if (is_simple_gep(first) && !induction_is_inside(&r->scope, first)) {
        start = LLVMGetOperand(first, 1);
        out->start_gep = first;
        first = LLVMGetOperand(first, 0);
    }
    if (!induction_is_memory_base(r->scope.function, first)) return true;
    if (LLVMGetVolatile(instruction)) return false;
    LLVMValueRef narrow = LLVMIsAZExtInst(index) ? LLVMGetOperand(index, 0) : index;
    uint64_t step;
    if (!induction_find_step(&r->scope, narrow, &step)) return false;
    *is_ours = true;
    out->gep = at;
    out->root = find_root(start != NULL ? start : narrow, DEPTH);
    if (out->root == NULL) {
        out->constant = find_constant(start != NULL ? start : narrow, DEPTH);
        if (out->constant_gep != NULL)
            out->constant += LLVMConstIntGetZExtValue(LLVMGetOperand(out->constant_gep, 1));
    }
    out->step = induction_sign_extend(step, LLVMGetIntTypeWidth(LLVMTypeOf(narrow))) *
                (int64_t)element_size(at);
    if (is_store) out->size = size_of(instruction);
    return true;
}

static bool is_innermost(const struct rooting *r, const struct loop *loop) {
    for (uint32_t i = 0; i < r->scope.loops.loop_count; i++) {
        const struct loop *other = &r->scope.loops.loops[i];
        if (other != loop && loops_contains(loop, other->header)) return false;
    }
    return true;
}

/* The accesses of the loop; 0 if it cannot be vectorised, or there are too many. */
static unsigned find_accesses(const struct rooting *r, struct access *accesses) {
    unsigned count = 0;
    for (uint32_t i = 0; i < r->scope.loop->block_count; i++) {
        LLVMValueRef at =
            LLVMGetFirstInstruction(r->scope.loops.blocks[r->scope.loop->blocks[i]].block);
        for (; at != NULL; at = LLVMGetNextInstruction(at)) {
            if (LLVMIsAInvokeInst(at) ||
                (LLVMIsACallInst(at) && LLVMGetIntrinsicID(LLVMGetCalledValue(at)) == 0))
                return 0;
            if (!LLVMIsALoadInst(at) && !LLVMIsAStoreInst(at)) continue;
            bool is_ours;
            if (count == ACCESS_MAX || !find_access(r, at, &accesses[count], &is_ours)) return 0;
            count += is_ours;
        }
    }
    return count;
}

enum need { NEEDS_NONE, NEEDS_ROOTS, NEEDS_CONSTANTS_APART };

/* Of accesses to constant addresses with one step: does one read, long after, what another wrote?
 */
static bool runs_into(const struct access *accesses, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        for (unsigned j = 0; j < count && accesses[i].size != 0; j++) {
            bool is_behind = accesses[i].step > 0 ? accesses[j].constant < accesses[i].constant
                                                  : accesses[j].constant > accesses[i].constant;
            if (is_behind && !has_same_root(&accesses[i], &accesses[j])) return true;
        }
    return false;
}

static enum need find_need(const struct access *accesses, unsigned count) {
    unsigned stores = 0, strided_stores = 0;
    bool steps_differ = false, roots_differ = false;
    for (unsigned i = 0; i < count; i++) {
        const struct access *access = &accesses[i];
        uint64_t distance = (uint64_t)(access->step < 0 ? -access->step : access->step);
        stores += access->size != 0;
        strided_stores += access->size != 0 && distance > access->size;
        steps_differ |= access->step != accesses[0].step;
        roots_differ |= access->root != accesses[0].root;
    }
    if (stores == 0) return NEEDS_NONE;
    if (roots_differ && (steps_differ || strided_stores > 1)) return NEEDS_ROOTS;
    bool are_constants = !roots_differ && accesses[0].root == NULL;
    return are_constants && !steps_differ && strided_stores == 0 && runs_into(accesses, count)
               ? NEEDS_CONSTANTS_APART
               : NEEDS_NONE;
}

static void declare_opaque(struct rooting *r) {
    LLVMTypeRef parameters[] = {r->pointer, r->i32};
    r->type = LLVMFunctionType(r->pointer, parameters, 2, false);
    r->opaque = LLVMAddFunction(r->module, function_name, r->type);
    static const char *const attributes[] = {"memory" /* 0: none */, "speculatable", "nounwind",
                                             "willreturn",           "nosync",       "nofree"};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        unsigned kind = LLVMGetEnumAttributeKindForName(attributes[i], strlen(attributes[i]));
        LLVMAddAttributeAtIndex(r->opaque, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                                LLVMCreateEnumAttribute(r->context, kind, 0));
    }
}

/* The copy of the base for a root; the base itself if there are too many. */
static LLVMValueRef copy_of(struct rooting *r, LLVMValueRef base, const struct access *access) {
    for (unsigned i = 0; i < r->root_count; i++) {
        const struct root *root = &r->roots[i];
        if (root->value == access->root && root->base == base &&
            (root->value != NULL || is_nearby(root->constant, access->constant)))
            return root->copy;
    }
    if (r->root_count == ROOT_MAX) return base;
    if (r->opaque == NULL) declare_opaque(r);
    /* Calls with the same arguments would be taken for one: so they are numbered. */
    LLVMValueRef arguments[] = {base, LLVMConstInt(r->i32, r->root_count, false)};
    LLVMPositionBuilderBefore(r->builder, LLVMGetNextInstruction(base));
    LLVMValueRef copy = LLVMBuildCall2(r->builder, r->type, r->opaque, arguments, 2, "root");
    r->roots[r->root_count++] = (struct root){access->root, base, copy, access->constant};
    r->any = true;
    return copy;
}

/* The same address from another base. */
static LLVMValueRef build_beside(struct rooting *r, LLVMValueRef gep, LLVMValueRef base) {
    LLVMValueRef index = LLVMGetOperand(gep, 1);
    LLVMPositionBuilderBefore(r->builder, gep);
    LLVMValueRef at =
        LLVMBuildGEP2(r->builder, LLVMGetGEPSourceElementType(gep), base, &index, 1, "");
    LLVMSetIsInBounds(at, LLVMIsInBounds(gep));
    return at;
}

/* New addresses beside the old ones, which others may use; LLVM removes what is double. */
static void redirect(struct rooting *r, const struct access *access) {
    LLVMValueRef innermost = access->start_gep != NULL ? access->start_gep : access->gep;
    LLVMValueRef base = LLVMGetOperand(innermost, 0), copy = copy_of(r, base, access);
    if (copy == base) return;
    LLVMValueRef at = copy;
    if (access->start_gep != NULL) at = build_beside(r, access->start_gep, at);
    at = build_beside(r, access->gep, at);
    if (access->constant_gep != NULL) at = build_beside(r, access->constant_gep, at);
    LLVMSetOperand(access->instruction, LLVMIsAStoreInst(access->instruction) ? 1 : 0, at);
}

static void add_to_function(struct rooting *r, LLVMValueRef function) {
    struct arena arena = {0};
    struct access accesses[ACCESS_MAX];
    r->scope.function = function;
    r->root_count = 0;
    loops_find(&r->scope.loops, function, &arena);
    for (uint32_t i = 0; i < r->scope.loops.loop_count; i++) {
        const struct loop *loop = &r->scope.loops.loops[i];
        if (!is_innermost(r, loop)) continue;
        induction_scope_enter(&r->scope, loop);
        unsigned count = find_accesses(r, accesses);
        enum need need = find_need(accesses, count);
        for (unsigned j = 0; j < count && need != NEEDS_NONE; j++)
            if (accesses[j].root != NULL || need == NEEDS_CONSTANTS_APART)
                redirect(r, &accesses[j]);
    }
    arena_free(&arena);
}

bool alias_roots_add(LLVMModuleRef module) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    struct rooting r = {.context = context,
                        .module = module,
                        .builder = LLVMCreateBuilderInContext(context),
                        .i32 = LLVMInt32TypeInContext(context),
                        .pointer = LLVMPointerTypeInContext(context, 0)};
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function))
        if (!LLVMIsDeclaration(function) && LLVMCountParams(function) > 0)
            add_to_function(&r, function);
    LLVMDisposeBuilder(r.builder);
    return r.any;
}

void alias_roots_remove(LLVMModuleRef module) {
    LLVMValueRef opaque = LLVMGetNamedFunction(module, function_name);
    if (opaque == NULL) return;
    LLVMUseRef next;
    for (LLVMUseRef use = LLVMGetFirstUse(opaque); use != NULL; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef call = LLVMGetUser(use);
        LLVMReplaceAllUsesWith(call, LLVMGetOperand(call, 0));
        LLVMInstructionEraseFromParent(call);
    }
    LLVMDeleteFunction(opaque);
}
