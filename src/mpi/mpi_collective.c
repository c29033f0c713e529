/*
 * mpi_collective.c - checks and translates the arguments of collective functions.
 *
 * Reads the guest's arguments, decides which are significant at this rank (root, MPI_IN_PLACE, the
 * sides of an intercommunicator: MPI 4.1, chapter 6), and leaves in struct mpilayer_collective what
 * MPI gets. Arguments that are not significant are never looked at, as a guest need not set them.
 */
#include "mpi/mpi_collective.h"
#include "mpi/mpi_memory.h"

/* What a side's arguments are called in messages. */
struct side_names {
    const char *buffer, *count, *type, *counts, *displacements, *types;
};
static const struct side_names send_names = {"sendbuf",    "sendcount", "sendtype",
                                             "sendcounts", "sdispls",   "sendtypes"};
static const struct side_names recv_names = {"recvbuf",    "recvcount", "recvtype",
                                             "recvcounts", "rdispls",   "recvtypes"};
/* Where only one side has displacements. */
static const struct side_names scatterv_names = {"sendbuf",    "sendcount", "sendtype",
                                                 "sendcounts", "displs",    NULL};
static const struct side_names gatherv_names = {"recvbuf",    "recvcount", "recvtype",
                                                "recvcounts", "displs",    NULL};
static const struct side_names bcast_names = {"buffer", "count", "datatype", NULL, NULL, NULL};

/* Some MPIs look at the address of a buffer even where it has no meaning: it must not be null,
 * and not that of the other side. */
static char no_buffer[2];

static void side_clear(struct mpilayer_side *side) {
    *side = (struct mpilayer_side){.type = MPI_BYTE, .large = side->large};
}

/* MPI_IN_PLACE stands for the side; no other argument of it is significant then. */
static bool side_in_place(const struct mpilayer_call *call, uint32_t address,
                          struct mpilayer_side *side) {
    side_clear(side);
    if (address != GUEST_MPI_IN_PLACE || call->comm->inter) return false;
    side->buffer = MPI_IN_PLACE;
    return true;
}

/* `blocks` blocks of `count` items, one after the other. */
static bool side_blocks(struct mpilayer_call *call, const struct side_names *names,
                        uint32_t address, int64_t count, int blocks, uint32_t type_handle,
                        struct mpilayer_side *side) {
    struct mpilayer_datatype *type;
    struct mpilayer_large large;
    int64_t total;
    side_clear(side);
    if (!mpilayer_count_check(call, names->count, count) ||
        !mpilayer_datatype_get_for(call, names->type, type_handle, count, &type) ||
        (__builtin_mul_overflow(count, (int64_t)blocks, &total) &&
         !mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, names->count, "too large")) ||
        !mpilayer_buffer_get(call, names->buffer, address, total, &type, &side->buffer) ||
        !mpilayer_large_get(call, names->count, type->size > 0 ? count : 0, type->host, &large))
        return false;
    side->count = (int)large.count;
    side->large_count = large.count;
    side->type = large.type;
    return true;
}

/* The guest's counts, which stay in large_counts if they have 64 bits. */
static bool counts_get(struct mpilayer_call *call, const char *argument, uint32_t address,
                       int blocks, struct mpilayer_side *side) {
    int64_t negative = 0;
    int i = 0;
    if (side->large) {
        if (!mpilayer_array_get(call, argument, address, blocks, sizeof(int64_t),
                                &side->large_counts))
            return false;
        while (i < blocks && side->large_counts[i] >= 0)
            i++;
        negative = i < blocks ? side->large_counts[i] : 0;
    } else {
        if (!mpilayer_array_get(call, argument, address, blocks, sizeof(int32_t), &side->counts))
            return false;
        while (i < blocks && side->counts[i] >= 0)
            i++;
        negative = i < blocks ? side->counts[i] : 0;
    }
    return i == blocks ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, argument, "element %d is negative (%lld)",
                              i, (long long)negative);
}

static int64_t count_at(const struct mpilayer_side *side, int i) {
    return side->large ? side->large_counts[i] : side->counts[i];
}

/* A block without data; what Open MPI receives in it may be too long. */
static void count_clear(struct mpilayer_side *side, int i) {
    if (side->large_counts) side->large_counts[i] = 0;
    if (side->counts) side->counts[i] = 0; /* of large ones, too: what the host's int is */
}

/* Displacements as the host's functions of large counts take them. */
static bool addresses_fill(struct mpilayer_call *call, int blocks, struct mpilayer_side *side) {
    side->addresses = mpilayer_call_allocate(call, (size_t)blocks * sizeof *side->addresses);
    for (int i = 0; side->addresses && i < blocks; i++)
        side->addresses[i] = side->displacements[i];
    return side->addresses != NULL;
}

/* Let `span` also hold `count` items that lie `displacement` bytes from the buffer; false: there
 * are no data in them. */
static bool span_extend(struct mpilayer_span *span, bool *any, __int128 displacement, int64_t count,
                        const struct mpilayer_datatype *type) {
    struct mpilayer_span block = mpilayer_span_of(type, count);
    if (block.low == block.high) return false;
    block.low += displacement;
    block.high += displacement;
    if (!*any || block.low < span->low) span->low = block.low;
    if (!*any || block.high > span->high) span->high = block.high;
    return *any = true;
}

/* Blocks of their own counts and displacements, in items of one datatype. */
static bool side_vector(struct mpilayer_call *call, const struct side_names *names,
                        uint32_t address, uint32_t counts, uint32_t displacements, int blocks,
                        uint32_t type_handle, struct mpilayer_side *side) {
    struct mpilayer_datatype *type;
    struct mpilayer_span span = {0, 0};
    bool any = false;
    side_clear(side);
    if (!mpilayer_datatype_get(call, names->type, type_handle, &type) ||
        !counts_get(call, names->counts, counts, blocks, side) ||
        !mpilayer_array_get(call, names->displacements, displacements, blocks, sizeof(int32_t),
                            &side->displacements))
        return false;
    /* Blocks without data get the place of one that was checked. */
    int last = 0;
    for (int i = 0; i < blocks; i++)
        if (span_extend(&span, &any, (__int128)side->displacements[i] * type->extent,
                        count_at(side, i), type))
            last = side->displacements[i];
    for (int i = 0; i < blocks; i++) {
        if (any && count_at(side, i) > 0) continue;
        count_clear(side, i);
        side->displacements[i] = last;
    }
    if (!any) type = mpilayer_datatype_without_data(type, 0);
    side->type = type->host;
    if (!mpilayer_buffer_span(call, names->buffer, address, span, span.low != 0, &side->buffer))
        return false;
    if (!side->large) return true;
    if (MPILAYER_HAS_LARGE) return addresses_fill(call, blocks, side);
    int divisor;
    return mpilayer_large_blocks(call, names->counts, side->large_counts, side->displacements,
                                 blocks, &side->type, &side->counts, &divisor);
}

/* Blocks of their own counts, displacements in bytes, and datatypes. `aints`: MPI takes the
 * displacements as MPI_Aint. */
static bool side_types(struct mpilayer_call *call, const struct side_names *names, uint32_t address,
                       uint32_t counts, uint32_t displacements, bool aints, int blocks,
                       uint32_t types, struct mpilayer_side *side) {
    uint32_t *handles;
    struct mpilayer_span span = {0, 0};
    bool any = false;
    side_clear(side);
    if (!counts_get(call, names->counts, counts, blocks, side) ||
        !mpilayer_array_get(call, names->displacements, displacements, blocks, sizeof(int32_t),
                            &side->displacements) ||
        !mpilayer_array_get(call, names->types, types, blocks, sizeof(uint32_t), &handles) ||
        ((aints || (side->large && MPILAYER_HAS_LARGE)) && !addresses_fill(call, blocks, side)))
        return false;
    /* Open MPI looks at as many datatypes as there are neighbours, if these are more. */
    int room = blocks > call->comm->in_degree ? blocks : call->comm->in_degree;
    room = room > call->comm->out_degree ? room : call->comm->out_degree;
    side->types = mpilayer_call_allocate(call, (size_t)room * sizeof *side->types);
    for (int i = blocks; side->types && i < room; i++) {
        side->types[i] = MPI_BYTE;
    }
    if (side->large && !MPILAYER_HAS_LARGE)
        side->counts = mpilayer_call_allocate(call, (size_t)blocks * sizeof *side->counts);
    if (!side->types || (side->large && !MPILAYER_HAS_LARGE && !side->counts)) return false;
    for (int i = 0; i < blocks; i++) {
        struct mpilayer_datatype *type;
        int64_t count = count_at(side, i);
        bool unset = count == 0 && handles[i] == GUEST_MPI_DATATYPE_NULL;
        side->types[i] = MPI_BYTE;
        /* Programs leave the datatypes of empty blocks unset. */
        if (!unset && !mpilayer_datatype_get(call, names->types, handles[i], &type)) return false;
        if (unset || !span_extend(&span, &any, side->displacements[i], count, type)) {
            if (!unset) side->types[i] = mpilayer_datatype_without_data(type, 0)->host;
            count_clear(side, i);
            side->displacements[i] = 0;
            if (side->addresses) side->addresses[i] = 0;
        } else {
            side->types[i] = type->host;
        }
    }
    if (!mpilayer_buffer_span(call, names->buffer, address, span, span.low != 0, &side->buffer))
        return false;
    for (int i = 0; side->large && !MPILAYER_HAS_LARGE && i < blocks; i++) {
        struct mpilayer_large large;
        if (!mpilayer_large_get(call, names->counts, count_at(side, i), side->types[i], &large))
            return false;
        side->counts[i] = (int)large.count;
        side->types[i] = large.type;
    }
    /* Open MPI 4.1 takes the displacement of a lone process for items instead of bytes, and would
     * leave the memory: it gets the block's address and no displacement. */
    if (blocks == 1 && count_at(side, 0) > 0) {
        side->buffer = (uint8_t *)side->buffer + side->displacements[0];
        side->displacements[0] = 0;
        if (side->addresses) side->addresses[0] = 0;
    }
    return true;
}

/* ---- rooted collectives ---- */

enum role {
    ROLE_FAIL,
    ROLE_ROOT,  /* has the root's side; in an intracommunicator the other one, too */
    ROLE_OTHER, /* talks to the root */
    ROLE_NONE,  /* of the root's group in an intercommunicator: takes no part */
};

static enum role role_of(struct mpilayer_call *call, struct mpilayer_collective *c, int32_t root) {
    const struct mpilayer_comm *comm = call->comm;
    side_clear(&c->send);
    side_clear(&c->recv);
    c->send.buffer = &no_buffer[0];
    c->recv.buffer = &no_buffer[1];
    if (comm->inter && root == GUEST_MPI_ROOT) {
        c->root = MPI_ROOT;
        return ROLE_ROOT;
    }
    if (comm->inter && root == GUEST_MPI_PROC_NULL) {
        c->root = MPI_PROC_NULL;
        return ROLE_NONE;
    }
    if (!mpilayer_rank_check(call, "root", root, comm->remote_size, GUEST_MPI_ERR_ROOT))
        return ROLE_FAIL;
    c->root = root;
    return !comm->inter && root == comm->rank ? ROLE_ROOT : ROLE_OTHER;
}

bool mpilayer_prepare_bcast(struct mpilayer_call *call, struct mpilayer_collective *c,
                            uint32_t buffer, int64_t count, uint32_t datatype, int32_t root) {
    enum role role = role_of(call, c, root);
    return role == ROLE_NONE || (role != ROLE_FAIL && side_blocks(call, &bcast_names, buffer, count,
                                                                  1, datatype, &c->send));
}

/* Is the block that every rank of an intracommunicator has significant? */
static bool has_own_block(const struct mpilayer_call *call, enum role role) {
    return role == ROLE_OTHER || (role == ROLE_ROOT && !call->comm->inter);
}

/* Check that block, where it is significant; the root may have MPI_IN_PLACE for it. */
static bool own_block(struct mpilayer_call *call, enum role role, const struct side_names *names,
                      uint32_t buffer, int64_t count, uint32_t datatype,
                      struct mpilayer_side *side) {
    return !has_own_block(call, role) || (role == ROLE_ROOT && side_in_place(call, buffer, side)) ||
           side_blocks(call, names, buffer, count, 1, datatype, side);
}

bool mpilayer_prepare_gather(struct mpilayer_call *call, struct mpilayer_collective *c,
                             uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                             uint32_t recvbuf, int64_t recvcount, uint32_t recvtype, int32_t root) {
    enum role role = role_of(call, c, root);
    if (role == ROLE_FAIL ||
        !own_block(call, role, &send_names, sendbuf, sendcount, sendtype, &c->send))
        return false;
    return role != ROLE_ROOT || side_blocks(call, &recv_names, recvbuf, recvcount,
                                            call->comm->remote_size, recvtype, &c->recv);
}

bool mpilayer_prepare_gatherv(struct mpilayer_call *call, struct mpilayer_collective *c,
                              uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                              uint32_t recvbuf, uint32_t recvcounts, uint32_t displs,
                              uint32_t recvtype, int32_t root) {
    enum role role = role_of(call, c, root);
    if (role == ROLE_FAIL ||
        !own_block(call, role, &send_names, sendbuf, sendcount, sendtype, &c->send))
        return false;
    return role != ROLE_ROOT || side_vector(call, &gatherv_names, recvbuf, recvcounts, displs,
                                            call->comm->remote_size, recvtype, &c->recv);
}

bool mpilayer_prepare_scatter(struct mpilayer_call *call, struct mpilayer_collective *c,
                              uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                              uint32_t recvbuf, int64_t recvcount, uint32_t recvtype,
                              int32_t root) {
    enum role role = role_of(call, c, root);
    if (role == ROLE_FAIL ||
        !own_block(call, role, &recv_names, recvbuf, recvcount, recvtype, &c->recv))
        return false;
    return role != ROLE_ROOT || side_blocks(call, &send_names, sendbuf, sendcount,
                                            call->comm->remote_size, sendtype, &c->send);
}

bool mpilayer_prepare_scatterv(struct mpilayer_call *call, struct mpilayer_collective *c,
                               uint32_t sendbuf, uint32_t sendcounts, uint32_t displs,
                               uint32_t sendtype, uint32_t recvbuf, int64_t recvcount,
                               uint32_t recvtype, int32_t root) {
    enum role role = role_of(call, c, root);
    if (role == ROLE_FAIL ||
        !own_block(call, role, &recv_names, recvbuf, recvcount, recvtype, &c->recv))
        return false;
    return role != ROLE_ROOT || side_vector(call, &scatterv_names, sendbuf, sendcounts, displs,
                                            call->comm->remote_size, sendtype, &c->send);
}

/* ---- all to all ---- */

bool mpilayer_prepare_allgather(struct mpilayer_call *call, struct mpilayer_collective *c,
                                uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                                uint32_t recvbuf, int64_t recvcount, uint32_t recvtype) {
    return (side_in_place(call, sendbuf, &c->send) ||
            side_blocks(call, &send_names, sendbuf, sendcount, 1, sendtype, &c->send)) &&
           side_blocks(call, &recv_names, recvbuf, recvcount, call->comm->remote_size, recvtype,
                       &c->recv);
}

bool mpilayer_prepare_allgatherv(struct mpilayer_call *call, struct mpilayer_collective *c,
                                 uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                                 uint32_t recvbuf, uint32_t recvcounts, uint32_t displs,
                                 uint32_t recvtype) {
    return (side_in_place(call, sendbuf, &c->send) ||
            side_blocks(call, &send_names, sendbuf, sendcount, 1, sendtype, &c->send)) &&
           side_vector(call, &gatherv_names, recvbuf, recvcounts, displs, call->comm->remote_size,
                       recvtype, &c->recv);
}

bool mpilayer_prepare_alltoall(struct mpilayer_call *call, struct mpilayer_collective *c,
                               uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                               uint32_t recvbuf, int64_t recvcount, uint32_t recvtype) {
    int size = call->comm->remote_size;
    return (side_in_place(call, sendbuf, &c->send) ||
            side_blocks(call, &send_names, sendbuf, sendcount, size, sendtype, &c->send)) &&
           side_blocks(call, &recv_names, recvbuf, recvcount, size, recvtype, &c->recv);
}

/* Where all arrays of both sides are the same MPICH finds that the buffers are, too, and says so.
 */
static void keep_aliases(struct mpilayer_collective *c, uint32_t sendbuf, uint32_t recvbuf,
                         bool same) {
    if (same && sendbuf == recvbuf && recvbuf != 0) {
        c->recv.counts = c->send.counts;
        c->recv.displacements = c->send.displacements;
        c->recv.addresses = c->send.addresses;
        c->recv.large_counts = c->send.large_counts;
        c->recv.types = c->send.types;
    }
}

bool mpilayer_prepare_alltoallv(struct mpilayer_call *call, struct mpilayer_collective *c,
                                uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
                                uint32_t sendtype, uint32_t recvbuf, uint32_t recvcounts,
                                uint32_t rdispls, uint32_t recvtype) {
    int size = call->comm->remote_size;
    if (!(side_in_place(call, sendbuf, &c->send) ||
          side_vector(call, &send_names, sendbuf, sendcounts, sdispls, size, sendtype, &c->send)) ||
        !side_vector(call, &recv_names, recvbuf, recvcounts, rdispls, size, recvtype, &c->recv))
        return false;
    keep_aliases(c, sendbuf, recvbuf,
                 sendcounts == recvcounts && sdispls == rdispls && sendtype == recvtype);
    return true;
}

bool mpilayer_prepare_alltoallw(struct mpilayer_call *call, struct mpilayer_collective *c,
                                uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
                                uint32_t sendtypes, uint32_t recvbuf, uint32_t recvcounts,
                                uint32_t rdispls, uint32_t recvtypes) {
    int size = call->comm->remote_size;
    if (!(side_in_place(call, sendbuf, &c->send) ||
          side_types(call, &send_names, sendbuf, sendcounts, sdispls, false, size, sendtypes,
                     &c->send)) ||
        !side_types(call, &recv_names, recvbuf, recvcounts, rdispls, false, size, recvtypes,
                    &c->recv))
        return false;
    keep_aliases(c, sendbuf, recvbuf,
                 sendcounts == recvcounts && sdispls == rdispls && sendtypes == recvtypes);
    return true;
}

/* ---- reductions: count and datatype are those of the send side ---- */

/* The datatype and the operator of a reduction of `total` items whose buffers are known. */
static bool reduction_finish(struct mpilayer_call *call, struct mpilayer_collective *c, uint32_t op,
                             int64_t count, int64_t total, struct mpilayer_datatype *type) {
    struct mpilayer_reduction reduction;
    if (type->size == 0) { /* Open MPI copies by a description that such a datatype has not got */
        count = 0;
        c->unit = 1;
        for (int i = 0; (c->recv.counts || c->recv.large_counts) && i < call->comm->size; i++)
            count_clear(&c->recv, i);
    }
    /* What the host's MPI has of partial results, until a pending one completes. */
    uint64_t partial = 0;
    if (!mpilayer_op_resolve(call, "op", op, type, c->pending, &reduction) ||
        (c->pending &&
         !mpilayer_call_charge(
             call, __builtin_mul_overflow((uint64_t)total, (uint64_t)type->size, &partial)
                       ? UINT64_MAX
                       : partial)))
        return false;
    if (c->unit > 1 || (count > INT_MAX && !c->recv.large_counts &&
                        (!MPILAYER_HAS_LARGE || !reduction.predefined))) {
        if (!mpilayer_large_reduction(call, "count", c->unit > 1 ? c->unit : count,
                                      reduction.commutative, &reduction.type, &reduction.op))
            return false;
        count = 1;
    }
    c->op = reduction.op;
    c->send.count = c->recv.count = (int)count;
    c->send.large_count = c->recv.large_count = (mpilayer_large_count)count;
    c->send.type = c->recv.type = reduction.type;
    return true;
}

bool mpilayer_prepare_reduce(struct mpilayer_call *call, struct mpilayer_collective *c,
                             uint32_t sendbuf, uint32_t recvbuf, int64_t count, uint32_t datatype,
                             uint32_t op, int32_t root) {
    struct mpilayer_datatype *type;
    enum role role = role_of(call, c, root);
    c->op = MPI_BOR; /* goes with no MPI_BYTE */
    if (role == ROLE_FAIL || role == ROLE_NONE) return role == ROLE_NONE;
    if (!mpilayer_count_check(call, "count", count) ||
        !mpilayer_datatype_get(call, "datatype", datatype, &type))
        return false;
    if (has_own_block(call, role) &&
        !(role == ROLE_ROOT && side_in_place(call, sendbuf, &c->send)) &&
        !mpilayer_buffer_get(call, "sendbuf", sendbuf, count, &type, &c->send.buffer))
        return false;
    return (role != ROLE_ROOT ||
            mpilayer_buffer_get(call, "recvbuf", recvbuf, count, &type, &c->recv.buffer)) &&
           reduction_finish(call, c, op, count, count, type);
}

bool mpilayer_prepare_allreduce(struct mpilayer_call *call, struct mpilayer_collective *c,
                                uint32_t sendbuf, uint32_t recvbuf, int64_t count,
                                uint32_t datatype, uint32_t op) {
    struct mpilayer_datatype *type;
    return mpilayer_count_check(call, "count", count) &&
           mpilayer_datatype_get(call, "datatype", datatype, &type) &&
           (side_in_place(call, sendbuf, &c->send) ||
            mpilayer_buffer_get(call, "sendbuf", sendbuf, count, &type, &c->send.buffer)) &&
           mpilayer_buffer_get(call, "recvbuf", recvbuf, count, &type, &c->recv.buffer) &&
           reduction_finish(call, c, op, count, count, type);
}

/* Input of `total` items, output of `own`; with MPI_IN_PLACE the input lies in recvbuf. */
static bool reduce_scatter(struct mpilayer_call *call, struct mpilayer_collective *c,
                           uint32_t sendbuf, uint32_t recvbuf, int64_t total, int64_t own,
                           uint32_t datatype, uint32_t op) {
    struct mpilayer_datatype *type;
    bool in_place = side_in_place(call, sendbuf, &c->send);
    return mpilayer_datatype_get(call, "datatype", datatype, &type) &&
           (in_place ||
            mpilayer_buffer_get(call, "sendbuf", sendbuf, total, &type, &c->send.buffer)) &&
           mpilayer_buffer_get(call, "recvbuf", recvbuf, in_place ? total : own, &type,
                               &c->recv.buffer) &&
           reduction_finish(call, c, op, own, total, type);
}

bool mpilayer_prepare_reduce_scatter(struct mpilayer_call *call, struct mpilayer_collective *c,
                                     uint32_t sendbuf, uint32_t recvbuf, uint32_t recvcounts,
                                     uint32_t datatype, uint32_t op) {
    int size = call->comm->size;
    int64_t total = 0;
    struct mpilayer_side *side = &c->recv;
    side_clear(side);
    if (!counts_get(call, "recvcounts", recvcounts, size, side)) return false;
    for (int i = 0; i < size; i++)
        if (__builtin_add_overflow(total, count_at(side, i), &total))
            return mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, "recvcounts", "too large");
    int64_t own = count_at(side, call->comm->rank);
    if (side->large && !MPILAYER_HAS_LARGE) {
        /* Blocks that do not fit an int become fewer, larger items; all ranks decide alike. */
        MPI_Datatype unit = MPI_BYTE;
        if (!mpilayer_large_blocks(call, "recvcounts", side->large_counts, NULL, size, &unit,
                                   &side->counts, &c->unit))
            return false;
    }
    return reduce_scatter(call, c, sendbuf, recvbuf, total, own, datatype, op);
}

bool mpilayer_prepare_reduce_scatter_block(struct mpilayer_call *call,
                                           struct mpilayer_collective *c, uint32_t sendbuf,
                                           uint32_t recvbuf, int64_t recvcount, uint32_t datatype,
                                           uint32_t op) {
    int64_t total;
    side_clear(&c->recv);
    return mpilayer_count_check(call, "recvcount", recvcount) &&
           (!__builtin_mul_overflow(recvcount, (int64_t)call->comm->size, &total) ||
            mpilayer_call_fail(call, GUEST_MPI_ERR_COUNT, "recvcount", "too large")) &&
           reduce_scatter(call, c, sendbuf, recvbuf, total, recvcount, datatype, op);
}

/* ---- neighbourhoods ---- */

static bool has_topology(struct mpilayer_call *call) {
    return call->comm->topology != 0 ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_TOPOLOGY, "comm", "has no topology");
}

bool mpilayer_prepare_neighbor_allgather(struct mpilayer_call *call, struct mpilayer_collective *c,
                                         uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                                         uint32_t recvbuf, int64_t recvcount, uint32_t recvtype) {
    return has_topology(call) &&
           side_blocks(call, &send_names, sendbuf, sendcount, 1, sendtype, &c->send) &&
           side_blocks(call, &recv_names, recvbuf, recvcount, call->comm->in_degree, recvtype,
                       &c->recv);
}

bool mpilayer_prepare_neighbor_allgatherv(struct mpilayer_call *call, struct mpilayer_collective *c,
                                          uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                                          uint32_t recvbuf, uint32_t recvcounts, uint32_t displs,
                                          uint32_t recvtype) {
    return has_topology(call) &&
           side_blocks(call, &send_names, sendbuf, sendcount, 1, sendtype, &c->send) &&
           side_vector(call, &gatherv_names, recvbuf, recvcounts, displs, call->comm->in_degree,
                       recvtype, &c->recv);
}

bool mpilayer_prepare_neighbor_alltoall(struct mpilayer_call *call, struct mpilayer_collective *c,
                                        uint32_t sendbuf, int64_t sendcount, uint32_t sendtype,
                                        uint32_t recvbuf, int64_t recvcount, uint32_t recvtype) {
    return has_topology(call) &&
           side_blocks(call, &send_names, sendbuf, sendcount, call->comm->out_degree, sendtype,
                       &c->send) &&
           side_blocks(call, &recv_names, recvbuf, recvcount, call->comm->in_degree, recvtype,
                       &c->recv);
}

bool mpilayer_prepare_neighbor_alltoallv(struct mpilayer_call *call, struct mpilayer_collective *c,
                                         uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
                                         uint32_t sendtype, uint32_t recvbuf, uint32_t recvcounts,
                                         uint32_t rdispls, uint32_t recvtype) {
    return has_topology(call) &&
           side_vector(call, &send_names, sendbuf, sendcounts, sdispls, call->comm->out_degree,
                       sendtype, &c->send) &&
           side_vector(call, &recv_names, recvbuf, recvcounts, rdispls, call->comm->in_degree,
                       recvtype, &c->recv);
}

bool mpilayer_prepare_neighbor_alltoallw(struct mpilayer_call *call, struct mpilayer_collective *c,
                                         uint32_t sendbuf, uint32_t sendcounts, uint32_t sdispls,
                                         uint32_t sendtypes, uint32_t recvbuf, uint32_t recvcounts,
                                         uint32_t rdispls, uint32_t recvtypes) {
    return has_topology(call) &&
           side_types(call, &send_names, sendbuf, sendcounts, sdispls, true, call->comm->out_degree,
                      sendtypes, &c->send) &&
           side_types(call, &recv_names, recvbuf, recvcounts, rdispls, true, call->comm->in_degree,
                      recvtypes, &c->recv);
}
