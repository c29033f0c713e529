/*
 * rights_test.c - each function with the rights that the specification names for it: with these
 * alone it succeeds, and with all but one of them it is ENOTCAPABLE.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <unistd.h>

enum { AT = 1024, ROOM = 512, FILE_FD = FIRST_FREE, SIZE = 64 };

/* A descriptor for a file with some text, at number FILE_FD; a link, a directory, guest memory. */
static void prepare(struct fixture *f) {
    uint32_t fd;
    host_write(f, "root/file", "text");
    host_mkdir(f, "root/dir");
    host_symlink(f, "file", "root/link");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(fd, FILE_FD);
    f->next = AT + ROOM;
}

static void set_rights(struct fixture *f, uint32_t fd, uint64_t base) {
    fd_table_get(&f->wasi->files, fd)->rights_base = base;
}

typedef uint32_t (*rights_call)(struct fixture *f);

static void check_rights(struct fixture *f, uint32_t fd, uint64_t rights, rights_call call) {
    prepare(f);
    for (uint64_t right = 1; right < WASI_RIGHT_ALL; right <<= 1) {
        if (!(rights & right)) continue;
        set_rights(f, fd, WASI_RIGHT_ALL & ~right);
        CHECK_EQUAL(call(f), WASI_ENOTCAPABLE);
    }
    set_rights(f, fd, rights);
    CHECK_EQUAL(call(f), WASI_ESUCCESS);
}

/* `function` on descriptor `fd` needs `rights` and nothing else. */
#define NEEDS(function, fd, rights, expression)                                                    \
    static uint32_t call_##function(struct fixture *f) {                                           \
        struct wasi *w = f->wasi;                                                                  \
        (void)w;                                                                                   \
        return expression;                                                                         \
    }                                                                                              \
    TEST(function##_needs_its_rights) {                                                            \
        check_rights(f, fd, rights, call_##function);                                              \
    }
#define RIGHT(name) WASI_RIGHT_##name
#define NAME(text) guest_bytes(f, text, sizeof text - 1), sizeof text - 1

NEEDS(fd_advise, FILE_FD, RIGHT(FD_ADVISE), wasi_fd_advise(w, FILE_FD, 0, 0, 0))
NEEDS(fd_allocate, FILE_FD, RIGHT(FD_ALLOCATE), wasi_fd_allocate(w, FILE_FD, 0, 1))
NEEDS(fd_datasync, FILE_FD, RIGHT(FD_DATASYNC), wasi_fd_datasync(w, FILE_FD))
NEEDS(fd_sync, FILE_FD, RIGHT(FD_SYNC), wasi_fd_sync(w, FILE_FD))
NEEDS(fd_fdstat_set_flags, FILE_FD, RIGHT(FD_FDSTAT_SET_FLAGS),
      wasi_fd_fdstat_set_flags(w, FILE_FD, 0))
NEEDS(fd_filestat_get, FILE_FD, RIGHT(FD_FILESTAT_GET), wasi_fd_filestat_get(w, FILE_FD, AT))
NEEDS(fd_filestat_set_size, FILE_FD, RIGHT(FD_FILESTAT_SET_SIZE),
      wasi_fd_filestat_set_size(w, FILE_FD, 1))
NEEDS(fd_filestat_set_times, FILE_FD, RIGHT(FD_FILESTAT_SET_TIMES),
      wasi_fd_filestat_set_times(w, FILE_FD, 1, 1, WASI_FST_MTIM))
NEEDS(fd_read, FILE_FD, RIGHT(FD_READ), wasi_fd_read(w, FILE_FD, AT, 0, AT))
NEEDS(fd_write, FILE_FD, RIGHT(FD_WRITE), wasi_fd_write(w, FILE_FD, AT, 0, AT))
NEEDS(fd_pread, FILE_FD, RIGHT(FD_READ) | RIGHT(FD_SEEK), wasi_fd_pread(w, FILE_FD, AT, 0, 0, AT))
NEEDS(fd_pwrite, FILE_FD, RIGHT(FD_WRITE) | RIGHT(FD_SEEK),
      wasi_fd_pwrite(w, FILE_FD, AT, 0, 0, AT))
NEEDS(fd_seek, FILE_FD, RIGHT(FD_SEEK), wasi_fd_seek(w, FILE_FD, 1, WASI_WHENCE_CUR, AT))
NEEDS(fd_readdir, ROOT, RIGHT(FD_READDIR), wasi_fd_readdir(w, ROOT, AT, SIZE, 0, AT + SIZE))
NEEDS(path_create_directory, ROOT, RIGHT(PATH_CREATE_DIRECTORY), mkdir_at(f, ROOT, "new"))
NEEDS(path_filestat_get, ROOT, RIGHT(PATH_FILESTAT_GET), stat_at(f, ROOT, "file", 0, NULL))
NEEDS(path_filestat_set_times, ROOT, RIGHT(PATH_FILESTAT_SET_TIMES),
      times_at(f, ROOT, "file", 0, 1, 1, WASI_FST_MTIM))
NEEDS(path_readlink, ROOT, RIGHT(PATH_READLINK),
      wasi_path_readlink(w, ROOT, NAME("link"), AT, SIZE, AT + SIZE))
NEEDS(path_remove_directory, ROOT, RIGHT(PATH_REMOVE_DIRECTORY), rmdir_at(f, ROOT, "dir"))
NEEDS(path_unlink_file, ROOT, RIGHT(PATH_UNLINK_FILE), unlink_at(f, ROOT, "file"))
NEEDS(path_symlink, ROOT, RIGHT(PATH_SYMLINK), symlink_at(f, "file", ROOT, "new"))
NEEDS(path_open, ROOT, RIGHT(PATH_OPEN), open_at(f, ROOT, "file", 0, 0, 0, 0, NULL))
NEEDS(path_open_with_creat, ROOT, RIGHT(PATH_OPEN) | RIGHT(PATH_CREATE_FILE),
      open_at(f, ROOT, "new", 0, WASI_OFLAG_CREAT, 0, 0, NULL))
NEEDS(path_open_with_trunc, ROOT, RIGHT(PATH_OPEN) | RIGHT(PATH_FILESTAT_SET_SIZE),
      open_at(f, ROOT, "file", 0, WASI_OFLAG_TRUNC, 0, 0, NULL))
NEEDS(path_open_with_rsync, ROOT, RIGHT(PATH_OPEN) | RIGHT(FD_SYNC),
      open_at(f, ROOT, "file", 0, 0, 0, WASI_FDFLAG_RSYNC, NULL))
NEEDS(path_open_with_sync, ROOT, RIGHT(PATH_OPEN) | RIGHT(FD_SYNC),
      open_at(f, ROOT, "file", 0, 0, 0, WASI_FDFLAG_SYNC, NULL))

/* Two directories, so that each side's right is seen alone: here the source is `sub`. */
static uint32_t open_sub(struct fixture *f) {
    uint32_t fd;
    prepare(f);
    host_write(f, "root/dir/source", "x");
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    return fd;
}

TEST(path_link_needs_a_right_on_either_side) {
    uint32_t sub = open_sub(f);
    set_rights(f, sub, WASI_RIGHT_PATH_LINK_SOURCE);
    set_rights(f, ROOT, WASI_RIGHT_ALL & ~WASI_RIGHT_PATH_LINK_TARGET);
    CHECK_EQUAL(link_at(f, sub, 0, "source", ROOT, "new"), WASI_ENOTCAPABLE);
    set_rights(f, ROOT, WASI_RIGHT_PATH_LINK_TARGET);
    CHECK_EQUAL(link_at(f, sub, 0, "source", ROOT, "new"), WASI_ESUCCESS);
    set_rights(f, sub, WASI_RIGHT_ALL & ~WASI_RIGHT_PATH_LINK_SOURCE);
    CHECK_EQUAL(link_at(f, sub, 0, "source", ROOT, "newer"), WASI_ENOTCAPABLE);
}

TEST(path_rename_needs_a_right_on_either_side) {
    uint32_t sub = open_sub(f);
    set_rights(f, sub, WASI_RIGHT_ALL & ~WASI_RIGHT_PATH_RENAME_SOURCE);
    set_rights(f, ROOT, WASI_RIGHT_PATH_RENAME_TARGET);
    CHECK_EQUAL(rename_at(f, sub, "source", ROOT, "new"), WASI_ENOTCAPABLE);
    set_rights(f, sub, WASI_RIGHT_PATH_RENAME_SOURCE);
    set_rights(f, ROOT, WASI_RIGHT_ALL & ~WASI_RIGHT_PATH_RENAME_TARGET);
    CHECK_EQUAL(rename_at(f, sub, "source", ROOT, "new"), WASI_ENOTCAPABLE);
    set_rights(f, ROOT, WASI_RIGHT_PATH_RENAME_TARGET);
    CHECK_EQUAL(rename_at(f, sub, "source", ROOT, "new"), WASI_ESUCCESS);
}

TEST(either_synchronising_right_allows_dsync) {
    static const uint64_t rights[] = {WASI_RIGHT_FD_DATASYNC, WASI_RIGHT_FD_SYNC};
    prepare(f);
    for (int i = 0; i < 2; i++) {
        set_rights(f, ROOT, WASI_RIGHT_PATH_OPEN | rights[i]);
        CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, 0, WASI_FDFLAG_DSYNC, NULL), WASI_ESUCCESS);
    }
    set_rights(f, ROOT, WASI_RIGHT_ALL & ~(rights[0] | rights[1]));
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, 0, WASI_FDFLAG_DSYNC, NULL), WASI_ENOTCAPABLE);
}

TEST(telling_needs_the_right_to_tell) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_FD_TELL);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, FILE_FD, AT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 0, WASI_WHENCE_CUR, AT), WASI_ESUCCESS);
    set_rights(f, FILE_FD, WASI_RIGHT_ALL & ~(WASI_RIGHT_FD_TELL | WASI_RIGHT_FD_SEEK));
    CHECK_EQUAL(wasi_fd_tell(f->wasi, FILE_FD, AT), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 0, WASI_WHENCE_CUR, AT), WASI_ENOTCAPABLE);
}

TEST(the_right_to_tell_does_not_move) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_ALL & ~WASI_RIGHT_FD_SEEK);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 0, WASI_WHENCE_SET, AT), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 0, WASI_WHENCE_END, AT), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 1, WASI_WHENCE_CUR, AT), WASI_ENOTCAPABLE);
}

TEST(the_right_to_seek_implies_that_to_tell) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_FD_SEEK);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, FILE_FD, AT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, FILE_FD, 0, WASI_WHENCE_CUR, AT), WASI_ESUCCESS);
}

TEST(attributes_of_a_descriptor_need_no_right) {
    prepare(f);
    set_rights(f, FILE_FD, 0);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, FILE_FD, AT), WASI_ESUCCESS);
}

TEST(giving_up_rights_needs_no_right) {
    prepare(f);
    set_rights(f, FILE_FD, 0);
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, FILE_FD, 0, 0), WASI_ESUCCESS);
}

TEST(closing_needs_no_right) {
    prepare(f);
    set_rights(f, FILE_FD, 0);
    CHECK_EQUAL(wasi_fd_close(f->wasi, FILE_FD), WASI_ESUCCESS);
}

TEST(rights_given_up_stay_so_under_another_number) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_FD_READ);
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, FILE_FD, FIXED), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, FIXED, "x"), WASI_ENOTCAPABLE);
}

TEST(inherited_rights_bound_those_of_what_is_opened_below) {
    uint32_t sub;
    prepare(f);
    host_write(f, "root/dir/file", "x");
    uint32_t path = guest_bytes(f, "dir", 3), name = guest_bytes(f, "file", 4);
    uint64_t inheriting = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_SEEK;
    CHECK_EQUAL(wasi_path_open(f->wasi, ROOT, 0, path, 3, WASI_OFLAG_DIRECTORY,
                               WASI_RIGHT_PATH_OPEN, inheriting, 0, AT),
                WASI_ESUCCESS);
    sub = guest_u32(f, AT);
    CHECK_EQUAL(wasi_path_open(f->wasi, sub, 0, name, 4, 0, inheriting, 0, 0, AT), WASI_ESUCCESS);
    CHECK_EQUAL(
        wasi_path_open(f->wasi, sub, 0, name, 4, 0, inheriting | WASI_RIGHT_FD_TELL, 0, 0, AT),
        WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_path_open(f->wasi, sub, 0, name, 4, 0, 0, WASI_RIGHT_FD_WRITE, 0, AT),
                WASI_ENOTCAPABLE);
}

TEST(a_file_hands_no_rights_on) {
    prepare(f);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, FILE_FD, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, AT + WASI_FDSTAT_RIGHTS_INHERITING), 0);
}

TEST(a_file_has_no_rights_of_directories) {
    prepare(f);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, FILE_FD, AT), WASI_ESUCCESS);
    CHECK_EQUAL(
        guest_u64(f, AT + WASI_FDSTAT_RIGHTS_BASE) & WASI_RIGHT_DIRECTORY & ~WASI_RIGHT_FILE, 0);
}

/* Polling takes two rights, of which the second depends on the direction. */
static uint16_t poll_error(struct fixture *f, uint32_t fd, uint8_t tag) {
    uint32_t in = guest_room(f, WASI_SUBSCRIPTION_SIZE), out = guest_room(f, WASI_EVENT_SIZE);
    guest_at(f, in)[WASI_SUBSCRIPTION_TAG] = tag;
    wasi_put_u32(guest_at(f, in) + WASI_SUBSCRIPTION_FD, fd);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, in, out, 1, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, AT), 1);
    return wasi_get_u16(guest_at(f, out) + WASI_EVENT_ERROR);
}

TEST(polling_needs_the_right_to_poll) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_ALL & ~WASI_RIGHT_POLL_FD_READWRITE);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_READ), WASI_ENOTCAPABLE);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_WRITE), WASI_ENOTCAPABLE);
}

TEST(polling_for_input_needs_the_right_to_read) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_FD_READ);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_READ), WASI_ESUCCESS);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_WRITE), WASI_ENOTCAPABLE);
}

TEST(polling_for_room_needs_the_right_to_write) {
    prepare(f);
    set_rights(f, FILE_FD, WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_FD_WRITE);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_READ), WASI_ENOTCAPABLE);
    CHECK_EQUAL(poll_error(f, FILE_FD, WASI_EVENT_FD_WRITE), WASI_ESUCCESS);
}
