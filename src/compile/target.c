/*
 * target.c - the machine code is made for; see target.h.
 *
 * Artifacts are made where they run, or on another machine for one that has no compiler.
 */
#include "compile/target.h"

#include "base/cpu.h"
#include "compile/cpu_features.h"

#include <llvm-c/Support.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What every processor of the architecture that runs Linux has, and how LLVM says so. */
static const struct {
    const char *triple, *baseline, *features, *abi;
} machines[MACHINE_COUNT] = {
    [MACHINE_X86_64] = {"x86_64-unknown-linux-gnu", "x86-64", "", NULL},
    [MACHINE_AARCH64] = {"aarch64-unknown-linux-gnu", "generic", "", NULL},
    [MACHINE_PPC64LE] = {"powerpc64le-unknown-linux-gnu", "ppc64le", "", NULL},
    /* RV64GC, the base of all Linux distributions. */
    [MACHINE_RISCV64] = {"riscv64-unknown-linux-gnu", "generic-rv64", "+m,+a,+f,+d,+c", "lp64d"},
};

static void initialize(void) {
    LLVMInitializeAllTargetInfos();
    LLVMInitializeAllTargets();
    LLVMInitializeAllTargetMCs();
    LLVMInitializeAllAsmPrinters();
    LLVMInitializeAllAsmParsers();
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

static bool exclude(struct target *target, const char *name, struct error *err) {
    char *more;
    if (asprintf(&more, "%s%s-%s", target->features, *target->features != '\0' ? "," : "", name) <
        0)
        return error_set(err, ERROR_NO_MEMORY, "out of memory");
    LLVMDisposeMessage(target->features);
    target->features = LLVMCreateMessage(more);
    free(more);
    return true;
}

/*
 * The name of this machine's CPU may imply more than the kernel, or what stands between them, lets
 * a program use. Leave that out: the artifact would be refused where it was made.
 */
static bool require_native(struct target *target, struct error *err) {
    /* On x86-64 LLVM's list is whole, so that the name adds nothing, and finding out takes longer
     * than compiling a small module. */
    bool is_whole = target->machine == MACHINE_X86_64;
    target->required =
        is_whole ? LLVMCreateMessage(target->features) : cpu_features_find(target, err);
    if (target->required == NULL) return false;
    char nothing[1];
    if (cpu_features_missing(target->required, nothing, sizeof nothing) == 0) return true;
    const char *name;
    for (size_t i = 0; (name = cpu_feature_name(target->machine, i)) != NULL; i++) {
        char wanted[64];
        snprintf(wanted, sizeof wanted, "+%s", name);
        if (cpu_features_missing(wanted, nothing, sizeof nothing) > 0 &&
            !exclude(target, name, err))
            return false;
    }
    LLVMDisposeMessage(target->required);
    target->required = cpu_features_find(target, err);
    return target->required != NULL;
}

bool target_select(enum machine machine, const char *cpu, unsigned optimization, struct target *out,
                   struct error *err) {
    target_initialize();
    char *message = NULL;
    struct target target = {.machine = machine, .optimization = optimization};
    target.triple = machine == MACHINE_HOST ? LLVMGetDefaultTargetTriple()
                                            : LLVMCreateMessage(machines[machine].triple);
    if (LLVMGetTargetFromTriple(target.triple, &target.target, &message)) {
        error_set(err, ERROR_COMPILE, "LLVM has no target for %s: %s", target.triple, message);
        LLVMDisposeMessage(message);
        LLVMDisposeMessage(target.triple);
        return false;
    }
    if (strcmp(cpu, "native") == 0) {
        if (machine != MACHINE_HOST) {
            LLVMDisposeMessage(target.triple);
            return error_set(err, ERROR_USAGE,
                             "the CPU 'native' is this machine's, which is %s, not %s",
                             machine_name(MACHINE_HOST), machine_name(machine));
        }
        target.cpu = LLVMGetHostCPUName();
        target.features = LLVMGetHostCPUFeatures();
        if (!require_native(&target, err)) {
            target_free(&target);
            return false;
        }
    } else {
        bool is_baseline = strcmp(cpu, "baseline") == 0;
        target.cpu = LLVMCreateMessage(is_baseline ? machines[machine].baseline : cpu);
        target.features = LLVMCreateMessage(is_baseline ? machines[machine].features : "");
        if (!is_known_cpu(&target)) {
            error_set(err, ERROR_USAGE, "LLVM knows no CPU '%s' of %s", cpu, machine_name(machine));
            target_free(&target);
            return false;
        }
        target.required = is_baseline ? LLVMCreateMessage("") : cpu_features_find(&target, err);
        if (target.required == NULL) {
            target_free(&target);
            return false;
        }
    }
    *out = target;
    return true;
}

void target_free(struct target *target) {
    LLVMDisposeMessage(target->triple);
    LLVMDisposeMessage(target->cpu);
    LLVMDisposeMessage(target->features);
    LLVMDisposeMessage(target->required);
}

LLVMTargetMachineRef target_machine_create(const struct target *target) {
    static const LLVMCodeGenOptLevel levels[] = {LLVMCodeGenLevelNone, LLVMCodeGenLevelLess,
                                                 LLVMCodeGenLevelDefault,
                                                 LLVMCodeGenLevelAggressive};
    LLVMTargetMachineOptionsRef options = LLVMCreateTargetMachineOptions();
    LLVMTargetMachineOptionsSetCPU(options, target->cpu);
    LLVMTargetMachineOptionsSetFeatures(options, target->features);
    LLVMTargetMachineOptionsSetCodeGenOptLevel(options, levels[target->optimization]);
    LLVMTargetMachineOptionsSetRelocMode(options, LLVMRelocPIC);
    LLVMTargetMachineOptionsSetCodeModel(options, LLVMCodeModelDefault);
    if (machines[target->machine].abi != NULL)
        LLVMTargetMachineOptionsSetABI(options, machines[target->machine].abi);
    LLVMTargetMachineRef machine =
        LLVMCreateTargetMachineWithOptions(target->target, target->triple, options);
    LLVMDisposeTargetMachineOptions(options);
    return machine;
}
