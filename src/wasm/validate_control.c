/*
 * validate_control.c - type checking of blocks, branches, calls, references and exceptions; see
 * validate_body.h.  Core specification, sections 3.4.2 and 3.4.9.
 */
#include "wasm/validate_body.h"

/* Blocks and branches. */

static bool read_block_type(struct validator *v, struct frame *frame) {
    const struct wasm_block_type *block = &v->instr.block;
    *frame = (struct frame){.op = v->instr.op};
    if (block->kind == WASM_BLOCK_VALUE) {
        if (!validate_type(v, block->result)) return false;
        frame->result = block->result;
        frame->result_count = 1;
    } else if (block->kind == WASM_BLOCK_TYPE) {
        const struct wasm_function_type *type = validate_find_type(v, block->type_index);
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
    if (v->instr.op == WASM_OP_IF && !validate_pop(v, WASM_I32)) return false;
    if (!validate_pop_types(v, frame.parameters, frame.parameter_count)) return false;
    validate_push_frame(v, &frame);
    return true;
}

static bool check_else(struct validator *v) {
    struct frame frame;
    if (v->frames[v->frame_count - 1].op != WASM_OP_IF) {
        error_set_at(v->err, ERROR_MALFORMED, v->instr.offset, "END opcode expected, found else");
        return false;
    }
    if (!validate_pop_frame(v, &frame)) return false;
    frame.op = WASM_OP_ELSE;
    frame.is_unreachable = false;
    validate_push_frame(v, &frame);
    return true;
}

static bool check_end(struct validator *v) {
    struct frame frame;
    if (!validate_pop_frame(v, &frame)) return false;
    if (frame.op == WASM_OP_IF) {
        /* Without `else` the parameters are the results. */
        if (frame.parameter_count != frame.result_count ||
            !validate_matches_all(v, frame.parameters, validate_frame_results(&frame),
                                  frame.result_count))
            return validate_fail(v, "type mismatch: an if without else that changes the stack");
    }
    validate_push_types(v, validate_frame_results(&frame), frame.result_count);
    return true;
}

static bool check_br(struct validator *v) {
    const enum wasm_type *types;
    uint32_t count;
    if (!validate_label(v, v->instr.index, &types, &count) || !validate_pop_types(v, types, count))
        return false;
    validate_set_unreachable(v);
    return true;
}

static bool check_br_if(struct validator *v) {
    const enum wasm_type *types;
    uint32_t count;
    if (!validate_pop(v, WASM_I32) || !validate_label(v, v->instr.index, &types, &count) ||
        !validate_pop_types(v, types, count))
        return false;
    validate_push_types(v, types, count);
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
            return validate_fail(v, "type mismatch: expected %s, found nothing",
                                 wasm_type_name(types[i - 1]));
        if (!validate_matches(v, actual, types[i - 1]))
            return validate_fail(v, "type mismatch: expected %s, found %s",
                                 wasm_type_name(types[i - 1]), validate_operand_name(actual));
    }
    return true;
}

static bool check_br_table(struct validator *v) {
    if (!validate_pop(v, WASM_I32)) return false;
    struct wasm_instr labels = v->instr;
    const enum wasm_type *types;
    uint32_t count, arity = 0;
    for (uint32_t i = 0; i <= v->instr.labels.count; i++) {
        if (!validate_label(v, wasm_instr_label_next(&labels), &types, &count)) return false;
        if (i == 0) arity = count;
        if (count != arity)
            return validate_fail(v, "type mismatch: labels of br_table carry %u and %u values",
                                 arity, count);
        if (!match_label(v, types, count)) return false;
    }
    validate_set_unreachable(v);
    return true;
}

static bool check_call(struct validator *v, uint32_t type_index) {
    const struct wasm_function_type *type = validate_find_type(v, type_index);
    if (type == NULL || !validate_pop_types(v, type->parameters, type->parameter_count))
        return false;
    validate_push_types(v, type->results, type->result_count);
    return true;
}

/* The index into the table, above what check_call finds. */
static bool check_call_indirect(struct validator *v) {
    const struct wasm_table *table = validate_find_table(v, v->instr.second);
    if (table == NULL) return false;
    if (!validate_matches(v, table->type.element, WASM_FUNCREF))
        return validate_fail(v, "type mismatch: %s through a table of %s",
                             wasm_op_infos[v->instr.op].text, wasm_type_name(table->type.element));
    return validate_pop(v, validate_address_type(&table->type.limits));
}

/* A call whose results are those of this function. */
static bool check_tail_call(struct validator *v, uint32_t type_index) {
    const struct wasm_function_type *type = validate_find_type(v, type_index);
    if (type == NULL) return false;
    if (type->result_count != v->type->result_count ||
        !validate_matches_all(v, type->results, v->type->results, type->result_count))
        return validate_fail(v,
                             "type mismatch: the callee's results are not those of the function");
    if (!validate_pop_types(v, type->parameters, type->parameter_count)) return false;
    validate_set_unreachable(v);
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
            return validate_fail(v, "unknown function %u", v->instr.index);
        type = v->module->functions[v->instr.index].type_index;
        break;
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_INDIRECT:
        if (!check_call_indirect(v)) return false;
        break;
    default: /* through a reference */
        if (validate_find_type(v, type) == NULL || !validate_pop(v, wasm_type_indexed(type)))
            return false;
        break;
    }
    return is_tail ? check_tail_call(v, type) : check_call(v, type);
}

/* References. */

static bool pop_reference(struct validator *v, enum wasm_type *out) {
    if (!validate_pop_any(v, UNKNOWN_REFERENCE, out)) return false;
    if (*out == UNKNOWN) *out = UNKNOWN_REFERENCE;
    return wasm_type_is_reference(*out) ||
           validate_fail(v, "type mismatch: expected a reference, found %s",
                         validate_operand_name(*out));
}

static bool check_ref_func(struct validator *v) {
    if (v->instr.index >= v->module->function_count)
        return validate_fail(v, "unknown function %u", v->instr.index);
    const struct wasm_function *function = &v->module->functions[v->instr.index];
    if (!function->is_declared)
        return validate_fail(v, "undeclared function reference %u", v->instr.index);
    validate_push(v, wasm_type_non_null(wasm_type_indexed(function->type_index)));
    return true;
}

/* The branch takes what is left of the label's types without the reference. */
static bool check_br_on_null(struct validator *v) {
    enum wasm_type type;
    const enum wasm_type *types;
    uint32_t count;
    if (!pop_reference(v, &type) || !validate_label(v, v->instr.index, &types, &count) ||
        !validate_pop_types(v, types, count))
        return false;
    validate_push_types(v, types, count);
    validate_push(v, wasm_type_non_null(type));
    return true;
}

/* The branch takes the reference along, as the last of the label's types. */
static bool check_br_on_non_null(struct validator *v) {
    enum wasm_type type;
    const enum wasm_type *types;
    uint32_t count;
    if (!pop_reference(v, &type) || !validate_label(v, v->instr.index, &types, &count))
        return false;
    if (count == 0 || !validate_matches(v, wasm_type_non_null(type), types[count - 1]))
        return validate_fail(v, "type mismatch: label %u takes no %s", v->instr.index,
                             validate_operand_name(wasm_type_non_null(type)));
    if (!validate_pop_types(v, types, count - 1)) return false;
    validate_push_types(v, types, count - 1);
    return true;
}

static bool check_reference(struct validator *v) {
    enum wasm_type type;
    switch (v->instr.op) {
    case WASM_OP_REF_NULL:
        if (!validate_type(v, v->instr.type)) return false;
        validate_push(v, v->instr.type);
        return true;
    case WASM_OP_REF_IS_NULL:
        if (!pop_reference(v, &type)) return false;
        validate_push(v, WASM_I32);
        return true;
    case WASM_OP_REF_AS_NON_NULL:
        if (!pop_reference(v, &type)) return false;
        validate_push(v, wasm_type_non_null(type));
        return true;
    case WASM_OP_BR_ON_NULL: return check_br_on_null(v);
    case WASM_OP_BR_ON_NON_NULL: return check_br_on_non_null(v);
    default: return check_ref_func(v);
    }
}

/* Exceptions. */

static const struct wasm_function_type *find_tag(struct validator *v, uint32_t index) {
    if (index < v->module->tag_count) return &v->module->types[v->module->tags[index].type_index];
    validate_fail(v, "unknown tag %u", index);
    return NULL;
}

static bool check_throw(struct validator *v) {
    const struct wasm_function_type *type = find_tag(v, v->instr.index);
    if (type == NULL || !validate_pop_types(v, type->parameters, type->parameter_count))
        return false;
    validate_set_unreachable(v);
    return true;
}

static bool check_throw_ref(struct validator *v) {
    if (!validate_pop(v, WASM_EXNREF)) return false;
    validate_set_unreachable(v);
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
    if (!validate_label(v, clause->label, &types, &count)) return false;
    bool same = count == type->parameter_count + has_reference &&
                validate_matches_all(v, type->parameters, types, type->parameter_count);
    if (same && has_reference)
        same = validate_matches(v, wasm_type_non_null(WASM_EXNREF), types[count - 1]);
    return same ||
           validate_fail(v, "type mismatch: label %u does not take what a catch clause brings",
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
    if (!validate_pop_frame(v, &frame)) return false;
    frame.op = v->instr.op; /* behind catch_all there is none */
    frame.is_unreachable = false;
    frame.parameters = type->parameters;
    frame.parameter_count = type->parameter_count;
    validate_push_frame(v, &frame);
    return true;
}

static bool check_rethrow(struct validator *v) {
    if (v->instr.index >= v->frame_count)
        return validate_fail(v, "unknown label %u", v->instr.index);
    enum wasm_op op = v->frames[v->frame_count - 1 - v->instr.index].op;
    if (op != WASM_OP_CATCH && op != WASM_OP_CATCH_ALL)
        return validate_fail(v, "invalid rethrow label %u", v->instr.index);
    validate_set_unreachable(v);
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
    if (!validate_pop_frame(v, &frame)) return false;
    if (v->instr.index >= v->frame_count)
        return validate_fail(v, "unknown label %u", v->instr.index);
    validate_push_types(v, validate_frame_results(&frame), frame.result_count);
    return true;
}

bool validate_control(struct validator *v) {
    switch (v->instr.op) {
    case WASM_OP_UNREACHABLE: validate_set_unreachable(v); return true;
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
        if (!validate_pop_types(v, v->type->results, v->type->result_count)) return false;
        validate_set_unreachable(v);
        return true;
    case WASM_OP_CALL:
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_CALL_REF:
    case WASM_OP_RETURN_CALL:
    case WASM_OP_RETURN_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_REF: return check_calls(v);
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_IS_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_REF_AS_NON_NULL:
    case WASM_OP_BR_ON_NULL:
    case WASM_OP_BR_ON_NON_NULL: return check_reference(v);
    default:
        return validate_fail(v, "no rule to validate the instruction"); /* a row without a case */
    }
}
