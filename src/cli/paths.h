/*
 * paths.h - where the parts of this installation lie, relative to the executable.
 */
#ifndef MPIWASM_CLI_PATHS_H
#define MPIWASM_CLI_PATHS_H

#include "base/arena.h"

/* The executable's own path; never NULL. */
const char *paths_executable(void);

/* The path of ../relative as seen from the executable's folder; in the arena. */
char *paths_installed(struct arena *arena, const char *relative);

#endif
