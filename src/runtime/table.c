/*
 * table.c - tables: reserved whole, so that entries never move (runtime_abi.h).
 *
 * Core specification, section 4.5.3.2.  Unused entries cost address space alone: pages come at
 * first touch, zeroed, which is the null reference.
 *
 * Deliberate: a table without a maximum, or with a larger one, grows to TABLE_MAX elements at most
 * (table.grow fails beyond, as section 4.4.6 allows), unless its minimum is larger already.
 */
#include "runtime/internal.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { TABLE_MAX = 10000000 };
#define TABLE_MINIMUM_MAX (UINT64_C(1) << 32)

void table_written(struct table *table, uint64_t at, uint64_t count) {
    if (table->calls == NULL) return;
    for (uint64_t i = at; i < at + count; i++) {
        const struct func_ref *function = table->entries[i];
        struct table_call call = {0};
        if (function != NULL)
            call = (struct table_call){.code = function->code,
                                       .context = function->context,
                                       .type_mark = 1 + function->type_id};
        table->calls[i] = call;
    }
}

static void *reserve(uint64_t maximum, size_t element_size, size_t *size) {
    *size = (size_t)(maximum > 0 ? maximum : 1) * element_size;
    return mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                -1, 0);
}

bool table_object_create(const struct wasm_table_type *type, void *initial,
                         struct table_object **out, struct error *err) {
    uint64_t minimum = type->limits.minimum, maximum = TABLE_MAX;
    if (type->limits.has_maximum && type->limits.maximum < maximum) maximum = type->limits.maximum;
    if (maximum < minimum) maximum = minimum;
    if (minimum > TABLE_MINIMUM_MAX)
        return error_set(err, ERROR_NO_MEMORY, "cannot allocate a table of %llu elements",
                         (unsigned long long)minimum);
    /* One reservation for both arrays; the second, whose elements are larger, comes first. */
    size_t call_size = wasm_type_is_function(type->element) ? sizeof(struct table_call) : 0;
    size_t size;
    uint8_t *start = reserve(maximum, call_size + sizeof(void *), &size);
    if (start == MAP_FAILED && maximum > minimum) {
        /* Where address space is short, a table that cannot grow is better than none. */
        maximum = minimum;
        start = reserve(maximum, call_size + sizeof(void *), &size);
    }
    struct table_object *object = start == MAP_FAILED ? NULL : calloc(1, sizeof *object);
    if (object == NULL) {
        if (start != MAP_FAILED) munmap(start, size);
        return error_set(err, ERROR_NO_MEMORY, "cannot allocate a table of %llu elements",
                         (unsigned long long)minimum);
    }
    object->table = (struct table){.entries = (void **)(start + call_size * maximum),
                                   .size = minimum,
                                   .maximum = maximum,
                                   .element = type->element,
                                   .calls = call_size > 0 ? (struct table_call *)start : NULL};
    object->declared = type->limits;
    object->reservation = start;
    object->reservation_size = size;
    if (initial != NULL) {
        for (uint64_t i = 0; i < minimum; i++)
            object->table.entries[i] = initial;
        table_written(&object->table, 0, minimum);
    }
    *out = object;
    return true;
}

void table_object_free(struct table_object *object) {
    munmap(object->reservation, object->reservation_size);
    free(object);
}
