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

/* An int, an MPI_Aint or, if large, an MPI_Count of the guest's. */
static int64_t load_number(const struct mpilayer *layer, bool large, uint32_t address) {
    int64_t value;
    if (!large) return mpilayer_load_i32(layer, address);
    memcpy(&value, mpilayer_pointer(layer, address), sizeof value);
    return value;
}
static void store_number(const struct mpilayer *layer, bool large, uint32_t address,
                         int64_t value) {
    if (large)
        mpilayer_store_i64(layer, address, value);
    else
        mpilayer_store_i32(layer, address, (int32_t)value);
}

static bool packed_get(struct mpilayer_call *call, const char *buffer_argument, uint32_t buffer,
                       const char *size_argument, int64_t size, bool large, uint32_t position,
                       struct packed *out) {
    if (size < 0)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, size_argument, "negative (%lld)",
                                  (long long)size);
    if (!mpilayer_memory_check(call, "position", position, large ? 8 : 4)) return false;
    out->size = size;
    out->position = load_number(call->layer, large, position);
    if (out->position < 0 || out->position > size)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "position", "%lld is not in [0, %lld]",
                                  (long long)out->position, (long long)size);
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

/*
 * Hosts without large counts pack by ints. What is beyond them goes item by item, so that what
 * other processes pack with other counts stays the same bytes; positions count from the part.
 */
#if MPI_VERSION >= 4
static int pack(const void *data, int64_t count, MPI_Datatype type, struct packed *packed,
                MPI_Comm comm, int64_t extent) {
    MPI_Count at = packed->position;
    int code = MPI_Pack_c(data, count, type, packed->bytes, packed->size, &at, comm);
    packed->position = at;
    return code;
}
static int unpack(void *data, int64_t count, MPI_Datatype type, struct packed *packed,
                  MPI_Comm comm, int64_t extent) {
    MPI_Count at = packed->position;
    int code = MPI_Unpack_c(packed->bytes, packed->size, &at, data, count, type, comm);
    packed->position = at;
    return code;
}
#else
enum { PIECE_BYTES = 1 << 30 };

static int parts(bool packs, void *data, int64_t count, MPI_Datatype type, struct packed *packed,
                 MPI_Comm comm, int64_t extent) {
    int size, code = MPI_Type_size(type, &size);
    int64_t most = PIECE_BYTES / (size > 0 ? size : 1); /* 0: one item is beyond int itself */
    for (int64_t done = 0; done < count && code == MPI_SUCCESS; done += most) {
        int items = (int)(count - done < most ? count - done : most), at = 0;
        int64_t left = packed->size - packed->position;
        int room = left < INT_MAX ? (int)left : INT_MAX;
        uint8_t *items_data = (uint8_t *)data + done * extent,
                *bytes = packed->bytes + packed->position;
        if (size == MPI_UNDEFINED || most == 0) return MPI_ERR_COUNT;
        code = packs ? MPI_Pack(items_data, items, type, bytes, room, &at, comm)
                     : MPI_Unpack(bytes, room, &at, items_data, items, type, comm);
        packed->position += at;
    }
    return code;
}

static int pack(const void *data, int64_t count, MPI_Datatype type, struct packed *packed,
                MPI_Comm comm, int64_t extent) {
    int at = (int)packed->position;
    if (count > INT_MAX || packed->size > INT_MAX)
        return parts(true, (void *)(uintptr_t)data, count, type, packed, comm, extent);
    int code = MPI_Pack(data, (int)count, type, packed->bytes, (int)packed->size, &at, comm);
    packed->position = at;
    return code;
}
static int unpack(void *data, int64_t count, MPI_Datatype type, struct packed *packed,
                  MPI_Comm comm, int64_t extent) {
    int at = (int)packed->position;
    if (count > INT_MAX || packed->size > INT_MAX)
        return parts(false, data, count, type, packed, comm, extent);
    int code = MPI_Unpack(packed->bytes, (int)packed->size, &at, data, (int)count, type, comm);
    packed->position = at;
    return code;
}
#endif

static int32_t pack_plain(struct mpilayer *layer, const char *name, bool large, uint32_t inbuf,
                          int64_t incount, uint32_t datatype, uint32_t outbuf, int64_t outsize,
                          uint32_t position, uint32_t comm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "inbuf", inbuf, incount, &type, &data) ||
        !packed_get(&call, "outbuf", outbuf, "outsize", outsize, large, position, &packed) ||
        !packed_has_room(&call, "outsize", &packed, incount, type->size))
        return mpilayer_call_raise(&call);
    int code = incount && type->size /* MPICH 4.0 divides by it */
                   ? pack(data, incount, type->host, &packed, object->host, type->extent)
                   : MPI_SUCCESS;
    if (code == MPI_SUCCESS) store_number(layer, large, position, packed.position);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Pack(struct mpilayer *layer, uint32_t inbuf, int32_t incount, uint32_t datatype,
                      uint32_t outbuf, int32_t outsize, uint32_t position, uint32_t comm) {
    return pack_plain(layer, "MPI_Pack", false, inbuf, incount, datatype, outbuf, outsize, position,
                      comm);
}
int32_t mpilayer_Pack_c(struct mpilayer *layer, uint32_t inbuf, int64_t incount, uint32_t datatype,
                        uint32_t outbuf, int64_t outsize, uint32_t position, uint32_t comm) {
    return pack_plain(layer, "MPI_Pack_c", true, inbuf, incount, datatype, outbuf, outsize,
                      position, comm);
}

static int32_t unpack_plain(struct mpilayer *layer, const char *name, bool large, uint32_t inbuf,
                            int64_t insize, uint32_t position, uint32_t outbuf, int64_t outcount,
                            uint32_t datatype, uint32_t comm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "outcount", outcount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "outbuf", outbuf, outcount, &type, &data) ||
        !packed_get(&call, "inbuf", inbuf, "insize", insize, large, position, &packed) ||
        !packed_has_room(&call, "insize", &packed, outcount, type->size))
        return mpilayer_call_raise(&call);
    int code = outcount && type->size /* MPICH 4.0 divides by it */
                   ? unpack(data, outcount, type->host, &packed, object->host, type->extent)
                   : MPI_SUCCESS;
    if (code == MPI_SUCCESS) store_number(layer, large, position, packed.position);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Unpack(struct mpilayer *layer, uint32_t inbuf, int32_t insize, uint32_t position,
                        uint32_t outbuf, int32_t outcount, uint32_t datatype, uint32_t comm) {
    return unpack_plain(layer, "MPI_Unpack", false, inbuf, insize, position, outbuf, outcount,
                        datatype, comm);
}
int32_t mpilayer_Unpack_c(struct mpilayer *layer, uint32_t inbuf, int64_t insize, uint32_t position,
                          uint32_t outbuf, int64_t outcount, uint32_t datatype, uint32_t comm) {
    return unpack_plain(layer, "MPI_Unpack_c", true, inbuf, insize, position, outbuf, outcount,
                        datatype, comm);
}

static int32_t pack_size(struct mpilayer *layer, const char *name, bool large, int64_t incount,
                         uint32_t datatype, uint32_t comm, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_datatype *type;
    int64_t result = GUEST_MPI_UNDEFINED;
    int code = MPI_SUCCESS, small = 0;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "size", size, large ? 8 : 4))
        return mpilayer_call_raise(&call);
    __int128 bytes = (__int128)incount * type->size;
    if (incount <= INT_MAX && bytes <= INT_MAX) {
        code = MPI_Pack_size((int)incount, type->host, object->host, &small);
        result = small == MPI_UNDEFINED ? GUEST_MPI_UNDEFINED : small;
    } else if (large && bytes <= INT64_MAX) {
        result = (int64_t)bytes; /* no MPI that this runs on adds anything */
    }
    if (code == MPI_SUCCESS) store_number(layer, large, size, result);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Pack_size(struct mpilayer *layer, int32_t incount, uint32_t datatype,
                           uint32_t comm, uint32_t size) {
    return pack_size(layer, "MPI_Pack_size", false, incount, datatype, comm, size);
}
int32_t mpilayer_Pack_size_c(struct mpilayer *layer, int64_t incount, uint32_t datatype,
                             uint32_t comm, uint32_t size) {
    return pack_size(layer, "MPI_Pack_size_c", true, incount, datatype, comm, size);
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

static int32_t pack_external(struct mpilayer *layer, const char *name, bool large, uint32_t datarep,
                             uint32_t inbuf, int64_t incount, uint32_t datatype, uint32_t outbuf,
                             int64_t outsize, uint32_t position) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "inbuf", inbuf, incount, &type, &data) ||
        !packed_get(&call, "outbuf", outbuf, "outsize", outsize, large, position, &packed) ||
        !packed_has_room(&call, "outsize", &packed, incount, type->external) ||
        !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    struct conversion conversion = {true, packed.bytes + packed.position};
    convert(&conversion, data, incount, type);
    store_number(layer, large, position, conversion.external - packed.bytes);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Pack_external(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                               int32_t incount, uint32_t datatype, uint32_t outbuf, int32_t outsize,
                               uint32_t position) {
    return pack_external(layer, "MPI_Pack_external", false, datarep, inbuf, incount, datatype,
                         outbuf, outsize, position);
}
int32_t mpilayer_Pack_external_c(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                                 int64_t incount, uint32_t datatype, uint32_t outbuf,
                                 int64_t outsize, uint32_t position) {
    return pack_external(layer, "MPI_Pack_external_c", true, datarep, inbuf, incount, datatype,
                         outbuf, outsize, position);
}

static int32_t unpack_external(struct mpilayer *layer, const char *name, bool large,
                               uint32_t datarep, uint32_t inbuf, int64_t insize, uint32_t position,
                               uint32_t outbuf, int64_t outcount, uint32_t datatype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    struct packed packed;
    void *data;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_count_check(&call, "outcount", outcount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_buffer_get(&call, "outbuf", outbuf, outcount, &type, &data) ||
        !packed_get(&call, "inbuf", inbuf, "insize", insize, large, position, &packed) ||
        !packed_has_room(&call, "insize", &packed, outcount, type->external) ||
        !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    struct conversion conversion = {false, packed.bytes + packed.position};
    convert(&conversion, data, outcount, type);
    store_number(layer, large, position, conversion.external - packed.bytes);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Unpack_external(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                                 int32_t insize, uint32_t position, uint32_t outbuf,
                                 int32_t outcount, uint32_t datatype) {
    return unpack_external(layer, "MPI_Unpack_external", false, datarep, inbuf, insize, position,
                           outbuf, outcount, datatype);
}
int32_t mpilayer_Unpack_external_c(struct mpilayer *layer, uint32_t datarep, uint32_t inbuf,
                                   int64_t insize, uint32_t position, uint32_t outbuf,
                                   int64_t outcount, uint32_t datatype) {
    return unpack_external(layer, "MPI_Unpack_external_c", true, datarep, inbuf, insize, position,
                           outbuf, outcount, datatype);
}

static int32_t pack_external_size(struct mpilayer *layer, const char *name, bool large,
                                  uint32_t datarep, int64_t incount, uint32_t datatype,
                                  uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_count_check(&call, "incount", incount) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "size", size, large ? 8 : 4) ||
        !datarep_check(&call, datarep))
        return mpilayer_call_raise(&call);
    __int128 bytes = (__int128)incount * type->external;
    store_number(layer, large, size,
                 bytes <= (large ? INT64_MAX : INT_MAX) ? (int64_t)bytes : GUEST_MPI_UNDEFINED);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Pack_external_size(struct mpilayer *layer, uint32_t datarep, int32_t incount,
                                    uint32_t datatype, uint32_t size) {
    return pack_external_size(layer, "MPI_Pack_external_size", false, datarep, incount, datatype,
                              size);
}
int32_t mpilayer_Pack_external_size_c(struct mpilayer *layer, uint32_t datarep, int64_t incount,
                                      uint32_t datatype, uint32_t size) {
    return pack_external_size(layer, "MPI_Pack_external_size_c", true, datarep, incount, datatype,
                              size);
}
