/*
 * fortran_procedures.c - tells the linking wrapper which functions are Fortran's procedures, and
 * how many lengths of CHARACTER arguments each has at the end.
 *
 * Reads a unit's FIR as text and its LLVM IR; writes a custom section, whose lines link_adapt.c
 * reads.  FIR has an external procedure NAME as "@_QPNAME", which the IR calls "NAME_".  Without
 * arguments in FIR it is one that is only passed on, or called later: then the IR tells.
 */
#include "fortran_ir.h"

#include "guest/link_object.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct procedure {
    char name[128];
    bool has_arguments;
    unsigned characters;
} *procedures;
static size_t procedure_count;

static void *checked(void *allocated) {
    if (allocated) return allocated;
    fortran_ir_die("out of memory");
}

void fortran_procedures_read(const char *fir) {
    static const char mangled[] = "_QP";
    for (const char *line = fir; *line; line += *line == '\n') {
        const char *name, *open, *start = line, *end = line + strcspn(line, "\n");
        line = end;
        if (!fortran_fir_procedure(start, end, &name, &open) ||
            strncmp(name, mangled, strlen(mangled)) != 0)
            continue;
        name += strlen(mangled);
        struct procedure found = {.has_arguments = open[1] != ')'};
        snprintf(found.name, sizeof found.name, "%.*s_", (int)(open - name), name);
        const char *at = open + 1, *type;
        size_t size;
        while (fortran_fir_next_type(&at, &type, &size))
            found.characters += fortran_fir_has_length(type);
        procedures = checked(realloc(procedures, (procedure_count + 1) * sizeof *procedures));
        procedures[procedure_count++] = found;
    }
}

/* Arguments at the end that are no addresses: lengths, or what is passed by value. */
static unsigned count_numbers(LLVMValueRef function) {
    unsigned all = LLVMCountParams(function), count = 0;
    while (count < all && LLVMGetTypeKind(LLVMTypeOf(LLVMGetParam(function, all - 1 - count))) ==
                              LLVMIntegerTypeKind)
        count++;
    return count;
}

static LLVMValueRef find_function(LLVMModuleRef module, const char *name) {
    LLVMValueRef function = LLVMGetNamedFunction(module, name);
    if (!function) return NULL;
    bool is_other = LLVMIsDeclaration(function);
    if (is_other ? !LLVMGetFirstUse(function) : LLVMGetLinkage(function) == LLVMInternalLinkage)
        return NULL;
    return function;
}

void fortran_procedures_write(LLVMModuleRef module) {
    char *lines = NULL;
    size_t size = 0;
    FILE *out = checked(open_memstream(&lines, &size));
    for (size_t i = 0; i < procedure_count; i++) {
        const struct procedure *procedure = &procedures[i];
        LLVMValueRef function = find_function(module, procedure->name);
        if (!function) continue;
        unsigned lengths = count_numbers(function);
        if (procedure->has_arguments && lengths > procedure->characters)
            lengths = procedure->characters;
        fprintf(out, "%s %u\n", procedure->name, lengths);
    }
    fclose(out);
    if (size > 0) fortran_ir_add_section(module, LINK_PROCEDURES, lines, size);
    free(lines);
}
