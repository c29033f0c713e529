/*
 * resources.c - processor time, limits and memory, from WASI's clocks and the module's own memory.
 *
 * The sysroot's emulation gives wall-clock time; these functions take its place.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>

static long long processor_nanoseconds(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0 &&
        clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0;
    return (long long)now.tv_sec * 1000000000 + now.tv_nsec;
}

clock_t clock(void) {
    return (clock_t)(processor_nanoseconds() / (1000000000 / CLOCKS_PER_SEC));
}

/* In units of sysconf(_SC_CLK_TCK), 100 a second. */
clock_t times(struct tms *out) {
    *out = (struct tms){.tms_utime = (clock_t)(processor_nanoseconds() / 10000000)};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (clock_t)((long long)now.tv_sec * 100 + now.tv_nsec / 10000000);
}

int getrusage(int who, struct rusage *usage) {
    *usage = (struct rusage){.ru_maxrss = (long)__builtin_wasm_memory_size(0) * 64};
    if (who == RUSAGE_CHILDREN) return 0;
    long long time = processor_nanoseconds();
    usage->ru_utime.tv_sec = time / 1000000000;
    usage->ru_utime.tv_usec = time % 1000000000 / 1000;
    return 0;
}

int getrlimit(int resource, struct rlimit *limit) {
    rlim_t value = RLIM_INFINITY;
    if (resource == RLIMIT_AS || resource == RLIMIT_DATA || resource == RLIMIT_RSS)
        value = 65535ull * 65536;
    if (resource == RLIMIT_STACK) value = 8ull << 20;
    if (resource == RLIMIT_NOFILE) value = 1024;
    *limit = (struct rlimit){value, value};
    return 0;
}
int setrlimit(int resource, const struct rlimit *limit) {
    (void)resource;
    (void)limit;
    errno = EPERM;
    return -1;
}

void *memalign(size_t alignment, size_t size) {
    return aligned_alloc(alignment, size);
}
void *valloc(size_t size) {
    return aligned_alloc(65536, size);
}
int getloadavg(double averages[], int count) {
    (void)averages;
    (void)count;
    return -1;
}
