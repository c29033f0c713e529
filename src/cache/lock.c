/*
 * lock.c - one process compiles, the others wait, and the death of the one is noticed.
 *
 * First choice: a POSIX lock (fcntl, of the open file description) on a byte of one of 256 files in
 * the directory `locks`, both chosen by the key.  Such locks work between machines on NFS (lockd or
 * version 4) and on Lustre mounted with -o flock, and the kernel or the file server releases them
 * when the holder dies.  Waiting takes a read lock, so that all who wait go on together.
 * The files are never removed, since removing a lock file is a race.
 *
 * Second choice, where the file system has no locks (Lustre without flock) or $MPIWASM_CACHE_LOCK
 * is "file": a file KEY.lock made with O_EXCL, which the holder touches; whoever
 * sees it untouched for half a minute of its own clock removes it.  Should two remove it at the
 * same moment, both compile, which costs time alone: entries are installed by rename.
 */
#include "cache/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BEAT_SECONDS 2.0
double lock_stale_seconds = 30;

double monotonic_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void sleep_seconds(double seconds) {
    struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

static bool wants_file(void) {
    const char *value = getenv("MPIWASM_CACHE_LOCK");
    return value != NULL && strcmp(value, "file") == 0;
}

/* Each key has a byte of its own, which need not be there: what shares the file goes on. */
static int fcntl_lock(int fd, const char *key, short type, bool wait) {
    char digits[8] = "";
    snprintf(digits, sizeof digits, "%.7s", strlen(key) > 2 ? key + 2 : "");
    struct flock range = {.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)strtoul(digits, NULL, 16),
                          .l_len = 1};
    int result;
#ifdef F_OFD_SETLK
    do
        result = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &range);
    while (result != 0 && errno == EINTR);
    if (result == 0 || errno != EINVAL) return result;
#endif
    do
        result = fcntl(fd, wait ? F_SETLKW : F_SETLK, &range);
    while (result != 0 && errno == EINTR);
    return result;
}

static bool is_busy(int number) {
    return number == EAGAIN || number == EACCES || number == EDEADLK;
}

/* The lock file of a key; -1 with errno if it cannot be opened. */
static int lock_file_open(const char *directory, const char *key) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/locks", directory) >= (int)sizeof path - 8) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return -1;
    size_t length = strlen(path);
    snprintf(path + length, sizeof path - length, "/%.2s", key);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static bool exclusive_path(const char *directory, const char *key, char *path, size_t size) {
    int length = snprintf(path, size, "%s/%s.lock", directory, key);
    return length > 0 && (size_t)length < size;
}

static enum lock_state exclusive_try(const char *directory, const char *key, struct lock *lock,
                                     struct error *err) {
    if (!exclusive_path(directory, key, lock->path, sizeof lock->path)) {
        error_set(err, ERROR_SYSTEM, "'%s' is too long", directory);
        return LOCK_IMPOSSIBLE;
    }
    lock->fd = open(lock->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (lock->fd < 0 && errno == EEXIST) return LOCK_BUSY;
    if (lock->fd < 0) {
        error_set_errno(err, "cannot make '%s'", lock->path);
        return LOCK_IMPOSSIBLE;
    }
    lock->is_file = true;
    lock->beat = monotonic_seconds();
    return LOCK_HELD;
}

enum lock_state lock_try(const char *directory, const char *key, struct lock *lock,
                         struct error *err) {
    *lock = (struct lock){.fd = -1};
    if (wants_file()) return exclusive_try(directory, key, lock, err);
    lock->fd = lock_file_open(directory, key);
    if (lock->fd < 0) {
        error_set_errno(err, "cannot lock in '%s'", directory);
        return LOCK_IMPOSSIBLE;
    }
    if (fcntl_lock(lock->fd, key, F_WRLCK, false) == 0) return LOCK_HELD;
    int number = errno;
    close(lock->fd);
    lock->fd = -1;
    return is_busy(number) ? LOCK_BUSY : exclusive_try(directory, key, lock, err);
}

/* Poll: opening anew makes NFS look at the file's times, which it caches otherwise. */
static void exclusive_wait(const char *directory, const char *key) {
    char path[PATH_MAX];
    if (!exclusive_path(directory, key, path, sizeof path)) return;
    struct timespec seen = {0};
    double since = monotonic_seconds(), pause = 0.02;
    for (;;) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) return;
        struct stat status;
        bool ok = fstat(fd, &status) == 0;
        close(fd);
        if (!ok) return;
        if (status.st_mtim.tv_sec != seen.tv_sec || status.st_mtim.tv_nsec != seen.tv_nsec) {
            seen = status.st_mtim;
            since = monotonic_seconds();
        } else if (monotonic_seconds() - since > lock_stale_seconds) {
            unlink(path);
            return;
        }
        sleep_seconds(pause);
        if (pause < 0.25) pause *= 1.5;
    }
}

void lock_wait(const char *directory, const char *key) {
    int fd = wants_file() ? -1 : lock_file_open(directory, key);
    bool has_locks = false;
    if (fd >= 0) {
        has_locks = fcntl_lock(fd, key, F_RDLCK, true) == 0 || is_busy(errno);
        close(fd);
    }
    if (!has_locks) exclusive_wait(directory, key);
    /* Spread those who wake up together: all but one would find the lock taken. */
    sleep_seconds(1e-5 * (double)(getpid() % 64));
}

void lock_beat(struct lock *lock) {
    if (!lock->is_file || lock->fd < 0 || monotonic_seconds() - lock->beat < BEAT_SECONDS) return;
    futimens(lock->fd, NULL);
    lock->beat = monotonic_seconds();
}

void lock_release(struct lock *lock) {
    if (lock->fd < 0) return;
    if (lock->is_file) unlink(lock->path);
    close(lock->fd);
    lock->fd = -1;
}
