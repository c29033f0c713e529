/* Flags of open and fcntl, what they allow, and what they report. */
#include "cases.h"

#include <sys/uio.h>

static void accesses(int fd) {
    int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    puts(mode == O_RDONLY ? "    reading" : mode == O_WRONLY ? "    writing" : "    both");
}

CASE(appending_ignores_the_position) {
    put("file", "one");
    int fd = open("file", O_WRONLY | O_APPEND);
    VALUE(lseek(fd, 0, SEEK_SET));
    VALUE(write(fd, "two", 3));
    VALUE(lseek(fd, 0, SEEK_CUR));
    show("file");
    close(fd);
}

CASE(appending_by_two_descriptors) {
    put("file", "");
    int one = open("file", O_WRONLY | O_APPEND), two = open("file", O_WRONLY | O_APPEND);
    VALUE(write(one, "a", 1));
    VALUE(write(two, "b", 1));
    VALUE(write(one, "c", 1));
    show("file");
    close(one);
    close(two);
}

CASE(appending_after_truncation) {
    put("file", "text");
    int fd = open("file", O_WRONLY | O_APPEND);
    TRY(ftruncate(fd, 0));
    VALUE(write(fd, "new", 3));
    show("file");
    close(fd);
}

CASE(appending_with_buffers) {
    put("file", "one");
    int fd = open("file", O_RDWR | O_APPEND);
    struct iovec parts[2] = {{"two", 3}, {"three", 5}};
    VALUE(writev(fd, parts, 2));
    show("file");
    close(fd);
}

CASE(reading_while_appending_moves_the_position) {
    char text[8] = "";
    put("file", "abcdef");
    int fd = open("file", O_RDWR | O_APPEND);
    VALUE(read(fd, text, 2));
    VALUE(write(fd, "X", 1));
    VALUE(read(fd, text, 2));
    show("file");
    close(fd);
}

CASE(appending_can_be_turned_on) {
    put("file", "text");
    int fd = open("file", O_WRONLY);
    TRY(fcntl(fd, F_SETFL, O_APPEND));
    VALUE((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    VALUE(write(fd, "X", 1));
    show("file");
    close(fd);
}

CASE(appending_can_be_turned_off) {
    put("file", "text");
    int fd = open("file", O_WRONLY | O_APPEND);
    TRY(fcntl(fd, F_SETFL, 0));
    VALUE((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    VALUE(write(fd, "X", 1));
    show("file");
    close(fd);
}

CASE(appending_streams) {
    put("file", "one");
    FILE *file = fopen("file", "a+");
    fprintf(file, "two");
    rewind(file);
    VALUE(fgetc(file) == 'o');
    fseek(file, 0, SEEK_SET);
    fprintf(file, "three");
    fclose(file);
    show("file");
}

CASE(access_modes_are_reported) {
    put("file", "text");
    int fd = open("file", O_RDONLY);
    accesses(fd);
    close(fd);
    fd = open("file", O_WRONLY);
    accesses(fd);
    close(fd);
    fd = open("file", O_RDWR);
    accesses(fd);
    close(fd);
}

CASE(access_modes_of_standard_streams_are_the_host_s) {
    accesses(0); /* pipes: the ends know one direction */
    accesses(1);
}

CASE(reading_what_is_open_for_writing) {
    char text[8];
    put("file", "text");
    int fd = open("file", O_WRONLY);
    TRY(read(fd, text, 4));
    TRY(pread(fd, text, 4, 0));
    close(fd);
}

CASE(writing_what_is_open_for_reading) {
    put("file", "text");
    int fd = open("file", O_RDONLY);
    TRY(write(fd, "x", 1));
    TRY(pwrite(fd, "x", 1, 0));
    close(fd);
    show("file");
}

CASE(sizing_what_is_open_for_reading) {
    put("file", "text");
    int fd = open("file", O_RDONLY);
    TRY(ftruncate(fd, 0));
    VALUE(posix_fallocate(fd, 0, 10) == EBADF);
    close(fd);
    show("file");
}

CASE(sizing_what_is_open_for_writing) {
    struct stat status;
    put("file", "text");
    int fd = open("file", O_WRONLY);
    VALUE(posix_fallocate(fd, 0, 10));
    VALUE(posix_fallocate(fd, 0, 2));
    VALUE(posix_fallocate(fd, 0, 0) == EINVAL);
    VALUE(posix_fallocate(fd, -1, 2) == EINVAL);
    TRY(fstat(fd, &status));
    VALUE(status.st_size);
    TRY(ftruncate(fd, 2));
    TRY(ftruncate(fd, -1));
    TRY(ftruncate(77, 2));
    close(fd);
    show("file");
}

CASE(synchronising_what_is_open_for_reading) {
    put("file", "text");
    int fd = open("file", O_RDONLY), dir = open(".", O_RDONLY | O_DIRECTORY);
    TRY(fsync(fd));
    TRY(fdatasync(fd));
    TRY(fsync(dir));
    TRY(fdatasync(dir));
    TRY(fdatasync(77));
    close(fd);
    close(dir);
}

CASE(sizing_a_pipe) {
    TRY(ftruncate(1, 0));
    TRY(fdatasync(1));
    TRY(lseek(1, 0, SEEK_SET));
}

CASE(exclusive_creation) {
    TRY(open("file", O_WRONLY | O_CREAT | O_EXCL, 0644));
    TRY(open("file", O_WRONLY | O_CREAT | O_EXCL, 0644));
    TRY(mkdir("dir", 0755));
    TRY(open("dir", O_RDONLY | O_CREAT | O_EXCL, 0644));
}

CASE(creation_keeps_what_is_there) {
    put("file", "text");
    TRY(open("file", O_RDWR | O_CREAT, 0644));
    show("file");
}

CASE(truncation) {
    put("file", "text");
    TRY(open("file", O_WRONLY | O_TRUNC));
    show("file");
}

CASE(truncation_through_a_link) {
    put("file", "text");
    TRY(symlink("file", "link"));
    TRY(open("link", O_WRONLY | O_TRUNC));
    show("file");
}

CASE(directories_are_for_reading) {
    char text[8];
    TRY(mkdir("dir", 0755));
    TRY(open("dir", O_WRONLY));
    TRY(open("dir", O_RDWR));
    TRY(open("dir", O_RDONLY | O_TRUNC));
    int fd = open("dir", O_RDONLY | O_DIRECTORY);
    TRY(read(fd, text, 4));
    TRY(write(fd, "x", 1));
    TRY(fsync(fd));
    close(fd);
}

CASE(a_file_as_a_directory) {
    put("file", "text");
    TRY(open("file", O_RDONLY | O_DIRECTORY));
    TRY(open("file/", O_RDONLY));
    TRY(open("file/.", O_RDONLY));
    TRY(open("file/..", O_RDONLY));
}

CASE(creating_with_a_slash_behind) {
    TRY(open("new/", O_WRONLY | O_CREAT, 0644));
    kind("new");
    TRY(mkdir("new/", 0755));
    TRY(open("new/", O_RDONLY | O_CREAT, 0644));
}

CASE(not_following) {
    put("file", "text");
    TRY(mkdir("dir", 0755));
    TRY(symlink("file", "link"));
    TRY(symlink("dir", "dirlink"));
    TRY(open("link", O_RDONLY | O_NOFOLLOW));
    TRY(open("dirlink", O_RDONLY | O_NOFOLLOW | O_DIRECTORY));
    TRY(open("file", O_RDONLY | O_NOFOLLOW));
    TRY(open("dirlink/../file", O_RDONLY | O_NOFOLLOW));
}

CASE(synchronous_writing) {
    int fd = open("file", O_WRONLY | O_CREAT | O_SYNC, 0644);
    VALUE(write(fd, "text", 4));
    TRY(fsync(fd));
    TRY(fdatasync(fd));
    close(fd);
    fd = open("file", O_WRONLY | O_DSYNC);
    VALUE(write(fd, "TEXT", 4));
    close(fd);
    show("file");
}

CASE(nonblocking_files) {
    put("file", "text");
    int fd = open("file", O_RDONLY | O_NONBLOCK);
    VALUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    TRY(fcntl(fd, F_SETFL, 0));
    VALUE((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
}

CASE(the_lowest_number_is_used_again) {
    put("file", "text");
    int one = open("file", O_RDONLY), two = open("file", O_RDONLY), three = open("file", O_RDONLY);
    close(two);
    VALUE(open("file", O_RDONLY) == two);
    close(one);
    close(three);
    VALUE(open("file", O_RDONLY) == one);
    close(one);
    close(two);
}
