/*
 * wasi_test.c - main of the tests of the WASI layer and the guest without an engine.
 *
 * Arguments: names of tests to run, all without any. Exit 1 if a check failed.
 */
#include "wasi_test.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <unistd.h>

static struct test *tests, **tests_end = &tests;
static int failures;
static const char *running, *running_mode;

void test_register(struct test *test) {
    *tests_end = test;
    tests_end = &test->next;
}

void test_fail(const char *file, int line, const char *format, ...) {
    va_list arguments;
    failures++;
    printf("%s:%d: %s (%s): ", file, line, running, running_mode);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

static _Noreturn void give_up(const char *what) {
    perror(what);
    exit(2);
}

uint8_t *guest_at(struct fixture *f, uint32_t address) {
    return f->guest.memory + address;
}

uint32_t guest_room(struct fixture *f, uint32_t size) {
    uint32_t address = (f->next + 15) & ~15u;
    if (address + size > f->memory_size) give_up("guest memory");
    memset(guest_at(f, address), 0, size);
    f->next = address + size;
    return address;
}

uint32_t guest_bytes(struct fixture *f, const void *bytes, uint32_t size) {
    uint32_t address = guest_room(f, size);
    if (size > 0) memcpy(guest_at(f, address), bytes, size);
    return address;
}

uint32_t guest_iovec(struct fixture *f, uint32_t buffer, uint32_t length) {
    uint32_t vector[2] = {buffer, length};
    return guest_bytes(f, vector, sizeof vector);
}

uint32_t guest_u32(struct fixture *f, uint32_t address) {
    return wasi_get_u32(guest_at(f, address));
}

uint64_t guest_u64(struct fixture *f, uint32_t address) {
    return wasi_get_u64(guest_at(f, address));
}

#define PATH_ARGUMENT(path) guest_bytes(f, path, (uint32_t)strlen(path)), (uint32_t)strlen(path)

uint32_t open_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup, uint32_t oflags,
                 uint64_t rights, uint32_t fdflags, uint32_t *opened) {
    uint32_t mark = f->next;
    uint32_t result = guest_room(f, 4);
    uint32_t error = wasi_path_open(f->wasi, fd, lookup, PATH_ARGUMENT(path), oflags, rights,
                                    WASI_RIGHT_ALL, fdflags, result);
    if (opened) *opened = error ? UINT32_MAX : guest_u32(f, result);
    f->next = mark;
    return error;
}

uint32_t mkdir_at(struct fixture *f, uint32_t fd, const char *path) {
    return wasi_path_create_directory(f->wasi, fd, PATH_ARGUMENT(path));
}

uint32_t rmdir_at(struct fixture *f, uint32_t fd, const char *path) {
    return wasi_path_remove_directory(f->wasi, fd, PATH_ARGUMENT(path));
}

uint32_t unlink_at(struct fixture *f, uint32_t fd, const char *path) {
    return wasi_path_unlink_file(f->wasi, fd, PATH_ARGUMENT(path));
}

uint32_t stat_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup,
                 uint8_t status[WASI_FILESTAT_SIZE]) {
    uint32_t mark = f->next;
    uint32_t result = guest_room(f, WASI_FILESTAT_SIZE);
    uint32_t error = wasi_path_filestat_get(f->wasi, fd, lookup, PATH_ARGUMENT(path), result);
    if (status) memcpy(status, guest_at(f, result), WASI_FILESTAT_SIZE);
    f->next = mark;
    return error;
}

uint32_t times_at(struct fixture *f, uint32_t fd, const char *path, uint32_t lookup,
                  uint64_t access, uint64_t modification, uint32_t flags) {
    return wasi_path_filestat_set_times(f->wasi, fd, lookup, PATH_ARGUMENT(path), access,
                                        modification, flags);
}

uint32_t rename_at(struct fixture *f, uint32_t from_fd, const char *from, uint32_t to_fd,
                   const char *to) {
    uint32_t mark = f->next;
    uint32_t error =
        wasi_path_rename(f->wasi, from_fd, PATH_ARGUMENT(from), to_fd, PATH_ARGUMENT(to));
    f->next = mark;
    return error;
}

uint32_t link_at(struct fixture *f, uint32_t from_fd, uint32_t lookup, const char *from,
                 uint32_t to_fd, const char *to) {
    return wasi_path_link(f->wasi, from_fd, lookup, PATH_ARGUMENT(from), to_fd, PATH_ARGUMENT(to));
}

uint32_t symlink_at(struct fixture *f, const char *target, uint32_t fd, const char *path) {
    return wasi_path_symlink(f->wasi, PATH_ARGUMENT(target), fd, PATH_ARGUMENT(path));
}

uint32_t readlink_at(struct fixture *f, uint32_t fd, const char *path, char text[1024]) {
    uint32_t buffer = guest_room(f, 1023), result = guest_room(f, 4);
    uint32_t error = wasi_path_readlink(f->wasi, fd, PATH_ARGUMENT(path), buffer, 1023, result);
    uint32_t size = error ? 0 : guest_u32(f, result);
    memcpy(text, guest_at(f, buffer), size);
    text[size] = '\0';
    return error;
}

uint32_t write_text(struct fixture *f, uint32_t fd, const char *text) {
    uint32_t length = (uint32_t)strlen(text);
    uint32_t vector = guest_iovec(f, guest_bytes(f, text, length), length);
    uint32_t result = guest_room(f, 4);
    uint32_t error = wasi_fd_write(f->wasi, fd, vector, 1, result);
    if (!error) CHECK_EQUAL(guest_u32(f, result), length);
    return error;
}

uint32_t read_text(struct fixture *f, uint32_t fd, char text[1024]) {
    uint32_t buffer = guest_room(f, 1023), result = guest_room(f, 4);
    uint32_t vector = guest_iovec(f, buffer, 1023);
    uint32_t error = wasi_fd_read(f->wasi, fd, vector, 1, result);
    uint32_t size = error ? 0 : guest_u32(f, result);
    memcpy(text, guest_at(f, buffer), size);
    text[size] = '\0';
    return error;
}

const char *host_path(struct fixture *f, const char *relative) {
    static char paths[4][4096];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", f->base, relative);
    return path;
}

void host_write(struct fixture *f, const char *relative, const char *text) {
    FILE *file = fopen(host_path(f, relative), "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) give_up(relative);
}

void host_mkdir(struct fixture *f, const char *relative) {
    if (mkdir(host_path(f, relative), 0777) != 0) give_up(relative);
}

void host_symlink(struct fixture *f, const char *target, const char *relative) {
    if (symlink(target, host_path(f, relative)) != 0) give_up(relative);
}

bool host_exists(struct fixture *f, const char *relative) {
    struct stat status;
    return lstat(host_path(f, relative), &status) == 0;
}

const char *host_read(struct fixture *f, const char *relative) {
    static char text[1024];
    FILE *file = fopen(host_path(f, relative), "r");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    text[size] = '\0';
    if (file) fclose(file);
    return text;
}

/* The operations a layer may use of the runtime; the others are not WASI's. */
static void guest_exit(struct guest *guest, int code) {
    struct fixture *f = guest->runtime;
    f->exit_code = code;
    longjmp(f->ended, 1);
}

static void guest_trap(struct guest *guest, const char *format, va_list arguments) {
    struct fixture *f = guest->runtime;
    f->exit_code = -1;
    vsnprintf(f->trap_text, sizeof f->trap_text, format, arguments);
    longjmp(f->ended, 1);
}

static const struct guest_operations operations = {.exit = guest_exit, .trap = guest_trap};

static void fixture_make(struct fixture *f) {
    static const char *const arguments[] = {"app.wasm", "--size", ""};
    static const char *const environment[] = {"HOME=/", "EMPTY=", NULL};
    memset(f, 0, sizeof *f);
    const char *temporary = getenv("TMPDIR");
    snprintf(f->base, sizeof f->base, "%s/mpiwasm-wasi-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(f->base)) give_up(f->base);
    host_mkdir(f, "root");
    host_mkdir(f, "fixed");
    host_mkdir(f, "outside");
    host_write(f, "secret", "secret");
    host_write(f, "outside/prey", "prey");
    host_write(f, "fixed/data", "data");
    host_mkdir(f, "fixed/sub");
    f->directories[0] = (struct host_directory){strdup(host_path(f, "root")), ".", false};
    f->directories[1] = (struct host_directory){strdup(host_path(f, "fixed")), "/fixed", true};
    f->config = (struct host_config){.argument_count = 3,
                                     .arguments = arguments,
                                     .environment = environment,
                                     .directories = f->directories,
                                     .directory_count = 2};
    f->memory_size = MEMORY_SIZE;
    f->guest = (struct guest){.memory = malloc(MEMORY_SIZE),
                              .memory_size = &f->memory_size,
                              .operations = &operations,
                              .runtime = f};
    if (!f->guest.memory) give_up("malloc");
    memset(f->guest.memory, 0xa5, MEMORY_SIZE);
    f->next = 1024;
    struct error err = {0};
    void *state;
    if (!wasi_host_module.instantiate(&f->config, &f->guest, &state, &err)) {
        fprintf(stderr, "instantiate: %s\n", err.message);
        exit(2);
    }
    f->wasi = state;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    return remove(path);
}

static void fixture_unmake(struct fixture *f) {
    CHECK_EQUAL(wasi_host_module.finish(f->wasi, 7, false), 7);
    wasi_host_module.destroy(f->wasi);
    nftw(f->base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free((void *)f->directories[0].host_path);
    free((void *)f->directories[1].host_path);
    free(f->guest.memory);
}

static bool wanted(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) return true;
    }
    return argc == 1;
}

int main(int argc, char **argv) {
    struct path_sandbox kernel;
    int count = 0;
    path_sandbox_init(&kernel);
    if (!kernel.use_openat2) puts("this kernel has no openat2: the walk alone is tested");
    for (struct test *test = tests; test; test = test->next) {
        if (!wanted(test->name, argc, argv)) continue;
        for (int mode = kernel.use_openat2 ? 0 : 1; mode < 2; mode++) {
            static struct fixture fixture;
            running = test->name;
            running_mode = mode == 0 ? "openat2" : "walk";
            fixture_make(&fixture);
            fixture.wasi->sandbox.use_openat2 = mode == 0;
            test->run(&fixture);
            fixture_unmake(&fixture);
            count++;
        }
    }
    printf("%d tests run, %d checks failed\n", count, failures);
    return failures > 0 || count == 0;
}
