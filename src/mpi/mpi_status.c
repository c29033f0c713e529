/*
 * mpi_status.c - MPI_Status of the guest and of the host.
 *
 * The guest's has source, tag and error at 0, 4, 8 and 20 bytes of payload: there goes whatever
 * the host's structure holds besides those three fields, without padding at its end. A guest may
 * change the payload; it holds counts and flags only, no pointers.
 */
#include "mpi/mpi_status.h"

#include "mpi_functions.h"

#include "mpi/mpi_datatype.h"

enum { PAYLOAD_AT = 12, PAYLOAD_SIZE = 20 };

/* The three fields are neighbours in every MPI known; that makes the payload two pieces. */
#define FIELDS_AT (offsetof(MPI_Status, MPI_SOURCE))
#define FIELDS_END (offsetof(MPI_Status, MPI_SOURCE) + 12)
_Static_assert(offsetof(MPI_Status, MPI_TAG) == FIELDS_AT + 4 &&
                   offsetof(MPI_Status, MPI_ERROR) == FIELDS_AT + 8,
               "the order of the status's fields");
_Static_assert(sizeof(MPI_Status) <= 12 + PAYLOAD_SIZE, "the status's payload fits");

void mpilayer_status_store(const struct mpilayer *layer, uint32_t address, const MPI_Status *status,
                           bool with_error) {
    if (address == 0) {
        return;
    }
    mpilayer_store_i32(layer, address, mpilayer_rank_to_guest(status->MPI_SOURCE));
    mpilayer_store_i32(layer, address + 4,
                       status->MPI_TAG == MPI_ANY_TAG ? GUEST_MPI_ANY_TAG : status->MPI_TAG);
    if (with_error) {
        mpilayer_store_i32(layer, address + 8, mpilayer_error_code_to_guest(status->MPI_ERROR));
    }
    uint8_t *payload = mpilayer_pointer(layer, address + PAYLOAD_AT);
    memcpy(payload, status, FIELDS_AT);
    memcpy(payload + FIELDS_AT, (const uint8_t *)status + FIELDS_END, sizeof *status - FIELDS_END);
}

void mpilayer_status_load(const struct mpilayer *layer, uint32_t address, MPI_Status *status) {
    const uint8_t *payload = mpilayer_pointer(layer, address + PAYLOAD_AT);
    memset(status, 0, sizeof *status);
    memcpy(status, payload, FIELDS_AT);
    memcpy((uint8_t *)status + FIELDS_END, payload + FIELDS_AT, sizeof *status - FIELDS_END);
    int32_t source = mpilayer_load_i32(layer, address);
    int32_t tag = mpilayer_load_i32(layer, address + 4);
    status->MPI_SOURCE = source == GUEST_MPI_ANY_SOURCE  ? MPI_ANY_SOURCE
                         : source == GUEST_MPI_PROC_NULL ? MPI_PROC_NULL
                                                         : source;
    status->MPI_TAG = tag == GUEST_MPI_ANY_TAG ? MPI_ANY_TAG : tag;
    status->MPI_ERROR = MPI_SUCCESS;
}

/* ---- the guest's functions ---- */

static bool status_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                       MPI_Status *status) {
    if (!mpilayer_memory_check(call, argument, address, MPILAYER_STATUS_SIZE)) {
        return false;
    }
    mpilayer_status_load(call->layer, address, status);
    return true;
}

int32_t mpilayer_Status_set_cancelled(struct mpilayer *layer, uint32_t status, int32_t flag) {
    struct mpilayer_call call;
    MPI_Status status_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Status_set_cancelled") ||
        !status_get(&call, "status", status, &status_host)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Status_set_cancelled(&status_host, flag != 0);
    if (code == MPI_SUCCESS) {
        mpilayer_status_store(layer, status, &status_host, false);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Test_cancelled(struct mpilayer *layer, uint32_t status, uint32_t flag) {
    struct mpilayer_call call;
    MPI_Status status_host;
    int flag_host = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Test_cancelled") ||
        !status_get(&call, "status", status, &status_host) ||
        !mpilayer_memory_check(&call, "flag", flag, 4)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Test_cancelled(&status_host, &flag_host);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, flag_host);
    }
    return mpilayer_call_return(&call, code);
}

/* ---- fields, and the same status in Fortran's forms, whose integers are the C structure's ---- */

static int32_t get_field(struct mpilayer *layer, const char *name, uint32_t status, uint32_t field,
                         uint32_t out) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "status", status, MPILAYER_STATUS_SIZE) ||
        !mpilayer_memory_check(&call, "value", out, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, out, mpilayer_load_i32(layer, status + field));
    return GUEST_MPI_SUCCESS;
}

static int32_t set_field(struct mpilayer *layer, const char *name, uint32_t status, uint32_t field,
                         int32_t value) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "status", status, MPILAYER_STATUS_SIZE)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, status + field, value);
    return GUEST_MPI_SUCCESS;
}

static int32_t copy(struct mpilayer *layer, const char *name, uint32_t from, uint32_t to) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "status", from, MPILAYER_STATUS_SIZE) ||
        !mpilayer_memory_check(&call, "status", to, MPILAYER_STATUS_SIZE)) {
        return mpilayer_call_raise(&call);
    }
    memmove(mpilayer_pointer(layer, to), mpilayer_pointer(layer, from), MPILAYER_STATUS_SIZE);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Status_get_source(struct mpilayer *layer, uint32_t status, uint32_t source) {
    return get_field(layer, "MPI_Status_get_source", status, 0, source);
}
int32_t mpilayer_Status_get_tag(struct mpilayer *layer, uint32_t status, uint32_t tag) {
    return get_field(layer, "MPI_Status_get_tag", status, 4, tag);
}
int32_t mpilayer_Status_get_error(struct mpilayer *layer, uint32_t status, uint32_t err) {
    return get_field(layer, "MPI_Status_get_error", status, 8, err);
}
int32_t mpilayer_Status_set_source(struct mpilayer *layer, uint32_t status, int32_t source) {
    return set_field(layer, "MPI_Status_set_source", status, 0, source);
}
int32_t mpilayer_Status_set_tag(struct mpilayer *layer, uint32_t status, int32_t tag) {
    return set_field(layer, "MPI_Status_set_tag", status, 4, tag);
}
int32_t mpilayer_Status_set_error(struct mpilayer *layer, uint32_t status, int32_t err) {
    return set_field(layer, "MPI_Status_set_error", status, 8, err);
}
int32_t mpilayer_Status_c2f(struct mpilayer *layer, uint32_t c_status, uint32_t f_status) {
    return copy(layer, "MPI_Status_c2f", c_status, f_status);
}
int32_t mpilayer_Status_f2c(struct mpilayer *layer, uint32_t f_status, uint32_t c_status) {
    return copy(layer, "MPI_Status_f2c", f_status, c_status);
}
int32_t mpilayer_Status_c2f08(struct mpilayer *layer, uint32_t c_status, uint32_t f08_status) {
    return copy(layer, "MPI_Status_c2f08", c_status, f08_status);
}
int32_t mpilayer_Status_f082c(struct mpilayer *layer, uint32_t f08_status, uint32_t c_status) {
    return copy(layer, "MPI_Status_f082c", f08_status, c_status);
}
int32_t mpilayer_Status_f2f08(struct mpilayer *layer, uint32_t f_status, uint32_t f08_status) {
    return copy(layer, "MPI_Status_f2f08", f_status, f08_status);
}
int32_t mpilayer_Status_f082f(struct mpilayer *layer, uint32_t f08_status, uint32_t f_status) {
    return copy(layer, "MPI_Status_f082f", f08_status, f_status);
}
