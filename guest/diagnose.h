/*
 * diagnose.h - what clang and wasm-ld say, shortened to what is missing and what to do about it.
 */
#ifndef MPIWASM_GUEST_DIAGNOSE_H
#define MPIWASM_GUEST_DIAGNOSE_H

#include "guest/arguments.h"

struct diagnosis {
    const char *program;          /* the name that messages begin with */
    const struct arguments *user; /* the command's own inputs, to name sources, not objects */
    bool is_stock, has_exceptions, is_raw; /* the level; whether every line is shown */
    int mismatches;                        /* functions called with another type */
    int undefined;                         /* missing functions and variables */
    char need[256];                        /* what needs the full level; "" if nothing does */
    struct arguments seen;                 /* missing symbols named already */
    bool is_mismatch;                      /* the lines of one are being read, these its parts */
    bool is_old_c;                         /* errors were shown that --old-c makes warnings */
    char function[512], place[2][1024];
};

/* Take one line of clang's standard error, print what of it the user should see. */
void diagnose_line(struct diagnosis *diagnosis, char *line);

/* After the last line: print what to do. `is_strict`: mismatches are errors. */
void diagnose_end(struct diagnosis *diagnosis, bool is_strict);

#endif
