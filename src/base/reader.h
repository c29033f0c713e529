/*
 * reader.h - bounded reading of bytes and LEB128 numbers; no read ever leaves [at, end).
 *
 * For the WebAssembly binary format (Core specification, section 5.2), whose wording the errors
 * have.  Every failure is ERROR_MALFORMED with the offset and leaves `at` where the item began,
 * unless the function says otherwise.
 */
#ifndef MPIWASM_BASE_READER_H
#define MPIWASM_BASE_READER_H

#include "base/error.h"

#include <stddef.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end; /* not owned; at <= end */
    const uint8_t *begin;    /* `at` when it was made */
    uint64_t base;           /* offset of `begin` from the start of the input, for messages */
};

static inline struct reader reader_make(const uint8_t *bytes, size_t size, uint64_t base) {
    return (struct reader){bytes, bytes + size, bytes, base};
}

static inline uint64_t reader_offset(const struct reader *reader) {
    return reader->base + (uint64_t)(reader->at - reader->begin);
}

static inline size_t reader_remaining(const struct reader *reader) {
    return (size_t)(reader->end - reader->at);
}

/* ERROR_MALFORMED "unexpected end" at the reader's position. Always returns false, which the
 * compiler must see: else it warns of outputs that are not set. */
static inline bool reader_fail_end(const struct reader *reader, struct error *err) {
    error_set_at(err, ERROR_MALFORMED, reader_offset(reader), "unexpected end");
    return false;
}

/*
 * A LEB128 number of at most `bits` bits (up to 64), sign-extended to 64 if is_signed. Errors:
 * "unexpected end", "integer representation too long" (more than ceil(bits/7) bytes),
 * "integer too large" (unused bits of the last byte are not zero or copies of the sign).
 */
bool reader_leb(struct reader *reader, unsigned bits, bool is_signed, uint64_t *out,
                struct error *err);

static inline bool reader_u8(struct reader *reader, uint8_t *out, struct error *err) {
    if (reader->at == reader->end) return reader_fail_end(reader, err);
    *out = *reader->at++;
    return true;
}

static inline bool reader_u32(struct reader *reader, uint32_t *out, struct error *err) {
    if (reader->at != reader->end && *reader->at < 0x80) {
        *out = *reader->at++;
        return true;
    }
    uint64_t value;
    if (!reader_leb(reader, 32, false, &value, err)) return false;
    *out = (uint32_t)value;
    return true;
}

static inline bool reader_u64(struct reader *reader, uint64_t *out, struct error *err) {
    return reader_leb(reader, 64, false, out, err);
}

static inline bool reader_s32(struct reader *reader, int32_t *out, struct error *err) {
    uint64_t value;
    if (!reader_leb(reader, 32, true, &value, err)) return false;
    *out = (int32_t)value;
    return true;
}

static inline bool reader_s33(struct reader *reader, int64_t *out, struct error *err) {
    uint64_t value;
    if (!reader_leb(reader, 33, true, &value, err)) return false;
    *out = (int64_t)value;
    return true;
}

static inline bool reader_s64(struct reader *reader, int64_t *out, struct error *err) {
    uint64_t value;
    if (!reader_leb(reader, 64, true, &value, err)) return false;
    *out = (int64_t)value;
    return true;
}

/* `size` bytes, which stay where they are; "unexpected end" if there are fewer. */
static inline bool reader_bytes(struct reader *reader, size_t size, const uint8_t **out,
                                struct error *err) {
    if (size > reader_remaining(reader)) return reader_fail_end(reader, err);
    *out = reader->at;
    reader->at += size;
    return true;
}

/* Little-endian numbers of fixed width, at any alignment. */
static inline bool reader_fixed32(struct reader *reader, uint32_t *out, struct error *err) {
    const uint8_t *bytes;
    if (!reader_bytes(reader, 4, &bytes, err)) return false;
    *out = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
    return true;
}

static inline bool reader_fixed64(struct reader *reader, uint64_t *out, struct error *err) {
    uint32_t low, high;
    if (reader_remaining(reader) < 8) return reader_fail_end(reader, err);
    if (!reader_fixed32(reader, &low, err) || !reader_fixed32(reader, &high, err)) return false;
    *out = (uint64_t)high << 32 | low;
    return true;
}

/*
 * Whether the bytes are UTF-8 as section 5.2.4 wants it: no overlong form, no surrogate, nothing
 * beyond U+10FFFF.
 */
bool reader_utf8_valid(const uint8_t *bytes, size_t size);

#endif
