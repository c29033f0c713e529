/*
 * cmd_cache.c - `mpiwasm cache list|clean|dir`: shows and empties the cache (src/cache), or the
 * part of it that --older-than and --keep leave.
 */
#include "cache/cache.h"
#include "cli/command.h"
#include "cli/message.h"

#include <stdlib.h>
#include <string.h>

static void print_bytes(char *buffer, size_t size, uint64_t bytes) {
    if (bytes < 1024)
        snprintf(buffer, size, "%u B", (unsigned)bytes);
    else if (bytes < (1 << 20))
        snprintf(buffer, size, "%.1f KiB", (double)bytes / 1024);
    else
        snprintf(buffer, size, "%.1f MiB", (double)bytes / (1 << 20));
}

static void print_age(char *buffer, size_t size, double seconds) {
    if (seconds < 60)
        snprintf(buffer, size, "%.0f s", seconds < 0 ? 0 : seconds);
    else if (seconds < 3600)
        snprintf(buffer, size, "%.0f min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(buffer, size, "%.0f h", seconds / 3600);
    else
        snprintf(buffer, size, "%.0f days", seconds / (24 * 3600));
}

/* The mode of floating point among the compiler's options, which name what is not the default. */
static const char *find_fp(const char *options, char *buffer, size_t size) {
    const char *at = strstr(options, "--fp=");
    if (at == NULL) return "strict";
    at += strlen("--fp=");
    snprintf(buffer, size, "%.*s", (int)strcspn(at, " "), at);
    return buffer;
}

static int list(void) {
    struct error err;
    struct cache_entry *entries;
    size_t count;
    if (!cache_list(&entries, &count, &err)) return message_error(&err);
    if (count > 0)
        printf("%-12s %9s %-10s %10s %10s  %-8s %-24s %s\n", "KEY", "AGE", "LAST USE", "SIZE",
               "COMPILED", "FP", "MODULE", "OPTIONS");
    for (size_t i = 0; i < count; i++) {
        const struct cache_entry *entry = &entries[i];
        char day[32] = "?", size[32], age[32], fp[32];
        struct tm local;
        if (localtime_r(&entry->used, &local) != NULL)
            strftime(day, sizeof day, "%Y-%m-%d", &local);
        print_bytes(size, sizeof size, entry->size);
        print_age(age, sizeof age, difftime(time(NULL), entry->created));
        printf("%-12.12s %9s %-10s %10s %8.2f s  %-8s %-24s %s\n", entry->key, age, day, size,
               entry->seconds, find_fp(entry->options, fp, sizeof fp), entry->module_name,
               entry->options);
    }
    free(entries);
    return 0;
}

static int clean(const struct options *options) {
    struct error err;
    size_t removed;
    uint64_t bytes;
    char text[32];
    struct cache_clean_options what = {0}; /* everything */
    if (options->older_than != NULL || options->keep > 0) {
        what.older_than_days = options->older_than != NULL ? options->older_than_days : -1;
        what.keep_bytes = options->keep > 0 ? options->keep : UINT64_MAX;
    }
    if (!cache_clean(&what, &removed, &bytes, &err)) return message_error(&err);
    print_bytes(text, sizeof text, bytes);
    printf("removed %zu %s, %s\n", removed, removed == 1 ? "entry" : "entries", text);
    return 0;
}

static int directory(void) {
    struct error err;
    char path[4096];
    if (!cache_directory(path, sizeof path, &err)) return message_error(&err);
    printf("%s\n", path);
    return 0;
}

int command_cache(const struct command *command, const struct options *options,
                  struct arena *arena) {
    static const char *const actions[] = {"list", "clean", "dir"};
    struct error err;
    if (!command_check_words(command, options, 0, 1, &err))
        return message_usage(command->name, &err);
    if (options->cache_dir != NULL) setenv("MPIWASM_CACHE_DIR", options->cache_dir, 1);
    const char *action = options->positional_count > 0 ? options->positional[0] : "list";
    if (strcmp(action, "list") == 0) return list();
    if (strcmp(action, "clean") == 0) return clean(options);
    if (strcmp(action, "dir") == 0) return directory();
    const char *closest = options_closest(action, actions, 3);
    error_set(&err, ERROR_USAGE, "'%s' is none of list, clean and dir%s%s%s", action,
              closest ? "; did you mean '" : "", closest ? closest : "", closest ? "'?" : "");
    return message_usage(command->name, &err);
}
