/*
 * openmp_link.c - a program's critical sections of one name have their lock in common.
 *
 * Changes the objects and archives of a link, which mpiwasm-ld (link.c) gives wasm-ld in place of
 * the files.  clang makes the lock of `critical (NAME)` a common symbol, so that it is one in the
 * whole program, but WebAssembly's objects have no such symbols: it is then local to each file
 * (clang 20 to 22) or defined by each of them (19).  Such a symbol is made weak, which is two bits
 * of its flags.  Objects of LLVM's intermediate language (-flto) stay as they are.
 */
#include "guest/openmp_link.h"

#include "guest/link_object.h"

#include <string.h>

static const char lock_start[] = ".gomp_critical_user_", lock_end[] = ".var";

static bool is_lock(const char *name, size_t size) {
    size_t start = sizeof lock_start - 1, end = sizeof lock_end - 1;
    return size >= start + end && memcmp(name, lock_start, start) == 0 &&
           memcmp(name + size - end, lock_end, end) == 0;
}

static void share_symbol(void *state, const char *name, size_t size, size_t flags_at) {
    uint8_t *flags = (uint8_t *)state + flags_at;
    if (is_lock(name, size)) *flags = (uint8_t)((*flags & ~LINK_BINDING_MASK) | LINK_BINDING_WEAK);
}

static void share_in_object(uint8_t *bytes, size_t size) {
    if (link_is_object(bytes, size)) link_object_visit_data(bytes, size, share_symbol, bytes);
}

bool openmp_share_locks(uint8_t *bytes, size_t size) {
    if (memmem(bytes, size, lock_start, sizeof lock_start - 1) == NULL) return false;
    if (link_is_object(bytes, size)) {
        share_in_object(bytes, size);
        return true;
    }
    if (!link_is_archive(bytes, size)) return false;
    struct link_member member;
    size_t offset = 0;
    while (link_archive_next(bytes, size, &offset, &member))
        share_in_object(bytes + (member.bytes - bytes), member.size);
    return true;
}
