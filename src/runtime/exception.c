/*
 * exception.c - throwing: from a struct exception to the landing pad that gets it, and what becomes
 * of exceptions nobody refers to any more.
 *
 * Core specification, section 4.4.9 (throw, throw_ref).  Frames are found with the unwind tables of
 * the artifacts through the system's unwinder, in one pass (_Unwind_ForcedUnwind): all landing pads
 * of guests catch everything and throw again what they do not want (runtime_abi.h), so there is
 * nothing to search for beforehand.  The pass ends at the call into the guest: with no landing pad
 * found, the stack is still whole and the exception becomes the outcome of that call.
 *
 * Where an exception has been is recorded in it, so that the backtrace of one that nobody caught in
 * the end begins where it was thrown first, whatever cleanups it ran through.
 *
 * References to exceptions are plain pointers in compiled code.  From time to time those that
 * nothing refers to are freed: globals and tables are known exactly, the stack is searched for
 * anything that looks like a pointer to one (so code pays nothing for having references).
 */
#include "base/sanitizer.h"
#include "runtime/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

enum {
    RECORDED_MAX = 24,             /* frames */
    LIMIT_MIN = 512 * 1024,        /* bytes of exceptions that lead to the first collection */
    BYTES_MAX = 256 * 1024 * 1024, /* of exceptions that may be there at once */
    ENCODING_OMIT = 0xff,          /* DW_EH_PE_omit */
    ENCODING_ULEB128 = 0x01,       /* DW_EH_PE_uleb128 */
    ENCODING_UDATA4 = 0x03,        /* DW_EH_PE_udata4 */
    ENCODING_ABSOLUTE = 0x00,      /* DW_EH_PE_absptr */
    ENCODING_RELATIVE_S4 = 0x1b,   /* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
};
static const _Unwind_Exception_Class exception_class = UINT64_C(0x4d50495741534d00); /* "MPIWASM" */

/* Compiled code sees the last member alone. */
struct exception_object {
    bool is_marked, frames_cut;
    uint32_t frame_count;
    size_t size;
    struct trap_frame frames[RECORDED_MAX];
    struct exception exception;
};
_Static_assert(offsetof(struct exception_object, exception) % 16 == 0, "values are aligned");
_Static_assert(offsetof(struct exception, values) % 16 == 0, "values are aligned");

static struct exception_object *object_of(const struct exception *exception) {
    return (struct exception_object *)((uintptr_t)exception -
                                       offsetof(struct exception_object, exception));
}

/* Freeing what nobody refers to. */

struct collection {
    struct exception_heap *heap; /* objects sorted by address */
    struct exception_object **pending;
    size_t pending_count; /* marked, values not looked at yet */
};

static int object_compare(const void *left, const void *right) {
    uintptr_t a = (uintptr_t)*(struct exception_object *const *)left;
    uintptr_t b = (uintptr_t)*(struct exception_object *const *)right;
    return a < b ? -1 : a > b;
}

/* Anything that points into an object keeps it. */
static void mark(struct collection *collection, uintptr_t word) {
    struct exception_object **objects = collection->heap->objects;
    size_t low = 0, high = collection->heap->count; /* the last that begins at or before word */
    if (word < (uintptr_t)objects[0] ||
        word >= (uintptr_t)objects[high - 1] + objects[high - 1]->size)
        return;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)objects[middle] <= word)
            low = middle;
        else
            high = middle;
    }
    struct exception_object *object = objects[low];
    if (object->is_marked || word >= (uintptr_t)object + object->size) return;
    object->is_marked = true;
    collection->pending[collection->pending_count++] = object;
}

static bool is_exception(enum wasm_type type) {
    return wasm_type_nullable(type) == WASM_EXNREF;
}

static void mark_values(struct collection *collection) {
    while (collection->pending_count > 0) {
        struct exception_object *object = collection->pending[--collection->pending_count];
        const struct wasm_function_type *type = type_from_id(object->exception.tag->type_id);
        for (uint32_t i = 0; i < type->parameter_count; i++)
            if (is_exception(type->parameters[i]))
                mark(collection, (uintptr_t)object->exception.values[i].ref);
    }
}

static void mark_store(struct collection *collection, const struct store *store) {
    for (const struct instance *instance = store->instances; instance != NULL;
         instance = instance->next_in_store)
        for (uint32_t i = 0; i < instance->module->global_count; i++)
            if (instance->globals[i] != NULL &&
                is_exception(instance->module->globals[i].type.type))
                mark(collection, (uintptr_t)instance->globals[i]->ref);
    for (const struct table_object *table = store->tables; table != NULL;
         table = table->next_in_store)
        for (uint64_t i = 0; is_exception(table->table.element) && i < table->table.size; i++)
            mark(collection, (uintptr_t)table->table.entries[i]);
}

/* Also reads what belongs to no object, and what a sanitizer has put between them. */
__attribute__((noinline, no_sanitize("address"))) static void
mark_stack(struct collection *collection, uintptr_t from, uintptr_t to) {
    for (uintptr_t at = from & ~(uintptr_t)7; at < to; at += 8)
        mark(collection, *(const uintptr_t *)at);
}

static void sweep(struct exception_heap *heap) {
    size_t kept = 0;
    heap->bytes = 0;
    for (size_t i = 0; i < heap->count; i++) {
        struct exception_object *object = heap->objects[i];
        if (object->is_marked) {
            object->is_marked = false;
            heap->bytes += object->size;
            heap->objects[kept++] = object;
        } else {
            /* So that a reference which was missed does not go unnoticed; volatile, or the compiler
             * sees that nobody may read it. */
            *(const struct tag *volatile *)&object->exception.tag = NULL;
            free(object);
        }
    }
    heap->count = kept;
}

/* With the lock held. Does nothing where it cannot know all references. */
__attribute__((noinline)) static void collect(struct exception_heap *heap,
                                              const struct store *store) {
    uintptr_t low, high;
    struct collection collection = {.heap = heap};
    __builtin_unwind_init(); /* registers that callees keep, into this frame */
    uintptr_t here = (uintptr_t)__builtin_frame_address(0) - 512;
    bool is_known = trap_stack_bounds(&low, &high) && here >= low && here < high;
    if (is_known && !heap->is_shared && heap->count > 0)
        collection.pending = malloc(heap->count * sizeof(void *));
    if (collection.pending != NULL) {
        qsort(heap->objects, heap->count, sizeof *heap->objects, object_compare);
        mark_stack(&collection, (uintptr_t)__builtin_frame_address(0) - 512, high);
        mark_store(&collection, store);
        mark_values(&collection);
        sweep(heap);
        free(collection.pending);
    }
    /* Half of what is there may be garbage the next time: the work stays in proportion. */
    heap->limit = 2 * heap->bytes > LIMIT_MIN ? 2 * heap->bytes : LIMIT_MIN;
}

void exception_heap_free(struct exception_heap *heap) {
    for (size_t i = 0; i < heap->count; i++)
        free(heap->objects[i]);
    free(heap->objects);
    pthread_mutex_destroy(&heap->lock);
}

static void heap_add(struct exception_heap *heap, struct exception_object *object) {
    if (heap->count == heap->capacity) {
        heap->capacity = heap->capacity == 0 ? 256 : 2 * heap->capacity;
        heap->objects = realloc(heap->objects, heap->capacity * sizeof(void *));
        if (heap->objects == NULL) abort();
    }
    heap->objects[heap->count++] = object;
    heap->bytes += object->size;
}

struct exception *exception_new(struct instance *instance, uint32_t index) {
    trap_stack_check();
    struct exception_heap *heap = &instance->store->exceptions;
    const struct tag *tag = instance->tags[index];
    const struct wasm_function_type *type =
        &instance->module->types[instance->module->tags[index].type_index];
    size_t size =
        sizeof(struct exception_object) + type->parameter_count * sizeof(union wasm_value);
    struct exception_object *object = NULL;
    pthread_mutex_lock(&heap->lock);
    if (heap->count == 0) heap->thread = pthread_self();
    if (!pthread_equal(heap->thread, pthread_self())) heap->is_shared = true;
    if (heap->bytes + size > heap->limit) collect(heap, instance->store);
    if (heap->bytes + size <= BYTES_MAX) object = calloc(1, size);
    if (object != NULL) {
        object->size = size;
        object->exception.tag = tag;
        heap_add(heap, object);
    }
    pthread_mutex_unlock(&heap->lock);
    if (object == NULL)
        trap_raise(TRAP_HOST, "there is no room for the exceptions that the program refers to");
    return &object->exception;
}

/* Throwing. */

struct raise {
    struct _Unwind_Exception header; /* what the unwinder hands around */
    struct exception_object *object;
    uintptr_t border; /* frames further out are not the guest's */
    bool is_again;    /* it has been thrown before */
    bool has_begun;   /* the runtime's own frames are behind */
};

/* "tag NAME (i32 5, f64 0.5)" */
static void describe(const struct exception *exception, char *buffer, size_t size) {
    const struct wasm_function_type *type = type_from_id(exception->tag->type_id);
    size_t used = (size_t)snprintf(buffer, size, "tag %.100s (", exception->tag->name);
    for (uint32_t i = 0; i < type->parameter_count && used + 64 < size; i++) {
        const union wasm_value *value = &exception->values[i];
        const char *name = wasm_type_name(type->parameters[i]);
        if (i > 0) used += (size_t)snprintf(buffer + used, size - used, ", ");
        switch (type->parameters[i]) {
        case WASM_I32:
            used += (size_t)snprintf(buffer + used, size - used, "i32 %d", value->i32);
            break;
        case WASM_I64:
            used += (size_t)snprintf(buffer + used, size - used, "i64 %lld", (long long)value->i64);
            break;
        case WASM_F32:
            used += (size_t)snprintf(buffer + used, size - used, "f32 %g", (double)value->f32);
            break;
        case WASM_F64:
            used += (size_t)snprintf(buffer + used, size - used, "f64 %g", value->f64);
            break;
        default: used += (size_t)snprintf(buffer + used, size - used, "%s", name); break;
        }
    }
    snprintf(buffer + used, size - used, ")");
}

static _Noreturn void end_uncaught(const struct raise *raise) {
    char message[OUTCOME_MESSAGE_SIZE];
    const struct exception_object *object = raise->object;
    describe(&object->exception, message, sizeof message);
    if (!raise->is_again) trap_raise(TRAP_UNCAUGHT_EXCEPTION, "%s", message);
    trap_raise_recorded(TRAP_UNCAUGHT_EXCEPTION, object->frames, object->frame_count,
                        object->frames_cut, message);
}

static void record(struct raise *raise, struct _Unwind_Context *context) {
    struct exception_object *object = raise->object;
    if (object->frame_count == RECORDED_MAX) {
        object->frames_cut = true;
        return;
    }
    int before_instruction = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &before_instruction);
    struct trap_frame frame = {.pc = (const void *)(before_instruction ? pc : pc - 1),
                               .start = (const void *)_Unwind_GetRegionStart(context)};
    bool is_first = !raise->has_begun;
    if (is_first && artifact_find(frame.pc) == NULL) return;
    raise->has_begun = true;
    /* Where it was caught it is known to have been. */
    bool is_known = raise->is_again && is_first && object->frame_count > 0 &&
                    object->frames[object->frame_count - 1].start == frame.start;
    if (!is_known) object->frames[object->frame_count++] = frame;
}

/* Before each frame is left; the first are those of the runtime. */
static _Unwind_Reason_Code on_frame(int version, _Unwind_Action actions,
                                    _Unwind_Exception_Class class, struct _Unwind_Exception *header,
                                    struct _Unwind_Context *context, void *argument) {
    struct raise *raise = argument;
    if ((actions & _UA_END_OF_STACK) != 0 || _Unwind_GetCFA(context) > raise->border)
        end_uncaught(raise);
    record(raise, context);
    return _URC_NO_REASON;
}

#if HAS_ASAN
void __asan_handle_no_return(void); /* forget the frames that will be left */
#endif

void exception_throw(struct exception *exception) {
    trap_stack_check();
#if HAS_ASAN
    __asan_handle_no_return();
#endif
    struct exception_object *object = object_of(exception);
    struct raise raise = {.header = {.exception_class = exception_class},
                          .object = object,
                          .border = (uintptr_t)trap_border(),
                          .is_again = object->frame_count > 0};
    int code = _Unwind_ForcedUnwind(&raise.header, on_frame, &raise);
    trap_raise(TRAP_HOST, "an exception cannot be thrown: the stack cannot be unwound (%d)", code);
}

/* The tables that LLVM makes of landing pads ("LSDA", laid down by the C++ ABI for Itanium). */

struct table_reader {
    const uint8_t *at;
};

static uint64_t read_uleb(struct table_reader *reader) {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift < 64) value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
}

static uintptr_t read_encoded(struct table_reader *reader, uint8_t encoding) {
    const uint8_t *at = reader->at;
    switch (encoding) {
    case ENCODING_ULEB128: return (uintptr_t)read_uleb(reader);
    case ENCODING_UDATA4: {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        reader->at += sizeof value;
        return value;
    }
    case ENCODING_RELATIVE_S4: {
        int32_t value;
        memcpy(&value, at, sizeof value);
        reader->at += sizeof value;
        return (uintptr_t)at + (uintptr_t)(intptr_t)value;
    }
    case ENCODING_ABSOLUTE: {
        uintptr_t value;
        memcpy(&value, at, sizeof value);
        reader->at += sizeof value;
        return value;
    }
    default: trap_raise(TRAP_HOST, "an exception table has the unknown encoding 0x%x", encoding);
    }
}

/* The landing pad of the call before `ip`, 0 if it has none. Offsets count from the region. */
static uintptr_t find_landing_pad(const uint8_t *table, uintptr_t region, uintptr_t ip) {
    struct table_reader reader = {table};
    uintptr_t pads = region;
    uint8_t encoding = *reader.at++;
    if (encoding != ENCODING_OMIT) pads = read_encoded(&reader, encoding);
    encoding = *reader.at++;
    if (encoding != ENCODING_OMIT) read_uleb(&reader); /* where the types are: not of interest */
    encoding = *reader.at++;
    uint64_t size = read_uleb(&reader);
    const uint8_t *end = reader.at + size;
    while (reader.at < end) {
        uintptr_t start = read_encoded(&reader, encoding);
        uintptr_t length = read_encoded(&reader, encoding);
        uintptr_t pad = read_encoded(&reader, encoding);
        read_uleb(&reader); /* the action: there is only one, to catch all */
        if (ip - 1 - region >= start && ip - 1 - region < start + length)
            return pad == 0 ? 0 : pads + pad;
    }
    return 0;
}

static _Unwind_Reason_Code personality(int version, _Unwind_Action actions,
                                       _Unwind_Exception_Class class,
                                       struct _Unwind_Exception *header,
                                       struct _Unwind_Context *context) {
    const uint8_t *table = (const uint8_t *)_Unwind_GetLanguageSpecificData(context);
    /* What is not ours, such as the end of a thread, passes. */
    if (version != 1 || class != exception_class || table == NULL) return _URC_CONTINUE_UNWIND;
    const struct raise *raise = (const struct raise *)header;
    uintptr_t pad = find_landing_pad(table, (uintptr_t)_Unwind_GetRegionStart(context),
                                     (uintptr_t)_Unwind_GetIP(context));
    if (pad == 0) return _URC_CONTINUE_UNWIND;
    _Unwind_SetGR(context, __builtin_eh_return_data_regno(0),
                  (_Unwind_Word)(uintptr_t)&raise->object->exception);
    _Unwind_SetGR(context, __builtin_eh_return_data_regno(1), 0);
    _Unwind_SetIP(context, pad);
    return _URC_INSTALL_CONTEXT;
}

const void *const exception_personality = (const void *)personality;
