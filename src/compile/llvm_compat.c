/*
 * llvm_compat.c - what differs between LLVM 19, 20, 21 and 22; see llvm_compat.h.
 */
#include "compile/llvm_compat.h"

#include "compile/remarks.h"

#include <stdio.h>
#include <string.h>

const char *llvm_compat_version(void) {
    static char version[32];
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, patch);
    return version;
}

LLVMAttributeRef llvm_compat_no_capture(LLVMContextRef context) {
#if MPIWASM_LLVM_MAJOR >= 21
    const char *name = "captures"; /* its value 0 means captures(none) */
#else
    const char *name = "nocapture";
#endif
    unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    return LLVMCreateEnumAttribute(context, kind, 0);
}

static void diagnose(LLVMDiagnosticInfoRef info, void *data) {
    struct diagnostics *diagnostics = data;
    LLVMDiagnosticSeverity severity = LLVMGetDiagInfoSeverity(info);
    bool is_error = severity == LLVMDSError && diagnostics->err.code == ERROR_NONE;
    bool is_remark = severity == LLVMDSRemark && diagnostics->remarks != NULL;
    if (!is_error && !is_remark) return;
    char *text = LLVMGetDiagInfoDescription(info);
    if (is_error)
        error_set(&diagnostics->err, ERROR_COMPILE, "LLVM: %s", text);
    else
        remarks_add(diagnostics->remarks, text);
    LLVMDisposeMessage(text);
}

void llvm_compat_catch_diagnostics(LLVMContextRef context, struct diagnostics *diagnostics) {
    LLVMContextSetDiagnosticHandler(context, diagnose, diagnostics);
}
