/*
 * shared_test.c - the table of files of a guest with threads: what one thread has got stays until
 * its call ends, whatever another closes, renumbers or opens meanwhile.
 *
 * The threads do no more than one call each, one after the other.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

static struct fd_table table;

static bool is_open(int host_fd) {
    return fcntl(host_fd, F_GETFD) >= 0;
}

static uint32_t open_null(int *host_fd) {
    struct fd_entry entry = {.host_fd = open("/dev/null", O_RDWR | O_CLOEXEC), .owned = true};
    uint32_t fd = UINT32_MAX;
    *host_fd = entry.host_fd;
    CHECK_EQUAL(fd_table_insert(&table, 0, &entry, &fd), 0);
    return fd;
}

static void *close_it(void *fd) {
    return (void *)(intptr_t)fd_table_close(&table, *(uint32_t *)fd);
}

static void *renumber_zero_to_it(void *fd) {
    return (void *)(intptr_t)fd_table_renumber(&table, 0, *(uint32_t *)fd);
}

static intptr_t in_another_thread(void *(*body)(void *), uint32_t fd) {
    pthread_t thread;
    void *result = NULL;
    CHECK_EQUAL(pthread_create(&thread, NULL, body, &fd), 0);
    pthread_join(thread, &result);
    return (intptr_t)result;
}

TEST(what_a_call_uses_is_closed_at_its_end) {
    int first, second;
    fd_table_init(&table, 64, true);
    uint32_t fd = open_null(&first);
    struct fd_entry *entry = fd_table_get(&table, fd);
    CHECK(entry != NULL && entry->host_fd == first);
    CHECK_EQUAL(in_another_thread(close_it, fd), 0);
    CHECK(is_open(first) && entry->host_fd == first);
    CHECK_EQUAL(in_another_thread(close_it, fd), EBADF);
    CHECK_EQUAL(open_null(&second), fd); /* the number is free at once */
    CHECK(second != first);
    fd_table_release_borrowed(&table);
    CHECK(!is_open(first) && is_open(second));
    fd_table_destroy(&table);
    CHECK(!is_open(second));
}

TEST(what_a_call_uses_is_renumbered_away) {
    int first, second;
    fd_table_init(&table, 64, true);
    CHECK_EQUAL(open_null(&first), 0);
    uint32_t fd = open_null(&second);
    CHECK(fd_table_get(&table, fd) != NULL && fd_table_get(&table, 0) != NULL);
    CHECK_EQUAL(in_another_thread(renumber_zero_to_it, fd), 0);
    CHECK(is_open(first) && is_open(second));
    CHECK(fd_table_get(&table, 0) == NULL);
    CHECK_EQUAL(fd_table_get(&table, fd)->host_fd, first);
    fd_table_release_borrowed(&table);
    CHECK(is_open(first) && !is_open(second));
    fd_table_destroy(&table);
}

/* poll_oneoff gets more than fit without an allocation. */
TEST(many_entries_at_once) {
    enum { COUNT = 40 };
    int host_fds[COUNT];
    fd_table_init(&table, 64, true);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t fd = open_null(&host_fds[i]);
        CHECK(fd_table_get(&table, fd) != NULL && fd_table_get(&table, fd) != NULL);
        CHECK_EQUAL(in_another_thread(close_it, fd), 0);
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(is_open(host_fds[i]));
    fd_table_release_borrowed(&table);
    for (int i = 0; i < COUNT; i++)
        CHECK(!is_open(host_fds[i]));
    fd_table_destroy(&table);
}
