/*
 * wasi_path.c - names below a directory descriptor: opening, creating, removing, renaming, links,
 * attributes.
 *
 * Every name goes through path_sandbox.h. What has to act on a name itself (mkdir, rename, ...)
 * resolves the parent there and hands the last component alone to an *at call that does not follow
 * links. Below a read-only grant whatever would modify anything is EROFS.
 *
 * Deviations: opening a file of procfs for writing is refused (EACCES): /proc/self/mem is a
 * way into the process itself, should somebody grant a directory that contains it. Rights that the
 * specification does not name are ignored instead of refused.
 */
#include "wasi/wasi_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

/* The descriptor of a directory and a name relative to it, as most functions get them. */
struct location {
    struct fd_entry *directory;
    char path[PATH_SANDBOX_SIZE];
};

static uint32_t location_get(struct wasi *wasi, uint32_t fd, uint64_t rights, uint32_t address,
                             uint32_t length, struct location *out) {
    uint32_t error = wasi_path_copy(wasi, address, length, out->path);
    if (error) return error;
    struct fd_entry *entry = fd_table_get(&wasi->files, fd);
    if (!entry) return WASI_EBADF;
    if (entry->filetype != WASI_FILETYPE_DIRECTORY) return WASI_ENOTDIR;
    if ((entry->rights_base & rights) != rights) return WASI_ENOTCAPABLE;
    out->directory = entry;
    return WASI_ESUCCESS;
}

/* What lookupflags says about a symbolic link at the end of a name. */
static uint32_t lookup_decode(uint32_t lookup, bool *follow) {
    if (lookup & ~(uint32_t)WASI_LOOKUP_SYMLINK_FOLLOW) return WASI_EINVAL;
    *follow = lookup & WASI_LOOKUP_SYMLINK_FOLLOW;
    return WASI_ESUCCESS;
}

static uint32_t location_open(struct wasi *wasi, const struct location *location, int flags,
                              int *out) {
    int fd = path_sandbox_open(&wasi->sandbox, location->directory->host_fd, location->path, flags,
                               0666);
    if (fd < 0) return wasi_errno_from_host(-fd);
    *out = fd;
    return WASI_ESUCCESS;
}

/* Release with path_place_release. */
static uint32_t location_place(struct wasi *wasi, const struct location *location, bool follow,
                               struct path_place *place) {
    return wasi_errno_from_host(-path_sandbox_place(&wasi->sandbox, location->directory->host_fd,
                                                    location->path, follow, place));
}

/* Finish an operation on a place with the -1 or 0 that its call returned. */
static uint32_t place_finish(struct path_place *place, int status) {
    uint32_t error = status == 0 ? (uint32_t)WASI_ESUCCESS : wasi_last_error();
    path_place_release(place);
    return error;
}

/* The mode bits of the place's file type, 0 if there is nothing. */
static mode_t place_type(const struct path_place *place) {
    struct stat status;
    if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) != 0) return 0;
    return status.st_mode & S_IFMT;
}

uint32_t wasi_path_create_directory(struct wasi *wasi, uint32_t fd, uint32_t path,
                                    uint32_t length) {
    struct location location;
    struct path_place place;
    uint32_t error =
        location_get(wasi, fd, WASI_RIGHT_PATH_CREATE_DIRECTORY, path, length, &location);
    if (error) return error;
    error = location_place(wasi, &location, false, &place);
    if (error) return error;
    if (location.directory->read_only) {
        /* `mkdir -p` goes by EEXIST, which the kernel too prefers on a read-only file system. */
        errno = place_type(&place) ? EEXIST : EROFS;
        return place_finish(&place, -1);
    }
    return place_finish(&place, mkdirat(place.directory, place.name, 0777));
}

uint32_t wasi_path_remove_directory(struct wasi *wasi, uint32_t fd, uint32_t path,
                                    uint32_t length) {
    struct location location;
    struct path_place place;
    uint32_t error =
        location_get(wasi, fd, WASI_RIGHT_PATH_REMOVE_DIRECTORY, path, length, &location);
    if (error) return error;
    if (location.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &location, false, &place);
    if (error) return error;
    return place_finish(&place, unlinkat(place.directory, place.name, AT_REMOVEDIR));
}

uint32_t wasi_path_unlink_file(struct wasi *wasi, uint32_t fd, uint32_t path, uint32_t length) {
    struct location location;
    struct path_place place;
    uint32_t error = location_get(wasi, fd, WASI_RIGHT_PATH_UNLINK_FILE, path, length, &location);
    if (error) return error;
    if (location.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &location, false, &place);
    if (error) return error;
    if (place.must_be_directory) {
        mode_t type = place_type(&place);
        errno = !type ? ENOENT : type == S_IFDIR ? EISDIR : ENOTDIR;
        return place_finish(&place, -1);
    }
    return place_finish(&place, unlinkat(place.directory, place.name, 0));
}

uint32_t wasi_path_filestat_get(struct wasi *wasi, uint32_t fd, uint32_t lookup, uint32_t path,
                                uint32_t length, uint32_t result) {
    struct location location;
    struct stat status;
    int opened = -1;
    if (!wasi_range_ok(wasi, result, WASI_FILESTAT_SIZE)) return WASI_EFAULT;
    uint32_t error = location_get(wasi, fd, WASI_RIGHT_PATH_FILESTAT_GET, path, length, &location);
    if (error) return error;
    bool follow;
    error = lookup_decode(lookup, &follow);
    if (error) return error;
    error = location_open(wasi, &location, O_PATH | (follow ? 0 : O_NOFOLLOW), &opened);
    if (error) return error;
    if (fstat(opened, &status) != 0) error = wasi_last_error();
    close(opened);
    if (error) return error;
    wasi_filestat_store(wasi_at(wasi, result), &status, wasi_filetype_of_mode(status.st_mode));
    return WASI_ESUCCESS;
}

uint32_t wasi_path_filestat_set_times(struct wasi *wasi, uint32_t fd, uint32_t lookup,
                                      uint32_t path, uint32_t length, uint64_t access,
                                      uint64_t modification, uint32_t flags) {
    struct location location;
    struct path_place place;
    struct timespec times[2];
    uint32_t error =
        location_get(wasi, fd, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, path, length, &location);
    if (error) return error;
    error = wasi_times_decode(access, modification, flags, times);
    if (error) return error;
    bool follow;
    error = lookup_decode(lookup, &follow);
    if (error) return error;
    if (location.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &location, follow, &place);
    if (error) return error;
    if (place.must_be_directory && place_type(&place) == S_IFLNK) {
        /* "link/": the directory that the link leads to, followed or not. */
        path_place_release(&place);
        error = location_place(wasi, &location, true, &place);
        if (error) return error;
    }
    mode_t type = place.must_be_directory ? place_type(&place) : S_IFDIR;
    if (type != S_IFDIR) {
        errno = type ? ENOTDIR : ENOENT;
        return place_finish(&place, -1);
    }
    return place_finish(&place, utimensat(place.directory, place.name, times, AT_SYMLINK_NOFOLLOW));
}

uint32_t wasi_path_link(struct wasi *wasi, uint32_t old_fd, uint32_t lookup, uint32_t old_path,
                        uint32_t old_length, uint32_t new_fd, uint32_t new_path,
                        uint32_t new_length) {
    struct location from, to;
    struct path_place source, target;
    uint32_t error =
        location_get(wasi, old_fd, WASI_RIGHT_PATH_LINK_SOURCE, old_path, old_length, &from);
    if (error) return error;
    error = location_get(wasi, new_fd, WASI_RIGHT_PATH_LINK_TARGET, new_path, new_length, &to);
    if (error) return error;
    bool follow;
    error = lookup_decode(lookup, &follow);
    if (error) return error;
    /* The source too: through the new name what is read-only could be written. */
    if (from.directory->read_only || to.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &from, follow, &source);
    if (error) return error;
    error = location_place(wasi, &to, false, &target);
    if (error) {
        path_place_release(&source);
        return error;
    }
    int status = -1;
    mode_t type = source.must_be_directory ? place_type(&source) : 0;
    if (source.must_be_directory && type != S_IFDIR) {
        errno = type ? ENOTDIR : ENOENT;
    } else if (target.must_be_directory) {
        errno = place_type(&target) ? EEXIST : ENOENT;
    } else {
        status = linkat(source.directory, source.name, target.directory, target.name, 0);
    }
    error = place_finish(&target, status);
    path_place_release(&source);
    return error;
}

uint32_t wasi_path_rename(struct wasi *wasi, uint32_t old_fd, uint32_t old_path,
                          uint32_t old_length, uint32_t new_fd, uint32_t new_path,
                          uint32_t new_length) {
    struct location from, to;
    struct path_place source, target;
    uint32_t error =
        location_get(wasi, old_fd, WASI_RIGHT_PATH_RENAME_SOURCE, old_path, old_length, &from);
    if (error) return error;
    error = location_get(wasi, new_fd, WASI_RIGHT_PATH_RENAME_TARGET, new_path, new_length, &to);
    if (error) return error;
    if (from.directory->read_only || to.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &from, false, &source);
    if (error) return error;
    error = location_place(wasi, &to, false, &target);
    if (error) {
        path_place_release(&source);
        return error;
    }
    int status = -1;
    bool slash = source.must_be_directory || target.must_be_directory;
    mode_t type = slash ? place_type(&source) : 0;
    if (slash && type != S_IFDIR) {
        errno = type ? ENOTDIR : ENOENT;
    } else {
        status = renameat(source.directory, source.name, target.directory, target.name);
    }
    error = place_finish(&target, status);
    path_place_release(&source);
    return error;
}

uint32_t wasi_path_symlink(struct wasi *wasi, uint32_t target, uint32_t target_length, uint32_t fd,
                           uint32_t path, uint32_t length) {
    struct location location;
    struct path_place place;
    char text[PATH_SANDBOX_SIZE];
    uint32_t error = wasi_path_copy(wasi, target, target_length, text);
    if (error) return error;
    error = location_get(wasi, fd, WASI_RIGHT_PATH_SYMLINK, path, length, &location);
    if (error) return error;
    if (text[0] == '/') return WASI_EPERM;
    if (location.directory->read_only) return WASI_EROFS;
    error = location_place(wasi, &location, false, &place);
    if (error) return error;
    if (place.must_be_directory) {
        errno = place_type(&place) ? EEXIST : ENOENT;
        return place_finish(&place, -1);
    }
    return place_finish(&place, symlinkat(text, place.directory, place.name));
}

uint32_t wasi_path_readlink(struct wasi *wasi, uint32_t fd, uint32_t path, uint32_t length,
                            uint32_t buffer, uint32_t size, uint32_t result) {
    struct location location;
    struct stat status;
    char text[PATH_SANDBOX_SIZE];
    int opened = -1;
    if (!wasi_range_ok(wasi, buffer, size) || !wasi_range_ok(wasi, result, 4)) return WASI_EFAULT;
    uint32_t error = location_get(wasi, fd, WASI_RIGHT_PATH_READLINK, path, length, &location);
    if (error) return error;
    error = location_open(wasi, &location, O_PATH | O_NOFOLLOW, &opened);
    if (error) return error;
    ssize_t got = -1;
    if (fstat(opened, &status) != 0) {
        error = wasi_last_error();
    } else if (!S_ISLNK(status.st_mode)) {
        error = WASI_EINVAL;
    } else {
        got = readlinkat(opened, "", text, sizeof text);
        if (got < 0) error = wasi_last_error();
    }
    close(opened);
    if (error) return error;
    /* Where the text is absolute it names something of the host, which the guest could not reach
     * anyway. */
    if (got > 0 && text[0] == '/') return WASI_EPERM;
    size_t used = (size_t)got < size ? (size_t)got : size;
    if (used > 0) memcpy(wasi_at(wasi, buffer), text, used);
    wasi_put_u32(wasi_at(wasi, result), (uint32_t)used);
    return WASI_ESUCCESS;
}

/* A regular file of procfs. Its 1 KiB blocks tell it from others without a statfs of file systems
 * where that is expensive. */
static bool is_procfs_file(int fd, const struct stat *status) {
    struct statfs file_system;
    enum { PROCFS_BLOCK = 1024, PROCFS_MAGIC = 0x9fa0 };
    return S_ISREG(status->st_mode) && status->st_blksize == PROCFS_BLOCK &&
           fstatfs(fd, &file_system) == 0 && file_system.f_type == PROCFS_MAGIC;
}

static int open_flags(uint32_t oflags, uint32_t fdflags, bool read, bool write) {
    int flags = read && write ? O_RDWR : write ? O_WRONLY : O_RDONLY;
    if (oflags & WASI_OFLAG_CREAT) flags |= O_CREAT;
    if (oflags & WASI_OFLAG_DIRECTORY) flags |= O_DIRECTORY;
    if (oflags & WASI_OFLAG_EXCL) flags |= O_EXCL;
    if (oflags & WASI_OFLAG_TRUNC) flags |= O_TRUNC;
    if (fdflags & WASI_FDFLAG_APPEND) flags |= O_APPEND;
    if (fdflags & WASI_FDFLAG_DSYNC) flags |= O_DSYNC;
    if (fdflags & WASI_FDFLAG_NONBLOCK) flags |= O_NONBLOCK;
    if (fdflags & (WASI_FDFLAG_RSYNC | WASI_FDFLAG_SYNC)) flags |= O_SYNC;
    return flags;
}

uint32_t wasi_path_open(struct wasi *wasi, uint32_t fd, uint32_t lookup, uint32_t path,
                        uint32_t length, uint32_t oflags, uint64_t rights_base,
                        uint64_t rights_inheriting, uint32_t fdflags, uint32_t result) {
    struct location location;
    struct stat status;
    if (!wasi_range_ok(wasi, result, 4)) return WASI_EFAULT;
    /* A number must be there before a file is created or truncated. */
    uint32_t number;
    int room = fd_table_find_free(&wasi->files, 0, &number);
    uint64_t needed = WASI_RIGHT_PATH_OPEN;
    if (oflags & WASI_OFLAG_CREAT) needed |= WASI_RIGHT_PATH_CREATE_FILE;
    if (oflags & WASI_OFLAG_TRUNC) needed |= WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
    if (fdflags & (WASI_FDFLAG_RSYNC | WASI_FDFLAG_SYNC)) needed |= WASI_RIGHT_FD_SYNC;
    uint32_t error = location_get(wasi, fd, needed, path, length, &location);
    if (error) return error;
    rights_base &= WASI_RIGHT_ALL;
    rights_inheriting &= WASI_RIGHT_ALL;
    if ((rights_base | rights_inheriting) & ~location.directory->rights_inheriting) {
        return WASI_ENOTCAPABLE;
    }
    /* Either of the two includes the right to this flag. */
    uint64_t synchronising = WASI_RIGHT_FD_DATASYNC | WASI_RIGHT_FD_SYNC;
    if ((fdflags & WASI_FDFLAG_DSYNC) && !(location.directory->rights_base & synchronising)) {
        return WASI_ENOTCAPABLE;
    }
    if ((oflags & ~(uint32_t)WASI_OFLAG_ALL) || (fdflags & ~(uint32_t)WASI_FDFLAG_ALL)) {
        return WASI_EINVAL;
    }
    bool follow;
    error = lookup_decode(lookup, &follow);
    if (error) return error;
    bool directory = oflags & WASI_OFLAG_DIRECTORY, create = oflags & WASI_OFLAG_CREAT;
    /* Kernels differ in what this means, some make a file. */
    if (directory && create) return WASI_EINVAL;

    /* Clients that ask for every right on a directory mean to read it. */
    uint64_t writing = WASI_RIGHT_FD_WRITE;
    if (!directory) writing |= WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE;
    bool read = rights_base & (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR);
    bool write = rights_base & writing;
    bool read_only = location.directory->read_only;
    if (read_only) {
        if (write || (oflags & WASI_OFLAG_TRUNC)) return WASI_EROFS;
        if (create && (oflags & WASI_OFLAG_EXCL)) return WASI_EROFS;
        oflags &= ~(uint32_t)WASI_OFLAG_CREAT;
    }
    if (room) return wasi_errno_from_host(room);
    int flags = open_flags(oflags, fdflags, read, write);
    if (!follow) flags |= O_NOFOLLOW;
    int opened = -1;
    error = location_open(wasi, &location, flags, &opened);
    if (error == WASI_EACCES && directory && !write) {
        /* A directory may be searched without being listed: 0711 on a shared parent. */
        error =
            location_open(wasi, &location, O_PATH | O_DIRECTORY | (flags & O_NOFOLLOW), &opened);
    }
    if (error) return error == WASI_ENOENT && read_only && create ? (uint32_t)WASI_EROFS : error;

    if (fstat(opened, &status) != 0) {
        error = wasi_last_error();
        goto fail;
    }
    if (write && is_procfs_file(opened, &status)) {
        error = WASI_EACCES;
        goto fail;
    }
    struct fd_entry entry = {
        .host_fd = opened,
        .owned = true,
        .read_only = read_only,
        .rights_base = rights_base,
        .rights_inheriting = rights_inheriting,
    };
    wasi_entry_classify(&entry, &status);
    int insertion = fd_table_insert(&wasi->files, 0, &entry, &number);
    if (insertion) {
        error = wasi_errno_from_host(insertion);
        goto fail;
    }
    wasi_put_u32(wasi_at(wasi, result), number);
    return WASI_ESUCCESS;
fail:
    close(opened);
    return error;
}
