/*
 * mpi_host.c - constants of the standard ABI that one of its first libraries numbers differently.
 *
 * Of use in the plugin "abi" alone; elsewhere mpi.h is the library's own. Our header has the
 * numbers of the standard (MPI 5.0, section A.1, "ABI"), and so has MPICH 5.0. Intel MPI 2021.18
 * has those of a draft of it for error handlers, positions in files and some attributes; which of
 * the two it is shows in the error handler that MPI_FILE_NULL has from the start, MPI_ERRORS_RETURN
 * in every MPI. (They differ in MPI_CHARACTER and the combiners of MPI_Type_create_f90_* too, which
 * no call of ours gives to the host or takes from it.)
 */
#include "mpi/mpi_host.h"

#include "mpi/mpi_constants.h"

#include <mpi.h>
#include <string.h>

#ifdef MPIWASM_MPI_ABI_H
static const struct mpilayer_host_values standard = {
    .errors_return = (MPI_Errhandler)GUEST_MPI_ERRORS_RETURN,
    .seek_set = GUEST_MPI_SEEK_SET,
    .seek_end = GUEST_MPI_SEEK_END,
    .universe_size = GUEST_MPI_UNIVERSE_SIZE,
    .appnum = GUEST_MPI_APPNUM,
};
static const struct mpilayer_host_values draft = {
    .errors_return = (MPI_Errhandler)0x142,
    .seek_set = 401,
    .seek_end = 403,
    .universe_size = 505,
    .appnum = 506,
};
struct mpilayer_host_values mpilayer_host_values;
static bool is_mpich;

bool mpilayer_host_is_mpich(void) {
    return is_mpich;
}

void mpilayer_host_start(void) {
    MPI_Errhandler of_files = standard.errors_return;
    int code = MPI_File_get_errhandler(MPI_FILE_NULL, &of_files);
    mpilayer_host_values =
        code == MPI_SUCCESS && of_files == draft.errors_return ? draft : standard;
    char version[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length;
    is_mpich = MPI_Get_library_version(version, &length) == MPI_SUCCESS &&
               (strstr(version, "MPICH") != NULL || strstr(version, "Intel(R) MPI") != NULL);
}
#else
void mpilayer_host_start(void) {
}
bool mpilayer_host_is_mpich(void) {
#ifdef MPICH_NAME
    return true;
#else
    return false;
#endif
}
#endif
