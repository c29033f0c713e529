/*
 * compile.c - the pipeline from a WebAssembly file to an artifact; see compile.h.
 *
 * compile_file is the list of steps; the middle ones (lower, optimise, emit) run once for each
 * partition of the module, in threads that share nothing but the decoded module.
 */
#include "compile/compile.h"

#include "base/arena.h"
#include "base/file.h"
#include "compile/debug_lines.h"
#include "compile/emit_object.h"
#include "compile/link.h"
#include "compile/lower.h"
#include "compile/optimize.h"
#include "compile/partition.h"
#include "compile/remarks.h"
#include "compile/target.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *compile_version(void) {
    static char version[64];
    snprintf(version, sizeof version, "mpiwasm %s, LLVM %s", MPIWASM_VERSION,
             llvm_compat_version());
    return version;
}

void compile_llvm_options(int count, const char *const *words) {
    target_initialize();
    LLVMParseCommandLineOptions(count, words, NULL);
    atexit(LLVMShutdown); /* which prints what -time-passes and -stats have counted */
}

const char *compile_fp_name(enum compile_fp mode) {
    static const char *const names[] = {[COMPILE_FP_STRICT] = "strict",
                                        [COMPILE_FP_CONTRACT] = "contract",
                                        [COMPILE_FP_FAST] = "fast"};
    return names[mode];
}

bool compile_target_describe(enum machine machine, const char *cpu, char **cpu_name,
                             char **features, struct error *err) {
    struct target target;
    if (!target_select(machine, cpu, 3, &target, err)) return false;
    *cpu_name = strdup(target.cpu);
    *features = strdup(target.required);
    target_free(&target);
    return true;
}

/* What the threads share. What stands behind the target is only read. */
struct work {
    const struct plan *plan;
    const struct compile_options *options;
    const struct target *target;
    const uint8_t *stripped;
    size_t stripped_size;
    LLVMMemoryBufferRef *results; /* per partition */
    struct error *errors;         /* per partition */
    struct remarks *remarks;      /* per partition */
    pthread_mutex_t progress;     /* of `done`, in tenths of partitions */
    unsigned done;
    atomic_uint next;
    atomic_bool failed;
};

/* What of a partition's time a step takes, in tenths. */
enum { LOWERED = 1, OPTIMISED = 5, GENERATED = 4, PARTITION_STEPS = 10 };

static void report_progress(struct work *work, unsigned more) {
    char line[64];
    if (work->options->progress_fd < 0) return;
    pthread_mutex_lock(&work->progress);
    work->done += more;
    int length = snprintf(line, sizeof line, "progress %u %u\n", work->done,
                          PARTITION_STEPS * work->plan->partition_count);
    /* Nobody may be listening any more; compiling goes on. */
    if (write(work->options->progress_fd, line, (size_t)length) < 0) errno = 0;
    pthread_mutex_unlock(&work->progress);
}

static LLVMModuleRef lower(struct work *work, uint32_t number,
                           const struct compile_options *options, LLVMContextRef context,
                           LLVMTargetMachineRef machine, struct error *err) {
    LLVMModuleRef module = lower_partition(work->plan, number, options, work->target, context,
                                           machine, work->stripped, work->stripped_size, err);
    if (module == NULL || optimize_verify(module, err)) return module;
    LLVMDisposeModule(module);
    return NULL;
}

static bool compile_module(struct work *work, uint32_t number, LLVMContextRef context,
                           LLVMTargetMachineRef machine, LLVMMemoryBufferRef *out,
                           struct error *err) {
    struct compile_options options = *work->options;
    options.remarks = NULL;
    LLVMModuleRef module = lower(work, number, &options, context, machine, err);
    if (module == NULL) return false;
    report_progress(work, LOWERED);
    bool ok = options.output == COMPILE_RAW_IR || optimize_module(module, machine, &options, err);
    report_progress(work, OPTIMISED);
    ok = ok && emit_object(module, machine, options.output, out, err);
    report_progress(work, GENERATED);
    LLVMDisposeModule(module);
    return ok;
}

/* Optimise for the remarks alone: the code gets other debug locations than the result shall have,
 * and is the same otherwise. */
static bool find_remarks(struct work *work, uint32_t number, LLVMContextRef context,
                         LLVMTargetMachineRef machine, struct error *err) {
    LLVMModuleRef module = lower(work, number, work->options, context, machine, err);
    if (module == NULL) return false;
    bool ok = optimize_module(module, machine, work->options, err);
    LLVMDisposeModule(module);
    return ok;
}

static bool compile_partition(struct work *work, uint32_t number, struct error *err) {
    LLVMContextRef context = LLVMContextCreate();
    bool wants_remarks = work->options->remarks != NULL;
    struct diagnostics diagnosed = {.remarks = wants_remarks ? &work->remarks[number] : NULL};
    llvm_compat_catch_diagnostics(context, &diagnosed);
    LLVMTargetMachineRef machine = target_machine_create(work->target);
    LLVMMemoryBufferRef result = NULL;
    bool ok = !wants_remarks || find_remarks(work, number, context, machine, err);
    diagnosed.remarks = NULL;
    ok = ok && compile_module(work, number, context, machine, &result, err);
    if (ok && diagnosed.err.code != ERROR_NONE) {
        *err = diagnosed.err;
        LLVMDisposeMemoryBuffer(result);
        ok = false;
    }
    if (ok) work->results[number] = result;
    LLVMDisposeTargetMachine(machine);
    LLVMContextDispose(context);
    return ok;
}

static void *compile_partitions(void *data) {
    struct work *work = data;
    for (;;) {
        unsigned number = atomic_fetch_add(&work->next, 1);
        if (number >= work->plan->partition_count || atomic_load(&work->failed)) return NULL;
        if (!compile_partition(work, number, &work->errors[number]))
            atomic_store(&work->failed, true);
    }
}

static unsigned count_jobs(const struct work *work) {
    unsigned jobs = work->options->jobs;
    cpu_set_t cpus;
    if (jobs == 0) {
        jobs = 1;
        if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) jobs = (unsigned)CPU_COUNT(&cpus);
    }
    return jobs < work->plan->partition_count ? jobs : work->plan->partition_count;
}

/* LLVM recurses deeply on big functions. */
enum { THREAD_STACK_SIZE = 64 << 20 };

static bool run_threads(struct work *work, struct error *err) {
    unsigned jobs = count_jobs(work), started = 0;
    pthread_t *threads = calloc(jobs, sizeof *threads);
    if (threads == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_SIZE);
    report_progress(work, 0);
    while (started < jobs &&
           pthread_create(&threads[started], &attributes, compile_partitions, work) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    if (started == 0) compile_partitions(work); /* out of threads: do without */
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    /* The error of the first partition, whichever thread was first. */
    for (uint32_t i = 0; i < work->plan->partition_count; i++)
        if (work->errors[i].code != ERROR_NONE) {
            *err = work->errors[i];
            return false;
        }
    return true;
}

static bool write_bytes(const char *path, const void *bytes, size_t size, struct error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return error_set_errno(err, "cannot write %s", path);
    bool ok = file_write_all(fd, bytes, size, err);
    if (close(fd) != 0 && ok) ok = error_set_errno(err, "cannot write %s", path);
    return ok;
}

/* What is not linked is one partition. */
static bool write_result(const char *path, const struct work *work, struct error *err) {
    LLVMMemoryBufferRef buffer = work->results[0];
    return write_bytes(path, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer), err);
}

static bool link_results(const struct work *work, const char *path, struct error *err) {
    uint32_t count = work->plan->partition_count;
    struct link_object *objects = calloc(count, sizeof *objects);
    if (objects == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    for (uint32_t i = 0; i < count; i++)
        objects[i] = (struct link_object){LLVMGetBufferStart(work->results[i]),
                                          LLVMGetBufferSize(work->results[i])};
    bool ok = link_shared_object(objects, count, path, err);
    free(objects);
    return ok;
}

/* Write beside the target, then rename, so that nobody ever sees half of it. */
static bool write_output(const struct work *work, const char *output, struct error *err) {
    struct stat status;
    bool is_special = stat(output, &status) == 0 && !S_ISREG(status.st_mode);
    if (is_special && work->options->output != COMPILE_SHARED_OBJECT)
        return write_result(output, work, err); /* /dev/stdout and its like */
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.tmp-%ld", output, (long)getpid()) < 0)
        return error_set(err, ERROR_NO_MEMORY, "out of memory");
    bool ok = work->options->output == COMPILE_SHARED_OBJECT ? link_results(work, temporary, err)
                                                             : write_result(temporary, work, err);
    if (ok && rename(temporary, output) != 0) ok = error_set_errno(err, "cannot write %s", output);
    if (!ok) unlink(temporary);
    free(temporary);
    return ok;
}

static bool write_remarks(const struct work *work, struct error *err) {
    char *text = remarks_format(work->remarks, work->plan->partition_count, work->plan->module,
                                work->plan->lines);
    if (text == NULL) return error_set(err, ERROR_NO_MEMORY, "out of memory");
    bool ok = write_bytes(work->options->remarks, text, strlen(text), err);
    free(text);
    return ok;
}

static bool compile_plan(const struct plan *plan, const char *output,
                         const struct compile_options *options, struct error *err) {
    uint32_t count = plan->partition_count;
    struct target target;
    uint8_t *stripped = NULL;
    struct work work = {
        .plan = plan, .options = options, .target = &target, .progress = PTHREAD_MUTEX_INITIALIZER};
    if (!target_select(options->machine, options->cpu, options->optimization, &target, err))
        return false;
    work.results = calloc(count, sizeof *work.results);
    work.errors = calloc(count, sizeof *work.errors);
    work.remarks = calloc(count, sizeof *work.remarks);
    bool ok = work.results != NULL && work.errors != NULL && work.remarks != NULL;
    if (!ok) error_set(err, ERROR_NO_MEMORY, "out of memory");
    ok = ok && wasm_module_strip(plan->module, &stripped, &work.stripped_size, err);
    work.stripped = stripped;
    ok = ok && run_threads(&work, err) && write_output(&work, output, err) &&
         (options->remarks == NULL || write_remarks(&work, err));
    for (uint32_t i = 0; work.results != NULL && i < count; i++)
        if (work.results[i] != NULL) LLVMDisposeMemoryBuffer(work.results[i]);
    for (uint32_t i = 0; work.remarks != NULL && i < count; i++)
        remarks_free(&work.remarks[i]);
    free(work.results);
    free(work.remarks);
    free(work.errors);
    free(stripped);
    target_free(&target);
    return ok;
}

/* A first line for the shell, "#!/usr/bin/env mpiwasm", is not part of the module. */
static size_t skip_shebang(const struct file_contents *file) {
    if (file->size < 2 || file->bytes[0] != '#' || file->bytes[1] != '!') return 0;
    const uint8_t *newline = memchr(file->bytes, '\n', file->size);
    return newline == NULL ? file->size : (size_t)(newline + 1 - file->bytes);
}

static uint64_t count_code(const struct wasm_module *module) {
    uint64_t size = 0;
    for (uint32_t i = module->imported_function_count; i < module->function_count; i++)
        size += module->functions[i].body_size;
    return size;
}

bool compile_file(const char *input, const char *output, const struct compile_options *options,
                  struct error *err) {
    struct file_contents file;
    if (!file_read(input, &file, err)) return false;
    size_t skipped = skip_shebang(&file);
    struct wasm_module module = {0};
    bool decoded = wasm_module_decode(file.bytes + skipped, file.size - skipped, &module, err);
    bool ok = decoded && wasm_module_validate(&module, err);
    if (ok) {
        struct arena arena = {0};
        struct plan plan;
        struct line_table lines;
        struct compile_options chosen = *options;
        if (chosen.optimization == COMPILE_LEVEL_DEFAULT)
            chosen.optimization = count_code(&module) > COMPILE_SMALL_SIZE ? 2 : 3;
        plan_make(&plan, &module, options->machine, options->output != COMPILE_SHARED_OBJECT,
                  &arena);
        debug_lines_read(&module, &lines);
        plan.lines = &lines;
        ok = compile_plan(&plan, output, &chosen, err);
        line_table_free(&lines);
        arena_free(&arena);
    }
    if (decoded) wasm_module_free(&module);
    file_release(&file);
    return ok;
}
