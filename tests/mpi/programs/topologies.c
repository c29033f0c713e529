/* Cartesian grids, graphs, distributed graphs, and the collectives on their neighbourhoods. */
#include "report.h"

enum { ROOM = 64 };
static int sent[ROOM], got[ROOM], counts[16], displacements[16], send_counts[16],
    send_displacements[16];
static MPI_Datatype types[16];
static MPI_Aint addresses[16], send_addresses[16];

static void clear(void) {
    for (int i = 0; i < ROOM; i++) {
        sent[i] = 100 * rank + i;
        got[i] = -1;
    }
}

static void neighbourhood(const char *name, MPI_Comm comm, int in_degree, int out_degree) {
    MPI_Request request;
    for (int i = 0; i < 16; i++) {
        counts[i] = send_counts[i] = 2;
        displacements[i] = send_displacements[i] = 3 * i;
        addresses[i] = send_addresses[i] = 12 * i;
        types[i] = MPI_INT;
    }
    clear();
    MPI_Neighbor_allgather(sent, 2, MPI_INT, got, 2, MPI_INT, comm);
    report(name);
    report_ints("neighbor_allgather", got, 2 * in_degree);
    clear();
    MPI_Neighbor_allgatherv(sent, 2, MPI_INT, got, counts, displacements, MPI_INT, comm);
    report_ints("neighbor_allgatherv", got, 3 * in_degree);
    clear();
    MPI_Neighbor_alltoall(sent, 2, MPI_INT, got, 2, MPI_INT, comm);
    report_ints("neighbor_alltoall", got, 2 * in_degree);
    clear();
    MPI_Neighbor_alltoallv(sent, send_counts, send_displacements, MPI_INT, got, counts,
                           displacements, MPI_INT, comm);
    report_ints("neighbor_alltoallv", got, 3 * in_degree);
    clear();
    MPI_Neighbor_alltoallw(sent, send_counts, send_addresses, types, got, counts, addresses, types,
                           comm);
    report_ints("neighbor_alltoallw", got, 3 * in_degree);
    clear();
    MPI_Ineighbor_allgather(sent, 2, MPI_INT, got, 2, MPI_INT, comm, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("ineighbor_allgather", got, 2 * in_degree);
    clear();
    MPI_Ineighbor_alltoallw(sent, send_counts, send_addresses, types, got, counts, addresses, types,
                            comm, &request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_ints("ineighbor_alltoallw", got, 3 * in_degree);
    (void)out_degree;
}

static void grids(void) {
    int dims[2] = {0, 0}, periods[2] = {0, 1}, coords[2], got_dims[2], got_periods[2], count, kind;
    MPI_Comm grid, row, none;
    MPI_Dims_create(ranks, 2, dims);
    MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 0, &grid);
    MPI_Topo_test(grid, &kind);
    MPI_Cartdim_get(grid, &count);
    MPI_Cart_get(grid, 2, got_dims, got_periods, coords);
    report("grid %d x %d, cart %d, dimensions %d, periods %d %d, at %d %d", got_dims[0],
           got_dims[1], kind == MPI_CART, count, got_periods[0], got_periods[1], coords[0],
           coords[1]);
    int there;
    MPI_Cart_rank(grid, coords, &there);
    int beyond[2] = {coords[0], coords[1] + dims[1]}, around;
    MPI_Cart_rank(grid, beyond, &around);
    MPI_Cart_coords(grid, ranks - 1, 2, coords);
    report("rank %d, around %d, last at %d %d", there, around, coords[0], coords[1]);
    for (int direction = 0; direction < 2; direction++)
        for (int by = -1; by < 3; by++) {
            int from, to;
            MPI_Cart_shift(grid, direction, by, &from, &to);
            report("shift %d by %d: from %d to %d", direction, by,
                   from == MPI_PROC_NULL ? -99 : from, to == MPI_PROC_NULL ? -99 : to);
        }
    neighbourhood("grid", grid, 4, 4);
    int remain[2] = {0, 1}, row_size;
    MPI_Cart_sub(grid, remain, &row);
    MPI_Comm_size(row, &row_size);
    MPI_Cart_get(row, 1, got_dims, got_periods, coords);
    report("row of %d, periods %d, at %d", row_size, got_periods[0], coords[0]);
    MPI_Comm_free(&row);
    MPI_Comm_free(&grid);
    int one[1] = {1}, period[1] = {0};
    MPI_Cart_create(MPI_COMM_WORLD, 1, one, period, 0, &none);
    report("in the grid of one: %d", none != MPI_COMM_NULL);
    if (none != MPI_COMM_NULL) MPI_Comm_free(&none);
    MPI_Topo_test(MPI_COMM_WORLD, &kind);
    report("no topology: %d", kind == MPI_UNDEFINED);
    int three[3] = {0, 2, 0};
    MPI_Dims_create(24, 3, three);
    report_ints("dims of 24", three, 3);
}

static void graphs(void) {
    /* A ring as a graph: everybody knows both neighbours. */
    int index[16], edges[32], nodes, edge_count, count, kind, around[4];
    for (int i = 0; i < ranks; i++) {
        index[i] = 2 * (i + 1);
        edges[2 * i] = (i + ranks - 1) % ranks;
        edges[2 * i + 1] = (i + 1) % ranks;
    }
    MPI_Comm graph;
    MPI_Graph_create(MPI_COMM_WORLD, ranks, index, edges, 0, &graph);
    MPI_Topo_test(graph, &kind);
    MPI_Graphdims_get(graph, &nodes, &edge_count);
    MPI_Graph_neighbors_count(graph, rank, &count);
    MPI_Graph_neighbors(graph, rank, count, around);
    report("graph %d: %d nodes, %d edges", kind == MPI_GRAPH, nodes, edge_count);
    report_ints("neighbours", around, count);
    memset(index, 0, sizeof index);
    memset(edges, 0, sizeof edges);
    MPI_Graph_get(graph, nodes, edge_count, index, edges);
    report_ints("index", index, nodes);
    report_ints("edges", edges, edge_count);
    if (ranks > 2) /* two edges to the same neighbour are told apart differently */
        neighbourhood("graph", graph, 2, 2);
    MPI_Comm_free(&graph);
}

static void distributed_graphs(void) {
    /* Rank r sends to r + 1 and r + 2. */
    int sources[2] = {(rank + ranks - 1) % ranks, (rank + 2 * ranks - 2) % ranks};
    int destinations[2] = {(rank + 1) % ranks, (rank + 2) % ranks};
    int source_weights[2] = {rank + 1, rank + 2}, destination_weights[2] = {5, 6};
    int in, out, weighted, got_sources[4], got_weights[4], got_destinations[4], got_more[4], kind;
    MPI_Comm graph;
    MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 2, sources, source_weights, 2, destinations,
                                   destination_weights, MPI_INFO_NULL, 0, &graph);
    MPI_Topo_test(graph, &kind);
    MPI_Dist_graph_neighbors_count(graph, &in, &out, &weighted);
    report("distributed %d: in %d out %d weighted %d", kind == MPI_DIST_GRAPH, in, out,
           weighted != 0);
    MPI_Dist_graph_neighbors(graph, 2, got_sources, got_weights, 2, got_destinations, got_more);
    report_ints("sources", got_sources, 2);
    report_ints("weights", got_weights, 2);
    report_ints("destinations", got_destinations, 2);
    report_ints("their weights", got_more, 2);
    if (ranks > 2) neighbourhood("distributed graph", graph, 2, 2);
    MPI_Comm_free(&graph);
    MPI_Dist_graph_create_adjacent(MPI_COMM_WORLD, 1, sources, MPI_UNWEIGHTED, 1, destinations,
                                   MPI_UNWEIGHTED, MPI_INFO_NULL, 0, &graph);
    MPI_Dist_graph_neighbors_count(graph, &in, &out, &weighted);
    MPI_Dist_graph_neighbors(graph, 1, got_sources, MPI_UNWEIGHTED, 1, got_destinations,
                             MPI_UNWEIGHTED);
    report("unweighted: in %d out %d weighted %d, %d %d", in, out, weighted != 0, got_sources[0],
           got_destinations[0]);
    neighbourhood("ring", graph, 1, 1);
    MPI_Comm_free(&graph);
    /* Rank 0 describes everybody's edges. */
    int *all = malloc((size_t)ranks * sizeof(int)), *degrees = malloc((size_t)ranks * sizeof(int)),
        *to = malloc((size_t)ranks * sizeof(int));
    for (int i = 0; i < ranks; i++) {
        all[i] = i;
        degrees[i] = 1;
        to[i] = (i + 1) % ranks;
    }
    MPI_Dist_graph_create(MPI_COMM_WORLD, rank == 0 ? ranks : 0, all, degrees, to, MPI_UNWEIGHTED,
                          MPI_INFO_NULL, 0, &graph);
    MPI_Dist_graph_neighbors_count(graph, &in, &out, &weighted);
    MPI_Dist_graph_neighbors(graph, in, got_sources, MPI_UNWEIGHTED, out, got_destinations,
                             MPI_UNWEIGHTED);
    report("by rank 0: in %d out %d, %d %d", in, out, got_sources[0], got_destinations[0]);
    MPI_Comm_free(&graph);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    grids();
    graphs();
    distributed_graphs();
    finish();
    return 0;
}
