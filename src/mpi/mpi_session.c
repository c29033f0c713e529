/*
 * mpi_session.c - sessions, their process sets, and what is made from groups without a parent
 * communicator. MPI 4.1, sections 7.4.2, 7.6.2 and 11.3.
 *
 * A session is an object of the layer alone: the host's MPI is started once, with its own MPI_Init,
 * for sessions and MPI_COMM_WORLD alike, and ends after the last of them. The process sets are
 * mpi://WORLD and mpi://SELF. A communicator from a group is made inside the host's
 * MPI_COMM_WORLD, with a tag made from the string tag.
 *
 * Deliberate deviation: a session's thread level is the process's, and what belongs to one session
 * may be used with another.
 */
#include "mpi/mpi_session.h"

#include "mpi/mpi_error.h"
#include "mpi/mpi_info.h"
#include "mpi_functions.h"

#include <stdio.h>
#include <strings.h>

static const char *const psets[] = {"mpi://WORLD", "mpi://SELF"};
enum { PSET_COUNT = sizeof psets / sizeof psets[0] };

static const char *const level_names[] = {"MPI_THREAD_SINGLE", "MPI_THREAD_FUNNELED",
                                          "MPI_THREAD_SERIALIZED", "MPI_THREAD_MULTIPLE"};
static const int levels[] = {GUEST_MPI_THREAD_SINGLE, GUEST_MPI_THREAD_FUNNELED,
                             GUEST_MPI_THREAD_SERIALIZED, GUEST_MPI_THREAD_MULTIPLE};

/* ---- begin and end ---- */

static void session_release(struct mpilayer *layer, struct mpilayer_session *session) {
    if (session->comm != NULL) {
        session->comm->stands_for = 0;
        mpilayer_comm_release(layer, session->comm);
    }
    if (session->info != NULL) {
        mpilayer_info_release(layer, session->info);
    }
    mpilayer_buffer_release(session->buffer);
    mpilayer_object_release(&layer->tables[MPILAYER_SESSION], &session->object);
}

int32_t mpilayer_Session_init(struct mpilayer *layer, uint32_t info, uint32_t errhandler,
                              uint32_t session) {
    struct mpilayer_call call;
    struct mpilayer_info *hints;
    struct mpilayer_errhandler *handler;
    int32_t required = GUEST_MPI_THREAD_SINGLE, provided;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Session_init");
    if (!mpilayer_memory_check(&call, "session", session, 4) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_errhandler_get(&call, "errhandler", errhandler, &handler)) {
        return mpilayer_call_raise(&call);
    }
    for (int i = 0; i < 4; i++) {
        if (mpilayer_info_is(hints, "thread_level", level_names[i])) {
            required = levels[i];
        }
    }
    if (!mpilayer_start(&call, required, &provided)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_session *made = mpilayer_table_allocate(&layer->tables[MPILAYER_SESSION]);
    if (made != NULL) {
        made->comm = mpilayer_table_allocate(&layer->tables[MPILAYER_COMM]);
    }
    if (made == NULL || made->comm == NULL) {
        if (made != NULL) {
            session_release(layer, made);
        }
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many sessions");
        return mpilayer_call_raise(&call);
    }
    mpilayer_object_hide(&made->comm->object);
    made->comm->host = MPI_COMM_NULL;
    made->comm->stands_for = made->object.handle;
    mpilayer_errhandler_assign(layer, made->comm, handler);
    made->info = mpilayer_info_hints(layer, hints);
    layer->sessions_open++;
    layer->sessions_used = true;
    mpilayer_store_i32(layer, session, (int32_t)made->object.handle);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Session_finalize(struct mpilayer *layer, uint32_t session) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Session_finalize") ||
        !mpilayer_memory_check(&call, "session", session, 4) ||
        !mpilayer_session_get(&call, "session", (uint32_t)mpilayer_load_i32(layer, session),
                              &object)) {
        return mpilayer_call_raise(&call);
    }
    if (mpilayer_thread_shares(&object->object)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_SESSION, "session", "is in use by another thread");
        return mpilayer_call_raise(&call);
    }
    mpilayer_object_hide(&object->object);
    session_release(layer, object);
    layer->sessions_open--;
    mpilayer_store_i32(layer, session, GUEST_MPI_SESSION_NULL);
    return GUEST_MPI_SUCCESS;
}

/* ---- what it tells ---- */

static bool begin(struct mpilayer_call *call, struct mpilayer *layer, const char *name,
                  uint32_t session, struct mpilayer_session **object) {
    return mpilayer_call_begin(call, layer, name) &&
           mpilayer_session_get(call, "session", session, object);
}

int32_t mpilayer_Session_get_info(struct mpilayer *layer, uint32_t session, uint32_t info_used) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!begin(&call, layer, "MPI_Session_get_info", session, &object)) {
        return mpilayer_call_raise(&call);
    }
    const char *level = level_names[0];
    for (int i = 0; i < 4; i++) {
        if (levels[i] == layer->thread_level) {
            level = level_names[i];
        }
    }
    return mpilayer_info_publish_pairs(&call, object->info,
                                       (const char *const[]){"thread_level", level, NULL},
                                       "info_used", info_used);
}

int32_t mpilayer_Session_get_num_psets(struct mpilayer *layer, uint32_t session, uint32_t info,
                                       uint32_t npset_names) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    struct mpilayer_info *hints;
    if (!begin(&call, layer, "MPI_Session_get_num_psets", session, &object) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_memory_check(&call, "npset_names", npset_names, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, npset_names, PSET_COUNT);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Session_get_nth_pset(struct mpilayer *layer, uint32_t session, uint32_t info,
                                      int32_t n, uint32_t pset_len, uint32_t pset_name) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    struct mpilayer_info *hints;
    if (!begin(&call, layer, "MPI_Session_get_nth_pset", session, &object) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_memory_check(&call, "pset_len", pset_len, 4)) {
        return mpilayer_call_raise(&call);
    }
    int32_t room = mpilayer_load_i32(layer, pset_len);
    if (n < 0 || n >= PSET_COUNT || room < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, room < 0 ? "pset_len" : "n",
                           room < 0 ? "negative (%d)" : "there is no process set %d",
                           room < 0 ? room : n);
        return mpilayer_call_raise(&call);
    }
    size_t size = strlen(psets[n]) + 1;
    if (room > 0) { /* a length of 0 only asks for it */
        size_t most = size < (size_t)room ? size : (size_t)room;
        if (!mpilayer_memory_check(&call, "pset_name", pset_name, most)) {
            return mpilayer_call_raise(&call);
        }
        char *out = mpilayer_pointer(layer, pset_name);
        memcpy(out, psets[n], most - 1);
        out[most - 1] = '\0';
    }
    mpilayer_store_i32(layer, pset_len, (int32_t)size);
    return GUEST_MPI_SUCCESS;
}

/* Which process set the guest names. */
static bool pset_get(struct mpilayer_call *call, uint32_t name, int *which) {
    char text[GUEST_MPI_MAX_PSET_NAME_LEN];
    if (!mpilayer_string_get(call, "pset_name", name, text, sizeof text, GUEST_MPI_ERR_ARG)) {
        return false;
    }
    for (*which = 0; *which < PSET_COUNT; ++*which) {
        if (strcasecmp(text, psets[*which]) == 0) {
            return true;
        }
    }
    return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "pset_name", "no process set has that name");
}

int32_t mpilayer_Session_get_pset_info(struct mpilayer *layer, uint32_t session, uint32_t pset_name,
                                       uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    char size[16];
    int which;
    if (!begin(&call, layer, "MPI_Session_get_pset_info", session, &object) ||
        !pset_get(&call, pset_name, &which)) {
        return mpilayer_call_raise(&call);
    }
    snprintf(size, sizeof size, "%d", which == 0 ? layer->world->size : 1);
    return mpilayer_info_publish_pairs(&call, NULL, (const char *const[]){"mpi_size", size, NULL},
                                       "info", info);
}

/* ---- groups and communicators ---- */

int32_t mpilayer_Group_from_session_pset(struct mpilayer *layer, uint32_t session,
                                         uint32_t pset_name, uint32_t newgroup) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    struct mpilayer_group *made;
    int which;
    if (!begin(&call, layer, "MPI_Group_from_session_pset", session, &object) ||
        !pset_get(&call, pset_name, &which) ||
        !mpilayer_group_reserve(&call, "newgroup", newgroup, &made)) {
        return mpilayer_call_raise(&call);
    }
    made->session = object->object.handle;
    int code = MPI_Comm_group(which == 0 ? MPI_COMM_WORLD : MPI_COMM_SELF, &made->host);
    return mpilayer_group_publish(&call, code, made, newgroup);
}

/* The same on all processes: where the message that makes the communicator is told apart. */
static bool string_tag_get(struct mpilayer_call *call, uint32_t stringtag, int *tag) {
    char text[GUEST_MPI_MAX_STRINGTAG_LEN];
    uint32_t hash = 2166136261u;
    if (!mpilayer_string_get(call, "stringtag", stringtag, text, sizeof text, GUEST_MPI_ERR_ARG)) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        hash = (hash ^ (uint8_t)*c) * 16777619u;
    }
    int range = call->layer->tag_ub < INT16_MAX ? call->layer->tag_ub : INT16_MAX;
    *tag = (int)(hash % (uint32_t)range);
    return true;
}

/* The session that the group comes from, or, if that cannot be told, the only one there is. */
static uint32_t session_of(const struct mpilayer *layer, const struct mpilayer_group *group) {
    const struct mpilayer_table *table = &layer->tables[MPILAYER_SESSION];
    uint32_t found = group->session;
    for (uint32_t i = table->predefined_count;
         found == 0 && layer->sessions_open == 1 && i < table->used; i++) {
        found = ((struct mpilayer_object *)(table->objects + (size_t)i * table->size))->handle;
    }
    return found;
}

/* Where failures go until the communicator is there. */
static void attach_handler(struct mpilayer_call *call, const struct mpilayer_group *group) {
    struct mpilayer_session *session =
        mpilayer_table_find(&call->layer->tables[MPILAYER_SESSION], session_of(call->layer, group));
    if (session != NULL) {
        call->comm = session->comm;
    }
}

int32_t mpilayer_Comm_create_from_group(struct mpilayer *layer, uint32_t group, uint32_t stringtag,
                                        uint32_t info, uint32_t errhandler, uint32_t newcomm) {
    struct mpilayer_call call;
    struct mpilayer_group *group_object;
    struct mpilayer_info *hints;
    struct mpilayer_errhandler *handler;
    struct mpilayer_comm *made;
    int tag;
    if (!mpilayer_call_begin(&call, layer, "MPI_Comm_create_from_group") ||
        !mpilayer_group_get(&call, "group", group, &group_object)) {
        return mpilayer_call_raise(&call);
    }
    attach_handler(&call, group_object);
    if (!string_tag_get(&call, stringtag, &tag) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_errhandler_get(&call, "errhandler", errhandler, &handler) ||
        !mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    int code = group_object->size == 0
                   ? MPI_SUCCESS /* MPI_COMM_NULL */
                   : MPI_Comm_create_group(MPI_COMM_WORLD, group_object->host, tag, &made->host);
    made->session = session_of(layer, group_object);
    mpilayer_errhandler_assign(layer, made, handler);
    made->info = mpilayer_info_hints(layer, hints);
    return mpilayer_comm_publish(&call, code, made, NULL, newcomm);
}

int32_t mpilayer_Intercomm_create_from_groups(struct mpilayer *layer, uint32_t local_group,
                                              int32_t local_leader, uint32_t remote_group,
                                              int32_t remote_leader, uint32_t stringtag,
                                              uint32_t info, uint32_t errhandler,
                                              uint32_t newintercomm) {
    struct mpilayer_call call;
    struct mpilayer_group *local, *remote;
    struct mpilayer_info *hints;
    struct mpilayer_errhandler *handler;
    struct mpilayer_comm *made;
    int tag, world_leader = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Intercomm_create_from_groups") ||
        !mpilayer_group_get(&call, "local_group", local_group, &local) ||
        !mpilayer_group_get(&call, "remote_group", remote_group, &remote)) {
        return mpilayer_call_raise(&call);
    }
    attach_handler(&call, local);
    if (!mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_rank_check(&call, "local_leader", local_leader, local->size, GUEST_MPI_ERR_ARG) ||
        !mpilayer_rank_check(&call, "remote_leader", remote_leader, remote->size,
                             GUEST_MPI_ERR_ARG) ||
        !string_tag_get(&call, stringtag, &tag) ||
        !mpilayer_errhandler_get(&call, "errhandler", errhandler, &handler) ||
        !mpilayer_comm_reserve(&call, "newintercomm", newintercomm, &made)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Group world;
    MPI_Comm side = MPI_COMM_NULL;
    int code = MPI_Comm_group(MPI_COMM_WORLD, &world);
    if (code == MPI_SUCCESS) {
        code = MPI_Group_translate_ranks(remote->host, 1, &remote_leader, world, &world_leader);
        MPI_Group_free(&world);
    }
    if (code == MPI_SUCCESS) {
        code = MPI_Comm_create_group(MPI_COMM_WORLD, local->host, tag, &side);
    }
    if (code == MPI_SUCCESS && side != MPI_COMM_NULL) {
        MPI_Comm_set_errhandler(side, MPI_ERRORS_RETURN);
        code = MPI_Intercomm_create(side, local_leader, MPI_COMM_WORLD, world_leader, tag,
                                    &made->host);
        MPI_Comm_free(&side);
    }
    made->session = session_of(layer, local);
    mpilayer_errhandler_assign(layer, made, handler);
    made->info = mpilayer_info_hints(layer, hints);
    return mpilayer_comm_publish(&call, code, made, NULL, newintercomm);
}

/* ---- buffers ---- */

static int32_t attach_buffer(struct mpilayer *layer, const char *name, uint32_t session,
                             uint32_t buffer, int64_t size) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!begin(&call, layer, name, session, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_attach(&call, &object->buffer, buffer, size);
}

int32_t mpilayer_Session_attach_buffer(struct mpilayer *layer, uint32_t session, uint32_t buffer,
                                       int32_t size) {
    return attach_buffer(layer, "MPI_Session_attach_buffer", session, buffer, size);
}
int32_t mpilayer_Session_attach_buffer_c(struct mpilayer *layer, uint32_t session, uint32_t buffer,
                                         int64_t size) {
    return attach_buffer(layer, "MPI_Session_attach_buffer_c", session, buffer, size);
}

static int32_t detach_buffer(struct mpilayer *layer, const char *name, uint32_t session, bool large,
                             uint32_t buffer_addr, uint32_t size) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!begin(&call, layer, name, session, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_detach(&call, &object->buffer, large, buffer_addr, size);
}

int32_t mpilayer_Session_detach_buffer(struct mpilayer *layer, uint32_t session,
                                       uint32_t buffer_addr, uint32_t size) {
    return detach_buffer(layer, "MPI_Session_detach_buffer", session, false, buffer_addr, size);
}
int32_t mpilayer_Session_detach_buffer_c(struct mpilayer *layer, uint32_t session,
                                         uint32_t buffer_addr, uint32_t size) {
    return detach_buffer(layer, "MPI_Session_detach_buffer_c", session, true, buffer_addr, size);
}
int32_t mpilayer_Session_flush_buffer(struct mpilayer *layer, uint32_t session) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!begin(&call, layer, "MPI_Session_flush_buffer", session, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_flush(&call, object->buffer);
}
int32_t mpilayer_Session_iflush_buffer(struct mpilayer *layer, uint32_t session, uint32_t request) {
    struct mpilayer_call call;
    struct mpilayer_session *object;
    if (!begin(&call, layer, "MPI_Session_iflush_buffer", session, &object)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_buffer_iflush(&call, object->buffer, request);
}
