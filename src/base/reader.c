/*
 * reader.c - LEB128 and UTF-8; see reader.h.  Core specification, sections 5.2.2 and 5.2.4.
 */
#include "base/reader.h"

bool reader_leb(struct reader *reader, unsigned bits, bool is_signed, uint64_t *out,
                struct error *err) {
    const uint8_t *at = reader->at;
    uint64_t value = 0;
    unsigned shift = 0;
    for (;;) {
        if (at == reader->end) return reader_fail_end(reader, err);
        uint8_t byte = *at++;
        unsigned left = bits - shift; /* bits that this byte may still hold */
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (left <= 7) {
            if (byte & 0x80)
                return error_set_at(err, ERROR_MALFORMED, reader_offset(reader),
                                    "integer representation too long");
            /* What lies above the number's top bit must extend it: zeros, or ones if negative. */
            uint8_t unused = (uint8_t)(0x7f & ~((1u << left) - 1));
            bool negative = is_signed && (byte >> (left - 1) & 1) != 0;
            if ((byte & unused) != (negative ? unused : 0))
                return error_set_at(err, ERROR_MALFORMED, reader_offset(reader),
                                    "integer too large");
        }
        shift += 7;
        if (!(byte & 0x80)) {
            if (is_signed && shift < 64 && (byte & 0x40)) value |= ~UINT64_C(0) << shift;
            break;
        }
    }
    reader->at = at;
    *out = value;
    return true;
}

static bool is_continuation(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

bool reader_utf8_valid(const uint8_t *bytes, size_t size) {
    const uint8_t *at = bytes, *end = bytes + size;
    while (at < end) {
        uint8_t lead = *at++;
        if (lead < 0x80) continue;
        unsigned more;
        uint32_t code, least;
        if ((lead & 0xe0) == 0xc0) {
            more = 1, code = lead & 0x1f, least = 0x80;
        } else if ((lead & 0xf0) == 0xe0) {
            more = 2, code = lead & 0x0f, least = 0x800;
        } else if ((lead & 0xf8) == 0xf0) {
            more = 3, code = lead & 0x07, least = 0x10000;
        } else {
            return false;
        }
        if ((size_t)(end - at) < more) return false;
        for (; more > 0; more--, at++) {
            if (!is_continuation(*at)) return false;
            code = code << 6 | (*at & 0x3f);
        }
        if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    }
    return true;
}
