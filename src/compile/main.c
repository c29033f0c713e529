/*
 * main.c - mpiwasm-compile: one WebAssembly module in, one artifact out.
 *
 * A process of its own, so that ranks never load LLVM and a crash of the compiler takes no job
 * down. On failure one line on stderr, "KIND: message", and exit code 1; 2 for a wrong command
 * line.
 */
#include "compile/compile.h"
#include "compile/remarks.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char usage[] =
    "usage: mpiwasm-compile [options] MODULE.wasm -o OUT.so\n"
    "       mpiwasm-compile [options] --batch LIST\n"
    "\n"
    "  -o FILE               where the result goes\n"
    "  -O0 -O1 -O2 -O3       optimise less or more (default: -O3, -O2 beyond 1 MiB of code)\n"
    "  --target=MACHINE      x86-64, aarch64, ppc64le or riscv64 (default: this machine)\n"
    "  --cpu=NAME            native (default), baseline, or a name LLVM knows: x86-64-v3, znver5;\n"
    "                        for another machine baseline is the default\n"
    "  --fp=MODE             strict (default: IEEE 754 to the bit), contract, fast\n"
    "  --deterministic       NaNs that arithmetic makes have the same bits on every CPU\n"
    "  --bounds=guard        memory accesses are checked by guard pages (default)\n"
    "  --bounds=explicit     ... by code, for where 8 GiB of address space cannot be reserved\n"
    "  --strict-traps        no access to memory is left out or moved over another\n"
    "  --emit=WHAT           so (default), obj, asm, llvm, llvm-raw (not optimised)\n"
    "  --disable=STEP,...    leave out a step of the optimiser: fold-offsets, widen-inductions,\n"
    "                        cluster-loads, alias-roots, vectorise, unroll\n"
    "  --jobs=N              threads (as many as there are CPUs)\n"
    "  --batch LIST          LIST has lines \"IN OUT\"; prints \"ok\" or \"KIND: message\" for "
    "each\n"
    "  --progress-fd=N       write \"progress DONE TOTAL\" lines to descriptor N\n"
    "  --remarks=FILE        write to FILE which loops were vectorised, and why others were not\n"
    "  --llvm=OPTION         for developers: an option of LLVM's own, such as -time-passes\n"
    "  --print-target        print the CPU and the features of --cpu, and end\n"
    "  --version  --help\n";

static const char *kind_name(enum error_code code) {
    switch (code) {
    case ERROR_MALFORMED: return "malformed";
    case ERROR_INVALID: return "invalid";
    case ERROR_UNSUPPORTED: return "unsupported";
    case ERROR_COMPILE: return "compile";
    case ERROR_USAGE: return "usage";
    default: return "system";
    }
}

static void print_error(FILE *stream, const struct error *err) {
    fprintf(stream, "%s: %s", kind_name(err->code), err->message);
    if (err->has_offset) fprintf(stream, " (at offset 0x%llx)", (unsigned long long)err->offset);
    fputc('\n', stream);
}

static int fail_usage(const char *message, const char *argument) {
    fprintf(stderr, "usage: %s%s (mpiwasm-compile --help lists the options)\n", message, argument);
    return 2;
}

enum long_option {
    OPTION_CPU = 256,
    OPTION_FP,
    OPTION_DETERMINISTIC,
    OPTION_BOUNDS,
    OPTION_STRICT_TRAPS,
    OPTION_EMIT,
    OPTION_DISABLE,
    OPTION_JOBS,
    OPTION_BATCH,
    OPTION_PROGRESS,
    OPTION_REMARKS,
    OPTION_LLVM,
    OPTION_TARGET,
    OPTION_PRINT_TARGET,
    OPTION_VERSION,
    OPTION_HELP
};

static const struct option long_options[] = {
    {"target", required_argument, NULL, OPTION_TARGET},
    {"cpu", required_argument, NULL, OPTION_CPU},
    {"fp", required_argument, NULL, OPTION_FP},
    {"deterministic", no_argument, NULL, OPTION_DETERMINISTIC},
    {"bounds", required_argument, NULL, OPTION_BOUNDS},
    {"strict-traps", no_argument, NULL, OPTION_STRICT_TRAPS},
    {"emit", required_argument, NULL, OPTION_EMIT},
    {"disable", required_argument, NULL, OPTION_DISABLE},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"batch", required_argument, NULL, OPTION_BATCH},
    {"progress-fd", required_argument, NULL, OPTION_PROGRESS},
    {"remarks", required_argument, NULL, OPTION_REMARKS},
    {"llvm", required_argument, NULL, OPTION_LLVM},
    {"print-target", no_argument, NULL, OPTION_PRINT_TARGET},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

static bool parse_output(const char *text, enum compile_output *out) {
    static const struct {
        const char *name;
        enum compile_output output;
    } outputs[] = {
        {"so", COMPILE_SHARED_OBJECT}, {"obj", COMPILE_OBJECT},      {"asm", COMPILE_ASSEMBLY},
        {"llvm", COMPILE_IR},          {"llvm-raw", COMPILE_RAW_IR},
    };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (strcmp(text, outputs[i].name) == 0) {
            *out = outputs[i].output;
            return true;
        }
    return false;
}

static bool parse_fp(const char *text, enum compile_fp *out) {
    for (enum compile_fp mode = COMPILE_FP_STRICT; mode <= COMPILE_FP_FAST; mode++)
        if (strcmp(text, compile_fp_name(mode)) == 0) {
            *out = mode;
            return true;
        }
    return false;
}

/* "fold-offsets,unroll"; `text` is cut up. */
static bool parse_steps(char *text, unsigned *out) {
    static const struct {
        const char *name;
        enum compile_step step;
    } steps[] = {
        {"fold-offsets", COMPILE_STEP_FOLD_OFFSETS},
        {"widen-inductions", COMPILE_STEP_WIDEN_INDUCTIONS},
        {"cluster-loads", COMPILE_STEP_CLUSTER_LOADS},
        {"alias-roots", COMPILE_STEP_ALIAS_ROOTS},
        {"split-vectors", COMPILE_STEP_SPLIT_VECTORS},
        {"vectorise", COMPILE_STEP_VECTORISE},
        {"unroll", COMPILE_STEP_UNROLL},
    };
    char *rest;
    for (char *word = strtok_r(text, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        size_t i = 0;
        while (i < sizeof steps / sizeof *steps && strcmp(word, steps[i].name) != 0)
            i++;
        if (i == sizeof steps / sizeof *steps) return false;
        *out |= steps[i].step;
    }
    return true;
}

static bool parse_number(const char *text, long limit, long *out) {
    char *end;
    long value = strtol(text, &end, 10);
    if (end == text || *end != '\0' || value < 0 || value > limit) return false;
    *out = value;
    return true;
}

static int print_target(enum machine machine, const char *cpu) {
    struct error err = {0};
    char *name, *features;
    if (!compile_target_describe(machine, cpu, &name, &features, &err)) {
        print_error(stderr, &err);
        return 1;
    }
    printf("%s\n%s\n", name, features);
    free(name);
    free(features);
    return 0;
}

/* Each line by itself: a failure is printed and the next line is done. */
static int compile_batch(const char *list, const struct compile_options *options) {
    FILE *file = strcmp(list, "-") == 0 ? stdin : fopen(list, "r");
    if (file == NULL) {
        fprintf(stderr, "system: cannot read %s\n", list);
        return 1;
    }
    int code = 0;
    char *line = NULL;
    size_t capacity = 0;
    while (getline(&line, &capacity, file) > 0) {
        char *rest;
        char *input = strtok_r(line, " \t\n", &rest), *output = strtok_r(NULL, " \t\n", &rest);
        if (input == NULL) continue;
        struct error err = {0};
        if (output == NULL) error_set(&err, ERROR_USAGE, "no output named for %s", input);
        if (output != NULL && compile_file(input, output, options, &err)) {
            puts("ok");
        } else {
            print_error(stdout, &err);
            code = 1;
        }
        fflush(stdout);
    }
    free(line);
    if (file != stdin) fclose(file);
    return code;
}

/*
 * The cache says which process waits for the result: when that one is gone (a job that was
 * cancelled), there is no use in going on.
 */
static void end_with_parent(void) {
    const char *value = getenv("MPIWASM_PARENT");
    pid_t parent = getppid();
    if (value == NULL || strtol(value, NULL, 10) != parent) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1); /* it went just now */
}

enum { LLVM_OPTIONS_MAX = 16 };
static const char *llvm_options[1 + LLVM_OPTIONS_MAX] = {"mpiwasm-compile"};
static int llvm_option_count = 1;

static const char *const remarks_options[] = {REMARKS_LLVM_OPTIONS};

static void llvm_option_add(const char *option) {
    if (llvm_option_count <= LLVM_OPTIONS_MAX) llvm_options[llvm_option_count++] = option;
}

int main(int argc, char **argv) {
    struct compile_options options = COMPILE_OPTIONS_DEFAULT;
    const char *output = NULL, *batch = NULL, *cpu = NULL;
    bool wants_target = false;
    long number;
    int option;
    opterr = 0;
    end_with_parent();
    signal(SIGPIPE, SIG_IGN); /* whoever listens to the progress may go away */
    while ((option = getopt_long(argc, argv, "o:O:", long_options, NULL)) != -1) {
        switch (option) {
        case 'o': output = optarg; break;
        case 'O':
            if (!parse_number(optarg, 3, &number)) return fail_usage("no such level: -O", optarg);
            options.optimization = (unsigned)number;
            break;
        case OPTION_TARGET:
            if (!machine_parse(optarg, &options.machine))
                return fail_usage("--target is x86-64, aarch64, ppc64le or riscv64, not ", optarg);
            break;
        case OPTION_CPU: cpu = optarg; break;
        case OPTION_FP:
            if (!parse_fp(optarg, &options.fp))
                return fail_usage("--fp is strict, contract or fast, not ", optarg);
            break;
        case OPTION_DETERMINISTIC: options.deterministic = true; break;
        case OPTION_BOUNDS:
            if (strcmp(optarg, "explicit") != 0 && strcmp(optarg, "guard") != 0)
                return fail_usage("--bounds is guard or explicit, not ", optarg);
            options.explicit_bounds = optarg[0] == 'e';
            break;
        case OPTION_STRICT_TRAPS: options.strict_traps = true; break;
        case OPTION_EMIT:
            if (!parse_output(optarg, &options.output))
                return fail_usage("--emit is so, obj, asm, llvm or llvm-raw, not ", optarg);
            break;
        case OPTION_DISABLE:
            if (!parse_steps(optarg, &options.disabled))
                return fail_usage("--disable wants names of steps, not ", optarg);
            break;
        case OPTION_JOBS:
            if (!parse_number(optarg, 1024, &number))
                return fail_usage("--jobs wants a number, not ", optarg);
            options.jobs = (unsigned)number;
            break;
        case OPTION_BATCH: batch = optarg; break;
        case OPTION_PROGRESS:
            if (!parse_number(optarg, 1 << 20, &number))
                return fail_usage("--progress-fd wants a descriptor, not ", optarg);
            options.progress_fd = (int)number;
            break;
        case OPTION_REMARKS:
            options.remarks = optarg;
            for (size_t i = 0; i < sizeof remarks_options / sizeof *remarks_options; i++)
                llvm_option_add(remarks_options[i]);
            break;
        case OPTION_LLVM: llvm_option_add(optarg); break;
        case OPTION_PRINT_TARGET: wants_target = true; break;
        case OPTION_VERSION: puts(compile_version()); return 0;
        case OPTION_HELP: fputs(usage, stdout); return 0;
        default: return fail_usage("unknown option or missing argument: ", argv[optind - 1]);
        }
    }
    if (options.deterministic && options.fp != COMPILE_FP_STRICT)
        return fail_usage("--deterministic is for --fp=strict alone", "");
    if (cpu != NULL)
        options.cpu = cpu;
    else if (options.machine != MACHINE_HOST)
        options.cpu = "baseline";
    if (llvm_option_count > 1) compile_llvm_options(llvm_option_count, llvm_options);
    if (wants_target) return print_target(options.machine, options.cpu);
    if (batch != NULL) return compile_batch(batch, &options);
    if (argc - optind != 1) return fail_usage("name one module", "");
    if (output == NULL) return fail_usage("no output: -o FILE is missing", "");
    struct error err = {0};
    if (!compile_file(argv[optind], output, &options, &err)) {
        print_error(stderr, &err);
        return 1;
    }
    return 0;
}
