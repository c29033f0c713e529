/*
 * io_test.c - descriptors: reading, writing, positions, flags, rights, attributes, renumbering.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <unistd.h>

TEST(a_file_is_created_written_and_read_back) {
    uint32_t fd;
    char text[1024];
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, WASI_OFLAG_CREAT, BOTH, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(fd, FIRST_FREE);
    CHECK_EQUAL(write_text(f, fd, "hello"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "hello") == 0);
    uint32_t position = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 1, WASI_WHENCE_SET, position), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, fd, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "ello") == 0);
    CHECK_EQUAL(wasi_fd_close(f->wasi, fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_close(f->wasi, fd), WASI_EBADF);
}

TEST(grants_are_preopened_from_descriptor_3) {
    uint32_t prestat = guest_room(f, 8), name = guest_room(f, 16);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, prestat), WASI_ESUCCESS);
    CHECK_EQUAL(*guest_at(f, prestat), WASI_PREOPENTYPE_DIR);
    CHECK_EQUAL(guest_u32(f, prestat + 4), 1);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, FIXED, prestat), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, prestat + 4), 6);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, FIXED, name, 6), WASI_ESUCCESS);
    CHECK(memcmp(guest_at(f, name), "/fixed\0", 7) == 0);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, FIRST_FREE, prestat), WASI_EBADF);
}

TEST(a_grant_s_name_needs_room) {
    uint32_t name = guest_room(f, 16);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, FIXED, name, 5), WASI_ENAMETOOLONG);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, FIXED, MEMORY_SIZE - 5, 6), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, 1, name, 16), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, MEMORY_SIZE - 7), WASI_EFAULT);
}

static uint32_t make_file(struct fixture *f, const char *text, uint64_t rights, uint32_t fdflags) {
    uint32_t fd;
    host_write(f, "root/file", text);
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, rights, fdflags, &fd), WASI_ESUCCESS);
    return fd;
}

TEST(several_buffers_are_filled_in_order) {
    uint32_t fd = make_file(f, "abcdefgh", READING, 0);
    uint32_t buffer = guest_room(f, 32), result = guest_room(f, 4);
    uint32_t vectors[] = {buffer + 8, 3, buffer, 0, buffer + 16, 10};
    uint32_t array = guest_bytes(f, vectors, sizeof vectors);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, array, 3, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 8);
    CHECK(memcmp(guest_at(f, buffer + 8), "abc\0", 4) == 0);
    CHECK(memcmp(guest_at(f, buffer + 16), "defgh\0", 6) == 0);
}

TEST(the_end_of_a_file_reads_as_nothing) {
    uint32_t fd = make_file(f, "", READING, 0);
    uint32_t vector = guest_iovec(f, guest_room(f, 8), 8), result = guest_bytes(f, "xxxx", 4);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, vector, 1, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
}

TEST(no_buffers_move_nothing) {
    uint32_t fd = make_file(f, "abc", BOTH, 0), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, 0, 0, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
    CHECK_EQUAL(wasi_fd_write(f->wasi, fd, MEMORY_SIZE, 0, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
}

TEST(buffers_beyond_memory_fault_before_anything_moves) {
    uint32_t fd = make_file(f, "abcdefgh", BOTH, 0), result = guest_room(f, 4);
    uint32_t good = guest_room(f, 8);
    static const struct {
        uint32_t buffer, length;
    } bad[] = {{MEMORY_SIZE - 7, 8},     {MEMORY_SIZE, 1}, {UINT32_MAX, 1},
               {UINT32_MAX, UINT32_MAX}, {16, UINT32_MAX}, {UINT32_MAX - 3, 8}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t vectors[] = {good, 4, bad[i].buffer, bad[i].length};
        uint32_t array = guest_bytes(f, vectors, sizeof vectors);
        CHECK_EQUAL(wasi_fd_read(f->wasi, fd, array, 2, result), WASI_EFAULT);
        CHECK_EQUAL(wasi_fd_write(f->wasi, fd, array, 2, result), WASI_EFAULT);
        CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, array, 2, 0, result), WASI_EFAULT);
        CHECK_EQUAL(wasi_fd_pwrite(f->wasi, fd, array, 2, 0, result), WASI_EFAULT);
    }
    CHECK_EQUAL(guest_u32(f, good), 0);
    CHECK(strcmp(host_read(f, "root/file"), "abcdefgh") == 0);
}

TEST(an_array_of_buffers_beyond_memory_faults) {
    uint32_t fd = make_file(f, "abc", BOTH, 0), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, MEMORY_SIZE - 8, 2, result), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_write(f->wasi, fd, MEMORY_SIZE - 7, 1, result), WASI_EFAULT);
    /* 2^29 * 8 wraps to zero in 32 bits. */
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, 0, UINT32_C(1) << 29, result), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_write(f->wasi, fd, 0, UINT32_MAX, result), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, 1024, 0, MEMORY_SIZE - 3), WASI_EFAULT);
}

TEST(a_buffer_may_end_where_memory_ends) {
    uint32_t fd = make_file(f, "abcd", READING, 0), result = guest_room(f, 4);
    uint32_t vector = guest_iovec(f, MEMORY_SIZE - 4, 4);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, vector, 1, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 4);
    CHECK(memcmp(guest_at(f, MEMORY_SIZE - 4), "abcd", 4) == 0);
}

TEST(more_buffers_than_the_host_takes_are_a_partial_transfer) {
    enum { COUNT = 3 * IOV_MAX };
    uint32_t fd = make_file(f, "", BOTH, 0), result = guest_room(f, 4);
    uint32_t letter = guest_bytes(f, "x", 1), array = guest_room(f, COUNT * 8);
    for (uint32_t i = 0; i < COUNT; i++) {
        /* Empty ones do not count: otherwise a read could look like the end of the file. */
        uint32_t vector[2] = {letter, i % 2};
        memcpy(guest_at(f, array + i * 8), vector, 8);
    }
    CHECK_EQUAL(wasi_fd_write(f->wasi, fd, array, COUNT, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), IOV_MAX);
}

TEST(offsets_beyond_4_gib_work) {
    const uint64_t offset = UINT64_C(5) << 30;
    uint32_t fd = make_file(f, "", BOTH, 0), result = guest_room(f, 8);
    uint32_t buffer = guest_bytes(f, "far", 3), vector = guest_iovec(f, buffer, 3);
    CHECK_EQUAL(wasi_fd_pwrite(f->wasi, fd, vector, 1, offset, result), WASI_ESUCCESS);
    memset(guest_at(f, buffer), 0, 3);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, vector, 1, offset, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 3);
    CHECK(memcmp(guest_at(f, buffer), "far", 3) == 0);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, (uint64_t)-1, WASI_WHENCE_END, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, result), offset + 2);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, result), offset + 2);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, vector, 1, UINT64_MAX, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_pwrite(f->wasi, fd, vector, 1, UINT64_C(1) << 63, result), WASI_EINVAL);
}

TEST(positioned_transfers_leave_the_position) {
    uint32_t fd = make_file(f, "abcdef", BOTH, 0), result = guest_room(f, 8);
    uint32_t vector = guest_iovec(f, guest_room(f, 2), 2);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, fd, vector, 1, 4, result), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u64(f, result), 0);
}

TEST(seeking_to_nowhere_is_invalid) {
    uint32_t fd = make_file(f, "abc", READING, 0), result = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, (uint64_t)-1, WASI_WHENCE_SET, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 0, 3, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 0, UINT32_MAX, result), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 0, 0, MEMORY_SIZE - 7), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_tell(f->wasi, fd, MEMORY_SIZE - 7), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, ROOT, 0, WASI_WHENCE_SET, result), WASI_ENOTCAPABLE);
}

TEST(appending_writes_at_the_end) {
    uint32_t fd = make_file(f, "abc", BOTH, WASI_FDFLAG_APPEND), result = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 0, WASI_WHENCE_SET, result), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, fd, "def"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "root/file"), "abcdef") == 0);
}

TEST(flags_are_reported_and_changed) {
    uint32_t fd = make_file(f, "abc", BOTH, WASI_FDFLAG_APPEND | WASI_FDFLAG_DSYNC);
    uint32_t result = guest_room(f, WASI_FDSTAT_SIZE);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, fd, result), WASI_ESUCCESS);
    const uint8_t *status = guest_at(f, result);
    CHECK_EQUAL(status[WASI_FDSTAT_FILETYPE], WASI_FILETYPE_REGULAR_FILE);
    CHECK_EQUAL(wasi_get_u16(status + WASI_FDSTAT_FLAGS), WASI_FDFLAG_APPEND | WASI_FDFLAG_DSYNC);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FDSTAT_RIGHTS_BASE), WASI_RIGHT_FILE);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FDSTAT_RIGHTS_INHERITING), 0);

    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, WASI_FDFLAG_NONBLOCK | WASI_FDFLAG_DSYNC),
                WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, fd, result), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_get_u16(status + WASI_FDSTAT_FLAGS), WASI_FDFLAG_NONBLOCK | WASI_FDFLAG_DSYNC);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, WASI_FDFLAG_SYNC), WASI_ENOTSUP);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, 0), WASI_ENOTSUP);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, 64), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, fd, MEMORY_SIZE - 23), WASI_EFAULT);
}

TEST(nonblocking_standard_input_leaves_the_host_s_flags) {
    int ends[2], saved = dup(0);
    uint32_t result = guest_room(f, 4), vector = guest_iovec(f, guest_room(f, 8), 8);
    CHECK_EQUAL(pipe(ends), 0);
    dup2(ends[0], 0);
    /* The table was made with the test's own standard input, which may be closed. */
    struct fd_entry entry = {.host_fd = 0, .rights_base = WASI_RIGHT_FILE};
    uint32_t fd;
    CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &fd), 0);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, fd, WASI_FDFLAG_NONBLOCK), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, vector, 1, result), WASI_EAGAIN);
    CHECK_EQUAL(write(ends[1], "x", 1), 1);
    CHECK_EQUAL(wasi_fd_read(f->wasi, fd, vector, 1, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 1);
    CHECK_EQUAL(fcntl(0, F_GETFL) & O_NONBLOCK, 0);
    dup2(saved, 0);
    close(saved);
    close(ends[0]);
    close(ends[1]);
}

TEST(closing_a_standard_stream_leaves_the_host_s) {
    struct fd_entry entry = {.host_fd = 2, .rights_base = WASI_RIGHT_FILE};
    uint32_t fd;
    CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &fd), 0);
    CHECK_EQUAL(wasi_fd_close(f->wasi, fd), WASI_ESUCCESS);
    CHECK(fcntl(2, F_GETFD) >= 0);
}

TEST(a_guest_s_file_never_stands_at_a_standard_descriptor_of_the_host) {
    int saved = dup(0);
    uint32_t fd;
    close(0);
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK(fd_table_get(&f->wasi->files, fd)->host_fd > 2);
    CHECK(fcntl(0, F_GETFD) < 0);
    dup2(saved, 0);
    close(saved);
}

TEST(a_file_opened_for_reading_is_not_written) {
    uint32_t fd = make_file(f, "abc", READING, 0);
    CHECK_EQUAL(write_text(f, fd, "x"), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, 0), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 10), WASI_ENOTCAPABLE);
    CHECK(strcmp(host_read(f, "root/file"), "abc") == 0);
}

TEST(a_directory_is_not_read) {
    uint32_t vector = guest_iovec(f, guest_room(f, 8), 8), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_read(f->wasi, ROOT, vector, 1, result), WASI_EISDIR);
    CHECK_EQUAL(wasi_fd_pread(f->wasi, ROOT, vector, 1, 0, result), WASI_EISDIR);
}

TEST(a_directory_is_not_written) {
    CHECK_EQUAL(write_text(f, ROOT, "x"), WASI_ENOTCAPABLE);
}

TEST(a_directory_is_synchronised_like_a_file) {
    CHECK_EQUAL(wasi_fd_sync(f->wasi, ROOT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_datasync(f->wasi, ROOT), WASI_ESUCCESS);
}

TEST(rights_only_shrink) {
    uint32_t fd = make_file(f, "abc", BOTH, 0);
    char text[1024];
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, fd, WASI_RIGHT_FD_WRITE, 0), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, fd, text), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, fd, WASI_RIGHT_FD_READ, 0), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, fd, 0, WASI_RIGHT_FD_READ), WASI_ENOTCAPABLE);
    CHECK_EQUAL(write_text(f, fd, "x"), WASI_ESUCCESS);
}

TEST(every_function_refuses_a_descriptor_that_is_not_open) {
    uint32_t at = guest_room(f, 64);
    static const uint32_t bad[] = {FIRST_FREE, 15, 16, 100000, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t fd = bad[i];
        uint32_t errors[] = {
            wasi_fd_advise(f->wasi, fd, 0, 0, 0),
            wasi_fd_allocate(f->wasi, fd, 0, 1),
            wasi_fd_close(f->wasi, fd),
            wasi_fd_datasync(f->wasi, fd),
            wasi_fd_fdstat_get(f->wasi, fd, at),
            wasi_fd_fdstat_set_flags(f->wasi, fd, 0),
            wasi_fd_fdstat_set_rights(f->wasi, fd, 0, 0),
            wasi_fd_filestat_get(f->wasi, fd, at),
            wasi_fd_filestat_set_size(f->wasi, fd, 0),
            wasi_fd_filestat_set_times(f->wasi, fd, 0, 0, 0),
            wasi_fd_pread(f->wasi, fd, at, 0, 0, at),
            wasi_fd_prestat_get(f->wasi, fd, at),
            wasi_fd_prestat_dir_name(f->wasi, fd, at, 8),
            wasi_fd_pwrite(f->wasi, fd, at, 0, 0, at),
            wasi_fd_read(f->wasi, fd, at, 0, at),
            wasi_fd_readdir(f->wasi, fd, at, 8, 0, at),
            wasi_fd_renumber(f->wasi, fd, ROOT),
            wasi_fd_renumber(f->wasi, ROOT, fd),
            wasi_fd_seek(f->wasi, fd, 0, 0, at),
            wasi_fd_sync(f->wasi, fd),
            wasi_fd_tell(f->wasi, fd, at),
            wasi_fd_write(f->wasi, fd, at, 0, at),
        };
        for (size_t j = 0; j < sizeof errors / sizeof *errors; j++) {
            CHECK_EQUAL(errors[j], WASI_EBADF);
        }
    }
}

TEST(renumbering_moves_and_closes) {
    uint32_t first = make_file(f, "first", READING, 0), second;
    char text[1024];
    host_write(f, "root/other", "second");
    CHECK_EQUAL(open_at(f, ROOT, "other", FOLLOW, 0, READING, 0, &second), WASI_ESUCCESS);
    int host_first = fd_table_get(&f->wasi->files, first)->host_fd;
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, second, first), WASI_ESUCCESS);
    CHECK(fcntl(host_first, F_GETFD) < 0);
    CHECK_EQUAL(read_text(f, first, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "second") == 0);
    CHECK_EQUAL(read_text(f, second, text), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, first, first), WASI_ESUCCESS);
    CHECK_EQUAL(open_at(f, ROOT, "other", FOLLOW, 0, READING, 0, &second), WASI_ESUCCESS);
    CHECK_EQUAL(second, first + 1);
}

TEST(the_lowest_free_number_is_taken) {
    uint32_t fds[4], fd;
    host_write(f, "root/file", "x");
    for (int i = 0; i < 4; i++) {
        CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fds[i]), WASI_ESUCCESS);
        CHECK_EQUAL(fds[i], FIRST_FREE + i);
    }
    wasi_fd_close(f->wasi, fds[2]);
    wasi_fd_close(f->wasi, fds[0]);
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(fd, fds[0]);
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(fd, fds[2]);
}

TEST(descriptors_are_limited) {
    host_write(f, "root/file", "x");
    f->wasi->files.quota = 40;
    int before = dup(0);
    close(before);
    uint32_t fd, error, count = 0;
    while ((error = open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd)) == WASI_ESUCCESS) {
        if (++count > 100) break;
    }
    CHECK_EQUAL(error, WASI_EMFILE);
    CHECK_EQUAL(count, 40 - FIRST_FREE);
    for (uint32_t i = FIRST_FREE; i < 40; i++) {
        CHECK_EQUAL(wasi_fd_close(f->wasi, i), WASI_ESUCCESS);
    }
    int after = dup(0);
    close(after);
    CHECK_EQUAL(after, before);
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(fd, FIRST_FREE);
}

TEST(attributes_of_an_open_file) {
    uint32_t fd = make_file(f, "12345", BOTH, 0), result = guest_room(f, WASI_FILESTAT_SIZE);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 7, 9, WASI_FST_ATIM | WASI_FST_MTIM),
                WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, UINT64_C(6) << 30), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 0, 9, WASI_FST_MTIM), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_filestat_get(f->wasi, fd, result), WASI_ESUCCESS);
    const uint8_t *status = guest_at(f, result);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_SIZE_FIELD), UINT64_C(6) << 30);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_ATIM), 7);
    CHECK_EQUAL(wasi_get_u64(status + WASI_FILESTAT_MTIM), 9);
    CHECK_EQUAL(wasi_fd_filestat_set_size(f->wasi, fd, UINT64_MAX), WASI_EFBIG);
    CHECK_EQUAL(wasi_fd_filestat_set_times(f->wasi, fd, 0, 0, 3), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_filestat_get(f->wasi, fd, MEMORY_SIZE - 63), WASI_EFAULT);
}

TEST(space_is_allocated_and_advice_taken) {
    uint32_t fd = make_file(f, "abc", BOTH, 0);
    struct stat status;
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 10000), WASI_ESUCCESS);
    CHECK_EQUAL(stat(host_path(f, "root/file"), &status), 0);
    CHECK_EQUAL(status.st_size, 10000);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, 0, 0), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, UINT64_MAX, 2), WASI_EFBIG);
    CHECK_EQUAL(wasi_fd_allocate(f->wasi, fd, INT64_MAX, INT64_MAX), WASI_EFBIG);
    for (uint32_t advice = 0; advice <= WASI_ADVICE_NOREUSE; advice++) {
        CHECK_EQUAL(wasi_fd_advise(f->wasi, fd, 0, 0, advice), WASI_ESUCCESS);
    }
    CHECK_EQUAL(wasi_fd_advise(f->wasi, fd, 0, 0, 6), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_advise(f->wasi, fd, UINT64_MAX, 1, 0), WASI_EINVAL);
    CHECK_EQUAL(wasi_fd_sync(f->wasi, fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_datasync(f->wasi, fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_sync(f->wasi, ROOT), WASI_ESUCCESS);
}

TEST(standard_streams_are_terminals_only_if_they_are) {
    uint32_t result = guest_room(f, WASI_FDSTAT_SIZE);
    int terminal = posix_openpt(O_RDWR | O_NOCTTY), device = open("/dev/null", O_RDWR);
    struct {
        int host_fd;
        bool seeks;
    } cases[] = {{terminal, false}, {device, true}};
    for (int i = 0; i < 2; i++) {
        struct stat status;
        if (cases[i].host_fd < 0 || fstat(cases[i].host_fd, &status) != 0) {
            puts("no terminal or /dev/null: not tested");
            continue;
        }
        struct fd_entry entry = {
            .host_fd = cases[i].host_fd, .owned = true, .rights_base = WASI_RIGHT_FILE};
        uint32_t fd;
        wasi_entry_classify(&entry, &status);
        CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &fd), 0);
        CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, fd, result), WASI_ESUCCESS);
        uint64_t rights = guest_u64(f, result + WASI_FDSTAT_RIGHTS_BASE);
        CHECK_EQUAL(*guest_at(f, result), WASI_FILETYPE_CHARACTER_DEVICE);
        CHECK_EQUAL((rights & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL)) != 0, cases[i].seeks);
    }
}

/* Directories. */

enum { MANY = 150 };

/* List a directory as the guest's libc does, with a buffer of `size` bytes: entries per call up to
 * the one that is cut, the cookie of the last whole one for the next call. */
static int list(struct fixture *f, uint32_t fd, uint32_t size, int seen[MANY]) {
    uint32_t buffer = guest_room(f, size), result = guest_room(f, 4);
    uint64_t cookie = 0;
    int count = 0;
    for (int calls = 0; calls < 10 * MANY; calls++) {
        uint32_t error = wasi_fd_readdir(f->wasi, fd, buffer, size, cookie, result);
        CHECK_EQUAL(error, WASI_ESUCCESS);
        if (error) return -1;
        uint32_t used = guest_u32(f, result), at = 0;
        CHECK(used <= size);
        while (at + WASI_DIRENT_SIZE <= used) {
            const uint8_t *entry = guest_at(f, buffer + at);
            uint32_t length = wasi_get_u32(entry + WASI_DIRENT_NAMLEN);
            if (at + WASI_DIRENT_SIZE + length > used) break;
            char name[NAME_MAX + 1] = "";
            memcpy(name, entry + WASI_DIRENT_SIZE, length);
            int number = -1;
            if (sscanf(name, "entry-%d", &number) == 1) seen[number]++;
            if (strcmp(name, "sub") == 0) {
                CHECK_EQUAL(entry[WASI_DIRENT_TYPE], WASI_FILETYPE_DIRECTORY);
            } else if (strcmp(name, "link") == 0) {
                CHECK_EQUAL(entry[WASI_DIRENT_TYPE], WASI_FILETYPE_SYMBOLIC_LINK);
            } else if (number >= 0) {
                CHECK_EQUAL(entry[WASI_DIRENT_TYPE], WASI_FILETYPE_REGULAR_FILE);
            }
            cookie = wasi_get_u64(entry + WASI_DIRENT_NEXT);
            at += WASI_DIRENT_SIZE + length;
            count++;
        }
        if (used < size) return count;
    }
    test_fail(__FILE__, __LINE__, "the directory does not end");
    return -1;
}

TEST(a_directory_is_listed_whole_with_any_buffer) {
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "root/entry-%d", i);
        host_write(f, name, "");
    }
    host_mkdir(f, "root/sub");
    host_symlink(f, "nowhere", "root/link");
    static const uint32_t sizes[] = {35, 100, 1024, 4096, 1 << 18};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int seen[MANY] = {0};
        CHECK_EQUAL(list(f, ROOT, sizes[i], seen), MANY + 4); /* with "." and ".." */
        for (int j = 0; j < MANY; j++) {
            CHECK_EQUAL(seen[j], 1);
        }
    }
}

TEST(a_buffer_smaller_than_an_entry_is_filled) {
    uint32_t buffer = guest_bytes(f, "xxxxxxxxxxxx", 12), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, 10, 0, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 10);
    CHECK(memcmp(guest_at(f, buffer + 10), "xx", 2) == 0);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, 0, 0, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
}

TEST(listing_what_cannot_be_listed) {
    uint32_t fd = make_file(f, "x", READING, 0), at = guest_room(f, 64);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, at, 64, 0, at), WASI_ENOTCAPABLE);
    fd_table_get(&f->wasi->files, fd)->rights_base = WASI_RIGHT_ALL;
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, at, 64, 0, at), WASI_ENOTDIR);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, MEMORY_SIZE - 63, 64, 0, at), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, at, 64, 0, MEMORY_SIZE - 3), WASI_EFAULT);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, at, 64, UINT64_MAX, at), WASI_EINVAL);
}

TEST(a_removed_directory_lists_nothing) {
    uint32_t fd, buffer = guest_room(f, 256), result = guest_bytes(f, "xxxx", 4);
    host_mkdir(f, "root/dir");
    CHECK_EQUAL(open_at(f, ROOT, "dir", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    CHECK_EQUAL(rmdir_at(f, ROOT, "dir"), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, fd, buffer, 256, 0, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
}

TEST(a_wild_cookie_is_invalid) {
    uint32_t buffer = guest_room(f, 256), result = guest_room(f, 4);
    static const uint64_t cookies[] = {1, 12345, INT64_MAX, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t i = 0; i < sizeof cookies / sizeof *cookies; i++) {
        CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, 256, cookies[i], result), WASI_EINVAL);
    }
    int seen[MANY] = {0};
    CHECK_EQUAL(list(f, ROOT, 256, seen), 2);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, 256, 2, result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, result), 0);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, 256, 3, result), WASI_EINVAL);
}

TEST(cookies_fit_the_guest_s_telldir_and_lead_back) {
    enum { SIZE = 1 << 16 };
    char name[64];
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "root/entry-%d", i);
        host_write(f, name, "");
    }
    uint32_t buffer = guest_room(f, SIZE), again = guest_room(f, SIZE), result = guest_room(f, 4);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, buffer, SIZE, 0, result), WASI_ESUCCESS);
    uint32_t used = guest_u32(f, result);
    for (uint32_t at = 0; at < used;) {
        uint64_t cookie = guest_u64(f, buffer + at + WASI_DIRENT_NEXT);
        at += WASI_DIRENT_SIZE + guest_u32(f, buffer + at + WASI_DIRENT_NAMLEN);
        CHECK(cookie <= INT32_MAX);
        CHECK_EQUAL(wasi_fd_readdir(f->wasi, ROOT, again, SIZE, cookie, result), WASI_ESUCCESS);
        CHECK_EQUAL(guest_u32(f, result), used - at);
        CHECK(memcmp(guest_at(f, again), guest_at(f, buffer + at), used - at) == 0);
    }
}

/* Grants under other numbers. */

TEST(a_grant_moves_with_its_name) {
    uint32_t prestat = guest_room(f, 8), name = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, ROOT, FIXED), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, prestat), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, FIXED, prestat), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, prestat + 4), 1);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, FIXED, name, 8), WASI_ESUCCESS);
    CHECK(memcmp(guest_at(f, name), ".\0", 2) == 0);
}

TEST(a_closed_grant_has_no_name) {
    uint32_t prestat = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_close(f->wasi, ROOT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, prestat), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_prestat_dir_name(f->wasi, ROOT, prestat, 8), WASI_EBADF);
}

TEST(what_replaces_a_grant_is_none) {
    uint32_t fd = make_file(f, "x", READING, 0), prestat = guest_room(f, 8);
    CHECK_EQUAL(wasi_fd_renumber(f->wasi, fd, ROOT), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, prestat), WASI_EBADF);
}

TEST(a_directory_opened_by_the_guest_is_no_grant) {
    uint32_t fd, prestat = guest_room(f, 8);
    CHECK_EQUAL(open_at(f, ROOT, ".", FOLLOW, WASI_OFLAG_DIRECTORY, READING, 0, &fd),
                WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, fd, prestat), WASI_EBADF);
}
