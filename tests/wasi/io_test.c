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
