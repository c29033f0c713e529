/*
 * fake_guest.c - see fake_guest.h.
 *
 * Host functions are called with sixteen 64-bit arguments whatever their type: on the machines we
 * know integers of 32 and of 64 bits travel alike, and those a function does not have do no harm.
 */
#include "fake_guest.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static struct {
    const char *signature;
    void (*code)(struct fake_guest *fake, union wasm_value *slots);
} functions[FAKE_FUNCTIONS_AT_MOST];

const char *fake_guest_directory;

static struct fake_guest *fake_of(struct guest *guest) {
    return guest->runtime;
}

static bool function_signature(struct guest *guest, uint64_t index, char *buffer, size_t size) {
    if (index >= FAKE_FUNCTIONS_AT_MOST || functions[index].code == NULL ||
        strlen(functions[index].signature) >= size) {
        return false;
    }
    strcpy(buffer, functions[index].signature);
    return true;
}

static bool call_function(struct guest *guest, uint64_t index, union wasm_value *slots) {
    functions[index].code(fake_of(guest), slots);
    return true;
}

static void resume_unwind(struct guest *guest) {
    abort(); /* no function of ours traps */
}

static int report_pending(struct guest *guest) {
    return 134;
}

static uint64_t allocate(struct guest *guest, uint64_t size, uint64_t alignment) {
    struct fake_guest *fake = fake_of(guest);
    if (fake->allocator != NULL) {
        return fake->allocator(fake, size, alignment);
    }
    uint64_t left = fake->size - fake->allocated;
    return left < 8192 || size > left - 8192 ? 0 : fake_guest_allocate(fake, (uint32_t)size);
}

static void release(struct guest *guest, uint64_t address) {
}

static void trap(struct guest *guest, const char *format, va_list arguments) {
    vfprintf(stderr, format, arguments);
    abort();
}

static void exit_guest(struct guest *guest, int code) {
    exit(code);
}

static void claim_signals(struct guest *guest) {
    fake_of(guest)->signal_claims++;
}

static bool is_running(struct guest *guest) {
    return true;
}

static const struct guest_operations operations = {
    .is_running = is_running,
    .function_signature = function_signature,
    .call_function = call_function,
    .resume_unwind = resume_unwind,
    .report_pending = report_pending,
    .allocate = allocate,
    .release = release,
    .trap = trap,
    .exit = exit_guest,
    .claim_signals = claim_signals,
};

void fake_guest_open(struct fake_guest *fake, const char *plugin_path) {
    static struct host_directory directory = {.guest_path = "."};
    static struct host_config config = {
        .program = "test", .module_path = "test.wasm", .directories = &directory};
    directory.host_path = fake_guest_directory;
    config.directory_count = fake_guest_directory != NULL;
    struct error err = {0};
    void *library = dlopen(plugin_path, RTLD_NOW | RTLD_LOCAL);
    host_module_get *get =
        library != NULL ? (host_module_get *)dlsym(library, HOST_MODULE_SYMBOL) : NULL;
    size_t guard = (size_t)8 << 30; /* more than any sum of a 32-bit address and extents gets to */
    uint8_t *memory = mmap(NULL, FAKE_MEMORY_SIZE + 2 * guard, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (get == NULL || memory == MAP_FAILED ||
        mprotect(memory + guard, FAKE_MEMORY_SIZE, PROT_READ | PROT_WRITE) != 0) {
        fprintf(stderr, "%s: %s\n", plugin_path, get == NULL ? dlerror() : "no memory");
        exit(1);
    }
    *fake = (struct fake_guest){.size = FAKE_MEMORY_SIZE, .allocated = 4096, .host = get()};
    fake->guest = (struct guest){.memory = memory + guard,
                                 .memory_size = &fake->size,
                                 .operations = &operations,
                                 .runtime = fake};
    if (!fake->host->instantiate(&config, &fake->guest, &fake->state, &err)) {
        fprintf(stderr, "instantiate: %s\n", err.message);
        exit(1);
    }
}

void fake_guest_close(struct fake_guest *fake) {
    fake->host->finish(fake->state, 0, false);
    fake->host->destroy(fake->state);
}

void fake_guest_define(uint32_t index, const char *signature,
                       void (*function)(struct fake_guest *fake, union wasm_value *slots)) {
    functions[index].signature = signature;
    functions[index].code = function;
}

const struct host_function *fake_guest_find(const struct fake_guest *fake, const char *name) {
    for (size_t i = 0; i < fake->host->function_count; i++) {
        if (strcmp(fake->host->functions[i].name, name) == 0) {
            return &fake->host->functions[i];
        }
    }
    return NULL;
}

int32_t fake_guest_call(struct fake_guest *fake, const char *name, const int64_t a[16]) {
    typedef int32_t any(void *, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                        int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
                        int64_t);
    const struct host_function *function = fake_guest_find(fake, name);
    if (function == NULL) {
        fprintf(stderr, "no function %s\n", name);
        exit(1);
    }
    return ((any *)function->code)(fake->state, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7],
                                   a[8], a[9], a[10], a[11], a[12], a[13], a[14], a[15]);
}

uint32_t fake_guest_allocate(struct fake_guest *fake, uint32_t size) {
    uint32_t address = (fake->allocated + 15) & ~15u;
    fake->allocated = address + size;
    if (fake->allocated > FAKE_MEMORY_SIZE - 4096) {
        fprintf(stderr, "the test's memory is used up\n");
        exit(1);
    }
    memset(fake->guest.memory + address, 0, size);
    return address;
}

int32_t fake_guest_load(const struct fake_guest *fake, uint32_t address) {
    int32_t value;
    memcpy(&value, fake->guest.memory + address, sizeof value);
    return value;
}

void fake_guest_store(struct fake_guest *fake, uint32_t address, int32_t value) {
    memcpy(fake->guest.memory + address, &value, sizeof value);
}
