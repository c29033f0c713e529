/*
 * cpu.h - what this machine's processor is and can do, as far as compiled artifacts depend on it.
 */
#ifndef MPIWASM_BASE_CPU_H
#define MPIWASM_BASE_CPU_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A text that is equal on machines for which code generated for "this CPU" is the same: model and
 * instruction sets, not stepping, microcode or clock. Cut if too long; returns buffer.
 */
const char *cpu_identity(char *buffer, size_t size);

/*
 * `features` is a list as LLVM writes it, "+avx2,-sse4a,+fma". Does this processor (and its
 * operating system) have all that are wanted with '+'? Features that are not known here count as
 * there. The first one missing is copied to `missing`.
 */
bool cpu_has_features(const char *features, char *missing, size_t missing_size);

#endif
