/*
 * error.h - the one way by which functions of mpiwasm report failure.
 *
 * A function that can fail returns bool and takes a `struct error *` as its last argument.
 * `true`: the outputs are set, the error is untouched.  `false`: the error holds a code, a message
 * and, where the input is a file, a byte offset; the outputs are unspecified and own nothing.
 * Whoever detects a failure fills the error in; callers forward it or put context in front of it;
 * only the command line (src/cli) prints it.  The struct is the caller's, nothing is allocated.
 *
 * Not for: results the guest sees (WASI errno, MPI error codes) and traps (runtime/trap.h).
 */
#ifndef MPIWASM_BASE_ERROR_H
#define MPIWASM_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

enum error_code {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* the command line is wrong */
    ERROR_SYSTEM,      /* the operating system refused (the message holds strerror) */
    ERROR_NO_MEMORY,   /* an allocation or a reservation failed */
    ERROR_MALFORMED,   /* not a WebAssembly binary: Core specification, section 5 */
    ERROR_INVALID,     /* well-formed, but does not validate: Core specification, section 3 */
    ERROR_UNSUPPORTED, /* valid, but uses a feature that this version lacks */
    ERROR_UNLINKABLE,  /* an import is missing or of another type: section 4.5 */
    ERROR_TRAP,        /* instantiation trapped */
    ERROR_COMPILE,     /* LLVM or the system linker failed */
    ERROR_CORRUPT,     /* an artifact or cache entry is not what it should be */
    ERROR_MPI,         /* no MPI plugin, or the wrong one */
};

enum { ERROR_MESSAGE_SIZE = 4096 };

struct error {
    enum error_code code;
    bool has_offset;
    uint64_t offset; /* bytes from the start of the input; only if has_offset */
    char
        message[ERROR_MESSAGE_SIZE]; /* one line, no final newline, cut with "..." where too long */
};

/* Fill in err (which may be NULL: the failure alone is told then). Always returns false. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool error_set_at(struct error *err, enum error_code code, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Like error_set with ERROR_SYSTEM; appends ": " and the text of errno as it was on entry. */
bool error_set_errno(struct error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put "context: " in front of the message that err holds. Always returns false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
