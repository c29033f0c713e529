/*
 * lower.h - from WebAssembly to LLVM IR: what the lower_*.c files share. Private to src/compile.
 *
 * lower_module.c makes one LLVM module of a partition, lower_function.c walks a body and calls for
 * each instruction the lower_<how> that its row in wasm_ops.def names; those are sorted into files
 * by language construct. Every one reads operands from the stack of LLVM values in struct lowering
 * and leaves its results there.
 *
 * The module is validated, so nothing here checks types, indices or nesting.
 */
#ifndef MPIWASM_COMPILE_LOWER_H
#define MPIWASM_COMPILE_LOWER_H

#include "compile/compile.h"
#include "compile/debug_lines.h"
#include "compile/llvm_compat.h"
#include "compile/partition.h"
#include "compile/target.h"
#include "runtime/runtime_abi.h"
#include "wasm/instr.h"
#include "wasm/module.h"

/* Memory that one kind of access alone touches: what a store to one of them leaves untouched. */
enum lower_region {
    REGION_MEMORY,      /* linear memory */
    REGION_MEMORY_SIZE, /* struct linear_memory.size */
    REGION_GLOBAL,      /* wasm globals */
    REGION_TABLE,       /* entries of tables */
    REGION_TABLE_SIZE,  /* struct table.size */
    REGION_ARGUMENTS,   /* slots of artifact_enter */
    REGION_COUNT
};

/* One LLVM module, for one partition. */
struct lower_module {
    const struct wasm_module *wasm;
    const struct plan *plan;
    const struct compile_options *options;
    const struct target *target;
    struct arena arena;

    LLVMContextRef context;
    LLVMModuleRef llvm;
    LLVMBuilderRef builder;
    LLVMTypeRef void_type, i1, i8, i16, i32, i64, f32, f64, v128, pointer;

    struct debug_lines *lines; /* NULL: none */

    LLVMTypeRef *function_types; /* per type index; NULL until asked for */
    LLVMValueRef *functions;     /* per function, declared when first asked for */
    LLVMValueRef personality;    /* declared when first asked for */

    LLVMValueRef region_tags[REGION_COUNT]; /* TBAA */
    LLVMValueRef empty_node, unlikely_node;
    unsigned kind_tbaa, kind_invariant_load, kind_prof, kind_dereferenceable, kind_nonnull,
        kind_align, kind_noundef;

    LLVMAttributeRef function_attributes[8];
    unsigned function_attribute_count;
    LLVMAttributeRef attribute_cold, attribute_nounwind, attribute_nonnull, attribute_signext,
        attribute_zeroext;
    LLVMAttributeRef context_attributes[4]; /* of the first parameter */
    unsigned context_attribute_count;
};

enum lower_frame_kind {
    FRAME_FUNCTION,
    FRAME_BLOCK,
    FRAME_LOOP,
    FRAME_IF,
    FRAME_TRY_TABLE,
    FRAME_TRY /* the legacy form */
};

/* An open block (Core specification, 4.4.8: a label), or the function itself. */
struct lower_frame {
    enum lower_frame_kind kind;
    bool is_dead;  /* opened in code that cannot be reached: only its nesting matters */
    bool has_else; /* `else` has been seen */
    const enum wasm_type *parameters, *results;
    uint32_t parameter_count, result_count;
    uint32_t height;       /* of the stack, parameters excluded */
    LLVMBasicBlockRef end; /* what follows the block, with a phi per result */
    LLVMValueRef *end_phis;
    LLVMBasicBlockRef loop; /* a loop's head, with a phi per parameter */
    LLVMValueRef *loop_phis;
    LLVMBasicBlockRef else_block; /* an if's */
    LLVMValueRef *else_values;    /* parameters as `else` finds them */
    bool catches;                /* the part of a try at hand is the one whose exceptions it gets */
    LLVMBasicBlockRef landing;   /* a try's landing pad; NULL until a call needs it */
    LLVMBasicBlockRef dispatch;  /* decides what becomes of an exception; NULL until needed */
    LLVMValueRef exception;      /* the dispatch's phi */
    LLVMBasicBlockRef undecided; /* FRAME_TRY: the end of what there is of the dispatch; NULL: all
                                    exceptions have been caught */
    struct wasm_instr clauses;   /* FRAME_TRY_TABLE */
};

/* What a function has loaded of a memory; NULL until asked for. */
struct lower_memory {
    LLVMValueRef base, limit;
};

/* One function. */
struct lowering {
    struct lower_module *m;
    LLVMBuilderRef builder; /* m->builder */
    uint32_t index;
    const struct wasm_function_type *type;
    LLVMValueRef function, context;
    LLVMBasicBlockRef entry; /* gets what is loaded once; ends in a branch to the body */
    LLVMBasicBlockRef body;  /* what follows it */
    LLVMBuilderRef entry_builder;
    struct lower_memory *memories; /* per memory */
    LLVMValueRef *locals;          /* allocas, parameters first */
    LLVMTypeRef *local_types;
    LLVMValueRef *stack;
    uint32_t stack_size, stack_capacity;
    struct lower_frame *frames;
    uint32_t frame_count, frame_capacity;
    bool reachable;
    LLVMBasicBlockRef trap_blocks[TRAP_KIND_COUNT];
    LLVMMetadataRef trap_places[TRAP_KIND_COUNT]; /* source line; NULL: of several, or unknown */
    struct arena arena;
    struct error *err;
    bool failed;
};

/* How an instruction is lowered: one function per name in wasm_ops.def's EMIT. */
typedef void lower_emit(struct lowering *l, const struct wasm_instr *instr, int argument);
#define EMIT(how, argument) lower_emit lower_##how;
#define EMIT_REFUSED
#define OP(code, id, text, immediate, pops, pushes, feature, lowering) lowering
#include "wasm/wasm_ops.def"
#undef OP
#undef EMIT
#undef EMIT_REFUSED

/* lower_module.c */

/*
 * Lower the functions of partition `number`; partition 0 also gets the descriptor with `strip` (the
 * stripped binary). The result's LLVM context is `context`, its owner the caller. If the options
 * want remarks, debug locations are those that remarks.h needs instead of source lines.
 */
LLVMModuleRef lower_partition(const struct plan *plan, uint32_t number,
                              const struct compile_options *options, const struct target *target,
                              LLVMContextRef context, LLVMTargetMachineRef machine,
                              const uint8_t *stripped, size_t stripped_size, struct error *err);

LLVMTypeRef lower_value_type(struct lower_module *m, enum wasm_type type);
/* Of indices and sizes: i64 with memory64, else i32. */
LLVMTypeRef lower_address_type(struct lower_module *m, const struct wasm_limits *limits);
LLVMTypeRef lower_result_type(struct lower_module *m, const struct wasm_function_type *type);
LLVMTypeRef lower_function_type(struct lower_module *m, uint32_t type_index);
LLVMValueRef lower_function_declare(struct lower_module *m, uint32_t index);
void lower_function_attributes_add(struct lower_module *m, LLVMValueRef function);

/* Mark a load or store as one of the region; a load as of something that never changes. */
void lower_tag_region(struct lower_module *m, LLVMValueRef access, enum lower_region region);
void lower_tag_invariant(struct lower_module *m, LLVMValueRef load);
LLVMValueRef lower_i32(struct lower_module *m, uint32_t value);
LLVMValueRef lower_i64(struct lower_module *m, uint64_t value);
/* base + offset bytes */
LLVMValueRef lower_offset(struct lower_module *m, LLVMBuilderRef builder, LLVMValueRef base,
                          uint64_t offset, const char *name);
/* A pointer at base + offset that never changes and is not null. */
LLVMValueRef lower_load_constant_pointer(struct lower_module *m, LLVMBuilderRef builder,
                                         LLVMValueRef base, uint64_t offset, const char *name);
/* llvm.<name>, overloaded on the types. */
LLVMValueRef lower_intrinsic(struct lower_module *m, LLVMBuilderRef builder, const char *name,
                             LLVMTypeRef *overloads, unsigned overload_count,
                             LLVMValueRef *arguments, unsigned argument_count);

/* lower_artifact.c: the descriptor and the ways in (struct artifact_descriptor). */
void lower_artifact(struct lower_module *m, const uint8_t *stripped, size_t stripped_size);

/* lower_function.c */
bool lower_function(struct lower_module *m, uint32_t index, struct error *err);
void lower_push(struct lowering *l, LLVMValueRef value);
LLVMValueRef lower_pop(struct lowering *l);
LLVMValueRef lower_top(const struct lowering *l);
/* An i32 as a condition, and back. */
LLVMValueRef lower_condition(struct lowering *l, LLVMValueRef value);
void lower_push_condition(struct lowering *l, LLVMValueRef condition);
LLVMBasicBlockRef lower_block_make(struct lowering *l, const char *name);
/* Trap if `failed` (i1); the builder goes on where it is false. */
void lower_trap_if(struct lowering *l, LLVMValueRef failed, enum trap_kind kind);
LLVMBasicBlockRef lower_trap_block(struct lowering *l, enum trap_kind kind);
/* A branch whose first way is hardly ever taken. */
void lower_branch_unlikely(struct lowering *l, LLVMValueRef condition, LLVMBasicBlockRef unlikely,
                           LLVMBasicBlockRef likely);

/*
 * lower_tail.c.  Functions of plan->in_tail_calls have the prototype of lower_tail_type;
 * lower_tail_parameters takes the guest's parameters out of it, and lower_tail_call makes a call
 * with it, or with another one of its kind.
 */
LLVMTypeRef lower_tail_type(struct lower_module *m, uint32_t type_index);
void lower_tail_parameters(struct lowering *l, LLVMValueRef *out);
LLVMValueRef lower_tail_call(struct lowering *l, LLVMTypeRef prototype, uint32_t type_index,
                             LLVMValueRef code, LLVMValueRef context, LLVMValueRef *values,
                             bool is_caught);
/* Whether a tail call from this function to one of the type can be a jump, and that jump. */
bool lower_tail_can_jump(const struct lowering *l, uint32_t type_index);
void lower_tail_jump(struct lowering *l, uint32_t type_index, LLVMValueRef code,
                     LLVMValueRef context, LLVMValueRef *values);
/* The tail call of a function to itself. */
void lower_tail_loop(struct lowering *l, LLVMValueRef *values);

/* lower_control.c */
void lower_frame_push_function(struct lowering *l);
/* Open a block that is none of a loop and an if. */
struct lower_frame *lower_frame_open(struct lowering *l, enum lower_frame_kind kind,
                                     const struct wasm_block_type *block);
struct lower_frame *lower_frame_top(struct lowering *l);
/* Go on at the begin of a block, which is put behind the one at hand. */
void lower_enter_block(struct lowering *l, LLVMBasicBlockRef block);
/* Leave the running part of the frame by its end, if control gets that far. */
void lower_fall_through(struct lowering *l, struct lower_frame *frame);
/* Where a branch to the label goes; the operands are taken along. Call once per edge. */
LLVMBasicBlockRef lower_branch_target(struct lowering *l, uint32_t label);

/* lower_exception.c */

/* The landing pad of calls made here, NULL if an exception leaves the function. */
LLVMBasicBlockRef lower_landing(struct lowering *l);
/* A try's frame has been closed: decide what becomes of its exceptions. */
void lower_try_end(struct lowering *l, struct lower_frame *frame);
/* The personality function, and what it jumps to (artifact_descriptor.personality). */
LLVMValueRef lower_personality(struct lower_module *m);
LLVMValueRef lower_personality_define(struct lower_module *m);

/* lower_call.c: a call that ends up in the innermost try if it throws, or in none of this function
 * unless `is_caught`. */
LLVMValueRef lower_call_build(struct lowering *l, LLVMTypeRef type, LLVMValueRef code,
                              LLVMValueRef *arguments, unsigned convention, bool is_caught);

/* lower_call.c: call context->libcalls->F, whose offset in struct runtime_libcalls is given; the
 * context is put in front of the arguments. */
LLVMValueRef lower_libcall(struct lowering *l, size_t offset, LLVMTypeRef result,
                           LLVMValueRef *arguments, unsigned count);
/*
 * Does a 32-bit argument fill its register in the C convention of the target? By its sign on
 * RISC-V; on POWER by the C type, which a module's i32 does not tell: by its sign as well, so that
 * an unsigned parameter of a host function must not be 2 GiB or more there.
 */
bool lower_extends_arguments(const struct lower_module *m);
#define LIBCALL(name) offsetof(struct runtime_libcalls, name)

/* lower_numeric.c: the number or numbers as they are, a signaling NaN made quiet. */
LLVMValueRef lower_quiet(struct lowering *l, LLVMValueRef value);
/* An operation whose result LLVM does not take for one of its operands if that is a NaN. */
LLVMValueRef lower_arithmetic(struct lowering *l, LLVMOpcode op, LLVMValueRef left,
                              LLVMValueRef right);

/* lower_table.c: element `index` (of the table's address type) of the table; traps as `kind` if
 * there is none. */
LLVMValueRef lower_table_entry(struct lowering *l, uint32_t table, LLVMValueRef index,
                               enum trap_kind kind);
/* The address of the struct table_call of element `index`; traps if there is none. */
LLVMValueRef lower_table_call(struct lowering *l, uint32_t table, LLVMValueRef index);

/* lower_memory.c: an access at the address on top of the stack, which touches `bits`. */
LLVMValueRef lower_load_as(struct lowering *l, const struct wasm_instr *instr, LLVMTypeRef type,
                           unsigned bits);
void lower_store_as(struct lowering *l, const struct wasm_instr *instr, LLVMValueRef value,
                    unsigned bits);
LLVMValueRef lower_memory_base(struct lowering *l, uint32_t memory);
/*
 * Where an access to `bytes` bytes by the instruction (memory, offset) at `address`, of the
 * memory's address type, finds them; traps, here or when it is used, if any is out of bounds.
 */
LLVMValueRef lower_memory_address(struct lowering *l, const struct wasm_instr *instr,
                                  LLVMValueRef address, unsigned bytes);
/* Mark a load or store of linear memory: any alignment, volatile if traps are by the letter. */
void lower_memory_mark(struct lowering *l, LLVMValueRef access);

/* lower_vector.c: v128 as the lanes that the instruction's name begins with, and as any others. */
LLVMTypeRef lower_lanes_type(struct lowering *l, const struct wasm_instr *instr);
LLVMValueRef lower_view(struct lowering *l, LLVMValueRef value, LLVMTypeRef type);
/* As lower_pop and lower_push for a number; a vector is cast from v128, and to it. */
LLVMValueRef lower_pop_lanes(struct lowering *l, const struct wasm_instr *instr);
void lower_push_lanes(struct lowering *l, LLVMValueRef value);
/* A vector of `count` such lanes. */
LLVMValueRef lower_make_splat(struct lowering *l, LLVMValueRef lane, unsigned count);

#endif
