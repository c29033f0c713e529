/*
 * optimize.c - the pass pipeline; see optimize.h.
 *
 * The code comes from a compiler that has optimised already (inlining, full unrolling) but left
 * loops whole; what is left to do is what depends on the CPU: vectorising, unrolling, scheduling.
 * LLVM's passes are named in its textual form; between two runs of them stand steps of our own,
 * which rest on what LLVM cannot know: how addresses and guards work.
 */
#include "compile/optimize.h"

#include "compile/alias_roots.h"
#include "compile/cluster_loads.h"
#include "compile/expand_conversions.h"
#include "compile/fold_offsets.h"
#include "compile/split_vectors.h"
#include "compile/widen_inductions.h"

#include <stdio.h>

static bool run(LLVMModuleRef module, LLVMTargetMachineRef machine, const char *passes,
                LLVMPassBuilderOptionsRef options, struct error *err) {
    LLVMErrorRef failure = LLVMRunPasses(module, passes, machine, options);
    if (failure == LLVMErrorSuccess) return true;
    char *text = LLVMGetErrorMessage(failure);
    error_set(err, ERROR_COMPILE, "LLVM's optimiser failed: %s", text);
    LLVMDisposeErrorMessage(text);
    return false;
}

/* Without optimisation only locals become values. */
static bool optimize_little(LLVMModuleRef module, LLVMTargetMachineRef machine,
                            LLVMPassBuilderOptionsRef passes, struct error *err) {
    return run(module, machine, "function(mem2reg)", passes, err);
}

static bool has(const struct compile_options *options, enum compile_step step) {
    return (options->disabled & step) == 0;
}

static bool vectorises(const struct compile_options *options) {
    return options->optimization >= 2 && has(options, COMPILE_STEP_VECTORISE);
}

/*
 * -O1: what removes work without looking at loops.
 */
#define EXPAND_LATE                                                                                \
    "simplifycfg<forward-switch-cond;switch-range-to-icmp;switch-to-lookup;no-keep-loops;"         \
    "hoist-common-insts;sink-common-insts>,"
static const char level_1[] =
    "function<eager-inv>(sroa<modify-cfg>,early-cse<memssa>,loop-mssa(licm<allowspeculation>),"
    "gvn<>,dse,adce," EXPAND_LATE "instcombine<no-verify-fixpoint>,div-rem-pairs,infer-alignment)";

/*
 * -O2: of LLVM's -O3 what pays for code that a compiler has optimised before, and all that works on
 * loops. Left out is what looks across functions or threads jumps once more: two thirds of the
 * time.
 */
#define TIDY "simplifycfg<switch-range-to-icmp;keep-loops>,instcombine<no-verify-fixpoint>,"
static const char level_2_begin[] =
    "function<eager-inv>(sroa<modify-cfg>,early-cse<memssa>," TIDY
    "loop-mssa(loop-instsimplify,loop-simplifycfg,licm<no-allowspeculation>,"
    "loop-rotate<header-duplication>,licm<allowspeculation>,"
    "simple-loop-unswitch<nontrivial;trivial>)," TIDY
    "loop(loop-idiom,indvars,loop-deletion,loop-unroll-full),sroa<modify-cfg>,gvn<>,bdce,"
    "instcombine<no-verify-fixpoint>,adce,memcpyopt,dse,loop-mssa(licm<allowspeculation>),"
    "simplifycfg<switch-range-to-icmp;keep-loops;hoist-common-insts;sink-common-insts>),"
    "cgscc(function-attrs),"
    "function<eager-inv>(loop(loop-rotate<header-duplication>,loop-deletion),loop-distribute,";
static const char level_2_vectorise[] =
    "loop-vectorize,infer-alignment,loop-load-elim,instcombine<no-verify-fixpoint>," EXPAND_LATE
    "slp-vectorizer,vector-combine,";
static const char level_2_unroll[] = "instcombine<no-verify-fixpoint>,loop-unroll<O3>,";
static const char level_2_end[] =
    "sroa<preserve-cfg>,instcombine<no-verify-fixpoint>,loop-mssa(licm<allowspeculation>),"
    "loop-sink,instsimplify,div-rem-pairs,simplifycfg<switch-range-to-icmp>),globaldce";

static bool run_main_passes(LLVMModuleRef module, LLVMTargetMachineRef machine,
                            const struct compile_options *options, LLVMPassBuilderOptionsRef passes,
                            struct error *err) {
    if (options->optimization == 1) return run(module, machine, level_1, passes, err);
    if (options->optimization >= 3) return run(module, machine, "default<O3>", passes, err);
    char text[4096];
    snprintf(text, sizeof text, "%s%s%s%s", level_2_begin,
             has(options, COMPILE_STEP_VECTORISE) ? level_2_vectorise : EXPAND_LATE,
             has(options, COMPILE_STEP_UNROLL) ? level_2_unroll : "", level_2_end);
    return run(module, machine, text, passes, err);
}

static bool optimize_fully(LLVMModuleRef module, LLVMTargetMachineRef machine,
                           const struct compile_options *options, LLVMPassBuilderOptionsRef passes,
                           struct error *err) {
    bool folds = !options->explicit_bounds && has(options, COMPILE_STEP_FOLD_OFFSETS);
    bool widens = !options->explicit_bounds && !options->strict_traps &&
                  has(options, COMPILE_STEP_WIDEN_INDUCTIONS);
    bool roots = !options->explicit_bounds && !options->strict_traps &&
                 has(options, COMPILE_STEP_ALIAS_ROOTS);
    bool splits = vectorises(options) && !options->explicit_bounds && !options->strict_traps &&
                  has(options, COMPILE_STEP_SPLIT_VECTORS);
    /* instcombine: to know which `or` is a sum */
    if (!run(module, machine,
             "function(sroa,early-cse,simplifycfg,instcombine<no-verify-fixpoint>)", passes, err))
        return false;
    if (folds) fold_offsets(module, options->strict_traps);
    if (!run(module, machine, "function(early-cse,loop(loop-rotate))", passes, err)) return false;
    if (splits && split_vectors(module, machine) &&
        !run(module, machine, "function(early-cse,instcombine<no-verify-fixpoint>)", passes, err))
        return false;
    if (widens) widen_inductions(module);
    if (has(options, COMPILE_STEP_CLUSTER_LOADS)) cluster_loads(module);
    bool has_roots = false;
    if (vectorises(options)) {
        if (!run(module, machine, "function(loop-simplify)", passes, err)) return false;
        expand_conversions_in_loops(module);
        has_roots = roots && alias_roots_add(module);
    }
    if (!run_main_passes(module, machine, options, passes, err)) return false;
    if (has_roots) alias_roots_remove(module);
    /* Unrolled loops have their steps as constants in 32-bit addresses. */
    if (folds) fold_offsets(module, options->strict_traps);
    /* What went through different roots may turn out to be the same access. */
    static const char *const last_passes[] = {
        "function(early-cse,instcombine<no-verify-fixpoint>,simplifycfg)",
        "function(early-cse<memssa>,instcombine<no-verify-fixpoint>,loop-mssa(licm),simplifycfg)"};
    if (!run(module, machine, last_passes[has_roots], passes, err)) return false;
    expand_conversions(module);
    return true;
}

bool optimize_module(LLVMModuleRef module, LLVMTargetMachineRef machine,
                     const struct compile_options *options, struct error *err) {
    LLVMPassBuilderOptionsRef passes = LLVMCreatePassBuilderOptions();
    bool vectorise = vectorises(options);
    bool unroll = options->optimization >= 2 && has(options, COMPILE_STEP_UNROLL);
    LLVMPassBuilderOptionsSetLoopInterleaving(passes, vectorise);
    LLVMPassBuilderOptionsSetLoopVectorization(passes, vectorise);
    LLVMPassBuilderOptionsSetSLPVectorization(passes, vectorise);
    LLVMPassBuilderOptionsSetLoopUnrolling(passes, unroll);
    bool ok = options->optimization == 0 ? optimize_little(module, machine, passes, err)
                                         : optimize_fully(module, machine, options, passes, err);
    LLVMDisposePassBuilderOptions(passes);
    return ok;
}

bool optimize_verify(LLVMModuleRef module, struct error *err) {
    char *message = NULL;
    bool broken = LLVMVerifyModule(module, LLVMReturnStatusAction, &message);
    if (broken) error_set(err, ERROR_COMPILE, "internal error, please report: %s", message);
    LLVMDisposeMessage(message);
    return !broken;
}
