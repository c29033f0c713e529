/*
 * file_times.c - setting the times of files, in place of two functions of wasi-libc of 2022-05.
 *
 * That library takes UTIME_NOW for a time of modification as an error, and reads a null array of
 * times, which means "now", as if it were one. utime, utimes, utimensat and their like all come
 * through here. POSIX: utimensat, futimens.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <wasi/api.h>

int __wasilibc_nocwd_utimensat(int fd, const char *path, const struct timespec times[2], int flag);

struct file_times {
    uint64_t access, modification; /* nanoseconds since the epoch */
    uint16_t flags;                /* __WASI_FSTFLAGS_* */
};

/* False: not a time. */
static bool time_convert(const struct timespec *time, uint64_t *timestamp, uint16_t *flags,
                         uint16_t set, uint16_t now) {
    if (time->tv_nsec == UTIME_OMIT) return true;
    if (time->tv_nsec == UTIME_NOW) {
        *flags |= now;
        return true;
    }
    if (time->tv_nsec < 0 || time->tv_nsec > 999999999 || time->tv_sec < 0) return false;
    *flags |= set;
    return !__builtin_mul_overflow((uint64_t)time->tv_sec, UINT64_C(1000000000), timestamp) &&
           !__builtin_add_overflow(*timestamp, (uint64_t)time->tv_nsec, timestamp);
}

static bool times_convert(const struct timespec times[2], struct file_times *out) {
    *out = (struct file_times){0};
    if (times == NULL) {
        out->flags = __WASI_FSTFLAGS_ATIM_NOW | __WASI_FSTFLAGS_MTIM_NOW;
        return true;
    }
    return time_convert(&times[0], &out->access, &out->flags, __WASI_FSTFLAGS_ATIM,
                        __WASI_FSTFLAGS_ATIM_NOW) &&
           time_convert(&times[1], &out->modification, &out->flags, __WASI_FSTFLAGS_MTIM,
                        __WASI_FSTFLAGS_MTIM_NOW);
}

static int finish(__wasi_errno_t error) {
    if (error == 0) return 0;
    errno = error;
    return -1;
}

int __wasilibc_nocwd_utimensat(int fd, const char *path, const struct timespec times[2], int flag) {
    struct file_times converted;
    if (!times_convert(times, &converted)) return finish(__WASI_ERRNO_INVAL);
    __wasi_lookupflags_t lookup =
        flag & AT_SYMLINK_NOFOLLOW ? 0 : __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW;
    return finish(__wasi_path_filestat_set_times(fd, lookup, path, converted.access,
                                                 converted.modification, converted.flags));
}

int futimens(int fd, const struct timespec times[2]) {
    struct file_times converted;
    if (!times_convert(times, &converted)) return finish(__WASI_ERRNO_INVAL);
    return finish(__wasi_fd_filestat_set_times(fd, converted.access, converted.modification,
                                               converted.flags));
}
