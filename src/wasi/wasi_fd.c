/*
 * wasi_fd.c - descriptors as such: closing, renumbering, their state, rights, attributes, grants.
 *
 * Deviations: the flags of stdin, stdout and stderr are kept in our table and emulated (NONBLOCK,
 * APPEND) since other processes share those descriptors; one that the host has opened for
 * appending cannot cease to append. The synchronisation flags cannot change after opening, as on
 * Linux.
 */
#include "wasi/wasi_internal.h"

#include <fcntl.h>
#include <unistd.h>

uint32_t wasi_fd_close(struct wasi *wasi, uint32_t fd) {
    return wasi_errno_from_host(fd_table_close(&wasi->files, fd));
}

uint32_t wasi_fd_renumber(struct wasi *wasi, uint32_t from, uint32_t to) {
    return wasi_errno_from_host(fd_table_renumber(&wasi->files, from, to));
}

uint16_t wasi_fdflags_from_host(int flags) {
    uint16_t result = 0;
    if (flags & O_APPEND) result |= WASI_FDFLAG_APPEND;
    if (flags & O_NONBLOCK) result |= WASI_FDFLAG_NONBLOCK;
    if ((flags & O_SYNC) == O_SYNC) {
        result |= WASI_FDFLAG_SYNC;
    } else if (flags & O_DSYNC) {
        result |= WASI_FDFLAG_DSYNC;
    }
    return result;
}

uint32_t wasi_fd_fdstat_get(struct wasi *wasi, uint32_t fd, uint32_t result) {
    struct fd_entry *entry;
    if (!wasi_range_ok(wasi, result, WASI_FDSTAT_SIZE)) return WASI_EFAULT;
    uint32_t error = wasi_file_get(wasi, fd, 0, &entry);
    if (error) return error;
    uint16_t fdflags = entry->emulated_flags;
    if (entry->owned) {
        int flags = fcntl(entry->host_fd, F_GETFL);
        if (flags < 0) return wasi_last_error();
        fdflags = wasi_fdflags_from_host(flags);
    }
    uint8_t *at = wasi_at(wasi, result);
    memset(at, 0, WASI_FDSTAT_SIZE);
    wasi_put_u8(at + WASI_FDSTAT_FILETYPE, entry->filetype);
    wasi_put_u16(at + WASI_FDSTAT_FLAGS, fdflags);
    wasi_put_u64(at + WASI_FDSTAT_RIGHTS_BASE, entry->rights_base);
    wasi_put_u64(at + WASI_FDSTAT_RIGHTS_INHERITING, entry->rights_inheriting);
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_fdstat_set_flags(struct wasi *wasi, uint32_t fd, uint32_t fdflags) {
    enum { SYNCHRONISATION = WASI_FDFLAG_DSYNC | WASI_FDFLAG_RSYNC | WASI_FDFLAG_SYNC };
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &entry);
    if (error) return error;
    if (fdflags & ~(uint32_t)WASI_FDFLAG_ALL) return WASI_EINVAL;
    int flags = fcntl(entry->host_fd, F_GETFL);
    if (flags < 0) return wasi_last_error();
    uint32_t held = wasi_fdflags_from_host(flags);
    if ((held ^ fdflags) & SYNCHRONISATION) return WASI_ENOTSUP;
    if (!entry->owned) {
        if (held & ~fdflags & WASI_FDFLAG_APPEND) return WASI_ENOTSUP;
        entry->emulated_flags = (uint16_t)fdflags;
        return WASI_ESUCCESS;
    }
    flags &= ~(O_APPEND | O_NONBLOCK);
    if (fdflags & WASI_FDFLAG_APPEND) flags |= O_APPEND;
    if (fdflags & WASI_FDFLAG_NONBLOCK) flags |= O_NONBLOCK;
    if (fcntl(entry->host_fd, F_SETFL, flags) != 0) return wasi_last_error();
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_fdstat_set_rights(struct wasi *wasi, uint32_t fd, uint64_t base,
                                   uint64_t inheriting) {
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, 0, &entry);
    if (error) return error;
    if ((base & ~entry->rights_base) || (inheriting & ~entry->rights_inheriting)) {
        return WASI_ENOTCAPABLE;
    }
    entry->rights_base = base;
    entry->rights_inheriting = inheriting;
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_filestat_get(struct wasi *wasi, uint32_t fd, uint32_t result) {
    struct fd_entry *entry;
    struct stat status;
    if (!wasi_range_ok(wasi, result, WASI_FILESTAT_SIZE)) return WASI_EFAULT;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_FILESTAT_GET, &entry);
    if (error) return error;
    if (fstat(entry->host_fd, &status) != 0) return wasi_last_error();
    wasi_filestat_store(wasi_at(wasi, result), &status, entry->filetype);
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_filestat_set_size(struct wasi *wasi, uint32_t fd, uint64_t size) {
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_FILESTAT_SET_SIZE, &entry);
    if (error) return error;
    if (entry->read_only) return WASI_EROFS;
    if (size > INT64_MAX) return WASI_EFBIG;
    int status;
    do {
        status = ftruncate(entry->host_fd, (off_t)size);
    } while (status != 0 && errno == EINTR);
    return status == 0 ? (uint32_t)WASI_ESUCCESS : wasi_last_error();
}

uint32_t wasi_fd_filestat_set_times(struct wasi *wasi, uint32_t fd, uint64_t access,
                                    uint64_t modification, uint32_t flags) {
    struct fd_entry *entry;
    struct timespec times[2];
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_FILESTAT_SET_TIMES, &entry);
    if (error) return error;
    error = wasi_times_decode(access, modification, flags, times);
    if (error) return error;
    if (entry->read_only) return WASI_EROFS;
    if (futimens(entry->host_fd, times) != 0) return wasi_last_error();
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_prestat_get(struct wasi *wasi, uint32_t fd, uint32_t result) {
    if (!wasi_range_ok(wasi, result, WASI_PRESTAT_SIZE)) return WASI_EFAULT;
    struct fd_entry *entry = fd_table_get(&wasi->files, fd);
    if (!entry || !entry->preopen_name) return WASI_EBADF;
    uint8_t *at = wasi_at(wasi, result);
    memset(at, 0, WASI_PRESTAT_SIZE);
    wasi_put_u8(at + WASI_PRESTAT_TAG, WASI_PREOPENTYPE_DIR);
    wasi_put_u32(at + WASI_PRESTAT_NAME_LEN, (uint32_t)strlen(entry->preopen_name));
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_prestat_dir_name(struct wasi *wasi, uint32_t fd, uint32_t buffer,
                                  uint32_t length) {
    if (!wasi_range_ok(wasi, buffer, length)) return WASI_EFAULT;
    struct fd_entry *entry = fd_table_get(&wasi->files, fd);
    if (!entry || !entry->preopen_name) return WASI_EBADF;
    size_t size = strlen(entry->preopen_name);
    if (length < size) return WASI_ENAMETOOLONG;
    if (size > 0) memcpy(wasi_at(wasi, buffer), entry->preopen_name, size);
    return WASI_ESUCCESS;
}
