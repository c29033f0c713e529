/*
 * memory.c - linear memories: reserving address space with guards, growing, finding by address.
 *
 * Reads a memory type (Core specification, section 4.5.3.3), produces a reservation as
 * runtime_abi.h lays it down: guard, address space, guard, all of it inaccessible, of which the
 * first `size` bytes are made accessible.  The base is 2 MiB aligned and advised huge; pages are
 * never touched here, so that the guest's first touch decides on which NUMA node they lie.  All
 * mappings go through libc's functions, which communication libraries hook.
 *
 * Deliberate: at most MEMORY_MAX_PAGES_32 pages, and with 64-bit addresses what could be reserved:
 * MEMORY_ADDRESS_SPACE_64, or less where address space is short (memory.grow fails beyond, as
 * section 4.4.7 allows).
 */
#include "runtime/internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define HUGE_PAGE ((size_t)2 << 20)

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct memory_object *_Atomic list; /* read without the lock by signal handlers */

const struct linear_memory *memory_find(const void *address) {
    const uint8_t *at = address;
    for (const struct memory_object *object = atomic_load_explicit(&list, memory_order_acquire);
         object != NULL; object = object->next)
        if (at >= object->reservation && at < object->reservation + object->reservation_size)
            return &object->memory;
    return NULL;
}

static void list_add(struct memory_object *object) {
    pthread_mutex_lock(&list_lock);
    object->next = atomic_load_explicit(&list, memory_order_relaxed);
    atomic_store_explicit(&list, object, memory_order_release);
    pthread_mutex_unlock(&list_lock);
}

static void list_remove(struct memory_object *object) {
    pthread_mutex_lock(&list_lock);
    struct memory_object *first = atomic_load_explicit(&list, memory_order_relaxed);
    if (first == object) {
        atomic_store_explicit(&list, object->next, memory_order_release);
    } else {
        while (first->next != object)
            first = first->next;
        first->next = object->next;
    }
    pthread_mutex_unlock(&list_lock);
}

/*
 * Another thread's signal handler may be walking the list just now, so what has been in it stays a
 * memory_object: it is used again, not freed.
 */
static struct memory_object *unused;

static struct memory_object *object_allocate(void) {
    pthread_mutex_lock(&list_lock);
    struct memory_object *object = unused;
    if (object != NULL) unused = object->next_unused;
    pthread_mutex_unlock(&list_lock);
    if (object == NULL) return calloc(1, sizeof *object);
    object->memory.size = 0;
    return object;
}

static void object_free(struct memory_object *object) {
    pthread_mutex_lock(&list_lock);
    object->reservation_size = 0;
    object->next_unused = unused;
    unused = object;
    pthread_mutex_unlock(&list_lock);
}

/* `size` bytes of inaccessible address space that begin 2 MiB aligned, or NULL with errno. */
static uint8_t *reserve(size_t size) {
    size_t slack = size + HUGE_PAGE;
    uint8_t *mapping =
        mmap(NULL, slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return NULL;
    uint8_t *aligned =
        (uint8_t *)(((uintptr_t)mapping + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1));
    size_t before = (size_t)(aligned - mapping), after = slack - before - size;
    if (before > 0) munmap(mapping, before);
    if (after > 0) munmap(aligned + size, after);
    return aligned;
}

static bool reservation_error(size_t size, struct error *err) {
    int number = errno;
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        return error_set(err, ERROR_NO_MEMORY,
                         "cannot reserve %zu MiB of address space for the linear memory: "
                         "RLIMIT_AS (ulimit -v) allows this process %llu MiB",
                         size >> 20, (unsigned long long)limit.rlim_cur >> 20);
    return error_set(err, ERROR_NO_MEMORY,
                     "cannot reserve %zu MiB of address space for the linear memory: %s",
                     size >> 20, strerror(number));
}

static const size_t guarded_size = MEMORY_GUARD_BELOW + MEMORY_ADDRESS_SPACE + MEMORY_GUARD_ABOVE;

bool memory_reservation_possible(struct error *err) {
    uint8_t *mapping = reserve(guarded_size);
    if (mapping == NULL) return reservation_error(guarded_size, err);
    munmap(mapping, guarded_size);
    return true;
}

/*
 * As much as fits: the maximum, else half of it and so on, down to the minimum. Where address space
 * is limited, the rest of the process needs some too: a reservation of more than the minimum has to
 * leave as much again.
 */
static bool reserve_some(uint64_t minimum_pages, uint64_t *maximum_pages, uint64_t guard_above,
                         uint8_t **out, size_t *out_size, struct error *err) {
    for (uint64_t pages = *maximum_pages;; pages = pages / 2) {
        if (pages < minimum_pages) pages = minimum_pages;
        size_t size = (size_t)(MEMORY_GUARD_BELOW + pages * WASM_PAGE_SIZE + guard_above);
        uint8_t *mapping = reserve(pages == minimum_pages ? size : size * 2);
        if (mapping != NULL) {
            if (pages != minimum_pages) munmap(mapping + size, size);
            *maximum_pages = pages;
            *out = mapping;
            *out_size = size;
            return true;
        }
        if (pages == minimum_pages) return reservation_error(size, err);
    }
}

static bool reserve_memory(const struct wasm_limits *limits, bool explicit_bounds,
                           uint64_t *maximum_pages, uint8_t **out, size_t *out_size,
                           struct error *err) {
    uint64_t minimum = limits->minimum, most = MEMORY_MAX_PAGES_32;
    if (limits->is_64) most = MEMORY_ADDRESS_SPACE_64 / WASM_PAGE_SIZE;
    if (minimum > most)
        return error_set(err, ERROR_NO_MEMORY,
                         "the module asks for %llu pages of memory at once, %llu are possible",
                         (unsigned long long)minimum, (unsigned long long)most);
    if (limits->has_maximum && limits->maximum < most) most = limits->maximum;
    *maximum_pages = most;
    if (explicit_bounds || limits->is_64)
        return reserve_some(minimum, maximum_pages,
                            explicit_bounds ? MEMORY_GUARD_BELOW : MEMORY_GUARD_ABOVE, out,
                            out_size, err);
    *out = reserve(guarded_size);
    *out_size = guarded_size;
    return *out != NULL || reservation_error(guarded_size, err);
}

bool memory_object_create(const struct wasm_memory_type *type, bool explicit_bounds,
                          struct memory_object **out, struct error *err) {
    uint64_t minimum = type->limits.minimum, maximum = 0;
    uint8_t *mapping = NULL;
    size_t mapping_size = 0;
    if (!reserve_memory(&type->limits, explicit_bounds, &maximum, &mapping, &mapping_size, err))
        return false;
    struct memory_object *object = object_allocate();
    if (object == NULL) {
        munmap(mapping, mapping_size);
        return error_set(err, ERROR_NO_MEMORY, "out of memory");
    }
    object->memory.base = mapping + MEMORY_GUARD_BELOW;
    object->memory.maximum_pages = maximum;
    object->memory.limit = type->limits.is_64 ? maximum * WASM_PAGE_SIZE : UINT64_MAX;
    object->declared = type->limits;
    object->is_shared = type->is_shared;
    pthread_mutex_init(&object->lock, NULL);
    atomic_init(&object->owners, 1);
    object->is_guarded = !explicit_bounds;
    object->reservation = mapping;
    object->reservation_size = mapping_size;
#ifdef MADV_HUGEPAGE
    /* Advice alone: where huge pages are switched off it fails, and that is fine. */
    (void)madvise(object->memory.base, (size_t)maximum * WASM_PAGE_SIZE, MADV_HUGEPAGE);
#endif
    list_add(object);
    if (memory_grow(&object->memory, minimum) < 0) {
        error_set(err, ERROR_NO_MEMORY,
                  "cannot allocate the %llu MiB of memory the module asks for",
                  (unsigned long long)minimum * WASM_PAGE_SIZE >> 20);
        memory_object_release(object);
        return false;
    }
    *out = object;
    return true;
}

void memory_object_release(struct memory_object *object) {
    if (atomic_fetch_sub(&object->owners, 1) > 1) return;
    list_remove(object);
    munmap(object->reservation, object->reservation_size);
    pthread_mutex_destroy(&object->lock);
    object_free(object);
}

static int64_t grow(struct linear_memory *memory, uint64_t delta_pages) {
    uint64_t pages = memory->size / WASM_PAGE_SIZE;
    if (delta_pages == 0) return (int64_t)pages;
    if (delta_pages > memory->maximum_pages || pages > memory->maximum_pages - delta_pages)
        return -1;
    size_t delta = (size_t)delta_pages * WASM_PAGE_SIZE;
    if (mprotect(memory->base + memory->size, delta, PROT_READ | PROT_WRITE) != 0) return -1;
    /* Another thread that sees the size must be able to use what it says. */
    __atomic_store_n(&memory->size, memory->size + delta, __ATOMIC_RELEASE);
    return (int64_t)pages;
}

int64_t memory_grow(struct linear_memory *memory, uint64_t delta_pages) {
    struct memory_object *object = (struct memory_object *)memory;
    pthread_mutex_lock(&object->lock);
    int64_t pages = grow(memory, delta_pages);
    pthread_mutex_unlock(&object->lock);
    return pages;
}
