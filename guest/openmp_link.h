/*
 * openmp_link.h - linking a program with OpenMP: critical sections have their locks in common.
 */
#ifndef MPIWASM_GUEST_OPENMP_LINK_H
#define MPIWASM_GUEST_OPENMP_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Change an object, or those of an archive, in place. False: it has no locks and is as it was. */
bool openmp_share_locks(uint8_t *bytes, size_t size);

#endif
