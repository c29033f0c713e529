/* Operators of the program's own, predefined ones on every kind of number, and the pairs. */
#include "report.h"

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

static int wrong_type, called;
static MPI_Datatype expected_type;

/* 2 x 2 matrices: associative, not commutative. */
static void multiply(void *in, void *inout, int *length, MPI_Datatype *type) {
    const double *a = in;
    double *b = inout;
    int size;
    MPI_Type_size(*type, &size);
    wrong_type += *type != expected_type || size != 4 * (int)sizeof(double);
    called++;
    for (int i = 0; i < *length; i++, a += 4, b += 4) {
        double product[4] = {a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
                             a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]};
        memcpy(b, product, sizeof product);
    }
}

static void largest_magnitude(void *in, void *inout, int *length, MPI_Datatype *type) {
    wrong_type += *type != expected_type;
    for (int i = 0; i < *length; i++) {
        int a = ((int *)in)[i], *b = (int *)inout + i;
        if (abs(a) > abs(*b)) *b = a;
    }
}

/* Every other int: gaps stay as they are. */
static void add_sparse(void *in, void *inout, int *length, MPI_Datatype *type) {
    MPI_Aint lb, extent;
    MPI_Type_get_extent(*type, &lb, &extent);
    for (int i = 0; i < *length; i++) {
        int *a = (int *)((char *)in + i * extent), *b = (int *)((char *)inout + i * extent);
        b[0] += a[0];
        b[2] += a[2];
    }
}

static void own_operators(void) {
    MPI_Op op, magnitude, sparse;
    MPI_Datatype matrix, every_other;
    int commutes;
    MPI_Op_create(multiply, 0, &op);
    MPI_Op_commutative(op, &commutes);
    report("commutes: %d", commutes);
    MPI_Type_contiguous(4, MPI_DOUBLE, &matrix);
    MPI_Type_commit(&matrix);
    expected_type = matrix;
    enum { MATRICES = 20000 }; /* large enough for pipelined algorithms */
    double *mine = malloc(MATRICES * 4 * sizeof(double)),
           *result = calloc(MATRICES * 4, sizeof(double));
    for (int i = 0; i < MATRICES; i++) {
        double start_values[4] = {1, (rank + i) % 5, rank % 2, 1};
        memcpy(mine + 4 * i, start_values, sizeof start_values);
    }
    for (int count = 1; count <= MATRICES; count += MATRICES - 1) {
        memset(result, 0, MATRICES * 4 * sizeof(double));
        MPI_Reduce(mine, result, count, matrix, op, ranks - 1, MPI_COMM_WORLD);
        report_doubles("reduced matrix", result + 4 * (count - 1), 4);
        memset(result, 0, MATRICES * 4 * sizeof(double));
        MPI_Allreduce(mine, result, count, matrix, op, MPI_COMM_WORLD);
        report_doubles("product of matrices", result + 4 * (count - 1), 4);
        MPI_Scan(mine, result, count, matrix, op, MPI_COMM_WORLD);
        report_doubles("scan of matrices", result + 4 * (count - 1), 4);
    }
    MPI_Request request;
    memset(result, 0, 4 * sizeof(double));
    MPI_Iallreduce(mine, result, 7, matrix, op, MPI_COMM_WORLD, &request);
    MPI_Op_free(&op); /* the pending call keeps both */
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    report_doubles("nonblocking product", result + 24, 4);
    report("called: %d, with a wrong datatype: %d", ranks > 1 ? called > 0 : 0, wrong_type);
    MPI_Type_free(&matrix);

    MPI_Op_create(largest_magnitude, 1, &magnitude);
    int value = rank % 2 ? -10 * rank : 3 * rank, most = 0;
    wrong_type = 0;
    expected_type = MPI_INT;
    MPI_Allreduce(&value, &most, 1, MPI_INT, magnitude, MPI_COMM_WORLD);
    report("largest magnitude %d", most);
    expected_type = MPI_INT32_T;
    MPI_Allreduce(&value, &most, 1, MPI_INT32_T, magnitude, MPI_COMM_WORLD);
    expected_type = MPI_INT;
    int sum = 5;
    MPI_Reduce_local(&value, &sum, 1, MPI_INT, magnitude);
    report("again %d, local %d, wrong datatypes %d", most, sum, wrong_type);
    MPI_Op_free(&magnitude);
    report("freed: %d", magnitude == MPI_OP_NULL);

    MPI_Op_create(add_sparse, 1, &sparse);
    MPI_Type_vector(2, 1, 2, MPI_INT, &every_other);
    MPI_Type_commit(&every_other);
    int with_gaps[6] = {rank, 50, 2 * rank, 3 * rank, 60, 4 * rank}, sums[6] = {0, 7, 0, 0, 8, 0};
    MPI_Allreduce(with_gaps, sums, 2, every_other, sparse, MPI_COMM_WORLD);
    report_ints("sums beside gaps", sums, 6);
    MPI_Type_free(&every_other);
    MPI_Op_free(&sparse);
    free(mine);
    free(result);
}

#define REDUCE(type, mpi_type, name, op, format, a, b)                                             \
    do {                                                                                           \
        type values[2] = {a, b}, results[2] = {0, 0};                                              \
        MPI_Allreduce(values, results, 2, mpi_type, op, MPI_COMM_WORLD);                           \
        report(name " " #op ": " format " " format, results[0], results[1]);                       \
    } while (0)
#define ARITHMETIC(type, mpi_type, name, format)                                                   \
    REDUCE(type, mpi_type, name, MPI_SUM, format, (type)(rank + 1), (type)(2 * rank));             \
    REDUCE(type, mpi_type, name, MPI_PROD, format, (type)(rank + 1), 2);                           \
    REDUCE(type, mpi_type, name, MPI_MAX, format, (type)(rank - 1), (type)(rank * rank));          \
    REDUCE(type, mpi_type, name, MPI_MIN, format, (type)(rank - 1), (type)(rank * rank))
#define INTEGRAL(type, mpi_type, name, format)                                                     \
    ARITHMETIC(type, mpi_type, name, format);                                                      \
    REDUCE(type, mpi_type, name, MPI_BAND, format, (type)(rank | 6), (type)(rank + 7));            \
    REDUCE(type, mpi_type, name, MPI_BOR, format, (type)(1 << rank), (type)rank);                  \
    REDUCE(type, mpi_type, name, MPI_BXOR, format, (type)(rank + 3), (type)(5 * rank));            \
    REDUCE(type, mpi_type, name, MPI_LAND, format, (type)rank, 1);                                 \
    REDUCE(type, mpi_type, name, MPI_LOR, format, (type)rank, 0);                                  \
    REDUCE(type, mpi_type, name, MPI_LXOR, format, (type)(rank > 0), 1)

static void predefined(void) {
    INTEGRAL(signed char, MPI_SIGNED_CHAR, "MPI_SIGNED_CHAR", "%d");
    INTEGRAL(unsigned char, MPI_UNSIGNED_CHAR, "MPI_UNSIGNED_CHAR", "%d");
    INTEGRAL(short, MPI_SHORT, "MPI_SHORT", "%d");
    INTEGRAL(unsigned short, MPI_UNSIGNED_SHORT, "MPI_UNSIGNED_SHORT", "%d");
    INTEGRAL(int, MPI_INT, "MPI_INT", "%d");
    INTEGRAL(unsigned, MPI_UNSIGNED, "MPI_UNSIGNED", "%u");
    INTEGRAL(long, MPI_LONG, "MPI_LONG", "%ld");
    INTEGRAL(long long, MPI_LONG_LONG, "MPI_LONG_LONG", "%lld");
    INTEGRAL(unsigned long long, MPI_UNSIGNED_LONG_LONG, "MPI_UNSIGNED_LONG_LONG", "%llu");
    INTEGRAL(int8_t, MPI_INT8_T, "MPI_INT8_T", "%d");
    INTEGRAL(uint16_t, MPI_UINT16_T, "MPI_UINT16_T", "%d");
    INTEGRAL(int32_t, MPI_INT32_T, "MPI_INT32_T", "%d");
    INTEGRAL(long long, MPI_INT64_T, "MPI_INT64_T", "%lld");
    ARITHMETIC(float, MPI_FLOAT, "MPI_FLOAT", "%g");
    ARITHMETIC(double, MPI_DOUBLE, "MPI_DOUBLE", "%g");
    ARITHMETIC(long double, MPI_LONG_DOUBLE, "MPI_LONG_DOUBLE", "%.12Lg");
    ARITHMETIC(MPI_Aint, MPI_AINT, "MPI_AINT", "%ld");
    {
        bool values[2] = {rank == 0, true}, results[2] = {false, false};
        MPI_Allreduce(values, results, 2, MPI_C_BOOL, MPI_LAND, MPI_COMM_WORLD);
        report("MPI_C_BOOL: %d %d", results[0], results[1]);
    }
    {
        double _Complex values[2] = {1 + rank * I, 2 - I}, results[2] = {0, 0};
        MPI_Allreduce(values, results, 2, MPI_C_DOUBLE_COMPLEX, MPI_SUM, MPI_COMM_WORLD);
        report("complex sum: %g %g %g %g", creal(results[0]), cimag(results[0]), creal(results[1]),
               cimag(results[1]));
        MPI_Allreduce(values, results, 2, MPI_C_DOUBLE_COMPLEX, MPI_PROD, MPI_COMM_WORLD);
        report("complex product: %g %g %g %g", creal(results[0]), cimag(results[0]),
               creal(results[1]), cimag(results[1]));
    }
    {
        long double _Complex values[2] = {1 + rank * I, 2 - I}, results[2] = {0, 0};
        MPI_Allreduce(values, results, 2, MPI_C_LONG_DOUBLE_COMPLEX, MPI_SUM, MPI_COMM_WORLD);
        report("long complex: %g %g %g %g", (double)creall(results[0]), (double)cimagl(results[0]),
               (double)creall(results[1]), (double)cimagl(results[1]));
        MPI_Allreduce(values, results, 2, MPI_C_LONG_DOUBLE_COMPLEX, MPI_PROD, MPI_COMM_WORLD);
        report("long complex product: %g %g %g %g", (double)creall(results[0]),
               (double)cimagl(results[0]), (double)creall(results[1]), (double)cimagl(results[1]));
    }
}

#define PAIR(type, mpi_type)                                                                       \
    do {                                                                                           \
        struct {                                                                                   \
            type value;                                                                            \
            int index;                                                                             \
        } pairs[3] = {{(type)((rank * 7) % 5), rank}, {(type) - rank, 10 + rank}, {3, 20 + rank}}, \
          results[3];                                                                              \
        memset(results, 0, sizeof results);                                                        \
        MPI_Allreduce(pairs, results, 3, mpi_type, MPI_MAXLOC, MPI_COMM_WORLD);                    \
        report(#mpi_type " maxloc: %g %d %g %d %g %d", (double)results[0].value, results[0].index, \
               (double)results[1].value, results[1].index, (double)results[2].value,               \
               results[2].index);                                                                  \
        MPI_Reduce(pairs, results, 3, mpi_type, MPI_MINLOC, 0, MPI_COMM_WORLD);                    \
        if (rank == 0)                                                                             \
            report(#mpi_type " minloc: %g %d %g %d %g %d", (double)results[0].value,               \
                   results[0].index, (double)results[1].value, results[1].index,                   \
                   (double)results[2].value, results[2].index);                                    \
    } while (0)

static void pairs(void) {
    PAIR(float, MPI_FLOAT_INT);
    PAIR(double, MPI_DOUBLE_INT);
    PAIR(long, MPI_LONG_INT);
    PAIR(int, MPI_2INT);
    PAIR(short, MPI_SHORT_INT);
    PAIR(long double, MPI_LONG_DOUBLE_INT);
}

/* What an operator does not take. */
static void refusals(void) {
    int values[4] = {0}, results[4];
    MPI_Datatype type;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Type_contiguous(2, MPI_INT, &type);
    MPI_Type_commit(&type);
    report("sum of a derived datatype: %s",
           class_name(MPI_Allreduce(values, results, 1, type, MPI_SUM, MPI_COMM_WORLD)));
    report("bitwise and of doubles: %s",
           class_name(MPI_Allreduce(values, results, 1, MPI_DOUBLE, MPI_BAND, MPI_COMM_WORLD)));
    report("maxloc of ints: %s",
           class_name(MPI_Allreduce(values, results, 1, MPI_INT, MPI_MAXLOC, MPI_COMM_WORLD)));
    report("largest complex: %s", class_name(MPI_Allreduce(values, results, 1, MPI_C_FLOAT_COMPLEX,
                                                           MPI_MAX, MPI_COMM_WORLD)));
    report("largest pair: %s",
           class_name(MPI_Allreduce(values, results, 1, MPI_2INT, MPI_MAX, MPI_COMM_WORLD)));
    report("null operator: %s",
           class_name(MPI_Allreduce(values, results, 1, MPI_INT, MPI_OP_NULL, MPI_COMM_WORLD)));
    MPI_Type_free(&type);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    own_operators();
    predefined();
    pairs();
    refusals();
    finish();
    return 0;
}
