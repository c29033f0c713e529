/*
 * lower_module.c - one LLVM module for one partition of a WebAssembly module; see lower.h.
 *
 * Symbols (runtime_abi.h): function i named N is "N.w<i>". With one partition functions are local
 * to the object, with several they are hidden; either way only the descriptor is exported.
 */
#include "compile/canonical_nans.h"
#include "compile/lower.h"
#include "compile/relax_arithmetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOL_NAME_MAX = 1000 };

static LLVMAttributeRef make_enum_attribute(LLVMContextRef context, const char *name,
                                            uint64_t value) {
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    return LLVMCreateEnumAttribute(context, kind, value);
}

static LLVMAttributeRef make_string_attribute(LLVMContextRef context, const char *name,
                                              const char *value) {
    return LLVMCreateStringAttribute(context, name, (unsigned)strlen(name), value,
                                     (unsigned)strlen(value));
}

static void make_attributes(struct lower_module *m) {
    LLVMContextRef context = m->context;
    m->attribute_cold = make_enum_attribute(context, "cold", 0);
    m->attribute_nonnull = make_enum_attribute(context, "nonnull", 0);
    m->attribute_nounwind = make_enum_attribute(context, "nounwind", 0);
    m->attribute_signext = make_enum_attribute(context, "signext", 0);
    m->attribute_zeroext = make_enum_attribute(context, "zeroext", 0);

    LLVMAttributeRef *at = m->function_attributes;
    if (!m->plan->may_throw) *at++ = m->attribute_nounwind;
    /* 2 is "async": unwinding works from any instruction, as traps are signals. */
    *at++ = make_enum_attribute(context, "uwtable", 2);
    /* The guest's compiler has inlined already; doing more costs more than it gains. */
    *at++ = make_enum_attribute(context, "noinline", 0);
    /* Touch every page of a big frame, so that none can step over the stack's guard. */
    *at++ = make_string_attribute(context, "probe-stack", "inline-asm");
    /* Endless recursion must end in "call stack exhausted", not become a loop. */
    *at++ = make_string_attribute(context, "disable-tail-calls", "true");
    *at++ = make_string_attribute(context, "target-cpu", m->target->cpu);
    if (m->target->features[0] != '\0')
        *at++ = make_string_attribute(context, "target-features", m->target->features);
    m->function_attribute_count = (unsigned)(at - m->function_attributes);

    at = m->context_attributes;
    *at++ = m->attribute_nonnull;
    *at++ = make_enum_attribute(context, "noundef", 0);
    *at++ = make_enum_attribute(context, "align", 16);
    *at++ = make_enum_attribute(context, "dereferenceable", m->plan->layout.size);
    m->context_attribute_count = (unsigned)(at - m->context_attributes);
}

void lower_function_attributes_add(struct lower_module *m, LLVMValueRef function) {
    for (unsigned i = 0; i < m->function_attribute_count; i++)
        LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, m->function_attributes[i]);
    for (unsigned i = 0; i < m->context_attribute_count; i++)
        LLVMAddAttributeAtIndex(function, 1, m->context_attributes[i]);
}

static LLVMMetadataRef make_string(struct lower_module *m, const char *text) {
    return LLVMMDStringInContext2(m->context, text, strlen(text));
}

static LLVMMetadataRef make_node(struct lower_module *m, LLVMMetadataRef *items, size_t count) {
    return LLVMMDNodeInContext2(m->context, items, count);
}

static void make_metadata(struct lower_module *m) {
    static const char *const regions[REGION_COUNT] = {
        [REGION_MEMORY] = "linear memory",  [REGION_MEMORY_SIZE] = "memory size",
        [REGION_GLOBAL] = "globals",        [REGION_TABLE] = "table",
        [REGION_TABLE_SIZE] = "table size", [REGION_ARGUMENTS] = "arguments",
    };
    LLVMMetadataRef zero = LLVMValueAsMetadata(lower_i64(m, 0));
    LLVMMetadataRef root_items[] = {make_string(m, "mpiwasm")};
    LLVMMetadataRef root = make_node(m, root_items, 1);
    for (int i = 0; i < REGION_COUNT; i++) {
        LLVMMetadataRef type_items[] = {make_string(m, regions[i]), root, zero};
        LLVMMetadataRef type = make_node(m, type_items, 3);
        LLVMMetadataRef tag_items[] = {type, type, zero};
        m->region_tags[i] = LLVMMetadataAsValue(m->context, make_node(m, tag_items, 3));
    }
    m->empty_node = LLVMMetadataAsValue(m->context, make_node(m, NULL, 0));
    LLVMMetadataRef weights[] = {make_string(m, "branch_weights"),
                                 LLVMValueAsMetadata(lower_i32(m, 1)),
                                 LLVMValueAsMetadata(lower_i32(m, (1 << 20) - 1))};
    m->unlikely_node = LLVMMetadataAsValue(m->context, make_node(m, weights, 3));
#define KIND(name) LLVMGetMDKindIDInContext(m->context, name, sizeof name - 1)
    m->kind_tbaa = KIND("tbaa");
    m->kind_invariant_load = KIND("invariant.load");
    m->kind_prof = KIND("prof");
    m->kind_dereferenceable = KIND("dereferenceable");
    m->kind_nonnull = KIND("nonnull");
    m->kind_align = KIND("align");
    m->kind_noundef = KIND("noundef");
#undef KIND
}

static void make_types(struct lower_module *m) {
    m->void_type = LLVMVoidTypeInContext(m->context);
    m->i1 = LLVMInt1TypeInContext(m->context);
    m->i8 = LLVMInt8TypeInContext(m->context);
    m->i16 = LLVMInt16TypeInContext(m->context);
    m->i32 = LLVMInt32TypeInContext(m->context);
    m->i64 = LLVMInt64TypeInContext(m->context);
    m->f32 = LLVMFloatTypeInContext(m->context);
    m->f64 = LLVMDoubleTypeInContext(m->context);
    /* No other lane is as wide, so LLVM does not turn a choice of numbers into one of v128. */
    m->v128 = LLVMVectorType(m->i8, 16);
    m->pointer = LLVMPointerTypeInContext(m->context, 0);
}

LLVMTypeRef lower_value_type(struct lower_module *m, enum wasm_type type) {
    switch (type) {
    case WASM_I32: return m->i32;
    case WASM_I64: return m->i64;
    case WASM_F32: return m->f32;
    case WASM_F64: return m->f64;
    case WASM_V128: return m->v128;
    default: return m->pointer; /* a reference */
    }
}

LLVMTypeRef lower_address_type(struct lower_module *m, const struct wasm_limits *limits) {
    return limits->is_64 ? m->i64 : m->i32;
}

LLVMTypeRef lower_result_type(struct lower_module *m, const struct wasm_function_type *type) {
    if (type->result_count == 0) return m->void_type;
    if (type->result_count == 1) return lower_value_type(m, type->results[0]);
    LLVMTypeRef *fields = arena_array(&m->arena, type->result_count, sizeof *fields);
    for (uint32_t i = 0; i < type->result_count; i++)
        fields[i] = lower_value_type(m, type->results[i]);
    return LLVMStructTypeInContext(m->context, fields, type->result_count, false);
}

LLVMTypeRef lower_function_type(struct lower_module *m, uint32_t type_index) {
    if (m->function_types[type_index] != NULL) return m->function_types[type_index];
    const struct wasm_function_type *type = &m->wasm->types[type_index];
    LLVMTypeRef *parameters =
        arena_array(&m->arena, (size_t)type->parameter_count + 1, sizeof *parameters);
    parameters[0] = m->pointer;
    for (uint32_t i = 0; i < type->parameter_count; i++)
        parameters[1 + i] = lower_value_type(m, type->parameters[i]);
    return m->function_types[type_index] = LLVMFunctionType(lower_result_type(m, type), parameters,
                                                            type->parameter_count + 1, false);
}

/* Bytes that assemblers and linkers read something into become '_': '@' starts a symbol version. */
static void make_symbol(const struct wasm_module *wasm, uint32_t index, char *out, size_t size) {
    const char *name = wasm->functions[index].name;
    if (name == NULL || name[0] == '\0') name = "func";
    int length = snprintf(out, size, "%.*s.w%u", SYMBOL_NAME_MAX, name, index);
    for (int i = 0; i < length; i++) {
        unsigned char c = (unsigned char)out[i];
        if (c < 0x20 || c == 0x7f || c == '@' || c == '"' || c == '\\') out[i] = '_';
    }
}

LLVMValueRef lower_function_declare(struct lower_module *m, uint32_t index) {
    if (m->functions[index] != NULL) return m->functions[index];
    char symbol[SYMBOL_NAME_MAX + 32];
    make_symbol(m->wasm, index, symbol, sizeof symbol);
    uint32_t type_index = m->wasm->functions[index].type_index;
    bool in_tail_calls = m->plan->in_tail_calls[index];
    LLVMTypeRef type =
        in_tail_calls ? lower_tail_type(m, type_index) : lower_function_type(m, type_index);
    LLVMValueRef function = LLVMAddFunction(m->llvm, symbol, type);
    if (m->plan->partition_count == 1)
        LLVMSetLinkage(function, LLVMInternalLinkage);
    else
        LLVMSetVisibility(function, LLVMHiddenVisibility);
    bool has_c_convention = m->plan->escapes[index] || in_tail_calls;
    LLVMSetFunctionCallConv(function, has_c_convention ? LLVMCCallConv : LLVMFastCallConv);
    lower_function_attributes_add(m, function);
    return m->functions[index] = function;
}

LLVMValueRef lower_i32(struct lower_module *m, uint32_t value) {
    return LLVMConstInt(m->i32, value, false);
}

LLVMValueRef lower_i64(struct lower_module *m, uint64_t value) {
    return LLVMConstInt(m->i64, value, false);
}

void lower_tag_region(struct lower_module *m, LLVMValueRef access, enum lower_region region) {
    LLVMSetMetadata(access, m->kind_tbaa, m->region_tags[region]);
}

void lower_tag_invariant(struct lower_module *m, LLVMValueRef load) {
    LLVMSetMetadata(load, m->kind_invariant_load, m->empty_node);
    LLVMSetMetadata(load, m->kind_noundef, m->empty_node);
}

LLVMValueRef lower_offset(struct lower_module *m, LLVMBuilderRef builder, LLVMValueRef base,
                          uint64_t offset, const char *name) {
    if (offset == 0) return base;
    LLVMValueRef index = lower_i64(m, offset);
    return LLVMBuildInBoundsGEP2(builder, m->i8, base, &index, 1, name);
}

LLVMValueRef lower_load_constant_pointer(struct lower_module *m, LLVMBuilderRef builder,
                                         LLVMValueRef base, uint64_t offset, const char *name) {
    LLVMValueRef load =
        LLVMBuildLoad2(builder, m->pointer, lower_offset(m, builder, base, offset, ""), name);
    lower_tag_invariant(m, load);
    LLVMSetMetadata(load, m->kind_nonnull, m->empty_node);
    return load;
}

LLVMValueRef lower_intrinsic(struct lower_module *m, LLVMBuilderRef builder, const char *name,
                             LLVMTypeRef *overloads, unsigned overload_count,
                             LLVMValueRef *arguments, unsigned argument_count) {
    unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(m->llvm, id, overloads, overload_count);
    LLVMTypeRef type = LLVMIntrinsicGetType(m->context, id, overloads, overload_count);
    return LLVMBuildCall2(builder, type, function, arguments, argument_count, "");
}

static bool lower_all(struct lower_module *m, uint32_t number, const uint8_t *stripped,
                      size_t stripped_size, struct error *err) {
    const struct partition *partition = &m->plan->partitions[number];
    /* Declared in order first, so that code lies in the order of the module. */
    for (uint32_t i = partition->first; i < partition->end; i++)
        lower_function_declare(m, i);
    for (uint32_t i = partition->first; i < partition->end; i++)
        if (!lower_function(m, i, err)) return false;
    relax_arithmetic(m->llvm, m->options->fp);
    if (m->options->deterministic) canonical_nans(m->llvm);
    if (number == 0) lower_artifact(m, stripped, stripped_size);
    return true;
}

LLVMModuleRef lower_partition(const struct plan *plan, uint32_t number,
                              const struct compile_options *options, const struct target *target,
                              LLVMContextRef context, LLVMTargetMachineRef machine,
                              const uint8_t *stripped, size_t stripped_size, struct error *err) {
    const struct wasm_module *wasm = plan->module;
    struct lower_module m = {
        .wasm = wasm,
        .plan = plan,
        .options = options,
        .target = target,
        .context = context,
        .llvm = LLVMModuleCreateWithNameInContext("guest", context),
        .builder = LLVMCreateBuilderInContext(context),
    };
    m.function_types = arena_array(&m.arena, wasm->type_count, sizeof *m.function_types);
    m.functions = arena_array(&m.arena, wasm->function_count, sizeof *m.functions);
    LLVMSetTarget(m.llvm, target->triple);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetModuleDataLayout(m.llvm, layout);
    LLVMDisposeTargetData(layout);
    LLVMContextSetDiscardValueNames(context, options->output != COMPILE_IR &&
                                                 options->output != COMPILE_RAW_IR);
    make_types(&m);
    make_metadata(&m);
    make_attributes(&m);
    m.lines = debug_lines_create(m.llvm, wasm, plan->lines, options->remarks != NULL);
    bool ok = lower_all(&m, number, stripped, stripped_size, err);
    debug_lines_finish(m.lines);
    LLVMDisposeBuilder(m.builder);
    arena_free(&m.arena);
    if (!ok) {
        LLVMDisposeModule(m.llvm);
        return NULL;
    }
    return m.llvm;
}
