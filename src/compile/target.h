/*
 * target.h - for which machine code is made: triple, CPU and features.
 */
#ifndef MPIWASM_COMPILE_TARGET_H
#define MPIWASM_COMPILE_TARGET_H

#include "base/error.h"
#include "base/machine.h"
#include "compile/llvm_compat.h"

struct target {
    enum machine machine;
    char *triple;
    char *cpu;      /* "znver5", "x86-64-v3" */
    char *features; /* "+avx,-sse4a,..."; empty: what the CPU's name implies */
    char *required; /* "+avx,+fma": what of cpu_feature_name both together imply */
    LLVMTargetRef target;
    unsigned optimization; /* 0..3, for code generation */
};

/* Register the architectures with LLVM; any number of times, from any thread. */
void target_initialize(void);

/* `cpu` as in struct compile_options. Free with target_free. */
bool target_select(enum machine machine, const char *cpu, unsigned optimization, struct target *out,
                   struct error *err);
void target_free(struct target *target);

/* One per thread; dispose with LLVMDisposeTargetMachine. */
LLVMTargetMachineRef target_machine_create(const struct target *target);

#endif
