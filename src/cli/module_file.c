/*
 * module_file.c - tells by its first bytes what a MODULE is; see module_file.h.
 *
 * A module may begin with a `#!` line, which makes it executable by name (and lets configure
 * scripts run what they linked); the line is skipped here, nothing below knows of it.
 */
#include "cli/module_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint8_t wasm_magic[4] = {0, 'a', 's', 'm'};

static bool is_text(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size && i < 512; i++)
        if (bytes[i] == 0 || (bytes[i] < 32 && !isspace(bytes[i]))) return false;
    return true;
}

static bool refuse(const struct module_file *file, struct error *err) {
    const uint8_t *bytes = file->contents.bytes;
    size_t size = file->contents.size;
    const char *what = "its first bytes are not \\0asm";
    size_t at = 0;
    while (at < size && at < 512 && isspace(bytes[at]))
        at++;
    if (size == 0)
        what = "it is empty";
    else if (size - at >= 2 && bytes[at] == '(' && (isalpha(bytes[at + 1]) || bytes[at + 1] == ';'))
        what = "it looks like the text format; wat2wasm makes a binary of it";
    else if (size >= 4 && memcmp(bytes, "!<ar", 4) == 0)
        what = "it is a library archive; link it with mpiwasmcc";
    else if (size >= 2 && bytes[0] == '#' && bytes[1] == '!')
        what = "it is a script";
    else if (is_text(bytes, size))
        what = "it is a text file";
    return error_set(err, ERROR_MALFORMED,
                     "'%s' is not a WebAssembly module: %s (mpiwasmcc makes modules)", file->path,
                     what);
}

bool module_file_open(const char *path, struct module_file *out, struct error *err) {
    struct module_file file = {.path = path};
    errno = 0;
    if (!file_read(path, &file.contents, err)) {
        if (errno == ENOENT && strchr(path, '/') == NULL && strchr(path, '.') == NULL)
            return error_set(
                err, ERROR_SYSTEM,
                "there is no file '%s', and no subcommand of that name; mpiwasm --help "
                "lists those",
                path);
        return false;
    }
    const uint8_t *bytes = file.contents.bytes;
    size_t size = file.contents.size, skipped = 0;
    if (size >= 4 && memcmp(bytes, "\177ELF", 4) == 0) {
        file.kind = MODULE_FILE_ARTIFACT;
        *out = file;
        return true;
    }
    if (size >= 2 && bytes[0] == '#' && bytes[1] == '!') {
        const uint8_t *newline = memchr(bytes, '\n', size);
        skipped = newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
    }
    if (size - skipped < sizeof wasm_magic ||
        memcmp(bytes + skipped, wasm_magic, sizeof wasm_magic) != 0) {
        refuse(&file, err);
        file_release(&file.contents);
        return false;
    }
    file.kind = MODULE_FILE_WASM;
    file.wasm = bytes + skipped;
    file.wasm_size = size - skipped;
    *out = file;
    return true;
}

void module_file_release(struct module_file *file) {
    file_release(&file->contents);
}

static const char *advice(enum module_file_kind kind, enum error_code code) {
    switch (code) {
    case ERROR_MALFORMED: return "; is the file complete? Compile or copy it again";
    case ERROR_INVALID: return "; the tool that made this module has made an error";
    case ERROR_UNSUPPORTED:
        if (kind == MODULE_FILE_ARTIFACT)
            return "; make one for this machine from the module with `mpiwasm compile`";
        return "; compile it without this feature, as mpiwasmcc does";
    case ERROR_UNLINKABLE: return "; see `mpiwasm inspect`";
    case ERROR_CORRUPT: return "; make it again with `mpiwasm compile`";
    default: return "";
    }
}

bool module_file_explain(const struct module_file *file, struct error *err) {
    if (err->code == ERROR_USAGE) return false; /* an option's fault, not the module's */
    char place[40] = "";
    if (err->has_offset)
        snprintf(place, sizeof place, " (at offset 0x%llx)", (unsigned long long)err->offset);
    err->has_offset = false;
    size_t length = strlen(file->path); /* what is wrong with an artifact names it already */
    if (err->message[0] != '\'' || strncmp(err->message + 1, file->path, length) != 0)
        error_prefix(err, "'%s'", file->path);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof err->message - used, "%s%s", place,
             advice(file->kind, err->code));
    return false;
}
