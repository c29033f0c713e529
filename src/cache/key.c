/*
 * key.c - the key of an artifact: BLAKE2b over everything that decides what the compiler makes.
 *
 * Not part of it: the module's name, the number of compile jobs, the time.
 */
#include "base/cpu.h"
#include "base/hash.h"
#include "base/machine.h"
#include "cache/internal.h"
#include "runtime/runtime_abi.h"

#include <stdio.h>
#include <string.h>

/* Every item with its length in front, so that no two lists of items hash alike. */
static void hash_item(struct hash *state, const void *bytes, size_t size) {
    uint64_t length = size;
    hash_add(state, &length, sizeof length);
    hash_add(state, bytes, size);
}

static void hash_text(struct hash *state, const char *text) {
    hash_item(state, text, strlen(text));
}

bool key_compute(const struct cache_request *request, const char *compiler, bool any_cpu,
                 char key[CACHE_KEY_SIZE], struct error *err) {
    struct hash state;
    uint8_t digest[HASH_SIZE];
    hash_begin(&state);
    hash_text(&state, "mpiwasm artifact");
    const uint32_t version = RUNTIME_ABI_VERSION;
    hash_item(&state, &version, sizeof version);
    char identity[1024] = "";
    if (compiler != NULL && !compiler_identity(compiler, identity, sizeof identity, err))
        return false;
    hash_text(&state, identity);
    /* Equal for what is compiled here for another machine, and there for itself. */
    const char *machine = machine_name(MACHINE_HOST), *cpu = NULL;
    for (const char *const *option = request->options; option != NULL && *option != NULL;
         option++) {
        if (strncmp(*option, "--jobs=", 7) == 0) continue;
        if (strncmp(*option, "--target=", 9) == 0)
            machine = *option + 9;
        else if (strncmp(*option, "--cpu=", 6) == 0)
            cpu = *option + 6;
        else
            hash_text(&state, *option);
    }
    if (cpu != NULL && strcmp(cpu, "native") == 0) cpu = NULL;
    if (cpu == NULL && (any_cpu || strcmp(machine, machine_name(MACHINE_HOST)) != 0))
        cpu = "baseline"; /* as the compiler does for another machine */
    char own[4096];
    hash_text(&state, machine);
    hash_text(&state, cpu == NULL ? cpu_identity(own, sizeof own) : cpu);
    hash_item(&state, request->module, request->module_size);
    hash_end(&state, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return true;
}
