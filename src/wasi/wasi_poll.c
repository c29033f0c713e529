/*
 * wasi_poll.c - poll_oneoff: waits for the first of several clocks and descriptors.
 *
 * Subscriptions are copied before anything is written, since the guest's two arrays may overlap.
 * What is wrong with one subscription (a bad descriptor, a clock that cannot be waited for) is
 * reported as its event and ends the wait. The CPU-time clocks cannot be waited for. Descriptors
 * are handed to the kernel once however often they are subscribed to: it takes no more of them
 * than the process may have open, while the guest's libc subscribes twice to each.
 */
#include "wasi/wasi_internal.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { SUBSCRIPTION_LIMIT = 65536 };

struct subscription {
    uint64_t userdata;
    uint8_t tag;         /* enum wasi_eventtype */
    uint32_t error;      /* the event to report at once, if not 0 */
    clockid_t clock;     /* WASI_EVENT_CLOCK */
    uint64_t deadline;   /* nanoseconds on `clock` */
    short events;        /* else: of poll(2) */
    uint32_t poll_index; /* in the array for ppoll */
};

static uint64_t clock_now(clockid_t clock) {
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return wasi_timestamp(time);
}

/* The descriptors to wait for, and where each of the guest's numbers is among them. */
struct poll_set {
    struct pollfd *fds;
    uint32_t count;
    uint32_t *places; /* [place_count]: 1 + index in fds; 0: not there */
    uint32_t place_count;
};

/* 0, or an errno that spoils the whole call. */
static uint32_t subscription_decode(struct wasi *wasi, const uint8_t *at, struct subscription *out,
                                    struct poll_set *set) {
    *out = (struct subscription){.userdata = wasi_get_u64(at + WASI_SUBSCRIPTION_USERDATA),
                                 .tag = at[WASI_SUBSCRIPTION_TAG]};
    if (out->tag == WASI_EVENT_CLOCK) {
        uint32_t id = wasi_get_u32(at + WASI_SUBSCRIPTION_CLOCK_ID);
        uint64_t timeout = wasi_get_u64(at + WASI_SUBSCRIPTION_CLOCK_TIMEOUT);
        uint16_t flags = wasi_get_u16(at + WASI_SUBSCRIPTION_CLOCK_FLAGS);
        if (id > WASI_CLOCK_THREAD_CPUTIME || (flags & ~WASI_SUBSCRIPTION_CLOCK_ABSTIME)) {
            out->error = WASI_EINVAL;
            return WASI_ESUCCESS;
        }
        if (id > WASI_CLOCK_MONOTONIC) {
            out->error = WASI_ENOTSUP;
            return WASI_ESUCCESS;
        }
        bool absolute = flags & WASI_SUBSCRIPTION_CLOCK_ABSTIME;
        /* A relative wait does not change when somebody sets the time of day. */
        out->clock = absolute && id == WASI_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
        out->deadline = timeout;
        if (!absolute && __builtin_add_overflow(timeout, clock_now(out->clock), &out->deadline)) {
            out->deadline = UINT64_MAX;
        }
        return WASI_ESUCCESS;
    }
    if (out->tag != WASI_EVENT_FD_READ && out->tag != WASI_EVENT_FD_WRITE) return WASI_EINVAL;
    struct fd_entry *entry;
    uint32_t fd = wasi_get_u32(at + WASI_SUBSCRIPTION_FD);
    bool reads = out->tag == WASI_EVENT_FD_READ;
    uint64_t rights = reads ? WASI_RIGHT_FD_READ : WASI_RIGHT_FD_WRITE;
    out->error = wasi_file_get(wasi, fd, WASI_RIGHT_POLL_FD_READWRITE | rights, &entry);
    if (out->error) return WASI_ESUCCESS;
    if (fd >= set->place_count) { /* another thread has opened it just now */
        out->error = WASI_EBADF;
        return WASI_ESUCCESS;
    }
    if (!set->places[fd]) {
        set->fds[set->count] = (struct pollfd){.fd = entry->host_fd};
        set->places[fd] = ++set->count;
    }
    out->events = reads ? POLLIN : POLLOUT;
    out->poll_index = set->places[fd] - 1;
    set->fds[out->poll_index].events |= out->events;
    return WASI_ESUCCESS;
}

static void event_store(uint8_t *at, const struct subscription *subscription, uint32_t error,
                        uint64_t bytes, uint16_t flags) {
    memset(at, 0, WASI_EVENT_SIZE);
    wasi_put_u64(at + WASI_EVENT_USERDATA, subscription->userdata);
    wasi_put_u16(at + WASI_EVENT_ERROR, (uint16_t)error);
    wasi_put_u8(at + WASI_EVENT_TYPE, subscription->tag);
    wasi_put_u64(at + WASI_EVENT_NBYTES, bytes);
    wasi_put_u16(at + WASI_EVENT_FLAGS, flags);
}

/* Bytes that can be read at once; 1 where that is unknown. */
static uint64_t bytes_ready(int fd) {
    struct stat status;
    int ready = 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        off_t position = lseek(fd, 0, SEEK_CUR);
        return position < status.st_size ? (uint64_t)(status.st_size - position) : 0;
    }
    if (ioctl(fd, FIONREAD, &ready) == 0) return ready > 0 ? (uint64_t)ready : 0;
    return 1;
}

/* Store the events that have happened; their number. */
static uint32_t events_collect(uint8_t *out, const struct subscription *subscriptions,
                               uint32_t count, const struct pollfd *poll_fds) {
    uint32_t stored = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct subscription *subscription = &subscriptions[i];
        uint8_t *at = out + (size_t)stored * WASI_EVENT_SIZE;
        if (subscription->error) {
            event_store(at, subscription, subscription->error, 0, 0);
            stored++;
        } else if (subscription->tag == WASI_EVENT_CLOCK) {
            if (clock_now(subscription->clock) < subscription->deadline) continue;
            event_store(at, subscription, WASI_ESUCCESS, 0, 0);
            stored++;
        } else {
            const struct pollfd *polled = &poll_fds[subscription->poll_index];
            if (!(polled->revents & (subscription->events | POLLERR | POLLHUP | POLLNVAL))) {
                continue;
            }
            uint32_t error = polled->revents & POLLNVAL ? WASI_EBADF : WASI_ESUCCESS;
            uint16_t flags = polled->revents & (POLLHUP | POLLERR) ? WASI_EVENT_FD_HANGUP : 0;
            uint64_t bytes =
                !error && subscription->tag == WASI_EVENT_FD_READ ? bytes_ready(polled->fd) : 0;
            event_store(at, subscription, error, bytes, flags);
            stored++;
        }
    }
    return stored;
}

/* Nanoseconds until the first deadline; UINT64_MAX if there is none. */
static uint64_t time_left(const struct subscription *subscriptions, uint32_t count) {
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const struct subscription *subscription = &subscriptions[i];
        uint64_t left = UINT64_MAX;
        if (subscription->error) {
            left = 0;
        } else if (subscription->tag == WASI_EVENT_CLOCK) {
            uint64_t now = clock_now(subscription->clock);
            left = now < subscription->deadline ? subscription->deadline - now : 0;
        }
        if (left < least) least = left;
    }
    return least;
}

static uint32_t wait_and_collect(const struct subscription *subscriptions, uint32_t count,
                                 struct pollfd *poll_fds, uint32_t poll_count, uint8_t *out,
                                 uint32_t *stored) {
    for (;;) {
        uint64_t left = time_left(subscriptions, count);
        struct timespec timeout = {(time_t)(left / UINT64_C(1000000000)),
                                   (long)(left % UINT64_C(1000000000))};
        int ready = ppoll(poll_fds, poll_count, left == UINT64_MAX ? NULL : &timeout, NULL);
        if (ready < 0 && errno != EINTR) return wasi_last_error();
        if (ready < 0) continue;
        *stored = events_collect(out, subscriptions, count, poll_fds);
        if (*stored > 0) return WASI_ESUCCESS;
    }
}

uint32_t wasi_poll_oneoff(struct wasi *wasi, uint32_t in, uint32_t out, uint32_t count,
                          uint32_t result) {
    if (!wasi_range_ok(wasi, in, (uint64_t)count * WASI_SUBSCRIPTION_SIZE) ||
        !wasi_range_ok(wasi, out, (uint64_t)count * WASI_EVENT_SIZE) ||
        !wasi_range_ok(wasi, result, 4)) {
        return WASI_EFAULT;
    }
    if (count == 0 || count > SUBSCRIPTION_LIMIT) return WASI_EINVAL;
    struct subscription *subscriptions = calloc(count, sizeof *subscriptions);
    struct poll_set set = {
        .fds = calloc(count, sizeof *set.fds),
        .place_count = __atomic_load_n(&wasi->files.capacity, __ATOMIC_RELAXED),
    };
    set.places = calloc((size_t)set.place_count + 1, sizeof *set.places);
    uint32_t error = subscriptions && set.fds && set.places ? WASI_ESUCCESS : WASI_ENOMEM;
    uint32_t stored = 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        error = subscription_decode(wasi, wasi_at(wasi, in) + (size_t)i * WASI_SUBSCRIPTION_SIZE,
                                    &subscriptions[i], &set);
    }
    if (!error) {
        error =
            wait_and_collect(subscriptions, count, set.fds, set.count, wasi_at(wasi, out), &stored);
    }
    free(subscriptions);
    free(set.fds);
    free(set.places);
    if (error) return error;
    wasi_put_u32(wasi_at(wasi, result), stored);
    return WASI_ESUCCESS;
}
