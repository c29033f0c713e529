/*
 * mpi_tools_event.c - events of MPI_T (MPI 4.0). MPI 4.1, section 15.3.8.
 *
 * There are none, and no sources of them, whatever the host has: so every index, name and handle is
 * an invalid one. A program that looks for events finds that out as on any MPI without them.
 */
#include "mpi/mpi_tools.h"

#include "mpi_functions.h"

static int32_t none(struct mpilayer *layer, uint32_t address) {
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, address, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    mpilayer_store_i32(layer, address, 0);
    return GUEST_MPI_SUCCESS;
}

static int32_t invalid(struct mpilayer *layer, int32_t code) {
    MPILAYER_TOOLS_BEGIN(layer);
    return code;
}

int32_t mpilayer_T_event_get_num(struct mpilayer *layer, uint32_t num_events) {
    return none(layer, num_events);
}

int32_t mpilayer_T_source_get_num(struct mpilayer *layer, uint32_t num_sources) {
    return none(layer, num_sources);
}

static int32_t category(struct mpilayer *layer, int32_t cat_index) {
    int count = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    return MPI_T_category_get_num(&count) == MPI_SUCCESS && cat_index >= 0 && cat_index < count
               ? GUEST_MPI_SUCCESS
               : GUEST_MPI_T_ERR_INVALID_INDEX;
}

int32_t mpilayer_T_category_get_num_events(struct mpilayer *layer, int32_t cat_index,
                                           uint32_t num_events) {
    int32_t code = category(layer, cat_index);
    return code != GUEST_MPI_SUCCESS ? code : none(layer, num_events);
}

int32_t mpilayer_T_category_get_events(struct mpilayer *layer, int32_t cat_index, int32_t len,
                                       uint32_t indices) {
    int32_t code = category(layer, cat_index);
    if (code == GUEST_MPI_SUCCESS &&
        (len < 0 ||
         (len > 0 && !mpilayer_tool_may_write(layer, indices, 4 * (uint64_t)len, false)))) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    return code;
}

int32_t mpilayer_T_event_get_index(struct mpilayer *layer, uint32_t name, uint32_t event_index) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_NAME);
}

int32_t mpilayer_T_event_get_info(struct mpilayer *layer, int32_t event_index, uint32_t name,
                                  uint32_t name_len, uint32_t verbosity,
                                  uint32_t array_of_datatypes, uint32_t array_of_displacements,
                                  uint32_t num_elements, uint32_t enumtype, uint32_t info,
                                  uint32_t desc, uint32_t desc_len, uint32_t bind) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_INDEX);
}

int32_t mpilayer_T_event_handle_alloc(struct mpilayer *layer, int32_t event_index,
                                      uint32_t obj_handle, uint32_t info,
                                      uint32_t event_registration) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_INDEX);
}

int32_t mpilayer_T_source_get_info(struct mpilayer *layer, int32_t source_index, uint32_t name,
                                   uint32_t name_len, uint32_t desc, uint32_t desc_len,
                                   uint32_t ordering, uint32_t ticks_per_second, uint32_t max_ticks,
                                   uint32_t info) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_INDEX);
}

int32_t mpilayer_T_source_get_timestamp(struct mpilayer *layer, int32_t source_index,
                                        uint32_t timestamp) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_INDEX);
}

/* ---- registrations and instances, of which there are none ---- */

int32_t mpilayer_T_event_handle_free(struct mpilayer *layer, uint32_t event_registration,
                                     uint32_t user_data, uint32_t free_cb_function) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_handle_get_info(struct mpilayer *layer, uint32_t event_registration,
                                         uint32_t info_used) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_handle_set_info(struct mpilayer *layer, uint32_t event_registration,
                                         uint32_t info) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_register_callback(struct mpilayer *layer, uint32_t event_registration,
                                           int32_t cb_safety, uint32_t info, uint32_t user_data,
                                           uint32_t event_cb_function) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_callback_get_info(struct mpilayer *layer, uint32_t event_registration,
                                           int32_t cb_safety, uint32_t info_used) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_callback_set_info(struct mpilayer *layer, uint32_t event_registration,
                                           int32_t cb_safety, uint32_t info) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_set_dropped_handler(struct mpilayer *layer, uint32_t event_registration,
                                             uint32_t dropped_cb_function) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_read(struct mpilayer *layer, uint32_t event_instance,
                              int32_t element_index, uint32_t buffer) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_copy(struct mpilayer *layer, uint32_t event_instance, uint32_t buffer) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_get_timestamp(struct mpilayer *layer, uint32_t event_instance,
                                       uint32_t event_timestamp) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}

int32_t mpilayer_T_event_get_source(struct mpilayer *layer, uint32_t event_instance,
                                    uint32_t source_index) {
    return invalid(layer, GUEST_MPI_T_ERR_INVALID_HANDLE);
}
