/*
 * mpi_file_view.c - views of files, and the checks of positions in them. MPI 4.1, section 14.3 and
 * 14.5.
 *
 * A guest's view is remembered in the guest's datatypes. Its filetype has to be what the standard
 * wants, displacements that are not negative and never go down: hosts differ in what they check,
 * and some compute with what they did not. Offsets are bounded so that no host's arithmetic
 * overflows.
 *
 * Representations: "native", "internal" and "external32" as far as the host has them; ones that a
 * program registers no host knows yet in a view. Datatypes that a host's type of another kind
 * carries (long double, 128-bit integers, wide characters, MPI_AINT) cannot be converted by it:
 * MPI_ERR_CONVERSION.
 */
#include "mpi/mpi_file.h"

#include "mpi/mpi_error.h"
#include "mpi/mpi_large.h"
#include "mpi_functions.h"

#include <stdlib.h>

#define POSITION_LIMIT ((int64_t)1 << 61) /* bytes */

/* ---- datatypes in files ---- */

static bool basic_portable(const struct mpilayer_basic *basic) {
    enum mpilayer_kind kinds[] = {basic->first, basic->second};
    for (int i = 0; i < 2; i++) {
        if (kinds[i] == MPILAYER_F128 || kinds[i] == MPILAYER_I128 || kinds[i] == MPILAYER_F16) {
            return false;
        }
    }
    return basic->external == mpilayer_kind_size(basic->first);
}

/* Fill in type->in_file; depth is bounded, and each datatype is looked at once. */
static void look_at(struct mpilayer_datatype *type) {
    if (type->in_file.known) {
        return;
    }
    type->in_file.known = type->in_file.ordered = type->in_file.disjoint = true;
    type->in_file.portable = true;
    type->in_file.last = 0;
    if (type->basic != NULL) {
        type->in_file.portable = basic_portable(type->basic);
        return;
    }
    int64_t count = mpilayer_datatype_run_count(type);
    bool any = false;
    __int128 last = 0, end = 0;
    for (int64_t i = 0; i < count; i++) {
        struct mpilayer_run run = mpilayer_datatype_run(type, i);
        const struct mpilayer_datatype *child = run.child;
        if (run.length == 0 || child->size == 0) {
            continue;
        }
        look_at(run.child);
        type->in_file.portable &= child->in_file.portable;
        bool many = run.length > 1 && !child->contiguous; /* else it is one block */
        __int128 first = (__int128)run.displacement + child->true_lb;
        __int128 across = (run.length - 1) * (__int128)child->extent;
        if (!child->in_file.ordered || (any && first < last) ||
            (many && child->extent < child->in_file.last - child->true_lb)) {
            type->in_file.ordered = false;
        }
        if (!child->in_file.disjoint || (any && first < end) ||
            (many && child->extent < child->true_ub - child->true_lb)) {
            type->in_file.disjoint = false;
        }
        last = child->contiguous ? first : run.displacement + across + child->in_file.last;
        end = run.displacement + across + child->true_ub;
        any = true;
    }
    type->in_file.last = (int64_t)last;
}

static bool etype_check(struct mpilayer_call *call, const struct mpilayer_datatype *type) {
    return type->size > 0 || mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "etype", "has no data");
}

/* Also an etype's blocks have to be in order. */
static bool blocks_check(struct mpilayer_call *call, const char *argument, bool writable,
                         struct mpilayer_datatype *type) {
    look_at(type);
    const char *reason = NULL;
    if (type->size > 0 && type->true_lb < 0) {
        reason = "has negative displacements";
    } else if (!type->in_file.ordered) {
        reason = "its displacements go down";
    } else if (!type->in_file.disjoint && writable) {
        reason = "its data overlap, and the file is not opened for reading only";
    }
    return reason == NULL || mpilayer_call_fail(call, GUEST_MPI_ERR_IO, argument, "%s", reason);
}

static bool filetype_check(struct mpilayer_call *call, const struct mpilayer_datatype *etype,
                           const struct mpilayer_datatype *type) {
    const char *reason = NULL;
    if (type->size % etype->size != 0) {
        reason = "its size is no multiple of the etype's";
    } else if (type->size > 0 && type->extent <= 0) {
        reason = "its extent is not positive";
    }
    return reason == NULL || mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, "filetype", "%s", reason);
}

/* ---- positions ---- */

static bool reach_check(struct mpilayer_call *call, const char *argument, int64_t offset,
                        const struct mpilayer_file *file, __int128 bytes) {
    const struct mpilayer_datatype *filetype = file->filetype;
    if (offset < 0) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument, "negative (%lld)",
                                  (long long)offset);
    }
    if (filetype->size == 0) {
        return bytes == 0 || mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument,
                                                "the view of this rank has no data");
    }
    __int128 last = (__int128)offset * file->etype->size + bytes, end = POSITION_LIMIT + 1;
    if (last <= POSITION_LIMIT) {
        end =
            file->displacement + (last / filetype->size + 1) * filetype->extent + filetype->true_ub;
    }
    return end <= POSITION_LIMIT ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument, "farther than any file reaches");
}

bool mpilayer_file_position_check(struct mpilayer_call *call, const char *argument, int64_t offset,
                                  const struct mpilayer_file *file) {
    return reach_check(call, argument, offset, file, 0);
}

bool mpilayer_file_access_check(struct mpilayer_call *call, const char *argument, int64_t offset,
                                const struct mpilayer_file *file, int64_t count,
                                struct mpilayer_datatype *type) {
    if (file->external32) {
        look_at(type);
        if (!type->in_file.portable) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_CONVERSION, "datatype",
                                      "the MPI library cannot convert it to external32");
        }
    }
    return reach_check(call, argument, offset, file, (__int128)count * type->size);
}

bool mpilayer_file_here_check(struct mpilayer_call *call, const char *argument,
                              struct mpilayer_file *file, int64_t count,
                              struct mpilayer_datatype *type) {
    MPI_Offset here = 0;
    if (MPI_File_get_position(file->host, &here) != MPI_SUCCESS || here < 0) {
        here = 0; /* it will say so itself */
    }
    return mpilayer_file_access_check(call, argument, here, file, count, type);
}

bool mpilayer_file_size_check(struct mpilayer_call *call, const char *argument, int64_t size) {
    return (size >= 0 && size <= POSITION_LIMIT) ||
           mpilayer_call_fail(call, GUEST_MPI_ERR_ARG, argument,
                              size < 0 ? "negative (%lld)" : "%lld is more than any file has",
                              (long long)size);
}

/* ---- the guest's functions ---- */

/* A name of a representation; hosts know them in either case. */
static bool datarep_get(struct mpilayer_call *call, uint32_t address, char *datarep) {
    if (!mpilayer_string_get(call, "datarep", address, datarep, GUEST_MPI_MAX_DATAREP_STRING,
                             GUEST_MPI_ERR_ARG)) {
        return false;
    }
    static const char *const known[] = {"native", "internal", "external32",
                                        "NATIVE", "INTERNAL", "EXTERNAL32"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(datarep, known[i]) == 0) {
            return true;
        }
    }
    return mpilayer_call_fail(call, GUEST_MPI_ERR_UNSUPPORTED_DATAREP, "datarep", "'%s'", datarep);
}

static void replace_type(struct mpilayer_datatype **at, struct mpilayer_datatype *type) {
    mpilayer_datatype_reference(type);
    mpilayer_datatype_release(*at);
    *at = type;
}

/* Where the shared file pointer is, in bytes: for MPI_DISPLACEMENT_CURRENT. */
static bool current_displacement(struct mpilayer_call *call, struct mpilayer_file *file,
                                 int64_t *displacement) {
    int64_t shared;
    MPI_Offset bytes = 0;
    MPI_Barrier(file->comm->host); /* nobody moves it any more */
    int class = mpilayer_file_shared_get(file, &shared);
    if (class != GUEST_MPI_SUCCESS) {
        return mpilayer_call_fail(call, class, "disp", "the shared file pointer cannot be read");
    }
    if (!mpilayer_file_position_check(call, "disp", shared, file)) {
        return false;
    }
    if (MPI_File_get_byte_offset(file->host, shared, &bytes) != MPI_SUCCESS) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_IO, "disp", "cannot be found");
    }
    *displacement = bytes;
    return true;
}

/* ROMIO shifts the data of a view whose type has a lower bound, set explicitly, above its first
 * byte; as a struct gets one here, by a component's marker, where MPICH forgets markers. Where a
 * view has its data depends on the type's extent alone. *made has to be freed if it is not null. */
static int view_type(const struct mpilayer_datatype *type, MPI_Datatype *made) {
    *made = MPI_DATATYPE_NULL;
    if (type->size == 0 || type->lb <= type->true_lb) {
        return MPI_SUCCESS;
    }
    return mpilayer_large_lowered(type->host, type, made);
}

int32_t mpilayer_File_set_view(struct mpilayer *layer, uint32_t fh, int64_t disp, uint32_t etype,
                               uint32_t filetype, uint32_t datarep, uint32_t info) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    struct mpilayer_datatype *etype_object, *filetype_object;
    struct mpilayer_info *hints;
    char name[GUEST_MPI_MAX_DATAREP_STRING];
    if (!mpilayer_call_begin(&call, layer, "MPI_File_set_view") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_datatype_get(&call, "etype", etype, &etype_object) ||
        !mpilayer_datatype_get(&call, "filetype", filetype, &filetype_object) ||
        !datarep_get(&call, datarep, name) ||
        !mpilayer_info_get_optional(&call, "info", info, &hints) ||
        !etype_check(&call, etype_object) ||
        !blocks_check(&call, "etype", !(file->amode & GUEST_MPI_MODE_RDONLY), etype_object) ||
        !blocks_check(&call, "filetype", !(file->amode & GUEST_MPI_MODE_RDONLY), filetype_object) ||
        !filetype_check(&call, etype_object, filetype_object)) {
        return mpilayer_call_raise(&call);
    }
    bool sequential = file->amode & GUEST_MPI_MODE_SEQUENTIAL;
    if (sequential != (disp == GUEST_MPI_DISPLACEMENT_CURRENT) || disp < -1 ||
        disp > POSITION_LIMIT) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "disp", "%lld", (long long)disp);
        return mpilayer_call_raise(&call);
    }
    if (sequential && !current_displacement(&call, file, &disp)) {
        return mpilayer_call_raise(&call);
    }
    MPI_Datatype host = filetype_object->size > 0 ? filetype_object->host : etype_object->host,
                 made;
    MPI_Info info_host = mpilayer_file_hints(hints);
    int code = view_type(filetype_object, &made);
    if (code == MPI_SUCCESS) {
        code = MPI_File_set_view(file->host, disp, etype_object->host,
                                 made != MPI_DATATYPE_NULL ? made : host, name, info_host);
    }
    if (made != MPI_DATATYPE_NULL) {
        MPI_Type_free(&made);
    }
    if (info_host != MPI_INFO_NULL) {
        MPI_Info_free(&info_host);
    }
    if (code == MPI_SUCCESS) {
        file->displacement = disp;
        replace_type(&file->etype, etype_object);
        replace_type(&file->filetype, filetype_object);
        strcpy(file->datarep, name);
        file->external32 = name[0] == 'e' || name[0] == 'E';
        mpilayer_file_shared_reset(file);
    }
    return mpilayer_call_return(&call, code);
}

/* The handle that MPI_File_get_view gives: a predefined datatype's own, else a new one's. */
static int view_handle(const struct mpilayer_datatype *type, uint32_t *handle,
                       struct mpilayer_datatype **made) {
    *made = NULL;
    *handle = type->first_handle;
    if (type->predefined) {
        return GUEST_MPI_SUCCESS;
    }
    int class = mpilayer_datatype_copy(type, made);
    if (class == GUEST_MPI_SUCCESS) {
        *handle = (*made)->object.handle;
        class = mpilayer_datatype_commit(*made);
    }
    return class;
}

int32_t mpilayer_File_get_view(struct mpilayer *layer, uint32_t fh, uint32_t disp, uint32_t etype,
                               uint32_t filetype, uint32_t datarep) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    if (!mpilayer_call_begin(&call, layer, "MPI_File_get_view") ||
        !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_memory_check(&call, "disp", disp, 8) ||
        !mpilayer_memory_check(&call, "etype", etype, 4) ||
        !mpilayer_memory_check(&call, "filetype", filetype, 4) ||
        !mpilayer_memory_check(&call, "datarep", datarep, strlen(file->datarep) + 1)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_datatype *etype_made, *filetype_made;
    uint32_t etype_handle, filetype_handle;
    int class = view_handle(file->etype, &etype_handle, &etype_made);
    if (class == GUEST_MPI_SUCCESS) {
        class = view_handle(file->filetype, &filetype_handle, &filetype_made);
        if (class != GUEST_MPI_SUCCESS) {
            mpilayer_datatype_release(filetype_made);
        }
    }
    if (class != GUEST_MPI_SUCCESS) {
        mpilayer_datatype_release(etype_made);
        mpilayer_call_fail(&call, class, NULL, "the view's datatypes cannot be copied");
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i64(layer, disp, file->displacement);
    mpilayer_store_i32(layer, etype, (int32_t)etype_handle);
    mpilayer_store_i32(layer, filetype, (int32_t)filetype_handle);
    memcpy(mpilayer_pointer(layer, datarep), file->datarep, strlen(file->datarep) + 1);
    return GUEST_MPI_SUCCESS;
}

static int32_t type_extent(struct mpilayer *layer, const char *name, uint32_t fh, uint32_t datatype,
                           bool large, uint32_t extent) {
    struct mpilayer_call call;
    struct mpilayer_file *file;
    struct mpilayer_datatype *type;
    if (!mpilayer_call_begin(&call, layer, name) || !mpilayer_file_get(&call, "fh", fh, &file) ||
        !mpilayer_datatype_get_any(&call, "datatype", datatype, &type) ||
        !mpilayer_memory_check(&call, "extent", extent, large ? 8 : 4)) {
        return mpilayer_call_raise(&call);
    }
    int64_t value = type->extent;
    int code = MPI_SUCCESS;
    if (file->external32) {
        MPI_Aint host = 0;
        look_at(type);
        if (!type->in_file.portable) {
            mpilayer_call_fail(&call, GUEST_MPI_ERR_CONVERSION, "datatype",
                               "the MPI library cannot convert it to external32");
            return mpilayer_call_raise(&call);
        }
        code = MPI_File_get_type_extent(file->host, type->host, &host);
        value = host;
    }
    if (code == MPI_SUCCESS && large) {
        mpilayer_store_i64(layer, extent, value);
    } else if (code == MPI_SUCCESS) {
        mpilayer_store_i32(layer, extent,
                           value >= INT32_MIN && value <= INT32_MAX ? (int32_t)value
                                                                    : GUEST_MPI_UNDEFINED);
    }
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_File_get_type_extent(struct mpilayer *layer, uint32_t fh, uint32_t datatype,
                                      uint32_t extent) {
    return type_extent(layer, "MPI_File_get_type_extent", fh, datatype, false, extent);
}
int32_t mpilayer_File_get_type_extent_c(struct mpilayer *layer, uint32_t fh, uint32_t datatype,
                                        uint32_t extent) {
    return type_extent(layer, "MPI_File_get_type_extent_c", fh, datatype, true, extent);
}

/* ---- representations of the program's own ---- */

/* Hosts register them, but none takes them in a view, so these are not called. */
static int no_extent(MPI_Datatype datatype, MPI_Aint *extent, void *extra_state) {
    return MPI_ERR_UNSUPPORTED_OPERATION;
}
static int no_conversion(void *userbuf, MPI_Datatype datatype, int count, void *filebuf,
                         MPI_Offset position, void *extra_state) {
    return MPI_ERR_UNSUPPORTED_OPERATION;
}

static int32_t register_datarep(struct mpilayer *layer, const char *function, uint32_t datarep,
                                uint32_t read_conversion_fn, uint32_t write_conversion_fn,
                                uint32_t dtype_file_extent_fn, const char *conversion_signature) {
    enum { DATAREPS_AT_MOST = 1024 };
    static int registered;
    struct mpilayer_call call;
    char name[GUEST_MPI_MAX_DATAREP_STRING];
    if (!mpilayer_call_begin(&call, layer, function)) {
        return mpilayer_call_raise(&call);
    }
    call.comm = layer->no_file;
    if (!mpilayer_string_get(&call, "datarep", datarep, name, sizeof name, GUEST_MPI_ERR_ARG)) {
        return mpilayer_call_raise(&call);
    }
    const struct {
        const char *argument, *signature;
        uint32_t function;
        bool optional;
    } callbacks[] = {
        {"read_conversion_fn", conversion_signature, read_conversion_fn, true},
        {"write_conversion_fn", conversion_signature, write_conversion_fn, true},
        {"dtype_file_extent_fn", "i:iii", dtype_file_extent_fn, false},
    };
    for (int i = 0; i < 3; i++) {
        if (!(callbacks[i].optional && callbacks[i].function == GUEST_MPI_CONVERSION_FN_NULL) &&
            !mpilayer_callback_matches(layer, callbacks[i].function, callbacks[i].signature)) {
            mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, callbacks[i].argument,
                               "not a function of the type it should have");
            return mpilayer_call_raise(&call);
        }
    }
    if (registered == DATAREPS_AT_MOST) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many representations");
        return mpilayer_call_raise(&call);
    }
    int code = MPI_Register_datarep(
        name, read_conversion_fn != GUEST_MPI_CONVERSION_FN_NULL ? no_conversion : NULL,
        write_conversion_fn != GUEST_MPI_CONVERSION_FN_NULL ? no_conversion : NULL, no_extent,
        NULL);
    registered += code == MPI_SUCCESS;
    return mpilayer_call_return(&call, code);
}

int32_t mpilayer_Register_datarep(struct mpilayer *layer, uint32_t datarep,
                                  uint32_t read_conversion_fn, uint32_t write_conversion_fn,
                                  uint32_t dtype_file_extent_fn, uint32_t extra_state) {
    return register_datarep(layer, "MPI_Register_datarep", datarep, read_conversion_fn,
                            write_conversion_fn, dtype_file_extent_fn, "i:iiiiIi");
}
int32_t mpilayer_Register_datarep_c(struct mpilayer *layer, uint32_t datarep,
                                    uint32_t read_conversion_fn, uint32_t write_conversion_fn,
                                    uint32_t dtype_file_extent_fn, uint32_t extra_state) {
    return register_datarep(layer, "MPI_Register_datarep_c", datarep, read_conversion_fn,
                            write_conversion_fn, dtype_file_extent_fn, "i:iiIiIi");
}
