/* A hostile program, on all the ways there are from inside: names, descriptors, addresses. */
//! native: no
//! options: --dir . --dir data::/in:ro --dir /proc::/proc
//> names: 0 of 112 got through
//> names from a descriptor: 0 of 112 got through
//> read-only: 0 of 14 got through
//> read-only under another number: 0 of 14 got through
//> rights: 0 of 4 got through
//> procfs: 0 of 24 got through
//> descriptors of the host: 0 of 300 got through
//> addresses: 0 of 294 got through
//> the secret was not seen
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wasi/api.h>

enum { HERE = 3, IN = 4, PROC = 5, EVERY = (1 << 30) - 1, FOLLOW = 1 };

static int tried, through;

static void attempt(const char *what, const char *name, __wasi_errno_t error) {
    tried++;
    if (error == __WASI_ERRNO_SUCCESS) {
        through++;
        printf("%s %s\n", what, name);
    }
}

static void report(const char *what) {
    printf("%s: %d of %d got through\n", what, through, tried);
    tried = through = 0;
}

static __wasi_errno_t try_open(int at, const char *name, int lookup, int flags, uint64_t rights) {
    __wasi_fd_t fd;
    __wasi_errno_t error =
        __wasi_path_open(at, lookup, name, (__wasi_oflags_t)flags, rights, EVERY, 0, &fd);
    if (!error) (void)__wasi_fd_close(fd);
    return error;
}

/* What changes something, or makes something: 14 attempts. */
static void change(int at, const char *name) {
    attempt("open to write", name, try_open(at, name, FOLLOW, 0, __WASI_RIGHTS_FD_WRITE));
    attempt("create", name, try_open(at, name, FOLLOW, __WASI_OFLAGS_CREAT, EVERY));
    attempt("create alone", name,
            try_open(at, name, 0, __WASI_OFLAGS_CREAT | __WASI_OFLAGS_EXCL, EVERY));
    attempt("truncate", name, try_open(at, name, FOLLOW, __WASI_OFLAGS_TRUNC, 0));
    attempt("mkdir", name, __wasi_path_create_directory(at, name));
    attempt("rmdir", name, __wasi_path_remove_directory(at, name));
    attempt("unlink", name, __wasi_path_unlink_file(at, name));
    attempt("symlink", name, __wasi_path_symlink("bait", at, name));
    attempt("rename to", name, __wasi_path_rename(HERE, "bait", at, name));
    attempt("rename from", name, __wasi_path_rename(at, name, HERE, "stolen"));
    attempt("link to", name, __wasi_path_link(HERE, 0, "bait", at, name));
    attempt("link from", name, __wasi_path_link(at, FOLLOW, name, HERE, "stolen"));
    attempt("times", name,
            __wasi_path_filestat_set_times(at, FOLLOW, name, 1, 1, __WASI_FSTFLAGS_MTIM));
    attempt("times of the link", name,
            __wasi_path_filestat_set_times(at, 0, name, 1, 1, __WASI_FSTFLAGS_MTIM));
}

/* What only looks: 2 attempts more, 16 in all. */
static void everything(int at, const char *name) {
    __wasi_filestat_t status;
    change(at, name);
    attempt("open", name, try_open(at, name, FOLLOW, 0, __WASI_RIGHTS_FD_READ));
    attempt("stat", name, __wasi_path_filestat_get(at, FOLLOW, name, &status));
}

static const char *const names[] = {"../secret",    "..",           "dir/../../secret",
                                    "/etc/passwd",  "link/secret",  "dir/up/secret",
                                    "link/../work", "dir/up/../new"};

/* Functions by addresses and lengths that the types of the C library would not allow. */
#define IMPORT(name)                                                                               \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name))) uint32_t raw_##name
IMPORT(args_get)(uint32_t, uint32_t);
IMPORT(args_sizes_get)(uint32_t, uint32_t);
IMPORT(environ_sizes_get)(uint32_t, uint32_t);
IMPORT(clock_res_get)(uint32_t, uint32_t);
IMPORT(clock_time_get)(uint32_t, uint64_t, uint32_t);
IMPORT(fd_fdstat_get)(uint32_t, uint32_t);
IMPORT(fd_filestat_get)(uint32_t, uint32_t);
IMPORT(fd_pread)(uint32_t, uint32_t, uint32_t, uint64_t, uint32_t);
IMPORT(fd_prestat_get)(uint32_t, uint32_t);
IMPORT(fd_prestat_dir_name)(uint32_t, uint32_t, uint32_t);
IMPORT(fd_read)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(fd_readdir)(uint32_t, uint32_t, uint32_t, uint64_t, uint32_t);
IMPORT(fd_seek)(uint32_t, uint64_t, uint32_t, uint32_t);
IMPORT(fd_tell)(uint32_t, uint32_t);
IMPORT(fd_write)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(path_create_directory)(uint32_t, uint32_t, uint32_t);
IMPORT(path_filestat_get)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(path_open)
(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, uint32_t);
IMPORT(path_readlink)(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(poll_oneoff)(uint32_t, uint32_t, uint32_t, uint32_t);
IMPORT(random_get)(uint32_t, uint32_t);

static uint32_t address_of(const void *at) {
    return (uint32_t)(uintptr_t)at;
}

/* 21 functions with a result or buffer at `bad`, `size` bytes: never anything but EFAULT. */
static void address(int file, uint32_t bad, uint32_t size) {
    static uint32_t good[64];
    uint32_t buffer[2] = {bad, size}, at = address_of(good), vector = address_of(buffer);
    uint32_t name = address_of("bait");
    uint32_t errors[] = {
        raw_args_get(bad, at),
        raw_args_sizes_get(bad, at),
        raw_environ_sizes_get(at, bad),
        raw_clock_res_get(0, bad),
        raw_clock_time_get(0, 0, bad),
        raw_fd_fdstat_get(HERE, bad),
        raw_fd_filestat_get(HERE, bad),
        raw_fd_pread(file, vector, 1, 0, at),
        raw_fd_prestat_get(HERE, bad),
        raw_fd_prestat_dir_name(HERE, bad, size),
        raw_fd_read(file, vector, 1, at),
        raw_fd_readdir(HERE, bad, size, 0, at),
        raw_fd_seek(file, 0, 0, bad),
        raw_fd_tell(file, bad),
        raw_fd_write(file, vector, 1, at),
        raw_path_create_directory(HERE, bad, size),
        raw_path_filestat_get(HERE, 0, name, 4, bad),
        raw_path_open(HERE, 0, name, 4, 0, 0, 0, 0, bad),
        raw_path_readlink(HERE, name, 4, bad, size, at),
        raw_poll_oneoff(bad, at, 1, at),
        raw_random_get(bad, size),
    };
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        tried++;
        if (errors[i] != __WASI_ERRNO_FAULT) {
            through++;
            printf("call %zu with %x gave %u\n", i, bad, errors[i]);
        }
    }
}

int main(void) {
    mkdir("dir", 0755);
    close(open("bait", O_CREAT | O_WRONLY, 0644));
    symlink("..", "link");
    symlink("../..", "dir/up");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        change(HERE, names[i]);
    }
    report("names");
    int dir = open("dir", O_RDONLY | O_DIRECTORY);
    symlink("../bait", "dir/bait");
    symlink("..", "dir/link");
    mkdir("dir/dir", 0755);
    symlink("../..", "dir/dir/up");
    static const char *const below[] = {"../bait",     "..",         "dir/../../bait", "link/bait",
                                        "dir/up/bait", "../dir/dir", "link/"};
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        everything(dir, below[i]);
    }
    report("names from a descriptor");

    change(IN, "input");
    report("read-only");
    int again = open("/in", O_RDONLY | O_DIRECTORY), spare = open("bait", O_RDONLY);
    (void)__wasi_fd_renumber(again, spare);
    change(spare, "input");
    report("read-only under another number");

    int file = open("bait", O_RDWR);
    (void)__wasi_fd_fdstat_set_rights(file, __WASI_RIGHTS_FD_READ, 0);
    attempt("more rights", "", __wasi_fd_fdstat_set_rights(file, EVERY, 0));
    attempt("rights to hand on", "",
            __wasi_fd_fdstat_set_rights(file, __WASI_RIGHTS_FD_READ, __WASI_RIGHTS_FD_READ));
    attempt("size", "", __wasi_fd_filestat_set_size(file, 1));
    attempt("sync", "", __wasi_fd_sync(file));
    report("rights");

    static const char *const secrets[] = {"self/root/etc", "self/cwd/../secret", "self/fd/0",
                                          "self/exe",      "self/mem",           "thread-self/mem"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        const char *name = secrets[i];
        attempt("write", name, try_open(PROC, name, FOLLOW, 0, __WASI_RIGHTS_FD_WRITE));
        attempt("write and read", name, try_open(PROC, name, FOLLOW, 0, EVERY));
        attempt("truncate", name,
                try_open(PROC, name, FOLLOW, __WASI_OFLAGS_TRUNC, __WASI_RIGHTS_FD_WRITE));
        attempt("link", name, __wasi_path_link(PROC, FOLLOW, name, HERE, "stolen"));
    }
    report("procfs");

    /* The process has more descriptors than the guest knows of. */
    for (int fd = 20; fd < 320; fd++) {
        __wasi_fdstat_t status;
        attempt("descriptor", "", __wasi_fd_fdstat_get(fd, &status));
    }
    report("descriptors of the host");

    file = open("bait", O_RDWR);
    uint32_t end = (uint32_t)__builtin_wasm_memory_size(0) << 16;
    static const uint32_t sizes[] = {8, 64, 4096, UINT32_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        address(file, end, sizes[i]);
        address(file, end - 1, sizes[i]);
        address(file, UINT32_MAX, sizes[i]);
    }
    address(file, UINT32_MAX - 7, 16);
    address(file, end - 3, 4);
    report("addresses");

    struct stat status;
    if (stat("stolen", &status) != 0) puts("the secret was not seen");
    return 0;
}
