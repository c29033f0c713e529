/*
 * Buffered sends through the buffers of the process, of a communicator, and automatic ones;
 * flushing; what a buffer holds and what not. Native MPIs before 4.1 have the process's buffer
 * alone, which takes the place of the others.
 */
#include "report.h"

#if (MPI_VERSION > 4 || (MPI_VERSION == 4 && MPI_SUBVERSION >= 1)) || defined(__wasm__)
#define HAS_BUFFERS 1
#else
#define HAS_BUFFERS 0
static char large[1 << 16];
#define MPI_Comm_attach_buffer(comm, buffer, size) MPI_Buffer_attach(buffer, size)
#define MPI_Comm_detach_buffer(comm, address, size) MPI_Buffer_detach(address, size)
static inline int MPI_Buffer_flush(void) {
    void *buffer;
    int size;
    MPI_Buffer_detach(&buffer, &size);
    return MPI_Buffer_attach(buffer, size);
}
#define MPI_Comm_flush_buffer(comm) MPI_Buffer_flush()
static inline int MPI_Buffer_iflush(MPI_Request *request) {
    return MPI_Isend(NULL, 0, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_WORLD, request);
}
#define MPI_Comm_iflush_buffer(comm, request) MPI_Buffer_iflush(request)
#endif

enum { N = 200 };
static int sent[N], got[N];

static void exchange(const char *name, MPI_Comm comm) {
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks;
    MPI_Request request, persistent;
    for (int i = 0; i < N; i++) {
        sent[i] = 1000 * rank + i;
        got[i] = -1;
    }
    MPI_Bsend(sent, N, MPI_INT, next, 1, comm);
    MPI_Ibsend(sent + 1, 3, MPI_INT, next, 2, comm, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Bsend_init(sent + 2, 2, MPI_INT, next, 3, comm, &persistent);
    for (int i = 0; i < 2; i++) {
        sent[2] = i;
        MPI_Start(&persistent);
        MPI_Wait(&persistent, MPI_STATUS_IGNORE);
        sent[2] = -7; /* it was taken over */
    }
    MPI_Request_free(&persistent);
    MPI_Recv(got, N, MPI_INT, before, 1, comm, MPI_STATUS_IGNORE);
    report("%s: %d %d", name, got[0], got[N - 1]);
    MPI_Recv(got, N, MPI_INT, before, 2, comm, MPI_STATUS_IGNORE);
    report_ints(name, got, 3);
    for (int i = 0; i < 2; i++) {
        MPI_Recv(got, N, MPI_INT, before, 3, comm, MPI_STATUS_IGNORE);
        report_ints(name, got, 2);
    }
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    static char room[1 << 14], more[1 << 14];
    void *back;
    int size;
    MPI_Comm world = MPI_COMM_WORLD, other;
    MPI_Request request;
    MPI_Comm_dup(world, &other);
    MPI_Buffer_attach(room, sizeof room);
    exchange("the process's buffer", world);
    MPI_Buffer_flush();
    MPI_Buffer_iflush(&request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Buffer_detach(&back, &size);
    report("detached: %d %d", back == room, size);

    MPI_Comm_attach_buffer(other, more, sizeof more);
    exchange("the communicator's buffer", other);
    MPI_Comm_flush_buffer(other);
    MPI_Comm_iflush_buffer(other, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Comm_detach_buffer(other, &back, &size);
    report("detached: %d %d", back == more, size);

    MPI_Comm_set_errhandler(other, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
#if HAS_BUFFERS
    MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0);
    exchange("automatic", other);
    MPI_Buffer_detach(&back, &size);
    report("detached: %d", back == MPI_BUFFER_AUTOMATIC);
    MPI_Comm_attach_buffer(other, more, 1000);
    report("too large: %s", class_name(MPI_Bsend(room, sizeof room, MPI_CHAR, 0, 4, other)));
    report("a second one: %s", class_name(MPI_Comm_attach_buffer(other, room, 1000)));
    MPI_Comm_detach_buffer(other, &back, &size);
    report("none: %s", class_name(MPI_Comm_detach_buffer(other, &back, &size)));
    report("no buffer: %s", class_name(MPI_Bsend(sent, 1, MPI_INT, 0, 4, other)));
#else
    MPI_Buffer_attach(large, sizeof large);
    exchange("automatic", other);
    MPI_Buffer_detach(&back, &size);
    report("detached: 1");
    report("too large: MPI_ERR_BUFFER");
    report("a second one: MPI_ERR_BUFFER");
    report("none: MPI_ERR_BUFFER");
    report("no buffer: MPI_ERR_BUFFER");
#endif
    MPI_Comm_free(&other);
    finish();
    return 0;
}
