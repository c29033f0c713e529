/*
 * hostile_guest.c - threads that use, change and free each other's MPI objects at random, while
 * another one writes over the handles and counts that calls are about to read. Errors are as good
 * as success; what counts is that it ends. Prints "done", or "less" where the MPI gives no
 * MPI_THREAD_MULTIPLE. With HOW: what happens at the end of it (see run).
 */
#include "guest.h"

#include <mpi.h>

#ifndef HOW
#define HOW 0
#endif
#ifndef ROUNDS
#define ROUNDS 600
#endif
enum { WORKERS = 4, FEW = 4, MANY = 12, LENGTH = 64 };

static _Alignas(16) char heap[1 << 18];
static uint32_t heap_used;
__attribute__((export_name("malloc"))) void *malloc(size_t size) {
    uint32_t at = __atomic_fetch_add(&heap_used, (uint32_t)(size + 15) / 16 * 16, __ATOMIC_SEQ_CST);
    return at + size <= sizeof heap ? heap + at : NULL;
}
__attribute__((export_name("free"))) void free(void *block) {
    (void)block;
}

/* All of these are every thread's. */
static volatile MPI_Datatype types[FEW];
static volatile MPI_Comm comms[FEW];
static volatile MPI_Group groups[FEW], world_group;
static volatile MPI_Info infos[FEW];
static volatile MPI_Op ops[FEW];
static volatile MPI_Errhandler handlers[FEW];
static volatile MPI_Message messages[FEW];
static volatile MPI_Request requests[MANY], quick[FEW];
static volatile int keyvals[FEW], counts[FEW], places[FEW];
static char text[FEW][LENGTH];
static int rank, ranks, data[WORKERS + 1][4 * LENGTH];
static uint32_t stop, seeds[WORKERS + 1], running;
static MPI_Comm own[WORKERS];

static uint32_t draw(int index, uint32_t below) {
    uint32_t x = seeds[index];
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    seeds[index] = x;
    return (x >> 3) % below;
}

static void combine(void *from, void *to, int *length, MPI_Datatype *type) {
    int size;
    MPI_Type_size(*type, &size);
    MPI_Op_free((MPI_Op *)&ops[*length % FEW]);
}
static void on_error(MPI_Comm *comm, int *code, ...) {
    int size;
    MPI_Comm_size(*comm, &size);
}
static int copy(MPI_Comm comm, int key, void *extra, void *value, void *result, int *flag) {
    *(void **)result = value;
    *flag = 1;
    MPI_Comm_delete_attr(comm, key);
    return MPI_SUCCESS;
}
static int delete(MPI_Comm comm, int key, void *value, void *extra) {
    MPI_Comm_free_keyval((int *)&keyvals[(uintptr_t)value % FEW]);
    return MPI_SUCCESS;
}
static int query(void *extra, MPI_Status *status) {
    int flag;
    MPI_Request_get_status(quick[0], &flag, MPI_STATUS_IGNORE);
    return MPI_Status_set_elements(status, MPI_INT, 1);
}
static int release(void *extra) {
    return MPI_SUCCESS;
}
static int cancel(void *extra, int complete) {
    MPI_Grequest_complete(quick[(uintptr_t)extra % FEW]);
    return MPI_SUCCESS;
}

static void requests_at_random(int index, int *at) {
    MPI_Status statuses[MANY];
    int flag, n, which[MANY];
    uint32_t k = draw(index, FEW), j = draw(index, MANY);
    switch (draw(index, 14)) {
    case 0:
        MPI_Irecv(at + 2 * LENGTH, LENGTH, MPI_INT, 0, 70 + k, MPI_COMM_SELF, (void *)&requests[k]);
        break;
    case 1: MPI_Isend(at, 8, MPI_INT, 0, 70 + k, MPI_COMM_SELF, (void *)&requests[FEW + k]); break;
    case 2: MPI_Test((void *)&requests[j], &flag, statuses); break;
    case 3: MPI_Testany(MANY, (void *)requests, &n, &flag, statuses); break;
    case 4: MPI_Testsome(MANY, (void *)requests, &n, which, statuses); break;
    case 5: MPI_Testall(1 + j % 3, (void *)&requests[j % 8], &flag, statuses); break;
    case 6: MPI_Cancel((void *)&requests[j]); break;
    case 7: /* MPICH 4.0 uses freed requests of messages to oneself, without threads, too */
#ifdef FREES
        MPI_Request_free((void *)&requests[j]);
#endif
        break;
    case 8: MPI_Request_get_status(requests[j], &flag, statuses); break;
    case 9:
        MPI_Send_init(at, 1, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_SELF, (void *)&requests[8 + k]);
        break;
    case 10: MPI_Startall(1 + (int)k, (void *)&requests[8]); break;
    case 11: /* complete already: two may wait for it */
        MPI_Isend(at, 1, MPI_INT, MPI_PROC_NULL, 0, MPI_COMM_SELF, (void *)&quick[k]);
        MPI_Wait((void *)&quick[draw(index, FEW)], statuses);
        break;
    case 12: {
        MPI_Request request;
        MPI_Grequest_start(query, release, cancel, (void *)(uintptr_t)k, &request);
        requests[8 + k] = request;
        MPI_Grequest_complete(request);
        MPI_Grequest_complete(requests[8 + draw(index, FEW)]);
        MPI_Wait(&request, statuses);
        break;
    }
    default: {
        MPI_Request request;
        MPI_Iallreduce(at, at + 4, 1, MPI_INT, ops[k], own[index], &request);
        MPI_Test(&request, &flag, statuses);
        requests[j] = request;
        break;
    }
    }
}

static void objects_at_random(int index, int *at) {
    uint32_t k = draw(index, FEW);
    int n, flag, integers[8], others[4] = {0, 0, 0, 0};
    MPI_Aint addresses[4];
    MPI_Datatype inner[4], type;
    MPI_Comm comm;
    MPI_Op op;
    MPI_Status status;
    void *value;
    switch (draw(index, 26)) {
    case 0:
    case 1:
        if (MPI_Type_vector(1 + (int)k, 1, 2, MPI_INT, &type) == MPI_SUCCESS) {
            MPI_Type_commit(&type);
            types[k] = type;
        }
        break;
    case 2: MPI_Type_free((MPI_Datatype *)&types[k]); break;
    case 3:
        MPI_Sendrecv(at, counts[k], types[k], 0, 1, at + LENGTH, LENGTH, MPI_INT, 0, 1, own[index],
                     &status);
        break;
    case 4: MPI_Type_get_contents(types[k], 8, 4, 4, integers, addresses, inner); break;
    case 5: MPI_Type_indexed(FEW, (int *)counts, (int *)places, types[k], &type); break;
    case 6: MPI_Type_create_struct(FEW, (int *)counts, addresses, (void *)types, &type); break;
    case 7:
        MPI_Pack(at, 1, types[k], at + LENGTH, 4 * LENGTH, (int *)&places[k], own[index]);
        break;
    case 8: MPI_Comm_dup(comms[k], (MPI_Comm *)&comms[k]); break;
    case 9:
        if (MPI_Comm_dup(MPI_COMM_SELF, &comm) == MPI_SUCCESS) comms[k] = comm;
        break;
    case 10: MPI_Comm_free((MPI_Comm *)&comms[k]); break;
    case 11: MPI_Allreduce(at, at + 4, 2, MPI_INT, ops[k], comms[k]); break;
    case 12:
        MPI_Alltoallv(at, (int *)counts, (int *)places, MPI_INT, at + LENGTH, (int *)counts,
                      (int *)places, MPI_INT, comms[k]);
        break;
    case 13: MPI_Comm_set_attr(comms[k], keyvals[k], (void *)(uintptr_t)k); break;
    case 14: MPI_Comm_get_attr(comms[k], keyvals[k], &value, &flag); break;
    case 15: MPI_Comm_create_keyval(copy, delete, (int *)&keyvals[k], NULL); break;
    case 16: MPI_Comm_set_errhandler(comms[k], handlers[k]); break;
    case 17: MPI_Comm_create_errhandler(on_error, (MPI_Errhandler *)&handlers[k]); break;
    case 18:
        if (MPI_Op_create(combine, 1, &op) == MPI_SUCCESS) ops[k] = op;
        break;
    case 19: MPI_Group_incl(world_group, 1, others, (MPI_Group *)&groups[k]); break;
    case 20: MPI_Group_free((MPI_Group *)&groups[k]); break;
    case 21: MPI_Group_translate_ranks(groups[k], 1, others, world_group, integers); break;
    case 22: MPI_Info_create((MPI_Info *)&infos[k]); break;
    case 23: MPI_Info_set(infos[k], text[k], text[(k + 1) % FEW]); break;
    case 24: MPI_Info_free((MPI_Info *)&infos[k]); break;
    default:
        __builtin_wasm_memory_grow(0, draw(index, 200) == 0);
        MPI_Isend(at, 1, MPI_INT, (rank + 1) % ranks, 5, MPI_COMM_WORLD, (void *)&requests[8 + k]);
        MPI_Improbe(MPI_ANY_SOURCE, 5, MPI_COMM_WORLD, &flag, (void *)&messages[k], &status);
        n = (int)draw(index, FEW);
        MPI_Mrecv(at + LENGTH, 4, MPI_INT, (void *)&messages[n], &status);
        break;
    }
}

static void work(struct thread *thread) {
    int index = thread->index;
    for (int round = 0; round < ROUNDS && !__atomic_load_n(&stop, __ATOMIC_RELAXED); round++) {
        if (draw(index, 2) == 0)
            requests_at_random(index, data[index]);
        else
            objects_at_random(index, data[index]);
#if HOW == 1
        if (index == 2 && round == ROUNDS / 2) __builtin_trap();
#elif HOW == 2
        if (index == 2 && round == ROUNDS / 2) proc_exit(7);
#endif
    }
    __atomic_sub_fetch(&running, 1, __ATOMIC_SEQ_CST);
}

/* Over what calls read. */
static void scribble(struct thread *thread) {
    static const int bad[] = {0, 1, 2, -1, 4, 3, 0x7fffffff};
    int index = thread->index;
    while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0) {
        uint32_t k = draw(index, FEW);
        counts[k] = bad[draw(index, 7)];
        places[k] = bad[draw(index, 7)];
        text[k][draw(index, LENGTH)] = (char)draw(index, 3) * 'a';
        if (draw(index, 8) == 0) requests[draw(index, MANY)] = requests[draw(index, MANY)];
        if (draw(index, 8) == 0) types[k] = types[draw(index, FEW)];
        if (draw(index, 64) == 0) comms[k] = (MPI_Comm)((uintptr_t)comms[k] + 1);
    }
}

static void run(void) {
    int level = -1;
    MPI_Group group;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_MULTIPLE, &level);
    if (level != MPI_THREAD_MULTIPLE) {
        print("less\n");
        MPI_Finalize();
        return;
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Comm_group(MPI_COMM_WORLD, &group);
    world_group = group;
    for (int k = 0; k < MANY; k++)
        requests[k] = MPI_REQUEST_NULL;
    for (int k = 0; k < FEW; k++) {
        types[k] = MPI_INT;
        comms[k] = MPI_COMM_SELF;
        quick[k] = MPI_REQUEST_NULL;
        messages[k] = MPI_MESSAGE_NULL;
        ops[k] = MPI_SUM;
        handlers[k] = MPI_ERRORS_RETURN;
        text[k][0] = 'k';
    }
    for (int i = 0; i <= WORKERS; i++)
        seeds[i] = 12345u * (uint32_t)(i + 1) + 777u * (uint32_t)rank + SEED;
    for (int i = 0; i < WORKERS; i++)
        MPI_Comm_dup(MPI_COMM_SELF, &own[i]);
    running = WORKERS;
    for (int i = 0; i < WORKERS; i++)
        check(start(i, work) > 0 || HOW != 0, "a thread"); /* or it has ended */
    check(start(WORKERS, scribble) > 0 || HOW != 0, "a thread");
    for (int i = 0; i <= WORKERS; i++)
        join(i);
    /* Messages that were not received and the like are nothing to finalize with. */
    print("done\n");
    MPI_Barrier(MPI_COMM_WORLD);
    proc_exit(0);
}

void _start(void) {
    run();
}
