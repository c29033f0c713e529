/*
 * Datatypes made with large counts: layout, contents, and what they move, against the same made
 * with ints; and counts that no int holds.
 *
 * run.py: ranks 1,2
 */
#include "large.h"

enum { ROOM = 64 };

/* Sizes and bounds; what the datatype takes out of an array. */
static void tell(const char *name, MPI_Datatype type) {
    int data[ROOM], taken[ROOM], at = 0, size;
    MPI_Count lb, extent, true_lb, true_extent, bytes;
    MPI_Type_commit(&type);
    MPI_Type_get_extent_x(type, &lb, &extent);
    MPI_Type_get_true_extent_x(type, &true_lb, &true_extent);
    MPI_Type_size_x(type, &bytes);
    report("%s: size %lld, lb %lld, extent %lld, true %lld %lld", name, (long long)bytes,
           (long long)lb, (long long)extent, (long long)true_lb, (long long)true_extent);
    for (int i = 0; i < ROOM; i++)
        data[i] = i;
    MPI_Pack_size(1, type, MPI_COMM_SELF, &size);
    if (bytes <= (MPI_Count)sizeof taken && true_lb >= 0) {
        MPI_Pack(data, 1, type, taken, sizeof taken, &at, MPI_COMM_SELF);
        report_ints(name, taken, (int)(bytes / 4));
    }
    MPI_Type_free(&type);
}

#if HAS_LARGE
#define LARGE(with, without) with
#else
#define LARGE(with, without) without
#endif

/* The contents as a line; those of a native MPI without the functions are spelt out. */
static void contents(const char *name, MPI_Datatype type, const char *expected) {
#if HAS_LARGE
    MPI_Count integers, addresses, counts, types, count_values[ROOM];
    int combiner, integer_values[ROOM], used = 0;
    MPI_Aint address_values[ROOM];
    MPI_Datatype type_values[8];
    char line[1000];
    MPI_Type_get_envelope_c(type, &integers, &addresses, &counts, &types, &combiner);
    MPI_Type_get_contents_c(type, integers, addresses, counts, types, integer_values,
                            address_values, count_values, type_values);
    used += snprintf(line, sizeof line, "%d %d %d %d:", (int)integers, (int)addresses, (int)counts,
                     (int)types);
    for (MPI_Count i = 0; i < integers; i++)
        if (integer_values[i] != MPI_ORDER_C)
            used += snprintf(line + used, sizeof line - used, " i%d", integer_values[i]);
    for (MPI_Count i = 0; i < counts; i++)
        used += snprintf(line + used, sizeof line - used, " %lld", (long long)count_values[i]);
    for (MPI_Count i = 0; i < types; i++)
        used += snprintf(line + used, sizeof line - used, " %s",
                         type_values[i] == MPI_INT ? "MPI_INT" : "other");
    report("%s contains %s", name, line);
    if (strcmp(line, expected) != 0) report("%s should contain %s", name, expected);
    int small[4];
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    report("with ints: %d",
           MPI_Type_get_envelope(type, small, small + 1, small + 2, small + 3) == MPI_SUCCESS);
#else
    report("%s contains %s", name, expected);
    report("with ints: 0");
#endif
}

static void fits(void) {
    MPI_Count lengths[] = {2, 1, 3}, places[] = {4, 0, 9}, bytes[] = {32, 0, 48};
    int small_lengths[] = {2, 1, 3}, small_places[] = {4, 0, 9};
    MPI_Aint small_bytes[] = {32, 0, 48};
    MPI_Datatype type, types[] = {MPI_INT, MPI_FLOAT, MPI_INT};
    LARGE(MPI_Type_contiguous_c, MPI_Type_contiguous)(5, MPI_INT, &type);
    contents("contiguous", type, "0 0 1 1: 5 MPI_INT");
    tell("contiguous", type);
    LARGE(MPI_Type_vector_c, MPI_Type_vector)(3, 2, 4, MPI_INT, &type);
    contents("vector", type, "0 0 3 1: 3 2 4 MPI_INT");
    tell("vector", type);
    LARGE(MPI_Type_create_hvector_c, MPI_Type_create_hvector)(3, 2, 20, MPI_INT, &type);
    contents("hvector", type, "0 0 3 1: 3 2 20 MPI_INT");
    tell("hvector", type);
    LARGE(MPI_Type_indexed_c(3, lengths, places, MPI_INT, &type),
          MPI_Type_indexed(3, small_lengths, small_places, MPI_INT, &type));
    contents("indexed", type, "0 0 7 1: 3 2 1 3 4 0 9 MPI_INT");
    tell("indexed", type);
    LARGE(MPI_Type_create_hindexed_c(3, lengths, bytes, MPI_INT, &type),
          MPI_Type_create_hindexed(3, small_lengths, small_bytes, MPI_INT, &type));
    contents("hindexed", type, "0 0 7 1: 3 2 1 3 32 0 48 MPI_INT");
    tell("hindexed", type);
    LARGE(MPI_Type_create_indexed_block_c(3, 2, places, MPI_INT, &type),
          MPI_Type_create_indexed_block(3, 2, small_places, MPI_INT, &type));
    contents("indexed_block", type, "0 0 5 1: 3 2 4 0 9 MPI_INT");
    tell("indexed_block", type);
    LARGE(MPI_Type_create_hindexed_block_c(3, 2, bytes, MPI_INT, &type),
          MPI_Type_create_hindexed_block(3, 2, small_bytes, MPI_INT, &type));
    contents("hindexed_block", type, "0 0 5 1: 3 2 32 0 48 MPI_INT");
    tell("hindexed_block", type);
    LARGE(MPI_Type_create_struct_c(3, lengths, bytes, types, &type),
          MPI_Type_create_struct(3, small_lengths, small_bytes, types, &type));
    contents("struct", type, "0 0 7 3: 3 2 1 3 32 0 48 MPI_INT other MPI_INT");
    tell("struct", type);
    LARGE(MPI_Type_create_resized_c, MPI_Type_create_resized)(MPI_INT, -4, 24, &type);
    contents("resized", type, "0 0 2 1: -4 24 MPI_INT");
    tell("resized", type);
    MPI_Count sizes[] = {4, 5}, subsizes[] = {2, 3}, starts[] = {1, 2};
    int small_sizes[] = {4, 5}, small_subsizes[] = {2, 3}, small_starts[] = {1, 2};
    LARGE(MPI_Type_create_subarray_c(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_INT, &type),
          MPI_Type_create_subarray(2, small_sizes, small_subsizes, small_starts, MPI_ORDER_C,
                                   MPI_INT, &type));
    contents("subarray", type, "2 0 6 1: i2 4 5 2 3 1 2 MPI_INT");
    tell("subarray", type);
    int distributions[] = {MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC},
        arguments[] = {MPI_DISTRIBUTE_DFLT_DARG, 2}, grid[] = {2, 1};
    LARGE(MPI_Type_create_darray_c(2, 1, 2, sizes, distributions, arguments, grid, MPI_ORDER_C,
                                   MPI_INT, &type),
          MPI_Type_create_darray(2, 1, 2, small_sizes, distributions, arguments, grid, MPI_ORDER_C,
                                 MPI_INT, &type));
    tell("darray", type);
}

#if HAS_LARGE
static MPI_Datatype nothing_of(MPI_Count count) {
    MPI_Datatype type;
    MPI_Type_contiguous_c(count, MPI_INT, &type);
    return type;
}
#endif

/* Counts that no int holds; a native MPI without them has the answers spelt out. */
static void beyond(void) {
    const long long big = 3000000000;
#if HAS_LARGE
    MPI_Datatype type, empty;
    MPI_Count size, lb, extent, count;
    MPI_Type_contiguous_c(big, MPI_INT, &type);
    MPI_Type_size_c(type, &size);
    MPI_Type_get_extent_c(type, &lb, &extent);
    report("contiguous: %lld %lld %lld", (long long)size, (long long)lb, (long long)extent);
    MPI_Type_free(&type);
    MPI_Type_vector_c(2, big, 2 * big, MPI_CHAR, &type);
    MPI_Type_size_c(type, &size);
    MPI_Type_get_extent_c(type, &lb, &extent);
    report("vector: %lld %lld %lld", (long long)size, (long long)lb, (long long)extent);
    MPI_Type_free(&type);
    MPI_Type_create_hvector_c(big, 1, 8, MPI_INT, &type);
    MPI_Type_size_c(type, &size);
    MPI_Type_get_extent_c(type, &lb, &extent);
    report("hvector: %lld %lld %lld", (long long)size, (long long)lb, (long long)extent);
    MPI_Type_free(&type);
    MPI_Count lengths[] = {big, 1}, places[] = {1, big + 5};
    MPI_Type_indexed_c(2, lengths, places, MPI_SHORT, &type);
    MPI_Type_size_c(type, &size);
    MPI_Type_get_extent_c(type, &lb, &extent);
    report("indexed: %lld %lld %lld", (long long)size, (long long)lb, (long long)extent);
    MPI_Type_free(&type);
    MPI_Count sizes[] = {4, big}, subsizes[] = {2, big - 1}, starts[] = {1, 1};
    MPI_Type_create_subarray_c(2, sizes, subsizes, starts, MPI_ORDER_C, MPI_CHAR, &type);
    MPI_Type_size_c(type, &size);
    MPI_Type_get_extent_c(type, &lb, &extent);
    report("subarray: %lld %lld %lld", (long long)size, (long long)lb, (long long)extent);
    MPI_Type_free(&type);
    MPI_Pack_external_size_c("external32", big, MPI_INT, &size);
    report("external32: %lld", (long long)size);

    /* As many as one likes of nothing. */
    MPI_Status status;
    empty = nothing_of(0);
    MPI_Type_commit(&empty);
    MPI_Sendrecv_c(NULL, big, empty, (rank + 1) % ranks, 3, NULL, big, empty,
                   (rank + ranks - 1) % ranks, 3, MPI_COMM_WORLD, &status);
    MPI_Get_count_c(&status, MPI_INT, &count);
    report("nothing: %lld", (long long)count);
    MPI_Bcast_c(NULL, big, empty, 0, MPI_COMM_WORLD);
    MPI_Type_free(&empty);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Type_contiguous_c(-1, MPI_INT, &type);
#else
    (void)big;
    report("contiguous: 12000000000 0 12000000000");
    report("vector: 6000000000 0 9000000000");
    report("hvector: 12000000000 0 23999999996");
    report("indexed: 6000000002 2 6000000010");
    report("subarray: 5999999998 0 12000000000");
    report("external32: 12000000000");
    report("nothing: 0");
#endif
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    fits();
    beyond();
    finish();
    return 0;
}
