/*
 * types.h - value types and values, shared by every layer that touches WebAssembly.
 *
 * Core specification, sections 2.3 (types) and 4.2.1 (values).
 */
#ifndef MPIWASM_WASM_TYPES_H
#define MPIWASM_WASM_TYPES_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>

/* Value types, numbered by their byte in the binary format (section 5.3). */
enum wasm_type {
    WASM_I32 = 0x7f,
    WASM_I64 = 0x7e,
    WASM_F32 = 0x7d,
    WASM_F64 = 0x7c,
    WASM_V128 = 0x7b,
    WASM_FUNCREF = 0x70,
    WASM_EXTERNREF = 0x6f,
};

static inline bool wasm_type_is_reference(enum wasm_type type) {
    return type == WASM_FUNCREF || type == WASM_EXTERNREF;
}

/* "i32", "funcref", ...; never NULL. */
const char *wasm_type_name(enum wasm_type type);

struct wasm_function_type {
    const enum wasm_type *parameters; /* owned by the module's arena */
    const enum wasm_type *results;
    uint32_t parameter_count, result_count;
};

bool wasm_function_type_equal(const struct wasm_function_type *a,
                              const struct wasm_function_type *b);

struct wasm_limits {
    uint64_t minimum;
    uint64_t maximum; /* only if has_maximum */
    bool has_maximum;
    bool is_64; /* indices and sizes are i64 (memory64); always false until that is supported */
};

struct wasm_table_type {
    enum wasm_type element;
    struct wasm_limits limits; /* in elements */
};

struct wasm_memory_type {
    struct wasm_limits limits; /* in pages of 64 KiB */
};

struct wasm_global_type {
    enum wasm_type type;
    bool is_mutable;
};

enum { WASM_PAGE_SIZE = 65536 };

/* The proposals that a module may use; features.def says which of them this version has. */
enum wasm_feature {
#define FEATURE(id, text, words, supported) WASM_FEATURE_##id,
#include "wasm/features.def"
#undef FEATURE
    WASM_FEATURE_COUNT
};

/* "bulk-memory", as in the custom section "target_features"; never NULL. */
const char *wasm_feature_name(enum wasm_feature feature);
/* "bulk memory", for messages; never NULL. */
const char *wasm_feature_words(enum wasm_feature feature);
bool wasm_feature_is_supported(enum wasm_feature feature);

/*
 * A value of any type: also the slot of a global and of an argument or result that crosses
 * between host and guest.  A null reference is a NULL `ref`; a funcref points to a
 * struct func_ref (runtime_abi.h), an externref is the host's own business.
 */
union wasm_value {
    int32_t i32;
    uint32_t u32;
    int64_t i64;
    uint64_t u64;
    float f32;
    double f64;
    void *ref;
    alignas(16) uint8_t v128[16]; /* compiled code accesses it whole */
};

#endif
