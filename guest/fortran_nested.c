/*
 * fortran_nested.c - internal procedures as arguments and as targets of procedure pointers.
 *
 * An internal procedure gets its host's variables by a hidden argument, marked `nest`. Where it is
 * passed on, flang has llvm.init.trampoline write code to the stack that adds this argument, which
 * WebAssembly cannot. Here each such procedure gets a table of THUNKS functions without that
 * argument; the one with number k takes it from the table's environments[k]. init.trampoline takes
 * a free number, which is kept until the procedure that took it returns and is the same whenever
 * that passes the same procedure at the same place again. guest/fortran/nested.c has the same table
 * and stops a program that runs out of numbers.
 *
 * Numbers are not given back by a longjmp past the procedure that took them.
 */
#include "fortran_ir.h"

#include <llvm-c/DebugInfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THUNKS = 64, ARGUMENTS = 512 };

/* What each internal procedure got. */
struct nested {
    LLVMValueRef function, table;
};

static struct nested *known;
static size_t known_count;
static LLVMModuleRef module;
static LLVMContextRef context;
static LLVMTypeRef pointer, number;
static unsigned nest;

static LLVMTypeRef table_type(void) {
    LLVMTypeRef array = LLVMArrayType2(pointer, THUNKS);
    LLVMTypeRef members[] = {LLVMInt64TypeInContext(context), pointer, array, array};
    return LLVMStructTypeInContext(context, members, 4, false);
}

/* The address of the table's array number `which`, item `k`. */
static LLVMValueRef item_of(LLVMValueRef table, unsigned which, unsigned k) {
    LLVMValueRef indices[] = {LLVMConstInt(number, 0, false), LLVMConstInt(number, which, false),
                              LLVMConstInt(number, k, false)};
    return LLVMConstInBoundsGEP2(table_type(), table, indices, 3);
}

static LLVMValueRef text_constant(const char *text) {
    LLVMValueRef value = LLVMConstStringInContext2(context, text, strlen(text), false);
    LLVMValueRef variable = LLVMAddGlobal(module, LLVMTypeOf(value), "mpiwasm.nested.name");
    LLVMSetInitializer(variable, value);
    LLVMSetLinkage(variable, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(variable, true);
    return variable;
}

static unsigned nest_index(LLVMValueRef function) {
    unsigned count = LLVMCountParams(function);
    for (unsigned i = 0; i < count; i++)
        if (LLVMGetEnumAttributeAtIndex(function, i + 1, nest)) return i;
    size_t size;
    fortran_ir_die("%s: an internal procedure without its host's variables",
                   LLVMGetValueName2(function, &size));
}

static LLVMValueRef make_thunk(LLVMValueRef function, LLVMValueRef table, unsigned k) {
    static const char noinline[] = "noinline";
    LLVMTypeRef type = LLVMGlobalGetValueType(function), types[ARGUMENTS];
    LLVMValueRef arguments[ARGUMENTS];
    unsigned count = LLVMCountParamTypes(type), hidden = nest_index(function);
    LLVMGetParamTypes(type, types);
    memmove(types + hidden, types + hidden + 1, (count - hidden - 1) * sizeof *types);
    LLVMTypeRef result = LLVMGetReturnType(type);
    LLVMValueRef thunk = LLVMAddFunction(module, "mpiwasm.nested",
                                         LLVMFunctionType(result, types, count - 1, false));
    LLVMSetLinkage(thunk, LLVMInternalLinkage);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, thunk, ""));
    for (unsigned i = 0; i < count; i++)
        arguments[i] = i == hidden ? LLVMBuildLoad2(builder, pointer, item_of(table, 2, k), "")
                                   : LLVMGetParam(thunk, i < hidden ? i : i - 1);
    LLVMValueRef call = LLVMBuildCall2(builder, type, function, arguments, count, "");
    /* So many copies of the procedure would be no gain. */
    unsigned kind = LLVMGetEnumAttributeKindForName(noinline, sizeof noinline - 1);
    LLVMAddCallSiteAttribute(call, LLVMAttributeFunctionIndex,
                             LLVMCreateEnumAttribute(context, kind, 0));
    if (LLVMGetTypeKind(result) == LLVMVoidTypeKind)
        LLVMBuildRetVoid(builder);
    else
        LLVMBuildRet(builder, call);
    LLVMDisposeBuilder(builder);
    return thunk;
}

static LLVMValueRef find_table(LLVMValueRef function) {
    for (size_t i = 0; i < known_count; i++)
        if (known[i].function == function) return known[i].table;
    size_t size;
    const char *name = LLVMGetValueName2(function, &size), *own = strrchr(name, 'P');
    if (LLVMCountParams(function) > ARGUMENTS) fortran_ir_die("%s: too many arguments", name);
    LLVMValueRef table = LLVMAddGlobal(module, table_type(), "mpiwasm.nested.table");
    LLVMSetLinkage(table, LLVMInternalLinkage);
    LLVMValueRef thunks[THUNKS];
    for (unsigned k = 0; k < THUNKS; k++)
        thunks[k] = make_thunk(function, table, k);
    LLVMValueRef members[] = {LLVMConstInt(LLVMInt64TypeInContext(context), 0, false),
                              text_constant(own ? own + 1 : name),
                              LLVMConstNull(LLVMArrayType2(pointer, THUNKS)),
                              LLVMConstArray2(pointer, thunks, THUNKS)};
    LLVMSetInitializer(table, LLVMConstStructInContext(context, members, 4, false));
    known = realloc(known, (known_count + 1) * sizeof *known);
    if (!known) fortran_ir_die("out of memory");
    known[known_count++] = (struct nested){function, table};
    return table;
}

/* A function of guest/fortran/nested.c. */
static LLVMValueRef library_function(const char *name, LLVMTypeRef result, LLVMTypeRef *types,
                                     unsigned count) {
    LLVMValueRef found = LLVMGetNamedFunction(module, name);
    return found ? found
                 : LLVMAddFunction(module, name, LLVMFunctionType(result, types, count, false));
}

/* Replace a call of llvm.init.trampoline(memory, procedure, environment). */
static void lower_init(LLVMValueRef call) {
    LLVMValueRef function = LLVMGetOperand(call, 1), none = LLVMConstAllOnes(number);
    if (!LLVMIsAFunction(function)) fortran_ir_die("an internal procedure that is not known");
    LLVMValueRef table = find_table(function);
    LLVMValueRef host = LLVMGetBasicBlockParent(LLVMGetInstructionParent(call));
    LLVMTypeRef empty = LLVMVoidTypeInContext(context);
    LLVMTypeRef take_types[] = {pointer, number, pointer}, give_types[] = {pointer, number};
    LLVMValueRef take = library_function("mpiwasm_nested_take", number, take_types, 3);
    LLVMValueRef give = library_function("mpiwasm_nested_give", empty, give_types, 2);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);

    /* The number's own variable, of the host's. */
    LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(LLVMGetEntryBasicBlock(host)));
    LLVMValueRef taken = LLVMBuildAlloca(builder, number, "");
    LLVMBuildStore(builder, none, taken);

    LLVMPositionBuilderBefore(builder, call);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
    LLVMValueRef arguments[] = {table, LLVMBuildLoad2(builder, number, taken, ""),
                                LLVMGetOperand(call, 2)};
    LLVMValueRef k = LLVMBuildCall2(builder, LLVMGlobalGetValueType(take), take, arguments, 3, "");
    LLVMBuildStore(builder, k, taken);
    LLVMValueRef indices[] = {LLVMConstInt(number, 0, false), LLVMConstInt(number, 3, false), k};
    LLVMValueRef address = LLVMBuildInBoundsGEP2(builder, table_type(), table, indices, 3, "");
    LLVMBuildStore(builder, LLVMBuildLoad2(builder, pointer, address, ""), LLVMGetOperand(call, 0));
    LLVMInstructionEraseFromParent(call);

    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(host); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
        if (!LLVMIsAReturnInst(last)) continue;
        LLVMPositionBuilderBefore(builder, last);
        LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(last));
        LLVMValueRef gives[] = {table, LLVMBuildLoad2(builder, number, taken, "")};
        LLVMBuildCall2(builder, LLVMGlobalGetValueType(give), give, gives, 2, "");
    }
    LLVMDisposeBuilder(builder);
}

/* Replace a call of llvm.adjust.trampoline(memory), which gives the function's address. */
static void lower_adjust(LLVMValueRef call) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMPositionBuilderBefore(builder, call);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
    LLVMReplaceAllUsesWith(call, LLVMBuildLoad2(builder, pointer, LLVMGetOperand(call, 0), ""));
    LLVMInstructionEraseFromParent(call);
    LLVMDisposeBuilder(builder);
}

static void lower_calls(const char *name, void (*lower)(LLVMValueRef call)) {
    LLVMValueRef function = LLVMGetNamedFunction(module, name);
    if (!function) return;
    for (LLVMUseRef use = LLVMGetFirstUse(function), next; use; use = next) {
        next = LLVMGetNextUse(use);
        lower(LLVMGetUser(use));
    }
    LLVMDeleteFunction(function);
}

/* WebAssembly's code generator has no `nest`; the argument is one as any other. */
static void remove_nest(LLVMValueRef function) {
    unsigned count = LLVMCountParams(function);
    for (unsigned i = 1; i <= count; i++)
        LLVMRemoveEnumAttributeAtIndex(function, i, nest);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            if (!LLVMIsACallInst(i)) continue;
            unsigned arguments = LLVMGetNumArgOperands(i);
            for (unsigned k = 1; k <= arguments; k++)
                LLVMRemoveCallSiteEnumAttribute(i, k, nest);
        }
}

void fortran_nested_lower(LLVMModuleRef whole) {
    module = whole;
    context = LLVMGetModuleContext(module);
    pointer = LLVMPointerTypeInContext(context, 0);
    number = LLVMInt32TypeInContext(context);
    nest = LLVMGetEnumAttributeKindForName("nest", strlen("nest"));
    lower_calls("llvm.adjust.trampoline", lower_adjust);
    lower_calls("llvm.init.trampoline", lower_init);
    lower_calls("llvm.adjust.trampoline.p0", lower_adjust);
    lower_calls("llvm.init.trampoline.p0", lower_init);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        remove_nest(f);
}
