/*
 * stdio_test.c - standard streams that the process shares with others: what the host has opened
 * them for, and flags that the guest sets for itself alone.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT = 1024, ROOM = 64 };

/* Make the layer anew with `host_fd` as the process's standard input. The guest's number 0. */
static void start(struct fixture *f, int host_fd) {
    bool use_openat2 = f->wasi->sandbox.use_openat2;
    struct error err = {0};
    void *state;
    int saved = dup(0);
    wasi_host_module.destroy(f->wasi);
    if (dup2(host_fd, 0) != 0) exit(2);
    if (!wasi_host_module.instantiate(&f->config, &f->guest, &state, &err)) exit(2);
    f->wasi = state;
    f->wasi->sandbox.use_openat2 = use_openat2;
    f->next = AT + ROOM;
    /* The table keeps the number, so the stream itself moves out of the way of the test's own. */
    struct fd_entry *entry = fd_table_get(&f->wasi->files, 0);
    entry->host_fd = host_fd;
    if (saved >= 0) {
        dup2(saved, 0);
        close(saved);
    }
}

static int start_file(struct fixture *f, const char *text, int flags) {
    host_write(f, "file", text);
    int fd = open(host_path(f, "file"), flags);
    start(f, fd);
    return fd;
}

static uint16_t flags_of(struct fixture *f) {
    CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, 0, AT), WASI_ESUCCESS);
    return wasi_get_u16(guest_at(f, AT + WASI_FDSTAT_FLAGS));
}

TEST(a_stream_open_for_reading_has_no_right_to_write) {
    int fd = start_file(f, "text", O_RDONLY);
    CHECK_EQUAL(write_text(f, 0, "x"), WASI_ENOTCAPABLE);
    char text[1024];
    CHECK_EQUAL(read_text(f, 0, text), WASI_ESUCCESS);
    close(fd);
}

TEST(a_stream_open_for_writing_has_no_right_to_read) {
    int fd = start_file(f, "text", O_WRONLY);
    char text[1024];
    CHECK_EQUAL(read_text(f, 0, text), WASI_ENOTCAPABLE);
    CHECK_EQUAL(write_text(f, 0, "x"), WASI_ESUCCESS);
    close(fd);
}

TEST(a_stream_open_for_both_has_both_rights) {
    int fd = start_file(f, "text", O_RDWR);
    char text[1024];
    CHECK_EQUAL(write_text(f, 0, "x"), WASI_ESUCCESS);
    CHECK_EQUAL(read_text(f, 0, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "ext") == 0);
    close(fd);
}

TEST(the_host_s_flags_are_seen) {
    int fd = start_file(f, "text", O_WRONLY | O_APPEND | O_NONBLOCK);
    CHECK_EQUAL(flags_of(f), WASI_FDFLAG_APPEND | WASI_FDFLAG_NONBLOCK);
    close(fd);
}

TEST(appending_is_the_guest_s_alone) {
    int fd = start_file(f, "text", O_WRONLY);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_APPEND), WASI_ESUCCESS);
    CHECK_EQUAL(flags_of(f), WASI_FDFLAG_APPEND);
    CHECK_EQUAL(fcntl(fd, F_GETFL) & O_APPEND, 0);
    close(fd);
}

TEST(appending_once_set_writes_at_the_end) {
    int fd = start_file(f, "text", O_WRONLY);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_APPEND), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, 0, "more"), WASI_ESUCCESS);
    CHECK(strcmp(host_read(f, "file"), "textmore") == 0);
    CHECK_EQUAL(lseek(fd, 0, SEEK_CUR), 8);
    close(fd);
}

TEST(appending_to_a_pipe_is_writing) {
    int ends[2];
    char text[8] = "";
    CHECK_EQUAL(pipe(ends), 0);
    start(f, ends[1]);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_APPEND), WASI_ESUCCESS);
    CHECK_EQUAL(write_text(f, 0, "abc"), WASI_ESUCCESS);
    CHECK_EQUAL(read(ends[0], text, 7), 3);
    close(ends[0]);
    close(ends[1]);
}

TEST(what_the_host_appends_to_stays_so) {
    int fd = start_file(f, "text", O_WRONLY | O_APPEND);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, 0), WASI_ENOTSUP);
    CHECK_EQUAL(flags_of(f), WASI_FDFLAG_APPEND);
    close(fd);
}

TEST(synchronisation_of_a_stream_cannot_change) {
    int fd = start_file(f, "text", O_WRONLY | O_DSYNC);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, 0), WASI_ENOTSUP);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_SYNC), WASI_ENOTSUP);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_DSYNC), WASI_ESUCCESS);
    close(fd);
}

TEST(a_large_write_without_blocking_is_partial) {
    enum { LARGE = 1 << 18 }; /* more than a pipe holds */
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    start(f, ends[1]);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_NONBLOCK), WASI_ESUCCESS);
    uint32_t vector = guest_iovec(f, guest_room(f, LARGE), LARGE);
    CHECK_EQUAL(wasi_fd_write(f->wasi, 0, vector, 1, AT), WASI_ESUCCESS);
    CHECK(guest_u32(f, AT) > 0 && guest_u32(f, AT) < LARGE);
    close(ends[0]);
    close(ends[1]);
}

TEST(a_full_pipe_without_blocking_says_again) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    start(f, ends[1]);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, WASI_FDFLAG_NONBLOCK), WASI_ESUCCESS);
    uint32_t vector = guest_iovec(f, guest_room(f, 4096), 4096), error, count = 0;
    while ((error = wasi_fd_write(f->wasi, 0, vector, 1, AT)) == WASI_ESUCCESS && count < 4096) {
        count++;
    }
    CHECK_EQUAL(error, WASI_EAGAIN);
    CHECK(count > 0);
    close(ends[0]);
    close(ends[1]);
}

static void *write_later(void *argument) {
    int *fd = argument;
    for (int i = 0; i < 1000; i++) {
        sched_yield(); /* lets the reader come first; the result is the same if it does not */
    }
    if (write(*fd, "x", 1) != 1) exit(2);
    return NULL;
}

TEST(a_stream_that_only_the_host_made_nonblocking_is_waited_for) {
    int ends[2];
    pthread_t writer;
    char text[1024];
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    start(f, ends[0]);
    CHECK_EQUAL(wasi_fd_fdstat_set_flags(f->wasi, 0, 0), WASI_ESUCCESS);
    if (pthread_create(&writer, NULL, write_later, &ends[1]) != 0) exit(2);
    CHECK_EQUAL(read_text(f, 0, text), WASI_ESUCCESS);
    CHECK(strcmp(text, "x") == 0);
    CHECK(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
    pthread_join(writer, NULL);
    close(ends[0]);
    close(ends[1]);
}

TEST(sockets_have_the_type_of_theirs) {
    static const struct {
        int host;
        uint8_t guest;
    } types[] = {{SOCK_STREAM, WASI_FILETYPE_SOCKET_STREAM},
                 {SOCK_DGRAM, WASI_FILETYPE_SOCKET_DGRAM}};
    for (int i = 0; i < 2; i++) {
        int ends[2];
        CHECK_EQUAL(socketpair(AF_UNIX, types[i].host, 0, ends), 0);
        start(f, ends[0]);
        CHECK_EQUAL(wasi_fd_fdstat_get(f->wasi, 0, AT), WASI_ESUCCESS);
        CHECK_EQUAL(*guest_at(f, AT), types[i].guest);
        CHECK_EQUAL(write_text(f, 0, "x"), WASI_ESUCCESS);
        close(ends[0]);
        close(ends[1]);
    }
}

TEST(a_directory_as_standard_input_is_no_grant) {
    uint32_t buffer = guest_room(f, 64), opened;
    int fd = open(host_path(f, "outside"), O_RDONLY | O_DIRECTORY);
    start(f, fd);
    CHECK_EQUAL(open_at(f, 0, "prey", FOLLOW, 0, 0, 0, &opened), WASI_ENOTCAPABLE);
    CHECK_EQUAL(stat_at(f, 0, "prey", FOLLOW, NULL), WASI_ENOTCAPABLE);
    CHECK_EQUAL(unlink_at(f, 0, "prey"), WASI_ENOTCAPABLE);
    CHECK_EQUAL(mkdir_at(f, 0, "new"), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_readdir(f->wasi, 0, buffer, 64, 0, AT), WASI_ENOTCAPABLE);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, 0, AT), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_fdstat_set_rights(f->wasi, 0, WASI_RIGHT_ALL, 0), WASI_ENOTCAPABLE);
    close(fd);
}

TEST(a_closed_stream_is_badf) {
    int saved = dup(0);
    bool use_openat2 = f->wasi->sandbox.use_openat2;
    struct error err = {0};
    void *state;
    wasi_host_module.destroy(f->wasi);
    close(0);
    if (!wasi_host_module.instantiate(&f->config, &f->guest, &state, &err)) exit(2);
    f->wasi = state;
    f->wasi->sandbox.use_openat2 = use_openat2;
    char text[1024];
    CHECK_EQUAL(read_text(f, 0, text), WASI_EBADF);
    CHECK_EQUAL(wasi_fd_prestat_get(f->wasi, ROOT, AT), WASI_ESUCCESS);
    if (saved >= 0) {
        dup2(saved, 0);
        close(saved);
    }
}
