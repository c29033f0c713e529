/*
 * mpi_info.h - info objects, which live in the layer alone.
 */
#ifndef MPIWASM_MPI_INFO_H
#define MPIWASM_MPI_INFO_H

#include "mpi/mpi_layer.h"

/* The hints a communicator keeps: a hidden copy (no guest handle, one reference) of the pairs whose
 * keys are MPI's own, others are ignored. NULL of NULL, or if there is no memory: hints may be
 * lost.
 */
struct mpilayer_info *mpilayer_info_hints(struct mpilayer *layer, const struct mpilayer_info *from);

/* Whether the key (of `info`, NULL: no) has the value. */
bool mpilayer_info_is(const struct mpilayer_info *info, const char *key, const char *value);

/* An info object of the host with those of the keys that are set; MPI_INFO_NULL if none is (or
 * info is NULL). The caller frees it. */
MPI_Info mpilayer_info_to_host(const struct mpilayer_info *info, const char *const keys[],
                               int key_count);
void mpilayer_info_release(struct mpilayer *layer, struct mpilayer_info *info);

/* The same way back: write a new info object with those of the keys that `host` has to the guest's
 * address, free `host`; ends the call. */
int32_t mpilayer_info_publish_host(struct mpilayer_call *call, MPI_Info host,
                                   const char *const keys[], int key_count, const char *argument,
                                   uint32_t address);

/* Write a new info object with the pairs of `from` (NULL: none) to the guest's address; ends the
 * call. */
int32_t mpilayer_info_publish_copy(struct mpilayer_call *call, const struct mpilayer_info *from,
                                   const char *argument, uint32_t address);

/* The same with the pairs of `from` and those of a list key, value, ..., NULL. */
int32_t mpilayer_info_publish_pairs(struct mpilayer_call *call, const struct mpilayer_info *from,
                                    const char *const pairs[], const char *argument,
                                    uint32_t address);

#endif
