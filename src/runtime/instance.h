/*
 * instance.h - instances of artifacts: making them, calling them, ending them.
 *
 * Core specification, section 4.5.  Making one has two steps, so that whoever makes it can tell a
 * module that does not fit from a guest that failed:
 *   instance_create      links and allocates; nothing of the guest runs; failures are errors
 *   instance_initialize  element and data segments in order, then the start function; may trap
 */
#ifndef MPIWASM_RUNTIME_INSTANCE_H
#define MPIWASM_RUNTIME_INSTANCE_H

#include "base/error.h"
#include "runtime/artifact.h"
#include "runtime/host_module.h"
#include "runtime/link.h"
#include "runtime/store.h"
#include "runtime/trap.h"

struct instance;

struct instance_options {
    /* Passed to the host layers' instantiate; NULL if there are none. */
    const struct host_config *host;
    /* Print the report of a trap, for guest_operations.report_pending. May be NULL. */
    void (*report)(void *user, const struct outcome *outcome);
    /* A thread of the guest other than the first has trapped or exited: called in that thread, ends
     * the process and does not return (thread.h). NULL: the guest cannot start threads. */
    void (*ended)(void *user, const struct outcome *outcome);
    void *user;
};

/*
 * Link `artifact` against `linker`, reserve and allocate everything, instantiate the host layers it
 * uses.  `options` may be NULL; what it points to must outlive the instance.  The instance belongs
 * to the store, the artifact must outlive the store.
 * Errors: ERROR_UNLINKABLE lists all imports that are missing or of another type;
 * ERROR_NO_MEMORY if the memory cannot be reserved (memory_reservation_possible); what a layer's
 * instantiate reports.
 */
bool instance_create(struct store *store, struct artifact *artifact, const struct linker *linker,
                     const struct instance_options *options, struct instance **out,
                     struct error *err);

/* True if it ended with OUTCOME_RETURNED. After a trap the instance must not be called, but what it
 * wrote to memories and tables of others stays (and may refer to its functions). */
bool instance_initialize(struct instance *instance, struct outcome *outcome);

/* Find an export by name. False if there is none. */
bool instance_export(const struct instance *instance, const char *name, size_t name_length,
                     struct external *out);

const struct wasm_module *instance_module(const struct instance *instance);

/* The guest as host layers see it. */
struct guest *instance_guest(struct instance *instance);

/*
 * Call a function: slots[] holds the arguments (type_from_id(function->type_id)) and gets the
 * results; room for the larger of the two.  True if it returned.  Nests: may be called by a host
 * function.  References among the values are struct func_ref * and the host's externrefs.
 */
bool instance_call(struct instance *instance, struct func_ref *function, union wasm_value *slots,
                   struct outcome *outcome);

/*
 * The guest has ended: let the host layers finish, in reverse order of instantiation, and destroy
 * them.  `code` is the exit code so far, `trapped` says whether it ended by a trap.  May not return
 * (MPI_Abort).  Returns the exit code to use.  Once per instance.
 */
int instance_finish(struct instance *instance, int code, bool trapped);

#endif
