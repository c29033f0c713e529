/*
 * mpi_buffer.c - buffered sends. MPI 4.1, section 3.6 (buffers of communicators and sessions,
 * flushing, automatic buffering).
 *
 * MPI keeps its own bookkeeping inside an attached buffer, which a guest could overwrite; and no
 * host so far has all of these functions. So a message is packed into memory of the layer's own and
 * sent from there without blocking; the guest's buffer only says how much may be on its way.
 */
#include "mpi/mpi_buffer.h"

#include "mpi/mpi_session.h"
#include "mpi_functions.h"

#include <limits.h>
#include <stdlib.h>

enum { COST = 64 }; /* bytes of the buffer that a message takes beside its data */

/* A message on its way. */
struct sending {
    struct sending *next;
    struct mpilayer_buffer *buffer; /* referenced */
    uint64_t number;
    uint64_t cost;
    MPI_Request request;
    max_align_t data[];
};
static struct sending *sendings;
static uint64_t all_used; /* by all of them */

void mpilayer_buffer_release(struct mpilayer_buffer *buffer) {
    if (buffer != NULL && --buffer->references == 0) {
        free(buffer);
    }
}

static bool is_pending(const struct mpilayer_buffer *buffer, uint64_t last) {
    const struct sending *at = sendings;
    while (at != NULL && buffer != NULL && (at->buffer != buffer || at->number > last))
        at = at->next;
    return at != NULL;
}

/* Once through the list, on which no other thread is meanwhile. */
static int reap_once(const struct mpilayer_buffer *buffer, uint64_t last, bool wait) {
    int result = MPI_SUCCESS;
    for (struct sending **at = &sendings; *at != NULL;) {
        struct sending *sending = *at;
        int done = 0, code;
        if (wait && (buffer == NULL || (sending->buffer == buffer && sending->number <= last))) {
            code = MPI_Wait(&sending->request, MPI_STATUS_IGNORE);
            done = 1;
        } else {
            code = MPI_Test(&sending->request, &done, MPI_STATUS_IGNORE);
        }
        if (code != MPI_SUCCESS) {
            result = code;
            done = 1;
        }
        if (!done) {
            at = &sending->next;
            continue;
        }
        *at = sending->next;
        sending->buffer->used -= sending->cost;
        all_used -= sending->cost;
        mpilayer_buffer_release(sending->buffer);
        free(sending);
    }
    return result;
}

/* Free what has arrived (or been taken over by MPI); `wait`: until that of `buffer` (NULL: all) up
 * to number `last` has. The host's code. */
static int reap(const struct mpilayer_buffer *buffer, uint64_t last, bool wait) {
    int code;
    /* What it waits for may need what other threads do, who need the list: it asks again. */
    bool again = wait && mpilayer_is_multiple;
    for (;;) {
        mpilayer_thread_alone_begin();
        code = reap_once(buffer, last, wait && !again);
        mpilayer_thread_alone_end();
        if (code != MPI_SUCCESS || !again || !is_pending(buffer, last)) return code;
        mpilayer_thread_yield();
    }
}

void mpilayer_buffers_stop(struct mpilayer *layer) {
    reap(NULL, UINT64_MAX, true);
    mpilayer_buffer_release(layer->buffer);
    layer->buffer = NULL;
}

/* ---- sending ---- */

/* The communicator's, its session's, or the one of all communicators. */
static struct mpilayer_buffer *buffer_of(const struct mpilayer_comm *comm) {
    struct mpilayer_session *session =
        comm->session != 0
            ? mpilayer_table_find(&mpilayer_current->tables[MPILAYER_SESSION], comm->session)
            : NULL;
    return comm->buffer != NULL                         ? comm->buffer
           : session != NULL && session->buffer != NULL ? session->buffer
                                                        : mpilayer_current->buffer;
}

/* Bytes of messages on their way, of one automatic buffer and of all buffers: the copies lie
 * outside the program's memory, whose size is no limit to them. */
#define AUTOMATIC_AT_MOST ((uint64_t)1 << 30)
#define BUFFERED_AT_MOST ((uint64_t)1 << 32)

int mpilayer_buffered_Bsend(const void *data, MPI_Count count, MPI_Datatype type, int dest, int tag,
                            struct mpilayer_comm *comm) {
    MPI_Count size;
    int room = 0, at = 0, code = MPI_Type_size_x(type, &size);
    if (code == MPI_SUCCESS) {
        code = reap(NULL, 0, false);
    }
    if (code != MPI_SUCCESS) {
        return code;
    }
    if (buffer_of(comm) == NULL) {
        return MPI_ERR_BUFFER;
    }
    if ((__int128)count * size > INT_MAX / 2) {
        return MPI_ERR_COUNT;
    }
    if (size == 0) {
        count = 0;
    }
    code = count > 0 ? MPI_Pack_size((int)count, type, comm->host, &room) : MPI_SUCCESS;
    if (code != MPI_SUCCESS) {
        return code;
    }
    uint64_t cost = (uint64_t)room + COST;
    struct mpilayer_buffer *buffer = buffer_of(comm);
    if (buffer == NULL) {
        return MPI_ERR_BUFFER; /* another thread has detached it */
    }
    if (buffer->used + cost > (buffer->automatic ? AUTOMATIC_AT_MOST : buffer->size) ||
        all_used + cost > BUFFERED_AT_MOST) {
        return MPI_ERR_BUFFER;
    }
    struct sending *sending = malloc(sizeof *sending + (size_t)room);
    if (sending == NULL) {
        return MPI_ERR_NO_MEM;
    }
    sending->buffer = buffer;
    sending->cost = cost;
    buffer->references++;
    buffer->used += cost;
    all_used += cost;
    if (count > 0) {
        code = MPI_Pack(data, (int)count, type, sending->data, room, &at, comm->host);
    }
    if (code == MPI_SUCCESS) {
        code = MPI_Isend(sending->data, at, MPI_PACKED, dest, tag, comm->host, &sending->request);
    }
    if (code != MPI_SUCCESS) {
        buffer->used -= cost;
        all_used -= cost;
        mpilayer_buffer_release(buffer);
        free(sending);
        return code;
    }
    sending->number = ++buffer->last_sent;
    /* Behind the others: messages between two processes stay in order anyway, and so do the
     * tests. */
    mpilayer_thread_alone_begin();
    struct sending **end = &sendings;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    sending->next = NULL;
    *end = sending;
    mpilayer_thread_alone_end();
    return MPI_SUCCESS;
}

/* A request that is complete. */
static int complete(MPI_Comm comm, MPI_Request *request) {
    return MPI_Isend(NULL, 0, MPI_BYTE, MPI_PROC_NULL, 0, comm, request);
}

int mpilayer_buffered_Ibsend(const void *data, MPI_Count count, MPI_Datatype type, int dest,
                             int tag, struct mpilayer_comm *comm, MPI_Request *request) {
    int code = mpilayer_buffered_Bsend(data, count, type, dest, tag, comm);
    return code == MPI_SUCCESS ? complete(comm->host, request) : code;
}

/* What a persistent buffered send sends. */
struct persistent {
    const void *data;
    MPI_Count count;
    MPI_Datatype type; /* a duplicate: the guest may free its own */
    int dest, tag;
    struct mpilayer_comm *comm; /* the request keeps it */
};

static int persistent_start(struct mpilayer_request *request) {
    const struct persistent *p = request->state;
    int code = mpilayer_buffered_Bsend(p->data, p->count, p->type, p->dest, p->tag, p->comm);
    return code == MPI_SUCCESS ? MPI_Start(&request->host) : code;
}

static void persistent_release(struct mpilayer_request *request) {
    struct persistent *p = request->state;
    MPI_Type_free(&p->type);
    free(p);
}

int mpilayer_buffered_Bsend_init(const void *data, MPI_Count count, MPI_Datatype type, int dest,
                                 int tag, struct mpilayer_comm *comm, MPI_Request *request) {
    static const struct mpilayer_request_hooks hooks = {.start = persistent_start,
                                                        .release = persistent_release};
    struct mpilayer_request *object =
        (void *)((uint8_t *)request - offsetof(struct mpilayer_request, host));
    struct persistent *p = malloc(sizeof *p);
    if (p == NULL) {
        return MPI_ERR_NO_MEM;
    }
    *p = (struct persistent){data, count, MPI_DATATYPE_NULL, dest, tag, comm};
    int code = MPI_Type_dup(type, &p->type);
    if (code == MPI_SUCCESS) {
        code = MPI_Send_init(NULL, 0, MPI_BYTE, MPI_PROC_NULL, 0, comm->host, request);
        if (code != MPI_SUCCESS) {
            MPI_Type_free(&p->type);
        }
    }
    if (code != MPI_SUCCESS) {
        free(p);
        return code;
    }
    object->hooks = &hooks;
    object->state = p;
    return MPI_SUCCESS;
}

/* ---- attaching ---- */

int32_t mpilayer_buffer_attach(struct mpilayer_call *call, struct mpilayer_buffer **buffer,
                               uint32_t address, int64_t size) {
    bool automatic = address == GUEST_MPI_BUFFER_AUTOMATIC;
    if (size < 0) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "size", "negative (%lld)", (long long)size);
        return mpilayer_call_raise(call);
    }
    if (*buffer != NULL) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, "buffer", "there is one attached already");
        return mpilayer_call_raise(call);
    }
    if (!automatic && ((size > 0 && address == 0) ||
                       !guest_range_ok(call->layer->guest, address, (uint64_t)size))) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "buffer", "outside the program's memory");
        return mpilayer_call_raise(call);
    }
    struct mpilayer_buffer *made = calloc(1, sizeof *made);
    if (made == NULL) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        return mpilayer_call_raise(call);
    }
    *made = (struct mpilayer_buffer){
        .references = 1, .address = address, .size = (uint32_t)size, .automatic = automatic};
    *buffer = made;
    return mpilayer_call_return(call, MPI_SUCCESS);
}

int32_t mpilayer_buffer_detach(struct mpilayer_call *call, struct mpilayer_buffer **buffer,
                               bool large, uint32_t address, uint32_t size) {
    struct mpilayer *layer = call->layer;
    if (!mpilayer_memory_check(call, "buffer_addr", address, 4) ||
        !mpilayer_memory_check(call, "size", size, large ? 8 : 4)) {
        return mpilayer_call_raise(call);
    }
    if (*buffer == NULL) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, "buffer_addr", "no buffer is attached");
        return mpilayer_call_raise(call);
    }
    int code = reap(*buffer, UINT64_MAX, true);
    if (code == MPI_SUCCESS && *buffer != NULL) { /* no other thread has detached it */
        mpilayer_store_i32(layer, address, (int32_t)(*buffer)->address);
        if (large) {
            mpilayer_store_i64(layer, size, (*buffer)->size);
        } else {
            mpilayer_store_i32(layer, size, (int32_t)(*buffer)->size);
        }
        mpilayer_buffer_release(*buffer);
        *buffer = NULL;
    }
    return mpilayer_call_return(call, code);
}

/* ---- flushing ---- */

int32_t mpilayer_buffer_flush(struct mpilayer_call *call, struct mpilayer_buffer *buffer) {
    return mpilayer_call_return(call,
                                buffer != NULL ? reap(buffer, UINT64_MAX, true) : MPI_SUCCESS);
}

/* What a nonblocking flush waits for. */
struct flush {
    struct mpilayer_buffer *buffer; /* referenced */
    uint64_t last;
};

static enum mpilayer_ready flush_ready(struct mpilayer_request *request, int *code) {
    const struct flush *flush = request->state;
    *code = reap(NULL, 0, false);
    for (const struct sending *s = sendings; s != NULL; s = s->next) {
        if (s->buffer == flush->buffer && s->number <= flush->last) {
            return MPILAYER_NOT_YET;
        }
    }
    return MPILAYER_READY;
}

static void flush_release(struct mpilayer_request *request) {
    struct flush *flush = request->state;
    mpilayer_buffer_release(flush->buffer);
    free(flush);
}

int32_t mpilayer_buffer_iflush(struct mpilayer_call *call, struct mpilayer_buffer *buffer,
                               uint32_t request) {
    static const struct mpilayer_request_hooks hooks = {.ready = flush_ready,
                                                        .release = flush_release};
    struct mpilayer_request *object;
    if (!mpilayer_request_reserve(call, "request", request, &object)) {
        return mpilayer_call_raise(call);
    }
    if (buffer != NULL) {
        struct flush *flush = malloc(sizeof *flush);
        if (flush == NULL) {
            return mpilayer_request_started(call, MPI_ERR_NO_MEM, object, request);
        }
        *flush = (struct flush){buffer, buffer->last_sent};
        buffer->references++;
        object->hooks = &hooks;
        object->state = flush;
    }
    return mpilayer_request_started(call, complete(MPI_COMM_SELF, &object->host), object, request);
}

/* ---- the guest's functions: of the process and of communicators ---- */

static int32_t attach(struct mpilayer *layer, const char *name, bool of_comm, uint32_t comm,
                      uint32_t buffer, int64_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object = NULL;
    if (!mpilayer_call_begin(&call, layer, name) ||
        (of_comm && !mpilayer_comm_get(&call, "comm", comm, &object))) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_attach(&call, object != NULL ? &object->buffer : &layer->buffer, buffer,
                                  size);
}

static int32_t detach(struct mpilayer *layer, const char *name, bool of_comm, uint32_t comm,
                      bool large, uint32_t buffer_addr, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object = NULL;
    if (!mpilayer_call_begin(&call, layer, name) ||
        (of_comm && !mpilayer_comm_get(&call, "comm", comm, &object))) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_detach(&call, object != NULL ? &object->buffer : &layer->buffer, large,
                                  buffer_addr, size);
}

int32_t mpilayer_Buffer_attach(struct mpilayer *layer, uint32_t buffer, int32_t size) {
    return attach(layer, "MPI_Buffer_attach", false, 0, buffer, size);
}
int32_t mpilayer_Buffer_attach_c(struct mpilayer *layer, uint32_t buffer, int64_t size) {
    return attach(layer, "MPI_Buffer_attach_c", false, 0, buffer, size);
}
int32_t mpilayer_Comm_attach_buffer(struct mpilayer *layer, uint32_t comm, uint32_t buffer,
                                    int32_t size) {
    return attach(layer, "MPI_Comm_attach_buffer", true, comm, buffer, size);
}
int32_t mpilayer_Comm_attach_buffer_c(struct mpilayer *layer, uint32_t comm, uint32_t buffer,
                                      int64_t size) {
    return attach(layer, "MPI_Comm_attach_buffer_c", true, comm, buffer, size);
}
int32_t mpilayer_Buffer_detach(struct mpilayer *layer, uint32_t buffer_addr, uint32_t size) {
    return detach(layer, "MPI_Buffer_detach", false, 0, false, buffer_addr, size);
}
int32_t mpilayer_Buffer_detach_c(struct mpilayer *layer, uint32_t buffer_addr, uint32_t size) {
    return detach(layer, "MPI_Buffer_detach_c", false, 0, true, buffer_addr, size);
}
int32_t mpilayer_Comm_detach_buffer(struct mpilayer *layer, uint32_t comm, uint32_t buffer_addr,
                                    uint32_t size) {
    return detach(layer, "MPI_Comm_detach_buffer", true, comm, false, buffer_addr, size);
}
int32_t mpilayer_Comm_detach_buffer_c(struct mpilayer *layer, uint32_t comm, uint32_t buffer_addr,
                                      uint32_t size) {
    return detach(layer, "MPI_Comm_detach_buffer_c", true, comm, true, buffer_addr, size);
}

int32_t mpilayer_Buffer_flush(struct mpilayer *layer) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Buffer_flush")) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_flush(&call, layer->buffer);
}
int32_t mpilayer_Buffer_iflush(struct mpilayer *layer, uint32_t request) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Buffer_iflush")) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_iflush(&call, layer->buffer, request);
}
int32_t mpilayer_Comm_flush_buffer(struct mpilayer *layer, uint32_t comm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_flush_buffer") ||
        !mpilayer_comm_get(&call, "comm", comm, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_flush(&call, object->buffer);
}
int32_t mpilayer_Comm_iflush_buffer(struct mpilayer *layer, uint32_t comm, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_iflush_buffer") ||
        !mpilayer_comm_get(&call, "comm", comm, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_iflush(&call, object->buffer, request);
}
