/*
 * types.c - names and comparison of types, and the table of features; see types.h.
 */
#include "wasm/types.h"

#include <stdio.h>

static const char *abstract_name(enum wasm_type type) {
    switch (type) {
    case WASM_I32: return "i32";
    case WASM_I64: return "i64";
    case WASM_F32: return "f32";
    case WASM_F64: return "f64";
    case WASM_V128: return "v128";
    case WASM_FUNCREF: return "funcref";
    case WASM_EXTERNREF: return "externref";
    case WASM_EXNREF: return "exnref";
    case WASM_NULLFUNCREF: return "nullfuncref";
    case WASM_NULLEXTERNREF: return "nullexternref";
    case WASM_NULLEXNREF: return "nullexnref";
    }
    return "unknown";
}

/* Of what a non-null reference refers to. */
static const char *heap_name(enum wasm_type type) {
    switch (type) {
    case WASM_FUNCREF: return "func";
    case WASM_EXTERNREF: return "extern";
    case WASM_EXNREF: return "exn";
    case WASM_NULLFUNCREF: return "nofunc";
    case WASM_NULLEXTERNREF: return "noextern";
    case WASM_NULLEXNREF: return "noexn";
    default: return "unknown";
    }
}

const char *wasm_type_name_in(enum wasm_type type, char buffer[WASM_TYPE_NAME_SIZE]) {
    const char *null = wasm_type_is_nullable(type) ? "null " : "";
    if (wasm_type_is_indexed(type))
        snprintf(buffer, WASM_TYPE_NAME_SIZE, "(ref %s%u)", null, wasm_type_index(type));
    else if ((unsigned)type & WASM_NON_NULL)
        snprintf(buffer, WASM_TYPE_NAME_SIZE, "(ref %s)", heap_name(wasm_type_nullable(type)));
    else
        return abstract_name(type);
    return buffer;
}

bool wasm_type_matches(enum wasm_type actual, enum wasm_type expected) {
    if (actual == expected) return true;
    if (!wasm_type_is_reference(actual) || !wasm_type_is_reference(expected)) return false;
    if (wasm_type_is_nullable(actual) && !wasm_type_is_nullable(expected)) return false;
    enum wasm_type from = wasm_type_nullable(actual), to = wasm_type_nullable(expected);
    if (from == to) return true;
    switch (from) {
    case WASM_NULLFUNCREF: return to == WASM_FUNCREF || wasm_type_is_indexed(to);
    case WASM_NULLEXTERNREF: return to == WASM_EXTERNREF;
    case WASM_NULLEXNREF: return to == WASM_EXNREF;
    default: return wasm_type_is_indexed(from) && to == WASM_FUNCREF;
    }
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
