/*
 * job.c - reads the variables that launchers leave in the environment; see job.h.
 *
 * Knows Open MPI and PRRTE, Hydra (MPICH, Intel MPI), PALS, Slurm and Flux. Where the launcher
 * names no job, the parent process and its start time do: local ranks share it.
 */
#include "cli/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool number(const char *variable, int *out) {
    const char *text = variable == NULL ? NULL : getenv(variable);
    if (text == NULL || *text < '0' || *text > '9') return false;
    *out = atoi(text);
    return true;
}

/* Clock ticks from boot to the start of the process; 0 if unknown. Tells reused process ids. */
static unsigned long long start_time(pid_t pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    const char *at = strrchr(text, ')'); /* the name may hold anything */
    unsigned long long ticks = 0;
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at != NULL) ticks = strtoull(at, NULL, 10);
    return ticks;
}

static void find_id(struct job *job) {
    static const char *const single[] = {"PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid", "PALS_APID",
                                         "FLUX_JOB_ID", "PMI_JOBID"};
    for (size_t i = 0; job->launched && i < sizeof single / sizeof single[0]; i++) {
        const char *value = getenv(single[i]);
        if (value == NULL || *value == '\0') continue;
        snprintf(job->id, sizeof job->id, "%s", value);
        return;
    }
    const char *slurm_job = getenv("SLURM_JOB_ID"), *slurm_step = getenv("SLURM_STEP_ID");
    if (job->launched && slurm_job != NULL && slurm_step != NULL) {
        snprintf(job->id, sizeof job->id, "slurm %.64s.%.64s", slurm_job, slurm_step);
        return;
    }
    snprintf(job->id, sizeof job->id, "%d %llu", (int)getppid(), start_time(getppid()));
}

static void find(struct job *job) {
    static const struct {
        const char *rank, *size, *local_size;
    } launchers[] = {
        {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE"},
        {"PALS_RANKID", "PMI_SIZE", "PALS_LOCAL_SIZE"},
        {"PMI_RANK", "PMI_SIZE", "MPI_LOCALNRANKS"},
        {"FLUX_TASK_RANK", "FLUX_JOB_SIZE", NULL},
        {"SLURM_PROCID", "SLURM_STEP_NUM_TASKS", NULL},
        {"PMIX_RANK", NULL, NULL},
    };
    job->size = 1;
    for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++) {
        if (!number(launchers[i].rank, &job->rank)) continue;
        job->launched = true;
        number(launchers[i].size, &job->size);
        job->local_size = job->size;
        number(launchers[i].local_size, &job->local_size);
        break;
    }
    if (job->size < 1) job->size = 1;
    if (job->local_size < 1) job->local_size = 1;
    find_id(job);
    if (gethostname(job->host, sizeof job->host - 1) != 0) strcpy(job->host, "unknown host");
}

const struct job *job_get(void) {
    static struct job job;
    if (job.host[0] == '\0') find(&job);
    return &job;
}
