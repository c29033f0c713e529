/*
 * wasm_decode_test.c - the decoder on a module with every section, on broken and on hostile ones;
 * stripping; printing; the features a module uses.
 */
#include "check.h"
#include "wasm/features.h"
#include "wasm/instr.h"
#include "wasm/print.h"
#include "wasm_binary.h"

/* Every section, in order, with something of each kind in it. */
static struct binary full_module(void) {
    struct binary b = binary_start();
    /* [] -> []; [i32 i64] -> [f64]; [] -> [i32 i32] */
    SECTION(&b, 1, 3, 0x60, 0, 0, 0x60, 2, 0x7f, 0x7e, 1, 0x7c, 0x60, 0, 2, 0x7f, 0x7f);
    SECTION(&b, 2, 4, 1, 'e', 1, 'f', 0, 1,         /* function of type 1 */
            1, 'e', 1, 't', 1, 0x70, 0, 3,          /* table 3.. funcref */
            1, 'e', 1, 'm', 2, 1, 1, 0x80, 0x80, 2, /* memory 1..32768 */
            1, 'e', 1, 'g', 3, 0x7f, 1);            /* mutable i32 */
    SECTION(&b, 3, 1, 0);                           /* function 1 of type 0 */
    SECTION(&b, 4, 1, 0x6f, 1, 0, 5);               /* table 1: 0..5 externref */
    SECTION(&b, 6, 1, 0x7e, 0, 0x42, 0x7f, 0x0b);   /* global 1: i64 -1 */
    SECTION(&b, 7, 2, 3, 'r', 'u', 'n', 0, 1, 1, 'g', 3, 1);
    SECTION(&b, 8, 1);                           /* start: function 1 */
    SECTION(&b, 9, 3, 0, 0x41, 0, 0x0b, 2, 0, 1, /* active, table 0: functions 0, 1 */
            5, 0x70, 1, 0xd2, 0, 0x0b,           /* passive expressions: ref.func 0 */
            3, 0, 1, 1);                         /* declarative: function 1 */
    SECTION(&b, 12, 2);
    binary_code(&b, BYTES(2, 3, 0x7f, 1, 0x7c, 0x01, 0x41, 0x2a, 0x1a, 0x0b));
    SECTION(&b, 11, 2, 0, 0x41, 8, 0x0b, 3, 'a', 'b', 'c', 1, 1, 'z');
    SECTION(&b, 0, 4, 'n', 'a', 'm', 'e', 0, 3, 2, 'm', 'o', 1, 9, 2, 0, 1, 'F', 1, 3, 'r', 'u',
            'n');
    SECTION(&b, 0, 6, '.', 'd', 'e', 'b', 'u', 'g', 1, 2, 3);
    SECTION(&b, 0, 1, 'c', 9, 8);
    return b;
}

static void check_full(const struct wasm_module *m) {
    CHECK(m->type_count == 3 && m->types[1].parameters[1] == WASM_I64);
    CHECK(m->types[2].result_count == 2);
    CHECK(m->import_count == 4 && m->imports[3].kind == WASM_EXTERNAL_GLOBAL);
    CHECK(m->imported_function_count == 1 && m->function_count == 2);
    CHECK(m->functions[0].is_imported && m->functions[0].type_index == 1);
    CHECK(!m->functions[1].is_imported && m->functions[1].type_index == 0);
    CHECK(m->functions[0].is_declared && m->functions[1].is_declared);
    CHECK(m->table_count == 2 && m->tables[0].type.limits.minimum == 3);
    CHECK(m->tables[1].type.element == WASM_EXTERNREF && m->tables[1].type.limits.maximum == 5);
    CHECK(m->memory_count == 1 && m->memories[0].type.limits.maximum == 32768);
    CHECK(m->global_count == 2 && m->globals[0].type.is_mutable && !m->globals[1].type.is_mutable);
    CHECK(m->globals[1].initial.size == 3 && m->globals[0].initial.bytes == NULL);
    CHECK(m->export_count == 2 && strcmp(m->exports[0].name.bytes, "run") == 0);
    CHECK(m->has_start && m->start == 1);
    CHECK(m->element_count == 3 && m->elements[0].mode == WASM_SEGMENT_ACTIVE);
    CHECK(m->elements[0].functions[1] == 1 && m->elements[0].expressions == NULL);
    CHECK(m->elements[1].mode == WASM_SEGMENT_PASSIVE && m->elements[1].expressions[0].size == 3);
    CHECK(m->elements[2].mode == WASM_SEGMENT_DECLARATIVE && m->elements[2].count == 1);
    CHECK(m->has_data_count && m->declared_data_count == 2 && m->data_count == 2);
    CHECK(m->datas[0].size == 3 && memcmp(m->datas[0].bytes, "abc", 3) == 0);
    CHECK(m->datas[1].mode == WASM_SEGMENT_PASSIVE && m->datas[1].offset.bytes == NULL);
    CHECK(m->name != NULL && strcmp(m->name, "mo") == 0);
    char buffer[64];
    CHECK(strcmp(wasm_module_function_name(m, 1, buffer, sizeof buffer), "run") == 0);
    CHECK(strcmp(wasm_module_function_name(m, 9, buffer, sizeof buffer), "func[9]") == 0);
}

static void test_full(void) {
    struct binary b = full_module();
    struct wasm_module m = {0};
    struct error err = {0};
    bool ok = wasm_module_decode(b.bytes, b.size, &m, &err);
    CHECK_TEXT(err.message, "");
    CHECK(ok);
    if (!ok) {
        printf("%s at %llu\n", err.message, (unsigned long long)err.offset);
        return;
    }
    check_full(&m);
    CHECK(m.custom_count == 3);
    CHECK(m.functions[1].local_run_count == 2 && m.functions[1].local_count == 4);
    CHECK(m.functions[1].body_size == 5 && m.functions[1].body[0] == 0x01);
    CHECK(b.bytes + m.functions[1].body_offset == m.functions[1].body);
    CHECK(wasm_module_validate(&m, &err));

    struct wasm_feature_uses uses;
    wasm_module_features(&m, &uses);
    CHECK(uses.used[WASM_FEATURE_BULK_MEMORY] && uses.used[WASM_FEATURE_REFERENCE_TYPES]);
    CHECK(uses.used[WASM_FEATURE_MULTI_VALUE] && uses.used[WASM_FEATURE_MUTABLE_GLOBALS]);
    CHECK(!uses.used[WASM_FEATURE_SIMD] && !uses.used[WASM_FEATURE_SIGN_EXTENSION]);

    static const char *const described[] = {
        "function (i32, i64) -> (f64)",
        "table of 3 or more funcref",
        "memory of 1 to 32768 pages",
        "mutable global i32",
    };
    char line[WASM_PRINT_SIZE];
    for (uint32_t i = 0; i < 4; i++)
        CHECK(strcmp(
                  wasm_print_external(&m, m.imports[i].kind, m.imports[i].index, line, sizeof line),
                  described[i]) == 0);
    CHECK(strcmp(wasm_print_external(&m, WASM_EXTERNAL_GLOBAL, 1, line, sizeof line),
                 "immutable global i64") == 0);
    CHECK(strcmp(wasm_print_function_type(&m.types[1], line, 10), "(i32, ...") == 0);
    wasm_module_free(&m);
}

static void test_names_are_escaped(void) {
    char line[32];
    CHECK(strcmp(wasm_print_name(&(struct wasm_name){"a\033[2J\\\xc2\x9b\xc3\xa9", 10}, line,
                                 sizeof line),
                 "a\\1b[2J\\5c\\c2\\9b\xc3\xa9") == 0);
    CHECK(strcmp(wasm_print_name(&(struct wasm_name){"", 0}, line, sizeof line), "") == 0);
}

static void test_strip(void) {
    struct binary b = full_module();
    struct wasm_module m = {0}, stripped = {0}, again = {0};
    struct error err = {0};
    uint8_t *bytes = NULL, *twice = NULL;
    size_t size = 0, twice_size = 0;
    CHECK(wasm_module_decode(b.bytes, b.size, &m, &err));
    CHECK(wasm_module_strip(&m, &bytes, &size, &err));
    CHECK(wasm_module_decode(bytes, size, &stripped, &err));
    CHECK_TEXT(err.message, "");
    check_full(&stripped);
    CHECK(stripped.is_stripped && !m.is_stripped);
    CHECK(stripped.functions[1].body == NULL && stripped.functions[1].body_size == 5);
    CHECK(stripped.functions[1].body_offset == m.functions[1].body_offset);
    CHECK(memmem(bytes, size, ".debug", 6) == NULL && stripped.custom_count == 3);
    CHECK(!wasm_module_validate(&stripped, &err));
    CHECK_TEXT(err.message, "stripped");
    CHECK(wasm_module_strip(&stripped, &twice, &twice_size, &err));
    CHECK(twice_size == size && wasm_module_decode(twice, twice_size, &again, &err));
    check_full(&again);
    wasm_module_free(&again);
    wasm_module_free(&stripped);
    wasm_module_free(&m);
    free(bytes);
    free(twice);
}

/* Every prefix and every change of one byte: any answer, but in bounds (run with a sanitizer). */
static void test_damaged(void) {
    struct binary b = full_module();
    int accepted = 0;
    for (size_t size = 0; size < b.size; size++) {
        uint8_t *exact = malloc(size + 1);
        struct wasm_module m = {0};
        struct error err = {0};
        memcpy(exact, b.bytes, size);
        if (wasm_module_decode(exact, size, &m, &err)) {
            accepted++;
            wasm_module_validate(&m, &err);
            wasm_module_free(&m);
        } else {
            CHECK(err.code == ERROR_MALFORMED && err.has_offset && err.offset <= size);
        }
        free(exact);
    }
    /* Only between sections where nothing is missing: the header, and before custom sections. */
    CHECK(accepted >= 3 && accepted <= 6);
    for (size_t at = 0; at < b.size; at++)
        for (int value = 0; value < 256; value += 15) {
            uint8_t old = b.bytes[at];
            struct wasm_module m = {0};
            struct error err = {0};
            b.bytes[at] = (uint8_t)value;
            if (wasm_module_decode(b.bytes, b.size, &m, &err)) {
                wasm_module_validate(&m, &err);
                wasm_module_free(&m);
            }
            b.bytes[at] = old;
        }
}

static void refused(struct binary b, enum error_code code, const char *message) {
    struct wasm_module m = {0};
    struct error err = {0};
    CHECK(!wasm_module_decode(b.bytes, b.size, &m, &err));
    CHECK(err.code == code);
    CHECK_TEXT(err.message, message);
    CHECK(m.arena.chunks == NULL);
}

static struct binary header(const char *bytes, size_t size) {
    struct binary b = {.size = 0};
    binary_put(&b, (const uint8_t *)bytes, size);
    return b;
}

static struct binary with_section(uint8_t id, const uint8_t *content, size_t size) {
    struct binary b = binary_start();
    SECTION(&b, 1, 1, 0x60, 0, 0);
    binary_section(&b, id, content, size);
    return b;
}

static void test_malformed(void) {
    refused(header("", 0), ERROR_MALFORMED, "unexpected end");
    refused(header("#!/bin/sh\n", 10), ERROR_MALFORMED, "magic header not detected");
    refused(header("\0asm", 4), ERROR_MALFORMED, "unexpected end");
    refused(header("\0asm\2\0\0\0", 8), ERROR_MALFORMED, "unknown binary version");
    refused(header("\0asm\1\0\0\0\x0e\0", 10), ERROR_MALFORMED, "malformed section id");
    refused(header("\0asm\1\0\0\0\1\x7f", 10), ERROR_MALFORMED, "length out of bounds");

    struct binary b = binary_start();
    SECTION(&b, 5, 0);
    SECTION(&b, 1, 0);
    refused(b, ERROR_MALFORMED, "unexpected content after last section");
    b = binary_start();
    SECTION(&b, 1, 0);
    SECTION(&b, 1, 0);
    refused(b, ERROR_MALFORMED, "unexpected content after last section");

    refused(with_section(3, BYTES(1, 0)), ERROR_MALFORMED, "inconsistent lengths");
    refused(with_section(10, BYTES(1, 2, 0, 0x0b)), ERROR_MALFORMED, "inconsistent lengths");
    refused(with_section(12, BYTES(1)), ERROR_MALFORMED, "data count and data section");
    refused(with_section(5, BYTES(1, 0, 1, 0)), ERROR_MALFORMED, "section size mismatch");
    refused(with_section(5, BYTES(1, 0x10, 1)), ERROR_MALFORMED, "malformed limits flags");
    refused(with_section(4, BYTES(1, 0x70, 3, 1, 2)), ERROR_MALFORMED, "malformed limits flags");
    refused(with_section(4, BYTES(1, 0x7f, 0, 1)), ERROR_MALFORMED, "malformed reference type");
    refused(with_section(6, BYTES(1, 0x7f, 2, 0x41, 0, 0x0b)), ERROR_MALFORMED,
            "malformed mutability");
    refused(with_section(6, BYTES(1, 0x7f, 0, 0xff, 0, 0x0b)), ERROR_MALFORMED, "illegal opcode");
    refused(with_section(7, BYTES(1, 1, 0xff, 0, 0)), ERROR_MALFORMED, "malformed UTF-8 encoding");
    refused(with_section(0, BYTES(2, 'a')), ERROR_MALFORMED, "length out of bounds");
    refused(with_section(9, BYTES(1, 8, 0)), ERROR_MALFORMED, "length out of bounds");
    refused(with_section(9, BYTES(1, 8, 0, 0)), ERROR_MALFORMED, "malformed elements segment kind");
    refused(with_section(11, BYTES(1, 3, 0)), ERROR_MALFORMED, "malformed data segment kind");
}

/* Counts that would need gigabytes, with nothing behind them. */
static void test_hostile_counts(void) {
    for (uint8_t id = 1; id <= 11; id++)
        if (id != 8)
            refused(with_section(id == 1 ? 2 : id, BYTES(0xff, 0xff, 0xff, 0xff, 0x0f, 0)),
                    ERROR_MALFORMED, id == 10 ? "length" : "length out of bounds");
    struct binary b = binary_start();
    SECTION(&b, 1, 1, 0x60, 0, 0);
    SECTION(&b, 3, 1, 0);
    struct binary many = b;
    binary_code(&b, BYTES(2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 1, 0x7f, 0x0b));
    refused(b, ERROR_MALFORMED, "too many locals");
    binary_code(&many, BYTES(1, 0xd1, 0x86, 0x03, 0x7f, 0x0b)); /* 50,001 */
    refused(many, ERROR_UNSUPPORTED, "more than 50000 locals");
}

static void test_unsupported(void) {
    struct binary b = binary_start();
    SECTION(&b, 1, 1, 0x5f, 0);
    refused(b, ERROR_UNSUPPORTED, "garbage collection");
    b = binary_start();
    SECTION(&b, 1, 1, 0x60, 1, 0x64, 0x6e, 0); /* (ref any) */
    refused(b, ERROR_UNSUPPORTED, "garbage collection");
    b = binary_start();
    SECTION(&b, 1, 1, 0x50, 0, 0x60, 0, 0); /* may have subtypes */
    refused(b, ERROR_UNSUPPORTED, "garbage collection");
    refused(header("\0asm\x0d\0\1\0", 8), ERROR_UNSUPPORTED, "component model");
}

static void test_tags(void) {
    struct binary b = binary_start();
    SECTION(&b, 1, 2, 0x60, 0, 0, 0x60, 1, 0x7f, 0);
    SECTION(&b, 2, 1, 1, 'm', 1, 'n', 4, 0, 1);
    SECTION(&b, 13, 1, 0, 0);
    SECTION(&b, 7, 1, 1, 't', 4, 1);
    SECTION(&b, 0, 4, 'n', 'a', 'm', 'e', 11, 4, 1, 0, 1, 'T');
    struct wasm_module m = {0};
    struct error err = {0};
    char line[WASM_PRINT_SIZE];
    CHECK(wasm_module_decode(b.bytes, b.size, &m, &err) && wasm_module_validate(&m, &err));
    CHECK(m.tag_count == 2 && m.imported_tag_count == 1 && m.imports[0].index == 0);
    CHECK(m.tags[0].type_index == 1 && m.tags[0].is_imported && strcmp(m.tags[0].name, "T") == 0);
    CHECK(m.tags[1].type_index == 0 && !m.tags[1].is_imported && m.tags[1].name == NULL);
    CHECK(m.exports[0].kind == WASM_EXTERNAL_TAG && m.exports[0].index == 1);
    CHECK(strcmp(wasm_print_external(&m, WASM_EXTERNAL_TAG, 0, line, sizeof line), "tag (i32)") ==
          0);
    wasm_module_free(&m);
    refused(with_section(13, BYTES(1, 1, 0)), ERROR_MALFORMED, "malformed tag attribute");
    b = binary_start();
    SECTION(&b, 1, 1, 0x60, 0, 1, 0x7f);
    SECTION(&b, 13, 1, 0, 0);
    CHECK(wasm_module_decode(b.bytes, b.size, &m, &err) && !wasm_module_validate(&m, &err));
    CHECK_TEXT(err.message, "non-empty tag result type");
    wasm_module_free(&m);
}

/* Names of functions get into messages on terminals. */
static void test_names_are_printable(void) {
    struct binary b = binary_start();
    SECTION(&b, 1, 1, 0x60, 0, 0);
    SECTION(&b, 2, 1, 0, 1, 'a', 0, 0);
    SECTION(&b, 0, 4, 'n', 'a', 'm', 'e', 1, 10, 1, 0, 7, 'x', 0x1b, '[', 0xc2, 0x9b, 0xc3, 0xa9);
    struct wasm_module m = {0};
    struct error err = {0};
    CHECK(wasm_module_decode(b.bytes, b.size, &m, &err));
    CHECK(m.functions[0].name != NULL && strcmp(m.functions[0].name, "x?[??\xc3\xa9") == 0);
    wasm_module_free(&m);
}

/* A broken name section is no error; what stands before the fault counts. */
static void test_broken_names(void) {
    struct binary b = binary_start();
    SECTION(&b, 1, 1, 0x60, 0, 0);
    SECTION(&b, 2, 2, 0, 1, 'a', 0, 0, 0, 1, 'b', 0, 0);
    SECTION(&b, 0, 4, 'n', 'a', 'm', 'e', 1, 9, 2, 0, 1, 'A', 1, 2, 0xff, 0xff, 9);
    struct wasm_module m = {0};
    struct error err = {0};
    CHECK(wasm_module_decode(b.bytes, b.size, &m, &err));
    CHECK(m.function_count == 2 && m.functions[0].name != NULL && m.functions[1].name == NULL);
    wasm_module_free(&m);
}

int main(void) {
    test_full();
    test_names_are_escaped();
    test_strip();
    test_damaged();
    test_malformed();
    test_hostile_counts();
    test_unsupported();
    test_tags();
    test_names_are_printable();
    test_broken_names();
    return check_report();
}
