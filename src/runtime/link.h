/*
 * link.h - what imports are matched against.
 *
 * Core specification, sections 4.5.2 (import matching) and 3.4 (external subtyping).  A linker is a
 * list of offers: functions of host layers, single externals, all exports of instances.  Where
 * several offers have the same two names, the latest wins.
 */
#ifndef MPIWASM_RUNTIME_LINK_H
#define MPIWASM_RUNTIME_LINK_H

#include "runtime/host_module.h"
#include "runtime/store.h"

struct linker;
struct instance;

struct linker *linker_create(void); /* never NULL */
void linker_free(struct linker *linker);

/* All functions of a layer; `host` must outlive the linker and the instances linked with it.
 * The layer is instantiated once for every instance that imports at least one of its functions. */
void linker_add_host(struct linker *linker, const struct host_module *host);

/* One external under two names (NUL-terminated, copied). */
void linker_add_external(struct linker *linker, const char *module, const char *name,
                         const struct external *external);

/* All exports of an instance under a module name (any bytes, copied). */
void linker_add_instance(struct linker *linker, const char *module, size_t module_length,
                         const struct instance *instance);

/*
 * Which imports of a module have no offer of their type?  True: none. False: ERROR_UNLINKABLE
 * with all of them in words. instance_create does the same check before anything else.
 */
bool linker_check(const struct linker *linker, const struct wasm_module *module, struct error *err);

/* Does the linker have a function of this name and type? For `mpiwasm inspect`. */
enum link_state { LINK_MISSING, LINK_OTHER_TYPE, LINK_OK };
enum link_state linker_import_state(const struct linker *linker, const struct wasm_module *module,
                                    const struct wasm_import *import);

#endif
