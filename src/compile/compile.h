/*
 * compile.h - from a WebAssembly binary to an artifact, the shared object that the runtime loads.
 *
 * One call compiles one module. Nothing here prints, keeps state between calls or touches any
 * other file than those it is given.
 */
#ifndef MPIWASM_COMPILE_COMPILE_H
#define MPIWASM_COMPILE_COMPILE_H

#include "base/error.h"
#include "base/machine.h"

enum compile_output {
    COMPILE_SHARED_OBJECT, /* the artifact */
    COMPILE_OBJECT,        /* one relocatable object */
    COMPILE_ASSEMBLY,
    COMPILE_IR,     /* optimised LLVM IR, as text */
    COMPILE_RAW_IR, /* LLVM IR before any optimisation */
};

/* What floating-point arithmetic may become; docs/compiler.md says what each promises. */
enum compile_fp {
    COMPILE_FP_STRICT,   /* every operation as written: IEEE 754 to the bit */
    COMPILE_FP_CONTRACT, /* a product and a sum may become one operation (fused multiply-add) */
    COMPILE_FP_FAST,     /* ... and sums be reordered; NaN and infinity stay what they are */
};

/* Steps that can be left out, to find the one that is to blame for wrong code. */
enum compile_step {
    COMPILE_STEP_FOLD_OFFSETS = 1,
    COMPILE_STEP_WIDEN_INDUCTIONS = 2,
    COMPILE_STEP_CLUSTER_LOADS = 4,
    COMPILE_STEP_VECTORISE = 8, /* LLVM's loop and straight-line vectorisers */
    COMPILE_STEP_UNROLL = 16,   /* LLVM's loop unroller */
    COMPILE_STEP_ALIAS_ROOTS = 32,
    COMPILE_STEP_SPLIT_VECTORS = 64,
};

/* 3, but 2 for modules with more than COMPILE_SMALL_SIZE bytes of code. */
enum { COMPILE_LEVEL_DEFAULT = 4, COMPILE_SMALL_SIZE = 1 << 20 };

struct compile_options {
    enum machine machine;
    const char *cpu;       /* "native", "baseline" or a name LLVM knows, such as "x86-64-v3" */
    unsigned optimization; /* 0..3, or COMPILE_LEVEL_DEFAULT */
    bool strict_traps;     /* accesses to memory are volatile: traps happen by the letter */
    enum compile_fp fp;
    bool deterministic;   /* NaNs that arithmetic makes are canonical; only with strict fp */
    bool explicit_bounds; /* check accesses in code; needs no guard regions */
    enum compile_output output;
    unsigned disabled; /* COMPILE_STEP_* */
    unsigned jobs;     /* threads; 0: as many as this process may run at once */
    /* File for what became of each loop, or NULL; compile_llvm_options must have been called with
     * REMARKS_LLVM_OPTIONS. */
    const char *remarks;
    int progress_fd; /* gets "progress DONE TOTAL\n" lines; -1: nowhere */
};

#define COMPILE_OPTIONS_DEFAULT                                                                    \
    {.machine = MACHINE_HOST,                                                                      \
     .cpu = "native",                                                                              \
     .optimization = COMPILE_LEVEL_DEFAULT,                                                        \
     .output = COMPILE_SHARED_OBJECT,                                                              \
     .progress_fd = -1}

/*
 * Compile the module in file `input` (a first line that begins with "#!" is skipped) and put the
 * result at `output`, whole or not at all: an existing file is replaced in one step.
 * Errors: ERROR_MALFORMED, ERROR_INVALID, ERROR_UNSUPPORTED with the offset in the module;
 * ERROR_COMPILE if LLVM or the linker failed; ERROR_SYSTEM; ERROR_USAGE for an unknown CPU.
 */
bool compile_file(const char *input, const char *output, const struct compile_options *options,
                  struct error *err);

/* Options of LLVM itself, after a program's name as in main; LLVM ends the process if it does not
 * know one. Once, before anything else. */
void compile_llvm_options(int count, const char *const *words);

/* "strict", "contract", "fast" */
const char *compile_fp_name(enum compile_fp mode);

/* "mpiwasm 0.1.0, LLVM 22.1.8": everything about this compiler that its output depends on. */
const char *compile_version(void);

/*
 * The CPU that `cpu` stands for, and which features it has beyond the baseline ("+avx,+fma"), in
 * LLVM's terms, as malloc'ed strings of the caller's.
 */
bool compile_target_describe(enum machine machine, const char *cpu, char **cpu_name,
                             char **features, struct error *err);

#endif
