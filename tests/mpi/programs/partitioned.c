/*
 * Partitioned communication: partitions in any order, several rounds, different numbers of
 * partitions on both sides, several requests between the same processes. A native MPI before 4
 * shows what arrives by ordinary persistent requests, and so does Open MPI 5, whose own hang.
 */
#include "report.h"

#include <string.h>

#if (MPI_VERSION >= 4 && !defined(OPEN_MPI)) || defined(__wasm__)
#define NATIVE 0
#else
#define NATIVE 1
#define MPI_Psend_init own_psend_init
#define MPI_Precv_init own_precv_init
static inline int MPI_Psend_init(const void *b, int n, int count, MPI_Datatype t, int d, int tag,
                                 MPI_Comm comm, MPI_Info info, MPI_Request *request) {
    return MPI_Send_init(b, n * count, t, d, tag, comm, request);
}
static inline int MPI_Precv_init(void *b, int n, int count, MPI_Datatype t, int s, int tag,
                                 MPI_Comm comm, MPI_Info info, MPI_Request *request) {
    return MPI_Recv_init(b, n * count, t, s, tag, comm, request);
}
#define MPI_Pready(partition, request) ((void)(request))
#define MPI_Pready_range(low, high, request) ((void)(request))
#define MPI_Pready_list(n, list, request) ((void)(request))
#define MPI_Parrived(request, partition, flag) MPI_Request_get_status(request, flag, &ignored)
static MPI_Status ignored;
#endif

#ifdef __wasm__
#define ROUNDS 3
#else
#define ROUNDS 1
#endif

/* Nothing to send: no partitions, or empty ones; then MPICH wants no datatype. (Natively, without
 * partitions MPICH 4.0 cannot start a second time.) */
static void nothing(int next, int before) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, count = -1;
    MPI_Get_library_version(version, &length);
    MPI_Datatype type = strstr(version, "MPICH") != NULL ? MPI_DATATYPE_NULL : MPI_INT;
    for (int partitions = 0; partitions < 3; partitions += 2) {
        MPI_Request requests[2];
        MPI_Status statuses[2];
        MPI_Psend_init(NULL, partitions, 0, type, next, 6, MPI_COMM_WORLD, MPI_INFO_NULL, requests);
        MPI_Precv_init(NULL, partitions, 0, type, before, 6, MPI_COMM_WORLD, MPI_INFO_NULL,
                       requests + 1);
        for (int round = 0; round < (partitions > 0 ? 3 : ROUNDS); round++) {
            MPI_Startall(2, requests);
            if (partitions > 0) MPI_Pready_range(0, partitions - 1, requests[0]);
            MPI_Waitall(2, requests, statuses);
            MPI_Get_count(&statuses[1], MPI_INT, &count);
            if (round == 0) report("nothing in %d partitions: %d", partitions, count);
        }
        MPI_Request_free(requests);
        MPI_Request_free(requests + 1);
    }
}

enum { PARTITIONS = 6, EACH = 4, ITEMS = PARTITIONS * EACH };
static int sent[2][ITEMS], got[2][ITEMS];

int main(int argc, char **argv) {
    start(&argc, &argv);
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks;
    MPI_Request requests[4];
    MPI_Comm world = MPI_COMM_WORLD;
    /* Of two with the same tag the first send belongs to the first receive, whichever starts
     * first; natively here without partitions they are started in order. */
    MPI_Psend_init(sent[0], PARTITIONS, EACH, MPI_INT, next, 5, world, MPI_INFO_NULL, &requests[0]);
    MPI_Psend_init(sent[1], PARTITIONS, EACH, MPI_INT, next, 5, world, MPI_INFO_NULL, &requests[1]);
    MPI_Precv_init(got[0], PARTITIONS / 2, 2 * EACH, MPI_INT, before, 5, world, MPI_INFO_NULL,
                   &requests[2]);
    MPI_Precv_init(got[1], PARTITIONS, EACH, MPI_INT, before, 5, world, MPI_INFO_NULL,
                   &requests[3]);
    for (int round = 0; round < 3; round++) {
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < ITEMS; i++) {
                sent[k][i] = 1000 * rank + 100 * round + 50 * k + i;
                got[k][i] = -1;
            }
        int flag = 0, list[] = {4, 0, 5};
        MPI_Startall(4, requests);
        if (!NATIVE) { /* a send is not complete before all is ready */
            MPI_Test(&requests[0], &flag, MPI_STATUS_IGNORE);
        }
        report("complete too early: %d", flag);
        MPI_Pready(3, requests[0]);
        MPI_Pready_list(3, list, requests[0]);
        MPI_Pready_range(1, 2, requests[0]);
        for (int i = PARTITIONS - 1; i >= 0; i--)
            MPI_Pready(i, requests[1]);
        while (!flag)
            MPI_Parrived(requests[2], 1, &flag);
        report("arrived: %d %d", got[0][2 * EACH], got[0][4 * EACH - 1]);
        MPI_Status status;
        int count;
        MPI_Wait(&requests[2], &status);
        MPI_Get_count(&status, MPI_INT, &count);
        report("status: %d from %d with %d", count, status.MPI_SOURCE, status.MPI_TAG);
        if (round == 0) {
            MPI_Waitall(3, (MPI_Request[]){requests[0], requests[1], requests[3]},
                        MPI_STATUSES_IGNORE);
        } else {
            MPI_Request rest[] = {requests[0], requests[1], requests[3]};
            for (int done = 0; done < 3;) {
                int some, indices[3];
                MPI_Waitsome(3, rest, &some, indices, MPI_STATUSES_IGNORE);
                done += some == MPI_UNDEFINED ? 3 : some;
            }
        }
        report_ints("first", got[0], ITEMS);
        report_ints("second", got[1], ITEMS);
    }
    for (int i = 0; i < 4; i++)
        MPI_Request_free(&requests[i]);
    nothing(next, before);
    finish();
    return 0;
}
