/*
 * wasi_module.c - the WASI layer as the runtime sees it: its table of functions, and the state of
 * an instance with standard streams and granted directories open.
 *
 * Only `wasi_snapshot_preview1` is offered; the older `wasi_unstable` differs in structure layouts
 * and in the numbers of fd_seek's whence.
 */
#include "wasi/wasi.h"

#include "wasi/wasi_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define WASI_SIGNATURE_0()
#define WASI_SIGNATURE_1(a) #a
#define WASI_SIGNATURE_2(a, b) #a #b
#define WASI_SIGNATURE_3(a, b, c) #a #b #c
#define WASI_SIGNATURE_4(a, b, c, d) #a #b #c #d
#define WASI_SIGNATURE_5(a, b, c, d, e) #a #b #c #d #e
#define WASI_SIGNATURE_6(a, b, c, d, e, f) #a #b #c #d #e #f
#define WASI_SIGNATURE_7(a, b, c, d, e, f, g) #a #b #c #d #e #f #g
#define WASI_SIGNATURE_9(a, b, c, d, e, f, g, h, i) #a #b #c #d #e #f #g #h #i

/* What the guest calls: the function, and then what the call had of the table of files may go. */
#define WASI_NAMED_0()
#define WASI_NAMED_1(a) , WASI_TYPE_##a v1
#define WASI_NAMED_2(a, b) WASI_NAMED_1(a), WASI_TYPE_##b v2
#define WASI_NAMED_3(a, b, c) WASI_NAMED_2(a, b), WASI_TYPE_##c v3
#define WASI_NAMED_4(a, b, c, d) WASI_NAMED_3(a, b, c), WASI_TYPE_##d v4
#define WASI_NAMED_5(a, b, c, d, e) WASI_NAMED_4(a, b, c, d), WASI_TYPE_##e v5
#define WASI_NAMED_6(a, b, c, d, e, f) WASI_NAMED_5(a, b, c, d, e), WASI_TYPE_##f v6
#define WASI_NAMED_7(a, b, c, d, e, f, g) WASI_NAMED_6(a, b, c, d, e, f), WASI_TYPE_##g v7
#define WASI_NAMED_9(a, b, c, d, e, f, g, h, i)                                                    \
    WASI_NAMED_7(a, b, c, d, e, f, g), WASI_TYPE_##h v8, WASI_TYPE_##i v9
#define WASI_VALUES_0
#define WASI_VALUES_1 , v1
#define WASI_VALUES_2 WASI_VALUES_1, v2
#define WASI_VALUES_3 WASI_VALUES_2, v3
#define WASI_VALUES_4 WASI_VALUES_3, v4
#define WASI_VALUES_5 WASI_VALUES_4, v5
#define WASI_VALUES_6 WASI_VALUES_5, v6
#define WASI_VALUES_7 WASI_VALUES_6, v7
#define WASI_VALUES_9 WASI_VALUES_7, v8, v9
#define WASI_FUNCTION(name, count, types)                                                          \
    static uint32_t call_##name(struct wasi *wasi WASI_NAMED_##count types) {                      \
        uint32_t error = wasi_##name(wasi WASI_VALUES_##count);                                    \
        if (wasi->files.is_shared) fd_table_release_borrowed(&wasi->files);                        \
        return error;                                                                              \
    }
#define WASI_PROCEDURE(name, count, types)
#include "wasi/wasi_functions.def"
#undef WASI_FUNCTION
#undef WASI_PROCEDURE

static const struct host_function wasi_functions[] = {
#define WASI_FUNCTION(name, count, types)                                                          \
    {"wasi_snapshot_preview1", #name, "i:" WASI_SIGNATURE_##count types, HOST_CODE(call_##name)},
#define WASI_PROCEDURE(name, count, types)                                                         \
    {"wasi_snapshot_preview1", #name, ":" WASI_SIGNATURE_##count types, HOST_CODE(wasi_##name)},
#include "wasi/wasi_functions.def"
#undef WASI_FUNCTION
#undef WASI_PROCEDURE
};

void wasi_entry_classify(struct fd_entry *entry, const struct stat *status) {
    entry->filetype = (uint8_t)wasi_filetype_of_mode(status->st_mode);
    if (S_ISDIR(status->st_mode)) {
        entry->rights_base &= WASI_RIGHT_DIRECTORY;
        return;
    }
    int socket_type;
    socklen_t size = sizeof socket_type;
    if (S_ISSOCK(status->st_mode) &&
        getsockopt(entry->host_fd, SOL_SOCKET, SO_TYPE, &socket_type, &size) == 0 &&
        socket_type == SOCK_DGRAM) {
        entry->filetype = WASI_FILETYPE_SOCKET_DGRAM;
    }
    entry->rights_base &= WASI_RIGHT_FILE;
    entry->rights_inheriting = 0;
    /* This is how the guest's isatty knows a terminal, and so whether to buffer lines. */
    if (S_ISCHR(status->st_mode) && isatty(entry->host_fd)) {
        entry->rights_base &= ~(uint64_t)(WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL);
    }
}

/* Descriptors for the guest: what the process may have, less some for MPI and ourselves. */
static uint32_t file_quota(void) {
    enum { LEAST = 64, RESERVED = 64, MOST = 65536 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return LEAST;
    if (limit.rlim_cur < LEAST + RESERVED) return LEAST;
    return limit.rlim_cur > MOST ? MOST : (uint32_t)limit.rlim_cur - RESERVED;
}

static bool open_streams(struct wasi *wasi, struct error *err) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat status;
        struct fd_entry entry = {.host_fd = fd, .rights_base = WASI_RIGHT_FILE};
        uint32_t number;
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0 || fstat(fd, &status) != 0) continue;
        entry.emulated_flags = wasi_fdflags_from_host(flags);
        if ((flags & O_ACCMODE) == O_RDONLY) {
            entry.rights_base &= ~(uint64_t)(WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE |
                                             WASI_RIGHT_FD_FILESTAT_SET_SIZE);
        } else if ((flags & O_ACCMODE) == O_WRONLY) {
            entry.rights_base &= ~(uint64_t)WASI_RIGHT_FD_READ;
        }
        wasi_entry_classify(&entry, &status);
        int error = fd_table_insert(&wasi->files, (uint32_t)fd, &entry, &number);
        if (error) {
            errno = error;
            return error_set_errno(err, "cannot make the table of open files");
        }
    }
    return true;
}

static bool open_directory(struct wasi *wasi, const struct host_directory *directory,
                           struct wasi_root *root, struct error *err) {
    int fd = open(directory->host_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Searchable, but not to be listed. */
    if (fd < 0 && errno == EACCES)
        fd = open(directory->host_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return error_set_errno(err, "cannot open the directory %s", directory->host_path);
    struct stat status;
    if (fstat(fd, &status) != 0) {
        (void)error_set_errno(err, "cannot open the directory %s", directory->host_path);
        close(fd);
        return false;
    }
    *root = (struct wasi_root){status.st_dev, status.st_ino};
    struct fd_entry entry = {
        .host_fd = fd,
        .owned = true,
        .read_only = directory->read_only,
        .filetype = WASI_FILETYPE_DIRECTORY,
        .rights_base = WASI_RIGHT_DIRECTORY,
        .rights_inheriting = WASI_RIGHT_ALL,
        .preopen_name = directory->guest_path,
    };
    uint32_t number;
    /* From 3 on even if a standard stream is closed: the guest's libc looks there. */
    int error = fd_table_insert(&wasi->files, STDERR_FILENO + 1, &entry, &number);
    if (error) {
        close(fd);
        errno = error;
        return error_set_errno(err, "cannot grant the directory %s", directory->host_path);
    }
    return true;
}

static void wasi_destroy(void *state) {
    struct wasi *wasi = state;
    fd_table_destroy(&wasi->files);
    free(wasi->roots);
    free(wasi);
}

static bool wasi_instantiate(const struct host_config *config, struct guest *guest, void **state,
                             struct error *err) {
    struct wasi *wasi = calloc(1, sizeof *wasi);
    if (!wasi) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    wasi->guest = guest;
    wasi->config = config;
    fd_table_init(&wasi->files, file_quota(), guest->has_threads);
    path_sandbox_init(&wasi->sandbox);
    wasi->roots = calloc(config->directory_count + 1, sizeof *wasi->roots);
    if (!wasi->roots) {
        (void)error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto fail;
    }
    if (!open_streams(wasi, err)) goto fail;
    for (size_t i = 0; i < config->directory_count; i++) {
        if (!open_directory(wasi, &config->directories[i], &wasi->roots[i], err)) goto fail;
    }
    *state = wasi;
    return true;
fail:
    wasi_destroy(wasi);
    return false;
}

static int wasi_finish(void *state, int code, bool trapped) {
    return code;
}

const struct host_module wasi_host_module = {
    .abi_version = HOST_MODULE_ABI_VERSION,
    .name = "wasi",
    .description = "WASI preview 1",
    .functions = wasi_functions,
    .function_count = sizeof wasi_functions / sizeof *wasi_functions,
    .instantiate = wasi_instantiate,
    .finish = wasi_finish,
    .destroy = wasi_destroy,
};
