/*
 * append.c - fopen as the GNU library has it, in place of wasi-libc's.
 *
 * A file opened with "a" stands at its end from the start, so that ftell tells how long it is; that
 * library leaves it at 0 until something is written, which C allows and programs do not expect.
 * C17 7.21.5.3; "a+" stands at the beginning, as there.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

FILE *fopen(const char *restrict path, const char *restrict mode) {
    int flags = 0;
    switch (*mode) {
    case 'r': break;
    case 'w': flags = O_CREAT | O_TRUNC; break;
    case 'a': flags = O_CREAT | O_APPEND; break;
    default: errno = EINVAL; return NULL;
    }
    if (strchr(mode, '+'))
        flags |= O_RDWR;
    else
        flags |= *mode == 'r' ? O_RDONLY : O_WRONLY;
    if (strchr(mode, 'x')) flags |= O_EXCL;
    if (strchr(mode, 'e')) flags |= O_CLOEXEC;
    int fd = open(path, flags, 0666);
    if (fd < 0) return NULL;
    FILE *file = fdopen(fd, mode);
    if (!file) {
        close(fd);
        return NULL;
    }
    if (*mode == 'a' && !strchr(mode, '+')) fseeko(file, 0, SEEK_END); /* a pipe has no end */
    return file;
}
