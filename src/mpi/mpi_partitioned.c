/*
 * mpi_partitioned.c - partitioned communication. MPI 4.1, chapter 4.
 *
 * Hosts of MPI 4 have it. On others a partitioned send is one persistent send of the whole buffer,
 * which starts when the last partition is ready; a receive is a persistent receive, all of whose
 * partitions arrive at once.
 *
 * Partitioned messages only match each other, in the order of their initialisation. There they have
 * tags of their own, at the upper end of the host's range, made of tag and number; a receive with
 * MPI_ANY_TAG could take them (deliberate deviation: the host has no other communicator for them).
 */
#include "mpi/mpi_large.h"
#include "mpi/mpi_memory.h"
#include "mpi_functions.h"

#include <stdlib.h>

/* What the layer knows of a partitioned request. */
struct partitioned {
    bool sends;
    int partitions;
    int missing; /* partitions of an active send that the host has not been told of */
    uint8_t *is_ready;
    int tag;          /* the guest's */
    bool with_nobody; /* with MPI_PROC_NULL: MPICH 4.0 crashes */
};

enum { BYTES_OF_PARTITION = 8 }; /* roughly, with what the host keeps */

static void release(struct mpilayer_request *request) {
    struct partitioned *p = request->state;
    free(p->is_ready);
    free(p);
}

/* The first partition becomes missing again with each start. */
static void reset(struct partitioned *p) {
    memset(p->is_ready, 0, (size_t)p->partitions);
    p->missing = p->sends ? p->partitions : 0;
}

/* Without other threads, which may mark the rest, the host would wait for ever, too. */
static enum mpilayer_ready ready_when_told(const struct partitioned *p) {
    return p->missing == 0         ? MPILAYER_READY
           : !mpilayer_is_multiple ? MPILAYER_NEVER
                                   : MPILAYER_NOT_YET;
}

#if MPI_VERSION >= 4

/* MPICH 4.0 ends the job when a request without partitions starts again: it gets an empty one. */
static int start(struct mpilayer_request *request) {
    const struct partitioned *p = request->state;
    int code = MPI_Start(&request->host);
    if (code == MPI_SUCCESS) {
        reset(request->state);
        if (p->sends && p->partitions == 0 && !p->with_nobody) {
            code = MPI_Pready(0, request->host);
        }
    }
    return code;
}

static enum mpilayer_ready ready(struct mpilayer_request *request, int *code) {
    return ready_when_told(request->state);
}

/* MPICH leaves the status of a persistent receive from nobody as any source's. */
static void mend(const struct mpilayer_request *request, MPI_Status *status) {
    const struct partitioned *p = request->state;
    if (!p->sends && p->with_nobody) {
        status->MPI_SOURCE = MPI_PROC_NULL;
        status->MPI_TAG = MPI_ANY_TAG;
    }
}

static const struct mpilayer_request_hooks hooks = {
    .ready = ready, .start = start, .mend = mend, .release = release};

static int init(struct mpilayer_call *call, struct mpilayer_request *request, void *data,
                int64_t count, MPI_Datatype type, int peer, int tag) {
    const struct partitioned *p = request->state;
    int partitions = p->partitions > 0 ? p->partitions : 1;
    count = p->partitions > 0 ? count : 0;
    if (p->with_nobody) {
        return p->sends ? MPI_Send_init(data, 0, type, peer, tag, call->comm->host, &request->host)
                        : MPI_Recv_init(data, 0, type, peer, tag, call->comm->host, &request->host);
    }
    return p->sends ? MPI_Psend_init(data, partitions, count, type, peer, tag, call->comm->host,
                                     MPI_INFO_NULL, &request->host)
                    : MPI_Precv_init(data, partitions, count, type, peer, tag, call->comm->host,
                                     MPI_INFO_NULL, &request->host);
}

static int mark(struct mpilayer_request *request, int low, int high) {
    const struct partitioned *p = request->state;
    return p->with_nobody ? MPI_SUCCESS : MPI_Pready_range(low, high, request->host);
}

static int arrived(struct mpilayer_request *request, int partition, int *flag) {
    const struct partitioned *p = request->state;
    return p->with_nobody ? MPI_Request_get_status(request->host, flag, MPI_STATUS_IGNORE)
                          : MPI_Parrived(request->host, partition, flag);
}

#else

static int start(struct mpilayer_request *request) {
    const struct partitioned *p = request->state;
    reset(request->state);
    return p->missing > 0 ? MPI_SUCCESS : MPI_Start(&request->host);
}

static enum mpilayer_ready ready(struct mpilayer_request *request, int *code) {
    return ready_when_told(request->state);
}

static void mend(const struct mpilayer_request *request, MPI_Status *status) {
    const struct partitioned *p = request->state;
    if (!p->sends && request->active && status->MPI_SOURCE != MPI_PROC_NULL) {
        status->MPI_TAG = p->tag;
    }
}

static const struct mpilayer_request_hooks hooks = {
    .ready = ready, .start = start, .mend = mend, .release = release};

/* How many requests of a kind were made so far; both sides count alike. */
struct series {
    struct series *next;
    uint32_t comm; /* handle */
    int peer, tag;
    bool sends;
    int64_t count;
};
static struct series *all_series;
static uint32_t series_count;
enum { SERIES_AT_MOST = 1 << 18 };

/* -1: there are too many kinds. */
static int64_t next_number(uint32_t comm, int peer, int tag, bool sends) {
    struct series *at = all_series;
    while (at != NULL &&
           (at->comm != comm || at->peer != peer || at->tag != tag || at->sends != sends)) {
        at = at->next;
    }
    if (at == NULL && series_count < SERIES_AT_MOST && (at = malloc(sizeof *at)) != NULL) {
        *at = (struct series){all_series, comm, peer, tag, sends, 0};
        all_series = at;
        series_count++;
    }
    return at != NULL ? at->count++ : -1;
}

static int init(struct mpilayer_call *call, struct mpilayer_request *request, void *data,
                int64_t count, MPI_Datatype type, int peer, int tag) {
    const struct partitioned *p = request->state;
    struct mpilayer_large whole;
    int64_t number = next_number(call->comm->object.handle, peer, tag, p->sends);
    int64_t range = (int64_t)call->layer->tag_ub / 2 + 1;
    int own_tag = call->layer->tag_ub - (int)((number * 65536 + tag) % range);
    if (number < 0) {
        return MPI_ERR_NO_MEM;
    }
    if (!mpilayer_large_get(call, "count", count * p->partitions, type, &whole)) {
        return MPI_ERR_COUNT;
    }
    return p->sends ? MPI_Send_init(data, whole.count, whole.type, peer, own_tag, call->comm->host,
                                    &request->host)
                    : MPI_Recv_init(data, whole.count, whole.type, peer, own_tag, call->comm->host,
                                    &request->host);
}

static int mark(struct mpilayer_request *request, int low, int high) {
    const struct partitioned *p = request->state;
    return p->missing == high - low + 1 ? MPI_Start(&request->host) : MPI_SUCCESS;
}

static int arrived(struct mpilayer_request *request, int partition, int *flag) {
    return MPI_Request_get_status(request->host, flag, MPI_STATUS_IGNORE);
}

#endif

/* ---- the guest's functions ---- */

static int32_t make(struct mpilayer *layer, const char *name, bool sends, uint32_t buf,
                    int32_t partitions, int64_t count, uint32_t datatype, int32_t peer, int32_t tag,
                    uint32_t comm, uint32_t info, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    struct mpilayer_datatype *type;
    struct mpilayer_info *hints;
    struct mpilayer_request *object;
    int peer_host, tag_host;
    int64_t total;
    void *data;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &comm_object) ||
        !mpilayer_datatype_get_for(&call, "datatype", datatype, count, &type) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_count_check(&call, "count", count) ||
        !mpilayer_dest_get(&call, sends ? "dest" : "source", peer, comm_object, &peer_host) ||
        !mpilayer_sendtag_get(&call, "tag", tag, &tag_host)) {
        return mpilayer_call_raise(&call);
    }
    if (partitions < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "partitions", "negative (%d)", partitions);
        return mpilayer_call_raise(&call);
    }
    if (__builtin_mul_overflow(count, (int64_t)partitions, &total)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COUNT, "count", "too large");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_buffer_get(&call, "buf", buf, total, &type, &data) ||
        !mpilayer_call_charge(&call, BYTES_OF_PARTITION * (uint64_t)partitions) ||
        !mpilayer_request_reserve(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    struct partitioned *p = calloc(1, sizeof *p);
    uint8_t *is_ready = p != NULL ? calloc((size_t)partitions + 1, 1) : NULL;
    if (is_ready == NULL) {
        free(p);
        return mpilayer_request_made(&call, MPI_ERR_NO_MEM, object, request);
    }
    *p = (struct partitioned){sends, partitions, 0, is_ready, tag, peer_host == MPI_PROC_NULL};
    object->state = p;
    object->hooks = &hooks;
    return mpilayer_request_made(
        &call, init(&call, object, data, count, type->host, peer_host, tag_host), object, request);
}

int32_t mpilayer_Psend_init(struct mpilayer *layer, uint32_t buf, int32_t partitions, int32_t count,
                            uint32_t datatype, int32_t dest, int32_t tag, uint32_t comm,
                            uint32_t info, uint32_t request) {
    return make(layer, "MPI_Psend_init", true, buf, partitions, count, datatype, dest, tag, comm,
                info, request);
}
int32_t mpilayer_Psend_init_c(struct mpilayer *layer, uint32_t buf, int32_t partitions,
                              int64_t count, uint32_t datatype, int32_t dest, int32_t tag,
                              uint32_t comm, uint32_t info, uint32_t request) {
    return make(layer, "MPI_Psend_init_c", true, buf, partitions, count, datatype, dest, tag, comm,
                info, request);
}
int32_t mpilayer_Precv_init(struct mpilayer *layer, uint32_t buf, int32_t partitions, int32_t count,
                            uint32_t datatype, int32_t source, int32_t tag, uint32_t comm,
                            uint32_t info, uint32_t request) {
    return make(layer, "MPI_Precv_init", false, buf, partitions, count, datatype, source, tag, comm,
                info, request);
}
int32_t mpilayer_Precv_init_c(struct mpilayer *layer, uint32_t buf, int32_t partitions,
                              int64_t count, uint32_t datatype, int32_t source, int32_t tag,
                              uint32_t comm, uint32_t info, uint32_t request) {
    return make(layer, "MPI_Precv_init_c", false, buf, partitions, count, datatype, source, tag,
                comm, info, request);
}

/* A partitioned request of that direction. */
static bool get(struct mpilayer_call *call, uint32_t handle, bool sends,
                struct mpilayer_request **out) {
    if (!mpilayer_request_get(call, "request", handle, out)) {
        return false;
    }
    call->comm = (*out)->comm;
    return ((*out)->hooks == &hooks && ((struct partitioned *)(*out)->state)->sends == sends) ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, "request", "is not a partitioned %s",
                              sends ? "send" : "receive");
}

static bool check_partition(struct mpilayer_call *call, const struct partitioned *p,
                            int32_t partition) {
    if (partition < 0 || partition >= p->partitions) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "partition", "%d is not in [0, %d)",
                                  partition, p->partitions);
    }
    return !p->is_ready[partition] || mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "partition",
                                                         "%d is ready already", partition);
}

static bool get_sending(struct mpilayer_call *call, struct mpilayer *layer, const char *name,
                        uint32_t handle, struct mpilayer_request **out) {
    return mpilayer_call_begin(call, layer, name) && get(call, handle, true, out) &&
           ((*out)->active ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, "request", "is not active"));
}

/* Partitions [low, high], checked. */
static int set_ready(struct mpilayer_request *request, int32_t low, int32_t high) {
    struct partitioned *p = request->state;
    memset(p->is_ready + low, 1, (size_t)(high - low) + 1);
    int code = mark(request, low, high);
    p->missing -= high - low + 1;
    return code;
}

static int32_t ready_range(struct mpilayer *layer, const char *name, int32_t low, int32_t high,
                           uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!get_sending(&call, layer, name, request, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (low > high) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "partition_low", "%d is above %d", low, high);
        return mpilayer_call_raise(&call);
    }
    if (!check_partition(&call, object->state, low) ||
        !check_partition(&call, object->state, high)) {
        return mpilayer_call_raise(&call);
    }
    for (int32_t i = low; i <= high; i++) {
        if (!check_partition(&call, object->state, i)) {
            return mpilayer_call_raise(&call);
        }
    }
    return mpilayer_call_return(&call, set_ready(object, low, high));
}

int32_t mpilayer_Pready(struct mpilayer *layer, int32_t partition, uint32_t request) {
    return ready_range(layer, "MPI_Pready", partition, partition, request);
}
int32_t mpilayer_Pready_range(struct mpilayer *layer, int32_t partition_low, int32_t partition_high,
                              uint32_t request) {
    return ready_range(layer, "MPI_Pready_range", partition_low, partition_high, request);
}

int32_t mpilayer_Pready_list(struct mpilayer *layer, int32_t length, uint32_t array_of_partitions,
                             uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    int32_t *list;
    if (!get_sending(&call, layer, "MPI_Pready_list", request, &object) ||
        !mpilayer_count_check(&call, "length", length) ||
        !mpilayer_array_get(&call, "array_of_partitions", array_of_partitions, length, sizeof *list,
                            &list)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_SUCCESS;
    for (int32_t i = 0; i < length && code == MPI_SUCCESS; i++) {
        if (!check_partition(&call, object->state, list[i])) {
            return mpilayer_call_raise(&call);
        }
        code = set_ready(object, list[i], list[i]);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Parrived(struct mpilayer *layer, uint32_t request, int32_t partition,
                          uint32_t flag) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    int flag_host = 1; /* an inactive request's partitions have arrived */
    if (!mpilayer_call_begin(&call, layer, "MPI_Parrived") ||
        !get(&call, request, false, &object) || !check_partition(&call, object->state, partition) ||
        !mpilayer_memory_check(&call, "flag", flag, 4)) {
        return mpilayer_call_raise(&call);
    }
    int code = object->active ? arrived(object, partition, &flag_host) : MPI_SUCCESS;
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, flag_host);
    }
    return mpilayer_call_return(&call, code);
}
