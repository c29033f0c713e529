/*
 * mpiwasmcc.c - mpicc and mpicxx for WebAssembly: mpiwasmcc, and mpiwasmcxx by its name.
 *
 * Reads a compiler command line, produces one for clang and wasm-ld with the guest's headers,
 * libraries and flags, and runs it.  What is for native code alone (-march, -fPIC, rpath, ...) is
 * dropped, with a note under -v; everything else goes to clang as it is.  What clang and the linker
 * say passes through diagnose.c; the linker is link.c, which clang starts under the name mpiwasm-ld
 * and which stands before wasm-ld.  After linking it gives a module whose name does not end in
 * ".wasm" a first line "#!.../mpiwasm", so that it runs like a native executable.
 *
 * Not here: Fortran.
 */
#include "guest/diagnose.h"
#include "guest/link.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] =
    "usage: %s [options] FILE...\n"
    "\n"
    "Compile and link MPI programs for mpiwasm. Options are those of clang, and these:\n"
    "\n"
    "  -show, --showme      print the command line instead of running it\n"
    "  -compile-info, --showme:compile   print the flags for compiling\n"
    "  -link-info, --showme:link         print the flags for linking\n"
    "  --showme:version, :command, :incdirs, :libdirs, :libs, :help\n"
    "  --old-c              accept what C before 1999 allowed: implicit int and functions, ...\n"
    "  --strict-signatures  a call that does not fit its definition is an error\n"
    "  --shebang, --no-shebang   begin the linked file with a line \"#!.../mpiwasm\", or do not\n"
    "                       (default: where the name does not end in .wasm)\n"
    "  -g                   when linking: keep debugging information (else it is left out)\n"
    "  -pthread             threads, which need `mpiwasm sysroot build`; else it is left out\n"
    "  -fopenmp             OpenMP, which needs `mpiwasm sysroot build --openmp` after that; else\n"
    "                       directives are left out\n"
    "  --help, --version    print this, or the versions\n"
    "\n"
    "C++ exceptions, filesystem, mutexes and the like need `mpiwasm sysroot build`, once.\n"
    "\n"
    "Environment: MPIWASM_CLANG (the clang to use), MPIWASM_SYSROOT (the directory of the full\n"
    "sysroot, or \"stock\" for the distribution's libraries), WASI_SDK_PATH (a wasi-sdk to use\n"
    "instead).\n";

struct job {
    const char *program; /* the name that messages begin with */
    bool is_cxx;
    struct install install;
    struct arguments user; /* what is passed on, in the user's order */
    struct options options;
};

/* Whether the C++ library and the code have exceptions: with the full level, if not told else. */
static bool has_exceptions(const struct job *job) {
    const struct install *install = &job->install;
    return install->has_exceptions &&
           !(job->options.has_no_exceptions && job->options.links && install->has_no_exceptions);
}

/* Whether the code has OpenMP: -fopenmp, where there is the library for it. */
static bool has_openmp(const struct job *job) {
    return job->options.has_openmp && job->install.has_openmp;
}

/* Whether the module can start threads: -pthread, where there are libraries for it. */
static bool has_threads(const struct job *job) {
    return has_openmp(job) || (job->options.has_threads && job->install.has_threads);
}

__attribute__((format(printf, 2, 3), noreturn)) static void die(const struct job *job,
                                                                const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", job->program);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(1);
}

/* Flags that the wrapper itself gives to every compilation. */
static void add_compile_flags(const struct job *job, struct arguments *out) {
    static const char *const flags[] = {
        "-mbulk-memory",           "-msign-ext",
        "-mnontrapping-fptoint",   "-mmutable-globals",
        "-D_WASI_EMULATED_SIGNAL", "-D_WASI_EMULATED_PROCESS_CLOCKS",
        "-D_WASI_EMULATED_MMAN",   "-D_WASI_EMULATED_GETPID",
    };
    arguments_add_all(out, flags, sizeof flags / sizeof *flags);
    /* A setjmp is an exception, so no code without one changes. */
    if (!job->options.has_jumps) arguments_add(out, "-mllvm");
    if (!job->options.has_jumps) arguments_add(out, "-wasm-enable-sjlj");
    if (job->install.has_exceptions && !job->options.has_no_exceptions &&
        (job->is_cxx || job->options.is_cxx))
        arguments_add(out, "-fwasm-exceptions");
    if (has_threads(job)) arguments_add(out, "-pthread");
    if (has_openmp(job)) {
        arguments_add(out, "-fopenmp");
        /* Its omp.h before the one for programs without OpenMP. */
        arguments_addf(out, "-isystem%s/include/openmp", job->install.sysroot);
    }
    arguments_addf(out, "-isystem%s/compat", job->install.share);
    arguments_addf(out, "-isystem%s/include", job->install.share);
}

/* Loops stay whole: mpiwasm unrolls and vectorises for the processor the module runs on. Only those
 * of a few iterations are unrolled, so that register tiles live in registers. */
static void add_optimisation_flags(const struct job *job, struct arguments *out) {
    static const char *const flags[] = {
        "-fno-vectorize", "-fno-slp-vectorize",          "-mllvm", "-unroll-runtime=false",
        "-mllvm",         "-unroll-allow-partial=false", "-mllvm", "-unroll-full-max-count=16"};
    if (job->options.optimises) arguments_add_all(out, flags, sizeof flags / sizeof *flags);
    /* Nor has `omp simd` its loops vectorised here. */
    if (job->options.optimises && has_openmp(job)) arguments_add(out, "-Wno-pass-failed");
}

static void add_old_c_flags(struct arguments *out) {
    static const char *const flags[] = {
        "-Wno-error=implicit-function-declaration",
        "-Wno-error=implicit-int",
        "-Wno-error=int-conversion",
        "-Wno-error=incompatible-pointer-types",
        "-Wno-error=incompatible-function-pointer-types",
        "-Wno-error=return-type",
        "-Wno-error=return-mismatch",
        "-Wno-unknown-warning-option",
    };
    arguments_add_all(out, flags, sizeof flags / sizeof *flags);
}

/*
 * clang runs a wasm-opt that it finds by itself after linking with -O; an old one breaks newer
 * features.  (--no-wasm-opt would do, but clang 19 then does not link at all.)  So it finds one
 * that does nothing.
 */
static void add_no_wasm_opt(const struct job *job, struct arguments *out) {
    arguments_addf(out, "-B%s/no-wasm-opt", job->install.share);
}

static void add_link_flags(const struct job *job, struct arguments *out) {
    static const char *const flags[] = {
        "-Wl,-z,stack-size=8388608",
        "-Wl,--stack-first",
        "-Wl,--export-table",
        "-Wl,--error-limit=0", /* diagnose.c shortens them */
        "-Wl,--table-base=16", /* MPI_COMM_DUP_FN is the function pointer 1 */
        /* A main in an archive would be dropped silently. */
        "-Wl,-u,__main_argc_argv",
        "-Wl,-u,__main_void",
        /* For MPI_Alloc_mem and for callbacks' scratch space. */
        "-Wl,-u,malloc",
        "-Wl,-u,free",
        "-Wl,-u,aligned_alloc",
        "-Wl,--export-if-defined=malloc",
        "-Wl,--export-if-defined=free",
        "-Wl,--export-if-defined=aligned_alloc",
    };
    static const char *const threads[] = {
        "-pthread",
        "-Wl,--shared-memory", /* clang 19 does not say it for this target */
        "-Wl,--import-memory",
        "-Wl,--export-memory",
        "-Wl,--max-memory=4294967296",
    };
    static const char *const libraries[] = {
        "-lwasi-emulated-signal",
        "-lwasi-emulated-process-clocks",
        "-lwasi-emulated-mman",
        "-lwasi-emulated-getpid",
        "-lm",
        "-lc-printscan-long-double", /* without it printf("%Lf") traps */
    };
    arguments_add_all(out, flags, sizeof flags / sizeof *flags);
    if (!job->options.has_nostartfiles) {
        arguments_add(out, "-nostartfiles");
        arguments_add(out, "-xnone"); /* the user's -x is for sources */
        arguments_addf(out, "%s/lib/start.o", job->install.share);
    }
    arguments_addf(out, "-fuse-ld=%s/mpiwasm-ld", job->install.share);
    /* The C library comes with as much debugging information as code; nobody wants it unasked. */
    if (!job->options.has_debug) arguments_add(out, "-Wl,--strip-debug");
    arguments_addf(out, "-Wl,--allow-undefined-file=%s/lib/mpi.symbols", job->install.share);
    arguments_addf(out, "-L%s/lib", job->install.share);
    if (job->install.has_exceptions || job->install.has_no_exceptions)
        arguments_addf(out, "-L%s/lib/wasm32-wasip1/%s%s", job->install.sysroot,
                       has_threads(job) ? "threads/" : "", has_exceptions(job) ? "eh" : "noeh");
    if (has_threads(job)) {
        arguments_add_all(out, threads, sizeof threads / sizeof *threads);
        arguments_addf(out, "-L%s/lib/wasm32-wasip1/threads", job->install.sysroot);
        if (has_openmp(job)) arguments_add(out, "-lomp");
        arguments_add(out, "-lpthread"); /* before the functions for programs of one thread */
    }
    arguments_add(out, has_threads(job) ? "-lmpiwasm-compat-threads" : "-lmpiwasm-compat");
    arguments_add_all(out, libraries, sizeof libraries / sizeof *libraries);
    if (has_exceptions(job) && job->is_cxx) arguments_add(out, "-lunwind");
    /* clang's versions look for their builtins at different places: name all default libraries. */
    if (job->install.has_builtins) {
        arguments_add(out, "-nodefaultlibs");
        if (job->is_cxx) arguments_add(out, "-lc++");
        if (job->is_cxx) arguments_add(out, "-lc++abi");
        arguments_add(out, "-lc");
        arguments_addf(out, "%s/lib/libclang_rt.builtins.a", job->install.share);
    }
}

/* The whole command, clang first. */
static struct arguments make_command(const struct job *job) {
    const struct options *options = &job->options;
    struct arguments command = {0};
    arguments_add(&command, job->is_cxx ? job->install.clangxx : job->install.clang);
    arguments_add(&command, "--target=wasm32-wasip1");
    if (!options->has_sysroot) arguments_addf(&command, "--sysroot=%s", job->install.sysroot);
    if (options->compiles) {
        add_compile_flags(job, &command);
        add_optimisation_flags(job, &command);
        if (isatty(STDERR_FILENO)) arguments_add(&command, "-fcolor-diagnostics");
        if (options->is_old_c) add_old_c_flags(&command);
    }
    for (size_t i = 0; i < job->user.count; i++)
        arguments_add(&command, job->user.items[i]);
    if (options->links) {
        add_no_wasm_opt(job, &command);
        if (!options->has_nostdlib) add_link_flags(job, &command);
    }
    return command;
}

/* -showme:compile and its like: what the wrapper adds, not the user's own arguments. */
static int show(const struct job *job) {
    struct arguments out = {0};
    const char *what = job->options.show;
    if (strcmp(what, "command") == 0) {
        arguments_add(&out, job->is_cxx ? job->install.clangxx : job->install.clang);
    } else if (strcmp(what, "compile") == 0) {
        arguments_add(&out, "--target=wasm32-wasip1");
        arguments_addf(&out, "--sysroot=%s", job->install.sysroot);
        add_compile_flags(job, &out);
    } else if (strcmp(what, "link") == 0) {
        arguments_add(&out, "--target=wasm32-wasip1");
        arguments_addf(&out, "--sysroot=%s", job->install.sysroot);
        add_no_wasm_opt(job, &out);
        add_link_flags(job, &out);
    } else if (strcmp(what, "incdirs") == 0) {
        arguments_addf(&out, "%s/include", job->install.share);
    } else if (strcmp(what, "libdirs") == 0) {
        arguments_addf(&out, "%s/lib", job->install.share);
    } else if (strcmp(what, "libs") == 0) {
        arguments_add(&out, "mpiwasm-compat");
    } else if (strcmp(what, "version") == 0) {
        arguments_addf(&out, "%s: mpiwasm %s (MPI 5.0)", job->program, MPIWASM_VERSION);
    } else if (strcmp(what, "help") == 0) {
        printf(usage, job->program);
        return 0;
    } else {
        die(job, "unknown option --showme:%s", what);
    }
    arguments_print(&out, stdout);
    return 0;
}

static void take_line(void *diagnosis, char *line) {
    diagnose_line(diagnosis, line);
}

/* Run the command and wait; what it says passes through `diagnosis`. Returns the exit code. */
static int run(const struct job *job, struct arguments *command, struct diagnosis *diagnosis) {
    int code = arguments_run(command, job->program, take_line, diagnosis);
    if (code < 0) die(job, "cannot start %s: %s", command->items[0], strerror(errno));
    diagnose_end(diagnosis, job->options.is_strict);
    return code;
}

static bool ends_with(const char *text, const char *suffix) {
    size_t length = strlen(text), tail = strlen(suffix);
    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

/* Put "#!.../mpiwasm" in front of the module at `path` and make it executable. */
static void add_shebang(const struct job *job, const char *path) {
    enum { KERNEL_LIMIT = 250 };
    char line[PATH_MAX + 8];
    snprintf(line, sizeof line, "#!%s\n", job->install.mpiwasm);
    if (strlen(line) > KERNEL_LIMIT || strpbrk(job->install.mpiwasm, " \t"))
        snprintf(line, sizeof line, "#!/usr/bin/env mpiwasm\n");

    struct stat status;
    FILE *file = fopen(path, "r+b");
    if (!file || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        if (file) fclose(file); /* /dev/null and its like */
        return;
    }
    size_t size = (size_t)status.st_size;
    char *bytes = malloc(size + 1);
    if (!bytes) die(job, "out of memory");
    bool ok = fread(bytes, 1, size, file) == size;
    if (ok && size >= 4 && memcmp(bytes, "\0asm", 4) == 0) {
        rewind(file);
        ok = fputs(line, file) >= 0 && fwrite(bytes, 1, size, file) == size;
        fchmod(fileno(file), (status.st_mode | ((status.st_mode & 0444) >> 2)) & 07777);
    }
    ok = fclose(file) == 0 && ok;
    free(bytes);
    if (!ok) die(job, "cannot write %s: %s", path, strerror(errno));
}

static void finish_link(const struct job *job, const struct diagnosis *diagnosis) {
    const char *output = job->options.output ? job->options.output : "a.out";
    if (diagnosis->mismatches > 0 && job->options.is_strict) {
        unlink(output);
        exit(1);
    }
    bool wanted = job->options.shebang == SHEBANG_YES ||
                  (job->options.shebang == SHEBANG_BY_NAME && !ends_with(output, ".wasm"));
    if (wanted) add_shebang(job, output);
}

/* Which libraries the module is made of, in one line. */
static void print_level(const struct job *job) {
    static const char *const names[] = {
        [LEVEL_STOCK] = "stock (C; C++ without exceptions, filesystem, mutexes)",
        [LEVEL_FULL] = "full (C, C++)",
        [LEVEL_SDK] = "wasi-sdk",
    };
    fprintf(stderr, "%s: level: %s, in %s\n", job->program, names[job->install.level],
            job->install.sysroot);
}

int main(int argc, char **argv) {
    struct job job = {.program = basename(argv[0])};
    job.is_cxx = strstr(job.program, "cxx") || strstr(job.program, "++");
    char reason[1024];
    if (strcmp(job.program, "mpiwasm-ld") == 0) {
        if (!install_find(&job.install, reason, sizeof reason)) die(&job, "%s", reason);
        return link_run(argc, argv, job.install.clang);
    }
    if (!options_read(argc, argv, &job.options, &job.user, reason, sizeof reason))
        die(&job, "%s", reason);
    if (job.options.wants_help) {
        printf(usage, job.program);
        return 0;
    }
    if (!install_find(&job.install, reason, sizeof reason)) die(&job, "%s", reason);
    if (job.options.wants_version) {
        printf("%s (mpiwasm) %s\n", job.program, MPIWASM_VERSION);
        fflush(stdout);
    }
    if (job.options.show && strcmp(job.options.show, "") != 0) return show(&job);
    if (job.options.is_old_c && job.options.compiles)
        fprintf(stderr,
                "%s: warning: --old-c turns errors in the types of calls into warnings; such "
                "calls may trap\n",
                job.program);

    struct arguments command = make_command(&job);
    if (job.options.show) {
        arguments_print(&command, stdout);
        return 0;
    }
    struct diagnosis diagnosis = {
        .program = job.program,
        .user = &job.user,
        .is_stock = job.install.level == LEVEL_STOCK,
        .has_exceptions = has_exceptions(&job),
        .is_raw = job.options.is_verbose,
    };
    if (job.options.has_openmp && !job.install.has_openmp && job.options.compiles)
        fprintf(stderr,
                "%s: warning: -fopenmp: compiled without OpenMP; `mpiwasm sysroot build`, then "
                "`mpiwasm sysroot build --openmp` make its libraries\n",
                job.program);
    if (job.options.is_verbose) print_level(&job);
    if (job.options.is_verbose && job.options.has_threads && !job.install.has_threads)
        fprintf(stderr,
                "%s: note: -pthread dropped: the libraries for it come with `mpiwasm sysroot "
                "build`\n",
                job.program);
    int code = run(&job, &command, &diagnosis);
    if (code == 0 && job.options.links) finish_link(&job, &diagnosis);
    return code;
}
