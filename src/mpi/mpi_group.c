/*
 * mpi_group.c - groups. MPI 3.1, section 6.3.
 *
 * Lists of ranks are copied and checked here, as not every MPI does.
 */
#include "mpi_functions.h"

#include <stdlib.h>

enum { BYTES_OF_MEMBER = 16 }; /* roughly, in the host's group */

bool mpilayer_group_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                            struct mpilayer_group **out) {
    if (!mpilayer_memory_check(call, argument, address, 4) || !mpilayer_kept_check(call, 0)) {
        return false;
    }
    *out = mpilayer_table_allocate(&call->layer->tables[MPILAYER_GROUP]);
    if (*out == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many groups");
    }
    (*out)->host = MPI_GROUP_NULL;
    return true;
}

int32_t mpilayer_group_publish(struct mpilayer_call *call, int code, struct mpilayer_group *group,
                               uint32_t address) {
    struct mpilayer_table *table = &call->layer->tables[MPILAYER_GROUP];
    if (code != MPI_SUCCESS) {
        mpilayer_object_release(table, &group->object);
    } else if (group->host == MPI_GROUP_EMPTY) {
        mpilayer_object_release(table, &group->object);
        mpilayer_store_i32(call->layer, address, GUEST_MPI_GROUP_EMPTY);
    } else {
        MPI_Group_size(group->host, &group->size);
        call->layer->kept += BYTES_OF_MEMBER * (uint64_t)group->size;
        mpilayer_store_i32(call->layer, address, (int32_t)group->object.handle);
    }
    return mpilayer_call_return(call, code);
}

int32_t mpilayer_Group_size(struct mpilayer *layer, uint32_t group, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_group *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Group_size") ||
        !mpilayer_group_get(&call, "group", group, &object) ||
        !mpilayer_memory_check(&call, "size", size, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, size, object->size);
    return GUEST_MPI_SUCCESS;
}

/* Each rank once, and of the group. */
static bool check_ranks(struct mpilayer_call *call, const int32_t *ranks, int32_t n, int size) {
    uint8_t *seen = mpilayer_call_allocate(call, (size_t)size);
    if (seen == NULL) {
        return false;
    }
    for (int32_t i = 0; i < n; i++) {
        if (!mpilayer_rank_check(call, "ranks", ranks[i], size, GUEST_MPI_ERR_RANK)) {
            return false;
        }
        if (seen[ranks[i]]++) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_RANK, "ranks", "%d occurs twice",
                                      ranks[i]);
        }
    }
    return true;
}

static int32_t subset(struct mpilayer *layer, const char *name, uint32_t group, int32_t n,
                      uint32_t ranks, uint32_t newgroup,
                      int (*function)(MPI_Group, int, const int *, MPI_Group *)) {
    struct mpilayer_call call;
    struct mpilayer_group *object, *made;
    int32_t *list;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_group_get(&call, "group", group, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (n < 0 || n > object->size) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "n", "%d is not in [0, %d]", n, object->size);
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_array_get(&call, "ranks", ranks, n, sizeof *list, &list) ||
        !check_ranks(&call, list, n, object->size) ||
        !mpilayer_group_reserve(&call, "newgroup", newgroup, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = function(object->host, n, list, &made->host);
    return mpilayer_group_publish(&call, code, made, newgroup);
}

int32_t mpilayer_Group_incl(struct mpilayer *layer, uint32_t group, int32_t n, uint32_t ranks,
                            uint32_t newgroup) {
    return subset(layer, "MPI_Group_incl", group, n, ranks, newgroup, MPI_Group_incl);
}
int32_t mpilayer_Group_excl(struct mpilayer *layer, uint32_t group, int32_t n, uint32_t ranks,
                            uint32_t newgroup) {
    return subset(layer, "MPI_Group_excl", group, n, ranks, newgroup, MPI_Group_excl);
}

static int32_t range(struct mpilayer *layer, const char *name, uint32_t group, int32_t n,
                     uint32_t ranges, uint32_t newgroup,
                     int (*function)(MPI_Group, int, int[][3], MPI_Group *)) {
    struct mpilayer_call call;
    struct mpilayer_group *object, *made;
    int32_t (*list)[3];
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_group_get(&call, "group", group, &object)) {
        return mpilayer_call_raise(&call);
    }
    if (n < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "n", "negative (%d)", n);
        return mpilayer_call_raise(&call);
    }
    uint8_t *seen;
    if (!mpilayer_array_get(&call, "ranges", ranges, n, sizeof *list, &list) ||
        (seen = mpilayer_call_allocate(&call, (size_t)object->size)) == NULL) {
        return mpilayer_call_raise(&call);
    }
    for (int32_t i = 0; i < n; i++) {
        int64_t first = list[i][0], last = list[i][1], stride = list[i][2];
        if (stride == 0 || (stride > 0 && first > last) || (stride < 0 && first < last)) {
            mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "ranges", "[%lld, %lld] with stride %lld",
                               (long long)first, (long long)last, (long long)stride);
            return mpilayer_call_raise(&call);
        }
        /* The last rank that the stride hits is not `last` itself, which must be valid too. */
        if (!mpilayer_rank_check(&call, "ranges", list[i][0], object->size, GUEST_MPI_ERR_RANK) ||
            !mpilayer_rank_check(&call, "ranges", list[i][1], object->size, GUEST_MPI_ERR_RANK)) {
            return mpilayer_call_raise(&call);
        }
        for (int64_t rank = first; stride > 0 ? rank <= last : rank >= last; rank += stride) {
            if (seen[rank]++) {
                mpilayer_call_fail(&call, GUEST_MPI_ERR_RANK, "ranges", "%lld occurs twice",
                                   (long long)rank);
                return mpilayer_call_raise(&call);
            }
        }
    }
    if (!mpilayer_group_reserve(&call, "newgroup", newgroup, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = function(object->host, n, list, &made->host);
    return mpilayer_group_publish(&call, code, made, newgroup);
}

int32_t mpilayer_Group_range_incl(struct mpilayer *layer, uint32_t group, int32_t n,
                                  uint32_t ranges, uint32_t newgroup) {
    return range(layer, "MPI_Group_range_incl", group, n, ranges, newgroup, MPI_Group_range_incl);
}
int32_t mpilayer_Group_range_excl(struct mpilayer *layer, uint32_t group, int32_t n,
                                  uint32_t ranges, uint32_t newgroup) {
    return range(layer, "MPI_Group_range_excl", group, n, ranges, newgroup, MPI_Group_range_excl);
}

int32_t mpilayer_Group_translate_ranks(struct mpilayer *layer, uint32_t group1, int32_t n,
                                       uint32_t ranks1, uint32_t group2, uint32_t ranks2) {
    struct mpilayer_call call;
    struct mpilayer_group *from, *to;
    int32_t *in, *out;
    if (!mpilayer_call_begin(&call, layer, "MPI_Group_translate_ranks") ||
        !mpilayer_group_get(&call, "group1", group1, &from) ||
        !mpilayer_group_get(&call, "group2", group2, &to)) {
        return mpilayer_call_raise(&call);
    }
    if (n < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "n", "negative (%d)", n);
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_array_get(&call, "ranks1", ranks1, n, sizeof *in, &in) ||
        (n > 0 && !mpilayer_memory_check(&call, "ranks2", ranks2, (uint64_t)n * sizeof *out)) ||
        (out = mpilayer_call_allocate(&call, (size_t)n * sizeof *out)) == NULL) {
        return mpilayer_call_raise(&call);
    }
    for (int32_t i = 0; i < n; i++) {
        if (in[i] == GUEST_MPI_PROC_NULL) {
            in[i] = MPI_PROC_NULL;
        } else if (!mpilayer_rank_check(&call, "ranks1", in[i], from->size, GUEST_MPI_ERR_RANK)) {
            return mpilayer_call_raise(&call);
        }
    }
    int code = MPI_Group_translate_ranks(from->host, n, in, to->host, out);
    if (code == MPI_SUCCESS) {
        for (int32_t i = 0; i < n; i++) {
            mpilayer_store_i32(layer, ranks2 + 4 * (uint32_t)i,
                               out[i] == MPI_UNDEFINED ? GUEST_MPI_UNDEFINED
                                                       : mpilayer_rank_to_guest(out[i]));
        }
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Group_free(struct mpilayer *layer, uint32_t group) {
    struct mpilayer_call call;
    struct mpilayer_group *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Group_free") ||
        !mpilayer_memory_check(&call, "group", group, 4) ||
        !mpilayer_group_get(&call, "group", (uint32_t)mpilayer_load_i32(layer, group), &object)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_SUCCESS;
    if (mpilayer_thread_shares(&object->object)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_GROUP, "group", "is in use by another thread");
        return mpilayer_call_raise(&call);
    }
    if (!object->predefined) { /* programs do free MPI_GROUP_EMPTY, which MPI allows or ignores */
        uint32_t handle = object->object.handle;
        mpilayer_object_hide(&object->object);
        code = MPI_Group_free(&object->host);
        if (code != MPI_SUCCESS) {
            mpilayer_object_show(&object->object, handle);
        } else {
            layer->kept -= BYTES_OF_MEMBER * (uint64_t)object->size;
            mpilayer_object_release(&layer->tables[MPILAYER_GROUP], &object->object);
        }
    }
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, group, GUEST_MPI_GROUP_NULL);
    }
    return mpilayer_call_return(&call, code);
}
