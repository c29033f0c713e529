/*
 * main.c - the subcommands and how a command line finds its own.
 *
 * `mpiwasm [options] MODULE [ARGS]` is `mpiwasm run ...`: the first word is a subcommand only if it
 * is one's name, and a module of such a name runs as ./NAME. Everything the user sees is printed
 * here and in the other files of this folder; the libraries below only return errors.
 */
#include "cli/command.h"
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

static const struct command commands[] = {
    {"run", OPTION_RUN, "[run] [OPTIONS] MODULE [ARGS...]",
     "run a WebAssembly program (the default)",
     "Runs MODULE, a .wasm file that mpiwasmcc made or an artifact of `mpiwasm compile`, alone or "
     "as "
     "a rank under mpirun, mpiexec or srun. Options come before MODULE; all after it are the "
     "program's. The program sees only the directories and the environment granted here.",
     command_run},
    {"compile", OPTION_COMPILE, "compile [OPTIONS] MODULE", "compile a module to a native artifact",
     "Compiles MODULE ahead of time. The artifact runs as `mpiwasm FILE`, without the compiler and "
     "without the cache.",
     command_compile},
    {"inspect", OPTION_INSPECT, "inspect [OPTIONS] MODULE",
     "show what a module needs and whether it is here",
     "Shows the features, memory, imports and exports of MODULE, and which of its imports this "
     "installation has, per MPI plugin.",
     command_inspect},
    {"cache", OPTION_CACHE, "cache [OPTIONS] [list|clean|dir]", "look after the compiled modules",
     "list shows what is kept (default), clean removes it, dir prints where it is.", command_cache},
    {"doctor", OPTION_DOCTOR, "doctor [OPTIONS]",
     "say what a run would use and what would go wrong",
     "Shows the launcher, MPI, plugin, transports, granted directories, cache and processor that a "
     "run with the same options would use, lets MPI start and send messages, and lists what would "
     "go wrong, with what to do. Under a launcher (mpirun -n 4 mpiwasm doctor) it examines the "
     "whole job. The exit code is 1 if something would stop a run.",
     command_doctor},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const struct command *find_command(const char *name) {
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void print_help(const struct command *command) {
    printf("Usage: mpiwasm %s\n\n", command->synopsis);
    options_print_wrapped(stdout, command->details, 0, 0);
    printf("\nOptions:\n");
    options_print_help(stdout, command->options);
}

static void print_overview(void) {
    printf("mpiwasm runs MPI programs compiled to WebAssembly, at native speed over any MPI.\n\n"
           "Usage: mpiwasm [OPTIONS] MODULE [ARGS...]\n"
           "       mpirun -n 4 mpiwasm [OPTIONS] MODULE [ARGS...]\n\nSubcommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    printf("  %-8s %s\n", "sysroot", "build the full set of libraries for mpiwasmcc, once");
    printf("  %-8s %s\n\n", "help", "show the help of a subcommand");
    printf("Options of run:\n");
    options_print_help(stdout, OPTION_RUN);
    printf("\n`mpiwasm SUBCOMMAND --help` tells more, the manual page mpiwasm(1) all.\n");
}

static int usage(const struct command *command, const struct error *err) {
    return message_usage(command == &commands[0] ? NULL : command->name, err);
}

bool command_check_words(const struct command *command, const struct options *options, int least,
                         int most, struct error *err) {
    if (options->positional_count < least)
        return error_set(err, ERROR_USAGE, "a MODULE is missing: mpiwasm %s", command->synopsis);
    if (options->positional_count > most)
        return error_set(err, ERROR_USAGE, "'%s' is one word too many: mpiwasm %s",
                         options->positional[most], command->synopsis);
    return true;
}

static int help(const char *topic) {
    if (topic == NULL) {
        print_overview();
        return 0;
    }
    const struct command *command = find_command(topic);
    if (strcmp(topic, "sysroot") == 0)
        return command_sysroot(2, (char *[]){"sysroot", "--help", NULL});
    if (command == NULL) {
        const char *names[COMMAND_COUNT];
        for (size_t i = 0; i < COMMAND_COUNT; i++)
            names[i] = commands[i].name;
        const char *closest = options_closest(topic, names, COMMAND_COUNT);
        struct error err;
        if (closest != NULL)
            error_set(&err, ERROR_USAGE, "there is no subcommand '%s'; did you mean '%s'?", topic,
                      closest);
        else
            error_set(&err, ERROR_USAGE, "there is no subcommand '%s'; mpiwasm --help lists them",
                      topic);
        return message_usage("help", &err);
    }
    print_help(command);
    return 0;
}

int main(int argc, char **argv) {
    struct arena arena = {0};
    struct error err;
    const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
    bool named = command != NULL;
    int code;
    if (argc > 1 && strcmp(argv[1], "sysroot") == 0) return command_sysroot(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "help") == 0) return help(argc > 2 ? argv[2] : NULL);
    if (!named) command = &commands[0];
    int skipped = named ? 2 : 1;
    struct options options;
    if (!options_parse(command->options, argc - skipped, argv + skipped, &arena, &options, &err)) {
        code = usage(command, &err);
    } else if (options.help) {
        if (named)
            print_help(command);
        else
            print_overview();
        code = 0;
    } else if (options.version) {
        code = command_version();
    } else {
        message_set_quiet(options.quiet);
        code = command->run(command, &options, &arena);
    }
    arena_free(&arena);
    if (fflush(stdout) != 0 && code == 0) code = EXIT_FAILED;
    return code;
}
