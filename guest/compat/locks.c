/*
 * locks.c - file locks, of which WASI has none: ENOSYS, or EBADF for what is no open file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>

int sysroot_fcntl(int fd, int command, ...) __asm__("fcntl");
int mpiwasm_fcntl(int fd, int command, ...);

static int refuse(int fd) {
    if (sysroot_fcntl(fd, F_GETFL) >= 0) errno = ENOSYS;
    return -1;
}

int mpiwasm_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    int value = 0;
    if (command == F_SETFD || command == F_SETFL) value = va_arg(arguments, int);
    va_end(arguments);
    if (command == F_GETLK || command == F_SETLK || command == F_SETLKW) return refuse(fd);
    return sysroot_fcntl(fd, command, value);
}

int flock(int fd, int operation) {
    (void)operation;
    return refuse(fd);
}
