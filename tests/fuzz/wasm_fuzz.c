/*
 * wasm_fuzz.c - hostile binaries against the decoder, the validator, the stripper and the printer.
 *
 * LLVMFuzzerTestOneInput is what libFuzzer calls (cmake --preset fuzz); replay.c calls it in the
 * normal test run.  Besides being in bounds, an input must be told off with a message and an
 * offset that lies in it, and what was accepted must survive stripping.
 */
#include "wasm/features.h"
#include "wasm/print.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_error(const struct error *err, size_t size) {
    REQUIRE(err->code == ERROR_MALFORMED || err->code == ERROR_INVALID ||
            err->code == ERROR_UNSUPPORTED);
    REQUIRE(err->message[0] != '\0');
    REQUIRE(err->has_offset || err->code == ERROR_UNSUPPORTED);
    REQUIRE(!err->has_offset || err->offset <= size);
}

static void print_all(const struct wasm_module *m) {
    char line[WASM_PRINT_SIZE];
    struct wasm_feature_uses uses;
    wasm_module_features(m, &uses);
    for (uint32_t i = 0; i < m->import_count; i++) {
        wasm_print_name(&m->imports[i].name, line, sizeof line);
        wasm_print_external(m, m->imports[i].kind, m->imports[i].index, line, sizeof line);
    }
    for (uint32_t i = 0; i < m->export_count; i++) {
        wasm_print_name(&m->exports[i].name, line, sizeof line);
        wasm_print_external(m, m->exports[i].kind, m->exports[i].index, line, sizeof line);
    }
    for (uint32_t i = 0; i < m->function_count && i < 100; i++)
        wasm_module_function_name(m, i, line, sizeof line);
}

static void strip(const struct wasm_module *m) {
    struct error err = {0};
    uint8_t *bytes;
    size_t size;
    struct wasm_module stripped = {0};
    REQUIRE(wasm_module_strip(m, &bytes, &size, &err));
    REQUIRE(wasm_module_decode(bytes, size, &stripped, &err));
    REQUIRE(stripped.is_stripped && stripped.function_count == m->function_count &&
            stripped.data_count == m->data_count && stripped.export_count == m->export_count);
    wasm_module_free(&stripped);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct error err = {0};
    struct wasm_module m = {0};
    if (!wasm_module_decode(bytes, size, &m, &err)) {
        check_error(&err, size);
        return 0;
    }
    print_all(&m);
    strip(&m);
    if (!wasm_module_validate(&m, &err)) check_error(&err, size);
    wasm_module_free(&m);
    return 0;
}
