/*
 * Sessions without and with MPI_Init: process sets, groups, communicators, error handlers. Native
 * MPIs are asked the same of MPI_COMM_WORLD, so that what sessions have to give is what they print.
 *
 * run.py: ranks 1,2,3
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say(MPI_Comm comm, const char *text) {
    char all[64][200], line[200];
    int rank, size;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &size);
    memset(line, 0, sizeof line);
    snprintf(line, sizeof line, "[%d] %s", rank, text);
    MPI_Gather(line, sizeof line, MPI_CHAR, all, sizeof line, MPI_CHAR, 0, comm);
    for (int i = 0; rank == 0 && i < size; i++)
        printf("%s\n", all[i]);
    fflush(stdout);
}

#if defined(__wasm__)

static int handled;
static void handler(MPI_Session *session, int *code, ...) {
    handled += *session != MPI_SESSION_NULL && *code != MPI_SUCCESS;
}

static MPI_Comm world_of(MPI_Session session, const char *tag) {
    MPI_Group group;
    MPI_Comm comm;
    MPI_Group_from_session_pset(session, "mpi://WORLD", &group);
    MPI_Comm_create_from_group(group, tag, MPI_INFO_NULL, MPI_ERRORS_RETURN, &comm);
    MPI_Group_free(&group);
    return comm;
}

/* Everything that needs no world. */
static void without_world(void) {
    MPI_Session session, second;
    MPI_Info info;
    MPI_Errhandler errhandler;
    char name[64], line[200];
    int flag, count, length = 0, sum, rank, size;
    MPI_Initialized(&flag);
    MPI_Info_create(&info);
    MPI_Info_set(info, "thread_level", "MPI_THREAD_SINGLE");
    MPI_Session_create_errhandler(handler, &errhandler);
    MPI_Session_init(info, errhandler, &session);
    MPI_Info_free(&info);
    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &second);
    MPI_Comm comm = world_of(session, "org.example.first");
    snprintf(line, sizeof line, "initialized before: %d", flag);
    say(comm, line);
    MPI_Initialized(&flag);
    snprintf(line, sizeof line, "initialized by sessions: %d", flag);
    say(comm, line);
    MPI_Session_get_num_psets(session, MPI_INFO_NULL, &count);
    MPI_Session_get_nth_pset(session, MPI_INFO_NULL, 0, &length, NULL);
    snprintf(line, sizeof line, "process sets: %d, the first name has %d bytes", count >= 2,
             length);
    say(comm, line);
    MPI_Session_get_nth_pset(session, MPI_INFO_NULL, 1, &(int){sizeof name}, name);
    MPI_Session_get_pset_info(session, "mpi://WORLD", &info);
    char value[16];
    int buffer = sizeof value;
    MPI_Info_get_string(info, "mpi_size", &buffer, value, &flag);
    MPI_Info_free(&info);
    MPI_Comm_size(comm, &size);
    snprintf(line, sizeof line, "%s, %d, size %d", name, flag, atoi(value) == size);
    say(comm, line);
    MPI_Comm_rank(comm, &rank);
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, comm);
    snprintf(line, sizeof line, "sum of ranks %d", sum);
    say(comm, line);

    /* Errors go to the session's handler. */
    MPI_Group group;
    int code = MPI_Group_from_session_pset(session, "mpi://NOWHERE", &group);
    snprintf(line, sizeof line, "no such set: %d, handled %d", code != MPI_SUCCESS, handled);
    say(comm, line);
    MPI_Session_call_errhandler(session, MPI_ERR_OTHER);
    snprintf(line, sizeof line, "handled %d", handled);
    say(comm, line);
    MPI_Errhandler_free(&errhandler);

    /* Two halves of the world, and an intercommunicator between them. */
    int color = rank % 2;
    if (size > 1) {
        MPI_Group all, halves[2];
        MPI_Comm inter;
        int others;
        MPI_Group_from_session_pset(second, "mpi://WORLD", &all);
        for (int half = 0; half < 2; half++) {
            int list[64], n = 0;
            for (int i = half; i < size; i += 2)
                list[n++] = i;
            MPI_Group_incl(all, n, list, &halves[half]);
        }
        MPI_Intercomm_create_from_groups(halves[color], 0, halves[1 - color], 0,
                                         "org.example.inter", MPI_INFO_NULL, MPI_ERRORS_RETURN,
                                         &inter);
        MPI_Comm_remote_size(inter, &others);
        MPI_Group_free(&all);
        MPI_Group_free(&halves[0]);
        MPI_Group_free(&halves[1]);
        MPI_Comm_disconnect(&inter);
        snprintf(line, sizeof line, "on the other side: %d", others);
    } else {
        snprintf(line, sizeof line, "alone");
    }
    say(comm, line);
    MPI_Comm_free(&comm);
    MPI_Session_finalize(&second);
    MPI_Session_finalize(&session);
}

int main(int argc, char **argv) {
    MPI_Session session;
    int flag;
    char line[200];
    without_world();
    without_world(); /* again: MPI goes on */
    MPI_Init(&argc, &argv);
    MPI_Session_init(MPI_INFO_NULL, MPI_ERRORS_RETURN, &session);
    MPI_Comm comm = world_of(session, "org.example.last");
    MPI_Finalize();
    MPI_Finalized(&flag);
    snprintf(line, sizeof line, "after MPI_Finalize: %d", flag);
    say(comm, line);
    MPI_Comm_free(&comm);
    MPI_Session_finalize(&session);
    return 0;
}

#else

int main(int argc, char **argv) {
    char line[200];
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (int round = 0; round < 2; round++) {
        say(MPI_COMM_WORLD, "initialized before: 0");
        say(MPI_COMM_WORLD, "initialized by sessions: 0");
        say(MPI_COMM_WORLD, "process sets: 1, the first name has 12 bytes");
        say(MPI_COMM_WORLD, "mpi://SELF, 1, size 1");
        snprintf(line, sizeof line, "sum of ranks %d", size * (size - 1) / 2);
        say(MPI_COMM_WORLD, line);
        snprintf(line, sizeof line, "no such set: 1, handled %d", 1 + 2 * round);
        say(MPI_COMM_WORLD, line);
        snprintf(line, sizeof line, "handled %d", 2 + 2 * round);
        say(MPI_COMM_WORLD, line);
        if (size > 1)
            snprintf(line, sizeof line, "on the other side: %d",
                     rank % 2 == 0 ? size / 2 : (size + 1) / 2);
        else
            snprintf(line, sizeof line, "alone");
        say(MPI_COMM_WORLD, line);
    }
    say(MPI_COMM_WORLD, "after MPI_Finalize: 1");
    MPI_Finalize();
    return 0;
}

#endif
