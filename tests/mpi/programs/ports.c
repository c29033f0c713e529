/*
 * ports.c - two processes meet by a port, as two jobs would. Some MPIs have none: then both say so.
 * run.py: ranks 2
 * run.py: options --allow-ports
 */
#include "report.h"

int main(int argc, char **argv) {
    char port[MPI_MAX_PORT_NAME] = "";
    MPI_Comm other;
    int value = -1, size = -1;
    start(&argc, &argv);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    int code = MPI_Open_port(MPI_INFO_NULL, port);
    if (code != MPI_SUCCESS) {
        report("this MPI has no ports: %s", class_name(code));
        finish();
        return 0;
    }
    if (rank == 0) {
        report("a port: %d", port[0] != '\0');
        MPI_Send(port, MPI_MAX_PORT_NAME, MPI_CHAR, 1, 1, MPI_COMM_WORLD);
        MPI_Comm_accept(port, MPI_INFO_NULL, 0, MPI_COMM_SELF, &other);
        value = 42;
        MPI_Send(&value, 1, MPI_INT, 0, 2, other);
    } else {
        MPI_Close_port(port);
        MPI_Recv(port, MPI_MAX_PORT_NAME, MPI_CHAR, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Comm_connect(port, MPI_INFO_NULL, 0, MPI_COMM_SELF, &other);
        MPI_Recv(&value, 1, MPI_INT, 0, 2, other, MPI_STATUS_IGNORE);
    }
    MPI_Comm_remote_size(other, &size);
    report("remote size %d, value %d", size, value);
    MPI_Comm_disconnect(&other);
    if (rank == 0) MPI_Close_port(port);
    report("disconnected: %d", other == MPI_COMM_NULL);
    finish();
    return 0;
}
