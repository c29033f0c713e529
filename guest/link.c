/*
 * link.c - mpiwasm-ld, a linker in front of wasm-ld, which changes some of the objects.
 *
 * Reads wasm-ld's command line and runs it.  Where OpenMP's runtime is linked, objects whose
 * critical sections have names are changed before (openmp_link.c).  Where wasm-ld says that
 * functions are called with other types than they have, and adapters can be had for them
 * (link_adapt.c), it runs once more: the calls in objects and archives then name adapters, of which
 * an object is made.  Links with Fortran's library are searched for addresses that need adapters,
 * too. What is changed are copies, archives whole, so that members are linked as they would be;
 * messages name the files.  Other links read no input here.
 *
 * Not changed: objects of LLVM's intermediate language (-flto), and links whose result is an
 * object (-r).
 */
#include "guest/link.h"

#include "guest/arguments.h"
#include "guest/link_adapt.h"
#include "guest/link_object.h"
#include "guest/openmp_link.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct input {
    char *path, *copy; /* copy: what is linked in its place, or NULL */
    uint8_t *bytes;    /* mapped, NULL if it is neither an object nor an archive */
    size_t size;
};

struct link {
    const char *clang;
    char linker[PATH_MAX];
    struct arguments arguments; /* wasm-ld's, without its name */
    bool has_response_file;     /* they came in one, being many */
    struct input *inputs;       /* one for each argument; not read yet if NULL */
    char directory[PATH_MAX];   /* of copies, in folders called by their numbers; "" if none yet */
    struct arguments copies, originals; /* the files there, and what they are of */
    struct arguments said; /* wasm-ld's messages, if they wait for what becomes of it */
};

__attribute__((format(printf, 1, 2))) static bool complain(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("mpiwasm-ld: error: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    return false;
}

/* ---- copies ---- */

/* A path for a copy of `original`, which is remembered. */
static const char *make_place(struct link *link, const char *original) {
    const char *place = getenv("TMPDIR"), *slash = strrchr(original, '/');
    if (link->directory[0] == '\0') {
        snprintf(link->directory, sizeof link->directory, "%s/mpiwasm-ld-XXXXXX",
                 place != NULL && *place != '\0' ? place : "/tmp");
        if (mkdtemp(link->directory) == NULL) {
            complain("cannot make %s: %s", link->directory, strerror(errno));
            link->directory[0] = '\0';
            return NULL;
        }
    }
    char folder[PATH_MAX + 32];
    snprintf(folder, sizeof folder, "%s/%zu", link->directory, link->copies.count);
    if (mkdir(folder, 0700) != 0) {
        complain("cannot make %s: %s", folder, strerror(errno));
        return NULL;
    }
    arguments_addf(&link->copies, "%s/%s", folder, slash != NULL ? slash + 1 : original);
    arguments_add(&link->originals, original);
    return link->copies.items[link->copies.count - 1];
}

static bool write_copy(struct link *link, struct input *input, const uint8_t *bytes, size_t size) {
    const char *path = make_place(link, input->path);
    if (path == NULL) return false;
    FILE *file = fopen(path, "wbx");
    bool ok = file != NULL && fwrite(bytes, 1, size, file) == size;
    if (file != NULL && fclose(file) != 0) ok = false;
    if (!ok) return complain("cannot copy %s to %s: %s", input->path, path, strerror(errno));
    free(input->copy);
    input->copy = strdup(path);
    return input->copy != NULL || complain("out of memory");
}

static void remove_copies(struct link *link) {
    for (size_t i = 0; i < link->copies.count; i++) {
        char *path = link->copies.items[i];
        unlink(path);
        rmdir(dirname(path));
    }
    if (link->directory[0] != '\0') rmdir(link->directory);
}

/* ---- the command line ---- */

/* Add the words of a response file, quoted as GNU's tools have them. */
static bool read_response_file(struct arguments *out, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return complain("cannot read %s: %s", path, strerror(errno));
    char *word = NULL;
    size_t size = 0;
    FILE *text = NULL;
    int c, quote = 0;
    do {
        c = getc(file);
        bool is_space = quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r');
        if (is_space || c == EOF) {
            if (text == NULL) continue;
            fclose(text);
            arguments_add(out, word);
            free(word);
            text = NULL;
            continue;
        }
        if (text == NULL) text = open_memstream(&word, &size);
        if (text == NULL) break;
        if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote == 0 && (c == '"' || c == '\'')) {
            quote = c;
        } else {
            if (c == '\\' && quote != '\'') c = getc(file);
            if (c != EOF) putc(c, text);
        }
    } while (c != EOF);
    fclose(file);
    return true;
}

static bool read_arguments(struct link *link, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '@') {
            link->has_response_file = true;
            if (!read_response_file(&link->arguments, argv[i] + 1)) return false;
        } else {
            arguments_add(&link->arguments, argv[i]);
        }
    }
    return true;
}

static bool has_argument(const struct link *link, const char *wanted) {
    for (size_t i = 0; i < link->arguments.count; i++)
        if (strcmp(link->arguments.items[i], wanted) == 0) return true;
    return false;
}

/* "-lNAME" as wasm-ld finds it: its archive in one of the -L directories, or NULL. */
static const char *find_library(const struct link *link, const char *name) {
    static char path[PATH_MAX];
    const struct arguments *arguments = &link->arguments;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *directory = arguments->items[i];
        if (strncmp(directory, "-L", 2) != 0) continue;
        directory += 2;
        if (*directory == '\0' && i + 1 < arguments->count) directory = arguments->items[i + 1];
        if (*name == ':')
            snprintf(path, sizeof path, "%s/%s", directory, name + 1);
        else
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

static void read_input(struct input *input, const char *path) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    uint8_t *bytes = MAP_FAILED;
    size_t size = 0;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 8) {
        size = (size_t)status.st_size;
        bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (bytes == MAP_FAILED) return;
    bool is_ours = link_is_object(bytes, size) || link_is_archive(bytes, size);
    if (link_is_thin(bytes, size)) {
        uint8_t *whole;
        size_t whole_size;
        is_ours = link_thin_read(path, bytes, size, &whole, &whole_size, NULL);
        munmap(bytes, size);
        if (!is_ours) return; /* wasm-ld says why */
        bytes = whole;
        size = whole_size;
    } else if (!is_ours) {
        munmap(bytes, size);
        return;
    }
    input->path = strdup(path);
    input->bytes = bytes;
    input->size = size;
}

static bool read_inputs(struct link *link) {
    const struct arguments *arguments = &link->arguments;
    if (link->inputs != NULL) return true;
    link->inputs = calloc(arguments->count + 1, sizeof *link->inputs);
    if (link->inputs == NULL) return complain("out of memory");
    for (size_t i = 0; i < arguments->count; i++) {
        const char *path = arguments->items[i];
        if (takes_value(path)) {
            i++;
            continue;
        }
        if (strncmp(path, "-l", 2) == 0 && path[2] != '\0')
            path = find_library(link, path + 2);
        else if (path[0] == '-')
            continue;
        if (path != NULL) read_input(&link->inputs[i], path);
    }
    return true;
}

/* The clang's own wasm-ld; its name in PATH if it cannot tell. */
static void find_linker(struct link *link) {
    char path[PATH_MAX], command[PATH_MAX + 64];
    size_t size = sizeof link->linker;
    /* Beside the clang, which else would have to be asked first. */
    if (realpath(link->clang, path) != NULL && strstr(path, "/clang") != NULL) {
        int written = snprintf(link->linker, size, "%s/wasm-ld", dirname(path));
        if (written > 0 && (size_t)written < size && access(link->linker, X_OK) == 0) return;
    }
    snprintf(command, sizeof command, "'%s' -print-prog-name=wasm-ld", link->clang);
    FILE *pipe = popen(command, "r");
    bool ok = pipe != NULL && fgets(link->linker, (int)size, pipe) != NULL;
    if (pipe != NULL) pclose(pipe);
    if (!ok) snprintf(link->linker, size, "wasm-ld");
    link->linker[strcspn(link->linker, "\n")] = '\0';
}

/* ---- running ---- */

/* A line of wasm-ld's, with the names that the user knows. */
static void print_line(void *state, char *text) {
    const struct link *link = state;
    const char *line = text;
    while (*line != '\0') {
        const char *at = link->directory[0] != '\0' ? strstr(line, link->directory) : NULL;
        size_t length = 0, i = 0;
        for (; at != NULL && i < link->copies.count; i++) {
            length = strlen(link->copies.items[i]);
            if (strncmp(at, link->copies.items[i], length) == 0) break;
        }
        if (at == NULL || i == link->copies.count) break;
        fprintf(stderr, "%.*s%s", (int)(at - line), line, link->originals.items[i]);
        line = at + length;
    }
    fputs(line, stderr);
}

static void keep_line(void *state, char *text) {
    struct link *link = state;
    arguments_add(&link->said, text);
}

/* Put the arguments into a response file, which becomes the only one. */
static bool shorten(struct link *link, struct arguments *command) {
    const char *path = make_place(link, "arguments");
    FILE *file = path != NULL ? fopen(path, "wbx") : NULL;
    if (file == NULL) return false;
    for (size_t i = 1; i < command->count; i++) {
        putc('"', file);
        for (const char *c = command->items[i]; *c != '\0'; c++) {
            if (*c == '"' || *c == '\\') putc('\\', file);
            putc(*c, file);
        }
        fputs("\"\n", file);
    }
    command->count = 1;
    arguments_addf(command, "@%s", path);
    return fclose(file) == 0;
}

/* wasm-ld with the copies that there are, and more arguments, unless they are NULL. */
static int run(struct link *link, const struct arguments *more, void (*take)(void *, char *)) {
    struct arguments command = {0};
    arguments_add(&command, link->linker);
    for (size_t i = 0; i < link->arguments.count; i++) {
        const struct input *input = link->inputs != NULL ? &link->inputs[i] : NULL;
        bool is_copied = input != NULL && input->copy != NULL;
        arguments_add(&command, is_copied ? input->copy : link->arguments.items[i]);
    }
    if (more != NULL) arguments_add_all(&command, (const char *const *)more->items, more->count);
    if (link->has_response_file && !shorten(link, &command)) return 1;
    int code = arguments_run(&command, "mpiwasm-ld: error", take, link);
    if (code >= 0) return code;
    complain("cannot start %s: %s", link->linker, strerror(errno));
    return 1;
}

/* ---- adapters ---- */

typedef void visit(struct adapters *adapters, const struct link_object *object);

static void look_at(struct adapters *adapters, const uint8_t *bytes, size_t size, visit *look) {
    struct link_object object;
    if (!link_is_object(bytes, size) || !link_object_read(bytes, size, &object, NULL)) return;
    look(adapters, &object);
    link_object_free(&object);
}

static void look_at_inputs(const struct link *link, struct adapters *adapters, visit *look) {
    for (size_t i = 0; i < link->arguments.count; i++) {
        const struct input *input = &link->inputs[i];
        struct link_member member;
        size_t offset = 0;
        if (input->bytes == NULL) continue;
        look_at(adapters, input->bytes, input->size, look);
        if (!link_is_archive(input->bytes, input->size)) continue;
        while (link_archive_next(input->bytes, input->size, &offset, &member))
            look_at(adapters, member.bytes, member.size, look);
    }
}

static bool calls_adapter(struct adapters *adapters, const struct link_object *object) {
    for (size_t i = 0; i < object->import_count; i++)
        if (adapters_rename(adapters, object->imports[i].name, object->imports[i].type))
            return true;
    return false;
}

/* The object with calls of adapters, allocated; *out is NULL if it has none. */
static bool rename_calls(struct adapters *adapters, const uint8_t *bytes, size_t size,
                         uint8_t **out, size_t *out_size, struct error *err) {
    struct link_object object;
    *out = NULL;
    /* What wasm-ld reads and this does not stays as it is. */
    if (!link_is_object(bytes, size) || !link_object_read(bytes, size, &object, NULL)) return true;
    bool ok = true;
    if (calls_adapter(adapters, &object))
        ok =
            link_object_rename(bytes, size, &object, adapters_rename, adapters, out, out_size, err);
    link_object_free(&object);
    return ok;
}

/* The same of an archive; without its index, whose offsets would be wrong. */
static bool rename_in_archive(struct adapters *adapters, const struct input *input, uint8_t **out,
                              size_t *out_size, struct error *err) {
    char *text = NULL;
    struct link_member member;
    size_t offset = 0;
    bool ok = true, is_changed = false;
    *out = NULL;
    FILE *file = open_memstream(&text, out_size);
    if (file == NULL) return error_set_errno(err, "cannot copy");
    fwrite(input->bytes, 1, 8, file);
    while (ok && link_archive_next(input->bytes, input->size, &offset, &member)) {
        uint8_t *other = NULL;
        size_t size = member.size;
        if (member.is_index) continue;
        ok = rename_calls(adapters, member.bytes, member.size, &other, &size, err);
        uint8_t *header = ok ? malloc(member.header_size) : NULL;
        if (header == NULL) {
            free(other);
            ok = ok ? error_set(err, ERROR_NO_MEMORY, "out of memory") : false;
            continue;
        }
        link_member_header(&member, size, header);
        fwrite(header, 1, member.header_size, file);
        fwrite(other != NULL ? other : member.bytes, 1, size, file);
        if ((member.header_size + size) % 2 != 0) putc('\n', file);
        is_changed |= other != NULL;
        free(header);
        free(other);
    }
    if (fclose(file) != 0 && ok) ok = error_set_errno(err, "cannot copy");
    if (ok && is_changed)
        *out = (uint8_t *)text;
    else
        free(text);
    return ok;
}

static bool rename_in_input(struct link *link, struct adapters *adapters, struct input *input) {
    struct error err;
    uint8_t *changed = NULL;
    size_t size = 0;
    if (input->bytes == NULL) return true;
    bool ok = link_is_archive(input->bytes, input->size)
                  ? rename_in_archive(adapters, input, &changed, &size, &err)
                  : rename_calls(adapters, input->bytes, input->size, &changed, &size, &err);
    if (!ok) return complain("%s: %s", input->path, err.message);
    if (changed != NULL) ok = write_copy(link, input, changed, size);
    free(changed);
    return ok;
}

/* Add an object with the adapters whose calls are linked, or the one of number `one`, which is only
 * linked if its address is. */
static bool compile_adapters(struct link *link, const struct adapters *adapters, size_t one,
                             struct arguments *objects) {
    static const char *const flags[] = {"--target=wasm32-wasip1", "-O2", "-w", "-c", "-o"};
    const char *source = make_place(link, "adapters.c");
    FILE *file = source != NULL ? fopen(source, "wx") : NULL;
    if (file == NULL) return false;
    size_t count = 0;
    for (size_t i = 0; i < adapters->count; i++) {
        if (adapters->items[i].adapter == NULL) continue;
        if (one == SIZE_MAX ? adapters->items[i].is_address : i != one) continue;
        adapters_write(adapters, i, file);
        count++;
    }
    const char *object = fclose(file) == 0 ? make_place(link, "adapters.o") : NULL;
    if (object == NULL) return false;
    if (count == 0) return true;
    struct arguments command = {0};
    arguments_add(&command, link->clang);
    arguments_add_all(&command, flags, sizeof flags / sizeof *flags);
    arguments_add(&command, object);
    arguments_add(&command, source);
    if (arguments_run(&command, "mpiwasm-ld: error", print_line, link) != 0)
        return complain("the adapters of %zu functions cannot be compiled", count);
    if (one != SIZE_MAX) arguments_add(objects, "--start-lib");
    arguments_add(objects, object);
    if (one != SIZE_MAX) arguments_add(objects, "--end-lib");
    return true;
}

/* Whether wasm-ld is to run again, with these objects more. */
static bool adapt(struct link *link, struct adapters *adapters, struct arguments *objects) {
    if (has_argument(link, "-r") || has_argument(link, "--relocatable") || !read_inputs(link))
        return false;
    look_at_inputs(link, adapters, adapters_look_at);
    adapters_sort(adapters);
    if (adapters->procedure_count > 0) look_at_inputs(link, adapters, adapters_find_addresses);
    if (adapters_decide(adapters) == 0) return false;
    bool ok = compile_adapters(link, adapters, SIZE_MAX, objects);
    for (size_t i = 0; ok && i < adapters->count; i++)
        if (adapters->items[i].is_address && adapters->items[i].adapter != NULL)
            ok = compile_adapters(link, adapters, i, objects);
    for (size_t i = 0; ok && i < link->arguments.count; i++)
        ok = rename_in_input(link, adapters, &link->inputs[i]);
    if (ok) adapters_print(adapters, stderr);
    return ok;
}

int link_run(int argc, char **argv, const char *clang) {
    struct link link = {.clang = clang};
    struct adapters adapters = {0};
    struct arguments more = {0};
    int code = 1;
    find_linker(&link);
    if (!read_arguments(&link, argc, argv)) return 1;
    if (has_argument(&link, "-lomp")) {
        bool ok = read_inputs(&link);
        for (size_t i = 0; ok && i < link.arguments.count; i++) {
            struct input *input = &link.inputs[i];
            if (input->bytes != NULL && openmp_share_locks(input->bytes, input->size))
                ok = write_copy(&link, input, input->bytes, input->size);
        }
        if (!ok) goto done;
    }
    code = run(&link, NULL, keep_line);
    for (size_t i = 0; i < link.said.count; i++)
        adapters_take_line(&adapters, link.said.items[i]);
    bool is_fortran = code == 0 && has_argument(&link, "-lmpiwasm-flang");
    if ((adapters.count > 0 || is_fortran) && adapt(&link, &adapters, &more)) {
        code = run(&link, &more, print_line);
    } else {
        for (size_t i = 0; i < link.said.count; i++)
            print_line(&link, link.said.items[i]);
    }
done:
    adapters_free(&adapters);
    remove_copies(&link);
    return code;
}
