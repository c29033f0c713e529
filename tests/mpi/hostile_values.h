/*
 * hostile_values.h - what hostile_test.c and hostile_fuzz.c call an MPI plugin with: a guest whose
 * memory holds good and bad arguments of every kind of mpi_functions.def.
 *
 * There are two sets of objects: of all processes, and of this one alone (MPI_COMM_SELF). Without a
 * launcher they are alike.
 */
#ifndef MPIWASM_TESTS_HOSTILE_VALUES_H
#define MPIWASM_TESTS_HOSTILE_VALUES_H

#include "fake_guest.h"
#include "mpi/mpi_constants.h"
#include "mpi/mpi_names.h"

enum { HOSTILE_WILD = 0x7ffffff0, HOSTILE_FORGED = 0x08000777, HOSTILE_BUFFER_SIZE = 4096 };

struct hostile_objects {
    int ranks;
    uint32_t comm, ring; /* ring: with a topology, for neighbourhood collectives */
    uint32_t win;        /* of 64 bytes at `buffer`, in units of 4 */
    uint32_t file;
};

struct hostile_values {
    struct fake_guest fake;
    int rank;
    struct hostile_objects all, alone;
    const struct hostile_objects *use; /* one of the two: what good values are */
    /* Addresses of good values. `ones`, `displacements`: of collectives, see hostile_reset. */
    uint32_t buffer, scratch, zeros, ones, wide_ones, displacements, types, statuses, text;
    uint32_t null_request, no_message, pset, file_name, native;
    /* Addresses whose contents are bad. */
    uint32_t forged_cell, freed_cell, huge_numbers, negative_numbers, endless_text;
    uint32_t bad_names[8]; /* every way out of the directory, and others */
    /* Handles. */
    uint32_t session, freed_comm, freed_win, freed_file;
    uint32_t tool_enum, tool_cvar, tool_session, tool_pvar, freed_tool; /* MPI_T's; 0: none */
    char directory[64];                                                 /* that the guest has */
};

extern struct hostile_values hostile;

/* Start MPI and make the objects; collective. The guest gets the directory, which all processes
 * share; NULL: one of its own, which hostile_close removes. */
void hostile_open(const char *plugin, const char *directory);
void hostile_close(void);

/* Write all that calls may have overwritten. Of collectives: `count` elements of the datatype for
 * each rank. */
void hostile_reset(int32_t count, uint32_t type);

struct bad {
    int64_t value;
    int error_class; /* 0: any */
};
enum { HOSTILE_BAD_AT_MOST = 24 };

/* The bad values of a kind; returns how many. Each has to be refused. */
int hostile_bad_values(const char *kind, struct bad *bad);
/* What looks bad but is not. */
bool hostile_is_allowed(const char *name, const char *kind, int64_t value);
int64_t hostile_good_value(const char *name, const char *kind);

/* Not tried: what ends MPI or cannot fail by its arguments. */
bool hostile_is_exempt(const char *name);

int hostile_split_kinds(const char *text_of_kinds, char kinds[16][32]);

#endif
