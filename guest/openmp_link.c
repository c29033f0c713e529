/*
 * openmp_link.c - a program's critical sections of one name have their lock in common.
 *
 * Changes the objects and archives of a link, which mpiwasm-ld (link.c) gives wasm-ld in place of
 * the files.  clang makes the lock of `critical (NAME)` a common symbol, so that it is one in the
 * whole program, but WebAssembly's objects have no such symbols: it is then local to each file
 * (clang 20 to 22) or defined by each of them (19).  Such a symbol is made weak, which is two bits
 * of its flags.  Objects of LLVM's intermediate language (-flto) stay as they are.
 *
 * The format: WebAssembly's tool conventions, "Linking"; archives as ar(5) has them.
 */
#include "guest/openmp_link.h"

#include "guest/link_object.h"

#include <string.h>

static const char lock_start[] = ".gomp_critical_user_", lock_end[] = ".var";

enum {
    CUSTOM_SECTION = 0,
    SYMBOL_TABLE = 8,
    SYMBOL_DATA = 1,
    SYMBOL_SECTION = 3,
    BINDING_MASK = 3,
    BINDING_WEAK = 1,
    UNDEFINED = 0x10,
    EXPLICIT_NAME = 0x40,
};

/* What is left to read; at == end after whatever was malformed. */
struct reader {
    uint8_t *at, *end;
};

static uint32_t read_number(struct reader *reader) {
    uint32_t value = 0;
    for (int shift = 0; shift < 35 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift < 32) value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    reader->at = reader->end;
    return 0;
}

/* The next `size` bytes, which the reader passes. */
static struct reader read_bytes(struct reader *reader, uint64_t size) {
    if (size > (uint64_t)(reader->end - reader->at)) size = (uint64_t)(reader->end - reader->at);
    struct reader part = {reader->at, reader->at + size};
    reader->at += size;
    return part;
}

static struct reader read_name(struct reader *reader) {
    uint32_t size = read_number(reader);
    return read_bytes(reader, size);
}

static bool is_lock(struct reader name) {
    size_t size = (size_t)(name.end - name.at), start = sizeof lock_start - 1,
           end = sizeof lock_end - 1;
    return size >= start + end && memcmp(name.at, lock_start, start) == 0 &&
           memcmp(name.end - end, lock_end, end) == 0;
}

static void share_in_symbols(struct reader table) {
    uint32_t count = read_number(&table);
    for (; count > 0 && table.at < table.end; count--) {
        uint8_t kind = *table.at++, *flags_at = table.at;
        uint32_t flags = read_number(&table);
        if (kind == SYMBOL_DATA) {
            struct reader name = read_name(&table);
            if ((flags & UNDEFINED) != 0) continue;
            if (is_lock(name)) *flags_at = (uint8_t)((*flags_at & ~BINDING_MASK) | BINDING_WEAK);
            for (int i = 0; i < 3; i++) /* segment, offset, size */
                read_number(&table);
            continue;
        }
        read_number(&table);
        if (kind != SYMBOL_SECTION && ((flags & UNDEFINED) == 0 || (flags & EXPLICIT_NAME) != 0))
            read_name(&table);
    }
}

static void share_in_object(struct reader object) {
    read_bytes(&object, 8); /* "\0asm" and the version */
    while (object.at < object.end) {
        uint8_t kind = *object.at++;
        uint32_t size = read_number(&object);
        struct reader section = read_bytes(&object, size);
        if (kind != CUSTOM_SECTION) continue;
        struct reader name = read_name(&section);
        if (name.end - name.at != 7 || memcmp(name.at, "linking", 7) != 0) continue;
        read_number(&section); /* its version */
        while (section.at < section.end) {
            uint8_t part = *section.at++;
            uint32_t part_size = read_number(&section);
            struct reader content = read_bytes(&section, part_size);
            if (part == SYMBOL_TABLE) share_in_symbols(content);
        }
    }
}

bool openmp_share_locks(uint8_t *bytes, size_t size) {
    if (memmem(bytes, size, lock_start, sizeof lock_start - 1) == NULL) return false;
    if (link_is_object(bytes, size)) {
        share_in_object((struct reader){bytes, bytes + size});
        return true;
    }
    if (!link_is_archive(bytes, size)) return false;
    struct link_member member;
    size_t offset = 0;
    while (link_archive_next(bytes, size, &offset, &member)) {
        uint8_t *start = bytes + (member.bytes - bytes);
        if (link_is_object(start, member.size))
            share_in_object((struct reader){start, start + member.size});
    }
    return true;
}
