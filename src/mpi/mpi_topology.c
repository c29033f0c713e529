/*
 * mpi_topology.c - Cartesian, graph and distributed graph topologies (MPI 4.1, chapter 8).
 *
 * Arrays that MPI reads are copied and checked first (a host that multiplies dimensions without
 * care must not overflow); arrays that MPI writes are written to memory of the layer whose size is
 * that of the topology, and as much of it as the guest asked for is copied out.
 */
#include "mpi/mpi_info.h"
#include "mpi/mpi_layer.h"
#include "mpi_functions.h"

static bool is_topology(struct mpilayer_call *call, const struct mpilayer_comm *comm,
                        int topology) {
    return comm->topology == topology ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_TOPOLOGY, "comm", "has another topology or none");
}

/* `available` ints at `values` to the guest's array of `maximum`, as many as both hold. */
static bool store_ints_check(struct mpilayer_call *call, const char *argument, uint32_t address,
                             int32_t maximum, int available) {
    int count = maximum < available ? maximum : available;
    if (maximum < 0)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument, "negative length (%d)",
                                  maximum);
    return mpilayer_memory_check(call, argument, address, (uint64_t)count * 4);
}
static void store_ints(struct mpilayer *layer, uint32_t address, int32_t maximum, const int *values,
                       int available) {
    int count = maximum < available ? maximum : available;
    for (int i = 0; i < count; i++)
        mpilayer_store_i32(layer, address + 4 * (uint32_t)i, values[i]);
}

static bool ints_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                     int64_t count, int **out) {
    return mpilayer_array_get(call, argument, address, count, sizeof(int32_t), out);
}

static int *ints_allocate(struct mpilayer_call *call, int count) {
    return mpilayer_call_allocate(call, (size_t)count * sizeof(int));
}

/* ---- Cartesian ---- */

/* Dimensions whose product is at most the number of processes. */
static bool grid_get(struct mpilayer_call *call, const struct mpilayer_comm *comm, int32_t ndims,
                     uint32_t dims, uint32_t periods, int **dims_host, int **periods_host) {
    int64_t total = 1;
    if (ndims < 0)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_DIMS, "ndims", "negative (%d)", ndims);
    if (!ints_get(call, "dims", dims, ndims, dims_host) ||
        !ints_get(call, "periods", periods, ndims, periods_host))
        return false;
    for (int32_t i = 0; i < ndims; i++) {
        int extent = (*dims_host)[i];
        if (extent < 1)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_DIMS, "dims", "element %d is %d", i,
                                      extent);
        total *= extent;
        if (total > comm->size)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_DIMS, "dims",
                                      "a grid of more than the %d processes", comm->size);
    }
    return true;
}

int32_t mpilayer_Cart_create(struct mpilayer *layer, uint32_t comm_old, int32_t ndims,
                             uint32_t dims, uint32_t periods, int32_t reorder, uint32_t comm_cart) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm, *made;
    int *dims_host, *periods_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_create") ||
        !mpilayer_comm_get(&call, "comm_old", comm_old, &comm) ||
        !mpilayer_memory_check(&call, "comm_cart", comm_cart, 4))
        return mpilayer_call_raise(&call);
    if (!grid_get(&call, comm, ndims, dims, periods, &dims_host, &periods_host)) {
        mpilayer_store_i32(layer, comm_cart, GUEST_MPI_COMM_NULL); /* as MPICH has it */
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_comm_reserve(&call, "comm_cart", comm_cart, &made))
        return mpilayer_call_raise(&call);
    int code =
        MPI_Cart_create(comm->host, ndims, dims_host, periods_host, reorder != 0, &made->host);
    return mpilayer_comm_publish(&call, code, made, comm, comm_cart);
}

int32_t mpilayer_Cart_map(struct mpilayer *layer, uint32_t comm, int32_t ndims, uint32_t dims,
                          uint32_t periods, uint32_t newrank) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int *dims_host, *periods_host, rank = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_map") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !grid_get(&call, object, ndims, dims, periods, &dims_host, &periods_host) ||
        !mpilayer_memory_check(&call, "newrank", newrank, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Cart_map(object->host, ndims, dims_host, periods_host, &rank);
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, newrank, mpilayer_undefined_to_guest(rank));
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Cart_get(struct mpilayer *layer, uint32_t comm, int32_t maxdims, uint32_t dims,
                          uint32_t periods, uint32_t coords) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int *values;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_get") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !store_ints_check(&call, "dims", dims, maxdims, object->dimensions) ||
        !store_ints_check(&call, "periods", periods, maxdims, object->dimensions) ||
        !store_ints_check(&call, "coords", coords, maxdims, object->dimensions) ||
        !(values = ints_allocate(&call, 3 * object->dimensions)))
        return mpilayer_call_raise(&call);
    int n = object->dimensions;
    int code = MPI_Cart_get(object->host, n, values, values + n, values + 2 * n);
    if (code == MPI_SUCCESS) {
        store_ints(layer, dims, maxdims, values, n);
        store_ints(layer, periods, maxdims, values + n, n);
        store_ints(layer, coords, maxdims, values + 2 * n, n);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Cart_rank(struct mpilayer *layer, uint32_t comm, uint32_t coords, uint32_t rank) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int *coords_host, result = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_rank") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !ints_get(&call, "coords", coords, object->dimensions, &coords_host) ||
        !mpilayer_memory_check(&call, "rank", rank, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Cart_rank(object->host, coords_host, &result);
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, rank, mpilayer_rank_to_guest(result));
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Cart_coords(struct mpilayer *layer, uint32_t comm, int32_t rank, int32_t maxdims,
                             uint32_t coords) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int *values;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_coords") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !mpilayer_rank_check(&call, "rank", rank, object->size, GUEST_MPI_ERR_RANK) ||
        !store_ints_check(&call, "coords", coords, maxdims, object->dimensions) ||
        !(values = ints_allocate(&call, object->dimensions)))
        return mpilayer_call_raise(&call);
    int code = MPI_Cart_coords(object->host, rank, object->dimensions, values);
    if (code == MPI_SUCCESS) store_ints(layer, coords, maxdims, values, object->dimensions);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Cart_shift(struct mpilayer *layer, uint32_t comm, int32_t direction, int32_t disp,
                            uint32_t rank_source, uint32_t rank_dest) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int source = 0, destination = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_shift") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !mpilayer_rank_check(&call, "direction", direction, object->dimensions,
                             GUEST_MPI_ERR_DIMS) ||
        !mpilayer_memory_check(&call, "rank_source", rank_source, 4) ||
        !mpilayer_memory_check(&call, "rank_dest", rank_dest, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Cart_shift(object->host, direction, disp, &source, &destination);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, rank_source, mpilayer_rank_to_guest(source));
        mpilayer_store_i32(layer, rank_dest, mpilayer_rank_to_guest(destination));
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Cart_sub(struct mpilayer *layer, uint32_t comm, uint32_t remain_dims,
                          uint32_t newcomm) {
    struct mpilayer_call call;
    struct mpilayer_comm *object, *made;
    int *remain_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cart_sub") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !ints_get(&call, "remain_dims", remain_dims, object->dimensions, &remain_host) ||
        !mpilayer_comm_reserve(&call, "newcomm", newcomm, &made))
        return mpilayer_call_raise(&call);
    int code = MPI_Cart_sub(object->host, remain_host, &made->host);
    return mpilayer_comm_publish(&call, code, made, object, newcomm);
}

int32_t mpilayer_Cartdim_get(struct mpilayer *layer, uint32_t comm, uint32_t ndims) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Cartdim_get") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_CART) ||
        !mpilayer_memory_check(&call, "ndims", ndims, 4))
        return mpilayer_call_raise(&call);
    mpilayer_store_i32(layer, ndims, object->dimensions);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* A prime so near to 2^31 that MPICH 4.0 divides by zero (it knows primes up to the square root of
 * less) fits one dimension only. */
static bool is_huge_prime(int64_t n) {
    if (n < (int64_t)46300 * 46300) return false;
    for (int64_t i = 2; i * i <= n; i++)
        if (n % i == 0) return false;
    return true;
}

int32_t mpilayer_Dims_create(struct mpilayer *layer, int32_t nnodes, int32_t ndims, uint32_t dims) {
    struct mpilayer_call call;
    int *values;
    int64_t fixed = 1;
    bool any_free = false;
    if (!mpilayer_call_begin(&call, layer, "MPI_Dims_create") ||
        (ndims < 0 &&
         !mpilayer_call_fail(&call, GUEST_MPI_ERR_DIMS, "ndims", "negative (%d)", ndims)) ||
        (nnodes < 1 &&
         !mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "nnodes", "not positive (%d)", nnodes)) ||
        !ints_get(&call, "dims", dims, ndims, &values))
        return mpilayer_call_raise(&call);
    for (int32_t i = 0; i < ndims && fixed <= nnodes; i++) {
        if (values[i] < 0)
            fixed = INT64_MAX;
        else if (values[i] > 0)
            fixed *= values[i];
        else
            any_free = true;
    }
    if (fixed > nnodes || nnodes % fixed != 0 || (!any_free && fixed != nnodes && ndims > 0)) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_DIMS, "dims", "do not divide %d", nnodes);
        return mpilayer_call_raise(&call);
    }
    if (any_free && is_huge_prime(nnodes / fixed)) {
        int rest = (int)(nnodes / fixed);
        for (int32_t i = 0; i < ndims; i++) {
            if (values[i] == 0) {
                values[i] = rest;
                rest = 1;
            }
        }
    }
    int code = ndims > 0 ? MPI_Dims_create(nnodes, ndims, values) : MPI_SUCCESS;
    if (code == MPI_SUCCESS) store_ints(layer, dims, ndims, values, ndims);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Topo_test(struct mpilayer *layer, uint32_t comm, uint32_t status) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Topo_test") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !mpilayer_memory_check(&call, "status", status, 4))
        return mpilayer_call_raise(&call);
    mpilayer_store_i32(layer, status, object->topology ? object->topology : GUEST_MPI_UNDEFINED);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* ---- graphs ---- */

/* Cumulative degrees, and as many edges as they say, all within the nodes. */
static bool graph_get(struct mpilayer_call *call, const struct mpilayer_comm *comm, int32_t nnodes,
                      uint32_t index, uint32_t edges, int **index_host, int **edges_host) {
    if (nnodes < 0 || nnodes > comm->size)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "nnodes", "%d is not in [0, %d]", nnodes,
                                  comm->size);
    if (!ints_get(call, "index", index, nnodes, index_host)) return false;
    int before = 0;
    for (int32_t i = 0; i < nnodes; i++) {
        if ((*index_host)[i] < before)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "index",
                                      "element %d is smaller than the one before", i);
        before = (*index_host)[i];
    }
    if (!ints_get(call, "edges", edges, before, edges_host)) return false;
    for (int i = 0; i < before; i++)
        if ((*edges_host)[i] < 0 || (*edges_host)[i] >= nnodes)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "edges",
                                      "element %d is not in [0, %d)", i, nnodes);
    return true;
}

int32_t mpilayer_Graph_create(struct mpilayer *layer, uint32_t comm_old, int32_t nnodes,
                              uint32_t index, uint32_t edges, int32_t reorder,
                              uint32_t comm_graph) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm, *made;
    int *index_host, *edges_host;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graph_create") ||
        !mpilayer_comm_get(&call, "comm_old", comm_old, &comm) ||
        !graph_get(&call, comm, nnodes, index, edges, &index_host, &edges_host) ||
        !mpilayer_comm_reserve(&call, "comm_graph", comm_graph, &made))
        return mpilayer_call_raise(&call);
    int code =
        MPI_Graph_create(comm->host, nnodes, index_host, edges_host, reorder != 0, &made->host);
    return mpilayer_comm_publish(&call, code, made, comm, comm_graph);
}

int32_t mpilayer_Graph_map(struct mpilayer *layer, uint32_t comm, int32_t nnodes, uint32_t index,
                           uint32_t edges, uint32_t newrank) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int *index_host, *edges_host, rank = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graph_map") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !graph_get(&call, object, nnodes, index, edges, &index_host, &edges_host) ||
        !mpilayer_memory_check(&call, "newrank", newrank, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Graph_map(object->host, nnodes, index_host, edges_host, &rank);
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, newrank, mpilayer_undefined_to_guest(rank));
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Graphdims_get(struct mpilayer *layer, uint32_t comm, uint32_t nnodes,
                               uint32_t nedges) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int node_count = 0, edge_count = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graphdims_get") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_GRAPH) ||
        !mpilayer_memory_check(&call, "nnodes", nnodes, 4) ||
        !mpilayer_memory_check(&call, "nedges", nedges, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Graphdims_get(object->host, &node_count, &edge_count);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, nnodes, node_count);
        mpilayer_store_i32(layer, nedges, edge_count);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Graph_get(struct mpilayer *layer, uint32_t comm, int32_t maxindex,
                           int32_t maxedges, uint32_t index, uint32_t edges) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int nodes = 0, edge_count = 0, *values;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graph_get") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_GRAPH))
        return mpilayer_call_raise(&call);
    int code = MPI_Graphdims_get(object->host, &nodes, &edge_count);
    if (code != MPI_SUCCESS) return mpilayer_call_return(&call, code);
    if (!store_ints_check(&call, "index", index, maxindex, nodes) ||
        !store_ints_check(&call, "edges", edges, maxedges, edge_count) ||
        !(values =
              mpilayer_call_allocate(&call, ((size_t)nodes + (size_t)edge_count) * sizeof *values)))
        return mpilayer_call_raise(&call);
    code = MPI_Graph_get(object->host, nodes, edge_count, values, values + nodes);
    if (code == MPI_SUCCESS) {
        store_ints(layer, index, maxindex, values, nodes);
        store_ints(layer, edges, maxedges, values + nodes, edge_count);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Graph_neighbors_count(struct mpilayer *layer, uint32_t comm, int32_t rank,
                                       uint32_t nneighbors) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int count = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graph_neighbors_count") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_GRAPH) ||
        !mpilayer_rank_check(&call, "rank", rank, object->size, GUEST_MPI_ERR_RANK) ||
        !mpilayer_memory_check(&call, "nneighbors", nneighbors, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Graph_neighbors_count(object->host, rank, &count);
    if (code == MPI_SUCCESS) mpilayer_store_i32(layer, nneighbors, count);
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Graph_neighbors(struct mpilayer *layer, uint32_t comm, int32_t rank,
                                 int32_t maxneighbors, uint32_t neighbors) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int count = 0, *values;
    if (!mpilayer_call_begin(&call, layer, "MPI_Graph_neighbors") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_GRAPH) ||
        !mpilayer_rank_check(&call, "rank", rank, object->size, GUEST_MPI_ERR_RANK))
        return mpilayer_call_raise(&call);
    int code = MPI_Graph_neighbors_count(object->host, rank, &count);
    if (code != MPI_SUCCESS) return mpilayer_call_return(&call, code);
    if (!store_ints_check(&call, "neighbors", neighbors, maxneighbors, count) ||
        !(values = ints_allocate(&call, count)))
        return mpilayer_call_raise(&call);
    code = MPI_Graph_neighbors(object->host, rank, count, values);
    if (code == MPI_SUCCESS) store_ints(layer, neighbors, maxneighbors, values, count);
    return mpilayer_call_return(&call, code);
}

/* ---- distributed graphs ---- */

static bool ranks_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                      int64_t count, int size, int **out) {
    if (!ints_get(call, argument, address, count, out)) return false;
    for (int64_t i = 0; i < count; i++)
        if (!mpilayer_rank_check(call, argument, (*out)[i], size, GUEST_MPI_ERR_RANK)) return false;
    return true;
}

/* Weights of edges, or one of the two constants that stand for them; hosts take the constant for
 * no weights at all to memory if there are edges. */
static bool weights_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                        int64_t count, int **out) {
    if (address == GUEST_MPI_UNWEIGHTED || address == GUEST_MPI_WEIGHTS_EMPTY) {
        if (address == GUEST_MPI_WEIGHTS_EMPTY && count > 0)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument,
                                      "MPI_WEIGHTS_EMPTY for %lld edges", (long long)count);
        *out = address == GUEST_MPI_UNWEIGHTED ? MPI_UNWEIGHTED : MPI_WEIGHTS_EMPTY;
        return true;
    }
    if (!ints_get(call, argument, address, count, out)) return false;
    for (int64_t i = 0; i < count; i++)
        if ((*out)[i] < 0)
            return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument, "element %lld is negative",
                                      (long long)i);
    return true;
}

/* A graph has weights or it has none: Open MPI would later copy those that it has not got. */
static bool weights_match(struct mpilayer_call *call, int32_t in, const int *in_weights,
                          int32_t out, const int *out_weights) {
    return in == 0 || out == 0 ||
           (in_weights == MPI_UNWEIGHTED) == (out_weights == MPI_UNWEIGHTED) ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "destweights",
                              "MPI_UNWEIGHTED for one of sourceweights and destweights");
}

int32_t mpilayer_Dist_graph_create_adjacent(struct mpilayer *layer, uint32_t comm_old,
                                            int32_t indegree, uint32_t sources,
                                            uint32_t sourceweights, int32_t outdegree,
                                            uint32_t destinations, uint32_t destweights,
                                            uint32_t info, int32_t reorder,
                                            uint32_t comm_dist_graph) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm, *made;
    struct mpilayer_info *hints;
    int *from, *from_weights, *to, *to_weights;
    if (!mpilayer_call_begin(&call, layer, "MPI_Dist_graph_create_adjacent") ||
        !mpilayer_comm_get(&call, "comm_old", comm_old, &comm) ||
        !mpilayer_count_check(&call, "indegree", indegree) ||
        !mpilayer_count_check(&call, "outdegree", outdegree) ||
        !ranks_get(&call, "sources", sources, indegree, comm->size, &from) ||
        !weights_get(&call, "sourceweights", sourceweights, indegree, &from_weights) ||
        !ranks_get(&call, "destinations", destinations, outdegree, comm->size, &to) ||
        !weights_get(&call, "destweights", destweights, outdegree, &to_weights) ||
        !weights_match(&call, indegree, from_weights, outdegree, to_weights) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_comm_reserve(&call, "comm_dist_graph", comm_dist_graph, &made))
        return mpilayer_call_raise(&call);
    int code =
        MPI_Dist_graph_create_adjacent(comm->host, indegree, from, from_weights, outdegree, to,
                                       to_weights, MPI_INFO_NULL, reorder != 0, &made->host);
    return mpilayer_comm_publish(&call, code, made, comm, comm_dist_graph);
}

int32_t mpilayer_Dist_graph_create(struct mpilayer *layer, uint32_t comm_old, int32_t n,
                                   uint32_t sources, uint32_t degrees, uint32_t destinations,
                                   uint32_t weights, uint32_t info, int32_t reorder,
                                   uint32_t comm_dist_graph) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm, *made;
    struct mpilayer_info *hints;
    int *from, *counts, *to, *edge_weights;
    int64_t edges = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Dist_graph_create") ||
        !mpilayer_comm_get(&call, "comm_old", comm_old, &comm) ||
        !mpilayer_count_check(&call, "n", n) ||
        !ranks_get(&call, "sources", sources, n, comm->size, &from) ||
        !ints_get(&call, "degrees", degrees, n, &counts))
        return mpilayer_call_raise(&call);
    for (int32_t i = 0; i < n; i++) {
        if (!mpilayer_count_check(&call, "degrees", counts[i])) return mpilayer_call_raise(&call);
        edges += counts[i];
    }
    if (!ranks_get(&call, "destinations", destinations, edges, comm->size, &to) ||
        !weights_get(&call, "weights", weights, edges, &edge_weights) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !mpilayer_comm_reserve(&call, "comm_dist_graph", comm_dist_graph, &made))
        return mpilayer_call_raise(&call);
    int code = MPI_Dist_graph_create(comm->host, n, from, counts, to, edge_weights, MPI_INFO_NULL,
                                     reorder != 0, &made->host);
    return mpilayer_comm_publish(&call, code, made, comm, comm_dist_graph);
}

int32_t mpilayer_Dist_graph_neighbors_count(struct mpilayer *layer, uint32_t comm,
                                            uint32_t indegree, uint32_t outdegree,
                                            uint32_t weighted) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int in = 0, out = 0, has_weights = 0;
    if (!mpilayer_call_begin(&call, layer, "MPI_Dist_graph_neighbors_count") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_DIST_GRAPH) ||
        !mpilayer_memory_check(&call, "indegree", indegree, 4) ||
        !mpilayer_memory_check(&call, "outdegree", outdegree, 4) ||
        !mpilayer_memory_check(&call, "weighted", weighted, 4))
        return mpilayer_call_raise(&call);
    int code = MPI_Dist_graph_neighbors_count(object->host, &in, &out, &has_weights);
    if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, indegree, in);
        mpilayer_store_i32(layer, outdegree, out);
        mpilayer_store_i32(layer, weighted, has_weights != 0);
    }
    return mpilayer_call_return(&call, code);
}

/* Where the weights of neighbours go; nowhere if the graph has none. */
static bool weights_check(struct mpilayer_call *call, const char *argument, uint32_t address,
                          bool weighted, int32_t maximum, int available) {
    return !weighted || address == GUEST_MPI_UNWEIGHTED || address == GUEST_MPI_WEIGHTS_EMPTY ||
           store_ints_check(call, argument, address, maximum, available);
}
static void store_weights(struct mpilayer *layer, uint32_t address, bool weighted, int32_t maximum,
                          const int *values, int available) {
    if (weighted && address != GUEST_MPI_UNWEIGHTED && address != GUEST_MPI_WEIGHTS_EMPTY)
        store_ints(layer, address, maximum, values, available);
}

int32_t mpilayer_Dist_graph_neighbors(struct mpilayer *layer, uint32_t comm, int32_t maxindegree,
                                      uint32_t sources, uint32_t sourceweights,
                                      int32_t maxoutdegree, uint32_t destinations,
                                      uint32_t destweights) {
    struct mpilayer_call call;
    struct mpilayer_comm *object;
    int in = 0, out = 0, weighted = 0, *values;
    if (!mpilayer_call_begin(&call, layer, "MPI_Dist_graph_neighbors") ||
        !mpilayer_comm_get(&call, "comm", comm, &object) ||
        !is_topology(&call, object, GUEST_MPI_DIST_GRAPH))
        return mpilayer_call_raise(&call);
    int code = MPI_Dist_graph_neighbors_count(object->host, &in, &out, &weighted);
    if (code != MPI_SUCCESS) return mpilayer_call_return(&call, code);
    if (!store_ints_check(&call, "sources", sources, maxindegree, in) ||
        !store_ints_check(&call, "destinations", destinations, maxoutdegree, out) ||
        !weights_check(&call, "sourceweights", sourceweights, weighted, maxindegree, in) ||
        !weights_check(&call, "destweights", destweights, weighted, maxoutdegree, out) ||
        !(values = mpilayer_call_allocate(&call, 2 * ((size_t)in + (size_t)out) * sizeof *values)))
        return mpilayer_call_raise(&call);
    int *in_weights = values + in + out, *out_weights = in_weights + in;
    code =
        MPI_Dist_graph_neighbors(object->host, in, values, weighted ? in_weights : MPI_UNWEIGHTED,
                                 out, values + in, weighted ? out_weights : MPI_UNWEIGHTED);
    if (code == MPI_SUCCESS) {
        store_ints(layer, sources, maxindegree, values, in);
        store_ints(layer, destinations, maxoutdegree, values + in, out);
        store_weights(layer, sourceweights, weighted, maxindegree, in_weights, in);
        store_weights(layer, destweights, weighted, maxoutdegree, out_weights, out);
    }
    return mpilayer_call_return(&call, code);
}
