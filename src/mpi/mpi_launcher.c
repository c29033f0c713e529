/*
 * mpi_launcher.c - which launcher started this process.
 *
 * Reads environment variables only. Those of an MPI's own launcher come first, then the process
 * management interface that a resource manager offers (Open MPI wants PMIx, MPICH's kin PMI), then
 * what only tells that a resource manager started us.
 */
#include "mpi/mpi_launcher.h"

#include <stdlib.h>
#include <string.h>

/* "abi" serves whatever MPI has the standard ABI (libmpi_abi). "intel" and "mpich" have the same
 * ABI, but names of libraries of their own. */
static const char *const openmpi[] = {"openmpi", "abi", NULL};
static const char *const mpich[] = {"mpich", "abi", "intel", NULL};
static const char *const intel[] = {"intel", "mpich", "abi", NULL};

static const struct {
    const char *rank, *size; /* variables; size may be NULL */
    const char *name;
    const char *const *families;
} launchers[] = {
    {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "Open MPI's mpirun", openmpi},
    {"PRTE_RANK", NULL, "PRRTE's prterun", openmpi},
    {"I_MPI_RANK", "I_MPI_SIZE", "Intel MPI's mpirun", intel},
    {"MPI_LOCALRANKID", "PMI_SIZE", "Hydra's mpiexec (MPICH, Intel MPI)", mpich},
    {"PALS_RANKID", "PALS_SIZE", "Cray PALS", mpich},
    {"MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE", "MVAPICH's mpirun", mpich},
    {"PMIX_RANK", "SLURM_STEP_NUM_TASKS", "a launcher with PMIx", openmpi},
    {"PMI_RANK", "PMI_SIZE", "MPICH's mpiexec", mpich},
    {"FLUX_TASK_RANK", "FLUX_JOB_SIZE", "Flux", NULL},
    {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "Slurm's srun", NULL},
};

bool mpi_launcher_detect(struct mpi_launcher *launcher) {
    for (unsigned i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        const char *rank = getenv(launchers[i].rank);
        if (rank == NULL) {
            continue;
        }
        const char *size = launchers[i].size != NULL ? getenv(launchers[i].size) : NULL;
        /* A batch script has Slurm's rank as well, but is no step: nothing was launched. */
        if (size == NULL && strncmp(launchers[i].rank, "SLURM_", 6) == 0) {
            continue;
        }
        *launcher = (struct mpi_launcher){
            .name = launchers[i].name,
            .family = launchers[i].families != NULL ? launchers[i].families[0] : NULL,
            .families = launchers[i].families,
            .rank = atoi(rank),
            .size = size != NULL ? atoi(size) : 0,
        };
        return true;
    }
    return false;
}
