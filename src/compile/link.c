/*
 * link.c - spawning an ELF linker; see link.h.
 *
 * The objects are handed over as memory files (memfd_create) that the linker opens through
 * /proc/self/fd, so that a killed compiler leaves none behind.
 */
#include "compile/link.h"

#include "base/file.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Options that lld, GNU ld, gold and mold all have. */
static const char *const options[] = {"-shared",
                                      "--eh-frame-hdr",
                                      "--hash-style=gnu",
                                      "--build-id=none",
                                      "-z",
                                      "noexecstack",
                                      "-z",
                                      "relro",
                                      "-z",
                                      "now",
                                      "-o"};
enum { OPTION_COUNT = sizeof options / sizeof *options };

static bool make_memory_file(const struct link_object *object, int *out, struct error *err) {
    int fd = memfd_create("mpiwasm-object", 0);
    if (fd < 0) return error_set_errno(err, "cannot make a memory file");
    if (!file_write_all(fd, object->bytes, object->size, err)) {
        close(fd);
        return false;
    }
    *out = fd;
    return true;
}

/* The linker's stderr goes to a memory file, whose first line or so makes the message. */
static void read_complaint(int fd, char *buffer, size_t size) {
    ssize_t length = pread(fd, buffer, size - 1, 0);
    buffer[length > 0 ? length : 0] = '\0';
    for (char *at = buffer; *at != '\0'; at++)
        if (*at == '\n') *at = at[1] == '\0' ? '\0' : ' ';
}

static bool spawn(char *const *arguments, int complaints, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, complaints, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, complaints, STDERR_FILENO);
    int code = posix_spawnp(pid, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    errno = code;
    return code == 0;
}

static bool spawn_any(char **arguments, int complaints, pid_t *pid, struct error *err) {
    const char *chosen = getenv("MPIWASM_LD");
    if (chosen != NULL && chosen[0] != '\0') {
        arguments[0] = (char *)chosen;
        if (spawn(arguments, complaints, pid)) return true;
        return error_set_errno(err, "cannot run the linker %s (from MPIWASM_LD)", chosen);
    }
    static const char *const names[] = {MPIWASM_LINKER, "ld.lld-22", "ld.lld-21", "ld.lld-20",
                                        "ld.lld-19",    "ld.lld",    "ld.bfd",    "ld.gold",
                                        "ld.mold",      "ld"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        arguments[0] = (char *)names[i];
        if (names[i][0] == '/' || i > 0)
            if (spawn(arguments, complaints, pid)) return true;
    }
    return error_set(err, ERROR_COMPILE,
                     "no ELF linker found: install lld or binutils, or set MPIWASM_LD to one");
}

bool link_shared_object(const struct link_object *objects, size_t count, const char *output,
                        struct error *err) {
    bool ok = false;
    size_t argument_count = 1 + OPTION_COUNT + 1 + count;
    char **arguments = calloc(argument_count + 1, sizeof *arguments);
    int *files = calloc(count, sizeof *files);
    char (*paths)[32] = calloc(count, sizeof *paths);
    int complaints = memfd_create("mpiwasm-linker", MFD_CLOEXEC);
    size_t made = 0;
    if (arguments == NULL || files == NULL || paths == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        goto done;
    }
    if (complaints < 0) {
        error_set_errno(err, "cannot make a memory file");
        goto done;
    }
    for (size_t i = 0; i < OPTION_COUNT; i++)
        arguments[1 + i] = (char *)options[i];
    arguments[1 + OPTION_COUNT] = (char *)output;
    for (; made < count; made++) {
        if (!make_memory_file(&objects[made], &files[made], err)) goto done;
        snprintf(paths[made], sizeof *paths, "/proc/self/fd/%d", files[made]);
        arguments[1 + OPTION_COUNT + 1 + made] = paths[made];
    }
    pid_t pid;
    if (!spawn_any(arguments, complaints, &pid, err)) goto done;
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) {
            error_set_errno(err, "cannot wait for the linker");
            goto done;
        }
    if (status != 0) {
        char said[512];
        read_complaint(complaints, said, sizeof said);
        if (WIFSIGNALED(status))
            error_set(err, ERROR_COMPILE, "the linker %s was killed by signal %d: %s", arguments[0],
                      WTERMSIG(status), said);
        else
            error_set(err, ERROR_COMPILE, "the linker %s failed (exit code %d): %s", arguments[0],
                      WEXITSTATUS(status), said);
        goto done;
    }
    ok = true;
done:
    while (made > 0)
        close(files[--made]);
    if (complaints >= 0) close(complaints);
    free(paths);
    free(files);
    free(arguments);
    return ok;
}
