/*
 * fortran_fir.c - lists of types in the text of flang's FIR.
 */
#include "fortran_ir.h"

#include <string.h>

bool fortran_fir_procedure(const char *line, const char *end, const char **name,
                           const char **open) {
    static const char head[] = "func.func ";
    line += strspn(line, " ");
    if (strncmp(line, head, strlen(head)) != 0) return false;
    const char *at = memchr(line, '@', (size_t)(end - line));
    *name = at ? at + 1 : NULL;
    *open = at ? memchr(at, '(', (size_t)(end - at)) : NULL;
    return *open != NULL;
}

const char *fortran_fir_item_end(const char *at) {
    for (int depth = 0; *at && *at != '\n'; at++) {
        if (*at == '"') {
            for (at++; *at && *at != '"'; at++)
                if (*at == '\\' && at[1]) at++;
            if (!*at) return at;
        } else if (at[0] == '-' && at[1] == '>') {
            at++;
        } else if (strchr("(<{[", *at)) {
            depth++;
        } else if (strchr(")>}]", *at)) {
            if (depth-- == 0) return at;
        } else if (*at == ',' && depth == 0) {
            return at;
        }
    }
    return at;
}

bool fortran_fir_next_type(const char **at, const char **type, size_t *size) {
    const char *start = *at + strspn(*at, ", "), *end = fortran_fir_item_end(start);
    if (!*start || *start == ')' || *start == '\n') {
        *at = start;
        return false;
    }
    if (*start == '%') { /* "%name: TYPE" */
        start += strcspn(start, ":");
        start += strspn(start, ": ");
    }
    *type = start;
    *size = (size_t)(end - start);
    size_t blank = strcspn(start, " "); /* attributes follow, or the place in the source */
    if (blank < *size && (start[blank + 1] == '{' || strncmp(start + blank, " loc(", 5) == 0))
        *size = blank;
    *at = end;
    return true;
}

bool fortran_fir_has_length(const char *type) {
    static const char *const heads[] = {"!fir.boxchar<", "tuple<!fir.boxproc<"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (strncmp(type, heads[i], strlen(heads[i])) == 0) return true;
    return false;
}

const char *fortran_fir_result(const char *at) {
    static const char arrow[] = ") -> ";
    return strncmp(at, arrow, strlen(arrow)) == 0 ? at + strlen(arrow) : "";
}
