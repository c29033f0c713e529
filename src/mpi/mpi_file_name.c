/*
 * mpi_file_name.c - file names of the guest: to which granted directory they belong, and safe
 * opening and deleting beneath it.
 *
 * Deliberate deviations: a colon is refused, as MPI libraries take what is before it for the name
 * of a file system and strip it, except "ufs:", which means any; nothing but regular files is
 * opened, and none of procfs, as some of those are ways into the process itself.
 */
#include "mpi/mpi_file_name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct mpilayer_names {
    struct path_sandbox sandbox;
    size_t count;
    struct grant {
        const char *guest_path; /* without slashes and "./" in front; the caller's */
        int directory;
        bool read_only;
    } grants[];
};

/* Names are compared without what does not change their meaning: the current directory of a guest
 * is its root. */
static const char *skip_front(const char *path) {
    for (;;) {
        if (path[0] == '/') {
            path++;
        } else if (path[0] == '.' && (path[1] == '/' || path[1] == '\0')) {
            path++;
        } else {
            return path;
        }
    }
}

struct mpilayer_names *mpilayer_names_open(const struct host_config *config, struct error *err) {
    struct mpilayer_names *names =
        calloc(1, sizeof *names + config->directory_count * sizeof names->grants[0]);
    if (names == NULL) {
        error_set(err, ERROR_NO_MEMORY, "no memory for the MPI layer");
        return NULL;
    }
    path_sandbox_init(&names->sandbox);
    for (size_t i = 0; i < config->directory_count; i++) {
        const struct host_directory *directory = &config->directories[i];
        int fd = open(directory->host_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) {
            error_set_errno(err, "cannot open the directory %s", directory->host_path);
            mpilayer_names_close(names);
            return NULL;
        }
        names->grants[names->count++] =
            (struct grant){skip_front(directory->guest_path), fd, directory->read_only};
    }
    return names;
}

void mpilayer_names_close(struct mpilayer_names *names) {
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        close(names->grants[i].directory);
    }
    free(names);
}

/* Bytes of `path` that the grant's guest path makes up, whole components; -1: it does not. */
static ptrdiff_t match(const char *guest_path, const char *path) {
    size_t length = strlen(guest_path);
    while (length > 0 && guest_path[length - 1] == '/') {
        length--;
    }
    if (length == 0) {
        return 0;
    }
    bool whole =
        strncmp(guest_path, path, length) == 0 && (path[length] == '/' || path[length] == '\0');
    return whole ? (ptrdiff_t)length : -1;
}

int mpilayer_name_locate(const struct mpilayer *layer, const char *text, struct mpilayer_name *name,
                         const char **reason) {
    const struct mpilayer_names *names = layer->names;
    const char *path = skip_front(text);
    ptrdiff_t best = -1;
    const struct grant *grant = NULL;
    if (text[0] == '\0') {
        *reason = "an empty name";
        return GUEST_MPI_ERR_BAD_FILE;
    }
    for (size_t i = names->count; i > 0; i--) { /* of equal ones the last, as in C libraries */
        ptrdiff_t length = match(names->grants[i - 1].guest_path, path);
        if (length > best) {
            best = length;
            grant = &names->grants[i - 1];
        }
    }
    if (grant == NULL) {
        *reason = "lies in no directory given to the program (option --dir)";
        return GUEST_MPI_ERR_NO_SUCH_FILE;
    }
    path += best;
    path += strspn(path, "/");
    name->rest = path[0] != '\0' ? path : ".";
    name->root = grant->directory;
    name->read_only = grant->read_only;
    name->use_openat2 = names->sandbox.use_openat2;
    return GUEST_MPI_SUCCESS;
}

bool mpilayer_name_find(struct mpilayer_call *call, const char *argument, uint32_t address,
                        struct mpilayer_name *name) {
    const char *reason = "";
    if (!mpilayer_string_get(call, argument, address, name->text, sizeof name->text,
                             GUEST_MPI_ERR_BAD_FILE)) {
        return false;
    }
    const char *path = strncmp(name->text, "ufs:", 4) == 0 ? name->text + 4 : name->text;
    if (strchr(path, ':') != NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BAD_FILE, argument,
                                  "'%s': a name with a colon", name->text);
    }
    int class = mpilayer_name_locate(call->layer, path, name, &reason);
    return class == GUEST_MPI_SUCCESS ||
           mpilayer_call_fail(call, class, argument, "'%s' %s", name->text, reason);
}

int mpilayer_name_error(int error) {
    switch (error) {
    case EACCES:
    case EPERM: return GUEST_MPI_ERR_ACCESS;
    case ENOENT: return GUEST_MPI_ERR_NO_SUCH_FILE;
    case EEXIST: return GUEST_MPI_ERR_FILE_EXISTS;
    case EROFS: return GUEST_MPI_ERR_READ_ONLY;
    case ENOSPC: return GUEST_MPI_ERR_NO_SPACE;
    case EDQUOT: return GUEST_MPI_ERR_QUOTA;
    case ENAMETOOLONG:
    case EISDIR:
    case ENOTDIR:
    case ELOOP: return GUEST_MPI_ERR_BAD_FILE;
    case ENOMEM: return GUEST_MPI_ERR_NO_MEM;
    default: return GUEST_MPI_ERR_IO;
    }
}

static int failed(int error, const char **reason) {
    *reason = error == EPERM ? "not allowed, or it leads out of the directory given to the program"
                             : strerror(error);
    return mpilayer_name_error(error);
}

int mpilayer_name_open(const struct mpilayer_name *name, int flags, int *fd, const char **reason) {
    enum { PROCFS_MAGIC = 0x9fa0 };
    const struct path_sandbox sandbox = {.use_openat2 = name->use_openat2};
    struct stat status;
    struct statfs file_system;
    if (name->read_only && ((flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT)) {
        *reason = "the directory is given to the program for reading only";
        return GUEST_MPI_ERR_READ_ONLY;
    }
    /* O_NONBLOCK: a named pipe must not make us wait. */
    int opened = path_sandbox_open(&sandbox, name->root, name->rest, flags | O_NONBLOCK, 0666);
    if (opened < 0) {
        return failed(-opened, reason);
    }
    if (fstat(opened, &status) != 0 || fstatfs(opened, &file_system) != 0 ||
        !S_ISREG(status.st_mode) || file_system.f_type == PROCFS_MAGIC) {
        close(opened);
        *reason = "is not a regular file";
        return GUEST_MPI_ERR_BAD_FILE;
    }
    *fd = opened;
    return GUEST_MPI_SUCCESS;
}

int mpilayer_name_place(const struct mpilayer_name *name, int *directory, char last[NAME_MAX + 1],
                        const char **reason) {
    const struct path_sandbox sandbox = {.use_openat2 = name->use_openat2};
    struct path_place place;
    int error = path_sandbox_place(&sandbox, name->root, name->rest, false, &place);
    if (error != 0) {
        return failed(-error, reason);
    }
    int fd = place.owned ? place.directory : fcntl(place.directory, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
        return failed(errno, reason);
    }
    if (place.must_be_directory || strcmp(place.name, ".") == 0) {
        close(fd);
        return failed(EISDIR, reason);
    }
    strcpy(last, place.name);
    *directory = fd;
    return GUEST_MPI_SUCCESS;
}

int mpilayer_name_delete(const struct mpilayer_name *name, const char **reason) {
    char last[NAME_MAX + 1];
    int directory;
    if (name->read_only) {
        *reason = "the directory is given to the program for reading only";
        return GUEST_MPI_ERR_READ_ONLY;
    }
    int class = mpilayer_name_place(name, &directory, last, reason);
    if (class != GUEST_MPI_SUCCESS) {
        return class;
    }
    int error = unlinkat(directory, last, 0) == 0 ? 0 : errno;
    close(directory);
    return error == 0 ? GUEST_MPI_SUCCESS : failed(error, reason);
}
