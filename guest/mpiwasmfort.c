/*
 * mpiwasmfort.c - mpifort for WebAssembly; also called mpiwasmf77 and mpiwasmf90.
 *
 * Reads a compiler command line.  Each Fortran source goes through flang (for x32, the native
 * target whose types are laid out as WebAssembly's), mlir-translate, mpiwasm-fortran-ir and clang
 * into an object; all else, linking too, is mpiwasmcc's.  Options that flang does not know but
 * gfortran does are translated or dropped, with a note under -v, or a warning if the program may
 * then do something else.  With -fopenmp flang itself fails in the end, since its OpenMP does not
 * know sizes of 32 bits; by then it has written what mlir-translate reads.
 *
 * Not here: building flang's runtime library, which `mpiwasm sysroot build --fortran` does.
 */
#include "guest/arguments.h"

#include <errno.h>
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
    "Compile and link MPI programs in Fortran for mpiwasm. Sources may be in C, too; linking and\n"
    "other options are as mpiwasmcc has them.\n"
    "\n"
    "  -cpp, -nocpp         preprocess the sources, or do not\n"
    "  -ffree-form, -ffixed-form                  the form of the sources\n"
    "  -fdefault-real-8, -fdefault-integer-8      other default kinds\n"
    "  -I DIR, -J DIR       look for modules there; write modules there\n"
    "  -fopenmp             OpenMP, which needs `mpiwasm sysroot build`, then that with --openmp,\n"
    "                       then with --fortran; else it is left out\n"
    "  -g                   lines of the source for messages of traps\n"
    "  -Wall, -w            show flang's warnings; show none, not of dropped options either\n"
    "  -fsyntax-only, -E    check the sources, or preprocess them, and stop\n"
    "  -show, --showme      print what would run instead of running it\n"
    "  -v                   print what runs\n"
    "  --strict-signatures  a call that does not fit its definition is an error\n"
    "  --help, --version    print this, or the versions\n"
    "\n"
    "It needs flang-19, mlir-19-tools and `mpiwasm sysroot build --fortran`, once.\n"
    "\n"
    "Environment: MPIWASM_FORTRAN (where flang's runtime library was built).\n";

static const char x32_target[] = "--target=x86_64-unknown-linux-gnux32";

struct job {
    const char *program;
    struct install install;
    char fortran[PATH_MAX];   /* flang's runtime and modules */
    char directory[64];       /* for temporary files; "" before it is made */
    struct arguments flang;   /* the user's options for flang */
    struct arguments clang;   /* for compiling IR */
    struct arguments link;    /* for mpiwasmcc: objects, libraries and options in order */
    struct arguments sources; /* Fortran sources */
    struct arguments objects; /* what each becomes */
    struct arguments missed;  /* options without which a program may do something else */
    const char *output;
    bool links, is_verbose, is_dry, preprocesses, checks, warns, is_quiet;
    bool has_lines;                   /* -g */
    bool wants_openmp, wants_threads; /* -fopenmp, -pthread */
    bool has_openmp, has_threads;     /* those, where there are the libraries */
};

static void remove_directory(const struct job *job) {
    if (!job->directory[0]) return;
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-rf", job->directory, (char *)NULL);
        _exit(127);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

__attribute__((format(printf, 2, 3), noreturn)) static void die(const struct job *job,
                                                                const char *format, ...) {
    va_list values;
    va_start(values, format);
    fprintf(stderr, "%s: ", job->program);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    remove_directory(job);
    exit(1);
}

/* Run a command and wait; ends this process with its exit code if it fails. */
static void run(const struct job *job, struct arguments *command) {
    if (job->is_verbose || job->is_dry) arguments_print(command, job->is_dry ? stdout : stderr);
    if (job->is_dry) return;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) die(job, "cannot start %s: %s", command->items[0], strerror(errno));
    if (child == 0) {
        execvp(command->items[0], arguments_terminated(command));
        dprintf(STDERR_FILENO, "%s: cannot run %s: %s\n", job->program, command->items[0],
                strerror(errno));
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    remove_directory(job);
    exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *text, const char *suffix) {
    size_t length = strlen(text), wanted = strlen(suffix);
    return length >= wanted && strcmp(text + length - wanted, suffix) == 0;
}

static bool is_one_of(const char *text, const char *const *names) {
    for (; *names; names++) {
        size_t length = strlen(*names);
        if ((*names)[length - 1] == '*' ? strncmp(text, *names, length - 1) == 0
                                        : strcmp(text, *names) == 0)
            return true;
    }
    return false;
}

static bool is_fortran(const char *path) {
    static const char *const suffixes[] = {".f",   ".for", ".ftn", ".fpp", ".F",   ".FOR", ".FTN",
                                           ".FPP", ".f77", ".F77", ".f90", ".F90", ".f95", ".F95",
                                           ".f03", ".F03", ".f08", ".F08", ".f18", ".F18", NULL};
    const char *suffix = strrchr(path, '.');
    return suffix && is_one_of(suffix, suffixes);
}

/* gfortran's names for what flang has under others; NULL: flang takes it as it is. */
static const char *translate(const char *option) {
    static const char *const pairs[][2] = {
        {"-ffixed-line-length-none", "-ffixed-line-length=0"},
        {"-ffixed-line-length-0", "-ffixed-line-length=0"},
        {"-ffixed-line-length-72", "-ffixed-line-length=72"},
        {"-ffixed-line-length-80", "-ffixed-line-length=80"},
        {"-ffixed-line-length-132", "-ffixed-line-length=132"},
        {"-extend-source", "-ffixed-line-length=132"},
        {"-Mextend", "-ffixed-line-length=132"},
        {"-Mfixed", "-ffixed-form"},
        {"-Mfree", "-ffree-form"},
        {"-fixed", "-ffixed-form"},
        {"-free", "-ffree-form"},
        {"-r8", "-fdefault-real-8"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(option, pairs[i][0]) == 0) return pairs[i][1];
    return NULL;
}

/* What gfortran knows and flang need not. */
static const char *const dropped[] = {"-ffree-line-length*",
                                      "-fallow-argument-mismatch",
                                      "-fallow-invalid-boz",
                                      "-fbacktrace",
                                      "-fno-range-check",
                                      "-frange-check",
                                      "-std=*",
                                      "-funroll*",
                                      "-fno-unroll*",
                                      "-ftree*",
                                      "-fno-tree*",
                                      "-ffpe-summary=*",
                                      "-fmax-*",
                                      "-frecursive",
                                      "-fno-second-underscore",
                                      "-fno-f2c",
                                      "-fcray-pointer",
                                      "-fautomatic",
                                      "-frecord-marker=4",
                                      "-fomit-frame-pointer",
                                      "-falign-commons",
                                      "-fexternal-blas",
                                      "-fmodule-private",
                                      "-fstrict-aliasing",
                                      "-fno-strict-aliasing",
                                      "-fcommon",
                                      "-fno-common",
                                      "-fPIC",
                                      "-fno-optimize-sibling-calls",
                                      "-fall-intrinsics",
                                      "-fdollar-ok",
                                      NULL};

/* What is dropped, too, though a program may do something else without it, and what it does. */
static const char *const missed[][2] = {
    {"-finit-*", "variables have no value before they get one"},
    {"-fcheck=*", "nothing is checked at run time"},
    {"-fbounds-check", "nothing is checked at run time"},
    {"-ffpe-trap=*", "floating-point exceptions do not stop the program"},
    {"-fsecond-underscore", "external names get one underscore"},
    {"-fno-underscoring", "external names get one underscore"},
    {"-ff2c", "functions return REAL and COMPLEX values as such"},
    {"-fno-align-commons", "variables in COMMON blocks are aligned"},
    {"-fno-sign-zero", "SIGN and output tell -0.0 from 0.0"},
    {"-frecord-marker=*", "records of unformatted files have lengths of 4 bytes"},
    {"-fdec*", "DEC's extensions mean what flang makes of them"},
};

/* Options for flang alone that have their value in the next argument. */
static const char *const flang_pairs[] = {"-J", "-I", "-D", "-U", "-module-dir", NULL};

static void note(const struct job *job, const char *option) {
    if (job->is_verbose)
        fprintf(stderr, "%s: note: %s is dropped: flang has no such option\n", job->program,
                option);
}

/* What the program does without `option`; NULL if it is none of those. */
static const char *find_missed(const char *option) {
    for (size_t i = 0; i < sizeof missed / sizeof *missed; i++) {
        const char *const names[] = {missed[i][0], NULL};
        if (is_one_of(option, names)) return missed[i][1];
    }
    return NULL;
}

static const char *temporary(struct job *job, const char *suffix) {
    static char path[128];
    static unsigned number;
    if (!job->directory[0]) {
        const char *base = getenv("TMPDIR");
        if (!base || strlen(base) > 40) base = "/tmp";
        snprintf(job->directory, sizeof job->directory, "%s/mpiwasmfort-XXXXXX", base);
        if (!mkdtemp(job->directory)) {
            job->directory[0] = 0;
            die(job, "cannot make a temporary directory: %s", strerror(errno));
        }
    }
    snprintf(path, sizeof path, "%s/%u%s", job->directory, number++, suffix);
    return path;
}

static void add_source(struct job *job, const char *path) {
    arguments_add(&job->sources, path);
    char object[PATH_MAX];
    if (job->links) { /* the linker's messages name it */
        const char *name = strrchr(path, '/');
        char suffix[72];
        snprintf(suffix, sizeof suffix, "-%.60s.o", name ? name + 1 : path);
        snprintf(object, sizeof object, "%s", temporary(job, suffix));
        arguments_add(&job->link, object);
    } else if (job->output) {
        snprintf(object, sizeof object, "%s", job->output);
    } else {
        const char *name = strrchr(path, '/');
        name = name ? name + 1 : path;
        snprintf(object, sizeof object, "%.*s.o", (int)(strrchr(name, '.') - name), name);
    }
    arguments_add(&job->objects, object);
}

/* An option; the argument behind it, if it takes one. Gives how many arguments were used. */
static int read_option(struct job *job, const char *option, const char *value) {
    if (starts_with(option, "-Wl,") || starts_with(option, "-Wp,")) {
        arguments_add(&job->link, option);
        return 1;
    }
    if (!strcmp(option, "-w") || starts_with(option, "-W") || starts_with(option, "-pedantic")) {
        job->warns = option[1] != 'w';
        if (option[1] == 'w') job->is_quiet = true;
        return 1;
    }
    if (strcmp(option, "-fopenmp") == 0 || strcmp(option, "-fno-openmp") == 0 ||
        starts_with(option, "-fopenmp=")) {
        job->wants_openmp = option[2] != 'n';
        return 1;
    }
    if (strcmp(option, "-pthread") == 0) {
        job->wants_threads = true;
        return 1;
    }
    if (is_one_of(option, dropped)) {
        note(job, option);
        return 1;
    }
    if (find_missed(option)) {
        arguments_add(&job->missed, option);
        return 1;
    }
    const char *other = translate(option);
    if (other) {
        arguments_add(&job->flang, other);
        return 1;
    }
    if (is_one_of(option, flang_pairs) && value) {
        arguments_add(&job->flang, option);
        arguments_add(&job->flang, value);
        if (option[1] == 'I' || option[1] == 'D' || option[1] == 'U') {
            arguments_add(&job->link, option);
            arguments_add(&job->link, value);
        }
        return 2;
    }
    static const char *const for_flang[] = {"-f*",       "-J*",    "-module-dir*", "-cpp", "-nocpp",
                                            "-pedantic", "-std=*", "-Xflang",      NULL};
    static const char *const for_all[] = {"-O*", "-g*", "-I*", "-D*", "-U*", "-mllvm", NULL};
    if (strcmp(option, "-Xflang") == 0 && value) {
        arguments_add(&job->flang, value);
        return 2;
    }
    if (is_one_of(option, for_flang)) {
        arguments_add(&job->flang, option);
        return 1;
    }
    if (strcmp(option, "-mllvm") == 0 && value) {
        arguments_add(&job->clang, option);
        arguments_add(&job->clang, value);
        return 2;
    }
    if (is_one_of(option, for_all)) {
        bool is_code = option[1] == 'O' || option[1] == 'g';
        /* flang's own optimiser has levels up to 3 and runs before the addresses are known. */
        if (strcmp(option, "-Os") == 0 || strcmp(option, "-Oz") == 0 || strcmp(option, "-Og") == 0)
            arguments_add(&job->flang, "-O2");
        else if (strcmp(option, "-Ofast") == 0)
            arguments_add(&job->flang, "-O3");
        else if (option[1] == 'g')
            job->has_lines = strcmp(option, "-g0") != 0;
        else
            arguments_add(&job->flang, option);
        if (is_code) arguments_add(&job->clang, option);
        arguments_add(&job->link, option);
        return 1;
    }
    arguments_add(&job->link, option);
    return 1;
}

static void read_arguments(struct job *job, int argc, char **argv) {
    job->links = true;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "-E") || !strcmp(argv[i], "-S") ||
            !strcmp(argv[i], "-fsyntax-only"))
            job->links = false;
        if (!strcmp(argv[i], "-E")) job->preprocesses = true;
        if (!strcmp(argv[i], "-fsyntax-only")) job->checks = true;
        if (!strcmp(argv[i], "-S")) die(job, "-S: no assembly is made of Fortran; use -c");
        if (!strcmp(argv[i], "-v")) job->is_verbose = true;
        if (!strcmp(argv[i], "-o") && i + 1 < argc) job->output = argv[i + 1];
        if (!strcmp(argv[i], "-show") || !strcmp(argv[i], "-showme") ||
            !strcmp(argv[i], "--showme"))
            job->is_dry = true;
    }
    static const char *const with_value[] = {
        "-L",      "-l",       "-u",        "-z",  "-x",  "-include", "-isystem",
        "-Xclang", "-Xlinker", "--sysroot", "-MF", "-MT", NULL};
    for (int i = 1; i < argc;) {
        const char *argument = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (!strcmp(argument, "-E") || !strcmp(argument, "-fsyntax-only") ||
            !strcmp(argument, "-show") || !strcmp(argument, "-showme") ||
            !strcmp(argument, "--showme")) {
            i++;
        } else if (argument[0] != '-') {
            if (ends_with(argument, "/threads/libomp.a"))
                job->wants_openmp = true; /* which CMake has seen -fopenmp link */
            if (is_fortran(argument))
                add_source(job, argument);
            else
                arguments_add(&job->link, argument);
            i++;
        } else if (is_one_of(argument, with_value) && value) {
            arguments_add(&job->link, argument);
            arguments_add(&job->link, value);
            i += 2;
        } else if (!strcmp(argument, "-o") && value) {
            arguments_add(&job->link, argument);
            arguments_add(&job->link, value);
            i += 2;
        } else {
            i += read_option(job, argument, value);
        }
    }
    if (!job->links && job->output && job->sources.count > 1)
        die(job, "-o with -c and more than one source");
}

/* Whether `level`, a file of what `mpiwasm sysroot build --fortran` made, is of this version: calls
 * of older versions' libraries have other types. */
static bool is_level_of_now(const char *level) {
    unsigned recipe = 0;
    FILE *file = fopen(level, "r");
    if (!file) return false;
    int found = fscanf(file, "%*s %u", &recipe);
    fclose(file);
    return found == 1 && recipe == MPIWASM_FORTRAN_RECIPE;
}

static bool find_fortran(struct job *job) {
    const char *wanted = getenv("MPIWASM_FORTRAN"), *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char level[PATH_MAX + 16];
    for (int i = 0; i < 3; i++) {
        if (i == 0 && wanted && *wanted)
            snprintf(job->fortran, sizeof job->fortran, "%s", wanted);
        else if (i == 1)
            snprintf(job->fortran, sizeof job->fortran, "%.*s/fortran", PATH_MAX - 32,
                     job->install.share);
        else if (i == 2 && data && *data)
            snprintf(job->fortran, sizeof job->fortran, "%s/mpiwasm/fortran", data);
        else if (i == 2 && home)
            snprintf(job->fortran, sizeof job->fortran, "%s/.local/share/mpiwasm/fortran", home);
        else
            continue;
        snprintf(level, sizeof level, "%s/level", job->fortran);
        if (access(level, R_OK) != 0) continue;
        if (!is_level_of_now(level))
            die(job,
                "%s was built for another version of mpiwasm: run mpiwasm sysroot build --fortran "
                "again",
                job->fortran);
        return true;
    }
    return false;
}

/* Whether -fopenmp and -pthread can be had: C's libraries, and what of flang's differs. */
static void find_threads(struct job *job) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/threads", job->fortran);
    bool has_fortran = access(path, R_OK) == 0;
    job->has_openmp = job->wants_openmp && job->install.has_openmp && has_fortran;
    job->has_threads =
        job->has_openmp || (job->wants_threads && job->install.has_threads && has_fortran);
    if (job->is_verbose && job->wants_threads && !job->has_threads)
        fprintf(stderr,
                "%s: note: -pthread dropped: `mpiwasm sysroot build` and then `mpiwasm sysroot "
                "build --fortran` make the libraries for it\n",
                job->program);
}

/* The command that compiles for flang, up to and without the source. */
static struct arguments flang_command(const struct job *job) {
    struct arguments command = {0};
    arguments_addf(&command, "%s/flang/bin/flang-new", job->fortran);
    arguments_add(&command, x32_target);
    if (job->has_openmp) {
        static const char *const openmp[] = {"-fopenmp", "-fopenmp-version=51"};
        arguments_add_all(&command, openmp, sizeof openmp / sizeof *openmp);
    }
    arguments_add_all(&command, (const char *const *)job->flang.items, job->flang.count);
    /* Calls of MPI functions with various buffers would be warned of. */
    if (!job->warns) arguments_add(&command, "-w");
    if (job->has_openmp) arguments_addf(&command, "-I%s/modules/openmp", job->fortran);
    arguments_addf(&command, "-I%s/modules", job->fortran);
    arguments_addf(&command, "-I%s/include", job->install.share);
    return command;
}

static void keep_line(void *state, char *line) {
    arguments_add(state, line);
}

/*
 * With OpenMP: flang's own translation of `mlir`, the last thing that it writes, makes calls with
 * sizes of 64 bits of functions that take 32, where pointers have 32. Its complaints about those
 * calls are the only ones that are no error.
 */
static void run_openmp(const struct job *job, struct arguments *flang, const char *mlir) {
    static const char first[] = "Call parameter type does not match function signature!";
    static const char last[] = "error: failed to create the LLVM module";
    if (job->is_verbose || job->is_dry) arguments_print(flang, job->is_dry ? stdout : stderr);
    if (job->is_dry) return;
    fflush(NULL);
    unlink(mlir); /* a source of the same name has been compiled before */
    struct arguments lines = {0};
    int code = arguments_run(flang, job->program, keep_line, &lines);
    if (code < 0) die(job, "cannot start %s: %s", flang->items[0], strerror(errno));
    bool is_expected = code != 0 && lines.count > 0 && access(mlir, R_OK) == 0 &&
                       starts_with(lines.items[lines.count - 1], last);
    for (size_t i = 0; i < lines.count; i++) {
        if (is_expected && (starts_with(lines.items[i], first) || i + 1 == lines.count)) break;
        fputs(lines.items[i], stderr);
    }
    if (code == 0 || is_expected) return;
    remove_directory(job);
    exit(code);
}

static struct arguments ir_command(const struct job *job) {
    struct arguments command = {0};
    arguments_addf(&command, "%s/../../libexec/mpiwasm/mpiwasm-fortran-ir", job->install.share);
    return command;
}

/* -g: lines of the source, which is what mpiwasm takes of it. What flang itself would write of
 * arrays mlir-translate cannot read. */
static void add_lines(struct job *job, const char *mlir) {
    static const char *const words[] = {MPIWASM_MLIR_OPT, "--allow-unregistered-dialect",
                                        "--ensure-debug-info-scope-on-llvm-func",
                                        "--mlir-print-debuginfo"};
    struct arguments command = {0};
    char made[sizeof job->directory + NAME_MAX + 32];
    snprintf(made, sizeof made, "%s.lines", mlir);
    arguments_add_all(&command, words, sizeof words / sizeof *words);
    arguments_add(&command, mlir);
    arguments_add(&command, "-o");
    arguments_add(&command, made);
    run(job, &command);
    if (!job->is_dry && rename(made, mlir) != 0)
        die(job, "cannot rename %s: %s", made, strerror(errno));
}

static void compile(struct job *job, const char *source, const char *object) {
    struct arguments flang = flang_command(job);
    if (job->preprocesses || job->checks) {
        arguments_add(&flang, job->checks ? "-fsyntax-only" : "-E");
        if (job->preprocesses && job->output) {
            arguments_add(&flang, "-o");
            arguments_add(&flang, job->output);
        }
        arguments_add(&flang, source);
        run(job, &flang);
        return;
    }
    char base[128];
    snprintf(base, sizeof base, "%s", temporary(job, ""));
    static const char *const modes[] = {"-S", "-emit-llvm", "-Xflang", "-save-temps=obj"};
    static const char *const places[] = {"-mmlir", "-mlir-print-debuginfo"};
    arguments_add_all(&flang, modes, sizeof modes / sizeof *modes);
    if (job->has_lines) arguments_add_all(&flang, places, sizeof places / sizeof *places);
    arguments_add(&flang, "-o");
    arguments_addf(&flang, "%s.flang", base);
    arguments_add(&flang, source);

    /* flang names what it saves after the source. */
    const char *name = strrchr(source, '/');
    name = name ? name + 1 : source;
    char mlir[sizeof job->directory + NAME_MAX + 16], fir[sizeof mlir];
    int length = (int)(strrchr(name, '.') - name);
    snprintf(mlir, sizeof mlir, "%s/%.*s-llvmir.mlir", job->directory, length, name);
    snprintf(fir, sizeof fir, "%s/%.*s-fir.mlir", job->directory, length, name);
    if (job->has_openmp) {
        run_openmp(job, &flang, mlir);
        struct arguments rewrite = ir_command(job);
        arguments_add(&rewrite, "--openmp");
        arguments_add(&rewrite, mlir);
        arguments_add(&rewrite, fir);
        snprintf(mlir, sizeof mlir, "%s.mlir", base);
        arguments_add(&rewrite, mlir);
        run(job, &rewrite);
    } else {
        run(job, &flang);
    }
    if (job->has_lines) add_lines(job, mlir);
    struct arguments translate = {0};
    arguments_add(&translate, MPIWASM_MLIR_TRANSLATE);
    arguments_add(&translate, "--allow-unregistered-dialect");
    arguments_add(&translate, "--mlir-to-llvmir");
    arguments_add(&translate, mlir);
    arguments_add(&translate, "-o");
    arguments_addf(&translate, "%s.ll", base);
    run(job, &translate);

    struct arguments lower = ir_command(job);
    arguments_addf(&lower, "%s.ll", base);
    arguments_add(&lower, fir);
    arguments_addf(&lower, "%s.bc", base);
    run(job, &lower);

    static const char *const flags[] = {
        "--target=wasm32-wasip1", "-mbulk-memory", "-msign-ext", "-mnontrapping-fptoint",
        "-mmutable-globals", "-Wno-override-module",
        /* Loops stay whole for mpiwasm, as those of mpiwasmcc; the first one avoids a crash. */
        "-mllvm", "-indvars-widen-indvars=false", "-fno-vectorize", "-fno-slp-vectorize", "-mllvm",
        "-unroll-runtime=false", "-mllvm", "-unroll-allow-partial=false", "-mllvm",
        "-unroll-full-max-count=16"};
    struct arguments clang = {0};
    arguments_add(&clang, job->install.clang);
    arguments_add_all(&clang, flags, sizeof flags / sizeof *flags);
    if (job->has_threads) arguments_add(&clang, "-pthread");
    arguments_add_all(&clang, (const char *const *)job->clang.items, job->clang.count);
    arguments_add(&clang, "-x");
    arguments_add(&clang, "ir");
    arguments_addf(&clang, "%s.bc", base);
    arguments_add(&clang, "-c");
    arguments_add(&clang, "-o");
    arguments_add(&clang, object);
    run(job, &clang);
}

static struct arguments cc_command(const struct job *job) {
    struct arguments command = {0};
    arguments_addf(&command, "%s/../../bin/mpiwasmcc", job->install.share);
    if (job->has_threads) arguments_add(&command, job->has_openmp ? "-fopenmp" : "-pthread");
    return command;
}

static void add_libraries(const struct job *job, struct arguments *out) {
    arguments_addf(out, "-L%s/lib", job->fortran);
    /* For threads there is what differs, found before the rest. */
    static const char *const threads[] = {"-lmpiwasm-fortran-threads", "-lmpiwasm-flang-threads"};
    if (job->has_threads) arguments_add_all(out, threads, sizeof threads / sizeof *threads);
    static const char *const libraries[] = {"-lmpiwasm-mpi-modules", "-lmpiwasm-fortran",
                                            "-lmpiwasm-flang-modules", "-lmpiwasm-flang"};
    arguments_add_all(out, libraries, sizeof libraries / sizeof *libraries);
}

/* --showme:WHAT and its like: mpiwasmcc answers, with what Fortran needs in addition. */
static int show(struct job *job, const char *option) {
    struct arguments command = cc_command(job);
    arguments_add(&command, option);
    if (strstr(option, "command")) {
        printf("%s/flang/bin/flang-new\n", job->fortran);
        return 0;
    }
    if (strstr(option, "link")) add_libraries(job, &command);
    run(job, &command);
    return 0;
}

/* ---- COMMON blocks ---- */

struct common {
    char name[256];
    unsigned long long size;
    bool differs; /* units know it with various sizes */
};

struct commons {
    struct common *items;
    size_t count;
};

/* Lines "NAME SIZE" of one object after the other. */
static void read_common_lines(struct job *job, struct commons *commons, char *text) {
    char *save = NULL;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct common found = {0};
        if (sscanf(line, "%255s %llu", found.name, &found.size) != 2) continue;
        size_t i = 0;
        while (i < commons->count && strcmp(commons->items[i].name, found.name) != 0)
            i++;
        if (i == commons->count) {
            commons->items = realloc(commons->items, (i + 1) * sizeof *commons->items);
            if (!commons->items) die(job, "out of memory");
            commons->items[commons->count++] = found;
        } else if (commons->items[i].size != found.size) {
            commons->items[i].differs = true;
            if (found.size > commons->items[i].size) commons->items[i].size = found.size;
        }
    }
}

static unsigned read_leb(const unsigned char **at, const unsigned char *end) {
    unsigned value = 0;
    for (unsigned shift = 0; *at < end && shift < 35; shift += 7) {
        unsigned byte = *(*at)++;
        value |= (byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
    }
    return value;
}

/* The custom sections "mpiwasm.commons" of the linked module. */
static struct commons read_commons(struct job *job, const char *path) {
    static const char name[] = "mpiwasm.commons";
    struct commons commons = {0};
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        if (file) fclose(file);
        return commons;
    }
    size_t size = (size_t)status.st_size;
    unsigned char *bytes = malloc(size + 1);
    if (!bytes) die(job, "out of memory");
    size = fread(bytes, 1, size, file);
    fclose(file);
    const unsigned char *at = bytes, *end = bytes + size;
    if (size > 2 && memcmp(bytes, "#!", 2) == 0) { /* the line that names mpiwasm */
        at = memchr(bytes, '\n', size);
        at = at ? at + 1 : end;
    }
    at += end - at >= 8 ? 8 : 0;
    while (at < end) {
        unsigned id = *at++, length = read_leb(&at, end);
        if (length > (size_t)(end - at)) break;
        const unsigned char *next = at + length;
        unsigned name_length = id == 0 ? read_leb(&at, next) : 0;
        if (id == 0 && name_length == strlen(name) && (size_t)(next - at) >= name_length &&
            memcmp(at, name, name_length) == 0) {
            at += name_length;
            char *text = strndup((const char *)at, (size_t)(next - at));
            if (!text) die(job, "out of memory");
            read_common_lines(job, &commons, text);
            free(text);
        }
        at = next;
    }
    free(bytes);
    return commons;
}

/* COMMON blocks that units know with various sizes get the largest one: the object that defines
 * them comes first, and of weak definitions the first one counts. False if there are none. */
static bool add_largest_commons(struct job *job, struct arguments *command) {
    struct commons commons = read_commons(job, job->output ? job->output : "a.out");
    char source[128];
    snprintf(source, sizeof source, "%s", temporary(job, ".c"));
    FILE *file = NULL;
    for (size_t i = 0; i < commons.count; i++) {
        if (!commons.items[i].differs) continue;
        if (!file) file = fopen(source, "w");
        if (!file) die(job, "cannot write %s", source);
        fprintf(file,
                "extern char c%zu[%llu] __asm__(\"%s\");\n"
                "__attribute__((weak, aligned(16))) char c%zu[%llu] = {0};\n",
                i, commons.items[i].size, commons.items[i].name, i, commons.items[i].size);
    }
    free(commons.items);
    if (!file) return false;
    fclose(file);
    struct arguments compile = cc_command(job);
    char object[128];
    snprintf(object, sizeof object, "%s", temporary(job, ".o"));
    static const char *const flags[] = {"-w", "-O1", "-c", "-o"};
    arguments_add_all(&compile, flags, sizeof flags / sizeof *flags);
    arguments_add(&compile, object);
    arguments_add(&compile, source);
    run(job, &compile);
    arguments_add(command, object);
    return true;
}

static void link_module(struct job *job) {
    for (int round = 0; round < 2; round++) {
        struct arguments command = cc_command(job);
        if (round == 1 && !add_largest_commons(job, &command)) return;
        arguments_add_all(&command, (const char *const *)job->link.items, job->link.count);
        if (job->links) add_libraries(job, &command);
        run(job, &command);
        if (!job->links || job->is_dry) return;
    }
}

int main(int argc, char **argv) {
    struct job job = {.program = basename(argv[0])};
    char reason[1024];
    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-help"))) {
        printf(usage, job.program);
        return 0;
    }
    if (!install_find(&job.install, reason, sizeof reason)) die(&job, "%s", reason);
    bool has_fortran = find_fortran(&job);
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("%s (mpiwasm) %s\n", job.program, MPIWASM_VERSION);
        if (!has_fortran) return 0;
        struct arguments version = {0};
        arguments_addf(&version, "%s/flang/bin/flang-new", job.fortran);
        arguments_add(&version, "--version");
        run(&job, &version);
        return 0;
    }
    if (!has_fortran)
        die(&job, "flang's runtime library for WebAssembly is not built yet: run mpiwasm sysroot "
                  "build --fortran (with flang-19 and mlir-19-tools from Debian)");
    for (int i = 1; i < argc; i++)
        if (strstr(argv[i], "showme:") == argv[i] + 1 ||
            strstr(argv[i], "showme:") == argv[i] + 2 || !strncmp(argv[i], "-compile", 8) ||
            !strncmp(argv[i], "-link", 5))
            return show(&job, argv[i]);

    read_arguments(&job, argc, argv);
    find_threads(&job);
    if (job.wants_openmp && !job.has_openmp)
        fprintf(
            stderr,
            "%s: warning: -fopenmp: compiled and linked without OpenMP, for one thread; `mpiwasm "
            "sysroot build`, then that with --openmp, then with --fortran make its libraries\n",
            job.program);
    if (job.sources.count > 0 && !job.is_quiet)
        for (size_t i = 0; i < job.missed.count; i++)
            fprintf(stderr, "%s: warning: %s is dropped: %s\n", job.program, job.missed.items[i],
                    find_missed(job.missed.items[i]));
    for (size_t i = 0; i < job.sources.count; i++)
        compile(&job, job.sources.items[i], job.objects.items[i]);

    if (job.links || job.sources.count == 0) link_module(&job);
    remove_directory(&job);
    return 0;
}
