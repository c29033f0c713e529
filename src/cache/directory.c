/*
 * directory.c - where the cache may be: the configured directory and what takes its place.
 *
 * An artifact is native code that will run in the user's process, so a directory counts only if
 * it is the user's own and nobody else may write to it.
 */
#include "cache/internal.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *environment(const char *name) {
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* False if it does not fit or there is no home. */
static bool configured_path(char *path, size_t size) {
    const char *value = environment("MPIWASM_CACHE_DIR");
    int length;
    if (value != NULL) {
        char *cwd = NULL;
        if (value[0] != '/' && (cwd = getcwd(NULL, 0)) != NULL)
            length = snprintf(path, size, "%s/%s", cwd, value);
        else
            length = snprintf(path, size, "%s", value);
        free(cwd);
    } else if ((value = environment("XDG_CACHE_HOME")) != NULL && value[0] == '/') {
        length = snprintf(path, size, "%s/mpiwasm", value);
    } else {
        if ((value = environment("HOME")) == NULL) {
            const struct passwd *user = getpwuid(geteuid());
            if (user == NULL || user->pw_dir == NULL || user->pw_dir[0] != '/') return false;
            value = user->pw_dir;
        }
        length = snprintf(path, size, "%s/.cache/mpiwasm", value);
    }
    return length > 0 && (size_t)length < size;
}

size_t directory_temporaries(const char *directories[DIRECTORY_MAX]) {
    size_t count = 0;
    const char *value = environment("TMPDIR");
    if (value != NULL && value[0] == '/') directories[count++] = value;
    directories[count++] = "/tmp";
    directories[count++] = "/dev/shm";
    return count;
}

size_t directory_candidates(struct directory directories[DIRECTORY_MAX]) {
    size_t count = 0;
    directories[0].is_private = false;
    if (configured_path(directories[0].path, sizeof directories[0].path)) count = 1;
    const char *temporaries[DIRECTORY_MAX];
    size_t temporary_count = directory_temporaries(temporaries);
    for (size_t i = 0; i < temporary_count && count < DIRECTORY_MAX; i++) {
        struct directory *directory = &directories[count];
        int length = snprintf(directory->path, sizeof directory->path, "%s/mpiwasm-%u",
                              temporaries[i], (unsigned)geteuid());
        directory->is_private = true;
        if (length > 0 && (size_t)length < sizeof directory->path) count++;
    }
    return count;
}

/* mkdir -p, mode 0700. */
static bool make_directories(const char *path, struct error *err) {
    char part[PATH_MAX];
    snprintf(part, sizeof part, "%s", path);
    for (char *at = part + 1;; at++) {
        if (*at != '/' && *at != '\0') continue;
        char saved = *at;
        *at = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST && access(part, F_OK) != 0)
            return error_set_errno(err, "cannot make '%s'", part);
        *at = saved;
        if (saved == '\0') return true;
    }
}

bool directory_check(const struct directory *directory, bool make, struct error *err) {
    const char *path = directory->path;
    struct stat status;
    int result = directory->is_private ? lstat(path, &status) : stat(path, &status);
    if (result != 0 && errno == ENOENT && make) {
        if (directory->is_private) {
            if (mkdir(path, 0700) != 0 && errno != EEXIST)
                return error_set_errno(err, "cannot make '%s'", path);
        } else if (!make_directories(path, err)) {
            return false;
        }
        result = directory->is_private ? lstat(path, &status) : stat(path, &status);
    }
    if (result != 0) return error_set_errno(err, "cannot use '%s'", path);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_SYSTEM, "'%s' is not a directory", path);
    if (status.st_uid != geteuid())
        return error_set(err, ERROR_SYSTEM, "'%s' belongs to somebody else (user %u)", path,
                         (unsigned)status.st_uid);
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return error_set(err, ERROR_SYSTEM, "others may write to '%s' (mode %03o)", path,
                         (unsigned)status.st_mode & 0777);
    return true;
}

bool cache_directory(char *path, size_t size, struct error *err) {
    struct directory directories[DIRECTORY_MAX];
    if (directory_candidates(directories) == 0)
        return error_set(err, ERROR_SYSTEM, "there is no directory for the cache");
    snprintf(path, size, "%s", directories[0].path);
    struct error reason;
    if (access(path, F_OK) == 0 && !directory_check(&directories[0], false, &reason))
        return error_set(err, reason.code, "%s", reason.message);
    return true;
}
