/*
 * guest.c - what host layers may ask of the runtime (struct guest_operations in host_module.h).
 *
 * Calls back into the guest nest: each has its own trap_guard.  A trap or exit in such a call does
 * not pass the host frames above it; it stays pending in the instance until the layer resumes it
 * from a place where unwinding is harmless, or ends the job.
 */
#include "runtime/host_module.h"

#include "runtime/internal.h"

#include <stdlib.h>
#include <string.h>

/* Of a guest with threads: in the calling thread. */
static struct instance *instance_of(const struct guest *guest) {
    struct instance *instance = guest->runtime;
    return instance->threads == NULL ? instance : thread_instance(instance);
}

static struct func_ref *table_entry(const struct instance *instance, uint64_t index) {
    const struct table *table = instance->guest_table;
    return table != NULL && index < table->size ? table->entries[index] : NULL;
}

static bool guest_function_signature(struct guest *guest, uint64_t index, char *buffer,
                                     size_t size) {
    const struct func_ref *function = table_entry(instance_of(guest), index);
    return function != NULL && link_signature(type_from_id(function->type_id), buffer, size);
}

/* The pending outcome, made at the first use: most guests never need one. */
static struct outcome *pending_of(struct instance *instance) {
    if (instance->pending == NULL) instance->pending = calloc(1, sizeof *instance->pending);
    if (instance->pending == NULL) abort();
    return instance->pending;
}

static void no_entry_body(void *argument) {
    uint64_t index = *(const uint64_t *)argument;
    trap_raise(TRAP_UNINITIALIZED_ELEMENT, "the host calls function %llu of the table",
               (unsigned long long)index);
}

static bool guest_call_function(struct guest *guest, uint64_t index, union wasm_value *slots) {
    struct instance *instance = instance_of(guest);
    struct func_ref *function = table_entry(instance, index);
    if (function == NULL) return trap_guard(no_entry_body, &index, pending_of(instance));
    return instance_call(instance, function, slots, pending_of(instance));
}

static void guest_resume_unwind(struct guest *guest) {
    struct instance *instance = instance_of(guest);
    trap_resume(pending_of(instance));
}

static int guest_report_pending(struct guest *guest) {
    struct instance *instance = instance_of(guest);
    const struct outcome *pending = pending_of(instance);
    if (instance->options.report != NULL) instance->options.report(instance->options.user, pending);
    return pending->exit_code;
}

static uint64_t guest_allocate(struct guest *guest, uint64_t size, uint64_t alignment) {
    struct instance *instance = instance_of(guest);
    union wasm_value slots[2];
    struct func_ref *function = instance->guest_malloc;
    enum { MALLOC_ALIGNMENT = 8 }; /* the least of what C libraries for wasm32 give */
    if (size > UINT32_MAX - alignment || alignment > (uint64_t)1 << 30) return 0;
    if (alignment > MALLOC_ALIGNMENT || function == NULL) {
        if (instance->guest_aligned_alloc == NULL) return 0;
        function = instance->guest_aligned_alloc;
        if (alignment < MALLOC_ALIGNMENT) alignment = MALLOC_ALIGNMENT;
        slots[0].u64 = alignment;
        slots[1].u64 = (size + alignment - 1) & ~(alignment - 1);
    } else {
        slots[0].u64 = size;
    }
    if (!instance_call(instance, function, slots, pending_of(instance))) return 0;
    /* The guest's allocator may lie: what it gives has to be inside. */
    uint64_t address = slots[0].u32;
    return guest_range_ok(guest, address, size) && address % alignment == 0 ? address : 0;
}

static void guest_release(struct guest *guest, uint64_t address) {
    struct instance *instance = instance_of(guest);
    if (instance->guest_free == NULL || address == 0) return;
    union wasm_value slots[1] = {{.u64 = address}};
    (void)instance_call(instance, instance->guest_free, slots, pending_of(instance));
}

static void guest_trap(struct guest *guest, const char *format, va_list arguments) {
    trap_raise_v(TRAP_HOST, format, arguments);
}

static void guest_exit(struct guest *guest, int code) {
    trap_exit(code);
}

static bool guest_is_running(struct guest *guest) {
    return trap_is_guarded();
}

static void guest_claim_signals(struct guest *guest) {
    trap_signals_claim();
}

const struct guest_operations guest_operations = {
    .function_signature = guest_function_signature,
    .call_function = guest_call_function,
    .resume_unwind = guest_resume_unwind,
    .report_pending = guest_report_pending,
    .allocate = guest_allocate,
    .release = guest_release,
    .trap = guest_trap,
    .exit = guest_exit,
    .claim_signals = guest_claim_signals,
    .is_running = guest_is_running,
};
