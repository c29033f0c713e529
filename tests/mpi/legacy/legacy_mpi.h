/*
 * legacy_mpi.h - the interface of modules that were built for the first MPIWasm: import module
 * "env", handles and constants as small ints. Only what a test needs; made from their description,
 * so that such modules can be built here. Natively this is <mpi.h>.
 */
#ifndef LEGACY_MPI_H
#define LEGACY_MPI_H

#ifndef __wasm__
#include <mpi.h>
#define MPI_UINT_T MPI_UNSIGNED
#else

#include <stddef.h>
#include <stdint.h>

typedef int MPI_Comm, MPI_Datatype, MPI_Op, MPI_Info, MPI_Request, MPI_Group;
typedef ptrdiff_t MPI_Aint;
typedef struct {
    int MPI_SOURCE, MPI_TAG, MPI_ERROR, cancelled;
    int64_t bytes;
} MPI_Status;
typedef void MPI_User_function(void *, void *, int *, MPI_Datatype *);

enum { MPI_SUCCESS };
enum { MPI_IDENT, MPI_CONGRUENT, MPI_SIMILAR, MPI_UNEQUAL };
enum { MPI_COMM_WORLD, MPI_COMM_SELF, MPI_COMM_NULL };
enum {
    MPI_INT8_T,
    MPI_INT16_T,
    MPI_INT32_T,
    MPI_INT,
    MPI_INT64_T,
    MPI_UINT8_T,
    MPI_UINT16_T,
    MPI_UINT32_T,
    MPI_UINT_T,
    MPI_UINT64_T,
    MPI_LONG,
    MPI_LONG_LONG,
    MPI_LONG_LONG_INT,
    MPI_FLOAT,
    MPI_DOUBLE,
    MPI_DOUBLE_INT,
    MPI_CHAR,
    MPI_C_BOOL,
    MPI_BYTE,
    MPI_DATATYPE_NULL = -1
};
enum {
    MPI_MAX,
    MPI_MIN,
    MPI_SUM,
    MPI_PROD,
    MPI_LAND,
    MPI_LOR,
    MPI_BAND,
    MPI_BOR,
    MPI_MAXLOC,
    MPI_MINLOC,
    MPI_OP_NULL
};
enum { MPI_INFO_NULL, MPI_ANY_SOURCE = -1, MPI_ANY_TAG = -1, MPI_UNDEFINED = -32766 };
#define MPI_IN_PLACE ((void *)1)
#define MPI_STATUS_IGNORE ((MPI_Status *)0)
#define MPI_STATUSES_IGNORE ((MPI_Status *)0)

#define F(name) __attribute__((import_module("env"), import_name(#name))) name
int F(MPI_Abort)(MPI_Comm, int);
int F(MPI_Allgather)(const void *, int, MPI_Datatype, void *, int, MPI_Datatype, MPI_Comm);
int F(MPI_Alloc_mem)(MPI_Aint, MPI_Info, void *);
int F(MPI_Allreduce)(const void *, void *, int, MPI_Datatype, MPI_Op, MPI_Comm);
int F(MPI_Alltoall)(const void *, int, MPI_Datatype, void *, int, MPI_Datatype, MPI_Comm);
int F(MPI_Alltoallv)(const void *, const int *, const int *, MPI_Datatype, void *, const int *,
                     const int *, MPI_Datatype, MPI_Comm);
int F(MPI_Barrier)(MPI_Comm);
int F(MPI_Bcast)(void *, int, MPI_Datatype, int, MPI_Comm);
int F(MPI_Comm_compare)(MPI_Comm, MPI_Comm, int *);
int F(MPI_Comm_create)(MPI_Comm, MPI_Group, MPI_Comm *);
int F(MPI_Comm_free)(MPI_Comm *);
int F(MPI_Comm_group)(MPI_Comm, MPI_Group *);
int F(MPI_Comm_rank)(MPI_Comm, int *);
int F(MPI_Comm_size)(MPI_Comm, int *);
int F(MPI_Comm_split)(MPI_Comm, int, int, MPI_Comm *);
int F(MPI_Finalize)(void);
int F(MPI_Free_mem)(void *);
int F(MPI_Gather)(const void *, int, MPI_Datatype, void *, int, MPI_Datatype, int, MPI_Comm);
int F(MPI_Get_count)(const MPI_Status *, MPI_Datatype, int *);
int F(MPI_Group_free)(MPI_Group *);
int F(MPI_Group_range_incl)(MPI_Group, int, int[][3], MPI_Group *);
int F(MPI_Group_translate_ranks)(MPI_Group, int, const int *, MPI_Group, int *);
int F(MPI_Init)(int *, char ***);
int F(MPI_Initialized)(int *);
int F(MPI_Irecv)(void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
int F(MPI_Isend)(const void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Request *);
int F(MPI_Op_create)(MPI_User_function *, int, MPI_Op *);
int F(MPI_Recv)(void *, int, MPI_Datatype, int, int, MPI_Comm, MPI_Status *);
int F(MPI_Reduce)(const void *, void *, int, MPI_Datatype, MPI_Op, int, MPI_Comm);
int F(MPI_Scatter)(const void *, int, MPI_Datatype, void *, int, MPI_Datatype, int, MPI_Comm);
int F(MPI_Send)(const void *, int, MPI_Datatype, int, int, MPI_Comm);
int F(MPI_Sendrecv)(const void *, int, MPI_Datatype, int, int, void *, int, MPI_Datatype, int, int,
                    MPI_Comm, MPI_Status *);
int F(MPI_Type_free)(MPI_Datatype *);
int F(MPI_Type_size)(MPI_Datatype, int *);
int F(MPI_Wait)(MPI_Request *, MPI_Status *);
int F(MPI_Waitall)(int, MPI_Request *, MPI_Status *);
double F(MPI_Wtime)(void);
#undef F

#endif
#endif
