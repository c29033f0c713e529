/*
 * link_object.h - WebAssembly objects and archives of them, as mpiwasm-ld reads and changes them.
 *
 * Bytes are the caller's and must stay; errors are ERROR_MALFORMED with the offset in the object.
 */
#ifndef MPIWASM_GUEST_LINK_OBJECT_H
#define MPIWASM_GUEST_LINK_OBJECT_H

#include "base/error.h"

#include <stddef.h>

/* The custom section in which mpiwasmfort's objects list the procedures that they define or call,
 * lines "NAME N": N lengths of CHARACTER arguments come last. Linkers leave it out with
 * --strip-debug. */
#define LINK_PROCEDURES ".debug_mpiwasm_procedures"

/* The type of a function as text: a letter for the result ('v': none), then one for each parameter:
 * i I f F for i32 i64 f32 f64, and '?' for whatever else. */
struct link_function {
    char *name;            /* owned */
    const char *type;      /* one of the object's */
    uint32_t symbol_count; /* of an import: symbols that are called as it is */
    bool is_called;        /* an import is, directly; else its address is taken */
};

struct link_object {
    struct link_function *imports, *definitions; /* symbols that other objects define, or may use */
    size_t import_count, definition_count;
    char **types;
    size_t type_count;
    const char *procedures; /* lines of LINK_PROCEDURES, not terminated; NULL: not Fortran's */
    size_t procedures_size;
    size_t imports_at, imports_end; /* the section of imports, from its id on */
};

/* How a symbol is bound, in the first byte of its flags. */
enum { LINK_BINDING_WEAK = 1, LINK_BINDING_LOCAL = 2, LINK_BINDING_MASK = 3 };

bool link_is_object(const uint8_t *bytes, size_t size);

bool link_object_read(const uint8_t *bytes, size_t size, struct link_object *out,
                      struct error *err);
void link_object_free(struct link_object *object);

/* Call `take` for each data symbol that the object defines, up to whatever is malformed: the name,
 * which is not terminated, and the offset of the symbol's flags. */
typedef void link_take_data(void *state, const char *name, size_t size, size_t flags_at);
void link_object_visit_data(const uint8_t *bytes, size_t size, link_take_data *take, void *state);

/*
 * Copy the object to *out (allocated), with other names for functions that it uses but does not
 * define: `rename` gives the new one, or NULL for those that keep theirs.
 */
typedef const char *link_rename(void *state, const char *name, const char *type);
bool link_object_rename(const uint8_t *bytes, size_t size, const struct link_object *object,
                        link_rename *rename, void *state, uint8_t **out, size_t *out_size,
                        struct error *err);

/* ---- archives: ar(5), of GNU or BSD ---- */

bool link_is_archive(const uint8_t *bytes, size_t size);

/* A thin archive has no members but their names: make one that has them (*out is allocated). `path`
 * is the archive's, from whose folder names go on. */
bool link_is_thin(const uint8_t *bytes, size_t size);
bool link_thin_read(const char *path, const uint8_t *bytes, size_t size, uint8_t **out,
                    size_t *out_size, struct error *err);

struct link_member {
    const uint8_t *header; /* 60 bytes, and the long name behind it that BSD's have */
    size_t header_size;    /* of both */
    const uint8_t *bytes;  /* the file */
    size_t size;
    bool is_index; /* of symbols: offsets of members, which linkers do without */
};

/* The member at *offset (0 for the first one), which moves on; false at the end, or behind what is
 * no archive any more. */
bool link_archive_next(const uint8_t *bytes, size_t size, size_t *offset, struct link_member *out);

/* The header of the member if it had `size` bytes: header_size bytes at `out`. */
void link_member_header(const struct link_member *member, size_t size, uint8_t *out);

#endif
