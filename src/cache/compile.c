/*
 * compile.c - running mpiwasm-compile as a process of its own and understanding how it ended.
 *
 * The module is handed over as an anonymous file in memory, so that what is compiled is exactly
 * what was hashed, and nothing on a disk is needed for it.  The compiler may use all processors
 * that this process may be moved to: launchers bind each rank to one, and the other ranks wait.
 */
#include "base/file.h"
#include "cache/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { OPTIONS_MAX = 64, OUTPUT_SIZE = 16 * 1024, TICK_MILLISECONDS = 100, MODULE_FD = 3 };

static const struct {
    const char *name;
    enum error_code code;
} kinds[] = {
    {"malformed", ERROR_MALFORMED}, {"invalid", ERROR_INVALID}, {"unsupported", ERROR_UNSUPPORTED},
    {"compile", ERROR_COMPILE},     {"system", ERROR_SYSTEM},   {"usage", ERROR_USAGE},
};

const char *compile_kind_name(enum error_code code) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].code == code) return kinds[i].name;
    return "compile";
}

bool compile_line_parse(const char *line, struct error *err) {
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].name);
        if (strncmp(line, kinds[i].name, length) == 0 && strncmp(line + length, ": ", 2) == 0) {
            error_set(err, kinds[i].code, "%s", line + length + 2);
            return true;
        }
    }
    return false;
}

bool cache_compiler_find(char *path, size_t size, struct error *err) {
    const char *value = getenv("MPIWASM_COMPILE");
    if (value != NULL && value[0] != '\0') {
        snprintf(path, size, "%s", value);
    } else {
        char self[PATH_MAX];
        ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
        if (length < 0) return error_set_errno(err, "cannot find the compiler");
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL) *slash = '\0';
        slash = strrchr(self, '/');
        if (slash != NULL) *slash = '\0';
        snprintf(path, size, "%s/libexec/mpiwasm/mpiwasm-compile", self);
    }
    if (access(path, X_OK) != 0) return error_set_errno(err, "cannot run the compiler '%s'", path);
    return true;
}

/* The module as an open file: in memory, or unlinked in a directory for temporary files. */
static int module_open(const struct cache_request *request, struct error *err) {
    int fd = memfd_create("module.wasm", MFD_CLOEXEC);
    const char *directories[DIRECTORY_MAX];
    size_t count = fd < 0 ? directory_temporaries(directories) : 0;
    for (size_t i = 0; i < count && fd < 0; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/mpiwasm.XXXXXX", directories[i]);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd >= 0) unlink(path);
    }
    if (fd < 0) {
        error_set_errno(err, "cannot hand the module to the compiler");
        return -1;
    }
    if (!file_write_all(fd, request->module, request->module_size, err)) {
        error_prefix(err, "cannot hand the module to the compiler");
        close(fd);
        return -1;
    }
    return fd;
}

/* This process's environment and, for the compiler to end with it, its number. Caller frees. */
static char **environment_make(char *parent, size_t size) {
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **copy = malloc((count + 2) * sizeof *copy);
    if (copy == NULL) return NULL;
    snprintf(parent, size, "MPIWASM_PARENT=%d", (int)getpid());
    copy[0] = parent; /* first: it hides one that was inherited */
    memcpy(copy + 1, environ, (count + 1) * sizeof *copy);
    return copy;
}

/* Start `arguments` with the module as descriptor 3, and pipes for its messages and progress. */
static bool spawn(const char *compiler, char *const *arguments, int module, int messages,
                  int progress, pid_t *child, struct error *err) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    cpu_set_t bound, all;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, progress, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, module, MODULE_FD);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    /* The kernel keeps what the job's own set of processors allows. */
    bool is_bound = sched_getaffinity(0, sizeof bound, &bound) == 0;
    memset(&all, 0xff, sizeof all);
    if (is_bound) sched_setaffinity(0, sizeof all, &all);
    char parent[64], **environment = environment_make(parent, sizeof parent);
    int number = posix_spawn(child, compiler, &actions, &attributes, arguments,
                             environment != NULL ? environment : environ);
    free(environment);
    if (is_bound) sched_setaffinity(0, sizeof bound, &bound);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (number == 0) return true;
    errno = number;
    return error_set_errno(err, "cannot run the compiler '%s'", compiler);
}

/* Append to output what the child wrote, keeping the end: that is where the reason stands. False at
 * the end of its messages. */
static bool collect(int messages, char *output, size_t *used) {
    char piece[4096];
    ssize_t count = read(messages, piece, sizeof piece);
    if (count < 0) return errno == EINTR;
    if (count == 0) return false;
    size_t size = (size_t)count;
    if (*used + size > OUTPUT_SIZE - 1) {
        size_t drop = *used + size - (OUTPUT_SIZE - 1);
        memmove(output, output + drop, *used - drop);
        *used -= drop;
    }
    memcpy(output + *used, piece, size);
    *used += size;
    return true;
}

/* The last whole line "progress DONE TOTAL" that came. False at the end. */
static bool follow(int progress, double *fraction) {
    char piece[4096];
    ssize_t count = read(progress, piece, sizeof piece - 1);
    if (count < 0) return errno == EINTR;
    if (count == 0) return false;
    piece[count] = '\0';
    for (char *line = strstr(piece, "progress "); line != NULL; line = strstr(line, "progress ")) {
        unsigned done, total;
        line += strlen("progress ");
        if (strchr(line, '\n') != NULL && sscanf(line, "%u %u", &done, &total) == 2 && total > 0)
            *fraction = (double)done / total;
    }
    return true;
}

/* Collect the child's messages until it ends; returns its wait status. */
static int await(pid_t child, int messages, int progress, char *output,
                 const struct cache_request *request, void (*beat)(void *), void *beat_argument,
                 double begin) {
    size_t used = 0;
    bool is_open = true, is_followed = true;
    double fraction = -1;
    for (;;) {
        /* The child itself is asked too: a process it left behind may hold the pipe open. */
        int status = 0;
        pid_t ended = waitpid(child, &status, WNOHANG);
        struct pollfd poll_fds[] = {{.fd = is_open ? messages : -1, .events = POLLIN},
                                    {.fd = is_followed ? progress : -1, .events = POLLIN}};
        int wait = ended != 0 ? 0 : is_open ? TICK_MILLISECONDS : 1;
        int ready = poll(poll_fds, 2, wait);
        if (ready > 0 && poll_fds[1].revents != 0) is_followed = follow(progress, &fraction);
        if (ready > 0 && poll_fds[0].revents != 0) {
            is_open = collect(messages, output, &used);
            if (is_open || ended == 0) continue;
        }
        if (ended != 0) {
            output[used] = '\0';
            return ended == child ? status : -1;
        }
        if (!is_open) continue;
        if (beat != NULL) beat(beat_argument);
        if (request->progress != NULL)
            request->progress(request->user, monotonic_seconds() - begin, fraction, false);
    }
}

/* The last line that says what went wrong, else the last that says anything. */
static bool output_parse(char *output, struct error *err, const char **last) {
    bool found = false;
    *last = "";
    for (char *line = strtok(output, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        found = compile_line_parse(line, err) || found;
        if (line[0] != '\0') *last = line;
    }
    return found;
}

static enum compile_result judge(int status, char *output, const char *compiler,
                                 struct error *err) {
    const char *last;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return COMPILE_OK;
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        error_set(err, ERROR_COMPILE, "the compiler was killed by signal %d (%s)%s", number,
                  strsignal(number),
                  number == SIGKILL ? ", probably for want of memory: compile where there is more, "
                                      "with 'mpiwasm compile'"
                                    : "");
        return COMPILE_KILLED;
    }
    if (output_parse(output, err, &last))
        return err->code == ERROR_SYSTEM ? COMPILE_SYSTEM : COMPILE_FAILED;
    error_set(err, ERROR_COMPILE, "the compiler '%s' failed (exit code %d): %s", compiler,
              WIFEXITED(status) ? WEXITSTATUS(status) : -1, last);
    return COMPILE_FAILED;
}

enum compile_result compile_run(const struct cache_request *request, const char *compiler,
                                const char *output_path, bool is_retry, void (*beat)(void *),
                                void *beat_argument, double *seconds, struct error *err) {
    char *arguments[OPTIONS_MAX + 8], *output = NULL;
    int count = 0, pipes[2] = {-1, -1}, progress[2] = {-1, -1};
    enum compile_result result = COMPILE_SYSTEM;
    double begin = monotonic_seconds();
    char module_path[] = "/proc/self/fd/3", jobs[] = "--jobs=1", flag[] = "-o";
    char follow_progress[] = "--progress-fd=1", target[32];
    snprintf(target, sizeof target, "--target=%s", machine_name(MACHINE_HOST));
    arguments[count++] = (char *)compiler;
    arguments[count++] = module_path;
    arguments[count++] = flag;
    arguments[count++] = (char *)output_path;
    /* One for another machine runs here under an emulator's wing, or the other way round. */
    if (compiler_machine(compiler) != MACHINE_HOST) arguments[count++] = target;
    for (const char *const *option = request->options; option != NULL && *option != NULL; option++)
        if (count < OPTIONS_MAX + 5) arguments[count++] = (char *)*option;
    /* Killed once, most likely for want of memory: fewer jobs need less. */
    if (request->progress != NULL) arguments[count++] = follow_progress;
    if (is_retry) arguments[count++] = jobs;
    arguments[count] = NULL;

    int module = module_open(request, err);
    if (module < 0) return COMPILE_SYSTEM;
    output = malloc(OUTPUT_SIZE);
    if (output == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto done;
    }
    if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(progress, O_CLOEXEC) != 0) {
        error_set_errno(err, "cannot run the compiler");
        goto done;
    }
    /* dup2 of a descriptor onto itself would leave it to be closed at exec. */
    if (module == MODULE_FD || pipes[1] == STDERR_FILENO) {
        int other = fcntl(module, F_DUPFD_CLOEXEC, 10);
        if (other >= 0) {
            close(module);
            module = other;
        }
    }
    pid_t child;
    if (!spawn(compiler, arguments, module, pipes[1], progress[1], &child, err)) goto done;
    close(pipes[1]);
    close(progress[1]);
    pipes[1] = progress[1] = -1;
    int status = await(child, pipes[0], progress[0], output, request, beat, beat_argument, begin);
    result = judge(status, output, compiler, err);
    if (request->progress != NULL)
        request->progress(request->user, monotonic_seconds() - begin, 1, true);
    *seconds = monotonic_seconds() - begin;
done:
    if (pipes[0] >= 0) close(pipes[0]);
    if (pipes[1] >= 0) close(pipes[1]);
    if (progress[0] >= 0) close(progress[0]);
    if (progress[1] >= 0) close(progress[1]);
    close(module);
    free(output);
    return result;
}
