/*
 * mpi_datatype_named.c - the predefined datatypes, from mpi_datatypes.def, and what finds one by
 * its properties: MPI_Type_match_size and MPI_Type_create_f90_* (MPI 4.1, section 19.1.5).
 *
 * Precisions and ranges are those of a Fortran for wasm32: REAL(4), (8), (16) in IEEE formats,
 * INTEGER(1) to (16).
 */
#include "mpi/mpi_datatype.h"

#include <stdlib.h>

static const uint8_t kind_sizes[] = {
    [MPILAYER_NONE] = 0, [MPILAYER_BYTE] = 1, [MPILAYER_I8] = 1,    [MPILAYER_U8] = 1,
    [MPILAYER_I16] = 2,  [MPILAYER_U16] = 2,  [MPILAYER_I32] = 4,   [MPILAYER_U32] = 4,
    [MPILAYER_I64] = 8,  [MPILAYER_U64] = 8,  [MPILAYER_I128] = 16, [MPILAYER_F16] = 2,
    [MPILAYER_F32] = 4,  [MPILAYER_F64] = 8,  [MPILAYER_F128] = 16,
};

static const struct mpilayer_basic basics[] = {
#define MPI_BASIC(name, meaning, first, repeat, second, external, host)                            \
    {#name,  GUEST_##name, MPILAYER_##meaning, MPILAYER_##first, MPILAYER_##second,                \
     repeat, external},
#include "mpi/mpi_datatypes.def"
};

enum { BASIC_COUNT = sizeof basics / sizeof basics[0] };

/* The Fortran 90 datatypes made so far; they live until the layer stops. */
static struct {
    struct mpilayer_datatype **types;
    size_t count, capacity;
} f90;

static struct mpilayer_datatype *nothing; /* committed; no items of MPI_BYTE */

uint32_t mpilayer_kind_size(enum mpilayer_kind kind) {
    return kind_sizes[kind];
}

static struct mpilayer_table *table(void) {
    return &mpilayer_current->tables[MPILAYER_DATATYPE];
}

struct mpilayer_datatype *mpilayer_datatype_predefined(uint32_t handle) {
    struct mpilayer_datatype *type = mpilayer_table_find(table(), handle);
    return type && type->predefined ? type : NULL;
}

/* A host datatype for what none of the host's has the layout of; quads are carried by complex
 * doubles: values that the host's MPI never looks into. */
static int compose_host(const struct mpilayer_basic *basic, int64_t extent, MPI_Datatype *host) {
    MPI_Datatype inner;
    int result;
    if (basic->meaning == MPILAYER_PAIR) {
        const int lengths[] = {1, 1};
        const MPI_Aint displacements[] = {0, kind_sizes[basic->first]};
        const MPI_Datatype types[] = {MPI_C_DOUBLE_COMPLEX, MPI_INT};
        result = MPI_Type_create_struct(2, lengths, displacements, types, &inner);
        if (result != MPI_SUCCESS) return result;
        result = MPI_Type_create_resized(inner, 0, (MPI_Aint)extent, host);
        MPI_Type_free(&inner);
    } else {
        result = MPI_Type_contiguous(basic->repeat, MPI_C_DOUBLE_COMPLEX, host);
    }
    return result == MPI_SUCCESS ? MPI_Type_commit(host) : result;
}

static void fill_basic(struct mpilayer_datatype *type, const struct mpilayer_basic *basic) {
    uint32_t first = kind_sizes[basic->first], second = kind_sizes[basic->second];
    uint32_t alignment = first > second ? first : second;
    uint32_t end = first * basic->repeat;
    if (second) end = (end + second - 1) / second * second + second;
    type->first_handle = type->object.handle;
    type->basic = basic;
    type->predefined = true;
    type->host = type->host_own = MPI_DATATYPE_NULL;
    type->alignment = alignment ? alignment : 1;
    type->size = first * basic->repeat + second;
    type->true_ub = end;
    type->extent = (end + type->alignment - 1) / type->alignment * type->alignment;
    type->contiguous = type->size == type->extent;
    type->committed = basic->meaning != MPILAYER_MARKER;
    /* A pair is as if it were a struct of two. */
    type->elements = basic->meaning == MPILAYER_PAIR ? 2 : type->committed;
    type->external = basic->external * basic->repeat + second;
    type->sticky_lb = basic->handle == GUEST_MPI_LB;
    type->sticky_ub = basic->handle == GUEST_MPI_UB;
    type->recipe.combiner = GUEST_MPI_COMBINER_NAMED;
}

bool mpilayer_datatypes_start(struct mpilayer *layer) {
    const MPI_Datatype COMPOSED = MPI_DATATYPE_NULL;
    const MPI_Datatype hosts[] = {
#define MPI_BASIC(name, meaning, first, repeat, second, external, host) host,
#include "mpi/mpi_datatypes.def"
    };
    for (size_t i = 0; i < BASIC_COUNT; i++) {
        struct mpilayer_datatype *type =
            mpilayer_table_predefine(&layer->tables[MPILAYER_DATATYPE], basics[i].handle);
        fill_basic(type, &basics[i]);
        type->host = hosts[i];
        type->host_is_shared = hosts[i] != COMPOSED;
        if (!type->host_is_shared && type->committed &&
            compose_host(&basics[i], type->extent, &type->host) != MPI_SUCCESS)
            return false;
        /* The layout is the guest's; a host of another one must not be used with it. */
        int size = 0;
        MPI_Aint lb = 0, extent = 0;
        if (type->committed && (MPI_Type_size(type->host, &size) != MPI_SUCCESS ||
                                MPI_Type_get_extent(type->host, &lb, &extent) != MPI_SUCCESS ||
                                size != type->size || lb != 0 || extent != type->extent))
            return false;
    }
    struct mpilayer_datatype *byte = mpilayer_datatype_predefined(GUEST_MPI_BYTE);
    const int32_t none = 0;
    const char *reason;
    const struct mpilayer_recipe recipe = {
        GUEST_MPI_COMBINER_CONTIGUOUS, 1, 0, 1, &none, NULL, &byte, NULL, 0, false};
    if (mpilayer_datatype_make(&recipe, &nothing, &reason) != GUEST_MPI_SUCCESS) return false;
    mpilayer_object_hide(&nothing->object);
    return mpilayer_datatype_commit(nothing) == GUEST_MPI_SUCCESS;
}

struct mpilayer_datatype *mpilayer_datatype_without_data(struct mpilayer_datatype *type,
                                                         int64_t count) {
    return type->basic || type->contiguous ? type
           : count == 0                    ? mpilayer_datatype_predefined(GUEST_MPI_BYTE)
                                           : nothing;
}

void mpilayer_datatypes_stop(struct mpilayer *layer) {
    mpilayer_datatype_release(nothing);
    nothing = NULL;
    for (size_t i = 0; i < f90.count; i++) {
        mpilayer_datatype_drop_hosts(f90.types[i]);
        free((void *)f90.types[i]->recipe.integers);
    }
    free(f90.types);
    f90.types = NULL;
    f90.count = f90.capacity = 0;
    for (size_t i = 0; i < BASIC_COUNT; i++) {
        struct mpilayer_datatype *type =
            mpilayer_table_find(&layer->tables[MPILAYER_DATATYPE], basics[i].handle);
        if (type) mpilayer_datatype_drop_hosts(type);
    }
}

struct mpilayer_datatype *mpilayer_datatype_match(int32_t type_class, int32_t size) {
    static const struct {
        int32_t type_class, size;
        uint32_t handle;
    } matches[] = {
        {GUEST_MPI_TYPECLASS_INTEGER, 1, GUEST_MPI_INTEGER1},
        {GUEST_MPI_TYPECLASS_INTEGER, 2, GUEST_MPI_INTEGER2},
        {GUEST_MPI_TYPECLASS_INTEGER, 4, GUEST_MPI_INTEGER4},
        {GUEST_MPI_TYPECLASS_INTEGER, 8, GUEST_MPI_INTEGER8},
        {GUEST_MPI_TYPECLASS_INTEGER, 16, GUEST_MPI_INTEGER16},
        {GUEST_MPI_TYPECLASS_REAL, 2, GUEST_MPI_REAL2},
        {GUEST_MPI_TYPECLASS_REAL, 4, GUEST_MPI_REAL4},
        {GUEST_MPI_TYPECLASS_REAL, 8, GUEST_MPI_REAL8},
        {GUEST_MPI_TYPECLASS_REAL, 16, GUEST_MPI_REAL16},
        {GUEST_MPI_TYPECLASS_COMPLEX, 4, GUEST_MPI_COMPLEX4},
        {GUEST_MPI_TYPECLASS_COMPLEX, 8, GUEST_MPI_COMPLEX8},
        {GUEST_MPI_TYPECLASS_COMPLEX, 16, GUEST_MPI_COMPLEX16},
        {GUEST_MPI_TYPECLASS_COMPLEX, 32, GUEST_MPI_COMPLEX32},
    };
    for (size_t i = 0; i < sizeof matches / sizeof matches[0]; i++)
        if (matches[i].type_class == type_class && matches[i].size == size)
            return mpilayer_datatype_predefined(matches[i].handle);
    return NULL;
}

/* The smallest predefined datatype of at least these decimal digits and exponents; 0: none. */
static uint32_t f90_handle(int combiner, int32_t precision, int32_t range) {
    static const struct {
        int32_t precision, range;
        uint32_t real, complex;
    } reals[] = {
        {6, 37, GUEST_MPI_REAL4, GUEST_MPI_COMPLEX8},
        {15, 307, GUEST_MPI_REAL8, GUEST_MPI_COMPLEX16},
        {33, 4931, GUEST_MPI_REAL16, GUEST_MPI_COMPLEX32},
    };
    static const struct {
        int32_t range;
        uint32_t handle;
    } integers[] = {
        {2, GUEST_MPI_INTEGER1},  {4, GUEST_MPI_INTEGER2},   {9, GUEST_MPI_INTEGER4},
        {18, GUEST_MPI_INTEGER8}, {38, GUEST_MPI_INTEGER16},
    };
    if (combiner == GUEST_MPI_COMBINER_F90_INTEGER) {
        for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
            if (range <= integers[i].range) return integers[i].handle;
        return 0;
    }
    if (precision == GUEST_MPI_UNDEFINED && range == GUEST_MPI_UNDEFINED) return 0;
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        if (precision <= reals[i].precision && range <= reals[i].range)
            return combiner == GUEST_MPI_COMBINER_F90_REAL ? reals[i].real : reals[i].complex;
    return 0;
}

int mpilayer_datatype_f90(int combiner, int32_t precision, int32_t range,
                          struct mpilayer_datatype **out) {
    uint32_t handle = f90_handle(combiner, precision, range);
    if (!handle) return GUEST_MPI_ERR_ARG;
    bool integer = combiner == GUEST_MPI_COMBINER_F90_INTEGER;
    const int32_t arguments[2] = {integer ? range : precision, range};
    for (size_t i = 0; i < f90.count; i++) {
        const struct mpilayer_recipe *recipe = &f90.types[i]->recipe;
        if (recipe->combiner == combiner && recipe->integers[0] == arguments[0] &&
            (integer || recipe->integers[1] == arguments[1])) {
            *out = f90.types[i];
            return GUEST_MPI_SUCCESS;
        }
    }
    if (f90.count == f90.capacity) {
        size_t capacity = f90.capacity ? f90.capacity * 2 : 16;
        struct mpilayer_datatype **types = realloc(f90.types, capacity * sizeof(void *));
        if (!types) return GUEST_MPI_ERR_NO_MEM;
        f90.types = types;
        f90.capacity = capacity;
    }
    int32_t *integers = malloc(sizeof arguments);
    struct mpilayer_datatype *type = integers ? mpilayer_table_allocate(table()) : NULL;
    if (!type) {
        free(integers);
        return GUEST_MPI_ERR_NO_MEM;
    }
    const struct mpilayer_datatype *carrier = mpilayer_datatype_predefined(handle);
    memcpy(integers, arguments, sizeof arguments);
    fill_basic(type, carrier->basic);
    type->host = carrier->host;
    type->host_is_shared = true;
    type->recipe.combiner = combiner;
    type->recipe.integer_count = integer ? 1 : 2;
    type->recipe.integers = integers;
    mpilayer_object_show(&type->object, type->object.handle); /* other threads may get it, too */
    f90.types[f90.count++] = type;
    *out = type;
    return GUEST_MPI_SUCCESS;
}
