/*
 * mpi_loader.c - finds, chooses and loads MPI plugins.
 *
 * A plugin is lib/mpiwasm/mpiwasm-mpi-NAME.so. Loading one loads its MPI library too, so a run
 * loads only the one it uses. RTLD_LOCAL: symbols of two MPIs never meet.
 */
#include "mpi/mpi_loader.h"

#include "mpi/mpi_launcher.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "mpiwasm-mpi-"
#define SUFFIX ".so"

/* Without a launcher, or with one that serves any MPI: MPICH's processes start alone without help,
 * Open MPI's start a daemon for it. */
static const char *const preferred[] = {"mpich", "intel", "abi", "openmpi", NULL};

bool mpi_loader_serves(const char *module, const char *name) {
    return strcmp(module, MPI_LOADER_IMPORT_MODULE) == 0 ||
           (strcmp(module, "env") == 0 && strncmp(name, "MPI_", 4) == 0);
}

static bool load(struct arena *arena, struct mpi_plugin *plugin) {
    dlerror();
    void *library = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        plugin->problem = arena_string(arena, reason != NULL ? reason : "unknown reason");
        return false;
    }
    host_module_get *get = (host_module_get *)dlsym(library, HOST_MODULE_SYMBOL);
    const struct host_module *host = get != NULL ? get() : NULL;
    if (host == NULL || host->abi_version != HOST_MODULE_ABI_VERSION) {
        plugin->problem =
            host == NULL ? "not a plugin of mpiwasm" : "made for another version of mpiwasm";
        dlclose(library);
        return false;
    }
    plugin->host = host;
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct mpi_plugin *)a)->name, ((const struct mpi_plugin *)b)->name);
}

bool mpi_loader_find(const char *directory, struct arena *arena, struct mpi_plugin **plugins,
                     size_t *count, struct error *err) {
    enum { AT_MOST = 64 };
    *plugins = arena_array(arena, AT_MOST, sizeof **plugins);
    *count = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL) {
        return errno == ENOENT || error_set_errno(err, "cannot read %s", directory);
    }
    struct dirent *entry;
    while ((entry = readdir(dir)) != NULL && *count < AT_MOST) {
        size_t length = strlen(entry->d_name);
        size_t prefix = strlen(PREFIX), suffix = strlen(SUFFIX);
        if (length <= prefix + suffix || strncmp(entry->d_name, PREFIX, prefix) != 0 ||
            strcmp(entry->d_name + length - suffix, SUFFIX) != 0) {
            continue;
        }
        (*plugins)[(*count)++] = (struct mpi_plugin){
            .name = arena_printf(arena, "%.*s", (int)(length - prefix - suffix),
                                 entry->d_name + prefix),
            .path = arena_printf(arena, "%s/%s", directory, entry->d_name),
        };
    }
    closedir(dir);
    qsort(*plugins, *count, sizeof **plugins, by_name);
    return true;
}

static struct mpi_plugin *named(struct mpi_plugin *plugins, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        if (strcmp(plugins[i].name, name) == 0) {
            return &plugins[i];
        }
    }
    return NULL;
}

/* The first of the names (NULL-terminated) whose plugin is there and whose MPI library as well: an
 * installation may have plugins for more MPIs than the machine has. If none can be loaded, the
 * first that is there; NULL if none is. */
static struct mpi_plugin *first_of(struct arena *arena, struct mpi_plugin *plugins, size_t count,
                                   const char *const *names) {
    struct mpi_plugin *there = NULL;
    for (; *names != NULL; names++) {
        struct mpi_plugin *plugin = named(plugins, count, *names);
        if (plugin != NULL && load(arena, plugin)) {
            return plugin;
        }
        there = there != NULL ? there : plugin;
    }
    return there;
}

/* "mpich, openmpi" */
static const char *list_names(struct arena *arena, const struct mpi_plugin *plugins, size_t count) {
    const char *text = count == 0 ? "none" : "";
    for (size_t i = 0; i < count; i++) {
        text = arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "", plugins[i].name);
    }
    return text;
}

bool mpi_loader_list(const char *directory, const char *only, struct arena *arena,
                     struct mpi_plugin **plugins, size_t *count, struct error *err) {
    if (!mpi_loader_find(directory, arena, plugins, count, err)) {
        return false;
    }
    if (only != NULL) {
        struct mpi_plugin *one = named(*plugins, *count, only);
        if (one == NULL) {
            return error_set(err, ERROR_MPI, "there is no MPI plugin \"%s\" (there are: %s)", only,
                             list_names(arena, *plugins, *count));
        }
        *plugins = one;
        *count = 1;
    }
    for (size_t i = 0; i < *count; i++) {
        load(arena, &(*plugins)[i]);
    }
    return true;
}

bool mpi_loader_choose(const char *directory, const char *wanted, struct arena *arena,
                       struct mpi_plugin *plugin, struct error *err) {
    struct mpi_plugin *plugins, *chosen = NULL, by_path;
    struct mpi_launcher launcher = {0};
    size_t count;
    if (wanted == NULL || wanted[0] == '\0') {
        wanted = getenv("MPIWASM_MPI");
    }
    if (!mpi_loader_find(directory, arena, &plugins, &count, err)) {
        return false;
    }
    if (wanted != NULL && strchr(wanted, '/') != NULL) {
        by_path = (struct mpi_plugin){.name = wanted, .path = wanted};
        chosen = &by_path;
    } else if (wanted != NULL && wanted[0] != '\0') {
        chosen = named(plugins, count, wanted);
        if (chosen == NULL) {
            return error_set(err, ERROR_MPI, "there is no MPI plugin \"%s\" (there are: %s)",
                             wanted, list_names(arena, plugins, count));
        }
    } else if (mpi_launcher_detect(&launcher) && launcher.family != NULL) {
        chosen = first_of(arena, plugins, count, launcher.families);
        if (chosen == NULL && count == 1) {
            chosen = &plugins[0]; /* MPI_Init will notice if it does not fit */
        }
        if (chosen == NULL) {
            return error_set(err, ERROR_MPI,
                             "launched by %s, but there is no MPI plugin \"%s\" (there are: %s)",
                             launcher.name, launcher.family, list_names(arena, plugins, count));
        }
    } else {
        chosen = first_of(arena, plugins, count, preferred);
        if (chosen == NULL && count > 0) {
            chosen = &plugins[0];
        }
        if (chosen == NULL) {
            return error_set(err, ERROR_MPI,
                             "the module uses MPI, but there is no MPI plugin in %s", directory);
        }
    }
    if (chosen->host == NULL && !load(arena, chosen)) {
        return error_set(err, ERROR_MPI, "MPI plugin \"%s\": %s", chosen->name, chosen->problem);
    }
    *plugin = *chosen;
    return true;
}
