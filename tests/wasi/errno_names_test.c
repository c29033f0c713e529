/*
 * errno_names_test.c - names that cannot be resolved: every function that takes one gives the same
 * error, on either of its names, and whatever is at fault.
 */
#include "name_operations.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* All operations, or those alone on what exists (or does not), give `error` for this name. */
enum subset { ALL, ON_EXISTING, CREATING };

static void expect_from(struct fixture *f, uint32_t fd, enum subset subset, const char *name,
                        uint32_t error) {
    name_operations_prepare(f);
    for (int i = 0; i < NAME_OPERATIONS; i++) {
        const struct name_operation *operation = &name_operations[i];
        if (subset != ALL && operation->creates != (subset == CREATING)) continue;
        uint32_t actual = operation->run(f, fd, name);
        if (actual != error) {
            test_fail(__FILE__, __LINE__, "%s of '%.40s' is %u, expected %u", operation->label,
                      name, actual, error);
        }
    }
}

static void expect(struct fixture *f, enum subset subset, const char *name, uint32_t error) {
    expect_from(f, ROOT, subset, name, error);
}

TEST(an_empty_name_is_noent) {
    expect(f, ALL, "", WASI_ENOENT);
}

TEST(what_is_missing_is_noent) {
    expect(f, ON_EXISTING, "missing", WASI_ENOENT);
}

TEST(a_missing_directory_on_the_way_is_noent) {
    expect(f, ALL, "missing/name", WASI_ENOENT);
}

TEST(a_missing_directory_before_dot_dot_is_noent) {
    expect(f, ALL, "missing/../bait", WASI_ENOENT);
}

TEST(a_dangling_link_on_the_way_is_noent) {
    host_symlink(f, "missing", "root/link");
    expect(f, ALL, "link/name", WASI_ENOENT);
}

TEST(a_file_on_the_way_is_notdir) {
    host_write(f, "root/file", "x");
    expect(f, ALL, "file/name", WASI_ENOTDIR);
}

TEST(a_link_to_a_file_on_the_way_is_notdir) {
    host_write(f, "root/file", "x");
    host_symlink(f, "file", "root/link");
    expect(f, ALL, "link/name", WASI_ENOTDIR);
}

TEST(a_file_before_dot_dot_is_notdir) {
    host_write(f, "root/file", "x");
    expect(f, ALL, "file/../bait", WASI_ENOTDIR);
}

TEST(a_loop_of_links_on_the_way_is_loop) {
    host_symlink(f, "two", "root/one");
    host_symlink(f, "one", "root/two");
    expect(f, ALL, "one/name", WASI_ELOOP);
}

TEST(too_many_links_on_the_way_are_loop) {
    char name[64], target[64];
    host_mkdir(f, "root/link0");
    for (int i = 1; i <= 41; i++) {
        snprintf(name, sizeof name, "root/link%d", i);
        snprintf(target, sizeof target, "link%d", i - 1);
        host_symlink(f, target, name);
    }
    expect(f, ALL, "link41/name", WASI_ELOOP);
}

TEST(a_name_of_4096_bytes_is_nametoolong) {
    static char name[PATH_SANDBOX_SIZE + 1];
    memset(name, '/', PATH_SANDBOX_SIZE);
    memcpy(name, "bait", 4);
    expect(f, ALL, name, WASI_ENAMETOOLONG);
}

TEST(a_component_of_256_bytes_is_nametoolong) {
    char name[NAME_MAX + 2] = "";
    memset(name, 'x', NAME_MAX + 1);
    expect(f, ALL, name, WASI_ENAMETOOLONG);
}

TEST(a_component_of_256_bytes_on_the_way_is_nametoolong) {
    char name[NAME_MAX + 8] = "";
    memset(name, 'x', NAME_MAX + 1);
    strcat(name, "/name");
    expect(f, ALL, name, WASI_ENAMETOOLONG);
}

TEST(an_absolute_name_is_perm) {
    expect(f, ALL, "/bait", WASI_EPERM);
}

TEST(a_name_above_the_directory_is_perm) {
    expect(f, ALL, "../secret", WASI_EPERM);
}

TEST(a_link_out_on_the_way_is_perm) {
    host_symlink(f, "../outside", "root/link");
    expect(f, ALL, "link/prey", WASI_EPERM);
}

TEST(an_absolute_link_on_the_way_is_perm) {
    host_symlink(f, f->directories[0].host_path, "root/link");
    expect(f, ALL, "link/bait", WASI_EPERM);
}

TEST(a_directory_that_must_not_be_searched_is_acces) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/name", "x");
    name_operations_prepare(f);
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0600), 0);
    bool root = geteuid() == 0;
    if (root) CHECK_EQUAL(seteuid(NOBODY), 0);
    expect(f, ALL, "dir/name", WASI_EACCES);
    if (root) CHECK_EQUAL(seteuid(0), 0);
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0700), 0);
}

TEST(a_directory_that_must_not_be_written_is_acces) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/name", "x");
    host_mkdir(f, "root/dir/sub");
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0555), 0);
    bool root = geteuid() == 0;
    if (root) CHECK_EQUAL(seteuid(NOBODY), 0);
    CHECK_EQUAL(mkdir_at(f, ROOT, "dir/new"), WASI_EACCES);
    CHECK_EQUAL(symlink_at(f, "x", ROOT, "dir/new"), WASI_EACCES);
    CHECK_EQUAL(unlink_at(f, ROOT, "dir/name"), WASI_EACCES);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir/sub"), WASI_EACCES);
    CHECK_EQUAL(rename_at(f, ROOT, "dir/name", ROOT, "dir/new"), WASI_EACCES);
    CHECK_EQUAL(open_at(f, ROOT, "dir/new", 0, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_EACCES);
    if (root) CHECK_EQUAL(seteuid(0), 0);
    CHECK_EQUAL(chmod(host_path(f, "root/dir"), 0700), 0);
}

TEST(a_file_that_must_not_be_read_is_acces) {
    host_write(f, "root/file", "x");
    CHECK_EQUAL(chmod(host_path(f, "root/file"), 0200), 0);
    bool root = geteuid() == 0;
    if (root) CHECK_EQUAL(seteuid(NOBODY), 0);
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, READING, 0, NULL), WASI_EACCES);
    if (root) CHECK_EQUAL(seteuid(0), 0);
}

TEST(the_times_of_somebody_else_s_file_are_perm) {
    host_write(f, "root/file", "x");
    if (geteuid() != 0) return; /* it takes two users */
    CHECK_EQUAL(seteuid(NOBODY), 0);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 1, 1, WASI_FST_MTIM), WASI_EPERM);
    CHECK_EQUAL(times_at(f, ROOT, "file", 0, 1, 1, WASI_FST_MTIM_NOW | WASI_FST_ATIM_NOW),
                WASI_EACCES);
    CHECK_EQUAL(seteuid(0), 0);
}

TEST(a_descriptor_that_is_not_open_is_badf) {
    expect_from(f, 99, ALL, "name", WASI_EBADF);
}

TEST(a_descriptor_of_a_file_is_notdir) {
    uint32_t fd;
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    expect_from(f, fd, ALL, "name", WASI_ENOTDIR);
}

TEST(what_exists_is_exist) {
    host_write(f, "root/file", "x");
    CHECK_EQUAL(mkdir_at(f, ROOT, "file"), WASI_EEXIST);
    CHECK_EQUAL(symlink_at(f, "x", ROOT, "file"), WASI_EEXIST);
    CHECK_EQUAL(link_at(f, ROOT, 0, "file", ROOT, "file"), WASI_EEXIST);
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH, 0, NULL),
                WASI_EEXIST);
}

TEST(a_dangling_link_exists_too) {
    host_symlink(f, "missing", "root/link");
    host_write(f, "root/file", "x");
    CHECK_EQUAL(mkdir_at(f, ROOT, "link"), WASI_EEXIST);
    CHECK_EQUAL(symlink_at(f, "x", ROOT, "link"), WASI_EEXIST);
    CHECK_EQUAL(link_at(f, ROOT, 0, "file", ROOT, "link"), WASI_EEXIST);
    CHECK_EQUAL(open_at(f, ROOT, "link", 0, WASI_OFLAG_CREAT | WASI_OFLAG_EXCL, BOTH, 0, NULL),
                WASI_EEXIST);
}

TEST(unlinking_a_directory_is_isdir) {
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(unlink_at(f, ROOT, "dir"), WASI_EISDIR);
}

TEST(writing_to_a_directory_is_isdir) {
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, 0, WRITING, 0, NULL), WASI_EISDIR);
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_TRUNC, READING, 0, NULL), WASI_EISDIR);
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_CREAT, READING, 0, NULL), WASI_EISDIR);
}

TEST(removing_a_directory_with_entries_is_notempty) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/dir/file", "x");
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir"), WASI_ENOTEMPTY);
}

TEST(removing_dot_is_inval) {
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir/."), WASI_EINVAL);
    CHECK(host_exists(f, "root/dir"));
}

TEST(renaming_a_directory_into_itself_is_inval) {
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(rename_at(f, ROOT, "dir", ROOT, "dir/sub"), WASI_EINVAL);
}

TEST(renaming_a_directory_over_one_with_entries_is_notempty) {
    host_mkdir(f, "root/dir");
    host_mkdir(f, "root/full");
    host_write(f, "root/full/file", "x");
    CHECK_EQUAL(rename_at(f, ROOT, "dir", ROOT, "full"), WASI_ENOTEMPTY);
}

TEST(renaming_a_directory_over_a_file_is_notdir) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/file", "x");
    CHECK_EQUAL(rename_at(f, ROOT, "dir", ROOT, "file"), WASI_ENOTDIR);
}

TEST(renaming_a_file_over_a_directory_is_isdir) {
    host_mkdir(f, "root/dir");
    host_write(f, "root/file", "x");
    CHECK_EQUAL(rename_at(f, ROOT, "file", ROOT, "dir"), WASI_EISDIR);
}

TEST(renaming_dot_is_busy) {
    CHECK_EQUAL(rename_at(f, ROOT, ".", ROOT, "new"), WASI_EBUSY);
}

TEST(renaming_onto_the_same_file_does_nothing) {
    host_write(f, "root/one", "x");
    CHECK_EQUAL(link_at(f, ROOT, 0, "one", ROOT, "two"), WASI_ESUCCESS);
    CHECK_EQUAL(rename_at(f, ROOT, "one", ROOT, "two"), WASI_ESUCCESS);
    CHECK(host_exists(f, "root/one") && host_exists(f, "root/two"));
}

TEST(a_hard_link_to_a_directory_is_perm) {
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(link_at(f, ROOT, 0, "dir", ROOT, "new"), WASI_EPERM);
}

TEST(following_a_link_in_a_loop_is_loop) {
    host_symlink(f, "self", "root/self");
    CHECK_EQUAL(open_at(f, ROOT, "self", FOLLOW, 0, READING, 0, NULL), WASI_ELOOP);
    CHECK_EQUAL(stat_at(f, ROOT, "self", FOLLOW, NULL), WASI_ELOOP);
    CHECK_EQUAL(times_at(f, ROOT, "self", FOLLOW, 1, 1, WASI_FST_MTIM), WASI_ELOOP);
    CHECK_EQUAL(link_at(f, ROOT, FOLLOW, "self", ROOT, "new"), WASI_ELOOP);
}

TEST(opening_a_link_itself_is_loop) {
    host_write(f, "root/file", "x");
    host_symlink(f, "file", "root/link");
    CHECK_EQUAL(open_at(f, ROOT, "link", 0, 0, READING, 0, NULL), WASI_ELOOP);
    CHECK_EQUAL(open_at(f, ROOT, "link", 0, WASI_OFLAG_CREAT, BOTH, 0, NULL), WASI_ELOOP);
}

TEST(opening_a_link_itself_as_a_directory_is_notdir) {
    host_mkdir(f, "root/dir");
    host_symlink(f, "dir", "root/link");
    CHECK_EQUAL(open_at(f, ROOT, "link", 0, WASI_OFLAG_DIRECTORY, READING, 0, NULL), WASI_ENOTDIR);
}

TEST(reading_what_is_no_link_is_inval) {
    char text[1024];
    host_write(f, "root/file", "x");
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(readlink_at(f, ROOT, "file", text), WASI_EINVAL);
    CHECK_EQUAL(readlink_at(f, ROOT, "dir", text), WASI_EINVAL);
}

TEST(a_fifo_without_a_reader_is_nxio) {
    CHECK_EQUAL(mkfifo(host_path(f, "root/fifo"), 0600), 0);
    CHECK_EQUAL(open_at(f, ROOT, "fifo", 0, 0, WASI_RIGHT_FD_WRITE, WASI_FDFLAG_NONBLOCK, NULL),
                WASI_ENXIO);
}

TEST(opening_a_socket_is_nxio) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", host_path(f, "root/socket"));
    CHECK_EQUAL(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQUAL(open_at(f, ROOT, "socket", 0, 0, READING, 0, NULL), WASI_ENXIO);
    close(fd);
}

TEST(a_running_program_is_txtbsy) {
    /* A script would not do: the kernel protects what it runs, this test itself for one. */
    char self[PATH_MAX] = "", *slash;
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0 || !(slash = strrchr(self, '/'))) return;
    *slash = '\0';
    int fd = open(self, O_PATH | O_DIRECTORY);
    fd_table_get(&f->wasi->files, ROOT)->host_fd =
        dup3(fd, fd_table_get(&f->wasi->files, ROOT)->host_fd, O_CLOEXEC);
    CHECK_EQUAL(open_at(f, ROOT, slash + 1, 0, 0, WASI_RIGHT_FD_WRITE, 0, NULL), WASI_ETXTBSY);
    close(fd);
}

TEST(a_second_file_system_is_xdev) {
    char other[] = "/dev/shm/mpiwasm-wasi-XXXXXX";
    struct stat here, there;
    if (!mkdtemp(other)) return;
    CHECK_EQUAL(stat(f->base, &here), 0);
    CHECK_EQUAL(stat(other, &there), 0);
    if (here.st_dev != there.st_dev) {
        int fd = open(other, O_PATH | O_DIRECTORY);
        struct fd_entry entry = *fd_table_get(&f->wasi->files, ROOT);
        uint32_t far;
        entry.host_fd = fd;
        CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &far), 0);
        host_write(f, "root/file", "x");
        CHECK_EQUAL(rename_at(f, ROOT, "file", far, "new"), WASI_EXDEV);
        CHECK_EQUAL(link_at(f, ROOT, 0, "file", far, "new"), WASI_EXDEV);
        CHECK_EQUAL(symlink_at(f, "x", far, "link"), WASI_ESUCCESS);
        CHECK_EQUAL(unlink_at(f, far, "link"), WASI_ESUCCESS);
    }
    rmdir(other);
}
