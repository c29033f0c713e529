/*
 * large.h - the functions with large counts for a native MPI that has none of them, made of those
 * with int counts: what these programs print is then what the ints give. Modules and MPI 4 have
 * their own.
 */
#ifndef LARGE_H
#define LARGE_H

#include "report.h"

#if MPI_VERSION >= 4 || defined(__wasm__)
#define HAS_LARGE 1
#else
#define HAS_LARGE 0

#include <mpi-ext.h>

/* Of arrays. */
static inline int *narrow_counts(const MPI_Count *wide, int n) {
    static int kept[8][64];
    static int next;
    int *narrow = kept[next++ % 8];
    for (int i = 0; i < n; i++)
        narrow[i] = (int)wide[i];
    return narrow;
}
static inline int *narrow_aints(const MPI_Aint *wide, int n) {
    static int kept[8][64];
    static int next;
    int *narrow = kept[next++ % 8];
    for (int i = 0; i < n; i++)
        narrow[i] = (int)wide[i];
    return narrow;
}
#define C(counts) narrow_counts(counts, ranks)
#define D(aints) narrow_aints(aints, ranks)

#define MPI_Send_c(b, n, ...) MPI_Send(b, (int)(n), __VA_ARGS__)
#define MPI_Ssend_c(b, n, ...) MPI_Ssend(b, (int)(n), __VA_ARGS__)
#define MPI_Rsend_c(b, n, ...) MPI_Rsend(b, (int)(n), __VA_ARGS__)
#define MPI_Bsend_c(b, n, ...) MPI_Bsend(b, (int)(n), __VA_ARGS__)
#define MPI_Recv_c(b, n, ...) MPI_Recv(b, (int)(n), __VA_ARGS__)
#define MPI_Isend_c(b, n, ...) MPI_Isend(b, (int)(n), __VA_ARGS__)
#define MPI_Irecv_c(b, n, ...) MPI_Irecv(b, (int)(n), __VA_ARGS__)
#define MPI_Send_init_c(b, n, ...) MPI_Send_init(b, (int)(n), __VA_ARGS__)
#define MPI_Recv_init_c(b, n, ...) MPI_Recv_init(b, (int)(n), __VA_ARGS__)
#define MPI_Mrecv_c(b, n, ...) MPI_Mrecv(b, (int)(n), __VA_ARGS__)
#define MPI_Imrecv_c(b, n, ...) MPI_Imrecv(b, (int)(n), __VA_ARGS__)
#define MPI_Sendrecv_c(b, n, t, d, g, r, m, ...)                                                   \
    MPI_Sendrecv(b, (int)(n), t, d, g, r, (int)(m), __VA_ARGS__)
#define MPI_Sendrecv_replace_c(b, n, ...) MPI_Sendrecv_replace(b, (int)(n), __VA_ARGS__)
#define MPI_Bcast_c(b, n, ...) MPI_Bcast(b, (int)(n), __VA_ARGS__)
#define MPI_Gather_c(b, n, t, r, m, ...) MPI_Gather(b, (int)(n), t, r, (int)(m), __VA_ARGS__)
#define MPI_Gatherv_c(b, n, t, r, m, d, ...) MPI_Gatherv(b, (int)(n), t, r, C(m), D(d), __VA_ARGS__)
#define MPI_Scatterv_c(b, n, d, t, r, m, ...)                                                      \
    MPI_Scatterv(b, C(n), D(d), t, r, (int)(m), __VA_ARGS__)
#define MPI_Allgatherv_c(b, n, t, r, m, d, ...)                                                    \
    MPI_Allgatherv(b, (int)(n), t, r, C(m), D(d), __VA_ARGS__)
#define MPI_Iallgatherv_c(b, n, t, r, m, d, ...)                                                   \
    MPI_Iallgatherv(b, (int)(n), t, r, C(m), D(d), __VA_ARGS__)
#define MPI_Alltoall_c(b, n, t, r, m, ...) MPI_Alltoall(b, (int)(n), t, r, (int)(m), __VA_ARGS__)
#define MPI_Alltoallv_c(b, n, d, t, r, m, e, ...)                                                  \
    MPI_Alltoallv(b, C(n), D(d), t, r, C(m), D(e), __VA_ARGS__)
#define MPI_Alltoallw_c(b, n, d, t, r, m, e, ...)                                                  \
    MPI_Alltoallw(b, C(n), D(d), t, r, C(m), D(e), __VA_ARGS__)
#define MPI_Neighbor_alltoallw_c(b, n, d, t, r, m, e, ...)                                         \
    MPI_Neighbor_alltoallw(b, narrow_counts(n, 2), d, t, r, narrow_counts(m, 2), e, __VA_ARGS__)
#define MPI_Reduce_c(b, r, n, ...) MPI_Reduce(b, r, (int)(n), __VA_ARGS__)
#define MPI_Allreduce_c(b, r, n, ...) MPI_Allreduce(b, r, (int)(n), __VA_ARGS__)
#define MPI_Iallreduce_c(b, r, n, ...) MPI_Iallreduce(b, r, (int)(n), __VA_ARGS__)
#if defined(OPEN_MPI) && OMPI_MAJOR_VERSION >= 5
#define MPI_Allreduce_init_c(b, r, n, ...) MPI_Allreduce_init(b, r, (int)(n), __VA_ARGS__)
#else
#define MPI_Allreduce_init_c(b, r, n, ...) MPIX_Allreduce_init(b, r, (int)(n), __VA_ARGS__)
#endif
#define MPI_Reduce_scatter_c(b, r, m, ...) MPI_Reduce_scatter(b, r, C(m), __VA_ARGS__)
#define MPI_Reduce_scatter_block_c(b, r, m, ...)                                                   \
    MPI_Reduce_scatter_block(b, r, (int)(m), __VA_ARGS__)
#define MPI_Scan_c(b, r, n, ...) MPI_Scan(b, r, (int)(n), __VA_ARGS__)
#define MPI_Reduce_local_c(b, r, n, ...) MPI_Reduce_local(b, r, (int)(n), __VA_ARGS__)
#define MPI_Put_c(b, n, t, k, d, m, ...) MPI_Put(b, (int)(n), t, k, d, (int)(m), __VA_ARGS__)
#define MPI_Get_c(b, n, t, k, d, m, ...) MPI_Get(b, (int)(n), t, k, d, (int)(m), __VA_ARGS__)
#define MPI_Accumulate_c(b, n, t, k, d, m, ...)                                                    \
    MPI_Accumulate(b, (int)(n), t, k, d, (int)(m), __VA_ARGS__)
#define MPI_Get_accumulate_c(b, n, t, r, o, u, k, d, m, ...)                                       \
    MPI_Get_accumulate(b, (int)(n), t, r, (int)(o), u, k, d, (int)(m), __VA_ARGS__)
#define MPI_Win_create_c(b, s, u, ...) MPI_Win_create(b, s, (int)(u), __VA_ARGS__)
#define MPI_Get_count_c MPI_Get_elements_x

static inline int MPI_Pack_c(const void *in, MPI_Count n, MPI_Datatype t, void *out, MPI_Count size,
                             MPI_Count *position, MPI_Comm comm) {
    int at = (int)*position, code = MPI_Pack(in, (int)n, t, out, (int)size, &at, comm);
    *position = at;
    return code;
}
static inline int MPI_Unpack_c(const void *in, MPI_Count size, MPI_Count *position, void *out,
                               MPI_Count n, MPI_Datatype t, MPI_Comm comm) {
    int at = (int)*position, code = MPI_Unpack(in, (int)size, &at, out, (int)n, t, comm);
    *position = at;
    return code;
}
static inline int MPI_Pack_size_c(MPI_Count n, MPI_Datatype t, MPI_Comm comm, MPI_Count *size) {
    int small, code = MPI_Pack_size((int)n, t, comm, &small);
    *size = small;
    return code;
}
#define MPI_File_read_c(f, b, n, ...) MPI_File_read(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_c(f, b, n, ...) MPI_File_write(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_all_c(f, b, n, ...) MPI_File_read_all(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_all_c(f, b, n, ...) MPI_File_write_all(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iread_c(f, b, n, ...) MPI_File_iread(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iwrite_c(f, b, n, ...) MPI_File_iwrite(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iread_all_c(f, b, n, ...) MPI_File_iread_all(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iwrite_all_c(f, b, n, ...) MPI_File_iwrite_all(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_shared_c(f, b, n, ...) MPI_File_read_shared(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_shared_c(f, b, n, ...) MPI_File_write_shared(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iread_shared_c(f, b, n, ...) MPI_File_iread_shared(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_iwrite_shared_c(f, b, n, ...) MPI_File_iwrite_shared(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_ordered_c(f, b, n, ...) MPI_File_read_ordered(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_ordered_c(f, b, n, ...) MPI_File_write_ordered(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_all_begin_c(f, b, n, ...) MPI_File_read_all_begin(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_all_begin_c(f, b, n, ...)                                                   \
    MPI_File_write_all_begin(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_ordered_begin_c(f, b, n, ...)                                                \
    MPI_File_read_ordered_begin(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_ordered_begin_c(f, b, n, ...)                                               \
    MPI_File_write_ordered_begin(f, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_at_c(f, o, b, n, ...) MPI_File_read_at(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_at_c(f, o, b, n, ...) MPI_File_write_at(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_at_all_c(f, o, b, n, ...) MPI_File_read_at_all(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_at_all_c(f, o, b, n, ...)                                                   \
    MPI_File_write_at_all(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_iread_at_c(f, o, b, n, ...) MPI_File_iread_at(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_iwrite_at_c(f, o, b, n, ...) MPI_File_iwrite_at(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_iread_at_all_c(f, o, b, n, ...)                                                   \
    MPI_File_iread_at_all(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_iwrite_at_all_c(f, o, b, n, ...)                                                  \
    MPI_File_iwrite_at_all(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_read_at_all_begin_c(f, o, b, n, ...)                                              \
    MPI_File_read_at_all_begin(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_File_write_at_all_begin_c(f, o, b, n, ...)                                             \
    MPI_File_write_at_all_begin(f, o, b, (int)(n), __VA_ARGS__)
#define MPI_Register_datarep_c MPI_Register_datarep
static inline int MPI_File_get_type_extent_c(MPI_File file, MPI_Datatype type, MPI_Count *extent) {
    MPI_Aint small;
    int code = MPI_File_get_type_extent(file, type, &small);
    *extent = small;
    return code;
}
#define MPI_User_function_c_length int
#define MPI_Op_create_c MPI_Op_create
#endif

#if (MPI_VERSION < 4 || (MPI_VERSION == 4 && MPI_SUBVERSION < 1)) && !defined(__wasm__)
#define MPI_Status_set_elements_c MPI_Status_set_elements_x
#endif

#if HAS_LARGE
#define MPI_User_function_c_length MPI_Count
#endif

#endif
