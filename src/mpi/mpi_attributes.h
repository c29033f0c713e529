/*
 * mpi_attributes.h - attributes of communicators, datatypes and windows.
 *
 * They live in the layer, the host's MPI never sees them: so copy and delete callbacks run
 * outside of MPI frames. MPI 3.1, section 6.7.
 *
 * The functions return a guest error code, MPI_SUCCESS or what the callback returned.
 */
#ifndef MPIWASM_MPI_ATTRIBUTES_H
#define MPIWASM_MPI_ATTRIBUTES_H

#include "mpi/mpi_layer.h"

struct mpilayer_attribute {
    struct mpilayer_keyval *keyval; /* referenced */
    uint32_t value;                 /* the guest's pointer */
};

/* Free the list without any callback. */
void mpilayer_attributes_forget(struct mpilayer *layer, struct mpilayer_attributes *attributes);

/* Copy what the copy callbacks want from `from` (the object with handle `from_handle`) to `to`,
 * which is empty. On failure `to` holds those copied so far; delete them. */
int mpilayer_attributes_copy(struct mpilayer *layer, const struct mpilayer_attributes *from,
                             uint32_t from_handle, struct mpilayer_attributes *to);

/* Run the delete callbacks, newest first; stops at the first that fails. */
int mpilayer_attributes_delete_all(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                                   uint32_t handle);

int mpilayer_attributes_set(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                            uint32_t handle, struct mpilayer_keyval *keyval, uint32_t value);
bool mpilayer_attributes_find(const struct mpilayer_attributes *attributes,
                              const struct mpilayer_keyval *keyval, uint32_t *value);
int mpilayer_attributes_delete(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                               uint32_t handle, struct mpilayer_keyval *keyval);

#endif
