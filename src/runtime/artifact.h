/*
 * artifact.h - opening the compiler's product, an ELF shared object, and checking that it fits.
 *
 * Reads the file that mpiwasm-compile wrote; produces the descriptor (runtime_abi.h) and the
 * decoded, stripped module.  An artifact is native code and is trusted as such: what is checked
 * here protects against damaged, foreign and outdated files, not against hostile ones.
 */
#ifndef MPIWASM_RUNTIME_ARTIFACT_H
#define MPIWASM_RUNTIME_ARTIFACT_H

#include "base/error.h"
#include "runtime/runtime_abi.h"
#include "wasm/module.h"

struct artifact {
    const struct artifact_descriptor *descriptor; /* in the mapped object */
    struct wasm_module module;                    /* stripped; its bytes lie in the mapped object */
    char *path;                                   /* as opened, for messages */
    const uint8_t *code_start, *code_end;         /* executable mapping: where guest frames lie */
    uintptr_t bias;                               /* load address minus the file's addresses */
    void *handle;                                 /* of dlopen */
    int fd;                                       /* the file, for its symbols; owned */
    struct artifact_symbols *symbols;             /* read on the first backtrace */
    struct artifact *next;                        /* in the process-wide list of open artifacts */
};

/*
 * Open the artifact at `path`.  `fd`, if not -1, is a descriptor of the same file (duplicated, not
 * taken): it is used where the path has vanished meanwhile.
 * Errors: ERROR_SYSTEM (no such file...), ERROR_CORRUPT (not an artifact, truncated, of another
 * version), ERROR_UNSUPPORTED (made for a CPU with features this one lacks).
 */
bool artifact_open(const char *path, int fd, struct artifact **out, struct error *err);

/* After every instance of it is gone (store_free). NULL is allowed. */
void artifact_close(struct artifact *artifact);

/* The open artifact whose code holds `pc`, or NULL. Safe in a signal handler. */
struct artifact *artifact_find(const void *pc);

/*
 * The guest function that holds `pc`: its index in the module's function index space. False if the
 * artifact's symbols do not tell. Not for signal handlers.
 */
bool artifact_function_at(struct artifact *artifact, const void *pc, uint32_t *function);

/* The source line, if the module was compiled with -g; *file belongs to the artifact. Not for
 * signal handlers. */
bool artifact_line_at(struct artifact *artifact, const void *pc, const char **file, uint32_t *line);

#endif
