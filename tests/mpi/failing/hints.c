/* Hints that name files, hosts, programs or settings of the MPI library: they are kept for the
 * program, and none of them reaches the MPI library, which would tell it with those in use, or make
 * the files. Exit code: the number of failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

static const char *const forbidden[][2] = {
    {"host", "elsewhere"},
    {"hostfile", "hosts"},
    {"add-hostfile", "hosts"},
    {"wdir", "/"},
    {"path", "/tmp"},
    {"file", "spawn"},
    {"env", "LD_PRELOAD=evil.so"},
    {"ompi_prefix", "/tmp"},
    {"ompi_preload_files", "/etc/passwd"},
    {"ompi_param", "pml=evil"},
    {"mca_base_env_list", "LD_PRELOAD"},
    {"sharedfp", "lockedfile"},
    {"shared_memory_filename", "/tmp/evil"},
    {"blocking_fence", "true"},
    {"acc_single_intrinsic", "true"},
    {"locks", "none"},
    {"romio_lustre_start_iodevice", "1"},
    {"e10_cache", "enable"},
    {"e10_cache_path", "/tmp"},
    {"ind_rd_buffer_size", "2000000000000"},
    {"romio_synchronized_flush", "enable"},
    {"mpi_assert_no_any_tag", "nonsense"},
};
enum { COUNT = sizeof forbidden / sizeof forbidden[0] };

static MPI_Info all_of_them(void) {
    MPI_Info info;
    MPI_Info_create(&info);
    for (int i = 0; i < COUNT; i++) {
        WORKS(MPI_Info_set(info, forbidden[i][0], forbidden[i][1]));
    }
    return info;
}

/* None of them is in use with this value. */
static void check(const char *what, MPI_Info used) {
    char value[256];
    int flag, length;
    for (int i = 0; i < COUNT; i++) {
        length = sizeof value;
        MPI_Info_get_string(used, forbidden[i][0], &length, value, &flag);
        if (flag && strcmp(value, forbidden[i][1]) == 0 &&
            strncmp(forbidden[i][0], "mpi_assert", 10) != 0) {
            failures++;
            fprintf(stderr, "%s: %s=%s is in use\n", what, forbidden[i][0], value);
        }
    }
    MPI_Info_free(&used);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Info info = all_of_them(), used;
    MPI_Comm comm;
    MPI_Win win;
    MPI_File file;
    char port[MPI_MAX_PORT_NAME];
    int memory[16], *allocated;
    WORKS(MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &comm));
    WORKS(MPI_Comm_set_info(comm, info));
    WORKS(MPI_Comm_get_info(comm, &used));
    check("communicator", used);
    MPI_Comm_free(&comm);
    WORKS(MPI_Win_create(memory, sizeof memory, 4, info, MPI_COMM_WORLD, &win));
    WORKS(MPI_Win_set_info(win, info));
    WORKS(MPI_Win_get_info(win, &used));
    check("window", used);
    MPI_Win_free(&win);
    WORKS(MPI_Win_allocate(64, 4, info, MPI_COMM_WORLD, &allocated, &win));
    MPI_Win_get_info(win, &used);
    check("window, allocated", used);
    MPI_Win_free(&win);
    WORKS(MPI_File_open(MPI_COMM_WORLD, "hinted",
                        MPI_MODE_RDWR | MPI_MODE_CREATE | MPI_MODE_DELETE_ON_CLOSE, info, &file));
    WORKS(MPI_File_set_info(file, info));
    WORKS(MPI_File_set_view(file, 0, MPI_INT, MPI_INT, "native", info));
    WORKS(MPI_File_get_info(file, &used));
    check("file", used);
    MPI_File_close(&file);
    WORKS(MPI_Alloc_mem(64, info, &allocated));
    MPI_Free_mem(allocated);
    /* Without --allow-spawn and --allow-ports no info makes a difference. */
    FAILS(MPI_ERR_PORT, MPI_Open_port(info, port));
    FAILS(MPI_ERR_SERVICE, MPI_Publish_name("service", info, "port"));
    FAILS(MPI_ERR_SPAWN, MPI_Comm_spawn("/bin/true", MPI_ARGV_NULL, 1, info, 0, MPI_COMM_WORLD,
                                        &comm, MPI_ERRCODES_IGNORE));
    MPI_Info_free(&info);
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && failures == 0) printf("all refused\n");
    MPI_Finalize();
    return failures != 0;
}
