/*
 * strip.c - a binary without its code, for artifacts; see wasm_module_strip in module.h.
 *
 * Copies the sections of a module that has been decoded one by one (Core specification, section
 * 5.5), leaves out debug information and puts a custom section with the sizes and offsets of the
 * bodies in place of the code (decode.h).
 */
#include "base/reader.h"
#include "wasm/decode.h"

#include <stdlib.h>
#include <string.h>

struct output {
    uint8_t *bytes;
    size_t size, capacity;
    bool failed; /* an allocation did */
};

static void put(struct output *out, const void *bytes, size_t size) {
    if (out->failed || size == 0) return;
    if (out->capacity - out->size < size) {
        size_t capacity = out->capacity * 2 + size + 64;
        uint8_t *fresh = realloc(out->bytes, capacity);
        if (fresh == NULL) {
            out->failed = true;
            return;
        }
        out->bytes = fresh;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void put_leb(struct output *out, uint64_t value) {
    do {
        uint8_t byte = value & 0x7f;
        value >>= 7;
        if (value != 0) byte |= 0x80;
        put(out, &byte, 1);
    } while (value != 0);
}

/* A custom section with the content in `content`. */
static void put_custom(struct output *out, const char *name, const struct output *content) {
    struct output section = {0};
    put_leb(&section, strlen(name));
    put(&section, name, strlen(name));
    put(&section, content->bytes, content->size);
    uint8_t id = 0;
    put(out, &id, 1);
    put_leb(out, section.size);
    put(out, section.bytes, section.size);
    out->failed |= section.failed || content->failed;
    free(section.bytes);
}

static void put_stripped(struct output *out, const struct wasm_module *m) {
    struct output content = {0};
    put_leb(&content, m->function_count - m->imported_function_count);
    for (uint32_t i = m->imported_function_count; i < m->function_count; i++) {
        put_leb(&content, m->functions[i].body_size);
        put_leb(&content, m->functions[i].body_offset);
    }
    put_custom(out, WASM_STRIPPED_SECTION, &content);
    free(content.bytes);
}

/* Debug information, and a section of our name that the original brought along. */
static bool leaves_out_custom(struct reader section) {
    uint32_t length;
    const uint8_t *name;
    if (!reader_u32(&section, &length, NULL) || !reader_bytes(&section, length, &name, NULL))
        return true;
    return (length >= 6 && memcmp(name, ".debug", 6) == 0) ||
           (length == strlen(WASM_STRIPPED_SECTION) &&
            memcmp(name, WASM_STRIPPED_SECTION, length) == 0);
}

bool wasm_module_strip(const struct wasm_module *module, uint8_t **out, size_t *out_size,
                       struct error *err) {
    enum { SECTION_CUSTOM = 0, SECTION_CODE = 10, HEADER_SIZE = 8 };
    struct output stripped = {0};
    struct reader all = reader_make(module->bytes, module->size, 0);
    const uint8_t *content;
    if (!reader_bytes(&all, HEADER_SIZE, &content, err)) goto fail;
    put(&stripped, content, HEADER_SIZE);
    while (all.at != all.end) {
        const uint8_t *begin = all.at;
        uint8_t id;
        uint32_t size;
        if (!reader_u8(&all, &id, err) || !reader_u32(&all, &size, err) ||
            !reader_bytes(&all, size, &content, err))
            goto fail;
        if (id == SECTION_CUSTOM ? !leaves_out_custom(reader_make(content, size, 0))
                                 : id != SECTION_CODE)
            put(&stripped, begin, (size_t)(all.at - begin));
    }
    put_stripped(&stripped, module);
    if (stripped.failed) {
        error_set(err, ERROR_NO_MEMORY, "out of memory while stripping a module");
        goto fail;
    }
    *out = stripped.bytes;
    *out_size = stripped.size;
    return true;
fail:
    free(stripped.bytes);
    return false;
}
