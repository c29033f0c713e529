/*
 * lower_artifact.c - what the runtime reads in an artifact: the descriptor and the ways in
 * (runtime_abi.h, struct artifact_descriptor, artifact_enter); see lower.h.
 */
#include "compile/lower.h"

#include <stdio.h>
#include <string.h>

/* A constant of the object's own. */
static LLVMValueRef make_data(struct lower_module *m, const char *name, LLVMValueRef value) {
    LLVMValueRef variable = LLVMAddGlobal(m->llvm, LLVMTypeOf(value), name);
    LLVMSetInitializer(variable, value);
    LLVMSetGlobalConstant(variable, true);
    LLVMSetLinkage(variable, LLVMInternalLinkage);
    return variable;
}

static LLVMValueRef make_bytes(struct lower_module *m, const char *name, const void *bytes,
                               size_t size) {
    LLVMValueRef value = LLVMConstStringInContext(m->context, bytes, (unsigned)size, true);
    return make_data(m, name, value);
}

static LLVMValueRef make_text(struct lower_module *m, const char *name, const char *text) {
    return make_bytes(m, name, text, strlen(text) + 1);
}

static LLVMValueRef slot_address(struct lower_module *m, LLVMValueRef slots, uint32_t index) {
    return lower_offset(m, m->builder, slots, sizeof(union wasm_value) * (uint64_t)index, "");
}

/* void enter(context, code, slots): see artifact_enter. */
static LLVMValueRef make_enter(struct lower_module *m, uint32_t type_index) {
    const struct wasm_function_type *type = &m->wasm->types[type_index];
    LLVMTypeRef parameters[] = {m->pointer, m->pointer, m->pointer};
    LLVMTypeRef enter_type = LLVMFunctionType(m->void_type, parameters, 3, false);
    char name[32];
    snprintf(name, sizeof name, "enter.t%u", type_index);
    LLVMValueRef enter = LLVMAddFunction(m->llvm, name, enter_type);
    LLVMSetLinkage(enter, LLVMInternalLinkage);
    /* The context may be a host layer's state, which can be NULL: no attributes for it. */
    for (unsigned i = 0; i < m->function_attribute_count; i++)
        LLVMAddAttributeAtIndex(enter, LLVMAttributeFunctionIndex, m->function_attributes[i]);

    LLVMPositionBuilderAtEnd(m->builder, LLVMAppendBasicBlockInContext(m->context, enter, ""));
    LLVMValueRef slots = LLVMGetParam(enter, 2);
    LLVMValueRef *arguments =
        arena_array(&m->arena, (size_t)type->parameter_count + 1, sizeof *arguments);
    arguments[0] = LLVMGetParam(enter, 0);
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        arguments[1 + i] = LLVMBuildLoad2(m->builder, lower_value_type(m, type->parameters[i]),
                                          slot_address(m, slots, i), "");
        lower_tag_region(m, arguments[1 + i], REGION_ARGUMENTS);
    }
    LLVMValueRef call =
        LLVMBuildCall2(m->builder, lower_function_type(m, type_index), LLVMGetParam(enter, 1),
                       arguments, type->parameter_count + 1, "");
    for (uint32_t i = 0; i < type->result_count; i++) {
        LLVMValueRef result =
            type->result_count == 1 ? call : LLVMBuildExtractValue(m->builder, call, i, "");
        LLVMValueRef store = LLVMBuildStore(m->builder, result, slot_address(m, slots, i));
        lower_tag_region(m, store, REGION_ARGUMENTS);
    }
    LLVMBuildRetVoid(m->builder);
    return enter;
}

static LLVMValueRef make_pointers(struct lower_module *m, const char *name, LLVMValueRef *values,
                                  uint32_t count) {
    return make_data(m, name, LLVMConstArray2(m->pointer, values, count));
}

static LLVMValueRef make_functions(struct lower_module *m) {
    uint32_t imported = m->wasm->imported_function_count;
    uint32_t count = m->wasm->function_count - imported;
    LLVMValueRef *values = arena_array(&m->arena, count, sizeof *values);
    for (uint32_t i = 0; i < count; i++)
        values[i] = m->plan->escapes[imported + i] ? lower_function_declare(m, imported + i)
                                                   : LLVMConstNull(m->pointer);
    return make_pointers(m, "artifact.functions", values, count);
}

static LLVMValueRef make_enters(struct lower_module *m) {
    const struct wasm_module *wasm = m->wasm;
    LLVMValueRef *values = arena_array(&m->arena, wasm->type_count, sizeof *values);
    for (uint32_t i = 0; i < wasm->type_count; i++)
        values[i] = m->plan->entered[i] ? make_enter(m, i) : LLVMConstNull(m->pointer);
    return make_pointers(m, "artifact.enter", values, wasm->type_count);
}

void lower_artifact(struct lower_module *m, const uint8_t *stripped, size_t stripped_size) {
    char description[512];
    snprintf(description, sizeof description, "%s, -O%u, fp %s%s%s%s, %s, cpu %s",
             compile_version(), m->options->optimization, compile_fp_name(m->options->fp),
             m->options->deterministic ? ", deterministic" : "",
             m->options->strict_traps ? ", strict traps" : "",
             m->options->explicit_bounds ? ", explicit bounds" : "",
             machine_name(m->target->machine), m->target->cpu);
    uint64_t flags = (m->options->explicit_bounds ? ARTIFACT_EXPLICIT_BOUNDS : 0) |
                     (m->options->strict_traps ? ARTIFACT_STRICT_TRAPS : 0);
    /* In the order of struct artifact_descriptor. */
    LLVMValueRef fields[] = {
        lower_i64(m, ARTIFACT_MAGIC),
        lower_i32(m, RUNTIME_ABI_VERSION),
        lower_i32(m, sizeof(struct artifact_descriptor)),
        make_bytes(m, "artifact.module", stripped, stripped_size),
        lower_i64(m, stripped_size),
        make_functions(m),
        lower_i64(m, m->wasm->function_count - m->wasm->imported_function_count),
        make_enters(m),
        lower_i64(m, m->wasm->type_count),
        make_text(m, "artifact.description", description),
        make_text(m, "artifact.cpu", m->target->cpu),
        make_text(m, "artifact.features", m->target->required),
        lower_i64(m, flags),
        m->plan->may_throw ? lower_personality_define(m) : LLVMConstNull(m->pointer),
    };
    _Static_assert(sizeof(struct artifact_descriptor) == 13 * 8, "a field is missing here");
    LLVMValueRef value =
        LLVMConstStructInContext(m->context, fields, sizeof fields / sizeof *fields, false);
    LLVMValueRef descriptor = make_data(m, ARTIFACT_SYMBOL, value);
    LLVMSetLinkage(descriptor, LLVMExternalLinkage);
}
