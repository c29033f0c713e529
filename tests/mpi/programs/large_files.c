/*
 * Files with counts of 64 bits: the same data, positions and errors as with ints, and a count that
 * no int holds.
 *
 * run.py: openmpi cannot run 4 rank
 */
#include "large.h"

enum { N = 6 };
#define NAME "large_files.data"

static int values[N], got[N];
static MPI_File file;

static void fill(int seed) {
    for (int i = 0; i < N; i++) {
        values[i] = 1000 * rank + 100 * seed + i;
        got[i] = -1;
    }
}

static void others(void) {
    MPI_File_sync(file);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_sync(file);
}

static void tell(const char *name, const MPI_Status *status) {
    MPI_Count count;
    MPI_Get_count_c(status, MPI_INT, &count);
    report("%s of %d", name, (int)count);
    report_ints(name, got, N);
}

static void tell_request(const char *name, MPI_Request *request) {
    MPI_Status status;
    MPI_Wait(request, &status);
    tell(name, &status);
}

static void report_position(const char *name) {
    MPI_Offset here = -1, shared = -1;
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_get_position(file, &here);
    MPI_File_get_position_shared(file, &shared);
    report("%s: at %lld, shared at %lld", name, (long long)here, (long long)shared);
    MPI_Barrier(MPI_COMM_WORLD);
}

static void offsets(void) {
    MPI_Status status;
    MPI_Request request;
    MPI_Count count = N;
    MPI_Offset mine = 4 * N * rank, next = (rank + 1) % ranks * 4 * N;
    fill(1);
    MPI_File_write_at_c(file, mine, values, count, MPI_INT, &status);
    tell("write_at", &status);
    others();
    MPI_File_read_at_c(file, next, got, count, MPI_INT, &status);
    tell("read_at", &status);
    fill(2);
    others();
    MPI_File_write_at_all_c(file, mine, values, count, MPI_INT, &status);
    tell("write_at_all", &status);
    others();
    MPI_File_read_at_all_c(file, next, got, count - 1, MPI_INT, &status);
    tell("read_at_all", &status);
    fill(3);
    others();
    MPI_File_iwrite_at_c(file, mine, values, count, MPI_INT, &request);
    tell_request("iwrite_at", &request);
    others();
    MPI_File_iread_at_c(file, next, got, count, MPI_INT, &request);
    tell_request("iread_at", &request);
    fill(4);
    others();
    MPI_File_iwrite_at_all_c(file, mine, values, count, MPI_INT, &request);
    tell_request("iwrite_at_all", &request);
    others();
    MPI_File_iread_at_all_c(file, next, got, count - 2, MPI_INT, &request);
    tell_request("iread_at_all", &request);
    fill(5);
    others();
    MPI_File_write_at_all_begin_c(file, mine, values, count, MPI_INT);
    MPI_File_write_at_all_end(file, values, &status);
    tell("write_at_all_begin", &status);
    others();
    MPI_File_read_at_all_begin_c(file, next, got, count - 3, MPI_INT);
    MPI_File_read_at_all_end(file, got, &status);
    tell("read_at_all_begin", &status);
}

static void pointers(void) {
    MPI_Status status;
    MPI_Request request;
    MPI_Count some = 2;
    MPI_Offset mine = 16 * N * rank;
    fill(6);
    others();
    MPI_File_seek(file, mine, MPI_SEEK_SET);
    MPI_File_write_c(file, values, some, MPI_INT, &status);
    tell("write", &status);
    MPI_File_write_all_c(file, values + 1, some, MPI_INT, &status);
    tell("write_all", &status);
    MPI_File_iwrite_c(file, values + 2, some, MPI_INT, &request);
    tell_request("iwrite", &request);
    MPI_File_iwrite_all_c(file, values + 3, some, MPI_INT, &request);
    tell_request("iwrite_all", &request);
    MPI_File_write_all_begin_c(file, values + 4, some, MPI_INT);
    MPI_File_write_all_end(file, values + 4, &status);
    tell("write_all_begin", &status);
    report_position("written");
    others();
    MPI_File_seek(file, mine, MPI_SEEK_SET);
    MPI_File_read_c(file, got, some, MPI_INT, &status);
    tell("read", &status);
    MPI_File_read_all_c(file, got, some, MPI_INT, &status);
    tell("read_all", &status);
    MPI_File_iread_c(file, got, some, MPI_INT, &request);
    tell_request("iread", &request);
    MPI_File_iread_all_c(file, got, some, MPI_INT, &request);
    tell_request("iread_all", &request);
    MPI_File_read_all_begin_c(file, got, some, MPI_INT);
    MPI_File_read_all_end(file, got, &status);
    tell("read_all_begin", &status);
    report_position("read");
}

static void shared(void) {
    MPI_Status status;
    MPI_Request request;
    MPI_Count some = 2;
    for (int i = 0; i < N; i++)
        values[i] = 7; /* who comes first is open */
    others();
    MPI_File_seek_shared(file, 0, MPI_SEEK_SET);
    MPI_File_write_shared_c(file, values, some, MPI_INT, &status);
    tell("write_shared", &status);
    MPI_File_iwrite_shared_c(file, values, some, MPI_INT, &request);
    tell_request("iwrite_shared", &request);
    report_position("shared");
    fill(7);
    MPI_File_write_ordered_c(file, values, rank + 1, MPI_INT, &status);
    tell("write_ordered", &status);
    MPI_File_write_ordered_begin_c(file, values, some, MPI_INT);
    MPI_File_write_ordered_end(file, values, &status);
    tell("write_ordered_begin", &status);
    report_position("ordered");
    others();
    MPI_File_seek_shared(file, 0, MPI_SEEK_SET);
    MPI_File_read_shared_c(file, got, some, MPI_INT, &status);
    tell("read_shared", &status);
    MPI_File_iread_shared_c(file, got, some, MPI_INT, &request);
    tell_request("iread_shared", &request);
    report_position("shared");
    MPI_File_read_ordered_c(file, got, rank + 1, MPI_INT, &status);
    tell("read_ordered", &status);
    MPI_File_read_ordered_begin_c(file, got, some, MPI_INT);
    MPI_File_read_ordered_end(file, got, &status);
    tell("read_ordered_begin", &status);
    report_position("ordered");
}

#if HAS_LARGE
typedef MPI_Count convert_count;
#else
typedef int convert_count;
#endif
static int extent_of(MPI_Datatype type, MPI_Aint *extent, void *state) {
    *extent = 4;
    return MPI_SUCCESS;
}
static int convert(void *memory, MPI_Datatype type, convert_count count, void *data,
                   MPI_Offset position, void *state) {
    return MPI_SUCCESS;
}

static void others_of_the_kind(void) {
    MPI_Count extent;
    MPI_Datatype type;
    MPI_File_get_type_extent_c(file, MPI_DOUBLE, &extent);
    report("extent: %d", (int)extent);
    MPI_Type_vector(2, 1, 3, MPI_INT, &type);
    MPI_Type_commit(&type);
    MPI_File_get_type_extent_c(file, type, &extent);
    report("extent: %d", (int)extent);
    MPI_Type_free(&type);
    int registered =
        MPI_Register_datarep_c("large", convert, convert, extent_of, NULL) == MPI_SUCCESS;
    int again = MPI_Register_datarep_c("large", convert, convert, extent_of, NULL) == MPI_SUCCESS;
    report("registered %d, twice %d", registered, again);
    report("negative count: %d",
           MPI_File_write_at_c(file, 0, values, -1, MPI_INT, MPI_STATUS_IGNORE) == MPI_SUCCESS);
}

/* Into memory that nobody touches. The answers of native MPIs are spelt out: MPICH's functions of
 * files end the job where a count is beyond int. */
static void beyond(void) {
    const long long big = 2500000000;
    MPI_Offset size = 0;
    MPI_Status status;
    MPI_Count count = 0;
    MPI_File_set_size(file, 100);
    others();
#ifdef __wasm__
    /* More than malloc gives in one piece. */
    char *memory = (char *)(65536 * __builtin_wasm_memory_grow(0, (size_t)(big / 65536 + 1)));
    MPI_Request request;
    MPI_Datatype empty;
    MPI_File_read_at_c(file, 10, memory, big, MPI_BYTE, &status);
    MPI_Get_count_c(&status, MPI_BYTE, &count);
    report("read %d of %lld", (int)count, big);
    MPI_File_iread_at_c(file, 20, memory, big, MPI_BYTE, &request);
    MPI_Wait(&request, &status);
    MPI_Get_count_c(&status, MPI_BYTE, &count);
    report("read %d of %lld", (int)count, big);
    MPI_Type_contiguous(0, MPI_INT, &empty);
    MPI_Type_commit(&empty);
    MPI_File_write_at_all_c(file, 200, values, big, empty, &status);
    MPI_Type_free(&empty);
#else
    (void)status;
    (void)count;
    report("read 90 of %lld", big);
    report("read 80 of %lld", big);
#endif
    others();
    MPI_File_get_size(file, &size);
    report("size %lld", (long long)size);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    if (rank == 0) MPI_File_delete(NAME, MPI_INFO_NULL);
    MPI_Barrier(MPI_COMM_WORLD);
    int code =
        MPI_File_open(MPI_COMM_WORLD, NAME, MPI_MODE_RDWR | MPI_MODE_CREATE, MPI_INFO_NULL, &file);
    if (code != MPI_SUCCESS) MPI_Abort(MPI_COMM_WORLD, 1);
    offsets();
    pointers();
    shared();
    others_of_the_kind();
    if (rank == 0 && ranks == 1) beyond();
    MPI_File_close(&file);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) MPI_File_delete(NAME, MPI_INFO_NULL);
    finish();
    return 0;
}
