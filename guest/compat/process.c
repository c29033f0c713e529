/*
 * process.c - users, processes and signals for guests that have none: see unistd.h, signal.h,
 * pwd.h.
 */
#include <errno.h>
#include <netdb.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Newer C libraries have it too, in an object with much else. */
#define WEAK __attribute__((weak))

enum { USER = 1000, MEMORY_PAGE = 65536, OPEN_FILES = 1024 };

static int refuse(void) {
    errno = ENOSYS;
    return -1;
}

pid_t getppid(void) {
    return 1;
}
pid_t getpgrp(void) {
    return getpid();
}
pid_t setsid(void) {
    return getpid();
}
uid_t getuid(void) {
    return USER;
}
uid_t geteuid(void) {
    return USER;
}
gid_t getgid(void) {
    return USER;
}
gid_t getegid(void) {
    return USER;
}
int getpagesize(void) {
    return MEMORY_PAGE;
}
int getdtablesize(void) {
    return OPEN_FILES;
}
unsigned alarm(unsigned seconds) {
    (void)seconds;
    return 0;
}
int pause(void) {
    return refuse();
}
void sync(void) {
}
int nice(int increment) {
    (void)increment;
    return 0;
}
int dup(int fd) {
    (void)fd;
    return refuse();
}
int dup2(int fd, int goal) {
    (void)fd;
    (void)goal;
    return refuse();
}
int pipe(int ends[2]) {
    (void)ends;
    return refuse();
}
pid_t fork(void) {
    return refuse();
}
pid_t vfork(void) {
    return refuse();
}
int execv(const char *path, char *const arguments[]) {
    (void)path;
    (void)arguments;
    return refuse();
}
int execve(const char *path, char *const arguments[], char *const environment[]) {
    (void)path;
    (void)arguments;
    (void)environment;
    return refuse();
}
int execvp(const char *file, char *const arguments[]) {
    return execv(file, arguments);
}
int execl(const char *path, const char *argument, ...) {
    (void)path;
    (void)argument;
    return refuse();
}
int execlp(const char *file, const char *argument, ...) {
    (void)file;
    (void)argument;
    return refuse();
}
int chown(const char *path, uid_t owner, gid_t group) {
    (void)path;
    (void)owner;
    (void)group;
    return refuse();
}
int lockf(int fd, int command, off_t size) {
    (void)fd;
    (void)command;
    (void)size;
    return refuse();
}
int system(const char *command) {
    if (!command) return 0; /* no shell */
    return refuse();
}
FILE *popen(const char *command, const char *mode) {
    (void)command;
    (void)mode;
    refuse();
    return NULL;
}
int pclose(FILE *file) {
    (void)file;
    return refuse();
}
pid_t wait(int *status) {
    (void)status;
    errno = ECHILD;
    return -1;
}
pid_t waitpid(pid_t pid, int *status, int options) {
    (void)pid;
    (void)options;
    return wait(status);
}

WEAK int statvfs(const char *path, struct statvfs *out) {
    (void)path;
    (void)out;
    return refuse();
}
WEAK int fstatvfs(int fd, struct statvfs *out) {
    (void)fd;
    (void)out;
    return refuse();
}
mode_t umask(mode_t mask) {
    (void)mask;
    return 022;
}
/* sys/stat.h gives them names of ours, since those of a newer C library fail with ENOSYS. */
int chmod(const char *path, mode_t mode) {
    (void)mode;
    return access(path, F_OK);
}
int fchmod(int fd, mode_t mode) {
    (void)fd;
    (void)mode;
    return 0;
}
/* Who declares the function without the header, as configure does, finds the plain name. */
WEAK int plain_chmod(const char *path, mode_t mode) __asm__("chmod");
WEAK int plain_fchmod(int fd, mode_t mode) __asm__("fchmod");
int plain_chmod(const char *path, mode_t mode) {
    return chmod(path, mode);
}
int plain_fchmod(int fd, mode_t mode) {
    return fchmod(fd, mode);
}
int mkfifo(const char *path, mode_t mode) {
    (void)path;
    (void)mode;
    return refuse();
}
int mknod(const char *path, mode_t mode, dev_t device) {
    (void)path;
    (void)mode;
    (void)device;
    return refuse();
}

/* The launcher's environment may say; the guest sees it only where the user passes it on. */
int gethostname(char *name, size_t size) {
    const char *host = getenv("HOSTNAME");
    if (!host || !*host) host = "localhost";
    if (size == 0) return 0;
    strncpy(name, host, size - 1);
    name[size - 1] = 0;
    return 0;
}

static struct passwd *the_user(void) {
    static char name[256], home[1024], empty[1], shell[] = "/bin/sh";
    static struct passwd user = {name, empty, USER, USER, empty, home, shell};
    const char *text = getenv("USER");
    strncpy(name, text ? text : "user", sizeof name - 1);
    text = getenv("HOME");
    strncpy(home, text ? text : ".", sizeof home - 1);
    return &user;
}
struct passwd *getpwuid(uid_t uid) {
    return uid == USER ? the_user() : NULL;
}
struct passwd *getpwnam(const char *name) {
    struct passwd *user = the_user();
    return strcmp(name, user->pw_name) == 0 ? user : NULL;
}
char *getlogin(void) {
    return the_user()->pw_name;
}

int h_errno;
struct hostent *gethostbyname(const char *name) {
    (void)name;
    h_errno = HOST_NOT_FOUND;
    return NULL;
}

#ifdef __wasm_atomics__
int __mpiwasm_processors(void); /* of the library for threads; at most CPU_SETSIZE */
static int processors(void) {
    return __mpiwasm_processors();
}
#else
static int processors(void) {
    return 1;
}
#endif

int sched_getcpu(void) {
    return 0;
}
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    (void)pid;
    if (size < sizeof *set) {
        errno = EINVAL;
        return -1;
    }
    CPU_ZERO(set);
    for (int i = processors() - 1; i >= 0; i--)
        CPU_SET(i, set);
    return 0;
}
int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set) {
    (void)pid;
    (void)size;
    (void)set;
    return refuse();
}
int sched_get_priority_max(int policy) {
    (void)policy;
    return 0;
}
int sched_get_priority_min(int policy) {
    (void)policy;
    return 0;
}

static sigset_t blocked;

int sigemptyset(sigset_t *set) {
    *set = 0;
    return 0;
}
int sigfillset(sigset_t *set) {
    *set = ~0ull;
    return 0;
}
static bool is_signal(int number) {
    if (number >= 1 && number <= 64) return true;
    errno = EINVAL;
    return false;
}
int sigaddset(sigset_t *set, int number) {
    if (!is_signal(number)) return -1;
    *set |= 1ull << (number - 1);
    return 0;
}
int sigdelset(sigset_t *set, int number) {
    if (!is_signal(number)) return -1;
    *set &= ~(1ull << (number - 1));
    return 0;
}
int sigismember(const sigset_t *set, int number) {
    if (!is_signal(number)) return -1;
    return (int)(*set >> (number - 1) & 1);
}
int sigprocmask(int how, const sigset_t *set, sigset_t *old) {
    if (old) *old = blocked;
    if (!set) return 0;
    if (how == SIG_BLOCK)
        blocked |= *set;
    else if (how == SIG_UNBLOCK)
        blocked &= ~*set;
    else
        blocked = *set;
    return 0;
}
int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
    void (*handler)(int) = SIG_DFL;
    /* A handler of three parameters could not be called as one of one. */
    if (action && !(action->sa_flags & SA_SIGINFO)) handler = action->sa_handler;
    void (*previous)(int) = signal(number, handler);
    if (previous == SIG_ERR) return -1;
    if (!action) signal(number, previous);
    if (old) *old = (struct sigaction){.sa_handler = previous};
    return 0;
}
int kill(pid_t pid, int number) {
    if (pid == getpid() || pid == 0) return number == 0 ? 0 : raise(number);
    errno = ESRCH;
    return -1;
}
