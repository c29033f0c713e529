/*
 * fortran_openmp.c - OpenMP in the IR of flang: what its runtime in C expects for wasm32.
 *
 * Reads a module of LLVM IR that mlir-translate has made of directives. Its OpenMP part knows sizes
 * of 64 bits alone, so mpiwasmfort tells it that pointers have 64 bits (aligned as those of 32),
 * and here sizes become the runtime's size_t. Of what the runtime calls back, functions of parallel
 * regions and of reductions fit; those of tasks return a value in C and have two parameters, which
 * a call through a pointer insists on.
 *
 * Functions and structures as in LLVM's runtime (kmp.h): kmp_depend_info_t, kmp_routine_entry_t.
 */
#include "fortran_ir.h"

#include <llvm-c/DebugInfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PARAMETERS = 16 };

/* Functions of the runtime, and which of their parameters are of type size_t: one bit each. */
static const struct sized {
    const char *name;
    unsigned sizes;
} sized_functions[] = {
    {"__kmpc_aligned_alloc", 1 << 1 | 1 << 2},
    {"__kmpc_alloc", 1 << 1},
    {"__kmpc_calloc", 1 << 1 | 1 << 2},
    {"__kmpc_copyprivate", 1 << 2},
    {"__kmpc_omp_target_task_alloc", 1 << 3 | 1 << 4},
    {"__kmpc_omp_task_alloc", 1 << 3 | 1 << 4},
    {"__kmpc_realloc", 1 << 2},
    {"__kmpc_reduce", 1 << 3},
    {"__kmpc_reduce_nowait", 1 << 3},
    {"__kmpc_threadprivate_cached", 1 << 3},
};

static LLVMContextRef context;
static const char dependence[] = "struct.kmp_dep_info";

/* Replace every `from` by `to`, which is as long. */
static void replace(char *text, const char *from, const char *to) {
    size_t length = strlen(from);
    for (char *at = text; (at = strstr(at, from)); at += length)
        memcpy(at, to, length);
}

void fortran_openmp_edit(char *text) {
    char *layout = strstr(text, "\ntarget datalayout = \"e-m:e-p:64:32-");
    if (layout) memcpy(strstr(layout, "-p:64:32-"), "-p:32:32-", strlen("-p:32:32-"));
    replace(text, "%struct.kmp_dep_info = type { i64, i64, i8 }",
            "%struct.kmp_dep_info = type { i32, i32, i8 }");
}

/* ---- sizes of 32 bits ---- */

static void replace_call(LLVMValueRef call, LLVMTypeRef type, LLVMValueRef callee) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderBefore(builder, call);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
    LLVMTypeRef types[MOST_PARAMETERS];
    LLVMValueRef arguments[MOST_PARAMETERS];
    LLVMGetParamTypes(type, types);
    unsigned count = LLVMCountParamTypes(type);
    for (unsigned i = 0; i < count; i++) {
        arguments[i] = LLVMGetOperand(call, i);
        if (LLVMTypeOf(arguments[i]) != types[i])
            arguments[i] = LLVMBuildTrunc(builder, arguments[i], types[i], "");
    }
    LLVMValueRef other = LLVMBuildCall2(builder, type, callee, arguments, count, "");
    LLVMReplaceAllUsesWith(call, other);
    LLVMInstructionEraseFromParent(call);
    LLVMDisposeBuilder(builder);
}

static void narrow_sizes(LLVMModuleRef module, const struct sized *sized) {
    LLVMValueRef function = LLVMGetNamedFunction(module, sized->name);
    if (!function || !LLVMIsDeclaration(function)) return;
    LLVMTypeRef declared = LLVMGlobalGetValueType(function), types[MOST_PARAMETERS];
    unsigned count = LLVMCountParamTypes(declared);
    if (count > MOST_PARAMETERS) return;
    LLVMGetParamTypes(declared, types);
    for (unsigned i = 0; i < count; i++)
        if (sized->sizes & 1U << i) types[i] = LLVMInt32TypeInContext(context);
    LLVMTypeRef type = LLVMFunctionType(LLVMGetReturnType(declared), types, count, false);
    LLVMValueRef other = LLVMAddFunction(module, "", type);
    for (LLVMUseRef use = LLVMGetFirstUse(function), next; use; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef call = LLVMGetUser(use);
        if (LLVMIsACallInst(call) && LLVMGetCalledValue(call) == function)
            replace_call(call, type, other);
    }
    fortran_ir_replace_function(function, other);
}

/* ---- tasks ---- */

/* The call of memcpy that fills in what a task shares, given what allocated the task; or NULL. */
static LLVMValueRef find_copy(LLVMValueRef task) {
    for (LLVMUseRef use = LLVMGetFirstUse(task); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef load = LLVMGetUser(use);
        if (!LLVMIsALoadInst(load)) continue;
        for (LLVMUseRef other = LLVMGetFirstUse(load); other; other = LLVMGetNextUse(other)) {
            LLVMValueRef copy = LLVMGetUser(other);
            if (LLVMIsAMemCpyInst(copy) && LLVMGetOperand(copy, 0) == load) return copy;
        }
    }
    return NULL;
}

/* What a task shares is a structure of pointers: its size is one of 64-bit pointers. */
static void lower_shares(LLVMTargetDataRef layout, LLVMValueRef task) {
    LLVMValueRef copy = find_copy(task), source = copy ? LLVMGetOperand(copy, 1) : NULL;
    if (!source || !LLVMIsAAllocaInst(source)) return;
    unsigned long long size = LLVMABISizeOfType(layout, LLVMGetAllocatedType(source));
    LLVMSetOperand(copy, 2, LLVMConstInt(LLVMTypeOf(LLVMGetOperand(copy, 2)), size, false));
    LLVMSetOperand(task, 4, LLVMConstInt(LLVMTypeOf(LLVMGetOperand(task, 4)), size, false));
}

/* A function "NAME.task" of the type that the runtime calls, for flang's `function`. */
static LLVMValueRef make_entry(LLVMModuleRef module, LLVMValueRef function) {
    char name[256];
    size_t length;
    snprintf(name, sizeof name, "%.200s.task", LLVMGetValueName2(function, &length));
    LLVMTypeRef integer = LLVMInt32TypeInContext(context);
    LLVMTypeRef types[] = {integer, LLVMPointerTypeInContext(context, 0)};
    LLVMValueRef entry = LLVMAddFunction(module, name, LLVMFunctionType(integer, types, 2, false));
    LLVMSetLinkage(entry, LLVMInternalLinkage);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, entry, ""));
    LLVMValueRef arguments[] = {LLVMGetParam(entry, 0), LLVMGetParam(entry, 1)};
    LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function, arguments,
                   LLVMCountParams(function), "");
    LLVMBuildRet(builder, LLVMConstNull(integer));
    LLVMDisposeBuilder(builder);
    return entry;
}

static void lower_tasks(LLVMModuleRef module, LLVMTargetDataRef layout) {
    LLVMValueRef allocate = LLVMGetNamedFunction(module, "__kmpc_omp_task_alloc");
    if (!allocate) return;
    for (LLVMUseRef use = LLVMGetFirstUse(allocate); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef task = LLVMGetUser(use);
        if (!LLVMIsACallInst(task) || LLVMGetCalledValue(task) != allocate) continue;
        lower_shares(layout, task);
        LLVMValueRef function = LLVMGetOperand(task, 5);
        if (LLVMIsAFunction(function) && LLVMCountParams(function) <= 2)
            LLVMSetOperand(task, 5, make_entry(module, function));
    }
}

static bool is_dependence(LLVMValueRef value) {
    if (!LLVMIsAGetElementPtrInst(value)) return false;
    LLVMTypeRef type = LLVMGetGEPSourceElementType(value);
    if (LLVMGetTypeKind(type) != LLVMStructTypeKind) return false;
    const char *name = LLVMGetStructName(type);
    return name && strcmp(name, dependence) == 0;
}

/* Addresses and lengths of what tasks depend on are stored with 64 bits. */
static void lower_dependence(LLVMValueRef field) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMTypeRef wide = LLVMInt64TypeInContext(context), narrow = LLVMInt32TypeInContext(context);
    for (LLVMUseRef use = LLVMGetFirstUse(field), next; use; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef store = LLVMGetUser(use);
        if (!LLVMIsAStoreInst(store) || LLVMTypeOf(LLVMGetOperand(store, 0)) != wide) continue;
        LLVMPositionBuilderBefore(builder, store);
        LLVMValueRef value = LLVMBuildTrunc(builder, LLVMGetOperand(store, 0), narrow, "");
        LLVMSetAlignment(LLVMBuildStore(builder, value, field), 4);
        LLVMInstructionEraseFromParent(store);
    }
    LLVMDisposeBuilder(builder);
}

static void lower_dependences(LLVMModuleRef module) {
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
                if (is_dependence(i)) lower_dependence(i);
}

/* ---- functions of one object ---- */

/* flang gives functions that copy a value of some type the same global name in every object. */
static void hide_copies(LLVMModuleRef module) {
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        size_t length;
        const char *name = LLVMGetValueName2(f, &length);
        if (!LLVMIsDeclaration(f) && strncmp(name, "_copy_", strlen("_copy_")) == 0)
            LLVMSetLinkage(f, LLVMInternalLinkage);
    }
}

LLVMValueRef fortran_openmp_host(LLVMModuleRef module, LLVMValueRef function) {
    size_t length;
    const char *name = LLVMGetValueName2(function, &length), *end = strstr(name, "..omp_par");
    char host[1024];
    if (!end || (size_t)(end - name) >= sizeof host) return function;
    snprintf(host, sizeof host, "%.*s", (int)(end - name), name);
    LLVMValueRef found = LLVMGetNamedFunction(module, host);
    return found ? found : function;
}

void fortran_openmp_lower(LLVMModuleRef module, LLVMTargetDataRef layout) {
    if (!LLVMGetNamedFunction(module, "__kmpc_global_thread_num")) return;
    context = LLVMGetModuleContext(module);
    for (size_t i = 0; i < sizeof sized_functions / sizeof *sized_functions; i++)
        narrow_sizes(module, &sized_functions[i]);
    lower_tasks(module, layout);
    lower_dependences(module);
    hide_copies(module);
}
