/*
 * mpi_tools_pvar.c - performance variables of MPI_T and their sessions. MPI 4.1, section 15.3.7.
 *
 * MPI_T_PVAR_ALL_HANDLES is done handle by handle, since a handle may be bound to an object that
 * the guest has freed meanwhile, which the host must not see.
 */
#include "mpi/mpi_tools.h"

#include "mpi_functions.h"

#include <stdlib.h>

static const struct {
    int host, guest;
} classes[] = {
    {MPI_T_PVAR_CLASS_STATE, GUEST_MPI_T_PVAR_CLASS_STATE},
    {MPI_T_PVAR_CLASS_LEVEL, GUEST_MPI_T_PVAR_CLASS_LEVEL},
    {MPI_T_PVAR_CLASS_SIZE, GUEST_MPI_T_PVAR_CLASS_SIZE},
    {MPI_T_PVAR_CLASS_PERCENTAGE, GUEST_MPI_T_PVAR_CLASS_PERCENTAGE},
    {MPI_T_PVAR_CLASS_HIGHWATERMARK, GUEST_MPI_T_PVAR_CLASS_HIGHWATERMARK},
    {MPI_T_PVAR_CLASS_LOWWATERMARK, GUEST_MPI_T_PVAR_CLASS_LOWWATERMARK},
    {MPI_T_PVAR_CLASS_COUNTER, GUEST_MPI_T_PVAR_CLASS_COUNTER},
    {MPI_T_PVAR_CLASS_AGGREGATE, GUEST_MPI_T_PVAR_CLASS_AGGREGATE},
    {MPI_T_PVAR_CLASS_TIMER, GUEST_MPI_T_PVAR_CLASS_TIMER},
    {MPI_T_PVAR_CLASS_GENERIC, GUEST_MPI_T_PVAR_CLASS_GENERIC},
};
enum { CLASS_COUNT = sizeof classes / sizeof classes[0] };

static bool index_ok(int32_t index) {
    int count = 0;
    return MPI_T_pvar_get_num(&count) == MPI_SUCCESS && index >= 0 && index < count;
}

int32_t mpilayer_T_pvar_get_num(struct mpilayer *layer, uint32_t num_pvar) {
    int count = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, num_pvar, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = MPI_T_pvar_get_num(&count);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, num_pvar, count);
    }
    return mpilayer_tool_code(code);
}

int32_t mpilayer_T_pvar_get_index(struct mpilayer *layer, uint32_t name, int32_t var_class,
                                  uint32_t pvar_index) {
    char text[MPILAYER_TOOL_NAME_SIZE];
    int class = -1, index = 0;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, pvar_index, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    for (int i = 0; i < CLASS_COUNT; i++) {
        if (classes[i].guest == var_class) {
            class = classes[i].host;
        }
    }
    if (class < 0 || !mpilayer_tool_name_get(layer, name, text)) {
        return GUEST_MPI_T_ERR_INVALID_NAME;
    }
    int code = MPI_T_pvar_get_index(text, class, &index);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, pvar_index, index);
    }
    return mpilayer_tool_code(code);
}

int32_t mpilayer_T_pvar_get_info(struct mpilayer *layer, int32_t pvar_index, uint32_t name,
                                 uint32_t name_len, uint32_t verbosity, uint32_t var_class,
                                 uint32_t datatype, uint32_t enumtype, uint32_t desc,
                                 uint32_t desc_len, uint32_t bind, uint32_t readonly,
                                 uint32_t continuous, uint32_t atomic) {
    struct mpilayer_tool_text name_text, desc_text;
    int verbosity_host = 0, class_host = 0, bind_host = 0, flags[3] = {0};
    MPI_Datatype datatype_host = MPI_DATATYPE_NULL;
    MPI_T_enum enum_host = MPI_T_ENUM_NULL;
    uint32_t size;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!index_ok(pvar_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (!mpilayer_tool_outs_ok(layer, MPILAYER_TOOL_OUTS(verbosity, var_class, datatype, enumtype,
                                                         bind, readonly, continuous, atomic)) ||
        !mpilayer_tool_text_begin(layer, name, name_len, &name_text) ||
        !mpilayer_tool_text_begin(layer, desc, desc_len, &desc_text)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = MPI_T_pvar_get_info(pvar_index, name_text.host, MPILAYER_TOOL_LENGTH(name_text),
                                   &verbosity_host, &class_host, &datatype_host, &enum_host,
                                   desc_text.host, MPILAYER_TOOL_LENGTH(desc_text), &bind_host,
                                   &flags[0], &flags[1], &flags[2]);
    if (code != MPI_SUCCESS) {
        return mpilayer_tool_code(code);
    }
    int32_t class = GUEST_MPI_T_PVAR_CLASS_GENERIC;
    for (int i = 0; i < CLASS_COUNT; i++) {
        if (classes[i].host == class_host) {
            class = classes[i].guest;
        }
    }
    mpilayer_tool_text_end(layer, &name_text);
    mpilayer_tool_text_end(layer, &desc_text);
    mpilayer_tool_put(layer, verbosity, mpilayer_tool_verbosity(verbosity_host));
    mpilayer_tool_put(layer, var_class, class);
    mpilayer_tool_put(layer, datatype, (int32_t)mpilayer_tool_datatype(datatype_host, &size));
    mpilayer_tool_put(layer, bind, mpilayer_tool_bind(bind_host));
    mpilayer_tool_put(layer, readonly, flags[0] != 0);
    mpilayer_tool_put(layer, continuous, flags[1] != 0);
    mpilayer_tool_put(layer, atomic, flags[2] != 0);
    if (enumtype != 0) {
        mpilayer_store_i32(layer, enumtype, (int32_t)mpilayer_tool_enum(layer, enum_host));
    }
    return GUEST_MPI_SUCCESS;
}

/* ---- sessions and handles ---- */

int32_t mpilayer_T_pvar_session_create(struct mpilayer *layer, uint32_t session) {
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, session, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    struct mpilayer_tool *tool = mpilayer_tool_new(layer, MPILAYER_TOOL_SESSION);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_OUT_OF_SESSIONS;
    }
    int code = MPI_T_pvar_session_create(&tool->host.session);
    if (code != MPI_SUCCESS) {
        mpilayer_tool_drop(layer, tool);
        return mpilayer_tool_code(code);
    }
    mpilayer_store_i32(layer, session, (int32_t)tool->object.handle);
    return GUEST_MPI_SUCCESS;
}

/* Its handles go with it: not every host frees them. */
int32_t mpilayer_T_pvar_session_free(struct mpilayer *layer, uint32_t session) {
    MPILAYER_TOOLS_BEGIN(layer);
    struct mpilayer_tool *tool =
        !mpilayer_tool_may_write(layer, session, 4, false)
            ? NULL
            : mpilayer_tool_find(layer, (uint32_t)mpilayer_load_i32(layer, session),
                                 MPILAYER_TOOL_SESSION);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_INVALID_SESSION;
    }
    if (!mpilayer_tool_take(tool)) {
        return GUEST_MPI_T_ERR_INVALID_SESSION;
    }
    for (uint32_t i = 0; i < layer->tables[MPILAYER_TOOL].used; i++) {
        struct mpilayer_tool *handle = mpilayer_tool_at(layer, i, MPILAYER_TOOL_PVAR);
        if (handle != NULL && handle->session == tool->object.handle) {
            MPI_T_pvar_handle_free(tool->host.session, &handle->host.pvar);
            mpilayer_tool_drop(layer, handle);
        }
    }
    int code = MPI_T_pvar_session_free(&tool->host.session);
    mpilayer_tool_drop(layer, tool);
    mpilayer_store_i32(layer, session, GUEST_MPI_T_PVAR_SESSION_NULL);
    return mpilayer_tool_code(code);
}

/* Variables whose handles a host makes without looking whether what they count is there. */
static bool is_broken(int pvar_index) {
#ifdef OPEN_MPI
    /* Open MPI 4.1 reads statistics of PSM2 also where it does not use PSM2. */
    static const char prefix[] = "mtl_psm2_";
    int verbosity, class, bind, flags[3], length = MPILAYER_TOOL_NAME_SIZE;
    char name[MPILAYER_TOOL_NAME_SIZE] = "";
    MPI_Datatype datatype;
    MPI_T_enum enumtype;
    return MPI_T_pvar_get_info(pvar_index, name, &length, &verbosity, &class, &datatype, &enumtype,
                               NULL, NULL, &bind, &flags[0], &flags[1], &flags[2]) == MPI_SUCCESS &&
           strncmp(name, prefix, sizeof prefix - 1) == 0;
#else
    return false;
#endif
}

int32_t mpilayer_T_pvar_handle_alloc(struct mpilayer *layer, uint32_t session, int32_t pvar_index,
                                     uint32_t obj_handle, uint32_t handle, uint32_t count) {
    int verbosity, class, bind = MPI_T_BIND_NO_OBJECT, flags[3] = {0}, host_count = 0;
    MPI_Datatype datatype = MPI_DATATYPE_NULL;
    MPI_T_enum enumtype;
    void *object;
    MPILAYER_TOOLS_BEGIN(layer);
    struct mpilayer_tool *of = mpilayer_tool_find(layer, session, MPILAYER_TOOL_SESSION);
    if (of == NULL) {
        return GUEST_MPI_T_ERR_INVALID_SESSION;
    }
    if (!index_ok(pvar_index)) {
        return GUEST_MPI_T_ERR_INVALID_INDEX;
    }
    if (!mpilayer_tool_may_write(layer, handle, 4, false) ||
        !mpilayer_tool_may_write(layer, count, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    if (is_broken(pvar_index)) {
        return GUEST_MPI_T_ERR_NOT_SUPPORTED;
    }
    int code = MPI_T_pvar_get_info(pvar_index, NULL, NULL, &verbosity, &class, &datatype, &enumtype,
                                   NULL, NULL, &bind, &flags[0], &flags[1], &flags[2]);
    if (code != MPI_SUCCESS) {
        return mpilayer_tool_code(code);
    }
    struct mpilayer_tool *tool = mpilayer_tool_new(layer, MPILAYER_TOOL_PVAR);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_OUT_OF_HANDLES;
    }
    int32_t failed = mpilayer_tool_bind_object(layer, tool, datatype, bind, obj_handle, &object);
    if (failed == GUEST_MPI_SUCCESS) {
        failed = mpilayer_tool_code(MPI_T_pvar_handle_alloc(of->host.session, pvar_index, object,
                                                            &tool->host.pvar, &host_count));
    }
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_tool_drop(layer, tool);
        return failed;
    }
    tool->session = session;
    tool->readonly = flags[0] != 0;
    tool->continuous = flags[1] != 0;
    tool->count = host_count > 0 ? host_count : 0;
    mpilayer_store_i32(layer, handle, (int32_t)tool->object.handle);
    mpilayer_store_i32(layer, count, tool->count);
    return GUEST_MPI_SUCCESS;
}

/* The session's object and, of a handle of it, the handle's. */
static int32_t find(struct mpilayer *layer, uint32_t session, uint32_t handle,
                    struct mpilayer_tool **session_tool, struct mpilayer_tool **tool) {
    MPILAYER_TOOLS_BEGIN(layer);
    *session_tool = mpilayer_tool_find(layer, session, MPILAYER_TOOL_SESSION);
    if (*session_tool == NULL) {
        return GUEST_MPI_T_ERR_INVALID_SESSION;
    }
    *tool = mpilayer_tool_find(layer, handle, MPILAYER_TOOL_PVAR);
    return *tool != NULL && (*tool)->session == session ? GUEST_MPI_SUCCESS
                                                        : GUEST_MPI_T_ERR_INVALID_HANDLE;
}

int32_t mpilayer_T_pvar_handle_free(struct mpilayer *layer, uint32_t session, uint32_t handle) {
    struct mpilayer_tool *of, *tool;
    MPILAYER_TOOLS_BEGIN(layer);
    if (!mpilayer_tool_may_write(layer, handle, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    int32_t failed = find(layer, session, (uint32_t)mpilayer_load_i32(layer, handle), &of, &tool);
    if (failed != GUEST_MPI_SUCCESS) {
        return failed;
    }
    if (!mpilayer_tool_take(tool)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    int code = MPI_T_pvar_handle_free(of->host.session, &tool->host.pvar);
    mpilayer_tool_drop(layer, tool);
    mpilayer_store_i32(layer, handle, GUEST_MPI_T_PVAR_HANDLE_NULL);
    return mpilayer_tool_code(code);
}

/* ---- what is done with them ---- */

static bool is_left_out(const struct mpilayer_tool *tool, bool resetting) {
    return resetting ? tool->readonly : tool->continuous;
}

/* Start, stop or reset a handle, or all of the session that can be. */
static int32_t act(struct mpilayer *layer, uint32_t session, uint32_t handle, bool resetting,
                   int (*action)(MPI_T_pvar_session, MPI_T_pvar_handle)) {
    struct mpilayer_tool *of, *tool;
    int32_t failed = find(layer, session, handle, &of, &tool);
    if (failed == GUEST_MPI_T_ERR_INVALID_HANDLE && handle == GUEST_MPI_T_PVAR_ALL_HANDLES) {
        failed = GUEST_MPI_SUCCESS;
        for (uint32_t i = 0; i < layer->tables[MPILAYER_TOOL].used; i++) {
            tool = mpilayer_tool_at(layer, i, MPILAYER_TOOL_PVAR);
            if (tool == NULL || tool->session != session || is_left_out(tool, resetting) ||
                !mpilayer_tool_is_bound(layer, tool)) {
                continue;
            }
            /* Already started, or stopped, is what was asked for. */
            int code = action(of->host.session, tool->host.pvar);
            if (code != MPI_SUCCESS && code != MPI_T_ERR_PVAR_NO_STARTSTOP) {
                failed = mpilayer_tool_code(code);
            }
        }
        return failed;
    }
    if (failed != GUEST_MPI_SUCCESS) {
        return failed;
    }
    if (!mpilayer_tool_is_bound(layer, tool)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    return mpilayer_tool_code(action(of->host.session, tool->host.pvar));
}

int32_t mpilayer_T_pvar_start(struct mpilayer *layer, uint32_t session, uint32_t handle) {
    return act(layer, session, handle, false, MPI_T_pvar_start);
}

int32_t mpilayer_T_pvar_stop(struct mpilayer *layer, uint32_t session, uint32_t handle) {
    return act(layer, session, handle, false, MPI_T_pvar_stop);
}

int32_t mpilayer_T_pvar_reset(struct mpilayer *layer, uint32_t session, uint32_t handle) {
    return act(layer, session, handle, true, MPI_T_pvar_reset);
}

/* As find, and the value fits where the guest has or wants it. */
static int32_t find_for_value(struct mpilayer *layer, uint32_t session, uint32_t handle,
                              uint32_t buf, struct mpilayer_tool **session_tool,
                              struct mpilayer_tool **tool) {
    int32_t failed = find(layer, session, handle, session_tool, tool);
    if (failed != GUEST_MPI_SUCCESS) {
        return failed;
    }
    if (!mpilayer_tool_is_bound(layer, *tool)) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    return mpilayer_tool_may_write(layer, buf, mpilayer_tool_value_size(*tool), false)
               ? GUEST_MPI_SUCCESS
               : GUEST_MPI_T_ERR_INVALID;
}

static int32_t read_value(struct mpilayer *layer, uint32_t session, uint32_t handle, uint32_t buf,
                          int (*get)(MPI_T_pvar_session, MPI_T_pvar_handle, void *)) {
    struct mpilayer_tool *of, *tool;
    int32_t failed = find_for_value(layer, session, handle, buf, &of, &tool);
    if (failed != GUEST_MPI_SUCCESS) {
        return failed;
    }
    void *value = mpilayer_tool_value_new(tool);
    if (value == NULL) {
        return GUEST_MPI_T_ERR_MEMORY;
    }
    int code = get(of->host.session, tool->host.pvar, value);
    if (code == MPI_SUCCESS) {
        mpilayer_tool_value_put(layer, tool, value, buf);
    }
    free(value);
    return mpilayer_tool_code(code);
}

int32_t mpilayer_T_pvar_read(struct mpilayer *layer, uint32_t session, uint32_t handle,
                             uint32_t buf) {
    return read_value(layer, session, handle, buf, MPI_T_pvar_read);
}

int32_t mpilayer_T_pvar_readreset(struct mpilayer *layer, uint32_t session, uint32_t handle,
                                  uint32_t buf) {
    return read_value(layer, session, handle, buf, MPI_T_pvar_readreset);
}

int32_t mpilayer_T_pvar_write(struct mpilayer *layer, uint32_t session, uint32_t handle,
                              uint32_t buf) {
    struct mpilayer_tool *of, *tool;
    int32_t failed = find_for_value(layer, session, handle, buf, &of, &tool);
    if (failed != GUEST_MPI_SUCCESS) {
        return failed;
    }
    if (tool->readonly) {
        return GUEST_MPI_T_ERR_PVAR_NO_WRITE;
    }
    void *value = mpilayer_tool_value_new(tool);
    if (value == NULL) {
        return GUEST_MPI_T_ERR_MEMORY;
    }
    memcpy(value, mpilayer_pointer(layer, buf), mpilayer_tool_value_size(tool));
    int code = MPI_T_pvar_write(of->host.session, tool->host.pvar, value);
    free(value);
    return mpilayer_tool_code(code);
}
