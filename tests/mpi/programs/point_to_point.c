/*
 * point_to_point.c - every way to send, receive, probe and wait, in a ring of all ranks (of one
 * rank: to itself), with MPI_PROC_NULL, wildcards, persistent requests and arrays of them.
 */
#include "report.h"

#define COUNT 8

static int right, left;

static void fill(int *values, int base) {
    for (int i = 0; i < COUNT; i++)
        values[i] = base * 100 + i;
}

static void report_status(const char *name, const MPI_Status *status) {
    int count = -1;
    MPI_Get_count(status, MPI_INT, &count);
    report("%s: source %d tag %d count %d", name,
           status->MPI_SOURCE == MPI_ANY_SOURCE  ? -10
           : status->MPI_SOURCE == MPI_PROC_NULL ? -20
                                                 : status->MPI_SOURCE,
           status->MPI_TAG == MPI_ANY_TAG ? -30 : status->MPI_TAG,
           count == MPI_UNDEFINED ? -40 : count);
}

static void blocking(void) {
    int out[COUNT], in[COUNT];
    MPI_Status status;
    MPI_Request request;
    fill(out, rank);
    memset(in, 0, sizeof in);
    MPI_Irecv(in, COUNT, MPI_INT, left, 1, MPI_COMM_WORLD, &request);
    MPI_Send(out, COUNT, MPI_INT, right, 1, MPI_COMM_WORLD);
    MPI_Wait(&request, &status);
    report_ints("send", in, COUNT);
    report_status("send", &status);
    report("request is null: %d", request == MPI_REQUEST_NULL);

    MPI_Irecv(in, COUNT, MPI_INT, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Rsend(out, 3, MPI_INT, right, 2, MPI_COMM_WORLD);
    MPI_Wait(&request, &status);
    report_status("rsend", &status);

    MPI_Irecv(in, COUNT, MPI_INT, left, 3, MPI_COMM_WORLD, &request);
    MPI_Ssend(out, 4, MPI_INT, right, 3, MPI_COMM_WORLD);
    MPI_Wait(&request, &status);
    report_status("ssend", &status);

    MPI_Sendrecv(out, COUNT, MPI_INT, right, 4, in, COUNT, MPI_INT, left, 4, MPI_COMM_WORLD,
                 &status);
    report_ints("sendrecv", in, COUNT);
    MPI_Sendrecv_replace(in, COUNT, MPI_INT, right, 5, left, 5, MPI_COMM_WORLD, &status);
    report_ints("replace", in, COUNT);
    report_status("replace", &status);

    MPI_Send(NULL, 0, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD);
    MPI_Recv(in, COUNT, MPI_INT, MPI_PROC_NULL, 1, MPI_COMM_WORLD, &status);
    report_status("nobody", &status);
}

static void buffered(void) {
    int out[COUNT], in[COUNT], size, again;
    MPI_Pack_size(COUNT, MPI_INT, MPI_COMM_WORLD, &size);
    size = 2 * (size + MPI_BSEND_OVERHEAD);
    char *buffer = malloc((size_t)size), *detached;
    fill(out, rank + 10);
    MPI_Buffer_attach(buffer, size);
    MPI_Bsend(out, COUNT, MPI_INT, right, 6, MPI_COMM_WORLD);
    MPI_Request request;
    MPI_Ibsend(out, 2, MPI_INT, right, 7, MPI_COMM_WORLD, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    MPI_Recv(in, COUNT, MPI_INT, left, 6, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Recv(in, 2, MPI_INT, left, 7, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    MPI_Buffer_detach(&detached, &again);
    report("detached: %d %d", detached == buffer, again == size);
    report_ints("bsend", in, COUNT);
    free(buffer);
}

static void probing(void) {
    int out[COUNT], in[COUNT], flag = 0, count;
    MPI_Status status;
    MPI_Message message;
    MPI_Request request;
    fill(out, rank + 20);
    MPI_Isend(out, 5, MPI_INT, right, 8, MPI_COMM_WORLD, &request);
    MPI_Probe(left, MPI_ANY_TAG, MPI_COMM_WORLD, &status);
    report_status("probe", &status);
    while (!flag)
        MPI_Iprobe(MPI_ANY_SOURCE, 8, MPI_COMM_WORLD, &flag, &status);
    report_status("iprobe", &status);
    MPI_Mprobe(left, 8, MPI_COMM_WORLD, &message, &status);
    MPI_Get_count(&status, MPI_INT, &count);
    MPI_Mrecv(in, count, MPI_INT, &message, &status);
    report("message is null: %d", message == MPI_MESSAGE_NULL);
    report_ints("mrecv", in, count);
    MPI_Wait(&request, MPI_STATUS_IGNORE);

    MPI_Isend(out, 6, MPI_INT, right, 9, MPI_COMM_WORLD, &request);
    flag = 0;
    while (!flag)
        MPI_Improbe(left, 9, MPI_COMM_WORLD, &flag, &message, &status);
    MPI_Request receive;
    MPI_Imrecv(in, 6, MPI_INT, &message, &receive);
    MPI_Wait(&receive, &status);
    report_status("imrecv", &status);
    MPI_Wait(&request, MPI_STATUS_IGNORE);

    MPI_Improbe(left, 4711, MPI_COMM_WORLD, &flag, &message, &status);
    report("improbe of nothing: %d", flag);
    MPI_Mprobe(MPI_PROC_NULL, 1, MPI_COMM_WORLD, &message, &status);
    report("no process: %d", message == MPI_MESSAGE_NO_PROC);
    MPI_Mrecv(in, 1, MPI_INT, &message, &status);
    report_status("mrecv of no process", &status);
}

static void arrays(void) {
    enum { N = 70 }; /* more than the layer keeps on its stack */
    static int out[N], in[N];
    MPI_Request requests[2 * N];
    MPI_Status statuses[2 * N], status;
    int indices[2 * N], outcount, flag, index, sum = 0, done = 0;
    for (int i = 0; i < N; i++) {
        out[i] = rank * 1000 + i;
        in[i] = -1;
        MPI_Irecv(&in[i], 1, MPI_INT, left, 100 + i, MPI_COMM_WORLD, &requests[i]);
        MPI_Isend(&out[i], 1, MPI_INT, right, 100 + i, MPI_COMM_WORLD, &requests[N + i]);
    }
    MPI_Waitall(2 * N, requests, statuses);
    for (int i = 0; i < N; i++) {
        sum += in[i] + statuses[i].MPI_TAG + statuses[i].MPI_SOURCE +
               (requests[i] == MPI_REQUEST_NULL);
    }
    report("waitall: %d", sum);
    MPI_Waitall(2 * N, requests, MPI_STATUSES_IGNORE);

    for (int i = 0; i < 4; i++) {
        MPI_Irecv(&in[i], 1, MPI_INT, left, 200 + i, MPI_COMM_WORLD, &requests[i]);
    }
    for (int i = 0; i < 4; i++) {
        MPI_Send(&out[i], 1, MPI_INT, right, 203 - i, MPI_COMM_WORLD);
    }
    for (sum = 0; done < 4; done++) {
        MPI_Waitany(4, requests, &index, &status);
        sum += in[index] + status.MPI_TAG;
    }
    MPI_Waitany(4, requests, &index, &status);
    report("waitany: %d, then undefined: %d", sum, index == MPI_UNDEFINED);
    report_status("waitany of nothing", &status);

    for (int i = 0; i < 4; i++) {
        MPI_Irecv(&in[i], 1, MPI_INT, left, 300 + i, MPI_COMM_WORLD, &requests[i]);
    }
    for (int i = 0; i < 4; i++)
        MPI_Send(&out[i], 1, MPI_INT, right, 300 + i, MPI_COMM_WORLD);
    for (done = sum = 0; done < 4;) {
        MPI_Waitsome(4, requests, &outcount, indices, statuses);
        for (int i = 0; i < outcount; i++)
            sum += in[indices[i]] + statuses[i].MPI_TAG;
        done += outcount;
    }
    MPI_Waitsome(4, requests, &outcount, indices, statuses);
    report("waitsome: %d, then undefined: %d", sum, outcount == MPI_UNDEFINED);

    for (int i = 0; i < 4; i++) {
        MPI_Irecv(&in[i], 1, MPI_INT, left, 400 + i, MPI_COMM_WORLD, &requests[i]);
    }
    MPI_Testall(4, requests, &flag, statuses);
    MPI_Testany(4, requests, &index, &outcount, &status);
    report("nothing yet: %d %d %d", flag, outcount, index == MPI_UNDEFINED);
    MPI_Barrier(MPI_COMM_WORLD);
    for (int i = 0; i < 4; i++)
        MPI_Send(&out[i], 1, MPI_INT, right, 400 + i, MPI_COMM_WORLD);
    while (!flag)
        MPI_Testall(4, requests, &flag, statuses);
    for (int i = sum = 0; i < 4; i++)
        sum += in[i] + statuses[i].MPI_TAG;
    report("testall: %d", sum);
    MPI_Testany(4, requests, &index, &flag, &status);
    report("testany of nothing: %d %d", flag, index == MPI_UNDEFINED);
    MPI_Testsome(4, requests, &outcount, indices, MPI_STATUSES_IGNORE);
    report("testsome of nothing: %d", outcount == MPI_UNDEFINED);
    MPI_Request null = MPI_REQUEST_NULL;
    MPI_Test(&null, &flag, &status);
    report_status("test of nothing", &status);
    MPI_Waitall(0, NULL, MPI_STATUSES_IGNORE);
}

static void persistent(void) {
    int out[COUNT], in[COUNT], flag;
    MPI_Request requests[2];
    MPI_Status status;
    MPI_Send_init(out, COUNT, MPI_INT, right, 10, MPI_COMM_WORLD, &requests[0]);
    MPI_Recv_init(in, COUNT, MPI_INT, left, 10, MPI_COMM_WORLD, &requests[1]);
    MPI_Wait(&requests[1], &status);
    report_status("wait of an inactive request", &status);
    for (int round = 0; round < 3; round++) {
        fill(out, rank + 30 + round);
        if (round == 0) {
            MPI_Start(&requests[0]);
            MPI_Start(&requests[1]);
        } else {
            MPI_Startall(2, requests);
        }
        MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
        report_ints("persistent", in, COUNT);
    }
    MPI_Start(&requests[1]);
    MPI_Cancel(&requests[1]);
    MPI_Wait(&requests[1], &status);
    MPI_Test_cancelled(&status, &flag);
    report("cancelled receive: %d", flag);
    MPI_Request_free(&requests[0]);
    MPI_Request_free(&requests[1]);
    report("freed: %d %d", requests[0] == MPI_REQUEST_NULL, requests[1] == MPI_REQUEST_NULL);

    MPI_Request synchronous, ready, one;
    MPI_Ssend_init(out, 1, MPI_INT, right, 11, MPI_COMM_WORLD, &synchronous);
    MPI_Rsend_init(out, 2, MPI_INT, right, 12, MPI_COMM_WORLD, &ready);
    MPI_Request receives[2];
    MPI_Irecv(in, 1, MPI_INT, left, 11, MPI_COMM_WORLD, &receives[0]);
    MPI_Irecv(in + 1, 2, MPI_INT, left, 12, MPI_COMM_WORLD, &receives[1]);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Start(&synchronous);
    MPI_Start(&ready);
    MPI_Waitall(2, receives, MPI_STATUSES_IGNORE);
    MPI_Wait(&synchronous, MPI_STATUS_IGNORE);
    MPI_Wait(&ready, MPI_STATUS_IGNORE);
    MPI_Request_free(&synchronous);
    MPI_Request_free(&ready);
    report_ints("persistent modes", in, 3);

    MPI_Irecv(in, COUNT, MPI_INT, left, 13, MPI_COMM_WORLD, &one);
    MPI_Request_get_status(one, &flag, &status);
    report("not complete: %d", flag);
    MPI_Barrier(MPI_COMM_WORLD);
    MPI_Send(out, COUNT, MPI_INT, right, 13, MPI_COMM_WORLD);
    while (!flag)
        MPI_Request_get_status(one, &flag, &status);
    report_status("status without completion", &status);
    report("still there: %d", one != MPI_REQUEST_NULL);
    MPI_Wait(&one, MPI_STATUS_IGNORE);
    MPI_Request_get_status(MPI_REQUEST_NULL, &flag, &status);
    report_status("status of nothing", &status);
}

static int queried, freed_requests, cancelled_requests;

static int query(void *extra_state, MPI_Status *status) {
    queried++;
    MPI_Status_set_elements(status, MPI_INT, *(int *)extra_state);
    MPI_Status_set_cancelled(status, 0);
    status->MPI_SOURCE = 5;
    status->MPI_TAG = 6;
    return MPI_SUCCESS;
}
static int release(void *extra_state) {
    freed_requests += *(int *)extra_state;
    return MPI_SUCCESS;
}
static int cancel(void *extra_state, int complete) {
    cancelled_requests += complete ? 100 : 1;
    return MPI_SUCCESS;
}

static void generalized(void) {
    int state = 7, flag;
    MPI_Request request;
    MPI_Status status;
    MPI_Grequest_start(query, release, cancel, &state, &request);
    MPI_Test(&request, &flag, &status);
    report("generalized, not complete: %d", flag);
    MPI_Cancel(&request);
    MPI_Grequest_complete(request);
    MPI_Wait(&request, &status);
    report_status("generalized", &status);
    report("callbacks: %d %d %d", queried > 0, freed_requests, cancelled_requests);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    right = (rank + 1) % ranks;
    left = (rank + ranks - 1) % ranks;
    blocking();
    buffered();
    probing();
    arrays();
    persistent();
    generalized();
    finish();
    return 0;
}
