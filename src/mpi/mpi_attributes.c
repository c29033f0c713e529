/*
 * mpi_attributes.c - keyvals, attributes and their callbacks, for communicators, datatypes and
 * windows. MPI 3.1, section 6.7; the functions that MPI 2 deprecated (MPI_Keyval_create,
 * MPI_Attr_*) too.
 *
 * A guest's attribute is an i32. Those that MPI sets itself are pointers to ints: they point to
 * the layer's cells in guest memory.
 */
#include "mpi/mpi_attributes.h"

#include "mpi/mpi_datatype.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_memory.h"
#include "mpi/mpi_window.h"
#include "mpi_functions.h"

#include <stdlib.h>

/* ---- the list ---- */

static void keyval_release(struct mpilayer *layer, struct mpilayer_keyval *keyval) {
    mpilayer_object_release(&layer->tables[MPILAYER_KEYVAL], &keyval->object);
}

/* Slot of the attribute, or count. */
static uint32_t position(const struct mpilayer_attributes *attributes,
                         const struct mpilayer_keyval *keyval) {
    uint32_t at = 0;
    while (at < attributes->count && attributes->list[at].keyval != keyval) {
        at++;
    }
    return at;
}

static uint64_t bytes_of(uint32_t capacity) {
    return (uint64_t)capacity * sizeof(struct mpilayer_attribute);
}

static bool append(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                   struct mpilayer_keyval *keyval, uint32_t value) {
    if (attributes->count == attributes->capacity) {
        uint32_t capacity = attributes->capacity == 0 ? 4 : 2 * attributes->capacity;
        if (!mpilayer_kept_fits(layer, bytes_of(capacity))) {
            return false;
        }
        struct mpilayer_attribute *grown =
            realloc(attributes->list, capacity * sizeof *attributes->list);
        if (grown == NULL) {
            return false;
        }
        layer->kept += bytes_of(capacity) - bytes_of(attributes->capacity);
        attributes->list = grown;
        attributes->capacity = capacity;
    }
    mpilayer_object_reference(&keyval->object);
    attributes->list[attributes->count++] = (struct mpilayer_attribute){keyval, value};
    return true;
}

void mpilayer_attributes_forget(struct mpilayer *layer, struct mpilayer_attributes *attributes) {
    layer->kept -= bytes_of(attributes->capacity);
    free(attributes->list);
    *attributes = (struct mpilayer_attributes){0};
}

/* Call the delete callback: what it returned. */
static int run_delete(struct mpilayer *layer, const struct mpilayer_keyval *keyval, uint32_t handle,
                      int32_t keyval_handle, uint32_t value) {
    if (keyval->delete == GUEST_MPI_COMM_NULL_DELETE_FN) {
        return GUEST_MPI_SUCCESS;
    }
    union wasm_value slots[4] = {
        {.u32 = handle}, {.i32 = keyval_handle}, {.u32 = value}, {.u32 = keyval->extra_state}};
    if (!mpilayer_callback_call(layer, "delete callback", keyval->delete, "i:iiii", slots, false)) {
        return GUEST_MPI_ERR_OTHER;
    }
    return slots[0].i32;
}

/* Delete the attribute; the callbacks may change the list, so it is looked up again. */
static int remove_attribute(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                            uint32_t handle, struct mpilayer_keyval *keyval) {
    uint32_t at = position(attributes, keyval);
    int code =
        run_delete(layer, keyval, handle, (int32_t)keyval->handle, attributes->list[at].value);
    if (code != GUEST_MPI_SUCCESS) {
        return code;
    }
    at = position(attributes, keyval);
    if (at < attributes->count) {
        memmove(&attributes->list[at], &attributes->list[at + 1],
                (attributes->count - at - 1) * sizeof attributes->list[0]);
        attributes->count--;
        keyval_release(layer, keyval);
    }
    return GUEST_MPI_SUCCESS;
}

int mpilayer_attributes_copy(struct mpilayer *layer, const struct mpilayer_attributes *from,
                             uint32_t from_handle, struct mpilayer_attributes *to) {
    for (uint32_t i = 0; i < from->count; i++) {
        struct mpilayer_attribute attribute = from->list[i];
        const struct mpilayer_keyval *keyval = attribute.keyval;
        uint32_t value = attribute.value;
        if (keyval->copy == GUEST_MPI_COMM_NULL_COPY_FN) {
            continue;
        }
        if (keyval->copy != GUEST_MPI_COMM_DUP_FN) {
            /* Out parameters of the callback: the new value and a flag. A keyval with a callback
             * exists only once there are cells. */
            uint32_t cell = mpilayer_cell_take(layer, &layer->cells_taken);
            union wasm_value slots[6] = {
                {.u32 = from_handle}, {.u32 = keyval->handle}, {.u32 = keyval->extra_state},
                {.u32 = value},       {.u32 = cell},           {.u32 = cell + 4}};
            mpilayer_store_i32(layer, cell, 0);
            mpilayer_store_i32(layer, cell + 4, 0);
            mpilayer_object_reference(&attribute.keyval->object); /* the callback may free it */
            enum mpilayer_callback_end end =
                mpilayer_callback_try(layer, "copy callback", keyval->copy, "i:iiiiii", slots);
            int32_t flag = mpilayer_load_i32(layer, cell + 4);
            value = (uint32_t)mpilayer_load_i32(layer, cell);
            mpilayer_cell_give(layer, &layer->cells_taken, cell);
            keyval_release(layer, attribute.keyval);
            if (end == MPILAYER_CALLBACK_UNWINDS) mpilayer_callback_unwind(layer);
            if (end != MPILAYER_CALLBACK_RETURNED || attribute.keyval->object.references == 0) {
                return GUEST_MPI_ERR_OTHER;
            }
            if (slots[0].i32 != GUEST_MPI_SUCCESS) {
                return slots[0].i32;
            }
            if (flag == 0) {
                continue;
            }
        }
        if (!append(layer, to, attribute.keyval, value)) {
            return GUEST_MPI_ERR_NO_MEM;
        }
    }
    return GUEST_MPI_SUCCESS;
}

int mpilayer_attributes_delete_all(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                                   uint32_t handle) {
    while (attributes->count > 0) {
        int code = remove_attribute(layer, attributes, handle,
                                    attributes->list[attributes->count - 1].keyval);
        if (code != GUEST_MPI_SUCCESS) {
            return code;
        }
    }
    mpilayer_attributes_forget(layer, attributes);
    return GUEST_MPI_SUCCESS;
}

int mpilayer_attributes_set(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                            uint32_t handle, struct mpilayer_keyval *keyval, uint32_t value) {
    uint32_t at = position(attributes, keyval);
    if (at < attributes->count) {
        /* The old value is deleted first: section 6.7.2. */
        int code =
            run_delete(layer, keyval, handle, (int32_t)keyval->handle, attributes->list[at].value);
        if (code != GUEST_MPI_SUCCESS) {
            return code;
        }
        at = position(attributes, keyval);
        if (at < attributes->count) {
            attributes->list[at].value = value;
            return GUEST_MPI_SUCCESS;
        }
    }
    return append(layer, attributes, keyval, value) ? GUEST_MPI_SUCCESS : GUEST_MPI_ERR_NO_MEM;
}

bool mpilayer_attributes_find(const struct mpilayer_attributes *attributes,
                              const struct mpilayer_keyval *keyval, uint32_t *value) {
    uint32_t at = position(attributes, keyval);
    if (at == attributes->count) {
        return false;
    }
    *value = attributes->list[at].value;
    return true;
}

int mpilayer_attributes_delete(struct mpilayer *layer, struct mpilayer_attributes *attributes,
                               uint32_t handle, struct mpilayer_keyval *keyval) {
    return position(attributes, keyval) == attributes->count
               ? GUEST_MPI_ERR_KEYVAL
               : remove_attribute(layer, attributes, handle, keyval);
}

/* ---- keyvals ---- */

static int32_t keyval_create(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                             uint32_t copy, uint32_t delete, uint32_t address,
                             uint32_t extra_state) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "keyval", address, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (copy != GUEST_MPI_COMM_NULL_COPY_FN && copy != GUEST_MPI_COMM_DUP_FN &&
        !mpilayer_callback_matches(layer, copy, "i:iiiiii")) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "copy_attr_fn",
                           "not a function of the type of a copy callback");
        return mpilayer_call_raise(&call);
    }
    if (delete != GUEST_MPI_COMM_NULL_DELETE_FN &&
        !mpilayer_callback_matches(layer, delete, "i:iiii")) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "delete_attr_fn",
                           "not a function of the type of a delete callback");
        return mpilayer_call_raise(&call);
    }
    if (copy > GUEST_MPI_COMM_DUP_FN && !mpilayer_cells(&call)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_keyval *keyval = mpilayer_table_allocate(&layer->tables[MPILAYER_KEYVAL]);
    if (keyval == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many attribute keys");
        return mpilayer_call_raise(&call);
    }
    keyval->copy = copy;
    keyval->delete = delete;
    keyval->extra_state = extra_state;
    keyval->of = of;
    keyval->handle = keyval->object.handle;
    mpilayer_store_i32(layer, address, (int32_t)keyval->handle);
    return GUEST_MPI_SUCCESS;
}

/* The guest's key for objects of the class, which must not be one of MPI's own. */
static bool get_keyval(struct mpilayer_call *call, const char *argument, int32_t handle,
                       enum mpilayer_class of, struct mpilayer_keyval **out) {
    if (handle >= GUEST_MPI_TAG_UB && handle <= GUEST_MPI_WIN_MODEL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_KEYVAL, argument,
                                  "%d is MPI's own and cannot be changed", handle);
    }
    if (!mpilayer_keyval_get(call, argument, (uint32_t)handle, out)) {
        return false;
    }
    return (*out)->of == of || mpilayer_call_fail(call, GUEST_MPI_ERR_KEYVAL, argument,
                                                  "is for another kind of object");
}

static int32_t keyval_free(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                           uint32_t address) {
    struct mpilayer_call call;
    struct mpilayer_keyval *keyval;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "keyval", address, 4) ||
        !get_keyval(&call, "keyval", mpilayer_load_i32(layer, address), of, &keyval)) {
        return mpilayer_call_raise(&call);
    }
    /* It goes with the last attribute that is set; till then programs may use it on (section
     * 6.7.2), and some free it twice. */
    if (!keyval->freed) {
        keyval->freed = true;
        keyval_release(layer, keyval);
    }
    mpilayer_store_i32(layer, address, GUEST_MPI_KEYVAL_INVALID);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_create_keyval(struct mpilayer *layer, uint32_t comm_copy_attr_fn,
                                    uint32_t comm_delete_attr_fn, uint32_t comm_keyval,
                                    uint32_t extra_state) {
    return keyval_create(layer, "MPI_Comm_create_keyval", MPILAYER_COMM, comm_copy_attr_fn,
                         comm_delete_attr_fn, comm_keyval, extra_state);
}
int32_t mpilayer_Keyval_create(struct mpilayer *layer, uint32_t copy_fn, uint32_t delete_fn,
                               uint32_t keyval, uint32_t extra_state) {
    return keyval_create(layer, "MPI_Keyval_create", MPILAYER_COMM, copy_fn, delete_fn, keyval,
                         extra_state);
}
int32_t mpilayer_Type_create_keyval(struct mpilayer *layer, uint32_t type_copy_attr_fn,
                                    uint32_t type_delete_attr_fn, uint32_t type_keyval,
                                    uint32_t extra_state) {
    return keyval_create(layer, "MPI_Type_create_keyval", MPILAYER_DATATYPE, type_copy_attr_fn,
                         type_delete_attr_fn, type_keyval, extra_state);
}
int32_t mpilayer_Win_create_keyval(struct mpilayer *layer, uint32_t win_copy_attr_fn,
                                   uint32_t win_delete_attr_fn, uint32_t win_keyval,
                                   uint32_t extra_state) {
    return keyval_create(layer, "MPI_Win_create_keyval", MPILAYER_WIN, win_copy_attr_fn,
                         win_delete_attr_fn, win_keyval, extra_state);
}
int32_t mpilayer_Comm_free_keyval(struct mpilayer *layer, uint32_t comm_keyval) {
    return keyval_free(layer, "MPI_Comm_free_keyval", MPILAYER_COMM, comm_keyval);
}
int32_t mpilayer_Keyval_free(struct mpilayer *layer, uint32_t keyval) {
    return keyval_free(layer, "MPI_Keyval_free", MPILAYER_COMM, keyval);
}
int32_t mpilayer_Win_free_keyval(struct mpilayer *layer, uint32_t win_keyval) {
    return keyval_free(layer, "MPI_Win_free_keyval", MPILAYER_WIN, win_keyval);
}
int32_t mpilayer_Type_free_keyval(struct mpilayer *layer, uint32_t type_keyval) {
    return keyval_free(layer, "MPI_Type_free_keyval", MPILAYER_DATATYPE, type_keyval);
}

/* ---- set, get, delete ---- */

/* The object of the class with its attributes. */
static bool get_object(struct mpilayer_call *call, enum mpilayer_class of, uint32_t handle,
                       struct mpilayer_attributes **attributes) {
    if (of == MPILAYER_COMM) {
        struct mpilayer_comm *comm;
        if (!mpilayer_comm_get(call, "comm", handle, &comm)) {
            return false;
        }
        *attributes = &comm->attributes;
    } else if (of == MPILAYER_WIN) {
        struct mpilayer_win *win;
        if (!mpilayer_win_get(call, "win", handle, &win)) {
            return false;
        }
        *attributes = &win->attributes;
    } else {
        struct mpilayer_datatype *type;
        if (!mpilayer_datatype_get_any(call, "datatype", handle, &type)) {
            return false;
        }
        *attributes = &type->attributes;
    }
    return true;
}

static int32_t attribute_set(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                             uint32_t handle, int32_t keyval, uint32_t value) {
    struct mpilayer_call call;
    struct mpilayer_attributes *attributes;
    struct mpilayer_keyval *key;
    if (!mpilayer_call_begin(&call, layer, name) || !get_object(&call, of, handle, &attributes) ||
        !get_keyval(&call, "keyval", keyval, of, &key)) {
        return mpilayer_call_raise(&call);
    }
    int code = mpilayer_attributes_set(layer, attributes, handle, key, value);
    if (code != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, code, NULL, "the attribute's delete callback failed");
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

static int32_t attribute_delete(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                                uint32_t handle, int32_t keyval) {
    struct mpilayer_call call;
    struct mpilayer_attributes *attributes;
    struct mpilayer_keyval *key;
    if (!mpilayer_call_begin(&call, layer, name) || !get_object(&call, of, handle, &attributes) ||
        !get_keyval(&call, "keyval", keyval, of, &key)) {
        return mpilayer_call_raise(&call);
    }
    int code = mpilayer_attributes_delete(layer, attributes, handle, key);
    if (code != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, code, NULL, "not set, or its delete callback failed");
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

/* MPI's own attributes of communicators: 1 found, 0 not set, -1 failed. */
static int predefined_attribute(struct mpilayer_call *call, const struct mpilayer_comm *comm,
                                int32_t keyval, uint32_t *value) {
    const int keys[] = {
        [GUEST_MPI_TAG_UB - GUEST_MPI_TAG_UB] = MPI_TAG_UB,
        [GUEST_MPI_IO - GUEST_MPI_TAG_UB] = MPI_IO,
        [GUEST_MPI_HOST - GUEST_MPI_TAG_UB] = MPI_HOST,
        [GUEST_MPI_WTIME_IS_GLOBAL - GUEST_MPI_TAG_UB] = MPI_WTIME_IS_GLOBAL,
        [GUEST_MPI_APPNUM - GUEST_MPI_TAG_UB] = MPI_APPNUM,
        [GUEST_MPI_LASTUSEDCODE - GUEST_MPI_TAG_UB] = MPI_KEYVAL_INVALID, /* our own */
        [GUEST_MPI_UNIVERSE_SIZE - GUEST_MPI_TAG_UB] = MPI_UNIVERSE_SIZE,
    };
    int number = keyval - GUEST_MPI_TAG_UB, *host_value, flag = 0;
    if (number < 0 || number >= (int)(sizeof keys / sizeof keys[0])) {
        return 0; /* a window's */
    }
    if (!mpilayer_cells(call)) {
        return -1;
    }
    int32_t result;
    if (keyval == GUEST_MPI_LASTUSEDCODE) {
        result = mpilayer_error_last_used();
    } else if (MPI_Comm_get_attr(comm->host, keys[number], &host_value, &flag) != MPI_SUCCESS ||
               !flag) {
        return 0;
    } else {
        result = *host_value;
        if (keyval == GUEST_MPI_IO || keyval == GUEST_MPI_HOST) {
            result = mpilayer_rank_to_guest(result);
        }
    }
    *value = call->layer->cells + MPILAYER_CELL_ATTRIBUTES + 4 * (uint32_t)number;
    mpilayer_store_i32(call->layer, *value, result);
    return 1;
}

/* Those of windows: the base itself, and pointers to numbers of an Aint's or an int's size. */
static int predefined_of_window(struct mpilayer_call *call, uint32_t handle, int32_t keyval,
                                uint32_t *value) {
    struct mpilayer_win *win;
    if (!mpilayer_win_get(call, "win", handle, &win)) {
        return -1;
    }
    if (keyval == GUEST_MPI_WIN_BASE) {
        *value = win->base;
        return 1;
    }
    if (win->cells == 0) {
        enum { CELLS = 16 };
        uint64_t address = mpilayer_guest_allocate(call->layer, CELLS, 16);
        if (address == 0) {
            mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "the program's memory is used up");
            return -1;
        }
        const struct mpilayer_target *own = &win->targets[win->comm->rank];
        bool dynamic = win->flavor == GUEST_MPI_WIN_FLAVOR_DYNAMIC;
        win->cells = (uint32_t)address;
        mpilayer_store_i32(call->layer, win->cells, (int32_t)own->unit);
        mpilayer_store_i32(call->layer, win->cells + 4, dynamic ? 0 : (int32_t)own->size);
        mpilayer_store_i32(call->layer, win->cells + 8, win->flavor);
        mpilayer_store_i32(call->layer, win->cells + 12, mpilayer_win_model(win));
    }
    *value = win->cells + 4 * (uint32_t)(keyval - GUEST_MPI_WIN_DISP_UNIT);
    return 1;
}

static int32_t attribute_get(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                             uint32_t handle, int32_t keyval, uint32_t attribute_val,
                             uint32_t flag) {
    struct mpilayer_call call;
    struct mpilayer_attributes *attributes;
    struct mpilayer_keyval *key;
    uint32_t value = 0;
    int found;
    if (!mpilayer_call_begin(&call, layer, name) || !get_object(&call, of, handle, &attributes) ||
        !mpilayer_memory_check(&call, "attribute_val", attribute_val, 4) ||
        !mpilayer_memory_check(&call, "flag", flag, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (of == MPILAYER_COMM && keyval >= GUEST_MPI_TAG_UB && keyval <= GUEST_MPI_UNIVERSE_SIZE) {
        found = predefined_attribute(&call, call.comm, keyval, &value);
    } else if (of == MPILAYER_WIN && keyval >= GUEST_MPI_WIN_BASE &&
               keyval <= GUEST_MPI_WIN_MODEL) {
        found = predefined_of_window(&call, handle, keyval, &value);
    } else if (!get_keyval(&call, "keyval", keyval, of, &key)) {
        found = -1;
    } else {
        found = mpilayer_attributes_find(attributes, key, &value);
    }
    if (found < 0) {
        return mpilayer_call_raise(&call);
    }
    if (found) {
        mpilayer_store_i32(layer, attribute_val, (int32_t)value);
    }
    mpilayer_store_i32(layer, flag, found);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_set_attr(struct mpilayer *layer, uint32_t comm, int32_t comm_keyval,
                               uint32_t attribute_val) {
    return attribute_set(layer, "MPI_Comm_set_attr", MPILAYER_COMM, comm, comm_keyval,
                         attribute_val);
}
int32_t mpilayer_Attr_put(struct mpilayer *layer, uint32_t comm, int32_t keyval,
                          uint32_t attribute_val) {
    return attribute_set(layer, "MPI_Attr_put", MPILAYER_COMM, comm, keyval, attribute_val);
}
int32_t mpilayer_Type_set_attr(struct mpilayer *layer, uint32_t datatype, int32_t type_keyval,
                               uint32_t attribute_val) {
    return attribute_set(layer, "MPI_Type_set_attr", MPILAYER_DATATYPE, datatype, type_keyval,
                         attribute_val);
}
int32_t mpilayer_Win_set_attr(struct mpilayer *layer, uint32_t win, int32_t win_keyval,
                              uint32_t attribute_val) {
    return attribute_set(layer, "MPI_Win_set_attr", MPILAYER_WIN, win, win_keyval, attribute_val);
}
int32_t mpilayer_Comm_get_attr(struct mpilayer *layer, uint32_t comm, int32_t comm_keyval,
                               uint32_t attribute_val, uint32_t flag) {
    return attribute_get(layer, "MPI_Comm_get_attr", MPILAYER_COMM, comm, comm_keyval,
                         attribute_val, flag);
}
int32_t mpilayer_Attr_get(struct mpilayer *layer, uint32_t comm, int32_t keyval,
                          uint32_t attribute_val, uint32_t flag) {
    return attribute_get(layer, "MPI_Attr_get", MPILAYER_COMM, comm, keyval, attribute_val, flag);
}
int32_t mpilayer_Type_get_attr(struct mpilayer *layer, uint32_t datatype, int32_t type_keyval,
                               uint32_t attribute_val, uint32_t flag) {
    return attribute_get(layer, "MPI_Type_get_attr", MPILAYER_DATATYPE, datatype, type_keyval,
                         attribute_val, flag);
}
int32_t mpilayer_Win_get_attr(struct mpilayer *layer, uint32_t win, int32_t win_keyval,
                              uint32_t attribute_val, uint32_t flag) {
    return attribute_get(layer, "MPI_Win_get_attr", MPILAYER_WIN, win, win_keyval, attribute_val,
                         flag);
}
int32_t mpilayer_Comm_delete_attr(struct mpilayer *layer, uint32_t comm, int32_t comm_keyval) {
    return attribute_delete(layer, "MPI_Comm_delete_attr", MPILAYER_COMM, comm, comm_keyval);
}
int32_t mpilayer_Attr_delete(struct mpilayer *layer, uint32_t comm, int32_t keyval) {
    return attribute_delete(layer, "MPI_Attr_delete", MPILAYER_COMM, comm, keyval);
}
int32_t mpilayer_Type_delete_attr(struct mpilayer *layer, uint32_t datatype, int32_t type_keyval) {
    return attribute_delete(layer, "MPI_Type_delete_attr", MPILAYER_DATATYPE, datatype,
                            type_keyval);
}
int32_t mpilayer_Win_delete_attr(struct mpilayer *layer, uint32_t win, int32_t win_keyval) {
    return attribute_delete(layer, "MPI_Win_delete_attr", MPILAYER_WIN, win, win_keyval);
}
