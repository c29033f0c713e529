/*
 * mpi_plugin.c - the plugin's face to mpiwasm: description, state for the guest, its end.
 *
 * Loading the plugin loads the MPI library; MPI_Init happens when the guest asks for it.
 */
#include "mpi/mpi_plugin.h"

#include "mpi/mpi_error.h"
#include "mpi/mpi_file.h"
#include "mpi/mpi_file_name.h"
#include "mpi/mpi_legacy.h"
#include "mpi/mpi_op.h"
#include "mpi/mpi_session.h"
#include "mpi/mpi_threads.h"
#include "mpi/mpi_tools.h"
#include "mpi/mpi_window.h"
#include "mpi_functions.h"

#include <stdio.h>
#include <stdlib.h>

static char description[128], details[256];

static struct {
    enum mpilayer_class class;
    size_t size;
    uint32_t quota, predefined_first, predefined_count;
} const table_shapes[] = {
    {MPILAYER_COMM, sizeof(struct mpilayer_comm), 1 << 16, GUEST_MPI_COMM_NULL, 3},
    {MPILAYER_GROUP, sizeof(struct mpilayer_group), 1 << 18, GUEST_MPI_GROUP_NULL, 2},
    {MPILAYER_DATATYPE, sizeof(struct mpilayer_datatype), 1 << 18, GUEST_MPI_DATATYPE_NULL, 0x100},
    {MPILAYER_REQUEST, sizeof(struct mpilayer_request), 1 << 20, GUEST_MPI_REQUEST_NULL, 1},
    {MPILAYER_MESSAGE, sizeof(struct mpilayer_message), 1 << 16, GUEST_MPI_MESSAGE_NULL, 2},
    {MPILAYER_INFO, sizeof(struct mpilayer_info), 1 << 16, GUEST_MPI_INFO_NULL, 2},
    {MPILAYER_ERRHANDLER, sizeof(struct mpilayer_errhandler), 1 << 16, GUEST_MPI_ERRHANDLER_NULL,
     4},
    {MPILAYER_OP, sizeof(struct mpilayer_op), 1 << 16, GUEST_MPI_OP_NULL, 0x20},
    {MPILAYER_KEYVAL, sizeof(struct mpilayer_keyval), 1 << 16, GUEST_MPI_TAG_UB, 0},
    {MPILAYER_WIN, sizeof(struct mpilayer_win), 1 << 16, GUEST_MPI_WIN_NULL, 1},
    {MPILAYER_SESSION, sizeof(struct mpilayer_session), 1 << 16, GUEST_MPI_SESSION_NULL, 1},
    {MPILAYER_FILE, sizeof(struct mpilayer_file), 1 << 12, GUEST_MPI_FILE_NULL, 1},
    {MPILAYER_TOOL, sizeof(struct mpilayer_tool), 1 << 16, 0, 0},
};
enum { TABLE_COUNT = sizeof table_shapes / sizeof table_shapes[0] };

static void layer_destroy(void *state) {
    struct mpilayer *layer = state;
    for (int i = 1; i < MPILAYER_CLASS_COUNT; i++) {
        mpilayer_table_close(&layer->tables[i]);
    }
    mpilayer_names_close(layer->names);
    mpilayer_current = NULL;
    free(layer);
}

/* Settings of Open MPI, which reads them when MPI or MPI_T starts; no other MPI knows the names. */
static void set_environment(const struct host_config *config) {
    /* Its shared file pointers are not used, and would be shared with whoever has a file of the
     * same descriptor number: leave them alone when files are opened. */
    setenv("OMPI_MCA_io_ompio_sharedfp_lazy_open", "1", 1);
    if (config->untrusted) {
        /* Its pml ob1 lets transports copy a message of any length directly to where the receive's
         * data begin, and finds out afterwards that it was too long. Without direct copies it goes
         * through pieces that are cut to what the receive has room for. What the user has set
         * stays. */
        setenv("OMPI_MCA_pml_ob1_max_rdma_per_request", "0", 0);
    }
}

static bool layer_instantiate(const struct host_config *config, struct guest *guest, void **state,
                              struct error *err) {
    if (mpilayer_current != NULL) {
        return error_set(err, ERROR_MPI, "one process can run one MPI program only");
    }
    struct mpilayer *layer = calloc(1, sizeof *layer);
    if (layer == NULL) {
        return error_set(err, ERROR_NO_MEMORY, "no memory for the MPI layer");
    }
    layer->guest = guest;
    layer->config = config;
    layer->kept_at_most = config->max_memory;
    if (layer->kept_at_most == 0 || layer->kept_at_most > MPILAYER_KEPT_MOST) {
        layer->kept_at_most = MPILAYER_KEPT_MOST;
    } else if (layer->kept_at_most < MPILAYER_KEPT_LEAST) {
        layer->kept_at_most = MPILAYER_KEPT_LEAST;
    }
    layer->names = mpilayer_names_open(config, err);
    if (layer->names == NULL) {
        layer_destroy(layer);
        return false;
    }
    for (int i = 0; i < TABLE_COUNT; i++) {
        if (!mpilayer_table_open(&layer->tables[table_shapes[i].class], table_shapes[i].class,
                                 table_shapes[i].size, table_shapes[i].quota,
                                 table_shapes[i].predefined_first,
                                 table_shapes[i].predefined_count)) {
            layer_destroy(layer);
            return error_set(err, ERROR_NO_MEMORY,
                             "no address space for the MPI layer's tables (limited by ulimit -v?)");
        }
    }
    static const uint32_t errhandlers[] = {GUEST_MPI_ERRORS_ARE_FATAL, GUEST_MPI_ERRORS_RETURN,
                                           GUEST_MPI_ERRORS_ABORT};
    for (int i = 0; i < 3; i++) {
        struct mpilayer_errhandler *errhandler =
            mpilayer_table_predefine(&layer->tables[MPILAYER_ERRHANDLER], errhandlers[i]);
        errhandler->handle = errhandlers[i];
        errhandler->predefined = true;
    }
    struct mpilayer_info *env =
        mpilayer_table_predefine(&layer->tables[MPILAYER_INFO], GUEST_MPI_INFO_ENV);
    env->predefined = true;
    set_environment(config);
    mpilayer_current = layer;
    *state = layer;
    return true;
}

static int layer_finish(void *state, int code, bool trapped) {
    struct mpilayer *layer = state;
    if (layer->phase == MPILAYER_RUNNING && (trapped || code != 0)) {
        /* Others may wait for this rank for ever. */
        mpilayer_abort_job(layer, NULL, code);
    }
    /* MPI may have been kept for sessions that could still have come. */
    if (layer->phase == MPILAYER_RUNNING && layer->sessions_used && layer->sessions_open == 0 &&
        (!layer->world_begun || layer->world_ended)) {
        mpilayer_stop(layer);
    }
    return code;
}

/* "Open MPI v4.1.4, package: ..." and "MPICH Version:\t4.0.2\n..." become the name and the number;
 * of others the first line is kept. */
static void describe(char *text) {
    char name[64], version[32];
    text[strcspn(text, "\n,")] = '\0';
    if (sscanf(text, "Open MPI v%31s", version) == 1) {
        snprintf(description, sizeof description, "Open MPI %s", version);
    } else if (sscanf(text, "%63s Version: %31s", name, version) == 2) {
        snprintf(description, sizeof description, "%s %s", name, version);
    } else {
        snprintf(description, sizeof description, "%.*s", (int)sizeof description - 1, text);
    }
}

/* The standard, and the device that MPICH's kin name: "MPICH Device:    ch4:ofi". */
static void describe_details(const char *text) {
    int version = 0, subversion = 0;
    char device[64] = "";
    const char *at = strstr(text, "Device:");
    MPI_Get_version(&version, &subversion);
    if (at != NULL) {
        sscanf(at, "Device: %63s", device);
    }
    snprintf(details, sizeof details, "MPI %d.%d%s%s", version, subversion,
             device[0] != '\0' ? ", device " : "", device);
}

const struct host_module *mpiwasm_host_module(void) {
    static struct host_module module = {
        .abi_version = HOST_MODULE_ABI_VERSION,
        .name = "mpi",
        .description = description,
        .instantiate = layer_instantiate,
        .finish = layer_finish,
        .destroy = layer_destroy,
        .details = details,
        .self_test = mpilayer_self_test,
    };
    static struct host_function *functions;
    size_t count = mpilayer_export_count + mpilayer_legacy_export_count;
    if (functions == NULL && (functions = malloc(count * sizeof *functions)) == NULL) return NULL;
    memcpy(functions, mpilayer_exports, mpilayer_export_count * sizeof *functions);
    memcpy(functions + mpilayer_export_count, mpilayer_legacy_exports,
           mpilayer_legacy_export_count * sizeof *functions);
    module.functions = functions;
    module.function_count = count;
    static struct host_module threaded;
    threaded = module;
    threaded.functions = mpilayer_threaded_exports;
    threaded.function_count = mpilayer_threaded_export_count;
    module.threaded = &threaded;
    char text[MPI_MAX_LIBRARY_VERSION_STRING + 1] = "";
    int length = 0;
    if (MPI_Get_library_version(text, &length) == MPI_SUCCESS) {
        describe_details(text);
        describe(text);
    }
    return &module;
}
