/*
 * mpi_datatype_calls.c - the guest's functions that make datatypes: constructors, commit, free,
 * duplicates, and what removed functions of MPI-1 are today.
 *
 * Reads the guest's arguments into a recipe and hands it to mpi_datatype.c. What asks about
 * datatypes is in mpi_datatype_query.c. MPI 4.1, sections 5.1.2 to 5.1.9.
 */
#include "mpi/mpi_attributes.h"
#include "mpi/mpi_datatype.h"
#include "mpi_functions.h"

enum { RECIPE_INTEGERS_FIXED = 4 };

/* A recipe that the constructors fill in piece by piece; its arrays live as long as the call. */
struct builder {
    struct mpilayer_call call;
    struct mpilayer_recipe recipe;
    int32_t *integers;
    int64_t *addresses;
    struct mpilayer_datatype **types;
    int32_t fixed_integers[RECIPE_INTEGERS_FIXED];
    int64_t fixed_addresses[2];
    struct mpilayer_datatype *fixed_type;
};

static bool begin(struct builder *builder, struct mpilayer *layer, const char *name, int combiner) {
    builder->recipe = (struct mpilayer_recipe){.combiner = combiner};
    builder->integers = builder->fixed_integers;
    builder->addresses = builder->fixed_addresses;
    builder->types = &builder->fixed_type;
    return mpilayer_call_begin(&builder->call, layer, name);
}

/* Make room for that many integers or addresses, where the fixed ones do not do. */
static bool reserve_integers(struct builder *builder, uint64_t count) {
    if (count > RECIPE_INTEGERS_FIXED)
        builder->integers = mpilayer_call_allocate(&builder->call, count * sizeof(int32_t));
    return builder->integers != NULL;
}
static bool reserve_addresses(struct builder *builder, uint64_t count) {
    if (count > 2)
        builder->addresses = mpilayer_call_allocate(&builder->call, count * sizeof(int64_t));
    return builder->addresses != NULL;
}

static void add_integer(struct builder *builder, int32_t value) {
    builder->integers[builder->recipe.integer_count++] = value;
}
static void add_address(struct builder *builder, int64_t value) {
    builder->addresses[builder->recipe.address_count++] = value;
}

/* `count` (>= 0) ints at the guest's address; there is room for them. */
static bool add_integers(struct builder *builder, const char *argument, uint32_t address,
                         int32_t count) {
    uint64_t bytes = (uint64_t)count * sizeof(int32_t);
    if (!mpilayer_memory_check(&builder->call, argument, address, bytes)) return false;
    if (bytes)
        memcpy(builder->integers + builder->recipe.integer_count,
               mpilayer_pointer(builder->call.layer, address), bytes);
    builder->recipe.integer_count += (uint32_t)count;
    return true;
}

/* MPI_Aint of the guest: 32 bits, signed. */
static bool add_addresses(struct builder *builder, const char *argument, uint32_t address,
                          int32_t count) {
    if (!mpilayer_memory_check(&builder->call, argument, address, (uint64_t)count * 4))
        return false;
    for (int32_t i = 0; i < count; i++)
        add_address(builder, mpilayer_load_i32(builder->call.layer, address + 4 * (uint32_t)i));
    return true;
}

static bool add_type(struct builder *builder, const char *argument, uint32_t handle) {
    return mpilayer_datatype_get_any(&builder->call, argument, handle,
                                     &builder->types[builder->recipe.type_count]) &&
           ++builder->recipe.type_count;
}

/* An array whose room is about to be taken really is in the guest's memory. */
static bool check_array(struct builder *builder, const char *count_argument, int32_t count,
                        const char *argument, uint32_t address) {
    return mpilayer_count_check(&builder->call, count_argument, count) &&
           mpilayer_memory_check(&builder->call, argument, address, (uint64_t)count * 4);
}

static int32_t finish(struct builder *builder, bool ok, uint32_t address) {
    struct mpilayer_call *call = &builder->call;
    struct mpilayer_datatype *made;
    const char *reason = "";
    if (!ok || !mpilayer_memory_check(call, "newtype", address, 4))
        return mpilayer_call_raise(call);
    builder->recipe.integers = builder->integers;
    builder->recipe.addresses = builder->addresses;
    builder->recipe.types = builder->types;
    int result = mpilayer_datatype_make(&builder->recipe, &made, &reason);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(call, result, NULL, "%s", reason);
        return mpilayer_call_raise(call);
    }
    mpilayer_store_i32(call->layer, address, (int32_t)made->object.handle);
    return mpilayer_call_return(call, MPI_SUCCESS);
}

int32_t mpilayer_Type_contiguous(struct mpilayer *layer, int32_t count, uint32_t oldtype,
                                 uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_contiguous", GUEST_MPI_COMBINER_CONTIGUOUS);
    add_integer(&b, count);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

int32_t mpilayer_Type_vector(struct mpilayer *layer, int32_t count, int32_t blocklength,
                             int32_t stride, uint32_t oldtype, uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_vector", GUEST_MPI_COMBINER_VECTOR);
    add_integer(&b, count);
    add_integer(&b, blocklength);
    add_integer(&b, stride);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

static int32_t make_hvector(struct mpilayer *layer, const char *name, int32_t count,
                            int32_t blocklength, int32_t stride, uint32_t oldtype,
                            uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, name, GUEST_MPI_COMBINER_HVECTOR);
    add_integer(&b, count);
    add_integer(&b, blocklength);
    add_address(&b, stride);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

int32_t mpilayer_Type_create_hvector(struct mpilayer *layer, int32_t count, int32_t blocklength,
                                     int32_t stride, uint32_t oldtype, uint32_t newtype) {
    return make_hvector(layer, "MPI_Type_create_hvector", count, blocklength, stride, oldtype,
                        newtype);
}

int32_t mpilayer_Type_hvector(struct mpilayer *layer, int32_t count, int32_t blocklength,
                              int32_t stride, uint32_t oldtype, uint32_t newtype) {
    return make_hvector(layer, "MPI_Type_hvector", count, blocklength, stride, oldtype, newtype);
}

int32_t mpilayer_Type_indexed(struct mpilayer *layer, int32_t count, uint32_t array_of_blocklengths,
                              uint32_t array_of_displacements, uint32_t oldtype, uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_indexed", GUEST_MPI_COMBINER_INDEXED) &&
              check_array(&b, "count", count, "array_of_blocklengths", array_of_blocklengths) &&
              reserve_integers(&b, 1 + 2 * (uint64_t)count);
    if (ok) add_integer(&b, count);
    ok = ok && add_integers(&b, "array_of_blocklengths", array_of_blocklengths, count) &&
         add_integers(&b, "array_of_displacements", array_of_displacements, count) &&
         add_type(&b, "oldtype", oldtype);
    return finish(&b, ok, newtype);
}

static int32_t make_hindexed(struct mpilayer *layer, const char *name, int32_t count,
                             uint32_t array_of_blocklengths, uint32_t array_of_displacements,
                             uint32_t oldtype, uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, name, GUEST_MPI_COMBINER_HINDEXED) &&
              check_array(&b, "count", count, "array_of_blocklengths", array_of_blocklengths) &&
              reserve_integers(&b, 1 + (uint64_t)count) && reserve_addresses(&b, (uint64_t)count);
    if (ok) add_integer(&b, count);
    ok = ok && add_integers(&b, "array_of_blocklengths", array_of_blocklengths, count) &&
         add_addresses(&b, "array_of_displacements", array_of_displacements, count) &&
         add_type(&b, "oldtype", oldtype);
    return finish(&b, ok, newtype);
}

int32_t mpilayer_Type_create_hindexed(struct mpilayer *layer, int32_t count,
                                      uint32_t array_of_blocklengths,
                                      uint32_t array_of_displacements, uint32_t oldtype,
                                      uint32_t newtype) {
    return make_hindexed(layer, "MPI_Type_create_hindexed", count, array_of_blocklengths,
                         array_of_displacements, oldtype, newtype);
}

int32_t mpilayer_Type_hindexed(struct mpilayer *layer, int32_t count,
                               uint32_t array_of_blocklengths, uint32_t array_of_displacements,
                               uint32_t oldtype, uint32_t newtype) {
    return make_hindexed(layer, "MPI_Type_hindexed", count, array_of_blocklengths,
                         array_of_displacements, oldtype, newtype);
}

int32_t mpilayer_Type_create_indexed_block(struct mpilayer *layer, int32_t count,
                                           int32_t blocklength, uint32_t array_of_displacements,
                                           uint32_t oldtype, uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_create_indexed_block", GUEST_MPI_COMBINER_INDEXED_BLOCK) &&
              check_array(&b, "count", count, "array_of_displacements", array_of_displacements) &&
              reserve_integers(&b, 2 + (uint64_t)count);
    if (ok) {
        add_integer(&b, count);
        add_integer(&b, blocklength);
    }
    ok = ok && add_integers(&b, "array_of_displacements", array_of_displacements, count) &&
         add_type(&b, "oldtype", oldtype);
    return finish(&b, ok, newtype);
}

int32_t mpilayer_Type_create_hindexed_block(struct mpilayer *layer, int32_t count,
                                            int32_t blocklength, uint32_t array_of_displacements,
                                            uint32_t oldtype, uint32_t newtype) {
    struct builder b;
    bool ok =
        begin(&b, layer, "MPI_Type_create_hindexed_block", GUEST_MPI_COMBINER_HINDEXED_BLOCK) &&
        check_array(&b, "count", count, "array_of_displacements", array_of_displacements) &&
        reserve_addresses(&b, (uint64_t)count);
    add_integer(&b, count);
    add_integer(&b, blocklength);
    ok = ok && add_addresses(&b, "array_of_displacements", array_of_displacements, count) &&
         add_type(&b, "oldtype", oldtype);
    return finish(&b, ok, newtype);
}

static int32_t make_struct(struct mpilayer *layer, const char *name, int32_t count,
                           uint32_t array_of_blocklengths, uint32_t array_of_displacements,
                           uint32_t array_of_types, uint32_t newtype) {
    struct builder b;
    bool ok =
        begin(&b, layer, name, GUEST_MPI_COMBINER_STRUCT) &&
        check_array(&b, "count", count, "array_of_blocklengths", array_of_blocklengths) &&
        mpilayer_memory_check(&b.call, "array_of_types", array_of_types, (uint64_t)count * 4) &&
        reserve_integers(&b, 1 + (uint64_t)count) && reserve_addresses(&b, (uint64_t)count);
    if (ok) {
        add_integer(&b, count);
        b.types = mpilayer_call_allocate(&b.call, (size_t)count * sizeof(void *));
        ok = b.types != NULL;
    }
    ok = ok && add_integers(&b, "array_of_blocklengths", array_of_blocklengths, count) &&
         add_addresses(&b, "array_of_displacements", array_of_displacements, count);
    for (int32_t i = 0; ok && i < count; i++)
        ok = add_type(&b, "array_of_types",
                      (uint32_t)mpilayer_load_i32(layer, array_of_types + 4 * (uint32_t)i));
    return finish(&b, ok, newtype);
}

int32_t mpilayer_Type_create_struct(struct mpilayer *layer, int32_t count,
                                    uint32_t array_of_blocklengths, uint32_t array_of_displacements,
                                    uint32_t array_of_types, uint32_t newtype) {
    return make_struct(layer, "MPI_Type_create_struct", count, array_of_blocklengths,
                       array_of_displacements, array_of_types, newtype);
}

int32_t mpilayer_Type_struct(struct mpilayer *layer, int32_t count, uint32_t array_of_blocklengths,
                             uint32_t array_of_displacements, uint32_t array_of_types,
                             uint32_t newtype) {
    return make_struct(layer, "MPI_Type_struct", count, array_of_blocklengths,
                       array_of_displacements, array_of_types, newtype);
}

int32_t mpilayer_Type_create_subarray(struct mpilayer *layer, int32_t ndims,
                                      uint32_t array_of_sizes, uint32_t array_of_subsizes,
                                      uint32_t array_of_starts, int32_t order, uint32_t oldtype,
                                      uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_create_subarray", GUEST_MPI_COMBINER_SUBARRAY) &&
              check_array(&b, "ndims", ndims, "array_of_sizes", array_of_sizes) &&
              reserve_integers(&b, 2 + 3 * (uint64_t)ndims);
    if (ok) add_integer(&b, ndims);
    ok = ok && add_integers(&b, "array_of_sizes", array_of_sizes, ndims) &&
         add_integers(&b, "array_of_subsizes", array_of_subsizes, ndims) &&
         add_integers(&b, "array_of_starts", array_of_starts, ndims);
    if (ok) add_integer(&b, order);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

int32_t mpilayer_Type_create_darray(struct mpilayer *layer, int32_t size, int32_t rank,
                                    int32_t ndims, uint32_t array_of_gsizes,
                                    uint32_t array_of_distribs, uint32_t array_of_dargs,
                                    uint32_t array_of_psizes, int32_t order, uint32_t oldtype,
                                    uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_create_darray", GUEST_MPI_COMBINER_DARRAY) &&
              check_array(&b, "ndims", ndims, "array_of_gsizes", array_of_gsizes) &&
              reserve_integers(&b, 4 + 4 * (uint64_t)ndims);
    if (ok) {
        add_integer(&b, size);
        add_integer(&b, rank);
        add_integer(&b, ndims);
    }
    ok = ok && add_integers(&b, "array_of_gsizes", array_of_gsizes, ndims) &&
         add_integers(&b, "array_of_distribs", array_of_distribs, ndims) &&
         add_integers(&b, "array_of_dargs", array_of_dargs, ndims) &&
         add_integers(&b, "array_of_psizes", array_of_psizes, ndims);
    if (ok) add_integer(&b, order);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

int32_t mpilayer_Type_create_resized(struct mpilayer *layer, uint32_t oldtype, int32_t lb,
                                     int32_t extent, uint32_t newtype) {
    struct builder b;
    bool ok = begin(&b, layer, "MPI_Type_create_resized", GUEST_MPI_COMBINER_RESIZED);
    add_address(&b, lb);
    add_address(&b, extent);
    return finish(&b, ok && add_type(&b, "oldtype", oldtype), newtype);
}

static int32_t make_f90(struct mpilayer *layer, const char *name, int combiner, int32_t precision,
                        int32_t range, uint32_t newtype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) ||
        !mpilayer_memory_check(&call, "newtype", newtype, 4))
        return mpilayer_call_raise(&call);
    int result = mpilayer_datatype_f90(combiner, precision, range, &type);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, result, NULL, "no such number in the program's Fortran");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, newtype, (int32_t)type->object.handle);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_create_f90_real(struct mpilayer *layer, int32_t p, int32_t r,
                                      uint32_t newtype) {
    return make_f90(layer, "MPI_Type_create_f90_real", GUEST_MPI_COMBINER_F90_REAL, p, r, newtype);
}

int32_t mpilayer_Type_create_f90_complex(struct mpilayer *layer, int32_t p, int32_t r,
                                         uint32_t newtype) {
    return make_f90(layer, "MPI_Type_create_f90_complex", GUEST_MPI_COMBINER_F90_COMPLEX, p, r,
                    newtype);
}

int32_t mpilayer_Type_create_f90_integer(struct mpilayer *layer, int32_t r, uint32_t newtype) {
    return make_f90(layer, "MPI_Type_create_f90_integer", GUEST_MPI_COMBINER_F90_INTEGER, 0, r,
                    newtype);
}

int32_t mpilayer_Type_match_size(struct mpilayer *layer, int32_t typeclass, int32_t size,
                                 uint32_t datatype) {
    struct mpilayer_call call;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_match_size") ||
        !mpilayer_memory_check(&call, "datatype", datatype, 4))
        return mpilayer_call_raise(&call);
    struct mpilayer_datatype *type = mpilayer_datatype_match(typeclass, size);
    if (!type) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "size", "no such datatype");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, datatype, (int32_t)type->object.handle);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_dup(struct mpilayer *layer, uint32_t oldtype, uint32_t newtype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type, *made;
    const char *reason;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_dup") ||
        !mpilayer_datatype_get_any(&call, "oldtype", oldtype, &type) ||
        !mpilayer_memory_check(&call, "newtype", newtype, 4))
        return mpilayer_call_raise(&call);
    struct mpilayer_recipe recipe = {.combiner = GUEST_MPI_COMBINER_DUP, .type_count = 1};
    recipe.types = &type;
    int result = mpilayer_datatype_make(&recipe, &made, &reason);
    if (result == GUEST_MPI_SUCCESS) {
        reason = "an attribute's copy function failed";
        result = mpilayer_attributes_copy(layer, &type->attributes, oldtype, &made->attributes);
        if (result != GUEST_MPI_SUCCESS) {
            mpilayer_attributes_delete_all(layer, &made->attributes, made->object.handle);
            mpilayer_datatype_release(made);
            mpilayer_store_i32(layer, newtype, GUEST_MPI_DATATYPE_NULL);
        }
    }
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, result, NULL, "%s", reason);
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, newtype, (int32_t)made->object.handle);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

/* The datatype whose handle lies at the guest's address. */
static bool get_at(struct mpilayer_call *call, uint32_t address, struct mpilayer_datatype **type) {
    return mpilayer_memory_check(call, "datatype", address, 4) &&
           mpilayer_datatype_get_any(call, "datatype",
                                     (uint32_t)mpilayer_load_i32(call->layer, address), type);
}

int32_t mpilayer_Type_commit(struct mpilayer *layer, uint32_t datatype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_commit") || !get_at(&call, datatype, &type))
        return mpilayer_call_raise(&call);
    int result = mpilayer_datatype_commit(type);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, result, "datatype", "cannot be committed");
        return mpilayer_call_raise(&call);
    }
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

int32_t mpilayer_Type_free(struct mpilayer *layer, uint32_t datatype) {
    struct mpilayer_call call;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, "MPI_Type_free") || !get_at(&call, datatype, &type))
        return mpilayer_call_raise(&call);
    if (type->predefined) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_TYPE, "datatype",
                           "a predefined datatype cannot be freed");
        return mpilayer_call_raise(&call);
    }
    /* The callbacks of its attributes may free the datatype, too: it must not go twice. */
    mpilayer_datatype_reference(type);
    int result = mpilayer_attributes_delete_all(layer, &type->attributes, type->object.handle);
    if (result == GUEST_MPI_SUCCESS && type->object.handle != 0) {
        mpilayer_object_hide(&type->object);
        mpilayer_datatype_release(type);
    }
    mpilayer_datatype_release(type);
    if (result != GUEST_MPI_SUCCESS) {
        mpilayer_call_fail(&call, result, "datatype", "an attribute's delete function failed");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, datatype, GUEST_MPI_DATATYPE_NULL);
    return mpilayer_call_return(&call, MPI_SUCCESS);
}

bool mpilayer_datatype_fail_uncommitted(struct mpilayer_call *call, const char *argument) {
    return mpilayer_call_fail(call, GUEST_MPI_ERR_TYPE, argument, "not committed");
}
