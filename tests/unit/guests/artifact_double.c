/*
 * artifact_double.c - shared objects that are artifacts but for one thing, chosen by DOUBLE.
 */
#include "runtime/runtime_abi.h"

__attribute__((unused)) static const uint8_t module[] = "\0asm\1\0\0";

#ifndef DOUBLE_VERSION
#define DOUBLE_VERSION 0
#endif

#if DOUBLE_VERSION || DOUBLE_CPU
__attribute__((visibility("default"))) extern const struct artifact_descriptor mpiwasm_artifact;
const struct artifact_descriptor mpiwasm_artifact = {
    .magic = ARTIFACT_MAGIC,
    .abi_version = RUNTIME_ABI_VERSION + DOUBLE_VERSION,
    .descriptor_size = sizeof mpiwasm_artifact,
    .module = module,
    .module_size = 8,
    .description = "a test's",
#if DOUBLE_CPU
    /* An instruction set that came and went. */
    .cpu = "bdver1",
    .features = "-avx10.1,+sse3,+unknown-thing,+xop",
#else
    .cpu = "",
    .features = "",
#endif
};
#else
__attribute__((visibility("default"))) extern const int something;
const int something = sizeof module;
#endif
