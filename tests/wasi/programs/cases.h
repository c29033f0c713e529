/*
 * cases.h - programs that consist of many small cases: CASE(name) { ... } is one behaviour, in a
 * directory of its own. What is printed there stands behind the case's name, so that a difference
 * from the native build names it.
 */
#ifndef MPIWASM_TESTS_WASI_CASES_H
#define MPIWASM_TESTS_WASI_CASES_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};
static struct test_case *cases, **cases_end = &cases;

#define CASE(name)                                                                                 \
    static void case_##name(void);                                                                 \
    __attribute__((constructor)) static void case_register_##name(void) {                          \
        static struct test_case test_case = {#name, case_##name, NULL};                            \
        *cases_end = &test_case;                                                                   \
        cases_end = &test_case.next;                                                               \
    }                                                                                              \
    static void case_##name(void)

/* Numbers differ between systems, names do not. */
static inline const char *error_name(int error) {
    switch (error) {
#define ERROR_NAME(name)                                                                           \
    case name: return #name;
        ERROR_NAME(EACCES)
        ERROR_NAME(EAGAIN)
        ERROR_NAME(EBADF)
        ERROR_NAME(EBUSY)
        ERROR_NAME(EEXIST)
        ERROR_NAME(EFAULT)
        ERROR_NAME(EFBIG)
        ERROR_NAME(EINVAL)
        ERROR_NAME(EISDIR)
        ERROR_NAME(ELOOP)
        ERROR_NAME(EMFILE)
        ERROR_NAME(ENAMETOOLONG)
        ERROR_NAME(ENOENT)
        ERROR_NAME(ENOTDIR)
        ERROR_NAME(ENOTEMPTY)
        ERROR_NAME(EOVERFLOW)
        ERROR_NAME(EPERM)
        ERROR_NAME(EROFS)
        ERROR_NAME(ESPIPE)
        ERROR_NAME(EXDEV)
#undef ERROR_NAME
    default: return strerror(error);
    }
}

/* Print what a call that gives -1 on failure did. */
#define TRY(expression)                                                                            \
    do {                                                                                           \
        errno = 0;                                                                                 \
        long long tried = (long long)(expression);                                                 \
        if (tried < 0) {                                                                           \
            printf("    %s: %s\n", #expression, error_name(errno));                                \
        } else {                                                                                   \
            printf("    %s: ok\n", #expression);                                                   \
        }                                                                                          \
    } while (0)
#define VALUE(expression) printf("    %s: %lld\n", #expression, (long long)(expression))

static inline void put(const char *name, const char *text) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (write(fd, text, strlen(text)) < 0) perror(name);
    close(fd);
}

static inline void show(const char *name) {
    char text[64] = "";
    int fd = open(name, O_RDONLY);
    if (fd < 0) {
        printf("    %s: %s\n", name, error_name(errno));
        return;
    }
    long size = read(fd, text, sizeof text - 1);
    printf("    %s holds %ld bytes '%s'\n", name, size, text);
    close(fd);
}

static inline void kind(const char *name) {
    struct stat status;
    if (lstat(name, &status) != 0) {
        printf("    %s: %s\n", name, error_name(errno));
    } else {
        printf("    %s is a %s\n", name,
               S_ISLNK(status.st_mode)   ? "link"
               : S_ISDIR(status.st_mode) ? "directory"
                                         : "file");
    }
}

int main(void) {
    int number = 0;
    for (struct test_case *one = cases; one; one = one->next) {
        char directory[32];
        snprintf(directory, sizeof directory, "case%d", number++);
        printf("%s:\n", one->name);
        if (mkdir(directory, 0755) != 0 || chdir(directory) != 0) perror(directory);
        one->run();
        if (chdir("..") != 0) perror("..");
    }
    return 0;
}

#endif
