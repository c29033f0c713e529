/*
 * sys/wait.h - there are no child processes to wait for.
 */
#ifndef MPIWASM_COMPAT_SYS_WAIT_H
#define MPIWASM_COMPAT_SYS_WAIT_H

#include <stdlib.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);

#ifdef __cplusplus
}
#endif

#endif
