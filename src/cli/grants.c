/*
 * grants.c - reads --dir and --env; see grants.h.
 */
#include "cli/grants.h"

#include "cache/cache.h"

#include <fnmatch.h>
#include <limits.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const grants_default_environment[] = {
    "LANG", "LC_*", "TZ", "TERM", "COLUMNS", "LINES", "NO_COLOR", "OMP_*", NULL,
};

extern char **environ;

static bool ends_with(const char *text, size_t length, const char *end) {
    size_t end_length = strlen(end);
    return length >= end_length && memcmp(text + length - end_length, end, end_length) == 0;
}

static bool read_directory(const char *given, struct arena *arena, struct host_directory *out,
                           struct error *err) {
    size_t length = strlen(given);
    out->read_only = false;
    if (ends_with(given, length, ":ro") || ends_with(given, length, ":rw")) {
        out->read_only = given[length - 1] == 'o';
        length -= 3;
    }
    char *host = arena_bytes_to_string(arena, (const uint8_t *)given, length);
    char *guest = strstr(host, "::");
    if (guest != NULL) {
        *guest = '\0';
        guest += 2;
    } else {
        guest = host;
    }
    if (*host == '\0' || *guest == '\0')
        return error_set(err, ERROR_USAGE, "option '--dir' takes HOST[::GUEST][:ro], not '%s'",
                         given);
    struct stat status;
    if (stat(host, &status) != 0)
        return error_set_errno(err, "--dir: cannot give the program the directory '%s'", host);
    if (!S_ISDIR(status.st_mode))
        return error_set(err, ERROR_SYSTEM,
                         "--dir: '%s' is not a directory; give the program the one it is in", host);
    out->host_path = host;
    out->guest_path = guest;
    return true;
}

static bool same_name(const char *a, const char *b) {
    size_t length = strcspn(a, "=");
    return length == strcspn(b, "=") && memcmp(a, b, length) == 0;
}

/* Add "K=V", or put it in place of an earlier value of K. */
static void set_variable(const char **list, size_t *count, const char *variable) {
    for (size_t i = 0; i < *count; i++)
        if (same_name(list[i], variable)) {
            list[i] = variable;
            return;
        }
    list[(*count)++] = variable;
}

static void pass_on(const char **list, size_t *count, const char *pattern, struct arena *arena) {
    for (char **variable = environ; *variable != NULL; variable++) {
        const char *equals = strchr(*variable, '=');
        if (equals == NULL || equals == *variable) continue;
        char *name =
            arena_bytes_to_string(arena, (const uint8_t *)*variable, (size_t)(equals - *variable));
        if (fnmatch(pattern, name, 0) == 0) set_variable(list, count, *variable);
    }
}

bool grants_collect(const struct options *options, struct arena *arena, struct host_config *config,
                    struct error *err) {
    size_t given = options->directories.count;
    struct host_directory *directories =
        arena_array(arena, given > 0 ? given : 1, sizeof *directories);
    for (size_t i = 0; i < given; i++)
        if (!read_directory(options->directories.items[i], arena, &directories[i], err))
            return false;
    if (given == 0) directories[0] = (struct host_directory){.host_path = ".", .guest_path = "."};
    config->directories = directories;
    config->directory_count = given > 0 ? given : 1;

    size_t own = 0, count = 0;
    while (environ[own] != NULL)
        own++;
    const char **list = arena_array(arena, own + options->environment.count + 1, sizeof *list);
    for (size_t i = 0; grants_default_environment[i] != NULL; i++)
        pass_on(list, &count, grants_default_environment[i], arena);
    for (size_t i = 0; i < options->environment.count; i++) {
        const char *item = options->environment.items[i];
        if (strchr(item, '=') != NULL)
            set_variable(list, &count, item);
        else
            pass_on(list, &count, item, arena);
    }
    list[count] = NULL;
    config->environment = list;
    return true;
}

/* As sched_getaffinity has it, whatever number of processors the kernel was made for. */
static int count_processors(void) {
    for (int room = CPU_SETSIZE; room <= 1 << 20; room *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)room);
        if (set == NULL) break;
        int count = 0;
        if (sched_getaffinity(0, CPU_ALLOC_SIZE((size_t)room), set) == 0)
            count = CPU_COUNT_S(CPU_ALLOC_SIZE((size_t)room), set);
        CPU_FREE(set);
        if (count > 0) return count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

void grants_add_processors(struct arena *arena, struct host_config *config) {
    static const char name[] = "MPIWASM_PROCESSORS=";
    size_t count = 0;
    for (; config->environment[count] != NULL; count++)
        if (same_name(config->environment[count], name)) return;
    const char **list = arena_array(arena, count + 2, sizeof *list);
    memcpy(list, config->environment, count * sizeof *list);
    list[count] = arena_printf(arena, "%s%d", name, count_processors());
    config->environment = list;
}

/* "--dir=/home/me/run::.:rw": by a path that means the same everywhere. */
static const char *describe_directory(const struct host_directory *directory, struct arena *arena,
                                      struct error *err) {
    char *path = realpath(directory->host_path, NULL);
    if (path == NULL) {
        error_set_errno(err, "--dir: cannot resolve '%s'", directory->host_path);
        return NULL;
    }
    const char *word = arena_printf(arena, "--dir=%s::%s:%s", path, directory->guest_path,
                                    directory->read_only ? "ro" : "rw");
    bool ambiguous = strstr(path, "::") != NULL;
    free(path);
    if (!ambiguous) return word;
    error_set(err, ERROR_USAGE,
              "--allow-spawn: a path with \"::\" in it cannot be given to other processes: '%s'",
              directory->host_path);
    return NULL;
}

const char *grants_find_writable(const struct host_config *config, const char *path) {
    const char *found = NULL;
    char *inner = realpath(path, NULL), *shorter = strdup(path), *slash;
    bool shortened = false;
    /* Of what is not there yet, the nearest directory that is. */
    while (inner == NULL && shorter != NULL && (slash = strrchr(shorter, '/')) != NULL) {
        slash[slash == shorter ? 1 : 0] = '\0';
        inner = realpath(shorter, NULL);
        shortened = true;
        if (slash == shorter) break;
    }
    free(shorter);
    for (size_t i = 0; i < config->directory_count && inner != NULL && found == NULL; i++) {
        char *outer = realpath(config->directories[i].host_path, NULL);
        size_t length = outer != NULL ? strlen(outer) : 0;
        if (length == 1) length = 0; /* "/" */
        if (outer != NULL && !config->directories[i].read_only &&
            strncmp(inner, outer, length) == 0 &&
            (inner[length] == '/' || (shortened && inner[length] == '\0')))
            found = config->directories[i].host_path;
        free(outer);
    }
    free(inner);
    return found;
}

/* What a process that is started reads by name must not be what the guest can replace meanwhile: a
 * granted directory by a link to elsewhere, compiled code, or mpiwasm itself. */
static bool check_names(const struct host_config *config, struct error *err) {
    char cache[PATH_MAX];
    const char *outer;
    for (size_t i = 0; i < config->directory_count; i++)
        if ((outer = grants_find_writable(config, config->directories[i].host_path)) != NULL)
            return error_set(err, ERROR_USAGE,
                             "--allow-spawn: the directory '%s' lies in '%s', where the program "
                             "could put another in its place; give that one read-only (:ro), or "
                             "not both",
                             config->directories[i].host_path, outer);
    if ((outer = grants_find_writable(config, config->program)) != NULL)
        return error_set(err, ERROR_USAGE,
                         "--allow-spawn: mpiwasm itself lies in '%s', where the program could "
                         "replace it; give other directories, or that one read-only (:ro)",
                         outer);
    if (cache_directory(cache, sizeof cache, NULL) &&
        (outer = grants_find_writable(config, cache)) != NULL)
        return error_set(err, ERROR_USAGE,
                         "--allow-spawn: the cache of compiled modules lies in '%s', where the "
                         "program could replace them; --cache-dir names another place",
                         outer);
    return true;
}

bool grants_describe(const struct options *options, struct arena *arena, struct host_config *config,
                     struct error *err) {
    if (!options->allow_spawn) return true;
    if (!check_names(config, err)) return false;
    const char **words = arena_array(
        arena, config->directory_count + options->environment.count + 20, sizeof *words);
    size_t count = 0;
    for (size_t i = 0; i < config->directory_count; i++) {
        words[count] = describe_directory(&config->directories[i], arena, err);
        if (words[count++] == NULL) return false;
    }
    for (size_t i = 0; i < options->environment.count; i++)
        words[count++] = arena_printf(arena, "--env=%s", options->environment.items[i]);
    const struct {
        const char *option, *value;
    } texts[] = {
        {"--cpu=", options->cpu},
        {"-O", options->optimize},
        {"--fp=", options->fp},
        {"--bounds=", options->bounds},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].value != NULL)
            words[count++] = arena_printf(arena, "%s%s", texts[i].option, texts[i].value);
    if (options->cache_dir != NULL) {
        char *path = realpath(options->cache_dir, NULL); /* not there yet: as given */
        words[count++] =
            arena_printf(arena, "--cache-dir=%s", path != NULL ? path : options->cache_dir);
        free(path);
    }
    if (options->max_memory > 0)
        words[count++] =
            arena_printf(arena, "--max-memory=%llu", (unsigned long long)options->max_memory);
    if (options->deterministic) words[count++] = "--deterministic";
    if (options->strict_traps) words[count++] = "--strict-traps";
    if (options->no_cache) words[count++] = "--no-cache";
    if (options->quiet) words[count++] = "--quiet";
    if (options->verbose) words[count++] = "--verbose";
    /* The guest may have written the file: nothing but a module is run safely then. */
    words[count++] = "--no-artifacts";
    if (options->untrusted) words[count++] = "--untrusted";
    words[count++] = "--allow-spawn";
    if (options->allow_ports) words[count++] = "--allow-ports";
    words[count] = NULL;
    config->policy = words;
    return true;
}
