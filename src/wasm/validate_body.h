/*
 * validate_body.h - the state of the validator in a body, and what checks of instructions need: the
 * stacks of operands and frames, and index spaces.  Private to validate.c and validate_control.c.
 */
#ifndef MPIWASM_WASM_VALIDATE_BODY_H
#define MPIWASM_WASM_VALIDATE_BODY_H

#include "wasm/instr.h"
#include "wasm/validate.h"

/* Operand types that no value type has, of code that cannot be reached: matches everything, and
 * matches every reference. */
#define UNKNOWN ((enum wasm_type)0)
#define UNKNOWN_REFERENCE ((enum wasm_type)(WASM_NON_NULL | 0x02))

struct frame {
    enum wasm_op op; /* BLOCK, LOOP, IF, ELSE, TRY, CATCH; the function's own is a BLOCK */
    bool is_unreachable;
    uint32_t floor;                             /* operands below belong to outer frames */
    const enum wasm_type *parameters, *results; /* results NULL: the one in `result` */
    uint32_t parameter_count, result_count;
    enum wasm_type result;
    size_t set_count; /* v->set_count where it begins */
};

struct validator {
    const struct wasm_module *module;
    struct error *err;

    enum wasm_type *operands; /* owned */
    size_t operand_count, operand_capacity;
    struct frame *frames; /* owned */
    size_t frame_count, frame_capacity;
    uint32_t *run_ends; /* per local run: index of the first local behind it; owned */
    size_t run_capacity;
    /* Locals that start without a value (section 3.4.1: C.locals): which of all locals have one
     * here, and in which order they got it. All owned; unused in functions without such. */
    bool has_unset;
    uint64_t *is_set; /* a bit per local */
    uint32_t *set;
    size_t is_set_capacity, set_count, set_capacity;

    bool in_constant;
    uint32_t index; /* of the function; not in_constant */
    const struct wasm_function *function;
    const struct wasm_function_type *type;
    struct wasm_instr instr;
};

/* ERROR_INVALID at the current instruction, which the message names. Always returns false. */
bool validate_fail(struct validator *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* As wasm_type_name, for operands. */
const char *validate_operand_name_in(enum wasm_type type, char buffer[WASM_TYPE_NAME_SIZE]);
#define validate_operand_name(type) validate_operand_name_in((type), (char[WASM_TYPE_NAME_SIZE]){0})
/* Section 3.3.3, with the types of unreachable code. */
bool validate_matches(const struct validator *v, enum wasm_type actual, enum wasm_type expected);
bool validate_matches_all(const struct validator *v, const enum wasm_type *actual,
                          const enum wasm_type *expected, uint32_t count);

/* The operand and control stacks. What pops fails if it finds something else. */
void validate_push(struct validator *v, enum wasm_type type);
void validate_push_types(struct validator *v, const enum wasm_type *types, uint32_t count);
/* Whatever is there; `expected` is for the message alone. */
bool validate_pop_any(struct validator *v, enum wasm_type expected, enum wasm_type *out);
bool validate_pop(struct validator *v, enum wasm_type expected);
bool validate_pop_types(struct validator *v, const enum wasm_type *types, uint32_t count);
const enum wasm_type *validate_frame_results(const struct frame *frame);
void validate_push_frame(struct validator *v, const struct frame *frame);
/* The frame's results must be on the stack, and nothing else above its floor. */
bool validate_pop_frame(struct validator *v, struct frame *out);
void validate_set_unreachable(struct validator *v);
/* What a branch to label `depth` carries. */
bool validate_label(struct validator *v, uint32_t depth, const enum wasm_type **types,
                    uint32_t *count);

/* NULL, after validate_fail, if there is none. */
const struct wasm_table *validate_find_table(struct validator *v, uint32_t index);
const struct wasm_function_type *validate_find_type(struct validator *v, uint32_t index);
/* Section 3.2.9: what the type refers to exists. */
bool validate_type(struct validator *v, enum wasm_type type);
enum wasm_type validate_address_type(const struct wasm_limits *limits);

/* validate_control.c: the instruction, if it is one of those there. */
bool validate_control(struct validator *v);

#endif
