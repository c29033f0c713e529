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

#endif
