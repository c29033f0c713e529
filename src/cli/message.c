/*
 * message.c - prints errors, folding equal ones of many ranks; see message.h.
 *
 * The meeting place is DIRECTORY/HASH, HASH over the job and the text. Its first line is the state,
 * then one rank a line, every change under flock. Whoever finds it empty leads: it waits until all
 * ranks of the host have come or GATHER_MS have passed, prints, and marks the file as printed (or
 * removes it if all have come). The others wait until it is printed before they exit, since many
 * launchers kill the job when the first rank fails; if that takes too long, the leader was killed
 * and they print by themselves.
 */
#include "cli/message.h"

#include "cli/job.h"
#include "runtime/trap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    GATHER_MS = 300, /* how long the leader waits for other ranks; $MPIWASM_GATHER_MS */
    GATHER_MS_MAX = 10000,
    FOLLOW_MS = 1200, /* how much longer the others wait for the leader */
    LOCK_MS = 500,
    STEP_MS = 5,
    STALE_SECONDS = 30, /* a file that old belongs to an earlier job of the same name */
    RANKS_MAX = 4096,   /* ranks of one host that are told apart */
};

struct meeting {
    int fd;
    char path[512];
    char state; /* 'L': the leader gathers; 'P': printed; 0: empty */
    int ranks[RANKS_MAX];
    int rank_count;
};

static bool is_quiet;

void message_set_quiet(bool quiet) {
    is_quiet = quiet;
}

bool message_has_colors(void) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(2) && (no_color == NULL || *no_color == '\0') && term != NULL &&
           strcmp(term, "dumb") != 0;
}

static uint64_t hash(uint64_t seed, const char *text) {
    uint64_t value = seed ^ UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return value;
}

static int gather_ms(void) {
    const char *text = getenv("MPIWASM_GATHER_MS");
    int given = text != NULL && *text >= '0' && *text <= '9' ? atoi(text) : GATHER_MS;
    return given > GATHER_MS_MAX ? GATHER_MS_MAX : given;
}

static void sleep_step(void) {
    nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
}

/* A directory that only this user can write to. */
static bool private_directory(char *path, size_t size) {
    const char *base = getenv("XDG_RUNTIME_DIR");
    for (int attempt = 0; attempt < 2; attempt++) {
        if (attempt == 0 && (base == NULL || *base != '/')) continue;
        if (attempt == 0)
            snprintf(path, size, "%s/mpiwasm", base);
        else
            snprintf(path, size, "/tmp/mpiwasm-%u", (unsigned)geteuid());
        struct stat status;
        if (mkdir(path, 0700) != 0 && errno != EEXIST) continue;
        if (lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
            (status.st_mode & 077) == 0)
            return true;
    }
    return false;
}

static bool lock(int fd) {
    for (int waited = 0; waited < LOCK_MS; waited += STEP_MS) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
        sleep_step();
    }
    return false;
}

/* Locked: what the file says. */
static void read_meeting(struct meeting *meeting) {
    char text[RANKS_MAX * 8];
    ssize_t size = pread(meeting->fd, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    meeting->state = text[0];
    meeting->rank_count = 0;
    char *at = strchr(text, '\n');
    while (at != NULL && at[1] != '\0' && meeting->rank_count < RANKS_MAX) {
        meeting->ranks[meeting->rank_count++] = atoi(at + 1);
        at = strchr(at + 1, '\n');
    }
}

static void set_state(struct meeting *meeting, char state) {
    if (pwrite(meeting->fd, &state, 1, 0) == 1) meeting->state = state;
}

static bool append(struct meeting *meeting, const char *text) {
    off_t end = lseek(meeting->fd, 0, SEEK_END);
    return pwrite(meeting->fd, text, strlen(text), end) == (ssize_t)strlen(text);
}

/* Open the meeting place locked, come in, and leave it unlocked. False: there is none. */
static bool join(struct meeting *meeting, const struct job *job, const char *text) {
    char directory[400];
    if (!private_directory(directory, sizeof directory)) return false;
    uint64_t first = hash(hash(0, job->id), text);
    snprintf(meeting->path, sizeof meeting->path, "%s/message-%016llx%016llx", directory,
             (unsigned long long)first, (unsigned long long)hash(first, text));
    for (int attempt = 0; attempt < 3; attempt++) {
        meeting->fd =
            open(meeting->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (meeting->fd < 0) return false;
        struct stat status;
        if (!lock(meeting->fd) || fstat(meeting->fd, &status) != 0) goto fail;
        if (status.st_nlink == 0) { /* removed in between */
            close(meeting->fd);
            continue;
        }
        read_meeting(meeting);
        bool again = meeting->state != '\0' && time(NULL) - status.st_mtime > STALE_SECONDS;
        for (int i = 0; i < meeting->rank_count; i++)
            if (meeting->ranks[i] == job->rank) again = true; /* no rank says a thing twice */
        if (again) {
            if (ftruncate(meeting->fd, 0) != 0) goto fail;
            meeting->state = '\0';
        }
        char line[32];
        snprintf(line, sizeof line, "%s%d\n", meeting->state == '\0' ? "L\n" : "", job->rank);
        if (!append(meeting, line)) goto fail;
        flock(meeting->fd, LOCK_UN);
        return true;
    }
    return false;
fail:
    close(meeting->fd);
    return false;
}

/* Gather, and decide what to call the ranks in `who`. */
static void lead(struct meeting *meeting, const struct job *job) {
    for (int waited = 0;; waited += STEP_MS) {
        if (!lock(meeting->fd)) return;
        read_meeting(meeting);
        bool all = meeting->rank_count >= job->local_size;
        if (all || waited >= gather_ms()) return; /* still locked: nobody comes in unseen */
        flock(meeting->fd, LOCK_UN);
        sleep_step();
    }
}

/* True: the leader has printed the message. */
static bool follow(struct meeting *meeting, const struct job *job) {
    for (int waited = 0; waited < gather_ms() + FOLLOW_MS; waited += STEP_MS) {
        struct stat status;
        char state = 0;
        if (pread(meeting->fd, &state, 1, 0) == 1 && state == 'P') {
            /* The last one to come removes what the leader left. */
            if (lock(meeting->fd)) {
                read_meeting(meeting);
                if (meeting->rank_count >= job->local_size) unlink(meeting->path);
            }
            return true;
        }
        if (fstat(meeting->fd, &status) == 0 && status.st_nlink == 0) return true;
        sleep_step();
    }
    return false;
}

static int by_value(const void *a, const void *b) {
    return *(const int *)a - *(const int *)b;
}

static void describe_ranks(struct meeting *meeting, char *who, size_t size) {
    qsort(meeting->ranks, (size_t)meeting->rank_count, sizeof(int), by_value);
    size_t used = (size_t)snprintf(who, size, "rank%s ", meeting->rank_count == 1 ? "" : "s");
    for (int i = 0; i < meeting->rank_count && used < size;) {
        int last = i;
        while (last + 1 < meeting->rank_count &&
               meeting->ranks[last + 1] == meeting->ranks[last] + 1)
            last++;
        const char *comma = i == 0 ? "" : ", ";
        if (used + 32 > size) {
            snprintf(who + used, size - used, ", ...");
            return;
        }
        if (last == i)
            used += (size_t)snprintf(who + used, size - used, "%s%d", comma, meeting->ranks[i]);
        else
            used += (size_t)snprintf(who + used, size - used, "%s%d-%d", comma, meeting->ranks[i],
                                     meeting->ranks[last]);
        i = last + 1;
    }
}

static void print(const char *who, const char *text) {
    const char *on = message_has_colors() ? "\033[1;31m" : "", *off = *on ? "\033[0m" : "";
    /* One write, so that the lines of several ranks do not mix. */
    char buffer[16384];
    int length = snprintf(buffer, sizeof buffer, "%smpiwasm:%s %s%s%s\n", on, off, who,
                          *who ? ": " : "", text);
    if (length >= (int)sizeof buffer) {
        length = (int)sizeof buffer - 1;
        buffer[length - 1] = '\n';
    }
    fflush(stdout);
    for (int done = 0; done < length;) {
        ssize_t count = write(2, buffer + done, (size_t)(length - done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) break;
        done += (int)count;
    }
}

/* "rank 2", and with where true " on HOST". */
static void report(const char *text, bool where) {
    const struct job *job = job_get();
    char who[512] = "", place[300] = "";
    if (!job->launched) {
        print(who, text);
        return;
    }
    if (where) snprintf(place, sizeof place, " on %s", job->host);
    snprintf(who, sizeof who, "rank %d%s", job->rank, place);
    if (job->local_size <= 1) {
        print(who, text);
        return;
    }
    /* The launcher may end the job while the ranks meet; the message comes first. */
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTERM);
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGHUP);
    sigprocmask(SIG_BLOCK, &block, &before);
    struct meeting *meeting = calloc(1, sizeof *meeting);
    if (meeting == NULL || !join(meeting, job, text)) {
        print(who, text);
    } else {
        if (meeting->state == '\0') {
            lead(meeting, job);
            char ranks[200];
            describe_ranks(meeting, ranks, sizeof ranks);
            snprintf(who, sizeof who, "%s%s", ranks, place);
            print(who, text);
            set_state(meeting, 'P');
            if (meeting->rank_count >= job->local_size) unlink(meeting->path);
        } else if (!follow(meeting, job)) {
            print(who, text);
            unlink(meeting->path);
        }
        close(meeting->fd);
    }
    free(meeting);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

int message_error(const struct error *err) {
    char text[ERROR_MESSAGE_SIZE + 64];
    if (err->has_offset)
        snprintf(text, sizeof text, "%s (at offset 0x%llx)", err->message,
                 (unsigned long long)err->offset);
    else
        snprintf(text, sizeof text, "%s", err->message);
    report(text, false);
    if (err->code == ERROR_TRAP) return EXIT_TRAP;
    return err->code == ERROR_USAGE ? EXIT_USAGE : EXIT_FAILED;
}

int message_usage(const char *subcommand, const struct error *err) {
    struct error whole = *err;
    if (subcommand != NULL) error_prefix(&whole, "%s", subcommand);
    message_error(&whole);
    return EXIT_USAGE;
}

void message_note(const char *format, ...) {
    if (is_quiet || job_get()->rank != 0) return;
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *on = message_has_colors() ? "\033[1m" : "", *off = *on ? "\033[0m" : "";
    fprintf(stderr, "%smpiwasm:%s %s\n", on, off, text);
}

static const char *trap_advice(enum trap_kind kind) {
    switch (kind) {
    case TRAP_UNREACHABLE:
        return "the program ended itself: abort(), a failed assertion, or undefined behaviour that "
               "the compiler made a trap";
    case TRAP_MEMORY_OUT_OF_BOUNDS:
        return "the program touched memory beyond its own: natively a segmentation fault, or "
               "silent damage";
    case TRAP_UNDEFINED_ELEMENT:
    case TRAP_UNINITIALIZED_ELEMENT:
        return "a call through a function pointer that is null or wild";
    case TRAP_INDIRECT_CALL_TYPE:
        return "a function was called through a pointer of another type; compiling with "
               "-Wcast-function-type-mismatch names the place of the cast";
    case TRAP_INTEGER_DIVIDE_BY_ZERO:
    case TRAP_INTEGER_OVERFLOW: return "natively this is SIGFPE";
    case TRAP_UNCAUGHT_EXCEPTION:
        return "nothing catches the exception on its way to the program's start, or to the MPI "
               "function that called: in C++ std::terminate";
    case TRAP_STACK_OVERFLOW: return "endless or very deep recursion";
    default: return NULL;
    }
}

void message_trap(const struct outcome *outcome) {
    char text[8192];
    outcome_report(outcome, text, sizeof text - 512);
    size_t length = strlen(text);
    const char *advice = trap_advice(outcome->trap);
    if (advice != NULL)
        length += (size_t)snprintf(text + length, sizeof text - length, "    hint: %s\n", advice);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    report(text, true);
}
