/*
 * base_reader_test.c - LEB128 at its limits, bounds, offsets, UTF-8.
 */
#include "base/reader.h"
#include "check.h"

struct leb_case {
    const char *name;
    unsigned bits;
    bool is_signed;
    uint8_t bytes[12];
    size_t size;
    const char *message; /* NULL: it reads as `value` and takes all bytes */
    uint64_t value;
};

static const struct leb_case leb_cases[] = {
    {"zero", 32, false, {0}, 1, NULL, 0},
    {"one byte", 32, false, {0x7f}, 1, NULL, 127},
    {"two bytes", 32, false, {0x80, 0x01}, 2, NULL, 128},
    {"padded zero", 32, false, {0x80, 0x80, 0x80, 0x80, 0x00}, 5, NULL, 0},
    {"largest u32", 32, false, {0xff, 0xff, 0xff, 0xff, 0x0f}, 5, NULL, UINT32_MAX},
    {"u32 with a bit too many",
     32,
     false,
     {0xff, 0xff, 0xff, 0xff, 0x1f},
     5,
     "integer too large",
     0},
    {"u32 of six bytes",
     32,
     false,
     {0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
     6,
     "integer representation too long",
     0},
    {"empty", 32, false, {0}, 0, "unexpected end", 0},
    {"cut", 32, false, {0x80, 0x80}, 2, "unexpected end", 0},
    {"minus one", 32, true, {0x7f}, 1, NULL, UINT64_MAX},
    {"64", 32, true, {0xc0, 0x00}, 2, NULL, 64},
    {"-128", 32, true, {0x80, 0x7f}, 2, NULL, (uint64_t)-128},
    {"least s32", 32, true, {0x80, 0x80, 0x80, 0x80, 0x78}, 5, NULL, (uint64_t)INT32_MIN},
    {"largest s32", 32, true, {0xff, 0xff, 0xff, 0xff, 0x07}, 5, NULL, INT32_MAX},
    {"s32 badly extended", 32, true, {0xff, 0xff, 0xff, 0xff, 0x0f}, 5, "integer too large", 0},
    {"s32 negative, badly extended",
     32,
     true,
     {0x80, 0x80, 0x80, 0x80, 0x70},
     5,
     "integer too large",
     0},
    {"s33 least", 33, true, {0x80, 0x80, 0x80, 0x80, 0x70}, 5, NULL, (uint64_t)-4294967296},
    {"s33 largest", 33, true, {0xff, 0xff, 0xff, 0xff, 0x0f}, 5, NULL, UINT32_MAX},
    {"s7", 7, true, {0x60}, 1, NULL, (uint64_t)-32},
    {"s7 too long", 7, true, {0xe0, 0x7f}, 2, "integer representation too long", 0},
    {"largest u64",
     64,
     false,
     {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
     10,
     NULL,
     UINT64_MAX},
    {"u64 too large",
     64,
     false,
     {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x03},
     10,
     "integer too large",
     0},
    {"least s64",
     64,
     true,
     {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f},
     10,
     NULL,
     UINT64_C(1) << 63},
    {"s64 badly extended",
     64,
     true,
     {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7e},
     10,
     "integer too large",
     0},
    {"s64 of eleven bytes",
     64,
     true,
     {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
     11,
     "integer representation too long",
     0},
};

static void test_leb(void) {
    for (size_t i = 0; i < sizeof leb_cases / sizeof leb_cases[0]; i++) {
        const struct leb_case *c = &leb_cases[i];
        struct reader reader = reader_make(c->bytes, c->size, 100);
        struct error err = {0};
        uint64_t value = 42;
        check_context = c->name;
        bool ok = reader_leb(&reader, c->bits, c->is_signed, &value, &err);
        CHECK(ok == (c->message == NULL));
        if (c->message == NULL) {
            CHECK(value == c->value);
            CHECK(reader_offset(&reader) == 100 + c->size);
        } else {
            CHECK_TEXT(err.message, c->message);
            CHECK(err.code == ERROR_MALFORMED && err.has_offset && err.offset == 100);
            CHECK(reader.at == c->bytes);
        }
    }
    check_context = NULL;
}

static void test_bounds(void) {
    static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09};
    struct reader reader = reader_make(bytes, sizeof bytes, 0);
    uint32_t u32;
    uint64_t u64;
    uint8_t u8 = 0;
    const uint8_t *at;
    struct error err = {0};
    CHECK(reader_fixed32(&reader, &u32, &err) && u32 == 0x04030201);
    CHECK(!reader_fixed64(&reader, &u64, &err) && reader_remaining(&reader) == 5);
    CHECK(err.offset == 4);
    CHECK(!reader_bytes(&reader, 6, &at, NULL) && !reader_bytes(&reader, SIZE_MAX, &at, NULL));
    CHECK(reader_bytes(&reader, 4, &at, &err) && at == bytes + 4);
    CHECK(reader_u8(&reader, &u8, &err) && u8 == 9);
    CHECK(!reader_u8(&reader, &u8, &err) && !reader_u32(&reader, &u32, &err));
    CHECK(reader_bytes(&reader, 0, &at, &err));
    reader = reader_make(bytes, 8, 0);
    CHECK(reader_fixed64(&reader, &u64, &err) && u64 == UINT64_C(0x0807060504030201));
}

static bool utf8(const char *text, size_t size) {
    return reader_utf8_valid((const uint8_t *)text, size);
}

static void test_utf8(void) {
    CHECK(utf8("", 0) && utf8("plain", 5) && utf8("\0", 1));
    CHECK(utf8("\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 18));
    CHECK(!utf8("\x80", 1) && !utf8("\xc0\x80", 2) && !utf8("\xc1\xbf", 2));
    CHECK(!utf8("\xe0\x9f\xbf", 3) && !utf8("\xed\xa0\x80", 3) && utf8("\xed\x9f\xbf", 3));
    CHECK(!utf8("\xf0\x8f\xbf\xbf", 4) && !utf8("\xf4\x90\x80\x80", 4) && !utf8("\xff", 1));
    CHECK(!utf8("\xc2", 1) && !utf8("\xe2\x82", 2) && !utf8("\xe2\x28\xa1", 3));
}

int main(void) {
    test_leb();
    test_bounds();
    test_utf8();
    return check_report();
}
