/*
 * optimize.c - the pass pipeline; see optimize.h.
 *
 * The code comes from a compiler that has optimised already (inlining, full unrolling) but left
 * loops whole; what is left to do is what depends on the CPU: vectorising, unrolling, scheduling.
 * The steps are LLVM's textual pipelines, run one after the other.
 */
#include "compile/optimize.h"

#include <stddef.h>

static const struct {
    const char *early; /* readies the raw IR; steps that need our own analysis will follow it */
    const char *main;
} pipelines[] = {
    {"function(mem2reg)", NULL},
    {"function(sroa,early-cse,simplifycfg,instsimplify)", "default<O1>"},
    {"function(sroa,early-cse,simplifycfg,instsimplify)", "default<O2>"},
    {"function(sroa,early-cse,simplifycfg,instsimplify)", "default<O3>"},
};

static bool run(LLVMModuleRef module, LLVMTargetMachineRef machine, const char *passes,
                LLVMPassBuilderOptionsRef options, struct error *err) {
    if (passes == NULL) return true;
    LLVMErrorRef failure = LLVMRunPasses(module, passes, machine, options);
    if (failure == LLVMErrorSuccess) return true;
    char *text = LLVMGetErrorMessage(failure);
    error_set(err, ERROR_COMPILE, "LLVM's optimiser failed: %s", text);
    LLVMDisposeErrorMessage(text);
    return false;
}

bool optimize_module(LLVMModuleRef module, LLVMTargetMachineRef machine, unsigned level,
                     struct error *err) {
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMPassBuilderOptionsSetLoopInterleaving(options, level >= 2);
    LLVMPassBuilderOptionsSetLoopVectorization(options, level >= 2);
    LLVMPassBuilderOptionsSetSLPVectorization(options, level >= 2);
    LLVMPassBuilderOptionsSetLoopUnrolling(options, level >= 2);
    bool ok = run(module, machine, pipelines[level].early, options, err) &&
              run(module, machine, pipelines[level].main, options, err);
    LLVMDisposePassBuilderOptions(options);
    return ok;
}

bool optimize_verify(LLVMModuleRef module, struct error *err) {
    char *message = NULL;
    bool broken = LLVMVerifyModule(module, LLVMReturnStatusAction, &message);
    if (broken) error_set(err, ERROR_COMPILE, "internal error, please report: %s", message);
    LLVMDisposeMessage(message);
    return !broken;
}
