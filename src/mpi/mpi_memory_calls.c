/*
 * mpi_memory_calls.c - addresses of the guest, and memory from its own allocator.
 *
 * A guest's addresses are 32-bit numbers, an MPI_Aint a signed one of them; MPI_Get_address never
 * asks the host (MPI 4.1, sections 5.1.5 and 10.2). MPI_Alloc_mem gives ordinary guest memory.
 */
#include "mpi/mpi_info.h"
#include "mpi/mpi_memory.h"
#include "mpi_functions.h"

enum { ALLOC_MEM_ALIGNMENT = 64 };

static int32_t get_address(struct mpilayer *layer, const char *name, uint32_t location,
                           uint32_t address) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "address", address, 4))
        return mpilayer_call_raise(&call);
    mpilayer_store_i32(layer, address, (int32_t)location);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Get_address(struct mpilayer *layer, uint32_t location, uint32_t address) {
    return get_address(layer, "MPI_Get_address", location, address);
}
int32_t mpilayer_Address(struct mpilayer *layer, uint32_t location, uint32_t address) {
    return get_address(layer, "MPI_Address", location, address);
}

/* These two may be called at any time and cannot fail. */
int32_t mpilayer_Aint_add(struct mpilayer *layer, int32_t base, int32_t disp) {
    return (int32_t)((uint32_t)base + (uint32_t)disp);
}
int32_t mpilayer_Aint_diff(struct mpilayer *layer, int32_t addr1, int32_t addr2) {
    return (int32_t)((uint32_t)addr1 - (uint32_t)addr2);
}

uint64_t mpilayer_guest_allocate(struct mpilayer *layer, uint64_t size, uint64_t alignment) {
    enum { LEAST_ALIGNMENT = 8 }; /* what every allocator gives, aligned_alloc or not */
    const struct guest_operations *operations = layer->guest->operations;
    bool dropped = mpilayer_outside_begin();
    uint64_t address = operations->allocate(layer->guest, size, alignment);
    if (address == 0 && alignment > LEAST_ALIGNMENT)
        address = operations->allocate(layer->guest, size, LEAST_ALIGNMENT);
    mpilayer_outside_end(dropped);
    return guest_range_ok(layer->guest, address, size) ? address : 0;
}

void mpilayer_guest_release(struct mpilayer *layer, uint32_t address) {
    bool dropped = mpilayer_outside_begin();
    layer->guest->operations->release(layer->guest, address);
    mpilayer_outside_end(dropped);
}

int32_t mpilayer_Alloc_mem(struct mpilayer *layer, int32_t size, uint32_t info, uint32_t baseptr) {
    struct mpilayer_call call;
    struct mpilayer_info *hints;
    if (!mpilayer_call_begin(&call, layer, "MPI_Alloc_mem") ||
        (size < 0 &&
         !mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "size", "negative (%d)", size)) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_memory_check(&call, "baseptr", baseptr, 4))
        return mpilayer_call_raise(&call);
    uint64_t address =
        mpilayer_guest_allocate(layer, size > 0 ? (uint64_t)size : 1, ALLOC_MEM_ALIGNMENT);
    if (address == 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, "size",
                           "the program's allocator has no %d bytes", size);
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, baseptr, (int32_t)address);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Free_mem(struct mpilayer *layer, uint32_t base) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Free_mem")) return mpilayer_call_raise(&call);
    if (base != 0 && !guest_range_ok(layer->guest, base, 1)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_BASE, "base", "outside the program's memory");
        return mpilayer_call_raise(&call);
    }
    if (base != 0) mpilayer_guest_release(layer, base);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}
