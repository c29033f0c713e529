/* What MPI-IO may not be given, on two ranks: every call has to fail with the class of its error.
 * The driver grants one directory as ".", with links that lead out of it, and another as "/ro" for
 * reading only. Exit code: the number of failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_as(const char *name, int amode) {
    MPI_File file = MPI_FILE_NULL;
    int code = MPI_File_open(MPI_COMM_WORLD, name, amode, MPI_INFO_NULL, &file);
    if (code == MPI_SUCCESS) MPI_File_close(&file);
    return code;
}

static void names(void) {
    const int both = MPI_MODE_RDWR, make = MPI_MODE_RDWR | MPI_MODE_CREATE;
    const int reading = MPI_MODE_RDONLY;
    char *endless = malloc(1 << 16);
    memset(endless, 'x', 1 << 16);
    endless[(1 << 16) - 1] = '\0';
    WORKS(open_as("data", both));
    WORKS(open_as("./data", both));
    WORKS(open_as("/data", both));
    WORKS(open_as("ufs:data", both));
    WORKS(open_as("sub/../data", both));
    WORKS(open_as("inside", both)); /* a link that stays inside */
    WORKS(open_as("/ro/data", reading));
    FAILS(MPI_ERR_ACCESS, open_as("../secret/file", reading));
    FAILS(MPI_ERR_ACCESS, open_as("../secret/new", make));
    FAILS(MPI_ERR_ACCESS, open_as("/../secret/file", reading));
    FAILS(MPI_ERR_ACCESS, open_as("sub/../../secret/file", reading));
    FAILS(MPI_ERR_ACCESS, open_as("ufs:../secret/file", reading));
    FAILS(MPI_ERR_ACCESS, open_as("/ro/../box/data", reading));
    FAILS(MPI_ERR_ACCESS, open_as("link", reading));
    FAILS(MPI_ERR_ACCESS, open_as("link", make));
    FAILS(MPI_ERR_ACCESS, open_as("absolute", reading));
    FAILS(MPI_ERR_ACCESS, open_as("dirlink/file", reading));
    FAILS(MPI_ERR_ACCESS, open_as("dirlink/new", make));
    FAILS(MPI_ERR_ACCESS, open_as("dangling", make));
    FAILS(MPI_ERR_NO_SUCH_FILE, open_as("/etc/passwd", reading));
    FAILS(MPI_ERR_NO_SUCH_FILE, open_as("/proc/self/mem", reading));
    FAILS(MPI_ERR_NO_SUCH_FILE, open_as("missing", reading));
    FAILS(MPI_ERR_BAD_FILE, open_as("ftp:data", reading));
    FAILS(MPI_ERR_BAD_FILE, open_as("ufs:nfs:data", reading));
    FAILS(MPI_ERR_BAD_FILE, open_as("x:data", make));
    FAILS(MPI_ERR_BAD_FILE, open_as("", make));
    FAILS(MPI_ERR_BAD_FILE, open_as("ufs:", make));
    FAILS(MPI_ERR_BAD_FILE, open_as(".", reading));
    FAILS(MPI_ERR_BAD_FILE, open_as("sub", both));
    FAILS(MPI_ERR_BAD_FILE, open_as("data/x", both));
    FAILS(MPI_ERR_BAD_FILE, open_as("pipe", both));
    FAILS(MPI_ERR_BAD_FILE, open_as(endless, make));
    FAILS(MPI_ERR_FILE_EXISTS, open_as("data", make | MPI_MODE_EXCL));
    FAILS(MPI_ERR_READ_ONLY, open_as("/ro/data", both));
    FAILS(MPI_ERR_READ_ONLY, open_as("/ro/data", MPI_MODE_WRONLY));
    FAILS(MPI_ERR_READ_ONLY, open_as("/ro/new", make));
    FAILS(MPI_ERR_READ_ONLY, open_as("/ro/data", reading | MPI_MODE_DELETE_ON_CLOSE));
    FAILS(MPI_ERR_READ_ONLY, MPI_File_delete("/ro/data", MPI_INFO_NULL));
    FAILS(MPI_ERR_ACCESS, MPI_File_delete("../secret/file", MPI_INFO_NULL));
    FAILS(MPI_ERR_ACCESS, MPI_File_delete("dirlink/file", MPI_INFO_NULL));
    FAILS(MPI_ERR_BAD_FILE, MPI_File_delete("ftp:data", MPI_INFO_NULL));
    /* Ranks that do not agree. */
    FAILS(MPI_ERR_NO_SUCH_FILE, open_as(rank == 1 ? "missing" : "data", both));
    FAILS(MPI_ERR_NOT_SAME, open_as("data", rank == 1 ? both : reading));
    FAILS(MPI_ERR_AMODE, open_as("data", rank == 1 ? 0 : reading));
    FAILS(MPI_ERR_AMODE, open_as("data", both | reading));
    FAILS(MPI_ERR_AMODE, open_as("data", reading | MPI_MODE_CREATE));
    FAILS(MPI_ERR_AMODE, open_as("data", both | 1 << 20));
    free(endless);
}

/* A link that leads out comes and goes while the name is opened. */
static void race(void) {
    MPI_File file;
    char content[7] = "";
    for (int i = 0; i < 300; i++) {
        if (rank == 1) {
            symlink("../secret/file", "swap.link");
            rename("swap.link", "swap");
            link("data", "swap.data");
            rename("swap.data", "swap");
        } else if (MPI_File_open(MPI_COMM_SELF, "swap", MPI_MODE_RDWR, MPI_INFO_NULL, &file) ==
                   MPI_SUCCESS) {
            MPI_File_read_at(file, 0, content, 6, MPI_CHAR, MPI_STATUS_IGNORE);
            if (strcmp(content, "secret") == 0) {
                failures++;
                fprintf(stderr, "the secret was read\n");
            }
            MPI_File_write_at(file, 0, "public", 6, MPI_CHAR, MPI_STATUS_IGNORE);
            MPI_File_close(&file);
        }
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void handles_and_views(void) {
    int values[16] = {0}, *wild = (int *)0x7ffffff0, lengths[2] = {1, 1};
    MPI_Aint falling[2] = {8, 0}, negative = -8;
    int length = 1;
    MPI_Datatype odd, backwards, before, nothing, flat, uncommitted;
    MPI_Offset offset;
    MPI_Request request;
    MPI_File file, freed;
    WORKS(MPI_File_open(MPI_COMM_WORLD, "data", MPI_MODE_RDWR, MPI_INFO_NULL, &file));
    WORKS(MPI_File_set_size(file, 4096));
    FAILS(MPI_ERR_ARG, MPI_File_read_at(file, -1, values, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_ARG, MPI_File_read_at(file, INT64_MAX, values, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_ARG, MPI_File_seek(file, -1, MPI_SEEK_SET));
    FAILS(MPI_ERR_ARG, MPI_File_seek(file, -5000, MPI_SEEK_END));
    FAILS(MPI_ERR_ARG, MPI_File_seek(file, INT64_MAX, MPI_SEEK_END));
    FAILS(MPI_ERR_ARG, MPI_File_seek(file, 0, 77));
    FAILS(MPI_ERR_ARG, MPI_File_seek_shared(file, -1, MPI_SEEK_SET));
    FAILS(MPI_ERR_NOT_SAME, MPI_File_seek_shared(file, rank, MPI_SEEK_SET));
    FAILS(MPI_ERR_ARG, MPI_File_get_byte_offset(file, -1, &offset));
    FAILS(MPI_ERR_ARG, MPI_File_set_size(file, -1));
    FAILS(MPI_ERR_ARG, MPI_File_preallocate(file, -1));
    FAILS(MPI_ERR_BUFFER, MPI_File_read_at(file, 0, wild, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_BUFFER, MPI_File_write_at(file, 0, wild, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_BUFFER, MPI_File_read_all(file, values, 0x7fffffff, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_BUFFER, MPI_File_read_shared(file, NULL, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_COUNT, MPI_File_iread(file, values, -1, MPI_INT, &request));
    FAILS(MPI_ERR_ARG, MPI_File_read_at(file, 0, values, 1, MPI_INT, (MPI_Status *)wild));
    FAILS(MPI_ERR_IO, MPI_File_read_all_end(file, values, MPI_STATUS_IGNORE));
    /* One rank's mistake is everybody's where ranks wait for each other. */
    FAILS(MPI_ERR_BUFFER,
          MPI_File_write_ordered(file, rank == 1 ? wild : values, 1, MPI_INT, MPI_STATUS_IGNORE));

    MPI_Type_create_hindexed(2, lengths, falling, MPI_INT, &backwards);
    MPI_Type_create_hindexed(1, &length, &negative, MPI_INT, &before);
    MPI_Type_contiguous(0, MPI_INT, &nothing);
    MPI_Type_contiguous(3, MPI_BYTE, &odd);
    MPI_Type_create_resized(MPI_INT, 0, 0, &flat);
    MPI_Type_contiguous(2, MPI_INT, &uncommitted);
    MPI_Type_commit(&backwards);
    MPI_Type_commit(&before);
    MPI_Type_commit(&nothing);
    MPI_Type_commit(&odd);
    MPI_Type_commit(&flat);
#define VIEW(disp, etype, filetype, datarep)                                                       \
    MPI_File_set_view(file, disp, etype, filetype, datarep, MPI_INFO_NULL)
    FAILS(MPI_ERR_IO, VIEW(0, MPI_INT, backwards, "native"));
    FAILS(MPI_ERR_IO, VIEW(0, MPI_INT, before, "native"));
    FAILS(MPI_ERR_ARG, VIEW(0, nothing, MPI_INT, "native"));
    FAILS(MPI_ERR_ARG, VIEW(0, MPI_INT, odd, "native"));
    FAILS(MPI_ERR_ARG, VIEW(0, MPI_INT, flat, "native"));
    FAILS(MPI_ERR_ARG, VIEW(-2, MPI_INT, MPI_INT, "native"));
    FAILS(MPI_ERR_ARG, VIEW(MPI_DISPLACEMENT_CURRENT, MPI_INT, MPI_INT, "native"));
    FAILS(MPI_ERR_TYPE, VIEW(0, MPI_INT, uncommitted, "native"));
    FAILS(MPI_ERR_TYPE, VIEW(0, MPI_INT, MPI_DATATYPE_NULL, "native"));
    FAILS(MPI_ERR_UNSUPPORTED_DATAREP, VIEW(0, MPI_INT, MPI_INT, "no such"));
    WORKS(VIEW(0, MPI_INT, nothing, "native"));
    FAILS(MPI_ERR_ARG, MPI_File_write(file, values, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_ARG, MPI_File_read_at(file, 3, values, 1, MPI_INT, MPI_STATUS_IGNORE));
    WORKS(MPI_File_read_at(file, 0, values, 0, MPI_INT, MPI_STATUS_IGNORE));
    WORKS(VIEW(0, MPI_BYTE, MPI_BYTE, "native"));

    /* Operations that have not ended keep the file open. */
    freed = file;
    WORKS(MPI_File_iread_at(file, 0, values, 16, MPI_INT, &request));
    FAILS(MPI_ERR_OTHER, MPI_File_close(&file));
    WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    WORKS(MPI_File_iwrite_at(file, 0, values, 16, MPI_INT, &request));
    WORKS(MPI_Request_free(&request));
    /* Any number of elements that are empty: some MPIs divide by their size. */
    WORKS(MPI_File_iread_at(file, 0, NULL, 1 << 30, nothing, &request));
    WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    WORKS(MPI_File_iwrite_at(file, 0, NULL, 1 << 30, nothing, &request));
    WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    WORKS(MPI_File_write_all(file, NULL, 1 << 30, nothing, MPI_STATUS_IGNORE));
    WORKS(MPI_File_write_all_begin(file, NULL, 1 << 30, nothing));
    WORKS(MPI_File_write_all_end(file, NULL, MPI_STATUS_IGNORE));
    WORKS(MPI_File_read_at_all_begin(file, 0, NULL, 1 << 30, nothing));
    WORKS(MPI_File_read_at_all_end(file, NULL, MPI_STATUS_IGNORE));
    WORKS(MPI_File_write_ordered(file, NULL, 1 << 30, nothing, MPI_STATUS_IGNORE));
    WORKS(MPI_File_iread_shared(file, NULL, 1 << 30, nothing, &request));
    WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    WORKS(MPI_File_read_all_begin(file, values, 1, MPI_INT));
    FAILS(MPI_ERR_IO, MPI_File_write_all_begin(file, values, 1, MPI_INT));
    FAILS(MPI_ERR_IO, MPI_File_write_all_end(file, values, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_OTHER, MPI_File_close(&file));
    WORKS(MPI_File_read_all_end(file, values, MPI_STATUS_IGNORE));
    WORKS(MPI_File_close(&file));
    FAILS(MPI_ERR_FILE, MPI_File_close(&file));
    FAILS(MPI_ERR_FILE, MPI_File_close(&freed));
    FAILS(MPI_ERR_FILE, MPI_File_read_at(freed, 0, values, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_FILE, MPI_File_get_size((MPI_File)MPI_COMM_WORLD, &offset));
    FAILS(MPI_ERR_FILE, MPI_File_sync(MPI_FILE_NULL));
    MPI_Type_free(&backwards);
    MPI_Type_free(&before);
    MPI_Type_free(&nothing);
    MPI_Type_free(&odd);
    MPI_Type_free(&flat);
    MPI_Type_free(&uncommitted);
}

static int convert(void *user, MPI_Datatype type, int count, void *file, MPI_Offset position,
                   void *extra) {
    failures++; /* no view has it */
    return MPI_SUCCESS;
}

static int extent_of(MPI_Datatype type, MPI_Aint *extent, void *extra) {
    failures++;
    return MPI_SUCCESS;
}

/* Representations of the program's own: whether or not they can be registered, no view has them. */
static void representations(void) {
    long double wide = 1;
    MPI_File file;
#define OWN(name, conversion) MPI_Register_datarep(name, conversion, conversion, extent_of, NULL)
    /* MPICH 4.0 takes those without functions that convert, Open MPI 4.1 none. */
    OWN("converted", convert);
    OWN("our own", MPI_CONVERSION_FN_NULL);
    WORKS(MPI_File_open(MPI_COMM_WORLD, "data", MPI_MODE_RDWR, MPI_INFO_NULL, &file));
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? "our own" : "converted";
        SAYS(MPI_ERR_UNSUPPORTED_DATAREP, name,
             MPI_File_set_view(file, 0, MPI_INT, MPI_INT, name, MPI_INFO_NULL));
    }
    WORKS(MPI_File_write_at(file, 0, &wide, 1, MPI_LONG_DOUBLE, MPI_STATUS_IGNORE));
    WORKS(MPI_File_close(&file));
}

static void modes(void) {
    int value = 0;
    MPI_Offset offset;
    MPI_File file;
    WORKS(MPI_File_open(MPI_COMM_WORLD, "/ro/data", MPI_MODE_RDONLY, MPI_INFO_NULL, &file));
    WORKS(MPI_File_read_at(file, 0, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    if (MPI_File_write_at(file, 0, &value, 1, MPI_INT, MPI_STATUS_IGNORE) == MPI_SUCCESS)
        failures++;
    FAILS(MPI_ERR_READ_ONLY, MPI_File_write_shared(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_READ_ONLY, MPI_File_read_shared(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    WORKS(MPI_File_close(&file));
    WORKS(MPI_File_open(MPI_COMM_WORLD, "data", MPI_MODE_WRONLY, MPI_INFO_NULL, &file));
    FAILS(MPI_ERR_ACCESS, MPI_File_read_shared(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    WORKS(MPI_File_close(&file));
    const int sequential = MPI_MODE_RDONLY | MPI_MODE_SEQUENTIAL;
    WORKS(MPI_File_open(MPI_COMM_WORLD, "data", sequential, MPI_INFO_NULL, &file));
    FAILS(MPI_ERR_UNSUPPORTED_OPERATION,
          MPI_File_read_at(file, 0, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    FAILS(MPI_ERR_UNSUPPORTED_OPERATION, MPI_File_seek(file, 0, MPI_SEEK_SET));
    FAILS(MPI_ERR_UNSUPPORTED_OPERATION, MPI_File_get_position(file, &offset));
    FAILS(MPI_ERR_ARG, MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "native", MPI_INFO_NULL));
    WORKS(MPI_File_read_ordered(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE));
    WORKS(MPI_File_set_view(file, MPI_DISPLACEMENT_CURRENT, MPI_INT, MPI_INT, "native",
                            MPI_INFO_NULL));
    MPI_Datatype etype, filetype;
    char datarep[MPI_MAX_DATAREP_STRING];
    WORKS(MPI_File_get_view(file, &offset, &etype, &filetype, datarep));
    if (offset != 8 || etype != MPI_INT || strcmp(datarep, "native") != 0) failures++;
    WORKS(MPI_File_close(&file));
}

/* Operations that have not ended, on another file and on one rank, are no reason for that rank not
 * to take part. */
static void synchronising(void) {
    static char bytes[1 << 20];
    MPI_File shared, own;
    MPI_Request request = MPI_REQUEST_NULL;
    const int make = MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE;
    WORKS(MPI_File_open(MPI_COMM_WORLD, "shared", make, MPI_INFO_NULL, &shared));
    WORKS(MPI_File_open(MPI_COMM_SELF, rank == 0 ? "own0" : "own1", make, MPI_INFO_NULL, &own));
    if (rank == 0) {
        WORKS(MPI_File_iwrite(own, bytes, sizeof bytes, MPI_BYTE, &request));
    }
    WORKS(MPI_File_sync(shared));
    WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    MPI_File_close(&own);
    MPI_File_close(&shared);
}

/* Data in memory whose datatype's lower bound is far from them: where MPI-IO takes it for their
 * place, it leaves the program's memory. */
static void far_bounds(void) {
    static const MPI_Count bounds[] = {
        0x7ffffffe, 1 << 20, 64, -64, -0x7ffffff0, (MPI_Count)1 << 40, -((MPI_Count)1 << 40), 0};
    MPI_File file;
    WORKS(MPI_File_open(MPI_COMM_SELF, rank == 0 ? "far0" : "far1",
                        MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE, MPI_INFO_NULL,
                        &file));
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        static int out[64], in[64];
        MPI_Datatype pair, type;
        MPI_Request request;
        WORKS(MPI_Type_vector(2, 1, 2, MPI_INT, &pair));
        WORKS(MPI_Type_create_resized_c(pair, bounds[i], 16, &type));
        WORKS(MPI_Type_commit(&type));
        for (int k = 0; k < 64; k++) {
            out[k] = 1000 * (int)i + k;
            in[k] = -1;
        }
        WORKS(MPI_File_write_at(file, 0, out, 8, type, MPI_STATUS_IGNORE));
        WORKS(MPI_File_iwrite_at(file, 64, out + 32, 1, type, &request));
        WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
        WORKS(MPI_File_read_at_all(file, 0, in, 9, type, MPI_STATUS_IGNORE));
        for (int k = 0; k < 36; k++) {
            if (in[k] != (k % 2 == 1 ? -1 : out[k])) {
                printf("bound %lld: item %d is %d\n", (long long)bounds[i], k, in[k]);
                failures++;
                break;
            }
        }
        if (bounds[i] != 0) { /* deeper inside it is no use to files */
            MPI_Type_free(&pair);
            WORKS(MPI_Type_contiguous(2, type, &pair));
            WORKS(MPI_Type_commit(&pair));
            FAILS(MPI_ERR_TYPE, MPI_File_write_at(file, 0, out, 1, pair, MPI_STATUS_IGNORE));
        }
        MPI_Type_free(&type);
        MPI_Type_free(&pair);
    }
    MPI_File_close(&file);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    names();
    race();
    handles_and_views();
    representations();
    modes();
    synchronising();
    far_bounds();
    int all = 0;
    MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && all == 0) puts("all refused");
    MPI_Finalize();
    return all != 0;
}
