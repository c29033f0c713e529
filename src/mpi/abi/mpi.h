/*
 * abi/mpi.h - what the plugin "abi" is compiled against: the standard ABI of MPI 5.0 on the host.
 *
 * It is the guests' header, with the host's widths. No MPI has to be installed for it; at run time
 * whatever brings libmpi_abi.so.1 serves. The guests' header says which version is offered whole;
 * a host with the standard ABI has MPI 4 at least, and the codes and values of MPI 5.
 */
#include "../../../guest/include/mpi.h"

#undef MPI_VERSION
#undef MPI_SUBVERSION
#define MPI_VERSION 5
#define MPI_SUBVERSION 0
