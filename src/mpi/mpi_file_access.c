/*
 * mpi_file_access.c - seeking, and split collective operations. MPI 4.1, sections 14.4.3 and
 * 14.4.5. What needs no state of the layer's own is generated (the rows of mpi_functions.def).
 *
 * A split operation's end is given the buffer once more; what counts is the one it began with. On a
 * host whose reads may never end (mpi_file_read.c) they are over when they have begun, as MPI
 * allows.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_file.h"
#include "mpi/mpi_memory.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

int32_t mpilayer_File_seek(struct mpilayer *layer, uint32_t fh, int64_t offset, int32_t whence) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    MPI_Offset here = 0;
    int code = MPI_SUCCESS;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_seek") ||
        !mpilayer_file_get_random(&call, "fh", fh, &file)) {
        return mpilayer_call_raise(&call);
    }
    switch (whence) {
    case GUEST_MPI_SEEK_SET: break;
    case GUEST_MPI_SEEK_CUR: code = MPI_File_get_position(file->host, &here); break;
    case GUEST_MPI_SEEK_END: {
        /* The host knows where the end is in this view. */
        MPI_Offset before = 0;
        code = MPI_File_get_position(file->host, &before);
        if (code == MPI_SUCCESS && (code = MPI_File_seek(file->host, 0, MPI_SEEK_END)) == 0) {
            code = MPI_File_get_position(file->host, &here);
            MPI_File_seek(file->host, before, MPI_SEEK_SET);
        }
        break;
    }
    default:
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "whence", "%d", whence);
        return mpilayer_call_raise(&call);
    }
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    if (__builtin_add_overflow(here, offset, &offset)) {
        offset = offset < 0 ? INT64_MAX : INT64_MIN;
    }
    if (!mpilayer_file_position_check(&call, "offset", offset, file)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_File_seek(file->host, offset, MPI_SEEK_SET));
}

/* ---- split collective operations ---- */

bool mpilayer_file_split_check(struct mpilayer_call *call, const struct mpilayer_file *file) {
    return file->split == MPILAYER_SPLIT_NONE ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_IO, "fh",
                              "has a split collective operation that has not ended");
}

int32_t mpilayer_file_split_begun(struct mpilayer_call *call, int code, struct mpilayer_file *file,
                                  enum mpilayer_split split, void *buffer) {
    if (code == MPI_SUCCESS) {
        file->split = split;
        file->split_read = call->layer->reads_spin && (split == MPILAYER_SPLIT_READ_ALL ||
                                                       split == MPILAYER_SPLIT_READ_AT_ALL ||
                                                       split == MPILAYER_SPLIT_READ_ORDERED);
        file->split_buffer = buffer;
    }
    return mpilayer_call_return(call, code);
}

int32_t mpilayer_file_split_end(struct mpilayer *layer, const char *name, uint32_t fh,
                                uint32_t status, enum mpilayer_split split) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    MPI_Status status_host = {0};
    if (!mpilayer_call_begin(&call, layer, name) || !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_status_check(&call, "status", status)) {
        return mpilayer_call_raise(&call);
    }
    if (file->split != split) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_IO, "fh",
                           "has no such split collective operation that has begun");
        return mpilayer_call_raise(&call);
    }
    MPI_Status *out = mpilayer_status_host(status, &status_host);
    file->split = MPILAYER_SPLIT_NONE;
    if (file->split_read) {
        mpilayer_status_store(layer, status, &file->split_status, false);
        return mpilayer_call_return(&call, MPI_SUCCESS);
    }
    int code;
    switch (split) {
    case MPILAYER_SPLIT_READ_ALL:
        code = MPI_File_read_all_end(file->host, file->split_buffer, out);
        break;
    case MPILAYER_SPLIT_WRITE_ALL:
        code = MPI_File_write_all_end(file->host, file->split_buffer, out);
        break;
    case MPILAYER_SPLIT_READ_AT_ALL:
    case MPILAYER_SPLIT_READ_ORDERED: /* began as one at explicit offsets */
        code = MPI_File_read_at_all_end(file->host, file->split_buffer, out);
        break;
    default: code = MPI_File_write_at_all_end(file->host, file->split_buffer, out); break;
    }
    if (code == MPI_SUCCESS) {
        mpilayer_status_store(layer, status, &status_host, false);
    }
    return mpilayer_call_return(&call, code);
}

int mpilayer_file_read_at_all_begin(const struct mpilayer *layer, struct mpilayer_file *file,
                                    MPI_Offset offset, void *buffer,
                                    const struct mpilayer_large *items) {
    return layer->reads_spin ? MPI_File_read_at_all(file->host, offset, buffer, (int)items->count,
                                                    items->type, &file->split_status)
                             : MPI_File_read_at_all_begin(file->host, offset, buffer,
                                                          (int)items->count, items->type);
}

/* `at` says that the operation has an offset; else it works at the individual pointer. */
static int32_t split_begin(struct mpilayer *layer, const char *name, uint32_t fh, bool at,
                           int64_t offset, uint32_t buf, int64_t count, uint32_t datatype,
                           enum mpilayer_split split) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    struct mpilayer_datatype *type;
    struct mpilayer_large items;
    void *buffer;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_file_get_random(&call, "fh", fh, &file) ||
        !mpilayer_file_split_check(&call, file) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_count_check(&call, "count", count) ||
        !(at ? mpilayer_file_access_check(&call, "offset", offset, file, count, type)
             : mpilayer_file_here_check(&call, "fh", file, count, type)) ||
        !(type->size > 0 || (count = 0) == 0) || /* Open MPI divides by it */
        !mpilayer_buffer_get(&call, "buf", buf, count, &type, &buffer) ||
        !mpilayer_items_get(&call, "count", count, type, &items)) {
        return mpilayer_call_raise(&call);
    }
    int code;
    switch (split) {
    case MPILAYER_SPLIT_READ_ALL:
        code = layer->reads_spin
                   ? MPI_File_read_all(file->host, buffer, (int)items.count, items.type,
                                       &file->split_status)
                   : MPI_File_read_all_begin(file->host, buffer, (int)items.count, items.type);
        break;
    case MPILAYER_SPLIT_WRITE_ALL:
        code = MPI_File_write_all_begin(file->host, buffer, (int)items.count, items.type);
        break;
    case MPILAYER_SPLIT_READ_AT_ALL:
        code = mpilayer_file_read_at_all_begin(layer, file, offset, buffer, &items);
        break;
    default:
        code =
            MPI_File_write_at_all_begin(file->host, offset, buffer, (int)items.count, items.type);
        break;
    }
    return mpilayer_file_split_begun(&call, code, file, split, buffer);
}

/* The functions of both forms, which differ in the type of the count. */
#define BEGIN_HERE(name, count_type, split)                                                        \
    int32_t mpilayer_File_##name(struct mpilayer *layer, uint32_t fh, uint32_t buf,                \
                                 count_type count, uint32_t datatype) {                            \
        return split_begin(layer, "MPI_File_" #name, fh, false, 0, buf, count, datatype, split);   \
    }
#define BEGIN_AT(name, count_type, split)                                                          \
    int32_t mpilayer_File_##name(struct mpilayer *layer, uint32_t fh, int64_t offset,              \
                                 uint32_t buf, count_type count, uint32_t datatype) {              \
        return split_begin(layer, "MPI_File_" #name, fh, true, offset, buf, count, datatype,       \
                           split);                                                                 \
    }
BEGIN_HERE(read_all_begin, int32_t, MPILAYER_SPLIT_READ_ALL)
BEGIN_HERE(read_all_begin_c, int64_t, MPILAYER_SPLIT_READ_ALL)
BEGIN_HERE(write_all_begin, int32_t, MPILAYER_SPLIT_WRITE_ALL)
BEGIN_HERE(write_all_begin_c, int64_t, MPILAYER_SPLIT_WRITE_ALL)
BEGIN_AT(read_at_all_begin, int32_t, MPILAYER_SPLIT_READ_AT_ALL)
BEGIN_AT(read_at_all_begin_c, int64_t, MPILAYER_SPLIT_READ_AT_ALL)
BEGIN_AT(write_at_all_begin, int32_t, MPILAYER_SPLIT_WRITE_AT_ALL)
BEGIN_AT(write_at_all_begin_c, int64_t, MPILAYER_SPLIT_WRITE_AT_ALL)

int32_t mpilayer_File_read_all_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                   uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_read_all_end", fh, status,
                                   MPILAYER_SPLIT_READ_ALL);
}
int32_t mpilayer_File_write_all_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                    uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_write_all_end", fh, status,
                                   MPILAYER_SPLIT_WRITE_ALL);
}
int32_t mpilayer_File_read_at_all_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                      uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_read_at_all_end", fh, status,
                                   MPILAYER_SPLIT_READ_AT_ALL);
}
int32_t mpilayer_File_write_at_all_end(struct mpilayer *layer, uint32_t fh, uint32_t buf,
                                       uint32_t status) {
    return mpilayer_file_split_end(layer, "MPI_File_write_at_all_end", fh, status,
                                   MPILAYER_SPLIT_WRITE_AT_ALL);
}
