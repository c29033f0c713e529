/*
 * mpi_abi.c - what the ABI and the hardware tell of themselves. MPI 5.0, sections 9.1.2 and 20.
 *
 * The guest's is the standard ABI on wasm32. Its Fortran has default INTEGER, LOGICAL and REAL of 4
 * bytes and is known from the start, so it cannot be set: MPI_ERR_ABI, as the standard says for
 * what is set already. Of the hardware nothing is told, which it allows.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_info.h"
#include "mpi_functions.h"

static int32_t publish(struct mpilayer *layer, const char *name, const char *const pairs[],
                       const char *argument, uint32_t info) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, name);
    return mpilayer_info_publish_pairs(&call, NULL, pairs, argument, info);
}

int32_t mpilayer_Abi_get_info(struct mpilayer *layer, uint32_t info) {
    static const char *const pairs[] = {
        "mpi_aint_size", "4", "mpi_count_size", "8", "mpi_offset_size", "8", NULL};
    return publish(layer, "MPI_Abi_get_info", pairs, "info", info);
}

int32_t mpilayer_Abi_get_fortran_info(struct mpilayer *layer, uint32_t info) {
    static const char *const pairs[] = {
        "mpi_logical_size", "4", "mpi_integer_size", "4", "mpi_real_size", "4",
        "mpi_double_precision_size", "8",
        /* what the datatypes of the table are, all of them */
        "mpi_logical1_supported", "true", "mpi_logical2_supported", "true",
        "mpi_logical4_supported", "true", "mpi_logical8_supported", "true",
        "mpi_integer1_supported", "true", "mpi_integer2_supported", "true",
        "mpi_integer4_supported", "true", "mpi_integer8_supported", "true", "mpi_real4_supported",
        "true", "mpi_real8_supported", "true", "mpi_complex8_supported", "true",
        "mpi_complex16_supported", "true", "mpi_double_complex_supported", "true", NULL};
    return publish(layer, "MPI_Abi_get_fortran_info", pairs, "info", info);
}

int32_t mpilayer_Get_hw_resource_info(struct mpilayer *layer, uint32_t hw_info) {
    static const char *const pairs[] = {NULL};
    return publish(layer, "MPI_Get_hw_resource_info", pairs, "hw_info", hw_info);
}

static int32_t fail_set(struct mpilayer_call *call) {
    mpilayer_call_fail(call, GUEST_MPI_ERR_ABI, NULL, "the program's Fortran is known already");
    return mpilayer_call_raise(call);
}

int32_t mpilayer_Abi_set_fortran_info(struct mpilayer *layer, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Abi_set_fortran_info");
    if (!mpilayer_info_get_optional(&call, "info", info, &object)) {
        return mpilayer_call_raise(&call);
    }
    return fail_set(&call);
}

/* A size that a Fortran LOGICAL may have, and two of it at the guest's addresses. */
static bool logicals_check(struct mpilayer_call *call, int32_t size, uint32_t logical_true,
                           uint32_t logical_false) {
    if (size <= 0 || size > 16 || (size & (size - 1)) != 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "logical_size",
                                  "%d is no size of a Fortran logical", size);
    }
    return mpilayer_memory_check(call, "logical_true", logical_true, (uint64_t)size) &&
           mpilayer_memory_check(call, "logical_false", logical_false, (uint64_t)size);
}

int32_t mpilayer_Abi_get_fortran_booleans(struct mpilayer *layer, int32_t logical_size,
                                          uint32_t logical_true, uint32_t logical_false,
                                          uint32_t is_set) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Abi_get_fortran_booleans");
    if (!logicals_check(&call, logical_size, logical_true, logical_false) ||
        !mpilayer_memory_check(&call, "is_set", is_set, 4)) {
        return mpilayer_call_raise(&call);
    }
    memset(mpilayer_pointer(layer, logical_false), 0, (size_t)logical_size);
    memset(mpilayer_pointer(layer, logical_true), 0, (size_t)logical_size);
    memset(mpilayer_pointer(layer, logical_true), 1, 1); /* little-endian */
    mpilayer_store_i32(layer, is_set, 1);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Abi_set_fortran_booleans(struct mpilayer *layer, int32_t logical_size,
                                          uint32_t logical_true, uint32_t logical_false) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Abi_set_fortran_booleans");
    if (!logicals_check(&call, logical_size, logical_true, logical_false)) {
        return mpilayer_call_raise(&call);
    }
    return fail_set(&call);
}
