/*
 * mpi_p2p.c - what is irregular in point-to-point communication: matched probes and the buffer of
 * buffered sends. MPI 3.1, sections 3.6 and 3.8.
 *
 * Deliberate deviation: MPI keeps its own bookkeeping inside an attached buffer, which the guest
 * could overwrite. So MPI gets a buffer of the layer's of the same size, and the guest's own is
 * only remembered for MPI_Buffer_detach.
 */
#include "mpi/mpi_memory.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

#include <stdlib.h>

/* ---- matched probe and receive ---- */

static int32_t matched_probe(struct mpilayer *layer, const char *name, int32_t source, int32_t tag,
                             uint32_t comm, bool wait, uint32_t flag, uint32_t message,
                             uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    int source_host, tag_host, found = 1;
    MPI_Status status_host;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &comm_object) ||
        !mpilayer_source_get(&call, "source", source, comm_object, &source_host) ||
        !mpilayer_recvtag_get(&call, "tag", tag, &tag_host) ||
        (!wait && !mpilayer_memory_check(&call, "flag", flag, 4)) ||
        !mpilayer_memory_check(&call, "message", message, 4) ||
        !mpilayer_status_check(&call, "status", status)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_message *object = mpilayer_table_allocate(&layer->tables[MPILAYER_MESSAGE]);
    if (object == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many messages");
        return mpilayer_call_raise(&call);
    }
    object->host = MPI_MESSAGE_NULL;
    MPI_Status *status_pointer = mpilayer_status_host(status, &status_host);
    int code =
        wait ? MPI_Mprobe(source_host, tag_host, comm_object->host, &object->host, status_pointer)
             : MPI_Improbe(source_host, tag_host, comm_object->host, &found, &object->host,
                           status_pointer);
    uint32_t handle = object->object.handle;
    if (code == MPI_SUCCESS && found && object->host != MPI_MESSAGE_NO_PROC) {
        object->comm = comm_object;
        mpilayer_object_reference(&comm_object->object);
    } else {
        handle = object->host == MPI_MESSAGE_NO_PROC ? GUEST_MPI_MESSAGE_NO_PROC
                                                     : GUEST_MPI_MESSAGE_NULL;
        mpilayer_object_release(&layer->tables[MPILAYER_MESSAGE], &object->object);
    }
    if (code == MPI_SUCCESS) {
        if (!wait) {
            mpilayer_store_i32(layer, flag, found);
        }
        if (found) {
            mpilayer_store_i32(layer, message, (int32_t)handle);
            mpilayer_status_store(layer, status, &status_host, false);
        }
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Mprobe(struct mpilayer *layer, int32_t source, int32_t tag, uint32_t comm,
                        uint32_t message, uint32_t status) {
    return matched_probe(layer, "MPI_Mprobe", source, tag, comm, true, 0, message, status);
}
int32_t mpilayer_Improbe(struct mpilayer *layer, int32_t source, int32_t tag, uint32_t comm,
                         uint32_t flag, uint32_t message, uint32_t status) {
    return matched_probe(layer, "MPI_Improbe", source, tag, comm, false, flag, message, status);
}

static bool message_get(struct mpilayer_call *call, uint32_t address,
                        struct mpilayer_message **out) {
    if (!mpilayer_memory_check(call, "message", address, 4) ||
        !mpilayer_message_get(call, "message", (uint32_t)mpilayer_load_i32(call->layer, address),
                              out)) {
        return false;
    }
    call->comm = (*out)->comm;
    return true;
}

/* The receive has taken the message. */
static void message_gone(struct mpilayer *layer, struct mpilayer_message *message,
                         uint32_t address) {
    mpilayer_store_i32(layer, address, GUEST_MPI_MESSAGE_NULL);
    if (message->object.handle == GUEST_MPI_MESSAGE_NO_PROC) {
        return;
    }
    struct mpilayer_comm *comm = message->comm;
    mpilayer_object_release(&layer->tables[MPILAYER_MESSAGE], &message->object);
    mpilayer_comm_release(layer, comm);
}

int32_t mpilayer_Mrecv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                       uint32_t message, uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_message *object;
    struct mpilayer_datatype *type;
    void *buf_host;
    MPI_Status status_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Mrecv") || !message_get(&call, message, &object) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_buffer_get(&call, "buf", buf, count, &type, &buf_host) ||
        !mpilayer_status_check(&call, "status", status)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Message message_host = object->host;
    int code = MPI_Mrecv(buf_host, count, type->host, &message_host,
                         mpilayer_status_host(status, &status_host));
    if (code == MPI_SUCCESS) {
        mpilayer_status_store(layer, status, &status_host, false);
    }
    if (code == MPI_SUCCESS || message_host == MPI_MESSAGE_NULL) {
        struct mpilayer_comm *comm = call.comm; /* over the release of the message's own */
        if (comm != NULL) {
            mpilayer_object_reference(&comm->object);
        }
        message_gone(layer, object, message);
        int32_t result = mpilayer_call_return(&call, code);
        if (comm != NULL) {
            mpilayer_comm_release(layer, comm);
        }
        return result;
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Imrecv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                        uint32_t message, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_message *object;
    struct mpilayer_datatype *type;
    struct mpilayer_request *request_object;
    void *buf_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Imrecv") || !message_get(&call, message, &object) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_buffer_get(&call, "buf", buf, count, &type, &buf_host) ||
        !mpilayer_request_reserve(&call, "request", request, &request_object)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Message message_host = object->host;
    int code = MPI_Imrecv(buf_host, count, type->host, &message_host, &request_object->host);
    int32_t result = mpilayer_request_started(&call, code, request_object, request);
    if (code == MPI_SUCCESS) {
        message_gone(layer, object, message);
    }
    return result;
}

/* ---- buffered sends ---- */

int32_t mpilayer_Buffer_attach(struct mpilayer *layer, uint32_t buffer, int32_t size) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Buffer_attach")) {
        return mpilayer_call_raise(&call);
    }
    if (size < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "size", "negative (%d)", size);
        return mpilayer_call_raise(&call);
    }
    if (layer->bsend_buffer != NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_BUFFER, "buffer", "there is one attached already");
        return mpilayer_call_raise(&call);
    }
    if (size > 0 && !mpilayer_memory_check(&call, "buffer", buffer, (uint64_t)size)) {
        return mpilayer_call_raise(&call);
    }
    void *own = malloc(size > 0 ? (size_t)size : 1);
    if (own == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Buffer_attach(own, size);
    if (code != MPI_SUCCESS) {
        free(own);
        return mpilayer_call_return(&call, code);
    }
    layer->bsend_buffer = own;
    layer->bsend_address = buffer;
    layer->bsend_size = (uint32_t)size;
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Buffer_detach(struct mpilayer *layer, uint32_t buffer_addr, uint32_t size) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Buffer_detach") ||
        !mpilayer_memory_check(&call, "buffer_addr", buffer_addr, 4) ||
        !mpilayer_memory_check(&call, "size", size, 4)) {
        return mpilayer_call_raise(&call);
    }
    void *own = NULL;
    int own_size = 0;
    if (layer->bsend_buffer == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_BUFFER, "buffer_addr", "no buffer is attached");
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Buffer_detach(&own, &own_size);
    if (code == MPI_SUCCESS) {
        free(layer->bsend_buffer);
        layer->bsend_buffer = NULL;
        mpilayer_store_i32(layer, buffer_addr, (int32_t)layer->bsend_address);
        mpilayer_store_i32(layer, size, (int32_t)layer->bsend_size);
    }
    return mpilayer_call_return(&call, code);
}
