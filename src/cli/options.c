/*
 * options.c - parses the command line by the table in options.def; see options.h.
 *
 * Takes `--name=value`, `--name value`, `-nvalue` and `-n value`; `-O` takes its value attached
 * only, as compilers do. Abbreviated names are not accepted, so that a script that works today
 * still works when there are more options.
 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

enum option_id {
#define OPTION(identifier, name, letter, argument, commands, help) ID_##identifier,
#include "cli/options.def"
#undef OPTION
};

struct option_row {
    const char *name;
    char letter;
    const char *argument;
    unsigned commands;
    const char *help;
};

enum {
    RUN = OPTION_RUN,
    COMPILE = OPTION_COMPILE,
    INSPECT = OPTION_INSPECT,
    CACHE = OPTION_CACHE,
    DOCTOR = OPTION_DOCTOR,
    ALL = OPTION_ALL
};

static const struct option_row rows[] = {
#define OPTION(identifier, name, letter, argument, commands, help)                                 \
    [ID_##identifier] = {name, letter, argument, commands, help},
#include "cli/options.def"
#undef OPTION
};

enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b; at most 99. */
static unsigned edit_distance(const char *a, const char *b) {
    enum { LIMIT = 40 };
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length > LIMIT || b_length > LIMIT) return 99;
    unsigned rows3[3][LIMIT + 1];
    unsigned *before = rows3[0], *last = rows3[1], *now = rows3[2];
    for (size_t j = 0; j <= b_length; j++)
        last[j] = (unsigned)j;
    for (size_t i = 1; i <= a_length; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
        unsigned *reused = before;
        before = last;
        last = now;
        now = reused;
    }
    return last[b_length];
}

const char *options_closest(const char *word, const char *const *candidates, size_t count) {
    const char *closest = NULL;
    unsigned least = strlen(word) <= 3 ? 2 : 3; /* one edit in short words, two in longer ones */
    for (size_t i = 0; i < count; i++) {
        unsigned distance = edit_distance(word, candidates[i]);
        size_t length = strlen(word);
        if (distance >= least && length >= 3 && strncmp(word, candidates[i], length) == 0)
            distance = least - 1; /* the beginning of a longer name */
        if (distance < least) {
            least = distance;
            closest = candidates[i];
        }
    }
    return closest;
}

static bool unknown_option(enum option_command command, const char *word, struct error *err) {
    const char *names[ROW_COUNT];
    size_t count = 0;
    size_t length = strcspn(word, "=");
    char given[64];
    snprintf(given, sizeof given, "%.*s", (int)length, word);
    bool elsewhere = false;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].name == NULL) continue;
        if (rows[i].commands & command) names[count++] = rows[i].name;
        if (strncmp(given, "--", 2) == 0 && strcmp(given + 2, rows[i].name) == 0) elsewhere = true;
    }
    const char *closest =
        strncmp(given, "--", 2) == 0 ? options_closest(given + 2, names, count) : NULL;
    if (closest != NULL)
        return error_set(err, ERROR_USAGE, "there is no option '%s'; did you mean '--%s'?", given,
                         closest);
    if (elsewhere)
        return error_set(err, ERROR_USAGE,
                         "option '%s' does not belong to this subcommand; see --help", given);
    return error_set(err, ERROR_USAGE, "there is no option '%s'; --help lists them", given);
}

static bool parse_size(const char *text, uint64_t *out) {
    char *end;
    if (*text < '0' || *text > '9') return false;
    uint64_t value = strtoull(text, &end, 10);
    unsigned shift = 0;
    switch (*end) {
    case 'k':
    case 'K': shift = 10; break;
    case 'm':
    case 'M': shift = 20; break;
    case 'g':
    case 'G': shift = 30; break;
    }
    if (shift > 0) end++;
    if (shift > 0 && *end == 'i') end++;
    if (*end == 'B') end++;
    if (*end != '\0' || value == 0 || value > (UINT64_MAX >> shift)) return false;
    *out = value << shift;
    return true;
}

static bool one_of(const char *option, const char *value, const char *const *allowed, size_t count,
                   struct error *err) {
    char list[128] = "";
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, allowed[i]) == 0) return true;
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s",
                 i == 0 ? "" : (i + 1 == count ? " or " : ", "), allowed[i]);
    }
    return error_set(err, ERROR_USAGE, "option '%s' takes %s, not '%s'", option, list, value);
}

#define ONE_OF(option, value, err, ...)                                                            \
    one_of(option, value, (const char *const[]){__VA_ARGS__},                                      \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), err)

static void list_add(struct option_list *list, const char *item) {
    list->items[list->count++] = item; /* as long as argv, see options_parse */
}

static bool apply(enum option_id id, const char *shown, const char *value, struct options *options,
                  struct error *err) {
    switch (id) {
    case ID_DIR: list_add(&options->directories, value); return true;
    case ID_ENV:
        if (*value == '\0' || *value == '=')
            return error_set(err, ERROR_USAGE, "option '--env' takes NAME or NAME=VALUE, not '%s'",
                             value);
        list_add(&options->environment, value);
        return true;
    case ID_MPI: options->mpi = value; return true;
    case ID_ARGV0: options->argv0 = value; return true;
    case ID_ALLOW_SPAWN: options->allow_spawn = true; return true;
    case ID_ALLOW_PORTS: options->allow_ports = true; return true;
    case ID_NO_ARTIFACTS: options->no_artifacts = true; return true;
    case ID_UNTRUSTED: options->untrusted = options->no_artifacts = true; return true;
    case ID_INVOKE: options->invoke = value; return true;
    case ID_MAX_MEMORY:
        if (parse_size(value, &options->max_memory)) return true;
        return error_set(err, ERROR_USAGE, "option '%s' takes a size such as 512M or 2G, not '%s'",
                         shown, value);
    case ID_OUTPUT: options->output = value; return true;
    case ID_EMIT:
        options->emit = value;
        return ONE_OF(shown, value, err, "so", "obj", "asm", "llvm");
    case ID_CPU:
        options->cpu = value;
        if (*value != '\0') return true;
        return error_set(err, ERROR_USAGE, "option '--cpu' takes native, baseline or a CPU's name");
    case ID_TARGET:
        options->target = value;
        return ONE_OF(shown, value, err, "x86-64", "aarch64", "ppc64le", "riscv64");
    case ID_OPTIMIZE:
        options->optimize = value;
        return ONE_OF(shown, value, err, "0", "1", "2", "3");
    case ID_FP: options->fp = value; return ONE_OF(shown, value, err, "strict", "contract", "fast");
    case ID_DETERMINISTIC: options->deterministic = true; return true;
    case ID_STRICT_TRAPS: options->strict_traps = true; return true;
    case ID_REMARKS: options->remarks = true; return true;
    case ID_BOUNDS: options->bounds = value; return ONE_OF(shown, value, err, "guard", "explicit");
    case ID_JOBS: {
        char *end;
        unsigned long jobs = strtoul(value, &end, 10);
        if (*value < '1' || *value > '9' || *end != '\0' || jobs > 1024)
            return error_set(err, ERROR_USAGE,
                             "option '%s' takes a number from 1 to 1024, not '%s'", shown, value);
        options->jobs = (uint32_t)jobs;
        return true;
    }
    case ID_CACHE: options->cache = true; return true;
    case ID_NO_CACHE: options->no_cache = true; return true;
    case ID_CACHE_DIR:
        options->cache_dir = value;
        if (*value != '\0') return true;
        return error_set(err, ERROR_USAGE, "option '--cache-dir' takes a directory");
    case ID_OLDER_THAN: {
        char *end;
        options->older_than = value;
        options->older_than_days = strtod(value, &end);
        if (*value >= '0' && *value <= '9' && *end == '\0') return true;
        return error_set(err, ERROR_USAGE, "option '%s' takes a number of days, not '%s'", shown,
                         value);
    }
    case ID_KEEP:
        if (parse_size(value, &options->keep)) return true;
        return error_set(err, ERROR_USAGE, "option '%s' takes a size such as 512M or 2G, not '%s'",
                         shown, value);
    case ID_QUIET: options->quiet = true; return true;
    case ID_VERBOSE: options->verbose = true; return true;
    case ID_VERSION: options->version = true; return true;
    case ID_HELP: options->help = true; return true;
    }
    return true;
}

static const struct option_row *find_long(enum option_command command, const char *name,
                                          size_t length) {
    for (size_t i = 0; i < ROW_COUNT; i++)
        if ((rows[i].commands & command) && rows[i].name != NULL &&
            strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static const struct option_row *find_letter(enum option_command command, char letter) {
    for (size_t i = 0; i < ROW_COUNT; i++)
        if ((rows[i].commands & command) && rows[i].letter == letter) return &rows[i];
    return NULL;
}

bool options_parse(enum option_command command, int argc, char **argv, struct arena *arena,
                   struct options *options, struct error *err) {
    *options = (struct options){0};
    options->directories.items = arena_array(arena, (size_t)argc + 1, sizeof(char *));
    options->environment.items = arena_array(arena, (size_t)argc + 1, sizeof(char *));
    options->positional = arena_array(arena, (size_t)argc + 1, sizeof(char *));
    int at = 0;
    for (; at < argc; at++) {
        char *word = argv[at];
        if (word[0] != '-' || word[1] == '\0') {
            if (command == OPTION_RUN) break; /* what follows is the guest's */
            options->positional[options->positional_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            at++;
            break;
        }
        const struct option_row *row;
        const char *value = NULL, *shown;
        if (word[1] == '-') {
            size_t length = strcspn(word + 2, "=");
            row = find_long(command, word + 2, length);
            if (row == NULL) return unknown_option(command, word, err);
            if (word[2 + length] == '=') value = word + 2 + length + 1;
            shown = arena_printf(arena, "--%s", row->name);
        } else {
            row = find_letter(command, word[1]);
            if (row == NULL) return unknown_option(command, word, err);
            if (word[2] != '\0') value = word + 2;
            shown = arena_printf(arena, "-%c", row->letter);
        }
        if (row->argument == NULL && value != NULL)
            return error_set(err, ERROR_USAGE, "option '%s' takes no value (got '%s')", shown,
                             value);
        if (row->argument != NULL && value == NULL) {
            if (row->name == NULL || at + 1 >= argc)
                return error_set(err, ERROR_USAGE, "option '%s' needs its %s", shown,
                                 row->argument);
            value = argv[++at];
        }
        if (!apply((enum option_id)(row - rows), shown, value, options, err)) return false;
    }
    while (at < argc)
        options->positional[options->positional_count++] = argv[at++];
    return true;
}

void options_print_wrapped(FILE *file, const char *text, int at, int indent) {
    enum { WIDTH = 80 };
    bool first = true;
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (!first && at + 1 + (int)length > WIDTH) {
            fprintf(file, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', file);
            at++;
        }
        fwrite(text, 1, length, file);
        at += (int)length;
        text += length;
        while (*text == ' ')
            text++;
        first = false;
    }
    fputc('\n', file);
}

void options_print_help(FILE *file, enum option_command command) {
    enum { COLUMN = 28 };
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct option_row *row = &rows[i];
        if (!(row->commands & command)) continue;
        char left[64];
        if (row->name == NULL)
            snprintf(left, sizeof left, "  -%c%s", row->letter, row->argument);
        else
            snprintf(left, sizeof left, "  %c%c%s--%s%s%s", row->letter ? '-' : ' ',
                     row->letter ? row->letter : ' ', row->letter ? ", " : "  ", row->name,
                     row->argument ? "=" : "", row->argument ? row->argument : "");
        int width = fprintf(file, "%s", left);
        if (width + 2 > COLUMN) {
            fputc('\n', file);
            width = 0;
        }
        fprintf(file, "%*s", COLUMN - width, "");
        options_print_wrapped(file, row->help, COLUMN, COLUMN);
    }
}
