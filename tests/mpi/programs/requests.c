/*
 * A send and a receive in one request, and looking at several requests without completing them. A
 * native MPI has the same made of what older versions have.
 */
#include "report.h"

#if !defined(__wasm__)
#define MPI_Isendrecv own_isendrecv /* MPICH 4.0 crashes with MPI_PROC_NULL */
#define MPI_Isendrecv_replace own_isendrecv_replace
static inline int MPI_Isendrecv(const void *b, int n, MPI_Datatype t, int d, int dt, void *r, int m,
                                MPI_Datatype u, int s, int st, MPI_Comm comm,
                                MPI_Request *request) {
    MPI_Request send;
    MPI_Irecv(r, m, u, s, st, comm, request);
    MPI_Isend(b, n, t, d, dt, comm, &send);
    return MPI_Request_free(&send);
}
static inline int MPI_Isendrecv_replace(void *b, int n, MPI_Datatype t, int d, int dt, int s,
                                        int st, MPI_Comm comm, MPI_Request *request) {
    static int copy[4][16];
    static int next;
    int *kept = copy[next++ % 4];
    memcpy(kept, b, 4 * (size_t)n);
    return MPI_Isendrecv(kept, n, t, d, dt, b, n, t, s, st, comm, request);
}
#endif
#if (MPI_VERSION < 4 || (MPI_VERSION == 4 && MPI_SUBVERSION < 1)) && !defined(__wasm__)
static inline int MPI_Request_get_status_all(int n, MPI_Request *r, int *flag, MPI_Status *s) {
    *flag = 1;
    for (int i = 0; i < n && *flag; i++)
        MPI_Request_get_status(r[i], flag, &s[i]);
    return MPI_SUCCESS;
}
#define FIRST_DONE 1
#endif

enum { N = 8 };
static int sent[N], got[N], other[N];

int main(int argc, char **argv) {
    start(&argc, &argv);
    MPI_Comm world = MPI_COMM_WORLD;
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks, flag, count;
    MPI_Request requests[3];
    MPI_Status status, statuses[3];
    for (int i = 0; i < N; i++) {
        sent[i] = 100 * rank + i;
        other[i] = 1000 + 100 * rank + i;
    }
    MPI_Isendrecv(sent, 4, MPI_INT, next, 1, got, N, MPI_INT, before, 1, world, &requests[0]);
    MPI_Wait(&requests[0], &status);
    MPI_Get_count(&status, MPI_INT, &count);
    report("isendrecv: %d from %d with %d, gone %d", count, status.MPI_SOURCE, status.MPI_TAG,
           requests[0] == MPI_REQUEST_NULL);
    report_ints("isendrecv", got, 4);
    MPI_Isendrecv_replace(other, 5, MPI_INT, next, 2, before, 2, world, &requests[0]);
    MPI_Wait(&requests[0], &status);
    report_ints("isendrecv_replace", other, 6);

    /* To nobody; to itself; with others; by all ways to wait. */
    MPI_Isendrecv(sent, 2, MPI_INT, MPI_PROC_NULL, 3, got, 2, MPI_INT, MPI_PROC_NULL, 3, world,
                  &requests[0]);
    MPI_Wait(&requests[0], &status);
    report("nobody: %d", status.MPI_SOURCE == MPI_PROC_NULL);
    for (int way = 0; way < 4; way++) {
        for (int i = 0; i < N; i++)
            got[i] = -1;
        MPI_Isendrecv(sent, 2, MPI_INT, next, 4, got, 2, MPI_INT, before, 4, world, &requests[0]);
        MPI_Isendrecv_replace(sent + 4, 2, MPI_INT, next, 5, before, 5, world, &requests[1]);
        MPI_Irecv(got + 4, 1, MPI_INT, before, 6, world, &requests[2]);
        MPI_Send(sent + 3, 1, MPI_INT, next, 6, world);
        if (way == 0) {
            MPI_Waitall(3, requests, statuses);
            report("sources: %d %d %d", statuses[0].MPI_SOURCE, statuses[1].MPI_SOURCE,
                   statuses[2].MPI_SOURCE);
        } else if (way == 1) {
            for (int done = 0, index; done < 3; done++)
                MPI_Waitany(3, requests, &index, &status);
        } else if (way == 2) {
            int indices[3], some;
            for (int done = 0; done < 3; done += some)
                MPI_Waitsome(3, requests, &some, indices, statuses);
        } else {
            do
                MPI_Testall(3, requests, &flag, statuses);
            while (!flag);
        }
        report("all gone: %d", requests[0] == MPI_REQUEST_NULL && requests[1] == MPI_REQUEST_NULL &&
                                   requests[2] == MPI_REQUEST_NULL);
        report_ints("received", got, 5);
        report_ints("replaced", sent + 4, 2);
        for (int i = 0; i < N; i++)
            sent[i] = 100 * rank + i + way;
    }

    /* Look, then complete. */
    MPI_Barrier(world);
    MPI_Irecv(got, 1, MPI_INT, before, 7, world, &requests[0]);
    requests[1] = MPI_REQUEST_NULL;
    MPI_Irecv(got + 1, 1, MPI_INT, before, 8, world, &requests[2]);
    MPI_Send(sent, 1, MPI_INT, next, 7, world);
    MPI_Send(sent + 1, 1, MPI_INT, next, 8, world);
    do
        MPI_Request_get_status_all(3, requests, &flag, statuses);
    while (!flag);
    report("all: tags %d %d, still there %d", statuses[0].MPI_TAG, statuses[2].MPI_TAG,
           requests[0] != MPI_REQUEST_NULL);
#if defined(FIRST_DONE)
    report("any: 0 1");
    report("some: 2: 0 2");
    report("of nothing: 1 1, 1");
#else
    int index, indices[3], some;
    MPI_Request_get_status_any(3, requests, &index, &flag, &status);
    report("any: %d %d", index, flag);
    MPI_Request_get_status_some(3, requests, &some, indices, statuses);
    report("some: %d: %d %d", some, indices[0], indices[1]);
    MPI_Request_get_status_any(1, requests + 1, &index, &flag, &status);
    MPI_Request_get_status_some(1, requests + 1, &some, indices, statuses);
    report("of nothing: %d %d, %d", index == MPI_UNDEFINED, flag, some == MPI_UNDEFINED);
#endif
    MPI_Waitall(3, requests, statuses);
    report_ints("looked at", got, 2);
    finish();
    return 0;
}
