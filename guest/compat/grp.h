/*
 * grp.h - groups: there is one, the user's.
 */
#ifndef MPIWASM_COMPAT_GRP_H
#define MPIWASM_COMPAT_GRP_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct group {
    char *gr_name, *gr_passwd;
    gid_t gr_gid;
    char **gr_mem;
};

struct group *getgrgid(gid_t gid);
struct group *getgrnam(const char *name);

#ifdef __cplusplus
}
#endif

#endif
