/*
 * module.h - a decoded module: what the sections of a binary say, nothing computed from it.
 *
 * Reads a binary (Core specification, section 5) and produces the struct below; function bodies
 * stay bytes, which wasm/instr.h walks.  Index spaces (section 2.5.1) hold the imports first.
 * Strings and arrays live in the module's arena; data and bodies point into the binary, which must
 * outlive the module.
 *
 * A binary may have been stripped of its bodies (wasm_module_strip): that is what an artifact
 * carries, so that running one needs neither the compiler nor the original file.
 */
#ifndef MPIWASM_WASM_MODULE_H
#define MPIWASM_WASM_MODULE_H

#include "base/arena.h"
#include "base/error.h"
#include "wasm/types.h"

#include <stddef.h>

enum wasm_external {
    WASM_EXTERNAL_FUNCTION,
    WASM_EXTERNAL_TABLE,
    WASM_EXTERNAL_MEMORY,
    WASM_EXTERNAL_GLOBAL,
    WASM_EXTERNAL_TAG
};

/* Below, `position` is where a thing is described, from the start of the binary, for messages. */

/* A name: UTF-8, checked by the decoder; may hold NUL bytes, so compare with the length. */
struct wasm_name {
    const char *bytes; /* also NUL-terminated, for printing */
    uint32_t length;
};

struct wasm_import {
    struct wasm_name module, name;
    enum wasm_external kind;
    uint32_t index; /* in the kind's index space; its type is found there */
};

struct wasm_export {
    struct wasm_name name;
    enum wasm_external kind;
    uint32_t index;
    uint64_t position;
};

/* `count` consecutive locals of one type (section 5.4.6, "compressed" locals). */
struct wasm_local_run {
    uint32_t count;
    enum wasm_type type;
};

struct wasm_function {
    uint32_t type_index;
    uint64_t position; /* of the type index */
    bool is_imported;
    bool is_declared; /* may appear in ref.func (section 3.4.1: C.refs), so its address escapes */
    uint32_t import;  /* index into imports[]; only if is_imported */
    const struct wasm_local_run *local_runs; /* parameters not included */
    uint32_t local_run_count;
    uint32_t local_count; /* sum of the runs; <= 50,000 */
    const uint8_t *body;  /* first instruction; NULL in a stripped module */
    uint32_t body_size;   /* bytes, with the final `end` */
    uint64_t body_offset; /* of `body` from the start of the binary, for messages */
    const char *name;     /* from the custom section "name"; NULL if it has none */
};

/*
 * A constant expression (section 3.4.10): constants, references, immutable globals that come
 * before, and sums, differences and products of integers; a few instructions, ended by `end`.
 */
struct wasm_constant {
    const uint8_t *bytes; /* NULL if absent */
    uint32_t size;        /* with the final `end` */
    uint64_t offset;      /* of `bytes` from the start of the binary */
};

struct wasm_table {
    struct wasm_table_type type;
    bool is_imported;
    uint64_t position;
    struct wasm_constant initial; /* absent: null */
};

struct wasm_memory {
    struct wasm_memory_type type;
    bool is_imported;
    uint64_t position;
};

struct wasm_global {
    struct wasm_global_type type;
    bool is_imported;
    uint64_t position;
    struct wasm_constant initial; /* absent if imported */
};

/* A kind of exception (section 2.5.6); the type's parameters are what it carries. */
struct wasm_tag {
    uint32_t type_index;
    bool is_imported;
    uint64_t position;
    const char *name; /* from the custom section "name"; NULL if it has none */
};

enum wasm_segment_mode { WASM_SEGMENT_ACTIVE, WASM_SEGMENT_PASSIVE, WASM_SEGMENT_DECLARATIVE };

struct wasm_element_segment {
    uint64_t position;
    enum wasm_segment_mode mode;
    enum wasm_type type;
    uint32_t table;              /* only if active */
    struct wasm_constant offset; /* only if active */
    uint32_t count;
    /* Exactly one of the two is set when count > 0. */
    const uint32_t *functions;               /* function indices */
    const struct wasm_constant *expressions; /* constant expressions of type `type` */
};

struct wasm_data_segment {
    uint64_t position;
    enum wasm_segment_mode mode;
    uint32_t memory;             /* only if active */
    struct wasm_constant offset; /* only if active */
    const uint8_t *bytes;
    uint32_t size;
};

struct wasm_custom_section {
    struct wasm_name name;
    const uint8_t *bytes;
    uint32_t size;
};

struct wasm_module {
    struct arena arena;
    const uint8_t *bytes; /* not owned */
    size_t size;
    bool is_stripped;

    struct wasm_function_type *types;
    struct wasm_import *imports;
    struct wasm_export *exports;
    struct wasm_function *functions;
    struct wasm_table *tables;
    struct wasm_memory *memories;
    struct wasm_global *globals;
    struct wasm_tag *tags;
    struct wasm_element_segment *elements;
    struct wasm_data_segment *datas;
    struct wasm_custom_section *customs;
    uint32_t type_count, import_count, export_count;
    uint32_t function_count, table_count, memory_count, global_count, tag_count; /* with imports */
    uint32_t imported_function_count, imported_table_count, imported_memory_count,
        imported_global_count, imported_tag_count;
    uint32_t element_count, data_count, custom_count;
    bool has_start, has_data_count;
    uint64_t code_offset;         /* of the code section's content from the start of the binary */
    uint32_t start;               /* function index; only if has_start */
    uint64_t start_position;      /* only if has_start */
    uint32_t declared_data_count; /* only if has_data_count */
    const char *name;             /* from the custom section "name"; NULL if it has none */
};

/* Limits of this implementation, which section 7.2 (Appendix) allows; beyond: ERROR_UNSUPPORTED. */
enum {
    WASM_MAX_LOCALS = 50000, /* of a function, parameters not included */
    WASM_MAX_PARAMETERS = 1000,
    WASM_MAX_RESULTS = 1000,
};

/*
 * Decode `size` bytes at `bytes` (kept, not copied) into *module, which the caller zeroed.
 * Errors: ERROR_MALFORMED with the offset, ERROR_UNSUPPORTED naming the feature. On failure the
 * arena is freed already; on success wasm_module_free does it.
 */
bool wasm_module_decode(const uint8_t *bytes, size_t size, struct wasm_module *module,
                        struct error *err);
void wasm_module_free(struct wasm_module *module);

/*
 * Validate everything, bodies included (section 3). ERROR_INVALID, or ERROR_MALFORMED where the
 * binary format of a body itself is broken, with the offset and the function's name or index.
 * ERROR_UNSUPPORTED, naming the feature, for a module that would be valid, were it not for a
 * feature that features.def says this version lacks: so what passes can be compiled.
 */
bool wasm_module_validate(const struct wasm_module *module, struct error *err);

/* wasm_type_matches for two types of the module; their indices exist. */
bool wasm_module_type_matches(const struct wasm_module *module, enum wasm_type actual,
                              enum wasm_type expected);

/*
 * The same binary without the code section's instructions and without debug information (custom
 * sections ".debug..."), for artifacts: *out is malloc'ed and the caller's. Decodes to an equal
 * module with is_stripped set, every body NULL and no locals; body_offset and body_size stay.
 */
bool wasm_module_strip(const struct wasm_module *module, uint8_t **out, size_t *out_size,
                       struct error *err);

/* "name" of function `index`, or "func[INDEX]" in `buffer`; never NULL. */
const char *wasm_module_function_name(const struct wasm_module *module, uint32_t index,
                                      char *buffer, size_t buffer_size);

#endif
