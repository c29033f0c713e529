/*
 * loader_test.c - which launcher is recognised, and which plugin is chosen: in folders of empty
 * files, as names decide, and with the built plugins.
 *
 *   loader_test FOLDER_OF_PLUGINS SCRATCH_FOLDER
 */
#include "../unit/check.h"
#include "mpi/mpi_launcher.h"
#include "mpi/mpi_library.h"
#include "mpi/mpi_loader.h"
#include "mpi/mpi_names.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct arena arena;

/* Only these variables are set: "K=V", NULL-terminated. */
static void environment_set(const char *const variables[]) {
    clearenv();
    for (int i = 0; variables[i] != NULL; i++) {
        putenv(arena_string(&arena, variables[i]));
    }
}
#define ENVIRONMENT(...) environment_set((const char *const[]){__VA_ARGS__, NULL})

static void launchers(void) {
    struct mpi_launcher launcher;
    ENVIRONMENT("HOME=/");
    CHECK(!mpi_launcher_detect(&launcher));
    ENVIRONMENT("OMPI_COMM_WORLD_RANK=3", "OMPI_COMM_WORLD_SIZE=8", "PMIX_RANK=3",
                "SLURM_PROCID=0");
    CHECK(mpi_launcher_detect(&launcher) && strcmp(launcher.family, "openmpi") == 0);
    CHECK(launcher.rank == 3 && launcher.size == 8);
    ENVIRONMENT("PMI_RANK=1", "PMI_SIZE=2", "SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=2");
    CHECK(mpi_launcher_detect(&launcher) && strcmp(launcher.family, "mpich") == 0);
    CHECK(launcher.rank == 1 && launcher.size == 2);
    ENVIRONMENT("PMIX_RANK=1", "SLURM_PROCID=1", "SLURM_STEP_NUM_TASKS=2");
    CHECK(mpi_launcher_detect(&launcher) && strcmp(launcher.family, "openmpi") == 0);
    ENVIRONMENT("I_MPI_RANK=1", "I_MPI_SIZE=2", "PMI_RANK=1");
    CHECK(mpi_launcher_detect(&launcher) && strcmp(launcher.family, "intel") == 0);
    CHECK(strcmp(launcher.families[1], "mpich") == 0);
    /* A batch script is no step: it has a rank, but nothing was launched as several. */
    ENVIRONMENT("SLURM_PROCID=0", "SLURM_NTASKS=4");
    CHECK(!mpi_launcher_detect(&launcher));
    ENVIRONMENT("SLURM_PROCID=3", "SLURM_STEP_NUM_TASKS=4");
    CHECK(mpi_launcher_detect(&launcher) && launcher.family == NULL && launcher.size == 4);
}

static void file(const char *folder, const char *name) {
    FILE *made = fopen(arena_printf(&arena, "%s/%s", folder, name), "w");
    CHECK(made != NULL);
    if (made != NULL) fclose(made);
}

static void choices(const char *scratch) {
    struct mpi_plugin plugin, *plugins;
    struct error err;
    size_t count;
    const char *none = arena_printf(&arena, "%s/none", scratch);
    const char *both = arena_printf(&arena, "%s/both", scratch);
    mkdir(scratch, 0700);
    mkdir(both, 0700);
    unlink(arena_printf(&arena, "%s/mpiwasm-mpi-third.so", both)); /* of an earlier run */
    ENVIRONMENT("HOME=/");
    CHECK(!mpi_loader_choose(none, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "there is no MPI plugin in");
    CHECK(mpi_loader_list(none, NULL, &arena, &plugins, &count, &err) && count == 0);

    /* Not plugins by their contents, so that the message tells which one was taken. */
    file(both, "mpiwasm-mpi-openmpi.so");
    file(both, "mpiwasm-mpi-mpich.so");
    file(both, "mpiwasm-mpi-.so");
    file(both, "something.so");
    CHECK(mpi_loader_list(both, NULL, &arena, &plugins, &count, &err) && count == 2);
    CHECK(count == 2 && strcmp(plugins[0].name, "mpich") == 0 && plugins[0].host == NULL &&
          plugins[0].problem != NULL);
    CHECK(!mpi_loader_list(both, "intel", &arena, &plugins, &count, &err));
    CHECK_TEXT(err.message, "\"intel\" (there are: mpich, openmpi)");

    CHECK(!mpi_loader_choose(both, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "\"mpich\"");
    ENVIRONMENT("OMPI_COMM_WORLD_RANK=0");
    CHECK(!mpi_loader_choose(both, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "\"openmpi\"");
    CHECK(!mpi_loader_choose(both, "mpich", &arena, &plugin, &err));
    CHECK_TEXT(err.message, "\"mpich\"");
    ENVIRONMENT("OMPI_COMM_WORLD_RANK=0", "MPIWASM_MPI=mpich");
    CHECK(!mpi_loader_choose(both, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "\"mpich\"");
    CHECK(!mpi_loader_choose(both, "/nowhere/plugin.so", &arena, &plugin, &err));
    CHECK_TEXT(err.message, "/nowhere/plugin.so");
    ENVIRONMENT("PALS_RANKID=0");
    unlink(arena_printf(&arena, "%s/mpiwasm-mpi-mpich.so", both));
    file(both, "mpiwasm-mpi-third.so");
    CHECK(!mpi_loader_choose(both, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "launched by Cray PALS, but there is no MPI plugin \"mpich\"");
}

/* A plugin whose MPI library is missing gives way to the one for the standard ABI. */
static void missing_library(const char *built, const char *scratch) {
    struct mpi_plugin plugin;
    struct error err;
    const char *folder = arena_printf(&arena, "%s/missing", scratch);
    const char *abi = arena_printf(&arena, "%s/mpiwasm-mpi-abi.so", folder);
    mkdir(folder, 0700);
    unlink(abi);
    file(folder, "mpiwasm-mpi-mpich.so");
    file(folder, "mpiwasm-mpi-openmpi.so");
    CHECK(symlink(built, abi) == 0);
    ENVIRONMENT("HOME=/");
    CHECK(mpi_loader_choose(folder, NULL, &arena, &plugin, &err));
    CHECK(strcmp(plugin.name, "abi") == 0 && plugin.host != NULL);
    ENVIRONMENT("PMI_RANK=0", "PMI_SIZE=2");
    CHECK(mpi_loader_choose(folder, NULL, &arena, &plugin, &err));
    CHECK(strcmp(plugin.name, "abi") == 0);
    CHECK(!mpi_loader_choose(folder, "mpich", &arena, &plugin, &err));
    CHECK_TEXT(err.message, "\"mpich\"");
}

/* Which MPI library a plugin wants, told without loading it, and whether it is at hand. */
static void libraries(const char *built, const char *scratch) {
    const char *folder = arena_printf(&arena, "%s/libraries", scratch);
    const char *abi = arena_printf(&arena, "%s/mpiwasm-mpi-abi.so", built);
    struct mpi_plugin plugin, *plugins;
    struct error err;
    size_t count;
    mkdir(folder, 0700);
    file(folder, "mpiwasm-mpi-mpich.so");
    CHECK(mpi_library_wanted(&arena, "/nowhere/plugin.so") == NULL);
    CHECK(mpi_library_wanted(&arena, arena_printf(&arena, "%s/mpiwasm-mpi-mpich.so", folder)) ==
          NULL);
    const char *wanted = mpi_library_wanted(&arena, abi);
    CHECK(wanted != NULL && strcmp(wanted, "libmpi_abi.so.1") == 0);
    CHECK(mpi_loader_find(built, &arena, &plugins, &count, &err));
    for (size_t i = 0; i < count; i++)
        CHECK(mpi_library_wanted(&arena, plugins[i].path) != NULL);

    file(folder, "libmpi_abi.so.1");
    ENVIRONMENT("LD_LIBRARY_PATH=/nowhere:");
    CHECK(!mpi_library_in_path(&arena, "libmpi_abi.so.1"));
    setenv("LD_LIBRARY_PATH", arena_printf(&arena, "/nowhere:%s", folder), 1);
    CHECK(mpi_library_in_path(&arena, "libmpi_abi.so.1"));
    CHECK(!mpi_library_in_path(&arena, "libmpi.so.40"));

    /* Nothing above this process is a launcher. */
    CHECK(mpi_library_of_launcher(&arena, "libmpi_abi.so.1") == NULL);

    /* What is said where no MPI of the launcher's kind is there. */
    if (dlopen("libmpi_abi.so.1", RTLD_LAZY) != NULL) return;
    const char *alone = arena_printf(&arena, "%s/alone", scratch);
    const char *link = arena_printf(&arena, "%s/mpiwasm-mpi-abi.so", alone);
    mkdir(alone, 0700);
    unlink(link);
    CHECK(symlink(abi, link) == 0);
    file(alone, "mpiwasm-mpi-mpich.so");
    ENVIRONMENT("OMPI_COMM_WORLD_RANK=0", "OMPI_COMM_WORLD_SIZE=2");
    CHECK(!mpi_loader_choose(alone, NULL, &arena, &plugin, &err));
    CHECK_TEXT(err.message, "there is no MPI plugin \"openmpi\" (there are: abi, mpich)");
    CHECK_TEXT(err.message, "there is no libmpi_abi.so.1");
}

static void plugins_built(const char *folder) {
    struct mpi_plugin *plugins;
    struct error err;
    size_t count;
    CHECK(mpi_loader_list(folder, NULL, &arena, &plugins, &count, &err) && count > 0);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(plugins[i].name, "abi") == 0 && plugins[i].host == NULL) {
            CHECK_TEXT(plugins[i].problem, "there is no libmpi_abi.so.1");
            continue; /* few machines have one */
        }
        CHECK(plugins[i].host != NULL && plugins[i].host->description[0] != '\0');
        if (plugins[i].host == NULL) {
            printf("%s\n", plugins[i].problem);
            continue;
        }
        /* The plugin and the list of names come from the same table; what the first MPIWasm's
         * modules import is not in that list. */
        for (size_t j = 0; j < plugins[i].host->function_count; j++) {
            const struct host_function *function = &plugins[i].host->functions[j];
            if (strcmp(function->module, "mpi_abi_1") != 0) {
                continue;
            }
            const struct mpi_known_function *known = mpi_known_function_find(function->name);
            CHECK(known != NULL && strcmp(known->signature, function->signature) == 0);
        }
    }
    CHECK(mpi_known_function_find("MPI_Nonsense") == NULL);
}

int main(int argc, char **argv) {
    if (argc != 3) {
        return 2;
    }
    plugins_built(argv[1]);
    launchers();
    choices(argv[2]);
    struct mpi_plugin *plugins;
    struct error err;
    size_t count;
    CHECK(mpi_loader_list(argv[1], NULL, &arena, &plugins, &count, &err) && count > 0);
    for (size_t i = 0; i < count; i++)
        if (plugins[i].host != NULL) {
            missing_library(plugins[i].path, argv[2]);
            break;
        }
    libraries(argv[1], argv[2]);
    arena_free(&arena);
    return check_report();
}
