/*
 * mpi_plugin.h - between the generated table of exports and the plugin's entry.
 */
#ifndef MPIWASM_MPI_PLUGIN_H
#define MPIWASM_MPI_PLUGIN_H

#include "runtime/host_module.h"

extern const struct host_function mpilayer_exports[];
extern const size_t mpilayer_export_count;

/* host_module.self_test (mpi_self_test.c) */
bool mpilayer_self_test(void (*running)(void *user), void *user, struct host_self_test *result,
                        struct error *err);

/* HOST_MODULE_SYMBOL */
__attribute__((visibility("default"))) const struct host_module *mpiwasm_host_module(void);

#endif
