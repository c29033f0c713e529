/*
 * files.c - MPI-IO without shared pointers: opening and closing, explicit offsets, individual
 * pointers, collective, nonblocking and split operations, sizes, modes, error handlers.
 */
#include "report.h"

#include <errno.h>

enum { N = 16 };

#define NAME "files.data"

static void report_status(const char *name, const MPI_Status *status, MPI_Datatype type) {
    int count = -1, elements = -1;
    MPI_Get_count(status, type, &count);
    MPI_Get_elements(status, type, &elements);
    report("%s: %d elements, %d items", name, elements, count);
}

static MPI_File open_file(int amode) {
    MPI_File file = MPI_FILE_NULL;
    int code = MPI_File_open(MPI_COMM_WORLD, NAME, amode, MPI_INFO_NULL, &file);
    if (code != MPI_SUCCESS) {
        char text[MPI_MAX_ERROR_STRING];
        int length;
        MPI_Error_string(code, text, &length);
        fprintf(stderr, "rank %d: open with 0x%x: %s\n", rank, (unsigned)amode, text);
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    return file;
}

static void remove_file(void) {
    MPI_Barrier(MPI_COMM_WORLD);
    if (rank == 0) MPI_File_delete(NAME, MPI_INFO_NULL);
    MPI_Barrier(MPI_COMM_WORLD);
}

static void others(MPI_File file) {
    MPI_File_sync(file);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_sync(file);
}

static void fill(int *values, int base) {
    for (int i = 0; i < N; i++)
        values[i] = base + 100 * rank + i;
}

static void offsets(void) {
    int values[N], got[N] = {0}, amode, flag;
    int next = (rank + 1) % ranks;
    MPI_Offset size, position;
    MPI_Status status;
    MPI_Group group;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE);
    fill(values, 1000);
    MPI_File_get_amode(file, &amode);
    report("mode: %d", amode == (MPI_MODE_RDWR | MPI_MODE_CREATE));
    MPI_File_get_group(file, &group);
    MPI_Group_size(group, &flag);
    report("group: %d", flag);
    MPI_Group_free(&group);
    MPI_File_write_at(file, rank * (int)sizeof values, values, N, MPI_INT, &status);
    report_status("write_at", &status, MPI_INT);
    others(file);
    MPI_File_read_at(file, next * (int)sizeof values, got, N, MPI_INT, &status);
    report_ints("read_at", got, N);
    report_status("read_at", &status, MPI_INT);
    MPI_File_get_size(file, &size);
    report("size: %lld", (long long)size);
    MPI_File_read_at(file, size - 6, got, 4, MPI_INT, &status);
    report_status("short", &status, MPI_BYTE);
    MPI_File_read_at(file, size + 1000, got, 4, MPI_INT, &status);
    report_status("behind the end", &status, MPI_INT);
    MPI_File_read_at(file, 0, NULL, 0, MPI_INT, MPI_STATUS_IGNORE);
    MPI_File_get_position(file, &position);
    report("position: %lld", (long long)position);
    MPI_File_get_byte_offset(file, 12, &position);
    report("byte offset: %lld", (long long)position);
    others(file);
    fill(values, 2000);
    MPI_File_write_at_all(file, rank * (int)sizeof values, values, N, MPI_INT, &status);
    report_status("write_at_all", &status, MPI_INT);
    others(file);
    memset(got, 0, sizeof got);
    MPI_File_read_at_all(file, next * (int)sizeof values, got, N, MPI_INT, &status);
    report_ints("read_at_all", got, N);
    MPI_File_close(&file);
    report("closed: %d", file == MPI_FILE_NULL);
    remove_file();
}

static void pointers(void) {
    int values[N], got[N] = {0};
    MPI_Offset position, size;
    MPI_Status status;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_EXCL);
    fill(values, 0);
    MPI_File_seek(file, rank * (int)sizeof values, MPI_SEEK_SET);
    MPI_File_write(file, values, N / 2, MPI_INT, &status);
    MPI_File_write(file, values + N / 2, N / 2, MPI_INT, &status);
    report_status("write", &status, MPI_INT);
    MPI_File_get_position(file, &position);
    report("written to %lld", (long long)position);
    others(file);
    MPI_File_seek(file, -(int)sizeof values, MPI_SEEK_CUR);
    MPI_File_read(file, got, N, MPI_INT, &status);
    report_ints("read", got, N);
    MPI_File_seek(file, -8, MPI_SEEK_END);
    MPI_File_get_position(file, &position);
    MPI_File_read(file, got, 4, MPI_INT, &status);
    report("from %lld: %d %d", (long long)position, got[0], got[1]);
    report_status("to the end", &status, MPI_INT);
    MPI_File_seek(file, rank * (int)sizeof values, MPI_SEEK_SET);
    memset(got, 0, sizeof got);
    MPI_File_read_all(file, got, N, MPI_INT, &status);
    report_ints("read_all", got, N);
    others(file);
    fill(values, 50);
    MPI_File_seek(file, (ranks - 1 - rank) * (int)sizeof values, MPI_SEEK_SET);
    MPI_File_write_all(file, values, N, MPI_INT, &status);
    report_status("write_all", &status, MPI_INT);
    others(file);
    MPI_File_get_size(file, &size);
    report("size: %lld", (long long)size);
    MPI_File_read_at(file, 0, got, N, MPI_INT, &status);
    report_ints("first", got, N);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_set_size(file, 40);
    MPI_File_get_size(file, &size);
    report("cut: %lld", (long long)size);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_File_preallocate(file, 4096);
    MPI_File_get_size(file, &size);
    report("preallocated: %lld", (long long)size);
    int flag = -1;
    MPI_File_set_atomicity(file, 1);
    MPI_File_get_atomicity(file, &flag);
    report("atomicity: %d", flag != 0);
    MPI_File_close(&file);
    remove_file();
}

static void nonblocking(void) {
    int values[N], more[N], got[N] = {0}, again[N] = {0};
    MPI_Request requests[2];
    MPI_Status statuses[2];
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE);
    int at = 2 * rank * (int)sizeof values, flag = 0;
    fill(values, 5000);
    fill(more, 7000);
    MPI_File_iwrite_at(file, at, values, N, MPI_INT, &requests[0]);
    MPI_File_iwrite_at(file, at + (int)sizeof values, more, N, MPI_INT, &requests[1]);
    MPI_Waitall(2, requests, statuses);
    report_status("iwrite_at", &statuses[0], MPI_INT);
    report_status("iwrite_at", &statuses[1], MPI_INT);
    others(file);
    MPI_File_iread_at(file, at, got, N, MPI_INT, &requests[0]);
    while (!flag)
        MPI_Test(&requests[0], &flag, &statuses[0]);
    report_ints("iread_at", got, N);
    report_status("iread_at", &statuses[0], MPI_INT);
    MPI_File_seek(file, at, MPI_SEEK_SET);
    MPI_File_iread(file, got, 4, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    MPI_File_iread(file, again, 4, MPI_INT, &requests[1]);
    MPI_Wait(&requests[1], &statuses[1]);
    report_ints("iread", got, 4);
    report_ints("iread", again, 4);
    report_status("iread", &statuses[1], MPI_INT);
    others(file);
    MPI_File_seek(file, at, MPI_SEEK_SET);
    MPI_File_iwrite(file, more, 3, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], &statuses[0]);
    report_status("iwrite", &statuses[0], MPI_INT);
    MPI_File_iwrite_at_all(file, at + 12, more, 2, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], &statuses[0]);
    report_status("iwrite_at_all", &statuses[0], MPI_INT);
    MPI_File_seek(file, at + 20, MPI_SEEK_SET);
    MPI_File_iwrite_all(file, more + 8, 1, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    others(file);
    MPI_File_iread_at_all(file, at, got, 8, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], &statuses[0]);
    report_ints("iread_at_all", got, 8);
    report_status("iread_at_all", &statuses[0], MPI_INT);
    MPI_File_seek(file, at + 4, MPI_SEEK_SET);
    MPI_File_iread_all(file, got, 3, MPI_INT, &requests[0]);
    MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    report_ints("iread_all", got, 3);
    MPI_File_close(&file);
    remove_file();
}

static void split(void) {
    int values[N], got[N] = {0};
    MPI_Status status;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE);
    fill(values, 300);
    MPI_File_write_at_all_begin(file, rank * (int)sizeof values, values, N, MPI_INT);
    MPI_File_write_at_all_end(file, values, &status);
    report_status("write_at_all_begin", &status, MPI_INT);
    others(file);
    MPI_File_read_at_all_begin(file, rank * (int)sizeof values, got, N, MPI_INT);
    MPI_File_read_at_all_end(file, got, &status);
    report_ints("read_at_all_begin", got, N);
    report_status("read_at_all_begin", &status, MPI_INT);
    others(file);
    fill(values, 400);
    MPI_File_seek(file, rank * 8, MPI_SEEK_SET);
    MPI_File_write_all_begin(file, values, 2, MPI_INT);
    MPI_File_write_all_end(file, values, &status);
    report_status("write_all_begin", &status, MPI_INT);
    others(file);
    MPI_File_seek(file, 0, MPI_SEEK_SET);
    MPI_File_read_all_begin(file, got, 2 * ranks, MPI_INT);
    MPI_File_read_all_end(file, got, MPI_STATUS_IGNORE);
    report_ints("read_all_begin", got, 2 * ranks < N ? 2 * ranks : N);
    MPI_File_close(&file);
    MPI_Barrier(MPI_COMM_WORLD);
    FILE *there = fopen(NAME, "r");
    report("deleted: %d", there == NULL && errno == ENOENT);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Reads that do not block and reach behind the end, or lie there. Open MPI natively waits for such
 * data without end: there blocking ones tell what there is. */
enum { AT, AT_ALL, HERE, HERE_ALL, SPLIT_AT, SPLIT_HERE, WAYS };

static void read_some(MPI_File file, int way, int at, int *got, int count, MPI_Status *status) {
    MPI_Request request = MPI_REQUEST_NULL;
    if (way == HERE || way == HERE_ALL || way == SPLIT_HERE) MPI_File_seek(file, at, MPI_SEEK_SET);
#if defined(OPEN_MPI) && !defined(__wasm__)
    MPI_File_read_at(file, at, got, count, MPI_INT, status);
#else
    switch (way) {
    case AT: MPI_File_iread_at(file, at, got, count, MPI_INT, &request); break;
    case AT_ALL: MPI_File_iread_at_all(file, at, got, count, MPI_INT, &request); break;
    case HERE: MPI_File_iread(file, got, count, MPI_INT, &request); break;
    case HERE_ALL: MPI_File_iread_all(file, got, count, MPI_INT, &request); break;
    case SPLIT_AT:
        MPI_File_read_at_all_begin(file, at, got, count, MPI_INT);
        MPI_File_read_at_all_end(file, got, status);
        break;
    case SPLIT_HERE:
        MPI_File_read_all_begin(file, got, count, MPI_INT);
        MPI_File_read_all_end(file, got, status);
        break;
    }
    if (request != MPI_REQUEST_NULL) MPI_Wait(&request, status);
#endif
}

static void behind_the_end(void) {
    int values[N], got[N];
    MPI_Status status;
    MPI_Datatype every_other;
    MPI_File file = open_file(MPI_MODE_RDWR | MPI_MODE_CREATE);
    fill(values, 600);
    MPI_File_write_at_all(file, rank * (int)sizeof values, values, N, MPI_INT, &status);
    others(file);
    MPI_Type_vector(1, 1, 2, MPI_INT, &every_other);
    MPI_Type_create_resized(every_other, 0, 8, &every_other);
    MPI_Type_commit(&every_other);
    for (int view = 0; view < 2; view++) {
        int end = ranks * (int)sizeof values;
        if (view == 1) {
            MPI_File_set_view(file, 4, MPI_INT, every_other, "native", MPI_INFO_NULL);
            end = ranks * N / 2;
        }
        int size = view == 0 ? 4 : 1;
        for (int way = 0; way < WAYS; way++) {
            memset(got, 0, sizeof got);
            read_some(file, way, end - 2 * size, got, 2, &status);
            report_status("all that is left", &status, MPI_INT);
            report_ints("all that is left", got, 3);
            memset(got, 0, sizeof got);
            read_some(file, way, end - 2 * size, got, N / 2, &status);
            report_ints("half behind the end", got, 2);
            /* MPICH natively says that collective ones got what they were asked for. */
            if (way == AT || way == HERE) report_status("half behind the end", &status, MPI_INT);
            read_some(file, way, end + 100 * size, got, 1, &status);
            if (way == AT || way == HERE) report_status("behind the end", &status, MPI_INT);
        }
    }
    MPI_Type_free(&every_other);
    MPI_File_close(&file);
    remove_file();
}

static int called, called_class;
static MPI_File called_for;

static void handler(MPI_File *file, int *code, ...) {
    called++;
    called_for = *file;
    MPI_Error_class(*code, &called_class);
}

static void modes_and_errors(void) {
    int value = 10 + rank, got[3] = {0};
    MPI_Offset position;
    MPI_Errhandler errhandler, other;
    MPI_File file;
    if (rank == 0) {
        FILE *stream = fopen(NAME, "w");
        fwrite("abcdefgh", 1, 8, stream);
        fclose(stream);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    file = open_file(MPI_MODE_WRONLY | MPI_MODE_APPEND);
    MPI_File_get_position(file, &position);
    report("append at %lld", (long long)position);
    MPI_File_close(&file);
    file = open_file(MPI_MODE_RDONLY);
    MPI_File_get_errhandler(file, &errhandler);
    report("default handler: %d", errhandler == MPI_ERRORS_RETURN);
    MPI_File_read_all(file, got, 8, MPI_CHAR, MPI_STATUS_IGNORE);
    report("read: %.8s", (char *)got);
    report("write: %s", class_name(MPI_File_write_at(file, 0, &value, 1, MPI_INT,
                                                     MPI_STATUS_IGNORE)) == class_name(0)
                            ? "succeeded"
                            : "failed");
    MPI_File_create_errhandler(handler, &errhandler);
    MPI_File_set_errhandler(file, errhandler);
    MPI_File_call_errhandler(file, MPI_ERR_IO);
    report("called %d for it: %d, class %d", called, called_for == file,
           called_class == MPI_ERR_IO);
    MPI_File_get_errhandler(file, &other);
    report("same handler: %d", other == errhandler);
    MPI_Errhandler_free(&other);
    MPI_File_close(&file);
    remove_file();

    called = 0;
    int code = MPI_File_open(MPI_COMM_WORLD, "no such file", MPI_MODE_RDONLY, MPI_INFO_NULL, &file);
    int error_class;
    MPI_Error_class(code, &error_class);
    report("missing: %d, called %d", error_class == MPI_ERR_NO_SUCH_FILE, called);
    MPI_File_set_errhandler(MPI_FILE_NULL, errhandler);
    code = MPI_File_open(MPI_COMM_WORLD, "no such file", MPI_MODE_RDONLY, MPI_INFO_NULL, &file);
    report("missing: called %d, null %d", called, called_for == MPI_FILE_NULL);
    MPI_File_set_errhandler(MPI_FILE_NULL, MPI_ERRORS_RETURN);
    MPI_Errhandler_free(&errhandler);
    if (rank == 0) {
        MPI_Error_class(MPI_File_delete("no such file", MPI_INFO_NULL), &error_class);
        report("delete: %d", error_class == MPI_ERR_NO_SUCH_FILE);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Each rank alone, by other names for the same places. */
static void alone(void) {
    char name[64];
    int got = 0;
    MPI_File file;
    MPI_Info info, used;
    snprintf(name, sizeof name, "./files.%d", rank);
    MPI_Info_create(&info);
    MPI_Info_set(info, "cb_buffer_size", "65536");
    MPI_Info_set(info, "romio_ds_write", "disable");
    report("alone: %s",
           class_name(MPI_File_open(MPI_COMM_SELF, name,
                                    MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE,
                                    info, &file)));
    MPI_File_set_info(file, info);
    MPI_File_get_info(file, &used);
    report("info: %d", used != MPI_INFO_NULL);
    MPI_Info_free(&used);
    MPI_Info_free(&info);
    MPI_File_write_all(file, &rank, 1, MPI_INT, MPI_STATUS_IGNORE);
    MPI_File_read_at(file, 0, &got, 1, MPI_INT, MPI_STATUS_IGNORE);
    report("own: %d", got);
    MPI_File_close(&file);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    if (rank == 0) remove(NAME);
    MPI_Barrier(MPI_COMM_WORLD);
    offsets();
    pointers();
    nonblocking();
    split();
    behind_the_end();
    modes_and_errors();
    alone();
    finish();
    return 0;
}
