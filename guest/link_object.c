/*
 * link_object.c - reads the functions of an object and writes it with other names for those that
 * it uses; goes through archives.
 *
 * The format: WebAssembly's Core specification, section 5.5, and the tool conventions' "Linking".
 * Relocations count from the beginning of their section and sections are numbered, so that the
 * section of imports may grow. A symbol that is not defined is called as its import is, unless it
 * says otherwise (import_name of C): those keep their names.
 */
#include "guest/link_object.h"

#include "base/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SECTION_CUSTOM = 0,
    SECTION_TYPE = 1,
    SECTION_IMPORT = 2,
    SECTION_FUNCTION = 3,
    LINKING_SYMBOLS = 8,
    SYMBOL_FUNCTION = 0,
    SYMBOL_DATA = 1,
    SYMBOL_SECTION = 3,
    UNDEFINED = 0x10,
    EXPLICIT_NAME = 0x40,
    IMPORT_FUNCTION = 0,
    IMPORT_TABLE = 1,
    IMPORT_MEMORY = 2,
    IMPORT_GLOBAL = 3,
    IMPORT_TAG = 4,
    RELOCATION_CALL = 0,
    ARCHIVE_START = 8,
    HEADER = 60, /* bytes before a member of an archive */
};

static const uint32_t NO_IMPORT = UINT32_MAX;

/* What reading an object needs beside what it gives. */
struct parse {
    struct link_object *object;
    uint32_t *function_types; /* of the functions that the object has, without imports */
    size_t function_count;
    uint32_t *symbol_imports; /* the import of each symbol, NO_IMPORT if it is none */
    size_t symbol_count;
    link_take_data *take_data; /* NULL: nobody asks */
    void *state;
};

static bool out_of_memory(struct error *err) {
    return error_set(err, ERROR_NO_MEMORY, "out of memory");
}

/* A vector's count, of items that have at least one byte each. */
static bool read_count(struct reader *reader, uint32_t *out, struct error *err) {
    if (!reader_u32(reader, out, err)) return false;
    return *out <= reader_remaining(reader) || reader_fail_end(reader, err);
}

static bool read_name(struct reader *reader, const char **out, uint32_t *size, struct error *err) {
    const uint8_t *bytes;
    if (!reader_u32(reader, size, err) || !reader_bytes(reader, *size, &bytes, err)) return false;
    *out = (const char *)bytes;
    return true;
}

static bool read_part(struct reader *reader, struct reader *out, struct error *err) {
    uint32_t size;
    const uint8_t *bytes;
    if (!reader_u32(reader, &size, err)) return false;
    uint64_t offset = reader_offset(reader);
    if (!reader_bytes(reader, size, &bytes, err)) return false;
    *out = reader_make(bytes, size, offset);
    return true;
}

/* A value's type; those of references may have more than a byte. */
static bool read_value_type(struct reader *reader, char *letter, struct error *err) {
    uint8_t byte;
    int64_t heap;
    if (!reader_u8(reader, &byte, err)) return false;
    *letter = byte == 0x7f ? 'i' : byte == 0x7e ? 'I' : byte == 0x7d ? 'f' : '?';
    if (byte == 0x7c) *letter = 'F';
    return (byte != 0x63 && byte != 0x64) || reader_s33(reader, &heap, err);
}

static bool read_types(struct reader *reader, struct link_object *object, struct error *err) {
    uint32_t count, size;
    if (!read_count(reader, &count, err)) return false;
    object->types = calloc(count + 1, sizeof *object->types);
    if (object->types == NULL) return out_of_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        uint8_t form;
        char letter;
        if (!reader_u8(reader, &form, err)) return false;
        if (form != 0x60)
            return error_set_at(err, ERROR_MALFORMED, reader_offset(reader) - 1,
                                "not the type of a function");
        if (!read_count(reader, &size, err)) return false;
        char *type = object->types[i] = calloc(1, (size_t)size + 2);
        if (type == NULL) return out_of_memory(err);
        object->type_count++;
        type[0] = 'v';
        for (uint32_t k = 0; k < size; k++)
            if (!read_value_type(reader, &type[k + 1], err)) return false;
        if (!read_count(reader, &size, err)) return false;
        for (uint32_t k = 0; k < size; k++) {
            if (!read_value_type(reader, &letter, err)) return false;
            type[0] = k == 0 ? letter : '?';
        }
    }
    return true;
}

static bool read_limits(struct reader *reader, struct error *err) {
    uint8_t flags;
    uint64_t value;
    if (!reader_u8(reader, &flags, err) || !reader_u64(reader, &value, err)) return false;
    return (flags & 1) == 0 || reader_u64(reader, &value, err);
}

/* One import: whether it is a function, its name and type. */
static bool read_import(struct reader *reader, bool *is_function, const char **name, uint32_t *size,
                        uint32_t *type, struct error *err) {
    const char *module;
    uint32_t module_size;
    uint8_t kind, byte;
    char letter;
    if (!read_name(reader, &module, &module_size, err) || !read_name(reader, name, size, err) ||
        !reader_u8(reader, &kind, err))
        return false;
    *is_function = kind == IMPORT_FUNCTION;
    switch (kind) {
    case IMPORT_FUNCTION: return reader_u32(reader, type, err);
    case IMPORT_TABLE: return read_value_type(reader, &letter, err) && read_limits(reader, err);
    case IMPORT_MEMORY: return read_limits(reader, err);
    case IMPORT_GLOBAL:
        return read_value_type(reader, &letter, err) && reader_u8(reader, &byte, err);
    case IMPORT_TAG: return reader_u8(reader, &byte, err) && reader_u32(reader, type, err);
    default:
        return error_set_at(err, ERROR_MALFORMED, reader_offset(reader) - 1,
                            "unknown kind of import");
    }
}

static bool set_function(const struct link_object *object, struct link_function *function,
                         const char *name, uint32_t size, uint32_t type, struct error *err) {
    if (type >= object->type_count)
        return error_set(err, ERROR_MALFORMED, "a function's type is not in the object");
    function->name = strndup(name, size);
    function->type = object->types[type];
    return function->name != NULL || out_of_memory(err);
}

static bool read_imports(struct reader *reader, struct link_object *object, struct error *err) {
    uint32_t count, size, type;
    if (!read_count(reader, &count, err)) return false;
    object->imports = calloc((size_t)count + 1, sizeof *object->imports);
    if (object->imports == NULL) return out_of_memory(err);
    for (uint32_t i = 0; i < count; i++) {
        const char *name;
        bool is_function;
        if (!read_import(reader, &is_function, &name, &size, &type, err)) return false;
        if (is_function &&
            !set_function(object, &object->imports[object->import_count++], name, size, type, err))
            return false;
    }
    return true;
}

static bool read_functions(struct reader *reader, struct parse *parse, struct error *err) {
    uint32_t count;
    if (!read_count(reader, &count, err)) return false;
    parse->function_types = calloc((size_t)count + 1, sizeof *parse->function_types);
    if (parse->function_types == NULL) return out_of_memory(err);
    for (; parse->function_count < count; parse->function_count++)
        if (!reader_u32(reader, &parse->function_types[parse->function_count], err)) return false;
    return true;
}

static bool read_function_symbol(struct reader *reader, struct parse *parse, uint32_t flags,
                                 struct error *err) {
    struct link_object *object = parse->object;
    uint32_t index, size;
    const char *name;
    if (!reader_u32(reader, &index, err)) return false;
    bool is_defined = (flags & UNDEFINED) == 0, has_name = is_defined || (flags & EXPLICIT_NAME);
    if (has_name && !read_name(reader, &name, &size, err)) return false;
    if (!is_defined) {
        if (index >= object->import_count)
            return error_set(err, ERROR_MALFORMED, "a symbol's import is not in the object");
        if (!has_name) object->imports[index].symbol_count++;
        parse->symbol_imports[parse->symbol_count] = index;
        return true;
    }
    if (index < object->import_count || index - object->import_count >= parse->function_count)
        return error_set(err, ERROR_MALFORMED, "a symbol's function is not in the object");
    if ((flags & LINK_BINDING_MASK) == LINK_BINDING_LOCAL) return true;
    return set_function(object, &object->definitions[object->definition_count++], name, size,
                        parse->function_types[index - object->import_count], err);
}

static bool read_symbols(struct reader *reader, struct parse *parse, struct error *err) {
    struct link_object *object = parse->object;
    uint32_t count, flags, number, size;
    const char *name;
    if (object->definitions != NULL)
        return error_set(err, ERROR_MALFORMED, "two tables of symbols");
    if (!read_count(reader, &count, err)) return false;
    object->definitions = calloc((size_t)count + 1, sizeof *object->definitions);
    parse->symbol_imports = calloc((size_t)count + 1, sizeof *parse->symbol_imports);
    if (object->definitions == NULL || parse->symbol_imports == NULL) return out_of_memory(err);
    for (; parse->symbol_count < count; parse->symbol_count++) {
        parse->symbol_imports[parse->symbol_count] = NO_IMPORT;
        uint8_t kind;
        bool ok = reader_u8(reader, &kind, err);
        size_t flags_at = (size_t)reader_offset(reader);
        ok = ok && reader_u32(reader, &flags, err);
        bool is_defined = ok && (flags & UNDEFINED) == 0;
        if (ok && kind == SYMBOL_FUNCTION) {
            ok = read_function_symbol(reader, parse, flags, err);
        } else if (ok && kind == SYMBOL_DATA) {
            ok = read_name(reader, &name, &size, err);
            if (ok && is_defined && parse->take_data != NULL)
                parse->take_data(parse->state, name, size, flags_at);
            for (int k = 0; ok && is_defined && k < 3; k++) { /* segment, offset, size */
                uint64_t wide;
                ok = reader_u64(reader, &wide, err);
            }
        } else if (ok) {
            ok = reader_u32(reader, &number, err);
            if (ok && kind != SYMBOL_SECTION && (is_defined || (flags & EXPLICIT_NAME) != 0))
                ok = read_name(reader, &name, &size, err);
        }
        if (!ok) return false;
    }
    return true;
}

/* Whether a relocation of this type has an addend. */
static bool has_addend(uint32_t type) {
    static const uint8_t types[] = {3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25};
    return type <= UINT8_MAX && memchr(types, (int)type, sizeof types) != NULL;
}

static bool read_relocations(struct reader *reader, struct parse *parse, struct error *err) {
    uint32_t section, count, type, offset, symbol;
    int64_t addend;
    if (!reader_u32(reader, &section, err) || !read_count(reader, &count, err)) return false;
    for (uint32_t i = 0; i < count; i++) {
        if (!reader_u32(reader, &type, err) || !reader_u32(reader, &offset, err) ||
            !reader_u32(reader, &symbol, err) ||
            (has_addend(type) && !reader_s64(reader, &addend, err)))
            return false;
        if (type != RELOCATION_CALL) continue;
        if (symbol >= parse->symbol_count)
            return error_set(err, ERROR_MALFORMED, "a relocation's symbol is not in the object");
        uint32_t import = parse->symbol_imports[symbol];
        if (import != NO_IMPORT) parse->object->imports[import].is_called = true;
    }
    return true;
}

static bool is_name(const char *name, uint32_t size, const char *wanted) {
    return size == strlen(wanted) && memcmp(name, wanted, size) == 0;
}

static bool read_custom(struct reader *reader, struct parse *parse, struct error *err) {
    const char *name;
    uint32_t size, version;
    if (!read_name(reader, &name, &size, err)) return false;
    if (is_name(name, size, LINK_PROCEDURES)) {
        parse->object->procedures = (const char *)reader->at;
        parse->object->procedures_size = reader_remaining(reader);
    }
    if (is_name(name, size, "reloc.CODE")) return read_relocations(reader, parse, err);
    if (!is_name(name, size, "linking")) return true;
    if (!reader_u32(reader, &version, err)) return false;
    while (reader_remaining(reader) > 0) {
        uint8_t id;
        struct reader part;
        if (!reader_u8(reader, &id, err) || !read_part(reader, &part, err)) return false;
        if (id == LINKING_SYMBOLS && !read_symbols(&part, parse, err)) return false;
    }
    return true;
}

static bool read_section(struct reader *reader, struct parse *parse, struct error *err) {
    struct link_object *object = parse->object;
    struct reader section;
    uint8_t id;
    size_t start = (size_t)reader_offset(reader);
    if (!reader_u8(reader, &id, err) || !read_part(reader, &section, err)) return false;
    bool is_again = (id == SECTION_TYPE && object->types != NULL) ||
                    (id == SECTION_IMPORT && object->imports != NULL) ||
                    (id == SECTION_FUNCTION && parse->function_types != NULL);
    if (is_again) return error_set_at(err, ERROR_MALFORMED, start, "a section comes twice");
    switch (id) {
    case SECTION_TYPE: return read_types(&section, object, err);
    case SECTION_IMPORT:
        object->imports_at = start;
        object->imports_end = (size_t)reader_offset(reader);
        return read_imports(&section, object, err);
    case SECTION_FUNCTION: return read_functions(&section, parse, err);
    case SECTION_CUSTOM: return read_custom(&section, parse, err);
    default: return true;
    }
}

bool link_is_object(const uint8_t *bytes, size_t size) {
    return size >= 8 && memcmp(bytes, "\0asm\1\0\0\0", 8) == 0;
}

static bool read_object(const uint8_t *bytes, size_t size, struct parse parse, struct error *err) {
    struct reader reader = reader_make(bytes, size, 0);
    const uint8_t *start;
    *parse.object = (struct link_object){0};
    bool ok =
        link_is_object(bytes, size) || error_set(err, ERROR_MALFORMED, "not a WebAssembly object");
    ok = ok && reader_bytes(&reader, 8, &start, err);
    while (ok && reader_remaining(&reader) > 0)
        ok = read_section(&reader, &parse, err);
    free(parse.function_types);
    free(parse.symbol_imports);
    if (!ok) link_object_free(parse.object);
    return ok;
}

bool link_object_read(const uint8_t *bytes, size_t size, struct link_object *out,
                      struct error *err) {
    return read_object(bytes, size, (struct parse){.object = out}, err);
}

void link_object_visit_data(const uint8_t *bytes, size_t size, link_take_data *take, void *state) {
    struct link_object object;
    struct parse parse = {.object = &object, .take_data = take, .state = state};
    if (read_object(bytes, size, parse, NULL)) link_object_free(&object);
}

void link_object_free(struct link_object *object) {
    for (size_t i = 0; i < object->import_count; i++)
        free(object->imports[i].name);
    for (size_t i = 0; i < object->definition_count; i++)
        free(object->definitions[i].name);
    for (size_t i = 0; i < object->type_count; i++)
        free(object->types[i]);
    free(object->imports);
    free(object->definitions);
    free(object->types);
    *object = (struct link_object){0};
}

/* ---- writing ---- */

static void write_u32(FILE *out, uint32_t value) {
    do {
        fputc((int)((value & 0x7f) | (value >= 0x80 ? 0x80 : 0)), out);
        value >>= 7;
    } while (value > 0);
}

/* The section's content, after which the names are the new ones. */
static bool write_imports(struct reader *reader, const struct link_object *object,
                          link_rename *rename, void *state, FILE *out, struct error *err) {
    uint32_t count, size, type, module_size;
    size_t index = 0;
    if (!read_count(reader, &count, err)) return false;
    write_u32(out, count);
    for (uint32_t i = 0; i < count; i++) {
        struct reader import = *reader;
        const char *name, *module;
        bool is_function;
        if (!read_import(reader, &is_function, &name, &size, &type, err) ||
            !read_name(&import, &module, &module_size, err))
            return false;
        write_u32(out, module_size);
        fwrite(module, 1, module_size, out);
        const struct link_function *function = is_function ? &object->imports[index++] : NULL;
        const char *other = NULL;
        if (function != NULL && function->symbol_count > 0)
            other = rename(state, function->name, function->type);
        write_u32(out, other != NULL ? (uint32_t)strlen(other) : size);
        fwrite(other != NULL ? other : name, 1, other != NULL ? strlen(other) : size, out);
        const uint8_t *rest = (const uint8_t *)name + size;
        fwrite(rest, 1, (size_t)(reader->at - rest), out);
    }
    return true;
}

bool link_object_rename(const uint8_t *bytes, size_t size, const struct link_object *object,
                        link_rename *rename, void *state, uint8_t **out, size_t *out_size,
                        struct error *err) {
    char *section = NULL, *whole = NULL;
    size_t section_size = 0, whole_size = 0;
    struct reader reader = reader_make(
        bytes + object->imports_at, object->imports_end - object->imports_at, object->imports_at);
    struct reader content;
    uint8_t id;
    FILE *file = open_memstream(&section, &section_size);
    if (file == NULL) return out_of_memory(err);
    bool ok = object->imports_end == 0 ||
              (reader_u8(&reader, &id, err) && read_part(&reader, &content, err) &&
               write_imports(&content, object, rename, state, file, err));
    if (fclose(file) != 0 && ok) ok = out_of_memory(err);
    if (!ok) goto fail;

    file = open_memstream(&whole, &whole_size);
    if (file == NULL) {
        out_of_memory(err);
        goto fail;
    }
    fwrite(bytes, 1, object->imports_at, file);
    if (object->imports_end > 0) {
        fputc(SECTION_IMPORT, file);
        write_u32(file, (uint32_t)section_size);
        fwrite(section, 1, section_size, file);
    }
    fwrite(bytes + object->imports_end, 1, size - object->imports_end, file);
    if (fclose(file) != 0) {
        out_of_memory(err);
        goto fail;
    }
    free(section);
    *out = (uint8_t *)whole;
    *out_size = whole_size;
    return true;
fail:
    free(whole);
    free(section);
    return false;
}

/* ---- archives ---- */

bool link_is_archive(const uint8_t *bytes, size_t size) {
    return size >= ARCHIVE_START && memcmp(bytes, "!<arch>\n", ARCHIVE_START) == 0;
}

static uint64_t read_decimal(const uint8_t *at, size_t size) {
    char text[16] = {0};
    memcpy(text, at, size);
    return strtoull(text, NULL, 10);
}

bool link_archive_next(const uint8_t *bytes, size_t size, size_t *offset, struct link_member *out) {
    if (*offset == 0) *offset = ARCHIVE_START;
    if (*offset > size || size - *offset < HEADER) return false;
    const uint8_t *header = bytes + *offset;
    uint64_t length = read_decimal(header + 48, 10);
    if (memcmp(header + 58, "`\n", 2) != 0 || length > size - *offset - HEADER) return false;
    uint64_t name = memcmp(header, "#1/", 3) == 0 ? read_decimal(header + 3, 13) : 0;
    if (name > length) return false;
    *out = (struct link_member){header, HEADER + (size_t)name, header + HEADER + name,
                                (size_t)(length - name), false};
    static const char symbols[] = "__.SYMDEF";
    out->is_index =
        memcmp(header, "/ ", 2) == 0 || memcmp(header, "/SYM64/ ", 8) == 0 ||
        memcmp(header, symbols, sizeof symbols - 1) == 0 ||
        (name >= sizeof symbols - 1 && memcmp(header + HEADER, symbols, sizeof symbols - 1) == 0);
    *offset += HEADER + (size_t)length + (length & 1);
    return true;
}

void link_member_header(const struct link_member *member, size_t size, uint8_t *out) {
    char text[32];
    memcpy(out, member->header, member->header_size);
    snprintf(text, sizeof text, "%-10zu", member->header_size - HEADER + size);
    memcpy(out + 48, text, 10);
}

bool link_is_thin(const uint8_t *bytes, size_t size) {
    return size >= ARCHIVE_START && memcmp(bytes, "!<thin>\n", ARCHIVE_START) == 0;
}

/* The name in a member's header: a number is its place among the long names. */
static char *find_member_name(const uint8_t *header, const char *names, size_t names_size) {
    const char *at = (const char *)header;
    size_t size = 16;
    if (*at == '/') {
        uint64_t offset = read_decimal(header + 1, 15);
        if (offset >= names_size) return NULL;
        at = names + offset;
        size = names_size - (size_t)offset;
    }
    const char *end = *header == '/' ? memmem(at, size, "/\n", 2) : memchr(at, '/', size);
    return end != NULL ? strndup(at, (size_t)(end - at)) : NULL;
}

static bool copy_file(const char *archive, const char *name, const uint8_t *header, FILE *out,
                      struct error *err) {
    const char *slash = *name == '/' ? NULL : strrchr(archive, '/');
    char *path = NULL;
    if (asprintf(&path, "%.*s%s", slash != NULL ? (int)(slash + 1 - archive) : 0, archive, name) <
        0)
        return out_of_memory(err);
    FILE *file = fopen(path, "rb");
    bool ok = file != NULL || error_set_errno(err, "cannot read %s", path);
    free(path);
    if (!ok) return false;
    char *bytes = NULL, part[1 << 14];
    size_t size = 0, count;
    FILE *memory = open_memstream(&bytes, &size);
    while (memory != NULL && (count = fread(part, 1, sizeof part, file)) > 0)
        fwrite(part, 1, count, memory);
    fclose(file);
    if (memory == NULL || fclose(memory) != 0) return out_of_memory(err);
    const struct link_member member = {.header = header, .header_size = HEADER};
    uint8_t changed[HEADER];
    link_member_header(&member, size, changed);
    fwrite(changed, 1, HEADER, out);
    fwrite(bytes, 1, size, out);
    if (size % 2 != 0) putc('\n', out);
    free(bytes);
    return true;
}

bool link_thin_read(const char *path, const uint8_t *bytes, size_t size, uint8_t **out,
                    size_t *out_size, struct error *err) {
    const char *names = NULL;
    size_t names_size = 0, offset = ARCHIVE_START;
    char *text = NULL;
    bool ok = true;
    FILE *file = open_memstream(&text, out_size);
    if (file == NULL) return out_of_memory(err);
    fputs("!<arch>\n", file);
    while (ok && offset <= size && size - offset >= HEADER) {
        const uint8_t *header = bytes + offset;
        uint64_t length = read_decimal(header + 48, 10);
        bool is_index = memcmp(header, "/ ", 2) == 0 || memcmp(header, "/SYM64/ ", 8) == 0;
        bool is_names = memcmp(header, "// ", 3) == 0;
        offset += HEADER;
        if (is_index || is_names) {
            ok = length <= size - offset ||
                 error_set_at(err, ERROR_MALFORMED, offset, "unexpected end");
            if (!ok) break;
            if (is_names) {
                names = (const char *)header + HEADER;
                names_size = (size_t)length;
                fwrite(header, 1, HEADER + names_size, file);
                if (names_size % 2 != 0) putc('\n', file);
            }
            offset += (size_t)length + (length & 1);
            continue;
        }
        char *name = find_member_name(header, names, names_size);
        ok = name != NULL ? copy_file(path, name, header, file, err)
                          : error_set_at(err, ERROR_MALFORMED, offset, "a member has no name");
        free(name);
    }
    if (fclose(file) != 0 && ok) ok = out_of_memory(err);
    if (ok)
        *out = (uint8_t *)text;
    else
        free(text);
    return ok;
}
