/*
 * mpi_legacy.c - the numbers of the first MPIWasm's mpi.h, and its functions that take a status or
 * a callback; the others are made by mpi_legacy.py.
 *
 * Every function translates its arguments and calls the one of the standard ABI, which checks
 * them: ranges, MPI_IN_PLACE and MPI_STATUS_IGNORE are as safe and as right as there.
 */
#include "mpi/mpi_legacy.h"

#include "mpi/mpi_datatype.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

enum {
    NO_HANDLE = 1, /* no standard handle is so small */
    FIRST_USER_HANDLE = 0x1000,
    STATUS_SIZE = 24,
    STATUS_CANCELLED = 12,
    STATUS_BYTES = 16,
    CELL_BYTES = MPILAYER_STATUS_SIZE, /* in MPILAYER_CELL_LEGACY, behind a standard status */
};

static const uint16_t comms[] = {GUEST_MPI_COMM_WORLD, GUEST_MPI_COMM_SELF, GUEST_MPI_COMM_NULL};

static const uint16_t datatypes[] = {
    GUEST_MPI_INT8_T,    GUEST_MPI_INT16_T,  GUEST_MPI_INT32_T,  GUEST_MPI_INT,
    GUEST_MPI_INT64_T,   GUEST_MPI_UINT8_T,  GUEST_MPI_UINT16_T, GUEST_MPI_UINT32_T,
    GUEST_MPI_UNSIGNED,  GUEST_MPI_UINT64_T, GUEST_MPI_LONG,     GUEST_MPI_LONG_LONG,
    GUEST_MPI_LONG_LONG, GUEST_MPI_FLOAT,    GUEST_MPI_DOUBLE,   GUEST_MPI_DOUBLE_INT,
    GUEST_MPI_CHAR,      GUEST_MPI_C_BOOL,   GUEST_MPI_BYTE,
};

static const uint16_t ops[] = {
    GUEST_MPI_MAX,    GUEST_MPI_MIN,    GUEST_MPI_SUM,     GUEST_MPI_PROD,
    GUEST_MPI_LAND,   GUEST_MPI_LOR,    GUEST_MPI_BAND,    GUEST_MPI_BOR,
    GUEST_MPI_MAXLOC, GUEST_MPI_MINLOC, GUEST_MPI_OP_NULL,
};

#define FIND(table, value)                                                                         \
    ((value) >= FIRST_USER_HANDLE                 ? (value)                                        \
     : (value) < sizeof(table) / sizeof(table)[0] ? (table)[value]                                 \
                                                  : NO_HANDLE)

uint32_t mpilayer_legacy_comm(uint32_t comm) {
    return FIND(comms, comm);
}

uint32_t mpilayer_legacy_datatype(uint32_t datatype) {
    return datatype == UINT32_MAX ? GUEST_MPI_DATATYPE_NULL : FIND(datatypes, datatype);
}

uint32_t mpilayer_legacy_op(uint32_t op) {
    return FIND(ops, op);
}

uint32_t mpilayer_legacy_info(uint32_t info) {
    return info == 0 ? GUEST_MPI_INFO_NULL : NO_HANDLE;
}

int32_t mpilayer_legacy_tag(int32_t tag) {
    /* -2 is no tag there; -1 means any. */
    return tag == -1 ? GUEST_MPI_ANY_TAG : tag == GUEST_MPI_ANY_TAG ? INT32_MIN : tag;
}

uint32_t mpilayer_legacy_comm_back(uint32_t comm) {
    return comm == GUEST_MPI_COMM_NULL ? 2 : comm;
}

uint32_t mpilayer_legacy_datatype_back(uint32_t datatype) {
    if (datatype == GUEST_MPI_DATATYPE_NULL) return UINT32_MAX;
    for (uint32_t i = 0; i < sizeof datatypes / sizeof datatypes[0]; i++)
        if (datatypes[i] == datatype) return i;
    return datatype;
}

uint32_t mpilayer_legacy_comparison_back(uint32_t comparison) {
    return comparison - GUEST_MPI_IDENT;
}

void mpilayer_legacy_translate(struct mpilayer *layer, uint32_t address,
                               uint32_t (*translate)(uint32_t)) {
    if (!guest_range_ok(layer->guest, address, 4)) return;
    mpilayer_store_i32(layer, address,
                       (int32_t)translate((uint32_t)mpilayer_load_i32(layer, address)));
}

/* ---- statuses ---- */

/* Where a standard status can stand for the guest's at `status`: 0 if that is MPI_STATUS_IGNORE. */
static bool status_begin(struct mpilayer *layer, const char *name, uint32_t comm, uint32_t status,
                         uint32_t *cell, int32_t *failure) {
    struct mpilayer_call call;
    *cell = 0;
    if (status == 0) return true;
    if (mpilayer_call_begin(&call, layer, name)) {
        call.comm = mpilayer_table_find(&layer->tables[MPILAYER_COMM], comm);
        if (mpilayer_memory_check(&call, "status", status, STATUS_SIZE) && mpilayer_cells(&call)) {
            *cell = layer->cells + MPILAYER_CELL_LEGACY;
            return true;
        }
    }
    *failure = mpilayer_call_raise(&call);
    return false;
}

static void status_end(struct mpilayer *layer, uint32_t cell, uint32_t status, int32_t error) {
    if (status == 0) return;
    uint32_t bytes = cell + CELL_BYTES;
    mpilayer_store_i64(layer, bytes, 0);
    mpilayer_Get_elements_c(layer, cell, GUEST_MPI_BYTE, bytes);
    int32_t tag = mpilayer_load_i32(layer, cell + 4);
    mpilayer_store_i32(layer, status, mpilayer_load_i32(layer, cell));
    mpilayer_store_i32(layer, status + 4, tag == GUEST_MPI_ANY_TAG ? -1 : tag);
    mpilayer_store_i32(layer, status + 8, error);
    mpilayer_store_i32(layer, status + STATUS_CANCELLED, 0);
    memcpy(mpilayer_pointer(layer, status + STATUS_BYTES), mpilayer_pointer(layer, bytes), 8);
}

int32_t mpilayer_legacy_Recv(struct mpilayer *layer, uint32_t buf, int32_t count, uint32_t datatype,
                             int32_t source, int32_t tag, uint32_t comm, uint32_t status) {
    uint32_t cell;
    int32_t result;
    comm = mpilayer_legacy_comm(comm);
    if (!status_begin(layer, "MPI_Recv", comm, status, &cell, &result)) return result;
    result = mpilayer_Recv(layer, buf, count, mpilayer_legacy_datatype(datatype), source,
                           mpilayer_legacy_tag(tag), comm, cell);
    if (result == GUEST_MPI_SUCCESS) status_end(layer, cell, status, result);
    return result;
}

int32_t mpilayer_legacy_Sendrecv(struct mpilayer *layer, uint32_t sendbuf, int32_t sendcount,
                                 uint32_t sendtype, int32_t dest, int32_t sendtag, uint32_t recvbuf,
                                 int32_t recvcount, uint32_t recvtype, int32_t source,
                                 int32_t recvtag, uint32_t comm, uint32_t status) {
    uint32_t cell;
    int32_t result;
    comm = mpilayer_legacy_comm(comm);
    if (!status_begin(layer, "MPI_Sendrecv", comm, status, &cell, &result)) return result;
    result = mpilayer_Sendrecv(layer, sendbuf, sendcount, mpilayer_legacy_datatype(sendtype), dest,
                               sendtag, recvbuf, recvcount, mpilayer_legacy_datatype(recvtype),
                               source, mpilayer_legacy_tag(recvtag), comm, cell);
    if (result == GUEST_MPI_SUCCESS) status_end(layer, cell, status, result);
    return result;
}

int32_t mpilayer_legacy_Wait(struct mpilayer *layer, uint32_t request, uint32_t status) {
    uint32_t cell;
    int32_t result;
    if (!status_begin(layer, "MPI_Wait", GUEST_MPI_COMM_WORLD, status, &cell, &result))
        return result;
    result = mpilayer_Wait(layer, request, cell);
    if (result == GUEST_MPI_SUCCESS) status_end(layer, cell, status, result);
    return result;
}

int32_t mpilayer_legacy_Waitall(struct mpilayer *layer, int32_t count, uint32_t requests,
                                uint32_t statuses) {
    struct mpilayer_call call;
    if (statuses == 0 || count <= 0) return mpilayer_Waitall(layer, count, requests, 0);
    if (!mpilayer_call_begin(&call, layer, "MPI_Waitall") ||
        !mpilayer_memory_check(&call, "array_of_requests", requests, 4 * (uint64_t)count) ||
        !mpilayer_memory_check(&call, "array_of_statuses", statuses,
                               STATUS_SIZE * (uint64_t)count) ||
        !mpilayer_cells(&call))
        return mpilayer_call_raise(&call);
    /* One after the other: all are pending already, so none waits for a later one. */
    uint32_t cell = layer->cells + MPILAYER_CELL_LEGACY;
    bool failed = false;
    for (uint32_t i = 0; i < (uint32_t)count; i++) {
        int32_t result = mpilayer_Wait(layer, requests + 4 * i, cell);
        status_end(layer, cell, statuses + STATUS_SIZE * i, result);
        failed |= result != GUEST_MPI_SUCCESS;
    }
    return failed ? GUEST_MPI_ERR_IN_STATUS : GUEST_MPI_SUCCESS;
}

int32_t mpilayer_legacy_Get_count(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                  uint32_t count) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Get_count") ||
        !mpilayer_memory_check(&call, "status", status, STATUS_SIZE) ||
        !mpilayer_datatype_get(&call, "datatype", mpilayer_legacy_datatype(datatype), &type) ||
        !mpilayer_memory_check(&call, "count", count, 4))
        return mpilayer_call_raise(&call);
    int64_t bytes;
    memcpy(&bytes, mpilayer_pointer(layer, status + STATUS_BYTES), sizeof bytes);
    int64_t items = type->size > 0 ? bytes / type->size : 0;
    bool whole = type->size > 0 ? bytes % type->size == 0 : bytes == 0;
    mpilayer_store_i32(layer, count,
                       whole && items >= 0 && items <= INT32_MAX ? (int32_t)items
                                                                 : GUEST_MPI_UNDEFINED);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* ---- the beginning ---- */

int32_t mpilayer_legacy_Init(struct mpilayer *layer, uint32_t argc, uint32_t argv) {
    layer->legacy = true;
    return mpilayer_Init(layer, argc, argv);
}

/* ---- what is not MPI ---- */

int32_t mpilayer_legacy_gethostname(struct mpilayer *layer, uint32_t name, uint32_t size) {
    char host[MPI_MAX_PROCESSOR_NAME + 1] = "";
    int length = 0;
    if (size == 0 || !guest_range_ok(layer->guest, name, size)) return -1;
    /* The name that MPI_Get_processor_name tells as well, and no more of the machine. */
    if (layer->phase != MPILAYER_RUNNING || MPI_Get_processor_name(host, &length) != MPI_SUCCESS) {
        strcpy(host, "localhost");
        length = (int)strlen(host);
    }
    uint32_t copied = (uint32_t)length < size ? (uint32_t)length : size - 1;
    char *out = mpilayer_pointer(layer, name);
    memcpy(out, host, copied);
    out[copied] = '\0';
    return 0;
}

uint32_t mpilayer_legacy_allocate_exception(struct mpilayer *layer, uint32_t size) {
    mpilayer_abort(
        layer, NULL, 134,
        "the program threw a C++ exception of %u bytes, and was built without exceptions", size);
}

void mpilayer_legacy_throw(struct mpilayer *layer, uint32_t object, uint32_t type,
                           uint32_t destructor) {
    (void)object, (void)type, (void)destructor;
    mpilayer_abort(layer, NULL, 134,
                   "the program threw a C++ exception, and was built without exceptions");
}
