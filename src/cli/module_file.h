/*
 * module_file.h - the file that the user names as MODULE: what it is, and its bytes.
 */
#ifndef MPIWASM_CLI_MODULE_FILE_H
#define MPIWASM_CLI_MODULE_FILE_H

#include "base/file.h"

enum module_file_kind {
    MODULE_FILE_WASM,     /* a WebAssembly binary, after a `#!` line if it begins with one */
    MODULE_FILE_ARTIFACT, /* an ELF file: what `mpiwasm compile` makes, if anything of ours */
};

struct module_file {
    const char *path; /* as given */
    enum module_file_kind kind;
    struct file_contents contents;
    const uint8_t *wasm; /* the binary, inside contents; only for MODULE_FILE_WASM */
    size_t wasm_size;
};

/* Open `path`. Errors name the file and say what to do. Release with module_file_release. */
bool module_file_open(const char *path, struct module_file *out, struct error *err);
void module_file_release(struct module_file *file);

/* "'PATH': " in front of the message and, by the error's code, what to do behind it. */
bool module_file_explain(const struct module_file *file, struct error *err);

#endif
