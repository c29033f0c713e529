/*
 * mpi_legacy.h - modules of the first MPIWasm: import module "env", handles that are small ints.
 *
 * Their header numbers communicators 0..2, datatypes 0..18 and operators 0..10; what a program
 * makes itself has the standard ABI's numbers from 0x1000 on, in both. A status has 24 bytes:
 * source, tag, error, cancelled, and the size of the message in bytes as an int64.
 */
#ifndef MPIWASM_MPI_LEGACY_H
#define MPIWASM_MPI_LEGACY_H

#include "mpi/mpi_layer.h"

/* Legacy -> standard. What is no legacy handle becomes a number that no handle has. */
uint32_t mpilayer_legacy_comm(uint32_t comm);
uint32_t mpilayer_legacy_datatype(uint32_t datatype);
uint32_t mpilayer_legacy_op(uint32_t op);
uint32_t mpilayer_legacy_info(uint32_t info);
int32_t mpilayer_legacy_tag(int32_t tag); /* to receive */
/* Standard -> legacy. */
uint32_t mpilayer_legacy_comm_back(uint32_t comm);
uint32_t mpilayer_legacy_datatype_back(uint32_t datatype);
uint32_t mpilayer_legacy_comparison_back(uint32_t comparison);

/* Translate the int at the guest's address, if it lies in memory: the call itself complains else.
 */
void mpilayer_legacy_translate(struct mpilayer *layer, uint32_t address,
                               uint32_t (*translate)(uint32_t));

/* Written by hand; arguments as in MPI. */
int32_t mpilayer_legacy_Init(struct mpilayer *layer, uint32_t argc, uint32_t argv);
int32_t mpilayer_legacy_Recv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                             int32_t source, int32_t tag, uint32_t comm, uint32_t status);
int32_t mpilayer_legacy_Sendrecv(struct mpilayer *layer, uint32_t sendbuf, int32_t sendcount,
                                 uint32_t sendtype, int32_t dest, int32_t sendtag, uint32_t recvbuf,
                                 int32_t recvcount, uint32_t recvtype, int32_t source,
                                 int32_t recvtag, uint32_t comm, uint32_t status);
int32_t mpilayer_legacy_Wait(struct mpilayer *layer, uint32_t request, uint32_t status);
int32_t mpilayer_legacy_Waitall(struct mpilayer *layer, int32_t count, uint32_t requests,
                                uint32_t statuses);
int32_t mpilayer_legacy_Get_count(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                  uint32_t count);

/* What its toolchain left to the embedder. */
int32_t mpilayer_legacy_gethostname(struct mpilayer *layer, uint32_t name, uint32_t size);
uint32_t mpilayer_legacy_allocate_exception(struct mpilayer *layer, uint32_t size);
void mpilayer_legacy_throw(struct mpilayer *layer, uint32_t object, uint32_t type,
                           uint32_t destructor);

extern const struct host_function mpilayer_legacy_exports[];
extern const size_t mpilayer_legacy_export_count;

#endif
