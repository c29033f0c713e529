/* Every constructor: sizes, bounds, contents, and the bytes that it picks. */
#include "report.h"

#include <stdint.h>

enum { CELLS = 512 };
static int16_t cells[CELLS], received[CELLS];

/* What the datatype is, and which cells it picks, in which order. */
static void look_at(const char *name, MPI_Datatype type, int count, int offset) {
    int size, integers, addresses, types, combiner, position = 0, packed_size, elements, whole;
    MPI_Aint lb, extent, true_lb, true_extent;
    MPI_Count size_x;
    MPI_Status status;
    char packed[4 * CELLS];
    MPI_Type_size(type, &size);
    MPI_Type_size_x(type, &size_x);
    MPI_Type_get_extent(type, &lb, &extent);
    MPI_Type_get_true_extent(type, &true_lb, &true_extent);
    if (size == 0) /* Open MPI has its own idea of nothing's bounds */
        true_lb = true_extent = 0;
    MPI_Type_get_envelope(type, &integers, &addresses, &types, &combiner);
    report("%s: size %d %d lb %d extent %d true %d %d envelope %d %d %d", name, size, (int)size_x,
           (int)lb, (int)extent, (int)true_lb, (int)true_extent, integers, addresses, types);
    MPI_Type_commit(&type);
    MPI_Pack_size(count, type, MPI_COMM_WORLD, &packed_size);
    if (packed_size < size * count) report("%s: too small a packed size", name);
    MPI_Pack(cells + offset, count, type, packed, sizeof packed, &position, MPI_COMM_WORLD);
    int16_t picked[2 * CELLS] = {0};
    memcpy(picked, packed, (size_t)position);
    int sum = 0;
    for (int i = 0; i < position / 2; i++)
        sum = (sum * 31 + picked[i]) % 1000003;
    report("%s: %d bytes, checksum %d, first %d last %d", name, position, sum, picked[0],
           position ? picked[position / 2 - 1] : -1);
    /* Unpack it elsewhere, and send it to this same process. */
    memset(received, 0, sizeof received);
    position = 0;
    if (size > 0) /* MPICH 4.0 divides by it */
        MPI_Unpack(packed, sizeof packed, &position, received + offset, count, type,
                   MPI_COMM_WORLD);
    int unpacked = 0;
    for (int i = 0; i < CELLS; i++)
        unpacked = (unpacked * 31 + received[i]) % 1000003;
    memset(received, 0, sizeof received);
    MPI_Sendrecv(cells + offset, count, type, 0, 1, received + offset, count + 2, type, 0, 1,
                 MPI_COMM_SELF, &status);
    MPI_Get_count(&status, type, &whole);
    MPI_Get_elements(&status, type, &elements);
    int arrived = 0;
    for (int i = 0; i < CELLS; i++)
        arrived = (arrived * 31 + received[i]) % 1000003;
    report("%s: unpacked %d arrived %d count %d elements %d", name, unpacked, arrived, whole,
           elements);
    if (unpacked != arrived) report("%s: unpacking and receiving differ", name);
}

static void release(MPI_Datatype type) {
    MPI_Type_free(&type);
    report("after free: %d", type == MPI_DATATYPE_NULL);
}

static void constructors(void) {
    MPI_Datatype type, inner;
    MPI_Type_contiguous(5, MPI_INT16_T, &type);
    look_at("contiguous", type, 3, 7);
    release(type);
    MPI_Type_vector(3, 2, 5, MPI_INT16_T, &type);
    look_at("vector", type, 2, 1);
    release(type);
    MPI_Type_vector(3, 2, -5, MPI_INT16_T, &type);
    look_at("vector backwards", type, 2, 100);
    release(type);
    MPI_Type_create_hvector(4, 1, 6, MPI_INT16_T, &type);
    look_at("hvector", type, 2, 0);
    MPI_Type_vector(2, 1, 3, type, &inner);
    look_at("vector of hvector", inner, 2, 0);
    MPI_Type_free(&inner);
    release(type);
    int lengths[4] = {2, 0, 3, 1}, displacements[4] = {8, 100, 0, 5};
    MPI_Type_indexed(4, lengths, displacements, MPI_INT16_T, &type);
    look_at("indexed", type, 3, 3);
    release(type);
    MPI_Aint addresses[4] = {16, 200, -4, 32};
    MPI_Type_create_hindexed(4, lengths, addresses, MPI_INT16_T, &type);
    look_at("hindexed", type, 2, 30);
    release(type);
    MPI_Type_create_indexed_block(4, 2, displacements, MPI_INT16_T, &type);
    look_at("indexed_block", type, 1, 30);
    release(type);
    MPI_Type_create_hindexed_block(4, 2, addresses, MPI_INT16_T, &type);
    look_at("hindexed_block", type, 1, 30);
    release(type);
    MPI_Datatype types[4] = {MPI_INT16_T, MPI_INT32_T, MPI_INT16_T, MPI_INT16_T};
    MPI_Aint struct_addresses[4] = {0, 12, 24, 30};
    MPI_Type_create_struct(4, lengths, struct_addresses, types, &type);
    look_at("struct", type, 3, 2);
    release(type);
    MPI_Type_create_resized(MPI_INT16_T, -2, 10, &type);
    look_at("resized", type, 4, 40);
    MPI_Type_dup(type, &inner);
    look_at("dup", inner, 4, 40);
    MPI_Type_free(&inner);
    MPI_Type_contiguous(3, type, &inner);
    look_at("contiguous of resized", inner, 2, 40);
    MPI_Type_free(&inner);
    release(type);
    MPI_Type_create_resized(MPI_INT16_T, 0, -4, &type);
    look_at("negative extent", type, 4, 200);
    release(type);
    MPI_Type_contiguous(0, MPI_INT16_T, &type);
    look_at("empty", type, 4, 0);
    release(type);
}

static void arrays(void) {
    MPI_Datatype type;
    int sizes[3] = {4, 5, 6}, subsizes[3] = {2, 3, 4}, starts[3] = {1, 2, 0};
    for (int order = 0; order < 2; order++) {
        MPI_Type_create_subarray(3, sizes, subsizes, starts,
                                 order ? MPI_ORDER_FORTRAN : MPI_ORDER_C, MPI_INT16_T, &type);
        look_at(order ? "subarray Fortran" : "subarray C", type, 2, 0);
        release(type);
    }
    MPI_Type_create_subarray(1, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT16_T, &type);
    look_at("subarray of one dimension", type, 2, 0);
    release(type);
    int distributions[3][2] = {{MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC},
                               {MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_BLOCK},
                               {MPI_DISTRIBUTE_CYCLIC, MPI_DISTRIBUTE_CYCLIC}};
    int arguments[3][2] = {{MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG}, {2, 4}, {3, 2}};
    int global[2] = {9, 8}, grid[2] = {2, 3};
    for (int kind = 0; kind < 3; kind++)
        for (int order = 0; order < 2; order++)
            for (int process = 0; process < 6; process++) {
                char name[80];
                snprintf(name, sizeof name, "darray %d order %d process %d", kind, order, process);
                MPI_Type_create_darray(6, process, 2, global, distributions[kind], arguments[kind],
                                       grid, order ? MPI_ORDER_FORTRAN : MPI_ORDER_C, MPI_INT16_T,
                                       &type);
                look_at(name, type, 1, 0);
                MPI_Type_free(&type);
            }
    int one_grid[2] = {1, 6}, with_none[2] = {MPI_DISTRIBUTE_NONE, MPI_DISTRIBUTE_BLOCK};
    int by_default[2] = {MPI_DISTRIBUTE_DFLT_DARG, MPI_DISTRIBUTE_DFLT_DARG};
    MPI_Type_create_darray(6, 5, 2, global, with_none, by_default, one_grid, MPI_ORDER_C,
                           MPI_INT16_T, &type);
    look_at("darray none", type, 1, 0);
    MPI_Type_free(&type);
}

static void contents(void) {
    MPI_Datatype vector, type, parts[2], again;
    int lengths[2] = {3, 1}, integers[8], integer_count, address_count, type_count, combiner;
    MPI_Aint addresses[2] = {0, 64}, got[4];
    MPI_Type_vector(2, 1, 3, MPI_INT16_T, &vector);
    MPI_Datatype types[2] = {MPI_DOUBLE, vector};
    MPI_Type_create_struct(2, lengths, addresses, types, &type);
    MPI_Type_free(&vector); /* lives on in the struct */
    MPI_Type_get_envelope(type, &integer_count, &address_count, &type_count, &combiner);
    MPI_Type_get_contents(type, integer_count, address_count, type_count, integers, got, parts);
    report_ints("struct's integers", integers, integer_count);
    report("struct: addresses %d %d, a double: %d, combiner: %d", (int)got[0], (int)got[1],
           parts[0] == MPI_DOUBLE, combiner == MPI_COMBINER_STRUCT);
    MPI_Type_get_envelope(parts[1], &integer_count, &address_count, &type_count, &combiner);
    MPI_Type_get_contents(parts[1], integer_count, address_count, type_count, integers, got,
                          &again);
    report_ints("vector's integers", integers, integer_count);
    report("vector: of int16: %d, combiner: %d", again == MPI_INT16_T,
           combiner == MPI_COMBINER_VECTOR);
    MPI_Type_free(&parts[1]);
    MPI_Type_free(&type);
    MPI_Type_get_envelope(MPI_DOUBLE, &integer_count, &address_count, &type_count, &combiner);
    report("named: %d, %d %d %d", combiner == MPI_COMBINER_NAMED, integer_count, address_count,
           type_count);
}

static void names(void) {
    MPI_Datatype type;
    char name[MPI_MAX_OBJECT_NAME];
    int length;
    MPI_Type_get_name(MPI_UNSIGNED_SHORT, name, &length);
    report("name: %s %d", name, length);
    MPI_Type_get_name(MPI_LONG_LONG, name, &length);
    report("name: %s %d", name, length);
    MPI_Type_get_name(MPI_C_FLOAT_COMPLEX, name, &length);
    report("name: %s %d", name, length);
    MPI_Type_contiguous(2, MPI_INT, &type);
    MPI_Type_get_name(type, name, &length);
    report("no name: '%s' %d", name, length);
    MPI_Type_set_name(type, "a pair of numbers");
    MPI_Type_get_name(type, name, &length);
    report("name: %s %d", name, length);
    MPI_Type_free(&type);
    MPI_Type_match_size(MPI_TYPECLASS_REAL, 8, &type);
    MPI_Type_size(type, &length);
    report("matched size: %d", length);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    for (int i = 0; i < CELLS; i++)
        cells[i] = (int16_t)(i + 1);
    constructors();
    arrays();
    contents();
    names();
    finish();
    return 0;
}
