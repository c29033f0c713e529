/*
 * compiler_options.c - see compiler_options.h.
 *
 * What is the default is left out, so that equal wishes give equal cache keys.
 */
#include "cli/compiler_options.h"

#include "base/machine.h"
#include "cli/message.h"

#include <string.h>
#include <unistd.h>

const char *const *compiler_options(const struct options *options, const char *cpu,
                                    const char *bounds, int remarks, struct arena *arena) {
    const char **words = arena_array(arena, 16, sizeof *words);
    size_t count = 0;
    if (cpu == NULL) cpu = options->cpu;
    if (bounds == NULL) bounds = options->bounds;
    bool is_other =
        options->target != NULL && strcmp(options->target, machine_name(MACHINE_HOST)) != 0;
    if (is_other) words[count++] = arena_printf(arena, "--target=%s", options->target);
    /* For another machine native is no default, but a mistake that the compiler explains. */
    if (cpu != NULL && (is_other || strcmp(cpu, "native") != 0))
        words[count++] = arena_printf(arena, "--cpu=%s", cpu);
    if (options->optimize != NULL) words[count++] = arena_printf(arena, "-O%s", options->optimize);
    if (options->fp != NULL && strcmp(options->fp, "strict") != 0)
        words[count++] = arena_printf(arena, "--fp=%s", options->fp);
    if (options->deterministic) words[count++] = "--deterministic";
    if (options->strict_traps) words[count++] = "--strict-traps";
    if (bounds != NULL && strcmp(bounds, "guard") != 0)
        words[count++] = arena_printf(arena, "--bounds=%s", bounds);
    if (options->jobs > 0) words[count++] = arena_printf(arena, "--jobs=%u", options->jobs);
    if (options->emit != NULL && strcmp(options->emit, "so") != 0)
        words[count++] = arena_printf(arena, "--emit=%s", options->emit);
    if (remarks >= 0) words[count++] = arena_printf(arena, "--remarks=/proc/self/fd/%d", remarks);
    return words; /* the arena gives zeroes */
}

void compiler_progress(void *user, double seconds, double fraction, bool finished) {
    static bool shown;
    const char *path = user;
    const char *slash = strrchr(path, '/');
    if (!isatty(2)) return;
    if (finished) {
        if (shown) fprintf(stderr, "\r\033[K");
        shown = false;
    } else if (seconds >= 0.5) {
        char percent[16] = "";
        if (fraction >= 0) snprintf(percent, sizeof percent, "%.0f %%, ", 100 * fraction);
        fprintf(stderr, "\r\033[Kmpiwasm: compiling %s (once, then it is kept) ... %s%.1f s ",
                slash != NULL ? slash + 1 : path, percent, seconds);
        shown = true;
    }
    fflush(stderr);
}
