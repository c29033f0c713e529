/*
 * spec_host.h - the module `spectest` that the specification's test suite imports from.
 */
#ifndef MPIWASM_TESTS_SPEC_HOST_H
#define MPIWASM_TESTS_SPEC_HOST_H

#include "runtime/link.h"

/* Offer all of `spectest`; its objects belong to the store. */
bool spec_host_add(struct store *store, struct linker *linker, struct error *err);

#endif
