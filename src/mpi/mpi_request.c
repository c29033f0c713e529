/*
 * mpi_request.c - requests: how they begin, and all the ways to wait for one of them.
 * MPI 4.1, sections 3.7, 3.8.4 and 3.9.
 *
 * When the host has let a request go, what was kept for it is freed and the guest's handle becomes
 * MPI_REQUEST_NULL.
 */
#include "mpi/mpi_request.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

/* ---- begin and end ---- */

bool mpilayer_request_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                              struct mpilayer_request **out) {
    if (!mpilayer_memory_check(call, argument, address, 4) ||
        (call->blocks != NULL && !mpilayer_kept_check(call, mpilayer_call_bytes(call)))) {
        return false;
    }
    *out = mpilayer_table_allocate(&call->layer->tables[MPILAYER_REQUEST]);
    if (*out == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many requests");
    }
    (*out)->host = MPI_REQUEST_NULL;
    (*out)->made_by = call->name;
    return true;
}

static int32_t request_begin(struct mpilayer_call *call, int code, struct mpilayer_request *request,
                             uint32_t address) {
    struct mpilayer *layer = call->layer;
    if (code != MPI_SUCCESS) {
        if (request->hooks != NULL && request->hooks->release != NULL) {
            request->hooks->release(request);
        }
        mpilayer_object_release(&layer->tables[MPILAYER_REQUEST], &request->object);
        return mpilayer_call_raise_host(call, code);
    }
    request->comm = call->comm;
    if (call->comm != NULL) {
        mpilayer_object_reference(&call->comm->object);
    }
    request->blocks = call->blocks;
    if (call->blocks != NULL) {
        request->kept = mpilayer_call_bytes(call);
        layer->kept += request->kept;
    }
    mpilayer_store_i32(layer, address, (int32_t)request->object.handle);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_request_started(struct mpilayer_call *call, int code,
                                 struct mpilayer_request *request, uint32_t address) {
    return request_begin(call, code, request, address);
}

int32_t mpilayer_request_made(struct mpilayer_call *call, int code,
                              struct mpilayer_request *request, uint32_t address) {
    request->persistent = true;
    return request_begin(call, code, request, address);
}

void mpilayer_request_completed(struct mpilayer *layer, struct mpilayer_request *request) {
    if (request->blocks != NULL) {
        mpilayer_blocks_free(request->blocks);
        layer->kept -= request->kept;
    }
    if (request->hooks != NULL && request->hooks->release != NULL) {
        request->hooks->release(request);
    }
    mpilayer_object_hide(&request->object);
    if (request->new_comm != NULL && request->new_comm->host == MPI_COMM_NULL) {
        mpilayer_comm_release(layer, request->new_comm); /* it failed */
    } else if (request->new_comm != NULL) {
        mpilayer_comm_fill(layer, request->new_comm, NULL);
        mpilayer_object_show(&request->new_comm->object, request->new_handle);
    }
    struct mpilayer_comm *comm = request->comm;
    mpilayer_object_release(&layer->tables[MPILAYER_REQUEST], &request->object);
    if (comm != NULL) {
        mpilayer_comm_release(layer, comm);
    }
}

/* ---- requests of which the host's is only a part ---- */

bool mpilayer_request_fail_never(struct mpilayer_call *call, const char *argument) {
    return mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, argument,
                              "would be waited for without end: this process has not marked all "
                              "partitions as ready");
}

bool mpilayer_request_wait_ready(struct mpilayer_call *call, const char *argument,
                                 struct mpilayer_request *request, int *code) {
    enum mpilayer_ready state;
    while ((state = mpilayer_request_ready(request, code)) == MPILAYER_NOT_YET &&
           *code == MPI_SUCCESS)
        mpilayer_thread_yield();
    return state != MPILAYER_NEVER || mpilayer_request_fail_never(call, argument);
}

/* ---- several threads ---- */

bool mpilayer_request_claim(struct mpilayer_call *call, const char *argument,
                            struct mpilayer_request *request, enum mpilayer_purpose purpose) {
    if (!mpilayer_is_multiple || request == NULL) {
        return true;
    }
    switch (mpilayer_thread_claim(request, purpose)) {
    case MPILAYER_CLAIMED: return true;
    case MPILAYER_CLAIM_TAKEN:
        return mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, argument,
                                  "is being completed by another call");
    case MPILAYER_CLAIM_NO_MEMORY: break;
    }
    return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
}

void mpilayer_request_settle(struct mpilayer_request *request) {
    request->claimed_for = MPILAYER_WAITS; /* who waits for this call gives up */
    while (mpilayer_thread_shares(&request->object)) {
        mpilayer_thread_yield();
    }
}

/* ---- one request ---- */

/* The request whose handle lies at the address; *out NULL: MPI_REQUEST_NULL. */
static bool get_at(struct mpilayer_call *call, const char *argument, uint32_t address,
                   struct mpilayer_request **out) {
    if (!mpilayer_memory_check(call, argument, address, 4)) {
        return false;
    }
    uint32_t handle = (uint32_t)mpilayer_load_i32(call->layer, address);
    if (handle == GUEST_MPI_REQUEST_NULL) {
        *out = NULL;
        return true;
    }
    if (!mpilayer_request_get(call, argument, handle, out)) {
        return false;
    }
    call->comm = (*out)->comm;
    return true;
}

int32_t mpilayer_Wait(struct mpilayer *layer, uint32_t request, uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    MPI_Request none = MPI_REQUEST_NULL;
    MPI_Status status_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Wait") ||
        !get_at(&call, "request", request, &object) ||
        !mpilayer_status_check(&call, "status", status) ||
        !mpilayer_request_claim(&call, "request", object, MPILAYER_WAITS)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_SUCCESS;
    if (object != NULL && !mpilayer_request_wait_ready(&call, "request", object, &code)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_request_settle_generalized(object);
    if (code == MPI_SUCCESS) {
        code = MPI_Wait(object != NULL ? &object->host : &none,
                        mpilayer_status_host(status, &status_host));
    }
    struct mpilayer_comm *held = mpilayer_request_hold_if_failed(&call, code);
    if (code == MPI_SUCCESS) {
        if (status != 0) {
            mpilayer_request_mend(object, &status_host);
        }
        mpilayer_status_store(layer, status, &status_host, false);
    }
    if (object != NULL && mpilayer_request_done(layer, object)) {
        mpilayer_store_i32(layer, request, GUEST_MPI_REQUEST_NULL);
    }
    return mpilayer_request_end_call(&call, code, held);
}

int32_t mpilayer_Test(struct mpilayer *layer, uint32_t request, uint32_t flag, uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    MPI_Request none = MPI_REQUEST_NULL;
    MPI_Status status_host;
    int done = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Test") ||
        !get_at(&call, "request", request, &object) ||
        !mpilayer_memory_check(&call, "flag", flag, 4) ||
        !mpilayer_status_check(&call, "status", status) ||
        !mpilayer_request_claim(&call, "request", object, MPILAYER_TESTS)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_SUCCESS;
    if (object == NULL || mpilayer_request_ready(object, &code) == MPILAYER_READY) {
        mpilayer_request_settle_generalized(object);
        code = MPI_Test(object != NULL ? &object->host : &none, &done,
                        mpilayer_status_host(status, &status_host));
    }
    struct mpilayer_comm *held = mpilayer_request_hold_if_failed(&call, code);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, done);
        if (done) {
            if (status != 0) {
                mpilayer_request_mend(object, &status_host);
            }
            mpilayer_status_store(layer, status, &status_host, false);
        }
    }
    if (object != NULL && (done || object->host == MPI_REQUEST_NULL) &&
        mpilayer_request_done(layer, object)) {
        mpilayer_store_i32(layer, request, GUEST_MPI_REQUEST_NULL);
    }
    return mpilayer_request_end_call(&call, code, held);
}

int mpilayer_request_look_at(struct mpilayer_request *object, int *done, MPI_Status *status) {
    int code = MPI_SUCCESS;
    *done = 0;
    if (object != NULL && mpilayer_request_ready(object, &code) != MPILAYER_READY) {
        return code;
    }
    code = MPI_Request_get_status(object != NULL ? object->host : MPI_REQUEST_NULL, done, status);
    if (code == MPI_SUCCESS && *done && status != MPI_STATUS_IGNORE) {
        mpilayer_request_mend(object, status);
    }
    return code;
}

int32_t mpilayer_Request_get_status(struct mpilayer *layer, uint32_t request, uint32_t flag,
                                    uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_request *object = NULL;
    MPI_Status status_host;
    int done = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Request_get_status") ||
        (request != GUEST_MPI_REQUEST_NULL &&
         !mpilayer_request_get(&call, "request", request, &object)) ||
        !mpilayer_memory_check(&call, "flag", flag, 4) ||
        !mpilayer_status_check(&call, "status", status) ||
        !mpilayer_request_claim(&call, "request", object, MPILAYER_LOOKS)) {
        return mpilayer_call_raise(&call);
    }
    int code = mpilayer_request_look_at(object, &done, mpilayer_status_host(status, &status_host));
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, done);
        if (done) {
            mpilayer_status_store(layer, status, &status_host, false);
        }
    }
    return mpilayer_call_return(&call, code);
}

/* A request that is there: for the functions that do not take MPI_REQUEST_NULL. */
static bool get_real_at(struct mpilayer_call *call, const char *argument, uint32_t address,
                        struct mpilayer_request **out) {
    if (!get_at(call, argument, address, out)) {
        return false;
    }
    return *out != NULL ||
           mpilayer_handle_fail(call, argument, GUEST_MPI_REQUEST_NULL, MPILAYER_REQUEST);
}

int32_t mpilayer_Request_free(struct mpilayer *layer, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Request_free") ||
        !get_real_at(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (object->new_comm != NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_REQUEST, "request",
                           "belongs to a collective operation");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_request_claim(&call, "request", object, MPILAYER_TESTS)) {
        return mpilayer_call_raise(&call);
    }
    /* Nobody finds it from here on. */
    uint32_t handle = object->object.handle;
    if (mpilayer_is_multiple) {
        object->object.found_by = 0;
        mpilayer_request_settle(object);
    }
    int code = object->hooks != NULL && object->hooks->free != NULL
                   ? object->hooks->free(object)
                   : MPI_Request_free(&object->host);
    if (code == MPI_SUCCESS) {
        /* The operation may go on: what it needs is lost, never freed under it. */
        if (!object->persistent || object->active) {
            object->blocks = NULL;
        }
        mpilayer_request_completed(layer, object);
        mpilayer_store_i32(layer, request, GUEST_MPI_REQUEST_NULL);
    } else {
        mpilayer_object_show(&object->object, handle);
    }
    return mpilayer_call_return(&call, code);
}

/* Of others cancelling is an error, which Open MPI answers by waiting for its own lock for ever
 * (MPI_Comm_idup). MPI 4.1, sections 3.8.4 and 6.12. */
static bool is_cancellable(const struct mpilayer_request *request) {
    static const char *const point_to_point[] = {
        "MPI_Isend",      "MPI_Ibsend",     "MPI_Issend",    "MPI_Irsend",
        "MPI_Irecv",      "MPI_Imrecv",     "MPI_Send_init", "MPI_Bsend_init",
        "MPI_Ssend_init", "MPI_Rsend_init", "MPI_Recv_init"};
    if (request->generalized) {
        return true;
    }
    for (size_t i = 0; i < sizeof point_to_point / sizeof point_to_point[0]; i++) {
        size_t length = strlen(point_to_point[i]);
        if (strncmp(request->made_by, point_to_point[i], length) == 0 &&
            (request->made_by[length] == '\0' || strcmp(request->made_by + length, "_c") == 0)) {
            return true;
        }
    }
    return false;
}

int32_t mpilayer_Cancel(struct mpilayer *layer, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cancel") ||
        !get_real_at(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (object->persistent && !object->active) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_REQUEST, "request", "is not active");
        return mpilayer_call_raise(&call);
    }
    if (object->generalized && object->completed && object->claimer != NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_REQUEST, "request",
                           "is being completed by another call");
        return mpilayer_call_raise(&call);
    }
    if ((object->hooks != NULL && !object->generalized) || !is_cancellable(object)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_REQUEST, "request", "cannot be cancelled");
        return mpilayer_call_raise(&call);
    }
    /* A generalized one is complete before the host is asked to wait for it. */
    if (!object->generalized && !mpilayer_request_claim(&call, "request", object, MPILAYER_LOOKS)) {
        return mpilayer_call_raise(&call);
    }
    /* Open MPI does not survive a second time, with threads. */
    int code = object->cancelled ? MPI_SUCCESS : MPI_Cancel(&object->host);
    object->cancelled = object->cancelled || (code == MPI_SUCCESS && !object->generalized);
    return mpilayer_call_return(&call, code);
}

bool mpilayer_request_check_startable(struct mpilayer_call *call, const char *argument,
                                      const struct mpilayer_request *request) {
    if (!request->persistent) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, argument, "is not persistent");
    }
    if (request->active) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, argument, "is active already");
    }
    return true;
}

int mpilayer_request_start(struct mpilayer_request *request) {
    int code = request->hooks != NULL && request->hooks->start != NULL
                   ? request->hooks->start(request)
                   : MPI_Start(&request->host);
    request->active = code == MPI_SUCCESS;
    request->cancelled = false;
    return code;
}

int32_t mpilayer_Start(struct mpilayer *layer, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Start") ||
        !get_real_at(&call, "request", request, &object) ||
        !mpilayer_request_claim(&call, "request", object, MPILAYER_TESTS) ||
        !mpilayer_request_check_startable(&call, "request", object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, mpilayer_request_start(object));
}
