/*
 * file.c - whole files, read and written safely; see file.h.
 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool read_stream(int fd, const char *path, struct file_contents *out, struct error *err) {
    size_t capacity = 1 << 16, size = 0;
    uint8_t *bytes = malloc(capacity);
    if (bytes == NULL) return error_set(err, ERROR_NO_MEMORY, "cannot read '%s'", path);
    for (;;) {
        if (size == capacity) {
            capacity *= 2;
            uint8_t *larger = realloc(bytes, capacity);
            if (larger == NULL) {
                free(bytes);
                return error_set(err, ERROR_NO_MEMORY, "cannot read '%s'", path);
            }
            bytes = larger;
        }
        ssize_t count = read(fd, bytes + size, capacity - size);
        if (count == 0) break;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) {
            error_set_errno(err, "cannot read '%s'", path);
            free(bytes);
            return false;
        }
        size += (size_t)count;
    }
    *out = (struct file_contents){.bytes = bytes, .size = size, .mapped = false};
    return true;
}

bool file_read(const char *path, struct file_contents *out, struct error *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set_errno(err, "cannot open '%s'", path);
    struct stat status;
    bool ok = false;
    if (fstat(fd, &status) != 0) {
        error_set_errno(err, "cannot stat '%s'", path);
    } else if (S_ISDIR(status.st_mode)) {
        error_set(err, ERROR_SYSTEM, "cannot read '%s': it is a directory", path);
    } else if (S_ISREG(status.st_mode) && status.st_size > 0) {
        size_t size = (size_t)status.st_size;
        void *mapping = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapping == MAP_FAILED) {
            ok = read_stream(fd, path, out, err);
        } else {
            *out = (struct file_contents){.bytes = mapping, .size = size, .mapped = true};
            ok = true;
        }
    } else {
        ok = read_stream(fd, path, out, err);
    }
    close(fd);
    return ok;
}

void file_release(struct file_contents *contents) {
    if (contents->mapped)
        munmap(contents->bytes, contents->size);
    else
        free(contents->bytes);
    *contents = (struct file_contents){0};
}

bool file_write_all(int fd, const void *bytes, size_t size, struct error *err) {
    const uint8_t *rest = bytes;
    while (size > 0) {
        ssize_t count = write(fd, rest, size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return error_set_errno(err, "cannot write");
        rest += count;
        size -= (size_t)count;
    }
    return true;
}
