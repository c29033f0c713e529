/*
 * path_sandbox.c - resolves names beneath a directory: with openat2, else by an own walk.
 *
 * The walk keeps a stack with a descriptor for every directory it has entered. A component is
 * opened with O_NOFOLLOW relative to the top; a symbolic link is read and its text put in front of
 * what remains; ".." pops the stack and is never handed to the kernel. So a directory that
 * somebody moves elsewhere meanwhile cannot turn ".." into a way out: the walk only ever stands in
 * directories it came through. Symbolic links of procfs are text here too, hence harmless.
 *
 * Deviation from POSIX: a name that descends more than WALK_DEPTH levels fails in the walk
 * (ENAMETOOLONG), since each level costs a descriptor.
 */
#include "base/path_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#else /* headers older than Linux 5.6, which may yet run on a newer kernel */
struct open_how {
    uint64_t flags, mode, resolve;
};
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_BENEATH 0x08
#endif
#ifndef SYS_openat2
#define SYS_openat2 437 /* on every architecture */
#endif

enum {
    WALK_DEPTH = 256, /* directories below the root */
    LINK_LIMIT = 40,  /* as the kernel's MAXSYMLINKS */
    RETRY_LIMIT = 32, /* openat2 gives EAGAIN when a rename comes between */
};

static int sandbox_openat2(int root, const char *path, int flags, mode_t mode) {
    struct open_how how = {
        .flags = (uint64_t)(unsigned)flags,
        .mode = flags & O_CREAT ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    /* Beside flags that only concern opened files O_PATH is an error here, and without meaning. */
    if (flags & O_PATH) how.flags &= O_PATH | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;
    long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    return fd < 0 ? -errno : (int)fd;
}

void path_sandbox_init(struct path_sandbox *sandbox) {
    int fd = sandbox_openat2(AT_FDCWD, ".", O_PATH | O_CLOEXEC, 0);
    sandbox->use_openat2 = fd >= 0;
    if (fd >= 0) close(fd);
}

struct walk {
    int stack[WALK_DEPTH + 1]; /* stack[0] is the root, the caller's; the others are owned */
    int depth;                 /* index of the directory we stand in */
    int links;                 /* symbolic links expanded so far */
    const char *rest;          /* points into `text` */
    char text[2][PATH_SANDBOX_SIZE];
    int active; /* which text */
};

static void walk_release(struct walk *walk) {
    while (walk->depth > 0) {
        close(walk->stack[walk->depth--]);
    }
}

/* Put the link's text in front of what remains; `rest` begins with a slash or is empty. */
static int walk_expand(struct walk *walk, const char *target, size_t length, const char *rest) {
    size_t rest_length = strlen(rest);
    if (++walk->links > LINK_LIMIT) return -ELOOP;
    if (length == 0) return -ENOENT;
    if (target[0] == '/') return -EPERM;
    if (length + rest_length >= PATH_SANDBOX_SIZE) return -ENAMETOOLONG;
    char *text = walk->text[!walk->active];
    memcpy(text, target, length);
    memcpy(text + length, rest, rest_length + 1);
    walk->active = !walk->active;
    walk->rest = text;
    return 0;
}

/* If `name` in the current directory is a symbolic link, expand it: 1; if it is not: 0. */
static int walk_follow(struct walk *walk, const char *name, const char *rest) {
    char target[PATH_SANDBOX_SIZE];
    ssize_t length = readlinkat(walk->stack[walk->depth], name, target, sizeof target);
    if (length < 0) return errno == EINVAL ? 0 : -errno;
    if ((size_t)length == sizeof target) return -ENAMETOOLONG;
    int error = walk_expand(walk, target, (size_t)length, rest);
    return error ? error : 1;
}

static int walk_enter(struct walk *walk, const char *name, const char *rest) {
    if (walk->depth == WALK_DEPTH) return -ENAMETOOLONG;
    int fd = openat(walk->stack[walk->depth], name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        walk->stack[++walk->depth] = fd;
        walk->rest = rest;
        return 0;
    }
    int error = -errno;
    if (error != -ENOTDIR && error != -ELOOP) return error;
    int followed = walk_follow(walk, name, rest);
    if (followed < 0) return followed;
    return followed ? 0 : -ENOTDIR;
}

/* The last component: not ".", not "..", `rest` holds slashes only. 1: go on, a link was read. */
static int walk_open_last(struct walk *walk, const char *name, const char *rest, int flags,
                          mode_t mode, int *out) {
    bool slash = *rest != '\0';
    bool follow = !(flags & O_NOFOLLOW) || slash;
    if (slash && (flags & O_CREAT)) return -EISDIR;
    if (slash) flags |= O_DIRECTORY;
    int fd = openat(walk->stack[walk->depth], name, flags | O_NOFOLLOW, mode);
    int error = fd < 0 ? -errno : 0;
    if (!follow) {
        *out = fd;
        return error;
    }
    /* Links answer O_NOFOLLOW with ELOOP, beside O_DIRECTORY with ENOTDIR, beside O_PATH not. */
    if (fd >= 0) {
        struct stat status;
        if (!(flags & O_PATH) || (fstat(fd, &status) == 0 && !S_ISLNK(status.st_mode))) {
            *out = fd;
            return 0;
        }
        close(fd);
    } else if (error != -ELOOP && error != -ENOTDIR) {
        return error;
    }
    int followed = walk_follow(walk, name, rest);
    if (followed == 0) return error ? error : -EAGAIN; /* the link has just been replaced */
    return followed;
}

static int walk_open(int root, const char *path, int flags, mode_t mode) {
    struct walk walk;
    size_t length = strlen(path);
    if (length == 0) return -ENOENT;
    if (length >= PATH_SANDBOX_SIZE) return -ENAMETOOLONG;
    if (path[0] == '/') return -EPERM;
    walk.stack[0] = root;
    walk.depth = 0;
    walk.links = 0;
    walk.active = 0;
    memcpy(walk.text[0], path, length + 1);
    walk.rest = walk.text[0];

    int fd = -1, error = 0;
    for (;;) {
        while (*walk.rest == '/') {
            walk.rest++;
        }
        char name[NAME_MAX + 1];
        size_t size = strcspn(walk.rest, "/");
        if (size > NAME_MAX) {
            error = -ENAMETOOLONG;
            break;
        }
        memcpy(name, walk.rest, size);
        name[size] = '\0';
        const char *rest = walk.rest + size;
        bool last = rest[strspn(rest, "/")] == '\0';
        bool up = strcmp(name, "..") == 0;

        if (up && walk.depth == 0) {
            error = -EPERM;
            break;
        }
        if (up) close(walk.stack[walk.depth--]);
        if (up || size == 0 || strcmp(name, ".") == 0) {
            walk.rest = rest;
            if (!last) continue;
            /* The name ends in the directory where we stand. */
            if (flags & O_CREAT) {
                error = flags & O_EXCL ? -EEXIST : -EISDIR;
                break;
            }
            fd = openat(walk.stack[walk.depth], ".", flags | O_NOFOLLOW, mode);
            if (fd < 0) error = -errno;
            break;
        }
        if (last) {
            error = walk_open_last(&walk, name, rest, flags, mode, &fd);
            if (error <= 0) break;
            error = 0;
        } else {
            error = walk_enter(&walk, name, rest);
            if (error) break;
        }
    }
    walk_release(&walk);
    return error ? error : fd;
}

int path_sandbox_open(const struct path_sandbox *sandbox, int root, const char *path, int flags,
                      mode_t mode) {
    flags |= O_CLOEXEC | (flags & O_PATH ? 0 : O_NOCTTY);
    for (int i = 0; sandbox->use_openat2 && i < RETRY_LIMIT; i++) {
        int fd = sandbox_openat2(root, path, flags, mode);
        if (fd == -EXDEV) return -EPERM;
        /* EAGAIN may also be the file's own answer; the walk then gives it once more. */
        if (fd != -EAGAIN && fd != -EINTR) return fd;
    }
    int fd;
    int i = 0;
    do {
        fd = walk_open(root, path, flags, mode);
    } while ((fd == -EAGAIN || fd == -EINTR) && ++i < RETRY_LIMIT);
    return fd;
}

/* Split off the last component. 0, or a negative errno. `parent` gets what is in front of it. */
static int place_split(const char *path, char *parent, struct path_place *place) {
    size_t length = strlen(path);
    if (length == 0) return -ENOENT;
    if (length >= PATH_SANDBOX_SIZE) return -ENAMETOOLONG;
    if (path[0] == '/') return -EPERM;
    size_t end = length;
    while (path[end - 1] == '/') { /* stops: path[0] is not a slash */
        end--;
    }
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') {
        start--;
    }
    size_t size = end - start;
    place->must_be_directory = end != length;
    if (size > NAME_MAX) return -ENAMETOOLONG;
    bool whole = (size == 1 && path[start] == '.') || (size == 2 && !memcmp(path + start, "..", 2));
    if (whole) {
        memcpy(parent, path, end);
        parent[end] = '\0';
        strcpy(place->name, ".");
    } else {
        memcpy(parent, path, start);
        parent[start] = '\0';
        memcpy(place->name, path + start, size);
        place->name[size] = '\0';
    }
    return 0;
}

int path_sandbox_place(const struct path_sandbox *sandbox, int root, const char *path, bool follow,
                       struct path_place *place) {
    char current[PATH_SANDBOX_SIZE], parent[PATH_SANDBOX_SIZE], target[PATH_SANDBOX_SIZE];
    if (strlen(path) >= sizeof current) return -ENAMETOOLONG;
    strcpy(current, path);
    for (int links = 0;; links++) {
        int error = place_split(current, parent, place);
        if (error) return error;
        if (parent[0] == '\0') {
            place->directory = root;
            place->owned = false;
        } else {
            int fd = path_sandbox_open(sandbox, root, parent, O_PATH | O_DIRECTORY, 0);
            if (fd < 0) return fd;
            place->directory = fd;
            place->owned = true;
        }
        if (!follow || strcmp(place->name, ".") == 0) return 0;
        ssize_t length = readlinkat(place->directory, place->name, target, sizeof target);
        if (length < 0) return 0; /* not a link, or nothing at all: the operation itself tells */

        path_place_release(place);
        size_t parent_length = strlen(parent);
        bool slash = place->must_be_directory;
        if (links == LINK_LIMIT) return -ELOOP;
        if (length == 0) return -ENOENT;
        if (target[0] == '/') return -EPERM;
        if (parent_length + (size_t)length + slash >= sizeof current) return -ENAMETOOLONG;
        memcpy(current, parent, parent_length); /* empty, or ends with a slash */
        memcpy(current + parent_length, target, (size_t)length);
        memcpy(current + parent_length + (size_t)length, slash ? "/" : "", slash ? 2 : 1);
    }
}

void path_place_release(struct path_place *place) {
    if (place->owned) close(place->directory);
    place->owned = false;
    place->directory = -1;
}
