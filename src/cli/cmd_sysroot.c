/*
 * cmd_sysroot.c - `mpiwasm sysroot ...`: hands all words to share/mpiwasm/sysroot.py, which builds
 * the guest's libraries; compiling is nothing a running program needs, so Python is asked for here
 * alone.
 */
#include "cli/command.h"
#include "cli/message.h"
#include "cli/paths.h"

#include <unistd.h>

int command_sysroot(int argc, char **argv) {
    struct arena arena = {0};
    struct error err;
    char *script = paths_installed(&arena, "share/mpiwasm/sysroot.py");
    char **words = arena_array(&arena, (size_t)argc + 2, sizeof *words);
    if (script == NULL || words == NULL) {
        error_set(&err, ERROR_NO_MEMORY, "out of memory");
    } else if (access(script, R_OK) != 0) {
        error_set(&err, ERROR_SYSTEM, "this installation has no files for guests: no '%s'", script);
    } else {
        words[0] = "python3";
        words[1] = script;
        for (int i = 1; i < argc; i++)
            words[i + 1] = argv[i];
        words[argc + 1] = NULL;
        execvp(words[0], words);
        error_set_errno(&err, "cannot run python3, which builds the sysroot");
    }
    int code = message_error(&err);
    arena_free(&arena);
    return code;
}
