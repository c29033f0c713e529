/*
 * paths.c - finds the installation by /proc/self/exe, so that any prefix works; see paths.h.
 */
#include "cli/paths.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *paths_executable(void) {
    static char path[PATH_MAX];
    if (path[0] == '\0') {
        ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
        if (length <= 0) return "mpiwasm";
        path[length] = '\0';
    }
    return path;
}

char *paths_installed(struct arena *arena, const char *relative) {
    const char *executable = paths_executable();
    const char *slash = strrchr(executable, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - executable);
    /* Without "bin/.." where possible: these paths are shown. */
    size_t parent = length;
    while (parent > 0 && executable[parent - 1] != '/')
        parent--;
    if (parent > 1) return arena_printf(arena, "%.*s/%s", (int)(parent - 1), executable, relative);
    return arena_printf(arena, "%.*s/../%s", (int)length, executable, relative);
}
