/*
 * wasi_errno.c - maps Linux error numbers to those of WASI preview 1.
 *
 * Derives from the list in wasi_abi.h: a WASI code has the name of its host code.  Codes that only
 * Linux has become the nearest one of WASI; the rest is EIO.
 */
#include "wasi/wasi_errno.h"

#include "wasi/wasi_abi.h"

#include <errno.h>

uint32_t wasi_errno_from_host(int host_errno) {
    switch (host_errno) {
    case 0: return WASI_ESUCCESS;
#define WASI_ERRNO_CASE(name, value)                                                               \
    case E##name: return value;
        WASI_ERRNOS(WASI_ERRNO_CASE)
#undef WASI_ERRNO_CASE
    case ESHUTDOWN: return WASI_EPIPE;
    case ETIME: return WASI_ETIMEDOUT;
    case EUSERS: return WASI_EMFILE;
    case ENOTUNIQ: return WASI_EEXIST;
    case EPFNOSUPPORT:
    case ESOCKTNOSUPPORT: return WASI_EPROTONOSUPPORT;
    case EHOSTDOWN: return WASI_EHOSTUNREACH;
    case ENOMEDIUM: return WASI_ENODEV;
    default: return WASI_EIO;
    }
}
