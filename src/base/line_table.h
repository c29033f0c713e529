/*
 * line_table.h - which source line an instruction comes from: a reader of DWARF's .debug_line.
 *
 * Reads the line number programs of DWARF 2 to 5 (DWARF 5, section 6.2), as they stand in the
 * custom sections of a WebAssembly module (addresses are offsets in the code section) and, with
 * the same names, in an artifact.  Debug information is never trusted: what is malformed ends the
 * reading, and what was read before it counts.
 */
#ifndef MPIWASM_BASE_LINE_TABLE_H
#define MPIWASM_BASE_LINE_TABLE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line_sections {
    const uint8_t *line, *line_str, *str; /* .debug_line, .debug_line_str, .debug_str; or NULL */
    size_t line_size, line_str_size, str_size;
};

struct line_file {
    const char *name; /* as the compiler was given it: relative to the directory, or absolute */
    const char *directory; /* where it was compiled; "" if the table does not say */
};

/* From `address` on, until the next row. */
struct line_row {
    uint64_t address;
    uint32_t file; /* index in files[] */
    uint32_t line, column;
    uint32_t order; /* as read: of rows with one address the last counts */
    bool is_end;    /* from here on nothing is known */
};

struct line_table {
    struct line_row *rows; /* by address */
    size_t row_count;
    struct line_file *files;
    size_t file_count;
    struct arena arena;
};

/*
 * Empty without a .debug_line. Strings are copied. Addresses below 1 are of functions that the
 * linker has dropped. Code that comes from nowhere special (line 0) belongs to the line before it,
 * or to none if `has_gaps`.
 */
void line_table_read(struct line_table *out, const struct line_sections *sections, bool has_gaps);
void line_table_free(struct line_table *table);

/* The row that holds the address, or NULL. */
const struct line_row *line_table_find(const struct line_table *table, uint64_t address);

#endif
