/*
 * grants.c - reads --dir and --env; see grants.h.
 */
#include "cli/grants.h"

#include <fnmatch.h>
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
