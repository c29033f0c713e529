/*
 * mpi_file_read.c - reads that do not block, for a host that waits without end for data behind the
 * end of the file. MPI 4.1, sections 14.4.2, 14.4.3 and 14.4.5.
 *
 * Open MPI's own I/O component asks the system again and again for what an asynchronous read has
 * not got, even if the file ends there. So what reaches beyond the end is read at once, and the
 * request is one that is complete; what lies inside the file is left to the host. Collective ones
 * are done by each rank alone, which is how that component does them, too: then ranks need not
 * agree on which way they take.
 *
 * The component refuses to synchronise a file while any file of the process has operations that
 * have not ended, which leaves the other ranks waiting for this one: that is done here instead.
 *
 * A file that others make shorter while it is being read is not guarded against.
 */
#include "mpi/mpi_file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a request that is complete ---- */

static int give_status(void *state, MPI_Status *status) {
    int error = status->MPI_ERROR;
    *status = *(MPI_Status *)state;
    status->MPI_ERROR = error;
    return MPI_SUCCESS;
}

static int free_status(void *state) {
    free(state);
    return MPI_SUCCESS;
}

static int cancel_nothing(void *state, int complete) {
    return MPI_SUCCESS;
}

static int completed_request(const MPI_Status *status, MPI_Request *request) {
    MPI_Status *copy = malloc(sizeof *copy);
    if (copy == NULL) {
        return MPI_ERR_NO_MEM;
    }
    *copy = *status;
    int code = MPI_Grequest_start(give_status, free_status, cancel_nothing, copy, request);
    if (code != MPI_SUCCESS) {
        free(copy);
        return code;
    }
    return MPI_Grequest_complete(*request);
}

/* ---- where a read ends ---- */

/* Etypes of the view that an access of checked size has; a part of one counts. */
static int64_t etypes_of(const struct mpilayer_file *file, int count, MPI_Datatype type) {
    MPI_Count size = 0;
    MPI_Type_size_x(type, &size);
    int64_t etype = file->etype->size;
    return ((int64_t)count * size + etype - 1) / etype;
}

/* All of it lies in the file as it is now. */
static bool inside(const struct mpilayer_file *file, MPI_Offset offset, int64_t etypes) {
    struct stat status;
    MPI_Offset last = 0;
    if (etypes == 0) {
        return true;
    }
    if (fstat(file->fd, &status) != 0 ||
        MPI_File_get_byte_offset(file->host, offset + etypes - 1, &last) != MPI_SUCCESS) {
        return false;
    }
    int64_t behind =
        file->etype->true_ub > file->etype->extent ? file->etype->true_ub : file->etype->extent;
    return last <= status.st_size - behind;
}

/* ---- instead of the host's functions ---- */

int mpilayer_bounded_File_iread_at(struct mpilayer_file *file, MPI_Offset offset, void *buffer,
                                   int count, MPI_Datatype type, MPI_Request *request) {
    if (inside(file, offset, etypes_of(file, count, type))) {
        return MPI_File_iread_at(file->host, offset, buffer, count, type, request);
    }
    MPI_Status status = {0};
    int code = MPI_File_read_at(file->host, offset, buffer, count, type, &status);
    return code == MPI_SUCCESS ? completed_request(&status, request) : code;
}

int mpilayer_bounded_File_iread(struct mpilayer_file *file, void *buffer, int count,
                                MPI_Datatype type, MPI_Request *request) {
    MPI_Offset here = 0;
    int64_t etypes = etypes_of(file, count, type);
    int code = MPI_File_get_position(file->host, &here);
    if (code != MPI_SUCCESS) {
        return code;
    }
    if (inside(file, here, etypes)) {
        return MPI_File_iread(file->host, buffer, count, type, request);
    }
    code = mpilayer_bounded_File_iread_at(file, here, buffer, count, type, request);
    /* The pointer moves by what was asked for, as the request could not tell what it will get. */
    return code == MPI_SUCCESS ? MPI_File_seek(file->host, here + etypes, MPI_SEEK_SET) : code;
}

int mpilayer_bounded_File_iread_at_all(struct mpilayer_file *file, MPI_Offset offset, void *buffer,
                                       int count, MPI_Datatype type, MPI_Request *request) {
    return mpilayer_bounded_File_iread_at(file, offset, buffer, count, type, request);
}

int mpilayer_bounded_File_iread_all(struct mpilayer_file *file, void *buffer, int count,
                                    MPI_Datatype type, MPI_Request *request) {
    return mpilayer_bounded_File_iread(file, buffer, count, type, request);
}

/* Nothing that was written is kept in the process. */
int mpilayer_bounded_File_sync(struct mpilayer_file *file) {
    if (file->amode & GUEST_MPI_MODE_RDONLY) {
        return MPI_ERR_ACCESS; /* on all ranks alike */
    }
    int code = MPI_Barrier(file->comm->host);
    if (code == MPI_SUCCESS && fsync(file->fd) != 0) {
        code = errno == ENOSPC || errno == EDQUOT ? MPI_ERR_NO_SPACE : MPI_ERR_IO;
    }
    return code;
}
