/*
 * report.h - how the programs of this folder tell what they found: lines, each with the rank in
 * front, kept until the end and printed by rank 0 (launchers mix lines of several ranks). The
 * driver compares the lines of the native build and of the module, so nothing may be printed that
 * differs between platforms (sizes of long, addresses).
 */
#ifndef REPORT_H
#define REPORT_H

#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int rank, ranks;
static char *reported;
static int reported_length, reported_room;

static inline void start(int *argc, char ***argv) {
    MPI_Init(argc, argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
}

static inline void report(const char *format, ...) {
    char line[4096];
    int used = snprintf(line, sizeof line, "[%d] ", rank);
    va_list arguments;
    va_start(arguments, format);
    used += vsnprintf(line + used, sizeof line - 2 - (size_t)used, format, arguments);
    va_end(arguments);
    if (used > (int)sizeof line - 2) used = (int)sizeof line - 2;
    line[used++] = '\n';
    if (reported_length + used > reported_room) {
        reported_room = 2 * reported_room + (int)sizeof line;
        reported = realloc(reported, (size_t)reported_room);
    }
    memcpy(reported + reported_length, line, (size_t)used);
    reported_length += used;
}

/* Print what all ranks reported, and end MPI. */
static inline void finish(void) {
    enum { TAG = 31000 };
    if (rank != 0) {
        MPI_Send(reported, reported_length, MPI_CHAR, 0, TAG, MPI_COMM_WORLD);
    } else {
        fwrite(reported, 1, (size_t)reported_length, stdout);
        for (int i = 1; i < ranks; i++) {
            MPI_Status status;
            int length;
            MPI_Probe(i, TAG, MPI_COMM_WORLD, &status);
            MPI_Get_count(&status, MPI_CHAR, &length);
            char *text = malloc((size_t)length + 1);
            MPI_Recv(text, length, MPI_CHAR, i, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            fwrite(text, 1, (size_t)length, stdout);
            free(text);
        }
        fflush(stdout);
    }
    free(reported);
    MPI_Finalize();
}

/* "name: 1 2 3" */
static inline void report_ints(const char *name, const int *values, int count) {
    char line[4000];
    int used = snprintf(line, sizeof line, "%s:", name);
    for (int i = 0; i < count && used < 3900; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %d", values[i]);
    report("%s", line);
}

static inline void report_doubles(const char *name, const double *values, int count) {
    char line[4000];
    int used = snprintf(line, sizeof line, "%s:", name);
    for (int i = 0; i < count && used < 3900; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, " %.10g", values[i]);
    report("%s", line);
}

/* The class of a return code by name, of those the programs provoke. */
static inline const char *class_name(int code) {
    int error_class = MPI_SUCCESS;
    if (code == MPI_SUCCESS) return "MPI_SUCCESS";
    MPI_Error_class(code, &error_class);
#define CLASS(name)                                                                                \
    if (error_class == name) return #name
    CLASS(MPI_ERR_BUFFER);
    CLASS(MPI_ERR_COUNT);
    CLASS(MPI_ERR_TYPE);
    CLASS(MPI_ERR_TAG);
    CLASS(MPI_ERR_COMM);
    CLASS(MPI_ERR_RANK);
    CLASS(MPI_ERR_REQUEST);
    CLASS(MPI_ERR_ROOT);
    CLASS(MPI_ERR_GROUP);
    CLASS(MPI_ERR_OP);
    CLASS(MPI_ERR_TOPOLOGY);
    CLASS(MPI_ERR_DIMS);
    CLASS(MPI_ERR_ARG);
    CLASS(MPI_ERR_TRUNCATE);
    CLASS(MPI_ERR_WIN);
    CLASS(MPI_ERR_BASE);
    CLASS(MPI_ERR_SIZE);
    CLASS(MPI_ERR_DISP);
    CLASS(MPI_ERR_ASSERT);
    CLASS(MPI_ERR_LOCKTYPE);
    CLASS(MPI_ERR_RMA_SYNC);
    CLASS(MPI_ERR_RMA_RANGE);
    CLASS(MPI_ERR_RMA_FLAVOR);
    CLASS(MPI_ERR_OTHER);
    return "another class";
}

#endif
