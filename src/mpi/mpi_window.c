/*
 * mpi_window.c - windows: their making and end, names, hints, and what may be asked.
 * MPI 3.1, sections 11.2 and 11.6.
 *
 * Making a window gathers what each rank offers. The host's windows count in bytes and lie on guest
 * memory (MPI_Win_allocate takes it from the guest's allocator), so flavour, base, size and
 * displacement unit are answered from here. Attributes, error handler and name live in the layer.
 */
#include "mpi/mpi_window.h"

#include "mpi/mpi_attributes.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_info.h"
#include "mpi/mpi_memory.h"
#include "mpi_functions.h"

#include <stdlib.h>

enum { WINDOW_ALIGNMENT = 64 };

/* The hints the host gets and tells: those of the standard. The last one is not given to it when a
 * window is made: how segments of shared memory lie is decided here. */
static const char *const hint_keys[] = {
    "no_locks",  "accumulate_ordering", "accumulate_ops",        "mpi_accumulate_granularity",
    "same_size", "same_disp_unit",      "alloc_shared_noncontig"};
enum { HINT_COUNT = sizeof hint_keys / sizeof hint_keys[0] };

/* ---- objects ---- */

static void win_release(struct mpilayer *layer, struct mpilayer_win *win) {
    if (win->comm != NULL) {
        win->comm->stands_for = GUEST_MPI_WIN_NULL; /* requests may hold it */
        mpilayer_comm_release(layer, win->comm);
    }
    if (win->info != NULL) {
        mpilayer_info_release(layer, win->info);
    }
    if (win->allocated != 0) {
        mpilayer_guest_release(layer, win->allocated);
    }
    if (win->cells != 0) {
        mpilayer_guest_release(layer, win->cells);
    }
    mpilayer_attributes_forget(layer, &win->attributes);
    free(win->targets);
    free(win->own_size);
    free(win->segments);
    mpilayer_object_release(&layer->tables[MPILAYER_WIN], &win->object);
}

static bool win_reserve(struct mpilayer_call *call, const struct mpilayer_comm *parent,
                        struct mpilayer_win **out) {
    struct mpilayer *layer = call->layer;
    struct mpilayer_win *win = mpilayer_table_allocate(&layer->tables[MPILAYER_WIN]);
    if (win == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many windows");
    }
    win->host = win->sizes = MPI_WIN_NULL;
    win->comm = mpilayer_table_allocate(&layer->tables[MPILAYER_COMM]);
    win->targets = calloc((size_t)parent->size, sizeof *win->targets);
    if (win->comm == NULL || win->targets == NULL) {
        win_release(layer, win);
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many windows");
    }
    mpilayer_object_hide(&win->comm->object);
    win->comm->host = MPI_COMM_NULL;
    win->comm->stands_for = win->object.handle;
    win->comm->rank = parent->rank;
    win->comm->size = win->comm->remote_size = parent->size;
    mpilayer_errhandler_assign(
        layer, win->comm,
        mpilayer_table_find(&layer->tables[MPILAYER_ERRHANDLER], GUEST_MPI_ERRORS_ARE_FATAL));
    win->comm->errhandler_is_initial = true;
    *out = win;
    return true;
}

int mpilayer_win_model(const struct mpilayer_win *win) {
    int *model, flag = 0;
    if (win->alone || MPI_Win_get_attr(win->host, MPI_WIN_MODEL, &model, &flag) != MPI_SUCCESS ||
        !flag) {
        return GUEST_MPI_WIN_UNIFIED;
    }
    return *model == MPI_WIN_SEPARATE ? GUEST_MPI_WIN_SEPARATE : GUEST_MPI_WIN_UNIFIED;
}

/* ---- making ---- */

struct making {
    struct mpilayer_call call;
    struct mpilayer_comm *comm;
    struct mpilayer_info *hints;
    int flavor;
    uint32_t base;
    int32_t size, unit;
};

static bool making_begin(struct making *m, struct mpilayer *layer, const char *name, uint32_t comm,
                         uint32_t info, uint32_t baseptr, uint32_t win) {
    struct mpilayer_call *call = &m->call;
    bool allocates =
        m->flavor == GUEST_MPI_WIN_FLAVOR_ALLOCATE || m->flavor == GUEST_MPI_WIN_FLAVOR_SHARED;
    if (!mpilayer_call_begin(call, layer, name) ||
        !mpilayer_comm_get(call, "comm", comm, &m->comm) ||
        !mpilayer_info_get_optional(call, "info", info, &m->hints)) {
        return false;
    }
    if (!mpilayer_collective_begin(call)) {
        return false;
    }
    if (m->comm->inter) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_COMM, "comm", "is an intercommunicator");
    }
    if (m->size < 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_SIZE, "size", "negative (%d)", m->size);
    }
    if (m->unit <= 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "disp_unit", "not positive (%d)",
                                  m->unit);
    }
    if (m->flavor == GUEST_MPI_WIN_FLAVOR_CREATE && m->size > 0 &&
        !mpilayer_memory_check(call, "base", m->base, (uint64_t)m->size)) {
        return false;
    }
    return (!allocates || mpilayer_memory_check(call, "baseptr", baseptr, 4)) &&
           mpilayer_memory_check(call, "win", win, 4);
}

/* MPICH 4.0 over UCX takes a window's base for one that is aligned to 16 bytes: the host's windows
 * begin so much before the guest's that they are. */
enum { HOST_ALIGNMENT = 64 };

/* What each rank offers; *apart: all of them allow segments of shared memory to lie apart.
 * size < 0: a rank could not get its memory. */
static int gather(struct making *m, struct mpilayer_win *win, int64_t size, bool *apart) {
    struct offer {
        int64_t start, size, unit, apart;
    } own = {0, size, m->unit, *apart}, *offers;
    if (m->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC) {
        own.start = (int64_t)(uintptr_t)m->call.layer->guest->memory;
    } else if (size > 0) {
        own.start = win->base % HOST_ALIGNMENT;
    }
    offers = mpilayer_call_allocate(&m->call, (size_t)m->comm->size * sizeof *offers);
    if (offers == NULL) {
        mpilayer_abort(m->call.layer, NULL, 1, "%s: out of memory", m->call.name);
    }
    enum { NUMBERS = sizeof own / sizeof(int64_t) };
    int code =
        MPI_Allgather(&own, NUMBERS, MPI_INT64_T, offers, NUMBERS, MPI_INT64_T, m->comm->host);
    for (int i = 0; code == MPI_SUCCESS && i < m->comm->size; i++) {
        win->targets[i] = (struct mpilayer_target){offers[i].start, offers[i].size, offers[i].unit};
        *apart &= offers[i].apart != 0;
    }
    return code;
}

/* The window on guest memory that is there, or a dynamic one. */
static int make_host(struct making *m, struct mpilayer_win *win, MPI_Info info) {
    uint8_t *memory = m->call.layer->guest->memory;
    bool dynamic = m->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC;
    uint32_t lead = m->size > 0 ? win->base % HOST_ALIGNMENT : 0;
    int class, code;
    code = dynamic ? MPI_Win_create_dynamic(info, m->comm->host, &win->host)
                   : MPI_Win_create(m->size > 0 ? memory + win->base - lead : NULL, m->size + lead,
                                    1, info, m->comm->host, &win->host);
    if (code != MPI_SUCCESS && m->comm->size == 1 && MPI_Error_class(code, &class) == MPI_SUCCESS &&
        class == MPI_ERR_WIN) {
        win->alone = true;
        win->alone_base = dynamic ? NULL : memory + win->base - lead;
        win->info = mpilayer_info_hints(m->call.layer, m->hints);
        return MPI_SUCCESS;
    }
    if (code != MPI_SUCCESS || !dynamic || m->comm->size == 1) {
        return code;
    }
    win->own_size = malloc(sizeof *win->own_size);
    if (win->own_size == NULL) {
        mpilayer_abort(m->call.layer, NULL, 1, "%s: out of memory", m->call.name);
    }
    *win->own_size = *m->call.layer->guest->memory_size;
    code = MPI_Win_create(win->own_size, sizeof *win->own_size, 1, MPI_INFO_NULL, m->comm->host,
                          &win->sizes);
    if (code == MPI_SUCCESS) {
        MPI_Win_set_errhandler(win->sizes, MPI_ERRORS_RETURN);
        code = MPI_Win_lock_all(MPI_MODE_NOCHECK, win->sizes);
    }
    return code;
}

static int32_t make(struct making *m, uint32_t baseptr, uint32_t address) {
    struct mpilayer_call *call = &m->call;
    struct mpilayer *layer = call->layer;
    struct mpilayer_win *win = NULL;
    if (!win_reserve(call, m->comm, &win)) {
        return mpilayer_call_raise(call);
    }
    bool share = m->flavor == GUEST_MPI_WIN_FLAVOR_SHARED && m->comm->size > 1;
    int64_t size = m->size;
    win->flavor = m->flavor;
    win->base = m->base;
    if (m->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC) {
        size = (int64_t)*layer->guest->memory_size;
    } else if (m->flavor != GUEST_MPI_WIN_FLAVOR_CREATE && !share && m->size > 0) {
        win->allocated =
            (uint32_t)mpilayer_guest_allocate(layer, (uint64_t)m->size, WINDOW_ALIGNMENT);
        win->base = win->allocated;
        size = win->allocated != 0 ? size : -1;
    }
    bool apart = mpilayer_info_is(m->hints, "alloc_shared_noncontig", "true");
    int failed = GUEST_MPI_SUCCESS;
    int code = gather(m, win, size, &apart);
    for (int i = 0; i < m->comm->size && code == MPI_SUCCESS; i++) {
        if (win->targets[i].size < 0) {
            failed = GUEST_MPI_ERR_NO_MEM;
        }
    }
    if (code == MPI_SUCCESS && failed == GUEST_MPI_SUCCESS) {
        MPI_Info info = mpilayer_info_to_host(m->hints, hint_keys, HINT_COUNT - 1);
        code = share ? mpilayer_win_share(layer, win, m->comm, info, apart, &failed)
                     : make_host(m, win, info);
        if (info != MPI_INFO_NULL) {
            MPI_Info_free(&info);
        }
    }
    if (code != MPI_SUCCESS || failed != GUEST_MPI_SUCCESS) {
        win_release(layer, win);
        if (failed == GUEST_MPI_SUCCESS) {
            return mpilayer_call_return(call, code);
        }
        mpilayer_call_fail(call, failed, NULL,
                           failed == GUEST_MPI_ERR_NO_MEM
                               ? "a program's allocator has too little memory"
                               : "the ranks share no memory that can be mapped");
        return mpilayer_call_raise(call);
    }
    if (!win->alone) {
        MPI_Win_set_errhandler(win->host, MPI_ERRORS_RETURN);
    }
    if (share && apart) { /* so that it can be asked for */
        MPI_Info info = mpilayer_info_to_host(m->hints, hint_keys + HINT_COUNT - 1, 1);
        if (info != MPI_INFO_NULL) {
            MPI_Win_set_info(win->host, info);
            MPI_Info_free(&info);
        }
    }
    if (m->flavor == GUEST_MPI_WIN_FLAVOR_SHARED && !share) {
        win->segments = malloc(sizeof *win->segments);
        if (win->segments == NULL) {
            mpilayer_abort(layer, NULL, 1, "%s: out of memory", call->name);
        }
        win->segments[0] = win->base;
    }
    if (baseptr != 0) {
        mpilayer_store_i32(layer, baseptr, (int32_t)win->base);
    }
    mpilayer_store_i32(layer, address, (int32_t)win->object.handle);
    return mpilayer_call_return(call, MPI_SUCCESS);
}

static int32_t win_create(struct mpilayer *layer, const char *name, uint32_t base, int32_t size,
                          int32_t disp_unit, uint32_t info, uint32_t comm, uint32_t win) {
    struct making m = {
        .flavor = GUEST_MPI_WIN_FLAVOR_CREATE, .base = base, .size = size, .unit = disp_unit};
    if (!making_begin(&m, layer, name, comm, info, 0, win)) {
        return mpilayer_call_raise(&m.call);
    }
    return make(&m, 0, win);
}

int32_t mpilayer_Win_create(struct mpilayer *layer, uint32_t base, int32_t size, int32_t disp_unit,
                            uint32_t info, uint32_t comm, uint32_t win) {
    return win_create(layer, "MPI_Win_create", base, size, disp_unit, info, comm, win);
}
int32_t mpilayer_Win_create_c(struct mpilayer *layer, uint32_t base, int32_t size,
                              int32_t disp_unit, uint32_t info, uint32_t comm, uint32_t win) {
    return win_create(layer, "MPI_Win_create_c", base, size, disp_unit, info, comm, win);
}

static int32_t win_allocate(struct mpilayer *layer, const char *name, int32_t size,
                            int32_t disp_unit, uint32_t info, uint32_t comm, uint32_t baseptr,
                            uint32_t win) {
    struct making m = {.flavor = GUEST_MPI_WIN_FLAVOR_ALLOCATE, .size = size, .unit = disp_unit};
    if (!making_begin(&m, layer, name, comm, info, baseptr, win)) {
        return mpilayer_call_raise(&m.call);
    }
    return make(&m, baseptr, win);
}

int32_t mpilayer_Win_allocate(struct mpilayer *layer, int32_t size, int32_t disp_unit,
                              uint32_t info, uint32_t comm, uint32_t baseptr, uint32_t win) {
    return win_allocate(layer, "MPI_Win_allocate", size, disp_unit, info, comm, baseptr, win);
}
int32_t mpilayer_Win_allocate_c(struct mpilayer *layer, int32_t size, int32_t disp_unit,
                                uint32_t info, uint32_t comm, uint32_t baseptr, uint32_t win) {
    return win_allocate(layer, "MPI_Win_allocate_c", size, disp_unit, info, comm, baseptr, win);
}

static int32_t win_allocate_shared(struct mpilayer *layer, const char *name, int32_t size,
                                   int32_t disp_unit, uint32_t info, uint32_t comm,
                                   uint32_t baseptr, uint32_t win) {
    struct making m = {.flavor = GUEST_MPI_WIN_FLAVOR_SHARED, .size = size, .unit = disp_unit};
    if (!making_begin(&m, layer, name, comm, info, baseptr, win)) {
        return mpilayer_call_raise(&m.call);
    }
    return make(&m, baseptr, win);
}

int32_t mpilayer_Win_allocate_shared(struct mpilayer *layer, int32_t size, int32_t disp_unit,
                                     uint32_t info, uint32_t comm, uint32_t baseptr, uint32_t win) {
    return win_allocate_shared(layer, "MPI_Win_allocate_shared", size, disp_unit, info, comm,
                               baseptr, win);
}
int32_t mpilayer_Win_allocate_shared_c(struct mpilayer *layer, int32_t size, int32_t disp_unit,
                                       uint32_t info, uint32_t comm, uint32_t baseptr,
                                       uint32_t win) {
    return win_allocate_shared(layer, "MPI_Win_allocate_shared_c", size, disp_unit, info, comm,
                               baseptr, win);
}

int32_t mpilayer_Win_create_dynamic(struct mpilayer *layer, uint32_t info, uint32_t comm,
                                    uint32_t win) {
    struct making m = {.flavor = GUEST_MPI_WIN_FLAVOR_DYNAMIC, .unit = 1};
    if (!making_begin(&m, layer, "MPI_Win_create_dynamic", comm, info, 0, win)) {
        return mpilayer_call_raise(&m.call);
    }
    return make(&m, 0, win);
}

/* ---- memory of dynamic windows ---- */

static bool get_dynamic(struct mpilayer_call *call, struct mpilayer *layer, const char *name,
                        uint32_t handle, struct mpilayer_win **out) {
    return mpilayer_call_begin(call, layer, name) && mpilayer_win_get(call, "win", handle, out) &&
           ((*out)->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_RMA_FLAVOR, "win", "is not dynamic"));
}

int32_t mpilayer_Win_attach(struct mpilayer *layer, uint32_t win, uint32_t base, int32_t size) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    if (!get_dynamic(&call, layer, "MPI_Win_attach", win, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (size < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_SIZE, "size", "negative (%d)", size);
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_memory_check(&call, "base", base, (uint64_t)size)) {
        return mpilayer_call_raise(&call);
    }
    if (object->own_size != NULL) {
        /* Others read it when they meet an address they do not know. */
        *object->own_size = *layer->guest->memory_size;
        MPI_Win_sync(object->sizes);
    }
    int code = object->alone ? MPI_SUCCESS
                             : MPI_Win_attach(object->host, mpilayer_pointer(layer, base), size);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Win_detach(struct mpilayer *layer, uint32_t win, uint32_t base) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    if (!get_dynamic(&call, layer, "MPI_Win_detach", win, &object) ||
        !mpilayer_memory_check(&call, "base", base, 1)) {
        return mpilayer_call_raise(&call);
    }
    int code =
        object->alone ? MPI_SUCCESS : MPI_Win_detach(object->host, mpilayer_pointer(layer, base));
    return mpilayer_call_return(&call, code);
}

/* ---- end ---- */

static int free_hosts(struct mpilayer_win *win) {
    if (win->sizes != MPI_WIN_NULL) {
        MPI_Win_unlock_all(win->sizes);
        int code = MPI_Win_free(&win->sizes);
        if (code != MPI_SUCCESS) {
            return code;
        }
    }
    return win->alone ? MPI_SUCCESS : MPI_Win_free(&win->host);
}

int32_t mpilayer_Win_free(struct mpilayer *layer, uint32_t win) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Win_free") ||
        !mpilayer_memory_check(&call, "win", win, 4) ||
        !mpilayer_win_get(&call, "win", (uint32_t)mpilayer_load_i32(layer, win), &object)) {
        return mpilayer_call_raise(&call);
    }
    if (mpilayer_thread_shares(&object->object)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_WIN, "win", "is in use by another thread");
        return mpilayer_call_raise(&call);
    }
    uint32_t handle = object->object.handle;
    struct mpilayer_comm *comm = object->comm;
    mpilayer_object_reference(&object->object); /* over the callbacks */
    mpilayer_object_reference(&comm->object);   /* for the error handler */
    int failed = mpilayer_attributes_delete_all(layer, &object->attributes, handle);
    bool gone = object->object.handle != handle;
    mpilayer_object_release(&layer->tables[MPILAYER_WIN], &object->object);
    int32_t result;
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, failed, "win", "an attribute's delete callback failed");
        result = mpilayer_call_raise(&call);
    } else if (gone) {
        result = GUEST_MPI_SUCCESS; /* a callback was faster */
    } else {
        int code = free_hosts(object);
        if (code == MPI_SUCCESS) {
            mpilayer_win_unshare(layer, object);
            mpilayer_store_i32(layer, win, GUEST_MPI_WIN_NULL);
            mpilayer_object_hide(&object->object);
            win_release(layer, object);
        }
        result = mpilayer_call_return(&call, code);
    }
    mpilayer_comm_release(layer, comm);
    return result;
}

/* ---- questions ---- */

static int32_t win_shared_query(struct mpilayer *layer, const char *name, uint32_t win,
                                int32_t rank, uint32_t size, uint32_t disp_unit, uint32_t baseptr) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    int target;
    if (!mpilayer_call_begin(&call, layer, name) || !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_dest_get(&call, "rank", rank, call.comm, &target) ||
        !mpilayer_memory_check(&call, "size", size, 4) ||
        !mpilayer_memory_check(&call, "disp_unit", disp_unit, 4) ||
        !mpilayer_memory_check(&call, "baseptr", baseptr, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (object->flavor != GUEST_MPI_WIN_FLAVOR_SHARED) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_RMA_FLAVOR, "win", "is not shared");
        return mpilayer_call_raise(&call);
    }
    if (rank == GUEST_MPI_PROC_NULL) { /* the first rank that has any memory, else nothing */
        for (target = 0; target < call.comm->size && object->targets[target].size == 0;) {
            target++;
        }
    }
    bool none = target == call.comm->size;
    mpilayer_store_i32(layer, size, none ? 0 : (int32_t)object->targets[target].size);
    mpilayer_store_i32(layer, disp_unit, none ? 1 : (int32_t)object->targets[target].unit);
    mpilayer_store_i32(layer, baseptr, none ? 0 : (int32_t)object->segments[target]);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Win_shared_query(struct mpilayer *layer, uint32_t win, int32_t rank, uint32_t size,
                                  uint32_t disp_unit, uint32_t baseptr) {
    return win_shared_query(layer, "MPI_Win_shared_query", win, rank, size, disp_unit, baseptr);
}
int32_t mpilayer_Win_shared_query_c(struct mpilayer *layer, uint32_t win, int32_t rank,
                                    uint32_t size, uint32_t disp_unit, uint32_t baseptr) {
    return win_shared_query(layer, "MPI_Win_shared_query_c", win, rank, size, disp_unit, baseptr);
}

/* ---- names and hints ---- */

int32_t mpilayer_Win_set_name(struct mpilayer *layer, uint32_t win, uint32_t win_name) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Win_set_name") ||
        !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_name_get(&call, "win_name", win_name, object->name)) {
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Win_get_name(struct mpilayer *layer, uint32_t win, uint32_t win_name,
                              uint32_t resultlen) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Win_get_name") ||
        !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_name_put(&call, win_name, resultlen, object->name)) {
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Win_set_info(struct mpilayer *layer, uint32_t win, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    struct mpilayer_info *hints;
    if (!mpilayer_call_begin(&call, layer, "MPI_Win_set_info") ||
        !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_info_get(&call, "info", info, &hints)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Info host = mpilayer_info_to_host(hints, hint_keys, HINT_COUNT);
    int code = MPI_SUCCESS;
    if (host != MPI_INFO_NULL && !object->alone) {
        code = MPI_Win_set_info(object->host, host);
    }
    if (host != MPI_INFO_NULL) {
        MPI_Info_free(&host);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Win_get_info(struct mpilayer *layer, uint32_t win, uint32_t info_used) {
    struct mpilayer_call call;
    struct mpilayer_win *object;
    MPI_Info host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Win_get_info") ||
        !mpilayer_win_get(&call, "win", win, &object) ||
        !mpilayer_memory_check(&call, "info_used", info_used, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (object->alone) {
        return mpilayer_info_publish_copy(&call, object->info, "info_used", info_used);
    }
    int code = MPI_Win_get_info(object->host, &host);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    return mpilayer_info_publish_host(&call, host, hint_keys, HINT_COUNT, "info_used", info_used);
}
