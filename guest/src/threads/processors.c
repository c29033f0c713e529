/*
 * processors.c - how many processors there are: as many as mpiwasm says it may use itself, which
 * a launcher may have bound it to. WASI has no call for it, so it is a variable (cli/grants.h).
 */
#include <stdlib.h>
#include <unistd.h>

long __mpiwasm_sysconf(int name); /* the C library's, which knows of one */

int __mpiwasm_processors(void) {
    enum { MOST = 1024 };
    const char *text = getenv("MPIWASM_PROCESSORS");
    long count = text != NULL ? strtol(text, NULL, 10) : 1;
    return count < 1 ? 1 : count > MOST ? MOST : (int)count;
}

long sysconf(int name) {
    if (name == _SC_NPROCESSORS_ONLN || name == _SC_NPROCESSORS_CONF) return __mpiwasm_processors();
    return __mpiwasm_sysconf(name);
}
