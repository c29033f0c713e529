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

/*
 * Value types.  The low byte is the type's byte in the binary format (section 5.3), for references
 * that of the shorthand: (ref null func) is WASM_FUNCREF.  On top of it a reference may have
 * WASM_NON_NULL, and one to a function type of the module has WASM_INDEXED as its byte and the type
 * index in the bits from WASM_INDEX_SHIFT on; both make values beyond the enumerators here, so
 * compare for identity, or ask the functions below and wasm_type_matches.
 */
enum wasm_type {
    WASM_I32 = 0x7f,
    WASM_I64 = 0x7e,
    WASM_F32 = 0x7d,
    WASM_F64 = 0x7c,
    WASM_V128 = 0x7b,
    WASM_FUNCREF = 0x70,
    WASM_EXTERNREF = 0x6f,
    WASM_EXNREF = 0x69,
    WASM_NULLFUNCREF = 0x73,   /* (ref null nofunc): null alone */
    WASM_NULLEXTERNREF = 0x72, /* (ref null noextern) */
    WASM_NULLEXNREF = 0x74,    /* (ref null noexn) */
};

enum {
    WASM_INDEXED = 0x01,
    WASM_NON_NULL = 0x100,
    WASM_INDEX_SHIFT = 9,
    WASM_MAX_TYPES = 1000000,     /* of a module; more: ERROR_UNSUPPORTED */
    WASM_INDEX_UNKNOWN = 0x7fffff /* what a type index too large to be one is read as */
};

static inline bool wasm_type_is_reference(enum wasm_type type) {
    unsigned byte = (unsigned)type & 0xff;
    return byte != 0 && byte <= WASM_NULLEXNREF;
}

/* Whether null is a value of the type; false of what is no reference. */
static inline bool wasm_type_is_nullable(enum wasm_type type) {
    return wasm_type_is_reference(type) && !((unsigned)type & WASM_NON_NULL);
}

/* Whether a local or a table may start with the type's zero or null (section 3.2.14). */
static inline bool wasm_type_is_defaultable(enum wasm_type type) {
    return !((unsigned)type & WASM_NON_NULL);
}

/* Whether the type is a reference to a function type given by index. */
static inline bool wasm_type_is_indexed(enum wasm_type type) {
    return ((unsigned)type & 0xff) == WASM_INDEXED;
}

/* The type index; only if wasm_type_is_indexed. */
static inline uint32_t wasm_type_index(enum wasm_type type) {
    return (uint32_t)type >> WASM_INDEX_SHIFT;
}

/* (ref null INDEX) */
static inline enum wasm_type wasm_type_indexed(uint32_t index) {
    return (enum wasm_type)(index << WASM_INDEX_SHIFT | WASM_INDEXED);
}

/* The same reference with null and without. */
static inline enum wasm_type wasm_type_nullable(enum wasm_type type) {
    return (enum wasm_type)((unsigned)type & ~(unsigned)WASM_NON_NULL);
}

static inline enum wasm_type wasm_type_non_null(enum wasm_type type) {
    return (enum wasm_type)((unsigned)type | WASM_NON_NULL);
}

/* Whether the type is a reference to functions: there are no other types that an index may name. */
static inline bool wasm_type_is_function(enum wasm_type type) {
    type = wasm_type_nullable(type);
    return type == WASM_FUNCREF || type == WASM_NULLFUNCREF || wasm_type_is_indexed(type);
}

/*
 * Subtyping (section 3.3): may an `actual` be used where an `expected` is wanted?  Type indices of
 * both must be canonical: equal if the types are.  For types of a module, ask
 * wasm_module_type_matches.
 */
bool wasm_type_matches(enum wasm_type actual, enum wasm_type expected);

/* "i32", "funcref", "(ref null 3)", ...: constant or in `buffer`; never NULL. */
enum { WASM_TYPE_NAME_SIZE = 32 };
const char *wasm_type_name_in(enum wasm_type type, char buffer[WASM_TYPE_NAME_SIZE]);
/* The same for as long as the enclosing block. */
#define wasm_type_name(type) wasm_type_name_in((type), (char[WASM_TYPE_NAME_SIZE]){0})

/*
 * A recursion group is a run of types that may refer to each other, usually one type alone; two
 * types are equal if they have the same place in equal groups (section 3.2.11).
 */
struct wasm_function_type {
    const enum wasm_type *parameters; /* owned by the module's arena */
    const enum wasm_type *results;
    uint32_t parameter_count, result_count;
    uint32_t group_first, group_size; /* type indices; 0 size is read as 1 */
    uint32_t canonical;               /* equal for equal types of one module */
    uint64_t position;                /* in the binary, for messages; not compared */
};

struct wasm_limits {
    uint64_t minimum;
    uint64_t maximum; /* only if has_maximum */
    bool has_maximum;
    bool is_64; /* indices and sizes are i64 (memory64) */
};

struct wasm_table_type {
    enum wasm_type element;
    struct wasm_limits limits; /* in elements */
};

struct wasm_memory_type {
    struct wasm_limits limits; /* in pages of 64 KiB */
    bool is_shared;            /* by threads; has a maximum then */
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
 * struct func_ref (runtime_abi.h), an exnref to a struct exception, an externref is the host's own
 * business.
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
