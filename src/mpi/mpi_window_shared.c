/*
 * mpi_window_shared.c - MPI_Win_allocate_shared: the host's shared memory within linear memory.
 * MPI 3.1, section 11.2.3.
 *
 * The host makes its own shared window, so that it synchronises and communicates as it does for a
 * native program. Its pages are then mapped a second time, over pages of guest memory that were
 * allocated for it: mremap with an old size of 0 duplicates a shared mapping (Linux). The guest
 * must see no byte of the host's own, so the segments begin at a page: where the host's begin
 * within one, a second window has padding before the segment of rank 0. Every rank maps all
 * segments, so the sum of a node's segments counts in each guest's memory.
 */
#include "mpi/mpi_memory.h"
#include "mpi/mpi_window.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE_AT_MOST = 65536 };

struct sharing {
    struct mpilayer_win *win;
    const struct mpilayer_comm *comm;
    int64_t page;
    int64_t total; /* bytes from the first segment to the last one's end */
    int64_t pad;   /* bytes of the host's memory before the first segment */
    int64_t *at;   /* where each segment begins, from the first on; [size]: total */
    uint8_t *host; /* the host's address of the first segment */
};

static int64_t round_up(int64_t size, int64_t page) {
    return (size + page - 1) / page * page;
}

/* All ranks say yes. */
static bool agreed(const struct mpilayer_comm *comm, bool yes) {
    int mine = yes, all = 0;
    return MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_LAND, comm->host) == MPI_SUCCESS && all;
}

/* The host's window: rank 0 asks for the padding too, the last one for what fills its page. */
static int make(struct sharing *s, MPI_Info info) {
    const struct mpilayer_comm *comm = s->comm;
    int64_t size = s->at[comm->rank + 1] - s->at[comm->rank];
    void *own;
    size += comm->rank == 0 ? s->pad : 0;
    size += comm->rank == comm->size - 1 ? round_up(s->total, s->page) - s->total : 0;
    int code = MPI_Win_allocate_shared((MPI_Aint)size, 1, info, comm->host, &own, &s->win->host);
    if (code == MPI_SUCCESS) {
        MPI_Win_set_errhandler(s->win->host, MPI_ERRORS_RETURN);
    }
    return code;
}

/* Find s->host; the host's segments must follow each other as ours do. */
static bool look(struct sharing *s) {
    s->host = NULL;
    for (int i = 0; i < s->comm->size; i++) {
        MPI_Aint size = 0;
        int unit;
        uint8_t *base = NULL;
        if (MPI_Win_shared_query(s->win->host, i, &size, &unit, &base) != MPI_SUCCESS) {
            return false;
        }
        int64_t before = i == 0 ? s->pad : 0;
        if (size <= before) {
            continue; /* some hosts tell no address of an empty segment */
        }
        if (s->host == NULL) {
            s->host = base + before - s->at[i];
        } else if (s->host + s->at[i] != base + before) {
            return false;
        }
    }
    return s->host != NULL;
}

/* Private pages in place of what lies there. */
static bool map_private(struct mpilayer *layer, uint64_t address, uint64_t size) {
    void *at = layer->guest->memory + address;
    return mmap(at, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == at;
}

static bool map_shared(struct mpilayer *layer, struct sharing *s) {
    struct mpilayer_win *win = s->win;
    uint64_t size = (uint64_t)round_up(s->total, s->page);
    uint64_t address = (uint64_t)round_up(win->allocated, s->page);
    void *at = layer->guest->memory + address;
    /* Transports watch libc's mmap to forget pages they have registered: so the old ones go by it.
     * Their mremap in libc's place loses the new address. */
    if (!map_private(layer, address, size)) {
        return false;
    }
    if (syscall(SYS_mremap, s->host, 0UL, size, MREMAP_MAYMOVE | MREMAP_FIXED, at) != (long)at) {
        /* The pages may be gone by now. */
        if (!map_private(layer, address, size)) {
            mpilayer_abort(layer, NULL, 1, "the program's memory cannot be restored");
        }
        return false;
    }
    win->mapped_address = address;
    win->mapped_size = size;
    return true;
}

int mpilayer_win_share(struct mpilayer *layer, struct mpilayer_win *win,
                       const struct mpilayer_comm *comm, MPI_Info info, bool apart, int *failed) {
    struct sharing s = {.win = win, .comm = comm, .page = sysconf(_SC_PAGESIZE)};
    s.at = calloc((size_t)comm->size + 1, sizeof *s.at);
    win->segments = calloc((size_t)comm->size, sizeof *win->segments);
    bool ok = s.at != NULL && win->segments != NULL && s.page <= PAGE_AT_MOST;
    for (int i = 0; ok && i < comm->size; i++) {
        int64_t size = win->targets[i].size;
        s.at[i + 1] = s.at[i] + (apart ? round_up(size, s.page) : size);
    }
    if (ok) {
        s.total = s.at[comm->size];
        if (s.total > 0) {
            win->allocated = (uint32_t)mpilayer_guest_allocate(
                layer, (uint64_t)(round_up(s.total, s.page) + s.page), (uint64_t)s.page);
            ok = win->allocated != 0;
        }
    }
    int code = MPI_SUCCESS;
    if (!agreed(comm, ok)) {
        *failed = GUEST_MPI_ERR_NO_MEM;
        goto end;
    }
    code = make(&s, info);
    if (code != MPI_SUCCESS || s.total == 0) {
        goto end;
    }
    ok = look(&s);
    int64_t inside = (int64_t)((uintptr_t)s.host % (uintptr_t)s.page);
    if (!agreed(comm, ok && inside == 0)) {
        /* Once more, the first segment moved to where a page begins. */
        s.pad = s.page - inside;
        MPI_Bcast(&s.pad, 1, MPI_INT64_T, 0, comm->host);
        MPI_Win_free(&win->host);
        code = make(&s, info);
        if (code != MPI_SUCCESS) {
            goto end;
        }
        ok = look(&s) && (uintptr_t)s.host % (uintptr_t)s.page == 0;
    }
    if (!agreed(comm, ok) || !agreed(comm, map_shared(layer, &s))) {
        *failed = GUEST_MPI_ERR_RMA_SHARED;
        MPI_Win_free(&win->host);
        mpilayer_win_unshare(layer, win);
        goto end;
    }
    for (int i = 0; i < comm->size; i++) {
        bool empty = win->targets[i].size == 0; /* a null pointer then, as MPICH has it */
        win->segments[i] = empty ? 0 : (uint32_t)win->mapped_address + (uint32_t)s.at[i];
        win->targets[i].start = i == 0 ? s.pad : 0;
    }
    win->base = win->segments[comm->rank];
end:
    free(s.at);
    return code;
}

void mpilayer_win_unshare(struct mpilayer *layer, struct mpilayer_win *win) {
    /* The memory goes back to the guest's allocator; what it held is lost with the window. If it
     * cannot be replaced it stays shared with nobody who still uses it. */
    if (win->mapped_size > 0) {
        map_private(layer, win->mapped_address, win->mapped_size);
        win->mapped_size = 0;
    }
}
