/*
 * loading.c - shared libraries, of which a module loads none: every call fails and says so.
 */
#include <dlfcn.h>
#include <stddef.h>

static char reason[] = "WebAssembly modules load no shared libraries";
static char *last; /* what dlerror has not told yet */

void *dlopen(const char *path, int mode) {
    (void)path;
    (void)mode;
    last = reason;
    return NULL;
}
void *dlsym(void *library, const char *name) {
    (void)library;
    (void)name;
    last = reason;
    return NULL;
}
int dlclose(void *library) {
    (void)library;
    last = reason;
    return -1;
}
char *dlerror(void) {
    char *text = last;
    last = NULL;
    return text;
}
