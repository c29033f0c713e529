/*
 * compiler_options.h - the words for mpiwasm-compile that belong to our own options.
 */
#ifndef MPIWASM_CLI_COMPILER_OPTIONS_H
#define MPIWASM_CLI_COMPILER_OPTIONS_H

#include "cli/options.h"

/* NULL-terminated, in the arena. `cpu` and `bounds` override what the options say if not NULL;
 * `remarks` is the descriptor of a file for remarks, or -1. */
const char *const *compiler_options(const struct options *options, const char *cpu,
                                    const char *bounds, int remarks, struct arena *arena);

/* Progress on a terminal, for struct cache_request; `user` is the module's path. */
void compiler_progress(void *user, double seconds, double fraction, bool finished);

#endif
