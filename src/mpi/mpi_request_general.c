/*
 * mpi_request_general.c - generalized requests: operations of the guest's own that MPI waits for.
 * MPI 3.1, section 12.2.
 *
 * MPI calls back with the state that was given; what goes wrong in a callback ends the job.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

#include <stdlib.h>

struct grequest {
    struct mpilayer *layer;
    uint32_t query, free, cancel; /* indices of guest functions */
    uint32_t extra_state;
};

static int grequest_query(void *extra_state, MPI_Status *status) {
    struct grequest *grequest = extra_state;
    struct mpilayer *layer = grequest->layer;
    bool taken = mpilayer_inside_begin();
    uint32_t cell = mpilayer_cell_take(layer, &layer->cells_taken);
    union wasm_value slots[2] = {{.u32 = grequest->extra_state}, {.u32 = cell}};
    memset(mpilayer_pointer(layer, cell), 0, 32);
    mpilayer_status_store(layer, cell, status, false);
    mpilayer_callback_call(layer, "query callback", grequest->query, "i:ii", slots, true);
    mpilayer_status_load(layer, cell, status);
    mpilayer_cell_give(layer, &layer->cells_taken, cell);
    int code = mpilayer_error_code_to_host(slots[0].i32);
    mpilayer_inside_end(taken);
    return code;
}

static int grequest_free(void *extra_state) {
    struct grequest *grequest = extra_state;
    union wasm_value slots[1] = {{.u32 = grequest->extra_state}};
    bool taken = mpilayer_inside_begin();
    mpilayer_callback_call(grequest->layer, "free callback", grequest->free, "i:i", slots, true);
    free(grequest);
    int code = mpilayer_error_code_to_host(slots[0].i32);
    mpilayer_inside_end(taken);
    return code;
}

static int grequest_cancel(void *extra_state, int complete) {
    struct grequest *grequest = extra_state;
    union wasm_value slots[2] = {{.u32 = grequest->extra_state}, {.i32 = complete}};
    bool taken = mpilayer_inside_begin();
    mpilayer_callback_call(grequest->layer, "cancel callback", grequest->cancel, "i:ii", slots,
                           true);
    int code = mpilayer_error_code_to_host(slots[0].i32);
    mpilayer_inside_end(taken);
    return code;
}

/*
 * With several threads nobody waits for it in the host, which would free it as soon as it is
 * complete, while others still cancel it or say that it is complete. What else is on its way goes
 * on meanwhile.
 */
static enum mpilayer_ready grequest_ready(struct mpilayer_request *request, int *code) {
    int flag;
    if (!request->completed) {
        *code = MPI_Iprobe(0, 0, MPI_COMM_SELF, &flag, MPI_STATUS_IGNORE);
    }
    return request->completed ? MPILAYER_READY : MPILAYER_NOT_YET;
}

static const struct mpilayer_request_hooks threaded_hooks = {.ready = grequest_ready};

int32_t mpilayer_Grequest_start(struct mpilayer *layer, uint32_t query_fn, uint32_t free_fn,
                                uint32_t cancel_fn, uint32_t extra_state, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Grequest_start") || !mpilayer_cells(&call)) {
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_callback_matches(layer, query_fn, "i:ii") ||
        !mpilayer_callback_matches(layer, free_fn, "i:i") ||
        !mpilayer_callback_matches(layer, cancel_fn, "i:ii")) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, NULL,
                           "a callback is no function of the type it should have");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_request_reserve(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    struct grequest *grequest = malloc(sizeof *grequest);
    if (grequest == NULL) {
        mpilayer_object_release(&layer->tables[MPILAYER_REQUEST], &object->object);
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        return mpilayer_call_raise(&call);
    }
    *grequest = (struct grequest){layer, query_fn, free_fn, cancel_fn, extra_state};
    object->generalized = true;
    object->hooks = mpilayer_is_multiple ? &threaded_hooks : NULL;
    int code =
        MPI_Grequest_start(grequest_query, grequest_free, grequest_cancel, grequest, &object->host);
    if (code != MPI_SUCCESS) {
        free(grequest);
    }
    return mpilayer_request_started(&call, code, object, request);
}

int32_t mpilayer_Grequest_complete(struct mpilayer *layer, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_request *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Grequest_complete") ||
        !mpilayer_request_get(&call, "request", request, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (!object->generalized || object->completed || object->completing) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_REQUEST, "request",
                           object->generalized ? "is complete already"
                                               : "is not a generalized request");
        return mpilayer_call_raise(&call);
    }
    object->completing = true; /* other threads may say so, too, while the host's lasts */
    int code = MPI_Grequest_complete(object->host);
    object->completing = false;
    object->completed = code == MPI_SUCCESS;
    return mpilayer_call_return(&call, code);
}
