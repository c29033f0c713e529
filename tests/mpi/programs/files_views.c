/*
 * files_views.c - views of files: filetypes that interleave the ranks, subarrays and distributed
 * arrays, memory that is not contiguous, representations, what a view can be asked, empty views.
 */
#include "report.h"

enum { N = 8 };

#define NAME "files_views.data"

static MPI_File file;

static void others(void) {
    MPI_File_sync(file);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_sync(file);
}

static void report_file(const char *name, int count) {
    int values[256] = {0};
    MPI_Offset size;
    others();
    MPI_File_set_view(file, 0, MPI_BYTE, MPI_BYTE, "native", MPI_INFO_NULL);
    MPI_File_get_size(file, &size);
    MPI_File_read_at(file, 0, values, count, MPI_INT, MPI_STATUS_IGNORE);
    report("%s, %lld bytes", name, (long long)size);
    report_ints(name, values, count);
    MPI_Barrier(MPI_COMM_WORLD);
}

static void interleaved(void) {
    int values[N], got[N] = {0}, count;
    MPI_Datatype pairs, filetype, etype, ftype;
    MPI_Offset offset, displacement;
    MPI_Status status;
    char representation[MPI_MAX_DATAREP_STRING];
    for (int i = 0; i < N; i++)
        values[i] = 100 * rank + i;
    MPI_Type_vector(2, 2, 2 * ranks, MPI_INT, &pairs);
    MPI_Type_create_resized(pairs, 0, 4 * ranks * (int)sizeof(int), &filetype);
    MPI_Type_commit(&filetype);
    MPI_File_set_view(file, 8 + rank * 8, MPI_INT, filetype, "native", MPI_INFO_NULL);
    MPI_File_write_all(file, values, N, MPI_INT, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    report("written: %d", count);
    MPI_File_get_position(file, &offset);
    report("position: %lld", (long long)offset);
    MPI_File_get_byte_offset(file, 5, &displacement);
    report("byte offset of 5: %lld", (long long)displacement);
    MPI_File_get_view(file, &displacement, &etype, &ftype, representation);
    int combiner, integers, addresses, types, size;
    MPI_Type_get_envelope(ftype, &integers, &addresses, &types, &combiner);
    MPI_Type_size(ftype, &size);
    report("view: %lld, int %d, derived %d, size %d, %s", (long long)displacement, etype == MPI_INT,
           combiner != MPI_COMBINER_NAMED, size, representation);
    MPI_Type_free(&ftype);
    others();
    MPI_File_seek(file, 2, MPI_SEEK_SET);
    MPI_File_read(file, got, 4, MPI_INT, &status);
    report_ints("from 2", got, 4);
    MPI_File_read_at_all(file, 0, got, N, MPI_INT, &status);
    report_ints("all", got, N);
    MPI_File_seek(file, 0, MPI_SEEK_END);
    MPI_File_get_position(file, &offset);
    report("end: %lld", (long long)offset);
    others();
    MPI_File_seek(file, 1, MPI_SEEK_SET);
    values[0] = -1;
    values[1] = -2;
    values[2] = -3;
    MPI_File_write(file, values, 3, MPI_INT, &status);
    MPI_Type_free(&pairs);
    MPI_Type_free(&filetype);
    report_file("interleaved", 2 + N * ranks);
    MPI_File_set_size(file, 0);
}

static void matrix(void) {
    enum { ROWS = 6, COLUMNS = 8 };
    double part[ROWS][COLUMNS + 2];
    int sizes[2] = {ROWS * ranks, COLUMNS}, starts[2] = {ROWS * rank, 0};
    int subsizes[2] = {ROWS, COLUMNS}, inner_sizes[2] = {ROWS, COLUMNS + 2}, inner[2] = {0, 1};
    MPI_Datatype in_file, in_memory;
    MPI_Status status;
    int count;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS + 2; j++)
            part[i][j] = 100 * rank + 10 * i + j;
    MPI_Type_create_subarray(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_DOUBLE, &in_file);
    MPI_Type_create_subarray(2, inner_sizes, subsizes, inner, MPI_ORDER_C, MPI_DOUBLE, &in_memory);
    MPI_Type_commit(&in_file);
    MPI_Type_commit(&in_memory);
    MPI_File_set_view(file, 16, MPI_DOUBLE, in_file, "native", MPI_INFO_NULL);
    MPI_File_write_all(file, part, 1, in_memory, &status);
    MPI_Get_count(&status, in_memory, &count);
    report("subarrays: %d", count);
    others();
    memset(part, 0, sizeof part);
    MPI_File_read_at_all(file, 0, part, 1, in_memory, &status);
    report_doubles("back", &part[0][0], ROWS * (COLUMNS + 2));
    others();
    MPI_File_set_view(file, 16, MPI_DOUBLE, MPI_DOUBLE, "native", MPI_INFO_NULL);
    MPI_File_read_at(file, ((rank + 1) % ranks) * ROWS * COLUMNS, part, 5, MPI_DOUBLE, &status);
    report_doubles("next", &part[0][0], 5);
    MPI_Type_free(&in_file);
    MPI_Type_free(&in_memory);
    others();
    MPI_File_set_size(file, 0);
}

static void distributed(void) {
    int sizes[2] = {4 * ranks, 6}, distributions[2] = {MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK};
    int arguments[2] = {1, MPI_DISTRIBUTE_DFLT_DARG}, processes[2] = {ranks, 1};
    int values[24], got[24] = {0};
    MPI_Datatype type;
    MPI_Request request;
    for (int i = 0; i < 24; i++)
        values[i] = 1000 * rank + i;
    MPI_Type_create_darray(ranks, rank, 2, sizes, distributions, arguments, processes, MPI_ORDER_C,
                           MPI_INT, &type);
    MPI_Type_commit(&type);
    MPI_File_set_view(file, 0, MPI_INT, type, "native", MPI_INFO_NULL);
    MPI_File_write_all(file, values, 24, MPI_INT, MPI_STATUS_IGNORE);
    others();
    MPI_File_iread_at(file, 6, got, 12, MPI_INT, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("distributed", got, 12);
    MPI_Type_free(&type);
    report_file("in the file", 24 * ranks);
    MPI_File_set_size(file, 0);
}

static void structures(void) {
    struct record {
        int key;
        double value;
        char tag[3];
    } records[4], got[4];
    int lengths[3] = {1, 1, 3};
    MPI_Aint displacements[3] = {0, 8, 16};
    MPI_Datatype types[3] = {MPI_INT, MPI_DOUBLE, MPI_CHAR}, plain, record, etype, filetype;
    memset(records, 0, sizeof records);
    memset(got, 0, sizeof got);
    for (int i = 0; i < 4; i++) {
        records[i].key = 10 * rank + i;
        records[i].value = records[i].key + 0.5;
        memcpy(records[i].tag, "xyz", 3);
    }
    MPI_Type_create_struct(3, lengths, displacements, types, &plain);
    MPI_Type_create_resized(plain, 0, sizeof(struct record), &record);
    MPI_Type_commit(&record);
    /* In the file, packed records of 15 bytes, each rank every ranks-th. */
    MPI_Type_contiguous(15, MPI_BYTE, &etype);
    MPI_Type_commit(&etype);
    MPI_Type_create_resized(etype, 0, 15 * ranks, &filetype);
    MPI_Type_commit(&filetype);
    MPI_File_set_view(file, 15 * rank, etype, filetype, "native", MPI_INFO_NULL);
    MPI_File_write_at_all(file, 0, records, 4, record, MPI_STATUS_IGNORE);
    others();
    MPI_File_read_at(file, 1, got, 2, record, MPI_STATUS_IGNORE);
    for (int i = 0; i < 2; i++)
        report("record: %d %g %.3s", got[i].key, got[i].value, got[i].tag);
    others();
    /* By absolute addresses. */
    MPI_Aint where;
    MPI_Datatype absolute;
    int length = 1;
    memset(got, 0, sizeof got);
    MPI_Get_address(&got[1], &where);
    MPI_Type_create_struct(1, &length, &where, &record, &absolute);
    MPI_Type_commit(&absolute);
    MPI_File_read_at_all(file, 3, MPI_BOTTOM, 1, absolute, MPI_STATUS_IGNORE);
    report("absolute: %d %g %.3s", got[1].key, got[1].value, got[1].tag);
    others();
    MPI_Type_free(&absolute);
    MPI_Type_free(&plain);
    MPI_Type_free(&record);
    MPI_Type_free(&etype);
    MPI_Type_free(&filetype);
    MPI_File_set_view(file, 0, MPI_BYTE, MPI_BYTE, "internal", MPI_INFO_NULL);
    MPI_Aint extent;
    MPI_File_get_type_extent(file, MPI_DOUBLE, &extent);
    report("extent: %d", (int)extent);
    MPI_File_set_size(file, 0);
}

/* A struct whose lower bound a component's marker sets, above its first byte (as HDF5 makes them).
 */
static void marked(void) {
    int values[4], lengths[3] = {2, 1, 1}, zeros[256] = {0}; /* no gap is left to the host */
    MPI_Aint at[3] = {0, 32, 64};
    MPI_Datatype padded, type;
    for (int i = 0; i < 4; i++)
        values[i] = 10 * rank + i + 1;
    MPI_Type_create_resized(MPI_INT, 0, 12, &padded);
    MPI_Type_create_struct(3, lengths, at, (MPI_Datatype[]){MPI_INT, padded, MPI_INT}, &type);
    MPI_Type_commit(&type);
    MPI_File_set_view(file, 0, MPI_BYTE, MPI_BYTE, "native", MPI_INFO_NULL);
    MPI_File_write_at_all(file, 0, zeros, rank == 0 ? 256 : 0, MPI_INT, MPI_STATUS_IGNORE);
    others();
    MPI_File_set_view(file, 8 + 128 * rank, MPI_BYTE, type, "native", MPI_INFO_NULL);
    MPI_File_write_at_all(file, 0, values, 4, MPI_INT, MPI_STATUS_IGNORE);
    MPI_Type_free(&padded);
    MPI_Type_free(&type);
    report_file("marked", 48);
    MPI_File_set_size(file, 0);
}

/* Most data on one rank, none on others, and a view without data. */
static void uneven(void) {
    int values[40], got[40] = {0};
    MPI_Datatype none;
    for (int i = 0; i < 40; i++)
        values[i] = i;
    MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "native", MPI_INFO_NULL);
    MPI_File_write_at_all(file, 0, values, rank == ranks - 1 ? 40 : 0, MPI_INT, MPI_STATUS_IGNORE);
    others();
    MPI_File_read_at_all(file, 4 * rank, got, rank % 2 ? 0 : 4, MPI_INT, MPI_STATUS_IGNORE);
    report_ints("uneven", got, 4);
    others();
    MPI_Type_contiguous(0, MPI_INT, &none);
    MPI_Type_commit(&none);
    MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "native", MPI_INFO_NULL);
    MPI_File_write_at_all(file, 5, values, 1, none, MPI_STATUS_IGNORE);
    MPI_Type_free(&none);
    others();
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    if (rank == 0) remove(NAME);
    MPI_Barrier(MPI_COMM_WORLD);
    if (MPI_File_open(MPI_COMM_WORLD, NAME,
                      MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE, MPI_INFO_NULL,
                      &file) != MPI_SUCCESS)
        MPI_Abort(MPI_COMM_WORLD, 1);
    interleaved();
    matrix();
    distributed();
    structures();
    marked();
    uneven();
    MPI_File_close(&file);
    finish();
    return 0;
}
