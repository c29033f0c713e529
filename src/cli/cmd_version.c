/*
 * cmd_version.c - `mpiwasm --version`: ourselves, the compiler's LLVM, the MPI plugins found.
 *
 * LLVM is asked by running mpiwasm-compile, plugins by loading them; neither happens in a run.
 */
#include "cache/cache.h"
#include "cli/command.h"
#include "cli/layers.h"
#include "cli/message.h"

#include <string.h>

static void print_compiler(void) {
    char path[4096], line[256], command[4200];
    struct error err;
    if (!cache_compiler_find(path, sizeof path, &err)) {
        printf("compiler: none (%s); artifacts of `mpiwasm compile` still run\n", err.message);
        return;
    }
    /* The path is our own installation's; quotes are for spaces in it. */
    if (strchr(path, '\'') != NULL) return;
    snprintf(command, sizeof command, "'%s' --version 2>/dev/null", path);
    FILE *pipe = popen(command, "r");
    bool any = false;
    while (pipe != NULL && fgets(line, sizeof line, pipe) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        printf("%s%s\n", any ? "          " : "compiler: ", line);
        any = true;
    }
    if (pipe != NULL) pclose(pipe);
    if (!any) printf("compiler: '%s' does not run\n", path);
}

int command_version(void) {
    struct error err;
    struct arena arena = {0};
    struct mpi_plugin *plugins;
    size_t count;
    printf("mpiwasm %s\n", MPIWASM_VERSION);
    print_compiler();
    if (!layers_find_plugins(NULL, &arena, &plugins, &count, &err)) count = 0;
    if (count == 0) printf("MPI: no plugin found; programs that use no MPI run\n");
    for (size_t i = 0; i < count; i++)
        if (plugins[i].host != NULL)
            printf("MPI: %s: %s (%s)\n", plugins[i].name, plugins[i].host->description,
                   plugins[i].path);
        else
            printf("MPI: %s: cannot be loaded: %s\n", plugins[i].name, plugins[i].problem);
    arena_free(&arena);
    return 0;
}
