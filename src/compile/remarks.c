/*
 * remarks.c - from LLVM's remarks to lines like
 *     solve: loop at heat.c:17: vectorised (width 8, interleave 4)
 *     solve: loop at heat.c:30: not vectorised: loop control flow is not understood by vectorizer
 *
 * LLVM gives a reason at the instruction that is in the way, then says without any at the loop's
 * place that it was not vectorised: the two become one line.
 */
#include "compile/remarks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct remark {
    uint32_t function;
    uint32_t offset; /* in the code section; 0: LLVM has lost it */
    uint32_t cause;  /* as offset, of the instruction in the way; 0: none told */
    size_t order;
    const char *text;
};

static const char missed[] = "loop not vectorized";

/* Other passes have things to say as well. */
static bool is_about_loop(const char *text) {
    static const char *const beginnings[] = {"vectorized loop", "interleaved loop", missed,
                                             "the cost-model indicates that vectorization"};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0) return true;
    return false;
}

void remarks_add(struct remarks *remarks, const char *text) {
    struct remark remark = {.order = remarks->count};
    int length = 0;
    if (sscanf(text, "w%u:%u:%*u: %n", &remark.function, &remark.offset, &length) < 2 ||
        length == 0)
        return;
    text += length;
    if (!is_about_loop(text)) return;
    struct remark *last = remarks->count > 0 ? &remarks->items[remarks->count - 1] : NULL;
    if (strcmp(text, missed) == 0 && last != NULL && last->function == remark.function &&
        last->cause == 0 && strncmp(last->text, "loop not vectorized: ", 21) == 0) {
        last->cause = last->offset;
        last->offset = remark.offset;
        return;
    }
    if (remarks->count == remarks->capacity) {
        remarks->capacity = remarks->capacity == 0 ? 64 : 2 * remarks->capacity;
        struct remark *larger = arena_array(&remarks->arena, remarks->capacity, sizeof *larger);
        if (remarks->count > 0) memcpy(larger, remarks->items, remarks->count * sizeof *larger);
        remarks->items = larger;
    }
    remark.text = arena_string(&remarks->arena, text);
    remarks->items[remarks->count++] = remark;
}

void remarks_free(struct remarks *remarks) {
    arena_free(&remarks->arena);
    *remarks = (struct remarks){0};
}

static int compare(const void *left, const void *right) {
    const struct remark *a = left, *b = right;
    if (a->function != b->function) return a->function < b->function ? -1 : 1;
    if (a->offset != b->offset) return a->offset < b->offset ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void print_place(FILE *stream, uint32_t offset, const struct line_table *lines) {
    const struct line_row *row = line_table_find(lines, offset);
    if (row != NULL)
        fprintf(stream, "%s:%u", lines->files[row->file].name, row->line);
    else
        fprintf(stream, "code offset 0x%x", offset);
}

static void print(FILE *stream, const struct remark *remark, const struct wasm_module *module,
                  const struct line_table *lines) {
    static const char order[] = "cannot prove it is safe to reorder floating-point operations";
    char buffer[64];
    unsigned width, interleave;
    fprintf(stream, "%s: loop",
            wasm_module_function_name(module, remark->function, buffer, sizeof buffer));
    if (remark->offset != 0) {
        fputs(" at ", stream);
        print_place(stream, remark->offset, lines);
    }
    const char *text = remark->text;
    if (sscanf(text, "vectorized loop (vectorization width: %u, interleaved count: %u)", &width,
               &interleave) == 2) {
        fprintf(stream, ": vectorised (width %u, interleave %u)\n", width, interleave);
        return;
    }
    if (sscanf(text, "interleaved loop (interleaved count: %u)", &interleave) == 1) {
        fprintf(stream, ": not vectorised, but interleaved (%u)\n", interleave);
        return;
    }
    fputs(": not vectorised", stream);
    if (strncmp(text, missed, sizeof missed - 1) == 0) text += sizeof missed - 1;
    if (strncmp(text, ": ", 2) == 0) text += 2;
    if (strncmp(text, order, sizeof order - 1) == 0)
        fprintf(stream, ": %s (--fp=fast allows it)", order);
    else if (*text != '\0') /* LLVM's advice is about pragmas, which a module has none of */
        fprintf(stream, ": %.*s", (int)strcspn(text, ";"), text);
    const struct line_row *loop = line_table_find(lines, remark->offset),
                          *cause = line_table_find(lines, remark->cause);
    if (remark->cause != 0 && cause != NULL &&
        (loop == NULL || loop->line != cause->line || loop->file != cause->file)) {
        fputs(", at ", stream);
        print_place(stream, remark->cause, lines);
    }
    fputc('\n', stream);
}

static bool tells_more(const struct remark *remark) {
    return strncmp(remark->text, "vectorized", 10) == 0 ||
           strncmp(remark->text, "interleaved", 11) == 0;
}

char *remarks_format(struct remarks *partitions, size_t count, const struct wasm_module *module,
                     const struct line_table *lines) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return NULL;
    for (size_t i = 0; i < count; i++) {
        struct remark *items = partitions[i].items;
        size_t item_count = partitions[i].count;
        if (item_count > 1) qsort(items, item_count, sizeof *items, compare);
        for (size_t j = 0, end; j < item_count; j = end) {
            /* One loop: that it was vectorised, or why not, once. */
            const struct remark *best = &items[j];
            for (end = j; end < item_count && items[end].function == items[j].function &&
                          items[end].offset == items[j].offset;
                 end++)
                if (!tells_more(best) &&
                    (tells_more(&items[end]) || strcmp(best->text, missed) == 0))
                    best = &items[end];
            print(stream, best, module, lines);
        }
    }
    return fclose(stream) == 0 ? text : NULL;
}
