/* Objects and bytes without end, that a program has outside its memory: at some number they are
 * refused by an error's class, what there is stays usable, and what is freed is there again. One
 * rank asks, the other waits. Exit code: the number of failures. */
#include "expect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = (1 << 18) + 16 };

static void *objects[MOST];

static int callback_copy(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag) {
    return MPI_SUCCESS;
}
static int callback_delete(MPI_Comm comm, int keyval, void *value, void *extra) {
    return MPI_SUCCESS;
}
static void handler(MPI_Comm *comm, int *code, ...) {
}
static void operator(void *in, void *inout, int *length, MPI_Datatype *type) {
}
static int query(void *state, MPI_Status *status) {
    MPI_Status_set_elements(status, MPI_BYTE, 0);
    MPI_Status_set_cancelled(status, 0);
    return MPI_SUCCESS;
}
static int release(void *state) {
    return MPI_SUCCESS;
}
static int cancel(void *state, int complete) {
    return MPI_SUCCESS;
}

#define MAKES(name, type, make, free)                                                              \
    static int make_##name(int i) {                                                                \
        type object;                                                                               \
        int code = make;                                                                           \
        if (code == MPI_SUCCESS) objects[i] = (void *)(size_t)object;                              \
        return code;                                                                               \
    }                                                                                              \
    static int free_##name(int i) {                                                                \
        type object = (type)(size_t)objects[i];                                                    \
        return free;                                                                               \
    }

static MPI_Group world;
MAKES(info, MPI_Info, MPI_Info_create(&object), MPI_Info_free(&object))
MAKES(group, MPI_Group, MPI_Group_incl(world, 1, &(int){1}, &object), MPI_Group_free(&object))
MAKES(handler, MPI_Errhandler, MPI_Comm_create_errhandler(handler, &object),
      MPI_Errhandler_free(&object))
MAKES(operator, MPI_Op, MPI_Op_create(operator, 1, &object), MPI_Op_free(&object))
MAKES(keyval, int, MPI_Comm_create_keyval(callback_copy, callback_delete, &object, NULL),
      MPI_Comm_free_keyval(&object))
MAKES(type, MPI_Datatype, MPI_Type_contiguous(3, MPI_INT, &object), MPI_Type_free(&object))
MAKES(session, MPI_Session, MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &object),
      MPI_Session_finalize(&object))
MAKES(request, MPI_Request, MPI_Grequest_start(query, release, cancel, NULL, &object),
      (MPI_Grequest_complete(object), MPI_Wait(&object, MPI_STATUS_IGNORE)))

/* Make `least` or more, until it fails for want of room; free them; make one again. */
static void exhaust(const char *what, int (*make)(int), int (*free_it)(int), int least,
                    int at_most) {
    int n = 0, class = MPI_SUCCESS;
    while (n < at_most && (class = make(n)) == MPI_SUCCESS) {
        n++;
    }
    if (class != MPI_SUCCESS) MPI_Error_class(class, &class);
    if (n < least || (n < at_most && class != MPI_ERR_NO_MEM)) {
        failures++;
        fprintf(stderr, "%s: class %d after %d\n", what, class, n);
    }
    if (n == MOST) {
        failures++;
        fprintf(stderr, "%s: no end after %d\n", what, n);
    }
    for (int i = 0; i < n; i++) {
        failures += free_it(i) != MPI_SUCCESS;
    }
    WORKS(make(0));
    WORKS(free_it(0));
}

/* Values in as many objects as it takes. */
static void info_bytes(void) {
    static char value[MPI_MAX_INFO_VAL];
    int n = 0, code = MPI_SUCCESS;
    memset(value, 'v', sizeof value - 1);
    while (n < 1 << 16 && code == MPI_SUCCESS && make_info(n) == MPI_SUCCESS) {
        n++;
        for (int key = 0; key < 64 && code == MPI_SUCCESS; key++) {
            char name[8];
            snprintf(name, sizeof name, "k%d", key);
            code = MPI_Info_set((MPI_Info)objects[n - 1], name, value);
        }
    }
    FAILS(MPI_ERR_NO_MEM, code);
    for (int i = 0; i < n; i++) {
        free_info(i);
    }
    make_info(0);
    WORKS(MPI_Info_set((MPI_Info)objects[0], "key", value));
    free_info(0);
}

/* Messages that nobody receives, in a buffer without a size. */
static void buffered(void) {
    enum { BYTES = 8 << 20 };
    char *data = malloc(BYTES);
    int n = 0, code = MPI_SUCCESS, size;
    void *at;
    memset(data, 1, BYTES);
    WORKS(MPI_Buffer_attach(MPI_BUFFER_AUTOMATIC, 0));
    while (n < 1000 &&
           (code = MPI_Bsend(data, BYTES, MPI_BYTE, 0, 0, MPI_COMM_SELF)) == MPI_SUCCESS) {
        n++;
    }
    FAILS(MPI_ERR_BUFFER, code);
    for (int i = 0; i < n; i++) {
        WORKS(MPI_Recv(data, BYTES, MPI_BYTE, 0, 0, MPI_COMM_SELF, MPI_STATUS_IGNORE));
    }
    WORKS(MPI_Bsend(data, BYTES, MPI_BYTE, 0, 0, MPI_COMM_SELF));
    WORKS(MPI_Recv(data, BYTES, MPI_BYTE, 0, 0, MPI_COMM_SELF, MPI_STATUS_IGNORE));
    WORKS(MPI_Buffer_detach(&at, &size));
    free(data);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    if (rank == 0) {
        exhaust("info", make_info, free_info, 60000, MOST);
        exhaust("group", make_group, free_group, 60000, MOST);
        exhaust("error handler", make_handler, free_handler, 60000, MOST);
        exhaust("operator", make_operator, free_operator, 60000, MOST);
        exhaust("keyval", make_keyval, free_keyval, 60000, MOST);
        exhaust("session", make_session, free_session, 60000, MOST);
        exhaust("datatype", make_type, free_type, 60000, MOST);
        exhaust("request", make_request, free_request, 20000, 20000);
        info_bytes();
        buffered();
    }
    MPI_Group_free(&world);
    MPI_Allreduce(MPI_IN_PLACE, &failures, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    if (rank == 0 && failures == 0) printf("all refused\n");
    MPI_Finalize();
    return failures != 0;
}
