/*
 * stdio.h - beside the sysroot's: temporary files and pipes.
 */
#ifndef MPIWASM_COMPAT_STDIO_H
#define MPIWASM_COMPAT_STDIO_H

/* The sysroot declares these as deprecated: hidden, and declared anew. */
#define tmpnam mpiwasm_hidden_tmpnam
#define tmpfile mpiwasm_hidden_tmpfile
#include_next <stdio.h>
#undef tmpnam
#undef tmpfile

#ifdef __cplusplus
extern "C" {
#endif

char *tmpnam(char *name);
FILE *tmpfile(void);
FILE *popen(const char *command, const char *mode);
int pclose(FILE *file);

#ifdef __cplusplus
}
#endif

#ifndef L_tmpnam
#define L_tmpnam 20
#endif
#ifndef P_tmpdir
#define P_tmpdir "."
#endif

#endif
