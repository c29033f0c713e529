/*
 * internal.h - what the files of src/cache share among themselves; no one else includes it.
 */
#ifndef MPIWASM_CACHE_INTERNAL_H
#define MPIWASM_CACHE_INTERNAL_H

#include "base/machine.h"
#include "cache/cache.h"

#include <limits.h>

enum { CACHE_KEY_SIZE = 65 }; /* hexadecimal and NUL */

/* key.c. `compiler` NULL: of an artifact for machines without one; `any_cpu`: for any CPU of the
 * architecture unless the options name one. */
bool key_compute(const struct cache_request *request, const char *compiler, bool any_cpu,
                 char key[CACHE_KEY_SIZE], struct error *err);

/* identity.c: a text that differs for compilers whose artifacts may differ, LLVM included. */
bool compiler_identity(const char *path, char *text, size_t size, struct error *err);
/* The machine that the compiler itself runs on; MACHINE_HOST if that is not known. */
enum machine compiler_machine(const char *path);

/* directory.c: the places an artifact may be kept, in order of preference. */
struct directory {
    char path[PATH_MAX];
    bool is_private; /* below a directory that everybody may write to: no symbolic link then */
};
enum { DIRECTORY_MAX = 4 };
/* How many were written to directories[]; the first is the configured one. */
size_t directory_candidates(struct directory directories[DIRECTORY_MAX]);
/* Not NULL: the directories for a file of this process alone, most likely first. */
size_t directory_temporaries(const char *directories[DIRECTORY_MAX]);
/* Is it there, ours and closed to others? With `make` it is created. */
bool directory_check(const struct directory *directory, bool make, struct error *err);

/* lock.c: one holder per key among all processes of all machines that share the directory. */
struct lock {
    int fd;              /* -1: not held */
    bool is_file;        /* by the existence of a file, not by fcntl */
    char path[PATH_MAX]; /* of that file */
    double beat;         /* when it was last touched, monotonic seconds */
};
enum lock_state { LOCK_HELD, LOCK_BUSY, LOCK_IMPOSSIBLE };
enum lock_state lock_try(const char *directory, const char *key, struct lock *lock,
                         struct error *err);
/* Until nobody holds it, be it that the holder has finished or died. */
void lock_wait(const char *directory, const char *key);
/* To be called by the holder at least every second. */
void lock_beat(struct lock *lock);
void lock_release(struct lock *lock);
/* A lock file that was not touched for so long has a dead holder. Tests shorten it. */
extern double lock_stale_seconds;

double monotonic_seconds(void);

/* entry.c: files KEY.so, which are artifacts with a trailer. */
enum { ENTRY_NAME_SIZE = 128, ENTRY_OPTIONS_SIZE = 256 };
struct entry_trailer {
    char magic[16];
    char key[64];
    uint64_t size;        /* of the artifact, without the trailer */
    uint64_t checksum[2]; /* of the artifact */
    int64_t created;      /* seconds since 1970 */
    double seconds;
    uint64_t module_size;
    char module_name[ENTRY_NAME_SIZE]; /* NUL-terminated */
    char options[ENTRY_OPTIONS_SIZE];  /* NUL-terminated */
    uint64_t trailer_checksum;         /* of all above */
};

/* Open the entry and check all of it. -1: not there, or damaged (then *damaged). */
int entry_open(const char *directory, const char *key, bool *damaged);
/* How much of an entry's bytes is the artifact. False: it is no entry. */
bool entry_size(const uint8_t *bytes, size_t size, uint64_t *out);
/* Append the trailer to the artifact at fd, which is at `path`, and give it its name. */
bool entry_install(const char *directory, const char *key, const char *path, int fd,
                   const struct cache_request *request, double seconds, struct error *err);
/* Remove entries that have not been used for long where the cache is beyond its size. */
void entry_trim(const char *directory);

/* compile.c */
enum compile_result {
    COMPILE_OK,
    COMPILE_FAILED, /* the module's fault: the same everywhere */
    COMPILE_KILLED, /* by a signal */
    COMPILE_SYSTEM, /* no space, not writable...: may work elsewhere */
};
/* Run the compiler; `beat` is called every 0.1 s or so while it runs, besides the progress. */
enum compile_result compile_run(const struct cache_request *request, const char *compiler,
                                const char *output, bool is_retry, void (*beat)(void *),
                                void *beat_argument, double *seconds, struct error *err);
/* "INVALID: text" <-> error; false if the line is none. */
bool compile_line_parse(const char *line, struct error *err);
const char *compile_kind_name(enum error_code code);

#endif
