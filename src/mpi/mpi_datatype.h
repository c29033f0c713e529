/*
 * mpi_datatype.h - the layer's own datatype object: the guest's view of a datatype, and the host's
 * datatype that carries it.
 *
 * Several datatypes of a wasm32 guest map to one of the host's (its MPI_INT and MPI_LONG are both
 * 32-bit integers), so what a guest asks about a datatype is answered from here, never from the
 * host; and every buffer is checked against its datatype's bounds before MPI sees it.  Bounds
 * follow MPI 4.1, section 5.1 (explicit bounds are sticky, only structs are padded to their
 * alignment); a host datatype whose bounds differ is resized, so that both always agree.
 *
 * Functions that return int give an error class of the guest, GUEST_MPI_SUCCESS included.
 */
#ifndef MPIWASM_MPI_DATATYPE_H
#define MPIWASM_MPI_DATATYPE_H

#include "mpi/mpi_host.h"
#include "mpi/mpi_layer.h"

/* Kinds of the numbers that datatypes are made of. */
enum mpilayer_kind {
    MPILAYER_NONE,
    MPILAYER_BYTE,
    MPILAYER_I8,
    MPILAYER_U8,
    MPILAYER_I16,
    MPILAYER_U16,
    MPILAYER_I32,
    MPILAYER_U32,
    MPILAYER_I64,
    MPILAYER_U64,
    MPILAYER_I128,
    MPILAYER_F16,
    MPILAYER_F32,
    MPILAYER_F64,
    MPILAYER_F128,
};

/* What a predefined datatype means: which operators it takes. */
enum mpilayer_meaning {
    MPILAYER_INTEGER,
    MPILAYER_ADDRESS,
    MPILAYER_FLOAT,
    MPILAYER_COMPLEX,
    MPILAYER_LOGICAL,
    MPILAYER_CHARACTER,
    MPILAYER_PAIR,
    MPILAYER_BYTES,
    MPILAYER_PACKED,
    MPILAYER_MARKER, /* MPI_LB, MPI_UB: no data, only in structs */
};

/* A row of mpi_datatypes.def. */
struct mpilayer_basic {
    const char *name;
    uint32_t handle;
    enum mpilayer_meaning meaning;
    enum mpilayer_kind first, second;
    uint8_t repeat;
    uint8_t external; /* bytes of one `first` in external32 */
};

enum {
    MPILAYER_DATATYPE_FIRST = GUEST_MPI_DATATYPE_NULL,
    MPILAYER_DATATYPE_PREDEFINED = 0x100, /* handles 0x200 .. 0x2ff */
    MPILAYER_DATATYPE_MAX_DEPTH = 256,    /* levels of derived datatypes within each other */
};

struct mpilayer_datatype;

/* How a datatype was made, in the order of MPI_Type_get_contents (MPI 4.1, section 5.1.13). */
struct mpilayer_recipe {
    int combiner; /* GUEST_MPI_COMBINER_* */
    uint32_t integer_count, address_count, type_count;
    const int32_t *integers;
    const int64_t *addresses;
    struct mpilayer_datatype *const *types;
    /* Of a constructor with large counts: those, as MPI_Type_get_contents_c gives them. Then there
     * are no addresses, and integers only where that has some. */
    const int64_t *counts;
    uint32_t count_count;
    bool large;
};

/*
 * Upper bounds of how Open MPI writes a datatype down: as a list of entries, among which a loop is
 * two. It copies with as much of the stack as there are loops in the whole list, whether there is
 * so much or not.
 */
struct mpilayer_description {
    int64_t entries, loops;
    int64_t step; /* of a list of one entry: from one of its blocks to the next, in bytes */
};

/* References: the guest's handle, datatypes made of this one, pending user operators. */
struct mpilayer_datatype {
    struct mpilayer_object object;
    uint32_t first_handle; /* the guest's, also after it was freed */
    MPI_Datatype host;     /* same size, bounds and type map; MPI_DATATYPE_NULL for a marker */
    bool host_is_shared;   /* belongs to another datatype or to MPI itself: never freed here */
    bool predefined;       /* the Fortran 90 ones included: cannot be freed */
    bool committed;
    bool contiguous;           /* count elements are size * count bytes from the buffer's start */
    bool has_far_bound;        /* a resized one in it has data outside of its bounds */
    bool sticky_lb, sticky_ub; /* bound set explicitly (resized, MPI_LB, MPI_UB) */

    /* Bytes, absolute values below 2^62. Data lies in [true_lb, true_ub); equal if there is none.
     */
    int64_t size, lb, extent, true_lb, true_ub;
    int64_t elements; /* predefined datatypes in one item */
    int64_t external; /* bytes of one item in external32 */
    uint32_t alignment, depth;
    struct mpilayer_description description; /* of a derived one */

    const struct mpilayer_basic *basic; /* predefined ones alone, also those of Fortran 90 */
    struct mpilayer_recipe recipe;      /* its arrays are owned, its types referenced */
    struct mpilayer_datatype *body; /* of subarray, darray, large counts: what it comes down to */
    struct mpilayer_datatype *wide; /* for MPI_BOTTOM: see mpi_memory.h; made when needed */
    const struct mpilayer_basic *sole; /* all there is in it, if sole_known; NULL: several kinds */
    bool sole_known;
    struct {
        bool known;
        bool ordered;      /* no block of its data begins before the one in front of it */
        bool disjoint;     /* or before the end of that one */
        bool portable;     /* the host's "external32" is the guest's */
        int64_t last;      /* where the last block begins, if ordered */
    } in_file;             /* mpi_file_view.c */
    MPI_Datatype host_own; /* a duplicate of host that no other datatype shares, or NULL */

    uint64_t kept; /* bytes that it counts for, see mpilayer_kept_check */
    struct mpilayer_attributes attributes;
    char *name; /* as set by the guest; owned; NULL: the predefined one or none */
};

MPILAYER_DEFINE_GET(mpilayer_datatype_get_any, mpilayer_datatype, MPILAYER_DATATYPE)

bool mpilayer_datatype_fail_uncommitted(struct mpilayer_call *call, const char *argument)
    __attribute__((cold));

/* A committed datatype, as communication needs it. Else MPI_ERR_TYPE. */
static inline bool mpilayer_datatype_get(struct mpilayer_call *call, const char *argument,
                                         uint32_t handle, struct mpilayer_datatype **out) {
    return mpilayer_datatype_get_any(call, argument, handle, out) &&
           ((*out)->committed || mpilayer_datatype_fail_uncommitted(call, argument));
}

/* The predefined datatype; NULL: no such handle, or MPI_DATATYPE_NULL. */
struct mpilayer_datatype *mpilayer_datatype_predefined(uint32_t handle);

/* The datatype of `count` items. MPICH looks at it only where there are any, and so do we then. */
static inline bool mpilayer_datatype_get_for(struct mpilayer_call *call, const char *argument,
                                             uint32_t handle, int64_t count,
                                             struct mpilayer_datatype **out) {
    if (count == 0 && handle == GUEST_MPI_DATATYPE_NULL && mpilayer_host_is_mpich()) {
        *out = mpilayer_datatype_predefined(GUEST_MPI_BYTE);
        return true;
    }
    return mpilayer_datatype_get(call, argument, handle, out);
}

/*
 * The datatype that MPI gets for a buffer of `count` items without data. Open MPI may receive a
 * message that is too long from where the data of `type` would begin, whose distance from the
 * buffer nobody has checked then, and calls what is not there for no items of an empty one. So it
 * gets one whose data begin at the buffer, and which has some if count is 0.
 */
struct mpilayer_datatype *mpilayer_datatype_without_data(struct mpilayer_datatype *type,
                                                         int64_t count);

/* Make the predefined datatypes; after MPI_Init, as host types have to be built. */
bool mpilayer_datatypes_start(struct mpilayer *layer);
/* Before MPI_Finalize. */
void mpilayer_datatypes_stop(struct mpilayer *layer);

/*
 * Make a datatype from a recipe, with one reference and a handle, both the caller's; copies the
 * arrays and takes references on the types. On failure *reason says what is wrong (static text).
 */
int mpilayer_datatype_make(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **out,
                           const char **reason);
/* A second datatype of the same recipe and layout (what MPI_Type_get_contents hands out). */
int mpilayer_datatype_copy(const struct mpilayer_datatype *from, struct mpilayer_datatype **out);
void mpilayer_datatype_reference(struct mpilayer_datatype *type);
void mpilayer_datatype_release(struct mpilayer_datatype *type); /* NULL is fine */
int mpilayer_datatype_commit(struct mpilayer_datatype *type);

/* A run of items within a datatype: `length` times `child`, the first at byte `displacement`. */
struct mpilayer_run {
    int64_t displacement, length;
    struct mpilayer_datatype *child;
};
/* The runs of one item, in the order of its type map; a predefined datatype has none. */
int64_t mpilayer_datatype_run_count(const struct mpilayer_datatype *type);
struct mpilayer_run mpilayer_datatype_run(const struct mpilayer_datatype *type, int64_t index);

/* What a subarray or darray comes down to (mpi_datatype_array.c), and any other datatype of large
 * counts (mpi_datatype_large.c). */
int mpilayer_datatype_lower(const struct mpilayer_recipe *recipe, struct mpilayer_datatype **body,
                            const char **reason);
int mpilayer_datatype_lower_large(const struct mpilayer_recipe *recipe,
                                  struct mpilayer_datatype **body, const char **reason);
/* `count` (>= 0) items of *type, one after the other, or a stride (bytes) apart: made in place of
 * *type, whose reference goes; on failure it stays. */
int mpilayer_datatype_wrap_contiguous(struct mpilayer_datatype **type, int64_t count,
                                      const char **reason);
int mpilayer_datatype_wrap_repeat(struct mpilayer_datatype **type, int64_t count, int64_t stride,
                                  const char **reason);
/* Replace *type, whose reference goes, by a hidden datatype made by the recipe. */
int mpilayer_datatype_wrap(struct mpilayer_datatype **type, const struct mpilayer_recipe *recipe,
                           const char **reason);

/* The host's datatype that this one does not share with any other; and back (NULL: not one). */
int mpilayer_datatype_own_host(struct mpilayer_datatype *type, MPI_Datatype *host);
struct mpilayer_datatype *mpilayer_datatype_of_host(MPI_Datatype host);
/* Free the host datatypes of an object that itself may stay. */
void mpilayer_datatype_drop_hosts(struct mpilayer_datatype *type);

uint32_t mpilayer_kind_size(enum mpilayer_kind kind); /* bytes, also its alignment; at least 1 */

/* The Fortran 90 datatype of a combiner, one per (p, r), borrowed. MPI_ERR_ARG: there is none. */
int mpilayer_datatype_f90(int combiner, int32_t precision, int32_t range,
                          struct mpilayer_datatype **out);
/* GUEST_MPI_TYPECLASS_* and bytes; NULL: there is none. */
struct mpilayer_datatype *mpilayer_datatype_match(int32_t type_class, int32_t size);

/* *elements: predefined datatypes wholly within the first `bytes` bytes of the items' data; false
 * if these end within one. */
bool mpilayer_datatype_elements(const struct mpilayer_datatype *type, int64_t bytes,
                                int64_t *elements);
/* The reverse: the bytes of the first `elements` predefined datatypes; false: too many. */
bool mpilayer_datatype_bytes(const struct mpilayer_datatype *type, int64_t elements,
                             int64_t *bytes);

#endif
