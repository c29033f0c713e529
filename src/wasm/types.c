/*
 * types.c - names and comparison of types, and the table of features; see types.h.
 */
#include "wasm/types.h"

const char *wasm_type_name(enum wasm_type type) {
    switch (type) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    case WASM_FUNCREF: return "funcref";
    case WASM_EXTERNREF: return "externref";
    }
    return "unknown";
}

bool wasm_function_type_equal(const struct wasm_function_type *a,
                              const struct wasm_function_type *b) {
    if (a->parameter_count != b->parameter_count || a->result_count != b->result_count)
        return false;
    for (uint32_t i = 0; i < a->parameter_count; i++)
        if (a->parameters[i] != b->parameters[i]) return false;
    for (uint32_t i = 0; i < a->result_count; i++)
        if (a->results[i] != b->results[i]) return false;
    return true;
}

static const struct {
    const char *name, *words;
    bool supported;
} features[] = {
#define FEATURE(id, text, words, supported) {text, words, supported},
#include "wasm/features.def"
#undef FEATURE
};

const char *wasm_feature_name(enum wasm_feature feature) {
    return (unsigned)feature < WASM_FEATURE_COUNT ? features[feature].name : "unknown";
}

const char *wasm_feature_words(enum wasm_feature feature) {
    return (unsigned)feature < WASM_FEATURE_COUNT ? features[feature].words : "unknown";
}

bool wasm_feature_is_supported(enum wasm_feature feature) {
    return (unsigned)feature < WASM_FEATURE_COUNT && features[feature].supported;
}
