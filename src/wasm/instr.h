/*
 * instr.h - reading instructions one after the other (Core specification, section 5.4).
 *
 * The rows of wasm_ops.def are the one list of instructions; this turns bytes into one of them and
 * its immediates.  It checks the binary format alone: indices, types and nesting are the
 * validator's.  Walking a body:
 *
 *     struct reader reader = reader_make(function->body, function->body_size,
 *                                        function->body_offset);
 *     while (reader.at != reader.end)
 *         if (!wasm_instr_read(&reader, &instr, err)) ...
 */
#ifndef MPIWASM_WASM_INSTR_H
#define MPIWASM_WASM_INSTR_H

#include "base/reader.h"
#include "wasm/types.h"

enum wasm_op {
#define OP(code, id, text, immediate, pops, pushes, feature, lowering) WASM_OP_##id,
#include "wasm/wasm_ops.def"
#undef OP
    WASM_OP_COUNT
};

/* What follows the code, and the member of struct wasm_instr that holds it. */
enum wasm_immediate {
    WASM_IMMEDIATE_NONE,
    WASM_IMMEDIATE_ZERO,          /* a byte that is 0, for later use */
    WASM_IMMEDIATE_BLOCK,         /* block */
    WASM_IMMEDIATE_TRY_TABLE,     /* try_table, and block as its first member */
    WASM_IMMEDIATE_LABEL,         /* index: 0 is the innermost block */
    WASM_IMMEDIATE_BR_TABLE,      /* labels */
    WASM_IMMEDIATE_FUNCTION,      /* index */
    WASM_IMMEDIATE_CALL_INDIRECT, /* index: type; second: table */
    WASM_IMMEDIATE_LOCAL,         /* index */
    WASM_IMMEDIATE_GLOBAL,        /* index */
    WASM_IMMEDIATE_TABLE,         /* index */
    WASM_IMMEDIATE_TAG,           /* index */
    WASM_IMMEDIATE_TABLE_COPY,    /* index: table copied to; second: table copied from */
    WASM_IMMEDIATE_TABLE_INIT,    /* index: element segment; second: table */
    WASM_IMMEDIATE_ELEMENT,       /* index */
    WASM_IMMEDIATE_DATA,          /* index */
    WASM_IMMEDIATE_MEMORY,        /* index */
    WASM_IMMEDIATE_MEMORY_COPY,   /* index: memory copied to; second: memory copied from */
    WASM_IMMEDIATE_MEMORY_INIT,   /* index: data segment; second: memory */
    WASM_IMMEDIATE_TYPE,          /* index */
    WASM_IMMEDIATE_HEAP_TYPE,     /* type: the nullable reference to it */
    WASM_IMMEDIATE_SELECT_TYPES,  /* select */
    WASM_IMMEDIATE_I32,           /* value.i32 */
    WASM_IMMEDIATE_I64,           /* value.i64 */
    WASM_IMMEDIATE_F32,           /* value.u32: the bits, so that a NaN's payload survives */
    WASM_IMMEDIATE_F64,           /* value.u64: the bits */
    WASM_IMMEDIATE_V128,          /* value.v128, little-endian */
    WASM_IMMEDIATE_SHUFFLE,       /* value.v128: the 16 lane indices */
    WASM_IMMEDIATE_LANE_2,        /* lane < 2 (validated) */
    WASM_IMMEDIATE_LANE_4,
    WASM_IMMEDIATE_LANE_8,
    WASM_IMMEDIATE_LANE_16,
    WASM_IMMEDIATE_MEMARG_1, /* memory; the number is the bytes accessed, a power of two */
    WASM_IMMEDIATE_MEMARG_2,
    WASM_IMMEDIATE_MEMARG_4,
    WASM_IMMEDIATE_MEMARG_8,
    WASM_IMMEDIATE_MEMARG_16,
    WASM_IMMEDIATE_MEMARG_LANE_1, /* memory and lane */
    WASM_IMMEDIATE_MEMARG_LANE_2,
    WASM_IMMEDIATE_MEMARG_LANE_4,
    WASM_IMMEDIATE_MEMARG_LANE_8,
};

struct wasm_op_info {
    uint32_t code;    /* as in wasm_ops.def */
    const char *text; /* "i32.add" */
    const char *pops, *pushes;
    enum wasm_immediate immediate;
    enum wasm_feature feature;
    uint8_t access_size; /* bytes of memory that a load or store touches; 0 for all others */
};

extern const struct wasm_op_info wasm_op_infos[WASM_OP_COUNT];

/* Section 5.4.1: no value, one value, or a function type of the module. */
enum wasm_block_kind { WASM_BLOCK_EMPTY, WASM_BLOCK_VALUE, WASM_BLOCK_TYPE };

struct wasm_block_type {
    enum wasm_block_kind kind;
    enum wasm_type result; /* only WASM_BLOCK_VALUE */
    uint32_t type_index;   /* only WASM_BLOCK_TYPE */
};

/* What a clause of try_table catches and what it takes to its label (section 5.4.1). */
enum wasm_catch_kind {
    WASM_CATCH = 0,         /* a tag's exceptions; their values */
    WASM_CATCH_REF = 1,     /* the same; the values and the exception as an exnref */
    WASM_CATCH_ALL = 2,     /* all; nothing */
    WASM_CATCH_ALL_REF = 3, /* all; the exnref */
};

struct wasm_catch {
    enum wasm_catch_kind kind;
    uint32_t tag; /* only WASM_CATCH and WASM_CATCH_REF */
    uint32_t label;
};

struct wasm_instr {
    enum wasm_op op;
    uint64_t offset; /* of the code, from the start of the binary */
    union {
        struct {
            uint32_t index, second;
        };
        struct wasm_block_type block;
        struct {
            struct wasm_block_type block;
            struct reader reader; /* for wasm_instr_catch_next */
            uint32_t count;       /* of clauses; at most the bytes of the body */
        } try_table;
        struct {
            struct reader reader; /* for wasm_instr_label_next */
            uint32_t count;       /* without the default; at most the bytes of the body */
        } labels;
        struct {
            uint32_t alignment; /* log2 of bytes; a hint, may exceed what is accessed: invalid */
            uint32_t index;     /* of the memory */
            uint64_t offset;    /* bytes, added to the address without wrapping */
            uint8_t lane;
        } memory;
        uint8_t lane;
        enum wasm_type type;
        struct {
            uint32_t count; /* types given; valid only if 1 */
            enum wasm_type type;
        } select;
        union wasm_value value;
    };
};

/*
 * The instruction at the reader. Errors: ERROR_MALFORMED ("illegal opcode 0xff", "unexpected end",
 * ...), ERROR_UNSUPPORTED for an instruction of a proposal that has no rows yet, named. What has
 * rows is read without complaint; whoever cannot handle it asks wasm_op_infos[].feature.
 */
bool wasm_instr_read(struct reader *reader, struct wasm_instr *instr, struct error *err);

/*
 * The next label of a br_table: call count + 1 times, the last is the default. Cannot fail, as
 * wasm_instr_read has read them all once. To start over, copy the instr before.
 */
uint32_t wasm_instr_label_next(struct wasm_instr *instr);

/* The next clause of a try_table: call count times. Otherwise as wasm_instr_label_next. */
struct wasm_catch wasm_instr_catch_next(struct wasm_instr *instr);

/*
 * One value type or one reference type. ERROR_MALFORMED "malformed EXPECTED 0x..", or
 * ERROR_UNSUPPORTED for a type that is never read (garbage collection). All others are read without
 * complaint; type indices are not checked.
 */
bool wasm_type_read(struct reader *reader, enum wasm_type *out, const char *expected,
                    struct error *err);
bool wasm_reference_type_read(struct reader *reader, enum wasm_type *out, struct error *err);
/* What a reference may refer to (section 5.3.3), as the nullable reference to it. */
bool wasm_heap_type_read(struct reader *reader, enum wasm_type *out, struct error *err);

/*
 * ERROR_UNSUPPORTED "module uses relaxed SIMD, which this version lacks". Always returns
 * false.
 */
bool wasm_feature_refuse(enum wasm_feature feature, uint64_t offset, struct error *err);

#endif
