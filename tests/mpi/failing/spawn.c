/* What a program that may start processes (argument "allowed") or may not tries all the same, on
 * two ranks: every call has to fail on both, with the class of its error. Exit code: the number of
 * failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPAWN(command, argv, count)                                                                \
    MPI_Comm_spawn(command, argv, count, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children, codes)

int main(int argc, char **argv) {
    int codes[4];
    char port[MPI_MAX_PORT_NAME] = "tag#0", *wild = (char *)0x7ffffff0;
    char *commands[] = {"spawn.wasm", wild}, *endless[5000], *bad_word[] = {"good", wild, NULL};
    int two[] = {1, 1};
    MPI_Info infos[] = {MPI_INFO_NULL, MPI_INFO_NULL};
    MPI_Comm children = MPI_COMM_NULL;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    for (int i = 0; i < 5000; i++)
        endless[i] = "word";
    if (argc > 1 && strcmp(argv[1], "allowed") == 0) {
        /* What is there, but not the program's: programs, modules and links that lead out. */
        FAILS(MPI_ERR_SPAWN, SPAWN("/bin/sh", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("sh", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("../outside.wasm", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("inside/../../outside.wasm", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("link.wasm", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("artifact.so", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("inside", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN(".", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_ARG, SPAWN(NULL, MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_ARG, SPAWN(wild, MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_ARG, SPAWN("spawn.wasm", (char **)wild, 1));
        FAILS(MPI_ERR_ARG, SPAWN("spawn.wasm", endless, 1));
        FAILS(MPI_ERR_ARG, SPAWN("spawn.wasm", bad_word, 1));
        FAILS(MPI_ERR_SPAWN, SPAWN("spawn.wasm", MPI_ARGV_NULL, -1));
        FAILS(MPI_ERR_SPAWN, SPAWN("spawn.wasm", MPI_ARGV_NULL, 0x7fffffff));
        FAILS(MPI_ERR_INFO, MPI_Comm_spawn("spawn.wasm", MPI_ARGV_NULL, 1, (MPI_Info)0x1234, 0,
                                           MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_ROOT, MPI_Comm_spawn("spawn.wasm", MPI_ARGV_NULL, 1, MPI_INFO_NULL, 2,
                                           MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_ARG, MPI_Comm_spawn("spawn.wasm", MPI_ARGV_NULL, 1, MPI_INFO_NULL, 0,
                                          MPI_COMM_WORLD, (MPI_Comm *)wild, codes));
        FAILS(MPI_ERR_ARG, MPI_Comm_spawn_multiple(2, commands, MPI_ARGVS_NULL, two, infos, 0,
                                                   MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_COUNT, MPI_Comm_spawn_multiple(-1, commands, MPI_ARGVS_NULL, two, infos, 0,
                                                     MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_COUNT, MPI_Comm_spawn_multiple(1 << 30, commands, MPI_ARGVS_NULL, two, infos,
                                                     0, MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_PORT, MPI_Close_port(wild));
        FAILS(MPI_ERR_PORT, MPI_Comm_accept(wild, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children));
        FAILS(MPI_ERR_PORT, MPI_Comm_connect(NULL, MPI_INFO_NULL, 1, MPI_COMM_WORLD, &children));
        FAILS(MPI_ERR_ARG, MPI_Open_port(MPI_INFO_NULL, wild));
        SAYS(MPI_ERR_ARG, "socket", MPI_Comm_join(0, &children));
        FAILS(MPI_ERR_SERVICE, MPI_Publish_name(wild, MPI_INFO_NULL, port));
        FAILS(MPI_ERR_PORT, MPI_Publish_name("name", MPI_INFO_NULL, wild));
        FAILS(MPI_ERR_NAME, MPI_Lookup_name(wild, MPI_INFO_NULL, port));
    } else {
        FAILS(MPI_ERR_SPAWN, SPAWN("spawn.wasm", MPI_ARGV_NULL, 1));
        FAILS(MPI_ERR_SPAWN, MPI_Comm_spawn_multiple(1, commands, MPI_ARGVS_NULL, two, infos, 0,
                                                     MPI_COMM_WORLD, &children, codes));
        FAILS(MPI_ERR_PORT, MPI_Open_port(MPI_INFO_NULL, port));
        FAILS(MPI_ERR_PORT, MPI_Close_port("tag#0"));
        FAILS(MPI_ERR_PORT, MPI_Comm_accept("tag#0", MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children));
        FAILS(MPI_ERR_PORT, MPI_Comm_connect("tag#0", MPI_INFO_NULL, 0, MPI_COMM_WORLD, &children));
        SAYS(MPI_ERR_PORT, "--allow-ports", MPI_Comm_join(0, &children));
        FAILS(MPI_ERR_SERVICE, MPI_Publish_name("name", MPI_INFO_NULL, "tag#0"));
        FAILS(MPI_ERR_SERVICE, MPI_Unpublish_name("name", MPI_INFO_NULL, "tag#0"));
        FAILS(MPI_ERR_NAME, MPI_Lookup_name("name", MPI_INFO_NULL, port));
        MPI_Comm_get_parent(&children);
        if (children != MPI_COMM_NULL) failures++;
    }
    int all;
    MPI_Allreduce(&failures, &all, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && all == 0) printf("all refused\n");
    MPI_Finalize();
    return all;
}
