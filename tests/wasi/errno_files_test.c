/*
 * errno_files_test.c - what the functions on descriptors answer where a kind of file, a device or
 * a limit does not allow what was asked for.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

enum { AT = 1024, ROOM = 64 };

/* Put a host descriptor into the guest's table, as path_open does. */
static uint32_t grant_fd(struct fixture *f, int host_fd) {
    struct fd_entry entry = {.host_fd = host_fd, .owned = true, .rights_base = WASI_RIGHT_ALL};
    struct stat status;
    uint32_t fd = UINT32_MAX;
    CHECK_EQUAL(fstat(host_fd, &status), 0);
    wasi_entry_classify(&entry, &status);
    CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &fd), 0);
    f->next = AT + ROOM;
    return fd;
}

struct pipe {
    uint32_t from, to;
};

static struct pipe make_pipe(struct fixture *f) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    uint32_t from = grant_fd(f, ends[0]);
    return (struct pipe){from, grant_fd(f, ends[1])};
}

static uint32_t make_file(struct fixture *f, uint64_t rights) {
    uint32_t fd;
    host_write(f, "root/file", "text");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, rights, 0, &fd), WASI_ESUCCESS);
    f->next = AT + ROOM;
    return fd;
}

TEST(seeking_in_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, pipe.from, 1, WASI_WHENCE_SET, AT), WASI_ESPIPE);
}

TEST(telling_the_position_in_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, pipe.from, AT), WASI_ESPIPE);
}

TEST(positioned_reading_from_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    uint32_t vector = guest_iovec(f, AT, 4);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, pipe.from, vector, 1, 0, AT), WASI_ESPIPE);
}

TEST(positioned_writing_to_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    uint32_t vector = guest_iovec(f, AT, 4);
    CHECK_EQUAL(wasi_fd_pwrite(f->wasi, pipe.to, vector, 1, 0, AT), WASI_ESPIPE);
}

TEST(advice_on_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_advise(f->wasi, pipe.from, 0, 0, WASI_ADVICE_RANDOM), WASI_ESPIPE);
}

TEST(allocating_in_a_pipe_is_spipe) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, pipe.to, 0, 1), WASI_ESPIPE);
}

TEST(synchronising_a_pipe_is_inval) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_sync(f->wasi, pipe.to), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_datasync(f->wasi, pipe.to), WASI_EINVAL);
}

TEST(truncating_a_pipe_is_inval) {
    struct pipe pipe = make_pipe(f);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, pipe.to, 0), WASI_EINVAL);
}

TEST(a_pipe_has_no_entries) {
    struct pipe pipe = make_pipe(f);
    fd_table_get(&f->wasi->files, pipe.from)->rights_base = WASI_RIGHT_ALL;
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, pipe.from, AT, 32, 0, AT + 32), WASI_ENOTDIR);
}

TEST(the_wrong_end_of_a_pipe_is_badf) {
    struct pipe pipe = make_pipe(f);
    char text[1024];
    CHECK_EQUAL(read_text(f, pipe.to, text), WASI_EBADF);
    CHECK_EQUAL(write_text(f, pipe.from, "x"), WASI_EBADF);
}

TEST(an_empty_pipe_without_blocking_is_again) {
    struct pipe pipe = make_pipe(f);
    char text[1024];
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, pipe.from, WASI_FDFLAG_NONBLOCK), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, pipe.from, text), WASI_EAGAIN);
}

TEST(a_pipe_without_a_reader_is_pipe) {
    struct pipe pipe = make_pipe(f);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    CHECK_EQUAL(wasi_fd_close(f->wasi, pipe.from), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, pipe.to, "x"), WASI_EPIPE);
    signal(SIGPIPE, before);
}

TEST(a_full_device_is_nospc) {
    int host_fd = open("/dev/full", O_WRONLY);
    if (host_fd < 0) return;
    CHECK_EQUAL(write_text(f, grant_fd(f, host_fd), "x"), WASI_ENOSPC);
}

TEST(allocating_in_a_device_is_nodev) {
    int host_fd = open("/dev/null", O_RDWR);
    if (host_fd < 0) return;
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, grant_fd(f, host_fd), 0, 1), WASI_ENODEV);
}

TEST(truncating_a_device_is_inval) {
    int host_fd = open("/dev/null", O_RDWR);
    if (host_fd < 0) return;
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, grant_fd(f, host_fd), 0), WASI_EINVAL);
}

TEST(memory_that_is_not_there_is_io) {
    int host_fd = open("/proc/self/mem", O_RDONLY);
    char text[1024];
    if (host_fd < 0) return;
    CHECK_EQUAL(read_text(f, grant_fd(f, host_fd), text), WASI_EIO);
}

TEST(a_file_beyond_the_process_s_limit_is_fbig) {
    uint32_t fd = make_file(f, BOTH), vector = guest_iovec(f, AT, 4);
    struct rlimit before, limit;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CHECK_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = (struct rlimit){1000, before.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_EQUAL(wasi_fd_pwrite(f->wasi, fd, vector, 1, 1000, AT), WASI_EFBIG);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, 1001), WASI_EFBIG);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 1001), WASI_EFBIG);
    CHECK_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
}

TEST(a_position_before_the_beginning_is_inval) {
    uint32_t fd = make_file(f, BOTH);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, (uint64_t)-5, WASI_WHENCE_END, AT), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, (uint64_t)-1, WASI_WHENCE_CUR, AT), WASI_EINVAL);
}

TEST(a_position_beyond_63_bits_is_refused_and_the_old_one_stays) {
    uint32_t fd = make_file(f, BOTH);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 3, WASI_WHENCE_SET, AT), WASI_ESUCCESS);
    uint32_t error = wasi_fd_seek(f->wasi, fd, INT64_MAX, WASI_WHENCE_CUR, AT);
    CHECK(error == WASI_EINVAL || error == WASI_EOVERFLOW);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, AT), 3);
}

TEST(a_seek_that_fails_stores_nothing) {
    uint32_t fd = make_file(f, BOTH);
    wasi_put_u64(guest_at(f, AT), 77);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, (uint64_t)-1, WASI_WHENCE_SET, AT), WASI_EINVAL);
    CHECK_EQUAL(guest_u64(f, AT), 77);
}

TEST(a_read_that_fails_stores_nothing) {
    struct pipe pipe = make_pipe(f);
    wasi_put_u32(guest_at(f, AT), 77);
    uint32_t vector = guest_iovec(f, AT + 8, 4);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, pipe.from, vector, 1, 0, AT), WASI_ESPIPE);
    CHECK_EQUAL(guest_u32(f, AT), 77);
}

TEST(a_directory_has_no_position) {
    CHECK_EQUAL(wasi_fd_tell(f->wasi, ROOT, AT), WASI_ENOTCAPABLE);
}

TEST(a_directory_is_not_truncated) {
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, ROOT, 0), WASI_ENOTCAPABLE);
}

TEST(a_file_opened_for_reading_is_not_allocated) {
    uint32_t fd = make_file(f, READING);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 10), WASI_ENOTCAPABLE);
}

/* Positions and sizes. */

TEST(a_hole_reads_as_zeros) {
    uint32_t fd = make_file(f, BOTH), vector = guest_iovec(f, AT + 16, 4);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, 4096), WASI_ESUCCESS);
    memset(guest_at(f, AT + 16), 'x', 4);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, vector, 1, 2000, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, AT), 4);
    CHECK_EQUAL(guest_u32(f, AT + 16), 0);
}

TEST(reading_beyond_the_end_gives_nothing) {
    uint32_t fd = make_file(f, BOTH), vector = guest_iovec(f, AT + 16, 4);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, vector, 1, UINT64_C(1) << 40, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, AT), 0);
}

TEST(shrinking_a_file_leaves_the_position) {
    uint32_t fd = make_file(f, BOTH);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 4, WASI_WHENCE_SET, AT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, 1), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, AT), 4);
}

TEST(allocating_never_shrinks) {
    uint32_t fd = make_file(f, BOTH);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 1), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "text") == 0);
}

TEST(a_write_to_a_removed_file_succeeds) {
    uint32_t fd = make_file(f, BOTH);
    CHECK_EQUAL(unlink_at(f, ROOT, "file"), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, fd, "x"), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_get(f->wasi, fd, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, AT + WASI_FILESTAT_NLINK), 0);
}

/* Flags of descriptors. */

TEST(two_appending_descriptors_write_behind_each_other) {
    uint32_t one, two;
    host_write(f, "root/file", "");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, WASI_FDFLAG_APPEND, &one), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, WASI_FDFLAG_APPEND, &two), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, one, "a"), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, two, "b"), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, one, "c"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "abc") == 0);
}

TEST(appending_leaves_the_position_behind_what_was_written) {
    uint32_t fd;
    host_write(f, "root/file", "text");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, WASI_FDFLAG_APPEND, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, fd, "more"), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, AT), 8);
}

TEST(appending_can_be_turned_off) {
    uint32_t fd;
    host_write(f, "root/file", "text");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, WASI_FDFLAG_APPEND, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, 0), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, fd, "X"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "Xext") == 0);
}

TEST(synchronous_files_say_so) {
    static const struct {
        uint32_t asked, reported;
    } flags[] = {{WASI_FDFLAG_DSYNC, WASI_FDFLAG_DSYNC},
                 {WASI_FDFLAG_SYNC, WASI_FDFLAG_SYNC},
                 {WASI_FDFLAG_RSYNC, WASI_FDFLAG_SYNC}};
    host_write(f, "root/file", "text");
    for (int i = 0; i < 3; i++) {
        uint32_t fd;
        CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, flags[i].asked, &fd), WASI_ESUCCESS);
        CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, fd, AT), WASI_ESUCCESS);
        CHECK_EQUAL(wasi_get_u16(guest_at(f, AT + WASI_FDSTAT_FLAGS)), flags[i].reported);
    }
}

/* Times. */

TEST(times_of_an_open_file_can_be_now) {
    uint32_t fd = make_file(f, BOTH);
    struct stat status;
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 1, 1, WASI_FST_ATIM | WASI_FST_MTIM),
                WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 0, 0, WASI_FST_ATIM_NOW), WASI_ESUCCESS);
    CHECK_EQUAL(stat(host_path(f, "root/file"), &status), 0);
    CHECK(status.st_atim.tv_sec > 1000000000);
    CHECK_EQUAL(status.st_mtim.tv_sec, 0);
    CHECK_EQUAL(status.st_mtim.tv_nsec, 1);
}

TEST(no_flags_leave_both_times) {
    uint32_t fd = make_file(f, BOTH);
    struct stat before, after;
    CHECK_EQUAL(stat(host_path(f, "root/file"), &before), 0);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 1, 1, 0), WASI_ESUCCESS);
    CHECK_EQUAL(stat(host_path(f, "root/file"), &after), 0);
    CHECK_EQUAL(wasi_timestamp(before.st_mtim), wasi_timestamp(after.st_mtim));
    CHECK_EQUAL(wasi_timestamp(before.st_atim), wasi_timestamp(after.st_atim));
}

TEST(times_of_a_directory_are_set_through_its_descriptor) {
    struct stat status;
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, ROOT, 0, UINT64_C(5000000007), WASI_FST_MTIM),
                WASI_ESUCCESS);
    CHECK_EQUAL(stat(host_path(f, "root"), &status), 0);
    CHECK_EQUAL(wasi_timestamp(status.st_mtim), UINT64_C(5000000007));
}

TEST(contradicting_times_change_nothing) {
    uint32_t fd = make_file(f, BOTH);
    struct stat before, after;
    CHECK_EQUAL(stat(host_path(f, "root/file"), &before), 0);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 1, 1,
                                           WASI_FST_ATIM | WASI_FST_MTIM | WASI_FST_MTIM_NOW),
                WASI_EINVAL);
    CHECK_EQUAL(stat(host_path(f, "root/file"), &after), 0);
    CHECK_EQUAL(wasi_timestamp(before.st_atim), wasi_timestamp(after.st_atim));
}

/* Directory cookies. */

static uint32_t first_cookie(struct fixture *f, uint32_t fd) {
    uint32_t buffer = guest_room(f, 256);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, buffer, 256, 0, AT), WASI_ESUCCESS);
    return (uint32_t)guest_u64(f, buffer + WASI_DIRENT_NEXT);
}

TEST(cookies_belong_to_their_descriptor) {
    uint32_t one, two, buffer = guest_room(f, 256);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &one), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &two), WASI_ESUCCESS);
    uint32_t cookie = first_cookie(f, one);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, one, buffer, 256, cookie, AT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, two, buffer, 256, cookie, AT), WASI_EINVAL);
}

TEST(cookies_move_with_their_descriptor) {
    uint32_t fd, buffer = guest_room(f, 256);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &fd), WASI_ESUCCESS);
    uint32_t cookie = first_cookie(f, fd);
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, fd, FIXED), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, FIXED, buffer, 256, cookie, AT), WASI_ESUCCESS);
}

TEST(a_number_used_again_has_no_cookies) {
    uint32_t fd, again, buffer = guest_room(f, 256);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &fd), WASI_ESUCCESS);
    uint32_t cookie = first_cookie(f, fd);
    CHECK_EQUAL(wasi_fd_close(f->wasi, fd), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &again),
                WASI_ESUCCESS);
    CHECK_EQUAL(again, fd);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, again, buffer, 256, cookie, AT), WASI_EINVAL);
}

TEST(entries_made_after_the_first_listing_are_seen_from_cookie_0) {
    uint32_t fd, buffer = guest_room(f, 256);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", 0, WASI_OFLAG_DIRECTORY, READING, 0, &fd), WASI_ESUCCESS);
    (void)first_cookie(f, fd);
    uint32_t before = guest_u32(f, AT);
    host_write(f, "root/dir/new", "x");
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, buffer, 256, 0, AT), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, AT), before + WASI_DIRENT_SIZE + 3);
}
