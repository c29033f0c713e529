/*
 * system.c - memory advice, time zones, groups, file systems and jumps: see the headers.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

int msync(void *address, size_t size, int flags) {
    (void)address;
    (void)size;
    (void)flags;
    return 0; /* mappings are private copies */
}
int posix_madvise(void *address, size_t size, int advice) {
    (void)address;
    (void)size;
    (void)advice;
    return 0;
}
int madvise(void *address, size_t size, int advice) {
    return posix_madvise(address, size, advice);
}
int mlock(const void *address, size_t size) {
    (void)address;
    (void)size;
    errno = ENOSYS;
    return -1;
}
int munlock(const void *address, size_t size) {
    return mlock(address, size);
}

char *tzname[2] = {(char *)"UTC", (char *)"UTC"};
long timezone;
int daylight;
void tzset(void) {
}

struct group *getgrgid(gid_t gid) {
    static char *members[2], empty[1];
    static struct group group;
    struct passwd *user = getpwuid(getuid());
    if (gid != getgid()) return NULL;
    members[0] = user->pw_name;
    group = (struct group){user->pw_name, empty, gid, members};
    return &group;
}
struct group *getgrnam(const char *name) {
    struct group *group = getgrgid(getgid());
    return strcmp(name, group->gr_name) == 0 ? group : NULL;
}

int statfs(const char *path, struct statfs *out) {
    (void)path;
    (void)out;
    errno = ENOSYS;
    return -1;
}
int fstatfs(int fd, struct statfs *out) {
    (void)fd;
    return statfs("", out);
}

/* Where the compiler has exceptions, but was not told to make jumps of them. */
int(setjmp)(jmp_buf place) {
    (void)place;
    return 0;
}

void longjmp(jmp_buf place, int value) {
    (void)place;
    fprintf(stderr, "longjmp(%d): compile with -mllvm -wasm-enable-sjlj to have jumps\n", value);
    abort();
}
