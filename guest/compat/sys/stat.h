/*
 * sys/stat.h - beside the sysroot's: modes, which WASI does not have, are accepted and forgotten.
 */
#ifndef MPIWASM_COMPAT_SYS_STAT_H
#define MPIWASM_COMPAT_SYS_STAT_H

#include_next <sys/stat.h>

#ifdef __cplusplus
extern "C" {
#endif

mode_t umask(mode_t mask);
int chmod(const char *path, mode_t mode) __asm__("mpiwasm_chmod");
int fchmod(int fd, mode_t mode) __asm__("mpiwasm_fchmod");
int mkfifo(const char *path, mode_t mode);
int mknod(const char *path, mode_t mode, dev_t device);

#ifdef __cplusplus
}
#endif

#endif
