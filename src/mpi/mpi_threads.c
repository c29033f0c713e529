/*
 * mpi_threads.c - the rules of thread levels and the layer's lock; see mpi_threads.h.
 *
 * Below MPI_THREAD_MULTIPLE the calling thread owns the layer from the beginning of a call to its
 * end, callbacks included, in which it may call further functions. Another thread that calls
 * meanwhile breaks the rules of MPI_THREAD_SERIALIZED.
 */
#include "mpi/mpi_threads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool mpilayer_is_multiple;

static struct {
    pthread_mutex_t lock;
    _Atomic(pthread_t) owner; /* compared with the caller alone; 0: nobody */
    unsigned depth;           /* of calls by the owner inside each other */
    pthread_t main;
    bool has_main;
    pthread_t maker;    /* the thread that is between mpilayer_thread_alone_begin and _end */
    unsigned exclusion; /* how often it has begun; under the lock */
} threads = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_owner(void) {
    return atomic_load_explicit(&threads.owner, memory_order_relaxed) == pthread_self();
}

static void take(void) {
    pthread_mutex_lock(&threads.lock);
    atomic_store_explicit(&threads.owner, pthread_self(), memory_order_relaxed);
    threads.depth = 1;
}

static void give(void) {
    atomic_store_explicit(&threads.owner, (pthread_t)0, memory_order_relaxed);
    pthread_mutex_unlock(&threads.lock);
}

int mpilayer_thread_level_fit(const struct mpilayer *layer, int level) {
    /* The host has to know that there are other threads, even if none of them calls it. */
    return layer->guest->has_threads && level < GUEST_MPI_THREAD_FUNNELED
               ? GUEST_MPI_THREAD_FUNNELED
               : level;
}

void mpilayer_thread_started(const struct mpilayer *layer, int level) {
    threads.main = pthread_self();
    threads.has_main = true;
    mpilayer_is_multiple = layer->guest->has_threads && level == GUEST_MPI_THREAD_MULTIPLE;
}

__attribute__((cold, format(printf, 2, 3))) static void fail(struct mpilayer *layer,
                                                             const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    layer->guest->operations->trap(layer->guest, format, arguments);
    va_end(arguments);
}

static const char *level_name(int level) {
    return level == GUEST_MPI_THREAD_SINGLE ? "MPI_THREAD_SINGLE" : "MPI_THREAD_FUNNELED";
}

static void enter_in_turn(struct mpilayer *layer, const char *name) {
    pthread_t self = pthread_self();
    if (is_owner()) {
        threads.depth++;
        return;
    }
    if (pthread_mutex_trylock(&threads.lock) != 0) {
        if (mpilayer_is_multiple) { /* since this call began */
            take();
            return;
        }
        fail(layer,
             "%s is called while another thread of the program is in a call of MPI, which "
             "MPI_THREAD_MULTIPLE alone allows",
             name);
        return;
    }
    atomic_store_explicit(&threads.owner, self, memory_order_relaxed);
    threads.depth = 1;
    if (threads.has_main && layer->phase == MPILAYER_RUNNING &&
        layer->thread_level < GUEST_MPI_THREAD_SERIALIZED && !pthread_equal(self, threads.main)) {
        give();
        fail(layer, "%s is called by another thread than the one that started MPI, with %s", name,
             level_name(layer->thread_level));
    }
}

/* What the thread's call has released. */
static _Thread_local struct kept {
    struct kept *next;
    struct mpilayer_table *table;
    struct mpilayer_object *object;
} *kept;
static _Thread_local unsigned nesting; /* calls in callbacks of calls */
static unsigned inside;                /* threads in calls; under the lock */

/* What the thread's calls use, make and claim, behind a mark for each call. */
struct use {
    enum { CALL, USED, MADE, CLAIMED, COLLECTIVE } kind;
    const struct mpilayer_table *table; /* of what is used */
    struct mpilayer_object *object;
};
static _Thread_local struct {
    struct use *list; /* malloc'ed, or NULL: few */
    size_t count, capacity;
    struct use few[16];
} uses;

static struct use *use_at(size_t index) {
    return uses.list != NULL ? &uses.list[index] : &uses.few[index];
}

static bool use_add(struct use use) {
    enum { FEW = sizeof uses.few / sizeof uses.few[0] };
    size_t capacity = uses.list != NULL ? uses.capacity : FEW;
    if (uses.count == capacity) {
        struct use *grown = realloc(uses.list, 2 * capacity * sizeof *grown);
        if (grown == NULL) return false;
        if (uses.list == NULL) memcpy(grown, uses.few, sizeof uses.few);
        uses.list = grown;
        uses.capacity = 2 * capacity;
    }
    *use_at(uses.count++) = use;
    return true;
}

void *mpilayer_thread_use(const struct mpilayer_table *table, struct mpilayer_object *object) {
    /* Predefined ones stay. */
    if (object->handle < MPILAYER_FIRST_HANDLE || nesting == 0) return object;
    if (!use_add((struct use){USED, table, object})) return NULL;
    object->references++;
    object->users++;
    return object;
}

bool mpilayer_thread_show_later(struct mpilayer_object *object) {
    return nesting > 0 && use_add((struct use){MADE, NULL, object});
}

static uint32_t own_uses(const struct mpilayer_object *object) {
    uint32_t own = 0;
    for (size_t i = 0; i < uses.count; i++)
        own += use_at(i)->object == object && use_at(i)->kind == USED;
    return own;
}

bool mpilayer_thread_shares(const struct mpilayer_object *object) {
    return object->users > 0 && object->users > own_uses(object);
}

bool mpilayer_thread_has_company(void) {
    return mpilayer_is_multiple && inside > 1;
}

enum mpilayer_claim mpilayer_thread_claim(struct mpilayer_request *request,
                                          enum mpilayer_purpose purpose) {
    while (request->claimer != NULL) {
        if (request->claimer == &uses || request->claimed_for == MPILAYER_WAITS ||
            (purpose != MPILAYER_LOOKS && request->claimed_for != MPILAYER_LOOKS))
            return MPILAYER_CLAIM_TAKEN;
        mpilayer_thread_yield();
    }
    if (request->object.handle == 0) return MPILAYER_CLAIM_TAKEN;
    if (!use_add((struct use){CLAIMED, NULL, &request->object})) return MPILAYER_CLAIM_NO_MEMORY;
    request->claimer = &uses;
    request->claimed_for = purpose;
    return MPILAYER_CLAIMED;
}

bool mpilayer_thread_collective(struct mpilayer_call *call) {
    struct mpilayer_comm *comm = call->comm;
    if (comm->in_collective)
        return mpilayer_call_fail(call, GUEST_MPI_ERR_COMM, "comm",
                                  "another collective call on it has not ended");
    if (!use_add((struct use){COLLECTIVE, NULL, &comm->object}))
        return mpilayer_call_fail(call, GUEST_MPI_ERR_NO_MEM, NULL, "out of memory");
    return comm->in_collective = true;
}

/* Back to where the call began. */
static void end_uses(struct mpilayer *layer) {
    while (uses.count > 0) {
        struct use use = *use_at(--uses.count);
        if (use.kind == CALL) break;
        if (use.kind == MADE) {
            if (use.object->references > 0) use.object->found_by = use.object->handle;
        } else if (use.kind == COLLECTIVE) {
            ((struct mpilayer_comm *)use.object)->in_collective = false;
        } else if (use.kind == CLAIMED) {
            ((struct mpilayer_request *)use.object)->claimer = NULL;
        } else {
            use.object->users--;
            mpilayer_object_end_use(layer, (enum mpilayer_class)use.table->class, use.object);
        }
    }
    if (uses.count == 0) {
        free(uses.list);
        uses.list = NULL;
    }
}

static void begin_uses(struct mpilayer *layer, const char *name) {
    if (mpilayer_is_multiple && !use_add((struct use){CALL, NULL, NULL}))
        mpilayer_abort(layer, NULL, 1, "%s: out of memory", name);
}

bool mpilayer_thread_keep(struct mpilayer_table *table, struct mpilayer_object *object) {
    struct kept *made = malloc(sizeof *made);
    if (made == NULL) return false;
    *made = (struct kept){kept, table, object};
    kept = made;
    return true;
}

static void free_kept(void) {
    while (kept != NULL) {
        struct kept *next = kept->next;
        mpilayer_object_reuse(kept->table, kept->object);
        free(kept);
        kept = next;
    }
}

void mpilayer_thread_enter(struct mpilayer *layer, const char *name) {
    nesting++;
    if (mpilayer_is_multiple)
        take();
    else
        enter_in_turn(layer, name);
    if (nesting == 1) inside++;
    begin_uses(layer, name);
}

void mpilayer_thread_leave(struct mpilayer *layer) {
    end_uses(layer);
    if (--nesting == 0) {
        free_kept();
        inside--;
    }
    if (--threads.depth == 0) give();
}

void mpilayer_thread_enter_anytime(struct mpilayer *layer) {
    if (!mpilayer_is_multiple) return;
    take();
    if (nesting++ == 0) inside++;
    begin_uses(layer, "MPI");
}

void mpilayer_thread_leave_anytime(struct mpilayer *layer) {
    if (mpilayer_is_multiple && is_owner()) mpilayer_thread_leave(layer);
}

/* Who does not have it, as at the end of the guest, calls without. */
bool mpilayer_thread_drop(void) {
    if (!is_owner()) return false;
    give();
    return true;
}

bool mpilayer_thread_regain(void) {
    if (is_owner()) return false;
    take();
    return true;
}

void mpilayer_thread_unwind(struct mpilayer *layer) {
    if (layer->guest->has_threads && is_owner()) mpilayer_thread_leave(layer);
}

void mpilayer_thread_yield(void) {
    if (!mpilayer_is_multiple || !mpilayer_thread_drop()) return;
    sched_yield();
    take();
}

void mpilayer_thread_alone_begin(void) {
    if (!mpilayer_is_multiple) return;
    while (threads.exclusion > 0 && !pthread_equal(threads.maker, pthread_self()))
        mpilayer_thread_yield();
    threads.maker = pthread_self();
    threads.exclusion++;
}

void mpilayer_thread_alone_end(void) {
    if (mpilayer_is_multiple) threads.exclusion--;
}
