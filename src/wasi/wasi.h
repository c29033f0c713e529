/*
 * wasi.h - WASI preview 1 as a host layer: what the command line links.
 */
#ifndef MPIWASM_WASI_WASI_H
#define MPIWASM_WASI_WASI_H

#include "runtime/host_module.h"

extern const struct host_module wasi_host_module;

#endif
