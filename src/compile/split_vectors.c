/*
 * split_vectors.c - each vector in a loop becomes as many numbers; see split_vectors.h.
 *
 * A module that its maker has vectorised (-msimd128) computes with 128 bits at a time, and LLVM's
 * vectoriser takes no loop in which there are vectors already: on a CPU with vectors of 512 bits
 * it would run at a quarter of its speed. Split into lanes, such a loop is one whose body was
 * unrolled, of which the vectoriser makes what suits the CPU. What it does not take, LLVM's
 * straight-line vectoriser puts together again.
 *
 * Expects what lower_vector.c makes, after LLVM's instcombine has removed the casts. A loop
 * qualifies if all its vectors can be split: operations lane by lane, loads and stores of whole
 * lanes, moves of lanes to constant places. It gains if
 *
 *   - it stores vectors or adds up integers: sums of floating-point numbers keep their order, so
 *     they would stay numbers. But a tile of a matrix product, many sums side by side, comes
 *     together again if the code behind the loop that stores them is split with it;
 *   - its lanes have 32 or 64 bits: 16 lanes of bytes are more than the vectoriser reassembles;
 *   - the CPU's vectors are wider than 128 bits;
 *   - it goes through memory without gaps. The fields of a structure that happened to fit a vector
 *     are best left in one (3 times slower otherwise).
 *
 * The results are the same to the bit: a lane is computed as before, from the same operands, and
 * loads and stores keep their order. A store that is partly out of bounds may write what is
 * within bounds before it traps.
 */
#include "compile/split_vectors.h"

#include "compile/inductions.h"
#include "compile/vector_width.h"

#include <llvm-c/DebugInfo.h>

#include <stdlib.h>
#include <string.h>

enum {
    LANE_MAX = 16,
    VECTOR_MAX = 256, /* per loop; a body that long is not a loop's */
};

struct vector {
    LLVMValueRef value;
    LLVMValueRef lanes[LANE_MAX];
};

struct splitting {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTypeRef i8, i32, i64;
    unsigned width;               /* bits of the CPU's vectors */
    struct induction_scope scope; /* its loop's blocks are in order */
    LLVMBasicBlockRef behind;     /* the block behind the loop if it is split too, else NULL */
    struct vector *vectors;       /* VECTOR_MAX */
    unsigned vector_count;
};

static bool is_vector_type(LLVMTypeRef type) {
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind;
}

static bool is_vector(LLVMValueRef value) {
    return is_vector_type(LLVMTypeOf(value));
}

static unsigned count_of(LLVMValueRef vector) {
    return LLVMGetVectorSize(LLVMTypeOf(vector));
}

static bool concerns_vectors(LLVMValueRef instruction) {
    if (is_vector(instruction)) return true;
    for (int i = 0; i < LLVMGetNumOperands(instruction); i++)
        if (is_vector(LLVMGetOperand(instruction, (unsigned)i))) return true;
    return false;
}

static bool is_inside(const struct splitting *s, LLVMBasicBlockRef block) {
    return block == s->behind ||
           loops_contains(s->scope.loop, loops_number(&s->scope.loops, block));
}

/* What can be split. */

/* Bits of a number; 0 of anything else. */
static unsigned width_of(LLVMTypeRef type) {
    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind: return LLVMGetIntTypeWidth(type);
    case LLVMFloatTypeKind: return 32;
    case LLVMDoubleTypeKind: return 64;
    default: return 0;
    }
}

static bool is_good_access(LLVMValueRef access, LLVMTypeRef type) {
    if (LLVMGetVolatile(access) || LLVMGetOrdering(access) != LLVMAtomicOrderingNotAtomic)
        return false;
    if (!is_vector_type(type)) return true;
    unsigned width = width_of(LLVMGetElementType(type));
    return width == 32 || width == 64;
}

static bool is_constant_index(LLVMValueRef index, LLVMValueRef vector) {
    return LLVMIsAConstantInt(index) && LLVMConstIntGetZExtValue(index) < count_of(vector);
}

/* Intrinsics that work lane by lane, overloaded on the type of the result, or on that and the
 * first argument's. Vectors may be any of their arguments. */
static unsigned overloads_of(LLVMValueRef call) {
    static const char *const one[] = {
        "llvm.abs",  "llvm.ceil",      "llvm.copysign", "llvm.ctlz",     "llvm.ctpop",
        "llvm.cttz", "llvm.fabs",      "llvm.floor",    "llvm.fma",      "llvm.fshl",
        "llvm.fshr", "llvm.maximum",   "llvm.maxnum",   "llvm.minimum",  "llvm.minnum",
        "llvm.rint", "llvm.roundeven", "llvm.sadd.sat", "llvm.smax",     "llvm.smin",
        "llvm.sqrt", "llvm.ssub.sat",  "llvm.trunc",    "llvm.uadd.sat", "llvm.umax",
        "llvm.umin", "llvm.usub.sat",
    };
    static const char *const two[] = {"llvm.fptosi.sat", "llvm.fptoui.sat"};
    unsigned id = LLVMGetIntrinsicID(LLVMGetCalledValue(call));
    if (id == 0) return 0;
    size_t length;
    const char *name = LLVMIntrinsicGetName(id, &length);
    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        if (strlen(one[i]) == length && memcmp(name, one[i], length) == 0) return 1;
    for (size_t i = 0; i < sizeof two / sizeof *two; i++)
        if (strlen(two[i]) == length && memcmp(name, two[i], length) == 0) return 2;
    return 0;
}

/* A constant must be one whose lanes can be had. */
static bool are_operands_good(LLVMValueRef instruction) {
    for (int i = 0; i < LLVMGetNumOperands(instruction); i++) {
        LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);
        if (!is_vector(operand)) continue;
        if (count_of(operand) > LANE_MAX) return false;
        if (LLVMIsConstant(operand) && LLVMGetAggregateElement(operand, 0) == NULL) return false;
    }
    return true;
}

static bool can_split(LLVMValueRef instruction) {
    if (!are_operands_good(instruction)) return false;
    if (is_vector(instruction) && count_of(instruction) > LANE_MAX) return false;
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMLoad: return is_good_access(instruction, LLVMTypeOf(instruction));
    case LLVMStore: return is_good_access(instruction, LLVMTypeOf(LLVMGetOperand(instruction, 0)));
    case LLVMInsertElement: return is_constant_index(LLVMGetOperand(instruction, 2), instruction);
    case LLVMExtractElement:
        return is_constant_index(LLVMGetOperand(instruction, 1), LLVMGetOperand(instruction, 0));
    case LLVMCall: return overloads_of(instruction) != 0;
    case LLVMTrunc:
    case LLVMZExt:
    case LLVMSExt:
    case LLVMFPToUI:
    case LLVMFPToSI:
    case LLVMUIToFP:
    case LLVMSIToFP:
    case LLVMFPTrunc:
    case LLVMFPExt: return true;
    case LLVMBitCast:
        return is_vector(instruction) && is_vector(LLVMGetOperand(instruction, 0)) &&
               count_of(instruction) == count_of(LLVMGetOperand(instruction, 0));
    case LLVMFNeg:
    case LLVMAdd:
    case LLVMFAdd:
    case LLVMSub:
    case LLVMFSub:
    case LLVMMul:
    case LLVMFMul:
    case LLVMFDiv:
    case LLVMShl:
    case LLVMLShr:
    case LLVMAShr:
    case LLVMAnd:
    case LLVMOr:
    case LLVMXor:
    case LLVMICmp:
    case LLVMFCmp:
    case LLVMSelect:
    case LLVMFreeze:
    case LLVMPHI:
    case LLVMShuffleVector: return true;
    default: return false;
    }
}

/* Behind the loop, a value may only be in the phi of a block that nothing else leads to. */
static bool is_closed(const struct splitting *s, LLVMValueRef vector) {
    for (LLVMUseRef use = LLVMGetFirstUse(vector); use != NULL; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (is_inside(s, LLVMGetInstructionParent(user))) continue;
        if (!LLVMIsAPHINode(user) || LLVMCountIncoming(user) != 1) return false;
    }
    return true;
}

static bool is_float_vector(LLVMValueRef value) {
    if (!is_vector(value)) return false;
    LLVMTypeKind kind = LLVMGetTypeKind(LLVMGetElementType(LLVMTypeOf(value)));
    return kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind;
}

/* A load or store of a vector. */
static bool is_access(LLVMValueRef value) {
    return LLVMIsAStoreInst(value) || (LLVMIsALoadInst(value) && is_vector(value));
}

static LLVMTypeRef accessed_type(LLVMValueRef access) {
    return LLVMTypeOf(LLVMIsAStoreInst(access) ? LLVMGetOperand(access, 0) : access);
}

static bool is_constant_gep(const struct splitting *s, LLVMValueRef value) {
    return LLVMIsAGetElementPtrInst(value) && LLVMGetNumOperands(value) == 2 &&
           LLVMGetGEPSourceElementType(value) == s->i8 &&
           LLVMIsAConstantInt(LLVMGetOperand(value, 1));
}

/* The address without a constant that is added to it. */
static LLVMValueRef start_of(const struct splitting *s, LLVMValueRef access) {
    LLVMValueRef address = LLVMGetOperand(access, LLVMIsAStoreInst(access) ? 1 : 0);
    return is_constant_gep(s, address) ? LLVMGetOperand(address, 0) : address;
}

/*
 * Does the loop go through memory without leaving any out? What it accesses by one address in an
 * iteration must be as much as the address moves on, or a multiple (of neighbours in a stencil).
 * (The fields of a structure that happened to fit a vector are best left in one.)
 */
static bool is_dense(const struct splitting *s, const struct vector *access) {
    LLVMValueRef at = access->value, start = start_of(s, at);
    if (!induction_is_inside(&s->scope, start)) return LLVMIsALoadInst(at);
    if (!LLVMIsAGetElementPtrInst(start) || LLVMGetNumOperands(start) != 2) return false;
    LLVMValueRef index = LLVMGetOperand(start, 1);
    if (LLVMIsAZExtInst(index)) index = LLVMGetOperand(index, 0);
    uint64_t number, size = 0;
    if (!induction_find_step(&s->scope, index, &number)) return false;
    for (unsigned i = 0; i < s->vector_count; i++) {
        LLVMValueRef other = s->vectors[i].value;
        if (!is_access(other) || start_of(s, other) != start) continue;
        LLVMTypeRef type = accessed_type(other);
        if (LLVMGetInstructionOpcode(other) == LLVMGetInstructionOpcode(at))
            size += (uint64_t)LLVMGetVectorSize(type) * (width_of(LLVMGetElementType(type)) / 8);
    }
    int64_t step = induction_sign_extend(number, LLVMGetIntTypeWidth(LLVMTypeOf(index)));
    /* Reversing lanes that lie apart costs what only 512 bits repay. */
    uint64_t length = (uint64_t)(step < 0 ? -step : step);
    return length != 0 && size % length == 0 && (step > 0 || s->width >= 512);
}

static bool find_vectors_of_block(struct splitting *s, LLVMBasicBlockRef block) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
    for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != end;
         at = LLVMGetNextInstruction(at)) {
        if (LLVMIsACallInst(at) && LLVMGetIntrinsicID(LLVMGetCalledValue(at)) == 0) return false;
        if (!concerns_vectors(at)) continue;
        if (!can_split(at) || s->vector_count == VECTOR_MAX || !is_closed(s, at)) return false;
        s->vectors[s->vector_count++].value = at;
    }
    return true;
}

/* Can all of the vectors be split? Lists them in the order of the code. */
static bool find_vectors(struct splitting *s) {
    s->vector_count = 0;
    for (uint32_t i = 0; i < s->scope.loop->block_count; i++) {
        LLVMBasicBlockRef block = s->scope.loops.blocks[s->scope.loop->blocks[i]].block;
        LLVMValueRef end = LLVMGetBasicBlockTerminator(block);
        for (unsigned j = 0; block != s->scope.latch && j < LLVMGetNumSuccessors(end); j++)
            if (!is_inside(s, LLVMGetSuccessor(end, j))) return false;
        if (!find_vectors_of_block(s, block)) return false;
    }
    return s->behind == NULL || find_vectors_of_block(s, s->behind);
}

static bool pays(const struct splitting *s) {
    bool produces = false;
    for (unsigned i = 0; i < s->vector_count; i++) {
        LLVMValueRef at = s->vectors[i].value;
        if (LLVMIsAPHINode(at) && is_float_vector(at)) return false;
        if (is_access(at) && !is_dense(s, &s->vectors[i])) return false;
        produces |= LLVMIsAStoreInst(at) != NULL || LLVMIsAPHINode(at) != NULL;
    }
    return produces;
}

/* The block behind the loop, if nothing else leads to it. */
static LLVMBasicBlockRef find_behind(const struct splitting *s) {
    LLVMValueRef end = LLVMGetBasicBlockTerminator(s->scope.latch);
    for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++) {
        uint32_t number = loops_number(&s->scope.loops, LLVMGetSuccessor(end, i));
        if (!loops_contains(s->scope.loop, number) &&
            s->scope.loops.blocks[number].predecessor_count == 1)
            return LLVMGetSuccessor(end, i);
    }
    return NULL;
}

/*
 * A tile of a matrix that is kept in registers: sums side by side, stored behind the loop. From
 * the stores LLVM's straight-line vectoriser finds how they belong together.
 */
static bool is_tile(const struct splitting *s) {
    unsigned sums = 0, stores = 0;
    for (unsigned i = 0; i < s->vector_count; i++) {
        LLVMValueRef at = s->vectors[i].value;
        bool is_behind = LLVMGetInstructionParent(at) == s->behind;
        if (LLVMIsAStoreInst(at) && !is_behind) return false;
        stores += LLVMIsAStoreInst(at) != NULL;
        sums += LLVMIsAPHINode(at) && is_float_vector(at) && !is_behind;
    }
    return 128 * sums >= s->width && stores >= sums;
}

/* Splitting. */

static struct vector *find_vector(struct splitting *s, LLVMValueRef value) {
    for (unsigned i = 0; i < s->vector_count; i++)
        if (s->vectors[i].value == value) return &s->vectors[i];
    return NULL;
}

/* Lane `index` of a vector; one from outside is taken apart before the loop. */
static LLVMValueRef lane_of(struct splitting *s, LLVMValueRef vector, unsigned index) {
    struct vector *known = find_vector(s, vector);
    if (known != NULL) return known->lanes[index];
    if (LLVMIsConstant(vector)) return LLVMGetAggregateElement(vector, index);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(s->context);
    LLVMPositionBuilderBefore(builder, LLVMGetBasicBlockTerminator(s->scope.preheader));
    LLVMValueRef lane =
        LLVMBuildExtractElement(builder, vector, LLVMConstInt(s->i32, index, false), "");
    LLVMDisposeBuilder(builder);
    return lane;
}

/* Of an operand that is the same for all lanes, the value itself. */
static LLVMValueRef operand_lane(struct splitting *s, LLVMValueRef instruction, unsigned operand,
                                 unsigned index) {
    LLVMValueRef value = LLVMGetOperand(instruction, operand);
    return is_vector(value) ? lane_of(s, value, index) : value;
}

/* The address of a lane, a constant beside a base as other steps expect it. */
static LLVMValueRef build_address(struct splitting *s, LLVMValueRef address, uint64_t offset) {
    if (offset == 0) return address;
    if (is_constant_gep(s, address)) {
        offset += (uint64_t)LLVMConstIntGetSExtValue(LLVMGetOperand(address, 1));
        address = LLVMGetOperand(address, 0);
    }
    LLVMValueRef index = LLVMConstInt(s->i64, offset, false);
    return LLVMBuildGEP2(s->builder, s->i8, address, &index, 1, "");
}

static void copy_metadata(struct splitting *s, LLVMValueRef from, LLVMValueRef to) {
    static const char *const kinds[] = {"tbaa", "alias.scope", "noalias"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        unsigned kind = LLVMGetMDKindIDInContext(s->context, kinds[i], (unsigned)strlen(kinds[i]));
        LLVMValueRef node = LLVMGetMetadata(from, kind);
        if (node != NULL) LLVMSetMetadata(to, kind, node);
    }
}

static LLVMValueRef split_access(struct splitting *s, LLVMValueRef access, unsigned index) {
    bool stores = LLVMIsAStoreInst(access) != NULL;
    LLVMTypeRef type = LLVMGetElementType(accessed_type(access));
    LLVMValueRef address = build_address(s, LLVMGetOperand(access, stores ? 1 : 0),
                                         (uint64_t)index * (width_of(type) / 8));
    LLVMValueRef lane = stores
                            ? LLVMBuildStore(s->builder, operand_lane(s, access, 0, index), address)
                            : LLVMBuildLoad2(s->builder, type, address, "");
    LLVMSetAlignment(lane, 1);
    copy_metadata(s, access, lane);
    return lane;
}

static LLVMValueRef split_call(struct splitting *s, LLVMValueRef call, unsigned index) {
    LLVMValueRef arguments[4];
    unsigned count = LLVMGetNumArgOperands(call), id = LLVMGetIntrinsicID(LLVMGetCalledValue(call));
    for (unsigned i = 0; i < count; i++)
        arguments[i] = operand_lane(s, call, i, index);
    LLVMTypeRef types[] = {LLVMGetElementType(LLVMTypeOf(call)), LLVMTypeOf(arguments[0])};
    unsigned overloads = overloads_of(call);
    return LLVMBuildCall2(s->builder, LLVMIntrinsicGetType(s->context, id, types, overloads),
                          LLVMGetIntrinsicDeclaration(s->module, id, types, overloads), arguments,
                          count, "");
}

static LLVMValueRef split_shuffle(struct splitting *s, LLVMValueRef shuffle, unsigned index) {
    LLVMValueRef left = LLVMGetOperand(shuffle, 0);
    int lane = LLVMGetMaskValue(shuffle, index);
    if (lane == LLVMGetUndefMaskElem())
        return LLVMGetPoison(LLVMGetElementType(LLVMTypeOf(shuffle)));
    unsigned from = (unsigned)lane, count = count_of(left);
    return from < count ? lane_of(s, left, from)
                        : lane_of(s, LLVMGetOperand(shuffle, 1), from - count);
}

/* An operation of one lane. */
static LLVMValueRef split_lane(struct splitting *s, LLVMValueRef at, unsigned index) {
    LLVMOpcode op = LLVMGetInstructionOpcode(at);
    switch (op) {
    case LLVMLoad:
    case LLVMStore: return split_access(s, at, index);
    case LLVMCall: return split_call(s, at, index);
    case LLVMShuffleVector: return split_shuffle(s, at, index);
    case LLVMInsertElement:
        return index == LLVMConstIntGetZExtValue(LLVMGetOperand(at, 2))
                   ? LLVMGetOperand(at, 1)
                   : lane_of(s, LLVMGetOperand(at, 0), index);
    case LLVMPHI: return LLVMBuildPhi(s->builder, LLVMGetElementType(LLVMTypeOf(at)), "");
    case LLVMFNeg: return LLVMBuildFNeg(s->builder, operand_lane(s, at, 0, index), "");
    case LLVMFreeze: return LLVMBuildFreeze(s->builder, operand_lane(s, at, 0, index), "");
    case LLVMICmp:
        return LLVMBuildICmp(s->builder, LLVMGetICmpPredicate(at), operand_lane(s, at, 0, index),
                             operand_lane(s, at, 1, index), "");
    case LLVMFCmp:
        return LLVMBuildFCmp(s->builder, LLVMGetFCmpPredicate(at), operand_lane(s, at, 0, index),
                             operand_lane(s, at, 1, index), "");
    case LLVMSelect:
        return LLVMBuildSelect(s->builder, operand_lane(s, at, 0, index),
                               operand_lane(s, at, 1, index), operand_lane(s, at, 2, index), "");
    default: break;
    }
    if (LLVMIsACastInst(at))
        return LLVMBuildCast(s->builder, op, operand_lane(s, at, 0, index),
                             LLVMGetElementType(LLVMTypeOf(at)), "");
    return LLVMBuildBinOp(s->builder, op, operand_lane(s, at, 0, index),
                          operand_lane(s, at, 1, index), "");
}

static void split_instruction(struct splitting *s, struct vector *vector) {
    LLVMValueRef at = vector->value;
    LLVMPositionBuilderBefore(s->builder, at);
    LLVMSetCurrentDebugLocation2(s->builder, LLVMInstructionGetDebugLoc(at));
    if (LLVMIsAExtractElementInst(at)) {
        unsigned index = (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(at, 1));
        LLVMReplaceAllUsesWith(at, lane_of(s, LLVMGetOperand(at, 0), index));
        return;
    }
    unsigned count = count_of(LLVMIsAStoreInst(at) ? LLVMGetOperand(at, 0) : at);
    for (unsigned i = 0; i < count; i++) {
        LLVMValueRef lane = split_lane(s, at, i);
        vector->lanes[i] = lane;
        if (LLVMCanValueUseFastMathFlags(at) && LLVMIsAInstruction(lane) &&
            LLVMGetInstructionOpcode(lane) == LLVMGetInstructionOpcode(at) &&
            LLVMCanValueUseFastMathFlags(lane))
            LLVMSetFastMathFlags(lane, LLVMGetFastMathFlags(at));
    }
}

static void complete_phi(struct splitting *s, struct vector *phi) {
    for (unsigned i = 0; i < count_of(phi->value); i++)
        for (unsigned j = 0; j < LLVMCountIncoming(phi->value); j++) {
            LLVMValueRef lane = lane_of(s, LLVMGetIncomingValue(phi->value, j), i);
            LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi->value, j);
            LLVMAddIncoming(phi->lanes[i], &lane, &from, 1);
        }
}

static LLVMValueRef first_behind_phis(LLVMBasicBlockRef block) {
    LLVMValueRef at = LLVMGetFirstInstruction(block);
    while (LLVMIsAPHINode(at))
        at = LLVMGetNextInstruction(at);
    return at;
}

/* Behind the loop, its results are put together again: phi [vector, latch], per lane. */
static void join_behind(struct splitting *s, struct vector *vector, LLVMValueRef phi) {
    LLVMTypeRef type = LLVMTypeOf(phi);
    LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, 0), block = LLVMGetInstructionParent(phi);
    LLVMValueRef joined = LLVMGetPoison(type), at = first_behind_phis(block);
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
        LLVMPositionBuilderBefore(s->builder, LLVMGetFirstInstruction(block));
        LLVMValueRef lane = LLVMBuildPhi(s->builder, LLVMGetElementType(type), "");
        LLVMAddIncoming(lane, &vector->lanes[i], &from, 1);
        LLVMPositionBuilderBefore(s->builder, at);
        joined =
            LLVMBuildInsertElement(s->builder, joined, lane, LLVMConstInt(s->i32, i, false), "");
    }
    LLVMReplaceAllUsesWith(phi, joined);
    LLVMInstructionEraseFromParent(phi);
}

static LLVMValueRef find_phi_behind(const struct splitting *s, LLVMValueRef vector) {
    for (LLVMUseRef use = LLVMGetFirstUse(vector); use != NULL; use = LLVMGetNextUse(use))
        if (!is_inside(s, LLVMGetInstructionParent(LLVMGetUser(use)))) return LLVMGetUser(use);
    return NULL;
}

static void split_loop(struct splitting *s) {
    for (unsigned i = 0; i < s->vector_count; i++)
        split_instruction(s, &s->vectors[i]);
    LLVMSetCurrentDebugLocation2(s->builder, NULL);
    for (unsigned i = 0; i < s->vector_count; i++) {
        LLVMValueRef at = s->vectors[i].value, phi;
        if (LLVMIsAPHINode(at)) complete_phi(s, &s->vectors[i]);
        while (is_vector(at) && (phi = find_phi_behind(s, at)) != NULL)
            join_behind(s, &s->vectors[i], phi);
    }
    for (unsigned i = 0; i < s->vector_count; i++)
        if (is_vector(s->vectors[i].value))
            LLVMReplaceAllUsesWith(s->vectors[i].value,
                                   LLVMGetPoison(LLVMTypeOf(s->vectors[i].value)));
    for (unsigned i = 0; i < s->vector_count; i++)
        LLVMInstructionEraseFromParent(s->vectors[i].value);
}

static bool has_loop_inside(const struct splitting *s) {
    for (uint32_t i = 0; i < s->scope.loops.loop_count; i++)
        if (&s->scope.loops.loops[i] != s->scope.loop &&
            loops_contains(s->scope.loop, s->scope.loops.loops[i].header))
            return true;
    return false;
}

static bool has_vectors(LLVMValueRef function) {
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block != NULL;
         block = LLVMGetNextBasicBlock(block))
        for (LLVMValueRef at = LLVMGetFirstInstruction(block); at != NULL;
             at = LLVMGetNextInstruction(at))
            if (is_vector(at)) return true;
    return false;
}

static int compare_numbers(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

/* What is only copied has no lanes of its own; let it have wide ones. True if the
 * load is of no use any more. */
static bool widen_copy(struct splitting *s, LLVMValueRef load) {
    if (width_of(LLVMGetElementType(LLVMTypeOf(load))) > 16 || LLVMGetVolatile(load)) return false;
    for (LLVMUseRef use = LLVMGetFirstUse(load); use != NULL; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        if (!LLVMIsAStoreInst(user) || LLVMGetVolatile(user) ||
            !is_inside(s, LLVMGetInstructionParent(user)))
            return false;
    }
    LLVMTypeRef lane = LLVMTypeOf(load), type = LLVMVectorType(s->i64, 2);
    if (LLVMGetVectorSize(lane) * width_of(LLVMGetElementType(lane)) != 128) return false;
    LLVMPositionBuilderBefore(s->builder, load);
    LLVMSetCurrentDebugLocation2(s->builder, LLVMInstructionGetDebugLoc(load));
    LLVMValueRef wide = LLVMBuildLoad2(s->builder, type, LLVMGetOperand(load, 0), ""), store;
    LLVMSetAlignment(wide, 1);
    copy_metadata(s, load, wide);
    for (LLVMUseRef use; (use = LLVMGetFirstUse(load)) != NULL;
         LLVMInstructionEraseFromParent(LLVMGetUser(use))) {
        LLVMPositionBuilderBefore(s->builder, LLVMGetUser(use));
        store = LLVMBuildStore(s->builder, wide, LLVMGetOperand(LLVMGetUser(use), 1));
        LLVMSetAlignment(store, 1);
        copy_metadata(s, LLVMGetUser(use), store);
    }
    return true;
}

static void widen_copies(struct splitting *s) {
    for (uint32_t i = 0; i < s->scope.loop->block_count; i++) {
        LLVMBasicBlockRef block = s->scope.loops.blocks[s->scope.loop->blocks[i]].block;
        LLVMValueRef next, at = LLVMGetFirstInstruction(block);
        for (; at != NULL; at = next) {
            bool is_widened = LLVMIsALoadInst(at) && is_vector(at) && widen_copy(s, at);
            next = LLVMGetNextInstruction(at);
            if (is_widened) LLVMInstructionEraseFromParent(at);
        }
    }
}

static bool split_function(struct splitting *s, LLVMValueRef function) {
    bool any = false;
    struct arena arena = {0};
    s->vectors = arena_array(&arena, VECTOR_MAX, sizeof *s->vectors);
    s->scope.function = function;
    loops_find(&s->scope.loops, function, &arena);
    for (uint32_t i = 0; i < s->scope.loops.loop_count; i++) {
        struct loop *loop = &s->scope.loops.loops[i];
        qsort(loop->blocks, loop->block_count, sizeof *loop->blocks, compare_numbers);
        induction_scope_enter(&s->scope, loop);
        if (has_loop_inside(s)) continue;
        s->behind = NULL;
        widen_copies(s);
        bool splits = find_vectors(s) && pays(s);
        if (!splits && (s->behind = find_behind(s)) != NULL) splits = find_vectors(s) && is_tile(s);
        if (!splits) continue;
        split_loop(s);
        any = true;
    }
    arena_free(&arena);
    return any;
}

bool split_vectors(LLVMModuleRef module, LLVMTargetMachineRef machine) {
    LLVMContextRef context = LLVMGetModuleContext(module);
    struct splitting s = {
        .context = context,
        .module = module,
        .builder = LLVMCreateBuilderInContext(context),
        .i8 = LLVMInt8TypeInContext(context),
        .i32 = LLVMInt32TypeInContext(context),
        .i64 = LLVMInt64TypeInContext(context),
    };
    bool any = false;
    for (LLVMValueRef function = LLVMGetFirstFunction(module); function != NULL;
         function = LLVMGetNextFunction(function)) {
        if (LLVMGetFirstBasicBlock(function) == NULL || !has_vectors(function)) continue;
        if (s.width == 0) s.width = vector_width_find(machine);
        if (s.width <= 128) break; /* as wide as v128: nothing to gain */
        any |= split_function(&s, function);
    }
    LLVMDisposeBuilder(s.builder);
    return any;
}
