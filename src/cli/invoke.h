/*
 * invoke.h - `--invoke`: numbers from the command line into a function, its results out.
 */
#ifndef MPIWASM_CLI_INVOKE_H
#define MPIWASM_CLI_INVOKE_H

#include "cli/options.h"
#include "runtime/instance.h"

/* Call `function` with the words after the module. Prints one result a line. Returns 0, or the
 * exit code with *err set if the words do not fit; how the call ended is in *outcome. */
int invoke_function(struct instance *instance, struct func_ref *function,
                    const struct options *options, struct arena *arena, struct outcome *outcome,
                    struct error *err);

#endif
