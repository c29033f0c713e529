/*
 * cpu_features.h - which features code for a CPU may use, as far as a running program can check
 * them.
 */
#ifndef MPIWASM_COMPILE_CPU_FEATURES_H
#define MPIWASM_COMPILE_CPU_FEATURES_H

#include "compile/target.h"

/*
 * What of cpu_feature_name (base/cpu.h) the CPU has by its name and the feature string together:
 * "+avx,+fma". To be freed with LLVMDisposeMessage; NULL with *err set.
 */
char *cpu_features_find(const struct target *target, struct error *err);

#endif
