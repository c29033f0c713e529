/*
 * mpi_info.h - info objects, which live in the layer alone.
 */
#ifndef MPIWASM_MPI_INFO_H
#define MPIWASM_MPI_INFO_H

#include "mpi/mpi_layer.h"

/* A hidden copy (no guest handle, one reference) of the pairs; NULL of NULL, or if there is no
 * memory: hints may be lost. */
struct mpilayer_info *mpilayer_info_copy(struct mpilayer *layer, const struct mpilayer_info *from);
void mpilayer_info_release(struct mpilayer *layer, struct mpilayer_info *info);

/* Write a new info object with the pairs of `from` (NULL: none) to the guest's address; ends the
 * call. */
int32_t mpilayer_info_publish_copy(struct mpilayer_call *call, const struct mpilayer_info *from,
                                   const char *argument, uint32_t address);

#endif
