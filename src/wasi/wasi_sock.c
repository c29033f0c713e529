/*
 * wasi_sock.c - sockets, which guests do not have: MPI is how they talk to each other.
 *
 * A descriptor that is not open gives EBADF, any other ENOTSOCK, as POSIX has it for files.
 */
#include "wasi/wasi_internal.h"

static uint32_t sock_refuse(struct wasi *wasi, uint32_t fd) {
    return fd_table_get(&wasi->files, fd) ? WASI_ENOTSOCK : WASI_EBADF;
}

uint32_t wasi_sock_accept(struct wasi *wasi, uint32_t fd, uint32_t flags, uint32_t result) {
    return sock_refuse(wasi, fd);
}

uint32_t wasi_sock_recv(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                        uint32_t flags, uint32_t size_result, uint32_t flags_result) {
    return sock_refuse(wasi, fd);
}

uint32_t wasi_sock_send(struct wasi *wasi, uint32_t fd, uint32_t iovs, uint32_t count,
                        uint32_t flags, uint32_t size_result) {
    return sock_refuse(wasi, fd);
}

uint32_t wasi_sock_shutdown(struct wasi *wasi, uint32_t fd, uint32_t how) {
    return sock_refuse(wasi, fd);
}
