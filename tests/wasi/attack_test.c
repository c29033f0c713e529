/*
 * attack_test.c - what somebody would try who wants to reach a file outside: spellings of names,
 * links in every place, descriptors moved about, procfs, exhaustion, and races.
 *
 * Every attack goes through all functions that take a name (name_operations.h). None may succeed
 * on what leads out, and what lies outside must stay as it was.
 */
#include "name_operations.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void check_outside(struct fixture *f, const char *attack) {
    struct stat status;
    bool intact = strcmp(host_read(f, "secret"), "secret") == 0 &&
                  strcmp(host_read(f, "outside/prey"), "prey") == 0 && !host_exists(f, "new") &&
                  !host_exists(f, "outside/new") && !host_exists(f, "outside/bait") &&
                  stat(host_path(f, "secret"), &status) == 0 && status.st_mtim.tv_sec > 1 &&
                  status.st_nlink == 1 && stat(host_path(f, "outside/prey"), &status) == 0 &&
                  status.st_mtim.tv_sec > 1 && status.st_nlink == 1;
    if (!intact) test_fail(__FILE__, __LINE__, "%s reached what lies outside", attack);
}

/* No operation may succeed on this name. */
static void attack_from(struct fixture *f, uint32_t fd, const char *name) {
    name_operations_prepare(f);
    for (int i = 0; i < NAME_OPERATIONS; i++) {
        if (name_operations[i].run(f, fd, name) == WASI_ESUCCESS) {
            test_fail(__FILE__, __LINE__, "%s of '%s' succeeded", name_operations[i].label, name);
        }
    }
    check_outside(f, name);
}

static void attack(struct fixture *f, const char *name) {
    attack_from(f, ROOT, name);
}

TEST(dot_dot_in_every_spelling) {
    static const char *const names[] = {"../secret",
                                        "./../secret",
                                        "././../secret",
                                        ".//..//secret",
                                        "..///secret",
                                        "../root/../secret",
                                        "dir/../../secret",
                                        "dir/./.././../secret",
                                        "dir//..//../new",
                                        "../outside/prey",
                                        "../outside/new",
                                        "..",
                                        "../",
                                        "../.",
                                        "../..",
                                        "../../",
                                        "dir/../..",
                                        "dir/../../",
                                        "dir/../../.",
                                        "../root",
                                        "../root/bait",
                                        "dir/../../root/bait",
                                        "../../../../../etc",
                                        "../fixed/data",
                                        "dir/sub/../../..",
                                        "dir/sub/../../../new"};
    host_mkdir(f, "root/dir");
    host_mkdir(f, "root/dir/sub");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        attack(f, names[i]);
    }
}

TEST(absolute_names_in_every_spelling) {
    char name[512];
    static const char *const tails[] = {"/secret", "//secret", "/root/bait", "/root", "/new"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(name, sizeof name, "%s%s", f->base, tails[i]);
        attack(f, name);
        snprintf(name, sizeof name, "//%s%s", f->base, tails[i]);
        attack(f, name);
    }
    attack(f, "/");
    attack(f, "//");
    attack(f, "/.");
    attack(f, "/..");
    attack(f, "/etc/passwd");
}

/* What other systems or layers take for separators or escapes are bytes of a name here. */
TEST(other_systems_separators_are_letters) {
    static const char *const names[] = {"..\\secret", "%2e%2e%2fsecret",  "C:\\secret", "~",
                                        "...",        "..\xc0\xafsecret", "\xff\xfe",   " ",
                                        "file:secret"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char inside[64];
        CHECK_EQUAL(mkdir_at(f, ROOT, names[i]), WASI_ESUCCESS);
        snprintf(inside, sizeof inside, "root/%s", names[i]);
        CHECK(host_exists(f, inside));
    }
    check_outside(f, "a letter");
}

TEST(a_nul_does_not_shorten_a_name) {
    static const char name[] = "../secret\0bait", inside[] = "bait\0/../../secret";
    uint32_t bad = guest_bytes(f, name, sizeof name), good = guest_bytes(f, inside, sizeof inside);
    name_operations_prepare(f);
    CHECK_EQUAL(wasi_path_unlink_file(f->wasi, ROOT, bad, sizeof name - 1), WASI_EINVAL);
    CHECK_EQUAL(wasi_path_unlink_file(f->wasi, ROOT, good, sizeof inside - 1), WASI_EINVAL);
    CHECK_EQUAL(wasi_path_symlink(f->wasi, good, sizeof inside - 1, ROOT, good, 4), WASI_EINVAL);
    CHECK(host_exists(f, "root/bait"));
    check_outside(f, "a NUL");
}

TEST(long_ways_up_are_ways_up) {
    char name[PATH_SANDBOX_SIZE];
    size_t length = 0;
    host_mkdir(f, "root/d");
    while (length < 3000) {
        length += (size_t)snprintf(name + length, sizeof name - length, "d/../");
    }
    strcpy(name + length, "../secret");
    attack(f, name);
    length = 0;
    while (length < 3000) {
        length += (size_t)snprintf(name + length, sizeof name - length, "../");
    }
    strcpy(name + length, "etc/passwd");
    attack(f, name);
}

/* Links to a directory outside, with all that can stand behind a directory's name. */
static void attack_through_link(struct fixture *f, const char *link) {
    static const char *const tails[] = {
        "/",       "//",     "/.",      "/./",   "/..",    "/../",       "/new",         "/prey",
        "/../new", "/prey/", "/./prey", "/new/", "//prey", "/../secret", "/../root/bait"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", link, tails[i]);
        attack(f, name);
    }
}

TEST(a_relative_link_out) {
    host_symlink(f, "../outside", "root/link");
    attack_through_link(f, "link");
}

TEST(a_relative_link_out_with_a_slash) {
    host_symlink(f, "../outside/", "root/link");
    attack_through_link(f, "link");
}

TEST(an_absolute_link_out) {
    host_symlink(f, host_path(f, "outside"), "root/link");
    attack_through_link(f, "link");
}

TEST(a_link_to_the_granted_directory_s_parent) {
    host_symlink(f, "..", "root/link");
    attack(f, "link/secret");
    attack(f, "link/root/bait");
    attack(f, "link/new");
    attack(f, "link/");
}

TEST(a_link_through_a_link_out) {
    host_symlink(f, "two", "root/link");
    host_symlink(f, "three/../outside", "root/two");
    host_symlink(f, "..", "root/three");
    attack_through_link(f, "link");
}

TEST(a_link_that_climbs_from_below) {
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    host_symlink(f, "../../../outside", "root/a/b/link");
    attack_through_link(f, "a/b/link");
}

TEST(a_link_to_the_root_of_the_file_system) {
    host_symlink(f, "/", "root/link");
    attack(f, "link/etc/passwd");
    attack(f, "link/");
    attack(f, "link/.");
    attack(f, "link/proc/self/root/etc");
}

TEST(a_link_to_procfs) {
    host_symlink(f, "/proc/self/root", "root/link");
    attack(f, "link/etc/passwd");
    attack(f, "link/");
}

TEST(a_link_whose_last_component_leads_out) {
    static const char *const names[] = {"open",          "open_write",      "open_directory",
                                        "open_truncate", "create",          "stat_follow",
                                        "times_follow",  "link_from_follow"};
    host_symlink(f, "../secret", "root/file");
    host_symlink(f, "../outside", "root/dir");
    host_symlink(f, "../new", "root/missing");
    name_operations_prepare(f);
    for (int i = 0; i < NAME_OPERATIONS; i++) {
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            if (strcmp(name_operations[i].label, names[j]) != 0) continue;
            CHECK_EQUAL(name_operations[i].run(f, ROOT, "file"), WASI_EPERM);
            CHECK_EQUAL(name_operations[i].run(f, ROOT, "dir"), WASI_EPERM);
            CHECK_EQUAL(name_operations[i].run(f, ROOT, "missing"), WASI_EPERM);
        }
    }
    check_outside(f, "a link at the end");
}

TEST(renaming_and_removing_a_link_out_moves_the_link) {
    host_symlink(f, "../secret", "root/file");
    CHECK_EQUAL(rename_at(f, ROOT, "file", ROOT, "other"), WASI_ESUCCESS);
    CHECK_EQUAL(unlink_at(f, ROOT, "other"), WASI_ESUCCESS);
    check_outside(f, "a rename");
}

TEST(renaming_over_a_link_out_replaces_the_link) {
    host_symlink(f, "../secret", "root/link");
    name_operations_prepare(f);
    CHECK_EQUAL(rename_at(f, ROOT, "bait", ROOT, "link"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/link"), "bait") == 0);
    check_outside(f, "a rename");
}

TEST(a_link_moved_up_leads_no_further) {
    host_mkdir(f, "root/dir");
    host_symlink(f, "../bait", "root/dir/link");
    name_operations_prepare(f);
    CHECK_EQUAL(stat_at(f, ROOT, "dir/link", FOLLOW, NULL), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "dir/link", ROOT, "link"), WASI_ESUCCESS);
    CHECK_EQUAL(stat_at(f, ROOT, "link", FOLLOW, NULL), WASI_EPERM);
}

TEST(a_hard_link_to_a_link_out_is_no_way_either) {
    host_symlink(f, "../secret", "root/link");
    CHECK_EQUAL(link_at(f, ROOT, 0, "link", ROOT, "hard"), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "hard", FOLLOW, 0, READING, 0, NULL), WASI_EPERM);
    check_outside(f, "a hard link");
}

/* Descriptors. */

static uint32_t open_directory(struct fixture *f, uint32_t at, const char *name) {
    uint32_t fd;
    CHECK_EQUAL(open_at(f, at, name, FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd), WASI_ESUCCESS);
    return fd;
}

TEST(a_directory_moved_elsewhere_stays_a_root_of_its_own) {
    host_mkdir(f, "root/a");
    host_mkdir(f, "root/a/b");
    uint32_t fd = open_directory(f, ROOT, "a/b");
    CHECK_EQUAL(rename_at(f, ROOT, "a/b", ROOT, "b"), WASI_ESUCCESS);
    attack_from(f, fd, "../bait");
    attack_from(f, fd, "../../secret");
}

TEST(a_directory_moved_out_by_the_host_is_no_way_out) {
    host_mkdir(f, "root/a");
    uint32_t fd = open_directory(f, ROOT, "a");
    CHECK_EQUAL(rename(host_path(f, "root/a"), host_path(f, "outside/a")), 0);
    attack_from(f, fd, "../prey");
    attack_from(f, fd, "../../secret");
}

TEST(a_removed_directory_takes_nothing_in) {
    host_mkdir(f, "root/a");
    uint32_t fd = open_directory(f, ROOT, "a");
    CHECK_EQUAL(rmdir_at(f, ROOT, "a"), WASI_ESUCCESS);
    attack_from(f, fd, "new");
    attack_from(f, fd, "../bait");
}

TEST(a_granted_directory_is_left_by_no_other_s_name) {
    uint32_t fd = open_directory(f, FIXED, "sub");
    attack_from(f, fd, "../data");
    attack_from(f, FIXED, "../root/bait");
}

TEST(a_read_only_directory_stays_so_under_another_number) {
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, FIXED, ROOT), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "data", 0, 0, WRITING, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, ROOT, "new", 0, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(unlink_at(f, ROOT, "data"), WASI_EROFS);
}

TEST(a_read_only_directory_opened_again_stays_so) {
    uint32_t fd = open_directory(f, FIXED, ".");
    uint32_t sub = open_directory(f, fd, "sub");
    CHECK_EQUAL(open_at(f, fd, "data", 0, 0, WRITING, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(mkdir_at(f, sub, "new"), WASI_EROFS);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 1, 1, WASI_FST_MTIM), WASI_EROFS);
}

TEST(a_read_only_file_is_not_truncated_by_opening) {
    CHECK_EQUAL(open_at(f, FIXED, "data", 0, WASI_OFLAG_TRUNC, 0, 0, NULL), WASI_EROFS);
    CHECK_EQUAL(open_at(f, FIXED, "data", 0, WASI_OFLAG_TRUNC | WASI_OFLAG_CREAT, 0, 0, NULL),
                WASI_EROFS);
    CHECK(strcmp(host_read(f, "fixed/data"), "data") == 0);
}

TEST(every_operation_that_changes_a_read_only_directory_is_rofs) {
    static const char *const reading[] = {"open", "open_nofollow", "open_directory",
                                          "stat", "stat_follow",   "readlink"};
    name_operations_prepare(f);
    for (int i = 0; i < NAME_OPERATIONS; i++) {
        bool reads = false;
        for (size_t j = 0; j < sizeof reading / sizeof *reading; j++) {
            reads |= strcmp(name_operations[i].label, reading[j]) == 0;
        }
        if (!reads) CHECK_EQUAL(name_operations[i].run(f, FIXED, "name"), WASI_EROFS);
    }
}

TEST(closed_directories_give_nothing) {
    for (uint32_t fd = 0; fd <= FIXED; fd++) {
        (void)wasi_fd_close(f->wasi, fd);
    }
    for (uint32_t fd = 0; fd < 32; fd++) {
        attack_from(f, fd, "bait");
    }
}

/* The inode of ".." as readdir tells it. */
static uint64_t inode_above(struct fixture *f, uint32_t fd) {
    uint32_t buffer = guest_room(f, 1024), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, buffer, 1024, 0, result), WASI_ESUCCESS);
    for (uint32_t at = 0; at + WASI_DIRENT_SIZE < guest_u32(f, result);) {
        uint32_t length = guest_u32(f, buffer + at + WASI_DIRENT_NAMLEN);
        if (length == 2 && memcmp(guest_at(f, buffer + at + WASI_DIRENT_SIZE), "..", 2) == 0) {
            return guest_u64(f, buffer + at + WASI_DIRENT_INO);
        }
        at += WASI_DIRENT_SIZE + length;
    }
    test_fail(__FILE__, __LINE__, "there is no ..");
    return 0;
}

TEST(what_lies_above_a_granted_directory_is_not_told) {
    struct stat status;
    CHECK_EQUAL(stat(host_path(f, "root"), &status), 0);
    CHECK_EQUAL(inode_above(f, ROOT), status.st_ino);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(inode_above(f, open_directory(f, ROOT, "dir/..")), status.st_ino);
}

TEST(what_lies_above_another_directory_is_told) {
    struct stat status;
    CHECK_EQUAL(stat(host_path(f, "root"), &status), 0);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(inode_above(f, open_directory(f, ROOT, "dir")), status.st_ino);
}

/* Procfs, where somebody grants a directory that contains it. */

static bool grant_procfs(struct fixture *f) {
    int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    int kept = fd_table_get(&f->wasi->files, ROOT)->host_fd;
    dup3(fd, kept, O_CLOEXEC);
    close(fd);
    return true;
}

TEST(magic_links_are_not_followed) {
    static const char *const names[] = {"self/root/etc/passwd",
                                        "self/root/",
                                        "self/root/..",
                                        "self/cwd/",
                                        "self/cwd/..",
                                        "self/exe",
                                        "self/fd/3",
                                        "self/fd/3/",
                                        "self/fd/3/..",
                                        "self/fd/../root/etc",
                                        "thread-self/root/",
                                        "thread-self/cwd/.",
                                        "1/root/",
                                        "self/ns/mnt",
                                        "self/task/../root/",
                                        "self/fd/0",
                                        "self/fd/1",
                                        "self/fd/2"};
    if (!grant_procfs(f)) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK(open_at(f, ROOT, names[i], FOLLOW, 0, READING, 0, NULL) != WASI_ESUCCESS);
        CHECK(open_at(f, ROOT, names[i], FOLLOW, 0, BOTH, 0, NULL) != WASI_ESUCCESS);
        CHECK(open_at(f, ROOT, names[i], FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, NULL) != WASI_ESUCCESS);
        CHECK(stat_at(f, ROOT, names[i], FOLLOW, NULL) != WASI_ESUCCESS);
        CHECK(times_at(f, ROOT, names[i], FOLLOW, 1, 1, WASI_FST_MTIM) != WASI_ESUCCESS);
    }
}

TEST(no_magic_link_tells_where_it_leads) {
    static const char *const names[] = {"self/root", "self/cwd", "self/exe", "thread-self/cwd"};
    char text[1024];
    if (!grant_procfs(f)) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        CHECK_EQUAL(readlink_at(f, ROOT, names[i], text), WASI_EPERM);
    }
}

TEST(no_file_of_procfs_is_opened_for_writing) {
    static const char *const names[] = {
        "self/mem",           "thread-self/mem", "self/task/../mem", "self/./mem",
        "self/oom_score_adj", "self/comm",       "self/clear_refs",  "self/coredump_filter"};
    static const uint64_t rights[] = {WASI_RIGHT_FD_WRITE, WASI_RIGHT_FD_ALLOCATE,
                                      WASI_RIGHT_FD_FILESTAT_SET_SIZE, BOTH};
    if (!grant_procfs(f)) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (size_t j = 0; j < sizeof rights / sizeof *rights; j++) {
            CHECK(open_at(f, ROOT, names[i], FOLLOW, 0, rights[j], 0, NULL) != WASI_ESUCCESS);
            CHECK(open_at(f, ROOT, names[i], FOLLOW, WASI_OFLAG_CREAT | WASI_OFLAG_TRUNC,
                          rights[j] | WASI_RIGHT_FD_WRITE, 0, NULL) != WASI_ESUCCESS);
        }
    }
}

TEST(memory_opened_for_reading_is_not_written) {
    uint32_t fd;
    if (!grant_procfs(f)) return;
    if (open_at(f, ROOT, "self/mem", FOLLOW, 0, READING, 0, &fd) != WASI_ESUCCESS) return;
    CHECK_EQUAL(write_text(f, fd, "x"), WASI_ENOTCAPABLE);
    uint32_t vector = guest_iovec(f, 1024, 4), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_pwrite(f->wasi, fd, vector, 1, (uintptr_t)f, result), WASI_ENOTCAPABLE);
}

/* Exhaustion. */

static int lowest_free(void) {
    int fd = fcntl(0, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) fd = dup(2);
    close(fd);
    return fd;
}

TEST(names_are_resolved_while_the_guest_has_all_its_files_open) {
    enum { LIMIT = 200, RESERVED = 64 };
    char name[256] = "";
    struct rlimit before, limit;
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){LIMIT, before.rlim_max};
    for (int i = 0; i < 40; i++) {
        strcat(name, "d/");
        CHECK_EQUAL(mkdir_at(f, ROOT, name), WASI_ESUCCESS);
    }
    f->next = 1024;
    name_operations_prepare(f);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    f->wasi->files.quota = LIMIT - RESERVED;
    while (open_at(f, ROOT, "bait", 0, 0, READING, 0, NULL) == WASI_ESUCCESS)
        continue;
    CHECK_EQUAL(open_at(f, ROOT, "bait", 0, 0, READING, 0, NULL), WASI_EMFILE);
    CHECK_EQUAL(stat_at(f, ROOT, name, 0, NULL), WASI_ESUCCESS);
    strcat(name, "new");
    CHECK_EQUAL(mkdir_at(f, ROOT, name), WASI_ESUCCESS);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(a_failed_open_at_the_limit_leaves_nothing_open) {
    name_operations_prepare(f);
    f->wasi->files.quota = 16;
    while (open_at(f, ROOT, "bait", 0, 0, READING, 0, NULL) == WASI_ESUCCESS)
        continue;
    int before = lowest_free();
    for (int i = 0; i < 100; i++) {
        CHECK_EQUAL(open_at(f, ROOT, "bait", 0, 0, READING, 0, NULL), WASI_EMFILE);
    }
    CHECK_EQUAL(lowest_free(), before);
}

TEST(failed_operations_leave_nothing_open) {
    static const char *const names[] = {"../secret", "link/prey", "link", "missing/x",
                                        "bait/x",    "dir/../..", "self", "dir/sub/missing"};
    host_mkdir(f, "root/dir");
    host_mkdir(f, "root/dir/sub");
    host_symlink(f, "../outside", "root/link");
    host_symlink(f, "self", "root/self");
    name_operations_prepare(f);
    int before = lowest_free();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int j = 0; j < NAME_OPERATIONS; j++) {
            (void)name_operations[j].run(f, ROOT, names[i]);
        }
        name_operations_prepare(f);
    }
    CHECK_EQUAL(lowest_free(), before);
    check_outside(f, "a failed operation");
}

TEST(a_file_at_the_last_number_is_created_only_if_it_can_be_opened) {
    name_operations_prepare(f);
    f->wasi->files.quota = 16;
    while (open_at(f, ROOT, "bait", 0, 0, READING, 0, NULL) == WASI_ESUCCESS)
        continue;
    CHECK_EQUAL(open_at(f, ROOT, "bait", 0, WASI_OFLAG_TRUNC, WRITING, 0, NULL), WASI_EMFILE);
    CHECK_EQUAL(open_at(f, ROOT, "made", 0, WASI_OFLAG_CREAT, WRITING, 0, NULL), WASI_EMFILE);
    CHECK(strcmp(host_read(f, "root/bait"), "bait") == 0);
    CHECK(!host_exists(f, "root/made"));
}

/* Races: somebody else exchanges two names all the time. */

struct exchange {
    pthread_t thread;
    atomic_bool stop;
    char one[4096], other[4096];
};

static void *exchange_run(void *argument) {
    struct exchange *exchange = argument;
    enum { RENAME_EXCHANGE_FLAG = 2 };
    while (!atomic_load(&exchange->stop)) {
        syscall(SYS_renameat2, AT_FDCWD, exchange->one, AT_FDCWD, exchange->other,
                RENAME_EXCHANGE_FLAG);
    }
    return NULL;
}

/* All operations that leave both names in place, ROUNDS times, on names of which `one` and `other`
 * change places meanwhile. */
static void race(struct fixture *f, const char *one, const char *other, const char *name) {
    enum { ROUNDS = 300 };
    static const char *const left_out[] = {"unlink", "rmdir", "rename_from", "rename_to"};
    static struct exchange exchange;
    name_operations_prepare(f);
    atomic_init(&exchange.stop, false);
    snprintf(exchange.one, sizeof exchange.one, "%s", host_path(f, one));
    snprintf(exchange.other, sizeof exchange.other, "%s", host_path(f, other));
    if (pthread_create(&exchange.thread, NULL, exchange_run, &exchange) != 0) exit(2);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < NAME_OPERATIONS; i++) {
            bool out = false;
            for (size_t j = 0; j < sizeof left_out / sizeof *left_out; j++) {
                out |= strcmp(name_operations[i].label, left_out[j]) == 0;
            }
            if (!out) (void)name_operations[i].run(f, ROOT, name);
        }
        (void)unlink_at(f, ROOT, "new");
        f->next = 1024;
    }
    atomic_store(&exchange.stop, true);
    pthread_join(exchange.thread, NULL);
    check_outside(f, "a race");
}

TEST(a_file_that_turns_into_a_link_out) {
    host_write(f, "root/file", "inside");
    host_symlink(f, "../secret", "root/link");
    race(f, "root/file", "root/link", "file");
}

TEST(a_file_that_turns_into_an_absolute_link_out) {
    host_write(f, "root/file", "inside");
    host_symlink(f, host_path(f, "secret"), "root/link");
    race(f, "root/file", "root/link", "file");
}

TEST(a_file_that_turns_into_a_dangling_link_out) {
    host_write(f, "root/file", "inside");
    host_symlink(f, "../new", "root/link");
    race(f, "root/file", "root/link", "file");
}

TEST(a_directory_on_the_way_that_turns_into_a_link_out) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/prey", "inside");
    host_symlink(f, "../outside", "root/link");
    race(f, "root/dir", "root/link", "dir/prey");
}

TEST(a_directory_on_the_way_that_turns_into_one_outside) {
    /* The directory itself may then be seen: it was moved in. Never what lies beside it. */
    host_mkdir(f, "root/dir");
    host_mkdir(f, "outside/dir");
    race(f, "root/dir", "outside/dir", "dir/../../secret");
    race(f, "root/dir", "outside/dir", "dir/../prey");
}

TEST(a_link_that_changes_its_target) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/prey", "inside");
    host_symlink(f, "dir", "root/good");
    host_symlink(f, "../outside", "root/bad");
    race(f, "root/good", "root/bad", "good/prey");
}
