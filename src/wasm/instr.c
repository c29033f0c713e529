/*
 * instr.c - bytes to instructions; see instr.h.  Core specification, section 5.4.
 *
 * Reads one instruction and its immediates with bounded reads.  It keeps no state between
 * instructions and knows neither nesting nor types.
 */
#include "wasm/instr.h"

enum {
    PAGE_FC = 0x100, /* codes 0xfc n are at PAGE_FC + n */
    PAGE_FD = 0x140,
    PAGE_FE = PAGE_FD + 0x114,
    CODE_COUNT = PAGE_FE + 0x4f
};

/* Memory of a load or store: what the number in MEMARG_n means. */
#define ACCESS_SIZE(immediate)                                                                     \
    ((immediate) >= WASM_IMMEDIATE_MEMARG_1 && (immediate) <= WASM_IMMEDIATE_MEMARG_16             \
         ? 1 << ((immediate) - WASM_IMMEDIATE_MEMARG_1)                                            \
     : (immediate) >= WASM_IMMEDIATE_MEMARG_LANE_1                                                 \
         ? 1 << ((immediate) - WASM_IMMEDIATE_MEMARG_LANE_1)                                       \
         : 0)

const struct wasm_op_info wasm_op_infos[WASM_OP_COUNT] = {
#define OP(code, id, text, immediate, pops, pushes, feature, lowering)                             \
    {code,                                                                                         \
     text,                                                                                         \
     pops,                                                                                         \
     pushes,                                                                                       \
     WASM_IMMEDIATE_##immediate,                                                                   \
     WASM_FEATURE_##feature,                                                                       \
     ACCESS_SIZE(WASM_IMMEDIATE_##immediate)},
#include "wasm/wasm_ops.def"
#undef OP
};

/* By code: 1 + enum wasm_op, 0 where there is no instruction. */
#define CODE_INDEX(code)                                                                           \
    ((code) < 0x100           ? (code)                                                             \
     : ((code) >> 16) == 0xfc ? PAGE_FC + ((code) & 0xffff)                                        \
     : ((code) >> 16) == 0xfd ? PAGE_FD + ((code) & 0xffff)                                        \
                              : PAGE_FE + ((code) & 0xffff))
static const uint16_t ops_by_code[CODE_COUNT] = {
#define OP(code, id, text, immediate, pops, pushes, feature, lowering)                             \
    [CODE_INDEX(code)] = 1 + WASM_OP_##id,
#include "wasm/wasm_ops.def"
#undef OP
};

bool wasm_feature_refuse(enum wasm_feature feature, uint64_t offset, struct error *err) {
    return error_set_at(err, ERROR_UNSUPPORTED, offset, "module uses %s, which this version lacks",
                        wasm_feature_words(feature));
}

/* Codes that have no row because a proposal which this version lacks owns them. */
static bool fail_code(uint32_t prefix, uint32_t number, uint64_t offset, struct error *err) {
    enum wasm_feature feature = WASM_FEATURE_MVP;
    if (prefix == 0xfb) feature = WASM_FEATURE_GC;
    if (prefix == 0xfc && number >= 19 && number <= 22) feature = WASM_FEATURE_WIDE_ARITHMETIC;
    if (prefix == 0) {
        switch (number) {
        case 0xd3: /* ref.eq */ feature = WASM_FEATURE_GC; break;
        default: break;
        }
    }
    if (feature != WASM_FEATURE_MVP) return wasm_feature_refuse(feature, offset, err);
    if (prefix == 0)
        return error_set_at(err, ERROR_MALFORMED, offset, "illegal opcode 0x%02x", number);
    return error_set_at(err, ERROR_MALFORMED, offset, "illegal opcode 0x%02x 0x%02x", prefix,
                        number);
}

/* Section 5.3.3: what a reference refers to, as the type of the reference that may be null. */
static bool read_abstract_heap_type(uint8_t byte, uint64_t offset, enum wasm_type *out,
                                    const char *expected, struct error *err) {
    switch (byte) {
    case WASM_FUNCREF:
    case WASM_EXTERNREF:
    case WASM_EXNREF:
    case WASM_NULLFUNCREF:
    case WASM_NULLEXTERNREF:
    case WASM_NULLEXNREF: *out = (enum wasm_type)byte; return true;
    case 0x6a: /* array */
    case 0x6b: /* struct */
    case 0x6c: /* i31 */
    case 0x6d: /* eq */
    case 0x6e: /* any */
    case 0x71: /* none */ return wasm_feature_refuse(WASM_FEATURE_GC, offset, err);
    default:
        return error_set_at(err, ERROR_MALFORMED, offset, "malformed %s 0x%02x", expected, byte);
    }
}

bool wasm_heap_type_read(struct reader *reader, enum wasm_type *out, struct error *err) {
    uint64_t offset = reader_offset(reader);
    if (reader->at != reader->end && (*reader->at & 0xc0) == 0x40)
        return read_abstract_heap_type(*reader->at++, offset, out, "heap type", err);
    int64_t index;
    if (!reader_s33(reader, &index, err)) return false;
    if (index < 0) return error_set_at(err, ERROR_MALFORMED, offset, "malformed heap type");
    if (index > WASM_INDEX_UNKNOWN) index = WASM_INDEX_UNKNOWN;
    *out = wasm_type_indexed((uint32_t)index);
    return true;
}

bool wasm_type_read(struct reader *reader, enum wasm_type *out, const char *expected,
                    struct error *err) {
    enum { REF = 0x64, REF_NULL = 0x63, PACKED_I16 = 0x77, PACKED_I8 = 0x78 };
    uint64_t offset = reader_offset(reader);
    uint8_t byte;
    if (!reader_u8(reader, &byte, err)) return false;
    switch (byte) {
    case WASM_I32:
    case WASM_I64:
    case WASM_F32:
    case WASM_F64:
    case WASM_V128: *out = (enum wasm_type)byte; return true;
    case REF:
        if (!wasm_heap_type_read(reader, out, err)) return false;
        *out = wasm_type_non_null(*out);
        return true;
    case REF_NULL: return wasm_heap_type_read(reader, out, err);
    case PACKED_I16:
    case PACKED_I8: return wasm_feature_refuse(WASM_FEATURE_GC, offset, err);
    default: return read_abstract_heap_type(byte, offset, out, expected, err);
    }
}

bool wasm_reference_type_read(struct reader *reader, enum wasm_type *out, struct error *err) {
    uint64_t offset = reader_offset(reader);
    if (!wasm_type_read(reader, out, "reference type", err)) return false;
    if (!wasm_type_is_reference(*out))
        return error_set_at(err, ERROR_MALFORMED, offset, "malformed reference type 0x%02x", *out);
    return true;
}

static bool read_block_type(struct reader *reader, struct wasm_block_type *out, struct error *err) {
    if (reader->at == reader->end) return reader_fail_end(reader, err);
    uint8_t byte = *reader->at;
    if (byte == 0x40) {
        reader->at++;
        out->kind = WASM_BLOCK_EMPTY;
        return true;
    }
    if ((byte & 0xc0) == 0x40) { /* one byte, negative: a value type */
        out->kind = WASM_BLOCK_VALUE;
        return wasm_type_read(reader, &out->result, "block type", err);
    }
    uint64_t offset = reader_offset(reader);
    int64_t index;
    if (!reader_s33(reader, &index, err)) return false;
    if (index < 0) return error_set_at(err, ERROR_MALFORMED, offset, "malformed block type");
    out->kind = WASM_BLOCK_TYPE;
    out->type_index = (uint32_t)index;
    return true;
}

static bool read_labels(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    uint32_t count, label;
    if (!reader_u32(reader, &count, err)) return false;
    /* Each label takes a byte at least, so a count beyond that cannot hold. */
    if (count >= reader_remaining(reader)) {
        reader->at = reader->end;
        return reader_fail_end(reader, err);
    }
    instr->labels.count = count;
    instr->labels.reader = *reader;
    for (uint32_t i = 0; i <= count; i++)
        if (!reader_u32(reader, &label, err)) return false;
    return true;
}

uint32_t wasm_instr_label_next(struct wasm_instr *instr) {
    uint32_t label = 0;
    reader_u32(&instr->labels.reader, &label, NULL);
    return label;
}

static bool read_catch(struct reader *reader, struct wasm_catch *out, struct error *err) {
    uint64_t offset = reader_offset(reader);
    uint8_t kind;
    if (!reader_u8(reader, &kind, err)) return false;
    if (kind > WASM_CATCH_ALL_REF)
        return error_set_at(err, ERROR_MALFORMED, offset, "malformed catch clause 0x%02x", kind);
    *out = (struct wasm_catch){.kind = (enum wasm_catch_kind)kind};
    if (kind <= WASM_CATCH_REF && !reader_u32(reader, &out->tag, err)) return false;
    return reader_u32(reader, &out->label, err);
}

static bool read_catches(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    uint32_t count;
    struct wasm_catch clause;
    if (!reader_u32(reader, &count, err)) return false;
    if (count > reader_remaining(reader) / 2) { /* the bytes of the shortest */
        reader->at = reader->end;
        return reader_fail_end(reader, err);
    }
    instr->try_table.count = count;
    instr->try_table.reader = *reader;
    for (uint32_t i = 0; i < count; i++)
        if (!read_catch(reader, &clause, err)) return false;
    return true;
}

struct wasm_catch wasm_instr_catch_next(struct wasm_instr *instr) {
    struct wasm_catch clause = {0};
    read_catch(&instr->try_table.reader, &clause, NULL);
    return clause;
}

static bool read_memarg(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    uint64_t offset = reader_offset(reader);
    uint32_t flags;
    if (!reader_u32(reader, &flags, err)) return false;
    /* Bit 6 says that the index of the memory follows (multi-memory). */
    if (flags >= 0x80) return error_set_at(err, ERROR_MALFORMED, offset, "malformed memop flags");
    instr->memory.alignment = flags & 0x3f;
    instr->memory.index = 0;
    if ((flags & 0x40) && !reader_u32(reader, &instr->memory.index, err)) return false;
    return reader_u64(reader, &instr->memory.offset, err);
}

static bool read_select_types(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    if (!reader_u32(reader, &instr->select.count, err)) return false;
    if (instr->select.count > reader_remaining(reader)) {
        reader->at = reader->end;
        return reader_fail_end(reader, err);
    }
    enum wasm_type type;
    for (uint32_t i = 0; i < instr->select.count; i++) {
        if (!wasm_type_read(reader, &type, "value type", err)) return false;
        if (i == 0) instr->select.type = type;
    }
    return true;
}

static bool read_16_bytes(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    const uint8_t *bytes;
    if (!reader_bytes(reader, 16, &bytes, err)) return false;
    memcpy(instr->value.v128, bytes, 16);
    return true;
}

static bool read_zero(struct reader *reader, struct error *err) {
    uint64_t offset = reader_offset(reader);
    uint8_t byte;
    if (!reader_u8(reader, &byte, err)) return false;
    return byte == 0 || error_set_at(err, ERROR_MALFORMED, offset, "zero byte expected");
}

static bool read_immediate(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    switch (wasm_op_infos[instr->op].immediate) {
    case WASM_IMMEDIATE_NONE: return true;
    case WASM_IMMEDIATE_ZERO: return read_zero(reader, err);
    case WASM_IMMEDIATE_BLOCK: return read_block_type(reader, &instr->block, err);
    case WASM_IMMEDIATE_TRY_TABLE:
        return read_block_type(reader, &instr->try_table.block, err) &&
               read_catches(reader, instr, err);
    case WASM_IMMEDIATE_BR_TABLE: return read_labels(reader, instr, err);
    case WASM_IMMEDIATE_LABEL:
    case WASM_IMMEDIATE_FUNCTION:
    case WASM_IMMEDIATE_LOCAL:
    case WASM_IMMEDIATE_GLOBAL:
    case WASM_IMMEDIATE_TABLE:
    case WASM_IMMEDIATE_TAG:
    case WASM_IMMEDIATE_ELEMENT:
    case WASM_IMMEDIATE_TYPE:
    case WASM_IMMEDIATE_DATA:
    case WASM_IMMEDIATE_MEMORY: return reader_u32(reader, &instr->index, err);
    case WASM_IMMEDIATE_CALL_INDIRECT:
    case WASM_IMMEDIATE_TABLE_COPY:
    case WASM_IMMEDIATE_TABLE_INIT:
    case WASM_IMMEDIATE_MEMORY_COPY:
    case WASM_IMMEDIATE_MEMORY_INIT:
        return reader_u32(reader, &instr->index, err) && reader_u32(reader, &instr->second, err);
    case WASM_IMMEDIATE_HEAP_TYPE: return wasm_heap_type_read(reader, &instr->type, err);
    case WASM_IMMEDIATE_SELECT_TYPES: return read_select_types(reader, instr, err);
    case WASM_IMMEDIATE_I32: return reader_s32(reader, &instr->value.i32, err);
    case WASM_IMMEDIATE_I64: return reader_s64(reader, &instr->value.i64, err);
    case WASM_IMMEDIATE_F32: return reader_fixed32(reader, &instr->value.u32, err);
    case WASM_IMMEDIATE_F64: return reader_fixed64(reader, &instr->value.u64, err);
    case WASM_IMMEDIATE_V128:
    case WASM_IMMEDIATE_SHUFFLE: return read_16_bytes(reader, instr, err);
    case WASM_IMMEDIATE_LANE_2:
    case WASM_IMMEDIATE_LANE_4:
    case WASM_IMMEDIATE_LANE_8:
    case WASM_IMMEDIATE_LANE_16: return reader_u8(reader, &instr->lane, err);
    case WASM_IMMEDIATE_MEMARG_1:
    case WASM_IMMEDIATE_MEMARG_2:
    case WASM_IMMEDIATE_MEMARG_4:
    case WASM_IMMEDIATE_MEMARG_8:
    case WASM_IMMEDIATE_MEMARG_16: return read_memarg(reader, instr, err);
    case WASM_IMMEDIATE_MEMARG_LANE_1:
    case WASM_IMMEDIATE_MEMARG_LANE_2:
    case WASM_IMMEDIATE_MEMARG_LANE_4:
    case WASM_IMMEDIATE_MEMARG_LANE_8:
        return read_memarg(reader, instr, err) && reader_u8(reader, &instr->memory.lane, err);
    }
    return false;
}

bool wasm_instr_read(struct reader *reader, struct wasm_instr *instr, struct error *err) {
    instr->offset = reader_offset(reader);
    uint8_t byte;
    if (!reader_u8(reader, &byte, err)) return false;
    uint32_t index = byte, prefix = 0, number = byte;
    if (byte >= 0xfb && byte <= 0xfe) {
        prefix = byte;
        if (!reader_u32(reader, &number, err)) return false;
        if (prefix == 0xfc && number < PAGE_FD - PAGE_FC)
            index = PAGE_FC + number;
        else if (prefix == 0xfd && number < PAGE_FE - PAGE_FD)
            index = PAGE_FD + number;
        else if (prefix == 0xfe && number < CODE_COUNT - PAGE_FE)
            index = PAGE_FE + number;
        else
            return fail_code(prefix, number, instr->offset, err);
    }
    if (ops_by_code[index] == 0) return fail_code(prefix, number, instr->offset, err);
    instr->op = (enum wasm_op)(ops_by_code[index] - 1);
    return read_immediate(reader, instr, err);
}
