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
