/*
 * mpi_file.c - files: opening, closing, deleting, and what may be asked. MPI 4.1, sections 14.2 and
 * 14.6.
 *
 * Opening is two-sided: first all ranks agree that each of them could open the name beneath its
 * granted directories, then the host's MPI opens what they have open (mpi_file.h tells why). So a
 * failure on one rank is a failure on all. As hosts do, rank 0 alone creates a file.
 */
#include "mpi/mpi_file.h"

#include "mpi/mpi_error.h"
#include "mpi/mpi_file_name.h"
#include "mpi/mpi_info.h"
#include "mpi_functions.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

/* Hints that the host gets and tells: the standard's but those that name hosts or files, and
 * ROMIO's of buffering and sieving. The first ones are numbers. */
static const char *const hint_keys[] = {
    "cb_block_size", "cb_buffer_size",       "cb_nodes",           "num_io_nodes",
    "nb_proc",       "striping_factor",      "striping_unit",      "chunked",
    "chunked_item",  "chunked_size",         "ind_rd_buffer_size", "ind_wr_buffer_size",
    "access_style",  "collective_buffering", "romio_cb_read",      "romio_cb_write",
    "romio_ds_read", "romio_ds_write",       "romio_no_indep_rw"};
enum { HINT_COUNT = sizeof hint_keys / sizeof hint_keys[0], HINT_NUMBERS = 12 };

enum {
    ACCESS_BITS = GUEST_MPI_MODE_RDONLY | GUEST_MPI_MODE_WRONLY | GUEST_MPI_MODE_RDWR,
    MODE_BITS = ACCESS_BITS | GUEST_MPI_MODE_CREATE | GUEST_MPI_MODE_EXCL |
                GUEST_MPI_MODE_DELETE_ON_CLOSE | GUEST_MPI_MODE_UNIQUE_OPEN |
                GUEST_MPI_MODE_SEQUENTIAL | GUEST_MPI_MODE_APPEND,
};

MPI_Info mpilayer_file_hints(const struct mpilayer_info *info) {
    enum { LARGEST = 1 << 30 };
    MPI_Info host = mpilayer_info_to_host(info, hint_keys, HINT_COUNT);
    for (int i = 0; host != MPI_INFO_NULL && i < HINT_NUMBERS; i++) {
        char value[MPI_MAX_INFO_VAL + 1];
        int flag = 0;
        MPI_Info_get(host, hint_keys[i], MPI_MAX_INFO_VAL, value, &flag);
        if (flag) { /* hosts allocate what they read there, and divide by it */
            long number = strtol(value, NULL, 10);
            if (number <= 0 || number > LARGEST) {
                MPI_Info_delete(host, hint_keys[i]);
            }
        }
    }
    return host;
}

/* ---- objects ---- */

bool mpilayer_files_start(struct mpilayer *layer) {
    struct mpilayer_comm *comm = mpilayer_table_allocate(&layer->tables[MPILAYER_COMM]);
    if (comm == NULL) {
        return false;
    }
    mpilayer_object_hide(&comm->object);
    comm->host = MPI_COMM_NULL;
    comm->stands_for = GUEST_MPI_FILE_NULL;
    comm->size = comm->remote_size = 1;
    mpilayer_errhandler_assign(
        layer, comm,
        mpilayer_table_find(&layer->tables[MPILAYER_ERRHANDLER], GUEST_MPI_ERRORS_RETURN));
    layer->no_file = comm;
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    layer->reads_spin = MPI_Get_library_version(version, &length) == MPI_SUCCESS &&
                        strncmp(version, "Open MPI", 8) == 0;
    return true;
}

static void close_descriptor(int *fd) {
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

static void file_release(struct mpilayer *layer, struct mpilayer_file *file) {
    if (file->comm->host != MPI_COMM_NULL) {
        MPI_Comm_free(&file->comm->host);
    }
    file->comm->stands_for = GUEST_MPI_FILE_NULL; /* an error handler may be about to be called */
    mpilayer_comm_release(layer, file->comm);
    close_descriptor(&file->fd);
    close_descriptor(&file->directory);
    mpilayer_datatype_release(file->etype);
    mpilayer_datatype_release(file->filetype);
    mpilayer_object_release(&layer->tables[MPILAYER_FILE], &file->object);
}

void mpilayer_files_stop(struct mpilayer *layer) {
    struct mpilayer_table *table = &layer->tables[MPILAYER_FILE];
    for (uint32_t i = table->predefined_count; i < table->used; i++) {
        struct mpilayer_file *file =
            (struct mpilayer_file *)(table->objects + (size_t)i * table->size);
        if (file->object.references > 0) {
            close_descriptor(&file->fd);
            close_descriptor(&file->directory);
            mpilayer_file_shared_stop(file, false);
        }
    }
}

static bool file_reserve(struct mpilayer_call *call, const struct mpilayer_comm *parent,
                         struct mpilayer_file **out) {
    struct mpilayer *layer = call->layer;
    struct mpilayer_file *file = mpilayer_table_allocate(&layer->tables[MPILAYER_FILE]);
    if (file == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many files");
    }
    file->comm = mpilayer_table_allocate(&layer->tables[MPILAYER_COMM]);
    if (file->comm == NULL) {
        mpilayer_object_release(&layer->tables[MPILAYER_FILE], &file->object);
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many files");
    }
    file->host = MPI_FILE_NULL;
    file->fd = file->directory = file->shared_fd = -1;
    mpilayer_object_hide(&file->comm->object);
    file->comm->host = MPI_COMM_NULL;
    file->comm->stands_for = file->object.handle;
    file->comm->rank = parent->rank;
    file->comm->size = file->comm->remote_size = parent->size;
    mpilayer_errhandler_assign(layer, file->comm, layer->no_file->errhandler);
    file->etype = file->filetype = mpilayer_datatype_predefined(GUEST_MPI_BYTE);
    mpilayer_datatype_reference(file->etype);
    mpilayer_datatype_reference(file->filetype);
    strcpy(file->datarep, "native");
    *out = file;
    return true;
}

bool mpilayer_file_get_random(struct mpilayer_call *call, const char *argument, uint32_t handle,
                              struct mpilayer_file **out) {
    return mpilayer_file_get(call, argument, handle, out) &&
           (!((*out)->amode & GUEST_MPI_MODE_SEQUENTIAL) ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_UNSUPPORTED_OPERATION, argument,
                               "was opened with MPI_MODE_SEQUENTIAL"));
}

/* A request of a file: the file can be closed when there are none. */
static void request_release(struct mpilayer_request *request) {
    struct mpilayer_file *file = request->state;
    file->pending--;
}

/* Hosts go on using the file that a freed request belongs to, whether it is closed or not. */
static int request_free(struct mpilayer_request *request) {
    int code = MPI_Wait(&request->host, MPI_STATUS_IGNORE);
    if (code == MPI_SUCCESS) {
        mpilayer_blocks_free(request->blocks);
        request->blocks = NULL;
    }
    return code;
}

bool mpilayer_file_request_reserve(struct mpilayer_call *call, const char *argument,
                                   uint32_t address, struct mpilayer_file *file,
                                   struct mpilayer_request **out) {
    static const struct mpilayer_request_hooks hooks = {.free = request_free,
                                                        .release = request_release};
    if (!mpilayer_request_reserve(call, argument, address, out)) {
        return false;
    }
    (*out)->hooks = &hooks;
    (*out)->state = file;
    file->pending++;
    return true;
}

/* ---- opening ---- */

static bool amode_check(struct mpilayer_call *call, int32_t amode) {
    int access = amode & ACCESS_BITS;
    const char *reason = NULL;
    if (amode & ~MODE_BITS) {
        reason = "unknown bits";
    } else if (access == 0 || (access & (access - 1)) != 0) {
        reason = "exactly one of MPI_MODE_RDONLY, MPI_MODE_WRONLY, MPI_MODE_RDWR has to be set";
    } else if (access == GUEST_MPI_MODE_RDONLY &&
               (amode & (GUEST_MPI_MODE_CREATE | GUEST_MPI_MODE_EXCL))) {
        reason = "MPI_MODE_CREATE or MPI_MODE_EXCL with MPI_MODE_RDONLY";
    } else if (access == GUEST_MPI_MODE_RDWR && (amode & GUEST_MPI_MODE_SEQUENTIAL)) {
        reason = "MPI_MODE_SEQUENTIAL with MPI_MODE_RDWR";
    }
    return reason == NULL || mpilayer_call_fail(call, GUEST_MPI_ERR_AMODE, "amode", "0x%x: %s",
                                                (unsigned)amode, reason);
}

/* Files are created, deleted, and their shared pointers kept here, which some hosts would begin
 * with for MPI_MODE_APPEND; and a shared pointer is an explicit offset to the host, which a
 * sequential file would not allow. */
static int amode_to_host(int amode) {
    int host = amode & GUEST_MPI_MODE_RDONLY   ? MPI_MODE_RDONLY
               : amode & GUEST_MPI_MODE_WRONLY ? MPI_MODE_WRONLY
                                               : MPI_MODE_RDWR;
    return host | (amode & GUEST_MPI_MODE_UNIQUE_OPEN ? MPI_MODE_UNIQUE_OPEN : 0);
}

struct opening {
    struct mpilayer_call call;
    struct mpilayer_comm *comm;
    struct mpilayer_file *file;
    struct mpilayer_info *hints;
    struct mpilayer_name name;
};

/* What one rank can check alone. */
static bool opening_check(struct opening *o, uint32_t filename, int32_t amode, uint32_t info,
                          uint32_t fh) {
    struct mpilayer_call *call = &o->call;
    return mpilayer_info_get_optional(call, "info", info, &o->hints) &&
           mpilayer_memory_check(call, "fh", fh, 4) && amode_check(call, amode) &&
           mpilayer_name_find(call, "filename", filename, &o->name);
}

/* Open the name on this rank. A rank that does not create the file leaves out what makes it new. */
static bool open_name(struct opening *o, bool create) {
    struct mpilayer_file *file = o->file;
    const char *reason = "";
    int flags = file->amode & GUEST_MPI_MODE_RDONLY ? O_RDONLY : O_RDWR;
    if (create) {
        flags |= O_CREAT | (file->amode & GUEST_MPI_MODE_EXCL ? O_EXCL : 0);
    }
    if (file->read_only && file->amode & GUEST_MPI_MODE_DELETE_ON_CLOSE) {
        return mpilayer_call_fail(&o->call, GUEST_MPI_ERR_READ_ONLY, "amode",
                                  "'%s' must not be deleted", o->name.text);
    }
    int class = mpilayer_name_open(&o->name, flags, &file->fd, &reason);
    if (class == GUEST_MPI_ERR_ACCESS && file->amode & GUEST_MPI_MODE_WRONLY) {
        /* Hosts like to read what they do not overwrite, but a file may be for writing only. */
        class = mpilayer_name_open(&o->name, (flags & ~O_ACCMODE) | O_WRONLY, &file->fd, &reason);
    }
    if (class == GUEST_MPI_SUCCESS) {
        class = mpilayer_name_place(&o->name, &file->directory, file->name, &reason);
    }
    return class == GUEST_MPI_SUCCESS ||
           mpilayer_call_fail(&o->call, class, "filename", "'%s': %s", o->name.text, reason);
}

/* The worst class of all ranks: mine, or that of another. */
static bool agree(struct opening *o, bool ok) {
    int mine = ok ? GUEST_MPI_SUCCESS : o->call.error, worst;
    if (MPI_Allreduce(&mine, &worst, 1, MPI_INT, MPI_MAX, o->file->comm->host) != MPI_SUCCESS) {
        worst = GUEST_MPI_ERR_OTHER;
    }
    if (worst == GUEST_MPI_SUCCESS || !ok) {
        return ok;
    }
    return mpilayer_call_fail(&o->call, worst, NULL, "failed on another rank");
}

/* Open it on all ranks. */
static bool open_everywhere(struct opening *o, bool ok, int32_t amode) {
    struct mpilayer_file *file = o->file;
    MPI_Comm comm = file->comm->host;
    int rank = file->comm->rank;
    struct {
        int class, amode, complement;
    } mine = {ok ? GUEST_MPI_SUCCESS : o->call.error, amode, ~amode}, most;
    if (MPI_Allreduce(&mine, &most, 3, MPI_INT, MPI_MAX, comm) != MPI_SUCCESS) {
        return mpilayer_call_fail(&o->call, GUEST_MPI_ERR_OTHER, NULL, "the ranks do not agree");
    }
    if (most.class != GUEST_MPI_SUCCESS) {
        return ok ? mpilayer_call_fail(&o->call, most.class, NULL, "failed on another rank")
                  : false;
    }
    if (most.amode != ~most.complement) {
        return mpilayer_call_fail(&o->call, GUEST_MPI_ERR_NOT_SAME, "amode",
                                  "is not the same on all ranks");
    }
    file->amode = amode;
    file->read_only = o->name.read_only;
    bool create = amode & GUEST_MPI_MODE_CREATE;
    if (create) { /* the others find what rank 0 has made */
        int class = GUEST_MPI_SUCCESS;
        if (rank == 0 && !open_name(o, true)) {
            class = o->call.error;
            ok = false;
        }
        if (MPI_Bcast(&class, 1, MPI_INT, 0, comm) != MPI_SUCCESS) {
            class = GUEST_MPI_ERR_OTHER;
        }
        if (class != GUEST_MPI_SUCCESS) {
            return ok ? mpilayer_call_fail(&o->call, class, "filename",
                                           "'%s': rank 0 could not create it", o->name.text)
                      : false;
        }
    }
    if (!create || rank != 0) {
        ok = open_name(o, false);
    }
    return agree(o, ok);
}

/* The host's part. */
static int open_host(struct opening *o) {
    struct mpilayer_file *file = o->file;
    MPI_Comm comm = file->comm->host;
    MPI_Info info = mpilayer_file_hints(o->hints);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", file->fd);
    int code = MPI_File_open(comm, path, amode_to_host(file->amode), info, &file->host);
    if (info != MPI_INFO_NULL) {
        MPI_Info_free(&info);
    }
    if (code != MPI_SUCCESS) {
        return code;
    }
    MPI_File_set_errhandler(file->host, MPI_ERRORS_RETURN);
    uint64_t number = 0;
    if (file->comm->rank == 0 && getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number) {
        number = (uint64_t)getpid() << 32 | file->object.handle;
    }
    code = MPI_Bcast(&number, 1, MPI_UINT64_T, 0, comm);
    mpilayer_file_shared_start(file, number);
    if (code == MPI_SUCCESS && file->amode & GUEST_MPI_MODE_APPEND) {
        MPI_Offset size = 0; /* the same on all ranks, whoever is the first to write */
        code = MPI_File_get_size(file->host, &size);
        if (code == MPI_SUCCESS) {
            code = MPI_Bcast(&size, 1, MPI_OFFSET, 0, comm);
        }
        if (code == MPI_SUCCESS) {
            code = MPI_File_seek(file->host, size, MPI_SEEK_SET);
        }
        file->shared_start = size;
    }
    return code;
}

int32_t mpilayer_File_open(struct mpilayer *layer, uint32_t comm, uint32_t filename, int32_t amode,
                           uint32_t info, uint32_t fh) {
    struct opening o;
    struct mpilayer_call *call = &o.call;
    if (!mpilayer_call_begin(call, layer, "MPI_File_open")) {
        return mpilayer_call_raise(call);
    }
    /* There is no file yet, so what fails is MPI_FILE_NULL's. */
    bool ok = mpilayer_comm_get(call, "comm", comm, &o.comm);
    call->comm = layer->no_file;
    if (ok && o.comm->inter) {
        ok = mpilayer_call_fail(call, GUEST_MPI_ERR_COMM, "comm", "is an intercommunicator");
    }
    if (!ok || !file_reserve(call, o.comm, &o.file)) {
        return mpilayer_call_raise(call);
    }
    int code = MPI_Comm_dup(o.comm->host, &o.file->comm->host);
    if (code == MPI_SUCCESS) {
        ok = opening_check(&o, filename, amode, info, fh);
        ok = open_everywhere(&o, ok, amode);
        code = ok ? open_host(&o) : MPI_SUCCESS;
    }
    if (!ok || code != MPI_SUCCESS) {
        file_release(layer, o.file);
        return ok ? mpilayer_call_return(call, code) : mpilayer_call_raise(call);
    }
    mpilayer_store_i32(layer, fh, (int32_t)o.file->object.handle);
    return mpilayer_call_return(call, MPI_SUCCESS);
}

/* ---- closing and deleting ---- */

int32_t mpilayer_File_close(struct mpilayer *layer, uint32_t fh) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_close")) {
        return mpilayer_call_raise(&call);
    }
    call.comm = layer->no_file;
    if (!mpilayer_memory_check(&call, "fh", fh, 4) ||
        !mpilayer_file_get(&call, "fh", (uint32_t)mpilayer_load_i32(layer, fh), &file)) {
        return mpilayer_call_raise(&call);
    }
    if (file->pending > 0 || file->split != MPILAYER_SPLIT_NONE) {
        /* Hosts go on using the file under such operations. */
        mpilayer_call_fail(&call, GUEST_MPI_ERR_OTHER, "fh",
                           "%u requests and %d split collective operation on it have not ended",
                           file->pending, file->split != MPILAYER_SPLIT_NONE);
        return mpilayer_call_raise(&call);
    }
    if (mpilayer_thread_shares(&file->object)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_FILE, "fh", "is in use by another thread");
        return mpilayer_call_raise(&call);
    }
    bool delete = file->amode & GUEST_MPI_MODE_DELETE_ON_CLOSE;
    mpilayer_object_hide(&file->object);
    int code = MPI_File_close(&file->host);
    if (code == MPI_SUCCESS) {
        /* Nobody looks for the shared pointer any more. */
        code = MPI_Barrier(file->comm->host);
    }
    int error = 0;
    mpilayer_file_shared_stop(file, file->comm->rank == 0);
    if (delete && file->comm->rank == 0 &&
        (file->read_only || unlinkat(file->directory, file->name, 0) != 0)) {
        error = GUEST_MPI_ERR_ACCESS;
    }
    if (delete && code == MPI_SUCCESS) { /* it is gone when this returns, on all ranks */
        code = MPI_Bcast(&error, 1, MPI_INT, 0, file->comm->host);
    }
    mpilayer_store_i32(layer, fh, GUEST_MPI_FILE_NULL);
    struct mpilayer_comm *comm = file->comm;
    mpilayer_object_reference(&comm->object); /* for the error handler */
    file_release(layer, file);
    int32_t result;
    if (code == MPI_SUCCESS && error != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, error, NULL, "the file could not be deleted");
        result = mpilayer_call_raise(&call);
    } else {
        result = mpilayer_call_return(&call, code);
    }
    mpilayer_comm_release(layer, comm);
    return result;
}

int32_t mpilayer_File_delete(struct mpilayer *layer, uint32_t filename, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_info *hints;
    struct mpilayer_name name;
    const char *reason = "";
    if (!mpilayer_call_begin(&call, layer, "MPI_File_delete")) {
        return mpilayer_call_raise(&call);
    }
    call.comm = layer->no_file;
    if (!mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_name_find(&call, "filename", filename, &name)) {
        return mpilayer_call_raise(&call);
    }
    int class = mpilayer_name_delete(&name, &reason);
    if (class != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, class, "filename", "'%s': %s", name.text, reason);
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

/* ---- questions and hints ---- */

int32_t mpilayer_File_get_amode(struct mpilayer *layer, uint32_t fh, uint32_t amode) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_get_amode") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_memory_check(&call, "amode", amode, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, amode, file->amode);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_File_set_info(struct mpilayer *layer, uint32_t fh, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    struct mpilayer_info *hints;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_set_info") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_info_get(&call, "info", info, &hints)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Info host = mpilayer_file_hints(hints);
    int code = MPI_SUCCESS;
    if (host == MPI_INFO_NULL) { /* collective all the same */
        code = MPI_Info_create(&host);
    }
    if (code == MPI_SUCCESS) {
        code = MPI_File_set_info(file->host, host);
        MPI_Info_free(&host);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_File_get_info(struct mpilayer *layer, uint32_t fh, uint32_t info_used) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    MPI_Info host;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_get_info") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_memory_check(&call, "info_used", info_used, 4)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_File_get_info(file->host, &host);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    if (host == MPI_INFO_NULL) {
        return mpilayer_info_publish_copy(&call, NULL, "info_used", info_used);
    }
    return mpilayer_info_publish_host(&call, host, hint_keys, HINT_COUNT, "info_used", info_used);
}
