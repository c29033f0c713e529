/*
 * clocks.c - the processor's time as clocks, which WASI preview 1 has and newer C libraries leave
 * out; time.h has their names.
 */
#include <stdint.h>

struct __clockid {
    uint32_t id; /* of preview 1 */
};
const struct __clockid _CLOCK_PROCESS_CPUTIME_ID = {2};
const struct __clockid _CLOCK_THREAD_CPUTIME_ID = {3};
