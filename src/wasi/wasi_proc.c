/*
 * wasi_proc.c - ending the guest, yielding, random numbers.
 *
 * Deviation: a guest has no signal handlers, so proc_raise acts on the default action of the
 * signal: those that end a process become a trap, those that are ignored succeed, those that stop
 * one are not supported.
 */
#include "wasi/wasi_internal.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <unistd.h>

void wasi_proc_exit(struct wasi *wasi, uint32_t code) {
    wasi->guest->operations->exit(wasi->guest, (int)code);
}

uint32_t wasi_proc_raise(struct wasi *wasi, uint32_t signal) {
    /* By number, as preview 1 has them. */
    static const char *const names[] = {
        "NONE", "HUP",  "INT",  "QUIT",   "ILL",  "TRAP",  "ABRT", "BUS",  "FPE",  "KILL", "USR1",
        "SEGV", "USR2", "PIPE", "ALRM",   "TERM", "CHLD",  "CONT", "STOP", "TSTP", "TTIN", "TTOU",
        "URG",  "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR",  "SYS",
    };
    enum { CHLD = 16, CONT = 17, STOP = 18, TTOU = 21, URG = 22, WINCH = 27 };
    if (signal >= sizeof names / sizeof *names) return WASI_EINVAL;
    if (signal == 0 || signal == CHLD || signal == CONT || signal == URG || signal == WINCH) {
        return WASI_ESUCCESS;
    }
    if (signal >= STOP && signal <= TTOU) return WASI_ENOTSUP;
    wasi_trap(wasi, "the program raised the signal SIG%s", names[signal]);
    return WASI_ENOTSUP;
}

uint32_t wasi_sched_yield(struct wasi *wasi) {
    (void)wasi;
    sched_yield();
    return WASI_ESUCCESS;
}

/* Fill from /dev/urandom, for kernels or filters without getrandom. */
static uint32_t random_from_device(uint8_t *at, size_t size) {
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return wasi_last_error();
    uint32_t error = WASI_ESUCCESS;
    while (size > 0 && !error) {
        ssize_t got = read(fd, at, size);
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        } else if (got == 0) {
            error = WASI_EIO;
        } else if (errno != EINTR) {
            error = wasi_last_error();
        }
    }
    close(fd);
    return error;
}

uint32_t wasi_random_get(struct wasi *wasi, uint32_t buffer, uint32_t length) {
    enum { PIECE = 1 << 20 }; /* bytes; the kernel gives no more than 32 MiB at once */
    if (!wasi_range_ok(wasi, buffer, length)) return WASI_EFAULT;
    if (length == 0) return WASI_ESUCCESS;
    uint8_t *at = wasi_at(wasi, buffer);
    size_t left = length;
    while (left > 0) {
        ssize_t got = getrandom(at, left < PIECE ? left : PIECE, 0);
        if (got >= 0) {
            at += got;
            left -= (size_t)got;
        } else if (errno == ENOSYS || errno == EPERM) {
            return random_from_device(at, left);
        } else if (errno != EINTR) {
            return wasi_last_error();
        }
    }
    return WASI_ESUCCESS;
}
