/*
 * mpi_request_array.c - the ways to wait for several requests, to look at them and to start them.
 * MPI 4.1, sections 3.7.5, 3.7.6 and 3.9.
 *
 * The guest's arrays of handles become arrays of the host's requests on the stack (long ones in
 * memory of the call); a handle that occurs twice is an error, as MPI would touch the request after
 * it has freed it.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_request.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

enum { ON_STACK = 64 };

struct request_array {
    struct mpilayer_call *call;
    uint32_t address; /* the guest's array */
    int count;
    MPI_Request *hosts;
    struct mpilayer_request **objects; /* NULL: MPI_REQUEST_NULL */
    MPI_Status *statuses;              /* NULL: ignored */
    bool hooked;                       /* one of them has hooks */
    MPI_Request stack_hosts[ON_STACK];
    struct mpilayer_request *stack_objects[ON_STACK];
    MPI_Status stack_statuses[ON_STACK];
};

static bool array_get(struct mpilayer_call *call, struct request_array *array, uint32_t address,
                      int32_t count, uint32_t statuses, enum mpilayer_purpose purpose) {
    array->call = call;
    array->address = address;
    array->count = count;
    array->hosts = array->stack_hosts;
    array->objects = array->stack_objects;
    array->statuses = statuses != 0 ? array->stack_statuses : NULL;
    array->hooked = false;
    if (!mpilayer_count_check(call, "count", count)) {
        return false;
    }
    if (count == 0) {
        return true;
    }
    size_t n = (size_t)count;
    if (!mpilayer_memory_check(call, "array_of_requests", address, n * 4) ||
        (statuses != 0 &&
         !mpilayer_memory_check(call, "array_of_statuses", statuses, n * MPILAYER_STATUS_SIZE))) {
        return false;
    }
    if (count > ON_STACK) {
        array->hosts = mpilayer_call_allocate(call, n * sizeof *array->hosts);
        array->objects = mpilayer_call_allocate(call, n * sizeof *array->objects);
        if (statuses != 0) {
            array->statuses = mpilayer_call_allocate(call, n * sizeof *array->statuses);
        }
        if (array->hosts == NULL || array->objects == NULL ||
            (statuses != 0 && array->statuses == NULL)) {
            return false;
        }
    }
    int at = 0;
    bool ok = true;
    for (; at < count && ok; at++) {
        uint32_t handle = (uint32_t)mpilayer_load_i32(call->layer, address + 4 * (uint32_t)at);
        array->objects[at] = NULL;
        array->hosts[at] = MPI_REQUEST_NULL;
        if (handle == GUEST_MPI_REQUEST_NULL) {
            continue;
        }
        ok = mpilayer_request_get(call, "array_of_requests", handle, &array->objects[at]);
        if (ok && array->objects[at]->visited) {
            array->objects[at] = NULL;
            ok = mpilayer_call_fail(call, GUEST_MPI_ERR_REQUEST, "array_of_requests",
                                    "request 0x%x occurs twice", handle);
        }
        if (ok) {
            array->objects[at]->visited = true;
            array->hooked |= array->objects[at]->hooks != NULL;
            array->hosts[at] = array->objects[at]->host;
            if (call->comm == NULL) {
                call->comm = array->objects[at]->comm;
            }
        }
    }
    for (int i = 0; i < at; i++) {
        if (array->objects[i] != NULL) {
            array->objects[i]->visited = false;
        }
    }
    /* These wait for other threads, which may have other requests of the host meanwhile. */
    for (int i = 0; mpilayer_is_multiple && ok && i < count; i++) {
        ok = mpilayer_request_claim(call, "array_of_requests", array->objects[i], purpose);
        if (array->objects[i] != NULL) {
            array->hosts[i] = array->objects[i]->host;
        }
    }
    return ok;
}

static void store_null(const struct request_array *array, int i) {
    mpilayer_store_i32(array->call->layer, array->address + 4 * (uint32_t)i,
                       GUEST_MPI_REQUEST_NULL);
}

/* MPI has completed element i, or has not: take over what it made of its handle. */
static void array_element_done(struct request_array *array, int i) {
    struct mpilayer_request *object = array->objects[i];
    if (object != NULL) {
        object->host = array->hosts[i];
        if (mpilayer_request_done(array->call->layer, object)) {
            store_null(array, i);
        }
        array->objects[i] = NULL;
    }
}

/* After an error MPI may have completed any of them: those it let go are gone, and whether a
 * persistent one is still active MPI alone knows; it says so if it is started too early. */
static void array_failed(struct request_array *array) {
    for (int i = 0; i < array->count; i++) {
        if (array->objects[i] != NULL &&
            (array->hosts[i] == MPI_REQUEST_NULL || array->objects[i]->persistent)) {
            array_element_done(array, i);
        }
    }
}

/* Leave out what the host cannot complete yet, and count it. */
struct held_back {
    int count, never;
};

static struct held_back array_hold_back(struct request_array *array, int *code) {
    struct held_back held = {0, 0};
    *code = MPI_SUCCESS;
    for (int i = 0; i < array->count && *code == MPI_SUCCESS; i++) {
        enum mpilayer_ready state = array->objects[i] != NULL
                                        ? mpilayer_request_ready(array->objects[i], code)
                                        : MPILAYER_READY;
        if (state != MPILAYER_READY) {
            array->hosts[i] = MPI_REQUEST_NULL;
            array->objects[i]->held = true;
            held.count++;
            held.never += state == MPILAYER_NEVER;
        } else {
            mpilayer_request_settle_generalized(array->objects[i]);
        }
    }
    return held;
}

/* Which ones were left out shows in their objects. */
static void array_put_back(struct request_array *array) {
    for (int i = 0; i < array->count; i++) {
        if (array->objects[i] != NULL && array->objects[i]->hooks != NULL &&
            array->hosts[i] == MPI_REQUEST_NULL && array->objects[i]->held) {
            array->hosts[i] = array->objects[i]->host;
            array->objects[i]->held = false;
        }
    }
}

static void array_store_statuses(const struct request_array *array, uint32_t statuses, int count,
                                 bool with_error) {
    for (int i = 0; statuses != 0 && i < count; i++) {
        mpilayer_status_store(array->call->layer, statuses + MPILAYER_STATUS_SIZE * (uint32_t)i,
                              &array->statuses[i], with_error);
    }
}

/* The class that the host's code stands for is MPI_ERR_IN_STATUS: the statuses have the errors. */
static bool in_status(int code) {
    int class = MPI_SUCCESS;
    return code != MPI_SUCCESS && MPI_Error_class(code, &class) == MPI_SUCCESS &&
           class == MPI_ERR_IN_STATUS;
}

static int32_t complete_all(struct mpilayer *layer, const char *name, int32_t count,
                            uint32_t requests, bool test, uint32_t flag, uint32_t statuses) {
    struct mpilayer_call call;
    struct request_array array;
    int done = 1;
    if (!mpilayer_call_begin(&call, layer, name) ||
        (test && !mpilayer_memory_check(&call, "flag", flag, 4)) ||
        !array_get(&call, &array, requests, count, statuses,
                   test ? MPILAYER_TESTS : MPILAYER_WAITS)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Status *statuses_host = array.statuses != NULL ? array.statuses : MPI_STATUSES_IGNORE;
    int code = MPI_SUCCESS;
    if (array.hooked && test) {
        done = array_hold_back(&array, &code).count == 0;
        array_put_back(&array);
    }
    for (int i = 0; array.hooked && !test && i < count && code == MPI_SUCCESS; i++) {
        if (array.objects[i] != NULL &&
            !mpilayer_request_wait_ready(&call, "array_of_requests", array.objects[i], &code)) {
            return mpilayer_call_raise(&call);
        }
        mpilayer_request_settle_generalized(array.objects[i]);
    }
    if (code == MPI_SUCCESS && done) {
        code = test ? MPI_Testall(count, array.hosts, &done, statuses_host)
                    : MPI_Waitall(count, array.hosts, statuses_host);
    }
    struct mpilayer_comm *held = mpilayer_request_hold_if_failed(&call, code);
    if (code == MPI_SUCCESS) {
        if (done) {
            for (int i = 0; array.hooked && statuses != 0 && i < count; i++) {
                mpilayer_request_mend(array.objects[i], &array.statuses[i]);
            }
            array_store_statuses(&array, statuses, count, false);
            for (int i = 0; i < count; i++) {
                array_element_done(&array, i);
            }
        }
        if (test) {
            mpilayer_store_i32(layer, flag, done);
        }
    } else {
        if (in_status(code)) {
            array_store_statuses(&array, statuses, count, true);
            if (test) {
                mpilayer_store_i32(layer, flag, done);
            }
        }
        array_failed(&array);
    }
    return mpilayer_request_end_call(&call, code, held);
}

int32_t mpilayer_Waitall(struct mpilayer *layer, int32_t count, uint32_t array_of_requests,
                         uint32_t array_of_statuses) {
    return complete_all(layer, "MPI_Waitall", count, array_of_requests, false, 0,
                        array_of_statuses);
}
int32_t mpilayer_Testall(struct mpilayer *layer, int32_t count, uint32_t array_of_requests,
                         uint32_t flag, uint32_t array_of_statuses) {
    return complete_all(layer, "MPI_Testall", count, array_of_requests, true, flag,
                        array_of_statuses);
}

static int32_t complete_any(struct mpilayer *layer, const char *name, int32_t count,
                            uint32_t requests, uint32_t index, bool test, uint32_t flag,
                            uint32_t status) {
    struct mpilayer_call call;
    struct request_array array;
    MPI_Status status_host;
    int done = 1, which = MPI_UNDEFINED;
    if (!mpilayer_call_begin(&call, layer, name) ||
        (test && !mpilayer_memory_check(&call, "flag", flag, 4)) ||
        !mpilayer_memory_check(&call, "index", index, 4) ||
        !mpilayer_status_check(&call, "status", status) ||
        !array_get(&call, &array, requests, count, 0, test ? MPILAYER_TESTS : MPILAYER_WAITS)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Status *status_pointer = mpilayer_status_host(status, &status_host);
    int code = MPI_SUCCESS;
    struct held_back left = {0, 0};
    do {
        done = 1;
        if (array.hooked) {
            left = array_hold_back(&array, &code);
        }
        if (code == MPI_SUCCESS) {
            code = test || left.count > 0
                       ? MPI_Testany(count, array.hosts, &which, &done, status_pointer)
                       : MPI_Waitany(count, array.hosts, &which, status_pointer);
        }
        array_put_back(&array);
        if (left.count > 0 && done && which == MPI_UNDEFINED) {
            done = 0; /* only those that were left out are active */
            if (!test && left.never == left.count) {
                mpilayer_request_fail_never(&call, "array_of_requests");
                return mpilayer_call_raise(&call);
            }
        }
    } while (!test && !done && code == MPI_SUCCESS);
    struct mpilayer_comm *held = mpilayer_request_hold_if_failed(&call, code);
    if (code != MPI_SUCCESS) {
        /* Which one failed is told, too. */
        if (which >= 0 && which < count) {
            mpilayer_store_i32(layer, index, which);
        }
        array_failed(&array);
        return mpilayer_request_end_call(&call, code, held);
    }
    if (test) {
        mpilayer_store_i32(layer, flag, done);
    }
    mpilayer_store_i32(layer, index, mpilayer_undefined_to_guest(which));
    if (done) {
        if (status != 0 && which >= 0 && which < count) {
            mpilayer_request_mend(array.objects[which], &status_host);
        }
        mpilayer_status_store(layer, status, &status_host, false);
        if (which >= 0 && which < count) {
            array_element_done(&array, which);
        }
    }
    return mpilayer_request_end_call(&call, code, held);
}

int32_t mpilayer_Waitany(struct mpilayer *layer, int32_t count, uint32_t array_of_requests,
                         uint32_t index, uint32_t status) {
    return complete_any(layer, "MPI_Waitany", count, array_of_requests, index, false, 0, status);
}
int32_t mpilayer_Testany(struct mpilayer *layer, int32_t count, uint32_t array_of_requests,
                         uint32_t index, uint32_t flag, uint32_t status) {
    return complete_any(layer, "MPI_Testany", count, array_of_requests, index, true, flag, status);
}

static int32_t complete_some(struct mpilayer *layer, const char *name, int32_t count,
                             uint32_t requests, uint32_t outcount, uint32_t indices,
                             uint32_t statuses, bool test) {
    struct mpilayer_call call;
    struct request_array array;
    int completed = 0;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "outcount", outcount, 4) ||
        !array_get(&call, &array, requests, count, statuses,
                   test ? MPILAYER_TESTS : MPILAYER_WAITS) ||
        !mpilayer_memory_check(&call, "array_of_indices", count > 0 ? indices : 4,
                               4 * (uint64_t)count)) {
        return mpilayer_call_raise(&call);
    }
    int on_stack[ON_STACK], *which = on_stack;
    if (count > ON_STACK &&
        (which = mpilayer_call_allocate(&call, sizeof *which * (size_t)count)) == NULL) {
        return mpilayer_call_raise(&call);
    }
    MPI_Status *statuses_host = array.statuses != NULL ? array.statuses : MPI_STATUSES_IGNORE;
    int code = MPI_SUCCESS;
    struct held_back left = {0, 0};
    do {
        if (array.hooked) {
            left = array_hold_back(&array, &code);
        }
        if (code == MPI_SUCCESS) {
            code = test || left.count > 0
                       ? MPI_Testsome(count, array.hosts, &completed, which, statuses_host)
                       : MPI_Waitsome(count, array.hosts, &completed, which, statuses_host);
        }
        array_put_back(&array);
        if (left.count > 0 && completed == MPI_UNDEFINED) {
            completed = 0; /* only those that were left out are active */
            if (!test && left.never == left.count) {
                mpilayer_request_fail_never(&call, "array_of_requests");
                return mpilayer_call_raise(&call);
            }
        }
    } while (!test && completed == 0 && left.count > 0 && code == MPI_SUCCESS);
    struct mpilayer_comm *held = mpilayer_request_hold_if_failed(&call, code);
    bool errors = in_status(code);
    if (code == MPI_SUCCESS || errors) {
        mpilayer_store_i32(layer, outcount, mpilayer_undefined_to_guest(completed));
        if (completed == MPI_UNDEFINED) {
            completed = 0;
        }
        for (int i = 0; array.hooked && statuses != 0 && i < completed; i++) {
            mpilayer_request_mend(array.objects[which[i]], &array.statuses[i]);
        }
        array_store_statuses(&array, statuses, completed, errors);
        for (int i = 0; i < completed; i++) {
            mpilayer_store_i32(layer, indices + 4 * (uint32_t)i, which[i]);
            array_element_done(&array, which[i]);
        }
    } else {
        array_failed(&array);
    }
    return mpilayer_request_end_call(&call, code, held);
}

int32_t mpilayer_Waitsome(struct mpilayer *layer, int32_t incount, uint32_t array_of_requests,
                          uint32_t outcount, uint32_t array_of_indices,
                          uint32_t array_of_statuses) {
    return complete_some(layer, "MPI_Waitsome", incount, array_of_requests, outcount,
                         array_of_indices, array_of_statuses, false);
}
int32_t mpilayer_Testsome(struct mpilayer *layer, int32_t incount, uint32_t array_of_requests,
                          uint32_t outcount, uint32_t array_of_indices,
                          uint32_t array_of_statuses) {
    return complete_some(layer, "MPI_Testsome", incount, array_of_requests, outcount,
                         array_of_indices, array_of_statuses, true);
}

/* ---- looking at several requests, completing none ---- */

int32_t mpilayer_Request_get_status_all(struct mpilayer *layer, int32_t count,
                                        uint32_t array_of_requests, uint32_t flag,
                                        uint32_t array_of_statuses) {
    struct mpilayer_call call;
    struct request_array array;
    int done = 1, code = MPI_SUCCESS;
    if (!mpilayer_call_begin(&call, layer, "MPI_Request_get_status_all") ||
        !mpilayer_memory_check(&call, "flag", flag, 4) ||
        !array_get(&call, &array, array_of_requests, count, array_of_statuses, MPILAYER_LOOKS)) {
        return mpilayer_call_raise(&call);
    }
    for (int i = 0; i < count && done && code == MPI_SUCCESS; i++) {
        code = mpilayer_request_look_at(array.objects[i], &done,
                                        array.statuses != NULL ? &array.statuses[i]
                                                               : MPI_STATUS_IGNORE);
    }
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, done);
        if (done) {
            array_store_statuses(&array, array_of_statuses, count, false);
        }
    }
    return mpilayer_call_return(&call, code);
}

/* Inactive: MPI_REQUEST_NULL, or persistent and not started. */
static bool is_active(const struct mpilayer_request *request) {
    return request != NULL && (!request->persistent || request->active);
}

int32_t mpilayer_Request_get_status_any(struct mpilayer *layer, int32_t count,
                                        uint32_t array_of_requests, uint32_t index, uint32_t flag,
                                        uint32_t status) {
    struct mpilayer_call call;
    struct request_array array;
    MPI_Status status_host;
    int done = 0, any = 0, which = -1, code = MPI_SUCCESS;
    if (!mpilayer_call_begin(&call, layer, "MPI_Request_get_status_any") ||
        !mpilayer_memory_check(&call, "index", index, 4) ||
        !mpilayer_memory_check(&call, "flag", flag, 4) ||
        !mpilayer_status_check(&call, "status", status) ||
        !array_get(&call, &array, array_of_requests, count, 0, MPILAYER_LOOKS)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Status *status_pointer = mpilayer_status_host(status, &status_host);
    for (int i = 0; i < count && !done && code == MPI_SUCCESS; i++) {
        if (is_active(array.objects[i])) {
            any = 1;
            code = mpilayer_request_look_at(array.objects[i], &done, status_pointer);
            which = i;
        }
    }
    if (code == MPI_SUCCESS && !any) { /* an empty status */
        code = mpilayer_request_look_at(NULL, &done, status_pointer);
    }
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, done);
        mpilayer_store_i32(layer, index, any && done ? which : GUEST_MPI_UNDEFINED);
        if (done) {
            mpilayer_status_store(layer, status, &status_host, false);
        }
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Request_get_status_some(struct mpilayer *layer, int32_t incount,
                                         uint32_t array_of_requests, uint32_t outcount,
                                         uint32_t array_of_indices, uint32_t array_of_statuses) {
    struct mpilayer_call call;
    struct request_array array;
    int found = 0, any = 0, code = MPI_SUCCESS;
    if (!mpilayer_call_begin(&call, layer, "MPI_Request_get_status_some") ||
        !mpilayer_memory_check(&call, "outcount", outcount, 4) ||
        !array_get(&call, &array, array_of_requests, incount, array_of_statuses, MPILAYER_LOOKS) ||
        !mpilayer_memory_check(&call, "array_of_indices", incount > 0 ? array_of_indices : 4,
                               4 * (uint64_t)incount)) {
        return mpilayer_call_raise(&call);
    }
    for (int i = 0; i < incount && code == MPI_SUCCESS; i++) {
        int done = 0;
        if (is_active(array.objects[i])) {
            any = 1;
            code = mpilayer_request_look_at(array.objects[i], &done,
                                            array.statuses != NULL ? &array.statuses[found]
                                                                   : MPI_STATUS_IGNORE);
        }
        if (code == MPI_SUCCESS && done) {
            mpilayer_store_i32(layer, array_of_indices + 4 * (uint32_t)found++, i);
        }
    }
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, outcount, any ? found : GUEST_MPI_UNDEFINED);
        array_store_statuses(&array, array_of_statuses, found, false);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Startall(struct mpilayer *layer, int32_t count, uint32_t array_of_requests) {
    struct mpilayer_call call;
    struct request_array array;
    if (!mpilayer_call_begin(&call, layer, "MPI_Startall") ||
        !array_get(&call, &array, array_of_requests, count, 0, MPILAYER_TESTS)) {
        return mpilayer_call_raise(&call);
    }
    for (int i = 0; i < count; i++) {
        if (array.objects[i] == NULL) {
            mpilayer_handle_fail(&call, "array_of_requests", GUEST_MPI_REQUEST_NULL,
                                 MPILAYER_REQUEST);
            return mpilayer_call_raise(&call);
        }
        if (!mpilayer_request_check_startable(&call, "array_of_requests", array.objects[i])) {
            return mpilayer_call_raise(&call);
        }
    }
    int code = MPI_SUCCESS;
    for (int i = 0; i < count; i++) {
        if (array.objects[i]->hooks != NULL && array.objects[i]->hooks->start != NULL) {
            for (int k = 0; k < count && code == MPI_SUCCESS; k++) {
                code = mpilayer_request_start(array.objects[k]);
            }
            return mpilayer_call_return(&call, code);
        }
    }
    code = MPI_Startall(count, array.hosts);
    for (int i = 0; i < count; i++) {
        array.objects[i]->host = array.hosts[i]; /* an MPI may replace them */
        array.objects[i]->active = code == MPI_SUCCESS;
        array.objects[i]->cancelled = false;
    }
    return mpilayer_call_return(&call, code);
}
