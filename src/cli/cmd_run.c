/*
 * cmd_run.c - `mpiwasm [run] MODULE`: from the file to the guest's exit code.
 *
 * The steps stand in command_run in their order. An artifact is the one that the user names, the
 * cached one, or one compiled now; then the host layers that the module imports are instantiated,
 * the guest runs, and the layers finish (which may end the process: MPI_Abort).
 */
#include "cache/cache.h"
#include "cli/command.h"
#include "cli/compiler_options.h"
#include "cli/grants.h"
#include "cli/invoke.h"
#include "cli/job.h"
#include "cli/layers.h"
#include "cli/message.h"
#include "cli/module_file.h"
#include "cli/paths.h"
#include "runtime/instance.h"
#include "runtime/thread.h"
#include "wasm/print.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run {
    const struct options *options;
    struct arena *arena;
    struct module_file file;
    struct host_config config;
    struct artifact *artifact;
    struct linker *linker;
    struct store *store;
    struct instance *instance;
    bool refused;    /* the artifact was for another machine or CPU */
    bool others_run; /* threads of the guest, which has ended */
};

static bool open_made(struct run *run, const char *path, int fd, struct error *err) {
    bool ok = artifact_open(path, fd, &run->artifact, err);
    run->refused = !ok && err->code == ERROR_UNSUPPORTED;
    return ok;
}

/* Compiled code that reserves no guard regions, where the address space is limited. */
static const char *choose_bounds(const struct options *options) {
    struct error reason;
    if (options->bounds != NULL || memory_reservation_possible(&reason)) return NULL;
    if (options->verbose)
        message_note("memory accesses are checked in the code, which is slower: %s",
                     reason.message);
    return "explicit";
}

static bool compile_uncached(struct run *run, const struct cache_request *request,
                             struct error *err) {
    const char *places[] = {getenv("TMPDIR"), "/tmp", "/dev/shm"};
    char *directory = NULL;
    for (size_t i = 0; i < sizeof places / sizeof places[0] && directory == NULL; i++)
        if (places[i] != NULL && places[i][0] == '/')
            directory = mkdtemp(arena_printf(run->arena, "%s/mpiwasm-XXXXXX", places[i]));
    if (directory == NULL) return error_set_errno(err, "cannot make a temporary directory");
    char *path = arena_printf(run->arena, "%s/module.so", directory);
    bool ok = cache_compile(request, path, err) && open_made(run, path, -1, err);
    unlink(path);
    rmdir(directory);
    return ok;
}

static bool open_compiled_for(struct run *run, const char *cpu, struct error *err) {
    const struct options *options = run->options;
    run->refused = false;
    const struct cache_request request = {
        .module = run->file.wasm,
        .module_size = run->file.wasm_size,
        .module_name = run->file.path,
        .options = compiler_options(options, cpu, choose_bounds(options), -1, run->arena),
        .progress = options->quiet ? NULL : compiler_progress,
        .user = (void *)(uintptr_t)run->file.path,
    };
    if (options->no_cache) return compile_uncached(run, &request, err);
    struct cache_artifact cached;
    if (!cache_artifact_get(&request, &cached, err)) return false;
    if (cached.note[0] != '\0') message_note("%s", cached.note);
    if (options->verbose) {
        if (cached.compiled)
            message_note("compiled in %.2f s: %s", cached.seconds, cached.path);
        else
            message_note("found compiled: %s", cached.path);
    }
    bool ok = open_made(run, cached.path, cached.fd, err);
    if (!ok && !run->refused && options->verbose)
        message_note("cannot use '%s': %s", cached.path, err->message);
    cache_artifact_release(&cached);
    /* A cache is a convenience: what is wrong in it never stops a job. */
    return ok || (!run->refused && compile_uncached(run, &request, err));
}

/*
 * For the CPU that --cpu names, unless this machine lacks features of it: the same command may
 * start ranks on several kinds of nodes. Then for its own; and where the compiler sees another CPU
 * than this process, as under an emulator, for any of the architecture.
 */
static bool open_compiled(struct run *run, struct error *err) {
    const char *const cpus[] = {run->options->cpu, "native", "baseline"};
    bool is_named = cpus[0] != NULL && strcmp(cpus[0], "native") != 0;
    for (size_t i = is_named ? 0 : 1; i < sizeof cpus / sizeof cpus[0]; i++) {
        if (open_compiled_for(run, cpus[i], err)) return true;
        if (!run->refused) return false;
        if (i == 0)
            message_note("%s: compiling for this one instead", err->message);
        else if (run->options->verbose)
            message_note("%s", err->message);
    }
    return false;
}

/* FILE.so that is for another machine or CPU: is FILE.wasm there to be compiled for this one? */
static bool open_module_beside(struct run *run, struct error *err) {
    const char *path = run->file.path;
    size_t length = strlen(path);
    struct error reason = *err;
    if (length < 3 || strcmp(path + length - 3, ".so") != 0) return false;
    path = arena_printf(run->arena, "%.*s.wasm", (int)length - 3, path);
    struct module_file file;
    if (access(path, R_OK) != 0 || !module_file_open(path, &file, NULL)) return false;
    if (file.kind != MODULE_FILE_WASM) {
        module_file_release(&file);
        return false;
    }
    message_note("%s: compiling '%s' instead", reason.message, path);
    module_file_release(&run->file);
    run->file = file;
    return open_compiled(run, err);
}

static bool open_file(struct run *run, struct error *err) {
    if (run->file.kind != MODULE_FILE_ARTIFACT) return open_compiled(run, err);
    const char *path = run->file.path;
    if (artifact_open(path, -1, &run->artifact, err)) return true;
    return err->code == ERROR_UNSUPPORTED && open_module_beside(run, err);
}

static bool open_artifact(struct run *run, struct error *err) {
    const char *path = run->options->positional[0];
    if (!module_file_open(path, &run->file, err)) return false;
    if (run->file.kind == MODULE_FILE_ARTIFACT && run->options->no_artifacts)
        return error_set(err, ERROR_UNSUPPORTED,
                         "'%s' is native code, which --no-artifacts refuses", path);
    if (!open_file(run, err)) return module_file_explain(&run->file, err);
    run->config.max_memory = run->options->max_memory;
    run->config.untrusted =
        run->options->untrusted || run->artifact->descriptor->flags & ARTIFACT_EXPLICIT_BOUNDS;
    if (thread_is_imported(&run->artifact->module)) grants_add_processors(run->arena, &run->config);
    return true;
}

/* Seconds that the layers have to end a job whose guest has trapped. */
enum { ABORT_SECONDS = 15 };

static void give_up(int signal) {
    static const char text[] = "mpiwasm: the job does not end; this rank ends by itself\n";
    (void)signal;
    if (write(2, text, sizeof text - 1) < 0) _exit(EXIT_TRAP);
    _exit(EXIT_TRAP);
}

/* A trap may have struck inside the MPI library (runtime/trap.h), which may then wait for a lock of
 * its own for ever instead of aborting. */
static void start_watchdog(void) {
    sigset_t alarm_only;
    signal(SIGALRM, give_up);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(ABORT_SECONDS);
}

static void report(void *user, const struct outcome *outcome) {
    (void)user;
    message_trap(outcome);
    start_watchdog();
}

/* --max-memory: the exported memory grows no further. */
static bool limit_memory(const struct run *run, struct error *err) {
    struct external memory;
    uint64_t limit = run->options->max_memory;
    if (limit == 0 || !instance_export(run->instance, "memory", 6, &memory) ||
        memory.kind != WASM_EXTERNAL_MEMORY)
        return true;
    if (memory.memory->size > limit)
        return error_set(err, ERROR_NO_MEMORY,
                         "'%s' starts with %llu MiB of memory, more than --max-memory allows",
                         run->file.path, (unsigned long long)(memory.memory->size >> 20));
    if (memory.memory->maximum_pages > limit / WASM_PAGE_SIZE)
        memory.memory->maximum_pages = limit / WASM_PAGE_SIZE;
    return true;
}

/* Nothing is freed, no handler of exit runs: threads of the guest still use it all. */
_Noreturn static void end_process(int code) {
    if (fflush(stdout) != 0 && code == 0) code = EXIT_FAILED;
    _exit(code);
}

/* A thread of the guest has trapped or called exit. */
static void on_thread_end(void *user, const struct outcome *outcome) {
    struct run *run = user;
    bool trapped = outcome->kind == OUTCOME_TRAPPED;
    thread_end(run->instance);
    if (trapped) report(NULL, outcome);
    end_process(instance_finish(run->instance, outcome->exit_code, trapped));
}

static bool make_instance(struct run *run, struct error *err) {
    static struct instance_options instance_options = {.report = report, .ended = on_thread_end};
    const struct wasm_module *module = &run->artifact->module;
    run->linker = linker_create();
    if (!layers_add(run->linker, module, run->options, run->arena, err)) return false;
    run->store = store_create();
    bool explicit_bounds = (run->artifact->descriptor->flags & ARTIFACT_EXPLICIT_BOUNDS) != 0;
    if (!thread_memories_offer(run->store, run->linker, module, explicit_bounds, err)) return false;
    instance_options.host = &run->config;
    instance_options.user = run;
    if (!instance_create(run->store, run->artifact, run->linker, &instance_options, &run->instance,
                         err))
        return module_file_explain(&run->file, err);
    return limit_memory(run, err);
}

static bool takes_and_gives_nothing(const struct func_ref *function) {
    const struct wasm_function_type *type = type_from_id(function->type_id);
    return type->parameter_count == 0 && type->result_count == 0;
}

/* The function that --invoke names, else _start; NULL with *err set. */
static struct func_ref *find_entry(const struct run *run, struct error *err) {
    const char *name = run->options->invoke != NULL ? run->options->invoke : "_start";
    struct external entry;
    if (instance_export(run->instance, name, strlen(name), &entry) &&
        entry.kind == WASM_EXTERNAL_FUNCTION) {
        if (run->options->invoke != NULL || takes_and_gives_nothing(entry.function))
            return entry.function;
        char described[200];
        error_set(err, ERROR_UNLINKABLE, "'%s': its function '_start' is %s instead of () -> ()",
                  run->file.path,
                  wasm_print_function_type(type_from_id(entry.function->type_id), described,
                                           sizeof described));
        return NULL;
    }
    if (run->options->invoke != NULL)
        error_set(err, ERROR_UNLINKABLE,
                  "'%s' exports no function '%s'; `mpiwasm inspect` lists its exports",
                  run->file.path, name);
    else
        error_set(err, ERROR_UNLINKABLE,
                  "'%s' exports no function '_start', so it is no program; it may be a library "
                  "(--invoke calls one function)",
                  run->file.path);
    return NULL;
}

/* A library initialises itself in a function of its own, if it has to. */
static bool initialize_library(struct run *run, struct outcome *outcome) {
    struct external setup;
    return !instance_export(run->instance, "_initialize", 11, &setup) ||
           setup.kind != WASM_EXTERNAL_FUNCTION || !takes_and_gives_nothing(setup.function) ||
           instance_call(run->instance, setup.function, NULL, outcome);
}

/* The guest runs. Returns the exit code before the layers have their say. */
static int execute(struct run *run, struct func_ref *entry, bool *trapped) {
    static struct outcome outcome; /* large */
    struct error err;
    int code = 0;
    if (instance_initialize(run->instance, &outcome)) {
        if (run->options->invoke == NULL) {
            instance_call(run->instance, entry, NULL, &outcome);
        } else if (initialize_library(run, &outcome)) {
            code = invoke_function(run->instance, entry, run->options, run->arena, &outcome, &err);
            if (code != 0) message_error(&err);
        }
    }
    *trapped = outcome.kind == OUTCOME_TRAPPED;
    run->others_run = thread_end(run->instance);
    if (*trapped) report(NULL, &outcome);
    return outcome.kind == OUTCOME_RETURNED ? code : outcome.exit_code;
}

static void release(struct run *run) {
    if (run->store != NULL) store_free(run->store);
    if (run->linker != NULL) linker_free(run->linker);
    artifact_close(run->artifact);
    if (run->file.path != NULL) module_file_release(&run->file);
}

int command_run(const struct command *command, const struct options *options, struct arena *arena) {
    struct run run = {.options = options, .arena = arena};
    struct error err;
    if (!command_check_words(command, options, 1, options->positional_count, &err))
        return message_usage(NULL, &err);
    const char **arguments =
        arena_array(arena, (size_t)options->positional_count + 1, sizeof *arguments);
    memcpy(arguments, options->positional, (size_t)options->positional_count * sizeof *arguments);
    if (options->argv0 != NULL) arguments[0] = options->argv0;
    run.config = (struct host_config){
        .program = paths_executable(),
        .module_path = options->positional[0],
        .argument_count = options->positional_count,
        .arguments = arguments,
        .allow_spawn = options->allow_spawn,
        .allow_ports = options->allow_ports,
    };
    if (options->cache_dir != NULL) setenv("MPIWASM_CACHE_DIR", options->cache_dir, 1);
    int code;
    struct func_ref *entry;
    if (!grants_collect(options, arena, &run.config, &err) ||
        !grants_describe(options, arena, &run.config, &err) || !open_artifact(&run, &err) ||
        !make_instance(&run, &err)) {
        code = message_error(&err);
    } else if ((entry = find_entry(&run, &err)) == NULL) {
        code = message_error(&err);
        instance_finish(run.instance, code, false);
    } else {
        bool trapped;
        code = execute(&run, entry, &trapped);
        code = instance_finish(run.instance, code, trapped);
        if (run.others_run) end_process(code);
    }
    release(&run);
    return code;
}
