/*
 * openmp_link.c - a linker in front of wasm-ld: critical sections have their locks in common.
 *
 * Reads wasm-ld's command line, and the objects and archives on it.  clang makes the lock of
 * `critical (NAME)` a common symbol, so that it is one in the whole program, but WebAssembly's
 * objects have no such symbols: it is then local to each file (clang 20 to 22) or defined by each
 * of them (19).  An object with such a lock is copied and its symbol made weak, which is two bits
 * of its flags; then wasm-ld runs with the copy in its place.  Objects of LLVM's intermediate
 * language (-flto) stay as they are.
 *
 * The format: WebAssembly's tool conventions, "Linking"; archives as ar(5) has them.
 */
#include "guest/openmp_link.h"

#include "guest/arguments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char lock_start[] = ".gomp_critical_user_", lock_end[] = ".var";

enum {
    CUSTOM_SECTION = 0,
    SYMBOL_TABLE = 8,
    SYMBOL_DATA = 1,
    SYMBOL_SECTION = 3,
    BINDING_MASK = 3,
    BINDING_WEAK = 1,
    UNDEFINED = 0x10,
    EXPLICIT_NAME = 0x40,
};

/* What is left to read; at == end after whatever was malformed. */
struct reader {
    uint8_t *at, *end;
};

static uint32_t read_number(struct reader *reader) {
    uint32_t value = 0;
    for (int shift = 0; shift < 35 && reader->at < reader->end; shift += 7) {
        uint8_t byte = *reader->at++;
        if (shift < 32) value |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
    reader->at = reader->end;
    return 0;
}

/* The next `size` bytes, which the reader passes. */
static struct reader read_bytes(struct reader *reader, uint64_t size) {
    if (size > (uint64_t)(reader->end - reader->at)) size = (uint64_t)(reader->end - reader->at);
    struct reader part = {reader->at, reader->at + size};
    reader->at += size;
    return part;
}

static struct reader read_name(struct reader *reader) {
    uint32_t size = read_number(reader);
    return read_bytes(reader, size);
}

static bool is_lock(struct reader name) {
    size_t size = (size_t)(name.end - name.at), start = sizeof lock_start - 1,
           end = sizeof lock_end - 1;
    return size >= start + end && memcmp(name.at, lock_start, start) == 0 &&
           memcmp(name.end - end, lock_end, end) == 0;
}

static void share_in_symbols(struct reader table) {
    uint32_t count = read_number(&table);
    for (; count > 0 && table.at < table.end; count--) {
        uint8_t kind = *table.at++, *flags_at = table.at;
        uint32_t flags = read_number(&table);
        if (kind == SYMBOL_DATA) {
            struct reader name = read_name(&table);
            if ((flags & UNDEFINED) != 0) continue;
            if (is_lock(name)) *flags_at = (uint8_t)((*flags_at & ~BINDING_MASK) | BINDING_WEAK);
            for (int i = 0; i < 3; i++) /* segment, offset, size */
                read_number(&table);
            continue;
        }
        read_number(&table);
        if (kind != SYMBOL_SECTION && ((flags & UNDEFINED) == 0 || (flags & EXPLICIT_NAME) != 0))
            read_name(&table);
    }
}

static void share_in_object(struct reader object) {
    read_bytes(&object, 8); /* "\0asm" and the version */
    while (object.at < object.end) {
        uint8_t kind = *object.at++;
        uint32_t size = read_number(&object);
        struct reader section = read_bytes(&object, size);
        if (kind != CUSTOM_SECTION) continue;
        struct reader name = read_name(&section);
        if (name.end - name.at != 7 || memcmp(name.at, "linking", 7) != 0) continue;
        read_number(&section); /* its version */
        while (section.at < section.end) {
            uint8_t part = *section.at++;
            uint32_t part_size = read_number(&section);
            struct reader content = read_bytes(&section, part_size);
            if (part == SYMBOL_TABLE) share_in_symbols(content);
        }
    }
}

static bool is_object(struct reader file) {
    return file.end - file.at >= 8 && memcmp(file.at, "\0asm", 4) == 0;
}

static bool is_archive(struct reader file) {
    return file.end - file.at >= 8 && memcmp(file.at, "!<arch>\n", 8) == 0;
}

static void share_locks(struct reader file) {
    if (is_object(file)) share_in_object(file);
    if (!is_archive(file)) return;
    read_bytes(&file, 8);
    while (file.end - file.at >= 60) {
        char size[11] = {0};
        memcpy(size, file.at + 48, 10);
        read_bytes(&file, 60);
        uint64_t bytes = strtoull(size, NULL, 10);
        struct reader member = read_bytes(&file, bytes);
        if (is_object(member)) share_in_object(member);
        read_bytes(&file, bytes & 1);
    }
}

/* Directory of the copies, made for the first one; "" if there is none yet. The copies, in folders
 * called by their numbers, and what they are of. */
static char copies[PATH_MAX];
static struct arguments copied, originals;

static bool write_copy(const char *path, struct reader file) {
    const char *place = getenv("TMPDIR"), *slash = strrchr(path, '/');
    char folder[PATH_MAX + 16], copy[2 * PATH_MAX];
    if (copies[0] == '\0') {
        snprintf(copies, sizeof copies, "%s/mpiwasm-ld-XXXXXX",
                 place != NULL && *place != '\0' ? place : "/tmp");
        if (mkdtemp(copies) == NULL) {
            copies[0] = '\0';
            return false;
        }
    }
    snprintf(folder, sizeof folder, "%s/%zu", copies, copied.count);
    snprintf(copy, sizeof copy, "%s/%s", folder, slash != NULL ? slash + 1 : path);
    if (mkdir(folder, 0700) != 0) return false;
    arguments_add(&copied, copy);
    arguments_add(&originals, path);
    int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0;
    while (ok && file.at < file.end) {
        ssize_t written = write(fd, file.at, (size_t)(file.end - file.at));
        ok = written > 0 || (written < 0 && errno == EINTR);
        if (written > 0) file.at += written;
    }
    if (fd >= 0 && close(fd) != 0) ok = false;
    return ok;
}

static void remove_copies(void) {
    for (size_t i = 0; i < copied.count; i++) {
        unlink(copied.items[i]);
        *strrchr(copied.items[i], '/') = '\0';
        rmdir(copied.items[i]);
    }
    if (copies[0] != '\0') rmdir(copies);
}

/* A line of wasm-ld's, with the names that the user knows. */
static void print_line(void *state, char *text) {
    (void)state;
    const char *line = text;
    while (*line != '\0') {
        const char *at = copies[0] != '\0' ? strstr(line, copies) : NULL;
        size_t length = 0, i = 0;
        for (; at != NULL && i < copied.count; i++) {
            length = strlen(copied.items[i]);
            if (strncmp(at, copied.items[i], length) == 0) break;
        }
        if (at == NULL || i == copied.count) break;
        fprintf(stderr, "%.*s%s", (int)(at - line), line, originals.items[i]);
        line = at + length;
    }
    fputs(line, stderr);
}

/* Add the input file, or a copy of it with shared locks. False: it cannot be copied. */
static bool add_input(struct arguments *command, const char *argument, const char *path) {
    struct stat status;
    bool ok = true, is_copied = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 8) {
        size_t size = (size_t)status.st_size;
        uint8_t *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        struct reader file = {bytes, bytes + size};
        if (bytes != MAP_FAILED) {
            if ((is_object(file) || is_archive(file)) &&
                memmem(bytes, size, lock_start, sizeof lock_start - 1) != NULL) {
                share_locks(file);
                ok = is_copied = write_copy(path, file);
            }
            munmap(bytes, size);
        }
    }
    if (fd >= 0) close(fd);
    arguments_add(command, is_copied ? copied.items[copied.count - 1] : argument);
    return ok;
}

/* "-lNAME" as wasm-ld finds it: its archive in one of the -L directories, or NULL. */
static const char *find_library(int argc, char **argv, const char *name) {
    static char path[PATH_MAX];
    for (int i = 1; i < argc; i++) {
        const char *directory = argv[i];
        if (strncmp(directory, "-L", 2) != 0) continue;
        directory += 2;
        if (*directory == '\0' && i + 1 < argc) directory = argv[i + 1];
        snprintf(path, sizeof path, "%s/lib%s.a", directory, name);
        if (access(path, R_OK) == 0) return path;
    }
    return NULL;
}

/* The value of the option is no input. */
static bool takes_value(const char *option) {
    static const char *const options[] = {"-o", "-L", "-m", "-z", "-e", "-u", "-y", "-mllvm", NULL};
    for (int i = 0; options[i] != NULL; i++)
        if (strcmp(option, options[i]) == 0) return true;
    return false;
}

static bool make_command(int argc, char **argv, const char *linker, struct arguments *command) {
    arguments_add(command, linker);
    for (int i = 1; i < argc; i++) {
        const char *library;
        bool ok = true;
        if (takes_value(argv[i]) && i + 1 < argc) {
            arguments_add(command, argv[i]);
            arguments_add(command, argv[++i]);
        } else if (strncmp(argv[i], "-l", 2) == 0 && argv[i][2] != '\0' &&
                   (library = find_library(argc, argv, argv[i] + 2)) != NULL) {
            ok = add_input(command, argv[i], library);
        } else if (argv[i][0] != '-') {
            ok = add_input(command, argv[i], argv[i]);
        } else {
            arguments_add(command, argv[i]);
        }
        if (ok) continue;
        fprintf(stderr, "mpiwasm-ld: error: cannot copy %s to %s: %s\n", argv[i],
                copies[0] != '\0' ? copies : "a temporary directory", strerror(errno));
        return false;
    }
    return true;
}

/* The clang's own wasm-ld; its name in PATH if it cannot tell. */
static void find_linker(const char *clang, char *out, size_t size) {
    char command[PATH_MAX + 64];
    snprintf(command, sizeof command, "'%s' -print-prog-name=wasm-ld", clang);
    FILE *pipe = popen(command, "r");
    bool ok = pipe != NULL && fgets(out, (int)size, pipe) != NULL;
    if (pipe != NULL) pclose(pipe);
    if (!ok) snprintf(out, size, "wasm-ld");
    out[strcspn(out, "\n")] = '\0';
}

int openmp_link(int argc, char **argv, const char *clang) {
    struct arguments command = {0};
    char linker[PATH_MAX];
    find_linker(clang, linker, sizeof linker);
    int code = 1;
    if (make_command(argc, argv, linker, &command))
        code = arguments_run(&command, "mpiwasm-ld: error", print_line, NULL);
    if (code < 0) {
        fprintf(stderr, "mpiwasm-ld: error: cannot start %s: %s\n", linker, strerror(errno));
        code = 1;
    }
    remove_copies();
    return code;
}
