/*
 * mpi_pack.c - MPI_Pack, MPI_Unpack, their sizes, and their external32 forms.
 *
 * Plain packing is the host's, as packed data travels as MPI_PACKED; before it, the buffer and the
 * position in it are checked.  external32 is done here, over the datatype's type map, since a
 * guest's datatypes differ from the host's in size (MPI 4.1, sections 5.2, 5.3 and 14.5.2).
 */
#include "mpi/mpi_memory.h"
#include "mpi_functions.h"

#include <limits.h>

/* The packed side of a call: `size` bytes at a guest address, of which those before *position are
 * used up. */
struct packed {
    uint8_t *bytes;
    int64_t size;
    int64_t position;
};

static bool packed_get(struct mpilayer_call *call, const char *buffer_argument, uint32_t buffer,
                       const char *size_argument, int32_t size, uint32_t position,
                       struct packed *out) {
    if (size < 0)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, size_argument, "negative (%d)", size);
    if (!mpilayer_memory_check(call, "position", position, 4)) return false;
    out->size = size;
    out->position = mpilayer_load_i32(call->layer, position);
    if (out->position < 0 || out->position > size)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "position", "%lld is not in [0, %d]",
                                  (long long)out->position, size);
    if ((buffer == 0 && size > 0) || !guest_range_ok(call->layer->guest, buffer, (uint64_t)size))
        return mpilayer_call_fail(call, GUEST_MPI_ERR_BUFFER, buffer_argument,
                                  buffer ? "outside the program's memory" : "null pointer");
    out->bytes = mpilayer_pointer(call->layer, buffer);
    return true;
}

/* `count` items of `item` bytes fit between position and end. */
static bool packed_has_room(struct mpilayer_call *call, const char *argument,
                            const struct packed *packed, int64_t count, int64_t item) {
    return (__int128)count * item <= packed->size - packed->position ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_TRUNCATE, argument,
                              "%lld bytes are left, too few for the data",
                              (long long)(packed->size - packed->position));
}

int32_t mpilayer_Pack(struct mpilayer *layer, uint32_t inbuf, int32_t incount, uint32_t datatype,
                      uint32_t outbuf, int32_t outsize, uint32_t position, uint32_t comm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, "MPI_Pack") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "inbuf", inbuf, incount, &type, &data) ||
        !packed_get(&call, "outbuf", outbuf, "outsize", outsize, position, &packed) ||
        !packed_has_room(&call, "outsize", &packed, incount, type->size))
        return mpilayer_call_raise(&call);
    int at = (int)packed.position;
    int code = incount && type->size /* MPICH 4.0 divides by it */
                   ? MPI_Pack(data, incount, type->host, packed.bytes, outsize, &at, object->host)
                   : MPI_SUCCESS;
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, position, at);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Unpack(struct mpilayer *layer, uint32_t inbuf, int32_t insize, uint32_t position,
                        uint32_t outbuf, int32_t outcount, uint32_t datatype, uint32_t comm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, "MPI_Unpack") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "outcount", outcount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "outbuf", outbuf, outcount, &type, &data) ||
        !packed_get(&call, "inbuf", inbuf, "insize", insize, position, &packed) ||
        !packed_has_room(&call, "insize", &packed, outcount, type->size))
        return mpilayer_call_raise(&call);
    int at = (int)packed.position;
    int code = outcount && type->size /* MPICH 4.0 divides by it */
                   ? MPI_Unpack(packed.bytes, insize, &at, data, outcount, type->host, object->host)
                   : MPI_SUCCESS;
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, position, at);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Pack_size(struct mpilayer *layer, int32_t incount, uint32_t datatype,
                           uint32_t comm, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    int result = GUEST_MPI_UNDEFINED, code = MPI_SUCCESS;
    if (!mpilayer_call_begin(&call, layer, "MPI_Pack_size") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "size", size, 4))
        return mpilayer_call_raise(&call);
    if ((__int128)incount * type->size <= INT_MAX)
        code = MPI_Pack_size(incount, type->host, object->host, &result);
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, size, result);
    return mpilayer_call_return(&call, code);
}

/* ---- external32 ---- */

static bool is_signed(enum mpilayer_kind kind) {
    return kind == MPILAYER_I8 || kind == MPILAYER_I16 || kind == MPILAYER_I32 ||
           kind == MPILAYER_I64 || kind == MPILAYER_I128;
}

/* One number: `size` bytes in the guest (little-endian), `external` in external32 (big-endian);
 * integers are extended by their sign or cut. */
static void number_to_external(const uint8_t *from, uint32_t size, uint8_t *to, uint32_t external,
                               enum mpilayer_kind kind) {
    uint8_t filler = is_signed(kind) && from[size - 1] & 0x80 ? 0xff : 0;
    for (uint32_t i = 0; i < external; i++)
        to[external - 1 - i] = i < size ? from[i] : filler;
}
static void number_from_external(const uint8_t *from, uint32_t external, uint8_t *to, uint32_t size,
                                 enum mpilayer_kind kind) {
    uint8_t filler = is_signed(kind) && from[0] & 0x80 ? 0xff : 0;
    for (uint32_t i = 0; i < size; i++)
        to[i] = i < external ? from[external - 1 - i] : filler;
}

struct conversion {
    bool to_external;
    uint8_t *external; /* moves on */
};

static void convert_number(struct conversion *conversion, uint8_t *data, enum mpilayer_kind kind,
                           uint32_t external) {
    uint32_t size = mpilayer_kind_size(kind);
    if (conversion->to_external)
        number_to_external(data, size, conversion->external, external, kind);
    else
        number_from_external(conversion->external, external, data, size, kind);
    conversion->external += external;
}

/* `count` items of the datatype at data, in the order of the type map. */
static void convert(struct conversion *conversion, uint8_t *data, int64_t count,
                    const struct mpilayer_datatype *type) {
    const struct mpilayer_basic *basic = type->basic;
    int64_t runs = mpilayer_datatype_run_count(type);
    if (type->size == 0) return;
    for (int64_t i = 0; i < count; i++, data += type->extent) {
        if (basic) {
            uint32_t size = mpilayer_kind_size(basic->first);
            for (uint32_t k = 0; k < basic->repeat; k++)
                convert_number(conversion, data + k * size, basic->first, basic->external);
            if (basic->second) {
                uint32_t second = mpilayer_kind_size(basic->second);
                uint32_t at = (size + second - 1) / second * second;
                convert_number(conversion, data + at, basic->second, second);
            }
            continue;
        }
        for (int64_t r = 0; r < runs; r++) {
            struct mpilayer_run run = mpilayer_datatype_run(type, r);
            convert(conversion, data + run.displacement, run.length, run.child);
        }
    }
}

static bool datarep_check(struct mpilayer_call *call, uint32_t datarep) {
    char name[GUEST_MPI_MAX_DATAREP_STRING];
    return mpilayer_string_get(call, "datarep", datarep, name, sizeof name, GUEST_MPI_ERR_ARG) &&
           (strcmp(name, "external32") == 0 ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "datarep", "only external32 is known"));
}

int32_t mpilayer_Pack_external(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                               int32_t incount, uint32_t datatype, uint32_t outbuf, int32_t outsize,
                               uint32_t position) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, "MPI_Pack_external") ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "inbuf", inbuf, incount, &type, &data) ||
        !packed_get(&call, "outbuf", outbuf, "outsize", outsize, position, &packed) ||
        !packed_has_room(&call, "outsize", &packed, incount, type->external) ||
        !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    struct conversion conversion = {true, packed.bytes + packed.position};
    convert(&conversion, data, incount, type);
    mpilayer_store_i32(layer, position, (int32_t)(conversion.external - packed.bytes));
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Unpack_external(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                                 int32_t insize, uint32_t position, uint32_t outbuf,
                                 int32_t outcount, uint32_t datatype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, "MPI_Unpack_external") ||
        !mpilayer_count_check(&call, "outcount", outcount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "outbuf", outbuf, outcount, &type, &data) ||
        !packed_get(&call, "inbuf", inbuf, "insize", insize, position, &packed) ||
        !packed_has_room(&call, "insize", &packed, outcount, type->external) ||
        !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    struct conversion conversion = {false, packed.bytes + packed.position};
    convert(&conversion, data, outcount, type);
    mpilayer_store_i32(layer, position, (int32_t)(conversion.external - packed.bytes));
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Pack_external_size(struct mpilayer *layer, uint32_t datarep, int32_t incount,
                                    uint32_t datatype, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Pack_external_size") ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "size", size, 4) || !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    __int128 bytes = (__int128)incount * type->external;
    mpilayer_store_i32(layer, size, bytes <= INT_MAX ? (int32_t)bytes : GUEST_MPI_UNDEFINED);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}
