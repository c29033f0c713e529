/*
 * key.c - the key of an artifact: BLAKE2b over everything that decides what the compiler makes.
 *
 * Not part of it: the module's name, the number of compile jobs, the time.
 */
#include "base/cpu.h"
#include "cache/internal.h"
#include "runtime/runtime_abi.h"

#include <blake2.h>
#include <stdio.h>
#include <string.h>

/* Every item with its length in front, so that no two lists of items hash alike. */
static void hash_item(blake2b_state *state, const void *bytes, size_t size) {
    uint64_t length = size;
    blake2b_update(state, (const uint8_t *)&length, sizeof length);
    blake2b_update(state, bytes, size);
}

static void hash_text(blake2b_state *state, const char *text) {
    hash_item(state, text, strlen(text));
}

bool key_compute(const struct cache_request *request, const char *compiler,
                 char key[CACHE_KEY_SIZE], struct error *err) {
    blake2b_state state;
    uint8_t digest[32];
    blake2b_init(&state, sizeof digest);
    hash_text(&state, "mpiwasm artifact");
    const uint32_t version = RUNTIME_ABI_VERSION;
    hash_item(&state, &version, sizeof version);
    char identity[1024];
    if (!compiler_identity(compiler, identity, sizeof identity, err)) return false;
    hash_text(&state, identity);
    bool names_cpu = false;
    for (const char *const *option = request->options; option != NULL && *option != NULL;
         option++) {
        if (strncmp(*option, "--jobs=", 7) == 0) continue;
        if (strncmp(*option, "--cpu=", 6) == 0) names_cpu = strcmp(*option + 6, "native") != 0;
        hash_text(&state, *option);
    }
    if (!names_cpu) {
        char cpu[4096];
        hash_text(&state, cpu_identity(cpu, sizeof cpu));
    }
    hash_item(&state, request->module, request->module_size);
    blake2b_final(&state, digest, sizeof digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(key + 2 * i, 3, "%02x", digest[i]);
    return true;
}
