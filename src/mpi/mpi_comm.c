/*
 * mpi_comm.c - communicators: their making, names, hints, comparison and end.
 * MPI 3.1, chapter 6.
 *
 * Attributes, error handler, name and hints live in the layer's object. The host's communicators
 * return their errors to the layer and carry no attributes.
 */
#include "mpi/mpi_attributes.h"
#include "mpi/mpi_buffer.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_info.h"
#include "mpi_functions.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- objects ---- */

static void fill_topology(struct mpilayer_comm *comm) {
    int kind = MPI_UNDEFINED, weighted;
    if (comm->inter || MPI_Topo_test(comm->host, &kind) != MPI_SUCCESS) {
        return;
    }
    if (kind == MPI_CART) {
        comm->topology = GUEST_MPI_CART;
        MPI_Cartdim_get(comm->host, &comm->dimensions);
        comm->kept = 16 * (uint64_t)comm->dimensions;
        comm->in_degree = comm->out_degree = 2 * comm->dimensions;
    } else if (kind == MPI_GRAPH) {
        comm->topology = GUEST_MPI_GRAPH;
        int nodes = 0, edges = 0;
        MPI_Graph_neighbors_count(comm->host, comm->rank, &comm->in_degree);
        MPI_Graphdims_get(comm->host, &nodes, &edges);
        comm->out_degree = comm->in_degree;
        comm->kept = 4 * ((uint64_t)nodes + (uint64_t)edges);
    } else if (kind == MPI_DIST_GRAPH) {
        comm->topology = GUEST_MPI_DIST_GRAPH;
        MPI_Dist_graph_neighbors_count(comm->host, &comm->in_degree, &comm->out_degree, &weighted);
        comm->kept = 8 * ((uint64_t)comm->in_degree + (uint64_t)comm->out_degree);
    }
}

void mpilayer_comm_fill(struct mpilayer *layer, struct mpilayer_comm *comm,
                        const struct mpilayer_comm *parent) {
    int inter = 0;
    MPI_Comm_set_errhandler(comm->host, MPI_ERRORS_RETURN);
    MPI_Comm_rank(comm->host, &comm->rank);
    MPI_Comm_size(comm->host, &comm->size);
    MPI_Comm_test_inter(comm->host, &inter);
    comm->inter = inter != 0;
    comm->remote_size = comm->size;
    if (comm->inter) {
        MPI_Comm_remote_size(comm->host, &comm->remote_size);
    }
    fill_topology(comm);
    layer->kept += comm->kept;
    if (parent != NULL) {
        comm->session = parent->session;
    }
    if (comm->errhandler == NULL) {
        comm->errhandler_is_initial = parent == NULL || parent->errhandler_is_initial;
        mpilayer_errhandler_assign(layer, comm,
                                   parent != NULL
                                       ? parent->errhandler
                                       : mpilayer_table_find(&layer->tables[MPILAYER_ERRHANDLER],
                                                             GUEST_MPI_ERRORS_ARE_FATAL));
    }
}

void mpilayer_comm_release(struct mpilayer *layer, struct mpilayer_comm *comm) {
    if (!mpilayer_object_release(&layer->tables[MPILAYER_COMM], &comm->object)) {
        return;
    }
    if (comm->errhandler != NULL) {
        mpilayer_errhandler_release(layer, comm->errhandler);
    }
    if (comm->info != NULL) {
        mpilayer_info_release(layer, comm->info);
    }
    mpilayer_buffer_release(comm->buffer);
    mpilayer_attributes_forget(layer, &comm->attributes);
    layer->kept -= comm->kept;
}

bool mpilayer_comm_reserve(struct mpilayer_call *call, const char *argument, uint32_t address,
                           struct mpilayer_comm **out) {
    /* A topology takes up what its arguments do. */
    if (!mpilayer_memory_check(call, argument, address, 4) ||
        (strcmp(call->name, "MPI_Comm_create_group") != 0 && !mpilayer_collective_begin(call)) ||
        !mpilayer_kept_check(call, mpilayer_call_bytes(call))) {
        return false;
    }
    *out = mpilayer_table_allocate(&call->layer->tables[MPILAYER_COMM]);
    if (*out == NULL) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "too many communicators");
    }
    (*out)->host = MPI_COMM_NULL;
    return true;
}

int32_t mpilayer_comm_publish(struct mpilayer_call *call, int code, struct mpilayer_comm *comm,
                              const struct mpilayer_comm *parent, uint32_t address) {
    if (code != MPI_SUCCESS || comm->host == MPI_COMM_NULL) {
        mpilayer_comm_release(call->layer, comm);
        if (code == MPI_SUCCESS) {
            mpilayer_store_i32(call->layer, address, GUEST_MPI_COMM_NULL);
        }
    } else {
        mpilayer_comm_fill(call->layer, comm, parent);
        mpilayer_store_i32(call->layer, address, (int32_t)comm->object.handle);
    }
    return mpilayer_call_return(call, code);
}

/* ---- questions ---- */

int32_t mpilayer_Comm_size(struct mpilayer *layer, uint32_t comm, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_size") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_memory_check(&call, "size", size, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, size, object->size);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_rank(struct mpilayer *layer, uint32_t comm, uint32_t rank) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_rank") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_memory_check(&call, "rank", rank, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, rank, object->rank);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_remote_size(struct mpilayer *layer, uint32_t comm, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_remote_size") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_memory_check(&call, "size", size, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (!object->inter) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COMM, "comm", "is not an intercommunicator");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, size, object->remote_size);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_test_inter(struct mpilayer *layer, uint32_t comm, uint32_t flag) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_test_inter") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_memory_check(&call, "flag", flag, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, flag, object->inter);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_comparison_to_guest(int result) {
    return result == MPI_IDENT       ? GUEST_MPI_IDENT
           : result == MPI_CONGRUENT ? GUEST_MPI_CONGRUENT
           : result == MPI_SIMILAR   ? GUEST_MPI_SIMILAR
                                     : GUEST_MPI_UNEQUAL;
}

/* ---- making ---- */

static int32_t dup(struct mpilayer *layer, const char *name, uint32_t comm, bool with_info,
                   uint32_t info, uint32_t newcomm) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    struct mpilayer_info *hints = NULL;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &parent) ||
        (with_info && !mpilayer_info_get_optional(&call, "info", info, &hints)) ||
        !mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Comm_dup(parent->host, &made->host);
    if (code != MPI_SUCCESS) {
        return mpilayer_comm_publish(&call, code, made, parent, newcomm);
    }
    mpilayer_comm_fill(layer, made, parent);
    made->info = mpilayer_info_hints(layer, with_info ? hints : parent->info);
    /* The new handle is the callbacks' only after all of them agreed. */
    mpilayer_object_reference(&parent->object);
    int failed = mpilayer_attributes_copy(layer, &parent->attributes, comm, &made->attributes);
    mpilayer_comm_release(layer, parent);
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_attributes_delete_all(layer, &made->attributes, made->object.handle);
        MPI_Comm_free(&made->host);
        mpilayer_comm_release(layer, made);
        mpilayer_store_i32(layer, newcomm, GUEST_MPI_COMM_NULL);
        mpilayer_call_fail(&call, failed, NULL, "an attribute's copy callback failed");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, newcomm, (int32_t)made->object.handle);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_dup(struct mpilayer *layer, uint32_t comm, uint32_t newcomm) {
    return dup(layer, "MPI_Comm_dup", comm, false, GUEST_MPI_INFO_NULL, newcomm);
}

int32_t mpilayer_Comm_dup_with_info(struct mpilayer *layer, uint32_t comm, uint32_t info,
                                    uint32_t newcomm) {
    return dup(layer, "MPI_Comm_dup_with_info", comm, true, info, newcomm);
}

static int32_t idup(struct mpilayer *layer, const char *name, uint32_t comm, bool with_info,
                    uint32_t info, uint32_t newcomm, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    struct mpilayer_request *request_object;
    struct mpilayer_info *hints = NULL;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &parent) ||
        (with_info && !mpilayer_info_get_optional(&call, "info", info, &hints)) ||
        !mpilayer_memory_check(&call, "request", request, 4) ||
        !mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    /* Attributes are copied now: section 6.4.2. */
    mpilayer_object_reference(&parent->object); /* the callbacks may free it */
    int failed = mpilayer_attributes_copy(layer, &parent->attributes, comm, &made->attributes);
    bool gone = parent->object.handle != comm;
    mpilayer_comm_release(layer, parent);
    if (gone && failed == GUEST_MPI_SUCCESS) {
        failed = GUEST_MPI_ERR_COMM;
        call.comm = NULL;
    }
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_attributes_delete_all(layer, &made->attributes, made->object.handle);
        mpilayer_comm_release(layer, made);
        mpilayer_call_fail(&call, failed, NULL, "an attribute's copy callback failed");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_request_reserve(&call, "request", request, &request_object)) {
        mpilayer_comm_release(layer, made);
        return mpilayer_call_raise(&call);
    }
    mpilayer_errhandler_assign(layer, made, parent->errhandler);
    made->errhandler_is_initial = parent->errhandler_is_initial;
    made->info = mpilayer_info_hints(layer, with_info ? hints : parent->info);
    made->session = parent->session;
    made->rank = parent->rank;
    made->size = parent->size;
    made->remote_size = parent->remote_size;
    made->inter = parent->inter;
    int code = MPI_Comm_idup(parent->host, &made->host, &request_object->host);
    if (code != MPI_SUCCESS) {
        mpilayer_comm_release(layer, made);
    } else {
        /* The guest has the handle now, but it is not valid before the request completes. */
        request_object->new_comm = made;
        request_object->new_handle = made->object.handle;
        mpilayer_store_i32(layer, newcomm, (int32_t)made->object.handle);
        mpilayer_object_hide(&made->object);
    }
    return mpilayer_request_started(&call, code, request_object, request);
}

int32_t mpilayer_Comm_idup(struct mpilayer *layer, uint32_t comm, uint32_t newcomm,
                           uint32_t request) {
    return idup(layer, "MPI_Comm_idup", comm, false, GUEST_MPI_INFO_NULL, newcomm, request);
}

int32_t mpilayer_Comm_idup_with_info(struct mpilayer *layer, uint32_t comm, uint32_t info,
                                     uint32_t newcomm, uint32_t request) {
    return idup(layer, "MPI_Comm_idup_with_info", comm, true, info, newcomm, request);
}

int32_t mpilayer_Comm_split(struct mpilayer *layer, uint32_t comm, int32_t color, int32_t key,
                            uint32_t newcomm) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_split") ||
        !mpilayer_comm_get(&call, "comm", comm, &parent)) {
        return mpilayer_call_raise(&call);
    }
    if (color < 0 && color != GUEST_MPI_UNDEFINED) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "color", "negative (%d)", color);
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Comm_split(parent->host, color == GUEST_MPI_UNDEFINED ? MPI_UNDEFINED : color,
                              key, &made->host);
    return mpilayer_comm_publish(&call, code, made, parent, newcomm);
}

int32_t mpilayer_Comm_split_type(struct mpilayer *layer, uint32_t comm, int32_t split_type,
                                 int32_t key, uint32_t info, uint32_t newcomm) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    struct mpilayer_info *hints;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_split_type") ||
        !mpilayer_comm_get(&call, "comm", comm, &parent) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints)) {
        return mpilayer_call_raise(&call);
    }
    int type;
    MPI_Info info_host = MPI_INFO_NULL;
    switch (split_type) {
    case GUEST_MPI_COMM_TYPE_SHARED: type = MPI_COMM_TYPE_SHARED; break;
    case GUEST_MPI_UNDEFINED: type = MPI_UNDEFINED; break;
    case GUEST_MPI_COMM_TYPE_HW_GUIDED:
    case GUEST_MPI_COMM_TYPE_HW_UNGUIDED:
#if MPI_VERSION >= 4
        type = split_type == GUEST_MPI_COMM_TYPE_HW_GUIDED ? MPI_COMM_TYPE_HW_GUIDED
                                                           : MPI_COMM_TYPE_HW_UNGUIDED;
        info_host = mpilayer_info_to_host(hints, (const char *const[]){"mpi_hw_resource_type"}, 1);
        break;
#endif
    case GUEST_MPI_COMM_TYPE_RESOURCE_GUIDED:
        type = MPI_UNDEFINED; /* no such resource: everybody gets MPI_COMM_NULL, as MPI allows */
        break;
    default:
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "split_type", "%d is not a type of split",
                           split_type);
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Comm_split_type(parent->host, type, key, info_host, &made->host);
    if (info_host != MPI_INFO_NULL) {
        MPI_Info_free(&info_host);
    }
    return mpilayer_comm_publish(&call, code, made, parent, newcomm);
}

int32_t mpilayer_Intercomm_create(struct mpilayer *layer, uint32_t local_comm, int32_t local_leader,
                                  uint32_t peer_comm, int32_t remote_leader, int32_t tag,
                                  uint32_t newintercomm) {
    struct mpilayer_call call;
    struct mpilayer_comm *local, *peer = NULL, *made;
    int tag_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Intercomm_create") ||
        !mpilayer_comm_get(&call, "local_comm", local_comm, &local)) {
        return mpilayer_call_raise(&call);
    }
    if (local->inter) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COMM, "local_comm", "is an intercommunicator");
        return mpilayer_call_raise(&call);
    }
    /* Before the ranks, as Open MPI does. */
    if (!mpilayer_memory_check(&call, "newintercomm", newintercomm, 4) ||
        !mpilayer_rank_check(&call, "local_leader", local_leader, local->size,
                             GUEST_MPI_ERR_RANK) ||
        !mpilayer_sendtag_get(&call, "tag", tag, &tag_host)) {
        return mpilayer_call_raise(&call);
    }
    /* The peer communicator and the remote leader mean something at the leader only. */
    if (local->rank == local_leader) {
        if (!mpilayer_comm_get(&call, "peer_comm", peer_comm, &peer) ||
            !mpilayer_rank_check(&call, "remote_leader", remote_leader, peer->remote_size,
                                 GUEST_MPI_ERR_RANK)) {
            return mpilayer_call_raise(&call);
        }
        call.comm = local;
    }
    if (!mpilayer_comm_reserve(&call, "newintercomm", newintercomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code =
        MPI_Intercomm_create(local->host, local_leader, peer != NULL ? peer->host : MPI_COMM_NULL,
                             peer != NULL ? remote_leader : 0, tag_host, &made->host);
    return mpilayer_comm_publish(&call, code, made, local, newintercomm);
}

/* ---- end ---- */

static int32_t comm_free(struct mpilayer *layer, const char *name, uint32_t comm, bool disconnect) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "comm", comm, 4) ||
        !mpilayer_comm_get(&call, "comm", (uint32_t)mpilayer_load_i32(layer, comm), &object)) {
        return mpilayer_call_raise(&call);
    }
    if (object->predefined) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COMM, "comm", "%s cannot be freed", object->name);
        return mpilayer_call_raise(&call);
    }
    uint32_t handle = object->object.handle;
    mpilayer_object_reference(&object->object); /* over the callbacks, and for the error handler */
    int failed = mpilayer_attributes_delete_all(layer, &object->attributes, handle);
    int32_t result;
    if (failed != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, failed, "comm", "an attribute's delete callback failed");
        result = mpilayer_call_raise(&call);
    } else if (object->object.handle != handle) {
        result = GUEST_MPI_SUCCESS; /* a callback was faster */
    } else {
        /* Nobody finds it from here on; who has found it keeps the host's, too. */
        mpilayer_object_hide(&object->object);
        int code = mpilayer_thread_shares(&object->object)
                       ? (object->free_later = true, MPI_SUCCESS)
                   : disconnect ? MPI_Comm_disconnect(&object->host)
                                : MPI_Comm_free(&object->host);
        if (code == MPI_SUCCESS) {
            mpilayer_comm_release(layer, object);
            mpilayer_store_i32(layer, comm, GUEST_MPI_COMM_NULL);
        } else {
            mpilayer_object_show(&object->object, handle);
        }
        result = mpilayer_call_return(&call, code);
    }
    mpilayer_comm_release(layer, object);
    return result;
}

int32_t mpilayer_Comm_free(struct mpilayer *layer, uint32_t comm) {
    return comm_free(layer, "MPI_Comm_free", comm, false);
}
int32_t mpilayer_Comm_disconnect(struct mpilayer *layer, uint32_t comm) {
    return comm_free(layer, "MPI_Comm_disconnect", comm, true);
}

/* ---- names and hints ---- */

int32_t mpilayer_Comm_set_name(struct mpilayer *layer, uint32_t comm, uint32_t comm_name) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_set_name") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_name_get(&call, "comm_name", comm_name, object->name)) {
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_get_name(struct mpilayer *layer, uint32_t comm, uint32_t comm_name,
                               uint32_t resultlen) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_get_name") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_name_put(&call, comm_name, resultlen, object->name)) {
        return mpilayer_call_raise(&call);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_set_info(struct mpilayer *layer, uint32_t comm, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    struct mpilayer_info *hints;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_set_info") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_info_get(&call, "info", info, &hints)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_info *copy = mpilayer_info_hints(layer, hints);
    if (object->info != NULL) {
        mpilayer_info_release(layer, object->info);
    }
    object->info = copy;
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_get_info(struct mpilayer *layer, uint32_t comm, uint32_t info_used) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_get_info") ||
        !mpilayer_comm_get(&call, "comm", comm, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_info_publish_copy(&call, object->info, "info_used", info_used);
}
