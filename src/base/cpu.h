/*
 * cpu.h - what this machine's processor is and can do, as far as compiled artifacts depend on it.
 */
#ifndef MPIWASM_BASE_CPU_H
#define MPIWASM_BASE_CPU_H

#include "base/machine.h"

#include <stddef.h>

/*
 * A text that is equal on machines for which code generated for "this CPU" is the same: model and
 * instruction sets, not stepping, microcode or clock. Cut if too long; returns buffer.
 */
const char *cpu_identity(char *buffer, size_t size);

/*
 * The names, LLVM's, of those features of a machine's processors beyond its baseline that the code
 * generator uses and a running program can ask for, one per index; NULL behind the last one.
 */
const char *cpu_feature_name(enum machine machine, size_t index);

/*
 * `features` is a list as LLVM writes it, "+avx2,-sse4a,+fma". Returns how many of those wanted
 * with '+' this processor (or its operating system) lacks, and puts the first names of these into
 * `missing`: "avx2, fma and 3 more". What has no name here counts as there.
 */
size_t cpu_features_missing(const char *features, char *missing, size_t size);

#endif
