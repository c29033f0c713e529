/*
 * lower_memory.c - linear memory (Core specification, 4.4.7); see lower.h.
 *
 * An access is base + zext(address) + constant and nothing else: what is out of bounds faults in a
 * guard (runtime_abi.h). An address of 64 bits is cut to where the guard begins, by a minimum: no
 * branch stands in the way of the optimiser. Deliberate deviations, for speed, which --strict-traps
 * takes back: a load whose result is not used may vanish, stores before a trap may not have
 * happened, and an address that wraps around 4 GiB may trap where fold_offsets.c says so.
 */
#include "compile/lower.h"

static const struct wasm_limits *limits_of(const struct lowering *l, uint32_t memory) {
    return &l->m->wasm->memories[memory].type.limits;
}

/* The struct linear_memory. */
static LLVMValueRef memory_pointer(struct lowering *l, LLVMBuilderRef builder, uint32_t memory) {
    return lower_load_constant_pointer(l->m, builder, l->context,
                                       l->m->plan->layout.memories + 8 * (uint64_t)memory, "");
}

static void set_number(struct lower_module *m, LLVMValueRef load, unsigned kind, uint64_t number) {
    LLVMMetadataRef value = LLVMValueAsMetadata(lower_i64(m, number));
    LLVMSetMetadata(load, kind,
                    LLVMMetadataAsValue(m->context, LLVMMDNodeInContext2(m->context, &value, 1)));
}

LLVMValueRef lower_memory_base(struct lowering *l, uint32_t memory) {
    if (l->memories[memory].base != NULL) return l->memories[memory].base;
    struct lower_module *m = l->m;
    /* The context has the base of memory 0 at hand. */
    LLVMValueRef holder = memory == 0 ? l->context : memory_pointer(l, l->entry_builder, memory);
    uint64_t at =
        memory == 0 ? offsetof(struct context, memory_base) : offsetof(struct linear_memory, base);
    LLVMValueRef base = lower_load_constant_pointer(m, l->entry_builder, holder, at, "memory");
    uint64_t pages = limits_of(l, memory)->minimum;
    if (pages > MEMORY_MAX_PAGES_32) pages = MEMORY_MAX_PAGES_32;
    if (pages > 0) set_number(m, base, m->kind_dereferenceable, pages * WASM_PAGE_SIZE);
    set_number(m, base, m->kind_align, 2 << 20);
    return l->memories[memory].base = base;
}

static LLVMValueRef memory_size(struct lowering *l, uint32_t memory) {
    LLVMValueRef at = lower_offset(l->m, l->builder, memory_pointer(l, l->builder, memory),
                                   offsetof(struct linear_memory, size), "");
    LLVMValueRef size = LLVMBuildLoad2(l->builder, l->m->i64, at, "memory.size");
    if (l->m->wasm->memories[memory].type.is_shared) { /* another thread may grow it */
        LLVMSetOrdering(size, LLVMAtomicOrderingMonotonic);
        LLVMSetAlignment(size, 8);
    }
    lower_tag_region(l->m, size, REGION_MEMORY_SIZE);
    return size;
}

static LLVMValueRef memory_limit(struct lowering *l, uint32_t memory) {
    if (l->memories[memory].limit != NULL) return l->memories[memory].limit;
    LLVMValueRef at =
        lower_offset(l->m, l->entry_builder, memory_pointer(l, l->entry_builder, memory),
                     offsetof(struct linear_memory, limit), "");
    LLVMValueRef limit = LLVMBuildLoad2(l->entry_builder, l->m->i64, at, "memory.limit");
    lower_tag_invariant(l->m, limit);
    return l->memories[memory].limit = limit;
}

/* llvm.umin or llvm.uadd.sat on i64 */
static LLVMValueRef build_wide(struct lowering *l, const char *intrinsic, LLVMValueRef a,
                               LLVMValueRef b) {
    LLVMValueRef arguments[] = {a, b};
    return lower_intrinsic(l->m, l->builder, intrinsic, &l->m->i64, 1, arguments, 2);
}

/* Is any of the `reach` bytes from `index` on, the constant offset among them, out of bounds? */
static void check_access(struct lowering *l, uint32_t memory, LLVMValueRef index, uint64_t reach) {
    const struct wasm_limits *limits = limits_of(l, memory);
    LLVMValueRef bytes = lower_i64(l->m, reach), outside;
    if (limits->is_64 && reach / WASM_PAGE_SIZE < limits->minimum) {
        /* A memory never shrinks, so this cannot wrap around; and it does not depend on index. */
        LLVMValueRef last = LLVMBuildNUWSub(l->builder, memory_size(l, memory), bytes, "last");
        outside = LLVMBuildICmp(l->builder, LLVMIntUGT, index, last, "outside");
    } else {
        LLVMValueRef end = limits->is_64 ? build_wide(l, "llvm.uadd.sat", index, bytes)
                                         : LLVMBuildNUWAdd(l->builder, index, bytes, "end");
        outside = LLVMBuildICmp(l->builder, LLVMIntUGT, end, memory_size(l, memory), "outside");
    }
    lower_trap_if(l, outside, TRAP_MEMORY_OUT_OF_BOUNDS);
}

LLVMValueRef lower_memory_address(struct lowering *l, const struct wasm_instr *instr,
                                  LLVMValueRef address, unsigned bytes) {
    struct lower_module *m = l->m;
    uint32_t memory = instr->memory.index;
    uint64_t offset = instr->memory.offset;
    LLVMValueRef index = LLVMBuildZExt(l->builder, address, m->i64, "");
    if (m->options->explicit_bounds) {
        check_access(l, memory, index, offset + bytes < offset ? UINT64_MAX : offset + bytes);
    } else if (limits_of(l, memory)->is_64) {
        if (offset > MEMORY_OFFSET_MAX) {
            index = build_wide(l, "llvm.uadd.sat", index, lower_i64(m, offset));
            offset = 0;
        }
        index = build_wide(l, "llvm.umin", index, memory_limit(l, memory));
    }
    LLVMValueRef base = lower_memory_base(l, memory);
    LLVMValueRef at = LLVMBuildGEP2(l->builder, m->i8, base, &index, 1, "");
    if (offset == 0) return at;
    LLVMValueRef more = lower_i64(m, offset);
    return LLVMBuildGEP2(l->builder, m->i8, at, &more, 1, "");
}

void lower_memory_mark(struct lowering *l, LLVMValueRef access) {
    LLVMSetAlignment(access, 1);
    if (l->m->options->strict_traps) LLVMSetVolatile(access, true);
    lower_tag_region(l->m, access, REGION_MEMORY);
}

LLVMValueRef lower_load_as(struct lowering *l, const struct wasm_instr *instr, LLVMTypeRef type,
                           unsigned bits) {
    LLVMValueRef at = lower_memory_address(l, instr, lower_pop(l), bits / 8);
    LLVMValueRef value = LLVMBuildLoad2(l->builder, type, at, "");
    lower_memory_mark(l, value);
    return value;
}

void lower_store_as(struct lowering *l, const struct wasm_instr *instr, LLVMValueRef value,
                    unsigned bits) {
    LLVMValueRef at = lower_memory_address(l, instr, lower_pop(l), bits / 8);
    lower_memory_mark(l, LLVMBuildStore(l->builder, value, at));
}

/* The type an instruction loads into or stores from, by the letter in its row. */
static LLVMTypeRef letter_type(struct lower_module *m, char letter) {
    switch (letter) {
    case 'i': return m->i32;
    case 'I': return m->i64;
    case 'f': return m->f32;
    case 'v': return m->v128;
    default: return m->f64;
    }
}

static LLVMTypeRef pushed_type(struct lowering *l, const struct wasm_instr *instr) {
    return letter_type(l->m, wasm_op_infos[instr->op].pushes[0]);
}

void lower_load(struct lowering *l, const struct wasm_instr *instr, int bits) {
    lower_push(l, lower_load_as(l, instr, pushed_type(l, instr), (unsigned)bits));
}

void lower_load_signed(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMTypeRef narrow = LLVMIntTypeInContext(l->m->context, (unsigned)bits);
    LLVMValueRef value = lower_load_as(l, instr, narrow, (unsigned)bits);
    lower_push(l, LLVMBuildSExt(l->builder, value, pushed_type(l, instr), ""));
}

void lower_load_unsigned(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMTypeRef narrow = LLVMIntTypeInContext(l->m->context, (unsigned)bits);
    LLVMValueRef value = lower_load_as(l, instr, narrow, (unsigned)bits);
    lower_push(l, LLVMBuildZExt(l->builder, value, pushed_type(l, instr), ""));
}

void lower_store(struct lowering *l, const struct wasm_instr *instr, int bits) {
    LLVMValueRef value = lower_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);
    if (LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) != (unsigned)bits)
        value = LLVMBuildTrunc(l->builder, value,
                               LLVMIntTypeInContext(l->m->context, (unsigned)bits), "");
    lower_store_as(l, instr, value, (unsigned)bits);
}

static void push_pages(struct lowering *l, uint32_t memory, LLVMValueRef pages) {
    LLVMTypeRef type = lower_address_type(l->m, limits_of(l, memory));
    lower_push(l, LLVMBuildTrunc(l->builder, pages, type, ""));
}

void lower_memory_size(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef size = memory_size(l, instr->index);
    push_pages(l, instr->index, LLVMBuildLShr(l->builder, size, lower_i64(l->m, 16), ""));
}

/* To 64 bits, if it is not an address of a 64-bit memory. */
static LLVMValueRef widen(struct lowering *l, LLVMValueRef value) {
    return LLVMBuildZExt(l->builder, value, l->m->i64, "");
}

void lower_memory_grow(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index), widen(l, lower_pop(l))};
    push_pages(l, instr->index, lower_libcall(l, LIBCALL(memory_grow), l->m->i64, arguments, 2));
}

void lower_memory_init(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef size = widen(l, lower_pop(l));
    LLVMValueRef from = widen(l, lower_pop(l));
    LLVMValueRef to = widen(l, lower_pop(l));
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->second), lower_i32(l->m, instr->index), to,
                                from, size};
    lower_libcall(l, LIBCALL(memory_init), l->m->void_type, arguments, 5);
}

void lower_data_drop(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef arguments[] = {lower_i32(l->m, instr->index)};
    lower_libcall(l, LIBCALL(data_drop), l->m->void_type, arguments, 1);
}

/* [at, at + size) must lie in the memory, which has `limit` bytes, before a byte is touched. */
static void check_range(struct lowering *l, uint32_t memory, LLVMValueRef at, LLVMValueRef size,
                        LLVMValueRef limit) {
    LLVMValueRef end = limits_of(l, memory)->is_64 ? build_wide(l, "llvm.uadd.sat", at, size)
                                                   : LLVMBuildNUWAdd(l->builder, at, size, "end");
    lower_trap_if(l, LLVMBuildICmp(l->builder, LLVMIntUGT, end, limit, "outside"),
                  TRAP_MEMORY_OUT_OF_BOUNDS);
}

static LLVMValueRef range_address(struct lowering *l, uint32_t memory, LLVMValueRef at) {
    return LLVMBuildGEP2(l->builder, l->m->i8, lower_memory_base(l, memory), &at, 1, "");
}

/* Two memories may be the same one, imported twice; so this is memmove in every case. */
void lower_memory_copy(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef size = widen(l, lower_pop(l));
    LLVMValueRef from = widen(l, lower_pop(l));
    LLVMValueRef to = widen(l, lower_pop(l));
    LLVMValueRef limit = memory_size(l, instr->index);
    check_range(l, instr->index, to, size, limit);
    if (instr->second != instr->index) limit = memory_size(l, instr->second);
    check_range(l, instr->second, from, size, limit);
    LLVMValueRef call = LLVMBuildMemMove(l->builder, range_address(l, instr->index, to), 1,
                                         range_address(l, instr->second, from), 1, size);
    lower_tag_region(l->m, call, REGION_MEMORY);
}

void lower_memory_fill(struct lowering *l, const struct wasm_instr *instr, int argument) {
    LLVMValueRef size = widen(l, lower_pop(l));
    LLVMValueRef value = LLVMBuildTrunc(l->builder, lower_pop(l), l->m->i8, "");
    LLVMValueRef to = widen(l, lower_pop(l));
    check_range(l, instr->index, to, size, memory_size(l, instr->index));
    LLVMValueRef at = range_address(l, instr->index, to);
    LLVMValueRef call = LLVMBuildMemSet(l->builder, at, value, size, 1);
    lower_tag_region(l->m, call, REGION_MEMORY);
}
