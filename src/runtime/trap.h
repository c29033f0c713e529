/*
 * trap.h - how calls into the guest end: by return, by a trap or by exit; and who was running.
 *
 * Core specification, section 4.4 (traps).  Every trap, be it an explicit one of compiled code
 * (libcall `trap`), a fault of the processor (SIGSEGV, SIGBUS, SIGFPE, SIGILL) or a host function's
 * decision, ends in trap_raise or in its signal handler: both take a backtrace and jump to the
 * innermost call into the guest of the thread, which reports it as an outcome.  Any number of traps
 * in one process is fine.
 *
 * Deliberate: a fault in host code (say, a memcpy inside the MPI library) on an address that lies
 * in a memory's reservation counts as an out-of-bounds access of the guest.  Locks of the library
 * stay locked then, so the job has to be ended soon (a watchdog is the caller's business).
 */
#ifndef MPIWASM_RUNTIME_TRAP_H
#define MPIWASM_RUNTIME_TRAP_H

#include "base/error.h"
#include "runtime/runtime_abi.h"

#include <stdarg.h>
#include <stddef.h>

enum outcome_kind { OUTCOME_RETURNED, OUTCOME_TRAPPED, OUTCOME_EXITED };

enum { OUTCOME_MESSAGE_SIZE = 512, OUTCOME_FRAMES_MAX = 128, TRAP_EXIT_CODE = 134 };

struct trap_frame {
    const void *pc;    /* an address inside the instruction that was running or calling */
    const void *start; /* of the function, if the unwinder knows it; else NULL */
};

struct outcome {
    enum outcome_kind kind;
    enum trap_kind trap; /* only if OUTCOME_TRAPPED */
    uint32_t thread;     /* 0: the guest's first; else the number that thread-spawn returned */
    int exit_code;       /* OUTCOME_EXITED: the guest's; OUTCOME_TRAPPED: TRAP_EXIT_CODE */
    /* The trap in words, without the kind's own text: "address 0x20000 of 0x10000 bytes", a host
     * function's message; may be empty. One line. */
    char message[OUTCOME_MESSAGE_SIZE];
    /* Innermost first; host frames included. Filled when trapped; too deep stacks are cut. */
    struct trap_frame frames[OUTCOME_FRAMES_MAX];
    uint32_t frame_count;
    bool frames_cut; /* there were more */
};

/* The text the specification's test suite expects: "out of bounds memory access"; never NULL. */
const char *trap_kind_text(enum trap_kind kind);

/* One line of a backtrace. */
struct backtrace_entry {
    bool is_guest;
    uint32_t function;  /* index in the module's function index space; only if is_guest */
    const char *module; /* guest: the artifact's path or module's name; host: import module */
    const char *file;   /* guest: source file, as long as the artifact is open */
    uint32_t line;      /* ... and line; 0: not known */
    char name[256];     /* guest function, or the host function as the guest imports it */
};

/*
 * Name the frames of an outcome: guest functions, and host functions that the guest called
 * directly; the frames in between (of mpiwasm, MPI, libc) are left out.  Returns how many entries
 * were written.  While the artifacts and the store are still there; not for signal handlers.
 */
size_t outcome_backtrace(const struct outcome *outcome, struct backtrace_entry *entries,
                         size_t max);

/*
 * The whole report of a trap, several lines, each ended by a newline:
 *     trap: out of bounds memory access: address 0x20000 of 0x10000 bytes
 *         in dot (function 12) at dot.c:7
 *         in main (function 7)
 * Cut to fit; always NUL-terminated. Empty for an outcome that is not a trap.
 */
void outcome_report(const struct outcome *outcome, char *buffer, size_t size);

/*
 * End what the guest is doing on this thread.  To be called below a call into the guest only, with
 * no foreign frames in between (see host_module.h).  `format` may be NULL.
 */
_Noreturn void trap_raise(enum trap_kind kind, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void trap_raise_v(enum trap_kind kind, const char *format, va_list arguments);
_Noreturn void trap_exit(int code);

/*
 * Install the signal handlers of the process and prepare this thread (alternate signal stack,
 * stack limit).  Done by itself at the first call into the guest on every thread; again after
 * a library may have replaced the handlers.
 *
 * The soft limit of the main thread's stack is lowered to TRAP_STACK_MAX where it is higher or
 * unlimited, so that endless recursion of a guest ends as a trap within a moment.  The guest's own
 * stack of arrays is in linear memory and not concerned.
 */
#define TRAP_STACK_MAX ((size_t)256 << 20)
void trap_signals_claim(void);

#endif
