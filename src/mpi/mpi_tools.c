/*
 * mpi_tools.c - what the functions of MPI_T share: start and end, handles, strings, enumerations,
 * objects that variables are bound to. MPI 4.1, chapter 15.
 *
 * Deliberate deviations: control variables are read-only (mpi_tools_variable.c), there are no
 * events (mpi_tools_event.c), and a host's unsigned long is the guest's unsigned long long, since
 * it has 8 bytes.
 */
#include "mpi/mpi_tools.h"

#include "mpi/mpi_datatype.h"
#include "mpi/mpi_op.h"
#include "mpi/mpi_threads.h"
#include "mpi/mpi_window.h"
#include "mpi_functions.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

enum { ITEMS_AT_MOST = 4096, VALUE_SLACK = 1 << 18 };

/* ---- codes and constants ---- */

int32_t mpilayer_tool_code(int host_code) {
    static const struct {
        int host, guest;
    } codes[] = {
        {MPI_SUCCESS, GUEST_MPI_SUCCESS},
        {MPI_T_ERR_MEMORY, GUEST_MPI_T_ERR_MEMORY},
        {MPI_T_ERR_NOT_INITIALIZED, GUEST_MPI_T_ERR_NOT_INITIALIZED},
        {MPI_T_ERR_CANNOT_INIT, GUEST_MPI_T_ERR_CANNOT_INIT},
        {MPI_T_ERR_INVALID_INDEX, GUEST_MPI_T_ERR_INVALID_INDEX},
        {MPI_T_ERR_INVALID_ITEM, GUEST_MPI_T_ERR_INVALID_ITEM},
        {MPI_T_ERR_INVALID_HANDLE, GUEST_MPI_T_ERR_INVALID_HANDLE},
        {MPI_T_ERR_OUT_OF_HANDLES, GUEST_MPI_T_ERR_OUT_OF_HANDLES},
        {MPI_T_ERR_OUT_OF_SESSIONS, GUEST_MPI_T_ERR_OUT_OF_SESSIONS},
        {MPI_T_ERR_INVALID_SESSION, GUEST_MPI_T_ERR_INVALID_SESSION},
        {MPI_T_ERR_CVAR_SET_NOT_NOW, GUEST_MPI_T_ERR_CVAR_SET_NOT_NOW},
        {MPI_T_ERR_CVAR_SET_NEVER, GUEST_MPI_T_ERR_CVAR_SET_NEVER},
        {MPI_T_ERR_PVAR_NO_STARTSTOP, GUEST_MPI_T_ERR_PVAR_NO_STARTSTOP},
        {MPI_T_ERR_PVAR_NO_WRITE, GUEST_MPI_T_ERR_PVAR_NO_WRITE},
        {MPI_T_ERR_PVAR_NO_ATOMIC, GUEST_MPI_T_ERR_PVAR_NO_ATOMIC},
        {MPI_T_ERR_INVALID_NAME, GUEST_MPI_T_ERR_INVALID_NAME},
        {MPI_T_ERR_INVALID, GUEST_MPI_T_ERR_INVALID},
#if defined(MPI_T_ERR_NOT_SUPPORTED) || defined(MPI_ABI_VERSION)
        {MPI_T_ERR_NOT_SUPPORTED, GUEST_MPI_T_ERR_NOT_SUPPORTED},
#endif
#if defined(MPI_T_ERR_NOT_ACCESSIBLE) || defined(MPI_ABI_VERSION)
        {MPI_T_ERR_NOT_ACCESSIBLE, GUEST_MPI_T_ERR_NOT_ACCESSIBLE},
#endif
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].host == host_code) {
            return codes[i].guest;
        }
    }
    return GUEST_MPI_T_ERR_INVALID;
}

int32_t mpilayer_tool_verbosity(int host) {
    return host == MPI_T_VERBOSITY_USER_BASIC      ? GUEST_MPI_T_VERBOSITY_USER_BASIC
           : host == MPI_T_VERBOSITY_USER_DETAIL   ? GUEST_MPI_T_VERBOSITY_USER_DETAIL
           : host == MPI_T_VERBOSITY_USER_ALL      ? GUEST_MPI_T_VERBOSITY_USER_ALL
           : host == MPI_T_VERBOSITY_TUNER_BASIC   ? GUEST_MPI_T_VERBOSITY_TUNER_BASIC
           : host == MPI_T_VERBOSITY_TUNER_DETAIL  ? GUEST_MPI_T_VERBOSITY_TUNER_DETAIL
           : host == MPI_T_VERBOSITY_TUNER_ALL     ? GUEST_MPI_T_VERBOSITY_TUNER_ALL
           : host == MPI_T_VERBOSITY_MPIDEV_BASIC  ? GUEST_MPI_T_VERBOSITY_MPIDEV_BASIC
           : host == MPI_T_VERBOSITY_MPIDEV_DETAIL ? GUEST_MPI_T_VERBOSITY_MPIDEV_DETAIL
                                                   : GUEST_MPI_T_VERBOSITY_MPIDEV_ALL;
}

int32_t mpilayer_tool_bind(int host) {
    return host == MPI_T_BIND_MPI_COMM         ? GUEST_MPI_T_BIND_MPI_COMM
           : host == MPI_T_BIND_MPI_DATATYPE   ? GUEST_MPI_T_BIND_MPI_DATATYPE
           : host == MPI_T_BIND_MPI_ERRHANDLER ? GUEST_MPI_T_BIND_MPI_ERRHANDLER
           : host == MPI_T_BIND_MPI_FILE       ? GUEST_MPI_T_BIND_MPI_FILE
           : host == MPI_T_BIND_MPI_GROUP      ? GUEST_MPI_T_BIND_MPI_GROUP
           : host == MPI_T_BIND_MPI_OP         ? GUEST_MPI_T_BIND_MPI_OP
           : host == MPI_T_BIND_MPI_REQUEST    ? GUEST_MPI_T_BIND_MPI_REQUEST
           : host == MPI_T_BIND_MPI_WIN        ? GUEST_MPI_T_BIND_MPI_WIN
           : host == MPI_T_BIND_MPI_MESSAGE    ? GUEST_MPI_T_BIND_MPI_MESSAGE
           : host == MPI_T_BIND_MPI_INFO       ? GUEST_MPI_T_BIND_MPI_INFO
                                               : GUEST_MPI_T_BIND_NO_OBJECT;
}

uint32_t mpilayer_tool_datatype(MPI_Datatype host, uint32_t *size) {
    const struct {
        MPI_Datatype host;
        uint32_t guest, size;
    } types[] = {
        {MPI_INT, GUEST_MPI_INT, 4},
        {MPI_UNSIGNED, GUEST_MPI_UNSIGNED, 4},
        {MPI_UNSIGNED_LONG, GUEST_MPI_UNSIGNED_LONG_LONG, sizeof(unsigned long)},
        {MPI_UNSIGNED_LONG_LONG, GUEST_MPI_UNSIGNED_LONG_LONG, 8},
        {MPI_COUNT, GUEST_MPI_COUNT, sizeof(MPI_Count)},
        {MPI_CHAR, GUEST_MPI_CHAR, 1},
        {MPI_DOUBLE, GUEST_MPI_DOUBLE, 8},
        /* Not in the standard's list, but hosts have them. */
        {MPI_LONG, GUEST_MPI_LONG_LONG, sizeof(long)},
        {MPI_LONG_LONG, GUEST_MPI_LONG_LONG, 8},
        {MPI_C_BOOL, GUEST_MPI_C_BOOL, 1},
        {MPI_INT32_T, GUEST_MPI_INT32_T, 4},
        {MPI_UINT32_T, GUEST_MPI_UINT32_T, 4},
        {MPI_INT64_T, GUEST_MPI_INT64_T, 8},
        {MPI_UINT64_T, GUEST_MPI_UINT64_T, 8},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (types[i].host == host) {
            *size = types[i].size;
            return types[i].guest;
        }
    }
    *size = 0;
    return GUEST_MPI_DATATYPE_NULL;
}

/* ---- objects ---- */

struct mpilayer_tool *mpilayer_tool_find(struct mpilayer *layer, uint32_t handle,
                                         enum mpilayer_tool_kind kind) {
    struct mpilayer_tool *tool = mpilayer_table_find(&layer->tables[MPILAYER_TOOL], handle);
    return tool != NULL && tool->kind == kind ? tool : NULL;
}

struct mpilayer_tool *mpilayer_tool_at(struct mpilayer *layer, uint32_t index,
                                       enum mpilayer_tool_kind kind) {
    const struct mpilayer_table *table = &layer->tables[MPILAYER_TOOL];
    struct mpilayer_tool *tool =
        (struct mpilayer_tool *)(table->objects + (size_t)index * table->size);
    return index < table->used && tool->object.handle != 0 && tool->kind == kind ? tool : NULL;
}

struct mpilayer_tool *mpilayer_tool_new(struct mpilayer *layer, enum mpilayer_tool_kind kind) {
    struct mpilayer_tool *tool = mpilayer_table_allocate(&layer->tables[MPILAYER_TOOL]);
    if (tool != NULL) {
        tool->kind = kind;
    }
    return tool;
}

bool mpilayer_tool_take(struct mpilayer_tool *tool) {
    if (mpilayer_thread_shares(&tool->object)) {
        return false;
    }
    tool->object.found_by = 0;
    return true;
}

void mpilayer_tool_drop(struct mpilayer *layer, struct mpilayer_tool *tool) {
    mpilayer_object_hide(&tool->object);
    free(tool->name);
    for (int i = 0; i < tool->item_count; i++) {
        free(tool->items[i].name);
    }
    free(tool->items);
    tool->name = NULL;
    tool->items = NULL;
    tool->item_count = 0;
    mpilayer_object_release(&layer->tables[MPILAYER_TOOL], &tool->object);
}

/* ---- guest memory ---- */

bool mpilayer_tool_may_write(struct mpilayer *layer, uint32_t address, uint64_t size,
                             bool optional) {
    return address == 0 ? optional : guest_range_ok(layer->guest, address, size);
}

bool mpilayer_tool_outs_ok(struct mpilayer *layer, const uint32_t *addresses, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!mpilayer_tool_may_write(layer, addresses[i], 4, true)) {
            return false;
        }
    }
    return true;
}

void mpilayer_tool_put(struct mpilayer *layer, uint32_t address, int32_t value) {
    if (address != 0) {
        mpilayer_store_i32(layer, address, value);
    }
}

bool mpilayer_tool_text_begin(struct mpilayer *layer, uint32_t address, uint32_t length_address,
                              struct mpilayer_tool_text *text) {
    *text = (struct mpilayer_tool_text){.length_address = length_address};
    if (length_address == 0) {
        return true;
    }
    if (!guest_range_ok(layer->guest, length_address, 4)) {
        return false;
    }
    text->length = mpilayer_load_i32(layer, length_address);
    if (text->length < 0) {
        return false;
    }
    if (address != 0 && text->length > 0) {
        if (!guest_range_ok(layer->guest, address, (uint64_t)text->length)) {
            return false;
        }
        text->host = mpilayer_pointer(layer, address);
    }
    return true;
}

void mpilayer_tool_text_end(struct mpilayer *layer, const struct mpilayer_tool_text *text) {
    mpilayer_tool_put(layer, text->length_address, text->length);
}

/* A text of the layer's own, as the standard wants it returned. */
static void text_copy(struct mpilayer_tool_text *text, const char *from) {
    size_t size = strlen(from) + 1;
    if (text->host != NULL) {
        size_t most = size < (size_t)text->length ? size : (size_t)text->length;
        memcpy(text->host, from, most - 1);
        text->host[most - 1] = '\0';
    }
    text->length = (int)size;
}

bool mpilayer_tool_name_get(struct mpilayer *layer, uint32_t address,
                            char name[MPILAYER_TOOL_NAME_SIZE]) {
    uint64_t size = *layer->guest->memory_size;
    if (address == 0 || address >= size) {
        return false;
    }
    size_t most =
        size - address < MPILAYER_TOOL_NAME_SIZE ? size - address : MPILAYER_TOOL_NAME_SIZE;
    const char *text = mpilayer_pointer(layer, address);
    const char *end = memchr(text, '\0', most);
    if (end != NULL) {
        memcpy(name, text, (size_t)(end - text) + 1);
    }
    return end != NULL;
}

/* ---- enumerations ---- */

static bool items_copy(struct mpilayer_tool *tool, MPI_T_enum host, int count) {
    tool->items = calloc((size_t)count + 1, sizeof *tool->items);
    if (tool->items == NULL) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        char name[MPILAYER_TOOL_NAME_SIZE] = "";
        int length = sizeof name;
        if (MPI_T_enum_get_item(host, i, &tool->items[i].value, name, &length) != MPI_SUCCESS ||
            (tool->items[i].name = strdup(name)) == NULL) {
            return false;
        }
        tool->item_count = i + 1;
    }
    return true;
}

uint32_t mpilayer_tool_enum(struct mpilayer *layer, MPI_T_enum host) {
    char name[MPILAYER_TOOL_NAME_SIZE] = "";
    int length = sizeof name, count = 0;
    if (host == MPI_T_ENUM_NULL ||
        MPI_T_enum_get_info(host, &count, name, &length) != MPI_SUCCESS || count < 0 ||
        count > ITEMS_AT_MOST) {
        return GUEST_MPI_T_ENUM_NULL;
    }
    for (uint32_t i = 0; i < layer->tables[MPILAYER_TOOL].used; i++) {
        const struct mpilayer_tool *known = mpilayer_tool_at(layer, i, MPILAYER_TOOL_ENUM);
        if (known != NULL && known->host.enumeration == host && known->item_count == count &&
            strcmp(known->name, name) == 0) {
            return known->object.handle;
        }
    }
    struct mpilayer_tool *tool = mpilayer_tool_new(layer, MPILAYER_TOOL_ENUM);
    if (tool == NULL) {
        return GUEST_MPI_T_ENUM_NULL;
    }
    tool->host.enumeration = host;
    tool->name = strdup(name);
    if (tool->name == NULL || !items_copy(tool, host, count)) {
        mpilayer_tool_drop(layer, tool);
        return GUEST_MPI_T_ENUM_NULL;
    }
    return tool->object.handle;
}

int32_t mpilayer_T_enum_get_info(struct mpilayer *layer, uint32_t enumtype, uint32_t num,
                                 uint32_t name, uint32_t name_len) {
    struct mpilayer_tool_text text;
    MPILAYER_TOOLS_BEGIN(layer);
    const struct mpilayer_tool *tool = mpilayer_tool_find(layer, enumtype, MPILAYER_TOOL_ENUM);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    if (!mpilayer_tool_outs_ok(layer, MPILAYER_TOOL_OUTS(num)) ||
        !mpilayer_tool_text_begin(layer, name, name_len, &text)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    text_copy(&text, tool->name);
    mpilayer_tool_text_end(layer, &text);
    mpilayer_tool_put(layer, num, tool->item_count);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_T_enum_get_item(struct mpilayer *layer, uint32_t enumtype, int32_t indx,
                                 uint32_t value, uint32_t name, uint32_t name_len) {
    struct mpilayer_tool_text text;
    MPILAYER_TOOLS_BEGIN(layer);
    const struct mpilayer_tool *tool = mpilayer_tool_find(layer, enumtype, MPILAYER_TOOL_ENUM);
    if (tool == NULL) {
        return GUEST_MPI_T_ERR_INVALID_HANDLE;
    }
    if (indx < 0 || indx >= tool->item_count) {
        return GUEST_MPI_T_ERR_INVALID_INDEX; /* as MPI 4.0 has it */
    }
    if (!mpilayer_tool_outs_ok(layer, MPILAYER_TOOL_OUTS(value)) ||
        !mpilayer_tool_text_begin(layer, name, name_len, &text)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    text_copy(&text, tool->items[indx].name);
    mpilayer_tool_text_end(layer, &text);
    mpilayer_tool_put(layer, value, tool->items[indx].value);
    return GUEST_MPI_SUCCESS;
}

/* ---- objects that variables are bound to ---- */

/* The host's handle of the guest's, into bound_host. */
static bool object_find(struct mpilayer *layer, struct mpilayer_tool *tool) {
    void *object = mpilayer_table_find(&layer->tables[tool->of], tool->bound);
    if (object == NULL || layer->phase != MPILAYER_RUNNING) {
        return false;
    }
    switch (tool->of) {
    case MPILAYER_COMM: tool->bound_host.comm = ((struct mpilayer_comm *)object)->host; break;
    case MPILAYER_GROUP: tool->bound_host.group = ((struct mpilayer_group *)object)->host; break;
    case MPILAYER_DATATYPE:
        tool->bound_host.datatype = ((struct mpilayer_datatype *)object)->host;
        return tool->bound_host.datatype != MPI_DATATYPE_NULL;
    case MPILAYER_REQUEST:
        tool->bound_host.request = ((struct mpilayer_request *)object)->host;
        break;
    case MPILAYER_MESSAGE:
        tool->bound_host.message = ((struct mpilayer_message *)object)->host;
        break;
    case MPILAYER_OP: tool->bound_host.op = ((struct mpilayer_op *)object)->host; break;
    case MPILAYER_WIN:
        tool->bound_host.win = ((struct mpilayer_win *)object)->host;
        return !((struct mpilayer_win *)object)->alone;
    default: return false;
    }
    return true;
}

bool mpilayer_tool_is_bound(struct mpilayer *layer, const struct mpilayer_tool *tool) {
    struct mpilayer_tool now = {.of = tool->of, .bound = tool->bound};
    return tool->of == 0 || (object_find(layer, &now) && memcmp(&now.bound_host, &tool->bound_host,
                                                                sizeof now.bound_host) == 0);
}

int32_t mpilayer_tool_bind_object(struct mpilayer *layer, struct mpilayer_tool *tool,
                                  MPI_Datatype datatype, int bind, uint32_t obj_handle,
                                  void **pointer) {
    tool->text = mpilayer_tool_datatype(datatype, &tool->element_size) == GUEST_MPI_CHAR;
    if (tool->element_size == 0) {
        return GUEST_MPI_T_ERR_NOT_SUPPORTED;
    }
    *pointer = NULL;
    if (bind == MPI_T_BIND_NO_OBJECT) {
        return GUEST_MPI_SUCCESS;
    }
    tool->of = bind == MPI_T_BIND_MPI_COMM       ? MPILAYER_COMM
               : bind == MPI_T_BIND_MPI_DATATYPE ? MPILAYER_DATATYPE
               : bind == MPI_T_BIND_MPI_GROUP    ? MPILAYER_GROUP
               : bind == MPI_T_BIND_MPI_OP       ? MPILAYER_OP
               : bind == MPI_T_BIND_MPI_REQUEST  ? MPILAYER_REQUEST
               : bind == MPI_T_BIND_MPI_WIN      ? MPILAYER_WIN
               : bind == MPI_T_BIND_MPI_MESSAGE  ? MPILAYER_MESSAGE
                                                 : 0;
    if (tool->of == 0) {
        return GUEST_MPI_T_ERR_NOT_SUPPORTED; /* objects that the layer keeps from the host */
    }
    if (!mpilayer_tool_may_write(layer, obj_handle, 4, false)) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    tool->bound = (uint32_t)mpilayer_load_i32(layer, obj_handle);
    *pointer = &tool->bound_host;
    return object_find(layer, tool) ? GUEST_MPI_SUCCESS : GUEST_MPI_T_ERR_INVALID_HANDLE;
}

/* ---- values ---- */

uint64_t mpilayer_tool_value_size(const struct mpilayer_tool *tool) {
    return (uint64_t)tool->count * tool->element_size;
}

void *mpilayer_tool_value_new(const struct mpilayer_tool *tool) {
    return calloc(1, mpilayer_tool_value_size(tool) + VALUE_SLACK);
}

void mpilayer_tool_value_put(struct mpilayer *layer, const struct mpilayer_tool *tool,
                             const void *value, uint32_t address) {
    size_t size = mpilayer_tool_value_size(tool);
    char *out = mpilayer_pointer(layer, address);
    if (tool->text && size > 0) {
        size_t length = strnlen(value, size - 1);
        memcpy(out, value, length);
        out[length] = '\0';
    } else {
        memcpy(out, value, size);
    }
}

/* ---- start and end ---- */

/* Keep a library for the rest of the process. */
static int pin(struct dl_phdr_info *info, size_t size, void *user) {
    if (info->dlpi_name != NULL && info->dlpi_name[0] == '/') {
        dlopen(info->dlpi_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
    }
    return 0;
}

int32_t mpilayer_T_init_thread(struct mpilayer *layer, int32_t required, uint32_t provided) {
    int level = mpilayer_thread_level_to_host(required), given = MPI_THREAD_SINGLE;
    if (level >= 0) {
        level = mpilayer_thread_level_to_host(mpilayer_thread_level_fit(layer, required));
    }
    if (level < 0 || !mpilayer_tool_may_write(layer, provided, 4, false) ||
        layer->tools == INT32_MAX) {
        return GUEST_MPI_T_ERR_INVALID;
    }
    int code = layer->tools_started ? MPI_SUCCESS : MPI_T_init_thread(level, &given);
    if (code == MPI_SUCCESS && !layer->tools_started) {
        layer->guest->operations->claim_signals(layer->guest);
        /* Open MPI unloads components in MPI_Init and does not forget all of their variables, whose
         * values are then read from memory that is gone. */
        dl_iterate_phdr(pin, NULL);
        layer->tools_level = mpilayer_thread_level_to_guest(given);
        layer->tools_started = true;
    }
    if (code == MPI_SUCCESS) {
        layer->tools++;
        mpilayer_store_i32(layer, provided, layer->tools_level);
    }
    return mpilayer_tool_code(code);
}

static void free_all(struct mpilayer *layer, enum mpilayer_tool_kind kind) {
    for (uint32_t i = 0; i < layer->tables[MPILAYER_TOOL].used; i++) {
        struct mpilayer_tool *tool = mpilayer_tool_at(layer, i, kind), *session;
        if (tool == NULL) {
            continue;
        }
        if (kind == MPILAYER_TOOL_CVAR) {
            MPI_T_cvar_handle_free(&tool->host.cvar);
        } else if (kind == MPILAYER_TOOL_PVAR) {
            session = mpilayer_tool_find(layer, tool->session, MPILAYER_TOOL_SESSION);
            MPI_T_pvar_handle_free(session->host.session, &tool->host.pvar);
        } else if (kind == MPILAYER_TOOL_SESSION) {
            MPI_T_pvar_session_free(&tool->host.session);
        }
        mpilayer_tool_drop(layer, tool);
    }
}

/* The host's interface stays up: MPICH 4.0 crashes in MPI_Init after its end, Open MPI 4.1 in what
 * comes after MPI_Finalize. */
int32_t mpilayer_T_finalize(struct mpilayer *layer) {
    MPILAYER_TOOLS_BEGIN(layer);
    if (layer->tools == 1 && mpilayer_thread_has_company()) {
        return GUEST_MPI_T_ERR_INVALID; /* other threads may use what goes */
    }
    if (--layer->tools == 0) {
        free_all(layer, MPILAYER_TOOL_ENUM);
        free_all(layer, MPILAYER_TOOL_CVAR);
        free_all(layer, MPILAYER_TOOL_PVAR);
        free_all(layer, MPILAYER_TOOL_SESSION);
    }
    return GUEST_MPI_SUCCESS;
}
