/*
 * mpi_host.c - constants of the standard ABI that its first libraries number differently.
 *
 * Of use in the plugin "abi" alone; elsewhere mpi.h is the library's own. Intel MPI 2021.18 has the
 * numbers of our header. MPICH 5.0 has others for error handlers, positions in files and some
 * attributes; which of the two it is shows in the error handler that MPI_FILE_NULL has from the
 * start, MPI_ERRORS_RETURN in every MPI.
 */
#include "mpi/mpi_host.h"

#include "mpi/mpi_constants.h"

#include <mpi.h>
#include <string.h>

#ifdef MPIWASM_MPI_ABI_H
static const struct mpilayer_host_values ours = {
    .errors_return = (MPI_Errhandler)GUEST_MPI_ERRORS_RETURN,
    .seek_set = GUEST_MPI_SEEK_SET,
    .seek_end = GUEST_MPI_SEEK_END,
    .universe_size = GUEST_MPI_UNIVERSE_SIZE,
    .appnum = GUEST_MPI_APPNUM,
};
static const struct mpilayer_host_values mpich = {
    .errors_return = (MPI_Errhandler)0x143,
    .seek_set = 403,
    .seek_end = 402,
    .universe_size = 507,
    .appnum = 505,
};
struct mpilayer_host_values mpilayer_host_values;
static bool is_mpich;

bool mpilayer_host_is_mpich(void) {
    return is_mpich;
}

void mpilayer_host_start(void) {
    MPI_Errhandler of_files = ours.errors_return;
    int code = MPI_File_get_errhandler(MPI_FILE_NULL, &of_files);
    mpilayer_host_values = code == MPI_SUCCESS && of_files == mpich.errors_return ? mpich : ours;
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
