/*
 * time.h - beside the sysroot's: time zones, of which there is UTC.
 */
#ifndef MPIWASM_COMPAT_TIME_H
#define MPIWASM_COMPAT_TIME_H

#include_next <time.h>

#ifdef __cplusplus
extern "C" {
#endif

void tzset(void);
extern char *tzname[2];
extern long timezone;
extern int daylight;

#ifdef __cplusplus
}
#endif

/* Newer C libraries have numbers here, which are no clockid_t. */
#undef CLOCK_PROCESS_CPUTIME_ID
#undef CLOCK_THREAD_CPUTIME_ID
extern const struct __clockid _CLOCK_PROCESS_CPUTIME_ID, _CLOCK_THREAD_CPUTIME_ID;
#define CLOCK_PROCESS_CPUTIME_ID (&_CLOCK_PROCESS_CPUTIME_ID)
#define CLOCK_THREAD_CPUTIME_ID (&_CLOCK_THREAD_CPUTIME_ID)

#endif
