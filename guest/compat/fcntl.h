/*
 * fcntl.h - beside the sysroot's: file locks have names. WASI has no locks: they fail with ENOSYS,
 * as on file systems without any, which codes know from clusters.
 */
#ifndef MPIWASM_COMPAT_FCNTL_H
#define MPIWASM_COMPAT_FCNTL_H

/* The sysroot's fcntl is called for all other commands: hidden, and declared anew. */
#define fcntl mpiwasm_hidden_fcntl
#include_next <fcntl.h>
#undef fcntl

#ifdef __cplusplus
extern "C" {
#endif

int fcntl(int fd, int command, ...) __asm__("mpiwasm_fcntl");

#ifdef __cplusplus
}
#endif

#ifndef F_RDLCK
#define F_RDLCK 0
#define F_WRLCK 1
#define F_UNLCK 2
#endif
#ifndef F_SETLK
#define F_GETLK 5
#define F_SETLK 6
#define F_SETLKW 7
#endif

#endif
