/*
 * mpi_file_name.h - the names of files that a guest gives, and what they lead to: something below a
 * directory that the command line granted, or nothing.
 *
 * Names mean what they mean to the guest's C library before any chdir: the granted directory whose
 * guest path is the longest beginning of the name, and the rest beneath it (base/path_sandbox.h).
 *
 * Functions that return int give an error class of the guest, GUEST_MPI_SUCCESS included; *reason
 * then says what is wrong.
 */
#ifndef MPIWASM_MPI_FILE_NAME_H
#define MPIWASM_MPI_FILE_NAME_H

#include "base/path_sandbox.h"
#include "mpi/mpi_layer.h"

/* The granted directories, opened before the guest runs, as it might replace what lies on the way
 * to one of them. NULL and *err if one cannot be opened. */
struct mpilayer_names *mpilayer_names_open(const struct host_config *config, struct error *err);
void mpilayer_names_close(struct mpilayer_names *names); /* NULL is fine */

/* A name of the guest's, resolved but for the last component. */
struct mpilayer_name {
    char text[PATH_SANDBOX_SIZE]; /* as given, without "ufs:" */
    const char *rest;             /* within what was looked up: beneath `root` */
    int root;                     /* descriptor of the granted directory; borrowed */
    bool read_only;               /* the grant */
    bool use_openat2;
};

/* Find the grant of a name; fills in all but name->text. MPI_ERR_BAD_FILE for what is no name,
 * MPI_ERR_NO_SUCH_FILE if no grant has it. */
int mpilayer_name_locate(const struct mpilayer *layer, const char *text, struct mpilayer_name *name,
                         const char **reason);

/* Read the string at the guest's address and find its grant. "ufs:" in front is left out; any other
 * colon is refused. */
bool mpilayer_name_find(struct mpilayer_call *call, const char *argument, uint32_t address,
                        struct mpilayer_name *name);

/* Open it with open's flags, a regular file; *fd is the caller's. */
int mpilayer_name_open(const struct mpilayer_name *name, int flags, int *fd, const char **reason);

/* The directory that the name lies in, as a descriptor that the caller closes, and the last
 * component, which is not followed if it is a link. */
int mpilayer_name_place(const struct mpilayer_name *name, int *directory, char last[NAME_MAX + 1],
                        const char **reason);

int mpilayer_name_delete(const struct mpilayer_name *name, const char **reason);

/* The error class for a host's errno. */
int mpilayer_name_error(int error);

#endif
