/*
 * abi/mpi.h - what the plugin "abi" is compiled against: the standard ABI of MPI 5.0 on the host.
 *
 * It is the guests' header, with the host's widths. No MPI has to be installed for it; at run time
 * whatever brings libmpi_abi.so.1 serves. The guests' header says which version is offered whole;
 * a host with the standard ABI has MPI 4 at least, and the codes and values of MPI 5.
 */
#ifndef MPIWASM_MPI_ABI_H
#define MPIWASM_MPI_ABI_H

#include "../../../guest/include/mpi.h"

#undef MPI_VERSION
#undef MPI_SUBVERSION
#define MPI_VERSION 5
#define MPI_SUBVERSION 0

/* What libraries number differently, as the one at hand has it: known after mpilayer_host_start. */
extern struct mpilayer_host_values {
    MPI_Errhandler errors_return;
    int seek_set, seek_end, universe_size, appnum;
} mpilayer_host_values;

#undef MPI_ERRORS_RETURN
#undef MPI_ERRORS_ABORT /* not used */
#undef MPI_SEEK_SET
#undef MPI_SEEK_CUR /* not used */
#undef MPI_SEEK_END
#undef MPI_UNIVERSE_SIZE
#undef MPI_APPNUM
#undef MPI_LASTUSEDCODE /* not used */
#define MPI_ERRORS_RETURN mpilayer_host_values.errors_return
#define MPI_SEEK_SET mpilayer_host_values.seek_set
#define MPI_SEEK_END mpilayer_host_values.seek_end
#define MPI_UNIVERSE_SIZE mpilayer_host_values.universe_size
#define MPI_APPNUM mpilayer_host_values.appnum

#endif
