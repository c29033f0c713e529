/*
 * validate.c - type checking of function bodies and constant expressions; see validate.h.
 *
 * The algorithm of the Core specification's appendix (section 7.3): a stack of operand types and a
 * stack of control frames, both on the heap, no recursion.  After an unconditional branch a frame
 * is unreachable and popping below its floor gives UNKNOWN, which matches everything.
 *
 * Regular instructions are checked by their row in wasm_ops.def ("ii" -> "i"), the others by the
 * switch in check_special.  Features that this version cannot compile are validated all the same;
 * validate_module.c refuses them afterwards.
 */
#include "wasm/validate.h"
#include "wasm/instr.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void *grow(void *array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity) return array;
    size_t fresh = *capacity == 0 ? 64 : *capacity * 2;
    if (fresh < needed) fresh = needed;
    array = realloc(array, fresh * size);
    if (array == NULL) {
        fputs("mpiwasm: out of memory while validating\n", stderr);
        abort();
    }
    *capacity = fresh;
    return array;
}

struct validator *validator_new(const struct wasm_module *module, struct error *err) {
    struct validator *v = calloc(1, sizeof *v);
    if (v == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory while validating");
        return NULL;
    }
    v->module = module;
    v->err = err;
    return v;
}

void validator_free(struct validator *v) {
    if (v == NULL) return;
    free(v->operands);
    free(v->frames);
    free(v->run_ends);
    free(v->is_set);
    free(v->set);
    free(v);
}

/* ERROR_INVALID at the current instruction, which the message names. Always returns false. */
__attribute__((format(printf, 2, 3))) static bool fail(struct validator *v, const char *format,
                                                       ...) {
    char message[256], name[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const char *text = wasm_op_infos[v->instr.op].text;
    if (v->in_constant)
        error_set_at(v->err, ERROR_INVALID, v->instr.offset, "%s, at %s in a constant expression",
                     message, text);
    else
        error_set_at(v->err, ERROR_INVALID, v->instr.offset, "%s, at %s in function %s", message,
                     text, wasm_module_function_name(v->module, v->index, name, sizeof name));
    return false;
}

static const char *operand_name_in(enum wasm_type type, char buffer[WASM_TYPE_NAME_SIZE]) {
    if (type == UNKNOWN) return "any type";
    return type == UNKNOWN_REFERENCE ? "a reference" : wasm_type_name_in(type, buffer);
}
#define operand_name(type) operand_name_in((type), (char[WASM_TYPE_NAME_SIZE]){0})

/* Section 3.3.3, with the types of unreachable code. */
static bool matches(const struct validator *v, enum wasm_type actual, enum wasm_type expected) {
    if (actual == expected || actual == UNKNOWN || expected == UNKNOWN) return true;
    if (actual == UNKNOWN_REFERENCE) return wasm_type_is_reference(expected);
    return wasm_module_type_matches(v->module, actual, expected);
}

static bool matches_all(const struct validator *v, const enum wasm_type *actual,
                        const enum wasm_type *expected, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!matches(v, actual[i], expected[i])) return false;
    return true;
}

/* The operand and control stacks. */

static void push(struct validator *v, enum wasm_type type) {
    if (v->operand_count == v->operand_capacity)
        v->operands =
            grow(v->operands, &v->operand_capacity, v->operand_count + 1, sizeof *v->operands);
    v->operands[v->operand_count++] = type;
}

static bool pop_any(struct validator *v, enum wasm_type expected, enum wasm_type *out) {
    const struct frame *frame = &v->frames[v->frame_count - 1];
    if (v->operand_count == frame->floor) {
        if (!frame->is_unreachable)
            return fail(v, "type mismatch: expected %s, found nothing", operand_name(expected));
        *out = UNKNOWN;
        return true;
    }
    *out = v->operands[--v->operand_count];
    return true;
}

static bool pop(struct validator *v, enum wasm_type expected) {
    enum wasm_type actual = UNKNOWN;
    if (!pop_any(v, expected, &actual)) return false;
    if (!matches(v, actual, expected))
        return fail(v, "type mismatch: expected %s, found %s", operand_name(expected),
                    operand_name(actual));
    return true;
}

static bool pop_types(struct validator *v, const enum wasm_type *types, uint32_t count) {
    while (count > 0)
        if (!pop(v, types[--count])) return false;
    return true;
}

static void push_types(struct validator *v, const enum wasm_type *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        push(v, types[i]);
}

static const enum wasm_type *frame_results(const struct frame *frame) {
    return frame->results != NULL ? frame->results : &frame->result;
}

static void push_frame(struct validator *v, const struct frame *frame) {
    v->frames = grow(v->frames, &v->frame_capacity, v->frame_count + 1, sizeof *v->frames);
    v->frames[v->frame_count] = *frame;
    v->frames[v->frame_count].set_count = v->set_count;
    v->frames[v->frame_count++].floor = (uint32_t)v->operand_count;
    push_types(v, frame->parameters, frame->parameter_count);
}

/* The frame's results must be on the stack, and nothing else above its floor. */
static bool pop_frame(struct validator *v, struct frame *out) {
    *out = v->frames[v->frame_count - 1];
    if (!pop_types(v, frame_results(out), out->result_count)) return false;
    if (v->operand_count != out->floor)
        return fail(v, "type mismatch: %zu values too many on the stack at the end of a block",
                    v->operand_count - out->floor);
    /* What was set inside may be unset behind. */
    while (v->set_count > out->set_count) {
        uint32_t local = v->set[--v->set_count];
        v->is_set[local / 64] &= ~(UINT64_C(1) << (local % 64));
    }
    v->frame_count--;
    return true;
}

static void set_unreachable(struct validator *v) {
    struct frame *frame = &v->frames[v->frame_count - 1];
    v->operand_count = frame->floor;
    frame->is_unreachable = true;
}

/* What a branch to label `depth` carries. */
static bool label_types(struct validator *v, uint32_t depth, const enum wasm_type **types,
                        uint32_t *count) {
    if (depth >= v->frame_count) return fail(v, "unknown label %u", depth);
    const struct frame *frame = &v->frames[v->frame_count - 1 - depth];
    bool backward = frame->op == WASM_OP_LOOP;
    *types = backward ? frame->parameters : frame_results(frame);
    *count = backward ? frame->parameter_count : frame->result_count;
    return true;
}

/* Index spaces. */

static const struct wasm_table *find_table(struct validator *v, uint32_t index) {
    if (index < v->module->table_count) return &v->module->tables[index];
    fail(v, "unknown table %u", index);
    return NULL;
}

static const struct wasm_memory *find_memory(struct validator *v, uint32_t index) {
    if (index < v->module->memory_count) return &v->module->memories[index];
    fail(v, "unknown memory %u", index);
    return NULL;
}

static const struct wasm_function_type *find_type(struct validator *v, uint32_t index) {
    if (index < v->module->type_count) return &v->module->types[index];
    fail(v, "unknown type %u", index);
    return NULL;
}

/* Section 3.2.9: what the type refers to exists. */
static bool check_type(struct validator *v, enum wasm_type type) {
    return !wasm_type_is_indexed(type) || find_type(v, wasm_type_index(type)) != NULL;
}

static bool find_element(struct validator *v, uint32_t index) {
    return index < v->module->element_count || fail(v, "unknown elem segment %u", index);
}

static bool find_data(struct validator *v, uint32_t index) {
    /* Section 5.5.16: a body may name data segments only if their count came before it. */
    if (!v->module->has_data_count) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset, "data count section required");
        return false;
    }
    return index < v->module->data_count || fail(v, "unknown data segment %u", index);
}

static enum wasm_type address_type(const struct wasm_limits *limits) {
    return limits->is_64 ? WASM_I64 : WASM_I32;
}

/* Sizes of a copy between two address types have the smaller one. */
static enum wasm_type smaller_address_type(const struct wasm_limits *a,
                                           const struct wasm_limits *b) {
    return a->is_64 && b->is_64 ? WASM_I64 : WASM_I32;
}

static bool find_local(struct validator *v, enum wasm_type *out) {
    uint32_t index = v->instr.index;
    if (index < v->type->parameter_count) {
        *out = v->type->parameters[index];
        return true;
    }
    uint32_t local = index - v->type->parameter_count;
    if (local >= v->function->local_count) return fail(v, "unknown local %u", index);
    uint32_t low = 0, high = v->function->local_run_count; /* first run that ends behind local */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (v->run_ends[middle] > local)
            high = middle;
        else
            low = middle + 1;
    }
    *out = v->function->local_runs[low].type;
    return true;
}

static bool find_global(struct validator *v, const struct wasm_global **out) {
    if (v->instr.index >= v->module->global_count)
        return fail(v, "unknown global %u", v->instr.index);
    *out = &v->module->globals[v->instr.index];
    return true;
}

/* Blocks and branches. */

static bool read_block_type(struct validator *v, struct frame *frame) {
    const struct wasm_block_type *block = &v->instr.block;
    *frame = (struct frame){.op = v->instr.op};
    if (block->kind == WASM_BLOCK_VALUE) {
        if (!check_type(v, block->result)) return false;
        frame->result = block->result;
        frame->result_count = 1;
    } else if (block->kind == WASM_BLOCK_TYPE) {
        const struct wasm_function_type *type = find_type(v, block->type_index);
        if (type == NULL) return false;
        frame->parameters = type->parameters;
        frame->parameter_count = type->parameter_count;
        frame->results = type->results;
        frame->result_count = type->result_count;
    }
    return true;
}

static bool check_block(struct validator *v) {
    struct frame frame;
    if (!read_block_type(v, &frame)) return false;
    if (v->instr.op == WASM_OP_IF && !pop(v, WASM_I32)) return false;
    if (!pop_types(v, frame.parameters, frame.parameter_count)) return false;
    push_frame(v, &frame);
    return true;
}

static bool check_else(struct validator *v) {
    struct frame frame;
    if (v->frames[v->frame_count - 1].op != WASM_OP_IF) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset, "END opcode expected, found else");
        return false;
    }
    if (!pop_frame(v, &frame)) return false;
    frame.op = WASM_OP_ELSE;
    frame.is_unreachable = false;
    push_frame(v, &frame);
    return true;
}

static bool check_end(struct validator *v) {
    struct frame frame;
    if (!pop_frame(v, &frame)) return false;
    if (frame.op == WASM_OP_IF) {
        /* Without `else` the parameters are the results. */
        if (frame.parameter_count != frame.result_count ||
            !matches_all(v, frame.parameters, frame_results(&frame), frame.result_count))
            return fail(v, "type mismatch: an if without else that changes the stack");
    }
    push_types(v, frame_results(&frame), frame.result_count);
    return true;
}

static bool check_br(struct validator *v) {
    const enum wasm_type *types;
    uint32_t count;
    if (!label_types(v, v->instr.index, &types, &count) || !pop_types(v, types, count))
        return false;
    set_unreachable(v);
    return true;
}

static bool check_br_if(struct validator *v) {
    const enum wasm_type *types;
    uint32_t count;
    if (!pop(v, WASM_I32) || !label_types(v, v->instr.index, &types, &count) ||
        !pop_types(v, types, count))
        return false;
    push_types(v, types, count);
    return true;
}

/* The operands must match a label without being consumed, UNKNOWN ones staying unknown. */
static bool match_label(struct validator *v, const enum wasm_type *types, uint32_t count) {
    const struct frame *frame = &v->frames[v->frame_count - 1];
    size_t at = v->operand_count;
    for (uint32_t i = count; i > 0; i--) {
        enum wasm_type actual = UNKNOWN;
        if (at > frame->floor)
            actual = v->operands[--at];
        else if (!frame->is_unreachable)
            return fail(v, "type mismatch: expected %s, found nothing",
                        wasm_type_name(types[i - 1]));
        if (!matches(v, actual, types[i - 1]))
            return fail(v, "type mismatch: expected %s, found %s", wasm_type_name(types[i - 1]),
                        operand_name(actual));
    }
    return true;
}

static bool check_br_table(struct validator *v) {
    if (!pop(v, WASM_I32)) return false;
    struct wasm_instr labels = v->instr;
    const enum wasm_type *types;
    uint32_t count, arity = 0;
    for (uint32_t i = 0; i <= v->instr.labels.count; i++) {
        if (!label_types(v, wasm_instr_label_next(&labels), &types, &count)) return false;
        if (i == 0) arity = count;
        if (count != arity)
            return fail(v, "type mismatch: labels of br_table carry %u and %u values", arity,
                        count);
        if (!match_label(v, types, count)) return false;
    }
    set_unreachable(v);
    return true;
}

static bool check_call(struct validator *v, uint32_t type_index) {
    const struct wasm_function_type *type = find_type(v, type_index);
    if (type == NULL || !pop_types(v, type->parameters, type->parameter_count)) return false;
    push_types(v, type->results, type->result_count);
    return true;
}

/* The index into the table, above what check_call finds. */
static bool check_call_indirect(struct validator *v) {
    const struct wasm_table *table = find_table(v, v->instr.second);
    if (table == NULL) return false;
    if (!matches(v, table->type.element, WASM_FUNCREF))
        return fail(v, "type mismatch: %s through a table of %s", wasm_op_infos[v->instr.op].text,
                    wasm_type_name(table->type.element));
    return pop(v, address_type(&table->type.limits));
}

/* A call whose results are those of this function. */
static bool check_tail_call(struct validator *v, uint32_t type_index) {
    const struct wasm_function_type *type = find_type(v, type_index);
    if (type == NULL) return false;
    if (type->result_count != v->type->result_count ||
        !matches_all(v, type->results, v->type->results, type->result_count))
        return fail(v, "type mismatch: the callee's results are not those of the function");
    if (!pop_types(v, type->parameters, type->parameter_count)) return false;
    set_unreachable(v);
    return true;
}

static bool check_calls(struct validator *v) {
    bool is_tail = v->instr.op == WASM_OP_RETURN_CALL ||
                   v->instr.op == WASM_OP_RETURN_CALL_INDIRECT ||
                   v->instr.op == WASM_OP_RETURN_CALL_REF;
    uint32_t type = v->instr.index;
    switch (v->instr.op) {
    case WASM_OP_CALL:
    case WASM_OP_RETURN_CALL:
        if (v->instr.index >= v->module->function_count)
            return fail(v, "unknown function %u", v->instr.index);
        type = v->module->functions[v->instr.index].type_index;
        break;
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_INDIRECT:
        if (!check_call_indirect(v)) return false;
        break;
    default: /* through a reference */
        if (find_type(v, type) == NULL || !pop(v, wasm_type_indexed(type))) return false;
        break;
    }
    return is_tail ? check_tail_call(v, type) : check_call(v, type);
}

/* References. */

static bool pop_reference(struct validator *v, enum wasm_type *out) {
    if (!pop_any(v, UNKNOWN_REFERENCE, out)) return false;
    if (*out == UNKNOWN) *out = UNKNOWN_REFERENCE;
    return wasm_type_is_reference(*out) ||
           fail(v, "type mismatch: expected a reference, found %s", operand_name(*out));
}

static bool check_ref_func(struct validator *v) {
    if (v->instr.index >= v->module->function_count)
        return fail(v, "unknown function %u", v->instr.index);
    const struct wasm_function *function = &v->module->functions[v->instr.index];
    if (!function->is_declared) return fail(v, "undeclared function reference %u", v->instr.index);
    push(v, wasm_type_non_null(wasm_type_indexed(function->type_index)));
    return true;
}

/* The branch takes what is left of the label's types without the reference. */
static bool check_br_on_null(struct validator *v) {
    enum wasm_type type;
    const enum wasm_type *types;
    uint32_t count;
    if (!pop_reference(v, &type) || !label_types(v, v->instr.index, &types, &count) ||
        !pop_types(v, types, count))
        return false;
    push_types(v, types, count);
    push(v, wasm_type_non_null(type));
    return true;
}

/* The branch takes the reference along, as the last of the label's types. */
static bool check_br_on_non_null(struct validator *v) {
    enum wasm_type type;
    const enum wasm_type *types;
    uint32_t count;
    if (!pop_reference(v, &type) || !label_types(v, v->instr.index, &types, &count)) return false;
    if (count == 0 || !matches(v, wasm_type_non_null(type), types[count - 1]))
        return fail(v, "type mismatch: label %u takes no %s", v->instr.index,
                    operand_name(wasm_type_non_null(type)));
    if (!pop_types(v, types, count - 1)) return false;
    push_types(v, types, count - 1);
    return true;
}

static bool check_reference(struct validator *v) {
    enum wasm_type type;
    switch (v->instr.op) {
    case WASM_OP_REF_NULL:
        if (!check_type(v, v->instr.type)) return false;
        push(v, v->instr.type);
        return true;
    case WASM_OP_REF_IS_NULL:
        if (!pop_reference(v, &type)) return false;
        push(v, WASM_I32);
        return true;
    case WASM_OP_REF_AS_NON_NULL:
        if (!pop_reference(v, &type)) return false;
        push(v, wasm_type_non_null(type));
        return true;
    case WASM_OP_BR_ON_NULL: return check_br_on_null(v);
    case WASM_OP_BR_ON_NON_NULL: return check_br_on_non_null(v);
    default: return check_ref_func(v);
    }
}

/* Exceptions. */

static const struct wasm_function_type *find_tag(struct validator *v, uint32_t index) {
    if (index < v->module->tag_count) return &v->module->types[v->module->tags[index].type_index];
    fail(v, "unknown tag %u", index);
    return NULL;
}

static bool check_throw(struct validator *v) {
    const struct wasm_function_type *type = find_tag(v, v->instr.index);
    if (type == NULL || !pop_types(v, type->parameters, type->parameter_count)) return false;
    set_unreachable(v);
    return true;
}

static bool check_throw_ref(struct validator *v) {
    if (!pop(v, WASM_EXNREF)) return false;
    set_unreachable(v);
    return true;
}

/* What the clause brings must be what its label takes. */
static bool check_catch_clause(struct validator *v, const struct wasm_catch *clause) {
    static const struct wasm_function_type nothing;
    const struct wasm_function_type *type = &nothing;
    const enum wasm_type *types;
    uint32_t count;
    bool has_tag = clause->kind == WASM_CATCH || clause->kind == WASM_CATCH_REF;
    bool has_reference = clause->kind == WASM_CATCH_REF || clause->kind == WASM_CATCH_ALL_REF;
    if (has_tag && (type = find_tag(v, clause->tag)) == NULL) return false;
    if (!label_types(v, clause->label, &types, &count)) return false;
    bool same = count == type->parameter_count + has_reference &&
                matches_all(v, type->parameters, types, type->parameter_count);
    if (same && has_reference) same = matches(v, wasm_type_non_null(WASM_EXNREF), types[count - 1]);
    return same || fail(v, "type mismatch: label %u does not take what a catch clause brings",
                        clause->label);
}

static bool check_try_table(struct validator *v) {
    struct wasm_instr clauses = v->instr;
    for (uint32_t i = 0; i < v->instr.try_table.count; i++) {
        struct wasm_catch clause = wasm_instr_catch_next(&clauses);
        if (!check_catch_clause(v, &clause)) return false;
    }
    return check_block(v);
}

/* catch, catch_all: the end of one part of a legacy try and the begin of the next. */
static bool check_catch(struct validator *v) {
    static const struct wasm_function_type nothing;
    const struct wasm_function_type *type = &nothing;
    struct frame frame = v->frames[v->frame_count - 1];
    if (frame.op != WASM_OP_TRY && frame.op != WASM_OP_CATCH) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset, "END opcode expected, found %s",
                     wasm_op_infos[v->instr.op].text);
        return false;
    }
    if (v->instr.op == WASM_OP_CATCH && (type = find_tag(v, v->instr.index)) == NULL) return false;
    if (!pop_frame(v, &frame)) return false;
    frame.op = v->instr.op; /* behind catch_all there is none */
    frame.is_unreachable = false;
    frame.parameters = type->parameters;
    frame.parameter_count = type->parameter_count;
    push_frame(v, &frame);
    return true;
}

static bool check_rethrow(struct validator *v) {
    if (v->instr.index >= v->frame_count) return fail(v, "unknown label %u", v->instr.index);
    enum wasm_op op = v->frames[v->frame_count - 1 - v->instr.index].op;
    if (op != WASM_OP_CATCH && op != WASM_OP_CATCH_ALL)
        return fail(v, "invalid rethrow label %u", v->instr.index);
    set_unreachable(v);
    return true;
}

/* Takes the place of a try's `end`; the label is one outside of it. */
static bool check_delegate(struct validator *v) {
    struct frame frame;
    if (v->frames[v->frame_count - 1].op != WASM_OP_TRY) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset,
                     "END opcode expected, found delegate");
        return false;
    }
    if (!pop_frame(v, &frame)) return false;
    if (v->instr.index >= v->frame_count) return fail(v, "unknown label %u", v->instr.index);
    push_types(v, frame_results(&frame), frame.result_count);
    return true;
}

/* Everything else without a fixed type. */

static bool check_select(struct validator *v) {
    enum wasm_type first, second;
    if (!pop(v, WASM_I32) || !pop_any(v, UNKNOWN, &second) || !pop_any(v, UNKNOWN, &first))
        return false;
    if (wasm_type_is_reference(first) || wasm_type_is_reference(second))
        return fail(v, "type mismatch: select without a type needs numbers or vectors");
    if (first != second && first != UNKNOWN && second != UNKNOWN)
        return fail(v, "type mismatch: select between %s and %s", operand_name(first),
                    operand_name(second));
    push(v, first == UNKNOWN ? second : first);
    return true;
}

static bool check_select_typed(struct validator *v) {
    if (v->instr.select.count != 1) return fail(v, "invalid result arity");
    enum wasm_type type = v->instr.select.type;
    if (!check_type(v, type) || !pop(v, WASM_I32) || !pop(v, type) || !pop(v, type)) return false;
    push(v, type);
    return true;
}

/* A local without an initial value has been set (section 3.4.4). */
static void set_local(struct validator *v) {
    uint32_t index = v->instr.index;
    if (!v->has_unset || (v->is_set[index / 64] >> (index % 64) & 1)) return;
    v->is_set[index / 64] |= UINT64_C(1) << (index % 64);
    v->set = grow(v->set, &v->set_capacity, v->set_count + 1, sizeof *v->set);
    v->set[v->set_count++] = index;
}

static bool check_variable(struct validator *v) {
    enum wasm_type type;
    uint32_t index = v->instr.index;
    const struct wasm_global *global = NULL;
    switch (v->instr.op) {
    case WASM_OP_LOCAL_GET:
        if (!find_local(v, &type)) return false;
        if (v->has_unset && !wasm_type_is_defaultable(type) &&
            !(v->is_set[index / 64] >> (index % 64) & 1))
            return fail(v, "uninitialized local %u", index);
        push(v, type);
        return true;
    case WASM_OP_LOCAL_SET:
        if (!find_local(v, &type) || !pop(v, type)) return false;
        set_local(v);
        return true;
    case WASM_OP_LOCAL_TEE:
        if (!find_local(v, &type) || !pop(v, type)) return false;
        set_local(v);
        push(v, type);
        return true;
    case WASM_OP_GLOBAL_GET:
        if (!find_global(v, &global)) return false;
        push(v, global->type.type);
        return true;
    default: /* global.set */
        if (!find_global(v, &global)) return false;
        if (!global->type.is_mutable) return fail(v, "immutable global %u", v->instr.index);
        return pop(v, global->type.type);
    }
}

static bool check_table_copy(struct validator *v) {
    const struct wasm_table *to = find_table(v, v->instr.index);
    const struct wasm_table *from = to == NULL ? NULL : find_table(v, v->instr.second);
    if (from == NULL) return false;
    if (!matches(v, from->type.element, to->type.element))
        return fail(v, "type mismatch: table.copy from %s to %s",
                    wasm_type_name(from->type.element), wasm_type_name(to->type.element));
    return pop(v, smaller_address_type(&to->type.limits, &from->type.limits)) &&
           pop(v, address_type(&from->type.limits)) && pop(v, address_type(&to->type.limits));
}

static bool check_table_init(struct validator *v) {
    const struct wasm_table *table = find_table(v, v->instr.second);
    if (table == NULL || !find_element(v, v->instr.index)) return false;
    const struct wasm_element_segment *segment = &v->module->elements[v->instr.index];
    if (!matches(v, segment->type, table->type.element))
        return fail(v, "type mismatch: table.init from %s to %s", wasm_type_name(segment->type),
                    wasm_type_name(table->type.element));
    return pop(v, WASM_I32) && pop(v, WASM_I32) && pop(v, address_type(&table->type.limits));
}

static bool check_table(struct validator *v) {
    const struct wasm_table *table = find_table(v, v->instr.index);
    if (table == NULL) return false;
    enum wasm_type element = table->type.element, address = address_type(&table->type.limits);
    switch (v->instr.op) {
    case WASM_OP_TABLE_GET:
        if (!pop(v, address)) return false;
        push(v, element);
        return true;
    case WASM_OP_TABLE_SET: return pop(v, element) && pop(v, address);
    case WASM_OP_TABLE_SIZE: push(v, address); return true;
    case WASM_OP_TABLE_GROW:
        if (!pop(v, address) || !pop(v, element)) return false;
        push(v, address);
        return true;
    default: /* table.fill */ return pop(v, address) && pop(v, element) && pop(v, address);
    }
}

static bool check_memory_copy(struct validator *v) {
    const struct wasm_memory *to = find_memory(v, v->instr.index);
    const struct wasm_memory *from = to == NULL ? NULL : find_memory(v, v->instr.second);
    return from != NULL && pop(v, smaller_address_type(&to->type.limits, &from->type.limits)) &&
           pop(v, address_type(&from->type.limits)) && pop(v, address_type(&to->type.limits));
}

static bool check_special(struct validator *v) {
    switch (v->instr.op) {
    case WASM_OP_UNREACHABLE: set_unreachable(v); return true;
    case WASM_OP_BLOCK:
    case WASM_OP_LOOP:
    case WASM_OP_TRY:
    case WASM_OP_IF: return check_block(v);
    case WASM_OP_TRY_TABLE: return check_try_table(v);
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL: return check_catch(v);
    case WASM_OP_DELEGATE: return check_delegate(v);
    case WASM_OP_THROW: return check_throw(v);
    case WASM_OP_THROW_REF: return check_throw_ref(v);
    case WASM_OP_RETHROW: return check_rethrow(v);
    case WASM_OP_ELSE: return check_else(v);
    case WASM_OP_END: return check_end(v);
    case WASM_OP_BR: return check_br(v);
    case WASM_OP_BR_IF: return check_br_if(v);
    case WASM_OP_BR_TABLE: return check_br_table(v);
    case WASM_OP_RETURN:
        if (!pop_types(v, v->type->results, v->type->result_count)) return false;
        set_unreachable(v);
        return true;
    case WASM_OP_CALL:
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_CALL_REF:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_REF: return check_calls(v);
    case WASM_OP_DROP: {
        enum wasm_type type;
        return pop_any(v, UNKNOWN, &type);
    }
    case WASM_OP_SELECT: return check_select(v);
    case WASM_OP_SELECT_TYPED: return check_select_typed(v);
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_IS_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_REF_AS_NON_NULL:
    case WASM_OP_BR_ON_NULL:
    case WASM_OP_BR_ON_NON_NULL: return check_reference(v);
    case WASM_OP_LOCAL_GET:
    case WASM_OP_LOCAL_SET:
    case WASM_OP_LOCAL_TEE:
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_GLOBAL_SET: return check_variable(v);
    case WASM_OP_TABLE_GET:
    case WASM_OP_TABLE_SET:
    case WASM_OP_TABLE_GROW:
    case WASM_OP_TABLE_SIZE:
    case WASM_OP_TABLE_FILL: return check_table(v);
    case WASM_OP_TABLE_COPY: return check_table_copy(v);
    case WASM_OP_TABLE_INIT: return check_table_init(v);
    case WASM_OP_MEMORY_COPY: return check_memory_copy(v);
    default: return fail(v, "no rule to validate the instruction"); /* a row without a case */
    }
}

/* Instructions with a fixed type. */

static const struct wasm_limits *check_memory(struct validator *v, uint32_t index) {
    const struct wasm_memory *memory = find_memory(v, index);
    return memory == NULL ? NULL : &memory->type.limits;
}

static const struct wasm_limits *check_memarg(struct validator *v,
                                              const struct wasm_op_info *info) {
    uint32_t natural = (uint32_t)__builtin_ctz(info->access_size);
    const struct wasm_limits *memory = check_memory(v, v->instr.memory.index);
    if (memory == NULL) return NULL;
    if (info->feature == WASM_FEATURE_THREADS && v->instr.memory.alignment != natural) {
        fail(v, "atomic alignment must be natural");
        return NULL;
    }
    if (v->instr.memory.alignment > natural) {
        fail(v, "alignment must not be larger than natural");
        return NULL;
    }
    if (!memory->is_64 && v->instr.memory.offset > UINT32_MAX) {
        fail(v, "offset out of range");
        return NULL;
    }
    return memory;
}

static bool check_lane(struct validator *v, uint8_t lane, uint8_t count) {
    return lane < count || fail(v, "invalid lane index %u", lane);
}

/* The immediates; *memory is set where the type has an 'a'. */
static bool check_immediate(struct validator *v, const struct wasm_op_info *info,
                            const struct wasm_limits **memory) {
    switch (info->immediate) {
    case WASM_IMMEDIATE_MEMORY: *memory = check_memory(v, v->instr.index); return *memory != NULL;
    case WASM_IMMEDIATE_MEMORY_INIT:
        *memory = check_memory(v, v->instr.second);
        return *memory != NULL && find_data(v, v->instr.index);
    case WASM_IMMEDIATE_MEMARG_1:
    case WASM_IMMEDIATE_MEMARG_2:
    case WASM_IMMEDIATE_MEMARG_4:
    case WASM_IMMEDIATE_MEMARG_8:
    case WASM_IMMEDIATE_MEMARG_16: *memory = check_memarg(v, info); return *memory != NULL;
    case WASM_IMMEDIATE_MEMARG_LANE_1:
    case WASM_IMMEDIATE_MEMARG_LANE_2:
    case WASM_IMMEDIATE_MEMARG_LANE_4:
    case WASM_IMMEDIATE_MEMARG_LANE_8:
        *memory = check_memarg(v, info);
        return *memory != NULL &&
               check_lane(v, v->instr.memory.lane, (uint8_t)(16 / info->access_size));
    case WASM_IMMEDIATE_LANE_2: return check_lane(v, v->instr.lane, 2);
    case WASM_IMMEDIATE_LANE_4: return check_lane(v, v->instr.lane, 4);
    case WASM_IMMEDIATE_LANE_8: return check_lane(v, v->instr.lane, 8);
    case WASM_IMMEDIATE_LANE_16: return check_lane(v, v->instr.lane, 16);
    case WASM_IMMEDIATE_SHUFFLE:
        for (int i = 0; i < 16; i++)
            if (!check_lane(v, v->instr.value.v128[i], 32)) return false;
        return true;
    case WASM_IMMEDIATE_DATA: return find_data(v, v->instr.index);
    case WASM_IMMEDIATE_ELEMENT: return find_element(v, v->instr.index);
    default: return true;
    }
}

static enum wasm_type letter_type(char letter, const struct wasm_limits *memory) {
    switch (letter) {
    case 'i': return WASM_I32;
    case 'I': return WASM_I64;
    case 'f': return WASM_F32;
    case 'F': return WASM_F64;
    case 'v': return WASM_V128;
    default: return address_type(memory);
    }
}

static bool check_regular(struct validator *v, const struct wasm_op_info *info) {
    const struct wasm_limits *memory = NULL;
    if (!check_immediate(v, info, &memory)) return false;
    for (size_t i = strlen(info->pops); i > 0; i--)
        if (!pop(v, letter_type(info->pops[i - 1], memory))) return false;
    for (const char *letter = info->pushes; *letter != '\0'; letter++)
        push(v, letter_type(*letter, memory));
    return true;
}

static bool check_instr(struct validator *v) {
    const struct wasm_op_info *info = &wasm_op_infos[v->instr.op];
    return *info->pops == '*' ? check_special(v) : check_regular(v, info);
}

/* Check all instructions up to the `end` that closes the first frame, which must be the last. */
static bool check_sequence(struct validator *v, struct reader *reader,
                           bool (*check)(struct validator *)) {
    while (v->frame_count > 0) {
        if (reader->at == reader->end) {
            error_set_at(v->err, ERROR_MALFORMED, reader_offset(reader),
                         "unexpected end of section or function");
            return false;
        }
        if (!wasm_instr_read(reader, &v->instr, v->err) || !check(v)) return false;
    }
    if (reader->at != reader->end) {
        error_set_at(v->err, ERROR_MALFORMED, reader_offset(reader),
                     "section size mismatch: bytes behind the end of a function");
        return false;
    }
    return true;
}

static void start(struct validator *v, const enum wasm_type *results, uint32_t result_count) {
    v->operand_count = 0;
    v->frame_count = 0;
    push_frame(
        v, &(struct frame){.op = WASM_OP_BLOCK, .results = results, .result_count = result_count});
}

/* Parameters have values from the start. */
static void unset_locals(struct validator *v) {
    size_t words = ((size_t)v->type->parameter_count + v->function->local_count + 63) / 64;
    v->is_set = grow(v->is_set, &v->is_set_capacity, words, sizeof *v->is_set);
    memset(v->is_set, 0, words * sizeof *v->is_set);
    for (uint32_t i = 0; i < v->type->parameter_count; i++)
        v->is_set[i / 64] |= UINT64_C(1) << (i % 64);
}

bool validator_check_body(struct validator *v, uint32_t index) {
    v->in_constant = false;
    v->index = index;
    v->function = &v->module->functions[index];
    v->type = &v->module->types[v->function->type_index];
    v->run_ends =
        grow(v->run_ends, &v->run_capacity, v->function->local_run_count, sizeof *v->run_ends);
    uint32_t total = 0;
    v->has_unset = false;
    v->set_count = 0;
    v->instr = (struct wasm_instr){.op = WASM_OP_NOP, .offset = v->function->body_offset};
    for (uint32_t i = 0; i < v->function->local_run_count; i++) {
        v->run_ends[i] = total += v->function->local_runs[i].count;
        if (!check_type(v, v->function->local_runs[i].type)) return false;
        if (!wasm_type_is_defaultable(v->function->local_runs[i].type)) v->has_unset = true;
    }
    if (v->has_unset) unset_locals(v);
    struct reader reader =
        reader_make(v->function->body, v->function->body_size, v->function->body_offset);
    start(v, v->type->results, v->type->result_count);
    return check_sequence(v, &reader, check_instr);
}

/* Section 3.4.10, with the arithmetic of extended constant expressions. */
static bool check_constant_instr(struct validator *v) {
    switch (v->instr.op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_I64_CONST:
    case WASM_OP_F32_CONST:
    case WASM_OP_F64_CONST:
    case WASM_OP_V128_CONST:
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_I32_ADD:
    case WASM_OP_I32_SUB:
    case WASM_OP_I32_MUL:
    case WASM_OP_I64_ADD:
    case WASM_OP_I64_SUB:
    case WASM_OP_I64_MUL:
    case WASM_OP_END: return check_instr(v);
    case WASM_OP_GLOBAL_GET: {
        if (v->instr.index >= v->index) return fail(v, "unknown global %u", v->instr.index);
        if (v->module->globals[v->instr.index].type.is_mutable)
            return fail(v, "constant expression required: global %u is mutable", v->instr.index);
        return check_instr(v);
    }
    default: return fail(v, "constant expression required");
    }
}

bool validator_check_constant(struct validator *v, const struct wasm_constant *constant,
                              enum wasm_type type, uint32_t visible_globals) {
    v->in_constant = true;
    v->index = visible_globals;
    struct reader reader = reader_make(constant->bytes, constant->size, constant->offset);
    start(v, &type, 1);
    return check_sequence(v, &reader, check_constant_instr);
}
