/*
 * link_adapt.c - adapters for calls between Fortran and C whose types differ in what neither minds.
 *
 * Most of C declares Fortran's procedures without the lengths of CHARACTER arguments, which come
 * behind all others, and with an `int` result where Fortran has a subroutine; C's functions that
 * Fortran calls often have no lengths.  Natively an argument too many or too few and a result that
 * nobody reads are harmless; in WebAssembly such a call traps.  wasm-ld tells of each kind of them;
 * an adapter has the caller's type and calls the procedure with its own.  A missing length is 1, as
 * of the options that BLAS and LAPACK take; a missing result is 0.
 *
 * Only where one side is Fortran's, which its object tells (LINK_PROCEDURES), and nothing else
 * differs: arguments that C forgets are left to trap, and wasm-ld's message to be read.  Where C
 * takes a procedure's address alone wasm-ld does not compare types: these are looked for here, and
 * are only adapted if lengths are missing and all inputs that define the procedure agree on its
 * type.
 */
#include "guest/link_adapt.h"

#include "guest/link.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTHS_MAX = 1000 };

static void *checked(void *allocated) {
    if (allocated != NULL) return allocated;
    fputs("mpiwasm-ld: error: out of memory\n", stderr);
    exit(1);
}

/* "i32, f64) -> i32 in ..." as link_function has types; `*text` moves on. */
static char read_letter(const char **text) {
    static const char *const names[] = {"i32", "i64", "f32", "f64"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(*text, names[i], 3) == 0) {
            *text += 3;
            return "iIfF"[i];
        }
    *text += strcspn(*text, ",) \n");
    return '?';
}

static char *read_type(const char *text) {
    char *type = checked(calloc(1, strlen(text) + 2)), *at = type + 1;
    type[0] = '?';
    if (*text++ != '(') return type;
    while (*text != '\0' && *text != ')') {
        *at++ = read_letter(&text);
        if (strncmp(text, ", ", 2) == 0)
            text += 2;
        else if (*text != ')')
            return type;
    }
    static const char arrow[] = ") -> ";
    if (strncmp(text, arrow, sizeof arrow - 1) != 0) return type;
    text += sizeof arrow - 1;
    type[0] = strncmp(text, "void", 4) == 0 ? 'v' : read_letter(&text);
    return type;
}

static void add_mismatch(struct adapters *adapters, const char *name, size_t length) {
    size_t size = (adapters->count + 1) * sizeof *adapters->items;
    adapters->items = checked(realloc(adapters->items, size));
    adapters->items[adapters->count++] = (struct mismatch){
        .name = checked(strndup(name, length)),
        .caller_lengths = -1,
        .callee_lengths = -1,
    };
}

void adapters_take_line(struct adapters *adapters, const char *line) {
    static const char start[] = "function signature mismatch: ", defined[] = ">>> defined as ";
    const char *at = strstr(line, start);
    if (at != NULL) {
        at += sizeof start - 1;
        add_mismatch(adapters, at, strcspn(at, "\n"));
        return;
    }
    if (adapters->count == 0 || strncmp(line, defined, sizeof defined - 1) != 0) return;
    struct mismatch *last = &adapters->items[adapters->count - 1];
    char **type = last->caller == NULL ? &last->caller : &last->callee;
    if (*type == NULL) *type = read_type(line + sizeof defined - 1);
}

/* How many lengths the procedure's own object, or one that calls it, knows of; -1: not Fortran's.
 */
static int find_lengths(const struct link_object *object, const char *name) {
    const char *at = object->procedures, *end = at + object->procedures_size;
    size_t length = strlen(name);
    while (at != NULL && at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (line_end == NULL) return -1;
        if ((size_t)(line_end - at) > length && memcmp(at, name, length) == 0 &&
            at[length] == ' ') {
            int count = 0;
            for (at += length + 1; at < line_end && *at >= '0' && *at <= '9'; at++)
                if (count < LENGTHS_MAX) count = 10 * count + (*at - '0');
            return count;
        }
        at = line_end + 1;
    }
    return -1;
}

static const char *find_type(const struct link_function *functions, size_t count, const char *name,
                             const char *type) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(functions[i].type, type) == 0 && strcmp(functions[i].name, name) == 0)
            return functions[i].type;
    return NULL;
}

/* Remember the procedures with lengths that the object has. */
static void collect(struct adapters *adapters, const struct link_object *object) {
    if (object->procedures == NULL) return;
    for (size_t i = 0; i < object->definition_count; i++) {
        const struct link_function *function = &object->definitions[i];
        int lengths = find_lengths(object, function->name);
        if (lengths <= 0) continue;
        if (adapters->procedure_count == adapters->procedure_room) {
            adapters->procedure_room = 2 * adapters->procedure_room + 64;
            size_t size = adapters->procedure_room * sizeof *adapters->procedures;
            adapters->procedures = checked(realloc(adapters->procedures, size));
        }
        adapters->procedures[adapters->procedure_count++] =
            (struct procedure){.name = checked(strdup(function->name)),
                               .type = checked(strdup(function->type)),
                               .lengths = lengths};
    }
}

void adapters_look_at(struct adapters *adapters, const struct link_object *object) {
    for (size_t i = 0; i < adapters->count; i++) {
        struct mismatch *mismatch = &adapters->items[i];
        if (mismatch->callee == NULL) continue;
        bool calls = find_type(object->imports, object->import_count, mismatch->name,
                               mismatch->caller) != NULL;
        bool defines = find_type(object->definitions, object->definition_count, mismatch->name,
                                 mismatch->callee) != NULL;
        if (!calls && !defines) continue;
        mismatch->has_caller |= calls;
        int lengths = find_lengths(object, mismatch->name);
        if (lengths < 0) continue;
        if (calls) mismatch->caller_lengths = lengths;
        if (defines) mismatch->callee_lengths = lengths;
    }
    collect(adapters, object);
}

/* ---- addresses ---- */

static int compare_procedures(const void *a, const void *b) {
    return strcmp(((const struct procedure *)a)->name, ((const struct procedure *)b)->name);
}

void adapters_sort(struct adapters *adapters) {
    if (adapters->procedure_count > 0)
        qsort(adapters->procedures, adapters->procedure_count, sizeof *adapters->procedures,
              compare_procedures);
}

static struct procedure *find_procedure(const struct adapters *adapters, const char *name) {
    struct procedure key = {.name = (char *)name};
    if (adapters->procedure_count == 0) return NULL;
    return bsearch(&key, adapters->procedures, adapters->procedure_count,
                   sizeof *adapters->procedures, compare_procedures);
}

static bool is_known(const struct adapters *adapters, const char *name, const char *caller) {
    for (size_t i = 0; i < adapters->count; i++)
        if (strcmp(adapters->items[i].name, name) == 0 && adapters->items[i].caller != NULL &&
            strcmp(adapters->items[i].caller, caller) == 0)
            return true;
    return false;
}

void adapters_find_addresses(struct adapters *adapters, const struct link_object *object) {
    for (size_t i = 0; i < object->definition_count; i++) {
        const struct link_function *function = &object->definitions[i];
        struct procedure *procedure = find_procedure(adapters, function->name);
        if (procedure != NULL && strcmp(procedure->type, function->type) != 0)
            procedure->is_unclear = true;
    }
    if (object->procedures != NULL) return; /* Fortran's own are of the callee's type */
    for (size_t i = 0; i < object->import_count; i++) {
        const struct link_function *function = &object->imports[i];
        if (function->is_called || function->symbol_count == 0) continue;
        const struct procedure *procedure = find_procedure(adapters, function->name);
        /* A result more or less is left: the address may be for Fortran, which calls it right. */
        if (procedure == NULL || strlen(procedure->type) == strlen(function->type) ||
            is_known(adapters, function->name, function->type))
            continue;
        add_mismatch(adapters, function->name, strlen(function->name));
        struct mismatch *mismatch = &adapters->items[adapters->count - 1];
        mismatch->caller = checked(strdup(function->type));
        mismatch->callee = checked(strdup(procedure->type));
        mismatch->callee_lengths = procedure->lengths;
        mismatch->has_caller = mismatch->is_address = true;
    }
}

/* ---- adapters ---- */

/* How many arguments both sides have in common; -1: they differ in more than lengths. */
static int count_common(const struct mismatch *mismatch) {
    int caller = (int)strlen(mismatch->caller) - 1, callee = (int)strlen(mismatch->callee) - 1;
    int caller_lengths = mismatch->caller_lengths, callee_lengths = mismatch->callee_lengths;
    int common;
    if (caller_lengths < 0 && callee_lengths < 0) return -1;
    if (caller_lengths < 0) {
        common = callee - callee_lengths;
        return caller == callee || caller == common ? common : -1;
    }
    common = caller - caller_lengths;
    if (callee_lengths < 0) return callee == caller || callee == common ? common : -1;
    return callee - callee_lengths == common ? common : -1;
}

static bool are_lengths(const char *letters) {
    return strspn(letters, "iI") == strlen(letters);
}

static bool can_adapt(const struct adapters *adapters, const struct mismatch *mismatch) {
    const char *caller = mismatch->caller, *callee = mismatch->callee;
    if (mismatch->is_address && find_procedure(adapters, mismatch->name)->is_unclear) return false;
    if (!mismatch->has_caller || strchr(caller, '?') || strchr(callee, '?')) return false;
    if (caller[0] != callee[0] && caller[0] != 'v' && callee[0] != 'v') return false;
    int common = count_common(mismatch);
    return common >= 0 && memcmp(caller + 1, callee + 1, (size_t)common) == 0 &&
           are_lengths(caller + 1 + common) && are_lengths(callee + 1 + common);
}

/* Whether C can call it so: nothing that ends a string, nor a demangled name. */
static bool is_plain(const char *name) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$";
    return name[strspn(name, plain)] == '\0';
}

size_t adapters_decide(struct adapters *adapters) {
    size_t found = 0;
    for (size_t i = 0; i < adapters->count; i++) {
        struct mismatch *mismatch = &adapters->items[i];
        if (mismatch->callee == NULL || !is_plain(mismatch->name) || !can_adapt(adapters, mismatch))
            continue;
        size_t size = strlen(mismatch->name) + 40;
        mismatch->adapter = checked(malloc(size));
        snprintf(mismatch->adapter, size, "%s.adapter%zu", mismatch->name, ++found);
    }
    return found;
}

const char *adapters_rename(void *state, const char *name, const char *type) {
    const struct adapters *adapters = state;
    for (size_t i = 0; i < adapters->count; i++) {
        const struct mismatch *mismatch = &adapters->items[i];
        if (mismatch->adapter != NULL && strcmp(mismatch->name, name) == 0 &&
            strcmp(mismatch->caller, type) == 0)
            return mismatch->adapter;
    }
    return NULL;
}

static const char *name_type(char letter) {
    switch (letter) {
    case 'i': return "int";
    case 'I': return "long long";
    case 'f': return "float";
    case 'F': return "double";
    default: return "void";
    }
}

static void write_head(FILE *out, const char *type, const char *name, size_t number) {
    fprintf(out, "%s %s%zu(", name_type(type[0]), name, number);
    for (size_t i = 1; type[i] != '\0'; i++)
        fprintf(out, "%s%s a%zu", i > 1 ? ", " : "", name_type(type[i]), i);
    fputs(type[1] == '\0' ? "void)" : ")", out);
}

void adapters_write(const struct adapters *adapters, size_t i, FILE *out) {
    const struct mismatch *mismatch = &adapters->items[i];
    const char *caller = mismatch->caller, *callee = mismatch->callee;
    write_head(out, callee, "callee", i);
    fprintf(out, " __asm__(\"%s\");\n", mismatch->name);
    write_head(out, caller, "caller", i);
    fprintf(out, " __asm__(\"%s\");\n", mismatch->adapter);
    write_head(out, caller, "caller", i);
    fprintf(out, " {\n    %scallee%zu(", caller[0] != 'v' && callee[0] != 'v' ? "return " : "", i);
    size_t given = strlen(caller) - 1;
    for (size_t k = 1; callee[k] != '\0'; k++) {
        fputs(k > 1 ? ", " : "", out);
        if (k <= given)
            fprintf(out, "a%zu", k);
        else
            fputs("1", out);
    }
    fprintf(out, ");\n%s}\n", caller[0] != 'v' && callee[0] == 'v' ? "    return 0;\n" : "");
}

void adapters_print(const struct adapters *adapters, FILE *out) {
    for (size_t i = 0; i < adapters->count; i++) {
        const struct mismatch *mismatch = &adapters->items[i];
        if (mismatch->adapter == NULL) continue;
        const char *caller = mismatch->caller, *callee = mismatch->callee;
        fprintf(out,
                LINK_NOTE "%s has %zu arguments%s and is called with %zu%s: through an adapter\n",
                mismatch->name, strlen(callee) - 1, callee[0] == 'v' ? "" : " and a result",
                strlen(caller) - 1, caller[0] == 'v' ? "" : " and a result");
    }
}

void adapters_free(struct adapters *adapters) {
    for (size_t i = 0; i < adapters->count; i++) {
        free(adapters->items[i].name);
        free(adapters->items[i].caller);
        free(adapters->items[i].callee);
        free(adapters->items[i].adapter);
    }
    for (size_t i = 0; i < adapters->procedure_count; i++) {
        free(adapters->procedures[i].name);
        free(adapters->procedures[i].type);
    }
    free(adapters->procedures);
    free(adapters->items);
    *adapters = (struct adapters){0};
}
