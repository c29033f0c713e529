/*
 * cache.c - finding or making the artifact of a module; see cache.h.
 *
 * For each directory, best first: look for the entry; else take the key's lock, look again, run
 * the compiler into a file beside the entry, and rename.  Who does not get the lock waits for
 * whoever has it and looks again; if that one died, the next takes over.  If it failed because of
 * the module, its reason is left in KEY.failed for those who were waiting, so that a thousand
 * ranks do not compile a bad module one after the other; who comes later does not believe it.
 */
#include "cache/cache.h"

#include "base/file.h"
#include "cache/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct job {
    const struct cache_request *request;
    char compiler[PATH_MAX];
    char key[CACHE_KEY_SIZE];
    struct cache_artifact *out;
    struct error *err; /* never NULL */
};

enum outcome { DONE, FAILED, UNUSABLE };

/* The same bytes in memory, or the descriptor itself if that cannot be. */
static int copy_to_memory(int fd) {
    int copy = memfd_create("mpiwasm-artifact", MFD_CLOEXEC);
    off_t at = 0;
    for (ssize_t count = 1; copy >= 0 && count > 0;) {
        count = sendfile(copy, fd, &at, 1 << 20);
        if (count < 0) {
            close(copy);
            copy = -1;
        }
    }
    if (copy < 0) return fd;
    close(fd);
    return copy;
}

/* Takes the descriptor. */
static bool artifact_set(struct job *job, const char *path, int fd) {
    struct statvfs status;
    /* Code cannot be loaded from a file system mounted "noexec", but from memory it can:
     * artifact_open takes the descriptor where the path does not work. */
    if (fstatvfs(fd, &status) == 0 && (status.f_flag & ST_NOEXEC) != 0) fd = copy_to_memory(fd);
    job->out->path = strdup(path);
    if (job->out->path == NULL) abort();
    job->out->fd = fd;
    return true;
}

static bool find(struct job *job, const struct directory *directory) {
    bool damaged;
    int fd = entry_open(directory->path, job->key, &damaged);
    if (fd < 0) return false;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%.*s/%s.so", PATH_MAX - 80, directory->path, job->key);
    return artifact_set(job, path, fd);
}

/* The record of the last failure: "PID-unique\nKIND: message". Empty if there is none. */
enum { FAILURE_SIZE = ERROR_MESSAGE_SIZE + 256 };

static void failure_path(const struct job *job, const struct directory *directory, char *path) {
    snprintf(path, PATH_MAX, "%.*s/%s.failed", PATH_MAX - 80, directory->path, job->key);
}

static void failure_read(const struct job *job, const struct directory *directory, char *text) {
    char path[PATH_MAX];
    failure_path(job, directory, path);
    text[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return;
    ssize_t count = read(fd, text, FAILURE_SIZE - 1);
    text[count > 0 ? count : 0] = '\0';
    close(fd);
}

/* Unique among the processes that share the directory. */
static void unique_name(char *name, size_t size) {
    static atomic_uint counter;
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    for (char *at = host; *at != '\0'; at++)
        if (*at == '/' || *at == '\n') *at = '-';
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(name, size, "%s-%d-%u-%llx", host, (int)getpid(), atomic_fetch_add(&counter, 1),
             (unsigned long long)now.tv_sec * 1000000000u + (unsigned long long)now.tv_nsec);
}

static void failure_write(const struct job *job, const struct directory *directory) {
    char name[128], path[PATH_MAX], temporary[PATH_MAX], text[FAILURE_SIZE];
    unique_name(name, sizeof name);
    failure_path(job, directory, path);
    snprintf(temporary, sizeof temporary, "%.*s/%s.tmp", PATH_MAX - 200, directory->path, name);
    int length = snprintf(text, sizeof text, "%s\n%s: %s\n", name,
                          compile_kind_name(job->err->code), job->err->message);
    if (length >= (int)sizeof text) length = (int)sizeof text - 1;
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    bool ok = file_write_all(fd, text, (size_t)length, NULL);
    close(fd);
    if (!ok || rename(temporary, path) != 0) unlink(temporary);
}

/* A failure that was recorded while this process was waiting is this process's failure too. */
static bool failure_adopt(struct job *job, const char *before, char *now) {
    if (now[0] == '\0' || strcmp(before, now) == 0) return false;
    char *line = strchr(now, '\n');
    if (line == NULL) return false;
    line++;
    line[strcspn(line, "\n")] = '\0';
    return compile_line_parse(line, job->err);
}

static void beat(void *lock) {
    lock_beat(lock);
}

/* Run the compiler, once more if it was killed. */
static enum compile_result compile(struct job *job, const char *path, struct lock *lock) {
    double seconds = 0;
    enum compile_result result =
        compile_run(job->request, job->compiler, path, false, beat, lock, &seconds, job->err);
    if (result == COMPILE_KILLED)
        result =
            compile_run(job->request, job->compiler, path, true, beat, lock, &seconds, job->err);
    job->out->seconds = seconds;
    job->out->compiled = result == COMPILE_OK;
    return result;
}

/* Does the place look as if it were the reason? */
static bool is_full(const char *path, const struct error *err) {
    static const int numbers[] = {ENOSPC, EDQUOT, EROFS, EIO, EFBIG};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strstr(err->message, strerror(numbers[i])) != NULL) return true;
    /* Ask for a little more than an artifact's last page. */
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return true;
    char page[4096] = {1};
    bool ok = pwrite(fd, page, sizeof page, lseek(fd, 0, SEEK_END)) == (ssize_t)sizeof page &&
              fsync(fd) == 0;
    close(fd);
    return !ok;
}

/* The lock is held: compile into the directory. */
static enum outcome make(struct job *job, const struct directory *directory, struct lock *lock) {
    char name[128], path[PATH_MAX];
    unique_name(name, sizeof name);
    snprintf(path, sizeof path, "%.*s/%s.tmp.so", PATH_MAX - 200, directory->path, name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        error_set_errno(job->err, "cannot make '%s'", path);
        return UNUSABLE;
    }
    close(fd);
    /* Look once more: another may have finished since, and a network file system, which remembers
     * for a while that a file was not there, has been told of a change in the directory just now.
     */
    enum outcome outcome = UNUSABLE;
    if (find(job, directory)) {
        outcome = DONE;
        goto done;
    }
    switch (compile(job, path, lock)) {
    case COMPILE_OK: break;
    case COMPILE_FAILED:
        if (job->err->code == ERROR_COMPILE && is_full(path, job->err)) goto done;
        failure_write(job, directory);
        outcome = FAILED;
        goto done;
    case COMPILE_KILLED: outcome = is_full(path, job->err) ? UNUSABLE : FAILED; goto done;
    case COMPILE_SYSTEM: goto done;
    }
    fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        error_set_errno(job->err, "the compiler left no '%s'", path);
        goto done;
    }
    if (!entry_install(directory->path, job->key, path, fd, job->request, job->out->seconds,
                       job->err)) {
        close(fd);
        goto done;
    }
    close(fd);
    if (!find(job, directory)) {
        error_set(job->err, ERROR_SYSTEM, "what was written to '%s' reads differently",
                  directory->path);
        goto done;
    }
    char failure[PATH_MAX];
    failure_path(job, directory, failure);
    unlink(failure);
    outcome = DONE;
done:
    unlink(path);
    if (outcome != DONE) job->out->compiled = false;
    return outcome;
}

static enum outcome directory_get(struct job *job, const struct directory *directory) {
    char before[FAILURE_SIZE], now[FAILURE_SIZE];
    /* What is there already can be used also where nothing can be written. */
    if (!directory_check(directory, true, job->err)) return UNUSABLE;
    failure_read(job, directory, before);
    for (;;) {
        if (find(job, directory)) return DONE;
        struct lock lock;
        switch (lock_try(directory->path, job->key, &lock, job->err)) {
        case LOCK_IMPOSSIBLE: return UNUSABLE;
        case LOCK_BUSY: lock_wait(directory->path, job->key); break;
        case LOCK_HELD: {
            failure_read(job, directory, now);
            enum outcome outcome =
                failure_adopt(job, before, now) ? FAILED : make(job, directory, &lock);
            lock_release(&lock);
            if (outcome == DONE && job->out->compiled) entry_trim(directory->path);
            return outcome;
        }
        }
    }
}

/* No directory will do: a file that only this process uses. */
static enum outcome private_get(struct job *job) {
    const char *directories[DIRECTORY_MAX];
    size_t count = directory_temporaries(directories);
    enum outcome outcome = UNUSABLE;
    error_set(job->err, ERROR_SYSTEM, "no directory for temporary files can be written to");
    for (size_t i = 0; i < count && outcome == UNUSABLE; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.*s/mpiwasm.XXXXXX.so", PATH_MAX - 80, directories[i]);
        int fd = mkostemps(path, 3, O_CLOEXEC);
        if (fd < 0) {
            error_set_errno(job->err, "cannot make '%s'", path);
            continue;
        }
        close(fd);
        struct lock none = {.fd = -1};
        switch (compile(job, path, &none)) {
        case COMPILE_OK:
            fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
            if (fd >= 0) {
                artifact_set(job, path, fd);
                job->out->temporary = true;
                return DONE;
            }
            error_set_errno(job->err, "cannot open '%s'", path);
            break;
        case COMPILE_FAILED:
        case COMPILE_KILLED: outcome = is_full(path, job->err) ? UNUSABLE : FAILED; break;
        case COMPILE_SYSTEM: break;
        }
        unlink(path);
    }
    return outcome;
}

/* There is no compiler, as *err says: what was compiled elsewhere will do. */
static bool prepared_get(const struct cache_request *request, struct cache_artifact *out,
                         struct error *err) {
    struct job job = {.request = request, .out = out, .err = err};
    struct directory *directories = calloc(DIRECTORY_MAX, sizeof *directories);
    if (directories == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    size_t count = directory_candidates(directories);
    bool found = false;
    for (int any_cpu = 0; any_cpu <= 1 && !found; any_cpu++) {
        if (!key_compute(request, NULL, any_cpu != 0, job.key, err)) break;
        for (size_t i = 0; i < count && !found; i++)
            found = directory_check(&directories[i], false, NULL) && find(&job, &directories[i]);
    }
    if (!found)
        error_set(err, ERROR_SYSTEM,
                  "there is no compiler here and no artifact in the cache '%.200s'; elsewhere, "
                  "`mpiwasm compile --cache --target %s` puts one there",
                  directories[0].path, machine_name(MACHINE_HOST));
    free(directories);
    return found;
}

static bool artifact_get(const struct cache_request *request, struct cache_artifact *out,
                         struct error *err) {
    struct job job = {.request = request, .out = out, .err = err};
    if (!cache_compiler_find(job.compiler, sizeof job.compiler, job.err))
        return getenv("MPIWASM_COMPILE") == NULL && prepared_get(request, out, err);
    if (!key_compute(request, job.compiler, false, job.key, job.err)) return false;
    struct directory *directories = calloc(DIRECTORY_MAX, sizeof *directories);
    if (directories == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    size_t count = directory_candidates(directories);
    enum outcome outcome = UNUSABLE;
    for (size_t i = 0; i < count && outcome == UNUSABLE; i++) {
        outcome = directory_get(&job, &directories[i]);
        if (outcome == UNUSABLE && out->note[0] == '\0')
            snprintf(out->note, sizeof out->note, "%.*s", (int)sizeof out->note - 1,
                     job.err->message);
    }
    free(directories);
    if (outcome == UNUSABLE) outcome = private_get(&job);
    return outcome == DONE;
}

bool cache_artifact_get(const struct cache_request *request, struct cache_artifact *out,
                        struct error *err) {
    struct error own;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    *out = (struct cache_artifact){.fd = -1};
    /* Beyond a limit on the size of files (ulimit -f), writing shall fail, not kill. */
    sigaction(SIGXFSZ, &ignore, &before);
    bool ok = artifact_get(request, out, err != NULL ? err : &own);
    sigaction(SIGXFSZ, &before, NULL);
    return ok;
}

/* The artifact once more in the same directory, under the key of machines without a compiler. */
static bool prepare(const struct cache_request *request, const struct cache_artifact *artifact,
                    struct error *err) {
    char key[CACHE_KEY_SIZE], directory[PATH_MAX], name[128], path[PATH_MAX];
    bool damaged, ok = false;
    if (!key_compute(request, NULL, false, key, err)) return false;
    snprintf(directory, sizeof directory, "%s", artifact->path);
    *strrchr(directory, '/') = '\0';
    int there = entry_open(directory, key, &damaged);
    if (there >= 0) {
        close(there);
        return true;
    }
    unique_name(name, sizeof name);
    snprintf(path, sizeof path, "%.*s/%s.tmp.so", PATH_MAX - 200, directory, name);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return error_set_errno(err, "cannot make '%s'", path);
    struct file_contents contents;
    uint64_t size;
    if (file_read(artifact->path, &contents, err)) {
        ok = entry_size(contents.bytes, contents.size, &size) ||
             error_set(err, ERROR_CORRUPT, "'%s' is damaged", artifact->path);
        ok = ok && file_write_all(fd, contents.bytes, (size_t)size, err) &&
             entry_install(directory, key, path, fd, request, artifact->seconds, err);
        file_release(&contents);
    }
    close(fd);
    unlink(path);
    return ok;
}

bool cache_artifact_prepare(const struct cache_request *request, struct cache_artifact *out,
                            struct error *err) {
    if (!cache_artifact_get(request, out, err)) return false;
    bool ok = out->temporary ? error_set(err, ERROR_SYSTEM,
                                         "no directory can be used as a cache: %s", out->note)
                             : prepare(request, out, err);
    if (!ok) cache_artifact_release(out);
    return ok;
}

void cache_artifact_release(struct cache_artifact *artifact) {
    if (artifact->path != NULL && artifact->temporary) unlink(artifact->path);
    free(artifact->path);
    if (artifact->fd >= 0) close(artifact->fd);
    *artifact = (struct cache_artifact){.fd = -1};
}

bool cache_compile(const struct cache_request *request, const char *path, struct error *err) {
    char compiler[PATH_MAX];
    struct error own;
    double seconds;
    if (err == NULL) err = &own;
    return cache_compiler_find(compiler, sizeof compiler, err) &&
           compile_run(request, compiler, path, false, NULL, NULL, &seconds, err) == COMPILE_OK;
}
