/* System calls on files: what they do and which errors they give. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* Numbers differ between systems, names do not. */
static const char *why(void) {
    switch (errno) {
    case ENOENT: return "ENOENT";
    case EEXIST: return "EEXIST";
    case ENOTDIR: return "ENOTDIR";
    case EISDIR: return "EISDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EBADF: return "EBADF";
    case EINVAL: return "EINVAL";
    case ELOOP: return "ELOOP";
    case ENAMETOOLONG: return "ENAMETOOLONG";
    case EBUSY: return "EBUSY";
    case EPERM: return "EPERM";
    default: return strerror(errno);
    }
}

#define TRY(expression)                                                                            \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long tried = (long long)(expression);                                                 \
        printf("%s: %s\n", #expression, tried < 0 ? why() : "ok");                                 \
    } while (0)

static void contents(const char *name) {
    char text[64] = "";
    int fd = open(name, O_RDONLY);
    long size = read(fd, text, sizeof text - 1);
    printf("%s holds %ld '%s'\n", name, size, text);
    close(fd);
}

int main(void) {
    char buffer[64] = "";
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0644);
    TRY(fd);
    TRY(open("file", O_RDWR | O_CREAT | O_EXCL, 0644));
    printf("%zd\n", write(fd, "0123456789", 10));
    printf("%zd %s\n", pread(fd, buffer, 4, 3), buffer);
    printf("%zd\n", pwrite(fd, "xy", 2, 20));
    printf("%lld\n", (long long)lseek(fd, 0, SEEK_CUR));
    printf("%lld\n", (long long)lseek(fd, -2, SEEK_END));
    TRY(lseek(fd, -100, SEEK_SET));
    TRY(lseek(fd, 0, 77));
    struct iovec parts[3] = {{"ab", 2}, {"", 0}, {"cde", 3}};
    printf("%zd\n", writev(fd, parts, 3));
    TRY(ftruncate(fd, 5));
    contents("file");
    TRY(ftruncate(fd, 7));
    printf("%zd\n", pread(fd, buffer, 64, 0));
    TRY(fsync(fd));
    TRY(fdatasync(fd));
    TRY(ftruncate(fd, 0));
    off_t far = (off_t)5 << 30;
    printf("%zd\n", pwrite(fd, "far", 3, far));
    struct stat status;
    fstat(fd, &status);
    printf("%lld %d %d\n", (long long)status.st_size, S_ISREG(status.st_mode) != 0,
           (int)status.st_nlink);
    printf("%lld\n", (long long)lseek(fd, far + 1, SEEK_SET));
    memset(buffer, 0, sizeof buffer);
    printf("%zd %s\n", read(fd, buffer, 10), buffer);
    TRY(posix_fallocate(fd, 0, 4096));
    TRY(close(fd));
    TRY(close(fd));
    TRY(read(fd, buffer, 1));

    fd = open("file", O_RDONLY);
    TRY(write(fd, "x", 1));
    close(fd);
    fd = open("file", O_WRONLY | O_TRUNC);
    TRY(read(fd, buffer, 1));
    close(fd);
    fd = open("file", O_WRONLY | O_APPEND);
    write(fd, "one", 3);
    lseek(fd, 0, SEEK_SET);
    write(fd, "two", 3);
    printf("%d\n", (fcntl(fd, F_GETFL) & O_APPEND) != 0);
    close(fd);
    contents("file");

    TRY(open("missing", O_RDONLY));
    TRY(open("missing/x", O_RDWR | O_CREAT, 0644));
    TRY(open("file/x", O_RDONLY));
    TRY(open("file", O_RDONLY | O_DIRECTORY));
    TRY(mkdir("dir", 0755));
    TRY(mkdir("dir", 0755));
    TRY(mkdir("dir/sub", 0755));
    TRY(open("dir", O_WRONLY));
    TRY(open("dir", O_RDONLY));
    TRY(rmdir("dir"));
    TRY(unlink("dir"));
    TRY(rmdir("file"));
    TRY(rename("dir/sub", "moved"));
    TRY(rename("missing", "x"));
    TRY(rename("file", "moved"));
    TRY(rename("moved", "moved/x"));
    TRY(rmdir("moved"));
    TRY(rename("file", "dir/file"));
    TRY(access("dir/file", R_OK));
    TRY(access("file", F_OK));
    TRY(link("dir/file", "hard"));
    stat("hard", &status);
    printf("%d\n", (int)status.st_nlink);
    TRY(symlink("dir/file", "soft"));
    TRY(symlink("loop", "loop"));
    TRY(open("loop", O_RDONLY));
    TRY(open("soft", O_RDONLY | O_NOFOLLOW));
    contents("soft");
    memset(buffer, 0, sizeof buffer);
    printf("%zd %s\n", readlink("soft", buffer, sizeof buffer), buffer);
    printf("%zd\n", readlink("soft", buffer, 3));
    TRY(readlink("hard", buffer, 3));
    lstat("soft", &status);
    printf("%d %lld\n", S_ISLNK(status.st_mode) != 0, (long long)status.st_size);
    stat("soft", &status);
    printf("%d %lld\n", S_ISREG(status.st_mode) != 0, (long long)status.st_size);
    TRY(unlink("soft"));
    TRY(unlink("hard"));
    TRY(unlink("dir/file"));
    TRY(unlink("dir/file"));
    TRY(rmdir("dir/"));
    int at = open("data", O_RDONLY | O_DIRECTORY);
    TRY(openat(at, "input", O_RDONLY));
    TRY(mkdirat(at, "new", 0755));
    TRY(fstatat(at, "new", &status, AT_SYMLINK_NOFOLLOW));
    TRY(unlinkat(at, "new", AT_REMOVEDIR));
    TRY(renameat(at, "input", at, "output"));
    TRY(faccessat(at, "output", R_OK, 0));
    char longest[300];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    TRY(mkdir(longest, 0755));
    return 0;
}
