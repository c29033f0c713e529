/*
 * arguments.c - sort the compiler wrapper's command line; find clang and the sysroot.
 *
 * Reads argv, the environment (MPIWASM_CLANG, MPIWASM_SYSROOT, WASI_SDK_PATH, PATH, HOME) and the
 * wrapper's own place.
 * The tables below say which options of native compilers mean nothing here.
 */
#include "guest/arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void arguments_add(struct arguments *list, const char *item) {
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->items = realloc(list->items, list->room * sizeof *list->items);
    }
    char *copy = strdup(item);
    if (!list->items || !copy) {
        fputs("mpiwasmcc: out of memory\n", stderr);
        exit(1);
    }
    list->items[list->count++] = copy;
}

void arguments_addf(struct arguments *list, const char *format, ...) {
    char text[2 * PATH_MAX];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    arguments_add(list, text);
}

void arguments_add_all(struct arguments *list, const char *const *items, size_t count) {
    for (size_t i = 0; i < count; i++)
        arguments_add(list, items[i]);
}

char **arguments_terminated(struct arguments *list) {
    arguments_add(list, "");
    free(list->items[--list->count]);
    list->items[list->count] = NULL;
    return list->items;
}

int arguments_run(struct arguments *command, const char *name,
                  void (*take)(void *state, char *line), void *state) {
    int ends[2], status = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        execvp(command->items[0], arguments_terminated(command));
        dprintf(STDERR_FILENO, "%s: cannot run %s: %s\n", name, command->items[0], strerror(errno));
        _exit(127);
    }
    int failure = errno;
    close(ends[1]);
    FILE *errors = fdopen(ends[0], "r");
    char *line = NULL;
    size_t room = 0;
    while (child > 0 && errors && getline(&line, &room, errors) > 0)
        take(state, line);
    free(line);
    if (errors) fclose(errors);
    if (child < 0) {
        errno = failure;
        return -1;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void arguments_print(const struct arguments *list, FILE *out) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_=+./,:@%";
    for (size_t i = 0; i < list->count; i++) {
        const char *item = list->items[i];
        if (i) fputc(' ', out);
        bool is_text = strchr(item, ' ') && i + 1 == list->count && list->count == 1;
        if (is_text || (*item && strspn(item, plain) == strlen(item))) {
            fputs(item, out);
            continue;
        }
        fputc('\'', out);
        for (const char *c = item; *c; c++) {
            if (*c == '\'')
                fputs("'\\''", out);
            else
                fputc(*c, out);
        }
        fputc('\'', out);
    }
    fputc('\n', out);
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool matches(const char *text, const char *const *table) {
    for (; *table; table++) {
        size_t length = strlen(*table);
        bool is_prefix = (*table)[length - 1] == '*';
        if (is_prefix ? strncmp(text, *table, length - 1) == 0 : strcmp(text, *table) == 0)
            return true;
    }
    return false;
}

/* Options of clang that take the next argument, which must not be read as an input. */
static const char *const with_argument[] = {"-o",
                                            "-I",
                                            "-D",
                                            "-U",
                                            "-L",
                                            "-l",
                                            "-x",
                                            "-include",
                                            "-imacros",
                                            "-isystem",
                                            "-idirafter",
                                            "-iquote",
                                            "-isysroot",
                                            "-iprefix",
                                            "-MF",
                                            "-MT",
                                            "-MQ",
                                            "-mllvm",
                                            "-Xclang",
                                            "-Xlinker",
                                            "-Xassembler",
                                            "-Xpreprocessor",
                                            "-T",
                                            "-u",
                                            "-z",
                                            "-arch",
                                            "-target",
                                            "--sysroot",
                                            "-framework",
                                            "--param",
                                            "-resource-dir",
                                            "-e",
                                            "-aux-info",
                                            "-iwithprefix",
                                            "-iwithprefixbefore",
                                            "-B",
                                            NULL};

/* For native code alone: dropped, with a note under -v. */
static const char *const native_only[] = {"-fPIC",
                                          "-fpic",
                                          "-fPIE",
                                          "-fpie",
                                          "-pie",
                                          "-no-pie",
                                          "-static",
                                          "-static-libgcc",
                                          "-static-libstdc++",
                                          "-static-pie",
                                          "-shared-libgcc",
                                          "-rdynamic",
                                          "-pipe",
                                          "-fno-plt",
                                          "-fstack-protector*",
                                          "-fno-stack-protector*",
                                          "-fstack-clash-protection",
                                          "-fcf-protection*",
                                          "-fexcess-precision*",
                                          "-fno-exceptions-table",
                                          "-fuse-ld=*",
                                          "-R*",
                                          "-rpath*",
                                          "-flto-partition*",
                                          "-fopenacc",
                                          "-fopenmp-targets=*",
                                          "-ffat-lto-objects",
                                          "-fno-semantic-interposition",
                                          "-B*",
                                          NULL};

/* -m options that clang knows for WebAssembly; the others name parts of other processors. */
static const char *const wasm_machine[] = {"-mllvm",
                                           "-mexec-model=*",
                                           "-matomics",
                                           "-mno-atomics",
                                           "-mbulk-memory*",
                                           "-mno-bulk-memory*",
                                           "-mexception-handling",
                                           "-mno-exception-handling",
                                           "-mextended-const",
                                           "-mno-extended-const",
                                           "-mfp16",
                                           "-mno-fp16",
                                           "-mgc",
                                           "-mno-gc",
                                           "-mmultimemory",
                                           "-mno-multimemory",
                                           "-mmultivalue",
                                           "-mno-multivalue",
                                           "-mmutable-globals",
                                           "-mno-mutable-globals",
                                           "-mnontrapping-fptoint",
                                           "-mno-nontrapping-fptoint",
                                           "-mreference-types",
                                           "-mno-reference-types",
                                           "-mrelaxed-simd",
                                           "-mno-relaxed-simd",
                                           "-msign-ext",
                                           "-mno-sign-ext",
                                           "-msimd128",
                                           "-mno-simd128",
                                           "-mtail-call",
                                           "-mno-tail-call",
                                           "-mcall-indirect-overlong",
                                           "-mno-call-indirect-overlong",
                                           "-mwide-arithmetic",
                                           "-mno-wide-arithmetic",
                                           "-mcpu=generic",
                                           "-mcpu=mvp",
                                           "-mcpu=bleeding-edge",
                                           "-mcpu=lime1",
                                           NULL};

/* Libraries that are part of the guest's own, or of the host's MPI and C compiler. */
static const char *const known_libraries[] = {
    "mpi",  "mpich",   "mpicxx", "mpi_cxx", "mpichcxx", "open-rte", "open-pal",
    "pmpi", "pthread", "dl",     "rt",      "util",     "nsl",      "resolv",
    "gcc",  "gcc_s",   "gcc_eh", "c",       "setjmp",   "stdc++fs", NULL};

/* Options after -Wl, and -Xlinker for ELF linkers alone; `takes` the next part too. */
static const char *const elf_linker[] = {"--enable-new-dtags",
                                         "--disable-new-dtags",
                                         "--as-needed",
                                         "--no-as-needed",
                                         "--start-group",
                                         "--end-group",
                                         "-(",
                                         "-)",
                                         "--hash-style*",
                                         "-O1",
                                         "-O2",
                                         "--sort-common*",
                                         "--warn-common",
                                         "-rpath=*",
                                         "--rpath=*",
                                         "-rpath-link=*",
                                         "--rpath-link=*",
                                         "-soname=*",
                                         "--version-script*",
                                         "--dynamic-linker*",
                                         "--add-needed",
                                         "--no-add-needed",
                                         "--copy-dt-needed-entries",
                                         "--no-copy-dt-needed-entries",
                                         "-Bsymbolic*",
                                         "--eh-frame-hdr",
                                         "--build-id*",
                                         "--dynamic-list*",
                                         "--no-gc-sections",
                                         "--push-state",
                                         "--pop-state",
                                         "--relax",
                                         "--no-relax",
                                         "-s,",
                                         NULL};
static const char *const elf_linker_pair[] = {
    "-rpath", "--rpath", "-rpath-link",     "--rpath-link", "-R", "-soname",
    "-h",     "-z",      "-dynamic-linker", "-I",           "-m", NULL};

static const char *const host_directories[] = {"/usr/include",
                                               "/usr/include/",
                                               "/usr/include/x86_64-linux-gnu*",
                                               "/usr/include/aarch64-linux-gnu*",
                                               "/usr/lib",
                                               "/usr/lib/",
                                               "/usr/lib64",
                                               "/lib",
                                               "/lib64",
                                               "/usr/lib/x86_64-linux-gnu*",
                                               "/usr/lib/aarch64-linux-gnu*",
                                               NULL};

static void note(const struct options *options, const char *what) {
    if (options->is_verbose)
        fprintf(stderr, "mpiwasmcc: note: %s means nothing for WebAssembly: dropped\n", what);
}

/* One -Wl,... argument without what ELF linkers alone know. */
static void read_linker_option(const char *argument, const struct options *options,
                               struct arguments *user) {
    char *parts = strdup(argument + strlen("-Wl,"));
    char *position = parts, *part;
    struct arguments kept = {0};
    while (parts && (part = strsep(&position, ","))) {
        if (matches(part, elf_linker)) {
            note(options, part);
        } else if (matches(part, elf_linker_pair) && position) {
            const char *value = strsep(&position, ",");
            if (strcmp(part, "-z") == 0 && value && starts_with(value, "stack-size")) {
                arguments_add(&kept, part);
                arguments_add(&kept, value);
            } else {
                note(options, part);
            }
        } else if (!matches(part, elf_linker_pair)) {
            arguments_add(&kept, part);
        }
    }
    for (size_t i = 0; i < kept.count; i++) {
        arguments_add(user, "-Xlinker");
        arguments_add(user, kept.items[i]);
    }
    free(parts);
}

enum input { INPUT_SOURCE, INPUT_OBJECT };

static enum input classify_input(const char *path, const char *language) {
    static const char *const sources[] = {".c",   ".cc", ".cp",  ".cpp", ".cxx", ".C",  ".c++",
                                          ".CPP", ".i",  ".ii",  ".s",   ".S",   ".ll", ".bc",
                                          ".h",   ".hh", ".hpp", ".hxx", NULL};
    if (strcmp(path, "-") == 0) return INPUT_SOURCE;
    if (language && strcmp(language, "none") != 0) return INPUT_SOURCE;
    const char *suffix = strrchr(path, '.');
    return suffix && matches(suffix, sources) ? INPUT_SOURCE : INPUT_OBJECT;
}

static bool is_cxx_source(const char *path, const char *language) {
    static const char *const sources[] = {".cc",  ".cp", ".cpp", ".cxx", ".C",   ".c++",
                                          ".CPP", ".ii", ".hh",  ".hpp", ".hxx", NULL};
    if (language && strcmp(language, "none") != 0) return strncmp(language, "c++", 3) == 0;
    const char *suffix = strrchr(path, '.');
    return suffix && matches(suffix, sources);
}

/* "-show" and its many spellings: what to show, or NULL. */
static const char *read_show(const char *argument) {
    if (!strcmp(argument, "-show") || !strcmp(argument, "-showme") || !strcmp(argument, "--showme"))
        return "";
    if (!strcmp(argument, "-compile-info") || !strcmp(argument, "-compile_info")) return "compile";
    if (!strcmp(argument, "-link-info") || !strcmp(argument, "-link_info")) return "link";
    if (starts_with(argument, "--showme:")) return argument + strlen("--showme:");
    if (starts_with(argument, "-showme:")) return argument + strlen("-showme:");
    return NULL;
}

/* The wrapper's own options. */
static bool read_own_option(const char *argument, struct options *options) {
    const char *show = read_show(argument);
    if (show)
        options->show = show;
    else if (!strcmp(argument, "--old-c"))
        options->is_old_c = true;
    else if (!strcmp(argument, "--strict-signatures"))
        options->is_strict = true;
    else if (!strcmp(argument, "--shebang"))
        options->shebang = SHEBANG_YES;
    else if (!strcmp(argument, "--no-shebang"))
        options->shebang = SHEBANG_NO;
    else if (!strcmp(argument, "--help") || !strcmp(argument, "-help"))
        options->wants_help = true;
    else
        return false;
    return true;
}

static const char *unsupported(const char *argument) {
    if (!strcmp(argument, "-shared"))
        return "shared libraries are not supported; link static ones (for autotools: "
               "--disable-shared)";
    if (!strcmp(argument, "-pg")) return "gprof cannot profile modules; use perf on mpiwasm";
    if (starts_with(argument, "-fsanitize=")) return "no sanitizer runs in modules";
    return NULL;
}

/* Libraries for threads that CMake's find_package(OpenMP) has seen -fopenmp link, and puts in its
 * place; and OpenMP's runtime by its name. The wrapper adds them itself. */
static bool is_threads_library(const char *argument, struct options *options) {
    static const char *const openmp[] = {"-lomp", "-lgomp", "-liomp5", NULL};
    static const char *const ends[] = {"/threads/libomp.a", "/threads/libpthread.a",
                                       "/lib/libmpiwasm-compat-threads.a"};
    if (argument[0] == '-') {
        if (!matches(argument, openmp)) return false;
        options->has_openmp = true;
        return true;
    }
    size_t length = strlen(argument);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t end = strlen(ends[i]);
        if (length < end || strcmp(argument + length - end, ends[i]) != 0) continue;
        options->has_openmp |= i == 0;
        options->has_threads = true;
        return true;
    }
    return false;
}

bool options_read(int argc, char **argv, struct options *options, struct arguments *user,
                  char *reason, size_t reason_size) {
    *options = (struct options){.links = true};
    bool has_input = false, is_linker_argument = false;
    const char *language = NULL;
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "-v") || !strcmp(argv[i], "-###")) options->is_verbose = true;

    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        bool takes_next = matches(argument, with_argument);
        const char *value = takes_next && i + 1 < argc ? argv[i + 1] : NULL;

        if (read_own_option(argument, options)) continue;
        const char *refusal = unsupported(argument);
        if (refusal) {
            snprintf(reason, reason_size, "%s: %s", argument, refusal);
            return false;
        }
        if (!strcmp(argument, "--version")) options->wants_version = true;
        if (!strcmp(argument, "-c") || !strcmp(argument, "-S") || !strcmp(argument, "-E") ||
            !strcmp(argument, "-M") || !strcmp(argument, "-MM") || !strcmp(argument, "-r") ||
            !strcmp(argument, "-fsyntax-only") || !strcmp(argument, "--precompile"))
            options->links = false;
        if (starts_with(argument, "-O")) options->optimises = strcmp(argument, "-O0") != 0;
        if (starts_with(argument, "-g")) options->has_debug = strcmp(argument, "-g0") != 0;
        if (starts_with(argument, "--sysroot")) options->has_sysroot = true;
        if (!strcmp(argument, "-nostdlib") || !strcmp(argument, "-nodefaultlibs"))
            options->has_nostdlib = true;
        if (!strcmp(argument, "-nostartfiles")) options->has_nostartfiles = true;
        if (!strcmp(argument, "-fno-exceptions")) options->has_no_exceptions = true;
        if (!strcmp(argument, "-fexceptions") || !strcmp(argument, "-fwasm-exceptions"))
            options->has_no_exceptions = false;
        if (strstr(argument, "-wasm-enable-sjlj") || !strcmp(argument, "-mno-exception-handling"))
            options->has_jumps = true;
        if (!strcmp(argument, "-pthread") || !strcmp(argument, "-pthreads") ||
            !strcmp(argument, "-mt")) {
            options->has_threads = true;
            continue;
        }
        if (starts_with(argument, "-x")) language = value ? value : argument + 2;
        if (!strcmp(argument, "-o"))
            options->output = value;
        else if (starts_with(argument, "-o") && argument[2] && !starts_with(argument, "-object"))
            options->output = argument + 2;

        if (!strcmp(argument, "-Xlinker") && value) {
            static const char *const pairs[] = {"-rpath", "--rpath", "-soname", "-h", "-z", NULL};
            if (matches(value, elf_linker) || matches(value, elf_linker_pair)) {
                note(options, value);
                is_linker_argument = matches(value, pairs);
                i++;
                continue;
            }
            if (is_linker_argument) { /* the value of one that was dropped */
                is_linker_argument = false;
                i++;
                continue;
            }
        }
        if (starts_with(argument, "-Wl,")) {
            read_linker_option(argument, options, user);
            continue;
        }
        if (!strcmp(argument, "-fopenmp") || starts_with(argument, "-fopenmp=")) {
            options->has_openmp = true;
            continue;
        }
        if (!strcmp(argument, "-Xclang") && value && !strcmp(value, "-fopenmp")) {
            options->has_openmp = true; /* the last thing that CMake tries */
            i++;
            continue;
        }
        if (!strcmp(argument, "-fno-openmp")) {
            options->has_openmp = false;
            continue;
        }
        bool is_machine = argument[0] == '-' && argument[1] == 'm' && argument[2];
        if ((is_machine && !matches(argument, wasm_machine)) || matches(argument, native_only)) {
            note(options, argument);
            if (!strcmp(argument, "-B")) i++;
            continue;
        }
        if (is_threads_library(argument, options)) continue;
        const char *library = !strcmp(argument, "-l")       ? value
                              : starts_with(argument, "-l") ? argument + 2
                                                            : NULL;
        if (library && matches(library, known_libraries)) {
            note(options, argument);
            i += takes_next;
            continue;
        }
        if (library && !strcmp(library, "stdc++")) {
            arguments_add(user, "-lc++");
            i += takes_next;
            continue;
        }
        const char *directory = NULL;
        if (starts_with(argument, "-I") || starts_with(argument, "-L"))
            directory = argument[2] ? argument + 2 : value;
        else if (starts_with(argument, "-isystem"))
            directory = argument[8] ? argument + 8 : value;
        if (directory && matches(directory, host_directories)) {
            note(options, argument);
            i += takes_next;
            continue;
        }

        arguments_add(user, argument);
        if (value) {
            arguments_add(user, value);
            i++;
        }
        if (argument[0] == '@' || (argument[0] != '-' || !argument[1])) {
            has_input = true;
            if (argument[0] == '@' || classify_input(argument, language) == INPUT_SOURCE)
                options->compiles = true;
            if (is_cxx_source(argument, language)) options->is_cxx = true;
        }
        if (library) has_input = true;
    }
    if (!has_input && !options->show) options->links = false;
    if (options->show && !has_input) options->compiles = true;
    return true;
}

/* The first of the names that PATH has, as a path; false if none. */
static bool search_path(const char *name, char *out, size_t size) {
    const char *path = getenv("PATH");
    if (!path) path = "/usr/bin:/bin";
    while (*path) {
        size_t length = strcspn(path, ":");
        int written = snprintf(out, size, "%.*s/%s", (int)length, path, name);
        if (written > 0 && (size_t)written < size && access(out, X_OK) == 0) return true;
        path += length + (path[length] == ':');
    }
    return false;
}

/* The C++ driver beside the C driver: ".../clang-22" gives ".../clang++-22". */
static void derive_clangxx(struct install *install) {
    const char *name = strrchr(install->clang, '/');
    name = name ? name + 1 : install->clang;
    const char *at = strstr(name, "clang");
    if (!at) {
        snprintf(install->clangxx, sizeof install->clangxx, "%s", install->clang);
        return;
    }
    int head = (int)(at - install->clang) + 5;
    snprintf(install->clangxx, sizeof install->clangxx, "%.*s++%s", head, install->clang, at + 5);
}

static bool find_clang(struct install *install, char *reason, size_t reason_size) {
    const char *wanted = getenv("MPIWASM_CLANG");
    const char *sdk = getenv("WASI_SDK_PATH");
    if (wanted && *wanted) {
        if (strchr(wanted, '/'))
            snprintf(install->clang, sizeof install->clang, "%s", wanted);
        else if (!search_path(wanted, install->clang, sizeof install->clang)) {
            snprintf(reason, reason_size, "MPIWASM_CLANG: no %s in PATH", wanted);
            return false;
        }
        return true;
    }
    if (sdk && *sdk) {
        snprintf(install->clang, sizeof install->clang, "%s/bin/clang", sdk);
        return true;
    }
    if (access(MPIWASM_CLANG_DEFAULT, X_OK) == 0) {
        snprintf(install->clang, sizeof install->clang, "%s", MPIWASM_CLANG_DEFAULT);
        return true;
    }
    static const char *const names[] = {"clang-22", "clang-21", "clang-20", "clang-19", "clang"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (search_path(names[i], install->clang, sizeof install->clang)) return true;
    snprintf(reason, reason_size, "no clang found (22, 21, 20 or 19); name one in MPIWASM_CLANG");
    return false;
}

static bool exists(const char *directory, const char *name) {
    char path[2 * PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return access(path, R_OK) == 0;
}

/* A wasi-sdk if the user names one, else the full level if it was built, else the stock level. */
static bool find_sysroot(struct install *install, char *reason, size_t reason_size) {
    const char *sdk = getenv("WASI_SDK_PATH");
    const char *wanted = getenv("MPIWASM_SYSROOT");
    const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    size_t size = sizeof install->sysroot;
    install->level = LEVEL_FULL;
    if (sdk && *sdk) {
        install->level = LEVEL_SDK;
        snprintf(install->sysroot, size, "%s/share/wasi-sysroot", sdk);
    } else if (wanted && *wanted && strcmp(wanted, "stock") != 0) {
        snprintf(install->sysroot, size, "%s", wanted);
        if (!exists(wanted, "level")) {
            snprintf(
                reason, reason_size,
                "MPIWASM_SYSROOT: there is no sysroot in %s; `mpiwasm sysroot build` makes one",
                wanted);
            return false;
        }
    } else {
        snprintf(install->sysroot, size, "%s/full", install->share);
        if (!exists(install->sysroot, "level") && data && *data)
            snprintf(install->sysroot, size, "%s/mpiwasm/full", data);
        else if (!exists(install->sysroot, "level") && home)
            snprintf(install->sysroot, size, "%s/.local/share/mpiwasm/full", home);
        if ((wanted && *wanted) || !exists(install->sysroot, "level")) {
            install->level = LEVEL_STOCK;
            snprintf(install->sysroot, size, "%s/sysroot", install->share);
        }
    }
    if (access(install->sysroot, R_OK) != 0) {
        snprintf(reason, reason_size, "no WASI sysroot at %s: %s", install->sysroot,
                 strerror(errno));
        return false;
    }
    install->has_exceptions = exists(install->sysroot, "lib/wasm32-wasip1/eh/libc++.a");
    install->has_no_exceptions = exists(install->sysroot, "lib/wasm32-wasip1/noeh/libc++.a");
    install->has_threads = install->level == LEVEL_FULL &&
                           exists(install->sysroot, "lib/wasm32-wasip1/threads/libpthread.a");
    install->has_openmp =
        install->has_threads && exists(install->sysroot, "lib/wasm32-wasip1/threads/libomp.a");
    return true;
}

bool install_find(struct install *install, char *reason, size_t reason_size) {
    char self[PATH_MAX - 64];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0) {
        snprintf(reason, reason_size, "cannot find my own place: %s", strerror(errno));
        return false;
    }
    self[length] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    snprintf(install->mpiwasm, sizeof install->mpiwasm, "%s/mpiwasm", self);
    slash = strrchr(self, '/');
    if (slash) *slash = 0;
    snprintf(install->share, sizeof install->share, "%s/share/mpiwasm", self);
    if (!find_clang(install, reason, reason_size)) return false;
    derive_clangxx(install);

    if (!find_sysroot(install, reason, reason_size)) return false;
    char builtins[PATH_MAX + 64];
    snprintf(builtins, sizeof builtins, "%s/lib/libclang_rt.builtins.a", install->share);
    install->has_builtins = install->level != LEVEL_SDK && access(builtins, R_OK) == 0;
    return true;
}
