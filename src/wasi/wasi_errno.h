/*
 * wasi_errno.h - the host's error numbers in the guest's terms.
 */
#ifndef MPIWASM_WASI_WASI_ERRNO_H
#define MPIWASM_WASI_WASI_ERRNO_H

#include <stdint.h>

/* The WASI errno for a host errno (positive). 0 is success; what WASI has no name for is EIO. */
uint32_t wasi_errno_from_host(int host_errno);

#endif
