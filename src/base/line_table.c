/*
 * line_table.c - runs the line number programs of a .debug_line section; see line_table.h.
 *
 * One unit after the other: its header gives directories and files, its program the rows. Only
 * what says where an instruction comes from is kept: address, file, line and column.
 */
#include "base/line_table.h"

#include "base/reader.h"

#include <stdlib.h>

/* DWARF 5, table 7.25 and 7.26: opcodes; 7.27: contents of a file's entry; 7.6: forms. */
enum {
    LNS_COPY = 1,
    LNS_ADVANCE_PC,
    LNS_ADVANCE_LINE,
    LNS_SET_FILE,
    LNS_SET_COLUMN,
    LNS_NEGATE_STMT,
    LNS_SET_BASIC_BLOCK,
    LNS_CONST_ADD_PC,
    LNS_FIXED_ADVANCE_PC,
    LNE_END_SEQUENCE = 1,
    LNE_SET_ADDRESS = 2,
    LNCT_PATH = 1,
    LNCT_DIRECTORY = 2,
    FORM_BLOCK2 = 0x03,
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_STRING = 0x08,
    FORM_BLOCK = 0x09,
    FORM_BLOCK1 = 0x0a,
    FORM_DATA1 = 0x0b,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
};

enum { FORMATS_MAX = 16 };

/* One unit. */
struct unit {
    struct line_table *table;
    const struct line_sections *sections;
    struct reader reader; /* of the unit */
    bool has_gaps;
    size_t *row_capacity, *file_capacity;
    bool is_wide; /* DWARF64: offsets of 8 bytes */
    unsigned version;
    uint8_t step, line_range, opcode_base; /* `step`: least length of an instruction */
    int8_t line_base;
    const uint8_t *operand_counts; /* of the standard opcodes, from 1 */
    const char **directories;
    size_t directory_count;
    size_t first_file, file_count; /* in table->files */
};

/* A larger array when it is full; the arena keeps the smaller ones, half as much in all. */
static void *grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) return items;
    *capacity = *capacity == 0 ? 256 : 2 * *capacity;
    void *larger = arena_array(arena, *capacity, size);
    if (count > 0) memcpy(larger, items, count * size);
    return larger;
}

static bool read_number(struct reader *reader, unsigned size, uint64_t *out) {
    const uint8_t *bytes;
    if (size > 8 || !reader_bytes(reader, size, &bytes, NULL)) return false;
    *out = 0;
    for (unsigned i = 0; i < size; i++)
        *out |= (uint64_t)bytes[i] << (8 * i);
    return true;
}

static bool read_string(struct reader *reader, const char **out) {
    const uint8_t *end = memchr(reader->at, '\0', reader_remaining(reader));
    if (reader->at == reader->end || end == NULL) return false;
    *out = (const char *)reader->at;
    reader->at = end + 1;
    return true;
}

static bool read_string_at(const uint8_t *section, size_t size, uint64_t offset, const char **out) {
    if (section == NULL || offset >= size) return false;
    struct reader reader = reader_make(section + offset, size - (size_t)offset, 0);
    return read_string(&reader, out);
}

/* A value of a directory's or file's entry: a string, a number, or neither (skipped). */
static bool read_form(struct unit *unit, uint64_t form, const char **text, uint64_t *number) {
    const struct line_sections *sections = unit->sections;
    struct reader *reader = &unit->reader;
    const uint8_t *skipped;
    uint64_t offset, length;
    unsigned offset_size = unit->is_wide ? 8 : 4;
    switch (form) {
    case FORM_STRING: return read_string(reader, text);
    case FORM_LINE_STRP:
        return read_number(reader, offset_size, &offset) &&
               read_string_at(sections->line_str, sections->line_str_size, offset, text);
    case FORM_STRP:
        return read_number(reader, offset_size, &offset) &&
               read_string_at(sections->str, sections->str_size, offset, text);
    case FORM_UDATA: return reader_u64(reader, number, NULL);
    case FORM_DATA1: return read_number(reader, 1, number);
    case FORM_DATA2: return read_number(reader, 2, number);
    case FORM_DATA4: return read_number(reader, 4, number);
    case FORM_DATA8: return read_number(reader, 8, number);
    case FORM_DATA16: return reader_bytes(reader, 16, &skipped, NULL);
    case FORM_BLOCK1:
        return read_number(reader, 1, &length) &&
               reader_bytes(reader, (size_t)length, &skipped, NULL);
    case FORM_BLOCK2:
        return read_number(reader, 2, &length) &&
               reader_bytes(reader, (size_t)length, &skipped, NULL);
    case FORM_BLOCK:
        return reader_u64(reader, &length, NULL) &&
               reader_bytes(reader, (size_t)length, &skipped, NULL);
    default: return false;
    }
}

static void add_file(struct unit *unit, const char *name, uint64_t directory) {
    struct line_table *table = unit->table;
    const char *first = unit->directory_count > 0 ? unit->directories[0] : "";
    struct line_file file = {.directory = arena_string(&table->arena, first)};
    bool is_below = directory > 0 && directory < unit->directory_count && name[0] != '/';
    file.name = is_below ? arena_printf(&table->arena, "%s/%s", unit->directories[directory], name)
                         : arena_string(&table->arena, name);
    table->files = grow(&table->arena, table->files, table->file_count, unit->file_capacity,
                        sizeof *table->files);
    table->files[table->file_count++] = file;
    unit->file_count++;
}

static void add_directory(struct unit *unit, const char *name, size_t *capacity) {
    unit->directories = grow(&unit->table->arena, unit->directories, unit->directory_count,
                             capacity, sizeof *unit->directories);
    unit->directories[unit->directory_count++] = name;
}

/* DWARF 5: formats that say what entries consist of, then the entries. */
static bool read_entries(struct unit *unit, bool are_files) {
    struct reader *reader = &unit->reader;
    uint64_t formats[FORMATS_MAX][2], count;
    size_t capacity = 0;
    uint8_t format_count;
    if (!reader_u8(reader, &format_count, NULL) || format_count > FORMATS_MAX) return false;
    for (unsigned i = 0; i < format_count; i++)
        if (!reader_u64(reader, &formats[i][0], NULL) || !reader_u64(reader, &formats[i][1], NULL))
            return false;
    /* An entry without content takes no bytes: there would be no end to them. */
    if (!reader_u64(reader, &count, NULL) || (format_count == 0 && count > 0)) return false;
    for (; count > 0; count--) {
        const char *name = "", *text;
        uint64_t directory = 0, number;
        for (unsigned i = 0; i < format_count; i++) {
            text = NULL;
            number = 0;
            const uint8_t *before = reader->at;
            if (!read_form(unit, formats[i][1], &text, &number) || reader->at == before)
                return false;
            if (formats[i][0] == LNCT_PATH && text != NULL) name = text;
            if (formats[i][0] == LNCT_DIRECTORY) directory = number;
        }
        if (are_files)
            add_file(unit, name, directory);
        else
            add_directory(unit, name, &capacity);
    }
    return true;
}

/* Before DWARF 5: strings up to an empty one; directory 0, the compilation's, is not among them,
 * and files count from 1. */
static bool read_old_entries(struct unit *unit) {
    struct reader *reader = &unit->reader;
    const char *name;
    uint64_t directory, ignored;
    size_t capacity = 0;
    add_directory(unit, "", &capacity);
    for (;;) {
        if (!read_string(reader, &name)) return false;
        if (name[0] == '\0') break;
        add_directory(unit, name, &capacity);
    }
    add_file(unit, "?", 0);
    for (;;) {
        if (!read_string(reader, &name)) return false;
        if (name[0] == '\0') return true;
        if (!reader_u64(reader, &directory, NULL) || !reader_u64(reader, &ignored, NULL) ||
            !reader_u64(reader, &ignored, NULL))
            return false;
        add_file(unit, name, directory);
    }
}

static bool read_header(struct unit *unit) {
    struct reader *reader = &unit->reader;
    uint64_t version, header_size;
    uint8_t ignored, line_base;
    if (!read_number(reader, 2, &version) || version < 2 || version > 5) return false;
    unit->version = (unsigned)version;
    if (version >= 5 && (!reader_u8(reader, &ignored, NULL) || !reader_u8(reader, &ignored, NULL)))
        return false;
    if (!read_number(reader, unit->is_wide ? 8 : 4, &header_size) ||
        header_size > reader_remaining(reader))
        return false;
    const uint8_t *program = reader->at + header_size;
    if (!reader_u8(reader, &unit->step, NULL) ||
        (version >= 4 && !reader_u8(reader, &ignored, NULL)) ||
        !reader_u8(reader, &ignored, NULL) || !reader_u8(reader, &line_base, NULL) ||
        !reader_u8(reader, &unit->line_range, NULL) ||
        !reader_u8(reader, &unit->opcode_base, NULL) || unit->line_range == 0 ||
        unit->opcode_base == 0 ||
        !reader_bytes(reader, unit->opcode_base - 1u, &unit->operand_counts, NULL))
        return false;
    unit->line_base = (int8_t)line_base;
    if (version >= 5 ? !read_entries(unit, false) || !read_entries(unit, true)
                     : !read_old_entries(unit))
        return false;
    if (program < reader->at) return false;
    reader->at = program;
    return true;
}

/* The registers of the line number machine (section 6.2.2), those that matter. */
struct state {
    uint64_t address, file;
    uint32_t line, column;
    size_t first_row; /* of the sequence */
    bool is_dropped;
};

static void state_reset(struct state *state, const struct unit *unit) {
    *state = (struct state){.file = 1, .line = 1, .first_row = unit->table->row_count};
}

static void add_row(struct unit *unit, const struct state *state, bool is_end) {
    struct line_table *table = unit->table;
    if (state->is_dropped || state->address == 0) return;
    if (!is_end && (state->line == 0 || state->file >= unit->file_count)) {
        if (!unit->has_gaps) return;
        is_end = true;
    }
    table->rows =
        grow(&table->arena, table->rows, table->row_count, unit->row_capacity, sizeof *table->rows);
    uint32_t order = (uint32_t)table->row_count;
    table->rows[table->row_count++] = (struct line_row){
        .order = order,
        .address = state->address,
        .file = is_end ? 0 : (uint32_t)(unit->first_file + state->file),
        .line = state->line,
        .column = state->column,
        .is_end = is_end,
    };
}

static bool run_extended(struct unit *unit, struct state *state) {
    struct reader *reader = &unit->reader;
    uint64_t size;
    const uint8_t *bytes;
    if (!reader_u64(reader, &size, NULL) || size == 0 ||
        !reader_bytes(reader, (size_t)size, &bytes, NULL))
        return false;
    struct reader operand = reader_make(bytes + 1, (size_t)size - 1, 0);
    if (bytes[0] == LNE_END_SEQUENCE) {
        add_row(unit, state, true);
        state_reset(state, unit);
    } else if (bytes[0] == LNE_SET_ADDRESS) {
        if (!read_number(&operand, (unsigned)size - 1, &state->address)) return false;
        /* A linker that dropped the function left the address 0, or the largest there is. */
        state->is_dropped = state->address == 0 || state->address >= UINT32_MAX - 1u;
    }
    return true;
}

static bool run_standard(struct unit *unit, struct state *state, uint8_t opcode) {
    struct reader *reader = &unit->reader;
    uint64_t number;
    int64_t difference;
    switch (opcode) {
    case LNS_COPY: add_row(unit, state, false); return true;
    case LNS_ADVANCE_PC:
        if (!reader_u64(reader, &number, NULL)) return false;
        state->address += number * unit->step;
        return true;
    case LNS_ADVANCE_LINE:
        if (!reader_s64(reader, &difference, NULL)) return false;
        state->line += (uint32_t)difference;
        return true;
    case LNS_SET_FILE: return reader_u64(reader, &state->file, NULL);
    case LNS_SET_COLUMN:
        if (!reader_u64(reader, &number, NULL)) return false;
        state->column = (uint32_t)number;
        return true;
    case LNS_CONST_ADD_PC:
        state->address += (uint64_t)unit->step * ((255u - unit->opcode_base) / unit->line_range);
        return true;
    case LNS_FIXED_ADVANCE_PC:
        if (!read_number(reader, 2, &number)) return false;
        state->address += number;
        return true;
    default: /* what this reader need not know, or does not */
        for (uint8_t i = unit->operand_counts[opcode - 1]; i > 0; i--)
            if (!reader_u64(reader, &number, NULL)) return false;
        return true;
    }
}

static bool run_program(struct unit *unit) {
    struct state state;
    state_reset(&state, unit);
    while (unit->reader.at != unit->reader.end) {
        uint8_t opcode = *unit->reader.at++;
        bool ok = true;
        if (opcode >= unit->opcode_base) {
            unsigned adjusted = (unsigned)opcode - unit->opcode_base;
            state.address += (uint64_t)unit->step * (adjusted / unit->line_range);
            state.line += (uint32_t)(unit->line_base + (int)(adjusted % unit->line_range));
            add_row(unit, &state, false);
        } else if (opcode == 0) {
            ok = run_extended(unit, &state);
        } else {
            ok = run_standard(unit, &state, opcode);
        }
        if (!ok) break;
    }
    /* A sequence without an end says nothing reliable. */
    unit->table->row_count = state.first_row;
    return unit->reader.at == unit->reader.end;
}

/* An end comes before what begins at its address; else as read: the later row counts. */
static int row_compare(const void *left, const void *right) {
    const struct line_row *a = left, *b = right;
    if (a->address != b->address) return a->address < b->address ? -1 : 1;
    if (a->is_end != b->is_end) return a->is_end ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

void line_table_read(struct line_table *out, const struct line_sections *sections, bool has_gaps) {
    *out = (struct line_table){0};
    size_t row_capacity = 0, file_capacity = 0;
    struct reader all = reader_make(sections->line, sections->line_size, 0);
    bool ok = sections->line != NULL;
    while (ok && all.at != all.end) {
        uint64_t length;
        const uint8_t *bytes;
        struct unit unit = {
            .table = out,
            .sections = sections,
            .has_gaps = has_gaps,
            .row_capacity = &row_capacity,
            .file_capacity = &file_capacity,
            .first_file = out->file_count,
        };
        ok = read_number(&all, 4, &length);
        unit.is_wide = ok && length == UINT32_MAX;
        if (unit.is_wide) ok = read_number(&all, 8, &length);
        ok = ok && length <= reader_remaining(&all) &&
             reader_bytes(&all, (size_t)length, &bytes, NULL);
        if (!ok) break;
        unit.reader = reader_make(bytes, (size_t)length, 0);
        /* The next unit can be found whatever this one is. */
        if (read_header(&unit)) run_program(&unit);
    }
    if (out->row_count > 1) qsort(out->rows, out->row_count, sizeof *out->rows, row_compare);
}

void line_table_free(struct line_table *table) {
    arena_free(&table->arena);
    *table = (struct line_table){0};
}

const struct line_row *line_table_find(const struct line_table *table, uint64_t address) {
    size_t low = 0, high = table->row_count; /* the first row beyond the address */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->rows[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 || table->rows[low - 1].is_end ? NULL : &table->rows[low - 1];
}
