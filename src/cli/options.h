/*
 * options.h - the command line, parsed by the table in options.def.
 *
 * What follows `--` is positional. Of `run`, options come first: the first word that is none and
 * all after it are positional and not looked at, so that what stands after the module is the
 * guest's alone. The other subcommands take options and words in any order.
 */
#ifndef MPIWASM_CLI_OPTIONS_H
#define MPIWASM_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Subcommands that take options, as bits for options.def. */
enum option_command {
    OPTION_RUN = 1,
    OPTION_COMPILE = 2,
    OPTION_INSPECT = 4,
    OPTION_CACHE = 8,
    OPTION_DOCTOR = 16,
    OPTION_ALL = 31,
};

struct option_list {
    const char **items; /* as given on the command line, in its order */
    size_t count;
};

/* What is not given is NULL, 0 or false. Strings belong to argv or to the arena. */
struct options {
    struct option_list directories, environment;
    const char *mpi, *argv0, *invoke, *output, *emit, *cpu, *target, *optimize, *fp, *bounds,
        *cache_dir, *older_than;
    uint64_t max_memory, keep; /* bytes */
    double older_than_days;
    uint32_t jobs;
    bool allow_spawn, allow_ports, no_artifacts, untrusted, deterministic, strict_traps, remarks,
        cache, no_cache, quiet, verbose, version, help;
    char **positional; /* NULL-terminated */
    int positional_count;
};

/* Parse argv[0..argc) (without the program's and the subcommand's name). ERROR_USAGE on failure,
 * naming the option and, where one is close, what may have been meant. */
bool options_parse(enum option_command command, int argc, char **argv, struct arena *arena,
                   struct options *options, struct error *err);

/* The lines of `--help` that describe the command's options. */
void options_print_help(FILE *file, enum option_command command);

/* Write text to file, wrapped at column 80, starting in column `at`, going on at `indent`. */
void options_print_wrapped(FILE *file, const char *text, int at, int indent);

/* Whichever of the `count` candidates is closest to word, or NULL if none is close. */
const char *options_closest(const char *word, const char *const *candidates, size_t count);

#endif
