/*
 * wasi_memory.c - what several host functions need: names, times and file attributes between the
 * guest's memory and the host's structures, and the look-up of a descriptor with its rights.
 */
#include "wasi/wasi_internal.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <time.h>

uint32_t wasi_path_copy(struct wasi *wasi, uint32_t address, uint32_t length, char *buffer) {
    if (!wasi_range_ok(wasi, address, length)) return WASI_EFAULT;
    if (length >= PATH_SANDBOX_SIZE) return WASI_ENAMETOOLONG;
    if (length > 0) memcpy(buffer, wasi_at(wasi, address), length);
    buffer[length] = '\0';
    /* The copy, since another thread of the guest may write to the original meanwhile. */
    return memchr(buffer, 0, length) ? WASI_EINVAL : WASI_ESUCCESS;
}

uint64_t wasi_timestamp(struct timespec time) {
    if (time.tv_sec < 0) return 0;
    uint64_t seconds = (uint64_t)time.tv_sec, nanoseconds;
    if (__builtin_mul_overflow(seconds, UINT64_C(1000000000), &nanoseconds) ||
        __builtin_add_overflow(nanoseconds, (uint64_t)time.tv_nsec, &nanoseconds)) {
        return UINT64_MAX;
    }
    return nanoseconds;
}

enum wasi_filetype wasi_filetype_of_mode(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return WASI_FILETYPE_REGULAR_FILE;
    case S_IFDIR: return WASI_FILETYPE_DIRECTORY;
    case S_IFLNK: return WASI_FILETYPE_SYMBOLIC_LINK;
    case S_IFCHR: return WASI_FILETYPE_CHARACTER_DEVICE;
    case S_IFBLK: return WASI_FILETYPE_BLOCK_DEVICE;
    case S_IFSOCK: return WASI_FILETYPE_SOCKET_STREAM;
    default: return WASI_FILETYPE_UNKNOWN; /* WASI has no word for pipes */
    }
}

void wasi_filestat_store(uint8_t *at, const struct stat *status, enum wasi_filetype type) {
    memset(at, 0, WASI_FILESTAT_SIZE);
    wasi_put_u64(at + WASI_FILESTAT_DEV, status->st_dev);
    wasi_put_u64(at + WASI_FILESTAT_INO, status->st_ino);
    wasi_put_u8(at + WASI_FILESTAT_FILETYPE, (uint8_t)type);
    wasi_put_u64(at + WASI_FILESTAT_NLINK, status->st_nlink);
    wasi_put_u64(at + WASI_FILESTAT_SIZE_FIELD, (uint64_t)status->st_size);
    wasi_put_u64(at + WASI_FILESTAT_ATIM, wasi_timestamp(status->st_atim));
    wasi_put_u64(at + WASI_FILESTAT_MTIM, wasi_timestamp(status->st_mtim));
    wasi_put_u64(at + WASI_FILESTAT_CTIM, wasi_timestamp(status->st_ctim));
}

static uint32_t times_decode_one(uint64_t timestamp, bool set, bool now, struct timespec *out) {
    if (set && now) return WASI_EINVAL;
    if (now) {
        *out = (struct timespec){.tv_nsec = UTIME_NOW};
    } else if (set) {
        out->tv_sec = (time_t)(timestamp / UINT64_C(1000000000));
        out->tv_nsec = (long)(timestamp % UINT64_C(1000000000));
    } else {
        *out = (struct timespec){.tv_nsec = UTIME_OMIT};
    }
    return WASI_ESUCCESS;
}

uint32_t wasi_times_decode(uint64_t access, uint64_t modification, uint32_t flags,
                           struct timespec times[2]) {
    if (flags & ~(uint32_t)WASI_FST_ALL) return WASI_EINVAL;
    uint32_t error =
        times_decode_one(access, flags & WASI_FST_ATIM, flags & WASI_FST_ATIM_NOW, &times[0]);
    if (error) return error;
    return times_decode_one(modification, flags & WASI_FST_MTIM, flags & WASI_FST_MTIM_NOW,
                            &times[1]);
}

uint32_t wasi_file_get(struct wasi *wasi, uint32_t fd, uint64_t rights, struct fd_entry **out) {
    struct fd_entry *entry = fd_table_get(&wasi->files, fd);
    if (!entry) return WASI_EBADF;
    uint64_t held = entry->rights_base;
    if (held & WASI_RIGHT_FD_SEEK) held |= WASI_RIGHT_FD_TELL; /* as the specification has it */
    if ((held & rights) != rights) return WASI_ENOTCAPABLE;
    *out = entry;
    return WASI_ESUCCESS;
}

void wasi_trap(struct wasi *wasi, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    wasi->guest->operations->trap(wasi->guest, format, arguments);
    va_end(arguments);
}
