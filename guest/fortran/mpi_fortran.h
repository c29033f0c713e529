/*
 * mpi_fortran.h - what MPI's functions for Fortran share: addresses that mean something else than
 * themselves, and CHARACTERs, whose lengths come behind all arguments.
 */
#ifndef MPIWASM_MPI_FORTRAN_H
#define MPIWASM_MPI_FORTRAN_H

#include <mpi.h>
#include <stdint.h>
#include <string.h>

/* The length of a CHARACTER argument; mpi_fortran.py knows arguments by the name. */
typedef size_t fortran_length;

enum { FORTRAN_TEXT_SIZE = MPI_MAX_LIBRARY_VERSION_STRING };

/* mpi_send_, which a program or library may define itself, beside pmpi_send_. */
#define FORTRAN_NAMES(name) extern __typeof__(p##name) name __attribute__((weak, alias("p" #name)));

/* What is `other`, too. */
#define FORTRAN_SAME(name, other)                                                                  \
    extern __typeof__(p##other) p##name __attribute__((alias("p" #other)));                        \
    FORTRAN_NAMES(name)

/* The COMMON block of mpif.h that holds nothing but addresses. */
extern struct fortran_sentinels {
    int bottom, in_place, buffer_automatic, unweighted, weights_empty, errcodes_ignore;
    int status_ignore[8], statuses_ignore[8];
} mpiwasm_sentinels_;

/* MPI_ARGV_NULL and MPI_ARGVS_NULL. */
extern char mpiwasm_argvs_[1];

static inline void *fortran_buffer(const void *address) {
    if (address == &mpiwasm_sentinels_.bottom) return MPI_BOTTOM;
    if (address == &mpiwasm_sentinels_.in_place) return MPI_IN_PLACE;
    if (address == &mpiwasm_sentinels_.buffer_automatic) return MPI_BUFFER_AUTOMATIC;
    return (void *)address;
}

static inline MPI_Status *fortran_status(const void *status) {
    if (status == mpiwasm_sentinels_.status_ignore) return MPI_STATUS_IGNORE;
    if (status == mpiwasm_sentinels_.statuses_ignore) return MPI_STATUSES_IGNORE;
    return (MPI_Status *)status;
}

static inline int *fortran_weights(const int *weights) {
    if (weights == &mpiwasm_sentinels_.unweighted) return MPI_UNWEIGHTED;
    if (weights == &mpiwasm_sentinels_.weights_empty) return MPI_WEIGHTS_EMPTY;
    return (int *)weights;
}

/* A CHARACTER as C has it, without blanks around it; `text` has room for length + 1. */
static inline void fortran_text_in(char *text, const char *from, fortran_length length) {
    while (length > 0 && from[length - 1] == ' ')
        length--;
    while (length > 0 && *from == ' ')
        from++, length--;
    memcpy(text, from, length);
    text[length] = 0;
}

static inline void fortran_text_out(char *to, fortran_length length, const char *text) {
    size_t size = strnlen(text, length);
    memcpy(to, text, size);
    memset(to + size, ' ', length - size);
}

#endif
