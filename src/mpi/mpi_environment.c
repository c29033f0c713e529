/*
 * mpi_environment.c - from MPI_Init to MPI_Finalize, and what may be asked around them.
 * MPI 3.1, chapter 8 and section 12.4.
 *
 * The guest's argc and argv go nowhere: launchers pass what they need in the environment. MPI's
 * own error handlers are set to return; the guest's are kept by the layer.
 */
#include "mpi/mpi_attributes.h"
#include "mpi/mpi_error.h"
#include "mpi/mpi_file.h"
#include "mpi/mpi_host.h"
#include "mpi/mpi_launcher.h"
#include "mpi/mpi_op.h"
#include "mpi/mpi_plugin.h"
#include "mpi/mpi_session.h"
#include "mpi/mpi_threads.h"
#include "mpi_functions.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int mpilayer_thread_level_to_host(int32_t level) {
    switch (level) {
    case GUEST_MPI_THREAD_SINGLE: return MPI_THREAD_SINGLE;
    case GUEST_MPI_THREAD_FUNNELED: return MPI_THREAD_FUNNELED;
    case GUEST_MPI_THREAD_SERIALIZED: return MPI_THREAD_SERIALIZED;
    case GUEST_MPI_THREAD_MULTIPLE: return MPI_THREAD_MULTIPLE;
    default: return -1;
    }
}

int32_t mpilayer_thread_level_to_guest(int level) {
    return level == MPI_THREAD_MULTIPLE     ? GUEST_MPI_THREAD_MULTIPLE
           : level == MPI_THREAD_SERIALIZED ? GUEST_MPI_THREAD_SERIALIZED
           : level == MPI_THREAD_FUNNELED   ? GUEST_MPI_THREAD_FUNNELED
                                            : GUEST_MPI_THREAD_SINGLE;
}

static struct mpilayer_comm *predefine_comm(struct mpilayer *layer, uint32_t handle, MPI_Comm host,
                                            const char *name) {
    struct mpilayer_comm *comm = mpilayer_table_predefine(&layer->tables[MPILAYER_COMM], handle);
    comm->host = host;
    comm->predefined = true;
    snprintf(comm->name, sizeof comm->name, "%s", name);
    mpilayer_comm_fill(layer, comm, NULL);
    return comm;
}

/* Fail before there is an error handler. */
static int32_t init_failed(struct mpilayer_call *call) {
    mpilayer_abort(call->layer, NULL, call->error, "%s", call->layer->last_message);
}

/*
 * A launcher of one MPI with the plugin of another makes as many worlds of one rank as it has
 * ranks: none of them would be wrong by itself, but together they are not what was asked for.
 */
static void check_world(struct mpilayer *layer) {
    struct mpi_launcher launcher;
    if (layer->world->size == 1 && mpi_launcher_detect(&launcher) && launcher.size > 1) {
        mpilayer_abort(
            layer, NULL, 1,
            "launched as rank %d of %d by %s, but the MPI in use, %s, sees a world of 1%s%s",
            launcher.rank, launcher.size, launcher.name, mpiwasm_host_module()->description,
            launcher.family != NULL ? ": use --mpi=" : "",
            launcher.family != NULL ? launcher.family : "");
    }
}

bool mpilayer_start(struct mpilayer_call *call, int32_t required, int32_t *provided) {
    struct mpilayer *layer = call->layer;
    int level = mpilayer_thread_level_to_host(mpilayer_thread_level_fit(layer, required));
    int given = MPI_THREAD_SINGLE;
    if (layer->phase == MPILAYER_FINALIZED) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OTHER, NULL, "called after MPI_Finalize");
    }
    if (layer->phase == MPILAYER_RUNNING) {
        *provided = layer->thread_level;
        return true;
    }
    int code = MPI_Init_thread(NULL, NULL, level, &given);
    /* MPI, and the transports below it, install signal handlers of their own. */
    layer->guest->operations->claim_signals(layer->guest);
    if (code != MPI_SUCCESS) {
        mpilayer_abort(layer, NULL, 1, "%s failed with code %d", call->name, code);
    }
    mpilayer_host_start();
    layer->phase = MPILAYER_RUNNING;
    layer->thread_level = mpilayer_thread_level_to_guest(given);
    mpilayer_thread_started(layer, layer->thread_level);
    layer->world = predefine_comm(layer, GUEST_MPI_COMM_WORLD, MPI_COMM_WORLD, "MPI_COMM_WORLD");
    layer->self = predefine_comm(layer, GUEST_MPI_COMM_SELF, MPI_COMM_SELF, "MPI_COMM_SELF");
    int *tag_ub, flag = 0;
    layer->tag_ub = 32767;
    if (MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &tag_ub, &flag) == MPI_SUCCESS && flag) {
        layer->tag_ub = *tag_ub;
    }
    struct mpilayer_group *empty =
        mpilayer_table_predefine(&layer->tables[MPILAYER_GROUP], GUEST_MPI_GROUP_EMPTY);
    empty->host = MPI_GROUP_EMPTY;
    empty->predefined = true;
    struct mpilayer_message *no_proc =
        mpilayer_table_predefine(&layer->tables[MPILAYER_MESSAGE], GUEST_MPI_MESSAGE_NO_PROC);
    no_proc->host = MPI_MESSAGE_NO_PROC;
    check_world(layer);
    if (!mpilayer_datatypes_start(layer) || !mpilayer_ops_start(layer) ||
        !mpilayer_files_start(layer)) {
        mpilayer_abort(layer, NULL, 1, "%s: the datatypes and operators cannot be made",
                       call->name);
    }
    *provided = layer->thread_level;
    return true;
}

int mpilayer_stop(struct mpilayer *layer) {
    mpilayer_ops_stop(layer);
    mpilayer_buffers_stop(layer);
    mpilayer_datatypes_stop(layer);
    layer->phase = MPILAYER_FINALIZED; /* also to other threads meanwhile */
    int code = MPI_Finalize();
    mpilayer_files_stop(layer);
    return code;
}

static int32_t init(struct mpilayer *layer, const char *name, int32_t required, uint32_t provided) {
    struct mpilayer_call call;
    int32_t given = GUEST_MPI_THREAD_SINGLE;
    mpilayer_call_begin_anytime(&call, layer, name);
    if (layer->world_begun) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_OTHER, NULL,
                           layer->world_ended ? "called after MPI_Finalize"
                                              : "called a second time");
        return mpilayer_call_raise(&call);
    }
    if (mpilayer_thread_level_to_host(required) < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "required", "%d is not a thread level",
                           required);
        return init_failed(&call);
    }
    if (provided != 0 && !mpilayer_memory_check(&call, "provided", provided, 4)) {
        return init_failed(&call);
    }
    if (!mpilayer_start(&call, required, &given)) {
        return init_failed(&call);
    }
    layer->world_begun = true;
    if (provided != 0) {
        mpilayer_store_i32(layer, provided, given);
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Init(struct mpilayer *layer, uint32_t argc, uint32_t argv) {
    return init(layer, "MPI_Init", GUEST_MPI_THREAD_SINGLE, 0);
}

int32_t mpilayer_Init_thread(struct mpilayer *layer, uint32_t argc, uint32_t argv, int32_t required,
                             uint32_t provided) {
    return init(layer, "MPI_Init_thread", required, provided);
}

int32_t mpilayer_Finalize(struct mpilayer *layer) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Finalize") ||
        ((!layer->world_begun || layer->world_ended) &&
         !mpilayer_call_fail(&call, GUEST_MPI_ERR_OTHER, NULL,
                             layer->world_ended ? "called a second time"
                                                : "called before MPI_Init"))) {
        return mpilayer_call_raise(&call);
    }
    if (mpilayer_thread_has_company()) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_OTHER, NULL,
                           "called while other threads are in calls of MPI");
        return mpilayer_call_raise(&call);
    }
    /* MPI is still up while the delete callbacks of MPI_COMM_SELF run: section 8.7.1. */
    call.error =
        mpilayer_attributes_delete_all(layer, &layer->self->attributes, GUEST_MPI_COMM_SELF);
    if (call.error == GUEST_MPI_SUCCESS) {
        call.error =
            mpilayer_attributes_delete_all(layer, &layer->world->attributes, GUEST_MPI_COMM_WORLD);
    }
    if (call.error != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, call.error, NULL, "an attribute's delete callback failed");
        return mpilayer_call_raise(&call);
    }
    layer->world_ended = true;
    if (layer->sessions_used) {
        return GUEST_MPI_SUCCESS; /* MPI stays until the program ends: more sessions may come */
    }
    return mpilayer_stop(layer) == MPI_SUCCESS ? GUEST_MPI_SUCCESS : GUEST_MPI_ERR_OTHER;
}

int32_t mpilayer_Abort(struct mpilayer *layer, uint32_t comm, int32_t errorcode) {
    if (layer->phase != MPILAYER_RUNNING) {
        mpilayer_abort(layer, NULL, errorcode, "MPI_Abort: called %s",
                       layer->phase == MPILAYER_BEFORE_INIT ? "before MPI_Init"
                                                            : "after MPI_Finalize");
    }
    /* Whatever the communicator: the job ends. */
    mpilayer_abort_job(layer, mpilayer_table_find(&layer->tables[MPILAYER_COMM], comm), errorcode);
}

/* ---- questions that may come at any time ---- */

static int32_t answer(struct mpilayer *layer, const char *name, const char *argument,
                      uint32_t address, int32_t value) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, name);
    if (!mpilayer_memory_check(&call, argument, address, 4)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, address, value);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Initialized(struct mpilayer *layer, uint32_t flag) {
    return answer(layer, "MPI_Initialized", "flag", flag, layer->world_begun);
}
int32_t mpilayer_Finalized(struct mpilayer *layer, uint32_t flag) {
    return answer(layer, "MPI_Finalized", "flag", flag, layer->world_ended);
}

int32_t mpilayer_Get_version(struct mpilayer *layer, uint32_t version, uint32_t subversion) {
    int32_t code = answer(layer, "MPI_Get_version", "version", version, GUEST_MPI_VERSION);
    return code != GUEST_MPI_SUCCESS
               ? code
               : answer(layer, "MPI_Get_version", "subversion", subversion, GUEST_MPI_SUBVERSION);
}
int32_t mpilayer_Abi_get_version(struct mpilayer *layer, uint32_t abi_major, uint32_t abi_minor) {
    int32_t code =
        answer(layer, "MPI_Abi_get_version", "abi_major", abi_major, GUEST_MPI_ABI_VERSION);
    return code != GUEST_MPI_SUCCESS ? code
                                     : answer(layer, "MPI_Abi_get_version", "abi_minor", abi_minor,
                                              GUEST_MPI_ABI_SUBVERSION);
}

/* A text of at most limit - 1 bytes and its length, as the functions below give it. */
static int32_t answer_text(struct mpilayer_call *call, const char *argument, uint32_t address,
                           uint32_t resultlen, const char *text, size_t limit) {
    size_t length = strnlen(text, limit - 1);
    if (!mpilayer_memory_check(call, argument, address, limit) ||
        !mpilayer_memory_check(call, "resultlen", resultlen, 4)) {
        return mpilayer_call_raise(call);
    }
    char *out = mpilayer_pointer(call->layer, address);
    memcpy(out, text, length);
    out[length] = '\0';
    mpilayer_store_i32(call->layer, resultlen, (int32_t)length);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Get_library_version(struct mpilayer *layer, uint32_t version, uint32_t resultlen) {
    struct mpilayer_call call;
    char text[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
    int length = 0;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Get_library_version");
    MPI_Get_library_version(text, &length);
    return answer_text(&call, "version", version, resultlen, text,
                       GUEST_MPI_MAX_LIBRARY_VERSION_STRING);
}

int32_t mpilayer_Get_processor_name(struct mpilayer *layer, uint32_t name, uint32_t resultlen) {
    struct mpilayer_call call;
    char text[MPI_MAX_PROCESSOR_NAME + 1] = "";
    int length = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Get_processor_name")) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Get_processor_name(text, &length);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    return answer_text(&call, "name", name, resultlen, text, GUEST_MPI_MAX_PROCESSOR_NAME);
}

int32_t mpilayer_Query_thread(struct mpilayer *layer, uint32_t provided) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Query_thread")) {
        return mpilayer_call_raise(&call);
    }
    return answer(layer, "MPI_Query_thread", "provided", provided, layer->thread_level);
}

int32_t mpilayer_Is_thread_main(struct mpilayer *layer, uint32_t flag) {
    struct mpilayer_call call;
    int flag_host = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Is_thread_main") ||
        !mpilayer_memory_check(&call, "flag", flag, 4)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Is_thread_main(&flag_host);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, flag, flag_host);
    }
    return mpilayer_call_return(&call, code);
}

double mpilayer_Wtime(struct mpilayer *layer) {
    /* MPI's clock may be global over the job, so it is asked; before MPI_Init any clock will do. */
    if (layer->phase == MPILAYER_RUNNING) {
        return MPI_Wtime();
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double mpilayer_Wtick(struct mpilayer *layer) {
    return layer->phase == MPILAYER_RUNNING ? MPI_Wtick() : 1e-9;
}

int32_t mpilayer_Pcontrol(struct mpilayer *layer, int32_t level, uint32_t arguments) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Pcontrol")) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_Pcontrol(level));
}
