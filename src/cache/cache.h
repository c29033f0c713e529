/*
 * cache.h - compiled artifacts, kept by content: one compilation however many ranks start at once.
 *
 * The key of an artifact is a BLAKE2 hash over the module's bytes, RUNTIME_ABI_VERSION, the
 * identity of mpiwasm-compile and its libLLVM (their ELF build ids), the options, the architecture
 * and this machine's CPU unless the options name one.  An entry is the artifact with a trailer
 * (size, checksum, when and from what it was made), named KEY.so.
 *
 * Where there is no compiler, the key is one without its identity; what cache_artifact_prepare has
 * left is found by it, for this CPU or, if that is not there, for any one of the architecture.
 *
 * Directory: $MPIWASM_CACHE_DIR, else $XDG_CACHE_HOME/mpiwasm, else ~/.cache/mpiwasm; made with
 * mode 0700, and not used if somebody else owns it or others may write to it.  Where it cannot be
 * used (refused, read-only, full), a private one below $TMPDIR, /tmp or /dev/shm takes its place,
 * and if that fails as well a file of this process alone.  The cache never stops a job that
 * compiling would not have stopped.
 */
#ifndef MPIWASM_CACHE_CACHE_H
#define MPIWASM_CACHE_CACHE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct cache_request {
    const uint8_t *module; /* the binary */
    size_t module_size;
    const char *module_name;    /* file name or path, for `cache list`; may be NULL */
    const char *const *options; /* of mpiwasm-compile, NULL-terminated; NULL: none */
    /* Called in the process that compiles, while it waits: every 0.1 s or so, and once with
     * `finished` at the end. `fraction` of the work is done, from 0 to 1; negative: not known yet.
     * Processes that wait for another's compilation are silent. May be NULL. */
    void (*progress)(void *user, double seconds, double fraction, bool finished);
    void *user;
};

struct cache_artifact {
    char *path;     /* of the artifact; owned */
    int fd;         /* open on it, for artifact_open; owned */
    bool compiled;  /* by this call; else found (or made by another process meanwhile) */
    bool temporary; /* of this process alone: cache_artifact_release removes it */
    double seconds; /* the compilation took; 0 if none */
    char note[256]; /* why the usual directory was not used; "" if it was. One line. */
};

/*
 * The artifact of a module: found, or compiled.  Errors are those of the compiler
 * (ERROR_MALFORMED, ERROR_INVALID, ERROR_UNSUPPORTED, ERROR_COMPILE, ERROR_SYSTEM), without the
 * module's name in front.
 */
bool cache_artifact_get(const struct cache_request *request, struct cache_artifact *out,
                        struct error *err);

/*
 * As cache_artifact_get, and what is there then is found by cache_artifact_get also where there is
 * no compiler: on machines of the same kind that see the same directory or a copy of it. The
 * options may name another machine (--target).
 */
bool cache_artifact_prepare(const struct cache_request *request, struct cache_artifact *out,
                            struct error *err);

/* Free what belongs to it; after artifact_open the file itself is not needed any more. */
void cache_artifact_release(struct cache_artifact *artifact);

/*
 * Run mpiwasm-compile on request->module with output `path` and no cache: for `mpiwasm compile -o`.
 * The options may then include --emit.
 */
bool cache_compile(const struct cache_request *request, const char *path, struct error *err);

/* The path of mpiwasm-compile: $MPIWASM_COMPILE, else ../libexec/mpiwasm/mpiwasm-compile from the
 * directory of the running executable. False if it cannot be executed. */
bool cache_compiler_find(char *path, size_t size, struct error *err);

struct cache_entry {
    char key[65];          /* hexadecimal */
    char module_name[128]; /* base name of the file */
    char options[256];     /* joined by spaces */
    uint64_t size;         /* of the artifact, bytes */
    uint64_t module_size;  /* of the module, bytes */
    time_t created, used;  /* last use is exact to a day */
    double seconds;        /* the compilation took */
};

/* The directory that would be used now; it need not exist yet (it is made by the first use). False
 * with the reason if it is there and refused. */
bool cache_directory(char *path, size_t size, struct error *err);

/* All entries, latest use first; *entries is malloc'ed. */
bool cache_list(struct cache_entry **entries, size_t *count, struct error *err);

struct cache_clean_options {
    double older_than_days; /* remove entries not used for so long; negative: by this alone none */
    uint64_t keep_bytes;    /* then remove the least recently used down to this size */
};

/* Remove entries, and what killed processes left behind. {0, 0} removes everything. */
bool cache_clean(const struct cache_clean_options *options, size_t *removed, uint64_t *bytes,
                 struct error *err);

#endif
