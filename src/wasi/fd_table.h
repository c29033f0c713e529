/*
 * fd_table.h - the guest's file descriptors: small numbers of its own, each standing for a host
 * descriptor with the rights that the guest has on it.
 *
 * With threads (is_shared) an entry that a call has got stays, and the host's descriptor open,
 * until the thread calls fd_table_release_borrowed, whatever others close in the meantime; without,
 * until it is closed.
 */
#ifndef MPIWASM_WASI_FD_TABLE_H
#define MPIWASM_WASI_FD_TABLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the entries of a directory end, in the kernel's terms: cookie n of the guest means
 * at[n - 1]. See wasi_fd_readdir.c. */
struct fd_positions {
    int64_t *at; /* [capacity]; owned */
    uint64_t count, capacity;
};

struct fd_entry {
    int host_fd;
    bool owned;       /* closed with the entry; false for the process's own stdin, stdout, stderr */
    bool read_only;   /* lies below a read-only grant: nothing may modify it */
    uint8_t filetype; /* enum wasi_filetype */
    uint16_t emulated_flags; /* fdflags of entries not owned, whose host flags others share: all
                                that the guest sees, what the host has set included */
    uint64_t rights_base;    /* enum wasi_rights */
    uint64_t rights_inheriting;
    const char *preopen_name;      /* guest path of a grant, else NULL; the configuration's */
    struct fd_positions positions; /* owned: freed with the entry; under positions_lock */
    uint32_t references;           /* of the table and of calls; under the table's lock */
};

struct fd_table {
    struct fd_entry **entries; /* [capacity], NULL where free; owned */
    uint32_t capacity;
    uint32_t quota;       /* capacity never exceeds it */
    uint32_t lowest_free; /* no free entry lies below */
    bool is_shared;       /* by threads */
    pthread_mutex_t lock, positions_lock;
};

void fd_table_init(struct fd_table *table, uint32_t quota, bool is_shared);

/* The entry of an open descriptor, NULL if it is not open. */
struct fd_entry *fd_table_get(struct fd_table *table, uint32_t fd);

/* The end of a call: what this thread got may go. Cheap if that was nothing. */
void fd_table_release_borrowed(struct fd_table *table);

/* The number that the next insertion takes: to know that there is one before anything is opened,
 * and so created or truncated. 0 or a host errno, as there. */
int fd_table_find_free(struct fd_table *table, uint32_t least, uint32_t *fd);

/*
 * Put the entry at the lowest free number that is not below `least`. Takes entry->host_fd over on
 * success, and may replace it so that it is above 2: a guest's file must never stand where mpiwasm
 * itself prints to. Returns 0 or a host errno: EMFILE at the quota, ENOMEM.
 */
int fd_table_insert(struct fd_table *table, uint32_t least, const struct fd_entry *entry,
                    uint32_t *fd);

/* Close the descriptor. Returns 0 or a host errno: EBADF, or what close reported. */
int fd_table_close(struct fd_table *table, uint32_t fd);

/* Move `from` to the open descriptor `to`, which is closed. 0 or EBADF. */
int fd_table_renumber(struct fd_table *table, uint32_t from, uint32_t to);

/* Close everything and free the table. */
void fd_table_destroy(struct fd_table *table);

#endif
