/*
 * environment.c - what may be asked around MPI_Init_thread and MPI_Finalize, and that attributes of
 * MPI_COMM_SELF are deleted while MPI is still there.
 */
#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int order[3], at;

/* Launchers mix the lines of several ranks, so rank 0 alone prints, at the end. */
static char said[4096];

static void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said + strlen(said), sizeof said - strlen(said), format, arguments);
    va_end(arguments);
}

static int delete_attribute(MPI_Comm comm, int keyval, void *value, void *extra_state) {
    int finalized;
    MPI_Finalized(&finalized);
    order[at++] = finalized ? -1 : *(int *)value;
    return MPI_SUCCESS;
}

int main(int argc, char **argv) {
    int flag, provided, level, version, subversion, rank, length, values[3] = {1, 2, 3};
    char name[MPI_MAX_PROCESSOR_NAME], library[MPI_MAX_LIBRARY_VERSION_STRING];
    MPI_Initialized(&flag);
    say("initialized: %d\n", flag);
    MPI_Finalized(&flag);
    say("finalized: %d\n", flag);
    MPI_Get_version(&version, &subversion);
    say("version: %d\n", version == MPI_VERSION && subversion == MPI_SUBVERSION);
    MPI_Get_library_version(library, &length);
    say("library: %d\n", strlen(library) > 0);
    MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
    say("provided: %d\n", provided >= MPI_THREAD_FUNNELED);
    MPI_Query_thread(&level);
    say("the same: %d\n", level == provided);
    MPI_Is_thread_main(&flag);
    say("main: %d\n", flag);
    MPI_Initialized(&flag);
    say("initialized: %d\n", flag);
    MPI_Get_processor_name(name, &length);
    say("name: %d\n", length == (int)strlen(name) && length > 0);
    double before = MPI_Wtime(), tick = MPI_Wtick(), after = MPI_Wtime();
    say("time: %d %d\n", after >= before && after - before < 10, tick > 0 && tick < 1);
    MPI_Pcontrol(1);
    MPI_Pcontrol(2, "some", 3);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (int i = 0; i < 3; i++) {
        int key;
        MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, delete_attribute, &key, NULL);
        MPI_Comm_set_attr(MPI_COMM_SELF, key, &values[i]);
        MPI_Comm_free_keyval(&key);
    }
    MPI_Finalize();
    MPI_Finalized(&flag);
    say("finalized: %d\n", flag);
    say("deleted: %d %d %d\n", order[0], order[1], order[2]);
    if (rank == 0) fputs(said, stdout);
    return 0;
}
