/*
 * mpi_p2p.c - what is irregular in point-to-point communication: matched probes, and sends and
 * receives in one nonblocking call. MPI 4.1, sections 3.8 and 3.10.
 *
 * MPI_Isendrecv is made here on every host: older ones lack it, and MPICH 4.0 crashes when one side
 * is MPI_PROC_NULL. The request is the receive's; the send's is kept beside it and completed first
 * (mpi_request.h asks `ready`).
 */
#include "mpi/mpi_large.h"
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

/* No other thread may receive the message while the call does. */
static uint32_t message_take(struct mpilayer_message *message) {
    uint32_t handle = message->object.handle;
    if (handle != GUEST_MPI_MESSAGE_NO_PROC) {
        mpilayer_object_hide(&message->object);
    }
    return handle;
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

static int32_t matched_receive(struct mpilayer *layer, const char *name, uint32_t buf,
                               int64_t count, uint32_t datatype, uint32_t message,
                               uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_message *object;
    struct mpilayer_datatype *type;
    struct mpilayer_large large;
    void *buf_host;
    MPI_Status status_host;
    if (!mpilayer_call_begin(&call, layer, name) || !message_get(&call, message, &object) ||
        !mpilayer_datatype_get_for(&call, "datatype", datatype, count, &type) ||
        !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_buffer_get(&call, "buf", buf, count, &type, &buf_host) ||
        !mpilayer_large_get(&call, "count", count, type->host, &large) ||
        !mpilayer_status_check(&call, "status", status)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Message message_host = object->host;
    uint32_t handle = message_take(object);
    int code = MPILAYER_LARGE(Mrecv)(buf_host, large.count, large.type, &message_host,
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
    mpilayer_object_show(&object->object, handle);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Mrecv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                       uint32_t message, uint32_t status) {
    return matched_receive(layer, "MPI_Mrecv", buf, count, datatype, message, status);
}
int32_t mpilayer_Mrecv_c(struct mpilayer *layer, uint32_t buf, int64_t count, uint32_t datatype,
                         uint32_t message, uint32_t status) {
    return matched_receive(layer, "MPI_Mrecv_c", buf, count, datatype, message, status);
}

static int32_t matched_start(struct mpilayer *layer, const char *name, uint32_t buf, int64_t count,
                             uint32_t datatype, uint32_t message, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_message *object;
    struct mpilayer_datatype *type;
    struct mpilayer_request *request_object;
    struct mpilayer_large large;
    void *buf_host;
    if (!mpilayer_call_begin(&call, layer, name) || !message_get(&call, message, &object) ||
        !mpilayer_datatype_get_for(&call, "datatype", datatype, count, &type) ||
        !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_buffer_get(&call, "buf", buf, count, &type, &buf_host) ||
        !mpilayer_large_get(&call, "count", count, type->host, &large) ||
        !mpilayer_request_reserve(&call, "request", request, &request_object)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Message message_host = object->host;
    uint32_t handle = message_take(object);
    int code = MPILAYER_LARGE(Imrecv)(buf_host, large.count, large.type, &message_host,
                                      &request_object->host);
    int32_t result = mpilayer_request_started(&call, code, request_object, request);
    if (code == MPI_SUCCESS) {
        message_gone(layer, object, message);
    } else {
        mpilayer_object_show(&object->object, handle);
    }
    return result;
}

int32_t mpilayer_Imrecv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                        uint32_t message, uint32_t request) {
    return matched_start(layer, "MPI_Imrecv", buf, count, datatype, message, request);
}
int32_t mpilayer_Imrecv_c(struct mpilayer *layer, uint32_t buf, int64_t count, uint32_t datatype,
                          uint32_t message, uint32_t request) {
    return matched_start(layer, "MPI_Imrecv_c", buf, count, datatype, message, request);
}

/* ---- a send and a receive in one request ---- */

/* What both functions are given, checked and translated. */
struct exchange {
    void *send_data, *recv_data; /* the same, if the data are replaced */
    struct mpilayer_large send, recv;
    int dest, send_tag, source, recv_tag;
    MPI_Comm comm;
    bool replace;
};

/* request->state is the send's request. */
static enum mpilayer_ready exchange_ready(struct mpilayer_request *request, int *code) {
    int done = 0;
    *code = MPI_Test(request->state, &done, MPI_STATUS_IGNORE);
    return done ? MPILAYER_READY : MPILAYER_NOT_YET;
}
static int exchange_free(struct mpilayer_request *request) {
    MPI_Request *send = request->state;
    int code = *send != MPI_REQUEST_NULL ? MPI_Request_free(send) : MPI_SUCCESS;
    return code == MPI_SUCCESS ? MPI_Request_free(&request->host) : code;
}
static void exchange_release(struct mpilayer_request *request) {
    free(request->state);
}

static int exchange_start(struct mpilayer_call *call, const struct exchange *e,
                          struct mpilayer_request *request) {
    static const struct mpilayer_request_hooks hooks = {
        .ready = exchange_ready, .free = exchange_free, .release = exchange_release};
    const void *data = e->send_data;
    mpilayer_large_count count = e->send.count;
    int code = MPI_SUCCESS;
    MPI_Datatype type = e->send.type;
    if (e->replace) { /* what is sent must not change while it is received over */
        mpilayer_large_count room = 0, at = 0;
        void *copy;
        code = count > 0 ? MPILAYER_LARGE(Pack_size)(count, type, e->comm, &room) : MPI_SUCCESS;
        if (code != MPI_SUCCESS) {
            return code;
        }
        if (room < 0 || (copy = mpilayer_call_allocate(call, (size_t)room)) == NULL) {
            return MPI_ERR_NO_MEM;
        }
        if (room > 0) { /* MPICH 4.0 divides by the size */
            code = MPILAYER_LARGE(Pack)(data, count, type, copy, room, &at, e->comm);
        }
        data = copy;
        count = at;
        type = MPI_PACKED;
    }
    MPI_Request *send = malloc(sizeof *send);
    if (send == NULL || code != MPI_SUCCESS) {
        free(send);
        return code != MPI_SUCCESS ? code : MPI_ERR_NO_MEM;
    }
    code = MPILAYER_LARGE(Irecv)(e->recv_data, e->recv.count, e->recv.type, e->source, e->recv_tag,
                                 e->comm, &request->host);
    if (code == MPI_SUCCESS) {
        code = MPILAYER_LARGE(Isend)(data, count, type, e->dest, e->send_tag, e->comm, send);
        if (code != MPI_SUCCESS) {
            MPI_Cancel(&request->host);
            MPI_Wait(&request->host, MPI_STATUS_IGNORE);
        }
    }
    if (code != MPI_SUCCESS) {
        free(send);
        return code;
    }
    request->hooks = &hooks;
    request->state = send;
    return MPI_SUCCESS;
}

static int32_t exchange(struct mpilayer *layer, const char *name, uint32_t sendbuf,
                        int64_t sendcount, uint32_t sendtype, int32_t dest, int32_t sendtag,
                        uint32_t recvbuf, int64_t recvcount, uint32_t recvtype, int32_t source,
                        int32_t recvtag, uint32_t comm, bool replace, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    struct mpilayer_datatype *send_type, *recv_type;
    struct mpilayer_request *object;
    struct exchange e = {.replace = replace};
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &comm_object) ||
        !mpilayer_datatype_get_for(&call, replace ? "datatype" : "sendtype", sendtype, sendcount,
                                   &send_type) ||
        !mpilayer_datatype_get_for(&call, "recvtype", recvtype, recvcount, &recv_type) ||
        !mpilayer_count_check(&call, replace ? "count" : "sendcount", sendcount) ||
        !mpilayer_count_check(&call, "recvcount", recvcount) ||
        !mpilayer_dest_get(&call, "dest", dest, comm_object, &e.dest) ||
        !mpilayer_sendtag_get(&call, "sendtag", sendtag, &e.send_tag) ||
        !mpilayer_source_get(&call, "source", source, comm_object, &e.source) ||
        !mpilayer_recvtag_get(&call, "recvtag", recvtag, &e.recv_tag) ||
        !mpilayer_buffer_get(&call, replace ? "buf" : "sendbuf", sendbuf, sendcount, &send_type,
                             &e.send_data) ||
        !mpilayer_buffer_get(&call, "recvbuf", recvbuf, recvcount, &recv_type, &e.recv_data) ||
        !mpilayer_large_get(&call, "sendcount", sendcount, send_type->host, &e.send) ||
        !mpilayer_large_get(&call, "recvcount", recvcount, recv_type->host, &e.recv) ||
        !mpilayer_request_reserve(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    e.comm = comm_object->host;
    return mpilayer_request_started(&call, exchange_start(&call, &e, object), object, request);
}

int32_t mpilayer_Isendrecv(struct mpilayer *layer, uint32_t sendbuf, int32_t sendcount,
                           uint32_t sendtype, int32_t dest, int32_t sendtag, uint32_t recvbuf,
                           int32_t recvcount, uint32_t recvtype, int32_t source, int32_t recvtag,
                           uint32_t comm, uint32_t request) {
    return exchange(layer, "MPI_Isendrecv", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf,
                    recvcount, recvtype, source, recvtag, comm, false, request);
}
int32_t mpilayer_Isendrecv_c(struct mpilayer *layer, uint32_t sendbuf, int64_t sendcount,
                             uint32_t sendtype, int32_t dest, int32_t sendtag, uint32_t recvbuf,
                             int64_t recvcount, uint32_t recvtype, int32_t source, int32_t recvtag,
                             uint32_t comm, uint32_t request) {
    return exchange(layer, "MPI_Isendrecv_c", sendbuf, sendcount, sendtype, dest, sendtag, recvbuf,
                    recvcount, recvtype, source, recvtag, comm, false, request);
}
int32_t mpilayer_Isendrecv_replace(struct mpilayer *layer, uint32_t buf, int32_t count,
                                   uint32_t datatype, int32_t dest, int32_t sendtag, int32_t source,
                                   int32_t recvtag, uint32_t comm, uint32_t request) {
    return exchange(layer, "MPI_Isendrecv_replace", buf, count, datatype, dest, sendtag, buf, count,
                    datatype, source, recvtag, comm, true, request);
}
int32_t mpilayer_Isendrecv_replace_c(struct mpilayer *layer, uint32_t buf, int64_t count,
                                     uint32_t datatype, int32_t dest, int32_t sendtag,
                                     int32_t source, int32_t recvtag, uint32_t comm,
                                     uint32_t request) {
    return exchange(layer, "MPI_Isendrecv_replace_c", buf, count, datatype, dest, sendtag, buf,
                    count, datatype, source, recvtag, comm, true, request);
}
