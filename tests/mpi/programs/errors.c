/*
 * errors.c - error classes of wrong calls, error handlers of the program's own, classes and codes
 * that it adds.
 */
#include "report.h"

static int handled, last_class;

static void handler(MPI_Comm *comm, int *code, ...) {
    handled++;
    MPI_Error_class(*code, &last_class);
    if (*comm == MPI_COMM_WORLD) handled += 100;
}

/* Many programs register a function without the dots. */
static void plain_handler(MPI_Comm *comm, int *code) {
    handled += 1000;
}

#define TRY(call) report("%s: %s", #call, class_name(call))

static void classes(void) {
    int value = 0, wrong = -5;
    MPI_Request request = MPI_REQUEST_NULL;
    MPI_Datatype type;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    TRY(MPI_Send(&value, 1, MPI_INT, ranks, 1, MPI_COMM_WORLD));
    TRY(MPI_Send(&value, 1, MPI_INT, wrong, 1, MPI_COMM_WORLD));
    TRY(MPI_Send(&value, -1, MPI_INT, 0, 1, MPI_COMM_WORLD));
    TRY(MPI_Send(&value, 1, MPI_INT, 0, -7, MPI_COMM_WORLD));
    TRY(MPI_Send(&value, 1, MPI_DATATYPE_NULL, 0, 1, MPI_COMM_WORLD));
    TRY(MPI_Send(&value, 1, MPI_INT, 0, 1, MPI_COMM_NULL));
    TRY(MPI_Recv(&value, 1, MPI_INT, ranks, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    TRY(MPI_Bcast(&value, 1, MPI_INT, ranks, MPI_COMM_WORLD));
    TRY(MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT, MPI_OP_NULL, MPI_COMM_WORLD));
    TRY(MPI_Comm_free(&(MPI_Comm){MPI_COMM_NULL}));
    TRY(MPI_Intercomm_create(MPI_COMM_WORLD, 0, MPI_COMM_WORLD, ranks, 1, NULL));
    MPI_Type_contiguous(2, MPI_INT, &type);
    TRY(MPI_Send(&value, 1, type, 0, 1, MPI_COMM_WORLD));
    MPI_Type_free(&type);
    TRY(MPI_Start(&request));

    /* A message that is longer than the receive. */
    int two[2] = {1, 2};
    MPI_Isend(two, 2, MPI_INT, rank, 3, MPI_COMM_WORLD, &request);
    int code = MPI_Recv(&value, 1, MPI_INT, rank, 3, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    report("truncated: %s", class_name(code));
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

/* An array of requests of which one fails; the persistent one can be started again. */
static void failing_array(void) {
    int two[2] = {1, 2}, in = 0, other = 0, code;
    MPI_Request requests[3];
    MPI_Status statuses[3];
    MPI_Recv_init(&in, 1, MPI_INT, rank, 4, MPI_COMM_WORLD, &requests[0]);
    MPI_Irecv(&other, 1, MPI_INT, rank, 5, MPI_COMM_WORLD, &requests[1]);
    requests[2] = MPI_REQUEST_NULL;
    MPI_Start(&requests[0]);
    MPI_Request sends[2];
    MPI_Isend(two, 2, MPI_INT, rank, 4, MPI_COMM_WORLD, &sends[0]);
    MPI_Isend(two, 1, MPI_INT, rank, 5, MPI_COMM_WORLD, &sends[1]);
    code = MPI_Waitall(3, requests, statuses);
    report("in status: %d", class_name(code)[0] == 'a' && code != MPI_SUCCESS);
    report("first: %s", class_name(statuses[0].MPI_ERROR));
    report("gone: %d %d", requests[1] == MPI_REQUEST_NULL, other);
    MPI_Waitall(2, sends, MPI_STATUSES_IGNORE);
    MPI_Isend(two + 1, 1, MPI_INT, rank, 4, MPI_COMM_WORLD, &sends[0]);
    report("again: %s", class_name(MPI_Start(&requests[0])));
    code = MPI_Wait(&requests[0], MPI_STATUS_IGNORE);
    report("and: %s, %d", class_name(code), in);
    MPI_Wait(&sends[0], MPI_STATUS_IGNORE);
    MPI_Request_free(&requests[0]);
}

/* Of an array that is done, one failed. */
static void failing_test(void) {
    int two[2] = {1, 2}, in[2], flag = 0, code;
    MPI_Request requests[2], sends[2];
    MPI_Status statuses[2];
    MPI_Irecv(&in[0], 1, MPI_INT, rank, 4, MPI_COMM_WORLD, &requests[0]);
    MPI_Irecv(&in[1], 1, MPI_INT, rank, 5, MPI_COMM_WORLD, &requests[1]);
    MPI_Isend(two, 2, MPI_INT, rank, 4, MPI_COMM_WORLD, &sends[0]);
    MPI_Isend(two, 1, MPI_INT, rank, 5, MPI_COMM_WORLD, &sends[1]);
    MPI_Waitall(2, sends, MPI_STATUSES_IGNORE);
    do {
        code = MPI_Testall(2, requests, &flag, statuses);
    } while (code == MPI_SUCCESS && !flag);
    report("tested: %d %d", code != MPI_SUCCESS, flag);
}

/* MPICH alone finds the same buffer in all of both sides, returns what a handler leaves, and does
 * without the datatype of nothing. */
static void forget(MPI_Comm *comm, int *code, ...) {
    (void)comm;
    *code = 0;
}

static void aliases(void) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, *buffer = calloc((size_t)ranks, sizeof *buffer);
    int *counts = calloc((size_t)ranks, sizeof *counts), *places = calloc((size_t)ranks, 4);
    MPI_Datatype *types = calloc((size_t)ranks, sizeof(MPI_Datatype));
    MPI_Errhandler forgetful;
    MPI_Get_library_version(version, &length);
    for (int i = 0; i < ranks; i++) {
        counts[i] = 1;
        places[i] = i;
        types[i] = MPI_INT;
    }
    if (strstr(version, "MPICH") != NULL) {
        TRY(MPI_Alltoallv(buffer, counts, places, MPI_INT, buffer, counts, places, MPI_INT,
                          MPI_COMM_WORLD));
        TRY(MPI_Alltoallw(buffer, counts, places, types, buffer, counts, places, types,
                          MPI_COMM_WORLD));
        TRY(MPI_Sendrecv(NULL, 0, MPI_DATATYPE_NULL, rank, 1, NULL, 0, MPI_DATATYPE_NULL, rank, 1,
                         MPI_COMM_WORLD, MPI_STATUS_IGNORE));
        TRY(MPI_Send(NULL, 0, MPI_DATATYPE_NULL, MPI_PROC_NULL, 1, MPI_COMM_WORLD));
        MPI_Comm cart = MPI_COMM_WORLD;
        length = MPI_Cart_create(MPI_COMM_WORLD, 1, (int[]){ranks + 1}, counts, 0, &cart);
        report("none: %d %d", length != MPI_SUCCESS, cart == MPI_COMM_NULL);
        MPI_Comm_create_errhandler(forget, &forgetful);
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, forgetful);
        MPI_Errhandler_free(&forgetful);
        TRY(MPI_Send(&length, -1, MPI_INT, rank, 4, MPI_COMM_WORLD));
        MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    }
    free(types);
    free(places);
    free(counts);
    free(buffer);
}

static void handlers(void) {
    MPI_Errhandler mine, plain, again;
    MPI_Comm comm, inherited;
    int value = 0;
    MPI_Comm_create_errhandler(handler, &mine);
    MPI_Comm_create_errhandler((MPI_Comm_errhandler_function *)(void *)plain_handler, &plain);
    MPI_Comm_dup(MPI_COMM_WORLD, &comm);
    MPI_Comm_set_errhandler(comm, mine);
    int code = MPI_Send(&value, 1, MPI_INT, ranks + 3, 1, comm);
    report("own handler: %d, %s", handled, class_name(code));
    MPI_Comm_dup(comm, &inherited);
    MPI_Send(&value, 1, MPI_INT, 0, -9, inherited);
    report("inherited: %d, %d", handled, last_class == MPI_ERR_TAG);
    MPI_Comm_get_errhandler(comm, &again);
    report("the same: %d", again == mine);
    MPI_Errhandler_free(&again);
    MPI_Errhandler_free(&mine);
    report("freed: %d", mine == MPI_ERRHANDLER_NULL);
    MPI_Send(&value, -1, MPI_INT, 0, 1, comm);
    report("still there: %d, %d", handled, last_class == MPI_ERR_COUNT);
    MPI_Comm_call_errhandler(comm, MPI_ERR_OP);
    report("called: %d, %d", handled, last_class == MPI_ERR_OP);
    MPI_Comm_set_errhandler(comm, plain);
    MPI_Send(&value, -1, MPI_INT, 0, 1, comm);
    report("plain: %d", handled);
    MPI_Errhandler_free(&plain);
    MPI_Comm_get_errhandler(MPI_COMM_SELF, &again);
    report("default: %d", again == MPI_ERRORS_ARE_FATAL);
    MPI_Comm_free(&comm);
    MPI_Comm_free(&inherited);
}

static void additions(void) {
    int added, code, class_of_code, length, flag, *last;
    char text[MPI_MAX_ERROR_STRING];
    MPI_Add_error_class(&added);
    MPI_Add_error_code(added, &code);
    MPI_Add_error_string(added, "a class of our own");
    MPI_Add_error_string(code, "a code of our own");
    MPI_Error_class(code, &class_of_code);
    report("class of the code: %d", class_of_code == added);
    MPI_Error_string(code, text, &length);
    report("%s %d", text, length);
    MPI_Error_string(added, text, &length);
    report("%s %d", text, length);
    report("above the last: %d", added > MPI_ERR_LASTCODE);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
    report("last used: %d", flag && *last >= added);
    MPI_Error_string(MPI_ERR_RANK, text, &length);
    report("a text: %d", length > 0 && (int)strlen(text) == length);
}

/* MPICH gives what fails where no handler was ever set to that of MPI_COMM_WORLD, as it is then. */
static void initial_handler(void) {
    char version[MPI_MAX_LIBRARY_VERSION_STRING];
    int length;
    MPI_Comm comm, copy;
    MPI_Get_library_version(version, &length);
    if (strstr(version, "MPICH") == NULL) return;
    MPI_Comm_split(MPI_COMM_WORLD, 0, 0, &comm);
    MPI_Comm_dup(comm, &copy);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    TRY(MPI_Barrier(MPI_COMM_NULL));
    TRY(MPI_Comm_dup(comm, NULL));
    TRY(MPI_Comm_dup(copy, NULL));
    TRY(MPI_Comm_dup(MPI_COMM_SELF, NULL));
    MPI_Comm_free(&copy);
    MPI_Comm_free(&comm);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
}

int main(int argc, char **argv) {
    start(&argc, &argv);
    classes();
    failing_array();
    failing_test();
    aliases();
    handlers();
    additions();
    initial_handler();
    finish();
    return 0;
}
