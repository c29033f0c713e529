/*
 * mpi_file_shared.c - shared file pointers, and the operations in the order of ranks that use them.
 * MPI 4.1, sections 14.4.4 and 14.4.5.
 *
 * Hosts keep a shared pointer in a file whose name they derive from that of the data, guessably,
 * and open by name: not below the granted directories for certain, and not at all next to
 * /proc/self/fd/N. So the layer keeps it, in a file of its own beside the data, opened beneath the
 * directory, never through a link, with locks that work between nodes where the file system has
 * them; and gives the host explicit offsets. A guest that finds this file can spoil its own
 * offsets, which are checked like all others.
 *
 * The file is a row of 64-bit numbers, one for each view in turn, so that setting a view needs no
 * agreement on when the pointer is 0 again.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_file.h"
#include "mpi/mpi_file_name.h"
#include "mpi/mpi_memory.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define VALUE_LIMIT ((int64_t)1 << 61)

/* ---- the file that keeps it ---- */

void mpilayer_file_shared_start(struct mpilayer_file *file, uint64_t number) {
    snprintf(file->shared_name, sizeof file->shared_name, ".mpiwasm-shared-%016llx",
             (unsigned long long)number);
}

void mpilayer_file_shared_reset(struct mpilayer_file *file) {
    file->view++;
    file->shared_start = 0;
}

void mpilayer_file_shared_stop(struct mpilayer_file *file, bool remove) {
    if (file->shared_fd >= 0) {
        close(file->shared_fd);
    }
    file->shared_fd = -1;
    if (remove && !file->read_only && file->shared_name[0] != '\0') {
        unlinkat(file->directory, file->shared_name, 0);
    }
}

static int keeper_open(struct mpilayer_file *file) {
    struct stat status;
    if (file->shared_fd >= 0) {
        return GUEST_MPI_SUCCESS;
    }
    if (file->read_only) {
        return GUEST_MPI_ERR_READ_ONLY;
    }
    int fd = openat(file->directory, file->shared_name,
                    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        return mpilayer_name_error(errno);
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return GUEST_MPI_ERR_IO;
    }
    file->shared_fd = fd;
    return GUEST_MPI_SUCCESS;
}

static bool keeper_lock(struct mpilayer_file *file, short type) {
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = 8 * file->view, .l_len = 8};
    int result;
    do {
        result = fcntl(file->shared_fd, F_SETLKW, &lock);
    } while (result != 0 && errno == EINTR);
    return result == 0;
}

/* The value; then, if `set`, it is `value`, else `add` more. A guest's error class. */
static int keeper_change(struct mpilayer_file *file, bool set, int64_t value, int64_t add,
                         int64_t *before) {
    int64_t old = file->shared_start;
    int class = keeper_open(file);
    if (class != GUEST_MPI_SUCCESS) {
        return class;
    }
    if (!keeper_lock(file, F_WRLCK)) {
        return GUEST_MPI_ERR_IO;
    }
    ssize_t got = pread(file->shared_fd, &old, sizeof old, 8 * file->view);
    if (got >= 0) { /* kept turned around, so that 0, what a hole reads as, is none */
        old = got == (ssize_t)sizeof old && old != 0 ? ~old : file->shared_start;
    }
    if (got < 0 || old < 0 || old > VALUE_LIMIT) {
        class = GUEST_MPI_ERR_IO;
    } else if (set || add != 0) {
        int64_t kept = ~(set ? value : old + add);
        if (pwrite(file->shared_fd, &kept, sizeof kept, 8 * file->view) != (ssize_t)sizeof kept) {
            class = mpilayer_name_error(errno);
        }
    }
    keeper_lock(file, F_UNLCK);
    *before = old;
    return class;
}

int mpilayer_file_shared_get(struct mpilayer_file *file, int64_t *value) {
    return keeper_change(file, false, 0, 0, value);
}

static bool keeper_fail(struct mpilayer_call *call, int class) {
    return mpilayer_call_fail(call, class, NULL,
                              class == GUEST_MPI_ERR_READ_ONLY
                                  ? "a shared file pointer needs a directory that is given to the "
                                    "program for writing"
                                  : "the shared file pointer cannot be kept");
}

/* ---- data access ---- */

struct shared_access {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    struct mpilayer_datatype *type;
    void *buffer;
    int64_t count;
    struct mpilayer_large items; /* the same for the host */
    int64_t etypes;              /* how far the pointer moves */
    int64_t offset;              /* where the access is */
};

/* Everything but the position. */
static bool access_check(struct shared_access *a, uint32_t buf, int64_t count, uint32_t datatype,
                         bool write) {
    struct mpilayer_call *call = &a->call;
    if ((a->file->amode & GUEST_MPI_MODE_RDONLY) && write) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_READ_ONLY, "fh", "is opened for reading");
    }
    if ((a->file->amode & GUEST_MPI_MODE_WRONLY) && !write) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ACCESS, "fh", "is opened for writing");
    }
    if (!mpilayer_datatype_get(call, "datatype", datatype, &a->type) ||
        !mpilayer_count_check(call, "count", count) ||
        !mpilayer_file_access_check(call, "count", 0, a->file, count, a->type)) {
        return false;
    }
    __int128 bytes = (__int128)count * a->type->size; /* bounded by the check above */
    if (bytes % a->file->etype->size != 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_IO, "count",
                                  "the data are no multiple of the view's etype");
    }
    a->etypes = (int64_t)(bytes / a->file->etype->size);
    if (a->type->size == 0) {
        count = 0; /* Open MPI divides by the size of the datatype */
    }
    a->count = count;
    return mpilayer_buffer_get(call, "buf", buf, count, &a->type, &a->buffer) &&
           mpilayer_items_get(call, "count", count, a->type, &a->items);
}

static bool access_begin(struct shared_access *a, struct mpilayer *layer, const char *name,
                         uint32_t fh) {
    return mpilayer_call_begin(&a->call, layer, name) &&
           mpilayer_file_get(&a->call, "fh", fh, &a->file);
}

/* Take the access's part of the file: its offset. */
static bool access_take(struct shared_access *a) {
    int class = keeper_change(a->file, false, 0, a->etypes, &a->offset);
    return (class == GUEST_MPI_SUCCESS || keeper_fail(&a->call, class)) &&
           mpilayer_file_access_check(&a->call, "fh", a->offset, a->file, a->count, a->type);
}

static int32_t shared_blocking(struct mpilayer *layer, const char *name, uint32_t fh, uint32_t buf,
                               int64_t count, uint32_t datatype, uint32_t status, bool write) {
    struct shared_access a;
    MPI_Status status_host = {0};
    if (!access_begin(&a, layer, name, fh) || !access_check(&a, buf, count, datatype, write) ||
        !mpilayer_status_check(&a.call, "status", status) || !access_take(&a)) {
        return mpilayer_call_raise(&a.call);
    }
    MPI_Status *out = mpilayer_status_host(status, &status_host);
    int code = write ? MPI_File_write_at(a.file->host, a.offset, a.buffer, (int)a.items.count,
                                         a.items.type, out)
                     : MPI_File_read_at(a.file->host, a.offset, a.buffer, (int)a.items.count,
                                        a.items.type, out);
    if (code == MPI_SUCCESS) {
        mpilayer_status_store(layer, status, &status_host, false);
    }
    return mpilayer_call_return(&a.call, code);
}

static int32_t shared_nonblocking(struct mpilayer *layer, const char *name, uint32_t fh,
                                  uint32_t buf, int64_t count, uint32_t datatype, uint32_t request,
                                  bool write) {
    struct shared_access a;
    struct mpilayer_request *object;
    if (!access_begin(&a, layer, name, fh) || !access_check(&a, buf, count, datatype, write) ||
        !mpilayer_memory_check(&a.call, "request", request, 4) || !access_take(&a) ||
        !mpilayer_file_request_reserve(&a.call, "request", request, a.file, &object)) {
        return mpilayer_call_raise(&a.call);
    }
    int code = write ? MPI_File_iwrite_at(a.file->host, a.offset, a.buffer, (int)a.items.count,
                                          a.items.type, &object->host)
               : layer->reads_spin
                   ? mpilayer_bounded_File_iread_at(a.file, a.offset, a.buffer, (int)a.items.count,
                                                    a.items.type, &object->host)
                   : MPI_File_iread_at(a.file->host, a.offset, a.buffer, (int)a.items.count,
                                       a.items.type, &object->host);
    return mpilayer_request_started(&a.call, code, object, request);
}

/*
 * The parts of all ranks, one behind the other: each rank's offset. Collective, also for a rank
 * whose arguments are wrong (`ok` false): then all fail.
 */
static bool ordered_take(struct shared_access *a, bool ok) {
    struct mpilayer_call *call = &a->call;
    struct mpilayer_comm *comm = a->file->comm;
    int64_t mine[2] = {ok ? a->etypes : 0, ok ? GUEST_MPI_SUCCESS : call->error};
    int64_t (*all)[2] = mpilayer_call_allocate(call, (size_t)comm->size * sizeof *all);
    if (all == NULL) {
        mpilayer_abort(call->layer, NULL, 1, "%s: out of memory", call->name);
    }
    if (MPI_Allgather(mine, 2, MPI_INT64_T, all, 2, MPI_INT64_T, comm->host) != MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_IO, "fh", "the ranks do not agree");
    }
    int64_t before = 0, total = 0;
    int class = GUEST_MPI_SUCCESS;
    for (int i = 0; i < comm->size; i++) {
        before += i < comm->rank ? all[i][0] : 0;
        total += all[i][0];
        class = all[i][1] > class ? (int)all[i][1] : class;
        if (total > VALUE_LIMIT && class == GUEST_MPI_SUCCESS) {
            class = GUEST_MPI_ERR_ARG;
            total = VALUE_LIMIT;
        }
    }
    if (class != GUEST_MPI_SUCCESS) {
        return ok ? mpilayer_call_fail(call, class, NULL, "failed on another rank") : false;
    }
    int64_t taken[2] = {0, 0};
    if (comm->rank == 0) {
        taken[1] = keeper_change(a->file, false, 0, total, &taken[0]);
    }
    if (MPI_Bcast(taken, 2, MPI_INT64_T, 0, comm->host) != MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_IO, "fh", "the ranks do not agree");
    }
    if (taken[1] != GUEST_MPI_SUCCESS) {
        return keeper_fail(call, (int)taken[1]);
    }
    a->offset = taken[0] + before;
    return mpilayer_file_access_check(call, "fh", a->offset, a->file, a->count, a->type);
}

static int32_t ordered_blocking(struct mpilayer *layer, const char *name, uint32_t fh, uint32_t buf,
                                int64_t count, uint32_t datatype, uint32_t status, bool write) {
    struct shared_access a;
    MPI_Status status_host = {0};
    if (!access_begin(&a, layer, name, fh)) {
        return mpilayer_call_raise(&a.call);
    }
    bool ok = mpilayer_status_check(&a.call, "status", status) &&
              access_check(&a, buf, count, datatype, write);
    if (!ordered_take(&a, ok)) {
        return mpilayer_call_raise(&a.call);
    }
    MPI_Status *out = mpilayer_status_host(status, &status_host);
    MPI_File host = a.file->host;
    int code =
        write
            ? MPI_File_write_at_all(host, a.offset, a.buffer, (int)a.items.count, a.items.type, out)
            : MPI_File_read_at_all(host, a.offset, a.buffer, (int)a.items.count, a.items.type, out);
    if (code == MPI_SUCCESS) {
        mpilayer_status_store(layer, status, &status_host, false);
    }
    return mpilayer_call_return(&a.call, code);
}

static int32_t ordered_begin(struct mpilayer *layer, const char *name, uint32_t fh, uint32_t buf,
                             int64_t count, uint32_t datatype, bool write) {
    struct shared_access a;
    if (!access_begin(&a, layer, name, fh)) {
        return mpilayer_call_raise(&a.call);
    }
    bool ok =
        mpilayer_file_split_check(&a.call, a.file) && access_check(&a, buf, count, datatype, write);
    if (!ordered_take(&a, ok)) {
        return mpilayer_call_raise(&a.call);
    }
    MPI_File host = a.file->host;
    int code = write ? MPI_File_write_at_all_begin(host, a.offset, a.buffer, (int)a.items.count,
                                                   a.items.type)
                     : mpilayer_file_read_at_all_begin(layer, a.file, a.offset, a.buffer, &a.items);
    return mpilayer_file_split_begun(
        &a.call, code, a.file, write ? MPILAYER_SPLIT_WRITE_ORDERED : MPILAYER_SPLIT_READ_ORDERED,
        a.buffer);
}

/* The functions of both forms, which differ in the type of the count. */
#define ACCESS(name, count_type, function, write)                                                  \
    int32_t mpilayer_File_##name(struct mpilayer *layer, uint32_t fh, uint32_t buf,                \
                                 count_type count, uint32_t datatype, uint32_t result) {           \
        return function(layer, "MPI_File_" #name, fh, buf, count, datatype, result, write);        \
    }
#define BEGIN(name, count_type, write)                                                             \
    int32_t mpilayer_File_##name(struct mpilayer *layer, uint32_t fh, uint32_t buf,                \
                                 count_type count, uint32_t datatype) {                            \
        return ordered_begin(layer, "MPI_File_" #name, fh, buf, count, datatype, write);           \
    }
ACCESS(read_shared, int32_t, shared_blocking, false)
ACCESS(read_shared_c, int64_t, shared_blocking, false)
ACCESS(write_shared, int32_t, shared_blocking, true)
ACCESS(write_shared_c, int64_t, shared_blocking, true)
ACCESS(iread_shared, int32_t, shared_nonblocking, false)
ACCESS(iread_shared_c, int64_t, shared_nonblocking, false)
ACCESS(iwrite_shared, int32_t, shared_nonblocking, true)
ACCESS(iwrite_shared_c, int64_t, shared_nonblocking, true)
ACCESS(read_ordered, int32_t, ordered_blocking, false)
ACCESS(read_ordered_c, int64_t, ordered_blocking, false)
ACCESS(write_ordered, int32_t, ordered_blocking, true)
ACCESS(write_ordered_c, int64_t, ordered_blocking, true)
BEGIN(read_ordered_begin, int32_t, false)
BEGIN(read_ordered_begin_c, int64_t, false)
BEGIN(write_ordered_begin, int32_t, true)
BEGIN(write_ordered_begin_c, int64_t, true)

int32_t mpilayer_File_read_ordered_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                       uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_read_ordered_end", fh, status,
                                   MPILAYER_SPLIT_READ_ORDERED);
}
int32_t mpilayer_File_write_ordered_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                        uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_write_ordered_end", fh, status,
                                   MPILAYER_SPLIT_WRITE_ORDERED);
}

/* ---- the pointer itself ---- */

int32_t mpilayer_File_get_position_shared(struct mpilayer *layer, uint32_t fh, uint32_t offset) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    int64_t value;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_get_position_shared") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_memory_check(&call, "offset", offset, 8)) {
        return mpilayer_call_raise(&call);
    }
    int class = mpilayer_file_shared_get(file, &value);
    if (class != GUEST_MPI_SUCCESS) {
        keeper_fail(&call, class);
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i64(layer, offset, value);
    return GUEST_MPI_SUCCESS;
}

/* On rank 0: from where `whence` counts. A guest's error class. */
static int seek_origin(struct mpilayer_file *file, int32_t whence, int64_t *origin) {
    MPI_Offset before = 0, end = 0;
    *origin = 0;
    switch (whence) {
    case GUEST_MPI_SEEK_SET: return GUEST_MPI_SUCCESS;
    case GUEST_MPI_SEEK_CUR: return mpilayer_file_shared_get(file, origin);
    default: break;
    }
    int code = MPI_File_get_position(file->host, &before);
    if (code == MPI_SUCCESS) {
        code = MPI_File_seek(file->host, 0, MPI_SEEK_END);
    }
    if (code == MPI_SUCCESS) {
        code = MPI_File_get_position(file->host, &end);
        MPI_File_seek(file->host, before, MPI_SEEK_SET);
    }
    *origin = end;
    return mpilayer_error_code_to_guest(code);
}

int32_t mpilayer_File_seek_shared(struct mpilayer *layer, uint32_t fh, int64_t offset,
                                  int32_t whence) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_seek_shared") ||
        !mpilayer_file_get(&call, "fh", fh, &file)) {
        return mpilayer_call_raise(&call);
    }
    /* All ranks are here before one changes it, and have the same in mind. */
    int64_t mine[4] = {offset, ~offset, whence, ~whence}, most[4];
    int code = MPI_Allreduce(mine, most, 4, MPI_INT64_T, MPI_MAX, file->comm->host);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    bool ok = true;
    if (most[0] != ~most[1] || most[2] != ~most[3]) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NOT_SAME, "offset",
                           "it or whence is not the same on all ranks");
        return mpilayer_call_raise(&call);
    }
    if (whence != GUEST_MPI_SEEK_SET && whence != GUEST_MPI_SEEK_CUR &&
        whence != GUEST_MPI_SEEK_END) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "whence", "%d", whence);
        return mpilayer_call_raise(&call);
    }
    int class = GUEST_MPI_SUCCESS;
    if (file->comm->rank == 0) {
        int64_t origin, old;
        class = seek_origin(file, whence, &origin);
        if (class != GUEST_MPI_SUCCESS) {
            ok = keeper_fail(&call, class);
        } else if (__builtin_add_overflow(origin, offset, &origin)) {
            ok = mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "offset", "%lld", (long long)offset);
        } else if (!mpilayer_file_position_check(&call, "offset", origin, file)) {
            ok = false;
        } else {
            class = keeper_change(file, true, origin, 0, &old);
            ok = class == GUEST_MPI_SUCCESS || keeper_fail(&call, class);
        }
        class = ok ? GUEST_MPI_SUCCESS : call.error;
    }
    code = MPI_Bcast(&class, 1, MPI_INT, 0, file->comm->host);
    if (code == MPI_SUCCESS && class != GUEST_MPI_SUCCESS) {
        if (ok) {
            mpilayer_call_fail(&call, class, NULL, "failed on rank 0");
        }
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, code);
}
