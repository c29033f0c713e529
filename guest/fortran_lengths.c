/*
 * fortran_lengths.c - lengths of CHARACTER arguments and results with 32 bits, as C has them.
 *
 * flang passes the lengths of CHARACTER arguments behind all others and that of a CHARACTER result
 * as the second argument, as i64, and returns such a result as {ptr, i64}. C's functions that call
 * Fortran's or are called by them take int or size_t, and give back nothing. Here the procedures
 * without BIND(C), and all calls of such, get i32 and no result; nothing else with 64 bits is
 * touched. Which of a call's i64 are lengths only the FIR tells: by name where a procedure is
 * called as it is declared, else (procedures that are arguments, pointers or type-bound) by the
 * types of the calls in the FIR. If two of those look alike in LLVM's IR and differ in their
 * lengths, that is an error.
 *
 * Calls through procedure pointers with BIND(C) lose the lengths, as fortran_bind_c.c has it for
 * names.
 */
#include "fortran_ir.h"

#include <llvm-c/Comdat.h>
#include <llvm-c/DebugInfo.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 256 };

/* The type of a procedure or call in the FIR. `shape` has a letter for each argument as LLVM's IR
 * has it: p(ointer), l(ong, that is i64), x (anything else), * (any number of any arguments). */
struct signature {
    LLVMValueRef caller; /* the function that calls; of a procedure, itself; NULL: not known */
    unsigned lengths;    /* the last ones of shape */
    bool is_character;   /* the result is; its length is the second argument */
    bool is_bind_c;
    char *shape;
};

struct signatures {
    struct signature *items;
    size_t count, room;
};

static struct signatures procedures, calls;

static void add(struct signatures *list, struct signature item) {
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->items = realloc(list->items, list->room * sizeof *list->items);
        if (!list->items) fortran_ir_die("out of memory");
    }
    list->items[list->count++] = item;
}

/* ---- reading FIR ---- */

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* What an argument of FIR's type `type` is in LLVM's IR, its length aside. */
static const char *shape_of(const char *type, size_t size) {
    static const char *const pointers[] = {
        "!fir.ref<",     "!fir.box<",     "!fir.class<",    "!fir.heap<", "!fir.ptr<",
        "!fir.boxproc<", "!fir.boxchar<", "!fir.llvm_ptr<", "!llvm.ptr",  "tuple<!fir.boxproc<"};
    static const char *const longs[] = {"i64", "index", "!fir.logical<8>"};
    static const char *const others[] = {"i1",
                                         "i8",
                                         "i16",
                                         "i32",
                                         "f16",
                                         "bf16",
                                         "f32",
                                         "f64",
                                         "f80",
                                         "f128",
                                         "!fir.logical<1>",
                                         "!fir.logical<2>",
                                         "!fir.logical<4>",
                                         "!fir.complex<4>",
                                         "complex<f32>"};
    for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++)
        if (starts_with(type, pointers[i])) return "p";
    for (size_t i = 0; i < sizeof longs / sizeof *longs; i++)
        if (strlen(longs[i]) == size && starts_with(type, longs[i])) return "l";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strlen(others[i]) == size && starts_with(type, others[i])) return "x";
    return "*";
}

/* Read a list of types from behind its opening parenthesis: "T, T) -> T", or "%name: T {...}, ..."
 */
static struct signature read_types(const char *at) {
    struct signature found = {0};
    char shape[2 * ARGUMENTS + 1];
    unsigned count = 0;
    const char *type;
    size_t size;
    while (fortran_fir_next_type(&at, &type, &size)) {
        if (count == ARGUMENTS)
            fortran_ir_die("a procedure with more than %d arguments", ARGUMENTS);
        shape[count++] = *shape_of(type, size);
        found.lengths += fortran_fir_has_length(type);
    }
    if (found.lengths > ARGUMENTS) fortran_ir_die("too many CHARACTER arguments");
    memset(shape + count, 'l', found.lengths);
    shape[count + found.lengths] = 0;
    at = fortran_fir_result(at);
    found.is_character = starts_with(at, "!fir.boxchar<");
    /* Where other results go is the first argument. */
    const char *result = starts_with(at, "!fir.type<") ? "*" : "";
    if (starts_with(at, "!fir.box<") || starts_with(at, "!fir.class<") ||
        starts_with(at, "!fir.array<"))
        result = "p";
    if (asprintf(&found.shape, "%s%s", result, shape) < 0) fortran_ir_die("out of memory");
    return found;
}

/* The function that the FIR calls by the name at `name`, which ends before `end`. */
static LLVMValueRef find_function(LLVMModuleRef module, const char *name, const char *end) {
    char text[512];
    snprintf(text, sizeof text - 1, "%.*s", (int)(end - name), name);
    LLVMValueRef found = LLVMGetNamedFunction(module, text);
    if (found || !starts_with(text, "_QP")) return found;
    strcat(text, "_"); /* an external procedure; flang renames it last */
    return LLVMGetNamedFunction(module, text + strlen("_QP"));
}

static const char *find_in_line(const char *line, const char *end, const char *text) {
    return memmem(line, (size_t)(end - line), text, strlen(text));
}

static void read_fir(LLVMModuleRef module, const char *fir) {
    static const char call[] = "fir.call %", dispatch[] = "fir.dispatch \"";
    LLVMValueRef caller = NULL;
    for (const char *line = fir, *end; *line; line = *end ? end + 1 : end) {
        end = line + strcspn(line, "\n");
        const char *name, *open, *at;
        if (fortran_fir_procedure(line, end, &name, &open)) {
            caller = find_function(module, name, open);
            if (!starts_with(name, "_Q") || !caller) continue;
            struct signature found = read_types(open + 1);
            found.caller = caller;
            add(&procedures, found);
        } else if ((at = find_in_line(line, end, call))) {
            const char *types = find_in_line(at, end, " : (");
            if (!types) continue;
            struct signature found = read_types(types + strlen(" : ("));
            found.is_bind_c = find_in_line(at, types, "is_bind_c") != NULL;
            found.caller = caller;
            add(&calls, found);
        } else if ((at = find_in_line(line, end, dispatch))) {
            at += strlen(dispatch);
            at = find_in_line(at, end, "\"(");
            at = at ? fortran_fir_item_end(at + 2) : end; /* the object */
            if (*at == ')') at++;
            at += strspn(at, " ");
            const char *types = *at == '(' ? find_in_line(at, end, " : ") : NULL;
            if (!types) continue;
            struct signature found = read_types(types + strlen(" : "));
            found.caller = caller;
            add(&calls, found);
        }
    }
}

/* ---- types ---- */

static LLVMTypeRef integer(LLVMTypeRef like, unsigned bits) {
    return LLVMIntTypeInContext(LLVMGetTypeContext(like), bits);
}

static bool returns_character(LLVMTypeRef type) {
    LLVMTypeRef result = LLVMGetReturnType(type);
    return LLVMGetTypeKind(result) == LLVMStructTypeKind &&
           LLVMCountStructElementTypes(result) == 2 &&
           LLVMGetTypeKind(LLVMStructGetTypeAtIndex(result, 0)) == LLVMPointerTypeKind &&
           LLVMStructGetTypeAtIndex(result, 1) == integer(type, 64);
}

/* Whether argument `i` of `count` is a length. */
static bool is_length(const struct signature *found, unsigned i, unsigned count) {
    return i + found->lengths >= count || (found->is_character && i == 1);
}

/* `type` with short lengths, or without any, of a procedure with BIND(C). */
static LLVMTypeRef narrowed(LLVMTypeRef type, const struct signature *found, const char *where) {
    LLVMTypeRef types[2 * ARGUMENTS];
    unsigned count = LLVMCountParamTypes(type);
    if (count > 2 * ARGUMENTS) fortran_ir_die("%s: too many arguments", where);
    LLVMGetParamTypes(type, types);
    if (found->lengths > count || (found->is_character && (count < 2 || !returns_character(type))))
        fortran_ir_die("%s: its types in FIR and in LLVM's IR do not agree", where);
    for (unsigned i = 0; i < count; i++) {
        if (!is_length(found, i, count)) continue;
        if (types[i] != integer(type, 64))
            fortran_ir_die("%s: its types in FIR and in LLVM's IR do not agree", where);
        types[i] = integer(type, 32);
    }
    LLVMTypeRef result = LLVMGetReturnType(type);
    if (found->is_character) result = LLVMVoidTypeInContext(LLVMGetTypeContext(type));
    return LLVMFunctionType(result, types, found->is_bind_c ? count - found->lengths : count,
                            LLVMIsFunctionVarArg(type));
}

static void shape_of_type(LLVMTypeRef type, char *shape) {
    LLVMTypeRef types[2 * ARGUMENTS];
    unsigned count = LLVMCountParamTypes(type);
    LLVMGetParamTypes(type, types);
    for (unsigned i = 0; i < count; i++)
        shape[i] = LLVMGetTypeKind(types[i]) == LLVMPointerTypeKind ? 'p'
                   : types[i] == integer(type, 64)                  ? 'l'
                                                                    : 'x';
    shape[count] = 0;
}

/* Whether `pattern`, which may have *, describes `shape`. */
static bool fits(const char *pattern, const char *shape) {
    for (; *pattern && *pattern != '*'; pattern++, shape++)
        if (*pattern != *shape) return false;
    if (!*pattern) return !*shape;
    for (;; shape++) {
        if (fits(pattern + 1, shape)) return true;
        if (!*shape) return false;
    }
}

/* ---- calls ---- */

/* The signature of a call in `caller` that no name tells: that of all calls in the FIR that look
 * like it, or of those in the same procedure. NULL: it has no lengths. */
static const struct signature *find_by_type(LLVMTypeRef type, LLVMValueRef caller) {
    char shape[2 * ARGUMENTS + 1];
    unsigned count = LLVMCountParamTypes(type);
    bool is_character = returns_character(type);
    size_t size;
    const char *name = LLVMGetValueName2(caller, &size);
    if (count > 2 * ARGUMENTS) fortran_ir_die("%s: a call with too many arguments", name);
    shape_of_type(type, shape);
    if (!is_character && (count == 0 || shape[count - 1] != 'l')) return NULL;
    const struct signature *found = NULL;
    for (int in_caller = 0; in_caller < 2; in_caller++) {
        const struct signature *first = NULL;
        bool is_clear = true;
        for (size_t i = 0; i < calls.count; i++) {
            const struct signature *other = &calls.items[i];
            if ((in_caller && other->caller != caller) || other->is_character != is_character ||
                !fits(other->shape, shape))
                continue;
            if (!first) first = other;
            if (other->lengths != first->lengths || other->is_bind_c != first->is_bind_c)
                is_clear = false;
        }
        if (!first && in_caller) break;
        if (!first)
            fortran_ir_die("%s: a call's type in LLVM's IR is not one of those in the FIR", name);
        if (is_clear) return first;
        found = first;
    }
    (void)found;
    fortran_ir_die("procedure %s calls procedures that are arguments, pointers or type-bound with "
                   "CHARACTER arguments and others with INTEGER(8) values or BIND(C) in their "
                   "place, and these calls cannot be told apart: move the ones or the others to "
                   "another procedure",
                   name);
}

static const struct signature *find_procedure(LLVMValueRef function) {
    for (size_t i = 0; i < procedures.count; i++)
        if (procedures.items[i].caller == function) return &procedures.items[i];
    return NULL;
}

static void copy_attributes(LLVMValueRef from, LLVMValueRef to, unsigned index, bool is_call) {
    unsigned count = is_call ? LLVMGetCallSiteAttributeCount(from, index)
                             : LLVMGetAttributeCountAtIndex(from, index);
    if (count == 0) return;
    LLVMAttributeRef *found = malloc(count * sizeof *found);
    if (!found) fortran_ir_die("out of memory");
    if (is_call)
        LLVMGetCallSiteAttributes(from, index, found);
    else
        LLVMGetAttributesAtIndex(from, index, found);
    for (unsigned i = 0; i < count; i++) {
        if (is_call)
            LLVMAddCallSiteAttribute(to, index, found[i]);
        else
            LLVMAddAttributeAtIndex(to, index, found[i]);
    }
    free(found);
}

static void narrow_call(LLVMBuilderRef builder, LLVMValueRef call, const struct signature *found,
                        const char *where) {
    LLVMTypeRef type = LLVMGetCalledFunctionType(call), other = narrowed(type, found, where);
    LLVMValueRef arguments[2 * ARGUMENTS];
    unsigned count = LLVMGetNumArgOperands(call), wanted = LLVMCountParamTypes(other);
    if (count != LLVMCountParamTypes(type)) fortran_ir_die("%s: a call that varies", where);
    LLVMPositionBuilderBefore(builder, call);
    LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(call));
    for (unsigned i = 0; i < wanted; i++) {
        arguments[i] = LLVMGetOperand(call, i);
        if (is_length(found, i, count))
            arguments[i] = LLVMBuildTrunc(builder, arguments[i], integer(type, 32), "");
    }
    LLVMValueRef made =
        LLVMBuildCall2(builder, other, LLVMGetCalledValue(call), arguments, wanted, "");
    copy_attributes(call, made, LLVMAttributeFunctionIndex, true);
    if (!found->is_character) copy_attributes(call, made, LLVMAttributeReturnIndex, true);
    for (unsigned i = 0; i < wanted; i++)
        copy_attributes(call, made, i + 1, true);
    if (LLVMCanValueUseFastMathFlags(made)) LLVMSetFastMathFlags(made, LLVMGetFastMathFlags(call));
    if (found->is_character) {
        /* The result is where the caller wanted it. */
        LLVMValueRef pair = LLVMGetUndef(LLVMGetReturnType(type));
        pair = LLVMBuildInsertValue(builder, pair, LLVMGetOperand(call, 0), 0, "");
        made = LLVMBuildInsertValue(builder, pair, LLVMGetOperand(call, 1), 1, "");
    }
    if (LLVMGetTypeKind(LLVMGetReturnType(type)) != LLVMVoidTypeKind)
        LLVMReplaceAllUsesWith(call, made);
    LLVMInstructionEraseFromParent(call);
}

static void narrow_calls(LLVMModuleRef module, LLVMValueRef caller) {
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
    LLVMValueRef host = fortran_openmp_host(module, caller);
    size_t size;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(caller); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b), next; i; i = next) {
            next = LLVMGetNextInstruction(i);
            if (!LLVMIsACallInst(i)) continue;
            LLVMValueRef callee = LLVMGetCalledValue(i);
            LLVMTypeRef type = LLVMGetCalledFunctionType(i);
            const struct signature *found = NULL;
            if (LLVMIsAInlineAsm(callee)) continue;
            if (LLVMIsAFunction(callee)) {
                found = find_procedure(callee);
                if (!found) continue; /* of the runtime library, or C's */
                if (LLVMGlobalGetValueType(callee) != type) found = find_by_type(type, host);
            } else {
                found = find_by_type(type, host);
            }
            if (found && (found->lengths > 0 || found->is_character))
                narrow_call(builder, i, found, LLVMGetValueName2(caller, &size));
        }
    LLVMDisposeBuilder(builder);
}

/* ---- procedures ---- */

static void narrow_procedure(LLVMModuleRef module, const struct signature *found) {
    LLVMValueRef function = found->caller;
    size_t size;
    const char *name = LLVMGetValueName2(function, &size);
    LLVMTypeRef type = LLVMGlobalGetValueType(function), other_type = narrowed(type, found, name);
    LLVMValueRef other = LLVMAddFunction(module, "", other_type);
    unsigned count = LLVMCountParamTypes(type);
    LLVMSetLinkage(other, LLVMGetLinkage(function));
    LLVMSetVisibility(other, LLVMGetVisibility(function));
    LLVMSetFunctionCallConv(other, LLVMGetFunctionCallConv(function));
    LLVMSetComdat(other, LLVMGetComdat(function));
    LLVMSetSubprogram(other, LLVMGetSubprogram(function));
    copy_attributes(function, other, LLVMAttributeFunctionIndex, false);
    if (!found->is_character) copy_attributes(function, other, LLVMAttributeReturnIndex, false);
    for (unsigned i = 0; i < count; i++)
        copy_attributes(function, other, i + 1, false);

    LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function), next; b; b = next) {
        next = LLVMGetNextBasicBlock(b);
        LLVMRemoveBasicBlockFromParent(b);
        LLVMAppendExistingBasicBlock(other, b);
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
        if (!found->is_character || !LLVMIsAReturnInst(last)) continue;
        LLVMPositionBuilderBefore(builder, last);
        LLVMSetCurrentDebugLocation2(builder, LLVMInstructionGetDebugLoc(last));
        LLVMBuildRetVoid(builder);
        LLVMInstructionEraseFromParent(last);
    }
    LLVMBasicBlockRef entry = LLVMGetFirstBasicBlock(other);
    if (entry) {
        LLVMSetCurrentDebugLocation2(builder, NULL);
        LLVMPositionBuilderBefore(builder, LLVMGetFirstInstruction(entry));
        for (unsigned i = 0; i < count; i++) {
            LLVMValueRef value = LLVMGetParam(other, i);
            if (is_length(found, i, count))
                value = LLVMBuildZExt(builder, value, integer(type, 64), "");
            LLVMReplaceAllUsesWith(LLVMGetParam(function, i), value);
        }
    }
    LLVMDisposeBuilder(builder);
    fortran_ir_replace_function(function, other);
}

void fortran_lengths_narrow(LLVMModuleRef module, const char *fir) {
    read_fir(module, fir);
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        narrow_calls(module, f);
    for (size_t i = 0; i < procedures.count; i++)
        if (procedures.items[i].lengths > 0 || procedures.items[i].is_character)
            narrow_procedure(module, &procedures.items[i]);
}
