/*
 * target.c - the machine code is made for; see target.h.
 *
 * Only the host's own architecture: artifacts are made where they run.
 */
#include "compile/target.h"

#include <llvm-c/Support.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
static const char baseline[] = "x86-64";
#else
static const char baseline[] = "generic";
#endif

static void initialize(void) {
    LLVMInitializeNativeTarget();
    LLVMInitializeNativeAsmPrinter();
    LLVMInitializeNativeAsmParser();
    /* LLVM unrolls loops whole before it vectorises: only a register tile is better off so. There
     * is no other way to say it. */
    static const char *const words[] = {"mpiwasm-compile", "-unroll-full-max-count=16"};
    LLVMParseCommandLineOptions(sizeof words / sizeof *words, words, NULL);
}

void target_initialize(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, initialize);
}

/*
 * LLVM compiles for an unknown CPU too, as if it had no features, after a remark on stderr, which
 * is the only way in which it tells: so look at what it says. Before any thread is started.
 */
static bool is_known_cpu(const struct target *target) {
    int quiet = memfd_create("mpiwasm-stderr", MFD_CLOEXEC);
    int saved = dup(STDERR_FILENO);
    if (quiet < 0 || saved < 0) {
        if (quiet >= 0) close(quiet);
        if (saved >= 0) close(saved);
        return true;
    }
    fflush(stderr);
    dup2(quiet, STDERR_FILENO);
    LLVMTargetMachineRef machine = target_machine_create(target);
    if (machine != NULL) LLVMDisposeTargetMachine(machine);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    bool known = machine != NULL && lseek(quiet, 0, SEEK_END) == 0;
    close(quiet);
    return known;
}

bool target_select(const char *cpu, unsigned optimization, struct target *out, struct error *err) {
    target_initialize();
    char *message = NULL;
    struct target target = {.optimization = optimization, .triple = LLVMGetDefaultTargetTriple()};
    if (LLVMGetTargetFromTriple(target.triple, &target.target, &message)) {
        error_set(err, ERROR_COMPILE, "LLVM has no target for %s: %s", target.triple, message);
        LLVMDisposeMessage(message);
        LLVMDisposeMessage(target.triple);
        return false;
    }
    if (strcmp(cpu, "native") == 0) {
        target.cpu = LLVMGetHostCPUName();
        target.features = LLVMGetHostCPUFeatures();
    } else {
        if (strcmp(cpu, "baseline") == 0) cpu = baseline;
        target.cpu = LLVMCreateMessage(cpu);
        target.features = LLVMCreateMessage("");
        if (!is_known_cpu(&target)) {
            target_free(&target);
            return error_set(err, ERROR_USAGE, "LLVM knows no CPU '%s' for this machine", cpu);
        }
    }
    *out = target;
    return true;
}

void target_free(struct target *target) {
    LLVMDisposeMessage(target->triple);
    LLVMDisposeMessage(target->cpu);
    LLVMDisposeMessage(target->features);
}

LLVMTargetMachineRef target_machine_create(const struct target *target) {
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                 LLVMCodeGenLevelDefault,
                                                 LLVMCodeGenLevelAggressive};
    return LLVMCreateTargetMachine(target->target, target->triple, target->cpu, target->features,
                                   levels[target->optimization], LLVMRelocPIC,
                                   LLVMCodeModelDefault);
}
