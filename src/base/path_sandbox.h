/*
 * path_sandbox.h - names below a directory, resolved so that nothing outside it is ever reached.
 *
 * Neither "..", nor absolute names, nor symbolic links (absolute, leading out, or renamed into
 * the way while the name is being resolved) lead out of the root. Magic links of procfs are never
 * followed. Where the kernel has openat2 it enforces this (RESOLVE_BENEATH); elsewhere a walk of
 * our own does, component by component.
 *
 * Functions return a descriptor or 0 on success and a negative host errno on failure; an attempt
 * to leave the root is -EPERM.
 */
#ifndef MPIWASM_BASE_PATH_SANDBOX_H
#define MPIWASM_BASE_PATH_SANDBOX_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

enum { PATH_SANDBOX_SIZE = PATH_MAX }; /* bytes of a name with its NUL */

struct path_sandbox {
    bool use_openat2; /* false: walk by ourselves */
};

/* Find out what this kernel (and a seccomp filter around us) offers. */
void path_sandbox_init(struct path_sandbox *sandbox);

/*
 * openat(root, path, flags, mode) inside the sandbox. O_NOFOLLOW in flags is about the last
 * component, as with open. O_CLOEXEC and O_NOCTTY are added. The caller closes the descriptor.
 */
int path_sandbox_open(const struct path_sandbox *sandbox, int root, const char *path, int flags,
                      mode_t mode);

/* Where the last component of a name lies: what the *at calls need. */
struct path_place {
    int directory;           /* descriptor of the parent (O_PATH) */
    bool owned;              /* path_place_release closes it */
    bool must_be_directory;  /* the name ended with a slash */
    char name[NAME_MAX + 1]; /* one component, never ".." and never with a slash; "." if the
                                name as a whole means `directory` itself */
};

/*
 * Resolve all but the last component. With `follow`, a symbolic link there is expanded (up to the
 * usual depth). The caller must use `name` with calls that do not follow links. Release after use.
 */
int path_sandbox_place(const struct path_sandbox *sandbox, int root, const char *path, bool follow,
                       struct path_place *place);
void path_place_release(struct path_place *place);

#endif
