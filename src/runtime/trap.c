/*
 * trap.c - the one place where traps, faults and exits of guests end; see trap.h.
 *
 * trap_guard marks where a call into the guest began; trap_raise and the signal handler fill in the
 * outcome and jump back there.  The handler runs on an alternate stack, as the guest may have used
 * up its own, and with its signal unblocked, so that jumping out of it needs no system call.
 *
 * Signal safety: the handler unwinds the stack and formats a message.  Faults of guest code are
 * synchronous, at an instruction of ours, so no lock of libc is held by this thread; for a fault
 * in host code that is likely, not certain.  A second fault in the handler ends the process.
 */
#include "runtime/trap.h"

#include "runtime/internal.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { SIGNAL_STACK_SIZE = 128 * 1024, STACK_MARGIN = 64 * 1024, STACK_GAP = 1024 * 1024 };

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum { SIGNAL_COUNT = sizeof signals / sizeof signals[0] };

static _Thread_local struct trap_entry *innermost;
static _Thread_local bool is_prepared, is_handling;
/* This thread's stack: its lowest address and the one behind its highest; 0: unknown. */
static _Thread_local uintptr_t stack_low, stack_high;
static struct sigaction previous[SIGNAL_COUNT]; /* what to hand faults to that are not ours */

const char *trap_kind_text(enum trap_kind kind) {
    switch (kind) {
    case TRAP_NONE: return "none";
    case TRAP_UNREACHABLE: return "unreachable";
    case TRAP_MEMORY_OUT_OF_BOUNDS: return "out of bounds memory access";
    case TRAP_TABLE_OUT_OF_BOUNDS: return "out of bounds table access";
    case TRAP_UNDEFINED_ELEMENT: return "undefined element";
    case TRAP_UNINITIALIZED_ELEMENT: return "uninitialized element";
    case TRAP_INDIRECT_CALL_TYPE: return "indirect call type mismatch";
    case TRAP_INTEGER_OVERFLOW: return "integer overflow";
    case TRAP_INTEGER_DIVIDE_BY_ZERO: return "integer divide by zero";
    case TRAP_INVALID_CONVERSION: return "invalid conversion to integer";
    case TRAP_UNALIGNED_ATOMIC: return "unaligned atomic";
    case TRAP_EXPECTED_SHARED: return "expected shared memory";
    case TRAP_STACK_OVERFLOW: return "call stack exhausted";
    case TRAP_NULL_REFERENCE: return "null reference";
    case TRAP_NULL_FUNCTION: return "null function reference";
    case TRAP_NULL_EXCEPTION: return "null exception reference";
    case TRAP_UNCAUGHT_EXCEPTION: return "uncaught exception";
    case TRAP_HOST: return "host function failed";
    case TRAP_EXIT: return "exit";
    case TRAP_KIND_COUNT: break;
    }
    return "unknown";
}

static void outcome_set_trap(struct outcome *outcome, enum trap_kind kind) {
    outcome->kind = OUTCOME_TRAPPED;
    outcome->trap = kind;
    outcome->exit_code = TRAP_EXIT_CODE;
    outcome->thread = thread_number();
    outcome->message[0] = '\0';
    outcome->frame_count = 0;
    outcome->frames_cut = false;
}

/* Below no call into the guest there is nothing to go back to: a mistake of mpiwasm's own. */
static struct trap_entry *innermost_or_abort(void) {
    if (innermost == NULL) {
        static const char text[] = "mpiwasm: internal error: a trap outside of any guest\n";
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
        abort();
    }
    return innermost;
}

void trap_raise_v(enum trap_kind kind, const char *format, va_list arguments) {
    struct trap_entry *entry = innermost_or_abort();
    struct outcome *outcome = entry->outcome;
    outcome_set_trap(outcome, kind);
    if (format != NULL) {
        vsnprintf(outcome->message, sizeof outcome->message, format, arguments);
        for (char *at = outcome->message; *at != '\0'; at++)
            if (*at == '\n') *at = ' ';
    }
    backtrace_capture(outcome, NULL, NULL);
    siglongjmp(entry->jump, 1);
}

void trap_raise(enum trap_kind kind, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    trap_raise_v(kind, format, arguments);
}

void trap_raise_recorded(enum trap_kind kind, const struct trap_frame *frames, uint32_t frame_count,
                         bool frames_cut, const char *message) {
    struct trap_entry *entry = innermost_or_abort();
    struct outcome *outcome = entry->outcome;
    outcome_set_trap(outcome, kind);
    snprintf(outcome->message, sizeof outcome->message, "%s", message);
    if (frame_count > OUTCOME_FRAMES_MAX) frame_count = OUTCOME_FRAMES_MAX;
    memcpy(outcome->frames, frames, frame_count * sizeof *frames);
    outcome->frame_count = frame_count;
    outcome->frames_cut = frames_cut;
    siglongjmp(entry->jump, 1);
}

bool trap_is_guarded(void) {
    return innermost != NULL;
}

const void *trap_border(void) {
    return innermost_or_abort()->frame;
}

bool trap_stack_bounds(uintptr_t *low, uintptr_t *high) {
    *low = stack_low;
    *high = stack_high;
    return stack_low != 0;
}

void trap_stack_check(void) {
    uintptr_t sp = (uintptr_t)__builtin_frame_address(0);
    if (stack_low != 0 && sp >= stack_low && sp < stack_low + STACK_MARGIN)
        trap_raise(TRAP_STACK_OVERFLOW, NULL);
}

void trap_exit(int code) {
    struct trap_entry *entry = innermost_or_abort();
    entry->outcome->kind = OUTCOME_EXITED;
    entry->outcome->exit_code = code;
    entry->outcome->message[0] = '\0';
    entry->outcome->frame_count = 0;
    siglongjmp(entry->jump, 1);
}

void trap_resume(const struct outcome *outcome) {
    struct trap_entry *entry = innermost_or_abort();
    if (entry->outcome != outcome) *entry->outcome = *outcome;
    siglongjmp(entry->jump, 1);
}

static void thread_prepare(void);

bool trap_guard(void (*body)(void *argument), void *argument, struct outcome *outcome) {
    struct trap_entry entry = {.outer = innermost, .outcome = outcome};
    entry.depth = entry.outer == NULL ? 1 : entry.outer->depth + 1;
    entry.frame = __builtin_frame_address(0);
    if (!is_prepared) thread_prepare();
    if (entry.depth > TRAP_DEPTH_MAX) {
        outcome_set_trap(outcome, TRAP_STACK_OVERFLOW);
        snprintf(outcome->message, sizeof outcome->message,
                 "more than %d calls between host and guest inside each other", TRAP_DEPTH_MAX);
        backtrace_capture(outcome, NULL, NULL);
        return false;
    }
    outcome->kind = OUTCOME_RETURNED;
    outcome->exit_code = 0;
    if (sigsetjmp(entry.jump, 0) != 0) {
        innermost = entry.outer;
        return false;
    }
    innermost = &entry;
    body(argument);
    innermost = entry.outer;
    return true;
}

static const void *context_pc(const ucontext_t *context) {
#if defined(__x86_64__)
    return (const void *)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (const void *)context->uc_mcontext.pc;
#elif defined(__riscv)
    return (const void *)context->uc_mcontext.__gregs[REG_PC];
#elif defined(__powerpc64__)
    return (const void *)context->uc_mcontext.gp_regs[32];
#endif
}

static uintptr_t context_sp(const ucontext_t *context) {
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    return (uintptr_t)context->uc_mcontext.sp;
#elif defined(__riscv)
    return (uintptr_t)context->uc_mcontext.__gregs[REG_SP];
#elif defined(__powerpc64__)
    return (uintptr_t)context->uc_mcontext.gp_regs[1];
#endif
}

/*
 * The end of the stack is a guard page, or for the main thread the place where the kernel refuses
 * to let it grow: at the limit, or up to STACK_GAP before another mapping.  So a fault close to the
 * limit counts, and one right at the stack pointer where that is near the limit as well.
 */
static bool is_stack_end(uintptr_t address, uintptr_t sp) {
    if (stack_low == 0) return false;
    if (address >= stack_low - STACK_GAP && address < stack_low + STACK_MARGIN) return true;
    return address < sp + 4096 && address + STACK_MARGIN > sp && sp >= stack_low - STACK_GAP &&
           sp < stack_low + 2 * STACK_GAP;
}

/* What compilers emit for "cannot get here". */
static bool is_trap_instruction(const uint8_t *pc) {
#if defined(__x86_64__)
    return pc[0] == 0x0f && pc[1] == 0x0b; /* ud2 */
#elif defined(__aarch64__)
    uint32_t word;
    memcpy(&word, pc, 4);
    return (word & 0xffe0001f) == 0xd4200000 || (word & 0xffff0000) == 0; /* brk, udf */
#elif defined(__powerpc64__)
    uint32_t word;
    memcpy(&word, pc, 4);
    return word == 0x7fe00008; /* trap */
#elif defined(__riscv)
    uint16_t halves[2];
    memcpy(halves, pc, 2);
    if (halves[0] == 0) return true; /* c.unimp */
    memcpy(halves, pc, 4);
    return halves[0] == 0x1073 && halves[1] == 0xc000; /* unimp */
#else
    return true;
#endif
}

/* Which trap is it? TRAP_NONE: not the guest's doing. */
static enum trap_kind classify(int number, const siginfo_t *info, const ucontext_t *context,
                               char *message, size_t size) {
    const void *pc = context_pc(context);
    message[0] = '\0';
    if (number == SIGSEGV || number == SIGBUS) {
        const uint8_t *address = info->si_addr;
        const struct linear_memory *memory = memory_find(address);
        if (memory != NULL) {
            uint64_t offset = (uint64_t)(address - memory->base);
            if (offset < memory->size) {
                if (thread_stack_overran(address, message, size)) return TRAP_STACK_OVERFLOW;
                /* Else a fault of the machine: all was made accessible but for guards. */
                if (!((const struct memory_object *)memory)->is_shared || number != SIGSEGV ||
                    info->si_code != SEGV_ACCERR)
                    return TRAP_NONE;
                snprintf(message, size,
                         "address 0x%llx lies in the guard below the stack of another thread",
                         (unsigned long long)offset);
                return TRAP_MEMORY_OUT_OF_BOUNDS;
            }
            bool below = address < memory->base;
            /* mpiwasmcc puts the stack of arrays at the bottom, from where it grows downwards. */
            bool is_stack =
                (below && -offset < STACK_GAP) || (!below && offset < MEMORY_ADDRESS_SPACE &&
                                                   offset >= MEMORY_ADDRESS_SPACE - STACK_GAP);
            snprintf(message, size, "address %s0x%llx%s, the memory has 0x%llx bytes%s",
                     below ? "-" : "", (unsigned long long)(below ? -offset : offset),
                     !below && offset >= memory->limit ? " or beyond" : "",
                     (unsigned long long)memory->size,
                     is_stack ? " (below its start: perhaps the program's stack is too small)"
                              : "");
            return TRAP_MEMORY_OUT_OF_BOUNDS;
        }
        if (is_stack_end((uintptr_t)address, context_sp(context))) return TRAP_STACK_OVERFLOW;
        return TRAP_NONE;
    }
    const struct artifact *artifact = artifact_find(pc);
    if (artifact == NULL) return TRAP_NONE;
    if (number == SIGFPE) return TRAP_INTEGER_DIVIDE_BY_ZERO;
    if (is_trap_instruction(pc)) return TRAP_UNREACHABLE;
    snprintf(message, size, "illegal instruction: '%s' was compiled for another CPU (%s)",
             artifact->path, artifact->descriptor->cpu);
    return number == SIGILL ? TRAP_HOST : TRAP_NONE;
}

/* Not the guest's: say so, and let whoever had the signal before us have it. */
static void pass_on(int number, const siginfo_t *info, const void *pc) {
    char text[256];
    int length =
        snprintf(text, sizeof text,
                 "mpiwasm: fatal: %s (address %p, code %p) in host code: a fault of mpiwasm "
                 "or of a library it uses, such as MPI, not of the guest\n",
                 number == SIGSEGV  ? "segmentation fault"
                 : number == SIGBUS ? "bus error"
                 : number == SIGFPE ? "arithmetic fault"
                 : number == SIGILL ? "illegal instruction"
                                    : "trap instruction",
                 info->si_addr, pc);
    if (info->si_code > 0 && length > 0) (void)!write(STDERR_FILENO, text, (size_t)length);
    for (int i = 0; i < SIGNAL_COUNT; i++)
        if (signals[i] == number) sigaction(number, &previous[i], NULL);
    /* A fault comes again when the instruction is run again; a signal that was sent does not. */
    if (info->si_code <= 0 || number == SIGTRAP) raise(number);
}

static void on_signal(int number, siginfo_t *info, void *data) {
    const ucontext_t *context = data;
    const void *pc = context_pc(context);
    struct trap_entry *entry = innermost;
    if (entry == NULL || info->si_code <= 0 || is_handling) {
        pass_on(number, info, pc);
        return;
    }
    is_handling = true;
    char message[OUTCOME_MESSAGE_SIZE];
    enum trap_kind kind = classify(number, info, context, message, sizeof message);
    if (kind == TRAP_NONE) {
        is_handling = false;
        pass_on(number, info, pc);
        return;
    }
    outcome_set_trap(entry->outcome, kind);
    memcpy(entry->outcome->message, message, sizeof message);
    backtrace_capture(entry->outcome, pc, context);
    is_handling = false;
    /* Whoever stands between the kernel and this handler, as ThreadSanitizer does, may have blocked
     * signals; the next fault would end the process. */
    pthread_sigmask(SIG_SETMASK, &context->uc_sigmask, NULL);
    siglongjmp(entry->jump, 1);
}

static pthread_mutex_t claim_lock = PTHREAD_MUTEX_INITIALIZER;

static void claim(void) {
    struct sigaction action = {.sa_sigaction = on_signal,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    pthread_mutex_lock(&claim_lock);
    for (int i = 0; i < SIGNAL_COUNT; i++) {
#if !defined(__aarch64__) && !defined(__powerpc64__)
        if (signals[i] == SIGTRAP) continue; /* no compiler's trap instruction raises it here */
#endif
        struct sigaction old;
        if (sigaction(signals[i], &action, &old) == 0 &&
            !((old.sa_flags & SA_SIGINFO) != 0 && old.sa_sigaction == on_signal))
            previous[i] = old;
    }
    pthread_mutex_unlock(&claim_lock);
}

static void stack_prepare(void) {
    if (syscall(SYS_gettid) == getpid()) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > TRAP_STACK_MAX) {
            limit.rlim_cur = TRAP_STACK_MAX;
            setrlimit(RLIMIT_STACK, &limit);
        }
    }
    pthread_attr_t attributes;
    void *low;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        stack_low = (uintptr_t)low;
        stack_high = stack_low + size;
    }
    pthread_attr_destroy(&attributes);
}

static pthread_key_t signal_stack_key;

static void signal_stack_free(void *mapping) {
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    munmap(mapping, SIGNAL_STACK_SIZE + (size_t)sysconf(_SC_PAGESIZE));
    is_prepared = false;
}

static void process_prepare(void) {
    if (pthread_key_create(&signal_stack_key, signal_stack_free) != 0) abort();
    claim();
}

static void thread_prepare(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, process_prepare);
    stack_prepare();
    /* Lives as long as the thread; mapped with a guard page, so that even this overflowing shows.
     */
    size_t guard = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *mapping = mmap(NULL, SIGNAL_STACK_SIZE + guard, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping != MAP_FAILED) {
        mprotect(mapping, guard, PROT_NONE);
        stack_t stack = {.ss_sp = mapping + guard, .ss_size = SIGNAL_STACK_SIZE};
        sigaltstack(&stack, NULL);
        pthread_setspecific(signal_stack_key, mapping);
    }
    is_prepared = true;
}

void trap_signals_claim(void) {
    if (!is_prepared) thread_prepare();
    claim();
}
