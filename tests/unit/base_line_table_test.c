/*
 * base_line_table_test.c - the reader of .debug_line with tables made by hand, in the forms of
 * DWARF 4 and 5, and with all that is wrong when a byte is missing or another.
 */
#include "base/line_table.h"

#include "check.h"

#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t data[512];
    size_t size;
};

static void put(struct bytes *out, size_t width, uint64_t value) {
    for (size_t i = 0; i < width; i++)
        out->data[out->size++] = (uint8_t)(value >> (8 * i));
}

static void put_text(struct bytes *out, const char *text) {
    memcpy(out->data + out->size, text, strlen(text) + 1);
    out->size += strlen(text) + 1;
}

/* Put into the `width` bytes at `at` how many follow them. */
static void close_size(struct bytes *out, size_t at, size_t width) {
    size_t size = out->size - at - width, end = out->size;
    out->size = at;
    put(out, width, size);
    out->size = end;
}

static void put_lengths_of_opcodes(struct bytes *out) {
    static const uint8_t lengths[] = {0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1};
    put(out, 1, 1);    /* shortest instruction */
    put(out, 1, 1);    /* operations in one */
    put(out, 1, 1);    /* is_stmt */
    put(out, 1, 0xfb); /* line base -5 */
    put(out, 1, 14);   /* line range */
    put(out, 1, 13);   /* first special opcode */
    for (size_t i = 0; i < sizeof lengths; i++)
        put(out, 1, lengths[i]);
}

static void put_address(struct bytes *out, uint64_t address) {
    put(out, 3, 5 << 8 | 2 << 16); /* extended, 5 bytes, set_address */
    put(out, 4, address);
}

static void put_end(struct bytes *out) {
    put(out, 3, 1 << 8 | 1 << 16);
}

static uint8_t special(unsigned addresses, int lines) {
    return (uint8_t)(13 + 14 * addresses + (unsigned)(lines + 5));
}

/* 0x10: line 7 of the first file; 0x14: line 8; 0x16: nowhere; 0x18: line 99 of the second file,
 * column 5; 0x20: end. Then a function that was dropped, and one at 0x20, line 3. */
static void put_program(struct bytes *out, unsigned first_file) {
    put_address(out, 0x10);
    put(out, 2, 4 | first_file << 8); /* set_file */
    put(out, 2, 3 | 6 << 8);          /* advance_line 6 */
    put(out, 1, 1);                   /* copy */
    put(out, 1, special(4, 1));
    put(out, 2, 3 | 0x78 << 8); /* advance_line -8 */
    put(out, 2, 2 | 2 << 8);    /* advance_pc 2 */
    put(out, 1, 1);
    put(out, 2, 4 | (first_file + 1) << 8);
    put(out, 3, 3 | 0xe3 << 8 | 0 << 16); /* advance_line 99 */
    put(out, 2, 5 | 5 << 8);              /* set_column */
    put(out, 3, 9 | 2 << 8);              /* fixed_advance_pc 2 */
    put(out, 1, 1);
    put(out, 2, 2 | 8 << 8);
    put_end(out);
    put_address(out, 0xffffffff);
    put(out, 1, special(0, 0));
    put(out, 1, special(4, 0));
    put_end(out);
    put_address(out, 0x20);
    put(out, 2, 4 | first_file << 8);
    put(out, 1, special(0, 2));
    put(out, 1, 8);          /* const_add_pc: as special opcode 255, 17 bytes */
    put(out, 2, 2 | 1 << 8); /* 18 in all */
    put_end(out);
}

static void make_version_4(struct bytes *out) {
    *out = (struct bytes){0};
    put(out, 4, 0);
    put(out, 2, 4);
    size_t header = out->size;
    put(out, 4, 0);
    put_lengths_of_opcodes(out);
    put_text(out, "include");
    put(out, 1, 0);
    put_text(out, "heat.c");
    put(out, 3, 0);
    put_text(out, "grid.h");
    put(out, 3, 1); /* directory 1 */
    put(out, 1, 0);
    close_size(out, header, 4);
    put_program(out, 1);
    close_size(out, 0, 4);
}

static const char line_strings[] = "/home/me\0include\0heat.c\0grid.h";

static void make_version_5(struct bytes *out) {
    *out = (struct bytes){0};
    put(out, 4, 0);
    put(out, 2, 5);
    put(out, 2, 4); /* address size, no segments */
    size_t header = out->size;
    put(out, 4, 0);
    put_lengths_of_opcodes(out);
    put(out, 3, 1 | 1 << 8 | 0x1f << 16); /* one form: path, line_strp */
    put(out, 1, 2);
    put(out, 4, 0);
    put(out, 4, 9);
    put(out, 1, 3);
    put(out, 2, 1 | 0x1f << 8);
    put(out, 2, 2 | 0x0b << 8); /* directory, data1 */
    put(out, 2, 5 | 0x1e << 8); /* MD5, data16 */
    put(out, 1, 2);
    for (unsigned i = 0; i < 2; i++) {
        put(out, 4, 17 + 7 * i);
        put(out, 1, i);
        put(out, 8, 0);
        put(out, 8, 0);
    }
    close_size(out, header, 4);
    put_program(out, 0);
    close_size(out, 0, 4);
}

static struct line_sections sections_of(const uint8_t *bytes, size_t size) {
    return (struct line_sections){.line = bytes,
                                  .line_size = size,
                                  .line_str = (const uint8_t *)line_strings,
                                  .line_str_size = sizeof line_strings};
}

static void check_row(const struct line_table *table, uint64_t address, const char *file,
                      uint32_t line, uint32_t column) {
    const struct line_row *row = line_table_find(table, address);
    CHECK(row != NULL);
    if (row == NULL) return;
    CHECK_TEXT(table->files[row->file].name, file);
    CHECK(row->line == line && row->column == column);
}

static void check_table(const struct bytes *bytes, const char *directory) {
    struct line_sections sections = sections_of(bytes->data, bytes->size);
    for (int has_gaps = 0; has_gaps < 2; has_gaps++) {
        struct line_table table;
        line_table_read(&table, &sections, has_gaps);
        CHECK(line_table_find(&table, 0) == NULL && line_table_find(&table, 0xf) == NULL);
        check_row(&table, 0x10, "heat.c", 7, 0);
        check_row(&table, 0x13, "heat.c", 7, 0);
        check_row(&table, 0x15, "heat.c", 8, 0);
        if (has_gaps)
            CHECK(line_table_find(&table, 0x16) == NULL);
        else
            check_row(&table, 0x17, "heat.c", 8, 0);
        check_row(&table, 0x18, "include/grid.h", 99, 5);
        check_row(&table, 0x1f, "include/grid.h", 99, 5);
        check_row(&table, 0x20, "heat.c", 3, 0);
        check_row(&table, 0x31, "heat.c", 3, 0);
        CHECK(line_table_find(&table, 0x32) == NULL);
        CHECK(line_table_find(&table, UINT64_MAX) == NULL);
        CHECK_TEXT(table.files[table.rows[0].file].directory, directory);
        line_table_free(&table);
    }
}

/* Cut anywhere and with any byte replaced, in memory of just that size: nothing but what is there
 * is read, and it ends. Every row leads to a file. */
static void check_damaged(const struct bytes *bytes) {
    for (size_t at = 0; at <= bytes->size; at++)
        for (int change = 0; change < (at < bytes->size ? 6 : 1); change++) {
            static const uint8_t values[] = {0, 0, 1, 0x7f, 0x80, 0xff};
            size_t size = change == 0 ? at : bytes->size;
            uint8_t *copy = malloc(size + 1);
            if (copy == NULL) return;
            memcpy(copy, bytes->data, size);
            if (change > 0) copy[at] = values[change];
            struct line_sections sections = sections_of(copy, size);
            struct line_table table;
            line_table_read(&table, &sections, false);
            for (size_t i = 0; i < table.row_count; i++)
                CHECK(table.rows[i].is_end || table.rows[i].file < table.file_count);
            line_table_free(&table);
            free(copy);
        }
}

int main(void) {
    struct bytes bytes;
    make_version_4(&bytes);
    check_table(&bytes, "");
    check_damaged(&bytes);
    make_version_5(&bytes);
    check_table(&bytes, "/home/me");
    check_damaged(&bytes);

    /* Two units, the first of a version from the future: it is skipped. */
    struct bytes both = {.data = {6, 0, 0, 0, 99, 0, 1, 2, 3, 4}, .size = 10};
    make_version_4(&bytes);
    memcpy(both.data + both.size, bytes.data, bytes.size);
    both.size += bytes.size;
    check_table(&both, "");

    struct line_table table;
    line_table_read(&table, &(struct line_sections){0}, false);
    CHECK(table.row_count == 0 && line_table_find(&table, 1) == NULL);
    line_table_free(&table);
    return check_report();
}
