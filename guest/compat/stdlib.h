/*
 * stdlib.h - beside the sysroot's: temporary files, paths, and what belongs to processes.
 */
#ifndef MPIWASM_COMPAT_STDLIB_H
#define MPIWASM_COMPAT_STDLIB_H
#include_next <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

int mkstemp(char *name);
char *mkdtemp(char *name);
char *mktemp(char *name);
char *realpath(const char *__restrict path, char *__restrict resolved);
int system(const char *command);
void *memalign(size_t alignment, size_t size);
void *valloc(size_t size);
int getloadavg(double averages[], int count);

#ifdef __cplusplus
}
#endif

#ifndef WIFEXITED
#define WNOHANG 1
#define WUNTRACED 2
#define WEXITSTATUS(status) (((status) & 0xff00) >> 8)
#define WTERMSIG(status) ((status) & 0x7f)
#define WSTOPSIG(status) WEXITSTATUS(status)
#define WCOREDUMP(status) ((status) & 0x80)
#define WIFEXITED(status) (!WTERMSIG(status))
#define WIFSTOPPED(status) (((status) & 0xff) == 0x7f)
#define WIFSIGNALED(status) (((status) & 0x7f) != 0 && ((status) & 0x7f) != 0x7f)
#endif

#endif
