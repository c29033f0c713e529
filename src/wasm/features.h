/*
 * features.h - which proposals a module uses, found by looking at all of it.
 */
#ifndef MPIWASM_WASM_FEATURES_H
#define MPIWASM_WASM_FEATURES_H

#include "wasm/module.h"

struct wasm_feature_uses {
    bool used[WASM_FEATURE_COUNT];
    uint64_t offset[WASM_FEATURE_COUNT]; /* of the first use, from the start of the binary; 0 if it
                                            has no place of its own */
};

/* What the decoder refuses (shared memories, tags, ...) is never found here. Of a stripped module
 * or one with a malformed body, what can be read counts. */
void wasm_module_features(const struct wasm_module *module, struct wasm_feature_uses *out);

#endif
