/*
 * wasi_fd_io.c - reading, writing and positioning.
 *
 * Data moves between the file and linear memory without a copy. A call moves at most what one
 * readv or writev of the host does (IOV_MAX buffers that are not empty, about 2 GiB): it then
 * reports fewer bytes than asked for, which callers of these functions always have to expect.
 * EINTR is never reported, since a guest has no signals.
 */
#include "wasi/wasi_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

/* The first IOV_MAX non-empty buffers of the guest's array, each of them checked. */
static uint32_t iovecs_gather(struct wasi *wasi, uint32_t array, uint32_t count,
                              struct iovec vectors[IOV_MAX], int *vector_count) {
    if (!wasi_range_ok(wasi, array, (uint64_t)count * WASI_IOVEC_SIZE)) return WASI_EFAULT;
    int gathered = 0;
    for (uint32_t i = 0; i < count && gathered < IOV_MAX; i++) {
        const uint8_t *at = wasi_at(wasi, array) + (uint64_t)i * WASI_IOVEC_SIZE;
        uint32_t buffer = wasi_get_u32(at + WASI_IOVEC_BUF);
        uint32_t length = wasi_get_u32(at + WASI_IOVEC_LEN);
        if (!wasi_range_ok(wasi, buffer, length)) return WASI_EFAULT;
        if (length == 0) continue;
        vectors[gathered++] = (struct iovec){wasi_at(wasi, buffer), length};
    }
    *vector_count = gathered;
    return WASI_ESUCCESS;
}

enum direction { READ, WRITE };

/* Whether the descriptor is ready, now or (without NONBLOCK) after waiting. */
static bool await(const struct fd_entry *entry, enum direction direction) {
    struct pollfd poll_fd = {entry->host_fd, direction == READ ? POLLIN : POLLOUT, 0};
    int timeout = entry->emulated_flags & WASI_FDFLAG_NONBLOCK ? 0 : -1;
    int ready;
    do {
        ready = poll(&poll_fd, 1, timeout);
    } while (ready < 0 && errno == EINTR);
    return ready != 0;
}

/* Cut the buffers to `size` bytes in all; how many are left. */
static int vectors_limit(struct iovec *vectors, int count, size_t size) {
    int kept = 0;
    for (; kept < count && size > 0; kept++) {
        if (vectors[kept].iov_len > size) vectors[kept].iov_len = size;
        size -= vectors[kept].iov_len;
    }
    return kept;
}

/* APPEND on a descriptor whose host flags are not ours to set. */
static ssize_t append(int host_fd, const struct iovec *vectors, int count) {
    ssize_t moved = pwritev2(host_fd, vectors, count, -1, RWF_APPEND);
    if (moved >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return moved;
    (void)lseek(host_fd, 0, SEEK_END); /* before Linux 4.16; what cannot seek appends anyway */
    return writev(host_fd, vectors, count);
}

/* All four transfers. `offset` is NULL for those at the file's own position. */
static uint32_t transfer(struct wasi *wasi, uint32_t fd, uint32_t array, uint32_t count,
                         const uint64_t *offset, uint32_t result, enum direction direction) {
    struct iovec vectors[IOV_MAX];
    struct fd_entry *entry;
    int vector_count;
    uint64_t rights = direction == READ ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE;
    if (offset) rights |= WASI_RIGHT_FD_SEEK;
    if (!wasi_range_ok(wasi, result, 4)) return WASI_EFAULT;
    uint32_t error = wasi_file_get(wasi, fd, rights, &entry);
    if (error == WASI_ENOTCAPABLE && direction == READ) {
        entry = fd_table_get(&wasi->files, fd);
        /* Which tells more, and is what POSIX has. */
        if (entry && entry->filetype == WASI_FILETYPE_DIRECTORY) return WASI_EISDIR;
    }
    if (error) return error;
    error = iovecs_gather(wasi, array, count, vectors, &vector_count);
    if (error) return error;
    if (offset && *offset > INT64_MAX) return WASI_EINVAL;
    if (direction == WRITE && entry->read_only) return WASI_EROFS;
    bool nonblocking = entry->emulated_flags & WASI_FDFLAG_NONBLOCK;
    bool appending = entry->emulated_flags & WASI_FDFLAG_APPEND;
    if (nonblocking) {
        if (!await(entry, direction)) return WASI_EAGAIN;
        /* What is ready takes that much at once; more might wait for a reader. */
        if (direction == WRITE && entry->filetype != WASI_FILETYPE_REGULAR_FILE) {
            vector_count = vectors_limit(vectors, vector_count, PIPE_BUF);
        }
    }

    int host_fd = entry->host_fd;
    ssize_t moved;
    do {
        if (direction == READ) {
            moved = offset ? preadv(host_fd, vectors, vector_count, (off_t)*offset)
                           : readv(host_fd, vectors, vector_count);
        } else {
            moved = offset      ? pwritev(host_fd, vectors, vector_count, (off_t)*offset)
                    : appending ? append(host_fd, vectors, vector_count)
                                : writev(host_fd, vectors, vector_count);
        }
        /* The host's descriptor may be non-blocking without the guest knowing of it. */
    } while (moved < 0 && (errno == EINTR || (errno == EAGAIN && !entry->owned && !nonblocking &&
                                              await(entry, direction))));
    if (moved < 0) return wasi_last_error();
    wasi_put_u32(wasi_at(wasi, result), (uint32_t)moved);
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_read(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                      uint32_t result) {
    return transfer(wasi, fd, iovs, count, NULL, result, READ);
}

uint32_t wasi_fd_write(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                       uint32_t result) {
    return transfer(wasi, fd, iovs, count, NULL, result, WRITE);
}

uint32_t wasi_fd_pread(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                       uint64_t offset, uint32_t result) {
    return transfer(wasi, fd, iovs, count, &offset, result, READ);
}

uint32_t wasi_fd_pwrite(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                        uint64_t offset, uint32_t result) {
    return transfer(wasi, fd, iovs, count, &offset, result, WRITE);
}

static uint32_t seek(struct wasi *wasi, uint32_t fd, uint64_t rights, int64_t offset, int whence,
                     uint32_t result) {
    struct fd_entry *entry;
    if (!wasi_range_ok(wasi, result, 8)) return WASI_EFAULT;
    uint32_t error = wasi_file_get(wasi, fd, rights, &entry);
    if (error) return error;
    off_t position = lseek(entry->host_fd, offset, whence);
    if (position < 0) return wasi_last_error();
    wasi_put_u64(wasi_at(wasi, result), (uint64_t)position);
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_seek(struct wasi *wasi, uint32_t fd, uint64_t offset, uint32_t whence,
                      uint32_t result) {
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    if (whence >= sizeof whences / sizeof *whences) return WASI_EINVAL;
    bool tells = whence == WASI_WHENCE_CUR && offset == 0;
    return seek(wasi, fd, tells ? WASI_RIGHT_FD_TELL : WASI_RIGHT_FD_SEEK, (int64_t)offset,
                whences[whence], result);
}

uint32_t wasi_fd_tell(struct wasi *wasi, uint32_t fd, uint32_t result) {
    return seek(wasi, fd, WASI_RIGHT_FD_TELL, 0, SEEK_CUR, result);
}

uint32_t wasi_fd_sync(struct wasi *wasi, uint32_t fd) {
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_SYNC, &entry);
    if (error) return error;
    return fsync(entry->host_fd) == 0 ? (uint32_t)WASI_ESUCCESS : wasi_last_error();
}

uint32_t wasi_fd_datasync(struct wasi *wasi, uint32_t fd) {
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_DATASYNC, &entry);
    if (error) return error;
    return fdatasync(entry->host_fd) == 0 ? (uint32_t)WASI_ESUCCESS : wasi_last_error();
}

/* [offset, offset + length) is a range of file positions. */
static bool file_range_ok(uint64_t offset, uint64_t length) {
    return offset <= INT64_MAX && length <= INT64_MAX - offset;
}

uint32_t wasi_fd_advise(struct wasi *wasi, uint32_t fd, uint64_t offset, uint64_t length,
                        uint32_t advice) {
    static const int advices[] = {
        [WASI_ADVICE_NORMAL] = POSIX_FADV_NORMAL,
        [WASI_ADVICE_SEQUENTIAL] = POSIX_FADV_SEQUENTIAL,
        [WASI_ADVICE_RANDOM] = POSIX_FADV_RANDOM,
        [WASI_ADVICE_WILLNEED] = POSIX_FADV_WILLNEED,
        [WASI_ADVICE_DONTNEED] = POSIX_FADV_DONTNEED,
        [WASI_ADVICE_NOREUSE] = POSIX_FADV_NOREUSE,
    };
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_ADVISE, &entry);
    if (error) return error;
    if (advice >= sizeof advices / sizeof *advices) return WASI_EINVAL;
    if (!file_range_ok(offset, length)) return WASI_EINVAL;
    return wasi_errno_from_host(
        posix_fadvise(entry->host_fd, (off_t)offset, (off_t)length, advices[advice]));
}

uint32_t wasi_fd_allocate(struct wasi *wasi, uint32_t fd, uint64_t offset, uint64_t length) {
    struct fd_entry *entry;
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_ALLOCATE, &entry);
    if (error) return error;
    if (entry->read_only) return WASI_EROFS;
    if (length == 0) return WASI_EINVAL;
    if (!file_range_ok(offset, length)) return WASI_EFBIG;
    int status;
    do {
        status = posix_fallocate(entry->host_fd, (off_t)offset, (off_t)length);
    } while (status == EINTR);
    return wasi_errno_from_host(status);
}
