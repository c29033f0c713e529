/*
 * mpi_ports.c - meeting other jobs: ports, MPI_Comm_accept and MPI_Comm_connect, and the names that
 * ports are published under. MPI 4.1, sections 11.9 and 11.10.
 *
 * Only with the option --allow-ports, since they reach beyond the job. What the root finds wrong
 * with its arguments is told to all ranks. Info keys go nowhere. MPI_Comm_join needs a socket, and
 * programs have none.
 */
#include "mpi/mpi_error.h"
#include "mpi/mpi_info.h"
#include "mpi_functions.h"

enum { SERVICE_NAME_SIZE = 1024 };
_Static_assert(MPI_MAX_PORT_NAME <= (int)GUEST_MPI_MAX_PORT_NAME,
               "the guest's buffers are as long");

static bool may_meet(struct mpilayer_call *call, int error_class) {
    return call->layer->config->allow_ports ||
           mpilayer_call_fail(call, error_class, NULL,
                              "this run may not meet other jobs (option --allow-ports)");
}

static bool port_get(struct mpilayer_call *call, uint32_t address, char port[MPI_MAX_PORT_NAME]) {
    return mpilayer_string_get(call, "port_name", address, port, MPI_MAX_PORT_NAME,
                               GUEST_MPI_ERR_PORT);
}

static bool port_room(struct mpilayer_call *call, uint32_t address) {
    return mpilayer_memory_check(call, "port_name", address, GUEST_MPI_MAX_PORT_NAME);
}

static void port_put(struct mpilayer *layer, uint32_t address, const char *port) {
    size_t length = strnlen(port, MPI_MAX_PORT_NAME - 1);
    char *out = mpilayer_pointer(layer, address);
    memcpy(out, port, length);
    out[length] = '\0';
}

int32_t mpilayer_Open_port(struct mpilayer *layer, uint32_t info, uint32_t port_name) {
    struct mpilayer_call call;
    struct mpilayer_info *hints;
    char port[MPI_MAX_PORT_NAME + 1] = "";
    if (!mpilayer_call_begin(&call, layer, "MPI_Open_port") ||
        !may_meet(&call, GUEST_MPI_ERR_PORT) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) || !port_room(&call, port_name)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Open_port(MPI_INFO_NULL, port);
    if (code == MPI_SUCCESS) {
        port_put(layer, port_name, port);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Close_port(struct mpilayer *layer, uint32_t port_name) {
    struct mpilayer_call call;
    char port[MPI_MAX_PORT_NAME];
    if (!mpilayer_call_begin(&call, layer, "MPI_Close_port") ||
        !may_meet(&call, GUEST_MPI_ERR_PORT) || !port_get(&call, port_name, port)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_Close_port(port));
}

static int32_t meet(struct mpilayer *layer, const char *name, uint32_t port_name, uint32_t info,
                    int32_t root, uint32_t comm, uint32_t newcomm,
                    int (*host)(const char *, MPI_Info, int, MPI_Comm, MPI_Comm *)) {
    struct mpilayer_call call;
    struct mpilayer_comm *parent, *made;
    struct mpilayer_info *hints;
    char port[MPI_MAX_PORT_NAME] = "";
    int failed = 0;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_comm_get(&call, "comm", comm, &parent) || !may_meet(&call, GUEST_MPI_ERR_PORT)) {
        return mpilayer_call_raise(&call);
    }
    if (parent->inter) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_COMM, "comm", "is an intercommunicator");
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_rank_check(&call, "root", root, parent->size, GUEST_MPI_ERR_ROOT) ||
        !mpilayer_memory_check(&call, "newcomm", newcomm, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (root == parent->rank && (!mpilayer_info_get_optional(&call, "info", info, &hints) ||
                                 !port_get(&call, port_name, port))) {
        failed = call.error;
    }
    int code = MPI_Bcast(&failed, 1, MPI_INT, root, parent->host);
    if (code != MPI_SUCCESS) {
        return mpilayer_call_return(&call, code);
    }
    if (failed != 0) {
        if (root != parent->rank) {
            mpilayer_call_fail(&call, failed, NULL, "the root's arguments are wrong");
        }
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_comm_reserve(&call, "newcomm", newcomm, &made)) {
        mpilayer_abort(layer, parent, 1, "%s: too many communicators", name);
    }
    code = host(port, MPI_INFO_NULL, root, parent->host, &made->host);
    return mpilayer_comm_publish(&call, code, made, parent, newcomm);
}

int32_t mpilayer_Comm_accept(struct mpilayer *layer, uint32_t port_name, uint32_t info,
                             int32_t root, uint32_t comm, uint32_t newcomm) {
    return meet(layer, "MPI_Comm_accept", port_name, info, root, comm, newcomm, MPI_Comm_accept);
}

int32_t mpilayer_Comm_connect(struct mpilayer *layer, uint32_t port_name, uint32_t info,
                              int32_t root, uint32_t comm, uint32_t newcomm) {
    return meet(layer, "MPI_Comm_connect", port_name, info, root, comm, newcomm, MPI_Comm_connect);
}

int32_t mpilayer_Comm_join(struct mpilayer *layer, int32_t fd, uint32_t intercomm) {
    struct mpilayer_call call;
    if (mpilayer_call_begin(&call, layer, "MPI_Comm_join") && may_meet(&call, GUEST_MPI_ERR_PORT)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "fd",
                           "%d is not a connected socket: programs have none", fd);
    }
    return mpilayer_call_raise(&call);
}

/* ---- names ---- */

static bool service_get(struct mpilayer_call *call, uint32_t service_name, uint32_t info,
                        int error_class, char service[SERVICE_NAME_SIZE]) {
    struct mpilayer_info *hints;
    return may_meet(call, error_class) && mpilayer_info_get_optional(call, "info", info, &hints) &&
           mpilayer_string_get(call, "service_name", service_name, service, SERVICE_NAME_SIZE,
                               error_class);
}

int32_t mpilayer_Publish_name(struct mpilayer *layer, uint32_t service_name, uint32_t info,
                              uint32_t port_name) {
    struct mpilayer_call call;
    char service[SERVICE_NAME_SIZE], port[MPI_MAX_PORT_NAME];
    if (!mpilayer_call_begin(&call, layer, "MPI_Publish_name") ||
        !service_get(&call, service_name, info, GUEST_MPI_ERR_SERVICE, service) ||
        !port_get(&call, port_name, port)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_Publish_name(service, MPI_INFO_NULL, port));
}

int32_t mpilayer_Unpublish_name(struct mpilayer *layer, uint32_t service_name, uint32_t info,
                                uint32_t port_name) {
    struct mpilayer_call call;
    char service[SERVICE_NAME_SIZE], port[MPI_MAX_PORT_NAME];
    if (!mpilayer_call_begin(&call, layer, "MPI_Unpublish_name") ||
        !service_get(&call, service_name, info, GUEST_MPI_ERR_SERVICE, service) ||
        !port_get(&call, port_name, port)) {
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_Unpublish_name(service, MPI_INFO_NULL, port));
}

int32_t mpilayer_Lookup_name(struct mpilayer *layer, uint32_t service_name, uint32_t info,
                             uint32_t port_name) {
    struct mpilayer_call call;
    char service[SERVICE_NAME_SIZE], port[MPI_MAX_PORT_NAME + 1] = "";
    if (!mpilayer_call_begin(&call, layer, "MPI_Lookup_name") ||
        !service_get(&call, service_name, info, GUEST_MPI_ERR_NAME, service) ||
        !port_room(&call, port_name)) {
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Lookup_name(service, MPI_INFO_NULL, port);
    if (code == MPI_SUCCESS) {
        port_put(layer, port_name, port);
    }
    return mpilayer_call_return(&call, code);
}
