/*
 * files.c - temporary files and resolved paths, below the directories that the guest was granted.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Try names in place of the final XXXXXX until `make` succeeds with one; -1 with errno else. */
static int try_names(char *name, int (*make)(const char *)) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    size_t length = strlen(name);
    if (length < 6 || strcmp(name + length - 6, "XXXXXX") != 0) {
        errno = EINVAL;
        return -1;
    }
    for (int attempt = 0; attempt < 100; attempt++) {
        unsigned char bytes[6];
        if (getentropy(bytes, sizeof bytes) != 0) return -1;
        for (int i = 0; i < 6; i++)
            name[length - 6 + (size_t)i] = letters[bytes[i] % (sizeof letters - 1)];
        int result = make(name);
        if (result >= 0 || errno != EEXIST) return result;
    }
    return -1;
}

static int make_file(const char *name) {
    return open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
}
static int make_directory(const char *name) {
    return mkdir(name, 0700);
}
static int make_nothing(const char *name) {
    if (access(name, F_OK) != 0) return 0;
    errno = EEXIST;
    return -1;
}

int mkstemp(char *name) {
    return try_names(name, make_file);
}
char *mkdtemp(char *name) {
    return try_names(name, make_directory) < 0 ? NULL : name;
}
char *mktemp(char *name) {
    if (try_names(name, make_nothing) < 0) *name = 0;
    return name;
}
char *tmpnam(char *name) {
    static char own[L_tmpnam];
    if (!name) name = own;
    strcpy(name, "tmpXXXXXX");
    return *mktemp(name) ? name : NULL;
}

FILE *tmpfile(void) {
    static const char *const places[] = {"/tmp/tmpXXXXXX", "tmpXXXXXX"};
    for (int i = 0; i < 2; i++) {
        char name[32];
        strcpy(name, places[i]);
        int fd = mkstemp(name);
        if (fd < 0) continue;
        unlink(name);
        FILE *file = fdopen(fd, "w+");
        if (!file) close(fd);
        return file;
    }
    return NULL;
}

/* Lexically: "." and "..", and double slashes go; symbolic links stay, as the sandbox resolves. */
char *realpath(const char *restrict path, char *restrict resolved) {
    char full[PATH_MAX], out[PATH_MAX] = "";
    if (!path || !*path) {
        errno = path ? ENOENT : EINVAL;
        return NULL;
    }
    if (access(path, F_OK) != 0) return NULL;
    if (*path == '/') {
        if (snprintf(full, sizeof full, "%s", path) >= (int)sizeof full) goto too_long;
    } else {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return NULL;
        if (snprintf(full, sizeof full, "%s/%s", here, path) >= (int)sizeof full) goto too_long;
    }
    size_t length = 0;
    for (char *position = full, *part; (part = strsep(&position, "/"));) {
        if (!*part || strcmp(part, ".") == 0) continue;
        if (strcmp(part, "..") == 0) {
            while (length > 0 && out[--length] != '/')
                ;
            out[length] = 0;
        } else {
            length += (size_t)snprintf(out + length, sizeof out - length, "/%s", part);
        }
    }
    if (length == 0) strcpy(out, "/");
    if (!resolved) return strdup(out);
    return strcpy(resolved, out);
too_long:
    errno = ENAMETOOLONG;
    return NULL;
}
