/*
 * fortran_bind_c.c - procedures with BIND(C) as WebAssembly's C has them.
 *
 * flang passes what the native C passes: structures and complex numbers of up to 16 bytes in pieces
 * of 8, complex results as pairs; it also passes the lengths of CHARACTER arguments, of which C
 * knows nothing (they are 1), and gives structures back in memory. WebAssembly's C passes and gives
 * back structures and complex numbers by address, but structures with one scalar as that. The FIR
 * tells which arguments are which; procedures with BIND(C) are those without a mangled name there.
 *
 * Not here: calls through procedure pointers; CHARACTER lengths of those see fortran_lengths.c.
 */
#include "fortran_ir.h"

#include <llvm-c/DebugInfo.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 256 };

/* What becomes of `count` arguments that flang has. */
struct argument {
    enum { KEEP, DROP, COPY, GATHER } what; /* COPY, GATHER: into memory, whose address is passed */
    unsigned count;
    LLVMTypeRef copied; /* COPY */
};

struct plan {
    struct argument items[ARGUMENTS];
    unsigned count;
    enum { SAME, TO_MEMORY, TO_SCALAR } result;
    LLVMTypeRef scalar; /* TO_SCALAR: flang's first argument is where it goes */
    bool changes;
};

static LLVMModuleRef module;
static LLVMContextRef context;
static LLVMTargetDataRef layout;

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* The LLVM type of FIR's "!fir.type<NAME{...}>" or "!fir.type<NAME>"; NULL if it has none. */
static LLVMTypeRef structure_of(const char *type) {
    char name[512];
    type += strlen("!fir.type<");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(type, "{>"), type);
    return LLVMGetTypeByName2(context, name);
}

/* The one scalar that `type` consists of; NULL if it has others. */
static LLVMTypeRef only_scalar(LLVMTypeRef type) {
    switch (LLVMGetTypeKind(type)) {
    case LLVMStructTypeKind:
        return LLVMCountStructElementTypes(type) == 1
                   ? only_scalar(LLVMStructGetTypeAtIndex(type, 0))
                   : NULL;
    case LLVMArrayTypeKind:
        return LLVMGetArrayLength2(type) == 1 ? only_scalar(LLVMGetElementType(type)) : NULL;
    case LLVMIntegerTypeKind:
    case LLVMFloatTypeKind:
    case LLVMDoubleTypeKind:
    case LLVMPointerTypeKind: return type;
    default: return NULL;
    }
}

static void plan_add(struct plan *plan, struct argument item) {
    if (plan->count == ARGUMENTS) fortran_ir_die("a procedure with too many arguments");
    plan->items[plan->count++] = item;
}

/* What becomes of the argument of FIR's type `type`, number `at` of flang's. */
static struct argument plan_argument(LLVMValueRef function, unsigned at, const char *type) {
    static const char byval[] = "byval";
    if (at >= LLVMCountParams(function)) return (struct argument){KEEP, 1, NULL};
    unsigned kind = LLVMGetEnumAttributeKindForName(byval, strlen(byval));
    LLVMAttributeRef attribute = LLVMGetEnumAttributeAtIndex(function, at + 1, kind);
    bool is_pointer =
        LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(function, at))) == LLVMPointerTypeKind;
    if (attribute) return (struct argument){COPY, 1, LLVMGetTypeAttributeValue(attribute)};
    if (starts_with(type, "!fir.complex<8>")) return (struct argument){GATHER, 2, NULL};
    if (starts_with(type, "!fir.complex<4>")) return (struct argument){GATHER, 1, NULL};
    if (!starts_with(type, "!fir.type<") || is_pointer) return (struct argument){KEEP, 1, NULL};
    LLVMTypeRef structure = structure_of(type);
    if (!structure || only_scalar(structure)) return (struct argument){KEEP, 1, NULL};
    return (struct argument){GATHER, (unsigned)((LLVMABISizeOfType(layout, structure) + 7) / 8),
                             NULL};
}

/* Read the types from behind the opening parenthesis in the FIR. */
static void make_plan(struct plan *plan, LLVMValueRef function, const char *types) {
    LLVMTypeRef type = LLVMGlobalGetValueType(function), returned = LLVMGetReturnType(type);
    const char *item, *list = types;
    size_t size;
    unsigned lengths = 0, at = 0;
    while (fortran_fir_next_type(&list, &item, &size))
        ;
    const char *result = fortran_fir_result(list);
    if (starts_with(result, "!fir.complex<4>") || starts_with(result, "!fir.complex<8>")) {
        plan->result = TO_MEMORY;
    } else if (starts_with(result, "!fir.type<") && LLVMGetTypeKind(returned) == LLVMVoidTypeKind) {
        LLVMTypeRef structure = structure_of(result);
        plan->scalar = structure ? only_scalar(structure) : NULL;
        if (plan->scalar) plan->result = TO_SCALAR;
        plan_add(plan, (struct argument){plan->scalar ? DROP : KEEP, 1, NULL});
        at = 1;
    }
    while (fortran_fir_next_type(&types, &item, &size)) {
        plan_add(plan, plan_argument(function, at, item));
        at += plan->items[plan->count - 1].count;
        lengths += starts_with(item, "!fir.boxchar<");
    }
    if (lengths > 0) plan_add(plan, (struct argument){DROP, lengths, NULL});
    plan->changes = plan->result != SAME;
    for (unsigned i = 0; i < plan->count; i++)
        if (plan->items[i].what == DROP || plan->items[i].what == GATHER) plan->changes = true;
    if (plan->changes && at + lengths != LLVMCountParamTypes(type))
        fortran_ir_die("%s: its arguments by value are not known here",
                       LLVMGetValueName2(function, &size));
}

/* The type that C's function has. */
static LLVMTypeRef planned_type(const struct plan *plan, LLVMTypeRef type) {
    LLVMTypeRef from[2 * ARGUMENTS], to[2 * ARGUMENTS];
    LLVMTypeRef pointer = LLVMPointerTypeInContext(context, 0);
    unsigned count = 0, at = 0;
    LLVMGetParamTypes(type, from);
    if (plan->result == TO_MEMORY) to[count++] = pointer;
    for (unsigned i = 0; i < plan->count; at += plan->items[i++].count)
        if (plan->items[i].what != DROP)
            to[count++] = plan->items[i].what == GATHER ? pointer : from[at];
    LLVMTypeRef result = plan->result == TO_MEMORY   ? LLVMVoidTypeInContext(context)
                         : plan->result == TO_SCALAR ? plan->scalar
                                                     : LLVMGetReturnType(type);
    return LLVMFunctionType(result, to, count, false);
}

/* Memory for a value, in the function in which `builder` is. */
static LLVMValueRef make_room(LLVMBuilderRef builder, LLVMTypeRef type) {
    LLVMValueRef host = LLVMGetBasicBlockParent(LLVMGetInsertBlock(builder));
    LLVMBasicBlockRef entry = LLVMGetEntryBasicBlock(host);
    LLVMValueRef first = LLVMGetFirstInstruction(entry);
    LLVMBuilderRef start = LLVMCreateBuilderInContext(context);
    if (first)
        LLVMPositionBuilderBefore(start, first);
    else
        LLVMPositionBuilderAtEnd(start, entry);
    LLVMValueRef room = LLVMBuildAlloca(start, type, "");
    LLVMSetAlignment(room, 16);
    LLVMDisposeBuilder(start);
    return room;
}

/* The address of the piece number `k` of 8 bytes. */
static LLVMValueRef piece(LLVMBuilderRef builder, LLVMValueRef room, unsigned k) {
    LLVMValueRef index = LLVMConstInt(LLVMInt32TypeInContext(context), k, false);
    return LLVMBuildInBoundsGEP2(builder, LLVMInt64TypeInContext(context), room, &index, 1, "");
}

static void replace_call(LLVMBuilderRef builder, LLVMValueRef call, const struct plan *plan,
                         LLVMTypeRef type, LLVMValueRef callee) {
    LLVMValueRef arguments[2 * ARGUMENTS], result = NULL;
    LLVMTypeRef longs = LLVMInt64TypeInContext(context), returned = LLVMTypeOf(call);
    unsigned count = 0, at = 0;
    LLVMPositionBuilderBefore(builder, call);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
    if (plan->result == TO_MEMORY) arguments[count++] = result = make_room(builder, returned);
    for (unsigned i = 0; i < plan->count; at += plan->items[i++].count) {
        const struct argument *item = &plan->items[i];
        LLVMValueRef room, operand = LLVMGetOperand(call, at);
        if (item->what == KEEP) {
            arguments[count++] = operand;
        } else if (item->what == COPY) {
            uint64_t size = LLVMABISizeOfType(layout, item->copied);
            arguments[count++] = room = make_room(builder, item->copied);
            LLVMBuildMemCpy(builder, room, 1, operand, 1, LLVMConstInt(longs, size, false));
        } else if (item->what == GATHER) {
            arguments[count++] = room = make_room(builder, LLVMArrayType2(longs, item->count));
            for (unsigned k = 0; k < item->count; k++)
                LLVMBuildStore(builder, LLVMGetOperand(call, at + k), piece(builder, room, k));
        }
    }
    LLVMValueRef made = LLVMBuildCall2(builder, type, callee, arguments, count, "");
    if (plan->result == TO_MEMORY) made = LLVMBuildLoad2(builder, returned, result, "");
    if (plan->result == TO_SCALAR) LLVMBuildStore(builder, made, LLVMGetOperand(call, 0));
    if (LLVMGetTypeKind(returned) != LLVMVoidTypeKind) LLVMReplaceAllUsesWith(call, made);
    LLVMInstructionEraseFromParent(call);
}

/* The body of C's function: call flang's. */
static void define(LLVMBuilderRef builder, LLVMValueRef made, const struct plan *plan,
                   LLVMValueRef function) {
    LLVMTypeRef type = LLVMGlobalGetValueType(function), types[2 * ARGUMENTS];
    LLVMValueRef arguments[2 * ARGUMENTS], scalar = NULL;
    unsigned at = 0, from = plan->result == TO_MEMORY;
    LLVMGetParamTypes(type, types);
    LLVMSetCurrentDebugLocation2(builder, NULL);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, made, ""));
    if (plan->result == TO_SCALAR) scalar = make_room(builder, plan->scalar);
    for (unsigned i = 0; i < plan->count; i++) {
        const struct argument *item = &plan->items[i];
        LLVMValueRef value = item->what == DROP ? NULL : LLVMGetParam(made, from++);
        for (unsigned k = 0; k < item->count; k++, at++)
            arguments[at] = item->what == GATHER
                                ? LLVMBuildLoad2(builder, types[at], piece(builder, value, k), "")
                            : item->what == DROP && i == 0 && scalar ? scalar
                            : item->what == DROP ? LLVMConstInt(types[at], 1, false)
                                                 : value;
    }
    LLVMValueRef result = LLVMBuildCall2(builder, type, function, arguments, at, "");
    if (plan->result == TO_MEMORY) LLVMBuildStore(builder, result, LLVMGetParam(made, 0));
    if (scalar)
        LLVMBuildRet(builder, LLVMBuildLoad2(builder, plan->scalar, scalar, ""));
    else if (plan->result == TO_MEMORY || LLVMGetTypeKind(LLVMTypeOf(result)) == LLVMVoidTypeKind)
        LLVMBuildRetVoid(builder);
    else
        LLVMBuildRet(builder, result);
}

static void lower(LLVMValueRef function, const struct plan *plan) {
    LLVMTypeRef type = planned_type(plan, LLVMGlobalGetValueType(function));
    LLVMValueRef made = LLVMAddFunction(module, "", type);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    for (LLVMUseRef use = LLVMGetFirstUse(function), next; use; use = next) {
        next = LLVMGetNextUse(use);
        LLVMValueRef call = LLVMGetUser(use);
        if (LLVMIsACallInst(call) && LLVMGetCalledValue(call) == function &&
            LLVMGetCalledFunctionType(call) == LLVMGlobalGetValueType(function))
            replace_call(builder, call, plan, type, made);
    }
    LLVMReplaceAllUsesWith(function, made);
    size_t size;
    char *name = strdup(LLVMGetValueName2(function, &size));
    if (!name) fortran_ir_die("out of memory");
    if (LLVMIsDeclaration(function)) {
        LLVMDeleteFunction(function);
    } else {
        static const char inner[] = "mpiwasm.bind_c";
        LLVMSetValueName2(function, inner, strlen(inner));
        fortran_ir_make_inline(function);
        define(builder, made, plan, function);
    }
    LLVMSetValueName2(made, name, size);
    LLVMDisposeBuilder(builder);
    free(name);
}

static bool has(const char *from, const char *end, const char *text) {
    return memmem(from, (size_t)(end - from), text, strlen(text)) != NULL;
}

void fortran_bind_c_lower(LLVMModuleRef whole, const char *fir) {
    module = whole;
    context = LLVMGetModuleContext(module);
    layout = LLVMGetModuleDataLayout(module);
    for (const char *line = fir, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        const char *at, *open;
        if (!fortran_fir_procedure(line, end, &at, &open) || !has(open, end, "fir.bindc_name"))
            continue;
        /* Those of the C library that flang calls itself: see fortran_ir.c. */
        if (has(open, end, "fir.runtime")) continue;
        char name[512];
        snprintf(name, sizeof name, "%.*s", (int)(open - at), at);
        if (starts_with(name, "_Q") || starts_with(name, "_Fortran")) continue;
        LLVMValueRef function = LLVMGetNamedFunction(module, name);
        struct plan plan = {0};
        if (!function) continue;
        make_plan(&plan, function, open + 1);
        if (plan.changes) lower(function, &plan);
    }
}
