/*
 * mpi_info.c - info objects. MPI 3.1, chapter 9.
 *
 * They live in the layer alone, so they work at any time (as MPI 4.0 wants it). Of a guest's hints
 * the host's MPI gets none but those a function names, as some keys name files or change how
 * processes start.
 */
#include "mpi/mpi_info.h"

#include "mpi/mpi_error.h"
#include "mpi_functions.h"

#include <stdlib.h>

/* Pairs of one object; bytes of all objects, which lie outside the program's memory. */
enum { PAIRS_AT_MOST = 1 << 16, BYTES_AT_MOST = 1 << 26 };
static size_t bytes_used;

static size_t bytes_of(const char *text) {
    return strlen(text) + 1;
}

/* ---- objects ---- */

static uint32_t position(const struct mpilayer_info *info, const char *key) {
    uint32_t at = 0;
    while (at < info->count && strcmp(info->pairs[at].key, key) != 0) {
        at++;
    }
    return at;
}

static bool set(struct mpilayer_info *info, const char *key, const char *value) {
    if (bytes_used + bytes_of(key) + bytes_of(value) > BYTES_AT_MOST) {
        return false;
    }
    char *value_copy = strdup(value);
    uint32_t at = position(info, key);
    if (value_copy != NULL && at < info->count) {
        bytes_used += bytes_of(value) - bytes_of(info->pairs[at].value);
        free(info->pairs[at].value);
        info->pairs[at].value = value_copy;
        return true;
    }
    char *key_copy = strdup(key);
    if (key_copy != NULL && value_copy != NULL && info->count == info->capacity &&
        info->count < PAIRS_AT_MOST) {
        uint32_t capacity = info->capacity == 0 ? 4 : 2 * info->capacity;
        struct mpilayer_info_pair *grown = realloc(info->pairs, capacity * sizeof *grown);
        if (grown != NULL) {
            info->pairs = grown;
            info->capacity = capacity;
        }
    }
    if (key_copy == NULL || value_copy == NULL || info->count == info->capacity) {
        free(key_copy);
        free(value_copy);
        return false;
    }
    info->pairs[info->count++] = (struct mpilayer_info_pair){key_copy, value_copy};
    bytes_used += bytes_of(key) + bytes_of(value);
    return true;
}

static void erase(struct mpilayer_info *info, uint32_t at) {
    bytes_used -= bytes_of(info->pairs[at].key) + bytes_of(info->pairs[at].value);
    free(info->pairs[at].key);
    free(info->pairs[at].value);
    memmove(&info->pairs[at], &info->pairs[at + 1], (info->count - at - 1) * sizeof info->pairs[0]);
    info->count--;
}

void mpilayer_info_release(struct mpilayer *layer, struct mpilayer_info *info) {
    if (!mpilayer_object_release(&layer->tables[MPILAYER_INFO], &info->object)) {
        return;
    }
    while (info->count > 0) {
        erase(info, info->count - 1);
    }
    free(info->pairs);
    info->pairs = NULL;
    info->capacity = 0;
}

struct mpilayer_info *mpilayer_info_hints(struct mpilayer *layer,
                                          const struct mpilayer_info *from) {
    struct mpilayer_info *copy =
        from != NULL ? mpilayer_table_allocate(&layer->tables[MPILAYER_INFO]) : NULL;
    if (copy == NULL) {
        return NULL;
    }
    mpilayer_object_hide(&copy->object);
    for (uint32_t i = 0; i < from->count; i++) {
        if (strncmp(from->pairs[i].key, "mpi_", 4) == 0 &&
            !set(copy, from->pairs[i].key, from->pairs[i].value)) {
            mpilayer_info_release(layer, copy);
            return NULL;
        }
    }
    return copy;
}

int32_t mpilayer_info_publish_copy(struct mpilayer_call *call, const struct mpilayer_info *from,
                                   const char *argument, uint32_t address) {
    if (!mpilayer_memory_check(call, argument, address, 4)) {
        return mpilayer_call_raise(call);
    }
    struct mpilayer_info *info = mpilayer_table_allocate(&call->layer->tables[MPILAYER_INFO]);
    if (info == NULL) {
        mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many info objects");
        return mpilayer_call_raise(call);
    }
    for (uint32_t i = 0; from != NULL && i < from->count; i++) {
        if (!set(info, from->pairs[i].key, from->pairs[i].value)) {
            mpilayer_info_release(call->layer, info);
            mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
            return mpilayer_call_raise(call);
        }
    }
    mpilayer_store_i32(call->layer, address, (int32_t)info->object.handle);
    return mpilayer_call_return(call, MPI_SUCCESS);
}

int32_t mpilayer_info_publish_pairs(struct mpilayer_call *call, const struct mpilayer_info *from,
                                    const char *const pairs[], const char *argument,
                                    uint32_t address) {
    struct mpilayer_info *all = mpilayer_table_allocate(&call->layer->tables[MPILAYER_INFO]);
    for (uint32_t i = 0; all != NULL && from != NULL && i < from->count; i++) {
        set(all, from->pairs[i].key, from->pairs[i].value);
    }
    for (int i = 0; all != NULL && pairs[i] != NULL; i += 2) {
        set(all, pairs[i], pairs[i + 1]);
    }
    int32_t result = mpilayer_info_publish_copy(call, all, argument, address);
    if (all != NULL) {
        mpilayer_info_release(call->layer, all);
    }
    return result;
}

bool mpilayer_info_get_optional(struct mpilayer_call *call, const char *argument, uint32_t handle,
                                struct mpilayer_info **out) {
    if (handle == GUEST_MPI_INFO_NULL) {
        *out = NULL;
        return true;
    }
    return mpilayer_info_get(call, argument, handle, out);
}

bool mpilayer_info_is(const struct mpilayer_info *info, const char *key, const char *value) {
    uint32_t at = info != NULL ? position(info, key) : 0;
    return info != NULL && at < info->count && strcmp(info->pairs[at].value, value) == 0;
}

MPI_Info mpilayer_info_to_host(const struct mpilayer_info *info, const char *const keys[],
                               int key_count) {
    MPI_Info host = MPI_INFO_NULL;
    for (int i = 0; info != NULL && i < key_count; i++) {
        uint32_t at = position(info, keys[i]);
        if (at < info->count && strlen(info->pairs[at].value) < MPI_MAX_INFO_VAL &&
            (host != MPI_INFO_NULL || MPI_Info_create(&host) == MPI_SUCCESS)) {
            MPI_Info_set(host, info->pairs[at].key, info->pairs[at].value);
        }
    }
    return host;
}

int32_t mpilayer_info_publish_host(struct mpilayer_call *call, MPI_Info host,
                                   const char *const keys[], int key_count, const char *argument,
                                   uint32_t address) {
    struct mpilayer_info *found = mpilayer_table_allocate(&call->layer->tables[MPILAYER_INFO]);
    char value[MPI_MAX_INFO_VAL + 1];
    for (int i = 0; found != NULL && i < key_count; i++) {
        int flag = 0;
        MPI_Info_get(host, keys[i], MPI_MAX_INFO_VAL, value, &flag);
        if (flag) {
            set(found, keys[i], value);
        }
    }
    MPI_Info_free(&host);
    int32_t result = mpilayer_info_publish_copy(call, found, argument, address);
    if (found != NULL) {
        mpilayer_info_release(call->layer, found);
    }
    return result;
}

/* ---- the guest's functions ---- */

int32_t mpilayer_Info_create(struct mpilayer *layer, uint32_t info) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_create")) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_info_publish_copy(&call, NULL, "info", info);
}

/* The environment's info: this version tells nothing there, which MPI allows. */
int32_t mpilayer_Info_create_env(struct mpilayer *layer, int32_t argc, uint32_t argv,
                                 uint32_t info) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_create_env")) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_info_publish_copy(&call, NULL, "info", info);
}

int32_t mpilayer_Info_dup(struct mpilayer *layer, uint32_t info, uint32_t newinfo) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_dup") ||
        !mpilayer_info_get(&call, "info", info, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_info_publish_copy(&call, object, "newinfo", newinfo);
}

static bool get_own(struct mpilayer_call *call, uint32_t handle, struct mpilayer_info **out) {
    return mpilayer_info_get(call, "info", handle, out) &&
           (!(*out)->predefined ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_INFO, "info", "MPI_INFO_ENV cannot be changed"));
}

int32_t mpilayer_Info_free(struct mpilayer *layer, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_free") ||
        !mpilayer_memory_check(&call, "info", info, 4) ||
        !get_own(&call, (uint32_t)mpilayer_load_i32(layer, info), &object)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_object_hide(&object->object);
    mpilayer_info_release(layer, object);
    mpilayer_store_i32(layer, info, GUEST_MPI_INFO_NULL);
    return GUEST_MPI_SUCCESS;
}

static bool key_get(struct mpilayer_call *call, uint32_t address,
                    char key[GUEST_MPI_MAX_INFO_KEY]) {
    return mpilayer_string_get(call, "key", address, key, GUEST_MPI_MAX_INFO_KEY,
                               GUEST_MPI_ERR_INFO_KEY) &&
           (key[0] != '\0' ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_INFO_KEY, "key", "an empty string"));
}

int32_t mpilayer_Info_set(struct mpilayer *layer, uint32_t info, uint32_t key, uint32_t value) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    char key_text[GUEST_MPI_MAX_INFO_KEY], value_text[GUEST_MPI_MAX_INFO_VAL];
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_set") ||
        !get_own(&call, info, &object) || !key_get(&call, key, key_text) ||
        !mpilayer_string_get(&call, "value", value, value_text, sizeof value_text,
                             GUEST_MPI_ERR_INFO_VALUE)) {
        return mpilayer_call_raise(&call);
    }
    if (!set(object, key_text, value_text)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many pairs");
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Info_delete(struct mpilayer *layer, uint32_t info, uint32_t key) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    char key_text[GUEST_MPI_MAX_INFO_KEY];
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_delete") ||
        !get_own(&call, info, &object) || !key_get(&call, key, key_text)) {
        return mpilayer_call_raise(&call);
    }
    uint32_t at = position(object, key_text);
    if (at == object->count) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_INFO_NOKEY, "key", "\"%s\" is not set", key_text);
        return mpilayer_call_raise(&call);
    }
    erase(object, at);
    return GUEST_MPI_SUCCESS;
}

/* The value of the key, NULL if it is not set. */
static bool value_of(struct mpilayer_call *call, uint32_t info, uint32_t key, uint32_t flag,
                     const char **value) {
    struct mpilayer_info *object;
    char key_text[GUEST_MPI_MAX_INFO_KEY];
    if (!mpilayer_info_get(call, "info", info, &object) || !key_get(call, key, key_text) ||
        !mpilayer_memory_check(call, "flag", flag, 4)) {
        return false;
    }
    uint32_t at = position(object, key_text);
    *value = at < object->count ? object->pairs[at].value : NULL;
    return true;
}

/* The value into size bytes, zero included. */
static void put_value(struct mpilayer *layer, uint32_t address, const char *value, size_t size) {
    size_t length = strnlen(value, size - 1);
    char *out = mpilayer_pointer(layer, address);
    memcpy(out, value, length);
    out[length] = '\0';
}

int32_t mpilayer_Info_get(struct mpilayer *layer, uint32_t info, uint32_t key, int32_t valuelen,
                          uint32_t value, uint32_t flag) {
    struct mpilayer_call call;
    const char *text;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_get") ||
        !value_of(&call, info, key, flag, &text)) {
        return mpilayer_call_raise(&call);
    }
    if (valuelen < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "valuelen", "negative (%d)", valuelen);
        return mpilayer_call_raise(&call);
    }
    if (text != NULL) {
        /* valuelen does not count the final zero. */
        size_t length = strnlen(text, (size_t)valuelen);
        if (!mpilayer_memory_check(&call, "value", value, length + 1)) {
            return mpilayer_call_raise(&call);
        }
        put_value(layer, value, text, length + 1);
    }
    mpilayer_store_i32(layer, flag, text != NULL);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Info_get_string(struct mpilayer *layer, uint32_t info, uint32_t key,
                                 uint32_t buflen, uint32_t value, uint32_t flag) {
    struct mpilayer_call call;
    const char *text;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_get_string") ||
        !value_of(&call, info, key, flag, &text) ||
        !mpilayer_memory_check(&call, "buflen", buflen, 4)) {
        return mpilayer_call_raise(&call);
    }
    int32_t room = mpilayer_load_i32(layer, buflen);
    if (room < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "buflen", "negative (%d)", room);
        return mpilayer_call_raise(&call);
    }
    if (text != NULL) {
        size_t size = strlen(text) + 1;
        if (room > 0) {
            size_t most = size < (size_t)room ? size : (size_t)room;
            if (!mpilayer_memory_check(&call, "value", value, most)) {
                return mpilayer_call_raise(&call);
            }
            put_value(layer, value, text, most);
        }
        mpilayer_store_i32(layer, buflen, (int32_t)size);
    }
    mpilayer_store_i32(layer, flag, text != NULL);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Info_get_valuelen(struct mpilayer *layer, uint32_t info, uint32_t key,
                                   uint32_t valuelen, uint32_t flag) {
    struct mpilayer_call call;
    const char *text;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_get_valuelen") ||
        !value_of(&call, info, key, flag, &text) ||
        !mpilayer_memory_check(&call, "valuelen", valuelen, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (text != NULL) {
        mpilayer_store_i32(layer, valuelen, (int32_t)strlen(text));
    }
    mpilayer_store_i32(layer, flag, text != NULL);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Info_get_nkeys(struct mpilayer *layer, uint32_t info, uint32_t nkeys) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_get_nkeys") ||
        !mpilayer_info_get(&call, "info", info, &object) ||
        !mpilayer_memory_check(&call, "nkeys", nkeys, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, nkeys, (int32_t)object->count);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Info_get_nthkey(struct mpilayer *layer, uint32_t info, int32_t n, uint32_t key) {
    struct mpilayer_call call;
    struct mpilayer_info *object;
    if (!mpilayer_call_begin_anytime(&call, layer, "MPI_Info_get_nthkey") ||
        !mpilayer_info_get(&call, "info", info, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (n < 0 || (uint32_t)n >= object->count) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "n", "%d is not in [0, %u)", n, object->count);
        return mpilayer_call_raise(&call);
    }
    const char *text = object->pairs[n].key;
    if (!mpilayer_memory_check(&call, "key", key, strlen(text) + 1)) {
        return mpilayer_call_raise(&call);
    }
    put_value(layer, key, text, strlen(text) + 1);
    return GUEST_MPI_SUCCESS;
}
