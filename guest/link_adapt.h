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
    bool is_address; /* or only takes its address, for which wasm-ld does not look at types */
    char *adapter;   /* the name of the function between them; NULL: none */
};

/* A procedure of Fortran's that an input defines. */
struct procedure {
    char *name, *type;
    int lengths;
    bool is_unclear; /* inputs define it with several types */
};

/* A zeroed one is empty. */
struct adapters {
    struct mismatch *items;
    size_t count;
    struct procedure *procedures;
    size_t procedure_count, procedure_room;
};

/* A line of wasm-ld's standard error: three tell of a mismatch. */
void adapters_take_line(struct adapters *adapters, const char *line);

/* What an input of the link knows of the procedures that mismatch, and its own with lengths. */
void adapters_look_at(struct adapters *adapters, const struct link_object *object);

/* Addresses of procedures in C with other types than they have: after all inputs sort the
 * procedures, then look for their addresses in all inputs, and for what else has their names. */
void adapters_sort(struct adapters *adapters);
void adapters_find_addresses(struct adapters *adapters, const struct link_object *object);

/* After all inputs: name adapters for what can be adapted. Returns how many there are. */
size_t adapters_decide(struct adapters *adapters);

/* For link_object_rename: the adapter's name for calls that need it. `state` is the adapters. */
const char *adapters_rename(void *state, const char *name, const char *type);

/* The source of an adapter, in C. */
void adapters_write(const struct adapters *adapters, size_t i, FILE *out);

/* A note on each adapter, for mpiwasmcc -v. */
void adapters_print(const struct adapters *adapters, FILE *out);

void adapters_free(struct adapters *adapters);

#endif
