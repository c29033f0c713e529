/*
 * mpi_error.c - how a call fails: error classes, the error handlers, and the way to abort.
 *
 * Failures found by our own checks and those of the host's MPI (whose communicators all have
 * MPI_ERRORS_RETURN) meet in mpilayer_error_dispatch, which does what the guest's error handler
 * says. The guest's error codes are error classes; classes and codes that the guest adds count up
 * from MPI_ERR_LASTCODE. MPI 3.1, chapter 8.
 *
 * Deliberate deviation: MPI_Error_string of the code that the last failure returned tells what was
 * wrong in that call, not only what the class means.
 */
#include "mpi/mpi_error.h"

#include "mpi/mpi_file.h"
#include "mpi/mpi_host.h"
#include "mpi/mpi_session.h"
#include "mpi/mpi_window.h"
#include "mpi_functions.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What hosts before MPI 4 do not know: a class that no host has. */
#if MPI_VERSION < 4
#ifndef MPI_ERR_PROC_ABORTED
#define MPI_ERR_PROC_ABORTED (-1)
#endif
#ifndef MPI_ERR_VALUE_TOO_LARGE
#define MPI_ERR_VALUE_TOO_LARGE (-1)
#endif
#ifndef MPI_ERR_SESSION
#define MPI_ERR_SESSION (-1)
#endif
#endif
#if MPI_VERSION < 5
#ifndef MPI_ERR_ERRHANDLER
#define MPI_ERR_ERRHANDLER (-1)
#endif
#ifndef MPI_ERR_ABI
#define MPI_ERR_ABI (-1)
#endif
#ifndef MPI_ERR_PROC_ABORTED /* MPI 4.0, but MPICH 4.0 lacks it */
#define MPI_ERR_PROC_ABORTED (-1)
#endif
#endif

struct error_class {
    int host, guest;
    const char *name;
};

static const struct error_class error_classes[] = {
#define MPI_ERROR_CLASS(name, value) {name, value, #name},
#include "mpi/mpi_constants.def"
};
enum { ERROR_CLASS_COUNT = sizeof error_classes / sizeof error_classes[0] };

/* Classes and codes that the guest added, by code - first code. */
struct user_code {
    int class;  /* itself if it is a class */
    char *text; /* malloc'ed or NULL */
};
enum { USER_CODE_FIRST = GUEST_MPI_ERR_LASTCODE + 1, USER_CODE_QUOTA = 65536 };
static struct user_code *user_codes;
static int user_code_count, user_code_capacity;

int mpilayer_error_class_to_guest(int host_class) {
    for (int i = 0; i < ERROR_CLASS_COUNT; i++) {
        if (error_classes[i].host == host_class && host_class >= 0) {
            return error_classes[i].guest;
        }
    }
    return GUEST_MPI_ERR_OTHER;
}

int mpilayer_error_code_to_guest(int host_code) {
    int host_class;
    if (host_code == MPI_SUCCESS) {
        return GUEST_MPI_SUCCESS;
    }
    return MPI_Error_class(host_code, &host_class) == MPI_SUCCESS
               ? mpilayer_error_class_to_guest(host_class)
               : GUEST_MPI_ERR_OTHER;
}

int mpilayer_error_class_to_host(int guest_class) {
    for (int i = 0; i < ERROR_CLASS_COUNT; i++) {
        if (error_classes[i].guest == guest_class && error_classes[i].host >= 0) {
            return error_classes[i].host;
        }
    }
    return MPI_ERR_OTHER;
}

const char *mpilayer_error_name(int guest_class) {
    return guest_class >= 0 && guest_class < ERROR_CLASS_COUNT ? error_classes[guest_class].name
                                                               : NULL;
}

int mpilayer_error_last_used(void) {
    return GUEST_MPI_ERR_LASTCODE + user_code_count;
}

static struct user_code *user_code_of(int code) {
    struct user_code *user = code >= USER_CODE_FIRST && code - USER_CODE_FIRST < user_code_count
                                 ? &user_codes[code - USER_CODE_FIRST]
                                 : NULL;
    return user != NULL && user->class >= 0 ? user : NULL; /* else it was removed */
}

/* The class of a guest's code, -1 if it is none. */
static int class_of(int code) {
    const struct user_code *user = user_code_of(code);
    if (user != NULL) {
        return user->class;
    }
    return mpilayer_error_name(code) != NULL ? code : -1;
}

int mpilayer_error_code_to_host(int guest_code) {
    return guest_code == GUEST_MPI_SUCCESS ? MPI_SUCCESS
                                           : mpilayer_error_class_to_host(class_of(guest_code));
}

/* ---- failing ---- */

/* One line: MPICH's texts have several. */
static void flatten(char *text) {
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') {
        text[--length] = '\0';
    }
    for (char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            *c = ' ';
        }
    }
}

bool mpilayer_call_fail(struct mpilayer_call *call, int error_class, const char *argument,
                        const char *format, ...) {
    char *text = call->layer->last_message;
    size_t size = sizeof call->layer->last_message;
    int at = argument != NULL ? snprintf(text, size, "%s, argument %s: ", call->name, argument)
                              : snprintf(text, size, "%s: ", call->name);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + at, size - (size_t)at, format, arguments);
    va_end(arguments);
    call->error = error_class;
    return false;
}

bool mpilayer_call_out_of_phase(struct mpilayer_call *call) {
    return mpilayer_call_fail(call, GUEST_MPI_ERR_OTHER, NULL,
                              call->layer->phase == MPILAYER_BEFORE_INIT
                                  ? "called before MPI_Init"
                                  : "called after MPI_Finalize");
}

bool mpilayer_handle_fail(struct mpilayer_call *call, const char *argument, uint32_t handle,
                          enum mpilayer_class class) {
    static const struct {
        int error_class, null;
        const char *what;
    } classes[MPILAYER_CLASS_COUNT] = {
        [MPILAYER_COMM] = {GUEST_MPI_ERR_COMM, GUEST_MPI_COMM_NULL, "communicator"},
        [MPILAYER_GROUP] = {GUEST_MPI_ERR_GROUP, GUEST_MPI_GROUP_NULL, "group"},
        [MPILAYER_DATATYPE] = {GUEST_MPI_ERR_TYPE, GUEST_MPI_DATATYPE_NULL, "datatype"},
        [MPILAYER_REQUEST] = {GUEST_MPI_ERR_REQUEST, GUEST_MPI_REQUEST_NULL, "request"},
        [MPILAYER_MESSAGE] = {GUEST_MPI_ERR_REQUEST, GUEST_MPI_MESSAGE_NULL, "message"},
        [MPILAYER_INFO] = {GUEST_MPI_ERR_INFO, GUEST_MPI_INFO_NULL, "info object"},
        [MPILAYER_ERRHANDLER] = {GUEST_MPI_ERR_ERRHANDLER, GUEST_MPI_ERRHANDLER_NULL,
                                 "error handler"},
        [MPILAYER_OP] = {GUEST_MPI_ERR_OP, GUEST_MPI_OP_NULL, "operator"},
        [MPILAYER_KEYVAL] = {GUEST_MPI_ERR_KEYVAL, GUEST_MPI_KEYVAL_INVALID, "attribute key"},
        [MPILAYER_WIN] = {GUEST_MPI_ERR_WIN, GUEST_MPI_WIN_NULL, "window"},
        [MPILAYER_SESSION] = {GUEST_MPI_ERR_SESSION, GUEST_MPI_SESSION_NULL, "session"},
        [MPILAYER_FILE] = {GUEST_MPI_ERR_FILE, GUEST_MPI_FILE_NULL, "file"},
    };
    int error_class = classes[class].error_class;
    if (class == MPILAYER_ERRHANDLER) {
        error_class = GUEST_MPI_ERR_ARG; /* as hosts before MPI 4.1 say */
    }
    if (handle == (uint32_t)classes[class].null) {
        return mpilayer_call_fail(call, error_class, argument, "null %s", classes[class].what);
    }
    return mpilayer_call_fail(call, error_class, argument, "0x%x is not a valid %s", handle,
                              classes[class].what);
}

int32_t mpilayer_call_raise(struct mpilayer_call *call) {
    mpilayer_blocks_free(call->blocks);
    call->blocks = NULL;
    return mpilayer_error_dispatch(call->layer, call->comm, call->error);
}

int32_t mpilayer_call_raise_host(struct mpilayer_call *call, int code) {
    char text[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    MPI_Error_string(code, text, &length);
    text[MPI_MAX_ERROR_STRING] = '\0';
    flatten(text);
    mpilayer_call_fail(call, mpilayer_error_code_to_guest(code), NULL, "%s", text);
    return mpilayer_call_raise(call);
}

_Noreturn void mpilayer_abort(struct mpilayer *layer, struct mpilayer_comm *comm, int code,
                              const char *format, ...) {
    char text[1024];
    int at = layer->world != NULL
                 ? snprintf(text, sizeof text, "mpiwasm: rank %d: ", layer->world->rank)
                 : snprintf(text, sizeof text, "mpiwasm: ");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + at, sizeof text - (size_t)at - 1, format, arguments);
    va_end(arguments);
    strcat(text, "\n");
    /* One write, so that the lines of several ranks do not mix. */
    if (format[0] != '\0' && write(STDERR_FILENO, text, strlen(text)) < 0) {
        /* There is nobody left to tell. */
    }
    mpilayer_abort_job(layer, comm, code);
}

static bool is_read(int descriptor) {
    struct stat status;
    int waiting = 0;
    return fstat(descriptor, &status) != 0 || !S_ISFIFO(status.st_mode) ||
           ioctl(descriptor, FIONREAD, &waiting) != 0 || waiting == 0;
}

/* A launcher takes MPI_Abort as a reason to stop at once: MPICH's drops what is still in the pipes
 * of the ranks, and its SIGHUP can overtake our own exit, whose code is then lost. So what was
 * written gets time to be read (milliseconds, unless nobody reads), and the signal is not for us.
 */
static void let_launcher_read(void) {
    signal(SIGHUP, SIG_IGN);
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    for (int tries = 0, quiet = 0; tries < 100 && quiet < 5; tries++) {
        quiet = is_read(STDOUT_FILENO) && is_read(STDERR_FILENO) ? quiet + 1 : 0;
        nanosleep(&pause, NULL);
    }
}

_Noreturn void mpilayer_abort_job(struct mpilayer *layer, struct mpilayer_comm *comm, int code) {
    if (layer->phase == MPILAYER_RUNNING) {
        /* An MPI whose state is damaged may hang in its abort: then the alarm ends the process,
         * and the launcher notices. */
        signal(SIGALRM, SIG_DFL);
        alarm(MPILAYER_ABORT_SECONDS);
        let_launcher_read();
        MPI_Abort(comm != NULL && comm->stands_for == 0 ? comm->host : MPI_COMM_WORLD, code);
    }
    _exit(code & 0xff ? code & 0xff : 1);
}

/* Call the guest's own error handler for the communicator. Returns what the failed call returns:
 * with MPICH what the handler left in its parameter. */
static int call_errhandler(struct mpilayer *layer, struct mpilayer_comm *comm, int code) {
    uint32_t function = comm->errhandler->function;
    if (layer->errhandler_depth >= MPILAYER_CALLBACK_DEPTH && !mpilayer_is_multiple) {
        mpilayer_abort(layer, NULL, code, "error handlers call each other without end; last: %s",
                       layer->last_message);
    }
    /* The standard's type is variadic, which is a third parameter in wasm; many programs register
     * a function of two. */
    const char *signature = mpilayer_callback_matches(layer, function, ":iii")  ? ":iii"
                            : mpilayer_callback_matches(layer, function, ":ii") ? ":ii"
                                                                                : NULL;
    if (signature == NULL || layer->cells == 0) {
        mpilayer_abort(layer, NULL, code, "%s (%s); the error handler cannot be called",
                       layer->last_message, mpilayer_error_name(code));
    }
    uint32_t cell = mpilayer_cell_take(layer, &layer->errhandler_cells_taken);
    mpilayer_store_i32(layer, cell,
                       (int32_t)(comm->stands_for != 0 ? comm->stands_for : comm->object.handle));
    mpilayer_store_i32(layer, cell + 4, code);
    union wasm_value slots[3] = {{.u32 = cell}, {.u32 = cell + 4}, {.u32 = 0}};
    layer->errhandler_depth++;
    mpilayer_object_reference(&comm->object); /* the handler may free it */
    enum mpilayer_callback_end end =
        mpilayer_callback_try(layer, "error handler", function, signature, slots);
    mpilayer_comm_release(layer, comm);
    layer->errhandler_depth--;
    int32_t left = mpilayer_load_i32(layer, cell + 4);
    mpilayer_cell_give(layer, &layer->errhandler_cells_taken, cell);
    if (end == MPILAYER_CALLBACK_UNWINDS) mpilayer_callback_unwind(layer);
    return mpilayer_host_is_mpich() ? left : code;
}

int32_t mpilayer_error_dispatch(struct mpilayer *layer, struct mpilayer_comm *comm, int code) {
    layer->last_error = code;
    if (layer->phase != MPILAYER_RUNNING) {
        mpilayer_abort(layer, NULL, code, "%s", layer->last_message);
    }
    /* There the default handler also serves what no handler was ever set for. */
    if (comm != NULL && comm->errhandler_is_initial && mpilayer_host_is_mpich()) {
        comm = NULL;
    }
    if (comm == NULL) {
        comm = layer->self_errhandler_set ? layer->self : layer->world;
    }
    switch (comm->errhandler->object.handle) {
    case GUEST_MPI_ERRORS_RETURN: break;
    case GUEST_MPI_ERRORS_ARE_FATAL:
    case GUEST_MPI_ERRORS_ABORT: {
        const char *name = mpilayer_error_name(class_of(code));
        mpilayer_abort(layer,
                       comm->errhandler->object.handle == GUEST_MPI_ERRORS_ABORT ? comm : NULL,
                       code, "%s%s%s%s", layer->last_message, name != NULL ? " (" : "",
                       name != NULL ? name : "", name != NULL ? ")" : "");
    }
    default: return call_errhandler(layer, comm, code);
    }
    return code;
}

/* ---- the guest's functions: classes, codes and strings ---- */

int32_t mpilayer_Error_class(struct mpilayer *layer, int32_t errorcode, uint32_t errorclass) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Error_class");
    int class = class_of(errorcode);
    if (!mpilayer_memory_check(&call, "errorclass", errorclass, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (class < 0) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errorcode", "%d is not an error code",
                           errorcode);
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, errorclass, class);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Error_string(struct mpilayer *layer, int32_t errorcode, uint32_t string,
                              uint32_t resultlen) {
    struct mpilayer_call call;
    mpilayer_call_begin_anytime(&call, layer, "MPI_Error_string");
    if (!mpilayer_memory_check(&call, "string", string, GUEST_MPI_MAX_ERROR_STRING) ||
        !mpilayer_memory_check(&call, "resultlen", resultlen, 4)) {
        return mpilayer_call_raise(&call);
    }
    char text[GUEST_MPI_MAX_ERROR_STRING] = "";
    const struct user_code *user = user_code_of(errorcode);
    const char *name = mpilayer_error_name(errorcode);
    if (user != NULL) {
        snprintf(text, sizeof text, "%s", user->text != NULL ? user->text : "");
    } else if (name == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errorcode", "%d is not an error code",
                           errorcode);
        return mpilayer_call_raise(&call);
    } else if (errorcode == layer->last_error && errorcode != GUEST_MPI_SUCCESS) {
        snprintf(text, sizeof text, "%s: %.*s", name, (int)(sizeof text - strlen(name) - 3),
                 layer->last_message);
    } else {
        char host_text[MPI_MAX_ERROR_STRING + 1] = "";
        int length = 0;
        if (layer->phase == MPILAYER_RUNNING) {
            MPI_Error_string(mpilayer_error_class_to_host(errorcode), host_text, &length);
            flatten(host_text);
        }
        snprintf(text, sizeof text, "%s%s%s", name, host_text[0] != '\0' ? ": " : "", host_text);
    }
    memcpy(mpilayer_pointer(layer, string), text, strlen(text) + 1);
    mpilayer_store_i32(layer, resultlen, (int32_t)strlen(text));
    return GUEST_MPI_SUCCESS;
}

static bool user_code_add(struct mpilayer_call *call, int class, int *code) {
    if (user_code_count == USER_CODE_QUOTA) {
        return mpilayer_call_fail(call, GUEST_MPI_ERR_OTHER, NULL, "too many error codes");
    }
    if (user_code_count == user_code_capacity) {
        size_t capacity = user_code_count == 0 ? 1 : 2 * (size_t)user_code_count;
        struct user_code *grown = realloc(user_codes, capacity * sizeof *grown);
        if (grown == NULL) {
            return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
        }
        user_codes = grown;
        user_code_capacity = (int)capacity;
    }
    *code = USER_CODE_FIRST + user_code_count;
    user_codes[user_code_count++] = (struct user_code){.class = class < 0 ? *code : class};
    return true;
}

int32_t mpilayer_Add_error_class(struct mpilayer *layer, uint32_t errorclass) {
    struct mpilayer_call call;
    int code;
    if (!mpilayer_call_begin(&call, layer, "MPI_Add_error_class") ||
        !mpilayer_memory_check(&call, "errorclass", errorclass, 4) ||
        !user_code_add(&call, -1, &code)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, errorclass, code);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Add_error_code(struct mpilayer *layer, int32_t errorclass, uint32_t errorcode) {
    struct mpilayer_call call;
    int code;
    if (!mpilayer_call_begin(&call, layer, "MPI_Add_error_code") ||
        !mpilayer_memory_check(&call, "errorcode", errorcode, 4)) {
        return mpilayer_call_raise(&call);
    }
    if (class_of(errorclass) != errorclass) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errorclass", "%d is not an error class",
                           errorclass);
        return mpilayer_call_raise(&call);
    }
    if (!user_code_add(&call, errorclass, &code)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_store_i32(layer, errorcode, code);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Add_error_string(struct mpilayer *layer, int32_t errorcode, uint32_t string) {
    struct mpilayer_call call;
    char text[GUEST_MPI_MAX_ERROR_STRING];
    if (!mpilayer_call_begin(&call, layer, "MPI_Add_error_string") ||
        !mpilayer_string_get(&call, "string", string, text, sizeof text, GUEST_MPI_ERR_ARG)) {
        return mpilayer_call_raise(&call);
    }
    struct user_code *user = user_code_of(errorcode);
    char *copy = user != NULL ? strdup(text) : NULL;
    if (user == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errorcode", "%d was not added by the program",
                           errorcode);
        return mpilayer_call_raise(&call);
    }
    free(user->text);
    user->text = copy;
    return GUEST_MPI_SUCCESS;
}

/* What the program added goes; numbers at the end are given again, as MPI_LASTUSEDCODE says. */
static int32_t user_code_remove(struct mpilayer *layer, const char *name, int32_t code,
                                bool is_class) {
    struct mpilayer_call call;
    struct user_code *user = user_code_of(code);
    if (!mpilayer_call_begin(&call, layer, name)) {
        return mpilayer_call_raise(&call);
    }
    bool used = false;
    for (int i = 0; user != NULL && is_class && i < user_code_count; i++) {
        used |= user_codes[i].class == code && &user_codes[i] != user;
    }
    if (user == NULL || (user->class == code) != is_class || used) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, is_class ? "errorclass" : "errorcode",
                           used ? "%d still has error codes" : "%d was not added by the program",
                           code);
        return mpilayer_call_raise(&call);
    }
    free(user->text);
    *user = (struct user_code){.class = -1};
    while (user_code_count > 0 && user_codes[user_code_count - 1].class < 0) {
        user_code_count--;
    }
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Remove_error_class(struct mpilayer *layer, int32_t errorclass) {
    return user_code_remove(layer, "MPI_Remove_error_class", errorclass, true);
}
int32_t mpilayer_Remove_error_code(struct mpilayer *layer, int32_t errorcode) {
    return user_code_remove(layer, "MPI_Remove_error_code", errorcode, false);
}

int32_t mpilayer_Remove_error_string(struct mpilayer *layer, int32_t errorcode) {
    struct mpilayer_call call;
    struct user_code *user = user_code_of(errorcode);
    if (!mpilayer_call_begin(&call, layer, "MPI_Remove_error_string") ||
        ((user == NULL || user->text == NULL) &&
         !mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errorcode",
                             "%d has no string of the program's", errorcode))) {
        return mpilayer_call_raise(&call);
    }
    free(user->text);
    user->text = NULL;
    return GUEST_MPI_SUCCESS;
}

/* ---- the guest's functions: error handlers ---- */

static int32_t errhandler_create(struct mpilayer *layer, const char *name, bool anytime,
                                 uint32_t function, uint32_t errhandler) {
    struct mpilayer_call call;
    if (!(anytime ? mpilayer_call_begin_anytime : mpilayer_call_begin)(&call, layer, name) ||
        !mpilayer_memory_check(&call, "errhandler", errhandler, 4) || !mpilayer_cells(&call)) {
        return mpilayer_call_raise(&call);
    }
    if (!mpilayer_callback_matches(layer, function, ":iii") &&
        !mpilayer_callback_matches(layer, function, ":ii")) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_ARG, "errhandler_fn",
                           "not a function of the type of an error handler");
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_errhandler *object =
        mpilayer_table_allocate(&layer->tables[MPILAYER_ERRHANDLER]);
    if (object == NULL) {
        mpilayer_call_fail(&call, GUEST_MPI_ERR_NO_MEM, NULL, "too many error handlers");
        return mpilayer_call_raise(&call);
    }
    object->function = function;
    object->handle = object->object.handle;
    object->guest_references = 1;
    mpilayer_store_i32(layer, errhandler, (int32_t)object->handle);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_create_errhandler(struct mpilayer *layer, uint32_t comm_errhandler_fn,
                                        uint32_t errhandler) {
    return errhandler_create(layer, "MPI_Comm_create_errhandler", false, comm_errhandler_fn,
                             errhandler);
}
int32_t mpilayer_Win_create_errhandler(struct mpilayer *layer, uint32_t win_errhandler_fn,
                                       uint32_t errhandler) {
    return errhandler_create(layer, "MPI_Win_create_errhandler", false, win_errhandler_fn,
                             errhandler);
}
/* The layer's memory for callbacks comes from the guest's allocator, which works at any time. */
int32_t mpilayer_Session_create_errhandler(struct mpilayer *layer, uint32_t session_errhandler_fn,
                                           uint32_t errhandler) {
    return errhandler_create(layer, "MPI_Session_create_errhandler", true, session_errhandler_fn,
                             errhandler);
}
int32_t mpilayer_File_create_errhandler(struct mpilayer *layer, uint32_t file_errhandler_fn,
                                        uint32_t errhandler) {
    return errhandler_create(layer, "MPI_File_create_errhandler", false, file_errhandler_fn,
                             errhandler);
}
int32_t mpilayer_Errhandler_create(struct mpilayer *layer, uint32_t handler_fn,
                                   uint32_t errhandler) {
    return errhandler_create(layer, "MPI_Errhandler_create", false, handler_fn, errhandler);
}

void mpilayer_errhandler_release(struct mpilayer *layer, struct mpilayer_errhandler *errhandler) {
    if (!errhandler->predefined) {
        mpilayer_object_release(&layer->tables[MPILAYER_ERRHANDLER], &errhandler->object);
    }
}

void mpilayer_errhandler_assign(struct mpilayer *layer, struct mpilayer_comm *comm,
                                struct mpilayer_errhandler *errhandler) {
    struct mpilayer_errhandler *old = comm->errhandler;
    if (!errhandler->predefined) {
        mpilayer_object_reference(&errhandler->object);
    }
    comm->errhandler = errhandler;
    if (old != NULL) {
        mpilayer_errhandler_release(layer, old);
    }
}

/* What has the error handler: a communicator, or the one that stands for a window, session or file;
 * what stands for MPI_FILE_NULL has the one of files to come. */
static bool get_handled(struct mpilayer_call *call, enum mpilayer_class of, uint32_t handle,
                        struct mpilayer_comm **out) {
    struct mpilayer_win *win;
    struct mpilayer_session *session;
    if (of == MPILAYER_COMM) {
        return mpilayer_comm_get(call, "comm", handle, out);
    }
    if (of == MPILAYER_SESSION) {
        if (!mpilayer_session_get(call, "session", handle, &session)) {
            return false;
        }
        *out = session->comm;
        return true;
    }
    if (of == MPILAYER_FILE) {
        struct mpilayer_file *file = NULL;
        if (handle != GUEST_MPI_FILE_NULL && !mpilayer_file_get(call, "file", handle, &file)) {
            return false;
        }
        *out = call->comm = file != NULL ? file->comm : call->layer->no_file;
        return true;
    }
    if (!mpilayer_win_get(call, "win", handle, &win)) {
        return false;
    }
    *out = win->comm;
    return true;
}

static int32_t errhandler_set(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                              uint32_t handle, uint32_t errhandler) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    struct mpilayer_errhandler *errhandler_object;
    if (!mpilayer_call_begin(&call, layer, name) || !get_handled(&call, of, handle, &comm_object) ||
        !mpilayer_errhandler_get(&call, "errhandler", errhandler, &errhandler_object)) {
        return mpilayer_call_raise(&call);
    }
    mpilayer_errhandler_assign(layer, comm_object, errhandler_object);
    comm_object->errhandler_is_initial = false;
    layer->self_errhandler_set |= comm_object == layer->self;
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_set_errhandler(struct mpilayer *layer, uint32_t comm, uint32_t errhandler) {
    return errhandler_set(layer, "MPI_Comm_set_errhandler", MPILAYER_COMM, comm, errhandler);
}
int32_t mpilayer_Win_set_errhandler(struct mpilayer *layer, uint32_t win, uint32_t errhandler) {
    return errhandler_set(layer, "MPI_Win_set_errhandler", MPILAYER_WIN, win, errhandler);
}
int32_t mpilayer_Session_set_errhandler(struct mpilayer *layer, uint32_t session,
                                        uint32_t errhandler) {
    return errhandler_set(layer, "MPI_Session_set_errhandler", MPILAYER_SESSION, session,
                          errhandler);
}
int32_t mpilayer_File_set_errhandler(struct mpilayer *layer, uint32_t file, uint32_t errhandler) {
    return errhandler_set(layer, "MPI_File_set_errhandler", MPILAYER_FILE, file, errhandler);
}
int32_t mpilayer_Errhandler_set(struct mpilayer *layer, uint32_t comm, uint32_t errhandler) {
    return errhandler_set(layer, "MPI_Errhandler_set", MPILAYER_COMM, comm, errhandler);
}

static int32_t errhandler_of(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                             uint32_t handle, uint32_t errhandler) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    if (!mpilayer_call_begin(&call, layer, name) || !get_handled(&call, of, handle, &comm_object) ||
        !mpilayer_memory_check(&call, "errhandler", errhandler, 4)) {
        return mpilayer_call_raise(&call);
    }
    struct mpilayer_errhandler *object = comm_object->errhandler;
    if (!object->predefined) {
        /* One more for the guest to free; it may have freed the handle it had. */
        object->guest_references++;
        mpilayer_object_show(&object->object, object->handle);
        mpilayer_object_reference(&object->object);
    }
    mpilayer_store_i32(layer, errhandler, (int32_t)object->object.handle);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_get_errhandler(struct mpilayer *layer, uint32_t comm, uint32_t errhandler) {
    return errhandler_of(layer, "MPI_Comm_get_errhandler", MPILAYER_COMM, comm, errhandler);
}
int32_t mpilayer_Win_get_errhandler(struct mpilayer *layer, uint32_t win, uint32_t errhandler) {
    return errhandler_of(layer, "MPI_Win_get_errhandler", MPILAYER_WIN, win, errhandler);
}
int32_t mpilayer_Session_get_errhandler(struct mpilayer *layer, uint32_t session,
                                        uint32_t errhandler) {
    return errhandler_of(layer, "MPI_Session_get_errhandler", MPILAYER_SESSION, session,
                         errhandler);
}
int32_t mpilayer_File_get_errhandler(struct mpilayer *layer, uint32_t file, uint32_t errhandler) {
    return errhandler_of(layer, "MPI_File_get_errhandler", MPILAYER_FILE, file, errhandler);
}
int32_t mpilayer_Errhandler_get(struct mpilayer *layer, uint32_t comm, uint32_t errhandler) {
    return errhandler_of(layer, "MPI_Errhandler_get", MPILAYER_COMM, comm, errhandler);
}

static int32_t errhandler_call(struct mpilayer *layer, const char *name, enum mpilayer_class of,
                               uint32_t handle, int32_t errorcode) {
    struct mpilayer_call call;
    struct mpilayer_comm *comm_object;
    if (!mpilayer_call_begin(&call, layer, name) || !get_handled(&call, of, handle, &comm_object)) {
        return mpilayer_call_raise(&call);
    }
    snprintf(layer->last_message, sizeof layer->last_message,
             "%s: called by the program with code %d", name, errorcode);
    mpilayer_error_dispatch(layer, comm_object, errorcode);
    return GUEST_MPI_SUCCESS;
}

int32_t mpilayer_Comm_call_errhandler(struct mpilayer *layer, uint32_t comm, int32_t errorcode) {
    return errhandler_call(layer, "MPI_Comm_call_errhandler", MPILAYER_COMM, comm, errorcode);
}
int32_t mpilayer_Win_call_errhandler(struct mpilayer *layer, uint32_t win, int32_t errorcode) {
    return errhandler_call(layer, "MPI_Win_call_errhandler", MPILAYER_WIN, win, errorcode);
}
int32_t mpilayer_File_call_errhandler(struct mpilayer *layer, uint32_t fh, int32_t errorcode) {
    return errhandler_call(layer, "MPI_File_call_errhandler", MPILAYER_FILE, fh, errorcode);
}

int32_t mpilayer_Session_call_errhandler(struct mpilayer *layer, uint32_t session,
                                         int32_t errorcode) {
    return errhandler_call(layer, "MPI_Session_call_errhandler", MPILAYER_SESSION, session,
                           errorcode);
}

int32_t mpilayer_Errhandler_free(struct mpilayer *layer, uint32_t errhandler) {
    struct mpilayer_call call;
    struct mpilayer_errhandler *object;
    if (!mpilayer_call_begin(&call, layer, "MPI_Errhandler_free") ||
        !mpilayer_memory_check(&call, "errhandler", errhandler, 4) ||
        !mpilayer_errhandler_get(&call, "errhandler",
                                 (uint32_t)mpilayer_load_i32(layer, errhandler), &object)) {
        return mpilayer_call_raise(&call);
    }
    if (!object->predefined) {
        if (--object->guest_references == 0) {
            mpilayer_object_hide(&object->object);
        }
        mpilayer_errhandler_release(layer, object);
    }
    mpilayer_store_i32(layer, errhandler, GUEST_MPI_ERRHANDLER_NULL);
    return GUEST_MPI_SUCCESS;
}
