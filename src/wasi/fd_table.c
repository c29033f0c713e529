/*
 * fd_table.c - a growing array of descriptors, lowest free number first as POSIX has it.
 *
 * The quota bounds what a guest can take from the process, which needs descriptors of its own
 * (MPI's connections, the path walk).  No lock is held while a descriptor is used: an entry counts
 * the calls that have it, and the last one closes what has been closed meanwhile.
 */
#include "wasi/fd_table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* What the call that this thread is in has got. */
static _Thread_local struct {
    struct fd_entry **entries;
    uint32_t count, capacity;
    struct fd_entry *few[4];
} borrowed;

static void lock(struct fd_table *table) {
    if (table->is_shared) pthread_mutex_lock(&table->lock);
}

static void unlock(struct fd_table *table) {
    if (table->is_shared) pthread_mutex_unlock(&table->lock);
}

void fd_table_init(struct fd_table *table, uint32_t quota, bool is_shared) {
    *table = (struct fd_table){.quota = quota, .is_shared = is_shared};
    pthread_mutex_init(&table->lock, NULL);
    pthread_mutex_init(&table->positions_lock, NULL);
}

static struct fd_entry *entry_at(const struct fd_table *table, uint32_t fd) {
    return fd < table->capacity ? table->entries[fd] : NULL;
}

static bool borrow(struct fd_entry *entry) {
    if (borrowed.entries == NULL) {
        borrowed.entries = borrowed.few;
        borrowed.capacity = sizeof borrowed.few / sizeof borrowed.few[0];
    }
    if (borrowed.count == borrowed.capacity) {
        uint32_t capacity = borrowed.capacity * 2;
        struct fd_entry **entries = malloc(capacity * sizeof(*entries));
        if (entries == NULL) return false;
        for (uint32_t i = 0; i < borrowed.count; i++)
            entries[i] = borrowed.entries[i];
        if (borrowed.entries != borrowed.few) free(borrowed.entries);
        borrowed.entries = entries;
        borrowed.capacity = capacity;
    }
    borrowed.entries[borrowed.count++] = entry;
    entry->references++;
    return true;
}

struct fd_entry *fd_table_get(struct fd_table *table, uint32_t fd) {
    if (!table->is_shared) return entry_at(table, fd);
    lock(table);
    struct fd_entry *entry = entry_at(table, fd);
    if (entry != NULL && !borrow(entry)) entry = NULL;
    unlock(table);
    return entry;
}

/* Close and free an entry that nobody has. Returns 0 or what close reported. */
static int entry_free(struct fd_entry *entry) {
    int error = 0;
    /* On Linux the descriptor is gone whatever close returns, so EINTR must not be repeated. */
    if (entry->owned && close(entry->host_fd) != 0 && errno != EINTR) error = errno;
    free(entry->positions.at);
    free(entry);
    return error;
}

void fd_table_release_borrowed(struct fd_table *table) {
    while (borrowed.count > 0) {
        struct fd_entry *entry = borrowed.entries[--borrowed.count];
        lock(table);
        bool is_last = --entry->references == 0;
        unlock(table);
        if (is_last) (void)entry_free(entry); /* what it reports belongs to nobody any more */
    }
    if (borrowed.entries != borrowed.few) {
        free(borrowed.entries);
        borrowed.entries = NULL;
    }
}

static int fd_table_grow(struct fd_table *table) {
    if (table->capacity >= table->quota) return EMFILE;
    uint32_t capacity = table->capacity ? table->capacity * 2 : 16;
    if (capacity > table->quota) capacity = table->quota;
    struct fd_entry **entries = realloc(table->entries, capacity * sizeof(*entries));
    if (!entries) return ENOMEM;
    for (uint32_t i = table->capacity; i < capacity; i++) {
        entries[i] = NULL;
    }
    table->entries = entries;
    table->capacity = capacity;
    return 0;
}

static int find_free(struct fd_table *table, uint32_t least, uint32_t *fd) {
    uint32_t at = least > table->lowest_free ? least : table->lowest_free;
    while (at < table->capacity && table->entries[at] != NULL) {
        at++;
    }
    while (at >= table->capacity) {
        int error = fd_table_grow(table);
        if (error) return error;
    }
    *fd = at;
    return 0;
}

int fd_table_find_free(struct fd_table *table, uint32_t least, uint32_t *fd) {
    lock(table);
    int error = find_free(table, least, fd);
    unlock(table);
    return error;
}

int fd_table_insert(struct fd_table *table, uint32_t least, const struct fd_entry *entry,
                    uint32_t *fd) {
    uint32_t at;
    int host_fd = entry->host_fd;
    struct fd_entry *copy = malloc(sizeof *copy);
    if (copy == NULL) return ENOMEM;
    lock(table);
    int error = find_free(table, least, &at);
    if (error) goto fail;
    if (entry->owned && host_fd <= STDERR_FILENO) {
        host_fd = fcntl(entry->host_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        error = host_fd < 0 ? errno : 0;
        if (error) goto fail;
        close(entry->host_fd);
    }
    *copy = *entry;
    copy->host_fd = host_fd;
    copy->references = 1;
    table->entries[at] = copy;
    if (least <= table->lowest_free) table->lowest_free = at + 1;
    unlock(table);
    *fd = at;
    return 0;
fail:
    unlock(table);
    free(copy);
    return error;
}

int fd_table_close(struct fd_table *table, uint32_t fd) {
    lock(table);
    struct fd_entry *entry = entry_at(table, fd);
    bool is_last = false;
    if (entry != NULL) {
        table->entries[fd] = NULL;
        if (fd < table->lowest_free) table->lowest_free = fd;
        is_last = --entry->references == 0;
    }
    unlock(table);
    if (entry == NULL) return EBADF;
    return is_last ? entry_free(entry) : 0;
}

int fd_table_renumber(struct fd_table *table, uint32_t from, uint32_t to) {
    lock(table);
    struct fd_entry *source = entry_at(table, from), *target = entry_at(table, to);
    bool is_last = false;
    if (source != NULL && target != NULL && from != to) {
        table->entries[to] = source;
        table->entries[from] = NULL;
        if (from < table->lowest_free) table->lowest_free = from;
        is_last = --target->references == 0;
    }
    unlock(table);
    if (is_last) (void)entry_free(target); /* what it reports belongs to nobody any more */
    return source != NULL && target != NULL ? 0 : EBADF;
}

void fd_table_destroy(struct fd_table *table) {
    for (uint32_t i = 0; i < table->capacity; i++) {
        if (table->entries[i] != NULL) (void)entry_free(table->entries[i]);
    }
    free(table->entries);
    pthread_mutex_destroy(&table->lock);
    pthread_mutex_destroy(&table->positions_lock);
    *table = (struct fd_table){0};
}
