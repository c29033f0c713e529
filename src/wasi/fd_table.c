/*
 * fd_table.c - a growing array of descriptors, lowest free number first as POSIX has it.
 *
 * The quota bounds what a guest can take from the process, which needs descriptors of its own
 * (MPI's connections, the path walk).
 */
#include "wasi/fd_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct fd_entry *fd_table_get(struct fd_table *table, uint32_t fd) {
    if (fd >= table->capacity || table->entries[fd].host_fd < 0) return NULL;
    return &table->entries[fd];
}

static int fd_table_grow(struct fd_table *table) {
    if (table->capacity >= table->quota) return EMFILE;
    uint32_t capacity = table->capacity ? table->capacity * 2 : 16;
    if (capacity > table->quota) capacity = table->quota;
    struct fd_entry *entries = realloc(table->entries, capacity * sizeof *entries);
    if (!entries) return ENOMEM;
    for (uint32_t i = table->capacity; i < capacity; i++) {
        entries[i] = (struct fd_entry){.host_fd = -1};
    }
    table->entries = entries;
    table->capacity = capacity;
    return 0;
}

int fd_table_find_free(struct fd_table *table, uint32_t least, uint32_t *fd) {
    uint32_t at = least > table->lowest_free ? least : table->lowest_free;
    while (at < table->capacity && table->entries[at].host_fd >= 0) {
        at++;
    }
    while (at >= table->capacity) {
        int error = fd_table_grow(table);
        if (error) return error;
    }
    *fd = at;
    return 0;
}

int fd_table_insert(struct fd_table *table, uint32_t least, const struct fd_entry *entry,
                    uint32_t *fd) {
    uint32_t at;
    int error = fd_table_find_free(table, least, &at);
    if (error) return error;
    int host_fd = entry->host_fd;
    if (entry->owned && host_fd <= STDERR_FILENO) {
        host_fd = fcntl(entry->host_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (host_fd < 0) return errno;
        close(entry->host_fd);
    }
    table->entries[at] = *entry;
    table->entries[at].host_fd = host_fd;
    if (least <= table->lowest_free) table->lowest_free = at + 1;
    *fd = at;
    return 0;
}

/* Close and free what the entry owns. Returns 0 or what close reported. */
static int entry_release(struct fd_entry *entry) {
    int error = 0;
    /* On Linux the descriptor is gone whatever close returns, so EINTR must not be repeated. */
    if (entry->owned && close(entry->host_fd) != 0 && errno != EINTR) error = errno;
    free(entry->positions.at);
    *entry = (struct fd_entry){.host_fd = -1};
    return error;
}

int fd_table_close(struct fd_table *table, uint32_t fd) {
    struct fd_entry *entry = fd_table_get(table, fd);
    if (!entry) return EBADF;
    int error = entry_release(entry);
    if (fd < table->lowest_free) table->lowest_free = fd;
    return error;
}

int fd_table_renumber(struct fd_table *table, uint32_t from, uint32_t to) {
    struct fd_entry *source = fd_table_get(table, from);
    struct fd_entry *target = fd_table_get(table, to);
    if (!source || !target) return EBADF;
    if (from == to) return 0;
    (void)entry_release(target); /* what it reports belongs to nobody any more */
    *target = *source;
    *source = (struct fd_entry){.host_fd = -1};
    if (from < table->lowest_free) table->lowest_free = from;
    return 0;
}

void fd_table_destroy(struct fd_table *table) {
    for (uint32_t i = 0; i < table->capacity; i++) {
        if (table->entries[i].host_fd >= 0) (void)entry_release(&table->entries[i]);
    }
    free(table->entries);
    *table = (struct fd_table){0};
}
