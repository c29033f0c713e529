/*
 * mpi_loader.c - finds, chooses and loads MPI plugins.
 *
 * A plugin is lib/mpiwasm/mpiwasm-mpi-NAME.so. Loading one loads its MPI library too, so a run
 * loads only the one it uses. RTLD_LOCAL: symbols of two MPIs never meet.
 */
#include "mpi/mpi_loader.h"

#include "mpi/mpi_launcher.h"
#include "mpi/mpi_library.h"

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

/* The MPI library of the launcher's own installation, which the dynamic loader may not know: a
 * plugin that wants a library of this name is bound to one that is loaded already. LD_LIBRARY_PATH
 * goes first. */
static void load_library(struct arena *arena, const char *wanted) {
    const char *path = NULL;
    if (wanted != NULL && !mpi_library_in_path(arena, wanted))
        path = mpi_library_of_launcher(arena, wanted);
    if (path != NULL) dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* The file that the MPI library came from, through any function of it. */
static const char *library_path(struct arena *arena, void *plugin) {
    Dl_info info;
    void *function = dlsym(plugin, "MPI_Init_thread");
    if (function == NULL || dladdr(function, &info) == 0 || info.dli_fname == NULL) return NULL;
    char *real = realpath(info.dli_fname, NULL);
    const char *path = arena_string(arena, real != NULL ? real : info.dli_fname);
    free(real);
    return path;
}

static bool load(struct arena *arena, struct mpi_plugin *plugin) {
    const char *wanted = mpi_library_wanted(arena, plugin->path);
    load_library(arena, wanted);
    dlerror();
    void *library = dlopen(plugin->path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *reason = dlerror();
        size_t length = wanted != NULL ? strlen(wanted) : 0;
        if (reason != NULL && length > 0 && strncmp(reason, wanted, length) == 0 &&
            strstr(reason, "cannot open shared object file") != NULL)
            reason = arena_printf(arena,
                                  "there is no %s (LD_LIBRARY_PATH, which modules of a cluster "
                                  "set, may name its directory)",
                                  wanted);
        plugin->problem = arena_string(arena, reason != NULL ? reason : "unknown reason");
        return false;
    }
    plugin->library = library_path(arena, library);
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

/* Has somebody put this plugin's MPI library at hand, as a loaded module of a cluster does, or does
 * the launcher come with it? */
static bool is_meant(struct arena *arena, const struct mpi_plugin *plugin) {
    const char *wanted = mpi_library_wanted(arena, plugin->path);
    return wanted != NULL &&
           (mpi_library_in_path(arena, wanted) || mpi_library_of_launcher(arena, wanted) != NULL);
}

/* The first of the names (NULL-terminated) whose plugin is there and whose MPI library as well: an
 * installation may have plugins for more MPIs than the machine has, and the machine libraries of
 * the system beside the one that is meant. If none can be loaded, the first that is there; NULL if
 * none is. */
static struct mpi_plugin *first_of(struct arena *arena, struct mpi_plugin *plugins, size_t count,
                                   const char *const *names) {
    struct mpi_plugin *there = NULL;
    for (size_t i = 0; names[i] != NULL; i++) {
        struct mpi_plugin *plugin = named(plugins, count, names[i]);
        if (plugin != NULL && is_meant(arena, plugin) && load(arena, plugin)) {
            return plugin;
        }
    }
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
        if (chosen == NULL || (chosen->problem != NULL && strcmp(chosen->name, "abi") == 0)) {
            return error_set(
                err, ERROR_MPI,
                "launched by %s, but there is no MPI plugin \"%s\" (there are: %s)%s%s",
                launcher.name, launcher.family, list_names(arena, plugins, count),
                chosen != NULL ? ", and for the plugin \"abi\" " : "",
                chosen != NULL ? chosen->problem : "");
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
