/*
 * files_shared.c - shared file pointers: operations in any order, in the order of ranks, split and
 * nonblocking ones, seeking, views, sequential files. (Open MPI 4.1 cannot open a file to append to
 * with four ranks.)
 *
 * run.py: openmpi cannot run 4 rank
 */
#include "report.h"

enum { N = 4 };

#define NAME "files_shared.data"

static MPI_File open_file(int amode) {
    MPI_File file = MPI_FILE_NULL;
    int code = MPI_File_open(MPI_COMM_WORLD, NAME, amode, MPI_INFO_NULL, &file);
    if (code != MPI_SUCCESS) {
        fprintf(stderr, "rank %d: open with 0x%x: %s\n", rank, (unsigned)amode, class_name(code));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return file;
}

static void others(MPI_File file) {
    MPI_File_sync(file);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_sync(file);
}

static void report_shared(const char *name, MPI_File file) {
    MPI_Offset offset = -1;
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_get_position_shared(file, &offset);
    report("%s: shared at %lld", name, (long long)offset);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Whatever the order, all are there once, and nobody's are torn. */
static void any_order(void) {
    int values[N], got[N], seen[64] = {0}, count;
    MPI_Status status;
    MPI_Request request;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE);
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < N; i++)
            values[i] = 3 * rank + turn;
        MPI_File_write_shared(file, values, N, MPI_INT, &status);
        MPI_Get_count(&status, MPI_INT, &count);
        report("written: %d", count);
    }
    report_shared("written", file);
    others(file);
    for (int i = 0; i < 3 * ranks; i++) {
        MPI_File_read_at(file, i * (int)sizeof got, got, N, MPI_INT, MPI_STATUS_IGNORE);
        int whole = got[0] == got[1] && got[1] == got[2] && got[2] == got[3];
        if (whole && got[0] >= 0 && got[0] < 3 * ranks) seen[got[0]]++;
    }
    report_ints("seen", seen, 3 * ranks);
    MPI_File_seek_shared(file, 0, MPI_SEEK_SET);
    int sum = 0, total;
    for (int turn = 0; turn < 3; turn++) {
        if (turn == 1) {
            MPI_File_iread_shared(file, got, N, MPI_INT, &request);
            MPI_Wait(&request, &status);
        } else {
            MPI_File_read_shared(file, got, N, MPI_INT, &status);
        }
        MPI_Get_count(&status, MPI_INT, &count);
        sum += count * got[0];
    }
    MPI_Allreduce(&sum, &total, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    report("sum of all: %d", total);
    report_shared("read", file);
    MPI_File_iwrite_shared(file, values, N, MPI_INT, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_shared("iwrite_shared", file);
    MPI_File_close(&file);
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) MPI_File_delete(NAME, MPI_INFO_NULL);
    MPI_Barrier(MPI_COMM_WORLD);
}

static void ordered(void) {
    int values[64], got[64] = {0}, count;
    MPI_Status status;
    MPI_Offset offset;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE);
    for (int i = 0; i < 64; i++)
        values[i] = 100 * rank + i;
    MPI_File_write_ordered(file, values, rank + 1, MPI_INT, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    report("ordered: %d", count);
    MPI_File_write_ordered_begin(file, values + 10, 2, MPI_INT);
    MPI_File_write_ordered_end(file, values + 10, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    report("split: %d", count);
    report_shared("ordered", file);
    others(file);
    int all = ranks * (ranks + 1) / 2 + 2 * ranks;
    MPI_File_read_at(file, 0, got, all, MPI_INT, MPI_STATUS_IGNORE);
    report_ints("file", got, all);
    MPI_File_seek_shared(file, 4, MPI_SEEK_SET);
    memset(got, 0, sizeof got);
    MPI_File_read_ordered(file, got, 2, MPI_INT, &status);
    report_ints("read_ordered", got, 2);
    MPI_File_seek_shared(file, -4, MPI_SEEK_CUR);
    report_shared("back", file);
    MPI_File_read_ordered_begin(file, got, 1, MPI_INT);
    MPI_File_read_ordered_end(file, got, &status);
    report("read_ordered_begin: %d", got[0]);
    MPI_File_seek_shared(file, -8, MPI_SEEK_END);
    report_shared("end", file);
    MPI_File_get_position(file, &offset);
    report("individual: %lld", (long long)offset);

    /* Units of the view's etype; a new view starts at 0. */
    MPI_File_set_view(file, 8, MPI_INT, MPI_INT, "native", MPI_INFO_NULL);
    report_shared("view", file);
    MPI_File_write_ordered(file, values + 20, 3, MPI_INT, MPI_STATUS_IGNORE);
    report_shared("in the view", file);
    others(file);
    MPI_File_read_at(file, 0, got, 3 * ranks, MPI_INT, MPI_STATUS_IGNORE);
    report_ints("in the view", got, 3 * ranks);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_close(&file);
}

static void sequential(void) {
    int values[4], got[4] = {0};
    MPI_Status status;
    MPI_File file = open_file(MPI_MODE_WRONLY | MPI_MODE_CREATE | MPI_MODE_SEQUENTIAL);
    for (int i = 0; i < 4; i++)
        values[i] = 10 * rank + i;
    MPI_File_write_ordered(file, values, 2, MPI_INT, MPI_STATUS_IGNORE);
    MPI_File_write_ordered(file, values + 2, 1, MPI_INT, MPI_STATUS_IGNORE);
    MPI_File_close(&file);
    file = open_file(MPI_MODE_RDONLY | MPI_MODE_SEQUENTIAL | MPI_MODE_DELETE_ON_CLOSE);
    MPI_File_read_ordered(file, got, 2, MPI_INT, &status);
    report_ints("sequential", got, 2);
    MPI_File_close(&file);
}

static void append(void) {
    int value = rank;
    MPI_File file;
    if (rank == 0) {
        FILE *stream = fopen(NAME, "w");
        fwrite("abcdefgh", 1, 8, stream);
        fclose(stream);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    file = open_file(MPI_MODE_RDWR | MPI_MODE_APPEND | MPI_MODE_DELETE_ON_CLOSE);
    report_shared("append", file);
    MPI_File_write_ordered(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE);
    report_shared("appended", file);
    MPI_File_close(&file);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    if (rank == 0) remove(NAME);
    MPI_Barrier(MPI_COMM_WORLD);
    any_order();
    ordered();
    sequential();
    append();
    finish();
    return 0;
}
