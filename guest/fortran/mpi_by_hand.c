/*
 * mpi_by_hand.c - MPI's functions for Fortran that mpi_fortran.py cannot make from C's: those with
 * other arguments, positions that count from 1, attributes, which are numbers here, and the
 * predefined functions for attributes (chapter 19 of MPI 5.0).
 *
 * mpi_fortran.py reads the definitions' first lines.
 *
 * Not here: MPI_Register_datarep, MPI_Info_create_env.
 */
#include "mpi_fortran.h"

#include <stdbool.h>
#include <stdlib.h>

struct fortran_sentinels mpiwasm_sentinels_ = {0};
char mpiwasm_argvs_[1] = {0};

static void set(int *ierror, int code) {
    if (ierror) *ierror = code;
}

void pmpi_init_(int *ierror) {
    set(ierror, MPI_Init(NULL, NULL));
}
FORTRAN_NAMES(mpi_init_)

void pmpi_init_thread_(int *required, int *provided, int *ierror) {
    set(ierror, MPI_Init_thread(NULL, NULL, *required, provided));
}
FORTRAN_NAMES(mpi_init_thread_)

void pmpi_pcontrol_(int *level, int *ierror) {
    set(ierror, MPI_Pcontrol(*level));
}
FORTRAN_NAMES(mpi_pcontrol_)

/* Positions in arrays count from 1. */
static void count_from_one(int *positions, int count) {
    for (int i = 0; i < count; i++)
        if (positions[i] != MPI_UNDEFINED) positions[i]++;
}

void pmpi_waitany_(int *count, MPI_Request *requests, int *index, MPI_Status *status, int *ierror) {
    int code = MPI_Waitany(*count, requests, index, fortran_status(status));
    if (code == MPI_SUCCESS) count_from_one(index, 1);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_waitany_)

void pmpi_testany_(int *count, MPI_Request *requests, int *index, int *flag, MPI_Status *status,
                   int *ierror) {
    int code = MPI_Testany(*count, requests, index, flag, fortran_status(status));
    if (code == MPI_SUCCESS && *flag) count_from_one(index, 1);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_testany_)

void pmpi_waitsome_(int *incount, MPI_Request *requests, int *outcount, int *indices,
                    MPI_Status *statuses, int *ierror) {
    int code = MPI_Waitsome(*incount, requests, outcount, indices, fortran_status(statuses));
    if (code == MPI_SUCCESS || code == MPI_ERR_IN_STATUS) count_from_one(indices, *outcount);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_waitsome_)

void pmpi_testsome_(int *incount, MPI_Request *requests, int *outcount, int *indices,
                    MPI_Status *statuses, int *ierror) {
    int code = MPI_Testsome(*incount, requests, outcount, indices, fortran_status(statuses));
    if (code == MPI_SUCCESS || code == MPI_ERR_IN_STATUS) count_from_one(indices, *outcount);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_testsome_)

/* The buffer's address is not given back. */
void pmpi_buffer_detach_(void *buffer, int *size, int *ierror) {
    void *address;
    (void)buffer;
    set(ierror, MPI_Buffer_detach(&address, size));
}
FORTRAN_NAMES(mpi_buffer_detach_)

void pmpi_buffer_detach_c_(void *buffer, MPI_Count *size, int *ierror) {
    void *address;
    (void)buffer;
    set(ierror, MPI_Buffer_detach_c(&address, size));
}
FORTRAN_NAMES(mpi_buffer_detach_c_)

/* ---- starting processes ---- */

/* Texts of C's, in one block: copies of `count` CHARACTERs, each `step` ones behind the one before,
 * or, if count is negative, up to a blank one. NULL if there is no memory. */
static char **make_texts(const char *from, fortran_length length, size_t step, int count) {
    int found = 0;
    char *text = malloc(length + 1);
    if (!text) return NULL;
    for (; count < 0 || found < count; found++) {
        fortran_text_in(text, from + (size_t)found * step * length, length);
        if (count < 0 && !*text) break;
    }
    free(text);
    size_t pointers = (size_t)(found + 1) * sizeof(char *), size = length + 1;
    char **texts = malloc(pointers + (size_t)found * size);
    if (!texts) return NULL;
    for (int i = 0; i < found; i++) {
        texts[i] = (char *)texts + pointers + (size_t)i * size;
        fortran_text_in(texts[i], from + (size_t)i * step * length, length);
    }
    texts[found] = NULL;
    return texts;
}

static int *errcodes(int *codes) {
    return codes == &mpiwasm_sentinels_.errcodes_ignore ? MPI_ERRCODES_IGNORE : codes;
}

void pmpi_comm_spawn_(char *command, char *argv, int *maxprocs, MPI_Info *info, int *root,
                      MPI_Comm *comm, MPI_Comm *intercomm, int *array_of_errcodes, int *ierror,
                      fortran_length command_length, fortran_length argv_length) {
    char command_text[command_length + 1];
    fortran_text_in(command_text, command, command_length);
    char **arguments = MPI_ARGV_NULL;
    if (argv != mpiwasm_argvs_ && !(arguments = make_texts(argv, argv_length, 1, -1))) {
        set(ierror, MPI_ERR_NO_MEM);
        return;
    }
    set(ierror, MPI_Comm_spawn(command_text, arguments, *maxprocs, *info, *root, *comm, intercomm,
                               errcodes(array_of_errcodes)));
    free(arguments);
}
FORTRAN_NAMES(mpi_comm_spawn_)

/* The arguments of a command are a row of array_of_argv, whose columns are contiguous. */
void pmpi_comm_spawn_multiple_(int *count, char *commands, char *argv, int *maxprocs,
                               MPI_Info *infos, int *root, MPI_Comm *comm, MPI_Comm *intercomm,
                               int *array_of_errcodes, int *ierror, fortran_length command_length,
                               fortran_length argv_length) {
    int code = MPI_ERR_NO_MEM, commands_count = *count > 0 ? *count : 0;
    char **texts = make_texts(commands, command_length, 1, commands_count);
    char ***rows = calloc((size_t)commands_count + 1, sizeof *rows);
    bool have_all = texts && rows;
    if (argv != mpiwasm_argvs_)
        for (int i = 0; have_all && i < commands_count; i++)
            have_all = (rows[i] = make_texts(argv + (size_t)i * argv_length, argv_length,
                                             (size_t)commands_count, -1)) != NULL;
    if (have_all)
        code =
            MPI_Comm_spawn_multiple(*count, texts, argv == mpiwasm_argvs_ ? NULL : rows, maxprocs,
                                    infos, *root, *comm, intercomm, errcodes(array_of_errcodes));
    for (int i = 0; rows && i < commands_count; i++)
        free(rows[i]);
    free(rows);
    free(texts);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_comm_spawn_multiple_)

/* ---- generalised requests ---- */

/* The program's functions, for C's, which live as long as the request. */
struct grequest {
    void (*query)(MPI_Aint *extra, MPI_Status *status, int *ierror);
    void (*release)(MPI_Aint *extra, int *ierror);
    void (*cancel)(MPI_Aint *extra, int *complete, int *ierror);
    MPI_Aint extra;
};

static int query_grequest(void *state, MPI_Status *status) {
    struct grequest *own = state;
    int code = MPI_SUCCESS;
    own->query(&own->extra, status, &code);
    return code;
}

static int release_grequest(void *state) {
    struct grequest *own = state;
    int code = MPI_SUCCESS;
    own->release(&own->extra, &code);
    free(own);
    return code;
}

static int cancel_grequest(void *state, int complete) {
    struct grequest *own = state;
    int code = MPI_SUCCESS;
    own->cancel(&own->extra, &complete, &code);
    return code;
}

void pmpi_grequest_start_(void *query, void *release, void *cancel, MPI_Aint *extra,
                          MPI_Request *request, int *ierror) {
    struct grequest *own = malloc(sizeof *own);
    if (!own) {
        set(ierror, MPI_ERR_NO_MEM);
        return;
    }
    *own = (struct grequest){(void *)query, (void *)release, (void *)cancel, *extra};
    int code = MPI_Grequest_start(query_grequest, release_grequest, cancel_grequest, own, request);
    if (code != MPI_SUCCESS) free(own);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_grequest_start_)

/* ---- info ---- */

void pmpi_info_get_(MPI_Info *info, char *key, int *valuelen, char *value, int *flag, int *ierror,
                    fortran_length key_length, fortran_length value_length) {
    char key_text[key_length + 1], value_text[MPI_MAX_INFO_VAL];
    fortran_text_in(key_text, key, key_length);
    int room = *valuelen < MPI_MAX_INFO_VAL ? *valuelen : MPI_MAX_INFO_VAL - 1;
    int code = MPI_Info_get(*info, key_text, room, value_text, flag);
    if (code == MPI_SUCCESS && *flag) fortran_text_out(value, value_length, value_text);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_info_get_)

void pmpi_info_get_string_(MPI_Info *info, char *key, int *buflen, char *value, int *flag,
                           int *ierror, fortran_length key_length, fortran_length value_length) {
    char key_text[key_length + 1], value_text[MPI_MAX_INFO_VAL];
    fortran_text_in(key_text, key, key_length);
    int room = *buflen, size = room > 0 ? room + 1 : 0;
    if (size > MPI_MAX_INFO_VAL) size = MPI_MAX_INFO_VAL;
    int code = MPI_Info_get_string(*info, key_text, &size, value_text, flag);
    if (code == MPI_SUCCESS && *flag) {
        if (room > 0) fortran_text_out(value, value_length, value_text);
        *buflen = size - 1; /* without the final NUL */
    }
    set(ierror, code);
}
FORTRAN_NAMES(mpi_info_get_string_)

/* ---- attributes: numbers, where C has pointers ---- */

/* C's predefined attributes point to an int, but for the address of a window. */
static bool is_pointer(int keyval) {
    return (keyval >= MPI_TAG_UB && keyval <= MPI_LASTUSEDCODE) ||
           (keyval >= MPI_WIN_BASE && keyval <= MPI_WIN_MODEL && keyval != MPI_WIN_BASE);
}

static void get_value(int keyval, const void *value, int flag, MPI_Aint *out) {
    if (flag) *out = is_pointer(keyval) ? *(const int *)value : (MPI_Aint)value;
}

void pmpi_comm_get_attr_(MPI_Comm *comm, int *keyval, MPI_Aint *value, int *flag, int *ierror) {
    void *found = NULL;
    int code = MPI_Comm_get_attr(*comm, *keyval, &found, flag);
    if (code == MPI_SUCCESS) get_value(*keyval, found, *flag, value);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_comm_get_attr_)

void pmpi_attr_get_(MPI_Comm *comm, int *keyval, MPI_Aint *value, int *flag, int *ierror) {
    pmpi_comm_get_attr_(comm, keyval, value, flag, ierror);
}
FORTRAN_NAMES(mpi_attr_get_)

void pmpi_type_get_attr_(MPI_Datatype *type, int *keyval, MPI_Aint *value, int *flag, int *ierror) {
    void *found = NULL;
    int code = MPI_Type_get_attr(*type, *keyval, &found, flag);
    if (code == MPI_SUCCESS) get_value(*keyval, found, *flag, value);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_type_get_attr_)

void pmpi_win_get_attr_(MPI_Win *win, int *keyval, MPI_Aint *value, int *flag, int *ierror) {
    void *found = NULL;
    int code = MPI_Win_get_attr(*win, *keyval, &found, flag);
    if (code == MPI_SUCCESS) get_value(*keyval, found, *flag, value);
    set(ierror, code);
}
FORTRAN_NAMES(mpi_win_get_attr_)

void pmpi_comm_set_attr_(MPI_Comm *comm, int *keyval, MPI_Aint *value, int *ierror) {
    set(ierror, MPI_Comm_set_attr(*comm, *keyval, (void *)*value));
}
FORTRAN_NAMES(mpi_comm_set_attr_)

void pmpi_attr_put_(MPI_Comm *comm, int *keyval, MPI_Aint *value, int *ierror) {
    set(ierror, MPI_Attr_put(*comm, *keyval, (void *)*value));
}
FORTRAN_NAMES(mpi_attr_put_)

void pmpi_type_set_attr_(MPI_Datatype *type, int *keyval, MPI_Aint *value, int *ierror) {
    set(ierror, MPI_Type_set_attr(*type, *keyval, (void *)*value));
}
FORTRAN_NAMES(mpi_type_set_attr_)

void pmpi_win_set_attr_(MPI_Win *win, int *keyval, MPI_Aint *value, int *ierror) {
    set(ierror, MPI_Win_set_attr(*win, *keyval, (void *)*value));
}
FORTRAN_NAMES(mpi_win_set_attr_)

/* The predefined functions for attributes are told apart by their addresses. */
#define PREDEFINED(name)                                                                           \
    void name(void) {                                                                              \
        abort();                                                                                   \
    }
PREDEFINED(mpi_null_copy_fn_)
PREDEFINED(mpi_comm_null_copy_fn_)
PREDEFINED(mpi_type_null_copy_fn_)
PREDEFINED(mpi_win_null_copy_fn_)
PREDEFINED(mpi_null_delete_fn_)
PREDEFINED(mpi_comm_null_delete_fn_)
PREDEFINED(mpi_type_null_delete_fn_)
PREDEFINED(mpi_win_null_delete_fn_)
PREDEFINED(mpi_dup_fn_)
PREDEFINED(mpi_comm_dup_fn_)
PREDEFINED(mpi_type_dup_fn_)
PREDEFINED(mpi_win_dup_fn_)

/* The program's own functions: C's get at them by the extra state, which lives as long as the
 * program, since nobody says when a key is gone. */
struct keyval {
    void (*copy)(int *object, int *keyval, MPI_Aint *extra, MPI_Aint *in, MPI_Aint *out, int *flag,
                 int *ierror);
    void (*remove)(int *object, int *keyval, MPI_Aint *value, MPI_Aint *extra, int *ierror);
    MPI_Aint extra;
};

static int copy_value(int object, int keyval, void *state, void *in, void *out, int *flag) {
    struct keyval *own = state;
    MPI_Aint value = (MPI_Aint)in, copied = 0;
    int code = MPI_SUCCESS;
    own->copy(&object, &keyval, &own->extra, &value, &copied, flag, &code);
    if (*flag) *(MPI_Aint *)out = copied;
    return code;
}

static int remove_value(int object, int keyval, void *in, void *state) {
    struct keyval *own = state;
    MPI_Aint value = (MPI_Aint)in;
    int code = MPI_SUCCESS;
    own->remove(&object, &keyval, &value, &own->extra, &code);
    return code;
}

#define CREATE_KEYVAL(entry, function, Copy, Delete, null_copy, dup, null_delete)                  \
    void p##entry(void *copy, void *remove, int *keyval, MPI_Aint *extra, int *ierror) {           \
        struct keyval *own = malloc(sizeof *own);                                                  \
        if (!own) {                                                                                \
            set(ierror, MPI_ERR_NO_MEM);                                                           \
            return;                                                                                \
        }                                                                                          \
        *own = (struct keyval){(void *)copy, (void *)remove, *extra};                              \
        Copy *c = copy == (void *)null_copy ? (void *)MPI_NULL_COPY_FN                             \
                  : copy == (void *)dup     ? (void *)MPI_DUP_FN                                   \
                                            : (void *)copy_value;                                  \
        Delete *d = remove == (void *)null_delete ? NULL : (void *)remove_value;                   \
        set(ierror, function(c, d, keyval, own));                                                  \
    }                                                                                              \
    FORTRAN_NAMES(entry)

CREATE_KEYVAL(mpi_comm_create_keyval_, MPI_Comm_create_keyval, MPI_Comm_copy_attr_function,
              MPI_Comm_delete_attr_function, mpi_comm_null_copy_fn_, mpi_comm_dup_fn_,
              mpi_comm_null_delete_fn_)
CREATE_KEYVAL(mpi_type_create_keyval_, MPI_Type_create_keyval, MPI_Type_copy_attr_function,
              MPI_Type_delete_attr_function, mpi_type_null_copy_fn_, mpi_type_dup_fn_,
              mpi_type_null_delete_fn_)
CREATE_KEYVAL(mpi_win_create_keyval_, MPI_Win_create_keyval, MPI_Win_copy_attr_function,
              MPI_Win_delete_attr_function, mpi_win_null_copy_fn_, mpi_win_dup_fn_,
              mpi_win_null_delete_fn_)
CREATE_KEYVAL(mpi_keyval_create_, MPI_Keyval_create, MPI_Copy_function, MPI_Delete_function,
              mpi_null_copy_fn_, mpi_dup_fn_, mpi_null_delete_fn_)
