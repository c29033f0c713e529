/* Memory that a program makes the layer and the MPI library keep outside its own, by few objects
 * that are large: with --max-memory=64M so much of it is refused by MPI_ERR_NO_MEM, what there is
 * stays usable, and what is freed is there again. One rank asks, the other waits. Exit code: the
 * number of failures. */
#include "expect.h"

#include <stdlib.h>

enum { BLOCKS = 1 << 14, MOST = 1 << 16, EDGES = 1 << 12, KEYS = 64 };

static int lengths[BLOCKS], places[BLOCKS];
static MPI_Aint addresses[BLOCKS];
static MPI_Count large[BLOCKS], large_places[BLOCKS];
static MPI_Datatype types[BLOCKS], made[MOST];
static MPI_Request requests[MOST];
static MPI_Comm graphs[MOST], graph;
static int neighbours[EDGES];
static int *in, *out;

#define MAKES(name, make, free)                                                                    \
    static int make_##name(int i) {                                                                \
        return make;                                                                               \
    }                                                                                              \
    static int free_##name(int i) {                                                                \
        return free;                                                                               \
    }

MAKES(indexed, MPI_Type_indexed(BLOCKS, lengths, places, MPI_INT, &made[i]),
      MPI_Type_free(&made[i]))
MAKES(hindexed, MPI_Type_create_hindexed(BLOCKS, lengths, addresses, MPI_INT, &made[i]),
      MPI_Type_free(&made[i]))
MAKES(structure, MPI_Type_create_struct(BLOCKS, lengths, addresses, types, &made[i]),
      MPI_Type_free(&made[i]))
MAKES(large, MPI_Type_indexed_c(BLOCKS, large, large_places, MPI_INT, &made[i]),
      MPI_Type_free(&made[i]))
MAKES(reduction, MPI_Iallreduce(in, out, 1 << 18, MPI_INT, MPI_SUM, MPI_COMM_SELF, &requests[i]),
      MPI_Wait(&requests[i], MPI_STATUS_IGNORE))
MAKES(scatter,
      MPI_Ireduce_scatter_block(in, out, 1 << 18, MPI_INT, MPI_SUM, MPI_COMM_SELF, &requests[i]),
      MPI_Wait(&requests[i], MPI_STATUS_IGNORE))
MAKES(neighbours,
      MPI_Neighbor_alltoallw_init(in, lengths, addresses, types, out, lengths, addresses, types,
                                  graph, MPI_INFO_NULL, &requests[i]),
      MPI_Request_free(&requests[i]))
MAKES(partitions,
      MPI_Psend_init(in, 1 << 18, 1, MPI_CHAR, MPI_PROC_NULL, 0, MPI_COMM_SELF, MPI_INFO_NULL,
                     &requests[i]),
      MPI_Request_free(&requests[i]))
MAKES(graph,
      MPI_Dist_graph_create_adjacent(MPI_COMM_SELF, EDGES, neighbours, MPI_UNWEIGHTED, EDGES,
                                     neighbours, MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graphs[i]),
      MPI_Comm_free(&graphs[i]))

/* Make `least` or more, until it fails for want of room; free them; make one again. */
static void exhaust(const char *what, int (*make)(int), int (*free_it)(int), int least) {
    int n = 0, class = MPI_SUCCESS;
    while (n < MOST - 1 && (class = make(n)) == MPI_SUCCESS) {
        n++;
    }
    if (class != MPI_SUCCESS) MPI_Error_class(class, &class);
    if (n < least || class != MPI_ERR_NO_MEM) {
        failures++;
        fprintf(stderr, "%s: class %d after %d\n", what, class, n);
    }
    for (int i = 0; i < n; i++) {
        failures += free_it(i) != MPI_SUCCESS;
    }
    for (int i = 0; i < least; i++) {
        WORKS(make(i));
    }
    for (int i = 0; i < least; i++) {
        WORKS(free_it(i));
    }
}

/* Of many objects, each with some. */
static void attributes(void) {
    int keys[KEYS], n = 0, code = MPI_SUCCESS;
    for (int k = 0; k < KEYS; k++) {
        MPI_Type_create_keyval(MPI_TYPE_NULL_COPY_FN, MPI_TYPE_NULL_DELETE_FN, &keys[k], NULL);
    }
    while (n < MOST && code == MPI_SUCCESS) {
        WORKS(MPI_Type_dup(MPI_INT, &made[n++]));
        for (int k = 0; k < KEYS && code == MPI_SUCCESS; k++) {
            code = MPI_Type_set_attr(made[n - 1], keys[k], NULL);
        }
    }
    FAILS(MPI_ERR_NO_MEM, code);
    while (n > 0) {
        WORKS(MPI_Type_free(&made[--n]));
    }
    WORKS(MPI_Type_dup(MPI_INT, &made[0]));
    WORKS(MPI_Type_set_attr(made[0], keys[0], NULL));
    WORKS(MPI_Type_free(&made[0]));
}

/* Of a parent whose own arrays are small, but not what a library may make of them. */
static void multiplied(void) {
    int n = 0, code = MPI_SUCCESS;
    MPI_Type_vector(100, 1, 2, MPI_INT, &made[MOST - 1]);
    for (int i = 0; i < BLOCKS; i++) {
        places[i] *= 200;
    }
    while (n < MOST - 1 && (code = MPI_Type_indexed(BLOCKS, lengths, places, made[MOST - 1],
                                                    &made[n])) == MPI_SUCCESS) {
        n++;
    }
    FAILS(MPI_ERR_NO_MEM, code);
    while (n > 0) {
        WORKS(MPI_Type_free(&made[--n]));
    }
    WORKS(MPI_Type_free(&made[MOST - 1]));
}

/* Partitioned messages to nobody, which MPICH 4.0 would send. */
static void nobody(void) {
    MPI_Request request;
    MPI_Status status;
    int flag = 0;
    WORKS(MPI_Psend_init(in, 4, 1, MPI_CHAR, MPI_PROC_NULL, 0, MPI_COMM_SELF, MPI_INFO_NULL,
                         &request));
    for (int i = 0; i < 2; i++) {
        WORKS(MPI_Start(&request));
        WORKS(MPI_Pready_range(0, 3, request));
        WORKS(MPI_Wait(&request, MPI_STATUS_IGNORE));
    }
    WORKS(MPI_Request_free(&request));
    WORKS(MPI_Precv_init(in, 4, 1, MPI_CHAR, MPI_PROC_NULL, 0, MPI_COMM_SELF, MPI_INFO_NULL,
                         &request));
    WORKS(MPI_Start(&request));
    WORKS(MPI_Parrived(request, 1, &flag));
    WORKS(MPI_Wait(&request, &status));
    WORKS(MPI_Request_free(&request));
    if (!flag || status.MPI_SOURCE != MPI_PROC_NULL) {
        failures++;
        fprintf(stderr, "from nobody: %d, %d\n", flag, status.MPI_SOURCE);
    }
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    for (int i = 0; i < BLOCKS; i++) {
        lengths[i] = large[i] = 1;
        places[i] = large_places[i] = 2 * i;
        addresses[i] = 8 * i;
        types[i] = MPI_INT;
    }
    if (rank == 0) {
        in = calloc(1 << 18, 4);
        out = calloc(1 << 18, 4);
        exhaust("indexed", make_indexed, free_indexed, 20);
        exhaust("hindexed", make_hindexed, free_hindexed, 20);
        exhaust("struct", make_structure, free_structure, 20);
        exhaust("indexed, large", make_large, free_large, 10);
        multiplied();
        exhaust("reduction", make_reduction, free_reduction, 40);
        exhaust("reduce and scatter", make_scatter, free_scatter, 40);
        exhaust("graph", make_graph, free_graph, 100);
        make_graph(MOST - 1);
        graph = graphs[MOST - 1];
        exhaust("neighbours", make_neighbours, free_neighbours, 50);
        MPI_Comm_free(&graph);
        exhaust("partitions", make_partitions, free_partitions, 20);
        nobody();
        attributes();
    }
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && failures == 0) printf("all refused\n");
    MPI_Finalize();
    return failures != 0;
}
