/*
 * spawn.c - starting processes, and what parents and children tell each other.
 * Some MPIs cannot: then both say so. run.py: ranks 1,2
 * run.py: options --allow-spawn --dir={work}
 */
#include "report.h"

/* What a child does: tell its arguments, take part in what the parents do. */
static int child(MPI_Comm parent, int argc, char **argv) {
    char text[256] = "", name[MPI_MAX_OBJECT_NAME];
    int me, siblings, length, sum, value;
    MPI_Comm all, again;
    MPI_Comm_get_parent(&again);
    MPI_Comm_rank(MPI_COMM_WORLD, &me);
    MPI_Comm_size(MPI_COMM_WORLD, &siblings);
    MPI_Comm_get_name(parent, name, &length);
    snprintf(text, sizeof text, "%d of %d, parent again: %d %s:", me, siblings, again == parent,
             name);
    for (int i = 1; i < argc; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " <%s>", argv[i]);
    MPI_Send(text, (int)strlen(text) + 1, MPI_CHAR, 0, 1, parent);
    MPI_Intercomm_merge(parent, 1, &all);
    value = 100 + me;
    MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, all);
    MPI_Comm_free(&all);
    MPI_Comm_disconnect(&parent);
    MPI_Comm_get_parent(&again);
    MPI_Finalize();
    return again == MPI_COMM_NULL ? 0 : 1;
}

static void meet(const char *what, MPI_Comm children) {
    int size, inter, value = rank, sum, all_size;
    MPI_Comm all;
    MPI_Comm_remote_size(children, &size);
    MPI_Comm_test_inter(children, &inter);
    report("%s: %d children, inter %d", what, size, inter);
    for (int i = 0; i < size && rank == 0; i++) {
        char text[256];
        MPI_Recv(text, sizeof text, MPI_CHAR, i, 1, children, MPI_STATUS_IGNORE);
        report("%s: %s", what, text);
    }
    MPI_Intercomm_merge(children, 0, &all);
    MPI_Comm_size(all, &all_size);
    MPI_Allreduce(&value, &sum, 1, MPI_INT, MPI_SUM, all);
    report("%s: together %d, sum %d", what, all_size, sum);
    MPI_Comm_free(&all);
    MPI_Comm_disconnect(&children);
    report("%s: disconnected %d", what, children == MPI_COMM_NULL);
}

int main(int argc, char **argv) {
    MPI_Comm parent, children;
    int codes[3] = {-1, -1, -1};
    start(&argc, &argv);
    MPI_Comm_get_parent(&parent);
    if (parent != MPI_COMM_NULL) return child(parent, argc, argv);

    char *words[] = {"first", "second word", "--third", "", NULL};
    /* Significant at the root alone. */
    int root = ranks - 1, at_root = rank == root;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    int code =
        MPI_Comm_spawn(at_root ? argv[0] : "no such program", at_root ? words : MPI_ARGV_NULL,
                       at_root ? 2 : -7, MPI_INFO_NULL, root, MPI_COMM_WORLD, &children, codes);
    if (code != MPI_SUCCESS) {
        report("this MPI cannot start processes: %s", class_name(code));
        finish();
        return 0;
    }
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_ARE_FATAL);
    if (at_root) report_ints("codes", codes, 3); /* Open MPI sets them there alone */
    meet("spawn", children);

    char *commands[] = {argv[0], argv[0]};
    char *one[] = {"one", NULL}, *none[] = {NULL}, **arguments[] = {one, none};
    int processes[] = {1, 1};
    MPI_Info infos[] = {MPI_INFO_NULL, MPI_INFO_NULL};
    MPI_Comm_spawn_multiple(2, commands, arguments, processes, infos, 0, MPI_COMM_WORLD, &children,
                            MPI_ERRCODES_IGNORE);
    meet("multiple", children);
    finish();
    return 0;
}
