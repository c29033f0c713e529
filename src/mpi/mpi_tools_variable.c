/*
 * mpi_tools_variable.c - control variables and categories of MPI_T. MPI 4.1, sections 15.3.6 and
 * 15.3.9.
 *
 * Deliberate deviation: no control variable can be written, and their scopes say so. They are
 * settings of the MPI library, which runs outside the sandbox: among them are paths of code that it
 * loads and sizes of buffers that it trusts. They belong to who starts the job (OMPI_MCA_*,
 * MPIR_CVAR_*, ...), not to the program.
 */
#include "mpi/mpi_tools.h"

#include "mpi_functions.h"

#include <stdlib.h>

/* index is one of [0, what get_num says): hosts do not all check it. */
static bool index_ok(int (*get_num)(int *), int32_t index) {
    int count = 0;
    return get_num(&count) == MPI_SUCCESS && index >= 0 && index < count;
}

/* The number that the host's function gives. */
static int32_t number(struct mpilayer *layer, int (*get)(int *), uint32_t address) {
    int value = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, address, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = get(&value);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, address, value);
    }
    return mpilayer_tool_code(code);
}

/* The index of the guest's name. */
static int32_t index_of_name(struct mpilayer *layer, int (*get)(const char *, int *), uint32_t name,
                             uint32_t address) {
    char text[MPILAYER_TOOL_NAME_SIZE];
    int value = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, address, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    if (!mpilayer_tool_name_get(layer, name, text)) {
        return GUEST_MPI_T_ERR_INVALID_NAME;
    }
    int code = get(text, &value);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, address, value);
    }
    return mpilayer_tool_code(code);
}

/* ---- control variables ---- */

int32_t mpilayer_T_cvar_get_num(struct mpilayer *layer, uint32_t num_cvar) {
    return number(layer, MPI_T_cvar_get_num, num_cvar);
}

int32_t mpilayer_T_cvar_get_index(struct mpilayer *layer, uint32_t name, uint32_t cvar_index) {
    return index_of_name(layer, MPI_T_cvar_get_index, name, cvar_index);
}

int32_t mpilayer_T_cvar_get_info(struct mpilayer *layer, int32_t cvar_index, uint32_t name,
                                 uint32_t name_len, uint32_t verbosity, uint32_t datatype,
                                 uint32_t enumtype, uint32_t desc, uint32_t desc_len, uint32_t bind,
                                 uint32_t scope) {
    struct mpilayer_tool_text name_text, desc_text;
    int verbosity_host = 0, bind_host = 0, scope_host = 0;
    MPI_Datatype datatype_host = MPI_DATATYPE_NULL;
    MPI_T_enum enum_host = MPI_T_ENUM_NULL;
    uint32_t size;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!index_ok(MPI_T_cvar_get_num, cvar_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (!mpilayer_tool_outs_ok(layer,
                               MPILAYER_TOOL_OUTS(verbosity, datatype, enumtype, bind, scope)) ||
        !mpilayer_tool_text_begin(layer, name, name_len, &name_text) ||
        !mpilayer_tool_text_begin(layer, desc, desc_len, &desc_text)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = MPI_T_cvar_get_info(cvar_index, name_text.host, MPILAYER_TOOL_LENGTH(name_text),
                                   &verbosity_host, &datatype_host, &enum_host, desc_text.host,
                                   MPILAYER_TOOL_LENGTH(desc_text), &bind_host, &scope_host);
    if (code != MPI_SUCCESS) {
        return mpilayer_tool_code(code);
    }
    mpilayer_tool_text_end(layer, &name_text);
    mpilayer_tool_text_end(layer, &desc_text);
    mpilayer_tool_put(layer, verbosity, mpilayer_tool_verbosity(verbosity_host));
    mpilayer_tool_put(layer, datatype, (int32_t)mpilayer_tool_datatype(datatype_host, &size));
    mpilayer_tool_put(layer, bind, mpilayer_tool_bind(bind_host));
    mpilayer_tool_put(layer, scope,
                      scope_host == MPI_T_SCOPE_CONSTANT ? GUEST_MPI_T_SCOPE_CONSTANT
                                                         : GUEST_MPI_T_SCOPE_READONLY);
    if (enumtype != 0) {
        mpilayer_store_i32(layer, enumtype, (int32_t)mpilayer_tool_enum(layer, enum_host));
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_T_cvar_handle_alloc(struct mpilayer *layer, int32_t cvar_index,
                                     uint32_t obj_handle, uint32_t handle, uint32_t count) {
    int verbosity, bind = MPI_T_BIND_NO_OBJECT, scope, host_count = 0;
    MPI_Datatype datatype = MPI_DATATYPE_NULL;
    MPI_T_enum enumtype;
    void *object;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!index_ok(MPI_T_cvar_get_num, cvar_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (!mpilayer_tool_may_write(layer, handle, 4, false) ||
        !mpilayer_tool_may_write(layer, count, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = MPI_T_cvar_get_info(cvar_index, NULL, NULL, &verbosity, &datatype, &enumtype, NULL,
                                   NULL, &bind, &scope);
    if (code != MPI_SUCCESS) {
        return mpilayer_tool_code(code);
    }
    struct mpilayer_tool *tool = mpilayer_tool_new(layer, MPILAYER_TOOL_CVAR);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_OUT_OF_HANDLES;
    }
    int32_t failed = mpilayer_tool_bind_object(layer, tool, datatype, bind, obj_handle, &object);
    if (failed == GUEST_MPI_SUCCESS) {
        failed = mpilayer_tool_code(
            MPI_T_cvar_handle_alloc(cvar_index, object, &tool->host.cvar, &host_count));
    }
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_tool_drop(layer, tool);
        return failed;
    }
    tool->count = host_count > 0 ? host_count : 0;
    mpilayer_store_i32(layer, handle, (int32_t)tool->object.handle);
    mpilayer_store_i32(layer, count, tool->count);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_T_cvar_handle_free(struct mpilayer *layer, uint32_t handle) {
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, handle, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    struct mpilayer_tool *tool =
        mpilayer_tool_find(layer, (uint32_t)mpilayer_load_i32(layer, handle), MPILAYER_TOOL_CVAR);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    if (!mpilayer_tool_take(tool)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    int code = MPI_T_cvar_handle_free(&tool->host.cvar);
    mpilayer_tool_drop(layer, tool);
    mpilayer_store_i32(layer, handle, GUEST_MPI_T_CVAR_HANDLE_NULL);
    return mpilayer_tool_code(code);
}

int32_t mpilayer_T_cvar_read(struct mpilayer *layer, uint32_t handle, uint32_t buf) {
    MPILAYER_TOOLS_BEGIN(layer);
    const struct mpilayer_tool *tool = mpilayer_tool_find(layer, handle, MPILAYER_TOOL_CVAR);
    if (tool == NULL || !mpilayer_tool_is_bound(layer, tool)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    if (!mpilayer_tool_may_write(layer, buf, mpilayer_tool_value_size(tool), false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    void *value = mpilayer_tool_value_new(tool);
    if (value == NULL) {
        return GUEST_MPI_T_ERR_MEMORY;
    }
    int code = MPI_T_cvar_read(tool->host.cvar, value);
    if (code == MPI_SUCCESS) {
        mpilayer_tool_value_put(layer, tool, value, buf);
    }
    free(value);
    return mpilayer_tool_code(code);
}

int32_t mpilayer_T_cvar_write(struct mpilayer *layer, uint32_t handle, uint32_t buf) {
    MPILAYER_TOOLS_BEGIN(layer);
    return mpilayer_tool_find(layer, handle, MPILAYER_TOOL_CVAR) == NULL
               ? GUEST_MPI_T_ERR_INVALID_HANDLE
               : GUEST_MPI_T_ERR_CVAR_SET_NEVER;
}

/* ---- categories ---- */

int32_t mpilayer_T_category_get_num(struct mpilayer *layer, uint32_t num_cat) {
    return number(layer, MPI_T_category_get_num, num_cat);
}

int32_t mpilayer_T_category_changed(struct mpilayer *layer, uint32_t update_number) {
    return number(layer, MPI_T_category_changed, update_number);
}

int32_t mpilayer_T_category_get_index(struct mpilayer *layer, uint32_t name, uint32_t cat_index) {
    return index_of_name(layer, MPI_T_category_get_index, name, cat_index);
}

int32_t mpilayer_T_category_get_info(struct mpilayer *layer, int32_t cat_index, uint32_t name,
                                     uint32_t name_len, uint32_t desc, uint32_t desc_len,
                                     uint32_t num_cvars, uint32_t num_pvars,
                                     uint32_t num_categories) {
    struct mpilayer_tool_text name_text, desc_text;
    int cvars = 0, pvars = 0, categories = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!index_ok(MPI_T_category_get_num, cat_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (!mpilayer_tool_outs_ok(layer, MPILAYER_TOOL_OUTS(num_cvars, num_pvars, num_categories)) ||
        !mpilayer_tool_text_begin(layer, name, name_len, &name_text) ||
        !mpilayer_tool_text_begin(layer, desc, desc_len, &desc_text)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = MPI_T_category_get_info(cat_index, name_text.host, MPILAYER_TOOL_LENGTH(name_text),
                                       desc_text.host, MPILAYER_TOOL_LENGTH(desc_text), &cvars,
                                       &pvars, &categories);
    if (code != MPI_SUCCESS) {
        return mpilayer_tool_code(code);
    }
    mpilayer_tool_text_end(layer, &name_text);
    mpilayer_tool_text_end(layer, &desc_text);
    mpilayer_tool_put(layer, num_cvars, cvars);
    mpilayer_tool_put(layer, num_pvars, pvars);
    mpilayer_tool_put(layer, num_categories, categories);
    return GUEST_MPI_SUCCESS;
}

static int32_t members(struct mpilayer *layer, int (*get)(int, int, int *), int32_t cat_index,
                       int32_t len, uint32_t indices) {
    MPILAYER_TOOLS_BEGIN(layer);
    if (!index_ok(MPI_T_category_get_num, cat_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (len < 0 ||
        (len > 0 && !mpilayer_tool_may_write(layer, indices, 4 * (uint64_t)len, false))) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    return len == 0 ? GUEST_MPI_SUCCESS
                    : mpilayer_tool_code(get(cat_index, len, mpilayer_pointer(layer, indices)));
}

int32_t mpilayer_T_category_get_cvars(struct mpilayer *layer, int32_t cat_index, int32_t len,
                                      uint32_t indices) {
    return members(layer, MPI_T_category_get_cvars, cat_index, len, indices);
}

int32_t mpilayer_T_category_get_pvars(struct mpilayer *layer, int32_t cat_index, int32_t len,
                                      uint32_t indices) {
    return members(layer, MPI_T_category_get_pvars, cat_index, len, indices);
}

int32_t mpilayer_T_category_get_categories(struct mpilayer *layer, int32_t cat_index, int32_t len,
                                           uint32_t indices) {
    return members(layer, MPI_T_category_get_categories, cat_index, len, indices);
}
