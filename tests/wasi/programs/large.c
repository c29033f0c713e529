/* Files beyond 2, 4 and 1000 GiB, which are all holes. */
#include "cases.h"

#define GIB ((off_t)1 << 30)

static void at(off_t offset) {
    char text[8] = "";
    struct stat status;
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0644);
    VALUE(offset);
    VALUE(pwrite(fd, "far", 3, offset));
    VALUE(pread(fd, text, 7, offset));
    puts(text);
    TRY(fstat(fd, &status));
    VALUE(status.st_size);
    VALUE(lseek(fd, -1, SEEK_END));
    VALUE(read(fd, text, 7));
    VALUE(lseek(fd, 0, SEEK_CUR));
    VALUE(lseek(fd, -offset, SEEK_CUR));
    TRY(ftruncate(fd, offset + 1));
    VALUE(lseek(fd, 0, SEEK_END));
    close(fd);
    TRY(stat("file", &status));
    VALUE(status.st_size);
    VALUE(status.st_blocks * 512 < offset);
    TRY(unlink("file"));
}

CASE(around_2_gib) {
    at(2 * GIB - 2);
    at(2 * GIB);
}

CASE(around_4_gib) {
    at(4 * GIB - 2);
    at(4 * GIB);
}

CASE(a_tebibyte) {
    at(1024 * GIB);
}

CASE(streams_seek_far) {
    FILE *file = fopen("file", "w+");
    VALUE(fseeko(file, 5 * GIB, SEEK_SET));
    fprintf(file, "far");
    VALUE(ftello(file));
    VALUE(fseeko(file, -2, SEEK_CUR));
    VALUE(fgetc(file));
    rewind(file);
    VALUE(fgetc(file));
    VALUE(ftello(file));
    fclose(file);
    TRY(unlink("file"));
}

CASE(truncate_by_name) {
    struct stat status;
    put("file", "text");
    TRY(truncate("file", 6 * GIB));
    TRY(stat("file", &status));
    VALUE(status.st_size);
    TRY(truncate("file", 2));
    show("file");
}

CASE(appending_far) {
    struct stat status;
    int fd = open("file", O_WRONLY | O_CREAT | O_APPEND, 0644);
    TRY(ftruncate(fd, 5 * GIB));
    VALUE(write(fd, "end", 3));
    TRY(fstat(fd, &status));
    VALUE(status.st_size);
    close(fd);
    TRY(unlink("file"));
}

CASE(offsets_that_are_none) {
    char text[8];
    int fd = open("file", O_RDWR | O_CREAT, 0644);
    TRY(lseek(fd, -1, SEEK_SET));
    TRY(lseek(fd, INT64_MIN, SEEK_CUR));
    TRY(pread(fd, text, 4, -1));
    TRY(pwrite(fd, text, 4, -1));
    TRY(ftruncate(fd, -1));
    VALUE(lseek(fd, 0, SEEK_CUR));
    close(fd);
}
