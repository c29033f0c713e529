/*
 * grants.h - what the command line gives the guest: directories, environment, arguments.
 */
#ifndef MPIWASM_CLI_GRANTS_H
#define MPIWASM_CLI_GRANTS_H

#include "base/arena.h"
#include "cli/options.h"
#include "runtime/host_module.h"

/*
 * Variables of mpiwasm's own environment that the guest gets without being asked: none that names
 * a place on the host or belongs to the launcher. Patterns; NULL-terminated.
 */
extern const char *const grants_default_environment[];

/* Fill in directories and environment of *config; everything lives in the arena. ERROR_USAGE for
 * a malformed option, ERROR_SYSTEM for a directory that is not there. */
bool grants_collect(const struct options *options, struct arena *arena, struct host_config *config,
                    struct error *err);

/* Tell a guest with threads how many processors it has: as many as this process may run on, which
 * the launcher may have bound it to. In MPIWASM_PROCESSORS, for WASI has no other way; a value that
 * the options give stays. */
void grants_add_processors(struct arena *arena, struct host_config *config);

/* The directory that the guest may write to and in which `path` lies, NULL if there is none. The
 * directory itself lies in no such one by that. */
const char *grants_find_writable(const struct host_config *config, const char *path);

/* Fill in config->policy: the options that give a process that is started elsewhere on the host the
 * same directories, environment and limits. Does so only if the options allow starting processes.
 */
bool grants_describe(const struct options *options, struct arena *arena, struct host_config *config,
                     struct error *err);

#endif
