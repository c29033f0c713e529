/*
 * netdb.h - there is no network: looking a name up fails.
 */
#ifndef MPIWASM_COMPAT_NETDB_H
#define MPIWASM_COMPAT_NETDB_H

#include <netinet/in.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hostent {
    char *h_name;
    char **h_aliases;
    int h_addrtype, h_length;
    char **h_addr_list;
};
#define h_addr h_addr_list[0]
#define HOST_NOT_FOUND 1

extern int h_errno;
struct hostent *gethostbyname(const char *name);

#ifdef __cplusplus
}
#endif

#endif
