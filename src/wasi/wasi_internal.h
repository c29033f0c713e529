/*
 * wasi_internal.h - what the files of the WASI layer share: the state of an instance, access to
 * the guest's memory, and the prototypes of all host functions.
 *
 * Host functions return a WASI errno. They check every guest address before they use it and set
 * outputs on success only. The state belongs to one guest; nothing is global. With threads they run
 * in several at once: only the table of files changes, and it has its locks.
 */
#ifndef MPIWASM_WASI_WASI_INTERNAL_H
#define MPIWASM_WASI_WASI_INTERNAL_H

#include "base/path_sandbox.h"
#include "runtime/host_module.h"
#include "wasi/fd_table.h"
#include "wasi/wasi_abi.h"
#include "wasi/wasi_errno.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "guest structures are stored with memcpy: big-endian hosts are not supported");

struct wasi {
    struct guest *guest;              /* the runtime's */
    const struct host_config *config; /* the caller's, outlives the guest */
    struct fd_table files;
    struct path_sandbox sandbox;
    struct wasi_root {
        dev_t device;
        ino_t inode;
    } *roots; /* [config->directory_count]: the granted directories; owned */
};

/* Guest memory; the caller has checked the range. Guest addresses need no alignment. */
static inline uint8_t *wasi_at(struct wasi *wasi, uint64_t address) {
    return wasi->guest->memory + address;
}

static inline bool wasi_range_ok(struct wasi *wasi, uint64_t address, uint64_t size) {
    return guest_range_ok(wasi->guest, address, size);
}

static inline void wasi_put_u8(uint8_t *at, uint8_t value) {
    *at = value;
}
static inline void wasi_put_u16(uint8_t *at, uint16_t value) {
    memcpy(at, &value, sizeof value);
}
static inline void wasi_put_u32(uint8_t *at, uint32_t value) {
    memcpy(at, &value, sizeof value);
}
static inline void wasi_put_u64(uint8_t *at, uint64_t value) {
    memcpy(at, &value, sizeof value);
}
static inline uint16_t wasi_get_u16(const uint8_t *at) {
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint32_t wasi_get_u32(const uint8_t *at) {
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}
static inline uint64_t wasi_get_u64(const uint8_t *at) {
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* wasi_memory.c */

/* Copy the guest's path into buffer[PATH_SANDBOX_SIZE], NUL-terminated. Returns a WASI errno:
 * EFAULT, ENAMETOOLONG, EINVAL (a NUL byte inside). */
uint32_t wasi_path_copy(struct wasi *wasi, uint32_t address, uint32_t length, char *buffer);

/* Nanoseconds since the epoch; what lies before it or beyond 64 bits is cut. */
uint64_t wasi_timestamp(struct timespec time);

enum wasi_filetype wasi_filetype_of_mode(mode_t mode);

/* enum wasi_fdflags of what F_GETFL gives. (wasi_fd.c) */
uint16_t wasi_fdflags_from_host(int flags);

/* Store a struct filestat, 64 bytes, which the caller has range-checked. */
void wasi_filestat_store(uint8_t *at, const struct stat *status, enum wasi_filetype type);

/* The times for utimensat out of WASI's flags; a WASI errno. */
uint32_t wasi_times_decode(uint64_t access, uint64_t modification, uint32_t flags,
                           struct timespec times[2]);

/* The entry of an open descriptor that has all of `rights`; EBADF or ENOTCAPABLE else. The right to
 * seek includes that to tell. */
uint32_t wasi_file_get(struct wasi *wasi, uint32_t fd, uint64_t rights, struct fd_entry **out);

/* Set the file type of a freshly opened entry and cut its rights to what the type can have. */
void wasi_entry_classify(struct fd_entry *entry, const struct stat *status);

/* End the guest with a trap and a message; does not return in a real runtime. */
void wasi_trap(struct wasi *wasi, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The errno of a host call that returned -1. */
static inline uint32_t wasi_last_error(void) {
    return wasi_errno_from_host(errno);
}

/* The host functions. */
#define WASI_TYPE_i uint32_t
#define WASI_TYPE_I uint64_t
#define WASI_PARAMETERS_0() struct wasi *
#define WASI_PARAMETERS_1(a) WASI_PARAMETERS_0(), WASI_TYPE_##a
#define WASI_PARAMETERS_2(a, b) WASI_PARAMETERS_1(a), WASI_TYPE_##b
#define WASI_PARAMETERS_3(a, b, c) WASI_PARAMETERS_2(a, b), WASI_TYPE_##c
#define WASI_PARAMETERS_4(a, b, c, d) WASI_PARAMETERS_3(a, b, c), WASI_TYPE_##d
#define WASI_PARAMETERS_5(a, b, c, d, e) WASI_PARAMETERS_4(a, b, c, d), WASI_TYPE_##e
#define WASI_PARAMETERS_6(a, b, c, d, e, f) WASI_PARAMETERS_5(a, b, c, d, e), WASI_TYPE_##f
#define WASI_PARAMETERS_7(a, b, c, d, e, f, g) WASI_PARAMETERS_6(a, b, c, d, e, f), WASI_TYPE_##g
#define WASI_PARAMETERS_9(a, b, c, d, e, f, g, h, i)                                               \
    WASI_PARAMETERS_7(a, b, c, d, e, f, g), WASI_TYPE_##h, WASI_TYPE_##i

#define WASI_FUNCTION(name, count, types) uint32_t wasi_##name(WASI_PARAMETERS_##count types);
#define WASI_PROCEDURE(name, count, types) void wasi_##name(WASI_PARAMETERS_##count types);
#include "wasi/wasi_functions.def"
#undef WASI_FUNCTION
#undef WASI_PROCEDURE

#endif
