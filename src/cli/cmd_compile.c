/*
 * cmd_compile.c - `mpiwasm compile MODULE`: one run of mpiwasm-compile, to a file or the cache.
 */
#include "cache/cache.h"
#include "cli/command.h"
#include "cli/compiler_options.h"
#include "cli/message.h"
#include "cli/module_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* MODULE without .wasm, with the ending of what is made. */
static const char *default_output(const char *module, const char *emit, struct arena *arena) {
    static const char *const endings[][2] = {
        {"so", ".so"}, {"obj", ".o"}, {"asm", ".s"}, {"llvm", ".ll"}};
    const char *ending = ".so";
    for (size_t i = 0; emit != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcmp(emit, endings[i][0]) == 0) ending = endings[i][1];
    size_t length = strlen(module);
    if (length > 5 && strcmp(module + length - 5, ".wasm") == 0) length -= 5;
    return arena_printf(arena, "%.*s%s", (int)length, module, ending);
}

/* A file in memory that the compiler, too, has open; -1 if that cannot be. */
static int make_shared_file(struct error *err) {
    int fd = memfd_create("mpiwasm-remarks", MFD_CLOEXEC);
    /* Beyond the numbers that the compiler is given for other purposes; not closed by exec. */
    int shared = fd < 0 ? -1 : fcntl(fd, F_DUPFD, 10);
    if (shared < 0) error_set_errno(err, "cannot make a memory file");
    if (fd >= 0) close(fd);
    return shared;
}

static void print_file(int fd) {
    char block[4096];
    off_t at = 0;
    for (ssize_t count; (count = pread(fd, block, sizeof block, at)) > 0; at += count)
        fwrite(block, 1, (size_t)count, stdout);
}

/* Options that leave nothing to run, or nothing to put where. */
static bool check_cache_options(const struct options *options, struct error *err) {
    if (!options->cache) {
        if (options->cache_dir == NULL) return true;
        return error_set(err, ERROR_USAGE, "option '--cache-dir' needs '--cache'");
    }
    if (options->output != NULL || options->remarks ||
        (options->emit != NULL && strcmp(options->emit, "so") != 0))
        return error_set(err, ERROR_USAGE,
                         "option '--cache' goes with neither '--output', '--emit' nor '--remarks'");
    return true;
}

static bool fill_cache(const struct cache_request *request, const struct options *options,
                       struct error *err) {
    struct cache_artifact cached;
    if (options->cache_dir != NULL) setenv("MPIWASM_CACHE_DIR", options->cache_dir, 1);
    if (!cache_artifact_prepare(request, &cached, err)) return false;
    if (cached.note[0] != '\0') message_note("%s", cached.note);
    if (options->verbose)
        message_note("%s: %s", cached.compiled ? "compiled" : "was compiled already", cached.path);
    cache_artifact_release(&cached);
    return true;
}

int command_compile(const struct command *command, const struct options *options,
                    struct arena *arena) {
    struct error err;
    struct module_file file;
    if (!command_check_words(command, options, 1, 1, &err) || !check_cache_options(options, &err))
        return message_usage(command->name, &err);
    const char *path = options->positional[0];
    if (!module_file_open(path, &file, &err)) return message_error(&err);
    if (file.kind == MODULE_FILE_ARTIFACT) {
        error_set(&err, ERROR_MALFORMED,
                  "'%s' is native code already; mpiwasm compiles .wasm files", path);
        module_file_release(&file);
        return message_error(&err);
    }
    const char *output = options->output;
    if (output == NULL) output = default_output(path, options->emit, arena);
    int remarks = options->remarks ? make_shared_file(&err) : -1;
    if (options->remarks && remarks < 0) {
        module_file_release(&file);
        return message_error(&err);
    }
    const struct cache_request request = {
        .module = file.wasm,
        .module_size = file.wasm_size,
        .module_name = path,
        .options = compiler_options(options, NULL, NULL, remarks, arena),
        .progress = options->quiet ? NULL : compiler_progress,
        .user = (void *)(uintptr_t)path,
    };
    bool ok = options->cache ? fill_cache(&request, options, &err)
                             : cache_compile(&request, output, &err);
    if (ok && remarks >= 0) print_file(remarks);
    if (remarks >= 0) close(remarks);
    if (!ok) module_file_explain(&file, &err);
    module_file_release(&file);
    if (!ok) return message_error(&err);
    if (options->verbose && !options->cache) message_note("made '%s'", output);
    return 0;
}
