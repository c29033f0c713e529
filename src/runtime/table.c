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

bool table_object_create(const struct wasm_table_type *type, void *initial,
                         struct table_object **out, struct error *err) {
    uint64_t minimum = type->limits.minimum, maximum = TABLE_MAX;
    if (type->limits.has_maximum && type->limits.maximum < maximum) maximum = type->limits.maximum;
    if (maximum < minimum) maximum = minimum;
    if (minimum > TABLE_MINIMUM_MAX)
        return error_set(err, ERROR_NO_MEMORY, "cannot allocate a table of %llu elements",
                         (unsigned long long)minimum);
    size_t size = (size_t)(maximum > 0 ? maximum : 1) * sizeof(void *);
    void *entries = mmap(NULL, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (entries == MAP_FAILED && maximum > minimum) {
        /* Where address space is short, a table that cannot grow is better than none. */
        maximum = minimum;
        size = (size_t)(maximum > 0 ? maximum : 1) * sizeof(void *);
        entries = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    struct table_object *object = entries == MAP_FAILED ? NULL : calloc(1, sizeof *object);
    if (object == NULL) {
        if (entries != MAP_FAILED) munmap(entries, size);
        return error_set(err, ERROR_NO_MEMORY, "cannot allocate a table of %llu elements",
                         (unsigned long long)minimum);
    }
    object->table = (struct table){
        .entries = entries, .size = minimum, .maximum = maximum, .element = type->element};
    object->declared = type->limits;
    object->reservation_size = size;
    if (initial != NULL)
        for (uint64_t i = 0; i < minimum; i++)
            object->table.entries[i] = initial;
    *out = object;
    return true;
}

void table_object_free(struct table_object *object) {
    munmap(object->table.entries, object->reservation_size);
    free(object);
}
