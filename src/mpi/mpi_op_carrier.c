/*
 * mpi_op_carrier.c - predefined operators on numbers that the host's MPI only carries: the guest's
 * long double (IEEE binary128), 128-bit integers, and Fortran's pairs of two equal reals.
 *
 * The carriers are host datatypes of the same size (mpi_datatypes.def), so the host's own operators
 * would compute nonsense; these are host operators made with MPI_Op_create when first needed.
 * Elements may be unaligned. MPI 4.1, sections 6.9.2 and 6.9.4.
 */
#include "mpi/mpi_op.h"

#if __LDBL_MANT_DIG__ == 113
typedef long double quad __attribute__((aligned(1)));
#else
typedef __float128 quad __attribute__((aligned(1)));
#endif
typedef __int128 wide __attribute__((aligned(1)));

struct quad_complex {
    quad real, imaginary;
};
struct quad_int {
    quad value;
    int32_t index;
} __attribute__((packed));
struct float_pair {
    float value, index;
} __attribute__((packed));
struct double_pair {
    double value, index;
} __attribute__((packed));

/* One host operator: `a` is the element of invec, `b` the one of inoutvec, which gets the result.
 * Elements lie `extent` bytes apart; MPI's buffers need not hold padding after the last one. */
#define OPERATOR_APART(name, type, extent, expression)                                             \
    static void name(void *in, void *inout, int *length, MPI_Datatype *datatype) {                 \
        for (int i = 0; i < *length; i++) {                                                        \
            const type *from = (const type *)((const char *)in + (ptrdiff_t)i * (extent));         \
            type *to = (type *)((char *)inout + (ptrdiff_t)i * (extent));                          \
            type a = *from, b = *to;                                                               \
            *to = expression;                                                                      \
        }                                                                                          \
    }
#define OPERATOR(name, type, expression) OPERATOR_APART(name, type, sizeof(type), expression)

OPERATOR(quad_max, quad, a > b ? a : b)
OPERATOR(quad_min, quad, a < b ? a : b)
OPERATOR(quad_sum, quad, a + b)
OPERATOR(quad_prod, quad, a *b)
/* No standard, but MPICH has the logical operators for all reals. */
OPERATOR(quad_land, quad, a &&b)
OPERATOR(quad_lor, quad, a || b)
OPERATOR(quad_lxor, quad, !a != !b)
OPERATOR(wide_max, wide, a > b ? a : b)
OPERATOR(wide_min, wide, a < b ? a : b)
/* Unsigned: overflow wraps around, as it does for the shorter integers. */
OPERATOR(wide_sum, wide, (__int128)((unsigned __int128)a + (unsigned __int128)b))
OPERATOR(wide_prod, wide, (__int128)((unsigned __int128)a * (unsigned __int128)b))
OPERATOR(wide_band, wide, a &b)
OPERATOR(wide_bor, wide, a | b)
OPERATOR(wide_bxor, wide, a ^ b)
OPERATOR(wide_land, wide, a &&b)
OPERATOR(wide_lor, wide, a || b)
OPERATOR(wide_lxor, wide, !a != !b)

static struct quad_complex add(struct quad_complex a, struct quad_complex b) {
    return (struct quad_complex){a.real + b.real, a.imaginary + b.imaginary};
}
static struct quad_complex multiply(struct quad_complex a, struct quad_complex b) {
    return (struct quad_complex){a.real * b.real - a.imaginary * b.imaginary,
                                 a.real * b.imaginary + a.imaginary * b.real};
}
OPERATOR(quad_complex_sum, struct quad_complex, add(a, b))
OPERATOR(quad_complex_prod, struct quad_complex, multiply(a, b))

/* Of equal values the lower index wins. */
#define PREFER(a, b, relation)                                                                     \
    ((a).value relation(b).value                                       ? (a)                       \
     : (a).value == (b).value && (double)(a).index < (double)(b).index ? (a)                       \
                                                                       : (b))
OPERATOR_APART(quad_minloc, struct quad_int, 32, PREFER(a, b, <))
OPERATOR_APART(quad_maxloc, struct quad_int, 32, PREFER(a, b, >))
OPERATOR(float_minloc, struct float_pair, PREFER(a, b, <))
OPERATOR(float_maxloc, struct float_pair, PREFER(a, b, >))
OPERATOR(double_minloc, struct double_pair, PREFER(a, b, <))
OPERATOR(double_maxloc, struct double_pair, PREFER(a, b, >))

static struct carrier_operator {
    uint32_t handle;
    enum mpilayer_meaning meaning;
    enum mpilayer_kind kind;
    MPI_User_function *function;
    bool made;
    MPI_Op host;
} operators[] = {
#define ROW(op, meaning, kind, function)                                                           \
    {GUEST_MPI_##op, MPILAYER_##meaning, MPILAYER_##kind, function, false, 0}
    ROW(MAX, FLOAT, F128, quad_max),
    ROW(MIN, FLOAT, F128, quad_min),
    ROW(SUM, FLOAT, F128, quad_sum),
    ROW(PROD, FLOAT, F128, quad_prod),
    ROW(LAND, FLOAT, F128, quad_land),
    ROW(LOR, FLOAT, F128, quad_lor),
    ROW(LXOR, FLOAT, F128, quad_lxor),
    ROW(SUM, COMPLEX, F128, quad_complex_sum),
    ROW(PROD, COMPLEX, F128, quad_complex_prod),
    ROW(MINLOC, PAIR, F128, quad_minloc),
    ROW(MAXLOC, PAIR, F128, quad_maxloc),
    ROW(MINLOC, PAIR, F32, float_minloc),
    ROW(MAXLOC, PAIR, F32, float_maxloc),
    ROW(MINLOC, PAIR, F64, double_minloc),
    ROW(MAXLOC, PAIR, F64, double_maxloc),
    ROW(MAX, INTEGER, I128, wide_max),
    ROW(MIN, INTEGER, I128, wide_min),
    ROW(SUM, INTEGER, I128, wide_sum),
    ROW(PROD, INTEGER, I128, wide_prod),
    ROW(BAND, INTEGER, I128, wide_band),
    ROW(BOR, INTEGER, I128, wide_bor),
    ROW(BXOR, INTEGER, I128, wide_bxor),
    ROW(LAND, INTEGER, I128, wide_land),
    ROW(LOR, INTEGER, I128, wide_lor),
    ROW(LXOR, INTEGER, I128, wide_lxor),
    ROW(LAND, LOGICAL, I128, wide_land),
    ROW(LOR, LOGICAL, I128, wide_lor),
    ROW(LXOR, LOGICAL, I128, wide_lxor),
#undef ROW
};

enum { OPERATOR_COUNT = sizeof operators / sizeof operators[0] };

bool mpilayer_op_of_carrier(uint32_t op_handle, const struct mpilayer_basic *basic, MPI_Op *out) {
    *out = MPI_OP_NULL;
    if (basic->first == MPILAYER_F16) return false;
    bool carried = basic->first == MPILAYER_F128 || basic->first == MPILAYER_I128 ||
                   (basic->meaning == MPILAYER_PAIR && basic->second != MPILAYER_I32);
    if (!carried) return true;
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        struct carrier_operator *row = &operators[i];
        if (row->handle != op_handle || row->meaning != basic->meaning || row->kind != basic->first)
            continue;
        mpilayer_thread_alone_begin();
        if (!row->made) row->made = MPI_Op_create(row->function, 1, &row->host) == MPI_SUCCESS;
        mpilayer_thread_alone_end();
        *out = row->host;
        return row->made;
    }
    return false;
}

void mpilayer_op_carriers_stop(void) {
    for (size_t i = 0; i < OPERATOR_COUNT; i++) {
        if (operators[i].made) MPI_Op_free(&operators[i].host);
        operators[i].made = false;
    }
}
