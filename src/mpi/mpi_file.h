/*
 * mpi_file.h - files. MPI 4.1, chapter 14.
 *
 * The layer opens a file beneath the granted directories and gives the host's MPI a name that means
 * this open file and nothing else, /proc/self/fd/N: what a name leads to may change between our
 * look and MPI's, as guests rename files and make links; what a descriptor means does not. Every
 * rank resolves the name by itself and has a descriptor of its own, on its own node, so nothing
 * about N need be agreed on: hosts open the name they got on each rank, and pass on no names but
 * those of files for shared file pointers, which the layer keeps itself (mpi_file_shared.c), as it
 * creates and deletes files itself. The descriptor stays open as long as the host's file, since a
 * host may open the name later.
 *
 * What a view is made of is remembered, so that what is asked is answered from here, and so that an
 * offset which would overflow in a host's arithmetic is refused before.
 */
#ifndef MPIWASM_MPI_FILE_H
#define MPIWASM_MPI_FILE_H

#include "mpi/mpi_datatype.h"
#include "mpi/mpi_large.h"

#include <limits.h>

/* A split collective operation that has begun and not ended. */
enum mpilayer_split {
    MPILAYER_SPLIT_NONE,
    MPILAYER_SPLIT_READ_ALL,
    MPILAYER_SPLIT_WRITE_ALL,
    MPILAYER_SPLIT_READ_AT_ALL,
    MPILAYER_SPLIT_WRITE_AT_ALL,
    MPILAYER_SPLIT_READ_ORDERED,
    MPILAYER_SPLIT_WRITE_ORDERED,
};

struct mpilayer_file {
    struct mpilayer_object object;
    MPI_File host;
    /* Stands for the file in calls: a hidden communicator with the error handler, whose host is a
     * duplicate of the one that opened the file. */
    struct mpilayer_comm *comm;
    int amode;      /* the guest's bits */
    int fd;         /* what the host's name means */
    bool read_only; /* the grant */
    int directory;  /* where the name lies; a descriptor */
    char name[NAME_MAX + 1];
    uint32_t pending; /* requests on the file that have not completed */

    /* The view. What the host has differs in one case: it has etype as the filetype if the guest's
     * is empty. */
    int64_t displacement;                       /* bytes */
    struct mpilayer_datatype *etype, *filetype; /* referenced */
    char datarep[GUEST_MPI_MAX_DATAREP_STRING];
    bool external32;

    enum mpilayer_split split;
    void *split_buffer; /* the host's address */
    bool split_read;    /* it has read everything when it began */
    MPI_Status split_status;

    /* The shared file pointer, in etypes: the number `view` of the file `shared_name` in
     * `directory`, which is made when it is first needed; while that is too short, `start`. */
    int shared_fd; /* -1: not open */
    char shared_name[48];
    int64_t shared_start;
    int64_t view; /* how often the view was set */
};

/* Also makes it the one whose error handler gets what fails; that is MPI_FILE_NULL's if there is no
 * such file, as for MPI_FILE_NULL: MPI_ERR_FILE. */
static inline bool mpilayer_file_get(struct mpilayer_call *call, const char *argument,
                                     uint32_t handle, struct mpilayer_file **out) {
    *out = mpilayer_table_find(&call->layer->tables[MPILAYER_FILE], handle);
    if (__builtin_expect(*out == NULL, 0)) {
        call->comm = call->layer->no_file;
        return mpilayer_handle_fail(call, argument, handle, MPILAYER_FILE);
    }
    call->comm = (*out)->comm;
    return true;
}

/* The same, for functions that a file opened with MPI_MODE_SEQUENTIAL does not allow:
 * MPI_ERR_UNSUPPORTED_OPERATION. */
bool mpilayer_file_get_random(struct mpilayer_call *call, const char *argument, uint32_t handle,
                              struct mpilayer_file **out);

/* The hints that the host gets, MPI_INFO_NULL if none; the caller frees it. NULL is fine. */
MPI_Info mpilayer_file_hints(const struct mpilayer_info *info);

/* What stands for MPI_FILE_NULL; after MPI_Init. */
bool mpilayer_files_start(struct mpilayer *layer);
/* Close the descriptors of files that the guest has left open; when MPI is down. */
void mpilayer_files_stop(struct mpilayer *layer);

/* ---- arguments (mpi_file_view.c) ---- */

/* A position in etypes: MPI_ERR_ARG if negative or beyond what hosts can compute with. */
bool mpilayer_file_position_check(struct mpilayer_call *call, const char *argument, int64_t offset,
                                  const struct mpilayer_file *file);
/* Where `count` (checked) elements of `type` are to be read or written: as above, and
 * MPI_ERR_ARG for data in a view without any, MPI_ERR_CONVERSION if the host cannot convert the
 * datatype as the view's representation wants. */
bool mpilayer_file_access_check(struct mpilayer_call *call, const char *argument, int64_t offset,
                                const struct mpilayer_file *file, int64_t count,
                                struct mpilayer_datatype *type);
/* The same at the individual file pointer. */
bool mpilayer_file_here_check(struct mpilayer_call *call, const char *argument,
                              struct mpilayer_file *file, int64_t count,
                              struct mpilayer_datatype *type);
bool mpilayer_file_size_check(struct mpilayer_call *call, const char *argument, int64_t size);

/* A request of the file's, which counts it until it completes. */
bool mpilayer_file_request_reserve(struct mpilayer_call *call, const char *argument,
                                   uint32_t address, struct mpilayer_file *file,
                                   struct mpilayer_request **out);

/* ---- in place of Open MPI's own I/O component: layer->reads_spin (mpi_file_read.c) ---- */

int mpilayer_bounded_File_iread_at(struct mpilayer_file *file, MPI_Offset offset, void *buffer,
                                   int count, MPI_Datatype type, MPI_Request *request);
int mpilayer_bounded_File_iread_at_all(struct mpilayer_file *file, MPI_Offset offset, void *buffer,
                                       int count, MPI_Datatype type, MPI_Request *request);
int mpilayer_bounded_File_iread(struct mpilayer_file *file, void *buffer, int count,
                                MPI_Datatype type, MPI_Request *request);
int mpilayer_bounded_File_iread_all(struct mpilayer_file *file, void *buffer, int count,
                                    MPI_Datatype type, MPI_Request *request);
int mpilayer_bounded_File_sync(struct mpilayer_file *file);

/* ---- split collective operations (mpi_file_access.c) ---- */

bool mpilayer_file_split_check(struct mpilayer_call *call, const struct mpilayer_file *file);
int32_t mpilayer_file_split_begun(struct mpilayer_call *call, int code, struct mpilayer_file *file,
                                  enum mpilayer_split split, void *buffer);
/* By one of two ways, for mpilayer_file_split_begun. */
int mpilayer_file_read_at_all_begin(const struct mpilayer *layer, struct mpilayer_file *file,
                                    MPI_Offset offset, void *buffer,
                                    const struct mpilayer_large *items);
int32_t mpilayer_file_split_end(struct mpilayer *layer, const char *name, uint32_t fh,
                                uint32_t status, enum mpilayer_split split);

/* ---- shared file pointers (mpi_file_shared.c) ---- */

/* Descriptors and names of a new file; `number` is the same random one on all ranks. */
void mpilayer_file_shared_start(struct mpilayer_file *file, uint64_t number);
/* A new view begins, on all ranks. */
void mpilayer_file_shared_reset(struct mpilayer_file *file);
/* The pointer's value, in etypes. A guest's error class; MPI_SUCCESS else. */
int mpilayer_file_shared_get(struct mpilayer_file *file, int64_t *value);
/* The file is closed; `remove`: no other rank has it open any more. */
void mpilayer_file_shared_stop(struct mpilayer_file *file, bool remove);

#endif
