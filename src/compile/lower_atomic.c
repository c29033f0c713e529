/*
 * lower_atomic.c - atomic accesses, fences, wait and notify (the threads proposal); see lower.h.
 *
 * All are sequentially consistent, as LLVM's atomic instructions are.  An access has to be aligned,
 * which is checked in code; whether it is in bounds shows as for any other (lower_memory.c).
 * Waiting and waking are the runtime's.  Accesses that are not atomic stay plain, in shared
 * memories too: where threads race by them, values may be torn or old, as the specification allows.
 */
#include "compile/lower.h"

static unsigned access_bytes(const struct wasm_instr *instr) {
    return wasm_op_infos[instr->op].access_size;
}

static LLVMTypeRef access_type(struct lowering *l, const struct wasm_instr *instr) {
    return LLVMIntTypeInContext(l->m->context, 8 * access_bytes(instr));
}

/* The number that an instruction takes or gives is i64 if its name begins with that. */
static LLVMTypeRef number_type(struct lowering *l, const struct wasm_instr *instr) {
    return wasm_op_infos[instr->op].text[1] == '6' ? l->m->i64 : l->m->i32;
}

static LLVMValueRef pop_narrow(struct lowering *l, const struct wasm_instr *instr) {
    return LLVMBuildTrunc(l->builder, lower_pop(l), access_type(l, instr), "");
}

static void push_number(struct lowering *l, const struct wasm_instr *instr, LLVMValueRef value) {
    lower_push(l, LLVMBuildZExt(l->builder, value, number_type(l, instr), ""));
}

/* Only the low bits of address + offset matter, so neither width nor overflow do. */
static LLVMValueRef pop_address(struct lowering *l, const struct wasm_instr *instr) {
    LLVMValueRef address = lower_pop(l);
    unsigned bytes = access_bytes(instr);
    if (bytes > 1) {
        LLVMTypeRef type = LLVMTypeOf(address);
        LLVMValueRef mask = LLVMConstInt(type, bytes - 1, false), sum = address;
        uint64_t low = instr->memory.offset & (bytes - 1);
        if (low != 0) sum = LLVMBuildAdd(l->builder, sum, LLVMConstInt(type, low, false), "");
        LLVMValueRef rest = LLVMBuildAnd(l->builder, sum, mask, "");
        LLVMValueRef unaligned =
            LLVMBuildICmp(l->builder, LLVMIntNE, rest, LLVMConstNull(type), "unaligned");
        lower_trap_if(l, unaligned, TRAP_UNALIGNED_ATOMIC);
    }
    return lower_memory_address(l, instr, address, bytes);
}

static void mark_access(struct lowering *l, const struct wasm_instr *instr, LLVMValueRef access) {
    lower_memory_mark(l, access);
    LLVMSetAlignment(access, access_bytes(instr));
}

void lower_atomic_load(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef at = pop_address(l, instr);
    LLVMValueRef value = LLVMBuildLoad2(l->builder, access_type(l, instr), at, "");
    LLVMSetOrdering(value, LLVMAtomicOrderingSequentiallyConsistent);
    mark_access(l, instr, value);
    push_number(l, instr, value);
}

void lower_atomic_store(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = pop_narrow(l, instr);
    LLVMValueRef store = LLVMBuildStore(l->builder, value, pop_address(l, instr));
    LLVMSetOrdering(store, LLVMAtomicOrderingSequentiallyConsistent);
    mark_access(l, instr, store);
}

void lower_atomic_rmw(struct lowering *l, const struct wasm_instr *instr, int operation) {
    LLVMValueRef value = pop_narrow(l, instr), at = pop_address(l, instr);
    LLVMValueRef old = LLVMBuildAtomicRMW(l->builder, (LLVMAtomicRMWBinOp)operation, at, value,
                                          LLVMAtomicOrderingSequentiallyConsistent, false);
    mark_access(l, instr, old);
    push_number(l, instr, old);
}

void lower_atomic_cmpxchg(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef value = pop_narrow(l, instr), expected = pop_narrow(l, instr);
    LLVMValueRef both = LLVMBuildAtomicCmpXchg(l->builder, pop_address(l, instr), expected, value,
                                               LLVMAtomicOrderingSequentiallyConsistent,
                                               LLVMAtomicOrderingSequentiallyConsistent, false);
    mark_access(l, instr, both);
    push_number(l, instr, LLVMBuildExtractValue(l->builder, both, 0, ""));
}

void lower_atomic_fence(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMBuildFence(l->builder, LLVMAtomicOrderingSequentiallyConsistent, false, "");
}

/* What the runtime gets: address + offset, which no memory reaches where it does not fit. */
static LLVMValueRef pop_sum(struct lowering *l, const struct wasm_instr *instr) {
    LLVMValueRef address = LLVMBuildZExt(l->builder, lower_pop(l), l->m->i64, "");
    LLVMValueRef arguments[] = {address, lower_i64(l->m, instr->memory.offset)};
    return lower_intrinsic(l->m, l->builder, "llvm.uadd.sat", &l->m->i64, 1, arguments, 2);
}

void lower_atomic_wait(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef timeout = lower_pop(l);
    LLVMValueRef expected = LLVMBuildZExt(l->builder, lower_pop(l), l->m->i64, "");
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->memory.index), pop_sum(l, instr),
                                lower_i32(l->m, access_bytes(instr)), expected, timeout};
    lower_push(l, lower_libcall(l, LIBCALL(memory_wait), l->m->i32, arguments, 5));
}

void lower_atomic_notify(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef count = lower_pop(l);
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->memory.index), pop_sum(l, instr), count};
    lower_push(l, lower_libcall(l, LIBCALL(memory_notify), l->m->i32, arguments, 3));
}
