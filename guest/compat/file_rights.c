/*
 * file_rights.c - errors that say what POSIX says, in place of three functions of wasi-libc.
 *
 * A descriptor opened for reading alone lacks the rights to be truncated, allocated and to have its
 * data written out. That library hands ENOTCAPABLE on, which no program expects, or fails where
 * POSIX does not. POSIX: ftruncate, posix_fallocate, fdatasync.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

static int finish(__wasi_errno_t error) {
    if (error == 0) return 0;
    errno = error;
    return -1;
}

int ftruncate(int fd, off_t length) {
    if (length < 0) return finish(__WASI_ERRNO_INVAL);
    __wasi_errno_t error = __wasi_fd_filestat_set_size(fd, (__wasi_filesize_t)length);
    return finish(error == __WASI_ERRNO_NOTCAPABLE ? __WASI_ERRNO_INVAL : error);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
    if (offset < 0 || length <= 0) return EINVAL;
    __wasi_errno_t error =
        __wasi_fd_allocate(fd, (__wasi_filesize_t)offset, (__wasi_filesize_t)length);
    return error == __WASI_ERRNO_NOTCAPABLE ? EBADF : error;
}

int fdatasync(int fd) {
    __wasi_errno_t error = __wasi_fd_datasync(fd);
    /* The library asks for this right when it opens files. */
    if (error == __WASI_ERRNO_NOTCAPABLE) error = __wasi_fd_sync(fd);
    return finish(error == __WASI_ERRNO_NOTCAPABLE ? __WASI_ERRNO_BADF : error);
}
