/*
 * link_adapt.h - calls between Fortran and C that differ in CHARACTER lengths or in having a
 * result.
 */
#ifndef MPIWASM_GUEST_LINK_ADAPT_H
#define MPIWASM_GUEST_LINK_ADAPT_H

#include "guest/link_object.h"

#include <stdio.h>

/* A function that is called with another type than it has. Types as in link_function. */
struct mismatch {
    char *name, *caller, *callee;
    int caller_lengths, callee_lengths; /* CHARACTER lengths at the end; -1: not Fortran's side */
    bool has_caller;                    /* an object at hand calls it so */
    char *adapter;                      /* the name of the function between them; NULL: none */
};

/* A zeroed one is empty. */
struct adapters {
    struct mismatch *items;
    size_t count;
};

/* A line of wasm-ld's standard error: three tell of a mismatch. */
void adapters_take_line(struct adapters *adapters, const char *line);

/* What an input of the link knows of the procedures that mismatch. */
void adapters_look_at(struct adapters *adapters, const struct link_object *object);

/* After all inputs: name adapters for what can be adapted. Returns how many there are. */
size_t adapters_decide(struct adapters *adapters);

/* For link_object_rename: the adapter's name for calls that need it. `state` is the adapters. */
const char *adapters_rename(void *state, const char *name, const char *type);

/* The source of the adapters, in C. */
void adapters_write(const struct adapters *adapters, FILE *out);

/* A note on each adapter, for mpiwasmcc -v. */
void adapters_print(const struct adapters *adapters, FILE *out);

void adapters_free(struct adapters *adapters);

#endif
