/*
 * wasi_test.h - a guest without an engine: linear memory from malloc, so that a sanitizer sees
 * every byte beyond it, and host functions called directly.
 *
 * TEST(name) defines a test that runs once with the kernel's openat2 and once with the own walk of
 * path_sandbox.c; the executables' main (wasi_test.c) runs them all, each in a fresh directory:
 *     base/root     granted as "." (descriptor 3)
 *     base/fixed    granted as "/fixed", read-only (descriptor 4)
 *     base/secret   a file outside; base/outside a directory with a file "prey"
 */
#ifndef MPIWASM_TESTS_WASI_TEST_H
#define MPIWASM_TESTS_WASI_TEST_H

#include "wasi/wasi.h"
#include "wasi/wasi_internal.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOT = 3, FIXED = 4, FIRST_FREE = 5 };
enum { MEMORY_SIZE = 1 << 20, FOLLOW = WASI_LOOKUP_SYMLINK_FOLLOW };

struct fixture {
    struct guest guest;
    uint64_t memory_size;
    struct host_config config;
    struct host_directory directories[2];
    struct wasi *wasi;
    char base[256]; /* host path of the directory that holds all the others */
    uint32_t next;  /* first unused guest address */
    jmp_buf ended;  /* where exit and trap go */
    int exit_code;  /* -1: it was a trap */
    char trap_text[256];
};

struct test {
    const char *name;
    void (*run)(struct fixture *);
    struct test *next;
};
void test_register(struct test *test);

#define TEST(name)                                                                                 \
    static void test_##name(struct fixture *f);                                                    \
    __attribute__((constructor)) static void test_register_##name(void) {                          \
        static struct test test = {#name, test_##name, NULL};                                      \
        test_register(&test);                                                                      \
    }                                                                                              \
    static void test_##name(struct fixture *f)

/* A failed check is reported and the test goes on. */
void test_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) test_fail(__FILE__, __LINE__, "%s", #condition);                         \
    } while (0)
#define CHECK_EQUAL(actual, expected)                                                              \
    do {                                                                                           \
        long long check_actual = (long long)(actual), check_expected = (long long)(expected);      \
        if (check_actual != check_expected) {                                                      \
            test_fail(__FILE__, __LINE__, "%s is %lld, expected %s (%lld)", #actual, check_actual, \
                      #expected, check_expected);                                                  \
        }                                                                                          \
    } while (0)

/* Guest memory: room for size bytes, zeroed; a copy of bytes; a number. */
uint32_t guest_room(struct fixture *f, uint32_t size);
uint32_t guest_bytes(struct fixture *f, const void *bytes, uint32_t size);
uint32_t guest_iovec(struct fixture *f, uint32_t buffer, uint32_t length);
uint8_t *guest_at(struct fixture *f, uint32_t address);
uint32_t guest_u32(struct fixture *f, uint32_t address);
uint64_t guest_u64(struct fixture *f, uint32_t address);

/* Host functions with C strings for names. */
uint32_t open_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup, uint32_t oflags,
                 uint64_t rights, uint32_t fdflags, uint32_t *opened);
uint32_t mkdir_at(struct fixture *f, uint32_t fd, const char *path);
uint32_t rmdir_at(struct fixture *f, uint32_t fd, const char *path);
uint32_t unlink_at(struct fixture *f, uint32_t fd, const char *path);
uint32_t stat_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup,
                 uint8_t status[WASI_FILESTAT_SIZE]);
uint32_t times_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup,
                  uint64_t access, uint64_t modification, uint32_t flags);
uint32_t rename_at(struct fixture *f, uint32_t from_fd, const char *from, uint32_t to_fd,
                   const char *to);
uint32_t link_at(struct fixture *f, uint32_t from_fd, uint32_t lookup, const char *from,
                 uint32_t to_fd, const char *to);
uint32_t symlink_at(struct fixture *f, const char *target, uint32_t fd, const char *path);
/* `text` gets the target, NUL-terminated. */
uint32_t readlink_at(struct fixture *f, uint32_t fd, const char *path, char text[1024]);
uint32_t write_text(struct fixture *f, uint32_t fd, const char *text);
/* Reads up to 1023 bytes, NUL-terminated. */
uint32_t read_text(struct fixture *f, uint32_t fd, char text[1024]);

/* Rights as the guest's libc asks for them. */
enum {
    READING = WASI_RIGHT_ALL & ~(WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_WRITE |
                                 WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE),
    WRITING = WASI_RIGHT_ALL & ~(WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR),
    BOTH = WASI_RIGHT_ALL,
};

/* The host's side, relative to base. These end the test program when they fail. */
const char *host_path(struct fixture *f, const char *relative);
void host_write(struct fixture *f, const char *relative, const char *text);
void host_mkdir(struct fixture *f, const char *relative);
void host_symlink(struct fixture *f, const char *target, const char *relative);
bool host_exists(struct fixture *f, const char *relative);
/* Contents up to 1023 bytes in a static buffer; "" if there is no such file. */
const char *host_read(struct fixture *f, const char *relative);

#endif
