/*
 * validate.c - type checking of function bodies and constant expressions; see validate.h.
 *
 * The algorithm of the Core specification's appendix (section 7.3): a stack of operand types and a
 * stack of control frames, both on the heap, no recursion.  After an unconditional branch a frame
 * is unreachable and popping below its floor gives UNKNOWN, which matches everything.
 *
 * Regular instructions are checked by their row in wasm_ops.def ("ii" -> "i"), the others by the
 * switch in check_special and that in validate_control.c.  Features that this version cannot
 * compile are validated all the same; validate_module.c refuses them afterwards.
 */
#include "wasm/validate_body.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

bool validate_fail(struct validator *v, const char *format, ...) {
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

const char *validate_operand_name_in(enum wasm_type type, char buffer[WASM_TYPE_NAME_SIZE]) {
    if (type == UNKNOWN) return "any type";
    return type == UNKNOWN_REFERENCE ? "a reference" : wasm_type_name_in(type, buffer);
}

bool validate_matches(const struct validator *v, enum wasm_type actual, enum wasm_type expected) {
    if (actual == expected || actual == UNKNOWN || expected == UNKNOWN) return true;
    if (actual == UNKNOWN_REFERENCE) return wasm_type_is_reference(expected);
    return wasm_module_type_matches(v->module, actual, expected);
}

bool validate_matches_all(const struct validator *v, const enum wasm_type *actual,
                          const enum wasm_type *expected, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!validate_matches(v, actual[i], expected[i])) return false;
    return true;
}

/* The operand and control stacks. */

void validate_push(struct validator *v, enum wasm_type type) {
    if (v->operand_count == v->operand_capacity)
        v->operands =
            grow(v->operands, &v->operand_capacity, v->operand_count + 1, sizeof *v->operands);
    v->operands[v->operand_count++] = type;
}

bool validate_pop_any(struct validator *v, enum wasm_type expected, enum wasm_type *out) {
    const struct frame *frame = &v->frames[v->frame_count - 1];
    if (v->operand_count == frame->floor) {
        if (!frame->is_unreachable)
            return validate_fail(v, "type mismatch: expected %s, found nothing",
                                 validate_operand_name(expected));
        *out = UNKNOWN;
        return true;
    }
    *out = v->operands[--v->operand_count];
    return true;
}

bool validate_pop(struct validator *v, enum wasm_type expected) {
    enum wasm_type actual = UNKNOWN;
    if (!validate_pop_any(v, expected, &actual)) return false;
    if (!validate_matches(v, actual, expected))
        return validate_fail(v, "type mismatch: expected %s, found %s",
                             validate_operand_name(expected), validate_operand_name(actual));
    return true;
}

bool validate_pop_types(struct validator *v, const enum wasm_type *types, uint32_t count) {
    while (count > 0)
        if (!validate_pop(v, types[--count])) return false;
    return true;
}

void validate_push_types(struct validator *v, const enum wasm_type *types, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        validate_push(v, types[i]);
}

const enum wasm_type *validate_frame_results(const struct frame *frame) {
    return frame->results != NULL ? frame->results : &frame->result;
}

void validate_push_frame(struct validator *v, const struct frame *frame) {
    v->frames = grow(v->frames, &v->frame_capacity, v->frame_count + 1, sizeof *v->frames);
    v->frames[v->frame_count] = *frame;
    v->frames[v->frame_count].set_count = v->set_count;
    v->frames[v->frame_count++].floor = (uint32_t)v->operand_count;
    validate_push_types(v, frame->parameters, frame->parameter_count);
}

bool validate_pop_frame(struct validator *v, struct frame *out) {
    *out = v->frames[v->frame_count - 1];
    if (!validate_pop_types(v, validate_frame_results(out), out->result_count)) return false;
    if (v->operand_count != out->floor)
        return validate_fail(
            v, "type mismatch: %zu values too many on the stack at the end of a block",
            v->operand_count - out->floor);
    /* What was set inside may be unset behind. */
    while (v->set_count > out->set_count) {
        uint32_t local = v->set[--v->set_count];
        v->is_set[local / 64] &= ~(UINT64_C(1) << (local % 64));
    }
    v->frame_count--;
    return true;
}

void validate_set_unreachable(struct validator *v) {
    struct frame *frame = &v->frames[v->frame_count - 1];
    v->operand_count = frame->floor;
    frame->is_unreachable = true;
}

bool validate_label(struct validator *v, uint32_t depth, const enum wasm_type **types,
                    uint32_t *count) {
    if (depth >= v->frame_count) return validate_fail(v, "unknown label %u", depth);
    const struct frame *frame = &v->frames[v->frame_count - 1 - depth];
    bool backward = frame->op == WASM_OP_LOOP;
    *types = backward ? frame->parameters : validate_frame_results(frame);
    *count = backward ? frame->parameter_count : frame->result_count;
    return true;
}

/* Index spaces. */

const struct wasm_table *validate_find_table(struct validator *v, uint32_t index) {
    if (index < v->module->table_count) return &v->module->tables[index];
    validate_fail(v, "unknown table %u", index);
    return NULL;
}

static const struct wasm_memory *find_memory(struct validator *v, uint32_t index) {
    if (index < v->module->memory_count) return &v->module->memories[index];
    validate_fail(v, "unknown memory %u", index);
    return NULL;
}

const struct wasm_function_type *validate_find_type(struct validator *v, uint32_t index) {
    if (index < v->module->type_count) return &v->module->types[index];
    validate_fail(v, "unknown type %u", index);
    return NULL;
}

bool validate_type(struct validator *v, enum wasm_type type) {
    return !wasm_type_is_indexed(type) || validate_find_type(v, wasm_type_index(type)) != NULL;
}

static bool find_element(struct validator *v, uint32_t index) {
    return index < v->module->element_count || validate_fail(v, "unknown elem segment %u", index);
}

static bool find_data(struct validator *v, uint32_t index) {
    /* Section 5.5.16: a body may name data segments only if their count came before it. */
    if (!v->module->has_data_count) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset, "data count section required");
        return false;
    }
    return index < v->module->data_count || validate_fail(v, "unknown data segment %u", index);
}

enum wasm_type validate_address_type(const struct wasm_limits *limits) {
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
    if (local >= v->function->local_count) return validate_fail(v, "unknown local %u", index);
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
        return validate_fail(v, "unknown global %u", v->instr.index);
    *out = &v->module->globals[v->instr.index];
    return true;
}

/* Everything else without a fixed type. */

static bool check_select(struct validator *v) {
    enum wasm_type first, second;
    if (!validate_pop(v, WASM_I32) || !validate_pop_any(v, UNKNOWN, &second) ||
        !validate_pop_any(v, UNKNOWN, &first))
        return false;
    if (wasm_type_is_reference(first) || wasm_type_is_reference(second))
        return validate_fail(v, "type mismatch: select without a type needs numbers or vectors");
    if (first != second && first != UNKNOWN && second != UNKNOWN)
        return validate_fail(v, "type mismatch: select between %s and %s",
                             validate_operand_name(first), validate_operand_name(second));
    validate_push(v, first == UNKNOWN ? second : first);
    return true;
}

static bool check_select_typed(struct validator *v) {
    if (v->instr.select.count != 1) return validate_fail(v, "invalid result arity");
    enum wasm_type type = v->instr.select.type;
    if (!validate_type(v, type) || !validate_pop(v, WASM_I32) || !validate_pop(v, type) ||
        !validate_pop(v, type))
        return false;
    validate_push(v, type);
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
            return validate_fail(v, "uninitialized local %u", index);
        validate_push(v, type);
        return true;
    case WASM_OP_LOCAL_SET:
        if (!find_local(v, &type) || !validate_pop(v, type)) return false;
        set_local(v);
        return true;
    case WASM_OP_LOCAL_TEE:
        if (!find_local(v, &type) || !validate_pop(v, type)) return false;
        set_local(v);
        validate_push(v, type);
        return true;
    case WASM_OP_GLOBAL_GET:
        if (!find_global(v, &global)) return false;
        validate_push(v, global->type.type);
        return true;
    default: /* global.set */
        if (!find_global(v, &global)) return false;
        if (!global->type.is_mutable)
            return validate_fail(v, "immutable global %u", v->instr.index);
        return validate_pop(v, global->type.type);
    }
}

static bool check_table_copy(struct validator *v) {
    const struct wasm_table *to = validate_find_table(v, v->instr.index);
    const struct wasm_table *from = to == NULL ? NULL : validate_find_table(v, v->instr.second);
    if (from == NULL) return false;
    if (!validate_matches(v, from->type.element, to->type.element))
        return validate_fail(v, "type mismatch: table.copy from %s to %s",
                             wasm_type_name(from->type.element), wasm_type_name(to->type.element));
    return validate_pop(v, smaller_address_type(&to->type.limits, &from->type.limits)) &&
           validate_pop(v, validate_address_type(&from->type.limits)) &&
           validate_pop(v, validate_address_type(&to->type.limits));
}

static bool check_table_init(struct validator *v) {
    const struct wasm_table *table = validate_find_table(v, v->instr.second);
    if (table == NULL || !find_element(v, v->instr.index)) return false;
    const struct wasm_element_segment *segment = &v->module->elements[v->instr.index];
    if (!validate_matches(v, segment->type, table->type.element))
        return validate_fail(v, "type mismatch: table.init from %s to %s",
                             wasm_type_name(segment->type), wasm_type_name(table->type.element));
    return validate_pop(v, WASM_I32) && validate_pop(v, WASM_I32) &&
           validate_pop(v, validate_address_type(&table->type.limits));
}

static bool check_table(struct validator *v) {
    const struct wasm_table *table = validate_find_table(v, v->instr.index);
    if (table == NULL) return false;
    enum wasm_type element = table->type.element,
                   address = validate_address_type(&table->type.limits);
    switch (v->instr.op) {
    case WASM_OP_TABLE_GET:
        if (!validate_pop(v, address)) return false;
        validate_push(v, element);
        return true;
    case WASM_OP_TABLE_SET: return validate_pop(v, element) && validate_pop(v, address);
    case WASM_OP_TABLE_SIZE: validate_push(v, address); return true;
    case WASM_OP_TABLE_GROW:
        if (!validate_pop(v, address) || !validate_pop(v, element)) return false;
        validate_push(v, address);
        return true;
    default: /* table.fill */
        return validate_pop(v, address) && validate_pop(v, element) && validate_pop(v, address);
    }
}

static bool check_memory_copy(struct validator *v) {
    const struct wasm_memory *to = find_memory(v, v->instr.index);
    const struct wasm_memory *from = to == NULL ? NULL : find_memory(v, v->instr.second);
    return from != NULL &&
           validate_pop(v, smaller_address_type(&to->type.limits, &from->type.limits)) &&
           validate_pop(v, validate_address_type(&from->type.limits)) &&
           validate_pop(v, validate_address_type(&to->type.limits));
}

static bool check_special(struct validator *v) {
    switch (v->instr.op) {
    case WASM_OP_DROP: {
        enum wasm_type type;
        return validate_pop_any(v, UNKNOWN, &type);
    }
    case WASM_OP_SELECT: return check_select(v);
    case WASM_OP_SELECT_TYPED: return check_select_typed(v);
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
    default: return validate_control(v);
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
        validate_fail(v, "atomic alignment must be natural");
        return NULL;
    }
    if (v->instr.memory.alignment > natural) {
        validate_fail(v, "alignment must not be larger than natural");
        return NULL;
    }
    if (!memory->is_64 && v->instr.memory.offset > UINT32_MAX) {
        validate_fail(v, "offset out of range");
        return NULL;
    }
    return memory;
}

static bool check_lane(struct validator *v, uint8_t lane, uint8_t count) {
    return lane < count || validate_fail(v, "invalid lane index %u", lane);
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
    default: return validate_address_type(memory);
    }
}

static bool check_regular(struct validator *v, const struct wasm_op_info *info) {
    const struct wasm_limits *memory = NULL;
    if (!check_immediate(v, info, &memory)) return false;
    for (size_t i = strlen(info->pops); i > 0; i--)
        if (!validate_pop(v, letter_type(info->pops[i - 1], memory))) return false;
    for (const char *letter = info->pushes; *letter != '\0'; letter++)
        validate_push(v, letter_type(*letter, memory));
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
    validate_push_frame(
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
        if (!validate_type(v, v->function->local_runs[i].type)) return false;
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
        if (v->instr.index >= v->index)
            return validate_fail(v, "unknown global %u", v->instr.index);
        if (v->module->globals[v->instr.index].type.is_mutable)
            return validate_fail(v, "constant expression required: global %u is mutable",
                                 v->instr.index);
        return check_instr(v);
    }
    default: return validate_fail(v, "constant expression required");
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
