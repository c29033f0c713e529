/*
 * unistd.h - beside the sysroot's: what programs call on the way, though WASI has no users,
 * processes or signals. Questions get a plain answer; what cannot be done fails with ENOSYS.
 */
#ifndef MPIWASM_COMPAT_UNISTD_H
#define MPIWASM_COMPAT_UNISTD_H

#include_next <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

pid_t getppid(void);
pid_t getpgrp(void);
pid_t setsid(void);
uid_t getuid(void);
uid_t geteuid(void);
gid_t getgid(void);
gid_t getegid(void);
int getpagesize(void);
int getdtablesize(void);
unsigned alarm(unsigned seconds); /* does nothing: no signals arrive */
int pause(void);
void sync(void);
int nice(int increment);
int dup(int fd);
int dup2(int fd, int goal);
int pipe(int ends[2]);
pid_t fork(void);
pid_t vfork(void);
int execv(const char *path, char *const arguments[]);
int execve(const char *path, char *const arguments[], char *const environment[]);
int execvp(const char *file, char *const arguments[]);
int execl(const char *path, const char *argument, ...);
int execlp(const char *file, const char *argument, ...);
int chown(const char *path, uid_t owner, gid_t group);
int lockf(int fd, int command, off_t size);

#ifdef __cplusplus
}
#endif

#endif
