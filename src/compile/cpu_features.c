/*
 * cpu_features.c - see cpu_features.h.
 *
 * The C API does not tell which features the name of a CPU implies. But LLVM inlines a function
 * only where the caller has all features of the callee. So a caller for the CPU calls, for each
 * feature, a function for the same CPU with that feature; the calls that the inliner leaves are
 * those to features that the CPU lacks.
 */
#include "compile/cpu_features.h"

#include "base/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct probe {
    const struct target *target;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTypeRef type; /* of the callees: nothing to i32 */
};

static void set_attribute(struct probe *probe, LLVMValueRef function, const char *name,
                          const char *value) {
    LLVMAttributeRef attribute = LLVMCreateStringAttribute(
        probe->context, name, (unsigned)strlen(name), value, (unsigned)strlen(value));
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, attribute);
}

/* `extra`: "+avx" or nothing. */
static LLVMValueRef add_function(struct probe *probe, const char *name, LLVMTypeRef type,
                                 const char *extra) {
    LLVMValueRef function = LLVMAddFunction(probe->module, name, type);
    const char *own = probe->target->features;
    size_t size = strlen(own) + strlen(extra) + 2;
    char *features = malloc(size);
    if (features == NULL) return NULL;
    snprintf(features, size, "%s%s%s", own, *own != '\0' && *extra != '\0' ? "," : "", extra);
    set_attribute(probe, function, "target-cpu", probe->target->cpu);
    set_attribute(probe, function, "target-features", features);
    free(features);
    LLVMPositionBuilderAtEnd(probe->builder,
                             LLVMAppendBasicBlockInContext(probe->context, function, ""));
    return function;
}

/* What is called is stored, or the inliner removes calls of functions that do nothing. */
static bool build(struct probe *probe) {
    LLVMTypeRef i32 = LLVMInt32TypeInContext(probe->context);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(probe->context, 0);
    const char *name;
    probe->type = LLVMFunctionType(i32, NULL, 0, false);
    for (unsigned i = 0; (name = cpu_feature_name(probe->target->machine, i)) != NULL; i++) {
        char extra[64];
        snprintf(extra, sizeof extra, "+%s", name);
        if (add_function(probe, name, probe->type, extra) == NULL) return false;
        LLVMBuildRet(probe->builder, LLVMConstInt(i32, i, false));
    }
    LLVMTypeRef type = LLVMFunctionType(LLVMVoidTypeInContext(probe->context), &pointer, 1, false);
    LLVMValueRef caller = add_function(probe, "", type, "");
    if (caller == NULL) return false;
    for (size_t i = 0; (name = cpu_feature_name(probe->target->machine, i)) != NULL; i++) {
        LLVMValueRef callee = LLVMGetNamedFunction(probe->module, name);
        LLVMValueRef value = LLVMBuildCall2(probe->builder, probe->type, callee, NULL, 0, "");
        LLVMSetVolatile(LLVMBuildStore(probe->builder, value, LLVMGetParam(caller, 0)), true);
    }
    LLVMBuildRetVoid(probe->builder);
    return true;
}

static bool inline_calls(struct probe *probe, struct error *err) {
    LLVMTargetMachineRef machine = target_machine_create(probe->target);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMSetModuleDataLayout(probe->module, layout);
    LLVMSetTarget(probe->module, probe->target->triple);
    LLVMErrorRef failure = LLVMRunPasses(probe->module, "inline", machine, options);
    if (failure != LLVMErrorSuccess) {
        char *text = LLVMGetErrorMessage(failure);
        error_set(err, ERROR_COMPILE, "LLVM's inliner failed: %s", text);
        LLVMDisposeErrorMessage(text);
    }
    LLVMDisposePassBuilderOptions(options);
    LLVMDisposeTargetData(layout);
    LLVMDisposeTargetMachine(machine);
    return failure == LLVMErrorSuccess;
}

/*
 * LLVM 19 inlines nothing on POWER where the lists of features differ as texts. But there each
 * feature came with a generation of processors, which a CPU's name tells.
 */
static bool has_by_generation(const struct target *target, const char *name) {
    unsigned generation = 0;
    char excluded[64];
    if (target->machine != MACHINE_PPC64LE) return false;
    if (sscanf(target->cpu, "pwr%u", &generation) != 1 &&
        sscanf(target->cpu, "power%u", &generation) != 1)
        return false;
    snprintf(excluded, sizeof excluded, "-%s", name);
    bool is_old = strcmp(name, "isa-v30-instructions") == 0 || strcmp(name, "power9-vector") == 0;
    return generation >= (is_old ? 9 : 10) && strstr(target->features, excluded) == NULL;
}

static char *collect(const struct probe *probe, struct error *err) {
    size_t size = 1, used = 0;
    const char *name;
    for (size_t i = 0; (name = cpu_feature_name(probe->target->machine, i)) != NULL; i++)
        size += strlen(name) + 2;
    char *list = malloc(size);
    if (list == NULL) {
        error_set(err, ERROR_NO_MEMORY, "out of memory");
        return NULL;
    }
    list[0] = '\0';
    for (size_t i = 0; (name = cpu_feature_name(probe->target->machine, i)) != NULL; i++)
        if (LLVMGetFirstUse(LLVMGetNamedFunction(probe->module, name)) == NULL ||
            has_by_generation(probe->target, name))
            used += (size_t)snprintf(list + used, size - used, "%s+%s", used > 0 ? "," : "", name);
    char *out = LLVMCreateMessage(list);
    free(list);
    return out;
}

char *cpu_features_find(const struct target *target, struct error *err) {
    struct probe probe = {.target = target, .context = LLVMContextCreate()};
    char *out = NULL;
    probe.module = LLVMModuleCreateWithNameInContext("features", probe.context);
    probe.builder = LLVMCreateBuilderInContext(probe.context);
    if (!build(&probe))
        error_set(err, ERROR_NO_MEMORY, "out of memory");
    else if (inline_calls(&probe, err))
        out = collect(&probe, err);
    LLVMDisposeBuilder(probe.builder);
    LLVMDisposeModule(probe.module);
    LLVMContextDispose(probe.context);
    return out;
}
