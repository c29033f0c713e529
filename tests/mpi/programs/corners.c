/*
 * corners.c - where 32-bit modules and their hosts differ: memory beyond 2 GiB under MPI_BOTTOM,
 * callbacks with the first places in the module's table or with fewer parameters than the
 * standard's type, operators on the MPI library's own memory, sizes of types, values that mean
 * nothing, the level of threads, memory that grows under a request, what MPI allocates, arguments
 * that are small numbers in one and not in the other, what the ABI tells of itself.
 *
 * run.py: ranks 1,2,3
 */
#include "report.h"

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* Memory in the upper half of a module's address space. */
static void *upper(size_t size) {
#ifdef __wasm__
    static char *next;
    if (next == NULL) {
        __builtin_wasm_memory_grow(0, 32769 - __builtin_wasm_memory_size(0) + 1);
        next = (char *)0x80000000u;
    }
    next += size;
    return next - size;
#else
    return malloc(size);
#endif
}

/* ---- MPI_BOTTOM ---- */

static MPI_Datatype at_addresses(int *first, int *second) {
    int lengths[] = {2, 1};
    MPI_Aint addresses[2];
    MPI_Datatype type;
    MPI_Get_address(first, &addresses[0]);
    MPI_Get_address(second, &addresses[1]);
    MPI_Type_create_hindexed(2, lengths, addresses, MPI_INT, &type);
    MPI_Type_commit(&type);
    return type;
}

static void bottom(const char *name, int *first, int *second) {
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks, got[3] = {0};
    MPI_Request request;
    MPI_Status status;
    MPI_Datatype type = at_addresses(first, second);
    first[0] = 10 * rank;
    first[1] = 10 * rank + 1;
    second[0] = 10 * rank + 2;
    MPI_Sendrecv(MPI_BOTTOM, 1, type, next, 1, got, 3, MPI_INT, before, 1, MPI_COMM_WORLD, &status);
    report_ints(name, got, 3);
    MPI_Irecv(MPI_BOTTOM, 1, type, before, 2, MPI_COMM_WORLD, &request);
    got[0] = -rank;
    MPI_Send(got, 3, MPI_INT, next, 2, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report("%s: %d %d %d", name, first[0], first[1], second[0]);
    MPI_Bcast(MPI_BOTTOM, 1, type, ranks - 1, MPI_COMM_WORLD);
    report("%s: %d %d %d", name, first[0], first[1], second[0]);
    MPI_Type_free(&type);
}

/* ---- callbacks ---- */

static int copies, called, called_class;

static int copy(MPI_Comm comm, int keyval, void *state, void *value, void *out, int *flag) {
    copies++;
    *(intptr_t *)out = (intptr_t)value + 1;
    *flag = 1;
    return MPI_SUCCESS;
}

static void handler(MPI_Comm *comm, int *code) { /* not variadic, as many programs have it */
    called += *comm == MPI_COMM_SELF;
    MPI_Error_class(*code, &called_class);
}

static void callbacks(void) {
    int key, dup_key, flag;
    void *value;
    MPI_Comm comm;
    MPI_Errhandler errhandler;
#ifdef __wasm__ /* predefined functions are small numbers, as which no function of a module is     \
                   known */
    report("%d", (uintptr_t)copy >= 16 && (uintptr_t)handler >= 16);
#else
    report("1");
#endif
    MPI_Comm_create_keyval(copy, MPI_COMM_NULL_DELETE_FN, &key, NULL);
    MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &dup_key, NULL);
    MPI_Comm_set_attr(MPI_COMM_SELF, key, (void *)5);
    MPI_Comm_set_attr(MPI_COMM_SELF, dup_key, (void *)7);
    MPI_Comm_dup(MPI_COMM_SELF, &comm);
    MPI_Comm_get_attr(comm, key, &value, &flag);
    report("own copy: %d %d, called %d", flag, (int)(intptr_t)value, copies);
    MPI_Comm_get_attr(comm, dup_key, &value, &flag);
    report("MPI_COMM_DUP_FN: %d %d", flag, (int)(intptr_t)value);
    MPI_Comm_free(&comm);
    MPI_Comm_delete_attr(MPI_COMM_SELF, key);
    MPI_Comm_delete_attr(MPI_COMM_SELF, dup_key);
    MPI_Comm_free_keyval(&key);
    MPI_Comm_free_keyval(&dup_key);

    MPI_Comm_create_errhandler((MPI_Comm_errhandler_function *)handler, &errhandler);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, errhandler);
    MPI_Comm_call_errhandler(MPI_COMM_SELF, MPI_ERR_COUNT);
    report("handler: %d, class %d", called, called_class == MPI_ERR_COUNT);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Errhandler_free(&errhandler);
    MPI_Pcontrol(1);
    MPI_Pcontrol(2, "text", 3.0, 4);
}

/* ---- operators ---- */

enum { MANY = 3000 };
struct affine {
    double slope, offset;
};

/* Composition: associative, not commutative. */
static void compose(void *in, void *inout, int *length, MPI_Datatype *type) {
    struct affine *a = in, *b = inout;
    for (int i = 0; i < *length; i++) {
        b[i].offset = a[i].offset * b[i].slope + b[i].offset;
        b[i].slope = a[i].slope * b[i].slope;
    }
}

static void operators(void) {
    static struct affine mine[MANY], result[MANY];
    double sums[4] = {0};
    MPI_Datatype type;
    MPI_Op op;
    MPI_Type_contiguous(2, MPI_DOUBLE, &type);
    MPI_Type_commit(&type);
    MPI_Op_create(compose, 0, &op);
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < MANY; i++)
            mine[i] = (struct affine){1 + rank % 2, i % 7 + rank};
        memset(result, 0, sizeof result);
        MPI_Request request = MPI_REQUEST_NULL;
        switch (turn) {
        case 0: MPI_Allreduce(mine, result, MANY, type, op, MPI_COMM_WORLD); break;
        case 1: MPI_Scan(mine, result, MANY, type, op, MPI_COMM_WORLD); break;
        case 2:
            MPI_Reduce_scatter_block(mine, result, MANY / ranks, type, op, MPI_COMM_WORLD);
            break;
        case 3: MPI_Ireduce(mine, result, MANY, type, op, 0, MPI_COMM_WORLD, &request); break;
        }
        MPI_Wait(&request, MPI_STATUS_IGNORE);
        for (int i = 0; i < MANY; i++)
            sums[turn] += (i % 11 + 1) * result[i].slope + result[i].offset;
    }
    report_doubles("composed", sums, 4);
    MPI_Op_free(&op);
    MPI_Type_free(&type);
}

/* ---- sizes and values ---- */

static void sizes(void) {
    int size;
#define SAME(type, datatype)                                                                       \
    MPI_Type_size(datatype, &size);                                                                \
    report(#datatype ": %d", size == (int)sizeof(type))
    SAME(long, MPI_LONG);
    SAME(unsigned long, MPI_UNSIGNED_LONG);
    SAME(long long, MPI_LONG_LONG);
    SAME(long double, MPI_LONG_DOUBLE);
    SAME(MPI_Aint, MPI_AINT);
    SAME(MPI_Offset, MPI_OFFSET);
    SAME(MPI_Count, MPI_COUNT);
    SAME(wchar_t, MPI_WCHAR);
    SAME(_Bool, MPI_C_BOOL);
    SAME(float _Complex, MPI_C_FLOAT_COMPLEX);
    SAME(long double _Complex, MPI_C_LONG_DOUBLE_COMPLEX);
    SAME(int[2], MPI_2INT);
#define EXTENT(type, datatype)                                                                     \
    do {                                                                                           \
        struct {                                                                                   \
            type value;                                                                            \
            int index;                                                                             \
        } pair;                                                                                    \
        MPI_Aint lb, extent;                                                                       \
        MPI_Type_get_extent(datatype, &lb, &extent);                                               \
        report(#datatype ": %d", extent == (MPI_Aint)sizeof pair);                                 \
    } while (0)
    EXTENT(short, MPI_SHORT_INT);
    EXTENT(long, MPI_LONG_INT);
    EXTENT(float, MPI_FLOAT_INT);
    EXTENT(double, MPI_DOUBLE_INT);
    EXTENT(long double, MPI_LONG_DOUBLE_INT);
}

static void values(void) {
    int value = 1;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    report("to nobody: %s", class_name(MPI_Send(&value, 1, MPI_INT, -77, 0, MPI_COMM_WORLD)));
    report("to behind the last: %s",
           class_name(MPI_Send(&value, 1, MPI_INT, ranks, 0, MPI_COMM_WORLD)));
    report("from nobody: %s",
           class_name(MPI_Recv(&value, 1, MPI_INT, -77, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE)));
    report("tag: %s", class_name(MPI_Send(&value, 1, MPI_INT, 0, -77, MPI_COMM_WORLD)));
    report("to anybody: %s",
           class_name(MPI_Send(&value, 1, MPI_INT, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD)));
    report("any tag: %s", class_name(MPI_Send(&value, 1, MPI_INT, 0, MPI_ANY_TAG, MPI_COMM_WORLD)));
    report("root: %s", class_name(MPI_Bcast(&value, 1, MPI_INT, -77, MPI_COMM_WORLD)));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
}

/* ---- memory ---- */

/* A request keeps the place of its buffer, which memory that grows does not move. */
static void growing(void) {
    static int got[4];
    int next = (rank + 1) % ranks, before = (rank + ranks - 1) % ranks;
    MPI_Request request;
    MPI_Irecv(got, 4, MPI_INT, before, 5, MPI_COMM_WORLD, &request);
#ifdef __wasm__
    if (__builtin_wasm_memory_grow(0, 100) == (size_t)-1) report("does not grow");
#endif
    int values[] = {rank, 1, 2, 3};
    MPI_Send(values, 4, MPI_INT, next, 5, MPI_COMM_WORLD);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("grown", got, 4);
}

static void allocated(void) {
    int *memory = NULL, *nothing = NULL, all = 0;
    MPI_Alloc_mem(1000 * sizeof *memory, MPI_INFO_NULL, &memory);
    for (int i = 0; i < 1000; i++)
        memory[i] = rank + i;
    MPI_Allreduce(MPI_IN_PLACE, memory, 1000, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    for (int i = 0; i < 1000; i++)
        all += memory[i];
    report("allocated: %d, aligned %d", all, (uintptr_t)memory % 16 == 0);
    MPI_Alloc_mem(0, MPI_INFO_NULL, &nothing);
    report("freed: %d %d", MPI_Free_mem(memory), MPI_Free_mem(nothing));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    report("negative: %d", MPI_Alloc_mem(-1, MPI_INFO_NULL, &memory) != MPI_SUCCESS);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
}

/* MPI_UNWEIGHTED and MPI_WEIGHTS_EMPTY are the addresses 10 and 11 to a module. */
static void weights(void) {
    int in = -1, out = -1, weighted = -1, next = (rank + 1) % ranks;
    MPI_Comm graph;
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0) { /* only rank 0 has neighbours, with weights; the others none, of none */
            int own = rank == 0, weight = 7;
            MPI_Dist_graph_create_adjacent(
                MPI_COMM_WORLD, own, &rank, own ? &weight : MPI_WEIGHTS_EMPTY, own, &rank,
                own ? &weight : MPI_WEIGHTS_EMPTY, MPI_INFO_NULL, 0, &graph);
        } else {
            MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, &next, MPI_UNWEIGHTED, 1, &next,
                                           MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph);
        }
        MPI_Dist_graph_neighbors_count(graph, &in, &out, &weighted);
        report("neighbours: %d %d, weighted %d", in, out, weighted != 0);
        MPI_Comm_free(&graph);
    }
}

/* What only MPI 5 has; of other MPIs it is what wasm32 has to say. */
static void abi(void) {
#ifdef __wasm__
    char value[16];
    int version, subversion, length = sizeof value, flag, is_set, yes = -1, no = -1;
    MPI_Info info;
    MPI_Abi_get_version(&version, &subversion);
    report("ABI %d.%d", version, subversion);
    MPI_Abi_get_info(&info);
    MPI_Info_get_string(info, "mpi_aint_size", &length, value, &flag);
    report("MPI_Aint: %d %s", flag, value);
    MPI_Info_free(&info);
    MPI_Abi_get_fortran_info(&info);
    length = sizeof value;
    MPI_Info_get_string(info, "mpi_logical_size", &length, value, &flag);
    report("LOGICAL: %d %s", flag, value);
    MPI_Abi_get_fortran_booleans(4, &yes, &no, &is_set);
    report(".true. %d, .false. %d, set %d", yes, no, is_set);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    report("set: %d", MPI_Abi_set_fortran_booleans(4, &yes, &no) != MPI_SUCCESS &&
                          MPI_Abi_set_fortran_info(info) != MPI_SUCCESS);
    MPI_Info_free(&info);
    MPI_Get_hw_resource_info(&info);
    report("hardware: %d", info != MPI_INFO_NULL);
    MPI_Info_free(&info);
    report("handles: %d %d", MPI_Comm_toint(MPI_COMM_WORLD),
           MPI_Comm_fromint(0x102) == MPI_COMM_SELF);
#else
    report("ABI 1.0");
    report("MPI_Aint: 1 4");
    report("LOGICAL: 1 4");
    report(".true. 1, .false. 0, set 1");
    report("set: 1");
    report("hardware: 1");
    report("handles: 257 1");
#endif
}

int main(int argc, char **argv) {
    int provided, level, low[2], *high, *higher;
    MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Query_thread(&level);
    report("level: %s, %d",
           provided == MPI_THREAD_MULTIPLE     ? "multiple"
           : provided == MPI_THREAD_SERIALIZED ? "serialized"
                                               : "less",
           level == provided);
    high = upper(64);
    higher = upper(64);
    bottom("low", low, malloc(sizeof(int)));
    bottom("high", high, higher);
    bottom("mixed", low, higher);
    bottom("mixed", higher, low);
    callbacks();
    operators();
    sizes();
    values();
    growing();
    allocated();
    weights();
    abi();
    finish();
    return 0;
}
