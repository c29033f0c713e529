/*
 * mpi_transports.c - reads /proc/self/maps and /sys/class: see mpi_transports.h.
 *
 * Knows Open MPI's components, which are files of their own, and the libraries below MPICH's kin.
 */
#include "mpi/mpi_transports.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *file; /* part of the file's name */
    const char *name;
} files[] = {
    {"/mca_pml_ucx.", "UCX"},
    {"/mca_mtl_ofi.", "libfabric (OFI)"},
    {"/mca_mtl_psm2.", "Omni-Path (PSM2)"},
    {"/mca_btl_vader.", "shared memory (vader)"},
    {"/mca_btl_sm.", "shared memory (sm)"},
    {"/mca_btl_smcuda.", "shared memory (smcuda)"},
    {"/mca_btl_tcp.", "TCP"},
    {"/mca_btl_openib.", "InfiniBand verbs"},
    {"/mca_btl_ofi.", "libfabric (OFI)"},
    {"/mca_btl_uct.", "UCX"},
    {"/libucp.so", "UCX"},
    {"/libfabric.so", "libfabric (OFI)"},
    {"/libpsm2.so", "Omni-Path (PSM2)"},
    {"/libcxi.so", "Slingshot (CXI)"},
};
enum { FILE_COUNT = sizeof files / sizeof files[0] };

static const struct {
    const char *directory, *name;
} adapters[] = {
    {"/sys/class/infiniband", "InfiniBand"},
    {"/sys/class/cxi", "Slingshot"},
    {"/sys/class/hfi1", "Omni-Path"},
};

/* "a, b" and what is not in it yet. */
static const char *append(struct arena *arena, const char *list, const char *item) {
    size_t length = strlen(item);
    for (const char *at = list; (at = strstr(at, item)) != NULL; at++) {
        if ((at == list || at[-1] == ' ') && (at[length] == '\0' || at[length] == ',')) {
            return list;
        }
    }
    return arena_printf(arena, "%s%s%s", list, *list != '\0' ? ", " : "", item);
}

const char *mpi_transports_loaded(struct arena *arena) {
    const char *list = "";
    char line[4352];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        const char *base = strrchr(line, '/');
        for (int i = 0; base != NULL && i < FILE_COUNT; i++) {
            if (strncmp(base, files[i].file, strlen(files[i].file)) == 0) {
                list = append(arena, list, files[i].name);
            }
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return list;
}

const char *mpi_transports_hardware(struct arena *arena) {
    const char *list = "";
    for (size_t i = 0; i < sizeof adapters / sizeof adapters[0]; i++) {
        DIR *directory = opendir(adapters[i].directory);
        struct dirent *entry;
        while (directory != NULL && (entry = readdir(directory)) != NULL) {
            if (entry->d_name[0] != '.') {
                list = append(arena, list,
                              arena_printf(arena, "%s (%s)", entry->d_name, adapters[i].name));
            }
        }
        if (directory != NULL) {
            closedir(directory);
        }
    }
    return list;
}
