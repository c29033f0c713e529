/*
 * poll_test.c - poll_oneoff: clocks and descriptors.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct poll_call {
    uint32_t in, out, result;
};

static struct poll_call poll_make(struct fixture *f, uint32_t count) {
    struct poll_call call;
    call.in = guest_room(f, count * WASI_SUBSCRIPTION_SIZE);
    call.out = guest_room(f, count * WASI_EVENT_SIZE);
    call.result = guest_room(f, 4);
    return call;
}

static void subscribe_clock(struct fixture *f, struct poll_call call, uint32_t index, uint32_t id,
                            uint64_t timeout, uint16_t flags) {
    uint8_t *at = guest_at(f, call.in + index * WASI_SUBSCRIPTION_SIZE);
    wasi_put_u64(at + WASI_SUBSCRIPTION_USERDATA, 1000 + index);
    at[WASI_SUBSCRIPTION_TAG] = WASI_EVENT_CLOCK;
    wasi_put_u32(at + WASI_SUBSCRIPTION_CLOCK_ID, id);
    wasi_put_u64(at + WASI_SUBSCRIPTION_CLOCK_TIMEOUT, timeout);
    wasi_put_u16(at + WASI_SUBSCRIPTION_CLOCK_FLAGS, flags);
}

static void subscribe_fd(struct fixture *f, struct poll_call call, uint32_t index, uint8_t tag,
                         uint32_t fd) {
    uint8_t *at = guest_at(f, call.in + index * WASI_SUBSCRIPTION_SIZE);
    wasi_put_u64(at + WASI_SUBSCRIPTION_USERDATA, 1000 + index);
    at[WASI_SUBSCRIPTION_TAG] = tag;
    wasi_put_u32(at + WASI_SUBSCRIPTION_FD, fd);
}

struct event {
    uint64_t userdata, bytes;
    uint16_t error, flags;
    uint8_t type;
};

static struct event event_get(struct fixture *f, struct poll_call call, uint32_t index) {
    const uint8_t *at = guest_at(f, call.out + index * WASI_EVENT_SIZE);
    return (struct event){.userdata = wasi_get_u64(at + WASI_EVENT_USERDATA),
                          .bytes = wasi_get_u64(at + WASI_EVENT_NBYTES),
                          .error = wasi_get_u16(at + WASI_EVENT_ERROR),
                          .flags = wasi_get_u16(at + WASI_EVENT_FLAGS),
                          .type = at[WASI_EVENT_TYPE]};
}

static uint64_t now(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return wasi_timestamp(time);
}

/* Put a host descriptor into the guest's table. */
static uint32_t grant_fd(struct fixture *f, int host_fd) {
    struct fd_entry entry = {.host_fd = host_fd, .owned = true, .rights_base = WASI_RIGHT_FILE};
    uint32_t fd = UINT32_MAX;
    CHECK_EQUAL(fd_table_insert(&f->wasi->files, 0, &entry, &fd), 0);
    return fd;
}

TEST(a_relative_wait_takes_its_time) {
    enum { WAIT = 20 * 1000 * 1000 };
    for (uint32_t id = WASI_CLOCK_REALTIME; id <= WASI_CLOCK_MONOTONIC; id++) {
        struct poll_call call = poll_make(f, 1);
        subscribe_clock(f, call, 0, id, WAIT, 0);
        uint64_t before = now(CLOCK_MONOTONIC);
        CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_ESUCCESS);
        CHECK(now(CLOCK_MONOTONIC) - before >= WAIT);
        CHECK_EQUAL(guest_u32(f, call.result), 1);
        struct event event = event_get(f, call, 0);
        CHECK_EQUAL(event.userdata, 1000);
        CHECK_EQUAL(event.error, 0);
        CHECK_EQUAL(event.type, WASI_EVENT_CLOCK);
    }
}

TEST(an_absolute_wait_ends_at_the_moment) {
    enum { WAIT = 20 * 1000 * 1000 };
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_MONOTONIC};
    for (uint32_t id = 0; id < 2; id++) {
        struct poll_call call = poll_make(f, 1);
        uint64_t moment = now(clocks[id]) + WAIT;
        subscribe_clock(f, call, 0, id, moment, WASI_SUBSCRIPTION_CLOCK_ABSTIME);
        CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_ESUCCESS);
        CHECK(now(clocks[id]) >= moment);
        /* A moment in the past has come already. */
        subscribe_clock(f, call, 0, id, 1, WASI_SUBSCRIPTION_CLOCK_ABSTIME);
        CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_ESUCCESS);
        CHECK_EQUAL(guest_u32(f, call.result), 1);
    }
}

TEST(the_first_of_several_events_is_reported_alone) {
    struct poll_call call = poll_make(f, 2);
    subscribe_clock(f, call, 0, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    subscribe_clock(f, call, 1, WASI_CLOCK_MONOTONIC, 1, 0);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 1);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1001);
}

TEST(a_pipe_is_ready_when_it_has_data_or_ends) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    uint32_t from = grant_fd(f, ends[0]), to = grant_fd(f, ends[1]);
    struct poll_call call = poll_make(f, 2);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, from);
    subscribe_clock(f, call, 1, WASI_CLOCK_MONOTONIC, 1000000, 0);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 1);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1001);

    CHECK_EQUAL(write_text(f, to, "abc"), WASI_ESUCCESS);
    subscribe_clock(f, call, 1, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 1);
    CHECK_EQUAL(event_get(f, call, 0).type, WASI_EVENT_FD_READ);
    CHECK_EQUAL(event_get(f, call, 0).bytes, 3);
    CHECK_EQUAL(event_get(f, call, 0).flags, 0);

    subscribe_fd(f, call, 1, WASI_EVENT_FD_WRITE, to);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 2);

    CHECK_EQUAL(wasi_fd_close(f->wasi, to), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(event_get(f, call, 0).flags, WASI_EVENT_FD_HANGUP);
}

TEST(a_file_is_always_ready_with_what_is_left) {
    uint32_t fd, position = guest_room(f, 8);
    host_write(f, "root/file", "12345");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, READING, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 2, WASI_WHENCE_SET, position), WASI_ESUCCESS);
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, fd);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(event_get(f, call, 0).bytes, 3);
}

TEST(a_bad_subscription_is_an_event) {
    struct poll_call call = poll_make(f, 4);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, 99);
    subscribe_clock(f, call, 1, WASI_CLOCK_THREAD_CPUTIME, 1, 0);
    subscribe_clock(f, call, 2, 77, 1, 0);
    subscribe_clock(f, call, 3, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 4, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 3);
    CHECK_EQUAL(event_get(f, call, 0).error, WASI_EBADF);
    CHECK_EQUAL(event_get(f, call, 1).error, WASI_ENOTSUP);
    CHECK_EQUAL(event_get(f, call, 2).error, WASI_EINVAL);
}

TEST(the_two_arrays_may_overlap) {
    struct poll_call call = poll_make(f, 3);
    for (uint32_t i = 0; i < 3; i++) {
        subscribe_clock(f, call, i, WASI_CLOCK_MONOTONIC, 1, WASI_SUBSCRIPTION_CLOCK_ABSTIME);
    }
    call.out = call.in;
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.in, 3, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQUAL(event_get(f, call, i).userdata, 1000 + i);
    }
}

TEST(one_descriptor_subscribed_to_twice_gives_two_events) {
    uint32_t fd;
    host_write(f, "root/file", "12345");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    struct poll_call call = poll_make(f, 2);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, fd);
    subscribe_fd(f, call, 1, WASI_EVENT_FD_WRITE, fd);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 2);
    CHECK_EQUAL(event_get(f, call, 0).type, WASI_EVENT_FD_READ);
    CHECK_EQUAL(event_get(f, call, 0).bytes, 5);
    CHECK_EQUAL(event_get(f, call, 1).type, WASI_EVENT_FD_WRITE);
}

TEST(only_the_direction_that_is_ready_is_reported) {
    int ends[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    uint32_t fd = grant_fd(f, ends[0]);
    struct poll_call call = poll_make(f, 2);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, fd);
    subscribe_fd(f, call, 1, WASI_EVENT_FD_WRITE, fd);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), 1);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1001);
    close(ends[1]);
}

TEST(more_subscriptions_than_the_process_may_have_files) {
    enum { MANY = 2000 };
    struct rlimit before, limit;
    uint32_t fd;
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", FOLLOW, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){MANY / 2, before.rlim_max};
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    struct poll_call call = poll_make(f, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        subscribe_fd(f, call, i, i % 2 ? WASI_EVENT_FD_READ : WASI_EVENT_FD_WRITE, fd);
    }
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, MANY, call.result), WASI_ESUCCESS);
    CHECK_EQUAL(guest_u32(f, call.result), MANY);
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(polling_for_nothing_or_too_much_is_invalid) {
    struct poll_call call = poll_make(f, 1);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 0, call.result), WASI_EINVAL);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, UINT32_MAX, call.result), WASI_EFAULT);
    subscribe_fd(f, call, 0, 3, 0);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, call.result), WASI_EINVAL);
}

TEST(polling_beyond_memory_faults) {
    struct poll_call call = poll_make(f, 1);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, MEMORY_SIZE - 47, call.out, 1, call.result), WASI_EFAULT);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, MEMORY_SIZE - 31, 1, call.result), WASI_EFAULT);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 1, MEMORY_SIZE - 3), WASI_EFAULT);
}

static uint32_t poll_all(struct fixture *f, struct poll_call call, uint32_t count) {
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, count, call.result), WASI_ESUCCESS);
    return guest_u32(f, call.result);
}

/* A clock that has rung already, so that nothing waits: what else is ready is reported beside it.
 */
static void subscribe_end(struct fixture *f, struct poll_call call, uint32_t index) {
    subscribe_clock(f, call, index, WASI_CLOCK_MONOTONIC, 1, WASI_SUBSCRIPTION_CLOCK_ABSTIME);
}

TEST(a_clock_that_has_rung_does_not_hide_what_is_ready) {
    uint32_t fd;
    host_write(f, "root/file", "x");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    struct poll_call call = poll_make(f, 2);
    subscribe_end(f, call, 0);
    subscribe_fd(f, call, 1, WASI_EVENT_FD_READ, fd);
    CHECK_EQUAL(poll_all(f, call, 2), 2);
}

TEST(all_clocks_that_have_rung_are_reported) {
    struct poll_call call = poll_make(f, 3);
    subscribe_end(f, call, 0);
    subscribe_clock(f, call, 1, WASI_CLOCK_MONOTONIC, UINT64_MAX, 0);
    subscribe_clock(f, call, 2, WASI_CLOCK_REALTIME, 1, WASI_SUBSCRIPTION_CLOCK_ABSTIME);
    CHECK_EQUAL(poll_all(f, call, 3), 2);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1000);
    CHECK_EQUAL(event_get(f, call, 1).userdata, 1002);
}

TEST(a_wait_of_nothing_ends_at_once) {
    struct poll_call call = poll_make(f, 1);
    subscribe_clock(f, call, 0, WASI_CLOCK_REALTIME, 0, 0);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
}

TEST(waiting_for_processor_time_is_notsup) {
    for (uint32_t id = WASI_CLOCK_PROCESS_CPUTIME; id <= WASI_CLOCK_THREAD_CPUTIME; id++) {
        struct poll_call call = poll_make(f, 1);
        subscribe_clock(f, call, 0, id, 1, 0);
        CHECK_EQUAL(poll_all(f, call, 1), 1);
        CHECK_EQUAL(event_get(f, call, 0).error, WASI_ENOTSUP);
    }
}

TEST(unknown_flags_of_a_clock_are_inval) {
    struct poll_call call = poll_make(f, 1);
    subscribe_clock(f, call, 0, WASI_CLOCK_MONOTONIC, 1, 2);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).error, WASI_EINVAL);
}

TEST(a_directory_cannot_be_waited_for) {
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, ROOT);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).error, WASI_ENOTCAPABLE);
}

TEST(an_empty_pipe_has_nothing_to_read) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    struct poll_call call = poll_make(f, 2);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, grant_fd(f, ends[0]));
    subscribe_end(f, call, 1);
    CHECK_EQUAL(poll_all(f, call, 2), 1);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1001);
    close(ends[1]);
}

TEST(a_full_pipe_has_no_room) {
    int ends[2];
    static const char block[4096];
    CHECK_EQUAL(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], block, sizeof block) > 0)
        continue;
    struct poll_call call = poll_make(f, 2);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_WRITE, grant_fd(f, ends[1]));
    subscribe_end(f, call, 1);
    CHECK_EQUAL(poll_all(f, call, 2), 1);
    CHECK_EQUAL(event_get(f, call, 0).userdata, 1001);
    close(ends[0]);
}

TEST(a_pipe_without_a_reader_hangs_up_on_the_writer) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_WRITE, grant_fd(f, ends[1]));
    close(ends[0]);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).flags, WASI_EVENT_FD_HANGUP);
}

TEST(what_is_left_in_a_pipe_that_has_ended_is_counted) {
    int ends[2];
    CHECK_EQUAL(pipe(ends), 0);
    CHECK_EQUAL(write(ends[1], "abc", 3), 3);
    close(ends[1]);
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, grant_fd(f, ends[0]));
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).bytes, 3);
    CHECK_EQUAL(event_get(f, call, 0).flags, WASI_EVENT_FD_HANGUP);
}

TEST(a_position_behind_the_end_leaves_nothing_to_read) {
    uint32_t fd, position = guest_room(f, 8);
    host_write(f, "root/file", "12345");
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    CHECK_EQUAL(wasi_fd_seek(f->wasi, fd, 99, WASI_WHENCE_SET, position), WASI_ESUCCESS);
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, fd);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).bytes, 0);
}

TEST(a_file_beyond_4_gib_has_more_bytes_than_32_bits) {
    uint32_t fd;
    host_write(f, "root/file", "");
    CHECK_EQUAL(truncate(host_path(f, "root/file"), (off_t)5 << 30), 0);
    CHECK_EQUAL(open_at(f, ROOT, "file", 0, 0, BOTH, 0, &fd), WASI_ESUCCESS);
    struct poll_call call = poll_make(f, 1);
    subscribe_fd(f, call, 0, WASI_EVENT_FD_READ, fd);
    CHECK_EQUAL(poll_all(f, call, 1), 1);
    CHECK_EQUAL(event_get(f, call, 0).bytes, (uint64_t)5 << 30);
}

TEST(a_wait_that_fails_stores_no_number) {
    struct poll_call call = poll_make(f, 2);
    subscribe_clock(f, call, 0, WASI_CLOCK_MONOTONIC, 1, 0);
    subscribe_fd(f, call, 1, 9, 0); /* no such kind of subscription */
    wasi_put_u32(guest_at(f, call.result), 77);
    CHECK_EQUAL(wasi_poll_oneoff(f->wasi, call.in, call.out, 2, call.result), WASI_EINVAL);
    CHECK_EQUAL(guest_u32(f, call.result), 77);
}
