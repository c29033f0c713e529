/*
 * file.h - whole files, read and written safely.
 */
#ifndef MPIWASM_BASE_FILE_H
#define MPIWASM_BASE_FILE_H

#include "base/error.h"

#include <stddef.h>

struct file_contents {
    uint8_t *bytes; /* read-only mapping or allocation; valid until file_release */
    size_t size;
    bool mapped;
};

/* Read the file at `path` whole (mapped privately where possible). Release with file_release. */
bool file_read(const char *path, struct file_contents *out, struct error *err);
void file_release(struct file_contents *contents);

/* Write all bytes to the descriptor, over short writes and EINTR. */
bool file_write_all(int fd, const void *bytes, size_t size, struct error *err);

#endif
