/*
 * paths_test.c - what the functions on names do when nobody attacks: as POSIX has it, in WASI's
 * terms.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <unistd.h>

static uint8_t type_of(const uint8_t *status) {
    return status[WASI_FILESTAT_FILETYPE];
}

TEST(exclusive_creation_fails_on_what_exists) {
    host_write(f, "root/file", "x");
    host_symlink(f, "nowhere", "root/dangling");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH, 0, NULL),
                WASI_EEXIST);
    CHECK_EQUAL(
        open_at(f, ROOT, "dangling", FOLLOW, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH, 0, NULL),
        WASI_EEXIST);
    CHECK(!host_exists(f, "root/nowhere"));
}

TEST(truncation_empties_the_file) {
    host_write(f, "root/file", "long text");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, WASI_OFLAG_TRUNC, WRITING, 0, NULL),
                WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "") == 0);
}

TEST(what_does_not_exist_is_noent) {
    CHECK_EQUAL(open_at(f, ROOT, "missing", FOLLOW, 0, READING, 0, NULL), WASI_ENOENT);
    CHECK_EQUAL(open_at(f, ROOT, "missing/file", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL),
                WASI_ENOENT);
    CHECK_EQUAL(stat_at(f, ROOT, "missing", FOLLOW, NULL), WASI_ENOENT);
    CHECK_EQUAL(unlink_at(f, ROOT, "missing"), WASI_ENOENT);
    CHECK_EQUAL(rmdir_at(f, ROOT, "missing"), WASI_ENOENT);
    CHECK_EQUAL(rename_at(f, ROOT, "missing", ROOT, "x"), WASI_ENOENT);
    CHECK_EQUAL(link_at(f, ROOT, 0, "missing", ROOT, "x"), WASI_ENOENT);
    CHECK_EQUAL(times_at(f, ROOT, "missing", FOLLOW, 0, 0, WASI_FST_ATIM), WASI_ENOENT);
}

TEST(a_file_is_no_directory) {
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, NULL),
                WASI_ENOTDIR);
    CHECK_EQUAL(open_at(f, ROOT, "file/", FOLLOW, 0, READING, 0, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(open_at(f, ROOT, "file/x", FOLLOW, 0, READING, 0, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(open_at(f, ROOT, "file/..", FOLLOW, 0, READING, 0, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(open_at(f, ROOT, "file/.", FOLLOW, 0, READING, 0, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(stat_at(f, ROOT, "file/", FOLLOW, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(unlink_at(f, ROOT, "file/"), WASI_ENOTDIR);
    CHECK_EQUAL(rmdir_at(f, ROOT, "file"), WASI_ENOTDIR);
    CHECK_EQUAL(rename_at(f, ROOT, "file/", ROOT, "x"), WASI_ENOTDIR);
    CHECK_EQUAL(rename_at(f, ROOT, "file", ROOT, "x/"), WASI_ENOTDIR);
    CHECK_EQUAL(link_at(f, ROOT, 0, "file/", ROOT, "x"), WASI_ENOTDIR);
    CHECK_EQUAL(times_at(f, ROOT, "file/", FOLLOW, 0, 0, WASI_FST_ATIM), WASI_ENOTDIR);
    CHECK(strcmp(host_read(f, "root/file"), "x") == 0);
}

TEST(a_descriptor_of_a_file_is_no_directory_to_start_from) {
    uint32_t fd;
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, fd, "x", FOLLOW, 0, READING, 0, NULL), WASI_ENOTDIR);
    CHECK_EQUAL(mkdir_at(f, fd, "x"), WASI_ENOTDIR);
    CHECK_EQUAL(open_at(f, 99, "x", FOLLOW, 0, READING, 0, NULL), WASI_EBADF);
    CHECK_EQUAL(open_at(f, UINT32_MAX, "x", FOLLOW, 0, READING, 0, NULL), WASI_EBADF);
}

TEST(a_directory_is_opened_for_reading_only) {
    host_mkdir(f, "root/dir");
    uint32_t fd;
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir/", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, 0, WRITING, 0, NULL), WASI_EISDIR);
    CHECK_EQUAL(open_at(f, ROOT, "new/", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_EISDIR);
    CHECK_EQUAL(
        open_at(f, ROOT, "new", FOLLOW, WASI_OFLAG_CREAT | WASI_OFLAG_DIRECTORY, BOTH, 0, NULL),
        WASI_EINVAL);
    CHECK(!host_exists(f, "root/new"));
    CHECK_EQUAL(open_at(f, fd, ".", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, NULL), WASI_ESUCCESS);
}

TEST(names_with_dots_and_doubled_slashes_resolve) {
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    host_write(f, "root/a/file", "x");
    static const char *const names[] = {"a/file",          "./a/file",    "a//file",
                                        "a/./file",        "a/b/../file", "a/b/.././file",
                                        "a/b/../../a/file"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[1024] = "";
        uint32_t fd;
        CHECK_EQUAL(open_at(f, ROOT, names[i], FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
        CHECK_EQUAL(read_text(f, fd, text), WASI_ESUCCESS);
        CHECK(strcmp(text, "x") == 0);
        CHECK_EQUAL(wasi_fd_close(f->wasi, fd), WASI_ESUCCESS);
    }
    uint8_t status[WASI_FILESTAT_SIZE];
    CHECK_EQUAL(stat_at(f, ROOT, "a/b/..", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_DIRECTORY);
    CHECK_EQUAL(stat_at(f, ROOT, "a/b/../..", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, ".", 0, status), WASI_ESUCCESS);
}

TEST(links_inside_are_followed_unless_told_not_to) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/file", "x");
    host_symlink(f, "dir/file", "root/link");
    host_symlink(f, "dir", "root/dirlink");
    host_symlink(f, "../dir/file", "root/dir/up");
    uint8_t status[WASI_FILESTAT_SIZE];
    CHECK_EQUAL(open_at(f, ROOT, "link", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "link", 0, 0, READING, 0, NULL), WASI_ELOOP);
    CHECK_EQUAL(open_at(f, ROOT, "dirlink/file", 0, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dirlink/up", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dirlink", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, NULL),
                WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "link", FOLLOW, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_REGULAR_FILE);
    CHECK_EQUAL(stat_at(f, ROOT, "link", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK_EQUAL(stat_at(f, ROOT, "dirlink/", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_DIRECTORY);
}

TEST(creating_through_a_dangling_link_makes_its_target) {
    host_symlink(f, "target", "root/link");
    CHECK_EQUAL(open_at(f, ROOT, "link", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_ESUCCESS);
    CHECK(host_exists(f, "root/target"));
}

TEST(directories_are_made_and_removed) {
    CHECK_EQUAL(mkdir_at(f, ROOT, "dir"), WASI_ESUCCESS);
    CHECK_EQUAL(mkdir_at(f, ROOT, "dir"), WASI_EEXIST);
    CHECK_EQUAL(mkdir_at(f, ROOT, "dir/sub/"), WASI_ESUCCESS);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir"), WASI_ENOTEMPTY);
    CHECK_EQUAL(unlink_at(f, ROOT, "dir/sub"), WASI_EISDIR);
    CHECK_EQUAL(unlink_at(f, ROOT, "dir/sub/"), WASI_EISDIR);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir/sub/"), WASI_ESUCCESS);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir"), WASI_ESUCCESS);
    CHECK(!host_exists(f, "root/dir"));
}

TEST(the_granted_directory_itself_cannot_be_acted_on) {
    CHECK_EQUAL(mkdir_at(f, ROOT, "."), WASI_EEXIST);
    CHECK(rmdir_at(f, ROOT, ".") != WASI_ESUCCESS);
    CHECK(unlink_at(f, ROOT, ".") != WASI_ESUCCESS);
    CHECK(rename_at(f, ROOT, ".", ROOT, "x") != WASI_ESUCCESS);
    CHECK(rename_at(f, ROOT, "./", ROOT, "x") != WASI_ESUCCESS);
    CHECK(symlink_at(f, "x", ROOT, ".") != WASI_ESUCCESS);
    CHECK(host_exists(f, "root"));
}

TEST(unlinking_takes_the_link_not_its_target) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/file", "x");
    host_symlink(f, "dir", "root/dirlink");
    host_symlink(f, "dir/file", "root/link");
    CHECK_EQUAL(unlink_at(f, ROOT, "link"), WASI_ESUCCESS);
    CHECK_EQUAL(unlink_at(f, ROOT, "dirlink/"), WASI_ENOTDIR);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dirlink/"), WASI_ENOTDIR);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dirlink"), WASI_ENOTDIR);
    CHECK_EQUAL(unlink_at(f, ROOT, "dirlink"), WASI_ESUCCESS);
    CHECK(host_exists(f, "root/dir/file"));
}

TEST(renaming_replaces_and_moves) {
    host_write(f, "root/a", "a");
    host_write(f, "root/b", "b");
    host_mkdir(f, "root/dir");
    host_mkdir(f, "root/full");
    host_mkdir(f, "root/full/sub");
    CHECK_EQUAL(rename_at(f, ROOT, "a", ROOT, "b"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/b"), "a") == 0);
    CHECK_EQUAL(rename_at(f, ROOT, "b", ROOT, "dir/c"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/dir/c"), "a") == 0);
    CHECK_EQUAL(rename_at(f, ROOT, "dir/", ROOT, "moved/"), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "moved", ROOT, "full"), WASI_ENOTEMPTY);
    CHECK_EQUAL(rename_at(f, ROOT, "moved", ROOT, "moved/inside"), WASI_EINVAL);
    CHECK_EQUAL(rename_at(f, ROOT, "moved", ROOT, "moved/c"), WASI_EINVAL);
    CHECK_EQUAL(rename_at(f, ROOT, "moved/c", ROOT, "full"), WASI_EISDIR);
}

TEST(hard_links_share_a_file) {
    host_write(f, "root/a", "a");
    host_mkdir(f, "root/dir");
    host_symlink(f, "a", "root/link");
    uint8_t status[WASI_FILESTAT_SIZE];
    CHECK_EQUAL(link_at(f, ROOT, 0, "a", ROOT, "b"), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "b", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_NLINK), 2);
    CHECK_EQUAL(link_at(f, ROOT, 0, "a", ROOT, "b"), WASI_EEXIST);
    CHECK_EQUAL(link_at(f, ROOT, 0, "dir", ROOT, "d"), WASI_EPERM);
    CHECK_EQUAL(link_at(f, ROOT, 0, "a", ROOT, "c/"), WASI_ENOENT);
    CHECK_EQUAL(link_at(f, ROOT, 0, "link", ROOT, "l"), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "l", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK_EQUAL(link_at(f, ROOT, FOLLOW, "link", ROOT, "followed"), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "followed", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_REGULAR_FILE);
}

TEST(symbolic_links_are_made_and_read) {
    char text[1024];
    CHECK_EQUAL(symlink_at(f, "some/where", ROOT, "link"), WASI_ESUCCESS);
    CHECK_EQUAL(readlink_at(f, ROOT, "link", text), WASI_ESUCCESS);
    CHECK(strcmp(text, "some/where") == 0);
    CHECK_EQUAL(symlink_at(f, "x", ROOT, "link"), WASI_EEXIST);
    CHECK_EQUAL(symlink_at(f, "x", ROOT, "new/"), WASI_ENOENT);
    CHECK_EQUAL(symlink_at(f, "", ROOT, "new"), WASI_ENOENT);
    host_write(f, "root/file", "x");
    CHECK_EQUAL(readlink_at(f, ROOT, "file", text), WASI_EINVAL);
    CHECK_EQUAL(readlink_at(f, ROOT, ".", text), WASI_EINVAL);
    CHECK_EQUAL(readlink_at(f, ROOT, "missing", text), WASI_ENOENT);
}

TEST(a_short_buffer_gets_the_beginning_of_a_link) {
    CHECK_EQUAL(symlink_at(f, "abcdef", ROOT, "link"), WASI_ESUCCESS);
    uint32_t path = guest_bytes(f, "link", 4), buffer = guest_room(f, 8), used = guest_room(f, 4);
    CHECK_EQUAL(wasi_path_readlink(f->wasi, ROOT, path, 4, buffer, 3, used), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, used), 3);
    CHECK(memcmp(guest_at(f, buffer), "abc\0", 4) == 0);
}

TEST(attributes_are_the_host_s) {
    host_write(f, "root/file", "12345");
    uint8_t status[WASI_FILESTAT_SIZE];
    struct stat host;
    CHECK_EQUAL(stat(host_path(f, "root/file"), &host), 0);
    CHECK_EQUAL(stat_at(f, ROOT, "file", FOLLOW, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_DEV), host.st_dev);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_INO), host.st_ino);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_REGULAR_FILE);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_NLINK), 1);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_SIZE_FIELD), 5);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), wasi_timestamp(host.st_mtim));
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_CTIM), wasi_timestamp(host.st_ctim));
}

TEST(times_are_set_on_the_link_or_its_target) {
    enum { MTIM = WASI_FST_MTIM, ATIM = WASI_FST_ATIM };
    const uint64_t moment = UINT64_C(1000000001000000007);
    uint8_t status[WASI_FILESTAT_SIZE];
    host_write(f, "root/file", "x");
    host_mkdir(f, "root/dir");
    host_symlink(f, "file", "root/link");
    host_symlink(f, "dir", "root/dirlink");

    CHECK_EQUAL(times_at(f, ROOT, "link", FOLLOW, 5, moment, MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "file", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), moment);
    CHECK(wasi_get_u64(status + WASI_FILESTAT_ATIM) != 5);

    CHECK_EQUAL(times_at(f, ROOT, "link", 0, moment, 3, ATIM | MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "link", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), 3);
    CHECK_EQUAL(stat_at(f, ROOT, "file", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), moment);

    CHECK_EQUAL(times_at(f, ROOT, "dirlink/", 0, 0, 9, MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "dir", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), 9);

    CHECK_EQUAL(times_at(f, ROOT, ".", 0, 0, 11, MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, ".", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), 11);
}

TEST(times_can_be_now_and_flags_must_not_contradict) {
    host_write(f, "root/file", "x");
    uint8_t status[WASI_FILESTAT_SIZE];
    uint32_t now = guest_room(f, 8);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 1, 1, WASI_FST_ATIM | WASI_FST_MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 0, 0, WASI_FST_MTIM_NOW), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_clock_time_get(f->wasi, WASI_CLOCK_REALTIME, 0, now), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "file", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_ATIM), 1);
    uint64_t age = guest_u64(f, now) - wasi_get_u64(status + WASI_FILESTAT_MTIM);
    CHECK(age < UINT64_C(60000000000));
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 0, 0, WASI_FST_MTIM_NOW | WASI_FST_MTIM), WASI_EINVAL);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 0, 0, WASI_FST_ATIM_NOW | WASI_FST_ATIM), WASI_EINVAL);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 0, 0, 16), WASI_EINVAL);
}

TEST(unknown_flags_are_invalid) {
    CHECK_EQUAL(open_at(f, ROOT, "x", FOLLOW, 16, READING, 0, NULL), WASI_EINVAL);
    CHECK_EQUAL(open_at(f, ROOT, "x", FOLLOW, WASI_OFLAG_CREAT, READING, 32, NULL), WASI_EINVAL);
    CHECK(!host_exists(f, "root/x"));
}

TEST(unknown_lookup_flags_are_invalid) {
    host_write(f, "root/file", "x");
    static const uint32_t flags[] = {2, FOLLOW | 4, UINT32_MAX};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        CHECK_EQUAL(open_at(f, ROOT, "file", flags[i], 0, READING, 0, NULL), WASI_EINVAL);
        CHECK_EQUAL(stat_at(f, ROOT, "file", flags[i], NULL), WASI_EINVAL);
        CHECK_EQUAL(times_at(f, ROOT, "file", flags[i], 1, 1, WASI_FST_MTIM), WASI_EINVAL);
        CHECK_EQUAL(link_at(f, ROOT, flags[i], "file", ROOT, "new"), WASI_EINVAL);
    }
}

TEST(a_directory_that_cannot_be_listed_can_be_searched) {
    enum { NOBODY = 65534 };
    uint32_t fd, at = guest_room(f, 64);
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/file", "x");
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0111), 0);
    bool root = geteuid() == 0;
    if (root) CHECK_EQUAL(seteuid(NOBODY), 0);
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, fd, "file", FOLLOW, 0, READING, 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, fd, "file", 0, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, at, 64, 0, at), WASI_EACCES);
    CHECK_EQUAL(mkdir_at(f, fd, "new"), WASI_EACCES);
    if (root) CHECK_EQUAL(seteuid(0), 0);
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0755), 0);
}

/* Read-only grants. */

TEST(a_read_only_grant_is_read) {
    uint32_t fd;
    char text[1024] = "";
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, fd, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "data") == 0);
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, WASI_OFLAG_CREAT, READING, 0, NULL),
                WASI_ESUCCESS);
    CHECK_EQUAL(mkdir_at(f, FIXED, "sub"), WASI_EEXIST);
}

TEST(a_read_only_grant_is_never_changed) {
    host_write(f, "root/file", "x");
    uint32_t sub;
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, BOTH, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, WRITING, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, WASI_OFLAG_TRUNC, READING, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, WASI_RIGHT_FD_ALLOCATE, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, WASI_RIGHT_FD_FILESTAT_SET_SIZE, 0, NULL),
                WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "new", FOLLOW, WASI_OFLAG_CREAT, READING, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(
        open_at(f, FIXED, "new", FOLLOW, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, READING, 0, NULL),
        WASI_EROFS);
    CHECK_EQUAL(mkdir_at(f, FIXED, "new"), WASI_EROFS);
    CHECK_EQUAL(rmdir_at(f, FIXED, "sub"), WASI_EROFS);
    CHECK_EQUAL(unlink_at(f, FIXED, "data"), WASI_EROFS);
    CHECK_EQUAL(symlink_at(f, "x", FIXED, "new"), WASI_EROFS);
    CHECK_EQUAL(times_at(f, FIXED, "data", 0, 1, 1, WASI_FST_MTIM), WASI_EROFS);
    CHECK_EQUAL(rename_at(f, FIXED, "data", FIXED, "new"), WASI_EROFS);
    CHECK_EQUAL(rename_at(f, FIXED, "data", ROOT, "new"), WASI_EROFS);
    CHECK_EQUAL(rename_at(f, ROOT, "file", FIXED, "data"), WASI_EROFS);
    CHECK_EQUAL(link_at(f, ROOT, 0, "file", FIXED, "new"), WASI_EROFS);
    /* A second name in a writable grant would be a way to write. */
    CHECK_EQUAL(link_at(f, FIXED, 0, "data", ROOT, "new"), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "sub", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &sub),
                WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, sub, "new", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(mkdir_at(f, sub, "new"), WASI_EROFS);
    CHECK(strcmp(host_read(f, "fixed/data"), "data") == 0);
    CHECK(!host_exists(f, "fixed/new") && !host_exists(f, "root/new"));
}

TEST(a_file_of_a_read_only_grant_is_never_changed) {
    uint32_t fd;
    CHECK_EQUAL(open_at(f, FIXED, "data", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    struct fd_entry *entry = fd_table_get(&f->wasi->files, fd);
    entry->rights_base = WASI_RIGHT_ALL; /* whatever the rights say */
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, 0), WASI_EROFS);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 1, 1, WASI_FST_MTIM), WASI_EROFS);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 100), WASI_EROFS);
    CHECK_EQUAL(write_text(f, fd, "x"), WASI_EROFS);
    CHECK(strcmp(host_read(f, "fixed/data"), "data") == 0);
}

/* Rights. */

TEST(a_directory_without_the_right_refuses) {
    uint32_t fd;
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    uint64_t readable = WASI_RIGHT_PATH_OPEN | WASI_RIGHT_FD_READDIR;
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, fd, readable, WASI_RIGHT_FD_READ),
                WASI_ESUCCESS);
    CHECK_EQUAL(mkdir_at(f, fd, "new"), WASI_ENOTCAPABLE);
    CHECK_EQUAL(unlink_at(f, fd, "file"), WASI_ENOTCAPABLE);
    CHECK_EQUAL(stat_at(f, fd, "file", 0, NULL), WASI_ENOTCAPABLE);
    CHECK_EQUAL(open_at(f, fd, "file", FOLLOW, 0, WASI_RIGHT_FD_WRITE, 0, NULL), WASI_ENOTCAPABLE);
    uint32_t path = guest_bytes(f, "file", 4), result = guest_room(f, 4);
    CHECK_EQUAL(
        wasi_path_open(f->wasi, fd, 0, path, 4, WASI_OFLAG_CREAT, WASI_RIGHT_FD_READ, 0, 0, result),
        WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_path_open(f->wasi, fd, 0, path, 4, 0, WASI_RIGHT_FD_READ, 0, 0, result),
                WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, fd, WASI_RIGHT_PATH_SYMLINK, 0),
                WASI_ENOTCAPABLE);
}

TEST(rights_without_a_name_are_ignored) {
    host_write(f, "root/file", "x");
    uint32_t path = guest_bytes(f, "file", 4), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_path_open(f->wasi, ROOT, 0, path, 4, 0, UINT64_MAX, UINT64_MAX, 0, result),
                WASI_ESUCCESS);
}

/* Names as bytes in memory. */

TEST(names_that_are_no_names) {
    static char longest[PATH_SANDBOX_SIZE + 1];
    uint32_t nul = guest_bytes(f, "file\0x", 6);
    memset(longest, 'a', PATH_SANDBOX_SIZE);
    CHECK_EQUAL(mkdir_at(f, ROOT, ""), WASI_ENOENT);
    CHECK_EQUAL(open_at(f, ROOT, "", FOLLOW, 0, READING, 0, NULL), WASI_ENOENT);
    CHECK_EQUAL(stat_at(f, ROOT, "", 0, NULL), WASI_ENOENT);
    CHECK_EQUAL(mkdir_at(f, ROOT, longest), WASI_ENAMETOOLONG);
    longest[NAME_MAX + 1] = '\0';
    CHECK_EQUAL(mkdir_at(f, ROOT, longest), WASI_ENAMETOOLONG);
    CHECK_EQUAL(open_at(f, ROOT, longest, FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL),
                WASI_ENAMETOOLONG);
    longest[NAME_MAX] = '\0';
    CHECK_EQUAL(mkdir_at(f, ROOT, longest), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_path_create_directory(f->wasi, ROOT, nul, 6), WASI_EINVAL);
    CHECK_EQUAL(wasi_path_create_directory(f->wasi, ROOT, nul, 5), WASI_EINVAL);
    CHECK(!host_exists(f, "root/file"));
}

TEST(names_beyond_memory_fault) {
    uint32_t end = MEMORY_SIZE - 4;
    memcpy(guest_at(f, end), "file", 4);
    CHECK_EQUAL(wasi_path_create_directory(f->wasi, ROOT, end, 4), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_path_create_directory(f->wasi, ROOT, end, 5), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_create_directory(f->wasi, ROOT, end, UINT32_MAX), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_remove_directory(f->wasi, ROOT, UINT32_MAX, 4), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_unlink_file(f->wasi, ROOT, end + 1, 4), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_filestat_get(f->wasi, ROOT, 0, end, 4, MEMORY_SIZE - 63), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_filestat_get(f->wasi, ROOT, 0, end, 4, MEMORY_SIZE - 64), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_path_rename(f->wasi, ROOT, end, 4, ROOT, end, 9), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_link(f->wasi, ROOT, 0, end, 9, ROOT, end, 4), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_symlink(f->wasi, end, 9, ROOT, end, 4), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_readlink(f->wasi, ROOT, end, 4, end, 9, 1024), WASI_EFAULT);
    CHECK_EQUAL(wasi_path_readlink(f->wasi, ROOT, end, 4, 1024, 4, MEMORY_SIZE - 3), WASI_EFAULT);
    CHECK_EQUAL(
        wasi_path_open(f->wasi, ROOT, 0, 1024, 4, WASI_OFLAG_CREAT, BOTH, 0, 0, MEMORY_SIZE - 3),
        WASI_EFAULT);
    CHECK_EQUAL(wasi_path_filestat_set_times(f->wasi, ROOT, 0, UINT32_MAX, 4, 0, 0, 0),
                WASI_EFAULT);
}

/* Kinds of files. */

static uint8_t kind_of(struct fixture *f, const char *name) {
    uint8_t status[WASI_FILESTAT_SIZE];
    CHECK_EQUAL(stat_at(f, ROOT, name, 0, status), WASI_ESUCCESS);
    return type_of(status);
}

TEST(a_fifo_is_of_unknown_type) {
    CHECK_EQUAL(mkfifo(host_path(f, "root/fifo"), 0600), 0);
    CHECK_EQUAL(kind_of(f, "fifo"), WASI_FILETYPE_UNKNOWN);
}

TEST(a_directory_is_a_directory) {
    CHECK_EQUAL(kind_of(f, "."), WASI_FILETYPE_DIRECTORY);
}

TEST(a_link_is_a_symbolic_link_with_the_length_of_its_target) {
    uint8_t status[WASI_FILESTAT_SIZE];
    host_symlink(f, "12345", "root/link");
    CHECK_EQUAL(stat_at(f, ROOT, "link", 0, status), WASI_ESUCCESS);
    CHECK_EQUAL(type_of(status), WASI_FILETYPE_SYMBOLIC_LINK);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_SIZE_FIELD), 5);
}

TEST(a_link_to_nothing_fills_no_buffer) {
    char text[1024];
    CHECK_EQUAL(symlink_at(f, "nothing", ROOT, "link"), WASI_ESUCCESS);
    CHECK_EQUAL(readlink_at(f, ROOT, "link", text), WASI_ESUCCESS);
    CHECK(strcmp(text, "nothing") == 0);
    CHECK_EQUAL(stat_at(f, ROOT, "link", FOLLOW, NULL), WASI_ENOENT);
}

TEST(a_rename_keeps_open_descriptors) {
    uint32_t fd;
    char text[1024];
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "file", ROOT, "other"), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, fd, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "x") == 0);
}

TEST(a_rename_keeps_attributes) {
    uint8_t before[WASI_FILESTAT_SIZE], after[WASI_FILESTAT_SIZE];
    host_write(f, "root/file", "x");
    CHECK_EQUAL(stat_at(f, ROOT, "file", 0, before), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "file", ROOT, "other"), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "other", 0, after), WASI_ESUCCESS);
    CHECK(memcmp(before, after, WASI_FILESTAT_CTIM) == 0);
}

TEST(a_directory_is_renamed_between_directories) {
    uint32_t fd;
    host_mkdir(f, "root/one");
    host_mkdir(f, "root/one/sub");
    host_mkdir(f, "root/two");
    CHECK_EQUAL(open_at(f, ROOT, "two", 0, WASI_OFLAG_DIRECTORY, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "one/sub", fd, "moved"), WASI_ESUCCESS);
    CHECK(host_exists(f, "root/two/moved"));
}
