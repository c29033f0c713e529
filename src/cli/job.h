/*
 * job.h - which rank of which job this process is, as far as the launcher's environment tells.
 *
 * Known before any MPI library is loaded. For messages only: what the program sees comes from MPI.
 */
#ifndef MPIWASM_CLI_JOB_H
#define MPIWASM_CLI_JOB_H

#include <stdbool.h>

struct job {
    int rank;       /* in MPI_COMM_WORLD, from 0; 0 without a launcher */
    int size;       /* processes of the job; 1 without a launcher or if it does not say */
    int local_size; /* processes of the job on this host; size if the launcher does not say */
    bool launched;  /* a launcher was recognised */
    char id[160];   /* tells this job from all others on this host */
    char host[256];
};

const struct job *job_get(void);

#endif
