/*
 * name_operations.h - every function that takes a name, as one table: what is true of all of them
 * is tested on all of them. Those with two names appear once for each; the other name is "bait" or
 * "new", both in the granted directory, of which name_operations_prepare makes the first.
 */
#ifndef MPIWASM_TESTS_WASI_NAME_OPERATIONS_H
#define MPIWASM_TESTS_WASI_NAME_OPERATIONS_H

#include "wasi_test.h"

struct name_operation {
    const char *label;
    uint32_t (*run)(struct fixture *f, uint32_t fd, const char *name);
    bool creates; /* the name is of something that does not exist yet */
};

#define NAME_OPERATION(label, expression)                                                          \
    static uint32_t operation_##label(struct fixture *f, uint32_t fd, const char *name) {          \
        uint32_t mark = f->next, error = expression;                                               \
        f->next = mark;                                                                            \
        return error;                                                                              \
    }

/* What gets open is closed again, so that a test can call it as often as it likes. */
static uint32_t operation_open_close(struct fixture *f, uint32_t fd, const char *name,
                                     uint32_t lookup, uint32_t oflags, uint64_t rights) {
    uint32_t opened;
    uint32_t error = open_at(f, fd, name, lookup, oflags, rights, 0, &opened);
    if (!error) wasi_fd_close(f->wasi, opened);
    return error;
}

static uint32_t operation_read_link(struct fixture *f, uint32_t fd, const char *name) {
    char text[1024];
    return readlink_at(f, fd, name, text);
}

NAME_OPERATION(open, operation_open_close(f, fd, name, FOLLOW, 0, READING))
NAME_OPERATION(open_write, operation_open_close(f, fd, name, FOLLOW, 0, WASI_RIGHT_FD_WRITE))
NAME_OPERATION(open_nofollow, operation_open_close(f, fd, name, 0, 0, READING))
NAME_OPERATION(open_directory,
               operation_open_close(f, fd, name, FOLLOW, WASI_OFLAG_DIRECTORY, READING))
NAME_OPERATION(open_truncate, operation_open_close(f, fd, name, FOLLOW, WASI_OFLAG_TRUNC, WRITING))
NAME_OPERATION(create, operation_open_close(f, fd, name, FOLLOW, WASI_OFLAG_CREAT, BOTH))
NAME_OPERATION(create_exclusive,
               operation_open_close(f, fd, name, 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH))
NAME_OPERATION(stat, stat_at(f, fd, name, 0, NULL))
NAME_OPERATION(stat_follow, stat_at(f, fd, name, FOLLOW, NULL))
NAME_OPERATION(times, times_at(f, fd, name, 0, 1, 1, WASI_FST_MTIM))
NAME_OPERATION(times_follow, times_at(f, fd, name, FOLLOW, 1, 1, WASI_FST_MTIM))
NAME_OPERATION(mkdir, mkdir_at(f, fd, name))
NAME_OPERATION(rmdir, rmdir_at(f, fd, name))
NAME_OPERATION(unlink, unlink_at(f, fd, name))
NAME_OPERATION(symlink, symlink_at(f, "bait", fd, name))
NAME_OPERATION(readlink, operation_read_link(f, fd, name))
NAME_OPERATION(rename_from, rename_at(f, fd, name, ROOT, "new"))
NAME_OPERATION(rename_to, rename_at(f, ROOT, "bait", fd, name))
NAME_OPERATION(link_from, link_at(f, fd, 0, name, ROOT, "new"))
NAME_OPERATION(link_from_follow, link_at(f, fd, FOLLOW, name, ROOT, "new"))
NAME_OPERATION(link_to, link_at(f, ROOT, 0, "bait", fd, name))

#define ROW(label, creates) {#label, operation_##label, creates}
static const struct name_operation name_operations[] = {
    ROW(open, false),
    ROW(open_write, false),
    ROW(open_nofollow, false),
    ROW(open_directory, false),
    ROW(open_truncate, false),
    ROW(create, true),
    ROW(create_exclusive, true),
    ROW(stat, false),
    ROW(stat_follow, false),
    ROW(times, false),
    ROW(times_follow, false),
    ROW(mkdir, true),
    ROW(rmdir, false),
    ROW(unlink, false),
    ROW(symlink, true),
    ROW(readlink, false),
    ROW(rename_from, false),
    ROW(rename_to, true),
    ROW(link_from, false),
    ROW(link_from_follow, false),
    ROW(link_to, true),
};
#undef ROW
enum { NAME_OPERATIONS = sizeof name_operations / sizeof *name_operations };

static inline void name_operations_prepare(struct fixture *f) {
    if (stat_at(f, ROOT, "bait", 0, NULL) != WASI_ESUCCESS) host_write(f, "root/bait", "bait");
}

#endif
