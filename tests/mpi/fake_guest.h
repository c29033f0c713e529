/*
 * fake_guest.h - a test double of the runtime: a guest that is nothing but memory and a table of C
 * functions, to call a plugin's host functions directly.
 *
 * Around its memory lie gigabytes that may not be touched, so a host function that reaches beyond
 * either end crashes the test.
 */
#ifndef MPIWASM_TESTS_FAKE_GUEST_H
#define MPIWASM_TESTS_FAKE_GUEST_H

#include "runtime/host_module.h"

enum { FAKE_MEMORY_SIZE = 4 << 20, FAKE_FUNCTIONS_AT_MOST = 32 };

struct fake_guest {
    struct guest guest;
    uint64_t size;      /* of the memory */
    uint32_t allocated; /* the next free address */
    int signal_claims;
    /* The guest's malloc, an address or 0; NULL: one that never frees. */
    uint64_t (*allocator)(struct fake_guest *fake, uint64_t size, uint64_t alignment);
    const struct host_module *host;
    void *state;
};

/* A directory that the guest gets as "."; NULL: none. */
extern const char *fake_guest_directory;

/* Load the plugin and instantiate it; ends the test with a message if that fails. */
void fake_guest_open(struct fake_guest *fake, const char *plugin_path);
void fake_guest_close(struct fake_guest *fake);

/* Make a C function callable under the index: slots in, result in slots[0]. */
void fake_guest_define(uint32_t index, const char *signature,
                       void (*function)(struct fake_guest *fake, union wasm_value *slots));

/* Call a host function by name ("MPI_Send"); missing arguments are ignored by it. */
int32_t fake_guest_call(struct fake_guest *fake, const char *name, const int64_t arguments[16]);
#define FAKE_CALL(fake, name, ...) fake_guest_call(fake, name, (const int64_t[16]){__VA_ARGS__})

const struct host_function *fake_guest_find(const struct fake_guest *fake, const char *name);

/* size bytes of the guest's memory, zeroed, 16-byte aligned. */
uint32_t fake_guest_allocate(struct fake_guest *fake, uint32_t size);
int32_t fake_guest_load(const struct fake_guest *fake, uint32_t address);
void fake_guest_store(struct fake_guest *fake, uint32_t address, int32_t value);

#endif
