/*
 * mpi_datatype_query.c - the guest's functions that ask about datatypes: sizes, bounds, contents,
 * names, elements received.
 *
 * All answers come from the layer's own objects, in the guest's numbers: an MPI_Aint has 32 bits,
 * what does not fit is MPI_UNDEFINED (MPI 4.1, sections 5.1.5 to 5.1.13).
 */
#include "mpi/mpi_datatype.h"
#include "mpi/mpi_status.h"
#include "mpi_functions.h"

#include <stdlib.h>

enum width { WIDTH_INT, WIDTH_COUNT }; /* of a result: int and MPI_Aint, or MPI_Count */

static void store(struct mpilayer *layer, enum width width, uint32_t address, int64_t value) {
    if (width == WIDTH_COUNT)
        mpilayer_store_i64(layer, address, value);
    else
        mpilayer_store_i32(layer, address,
                           value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value
                                                                    : GUEST_MPI_UNDEFINED);
}

static bool check(struct mpilayer_call *call, enum width width, const char *argument,
                  uint32_t address) {
    return mpilayer_memory_check(call, argument, address, width == WIDTH_COUNT ? 8 : 4);
}

static int32_t give_size(struct mpilayer *layer, const char *name, enum width width,
                         uint32_t datatype, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !check(&call, width, "size", size))
        return mpilayer_call_raise(&call);
    store(layer, width, size, type->size);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_size(struct mpilayer *layer, uint32_t datatype, uint32_t size) {
    return give_size(layer, "MPI_Type_size", WIDTH_INT, datatype, size);
}
int32_t mpilayer_Type_size_x(struct mpilayer *layer, uint32_t datatype, uint32_t size) {
    return give_size(layer, "MPI_Type_size_x", WIDTH_COUNT, datatype, size);
}
int32_t mpilayer_Type_size_c(struct mpilayer *layer, uint32_t datatype, uint32_t size) {
    return give_size(layer, "MPI_Type_size_c", WIDTH_COUNT, datatype, size);
}

static int32_t give_extent(struct mpilayer *layer, const char *name, enum width width,
                           bool true_extent, uint32_t datatype, uint32_t lb, uint32_t extent) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !check(&call, width, "lb", lb) || !check(&call, width, "extent", extent))
        return mpilayer_call_raise(&call);
    store(layer, width, lb, true_extent ? type->true_lb : type->lb);
    store(layer, width, extent, true_extent ? type->true_ub - type->true_lb : type->extent);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_get_extent(struct mpilayer *layer, uint32_t datatype, uint32_t lb,
                                 uint32_t extent) {
    return give_extent(layer, "MPI_Type_get_extent", WIDTH_INT, false, datatype, lb, extent);
}
int32_t mpilayer_Type_get_extent_x(struct mpilayer *layer, uint32_t datatype, uint32_t lb,
                                   uint32_t extent) {
    return give_extent(layer, "MPI_Type_get_extent_x", WIDTH_COUNT, false, datatype, lb, extent);
}
int32_t mpilayer_Type_get_extent_c(struct mpilayer *layer, uint32_t datatype, uint32_t lb,
                                   uint32_t extent) {
    return give_extent(layer, "MPI_Type_get_extent_c", WIDTH_COUNT, false, datatype, lb, extent);
}
int32_t mpilayer_Type_get_true_extent(struct mpilayer *layer, uint32_t datatype, uint32_t true_lb,
                                      uint32_t true_extent) {
    return give_extent(layer, "MPI_Type_get_true_extent", WIDTH_INT, true, datatype, true_lb,
                       true_extent);
}
int32_t mpilayer_Type_get_true_extent_x(struct mpilayer *layer, uint32_t datatype, uint32_t true_lb,
                                        uint32_t true_extent) {
    return give_extent(layer, "MPI_Type_get_true_extent_x", WIDTH_COUNT, true, datatype, true_lb,
                       true_extent);
}
int32_t mpilayer_Type_get_true_extent_c(struct mpilayer *layer, uint32_t datatype, uint32_t true_lb,
                                        uint32_t true_extent) {
    return give_extent(layer, "MPI_Type_get_true_extent_c", WIDTH_COUNT, true, datatype, true_lb,
                       true_extent);
}

/* The functions of MPI-1 that gave one bound each. */
enum bound { BOUND_EXTENT, BOUND_LB, BOUND_UB };

static int32_t give_bound(struct mpilayer *layer, const char *name, enum bound bound,
                          uint32_t datatype, uint32_t result) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !check(&call, WIDTH_INT, bound == BOUND_EXTENT ? "extent" : "displacement", result))
        return mpilayer_call_raise(&call);
    store(layer, WIDTH_INT, result,
          bound == BOUND_EXTENT ? type->extent
          : bound == BOUND_LB   ? type->lb
                                : type->lb + type->extent);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_extent(struct mpilayer *layer, uint32_t datatype, uint32_t extent) {
    return give_bound(layer, "MPI_Type_extent", BOUND_EXTENT, datatype, extent);
}
int32_t mpilayer_Type_lb(struct mpilayer *layer, uint32_t datatype, uint32_t displacement) {
    return give_bound(layer, "MPI_Type_lb", BOUND_LB, datatype, displacement);
}
int32_t mpilayer_Type_ub(struct mpilayer *layer, uint32_t datatype, uint32_t displacement) {
    return give_bound(layer, "MPI_Type_ub", BOUND_UB, datatype, displacement);
}

/* What was made with large counts is told with large counts alone. */
static int32_t fail_large(struct mpilayer_call *call) {
    mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, "datatype", "was made with large counts");
    return mpilayer_call_raise(call);
}

int32_t mpilayer_Type_get_envelope_c(struct mpilayer *layer, uint32_t datatype,
                                     uint32_t num_integers, uint32_t num_addresses,
                                     uint32_t num_large_counts, uint32_t num_datatypes,
                                     uint32_t combiner) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_get_envelope_c") ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "num_integers", num_integers, 8) ||
        !mpilayer_memory_check(&call, "num_addresses", num_addresses, 8) ||
        !mpilayer_memory_check(&call, "num_large_counts", num_large_counts, 8) ||
        !mpilayer_memory_check(&call, "num_datatypes", num_datatypes, 8) ||
        !mpilayer_memory_check(&call, "combiner", combiner, 4))
        return mpilayer_call_raise(&call);
    mpilayer_store_i64(layer, num_integers, type->recipe.integer_count);
    mpilayer_store_i64(layer, num_addresses, type->recipe.address_count);
    mpilayer_store_i64(layer, num_large_counts, type->recipe.count_count);
    mpilayer_store_i64(layer, num_datatypes, type->recipe.type_count);
    mpilayer_store_i32(layer, combiner, type->recipe.combiner);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_get_envelope(struct mpilayer *layer, uint32_t datatype, uint32_t num_integers,
                                   uint32_t num_addresses, uint32_t num_datatypes,
                                   uint32_t combiner) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_get_envelope") ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "num_integers", num_integers, 4) ||
        !mpilayer_memory_check(&call, "num_addresses", num_addresses, 4) ||
        !mpilayer_memory_check(&call, "num_datatypes", num_datatypes, 4) ||
        !mpilayer_memory_check(&call, "combiner", combiner, 4))
        return mpilayer_call_raise(&call);
    if (type->recipe.large) return fail_large(&call);
    mpilayer_store_i32(layer, num_integers, (int32_t)type->recipe.integer_count);
    mpilayer_store_i32(layer, num_addresses, (int32_t)type->recipe.address_count);
    mpilayer_store_i32(layer, num_datatypes, (int32_t)type->recipe.type_count);
    mpilayer_store_i32(layer, combiner, type->recipe.combiner);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

static int32_t get_contents(struct mpilayer *layer, const char *name, bool large, uint32_t datatype,
                            int64_t max_integers, int64_t max_addresses, int64_t max_counts,
                            int64_t max_datatypes, uint32_t array_of_integers,
                            uint32_t array_of_addresses, uint32_t array_of_counts,
                            uint32_t array_of_datatypes) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type))
        return mpilayer_call_raise(&call);
    const struct mpilayer_recipe *recipe = &type->recipe;
    bool ok;
    if (recipe->large && !large) return fail_large(&call);
    if (recipe->combiner == GUEST_MPI_COMBINER_NAMED)
        ok = mpilayer_call_fail(&call, GUEST_MPI_ERR_TYPE, "datatype",
                                "a predefined datatype has no contents");
    else if (max_integers < (int64_t)recipe->integer_count ||
             max_addresses < (int64_t)recipe->address_count ||
             max_counts < (int64_t)recipe->count_count ||
             max_datatypes < (int64_t)recipe->type_count)
        ok = mpilayer_call_fail(
            &call, GUEST_MPI_ERR_ARG, NULL,
            "arrays of %lld, %lld, %lld and %lld elements where %u, %u, %u and %u are needed",
            (long long)max_integers, (long long)max_addresses, (long long)max_counts,
            (long long)max_datatypes, recipe->integer_count, recipe->address_count,
            recipe->count_count, recipe->type_count);
    else
        ok = mpilayer_memory_check(&call, "array_of_integers", array_of_integers,
                                   (uint64_t)recipe->integer_count * 4) &&
             mpilayer_memory_check(&call, "array_of_addresses", array_of_addresses,
                                   (uint64_t)recipe->address_count * 4) &&
             mpilayer_memory_check(&call, "array_of_large_counts", array_of_counts,
                                   (uint64_t)recipe->count_count * 8) &&
             mpilayer_memory_check(&call, "array_of_datatypes", array_of_datatypes,
                                   (uint64_t)recipe->type_count * 4);
    if (!ok) return mpilayer_call_raise(&call);

    for (uint32_t i = 0; i < recipe->type_count; i++) {
        struct mpilayer_datatype *child = recipe->types[i];
        if (!child->predefined) {
            int result = mpilayer_datatype_copy(child, &child);
            if (result != GUEST_MPI_SUCCESS) {
                mpilayer_call_fail(&call, result, NULL, "too many datatypes");
                return mpilayer_call_raise(&call);
            }
        }
        mpilayer_store_i32(layer, array_of_datatypes + 4 * i, (int32_t)child->object.handle);
    }
    for (uint32_t i = 0; i < recipe->integer_count; i++)
        mpilayer_store_i32(layer, array_of_integers + 4 * i, recipe->integers[i]);
    for (uint32_t i = 0; i < recipe->address_count; i++)
        mpilayer_store_i32(layer, array_of_addresses + 4 * i, (int32_t)recipe->addresses[i]);
    for (uint32_t i = 0; i < recipe->count_count; i++)
        mpilayer_store_i64(layer, array_of_counts + 8 * i, recipe->counts[i]);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_get_contents(struct mpilayer *layer, uint32_t datatype, int32_t max_integers,
                                   int32_t max_addresses, int32_t max_datatypes,
                                   uint32_t array_of_integers, uint32_t array_of_addresses,
                                   uint32_t array_of_datatypes) {
    return get_contents(layer, "MPI_Type_get_contents", false, datatype, max_integers,
                        max_addresses, 0, max_datatypes, array_of_integers, array_of_addresses, 0,
                        array_of_datatypes);
}
int32_t mpilayer_Type_get_contents_c(struct mpilayer *layer, uint32_t datatype,
                                     int64_t max_integers, int64_t max_addresses,
                                     int64_t max_large_counts, int64_t max_datatypes,
                                     uint32_t array_of_integers, uint32_t array_of_addresses,
                                     uint32_t array_of_large_counts, uint32_t array_of_datatypes) {
    return get_contents(layer, "MPI_Type_get_contents_c", true, datatype, max_integers,
                        max_addresses, max_large_counts, max_datatypes, array_of_integers,
                        array_of_addresses, array_of_large_counts, array_of_datatypes);
}

/* The pair of a value and an index that has a name, which is all the pairs there are. */
int32_t mpilayer_Type_get_value_index(struct mpilayer *layer, uint32_t value_type,
                                      uint32_t index_type, uint32_t pair_type) {
    static const struct {
        uint32_t value, index, pair;
    } pairs[] = {
        {GUEST_MPI_FLOAT, GUEST_MPI_INT, GUEST_MPI_FLOAT_INT},
        {GUEST_MPI_DOUBLE, GUEST_MPI_INT, GUEST_MPI_DOUBLE_INT},
        {GUEST_MPI_LONG, GUEST_MPI_INT, GUEST_MPI_LONG_INT},
        {GUEST_MPI_INT, GUEST_MPI_INT, GUEST_MPI_2INT},
        {GUEST_MPI_SHORT, GUEST_MPI_INT, GUEST_MPI_SHORT_INT},
        {GUEST_MPI_LONG_DOUBLE, GUEST_MPI_INT, GUEST_MPI_LONG_DOUBLE_INT},
        {GUEST_MPI_REAL, GUEST_MPI_REAL, GUEST_MPI_2REAL},
        {GUEST_MPI_DOUBLE_PRECISION, GUEST_MPI_DOUBLE_PRECISION, GUEST_MPI_2DOUBLE_PRECISION},
        {GUEST_MPI_INTEGER, GUEST_MPI_INTEGER, GUEST_MPI_2INTEGER},
    };
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_get_value_index") ||
        !mpilayer_datatype_get_any(&call, "value_type", value_type, &type) ||
        !mpilayer_datatype_get_any(&call, "index_type", index_type, &type) ||
        !mpilayer_memory_check(&call, "pair_type", pair_type, 4))
        return mpilayer_call_raise(&call);
    uint32_t found = GUEST_MPI_DATATYPE_NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].value == value_type && pairs[i].index == index_type) found = pairs[i].pair;
    mpilayer_store_i32(layer, pair_type, (int32_t)found);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_set_name(struct mpilayer *layer, uint32_t datatype, uint32_t type_name) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    char name[GUEST_MPI_MAX_OBJECT_NAME];
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_set_name") ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !mpilayer_name_get(&call, "type_name", type_name, name))
        return mpilayer_call_raise(&call);
    char *copy = strdup(name);
    if (!copy) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        return mpilayer_call_raise(&call);
    }
    free(type->name);
    type->name = copy;
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* Of two names of one datatype, those that implementations give. */
static const char *predefined_name(const struct mpilayer_datatype *type) {
    switch (type->basic ? type->basic->handle : 0) {
    case 0: return "";
    case GUEST_MPI_LONG_LONG: return "MPI_LONG_LONG_INT";
    case GUEST_MPI_C_FLOAT_COMPLEX: return "MPI_C_COMPLEX";
    default: return type->basic->name;
    }
}

int32_t mpilayer_Type_get_name(struct mpilayer *layer, uint32_t datatype, uint32_t type_name,
                               uint32_t resultlen) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type = NULL;
    /* Also MPI_DATATYPE_NULL has a name. */
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_get_name") ||
        (datatype != GUEST_MPI_DATATYPE_NULL &&
         !mpilayer_datatype_get_any(&call, "datatype", datatype, &type)))
        return mpilayer_call_raise(&call);
    const char *name = !type        ? "MPI_DATATYPE_NULL"
                       : type->name ? type->name
                                    : predefined_name(type);
    if (!mpilayer_name_put(&call, type_name, resultlen, name)) return mpilayer_call_raise(&call);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* Bytes that a status reports; -1: undefined (the status of a cancelled or failed operation). */
static int give_bytes(const MPI_Status *status, int64_t *bytes) {
    MPI_Count count;
    int code = MPI_Get_elements_x(status, MPI_BYTE, &count);
    *bytes = code != MPI_SUCCESS || count == MPI_UNDEFINED ? -1 : (int64_t)count;
    return code;
}

static int32_t give_elements(struct mpilayer *layer, const char *name, enum width width,
                             bool whole_items, uint32_t status, uint32_t datatype, uint32_t count) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "status", status, MPILAYER_STATUS_SIZE) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !check(&call, width, "count", count))
        return mpilayer_call_raise(&call);
    MPI_Status host_status;
    int64_t bytes, elements;
    mpilayer_status_load(layer, status, &host_status);
    int code = give_bytes(&host_status, &bytes);
    if (code != MPI_SUCCESS) return mpilayer_call_return(&call, code);
    if (bytes < 0)
        elements = GUEST_MPI_UNDEFINED;
    else if (type->size == 0)
        elements = bytes ? GUEST_MPI_UNDEFINED : 0;
    else if (whole_items)
        elements = bytes % type->size ? GUEST_MPI_UNDEFINED : bytes / type->size;
    else if (!mpilayer_datatype_elements(type, bytes, &elements))
        elements = GUEST_MPI_UNDEFINED;
    store(layer, width, count, elements);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Get_count(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                           uint32_t count) {
    return give_elements(layer, "MPI_Get_count", WIDTH_INT, true, status, datatype, count);
}
int32_t mpilayer_Get_count_c(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                             uint32_t count) {
    return give_elements(layer, "MPI_Get_count_c", WIDTH_COUNT, true, status, datatype, count);
}
int32_t mpilayer_Get_elements(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                              uint32_t count) {
    return give_elements(layer, "MPI_Get_elements", WIDTH_INT, false, status, datatype, count);
}
int32_t mpilayer_Get_elements_x(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                uint32_t count) {
    return give_elements(layer, "MPI_Get_elements_x", WIDTH_COUNT, false, status, datatype, count);
}
int32_t mpilayer_Get_elements_c(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                uint32_t count) {
    return give_elements(layer, "MPI_Get_elements_c", WIDTH_COUNT, false, status, datatype, count);
}

static int32_t set_elements(struct mpilayer *layer, const char *name, uint32_t status,
                            uint32_t datatype, int64_t count) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    int64_t bytes;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "status", status, MPILAYER_STATUS_SIZE) ||
        !mpilayer_datatype_get(&call, "datatype", datatype, &type) ||
        !mpilayer_count_check(&call, "count", count))
        return mpilayer_call_raise(&call);
    if (!mpilayer_datatype_bytes(type, count, &bytes)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COUNT, "count", "too large");
        return mpilayer_call_raise(&call);
    }
    MPI_Status host_status;
    mpilayer_status_load(layer, status, &host_status);
    int code = MPI_Status_set_elements_x(&host_status, MPI_BYTE, bytes);
    if (code == MPI_SUCCESS) mpilayer_status_store(layer, status, &host_status, false);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Status_set_elements(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                     int32_t count) {
    return set_elements(layer, "MPI_Status_set_elements", status, datatype, count);
}
int32_t mpilayer_Status_set_elements_x(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                       int64_t count) {
    return set_elements(layer, "MPI_Status_set_elements_x", status, datatype, count);
}
int32_t mpilayer_Status_set_elements_c(struct mpilayer *layer, uint32_t status, uint32_t datatype,
                                       int64_t count) {
    return set_elements(layer, "MPI_Status_set_elements_c", status, datatype, count);
}
