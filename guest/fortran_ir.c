/*
 * fortran_ir.c - mpiwasm-fortran-ir: make WebAssembly's IR of what flang made for x32.
 *
 * Reads LLVM IR as text (mpiwasmfort has flang and mlir-translate write it), which has 32-bit
 * pointers and the alignments of WebAssembly, but not its calling conventions; writes bitcode that
 * clang compiles. The FIR of the same source tells what the IR does not: which procedures are C's.
 * What it changes: the target; COMMON blocks, which WebAssembly's objects do not have, into weak
 * variables, with their sizes in a custom section "mpiwasm.commons" for the linking wrapper; main;
 * complex functions of the C library and malloc, whose C functions take other arguments; surplus
 * arguments of MPI calls; types of procedures that are passed as arguments. Procedures with
 * BIND(C), lengths of CHARACTERs, internal procedures and OpenMP have their own files.
 */
#include "fortran_ir.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/BitWriter.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/IRReader.h>
#include <llvm-c/Target.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char wasm_triple[] = "wasm32-unknown-wasip1";
static const char wasm_layout[] =
    "e-m:e-p:32:32-p10:8:8-p20:8:8-i64:64-i128:128-n32:64-S128-ni:1:10:20";

/* MPI's functions as Fortran calls them: how many arguments, and how many CHARACTER lengths. */
static const struct mpi_entry {
    const char *name;
    unsigned arguments, lengths;
} mpi_entries[] = {
#include "mpi_fortran_entries.h"
};

/* Functions of the C library, and of flang's in C, with complex arguments. flang passes and returns
 * the parts as scalars; the library for Fortran has functions mpiwasm_fortran_NAME that take them
 * so. */
static const char *const complex_functions[] = {
    "_FortranAcpowi", "_FortranAcpowk", "_FortranAzpowi", "_FortranAzpowk", "cabs",   "cacos",
    "cacosh",         "carg",           "casin",          "casinh",         "catan",  "catanh",
    "ccos",           "ccosh",          "cexp",           "clog",           "cpow",   "csin",
    "csinh",          "csqrt",          "ctan",           "ctanh",          "cabsf",  "cacosf",
    "cacoshf",        "cargf",          "casinf",         "casinhf",        "catanf", "catanhf",
    "ccosf",          "ccoshf",         "cexpf",          "clogf",          "cpowf",  "csinf",
    "csinhf",         "csqrtf",         "ctanf",          "ctanhf"};

void fortran_ir_die(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("mpiwasm-fortran-ir: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    exit(1);
}

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0) fortran_ir_die("cannot read %s", path);
    long length = ftell(file);
    rewind(file);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!text || fread(text, 1, (size_t)length, file) != (size_t)length)
        fortran_ir_die("cannot read %s", path);
    fclose(file);
    text[length] = 0;
    *size = (size_t)length;
    return text;
}

/*
 * Sizes of arrays are products in constants, which LLVM 20 and later do not read:
 *     mul (i64 ptrtoint (ptr getelementptr (T, ptr null, i32 1) to i64), i64 5)
 * becomes, in place, what is the same,
 *     ptrtoint (ptr getelementptr (T, ptr null, i64 5) to i64)
 */
static void fold_products(char *text) {
    static const char head[] = "mul (i64 ptrtoint (ptr getelementptr (";
    static const char middle[] = ", ptr null, i32 1) to i64), i64 ";
    for (char *at = text; (at = strstr(at, head)); at++) {
        char *type = at + strlen(head), *end = strstr(type, middle), *rest;
        char *line = strchr(at, '\n');
        if (!end || (line && end > line)) continue;
        long long count = strtoll(end + strlen(middle), &rest, 10);
        if (*rest != ')') continue;
        size_t length = (size_t)(end - type);
        char *out = at + sprintf(at, "ptrtoint (ptr getelementptr ");
        *out++ = '(';
        memmove(out, type, length);
        out += length;
        out += sprintf(out, ", ptr null, i64 %lld) to i64", count);
        memset(out, ' ', (size_t)(rest - out)); /* the last parenthesis stays */
    }
}

static LLVMContextRef context;
static LLVMModuleRef module;
static LLVMTargetDataRef layout;

/* ---- functions ---- */

/* The attributes that name another processor. */
static void remove_target(LLVMValueRef function) {
    static const char *const names[] = {"target-cpu", "target-features", "tune-cpu"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        LLVMRemoveStringAttributeAtIndex(function, LLVMAttributeFunctionIndex, names[i],
                                         (unsigned)strlen(names[i]));
}

void fortran_ir_make_inline(LLVMValueRef function) {
    static const char name[] = "alwaysinline";
    unsigned kind = LLVMGetEnumAttributeKindForName(name, sizeof name - 1);
    LLVMSetLinkage(function, LLVMInternalLinkage);
    LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
                            LLVMCreateEnumAttribute(context, kind, 0));
}

void fortran_ir_add_section(LLVMModuleRef whole, const char *name, const char *text, size_t size) {
    LLVMContextRef of = LLVMGetModuleContext(whole);
    LLVMMetadataRef pair[] = {LLVMMDStringInContext2(of, name, strlen(name)),
                              LLVMMDStringInContext2(of, text, size)};
    LLVMMetadataRef node = LLVMMDNodeInContext2(of, pair, 2);
    LLVMAddNamedMetadataOperand(whole, "wasm.custom_sections", LLVMMetadataAsValue(of, node));
}

void fortran_ir_replace_function(LLVMValueRef function, LLVMValueRef other) {
    size_t size;
    char *name = strdup(LLVMGetValueName2(function, &size));
    if (!name) fortran_ir_die("out of memory");
    LLVMReplaceAllUsesWith(function, other);
    LLVMDeleteFunction(function);
    LLVMSetValueName2(other, name, size);
    free(name);
}

/* A body for malloc, which is declared with a 64-bit size: call the C library's. */
static void lower_malloc(LLVMValueRef function) {
    LLVMTypeRef type = LLVMGlobalGetValueType(function), narrow = LLVMInt32TypeInContext(context);
    if (LLVMCountParams(function) != 1 || LLVMTypeOf(LLVMGetParam(function, 0)) == narrow) return;
    LLVMSetValueName2(function, "mpiwasm.malloc", strlen("mpiwasm.malloc"));
    LLVMTypeRef real_type = LLVMFunctionType(LLVMGetReturnType(type), &narrow, 1, false);
    LLVMValueRef real = LLVMAddFunction(module, "malloc", real_type);
    fortran_ir_make_inline(function);
    LLVMSetSubprogram(function, NULL); /* of a declaration, under -g */
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, function, ""));
    LLVMValueRef size = LLVMBuildTrunc(builder, LLVMGetParam(function, 0), narrow, "");
    LLVMBuildRet(builder, LLVMBuildCall2(builder, real_type, real, &size, 1, ""));
    LLVMDisposeBuilder(builder);
}

/* flang's main takes the environment as its third argument, WebAssembly's start code calls
 * __main_argc_argv with two. */
static void lower_main(LLVMValueRef function) {
    if (LLVMIsDeclaration(function)) return;
    LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0);
    LLVMTypeRef types[] = {LLVMInt32TypeInContext(context), pointer};
    LLVMSetValueName2(function, "mpiwasm.main", strlen("mpiwasm.main"));
    LLVMSetLinkage(function, LLVMInternalLinkage);
    LLVMTypeRef type = LLVMFunctionType(types[0], types, 2, false);
    LLVMValueRef start = LLVMAddFunction(module, "__main_argc_argv", type);
    LLVMValueRef environment = LLVMAddGlobal(module, pointer, "environ");
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, start, ""));
    LLVMValueRef arguments[] = {LLVMGetParam(start, 0), LLVMGetParam(start, 1),
                                LLVMBuildLoad2(builder, pointer, environment, "")};
    LLVMBuildRet(builder, LLVMBuildCall2(builder, LLVMGlobalGetValueType(function), function,
                                         arguments, LLVMCountParams(function), ""));
    LLVMDisposeBuilder(builder);
}

/*
 * Calls of one MPI function may have a surplus argument, the length of a message of characters, and
 * calls with it and without it are of different types: all get the arguments the function has.
 */
static void trim_mpi_calls(LLVMValueRef function, const struct mpi_entry *entry, const char *name) {
    unsigned wanted = entry->arguments + entry->lengths;
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0), types[64];
    for (unsigned i = 0; i < wanted; i++)
        types[i] = i < entry->arguments ? pointer : LLVMInt32TypeInContext(context);
    LLVMTypeRef result = LLVMGetReturnType(LLVMGlobalGetValueType(function));
    LLVMTypeRef type = LLVMFunctionType(result, types, wanted, false);
    LLVMValueRef declaration = LLVMAddFunction(module, "", type);
    for (LLVMUseRef use = LLVMGetFirstUse(function), next; use; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef call = LLVMGetUser(use);
        if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != function) continue;
        unsigned count = LLVMGetNumArgOperands(call);
        if (count < wanted)
            fortran_ir_die("%s is called with %u arguments; it has %u", name, count,
                           entry->arguments);
        LLVMValueRef arguments[64];
        for (unsigned i = 0; i < wanted; i++)
            arguments[i] = LLVMGetOperand(call, i);
        LLVMPositionBuilderBefore(builder, call);
        LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
        LLVMValueRef trimmed = LLVMBuildCall2(builder, type, declaration, arguments, wanted, "");
        if (LLVMGetTypeKind(result) != LLVMVoidTypeKind) LLVMReplaceAllUsesWith(call, trimmed);
        LLVMInstructionEraseFromParent(call);
    }
    fortran_ir_replace_function(function, declaration);
    LLVMDisposeBuilder(builder);
}

static const struct mpi_entry *find_mpi_entry(const char *name) {
    if (name[0] == 'p') name++;
    for (size_t i = 0; i < sizeof mpi_entries / sizeof *mpi_entries; i++)
        if (strcmp(mpi_entries[i].name, name) == 0) return &mpi_entries[i];
    return NULL;
}

/*
 * A procedure that a unit passes as an argument before it calls it: flang declares it without
 * arguments, so that the call, and through the linker the address too, would be of a function that
 * does not exist. The call tells the type.
 */
static void retype_external(LLVMValueRef function) {
    LLVMTypeRef declared = LLVMGlobalGetValueType(function), called = NULL;
    for (LLVMUseRef use = LLVMGetFirstUse(function); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef call = LLVMGetUser(use);
        if (!LLVMIsACallInst(call) || LLVMGetCalledValue(call) != function) continue;
        if (LLVMGetCalledFunctionType(call) == declared) return;
        if (!called) called = LLVMGetCalledFunctionType(call);
    }
    if (!called) return;
    fortran_ir_replace_function(function, LLVMAddFunction(module, "", called));
}

static void lower_function(LLVMValueRef function, const char *name) {
    remove_target(function);
    if (strcmp(name, "malloc") == 0) {
        lower_malloc(function);
        return;
    }
    if (strcmp(name, "main") == 0) {
        lower_main(function);
        return;
    }
    if (!LLVMIsDeclaration(function)) return;
    for (size_t i = 0; i < sizeof complex_functions / sizeof *complex_functions; i++)
        if (strcmp(name, complex_functions[i]) == 0) {
            char renamed[64];
            snprintf(renamed, sizeof renamed, "mpiwasm_fortran_%s", name);
            LLVMSetValueName2(function, renamed, strlen(renamed));
            return;
        }
    const struct mpi_entry *entry = strstr(name, "mpi_") ? find_mpi_entry(name) : NULL;
    if (entry)
        trim_mpi_calls(function, entry, name);
    else
        retype_external(function);
}

static void lower_functions(void) {
    size_t count = 0, room = 0;
    LLVMValueRef *functions = NULL; /* those of now: lowering adds others */
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
        if (count == room) {
            room = room ? 2 * room : 256;
            functions = realloc(functions, room * sizeof *functions);
            if (!functions) fortran_ir_die("out of memory");
        }
        functions[count++] = f;
    }
    for (size_t i = 0; i < count; i++) {
        size_t length;
        char *name = strdup(LLVMGetValueName2(functions[i], &length));
        if (!name) fortran_ir_die("out of memory");
        lower_function(functions[i], name);
        free(name);
    }
    free(functions);
}

/* ---- variables ---- */

/* Each unit that has a COMMON block defines it, weakly, as long as it knows it. */
static void lower_commons(void) {
    char *lines = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&lines, &size);
    if (!out) fortran_ir_die("out of memory");
    for (LLVMValueRef v = LLVMGetFirstGlobal(module); v; v = LLVMGetNextGlobal(v)) {
        if (LLVMGetLinkage(v) != LLVMCommonLinkage) continue;
        LLVMSetLinkage(v, LLVMWeakAnyLinkage);
        size_t length;
        const char *name = LLVMGetValueName2(v, &length);
        fprintf(out, "%s %llu\n", name,
                (unsigned long long)LLVMABISizeOfType(layout, LLVMGlobalGetValueType(v)));
    }
    fclose(out);
    if (size > 0) fortran_ir_add_section(module, "mpiwasm.commons", lines, size);
    free(lines);
}

int main(int argc, char **argv) {
    size_t size;
    if (argc == 5 && strcmp(argv[1], "--openmp") == 0) {
        char *mlir = read_file(argv[2], &size), *directives = read_file(argv[3], &size);
        FILE *out = fopen(argv[4], "w");
        if (out) fortran_openmp_rewrite(mlir, directives, out);
        if (!out || fclose(out) != 0) fortran_ir_die("cannot write %s", argv[4]);
        return 0;
    }
    if (argc != 4) {
        fputs("usage: mpiwasm-fortran-ir IN.ll IN-fir.mlir OUT.bc\n"
              "       mpiwasm-fortran-ir --openmp IN-llvmir.mlir IN-fir.mlir OUT.mlir\n",
              stderr);
        return 2;
    }
    char *text = read_file(argv[1], &size);
    fold_products(text);
    fortran_openmp_edit(text);
    context = LLVMContextCreate();
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRange(text, size, argv[1], true);
    char *message = NULL;
    if (LLVMParseIRInContext(context, buffer, &module, &message)) fortran_ir_die("%s", message);
    LLVMSetTarget(module, wasm_triple);
    LLVMSetDataLayout(module, wasm_layout);
    layout = LLVMCreateTargetData(wasm_layout);

    char *fir = read_file(argv[2], &size);
    fortran_openmp_lower(module, layout);
    fortran_procedures_read(fir);
    fortran_lengths_narrow(module, fir);
    fortran_nested_lower(module);
    fortran_bind_c_lower(module, fir);
    free(fir);
    lower_functions();
    lower_commons();
    fortran_procedures_write(module);
    if (LLVMVerifyModule(module, LLVMReturnStatusAction, &message))
        fortran_ir_die("what was made is not valid: %s", message);
    if (LLVMWriteBitcodeToFile(module, argv[3]) != 0) fortran_ir_die("cannot write %s", argv[3]);
    return 0;
}
