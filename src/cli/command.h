/*
 * command.h - the subcommands. Each gets the words after its name and returns the exit code.
 */
#ifndef MPIWASM_CLI_COMMAND_H
#define MPIWASM_CLI_COMMAND_H

#include "cli/options.h"

struct command {
    const char *name;
    enum option_command options;
    const char *synopsis; /* after "mpiwasm " */
    const char *summary;  /* one line */
    const char *details;  /* paragraph of --help, or NULL */
    int (*run)(const struct command *command, const struct options *options, struct arena *arena);
};

int command_run(const struct command *command, const struct options *options, struct arena *arena);
int command_compile(const struct command *command, const struct options *options,
                    struct arena *arena);
int command_inspect(const struct command *command, const struct options *options,
                    struct arena *arena);
int command_cache(const struct command *command, const struct options *options,
                  struct arena *arena);
int command_doctor(const struct command *command, const struct options *options,
                   struct arena *arena);
int command_version(void);

/* argv[0] is "sysroot"; all words are the script's. Returns on failure alone. */
int command_sysroot(int argc, char **argv);

/* ERROR_USAGE unless between least and most words follow the options. */
bool command_check_words(const struct command *command, const struct options *options, int least,
                         int most, struct error *err);

#endif
