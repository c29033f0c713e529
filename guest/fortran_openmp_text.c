/*
 * fortran_openmp_text.c - OpenMP in what flang writes, before mlir-translate reads it.
 *
 * Reads the text of a source's FIR and of what flang has made of it in MLIR's dialect of LLVM;
 * writes the latter again. Pointers have 64 bits there, aligned to 32: mlir-translate's OpenMP
 * knows sizes of 64 bits alone, and fortran_openmp.c takes that back. And what flang 19 gets wrong
 * becomes right where that can be done, else it is refused or warned of:
 * - Values that are firstprivate in a task it copies when the task runs. Loads of numbers and
 *   LOGICALs move in front of the task; of all else one is warned.
 * - In reductions of arrays it adds up the wrong elements if the lower bound is not 1.
 */
#include "fortran_ir.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The variable's own name in `name`, a mangled one that ends at a quotation mark. */
static const char *own_name(const char *name, size_t *size) {
    const char *end = name + strcspn(name, "\""), *own = end;
    while (own > name && own[-1] != 'E')
        own--;
    *size = (size_t)(end - own);
    return own;
}

/* ---- reductions ---- */

/* The last line before `end` that starts with `text`, spaces aside; or NULL. */
static const char *find_line_before(const char *start, const char *end, const char *text) {
    size_t length = strlen(text);
    for (const char *at = end; at > start;) {
        for (at--; at > start && at[-1] != '\n';)
            at--;
        const char *word = at + strspn(at, " ");
        if (word + length <= end && strncmp(word, text, length) == 0) return word;
    }
    return NULL;
}

/* `value` ("%15 -> ...") in a reduction's list: what it refers to must not have other lower bounds
 * than 1, of which flang 19 knows nothing within the region: it would use the array's wrong parts,
 * and what is before it. */
static void check_reduction(const char *fir, const char *line, const char *value) {
    char store[80], declare[64], end[32];
    snprintf(end, sizeof end, " to %.*s :", (int)strcspn(value, " "), value);
    for (const char *at = line; (at = find_line_before(fir, at, "fir.store %"));) {
        const char *to = strstr(at, end), *close = strchr(at, '\n');
        if (!to || to > close) continue;
        const char *stored = at + strlen("fir.store ");
        snprintf(store, sizeof store, "%.*s", (int)strcspn(stored, "# "), stored);
        snprintf(declare, sizeof declare, "%.40s:2 = hlfir.declare ", store);
        const char *found = find_line_before(fir, at, declare);
        size_t length = found ? strcspn(found, "\n") : 0;
        const char *name = found ? memmem(found, length, "uniq_name = \"", 13) : NULL;
        if (!name || !memmem(found, length, "!fir.shapeshift<", 16)) return;
        size_t size;
        name = own_name(name + 13, &size);
        fortran_ir_die("OpenMP: reduction of the array %.*s, whose lower bound is not 1: flang 19 "
                       "computes something else; give the array to a procedure that does it",
                       (int)size, name);
    }
}

static void check_reductions(const char *fir) {
    static const char head[] = " reduction(", item[] = "byref @";
    for (const char *line = fir; (line = strstr(line, head));) {
        const char *end = line + strcspn(line, "\n");
        for (const char *at = line; (at = strstr(at, item)) && at < end;) {
            at += strlen(item);
            const char *value = at + strcspn(at, " \n");
            bool is_box = memmem(at, (size_t)(value - at), "_box_", 5) != NULL;
            bool is_pointer = memmem(at, (size_t)(value - at), "_box_heap_", 10) != NULL ||
                              memmem(at, (size_t)(value - at), "_box_ptr_", 9) != NULL;
            if (is_box && !is_pointer && *value == ' ') check_reduction(fir, line, value + 1);
        }
        line = end;
    }
}

/* In the part of a reduction that adds up two arrays: indices count from 1, so that is what the
 * lower bounds, which are taken off them, have to be. `line` reads one of them from `address`. */
static bool is_lower_bound(const char *before, const char *line) {
    unsigned value, address, from, array, dimension;
    char ends[3] = "";
    if (sscanf(line, " %%%u = llvm.load %%%u : !llvm.ptr -> i64", &value, &from) != 2) return false;
    return (sscanf(before, " %%%u = llvm.getelementptr %%%u[0, 7, %%%u, 0%2[]:]", &address, &array,
                   &dimension, ends) == 4 ||
            sscanf(before, " %%%u = llvm.getelementptr %%%u[0, 7, %u, 0%2[]:]", &address, &array,
                   &dimension, ends) == 4) &&
           address == from;
}

/* ---- tasks ---- */

static size_t indent_of(const char *line) {
    return strspn(line, " ");
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_task(const char *line) {
    line += indent_of(line);
    return starts_with(line, "omp.task ") || starts_with(line, "omp.task(");
}

/* The regions of tasks around a line, the innermost one last. */
enum { MOST_NESTED = 32 };
struct task {
    size_t line, indent;
    unsigned first; /* number of the first value of its own; 0: not known yet */
};
struct tasks {
    struct task items[MOST_NESTED];
    unsigned count;
};

static void follow_tasks(struct tasks *tasks, const char *text, size_t line) {
    size_t indent = indent_of(text);
    if (tasks->count > 0 && text[indent] == '}' && tasks->items[tasks->count - 1].indent == indent)
        tasks->count--;
    if (!is_task(text)) return;
    if (tasks->count == MOST_NESTED) fortran_ir_die("OpenMP: tasks within tasks, too deep");
    tasks->items[tasks->count++] = (struct task){line, indent, 0};
}

/* Lines, which end at zeros. */
struct lines {
    char **items;
    size_t count, room;
};

static void lines_add(struct lines *lines, char *line) {
    if (lines->count == lines->room) {
        lines->room = lines->room ? 2 * lines->room : 1024;
        lines->items = realloc(lines->items, lines->room * sizeof *lines->items);
        if (!lines->items) fortran_ir_die("out of memory");
    }
    lines->items[lines->count++] = line;
}

static struct lines split(char *text) {
    struct lines lines = {0};
    for (char *at = text, *end; *at; at = end) {
        end = at + strcspn(at, "\n");
        if (*end) *end++ = 0;
        lines_add(&lines, at);
    }
    return lines;
}

/* The name of the variable that FIR's line number `line` gives its first value, "hlfir.assign ...
 * to %37#0 temporary_lhs : T, T"; or NULL. The caller frees it. */
static char *find_private(const struct lines *fir, size_t line) {
    static const char head[] = "uniq_name = \"";
    unsigned value;
    char declare[48];
    const char *to = strstr(fir->items[line], " to %");
    if (!to || sscanf(to, " to %%%u#0 temporary_lhs", &value) != 1) return NULL;
    snprintf(declare, sizeof declare, "%%%u:2 = hlfir.declare ", value);
    while (line-- > 0) {
        const char *text = fir->items[line] + indent_of(fir->items[line]);
        const char *name = starts_with(text, declare) ? strstr(text, head) : NULL;
        if (!name) continue;
        size_t size;
        name = own_name(name + strlen(head), &size);
        return strndup(name, size);
    }
    return NULL;
}

static bool has_line(const struct lines *lines, const char *line) {
    for (size_t i = 0; i < lines->count; i++)
        if (strcmp(lines->items[i], line) == 0) return true;
    return false;
}

/* The names of numbers and LOGICALs that are firstprivate in tasks; a warning for other types. */
static struct lines find_privates(const struct lines *fir) {
    struct lines found = {0}, warned = {0};
    struct tasks tasks = {0};
    for (size_t i = 0; i < fir->count; i++) {
        follow_tasks(&tasks, fir->items[i], i);
        const char *type = strstr(fir->items[i], "#0 temporary_lhs : ");
        char *name = type && tasks.count > 0 ? find_private(fir, i) : NULL;
        if (!name) continue;
        bool is_scalar = !strstr(type, "!fir.array<") && !strstr(type, "!fir.char<") &&
                         !strstr(type, "!fir.type<") && !strstr(type, "!fir.box<");
        if (is_scalar) {
            lines_add(&found, name);
        } else if (!has_line(&warned, name)) {
            lines_add(&warned, name);
            fprintf(stderr,
                    "mpiwasmfort: warning: OpenMP: what is firstprivate in a task is copied when "
                    "the task starts, not when it is made, unless it is a number or LOGICAL: %s\n",
                    name);
        }
    }
    free(warned.items);
    return found;
}

/* Whether `value` is a variable "NAME" of the task's own that is among `privates`. */
static bool is_private(const struct lines *mlir, const struct task *task, size_t line,
                       unsigned value, const struct lines *privates) {
    static const char head[] = "{bindc_name = \"";
    char alloca[48];
    snprintf(alloca, sizeof alloca, "%%%u = llvm.alloca ", value);
    for (; line > task->line; line--) {
        const char *text = mlir->items[line] + indent_of(mlir->items[line]);
        const char *name = starts_with(text, alloca) ? strstr(text, head) : NULL;
        if (!name || !strstr(name, "pinned}")) continue;
        name += strlen(head);
        size_t size = strcspn(name, "\"");
        for (size_t i = 0; i < privates->count; i++)
            if (strlen(privates->items[i]) == size && !strncmp(privates->items[i], name, size))
                return true;
    }
    return false;
}

/* If line number `i` loads what is outside of the task, and the next one stores it into a variable
 * that is firstprivate: the type of the value, else NULL. */
static const char *find_copy(const struct lines *mlir, const struct task *task, size_t i,
                             const struct lines *privates) {
    unsigned value, from, stored, to;
    const char *load = mlir->items[i], *address = strstr(load, " = llvm.load %");
    if (!address || i + 1 == mlir->count || sscanf(load, " %%%u = ", &value) != 1) return NULL;
    address += strlen(" = llvm.load %");
    bool is_outside =
        starts_with(address, "arg") || (sscanf(address, "%u", &from) == 1 && from < task->first);
    if (!is_outside || sscanf(mlir->items[i + 1], " llvm.store %%%u, %%%u ", &stored, &to) != 2 ||
        stored != value || !is_private(mlir, task, i, to, privates))
        return NULL;
    const char *type = NULL;
    for (const char *at = load; (at = strstr(at, " -> ")); at++)
        type = at + 4;
    return type;
}

/* ---- the whole text ---- */

static void write_lines(const struct lines *mlir, const struct lines *moved, FILE *out) {
    static const char narrow[] = "llvm.data_layout = \"e-m:e-p:32:32-";
    bool is_widened = false;
    for (size_t i = 0; i < mlir->count; i++) {
        char *layout = strstr(mlir->items[i], narrow);
        if (layout) {
            memcpy(layout + strlen(narrow) - strlen("32:32-"), "64", 2);
            is_widened = true;
        }
        for (size_t j = 0; j < moved[i].count; j++)
            fprintf(out, "%s\n", moved[i].items[j]);
        fprintf(out, "%s\n", mlir->items[i]);
    }
    if (!is_widened) fortran_ir_die("flang has not written x32's data layout");
}

void fortran_openmp_rewrite(char *text, char *fir_text, FILE *out) {
    check_reductions(fir_text);
    struct lines mlir = split(text), fir = split(fir_text), privates = find_privates(&fir);
    struct lines *moved = calloc(mlir.count + 1, sizeof *moved); /* in front of each line */
    if (!moved) fortran_ir_die("out of memory");
    struct tasks tasks = {0};
    bool combines = false;
    for (size_t i = 0; i < mlir.count; i++) {
        char *line = mlir.items[i], *changed = NULL, *load = NULL;
        unsigned value = 0;
        if (indent_of(line) <= 2 && !strchr(line, '^'))
            combines = strstr(line, "} combiner {") != NULL;
        follow_tasks(&tasks, line, i);
        bool has_value = sscanf(line, " %%%u = ", &value) == 1;
        if (combines && i > 0 && is_lower_bound(mlir.items[i - 1], line)) {
            if (asprintf(&changed, "    %%%u = llvm.mlir.constant(1 : index) : i64", value) < 0)
                fortran_ir_die("out of memory");
            mlir.items[i] = changed;
        }
        struct task *task = tasks.count > 0 ? &tasks.items[tasks.count - 1] : NULL;
        if (!task || !has_value) continue;
        if (task->first == 0) task->first = value;
        const char *type = find_copy(&mlir, task, i, &privates);
        if (!type) continue;
        if (asprintf(&load, "    %%mpiwasm%zu%s", i, strstr(line, " = ")) < 0 ||
            asprintf(&changed, "      %%%u = llvm.freeze %%mpiwasm%zu : %s", value, i, type) < 0)
            fortran_ir_die("out of memory");
        lines_add(&moved[task->line], load);
        mlir.items[i] = changed;
    }
    write_lines(&mlir, moved, out);
    for (size_t i = 0; i < mlir.count; i++)
        free(moved[i].items);
    free(moved);
    free(privates.items);
    free(fir.items);
    free(mlir.items);
}
