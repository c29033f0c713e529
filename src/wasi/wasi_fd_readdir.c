/*
 * wasi_fd_readdir.c - directory entries, as the guest's readdir wants them.
 *
 * A cookie counts entries: the guest's telldir has 32 bits, while the kernel's positions (d_off)
 * are hashes of 63 bits on some file systems. So a descriptor remembers the position behind each
 * entry that it has passed; a cookie beyond them is invalid. The buffer is filled to its last byte;
 * an entry that does not fit is cut, and the guest asks again from its predecessor. A buffer that
 * is not full means the end of the directory.
 *
 * Deviation: ".." of a granted directory has the inode of the directory itself, as that of "/" has:
 * what lies above is not the guest's to know.
 */
#include "wasi/wasi_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's record, see getdents64(2). */
struct kernel_dirent {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static enum wasi_filetype entry_type(int directory, const char *name, uint8_t type) {
    struct stat status;
    switch (type) {
    case DT_REG: return WASI_FILETYPE_REGULAR_FILE;
    case DT_DIR: return WASI_FILETYPE_DIRECTORY;
    case DT_LNK: return WASI_FILETYPE_SYMBOLIC_LINK;
    case DT_CHR: return WASI_FILETYPE_CHARACTER_DEVICE;
    case DT_BLK: return WASI_FILETYPE_BLOCK_DEVICE;
    case DT_SOCK: return WASI_FILETYPE_SOCKET_STREAM;
    case DT_UNKNOWN: /* some file systems do not say */
        if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) break;
        return wasi_filetype_of_mode(status.st_mode);
    }
    return WASI_FILETYPE_UNKNOWN;
}

/* Where the next byte goes in the guest's buffer. */
struct output {
    uint8_t *at;
    size_t left;
};

static void output_bytes(struct output *output, const void *bytes, size_t size) {
    if (size > output->left) size = output->left;
    memcpy(output->at, bytes, size);
    output->at += size;
    output->left -= size;
}

/* The inode of ".." that the guest is told. */
static uint64_t parent_inode(const struct wasi *wasi, int directory, uint64_t inode) {
    struct stat status;
    if (fstat(directory, &status) != 0) return 0;
    for (size_t i = 0; i < wasi->config->directory_count; i++) {
        const struct wasi_root *root = &wasi->roots[i];
        if (root->device == status.st_dev && root->inode == status.st_ino) return status.st_ino;
    }
    return inode;
}

static void output_entry(const struct wasi *wasi, struct output *output, int directory,
                         const struct kernel_dirent *entry, uint64_t cookie) {
    uint8_t head[WASI_DIRENT_SIZE] = {0};
    size_t length = strlen(entry->name);
    wasi_put_u64(head + WASI_DIRENT_NEXT, cookie);
    bool up = strcmp(entry->name, "..") == 0;
    wasi_put_u64(head + WASI_DIRENT_INO,
                 up ? parent_inode(wasi, directory, entry->inode) : entry->inode);
    wasi_put_u32(head + WASI_DIRENT_NAMLEN, (uint32_t)length);
    wasi_put_u8(head + WASI_DIRENT_TYPE, (uint8_t)entry_type(directory, entry->name, entry->type));
    output_bytes(output, head, sizeof head);
    output_bytes(output, entry->name, length);
}

/* Remember that cookie `cookie` means `next`. False: out of memory. */
static bool positions_set(struct fd_positions *positions, uint64_t cookie, int64_t next) {
    if (cookie > positions->capacity) {
        uint64_t capacity = positions->capacity ? positions->capacity * 2 : 256;
        int64_t *at = realloc(positions->at, capacity * sizeof *at);
        if (!at) return false;
        positions->at = at;
        positions->capacity = capacity;
    }
    positions->at[cookie - 1] = next;
    if (cookie > positions->count) positions->count = cookie;
    return true;
}

static uint32_t read_entries(struct wasi *wasi, struct fd_entry *file, uint32_t buffer,
                             uint32_t length, uint64_t cookie, uint32_t result) {
    enum { LEAST = 1024, MOST = 65536 }; /* bytes for the kernel; one record is below 300 */
    uint32_t error = WASI_ESUCCESS;
    if (cookie > file->positions.count) return WASI_EINVAL;
    off_t position = cookie == 0 ? 0 : file->positions.at[cookie - 1];
    if (lseek(file->host_fd, position, SEEK_SET) < 0) {
        /* Of a directory that may be searched but not read we have an O_PATH descriptor. */
        return errno == EBADF ? (uint32_t)WASI_EACCES : wasi_last_error();
    }

    size_t capacity = length < LEAST ? LEAST : length > MOST ? MOST : length;
    char *records = malloc(capacity);
    if (!records) return WASI_ENOMEM;
    struct output output = {length ? wasi_at(wasi, buffer) : NULL, length};
    while (output.left > 0 && !error) {
        long got = syscall(SYS_getdents64, file->host_fd, records, capacity);
        /* ENOENT: the directory has been removed, so nothing is left in it. */
        if (got < 0 && errno != ENOENT) error = wasi_last_error();
        if (got <= 0) break;
        for (long at = 0; at < got && output.left > 0;) {
            const struct kernel_dirent *entry = (const void *)(records + at);
            if (!positions_set(&file->positions, ++cookie, entry->next)) {
                error = WASI_ENOMEM;
                break;
            }
            output_entry(wasi, &output, file->host_fd, entry, cookie);
            at += entry->size;
        }
    }
    free(records);
    /* What has been found is worth more than a failure behind it. */
    if (error && output.left == length) return error;
    wasi_put_u32(wasi_at(wasi, result), length - (uint32_t)output.left);
    return WASI_ESUCCESS;
}

uint32_t wasi_fd_readdir(struct wasi *wasi, uint32_t fd, uint32_t buffer, uint32_t length,
                         uint64_t cookie, uint32_t result) {
    struct fd_entry *file;
    if (!wasi_range_ok(wasi, result, 4) || !wasi_range_ok(wasi, buffer, length)) {
        return WASI_EFAULT;
    }
    uint32_t error = wasi_file_get(wasi, fd, WASI_RIGHT_FD_READDIR, &file);
    if (error) return error;
    if (file->filetype != WASI_FILETYPE_DIRECTORY) return WASI_ENOTDIR;
    pthread_mutex_lock(&wasi->files.positions_lock);
    error = read_entries(wasi, file, buffer, length, cookie, result);
    pthread_mutex_unlock(&wasi->files.positions_lock);
    return error;
}
