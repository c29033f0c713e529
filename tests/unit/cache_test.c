/*
 * cache_test.c - the cache with a compiler of the test's own, a shell script that counts its runs
 * and misbehaves on demand: many processes at once, killed compilers and killed holders of the
 * lock, full and unusable directories, damaged entries.
 */
#include "cache/cache.h"

#include "base/file.h"
#include "cache/internal.h"
#include "check.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[PATH_MAX - 256]; /* everything of this test is below it */

/* What the compiler does is in the file "mode"; every run adds a line to "runs". */
static const char script[] =
    "#!/bin/sh\n"
    "cd \"$(dirname \"$0\")\" || exit 1\n"
    "echo run >>runs\n"
    "[ \"$MPIWASM_PARENT\" = $PPID ] || exit 5\n"
    "case $(cat mode) in\n"
    "work) cat \"$1\" >\"$3\"; printf tail >>\"$3\" ;;\n"
    "invalid) echo 'noise' >&2; echo 'invalid: type mismatch in function 7' >&2; exit 1 ;;\n"
    "crash) echo 'what happened' >&2; exit 3 ;;\n"
    "killed) kill -9 $$ ;;\n"
    "killed-once) echo work >mode; kill -9 $$ ;;\n"
    "full) case $3 in */full/*) echo 'system: No space left on device' >&2; exit 1 ;; esac\n"
    "      cat \"$1\" >\"$3\" ;;\n"
    "fill) cat \"$1\" >\"$3\" || { echo 'compile: cannot write' >&2; exit 1; }\n"
    "      head -c 300000 /dev/zero >>\"$3\" || { echo 'compile: cannot write' >&2; exit 1; } ;;\n"
    "block-once) echo work >mode; echo begun >begun; read word <gate; cat \"$1\" >\"$3\" ;;\n"
    "reports) echo 'progress 3 4'; printf 'progress 4'; read word <gate; cat \"$1\" >\"$3\" ;;\n"
    "gated) read word <gate; cat \"$1\" >\"$3\" ;;\n"
    "*) exit 4 ;;\n"
    "esac\n";

static const char *path_of(const char *name) {
    static char path[4][PATH_MAX];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", root, name);
    return path[at];
}

static void write_file(const char *name, const char *text, mode_t mode) {
    int fd = open(path_of(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    CHECK(fd >= 0 && file_write_all(fd, text, strlen(text), NULL));
    close(fd);
}

static int run_count(void) {
    struct stat status;
    return stat(path_of("runs"), &status) == 0 ? (int)(status.st_size / 4) : 0;
}

/* A fresh cache directory, and a compiler of this mode. */
static void begin(const char *name, const char *mode) {
    check_context = name;
    setenv("MPIWASM_CACHE_DIR", path_of(name), 1);
    write_file("mode", mode, 0600);
    unlink(path_of("runs"));
}

static const char *const options[] = {"-O3", NULL};

static struct cache_request request_of(const char *text) {
    return (struct cache_request){.module = (const uint8_t *)text,
                                  .module_size = strlen(text),
                                  .module_name = "somewhere/heat.wasm",
                                  .options = options};
}

/* The artifact is what the compiler made of the module. */
static bool get(const char *text, struct cache_artifact *artifact, struct error *err) {
    struct cache_request request = request_of(text);
    if (!cache_artifact_get(&request, artifact, err)) return false;
    struct file_contents contents;
    CHECK(file_read(artifact->path, &contents, err));
    CHECK(contents.size >= strlen(text) && memcmp(contents.bytes, text, strlen(text)) == 0);
    struct stat by_path, by_fd;
    CHECK(stat(artifact->path, &by_path) == 0 && fstat(artifact->fd, &by_fd) == 0 &&
          by_path.st_ino == by_fd.st_ino);
    file_release(&contents);
    return true;
}

static void get_and_release(const char *text, bool compiled) {
    struct cache_artifact artifact;
    struct error err = {0};
    bool ok = get(text, &artifact, &err);
    if (!ok) printf("%s\n", err.message);
    CHECK(ok);
    if (!ok) return;
    CHECK(artifact.compiled == compiled);
    CHECK(!artifact.temporary);
    CHECK_TEXT(artifact.note, "");
    cache_artifact_release(&artifact);
}

static void test_hit_and_miss(void) {
    begin("hit", "work");
    get_and_release("module one", true);
    get_and_release("module one", false);
    CHECK(run_count() == 1);
    get_and_release("module two", true);
    CHECK(run_count() == 2);

    static const char *const other[] = {"-O2", NULL}, *const jobs[] = {"-O3", "--jobs=9", NULL};
    struct cache_request request = request_of("module one");
    struct cache_artifact artifact;
    request.options = jobs;
    CHECK(cache_artifact_get(&request, &artifact, NULL) && !artifact.compiled);
    cache_artifact_release(&artifact);
    request.options = other;
    CHECK(cache_artifact_get(&request, &artifact, NULL) && artifact.compiled);
    cache_artifact_release(&artifact);
    CHECK(run_count() == 3);

    struct stat status;
    CHECK(stat(path_of("hit"), &status) == 0 && (status.st_mode & 0777) == 0700);
}

static int progress_calls, progress_ends;
static double progress_fraction;

static void progress(void *user, double seconds, double fraction, bool finished) {
    progress_calls += !finished;
    if (!finished) progress_fraction = fraction;
    progress_ends += finished;
    if (seconds > 0.15 && !finished) {
        int fd = open(user, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0) close(fd);
    }
}

static void test_progress(void) {
    begin("progress", "gated");
    struct cache_request request = request_of("module");
    struct cache_artifact artifact;
    char gate[PATH_MAX];
    snprintf(gate, sizeof gate, "%s", path_of("gate"));
    request.progress = progress;
    request.user = gate;
    CHECK(cache_artifact_get(&request, &artifact, NULL) && artifact.seconds > 0.1);
    cache_artifact_release(&artifact);
    CHECK(progress_calls >= 1 && progress_fraction < 0);
    CHECK(progress_ends == 1);
    CHECK(cache_artifact_get(&request, &artifact, NULL) && artifact.seconds == 0);
    cache_artifact_release(&artifact);
    CHECK(progress_ends == 1);
    /* What the compiler says of itself; half a line does not count. */
    write_file("mode", "reports", 0600);
    request = request_of("another module");
    request.progress = progress;
    request.user = gate;
    CHECK(cache_artifact_get(&request, &artifact, NULL));
    cache_artifact_release(&artifact);
    CHECK(progress_ends == 2 && progress_fraction == 0.75);
}

/* Run get in `count` processes at once; returns how many of them succeeded. */
static int many(int count, const char *text, enum error_code expected) {
    pid_t children[64];
    int gate[2], successes = 0;
    CHECK(pipe2(gate, O_CLOEXEC) == 0);
    for (int i = 0; i < count; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            char byte;
            struct cache_artifact artifact;
            struct error err = {0};
            close(gate[1]);
            (void)!read(gate[0], &byte, 1); /* until the parent closes it: all start at once */
            bool ok = get(text, &artifact, &err);
            _exit(ok ? 0 : err.code == expected ? 2 : 1);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < count; i++) {
        int status;
        CHECK(waitpid(children[i], &status, 0) == children[i] && WIFEXITED(status));
        CHECK(WEXITSTATUS(status) != 1);
        successes += WEXITSTATUS(status) == 0;
    }
    return successes;
}

static void test_many(void) {
    begin("many", "work");
    CHECK(many(16, "module", ERROR_NONE) == 16);
    CHECK(run_count() == 1);

    begin("many with lock files", "work");
    setenv("MPIWASM_CACHE_LOCK", "file", 1);
    CHECK(many(16, "module", ERROR_NONE) == 16);
    CHECK(run_count() == 1);
    unsetenv("MPIWASM_CACHE_LOCK");

    begin("many with an invalid module", "invalid");
    CHECK(many(16, "module", ERROR_INVALID) == 0);
}

static void test_failures(void) {
    struct cache_artifact artifact;
    struct error err = {0};
    begin("invalid", "invalid");
    CHECK(!get("module", &artifact, &err) && err.code == ERROR_INVALID);
    CHECK(strcmp(err.message, "type mismatch in function 7") == 0);
    /* Who comes later asks the compiler again. */
    CHECK(!get("module", &artifact, &err) && run_count() == 2);

    begin("crash", "crash");
    CHECK(!get("module", &artifact, &err) && err.code == ERROR_COMPILE);
    CHECK_TEXT(err.message, "exit code 3");
    CHECK_TEXT(err.message, "what happened");

    begin("killed once", "killed-once");
    get_and_release("module", true);
    CHECK(run_count() == 2);

    begin("killed always", "killed");
    CHECK(!get("module", &artifact, &err) && err.code == ERROR_COMPILE);
    CHECK_TEXT(err.message, "killed by signal 9");
    CHECK_TEXT(err.message, "memory");

    begin("no compiler", "work");
    setenv("MPIWASM_COMPILE", path_of("nothing"), 1);
    CHECK(!get("module", &artifact, &err) && err.code == ERROR_SYSTEM);
    CHECK_TEXT(err.message, "nothing");
    setenv("MPIWASM_COMPILE", path_of("compiler"), 1);
}

/* Start a process whose compiler blocks; returns when the compiler has begun. */
static pid_t start_blocked(void) {
    pid_t child = fork();
    if (child == 0) {
        struct cache_artifact artifact;
        _exit(get("module", &artifact, NULL) ? 0 : 1);
    }
    char word[16];
    int fd = open(path_of("begun"), O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, word, sizeof word) > 0);
    close(fd);
    return child;
}

static void open_gate(void) {
    int fd = open(path_of("gate"), O_WRONLY | O_CLOEXEC);
    CHECK(fd >= 0);
    close(fd);
}

static void test_holder(void) {
    int status;
    begin("a waiter gets what the holder made", "block-once");
    pid_t holder = start_blocked();
    pid_t waiter = fork();
    if (waiter == 0) {
        struct cache_artifact artifact;
        _exit(get("module", &artifact, NULL) && !artifact.compiled ? 0 : 1);
    }
    open_gate();
    CHECK(waitpid(holder, &status, 0) == holder && status == 0);
    CHECK(waitpid(waiter, &status, 0) == waiter && status == 0);
    CHECK(run_count() == 1);

    for (int by_file = 0; by_file < 2; by_file++) {
        begin(by_file ? "dead holder of a lock file" : "dead holder", "block-once");
        if (by_file) setenv("MPIWASM_CACHE_LOCK", "file", 1);
        lock_stale_seconds = 0.5;
        holder = start_blocked();
        CHECK(kill(holder, SIGKILL) == 0);
        CHECK(waitpid(holder, &status, 0) == holder && WIFSIGNALED(status));
        get_and_release("module", true);
        CHECK(run_count() == 2);
        open_gate(); /* the orphaned compiler */
        lock_stale_seconds = 30;
        unsetenv("MPIWASM_CACHE_LOCK");
    }
}

/* Keys that begin alike share a lock file, and do not wait for each other. */
static void test_neighbours(void) {
    struct lock lock, other, same;
    CHECK(lock_try(root, "aa00000011", &lock, NULL) == LOCK_HELD);
    CHECK(lock_try(root, "aa00000111", &other, NULL) == LOCK_HELD);
    CHECK(lock_try(root, "aa00000011", &same, NULL) == LOCK_BUSY);
    lock_wait(root, "aa00000211"); /* does not block */
    lock_release(&lock);
    lock_wait(root, "aa00000011");
    CHECK(lock_try(root, "aa00000011", &same, NULL) == LOCK_HELD);
    lock_release(&same);
    lock_release(&other);
}

/* The path of the only entry. */
static void entry_of(const char *text, char *path) {
    struct cache_artifact artifact;
    CHECK(get(text, &artifact, NULL));
    snprintf(path, PATH_MAX, "%s", artifact.path);
    cache_artifact_release(&artifact);
}

static void test_damage(void) {
    char path[PATH_MAX], byte;
    struct stat status;
    begin("damaged", "work");
    entry_of("a module of some length", path);
    CHECK(stat(path, &status) == 0);
    int runs = 1;
    /* Every third byte, and every byte of the artifact itself. */
    for (off_t at = 0; at < status.st_size; at += at < 32 ? 1 : 61) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        CHECK(fd >= 0 && pread(fd, &byte, 1, at) == 1);
        byte ^= 0x10;
        CHECK(pwrite(fd, &byte, 1, at) == 1);
        close(fd);
        get_and_release("a module of some length", true);
        CHECK(run_count() == ++runs);
    }
    for (off_t size = 0; size < status.st_size; size += 37) {
        CHECK(truncate(path, size) == 0);
        get_and_release("a module of some length", true);
        CHECK(run_count() == ++runs);
    }
    /* The entry of another module under this one's name. */
    char other[PATH_MAX];
    entry_of("another module", other);
    CHECK(rename(other, path) == 0);
    get_and_release("a module of some length", true);
}

static void expect_elsewhere(const char *text, const char *note) {
    struct cache_artifact artifact;
    struct error err = {0};
    bool ok = get(text, &artifact, &err);
    if (!ok) printf("%s\n", err.message);
    CHECK(ok);
    if (!ok) return;
    CHECK_TEXT(artifact.note, note);
    CHECK(strncmp(artifact.path, getenv("TMPDIR"), strlen(getenv("TMPDIR"))) == 0);
    cache_artifact_release(&artifact);
}

static void test_unusable(void) {
    /* Fallbacks go below TMPDIR. */
    begin("not a directory", "work");
    write_file("file", "", 0600);
    setenv("MPIWASM_CACHE_DIR", path_of("file/below"), 1);
    expect_elsewhere("module a", "file");

    begin("open to others", "work");
    CHECK(mkdir(path_of("open"), 0700) == 0 && chmod(path_of("open"), 0770) == 0);
    setenv("MPIWASM_CACHE_DIR", path_of("open"), 1);
    expect_elsewhere("module b", "others may write");
    char path[PATH_MAX];
    struct error err = {0};
    CHECK(!cache_directory(path, sizeof path, &err));

    begin("somebody else's", "work");
    CHECK(mkdir(path_of("foreign"), 0700) == 0);
    if (geteuid() == 0) {
        CHECK(chown(path_of("foreign"), 65534, 65534) == 0);
        setenv("MPIWASM_CACHE_DIR", path_of("foreign"), 1);
    } else {
        setenv("MPIWASM_CACHE_DIR", "/usr", 1);
    }
    expect_elsewhere("module c", "somebody else");

    if (geteuid() != 0) {
        begin("read-only", "work");
        CHECK(mkdir(path_of("read-only"), 0500) == 0);
        expect_elsewhere("module d", "read-only");
    }

    begin("full", "full");
    expect_elsewhere("module e", "No space left");

    /* No directory at all: the file of one process, gone after its release. */
    begin("nowhere", "work");
    char temporary[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s", getenv("TMPDIR"));
    CHECK(mkdir(path_of("temporary2"), 0700) == 0);
    setenv("TMPDIR", path_of("temporary2"), 1);
    char blocked[PATH_MAX];
    struct cache_artifact artifact;
    /* A file stands where each fallback directory would be. */
    snprintf(blocked, sizeof blocked, "temporary2/mpiwasm-%u", (unsigned)geteuid());
    write_file(blocked, "", 0600);
    setenv("MPIWASM_CACHE_DIR", path_of("file/below"), 1);
    struct cache_request request = request_of("module f");
    /* /tmp and /dev/shm come next; both may be in use by this user, and that is fine too. */
    CHECK(cache_artifact_get(&request, &artifact, NULL));
    CHECK_TEXT(artifact.note, "file");
    if (artifact.path != NULL && !artifact.temporary) unlink(artifact.path);
    cache_artifact_release(&artifact);
    setenv("TMPDIR", temporary, 1);
}

static bool write_proc(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && file_write_all(fd, text, strlen(text), NULL);
    if (fd >= 0) close(fd);
    return ok;
}

/* A file system of this process alone, if this user may have one. */
static bool mount_small(const char *path, unsigned long flags, const char *more) {
    unsigned user = geteuid(), group = getegid();
    char users[64], groups[64], data[128];
    snprintf(users, sizeof users, "%u %u 1", user, user);
    snprintf(groups, sizeof groups, "%u %u 1", group, group);
    snprintf(data, sizeof data, "mode=0700,uid=%u,gid=%u%s", user, group, more);
    if (unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (user != 0 &&
        !(write_proc("/proc/self/uid_map", users) && write_proc("/proc/self/setgroups", "deny") &&
          write_proc("/proc/self/gid_map", groups)))
        return false;
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", path, "tmpfs", flags, data) == 0;
}

/* A real full disk, where this user may make one: a small tmpfs in a namespace of its own. */
static void test_full_disk(void) {
    begin("disk", "fill");
    CHECK(mkdir(path_of("disk"), 0700) == 0);
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (!mount_small(path_of("disk"), 0, ",size=128k")) _exit(77);
        expect_elsewhere("module g", "");
        fflush(stdout);
        _exit(check_failures > 0 ? 1 : 0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        printf("not tested here: a small file system (no permission to mount one)\n");
    else
        CHECK(WEXITSTATUS(status) == 0);
}

/* Code may not be loaded from there, so the descriptor is of a copy that is elsewhere. */
static void test_noexec(void) {
    begin("noexec", "work");
    CHECK(mkdir(path_of("noexec"), 0700) == 0);
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct cache_request request = request_of("module");
        struct cache_artifact artifact;
        struct stat by_path, by_fd;
        char bytes[6];
        if (!mount_small(path_of("noexec"), MS_NOEXEC, "")) _exit(77);
        CHECK(cache_artifact_get(&request, &artifact, NULL) && artifact.compiled);
        cache_artifact_release(&artifact);
        CHECK(cache_artifact_get(&request, &artifact, NULL) && !artifact.compiled);
        CHECK(stat(artifact.path, &by_path) == 0 && fstat(artifact.fd, &by_fd) == 0);
        CHECK(by_path.st_dev != by_fd.st_dev && by_path.st_size == by_fd.st_size);
        CHECK(pread(artifact.fd, bytes, 6, 0) == 6 && memcmp(bytes, "module", 6) == 0);
        fflush(stdout);
        _exit(check_failures > 0 ? 1 : 0);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        printf("not tested here: a file system without execution (no permission to mount one)\n");
    else
        CHECK(WEXITSTATUS(status) == 0);
}

/* A full disk's like: a limit on the size of files, which every user can set. */
static void test_file_limit(void) {
    begin("limit", "fill");
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {100000, 100000};
        struct cache_artifact artifact;
        struct error err = {0};
        setrlimit(RLIMIT_FSIZE, &limit);
        bool ok = get("module h", &artifact, &err);
        _exit(!ok && err.message[0] != '\0' ? 0 : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_list_and_clean(void) {
    begin("list", "work");
    struct cache_entry *entries = NULL;
    size_t count = 99, removed;
    uint64_t bytes;
    CHECK(cache_list(&entries, &count, NULL) && count == 0);
    get_and_release("module one", true);
    get_and_release("module two!", true);
    char path[PATH_MAX];
    entry_of("module one", path);
    /* Last used forty days ago. */
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = time(NULL) - (time_t)40 * 24 * 3600}};
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    CHECK(cache_list(&entries, &count, NULL) && count == 2);
    CHECK(entries[0].module_size == strlen("module two!"));
    CHECK(entries[1].module_size == strlen("module one"));
    CHECK(strcmp(entries[1].module_name, "heat.wasm") == 0);
    CHECK(strcmp(entries[1].options, "-O3") == 0);
    CHECK(time(NULL) - entries[1].created < 3600 && time(NULL) - entries[1].used > 3000000);
    free(entries);

    CHECK(cache_clean(&(struct cache_clean_options){30, UINT64_MAX}, &removed, &bytes, NULL));
    CHECK(removed == 1 && bytes > 0);
    get_and_release("module two!", false);
    get_and_release("module one", true);
    /* A use is remembered. */
    entry_of("module two!", path);
    CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    get_and_release("module two!", false);
    CHECK(cache_clean(&(struct cache_clean_options){30, UINT64_MAX}, &removed, &bytes, NULL));
    CHECK(removed == 0);
    /* By size. */
    struct stat status;
    CHECK(stat(path, &status) == 0);
    CHECK(cache_clean(&(struct cache_clean_options){-1, (uint64_t)status.st_size + 10}, &removed,
                      &bytes, NULL));
    CHECK(removed == 1);
    write_file("list/killed.tmp.so", "half", 0600);
    CHECK(cache_clean(&(struct cache_clean_options){0, 0}, &removed, &bytes, NULL));
    CHECK(removed == 1);
    CHECK(access(path_of("list/killed.tmp.so"), F_OK) != 0);
    CHECK(cache_list(&entries, &count, NULL) && count == 0);
    free(entries);
}

static void test_compile_only(void) {
    begin("compile", "work");
    struct cache_request request = request_of("module");
    CHECK(cache_compile(&request, path_of("out.so"), NULL) && run_count() == 1);
    CHECK(access(path_of("out.so"), F_OK) == 0);
    CHECK(access(path_of("compile"), F_OK) != 0);
}

int main(void) {
    const char *base = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/mpiwasm-cache-test.XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(root) == NULL) return 1;
    signal(SIGPIPE, SIG_IGN);
    write_file("compiler", script, 0700);
    CHECK(mkfifo(path_of("gate"), 0600) == 0 && mkfifo(path_of("begun"), 0600) == 0);
    CHECK(mkdir(path_of("temporary"), 0700) == 0);
    setenv("MPIWASM_COMPILE", path_of("compiler"), 1);
    setenv("TMPDIR", path_of("temporary"), 1);

    test_hit_and_miss();
    test_progress();
    test_many();
    test_failures();
    test_holder();
    test_neighbours();
    test_damage();
    test_unusable();
    test_full_disk();
    test_noexec();
    test_file_limit();
    test_list_and_clean();
    test_compile_only();

    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    CHECK(system(command) == 0);
    return check_report();
}
