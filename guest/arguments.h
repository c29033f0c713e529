/*
 * arguments.h - the command line of the compiler wrapper: read, sorted, found on this machine.
 */
#ifndef MPIWASM_GUEST_ARGUMENTS_H
#define MPIWASM_GUEST_ARGUMENTS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A growing list of arguments. A zeroed one is empty; the process's end frees it. */
struct arguments {
    char **items;
    size_t count, room;
};

void arguments_add(struct arguments *list, const char *item); /* copies the text */
void arguments_addf(struct arguments *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arguments_add_all(struct arguments *list, const char *const *items, size_t count);
char **arguments_terminated(struct arguments *list); /* as execv wants it */
/* Run the command, wait for it, and give each line of its standard error to `take`. Returns its
 * exit code, 128 + the signal that ended it, or -1 with errno if it could not be started; a program
 * that is not there is a line of `name` and 127. */
int arguments_run(struct arguments *command, const char *name,
                  void (*take)(void *state, char *line), void *state);
void arguments_print(const struct arguments *list, FILE *out); /* one line, quoted for a shell */

enum shebang { SHEBANG_BY_NAME, SHEBANG_YES, SHEBANG_NO };

struct options {
    bool compiles;  /* a source is among the inputs */
    bool is_cxx;    /* of C++ */
    bool links;     /* the command ends in a linked module */
    bool optimises; /* -O1 or more */
    bool has_debug; /* -g, in any of its forms but -g0 */
    bool is_old_c, is_strict, is_verbose;
    bool has_no_exceptions; /* -fno-exceptions */
    bool has_jumps;         /* -wasm-enable-sjlj or what excludes it; else the wrapper adds it */
    bool has_threads;       /* -pthread; not among what clang gets */
    bool has_openmp;        /* -fopenmp; not among what clang gets */
    bool has_sysroot, has_nostdlib, has_nostartfiles;
    bool wants_help, wants_version;
    enum shebang shebang;
    const char *output; /* of -o; NULL without */
    const char *show;   /* "" for the whole command, "compile", "link", ...; NULL: run it */
};

/*
 * Sort a command line into what the wrapper itself heeds (*options) and what clang gets (*user, in
 * order). Prints notes about what is dropped if -v is among them. False with a reason of one line:
 * something is asked for that WebAssembly modules do not have.
 */
bool options_read(int argc, char **argv, struct options *options, struct arguments *user,
                  char *reason, size_t reason_size);

/* The guest's libraries: the distribution's, those of `mpiwasm sysroot build`, a wasi-sdk's. */
enum level { LEVEL_STOCK, LEVEL_FULL, LEVEL_SDK };

/* Where everything lies, absolute paths. */
struct install {
    enum level level;
    char share[PATH_MAX];   /* share/mpiwasm of this installation */
    char mpiwasm[PATH_MAX]; /* the runner, beside the wrapper */
    char clang[PATH_MAX], clangxx[PATH_MAX];
    char sysroot[PATH_MAX + 64];
    bool has_builtins; /* share holds compiler-rt's builtins; not with WASI_SDK_PATH */
    bool has_exceptions, has_no_exceptions; /* which C++ libraries there are, in eh/ and noeh/ */
    bool has_threads;                       /* libraries for -pthread, in threads/ */
    bool has_openmp;                        /* the one for -fopenmp among them */
};

bool install_find(struct install *install, char *reason, size_t reason_size);

#endif
