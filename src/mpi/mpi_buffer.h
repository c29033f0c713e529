/*
 * mpi_buffer.h - buffered sends: the buffers of the process, of communicators and of sessions.
 */
#ifndef MPIWASM_MPI_BUFFER_H
#define MPIWASM_MPI_BUFFER_H

#include "mpi/mpi_layer.h"

/* What the guest has attached; the messages lie in memory of the layer's own. References: whoever
 * has it attached, and each message and request that waits for it. */
struct mpilayer_buffer {
    uint32_t references;
    uint32_t address; /* the guest's */
    uint32_t size;
    bool automatic;     /* MPI_BUFFER_AUTOMATIC: no limit */
    uint64_t used;      /* bytes of messages on their way, with what each costs */
    uint64_t last_sent; /* number of the latest message */
};

/* As the host's MPI_Bsend, MPI_Ibsend and MPI_Bsend_init, through the layer's buffers. `request` is
 * the host's in a struct mpilayer_request. */
int mpilayer_buffered_Bsend(const void *data, MPI_Count count, MPI_Datatype type, int dest, int tag,
                            struct mpilayer_comm *comm);
int mpilayer_buffered_Ibsend(const void *data, MPI_Count count, MPI_Datatype type, int dest,
                             int tag, struct mpilayer_comm *comm, MPI_Request *request);
int mpilayer_buffered_Bsend_init(const void *data, MPI_Count count, MPI_Datatype type, int dest,
                                 int tag, struct mpilayer_comm *comm, MPI_Request *request);

/* Attach, detach and flush: *buffer is where the buffer of that owner is kept. The call has begun
 * and the owner has been looked up; each ends the call. `large`: the size is an MPI_Count. */
int32_t mpilayer_buffer_attach(struct mpilayer_call *call, struct mpilayer_buffer **buffer,
                               uint32_t address, int64_t size);
int32_t mpilayer_buffer_detach(struct mpilayer_call *call, struct mpilayer_buffer **buffer,
                               bool large, uint32_t address, uint32_t size);
int32_t mpilayer_buffer_flush(struct mpilayer_call *call, struct mpilayer_buffer *buffer);
int32_t mpilayer_buffer_iflush(struct mpilayer_call *call, struct mpilayer_buffer *buffer,
                               uint32_t request);

/* Its owner goes without a detach; NULL is fine. */
void mpilayer_buffer_release(struct mpilayer_buffer *buffer);
/* Before MPI_Finalize: wait for all messages. */
void mpilayer_buffers_stop(struct mpilayer *layer);

#endif
