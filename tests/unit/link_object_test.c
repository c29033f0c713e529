/*
 * link_object_test.c - objects and archives as the linking wrapper reads and changes them
 * (guest/link_object.h): whole, cut off anywhere, and with any byte wrong.
 */
#include "check.h"
#include "guest/link_object.h"

#include <stdlib.h>

struct bytes {
    uint8_t *at;
    size_t size;
};

static struct bytes read_file(const char *path) {
    struct bytes bytes = {malloc(1 << 20), 0};
    FILE *file = fopen(path, "rb");
    if (file == NULL || bytes.at == NULL) return bytes;
    bytes.size = fread(bytes.at, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

/* In memory of just this size, so that sanitizers see what is read beyond. */
static struct bytes copy(const uint8_t *at, size_t size) {
    struct bytes bytes = {malloc(size > 0 ? size : 1), size};
    if (bytes.at != NULL) memcpy(bytes.at, at, size);
    return bytes;
}

static const char *find(const struct link_function *functions, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(functions[i].name, name) == 0) return functions[i].type;
    return "";
}

static bool is_called(const struct link_object *object, const char *name) {
    for (size_t i = 0; i < object->import_count; i++)
        if (strcmp(object->imports[i].name, name) == 0) return object->imports[i].is_called;
    return false;
}

/* `called` gets a name that makes the section's size a longer number. */
static const char *rename_called(void *state, const char *name, const char *type) {
    return strcmp(name, "called") == 0 ? state : NULL;
}

static char long_name[300];

static void test_whole(struct bytes file) {
    struct link_object object, other;
    struct error err;
    uint8_t *changed;
    size_t size;
    CHECK(link_object_read(file.at, file.size, &object, &err));
    CHECK_TEXT(find(object.imports, object.import_count, "called"), "FiIfF");
    CHECK_TEXT(find(object.imports, object.import_count, "maybe"), "vi");
    CHECK_TEXT(find(object.imports, object.import_count, "wide"), "vi"); /* by address */
    CHECK_TEXT(find(object.definitions, object.definition_count, "shown"), "ii");
    CHECK_TEXT(find(object.definitions, object.definition_count, "pointer"), "i");
    CHECK(*find(object.definitions, object.definition_count, "hidden") == '\0');
    CHECK(object.procedures == NULL);
    CHECK(is_called(&object, "called") && is_called(&object, "maybe"));
    CHECK(!is_called(&object, "taken"));
    CHECK_TEXT(find(object.imports, object.import_count, "taken"), "fF");

    CHECK(link_object_rename(file.at, file.size, &object, rename_called, long_name, &changed, &size,
                             &err));
    CHECK(link_object_read(changed, size, &other, &err));
    CHECK(other.import_count == object.import_count);
    CHECK(other.definition_count == object.definition_count);
    /* That with an import_name keeps it. */
    CHECK(strcmp(find(other.imports, other.import_count, "other"), "v") == 0);
    CHECK(*find(other.imports, other.import_count, "called") == '\0');
    CHECK_TEXT(find(other.imports, other.import_count, long_name), "FiIfF");
    CHECK(memcmp(changed, file.at, object.imports_at) == 0);
    CHECK(size - other.imports_end == file.size - object.imports_end);
    CHECK(memcmp(changed + other.imports_end, file.at + object.imports_end,
                 size - other.imports_end) == 0);
    free(changed);
    link_object_free(&other);
    link_object_free(&object);
}

/* Read and rename whatever it is; true if it could be read. */
static bool use(struct bytes file) {
    struct link_object object;
    struct error err = {0};
    uint8_t *changed;
    size_t size;
    if (!link_object_read(file.at, file.size, &object, &err)) {
        CHECK(err.message[0] != '\0');
        return false;
    }
    if (link_object_rename(file.at, file.size, &object, rename_called, long_name, &changed, &size,
                           &err))
        free(changed);
    link_object_free(&object);
    return true;
}

static void test_broken(struct bytes file) {
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    size_t refused = 0;
    for (size_t size = 0; size < file.size; size++) {
        struct bytes cut = copy(file.at, size);
        refused += !use(cut);
        free(cut.at);
    }
    CHECK(refused > file.size * 9 / 10); /* but not behind a section's end */
    refused = 0;
    for (size_t i = 0; i < file.size; i++)
        for (size_t k = 0; k < sizeof values; k++) {
            struct bytes wrong = copy(file.at, file.size);
            wrong.at[i] = values[k];
            refused += !use(wrong);
            free(wrong.at);
        }
    CHECK(refused > 0);
}

static size_t count_members(struct bytes file, size_t *bytes) {
    struct link_member member;
    size_t offset = 0, count = 0;
    while (link_archive_next(file.at, file.size, &offset, &member)) {
        uint8_t header[512];
        count += !member.is_index;
        *bytes += member.size;
        if (member.size > 0 && member.bytes[member.size - 1] == 0xff) (*bytes)++;
        if (member.header_size > sizeof header) continue;
        link_member_header(&member, 7, header);
    }
    return count;
}

static void add_header(struct bytes *file, const char *name, size_t size) {
    char header[64];
    snprintf(header, sizeof header, "%-16s%-12d%-6d%-6d%-8d%-10zu`\n", name, 0, 0, 0, 644, size);
    memcpy(file->at + file->size, header, 60);
    file->size += 60;
}

static void test_archive(struct bytes object) {
    static const char start[] = "!<arch>\n";
    struct bytes file = {malloc(1 << 20), 0};
    size_t all = 0;
    if (file.at == NULL) abort();
    memcpy(file.at, start, 8);
    file.size = 8;
    /* An index, and two members, one of BSD's with its long name behind the header. */
    static const char *const names[] = {"/", "a.o/", "#1/7"};
    for (int i = 0; i < 3; i++) {
        size_t size = i == 0 ? 4 : object.size + (i == 2 ? 7 : 0);
        add_header(&file, names[i], size);
        if (i == 2) memcpy(file.at + file.size, "name.o", 7);
        memcpy(file.at + file.size + (i == 2 ? 7 : 0), object.at, i == 0 ? 4 : object.size);
        file.size += size;
        if (size % 2 != 0) file.at[file.size++] = '\n';
    }
    CHECK(link_is_archive(file.at, file.size));
    CHECK(count_members(file, &all) == 2 && all == 4 + 2 * object.size);

    struct link_member member;
    size_t offset = 0;
    link_archive_next(file.at, file.size, &offset, &member);
    CHECK(member.is_index);
    link_archive_next(file.at, file.size, &offset, &member);
    CHECK(!member.is_index && link_is_object(member.bytes, member.size));
    link_archive_next(file.at, file.size, &offset, &member);
    CHECK(member.header_size == 67 && link_is_object(member.bytes, member.size));
    uint8_t other[67];
    link_member_header(&member, 1234, other);
    CHECK(memcmp(other, "#1/7 ", 5) == 0 && memcmp(other + 48, "1241      `\nname.o", 19) == 0);

    for (size_t size = 0; size <= file.size; size++) {
        struct bytes cut = copy(file.at, size);
        if (link_is_archive(cut.at, cut.size)) CHECK(count_members(cut, &all) <= 2);
        free(cut.at);
    }
    for (size_t i = 8; i < 68 + 4 + 60; i++) {
        struct bytes wrong = copy(file.at, file.size);
        wrong.at[i] = '9';
        count_members(wrong, &all);
        free(wrong.at);
    }
    free(file.at);
}

/* A thin archive with one member, whose name is long: it becomes one with the file. */
static void test_thin(struct bytes object) {
    static const char name[] = OBJECT_FILE "/\n";
    struct bytes file = {malloc(1 << 16), 8};
    struct link_member member;
    struct error err = {0};
    uint8_t *whole;
    size_t whole_size, offset = 0;
    if (file.at == NULL) abort();
    memcpy(file.at, "!<thin>\n", 8);
    add_header(&file, "//", sizeof name - 1);
    memcpy(file.at + file.size, name, sizeof name - 1);
    file.size += sizeof name - 1;
    if (file.size % 2 != 0) file.at[file.size++] = '\n';
    size_t last = file.size;
    add_header(&file, "/0", object.size);
    CHECK(link_is_thin(file.at, file.size) && !link_is_archive(file.at, file.size));
    CHECK(link_thin_read("folder/lib.a", file.at, file.size, &whole, &whole_size, &err));
    CHECK(link_is_archive(whole, whole_size));
    CHECK(link_archive_next(whole, whole_size, &offset, &member)); /* the names */
    CHECK(link_archive_next(whole, whole_size, &offset, &member));
    CHECK(member.size == object.size && memcmp(member.bytes, object.at, object.size) == 0);
    free(whole);
    for (size_t size = 8; size < file.size; size++) {
        struct bytes cut = copy(file.at, size);
        if (link_thin_read("lib.a", cut.at, cut.size, &whole, &whole_size, &err)) free(whole);
        free(cut.at);
    }
    for (size_t i = last; i < file.size; i++) {
        struct bytes wrong = copy(file.at, file.size);
        wrong.at[i] = '9';
        if (link_thin_read("lib.a", wrong.at, wrong.size, &whole, &whole_size, &err)) free(whole);
        free(wrong.at);
    }
    memcpy(file.at + last, "/1", 2); /* in the middle of the name: no such file */
    CHECK(!link_thin_read("lib.a", file.at, file.size, &whole, &whole_size, &err));
    CHECK_TEXT(err.message, "cannot read ");
    free(file.at);
}

int main(void) {
    struct bytes file = read_file(OBJECT_FILE);
    memset(long_name, 'x', sizeof long_name - 1);
    CHECK(file.size > 100);
    test_whole(file);
    test_broken(file);
    test_archive(file);
    test_thin(file);
    free(file.at);
    return check_report();
}
